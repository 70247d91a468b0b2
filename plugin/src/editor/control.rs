//! The parameters as the window knows them: numbers to turn, switches, and choices.

use std::ops::RangeInclusive;

use nice_plug::prelude::{BoolParam, Enum, EnumParam, FloatParam, FloatRange, Param, ParamSetter};

use crate::parameters::{Parameters, typed_cut, typed_number};

/// What is turned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Knob {
    Input,
    Output,
    Quality,
    Interface,
    GateThreshold,
    GateHold,
    GateRelease,
    GateRange,
    GateHysteresis,
    Bass,
    Middle,
    Treble,
    LowCut,
    HighCut,
    Mix,
    Blend,
}

impl Knob {
    pub(crate) const ALL: [Knob; 16] = [
        Knob::Input,
        Knob::Output,
        Knob::Quality,
        Knob::Interface,
        Knob::GateThreshold,
        Knob::GateHold,
        Knob::GateRelease,
        Knob::GateRange,
        Knob::GateHysteresis,
        Knob::Bass,
        Knob::Middle,
        Knob::Treble,
        Knob::LowCut,
        Knob::HighCut,
        Knob::Mix,
        Knob::Blend,
    ];

    pub(super) fn parameter(self, parameters: &Parameters) -> &FloatParam {
        let (gate, tone, cab) = (&parameters.gate, &parameters.tone, &parameters.cab);
        match self {
            Self::Input => &parameters.input,
            Self::Output => &parameters.output,
            Self::Quality => &parameters.slim,
            Self::Interface => &parameters.levels.interface,
            Self::GateThreshold => &gate.threshold,
            Self::GateHold => &gate.hold,
            Self::GateRelease => &gate.release,
            Self::GateRange => &gate.range,
            Self::GateHysteresis => &gate.hysteresis,
            Self::Bass => &tone.bass,
            Self::Middle => &tone.middle,
            Self::Treble => &tone.treble,
            Self::LowCut => &cab.low_cut,
            Self::HighCut => &cab.high_cut,
            Self::Mix => &cab.mix,
            Self::Blend => &cab.blend,
        }
    }

    /// What stands above it, where the section is named already.
    pub(super) fn caption(self) -> &'static str {
        match self {
            Self::Input => "Input",
            Self::Output => "Output",
            Self::Quality => "Quality",
            Self::Interface => "Interface level",
            Self::GateThreshold => "Threshold",
            Self::GateHold => "Hold",
            Self::GateRelease => "Release",
            Self::GateRange => "Range",
            Self::GateHysteresis => "Hysteresis",
            Self::Bass => "Bass",
            Self::Middle => "Middle",
            Self::Treble => "Treble",
            Self::LowCut => "Low cut",
            Self::HighCut => "High cut",
            Self::Mix => "Mix",
            Self::Blend => "Blend",
        }
    }

    /// What it does, for who does not know.
    pub(super) fn hint(self) -> &'static str {
        match self {
            Self::Input => "Gain before the capture.",
            Self::Output => "Gain at the end of the chain.",
            Self::Quality => "The size of the capture: smaller takes less of the processor.",
            Self::Interface => "The level that is full scale in your interface, in dBu.",
            Self::GateThreshold => "The level at which the gate opens.",
            Self::GateHold => "How long the gate stays open when the level has fallen.",
            Self::GateRelease => "How long the gate takes to close.",
            Self::GateRange => "The most that the gate turns down.",
            Self::GateHysteresis => "How far below the threshold an open gate closes.",
            Self::Bass => "Below 150 Hz.",
            Self::Middle => "Around 425 Hz.",
            Self::Treble => "Above 1800 Hz.",
            Self::LowCut => "Takes away what is lower.",
            Self::HighCut => "Takes away what is higher.",
            Self::Mix => "How much of the sound goes through the cabinet.",
            Self::Blend => "From the first impulse response to the second.",
        }
    }
}

/// What is on or off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Switch {
    Bypass,
    Matched,
    Pedal,
    CalibrateInput,
    Gate,
    Tone,
    Cab,
    DcBlocker,
}

impl Switch {
    pub(crate) const ALL: [Switch; 8] = [
        Switch::Bypass,
        Switch::Matched,
        Switch::Pedal,
        Switch::CalibrateInput,
        Switch::Gate,
        Switch::Tone,
        Switch::Cab,
        Switch::DcBlocker,
    ];

    pub(super) fn parameter(self, parameters: &Parameters) -> &BoolParam {
        match self {
            Self::Bypass => &parameters.bypass,
            Self::Matched => &parameters.compare.matched,
            Self::Pedal => &parameters.pedal,
            Self::CalibrateInput => &parameters.levels.calibrate_input,
            Self::Gate => &parameters.gate.on,
            Self::Tone => &parameters.tone.on,
            Self::Cab => &parameters.cab.on,
            Self::DcBlocker => &parameters.dc_blocker,
        }
    }
}

/// What is one of several.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Choice {
    Side,
    Source,
    OutputMode,
    TonePosition,
    CabLevel,
    Oversampling,
    OfflineOversampling,
}

impl Choice {
    pub(crate) const ALL: [Choice; 7] = [
        Choice::Side,
        Choice::Source,
        Choice::OutputMode,
        Choice::TonePosition,
        Choice::CabLevel,
        Choice::Oversampling,
        Choice::OfflineOversampling,
    ];

    pub(super) fn parameter(self, parameters: &Parameters) -> &dyn OneOf {
        match self {
            Self::Side => &parameters.compare.side,
            Self::Source => &parameters.source,
            Self::OutputMode => &parameters.levels.mode,
            Self::TonePosition => &parameters.tone.position,
            Self::CabLevel => &parameters.cab.level,
            Self::Oversampling => &parameters.oversampling,
            Self::OfflineOversampling => &parameters.offline_oversampling,
        }
    }
}

/// Any of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Control {
    Knob(Knob),
    Switch(Switch),
    Choice(Choice),
}

impl Control {
    /// Where it stands, without modulation, from 0 to 1.
    pub(super) fn position(self, parameters: &Parameters) -> f32 {
        match self {
            Self::Knob(knob) => knob.parameter(parameters).unmodulated_normalized_value(),
            Self::Switch(switch) => {
                let parameter = switch.parameter(parameters);
                parameter.unmodulated_normalized_value()
            }
            Self::Choice(choice) => choice.parameter(parameters).position(),
        }
    }

    /// Brings it to a position, in a gesture.
    pub(super) fn set_position(
        self,
        parameters: &Parameters,
        setter: &ParamSetter<'_>,
        position: f32,
    ) {
        match self {
            Self::Knob(knob) => {
                let parameter = knob.parameter(parameters);
                set_at_once(setter, parameter, parameter.preview_plain(position));
            }
            Self::Switch(switch) => {
                set_at_once(setter, switch.parameter(parameters), position > 0.5);
            }
            Self::Choice(choice) => choice.parameter(parameters).set_position(setter, position),
        }
    }
}

/// A number as it is shown.
#[derive(Debug, Clone)]
pub(crate) struct Number {
    /// As the host knows it.
    pub(crate) name: String,
    pub(crate) value: f32,
    /// Where it is while the host modulates it, which CLAP hosts do; else `value`.
    pub(crate) modulated: f32,
    /// The value as the host writes it, unit included.
    pub(crate) text: String,
    pub(crate) range: FloatRange,
    /// What a double click sets.
    pub(crate) default: f32,
}

impl Number {
    fn of(parameter: &FloatParam) -> Self {
        let position = parameter.unmodulated_normalized_value();
        Self {
            name: parameter.name().to_owned(),
            value: parameter.unmodulated_plain_value(),
            modulated: parameter.value(),
            text: parameter.normalized_value_to_string(position, true),
            range: parameter.range(),
            default: parameter.default_plain_value(),
        }
    }

    pub(super) fn ends(&self) -> RangeInclusive<f32> {
        self.range.unnormalize(0.0)..=self.range.unnormalize(1.0)
    }

    /// The nearest value in the range, also of what is no number.
    pub(super) fn within(&self, value: f32) -> f32 {
        let ends = self.ends();
        value.max(*ends.start()).min(*ends.end())
    }

    /// Where a value stands in the range, 0 to 1.
    pub(super) fn position(&self, value: f32) -> f32 {
        self.range.normalize(self.within(value))
    }

    /// What hands set: multiples of this.
    pub(super) fn step(&self) -> f32 {
        match self.range {
            FloatRange::Linear { min, max } if max - min <= 1.0 => 0.01,
            FloatRange::Linear { .. } => 0.1,
            _ => 1.0,
        }
    }

    /// The nearest value that a hand sets.
    pub(super) fn rounded(&self, value: f32) -> f32 {
        // Not by a division: tenths are nearest to what tens are divided by.
        let per_one = (1.0 / self.step()).round();
        self.within((value * per_one).round() / per_one)
    }

    /// What an arrow key or a notch of the wheel is worth, as a part of the range.
    pub(super) fn notch(&self) -> f32 {
        match self.range {
            FloatRange::Linear { min, max } if max - min > 10.0 => 1.0 / (max - min),
            FloatRange::Linear { .. } => 0.05,
            _ => 0.025,
        }
    }

    /// What a text says, in the unit of the number; see [`typed_number`].
    pub(super) fn typed(&self, text: &str) -> Option<f32> {
        // A cut begins where it is off.
        if self.text == "Off" || self.text.ends_with("Hz") {
            return typed_cut(text, self.default);
        }
        let number = typed_number(text)?;
        let per_cent = self.text.ends_with('%');
        Some(if per_cent { number / 100.0 } else { number })
    }
}

/// A choice as it is shown.
#[derive(Debug, Clone)]
pub(crate) struct Options {
    /// As the host knows it.
    pub(crate) name: String,
    pub(crate) options: Vec<String>,
    pub(crate) chosen: usize,
}

/// All parameters as they are shown.
#[derive(Debug, Clone)]
pub(crate) struct Controls {
    numbers: Vec<Number>,
    switches: Vec<(String, bool)>,
    choices: Vec<Options>,
}

impl Controls {
    pub(crate) fn of(parameters: &Parameters) -> Self {
        let switch = |switch: Switch| {
            let parameter = switch.parameter(parameters);
            let on = parameter.unmodulated_plain_value();
            (parameter.name().to_owned(), on)
        };
        Self {
            numbers: Knob::ALL
                .map(|k| Number::of(k.parameter(parameters)))
                .into(),
            switches: Switch::ALL.map(switch).into(),
            choices: Choice::ALL
                .map(|c| c.parameter(parameters).options())
                .into(),
        }
    }

    pub(crate) fn number(&self, knob: Knob) -> &Number {
        &self.numbers[knob as usize]
    }

    pub(crate) fn value(&self, knob: Knob) -> f32 {
        self.number(knob).value
    }

    pub(crate) fn is_on(&self, switch: Switch) -> bool {
        self.switches[switch as usize].1
    }

    pub(crate) fn switch_name(&self, switch: Switch) -> &str {
        &self.switches[switch as usize].0
    }

    pub(crate) fn choice(&self, choice: Choice) -> &Options {
        &self.choices[choice as usize]
    }
}

/// A parameter that is one of several, whatever they are.
pub(super) trait OneOf {
    fn options(&self) -> Options;
    /// Where it stands, from 0 to 1.
    fn position(&self) -> f32;
    /// Brings it to a position, in a gesture.
    fn set_position(&self, setter: &ParamSetter<'_>, position: f32);
    /// Where it stands when the option of that number is chosen.
    fn position_of(&self, option: usize) -> f32;
}

impl<T: Enum + PartialEq + 'static> OneOf for EnumParam<T> {
    fn options(&self) -> Options {
        let last = self.step_count().unwrap_or(0);
        Options {
            name: self.name().to_owned(),
            options: (0..=last)
                .map(|option| self.normalized_value_to_string(self.position_of(option), true))
                .collect(),
            chosen: (self.unmodulated_normalized_value() * last as f32).round() as usize,
        }
    }

    fn position(&self) -> f32 {
        self.unmodulated_normalized_value()
    }

    fn set_position(&self, setter: &ParamSetter<'_>, position: f32) {
        set_at_once(setter, self, self.preview_plain(position));
    }

    fn position_of(&self, option: usize) -> f32 {
        option as f32 / self.step_count().unwrap_or(0).max(1) as f32
    }
}

/// Sets a parameter in a gesture of its own.
fn set_at_once<P: Param>(setter: &ParamSetter<'_>, parameter: &P, value: P::Plain) {
    setter.begin_set_parameter(parameter);
    setter.set_parameter(parameter, value);
    setter.end_set_parameter(parameter);
}

#[cfg(test)]
impl Controls {
    pub(super) fn number_mut(&mut self, knob: Knob) -> &mut Number {
        &mut self.numbers[knob as usize]
    }

    pub(super) fn switch_mut(&mut self, switch: Switch) -> &mut bool {
        &mut self.switches[switch as usize].1
    }

    pub(super) fn choice_mut(&mut self, choice: Choice) -> &mut Options {
        &mut self.choices[choice as usize]
    }
}
