//! WaveNet: stacks of dilated convolutions with a residual path and a sum for the head.

use super::activation::{Activation, Sum, accumulate, blend, gate};
use super::conv::{Conv, ConvBlock};
use super::film::Film;
use super::history::History;
use super::network::{Network, as_kind, settle_by_playing};
use super::planes::{Order, Planes, Source, Target, copy, each_vector};
use crate::format::wavenet as config;
use crate::simd::{Kernel, Simd, SimdLevel};

/// A running WaveNet.
pub(crate) struct WaveNet {
    level: SimdLevel,
    inputs: usize,
    outputs: usize,
    condition: Option<(Box<dyn Network>, Planes)>,
    arrays: Vec<LayerArray>,
    post_head: Option<PostHead>,
    head_scale: f32,
    /// Frames that must be played to settle, if that cannot be computed.
    settle_frames: usize,
    recurrent: bool,
}

struct LayerArray {
    level: SimdLevel,
    channels: usize,
    /// Rows of the sum for the head.
    head_width: usize,
    rechannel: Conv,
    layers: Vec<Layer>,
    head: Conv,
    /// The past of the sum, where the head looks back.
    head_history: Option<History>,
    sum: Planes,
    z: Planes,
    /// What the last layer passes on.
    output: Planes,
    head_output: Planes,
    /// No layer has gates, modulations or a head of its own: the sum's rows are the layers' own.
    plain: bool,
    /// Whether it can take interleaved blocks.
    interleaves: bool,
}

struct Layer {
    /// With the input mixin, unless a modulation stands between the two.
    conv: Conv,
    /// What the convolution looks back on.
    history: History,
    separate_mixin: Option<Mixin>,
    /// Width behind the activation.
    bottleneck: usize,
    activation: Activation,
    gating: Gating,
    layer1x1: Option<Conv>,
    head1x1: Option<(Conv, Planes)>,
    /// The layer's input, where the history holds something else.
    unmodulated: Option<Planes>,
    films: Films,
}

/// The input mixin on its own, for layers that modulate it.
struct Mixin {
    conv: Conv,
    width: usize,
    input: Planes,
    output: Planes,
}

enum Gating {
    None,
    Gated(Activation),
    Blended { mix: Activation, activated: Planes },
}

#[derive(Default)]
struct Films {
    conv_pre: Option<Film>,
    conv_post: Option<Film>,
    input_mixin_pre: Option<Film>,
    input_mixin_post: Option<Film>,
    activation_pre: Option<Film>,
    activation_post: Option<Film>,
    layer1x1_post: Option<(Film, Planes)>,
    head1x1_post: Option<Film>,
}

struct PostHead {
    activation: Activation,
    stages: Vec<PostStage>,
}

struct PostStage {
    conv: Conv,
    inputs: usize,
    history: History,
    output: Planes,
}

/// How a block is processed.
#[derive(Clone, Copy)]
struct Block {
    frames: usize,
    /// Whether every past is to be made what the current frame is.
    settle: bool,
}

impl WaveNet {
    pub(crate) fn new(
        config: &config::WaveNetConfig,
        condition: Option<Box<dyn Network>>,
        level: SimdLevel,
    ) -> Self {
        let condition_settles = condition.as_ref().map_or(0, |net| net.settle_frames());
        WaveNet {
            level,
            inputs: config.inputs,
            outputs: config.outputs(),
            settle_frames: config.lookback() + 1 + condition_settles,
            recurrent: condition.as_ref().is_some_and(|net| net.is_recurrent()),
            condition: condition.map(|net| {
                let planes = Planes::new(net.outputs());
                (net, planes)
            }),
            arrays: config
                .arrays
                .iter()
                .map(|array| LayerArray::new(array, level))
                .collect(),
            post_head: config
                .post_head
                .as_ref()
                .map(|head| PostHead::new(head, level)),
            head_scale: config.head_scale,
        }
    }

    /// All that it remembers, except for what its condition does.
    fn histories(&self) -> impl Iterator<Item = &History> {
        let arrays = self.arrays.iter().flat_map(|array| {
            let layers = array.layers.iter().map(|layer| &layer.history);
            layers.chain(&array.head_history)
        });
        let stages = self.post_head.iter().flat_map(|head| &head.stages);
        arrays.chain(stages.map(|stage| &stage.history))
    }

    /// The same, to be changed.
    fn histories_mut(&mut self) -> impl Iterator<Item = &mut History> {
        let arrays = self.arrays.iter_mut().flat_map(|array| {
            let layers = array.layers.iter_mut().map(|layer| &mut layer.history);
            layers.chain(&mut array.head_history)
        });
        let stages = self.post_head.iter_mut().flat_map(|head| &mut head.stages);
        arrays.chain(stages.map(|stage| &mut stage.history))
    }

    fn run_block(&mut self, input: Source, output: Target, block: Block) {
        let level = self.level;
        level.run(Run {
            net: self,
            input,
            output,
            block,
        });
    }
}

impl Network for WaveNet {
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
        self.recurrent
    }

    unsafe fn process(&mut self, input: Source, output: Target, frames: usize) {
        let block = Block {
            frames,
            settle: false,
        };
        self.run_block(input, output, block);
    }

    unsafe fn settle(&mut self, input: Source, output: Target) {
        if self.recurrent {
            // SAFETY: the caller's promise.
            unsafe { settle_by_playing(self, input, output) };
            return;
        }
        if let Some((net, planes)) = &mut self.condition {
            // SAFETY: the condition hears what the net hears, and has planes of its own.
            unsafe { net.settle(input, planes.target(Order::Planar)) };
        }
        let block = Block {
            frames: 1,
            settle: true,
        };
        self.run_block(input, output, block);
    }

    fn reset(&mut self) {
        if let Some((net, _)) = &mut self.condition {
            net.reset();
        }
        self.histories_mut().for_each(History::clear);
    }

    fn is_alike(&self, other: &dyn Network) -> bool {
        as_kind::<Self>(other).is_some_and(|other| {
            let conditions = match (&self.condition, &other.condition) {
                (None, None) => true,
                (Some((a, _)), Some((b, _))) => a.is_alike(b.as_ref()),
                _ => false,
            };
            let mut pairs = self.histories().zip(other.histories());
            conditions
                && self.histories().count() == other.histories().count()
                && pairs.all(|(a, b)| a.is_alike(b))
        })
    }

    fn copy_state(&mut self, from: &dyn Network) {
        let Some(from) = as_kind::<Self>(from) else {
            return;
        };
        if let (Some((net, _)), Some((from, _))) = (&mut self.condition, &from.condition) {
            net.copy_state(from.as_ref());
        }
        for (history, from) in self.histories_mut().zip(from.histories()) {
            history.copy_state(from);
        }
    }
}

/// One block of a net as work for [`SimdLevel::run`].
struct Run<'a> {
    net: &'a mut WaveNet,
    input: Source,
    output: Target,
    block: Block,
}

impl Kernel for Run<'_> {
    #[inline(always)]
    fn run<S: Simd>(self) {
        let Run {
            net,
            input,
            output,
            block,
        } = self;
        let condition = match &mut net.condition {
            Some((condition, planes)) => {
                let target = planes.target(Order::Planar);
                if !block.settle {
                    // SAFETY: the condition hears what the net hears, and has planes of its own.
                    unsafe { condition.process(input, target, block.frames) };
                }
                target.as_source()
            }
            None => input,
        };
        let mut signal = input;
        let mut head = None;
        let array_count = net.arrays.len();
        for (index, array) in net.arrays.iter_mut().enumerate() {
            let is_last = index + 1 == array_count;
            // SAFETY: the widths fit each other, which reading the file has made sure of, and every
            // scratch block has room for `BLOCK` frames.
            let (next, sum) = unsafe { array.run::<S>(signal, condition, head, block, is_last) };
            signal = next;
            head = Some(sum);
        }
        let Some(head) = head else { return };
        let width = net.arrays.last().map_or(0, |array| array.head.outputs());
        let scale = S::splat(net.head_scale);
        let scaled = if net.post_head.is_some() {
            head
        } else {
            output
        };
        each_vector::<S>(width, block.frames, |channel, frame| {
            // SAFETY: `head` and `output` have the last array's rows.
            unsafe {
                let y = scale.mul(S::load(head.at(channel, frame)));
                y.store(scaled.at(channel, frame));
            }
        });
        if let Some(post_head) = &mut net.post_head {
            // SAFETY: as above.
            unsafe { post_head.run::<S>(head, output, block) };
        }
    }
}

impl LayerArray {
    fn new(config: &config::LayerArray, level: SimdLevel) -> Self {
        let head_width = config.head_width();
        let inner = config.layers.iter().map(|layer| layer.conv.outputs()).max();
        let layers: Vec<Layer> = config
            .layers
            .iter()
            .map(|layer| Layer::new(layer, config, level))
            .collect();
        let plain = config.layers.iter().all(|layer| {
            layer.gating == config::Gating::None
                && layer.films.iter().next().is_none()
                && layer.head1x1.is_none()
                && layer.layer1x1.is_some()
        });
        let interleaves = plain
            && layers.iter().all(|layer| {
                layer.conv.interleaves() && layer.layer1x1.as_ref().is_none_or(Conv::interleaves)
            });
        LayerArray {
            level,
            channels: config.channels,
            head_width,
            rechannel: Conv::new(&config.rechannel, level),
            layers,
            head: Conv::new(&config.head, level),
            head_history: (config.head.taps() > 1)
                .then(|| History::new(head_width, config.head.lookback())),
            sum: Planes::new(head_width),
            z: Planes::new(inner.unwrap_or(0)),
            output: Planes::new(config.channels),
            head_output: Planes::new(config.head.outputs()),
            plain,
            interleaves,
        }
    }

    /// Returns the signal and the head for the next array, both planar.
    ///
    /// # Safety
    /// The inputs must be planar blocks with the channels that the array was made for.
    #[inline(always)]
    unsafe fn run<S: Simd>(
        &mut self,
        input: Source,
        condition: Source,
        head: Option<Target>,
        block: Block,
        is_last: bool,
    ) -> (Source, Target) {
        let frames = block.frames;
        let order = if self.interleaves && !block.settle {
            Order::for_block(frames, self.channels, self.level)
        } else {
            Order::Planar
        };
        let z = self.z.target(order);
        let sum = match (&mut self.head_history, order) {
            (Some(history), Order::Planar) => {
                history.make_room();
                history.target()
            }
            _ => self.sum.target(order),
        };
        let mut add = match head {
            Some(previous) => {
                // SAFETY: the array before gives as many rows as this one adds.
                unsafe { copy(previous.as_source(), sum, self.head_width, frames) };
                Sum::Add(sum)
            }
            None => Sum::Set(sum),
        };
        // SAFETY: the caller's promise; all scratch has the channels of the part that uses it.
        unsafe {
            self.rechannel.run::<S>(ConvBlock::new(
                input,
                self.layers[0].input_target(),
                frames,
                order,
            ));
            for index in 0..self.layers.len() {
                let (done, rest) = self.layers.split_at_mut(index + 1);
                let layer = &mut done[index];
                let next = match rest.first_mut() {
                    Some(next) => Some(next.input_target()),
                    None if is_last => None,
                    None => Some(self.output.target(Order::Planar)),
                };
                let pass = LayerPass {
                    condition,
                    z,
                    sum: add,
                    next,
                    frames,
                    order,
                    settle: block.settle,
                };
                if self.plain {
                    layer.run_plain::<S>(pass);
                } else {
                    layer.run_general::<S>(pass, self.channels);
                }
                layer.history.advance(frames);
                add = Sum::Add(sum);
            }
            let head_input = match &mut self.head_history {
                Some(history) => {
                    if order == Order::Interleaved {
                        history.make_room();
                        copy(sum.as_source(), history.target(), self.head_width, frames);
                    }
                    if block.settle {
                        history.settle();
                    }
                    history.source()
                }
                None => sum.as_source(),
            };
            let head_output = self.head_output.target(Order::Planar);
            self.head
                .run::<S>(ConvBlock::new(head_input, head_output, frames, order));
            if let Some(history) = &mut self.head_history {
                history.advance(frames);
            }
            (self.output.target(Order::Planar).as_source(), head_output)
        }
    }
}

/// What a layer is given for a block.
#[derive(Clone, Copy)]
struct LayerPass {
    condition: Source,
    z: Target,
    sum: Sum,
    /// Where the next layer wants its input; nowhere behind the very last one.
    next: Option<Target>,
    frames: usize,
    order: Order,
    settle: bool,
}

impl Layer {
    fn new(config: &config::Layer, array: &config::LayerArray, level: SimdLevel) -> Self {
        let films = &config.films;
        let film = |film: &Option<config::Film>| film.as_ref().map(|f| Film::new(f, level));
        let modulated_mixin = films.conv_post.is_some()
            || films.input_mixin_pre.is_some()
            || films.input_mixin_post.is_some();
        let inner = config.conv.outputs();
        let separate_mixin = modulated_mixin.then(|| Mixin {
            conv: Conv::new(&config.input_mixin, level),
            width: inner,
            input: Planes::new(config.input_mixin.inputs()),
            output: Planes::new(inner),
        });
        let conv = if modulated_mixin {
            Conv::new(&config.conv, level)
        } else {
            Conv::with_mixin(&config.conv, &config.input_mixin, level)
        };
        let bottleneck = array.bottleneck;
        let second_half = |activation| Activation::new(activation, bottleneck);
        Layer {
            conv,
            history: History::new(array.channels, config.conv.lookback()),
            separate_mixin,
            bottleneck,
            activation: Activation::new(&config.activation, bottleneck),
            gating: match &config.gating {
                config::Gating::None => Gating::None,
                config::Gating::Gated(second) => Gating::Gated(second_half(second)),
                config::Gating::Blended(second) => Gating::Blended {
                    mix: second_half(second),
                    activated: Planes::new(bottleneck),
                },
            },
            layer1x1: config.layer1x1.as_ref().map(|conv| Conv::new(conv, level)),
            head1x1: config
                .head1x1
                .as_ref()
                .map(|conv| (Conv::new(conv, level), Planes::new(conv.outputs()))),
            unmodulated: films.conv_pre.as_ref().map(|_| Planes::new(array.channels)),
            films: Films {
                conv_pre: film(&films.conv_pre),
                conv_post: film(&films.conv_post),
                input_mixin_pre: film(&films.input_mixin_pre),
                input_mixin_post: film(&films.input_mixin_post),
                activation_pre: film(&films.activation_pre),
                activation_post: film(&films.activation_post),
                layer1x1_post: film(&films.layer1x1_post)
                    .map(|film| (film, Planes::new(array.channels))),
                head1x1_post: film(&films.head1x1_post),
            },
        }
    }

    /// Where this layer wants its input: straight into its history, if that is what it looks back on.
    #[inline(always)]
    fn input_target(&mut self) -> Target {
        self.history.make_room();
        match &mut self.unmodulated {
            Some(planes) => planes.target(Order::Planar),
            None => self.history.target(),
        }
    }

    /// Convolution, activation, sum, 1x1 and residual: what every capture of gear so far is made of.
    ///
    /// # Safety
    /// `input_target` must hold the layer's input, and `pass` blocks with the layer's channels.
    #[inline(always)]
    unsafe fn run_plain<S: Simd>(&mut self, pass: LayerPass) {
        if pass.settle {
            self.history.settle();
        }
        let input = self.history.source();
        let block = ConvBlock {
            input,
            condition: Some(pass.condition),
            residual: None,
            output: pass.z,
            frames: pass.frames,
            order: pass.order,
        };
        // SAFETY: the caller's promise.
        unsafe {
            self.conv.run::<S>(block);
            self.activation
                .run::<S>(pass.z, pass.sum, pass.order, self.bottleneck, pass.frames);
            if let (Some(layer1x1), Some(next)) = (&self.layer1x1, pass.next) {
                layer1x1.run::<S>(ConvBlock {
                    input: pass.z.as_source(),
                    condition: None,
                    residual: Some(input),
                    output: next,
                    ..block
                });
            }
        }
    }

    /// The same with everything that the format allows. Always planar.
    ///
    /// # Safety
    /// As [`Layer::run_plain`].
    #[inline(always)]
    unsafe fn run_general<S: Simd>(&mut self, pass: LayerPass, channels: usize) {
        let LayerPass {
            condition,
            z,
            frames,
            ..
        } = pass;
        let z_source = z.as_source();
        let films = &mut self.films;
        // SAFETY: the caller's promise; a film has the channels of the place it stands at.
        unsafe {
            // The residual path takes the input as it was before any modulation.
            let input = match (&mut films.conv_pre, &mut self.unmodulated) {
                (Some(film), Some(planes)) => {
                    let input = planes.target(Order::Planar).as_source();
                    film.run::<S>(input, condition, self.history.target(), frames);
                    input
                }
                _ => self.history.source(),
            };
            if pass.settle {
                self.history.settle();
            }
            let conv_block = ConvBlock::new(self.history.source(), z, frames, Order::Planar);
            match &mut self.separate_mixin {
                None => self.conv.run::<S>(ConvBlock {
                    condition: Some(condition),
                    ..conv_block
                }),
                Some(mixin) => {
                    self.conv.run::<S>(conv_block);
                    if let Some(film) = &mut films.conv_post {
                        film.run::<S>(z_source, condition, z, frames);
                    }
                    let mixin_input = match &mut films.input_mixin_pre {
                        Some(film) => {
                            let target = mixin.input.target(Order::Planar);
                            film.run::<S>(condition, condition, target, frames);
                            target.as_source()
                        }
                        None => condition,
                    };
                    let mixed = mixin.output.target(Order::Planar);
                    mixin.conv.run::<S>(ConvBlock {
                        input: mixin_input,
                        output: mixed,
                        ..conv_block
                    });
                    if let Some(film) = &mut films.input_mixin_post {
                        film.run::<S>(mixed.as_source(), condition, mixed, frames);
                    }
                    accumulate::<S>(mixed, Sum::Add(z), mixin.width, frames);
                }
            }
            if let Some(film) = &mut films.activation_pre {
                film.run::<S>(z_source, condition, z, frames);
            }
            self.activate::<S>(z, frames);
            if let Some(film) = &mut self.films.activation_post {
                film.run::<S>(z_source, condition, z, frames);
            }
            if let Some(next) = pass.next {
                self.pass_on::<S>(input, next, pass, channels);
            }
            self.feed_head::<S>(pass);
        }
    }

    /// Activation and gating; the result stands in the first half of `z`.
    #[inline(always)]
    unsafe fn activate<S: Simd>(&mut self, z: Target, frames: usize) {
        let width = self.bottleneck;
        let second = z.skip_channels(width);
        // SAFETY: the caller's promise; with gating `z` has two halves.
        unsafe {
            let run = |activation: &Activation, block| {
                activation.run::<S>(block, Sum::None, Order::Planar, width, frames);
            };
            match &mut self.gating {
                Gating::None => run(&self.activation, z),
                Gating::Gated(gate_activation) => {
                    run(&self.activation, z);
                    run(gate_activation, second);
                    gate::<S>(z, second, width, frames);
                }
                Gating::Blended { mix, activated } => {
                    let activated = activated.target(Order::Planar);
                    copy(z.as_source(), activated, width, frames);
                    run(&self.activation, activated);
                    run(mix, second);
                    blend::<S>(z, activated, second, width, frames);
                }
            }
        }
    }

    /// The residual path. As the trainer has it: the 1x1's modulation works in every gating mode
    /// (the reference engine's released versions skip it unless blended), and without a 1x1 the
    /// activation itself is added (the reference engine drops it).
    #[inline(always)]
    unsafe fn pass_on<S: Simd>(
        &mut self,
        input: Source,
        next: Target,
        pass: LayerPass,
        channels: usize,
    ) {
        let frames = pass.frames;
        let z = pass.z;
        // SAFETY: the caller's promise.
        unsafe {
            let add_input = |result: Target| {
                each_vector::<S>(channels, frames, |channel, frame| {
                    let x = S::load(input.at(channel, frame));
                    let y = S::load(result.at(channel, frame));
                    x.add(y).store(next.at(channel, frame));
                });
            };
            let block = ConvBlock {
                input: z.as_source(),
                condition: None,
                residual: Some(input),
                output: next,
                frames,
                order: Order::Planar,
            };
            match (&self.layer1x1, &mut self.films.layer1x1_post) {
                (None, _) => add_input(z),
                (Some(layer1x1), None) => layer1x1.run::<S>(block),
                (Some(layer1x1), Some((film, planes))) => {
                    let result = planes.target(Order::Planar);
                    layer1x1.run::<S>(ConvBlock {
                        residual: None,
                        output: result,
                        ..block
                    });
                    film.run::<S>(result.as_source(), pass.condition, result, frames);
                    add_input(result);
                }
            }
        }
    }

    #[inline(always)]
    unsafe fn feed_head<S: Simd>(&mut self, pass: LayerPass) {
        let LayerPass { z, sum, frames, .. } = pass;
        // SAFETY: the caller's promise.
        unsafe {
            let Some((head1x1, planes)) = &mut self.head1x1 else {
                accumulate::<S>(z, sum, self.bottleneck, frames);
                return;
            };
            let result = planes.target(Order::Planar);
            head1x1.run::<S>(ConvBlock::new(z.as_source(), result, frames, Order::Planar));
            if let Some(film) = &mut self.films.head1x1_post {
                film.run::<S>(result.as_source(), pass.condition, result, frames);
            }
            accumulate::<S>(result, sum, head1x1.outputs(), frames);
        }
    }
}

impl PostHead {
    fn new(config: &config::PostHead, level: SimdLevel) -> Self {
        let widest = config.convs.iter().map(|conv| conv.inputs()).max();
        PostHead {
            activation: Activation::new(&config.activation, widest.unwrap_or(0)),
            stages: config
                .convs
                .iter()
                .map(|conv| PostStage {
                    conv: Conv::new(conv, level),
                    inputs: conv.inputs(),
                    history: History::new(conv.inputs(), conv.lookback()),
                    output: Planes::new(conv.outputs()),
                })
                .collect(),
        }
    }

    /// # Safety
    /// `input` must have the first convolution's channels, `output` the last one's.
    #[inline(always)]
    unsafe fn run<S: Simd>(&mut self, input: Target, output: Target, block: Block) {
        let frames = block.frames;
        let mut signal = input.as_source();
        let last = self.stages.len() - 1;
        for (index, stage) in self.stages.iter_mut().enumerate() {
            stage.history.make_room();
            let activated = stage.history.target();
            let target = if index == last {
                output
            } else {
                stage.output.target(Order::Planar)
            };
            // SAFETY: the caller's promise.
            unsafe {
                copy(signal, activated, stage.inputs, frames);
                self.activation
                    .run::<S>(activated, Sum::None, Order::Planar, stage.inputs, frames);
                if block.settle {
                    stage.history.settle();
                }
                stage.conv.run::<S>(ConvBlock::new(
                    stage.history.source(),
                    target,
                    frames,
                    Order::Planar,
                ));
            }
            stage.history.advance(frames);
            signal = target.as_source();
        }
    }
}
