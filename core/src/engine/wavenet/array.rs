//! Layers of one width, from the convolution that widens the signal to the head.

use super::layer::{Layer, LayerPass};
use crate::engine::activation::Sum;
use crate::engine::conv::{Conv, ConvBlock};
use crate::engine::conv_stack::Pass;
use crate::engine::history::History;
use crate::engine::planes::{Order, Planes, Source, Target, copy};
use crate::format::wavenet as config;
use crate::simd::{Simd, SimdLevel};

pub(super) struct LayerArray {
    level: SimdLevel,
    channels: usize,
    /// Rows of the sum for the head.
    head_width: usize,
    rechannel: Conv,
    layers: Vec<Layer>,
    head: Conv,
    /// The past of the sum, where the head looks back.
    head_history: Option<History>,
    sum: Planes,
    z: Planes,
    /// What the last layer passes on.
    output: Planes,
    head_output: Planes,
    /// No layer has gates, modulations or a head of its own: the sum's rows are the layers' own.
    plain: bool,
    /// Whether it can take interleaved blocks.
    interleaves: bool,
}

impl LayerArray {
    pub(super) fn new(config: &config::LayerArray, level: SimdLevel) -> Self {
        let head_width = config.head_width();
        let inner = config.layers.iter().map(|layer| layer.conv.outputs()).max();
        let layers: Vec<Layer> = config
            .layers
            .iter()
            .map(|layer| Layer::new(layer, config, level))
            .collect();
        let plain = config.layers.iter().all(|layer| {
            layer.gating == config::Gating::None
                && layer.films().next().is_none()
                && layer.head1x1.is_none()
                && layer.layer1x1.is_some()
        });
        let interleaves = plain && layers.iter().all(Layer::interleaves);
        LayerArray {
            level,
            channels: config.channels,
            head_width,
            rechannel: Conv::new(&config.rechannel, level),
            layers,
            head: Conv::new(&config.head, level),
            head_history: (config.head.taps() > 1)
                .then(|| History::new(head_width, config.head.lookback())),
            sum: Planes::new(head_width),
            z: Planes::new(inner.unwrap_or(0)),
            output: Planes::new(config.channels),
            head_output: Planes::new(config.head.outputs()),
            plain,
            interleaves,
        }
    }

    /// What it gives to the head.
    pub(super) fn outputs(&self) -> usize {
        self.head.outputs()
    }

    pub(super) fn histories(&self) -> impl Iterator<Item = &History> {
        let layers = self.layers.iter().map(|layer| &layer.history);
        layers.chain(&self.head_history)
    }

    pub(super) fn histories_mut(&mut self) -> impl Iterator<Item = &mut History> {
        let layers = self.layers.iter_mut().map(|layer| &mut layer.history);
        layers.chain(&mut self.head_history)
    }

    /// Returns the signal and the head for the next array, both planar.
    ///
    /// # Safety
    /// The inputs must be planar blocks with the channels that the array was made for.
    #[inline(always)]
    pub(super) unsafe fn run<S: Simd>(
        &mut self,
        input: Source,
        condition: Source,
        head: Option<Target>,
        pass: Pass,
        is_last: bool,
    ) -> (Source, Target) {
        let frames = pass.frames;
        let order = if self.interleaves && !pass.settle {
            Order::for_block(frames, self.channels, self.level)
        } else {
            Order::Planar
        };
        let z = self.z.target(order);
        let sum = match (&mut self.head_history, order) {
            (Some(history), Order::Planar) => {
                history.make_room();
                history.target()
            }
            _ => self.sum.target(order),
        };
        let mut add = match head {
            Some(previous) => {
                // SAFETY: the array before gives as many rows as this one adds.
                unsafe { copy(previous.as_source(), sum, self.head_width, frames) };
                Sum::Add(sum)
            }
            None => Sum::Set(sum),
        };
        // SAFETY: the caller's promise; all scratch has the channels of the part that uses it.
        unsafe {
            self.rechannel.run::<S>(ConvBlock::new(
                input,
                self.layers[0].input_target(),
                frames,
                order,
            ));
            for index in 0..self.layers.len() {
                let (done, rest) = self.layers.split_at_mut(index + 1);
                let layer = &mut done[index];
                let next = match rest.first_mut() {
                    Some(next) => Some(next.input_target()),
                    None if is_last => None,
                    None => Some(self.output.target(Order::Planar)),
                };
                let part = LayerPass {
                    condition,
                    z,
                    sum: add,
                    next,
                    frames,
                    order,
                    settle: pass.settle,
                };
                if self.plain {
                    layer.run_plain::<S>(part);
                } else {
                    layer.run_general::<S>(part, self.channels);
                }
                layer.history.advance(frames);
                add = Sum::Add(sum);
            }
            let head_input = match &mut self.head_history {
                Some(history) => {
                    if order == Order::Interleaved {
                        history.make_room();
                        copy(sum.as_source(), history.target(), self.head_width, frames);
                    }
                    if pass.settle {
                        history.settle();
                    }
                    history.source()
                }
                None => sum.as_source(),
            };
            let head_output = self.head_output.target(Order::Planar);
            self.head
                .run::<S>(ConvBlock::new(head_input, head_output, frames, order));
            if let Some(history) = &mut self.head_history {
                history.advance(frames);
            }
            (self.output.target(Order::Planar).as_source(), head_output)
        }
    }
}
