//! A capture made ready to play in a chain.

use super::crossfade::Player;
use super::delay::Delay;
use super::dual_mono::DualMono;
use super::rate::{MAX_STREAMS, RateMatch};
use crate::capture::Capture;
use crate::engine::BLOCK;
use crate::simd::Level;

/// Seconds after which a recurrent capture that has heard what the others heard plays what it would
/// have played had it heard all of it. Such captures forget sooner than [`crate::Model::memory`]
/// allows for.
const RECURRENT_MEMORY: f64 = 0.1;

/// A piece of sound: up to [`BLOCK`] frames of two channels.
pub(super) type Piece = [[f32; BLOCK]; 2];

/// What a capture has to fit into.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Setup {
    /// The host's sample rate in Hz.
    pub rate: f64,
    /// Channels that come in, 1 or 2.
    pub inputs: usize,
    /// Channels that go out, 1 or 2, not fewer than come in.
    pub outputs: usize,
    /// Frames at the host's rate that everything is late by, at least [`latency`] of the capture.
    pub latency: usize,
}

/// How a capture is to sound.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Voicing {
    /// What brings it to the level of the others, in dB.
    pub gain_db: f64,
    /// The size of a capture that has several, from 0 (smallest) to 1 (full).
    pub slim: f64,
}

impl Default for Voicing {
    /// As it is, in full size.
    fn default() -> Self {
        Voicing {
            gain_db: 0.0,
            slim: 1.0,
        }
    }
}

/// Frames at the rate `host` by which a capture of the rate `capture` is late, both in Hz: what
/// converting there and back takes; 0 if they are the same.
pub fn latency(host: f64, capture: f64) -> usize {
    RateMatch::latency(host, capture)
}

/// A capture made ready to play in a [`super::Chain`]: an instance for each side, conversion to its
/// rate and back, its level, and a delay to the latency that the host was told.
///
/// Making one takes time and memory, and so does dropping it: neither is for the audio thread.
pub struct Amp {
    player: DualMono,
    rate: Option<RateMatch>,
    align: [Delay; 2],
    /// What the output is multiplied by.
    gain: f32,
    setup: Setup,
    /// Channels of the capture, or one for each side.
    streams: (usize, usize),
    memory: usize,
    ticket: u64,
}

impl Amp {
    /// Makes a capture ready. `ticket` is the caller's, to know it by.
    ///
    /// # Errors
    /// In words, if it cannot play in such a setup.
    pub fn new(
        capture: &Capture,
        setup: Setup,
        voicing: Voicing,
        ticket: u64,
        level: Level,
    ) -> Result<Self, String> {
        let (ins, outs) = (capture.in_channels(), capture.out_channels());
        if ins > MAX_STREAMS || outs > MAX_STREAMS {
            return Err(format!(
                "it has {ins} inputs and {outs} outputs, more than a plugin plays ({MAX_STREAMS}). Load another capture."
            ));
        }
        let dual = (ins, outs) == (1, 1);
        let lanes = if dual { setup.inputs } else { 1 };
        let streams = if dual { (lanes, lanes) } else { (ins, outs) };
        let inside = capture.sample_rate();
        let player = DualMono::new(capture, lanes, voicing.slim, level);
        let heard = match player.is_recurrent() {
            true => (RECURRENT_MEMORY * inside).min(player.memory() as f64),
            false => player.memory() as f64,
        };
        let rate = (setup.rate != inside)
            .then(|| RateMatch::new(setup.rate, inside, streams.0, streams.1))
            .transpose()?;
        let own = latency(setup.rate, inside);
        let spare = setup.latency.checked_sub(own).ok_or_else(|| {
            format!("it is late by {own} samples, but the host expects {}. Stop and start the host's audio.", setup.latency)
        })?;
        Ok(Amp {
            player,
            rate,
            align: [Delay::new(spare), Delay::new(spare)],
            gain: 10f64.powf(voicing.gain_db / 20.0) as f32,
            setup,
            streams,
            memory: (heard * setup.rate / inside).ceil() as usize + setup.latency,
            ticket,
        })
    }

    /// The caller's number of it.
    pub fn ticket(&self) -> u64 {
        self.ticket
    }

    /// What it was made for.
    pub fn setup(&self) -> Setup {
        self.setup
    }

    /// Chooses the size of a capture that has several; see [`crate::Model::set_slim`].
    pub fn set_slim(&mut self, value: f64) {
        self.player.set_slim(value);
    }
}

impl Player for Amp {
    const SILENT_WITHOUT: bool = true;

    fn ticket(&self) -> u64 {
        self.ticket
    }

    fn memory(&self) -> usize {
        self.memory
    }

    fn reset(&mut self) {
        self.player.reset();
        if let Some(rate) = &mut self.rate {
            rate.reset();
        }
        self.align.iter_mut().for_each(Delay::reset);
    }

    fn process(&mut self, input: &Piece, output: &mut Piece, frames: usize) {
        let (ins, outs) = self.streams;
        // The last side that there is stands in for those that a capture has beyond it.
        let last = self.setup.inputs - 1;
        let input: [&[f32]; MAX_STREAMS] = std::array::from_fn(|i| &input[i.min(last)][..frames]);
        let mut played = [[0.0; BLOCK]; MAX_STREAMS];
        {
            let mut played = played.each_mut().map(|stream| &mut stream[..frames]);
            let (input, played) = (&input[..ins], &mut played[..outs]);
            let player = &mut self.player;
            match &mut self.rate {
                Some(rate) => rate.process(input, played, |i, o| player.process(i, o)),
                None => player.process(input, played),
            }
        }
        for (channel, (output, align)) in output.iter_mut().zip(&mut self.align).enumerate() {
            let output = &mut output[..frames];
            output.copy_from_slice(&played[channel.min(outs - 1)][..frames]);
            if self.gain != 1.0 {
                output.iter_mut().for_each(|sample| *sample *= self.gain);
            }
            align.process(output);
        }
    }
}
