//! A capture made ready to play in a chain.

use super::config::{Block, ProcessConfig, Voicing};
use super::crossfade::Player;
use super::delay::Delay;
use super::gain::Gain;
use super::host_rate_capture::HostRateCapture;
use super::pedal::{Pedal, sides};
use super::rate::RateMatch;
use crate::capture::Capture;
use crate::format::controls::KnobPositions;
use crate::levels::{LevelSettings, Levels};
use crate::loudness::MAX_GAIN;
use crate::simd::SimdLevel;

/// What is louder than this (120 dB over full scale) is held there, so that no arithmetic behind it
/// overflows.
const MOST_OUTPUT: f32 = 1e6;

/// Frames at the rate `host` by which a capture of the rate `capture` is late, both in Hz: what
/// converting there and back takes; 0 if they are the same. An oversampled capture has another rate,
/// see [`Capture::oversampled`].
pub fn latency(host: f64, capture: f64) -> usize {
    RateMatch::latency(host, capture)
}

/// A capture made ready to play in a [`super::Chain`]: at the host's rate, with a pedal before it if
/// there is one, at its level, and as late as the host was told.
///
/// Making one takes time and memory, and so does dropping it: neither is for the audio thread.
pub struct Amp {
    pedal: Option<Pedal>,
    voice: HostRateCapture,
    levels: Levels,
    /// Whose output level it has, and how much louder it has to be for that, in dB.
    loud_as: (Levels, f32),
    input: Gain,
    output: Gain,
    align: [Delay; 2],
    config: ProcessConfig,
    ticket: u64,
}

impl Amp {
    /// Makes a capture ready. `ticket` is the caller's, to know it by.
    ///
    /// # Errors
    /// In words, if it cannot play in such a config.
    pub fn new(
        capture: &Capture,
        config: ProcessConfig,
        voicing: Voicing,
        ticket: u64,
        level: SimdLevel,
    ) -> Result<Self, String> {
        let voice = HostRateCapture::new(capture, config, &voicing, level)?;
        let align = align(config.latency, voice.latency())?;
        let mut amp = Amp {
            pedal: None,
            voice,
            levels: voicing.levels,
            loud_as: (voicing.levels, 0.0),
            input: Gain::new(config.rate),
            output: Gain::new(config.rate),
            align,
            config,
            ticket,
        };
        amp.set_levels(&LevelSettings::default());
        amp.finish();
        Ok(amp)
    }

    /// Puts the capture of a pedal before it. Its knobs, if it has some, stand where its file has them
    /// start, for [`super::Chain::set_knobs`] turns those of the capture behind it.
    ///
    /// # Errors
    /// In words, if that cannot play in such a config.
    pub fn with_pedal(
        mut self,
        pedal: &Capture,
        voicing: Voicing,
        level: SimdLevel,
    ) -> Result<Self, String> {
        // A pedal hears what the chain has, and gives as much to the amp.
        let at_rest = Voicing {
            knobs: None,
            ..voicing
        };
        let voice = HostRateCapture::new(pedal, self.config, &at_rest, level)?;
        let late = voice.latency() + self.voice.latency();
        self.align = align(self.config.latency, late)?;
        let pedal = Pedal::new(voice, voicing.levels, &self.levels, self.config.rate);
        self.pedal = Some(pedal);
        Ok(self)
    }

    /// Has it come out as loud as a capture of the levels `other` would, whatever the output mode, for
    /// a comparison. `gap_db`: how much louder that plays the same input, in dB; at most 40 of it, either
    /// way, are made good.
    pub fn as_loud_as(mut self, other: Levels, gap_db: f64) -> Self {
        self.loud_as = (other, gap_db.clamp(-MAX_GAIN, MAX_GAIN) as f32);
        self.set_levels(&LevelSettings::default());
        self.finish();
        self
    }

    /// The caller's number of it.
    pub fn ticket(&self) -> u64 {
        self.ticket
    }

    /// What it was made for.
    pub fn config(&self) -> ProcessConfig {
        self.config
    }

    /// Chooses the size of a capture that has several; see [`crate::Model::set_slim`].
    pub fn set_slim(&mut self, value: f64) {
        self.voice.set_slim(value);
        if let Some(pedal) = &mut self.pedal {
            pedal.set_slim(value);
        }
    }

    /// Turns the knobs of the capture, if it has some. Those of a pedal stay where its file has them start.
    pub(super) fn set_knobs(&mut self, positions: &KnobPositions) {
        self.voice.set_knobs(positions);
    }

    /// Sets how hard it is driven and how loud it comes out.
    pub(super) fn set_levels(&mut self, settings: &LevelSettings) {
        self.input.set(self.levels.input_gain_db(settings) as f32);
        let (levels, gap) = &self.loud_as;
        self.output
            .set(levels.output_gain_db(settings) as f32 + gap);
        if let Some(pedal) = &mut self.pedal {
            pedal.set_levels(settings);
        }
    }

    /// Steps on the pedal, if there is one.
    pub(super) fn set_pedal(&mut self, on: bool) {
        if let Some(pedal) = &mut self.pedal {
            pedal.set(on);
        }
    }

    /// What the first capture that plays is driven by, in dB.
    pub(super) fn input_gain_db(&self, settings: &LevelSettings) -> f64 {
        let pedal = self.pedal.as_ref();
        let driven = pedal.and_then(|pedal| pedal.input_gain_db(settings));
        driven.unwrap_or_else(|| self.levels.input_gain_db(settings))
    }

    /// Finishes all that moves at once.
    pub(super) fn finish(&mut self) {
        self.input.finish();
        self.output.finish();
        self.voice.finish();
        if let Some(pedal) = &mut self.pedal {
            pedal.finish();
        }
    }
}

impl Player for Amp {
    const SILENT_WITHOUT: bool = true;

    fn ticket(&self) -> u64 {
        self.ticket
    }

    fn settle_frames(&self) -> usize {
        let (memory, late) = match &self.pedal {
            Some(pedal) => (pedal.settle_frames(), pedal.latency()),
            None => (0, 0),
        };
        // Each counts its own latency; the rest is in the delay behind them.
        memory + self.voice.settle_frames() + self.config.latency - late - self.voice.latency()
    }

    fn reset(&mut self) {
        self.voice.reset();
        if let Some(pedal) = &mut self.pedal {
            pedal.reset();
        }
        self.finish();
        self.align.iter_mut().for_each(Delay::reset);
    }

    fn process(&mut self, input: &Block, output: &mut Block, frames: usize) {
        let mut heard = *input;
        self.input.process(&mut sides(&mut heard, frames));
        if let Some(pedal) = &mut self.pedal {
            pedal.process(input, &mut heard, frames);
        }
        self.voice.process(&heard, output, frames);
        self.output.process(&mut sides(output, frames));
        for (output, align) in output.iter_mut().zip(&mut self.align) {
            let output = &mut output[..frames];
            output
                .iter_mut()
                .for_each(|sample| *sample = clamp_output(*sample));
            align.process(output);
        }
    }
}

/// A sample that filters can stand: one that is infinite or no number would stay in them.
pub(super) fn clamp_output(sample: f32) -> f32 {
    if sample.is_nan() {
        0.0
    } else {
        sample.clamp(-MOST_OUTPUT, MOST_OUTPUT)
    }
}

/// Delays that make up what is left of the latency that the host was told.
fn align(told: usize, own: usize) -> Result<[Delay; 2], String> {
    let spare = told.checked_sub(own).ok_or_else(|| {
        format!("it is late by {own} samples, but the host expects {told}. Stop and start the host's audio.")
    })?;
    Ok([Delay::new(spare), Delay::new(spare)])
}
