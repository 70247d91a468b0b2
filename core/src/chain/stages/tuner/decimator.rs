//! From the host's rate down to one at which a pitch is cheap to find.

use std::f64::consts::TAU;

/// The new rate in Hz is this or up to a third more: four samples to a period of the highest note.
const RATE: f64 = 7000.0;

/// Length of the low-pass in samples of the new rate.
const LENGTH: usize = 8;

/// Corner of the high-pass in Hz: no string is below, but an interface may have an offset.
const LOWEST: f64 = 20.0;

/// Keeps one frame of several, behind a low-pass, and takes away what stands still.
///
/// The low-pass is a Blackman window and nothing else. It falls off early and gently, by 6 dB at 1 kHz
/// and by 60 dB from 3 kHz on: the low partials of a string stay, the pick's noise goes, and no alias
/// falls among the partials.
pub(super) struct Decimator {
    /// The polyphase filter: for each frame of a new sample, its taps in the [`LENGTH`] samples that
    /// are pending.
    taps: Vec<[f32; LENGTH]>,
    /// Samples that are not yet complete, the next one first.
    pending: [f32; LENGTH],
    /// Frames that went into the next sample.
    phase: usize,
    /// The high-pass: its pole, and its last input and output.
    pole: f32,
    last: [f32; 2],
}

impl Decimator {
    /// From a rate in Hz.
    pub(super) fn new(rate: f64) -> Self {
        let factor = ((rate / RATE) as usize).max(1);
        let length = (LENGTH * factor) as f64;
        // The window's mean is 0.42.
        let tap = |at: usize| {
            let angle = TAU * (at as f64 + 0.5) / length;
            (0.42 - 0.5 * angle.cos() + 0.08 * (2.0 * angle).cos()) / (0.42 * length)
        };
        let taps = |phase: usize| {
            std::array::from_fn(|sample| tap((LENGTH - 1 - sample) * factor + phase) as f32)
        };
        Decimator {
            taps: (0..factor).map(taps).collect(),
            pending: [0.0; LENGTH],
            phase: 0,
            pole: (-TAU * LOWEST * factor as f64 / rate).exp() as f32,
            last: [0.0; 2],
        }
    }

    /// Frames to a new sample.
    pub(super) fn factor(&self) -> usize {
        self.taps.len()
    }

    /// Forgets what came in.
    pub(super) fn reset(&mut self) {
        self.pending = [0.0; LENGTH];
        self.phase = 0;
        self.last = [0.0; 2];
    }

    /// Takes a frame, and gives a new sample if this completes one.
    pub(super) fn push(&mut self, frame: f32) -> Option<f32> {
        for (pending, tap) in self.pending.iter_mut().zip(&self.taps[self.phase]) {
            *pending += frame * tap;
        }
        self.phase += 1;
        if self.phase < self.taps.len() {
            return None;
        }
        self.phase = 0;
        let input = self.pending[0];
        self.pending.copy_within(1.., 0);
        self.pending[LENGTH - 1] = 0.0;
        let [last_input, last_output] = self.last;
        let output = input - last_input + self.pole * last_output;
        self.last = [input, output];
        Some(output)
    }
}
