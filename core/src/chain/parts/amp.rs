//! A capture made ready to play in a chain.

use super::Part;
use super::aligned::AlignedCapture;
use crate::capture::Capture;
use crate::chain::bank::Resolved;
use crate::chain::config::{BuildId, ProcessConfig, Voicing};
use crate::chain::gain::Gain;
use crate::chain::stage::{Sides, on};
use crate::engine::BLOCK;
use crate::levels::Levels;
use crate::simd::SimdLevel;

/// What is louder than this (120 dB over full scale) is held there, so that no arithmetic behind it
/// overflows.
const MOST_OUTPUT: f32 = 1e6;

/// A capture made ready to play in a [`crate::Chain`]: at the host's rate, at its level, and as late as
/// the host was told.
///
/// Making one takes time and memory, and so does dropping it: neither is for the audio thread.
pub struct Amp {
    net: AlignedCapture,
    output: Gain,
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
        let told = config.latency.saturating_sub(config.pedal_latency);
        Ok(Amp {
            net: AlignedCapture::new(capture, config, &voicing, told, id, level)?,
            output: Gain::new(config.rate),
        })
    }

    /// The number that it was built with.
    pub fn id(&self) -> BuildId {
        self.net.id
    }

    /// What it was made for.
    pub fn config(&self) -> ProcessConfig {
        self.net.config
    }

    /// What is known of its levels.
    pub(in crate::chain) fn levels(&self) -> &Levels {
        &self.net.levels
    }

    /// What the guitar is driven by where no pedal plays, in dB.
    pub(in crate::chain) fn drive_db(&self) -> f64 {
        self.net.input.target_db()
    }

    /// What the guitar is driven by in each of the next frames, as factors.
    pub(in crate::chain) fn drive(&mut self, frames: usize) -> [f32; BLOCK] {
        let mut factors = [1.0; BLOCK];
        self.net.input.process(&mut [&mut factors[..frames]]);
        factors
    }

    /// Plays what it hears, at its own level, `frames` frames of it.
    pub(in crate::chain) fn process(&mut self, heard: &Sides, output: &mut Sides, frames: usize) {
        self.net.capture.process(heard, output, frames);
        on(output, 2, frames, |output| self.output.process(output));
        for side in output.iter_mut() {
            side[..frames]
                .iter_mut()
                .for_each(|sample| *sample = clamp_output(*sample));
        }
        self.net.delay(output, frames);
    }
}

impl Part for Amp {
    fn update(&mut self, to: &Resolved) {
        self.net.update(to);
        self.net.capture.set_knobs(&to.settings.knobs);
        let db = self.net.levels.output_gain_db(&to.settings.levels);
        self.output.set(db as f32 + to.level_db);
    }

    fn finish(&mut self) {
        self.net.input.finish();
        self.output.finish();
        self.net.capture.finish();
    }

    fn jump(&mut self) {
        self.net.capture.jump();
    }

    fn reset(&mut self) {
        self.net.reset();
        self.finish();
    }

    fn settle_frames(&self) -> usize {
        self.net.settle_frames()
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
