//! Two vectors as one of twice the lanes.

use super::{Kernel, Simd};

/// The lanes of the first vector, then those of the second.
#[derive(Clone, Copy)]
pub(super) struct Pair<V>(V, V);

impl<V: Simd> Simd for Pair<V> {
    const LANES: usize = 2 * V::LANES;
    const REGISTERS: usize = V::REGISTERS / 2;
    type Eight = V::Eight;

    #[inline(always)]
    fn call(kernel: impl Kernel) {
        V::call(kernel);
    }

    #[inline(always)]
    fn splat(x: f32) -> Self {
        Pair(V::splat(x), V::splat(x))
    }

    #[inline(always)]
    unsafe fn load(p: *const f32) -> Self {
        // SAFETY: the caller vouches for twice the lanes.
        unsafe { Pair(V::load(p), V::load(p.add(V::LANES))) }
    }

    #[inline(always)]
    unsafe fn store(self, p: *mut f32) {
        // SAFETY: as in `load`.
        unsafe {
            self.0.store(p);
            self.1.store(p.add(V::LANES));
        }
    }

    #[inline(always)]
    fn mul_add(self, b: Self, c: Self) -> Self {
        Pair(self.0.mul_add(b.0, c.0), self.1.mul_add(b.1, c.1))
    }

    #[inline(always)]
    fn add(self, b: Self) -> Self {
        Pair(self.0.add(b.0), self.1.add(b.1))
    }

    #[inline(always)]
    fn sub(self, b: Self) -> Self {
        Pair(self.0.sub(b.0), self.1.sub(b.1))
    }

    #[inline(always)]
    fn mul(self, b: Self) -> Self {
        Pair(self.0.mul(b.0), self.1.mul(b.1))
    }

    #[inline(always)]
    fn div(self, b: Self) -> Self {
        Pair(self.0.div(b.0), self.1.div(b.1))
    }

    #[inline(always)]
    fn max(self, b: Self) -> Self {
        Pair(self.0.max(b.0), self.1.max(b.1))
    }

    #[inline(always)]
    fn min(self, b: Self) -> Self {
        Pair(self.0.min(b.0), self.1.min(b.1))
    }

    #[inline(always)]
    fn exp2_whole(self) -> Self {
        Pair(self.0.exp2_whole(), self.1.exp2_whole())
    }

    #[inline(always)]
    fn sum(self) -> f32 {
        self.0.add(self.1).sum()
    }
}
