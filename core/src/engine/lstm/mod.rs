//! LSTM: layers that remember.
//!
//! Per sample and layer: `z = W [x; h] + b`, `c = sigmoid(f) * c + sigmoid(i) * tanh(g)`,
//! `h = sigmoid(o) * tanh(c)`; the head is a matrix over the last layer's `h`.
//!
//! Only `h` has to wait for the sample before it. So a block is played layer by layer: first what
//! the layer's inputs contribute, for the whole block at once, then the recurrence, then the next
//! layer. Small layers leave the CPU waiting; they are played in a wave instead, each one sample
//! behind the layer it hears, so that one is computed while another waits.
//!
//! Matrices are stored by columns: a column times one value adds to all units of a gate. Units are
//! cut into tiles whose sums stay in registers.

mod layer;

use super::architecture::Architecture;
use super::demand::{self, Demand, floats, scratch};
use super::network::{LONGEST_CYCLE, Network, Shape, as_kind};
use super::oversampling::Interleaved;
use super::planes::{Source, Target};
use crate::format::DEFAULT_SAMPLE_RATE;
use crate::format::lstm::{GATES, LstmConfig, MAX_HIDDEN};
use crate::simd::{AlignedVec, Kernel, Simd, SimdLevel};
use layer::Layer;

/// Lanes of the vectors that span units; hidden sizes are padded to a multiple of it.
const LANES: usize = 8;

/// Frames that are played layer by layer: so few that what they need stays in the first-level cache
/// beside the weights.
pub(crate) const STRETCH: usize = 16;

/// How often it is looked for, in frames.
const LOOK_EVERY: usize = 1024;

/// Work of a layer besides its own, in multiplications: its every step waits for the one before it.
const STEP_OVERHEAD: f64 = 2048.0;

impl Architecture for LstmConfig {
    fn build(&self, rate: Option<f64>, level: SimdLevel) -> Box<dyn Network> {
        match self.phases {
            1 => build_one(self, rate, level),
            phases => Box::new(Interleaved::new(phases, || build_one(self, rate, level))),
        }
    }

    fn demand(&self, rate: Option<f64>) -> Demand {
        // Units that it is played with, or a few more.
        let units = self.hidden.next_power_of_two().max(LANES);
        let gates = (GATES * units) as f64;
        let mut one = Demand {
            weights: floats(GATES * units * self.outputs),
            settle_frames: settle_frames(rate) as f64,
            frame_work: (units * self.outputs) as f64,
            ..Demand::default()
        };
        for layer in &self.layers {
            let columns = layer.matrix.ncols();
            // Three states, and a stretch of contributions and outputs.
            one.state += floats(units * (6 + (GATES + 1) * STRETCH) + 128);
            one.weights += floats(GATES * units * (columns + 1));
            one.frame_work += gates * (columns as f64 + demand::ACTIVATION) + STEP_OVERHEAD;
        }
        let phases = self.phases as f64;
        let all = Demand {
            state: phases * one.state + scratch(self.inputs) + scratch(self.outputs),
            // Each phase has a copy.
            weights: phases * one.weights,
            settle_frames: phases * one.settle_frames,
            ..one
        };
        all.settled_by_playing()
    }

    fn oversample(&mut self, factor: usize) {
        self.phases *= factor;
    }
}

/// Half a second. `rate` in Hz, if known.
fn settle_frames(rate: Option<f64>) -> usize {
    (0.5 * rate.unwrap_or(DEFAULT_SAMPLE_RATE)) as usize
}

/// Makes an instance whose hidden size is the next that there is code for. The units that are
/// added have no weights: they stay at zero and are never multiplied.
fn build_one(config: &LstmConfig, rate: Option<f64>, level: SimdLevel) -> Box<dyn Network> {
    macro_rules! carry {
        ($($units:literal),*) => {
            match config.hidden {
                $(0..=$units => Box::new(Lstm::<$units>::new(config, rate, level)),)*
                // The file's reader refuses more.
                _ => unreachable!("no LSTM is wider than {MAX_HIDDEN}"),
            }
        };
    }
    if level.lanes() > LANES {
        // Half a wide vector would cost as much as a whole one.
        carry!(8, 16, 24, 32, 48, 64, 96, 128, 256, 512, 1024)
    } else {
        carry!(8, 16, 24, 32, 40, 48, 64, 96, 128, 256, 512, 1024)
    }
}

/// A running LSTM of `H` units in each layer.
struct Lstm<const H: usize> {
    level: SimdLevel,
    shape: Shape,
    /// Units that the file has; at most `H`.
    units: usize,
    layers: Vec<Layer<H>>,
    /// `[outputs][H]`
    head: AlignedVec,
    head_bias: Vec<f32>,
    /// What it heard in the last frame.
    held: Vec<f32>,
    /// Frames for which that has not changed, as in silence, with whatever knobs standing still.
    silence: usize,
    /// The cycle that these were found to have brought it to, in frames.
    period: Option<usize>,
}

impl<const H: usize> Lstm<H> {
    fn new(config: &LstmConfig, rate: Option<f64>, level: SimdLevel) -> Self {
        let mut head = AlignedVec::zeros(config.outputs * H);
        for (row, weights) in config.head.outer_iter().enumerate() {
            for (unit, &weight) in weights.iter().enumerate() {
                head[row * H + unit] = weight;
            }
        }
        Lstm {
            level,
            shape: Shape {
                inputs: config.inputs,
                outputs: config.outputs,
                settle_frames: settle_frames(rate),
                is_recurrent: true,
            },
            units: config.hidden,
            layers: config
                .layers
                .iter()
                .map(|layer| Layer::new(layer, level))
                .collect(),
            head,
            head_bias: config.head_bias.to_vec(),
            held: vec![0.0; config.inputs],
            silence: 0,
            period: None,
        }
    }
}

impl<const H: usize> Network for Lstm<H> {
    fn shape(&self) -> Shape {
        self.shape
    }

    unsafe fn process(&mut self, input: Source, output: Target, frames: usize) {
        self.level.run(Run {
            net: self,
            input,
            output,
            frames,
        });
    }

    fn reset(&mut self) {
        for layer in &mut self.layers {
            layer.state = layer.initial.clone();
        }
        self.held.fill(0.0);
        self.silence = 0;
        self.period = None;
    }

    fn is_alike(&self, other: &dyn Network) -> bool {
        as_kind::<Self>(other).is_some_and(|other| {
            (self.units, self.layers.len()) == (other.units, other.layers.len())
        })
    }

    fn copy_state(&mut self, from: &dyn Network) {
        let Some(from) = as_kind::<Self>(from) else {
            return;
        };
        for (layer, from) in self.layers.iter_mut().zip(&from.layers) {
            layer.state = from.state.clone();
            layer.before = from.before.clone();
        }
        self.held.copy_from_slice(&from.held);
        self.silence = from.silence;
        self.period = from.period;
    }

    fn same_state(&self, other: &dyn Network) -> bool {
        as_kind::<Self>(other).is_some_and(|other| {
            let mut pairs = self.layers.iter().zip(&other.layers);
            self.layers.len() == other.layers.len() && pairs.all(|(a, b)| a.state.is(&b.state))
        })
    }

    fn period(&self) -> Option<usize> {
        self.period
    }
}

/// One block of a net as work for [`SimdLevel::run`].
struct Run<'a, const H: usize> {
    net: &'a mut Lstm<H>,
    input: Source,
    output: Target,
    frames: usize,
}

impl<const H: usize> Kernel for Run<'_, H> {
    #[inline(always)]
    fn run<S: Simd>(self) {
        let Run {
            net,
            input,
            output,
            frames,
        } = self;
        let channels = 0..net.shape.inputs;
        // SAFETY: `input` has the net's channels and these frames.
        let value = |channel, frame| unsafe { *input.at(channel, frame) };
        let held = &net.held;
        let before = |channel: usize, frame: usize| match frame {
            0 => held[channel],
            _ => value(channel, frame - 1),
        };
        let silent = |&frame: &usize| {
            let mut channels = channels.clone();
            channels.all(|channel| value(channel, frame) == before(channel, frame))
        };
        let sound = frames - (0..frames).rev().take_while(silent).count();
        if sound > 0 {
            net.silence = 0;
            net.period = None;
        }
        if let Some(last) = frames.checked_sub(1) {
            for channel in channels {
                net.held[channel] = value(channel, last);
            }
        }
        let mut start = 0;
        while start < frames {
            let count = if start < sound {
                STRETCH.min(sound - start)
            } else {
                net.begin_silence().min(frames - start)
            };
            let input = Source {
                ptr: input.at(0, start),
                ..input
            };
            let output = Target {
                ptr: output.at(0, start),
                ..output
            };
            // SAFETY: both are blocks with the net's channels and these frames.
            unsafe { net.play::<S>(input, output, count) };
            if start >= sound {
                net.end_silence(count);
            }
            start += count;
        }
    }
}

impl<const H: usize> Lstm<H> {
    /// Looks, from time to time, for the cycle that silence brings it to. To be called before it is
    /// played; returns how many frames are to be played then, at most [`STRETCH`].
    fn begin_silence(&mut self) -> usize {
        let since = self.silence % LOOK_EVERY;
        if since == 0 {
            for layer in &mut self.layers {
                layer.before = layer.state.clone();
            }
        }
        if since < LONGEST_CYCLE && self.period.is_none() {
            1
        } else {
            STRETCH.min(LOOK_EVERY - since)
        }
    }

    /// Ends so many frames of silence.
    fn end_silence(&mut self, frames: usize) {
        self.silence += frames;
        let since = self.silence % LOOK_EVERY;
        if self.period.is_none() && (1..=LONGEST_CYCLE).contains(&since) {
            let back = self
                .layers
                .iter()
                .all(|layer| layer.state.is(&layer.before));
            self.period = back.then_some(since);
        }
    }

    /// Plays up to [`STRETCH`] frames.
    ///
    /// # Safety
    /// Input and output must have the net's channels and these frames.
    #[inline(always)]
    unsafe fn play<S: Simd>(&mut self, input: Source, output: Target, frames: usize) {
        // SAFETY: every layer hears the capture's channels or the layer before it, which is what it
        // was made for.
        unsafe {
            if H <= WAVE_UNITS && self.layers.len() > 1 {
                play_wave::<S, H>(&mut self.layers, input, self.units, frames);
            } else {
                let mut signal = input;
                for layer in &mut self.layers {
                    layer.contribute::<S>(signal, 0..frames);
                    for frame in 0..frames {
                        layer.step::<S>(frame, self.units);
                    }
                    signal = layer.output();
                }
            }
        }
        let Some(last) = self.layers.last() else {
            return;
        };
        let signal = last.output();
        for layer in &mut self.layers {
            layer.finish(frames);
        }
        for channel in 0..self.shape.outputs {
            for frame in 0..frames {
                // SAFETY: `signal` is the last layer's `[frame][H]`, `head` is `[channel][H]`, and
                // `output` has the net's channels.
                unsafe {
                    let row = self.head.as_ptr().add(channel * H);
                    let hidden = signal.at(0, frame);
                    let mut sum = S::Eight::splat(0.0);
                    for v in 0..H / LANES {
                        let weights = S::Eight::load(row.add(v * LANES));
                        sum = S::Eight::load(hidden.add(v * LANES)).mul_add(weights, sum);
                    }
                    *output.at(channel, frame) = sum.sum() + self.head_bias[channel];
                }
            }
        }
    }
}

/// Widest layers that are played in a wave.
const WAVE_UNITS: usize = 16;

/// Plays a stretch with every layer one frame behind the layer that it hears.
///
/// # Safety
/// `input` must have the first layer's inputs, and `frames` not be more than [`STRETCH`].
#[inline(always)]
unsafe fn play_wave<S: Simd, const H: usize>(
    layers: &mut [Layer<H>],
    input: Source,
    units: usize,
    frames: usize,
) {
    // SAFETY: the caller's promise.
    unsafe {
        layers[0].contribute::<S>(input, 0..frames);
        for time in 0..frames + layers.len() - 1 {
            for index in 0..layers.len() {
                let Some(frame) = time.checked_sub(index).filter(|&frame| frame < frames) else {
                    continue;
                };
                if let Some(before) = index.checked_sub(1) {
                    let signal = layers[before].output();
                    layers[index].contribute::<S>(signal, frame..frame + 1);
                }
                layers[index].step::<S>(frame, units);
            }
        }
    }
}
