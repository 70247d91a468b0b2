//! Bypass: the input as it came, at the time when the sound of it would have come.

use super::delay::Delay;
use super::switch::Switch;
use crate::engine::BLOCK;

/// Fades between what a chain plays and what came into it.
pub(crate) struct Bypass {
    dry: [[f32; BLOCK]; 2],
    delays: [Delay; 2],
    /// On while the input passes.
    switch: Switch,
}

impl Bypass {
    /// `latency`: frames from a chain's input to its output.
    pub(crate) fn new(rate: f64, latency: usize) -> Self {
        let mut switch = Switch::new(rate);
        switch.set(false);
        switch.finish();
        Bypass {
            dry: [[0.0; BLOCK]; 2],
            delays: [Delay::new(latency), Delay::new(latency)],
            switch,
        }
    }

    pub(crate) fn set(&mut self, on: bool) {
        self.switch.set(on);
    }

    /// Finishes a fade at once.
    pub(crate) fn finish(&mut self) {
        self.switch.finish();
    }

    /// Forgets what came in.
    pub(crate) fn reset(&mut self) {
        self.delays.iter_mut().for_each(Delay::reset);
    }

    /// Takes what came in, at most [`BLOCK`] frames, before it is played.
    pub(crate) fn keep(&mut self, channels: &[&mut [f32]]) {
        for ((kept, delay), channel) in self.dry.iter_mut().zip(&mut self.delays).zip(channels) {
            let kept = &mut kept[..channel.len()];
            kept.copy_from_slice(channel);
            delay.process(kept);
        }
    }

    /// Puts it in place of what was played, as far as the fade is.
    pub(crate) fn process(&mut self, channels: &mut [&mut [f32]]) {
        if self.switch.is_off() {
            return;
        }
        let frames = channels.first().map_or(0, |channel| channel.len());
        for frame in 0..frames {
            let part = self.switch.next() as f32;
            for (channel, dry) in channels.iter_mut().zip(&self.dry) {
                channel[frame] = match part == 1.0 {
                    true => dry[frame],
                    false => channel[frame] + part * (dry[frame] - channel[frame]),
                };
            }
        }
    }
}
