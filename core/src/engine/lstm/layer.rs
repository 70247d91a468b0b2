//! One layer of an LSTM: its weights in columns, its state, and the loops over them.

#![allow(
    clippy::needless_range_loop,
    reason = "the loops are over registers: several arrays and pointers are indexed alike"
)]

use super::super::planes::Source;
use super::{LANES, STRETCH};
use crate::format::lstm::{GATES, LstmLayer};
use crate::simd::math::{EXP_RANGE, sigmoid_denominator, tanh_fraction};
use crate::simd::{AlignedVec, Simd, SimdLevel};

/// The gates' order is the file's: input, forget and candidate, which are computed together, ...
const INPUT: usize = 0;
/// ... and output.
const OUTPUT: usize = 3;

/// One layer's weights and state.
pub(super) struct Layer<const H: usize> {
    /// `[input][gate][H]`
    input_columns: AlignedVec,
    /// Per tile of units: `[unit][gate][tile]`
    recurrent_columns: AlignedVec,
    /// `[gate][H]`
    bias: AlignedVec,
    pub(super) state: State<H>,
    pub(super) initial: State<H>,
    /// The state since which a cycle is looked for.
    pub(super) before: State<H>,
    /// What bias and input contribute: `[frame][gate][H]`
    contributions: AlignedVec,
    /// What the layer gives: `[frame][H]`
    hidden: AlignedVec,
}

/// What a layer remembers.
#[derive(Clone)]
#[repr(C, align(64))]
pub(super) struct State<const H: usize> {
    hidden: [f32; H],
    cell: [f32; H],
}

impl<const H: usize> State<H> {
    /// To the bit.
    pub(super) fn is(&self, other: &Self) -> bool {
        let bits = |values: &[f32; H]| values.map(f32::to_bits);
        bits(&self.hidden) == bits(&other.hidden) && bits(&self.cell) == bits(&other.cell)
    }
}

impl<const H: usize> Layer<H> {
    pub(super) fn new(config: &LstmLayer, level: SimdLevel) -> Self {
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

    /// What the layer gave in this stretch.
    #[inline(always)]
    pub(super) fn output(&self) -> Source {
        Source {
            ptr: self.hidden.as_ptr(),
            channel: 1,
            frame: H,
        }
    }

    /// Keeps the last frame's output for the next stretch.
    #[inline(always)]
    pub(super) fn finish(&mut self, frames: usize) {
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
    pub(super) unsafe fn contribute<S: Simd>(
        &mut self,
        input: Source,
        frames: std::ops::Range<usize>,
    ) {
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
    pub(super) unsafe fn step<S: Simd>(&mut self, frame: usize, units: usize) {
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
