//! What a file says of an LSTM: its size, matrices and initial state.

use super::fields::Field;
use super::weights::Weights;
use super::{FileContext, MAX_SIZE};
use crate::error::Result;
use ndarray::{Array1, Array2};

/// Order of the gates in the rows of every matrix of the file.
pub(crate) const GATES: usize = 4;

/// Widest hidden layer that is played; trained captures have 3 to 40 units.
pub(crate) const MAX_HIDDEN: usize = 1024;

/// One recurrent layer.
#[derive(Debug, Clone)]
pub(crate) struct LstmLayer {
    /// `[4 * hidden][inputs + hidden]`; rows are the gates i, f, g, o, columns the input, then the previous output.
    pub(crate) matrix: Array2<f32>,
    /// `[4 * hidden]`
    pub(crate) bias: Array1<f32>,
    /// `[hidden]`, the output before the first sample.
    pub(crate) initial_hidden: Array1<f32>,
    /// `[hidden]`
    pub(crate) initial_cell: Array1<f32>,
}

/// What the recurrent weights of a unit may add up to; a trained unit's stay below a hundred. With
/// more, single precision would no longer tell one sum of gates from the next.
const MAX_STRENGTH: f32 = 262_144.0;

impl LstmLayer {
    /// The gates' arguments must stay within what their functions are defined for.
    fn check_strength(&self, config: &Field<'_>) -> Result<()> {
        let inputs = self.matrix.ncols() - self.initial_hidden.len();
        let strongest = |row: ndarray::ArrayView1<'_, f32>| {
            // An output is between -1 and 1, but what the file starts with could be anything.
            let columns = row.iter().skip(inputs).zip(&self.initial_hidden);
            columns
                .map(|(w, h)| w.abs() * h.abs().max(1.0))
                .sum::<f32>()
        };
        if self
            .matrix
            .outer_iter()
            .all(|row| strongest(row) <= MAX_STRENGTH)
        {
            Ok(())
        } else {
            Err(config.invalid("the recurrent weights are far larger than any training makes them"))
        }
    }
}

/// A whole LSTM.
#[derive(Debug, Clone)]
pub(crate) struct LstmConfig {
    pub(crate) inputs: usize,
    pub(crate) outputs: usize,
    pub(crate) hidden: usize,
    pub(crate) layers: Vec<LstmLayer>,
    /// `[outputs][hidden]`
    pub(crate) head: Array2<f32>,
    /// `[outputs]`
    pub(crate) head_bias: Array1<f32>,
    /// States that take turns, a frame each: 1 in a file.
    pub(crate) phases: usize,
}

impl LstmConfig {
    pub(crate) fn read(
        config: &Field<'_>,
        mut weights: Weights,
        context: &FileContext<'_>,
    ) -> Result<Self> {
        let layers_field = config.require("num_layers")?;
        let layer_count = layers_field.size(1, MAX_SIZE)?;
        context.take_layers(&layers_field, layer_count)?;
        let input_size = config.require("input_size")?.size(1, MAX_SIZE)?;
        let hidden = config.require("hidden_size")?.size(1, MAX_HIDDEN)?;
        let inputs = super::channel_count(config, "in_channels")?;
        let outputs = super::channel_count(config, "out_channels")?;
        if inputs != input_size {
            return Err(config.require("input_size")?.invalid(format!(
                "is {input_size}, but the capture has {inputs} input channels"
            )));
        }
        let mut layers = weights.room_for(layer_count, 3 * GATES);
        for index in 0..layer_count {
            let fan_in = if index == 0 { input_size } else { hidden };
            let layer = LstmLayer {
                matrix: weights.matrix(GATES * hidden, fan_in + hidden),
                bias: weights.vector(GATES * hidden),
                initial_hidden: weights.vector(hidden),
                initial_cell: weights.vector(hidden),
            };
            if !weights.overdrawn() {
                layers.push(layer);
            }
        }
        let head = weights.matrix(outputs, hidden);
        let head_bias = weights.vector(outputs);
        weights.finish()?;
        for layer in &layers {
            context.go_on()?;
            layer.check_strength(config)?;
        }
        Ok(LstmConfig {
            inputs,
            outputs,
            hidden,
            layers,
            head,
            head_bias,
            phases: 1,
        })
    }
}
