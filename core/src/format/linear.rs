//! What a file says of a Linear capture: an impulse response.

use super::MAX_LOOKBACK;
use super::fields::Field;
use super::weights::Weights;
use crate::error::Result;
use ndarray::{Array1, Array2};

/// A whole Linear capture.
#[derive(Debug, Clone)]
pub(crate) struct LinearConfig {
    pub(crate) inputs: usize,
    pub(crate) outputs: usize,
    /// `[response][tap]`; tap 0 multiplies the current sample. That is how every player reads the
    /// file, although the trainer writes its taps the other way round.
    pub(crate) responses: Array2<f32>,
    /// `[outputs]`
    pub(crate) bias: Array1<f32>,
}

impl LinearConfig {
    /// One response for every channel where inputs and outputs are as many; one response per
    /// channel (`[h0.., h1.., biases]`) where one input feeds many outputs or many inputs one output.
    pub(crate) fn read(config: &Field<'_>, mut weights: Weights) -> Result<Self> {
        let taps = config.require("receptive_field")?.size(1, MAX_LOOKBACK)?;
        let biased = config.require("bias")?.boolean()?;
        let inputs = super::channel_count(config, "in_channels")?;
        let outputs = super::channel_count(config, "out_channels")?;
        let implementation = config.get_some("implementation");
        if let Some(field) = implementation {
            field.text()?; // which arithmetic is the fastest is ours to choose
        }
        let responses = match (inputs, outputs) {
            (i, o) if i == o => 1,
            (1, many) | (many, 1) => many,
            _ => {
                return Err(config.invalid(format!(
                    "a Linear capture with {inputs} inputs and {outputs} outputs has no defined meaning"
                )));
            }
        };
        let response_weights = weights.matrix(responses, taps);
        // A shared response has a shared bias.
        let biases = match (biased, responses) {
            (false, _) => 0,
            (true, 1) => 1,
            (true, _) => outputs,
        };
        let stored = weights.vector(biases);
        weights.finish()?;
        let bias = Array1::from_shape_fn(outputs, |o| {
            if biases == 0 {
                0.0
            } else {
                stored[o.min(biases - 1)]
            }
        });
        Ok(LinearConfig {
            inputs,
            outputs,
            responses: response_weights,
            bias,
        })
    }
}
