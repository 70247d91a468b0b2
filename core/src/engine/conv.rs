//! Convolutions and matrices over a block: where nearly all time is spent.
//!
//! A [`Conv`] computes `bias + mixin * condition + sum over taps of kernel * past (+ residual)`.
//! In planar order vectors span time, and the output channels are cut into tiles of a few, whose sums
//! stay in registers. In interleaved order, which is for tiny blocks, vectors span output channels.
//! Both add the same products in the same order, so a sample does not depend on the block it is in.

#![allow(
    clippy::needless_range_loop,
    reason = "the loops are over registers: several arrays and pointers are indexed alike"
)]

use super::planes::{BLOCK, MAX_LANES, Order, Source, Target};
use crate::format::weights::ConvWeights;
use crate::simd::{AlignedVec, Kernel, Simd, SimdLevel};

/// Lanes of the narrower vectors that span channels.
const EIGHT: usize = 8;

/// Some output channels that are computed together.
#[derive(Debug, Clone, Copy)]
struct Tile {
    /// First output channel.
    output: usize,
    /// Output channels: 8, 6, 4, 3, 2 or 1.
    width: usize,
    /// First input channel that these outputs hear (all of them unless there are groups).
    input: usize,
    /// First condition channel.
    condition: usize,
    /// Where the tile's weights begin.
    weights: usize,
}

/// A convolution, packed for the kernel.
pub(crate) struct Conv {
    tiles: Vec<Tile>,
    /// Per tile: `[bias][condition channel][tap, input channel]`, each `[width]`.
    weights: AlignedVec,
    /// For interleaved blocks, the same without tiles: `[outputs, padded]` each. Empty with groups,
    /// whose outputs do not all hear the same.
    rows: AlignedVec,
    taps: usize,
    dilation: usize,
    /// Input and output channels in all.
    channels: (usize, usize),
    /// Input channels that an output hears.
    inputs: usize,
    /// Condition channels that an output hears.
    conditions: usize,
}

/// What a convolution is applied to. All pointers are to blocks that have the channels that the
/// convolution asks for, and room for [`BLOCK`] frames.
#[derive(Clone, Copy)]
pub(crate) struct ConvBlock {
    /// The current block, with the past before it. Planar in planar order.
    pub(crate) input: Source,
    /// What the mixin hears. Always planar.
    pub(crate) condition: Option<Source>,
    /// Added to the result.
    pub(crate) residual: Option<Source>,
    pub(crate) output: Target,
    pub(crate) frames: usize,
    pub(crate) order: Order,
}

impl ConvBlock {
    /// Without a condition and a residual.
    #[inline(always)]
    pub(crate) fn new(input: Source, output: Target, frames: usize, order: Order) -> Self {
        ConvBlock {
            input,
            condition: None,
            residual: None,
            output,
            frames,
            order,
        }
    }
}

impl Conv {
    /// A convolution alone.
    pub(crate) fn new(conv: &ConvWeights, level: SimdLevel) -> Self {
        Self::pack(conv, None, level)
    }

    /// A convolution to which a matrix times the condition is added.
    pub(crate) fn with_mixin(conv: &ConvWeights, mixin: &ConvWeights, level: SimdLevel) -> Self {
        Self::pack(conv, Some(mixin), level)
    }

    fn pack(conv: &ConvWeights, mixin: Option<&ConvWeights>, level: SimdLevel) -> Self {
        let outputs = conv.outputs();
        let (_, inputs, taps) = conv.kernel.dim();
        let conditions = mixin.map_or(0, |m| m.kernel.dim().1);
        // Tiles do not cross groups: all channels of a tile hear the same inputs.
        let group = outputs / conv.groups;
        let mixin_group = mixin.map_or(outputs, |m| outputs / m.groups);
        let mut tiles = Vec::new();
        let mut weights = Vec::new();
        let mut output = 0;
        while output < outputs {
            let to_edge = |size: usize| size - output % size;
            let room = to_edge(group)
                .min(to_edge(mixin_group))
                .min(outputs - output);
            let width = tile_width(room, level);
            tiles.push(Tile {
                output,
                width,
                input: output / group * inputs,
                condition: output / mixin_group * conditions,
                weights: weights.len(),
            });
            pack_rows(&mut weights, conv, mixin, output..output + width, width);
            output += width;
        }
        let mut rows = Vec::new();
        if group == outputs && mixin_group == outputs {
            let padded = outputs.next_multiple_of(EIGHT);
            pack_rows(&mut rows, conv, mixin, 0..outputs, padded);
        }
        Conv {
            tiles,
            weights: weights.into(),
            rows: rows.into(),
            taps,
            dilation: conv.dilation,
            channels: (conv.inputs(), outputs),
            inputs,
            conditions,
        }
    }

    pub(crate) fn inputs(&self) -> usize {
        self.channels.0
    }

    pub(crate) fn outputs(&self) -> usize {
        self.channels.1
    }

    /// Whether it can take interleaved blocks.
    pub(crate) fn interleaves(&self) -> bool {
        !self.rows.is_empty()
    }

    /// Computes one block.
    ///
    /// # Safety
    /// As described at [`ConvBlock`]; the input's past must be as long as the convolution's lookback.
    #[inline(always)]
    pub(crate) unsafe fn run<S: Simd>(&self, block: ConvBlock) {
        debug_assert!(block.frames <= BLOCK);
        debug_assert!(block.condition.is_some() || self.conditions == 0);
        if block.order == Order::Interleaved {
            S::call(RunFrames { conv: self, block });
            return;
        }
        for tile in &self.tiles {
            match tile.width {
                8 => S::call(self.tile::<8>(tile, block)),
                6 => S::call(self.tile::<6>(tile, block)),
                4 => S::call(self.tile::<4>(tile, block)),
                3 => S::call(self.tile::<3>(tile, block)),
                2 => S::call(self.tile::<2>(tile, block)),
                _ => S::call(self.tile::<1>(tile, block)),
            }
        }
    }

    /// A tile of `W` channels as a kernel. Made by `run` alone, whose caller vouches for the block.
    #[inline(always)]
    fn tile<'a, const W: usize>(&'a self, tile: &'a Tile, block: ConvBlock) -> RunTile<'a, W> {
        RunTile {
            conv: self,
            tile,
            block,
        }
    }

    #[inline(always)]
    unsafe fn run_tile<S: Simd, const W: usize>(&self, tile: &Tile, block: ConvBlock) {
        // SAFETY: the caller's promise.
        unsafe {
            // As many vectors of time at once as leave the sums in registers.
            let mut frame = 0;
            let step = |vectors: usize| vectors * S::LANES;
            if W * 4 + 4 < S::REGISTERS || W <= 2 {
                while frame + step(3) < block.frames {
                    self.tile_of_time::<S, W, 4>(tile, block, frame);
                    frame += step(4);
                }
            }
            if W * 2 + 2 < S::REGISTERS {
                while frame + step(1) < block.frames {
                    self.tile_of_time::<S, W, 2>(tile, block, frame);
                    frame += step(2);
                }
            }
            while frame < block.frames {
                self.tile_of_time::<S, W, 1>(tile, block, frame);
                frame += step(1);
            }
        }
    }

    /// `W` channels of `V` vectors of time.
    #[inline(always)]
    unsafe fn tile_of_time<S: Simd, const W: usize, const V: usize>(
        &self,
        tile: &Tile,
        block: ConvBlock,
        frame: usize,
    ) {
        // SAFETY: the caller's promise; the weights were packed for these loops.
        unsafe {
            let mut w = self.weights.as_ptr().add(tile.weights);
            let mut sums = [[S::splat(0.0); V]; W];
            for o in 0..W {
                sums[o] = [S::splat(*w.add(o)); V];
            }
            w = w.add(W);
            if let Some(condition) = block.condition {
                let mut x = condition
                    .ptr
                    .add(tile.condition * condition.channel + frame);
                for _ in 0..self.conditions {
                    multiply_add(&mut sums, w, x);
                    x = x.add(condition.channel);
                    w = w.add(W);
                }
            }
            let current = block
                .input
                .ptr
                .add(tile.input * block.input.channel + frame);
            for tap in 0..self.taps {
                let mut x = current.sub((self.taps - 1 - tap) * self.dilation);
                for _ in 0..self.inputs {
                    multiply_add(&mut sums, w, x);
                    x = x.add(block.input.channel);
                    w = w.add(W);
                }
            }
            for o in 0..W {
                let at = |channel: usize| (tile.output + o) * channel + frame;
                for v in 0..V {
                    let mut sum = sums[o][v];
                    if let Some(residual) = block.residual {
                        let x = residual.ptr.add(at(residual.channel) + v * S::LANES);
                        sum = S::load(x).add(sum);
                    }
                    sum.store(
                        block
                            .output
                            .ptr
                            .add(at(block.output.channel) + v * S::LANES),
                    );
                }
            }
        }
    }

    /// All channels of one frame, from `output` on in vectors of one kind.
    #[inline(always)]
    unsafe fn channels_of_frame<S: Simd>(&self, block: ConvBlock, frame: usize, output: usize) {
        let stride = self.channels.1.next_multiple_of(EIGHT);
        // SAFETY: the caller's promise; the rows were packed for these loops.
        unsafe {
            let mut w = self.rows.as_ptr().add(output);
            let mut sum = S::load(w);
            let mut add = |x: *const f32| {
                w = w.add(stride);
                sum = S::splat(*x).mul_add(S::load(w), sum);
            };
            if let Some(condition) = block.condition {
                for i in 0..self.conditions {
                    add(condition.at(i, frame));
                }
            }
            let input = block.input;
            for tap in 0..self.taps {
                let back = (self.taps - 1 - tap) * self.dilation * input.frame;
                let mut x = input.at(0, frame).sub(back);
                let mut left = self.inputs;
                // Few instructions per product let the CPU see far ahead: to the older taps of the
                // next layer, which need not wait for this one.
                while left >= 4 {
                    add(x);
                    add(x.add(input.channel));
                    add(x.add(2 * input.channel));
                    add(x.add(3 * input.channel));
                    x = x.add(4 * input.channel);
                    left -= 4;
                }
                for _ in 0..left {
                    add(x);
                    x = x.add(input.channel);
                }
            }
            if block.output.channel == 1 && block.residual.is_none() {
                sum.store(block.output.at(output, frame));
                return;
            }
            let mut lanes = [0.0; MAX_LANES];
            sum.store(lanes.as_mut_ptr());
            let count = S::LANES.min(self.channels.1 - output);
            for (lane, &sum) in lanes[..count].iter().enumerate() {
                let channel = output + lane;
                let y = match block.residual {
                    Some(residual) => *residual.at(channel, frame) + sum,
                    None => sum,
                };
                *block.output.at(channel, frame) = y;
            }
        }
    }
}

/// One tile of one block as a kernel of its own.
struct RunTile<'a, const W: usize> {
    conv: &'a Conv,
    tile: &'a Tile,
    block: ConvBlock,
}

impl<const W: usize> Kernel for RunTile<'_, W> {
    #[inline(always)]
    fn run<S: Simd>(self) {
        // SAFETY: it is only made in `Conv::run`, whose caller vouches for the block.
        unsafe { self.conv.run_tile::<S, W>(self.tile, self.block) }
    }
}

/// An interleaved block as a kernel of its own.
struct RunFrames<'a> {
    conv: &'a Conv,
    block: ConvBlock,
}

impl Kernel for RunFrames<'_> {
    #[inline(always)]
    fn run<S: Simd>(self) {
        debug_assert!(self.conv.interleaves());
        for frame in 0..self.block.frames {
            let mut output = 0;
            while output < self.conv.channels.1 {
                // SAFETY: it is only made in `Conv::run`, whose caller vouches for the block.
                unsafe {
                    // What is stored in one vector is then read in vectors of the same width.
                    if S::LANES > EIGHT && self.conv.channels.1 - output > EIGHT {
                        self.conv.channels_of_frame::<S>(self.block, frame, output);
                        output += S::LANES;
                    } else {
                        self.conv
                            .channels_of_frame::<S::Eight>(self.block, frame, output);
                        output += EIGHT;
                    }
                }
            }
        }
    }
}

/// Packs some output channels: `[bias][condition channel][tap, input channel]`, each `[padded]`.
fn pack_rows(
    packed: &mut Vec<f32>,
    conv: &ConvWeights,
    mixin: Option<&ConvWeights>,
    outputs: std::ops::Range<usize>,
    padded: usize,
) {
    let mut push = |weight: &dyn Fn(usize) -> f32| {
        packed.extend(outputs.clone().map(weight));
        packed.extend(std::iter::repeat_n(0.0, padded - outputs.len()));
    };
    push(&|o| conv.bias.as_ref().map_or(0.0, |bias| bias[o]));
    if let Some(mixin) = mixin {
        for i in 0..mixin.kernel.dim().1 {
            push(&|o| mixin.kernel[(o, i, 0)]);
        }
    }
    let (_, inputs, taps) = conv.kernel.dim();
    for tap in 0..taps {
        for i in 0..inputs {
            push(&|o| conv.kernel[(o, i, tap)]);
        }
    }
}

/// Adds `W` weights times `V` vectors of one input channel.
#[inline(always)]
unsafe fn multiply_add<S: Simd, const W: usize, const V: usize>(
    sums: &mut [[S; V]; W],
    weights: *const f32,
    input: *const f32,
) {
    // SAFETY: `W` weights and `V` vectors of input are there: the caller's promise.
    unsafe {
        let mut x = [S::splat(0.0); V];
        for v in 0..V {
            x[v] = S::load(input.add(v * S::LANES));
        }
        for o in 0..W {
            let weight = S::splat(*weights.add(o));
            for v in 0..V {
                sums[o][v] = weight.mul_add(x[v], sums[o][v]);
            }
        }
    }
}

/// The widest tile for this many remaining channels.
fn tile_width(channels: usize, level: SimdLevel) -> usize {
    let widths: &[usize] = if level.has_many_registers() {
        &[8, 6, 4, 3, 2, 1]
    } else {
        &[6, 4, 3, 2, 1]
    };
    // 5 and 7 are cut so that no part has to be padded.
    let fits = |width: &&usize| **width <= channels;
    *widths.iter().find(fits).unwrap_or(&1)
}
