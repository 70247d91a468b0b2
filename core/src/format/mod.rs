//! The `.nam` file: JSON in, checked configurations with their weights in shape out.
//!
//! Nothing here plays sound. Every function refuses what the format does not allow, and no size is
//! believed before the weights for it are seen.

pub(crate) mod activation;
pub(crate) mod controls;
pub(crate) mod convnet;
pub(crate) mod fields;
pub(crate) mod json;
pub(crate) mod kind;
pub(crate) mod linear;
pub(crate) mod lstm;
pub(crate) mod metadata;
pub(crate) mod nested;
pub(crate) mod text;
pub(crate) mod wavenet;
pub(crate) mod weights;

use crate::error::{CaptureError, Result};
use convnet::ConvNetConfig;
use fields::Field;
use linear::LinearConfig;
use lstm::LstmConfig;
use metadata::Metadata;
use nested::{ContainerConfig, SequentialConfig};
use std::cell::{Cell, RefCell};
use wavenet::WaveNetConfig;
use weights::Weights;

/// The rate that a file without `sample_rate` means, in Hz.
pub const DEFAULT_SAMPLE_RATE: f64 = 48_000.0;

/// Sample rates in Hz that are believed.
pub(crate) const SAMPLE_RATES: std::ops::RangeInclusive<f64> = 1_000.0..=1_000_000.0;

/// Largest width, kernel or layer count that is believed; far beyond any real net.
pub(crate) const MAX_SIZE: usize = 1 << 16;

/// Longest dilation, impulse response or whole lookback, in frames (22 s at 48 kHz).
pub(crate) const MAX_LOOKBACK: usize = 1 << 20;

/// Channels of a capture: one, two, or a few.
const MAX_CHANNELS: usize = 64;

/// Layers of all networks of a file together. Each takes some memory, however few bytes it takes in
/// the file. Real captures have a few dozen.
pub(crate) const MAX_LAYERS: usize = 1024;

/// What a nested model inherits from the file around it.
#[derive(Clone, Copy)]
pub(crate) struct FileContext<'a> {
    /// The rate that the surrounding model states.
    pub(crate) sample_rate: Option<f64>,
    /// Collects what the user should know although the file loads.
    pub(crate) warnings: &'a RefCell<Vec<String>>,
    /// How many of [`MAX_LAYERS`] are left.
    pub(crate) layers: &'a Cell<usize>,
    /// Whether the capture is no longer wanted.
    pub(crate) cancelled: &'a dyn Fn() -> bool,
}

impl FileContext<'_> {
    /// An error once the capture is no longer wanted.
    pub(crate) fn go_on(&self) -> Result<()> {
        match (self.cancelled)() {
            true => Err(CaptureError::Cancelled),
            false => Ok(()),
        }
    }

    /// Counts layers, of which `field` tells.
    pub(crate) fn take_layers(&self, field: &Field<'_>, count: usize) -> Result<()> {
        let Some(left) = self.layers.get().checked_sub(count) else {
            return Err(field.invalid(format!(
                "asks for {count} layers; a capture has {MAX_LAYERS} at most in all"
            )));
        };
        self.layers.set(left);
        Ok(())
    }
}

/// A complete `.nam` object: a file, or a model nested in one.
#[derive(Debug, Clone)]
pub(crate) struct Document {
    pub(crate) version: String,
    pub(crate) metadata: Metadata,
    /// In Hz, where the object states one.
    pub(crate) sample_rate: Option<f64>,
    /// Weights in this object and the ones nested in it.
    pub(crate) parameters: usize,
    pub(crate) net: Net,
}

/// A network of any architecture.
#[allow(clippy::enum_variant_names, reason = "the format's own names")]
#[derive(Debug, Clone)]
pub(crate) enum Net {
    Lstm(LstmConfig),
    WaveNet(WaveNetConfig),
    ConvNet(ConvNetConfig),
    Linear(LinearConfig),
    Container(ContainerConfig),
    Sequential(SequentialConfig),
}

impl Document {
    pub(crate) fn read(field: Field<'_>, context: &FileContext<'_>) -> Result<Self> {
        context.go_on()?;
        let field = field.object()?;
        let version = read_version(&field, context)?;
        let sample_rate = read_sample_rate(&field)?;
        let metadata = Metadata::read(&field);
        let architecture = field.require("architecture")?;
        let config = field.require("config")?.object()?;
        let weights = Weights::read(&field.require("weights")?, context)?;
        let inner = FileContext {
            sample_rate: sample_rate.or(context.sample_rate),
            ..*context
        };
        let own_weights = weights.len();
        let net = match architecture.text()? {
            "LSTM" => Net::Lstm(LstmConfig::read(&config, weights, context)?),
            "WaveNet" => Net::WaveNet(WaveNetConfig::read(&config, weights, &inner)?),
            "ConvNet" => Net::ConvNet(ConvNetConfig::read(&config, weights, context)?),
            "Linear" => Net::Linear(LinearConfig::read(&config, weights)?),
            "SlimmableContainer" => Net::Container(ContainerConfig::read(&config, &inner)?),
            "Sequential" => Net::Sequential(SequentialConfig::read(&config, weights, &inner)?),
            other => {
                let name = other.chars().take(60).collect();
                return Err(CaptureError::UnknownArchitecture(
                    architecture.place(),
                    name,
                ));
            }
        };
        if net.lookback() > MAX_LOOKBACK {
            return Err(config.invalid(format!(
                "the network looks back {} frames, more than {MAX_LOOKBACK}",
                net.lookback()
            )));
        }
        let nested = net.nested();
        let parts = nested.iter().map(|model| model.parameters).sum::<usize>();
        let nested_rate = nested.iter().find_map(|model| model.sample_rate);
        // A container's own list is not used; what a condition says of its rate is its own business.
        let (parameters, inherited) = match &net {
            Net::Container(_) => (parts, nested_rate),
            Net::Sequential(_) => (own_weights + parts, nested_rate),
            _ => (own_weights + parts, None),
        };
        Ok(Document {
            version,
            metadata,
            sample_rate: sample_rate.or(inherited),
            parameters,
            net,
        })
    }
}

impl Net {
    pub(crate) fn inputs(&self) -> usize {
        match self {
            Net::Lstm(net) => net.inputs,
            Net::WaveNet(net) => net.inputs,
            Net::ConvNet(net) => net.inputs,
            Net::Linear(net) => net.inputs,
            Net::Container(net) => net.full().net.inputs(),
            Net::Sequential(net) => net.first().net.inputs(),
        }
    }

    pub(crate) fn outputs(&self) -> usize {
        match self {
            Net::Lstm(net) => net.outputs,
            Net::WaveNet(net) => net.outputs(),
            Net::ConvNet(net) => net.outputs,
            Net::Linear(net) => net.outputs,
            Net::Container(net) => net.full().net.outputs(),
            Net::Sequential(net) => net.last().net.outputs(),
        }
    }

    /// Frames before the current one that a feed-forward net hears; of a recurrent part, none are counted.
    pub(crate) fn lookback(&self) -> usize {
        let nested = self.nested().into_iter().map(|model| model.net.lookback());
        match self {
            Net::Lstm(_) => 0,
            Net::WaveNet(net) => net.lookback() + nested.sum::<usize>(),
            Net::ConvNet(net) => net.lookback(),
            Net::Linear(net) => net.responses.ncols() - 1,
            Net::Container(_) => nested.max().unwrap_or(0),
            Net::Sequential(_) => nested.sum(),
        }
    }

    /// The models that it is made of.
    pub(crate) fn nested(&self) -> Vec<&Document> {
        match self {
            Net::WaveNet(net) => net.condition.iter().map(|model| &**model).collect(),
            Net::Container(net) => net.submodels.iter().map(|sub| &sub.model).collect(),
            Net::Sequential(net) => net.models.iter().collect(),
            Net::Lstm(_) | Net::ConvNet(_) | Net::Linear(_) => Vec::new(),
        }
    }

    /// The slim values at which another size begins, ascending.
    pub(crate) fn slim_steps(&self) -> Vec<f64> {
        match self {
            Net::WaveNet(net) => net.slim_steps(),
            Net::Container(net) => {
                let smaller = net.submodels.len() - 1; // never empty
                net.submodels[..smaller]
                    .iter()
                    .map(|submodel| submodel.max_value)
                    .collect()
            }
            Net::Sequential(net) => {
                let stages = net.models.iter().flat_map(|model| model.net.slim_steps());
                let mut steps: Vec<f64> = stages.collect();
                steps.sort_by(f64::total_cmp);
                steps.dedup();
                steps
            }
            Net::Lstm(_) | Net::ConvNet(_) | Net::Linear(_) => Vec::new(),
        }
    }

    /// Whether some part remembers without limit.
    pub(crate) fn is_recurrent(&self) -> bool {
        let mut nested = self.nested().into_iter();
        matches!(self, Net::Lstm(_)) || nested.any(|model| model.net.is_recurrent())
    }
}

/// `0.5.0` to `0.7.x`, past `0.7.0` with a remark; and `0.4.0`, which means the same: the trainer of
/// that version wrote two files, of which its users made one as 0.5.0 has it.
fn read_version(field: &Field<'_>, context: &FileContext<'_>) -> Result<String> {
    let version = field.require("version")?;
    let text = version.text()?;
    let place = || version.place();
    let shown: String = text.chars().take(40).collect();
    let parts: Vec<&str> = text.split('.').collect();
    let digits = |part: &&str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    if parts.len() != 3 || !parts.iter().all(digits) {
        return Err(CaptureError::NotAVersion(place(), shown));
    }
    // A number too long to parse is beyond any version that is known.
    let number = |index: usize| parts[index].parse::<u32>().unwrap_or(u32::MAX);
    match (number(0), number(1), number(2)) {
        (0, 5 | 6, _) | (0, 4 | 7, 0) => {}
        (0, 7, _) => context.warnings.borrow_mut().push(format!(
            "The file's format version, {text}, is newer than 0.7.0. It loads, but something in it may be ignored."
        )),
        (0, ..5, _) => {
            return Err(CaptureError::VersionTooOld(place(), shown));
        }
        _ => {
            return Err(CaptureError::VersionTooNew(place(), shown));
        }
    }
    Ok(text.to_owned())
}

/// Missing, null, zero and negative rates all mean that the rate is unknown.
fn read_sample_rate(field: &Field<'_>) -> Result<Option<f64>> {
    let Some(value) = field.get_some("sample_rate") else {
        return Ok(None);
    };
    let rate = value.number()?;
    if rate <= 0.0 {
        return Ok(None);
    }
    if !SAMPLE_RATES.contains(&rate) {
        return Err(value.invalid(format!("{rate} Hz is not a sample rate of audio")));
    }
    Ok(Some(rate))
}

fn channel_count(config: &Field<'_>, key: &'static str) -> Result<usize> {
    config.size_or(key, 1, MAX_CHANNELS)
}

/// The dilations of some layers, one for each.
fn dilations(config: &Field<'_>, context: &FileContext<'_>) -> Result<Vec<usize>> {
    let field = config.require("dilations")?;
    let list = field.filled_list()?;
    context.take_layers(&field, list.len())?;
    list.map(|d| d.size(1, MAX_LOOKBACK)).collect()
}

/// A number of groups must divide what goes in and what comes out.
fn groups(object: &Field<'_>, key: &'static str, inputs: usize, outputs: usize) -> Result<usize> {
    let Some(field) = object.get_some(key) else {
        return Ok(1);
    };
    let groups = field.size(1, MAX_SIZE)?;
    if inputs.is_multiple_of(groups) && outputs.is_multiple_of(groups) {
        Ok(groups)
    } else {
        Err(field.invalid(format!(
            "{groups} groups do not divide {inputs} inputs and {outputs} outputs evenly"
        )))
    }
}
