//! Levels on their way from the audio thread to the window.

use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering};
use std::time::Duration;

use gridleak_core::Peaks;

/// The largest samples since the window last looked, in linear amplitude.
#[derive(Debug, Default)]
pub(crate) struct Meters {
    input: Pair,
    output: Pair,
    /// What the noise gate takes away and goes by, in dB, as bits.
    gate: [AtomicU32; 2],
    /// See [`Load::share`], as bits.
    share: AtomicU32,
    overruns: AtomicU32,
}

/// What playing costs.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(crate) struct Load {
    /// Of the time that a block lasts, the part that playing it takes, evened out over half a
    /// second; 1 is all of it.
    pub(crate) share: f32,
    /// How often a block took longer than it lasts.
    pub(crate) overruns: u32,
}

/// Seconds after which about two thirds of a change of the load are seen.
const EVENED_OUT: f32 = 0.5;

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

    /// Tells that a block of so many seconds took so long. For one thread only.
    pub(crate) fn add_load(&self, seconds: f32, took: Duration) {
        let share = took.as_secs_f32() / seconds;
        if !share.is_finite() {
            return;
        }
        if share > 1.0 {
            self.overruns.fetch_add(1, Ordering::Relaxed);
        }
        let old = f32::from_bits(self.share.load(Ordering::Relaxed));
        let part = 1.0 - (-seconds / EVENED_OUT).exp();
        let new = old + part * (share - old);
        self.share.store(new.to_bits(), Ordering::Relaxed);
    }

    /// Begins to count anew.
    pub(crate) fn forget_overruns(&self) {
        self.overruns.store(0, Ordering::Relaxed);
    }

    /// What playing costs now.
    pub(crate) fn load(&self) -> Load {
        Load {
            share: f32::from_bits(self.share.load(Ordering::Relaxed)),
            overruns: self.overruns.load(Ordering::Relaxed),
        }
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
