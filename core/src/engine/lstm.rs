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

#![allow(
    clippy::needless_range_loop,
    reason = "the loops are over registers: several arrays and pointers are indexed alike"
)]

use super::network::{Network, as_kind};
use super::planes::{Source, Target};
use crate::format::lstm::{GATES, LstmConfig, LstmLayer};
use crate::simd::math::{EXP_RANGE, sigmoid_denominator, tanh_fraction};
use crate::simd::{AlignedVec, Kernel, Simd, SimdLevel};

/// Lanes of the vectors that span units; hidden sizes are padded to a multiple of it.
const LANES: usize = 8;

/// Frames that are played layer by layer: so few that what they need stays in the first-level cache
/// beside the weights.
pub(crate) const STRETCH: usize = 16;

/// Longest cycle that is looked for in silence, in frames. Only about half of the trained LSTMs come
/// to stand still; rounding keeps most of the others going round in a few frames for ever.
pub(crate) const LONGEST_CYCLE: usize = 64;

/// How often it is looked for, in frames.
const LOOK_EVERY: usize = 1024;

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
    level: SimdLevel,
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
    if level.lanes() > LANES {
        // Half a wide vector would cost as much as a whole one.
        carry!(8, 16, 24, 32, 48, 64, 96, 128, 256, 512, 1024)
    } else {
        carry!(8, 16, 24, 32, 40, 48, 64, 96, 128, 256, 512, 1024)
    }
}

/// A running LSTM of `H` units, which are `V` vectors, in each layer.
struct Lstm<const H: usize, const V: usize> {
    level: SimdLevel,
    inputs: usize,
    outputs: usize,
    /// Units that the file has; at most `H`.
    units: usize,
    layers: Vec<Layer<H>>,
    /// `[outputs][H]`
    head: AlignedVec,
    head_bias: Vec<f32>,
    /// Frames that settle it: half a second.
    settle_frames: usize,
    /// What it heard in the last frame.
    held: Vec<f32>,
    /// Frames for which that has not changed, as in silence, with whatever knobs standing still.
    silence: usize,
    /// The cycle that these were found to have brought it to, in frames.
    period: Option<usize>,
}

/// One layer's weights and state.
struct Layer<const H: usize> {
    /// `[input][gate][H]`
    input_columns: AlignedVec,
    /// Per tile of units: `[unit][gate][tile]`
    recurrent_columns: AlignedVec,
    /// `[gate][H]`
    bias: AlignedVec,
    state: State<H>,
    initial: State<H>,
    /// The state since which a cycle is looked for.
    before: State<H>,
    /// What bias and input contribute: `[frame][gate][H]`
    contributions: AlignedVec,
    /// What the layer gives: `[frame][H]`
    hidden: AlignedVec,
}

/// What a layer remembers.
#[derive(Clone)]
#[repr(C, align(64))]
struct State<const H: usize> {
    hidden: [f32; H],
    cell: [f32; H],
}

impl<const H: usize> State<H> {
    /// To the bit.
    fn is(&self, other: &Self) -> bool {
        let bits = |values: &[f32; H]| values.map(f32::to_bits);
        bits(&self.hidden) == bits(&other.hidden) && bits(&self.cell) == bits(&other.cell)
    }
}

impl<const H: usize, const V: usize> Lstm<H, V> {
    fn new(config: &LstmConfig, sample_rate: Option<f64>, level: SimdLevel) -> Self {
        let mut head = AlignedVec::zeros(config.outputs * H);
        for (row, weights) in config.head.outer_iter().enumerate() {
            for (unit, &weight) in weights.iter().enumerate() {
                head[row * H + unit] = weight;
            }
        }
        let rate = sample_rate.unwrap_or(crate::format::DEFAULT_SAMPLE_RATE);
        Lstm {
            level,
            inputs: config.inputs,
            outputs: config.outputs,
            units: config.hidden,
            layers: config
                .layers
                .iter()
                .map(|layer| Layer::new(layer, level))
                .collect(),
            head,
            head_bias: config.head_bias.to_vec(),
            settle_frames: (0.5 * rate) as usize,
            held: vec![0.0; config.inputs],
            silence: 0,
            period: None,
        }
    }
}

impl<const H: usize> Layer<H> {
    fn new(config: &LstmLayer, level: SimdLevel) -> Self {
        let units = config.initial_hidden.len();
        let inputs = config.matrix.ncols() - units;
        // Some units' weights for one column, gate by gate; nothing for units that are padding.
        let mut packed = Vec::new();
        let mut pack = |column: usize, tile: std::ops::Range<usize>| {
            for gate in 0..GATES {
                packed.extend(tile.clone().map(|unit| {
                    let row = gate * units + unit;
                    if unit < units {
                        config.matrix[(row, column)]
                    } else {
                        0.0
                    }
                }));
            }
        };
        for column in 0..inputs {
            pack(column, 0..H);
        }
        let split = inputs * GATES * H;
        for tile in tiles(H, level) {
            for unit in 0..units {
                pack(inputs + unit, tile.clone());
            }
        }
        let recurrent = packed.split_off(split);
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
            input_columns: packed.into(),
            recurrent_columns: recurrent.into(),
            bias,
            state: initial.clone(),
            before: initial.clone(),
            initial,
            contributions: AlignedVec::zeros(STRETCH * GATES * H),
            hidden: AlignedVec::zeros(STRETCH * H),
        }
    }
}

/// Cuts `hidden` units into tiles: as many units as leave their sums in registers, in the widest
/// vectors that they fill.
fn tiles(hidden: usize, level: SimdLevel) -> impl Iterator<Item = std::ops::Range<usize>> {
    let widths: &[usize] = if level.lanes() > LANES {
        &[48, 32, 16, 8]
    } else {
        &[16, 8]
    };
    let mut start = 0;
    std::iter::from_fn(move || {
        let width = *widths.iter().find(|&&width| width <= hidden - start)?;
        start += width;
        Some(start - width..start)
    })
}

impl<const H: usize, const V: usize> Network for Lstm<H, V> {
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
        true
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
        let channels = 0..net.inputs;
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

impl<const H: usize, const V: usize> Lstm<H, V> {
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
        for channel in 0..self.outputs {
            for frame in 0..frames {
                // SAFETY: `signal` is the last layer's `[frame][H]`, `head` is `[channel][H]`, and
                // `output` has the net's channels.
                unsafe {
                    let row = self.head.as_ptr().add(channel * H);
                    let hidden = signal.at(0, frame);
                    let mut sum = S::Eight::splat(0.0);
                    for v in 0..V {
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

impl<const H: usize> Layer<H> {
    /// What the layer gave in this stretch.
    #[inline(always)]
    fn output(&self) -> Source {
        Source {
            ptr: self.hidden.as_ptr(),
            channel: 1,
            frame: H,
        }
    }

    /// Keeps the last frame's output for the next stretch.
    #[inline(always)]
    fn finish(&mut self, frames: usize) {
        if frames > 0 {
            let last = &self.hidden[(frames - 1) * H..frames * H];
            self.state.hidden.copy_from_slice(last);
        }
    }

    /// `bias + input columns * input` for some frames.
    ///
    /// # Safety
    /// `input` must have the layer's inputs and these frames, of which there are at most [`STRETCH`].
    #[inline(always)]
    unsafe fn contribute<S: Simd>(&mut self, input: Source, frames: std::ops::Range<usize>) {
        let mut frame = frames.start;
        while frame < frames.end {
            // SAFETY: the caller's promise.
            unsafe {
                let from = Source {
                    ptr: input.at(0, frame),
                    ..input
                };
                // A weight that is loaded serves four frames. Vectors wider than the layer would
                // slow the narrow ones that its steps are made of.
                match (frames.end - frame >= 4, S::LANES <= H) {
                    (true, true) => self.contribute_frames::<S, 4>(from, frame),
                    (true, false) => self.contribute_frames::<S::Eight, 4>(from, frame),
                    (false, true) => self.contribute_frames::<S, 1>(from, frame),
                    (false, false) => self.contribute_frames::<S::Eight, 1>(from, frame),
                }
                frame += if frames.end - frame >= 4 { 4 } else { 1 };
            }
        }
    }

    #[inline(always)]
    unsafe fn contribute_frames<S: Simd, const F: usize>(&mut self, input: Source, frame: usize) {
        const ROWS: usize = 2;
        let inputs = self.input_columns.len() / (GATES * H);
        // SAFETY: the caller's promise; `GATES * H` is a multiple of `ROWS * S::LANES`, as `H` is
        // one of `LANES`.
        unsafe {
            let to = self.contributions.as_mut_ptr().add(frame * GATES * H);
            for row in (0..GATES * H).step_by(ROWS * S::LANES) {
                let mut sums = [[S::splat(0.0); F]; ROWS];
                for r in 0..ROWS {
                    sums[r] = [S::load(self.bias.as_ptr().add(row + r * S::LANES)); F];
                }
                for column in 0..inputs {
                    let weights = self.input_columns.as_ptr().add(column * GATES * H + row);
                    for f in 0..F {
                        let x = S::splat(*input.at(column, f));
                        for r in 0..ROWS {
                            let weight = S::load(weights.add(r * S::LANES));
                            sums[r][f] = x.mul_add(weight, sums[r][f]);
                        }
                    }
                }
                for f in 0..F {
                    for r in 0..ROWS {
                        // Whatever the input is, the gates get a number that they can work with:
                        // what the recurrence adds was found to be less when the file was read.
                        let sum = sums[r][f].clamp_magnitude(0.5 * EXP_RANGE);
                        sum.store(to.add(f * GATES * H + row + r * S::LANES));
                    }
                }
            }
        }
    }

    /// The recurrence for one frame, whose contributions must be there.
    ///
    /// # Safety
    /// `frame` must be less than [`STRETCH`].
    #[inline(always)]
    unsafe fn step<S: Simd>(&mut self, frame: usize, units: usize) {
        // SAFETY: the caller's promise; the columns were packed for these tiles.
        unsafe {
            let hidden = self.hidden.as_mut_ptr();
            let mut step = Step {
                columns: self.recurrent_columns.as_ptr(),
                contributions: self.contributions.as_ptr().add(frame * GATES * H),
                before: match frame {
                    0 => self.state.hidden.as_ptr(),
                    _ => hidden.add((frame - 1) * H),
                },
                cell: self.state.cell.as_mut_ptr(),
                after: hidden.add(frame * H),
                units,
            };
            // The tiles of `tiles`, spelled out for the compiler.
            let mut unit = 0;
            macro_rules! tiles_of {
                ($vector:ty, $vectors:literal) => {
                    while H - unit >= $vectors * <$vector>::LANES {
                        step.run::<$vector, H, $vectors>(unit);
                        step.columns = step
                            .columns
                            .add(units * GATES * $vectors * <$vector>::LANES);
                        unit += $vectors * <$vector>::LANES;
                    }
                };
            }
            if S::LANES > LANES {
                tiles_of!(S, 3);
                tiles_of!(S, 2);
                tiles_of!(S, 1);
            } else {
                tiles_of!(S::Eight, 2);
            }
            tiles_of!(S::Eight, 1);
        }
    }
}

/// One sample of one layer.
#[derive(Clone, Copy)]
struct Step {
    /// Of the tile that is computed: `[unit][gate][tile]`
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
            let [input, forget, candidate] = match (V, S::REGISTERS) {
                (1, 16..) => self.sums::<S, H, 3, V, 4>(unit, INPUT),
                (2, 32..) => self.sums::<S, H, 3, V, 3>(unit, INPUT),
                (3, 32..) | (2, 16..) | (1, _) => self.sums::<S, H, 3, V, 2>(unit, INPUT),
                _ => self.sums::<S, H, 3, V, 1>(unit, INPUT),
            };
            let mut cells = [S::splat(0.0); V];
            for v in 0..V {
                let cell = self.cell.add(unit + v * S::LANES);
                // sigmoid(i) * tanh(g) with one division: the fractions' sides are multiplied.
                let (numerator, denominator) = tanh_fraction(candidate[v], S::splat(1.0));
                let new = numerator.div(sigmoid_denominator(input[v], denominator));
                let keep = sigmoid_denominator(forget[v], S::splat(1.0));
                cells[v] = S::load(cell).div(keep).add(new);
                cells[v].store(cell);
            }
            let [output] = match S::REGISTERS {
                16.. => self.sums::<S, H, 1, V, 4>(unit, OUTPUT),
                _ => self.sums::<S, H, 1, V, 2>(unit, OUTPUT),
            };
            for v in 0..V {
                let open = sigmoid_denominator(output[v], S::splat(1.0));
                let (numerator, denominator) = tanh_fraction(cells[v], open);
                let hidden = numerator.div(denominator);
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
            let stride = GATES * V * S::LANES;
            let columns = self.columns.add(gate * V * S::LANES);
            let mut column = 0;
            while column + P <= self.units {
                for part in 0..P {
                    let at = column + part;
                    add_column(
                        &mut parts[part],
                        *self.before.add(at),
                        columns.add(at * stride),
                    );
                }
                column += P;
            }
            while column < self.units {
                let weights = columns.add(column * stride);
                add_column(&mut parts[0], *self.before.add(column), weights);
                column += 1;
            }
            // In pairs, then the pairs.
            const { assert!(P <= 4) };
            for (into, from) in [(0, 2), (1, 3), (0, 1)] {
                if from < P {
                    for g in 0..G {
                        for v in 0..V {
                            parts[into][g][v] = parts[into][g][v].add(parts[from][g][v]);
                        }
                    }
                }
            }
            parts[0]
        }
    }
}

/// Adds one column times one unit's output to the sums of some gates.
#[inline(always)]
unsafe fn add_column<S: Simd, const G: usize, const V: usize>(
    sums: &mut [[S; V]; G],
    hidden: f32,
    weights: *const f32,
) {
    let h = S::splat(hidden);
    for g in 0..G {
        for v in 0..V {
            // SAFETY: a column has `V` vectors for each gate: the caller's promise.
            let weight = unsafe { S::load(weights.add((g * V + v) * S::LANES)) };
            sums[g][v] = h.mul_add(weight, sums[g][v]);
        }
    }
}
