//! tanh and the logistic function on vectors.
//!
//! Both stay within 5e-7 of the true value for every float and never leave [-1, 1] and [0, 1].
//! Infinities give the limits. So does NaN (-1 or 1, and 0), so that a recurrent net never stores
//! one. The tests below check this over the floats.

use super::Simd;

/// Largest argument whose tanh is computed; tanh of it is 1 to 2e-7.
const TANH_RANGE: f32 = 8.0;

/// tanh as an odd rational function, fitted to least maximal error (1.2e-7) on +-8: numerator of
/// degree 7, denominator of degree 8. Evaluated in pairs (Estrin), so that few operations wait for
/// each other: this is on the path that an LSTM repeats for every sample.
#[inline(always)]
pub(crate) fn tanh<S: Simd>(x: S) -> S {
    let (numerator, denominator) = tanh_fraction(x, S::splat(1.0));
    numerator.div(denominator)
}

/// The two sides of the fraction that is `tanh(x) / factor`, so that several divisions can be made
/// one. The factor is worked in where nothing waits for it.
#[inline(always)]
pub(crate) fn tanh_fraction<S: Simd>(x: S, factor: S) -> (S, S) {
    let c = |value: f32| S::splat(value);
    let x = x.clamp_magnitude(TANH_RANGE);
    let t = x.mul(x);
    let t2 = t.mul(t);
    let p_high = t.mul_add(c(1.126_326_3e-5), c(0.002_934_338_3));
    let p_low = t.mul_add(c(0.129_094_12), c(0.999_999_4));
    let numerator = x.mul(t2).mul_add(p_high, x.mul(p_low));
    let q_mid = t.mul_add(c(0.000_236_402_43), c(0.023_745_311));
    let q_high = t2.mul_add(c(2.409_191_5e-7), q_mid);
    let q_low = t.mul_add(c(0.462_425_05), c(1.0));
    (numerator, t2.mul(factor).mul_add(q_high, q_low.mul(factor)))
}

/// Beyond this the logistic function is 0 or 1 to single precision.
const SIGMOID_RANGE: f32 = 87.0;

/// The logistic function `1 / (1 + exp(-x))`.
///
/// Through the exponential rather than through tanh: a trained gate often rests where the function
/// is 1e-4 away from 0 or 1, and how slowly the cell forgets hangs on exactly that distance.
#[inline(always)]
pub(crate) fn sigmoid<S: Simd>(x: S) -> S {
    let x = x.max(S::splat(-SIGMOID_RANGE)).min(S::splat(SIGMOID_RANGE));
    S::splat(1.0).div(sigmoid_denominator(x, S::splat(1.0)))
}

/// Largest magnitude that [`sigmoid_denominator`] may be given.
pub(crate) const EXP_RANGE: f32 = 1_048_576.0;

/// `factor * (1 + exp(-x))`, of which `factor` over it is the logistic function, for |x| up to
/// [`EXP_RANGE`]. The factor is worked in where nothing waits for it.
#[inline(always)]
pub(crate) fn sigmoid_denominator<S: Simd>(x: S, factor: S) -> S {
    // exp(-x) = 2^n * 2^r with n whole and r in -0.5..=0.5.
    let scale = S::splat(-std::f32::consts::LOG2_E);
    // Adding 1.5 * 2^23 leaves no bits for a fraction: the nearest whole number.
    let magic = S::splat(12_582_912.0);
    let n = x.mul_add(scale, magic).sub(magic);
    let r = x.mul_add(scale, S::splat(0.0).sub(n));
    // Limiting the exponent rather than x keeps that off the longest chain of operations.
    let exponent = n.max(S::splat(-126.0)).min(S::splat(126.0));
    exp2_fraction(r).mul_add(exponent.exp2_whole().mul(factor), factor)
}

/// 2^r for r in -0.5..=0.5: of the polynomials of degree 5 that are exact at 0, so that a gate at
/// rest has no bias, the one with the least relative error (7.4e-8).
#[allow(
    clippy::approx_constant,
    reason = "the best coefficient is not exactly ln 2"
)]
#[inline(always)]
fn exp2_fraction<S: Simd>(r: S) -> S {
    let c = |value: f32| S::splat(value);
    let r2 = r.mul(r);
    let p01 = r.mul_add(c(0.693_147), c(1.0));
    let p23 = r.mul_add(c(0.055_508_28), c(0.240_222_56));
    let p45 = r.mul_add(c(0.001_322_571_3), c(0.009_671_242));
    r2.mul_add(r2.mul_add(p45, p23), p01)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::simd::{Kernel, SimdLevel};

    /// Applies a function to floats at a level.
    struct Apply<'a> {
        function: Function,
        values: &'a mut [f32],
    }

    #[derive(Clone, Copy)]
    enum Function {
        Tanh,
        Sigmoid,
    }

    impl Kernel for Apply<'_> {
        #[inline(always)]
        fn run<S: Simd>(self) {
            for chunk in self.values.chunks_exact_mut(S::LANES) {
                // SAFETY: the chunk has a vector's lanes.
                unsafe {
                    let x = S::load(chunk.as_ptr());
                    let y = match self.function {
                        Function::Tanh => tanh(x),
                        Function::Sigmoid => sigmoid(x),
                    };
                    y.store(chunk.as_mut_ptr());
                }
            }
        }
    }

    /// Floats of every sign and exponent, finely and evenly spread over all bit patterns; the step
    /// is odd, so that no bit always has the same value.
    fn floats() -> Vec<f32> {
        (0..u32::MAX / 1021)
            .map(|i| f32::from_bits(i * 1021))
            .filter(|x| !x.is_nan())
            .collect()
    }

    fn check(function: Function, truth: impl Fn(f64) -> f64, range: std::ops::RangeInclusive<f32>) {
        let mut arguments = floats();
        arguments.extend((-2_000_000..2_000_000).map(|i| i as f32 * 1e-5));
        arguments.extend([
            f32::INFINITY,
            f32::NEG_INFINITY,
            0.0,
            -0.0,
            f32::MIN_POSITIVE,
        ]);
        arguments.resize(arguments.len().next_multiple_of(16), 0.0);
        let truths: Vec<f64> = arguments.iter().map(|&x| truth(f64::from(x))).collect();
        for &level in SimdLevel::ALL.iter().filter(|level| level.is_available()) {
            let mut values = arguments.clone();
            level.run(Apply {
                function,
                values: &mut values,
            });
            let mut worst = 0.0f64;
            for ((&x, &y), &truth) in arguments.iter().zip(&values).zip(&truths) {
                assert!(range.contains(&y), "{level}: f({x:e}) = {y:e}");
                worst = worst.max((f64::from(y) - truth).abs());
            }
            println!("{level}: {worst:.2e}");
            assert!(worst <= 5e-7, "{level}: {worst:e}");
        }
    }

    #[test]
    fn tanh_is_within_its_bound() {
        check(Function::Tanh, f64::tanh, -1.0..=1.0);
    }

    #[test]
    fn sigmoid_is_within_its_bound() {
        check(Function::Sigmoid, |x| 1.0 / (1.0 + (-x).exp()), 0.0..=1.0);
    }

    /// A gate near 1 decides how slowly a cell forgets: what it lacks to 1 must be right too, and
    /// so must the value of a gate near 0.
    #[test]
    fn sigmoid_is_right_where_it_is_nearly_closed() {
        let arguments: Vec<f32> = (0..8000).map(|i| -40.0 + i as f32 * 0.005).collect();
        for &level in SimdLevel::ALL.iter().filter(|level| level.is_available()) {
            let mut values = arguments.clone();
            level.run(Apply {
                function: Function::Sigmoid,
                values: &mut values,
            });
            for (&x, &y) in arguments.iter().zip(&values) {
                let truth = 1.0 / (1.0 + (-f64::from(x)).exp());
                let relative = (f64::from(y) / truth - 1.0).abs();
                assert!(
                    relative < 3e-6,
                    "{level}: sigmoid({x}) is off by {relative:e} of itself"
                );
            }
        }
    }

    #[test]
    fn nan_gives_a_limit() {
        for &level in SimdLevel::ALL.iter().filter(|level| level.is_available()) {
            for (function, limits) in [
                (Function::Tanh, [-1.0f32, 1.0]),
                (Function::Sigmoid, [0.0, 0.0]),
            ] {
                let mut values = [f32::NAN; 16];
                level.run(Apply {
                    function,
                    values: &mut values,
                });
                let near = |y: &f32| limits.iter().any(|limit| (y - limit).abs() < 5e-7);
                assert!(values.iter().all(near), "{level}: {values:?}");
            }
        }
    }
}
