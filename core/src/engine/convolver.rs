//! Convolution of a channel with a response of any length, without latency.
//!
//! The beginning of a response is summed as it is written, by the loop of all convolutions here. What
//! follows goes through the frequency domain (a kept crate) a whole block at a time: its sound is not
//! due before the next block comes in. So a response is played as fast at any size of the host's
//! blocks, and the samples do not depend on it.

use super::conv_stack::{ConvStack, Pass};
use super::history::History;
use super::planes::{BLOCK, Order, Planes, Source};
use crate::format::activation::Activation;
use crate::format::weights::ConvWeights;
use crate::simd::SimdLevel;
use fft_convolver::TwoStageFFTConvolver;
use ndarray::Array3;

/// Taps that are summed directly, and frames of a block in the frequency domain.
const DIRECT: usize = 512;

/// Taps behind those, from which on blocks of two sizes are faster than blocks of one; and the larger
/// size.
const LONG: usize = 16_384;
const LARGE: usize = 8 * DIRECT;

/// A response at work.
pub(crate) struct Convolver {
    level: SimdLevel,
    direct: ConvStack,
    scratch: Planes,
    late: Option<Late>,
    taps: usize,
}

/// The taps from [`DIRECT`] on.
struct Late {
    convolver: Box<TwoStageFFTConvolver<f32>>,
    /// The block that comes in, and the sound that is due meanwhile.
    input: Vec<f32>,
    output: Vec<f32>,
    /// Frames of the block so far.
    filled: usize,
}

impl Convolver {
    /// At least one tap.
    pub(crate) fn new(response: &[f32], level: SimdLevel) -> Self {
        let (direct, late) = response.split_at(response.len().min(DIRECT));
        let taps = direct.len();
        let kernel = Array3::from_shape_fn((1, 1, taps), |(_, _, tap)| direct[taps - 1 - tap]);
        let weights = ConvWeights {
            kernel,
            bias: None,
            groups: 1,
            dilation: 1,
        };
        Convolver {
            level,
            direct: ConvStack::new(&[weights], &Activation::Relu, level), // between none
            scratch: Planes::new(1),
            late: (!late.is_empty()).then(|| Late::new(late)),
            taps: response.len(),
        }
    }

    /// Frames of silence after which it gives nothing but silence.
    pub(crate) fn settle_frames(&self) -> usize {
        self.taps + 2 * DIRECT
    }

    /// Plays up to [`BLOCK`] frames; both slices are equally long.
    pub(crate) fn process(&mut self, input: &[f32], output: &mut [f32]) {
        let frames = input.len();
        debug_assert!(frames <= BLOCK && output.len() == frames);
        let source = Source {
            ptr: input.as_ptr(),
            channel: 0,
            frame: 1,
        };
        let target = self.scratch.target(Order::Planar);
        let pass = Pass {
            frames,
            order: Order::Planar,
            settle: false,
        };
        // SAFETY: one channel in and one out.
        unsafe { self.direct.play(self.level, source, target, pass) };
        output.copy_from_slice(&self.scratch.channel(0)[..frames]);
        if let Some(late) = &mut self.late {
            late.process(input, output);
        }
    }

    /// Forgets what came in.
    pub(crate) fn reset(&mut self) {
        self.direct.histories_mut().for_each(History::clear);
        if let Some(late) = &mut self.late {
            late.reset();
        }
    }

    /// Whether [`Convolver::copy_state`] can take over the state of another. Not so of long responses:
    /// the crate keeps that to itself, and its clone allocates.
    pub(crate) fn is_alike(&self, other: &Convolver) -> bool {
        self.late.is_none()
            && other.late.is_none()
            && History::are_alike(self.direct.histories(), other.direct.histories())
    }

    /// Takes over the state of one that is alike.
    pub(crate) fn copy_state(&mut self, from: &Convolver) {
        History::copy_all(self.direct.histories_mut(), from.direct.histories());
    }
}

impl Late {
    fn new(response: &[f32]) -> Self {
        let large = match response.len() > LONG {
            true => LARGE,
            // So large that there is no second size.
            false => LONG,
        };
        let mut convolver = Box::new(TwoStageFFTConvolver::default());
        let ready = convolver.init(DIRECT, large, response);
        debug_assert!(ready.is_ok(), "only a block of no frames is refused");
        Late {
            convolver,
            input: vec![0.0; DIRECT],
            output: vec![0.0; DIRECT],
            filled: 0,
        }
    }

    /// Adds to `output` what `input` becomes.
    fn process(&mut self, mut input: &[f32], mut output: &mut [f32]) {
        while !input.is_empty() {
            let frames = input.len().min(DIRECT - self.filled);
            let range = self.filled..self.filled + frames;
            let (now, later) = output.split_at_mut(frames);
            for (sum, due) in now.iter_mut().zip(&self.output[range.clone()]) {
                *sum += due;
            }
            self.input[range].copy_from_slice(&input[..frames]);
            (input, output) = (&input[frames..], later);
            self.filled += frames;
            if self.filled == DIRECT {
                let done = self.convolver.process(&self.input, &mut self.output);
                debug_assert!(done.is_ok(), "both blocks are as long");
                self.filled = 0;
            }
        }
    }

    fn reset(&mut self) {
        self.convolver.reset();
        self.output.fill(0.0);
        self.input.fill(0.0);
        self.filled = 0;
    }
}
