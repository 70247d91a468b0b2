//! WaveNet: stacks of dilated convolutions with a residual path and a sum for the head.

mod array;
mod layer;

use super::architecture::Architecture;
use super::conv_stack::{ConvStack, Pass};
use super::demand::Demand;
use super::history::History;
use super::network::{Network, Shape, as_kind, settle_by_playing};
use super::planes::{Order, Planes, Source, Target, each_vector};
use super::slimmable::{Size, Slimmable};
use crate::format::wavenet::WaveNetConfig;
use crate::simd::{Kernel, Simd, SimdLevel};
use array::LayerArray;

/// A running WaveNet.
struct WaveNet {
    level: SimdLevel,
    shape: Shape,
    condition: Option<(Box<dyn Network>, Planes)>,
    arrays: Vec<LayerArray>,
    post_head: Option<ConvStack>,
    head_scale: f32,
}

impl Architecture for WaveNetConfig {
    fn build(&self, rate: Option<f64>, level: SimdLevel) -> Box<dyn Network> {
        let build = |config: &WaveNetConfig| -> Box<dyn Network> {
            let condition = self
                .condition
                .as_ref()
                .map(|model| model.build(rate, level));
            Box::new(WaveNet::new(config, condition, level))
        };
        let steps = self.slim_steps();
        if steps.is_empty() {
            return build(self);
        }
        // A width for every stretch of slim values between two steps; at its middle no rounding
        // can mistake it for another.
        let starts = std::iter::once(0.0).chain(steps.iter().copied());
        let ends = steps.iter().copied().chain([1.0]);
        let sizes = starts.zip(ends).map(|(start, end)| Size {
            limit: end,
            net: build(&self.slimmed(0.5 * (start + end))),
        });
        Box::new(Slimmable::new(sizes.collect()))
    }

    fn demand(&self, rate: Option<f64>) -> Demand {
        let own = Demand::of_convs(self.convs());
        let condition = Demand::of_stages(self.condition.as_deref(), rate);
        let mut all = Demand {
            state: own.state + condition.state,
            weights: own.weights + condition.weights,
            settle_frames: own.settle_frames + condition.settle_frames,
            frame_work: own.frame_work + condition.frame_work,
            settle_work: condition.settle_work,
        };
        let condition = self.condition.as_ref();
        if condition.is_some_and(|model| model.net.is_recurrent()) {
            all = all.settled_by_playing();
        }
        let sizes = self.slim_steps().len() + 1;
        if sizes > 1 {
            // Each width has weights of its own, which are no more than the full net's.
            all.state = all.bytes() * sizes as f64
                + Slimmable::own_bytes(self.inputs, self.outputs(), all.settle_frames);
        }
        all
    }

    fn oversample(&mut self, factor: usize) {
        if let Some(condition) = &mut self.condition {
            condition.net.oversample(factor);
        }
        let arrays = self.arrays.iter_mut().flat_map(|array| {
            let layers = array.layers.iter_mut().map(|layer| &mut layer.conv);
            layers.chain([&mut array.head])
        });
        let post = self.post_head.iter_mut().flat_map(|head| &mut head.convs);
        // All others have a single tap.
        for conv in arrays.chain(post) {
            conv.dilation *= factor;
        }
    }
}

impl WaveNet {
    fn new(config: &WaveNetConfig, condition: Option<Box<dyn Network>>, level: SimdLevel) -> Self {
        let heard = condition.as_ref().map(|net| net.shape());
        let new_array = |array| LayerArray::new(array, level);
        WaveNet {
            level,
            shape: Shape {
                inputs: config.inputs,
                outputs: config.outputs(),
                settle_frames: config.lookback() + 1 + heard.map_or(0, |shape| shape.settle_frames),
                is_recurrent: heard.is_some_and(|shape| shape.is_recurrent),
            },
            condition: condition.map(|net| {
                let planes = Planes::new(net.shape().outputs);
                (net, planes)
            }),
            arrays: config.arrays.iter().map(new_array).collect(),
            post_head: config
                .post_head
                .as_ref()
                .map(|head| ConvStack::new(&head.convs, &head.activation, level)),
            head_scale: config.head_scale,
        }
    }

    /// All that it remembers, except for what its condition does.
    fn histories(&self) -> impl Iterator<Item = &History> {
        let arrays = self.arrays.iter().flat_map(LayerArray::histories);
        arrays.chain(self.post_head.iter().flat_map(ConvStack::histories))
    }

    /// The same, to be changed.
    fn histories_mut(&mut self) -> impl Iterator<Item = &mut History> {
        let arrays = self.arrays.iter_mut().flat_map(LayerArray::histories_mut);
        let post = self.post_head.iter_mut();
        arrays.chain(post.flat_map(ConvStack::histories_mut))
    }

    fn run(&mut self, input: Source, output: Target, pass: Pass) {
        self.level.run(Run {
            net: self,
            input,
            output,
            pass,
        });
    }
}

impl Network for WaveNet {
    fn shape(&self) -> Shape {
        self.shape
    }

    unsafe fn process(&mut self, input: Source, output: Target, frames: usize) {
        let pass = Pass {
            frames,
            order: Order::Planar,
            settle: false,
        };
        self.run(input, output, pass);
    }

    unsafe fn settle(&mut self, input: Source, output: Target) {
        if self.shape.is_recurrent {
            // SAFETY: the caller's promise.
            unsafe { settle_by_playing(self, input, output) };
            return;
        }
        if let Some((net, planes)) = &mut self.condition {
            // SAFETY: the condition hears what the net hears, and has planes of its own.
            unsafe { net.settle(input, planes.target(Order::Planar)) };
        }
        self.run(input, output, Pass::SETTLE);
    }

    fn reset(&mut self) {
        if let Some((net, _)) = &mut self.condition {
            net.reset();
        }
        self.histories_mut().for_each(History::clear);
    }

    fn is_alike(&self, other: &dyn Network) -> bool {
        as_kind::<Self>(other).is_some_and(|other| {
            let conditions = match (&self.condition, &other.condition) {
                (None, None) => true,
                (Some((a, _)), Some((b, _))) => a.is_alike(b.as_ref()),
                _ => false,
            };
            conditions && History::are_alike(self.histories(), other.histories())
        })
    }

    fn copy_state(&mut self, from: &dyn Network) {
        let Some(from) = as_kind::<Self>(from) else {
            return;
        };
        if let (Some((net, _)), Some((from, _))) = (&mut self.condition, &from.condition) {
            net.copy_state(from.as_ref());
        }
        History::copy_all(self.histories_mut(), from.histories());
    }
}

/// One block of a net as work for [`SimdLevel::run`].
struct Run<'a> {
    net: &'a mut WaveNet,
    input: Source,
    output: Target,
    pass: Pass,
}

impl Kernel for Run<'_> {
    #[inline(always)]
    fn run<S: Simd>(self) {
        let Run {
            net,
            input,
            output,
            pass,
        } = self;
        let condition = match &mut net.condition {
            Some((condition, planes)) => {
                let target = planes.target(Order::Planar);
                if !pass.settle {
                    // SAFETY: the condition hears what the net hears, and has planes of its own.
                    unsafe { condition.process(input, target, pass.frames) };
                }
                target.as_source()
            }
            None => input,
        };
        let mut signal = input;
        let mut head = None;
        let array_count = net.arrays.len();
        for (index, array) in net.arrays.iter_mut().enumerate() {
            let is_last = index + 1 == array_count;
            // SAFETY: the widths fit each other, which reading the file has made sure of, and every
            // scratch block has room for `BLOCK` frames.
            let (next, sum) = unsafe { array.run::<S>(signal, condition, head, pass, is_last) };
            signal = next;
            head = Some(sum);
        }
        let Some(head) = head else { return };
        let width = net.arrays.last().map_or(0, LayerArray::outputs);
        let scale = S::splat(net.head_scale);
        let scaled = if net.post_head.is_some() {
            head
        } else {
            output
        };
        each_vector::<S>(width, pass.frames, |channel, frame| {
            // SAFETY: `head` and `output` have the last array's rows.
            unsafe {
                let y = scale.mul(S::load(head.at(channel, frame)));
                y.store(scaled.at(channel, frame));
            }
        });
        if let Some(post_head) = &mut net.post_head {
            // SAFETY: as above.
            unsafe {
                post_head.activate::<S>(head, width, pass);
                post_head.run::<S>(head.as_source(), output, pass);
            }
        }
    }
}
