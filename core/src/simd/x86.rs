//! [`Simd`] for x86-64.

use super::pair::Pair;
use super::{Kernel, Simd};
use std::arch::x86_64::*;

/// 4 lanes, no fused multiply-add: the floor that every x86-64 CPU has.
#[derive(Clone, Copy)]
pub(super) struct Sse2(__m128);

/// 8 lanes with 16 registers.
#[derive(Clone, Copy)]
pub(super) struct Avx2(__m256);

/// 8 lanes with the 32 registers of AVX-512.
#[derive(Clone, Copy)]
pub(super) struct Avx512Eight(__m256);

/// 16 lanes.
#[derive(Clone, Copy)]
pub(super) struct Avx512(__m512);

#[inline(never)]
fn run_sse2(kernel: impl Kernel) {
    kernel.run::<Sse2>();
}

#[inline(never)]
#[target_feature(enable = "avx2,fma")]
fn run_avx2(kernel: impl Kernel) {
    kernel.run::<Avx2>();
}

#[inline(never)]
#[target_feature(enable = "avx2,fma,avx512f,avx512dq,avx512vl")]
fn run_avx512(kernel: impl Kernel) {
    kernel.run::<Avx512>();
}

/// The part of [`Simd`] that differs in nothing but the names of the instructions.
macro_rules! simd {
    ($type:ident, lanes: $lanes:literal, registers: $registers:literal, eight: $eight:ty, call: $call:ident,
     splat: $splat:ident, load: $load:ident, store: $store:ident,
     of_two: [$($of_two:ident: $instruction:ident),*],
     mul_add: $mul_add:expr, exp2_whole: $exp2:expr, sum: $sum:expr
     $(, clamp_magnitude: $clamp:expr)?) => {
        // SAFETY (of every block in this implementation): see the contract of `Simd`. A value of
        // this type is only made where the CPU has the instructions; loads and stores pass on the
        // caller's promise.
        #[allow(clippy::undocumented_unsafe_blocks)]
        impl Simd for $type {
            const LANES: usize = $lanes;
            const REGISTERS: usize = $registers;
            type Eight = $eight;

            #[inline(always)]
            fn call(kernel: impl Kernel) {
                #[allow(unused_unsafe, reason = "SSE2 is part of the target")]
                unsafe {
                    $call(kernel)
                }
            }

            #[inline(always)]
            fn splat(x: f32) -> Self {
                unsafe { $type($splat(x)) }
            }

            #[inline(always)]
            unsafe fn load(p: *const f32) -> Self {
                unsafe { $type($load(p)) }
            }

            #[inline(always)]
            unsafe fn store(self, p: *mut f32) {
                unsafe { $store(p, self.0) }
            }

            #[inline(always)]
            fn mul_add(self, b: Self, c: Self) -> Self {
                unsafe { $type($mul_add(self.0, b.0, c.0)) }
            }

            $(#[inline(always)]
            fn $of_two(self, b: Self) -> Self {
                unsafe { $type($instruction(self.0, b.0)) }
            })*

            #[inline(always)]
            fn exp2_whole(self) -> Self {
                unsafe { $type($exp2(self.0)) }
            }

            #[inline(always)]
            fn sum(self) -> f32 {
                unsafe { $sum(self.0) }
            }

            $(#[inline(always)]
            fn clamp_magnitude(self, limit: f32) -> Self {
                unsafe { $type($clamp(self.0, Self::splat(limit).0)) }
            })?
        }
    };
}

simd!(Sse2, lanes: 4, registers: 16, eight: Pair<Sse2>, call: run_sse2,
    splat: _mm_set1_ps, load: _mm_loadu_ps, store: _mm_storeu_ps,
    of_two: [add: _mm_add_ps, sub: _mm_sub_ps, mul: _mm_mul_ps, div: _mm_div_ps, max: _mm_max_ps, min: _mm_min_ps],
    mul_add: |a, b, c| _mm_add_ps(_mm_mul_ps(a, b), c),
    exp2_whole: exp2_128, sum: sum_128);

simd!(Avx2, lanes: 8, registers: 16, eight: Avx2, call: run_avx2,
    splat: _mm256_set1_ps, load: _mm256_loadu_ps, store: _mm256_storeu_ps,
    of_two: [add: _mm256_add_ps, sub: _mm256_sub_ps, mul: _mm256_mul_ps, div: _mm256_div_ps, max: _mm256_max_ps, min: _mm256_min_ps],
    mul_add: |a, b, c| _mm256_fmadd_ps(a, b, c),
    exp2_whole: exp2_256, sum: sum_256);

simd!(Avx512Eight, lanes: 8, registers: 32, eight: Avx512Eight, call: run_avx512,
    splat: _mm256_set1_ps, load: _mm256_loadu_ps, store: _mm256_storeu_ps,
    of_two: [add: _mm256_add_ps, sub: _mm256_sub_ps, mul: _mm256_mul_ps, div: _mm256_div_ps, max: _mm256_max_ps, min: _mm256_min_ps],
    mul_add: |a, b, c| _mm256_fmadd_ps(a, b, c),
    exp2_whole: exp2_256, sum: sum_256,
    clamp_magnitude: |a, b| _mm256_range_ps::<MIN_MAGNITUDE>(a, b));

simd!(Avx512, lanes: 16, registers: 32, eight: Avx512Eight, call: run_avx512,
    splat: _mm512_set1_ps, load: _mm512_loadu_ps, store: _mm512_storeu_ps,
    of_two: [add: _mm512_add_ps, sub: _mm512_sub_ps, mul: _mm512_mul_ps, div: _mm512_div_ps, max: _mm512_max_ps, min: _mm512_min_ps],
    mul_add: |a, b, c| _mm512_fmadd_ps(a, b, c),
    exp2_whole: exp2_512, sum: |a| _mm512_reduce_add_ps(a),
    clamp_magnitude: |a, b| _mm512_range_ps::<MIN_MAGNITUDE>(a, b));

/// The value of smaller magnitude with the first one's sign, in one instruction.
const MIN_MAGNITUDE: i32 = 0b0010;

/// Puts a whole number into the exponent bits: 2^n = bits of (n + 127) << 23.
#[inline(always)]
unsafe fn exp2_128(n: __m128) -> __m128 {
    // SAFETY: SSE2 is part of x86-64.
    unsafe {
        let biased = _mm_add_epi32(_mm_cvtps_epi32(n), _mm_set1_epi32(127));
        _mm_castsi128_ps(_mm_slli_epi32::<23>(biased))
    }
}

/// As [`exp2_128`].
#[inline(always)]
unsafe fn exp2_256(n: __m256) -> __m256 {
    // SAFETY: called for values of `Avx2` and `Avx512Eight` alone.
    unsafe {
        let biased = _mm256_add_epi32(_mm256_cvtps_epi32(n), _mm256_set1_epi32(127));
        _mm256_castsi256_ps(_mm256_slli_epi32::<23>(biased))
    }
}

/// As [`exp2_128`].
#[inline(always)]
unsafe fn exp2_512(n: __m512) -> __m512 {
    // SAFETY: called for values of `Avx512` alone.
    unsafe {
        let biased = _mm512_add_epi32(_mm512_cvtps_epi32(n), _mm512_set1_epi32(127));
        _mm512_castsi512_ps(_mm512_slli_epi32::<23>(biased))
    }
}

#[inline(always)]
unsafe fn sum_128(a: __m128) -> f32 {
    // SAFETY: SSE2 is part of x86-64.
    unsafe {
        let pairs = _mm_add_ps(a, _mm_movehl_ps(a, a));
        _mm_cvtss_f32(_mm_add_ss(pairs, _mm_shuffle_ps::<1>(pairs, pairs)))
    }
}

#[inline(always)]
unsafe fn sum_256(a: __m256) -> f32 {
    // SAFETY: called for values of `Avx2` and `Avx512Eight` alone.
    unsafe {
        sum_128(_mm_add_ps(
            _mm256_castps256_ps128(a),
            _mm256_extractf128_ps::<1>(a),
        ))
    }
}
