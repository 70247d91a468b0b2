//! LSTM: layers that remember.
//!
//! Per sample and layer: `z = W [x; h] + b`, `c = sigmoid(f) * c + sigmoid(i) * tanh(g)`,
//! `h = sigmoid(o) * tanh(c)`; the head is a matrix over the last layer's `h`.
//!
//! Only `h` has to wait for the sample before it. So a block is played layer by layer: first what
//! the layer's inputs contribute, for the whole block at once, then the recurrence, then the next
//! layer. Matrices are stored by columns: a column times one value adds to all units of a gate.

#![allow(
    clippy::needless_range_loop,
    reason = "the loops are over registers: several arrays and pointers are indexed alike"
)]

use super::network::Network;
use super::planes::{BLOCK, Source, Target};
use crate::format::lstm::{GATES, LstmConfig, LstmLayer};
use crate::simd::math::{EXP_RANGE, sigmoid_denominator, tanh_fraction};
use crate::simd::{AlignedVec, Kernel, Level, Simd};

/// Lanes of the vectors that span units; hidden sizes are padded to a multiple of it.
const LANES: usize = 8;

/// The gates' order is the file's: input, forget and candidate, which are computed together, ...
const INPUT: usize = 0;
/// ... and output.
const OUTPUT: usize = 3;

/// Makes an instance whose hidden size is the next that there is code for. The units that are
/// added have no weights: they stay at zero and are never multiplied.
///
/// `sample_rate` in Hz, if known, decides how long half a second of settling is.
pub(crate) fn build(
    config: &LstmConfig,
    sample_rate: Option<f64>,
    level: Level,
) -> Box<dyn Network> {
    macro_rules! carry {
        ($($units:literal),*) => {
            match config.hidden {
                $(0..=$units => Box::new(
                    Lstm::<$units, { $units / LANES }>::new(config, sample_rate, level),
                ),)*
                // The file's reader refuses more.
                _ => unreachable!("no LSTM is wider than {}", crate::format::lstm::MAX_HIDDEN),
            }
        };
    }
    carry!(8, 16, 24, 32, 40, 48, 64, 96, 128, 256, 512, 1024)
}

/// A running LSTM of `H` units, which are `V` vectors, in each layer.
struct Lstm<const H: usize, const V: usize> {
    level: Level,
    inputs: usize,
    outputs: usize,
    /// Units that the file has; at most `H`.
    units: usize,
    layers: Vec<Layer<H>>,
    /// `[outputs][H]`
    head: AlignedVec,
    head_bias: Vec<f32>,
    scratch: Scratch,
    /// Frames that settle it: half a second.
    memory: usize,
}

/// One layer's weights and state.
struct Layer<const H: usize> {
    /// `[input][gate][H]`
    input_columns: AlignedVec,
    /// `[unit][gate][H]`
    recurrent_columns: AlignedVec,
    /// `[gate][H]`
    bias: AlignedVec,
    state: State<H>,
    initial: State<H>,
}

/// What a layer remembers.
#[derive(Clone)]
#[repr(C, align(64))]
struct State<const H: usize> {
    hidden: [f32; H],
    cell: [f32; H],
}

/// What one block needs for a while.
struct Scratch {
    /// What bias and input contribute: `[frame][gate][H]`
    contributions: AlignedVec,
    /// What the layer gives, and the layer before it: `[frame][H]`
    hidden: [AlignedVec; 2],
}

impl<const H: usize, const V: usize> Lstm<H, V> {
    fn new(config: &LstmConfig, sample_rate: Option<f64>, level: Level) -> Self {
        let mut head = AlignedVec::zeros(config.outputs * H);
        for (row, weights) in config.head.outer_iter().enumerate() {
            for (unit, &weight) in weights.iter().enumerate() {
                head[row * H + unit] = weight;
            }
        }
        let rate = sample_rate.unwrap_or(crate::DEFAULT_SAMPLE_RATE);
        Lstm {
            level,
            inputs: config.inputs,
            outputs: config.outputs,
            units: config.hidden,
            layers: config.layers.iter().map(Layer::new).collect(),
            head,
            head_bias: config.head_bias.to_vec(),
            scratch: Scratch {
                contributions: AlignedVec::zeros(BLOCK * GATES * H),
                hidden: [AlignedVec::zeros(BLOCK * H), AlignedVec::zeros(BLOCK * H)],
            },
            memory: (0.5 * rate) as usize,
        }
    }
}

impl<const H: usize> Layer<H> {
    fn new(config: &LstmLayer) -> Self {
        let units = config.initial_hidden.len();
        let inputs = config.matrix.ncols() - units;
        let columns = |first: usize, count: usize| {
            let mut packed = AlignedVec::zeros(count * GATES * H);
            for column in 0..count {
                for gate in 0..GATES {
                    for unit in 0..units {
                        packed[(column * GATES + gate) * H + unit] =
                            config.matrix[(gate * units + unit, first + column)];
                    }
                }
            }
            packed
        };
        let mut bias = AlignedVec::zeros(GATES * H);
        for gate in 0..GATES {
            for unit in 0..units {
                bias[gate * H + unit] = config.bias[gate * units + unit];
            }
        }
        let mut initial = State {
            hidden: [0.0; H],
            cell: [0.0; H],
        };
        for unit in 0..units {
            initial.hidden[unit] = config.initial_hidden[unit];
            initial.cell[unit] = config.initial_cell[unit];
        }
        Layer {
            input_columns: columns(0, inputs),
            recurrent_columns: columns(inputs, units),
            bias,
            state: initial.clone(),
            initial,
        }
    }
}

impl<const H: usize, const V: usize> Network for Lstm<H, V> {
    fn inputs(&self) -> usize {
        self.inputs
    }

    fn outputs(&self) -> usize {
        self.outputs
    }

    fn memory(&self) -> usize {
        self.memory
    }

    fn is_recurrent(&self) -> bool {
        true
    }

    fn process(&mut self, input: Source, output: Target, frames: usize) {
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
    }
}

/// One block of a net as work for [`Level::run`].
struct Run<'a, const H: usize, const V: usize> {
    net: &'a mut Lstm<H, V>,
    input: Source,
    output: Target,
    frames: usize,
}

impl<const H: usize, const V: usize> Kernel for Run<'_, H, V> {
    #[inline(always)]
    fn run<S: Simd>(self) {
        let Run {
            net,
            input,
            output,
            frames,
        } = self;
        debug_assert!(frames <= BLOCK);
        let units = net.units;
        let contributions = net.scratch.contributions.as_mut_ptr();
        let [mut current, mut previous] = net.scratch.hidden.each_mut().map(|h| h.as_mut_ptr());
        let mut signal = input;
        for layer in &mut net.layers {
            // SAFETY: `signal` has the layer's inputs: the capture's channels, then the units of the
            // layer before. The scratch has room for `BLOCK` frames.
            unsafe {
                layer.contribute::<S::Eight>(signal, contributions, frames);
                layer.recur::<S>(contributions, current, units, frames);
            }
            signal = Source {
                ptr: current,
                channel: 1,
                frame: H,
            };
            std::mem::swap(&mut current, &mut previous);
        }
        for channel in 0..net.outputs {
            for frame in 0..frames {
                // SAFETY: `signal` is the last layer's `[frame][H]`, `head` is `[channel][H]`, and
                // `output` has the net's channels.
                unsafe {
                    let row = net.head.as_ptr().add(channel * H);
                    let hidden = signal.at(0, frame);
                    let mut sum = S::Eight::splat(0.0);
                    for v in 0..V {
                        let weights = S::Eight::load(row.add(v * LANES));
                        sum = S::Eight::load(hidden.add(v * LANES)).mul_add(weights, sum);
                    }
                    *output.at(channel, frame) = sum.sum() + net.head_bias[channel];
                }
            }
        }
    }
}

impl<const H: usize> Layer<H> {
    /// `bias + input columns * input` for every frame.
    ///
    /// # Safety
    /// `input` must have the layer's inputs, `contributions` room for `[frames][gate][H]`.
    #[inline(always)]
    unsafe fn contribute<E: Simd>(&self, input: Source, contributions: *mut f32, frames: usize) {
        let mut frame = 0;
        while frame < frames {
            // SAFETY: the caller's promise.
            unsafe {
                let to = contributions.add(frame * GATES * H);
                let from = Source {
                    ptr: input.at(0, frame),
                    ..input
                };
                // A weight that is loaded serves four frames.
                if frames - frame >= 4 {
                    self.contribute_frames::<E, 4>(from, to);
                    frame += 4;
                } else {
                    self.contribute_frames::<E, 1>(from, to);
                    frame += 1;
                }
            }
        }
    }

    #[inline(always)]
    unsafe fn contribute_frames<E: Simd, const F: usize>(&self, input: Source, to: *mut f32) {
        const ROWS: usize = 2;
        let inputs = self.input_columns.len() / (GATES * H);
        for row in (0..GATES * H).step_by(ROWS * LANES) {
            // SAFETY: the caller's promise; `GATES * H` is a multiple of `ROWS * LANES`.
            unsafe {
                let mut sums = [[E::splat(0.0); F]; ROWS];
                for r in 0..ROWS {
                    sums[r] = [E::load(self.bias.as_ptr().add(row + r * LANES)); F];
                }
                for column in 0..inputs {
                    let weights = self.input_columns.as_ptr().add(column * GATES * H + row);
                    for f in 0..F {
                        let x = E::splat(*input.at(column, f));
                        for r in 0..ROWS {
                            let weight = E::load(weights.add(r * LANES));
                            sums[r][f] = x.mul_add(weight, sums[r][f]);
                        }
                    }
                }
                for f in 0..F {
                    for r in 0..ROWS {
                        // Whatever the input is, the gates get a number that they can work with.
                        let sum = sums[r][f].clamp_magnitude(0.5 * EXP_RANGE);
                        sum.store(to.add(f * GATES * H + row + r * LANES));
                    }
                }
            }
        }
    }

    /// The recurrence over a block.
    ///
    /// # Safety
    /// `contributions` must hold `[frames][gate][H]`, `hidden` have room for `[frames][H]`.
    #[inline(always)]
    unsafe fn recur<S: Simd>(
        &mut self,
        contributions: *const f32,
        hidden: *mut f32,
        units: usize,
        frames: usize,
    ) {
        let mut before = self.state.hidden.as_ptr();
        for frame in 0..frames {
            // SAFETY: the caller's promise; `before` holds `H` floats.
            unsafe {
                let step = Step {
                    columns: self.recurrent_columns.as_ptr(),
                    contributions: contributions.add(frame * GATES * H),
                    before,
                    cell: self.state.cell.as_mut_ptr(),
                    after: hidden.add(frame * H),
                    units,
                };
                // As many units at once as leave their sums in registers, in the widest vectors
                // that they fill.
                let mut unit = 0;
                if S::LANES > LANES {
                    while unit + 2 * S::LANES <= H {
                        step.run::<S, H, 2>(unit);
                        unit += 2 * S::LANES;
                    }
                    while unit + S::LANES <= H {
                        step.run::<S, H, 1>(unit);
                        unit += S::LANES;
                    }
                }
                while unit + 2 * LANES <= H {
                    step.run::<S::Eight, H, 2>(unit);
                    unit += 2 * LANES;
                }
                if unit < H {
                    step.run::<S::Eight, H, 1>(unit);
                }
                before = step.after;
            }
        }
        if frames > 0 {
            // SAFETY: `before` is the last frame's `[H]`.
            let last = unsafe { std::slice::from_raw_parts(before, H) };
            self.state.hidden.copy_from_slice(last);
        }
    }
}

/// One sample of one layer.
#[derive(Clone, Copy)]
struct Step {
    /// `[unit][gate][H]`
    columns: *const f32,
    /// `[gate][H]`
    contributions: *const f32,
    /// `[H]`, the layer's output one sample ago.
    before: *const f32,
    /// `[H]`
    cell: *mut f32,
    /// `[H]`
    after: *mut f32,
    units: usize,
}

impl Step {
    /// The units of `V` vectors from `unit` on.
    #[inline(always)]
    unsafe fn run<S: Simd, const H: usize, const V: usize>(self, unit: usize) {
        // SAFETY: the caller's promise.
        unsafe {
            // The output gate is wanted last: its sum is formed while the others are activated.
            let [input, forget, candidate] = match V {
                1 => self.sums::<S, H, 3, V, 4>(unit, INPUT),
                2 if S::REGISTERS >= 32 => self.sums::<S, H, 3, V, 3>(unit, INPUT),
                2 => self.sums::<S, H, 3, V, 2>(unit, INPUT),
                _ => self.sums::<S, H, 3, V, 1>(unit, INPUT),
            };
            let mut cells = [S::splat(0.0); V];
            for v in 0..V {
                let cell = self.cell.add(unit + v * S::LANES);
                let keep = sigmoid_denominator(forget[v]);
                let take = sigmoid_denominator(input[v]);
                // One division for sigmoid(i) * tanh(g): the products of the fractions' sides.
                let (numerator, denominator) = tanh_fraction(candidate[v]);
                let new = numerator.div(denominator.mul(take));
                cells[v] = S::load(cell).div(keep).add(new);
                cells[v].store(cell);
            }
            let [output] = match V {
                1 => self.sums::<S, H, 1, V, 4>(unit, OUTPUT),
                2 => self.sums::<S, H, 1, V, 4>(unit, OUTPUT),
                _ => self.sums::<S, H, 1, V, 2>(unit, OUTPUT),
            };
            for v in 0..V {
                let open = sigmoid_denominator(output[v]);
                let (numerator, denominator) = tanh_fraction(cells[v]);
                let hidden = numerator.div(denominator.mul(open));
                hidden.store(self.after.add(unit + v * S::LANES));
            }
        }
    }

    /// `contribution + columns * before` for `G` gates from `gate` on. The sum is formed in `P`
    /// parts, so that a multiplication need not wait for the one before it.
    #[inline(always)]
    unsafe fn sums<S: Simd, const H: usize, const G: usize, const V: usize, const P: usize>(
        self,
        unit: usize,
        gate: usize,
    ) -> [[S; V]; G] {
        // SAFETY: the caller's promise.
        unsafe {
            let mut parts = [[[S::splat(0.0); V]; G]; P];
            let contributions = self.contributions.add(gate * H + unit);
            for g in 0..G {
                for v in 0..V {
                    parts[0][g][v] = S::load(contributions.add(g * H + v * S::LANES));
                }
            }
            let columns = self.columns.add(gate * H + unit);
            let mut add = |part: usize, column: usize| {
                let h = S::splat(*self.before.add(column));
                let weights = columns.add(column * GATES * H);
                for g in 0..G {
                    for v in 0..V {
                        let weight = S::load(weights.add(g * H + v * S::LANES));
                        parts[part][g][v] = h.mul_add(weight, parts[part][g][v]);
                    }
                }
            };
            let mut column = 0;
            while column + P <= self.units {
                for part in 0..P {
                    add(part, column + part);
                }
                column += P;
            }
            while column < self.units {
                add(0, column);
                column += 1;
            }
            let mut sums = parts[0];
            for part in &parts[1..] {
                for g in 0..G {
                    for v in 0..V {
                        sums[g][v] = sums[g][v].add(part[g][v]);
                    }
                }
            }
            sums
        }
    }
}
