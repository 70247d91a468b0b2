//! Slimming: the same net with the first rows and columns of every tensor.

use super::{FILMS, Layer, LayerArray, WaveNetConfig};
use crate::error::Result;
use crate::format::fields::Field;

/// Most widths that a slimmable net is played in; each is a net of its own. Real ones have a few.
const MAX_WIDTHS: usize = 256;

impl WaveNetConfig {
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
    pub(super) fn check_slimmable(&self, layers: &Field<'_>) -> Result<()> {
        let mut arrays = self.arrays.iter();
        if arrays.all(|array| array.allowed_channels.is_empty()) {
            return Ok(());
        }
        let widths = self.slim_steps().len() + 1;
        if widths > MAX_WIDTHS {
            return Err(layers.invalid(format!(
                "make {widths} widths to choose from, more than {MAX_WIDTHS}"
            )));
        }
        let plain = self.post_head.is_none()
            && self.arrays.iter().all(|array| array.head.taps() == 1)
            && self.convs().all(|conv| conv.groups == 1);
        if plain {
            Ok(())
        } else {
            Err(layers.invalid(
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
            let inner = layer.gating.inner(bottleneck);
            layer.conv = layer.conv.slice(inner, channels);
            layer.input_mixin = layer.input_mixin.slice(inner, layer.input_mixin.inputs());
            if let Some(conv) = &mut layer.layer1x1 {
                *conv = conv.slice(channels, bottleneck);
            }
            if let Some(conv) = &mut layer.head1x1 {
                **conv = conv.slice(conv.outputs(), bottleneck);
            }
            // `InputMixinPre` and `Head1x1Post` act on widths that stay.
            let widths: [Option<usize>; FILMS] = [
                Some(channels),
                Some(inner),
                None,
                Some(inner),
                Some(inner),
                Some(bottleneck),
                Some(channels),
                None,
            ];
            let films = layer.films.iter_mut().flat_map(|films| films.iter_mut());
            for (film, width) in films.zip(widths) {
                if let (Some(film), Some(width)) = (film, width) {
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

/// The widths that an array can be slimmed to.
pub(super) fn read_allowed_channels(field: &Field<'_>, channels: usize) -> Result<Vec<usize>> {
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
