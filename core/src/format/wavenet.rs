//! What a file says of a WaveNet: layer arrays, heads and conditioning, in the old spelling (0.5)
//! and the new one (0.6 on), down to the width of a slimmed net.

use super::activation::Activation;
use super::fields::Field;
use super::weights::{ConvShape, ConvWeights, Weights};
use super::{Document, FileContext, MAX_SIZE};
use crate::error::Result;
use std::sync::Arc;

/// Most widths that a slimmable net is played in; each is a net of its own. Real ones have a few.
const MAX_WIDTHS: usize = 256;

/// A feature-wise affine transform: scale, and shift if there is one, computed from the condition.
#[derive(Debug, Clone)]
pub(crate) struct Film {
    /// `[scale.., shift..][condition]`
    pub(crate) transform: ConvWeights,
    pub(crate) shift: bool,
}

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

/// One dilated layer.
#[derive(Debug, Clone)]
pub(crate) struct Layer {
    pub(crate) conv: ConvWeights,
    pub(crate) input_mixin: ConvWeights,
    pub(crate) layer1x1: Option<ConvWeights>,
    pub(crate) head1x1: Option<Box<ConvWeights>>,
    pub(crate) activation: Activation,
    pub(crate) gating: Gating,
    /// Nearly always the same, none, which all layers then share.
    pub(crate) films: Arc<Films>,
}

/// The eight places where a layer can be modulated.
#[derive(Debug, Clone, Default)]
pub(crate) struct Films {
    pub(crate) conv_pre: Option<Film>,
    pub(crate) conv_post: Option<Film>,
    pub(crate) input_mixin_pre: Option<Film>,
    pub(crate) input_mixin_post: Option<Film>,
    pub(crate) activation_pre: Option<Film>,
    pub(crate) activation_post: Option<Film>,
    pub(crate) layer1x1_post: Option<Film>,
    pub(crate) head1x1_post: Option<Film>,
}

impl Films {
    /// The films that there are.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Film> {
        let all = [
            &self.conv_pre,
            &self.conv_post,
            &self.input_mixin_pre,
            &self.input_mixin_post,
            &self.activation_pre,
            &self.activation_post,
            &self.layer1x1_post,
            &self.head1x1_post,
        ];
        all.into_iter().flatten()
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

/// The sizes in a layer array's object that are needed before its weights can be read.
struct ArrayShape<'a> {
    field: Field<'a>,
    input_size: usize,
    condition_size: usize,
    channels: usize,
    bottleneck: usize,
    dilations: Vec<usize>,
    kernel_sizes: Vec<usize>,
    activations: Vec<Activation>,
    gatings: Vec<Gating>,
    groups_input: usize,
    groups_mixin: usize,
    layer1x1: Option<usize>,
    head1x1: Option<(usize, usize)>,
    head: ConvShape,
    no_films: Arc<Films>,
    allowed_channels: Vec<usize>,
}

impl WaveNetConfig {
    pub(crate) fn read(
        config: &Field<'_>,
        mut weights: Weights,
        context: &FileContext<'_>,
    ) -> Result<Self> {
        let inputs = super::channel_count(config, "in_channels")?;
        let condition = match config.get_some("condition_dsp") {
            Some(field) => Some(Box::new(read_condition(field, inputs, context)?)),
            None => None,
        };
        let condition_width = condition
            .as_ref()
            .map_or(inputs, |model| model.net.outputs());
        config.require("head_scale")?.single()?; // the last weight repeats it, and counts

        let layers_field = config.require("layers")?;
        let objects = layers_field.list()?;
        if objects.len() == 0 {
            return Err(layers_field.invalid("has no layer arrays"));
        }
        let mut arrays: Vec<LayerArray> = Vec::new();
        let mut signal_width = inputs;
        let mut head_width = None;
        for object in objects {
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
        let post_head = match config.get_some("head") {
            Some(head) => Some(PostHead::read(
                &head,
                head_width.unwrap_or(1),
                &mut weights,
                context,
            )?),
            None => None,
        };
        let head_scale = weights.scalar();
        weights.finish()?;
        let net = WaveNetConfig {
            inputs,
            condition,
            arrays,
            post_head,
            head_scale,
        };
        net.check_slimmable(config)?;
        Ok(net)
    }

    pub(crate) fn outputs(&self) -> usize {
        match &self.post_head {
            Some(head) => head.convs.last().map_or(0, ConvWeights::outputs),
            None => self.arrays.last().map_or(0, |array| array.head.outputs()),
        }
    }

    /// Every convolution with a lookback sees this many frames before the current one in all.
    pub(crate) fn lookback(&self) -> usize {
        let arrays = self.arrays.iter().flat_map(|array| {
            let layers = array.layers.iter().map(|layer| layer.conv.lookback());
            layers.chain([array.head.lookback()])
        });
        let post = self.post_head.iter().flat_map(|head| &head.convs);
        arrays.chain(post.map(ConvWeights::lookback)).sum()
    }

    /// The slim values at which another width begins, ascending, without 0.
    pub(crate) fn slim_steps(&self) -> Vec<f64> {
        let mut steps: Vec<f64> = self
            .arrays
            .iter()
            .flat_map(|array| {
                let count = array.allowed_channels.len();
                (1..count).map(move |step| step as f64 / count as f64)
            })
            .collect();
        steps.sort_by(f64::total_cmp);
        steps.dedup();
        steps
    }

    /// The net at the slim value `ratio` (0 to 1): the first rows and columns of every tensor. The
    /// condition, which stays as it is, is left out.
    pub(crate) fn slimmed(&self, ratio: f64) -> Self {
        let widths: Vec<usize> = self
            .arrays
            .iter()
            .map(|array| {
                let allowed = &array.allowed_channels;
                let step = (ratio * allowed.len() as f64).floor() as usize;
                allowed
                    .get(step.min(allowed.len().saturating_sub(1)))
                    .map_or(array.channels, |&width| width)
            })
            .collect();
        let mut slim = WaveNetConfig {
            inputs: self.inputs,
            condition: None,
            arrays: self.arrays.clone(),
            post_head: self.post_head.clone(),
            head_scale: self.head_scale,
        };
        for (index, array) in slim.arrays.iter_mut().enumerate() {
            let inputs = if index == 0 {
                array.rechannel.inputs()
            } else {
                widths[index - 1]
            };
            // As many as the next array's own rows for the head, which they are added to.
            let outputs = match self.arrays.get(index + 1) {
                Some(next) => next.slim_head_width(widths[index + 1]),
                None => array.head.outputs(),
            };
            array.slim(widths[index], inputs, outputs);
        }
        slim
    }

    /// Slimming is defined for plain nets only.
    fn check_slimmable(&self, config: &Field<'_>) -> Result<()> {
        if self
            .arrays
            .iter()
            .all(|array| array.allowed_channels.is_empty())
        {
            return Ok(());
        }
        let grouped = |conv: &ConvWeights| conv.groups != 1;
        let grouped_film = |film: &Film| grouped(&film.transform);
        let plain = self.post_head.is_none()
            && self.arrays.iter().all(|array| {
                array.head.taps() == 1
                    && array.layers.iter().all(|layer| {
                        let convs = [
                            Some(&layer.conv),
                            Some(&layer.input_mixin),
                            layer.layer1x1.as_ref(),
                            layer.head1x1.as_deref(),
                        ];
                        !convs.into_iter().flatten().any(grouped)
                            && !layer.films.iter().any(grouped_film)
                    })
            });
        let widths = self.slim_steps().len() + 1;
        if widths > MAX_WIDTHS {
            return Err(config.require("layers")?.invalid(format!(
                "make {widths} widths to choose from, more than {MAX_WIDTHS}"
            )));
        }
        if plain {
            Ok(())
        } else {
            Err(config.require("layers")?.invalid(
                "a slimmable net cannot have groups, a head kernel longer than 1 or a post-stack head",
            ))
        }
    }
}

impl LayerArray {
    /// The bottleneck at a smaller width; without a 1x1 it is as wide as the layer.
    fn slim_bottleneck(&self, channels: usize) -> usize {
        let has_1x1 = |layer: &Layer| layer.layer1x1.is_some();
        if self.layers.first().is_some_and(has_1x1) {
            (self.bottleneck * channels / self.channels).max(1)
        } else {
            channels
        }
    }

    /// [`LayerArray::head_width`] at a smaller width.
    fn slim_head_width(&self, channels: usize) -> usize {
        match self.layers.first().and_then(|layer| layer.head1x1.as_ref()) {
            Some(conv) => conv.outputs(),
            None => self.slim_bottleneck(channels),
        }
    }

    fn slim(&mut self, channels: usize, inputs: usize, outputs: usize) {
        let bottleneck = self.slim_bottleneck(channels);
        let head_inputs = self.slim_head_width(channels);
        self.rechannel = self.rechannel.slice(channels, inputs);
        for layer in &mut self.layers {
            let halves = if layer.gating == Gating::None { 1 } else { 2 };
            let inner = halves * bottleneck;
            layer.conv = layer.conv.slice(inner, channels);
            layer.input_mixin = layer.input_mixin.slice(inner, layer.input_mixin.inputs());
            if let Some(conv) = &mut layer.layer1x1 {
                *conv = conv.slice(channels, bottleneck);
            }
            if let Some(conv) = &mut layer.head1x1 {
                **conv = conv.slice(conv.outputs(), bottleneck);
            }
            if layer.films.iter().next().is_none() {
                continue;
            }
            let films = Arc::make_mut(&mut layer.films);
            // `input_mixin_pre` and `head1x1_post` act on widths that stay.
            let modulated = [
                (&mut films.conv_pre, channels),
                (&mut films.conv_post, inner),
                (&mut films.input_mixin_post, inner),
                (&mut films.activation_pre, inner),
                (&mut films.activation_post, bottleneck),
                (&mut films.layer1x1_post, channels),
            ];
            for (film, width) in modulated {
                if let Some(film) = film {
                    let rows = if film.shift { 2 * width } else { width };
                    film.transform = film.transform.slice(rows, film.transform.inputs());
                }
            }
        }
        self.head = self.head.slice(outputs, head_inputs);
        self.channels = channels;
        self.bottleneck = bottleneck;
    }
}

impl<'a> ArrayShape<'a> {
    fn read(field: Field<'a>, context: &FileContext<'_>) -> Result<Self> {
        let channels = field.require("channels")?.size(1, MAX_SIZE)?;
        let dilations = super::dilations(&field, context)?;
        let count = dilations.len();
        let bottleneck = match field.get_some("bottleneck") {
            Some(value) => value.size(1, MAX_SIZE)?,
            None => channels,
        };
        let activations = field
            .require("activation")?
            .per_layer(count, Activation::read)?;
        let layer1x1 = match field.get("layer1x1") {
            Some(object) => {
                let object = object.object()?;
                let active = object.require("active")?.boolean()?;
                let groups = super::groups(&object, "groups", bottleneck, channels);
                if active { Some(groups?) } else { None }
            }
            None => Some(1),
        };
        if layer1x1.is_none() && bottleneck != channels {
            return Err(field.require("layer1x1")?.invalid(format!(
                "is off, so the bottleneck ({bottleneck}) must be as wide as the layer ({channels})"
            )));
        }
        let head1x1 = match field.get("head1x1") {
            Some(object) => {
                let object = object.object()?;
                if object.require("active")?.boolean()? {
                    let outputs = object.require("out_channels")?.size(1, MAX_SIZE)?;
                    object.require("groups")?;
                    Some((
                        outputs,
                        super::groups(&object, "groups", bottleneck, outputs)?,
                    ))
                } else {
                    None
                }
            }
            None => None,
        };
        let head_inputs = head1x1.map_or(bottleneck, |(outputs, _)| outputs);
        Ok(ArrayShape {
            input_size: field.require("input_size")?.size(1, MAX_SIZE)?,
            condition_size: field.require("condition_size")?.size(1, MAX_SIZE)?,
            kernel_sizes: read_kernel_sizes(&field, count)?,
            gatings: read_gatings(&field, count)?,
            groups_input: read_groups(&field, "groups_input")?,
            groups_mixin: read_groups(&field, "groups_input_mixin")?,
            head: read_head(&field, head_inputs)?,
            no_films: Arc::default(),
            allowed_channels: read_allowed_channels(&field, channels)?,
            channels,
            bottleneck,
            dilations,
            activations,
            layer1x1,
            head1x1,
            field,
        })
    }

    /// The array must take what the ones before it give.
    fn check_fit(&self, signal: usize, condition: usize, head: Option<usize>) -> Result<()> {
        let check = |key: &'static str, is: usize, wants: usize| {
            if is == wants {
                Ok(())
            } else {
                Err(self
                    .field
                    .require(key)?
                    .invalid(format!("is {is}, but what feeds it has {wants} channels")))
            }
        };
        check("input_size", self.input_size, signal)?;
        check("condition_size", self.condition_size, condition)?;
        match head {
            Some(width) if width != self.head.inputs => Err(self.field.invalid(format!(
                "takes {} head channels, but the array before it gives {width}",
                self.head.inputs
            ))),
            _ => Ok(()),
        }
    }

    fn read_weights(&self, weights: &mut Weights) -> Result<LayerArray> {
        let rechannel = weights.conv(ConvShape::matrix(self.channels, self.input_size, false));
        // Two for the convolution and one for the mixin.
        let mut layers = weights.room_for(self.dilations.len(), 3);
        for index in 0..self.dilations.len() {
            let layer = self.read_layer(index, weights)?;
            if !weights.overdrawn() {
                layers.push(layer);
            }
        }
        Ok(LayerArray {
            channels: self.channels,
            bottleneck: self.bottleneck,
            rechannel,
            layers,
            head: weights.conv(self.head),
            allowed_channels: self.allowed_channels.clone(),
        })
    }

    fn read_layer(&self, index: usize, weights: &mut Weights) -> Result<Layer> {
        let gating = self.gatings[index].clone();
        let inner = if gating == Gating::None {
            self.bottleneck
        } else {
            2 * self.bottleneck
        };
        let field = &self.field;
        super::groups(field, "groups_input", self.channels, inner)?;
        super::groups(field, "groups_input_mixin", self.condition_size, inner)?;
        let conv = weights.conv(ConvShape {
            outputs: inner,
            inputs: self.channels,
            taps: self.kernel_sizes[index],
            dilation: self.dilations[index],
            groups: self.groups_input,
            bias: true,
        });
        let input_mixin = weights.conv(ConvShape {
            groups: self.groups_mixin,
            ..ConvShape::matrix(inner, self.condition_size, false)
        });
        let layer1x1 = self.layer1x1.map(|groups| {
            weights.conv(ConvShape {
                groups,
                ..ConvShape::matrix(self.channels, self.bottleneck, true)
            })
        });
        let head1x1 = self.head1x1.map(|(outputs, groups)| {
            Box::new(weights.conv(ConvShape {
                groups,
                ..ConvShape::matrix(outputs, self.bottleneck, true)
            }))
        });
        let mut film = |key: &'static str, width: usize, possible: bool| -> Result<Option<Film>> {
            let Some(film) = self.read_film(key, width, weights)? else {
                return Ok(None);
            };
            if possible {
                Ok(Some(film))
            } else {
                Err(field
                    .require(key)?
                    .invalid("modulates a convolution that is switched off"))
            }
        };
        let films = Films {
            conv_pre: film("conv_pre_film", self.channels, true)?,
            conv_post: film("conv_post_film", inner, true)?,
            input_mixin_pre: film("input_mixin_pre_film", self.condition_size, true)?,
            input_mixin_post: film("input_mixin_post_film", inner, true)?,
            activation_pre: film("activation_pre_film", inner, true)?,
            activation_post: film("activation_post_film", self.bottleneck, true)?,
            layer1x1_post: film("layer1x1_post_film", self.channels, layer1x1.is_some())?,
            head1x1_post: film(
                "head1x1_post_film",
                self.head1x1.map_or(1, |(outputs, _)| outputs),
                head1x1.is_some(),
            )?,
        };
        Ok(Layer {
            conv,
            input_mixin,
            layer1x1,
            head1x1,
            activation: self.activations[index].clone(),
            gating,
            films: if films.iter().next().is_some() {
                Arc::new(films)
            } else {
                self.no_films.clone()
            },
        })
    }

    fn read_film(
        &self,
        key: &'static str,
        width: usize,
        weights: &mut Weights,
    ) -> Result<Option<Film>> {
        let Some(object) = self.field.get(key) else {
            return Ok(None);
        };
        if object.value().as_bool() == Some(false) {
            return Ok(None);
        }
        let object = object.object()?;
        let flag = |key: &'static str| {
            object
                .get_some(key)
                .map_or(Ok(true), |value| value.boolean())
        };
        if !flag("active")? {
            return Ok(None);
        }
        let shift = flag("shift")?;
        let outputs = if shift { 2 * width } else { width };
        let groups = super::groups(&object, "groups", self.condition_size, outputs)?;
        let transform = weights.conv(ConvShape {
            groups,
            ..ConvShape::matrix(outputs, self.condition_size, true)
        });
        Ok(Some(Film { transform, shift }))
    }
}

impl PostHead {
    fn read(
        head: &Field<'_>,
        inputs: usize,
        weights: &mut Weights,
        context: &FileContext<'_>,
    ) -> Result<Self> {
        let head = head.clone().object()?;
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
        let sizes = sizes_field.list()?;
        let count = sizes.len();
        if count == 0 {
            return Err(sizes_field.invalid("is empty"));
        }
        context.take_layers(&sizes_field, count)?;
        let mut fan_in = inputs;
        let mut convs = weights.room_for(count, 2);
        for (index, size) in sizes.enumerate() {
            let fan_out = if index + 1 == count {
                outputs
            } else {
                channels
            };
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

fn read_kernel_sizes(field: &Field<'_>, layers: usize) -> Result<Vec<usize>> {
    let sizes = match (
        field.get_some("kernel_size"),
        field.get_some("kernel_sizes"),
    ) {
        (Some(one), None) => one,
        (None, Some(list)) => list,
        (Some(_), Some(list)) => {
            return Err(list.invalid("stands beside kernel_size; only one of the two may be given"));
        }
        (None, None) => field.require("kernel_size")?,
    };
    sizes.per_layer(layers, |size| size.size(1, MAX_SIZE))
}

/// `gating_mode` with `secondary_activation`, or the older `gated`.
fn read_gatings(field: &Field<'_>, layers: usize) -> Result<Vec<Gating>> {
    let Some(modes) = field.get_some("gating_mode") else {
        let gated = field.get_some("gated").map_or(Ok(false), |f| f.boolean())?;
        let gating = if gated {
            Gating::Gated(Activation::Sigmoid)
        } else {
            Gating::None
        };
        return Ok(vec![gating; layers]);
    };
    let secondary = field.get_some("secondary_activation");
    if let Some(secondary) = &secondary {
        secondary.check_layers(layers)?;
    }
    modes.check_layers(layers)?;
    // Where one value holds for every layer it is read once, but only if some layer asks for it.
    let mut shared = None;
    let mut read_secondary = |index: usize| -> Result<Activation> {
        let Some(field) = &secondary else {
            return Ok(Activation::Sigmoid);
        };
        let item = field.layer(index);
        if item.value().is_null() {
            return Ok(Activation::Sigmoid);
        }
        if field.value().as_list().is_some() {
            return Activation::read(&item);
        }
        if shared.is_none() {
            shared = Some(Activation::read(field)?);
        }
        Ok(shared.clone().unwrap_or(Activation::Sigmoid))
    };
    let gatings = (0..layers).map(|index| {
        let mode = modes.layer(index);
        match mode.text()? {
            "none" => Ok(Gating::None),
            "gated" => Ok(Gating::Gated(read_secondary(index)?)),
            "blended" => Ok(Gating::Blended(read_secondary(index)?)),
            other => Err(mode.invalid(format!(
                "the gating mode \"{}\" is unknown",
                other.chars().take(40).collect::<String>()
            ))),
        }
    });
    gatings.collect()
}

fn read_groups(field: &Field<'_>, key: &'static str) -> Result<usize> {
    field
        .get_some(key)
        .map_or(Ok(1), |value| value.size(1, MAX_SIZE))
}

/// The array's own head: `head { .. }`, or the older `head_size` and `head_bias`.
fn read_head(field: &Field<'_>, inputs: usize) -> Result<ConvShape> {
    let Some(head) = field.get_some("head") else {
        let outputs = field.require("head_size")?.size(1, MAX_SIZE)?;
        let bias = field.require("head_bias")?.boolean()?;
        return Ok(ConvShape::matrix(outputs, inputs, bias));
    };
    let head = head.object()?;
    let dilation = match head.get_some("head_dilation") {
        Some(value) => value.size(1, super::MAX_LOOKBACK)?,
        None => 1,
    };
    Ok(ConvShape {
        taps: head.require("kernel_size")?.size(1, MAX_SIZE)?,
        dilation,
        ..ConvShape::matrix(
            head.require("out_channels")?.size(1, MAX_SIZE)?,
            inputs,
            head.require("bias")?.boolean()?,
        )
    })
}

fn read_allowed_channels(field: &Field<'_>, channels: usize) -> Result<Vec<usize>> {
    let Some(slimmable) = field.get_some("slimmable") else {
        return Ok(Vec::new());
    };
    let slimmable = slimmable.object()?;
    let method = slimmable.require("method")?;
    if method.text()? != "slice_channels_uniform" {
        return Err(method.invalid("this way of slimming is unknown"));
    }
    let list = slimmable
        .get_some("kwargs")
        .and_then(|kwargs| kwargs.get_some("allowed_channels"));
    let Some(list) = list else {
        if channels > MAX_WIDTHS {
            return Err(slimmable.invalid(format!(
                "makes {channels} widths to choose from, more than {MAX_WIDTHS}"
            )));
        }
        return Ok((1..=channels).collect());
    };
    let widths = list.list()?;
    if widths.len() > MAX_WIDTHS {
        return Err(list.invalid(format!(
            "has {} widths to choose from, more than {MAX_WIDTHS}",
            widths.len()
        )));
    }
    let widths = widths
        .map(|width| width.size(1, channels))
        .collect::<Result<Vec<_>>>()?;
    let ascending = widths.windows(2).all(|pair| pair[0] < pair[1]);
    if !ascending || widths.last() != Some(&channels) {
        return Err(list.invalid(format!("should ascend to the full width, {channels}")));
    }
    Ok(widths)
}
