//! Gridleak in hosts: its shells, and what the window reaches.

pub(crate) mod clap;
pub(crate) mod description;
mod editor_backend;
mod file_dialog;
mod gestures;
pub(crate) mod native_window;
pub(crate) mod standalone;
mod vst3;
