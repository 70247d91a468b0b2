//! Sequential: networks in a row.

use super::architecture::Architecture;
use super::demand::Demand;
use super::network::{Network, Shape, as_kind};
use super::planes::{Order, Planes, Source, Target};
use crate::format::nested::SequentialConfig;
use crate::simd::SimdLevel;

/// Networks of which each hears the one before it.
struct Sequential {
    shape: Shape,
    /// Each with room for its output. Never empty.
    stages: Vec<(Box<dyn Network>, Planes)>,
}

impl Architecture for SequentialConfig {
    fn build(&self, rate: Option<f64>, level: SimdLevel) -> Box<dyn Network> {
        let stages = self.models.iter().map(|model| {
            let net = model.build(rate, level);
            let output = Planes::new(net.shape().outputs);
            (net, output)
        });
        let stages: Vec<_> = stages.collect();
        let shapes = || stages.iter().map(|(net, _)| net.shape());
        Box::new(Sequential {
            shape: Shape {
                inputs: self.first().net.inputs(),
                outputs: self.last().net.outputs(),
                settle_frames: shapes().map(|shape| shape.settle_frames).sum(),
                is_recurrent: shapes().any(|shape| shape.is_recurrent),
            },
            stages,
        })
    }

    fn demand(&self, rate: Option<f64>) -> Demand {
        Demand::of_stages(&self.models, rate)
    }

    fn oversample(&mut self, factor: usize) {
        for model in &mut self.models {
            model.net.oversample(factor);
        }
    }
}

impl Sequential {
    /// Hands a block through all stages; the last one writes into `output`.
    fn pass(
        &mut self,
        input: Source,
        output: Target,
        mut play: impl FnMut(&mut dyn Network, Source, Target),
    ) {
        let last = self.stages.len() - 1;
        let mut signal = input;
        for (index, (net, own)) in self.stages.iter_mut().enumerate() {
            let target = if index == last {
                output
            } else {
                own.target(Order::Planar)
            };
            play(net.as_mut(), signal, target);
            signal = target.as_source();
        }
    }
}

impl Network for Sequential {
    fn shape(&self) -> Shape {
        self.shape
    }

    unsafe fn process(&mut self, input: Source, output: Target, frames: usize) {
        self.pass(input, output, |net, input, output| {
            // SAFETY: the outermost blocks are the caller's promise, the others were made for the stages.
            unsafe { net.process(input, output, frames) };
        });
    }

    unsafe fn settle(&mut self, input: Source, output: Target) {
        self.pass(input, output, |net, input, output| {
            // SAFETY: as in `process`.
            unsafe { net.settle(input, output) };
        });
    }

    fn reset(&mut self) {
        for (net, _) in &mut self.stages {
            net.reset();
        }
    }

    fn set_slim(&mut self, value: f64) {
        for (net, _) in &mut self.stages {
            net.set_slim(value);
        }
    }

    fn jump(&mut self) {
        for (net, _) in &mut self.stages {
            net.jump();
        }
    }

    fn is_changing(&self) -> bool {
        self.stages.iter().any(|(net, _)| net.is_changing())
    }

    fn is_alike(&self, other: &dyn Network) -> bool {
        as_kind::<Self>(other).is_some_and(|other| {
            let mut pairs = self.stages.iter().zip(&other.stages);
            self.stages.len() == other.stages.len()
                && pairs.all(|((a, _), (b, _))| a.is_alike(b.as_ref()))
        })
    }

    fn copy_state(&mut self, from: &dyn Network) {
        let Some(from) = as_kind::<Self>(from) else {
            return;
        };
        for ((net, _), (from, _)) in self.stages.iter_mut().zip(&from.stages) {
            net.copy_state(from.as_ref());
        }
    }
}
