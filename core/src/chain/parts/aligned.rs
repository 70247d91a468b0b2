//! What captures of amps and of pedals have in common.

use crate::capture::Capture;
use crate::chain::at_host_rate::HostRateCapture;
use crate::chain::bank::Resolved;
use crate::chain::config::{BuildId, ProcessConfig, Voicing};
use crate::chain::delay::Delay;
use crate::chain::gain::Gain;
use crate::chain::stage::Sides;
use crate::levels::Levels;
use crate::simd::SimdLevel;

/// A capture at the host's rate, driven as hard as its gear, and as late as the host was told.
pub(super) struct AlignedCapture {
    pub(super) capture: HostRateCapture,
    pub(super) levels: Levels,
    pub(super) input: Gain,
    /// What is left of the latency that the host was told.
    delays: [Delay; 2],
    spare: usize,
    pub(super) config: ProcessConfig,
    pub(super) id: BuildId,
}

impl AlignedCapture {
    /// `told`: frames that it is to be late by.
    pub(super) fn new(
        capture: &Capture,
        config: ProcessConfig,
        voicing: &Voicing,
        told: usize,
        id: BuildId,
        level: SimdLevel,
    ) -> Result<Self, String> {
        let capture = HostRateCapture::new(capture, config, voicing, level)?;
        let own = capture.latency();
        let spare = told.checked_sub(own).ok_or_else(|| {
            format!("it is late by {own} samples, but the host expects {told}. Stop and start the host's audio.")
        })?;
        Ok(AlignedCapture {
            capture,
            levels: voicing.levels,
            input: Gain::new(config.rate),
            delays: [Delay::new(spare), Delay::new(spare)],
            spare,
            config,
            id,
        })
    }

    pub(super) fn update(&mut self, to: &Resolved) {
        self.capture.set_slim(to.settings.slim.into());
        let db = self.levels.input_gain_db(&to.settings.levels);
        self.input.set(db as f32 + to.drive_db);
    }

    pub(super) fn reset(&mut self) {
        self.capture.reset();
        self.delays.iter_mut().for_each(Delay::reset);
    }

    /// Frames that it has to hear before it plays as if it had always played.
    pub(super) fn settle_frames(&self) -> usize {
        self.capture.settle_frames() + self.spare
    }

    /// Makes up what is left of the latency.
    pub(super) fn delay(&mut self, output: &mut Sides, frames: usize) {
        for (side, delay) in output.iter_mut().zip(&mut self.delays) {
            delay.process(&mut side[..frames]);
        }
    }
}
