//! How much memory an instance takes, known before any of it is taken.

use super::history::History;
use super::planes::BLOCK;
use super::slimmable::Slimmable;
use crate::format::wavenet::WaveNetConfig;
use crate::format::weights::ConvWeights;
use crate::format::{Document, Net};

impl Net {
    /// An upper estimate in bytes of the state of an instance: histories and scratch. The weights,
    /// of which there are no more than the file has, are not counted.
    pub(crate) fn state_bytes(&self) -> u64 {
        match self {
            Net::Lstm(net) => {
                let padded = net.hidden.next_power_of_two().max(8);
                scratch(8 * padded) + (net.layers.len() * 4 * padded * size_of::<f32>()) as u64
            }
            Net::WaveNet(net) => wavenet(net),
            Net::ConvNet(net) => {
                net.blocks.iter().map(history).sum::<u64>() + scratch(net.head.inputs())
            }
            Net::Linear(net) => {
                // The frequency domain holds responses and history as complex numbers, twice padded.
                (net.responses.ncols() as u64 * 32) * net.inputs.max(net.outputs) as u64
            }
            Net::Container(net) => {
                let models = net.submodels.iter().map(|sub| sub.model.net.state_bytes());
                models.sum::<u64>() + Slimmable::past_bytes(self.inputs(), self.lookback())
            }
            Net::Sequential(net) => net.models.iter().map(with_output).sum(),
        }
    }
}

fn with_output(document: &Document) -> u64 {
    document.net.state_bytes() + scratch(document.net.outputs())
}

fn wavenet(net: &WaveNetConfig) -> u64 {
    let condition = net.condition.as_deref().map_or(0, with_output);
    let arrays = net.arrays.iter().map(|array| {
        let layers = array.layers.iter().map(|layer| {
            let films = layer
                .films
                .iter()
                .map(|film| scratch(film.transform.outputs()));
            let own = scratch(4 * layer.conv.outputs() + 2 * array.channels);
            history(&layer.conv) + own + films.sum::<u64>()
        });
        layers.sum::<u64>() + history(&array.head) + scratch(4 * array.channels)
    });
    let post = net
        .post_head
        .iter()
        .flat_map(|head| &head.convs)
        .map(history);
    let one = condition + arrays.sum::<u64>() + post.sum::<u64>();
    let widths = net.slim_steps().len() as u64 + 1;
    // Each width has weights of its own, which are no more than the full net's.
    let weights = if widths > 1 { net.weight_bytes() } else { 0 };
    one.saturating_add(weights).saturating_mul(widths)
}

fn history(conv: &ConvWeights) -> u64 {
    History::bytes(conv.inputs(), conv.lookback())
}

fn scratch(channels: usize) -> u64 {
    (channels.next_multiple_of(16) * BLOCK * size_of::<f32>()) as u64
}
