//! Activation functions over a block, alone, summed for the head, or as a gate between two halves.

use super::planes::{MAX_LANES, Order, Target, each_vector};
use crate::format::activation::Activation as Config;
use crate::simd::math::{sigmoid, tanh};
use crate::simd::{AlignedVec, Kernel, Simd};

/// An activation function, ready to run.
pub(crate) struct Activation {
    function: Config,
    /// Of a PReLU, one slope per channel, padded for vectors that span channels.
    slopes: AlignedVec,
}

/// What becomes of an activation's result besides replacing its argument.
#[derive(Clone, Copy)]
pub(crate) enum Sum {
    /// Nothing.
    None,
    /// It is copied to here.
    Set(Target),
    /// It is added to what stands here.
    Add(Target),
}

/// A block of `channels` by `frames` in either order, as rows of floats side by side.
#[derive(Clone, Copy)]
struct Rows {
    count: usize,
    length: usize,
}

impl Rows {
    #[inline(always)]
    fn new(order: Order, channels: usize, frames: usize) -> Self {
        let (count, length) = match order {
            Order::Planar => (channels, frames),
            Order::Interleaved => (frames, channels),
        };
        Rows { count, length }
    }
}

#[inline(always)]
fn row_stride(block: Target, order: Order) -> usize {
    match order {
        Order::Planar => block.channel,
        Order::Interleaved => block.frame,
    }
}

impl Activation {
    /// `channels`: how many the function is applied to.
    pub(crate) fn new(config: &Config, channels: usize) -> Self {
        let slopes = match config {
            Config::PRelu(slopes) => {
                let repeated = slopes.iter().copied().cycle().take(channels);
                repeated.chain([0.0; MAX_LANES]).collect::<Vec<_>>()
            }
            _ => Vec::new(),
        };
        Activation {
            function: config.clone(),
            slopes: slopes.into(),
        }
    }

    /// Replaces a block by its activation.
    ///
    /// # Safety
    /// `block` (and the target of `sum`) must be blocks in `order` with these channels and frames,
    /// with room for [`super::planes::BLOCK`] frames or [`MAX_LANES`] channels behind.
    #[inline(always)]
    pub(crate) unsafe fn run<S: Simd>(
        &self,
        block: Target,
        sum: Sum,
        order: Order,
        channels: usize,
        frames: usize,
    ) {
        S::call(Run {
            activation: self,
            pass: Pass {
                block,
                sum,
                order,
                rows: Rows::new(order, channels, frames),
            },
        });
    }
}

/// One sweep as a kernel of its own.
struct Run<'a> {
    activation: &'a Activation,
    pass: Pass,
}

impl Kernel for Run<'_> {
    #[inline(always)]
    fn run<S: Simd>(self) {
        // A few channels of a frame were stored in a narrow vector; reading them back in a wider one
        // would have to wait for the store.
        if self.pass.order == Order::Interleaved && self.pass.rows.length <= S::Eight::LANES {
            self.sweep::<S::Eight>();
        } else {
            self.sweep::<S>();
        }
    }
}

impl Run<'_> {
    #[inline(always)]
    fn sweep<S: Simd>(self) {
        let c = |value: f32| S::splat(value);
        let pass = self.pass;
        // SAFETY: it is only made in `Activation::run`, whose caller vouches for the blocks.
        unsafe {
            match &self.activation.function {
                Config::Tanh => pass.map(|x| tanh::<S>(x)),
                Config::Fasttanh => pass.map(|x| fast_tanh::<S>(x)),
                Config::Relu => pass.map(|x: S| x.max(c(0.0))),
                Config::LeakyRelu(slope) => {
                    let slope = c(*slope);
                    pass.map(|x| leaky::<S>(x, slope));
                }
                Config::PRelu(_) => {
                    pass.map_with(&self.activation.slopes, |x, slope| leaky::<S>(x, slope))
                }
                Config::Sigmoid => pass.map(|x| sigmoid::<S>(x)),
                Config::Silu => pass.map(|x: S| x.mul(sigmoid(x))),
                Config::Hardswish => pass.map(|x: S| {
                    x.mul(x.add(c(3.0)).max(c(0.0)).min(c(6.0)))
                        .mul(c(1.0 / 6.0))
                }),
                Config::Hardtanh { min, max } => pass.map(|x: S| x.max(c(*min)).min(c(*max))),
                Config::LeakyHardtanh {
                    min,
                    max,
                    min_slope,
                    max_slope,
                } => {
                    let (min, max) = (c(*min), c(*max));
                    let (below, above) = (c(*min_slope), c(*max_slope));
                    pass.map(|x: S| {
                        let under = x.sub(min).min(c(0.0));
                        let over = x.sub(max).max(c(0.0));
                        let inside = x.max(min).min(max);
                        over.mul_add(above, under.mul_add(below, inside))
                    });
                }
                Config::Softsign => pass.map(|x| softsign::<S>(x)),
                Config::Softsigmoid => {
                    pass.map(|x| softsign::<S>(x).mul_add(c(0.5), c(0.5)));
                }
            }
        }
    }
}

#[inline(always)]
fn leaky<S: Simd>(x: S, slope: S) -> S {
    let zero = S::splat(0.0);
    x.min(zero).mul_add(slope, x.max(zero))
}

#[inline(always)]
fn softsign<S: Simd>(x: S) -> S {
    x.div(S::splat(1.0).add(x.abs()))
}

/// The reference engine's rational approximation, which a file can ask for by name.
#[inline(always)]
fn fast_tanh<S: Simd>(x: S) -> S {
    let c = |value: f32| S::splat(value);
    let a = x.abs();
    let x2 = x.mul(x);
    let inner = a.mul_add(c(0.821_226_67), c(0.893_229_85));
    let numerator = x.mul(inner.mul_add(x2, a.mul_add(c(2.455_507_5), c(2.455_507_5))));
    let crossed = x.mul(a).mul_add(c(0.814_642_7), x).abs();
    let denominator = x2.add(c(2.445_066_3)).mul_add(crossed, c(2.445_066_3));
    numerator.div(denominator)
}

/// One sweep over a block.
#[derive(Clone, Copy)]
struct Pass {
    block: Target,
    sum: Sum,
    order: Order,
    rows: Rows,
}

impl Pass {
    #[inline(always)]
    unsafe fn map<S: Simd>(self, function: impl Fn(S) -> S) {
        // SAFETY: the caller's promise.
        unsafe { self.sweep(|x, _, _| function(x)) }
    }

    /// As `map`, with a parameter for each channel.
    #[inline(always)]
    unsafe fn map_with<S: Simd>(self, parameters: &AlignedVec, function: impl Fn(S, S) -> S) {
        let order = self.order;
        // SAFETY: the caller's promise; the parameters are padded by `MAX_LANES`.
        unsafe {
            self.sweep(|x, row, column| {
                let parameter = match order {
                    Order::Planar => S::splat(parameters[row]),
                    Order::Interleaved => S::load(parameters.as_ptr().add(column)),
                };
                function(x, parameter)
            });
        }
    }

    #[inline(always)]
    unsafe fn sweep<S: Simd>(self, function: impl Fn(S, usize, usize) -> S) {
        let stride = row_stride(self.block, self.order);
        for row in 0..self.rows.count {
            let mut column = 0;
            while column < self.rows.length {
                // SAFETY: the caller's promise.
                unsafe {
                    let p = self.block.ptr.add(row * stride + column);
                    let y = function(S::load(p), row, column);
                    y.store(p);
                    match self.sum {
                        Sum::None => {}
                        Sum::Set(target) => {
                            let at = row * row_stride(target, self.order) + column;
                            y.store(target.ptr.add(at));
                        }
                        Sum::Add(target) => {
                            let at = row * row_stride(target, self.order) + column;
                            let q = target.ptr.add(at);
                            S::load(q).add(y).store(q);
                        }
                    }
                }
                column += S::LANES;
            }
        }
    }
}

/// Adds a block to the sum for the head. Both planar.
///
/// # Safety
/// Both must have these channels and room for [`super::planes::BLOCK`] frames.
#[inline(always)]
pub(crate) unsafe fn accumulate<S: Simd>(block: Target, sum: Sum, channels: usize, frames: usize) {
    let pass = Pass {
        block,
        sum,
        order: Order::Planar,
        rows: Rows::new(Order::Planar, channels, frames),
    };
    // SAFETY: the caller's promise.
    unsafe { pass.map(|x: S| x) }
}

/// `top = top * gate` for two planar blocks.
///
/// # Safety
/// Both must have these channels and room for [`super::planes::BLOCK`] frames.
#[inline(always)]
pub(crate) unsafe fn gate<S: Simd>(top: Target, gate: Target, channels: usize, frames: usize) {
    each_vector::<S>(channels, frames, |channel, frame| {
        // SAFETY: the caller's promise.
        unsafe {
            let (x, g) = (top.at(channel, frame), gate.at(channel, frame));
            S::load(x).mul(S::load(g)).store(x);
        }
    });
}

/// `top = mix * activated + (1 - mix) * top` for three planar blocks.
///
/// # Safety
/// All must have these channels and room for [`super::planes::BLOCK`] frames.
#[inline(always)]
pub(crate) unsafe fn blend<S: Simd>(
    top: Target,
    activated: Target,
    mix: Target,
    channels: usize,
    frames: usize,
) {
    each_vector::<S>(channels, frames, |channel, frame| {
        // SAFETY: the caller's promise.
        unsafe {
            let x = S::load(top.at(channel, frame));
            let y = S::load(activated.at(channel, frame));
            let m = S::load(mix.at(channel, frame));
            let rest = S::splat(1.0).sub(m).mul(x);
            m.mul_add(y, rest).store(top.at(channel, frame));
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::simd::SimdLevel;

    /// Every activation against its formula in `f64`. Those that the reference engine computes
    /// otherwise than the trainer, or not at all, are only checked here: Hardtanh with the bounds of
    /// the file, and Softsigmoid (`0.5 * (1 + x / (1 + |x|))`, from the trainer's source).
    #[test]
    fn formulas() {
        type Formula = fn(f64) -> f64;
        let sigmoid = |x: f64| 1.0 / (1.0 + (-x).exp());
        let cases: [(Config, Formula); 12] = [
            (Config::Fasttanh, |x| {
                let (a, square) = (x.abs(), x * x);
                let inner = 0.893229853513558 + 0.821226666969744 * a;
                let numerator = x * (2.45550750702956 * (1.0 + a) + inner * square);
                let crossed = (x + 0.814642734961073 * x * a).abs();
                numerator / (2.44506634652299 + (2.44506634652299 + square) * crossed)
            }),
            (
                Config::LeakyHardtanh {
                    min: -1.0,
                    max: 1.5,
                    min_slope: 0.1,
                    max_slope: 0.2,
                },
                |x| {
                    if x < -1.0 {
                        -1.0 + 0.1 * (x + 1.0)
                    } else if x > 1.5 {
                        1.5 + 0.2 * (x - 1.5)
                    } else {
                        x
                    }
                },
            ),
            (Config::Tanh, f64::tanh),
            (Config::Relu, |x| x.max(0.0)),
            (
                Config::LeakyRelu(1.5),
                |x| if x > 0.0 { x } else { 1.5 * x },
            ),
            (Config::PRelu(vec![-0.25].into()), |x| {
                if x > 0.0 { x } else { -0.25 * x }
            }),
            (Config::Sigmoid, sigmoid),
            (Config::Silu, |x| x / (1.0 + (-x).exp())),
            (Config::Hardswish, |x| x * (x + 3.0).clamp(0.0, 6.0) / 6.0),
            (
                Config::Hardtanh {
                    min: -0.5,
                    max: 2.0,
                },
                |x| x.clamp(-0.5, 2.0),
            ),
            (Config::Softsign, |x| x / (1.0 + x.abs())),
            (Config::Softsigmoid, |x| 0.5 * (1.0 + x / (1.0 + x.abs()))),
        ];
        let arguments: Vec<f32> = (0..64).map(|i| (i as f32 - 32.0) * 0.25).collect();
        for (config, formula) in cases {
            let activation = Activation::new(&config, 1);
            for &level in SimdLevel::ALL.iter().filter(|level| level.is_available()) {
                let mut values = arguments.clone();
                let block = Target {
                    ptr: values.as_mut_ptr(),
                    channel: 64,
                    frame: 1,
                };
                level.run(Sweep {
                    activation: &activation,
                    block,
                });
                for (&x, &y) in arguments.iter().zip(&values) {
                    let truth = formula(f64::from(x));
                    let error = (f64::from(y) - truth).abs();
                    assert!(
                        error < 1e-6 * truth.abs().max(1.0),
                        "{config:?}({x}) = {y} at {level}"
                    );
                }
            }
        }
    }

    struct Sweep<'a> {
        activation: &'a Activation,
        block: Target,
    }

    impl Kernel for Sweep<'_> {
        fn run<S: Simd>(self) {
            // SAFETY: the test's block has one channel of 64 frames.
            unsafe {
                self.activation
                    .run::<S>(self.block, Sum::None, Order::Planar, 1, 64);
            }
        }
    }
}
