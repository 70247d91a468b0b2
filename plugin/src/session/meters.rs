//! Levels on their way from the audio thread to the window.

use std::sync::atomic::{AtomicU32, AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use gridleak_core::{Peaks, TunerReading};

/// The largest samples since the window last looked, in linear amplitude.
#[derive(Debug, Default)]
pub(crate) struct Meters {
    /// The larger side of what comes in, as bits like those of [`Pair`].
    guitar: AtomicU32,
    input: Pair,
    output: Pair,
    /// What the noise gate takes away and goes by, in dB, as bits.
    gate: [AtomicU32; 2],
    /// The pitch that the tuner hears, in Hz, and how clear it is, as bits; 0 for none.
    tuner: AtomicU64,
    /// The slot that is heard, and 1; 0 for none.
    playing: AtomicU32,
    /// See [`Load::share`], as bits.
    share: AtomicU32,
    overruns: AtomicU32,
    /// What was not judged yet: how many seconds of sound, and how many it took, as bits.
    unjudged: [AtomicU32; 2],
}

/// What playing costs.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(crate) struct Load {
    /// Of the time that a block lasts, the part that playing it takes, evened out over half a
    /// second; 1 is all of it.
    pub(crate) share: f32,
    /// How often some milliseconds of sound took longer than they last.
    pub(crate) overruns: u32,
}

/// Seconds of sound that are judged together. Hosts cut blocks where a parameter moves, and a piece of
/// one sample may well take longer than it lasts.
const JUDGED: f32 = 0.003;

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
        for side in peaks.guitar {
            self.guitar.fetch_max(side.to_bits(), Ordering::Relaxed);
        }
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

    /// Tells what the tuner hears.
    pub(crate) fn set_tuner(&self, reading: Option<TunerReading>) {
        let bits = |reading: TunerReading| {
            let [pitch, clarity] = [reading.frequency_hz, reading.clarity].map(f32::to_bits);
            u64::from(pitch) << 32 | u64::from(clarity)
        };
        self.tuner.store(reading.map_or(0, bits), Ordering::Relaxed);
    }

    /// What the tuner hears, where the A above middle C has the frequency `reference`, in Hz.
    pub(crate) fn tuner(&self, reference: f32) -> Option<TunerReading> {
        let bits = self.tuner.load(Ordering::Relaxed);
        let [pitch, clarity] = [(bits >> 32) as u32, bits as u32].map(f32::from_bits);
        (bits != 0).then(|| TunerReading::new(pitch.into(), clarity, reference.into()))
    }

    /// Tells which slot is heard; `None` for none.
    pub(crate) fn set_playing(&self, slot: Option<usize>) {
        let playing = slot.map_or(0, |slot| slot as u32 + 1);
        self.playing.store(playing, Ordering::Relaxed);
    }

    /// Which slot is heard.
    pub(crate) fn playing(&self) -> Option<usize> {
        let playing = self.playing.load(Ordering::Relaxed) as usize;
        playing.checked_sub(1)
    }

    /// Tells that a piece of so many seconds took so long, and whether somebody waited to hear it. For one
    /// thread only.
    pub(crate) fn add_load(&self, seconds: f32, took: Duration, live: bool) {
        let [all_seconds, all_took] = &self.unjudged;
        let sum = |place: &AtomicU32, more: f32| {
            let sum = f32::from_bits(place.load(Ordering::Relaxed)) + more;
            place.store(sum.to_bits(), Ordering::Relaxed);
            sum
        };
        let seconds = sum(all_seconds, seconds);
        let took = sum(all_took, took.as_secs_f32());
        if seconds < JUDGED {
            return;
        }
        all_seconds.store(0, Ordering::Relaxed);
        all_took.store(0, Ordering::Relaxed);
        let share = took / seconds;
        if live && share > 1.0 {
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

    /// The larger side of what came in since the last call, before any gain.
    pub(crate) fn take_guitar(&self) -> f32 {
        f32::from_bits(self.guitar.swap(0, Ordering::Relaxed))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_load_is_judged_by_some_milliseconds_at_a_time() {
        let meters = Meters::default();
        let (sample, block) = (1.0 / 48_000.0, 256.0 / 48_000.0);
        for _ in 0..1000 {
            // A piece of one sample that takes five times as long as it lasts, in a block that has time.
            meters.add_load(sample, Duration::from_micros(100), true);
            meters.add_load(block, Duration::from_micros(433), true);
        }
        let load = meters.load();
        assert_eq!(load.overruns, 0);
        assert!((load.share - 0.1).abs() < 0.005, "{load:?}");
        meters.add_load(block, Duration::from_millis(10), false);
        assert_eq!(meters.load().overruns, 0);
        meters.add_load(block, Duration::from_millis(10), true);
        assert_eq!(meters.load().overruns, 1);
        meters.forget_overruns();
        assert_eq!(meters.load().overruns, 0);
    }
}
