//! The activation functions of the format, as a file names them.

use super::fields::Field;
use crate::error::{CaptureError, Result};
use std::sync::Arc;

/// An activation function with its constants. Formulas are in [`crate::engine::activation`].
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Activation {
    Tanh,
    /// The trainer exports `min_val` and `max_val` and trains with them; the reference engine
    /// ignores them. What the person who made the capture heard counts.
    Hardtanh {
        min: f32,
        max: f32,
    },
    Fasttanh,
    Relu,
    LeakyRelu(f32),
    /// One slope per channel, repeated if there are fewer. Shared: every layer has the same list.
    PRelu(Arc<[f32]>),
    Sigmoid,
    Silu,
    Hardswish,
    LeakyHardtanh {
        min: f32,
        max: f32,
        min_slope: f32,
        max_slope: f32,
    },
    Softsign,
    /// Exported by the trainer as an object (`0.5 * (1 + softsign(x))`), unknown to the reference
    /// engine. A bare name is refused, as every player does: no trainer writes that.
    Softsigmoid,
}

impl Activation {
    /// Reads a name, or an object with a `type` and constants.
    pub(crate) fn read(field: &Field<'_>) -> Result<Self> {
        let name_field = if field.value().as_str().is_some() {
            field.clone()
        } else if field.value().as_object().is_some() {
            field.require("type")?
        } else {
            return Err(field.wrong_type("the name of an activation"));
        };
        let name = name_field.text()?;
        let constant = |key: &'static str, default: f32| match field.get_some(key) {
            Some(value) => value.single(),
            None => Ok(default),
        };
        Ok(match name {
            "Tanh" => Activation::Tanh,
            "Hardtanh" => Activation::Hardtanh {
                min: constant("min_val", -1.0)?,
                max: constant("max_val", 1.0)?,
            },
            "Fasttanh" => Activation::Fasttanh,
            "ReLU" => Activation::Relu,
            "LeakyReLU" => Activation::LeakyRelu(constant("negative_slope", 0.01)?),
            "PReLU" => Activation::PRelu(Self::slopes(field)?.into()),
            "Sigmoid" => Activation::Sigmoid,
            "SiLU" => Activation::Silu,
            "Hardswish" => Activation::Hardswish,
            "LeakyHardtanh" | "LeakyHardTanh" => Activation::LeakyHardtanh {
                min: constant("min_val", -1.0)?,
                max: constant("max_val", 1.0)?,
                min_slope: constant("min_slope", 0.01)?,
                max_slope: constant("max_slope", 0.01)?,
            },
            "Softsign" => Activation::Softsign,
            "Softsigmoid" if field.value().as_object().is_some() => Activation::Softsigmoid,
            _ => {
                return Err(CaptureError::UnknownActivation(
                    name_field.place(),
                    name.chars().take(60).collect(),
                ));
            }
        })
    }

    /// A scalar slope wins over a list, as in the reference engine.
    fn slopes(field: &Field<'_>) -> Result<Vec<f32>> {
        if let Some(slope) = field.get_some("negative_slope") {
            return Ok(vec![slope.single()?]);
        }
        let Some(list) = field.get_some("negative_slopes") else {
            return Ok(vec![0.01]);
        };
        let slopes = list
            .list()?
            .map(|slope| slope.single())
            .collect::<Result<Vec<_>>>()?;
        if slopes.is_empty() {
            return Err(list.invalid("is empty"));
        }
        Ok(slopes)
    }
}
