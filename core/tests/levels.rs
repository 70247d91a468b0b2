//! Every instruction set plays the same sound.

mod common;

use common::{capture_names, fixture, render_blocks, samples};
use gridleak_core::{Capture, SimdLevel};

/// Levels round differently: with and without fused multiply-add, in sums of other parts. What is
/// left may be as large as the distance to the reference.
#[test]
fn levels_agree() {
    let available: Vec<SimdLevel> = SimdLevel::ALL
        .iter()
        .copied()
        .filter(|l| l.is_available())
        .collect();
    for level in SimdLevel::ALL.iter().filter(|level| !level.is_available()) {
        println!("skipped: this CPU has no {level}");
    }
    let signal = &samples("input_1s.f32")[..12_000];
    for folder in ["captures", "features", "example_models"] {
        for name in capture_names(folder) {
            let capture = Capture::from_file(&fixture(&format!("{folder}/{name}.nam"))).unwrap();
            let renders: Vec<Vec<f32>> = available
                .iter()
                .map(|&level| {
                    let mut model = capture.build_for(level);
                    assert_eq!(model.level(), level);
                    model.prewarm();
                    render_blocks(&mut model, signal, std::iter::repeat(64))
                })
                .collect();
            let peak = renders[0].iter().fold(0.0f32, |peak, y| peak.max(y.abs()));
            for (level, render) in available.iter().zip(&renders) {
                let pairs = render.iter().zip(&renders[0]);
                let worst = pairs.fold(0.0f32, |worst, (a, b)| worst.max((a - b).abs()));
                assert!(
                    worst <= 1e-4 * peak.max(0.1),
                    "{name}: {level} differs by {worst:e}"
                );
            }
        }
    }
}

#[test]
fn names_of_levels() {
    for &level in SimdLevel::ALL {
        assert_eq!(level.to_string().parse(), Ok(level));
    }
    let error = "avx3"
        .parse::<SimdLevel>()
        .expect_err("there is no such level");
    assert!(error.to_string().contains("avx3"), "{error}");
    assert!(SimdLevel::detect().is_available());
}
