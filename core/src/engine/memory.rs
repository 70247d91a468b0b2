//! How much memory an instance takes and how long it settles, known before either is begun.

use super::history::History;
use super::linear::Linear;
use super::lstm::STRETCH;
use super::planes::BLOCK;
use super::slimmable::Slimmable;
use crate::format::linear::LinearConfig;
use crate::format::lstm::{GATES, LstmConfig};
use crate::format::wavenet::WaveNetConfig;
use crate::format::weights::ConvWeights;
use crate::format::{Document, Net};

/// Work, in multiplications, that a convolution or an activation costs besides its own.
const OVERHEAD: u64 = 64;

/// The same of a recurrent layer, whose every step waits for the one before it.
const RECURRENT_OVERHEAD: u64 = 2048;

/// Work of one activation function for one channel, in multiplications.
const ACTIVATION: u64 = 32;

impl Net {
    /// An upper estimate in bytes of an instance: state, scratch, and the weights as it packs them.
    pub(crate) fn instance_bytes(&self) -> u64 {
        self.state_bytes().saturating_add(self.weight_bytes())
    }

    /// The same without the weights, of which slimmed nets have several copies that are counted.
    fn state_bytes(&self) -> u64 {
        match self {
            Net::Lstm(net) => {
                let padded = padded(net);
                // Three states, and a stretch of contributions and outputs.
                let layer = floats(padded) * (6 + (GATES as u64 + 1) * STRETCH as u64);
                let one = net.layers.len() as u64 * (layer + 512);
                match net.phases {
                    1 => one,
                    phases => phases as u64 * one + scratch(net.inputs) + scratch(net.outputs),
                }
            }
            Net::WaveNet(net) => {
                let sizes = net.slim_steps().len() as u64 + 1;
                let one = wavenet(net);
                if sizes == 1 {
                    return one;
                }
                // Each width has weights of its own, which are no more than the full net's.
                let weights = self.weight_bytes();
                let each = one.saturating_add(weights).saturating_mul(sizes);
                each.saturating_add(self.past_bytes())
            }
            Net::ConvNet(net) => total(net.blocks.iter().map(history)) + scratch(net.head.inputs()),
            Net::Linear(net) => Linear::bytes(net),
            Net::Container(net) => {
                let models = net.submodels.iter().map(|sub| sub.model.net.state_bytes());
                total(models).saturating_add(self.past_bytes())
            }
            Net::Sequential(net) => total(net.models.iter().map(with_output)),
        }
    }

    /// What a net in several sizes keeps of its input, in bytes.
    fn past_bytes(&self) -> u64 {
        let settle_frames = if self.is_recurrent() {
            usize::MAX
        } else {
            self.lookback() + 1
        };
        Slimmable::past_bytes(self.inputs(), settle_frames)
            + scratch(self.inputs() + self.outputs())
    }

    /// An upper estimate of the memory of all weights as they are packed, in bytes.
    fn weight_bytes(&self) -> u64 {
        match self {
            Net::Lstm(net) => {
                let rows = GATES * padded(net);
                let layer = |layer: &_| floats(rows) * (lstm_columns(layer) + 1);
                let layers = net.layers.iter().map(layer);
                let one = total(layers) + floats(rows) * net.outputs as u64;
                // Each phase has a copy.
                one.saturating_mul(net.phases as u64)
            }
            Net::WaveNet(net) => {
                let condition = net.condition.as_ref().map_or(0, |c| c.net.weight_bytes());
                condition.saturating_add(total(convs(net).map(packed)))
            }
            Net::ConvNet(net) => total(net.blocks.iter().chain([&net.head]).map(packed)),
            Net::Linear(net) => Linear::bytes(net),
            Net::Container(net) => {
                total(net.submodels.iter().map(|sub| sub.model.net.weight_bytes()))
            }
            Net::Sequential(net) => total(net.models.iter().map(|m| m.net.weight_bytes())),
        }
    }

    /// Frames that the running network says it takes to settle: [`super::network::Network::settle_frames`].
    fn settle_frames(&self, sample_rate: Option<f64>) -> u64 {
        let nested = |document: &Document| {
            document
                .net
                .settle_frames(document.sample_rate.or(sample_rate))
        };
        match self {
            Net::Lstm(net) => {
                let rate = sample_rate.unwrap_or(crate::format::DEFAULT_SAMPLE_RATE);
                (0.5 * rate) as u64 * net.phases as u64
            }
            Net::WaveNet(net) => {
                let condition = net.condition.as_deref().map_or(0, nested);
                condition.saturating_add(net.lookback() as u64 + 1)
            }
            Net::ConvNet(_) | Net::Linear(_) => self.lookback() as u64 + 1,
            Net::Container(net) => {
                let each = net.submodels.iter().map(|sub| nested(&sub.model));
                each.max().unwrap_or(0)
            }
            Net::Sequential(net) => total(net.models.iter().map(nested)),
        }
    }

    /// A rough estimate of the work for one frame, in multiplications.
    fn frame_work(&self) -> u64 {
        match self {
            Net::Lstm(net) => {
                let units = padded(net) as u64;
                let layer = |layer: &_| -> u64 {
                    GATES as u64 * units * (lstm_columns(layer) + ACTIVATION) + RECURRENT_OVERHEAD
                };
                total(net.layers.iter().map(layer)) + units * net.outputs as u64
            }
            Net::WaveNet(net) => {
                let condition = net.condition.as_ref().map_or(0, |c| c.net.frame_work());
                condition.saturating_add(total(convs(net).map(conv_work)))
            }
            Net::ConvNet(net) => total(net.blocks.iter().chain([&net.head]).map(conv_work)),
            Net::Linear(net) => Linear::frame_work(net),
            Net::Container(net) => {
                let each = net.submodels.iter().map(|sub| sub.model.net.frame_work());
                each.max().unwrap_or(0)
            }
            Net::Sequential(net) => total(net.models.iter().map(|m| m.net.frame_work())),
        }
    }

    /// A rough estimate of the work of settling, in multiplications. What a feed-forward net
    /// computes counts as nothing; what a recurrent one plays is the frames it takes to settle.
    pub(crate) fn settle_work(&self, sample_rate: Option<f64>) -> u64 {
        let nested = |document: &Document| {
            document
                .net
                .settle_work(document.sample_rate.or(sample_rate))
        };
        let played = || {
            self.settle_frames(sample_rate)
                .saturating_mul(self.frame_work())
        };
        match self {
            Net::WaveNet(_) if self.is_recurrent() => played(),
            Net::WaveNet(net) => net.condition.as_deref().map_or(0, nested),
            Net::ConvNet(_) => 0,
            // A Linear stage is played if what it hears in silence is not silence.
            Net::Lstm(_) | Net::Linear(_) => played(),
            Net::Container(net) => {
                let each = net.submodels.iter().map(|sub| nested(&sub.model));
                each.max().unwrap_or(0)
            }
            Net::Sequential(net) => total(net.models.iter().map(nested)),
        }
    }
}

/// Nested sizes multiply, so even a sum of estimates may be beyond all numbers.
fn total(parts: impl Iterator<Item = u64>) -> u64 {
    parts.fold(0, u64::saturating_add)
}

fn floats(count: usize) -> u64 {
    (count * size_of::<f32>()) as u64
}

fn with_output(document: &Document) -> u64 {
    let state = document.net.state_bytes();
    state.saturating_add(scratch(document.net.outputs()))
}

/// Units that an LSTM is played with, or a few more.
fn padded(net: &LstmConfig) -> usize {
    net.hidden.next_power_of_two().max(8)
}

fn lstm_columns(layer: &crate::format::lstm::LstmLayer) -> u64 {
    layer.matrix.ncols() as u64
}

/// One width, without weights.
fn wavenet(net: &WaveNetConfig) -> u64 {
    let condition = net.condition.as_deref().map_or(0, with_output);
    let arrays = net.arrays.iter().map(|array| {
        let layers = array.layers.iter().map(|layer| {
            let films = layer
                .films
                .iter()
                .map(|film| scratch(film.transform.outputs()));
            let inner = layer.conv.outputs();
            let mut own = scratch(4 * inner + 2 * array.channels);
            own += layer
                .head1x1
                .as_ref()
                .map_or(0, |conv| scratch(conv.outputs()));
            own += scratch(layer.input_mixin.inputs());
            history(&layer.conv) + own + total(films)
        });
        let head = history(&array.head) + scratch(array.head.inputs() + array.head.outputs());
        total(layers) + head + scratch(4 * array.channels)
    });
    let post = net.post_head.iter().flat_map(|head| &head.convs);
    let post = post.map(|conv| history(conv) + scratch(conv.outputs()));
    total([condition].into_iter().chain(arrays).chain(post))
}

/// All convolutions of a net, without those of its condition.
fn convs(net: &WaveNetConfig) -> impl Iterator<Item = &ConvWeights> {
    let arrays = net.arrays.iter().flat_map(|array| {
        let layers = array.layers.iter().flat_map(|layer| {
            let films = layer.films.iter().map(|film| &film.transform);
            [&layer.conv, &layer.input_mixin]
                .into_iter()
                .chain(&layer.layer1x1)
                .chain(layer.head1x1.as_deref())
                .chain(films)
        });
        layers.chain([&array.rechannel, &array.head])
    });
    arrays.chain(net.post_head.iter().flat_map(|head| &head.convs))
}

/// A convolution is packed twice, once with its outputs padded; and it is never quite small.
fn packed(conv: &ConvWeights) -> u64 {
    let columns = conv.kernel.dim().1 * conv.taps() + 1;
    floats(columns * (conv.outputs() + conv.outputs().next_multiple_of(16)) + 256)
}

fn conv_work(conv: &ConvWeights) -> u64 {
    let columns = (conv.kernel.dim().1 * conv.taps()) as u64;
    conv.outputs() as u64 * (columns + ACTIVATION) + OVERHEAD
}

fn history(conv: &ConvWeights) -> u64 {
    History::bytes(conv.inputs(), conv.lookback())
}

fn scratch(channels: usize) -> u64 {
    floats(channels.next_multiple_of(16) * BLOCK)
}

impl Linear {
    /// An upper estimate of the memory of an instance in bytes.
    fn bytes(net: &LinearConfig) -> u64 {
        let paths = net.inputs.max(net.outputs) as u64;
        let taps = net.responses.ncols();
        // The frequency domain holds response and history as complex numbers, twice padded.
        let path = (taps as u64 * 32).max(History::bytes(1, taps)) + (64 << 10);
        paths * path + scratch(1)
    }

    /// A rough estimate of the work for one frame, in multiplications.
    fn frame_work(net: &LinearConfig) -> u64 {
        let paths = net.inputs.max(net.outputs) as u64;
        paths * (net.responses.ncols() as u64).min(2000) + OVERHEAD
    }
}
