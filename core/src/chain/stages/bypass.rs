//! What comes in, played instead of what becomes of it.

use crate::chain::delay::Delay;
use crate::chain::stage::{Block, Stage};
use crate::chain::switch::Switch;
use crate::rig::Settings;

/// Fades from the sound to what came in, as late as the sound, and back.
pub(crate) struct Bypass {
    delays: [Delay; 2],
    switch: Switch,
}

impl Bypass {
    /// One that is off. `rate` in Hz; `latency`: frames by which the sound is late.
    pub(crate) fn new(rate: f64, latency: usize) -> Self {
        Bypass {
            delays: [Delay::new(latency), Delay::new(latency)],
            switch: Switch::new(false, rate),
        }
    }
}

impl Stage for Bypass {
    fn update(&mut self, settings: &Settings) {
        self.switch.set(settings.bypass);
    }

    fn finish(&mut self) {
        self.switch.finish();
    }

    fn reset(&mut self) {
        self.delays.iter_mut().for_each(Delay::reset);
    }

    fn play(&mut self, block: &mut Block) {
        let frames = block.frames;
        for (dry, delay) in block.input.iter_mut().zip(&mut self.delays) {
            delay.process(&mut dry[..frames]);
        }
        if self.switch.is_off() {
            return;
        }
        for frame in 0..frames {
            let part = self.switch.next() as f32;
            for (sound, dry) in block.sound.iter_mut().zip(&block.input) {
                sound[frame] = match part == 1.0 {
                    true => dry[frame],
                    false => sound[frame] + part * (dry[frame] - sound[frame]),
                };
            }
        }
    }
}
