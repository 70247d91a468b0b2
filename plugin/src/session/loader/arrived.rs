//! What came of loading a reference.

use std::path::Path;

use super::content::LoadedPart;
use crate::session::folder::FolderPosition;
use crate::session::preferences::Preferences;
use crate::session::references::{Chosen, SavedPart};

/// What came of loading a reference.
pub(super) struct Arrived {
    /// The reference with what is known now.
    pub(super) saved: SavedPart,
    pub(super) loaded: LoadedPart,
    /// Whether it is another file than the reference means.
    pub(super) replaced: bool,
    /// Its place among the like, where they may be looked at.
    pub(super) place: Option<FolderPosition>,
}

/// The folders that the user chose, and `more`.
pub(super) fn chosen(more: Option<&Path>) -> Chosen {
    Preferences::load().chosen(more)
}
