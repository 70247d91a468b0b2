//! Sequential: networks in a row.

use super::network::{Network, as_kind};
use super::planes::{Order, Planes, Source, Target};

/// Networks of which each hears the one before it.
pub(crate) struct Sequential {
    /// Each with room for its output. Never empty.
    stages: Vec<(Box<dyn Network>, Planes)>,
}

impl Sequential {
    pub(crate) fn new(stages: Vec<Box<dyn Network>>) -> Self {
        let with_output = |net: Box<dyn Network>| {
            let output = Planes::new(net.outputs());
            (net, output)
        };
        Sequential {
            stages: stages.into_iter().map(with_output).collect(),
        }
    }

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
    fn inputs(&self) -> usize {
        self.stages.first().map_or(0, |(net, _)| net.inputs())
    }

    fn outputs(&self) -> usize {
        self.stages.last().map_or(0, |(net, _)| net.outputs())
    }

    fn settle_frames(&self) -> usize {
        self.stages.iter().map(|(net, _)| net.settle_frames()).sum()
    }

    fn is_recurrent(&self) -> bool {
        self.stages.iter().any(|(net, _)| net.is_recurrent())
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
