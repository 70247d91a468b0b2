//! The rig as a value: all settings, and the slots. What a project is.
//!
//! As JSON:
//!
//! ```json
//! {"gridleak": 1, "saved_by": "0.2.0",
//!  "settings": {"input": -3.5, "gate": true, "output_mode": "normalized"},
//!  "slots": [{"capture": {"builtin": "crunch"}, "name": "Verse"}, {"capture": {"builtin": "lead"}}]}
//! ```
//!
//! `gridleak` is the version of the format. What is left out is as in a new instance, and so are the last
//! slots if there is nothing in them. What this version does not know is kept and written back, wherever it
//! stands.

use std::sync::Arc;

use gridleak_core::{SLOTS, Settings, UnreadSettings};
use serde_json::{Map, Value};

use super::keys::{self, FORMAT, PRESET, SAVED_BY, SETLIST, SETTINGS};
use super::notice::Remarks;
use super::preset::{CurrentPreset, SetlistPlace};
use super::saved_slot::SavedSlot;
use crate::files::failure::{Failure, Result};
use crate::session::references::SavedPart;

/// The format that [`Rig::write`] writes.
const VERSION: u64 = 1;

/// Bytes of the longest rig: files packed in it, what else is in it, and room for what is added.
pub(crate) const LONGEST: usize = 256 << 20;

/// Bytes of all files that a rig carries, packed, and of what else is in it when it is read.
pub(crate) const MOST_EMBEDDED: usize = 128 << 20;
const LONGEST_REST: usize = 96 << 20;

/// How many values a rig may hold at most: read, each takes up to some hundred bytes.
const MOST_VALUES: usize = 100_000;

/// So many of them are left for what this version writes.
const SPARE_VALUES: usize = 2_000;

/// Settings and slots: what a project saves.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Rig {
    pub(crate) settings: Settings,
    pub(crate) slots: [SavedSlot; SLOTS],
    /// The preset that it came from.
    pub(crate) preset: Option<CurrentPreset>,
    pub(crate) setlist: Option<SetlistPlace>,
    pub(crate) rest: Arc<Rest>,
}

/// What else stands in a saved rig.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Rest {
    settings: UnreadSettings,
    /// The rig without what this version knows of it.
    document: Map<String, Value>,
    /// What stands behind the slots that this version has.
    slots: Vec<Value>,
}

impl Rig {
    /// Reads what [`Rig::write`] wrote, in this or in another version, and says in words what is to be
    /// known of it. `first`: the settings of a new instance. The text may be anything; what cannot be right
    /// becomes what a new instance has. It fails if it is no rig.
    pub(crate) fn read(text: &[u8], first: &Settings) -> Result<(Self, Option<String>)> {
        Self::from_document("project", document(text)?, first)
    }

    /// The same from what [`document`] gave. `called`: what people call what it stood in.
    pub(crate) fn from_document(
        called: &'static str,
        mut document: Map<String, Value>,
        first: &Settings,
    ) -> Result<(Self, Option<String>)> {
        let version = document.get(FORMAT).and_then(Value::as_u64);
        let newer = version.is_some_and(|version| version > VERSION);
        let saved_by = document.get(SAVED_BY).and_then(Value::as_str);
        let mut remarks = Remarks::new(called, saved_by.unwrap_or_default(), newer);
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
        let mut saved = match document.remove(keys::SLOTS) {
            Some(Value::Array(slots)) => slots,
            Some(other) if remarks.newer() => {
                document.insert(keys::SLOTS.into(), other);
                Vec::new()
            }
            _ => Vec::new(),
        };
        let mut here = saved.drain(..saved.len().min(SLOTS));
        let asked = settings.settings.slot;
        let slots: [SavedSlot; SLOTS] = std::array::from_fn(|slot| match here.next() {
            Some(Value::Object(saved)) => SavedSlot::read(slot, saved, first, asked, &mut remarks),
            _ => SavedSlot::first(slot),
        });
        drop(here);
        let preset = take(&mut document, PRESET, CurrentPreset::read);
        let setlist = take(&mut document, SETLIST, SetlistPlace::read);
        let rest = Rest {
            settings: settings.unread,
            document,
            slots: saved,
        };
        remarks.settings(&rest.settings, &settings.changed);
        remarks.unknown(rest.keys());
        let rig = Self {
            settings: settings.settings,
            slots,
            preset,
            setlist,
            rest: rest.into(),
        };
        rig.check()?;
        Ok((rig, remarks.text()))
    }

    /// Bytes of all files that it carries, packed.
    pub(crate) fn embedded_bytes(&self) -> usize {
        let parts = self.slots.iter().flat_map(|slot| &slot.parts);
        parts.map(SavedPart::embedded_bytes).sum()
    }

    /// Whether there is so little in it that whatever is saved of it from now on can be read again.
    fn check(&self) -> Result<()> {
        let written = self.write();
        let embedded = self.embedded_bytes();
        match embedded > MOST_EMBEDDED
            || written.len().saturating_sub(embedded) > LONGEST_REST
            || values(&written) > MOST_VALUES - SPARE_VALUES
        {
            true => Err(too_large()),
            false => Ok(()),
        }
    }

    /// The text that stands for it in a project.
    pub(crate) fn write(&self) -> Vec<u8> {
        Value::Object(self.document()).to_string().into_bytes()
    }

    /// The same as a value.
    pub(crate) fn document(&self) -> Map<String, Value> {
        let mut document = self.rest.document.clone();
        document.entry(FORMAT).or_insert(VERSION.into());
        let own = env!("CARGO_PKG_VERSION");
        document.entry(SAVED_BY).or_insert(own.into());
        let settings = self.settings.write(&self.rest.settings);
        document.insert(SETTINGS.into(), settings.into());
        let saved = self.rest.slots.len();
        let used = (0..SLOTS).rfind(|&slot| self.slots[slot] != SavedSlot::first(slot));
        let used = if saved > 0 {
            SLOTS
        } else {
            used.map_or(0, |last| last + 1).max(1)
        };
        let slots = self.slots[..used].iter().map(|slot| slot.write().into());
        let slots = slots.chain(self.rest.slots.iter().cloned());
        document
            .entry(keys::SLOTS)
            .or_insert_with(|| slots.collect::<Vec<Value>>().into());
        let preset = self.preset.as_ref().and_then(CurrentPreset::write);
        document.extend(preset.map(|preset| (PRESET.into(), preset)));
        let setlist = self.setlist.as_ref().map(SetlistPlace::write);
        document.extend(setlist.map(|setlist| (SETLIST.into(), setlist)));
        document
    }
}

/// The object of a saved rig, or of something else that Gridleak saved, as far as its size and its format
/// can be right.
pub(crate) fn document(text: &[u8]) -> Result<Map<String, Value>> {
    if text.len() > LONGEST || values(text) > MOST_VALUES {
        return Err(too_large());
    }
    match serde_json::from_slice(text) {
        Ok(Value::Object(document)) if document.get(FORMAT).is_some_and(Value::is_u64) => {
            Ok(document)
        }
        _ => Err(no_rig()),
    }
}

impl Rest {
    /// What this version does not know, but for settings.
    fn keys(&self) -> impl Iterator<Item = &str> {
        let known = [FORMAT, SAVED_BY];
        let document = self.document.keys().map(String::as_str);
        let more = (!self.slots.is_empty()).then_some("more slots");
        document.filter(move |key| !known.contains(key)).chain(more)
    }
}

/// Takes what stands under a key out of a saved rig, if it can be read.
fn take<T>(
    document: &mut Map<String, Value>,
    key: &str,
    read: impl FnOnce(&Value) -> Option<T>,
) -> Option<T> {
    let found = read(document.get(key)?)?;
    document.remove(key);
    Some(found)
}

/// How many values a text of JSON has, or more: none begins without one of these.
fn values(text: &[u8]) -> usize {
    let (mut quoted, mut escaped, mut count) = (false, false, 0);
    for byte in text {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = quoted,
            b'"' => quoted = !quoted,
            b',' | b'[' | b'{' if !quoted => count += 1,
            _ => {}
        }
    }
    count
}

fn too_large() -> Failure {
    Failure::new("this is larger than any rig that Gridleak saves")
}

fn no_rig() -> Failure {
    Failure::new("this is no rig that Gridleak saved, or it is damaged")
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use gridleak_core::Oversampling;
    use serde_json::json;

    use super::*;
    use crate::session::part::Part;

    fn new_rig(settings: Settings) -> Rig {
        Rig {
            settings,
            slots: std::array::from_fn(SavedSlot::first),
            preset: None,
            setlist: None,
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
        rig.slots[1].parts[0] = SavedPart::file(Path::new("/a/b.nam"));
        rig.slots[0].parts[3] = SavedPart::file(Path::new("/a/b.wav"));
        rig.slots[1].state.name = "Verse".into();
        rig
    }

    #[test]
    fn what_is_saved_is_loaded() {
        for rig in [new_rig(Settings::default()), example()] {
            let (again, notice) = read(&written(&rig));
            assert_eq!((again.settings, &again.slots), (rig.settings, &rig.slots));
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
        assert_eq!(rig.slots[0].parts[2], Part::CAB.first());
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
            assert_eq!(rig.slots, new_rig(Settings::default()).slots);
            let (again, _) = read(&written(&rig));
            assert_eq!(again.slots, rig.slots);
        }
    }

    #[test]
    fn what_a_newer_version_wrote_survives() {
        let mut document = written(&example());
        document["gridleak"] = json!(2);
        document["setlist"] = json!(["a", {"b": 1}]);
        document["settings"]["reverb"] = json!(0.5);
        document["settings"]["oversampling"] = json!("16");
        document["slots"][0]["pan"] = json!(0.5);
        document["slots"][1]["capture"] = json!({"cloud": 7});
        let slots = document["slots"].as_array_mut().unwrap();
        slots.extend((2..SLOTS).map(|slot| SavedSlot::first(slot).write().into()));
        slots.push(json!({"capture": {"version": 1, "builtin": "lead"}}));
        document["saved_by"] = json!("99.0.0");
        let (rig, notice) = read(&document);
        for said in [
            "newer version of Gridleak (99.0.0)",
            "pan",
            "setlist",
            "2 more",
        ] {
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
        document["unknown"] = vec![1; MOST_VALUES - SPARE_VALUES - 200].into();
        let (rig, _) = read(&document);
        assert_eq!(read(&written(&rig)).0.write(), rig.write());
        document["unknown"] = vec![1; MOST_VALUES - SPARE_VALUES].into();
        let text = document.to_string();
        assert!(Rig::read(text.as_bytes(), &Settings::default()).is_err());
    }
}
