//! Gridleak for VST3 hosts.
//!
//! A host sees one object, [`component::Component`]: processor, parameters and units in one. Its calls
//! come in through `entry`, which lets no panic out and no pointer in unseen. `process` plays a block
//! by its `points`; what goes to the host leaves through `shared`, on the host's `main_loop`.
// The interfaces have the names that Steinberg gave them.
#![allow(non_snake_case)]
#![allow(
    clippy::unnecessary_cast,
    reason = "enumerations are signed on Windows"
)]

mod audio;
mod buffers;
mod component;
mod controller;
mod echoes;
mod entry;
mod factory;
mod main_loop;
mod parameters;
mod points;
mod process;
mod shared;
mod stream;
#[cfg(test)]
mod tests;
mod text;
mod units;
mod view;
