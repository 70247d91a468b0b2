//! Convolutions in a row, an activation between each two.

use super::activation::{Activation, Sum};
use super::conv::{Conv, ConvBlock};
use super::history::History;
use super::planes::{Order, Planes, Source, Target, copy};
use crate::format::activation::Activation as ActivationConfig;
use crate::format::weights::ConvWeights;
use crate::simd::{Kernel, Simd, SimdLevel};

/// How a block is played.
#[derive(Clone, Copy)]
pub(crate) struct Pass {
    pub(crate) frames: usize,
    pub(crate) order: Order,
    /// Whether every past is to be made what the current frame is.
    pub(crate) settle: bool,
}

impl Pass {
    /// One frame that has always been there.
    pub(crate) const SETTLE: Pass = Pass {
        frames: 1,
        order: Order::Planar,
        settle: true,
    };
}

/// Convolutions at work. Never empty.
pub(crate) struct ConvStack {
    activation: Activation,
    stages: Vec<Stage>,
}

struct Stage {
    conv: Conv,
    /// What it looks back on, if it does. The first one always has it: vectors read beyond the last
    /// frame, where its input may end.
    history: Option<History>,
    output: Planes,
}

impl ConvStack {
    pub(crate) fn new(
        convs: &[ConvWeights],
        activation: &ActivationConfig,
        level: SimdLevel,
    ) -> Self {
        let widest = convs.iter().map(ConvWeights::inputs).max();
        let stages = convs.iter().enumerate().map(|(index, conv)| Stage {
            conv: Conv::new(conv, level),
            history: (index == 0 || conv.lookback() > 0)
                .then(|| History::new(conv.inputs(), conv.lookback())),
            output: Planes::new(conv.outputs()),
        });
        ConvStack {
            activation: Activation::new(activation, widest.unwrap_or(0)),
            stages: stages.collect(),
        }
    }

    /// Whether it can take interleaved blocks.
    pub(crate) fn interleaves(&self) -> bool {
        self.stages.iter().all(|stage| stage.conv.interleaves())
    }

    pub(crate) fn histories(&self) -> impl Iterator<Item = &History> {
        self.stages.iter().flat_map(|stage| &stage.history)
    }

    pub(crate) fn histories_mut(&mut self) -> impl Iterator<Item = &mut History> {
        self.stages.iter_mut().flat_map(|stage| &mut stage.history)
    }

    /// Replaces a block, which has the first convolution's channels, by its activation.
    ///
    /// # Safety
    /// As for [`Activation::run`].
    #[inline(always)]
    pub(crate) unsafe fn activate<S: Simd>(&self, block: Target, channels: usize, pass: Pass) {
        // SAFETY: the caller's promise.
        unsafe {
            self.activation
                .run::<S>(block, Sum::None, pass.order, channels, pass.frames);
        }
    }

    /// As [`ConvStack::run`], with a given instruction set.
    ///
    /// # Safety
    /// As for [`ConvStack::run`].
    pub(crate) unsafe fn play(
        &mut self,
        level: SimdLevel,
        input: Source,
        output: Target,
        pass: Pass,
    ) {
        level.run(Run {
            stack: self,
            input,
            output,
            pass,
        });
    }

    /// Input and output are planar.
    ///
    /// # Safety
    /// `input` must have the first convolution's channels, `output` the last one's.
    #[inline(always)]
    pub(crate) unsafe fn run<S: Simd>(&mut self, input: Source, output: Target, pass: Pass) {
        let Pass { frames, order, .. } = pass;
        let mut signal = input;
        let last = self.stages.len() - 1;
        for index in 0..=last {
            let stage = &mut self.stages[index];
            let target = match index == last {
                true => output,
                false => stage.output.target(order),
            };
            // SAFETY: reading the file has made sure that the widths fit; all else is the caller's
            // promise.
            unsafe {
                if let Some(history) = &mut stage.history {
                    history.make_room();
                    copy(signal, history.target(), stage.conv.inputs(), frames);
                    if pass.settle {
                        history.settle();
                    }
                    signal = history.source();
                    history.advance(frames);
                }
                let block = ConvBlock::new(signal, target, frames, order);
                stage.conv.run::<S>(block);
                if index < last {
                    let channels = stage.conv.outputs();
                    self.activate::<S>(target, channels, pass);
                }
            }
            signal = target.as_source();
        }
    }
}

/// One block as work for [`SimdLevel::run`].
struct Run<'a> {
    stack: &'a mut ConvStack,
    input: Source,
    output: Target,
    pass: Pass,
}

impl Kernel for Run<'_> {
    #[inline(always)]
    fn run<S: Simd>(self) {
        // SAFETY: it is only made in `ConvStack::play`, whose caller vouches for the blocks.
        unsafe { self.stack.run::<S>(self.input, self.output, self.pass) }
    }
}
