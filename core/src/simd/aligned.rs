//! Floats on cache line boundaries.

use std::ops::{Deref, DerefMut};

const LINE: usize = 16;

#[derive(Debug, Clone, Copy)]
#[repr(C, align(64))]
struct Line([f32; LINE]);

/// A fixed-size buffer of floats that starts on a cache line, so that no vector load crosses one.
#[derive(Debug, Clone, Default)]
pub(crate) struct AlignedVec {
    lines: Vec<Line>,
    len: usize,
}

impl AlignedVec {
    pub(crate) fn zeros(len: usize) -> Self {
        AlignedVec {
            lines: vec![Line([0.0; LINE]); len.div_ceil(LINE)],
            len,
        }
    }
}

impl From<Vec<f32>> for AlignedVec {
    fn from(values: Vec<f32>) -> Self {
        let mut aligned = AlignedVec::zeros(values.len());
        aligned.copy_from_slice(&values);
        aligned
    }
}

impl Deref for AlignedVec {
    type Target = [f32];

    #[inline(always)]
    fn deref(&self) -> &[f32] {
        // SAFETY: `Line` is a plain array of floats, and there are at least `len` of them.
        unsafe { std::slice::from_raw_parts(self.lines.as_ptr().cast(), self.len) }
    }
}

impl DerefMut for AlignedVec {
    #[inline(always)]
    fn deref_mut(&mut self) -> &mut [f32] {
        // SAFETY: as in `deref`.
        unsafe { std::slice::from_raw_parts_mut(self.lines.as_mut_ptr().cast(), self.len) }
    }
}
