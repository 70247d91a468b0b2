//! Checks a state before it is loaded. Whatever it holds, the instance can be saved again after it.
//!
//! The framework believes every value of the right kind: it would load a choice that there is none, and
//! bring the host down at the next save. It leaves alone what a state does not name, so that what a
//! project is would depend on the one before. Here every parameter gets a value that it can have, and
//! every part of the rig a reference that can be read at small cost.
//!
//! What is no JSON of the framework's form (a key twice, a value of another kind, too deep) it refuses
//! before anyone is asked; the instance stays as it was. On the way here it takes memory for all keys of
//! a state, some 15 times the size of one of nothing else, and gives it back behind the load. A CLAP
//! state is refused beyond 256 MB; of a VST3 state no more is read than the host has.

use std::collections::BTreeMap;
use std::fmt;

use gridleak_core::{ChoiceOption, Kind, PARAMETERS};
use nice_plug::plugin::ParamValue;
use nice_plug::prelude::*;

use crate::files::failure::one_line;
use crate::host::newer_fields::{NOTICE, is_known};
use crate::host::parameters::Parameters;
use crate::session::part::Part;
use crate::session::preferences::Preferences;
use crate::session::references::{PartSlot, SavedPart};

/// Bytes of the longest reference to a part: one that carries the longest file, and more.
const LONGEST_REFERENCE: usize = 48 << 20;

/// How many values a reference may hold at most, read as JSON: that takes some megabytes.
const MOST_VALUES: usize = 10_000;

/// How many fields are kept that this version does not know, and bytes of them all.
const MOST_UNKNOWN: usize = 1000;
const MOST_UNKNOWN_BYTES: usize = 64 << 20;

/// How many names, and how many characters of each, are shown.
const NAMED: usize = 3;
const LONGEST_NAME: usize = 40;

/// A state of more keys than this is none that a version of Gridleak wrote.
const MANY: usize = 100_000;

/// What was found in a state that is worth saying.
#[derive(Debug, Default)]
struct Found {
    /// Fields that this version does not know.
    kept: Names,
    /// Such fields that are too long, or too many.
    too_large: Names,
    /// Parameters that it does not know.
    lost: Names,
    /// Choices of no known name.
    new_choices: bool,
    /// Parameters that were given another value.
    changed: Names,
    /// Parts whose reference cannot be read.
    damaged: Names,
}

/// The first of some names, and how many there are.
#[derive(Debug, Default)]
struct Names {
    first: Vec<String>,
    count: usize,
}

/// Makes of a state one that can be loaded and saved again, with what there is to say of it in the
/// field [`NOTICE`].
pub(crate) fn check(state: &mut PluginState) {
    let mut found = Found::default();
    state.fields.remove(NOTICE);
    check_parameters(&mut state.params, &mut found);
    check_fields(&mut state.fields, is_newer(&state.version), &mut found);
    if found.lost.count + found.too_large.count > MANY {
        give_back_memory();
    }
    if let Some(notice) = found.notice(&state.version) {
        state.fields.insert(NOTICE.into(), notice);
    }
}

/// Has the system get back what was freed: the C library of Linux keeps small pieces for later.
fn give_back_memory() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    // SAFETY: may be called at any time; what is in use stays where it is.
    unsafe {
        libc::malloc_trim(0);
    }
}

fn check_parameters(values: &mut BTreeMap<String, ParamValue>, found: &mut Found) {
    // What a new instance has, to compare with.
    let slots = Part::ALL.map(|part| PartSlot::new(part, || {}));
    let new = Parameters::with_interface(slots, Preferences::known_interface());
    let mut known = BTreeMap::new();
    for (id, parameter, _) in new.param_map() {
        let row = PARAMETERS.iter().find(|row| row.id == id);
        let options = row.and_then(|row| match row.kind {
            Kind::Choice(options) => Some(options),
            _ => None,
        });
        let (value, unknown_choice) = match (options, values.remove(&id)) {
            (Some(options), Some(value)) => match option(options, &value) {
                Some(option) => (Some(ParamValue::I32(option)), false),
                // Of no kind that a choice has, so that it becomes the default.
                None => (
                    Some(ParamValue::Bool(false)),
                    matches!(value, ParamValue::String(_)),
                ),
            },
            (_, value) => (value, false),
        };
        // SAFETY: the pointer is that of a parameter of `new`, which is there until the end of this
        // function.
        let (value, good) = unsafe { possible(parameter, value) };
        if !good {
            // SAFETY: as above.
            found.changed.push(unsafe { parameter.name() });
            found.new_choices |= unknown_choice;
        }
        known.insert(id, value);
    }
    for id in std::mem::replace(values, known).into_keys() {
        found.lost.push(&id);
    }
}

/// The number of the option that a value stands for: that itself, or the option's id.
fn option(options: &[ChoiceOption], value: &ParamValue) -> Option<i32> {
    let found = match value {
        ParamValue::I32(number) => usize::try_from(*number).ok().filter(|n| *n < options.len()),
        ParamValue::String(id) => options.iter().position(|option| option.id == id),
        _ => None,
    };
    found.map(|option| option as i32)
}

/// A value that the parameter can have: the given one where that is possible, and whether it is.
/// Without one, the parameter's default.
///
/// # Safety
///
/// The object that the pointer is to must be there.
unsafe fn possible(parameter: ParamPtr, value: Option<ParamValue>) -> (ParamValue, bool) {
    // SAFETY: the caller promises that the parameter is there.
    unsafe {
        match (parameter, value) {
            (ParamPtr::FloatParam(p), Some(ParamValue::F32(value))) if !value.is_nan() => {
                let inside = value.clamp((*p).preview_plain(0.0), (*p).preview_plain(1.0));
                (ParamValue::F32(inside), inside == value)
            }
            (ParamPtr::IntParam(p), Some(ParamValue::I32(value))) => {
                let inside = value.clamp((*p).preview_plain(0.0), (*p).preview_plain(1.0));
                (ParamValue::I32(inside), inside == value)
            }
            (ParamPtr::BoolParam(_), Some(value @ ParamValue::Bool(_))) => (value, true),
            (parameter, value) => (default(parameter), value.is_none()),
        }
    }
}

/// # Safety
///
/// The object that the pointer is to must be there.
unsafe fn default(parameter: ParamPtr) -> ParamValue {
    // SAFETY: the caller promises that the parameter is there.
    unsafe {
        match parameter {
            ParamPtr::FloatParam(p) => ParamValue::F32((*p).default_plain_value()),
            ParamPtr::IntParam(p) => ParamValue::I32((*p).default_plain_value()),
            ParamPtr::BoolParam(p) => ParamValue::Bool((*p).default_plain_value()),
            ParamPtr::EnumParam(p) => ParamValue::I32((*p).default_plain_value()),
        }
    }
}

fn check_fields(fields: &mut BTreeMap<String, String>, newer: bool, found: &mut Found) {
    for part in Part::ALL {
        let reference = match fields.get(part.field()) {
            Some(text) => match read_reference(text) {
                Some(value) if SavedPart::read(&value).is_ok() => continue,
                Some(value) if newer => SavedPart::not_understood(value),
                _ => {
                    found.damaged.push(part.title());
                    part.first()
                }
            },
            None => part.first(),
        };
        fields.insert(part.field().into(), reference.to_field());
    }
    let (mut count, mut bytes) = (0, 0);
    fields.retain(|field, text| {
        if is_known(field) {
            return true;
        }
        let size = field.len() + text.len();
        let fits = count < MOST_UNKNOWN && bytes + size <= MOST_UNKNOWN_BYTES;
        if fits {
            count += 1;
            bytes += size;
            found.kept.push(field);
        } else {
            found.too_large.push(field);
        }
        fits
    });
}

/// A reference that is JSON and takes no more memory than is right.
fn read_reference(text: &str) -> Option<serde_json::Value> {
    // No value begins without one of these; those within texts count as well.
    let values = || text.bytes().filter(|byte| b",[{".contains(byte)).count();
    let small = text.len() <= LONGEST_REFERENCE && values() <= MOST_VALUES;
    small.then(|| serde_json::from_str(text).ok())?
}

impl Found {
    /// What there is to say, in words.
    fn notice(&self, version: &str) -> Option<String> {
        let mut said = Vec::new();
        let newer = is_newer(version);
        if !(self.kept.is_empty() && self.too_large.is_empty() && self.lost.is_empty())
            || self.new_choices
        {
            said.push(match newer {
                true => format!(
                    "This project was saved by a newer version of Gridleak ({}).",
                    short(version)
                ),
                false => "This project seems to come from a newer version of Gridleak.".into(),
            });
        }
        if !self.kept.is_empty() {
            said.push(format!(
                "Kept in the project but not used by this version: {}.",
                self.kept
            ));
        }
        if !self.too_large.is_empty() {
            said.push(format!(
                "Too large to be kept, and lost when you save: {}.",
                self.too_large
            ));
        }
        if !self.lost.is_empty() {
            said.push(format!(
                "Settings that this version does not know are lost when you save: {}.",
                self.lost
            ));
        }
        if !self.changed.is_empty() {
            said.push(format!(
                "These settings were out of range and have been changed: {}.",
                self.changed
            ));
        }
        if !self.damaged.is_empty() {
            said.push(match self.damaged.count {
                1 => format!(
                    "The project's entry for {} is damaged. Load the file again.",
                    self.damaged
                ),
                _ => format!(
                    "The project's entries for {} are damaged. Load the files again.",
                    self.damaged
                ),
            });
        }
        (!said.is_empty()).then(|| said.join(" "))
    }
}

/// Whether a project of this version comes from a later one than this.
fn is_newer(version: &str) -> bool {
    let numbers = |version: &str| -> Option<Vec<u64>> {
        let numbers = version.split(['-', '+']).next()?.split('.');
        numbers.map(|number| number.parse().ok()).collect()
    };
    let own = numbers(env!("CARGO_PKG_VERSION"));
    numbers(version).is_some_and(|theirs| Some(theirs) > own)
}

impl Names {
    fn push(&mut self, name: &str) {
        if self.first.len() < NAMED {
            self.first.push(short(name));
        }
        self.count += 1;
    }

    fn is_empty(&self) -> bool {
        self.count == 0
    }
}

impl fmt::Display for Names {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.first.join(", "))?;
        match self.count - self.first.len() {
            0 => Ok(()),
            more => write!(f, " and {more} more"),
        }
    }
}

/// A name that somebody may have chosen in order to harm.
fn short(name: &str) -> String {
    let mut short: String = one_line(name).chars().take(LONGEST_NAME).collect();
    if short.len() < name.len() {
        short.push('\u{2026}');
    }
    short
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::host::newer_fields::NewerFields;
    use crate::session::references::Source;

    fn parameters() -> Parameters {
        Parameters::new(Part::ALL.map(|part| PartSlot::new(part, || {})))
    }

    /// A state that was checked, and what is said of it.
    fn checked(state: Value) -> (PluginState, String) {
        let mut state: PluginState = serde_json::from_value(state).unwrap();
        check(&mut state);
        let notice = state.fields.remove(NOTICE).unwrap_or_default();
        (state, notice)
    }

    fn state(params: Value) -> Value {
        json!({"version": "0.1.0", "params": params, "fields": {}})
    }

    fn text(value: &ParamValue) -> String {
        serde_json::to_string(value).unwrap()
    }

    /// Every parameter of every kind, with each of these values, ends where it can stand.
    #[test]
    fn no_value_is_believed() {
        let values = [
            ParamValue::F32(f32::NAN),
            ParamValue::F32(f32::INFINITY),
            ParamValue::F32(-1e30),
            ParamValue::F32(0.0),
            ParamValue::I32(i32::MIN),
            ParamValue::I32(-1),
            ParamValue::I32(1),
            ParamValue::I32(i32::MAX),
            ParamValue::Bool(true),
            ParamValue::String("none of these".into()),
            ParamValue::String(String::new()),
        ];
        let known = parameters();
        let map = known.param_map();
        for value in values {
            let same = map.iter().map(|(id, ..)| (id.clone(), value.clone()));
            let mut state = PluginState {
                version: String::new(),
                params: same.collect(),
                fields: BTreeMap::new(),
            };
            check(&mut state);
            assert_eq!(state.params.len(), map.len());
            for (id, parameter, _) in &map {
                let kept = &state.params[id];
                // SAFETY: `known`, whose parameter it is, is still there.
                let (again, good) = unsafe { possible(*parameter, Some(kept.clone())) };
                assert!(good, "{id} from {value:?}: {kept:?}");
                assert_eq!(text(&again), text(kept));
                match kept {
                    ParamValue::F32(kept) => assert!(kept.is_finite(), "{id}"),
                    // SAFETY: as above.
                    ParamValue::I32(kept) => unsafe {
                        let most = parameter.preview_plain(1.0);
                        assert!((0.0..=most).contains(&(*kept as f32)), "{id}: {kept}");
                    },
                    ParamValue::Bool(_) | ParamValue::String(_) => {}
                }
            }
            // Of one kind they cannot all be.
            assert!(state.fields[NOTICE].contains("out of range"));
        }
    }

    #[test]
    fn a_choice_that_there_is_none_is_another_one() {
        for mode in [
            json!({"i32": 9}),
            json!({"i32": -1}),
            json!({"string": "loudest"}),
        ] {
            let (state, notice) = checked(state(json!({"mode": mode, "gate": {"bool": false}})));
            assert_eq!(text(&state.params["mode"]), r#"{"i32":1}"#, "normalized");
            assert_eq!(text(&state.params["gate"]), r#"{"bool":false}"#);
            assert!(notice.contains("changed: Output Mode."), "{notice}");
        }
        for (mode, kept) in [
            (json!({"i32": 2}), r#"{"i32":2}"#),
            (json!({"string": "raw"}), r#"{"i32":0}"#),
        ] {
            let (state, notice) = checked(state(json!({"mode": mode})));
            assert_eq!((text(&state.params["mode"]).as_str(), &*notice), (kept, ""));
        }
    }

    #[test]
    fn the_ends_of_a_range_are_in_it_and_nothing_beyond() {
        let known = parameters();
        for (id, parameter, _) in known.param_map() {
            let ParamPtr::FloatParam(float) = parameter else {
                continue;
            };
            // SAFETY: `known`, whose parameter it is, is still there.
            let ends = unsafe { [0.0, 1.0].map(|end| (*float).preview_plain(end)) };
            for (end, beyond) in [(ends[0], ends[0] - 1000.0), (ends[1], ends[1] + 1000.0)] {
                let (state, notice) = checked(state(json!({&id: {"f32": end}})));
                let ParamValue::F32(kept) = state.params[&id] else {
                    panic!("{id} is no number")
                };
                assert_eq!((kept, &*notice), (end, ""), "{id}");
                let (state, notice) = checked(super::tests::state(json!({&id: {"f32": beyond}})));
                assert_eq!(
                    text(&state.params[&id]),
                    text(&ParamValue::F32(end)),
                    "{id}"
                );
                assert!(!notice.is_empty());
            }
        }
    }

    #[test]
    fn what_a_project_does_not_name_is_as_in_a_new_instance() {
        let (state, notice) = checked(state(json!({})));
        assert_eq!(notice, "");
        let new = parameters();
        assert_eq!(state.fields, new.serialize_fields());
        for (id, parameter, _) in new.param_map() {
            // SAFETY: `new`, whose parameter it is, is still there.
            let default = unsafe { default(parameter) };
            assert_eq!(text(&state.params[&id]), text(&default), "{id}");
        }
    }

    #[test]
    fn a_project_of_a_newer_version_keeps_its_fields_and_says_so() {
        let cab3 = r#"{"version":2,"path":"/home/ann/cabs/x.wav"}"#;
        let newer = json!({
            "version": "9.2.0",
            "top": {"gear": "x"},
            "params": {"future": {"f32": 0.5}, "os": {"string": "16"}},
            "fields": {"cab3": cab3, "pedal": "{\"version\":2,\"builtin\":\"lead\",\"notes\":1}"},
        });
        let (state, notice) = checked(newer.clone());
        assert_eq!(state.fields["cab3"], cab3);
        assert_eq!(state.fields["pedal"], newer["fields"]["pedal"]);
        assert_eq!(
            notice,
            "This project was saved by a newer version of Gridleak (9.2.0). \
             Kept in the project but not used by this version: cab3. \
             Settings that this version does not know are lost when you save: future. \
             These settings were out of range and have been changed: Oversampling."
        );
        let held = NewerFields::default();
        held.deserialize_fields(&state.fields);
        assert_eq!(held.serialize_fields().keys().collect::<Vec<_>>(), ["cab3"]);
        for (version, newer) in [
            ("9.0.0", true),
            ("0.10.0-beta.1", true),
            (env!("CARGO_PKG_VERSION"), false),
            ("0.0.9", false),
            ("", false),
            ("next", false),
        ] {
            assert_eq!(is_newer(version), newer, "{version}");
        }
    }

    #[test]
    fn what_is_kept_is_bounded() {
        let mut state: PluginState = serde_json::from_value(state(json!({}))).unwrap();
        state.fields.insert("a".into(), "x".repeat(1000));
        state
            .fields
            .insert("huge".into(), "x".repeat(MOST_UNKNOWN_BYTES));
        // What is lost takes no room from what comes behind it.
        state.fields.insert("later".into(), "x".repeat(1000));
        check(&mut state);
        assert!(state.fields.contains_key("a") && !state.fields.contains_key("huge"));
        assert!(state.fields.contains_key("later"));
        assert!(state.fields[NOTICE].contains("lost when you save: huge."));
        for n in 0..2 * MOST_UNKNOWN {
            state
                .fields
                .insert(format!("field {n}\n{}", "y".repeat(100)), String::new());
        }
        check(&mut state);
        assert_eq!(state.fields.len(), Part::ALL.len() + MOST_UNKNOWN + 1);
        let notice = &state.fields[NOTICE];
        assert!(notice.len() < 1000 && !notice.contains('\n'), "{notice}");
        assert!(notice.contains(" more."), "{notice}");
    }

    #[test]
    fn a_reference_is_read_only_if_that_costs_little() {
        let many = format!("[{}0]", "{\"a\":0},".repeat(MOST_VALUES));
        for damaged in [
            "",
            "{",
            "not JSON",
            "{\"path\":\"/a.nam\"} {}",
            &"[".repeat(2000),
            &format!("{}{}", "[".repeat(200), "]".repeat(200)),
            &many,
            &format!("\"{}\"", "x".repeat(LONGEST_REFERENCE)),
            "{}",
            "[]",
            "null",
            "{\"version\":1}",
            "{\"version\":1,\"path\":\"\"}",
        ] {
            let mut project = state(json!({}));
            project["fields"]["capture"] = damaged.into();
            let (state, notice) = checked(project);
            let first = Part::Capture.first().write().to_string();
            assert_eq!(state.fields["capture"], first);
            let told = "The project's entry for Capture is damaged. Load the file again.";
            assert_eq!(notice, told);
        }
        let good = "{\"path\":\"/a,[{.nam\",\"embedded\":\"AAAA\"}";
        let mut project = state(json!({}));
        project["fields"]["capture"] = good.into();
        assert_eq!(checked(project).0.fields["capture"], good);
    }

    /// What cannot be read as a part is not the part of the project before.
    #[test]
    fn no_project_keeps_a_part_of_the_one_before() {
        let known = parameters();
        let mine = SavedPart::file("/mine.nam".as_ref());
        let load = |field: &str, version: &str| {
            known.slot(Part::Capture).choose(mine.clone());
            let mut project = state(json!({}));
            project["version"] = version.into();
            project["fields"]["capture"] = field.into();
            let mut state: PluginState = serde_json::from_value(project).unwrap();
            check(&mut state);
            known.deserialize_fields(&state.fields);
            known.slot(Part::Capture).current().1
        };
        for field in [
            "{}",
            "[]",
            "7",
            "{\"version\":1}",
            "{\"path\":\"\"}",
            "{",
            "",
        ] {
            assert_eq!(load(field, "0.1.0"), Part::Capture.first(), "{field}");
        }
        // A newer version knows why it wrote that.
        for field in ["{}", "[\"/a.nam\",1]", "7", "{\"uri\":\"x\"}"] {
            let saved = load(field, "9.0.0");
            assert!(matches!(saved.source, Source::Unknown(_)), "{field}");
            assert_eq!(known.serialize_fields()["capture"], field);
        }
    }

    #[test]
    fn no_project_can_say_something_itself() {
        let mut project = state(json!({}));
        project["fields"][NOTICE] = "Buy this!".into();
        assert_eq!(checked(project).1, "");
    }
}
