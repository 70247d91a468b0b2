//! `gridleak inspect`: what a capture is, as a card or as JSON.

use std::fmt::Write;
use std::path::{Path, PathBuf};

use clap::Args;
use gridleak_core::{Capture, Summary};
use serde_json::{Map, Value, json};

use super::{capture_source, say};
use crate::failure::{Result, one_line};

/// Show what a capture is
#[derive(Debug, Args)]
pub(super) struct InspectArgs {
    /// Capture to look at: a .nam file or builtin:NAME
    #[arg(value_name = "FILE")]
    capture: PathBuf,

    /// Print JSON instead of a card
    #[arg(long)]
    json: bool,
}

/// Inspects as `args` say.
pub(super) fn run(args: &InspectArgs) -> Result<()> {
    let capture = capture_source::open(&args.capture)?;
    if args.json {
        say(&format!(
            "{:#}",
            Value::Object(to_json(&args.capture, &capture))
        ));
    } else {
        say(card(&args.capture, &capture).trim_end());
    }
    Ok(())
}

/// A column of names and one of values; what the file does not say is left out.
fn card(file: &Path, capture: &Capture) -> String {
    let about = capture.metadata();
    let summary = capture.summary();
    let rate = capture.sample_rate();
    let joined = |parts: [&Option<String>; 2]| {
        let parts: Vec<&str> = parts.into_iter().flatten().map(String::as_str).collect();
        (!parts.is_empty()).then(|| parts.join(" "))
    };
    let level = |level: Option<f64>, unit: &str| level.map(|level| format!("{level:.1} {unit}"));
    let channels = (capture.in_channels(), capture.out_channels());
    let lines = [
        ("File", Some(file.display().to_string())),
        ("Name", about.name.clone()),
        ("Made by", about.modeled_by.clone()),
        ("Gear", joined([&about.gear_make, &about.gear_model])),
        ("Gear type", about.gear_type.clone()),
        ("Tone", about.tone_type.clone()),
        ("Date", about.date.clone()),
        ("Architecture", Some(summary.architecture.clone())),
        (
            "Size",
            Some(summary.size.clone()).filter(|size| !size.is_empty()),
        ),
        ("Parameters", Some(summary.parameters.to_string())),
        ("Receptive field", Some(receptive_field(&summary, rate))),
        (
            "Channels",
            (channels != (1, 1)).then(|| format!("{} in, {} out", channels.0, channels.1)),
        ),
        (
            "Sample rate",
            Some(format!(
                "{rate} Hz{}",
                if capture.sample_rate_known() {
                    ""
                } else {
                    " (assumed; the file does not say)"
                }
            )),
        ),
        ("Loudness", level(about.loudness, "dB")),
        (
            "Input level",
            level(about.input_level_dbu, "dBu at full scale"),
        ),
        (
            "Output level",
            level(about.output_level_dbu, "dBu at full scale"),
        ),
        ("Gain", about.gain.map(|gain| format!("{gain:.2}"))),
        (
            "ESR",
            about
                .validation_esr
                .map(|esr| format!("{esr:.4} (validation)")),
        ),
        ("File format", Some(capture.version().to_owned())),
    ];
    let mut text = String::new();
    let mut line = |name: &str, value: &str| {
        // Writing to a String cannot fail.
        let _ = writeln!(text, "{name:<16} {}", one_line(value).trim());
    };
    for (name, value) in &lines {
        if let Some(value) = value {
            line(name, value);
        }
    }
    for warning in capture.warnings() {
        line("Note", warning);
    }
    if !summary.children.is_empty() {
        text.push_str("Made of\n");
        for child in &summary.children {
            branch(&mut text, child, rate, 1);
        }
    }
    text
}

fn branch(text: &mut String, node: &Summary, rate: f64, depth: usize) {
    let role = if node.role.is_empty() {
        String::new()
    } else {
        format!("{}: ", node.role)
    };
    let size = if node.size.is_empty() {
        String::new()
    } else {
        format!(", {}", node.size)
    };
    let line = format!(
        "{role}{}{size}, {} parameters, receptive field {}",
        node.architecture,
        node.parameters,
        receptive_field(node, rate)
    );
    let _ = writeln!(text, "{}{}", "  ".repeat(depth), one_line(&line));
    for child in &node.children {
        branch(text, child, rate, depth + 1);
    }
}

/// How far back a net hears, in words.
fn receptive_field(node: &Summary, rate: f64) -> String {
    match node.receptive_field {
        Some(frames) => format!("{frames} frames ({:.1} ms)", frames as f64 / rate * 1000.0),
        None => "unlimited (recurrent)".into(),
    }
}

/// The card's values under their technical names; what the file does not say is left out.
fn to_json(file: &Path, capture: &Capture) -> Map<String, Value> {
    let about = capture.metadata();
    let rate = capture.sample_rate();
    let mut object = node_to_json(&capture.summary(), rate);
    object.remove("role");
    let more = [
        ("file", json!(file.display().to_string())),
        ("version", json!(capture.version())),
        ("name", json!(about.name)),
        ("modeled_by", json!(about.modeled_by)),
        ("gear_make", json!(about.gear_make)),
        ("gear_model", json!(about.gear_model)),
        ("gear_type", json!(about.gear_type)),
        ("tone_type", json!(about.tone_type)),
        ("date", json!(about.date)),
        ("in_channels", json!(capture.in_channels())),
        ("out_channels", json!(capture.out_channels())),
        ("sample_rate", json!(rate)),
        ("sample_rate_known", json!(capture.sample_rate_known())),
        ("loudness", json!(about.loudness)),
        ("input_level_dbu", json!(about.input_level_dbu)),
        ("output_level_dbu", json!(about.output_level_dbu)),
        ("gain", json!(about.gain)),
        ("validation_esr", json!(about.validation_esr)),
        ("warnings", json!(capture.warnings())),
    ];
    object.extend(
        more.into_iter()
            .filter(|(_, v)| !v.is_null())
            .map(|(k, v)| (k.to_owned(), v)),
    );
    object
}

fn node_to_json(node: &Summary, rate: f64) -> Map<String, Value> {
    let children: Vec<Value> = node
        .children
        .iter()
        .map(|child| Value::Object(node_to_json(child, rate)))
        .collect();
    let mut object = Map::new();
    let mut put = |key: &str, value: Value| object.insert(key.to_owned(), value);
    put("role", json!(node.role));
    put("architecture", json!(node.architecture));
    put("size", json!(node.size));
    put("parameters", json!(node.parameters));
    // Null where a recurrent net remembers without limit.
    put("receptive_field", json!(node.receptive_field));
    put(
        "receptive_field_ms",
        json!(node.receptive_field.map(|f| f as f64 / rate * 1000.0)),
    );
    put("children", Value::Array(children));
    object
}
