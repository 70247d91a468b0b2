//! A capture's structure in a few words, for a card or a tree.

use crate::format::wavenet::{Gating, WaveNetConfig};
use crate::format::{Document, Net};

/// One model of a capture, and the models nested in it.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
#[non_exhaustive]
pub struct Summary {
    /// `LSTM`, `WaveNet`, `ConvNet`, `Linear`, `SlimmableContainer` or `Sequential`.
    pub architecture: String,
    /// Its size in words, e.g. `2 layers of 16 units`.
    pub size: String,
    /// Number of weights, nested models included.
    pub parameters: usize,
    /// Frames that decide an output frame; `None` for a recurrent net, which forgets gradually.
    pub receptive_field: Option<usize>,
    /// What it does in the model around it, e.g. `quality below 0.5`; empty at the root.
    pub role: String,
    /// Nested models.
    pub children: Vec<Summary>,
}

impl Summary {
    pub(crate) fn of(document: &Document) -> Self {
        Self::of_net(&document.net, document.parameters, String::new())
    }

    fn of_net(net: &Net, parameters: usize, role: String) -> Self {
        let (architecture, size) = match net {
            Net::Lstm(lstm) => {
                let layers = count(lstm.layers.len(), "layer");
                (
                    "LSTM",
                    format!("{layers} of {}", count(lstm.hidden, "unit")),
                )
            }
            Net::WaveNet(wavenet) => ("WaveNet", wavenet_size(wavenet)),
            Net::ConvNet(convnet) => {
                let blocks = count(convnet.convs.len() - 1, "block"); // behind them is the head
                let channels = count(convnet.channels(), "channel");
                ("ConvNet", format!("{blocks} of {channels}"))
            }
            Net::Linear(linear) => ("Linear", count(linear.responses.ncols(), "tap")),
            Net::Container(container) => (
                "SlimmableContainer",
                count(container.submodels.len(), "size"),
            ),
            Net::Sequential(chain) => ("Sequential", count(chain.models.len(), "stage")),
        };
        let role_of = |index: usize| match net {
            Net::Container(container) => match container.submodels.get(index + 1) {
                Some(_) => format!("quality below {}", container.submodels[index].max_value),
                None => "full quality".to_owned(),
            },
            Net::Sequential(_) => format!("stage {}", index + 1),
            _ => "condition".to_owned(),
        };
        let children = net.nested().into_iter().enumerate();
        let children = children
            .map(|(index, model)| Self::of_net(&model.net, model.parameters, role_of(index)))
            .collect();
        Summary {
            architecture: architecture.to_owned(),
            size,
            parameters,
            receptive_field: (!net.is_recurrent()).then(|| net.lookback() + 1),
            role,
            children,
        }
    }
}

fn count(number: usize, noun: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {noun}{plural}")
}

fn wavenet_size(net: &WaveNetConfig) -> String {
    let widths: Vec<String> = net.arrays.iter().map(|a| a.channels.to_string()).collect();
    let layers: usize = net.arrays.iter().map(|array| array.layers.len()).sum();
    let mut size = format!("{} channels, {}", widths.join("/"), count(layers, "layer"));
    let any = |test: &dyn Fn(&crate::format::wavenet::Layer) -> bool| {
        net.arrays.iter().flat_map(|a| &a.layers).any(test)
    };
    if any(&|layer| layer.gating != Gating::None) {
        size += ", gated";
    }
    if any(&|layer| layer.films().next().is_some()) {
        size += ", modulated (FiLM)";
    }
    let steps = net.slim_steps().len();
    if steps > 0 {
        size += &format!(", slims to {}", count(steps + 1, "width"));
    }
    size
}
