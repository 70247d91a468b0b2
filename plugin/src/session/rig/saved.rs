//! The rig as a value: all settings, and a reference to each file. What a project is.
//!
//! As JSON:
//!
//! ```json
//! {"gridleak": 1, "saved_by": "0.2.0",
//!  "settings": {"input": -3.5, "gate": true, "output_mode": "normalized"},
//!  "slots": [{"capture": {"builtin": "crunch"}, "pedal": {}, "cab": {}, "cab_2": {}}, {"capture": {}}]}
//! ```
//!
//! `gridleak` is the version of the format. What is left out is as in a new instance. What this version
//! does not know is kept and written back, wherever it stands.

use std::sync::Arc;

use gridleak_core::{Settings, UnreadSettings};
use serde_json::{Map, Value};

use super::notice::Remarks;
use crate::files::failure::{Failure, Result};
use crate::session::part::{ForParts, Part};
use crate::session::references::SavedPart;

/// The format that [`Rig::write`] writes.
const VERSION: u64 = 1;

/// Bytes of the longest rig: five of the longest files, packed.
pub(crate) const LONGEST: usize = 256 << 20;

/// How many values a rig may hold at most: read, each takes up to some hundred bytes.
const MOST_VALUES: usize = 100_000;

/// How much of either may be of no known meaning: with what this version writes, it is still to be read.
const LONGEST_REST: usize = 64 << 20;
const MOST_UNKNOWN: usize = MOST_VALUES / 2;

const FORMAT: &str = "gridleak";
const SAVED_BY: &str = "saved_by";
const SETTINGS: &str = "settings";
const SLOTS: &str = "slots";

/// Settings and references: what a project saves.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Rig {
    pub(crate) settings: Settings,
    pub(crate) parts: ForParts<SavedPart>,
    pub(crate) rest: Arc<Rest>,
}

/// What else stands in a saved rig.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Rest {
    settings: UnreadSettings,
    /// The rig without what this version knows of it.
    document: Map<String, Value>,
}

impl Rig {
    /// Reads what [`Rig::write`] wrote, in this or in another version, and says in words what is to be
    /// known of it. `first`: the settings of a new instance. The text may be anything; what cannot be right
    /// becomes what a new instance has. It fails if it is no rig.
    pub(crate) fn read(text: &[u8], first: &Settings) -> Result<(Self, Option<String>)> {
        if text.len() > LONGEST || values(text) > MOST_VALUES {
            return Err(too_large());
        }
        let document = serde_json::from_slice(text);
        let Ok(Value::Object(mut document)) = document else {
            return Err(no_rig());
        };
        let Some(version) = document.get(FORMAT).and_then(Value::as_u64) else {
            return Err(no_rig());
        };
        let saved_by = document.get(SAVED_BY).and_then(Value::as_str);
        let mut remarks = Remarks::new(saved_by.unwrap_or_default(), version > VERSION);
        // What a newer version wrote stays known for that.
        if !remarks.newer() {
            document.remove(FORMAT);
            document.remove(SAVED_BY);
        }
        let settings = match document.remove(SETTINGS) {
            Some(Value::Object(settings)) => settings,
            _ => Map::new(),
        };
        let settings = Settings::read(settings, first, remarks.newer());
        let parts = Part::all().map(|part| match take_part(&mut document, part) {
            None => part.first(),
            Some(value) => match SavedPart::read(&value) {
                Ok(reference) => reference,
                Err(_) if remarks.newer() => SavedPart::not_understood(value),
                Err(_) => {
                    remarks.damaged(&part.title(settings.settings.slot));
                    part.first()
                }
            },
        });
        let unknown = [
            serde_json::to_vec(&document).unwrap_or_default(),
            serde_json::to_vec(&settings.settings.write(&settings.unread)).unwrap_or_default(),
        ];
        let sum = |of: fn(&[u8]) -> usize| unknown.iter().map(|text| of(text)).sum::<usize>();
        if sum(<[u8]>::len) > LONGEST_REST || sum(values) > MOST_UNKNOWN {
            return Err(too_large());
        }
        let rest = Rest {
            settings: settings.unread,
            document,
        };
        remarks.settings(&rest.settings, &settings.changed);
        remarks.unknown(rest.keys());
        let rig = Self {
            settings: settings.settings,
            parts,
            rest: rest.into(),
        };
        Ok((rig, remarks.text()))
    }

    /// The text that stands for it in a project.
    pub(crate) fn write(&self) -> Vec<u8> {
        let mut document = self.rest.document.clone();
        document.entry(FORMAT).or_insert(VERSION.into());
        let own = env!("CARGO_PKG_VERSION");
        document.entry(SAVED_BY).or_insert(own.into());
        let settings = self.settings.write(&self.rest.settings);
        document.insert(SETTINGS.into(), settings.into());
        for (part, reference) in Part::all().into_iter().zip(&self.parts) {
            put_part(&mut document, part, reference.write());
        }
        Value::Object(document).to_string().into_bytes()
    }
}

impl Rest {
    /// What this version does not know, but for settings.
    fn keys(&self) -> impl Iterator<Item = &str> {
        let known = [FORMAT, SAVED_BY, SLOTS];
        let document = self.document.keys().map(String::as_str);
        let slots = self.document.get(SLOTS).and_then(Value::as_array);
        let slots = slots.into_iter().flatten().filter_map(Value::as_object);
        document
            .filter(move |key| !known.contains(key))
            .chain(slots.flat_map(|slot| slot.keys().map(String::as_str)))
    }
}

/// How many values a text of JSON has, or more: none begins without one of these, and those within texts
/// count as well.
fn values(text: &[u8]) -> usize {
    text.iter().filter(|byte| b",[{".contains(byte)).count()
}

fn too_large() -> Failure {
    Failure::new("this is larger than any rig that Gridleak saves")
}

fn no_rig() -> Failure {
    Failure::new("this is no rig that Gridleak saved, or it is damaged")
}

/// Takes the reference to a part out of a saved rig.
fn take_part(document: &mut Map<String, Value>, part: Part) -> Option<Value> {
    let slots = document.get_mut(SLOTS)?.as_array_mut()?;
    let slot = slots.get_mut(part.slot())?.as_object_mut()?;
    slot.remove(part.kind().key())
}

/// Puts one there.
fn put_part(document: &mut Map<String, Value>, part: Part, reference: Value) {
    let (slot, key) = (part.slot(), part.kind().key());
    let slots = array(document.entry(SLOTS).or_insert(Value::Null));
    if slots.len() <= slot {
        slots.resize(slot + 1, Value::Null);
    }
    object(&mut slots[slot]).insert(key.into(), reference);
}

/// A value as an array, which it becomes if it is none.
fn array(value: &mut Value) -> &mut Vec<Value> {
    if !value.is_array() {
        *value = Value::Array(Vec::new());
    }
    match value {
        Value::Array(array) => array,
        _ => unreachable!("made one above"),
    }
}

/// A value as an object, which it becomes if it is none.
fn object(value: &mut Value) -> &mut Map<String, Value> {
    if !value.is_object() {
        *value = Value::Object(Map::new());
    }
    match value {
        Value::Object(object) => object,
        _ => unreachable!("made one above"),
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use gridleak_core::Oversampling;
    use serde_json::json;

    use super::*;

    fn new_rig(settings: Settings) -> Rig {
        Rig {
            settings,
            parts: Part::all().map(Part::first),
            rest: Arc::default(),
        }
    }

    fn read(document: &Value) -> (Rig, String) {
        let text = document.to_string();
        let (rig, notice) = Rig::read(text.as_bytes(), &Settings::default()).unwrap();
        (rig, notice.unwrap_or_default())
    }

    fn written(rig: &Rig) -> Value {
        serde_json::from_slice(&rig.write()).unwrap()
    }

    fn example() -> Rig {
        let mut rig = new_rig(Settings::default());
        rig.settings.input_db = -3.3;
        rig.settings.oversampling = Oversampling::Four;
        rig.parts[Part::OTHER_CAPTURE.index()] = SavedPart::file(Path::new("/a/b.nam"));
        rig.parts[Part::SECOND_CAB.index()] = SavedPart::file(Path::new("/a/b.wav"));
        rig
    }

    #[test]
    fn what_is_saved_is_loaded() {
        for rig in [new_rig(Settings::default()), example()] {
            let (again, notice) = read(&written(&rig));
            assert_eq!((again.settings, &again.parts), (rig.settings, &rig.parts));
            assert_eq!(notice, "");
            assert_eq!(again.write(), rig.write());
        }
        assert!(example().write().len() < 4000);
    }

    #[test]
    fn what_is_no_rig_is_refused() {
        let many = format!(
            "{{\"gridleak\": 1, \"x\": [{}1]}}",
            "1,".repeat(MOST_VALUES)
        );
        let deep = "[".repeat(1000);
        let others = [
            "",
            "null",
            "[]",
            "{}",
            "{\"gridleak\": \"1\"}",
            "{\"gridleak\": 1",
        ];
        for text in others.into_iter().chain([&*many, &*deep]) {
            assert!(Rig::read(text.as_bytes(), &Settings::default()).is_err());
        }
        assert!(Rig::read(b"\xff{}", &Settings::default()).is_err());
    }

    #[test]
    fn what_is_left_out_is_as_in_a_new_instance() {
        let first = Settings {
            output_db: 2.0,
            ..Settings::default()
        };
        let (rig, notice) = Rig::read(b"{\"gridleak\": 1}", &first).unwrap();
        assert_eq!((rig, notice), (new_rig(first), None));
    }

    #[test]
    fn what_cannot_be_right_is_put_right_and_told() {
        let mut document = written(&example());
        document["slots"][0]["cab"] = json!("nonsense");
        document["settings"]["input"] = json!(1e9);
        document["settings"]["gate"] = json!("loud");
        let (rig, notice) = read(&document);
        assert_eq!(rig.parts[Part::CAB.index()], Part::CAB.first());
        assert_eq!(rig.settings.input_db, 20.0);
        assert!(notice.contains("entry for Cabinet is damaged"), "{notice}");
        assert!(notice.contains("Input, Gate"), "{notice}");
        for slots in [
            json!(3),
            json!([]),
            json!([1, {"capture": 3}]),
            json!([null]),
        ] {
            document["slots"] = slots;
            let (rig, _) = read(&document);
            assert_eq!(rig.parts, Part::all().map(Part::first));
            let (again, _) = read(&written(&rig));
            assert_eq!(again.parts, rig.parts);
        }
    }

    #[test]
    fn what_a_newer_version_wrote_survives() {
        let mut document = written(&example());
        document["gridleak"] = json!(2);
        document["setlist"] = json!(["a", {"b": 1}]);
        document["settings"]["reverb"] = json!(0.5);
        document["settings"]["oversampling"] = json!("16");
        document["slots"][0]["name"] = json!("Verse");
        document["slots"][1]["capture"] = json!({"cloud": 7});
        let third = json!({"capture": {"version": 1, "builtin": "lead"}});
        document["slots"].as_array_mut().unwrap().push(third);
        document["saved_by"] = json!("99.0.0");
        let (rig, notice) = read(&document);
        for said in ["newer version of Gridleak (99.0.0)", "setlist", "reverb"] {
            assert!(notice.contains(said), "{notice}");
        }
        assert_eq!(written(&rig), document);
        // A newer version of the same format is told by its name alone, however often it is saved here.
        document["gridleak"] = json!(1);
        document["settings"]["input"] = json!(99.0);
        for _ in 0..3 {
            let (rig, _) = read(&document);
            assert_eq!(rig.settings.input_db, 20.0);
            assert_eq!(written(&rig), document);
        }
    }

    #[test]
    fn what_is_loaded_can_be_saved_and_loaded_again() {
        let mut document = written(&example());
        document["unknown"] = vec![1; MOST_UNKNOWN - 300].into();
        let (rig, _) = read(&document);
        assert_eq!(read(&written(&rig)).0.write(), rig.write());
        document["unknown"] = vec![1; MOST_UNKNOWN + 1].into();
        let text = document.to_string();
        assert!(Rig::read(text.as_bytes(), &Settings::default()).is_err());
    }
}
