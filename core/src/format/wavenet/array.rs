//! A layer array as a file describes it.

use super::slim::read_allowed_channels;
use super::{FILMS, Film, Gating, Layer, LayerArray};
use crate::error::Result;
use crate::format::activation::Activation;
use crate::format::fields::Field;
use crate::format::weights::{ConvShape, Weights};
use crate::format::{FileContext, MAX_LOOKBACK, MAX_SIZE, dilations, groups};

/// The sizes in a layer array's object that are needed before its weights can be read.
pub(super) struct ArrayShape<'a> {
    field: Field<'a>,
    input_size: usize,
    condition_size: usize,
    pub(super) channels: usize,
    bottleneck: usize,
    dilations: Vec<usize>,
    kernel_sizes: Vec<usize>,
    activations: Vec<Activation>,
    gatings: Vec<Gating>,
    groups_input: usize,
    groups_mixin: usize,
    /// Groups of the convolution.
    layer1x1: Option<usize>,
    /// Outputs and groups.
    head1x1: Option<(usize, usize)>,
    pub(super) head: ConvShape,
    allowed_channels: Vec<usize>,
}

impl<'a> ArrayShape<'a> {
    pub(super) fn read(field: Field<'a>, context: &FileContext<'_>) -> Result<Self> {
        let channels = field.require("channels")?.size(1, MAX_SIZE)?;
        let dilations = dilations(&field, context)?;
        let count = dilations.len();
        let bottleneck = field.size_or("bottleneck", channels, MAX_SIZE)?;
        let activations = field
            .require("activation")?
            .per_layer(count, Activation::read)?;
        let layer1x1 = match field.get("layer1x1") {
            Some(_) => active(&field, "layer1x1")?
                .map(|object| groups(&object, "groups", bottleneck, channels))
                .transpose()?,
            None => Some(1),
        };
        if layer1x1.is_none() && bottleneck != channels {
            return Err(field.require("layer1x1")?.invalid(format!(
                "is off, so the bottleneck ({bottleneck}) must be as wide as the layer ({channels})"
            )));
        }
        let head1x1 = match active(&field, "head1x1")? {
            Some(object) => {
                let outputs = object.require("out_channels")?.size(1, MAX_SIZE)?;
                object.require("groups")?;
                Some((outputs, groups(&object, "groups", bottleneck, outputs)?))
            }
            None => None,
        };
        let head_inputs = head1x1.map_or(bottleneck, |(outputs, _)| outputs);
        Ok(ArrayShape {
            input_size: field.require("input_size")?.size(1, MAX_SIZE)?,
            condition_size: field.require("condition_size")?.size(1, MAX_SIZE)?,
            kernel_sizes: read_kernel_sizes(&field, count)?,
            gatings: read_gatings(&field, count)?,
            groups_input: field.size_or("groups_input", 1, MAX_SIZE)?,
            groups_mixin: field.size_or("groups_input_mixin", 1, MAX_SIZE)?,
            head: read_head(&field, head_inputs)?,
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
    pub(super) fn check_fit(
        &self,
        signal: usize,
        condition: usize,
        head: Option<usize>,
    ) -> Result<()> {
        for (key, is, wants) in [
            ("input_size", self.input_size, signal),
            ("condition_size", self.condition_size, condition),
        ] {
            if is != wants {
                let problem = format!("is {is}, but what feeds it has {wants} channels");
                return Err(self.field.require(key)?.invalid(problem));
            }
        }
        match head {
            Some(width) if width != self.head.inputs => Err(self.field.invalid(format!(
                "takes {} head channels, but the array before it gives {width}",
                self.head.inputs
            ))),
            _ => Ok(()),
        }
    }

    pub(super) fn read_weights(&self, weights: &mut Weights) -> Result<LayerArray> {
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
        let inner = gating.inner(self.bottleneck);
        let field = &self.field;
        groups(field, "groups_input", self.channels, inner)?;
        groups(field, "groups_input_mixin", self.condition_size, inner)?;
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
        let mut from_bottleneck = |outputs: usize, groups: usize| {
            weights.conv(ConvShape {
                groups,
                ..ConvShape::matrix(outputs, self.bottleneck, true)
            })
        };
        let layer1x1 = self
            .layer1x1
            .map(|groups| from_bottleneck(self.channels, groups));
        let head1x1 = self
            .head1x1
            .map(|(outputs, groups)| Box::new(from_bottleneck(outputs, groups)));
        let head_outputs = self.head1x1.map_or(1, |(outputs, _)| outputs);
        // What they modulate, how wide that is, and whether it is there; by `FilmAt`.
        let places: [(&'static str, usize, bool); FILMS] = [
            ("conv_pre_film", self.channels, true),
            ("conv_post_film", inner, true),
            ("input_mixin_pre_film", self.condition_size, true),
            ("input_mixin_post_film", inner, true),
            ("activation_pre_film", inner, true),
            ("activation_post_film", self.bottleneck, true),
            ("layer1x1_post_film", self.channels, layer1x1.is_some()),
            ("head1x1_post_film", head_outputs, head1x1.is_some()),
        ];
        let mut films = [const { None }; FILMS];
        for (film, (key, width, possible)) in films.iter_mut().zip(places) {
            *film = self.read_film(key, width, weights)?;
            if film.is_some() && !possible {
                let problem = "modulates a convolution that is switched off";
                return Err(field.require(key)?.invalid(problem));
            }
        }
        Ok(Layer {
            conv,
            input_mixin,
            layer1x1,
            head1x1,
            activation: self.activations[index].clone(),
            gating,
            films: films.iter().any(Option::is_some).then(|| Box::new(films)),
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
        if !object.boolean_or("active", true)? {
            return Ok(None);
        }
        let shift = object.boolean_or("shift", true)?;
        let outputs = if shift { 2 * width } else { width };
        let groups = groups(&object, "groups", self.condition_size, outputs)?;
        let transform = weights.conv(ConvShape {
            groups,
            ..ConvShape::matrix(outputs, self.condition_size, true)
        });
        Ok(Some(Film { transform, shift }))
    }
}

/// The object `key`, if it is there and says that it is active.
fn active<'a>(field: &Field<'a>, key: &'static str) -> Result<Option<Field<'a>>> {
    let Some(object) = field.get(key) else {
        return Ok(None);
    };
    let object = object.object()?;
    Ok(object.require("active")?.boolean()?.then_some(object))
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
        let gated = field.boolean_or("gated", false)?;
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

/// The array's own head: `head { .. }`, or the older `head_size` and `head_bias`.
fn read_head(field: &Field<'_>, inputs: usize) -> Result<ConvShape> {
    let Some(head) = field.get_some("head") else {
        let outputs = field.require("head_size")?.size(1, MAX_SIZE)?;
        let bias = field.require("head_bias")?.boolean()?;
        return Ok(ConvShape::matrix(outputs, inputs, bias));
    };
    let head = head.object()?;
    let dilation = head.size_or("head_dilation", 1, MAX_LOOKBACK)?;
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
