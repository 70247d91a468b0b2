//! How loud a slot plays what was played last, and the levels with which slots are equally loud. Loudness
//! is integrated loudness by EBU R 128, in LUFS.

use ebur128::{EbuR128, Mode};
use gridleak_core::{Chain, Recording, SLOTS, SlotSettings};

/// Frames that are played at once.
const PIECE: usize = 1024;

/// A level that misses another by less than this is as good as that, in dB.
const CLOSE: f64 = 0.1;

/// What there is to show of the work.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(crate) enum MatchStatus {
    /// Nothing is done, or no longer: what came of it is said in a message.
    #[default]
    Idle,
    /// Slots are being measured: this part of it is done, 0 to 1.
    Measures(f32),
}

/// A recording on its way through a chain, and what was heard of it so far.
pub(crate) struct Measurement {
    chain: Chain,
    meter: EbuR128,
    /// Frames that were played.
    played: usize,
}

/// The levels of slots, and what each had to be.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Agreement {
    /// The level of each slot that is to have another one than it has, in dB.
    pub(crate) levels: [Option<f32>; SLOTS],
    /// By how many dB each slot stays louder (softer where negative), for its level goes no further.
    pub(crate) missed: [Option<f64>; SLOTS],
}

fn meter(channels: usize, rate: f64) -> Option<EbuR128> {
    EbuR128::new(channels as u32, rate.round() as u32, Mode::I).ok()
}

/// What a meter heard; `None` for silence.
fn heard(meter: &EbuR128) -> Option<f64> {
    let loudness = meter.loudness_global().ok()?;
    loudness.is_finite().then_some(loudness)
}

/// How loud a recording is by itself; `None` for silence, and at rates for which there is no measure.
pub(crate) fn loudness(recording: &Recording) -> Option<f64> {
    let mut meter = meter(recording.channels.len(), recording.rate)?;
    let channels: Vec<&[f32]> = recording.channels.iter().map(|side| &side[..]).collect();
    meter.add_frames_planar_f32(&channels).ok()?;
    heard(&meter)
}

impl Measurement {
    /// Of what a chain makes of a recording that was made for as many channels and the same rate. `None` at
    /// rates for which there is no measure.
    pub(crate) fn new(chain: Chain) -> Option<Self> {
        let config = chain.config();
        Some(Measurement {
            meter: meter(config.outputs, config.rate)?,
            chain,
            played: 0,
        })
    }

    /// The part of the recording that was played.
    pub(crate) fn progress(&self, recording: &Recording) -> f32 {
        self.played as f32 / recording.channels[0].len().max(1) as f32
    }

    /// Plays a piece; says whether there is more.
    pub(crate) fn step(&mut self, recording: &Recording) -> bool {
        let frames = recording.channels[0].len();
        let piece = self.played..frames.min(self.played + PIECE);
        let mut sides = [[0.0; PIECE]; 2];
        for (side, played) in sides.iter_mut().zip(&recording.channels) {
            side[..piece.len()].copy_from_slice(&played[piece.clone()]);
        }
        let [left, right] = &mut sides;
        let mut channels = [&mut left[..piece.len()], &mut right[..piece.len()]];
        let channels = &mut channels[..self.chain.config().outputs];
        self.chain.process(channels);
        let channels = channels.iter().map(|side| &**side);
        let _long_enough = self
            .meter
            .add_frames_planar_f32(&channels.collect::<Vec<_>>());
        self.played = piece.end;
        self.played < frames
    }

    /// How loud it was; `None` for silence.
    pub(crate) fn loudness(&self) -> Option<f64> {
        heard(&self.meter)
    }
}

/// The levels with which all slots that were measured are as loud as `like`. `measured`: how loud each is at
/// a level of 0 dB.
pub(crate) fn agree(
    measured: &[Option<f64>; SLOTS],
    levels: &[f32; SLOTS],
    like: usize,
) -> Agreement {
    let (low, high) = SlotSettings::LEVEL_DB.into_inner();
    let mut agreement = Agreement {
        levels: [None; SLOTS],
        missed: [None; SLOTS],
    };
    let Some(own) = measured[like] else {
        return agreement;
    };
    let wanted = own + f64::from(levels[like]);
    for slot in (0..SLOTS).filter(|&slot| slot != like) {
        let Some(own) = measured[slot] else {
            continue;
        };
        // As a knob shows it.
        let level = ((10.0 * (wanted - own)).round() / 10.0) as f32;
        let level = level.clamp(low, high);
        let missed = own + f64::from(level) - wanted;
        agreement.levels[slot] = Some(level).filter(|level| *level != levels[slot]);
        agreement.missed[slot] = Some(missed).filter(|missed| missed.abs() > CLOSE);
    }
    agreement
}

#[cfg(test)]
mod tests {
    use gridleak_core::RecentInput;

    use super::*;

    fn sine(level: f32, frames: usize) -> Vec<f32> {
        let at = |n: usize| (std::f32::consts::TAU * 997.0 * n as f32 / 48_000.0).sin();
        (0..frames).map(|n| level * at(n)).collect()
    }

    fn recording(channels: Vec<Vec<f32>>) -> Recording {
        let kept = RecentInput::new(48_000.0, channels.len());
        let mut recording = kept.read(1.0);
        recording.channels = channels;
        recording
    }

    /// EBU Tech 3341, cases 1 and 2: a sine of 1 kHz in both channels at -23 and -33 dBFS.
    #[test]
    fn loudness_is_what_the_standard_says() {
        for lufs in [-23.0f64, -33.0] {
            let side = sine(10f64.powf(lufs / 20.0) as f32, 20 * 48_000);
            let found = loudness(&recording(vec![side.clone(), side])).unwrap();
            assert!((found - lufs).abs() < 0.1, "{found}");
        }
        assert_eq!(loudness(&recording(vec![vec![0.0; 480_000]])), None);
        assert_eq!(loudness(&recording(vec![Vec::new()])), None);
    }

    #[test]
    fn slots_agree_with_the_one_that_is_asked_for_as_far_as_levels_go() {
        let mut measured = [None; SLOTS];
        measured[..5].copy_from_slice(&[Some(-20.0), Some(-14.3), None, Some(-58.0), Some(-20.0)]);
        let mut levels = [0.0; SLOTS];
        levels[1] = -3.0;
        levels[4] = 2.7;
        let found = agree(&measured, &levels, 1);
        assert_eq!(found.levels[..3], [Some(2.7), None, None]);
        assert_eq!(found.levels[3..5], [Some(20.0), None]);
        assert!(found.missed[3].is_some_and(|missed| (missed + 20.7).abs() < 1e-6));
        assert_eq!(found.missed.iter().flatten().count(), 1);
        // With a slot that is silent, nothing can agree.
        assert_eq!(agree(&measured, &levels, 2).levels, [None; SLOTS]);
    }
}
