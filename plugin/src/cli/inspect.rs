//! `gridleak inspect`: what a capture is, as a card or as JSON.

use std::fmt::Write;
use std::path::{Path, PathBuf};

use clap::Args;
use gridleak_core::{Capture, Examination, LoudnessSource, Metadata, Summary};
use serde_json::{Map, Value, json};

use super::{capture_source, say};
use crate::capture_info;
use crate::capture_knobs::value;
use crate::files::failure::{Failure, Result, one_line};

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
    let file = &args.capture;
    let opened = capture_source::open(file);
    let (text, failure) = match opened {
        Ok(capture) if args.json => (pretty(to_json(file, &capture)), None),
        Ok(capture) => (whole_card(file, &capture), None),
        Err(failure) => {
            let seen = Capture::examine(file);
            let text = if args.json {
                pretty(fragment_to_json(file, &seen, &failure))
            } else {
                fragment_card(file, &seen)
            };
            (text, Some(failure))
        }
    };
    if !text.is_empty() {
        say(text.trim_end());
    }
    failure.map_or(Ok(()), Err)
}

fn pretty(object: Map<String, Value>) -> String {
    format!("{:#}", Value::Object(object))
}

/// A line of a card: the name of a thing and, if it is known, what it is.
type Line = (&'static str, Option<String>);

/// A column of names and one of values; what the file does not say is left out.
fn whole_card(file: &Path, capture: &Capture) -> String {
    let summary = capture.summary();
    let rate = capture.sample_rate();
    let channels = (capture.in_channels(), capture.out_channels());
    let steps = capture.slim_steps();
    let assumed = if capture.sample_rate_known() {
        ""
    } else {
        " (assumed; the file does not say)"
    };
    let measured = capture.measure(&|| false);
    let structure = [
        ("Architecture", Some(summary.architecture.clone())),
        (
            "Size",
            Some(summary.size.clone()).filter(|size| !size.is_empty()),
        ),
        ("Slim sizes", (!steps.is_empty()).then(|| sizes(&steps))),
        ("Parameters", Some(summary.parameters.to_string())),
        ("Receptive field", Some(receptive_field(&summary, rate))),
        (
            "Channels",
            (channels != (1, 1)).then(|| format!("{} in, {} out", channels.0, channels.1)),
        ),
        ("Knobs", knobs(capture)),
        ("Sample rate", Some(format!("{rate} Hz{assumed}"))),
        (
            "Plays late",
            measured.and_then(|measured| capture_info::late(capture, measured.delay)),
        ),
    ];
    let loudness = measured.and_then(|measured| measured.loudness);
    let loudness = loudness.map(capture_info::loudness);
    let version = Some(capture.version().to_owned());
    let mut text = lay_out(file, capture.metadata(), &structure, loudness, version);
    for warning in capture.warnings() {
        put_line(&mut text, "Note", warning);
    }
    if !summary.children.is_empty() {
        text.push_str("Made of\n");
        for child in &summary.children {
            branch(&mut text, child, rate, 1);
        }
    }
    text
}

/// As much of a card as can be understood of a file that is no capture, which may be nothing.
fn fragment_card(file: &Path, seen: &Examination) -> String {
    let structure = [
        ("Architecture", seen.architecture.clone()),
        ("Weights", seen.weights.map(|count| count.to_string())),
        (
            "Sample rate",
            seen.sample_rate.map(|rate| format!("{rate} Hz")),
        ),
    ];
    let nothing = structure.iter().all(|(_, value)| value.is_none())
        && seen.version.is_none()
        && seen.metadata == Metadata::default();
    if nothing {
        return String::new();
    }
    let loudness = seen.metadata.loudness.map(|db| format!("{db:.1} dB"));
    let mut text = lay_out(
        file,
        &seen.metadata,
        &structure,
        loudness,
        seen.version.clone(),
    );
    if !seen.parts.is_empty() {
        text.push_str("Made of\n");
        for part in &seen.parts {
            text.push_str(&format!("  {part}\n"));
        }
    }
    text
}

/// The card of any file.
fn lay_out(
    file: &Path,
    about: &Metadata,
    structure: &[Line],
    loudness: Option<String>,
    version: Option<String>,
) -> String {
    let esr = about.validation_esr;
    let mut lines = vec![
        ("File", Some(file.display().to_string())),
        ("Name", about.name.clone()),
        ("Made by", about.modeled_by.clone()),
        ("Gear", capture_info::gear(about)),
        ("Gear type", about.gear_type.clone()),
        ("Tone", about.tone_type.clone()),
        ("Date", about.date.clone()),
    ];
    lines.extend_from_slice(structure);
    lines.extend([
        ("Loudness", loudness),
        ("Input level", about.input_level_dbu.map(capture_info::dbu)),
        (
            "Output level",
            about.output_level_dbu.map(capture_info::dbu),
        ),
        ("Gain", about.gain.map(|gain| format!("{gain:.2}"))),
        ("ESR", esr.map(|esr| format!("{esr:.4} (validation)"))),
        ("File format", version),
    ]);
    let mut text = String::new();
    for (name, value) in &lines {
        if let Some(value) = value {
            put_line(&mut text, name, value);
        }
    }
    text
}

fn put_line(text: &mut String, name: &str, value: &str) {
    // Writing to a String cannot fail.
    let _ = writeln!(text, "{name:<16} {}", one_line(value).trim());
}

/// The sizes of a capture of which another begins at each of the given slim values.
fn sizes(steps: &[f64]) -> String {
    let limits: Vec<String> = steps
        .iter()
        .map(|step| format!("below {}", (step * 1000.0).round() / 1000.0))
        .collect();
    format!("{} (--slim {}, 1)", steps.len() + 1, limits.join(", "))
}

/// The knobs of a capture that has some, with what they go from and to, and where they start.
fn knobs(capture: &Capture) -> Option<String> {
    let controls = capture.controls().ok().filter(|list| !list.is_empty())?;
    let each = controls.iter().enumerate().map(|(index, control)| {
        let [from, to] = control.range;
        let start = value(control, control.default);
        format!(
            "{} {} ({from} to {to}, starts at {start})",
            index + 1,
            control.name
        )
    });
    Some(each.collect::<Vec<_>>().join("; "))
}

/// The same as JSON.
fn knobs_to_json(capture: &Capture) -> Value {
    let controls = capture.controls().into_iter().flat_map(|list| list.iter());
    let each = controls.map(|control| {
        let [min, max] = control.range;
        let start = control.value(f64::from(control.default));
        json!({"name": control.name, "min": min, "max": max, "default": start})
    });
    let each: Vec<Value> = each.collect();
    json!((!each.is_empty()).then_some(each))
}

fn branch(text: &mut String, node: &Summary, rate: f64, depth: usize) {
    let mut line = node.architecture.clone();
    if !node.role.is_empty() {
        line = format!("{}: {line}", node.role);
    }
    if !node.size.is_empty() {
        line = format!("{line}, {}", node.size);
    }
    let field = receptive_field(node, rate);
    line += &format!(", {} parameters, receptive field {field}", node.parameters);
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
    let rate = capture.sample_rate();
    let about = capture.metadata();
    let measured = capture.measure(&|| false);
    let loudness = measured.and_then(|measured| measured.loudness);
    let source = loudness.map(|loudness| match loudness.source {
        LoudnessSource::Given => "given",
        LoudnessSource::Measured | LoudnessSource::Corrected { .. } => "measured",
    });
    let delay = measured.map(|measured| measured.delay);
    let mut object = known(json!(about));
    object.extend(known(json!({
        "file": file.display().to_string(),
        "version": capture.version(),
        "slim_steps": capture.slim_steps(),
        "in_channels": capture.in_channels(),
        "out_channels": capture.out_channels(),
        "controls": knobs_to_json(capture),
        "sample_rate": rate,
        "sample_rate_known": capture.sample_rate_known(),
        "loudness": loudness.map(|loudness| loudness.db),
        "loudness_source": source,
        // The one that the file gives, whether or not it is believed.
        "loudness_given": about.loudness,
        "delay_samples": delay,
        "delay_ms": delay.map(|delay| 1000.0 * delay as f64 / rate),
        "warnings": capture.warnings(),
    })));
    // Null where a recurrent net remembers without limit.
    if let Value::Object(structure) = node_to_json(&capture.summary(), rate) {
        object.extend(structure);
    }
    object.remove("role");
    object
}

/// What can be understood of a file that is no capture, and why it is none.
fn fragment_to_json(file: &Path, seen: &Examination, failure: &Failure) -> Map<String, Value> {
    let mut object = known(json!(seen.metadata));
    object.extend(known(json!({
        "file": file.display().to_string(),
        "version": seen.version,
        "architecture": seen.architecture,
        "sample_rate": seen.sample_rate,
        "weights": seen.weights,
        "parts": (!seen.parts.is_empty()).then_some(&seen.parts),
        "error": failure.to_string(),
    })));
    object
}

/// The members of an object that are not null.
fn known(object: Value) -> Map<String, Value> {
    let members = match object {
        Value::Object(members) => members,
        _ => Map::new(),
    };
    members
        .into_iter()
        .filter(|(_, value)| !value.is_null())
        .collect()
}

fn node_to_json(node: &Summary, rate: f64) -> Value {
    let children = node.children.iter().map(|child| node_to_json(child, rate));
    let mut object = json!(node);
    object["children"] = children.collect();
    let frames = node.receptive_field;
    object["receptive_field_ms"] = json!(frames.map(|f| f as f64 / rate * 1000.0));
    object
}
