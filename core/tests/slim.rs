//! Changing the size of a capture while it plays: no click, and then the very same sound as if it
//! had always been that size.

mod common;

use common::{fixture, samples};
use gridleak_core::{Capture, Model};
use std::f32::consts::TAU;

const CONTAINER: &str = "example_models/slimmable_container.nam";
const A2: &str = "example_models/A2.nam";
const SLIM: &str = "features/wn_slim.nam";
const SLIM_TWO: &str = "features/wn_slim_two.nam";
const ALL: [&str; 4] = [A2, CONTAINER, SLIM, SLIM_TWO];

const BLOCKS: [usize; 4] = [1, 64, 480, 4096];

/// Frames before the change; no multiple of any block.
const BEFORE: usize = 10_000;
/// Frames within which a change is through: as many again as the longest lookback, and the fade.
const SETTLED: usize = 16_000;

fn load(name: &str) -> Capture {
    Capture::from_file(&fixture(name)).unwrap_or_else(|error| panic!("{error}"))
}

/// 110 Hz at -12 dB.
fn sine() -> Vec<f32> {
    (0..BEFORE + 2 * SETTLED)
        .map(|i| 0.25 * (TAU * 110.0 / 48_000.0 * i as f32).sin())
        .collect()
}

/// As many frames of a played guitar.
fn guitar() -> Vec<f32> {
    let recording = samples("input_half_second.f32");
    recording
        .into_iter()
        .cycle()
        .take(BEFORE + 2 * SETTLED)
        .collect()
}

/// A prewarmed instance that has this size from the start.
fn sized(capture: &Capture, slim: f64) -> Model {
    let mut model = capture.build();
    model.set_slim(slim);
    model.prewarm();
    model
}

/// Plays the signal in blocks; `before` is called with the first frame of each.
fn render(
    model: &mut Model,
    signal: &[f32],
    block: usize,
    mut before: impl FnMut(&mut Model, usize),
) -> Vec<f32> {
    let mut sound = vec![0.0; signal.len()];
    for (index, input) in signal.chunks(block).enumerate() {
        let start = index * block;
        before(model, start);
        model.process_mono(input, &mut sound[start..start + input.len()]);
    }
    sound
}

fn always(capture: &Capture, slim: f64, signal: &[f32]) -> Vec<f32> {
    render(&mut sized(capture, slim), signal, 64, |_, _| {})
}

/// Plays with one size, then from some frame after [`BEFORE`] on with another.
fn changed(capture: &Capture, from: f64, to: f64, signal: &[f32], block: usize) -> Vec<f32> {
    let mut model = sized(capture, from);
    render(&mut model, signal, block, |model, start| {
        if start >= BEFORE {
            model.set_slim(to);
        }
    })
}

fn largest_step(sound: &[f32]) -> f32 {
    let steps = sound.windows(2).map(|pair| (pair[1] - pair[0]).abs());
    steps.fold(0.0, f32::max)
}

fn largest_difference(a: &[f32], b: &[f32]) -> f32 {
    let differences = a.iter().zip(b).map(|(a, b)| (a - b).abs());
    differences.fold(0.0, f32::max)
}

/// How far a size that took over may be from one that always played. A recurrent size forgets
/// where it started, but not to the last bit.
fn tolerance(name: &str) -> f32 {
    if name == CONTAINER { 1e-5 } else { 1e-6 }
}

/// One value within each size, ascending.
fn sizes(capture: &Capture) -> Vec<f64> {
    let mut values = vec![0.0];
    values.extend(capture.slim_steps());
    values
}

#[test]
fn steps_are_those_of_the_file() {
    let close = |name: &str, wanted: &[f64]| {
        let steps = load(name).slim_steps();
        assert_eq!(steps.len(), wanted.len(), "{name}: {steps:?}");
        for (step, wanted) in steps.iter().zip(wanted) {
            assert!((step - wanted).abs() < 1e-12, "{name}: {steps:?}");
        }
    };
    close(A2, &[0.5]);
    close(CONTAINER, &[0.33, 0.66]);
    close(SLIM, &[0.5]);
    // Widths in thirds and in quarters.
    close(SLIM_TWO, &[0.25, 1.0 / 3.0, 0.5, 2.0 / 3.0, 0.75]);
    close("captures/wn_nano.nam", &[]);
}

#[test]
fn each_step_begins_another_size() {
    let signal = &guitar()[..3000];
    for name in ALL {
        let capture = load(name);
        let sounds: Vec<Vec<f32>> = sizes(&capture)
            .iter()
            .map(|&slim| always(&capture, slim, signal))
            .collect();
        for pair in sounds.windows(2) {
            assert_ne!(pair[0], pair[1], "{name}");
        }
        for (index, &step) in capture.slim_steps().iter().enumerate() {
            let below = always(&capture, step - 1e-9, signal);
            assert!(below == sounds[index], "{name}: just below {step}");
        }
        let last = sounds.last().expect("at least one size");
        assert!(always(&capture, 1.0, signal) == *last, "{name}: 1");
        assert!(always(&capture, 7.0, signal) == *last, "{name}: above 1");
        assert!(always(&capture, f64::NAN, signal) == *last, "{name}: NaN");
        assert!(
            always(&capture, -7.0, signal) == sounds[0],
            "{name}: below 0"
        );
    }
}

#[test]
fn a_change_does_not_click() {
    for (kind, signal) in [("sine", sine()), ("guitar", guitar())] {
        for name in ALL {
            let capture = load(name);
            for (from, to) in [(1.0, 0.0), (0.0, 1.0)] {
                let (old, new) = (
                    always(&capture, from, &signal),
                    always(&capture, to, &signal),
                );
                // Besides what the sound itself does, a fade of 1024 frames goes from one size to
                // the other, a little with every frame.
                let fade = largest_difference(&old[BEFORE..], &new[BEFORE..]) / 1024.0;
                for block in BLOCKS {
                    let sound = changed(&capture, from, to, &signal, block);
                    // Where it happens, and nowhere else.
                    for start in (BEFORE..BEFORE + SETTLED).step_by(1000) {
                        let near = start - 500..start + 1500;
                        let alone =
                            largest_step(&old[near.clone()]).max(largest_step(&new[near.clone()]));
                        let step = largest_step(&sound[near]);
                        assert!(
                            step <= alone + fade + 1e-5,
                            "{name}, {kind}, {from} to {to}, blocks of {block}, from {start}: \
                             a step of {step}, {alone} by themselves"
                        );
                    }
                }
            }
        }
    }
}

#[test]
fn after_a_change_it_sounds_as_if_always_so() {
    let signal = guitar();
    for name in ALL {
        let capture = load(name);
        let sizes = sizes(&capture);
        for &from in &sizes {
            for &to in &sizes {
                let wanted = always(&capture, to, &signal);
                for block in BLOCKS {
                    let sound = changed(&capture, from, to, &signal, block);
                    let rest = BEFORE + SETTLED..;
                    let off = largest_difference(&sound[rest.clone()], &wanted[rest]);
                    assert!(
                        off <= tolerance(name),
                        "{name}, {from} to {to}, blocks of {block}: off by {off}"
                    );
                    let first = ..BEFORE;
                    let old = always(&capture, from, &signal[first]);
                    let off = largest_difference(&sound[first], &old);
                    assert!(off <= 1e-6, "{name}: before the change, off by {off}");
                }
            }
        }
    }
}

#[test]
fn rapid_changes_end_on_the_last() {
    let signal = guitar();
    for name in ALL {
        let capture = load(name);
        let sizes = sizes(&capture);
        for &last in &sizes {
            let wanted = always(&capture, last, &signal);
            for (block, hold) in [(1, 1), (64, 1), (64, 7), (64, 50), (480, 1), (480, 5)] {
                let mut model = sized(&capture, 1.0);
                let sound = render(&mut model, &signal, block, |model, start| {
                    // Every so many blocks another one, in an order without a pattern.
                    let turn = start / block / hold;
                    let chosen = (turn * turn + turn / 3) % sizes.len();
                    model.set_slim(if start < BEFORE { sizes[chosen] } else { last });
                });
                // A fade under way ends before the last change begins.
                let rest = BEFORE + SETTLED + 2048..;
                let off = largest_difference(&sound[rest.clone()], &wanted[rest]);
                assert!(
                    off <= tolerance(name),
                    "{name}, ending on {last}, blocks of {block}, {hold} each: off by {off}"
                );
                let step = largest_step(&sound);
                let alone = sizes.iter().map(|&slim| {
                    let sound = always(&capture, slim, &signal);
                    (largest_step(&sound), sound)
                });
                let alone: Vec<(f32, Vec<f32>)> = alone.collect();
                let largest = alone.iter().fold(0.0f32, |most, (step, _)| most.max(*step));
                let apart = alone
                    .iter()
                    .flat_map(|(_, a)| alone.iter().map(move |(_, b)| largest_difference(a, b)));
                let fade = apart.fold(0.0, f32::max) / 1024.0;
                assert!(
                    step <= largest + fade + 1e-5,
                    "{name}, blocks of {block}, {hold} each: a step of {step}, {largest} alone"
                );
            }
        }
    }
}

/// Before anything has sounded nothing has to be faded, whether before prewarming or after a reset.
#[test]
fn a_size_chosen_in_silence_plays_at_once() {
    let signal = guitar();
    let signal = &signal[..8000];
    for name in ALL {
        let capture = load(name);
        for &slim in &sizes(&capture) {
            let mut fresh = capture.build();
            fresh.set_slim(slim);
            let wanted = render(&mut fresh, signal, 64, |_, _| {});
            // All sizes have played, and are to be forgotten.
            let mut used = sized(&capture, slim);
            render(&mut used, signal, 64, |model, start| {
                model.set_slim(if start < 4000 { slim } else { 1.0 - slim });
            });
            used.reset();
            used.set_slim(slim);
            let sound = render(&mut used, signal, 64, |_, _| {});
            assert!(sound == wanted, "{name} at {slim}");
        }
    }
}

/// Back to where it was before anything of the other size was heard.
#[test]
fn a_change_taken_back_is_not_heard() {
    let signal = guitar();
    let capture = load(A2);
    let wanted = always(&capture, 1.0, &signal);
    let sound = render(&mut sized(&capture, 1.0), &signal, 64, |model, start| {
        model.set_slim(if (BEFORE..BEFORE + 640).contains(&start) {
            0.0
        } else {
            1.0
        });
    });
    assert!(sound == wanted);
}

/// Every width can be chosen, also where its step is a number that floating point rounds down.
#[test]
fn no_width_is_mistaken_for_another() {
    let channels = 22;
    let per_layer = 2 * channels * channels + 3 * channels + channels * channels;
    let count = channels + per_layer + channels + 1;
    let weights: Vec<f32> = (0..count)
        .map(|i| ((i * 37 % 101) as f32 - 50.0) * 0.004)
        .collect();
    let file = format!(
        r#"{{"version":"0.7.0","architecture":"WaveNet","config":{{"layers":[{{"input_size":1,"condition_size":1,"channels":{channels},"head_size":1,"head_bias":false,"activation":"Tanh","kernel_size":2,"dilations":[1],"slimmable":{{"method":"slice_channels_uniform"}}}}],"head":null,"head_scale":1}},"weights":{weights:?}}}"#
    );
    let capture =
        Capture::from_bytes("many.nam", file.as_bytes()).unwrap_or_else(|e| panic!("{e}"));
    assert_eq!(capture.slim_steps().len(), channels - 1);
    let sounds: Vec<Vec<f32>> = (0..channels)
        .map(|width| {
            let mut model = capture.build();
            model.set_slim((width as f64 + 0.5) / channels as f64);
            model.prewarm();
            let mut output = vec![0.0; 64];
            model.process_mono(&[0.3; 64], &mut output);
            output
        })
        .collect();
    for pair in sounds.windows(2) {
        assert_ne!(pair[0], pair[1]);
    }
}
