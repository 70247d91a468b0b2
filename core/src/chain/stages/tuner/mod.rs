//! The tuner: tells which note the guitar plays and how far off it is, and mutes the sound meanwhile.

mod correlation;
mod decimator;
mod history;
mod partials;
mod pitch;
#[cfg(test)]
mod tests;

use crate::chain::stage::{Block, Stage, on};
use crate::chain::switch::Switch;
use crate::engine::BLOCK;
use crate::rig::{Settings, TunerSettings};
use pitch::PitchDetector;

/// What the tuner hears.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TunerReading {
    /// The pitch in Hz: the frequency of the lowest partial, whatever the stiffness of the string does
    /// to the others.
    pub frequency_hz: f32,
    /// The nearest note as a MIDI number: 69 is the A of the reference.
    pub note: u8,
    /// How far the pitch is above that note, in cents (hundredths of a semitone). -50 to 50.
    pub cents: f32,
    /// How alike one period and the next are: 1 if they are the same, less with noise or another note
    /// in it. 0.8 to 1.
    pub clarity: f32,
}

impl TunerReading {
    /// What a pitch in Hz is where the A above middle C has the frequency `reference`, in Hz.
    pub fn new(frequency: f64, clarity: f32, reference: f64) -> Self {
        let semitones = 69.0 + 12.0 * (frequency / reference).log2();
        let note = f64::round(semitones);
        TunerReading {
            frequency_hz: frequency as f32,
            note: note as u8,
            cents: (100.0 * (semitones - note)) as f32,
            clarity,
        }
    }

    /// The note's name without its octave: `C`, `C#` and so on to `B`.
    pub fn name(&self) -> &'static str {
        const NAMES: [&str; 12] = [
            "C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B",
        ];
        NAMES[usize::from(self.note % 12)]
    }

    /// The note's octave: middle C begins the 4th.
    pub fn octave(&self) -> i32 {
        i32::from(self.note / 12) - 1
    }
}

/// A tuner in two parts: [`Tuner::detect`] hears the guitar as it comes in, [`Tuner::silence`] mutes
/// what the chain makes of it.
pub(crate) struct Tuner {
    settings: TunerSettings,
    detector: PitchDetector,
    /// On while nothing is to be heard.
    mute: Switch,
    offline: bool,
}

impl Tuner {
    /// A tuner with [`TunerSettings::default`]. `rate` in Hz.
    pub(crate) fn new(rate: f64) -> Self {
        Tuner {
            settings: TunerSettings::default(),
            detector: PitchDetector::new(rate),
            mute: Switch::new(false, rate),
            offline: false,
        }
    }

    /// Brings the reference into its range, or leaves it as it was if it is no number.
    pub(crate) fn set(&mut self, settings: TunerSettings) {
        let before = self.settings;
        let (low, high) = TunerSettings::REFERENCE_HZ.into_inner();
        self.settings = TunerSettings {
            reference_hz: match settings.reference_hz.is_finite() {
                true => settings.reference_hz.clamp(low, high),
                false => before.reference_hz,
            },
            ..settings
        };
        if settings.on && !before.on {
            self.detector.reset();
        }
        self.mute.set(settings.on && settings.mute && !self.offline);
    }

    /// Whether the host renders: then nothing is muted.
    pub(crate) fn set_offline(&mut self, offline: bool) {
        if self.offline != offline {
            self.offline = offline;
            self.set(self.settings);
            self.mute.finish();
        }
    }

    /// Hears the mean of what comes in, one channel or two.
    pub(crate) fn detect<Channel: AsRef<[f32]>>(&mut self, input: &[Channel]) {
        if !self.settings.on {
            return;
        }
        match input {
            [] => {}
            [only] => only.as_ref().iter().for_each(|&s| self.detector.push(s)),
            [left, right, ..] => {
                for (left, right) in left.as_ref().iter().zip(right.as_ref()) {
                    self.detector.push(0.5 * (left + right));
                }
            }
        }
    }

    /// Mutes, at most 64 frames in a call.
    pub(crate) fn silence(&mut self, channels: &mut [&mut [f32]]) {
        if !self.mute.is_off() {
            self.mute.fade(channels, &[[0.0; BLOCK]; 2]);
        }
    }

    /// The note that is played, if the tuner is on and hears a clear one.
    pub(crate) fn reading(&self) -> Option<TunerReading> {
        let pitch = self.detector.pitch().filter(|_| self.settings.on)?;
        let reference = f64::from(self.settings.reference_hz);
        Some(TunerReading::new(pitch.frequency, pitch.clarity, reference))
    }
}

impl Stage for Tuner {
    fn update(&mut self, settings: &Settings) {
        self.set(settings.tuner);
    }

    fn finish(&mut self) {
        self.mute.finish();
    }

    fn reset(&mut self) {
        self.detector.reset();
    }

    fn play(&mut self, block: &mut Block) {
        let mut guitar = block.guitar;
        on(&mut guitar, block.channels, block.frames, |guitar| {
            self.detect(guitar);
        });
        block.sound(|channels| self.silence(channels));
    }
}
