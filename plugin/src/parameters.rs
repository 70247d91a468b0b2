//! What the host sees, stores and automates.

use std::ops::RangeInclusive;

use gridleak_core::{CabSettings, Chain, GateSettings, LevelSettings, ToneSettings};
use nice_plug::prelude::*;

use crate::capture_knobs::CaptureKnobs;
use crate::folder::Step;
use crate::newer_fields::NewerFields;
use crate::part::{ForParts, Part};
use crate::project_changes::ProjectChanges;
use crate::settings::Settings;
use crate::state::PartSlot;
use crate::window_status::WindowReport;

/// The most that each gain gives or takes, in dB, as in the official plugin.
const INPUT: RangeInclusive<f32> = -20.0..=20.0;
const OUTPUT: RangeInclusive<f32> = -40.0..=40.0;
/// Where parts of a whole can stand.
const PART: RangeInclusive<f32> = 0.0..=1.0;

/// How many can be seen to move in the window.
pub(crate) const PARAMETERS: usize = 35;

/// The parameters. The ids are part of every saved project and must never change.
#[derive(Params)]
pub(crate) struct Parameters {
    /// The reference to the capture, which is no parameter but part of every project all the same.
    #[persist = "capture"]
    capture: PartSlot,
    /// To the capture that it is compared with.
    #[persist = "capture2"]
    second_capture: PartSlot,
    /// To the capture of a pedal before it.
    #[persist = "pedal"]
    pedal_capture: PartSlot,
    /// To the impulse responses of the cabinet.
    #[persist = "cab"]
    cab_response: PartSlot,
    #[persist = "cab2"]
    second_cab_response: PartSlot,
    /// What a newer version keeps there besides.
    #[nested]
    pub(crate) newer: NewerFields,

    /// Why there is no window, for those who see only this list.
    #[nested]
    pub(crate) window: WindowReport,

    /// Gain before the capture, -20 to +20 dB.
    #[id = "ingain"]
    pub(crate) input: FloatParam,

    /// Gain behind the capture, -40 to +40 dB.
    #[id = "outgn"]
    pub(crate) output: FloatParam,

    /// What of a stereo input is played.
    #[id = "source"]
    pub(crate) source: EnumParam<Source>,

    /// Passes the input through, as late as the capture's sound would be.
    #[id = "bypass"]
    pub(crate) bypass: BoolParam,

    /// The size of a capture that has several, 0 (smallest) to 1 (full).
    #[id = "slim"]
    pub(crate) slim: FloatParam,

    /// The knobs of a capture that has some.
    #[nested(group = "Capture Knobs")]
    pub(crate) knobs: CaptureKnobs,

    /// Whether the pedal before the capture is on.
    #[id = "pedal"]
    pub(crate) pedal: BoolParam,

    /// Two captures to compare.
    #[nested(group = "Compare")]
    pub(crate) compare: CompareParameters,

    /// Other sounds of the same folders.
    #[nested(group = "Browse")]
    pub(crate) browse: BrowseParameters,

    /// Levels.
    #[nested(group = "Levels")]
    pub(crate) levels: LevelParameters,

    /// The noise gate.
    #[nested(group = "Noise Gate")]
    pub(crate) gate: GateParameters,

    /// The tone stack.
    #[nested(group = "Tone")]
    pub(crate) tone: ToneParameters,

    /// The cabinet.
    #[nested(group = "Cabinet")]
    pub(crate) cab: CabParameters,

    /// Whether offsets are taken out.
    #[id = "dcblk"]
    pub(crate) dc_blocker: BoolParam,

    /// At how many times its rate a capture plays.
    #[id = "os"]
    pub(crate) oversampling: EnumParam<Oversampling>,

    /// The same while the host renders.
    #[id = "osoff"]
    pub(crate) offline_oversampling: EnumParam<OfflineOversampling>,

    /// What hosts learn through that the parts above were changed.
    #[nested]
    pub(crate) changes: ProjectChanges,
}

/// Which of two captures plays, and how loud.
#[derive(Params)]
pub(crate) struct CompareParameters {
    #[id = "ab"]
    pub(crate) side: EnumParam<Side>,
    /// Whether B comes out as loud as A.
    #[id = "abmtch"]
    pub(crate) matched: BoolParam,
}

/// Buttons for whoever has no window: each loads another sound when it goes from off to on.
#[derive(Params)]
pub(crate) struct BrowseParameters {
    #[id = "pcap"]
    previous_capture: BoolParam,
    #[id = "ncap"]
    next_capture: BoolParam,
    #[id = "ppdl"]
    previous_pedal: BoolParam,
    #[id = "npdl"]
    next_pedal: BoolParam,
    #[id = "pcab"]
    previous_cab: BoolParam,
    #[id = "ncab"]
    next_cab: BoolParam,
}

/// What the buttons of [`BrowseParameters`] do, in their order.
pub(crate) const BUTTONS: [(Part, Step); 6] = [
    (Part::Capture, Step::Previous),
    (Part::Capture, Step::Next),
    (Part::Pedal, Step::Previous),
    (Part::Pedal, Step::Next),
    (Part::Cab, Step::Previous),
    (Part::Cab, Step::Next),
];

/// How hard captures are driven and how loud they come out; see [`LevelSettings`].
#[derive(Params)]
pub(crate) struct LevelParameters {
    #[id = "mode"]
    pub(crate) mode: EnumParam<OutputMode>,
    #[id = "calin"]
    pub(crate) calibrate_input: BoolParam,
    #[id = "dbu"]
    pub(crate) interface: FloatParam,
}

/// See [`GateSettings`].
#[derive(Params)]
pub(crate) struct GateParameters {
    #[id = "gate"]
    pub(crate) on: BoolParam,
    #[id = "gthr"]
    pub(crate) threshold: FloatParam,
    #[id = "ghold"]
    pub(crate) hold: FloatParam,
    #[id = "grel"]
    pub(crate) release: FloatParam,
    #[id = "grng"]
    pub(crate) range: FloatParam,
    #[id = "ghys"]
    pub(crate) hysteresis: FloatParam,
}

/// See [`ToneSettings`].
#[derive(Params)]
pub(crate) struct ToneParameters {
    #[id = "tone"]
    pub(crate) on: BoolParam,
    #[id = "bass"]
    pub(crate) bass: FloatParam,
    #[id = "mid"]
    pub(crate) middle: FloatParam,
    #[id = "treb"]
    pub(crate) treble: FloatParam,
    #[id = "tpos"]
    pub(crate) position: EnumParam<TonePosition>,
}

/// See [`CabSettings`].
#[derive(Params)]
pub(crate) struct CabParameters {
    #[id = "cab"]
    pub(crate) on: BoolParam,
    #[id = "clvl"]
    pub(crate) level: EnumParam<CabLevel>,
    #[id = "clow"]
    pub(crate) low_cut: FloatParam,
    #[id = "chigh"]
    pub(crate) high_cut: FloatParam,
    #[id = "cmix"]
    pub(crate) mix: FloatParam,
    #[id = "cblnd"]
    pub(crate) blend: FloatParam,
}

/// What of a stereo input is played.
#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Source {
    /// Both sides, each through a capture of its own.
    #[id = "stereo"]
    Stereo,
    /// The left side, on both.
    #[id = "left"]
    Left,
    /// The right side, on both.
    #[id = "right"]
    Right,
    /// The mean of both sides, on both.
    #[id = "sum"]
    Sum,
}

impl From<Source> for gridleak_core::Source {
    fn from(source: Source) -> Self {
        match source {
            Source::Stereo => Self::Stereo,
            Source::Left => Self::Left,
            Source::Right => Self::Right,
            Source::Sum => Self::Sum,
        }
    }
}

/// One of two captures.
#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Side {
    #[id = "a"]
    A,
    #[id = "b"]
    B,
}

/// See [`gridleak_core::OutputMode`].
#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum OutputMode {
    #[id = "raw"]
    Raw,
    #[id = "normalized"]
    Normalized,
    #[id = "calibrated"]
    Calibrated,
}

impl From<OutputMode> for gridleak_core::OutputMode {
    fn from(mode: OutputMode) -> Self {
        match mode {
            OutputMode::Raw => Self::Raw,
            OutputMode::Normalized => Self::Normalized,
            OutputMode::Calibrated => Self::Calibrated,
        }
    }
}

/// Where the tone stack is.
#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TonePosition {
    #[id = "after"]
    #[name = "After Amp"]
    After,
    #[id = "before"]
    #[name = "Before Amp"]
    Before,
}

/// How loud a cabinet is.
#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CabLevel {
    /// As in the official plugin, after what the file holds.
    #[id = "file"]
    #[name = "As Recorded"]
    File,
    /// All cabinets equally loud.
    #[id = "normalized"]
    Normalized,
}

/// At how many times its rate a capture plays.
#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Oversampling {
    #[id = "1"]
    #[name = "Off"]
    Off,
    #[id = "2"]
    #[name = "2x"]
    Two,
    #[id = "4"]
    #[name = "4x"]
    Four,
    #[id = "8"]
    #[name = "8x"]
    Eight,
}

impl Oversampling {
    /// 1, 2, 4 or 8.
    pub(crate) fn factor(self) -> usize {
        1 << self as usize
    }
}

/// The same while the host renders.
#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum OfflineOversampling {
    #[id = "same"]
    #[name = "As Live"]
    Same,
    #[id = "1"]
    #[name = "Off"]
    Off,
    #[id = "2"]
    #[name = "2x"]
    Two,
    #[id = "4"]
    #[name = "4x"]
    Four,
    #[id = "8"]
    #[name = "8x"]
    Eight,
}

impl Parameters {
    /// The parameters of a new instance: what a guitarist knows from the official plugin. `slots`: the
    /// references to the parts of its rig.
    pub(crate) fn new(slots: ForParts<PartSlot>) -> Self {
        let [capture, second_capture, pedal, cab, second_cab] = slots;
        let gate = GateSettings::default();
        let tone = ToneSettings::default();
        let cab_settings = CabSettings::default();
        let levels = LevelSettings::default();
        Self {
            capture,
            second_capture,
            pedal_capture: pedal,
            cab_response: cab,
            second_cab_response: second_cab,
            newer: NewerFields::default(),
            window: WindowReport::new(),
            input: decibels("Input", 0.0, INPUT),
            output: decibels("Output", 0.0, OUTPUT),
            source: EnumParam::new("Input Source", Source::Stereo),
            bypass: BoolParam::new("Bypass", false).make_bypass(),
            slim: percent("Quality", 1.0),
            knobs: CaptureKnobs::new(),
            pedal: switch("Pedal", true),
            compare: CompareParameters {
                side: EnumParam::new("Capture A/B", Side::A),
                matched: switch("A/B Level Match", true),
            },
            browse: BrowseParameters::new(),
            levels: LevelParameters {
                mode: EnumParam::new("Output Mode", OutputMode::Normalized),
                calibrate_input: switch("Calibrate Input", levels.calibrate_input),
                interface: interface(levels.interface_dbu),
            },
            gate: GateParameters {
                on: switch("Gate", gate.on),
                threshold: decibels(
                    "Gate Threshold",
                    gate.threshold_db,
                    GateSettings::THRESHOLD_DB,
                ),
                hold: milliseconds("Gate Hold", gate.hold_ms, GateSettings::HOLD_MS),
                release: milliseconds("Gate Release", gate.release_ms, GateSettings::RELEASE_MS),
                range: decibels("Gate Range", gate.range_db, GateSettings::RANGE_DB),
                hysteresis: decibels(
                    "Gate Hysteresis",
                    gate.hysteresis_db,
                    GateSettings::HYSTERESIS_DB,
                ),
            },
            tone: ToneParameters {
                on: switch("Tone", tone.on),
                bass: float("Bass", tone.bass, ToneSettings::KNOB),
                middle: float("Middle", tone.middle, ToneSettings::KNOB),
                treble: float("Treble", tone.treble, ToneSettings::KNOB),
                position: EnumParam::new("Tone Position", TonePosition::After),
            },
            cab: CabParameters {
                on: switch("Cab", cab_settings.on),
                level: EnumParam::new("Cab Level", CabLevel::File),
                low_cut: cut("Cab Low Cut", cab_settings.low_cut_hz, CabSettings::LOW_CUT),
                high_cut: cut(
                    "Cab High Cut",
                    cab_settings.high_cut_hz,
                    CabSettings::HIGH_CUT,
                ),
                mix: percent("Cab Mix", cab_settings.mix),
                blend: percent("Cab Blend", cab_settings.blend),
            },
            dc_blocker: switch("DC Blocker", true),
            // Both change the latency, which no host takes in mid-play.
            oversampling: EnumParam::new("Oversampling", Oversampling::Off).non_automatable(),
            offline_oversampling: EnumParam::new("Offline Oversampling", OfflineOversampling::Same)
                .non_automatable(),
            changes: ProjectChanges::new(),
        }
    }

    /// The same with what the user has set for all new instances on this machine.
    pub(crate) fn of_this_machine(slots: ForParts<PartSlot>) -> Self {
        Self::with_interface(slots, Settings::load().interface_dbu)
    }

    /// The same with this level of the interface, in dBu.
    pub(crate) fn with_interface(slots: ForParts<PartSlot>, dbu: Option<f32>) -> Self {
        let mut new = Self::new(slots);
        if let Some(dbu) = dbu {
            new.levels.interface = interface(dbu);
        }
        new
    }

    /// The reference to a part of the rig.
    pub(crate) fn slot(&self, part: Part) -> &PartSlot {
        match part {
            Part::Capture => &self.capture,
            Part::SecondCapture => &self.second_capture,
            Part::Pedal => &self.pedal_capture,
            Part::Cab => &self.cab_response,
            Part::SecondCab => &self.second_cab_response,
        }
    }

    /// At how many times its rate the capture is to play.
    pub(crate) fn oversampling(&self, offline: bool) -> usize {
        let live = self.oversampling.value();
        let chosen = match self.offline_oversampling.value() {
            _ if !offline => live,
            OfflineOversampling::Same => live,
            OfflineOversampling::Off => Oversampling::Off,
            OfflineOversampling::Two => Oversampling::Two,
            OfflineOversampling::Four => Oversampling::Four,
            OfflineOversampling::Eight => Oversampling::Eight,
        };
        chosen.factor()
    }

    /// Where all of them stand, automation included, each from 0 to 1: to see whether one moved.
    pub(crate) fn positions(&self) -> [f32; PARAMETERS] {
        let (levels, gate, tone, cab) = (&self.levels, &self.gate, &self.tone, &self.cab);
        let [first, second, third, fourth] = self.knobs.all();
        [
            self.input.modulated_normalized_value(),
            self.output.modulated_normalized_value(),
            self.source.modulated_normalized_value(),
            self.bypass.modulated_normalized_value(),
            self.slim.modulated_normalized_value(),
            first.modulated_normalized_value(),
            second.modulated_normalized_value(),
            third.modulated_normalized_value(),
            fourth.modulated_normalized_value(),
            self.pedal.modulated_normalized_value(),
            self.compare.side.modulated_normalized_value(),
            self.compare.matched.modulated_normalized_value(),
            levels.mode.modulated_normalized_value(),
            levels.calibrate_input.modulated_normalized_value(),
            levels.interface.modulated_normalized_value(),
            gate.on.modulated_normalized_value(),
            gate.threshold.modulated_normalized_value(),
            gate.hold.modulated_normalized_value(),
            gate.release.modulated_normalized_value(),
            gate.range.modulated_normalized_value(),
            gate.hysteresis.modulated_normalized_value(),
            tone.on.modulated_normalized_value(),
            tone.bass.modulated_normalized_value(),
            tone.middle.modulated_normalized_value(),
            tone.treble.modulated_normalized_value(),
            tone.position.modulated_normalized_value(),
            cab.on.modulated_normalized_value(),
            cab.level.modulated_normalized_value(),
            cab.low_cut.modulated_normalized_value(),
            cab.high_cut.modulated_normalized_value(),
            cab.mix.modulated_normalized_value(),
            cab.blend.modulated_normalized_value(),
            self.dc_blocker.modulated_normalized_value(),
            self.oversampling.modulated_normalized_value(),
            self.offline_oversampling.modulated_normalized_value(),
        ]
    }

    /// Counts the states that the host has loaded. Never waits.
    pub(crate) fn loads(&self) -> u64 {
        Part::ALL.iter().map(|&part| self.slot(part).loads()).sum()
    }

    /// The side that is to play, and whether it is to be as loud as the other.
    pub(crate) fn compared(&self) -> (Side, bool) {
        (self.compare.side.value(), self.compare.matched.value())
    }

    /// The capture that is to play.
    pub(crate) fn playing(&self) -> Part {
        match self.compare.side.value() {
            Side::A => Part::Capture,
            Side::B => Part::SecondCapture,
        }
    }

    /// Brings a chain to what the parameters say.
    pub(crate) fn follow(&self, chain: &mut Chain) {
        chain.set_input_gain(self.input.value());
        chain.set_output_gain(self.output.value());
        chain.set_source(self.source.value().into());
        chain.set_bypass(self.bypass.value());
        chain.set_slim(f64::from(self.slim.value()));
        chain.set_knobs(self.knobs.positions());
        chain.set_pedal(self.pedal.value());
        chain.set_levels(self.levels.settings());
        chain.set_gate(self.gate.settings());
        chain.set_tone(self.tone.settings());
        chain.set_cab(self.cab.settings());
        chain.set_dc_blocker(self.dc_blocker.value());
    }
}

impl BrowseParameters {
    fn new() -> Self {
        let button = |name| switch(name, false);
        Self {
            previous_capture: button("Previous Capture"),
            next_capture: button("Next Capture"),
            previous_pedal: button("Previous Pedal"),
            next_pedal: button("Next Pedal"),
            previous_cab: button("Previous Cabinet"),
            next_cab: button("Next Cabinet"),
        }
    }

    /// Which buttons are on, in the order of [`BUTTONS`].
    pub(crate) fn pressed(&self) -> [bool; BUTTONS.len()] {
        [
            self.previous_capture.value(),
            self.next_capture.value(),
            self.previous_pedal.value(),
            self.next_pedal.value(),
            self.previous_cab.value(),
            self.next_cab.value(),
        ]
    }
}

impl LevelParameters {
    /// What they are set to now, automation included.
    pub(crate) fn settings(&self) -> LevelSettings {
        LevelSettings {
            mode: self.mode.value().into(),
            calibrate_input: self.calibrate_input.value(),
            interface_dbu: self.interface.value(),
        }
    }
}

impl GateParameters {
    /// What they are set to now, automation included.
    pub(crate) fn settings(&self) -> GateSettings {
        GateSettings {
            on: self.on.value(),
            threshold_db: self.threshold.value(),
            hold_ms: self.hold.value(),
            release_ms: self.release.value(),
            range_db: self.range.value(),
            hysteresis_db: self.hysteresis.value(),
        }
    }
}

impl ToneParameters {
    /// What they are set to now, automation included.
    pub(crate) fn settings(&self) -> ToneSettings {
        ToneSettings {
            on: self.on.value(),
            before_amp: self.position.value() == TonePosition::Before,
            bass: self.bass.value(),
            middle: self.middle.value(),
            treble: self.treble.value(),
        }
    }
}

impl CabParameters {
    /// What they are set to now, automation included.
    pub(crate) fn settings(&self) -> CabSettings {
        CabSettings {
            on: self.on.value(),
            normalised: self.level.value() == CabLevel::Normalized,
            low_cut_hz: self.low_cut.value(),
            high_cut_hz: self.high_cut.value(),
            mix: self.mix.value(),
            blend: self.blend.value(),
        }
    }
}

/// A switch.
fn switch(name: &str, on: bool) -> BoolParam {
    BoolParam::new(name, on)
        .with_value_to_string(std::sync::Arc::new(|on| {
            if on { "On" } else { "Off" }.into()
        }))
        .with_string_to_value(std::sync::Arc::new(|text| {
            match text.trim().to_ascii_lowercase().as_str() {
                "on" | "yes" | "true" | "1" => Some(true),
                "off" | "no" | "false" | "0" => Some(false),
                _ => None,
            }
        }))
}

/// A number with one decimal. Linear, as in the hosts' own faders; smoothing is the chain's, for the
/// framework's would jump when a project is loaded.
fn float(name: &str, default: f32, range: RangeInclusive<f32>) -> FloatParam {
    let range = FloatRange::Linear {
        min: *range.start(),
        max: *range.end(),
    };
    FloatParam::new(name, default, range)
        .with_value_to_string(formatters::v2s_f32_rounded(1))
        .with_string_to_value(std::sync::Arc::new(typed_number))
}

/// The level in dBu that is full scale in the user's interface.
fn interface(dbu: f32) -> FloatParam {
    float("Interface Level", dbu, LevelSettings::INTERFACE_DBU).with_unit(" dBu")
}

/// A level or a gain.
fn decibels(name: &str, default: f32, range: RangeInclusive<f32>) -> FloatParam {
    float(name, default, range).with_unit(" dB")
}

/// A time; short ones have more room.
fn milliseconds(name: &str, default: f32, range: RangeInclusive<f32>) -> FloatParam {
    let range = FloatRange::Skewed {
        min: *range.start(),
        max: *range.end(),
        factor: FloatRange::skew_factor(-1.0),
    };
    FloatParam::new(name, default, range)
        .with_unit(" ms")
        .with_value_to_string(formatters::v2s_f32_rounded(0))
        .with_string_to_value(std::sync::Arc::new(typed_number))
}

/// The frequency of a cut, which is off at one end of its range; low ones have more room.
fn cut(name: &str, off: f32, range: RangeInclusive<f32>) -> FloatParam {
    let range = FloatRange::Skewed {
        min: *range.start(),
        max: *range.end(),
        factor: FloatRange::skew_factor(-1.5),
    };
    FloatParam::new(name, off, range)
        .with_value_to_string(std::sync::Arc::new(move |hz| {
            if hz.round() == off {
                "Off".into()
            } else {
                format!("{hz:.0} Hz")
            }
        }))
        .with_string_to_value(std::sync::Arc::new(move |text| typed_cut(text, off)))
}

/// What a guitarist types for the frequency in Hz of a cut that is off at `off`: `off`, `90`, `5.2 kHz`.
pub(crate) fn typed_cut(text: &str, off: f32) -> Option<f32> {
    let text = text.trim().to_ascii_lowercase();
    match text.trim_end_matches("hz").trim().strip_suffix('k') {
        _ if text == "off" => Some(off),
        Some(kilohertz) => typed_number(kilohertz).map(|kilohertz| 1000.0 * kilohertz),
        None => typed_number(&text),
    }
}

/// A part of a whole.
fn percent(name: &str, default: f32) -> FloatParam {
    let (min, max) = (*PART.start(), *PART.end());
    FloatParam::new(name, default, FloatRange::Linear { min, max })
        .with_unit(" %")
        .with_value_to_string(formatters::v2s_f32_percentage(0))
        .with_string_to_value(std::sync::Arc::new(|text| {
            typed_number(text).map(|percent| percent / 100.0)
        }))
}

#[cfg(test)]
impl Parameters {
    /// Does what a host does when the user chooses an oversampling.
    pub(crate) fn choose_oversampling(&self, choice: Oversampling) {
        let position = self.oversampling.preview_normalized(choice);
        set_like_a_host(&self.oversampling, position);
    }

    /// The same for the side of A and B.
    pub(crate) fn choose_side(&self, side: Side) {
        set_like_a_host(&self.compare.side, f32::from(side == Side::B));
    }

    /// The same for whether B is as loud as A.
    pub(crate) fn match_sides(&self, on: bool) {
        set_like_a_host(&self.compare.matched, f32::from(on));
    }
}

#[cfg(test)]
pub(crate) fn set_like_a_host(parameter: &impl Param, position: f32) {
    // SAFETY: the pointer is that of a parameter that is borrowed meanwhile.
    unsafe {
        parameter.as_ptr()._internal_set_normalized_value(position);
    }
}

/// What a guitarist types: `-4`, `-4.5 dB`, `+3,5`.
pub(crate) fn typed_number(text: &str) -> Option<f32> {
    let text = text
        .trim()
        .trim_end_matches(|c: char| c.is_alphabetic() || c == '%');
    // As copied from where minus signs are proper ones.
    let text = text.trim().replace(',', ".").replace('\u{2212}', "-");
    let value: f32 = text.parse().ok()?;
    value.is_finite().then_some(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn typed_values_are_read_as_people_write_them() {
        for (text, value) in [
            ("-4,5", -4.5),
            ("-4.5 dB", -4.5),
            (" +3 db ", 3.0),
            ("\u{2212}12", -12.0),
            ("0", 0.0),
            (".5", 0.5),
        ] {
            assert_eq!(typed_number(text), Some(value), "{text}");
        }
        for text in ["", "dB", "loud", "1,2,3", "inf", "nan", "-", "1e99"] {
            assert_eq!(typed_number(text), None, "{text}");
        }
    }

    #[test]
    fn cuts_are_off_at_their_end_and_understand_what_they_show() {
        let cuts = [
            (cut("Low", 20.0, CabSettings::LOW_CUT), 20.0),
            (cut("High", 20_000.0, CabSettings::HIGH_CUT), 20_000.0),
        ];
        for (cut, off) in cuts {
            let shown = |hz: f32| cut.normalized_value_to_string(cut.preview_normalized(hz), true);
            let typed = |text: &str| {
                let position = cut.string_to_normalized_value(text)?;
                Some(cut.preview_plain(position).round())
            };
            assert_eq!(shown(off), "Off");
            assert_eq!(typed("off"), Some(off));
            for hz in [90.0, 700.0, 1500.0, 8000.0] {
                let inside = cut.preview_plain(cut.preview_normalized(hz)).round();
                if inside == hz {
                    assert_eq!(shown(hz), format!("{hz} Hz"));
                    assert_eq!(typed(&shown(hz)), Some(hz));
                }
            }
            let kilo = typed("1.5 kHz").unwrap();
            assert_eq!(kilo, if off == 20.0 { 800.0 } else { 1500.0 });
            assert_eq!(typed("1,5k"), typed("1500"));
            assert_eq!(typed("loud"), None);
        }
    }
}
