//! The sound: networks at work, built from checked configurations.
//!
//! A [`Model`] is what a host holds. Each architecture has a file and implements
//! [`network::Network`]; [`conv`] is what all but the LSTM share.

pub(crate) mod activation;
pub(crate) mod conv;
pub(crate) mod convnet;
pub(crate) mod convolver;
pub(crate) mod film;
pub(crate) mod history;
pub(crate) mod linear;
pub(crate) mod lstm;
pub(crate) mod memory;
pub(crate) mod model;
pub(crate) mod network;
pub(crate) mod oversampling;
pub(crate) mod planes;
pub(crate) mod sequential;
pub(crate) mod slimmable;
pub(crate) mod wavenet;

pub(crate) use lstm::LONGEST_CYCLE;
pub use model::Model;
pub(crate) use planes::BLOCK;

use crate::format::{Document, Net};
use crate::simd::SimdLevel;
use network::Network;
use slimmable::{Size, Slimmable};
use wavenet::WaveNet;

/// Builds the network of a file or of a model nested in it.
///
/// `sample_rate`: what the model around it states, in Hz.
pub(crate) fn build(
    document: &Document,
    sample_rate: Option<f64>,
    level: SimdLevel,
) -> Box<dyn Network> {
    let rate = document.sample_rate.or(sample_rate);
    match &document.net {
        Net::Lstm(config) => {
            let one = || lstm::build(config, rate, level);
            match config.phases {
                1 => one(),
                phases => Box::new(oversampling::Interleaved::new(phases, one)),
            }
        }
        Net::ConvNet(config) => Box::new(convnet::ConvNet::new(config, level)),
        Net::Linear(config) => Box::new(linear::Linear::new(config, level)),
        Net::WaveNet(config) => {
            let wavenet = |config: &_, condition: Option<&Document>| -> Box<dyn Network> {
                let condition = condition.map(|document| build(document, rate, level));
                Box::new(WaveNet::new(config, condition, level))
            };
            let condition = config.condition.as_deref();
            let steps = config.slim_steps();
            if steps.is_empty() {
                return wavenet(config, condition);
            }
            // A width for every stretch of slim values between two steps; at its middle no rounding
            // can mistake it for another.
            let starts = std::iter::once(0.0).chain(steps.iter().copied());
            let ends = steps.iter().copied().chain([1.0]);
            let sizes = starts.zip(ends).map(|(start, end)| Size {
                limit: end,
                net: wavenet(&config.slimmed(0.5 * (start + end)), condition),
            });
            Box::new(Slimmable::new(sizes.collect()))
        }
        Net::Container(config) => {
            let sizes = config.submodels.iter().map(|submodel| Size {
                limit: submodel.max_value,
                net: build(&submodel.model, rate, level),
            });
            Box::new(Slimmable::new(sizes.collect()))
        }
        Net::Sequential(config) => {
            let stages = config.models.iter().map(|model| build(model, rate, level));
            Box::new(sequential::Sequential::new(stages.collect()))
        }
    }
}
