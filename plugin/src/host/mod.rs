//! What hosts see: the plugin, its parameters, what a project holds.

pub(crate) mod editor;
pub(crate) mod editor_backend;
pub(crate) mod file_dialog;
pub(crate) mod gestures;
pub(crate) mod incoming_state;
pub(crate) mod newer_fields;
pub(crate) mod parameters;
pub(crate) mod plugin;
pub(crate) mod thread_token;
pub(crate) mod workarounds;
