//! Oversampling: the same network at a multiple of its rate, with less that does not belong there.

mod common;

use assert_no_alloc::{AllocDisabler, assert_no_alloc, reset_violation_count, violation_count};
use common::one_slot::OneSlot;
use common::{CONFIG, capture, fixture, render_blocks, samples};
use gridleak_core::{Capture, MAX_STATE_BYTES, ProcessConfig, SimdLevel};
use serde_json::{Value, json};
use std::f64::consts::TAU;

#[global_allocator]
static ALLOCATOR: AllocDisabler = AllocDisabler;

const FACTORS: [usize; 3] = [2, 4, 8];

/// Every architecture, everything in them that looks back, and models made of models.
const EVERY_KIND: [&str; 24] = [
    "captures/wn_feather",
    "captures/wn_standard",
    "captures/a2_full",
    "captures/a2_lite",
    "captures/convnet_full",
    "captures/lstm_1x3",
    "captures/lstm_1x40",
    "captures/lstm_3x24",
    "example_models/slimmable_container",
    "example_models/slimmable_wavenet",
    "example_models/wavenet_a2_max",
    "features/convnet_bn",
    "features/convnet_2in_2out",
    "features/lstm_2in_2out",
    "features/lstm_initstate",
    "features/wn_conddsp_lstm",
    "features/wn_conddsp_wavenet",
    "features/wn_film_blended_layer1x1_post_film",
    "features/wn_head_dilation",
    "features/wn_head_k16",
    "features/wn_kernel_sizes",
    "features/wn_poststack_head",
    "features/wn_slim",
    "trained/lstm_1x16_crunch",
];

fn parse(file: &Value) -> Capture {
    Capture::from_bytes("test.nam", file.to_string().as_bytes()).unwrap()
}

fn sequential(stages: &[&str]) -> Capture {
    let text = |name: &&str| std::fs::read_to_string(fixture(&format!("{name}.nam"))).unwrap();
    let models = stages.iter().map(text);
    let models: Vec<Value> = models.map(|t| serde_json::from_str(&t).unwrap()).collect();
    parse(
        &json!({"version": "0.7.0", "architecture": "Sequential", "config": {"models": models},
                  "weights": []}),
    )
}

/// Blocks of 1 to 300 frames in an order without a pattern.
fn odd_blocks(mut seed: u32) -> impl Iterator<Item = usize> {
    std::iter::from_fn(move || {
        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        Some(1 + (seed >> 16) as usize % if seed >> 31 == 0 { 9 } else { 300 })
    })
}

/// At `n` times its rate a network is itself, `n` times over: what it makes of every `n`-th frame is
/// what the plain one makes of them alone, to the bit.
#[test]
fn every_phase_is_the_plain_network() {
    const FRAMES: usize = 700;
    let signal = samples("input_half_second.f32");
    let check = |name: &str, capture: &Capture| {
        let levels = SimdLevel::ALL.iter().filter(|level| level.is_available());
        for (&level, factor) in levels.flat_map(|l| FACTORS.map(|factor| (l, factor))) {
            let oversampled = capture.oversampled(factor);
            assert_eq!(
                oversampled.sample_rate(),
                capture.sample_rate() * factor as f64
            );
            for slim in [1.0, 0.0] {
                if slim == 0.0 && capture.slim_steps().is_empty() {
                    continue;
                }
                let render = |capture: &Capture, input: &[f32], seed| {
                    let mut model = capture.build_for(level);
                    model.set_slim(slim);
                    model.prewarm();
                    render_blocks(&mut model, input, odd_blocks(seed))
                };
                // Each phase hears another part of the signal, at another level.
                let sample = |phase: usize, frame: usize| {
                    signal[1500 * phase + frame] * (1.0 - 0.1 * phase as f32)
                };
                let phases: Vec<Vec<f32>> = (0..factor)
                    .map(|phase| (0..FRAMES).map(|frame| sample(phase, frame)).collect())
                    .collect();
                let frames = 0..FRAMES * factor;
                let all: Vec<f32> = frames.map(|i| phases[i % factor][i / factor]).collect();
                let outputs = capture.out_channels();
                let played = render(&oversampled, &all, 1);
                for (phase, input) in phases.iter().enumerate() {
                    let plain = render(capture, input, 2);
                    let frames = played.chunks_exact(outputs).skip(phase).step_by(factor);
                    for (frame, (found, wanted)) in
                        frames.zip(plain.chunks_exact(outputs)).enumerate()
                    {
                        let bits = |frame: &[f32]| -> Vec<u32> {
                            frame.iter().map(|sample| sample.to_bits()).collect()
                        };
                        assert_eq!(
                            bits(found),
                            bits(wanted),
                            "{name} at {level}, {factor}x, phase {phase}, frame {frame}: {found:?} for {wanted:?}"
                        );
                    }
                }
            }
        }
    };
    for name in EVERY_KIND {
        check(name, &capture(name));
    }
    let stages = ["captures/lstm_1x8", "features/convnet_bn"];
    check("a sequence", &sequential(&stages));
}

#[test]
fn what_is_not_offered_plays_as_it_is() {
    for capture in [
        capture("captures/linear_8192"),
        sequential(&["captures/lstm_1x8", "features/linear_64_bias"]),
    ] {
        assert!(!capture.oversampling_offered());
        for wanted in [0, 1, 2, 8, usize::MAX] {
            assert_eq!(capture.oversampling(wanted), 1);
            assert_eq!(capture.oversampled(wanted).sample_rate(), 48_000.0);
        }
        let input = &samples("input_1s.f32")[..9000];
        assert_eq!(
            play(&capture, 48_000.0, 4, input),
            play(&capture, 48_000.0, 1, input)
        );
    }
    let offered = capture("captures/a2_full");
    assert!(offered.oversampling_offered());
    let reached = [0, 1, 2, 3, 4, 7, 8, 9, usize::MAX].map(|wanted| offered.oversampling(wanted));
    assert_eq!(reached, [1, 1, 2, 2, 4, 4, 8, 8, 8]);
}

/// A net that gives back what it hears, at any rate: `relu(x) - relu(-x)`, `dilation` frames late.
fn identity(rate: f64, dilation: usize) -> Capture {
    let newest = if dilation == 1 { [0, 1] } else { [1, 0] };
    let weights = [newest[0], newest[1], -newest[0], -newest[1], 0, 0, 1, -1, 0];
    parse(
        &json!({"version": "0.5.4", "architecture": "ConvNet", "sample_rate": rate,
        "config": {"channels": 2, "dilations": [dilation], "batchnorm": false, "activation": "ReLU"},
        "weights": weights}),
    )
}

/// What would take too much memory, or be no sample rate any more, is oversampled less.
#[test]
fn the_limits_hold() {
    let factors: Vec<usize> = (0..=20)
        .map(|power| identity(48_000.0, 1 << power).oversampling(8))
        .collect();
    // A history of 8 bytes and more for each frame of the dilation.
    assert_eq!((factors[19], factors[20]), (8, 4), "{factors:?}");
    assert!(factors.is_sorted_by(|a, b| a >= b), "{factors:?}");
    assert_eq!(8 << 20 << 3, MAX_STATE_BYTES, "what the above reckons with");
    let rates = [96_000.0, 192_000.0, 384_000.0, 768_000.0];
    assert_eq!(
        rates.map(|rate| identity(rate, 1).oversampling(8)),
        [8, 4, 2, 1]
    );
    // 16 MB of weights for each phase.
    let hidden = 1000;
    let count = 4 * hidden * (1 + hidden) + 4 * hidden + 2 * hidden + hidden + 1;
    let huge = parse(
        &json!({"version": "0.5.4", "architecture": "LSTM", "sample_rate": 1000,
        "config": {"num_layers": 1, "input_size": 1, "hidden_size": hidden},
        "weights": vec![0; count]}),
    );
    assert_eq!(huge.oversampling(8), 2);
}

/// Plays through a chain at the rate `rate` in Hz.
fn play(capture: &Capture, rate: f64, oversampling: usize, input: &[f32]) -> Vec<f32> {
    let mut chain = chain(capture, rate, oversampling);
    let mut output = input.to_vec();
    for (piece, size) in [1, 64, 7, 200, 33].into_iter().cycle().enumerate() {
        let start = piece / 5 * 305 + [0, 1, 65, 72, 272][piece % 5];
        if start >= output.len() {
            break;
        }
        let end = output.len().min(start + size);
        chain.process(&mut [&mut output[start..end]]);
    }
    output
}

fn chain(capture: &Capture, rate: f64, oversampling: usize) -> OneSlot {
    let capture = capture.oversampled(oversampling);
    let config = ProcessConfig {
        rate,
        latency: gridleak_core::latency(rate, capture.sample_rate()),
        ..CONFIG
    };
    OneSlot::of(&capture, config)
}

#[test]
fn the_latency_is_what_was_announced() {
    let capture = identity(48_000.0, 1);
    for rate in [44_100.0, 48_000.0, 96_000.0] {
        let sine = |frequency: f64, n: usize| (TAU * frequency * n as f64 / rate).sin();
        let sample = |n| (0.4 * sine(1000.0, n) + 0.3 * sine(7300.0, n)) as f32;
        let input: Vec<f32> = (0..8000).map(sample).collect();
        for factor in FACTORS {
            let inside = 48_000.0 * factor as f64;
            let latency = gridleak_core::latency(rate, inside);
            assert_eq!(latency == 0, rate == inside, "{rate} Hz, {factor}x");
            let output = play(&capture, rate, factor, &input);
            let error = |late: usize| {
                let pairs = output[4000..].iter().zip(&input[4000 - late..]);
                pairs.map(|(a, b)| (a - b).abs()).fold(0.0, f32::max)
            };
            // A frame too much or too little makes a difference of a few tenths.
            assert!(
                error(latency) < 1e-3,
                "{rate} Hz, {factor}x: {} at {latency}, {} before, {} after",
                error(latency),
                error(latency.saturating_sub(1)),
                error(latency + 1)
            );
        }
    }
}

/// What is neither the sine's nor a harmonic's, over all that is, in dB.
fn aliases(capture: &Capture, oversampling: usize) -> f64 {
    /// Frames that are analysed: a whole number of periods of everything that can come.
    const SPAN: usize = 4800;
    /// Periods in them: 4990 Hz. A prime, so that aliases fall beside harmonics.
    const PERIODS: usize = 499;
    let angle = |n: usize| TAU * (n % SPAN) as f64 / SPAN as f64;
    let input: Vec<f32> = (0..24_000 + SPAN)
        .map(|n| (0.5 * angle(n * PERIODS).sin()) as f32)
        .collect();
    let output = play(capture, 48_000.0, oversampling, &input);
    let output = &output[24_000..];
    let power = |bin: usize| {
        let (mut re, mut im) = (0.0, 0.0);
        for (n, &sample) in output.iter().enumerate() {
            re += f64::from(sample) * angle(n * bin).cos();
            im += f64::from(sample) * angle(n * bin).sin();
        }
        let twice = if bin == 0 { 1.0 } else { 2.0 };
        twice * (re * re + im * im) / (SPAN * SPAN) as f64
    };
    let squares = output.iter().map(|&sample| f64::from(sample).powi(2));
    let all = squares.sum::<f64>() / SPAN as f64 - power(0);
    let harmonics: f64 = (PERIODS..SPAN / 2).step_by(PERIODS).map(power).sum();
    10.0 * ((all - harmonics) / all).log10()
}

#[test]
fn aliases_fall() {
    // At least so far below those at 1, at 2, 4 and 8 times the rate; rounding ends at -135 dB.
    for (name, falls) in [
        ("../../../assets/lead", [30.0, 80.0, 110.0]),
        ("../../../assets/crunch", [20.0, 45.0, 80.0]),
        ("../../../assets/clean", [60.0, 60.0, 60.0]),
        ("trained/lstm_1x16_crunch", [50.0, 105.0, 105.0]),
        ("trained/wn_feather_lead", [10.0, 22.0, 40.0]),
    ] {
        let capture = capture(name);
        let plain = aliases(&capture, 1);
        let levels = FACTORS.map(|factor| aliases(&capture, factor));
        println!("{name}: {plain:.1} dB, at 2, 4, 8 times the rate {levels:.1?} dB");
        for (level, fall) in levels.into_iter().zip(falls) {
            assert!(
                level < plain - fall,
                "{name}: {plain:.1} dB, {levels:.1?} dB"
            );
        }
    }
}

/// Where nothing aliases, oversampling is not heard.
#[test]
fn the_sound_stays() {
    let sine = |n: usize| (0.02 * (TAU * 440.0 * n as f64 / 48_000.0).sin()) as f32;
    let input: Vec<f32> = (0..24_000).map(sine).collect();
    for name in [
        "../../../assets/lead",
        "../../../assets/crunch",
        "../../../assets/clean",
    ] {
        let capture = capture(name);
        let plain = play(&capture, 48_000.0, 1, &input);
        for factor in FACTORS {
            let late = gridleak_core::latency(48_000.0, 48_000.0 * factor as f64);
            let found = play(&capture, 48_000.0, factor, &input);
            let power = |samples: &mut dyn Iterator<Item = f32>| -> f64 {
                samples.map(|sample| f64::from(sample).powi(2)).sum()
            };
            let wanted = &plain[12_000 - late..24_000 - late];
            let all = power(&mut wanted.iter().copied());
            let error = power(&mut found[12_000..].iter().zip(wanted).map(|(a, b)| a - b));
            let error = 10.0 * (error / all).log10();
            println!("{name}, {factor}x: {error:.1} dB");
            assert!(error < -40.0, "{name}, {factor}x: {error:.1} dB");
        }
    }
}

#[test]
fn oversampled_captures_play_without_allocating() {
    let signal = samples("input_half_second.f32");
    for name in EVERY_KIND {
        let capture = capture(name);
        for factor in FACTORS {
            let oversampled = capture.oversampled(factor);
            let mut model = oversampled.build();
            model.prewarm();
            let inputs = vec![&signal[..4096]; model.in_channels()];
            let mut outputs = vec![vec![0.0; 4096]; model.out_channels()];
            let mut fresh = oversampled.build();
            for size in [64, 1, 0, 7, 4096, 300] {
                let input: Vec<&[f32]> = inputs.iter().map(|plane| &plane[..size]).collect();
                let mut output: Vec<&mut [f32]> =
                    outputs.iter_mut().map(|plane| &mut plane[..size]).collect();
                reset_violation_count();
                assert_no_alloc(|| {
                    model.process(&input, &mut output);
                    model.set_slim(size as f64 / 300.0);
                    model.process(&input, &mut output);
                    assert!(fresh.copy_state(&model), "{name}");
                    fresh.same_state(&model);
                    if size == 7 {
                        model.reset();
                    }
                });
                assert_eq!(violation_count(), 0, "{name}, {factor}x, {size} frames");
            }
        }
        if capture.in_channels() == 1 && capture.out_channels() == 1 {
            let mut chain = chain(&capture, 44_100.0, 4);
            let mut sound = signal[..3000].to_vec();
            reset_violation_count();
            assert_no_alloc(|| chain.process(&mut [&mut sound]));
            assert_eq!(violation_count(), 0, "{name} in a chain");
        }
    }
}

/// Which phase is next is part of the state.
#[test]
fn states_are_compared_and_copied_phase_by_phase() {
    let capture = capture("captures/lstm_1x16");
    let oversampled = capture.oversampled(4);
    let (mut a, mut b) = (oversampled.build(), oversampled.build());
    let signal = &samples("input_half_second.f32")[..1001];
    render_blocks(&mut a, signal, odd_blocks(1));
    render_blocks(&mut b, &signal[..500], odd_blocks(2));
    assert!(!a.same_state(&b));
    assert!(b.copy_state(&a) && b.same_state(&a));
    // One frame more, and another phase is next.
    let mut out = [0.0];
    b.process_mono(&[0.0], &mut out);
    assert!(!a.same_state(&b));
    a.process_mono(&[0.0], &mut out);
    assert!(a.same_state(&b));
}
