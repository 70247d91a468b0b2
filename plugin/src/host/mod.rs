//! Gridleak in hosts: its shells, and what the window reaches.

mod block;
pub(crate) mod clap;
pub(crate) mod description;
mod editor_backend;
mod file_dialog;
mod gestures;
pub(crate) mod native_window;
#[cfg(feature = "standalone")]
pub(crate) mod standalone;
pub(crate) mod vst3;
