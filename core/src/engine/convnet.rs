//! ConvNet: convolutions in a row, an activation after each, and a matrix at the end.

use super::activation::{Activation, Sum};
use super::conv::{Conv, ConvBlock};
use super::history::History;
use super::network::{Network, as_kind};
use super::planes::{Order, Planes, Source, Target, copy};
use crate::format::convnet::ConvNetConfig;
use crate::simd::{Kernel, Simd, SimdLevel};

/// A running ConvNet.
pub(crate) struct ConvNet {
    level: SimdLevel,
    inputs: usize,
    outputs: usize,
    channels: usize,
    settle_frames: usize,
    blocks: Vec<ConvBlockState>,
    activation: Activation,
    head: Conv,
    /// The last activation.
    z: Planes,
    /// Whether it can take interleaved blocks.
    interleaves: bool,
}

struct ConvBlockState {
    conv: Conv,
    history: History,
}

impl ConvNet {
    pub(crate) fn new(config: &ConvNetConfig, level: SimdLevel) -> Self {
        let channels = config.head.inputs();
        let lookback: usize = config.blocks.iter().map(|block| block.lookback()).sum();
        let blocks: Vec<ConvBlockState> = config
            .blocks
            .iter()
            .map(|block| ConvBlockState {
                conv: Conv::new(block, level),
                history: History::new(block.inputs(), block.lookback()),
            })
            .collect();
        ConvNet {
            level,
            inputs: config.inputs,
            outputs: config.outputs,
            channels,
            settle_frames: lookback + 1,
            interleaves: blocks.iter().all(|block| block.conv.interleaves()),
            blocks,
            activation: Activation::new(&config.activation, channels),
            head: Conv::new(&config.head, level),
            z: Planes::new(channels),
        }
    }
}

impl Network for ConvNet {
    fn inputs(&self) -> usize {
        self.inputs
    }

    fn outputs(&self) -> usize {
        self.outputs
    }

    fn settle_frames(&self) -> usize {
        self.settle_frames
    }

    fn is_recurrent(&self) -> bool {
        false
    }

    unsafe fn process(&mut self, input: Source, output: Target, frames: usize) {
        let order = if self.interleaves {
            Order::for_block(frames, self.channels, self.level)
        } else {
            Order::Planar
        };
        self.level.run(Run {
            net: self,
            input,
            output,
            frames,
            order,
            settle: false,
        });
    }

    unsafe fn settle(&mut self, input: Source, output: Target) {
        self.level.run(Run {
            net: self,
            input,
            output,
            frames: 1,
            order: Order::Planar,
            settle: true,
        });
    }

    fn reset(&mut self) {
        for block in &mut self.blocks {
            block.history.clear();
        }
    }

    fn is_alike(&self, other: &dyn Network) -> bool {
        as_kind::<Self>(other).is_some_and(|other| {
            let pair = |(a, b): (&ConvBlockState, &ConvBlockState)| a.history.is_alike(&b.history);
            self.blocks.len() == other.blocks.len()
                && self.blocks.iter().zip(&other.blocks).all(pair)
        })
    }

    fn copy_state(&mut self, from: &dyn Network) {
        let Some(from) = as_kind::<Self>(from) else {
            return;
        };
        for (block, from) in self.blocks.iter_mut().zip(&from.blocks) {
            block.history.copy_state(&from.history);
        }
    }
}

/// One block of a net as work for [`SimdLevel::run`].
struct Run<'a> {
    net: &'a mut ConvNet,
    input: Source,
    output: Target,
    frames: usize,
    order: Order,
    settle: bool,
}

impl Kernel for Run<'_> {
    #[inline(always)]
    fn run<S: Simd>(self) {
        let Run {
            net, frames, order, ..
        } = self;
        let z = net.z.target(order);
        let mut signal = self.input;
        for block in &mut net.blocks {
            block.history.make_room();
            // SAFETY: reading the file has made sure that the widths fit; `z` has room for a block.
            unsafe {
                copy(signal, block.history.target(), block.conv.inputs(), frames);
                if self.settle {
                    block.history.settle();
                }
                block
                    .conv
                    .run::<S>(ConvBlock::new(block.history.source(), z, frames, order));
                net.activation
                    .run::<S>(z, Sum::None, order, net.channels, frames);
            }
            block.history.advance(frames);
            signal = z.as_source();
        }
        // SAFETY: as above; `output` has the net's channels.
        unsafe {
            net.head
                .run::<S>(ConvBlock::new(signal, self.output, frames, order));
        }
    }
}
