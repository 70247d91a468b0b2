//! The gain at the end.

use crate::chain::gain::Gain;
use crate::chain::stage::{Block, Stage};
use crate::rig::Settings;

/// What goes out softer than this (-300 dB) is silence: 120 dB below the last bit of 32.
const LEAST_OUTPUT: f32 = 1e-15;

/// How loud all of it is.
pub(crate) struct OutputGain(Gain);

impl OutputGain {
    /// At a rate in Hz.
    pub(crate) fn new(rate: f64) -> Self {
        OutputGain(Gain::new(rate))
    }
}

impl Stage for OutputGain {
    fn update(&mut self, settings: &Settings) {
        self.0.set(settings.output_db);
    }

    fn finish(&mut self) {
        self.0.finish();
    }

    fn play(&mut self, block: &mut Block) {
        block.sound(|channels| self.0.process(channels));
        block.sound(|channels| channels.iter_mut().for_each(|channel| flush_tiny(channel)));
    }
}

/// Makes silence of what is too soft for anybody: some hosts compare levels that no converter has, and
/// take what a closed gate leaves for a plugin that does not fall silent.
fn flush_tiny(channel: &mut [f32]) {
    for sample in channel {
        if sample.abs() < LEAST_OUTPUT {
            *sample = 0.0;
        }
    }
}
