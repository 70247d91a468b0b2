//! Linear: convolution with an impulse response.

use super::architecture::Architecture;
use super::convolver::Convolver;
use super::demand::{self, Demand};
use super::history::History;
use super::network::{Network, Shape, as_kind, settle_by_playing};
use super::planes::{Planes, Source, Target};
use crate::format::linear::LinearConfig;
use crate::simd::SimdLevel;
use ndarray::Array1;

/// A running impulse response.
struct Linear {
    shape: Shape,
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

impl Architecture for LinearConfig {
    fn build(&self, _rate: Option<f64>, level: SimdLevel) -> Box<dyn Network> {
        // One response for all channels, or one for each of the many on one side.
        let paths = (0..self.inputs.max(self.outputs)).map(|index| {
            let row = index.min(self.responses.nrows() - 1);
            Path {
                input: index.min(self.inputs - 1),
                output: index.min(self.outputs - 1),
                convolver: Convolver::new(&self.responses.row(row).to_vec(), level),
            }
        });
        Box::new(Linear {
            shape: Shape {
                inputs: self.inputs,
                outputs: self.outputs,
                settle_frames: self.responses.ncols(),
                is_recurrent: false,
            },
            paths: paths.collect(),
            bias: self.bias.clone(),
            scratch: Planes::new(1),
        })
    }

    fn demand(&self, _rate: Option<f64>) -> Demand {
        let paths = self.inputs.max(self.outputs) as f64;
        let taps = self.responses.ncols();
        // The frequency domain holds response and history as complex numbers, twice padded.
        let path = (taps as f64 * 32.0).max(History::bytes(1, taps)) + 65_536.0;
        let all = Demand {
            state: paths * path + demand::scratch(1),
            weights: paths * path,
            settle_frames: taps as f64,
            frame_work: paths * (taps as f64).min(2000.0) + demand::OVERHEAD,
            settle_work: 0.0,
        };
        // It is played if what it hears in silence is not silence.
        all.settled_by_playing()
    }

    fn oversample(&mut self, _factor: usize) {
        debug_assert!(false, "it cannot be oversampled");
    }
}

impl Network for Linear {
    fn shape(&self) -> Shape {
        self.shape
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
        let silent = (0..self.shape.inputs).all(|channel| unsafe { *input.at(channel, 0) } == 0.0);
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
