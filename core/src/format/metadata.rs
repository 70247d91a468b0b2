//! What a file tells about itself. Nothing here changes the sound, so nothing here can be wrong
//! enough to refuse a file: a value of the wrong kind is as good as absent.

use super::fields::Field;
use super::json::Value;
use serde::Serialize;

/// Metadata of a capture, as far as the file gives it.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Metadata {
    /// Name of the capture.
    pub name: Option<String>,
    /// Who made it.
    pub modeled_by: Option<String>,
    /// `amp`, `pedal`, `pedal_amp`, `amp_cab`, `amp_pedal_cab`, `preamp`, `studio`, or free text.
    pub gear_type: Option<String>,
    /// Manufacturer of the gear.
    pub gear_make: Option<String>,
    /// Model of the gear.
    pub gear_model: Option<String>,
    /// `clean`, `overdrive`, `crunch`, `hi_gain`, `fuzz`, or free text.
    pub tone_type: Option<String>,
    /// RMS in dB of the output for the trainer's standard input.
    pub loudness: Option<f64>,
    /// dBu RMS of a 1 kHz sine that peaks at 0 dBFS at the input.
    pub input_level_dbu: Option<f64>,
    /// dBu RMS of a 1 kHz sine that peaks at 0 dBFS at the output.
    pub output_level_dbu: Option<f64>,
    /// The trainer's estimate of compression, 0 to 1.
    pub gain: Option<f64>,
    /// When it was trained, as `2026-11-23 14:05`.
    pub date: Option<String>,
    /// Error-to-signal ratio that the trainer measured, 0 (perfect) to 1.
    pub validation_esr: Option<f64>,
    /// Delay in samples that the trainer took out of the recording.
    #[serde(skip)]
    pub trained_latency: Option<f64>,
}

impl Metadata {
    /// Whether the capture was made of an amp with its cabinet, so that it needs no other.
    pub fn has_cab(&self) -> bool {
        matches!(self.gear_type.as_deref(), Some("amp_cab" | "amp_pedal_cab"))
    }

    /// Reads the `metadata` member of a `.nam` object.
    pub(crate) fn read(document: &Field<'_>) -> Self {
        let Some(Value::Object(metadata)) = document.get("metadata").map(|field| field.value())
        else {
            return Metadata::default();
        };
        let text = |key: &str| {
            let text = metadata.get(key)?.as_str()?.trim();
            (!text.is_empty()).then(|| text.to_owned())
        };
        let level = |key: &str| finite(metadata.get(key));
        let training = metadata.get("training");
        let training_value = |names: &[&str]| training.and_then(|t| t.inside(names));
        Metadata {
            name: text("name"),
            modeled_by: text("modeled_by"),
            gear_type: text("gear_type"),
            gear_make: text("gear_make"),
            gear_model: text("gear_model"),
            tone_type: text("tone_type"),
            loudness: level("loudness"),
            input_level_dbu: level("input_level_dbu"),
            output_level_dbu: level("output_level_dbu"),
            gain: level("gain"),
            date: metadata.get("date").and_then(read_date),
            validation_esr: finite(training_value(&["validation_esr"])),
            trained_latency: finite(training_value(&["data", "latency", "manual"])).or_else(|| {
                finite(training_value(&[
                    "data",
                    "latency",
                    "calibration",
                    "recommended",
                ]))
            }),
        }
    }
}

/// A finite number, or nothing.
fn finite(value: Option<Value<'_>>) -> Option<f64> {
    value?
        .as_f64()
        .filter(|number| (*number as f32).is_finite())
}

fn read_date(date: Value<'_>) -> Option<String> {
    let part = |key: &str| {
        let number = date.get(key)?.as_f64()?;
        (number.fract() == 0.0 && (0.0..1e6).contains(&number)).then_some(number as u64)
    };
    let (year, month, day) = (part("year")?, part("month")?, part("day")?);
    let mut text = format!("{year:04}-{month:02}-{day:02}");
    if let (Some(hour), Some(minute)) = (part("hour"), part("minute")) {
        text += &format!(" {hour:02}:{minute:02}");
    }
    Some(text)
}
