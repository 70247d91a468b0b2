//! One dilated layer.

use crate::engine::activation::{Activation, Sum, accumulate, blend, gate};
use crate::engine::conv::{Conv, ConvBlock};
use crate::engine::film::Film;
use crate::engine::history::History;
use crate::engine::planes::{Order, Planes, Source, Target, copy, each_vector};
use crate::format::wavenet::{self as config, FILMS, FilmAt};
use crate::simd::{Simd, SimdLevel};

pub(super) struct Layer {
    /// With the input mixin, unless a modulation stands between the two.
    conv: Conv,
    /// What the convolution looks back on.
    pub(super) history: History,
    separate_mixin: Option<Mixin>,
    /// Width behind the activation.
    bottleneck: usize,
    activation: Activation,
    gating: Gating,
    layer1x1: Option<Conv>,
    head1x1: Option<(Conv, Planes)>,
    /// The layer's input, where the history holds something else.
    unmodulated: Option<Planes>,
    /// The 1x1's result, where it is modulated.
    modulated1x1: Option<Planes>,
    films: Films,
}

/// The input mixin on its own, for layers that modulate it.
struct Mixin {
    conv: Conv,
    input: Planes,
    output: Planes,
}

enum Gating {
    None,
    Gated(Activation),
    Blended { mix: Activation, activated: Planes },
}

/// By [`FilmAt`].
struct Films([Option<Film>; FILMS]);

impl Films {
    fn has(&self, at: FilmAt) -> bool {
        self.0[at as usize].is_some()
    }

    /// Modulates `block`, if there is anything to do at this place.
    ///
    /// # Safety
    /// As for [`Film::run`], with the channels of that place.
    #[inline(always)]
    unsafe fn run<S: Simd>(&mut self, at: FilmAt, block: Target, condition: Source, frames: usize) {
        // SAFETY: the caller's promise.
        unsafe { self.run_to::<S>(at, block.as_source(), block, condition, frames) };
    }

    /// As [`Films::run`], into another block.
    ///
    /// # Safety
    /// As for [`Films::run`].
    #[inline(always)]
    unsafe fn run_to<S: Simd>(
        &mut self,
        at: FilmAt,
        input: Source,
        output: Target,
        condition: Source,
        frames: usize,
    ) {
        if let Some(film) = &mut self.0[at as usize] {
            // SAFETY: the caller's promise.
            unsafe { film.run::<S>(input, condition, output, frames) };
        }
    }
}

/// What a layer is given for a block.
#[derive(Clone, Copy)]
pub(super) struct LayerPass {
    pub(super) condition: Source,
    pub(super) z: Target,
    pub(super) sum: Sum,
    /// Where the next layer wants its input; nowhere behind the very last one.
    pub(super) next: Option<Target>,
    pub(super) frames: usize,
    pub(super) order: Order,
    pub(super) settle: bool,
}

impl Layer {
    pub(super) fn new(
        config: &config::Layer,
        array: &config::LayerArray,
        level: SimdLevel,
    ) -> Self {
        use FilmAt::{ConvPost, ConvPre, InputMixinPost, InputMixinPre, Layer1x1Post};
        let films = config.film_by_place();
        let modulated = |at| films[at as usize].is_some();
        let bottleneck = array.bottleneck;
        let channels = || Planes::new(array.channels);
        let half = |activation| Activation::new(activation, bottleneck);
        let mixin = &config.input_mixin;
        let is_separate = [ConvPost, InputMixinPre, InputMixinPost]
            .into_iter()
            .any(modulated);
        let with_planes = |conv: &_| {
            let conv = Conv::new(conv, level);
            let planes = Planes::new(conv.outputs());
            (conv, planes)
        };
        Layer {
            conv: match is_separate {
                true => Conv::new(&config.conv, level),
                false => Conv::with_mixin(&config.conv, mixin, level),
            },
            history: History::new(array.channels, config.conv.lookback()),
            separate_mixin: is_separate.then(|| Mixin {
                conv: Conv::new(mixin, level),
                input: Planes::new(mixin.inputs()),
                output: Planes::new(mixin.outputs()),
            }),
            bottleneck,
            activation: half(&config.activation),
            gating: match &config.gating {
                config::Gating::None => Gating::None,
                config::Gating::Gated(second) => Gating::Gated(half(second)),
                config::Gating::Blended(second) => Gating::Blended {
                    mix: half(second),
                    activated: Planes::new(bottleneck),
                },
            },
            layer1x1: config.layer1x1.as_ref().map(|conv| Conv::new(conv, level)),
            head1x1: config.head1x1.as_deref().map(with_planes),
            unmodulated: modulated(ConvPre).then(channels),
            modulated1x1: modulated(Layer1x1Post).then(channels),
            films: Films(films.map(|film| film.map(|film| Film::new(film, level)))),
        }
    }

    /// Whether it can take interleaved blocks.
    pub(super) fn interleaves(&self) -> bool {
        self.conv.interleaves() && self.layer1x1.as_ref().is_none_or(Conv::interleaves)
    }

    /// Where this layer wants its input: straight into its history, if that is what it looks back on.
    #[inline(always)]
    pub(super) fn input_target(&mut self) -> Target {
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
    pub(super) unsafe fn run_plain<S: Simd>(&mut self, pass: LayerPass) {
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
    pub(super) unsafe fn run_general<S: Simd>(&mut self, pass: LayerPass, channels: usize) {
        let LayerPass {
            condition,
            z,
            frames,
            ..
        } = pass;
        // SAFETY: the caller's promise; a film has the channels of the place it stands at.
        unsafe {
            // The residual path takes the input as it was before any modulation.
            let mut input = self.history.source();
            if let Some(planes) = &mut self.unmodulated {
                input = planes.target(Order::Planar).as_source();
                let heard = self.history.target();
                self.films
                    .run_to::<S>(FilmAt::ConvPre, input, heard, condition, frames);
            }
            if pass.settle {
                self.history.settle();
            }
            let mut block = ConvBlock::new(self.history.source(), z, frames, Order::Planar);
            if self.separate_mixin.is_none() {
                block.condition = Some(condition);
            }
            self.conv.run::<S>(block);
            if let Some(mixin) = &mut self.separate_mixin {
                let films = &mut self.films;
                films.run::<S>(FilmAt::ConvPost, z, condition, frames);
                let mut heard = condition;
                if films.has(FilmAt::InputMixinPre) {
                    let target = mixin.input.target(Order::Planar);
                    films.run_to::<S>(FilmAt::InputMixinPre, heard, target, condition, frames);
                    heard = target.as_source();
                }
                let mixed = mixin.output.target(Order::Planar);
                mixin
                    .conv
                    .run::<S>(ConvBlock::new(heard, mixed, frames, Order::Planar));
                films.run::<S>(FilmAt::InputMixinPost, mixed, condition, frames);
                accumulate::<S>(mixed, Sum::Add(z), mixin.conv.outputs(), frames);
            }
            self.films
                .run::<S>(FilmAt::ActivationPre, z, condition, frames);
            self.activate::<S>(z, frames);
            self.films
                .run::<S>(FilmAt::ActivationPost, z, condition, frames);
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
            match (&self.layer1x1, &mut self.modulated1x1) {
                (None, _) => add_input(z),
                (Some(layer1x1), None) => layer1x1.run::<S>(block),
                (Some(layer1x1), Some(planes)) => {
                    let result = planes.target(Order::Planar);
                    layer1x1.run::<S>(ConvBlock {
                        residual: None,
                        output: result,
                        ..block
                    });
                    self.films
                        .run::<S>(FilmAt::Layer1x1Post, result, pass.condition, frames);
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
            self.films
                .run::<S>(FilmAt::Head1x1Post, result, pass.condition, frames);
            accumulate::<S>(result, sum, head1x1.outputs(), frames);
        }
    }
}
