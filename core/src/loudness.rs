//! How loud a capture is, so that captures can be brought to one level.
//!
//! A capture's `metadata.loudness` is the RMS in dB (0 dB: RMS of 1) of what the net plays for the
//! trainer's standard input. Where a file does not give it, it is measured here with a signal of our
//! own, built to what that input is like: one second of pink noise at the level of a guitar that is
//! played hard. Trained captures measure within half a decibel of what their trainer wrote.
//!
//! The recipe: sines at whole cycles per signal from 2 up, each a twentieth further than the last
//! (at least 1) and as strong as makes equal power per octave, with phases from a small generator;
//! together at -14.9 dB RMS with an offset of -0.04. The offset is no accident. The standard input
//! holds one too, and nets that were never shown plain gear answer it.
//!
//! The trainer plays the same samples whatever the rate of the capture, hence so does this.

use std::f64::consts::TAU;
use std::fmt;
use std::ops::RangeInclusive;
use std::sync::LazyLock;

/// Samples of the signal.
pub(crate) const LENGTH: usize = 48_000;
/// Cycles per signal of the lowest sine.
const LOWEST: usize = 2;
/// Each sine lies this part of its frequency above the one before it.
const SPACING: usize = 20;
/// RMS of the signal in dB, offset included.
const LEVEL: f64 = -14.9;
const OFFSET: f64 = -0.04;
/// Any will do: a dozen others moved the loudness of trained captures by 0.2 dB at most.
const SEED: u64 = 7;
/// What is not louder than this, in dB, is silence: rounding, or an offset nobody can hear.
const SILENCE: f64 = -120.0;
/// What a file may give, in dB. Trained captures have -40 to 0; what is far beyond that is damage,
/// and a gain made from it would be silence or pain.
const BELIEVED: RangeInclusive<f64> = -100.0..=30.0;
/// What a file gives may be off by, in dB. What their trainer wrote into captures is off by less than
/// one; a gain made from what is off by more than this would be a surprise.
const TOLERANCE: f64 = 10.0;

/// The same for all captures, so made once: that takes longer than most of them take to play it.
pub(crate) static SIGNAL: LazyLock<Vec<f32>> = LazyLock::new(signal);

/// The level in dB that captures are brought to, as in the official plugin.
pub const TARGET_LEVEL: f64 = -18.0;
/// The most that a level is changed by, in dB: a capture that hardly sounds is not made to hiss.
const MAX_GAIN: f64 = 40.0;

/// How loud a capture is, and how that is known.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Loudness {
    /// RMS in dB of the output for the trainer's standard input; 0 dB is an RMS of 1.
    pub db: f64,
    /// Where the figure comes from.
    pub source: LoudnessSource,
}

impl Loudness {
    /// What brings the capture to [`TARGET_LEVEL`], or 40 dB towards it, in dB.
    pub fn gain_db(&self) -> f64 {
        (TARGET_LEVEL - self.db).clamp(-MAX_GAIN, MAX_GAIN)
    }
}

/// Where a [`Loudness`] comes from.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum LoudnessSource {
    /// The file gives it, and what the capture plays is not far from it.
    Given,
    /// The file does not give it, so it was measured.
    Measured,
    /// It was measured, for what the file gives is too far from what the capture plays.
    Corrected {
        /// What the file gives, in dB.
        given: f64,
    },
}

impl fmt::Display for LoudnessSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            LoudnessSource::Given => f.write_str("given"),
            LoudnessSource::Measured => f.write_str("measured"),
            LoudnessSource::Corrected { given } => {
                write!(f, "measured, while the file says {given:.1} dB")
            }
        }
    }
}

/// Whether a capture that plays at `played` dB may be said to have a loudness of `given` dB.
pub(crate) fn is_believable(given: f64, played: Option<f64>) -> bool {
    let near = |played: f64| (given - played).abs() <= TOLERANCE;
    BELIEVED.contains(&given) && played.is_some_and(near)
}

/// The level of samples in dB: 0 for an RMS of 1. None for silence and for what is no number.
pub(crate) fn level(samples: &[f32]) -> Option<f64> {
    let power = power(samples.iter().map(|&sample| f64::from(sample)));
    let db = 10.0 * (power / samples.len() as f64).log10();
    (db.is_finite() && db > SILENCE).then_some(db)
}

fn signal() -> Vec<f32> {
    let sine: Vec<f64> = (0..LENGTH)
        .map(|i| (TAU * i as f64 / LENGTH as f64).sin())
        .collect();
    let mut noise = vec![0.0; LENGTH];
    let mut random = SEED;
    let mut cycles = LOWEST;
    while cycles < LENGTH / 2 {
        let step = (cycles / SPACING).max(1);
        let amplitude = (step as f64 / cycles as f64).sqrt();
        // Knuth's generator, whose high bits are the good ones.
        random = random
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        let mut place = ((random >> 48) as usize * LENGTH) >> 16;
        for sample in &mut noise {
            *sample += amplitude * sine[place];
            place += cycles;
            if place >= LENGTH {
                place -= LENGTH;
            }
        }
        cycles += step;
    }
    let target = 10f64.powf(LEVEL / 10.0) - OFFSET * OFFSET;
    let gain = (target * LENGTH as f64 / power(noise.iter().copied())).sqrt();
    noise
        .iter()
        .map(|sample| (gain * sample + OFFSET) as f32)
        .collect()
}

/// Sum of the squares of samples.
fn power(samples: impl Iterator<Item = f64>) -> f64 {
    samples.map(|sample| sample * sample).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Its beginning stands for all of it, and is loud from its first samples on.
    #[test]
    fn the_signal_begins_as_it_goes_on() {
        let whole = level(&SIGNAL).unwrap();
        assert!((whole - LEVEL).abs() < 1e-6, "{whole}");
        let start = level(&SIGNAL[..LENGTH / 10]).unwrap();
        assert!((start - whole).abs() < 1.0, "{start}");
        let first = level(&SIGNAL[..10]).unwrap();
        assert!((first - whole).abs() < 10.0, "{first}");
    }
}
