//! Cabinets as a host hears them: behind a capture, and changed while they play.

mod common;

use assert_no_alloc::{AllocDisabler, assert_no_alloc, reset_violation_count, violation_count};
use common::one_slot::OneSlot;
use common::{CONFIG, capture, fixture, samples};
use gridleak_core::{
    Amp, BuildId, Cab, CabSettings, Capture, ImpulseResponse, ProcessConfig, Remark, SimdLevel,
    SlotPart, Voicing,
};
use std::time::Instant;

#[global_allocator]
static ALLOCATOR: AllocDisabler = AllocDisabler;

const RATE: f64 = 48_000.0;
/// Frames over which levels are taken (10 ms), and between such places.
const WINDOW: usize = 480;
const HOP: usize = 48;
/// Where something is changed, in frames.
const AT: usize = 24_000;

fn config(outputs: usize) -> ProcessConfig {
    ProcessConfig {
        rate: RATE,
        inputs: outputs,
        outputs,
        ..CONFIG
    }
}

/// A chain with a capture that plays what it hears.
fn chain(config: ProcessConfig) -> OneSlot {
    let wire = format!(
        r#"{{"version": "0.5.4", "architecture": "Linear", "sample_rate": {},
            "config": {{"receptive_field": 1, "bias": false}}, "weights": [1.0]}}"#,
        config.rate
    );
    let wire = Capture::from_bytes("wire.nam", wire.as_bytes()).unwrap();
    OneSlot::of(&wire, config)
}

/// The built-in cabinet: 32-bit floats.
fn built_in() -> ImpulseResponse {
    let bytes = std::fs::read(fixture("../../../assets/cab.wav")).unwrap();
    let (mut at, mut channel) = (12, Vec::new());
    while at + 8 <= bytes.len() {
        let length = u32::from_le_bytes(bytes[at + 4..at + 8].try_into().unwrap()) as usize;
        if &bytes[at..at + 4] == b"data" {
            let (floats, _) = bytes[at + 8..at + 8 + length].as_chunks::<4>();
            channel = floats.iter().map(|&b| f32::from_le_bytes(b)).collect();
        }
        at += 8 + length + length % 2;
    }
    ImpulseResponse::new(vec![channel], RATE).unwrap()
}

/// Noise that decays to -60 dB.
fn decaying(seed: u32, taps: usize) -> ImpulseResponse {
    decaying_at(RATE, seed, taps)
}

fn decaying_at(rate: f64, seed: u32, taps: usize) -> ImpulseResponse {
    let mut random = seed;
    let sample = |n: usize| {
        random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let noise = random as f32 / u32::MAX as f32 - 0.5;
        noise * 10f32.powf(-3.0 * n as f32 / taps as f32)
    };
    ImpulseResponse::new(vec![(0..taps).map(sample).collect()], rate).unwrap()
}

fn cab(response: Option<&ImpulseResponse>, config: ProcessConfig, id: u64) -> Cab {
    Cab::new(response, None, config, BuildId(id)).unwrap()
}

/// Two seconds of guitar-like input that does not stop.
fn guitar() -> Vec<f32> {
    let input = samples("input_1s.f32");
    [&input[..], &input[..]].concat()
}

/// What comes out of a mono chain that begins with one cab; `act` is told at which frame each block
/// begins.
fn play(
    first: Option<Cab>,
    input: &[f32],
    block: usize,
    mut act: impl FnMut(usize, &mut OneSlot),
) -> Vec<f32> {
    let mut chain = chain(config(1));
    if let Some(cab) = first {
        assert!(chain.load_cab(cab).is_ok());
    }
    let mut output = input.to_vec();
    for (n, piece) in output.chunks_mut(block).enumerate() {
        act(n * block, &mut chain);
        chain.process(&mut [piece]);
    }
    output
}

fn power(samples: &[f32]) -> f64 {
    samples.iter().map(|s| f64::from(*s).powi(2)).sum::<f64>() / samples.len() as f64
}

fn largest_step(samples: &[f32]) -> f32 {
    let steps = samples.windows(2).map(|pair| (pair[1] - pair[0]).abs());
    steps.fold(0.0, f32::max)
}

/// Largest change of level in dB, taken over 10 ms, where there is something to hear.
fn largest_change(a: &[f32], b: &[f32]) -> f64 {
    let windows = (0..a.len() - WINDOW).step_by(HOP);
    let changes = windows.filter_map(|start| {
        let (a, b) = (
            power(&a[start..start + WINDOW]),
            power(&b[start..start + WINDOW]),
        );
        (a > 1e-10).then(|| (10.0 * (b / a).log10()).abs())
    });
    changes.fold(0.0, f64::max)
}

#[test]
fn it_plays_behind_the_capture_at_the_official_level() {
    let response = built_in();
    let taps = &response.channels()[0];
    let input = guitar();
    let gain = 10f64.powf(-18.0 / 20.0);
    let wanted: Vec<f64> = (0..input.len())
        .map(|n| {
            let taps = taps.iter().take(n + 1).enumerate();
            gain * taps
                .map(|(k, &tap)| f64::from(tap) * f64::from(input[n - k]))
                .sum::<f64>()
        })
        .collect();
    let peak = wanted.iter().fold(0.0f64, |peak, w| peak.max(w.abs()));
    for block in [1, 7, 64, 1000] {
        let found = play(
            Some(cab(Some(&response), config(1), 0)),
            &input,
            block,
            |_, _| {},
        );
        let errors = found
            .iter()
            .zip(&wanted)
            .map(|(&f, w)| (f64::from(f) - w).abs());
        let error = errors.fold(0.0, f64::max) / peak;
        assert!(error < 1e-6, "blocks of {block}: {error:e}");
    }
}

#[test]
fn without_a_cab_nothing_changes() {
    let input = guitar();
    assert!(play(None, &input, 64, |_, _| {}) == input);
    let settings = CabSettings {
        mix: 0.5,
        low_cut_hz: 500.0,
        ..CabSettings::default()
    };
    let empty = Some(cab(None, config(1), 0));
    assert!(play(empty, &input, 64, |_, chain| chain.set_cab(settings)) == input);
    let off = CabSettings {
        on: false,
        ..settings
    };
    let some = Some(cab(Some(&built_in()), config(1), 0));
    assert!(
        play(some, &input, 64, |_, chain| {
            chain.set_cab(off);
            if chain.take_peaks().output == [0.0; 2] {
                chain.reset();
            }
        }) == input
    );
}

#[test]
fn the_same_cab_twice_is_not_heard() {
    let input = guitar();
    let settings = CabSettings {
        low_cut_hz: 80.0,
        high_cut_hz: 7000.0,
        mix: 0.8,
        ..CabSettings::default()
    };
    for response in [built_in(), decaying(1, 8192)] {
        for settings in [CabSettings::default(), settings] {
            let set = |chain: &mut OneSlot| chain.set_cab(settings);
            let first = || Some(cab(Some(&response), config(1), 1));
            let alone = play(first(), &input, 256, |_, chain| set(chain));
            let mut second = Some(cab(Some(&response), config(1), 2));
            let twice = play(first(), &input, 256, |frame, chain| {
                set(chain);
                if frame >= AT
                    && let Some(cab) = second.take()
                {
                    assert!(chain.load_cab(cab).is_ok());
                }
            });
            let change = largest_change(&alone, &twice);
            println!("the same twice: {change:.4} dB");
            assert!(change < 0.1, "{change:.3} dB");
        }
    }
}

#[test]
fn cabs_come_and_go_without_a_click() {
    let input = guitar();
    let (one, two) = (built_in(), decaying(2, 3000));
    type Make<'a> = &'a dyn Fn() -> Option<Cab>;
    let make: [(&str, Make<'_>); 4] = [
        ("none", &|| None),
        ("nothing in it", &|| Some(cab(None, config(1), 0))),
        ("built in", &|| Some(cab(Some(&one), config(1), 1))),
        ("noise", &|| Some(cab(Some(&two), config(1), 2))),
    ];
    let alone = make.map(|(_, first)| play(first(), &input, 64, |_, _| {}));
    for (i, (from, first)) in make.iter().enumerate() {
        for (j, (to, second)) in make.iter().enumerate().skip(1) {
            let mut newcomer = second();
            let mix = play(first(), &input, 64, |frame, chain| {
                if frame >= AT
                    && let Some(cab) = newcomer.take()
                {
                    assert!(chain.load_cab(cab).is_ok());
                }
            });
            let (a, b) = (&alone[i], &alone[j]);
            assert!(
                mix[..AT] == a[..AT],
                "{from} to {to}: nothing before it was asked for"
            );
            let arrived = AT + 12_000;
            let far = |(m, b): (&f32, &f32)| (m - b).abs() > 1e-5;
            assert!(
                !mix[arrived..].iter().zip(&b[arrived..]).any(far),
                "{from} to {to}: arrived"
            );
            for start in (AT..arrived).step_by(HOP) {
                let around = start.saturating_sub(WINDOW)..start + 2 * WINDOW;
                let most = largest_step(&a[around.clone()]).max(largest_step(&b[around]));
                let step = largest_step(&mix[start..start + WINDOW]);
                assert!(
                    step < 1.5 * most + 1e-3,
                    "{from} to {to}: a click at {start}"
                );
                let level = |s: &[f32]| power(&s[start..start + WINDOW]);
                let (low, high) = (level(a).min(level(b)), level(a).max(level(b)));
                let found = level(&mix);
                if high > 1e-5 {
                    let off = (10.0 * (found / high).log10()).max(-10.0 * (found / low).log10());
                    assert!(off < 1.5, "{from} to {to}: {off} dB beyond both at {start}");
                }
            }
        }
    }
}

#[test]
fn settings_reach_the_old_cab_and_the_new_one() {
    let input = guitar();
    let response = decaying(3, 4800);
    let at = |frame: usize| CabSettings {
        mix: if frame < AT + 960 { 1.0 } else { 0.3 },
        high_cut_hz: if frame < AT + 5280 { 3000.0 } else { 900.0 },
        normalized: frame >= AT + 5500,
        ..CabSettings::default()
    };
    let first = || Some(cab(Some(&response), config(1), 1));
    let alone = play(first(), &input, 32, |frame, chain| chain.set_cab(at(frame)));
    let mut second = Some(cab(Some(&response), config(1), 2));
    let twice = play(first(), &input, 32, |frame, chain| {
        chain.set_cab(at(frame));
        if frame >= AT
            && let Some(cab) = second.take()
        {
            assert!(chain.load_cab(cab).is_ok());
        }
    });
    let worst = alone
        .iter()
        .zip(&twice)
        .map(|(a, b)| (a - b).abs())
        .fold(0.0, f32::max);
    assert!(worst < 1e-5, "{worst}");
}

#[test]
fn cabs_are_handed_over_like_captures() {
    let response = decaying(4, 1000);
    let id = |part: Option<SlotPart>| match part {
        Some(SlotPart::Cab(Some(cab))) => Some(cab.id()),
        _ => None,
    };
    let mut chain = chain(config(1));
    assert_eq!(chain.chain.cab_id(0), None);
    assert!(
        chain.load_cab(cab(Some(&response), config(2), 9)).is_err(),
        "made for another config"
    );
    assert!(chain.load_cab(cab(Some(&response), config(1), 1)).is_ok());
    assert!(chain.take_retired().is_none());
    let mut block = vec![0.1; 10_000];
    chain.process(&mut [&mut block]);
    assert!(chain.load_cab(cab(Some(&response), config(1), 2)).is_ok());
    assert_eq!(chain.chain.cab_id(0), Some(BuildId(2)));
    chain.process(&mut [&mut block[..1200]]);
    let refused = chain.load_cab(cab(None, config(1), 3)).err();
    assert_eq!(id(refused), Some(BuildId(3)), "while it fades");
    chain.process(&mut [&mut block]);
    assert_eq!(id(chain.take_retired()), Some(BuildId(1)));
    let mut all: Vec<_> = std::iter::from_fn(|| chain.chain.take_any()).collect();
    assert_eq!(all.len(), 2, "the amp and the cabinet");
    assert_eq!(id(all.pop().map(|loaded| loaded.part)), Some(BuildId(2)));
    assert!(matches!(all[0].part, SlotPart::Amp(Some(_))));
    assert!(chain.chain.cab_id(0).is_none() && chain.amp_id().is_none());
}

#[test]
fn a_thousand_swaps_never_touch_the_allocator() {
    for outputs in [1, 2] {
        let config = self::config(outputs);
        let (long, short) = (decaying(5, 5000), decaying(6, 200));
        let both = Cab::new(Some(&long), Some(&short), config, BuildId(0)).unwrap();
        let cabs = [
            cab(None, config, 1),
            cab(Some(&long), config, 2),
            cab(Some(&short), config, 3),
            both,
        ];
        let mut waiting: Vec<SlotPart> = Vec::with_capacity(10);
        waiting.extend(cabs.map(|cab| SlotPart::Cab(Some(Box::new(cab)))));
        let mut chain = chain(config);
        let mut buffers = vec![vec![0.0f32; 4096]; 2];
        let (mut offered, mut seed, mut turn) = (0, 1u32, 0);
        while offered < 1000 {
            turn += 1;
            let size = [700, 1, 64, 0, 4096, 33, 1500][turn % 7];
            for sample in buffers.iter_mut().flat_map(|b| &mut b[..size]) {
                seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                *sample = if turn % 50 < 10 {
                    0.0
                } else {
                    (seed >> 8) as f32 / (1 << 24) as f32 - 0.5
                };
            }
            let [left, right] = &mut buffers[..] else {
                unreachable!()
            };
            reset_violation_count();
            let back = assert_no_alloc(|| {
                chain.set_cab(CabSettings {
                    on: turn % 13 > 2,
                    normalized: turn % 5 == 0,
                    low_cut_hz: (turn % 40) as f32 * 20.0,
                    high_cut_hz: (turn % 21) as f32 * 1000.0,
                    mix: (turn % 3) as f32 * 0.5,
                    blend: (turn % 4) as f32 * 0.3,
                });
                if let Some(cab) = waiting.pop() {
                    match chain.load(cab) {
                        Ok(()) => offered += 1,
                        Err(cab) => waiting.push(cab),
                    }
                }
                match outputs {
                    2 => chain.process(&mut [&mut left[..size], &mut right[..size]]),
                    _ => chain.process(&mut [&mut left[..size]]),
                }
                if turn % 500 == 0 {
                    chain.reset();
                }
                chain.take_retired()
            });
            assert_eq!(violation_count(), 0, "turn {turn}, {outputs} outputs");
            assert!(
                buffers
                    .iter()
                    .all(|b| b[..size].iter().all(|s| s.is_finite()))
            );
            if let Some(cab) = back {
                waiting.insert(0, cab);
            }
        }
    }
}

#[test]
fn the_built_in_cab_sounds_like_a_cabinet() {
    let response = built_in();
    assert!((0.04..=0.05).contains(&response.seconds()));
    let third = |hz: f64| {
        let around = (-4..=4).map(|n| hz * 2f64.powf(f64::from(n) / 24.0));
        let powers = around.map(|hz| 10f64.powf(response.response_db(hz) / 10.0));
        10.0 * (powers.sum::<f64>() / 9.0).log10()
    };
    let at = |hz: f64| third(hz) - third(1000.0);
    let expected = [
        (50.0, -4.0),
        (112.0, 4.4),
        (500.0, -2.7),
        (3000.0, 6.3),
        (5000.0, 0.3),
        (8000.0, -19.6),
        (10_000.0, -33.5),
    ];
    for (hz, wanted) in expected {
        assert!((at(hz) - wanted).abs() < 1.0, "{hz} Hz: {:.1} dB", at(hz));
    }
    // With the official -18 dB it is a few dB softer than without a cabinet, as such files are.
    let level = response.gain_db(false) - response.gain_db(true);
    assert!((-8.0..0.0).contains(&level), "{level} dB");
    let taps = &response.channels()[0];
    assert!(taps[0] != 0.0 && taps.iter().all(|s| s.abs() <= 1.0));
}

#[test]
fn four_seconds_at_the_highest_rate_are_exact_and_never_touch_the_allocator() {
    let config = ProcessConfig {
        rate: 192_000.0,
        ..config(1)
    };
    let response = decaying_at(config.rate, 8, 768_000);
    assert!(response.seconds() > 3.99);
    assert_eq!(response.remarks(None), []);
    let taps = &response.channels()[0];
    // Bursts between long silences, so that the sum can be made as it is written.
    let mut input = vec![0.0f32; 1_000_000];
    for start in [0, 777, 96_000, 200_001] {
        let burst = [0.5f32, -0.25, 0.9, -1.0, 0.125];
        input[start..start + burst.len()].copy_from_slice(&burst);
    }
    let gain = 10f64.powf(response.gain_db(false) / 20.0);
    let mut wanted = vec![0.0; input.len()];
    for (n, &x) in input.iter().enumerate().filter(|(_, x)| **x != 0.0) {
        for (sum, &tap) in wanted[n..].iter_mut().zip(taps) {
            *sum += gain * f64::from(x) * f64::from(tap);
        }
    }
    let peak = wanted.iter().fold(0.0f64, |peak, w| peak.max(w.abs()));
    let mut chain = chain(config);
    assert!(chain.load_cab(cab(Some(&response), config, 1)).is_ok());
    let mut output = input.clone();
    let mut rest = &mut output[..];
    for size in [64, 1, 4096, 33, 512, 700].into_iter().cycle() {
        if rest.is_empty() {
            break;
        }
        let (block, later) = rest.split_at_mut(size.min(rest.len()));
        rest = later;
        reset_violation_count();
        assert_no_alloc(|| chain.process(&mut [block]));
        assert_eq!(violation_count(), 0);
    }
    reset_violation_count();
    assert_no_alloc(|| chain.reset());
    assert_eq!(violation_count(), 0);
    let errors = output.iter().zip(&wanted);
    let error = errors.map(|(&f, w)| (f64::from(f) - w).abs());
    let error = error.fold(0.0, f64::max) / peak;
    assert!(error < 1e-6, "{error:e}");
}

#[test]
fn two_that_begin_late_stay_together() {
    // Of two microphones, the second one 3 ms behind the first, recorded with a long silence.
    let late = |frames: usize, rate: f64| {
        let mut samples = vec![0.0; frames];
        samples.extend([1.0, 0.5]);
        ImpulseResponse::new(vec![samples], rate).unwrap()
    };
    let clicks = |first: &ImpulseResponse, second: Option<&ImpulseResponse>| {
        let cab = Cab::new(Some(first), second, config(1), BuildId(0)).unwrap();
        let mut input = vec![0.0; 80_000];
        input[0] = 1.0;
        let heard = play(Some(cab), &input, 64, |_, _| {});
        let peaks = heard.iter().enumerate().filter(|(_, s)| s.abs() > 0.02);
        let peaks: Vec<usize> = peaks.map(|(n, _)| n).collect();
        (peaks[0], peaks[peaks.len() - 1])
    };
    let (near, far) = (late(4800, RATE), late(4944, RATE));
    assert_eq!(clicks(&near, None), (0, 1));
    assert_eq!(clicks(&far, None), (0, 1));
    assert_eq!(clicks(&near, Some(&far)), (0, 145));
    assert_eq!(clicks(&far, Some(&near)), (0, 145));
    // Whoever begins at once has the other one come as late as it does.
    assert_eq!(clicks(&late(0, RATE), Some(&far)), (0, 4945));
    assert_eq!(
        clicks(&late(0, RATE), Some(&late(72_000, RATE))),
        (0, 72_001)
    );
}

#[test]
fn a_recording_as_a_response_is_not_loud() {
    let mut random = 1u32;
    // Chords that are as long and as loud as a take is.
    let sample = |n: usize| {
        random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let tone = |hz: f64| (std::f64::consts::TAU * hz * n as f64 / RATE).sin() as f32;
        0.1 * (tone(110.0) + tone(220.5) + tone(331.0)) + 0.02 * (random as f32 / u32::MAX as f32)
    };
    let recording: Vec<f32> = (0..480_000).map(sample).collect();
    let response = ImpulseResponse::new(vec![recording.clone()], RATE).unwrap();
    let remarks = response.remarks(None);
    assert!(
        matches!(remarks[..], [Remark::Cut(_), Remark::Softer(_)]),
        "{remarks:?}"
    );
    // What makes the most of it is itself.
    let heard = play(
        Some(cab(Some(&response), config(1), 0)),
        &recording,
        512,
        |_, _| {},
    );
    let peak = heard.iter().fold(0.0f32, |peak, s| peak.max(s.abs()));
    assert!(peak < 1.0, "{} dBFS", 20.0 * peak.log10());
}

/// Tells what a cabinet costs; a claim about time would fail on a busy machine.
#[test]
fn what_it_costs() {
    let input = guitar();
    let time = |chain: &mut OneSlot, channels: usize| {
        let mut best = f64::MAX;
        for _ in 0..3 {
            let (mut left, mut right) = (input.clone(), input.clone());
            let start = Instant::now();
            for (left, right) in left.chunks_mut(64).zip(right.chunks_mut(64)) {
                match channels {
                    2 => chain.process(&mut [left, right]),
                    _ => chain.process(&mut [left]),
                }
            }
            best = best.min(start.elapsed().as_secs_f64());
        }
        1e9 * best / input.len() as f64
    };
    let capture = capture("captures/wn_standard");
    let amp = Amp::new(
        &capture,
        config(1),
        Voicing::default(),
        BuildId(0),
        SimdLevel::detect(),
    )
    .unwrap();
    let mut standard = OneSlot::new(config(1));
    assert!(standard.load_amp(amp).is_ok());
    let standard = time(&mut standard, 1);
    println!("A1 standard capture: {standard:.0} ns a sample");
    let response = decaying(7, 8192);
    for channels in [1, 2] {
        let mut chain = chain(config(channels));
        let without = time(&mut chain, channels);
        assert!(
            chain
                .load_cab(cab(Some(&response), config(channels), 1))
                .is_ok()
        );
        let with = time(&mut chain, channels);
        let cost = with - without;
        println!(
            "8192 taps, {channels} equal channels: {cost:.0} ns a sample, {:.1} % of that ({without:.0} ns the rest of the chain)",
            100.0 * cost / standard
        );
        chain.set_cab(CabSettings {
            low_cut_hz: 80.0,
            high_cut_hz: 6000.0,
            ..CabSettings::default()
        });
        println!(
            "with both cuts: {:.0} ns",
            time(&mut chain, channels) - without
        );
        chain.set_cab(CabSettings {
            on: false,
            ..CabSettings::default()
        });
        time(&mut chain, channels);
        println!("off: {:.0} ns", time(&mut chain, channels) - without);
    }
}
