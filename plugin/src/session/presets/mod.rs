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

pub(crate) use preset::Preset;
pub(crate) use setlist::Setlist;
pub(crate) use step::{in_bank, in_setlist};
#[cfg(feature = "plugin")]
pub(crate) use {
    action::PresetAction, folder::folder, keeper::Presets, open::open, status::PresetStatus,
};
#[cfg(feature = "plugin")]
#[expect(unused_imports, reason = "no page of the window shows presets yet")]
pub(crate) use {
    keeper::{Save, SaveTo},
    kind::PresetKind,
    scan::{PresetEntry, PresetListing, SetlistEntry},
    setlist::SetlistEdit,
};
