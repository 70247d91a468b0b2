//! From a file to the rig that plays.

use std::fs;
use std::path::Path;

use gridleak_core::ParameterId;

use super::folder::folder;
use super::kind::PresetKind;
use super::preset::Preset;
use crate::files::failure::Result;
use crate::session::preferences::Preferences;
use crate::session::preset_path::PresetPath;
use crate::session::references::{Move, Source, is_file};
use crate::session::rig::{CurrentPreset, Rig, SharedRig};

/// Loads the preset at `path`; one of a slot goes into `slot`. Gives the rig that was there, and the one that
/// is there now.
///
/// The level of the interface stays the machine's. A riff that is looped ends.
///
/// # Errors
/// In words that name the file, if it is no preset; then nothing changes.
pub(crate) fn open(rig: &SharedRig, path: &Path, slot: usize) -> Result<(Rig, Rig)> {
    let mut preset = Preset::open(path, rig.first())?;
    follow_move(&mut preset, path);
    let before = rig.rig();
    let after = match preset.kind {
        PresetKind::Slot => {
            let [first, ..] = preset.rig.slots;
            let mut rig = before.clone();
            rig.slots[slot] = first;
            rig
        }
        PresetKind::Rig => {
            let mut rig = preset.rig;
            rig.preset = Some(current(path, &rig));
            rig.setlist = before.setlist.clone();
            let interface = ParameterId::InterfaceLevel.row();
            interface.set(&mut rig.settings, interface.get(&before.settings));
            rig
        }
    };
    rig.put(&before, &after);
    rig.set(ParameterId::LoopRiff, 0.0);
    rig.tell(preset.notice);
    Ok((before, after))
}

/// The preset at `path` that has such a rig.
fn current(path: &Path, rig: &Rig) -> CurrentPreset {
    let root = folder().ok();
    let file = root.and_then(|root| PresetPath::of(path, &root));
    let rig = Some(rig.clone().into());
    match file {
        Some(file) => CurrentPreset::new(file, rig),
        None => CurrentPreset {
            file: None,
            name: path
                .file_stem()
                .unwrap_or_default()
                .to_string_lossy()
                .into_owned(),
            rig,
        },
    }
}

/// Where a home has moved, its presets and its captures have moved alike.
fn follow_move(preset: &mut Preset, path: &Path) {
    let Some(moved) = preset
        .saved_at
        .as_deref()
        .and_then(|old| Move::new(old, path))
    else {
        return;
    };
    let chosen = Preferences::load().chosen(None);
    for part in preset.rig.slots.iter_mut().flat_map(|slot| &mut slot.parts) {
        let Source::File(file) = &part.source else {
            continue;
        };
        // Who has no hash could be anybody.
        if file.hash.is_none() || chosen.may_open(&file.path) && fs::metadata(&file.path).is_ok() {
            continue;
        }
        let new = moved.apply(&file.path);
        let new = new.filter(|new| chosen.may_open(new) && is_file(new, file.hash, &|| false));
        if let Some(new) = new {
            *part = part.moved_to(&new);
        }
    }
}
