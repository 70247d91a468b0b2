//! What can be set of each stage that has more than one control.

use super::choices::OutputMode;
use std::ops::RangeInclusive;

/// The user's side of levels. The default is the official plugin's.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LevelSettings {
    /// How loud captures come out.
    pub mode: OutputMode,
    /// Whether captures that know their input level are driven as hard as the gear would be.
    pub calibrate_input: bool,
    /// The analog level in dBu (RMS of a sine) that is full scale in the user's interface. -60 to 60.
    pub interface_dbu: f32,
}

impl LevelSettings {
    /// Range of [`LevelSettings::interface_dbu`].
    pub const INTERFACE_DBU: RangeInclusive<f32> = -60.0..=60.0;
}

impl Default for LevelSettings {
    fn default() -> Self {
        LevelSettings {
            mode: OutputMode::Normalized,
            calibrate_input: false,
            interface_dbu: 12.0,
        }
    }
}

/// What the knobs of the noise gate say. The default plays as the official plugin does at its own.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct GateSettings {
    /// Whether there is a gate at all.
    pub on: bool,
    /// Level in dB (0 dB: RMS of 1) at which it opens. -100 to 0.
    pub threshold_db: f32,
    /// How long it stays open when the level has fallen below, in ms. 0 to 500.
    ///
    /// The official plugin means to hold for 10 ms, but does not: it would begin when the gate is
    /// wholly open, and its way there is halved for ever. So 0 is what it plays.
    pub hold_ms: f32,
    /// How long it takes from open to as far as it closes at all, in ms. 5 to 1000.
    pub release_ms: f32,
    /// The most that it turns down, in dB. -120 to 0, and -120 is no limit.
    pub range_db: f32,
    /// How far below the threshold an open gate closes, in dB. 0 to 12.
    pub hysteresis_db: f32,
}

impl GateSettings {
    /// Range of [`GateSettings::threshold_db`].
    pub const THRESHOLD_DB: RangeInclusive<f32> = -100.0..=0.0;
    /// Range of [`GateSettings::hold_ms`].
    pub const HOLD_MS: RangeInclusive<f32> = 0.0..=500.0;
    /// Range of [`GateSettings::release_ms`].
    pub const RELEASE_MS: RangeInclusive<f32> = 5.0..=1000.0;
    /// Range of [`GateSettings::range_db`], from no limit to no gate.
    pub const RANGE_DB: RangeInclusive<f32> = -120.0..=0.0;
    /// Range of [`GateSettings::hysteresis_db`].
    pub const HYSTERESIS_DB: RangeInclusive<f32> = 0.0..=12.0;
}

impl Default for GateSettings {
    fn default() -> Self {
        GateSettings {
            on: true,
            threshold_db: -80.0,
            hold_ms: 0.0,
            release_ms: 50.0,
            range_db: -120.0,
            hysteresis_db: 0.0,
        }
    }
}

/// What the knobs of the tone stack say. The default is the official plugin's: on, all at 5.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ToneSettings {
    /// Whether there is a tone stack at all.
    pub on: bool,
    /// Whether the amp hears it; else it comes after the amp, as in the official plugin.
    pub before_amp: bool,
    /// Low shelf at 150 Hz: 4 dB a step. 0 to 10; 5 changes nothing.
    pub bass: f32,
    /// Peak at 425 Hz: 3 dB a step, narrower below 5 than above. 0 to 10; 5 changes nothing.
    pub middle: f32,
    /// High shelf at 1800 Hz: 2 dB a step. 0 to 10; 5 changes nothing.
    pub treble: f32,
}

impl ToneSettings {
    /// Where a knob can stand.
    pub const KNOB: RangeInclusive<f32> = 0.0..=10.0;
}

impl Default for ToneSettings {
    fn default() -> Self {
        ToneSettings {
            on: true,
            before_amp: false,
            bass: 5.0,
            middle: 5.0,
            treble: 5.0,
        }
    }
}

/// What the controls of a cabinet say.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CabSettings {
    /// Whether there is a cabinet at all.
    pub on: bool,
    /// Whether impulse responses are made equally loud, instead of as loud as in the official
    /// plugin; see [`crate::ImpulseResponse::gain_db`].
    pub normalized: bool,
    /// What lies below this, in Hz, is taken out of the cabinet's sound: 12 dB an octave, Butterworth.
    /// See [`CabSettings::LOW_CUT`].
    pub low_cut_hz: f32,
    /// The same of what lies above. See [`CabSettings::HIGH_CUT`].
    pub high_cut_hz: f32,
    /// How much is heard of the cabinet, 0 to 1; the rest is what came in.
    pub mix: f32,
    /// How much of it is the second impulse response, 0 to 1; the rest is the first. Microphones on
    /// one cabinet are much alike, so this is a linear crossfade. Of no meaning where there is only one.
    pub blend: f32,
}

impl CabSettings {
    /// Where the low cut can stand, in Hz; at the lower end it is off.
    pub const LOW_CUT: RangeInclusive<f32> = 20.0..=800.0;
    /// Where the high cut can stand, in Hz; at the upper end it is off.
    pub const HIGH_CUT: RangeInclusive<f32> = 1_000.0..=20_000.0;
    /// Where [`CabSettings::mix`] can stand.
    pub const MIX: RangeInclusive<f32> = 0.0..=1.0;
    /// Where [`CabSettings::blend`] can stand.
    pub const BLEND: RangeInclusive<f32> = 0.0..=1.0;
}

impl Default for CabSettings {
    /// The impulse response alone, as loud as in the official plugin; of two both equally, for who
    /// loads a second one wants to hear it, and neither is the main one.
    fn default() -> Self {
        CabSettings {
            on: true,
            normalized: false,
            low_cut_hz: *Self::LOW_CUT.start(),
            high_cut_hz: *Self::HIGH_CUT.end(),
            mix: 1.0,
            blend: 0.5,
        }
    }
}

/// What the tuner does.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TunerSettings {
    /// Whether it listens.
    pub on: bool,
    /// Whether the output is silent while it is on.
    pub mute: bool,
    /// The A above middle C, in Hz. 430 to 450.
    pub reference_hz: f32,
}

impl TunerSettings {
    /// Range of [`TunerSettings::reference_hz`].
    pub const REFERENCE_HZ: RangeInclusive<f32> = 430.0..=450.0;
}

impl Default for TunerSettings {
    /// Off, silent while it is on, at concert pitch.
    fn default() -> Self {
        TunerSettings {
            on: false,
            mute: true,
            reference_hz: 440.0,
        }
    }
}

/// The loop of what was played last.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RiffSettings {
    /// Whether it plays instead of the guitar.
    pub on: bool,
    /// How long it is at most, in s. 2 to 30.
    pub seconds: f32,
}

impl RiffSettings {
    /// Range of [`RiffSettings::seconds`].
    pub const SECONDS: RangeInclusive<f32> = 2.0..=30.0;
}

impl Default for RiffSettings {
    fn default() -> Self {
        RiffSettings {
            on: false,
            seconds: 8.0,
        }
    }
}
