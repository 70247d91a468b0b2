//! Captures with knobs: inputs beside the guitar's that hear where a control stands.

mod common;

use assert_no_alloc::{AllocDisabler, assert_no_alloc, reset_violation_count, violation_count};
use common::one_slot::OneSlot;
use common::{CONFIG, samples};
use gridleak_core::{
    Amp, BuildId, Capture, CaptureError, KnobPositions, Levels, Pedal, ProcessConfig, SimdLevel,
    Voicing, latency,
};
use serde_json::{Value, json};

#[global_allocator]
static ALLOCATOR: AllocDisabler = AllocDisabler;

fn parse(file: &Value) -> Capture {
    Capture::from_bytes("knobs.nam", file.to_string().as_bytes()).unwrap_or_else(|e| panic!("{e}"))
}

/// An LSTM of so many inputs.
fn lstm(inputs: usize, metadata: Value) -> Capture {
    let count = 32 * (inputs + 8) + 32 + 16 + 8 + 1;
    let weights: Vec<f64> = (0..count)
        .map(|n| (n * 7919 % 101) as f64 / 150.0 - 0.33)
        .collect();
    parse(
        &json!({"version": "0.7.0", "architecture": "LSTM", "sample_rate": 48000,
        "config": {"input_size": inputs, "hidden_size": 8, "num_layers": 1,
                   "in_channels": inputs, "out_channels": 1},
        "weights": weights, "metadata": metadata}),
    )
}

/// The guitar, and a half of one knob.
fn sum(control: Value) -> Capture {
    parse(
        &json!({"version": "0.5.4", "architecture": "Linear", "sample_rate": 48000,
        "config": {"receptive_field": 1, "bias": false, "in_channels": 2},
        "weights": [1.0, 0.5], "metadata": {"controls": [control]}}),
    )
}

fn config(rate: f64, channels: usize, capture: &Capture) -> ProcessConfig {
    ProcessConfig {
        rate,
        inputs: channels,
        outputs: channels,
        latency: latency(rate, capture.sample_rate()),
        ..CONFIG
    }
}

fn chain(capture: &Capture, config: ProcessConfig, knobs: Option<KnobPositions>) -> OneSlot {
    let voicing = Voicing {
        knobs,
        ..Voicing::default()
    };
    let amp = Amp::new(capture, config, voicing, BuildId(0), SimdLevel::detect()).unwrap();
    let mut chain = OneSlot::new(config);
    let mut start = [0.5; 4];
    for (start, control) in start.iter_mut().zip(capture.controls().unwrap().iter()) {
        *start = control.default;
    }
    chain.set_knobs(knobs.unwrap_or(start));
    assert!(chain.load_amp(amp).is_ok());
    chain.reset();
    chain
}

fn play(chain: &mut OneSlot, sides: &mut [Vec<f32>]) {
    let frames = sides[0].len();
    for start in (0..frames).step_by(100) {
        let end = frames.min(start + 100);
        let mut piece: Vec<&mut [f32]> = sides.iter_mut().map(|s| &mut s[start..end]).collect();
        reset_violation_count();
        assert_no_alloc(|| chain.process(&mut piece));
        assert_eq!(violation_count(), 0);
    }
}

/// What the net itself plays, all inputs given.
fn net(capture: &Capture, inputs: &[&[f32]]) -> Vec<f32> {
    let mut model = capture.build();
    let first: Vec<f32> = inputs.iter().map(|input| input[0]).collect();
    let mut silence = first;
    silence[0] = 0.0;
    model.prewarm_at(&silence);
    let mut output = vec![0.0; inputs[0].len()];
    model.process(inputs, &mut [&mut output]);
    output
}

fn two_knobs() -> Capture {
    lstm(
        3,
        json!({"controls": ["drive", "tone"],
                   "control_channels": "input = [audio ; drive ; tone] (0..1)"}),
    )
}

#[test]
fn knobs_that_stand_are_inputs_that_stay() {
    let guitar = &samples("input_half_second.f32")[..6000];
    let capture = two_knobs();
    let mut heard = Vec::new();
    for [drive, tone] in [[0.0, 0.0], [0.5, 0.5], [0.9, 0.2], [0.2, 0.9]] {
        let wanted = net(&capture, &[guitar, &[drive; 6000], &[tone; 6000]]);
        // Mono, then stereo: the right side is another guitar, and no knob.
        let mut mono = [guitar.to_vec()];
        let knobs = Some([drive, tone, 0.7, 0.1]);
        play(
            &mut chain(&capture, config(48_000.0, 1, &capture), knobs),
            &mut mono,
        );
        assert!(mono[0] == wanted);
        let right: Vec<f32> = guitar.iter().map(|sample| -0.5 * sample).collect();
        let right_wanted = net(&capture, &[&right, &[drive; 6000], &[tone; 6000]]);
        let mut stereo = [guitar.to_vec(), right];
        play(
            &mut chain(&capture, config(48_000.0, 2, &capture), knobs),
            &mut stereo,
        );
        assert!(stereo[0] == wanted);
        assert!(stereo[1] == right_wanted);
        assert!(!heard.contains(&wanted), "the knobs do nothing");
        heard.push(wanted);
    }
    // Nobody turned them: they stand in the middle.
    let mut mono = [guitar.to_vec()];
    play(
        &mut chain(&capture, config(48_000.0, 1, &capture), None),
        &mut mono,
    );
    assert!(mono[0] == heard[1]);
}

#[test]
fn a_turned_knob_moves_in_a_straight_line_from_the_frame_at_which_it_is_turned() {
    let guitar = &samples("input_half_second.f32")[..6000];
    let capture = two_knobs();
    let ramp = |n: usize| {
        let left = (1000.0 + 960.0 - 1.0 - n as f64).clamp(0.0, 960.0);
        (f64::from(0.8f32) + (0.25 - f64::from(0.8f32)) * (left / 960.0)) as f32
    };
    let drive: Vec<f32> = (0..6000).map(ramp).collect();
    let wanted = net(&capture, &[guitar, &drive, &[0.5; 6000]]);
    let mut chain = chain(
        &capture,
        config(48_000.0, 1, &capture),
        Some([0.25, 0.5, 0.0, 0.0]),
    );
    let mut sides = [guitar[..1000].to_vec()];
    play(&mut chain, &mut sides);
    reset_violation_count();
    assert_no_alloc(|| chain.set_knobs([0.8, 0.5, 1.0, f32::NAN]));
    assert_eq!(violation_count(), 0);
    let mut rest = [guitar[1000..].to_vec()];
    play(&mut chain, &mut rest);
    let [mut heard] = sides;
    heard.extend_from_slice(&rest[0]);
    assert!(heard == wanted);
}

/// Whatever the rates: the steps that the knob itself makes are those of its ramp.
#[test]
fn a_turned_knob_makes_no_step() {
    for (rate, times) in [(48_000.0, 1), (44_100.0, 1), (96_000.0, 1), (44_100.0, 4)] {
        let capture = sum(json!({"name": "offset", "min": -2, "max": 2}));
        let capture = capture.oversampled(times);
        let mut chain = chain(&capture, config(rate, 1, &capture), Some([0.5; 4]));
        let mut sides = [vec![0.0; 12_000]];
        play(&mut chain, &mut sides);
        chain.set_knobs([1.0; 4]);
        let mut after = [vec![0.0; 12_000]];
        play(&mut chain, &mut after);
        let all = [&sides[0][..], &after[0]].concat();
        let steps = all.windows(2).map(|pair| (pair[1] - pair[0]).abs());
        let largest = steps.fold(0.0, f32::max);
        // Half of 2 in 20 ms; where its corner is filtered it rings a little.
        let ramp = 1.0 / (0.02 * rate as f32);
        assert!(largest < 1.2 * ramp, "{rate}: {largest} of {ramp}");
        let end = all.last().unwrap();
        assert!((end - 1.0).abs() < 1e-3, "{rate}: {end}");
    }
}

#[test]
fn a_host_of_another_rate_hears_the_same_sound() {
    let capture = two_knobs();
    let power = |rate: f64, times: usize, knobs: [f32; 2]| {
        let capture = capture.oversampled(times);
        let mut chain = chain(
            &capture,
            config(rate, 1, &capture),
            Some([knobs[0], knobs[1], 0.0, 0.0]),
        );
        let sine = |n: usize| 0.3 * (std::f64::consts::TAU * 220.0 * n as f64 / rate).sin() as f32;
        let mut sides = [(0..rate as usize).map(sine).collect::<Vec<f32>>()];
        play(&mut chain, &mut sides);
        let late = &sides[0][sides[0].len() / 2..];
        let mean = late.iter().map(|&y| f64::from(y)).sum::<f64>() / late.len() as f64;
        late.iter()
            .map(|&y| (f64::from(y) - mean).powi(2))
            .sum::<f64>()
            / late.len() as f64
    };
    for knobs in [[0.1, 0.9], [0.9, 0.1]] {
        let here = power(48_000.0, 1, knobs);
        for (rate, times) in [(44_100.0, 1), (96_000.0, 1), (48_000.0, 4)] {
            let there = power(rate, times, knobs);
            let apart = 10.0 * (there / here).log10();
            assert!(apart.abs() < 0.1, "{rate} Hz, {times} times: {apart} dB");
        }
    }
}

/// What is offered while another capture plays has the knobs as they stand then.
#[test]
fn captures_that_come_later_have_the_knobs_as_they_stand() {
    let capture = two_knobs();
    let config = self::config(48_000.0, 1, &capture);
    let mut chain = chain(&capture, config, Some([0.5; 4]));
    chain.set_knobs([0.9, 0.1, 0.0, 0.0]);
    let stale = Amp::new(
        &capture,
        config,
        Voicing::default(),
        BuildId(1),
        SimdLevel::detect(),
    )
    .unwrap();
    let guitar = &samples("input_half_second.f32")[..20_000];
    let mut sides = [guitar.to_vec()];
    play(&mut chain, &mut sides);
    assert!(chain.load_amp(stale).is_ok());
    let mut later = [guitar.to_vec()];
    play(&mut chain, &mut later);
    assert!(chain.take_retired().is_some(), "it has taken over");
    let both = [guitar, guitar].concat();
    let knobs = [&[0.9; 40_000][..], &[0.1; 40_000]];
    let wanted = net(&capture, &[&both, knobs[0], knobs[1]]);
    for (heard, wanted) in later[0].iter().zip(&wanted[20_000..]).skip(12_000) {
        assert!((heard - wanted).abs() < 1e-4, "{heard} is not {wanted}");
    }
}

#[test]
fn the_knobs_of_a_pedal_stay_where_they_start() {
    let pedal = sum(json!({"name": "offset", "default": 0.25}));
    let amp = sum(json!({"name": "offset", "default": 0.0}));
    let config = self::config(48_000.0, 1, &amp);
    let voicing = Voicing {
        knobs: Some([1.0; 4]),
        ..Voicing::default()
    };
    let amp = Amp::new(&amp, config, voicing, BuildId(0), SimdLevel::detect()).unwrap();
    let pedal = Pedal::new(&pedal, config, voicing, BuildId(0), SimdLevel::detect()).unwrap();
    let mut chain = OneSlot::new(config);
    chain.set_knobs([1.0; 4]);
    assert!(chain.load_amp(amp).is_ok() && chain.load_pedal(pedal).is_ok());
    let mut sides = [vec![0.25; 500]];
    play(&mut chain, &mut sides);
    assert_eq!(sides[0], [0.25 + 0.125 + 0.5; 500]);
}

#[test]
fn loudness_is_that_of_the_guitar_with_the_knobs_where_they_start() {
    let loudness = |capture: Capture| capture.measure_loudness().unwrap();
    let wire = parse(
        &json!({"version": "0.5.4", "architecture": "Linear", "sample_rate": 48000,
        "config": {"receptive_field": 1, "bias": false}, "weights": [1.0]}),
    );
    let wire = loudness(wire);
    let at = |default: f64| loudness(sum(json!({"name": "offset", "default": default})));
    assert!((at(0.0) - wire).abs() < 1e-6);
    // An offset of a half, which is as good as all power there is: the signal has 0.032.
    assert!((at(1.0) - 10.0 * (0.25f64 + 0.032 - 0.04).log10()).abs() < 0.3);
    let levels = Levels::of(&sum(json!({"name": "offset", "default": 0.0})));
    assert!((levels.loudness.unwrap().db - wire).abs() < 1e-6);
}

#[test]
fn what_the_inputs_are_is_read_as_it_is_written() {
    // Names, what they hear at both ends, where they start.
    type Wanted = (&'static str, [f32; 2], f32);
    let drive: Wanted = ("drive", [0.0, 1.0], 0.5);
    let tone: Wanted = ("tone", [0.0, 1.0], 0.5);
    let long = "x".repeat(10_000);
    let cases: Vec<(Value, Vec<Wanted>)> = vec![
        (json!({"controls": ["drive", "tone"]}), vec![drive, tone]),
        (
            json!({"control_channels": "input = [audio ; drive ; tone] (0..1)"}),
            vec![drive, tone],
        ),
        (
            json!({"control_channels": ["drive", "tone"]}),
            vec![drive, tone],
        ),
        (
            json!({"control_channels": "[audio ; Input ; tone]"}),
            vec![("Input", [0.0, 1.0], 0.5), tone],
        ),
        (
            json!({"control_channels": ["Input", "tone"]}),
            vec![("Input", [0.0, 1.0], 0.5), tone],
        ),
        (
            json!({"control_channels": ["Guitar", "drive", "tone"]}),
            vec![drive, tone],
        ),
        (
            json!({"controls": ["drive", "tone"], "control_channels": [1, 2]}),
            vec![drive, tone],
        ),
        (
            json!({"controls": ["drive", "tone"], "control_channels": "as the trainer says"}),
            vec![drive, tone],
        ),
        (
            json!({"controls": ["drive", "tone"], "control_channels": "[audio, drive, tone] (-1..1)"}),
            vec![("drive", [-1.0, 1.0], 0.5), ("tone", [-1.0, 1.0], 0.5)],
        ),
        (
            json!({"controls": [{"name": "Drive", "min": 1, "max": 11, "default": 3.5},
                                {"name": " To\nne ", "min_value": -1, "max_value": 1, "default": 7}]}),
            vec![("Drive", [1.0, 11.0], 0.25), ("To ne", [-1.0, 1.0], 1.0)],
        ),
        (
            json!({"controls": [long, {"name": "tone"}]}),
            vec![("xxxxxxxxxxxxxxxxxxxxxxxx", [0.0, 1.0], 0.5), tone],
        ),
    ];
    for (metadata, wanted) in cases {
        let capture = lstm(3, metadata.clone());
        let found = capture
            .controls()
            .unwrap_or_else(|e| panic!("{metadata}: {e}"));
        let found: Vec<(&str, [f32; 2], f32)> = found
            .iter()
            .map(|control| (control.name.as_str(), control.range, control.default))
            .collect();
        assert_eq!(found, wanted, "{metadata}");
    }
    assert!(
        lstm(1, json!({"controls": ["drive"]}))
            .controls()
            .unwrap()
            .is_empty()
    );
}

/// The guitar is where the file says, and so are the knobs.
#[test]
fn the_guitar_may_have_any_input() {
    let guitar = &samples("input_half_second.f32")[..3000];
    let (first, second) = (&[0.3; 3000][..], &[0.8; 3000][..]);
    for (metadata, inputs) in [
        (
            json!({"control_channels": "[drive ; tone ; audio]"}),
            [first, second, guitar],
        ),
        (
            json!({"controls": ["tone", "drive"], "control_channels": "[drive ; audio ; tone]"}),
            [second, guitar, first],
        ),
        (
            json!({"controls": ["drive", "tone"], "control_channels": [2, 0]}),
            [second, guitar, first],
        ),
        // All inputs: the first is the guitar's.
        (
            json!({"controls": ["drive", "tone"], "control_channels": [1, 2, 0]}),
            [second, guitar, first],
        ),
        (
            json!({"controls": ["drive", "tone"], "control_channels": [0, 1, 2]}),
            [guitar, first, second],
        ),
    ] {
        let capture = lstm(3, metadata.clone());
        let mut model = capture.build();
        let held = |input: &[f32]| if input == guitar { 0.0 } else { input[0] };
        model.prewarm_at(&inputs.map(held));
        let mut wanted = vec![0.0; 3000];
        model.process(&inputs, &mut [&mut wanted]);
        let mut sides = [guitar.to_vec()];
        let config = self::config(48_000.0, 1, &capture);
        let knobs = Some([0.3, 0.8, 0.0, 0.0]);
        play(&mut chain(&capture, config, knobs), &mut sides);
        assert!(sides[0] == wanted, "{metadata}");
    }
}

#[test]
fn inputs_that_nobody_explains_are_refused_in_words() {
    for (inputs, metadata, why) in [
        (
            2,
            json!(null),
            "it has 2 inputs, but the file does not say what they are",
        ),
        (
            3,
            json!({"controls": {"drive": 3}}),
            "does not say what they are",
        ),
        (3, json!({"controls": ["drive"]}), "names only 1 knob"),
        (3, json!({"controls": ["a", "b", "c"]}), "names 3 knobs"),
        (
            9,
            json!({"controls": ["a", "b", "c", "d", "e", "f", "g", "h"]}),
            "9 inputs",
        ),
        (3, json!({"controls": ["drive", " "]}), "needs a name"),
        (3, json!({"controls": ["drive", 3]}), "should be text"),
        (3, json!({"controls": ["drive", {}]}), "is missing"),
        (
            2,
            json!({"controls": [{"name": "drive", "min": 1, "max": 1}]}),
            "cannot go from 1 to 1",
        ),
        (
            2,
            json!({"controls": [{"name": "drive", "max": 1e99}]}),
            "too large",
        ),
        (
            2,
            json!({"controls": [{"name": "drive", "default": "loud"}]}),
            "should be a number",
        ),
        (
            3,
            json!({"controls": ["drive", "tone"], "control_channels": [1, 1]}),
            "would share an input",
        ),
        (
            3,
            json!({"controls": ["drive", "tone"], "control_channels": [0, 1, 1]}),
            "would share an input",
        ),
        (
            3,
            json!({"controls": ["drive", "tone"], "control_channels": [0, 0, 1]}),
            "would share an input",
        ),
        (
            3,
            json!({"control_channels": "[audio ; drive ; drive]", "controls": ["drive", "drive"]}),
            "would share an input",
        ),
        (
            3,
            json!({"controls": ["drive", "tone"], "control_channels": [1]}),
            "3 inputs, but this lists 1",
        ),
        (
            2,
            json!({"controls": ["drive"], "control_channels": [0, 1, 0, 1]}),
            "2 inputs, but this lists 4",
        ),
        (
            3,
            json!({"controls": ["drive", "tone"], "control_channels": [1, 3]}),
            "not between 0 and 2",
        ),
        (
            3,
            json!({"control_channels": "[drive ; tone ; depth]"}),
            "which input is the guitar's",
        ),
    ] {
        let capture = lstm(inputs, metadata.clone());
        let error = capture.controls().expect_err("nobody knows");
        assert!(error.to_string().contains(why), "{metadata}: {error}");
        assert!(error.to_string().starts_with("knobs.nam"), "{error}");
        let config = self::config(48_000.0, 2, &capture);
        let amp = Amp::new(
            &capture,
            config,
            Voicing::default(),
            BuildId(0),
            SimdLevel::detect(),
        );
        assert_eq!(amp.err(), Some(error.to_string()));
        if why.contains("inputs") {
            assert!(matches!(error, CaptureError::Inputs { .. }), "{error}");
        }
    }
}
