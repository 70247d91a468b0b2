//! On and off, with a fade between.

use super::smooth::Smooth;
use crate::engine::BLOCK;

/// A stage's switch. What it switches is faded in and out in a straight line over
/// [`super::smooth::SMOOTHING`] seconds, and need not be worked out while it is off.
pub(super) struct Switch {
    /// How much of the stage is heard, from 0 (off) to 1 (on).
    part: Smooth,
}

impl Switch {
    /// A switch that is on or off, at a rate in Hz.
    pub(super) fn new(on: bool, rate: f64) -> Self {
        Switch {
            part: Smooth::new(on.into(), rate),
        }
    }

    pub(super) fn set(&mut self, on: bool) {
        self.part.set(on.into());
    }

    /// Finishes a fade at once.
    pub(super) fn finish(&mut self) {
        self.part.finish();
    }

    /// Whether nothing of the stage is to be heard.
    pub(super) fn is_off(&self) -> bool {
        self.part.is_at(0.0)
    }

    /// Whether nothing but the stage is to be heard.
    pub(super) fn is_on(&self) -> bool {
        self.part.is_at(1.0)
    }

    /// Frames of a fade.
    pub(super) fn frames(&self) -> usize {
        self.part.frames()
    }

    /// How much of the stage is heard in the next frame, from 0 to 1.
    pub(super) fn next(&mut self) -> f64 {
        self.part.next()
    }

    /// Puts what a stage made of `channels` in their place, as far as the fade is.
    pub(super) fn fade(&mut self, channels: &mut [&mut [f32]], made: &[[f64; BLOCK]; 2]) {
        if self.is_on() {
            for (channel, made) in channels.iter_mut().zip(made) {
                for (sample, &made) in channel.iter_mut().zip(made) {
                    *sample = finite(made);
                }
            }
            return;
        }
        let frames = channels.first().map_or(0, |channel| channel.len());
        for frame in 0..frames {
            let part = self.next();
            for (channel, made) in channels.iter_mut().zip(made) {
                let came = f64::from(channel[frame]);
                if part == 1.0 {
                    channel[frame] = finite(made[frame]);
                } else if part > 0.0 {
                    channel[frame] = finite(came + part * (made[frame] - came));
                }
            }
        }
    }
}

/// The next sample that there is: what is too loud for one is as loud as it can be, for infinity
/// would leave the filters behind it without numbers for ever.
fn finite(sample: f64) -> f32 {
    sample.clamp(f32::MIN.into(), f32::MAX.into()) as f32
}
