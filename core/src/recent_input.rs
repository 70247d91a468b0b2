//! What the guitar played last, shared between the audio thread and others.

use std::sync::atomic::{AtomicU32, AtomicU64, Ordering, fence};

use crate::riff::find_riff;

/// Seconds of it that are kept: more than are ever asked for, so that these are whole while more comes.
const KEPT: f64 = 32.0;

/// The most frames that are kept, however high the rate.
const MOST_FRAMES: f64 = KEPT * 384_000.0;

/// In the place of a loop: one is to be found, or none was.
const WANTED: u64 = 0;
const NOTHING: u64 = 1 << 32;

/// Keeps the last half minute of the guitar, as it comes in, and which part of that is to be looped.
///
/// One thread writes, and never waits; any others read.
pub struct RecentInput {
    rate: f64,
    channels: usize,
    /// How many frames it holds.
    capacity: usize,
    /// The samples as bits, frame by frame.
    samples: Box<[AtomicU32]>,
    /// How many frames were written since the beginning.
    written: AtomicU64,
    /// How many will have been when what is being written is.
    announced: AtomicU64,
    /// The loop: the lower half of the number of its first frame, and its length; or [`WANTED`] or
    /// [`NOTHING`].
    riff: AtomicU64,
}

/// A part of what was played, to be looped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Riff {
    /// The number of its first frame, and of the one behind its last.
    pub(crate) start: u64,
    pub(crate) end: u64,
}

/// What was read of a [`RecentInput`].
#[derive(Debug, Clone)]
pub struct Recording {
    /// In Hz.
    pub rate: f64,
    /// One or two channels of one length.
    pub channels: Vec<Vec<f32>>,
    /// The number of its first frame.
    first: u64,
}

impl RecentInput {
    /// Has heard nothing. `rate` in Hz, `channels` 1 or 2. Takes 4 bytes for each sample of 32 s: not for
    /// the audio thread.
    pub fn new(rate: f64, channels: usize) -> Self {
        let channels = channels.clamp(1, 2);
        let capacity = (KEPT * rate).clamp(1.0, MOST_FRAMES) as usize;
        RecentInput {
            rate,
            channels,
            capacity,
            samples: (0..capacity * channels)
                .map(|_| AtomicU32::new(0))
                .collect(),
            written: AtomicU64::new(0),
            announced: AtomicU64::new(0),
            riff: AtomicU64::new(WANTED),
        }
    }

    /// Whether it was made for such a rate in Hz and so many channels.
    pub fn fits(&self, rate: f64, channels: usize) -> bool {
        (self.rate, self.channels) == (rate, channels)
    }

    /// How many seconds of it are kept now. Never waits.
    pub fn seconds(&self) -> f64 {
        (self.written() as f64 / self.rate).min(KEPT - 1.0)
    }

    /// How many frames were written since the beginning. Never waits.
    pub(crate) fn written(&self) -> u64 {
        self.written.load(Ordering::Acquire)
    }

    /// The number of the oldest frame that is still there when so many more have been written.
    pub(crate) fn oldest_after(&self, frames: u64) -> u64 {
        (self.written() + frames).saturating_sub(self.capacity as u64)
    }

    fn at(&self, frame: u64) -> usize {
        (frame % self.capacity as u64) as usize * self.channels
    }

    /// Writes the first frames of left and right. For the thread that writes.
    pub(crate) fn write<const LENGTH: usize>(&self, sides: &[[f32; LENGTH]; 2], frames: usize) {
        let written = self.written.load(Ordering::Relaxed);
        let then = written + frames as u64;
        // Whoever reads one of the samples below sees this afterwards.
        self.announced.store(then, Ordering::Relaxed);
        fence(Ordering::Release);
        for (frame, number) in (written..then).enumerate() {
            let at = self.at(number);
            for (sample, side) in self.samples[at..at + self.channels].iter().zip(sides) {
                sample.store(side[frame].to_bits(), Ordering::Relaxed);
            }
        }
        self.written.store(then, Ordering::Release);
    }

    /// A frame, left and right. For the thread that writes.
    pub(crate) fn frame(&self, number: u64) -> [f32; 2] {
        let at = self.at(number);
        let side = |n: usize| f32::from_bits(self.samples[at + n].load(Ordering::Relaxed));
        [side(0), side(self.channels - 1)]
    }

    /// What was played last, at most so many seconds of it and never more than 31; what is overwritten
    /// while it is read is left out. Allocates.
    pub fn read(&self, seconds: f64) -> Recording {
        let end = self.written();
        let most = (seconds.clamp(0.0, KEPT - 1.0) * self.rate) as u64;
        let most = most.min(self.capacity as u64);
        let first = end.saturating_sub(most);
        let numbers = first..end;
        let mut channels = vec![Vec::with_capacity(numbers.clone().count()); self.channels];
        for number in numbers {
            for (channel, sample) in channels.iter_mut().zip(self.frame(number)) {
                channel.push(sample);
            }
        }
        // Pairs with the fence of the writer.
        fence(Ordering::Acquire);
        let announced = self.announced.load(Ordering::Relaxed);
        let whole = announced.saturating_sub(self.capacity as u64).max(first);
        for channel in &mut channels {
            channel.drain(..((whole - first) as usize).min(channel.len()));
        }
        Recording {
            rate: self.rate,
            channels,
            first: whole,
        }
    }

    /// Has the newest riff looped in place of the guitar, as soon as the chain is set to that: how long it
    /// is, in s, at most `seconds` and at least 2; `None` if there is none, and then nothing is looped.
    /// Takes some milliseconds.
    pub fn loop_riff(&self, seconds: f64) -> Option<f64> {
        let played = self.read(KEPT);
        let found = find_riff(&played.channels, self.rate, seconds);
        let riff = found.as_ref().map_or(NOTHING, |riff| {
            let start = played.first + riff.start as u64;
            start << 32 | riff.len() as u64
        });
        self.riff.store(riff, Ordering::Release);
        found.map(|riff| riff.len() as f64 / self.rate)
    }

    /// Whether somebody is to call [`RecentInput::loop_riff`]: a loop was switched on since the last time.
    pub fn wants_riff(&self) -> bool {
        self.riff.load(Ordering::Acquire) == WANTED
    }

    /// Has a riff looked for; what was found before is not looped any more. Never waits.
    pub(crate) fn want_riff(&self) {
        self.riff.store(WANTED, Ordering::Release);
    }

    /// What is to be looped. Never waits.
    pub(crate) fn riff(&self) -> Option<Riff> {
        let riff = self.riff.load(Ordering::Acquire);
        let (low, length) = ((riff >> 32) as u32, u64::from(riff as u32));
        // It begins less than 2^32 frames ago.
        let written = self.written.load(Ordering::Relaxed);
        let ago = u64::from((written as u32).wrapping_sub(low));
        let start = written.checked_sub(ago)?;
        (length > 0).then_some(Riff {
            start,
            end: start + length,
        })
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    /// Frames that say themselves which they are, from this number on.
    fn numbered(first: u64) -> [[f32; 64]; 2] {
        let left = std::array::from_fn(|n| (first + n as u64) as f32);
        [left, left.map(|sample| -sample)]
    }

    fn write(recent: &RecentInput, frames: u64) {
        let end = recent.written() + frames;
        while recent.written() < end {
            let now = recent.written();
            recent.write(&numbered(now), (end - now).min(64) as usize);
        }
    }

    #[test]
    fn what_was_written_last_is_read() {
        let recent = RecentInput::new(1000.0, 2);
        assert!(recent.read(30.0).channels[0].is_empty());
        write(&recent, 100);
        let played = recent.read(30.0);
        assert_eq!((played.first, played.channels[0].len()), (0, 100));
        write(&recent, 99_900);
        let played = recent.read(0.5);
        let wanted: Vec<f32> = (99_500..100_000).map(|n| n as f32).collect();
        assert_eq!((played.first, &played.channels[0]), (99_500, &wanted));
        assert!(
            played.channels[1]
                .iter()
                .zip(&wanted)
                .all(|(r, l)| *r == -l)
        );
        assert_eq!(recent.read(1e9).channels[0].len(), 31_000);
        assert_eq!(recent.frame(99_999), [99_999.0, -99_999.0]);
    }

    #[test]
    fn of_one_channel_both_sides_hear_the_same() {
        let recent = RecentInput::new(1000.0, 1);
        write(&recent, 40_000);
        assert_eq!(recent.frame(39_999), [39_999.0; 2]);
        assert_eq!(recent.read(1.0).channels.len(), 1);
    }

    #[test]
    fn what_is_read_is_whole_whatever_is_written_meanwhile() {
        let recent = Arc::new(RecentInput::new(100.0, 2));
        let writing = recent.clone();
        let writer = std::thread::spawn(move || write(&writing, 3_000_000));
        while !writer.is_finished() {
            let played = recent.read(31.0);
            for (n, frame) in played.channels[0].iter().enumerate() {
                assert_eq!(*frame, (played.first + n as u64) as f32);
                assert_eq!(*frame, -played.channels[1][n]);
            }
        }
        writer.join().unwrap();
    }

    #[test]
    fn no_rate_takes_more_memory_than_a_very_high_one() {
        let recent = RecentInput::new(1e12, 1);
        assert_eq!(recent.samples.len(), MOST_FRAMES as usize);
        write(&recent, 64);
        assert_eq!(recent.read(1.0).channels[0].len(), 64);
    }

    #[test]
    fn a_riff_is_found_again_however_much_was_written_since_the_beginning() {
        let recent = RecentInput::new(1000.0, 1);
        assert_eq!(recent.riff(), None);
        recent.written.store(3 << 32, Ordering::Relaxed);
        let start = (3 << 32) - 5000;
        recent.riff.store(start << 32 | 2000, Ordering::Relaxed);
        let end = start + 2000;
        assert_eq!(recent.riff(), Some(Riff { start, end }));
        for none in [WANTED, NOTHING] {
            recent.riff.store(none, Ordering::Relaxed);
            assert_eq!(recent.riff(), None);
            assert_eq!(recent.wants_riff(), none == WANTED);
        }
    }
}
