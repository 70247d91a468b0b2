//! Presets: rigs, or slots of them, in files of the player's.

mod file_name;
mod folder;
mod kind;
mod path;
mod scan;
mod setlist;
mod step;
mod store;

pub(crate) use folder::folder;
pub(crate) use kind::PresetKind;
pub(crate) use path::PresetPath;
pub(crate) use scan::{PresetEntry, PresetListing, SetlistEntry};
pub(crate) use setlist::{Setlist, SetlistEdit};
pub(crate) use step::{SetlistPlace, in_bank, in_setlist};
