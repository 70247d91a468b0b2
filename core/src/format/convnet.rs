//! What a file says of a ConvNet: a stack of two-tap convolutions and a linear head.

use super::activation::Activation;
use super::fields::Field;
use super::weights::{ConvShape, ConvWeights, Weights};
use super::{FileContext, MAX_SIZE};
use crate::error::Result;

/// A whole ConvNet. Batch normalization is already folded into the convolutions.
#[derive(Debug, Clone)]
pub(crate) struct ConvNetConfig {
    pub(crate) inputs: usize,
    pub(crate) outputs: usize,
    pub(crate) activation: Activation,
    /// The blocks', of which there are some, and the head: `[outputs][channels]`.
    pub(crate) convs: Vec<ConvWeights>,
}

impl ConvNetConfig {
    pub(crate) fn read(
        config: &Field<'_>,
        mut weights: Weights,
        context: &FileContext<'_>,
    ) -> Result<Self> {
        let channels = config.require("channels")?.size(1, MAX_SIZE)?;
        let dilations = super::dilations(config, context)?;
        let batch_norm = config.require("batchnorm")?.boolean()?;
        let activation = Activation::read(&config.require("activation")?)?;
        let inputs = super::channel_count(config, "in_channels")?;
        let outputs = super::channel_count(config, "out_channels")?;
        let mut convs = weights.room_for(dilations.len(), 3);
        for (index, &dilation) in dilations.iter().enumerate() {
            context.go_on()?;
            let fan_in = if index == 0 { inputs } else { channels };
            let groups = super::groups(config, "groups", fan_in, channels)?;
            let mut block = weights.conv(ConvShape {
                outputs: channels,
                inputs: fan_in,
                taps: 2,
                dilation,
                groups,
                bias: !batch_norm,
            });
            if batch_norm {
                fold_batch_norm(&mut block, channels, &mut weights);
            }
            if !weights.overdrawn() {
                convs.push(block);
            }
        }
        convs.push(weights.conv(ConvShape::matrix(outputs, channels, true)));
        weights.finish()?;
        // A variance below zero, or one of zero without an epsilon, would play NaN for ever.
        let finite = |conv: &ConvWeights| {
            let bias = conv.bias.iter().flatten();
            conv.kernel.iter().chain(bias).all(|w| w.is_finite())
        };
        if !convs.iter().all(finite) {
            return Err(config
                .require("batchnorm")?
                .invalid("its numbers make weights that are infinite or no numbers"));
        }
        Ok(ConvNetConfig {
            inputs,
            outputs,
            activation,
            convs,
        })
    }

    /// Channels of every block.
    pub(crate) fn channels(&self) -> usize {
        self.convs[0].outputs()
    }

    /// Frames before the current one that are heard.
    pub(crate) fn lookback(&self) -> usize {
        self.convs.iter().map(ConvWeights::lookback).sum()
    }
}

/// `y = scale * conv(x) + offset` is a convolution with other numbers; folded in `f64`.
fn fold_batch_norm(block: &mut ConvWeights, channels: usize, weights: &mut Weights) {
    let mean = weights.vector(channels);
    let variance = weights.vector(channels);
    let gain = weights.vector(channels);
    let offset = weights.vector(channels);
    let epsilon = f64::from(weights.scalar());
    if [&mean, &variance, &gain, &offset]
        .iter()
        .any(|v| v.len() != channels)
        || block.outputs() != channels
    {
        return; // too few weights: `Weights::finish` is going to say so
    }
    let mut bias = mean.clone();
    for row in 0..channels {
        let scale = f64::from(gain[row]) / (epsilon + f64::from(variance[row])).sqrt();
        block
            .kernel
            .slice_mut(ndarray::s![row, .., ..])
            .mapv_inplace(|w| (f64::from(w) * scale) as f32);
        bias[row] = (f64::from(offset[row]) - scale * f64::from(mean[row])) as f32;
    }
    block.bias = Some(bias);
}
