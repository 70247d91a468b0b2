//! Presets: rigs, or slots of them, in files of the player's.
//!
//! Files `NAME.gridleak` in the preset folder, whose sub-folders are banks; beside them setlists,
//! `NAME.gridleak-setlist`. [`Presets`] lists and keeps them; the loader loads them
//! ([`crate::session::loader::Loader::open_preset`]).

mod action;
mod embed;
mod file_name;
mod folder;
mod keeper;
mod kind;
mod open;
mod preset;
mod scan;
mod setlist;
mod status;
mod step;
mod store;

pub(crate) use action::PresetAction;
pub(crate) use folder::folder;
pub(crate) use keeper::{Presets, Save, SaveTo};
pub(crate) use kind::PresetKind;
pub(crate) use open::open;
pub(crate) use preset::Preset;
pub(crate) use scan::{PresetEntry, PresetListing, SetlistEntry};
pub(crate) use setlist::{Setlist, SetlistEdit};
pub(crate) use status::PresetStatus;
pub(crate) use step::{in_bank, in_setlist};
