//! ConvNet: convolutions in a row, an activation after each, and a matrix at the end.

use super::architecture::Architecture;
use super::conv_stack::{ConvStack, Pass};
use super::demand::Demand;
use super::history::History;
use super::network::{Network, Shape, as_kind};
use super::planes::{Order, Source, Target};
use crate::format::convnet::ConvNetConfig;
use crate::simd::SimdLevel;

/// A running ConvNet.
struct ConvNet {
    level: SimdLevel,
    shape: Shape,
    channels: usize,
    stack: ConvStack,
    /// Whether it can take interleaved blocks.
    interleaves: bool,
}

impl Architecture for ConvNetConfig {
    fn build(&self, _rate: Option<f64>, level: SimdLevel) -> Box<dyn Network> {
        let stack = ConvStack::new(&self.convs, &self.activation, level);
        Box::new(ConvNet {
            level,
            shape: Shape {
                inputs: self.inputs,
                outputs: self.outputs,
                settle_frames: self.lookback() + 1,
                is_recurrent: false,
            },
            channels: self.channels(),
            interleaves: stack.interleaves(),
            stack,
        })
    }

    fn demand(&self, _rate: Option<f64>) -> Demand {
        Demand::of_convs(self.convs.iter())
    }

    fn oversample(&mut self, factor: usize) {
        for conv in &mut self.convs {
            conv.dilation *= factor;
        }
    }
}

impl Network for ConvNet {
    fn shape(&self) -> Shape {
        self.shape
    }

    unsafe fn process(&mut self, input: Source, output: Target, frames: usize) {
        let order = if self.interleaves {
            Order::for_block(frames, self.channels, self.level)
        } else {
            Order::Planar
        };
        let pass = Pass {
            frames,
            order,
            settle: false,
        };
        // SAFETY: the caller's promise.
        unsafe { self.stack.play(self.level, input, output, pass) };
    }

    unsafe fn settle(&mut self, input: Source, output: Target) {
        // SAFETY: the caller's promise.
        unsafe { self.stack.play(self.level, input, output, Pass::SETTLE) };
    }

    fn reset(&mut self) {
        self.stack.histories_mut().for_each(History::clear);
    }

    fn is_alike(&self, other: &dyn Network) -> bool {
        as_kind::<Self>(other).is_some_and(|other| {
            History::are_alike(self.stack.histories(), other.stack.histories())
        })
    }

    fn copy_state(&mut self, from: &dyn Network) {
        if let Some(from) = as_kind::<Self>(from) {
            History::copy_all(self.stack.histories_mut(), from.stack.histories());
        }
    }
}
