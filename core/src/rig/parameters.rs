//! The table of parameters. Hosts, window, command line, saved rigs and undo are made from it.
//!
//! To add a parameter: a field in [`Settings`], a row here, and the code that uses its value.

use std::ops::RangeInclusive;

use super::choices::{
    CAB_LEVELS, ChoiceOption, OfflineOversampling, OutputMode, Oversampling, SLOT_NUMBERS, Source,
    TONE_POSITIONS,
};
use super::plain_value::PlainValue;
use super::settings::Settings;
use super::slot_settings::{OwnGroup, SwitchSettings};
use super::stage_settings::{
    CabSettings, GateSettings, LevelSettings, RiffSettings, ToneSettings, TunerSettings,
};
use crate::format::controls::MAX_CONTROLS;

/// What can be set: one row of [`PARAMETERS`].
#[derive(Debug, Clone)]
pub struct Parameter {
    /// Which one it is: its place in the table.
    pub which: ParameterId,
    /// Its number in hosts, which never changes: from 1 to 2^31 - 1, hundreds by group.
    pub number: u32,
    /// Its id in saved rigs, which never changes: lower case letters, digits and `_`.
    pub id: &'static str,
    /// Its name in hosts, which stand without its group.
    pub name: &'static str,
    /// What stands beside it in the window, where the group is named already.
    pub caption: &'static str,
    /// What it does, in a sentence, for who does not know.
    pub hint: &'static str,
    /// Its option on the command line, without dashes; empty where it has none.
    pub option: &'static str,
    /// What it belongs to.
    pub group: Group,
    /// What values it has.
    pub kind: Kind,
    /// Whether hosts may automate it.
    pub automatable: bool,
    /// With which others a slot can have a value of its own for it; `None` where it cannot.
    pub own: Option<OwnGroup>,
    /// Whether a rig keeps where it stands.
    pub(super) kept: bool,
    get: fn(&Settings) -> f32,
    set: fn(&mut Settings, f32),
}

/// What a parameter belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Group {
    /// The rig as a whole.
    Rig,
    /// The knobs of a capture that has some.
    Knobs,
    /// Which slot plays, and how it is gone over to.
    Slots,
    /// Other sounds of the same folders.
    Browse,
    /// How hard captures are driven and how loud they come out.
    Levels,
    /// The noise gate.
    Gate,
    /// The tone stack.
    Tone,
    /// The cabinet.
    Cab,
    /// The tuner.
    Tuner,
    /// What was played last, again and again.
    Riff,
    /// Whole rigs, one after the other.
    Presets,
}

impl Group {
    /// All of them, in the order in which the table has them.
    pub fn all() -> impl Iterator<Item = Group> {
        let is_new = |at: usize, group| PARAMETERS[..at].iter().all(|row| row.group != group);
        let groups = PARAMETERS.iter().map(|row| row.group).enumerate();
        groups
            .filter(move |&(at, group)| is_new(at, group))
            .map(|(_, group)| group)
    }

    /// What hosts call it; empty for what belongs to the rig as a whole.
    pub fn name(self) -> &'static str {
        match self {
            Group::Rig => "",
            Group::Knobs => "Capture Knobs",
            Group::Slots => "Slots",
            Group::Browse => "Browse",
            Group::Levels => "Levels",
            Group::Gate => "Noise Gate",
            Group::Tone => "Tone",
            Group::Cab => "Cabinet",
            Group::Tuner => "Tuner",
            Group::Riff => "Riff",
            Group::Presets => "Presets",
        }
    }
}

/// What values a parameter has. As a plain value a switch is 0 or 1 and a choice the number of its
/// option.
#[derive(Debug, Clone)]
pub enum Kind {
    /// A number.
    Number(Number),
    /// On or off.
    Switch,
    /// One of several.
    Choice(&'static [ChoiceOption]),
    /// A switch that does something when it goes on, and stays down for nothing.
    Button,
    /// A text to read, which nobody sets. Its plain value is always 0.
    Readout,
}

/// A number with its range.
#[derive(Debug, Clone)]
pub struct Number {
    /// Where it can stand, in its unit (of a percentage: as a part of 1).
    pub range: RangeInclusive<f32>,
    /// How a way along a knob is a way along the range.
    pub taper: Taper,
    /// What it counts.
    pub unit: Unit,
    /// Where it is "Off", at one end of its range.
    pub off_at: Option<f32>,
}

/// How positions from 0 to 1 spread over a range.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Taper {
    /// Evenly.
    Linear,
    /// The part of the range is the position to the power of this: above 1, small values have more room.
    Power(f32),
}

/// What a number counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// Steps of a knob.
    None,
    /// Decibels.
    Db,
    /// Decibels over 0.775 V.
    Dbu,
    /// Milliseconds.
    Ms,
    /// Hertz.
    Hz,
    /// Seconds.
    Seconds,
    /// Parts of a whole, written as percent.
    Percent,
}

impl Parameter {
    /// What it is in `settings`, as a plain value.
    pub fn get(&self, settings: &Settings) -> f32 {
        (self.get)(settings)
    }

    /// Sets it to a plain value, brought into its range. NaN changes nothing.
    pub fn set(&self, settings: &mut Settings, plain: f32) {
        if !plain.is_nan() {
            (self.set)(settings, self.clamp(plain));
        }
    }

    /// What it is in a new rig.
    pub fn default(&self) -> f32 {
        self.get(&Settings::default())
    }

    /// Where its plain value can stand.
    pub fn range(&self) -> RangeInclusive<f32> {
        match &self.kind {
            Kind::Number(number) => number.range.clone(),
            Kind::Switch | Kind::Button | Kind::Readout => 0.0..=1.0,
            Kind::Choice(options) => 0.0..=(options.len() - 1) as f32,
        }
    }

    /// The nearest value that it can have.
    pub fn clamp(&self, plain: f32) -> f32 {
        let range = self.range();
        let plain = plain.clamp(*range.start(), *range.end());
        match self.kind {
            Kind::Number(_) => plain,
            _ => plain.round(),
        }
    }

    /// Where a plain value stands on a knob, 0 to 1.
    pub fn position(&self, plain: f32) -> f32 {
        let range = self.range();
        let (start, end) = (*range.start(), *range.end());
        let part = (plain.clamp(start, end) - start) / (end - start);
        match self.taper() {
            Taper::Linear => part,
            Taper::Power(power) => part.powf(1.0 / power),
        }
    }

    /// The plain value at a position from 0 to 1.
    pub fn at_position(&self, position: f32) -> f32 {
        let range = self.range();
        let (start, end) = (*range.start(), *range.end());
        let position = position.clamp(0.0, 1.0);
        let part = match self.taper() {
            Taper::Linear => position,
            Taper::Power(power) => position.powf(power),
        };
        // Not a lerp: its end would miss the range by a rounding.
        self.clamp(start + part * (end - start))
    }

    fn taper(&self) -> Taper {
        match &self.kind {
            Kind::Number(number) => number.taper,
            _ => Taper::Linear,
        }
    }

    pub(super) const fn new(
        number: u32,
        id: &'static str,
        name: &'static str,
        group: Group,
        kind: Kind,
    ) -> Self {
        Parameter {
            which: ParameterId::FIRST,
            number,
            id,
            name,
            caption: name,
            hint: "",
            option: "",
            group,
            kind,
            automatable: true,
            own: None,
            kept: true,
            get: |_| 0.0,
            set: |_, _| {},
        }
    }

    const fn caption(mut self, caption: &'static str) -> Self {
        self.caption = caption;
        self
    }

    pub(super) const fn hint(mut self, hint: &'static str) -> Self {
        self.hint = hint;
        self
    }

    const fn option(mut self, option: &'static str) -> Self {
        self.option = option;
        self
    }

    const fn not_automatable(mut self) -> Self {
        self.automatable = false;
        self
    }

    const fn own(mut self, group: OwnGroup) -> Self {
        self.own = Some(group);
        self
    }

    const fn not_kept(mut self) -> Self {
        self.kept = false;
        self
    }
}

pub(super) const fn number(range: RangeInclusive<f32>, unit: Unit) -> Kind {
    Kind::Number(Number {
        range,
        taper: Taper::Linear,
        unit,
        off_at: None,
    })
}

/// A time in ms; short ones have more room.
const fn time(range: RangeInclusive<f32>) -> Kind {
    Kind::Number(Number {
        range,
        taper: Taper::Power(2.0),
        unit: Unit::Ms,
        off_at: None,
    })
}

/// The frequency in Hz of a cut, which is off at one end of its range; low ones have more room.
const fn cut(range: RangeInclusive<f32>, off_at: f32) -> Kind {
    Kind::Number(Number {
        range,
        taper: Taper::Power(2.828_427),
        unit: Unit::Hz,
        off_at: Some(off_at),
    })
}

const PART: RangeInclusive<f32> = 0.0..=1.0;

/// Makes the table, and the ids of its rows: the field of [`Settings`], then what is said of it.
macro_rules! parameters {
    ($($which:ident { $($field:tt)+ } $row:expr;)+) => {
        /// A parameter, as its place in [`PARAMETERS`].
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[allow(missing_docs, reason = "the table says what they are")]
        pub enum ParameterId { $($which),+ }

        impl ParameterId {
            const FIRST: ParameterId = [$(ParameterId::$which),+][0];
        }

        /// Every parameter, in the order in which hosts show them.
        pub static PARAMETERS: [Parameter; [$(ParameterId::$which),+].len()] = [$(Parameter {
            which: ParameterId::$which,
            get: |settings| settings.$($field)+.to_plain(),
            set: |settings, plain| settings.$($field)+ = PlainValue::from_plain(plain),
            ..$row
        }),+];
    };
}

const fn row(
    number: u32,
    id: &'static str,
    name: &'static str,
    group: Group,
    kind: Kind,
) -> Parameter {
    Parameter::new(number, id, name, group, kind)
}

parameters! {
    Input { input_db } row(1, "input", "Input", Group::Rig, number(-20.0..=20.0, Unit::Db))
        .hint("Gain before the capture.")
        .option("input-gain");
    Output { output_db } row(2, "output", "Output", Group::Rig, number(-40.0..=40.0, Unit::Db))
        .hint("Gain at the end of the chain.")
        .option("output-gain");
    InputSource { source } row(3, "input_source", "Input Source", Group::Rig, Kind::Choice(Source::OPTIONS))
        .hint("What of a stereo input is played.")
        .option("source");
    Bypass { bypass } row(4, "bypass", "Bypass", Group::Rig, Kind::Switch)
        .hint("Lets the input pass through, as late as the rig would be.");
    Quality { slim } row(5, "quality", "Quality", Group::Rig, number(PART, Unit::Percent))
        .own(OwnGroup::Quality)
        .hint("The size of the capture: smaller takes less of the processor.");
    // In the window and in hosts they carry the names and numbers of the capture that plays.
    Knob1 { knobs[0] } row(101, "knob_1", "Capture Knob 1", Group::Knobs, number(PART, Unit::None))
        .own(OwnGroup::Knobs)
        .hint("A knob of the gear, in captures that have some.");
    Knob2 { knobs[1] } row(102, "knob_2", "Capture Knob 2", Group::Knobs, number(PART, Unit::None))
        .own(OwnGroup::Knobs)
        .hint("A knob of the gear, in captures that have some.");
    Knob3 { knobs[2] } row(103, "knob_3", "Capture Knob 3", Group::Knobs, number(PART, Unit::None))
        .own(OwnGroup::Knobs)
        .hint("A knob of the gear, in captures that have some.");
    Knob4 { knobs[3] } row(104, "knob_4", "Capture Knob 4", Group::Knobs, number(PART, Unit::None))
        .own(OwnGroup::Knobs)
        .hint("A knob of the gear, in captures that have some.");
    Pedal { pedal } row(6, "pedal", "Pedal", Group::Rig, Kind::Switch)
        .own(OwnGroup::Pedal)
        .hint("A capture of a pedal, played into the amp.");
    Slot { slot } row(201, "slot", "Slot", Group::Slots, Kind::Choice(SLOT_NUMBERS))
        .hint("Which slot plays.");
    PreviousSlot { buttons.previous_slot } row(202, "previous_slot", "Previous Slot", Group::Slots, Kind::Button)
        .hint("The slot before this one, past empty ones.");
    NextSlot { buttons.next_slot } row(203, "next_slot", "Next Slot", Group::Slots, Kind::Button)
        .hint("The slot after this one, past empty ones.");
    SlotFade { switching.fade_ms } row(204, "slot_fade", "Slot Fade", Group::Slots, time(SwitchSettings::FADE_MS))
        .caption("Fade")
        .hint("How long one slot fades into the next.");
    CabTail { switching.cab_tail } row(205, "cab_tail", "Cabinet Tail", Group::Slots, Kind::Switch)
        .caption("Cabinet tail")
        .hint("Lets the cabinet of the slot that is left ring out.");
    PreviousCapture { buttons.previous_capture } row(301, "previous_capture", "Previous Capture", Group::Browse, Kind::Button)
        .hint("The capture before this one in its folder.");
    NextCapture { buttons.next_capture } row(302, "next_capture", "Next Capture", Group::Browse, Kind::Button)
        .hint("The capture after this one in its folder.");
    PreviousPedal { buttons.previous_pedal } row(303, "previous_pedal", "Previous Pedal", Group::Browse, Kind::Button)
        .hint("The pedal before this one in its folder.");
    NextPedal { buttons.next_pedal } row(304, "next_pedal", "Next Pedal", Group::Browse, Kind::Button)
        .hint("The pedal after this one in its folder.");
    PreviousCab { buttons.previous_cab } row(305, "previous_cab", "Previous Cabinet", Group::Browse, Kind::Button)
        .hint("The cabinet before this one in its folder.");
    NextCab { buttons.next_cab } row(306, "next_cab", "Next Cabinet", Group::Browse, Kind::Button)
        .hint("The cabinet after this one in its folder.");
    OutputMode { levels.mode } row(401, "output_mode", "Output Mode", Group::Levels, Kind::Choice(OutputMode::OPTIONS))
        .hint("How loud captures come out.")
        .option("output-mode");
    CalibrateInput { levels.calibrate_input } row(402, "calibrate_input", "Calibrate Input", Group::Levels, Kind::Switch)
        .caption("Calibrate input")
        .hint("Drives the capture as hard as its gear was.")
        .option("calibrate-input");
    InterfaceLevel { levels.interface_dbu }
        row(403, "interface_level", "Interface Level", Group::Levels, number(LevelSettings::INTERFACE_DBU, Unit::Dbu))
        .caption("Interface level")
        .hint("The level that is full scale in your interface, in dBu.")
        .option("interface");
    Gate { gate.on } row(501, "gate", "Gate", Group::Gate, Kind::Switch)
        .own(OwnGroup::Gate)
        .hint("Turns the sound down while you do not play.")
        .option("gate");
    GateThreshold { gate.threshold_db }
        row(502, "gate_threshold", "Gate Threshold", Group::Gate, number(GateSettings::THRESHOLD_DB, Unit::Db))
        .caption("Threshold")
        .own(OwnGroup::Gate)
        .hint("The level at which the gate opens.")
        .option("gate-threshold");
    GateHold { gate.hold_ms } row(503, "gate_hold", "Gate Hold", Group::Gate, time(GateSettings::HOLD_MS))
        .caption("Hold")
        .own(OwnGroup::Gate)
        .hint("How long the gate stays open when the level has fallen.")
        .option("gate-hold");
    GateRelease { gate.release_ms } row(504, "gate_release", "Gate Release", Group::Gate, time(GateSettings::RELEASE_MS))
        .caption("Release")
        .own(OwnGroup::Gate)
        .hint("How long the gate takes to close.")
        .option("gate-release");
    GateRange { gate.range_db } row(505, "gate_range", "Gate Range", Group::Gate, number(GateSettings::RANGE_DB, Unit::Db))
        .caption("Range")
        .own(OwnGroup::Gate)
        .hint("The most that the gate turns down.")
        .option("gate-range");
    GateHysteresis { gate.hysteresis_db }
        row(506, "gate_hysteresis", "Gate Hysteresis", Group::Gate, number(GateSettings::HYSTERESIS_DB, Unit::Db))
        .caption("Hysteresis")
        .own(OwnGroup::Gate)
        .hint("How far below the threshold an open gate closes.")
        .option("gate-hysteresis");
    Tone { tone.on } row(601, "tone", "Tone", Group::Tone, Kind::Switch)
        .own(OwnGroup::Tone)
        .hint("Bass, middle and treble.")
        .option("tone");
    Bass { tone.bass } row(602, "bass", "Bass", Group::Tone, number(ToneSettings::KNOB, Unit::None))
        .own(OwnGroup::Tone)
        .hint("Below 150 Hz.")
        .option("bass");
    Middle { tone.middle } row(603, "middle", "Middle", Group::Tone, number(ToneSettings::KNOB, Unit::None))
        .own(OwnGroup::Tone)
        .hint("Around 425 Hz.")
        .option("middle");
    Treble { tone.treble } row(604, "treble", "Treble", Group::Tone, number(ToneSettings::KNOB, Unit::None))
        .own(OwnGroup::Tone)
        .hint("Above 1800 Hz.")
        .option("treble");
    TonePosition { tone.before_amp } row(605, "tone_position", "Tone Position", Group::Tone, Kind::Choice(TONE_POSITIONS))
        .own(OwnGroup::Tone)
        .hint("Where the tone controls stand.")
        .option("tone-position");
    Cab { cab.on } row(701, "cab", "Cab", Group::Cab, Kind::Switch)
        .own(OwnGroup::Cab)
        .hint("The loudspeaker and its microphone: impulse responses, from WAV, AIFF or FLAC files.");
    CabLevel { cab.normalized } row(702, "cab_level", "Cab Level", Group::Cab, Kind::Choice(CAB_LEVELS))
        .own(OwnGroup::Cab)
        .hint("How loud the cabinet is.")
        .option("ir-level");
    CabLowCut { cab.low_cut_hz }
        row(703, "cab_low_cut", "Cab Low Cut", Group::Cab, cut(CabSettings::LOW_CUT, *CabSettings::LOW_CUT.start()))
        .caption("Low cut")
        .own(OwnGroup::Cab)
        .hint("Takes away what is lower.")
        .option("low-cut");
    CabHighCut { cab.high_cut_hz }
        row(704, "cab_high_cut", "Cab High Cut", Group::Cab, cut(CabSettings::HIGH_CUT, *CabSettings::HIGH_CUT.end()))
        .caption("High cut")
        .own(OwnGroup::Cab)
        .hint("Takes away what is higher.")
        .option("high-cut");
    CabMix { cab.mix } row(705, "cab_mix", "Cab Mix", Group::Cab, number(CabSettings::MIX, Unit::Percent))
        .caption("Mix")
        .own(OwnGroup::Cab)
        .hint("How much of the sound goes through the cabinet.")
        .option("ir-mix");
    CabBlend { cab.blend } row(706, "cab_blend", "Cab Blend", Group::Cab, number(CabSettings::BLEND, Unit::Percent))
        .caption("Blend")
        .own(OwnGroup::Cab)
        .hint("From the first impulse response to the second.")
        .option("ir-blend");
    DcBlocker { dc_blocker } row(7, "dc_blocker", "DC Blocker", Group::Rig, Kind::Switch)
        .caption("DC blocker")
        .hint("Removes the DC offset that some captures add: inaudible, but it costs headroom.")
        .option("dc-blocker");
    // Both change the latency, which no host takes in mid-play.
    Oversampling { oversampling }
        row(8, "oversampling", "Oversampling", Group::Rig, Kind::Choice(Oversampling::OPTIONS))
        .not_automatable()
        .hint("Less aliasing of high notes, for as many times the work.")
        .option("oversampling");
    OfflineOversampling { offline_oversampling }
        row(9, "offline_oversampling", "Offline Oversampling", Group::Rig, Kind::Choice(OfflineOversampling::OPTIONS))
        .not_automatable()
        .hint("The same while the host renders.");
    Tuner { tuner.on } row(801, "tuner", "Tuner", Group::Tuner, Kind::Switch)
        .hint("Shows which note you play and how far off it is.");
    TunerMute { tuner.mute } row(802, "tuner_mute", "Tuner Mute", Group::Tuner, Kind::Switch)
        .caption("Mute")
        .hint("Silence while you tune.");
    TunerReference { tuner.reference_hz }
        row(803, "tuner_reference", "Tuner Reference", Group::Tuner, number(TunerSettings::REFERENCE_HZ, Unit::Hz))
        .caption("A4 reference")
        .hint("What the A above middle C is tuned to.");
    LoopRiff { riff.on } row(1001, "loop_riff", "Loop Riff", Group::Riff, Kind::Switch)
        .not_kept()
        .hint("Plays what you played last again and again, instead of the guitar.");
    RiffLength { riff.seconds } row(1002, "riff_length", "Riff Length", Group::Riff, number(RiffSettings::SECONDS, Unit::Seconds))
        .caption("Length")
        .hint("How much of what you played last is looped, at most.");
    PreviousPreset { buttons.previous_preset } row(1101, "previous_preset", "Previous Preset", Group::Presets, Kind::Button)
        .hint("The preset before this one in the setlist, or else in its folder.");
    NextPreset { buttons.next_preset } row(1102, "next_preset", "Next Preset", Group::Presets, Kind::Button)
        .hint("The preset after this one in the setlist, or else in its folder.");
    Status { status } row(901, "status", "Status", Group::Rig, Kind::Readout)
        .not_automatable()
        .hint("What does not play as the project means it.");
}

impl ParameterId {
    /// The knobs of a capture, in its order.
    pub const KNOBS: [ParameterId; MAX_CONTROLS] = [
        ParameterId::Knob1,
        ParameterId::Knob2,
        ParameterId::Knob3,
        ParameterId::Knob4,
    ];

    /// The one that hosts know by this number.
    pub fn from_number(number: u32) -> Option<Self> {
        let row = PARAMETERS.iter().find(|row| row.number == number);
        row.map(|row| row.which)
    }

    /// Its row in the table.
    pub fn row(self) -> &'static Parameter {
        &PARAMETERS[self as usize]
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn rows_are_told_apart_and_stand_at_their_place() {
        let mut ids = HashSet::new();
        let mut numbers = HashSet::new();
        let mut names = HashSet::new();
        for (at, row) in PARAMETERS.iter().enumerate() {
            assert_eq!(row.which as usize, at);
            let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_';
            assert!(row.id.bytes().all(plain), "{}", row.id);
            assert!((1..1 << 31).contains(&row.number), "{}", row.id);
            assert!(numbers.insert(row.number), "{} twice", row.number);
            assert_eq!(ParameterId::from_number(row.number), Some(row.which));
            assert!(ids.insert(row.id), "{} twice", row.id);
            assert!(names.insert(row.name), "{} twice", row.name);
            assert!(row.hint.ends_with('.'), "{} says nothing", row.name);
        }
    }

    #[test]
    fn each_row_reads_and_writes_a_setting_of_its_own() {
        for row in &PARAMETERS {
            let range = row.range();
            assert_eq!(row.clamp(row.default()), row.default(), "{}", row.id);
            if matches!(row.kind, Kind::Readout) {
                continue;
            }
            for value in [*range.start(), *range.end()] {
                let mut settings = Settings::default();
                row.set(&mut settings, value);
                assert_eq!(row.get(&settings), value, "{}", row.id);
                for other in PARAMETERS.iter().filter(|other| other.id != row.id) {
                    assert_eq!(other.get(&settings), other.default(), "{}", other.id);
                }
                // Beyond the range it stays in it, and NaN is no value.
                row.set(&mut settings, value + 1e9);
                assert_eq!(row.get(&settings), *range.end());
                row.set(&mut settings, f32::NAN);
                assert_eq!(row.get(&settings), *range.end());
            }
        }
    }

    #[test]
    fn positions_lead_back_to_their_values() {
        for row in &PARAMETERS {
            let range = row.range();
            assert_eq!(row.at_position(0.0), *range.start());
            assert_eq!(row.at_position(1.0), *range.end());
            for step in 0..=100 {
                let plain = row.at_position(step as f32 / 100.0);
                let again = row.at_position(row.position(plain));
                let close = 1e-4 * (range.end() - range.start());
                assert!(
                    (again - plain).abs() <= close,
                    "{}: {plain} {again}",
                    row.id
                );
            }
        }
    }
}
