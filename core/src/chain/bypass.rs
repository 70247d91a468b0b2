//! Bypass: the input as it came, at the time when the sound of it would have come.

use super::delay::Delay;
use super::gain::SMOOTHING;
use crate::engine::BLOCK;

/// Fades between what a chain plays and what came into it.
pub(crate) struct Bypass {
    dry: [[f32; BLOCK]; 2],
    delays: [Delay; 2],
    on: bool,
    /// Where the fade is, from 0 (playing) to `frames` (bypassed).
    at: usize,
    frames: usize,
}

impl Bypass {
    /// `latency`: frames from a chain's input to its output.
    pub(crate) fn new(rate: f64, latency: usize) -> Self {
        Bypass {
            dry: [[0.0; BLOCK]; 2],
            delays: [Delay::new(latency), Delay::new(latency)],
            on: false,
            at: 0,
            frames: ((SMOOTHING * rate).round() as usize).max(1),
        }
    }

    pub(crate) fn set(&mut self, on: bool) {
        self.on = on;
    }

    /// Finishes a fade at once.
    pub(crate) fn finish(&mut self) {
        self.at = if self.on { self.frames } else { 0 };
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
        let frames = channels.first().map_or(0, |channel| channel.len());
        for frame in 0..frames {
            self.at = match self.on {
                true => (self.at + 1).min(self.frames),
                false => self.at.saturating_sub(1),
            };
            if self.at == 0 {
                continue;
            }
            let part = self.at as f32 / self.frames as f32;
            for (channel, dry) in channels.iter_mut().zip(&self.dry) {
                channel[frame] = match self.at == self.frames {
                    true => dry[frame],
                    false => channel[frame] + part * (dry[frame] - channel[frame]),
                };
            }
        }
    }
}
