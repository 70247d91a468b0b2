//! Measured loudness against what the trainer wrote into trained captures.

mod common;

use common::fixture;
use gridleak_core::{Capture, Loudness, LoudnessSource, Measured};
use std::cell::Cell;

/// Captures whose loudness the trainer measured.
const TRAINED: [&str; 11] = [
    "captures/a2_full.nam",
    "captures/a2_lite.nam",
    "captures/wn_nano_relu_trained.nam",
    "example_models/A2.nam",
    "example_models/lstm.nam",
    "example_models/wavenet.nam",
    "trained/lstm_1x16_crunch.nam",
    "trained/wn_feather_lead.nam",
    "../../../assets/clean.nam",
    "../../../assets/crunch.nam",
    "../../../assets/lead.nam",
];

/// A capture that plays its input times `gain`, with `members` added to the file.
fn gain(gain: f32, members: &str) -> Capture {
    let file = format!(
        r#"{{"version": "0.5.4", "architecture": "Linear", "weights": [{gain}],
            "config": {{"receptive_field": 1, "bias": false}}{members}}}"#
    );
    Capture::from_bytes("gain.nam", file.as_bytes()).expect("it is well formed")
}

#[test]
fn measures_what_the_trainer_measured() {
    let mut wrong = Vec::new();
    for name in TRAINED {
        let capture = Capture::from_file(&fixture(name)).expect("it loads");
        let given = capture.metadata().loudness.expect("the trainer writes it");
        let measured = capture.measure_loudness().expect("it is not silent");
        println!(
            "{name:36} given {given:7.2}  measured {measured:7.2}  {:+.2}",
            measured - given
        );
        assert_eq!(
            Some(measured),
            capture.measure_loudness(),
            "{name}: twice the same"
        );
        let loudness = Loudness {
            db: given,
            source: LoudnessSource::Given,
        };
        assert_eq!(capture.loudness(), Some(loudness), "{name}");
        if (measured - given).abs() > 1.0 {
            wrong.push(name);
        }
    }
    assert!(wrong.is_empty(), "more than 1 dB off: {wrong:?}");
}

#[test]
fn measures_where_the_file_gives_nothing_at_any_rate() {
    // The trainer plays the same samples whatever the rate.
    for rate in [
        "",
        r#", "sample_rate": 48000"#,
        r#", "sample_rate": 96000, "metadata": {}"#,
    ] {
        let loudness = gain(0.5, rate).loudness().expect("it is not silent");
        assert_eq!(loudness.source, LoudnessSource::Measured);
        let expected = -14.9 + 20.0 * 0.5f64.log10();
        assert!(
            (loudness.db - expected).abs() < 1e-3,
            "{} at{rate}",
            loudness.db
        );
    }
    for name in [
        "features/lstm_initstate_nosr.nam",
        "features/lstm_2in_2out.nam",
    ] {
        let capture = Capture::from_file(&fixture(name)).expect("it loads");
        let measured = capture.measure_loudness().expect("it is not silent");
        assert!((-60.0..0.0).contains(&measured), "{name}: {measured}");
    }
}

#[test]
fn silence_has_no_loudness() {
    assert_eq!(gain(0.0, "").measure_loudness(), None);
    assert_eq!(gain(1e-7, "").loudness(), None);
    let given = gain(0.0, r#", "metadata": {"loudness": -20.5}"#).loudness();
    assert_eq!(given, None, "whatever the file says");
}

/// What a file gives is believed if what the capture plays, -20.9 dB here, is not far from it.
#[test]
fn a_loudness_that_cannot_be_true_is_measured_instead() {
    let given = |db: f64| {
        let members = format!(r#", "metadata": {{"loudness": {db:?}}}"#);
        gain(0.5, &members).loudness().expect("it is not silent")
    };
    let measured = gain(0.5, "").loudness().unwrap().db;
    for db in [-400.0, -100.5, -40.0, -32.0, -9.0, 0.0, 30.5, 1e9] {
        let source = LoudnessSource::Corrected { given: db };
        let expected = Loudness {
            db: measured,
            source,
        };
        assert_eq!(given(db), expected, "{db}");
    }
    for db in [-30.0, -25.0, -18.5, -12.0] {
        let source = LoudnessSource::Given;
        assert_eq!(given(db), Loudness { db, source }, "{db}");
    }
    // One of the reference engine's examples says -20, and plays far beyond full scale.
    let name = "example_models/wavenet_a2_max.nam";
    let example = Capture::from_file(&fixture(name)).expect("it loads");
    let loudness = example.loudness().expect("it is not silent");
    let source = LoudnessSource::Corrected { given: -20.0 };
    assert_eq!(loudness.source, source);
    assert!(loudness.db > 15.0, "{loudness:?}");
    let loud = gain(50.0, r#", "metadata": {"loudness": -20}"#);
    let loudness = loud.loudness().unwrap();
    let expected = -14.9 + 20.0 * 50f64.log10();
    assert!((loudness.db - expected).abs() < 0.1, "{loudness:?}");
    assert!((loudness.gain_db() + 18.0 + expected).abs() < 0.1);
}

/// A capture that plays its input `frames` later.
fn late(frames: usize, members: &str) -> Capture {
    let mut weights = vec!["0"; frames + 1];
    weights[frames] = "0.5";
    let file = format!(
        r#"{{"version": "0.5.4", "architecture": "Linear", "weights": [{}],
            "config": {{"receptive_field": {}, "bias": false}}{members}}}"#,
        weights.join(","),
        frames + 1
    );
    Capture::from_bytes("late.nam", file.as_bytes()).expect("it is well formed")
}

fn measure(capture: &Capture) -> Measured {
    capture.measure(&|| false).expect("nobody cancels it")
}

#[test]
fn silence_before_the_sound_is_found() {
    for (frames, told) in [
        (0, 0),
        (20, 0),
        (47, 0),
        (48, 48),
        (960, 960),
        (4_000, 4_000),
    ] {
        let delay = measure(&late(frames, "")).delay;
        assert!(delay.abs_diff(told) <= 3, "{delay} of {frames}");
    }
    // The rate of the capture is what a millisecond is counted at.
    assert_eq!(measure(&late(60, r#", "sample_rate": 96000"#)).delay, 0);
    // Too late for the short piece: all of the signal is played, and what the file says is true.
    let late = late(6_000, r#", "metadata": {"loudness": -20.9}"#);
    let found = measure(&late);
    assert!(found.delay.abs_diff(6_000) <= 3, "{found:?}");
    assert_eq!(found.loudness.unwrap().source, LoudnessSource::Given);
}

/// Its short piece is worth -20.9 dB. What comes later and is much louder is only heard if playing all of
/// the signal does not take too long.
#[test]
fn a_huge_capture_is_measured_by_the_short_piece() {
    let measured = |weights: usize| {
        let mut list = vec!["0"; weights];
        (list[0], list[6_000]) = ("0.5", "5.0");
        let file = format!(
            r#"{{"version": "0.5.4", "architecture": "Linear", "weights": [{}],
                "config": {{"receptive_field": {weights}, "bias": false}}}}"#,
            list.join(",")
        );
        let capture = Capture::from_bytes("huge.nam", file.as_bytes()).expect("it is well formed");
        measure(&capture).loudness.expect("it sounds")
    };
    let (usual, huge) = (measured(8_000), measured(400_000));
    assert!((usual.db + 1.3).abs() < 1.0, "{usual:?}");
    assert!((huge.db + 20.9).abs() < 1.0, "{huge:?}");
    assert_eq!(huge.source, LoudnessSource::Measured);
}

#[test]
fn neither_offsets_nor_tails_are_silence() {
    // An offset that is louder than the sound, and a second of reverberation.
    let offset = r#"{"version": "0.5.4", "architecture": "Linear", "weights": [0.1, 0.7],
        "config": {"receptive_field": 1, "bias": true}}"#;
    let mut tail: Vec<f64> = (0..40_000)
        .map(|n| 0.02 * (-n as f64 / 8_000.0).exp())
        .collect();
    tail[0] = 1.0;
    let tail = format!(
        r#"{{"version": "0.5.4", "architecture": "Linear", "weights": {tail:?},
            "config": {{"receptive_field": 40000, "bias": false}}}}"#
    );
    for file in [offset, &tail] {
        let capture = Capture::from_bytes("x.nam", file.as_bytes()).unwrap();
        assert_eq!(measure(&capture).delay, 0);
    }
    // Nor is any trained capture late, nor one that plays nothing.
    for name in TRAINED {
        let capture = Capture::from_file(&fixture(name)).expect("it loads");
        assert_eq!(measure(&capture).delay, 0, "{name}");
    }
    assert_eq!(measure(&gain(0.0, "")).delay, 0);
}

#[test]
fn measuring_can_be_cancelled() {
    let large = format!(
        r#"{{"version": "0.5.4", "architecture": "ConvNet", "sample_rate": 48000, "weights": [{}0],
            "config": {{"channels": 100, "dilations": [1], "batchnorm": false, "activation": "ReLU"}}}}"#,
        "0.01,".repeat(400)
    );
    let large = Capture::from_bytes("large.nam", large.as_bytes()).expect("it is well formed");
    for capture in [gain(0.5, ""), large] {
        let asked = Cell::new(0);
        let found = capture.measure(&|| {
            asked.set(asked.get() + 1);
            false
        });
        assert!(found.is_some());
        assert!(asked.get() >= 48, "{}", asked.get());
        let all = asked.replace(0);
        let stopped = capture.measure(&|| {
            asked.set(asked.get() + 1);
            asked.get() > all / 2
        });
        assert_eq!((stopped, asked.get()), (None, all / 2 + 1));
    }
}
