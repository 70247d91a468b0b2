//! What there is to read about a capture.

use std::time::{Duration, Instant};

use gridleak_core::{Capture, Levels, Loudness, LoudnessSource, Metadata};

use crate::files::failure::one_line;
use crate::simd_choice;

/// Longest value of a line, in characters. Files can make them as long as they like.
const LONGEST: usize = 200;

/// What a capture says of itself and what was found out about it. What is not known is left out.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct CaptureInfo {
    /// In a few words: what gear, and what kind of tone.
    pub(crate) gear: Option<String>,
    /// The name of a thing, and what it is.
    pub(crate) lines: Vec<(&'static str, String)>,
}

impl CaptureInfo {
    /// The card of a capture of which those levels are known, and the frames by which it is late
    /// ([`gridleak_core::Measured::delay`]).
    pub(crate) fn new(capture: &Capture, levels: &Levels, delay: usize) -> Self {
        let about = capture.metadata();
        let gear = gear(about);
        let kind = about.gear_type.as_deref().map(spaced);
        let tone = about.tone_type.as_deref().map(spaced);
        let summary = capture.summary();
        let size = Some(summary.size).filter(|size| !size.is_empty());
        let known = if capture.sample_rate_known() {
            ""
        } else {
            " (assumed)"
        };
        let loudness = levels.loudness.map(loudness);
        let error = about.validation_esr.map(|esr| format!("{esr:.4} ESR"));
        let samples = about.trained_latency.filter(|&samples| samples != 0.0);
        let lines = [
            ("Name", about.name.clone()),
            ("Gear", gear.clone()),
            ("Kind", kind.clone()),
            ("Tone", tone.clone()),
            ("Made by", about.modeled_by.clone()),
            ("Date", about.date.clone()),
            (
                "File format",
                Some(capture.version().to_owned()).filter(|version| !version.is_empty()),
            ),
            ("Error", error),
            ("Architecture", Some(summary.architecture)),
            ("Size", size),
            ("Weights", Some(summary.parameters.to_string())),
            (
                "Sample rate",
                Some(format!("{} Hz{known}", capture.sample_rate())),
            ),
            ("Knobs", knobs(capture)),
            ("Input level", levels.input_dbu.map(dbu)),
            ("Output level", levels.output_dbu.map(dbu)),
            ("Loudness", loudness),
            ("Plays late", late(capture, delay)),
            (
                "Delay taken out",
                samples.map(|samples| format!("{samples:.0} samples")),
            ),
            (
                "Note",
                (!capture.warnings().is_empty()).then(|| capture.warnings().join(" ")),
            ),
        ];
        let lines = lines.into_iter();
        let short = [gear.or(kind), tone].into_iter().flatten();
        let short = short.collect::<Vec<_>>().join(" \u{b7} ");
        Self {
            gear: (!short.is_empty()).then(|| shown(&short)),
            lines: lines
                .filter_map(|(name, value)| Some((name, shown(&value?))))
                .collect(),
        }
    }

    /// The same below another line.
    pub(crate) fn under(&self, name: &'static str, value: String) -> Self {
        let mut card = self.clone();
        card.lines.insert(0, (name, shown(&value)));
        card
    }

    /// Adds what playing it takes here, as [`cost`] measured it.
    pub(crate) fn set_cost(&mut self, cost: f32) {
        let value = format!("{:.1} % of a core", 100.0 * cost);
        self.lines.push(("CPU", value));
    }
}

/// Make and model of the gear, as far as they are known.
pub(crate) fn gear(about: &Metadata) -> Option<String> {
    let known = [&about.gear_make, &about.gear_model].into_iter().flatten();
    let known: Vec<&str> = known.map(String::as_str).collect();
    (!known.is_empty()).then(|| known.join(" "))
}

/// What the capture's knobs are called, if it has some.
fn knobs(capture: &Capture) -> Option<String> {
    let controls = capture.controls().ok()?;
    let names: Vec<&str> = controls.iter().map(|c| c.name.as_str()).collect();
    (!names.is_empty()).then(|| names.join(", "))
}

/// A loudness, and whether it was measured.
pub(crate) fn loudness(loudness: Loudness) -> String {
    match loudness.source {
        LoudnessSource::Given => format!("{:.1} dB", loudness.db),
        source => format!("{:.1} dB ({source})", loudness.db),
    }
}

/// By how much a capture is late, given in frames; `None` if it is not.
pub(crate) fn late(capture: &Capture, delay: usize) -> Option<String> {
    (delay > 0).then(|| {
        let ms = 1000.0 * delay as f64 / capture.sample_rate();
        format!("by {ms:.1} ms ({delay} samples of silence come first)")
    })
}

/// The analog level of digital full scale.
pub(crate) fn dbu(level: f64) -> String {
    format!("{level:.1} dBu at full scale")
}

/// `hi_gain` as people write it.
fn spaced(word: &str) -> String {
    word.replace('_', " ")
}

fn shown(text: &str) -> String {
    one_line(text).trim().chars().take(LONGEST).collect()
}

/// How long [`cost`] plays, at most, give or take a block.
const LONGEST_TRY: Duration = Duration::from_millis(20);
/// Frames of a block that it plays.
const TRIED_BLOCK: usize = 256;

/// The part of a processor core that playing a capture takes, at its own rate and full size; 1 is all
/// of it. Plays for some milliseconds, in blocks, and takes the quicker half: others use the
/// processor, too.
pub(crate) fn cost(capture: &Capture) -> f32 {
    let level = simd_choice::choose().unwrap_or_else(|_| gridleak_core::SimdLevel::detect());
    let mut model = capture.build_for(level);
    // Nothing that a net could answer with silence, and no denormals.
    let input: [f32; TRIED_BLOCK] = std::array::from_fn(|n| (n as f32 * 0.05).sin() * 0.3);
    let inputs = vec![input.as_slice(); capture.in_channels()];
    let mut outputs = vec![[0.0; TRIED_BLOCK]; capture.out_channels()];
    let started = Instant::now();
    let mut times = Vec::new();
    while times.len() < 3 || started.elapsed() < LONGEST_TRY && times.len() < 100 {
        let mut outputs: Vec<&mut [f32]> = outputs.iter_mut().map(|o| &mut o[..]).collect();
        let begun = Instant::now();
        model.process(&inputs, &mut outputs);
        times.push(begun.elapsed());
    }
    times.sort_unstable();
    let quicker = &times[..times.len().div_ceil(2)];
    let seconds = quicker.iter().sum::<Duration>().as_secs_f32() / quicker.len() as f32;
    seconds * capture.sample_rate() as f32 / TRIED_BLOCK as f32
}

#[cfg(test)]
mod tests {
    use super::*;

    fn card(metadata: &str) -> CaptureInfo {
        let text = format!(
            r#"{{"version":"0.5.4","architecture":"Linear","config":{{"receptive_field":1,"bias":false}},
                "weights":[0.5],"metadata":{metadata}}}"#
        );
        let capture = Capture::from_bytes("test", text.as_bytes()).unwrap();
        CaptureInfo::new(&capture, &Levels::of(&capture), 0)
    }

    fn value<'a>(card: &'a CaptureInfo, name: &str) -> Option<&'a str> {
        let line = card.lines.iter().find(|(known, _)| *known == name);
        line.map(|(_, value)| value.as_str())
    }

    #[test]
    fn a_card_says_what_is_known_and_nothing_of_the_rest() {
        let card_ = card(
            r#"{"name":"Plexi","modeled_by":"Ann","gear_make":"Marshall","gear_model":"1959","tone_type":"hi_gain",
                "input_level_dbu":12.25,"training":{"validation_esr":0.0123}}"#,
        );
        assert_eq!(card_.gear.as_deref(), Some("Marshall 1959 \u{b7} hi gain"));
        for (name, wanted) in [
            ("Name", Some("Plexi")),
            ("Made by", Some("Ann")),
            ("Error", Some("0.0123 ESR")),
            ("Input level", Some("12.2 dBu at full scale")),
            ("Sample rate", Some("48000 Hz (assumed)")),
            ("Output level", None),
            ("Date", None),
            ("CPU", None),
        ] {
            assert_eq!(value(&card_, name), wanted, "{name}");
        }
        let silent = card("null");
        assert_eq!(silent.gear, None);
        assert!(silent.lines.iter().all(|(_, value)| !value.is_empty()));
        assert!(value(&silent, "Loudness").unwrap().ends_with("(measured)"));
    }

    #[test]
    fn what_was_found_out_by_playing_is_told() {
        let late = r#"{"version":"0.5.4","architecture":"Linear","weights":[0,0,100],
            "config":{"receptive_field":3,"bias":false},
            "sample_rate":1000,"metadata":{"loudness":-20}}"#;
        let capture = Capture::from_bytes("test", late.as_bytes()).unwrap();
        let measured = capture.measure(&|| false).unwrap();
        let levels = Levels::measured(&capture, &measured);
        let card = CaptureInfo::new(&capture, &levels, measured.delay);
        let expected = "by 2.0 ms (2 samples of silence come first)";
        assert_eq!(value(&card, "Plays late"), Some(expected));
        let expected = "25.1 dB (measured, while the file says -20.0 dB)";
        assert_eq!(value(&card, "Loudness"), Some(expected));
        let card = CaptureInfo::new(&capture, &levels, 0);
        assert_eq!(value(&card, "Plays late"), None);
    }

    #[test]
    fn what_the_project_means_stands_above_what_plays() {
        let plays = card(r#"{"name":"Plexi"}"#);
        let told = "Missing: Recto. Plexi plays instead";
        let card = plays.under("Project", told.into());
        assert_eq!(card.lines[0], ("Project", told.into()));
        assert_eq!(card.lines[1..], plays.lines);
    }

    #[test]
    fn strangers_texts_are_cut_to_a_line() {
        let long = "x\\n".repeat(10_000);
        let card = card(&format!(r#"{{"name":"{long}","gear_make":"{long}"}}"#));
        assert_eq!(value(&card, "Name").unwrap().chars().count(), LONGEST);
        assert!(!value(&card, "Gear").unwrap().contains('\n'));
        assert!(card.gear.unwrap().chars().count() <= LONGEST);
    }

    #[test]
    fn what_it_costs_is_measured() {
        let built_in = crate::builtin::find("crunch").unwrap();
        let capture = Capture::from_bytes("crunch", built_in.bytes).unwrap();
        let cost = cost(&capture);
        assert!(cost > 0.0 && cost.is_finite());
        let mut card = CaptureInfo::new(&capture, &Levels::of(&capture), 0);
        card.set_cost(cost);
        assert!(value(&card, "CPU").unwrap().ends_with("of a core"));
    }
}
