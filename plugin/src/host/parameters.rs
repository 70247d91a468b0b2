//! The parameters as today's framework wants them, made from the table in core.

use std::collections::BTreeMap;
use std::sync::Arc;

use gridleak_core::{Control, Kind, Number, PARAMETERS, Parameter, ParameterId, Settings, Taper};
use nice_plug::params::persist::PersistentField;
use nice_plug::prelude::*;
use serde_json::Value;

use crate::capture_knobs::CaptureKnobs;
use crate::host::newer_fields::NewerFields;
use crate::host::workarounds::project_changes::ProjectChanges;
use crate::host::workarounds::window_status::WindowReport;
use crate::session::folder::Step;
use crate::session::part::{ForParts, Part};
use crate::session::preferences::Preferences;
use crate::session::references::PartSlot;
use crate::session::shell::Shell;

/// What the host sees, stores and automates.
pub(crate) struct Parameters {
    /// The references to the parts of the rig, which are no parameters but part of every project.
    slots: ForParts<PartSlot>,
    /// What a newer version keeps there besides.
    pub(crate) newer: NewerFields,
    /// Why there is no window, and what is missing, for those who see only this list.
    pub(crate) window: WindowReport,
    /// What hosts learn through that the parts above were changed.
    pub(crate) changes: ProjectChanges,
    /// What the knobs of the capture that plays are called.
    pub(crate) knobs: Arc<CaptureKnobs>,
    /// One for each row of the table.
    rows: Box<[HostParameter]>,
}

/// A row of the table in the framework's hands.
enum HostParameter {
    Number(FloatParam),
    Switch(BoolParam),
    /// The number of the option.
    Choice(IntParam),
}

/// Does something with whichever parameter it is.
macro_rules! each_kind {
    ($parameter:expr, $inner:ident => $does:expr) => {
        match $parameter {
            HostParameter::Number($inner) => $does,
            HostParameter::Switch($inner) => $does,
            HostParameter::Choice($inner) => $does,
        }
    };
}

/// What the buttons of the table load.
pub(crate) const BUTTONS: [(ParameterId, Part, Step); 6] = [
    (ParameterId::PreviousCapture, Part::Capture, Step::Previous),
    (ParameterId::NextCapture, Part::Capture, Step::Next),
    (ParameterId::PreviousPedal, Part::Pedal, Step::Previous),
    (ParameterId::NextPedal, Part::Pedal, Step::Next),
    (ParameterId::PreviousCab, Part::Cab, Step::Previous),
    (ParameterId::NextCab, Part::Cab, Step::Next),
];

impl Parameters {
    /// The parameters of a new instance. `slots`: the references to the parts of its rig.
    #[cfg(test)]
    pub(crate) fn new(slots: ForParts<PartSlot>) -> Self {
        Self::with(slots, &Settings::default())
    }

    /// The parameters of a new instance, with what the user has set for all of them on this machine.
    /// `slots`: the references to the parts of its rig.
    pub(crate) fn of_this_machine(slots: ForParts<PartSlot>) -> Self {
        Self::with_interface(slots, Preferences::load().interface_dbu)
    }

    /// The same with this level of the interface, in dBu.
    pub(crate) fn with_interface(slots: ForParts<PartSlot>, dbu: Option<f32>) -> Self {
        let mut first = Settings::default();
        if let Some(dbu) = dbu {
            first.levels.interface_dbu = dbu;
        }
        Self::with(slots, &first)
    }

    /// With `first` as what a new instance is set to.
    fn with(slots: ForParts<PartSlot>, first: &Settings) -> Self {
        let knobs = Arc::<CaptureKnobs>::default();
        let parameter = |row: &'static Parameter| HostParameter::new(row, row.get(first), &knobs);
        Self {
            slots,
            newer: NewerFields::default(),
            window: WindowReport::new(),
            changes: ProjectChanges::new(),
            rows: PARAMETERS.iter().map(parameter).collect(),
            knobs,
        }
    }

    /// The reference to a part of the rig.
    pub(crate) fn slot(&self, part: Part) -> &PartSlot {
        &self.slots[part.index()]
    }

    /// Where all of them stand now, automation and modulation included. Never waits.
    pub(crate) fn settings(&self) -> Settings {
        self.read(HostParameter::modulated)
    }

    /// The same without modulation: where the knobs stand.
    pub(crate) fn unmodulated(&self) -> Settings {
        self.read(HostParameter::value)
    }

    fn read(&self, value: impl Fn(&HostParameter) -> f32) -> Settings {
        let mut settings = Settings::default();
        for (row, parameter) in PARAMETERS.iter().zip(&self.rows) {
            row.set(&mut settings, value(parameter));
        }
        settings
    }

    /// Begins a gesture of a hand.
    pub(crate) fn begin(&self, setter: &ParamSetter<'_>, which: ParameterId) {
        each_kind!(self.row(which), p => setter.begin_set_parameter(p));
    }

    /// Sets it to a plain value, within a gesture.
    pub(crate) fn set(&self, setter: &ParamSetter<'_>, which: ParameterId, plain: f32) {
        let position = self.row(which).position_of(plain);
        each_kind!(self.row(which), p => setter.set_parameter_normalized(p, position));
    }

    /// Ends a gesture.
    pub(crate) fn end(&self, setter: &ParamSetter<'_>, which: ParameterId) {
        each_kind!(self.row(which), p => setter.end_set_parameter(p));
    }

    /// Sets it in a gesture of its own.
    pub(crate) fn set_at_once(&self, setter: &ParamSetter<'_>, which: ParameterId, plain: f32) {
        self.begin(setter, which);
        self.set(setter, which, plain);
        self.end(setter, which);
    }

    /// Where the knob of one stands, as a plain value.
    pub(crate) fn value(&self, which: ParameterId) -> f32 {
        self.row(which).value()
    }

    /// The same from 0 to 1.
    pub(crate) fn position(&self, which: ParameterId) -> f32 {
        which.row().position(self.value(which))
    }

    fn row(&self, which: ParameterId) -> &HostParameter {
        &self.rows[which as usize]
    }

    /// Counts the states that the host has loaded. Never waits.
    pub(crate) fn loads(&self) -> u64 {
        self.slots.iter().map(PartSlot::loads).sum()
    }
}

impl Shell for Parameters {
    fn settings(&self) -> Settings {
        Parameters::settings(self)
    }

    fn slot(&self, part: Part) -> &PartSlot {
        Parameters::slot(self, part)
    }

    fn loads(&self) -> u64 {
        Parameters::loads(self)
    }

    fn name_knobs(&self, knobs: &Arc<[Control]>) {
        self.knobs.name(knobs);
    }

    fn made_a_change(&self) {
        self.changes.made_one(self.loads());
    }

    fn tell_absent(&self, absent: Option<String>) {
        self.window.tell_absent(absent);
    }

    fn notice(&self) -> Option<String> {
        self.newer.notice()
    }

    fn dismiss_notice(&self) {
        self.newer.dismiss();
    }
}

// SAFETY: the pointers are to what `rows`, `window` and `changes` hold, which stay where they are as
// long as this lives.
unsafe impl Params for Parameters {
    fn param_map(&self) -> Vec<(String, ParamPtr, String)> {
        let mut map = self.window.param_map();
        for (row, parameter) in PARAMETERS.iter().zip(&self.rows) {
            let pointer = each_kind!(parameter, p => p.as_ptr());
            map.push((row.id.into(), pointer, row.group.name().into()));
        }
        map.extend(self.changes.param_map());
        map
    }

    fn serialize_fields(&self) -> BTreeMap<String, String> {
        let mut fields = self.newer.serialize_fields();
        for (part, slot) in Part::ALL.into_iter().zip(&self.slots) {
            fields.insert(part.field().into(), slot.map(Value::to_string));
        }
        fields
    }

    fn deserialize_fields(&self, serialized: &BTreeMap<String, String>) {
        for (part, slot) in Part::ALL.into_iter().zip(&self.slots) {
            if let Some(text) = serialized.get(part.field()) {
                // What is no JSON is refused as any other damaged reference is.
                slot.set(serde_json::from_str(text).unwrap_or_default());
            }
        }
        self.newer.deserialize_fields(serialized);
    }
}

impl HostParameter {
    /// A row whose value in a new instance is `default`.
    fn new(row: &'static Parameter, default: f32, knobs: &Arc<CaptureKnobs>) -> Self {
        let to_text = move |plain: f32| row.text_without_unit(plain);
        let knob = ParameterId::KNOBS
            .iter()
            .position(|knob| *knob == row.which);
        match &row.kind {
            Kind::Number(number) if let Some(knob) = knob => {
                let (shown, typed) = (knobs.clone(), knobs.clone());
                let parameter = FloatParam::new(row.name, default, range(number))
                    .with_value_to_string(Arc::new(move |at| shown.text(knob, row, at)))
                    .with_string_to_value(Arc::new(move |text| typed.parse(knob, row, text)));
                Self::Number(parameter)
            }
            Kind::Number(number) => {
                let parameter = FloatParam::new(row.name, default, range(number))
                    .with_string_to_value(Arc::new(|text| row.parse(text)));
                Self::Number(match number.off_at {
                    // The text of what can be off has the unit in it.
                    Some(_) => parameter.with_value_to_string(Arc::new(|plain| row.text(plain))),
                    None => parameter
                        .with_value_to_string(Arc::new(to_text))
                        .with_unit(row.unit().suffix()),
                })
            }
            Kind::Switch | Kind::Button => {
                let parameter = BoolParam::new(row.name, default >= 0.5)
                    .with_value_to_string(Arc::new(move |on| to_text(f32::from(on))))
                    .with_string_to_value(Arc::new(|text| Some(row.parse(text)? >= 0.5)));
                Self::Switch(match row.which {
                    ParameterId::Bypass => parameter.make_bypass(),
                    _ => parameter,
                })
            }
            Kind::Choice(options) => {
                let max = options.len() as i32 - 1;
                let parameter =
                    IntParam::new(row.name, default as i32, IntRange::Linear { min: 0, max })
                        .with_value_to_string(Arc::new(move |option| to_text(option as f32)))
                        .with_string_to_value(Arc::new(|text| Some(row.parse(text)? as i32)));
                Self::Choice(match row.automatable {
                    true => parameter,
                    false => parameter.non_automatable(),
                })
            }
        }
    }

    fn modulated(&self) -> f32 {
        match self {
            Self::Number(number) => number.value(),
            Self::Switch(switch) => f32::from(switch.value()),
            Self::Choice(choice) => choice.value() as f32,
        }
    }

    fn value(&self) -> f32 {
        match self {
            Self::Number(number) => number.unmodulated_plain_value(),
            Self::Switch(switch) => f32::from(switch.unmodulated_plain_value()),
            Self::Choice(choice) => choice.unmodulated_plain_value() as f32,
        }
    }

    /// Where a plain value stands, as the framework reckons it.
    fn position_of(&self, plain: f32) -> f32 {
        match self {
            Self::Number(number) => number.preview_normalized(plain),
            Self::Switch(switch) => switch.preview_normalized(plain >= 0.5),
            Self::Choice(choice) => choice.preview_normalized(plain as i32),
        }
    }
}

fn range(number: &Number) -> FloatRange {
    let (min, max) = (*number.range.start(), *number.range.end());
    match number.taper {
        Taper::Linear => FloatRange::Linear { min, max },
        Taper::Power(power) => FloatRange::Skewed {
            min,
            max,
            factor: 1.0 / power,
        },
    }
}

#[cfg(test)]
impl Parameters {
    /// Does what a host does when the user sets one.
    pub(crate) fn set_like_a_host(&self, which: ParameterId, plain: f32) {
        let position = self.row(which).position_of(plain);
        let pointer = each_kind!(self.row(which), p => p.as_ptr());
        // SAFETY: the pointer is that of a parameter that is borrowed meanwhile.
        unsafe {
            pointer._internal_set_normalized_value(position);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    fn parameters() -> Parameters {
        Parameters::new(Part::ALL.map(|part| PartSlot::new(part, || {})))
    }

    #[test]
    fn hosts_see_every_row_as_the_table_has_it() {
        let parameters = parameters();
        let map = parameters.param_map();
        let ids: HashSet<&str> = map.iter().map(|(id, ..)| id.as_str()).collect();
        assert_eq!(ids.len(), map.len());
        for row in &PARAMETERS {
            let (_, pointer, group) = map.iter().find(|(id, ..)| id == row.id).unwrap();
            assert_eq!(group, row.group.name());
            // SAFETY: `parameters` lives.
            unsafe {
                assert_eq!(pointer.name(), row.name);
                for step in 0..=16 {
                    let plain = row.at_position(step as f32 / 16.0);
                    let position = pointer.preview_normalized(plain);
                    assert!((position - row.position(plain)).abs() < 1e-4, "{}", row.id);
                    let text = pointer.normalized_value_to_string(position, true);
                    assert_eq!(text, row.text(plain), "{}", row.id);
                    let read = pointer.string_to_normalized_value(&text).unwrap();
                    let again = pointer.normalized_value_to_string(read, true);
                    assert_eq!(again, text, "{}", row.id);
                }
                let default = pointer.default_normalized_value();
                assert!(
                    (default - row.position(row.default())).abs() < 1e-6,
                    "{}",
                    row.id
                );
            }
        }
    }

    #[test]
    fn what_a_host_sets_is_what_the_settings_say() {
        let parameters = parameters();
        assert_eq!(parameters.settings(), Settings::default());
        for row in &PARAMETERS {
            for position in [0.0, 1.0] {
                let plain = row.at_position(position);
                parameters.set_like_a_host(row.which, plain);
                assert_eq!(row.get(&parameters.settings()), plain, "{}", row.id);
                assert_eq!(parameters.value(row.which), plain, "{}", row.id);
            }
            parameters.set_like_a_host(row.which, row.default());
        }
    }
}
