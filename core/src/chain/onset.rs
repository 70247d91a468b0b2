//! The beginning of a response that was converted to another sample rate.
//!
//! A filter of linear phase rings before a sound as well as behind it. What it rings before the first
//! sample of a response would have to sound before the guitar does, so it is cut off, and a part of the
//! sound with it: of a click that is the first sample, 0.6 dB at all frequencies. Playing everything
//! later instead would be latency. But two sounds that are the same to the ear may differ above what is
//! heard, and up there a response may do what it likes. So its first samples are changed a little: such
//! that what was cut is made up for, in level and in phase, as far as one hears, at the cost of what
//! nobody does. They solve a problem of least squares, in which a difference counts as much as it is
//! heard.
//!
//! Of a response whose own rate is below 40 kHz or so there is nothing that lies above what is heard: what
//! is made up for is paid for between half of its rate and 20 kHz, where the file itself is silent. A click
//! that is the first sample gets about as loud there as it is below; weights that would make it 5 dB softer
//! would cost a decibel or two below. Such files are rare, and say little about these frequencies anyway.

use std::f64::consts::TAU;

/// Samples that are changed at the beginning.
const CHANGED: usize = 128;

/// Up to here a difference matters, in Hz, and up to this part of half of the lower rate.
const MATTERS: f64 = 18_500.0;
const PART: f64 = 0.9;

/// Above this nothing is heard, in Hz.
const HEARD: f64 = 20_000.0;

/// What a difference counts where it matters, between that and what is heard, and above.
const WEIGHTS: [f64; 3] = [1.0, 1e-4, 1e-5];

/// Makes up for the samples `before` the first one, which are in the order of time and end just before
/// it, in a response that was converted from one rate to another, in Hz.
pub(super) fn make_up_for(before: &[f32], response: &mut Vec<f32>, from: f64, to: f64) {
    let loudest = |samples: &[f32]| samples.iter().fold(0.0f32, |most, s| most.max(s.abs()));
    // In a response that begins later, there is next to nothing.
    if loudest(before) <= 1e-7 * loudest(response) {
        return;
    }
    let likeness = likeness(CHANGED + before.len() + 1, from, to);
    let missing: Vec<f64> = (0..CHANGED)
        .map(|n| {
            let rung = before.iter().rev().zip(&likeness[n + 1..]);
            rung.map(|(&sample, likeness)| f64::from(sample) * likeness)
                .sum()
        })
        .collect();
    let added = solve(&likeness[..CHANGED], missing);
    response.resize(response.len().max(CHANGED), 0.0);
    for (sample, added) in response.iter_mut().zip(added) {
        *sample += added as f32;
    }
}

/// How alike two clicks are that are so many samples apart, for who hears by [`WEIGHTS`].
fn likeness(apart: usize, from: f64, to: f64) -> Vec<f64> {
    let half = to / 2.0;
    let matters = MATTERS.min(PART * from.min(to) / 2.0);
    let ends = [matters, HEARD.clamp(matters, half), half].map(|end| end / to);
    let at = |n: usize| {
        let (mut sum, mut start) = (0.0, 0.0);
        for (end, weight) in ends.into_iter().zip(WEIGHTS) {
            // The mean of cos(TAU f n) over a band, times its width.
            let integral = |f: f64| match n {
                0 => f,
                _ => (TAU * f * n as f64).sin() / (TAU * n as f64),
            };
            sum += weight * (integral(end) - integral(start));
            start = end;
        }
        sum
    };
    (0..apart).map(at).collect()
}

/// Solves the symmetric equations whose coefficients depend on the distance from the diagonal alone,
/// by Cholesky's method.
fn solve(coefficients: &[f64], mut right: Vec<f64>) -> Vec<f64> {
    let size = right.len();
    let mut factor = vec![vec![0.0f64; size]; size];
    for row in 0..size {
        for column in 0..=row {
            let known = factor[row][..column].iter().zip(&factor[column]);
            let known: f64 = known.map(|(a, b)| a * b).sum();
            let rest = coefficients[row - column] - known;
            factor[row][column] = match row == column {
                // More than nothing in any case but by rounding: no weight is 0.
                true => rest.max(1e-12).sqrt(),
                false => rest / factor[column][column],
            };
        }
    }
    for row in 0..size {
        let known: f64 = (0..row).map(|k| factor[row][k] * right[k]).sum();
        right[row] = (right[row] - known) / factor[row][row];
    }
    for row in (0..size).rev() {
        let known: f64 = (row + 1..size).map(|k| factor[k][row] * right[k]).sum();
        right[row] = (right[row] - known) / factor[row][row];
    }
    right
}
