//! The rig of an instance: what its project saves, and where it stands now.

pub(crate) mod keys;
mod notice;
mod preset;
mod put;
mod saved;
mod shared;

pub(crate) use preset::{CurrentPreset, SetlistPlace};
pub(crate) use saved::{LONGEST, Rig, document};
pub(crate) use shared::SharedRig;
