//! What the host sees, stores and automates.

use nice_plug::plugin::ParamValue;
use nice_plug::prelude::*;

use crate::state::CaptureSlot;

/// The most that each gain gives or takes, in dB, as in the official plugin.
const MOST_INPUT: f32 = 20.0;
const MOST_OUTPUT: f32 = 40.0;

/// The parameters. The ids are part of every saved project and must never change.
#[derive(Params)]
pub(crate) struct Parameters {
    /// The reference to the capture, which is no parameter but part of every project all the same.
    #[persist = "capture"]
    pub(crate) capture: CaptureSlot,

    /// Gain before the capture, -20 to +20 dB.
    #[id = "ingain"]
    pub(crate) input: FloatParam,

    /// Gain behind the capture, -40 to +40 dB.
    #[id = "outgn"]
    pub(crate) output: FloatParam,

    /// What of a stereo input is played.
    #[id = "source"]
    pub(crate) source: EnumParam<Source>,

    /// Passes the input through, as late as the capture's sound would be.
    #[id = "bypass"]
    pub(crate) bypass: BoolParam,
}

/// What of a stereo input is played.
#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Source {
    /// Both sides, each through a capture of its own.
    #[id = "stereo"]
    Stereo,
    /// The left side, on both.
    #[id = "left"]
    Left,
    /// The right side, on both.
    #[id = "right"]
    Right,
    /// The mean of both sides, on both.
    #[id = "sum"]
    Sum,
}

impl From<Source> for gridleak_core::Source {
    fn from(source: Source) -> Self {
        match source {
            Source::Stereo => Self::Stereo,
            Source::Left => Self::Left,
            Source::Right => Self::Right,
            Source::Sum => Self::Sum,
        }
    }
}

impl Parameters {
    /// The parameters of a new instance.
    pub(crate) fn new(capture: CaptureSlot) -> Self {
        Self {
            capture,
            input: decibels("Input", MOST_INPUT),
            output: decibels("Output", MOST_OUTPUT),
            source: EnumParam::new("Input Source", Source::Stereo),
            bypass: BoolParam::new("Bypass", false).make_bypass(),
        }
    }
}

/// Brings the gains of a saved state into their ranges. The framework takes any number, and would
/// save it again.
pub(crate) fn keep_in_range(state: &mut PluginState) {
    for (id, most) in [("ingain", MOST_INPUT), ("outgn", MOST_OUTPUT)] {
        if let Some(ParamValue::F32(db)) = state.params.get_mut(id) {
            *db = db.clamp(-most, most);
        }
    }
}

/// A gain of up to `most` dB either way. Linear in dB, as in the hosts' own faders; smoothing is the
/// chain's, for the framework's would jump when a project is loaded.
fn decibels(name: &str, most: f32) -> FloatParam {
    let range = FloatRange::Linear {
        min: -most,
        max: most,
    };
    FloatParam::new(name, 0.0, range)
        .with_unit(" dB")
        .with_value_to_string(formatters::v2s_f32_rounded(1))
        .with_string_to_value(std::sync::Arc::new(typed_decibels))
}

/// What a guitarist types: `-4`, `-4.5 dB`, `+3,5`.
pub(crate) fn typed_decibels(text: &str) -> Option<f32> {
    let text = text.trim().trim_end_matches(|c: char| c.is_alphabetic());
    // As copied from where minus signs are proper ones.
    let text = text.trim().replace(',', ".").replace('\u{2212}', "-");
    let value: f32 = text.parse().ok()?;
    value.is_finite().then_some(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn typed_values_are_read_as_people_write_them() {
        for (text, value) in [
            ("-4,5", -4.5),
            ("-4.5 dB", -4.5),
            (" +3 db ", 3.0),
            ("\u{2212}12", -12.0),
            ("0", 0.0),
            (".5", 0.5),
        ] {
            assert_eq!(typed_decibels(text), Some(value), "{text}");
        }
        for text in ["", "dB", "loud", "1,2,3", "inf", "nan", "-", "1e99"] {
            assert_eq!(typed_decibels(text), None, "{text}");
        }
    }
}
