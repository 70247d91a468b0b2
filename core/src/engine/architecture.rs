//! What every architecture says of itself before it plays.

use super::demand::{Demand, scratch};
use super::network::Network;
use crate::format::{Document, Net};
use crate::simd::SimdLevel;

/// A network that was read, and can be made any number of times.
pub(crate) trait Architecture {
    /// Makes an instance. `rate`: the sample rate in Hz, if known.
    fn build(&self, rate: Option<f64>, level: SimdLevel) -> Box<dyn Network>;

    /// What an instance takes.
    fn demand(&self, rate: Option<f64>) -> Demand;

    /// Makes it what it is at `factor` times the rate that it is for. Only if it
    /// [can be](Net::can_oversample).
    fn oversample(&mut self, factor: usize);
}

macro_rules! each {
    ($net:expr, $config:ident => $value:expr) => {
        match $net {
            Net::Lstm($config) => $value,
            Net::WaveNet($config) => $value,
            Net::ConvNet($config) => $value,
            Net::Linear($config) => $value,
            Net::Container($config) => $value,
            Net::Sequential($config) => $value,
        }
    };
}

impl Architecture for Net {
    fn build(&self, rate: Option<f64>, level: SimdLevel) -> Box<dyn Network> {
        each!(self, config => config.build(rate, level))
    }

    fn demand(&self, rate: Option<f64>) -> Demand {
        each!(self, config => config.demand(rate))
    }

    fn oversample(&mut self, factor: usize) {
        each!(self, config => config.oversample(factor));
    }
}

impl Document {
    /// Builds the network of a file or of a model nested in it. `rate`: what the model around it
    /// states, in Hz.
    pub(crate) fn build(&self, rate: Option<f64>, level: SimdLevel) -> Box<dyn Network> {
        self.net.build(self.sample_rate.or(rate), level)
    }

    /// What an instance takes. `rate`: what the model around it states, in Hz.
    pub(crate) fn demand(&self, rate: Option<f64>) -> Demand {
        self.net.demand(self.sample_rate.or(rate))
    }
}

impl Demand {
    /// Of networks in a row, each with room for its output.
    pub(crate) fn of_stages<'a>(
        stages: impl IntoIterator<Item = &'a Document>,
        rate: Option<f64>,
    ) -> Self {
        let mut all = Demand::default();
        for stage in stages {
            let one = stage.demand(rate);
            all.state += one.state + scratch(stage.net.outputs());
            all.weights += one.weights;
            all.settle_frames += one.settle_frames;
            all.frame_work += one.frame_work;
            all.settle_work += one.settle_work;
        }
        all
    }
}
