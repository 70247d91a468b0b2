//! What the tests of the stages measure with.

use crate::engine::BLOCK;
use assert_no_alloc::{assert_no_alloc, reset_violation_count, violation_count};
use std::f64::consts::TAU;

/// White noise, -0.5 to 0.5, always the same.
pub(super) fn noise(frames: usize) -> Vec<f32> {
    let mut random = 7u64;
    let mut next = || {
        random = random
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (random >> 40) as f32 / (1 << 24) as f32 - 0.5
    };
    (0..frames).map(|_| next()).collect()
}

/// A sine; `frequency` and `rate` in Hz.
pub(super) fn sine(frequency: f64, amplitude: f64, rate: f64, frames: usize) -> Vec<f32> {
    let sample = |n: usize| amplitude * (TAU * frequency * n as f64 / rate).sin();
    (0..frames).map(|n| sample(n) as f32).collect()
}

/// The largest step from one sample to the next.
pub(super) fn largest_step(samples: &[f32]) -> f32 {
    let steps = samples.windows(2).map(|pair| (pair[1] - pair[0]).abs());
    steps.fold(0.0, f32::max)
}

/// Plays `channels` in pieces of `piece` frames; `stage` is told at which frame each begins.
pub(super) fn play(
    channels: &mut [&mut [f32]],
    piece: usize,
    mut stage: impl FnMut(usize, &mut [&mut [f32]]),
) {
    let frames = channels[0].len();
    for start in (0..frames).step_by(piece) {
        let range = start..(start + piece).min(frames);
        match channels {
            [one] => stage(start, &mut [&mut one[range]]),
            [left, right] => stage(start, &mut [&mut left[range.clone()], &mut right[range]]),
            _ => unreachable!("a stage has one channel or two"),
        }
    }
}

/// Plays noise that comes and goes through stages that `make` makes, in pieces of many lengths, and
/// expects the same bits from all, and no allocation. A stage may change its settings where a frame
/// number that it is told is a multiple of 500.
pub(super) fn assert_cuts_do_not_matter<Stage>(make: impl Fn() -> Stage)
where
    Stage: FnMut(usize, &mut [&mut [f32]]),
{
    const FRAMES: usize = 8000;
    let mut input = [noise(FRAMES), noise(FRAMES + 1)[1..].to_vec()];
    for side in &mut input {
        side[2500..4500].fill(0.0);
        side[2600..2700].fill(-0.0);
    }
    let mut first: Option<[Vec<u32>; 2]> = None;
    for length in [BLOCK, 1, 7, 33, 50] {
        let mut stage = make();
        let [mut left, mut right] = input.clone();
        reset_violation_count();
        assert_no_alloc(|| {
            for start in (0..FRAMES).step_by(500) {
                let range = start..start + 500;
                let mut part = [&mut left[range.clone()], &mut right[range]];
                play(&mut part, length, |frame, piece| {
                    stage(start + frame, piece)
                });
            }
        });
        assert_eq!(violation_count(), 0, "pieces of {length}");
        let bits = [left, right].map(|side| side.iter().map(|s| s.to_bits()).collect());
        match &first {
            None => first = Some(bits),
            Some(first) => assert!(*first == bits, "pieces of {length}"),
        }
    }
}
