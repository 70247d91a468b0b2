//! A capture at the host's rate.

mod dual_mono;
mod knobs;
pub(super) mod rate;

use self::dual_mono::DualMono;
use self::rate::{MAX_STREAMS, RateMatch};
use super::config::{ProcessConfig, Voicing};
use super::stage::Sides;
use crate::capture::Capture;
use crate::engine::BLOCK;
use crate::format::controls::KnobPositions;
use crate::simd::SimdLevel;

/// Seconds after which a recurrent capture that has heard what the others heard plays what it would
/// have played had it heard all of it. Such captures forget sooner than [`crate::Model::settle_frames`]
/// allows for.
const RECURRENT_MEMORY: f64 = 0.1;

/// A capture made ready to play at a host's rate: an instance for each side, and conversion to its
/// own rate and back.
pub(super) struct HostRateCapture {
    nets: DualMono,
    rate: Option<RateMatch>,
    /// Sides that it hears, and channels that it makes.
    streams: (usize, usize),
    settle_frames: usize,
    latency: usize,
}

impl HostRateCapture {
    /// Makes a capture ready.
    ///
    /// # Errors
    /// In words, if it cannot play in such a config.
    pub(super) fn new(
        capture: &Capture,
        config: ProcessConfig,
        voicing: &Voicing,
        level: SimdLevel,
    ) -> Result<Self, String> {
        // One input is the guitar's, all others are knobs: what else they might be, nobody knows.
        capture.controls().map_err(|reason| reason.to_string())?;
        let outs = capture.out_channels();
        if outs > MAX_STREAMS {
            return Err(format!(
                "it has {outs} outputs, more than a plugin plays ({MAX_STREAMS}). Load another capture."
            ));
        }
        let lanes = if outs == 1 { config.inputs } else { 1 };
        let streams = (lanes, lanes.max(outs));
        let inside = capture.sample_rate();
        let nets = DualMono::new(capture, lanes, voicing.slim, voicing.knobs, level);
        let heard = match nets.is_recurrent() {
            true => (RECURRENT_MEMORY * inside).min(nets.settle_frames() as f64),
            false => nets.settle_frames() as f64,
        };
        let rate = (config.rate != inside)
            .then(|| RateMatch::new(config.rate, inside, streams.0, streams.1))
            .transpose()?;
        let latency = RateMatch::latency(config.rate, inside);
        Ok(HostRateCapture {
            nets,
            rate,
            streams,
            settle_frames: (heard * config.rate / inside).ceil() as usize + latency,
            latency,
        })
    }

    /// Frames from its input to its output.
    pub(super) fn latency(&self) -> usize {
        self.latency
    }

    /// Frames that it has to hear before it plays as if it had always played.
    pub(super) fn settle_frames(&self) -> usize {
        self.settle_frames
    }

    /// Chooses the size of a capture that has several; see [`crate::Model::set_slim`].
    pub(super) fn set_slim(&mut self, value: f64) {
        self.nets.set_slim(value);
    }

    /// Is at once in the size that was chosen, which has to hear all that it remembers before it is heard.
    pub(super) fn jump(&mut self) {
        self.nets.jump();
    }

    /// Turns the knobs of a capture that has some.
    pub(super) fn set_knobs(&mut self, positions: &KnobPositions) {
        self.nets.set_knobs(positions);
    }

    /// Has the knobs at once where they are going.
    pub(super) fn finish(&mut self) {
        self.nets.finish();
    }

    /// Back to where silence leaves it.
    pub(super) fn reset(&mut self) {
        self.nets.reset();
        if let Some(rate) = &mut self.rate {
            rate.reset();
        }
    }

    /// Plays `frames` frames, at most [`BLOCK`].
    pub(super) fn process(&mut self, input: &Sides, output: &mut Sides, frames: usize) {
        let (ins, outs) = self.streams;
        let input = input.each_ref().map(|side| &side[..frames]);
        let mut played = [[0.0; BLOCK]; MAX_STREAMS];
        {
            let mut played = played.each_mut().map(|stream| &mut stream[..frames]);
            let (input, played) = (&input[..ins], &mut played[..outs]);
            let nets = &mut self.nets;
            match &mut self.rate {
                Some(rate) => rate.process(input, played, |i, o| nets.process(i, o)),
                None => nets.process(input, played),
            }
        }
        for (channel, output) in output.iter_mut().enumerate() {
            output[..frames].copy_from_slice(&played[channel.min(outs - 1)][..frames]);
        }
    }
}
