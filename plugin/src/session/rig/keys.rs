//! The keys of a saved rig. They never change.

pub(crate) const FORMAT: &str = "gridleak";
pub(crate) const SAVED_BY: &str = "saved_by";
pub(crate) const SETTINGS: &str = "settings";
pub(crate) const SLOTS: &str = "slots";
pub(crate) const PRESET: &str = "preset";
pub(crate) const SETLIST: &str = "setlist";
