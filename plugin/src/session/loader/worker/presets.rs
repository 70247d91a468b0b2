//! Loads presets.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

use super::Worker;
use crate::files::failure::{Failure, Result};
use crate::session::history::Change;
use crate::session::loader::orders::PresetChoice;
use crate::session::message::Message;
use crate::session::preset_path::PresetPath;
use crate::session::presets::{Preset, Setlist, folder, in_bank, in_setlist, open};
use crate::session::rig::{CurrentPreset, SetlistPlace};

/// What the thread knows of presets.
#[derive(Default)]
pub(super) struct PresetMemory {
    /// The preset that was asked for last and could not be loaded, from which the way goes on all the same,
    /// and how many projects had been loaded then.
    cursor: Option<(PresetPath, u64)>,
    /// The one that a project said it came from and that could not be read.
    unknown: Option<PresetPath>,
}

impl Worker<'_> {
    /// Loads another preset. One that cannot be loaded changes nothing, and it is said why.
    pub(super) fn load_preset(&mut self, choice: PresetChoice) {
        let loader = self.loader;
        let slot = match choice {
            PresetChoice::Open(_, slot) => slot,
            _ => loader.rig.unmodulated().slot,
        };
        let opened = self
            .find_preset(choice)
            .and_then(|path| path.map(|path| open(&loader.rig, &path, slot)).transpose());
        match opened {
            Ok(Some((before, after))) => {
                self.presets.cursor = None;
                let change = Change::Rig {
                    before: before.into(),
                    after: after.into(),
                };
                loader.history.lock().record_alone(change, Instant::now());
            }
            Ok(None) => {}
            Err(failure) => loader.say(Message::error(failure.to_string())),
        }
    }

    /// The file of the preset that is wanted; `None` if nothing is, on and back again.
    fn find_preset(&mut self, choice: PresetChoice) -> Result<Option<PathBuf>> {
        let rig = &self.loader.rig;
        let (preset, root) = match (choice, rig.setlist()) {
            (PresetChoice::Open(path, _), _) => return Ok(Some(path)),
            (PresetChoice::Step(0), _) => return Ok(None),
            (PresetChoice::Step(by), Some(place)) => {
                let root = folder()?;
                let (preset, at) = in_setlist(&root, &place, by)?;
                let at = Some(at);
                rig.set_setlist(Some(SetlistPlace { at, ..place }));
                (preset, root)
            }
            (PresetChoice::Step(by), None) => {
                let root = folder()?;
                let cursor = self.presets.cursor.take();
                let cursor = cursor.filter(|(_, loads)| *loads == rig.loads());
                let current = rig.preset().and_then(|preset| preset.file);
                let from = cursor.map(|(preset, _)| preset).or(current);
                (in_bank(&root, from.as_ref(), by)?, root)
            }
            (PresetChoice::InSetlist(at), place) => {
                let root = folder()?;
                let place = place.ok_or_else(|| Failure::new("Choose a setlist first."))?;
                let all = Setlist::open(&place.setlist.within(&root))?;
                let preset = all.presets().nth(at).flatten();
                let preset = preset
                    .ok_or_else(|| Failure::new("There is no such preset in the setlist now."))?;
                let at = Some(at);
                rig.set_setlist(Some(SetlistPlace { at, ..place }));
                (preset, root)
            }
        };
        let path = preset.within(&root);
        self.presets.cursor = Some((preset, rig.loads()));
        Ok(Some(path))
    }

    /// Reads the preset that a project came from, for it to be seen whether that is another one since.
    pub(super) fn know_preset(&mut self) {
        let rig = &self.loader.rig;
        let Some(current) = rig.preset().filter(|current| current.rig.is_none()) else {
            return;
        };
        let Some(file) = &current.file else { return };
        if self.presets.unknown.as_ref() == Some(file) {
            return;
        }
        let read = folder().and_then(|root| Preset::open(&file.within(&root), rig.first()));
        match read {
            Ok(preset) => {
                let now = CurrentPreset::new(file.clone(), Some(Arc::new(preset.rig)));
                rig.set_preset(Some(&current), now);
            }
            Err(_) => self.presets.unknown = Some(file.clone()),
        }
    }
}
