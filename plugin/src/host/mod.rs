//! Gridleak in hosts: its shells, and what the window reaches.

pub(crate) mod description;
mod editor_backend;
mod file_dialog;
mod gestures;
mod native_window;
mod vst3;
