//! Linear: convolution with an impulse response.

use super::convolver::Convolver;
use super::network::{Network, as_kind, settle_by_playing};
use super::planes::{Planes, Source, Target};
use crate::format::linear::LinearConfig;
use crate::simd::SimdLevel;
use ndarray::Array1;

/// A running impulse response.
pub(crate) struct Linear {
    inputs: usize,
    outputs: usize,
    taps: usize,
    paths: Vec<Path>,
    /// `[outputs]`
    bias: Array1<f32>,
    scratch: Planes,
}

/// One response from one input to one output.
struct Path {
    input: usize,
    output: usize,
    convolver: Convolver,
}

impl Linear {
    pub(crate) fn new(config: &LinearConfig, level: SimdLevel) -> Self {
        let taps = config.responses.ncols();
        // One response for all channels, or one for each of the many on one side.
        let paths = (0..config.inputs.max(config.outputs)).map(|index| {
            let row = if config.responses.nrows() == 1 {
                0
            } else {
                index
            };
            Path {
                input: index.min(config.inputs - 1),
                output: index.min(config.outputs - 1),
                convolver: Convolver::new(&config.responses.row(row).to_vec(), level),
            }
        });
        Linear {
            inputs: config.inputs,
            outputs: config.outputs,
            taps,
            paths: paths.collect(),
            bias: config.bias.clone(),
            scratch: Planes::new(1),
        }
    }
}

impl Network for Linear {
    fn inputs(&self) -> usize {
        self.inputs
    }

    fn outputs(&self) -> usize {
        self.outputs
    }

    fn settle_frames(&self) -> usize {
        self.taps
    }

    fn is_recurrent(&self) -> bool {
        false
    }

    unsafe fn process(&mut self, input: Source, output: Target, frames: usize) {
        for (channel, &bias) in self.bias.iter().enumerate() {
            for frame in 0..frames {
                // SAFETY: `output` has the network's channels.
                unsafe { *output.at(channel, frame) = bias };
            }
        }
        for path in &mut self.paths {
            let source = input.skip_channels(path.input);
            // SAFETY: a planar channel of `frames` frames.
            let input = unsafe { std::slice::from_raw_parts(source.ptr, frames) };
            let sound = &mut self.scratch.channel_mut(0)[..frames];
            path.convolver.process(input, sound);
            for (frame, &y) in self.scratch.channel(0)[..frames].iter().enumerate() {
                // SAFETY: as above.
                unsafe { *output.at(path.output, frame) += y };
            }
        }
    }

    /// After silence there is nothing to remember; anything else is played.
    unsafe fn settle(&mut self, input: Source, output: Target) {
        // SAFETY: `input` has the network's channels.
        let silent = (0..self.inputs).all(|channel| unsafe { *input.at(channel, 0) } == 0.0);
        if silent {
            self.reset();
            // SAFETY: the caller's promise.
            unsafe { self.process(input, output, 1) };
            self.reset();
        } else {
            // SAFETY: the caller's promise.
            unsafe { settle_by_playing(self, input, output) };
        }
    }

    fn reset(&mut self) {
        for path in &mut self.paths {
            path.convolver.reset();
        }
    }

    fn is_alike(&self, other: &dyn Network) -> bool {
        as_kind::<Self>(other).is_some_and(|other| {
            let mut pairs = self.paths.iter().zip(&other.paths);
            self.paths.len() == other.paths.len()
                && pairs.all(|(a, b)| a.convolver.is_alike(&b.convolver))
        })
    }

    fn copy_state(&mut self, from: &dyn Network) {
        let Some(from) = as_kind::<Self>(from) else {
            return;
        };
        for (path, from) in self.paths.iter_mut().zip(&from.paths) {
            path.convolver.copy_state(&from.convolver);
        }
    }
}
