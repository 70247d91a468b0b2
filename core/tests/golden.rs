//! Gridleak against the reference engine, sample by sample, on every file of the fixtures.

mod common;

use common::{capture_names, fixture, render_blocks, samples};
use gridleak_core::{Capture, SimdLevel};

/// How far a render may be from its reference.
struct Tolerance {
    /// Largest deviation, as a share of the reference's peak; none where only the general bound holds.
    of_peak: Option<f32>,
}

/// The general bound: single-precision rounding alone reaches 5e-5 in a capture of high gain.
const RMS_BOUND: f64 = 2e-5;
const MAX_BOUND: f32 = 1e-4;
/// What nets with little gain must hold besides.
const TIGHT: Tolerance = Tolerance {
    of_peak: Some(5e-6),
};
const GENERAL: Tolerance = Tolerance { of_peak: None };

fn deviation(name: &str, got: &[f32], want: &[f32], tolerance: &Tolerance) -> Option<String> {
    assert_eq!(got.len(), want.len(), "{name}: length");
    let peak = want.iter().fold(0.0f32, |peak, y| peak.max(y.abs()));
    let max = got
        .iter()
        .zip(want)
        .fold(0.0f32, |max, (a, b)| max.max((a - b).abs()));
    let square = |values: &mut dyn Iterator<Item = f32>| -> f64 {
        values.map(|v| f64::from(v) * f64::from(v)).sum()
    };
    let error = square(&mut got.iter().zip(want).map(|(a, b)| a - b));
    let rms = (error / square(&mut want.iter().copied()).max(1e-30)).sqrt();
    let tight = tolerance.of_peak.unwrap_or(f32::INFINITY) * peak;
    let bound = (MAX_BOUND * peak.max(0.1)).min(tight);
    let finite = got.iter().all(|y| y.is_finite());
    let verdict = if finite && rms <= RMS_BOUND && max <= bound {
        "ok"
    } else {
        "WRONG"
    };
    println!("{verdict:5} {name:48} max {max:.2e} of {bound:.2e}  rms {rms:.2e}  peak {peak:.3}");
    (verdict != "ok").then(|| name.to_owned())
}

/// Renders `model` at every level that this CPU has and compares.
fn check(
    model: &str,
    signal: &str,
    reference: &str,
    prewarm: bool,
    tolerance: &Tolerance,
) -> Vec<String> {
    check_slim(model, signal, reference, prewarm, None, tolerance)
}

fn check_slim(
    model: &str,
    signal: &str,
    reference: &str,
    prewarm: bool,
    slim: Option<f64>,
    tolerance: &Tolerance,
) -> Vec<String> {
    let capture = Capture::from_file(&fixture(model)).unwrap_or_else(|error| panic!("{error}"));
    let input = samples(signal);
    let want = samples(reference);
    let mut failures = Vec::new();
    for &level in SimdLevel::ALL.iter().filter(|level| level.is_available()) {
        let mut instance = capture.build_for(level);
        if let Some(value) = slim {
            instance.set_slim(value);
        }
        if prewarm {
            instance.prewarm();
        }
        let got = render_blocks(&mut instance, &input, std::iter::repeat(64));
        let name = format!("{reference} {level}");
        failures.extend(deviation(&name, &got, &want, tolerance));
    }
    failures
}

#[test]
fn captures() {
    let names = capture_names("captures");
    assert_eq!(names.len(), 25, "a fixture is missing");
    let failures: Vec<String> = names
        .iter()
        .flat_map(|name| {
            let tolerance = if name == "wn_nano_relu_trained" {
                &GENERAL
            } else {
                &TIGHT
            };
            let model = format!("captures/{name}.nam");
            check(
                &model,
                "input_1s.f32",
                &format!("reference/{name}.f32"),
                true,
                tolerance,
            )
        })
        .collect();
    assert!(failures.is_empty(), "{failures:#?}");
}

#[test]
fn example_models() {
    let names = capture_names("example_models");
    assert_eq!(names.len(), 9, "a fixture is missing");
    let failures: Vec<String> = names
        .iter()
        .flat_map(|name| {
            // The reference engine leaves a modulation out here; the trainer's semantics count.
            let folder = if name == "wavenet_a2_max" {
                "reference/trainer"
            } else {
                "reference"
            };
            let model = format!("example_models/{name}.nam");
            check(
                &model,
                "input_1s.f32",
                &format!("{folder}/{name}.f32"),
                true,
                &GENERAL,
            )
        })
        .collect();
    assert!(failures.is_empty(), "{failures:#?}");
}

/// Where the reference engine departs from the trainer.
const TRAINER: [&str; 3] = [
    "wn_film_layer1x1_post_film",
    "wn_film_noshift_layer1x1_post_film",
    "wn_no_layer1x1",
];

#[test]
fn features() {
    let names = capture_names("features");
    assert_eq!(names.len(), 73, "a fixture is missing");
    let failures: Vec<String> = names
        .iter()
        .flat_map(|name| {
            let reference = match name.as_str() {
                trainer if TRAINER.contains(&trainer) => format!("reference/trainer/{name}.f32"),
                // The reference engine reads past the end of this file's slopes; the same net with
                // its slopes written out is what the file means.
                "wn_gating_list" => "reference/features/wn_gating_list_fixedprelu.f32".to_owned(),
                _ => format!("reference/features/{name}.f32"),
            };
            let model = format!("features/{name}.nam");
            check(&model, "input_half_second.f32", &reference, true, &TIGHT)
        })
        .collect();
    assert!(failures.is_empty(), "{failures:#?}");
}

#[test]
fn without_prewarming() {
    let failures: Vec<String> = ["lstm_2in_2out", "lstm_initstate", "wn_act_Sigmoid_9"]
        .iter()
        .flat_map(|name| {
            let model = format!("features/{name}.nam");
            let reference = format!("reference/features/{name}__noprewarm.f32");
            check(&model, "input_half_second.f32", &reference, false, &TIGHT)
        })
        .collect();
    assert!(failures.is_empty(), "{failures:#?}");
}

#[test]
fn slimmed() {
    let failures: Vec<String> = ["wn_slim", "wn_slim_two"]
        .iter()
        .flat_map(|name| ["0", "0.5"].map(|slim| (name, slim)))
        .flat_map(|(name, slim)| {
            let model = format!("features/{name}.nam");
            let reference = format!("reference/features/{name}__slim{slim}.f32");
            let value = slim.parse().ok();
            check_slim(
                &model,
                "input_half_second.f32",
                &reference,
                true,
                value,
                &TIGHT,
            )
        })
        .collect();
    assert!(failures.is_empty(), "{failures:#?}");
}
