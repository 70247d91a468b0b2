//! The state of an instance: copied to another, compared with another's, come to rest.

mod common;

use assert_no_alloc::{AllocDisabler, assert_no_alloc, reset_violation_count, violation_count};
use common::{capture_names, fixture, render_blocks, samples};
use gridleak_core::{Capture, Model, SimdLevel};
use serde_json::{Value, json};

#[global_allocator]
static ALLOCATOR: AllocDisabler = AllocDisabler;

fn json_of(name: &str) -> Value {
    let text = std::fs::read_to_string(fixture(name)).expect("fixtures are part of the repository");
    serde_json::from_str(&text).expect("JSON")
}

fn compound(architecture: &str, config: &Value) -> Capture {
    let file = json!({"version": "0.7.0", "architecture": architecture, "config": config,
                      "weights": []});
    Capture::from_bytes(architecture, file.to_string().as_bytes())
        .unwrap_or_else(|error| panic!("{error}"))
}

fn sequential(stages: &[&str]) -> Capture {
    let models: Vec<Value> = stages.iter().map(|name| json_of(name)).collect();
    compound("Sequential", &json!({"models": models}))
}

/// Two sizes, of which slim values below a half choose the first.
fn container(small: &str, full: &str) -> Capture {
    let sizes = json!([{"max_value": 0.5, "model": json_of(small)},
                       {"max_value": 1.0, "model": json_of(full)}]);
    compound("SlimmableContainer", &json!({"submodels": sizes}))
}

fn load(name: &str) -> Capture {
    Capture::from_file(&fixture(name)).unwrap_or_else(|error| panic!("{error}"))
}

/// Every kind of capture, and models made of models.
fn all() -> Vec<(String, Capture)> {
    let mut captures = Vec::new();
    for folder in ["captures", "features", "example_models", "trained"] {
        for name in capture_names(folder) {
            let capture = load(&format!("{folder}/{name}.nam"));
            captures.push((name, capture));
        }
    }
    let lstm = "captures/lstm_1x8.nam";
    let linear = "features/linear_64_bias.nam";
    for (name, capture) in [
        ("lstm, linear", sequential(&[lstm, linear])),
        (
            "slim, convnet",
            sequential(&["features/wn_slim.nam", "features/convnet_bn.nam"]),
        ),
        (
            "linear, fft",
            sequential(&[linear, "features/linear_3000_fft.nam"]),
        ),
        ("two lstms", container(lstm, "captures/lstm_1x16.nam")),
        ("lstm or wavenet", container(lstm, "captures/wn_nano.nam")),
        ("lstm or fft", container(lstm, "captures/linear_8192.nam")),
    ] {
        captures.push((name.to_owned(), capture));
    }
    for (name, factor) in [
        (lstm, 8),
        ("captures/wn_nano.nam", 2),
        ("features/convnet_bn.nam", 4),
        ("features/wn_conddsp_lstm.nam", 2),
        ("features/wn_slim.nam", 4),
    ] {
        let capture = load(name).oversampled(factor).into_owned();
        captures.push((format!("{name} at {factor} times its rate"), capture));
    }
    let capture = container(lstm, "captures/wn_nano.nam");
    let capture = capture.oversampled(2).into_owned();
    captures.push(("lstm or wavenet at twice its rate".to_owned(), capture));
    captures
}

/// Whether an impulse response is in it that goes through the frequency domain.
fn has_closed_state(name: &str) -> bool {
    name.contains("fft") || name.starts_with("linear_3000") || name.starts_with("linear_8192")
}

/// Blocks of 1 to 300 frames in an order without a pattern.
fn sizes(mut seed: u32) -> impl Iterator<Item = usize> {
    std::iter::from_fn(move || {
        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        Some(1 + (seed >> 16) as usize % if seed >> 31 == 0 { 9 } else { 300 })
    })
}

/// What happens inside as to allocations and frees.
fn violations(work: impl FnOnce()) -> u32 {
    reset_violation_count();
    assert_no_alloc(work);
    violation_count()
}

fn bits(sound: &[f32]) -> Vec<u32> {
    sound.iter().map(|sample| sample.to_bits()).collect()
}

fn assert_same(a: &[f32], b: &[f32], what: &str) {
    if let Some(at) = bits(a).iter().zip(bits(b)).position(|(&a, b)| a != b) {
        panic!("{what}: {} and {} at sample {at}", a[at], b[at]);
    }
}

/// A copy plays on as the original does, whatever it did before, however the host cuts time.
#[test]
fn a_copy_plays_on_like_the_original() {
    let signal = samples("input_half_second.f32");
    let (first, other) = (&signal[..2003], &signal[5000..6100]);
    let second = &signal[2003..3300];
    for (name, capture) in all() {
        for &level in SimdLevel::ALL.iter().filter(|level| level.is_available()) {
            let what = format!("{name} at {level}");
            let mut original = capture.build_for(level);
            original.prewarm();
            render_blocks(&mut original, first, sizes(1));
            // Once for one that is as built, once for one that has played.
            for played in [false, true] {
                let mut copy = capture.build_for(level);
                if played {
                    render_blocks(&mut copy, other, sizes(2));
                }
                let mut copied = false;
                let count = violations(|| copied = copy.copy_state(&original));
                assert_eq!(count, 0, "{what}: allocates");
                assert_eq!(copied, !has_closed_state(&name), "{what}");
                if copied {
                    let sound = render_blocks(&mut copy, second, sizes(3));
                    let wanted = render_blocks(&mut original, second, sizes(4));
                    assert_same(&sound, &wanted, &what);
                }
            }
        }
    }
}

/// In every phase of a change of size, and for the changes after it.
#[test]
fn a_copy_made_during_a_change_of_size_changes_alike() {
    let signal: Vec<f32> = samples("input_half_second.f32").repeat(2);
    for (name, capture) in all() {
        if capture.slim_steps().is_empty() || has_closed_state(&name) {
            continue;
        }
        // From within the catching up to long after the fade.
        for wait in [0, 64, 700, 3000, 9000, 20_000] {
            let mut original = capture.build();
            original.prewarm();
            render_blocks(&mut original, &signal[..5000], sizes(1));
            original.set_slim(0.0);
            render_blocks(&mut original, &signal[5000..5000 + wait], sizes(2));
            let mut copy = capture.build();
            // In another size, and on the way to a third.
            copy.prewarm();
            copy.set_slim(0.4);
            render_blocks(&mut copy, &signal[..1000], sizes(3));
            assert!(copy.copy_state(&original), "{name}");
            for (turn, slim) in [None, Some(1.0), Some(0.4)].into_iter().enumerate() {
                if let Some(slim) = slim {
                    original.set_slim(slim);
                    copy.set_slim(slim);
                }
                let part = &signal[25_000 + 7000 * turn..][..7000];
                let sound = render_blocks(&mut copy, part, sizes(5));
                let wanted = render_blocks(&mut original, part, sizes(5));
                assert_same(&sound, &wanted, &format!("{name}, {wait}, {slim:?}"));
            }
        }
    }
}

#[test]
fn what_cannot_be_copied_changes_nothing() {
    let signal = samples("input_half_second.f32");
    let lstm = "captures/lstm_1x8.nam";
    let conv = "features/convnet_bn.nam";
    let fft = "features/linear_3000_fft.nam";
    let pairs = [
        (load(lstm), load(conv)),
        (load(lstm), load("captures/lstm_2x8.nam")),
        (load(lstm), load("captures/lstm_1x12.nam")),
        (
            load("captures/lstm_1x12.nam"),
            load("captures/lstm_1x16.nam"),
        ),
        (load("captures/wn_nano.nam"), load("captures/wn_lite.nam")),
        (
            load("captures/wn_nano.nam"),
            load("features/wn_conddsp_lstm.nam"),
        ),
        (
            load("features/wn_conddsp_wavenet.nam"),
            load("features/wn_conddsp_lstm.nam"),
        ),
        (load("captures/convnet_full.nam"), load(conv)),
        (load("features/linear_64_bias.nam"), load(fft)),
        (load(fft), load(fft)),
        // The first stage could be copied, the second not.
        (sequential(&[conv, fft]), sequential(&[conv, fft])),
        (sequential(&[lstm, conv]), sequential(&[lstm])),
        (container(lstm, fft), container(lstm, fft)),
        (
            container(lstm, "captures/lstm_2x8.nam"),
            container(lstm, "captures/lstm_1x16.nam"),
        ),
        (load("example_models/A2.nam"), load("features/wn_slim.nam")),
        (load(lstm), load(lstm).oversampled(2).into_owned()),
        (load(conv), load(conv).oversampled(2).into_owned()),
        (
            load(lstm).oversampled(2).into_owned(),
            load(lstm).oversampled(4).into_owned(),
        ),
    ];
    for (index, (a, b)) in pairs.iter().enumerate() {
        for (to, from) in [(a, b), (b, a)] {
            let make = |capture: &Capture, part: &[f32]| {
                let mut model = capture.build();
                model.prewarm();
                render_blocks(&mut model, part, std::iter::repeat(64));
                model
            };
            let mut model = make(to, &signal[..1000]);
            let mut untouched = make(to, &signal[..1000]);
            assert!(
                !model.copy_state(&make(from, &signal[3000..3900])),
                "pair {index}"
            );
            assert_same(
                &render_blocks(&mut model, &signal[1000..2000], std::iter::repeat(64)),
                &render_blocks(&mut untouched, &signal[1000..2000], std::iter::repeat(64)),
                &format!("pair {index}"),
            );
        }
    }
    // The same capture with other instructions rounds otherwise, so it is another instance's state.
    let mut levels = SimdLevel::ALL.iter().filter(|level| level.is_available());
    if let (Some(&one), Some(&other)) = (levels.next(), levels.next()) {
        let capture = load("captures/wn_nano.nam");
        assert!(!capture.build_for(one).copy_state(&capture.build_for(other)));
    }
}

/// Plays the same to both until they are in the same state; returns how many frames that took.
fn meet(a: &mut Model, b: &mut Model, signal: &[f32], most: usize) -> Option<usize> {
    for (index, part) in signal.chunks_exact(64).cycle().enumerate() {
        if a.same_state(b) {
            return Some(64 * index);
        }
        if 64 * index >= most {
            return None;
        }
        render_blocks(a, part, std::iter::repeat(64));
        render_blocks(b, part, std::iter::repeat(64));
    }
    None
}

/// LSTMs forget, down to the last bit, and it is noticed when they have: not sooner, not later.
#[test]
fn the_same_state_is_recognised() {
    let signal = samples("input_1s.f32");
    for name in [
        "captures/lstm_1x8.nam",
        "captures/lstm_2x8.nam",
        "captures/lstm_1x16.nam",
    ] {
        let capture = load(name);
        let (mut a, mut b) = (capture.build(), capture.build());
        assert!(a.same_state(&b), "{name}: as built");
        a.prewarm();
        assert!(!a.same_state(&b), "{name}: prewarmed");
        assert!(b.copy_state(&a) && a.same_state(&b), "{name}: copied");
        render_blocks(&mut a, &signal[..1], std::iter::repeat(1));
        render_blocks(&mut b, &signal[1..2], std::iter::repeat(1));
        assert!(!a.same_state(&b), "{name}: one sample");
        let took = meet(&mut a, &mut b, &signal, 96_000);
        assert!(took.is_some(), "{name}: never forgets");
        assert_same(
            &render_blocks(&mut a, &signal, sizes(1)),
            &render_blocks(&mut b, &signal, sizes(2)),
            name,
        );
    }
}

/// Nets that play the same are not in the same state while another size would not play the same.
#[test]
fn the_past_of_other_sizes_is_part_of_the_state() {
    let signal = samples("input_1s.f32");
    let capture = container("captures/lstm_1x16.nam", "captures/lstm_1x8.nam");
    let alone = load("captures/lstm_1x8.nam");
    let (mut a, mut b) = (capture.build(), capture.build());
    let (mut alone_a, mut alone_b) = (alone.build(), alone.build());
    for (model, part) in [(&mut a, 0..900), (&mut b, 900..1800)] {
        render_blocks(model, &signal[part], std::iter::repeat(64));
    }
    for (model, part) in [(&mut alone_a, 0..900), (&mut alone_b, 900..1800)] {
        render_blocks(model, &signal[part], std::iter::repeat(64));
    }
    let alone = meet(&mut alone_a, &mut alone_b, &signal, 96_000).expect("it forgets");
    let took = meet(&mut a, &mut b, &signal, 96_000).expect("it forgets");
    let settled = a.settle_frames().next_multiple_of(64);
    assert_eq!(took, alone.max(settled), "{alone} frames alone");
    a.set_slim(0.0);
    b.set_slim(0.0);
    assert!(!a.same_state(&b), "a change is under way");
    assert_same(
        &render_blocks(&mut a, &signal, std::iter::repeat(64)),
        &render_blocks(&mut b, &signal, std::iter::repeat(64)),
        "after a change of size",
    );
    assert!(a.same_state(&b), "the change is through");
}

/// An LSTM that has settled stays where it is, and sounds as if it had gone on when it is played again.
#[test]
fn a_settled_lstm_stays_settled() {
    let signal = samples("input_1s.f32");
    let mut settled = Vec::new();
    for (name, capture) in all() {
        let mut model = capture.build();
        if !model.is_recurrent() {
            assert!(!model.is_settled(), "{name}");
            continue;
        }
        model.prewarm();
        render_blocks(&mut model, &signal[..2000], sizes(1));
        assert!(!model.is_settled(), "{name} while it is played");
        let silence = [0.0; 64];
        let mut blocks = sizes(7).map(|size| size.min(64));
        let waited = (0..3000).find_map(|_| {
            let size = blocks.next()?;
            let last = render_blocks(&mut model, &silence[..size], std::iter::once(size));
            model.is_settled().then_some(last)
        });
        let Some(last) = waited else { continue };
        let outputs = model.out_channels();
        let rest = last[last.len() - outputs..].to_vec();
        let mut running = capture.build();
        assert!(running.copy_state(&model) && running.is_settled(), "{name}");
        let on = render_blocks(&mut running, &[0.0; 5000], sizes(2));
        for frame in on.chunks_exact(outputs) {
            assert_same(frame, &rest, &format!("{name} at rest"));
        }
        assert!(running.is_settled(), "{name}");
        // After a frame of sound in a block of silence it is not, nor before the next frame.
        let mut tick = [0.0; 10];
        tick[9] = 0.5;
        let sound = render_blocks(&mut model, &tick, std::iter::repeat(10));
        let wanted = render_blocks(&mut running, &tick, std::iter::repeat(3));
        assert_same(&sound, &wanted, &name);
        assert!(!model.is_settled(), "{name} after a sound");
        model.reset();
        assert!(!model.is_settled(), "{name} after a reset");
        settled.push(name);
    }
    assert!(settled.len() >= 5, "only {settled:?} come to rest");
}
