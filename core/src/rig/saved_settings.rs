//! Settings as they stand in a saved rig: an object with a value for each parameter, by its id. A number
//! stands there in its unit, a switch as true or false, a choice as the id of its option.

use serde_json::{Map, Number, Value};

use super::parameters::{Kind, PARAMETERS, Parameter, ParameterId};
use super::settings::Settings;

/// What stands among saved settings and this version cannot use. It is written back.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct UnreadSettings {
    /// What is the id of no parameter.
    unknown: Map<String, Value>,
    /// What a parameter of this version cannot be, and what it is instead for as long as nobody moves it.
    stand_ins: Vec<(ParameterId, f32, Value)>,
}

/// What reading settings came to.
#[derive(Debug, Clone, PartialEq)]
pub struct ReadSettings {
    /// All of them.
    pub settings: Settings,
    /// What is to be given to [`Settings::write`] when they are saved again.
    pub unread: UnreadSettings,
    /// Those that cannot be what was saved.
    pub changed: Vec<ParameterId>,
}

impl UnreadSettings {
    /// Whether a newer version must have written something of it.
    pub fn is_empty(&self) -> bool {
        self.unknown.is_empty() && self.stand_ins.is_empty()
    }

    /// The ids that this version does not know.
    pub fn ids(&self) -> impl Iterator<Item = &str> {
        self.unknown.keys().map(String::as_str)
    }
}

impl Settings {
    /// Reads what [`Settings::write`] wrote, in this or in another version, or anything else. What is not
    /// there is as in `first`; a number beyond its range becomes the nearest, and what a parameter cannot be
    /// at all becomes as in `first`. With `newer`, of a version after this one, that is written back, as an
    /// option that is not known always is.
    pub fn read(saved: Map<String, Value>, first: &Settings, newer: bool) -> ReadSettings {
        let (mut settings, mut unknown) = (*first, saved);
        let (mut stand_ins, mut changed) = (Vec::new(), Vec::new());
        for row in PARAMETERS.iter().filter(|row| row.is_saved()) {
            let Some(value) = unknown.remove(row.id) else {
                continue;
            };
            let plain = row.read_value(&value);
            let possible = plain.unwrap_or_else(|| row.get(first));
            row.set(&mut settings, possible);
            if plain == Some(row.get(&settings)) {
                continue;
            }
            changed.push(row.which);
            if newer || matches!((&row.kind, &value), (Kind::Choice(_), Value::String(_))) {
                stand_ins.push((row.which, row.get(&settings), value));
            }
        }
        let unread = UnreadSettings { unknown, stand_ins };
        ReadSettings {
            settings,
            unread,
            changed,
        }
    }

    /// What stands for them in a saved rig, with what came from there `unread`.
    pub fn write(&self, unread: &UnreadSettings) -> Map<String, Value> {
        let mut saved = unread.unknown.clone();
        for row in PARAMETERS.iter().filter(|row| row.is_saved()) {
            let plain = row.get(self);
            let raw = unread
                .stand_ins
                .iter()
                .find(|(which, stand_in, _)| (*which, *stand_in) == (row.which, plain));
            let value = raw.map_or_else(|| row.to_value(plain), |(.., raw)| raw.clone());
            saved.insert(row.id.into(), value);
        }
        saved
    }
}

impl Parameter {
    /// Whether it is a part of saved rigs: what is pressed or read is not.
    pub fn is_saved(&self) -> bool {
        self.kept && !matches!(self.kind, Kind::Button | Kind::Readout)
    }

    fn to_value(&self, plain: f32) -> Value {
        match &self.kind {
            Kind::Choice(options) => options[plain as usize].id.into(),
            Kind::Number(_) => {
                // With the digits that an f32 has, not those of the f64 next to it.
                let shortest = plain.to_string().parse().ok();
                shortest.and_then(Number::from_f64).into()
            }
            Kind::Switch | Kind::Button | Kind::Readout => (plain >= 0.5).into(),
        }
    }

    /// The plain value, which may be beyond the range; `None` if it is of another kind.
    fn read_value(&self, value: &Value) -> Option<f32> {
        match (&self.kind, value) {
            (Kind::Number(_), Value::Number(number)) => {
                let plain = number.as_f64()? as f32;
                plain.is_finite().then_some(plain)
            }
            (Kind::Switch, Value::Bool(on)) => Some(f32::from(*on)),
            (Kind::Choice(options), Value::String(id)) => {
                let option = options.iter().position(|option| option.id == id)?;
                Some(option as f32)
            }
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::rig::Oversampling;

    fn read(saved: Value, newer: bool) -> ReadSettings {
        let Value::Object(saved) = saved else {
            panic!("no object");
        };
        Settings::read(saved, &Settings::default(), newer)
    }

    #[test]
    fn every_row_comes_back_as_it_was_saved() {
        let nothing = UnreadSettings::default();
        let mut settings = Settings::default();
        for step in 0..=997 {
            for row in PARAMETERS.iter().filter(|row| row.is_saved()) {
                row.set(&mut settings, row.at_position(step as f32 / 997.0));
            }
            let text = Value::Object(settings.write(&nothing)).to_string();
            let found = read(serde_json::from_str(&text).unwrap(), false);
            assert_eq!(found.settings, settings);
            assert!(found.unread.is_empty() && found.changed.is_empty());
        }
    }

    #[test]
    fn no_value_is_believed() {
        let values = json!([null, -1e30, 1e30, 0, 0.3, true, "", "none of these", [1], {"a": 1}]);
        for value in values.as_array().unwrap() {
            for newer in [false, true] {
                let all = PARAMETERS.iter().map(|row| (row.id.into(), value.clone()));
                let found = read(Value::Object(all.collect()), newer);
                for row in PARAMETERS.iter().filter(|row| row.is_saved()) {
                    let plain = row.get(&found.settings);
                    assert_eq!(row.clamp(plain), plain, "{} of {value}", row.id);
                    let changed = found.changed.contains(&row.which);
                    let same = row.read_value(value) == Some(plain);
                    assert_ne!(changed, same, "{} of {value}", row.id);
                }
            }
        }
    }

    #[test]
    fn what_is_left_out_is_as_in_a_new_rig() {
        let first = Settings {
            input_db: 3.0,
            ..Settings::default()
        };
        let found = Settings::read(Map::new(), &first, false);
        assert_eq!(found.settings, first);
    }

    #[test]
    fn what_a_newer_version_wrote_is_written_back_until_somebody_changes_it() {
        let saved = json!({"reverb": 0.4, "oversampling": "16", "input": 99.0});
        let mut found = read(saved, true);
        assert_eq!(found.unread.ids().collect::<Vec<_>>(), ["reverb"]);
        let written = found.settings.write(&found.unread);
        assert_eq!(written["reverb"], 0.4);
        assert_eq!(written["oversampling"], "16");
        assert_eq!(written["input"], 99.0);
        found.settings.oversampling = Oversampling::Two;
        found.settings.input_db = 1.5;
        let written = found.settings.write(&found.unread);
        assert_eq!(written["oversampling"], "2");
        assert_eq!(written["input"], 1.5);
    }

    #[test]
    fn what_is_wrong_in_a_project_of_this_version_is_put_right() {
        let found = read(json!({"input": 99.0, "gate": 3}), false);
        let written = found.settings.write(&found.unread);
        assert_eq!(written["input"], 20.0);
        assert_eq!(written["gate"], json!(Settings::default().gate.on));
    }
}
