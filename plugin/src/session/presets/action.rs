//! What a player does with presets.

use std::path::PathBuf;

use super::keeper::Save;
use super::setlist::SetlistEdit;
use crate::session::folder::Step;
use crate::session::preset_path::PresetPath;

/// What a player does with presets, see [`crate::session::instance::Instance::preset`].
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum PresetAction {
    /// The list of presets is shown; with every picture of it.
    Browse,
    /// Load a preset of the list; one of a slot into this slot.
    Open(PresetPath, usize),
    /// The same for a file from anywhere.
    OpenFile(PathBuf, usize),
    /// Load the preset at this place of the setlist, counted from 0.
    OpenInSetlist(usize),
    /// Load the next one of the setlist, or else of the bank, or the one before.
    Step(Step),
    Save(Save),
    /// Another name for a preset or a setlist.
    Rename(PresetPath, String),
    /// Remove the file of a preset or a setlist for good.
    Delete(PresetPath),
    /// Make it a favourite, or no longer.
    SetFavourite(PresetPath, bool),
    /// Have new instances open it, or none.
    SetDefault(Option<PresetPath>),
    /// Play through a setlist from its beginning, or through none.
    ChooseSetlist(Option<PresetPath>),
    /// Make an empty setlist of this name, and play through it.
    NewSetlist(String),
    EditSetlist(PresetPath, SetlistEdit),
}
