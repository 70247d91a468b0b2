//! Everything that can be set, as plain values.

use super::choices::{OfflineOversampling, Oversampling, Source};
use super::slot_settings::SwitchSettings;
use super::stage_settings::{
    CabSettings, GateSettings, LevelSettings, RiffSettings, ToneSettings, TunerSettings,
};
use crate::format::controls::{KnobPositions, MAX_CONTROLS};

/// Everything that can be set in a rig. The default is what a guitarist knows from the official
/// plugin. [`super::PARAMETERS`] says what each of them is called and where it can stand.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Settings {
    /// Gain before the capture, in dB.
    pub input_db: f32,
    /// Gain at the end, in dB.
    pub output_db: f32,
    /// What of a stereo input is played.
    pub source: Source,
    /// Passes the input through, as late as the capture's sound would be.
    pub bypass: bool,
    /// The size of a capture that has several, 0 (smallest) to 1 (full).
    pub slim: f32,
    /// Where the knobs of a capture that has some stand.
    pub knobs: KnobPositions,
    /// Whether the pedal before the capture is on.
    pub pedal: bool,
    /// Which slot plays, less than [`super::SLOTS`].
    pub slot: usize,
    /// How one slot is gone over to from another.
    pub switching: SwitchSettings,
    /// Buttons that bring something else into play.
    pub buttons: Buttons,
    /// How hard captures are driven and how loud they come out.
    pub levels: LevelSettings,
    /// The noise gate.
    pub gate: GateSettings,
    /// The tone stack.
    pub tone: ToneSettings,
    /// The cabinet.
    pub cab: CabSettings,
    /// Whether offsets are taken out.
    pub dc_blocker: bool,
    /// The tuner.
    pub tuner: TunerSettings,
    /// What was played last, looped.
    pub riff: RiffSettings,
    /// At how many times its rate a capture plays.
    pub oversampling: Oversampling,
    /// The same while the host renders.
    pub offline_oversampling: OfflineOversampling,
    /// Nothing to set: a text to read.
    pub status: (),
}

impl Default for Settings {
    fn default() -> Self {
        Settings {
            input_db: 0.0,
            output_db: 0.0,
            source: Source::default(),
            bypass: false,
            slim: 1.0,
            knobs: [0.5; MAX_CONTROLS],
            pedal: true,
            slot: 0,
            switching: SwitchSettings::default(),
            buttons: Buttons::default(),
            levels: LevelSettings::default(),
            gate: GateSettings::default(),
            tone: ToneSettings::default(),
            cab: CabSettings::default(),
            dc_blocker: true,
            tuner: TunerSettings::default(),
            riff: RiffSettings::default(),
            oversampling: Oversampling::default(),
            offline_oversampling: OfflineOversampling::default(),
            status: (),
        }
    }
}

impl Settings {
    /// At how many times its rate the capture plays: 1, 2, 4 or 8.
    pub fn oversampling_factor(&self, offline: bool) -> usize {
        match offline {
            false => self.oversampling.factor(),
            true => self
                .offline_oversampling
                .resolve(self.oversampling)
                .factor(),
        }
    }
}

/// Which buttons are down. Each acts when it goes down.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Buttons {
    /// The slot before this one.
    pub previous_slot: bool,
    /// The one after it.
    pub next_slot: bool,
    /// The capture before this one in its folder.
    pub previous_capture: bool,
    /// The one after it.
    pub next_capture: bool,
    /// The same for the pedal.
    pub previous_pedal: bool,
    /// The same for the pedal.
    pub next_pedal: bool,
    /// The same for the cabinet.
    pub previous_cab: bool,
    /// The same for the cabinet.
    pub next_cab: bool,
    /// The preset before this one.
    pub previous_preset: bool,
    /// The one after it.
    pub next_preset: bool,
}
