//! [`Simd`] for 64-bit ARM, whose CPUs all have NEON.

use super::pair::Pair;
use super::{Kernel, Simd};
use std::arch::aarch64::*;

/// 4 lanes with fused multiply-add.
#[derive(Clone, Copy)]
pub(super) struct Neon(float32x4_t);

// SAFETY (of every block in this implementation): NEON is part of the aarch64 target; loads and
// stores pass on the caller's promise.
#[allow(clippy::undocumented_unsafe_blocks)]
impl Simd for Neon {
    const LANES: usize = 4;
    const REGISTERS: usize = 32;
    type Eight = Pair<Neon>;

    #[inline(never)]
    fn call(kernel: impl Kernel) {
        kernel.run::<Neon>();
    }

    #[inline(always)]
    fn splat(x: f32) -> Self {
        unsafe { Neon(vdupq_n_f32(x)) }
    }

    #[inline(always)]
    unsafe fn load(p: *const f32) -> Self {
        unsafe { Neon(vld1q_f32(p)) }
    }

    #[inline(always)]
    unsafe fn store(self, p: *mut f32) {
        unsafe { vst1q_f32(p, self.0) }
    }

    #[inline(always)]
    fn mul_add(self, b: Self, c: Self) -> Self {
        unsafe { Neon(vfmaq_f32(c.0, self.0, b.0)) }
    }

    #[inline(always)]
    fn add(self, b: Self) -> Self {
        unsafe { Neon(vaddq_f32(self.0, b.0)) }
    }

    #[inline(always)]
    fn sub(self, b: Self) -> Self {
        unsafe { Neon(vsubq_f32(self.0, b.0)) }
    }

    #[inline(always)]
    fn mul(self, b: Self) -> Self {
        unsafe { Neon(vmulq_f32(self.0, b.0)) }
    }

    #[inline(always)]
    fn div(self, b: Self) -> Self {
        unsafe { Neon(vdivq_f32(self.0, b.0)) }
    }

    /// A comparison with NaN is false, so the choice falls on `b`, as on x86.
    #[inline(always)]
    fn max(self, b: Self) -> Self {
        unsafe { Neon(vbslq_f32(vcgtq_f32(self.0, b.0), self.0, b.0)) }
    }

    #[inline(always)]
    fn min(self, b: Self) -> Self {
        unsafe { Neon(vbslq_f32(vcltq_f32(self.0, b.0), self.0, b.0)) }
    }

    #[inline(always)]
    fn exp2_whole(self) -> Self {
        unsafe {
            let biased = vaddq_s32(vcvtnq_s32_f32(self.0), vdupq_n_s32(127));
            Neon(vreinterpretq_f32_s32(vshlq_n_s32::<23>(biased)))
        }
    }

    #[inline(always)]
    fn sum(self) -> f32 {
        unsafe { vaddvq_f32(self.0) }
    }
}
