//! The gain before the capture.

use crate::chain::gain::Gain;
use crate::chain::stage::{Block, Stage};
use crate::rig::Settings;

/// What the player drives the rig with; the gate goes by what it gives.
pub(crate) struct InputGain(Gain);

impl InputGain {
    /// At a rate in Hz.
    pub(crate) fn new(rate: f64) -> Self {
        InputGain(Gain::new(rate))
    }
}

impl Stage for InputGain {
    fn update(&mut self, settings: &Settings) {
        self.0.set(settings.input_db);
    }

    fn finish(&mut self) {
        self.0.finish();
    }

    fn play(&mut self, block: &mut Block) {
        block.sound(|channels| self.0.process(channels));
        block.key = block.sound;
    }
}
