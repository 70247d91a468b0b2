//! The chain as a host sees it: captures change while it plays, and nobody hears a seam.

mod common;

use assert_no_alloc::{AllocDisabler, assert_no_alloc, reset_violation_count, violation_count};
use common::one_slot::OneSlot;
use common::{CONFIG, capture, capture_names, samples};
use gridleak_core::{
    Amp, BuildId, Capture, Levels, ProcessConfig, SimdLevel, SlotPart, Source, Voicing,
};

#[global_allocator]
static ALLOCATOR: AllocDisabler = AllocDisabler;

/// Frames over which levels are taken (10 ms), and between such places.
const WINDOW: usize = 480;
const HOP: usize = 48;

/// Captures of every architecture and of very different sound.
const TEN: [&str; 10] = [
    "captures/a2_full",
    "captures/linear_8192",
    "captures/wn_nano_relu_trained",
    "example_models/wavenet_a1_standard",
    "example_models/A2",
    "trained/lstm_1x16_crunch",
    "trained/wn_feather_lead",
    "../../../assets/clean",
    "../../../assets/crunch",
    "../../../assets/lead",
];

fn mono(latency: usize) -> ProcessConfig {
    ProcessConfig { latency, ..CONFIG }
}

/// A capture at the level that a player hears it at.
fn amp(capture: &Capture, config: ProcessConfig) -> Amp {
    let voicing = Voicing {
        levels: Levels::of(capture),
        ..Voicing::default()
    };
    Amp::new(capture, config, voicing, BuildId(0), SimdLevel::detect()).unwrap()
}

/// Two seconds of guitar-like input that does not stop.
fn guitar() -> Vec<f32> {
    let input = samples("input_1s.f32");
    [&input[..], &input[..]].concat()
}

/// What comes out if at frame `at` the second capture is offered, if there is one.
fn play(
    first: &Capture,
    second: Option<(&Capture, usize)>,
    input: &[f32],
    block: usize,
) -> Vec<f32> {
    let config = mono(0);
    let mut chain = OneSlot::new(config);
    assert!(chain.load_amp(amp(first, config)).is_ok());
    let mut newcomer = second.map(|(capture, at)| (amp(capture, config), at));
    let mut output = input.to_vec();
    for (n, piece) in output.chunks_mut(block).enumerate() {
        if let Some((amp, _)) = newcomer.take_if(|(_, at)| n * block >= *at) {
            assert!(chain.load_amp(amp).is_ok());
        }
        chain.process(&mut [piece]);
    }
    output
}

/// What is heard of a signal: without what lies below 5 Hz.
fn without_offset(samples: &[f32]) -> Vec<f32> {
    let mut offset = f64::from(samples[0]);
    let part = std::f64::consts::TAU * 5.0 / 48_000.0;
    let follow = |&sample: &f32| {
        offset += part * (f64::from(sample) - offset);
        (f64::from(sample) - offset) as f32
    };
    samples.iter().map(follow).collect()
}

fn power(samples: &[f32]) -> f64 {
    samples.iter().map(|s| f64::from(*s).powi(2)).sum::<f64>() / samples.len() as f64
}

fn db(ratio: f64) -> f64 {
    10.0 * ratio.log10()
}

const AT: usize = 24_000;
/// The same where the guitar is steady for a while, so that a level is a level.
const STEADY: usize = 25_000;

#[test]
fn the_same_capture_twice_is_not_heard() {
    let input = guitar();
    for folder in ["captures", "example_models", "trained"] {
        for name in capture_names(folder) {
            let capture = capture(&format!("{folder}/{name}"));
            if capture.sample_rate() != 48_000.0 || capture.in_channels() != 1 {
                continue;
            }
            let alone = play(&capture, None, &input, 256);
            let twice = play(&capture, Some((&capture, AT)), &input, 256);
            for start in (0..input.len() - WINDOW).step_by(HOP) {
                let window = start..start + WINDOW;
                let (a, b) = (power(&alone[window.clone()]), power(&twice[window]));
                if a < 1e-10 {
                    continue;
                }
                let change = db(b / a);
                assert!(
                    change.abs() < 0.1,
                    "{folder}/{name}: {change:.3} dB at {start}"
                );
            }
        }
    }
}

#[test]
fn unlike_captures_meet_without_dip_rise_or_click() {
    let input = guitar();
    let captures: Vec<Capture> = TEN.iter().map(|name| capture(name)).collect();
    let alone: Vec<Vec<f32>> = captures.iter().map(|c| play(c, None, &input, 64)).collect();
    let mut worst = (0.0f64, String::new());
    for (i, from) in captures.iter().enumerate() {
        for (j, to) in captures.iter().enumerate().filter(|(j, _)| *j != i) {
            let (a, b) = (&alone[i], &alone[j]);
            let mix = play(from, Some((to, STEADY)), &input, 64);
            assert_eq!(
                mix[..STEADY],
                a[..STEADY],
                "nothing before it was asked for"
            );
            let end = input.len() - 4800;
            assert!(
                mix[end..]
                    .iter()
                    .zip(&b[end..])
                    .all(|(m, b)| (m - b).abs() < 1e-3),
                "{} to {}: arrived",
                TEN[i],
                TEN[j]
            );
            let [a, b, mix] = [a, b, &mix].map(|signal| without_offset(signal));
            for start in (STEADY..end).step_by(HOP) {
                let window = start..start + WINDOW;
                let (pa, pb) = (power(&a[window.clone()]), power(&b[window.clone()]));
                let found = power(&mix[window.clone()]);
                let (low, high) = (pa.min(pb), pa.max(pb));
                // Below -40 dB there is more rumble of the offsets than sound.
                if high < 1e-4 {
                    continue;
                }
                let off = (db(found / high)).max(-db(found / low));
                if off > worst.0 {
                    worst = (off, format!("{} to {} at {start}", TEN[i], TEN[j]));
                }
                let step = |s: &[f32]| {
                    let steps = s.windows(2).map(|p| (p[1] - p[0]).abs());
                    steps.fold(0.0, f32::max)
                };
                let around = start.saturating_sub(WINDOW)..start + 2 * WINDOW;
                let most = step(&a[around.clone()]).max(step(&b[around]));
                assert!(
                    step(&mix[window]) < 1.5 * most + 1e-3,
                    "{} to {}: a click at {start}",
                    TEN[i],
                    TEN[j]
                );
            }
        }
    }
    assert!(worst.0 < 1.5, "{:.2} dB beyond both, {}", worst.0, worst.1);
}

#[test]
fn a_fade_does_not_depend_on_how_time_is_cut() {
    let input = guitar();
    let (from, to) = (capture(TEN[5]), capture(TEN[3]));
    let expected = play(&from, Some((&to, AT)), &input, 64);
    for block in [1, 32, 192, 2400, 8000] {
        let found = play(&from, Some((&to, AT)), &input, block);
        assert_eq!(found, expected, "blocks of {block}");
    }
}

/// Blocks from one frame to more than any host announces.
const SIZES: [usize; 9] = [1, 4096, 64, 0, 7, 500, 33, 8192, 128];

#[test]
fn ten_thousand_swaps_never_touch_the_allocator() {
    for (inputs, outputs) in [(1, 1), (1, 2), (2, 2)] {
        let config = ProcessConfig {
            inputs,
            outputs,
            ..mono(0)
        };
        let captures: Vec<Capture> = [
            "captures/wn_nano",
            "captures/lstm_1x3",
            "captures/linear_8192",
        ]
        .iter()
        .map(|name| capture(name))
        .collect();
        // Amps go round: what the chain is done with is offered again.
        let amps = captures.iter().map(|c| Some(Box::new(amp(c, config))));
        let mut waiting: Vec<SlotPart> = amps.map(SlotPart::Amp).collect();
        let mut chain = OneSlot::new(config);
        let mut buffers = vec![vec![0.0f32; 8192]; 2];
        let (mut offered, mut seed) = (0, 1u32);
        while offered < 3_400 {
            let size = match offered % 200 {
                0 => SIZES[offered / 200 % SIZES.len()],
                _ => 1 + offered % 40,
            };
            for sample in buffers.iter_mut().flat_map(|b| &mut b[..size]) {
                seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                *sample = (seed >> 8) as f32 / (1 << 24) as f32 - 0.5;
            }
            let [left, right] = &mut buffers[..] else {
                unreachable!()
            };
            reset_violation_count();
            let back = assert_no_alloc(|| {
                chain.set_input_gain((offered % 41) as f32 - 20.0);
                chain.set_output_gain((offered % 81) as f32 - 40.0);
                chain.set_source([Source::Stereo, Source::Left, Source::Sum][offered % 3]);
                chain.set_bypass(offered % 17 == 0);
                if let Some(amp) = waiting.pop() {
                    match chain.load(amp) {
                        Ok(()) => offered += 1,
                        Err(amp) => waiting.push(amp),
                    }
                }
                match outputs {
                    2 => chain.process(&mut [&mut left[..size], &mut right[..size]]),
                    _ => chain.process(&mut [&mut left[..size]]),
                }
                chain.take_peaks();
                if offered % 500 == 0 {
                    chain.reset();
                }
                chain.take_retired()
            });
            assert_eq!(
                violation_count(),
                0,
                "swap {offered}, {inputs} to {outputs}"
            );
            waiting.extend(back);
        }
    }
}

#[test]
fn what_is_no_number_does_not_stay() {
    let input = guitar();
    for name in [
        "captures/wn_standard",
        "captures/lstm_1x16",
        "captures/linear_8192",
    ] {
        let capture = capture(name);
        let mut hurt = input.clone();
        let bad = [
            f32::NAN,
            f32::INFINITY,
            f32::NEG_INFINITY,
            1e30,
            -1e38,
            1e-40,
        ];
        hurt[1000..1006].copy_from_slice(&bad);
        let played = play(&capture, None, &hurt, 64);
        assert!(played.iter().all(|s| s.is_finite()), "{name}");
        let clean = play(&capture, None, &input, 64);
        for n in 60_000..input.len() {
            assert!((played[n] - clean[n]).abs() < 1e-3, "{name}: frame {n}");
        }
    }
}

#[test]
fn bypass_gives_back_the_input_as_late_as_the_sound() {
    for rate in [44_100.0, 48_000.0, 96_000.0] {
        let latency = gridleak_core::latency(rate, 48_000.0);
        let config = ProcessConfig {
            rate,
            inputs: 2,
            outputs: 2,
            latency,
            ..CONFIG
        };
        let mut chain = OneSlot::new(config);
        assert!(chain.load_amp(amp(&capture(TEN[0]), config)).is_ok());
        chain.set_bypass(true);
        let input = guitar();
        let (mut left, mut right) = (input.clone(), input.clone());
        right.iter_mut().for_each(|s| *s *= -0.5);
        for (l, r) in left.chunks_mut(100).zip(right.chunks_mut(100)) {
            chain.process(&mut [l, r]);
        }
        let settled = 5_000;
        assert_eq!(
            left[settled..],
            input[settled - latency..input.len() - latency]
        );
        assert!((settled..input.len()).all(|n| right[n] == -0.5 * left[n]));
    }
}

#[test]
fn a_mono_input_reaches_both_outputs() {
    let config = ProcessConfig {
        outputs: 2,
        ..mono(0)
    };
    let mut chain = OneSlot::new(config);
    assert!(chain.load_amp(amp(&capture(TEN[3]), config)).is_ok());
    let input = guitar();
    let (mut left, mut right) = (input.clone(), vec![0.0; input.len()]);
    chain.process(&mut [&mut left, &mut right]);
    assert_eq!(left, right);
    assert_eq!(left, play(&capture(TEN[3]), None, &input, 64));
}

#[test]
fn each_side_of_a_stereo_input_has_its_own_sound() {
    let config = ProcessConfig {
        inputs: 2,
        outputs: 2,
        ..mono(0)
    };
    let capture = capture(TEN[3]);
    let mut chain = OneSlot::new(config);
    assert!(chain.load_amp(amp(&capture, config)).is_ok());
    let input = guitar();
    let other: Vec<f32> = input.iter().rev().copied().collect();
    let (mut left, mut right) = (input.clone(), other.clone());
    chain.process(&mut [&mut left, &mut right]);
    assert_eq!(left, play(&capture, None, &input, 64));
    assert_eq!(right, play(&capture, None, &other, 64));
}
