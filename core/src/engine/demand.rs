//! What an instance of a network asks of the machine, known before it is made.

use super::history::History;
use super::planes::BLOCK;
use crate::format::weights::ConvWeights;

/// Work of one activation function for one channel, in multiplications.
pub(crate) const ACTIVATION: f64 = 32.0;

/// What a convolution or an activation costs besides its own work, in multiplications.
pub(crate) const OVERHEAD: f64 = 64.0;

/// Upper estimates of memory and rough ones of work. Nested sizes multiply, beyond all whole numbers.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Demand {
    /// State and scratch, in bytes; of a net in several sizes also the weights of each.
    pub(crate) state: f64,
    /// The weights as they are packed, in bytes.
    pub(crate) weights: f64,
    /// Frames it takes to settle: [`super::network::Shape::settle_frames`].
    pub(crate) settle_frames: f64,
    /// Multiplications for one frame.
    pub(crate) frame_work: f64,
    /// Multiplications for settling. What a feed-forward net computes counts as nothing.
    pub(crate) settle_work: f64,
}

impl Demand {
    /// Bytes of an instance in all.
    pub(crate) fn bytes(&self) -> f64 {
        self.state + self.weights
    }

    /// Of convolutions, each with a history of its own where it looks back.
    pub(crate) fn of_convs<'a>(convs: impl Iterator<Item = &'a ConvWeights>) -> Self {
        let mut all = Demand {
            settle_frames: 1.0,
            ..Demand::default()
        };
        for conv in convs {
            let (inputs, outputs) = (conv.inputs(), conv.outputs());
            let columns = conv.kernel.dim().1 * conv.taps();
            all.state += scratch(inputs + outputs) + History::bytes(inputs, conv.lookback());
            // Packed twice, once with the outputs padded; and never quite small.
            let rows = outputs + outputs.next_multiple_of(16);
            all.weights += floats((columns + 1) * rows + 256);
            all.settle_frames += conv.lookback() as f64;
            all.frame_work += outputs as f64 * (columns as f64 + ACTIVATION) + OVERHEAD;
        }
        all
    }

    /// Of a net that settles by playing.
    pub(crate) fn settled_by_playing(self) -> Self {
        Demand {
            settle_work: self.settle_frames * self.frame_work,
            ..self
        }
    }
}

pub(crate) fn floats(count: usize) -> f64 {
    (count * size_of::<f32>()) as f64
}

/// A block of so many channels.
pub(crate) fn scratch(channels: usize) -> f64 {
    floats(channels.next_multiple_of(16) * BLOCK)
}
