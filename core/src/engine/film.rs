//! Feature-wise linear modulation: a layer's signal scaled and shifted by what a matrix makes of the condition.

use super::conv::{Conv, ConvBlock};
use super::planes::{Order, Planes, Source, Target, each_vector};
use crate::format::wavenet::Film as Config;
use crate::simd::{Simd, SimdLevel};

/// One modulation.
pub(crate) struct Film {
    transform: Conv,
    channels: usize,
    shift: bool,
    /// Scales, then shifts.
    factors: Planes,
}

impl Film {
    pub(crate) fn new(config: &Config, level: SimdLevel) -> Self {
        let rows = config.transform.outputs();
        Film {
            transform: Conv::new(&config.transform, level),
            channels: if config.shift { rows / 2 } else { rows },
            shift: config.shift,
            factors: Planes::new(rows),
        }
    }

    /// `output = input * scale (+ shift)`. Everything is planar; output and input may be the same.
    ///
    /// # Safety
    /// The blocks must have the film's channels (`condition` its condition's) and room for
    /// [`super::planes::BLOCK`] frames.
    #[inline(always)]
    pub(crate) unsafe fn run<S: Simd>(
        &mut self,
        input: Source,
        condition: Source,
        output: Target,
        frames: usize,
    ) {
        let factors = self.factors.target(Order::Planar);
        // SAFETY: the caller's promise; `factors` has the transform's rows.
        unsafe {
            self.transform
                .run::<S>(ConvBlock::new(condition, factors, frames, Order::Planar));
        }
        each_vector::<S>(self.channels, frames, |channel, frame| {
            // SAFETY: as above.
            unsafe {
                let x = S::load(input.at(channel, frame));
                let scale = S::load(factors.at(channel, frame));
                let y = if self.shift {
                    let shift = S::load(factors.at(self.channels + channel, frame));
                    x.mul_add(scale, shift)
                } else {
                    x.mul(scale)
                };
                y.store(output.at(channel, frame));
            }
        });
    }
}
