//! A preset: a rig with all its slots, or one slot, in a file to be read by people.
//!
//! As JSON, a rig is what a project saves ([`Rig::write`]) and its `kind`; a slot is
//!
//! ```json
//! {"gridleak": 1, "kind": "slot", "saved_by": "0.2.0", "saved_at": "/home/ann/…/Live/Verse.gridleak",
//!  "slot": {"capture": {…}, "pedal": {…}, "cab": {…}, "cab_2": {…}, "name": "Verse", …}}
//! ```
//!
//! `saved_at` is where the file was: whoever moves a home with presets and captures moves these alike. What
//! this version does not know is kept when the preset is saved again.

use std::path::{Path, PathBuf};

use gridleak_core::Settings;
use serde_json::{Map, Value};

use super::kind::{KIND, PresetKind};
use super::store;
use crate::files::failure::{Failure, Result};
use crate::session::references::path_text;
use crate::session::rig::keys::{FORMAT, PRESET, SAVED_BY, SETLIST, SLOTS};
use crate::session::rig::{LONGEST, Rig, document};

const SLOT: &str = "slot";
const SAVED_AT: &str = "saved_at";

/// What belongs to the project and is no part of a preset.
const PROJECTS: [&str; 3] = [PRESET, SETLIST, "midi"];

/// A preset as its file has it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Preset {
    pub(crate) kind: PresetKind,
    /// Of one slot, that is the first, and nothing else in it counts.
    pub(crate) rig: Rig,
    /// Where it was saved, as far as it says.
    pub(crate) saved_at: Option<PathBuf>,
    /// What there is to say of it, in words.
    pub(crate) notice: Option<String>,
}

impl Preset {
    /// Reads the preset at `path`. `first`: the settings of a new instance, for what is left out.
    ///
    /// # Errors
    /// In words that name the file, if it is none.
    pub(crate) fn open(path: &Path, first: &Settings) -> Result<Self> {
        let text = store::read(path, LONGEST as u64)?;
        Self::read(&text, first).map_err(|failure| Failure::at(path, failure))
    }

    /// The same from the text of the file, which may be anything.
    pub(crate) fn read(text: &[u8], first: &Settings) -> Result<Self> {
        let mut document = document(text)?;
        let kind = match document.remove(KIND) {
            // What a project saved.
            None => Some(PresetKind::Rig),
            Some(kind) => kind.as_str().and_then(PresetKind::from_id),
        };
        let Some(kind) = kind else {
            return Err(Failure::new(
                "this is no preset that this version of Gridleak knows; update Gridleak, or choose another one",
            ));
        };
        let saved_at = document.remove(SAVED_AT);
        let saved_at = saved_at.and_then(|at| path_text::decode(at.as_str()?));
        for key in PROJECTS {
            document.remove(key);
        }
        if kind == PresetKind::Slot {
            let slot = document.remove(SLOT);
            let Some(slot @ Value::Object(_)) = slot else {
                return Err(Failure::new(
                    "this is no preset that Gridleak saved, or it is damaged",
                ));
            };
            document.insert(SLOTS.into(), vec![slot].into());
        }
        let (rig, notice) = Rig::from_document("preset", document, first)?;
        Ok(Self {
            kind,
            rig,
            saved_at,
            notice,
        })
    }

    /// The text of the preset that a rig makes, or one of its slots, at `path`, where `old` stands now: of a
    /// preset of a slot, that is all that may be there and is not known.
    pub(crate) fn write(
        rig: &Rig,
        slot: Option<usize>,
        path: &Path,
        old: Option<Vec<u8>>,
    ) -> Vec<u8> {
        let mut document = rig.document();
        for key in PROJECTS {
            document.remove(key);
        }
        let kind = match slot {
            None => PresetKind::Rig,
            Some(slot) => {
                let old = old.and_then(|old| self::document(&old).ok());
                document = of_slot(document, slot, old.unwrap_or_default());
                PresetKind::Slot
            }
        };
        document.insert(KIND.into(), kind.id().into());
        document.insert(SAVED_AT.into(), path_text::encode(path).into());
        format!("{:#}\n", Value::Object(document)).into_bytes()
    }
}

/// A document of one slot instead of all, with what else stood in `old`.
fn of_slot(
    mut document: Map<String, Value>,
    slot: usize,
    old: Map<String, Value>,
) -> Map<String, Value> {
    let slots = document.get_mut(SLOTS).and_then(Value::as_array_mut);
    let slot = slots.and_then(|slots| slots.get_mut(slot)).map(Value::take);
    let mut only = old;
    for key in [FORMAT, SAVED_BY] {
        only.extend(document.remove_entry(key));
    }
    only.insert(SLOT.into(), slot.unwrap_or_default());
    only
}
