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
                let mut only = old.unwrap_or_default();
                for key in [FORMAT, SAVED_BY] {
                    only.extend(document.remove_entry(key));
                }
                only.insert(SLOT.into(), rig.slots[slot].write().into());
                document = only;
                PresetKind::Slot
            }
        };
        document.insert(KIND.into(), kind.id().into());
        document.insert(SAVED_AT.into(), path_text::encode(path).into());
        format!("{:#}\n", Value::Object(document)).into_bytes()
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::sync::Arc;

    use gridleak_core::ParameterId;
    use serde_json::json;

    use super::*;
    use crate::session::presets::open;
    use crate::session::rig::SharedRig;

    fn rig() -> SharedRig {
        SharedRig::new(Settings::default(), Arc::default(), |_| {})
    }

    fn read(document: &Value) -> Result<Preset> {
        Preset::read(document.to_string().as_bytes(), &Settings::default())
    }

    fn written(rig: &Rig) -> Value {
        let text = Preset::write(rig, None, Path::new("/presets/Verse.gridleak"), None);
        serde_json::from_slice(&text).unwrap()
    }

    #[test]
    fn what_is_saved_is_loaded_but_for_what_is_the_machines() {
        let first = rig();
        first.set(ParameterId::Input, 3.5);
        first.set(ParameterId::InterfaceLevel, 20.0);
        first.set(ParameterId::Slot, 3.0);
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("Verse.gridleak");
        fs::write(&path, Preset::write(&first.rig(), None, &path, None)).unwrap();
        let other = rig();
        other.set(ParameterId::InterfaceLevel, 9.0);
        other.set(ParameterId::LoopRiff, 1.0);
        open(&other, &path, 0).unwrap();
        for (which, value) in [
            (ParameterId::Input, 3.5),
            (ParameterId::Slot, 3.0),
            (ParameterId::InterfaceLevel, 9.0),
            (ParameterId::LoopRiff, 0.0),
        ] {
            assert_eq!(other.value(which), value, "{which:?}");
        }
        assert_eq!(other.loads(), 0, "it is the same project");
    }

    #[test]
    fn what_belongs_to_the_project_is_neither_saved_nor_loaded() {
        let mut document = written(&rig().rig());
        document["preset"] = json!("Other.gridleak");
        document["setlist"] = json!({"file": "Gig.gridleak-setlist", "at": 1});
        document["midi"] = json!({"cc": {"11": "input"}});
        let preset = read(&document).unwrap();
        assert_eq!((&preset.rig.preset, &preset.rig.setlist), (&None, &None));
        assert_eq!(preset.notice, None);
        let (project, _) =
            Rig::read(document.to_string().as_bytes(), &Settings::default()).unwrap();
        assert_eq!(project.preset.as_ref().unwrap().name, "Other");
        assert_eq!(project.setlist.as_ref().unwrap().at, Some(1));
        let written = written(&project);
        for key in PROJECTS {
            assert_eq!(written.get(key), None, "{key}");
        }
    }

    #[test]
    fn what_a_newer_version_wrote_survives_load_and_save() {
        let mut document = written(&rig().rig());
        document["gridleak"] = json!(2);
        document["saved_by"] = json!("99.0.0");
        document["tags"] = json!(["loud"]);
        document["settings"]["reverb"] = json!(0.5);
        let preset = read(&document).unwrap();
        let notice = preset.notice.unwrap();
        let said = "This preset was saved by a newer version of Gridleak (99.0.0)";
        assert!(notice.contains(said) && notice.contains("tags"), "{notice}");
        assert_eq!(written(&preset.rig), document);
    }

    #[test]
    fn what_is_no_preset_changes_nothing_and_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("Bad one.gridleak");
        let rig = rig();
        let before = rig.rig();
        let deep = "[".repeat(1 << 20);
        let many = format!("{{\"gridleak\": 1, \"x\": [{}1]}}", "1,".repeat(1 << 18));
        for text in [
            "",
            "null",
            "{}",
            "{\"gridleak\": 1",
            "{\"gridleak\": \"1\", \"kind\": \"rig\"}",
            "{\"gridleak\": 1, \"kind\": \"setlist\"}",
            "{\"gridleak\": 1, \"kind\": {}}",
            "{\"gridleak\": 1, \"kind\": \"slot\"}",
            "{\"gridleak\": 1, \"kind\": \"slot\", \"slot\": [3]}",
            &deep,
            &many,
        ] {
            fs::write(&path, text).unwrap();
            let refusal = open(&rig, &path, 7).unwrap_err().to_string();
            assert!(refusal.contains("Bad one.gridleak: "), "{refusal}");
        }
        // Sparse: takes no room on the disk, and must take none in memory.
        fs::File::create(&path)
            .and_then(|file| file.set_len(1 << 40))
            .unwrap();
        let refusal = open(&rig, &path, 7).unwrap_err().to_string();
        assert!(refusal.contains("at most 256 MB"), "{refusal}");
        assert!(open(&rig, folder.path(), 7).is_err());
        assert_eq!(rig.rig(), before);
        // What is a preset all the same has nothing that is out of range.
        for text in [
            "{\"gridleak\": 1, \"kind\": \"slot\", \"slot\": {\"capture\": 3, \"cab\": {\"x\": 1}}}",
            "{\"gridleak\": 1, \"kind\": \"rig\", \"saved_at\": [], \"slots\": 4, \"settings\": {\"slot\": \"99\", \"input\": 1e300}}",
        ] {
            fs::write(&path, text).unwrap();
            open(&rig, &path, 7).unwrap();
            let settings = rig.unmodulated();
            assert!(settings.slot < gridleak_core::SLOTS && settings.input_db <= 20.0);
            assert!(rig.notice().is_some(), "{text}");
        }
    }
}
