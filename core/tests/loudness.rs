//! Measured loudness against what the trainer wrote into trained captures.

mod common;

use common::fixture;
use gridleak_core::{Capture, Loudness, LoudnessSource};

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
    assert_eq!(
        given,
        Some(Loudness {
            db: -20.5,
            source: LoudnessSource::Given
        })
    );
}

#[test]
fn an_absurd_loudness_is_measured_instead() {
    let given = |db: &str| {
        let members = format!(r#", "metadata": {{"loudness": {db}}}"#);
        gain(0.5, &members).loudness().expect("it is not silent")
    };
    for db in ["-400", "-100.5", "30.5", "1e9"] {
        let loudness = given(db);
        assert_eq!(loudness.source, LoudnessSource::Measured, "{db}");
        assert!((-25.0..-15.0).contains(&loudness.db), "{db}: {loudness:?}");
    }
    for db in ["-100", "-18.5", "0", "30"] {
        let loudness = given(db);
        assert_eq!(loudness.source, LoudnessSource::Given, "{db}");
        assert_eq!(loudness.db, db.parse::<f64>().unwrap());
    }
}
