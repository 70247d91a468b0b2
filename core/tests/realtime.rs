//! The promise this project was founded on: playing never touches the allocator.
//!
//! The allocator of this test binary counts what happens inside `assert_no_alloc`.

mod common;

use assert_no_alloc::{AllocDisabler, assert_no_alloc, reset_violation_count, violation_count};
use common::{capture_names, fixture, samples};
use gridleak_core::{Capture, Model, SimdLevel};

#[global_allocator]
static ALLOCATOR: AllocDisabler = AllocDisabler;

/// Allocations and frees while `play` runs.
fn violations(play: impl FnOnce()) -> u32 {
    reset_violation_count();
    assert_no_alloc(play);
    violation_count()
}

/// Consecutive calls of very different lengths.
const SIZES: [usize; 12] = [64, 1, 7, 512, 2, 16, 0, 1000, 3, 65, 4096, 5];

fn play_all_sizes(model: &mut Model, signal: &[f32]) -> u32 {
    let inputs: Vec<Vec<f32>> = vec![signal.to_vec(); model.in_channels()];
    let mut outputs: Vec<Vec<f32>> = vec![vec![0.0; signal.len()]; model.out_channels()];
    let mut total = 0;
    for size in SIZES {
        let input: Vec<&[f32]> = inputs.iter().map(|plane| &plane[..size]).collect();
        let mut output: Vec<&mut [f32]> =
            outputs.iter_mut().map(|plane| &mut plane[..size]).collect();
        total += violations(|| model.process(&input, &mut output));
    }
    total
}

fn check_folder(folder: &str) {
    let signal = samples("input_half_second.f32");
    for name in capture_names(folder) {
        let capture = Capture::from_file(&fixture(&format!("{folder}/{name}.nam"))).unwrap();
        for &level in SimdLevel::ALL.iter().filter(|level| level.is_available()) {
            let mut model = capture.build_for(level);
            model.prewarm();
            assert_eq!(play_all_sizes(&mut model, &signal), 0, "{name} at {level}");
            assert_eq!(violations(|| model.reset()), 0, "{name}: reset");
            for slim in [0.0, 0.6, 1.0, 0.3] {
                assert_eq!(
                    violations(|| model.set_slim(slim)),
                    0,
                    "{name}: slim {slim}"
                );
                assert_eq!(
                    play_all_sizes(&mut model, &signal),
                    0,
                    "{name} slimmed to {slim}"
                );
            }
        }
    }
}

/// Single-layer, multi-layer and large LSTMs, every WaveNet preset, ConvNet, Linear, A2.
#[test]
fn captures_play_without_allocating() {
    check_folder("captures");
}

/// Multi-channel nets, every activation, every feature of the format.
#[test]
fn features_play_without_allocating() {
    check_folder("features");
}

/// Containers and nested nets.
#[test]
fn example_models_play_without_allocating() {
    check_folder("example_models");
}

/// An LSTM far larger than any real one: 1 x 100.
#[test]
fn huge_lstm_plays_without_allocating() {
    let hidden = 100;
    let count = 4 * hidden * (1 + hidden) + 4 * hidden + 2 * hidden + hidden + 1;
    let weights: Vec<String> = (0..count)
        .map(|i| format!("{}", (i % 13) as f32 * 0.01 - 0.06))
        .collect();
    let file = format!(
        r#"{{"version":"0.5.4","architecture":"LSTM","config":{{"num_layers":1,"input_size":1,"hidden_size":{hidden}}},"weights":[{}],"sample_rate":48000}}"#,
        weights.join(",")
    );
    let mut model = Capture::from_bytes("huge.nam", file.as_bytes())
        .unwrap()
        .build();
    model.prewarm();
    assert_eq!(
        play_all_sizes(&mut model, &samples("input_half_second.f32")),
        0
    );
}

/// Input that is not sound must not lead anywhere else.
#[test]
fn broken_input_plays_without_allocating() {
    let broken = [f32::NAN, f32::INFINITY, f32::NEG_INFINITY, f32::MAX, 1e-40];
    let signal: Vec<f32> = broken.into_iter().cycle().take(5000).collect();
    for name in [
        "captures/lstm_2x16.nam",
        "captures/wn_standard.nam",
        "captures/a2_full.nam",
    ] {
        let mut model = Capture::from_file(&fixture(name)).unwrap().build();
        model.prewarm();
        assert_eq!(play_all_sizes(&mut model, &signal), 0, "{name}");
    }
}

/// The test of the test: an allocation beside a model's work is caught. (That one within it is, too,
/// is shown in the unit tests of `engine/model.rs`, where a net can be made that allocates.)
#[test]
fn an_allocation_would_be_caught() {
    let mut model = Capture::from_file(&fixture("captures/lstm_1x16.nam"))
        .unwrap()
        .build();
    let (input, mut output) = ([0.1; 64], [0.0; 64]);
    let caught = violations(|| {
        let state = vec![0.0f32; 16];
        model.process_mono(&input, &mut output);
        drop(std::hint::black_box(state));
    });
    assert_eq!(caught, 2, "one allocation and one free");
    assert_eq!(violations(|| model.process_mono(&input, &mut output)), 0);
}
