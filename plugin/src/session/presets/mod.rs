//! Presets: rigs, or slots of them, in files of the player's.
//!
//! Files `NAME.gridleak` in the preset folder, whose sub-folders are banks; beside them setlists,
//! `NAME.gridleak-setlist`. [`Presets`] lists and keeps them; the loader loads them
//! ([`crate::session::loader::Loader::open_preset`]).

#[cfg(feature = "plugin")]
mod action;
#[cfg(feature = "plugin")]
mod embed;
mod file_name;
#[cfg(feature = "plugin")]
mod folder;
#[cfg(feature = "plugin")]
mod keeper;
mod kind;
#[cfg(feature = "plugin")]
mod open;
mod preset;
mod scan;
mod setlist;
#[cfg(feature = "plugin")]
mod status;
mod step;
mod store;

pub(crate) use kind::PresetKind;
pub(crate) use preset::Preset;
#[cfg(test)]
pub(crate) use scan::SetlistEntry;
pub(crate) use scan::{PresetEntry, PresetListing};
pub(crate) use setlist::{Setlist, SetlistEdit};
pub(crate) use step::{in_bank, in_setlist};
#[cfg(feature = "plugin")]
pub(crate) use {
    action::PresetAction,
    folder::folder,
    keeper::{Presets, Save, SaveTo},
    open::open,
    status::PresetStatus,
};
