//! The filter that can be moved while it plays.

use crate::engine::BLOCK;
use std::f64::consts::PI;

/// A frequency as the bilinear transform bends it, at a rate, both in Hz: the tangent of half the
/// angular frequency.
pub(super) fn warp(frequency: f64, rate: f64) -> f64 {
    (PI * frequency / rate).tan()
}

/// A state variable filter (Simper, Zavalishin): two integrators of the trapezoidal rule, in a loop.
/// Its response is that of the biquad of the bilinear transform, and its state stays meaningful while
/// its coefficients change.
#[derive(Clone, Copy)]
pub(super) struct Filter {
    /// The warped frequency.
    g: f64,
    /// Damping: 1 / quality.
    k: f64,
    /// How much is heard of the input, the band and the low part.
    mix: [f64; 3],
    /// The loop solved: what the integrators' states and the sample add to each state, and to what
    /// is heard.
    to_states: [[f64; 3]; 2],
    to_output: [f64; 3],
}

impl Filter {
    /// `g`: the warped frequency, see [`warp`]; `k`: 1 / quality; `mix`: how much is heard of the
    /// input, of the band (s / (s² + k s + 1)) and of what is below (1 / (s² + k s + 1)).
    pub(super) fn new(g: f64, k: f64, mix: [f64; 3]) -> Self {
        let a = 1.0 / (1.0 + g * (g + k));
        // Of the states and the sample, in what comes out of the integrators.
        let band = [a, -g * a, g * a];
        let low = [g * a, 1.0 - g * g * a, g * g * a];
        Filter {
            g,
            k,
            mix,
            to_states: [
                [2.0 * band[0] - 1.0, 2.0 * band[1], 2.0 * band[2]],
                [2.0 * low[0], 2.0 * low[1] - 1.0, 2.0 * low[2]],
            ],
            to_output: [
                mix[1] * band[0] + mix[2] * low[0],
                mix[1] * band[1] + mix[2] * low[1],
                mix[0] + mix[1] * band[2] + mix[2] * low[2],
            ],
        }
    }

    /// What it does to a warped frequency, in dB.
    pub(super) fn response_db(&self, warped: f64) -> f64 {
        let [dry, band, low] = self.mix;
        // The analogue filter at s = jx: dry + (band s + low) / (s^2 + k s + 1).
        let x = warped / self.g;
        let (real, imaginary) = (1.0 - x * x, self.k * x);
        let above = (dry * real + low).powi(2) + (dry * imaginary + band * x).powi(2);
        10.0 * (above / (real * real + imaginary * imaginary)).log10()
    }

    /// The next sample; `[band, low]` are the integrators' states, 0 at first.
    #[inline(always)]
    pub(super) fn process(&self, [band, low]: &mut [f64; 2], sample: f64) -> f64 {
        // The sample first: only what the states add has to wait for the sample before.
        let sum = |[b, l, s]: [f64; 3]| (s * sample + b * *band) + l * *low;
        let output = sum(self.to_output);
        (*band, *low) = (sum(self.to_states[0]), sum(self.to_states[1]));
        output
    }
}

/// A filter at work on two channels, moved while it plays.
pub(super) struct MovingFilter {
    pub(super) filter: Filter,
    /// Of the integrators, for each channel.
    states: [[f64; 2]; 2],
}

impl MovingFilter {
    pub(super) fn new(filter: Filter) -> Self {
        MovingFilter {
            filter,
            states: Default::default(),
        }
    }

    /// Forgets what came in.
    pub(super) fn forget(&mut self) {
        self.states = Default::default();
    }

    /// Filters so many frames. `next` gives the filter for each of the first `moving` ones; where there
    /// is none, it is off from that frame on.
    pub(super) fn process(
        &mut self,
        channels: &mut [[f64; BLOCK]],
        moving: usize,
        frames: usize,
        mut next: impl FnMut() -> Option<Filter>,
    ) {
        let moving = moving.min(frames);
        for frame in 0..moving {
            let Some(filter) = next() else {
                self.forget();
                return;
            };
            self.filter = filter;
            for (channel, state) in channels.iter_mut().zip(&mut self.states) {
                channel[frame] = filter.process(state, channel[frame]);
            }
        }
        for (channel, state) in channels.iter_mut().zip(&mut self.states) {
            let mut now = *state;
            for sample in &mut channel[moving..frames] {
                *sample = self.filter.process(&mut now, *sample);
            }
            *state = now;
        }
    }
}
