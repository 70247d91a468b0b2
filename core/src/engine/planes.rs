//! How the samples of a block lie in memory, and scratch memory for them.

use crate::simd::{AlignedVec, Simd, SimdLevel};

/// Frames that a network processes at a time; longer host blocks are cut into these. Small enough
/// that a layer's whole block stays in the first-level cache, large enough to fill wide vectors.
pub(crate) const BLOCK: usize = 64;

/// Widest vector of any instruction set; kernels may read and write this far past what they were asked for.
pub(crate) const MAX_LANES: usize = 16;

/// The samples of several channels: channel `c`, frame `t` stands at `ptr + c * channel + t * frame`.
#[derive(Clone, Copy)]
pub(crate) struct Source {
    pub(crate) ptr: *const f32,
    pub(crate) channel: usize,
    pub(crate) frame: usize,
}

/// As [`Source`], for writing.
#[derive(Clone, Copy)]
pub(crate) struct Target {
    pub(crate) ptr: *mut f32,
    pub(crate) channel: usize,
    pub(crate) frame: usize,
}

impl Target {
    /// Where a sample stands.
    #[inline(always)]
    pub(crate) fn at(self, channel: usize, frame: usize) -> *mut f32 {
        self.ptr
            .wrapping_add(channel * self.channel + frame * self.frame)
    }

    #[inline(always)]
    pub(crate) fn as_source(self) -> Source {
        Source {
            ptr: self.ptr,
            channel: self.channel,
            frame: self.frame,
        }
    }

    /// The same, from channel `first` on.
    pub(crate) fn skip_channels(self, first: usize) -> Target {
        Target {
            // Stays inside the buffer: callers name channels that it has.
            ptr: self.ptr.wrapping_add(first * self.channel),
            ..self
        }
    }
}

impl Source {
    /// Where a sample stands.
    #[inline(always)]
    pub(crate) fn at(self, channel: usize, frame: usize) -> *const f32 {
        self.ptr
            .wrapping_add(channel * self.channel + frame * self.frame)
    }

    /// The same, from channel `first` on.
    pub(crate) fn skip_channels(self, first: usize) -> Source {
        Source {
            ptr: self.ptr.wrapping_add(first * self.channel),
            ..self
        }
    }
}

/// Visits every vector of a planar block by its channel and first frame.
#[inline(always)]
pub(crate) fn each_vector<S: Simd>(
    channels: usize,
    frames: usize,
    mut visit: impl FnMut(usize, usize),
) {
    for channel in 0..channels {
        for frame in (0..frames).step_by(S::LANES) {
            visit(channel, frame);
        }
    }
}

/// The two ways in which a block is laid out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Order {
    /// A channel's frames side by side; vectors span time. The way to process a whole block.
    Planar,
    /// A frame's channels side by side; vectors span channels. For the few frames of a tiny block,
    /// which would leave most lanes of a planar vector unused.
    Interleaved,
}

/// Copies a block between any two layouts.
///
/// # Safety
/// Both must be blocks with these channels and frames.
#[inline(always)]
pub(crate) unsafe fn copy(from: Source, to: Target, channels: usize, frames: usize) {
    debug_assert!(frames <= BLOCK);
    for channel in 0..channels {
        for frame in 0..frames {
            // SAFETY: the caller's promise.
            unsafe { *to.at(channel, frame) = *from.at(channel, frame) };
        }
    }
}

impl Order {
    /// The faster order for a block of this many frames and channels, as measured: one planar vector
    /// costs the same however few of its lanes are wanted, a frame of few channels hardly less than
    /// one of many.
    pub(crate) fn for_block(frames: usize, channels: usize, level: SimdLevel) -> Self {
        if frames <= (channels / 4).clamp(1, level.interleaved_frames()) {
            Order::Interleaved
        } else {
            Order::Planar
        }
    }
}

/// Scratch for one block of several channels, in either order.
pub(crate) struct Planes {
    samples: AlignedVec,
    /// Distance between frames when interleaved.
    stride: usize,
}

impl Planes {
    pub(crate) fn new(channels: usize) -> Self {
        let stride = channels.next_multiple_of(MAX_LANES);
        Planes {
            samples: AlignedVec::zeros(stride * BLOCK + 2 * MAX_LANES),
            stride,
        }
    }

    pub(crate) fn target(&mut self, order: Order) -> Target {
        let (channel, frame) = match order {
            Order::Planar => (BLOCK, 1),
            Order::Interleaved => (1, self.stride),
        };
        Target {
            ptr: self.samples.as_mut_ptr(),
            channel,
            frame,
        }
    }

    /// One channel of a planar block.
    pub(crate) fn channel(&self, channel: usize) -> &[f32] {
        &self.samples[channel * BLOCK..][..BLOCK]
    }

    /// One channel of a planar block.
    pub(crate) fn channel_mut(&mut self, channel: usize) -> &mut [f32] {
        &mut self.samples[channel * BLOCK..][..BLOCK]
    }
}
