//! Levels on their way from the audio thread to the window.

use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering};

use gridleak_core::Peaks;

/// The largest samples since the window last looked, in linear amplitude.
#[derive(Debug, Default)]
pub(crate) struct Meters {
    input: Pair,
    output: Pair,
    /// What the noise gate takes away and goes by, in dB, as bits.
    gate: [AtomicU32; 2],
}

/// A level of one or two channels.
#[derive(Debug, Default)]
struct Pair {
    channels: AtomicUsize,
    /// Of positive floats, the bits are in the order of the values.
    peaks: [AtomicU32; 2],
}

impl Meters {
    /// Tells how many channels go in and out.
    pub(crate) fn set_channels(&self, inputs: usize, outputs: usize) {
        self.input.channels.store(inputs, Ordering::Relaxed);
        self.output.channels.store(outputs, Ordering::Relaxed);
    }

    /// Adds what was played.
    pub(crate) fn raise(&self, peaks: Peaks) {
        self.input.raise(peaks.input);
        self.output.raise(peaks.output);
    }

    /// Tells what the noise gate takes away now (0 or less) and the level that it goes by, in dB.
    pub(crate) fn set_gate(&self, reduction: f32, level: f32) {
        for (place, db) in self.gate.iter().zip([reduction, level]) {
            place.store(db.to_bits(), Ordering::Relaxed);
        }
    }

    /// What [`Meters::set_gate`] told last.
    pub(crate) fn gate(&self) -> (f32, f32) {
        let [reduction, level] = &self.gate;
        let read = |place: &AtomicU32| f32::from_bits(place.load(Ordering::Relaxed));
        (read(reduction), read(level))
    }

    /// Input and output since the last call, left and right; no right where there is one channel.
    pub(crate) fn take(&self) -> [(f32, Option<f32>); 2] {
        [self.input.take(), self.output.take()]
    }
}

impl Pair {
    fn raise(&self, peaks: [f32; 2]) {
        for (peak, new) in self.peaks.iter().zip(peaks) {
            peak.fetch_max(new.to_bits(), Ordering::Relaxed);
        }
    }

    fn take(&self) -> (f32, Option<f32>) {
        let [left, right] = &self.peaks;
        let take = |peak: &AtomicU32| f32::from_bits(peak.swap(0, Ordering::Relaxed));
        let (left, right) = (take(left), take(right));
        let stereo = self.channels.load(Ordering::Relaxed) > 1;
        (left, stereo.then_some(right))
    }
}
