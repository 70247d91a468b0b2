//! What a file says of models made of models: sizes to choose from, and stages in a row.

use super::fields::Field;
use super::weights::Weights;
use super::{Document, FileContext};
use crate::error::{CaptureError, Result};

/// `SlimmableContainer`: the same capture in several sizes.
#[derive(Debug, Clone)]
pub(crate) struct ContainerConfig {
    /// Ascending in size; never empty.
    pub(crate) submodels: Vec<Submodel>,
}

/// One size.
#[derive(Debug, Clone)]
pub(crate) struct Submodel {
    /// Chosen for slim values below this (and the last for all the others).
    pub(crate) max_value: f64,
    pub(crate) model: Document,
}

/// `Sequential`: the output of each model is the input of the next.
#[derive(Debug, Clone)]
pub(crate) struct SequentialConfig {
    /// Never empty.
    pub(crate) models: Vec<Document>,
}

impl ContainerConfig {
    pub(crate) fn read(config: &Field<'_>, context: &FileContext<'_>) -> Result<Self> {
        let list_field = config.require("submodels")?;
        let list = list_field.list()?;
        let mut submodels: Vec<Submodel> = Vec::new();
        let mut rate = context.sample_rate;
        for item in list {
            let item = item.object()?;
            let max_field = item.require("max_value")?;
            let max_value = max_field.number()?;
            let model_field = item.require("model")?;
            let model = Document::read(model_field.clone(), context)?;
            check_rate(&model_field, &model, rate)?;
            rate = rate.or(model.sample_rate);
            if let Some(previous) = submodels.last() {
                if max_value <= previous.max_value {
                    return Err(max_field.invalid("is not above the one before it"));
                }
                let channels = |m: &Document| (m.net.inputs(), m.net.outputs());
                if channels(&model) != channels(&previous.model) {
                    return Err(model_field.invalid("has other channels than the sizes before it"));
                }
            }
            submodels.push(Submodel { max_value, model });
        }
        match submodels.last() {
            None => Err(list_field.invalid("is empty")),
            Some(last) if last.max_value < 1.0 => {
                Err(list_field.invalid("the last max_value must be 1 or more"))
            }
            Some(_) => Ok(ContainerConfig { submodels }),
        }
    }

    /// The largest size.
    pub(crate) fn full(&self) -> &Document {
        let last = self.submodels.last();
        &last.expect("read() refuses an empty list").model
    }
}

impl SequentialConfig {
    pub(crate) fn read(
        config: &Field<'_>,
        weights: Weights,
        context: &FileContext<'_>,
    ) -> Result<Self> {
        weights.finish()?; // the weights stand in the stages, the wrapper has none
        let list_field = config.require("models")?;
        let mut models: Vec<Document> = Vec::new();
        let mut rate = context.sample_rate;
        for item in list_field.list()? {
            let model = Document::read(item.clone(), context)?;
            check_rate(&item, &model, rate)?;
            rate = rate.or(model.sample_rate);
            if let Some(previous) = models.last()
                && previous.net.outputs() != model.net.inputs()
            {
                return Err(item.invalid(format!(
                    "takes {} channels, but the stage before it gives {}",
                    model.net.inputs(),
                    previous.net.outputs()
                )));
            }
            models.push(model);
        }
        if models.is_empty() {
            return Err(list_field.invalid("is empty"));
        }
        Ok(SequentialConfig { models })
    }

    pub(crate) fn first(&self) -> &Document {
        self.models.first().expect("read() refuses an empty list")
    }

    pub(crate) fn last(&self) -> &Document {
        self.models.last().expect("read() refuses an empty list")
    }
}

/// Models that work together must agree on the sample rate, as far as they state one.
pub(crate) fn check_rate(field: &Field<'_>, model: &Document, other: Option<f64>) -> Result<()> {
    match (model.sample_rate, other) {
        (Some(own), Some(other)) if own != other => Err(CaptureError::Invalid(
            field.place(),
            format!("runs at {own} Hz, but what it works with at {other} Hz"),
        )),
        _ => Ok(()),
    }
}
