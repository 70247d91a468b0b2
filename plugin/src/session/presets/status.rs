//! What there is to show of presets.

use std::sync::Arc;

use super::keeper::Presets;
use super::scan::PresetListing;
use crate::session::preset_path::PresetPath;
use crate::session::rig::{SetlistPlace, SharedRig};

/// What there is to show of presets.
#[derive(Debug, Clone, Default)]
pub(crate) struct PresetStatus {
    /// The name of the preset that the rig came from.
    pub(crate) name: Option<String>,
    /// Its file, if that is in the preset folder: only there it can be saved over.
    pub(crate) file: Option<PresetPath>,
    /// Whether the rig is set up otherwise since.
    pub(crate) changed: bool,
    /// The setlist that is played through, and how far.
    pub(crate) setlist: Option<SetlistPlace>,
    pub(crate) listing: Arc<PresetListing>,
    /// Whether something is being written or looked for.
    pub(crate) busy: bool,
}

impl PresetStatus {
    /// What there is to show now. Neither waits nor touches the disk.
    pub(crate) fn now(rig: &SharedRig, presets: &Presets) -> Self {
        let now = rig.rig();
        let saved = now.preset.as_ref().and_then(|preset| preset.rig.clone());
        let changed = saved.is_some_and(|saved| !saved.is_like(&now));
        let (name, file) = now.preset.map(|preset| (preset.name, preset.file)).unzip();
        Self {
            name,
            file: file.flatten(),
            changed,
            setlist: now.setlist,
            listing: presets.listing(),
            busy: presets.is_busy(),
        }
    }
}
