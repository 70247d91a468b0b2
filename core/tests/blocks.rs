//! How a host cuts time into blocks does not change a single bit of the sound (of a long impulse
//! response, whose frequency domain rounds by blocks, not more than 1e-6).

mod common;

use common::{capture_names, fixture, render_blocks, samples};
use gridleak_core::{Capture, SimdLevel};

/// Block sizes that never repeat for long: 1 to 300, with runs of tiny ones.
fn changing_sizes() -> impl Iterator<Item = usize> {
    let mut seed = 12_345u32;
    std::iter::from_fn(move || {
        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let random = (seed >> 16) as usize;
        Some(if random.is_multiple_of(3) {
            1 + random % 9
        } else {
            1 + random % 300
        })
    })
}

fn check(folder: &str) {
    let signal = &samples("input_half_second.f32")[..6000];
    for name in capture_names(folder) {
        let capture = Capture::from_file(&fixture(&format!("{folder}/{name}.nam"))).unwrap();
        // The frequency domain of a kept crate rounds by where a block ends.
        let tolerance = if name.starts_with("linear") {
            1e-6
        } else {
            0.0
        };
        for &level in SimdLevel::ALL.iter().filter(|level| level.is_available()) {
            let render = |sizes: &mut dyn Iterator<Item = usize>| {
                let mut model = capture.build_for(level);
                model.prewarm();
                render_blocks(&mut model, signal, sizes)
            };
            let whole = render(&mut std::iter::repeat(64));
            let cuts: [(&str, &mut dyn Iterator<Item = usize>); 4] = [
                ("1", &mut std::iter::repeat(1)),
                ("3", &mut std::iter::repeat(3)),
                ("8192", &mut std::iter::repeat(8192)),
                ("changing", &mut changing_sizes()),
            ];
            for (cut, sizes) in cuts {
                let worst = render(sizes)
                    .iter()
                    .zip(&whole)
                    .fold(0.0f32, |worst, (a, b)| worst.max((a - b).abs()));
                assert!(
                    worst <= tolerance,
                    "{name} {level}: blocks of {cut} differ by {worst:e}"
                );
            }
        }
    }
}

#[test]
fn captures() {
    check("captures");
}

#[test]
fn features() {
    check("features");
}

#[test]
fn no_frames_at_all() {
    let capture = Capture::from_file(&fixture("captures/a2_lite.nam")).unwrap();
    let mut model = capture.build();
    model.prewarm();
    model.process(&[&[]], &mut [&mut []]);
    model.process_mono(&[], &mut []);
}

#[test]
fn slices_that_do_not_match_give_silence_where_nothing_is() {
    let capture = Capture::from_file(&fixture("features/linear_64_bias.nam")).unwrap();
    let mut model = capture.build();
    let (mut first, mut second) = ([1.0; 100], [1.0; 100]);
    model.process(&[&[0.5; 30]], &mut [&mut first, &mut second]);
    assert!(first.iter().all(|y| y.is_finite()) && second == [0.0; 100]);
    model.process(&[], &mut [&mut first]);
    assert!(first.iter().all(|y| y.is_finite()));
}

#[test]
fn reset_restores_the_state_of_the_file() {
    let signal = &samples("input_half_second.f32")[..2000];
    for folder in ["captures", "features", "example_models"] {
        for name in capture_names(folder) {
            let capture = Capture::from_file(&fixture(&format!("{folder}/{name}.nam"))).unwrap();
            let mut model = capture.build();
            let fresh = render_blocks(&mut model, signal, std::iter::repeat(64));
            model.reset();
            let again = render_blocks(&mut model, signal, std::iter::repeat(64));
            assert_eq!(fresh, again, "{name}: not as built");
            model.reset();
            model.prewarm();
            let warm = render_blocks(&mut model, signal, std::iter::repeat(64));
            model.reset();
            model.prewarm();
            let warm_again = render_blocks(&mut model, signal, std::iter::repeat(64));
            assert_eq!(warm, warm_again, "{name}: prewarming is not repeatable");
        }
    }
}
