//! Linear: convolution with an impulse response, directly or through the frequency domain.

use super::conv::{Conv, ConvBlock};
use super::history::History;
use super::network::{Network, as_kind, settle_by_playing};
use super::planes::{BLOCK, Order, Planes, Source, Target, copy};
use crate::format::linear::LinearConfig;
use crate::format::weights::ConvWeights;
use crate::simd::{Kernel, Level, Simd};
use fft_convolver::TwoStageFFTConvolver;
use ndarray::{Array1, Array3};

/// Longer responses are faster through the frequency domain.
const FFT_TAPS: usize = 256;

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
    method: Method,
}

enum Method {
    Direct(Direct),
    Fft(Box<TwoStageFFTConvolver<f32>>),
}

/// The sum over all taps as it is written.
struct Direct {
    level: Level,
    conv: Conv,
    history: History,
}

impl Linear {
    pub(crate) fn new(config: &LinearConfig, level: Level) -> Self {
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
                method: Method::new(config.responses.row(row).to_vec(), level),
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

impl Method {
    fn new(response: Vec<f32>, level: Level) -> Self {
        if response.len() > FFT_TAPS {
            let mut convolver = Box::new(TwoStageFFTConvolver::default());
            let ready = convolver.init_default(BLOCK, &response);
            debug_assert!(ready.is_ok(), "only a block of no frames is refused");
            return Method::Fft(convolver);
        }
        let taps = response.len();
        let kernel = Array3::from_shape_fn((1, 1, taps), |(_, _, tap)| response[taps - 1 - tap]);
        let weights = ConvWeights {
            kernel,
            bias: None,
            groups: 1,
            dilation: 1,
        };
        Method::Direct(Direct {
            level,
            conv: Conv::new(&weights, level),
            history: History::new(1, weights.lookback()),
        })
    }
}

impl Network for Linear {
    fn inputs(&self) -> usize {
        self.inputs
    }

    fn outputs(&self) -> usize {
        self.outputs
    }

    fn memory(&self) -> usize {
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
            let scratch = self.scratch.target(Order::Planar);
            let source = input.skip_channels(path.input);
            match &mut path.method {
                Method::Direct(direct) => direct.level.run(Run {
                    conv: &direct.conv,
                    history: &mut direct.history,
                    input: source,
                    output: scratch,
                    frames,
                }),
                Method::Fft(convolver) => {
                    // SAFETY: a planar channel of `frames` frames.
                    let input = unsafe { std::slice::from_raw_parts(source.ptr, frames) };
                    let output = &mut self.scratch.channel_mut(0)[..frames];
                    let done = convolver.process(input, output);
                    debug_assert!(done.is_ok(), "both slices are as long");
                }
            }
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
            match &mut path.method {
                Method::Direct(direct) => direct.history.clear(),
                Method::Fft(convolver) => convolver.reset(),
            }
        }
    }

    /// Not so of long responses: their convolver keeps its state to itself, and its clone allocates.
    fn is_alike(&self, other: &dyn Network) -> bool {
        as_kind::<Self>(other).is_some_and(|other| {
            let pair = |(a, b): (&Path, &Path)| match (&a.method, &b.method) {
                (Method::Direct(a), Method::Direct(b)) => a.history.is_alike(&b.history),
                _ => false,
            };
            self.paths.len() == other.paths.len() && self.paths.iter().zip(&other.paths).all(pair)
        })
    }

    fn copy_state(&mut self, from: &dyn Network) {
        let Some(from) = as_kind::<Self>(from) else {
            return;
        };
        for (path, from) in self.paths.iter_mut().zip(&from.paths) {
            if let (Method::Direct(to), Method::Direct(from)) = (&mut path.method, &from.method) {
                to.history.copy_state(&from.history);
            }
        }
    }
}

/// One block of a direct convolution as work for [`Level::run`].
struct Run<'a> {
    conv: &'a Conv,
    history: &'a mut History,
    input: Source,
    output: Target,
    frames: usize,
}

impl Kernel for Run<'_> {
    #[inline(always)]
    fn run<S: Simd>(self) {
        self.history.make_room();
        // SAFETY: one channel in, one out, and the history is as long as the response.
        unsafe {
            copy(self.input, self.history.target(), 1, self.frames);
            self.conv.run::<S>(ConvBlock::new(
                self.history.source(),
                self.output,
                self.frames,
                Order::Planar,
            ));
        }
        self.history.advance(self.frames);
    }
}
