//! A capture made ready to play in a chain.

use crate::capture::Capture;
use crate::chain::at_host_rate::HostRateCapture;
use crate::chain::bank::{BuildId, LevelMatch};
use crate::chain::config::{ProcessConfig, Voicing};
use crate::chain::delay::Delay;
use crate::chain::gain::Gain;
use crate::chain::stage::{Sides, on};
use crate::engine::BLOCK;
use crate::levels::Levels;
use crate::rig::Settings;
use crate::simd::SimdLevel;

/// What is louder than this (120 dB over full scale) is held there, so that no arithmetic behind it
/// overflows.
const MOST_OUTPUT: f32 = 1e6;

/// A capture made ready to play in a [`crate::Chain`]: at the host's rate, at its level, and as late as
/// the host was told.
///
/// Making one takes time and memory, and so does dropping it: neither is for the audio thread.
pub struct Amp {
    capture: HostRateCapture,
    levels: Levels,
    input: Gain,
    output: Gain,
    align: [Delay; 2],
    config: ProcessConfig,
    id: BuildId,
}

impl Amp {
    /// Makes a capture ready. `id` tells it apart.
    ///
    /// # Errors
    /// In words, if it cannot play in such a config.
    pub fn new(
        capture: &Capture,
        config: ProcessConfig,
        voicing: Voicing,
        id: BuildId,
        level: SimdLevel,
    ) -> Result<Self, String> {
        let capture = HostRateCapture::new(capture, config, &voicing, level)?;
        let align = align(
            config.latency.saturating_sub(config.pedal_latency),
            capture.latency(),
        )?;
        Ok(Amp {
            capture,
            levels: voicing.levels,
            input: Gain::new(config.rate),
            output: Gain::new(config.rate),
            align,
            config,
            id,
        })
    }

    /// The number that it was built with.
    pub fn id(&self) -> BuildId {
        self.id
    }

    /// What it was made for.
    pub fn config(&self) -> ProcessConfig {
        self.config
    }

    /// What is known of its levels.
    pub(super) fn levels(&self) -> &Levels {
        &self.levels
    }

    /// Brings it to what `settings` say, smoothly; as loud as `like` while levels are matched.
    pub(super) fn update(&mut self, settings: &Settings, like: Option<&LevelMatch>) {
        self.capture.set_slim(settings.slim.into());
        self.capture.set_knobs(&settings.knobs);
        self.input
            .set(self.levels.input_gain_db(&settings.levels) as f32);
        let like = like.filter(|_| settings.match_levels);
        let (levels, gap_db) = like.map_or((&self.levels, 0.0), LevelMatch::levels);
        self.output
            .set(levels.output_gain_db(&settings.levels) as f32 + gap_db);
    }

    /// Is at once where it was going.
    pub(super) fn finish(&mut self) {
        self.input.finish();
        self.output.finish();
        self.capture.finish();
    }

    /// Back to where silence leaves it.
    pub(super) fn reset(&mut self) {
        self.capture.reset();
        self.finish();
        self.align.iter_mut().for_each(Delay::reset);
    }

    /// Frames that it has to hear before it plays as if it had always played.
    pub(super) fn settle_frames(&self) -> usize {
        // It counts its own latency; the rest is in the delay behind it.
        self.capture.settle_frames() + self.config.latency
            - self.config.pedal_latency
            - self.capture.latency()
    }

    /// What the guitar is driven by in each of the next frames, as factors.
    pub(super) fn drive(&mut self, frames: usize) -> [f32; BLOCK] {
        let mut factors = [1.0; BLOCK];
        self.input.process(&mut [&mut factors[..frames]]);
        factors
    }

    /// Plays what it hears, at its own level, `frames` frames of it.
    pub(super) fn process(&mut self, heard: &Sides, output: &mut Sides, frames: usize) {
        self.capture.process(heard, output, frames);
        on(output, 2, frames, |output| self.output.process(output));
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
pub(super) fn align(told: usize, own: usize) -> Result<[Delay; 2], String> {
    let spare = told.checked_sub(own).ok_or_else(|| {
        format!("it is late by {own} samples, but the host expects {told}. Stop and start the host's audio.")
    })?;
    Ok([Delay::new(spare), Delay::new(spare)])
}
