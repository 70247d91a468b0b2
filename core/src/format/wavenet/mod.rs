//! What a file says of a WaveNet: layer arrays, heads and conditioning, in the old spelling (0.5)
//! and the new one (0.6 on), down to the width of a slimmed net.

mod array;
mod slim;

use super::activation::Activation;
use super::fields::Field;
use super::weights::{ConvShape, ConvWeights, Weights};
use super::{Document, FileContext, MAX_SIZE};
use crate::error::Result;
use array::ArrayShape;

/// A feature-wise affine transform: scale, and shift if there is one, computed from the condition.
#[derive(Debug, Clone)]
pub(crate) struct Film {
    /// `[scale.., shift..][condition]`
    pub(crate) transform: ConvWeights,
    pub(crate) shift: bool,
}

/// The places where a layer can be modulated, in the order of their weights in a file.
#[derive(Debug, Clone, Copy)]
pub(crate) enum FilmAt {
    ConvPre,
    ConvPost,
    InputMixinPre,
    InputMixinPost,
    ActivationPre,
    ActivationPost,
    Layer1x1Post,
    Head1x1Post,
}

/// How many places there are.
pub(crate) const FILMS: usize = 8;

/// How the two halves of a layer's convolution become one.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Gating {
    /// There is only one half.
    None,
    /// `act(a) * act2(b)`
    Gated(Activation),
    /// `act2(b) * act(a) + (1 - act2(b)) * a`
    Blended(Activation),
}

impl Gating {
    /// Channels of a layer's convolution, of which `bottleneck` come out.
    fn inner(&self, bottleneck: usize) -> usize {
        match self {
            Gating::None => bottleneck,
            _ => 2 * bottleneck,
        }
    }
}

/// One dilated layer.
#[derive(Debug, Clone)]
pub(crate) struct Layer {
    pub(crate) conv: ConvWeights,
    pub(crate) input_mixin: ConvWeights,
    pub(crate) layer1x1: Option<ConvWeights>,
    pub(crate) head1x1: Option<Box<ConvWeights>>,
    pub(crate) activation: Activation,
    pub(crate) gating: Gating,
    /// By [`FilmAt`]; nearly always none at all.
    films: Option<Box<[Option<Film>; FILMS]>>,
}

impl Layer {
    /// By [`FilmAt`].
    pub(crate) fn film_by_place(&self) -> [Option<&Film>; FILMS] {
        match &self.films {
            Some(films) => films.each_ref().map(Option::as_ref),
            None => [None; FILMS],
        }
    }

    /// The films that there are.
    pub(crate) fn films(&self) -> impl Iterator<Item = &Film> {
        self.films.iter().flat_map(|films| films.iter().flatten())
    }
}

/// Layers of one width, from rechannel to head.
#[derive(Debug, Clone)]
pub(crate) struct LayerArray {
    pub(crate) channels: usize,
    /// Width of a layer between its activation and its 1x1 convolutions.
    pub(crate) bottleneck: usize,
    pub(crate) rechannel: ConvWeights,
    pub(crate) layers: Vec<Layer>,
    pub(crate) head: ConvWeights,
    /// Widths the array can be slimmed to, ascending; empty if it cannot.
    allowed_channels: Vec<usize>,
}

impl LayerArray {
    /// Rows that the layers' sum for the head has.
    pub(crate) fn head_width(&self) -> usize {
        self.head.inputs()
    }
}

/// The optional convolutions behind the last array.
#[derive(Debug, Clone)]
pub(crate) struct PostHead {
    pub(crate) activation: Activation,
    /// Never empty.
    pub(crate) convs: Vec<ConvWeights>,
}

/// A whole WaveNet.
#[derive(Debug, Clone)]
pub(crate) struct WaveNetConfig {
    pub(crate) inputs: usize,
    pub(crate) condition: Option<Box<Document>>,
    pub(crate) arrays: Vec<LayerArray>,
    pub(crate) post_head: Option<PostHead>,
    /// The last weight. `config.head_scale` only repeats it.
    pub(crate) head_scale: f32,
}

impl WaveNetConfig {
    pub(crate) fn read(
        config: &Field<'_>,
        mut weights: Weights,
        context: &FileContext<'_>,
    ) -> Result<Self> {
        let inputs = super::channel_count(config, "in_channels")?;
        let condition = config
            .get_some("condition_dsp")
            .map(|field| read_condition(field, inputs, context).map(Box::new))
            .transpose()?;
        let condition_width = condition.as_ref().map_or(inputs, |c| c.net.outputs());
        config.require("head_scale")?.single()?; // the last weight repeats it, and counts

        let layers_field = config.require("layers")?;
        let mut arrays: Vec<LayerArray> = Vec::new();
        let mut signal_width = inputs;
        let mut head_width = None;
        for object in layers_field.filled_list()? {
            context.go_on()?;
            let shape = ArrayShape::read(object.object()?, context)?;
            shape.check_fit(signal_width, condition_width, head_width)?;
            signal_width = shape.channels;
            head_width = Some(shape.head.outputs);
            let array = shape.read_weights(&mut weights)?;
            if !weights.overdrawn() {
                arrays.push(array);
            }
        }
        let post_head = config
            .get_some("head")
            .map(|head| PostHead::read(head, head_width.unwrap_or(1), &mut weights, context))
            .transpose()?;
        let head_scale = weights.scalar();
        weights.finish()?;
        let net = WaveNetConfig {
            inputs,
            condition,
            arrays,
            post_head,
            head_scale,
        };
        net.check_slimmable(&layers_field)?;
        Ok(net)
    }

    pub(crate) fn outputs(&self) -> usize {
        match &self.post_head {
            Some(head) => head.convs.last().map_or(0, ConvWeights::outputs),
            None => self.arrays.last().map_or(0, |array| array.head.outputs()),
        }
    }

    /// All convolutions, without those of the condition.
    pub(crate) fn convs(&self) -> impl Iterator<Item = &ConvWeights> {
        let arrays = self.arrays.iter().flat_map(|array| {
            let layers = array.layers.iter().flat_map(|layer| {
                [&layer.conv, &layer.input_mixin]
                    .into_iter()
                    .chain(&layer.layer1x1)
                    .chain(layer.head1x1.as_deref())
                    .chain(layer.films().map(|film| &film.transform))
            });
            layers.chain([&array.rechannel, &array.head])
        });
        arrays.chain(self.post_head.iter().flat_map(|head| &head.convs))
    }

    /// Frames before the current one that are heard, without what the condition hears.
    pub(crate) fn lookback(&self) -> usize {
        self.convs().map(ConvWeights::lookback).sum()
    }
}

impl PostHead {
    fn read(
        head: Field<'_>,
        inputs: usize,
        weights: &mut Weights,
        context: &FileContext<'_>,
    ) -> Result<Self> {
        let head = head.object()?;
        let channels = head.require("channels")?.size(1, MAX_SIZE)?;
        let outputs = head.require("out_channels")?.size(1, MAX_SIZE)?;
        let activation = Activation::read(&head.require("activation")?)?;
        if let Some(field) = head.get_some("in_channels") {
            let given = field.size(1, MAX_SIZE)?;
            if given != inputs {
                return Err(field.invalid(format!(
                    "is {given}, but the last layer array gives {inputs} channels"
                )));
            }
        }
        let sizes_field = head.require("kernel_sizes")?;
        let sizes = sizes_field.filled_list()?;
        let count = sizes.len();
        context.take_layers(&sizes_field, count)?;
        let mut fan_in = inputs;
        let mut convs = weights.room_for(count, 2);
        for (index, size) in sizes.enumerate() {
            let is_last = index + 1 == count;
            let fan_out = if is_last { outputs } else { channels };
            let conv = weights.conv(ConvShape {
                taps: size.size(1, MAX_SIZE)?,
                ..ConvShape::matrix(fan_out, fan_in, true)
            });
            if !weights.overdrawn() {
                convs.push(conv);
            }
            fan_in = fan_out;
        }
        Ok(PostHead { activation, convs })
    }
}

/// `condition_dsp`: a complete `.nam` object that hears what the net hears.
fn read_condition(field: Field<'_>, inputs: usize, context: &FileContext<'_>) -> Result<Document> {
    let model = Document::read(field.clone(), context)?;
    super::nested::check_rate(&field, &model, context.sample_rate)?;
    if model.net.inputs() != inputs {
        return Err(field.invalid(format!(
            "takes {} channels, but the capture has {inputs}",
            model.net.inputs()
        )));
    }
    Ok(model)
}
