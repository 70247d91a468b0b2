//! A slot as a value: what a project keeps of it.
//!
//! As JSON, a reference for each file and what else was set:
//!
//! ```json
//! {"capture": {"builtin": "crunch"}, "pedal": {}, "cab": {}, "cab_2": {},
//!  "name": "Verse", "colour": "red", "drive": 0.0, "level": -1.5, "own": {"tone": {"bass": 7.0}}}
//! ```

use gridleak_core::{OwnGroup, Settings, SlotSettings};
use serde_json::{Map, Value};

use super::notice::Remarks;
use super::slot_state::{SlotColour, SlotRest, SlotState};
use crate::session::part::{Part, PartKind};
use crate::session::references::SavedPart;

const NAME: &str = "name";
const COLOUR: &str = "colour";
const DRIVE: &str = "drive";
const LEVEL: &str = "level";
const OWN: &str = "own";

/// A slot with its files.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct SavedSlot {
    pub(crate) state: SlotState,
    /// One for each [`PartKind`].
    pub(crate) parts: [SavedPart; PartKind::ALL.len()],
}

impl SavedSlot {
    /// What a new instance has there.
    pub(crate) fn first(slot: usize) -> Self {
        Self {
            state: SlotState::default(),
            parts: Part::of_slot(slot).map(Part::first),
        }
    }

    /// Whether it is set up as another one, whatever was found out about their files.
    pub(crate) fn is_like(&self, other: &Self) -> bool {
        let mut parts = self.parts.iter().zip(&other.parts);
        self.state == other.state && parts.all(|(one, other)| one.is_like(other))
    }

    /// Reads what [`SavedSlot::write`] wrote, in this or in another version, or anything else. What cannot be
    /// right becomes what a new instance, set to `first`, has there. `asked`: the slot that is asked for.
    pub(super) fn read(
        slot: usize,
        saved: Map<String, Value>,
        first: &Settings,
        asked: usize,
        remarks: &mut Remarks,
    ) -> Self {
        let newer = remarks.newer();
        let mut rest = SlotRest {
            slot: saved,
            ..SlotRest::default()
        };
        let parts = Part::of_slot(slot).map(|part| {
            let Some(value) = rest.slot.remove(part.kind().key()) else {
                return part.first();
            };
            match SavedPart::read(&value) {
                Ok(reference) => reference,
                Err(_) if newer => SavedPart::not_understood(value),
                Err(_) => {
                    remarks.damaged(&part.title(asked));
                    part.first()
                }
            }
        });
        let mut state = SlotState::default();
        let mut changed = |what: &str| remarks.changed(&format!("Slot {} {what}", slot + 1));
        match rest.slot.remove(NAME) {
            Some(Value::String(name)) => {
                state.name.clone_from(&name);
                state = state.sanitized();
                if state.name != name {
                    changed(NAME);
                }
            }
            Some(other) => keep_if(newer, &mut rest.slot, NAME, other),
            None => {}
        }
        match rest.slot.remove(COLOUR) {
            Some(Value::String(id)) => {
                let known = SlotColour::ALL.into_iter().find(|colour| colour.id() == id);
                state.colour = known.unwrap_or_default();
                // A colour that is not known comes from a version that knows it.
                keep_if(known.is_none(), &mut rest.slot, COLOUR, id.into());
            }
            Some(other) => keep_if(newer, &mut rest.slot, COLOUR, other),
            None => {}
        }
        let gains = [
            (DRIVE, SlotSettings::DRIVE_DB, &mut state.settings.drive_db),
            (LEVEL, SlotSettings::LEVEL_DB, &mut state.settings.level_db),
        ];
        for (key, range, gain) in gains {
            let Some(value) = rest.slot.remove(key) else {
                continue;
            };
            let db = value.as_f64().map_or(0.0, |db| db as f32);
            *gain = db.clamp(*range.start(), *range.end());
            if value.as_f64().is_none() || *gain != db {
                changed(key);
            }
        }
        match rest.slot.remove(OWN) {
            Some(Value::Object(own)) => rest.own = own,
            Some(other) => keep_if(newer, &mut rest.slot, OWN, other),
            None => {}
        }
        let mut values = Map::new();
        for group in OwnGroup::ALL {
            let saved = match rest.own.get_mut(group.id()) {
                Some(Value::Object(saved)) => saved,
                Some(_) if !newer => {
                    rest.own.remove(group.id());
                    changed(group.id());
                    continue;
                }
                _ => continue,
            };
            state.settings.own = state.settings.own.with(group, true);
            for row in group.rows() {
                values.extend(saved.remove(row.id).map(|value| (row.id.to_owned(), value)));
            }
            if saved.is_empty() {
                rest.own.remove(group.id());
            }
        }
        let read = Settings::read(values, first, newer);
        state.settings.values = read.settings;
        remarks.settings(&read.unread, &read.changed);
        rest.values = read.unread;
        remarks.unknown(rest.keys());
        state.rest = rest.into();
        Self {
            state: state.sanitized(),
            parts,
        }
    }

    /// What stands for it in a project.
    pub(crate) fn write(&self) -> Map<String, Value> {
        let SlotState {
            name,
            colour,
            settings,
            rest,
        } = &self.state;
        let mut saved = rest.slot.clone();
        for (kind, reference) in PartKind::ALL.into_iter().zip(&self.parts) {
            saved.insert(kind.key().into(), reference.write());
        }
        // What is as in a new instance is left out, and so does not hide what a newer version wrote there.
        if !name.is_empty() {
            saved.insert(NAME.into(), name.as_str().into());
        }
        if *colour != SlotColour::None {
            saved.insert(COLOUR.into(), colour.id().into());
        }
        for (key, db) in [(DRIVE, settings.drive_db), (LEVEL, settings.level_db)] {
            if db != 0.0 {
                saved.insert(key.into(), shortest(db));
            }
        }
        let mut own = rest.own.clone();
        let groups = || OwnGroup::ALL.into_iter();
        own.retain(|key, _| groups().all(|group| group.id() != key || settings.own.has(group)));
        let mut values = settings.values.write(&rest.values);
        for group in groups().filter(|group| settings.own.has(*group)) {
            let saved = own.entry(group.id()).or_insert_with(|| Map::new().into());
            if let Value::Object(saved) = saved {
                let rows = group.rows().map(|row| row.id);
                saved.extend(rows.filter_map(|id| values.remove_entry(id)));
            }
        }
        if !own.is_empty() {
            saved.insert(OWN.into(), own.into());
        }
        saved
    }
}

/// Keeps what this version cannot use, if a newer one wrote it.
fn keep_if(newer: bool, rest: &mut Map<String, Value>, key: &str, value: Value) {
    if newer {
        rest.insert(key.into(), value);
    }
}

/// A number with the digits that an f32 has, not those of the f64 next to it.
fn shortest(number: f32) -> Value {
    number
        .to_string()
        .parse::<f64>()
        .map_or(Value::Null, Value::from)
}

impl SlotRest {
    /// What this version does not know.
    fn keys(&self) -> impl Iterator<Item = &str> {
        let own = self.own.iter().flat_map(|(key, value)| match value {
            Value::Object(group) if OwnGroup::ALL.iter().any(|group| group.id() == key) => {
                group.keys().map(String::as_str).collect::<Vec<_>>()
            }
            _ => vec![key.as_str()],
        });
        self.slot.keys().map(String::as_str).chain(own)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// Reads a slot, and says what there is to say of it.
    fn read(saved: Value, version: &str) -> (SavedSlot, String) {
        let Value::Object(saved) = saved else {
            panic!("no object");
        };
        let mut remarks = Remarks::new("project", version, false);
        let slot = SavedSlot::read(2, saved, &Settings::default(), 0, &mut remarks);
        (slot, remarks.text().unwrap_or_default())
    }

    fn written(slot: &SavedSlot) -> Value {
        slot.write().into()
    }

    #[test]
    fn what_a_slot_is_comes_back_as_it_was_saved() {
        let mut slot = SavedSlot::first(2);
        assert_eq!(read(written(&slot), ""), (slot.clone(), String::new()));
        slot.parts[0] = SavedPart::built_in("lead");
        let mut shared = Settings::default();
        shared.tone.bass = 7.1;
        shared.knobs[3] = 0.3;
        for group in [OwnGroup::Tone, OwnGroup::Knobs, OwnGroup::Pedal] {
            slot.state = slot.state.with_own(group, true, &shared);
        }
        (slot.state.settings.drive_db, slot.state.settings.level_db) = (3.3, -1.5);
        slot.state.name = "Verse".into();
        slot.state.colour = SlotColour::Red;
        let saved = written(&slot);
        assert_eq!(read(saved.clone(), ""), (slot, String::new()));
        assert_eq!(saved["own"]["tone"]["bass"], json!(7.1));
        assert_eq!(saved["own"]["pedal"], json!({"pedal": true}));
        assert_eq!(
            (&saved["drive"], &saved["colour"]),
            (&json!(3.3), &json!("red"))
        );
        assert!(saved["own"].get("gate").is_none());
    }

    #[test]
    fn what_cannot_be_right_is_put_right_and_told() {
        let (slot, notice) = read(
            json!({"capture": 3, "name": "a\nb", "colour": 7, "drive": 1e300, "level": "loud",
                   "own": {"tone": {"bass": 99.0, "middle": "x"}, "gate": 3}}),
            "",
        );
        let SlotSettings {
            drive_db,
            level_db,
            own,
            values,
        } = slot.state.settings;
        assert_eq!((drive_db, level_db), (*SlotSettings::DRIVE_DB.end(), 0.0));
        assert_eq!(
            (slot.state.name.as_str(), slot.state.colour),
            ("a b", SlotColour::None)
        );
        assert!(own.has(OwnGroup::Tone) && !own.has(OwnGroup::Gate));
        assert_eq!((values.tone.bass, values.tone.middle), (10.0, 5.0));
        assert_eq!(slot.parts, SavedSlot::first(2).parts);
        assert!(
            notice.contains("entry for Slot 3: Capture is damaged"),
            "{notice}"
        );
        assert!(notice.contains("Slot 3 name, Slot 3 drive"), "{notice}");
        assert!(notice.contains("and 4 more"), "{notice}");
        assert_eq!(read(written(&slot), "").0, slot);
    }

    #[test]
    fn what_a_newer_version_wrote_survives() {
        let saved = json!({
            "capture": {"cloud": 7}, "pedal": {"version": 1, "builtin": "none"},
            "cab": {"version": 1, "builtin": "auto"}, "cab_2": {"version": 1, "builtin": "none"},
            "name": {"de": "Strophe"}, "colour": "ultraviolet", "pan": 0.5,
            "own": {"reverb": {"mix": 1}, "pedal": {"pedal": false, "order": 2}},
        });
        let (mut slot, notice) = read(saved.clone(), "99.0.0");
        assert!(notice.contains("pan"), "{notice}");
        assert!(!slot.state.settings.values.pedal);
        assert_eq!(written(&slot), saved);
        // What is set here takes its place, and what belongs to a group goes with it.
        slot.state.name = "Verse".into();
        slot.state = slot
            .state
            .with_own(OwnGroup::Pedal, false, &Settings::default());
        let again = written(&slot);
        assert_eq!(again["name"], "Verse");
        assert_eq!(again["own"], json!({"reverb": {"mix": 1}}));
        assert_eq!(
            (&again["pan"], &again["colour"]),
            (&json!(0.5), &json!("ultraviolet"))
        );
        // An unknown colour is one of a newer version, whoever says that he saved it.
        assert_eq!(
            written(&read(json!({"colour": "black"}), "").0)["colour"],
            "black"
        );
    }
}
