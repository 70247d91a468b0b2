//! The past that a convolution looks back on.

use super::planes::{BLOCK, Source, Target};
use crate::simd::AlignedVec;

/// Samples of several channels, one plane each, growing to the right until the planes are full;
/// then what is still needed moves back to the start. Unlike in a ring, every window is contiguous.
pub(crate) struct History {
    samples: AlignedVec,
    channels: usize,
    /// Frames in a plane.
    capacity: usize,
    /// Frames before the current one that must be kept.
    lookback: usize,
    /// Where the current block starts in a plane.
    position: usize,
}

const LINE: usize = 16;

/// Frames in a plane: room enough that moving back costs little per frame.
fn capacity(lookback: usize) -> usize {
    let lines = (lookback + BLOCK + lookback.max(4 * BLOCK)).div_ceil(LINE);
    // Planes an odd number of cache lines apart do not compete for the same lines of the cache.
    (lines | 1) * LINE
}

impl History {
    pub(crate) fn new(channels: usize, lookback: usize) -> Self {
        let capacity = capacity(lookback);
        History {
            samples: AlignedVec::zeros(channels * capacity),
            channels,
            capacity,
            lookback,
            position: lookback,
        }
    }

    /// Memory that a history takes, in bytes.
    pub(crate) fn bytes(channels: usize, lookback: usize) -> f64 {
        channels as f64 * capacity(lookback) as f64 * size_of::<f32>() as f64
    }

    /// Makes room for a whole block from the current frame on. To be called before each block.
    #[inline(always)]
    pub(crate) fn make_room(&mut self) {
        if self.position + BLOCK > self.capacity {
            for plane in self.samples.chunks_exact_mut(self.capacity) {
                plane.copy_within(self.position - self.lookback..self.position, 0);
            }
            self.position = self.lookback;
        }
    }

    /// Where the current block is to be written.
    #[inline(always)]
    pub(crate) fn target(&mut self) -> Target {
        Target {
            // Of the whole buffer, for the past is read through it too.
            ptr: self.samples.as_mut_ptr().wrapping_add(self.position),
            channel: self.capacity,
            frame: 1,
        }
    }

    /// The current block; up to `lookback` frames before it may be read too.
    #[inline(always)]
    pub(crate) fn source(&mut self) -> Source {
        self.target().as_source()
    }

    /// Ends the current block, which was `frames` long.
    #[inline(always)]
    pub(crate) fn advance(&mut self, frames: usize) {
        debug_assert!(frames <= BLOCK);
        self.position += frames;
    }

    /// Whether histories were made for as many channels and as long pasts as others.
    pub(crate) fn are_alike<'a>(
        some: impl IntoIterator<Item = &'a History>,
        others: impl IntoIterator<Item = &'a History>,
    ) -> bool {
        let shape = |history: &History| (history.channels, history.lookback);
        let others = others.into_iter().map(shape);
        some.into_iter().map(shape).eq(others)
    }

    /// Takes over the pasts of histories that are alike.
    pub(crate) fn copy_all<'a>(
        to: impl IntoIterator<Item = &'a mut History>,
        from: impl IntoIterator<Item = &'a History>,
    ) {
        for (to, from) in to.into_iter().zip(from) {
            to.copy_state(from);
        }
    }

    /// Takes over the past of a history that is alike.
    pub(crate) fn copy_state(&mut self, from: &History) {
        let live = from.position - from.lookback..from.position;
        let planes = self.samples.chunks_exact_mut(self.capacity);
        for (to, from) in planes.zip(from.samples.chunks_exact(from.capacity)) {
            to[live.clone()].copy_from_slice(&from[live.clone()]);
        }
        self.position = from.position;
    }

    /// Forgets everything.
    pub(crate) fn clear(&mut self) {
        self.samples.fill(0.0);
        self.position = self.lookback;
    }

    /// Makes the past look as if the current frame had been there for ever.
    pub(crate) fn settle(&mut self) {
        for channel in 0..self.channels {
            let plane = &mut self.samples[channel * self.capacity..][..self.capacity];
            let current = plane[self.position];
            plane[self.position - self.lookback..self.position].fill(current);
        }
    }
}
