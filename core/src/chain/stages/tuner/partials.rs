//! The exact pitch of a string whose pitch is roughly known, from its lowest partials.
//!
//! The frequency of a partial is how far its phase gets between two Hann windows. The windows are
//! whole periods long and whole periods apart. So each partial falls where the spectra of all others
//! are zero, and what leaks nevertheless is the same in both windows.
//!
//! A stiff string's partials are sharp, the higher the more. A line through the frequencies of all of
//! them tells that of the lowest, even where the lowest itself is weak.

use super::history::History;
use std::f64::consts::{PI, TAU};

/// How many partials are used.
const PARTIALS: usize = 8;

/// The highest frequency that is used, in parts of the sample rate.
const HIGHEST: f64 = 0.25;

/// The most seconds that an analysis of a new note looks back: one window and the way to the other.
/// Three periods if they last longer: a window needs two, and the way one.
const SPAN: f64 = 0.073;

/// Samples of both windows that are worked through while one sample comes in.
const PACE: usize = 16;

/// How well the phase of the strongest partial is known, in radians.
const PHASE_ERROR: f64 = 0.01;

/// The inharmonicity of strings: what is usual, and how much they differ.
const INHARMONICITY: [f64; 2] = [3e-5, 3e-4];

/// A string's sound: partial n (from 1) is at `n * f0 * (1 + inharmonicity * n * n)`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Tone {
    /// In Hz: what the pitch would be without stiffness.
    pub(super) f0: f64,
    /// Half of what is usually called B.
    pub(super) inharmonicity: f64,
}

impl Tone {
    /// The frequency of a partial in Hz, the lowest being 1.
    pub(super) fn partial(&self, n: usize) -> f64 {
        let n = n as f64;
        n * self.f0 * (1.0 + self.inharmonicity * n * n)
    }
}

/// The result of an analysis.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Fit {
    /// The tone that fits best.
    pub(super) tone: Tone,
    /// How far the phases are from that tone's, in radians (RMS).
    pub(super) error: f64,
    /// The power in the later window, in parts of that in the earlier.
    pub(super) growth: f64,
}

/// A value for each partial.
type Lanes = [f32; PARTIALS];

/// An analysis that goes on with each sample that comes in.
pub(super) struct PartialAnalysis {
    rate: f64,
    guess: Tone,
    /// In samples: the length of a window, and the way from one to the other.
    window: usize,
    distance: usize,
    /// Samples that came in since it began, and samples of the windows that it is through with.
    age: usize,
    done: usize,
    /// Cosine and sine of the Hann window, and of its angle from one sample to the next.
    hann: [f32; 2],
    hann_step: [f32; 2],
    /// The same of each partial of the guess.
    partials: [Lanes; 2],
    partial_steps: [Lanes; 2],
    /// For each window: the sums of its samples times cosine and sine.
    sums: [[Lanes; 2]; 2],
}

impl PartialAnalysis {
    /// An analysis that has not begun. `rate`: in Hz.
    pub(super) fn new(rate: f64) -> Self {
        PartialAnalysis {
            rate,
            guess: Tone {
                f0: 0.0,
                inharmonicity: 0.0,
            },
            window: 0,
            distance: 0,
            age: 0,
            done: 0,
            hann: [0.0; 2],
            hann_step: [0.0; 2],
            partials: [[0.0; PARTIALS]; 2],
            partial_steps: [[0.0; PARTIALS]; 2],
            sums: [[[0.0; PARTIALS]; 2]; 2],
        }
    }

    /// Samples of history that it needs for tones from `lowest` Hz on, with windows up to `further`
    /// seconds further apart. `rate`: in Hz.
    pub(super) fn history(rate: f64, lowest: f64, further: f64) -> usize {
        let span = SPAN.max(3.0 / lowest);
        (rate * (span + span / PACE as f64 + further)) as usize + 2
    }

    /// Begins with the samples that are there. `guess`: the tone, good to a hundredth; if the windows
    /// are to be `further` seconds further apart than a new note allows, good to a thousandth.
    pub(super) fn begin(&mut self, guess: Tone, further: f64) {
        let period = self.rate / guess.f0;
        let periods = (SPAN * guess.f0).floor().max(3.0);
        let apart = (periods / 3.0).round();
        let window = (periods - apart) * period;
        self.guess = guess;
        self.window = window as usize;
        self.distance = ((apart + (further * guess.f0).floor()) * period).round() as usize;
        self.age = 0;
        self.done = 0;
        let step = |angle: f64| [angle.cos() as f32, angle.sin() as f32];
        self.hann = [1.0, 0.0];
        self.hann_step = step(TAU / window);
        self.partials = [[1.0; PARTIALS], [0.0; PARTIALS]];
        let [cos, sin] = &mut self.partial_steps;
        for n in 0..PARTIALS {
            [cos[n], sin[n]] = step(TAU * guess.partial(n + 1) / self.rate);
        }
        self.sums = [[[0.0; PARTIALS]; 2]; 2];
    }

    /// Goes on. To be called with each sample that comes in, until it gives a result.
    pub(super) fn advance(&mut self, history: &History) -> Option<Fit> {
        let samples = history.newest(self.window + self.distance + self.age);
        self.age += 1;
        let part = self.done..(self.done + PACE).min(self.window);
        self.done = part.end;
        let later = part.start + self.distance..part.end + self.distance;
        if let (Some(first), Some(second)) = (samples.get(part), samples.get(later)) {
            self.add(first, second);
        }
        (self.done == self.window).then(|| self.fit())
    }

    /// Adds the next samples of each window.
    fn add(&mut self, first: &[f32], second: &[f32]) {
        let ([mut cos, mut sin], [cos_step, sin_step]) = (self.partials, self.partial_steps);
        let [[mut cos_1, mut sin_1], [mut cos_2, mut sin_2]] = self.sums;
        for (&first, &second) in first.iter().zip(second) {
            let hann = 0.5 - 0.5 * self.hann[0];
            let (first, second) = (hann * first, hann * second);
            self.hann = rotate(self.hann, self.hann_step);
            for n in 0..PARTIALS {
                cos_1[n] += first * cos[n];
                sin_1[n] += first * sin[n];
                cos_2[n] += second * cos[n];
                sin_2[n] += second * sin[n];
                [cos[n], sin[n]] = rotate([cos[n], sin[n]], [cos_step[n], sin_step[n]]);
            }
        }
        self.partials = [cos, sin];
        self.sums = [[cos_1, sin_1], [cos_2, sin_2]];
    }

    /// The tone that fits best, by least squares.
    fn fit(&self) -> Fit {
        let distance = self.distance as f64 / self.rate;
        // By how much each partial's phase got further than the guess's, and how much that counts.
        let (mut phases, mut weights) = ([0.0; PARTIALS], [0.0; PARTIALS]);
        let mut totals = [0.0; 2];
        for n in 0..PARTIALS {
            let frequency = self.guess.partial(n + 1);
            if frequency > HIGHEST * self.rate {
                break;
            }
            let [a, b] = self.sums.map(|[cos, sin]| [cos[n], -sin[n]].map(f64::from));
            let powers = [a, b].map(|[re, im]| re * re + im * im);
            totals[0] += powers[0];
            totals[1] += powers[1];
            weights[n] = (powers[0] * powers[1]).sqrt();
            let phase = (b[1] * a[0] - b[0] * a[1]).atan2(b[0] * a[0] + b[1] * a[1]);
            phases[n] = wrap(phase - TAU * frequency * distance);
        }
        let strongest = weights.iter().copied().fold(f64::MIN_POSITIVE, f64::max);
        // Of a partial n in parts of the guess, `off` is to be `sharp + stiff * n * n`.
        let radians = |n: usize| TAU * (n + 1) as f64 * self.guess.f0 * distance;
        let square = |n: usize| ((n + 1) * (n + 1)) as f64;
        let [usual, spread] = INHARMONICITY;
        let prior = spread.powi(-2);
        let [mut w, mut wn, mut wnn] = [0.0, 0.0, prior];
        let [mut off_w, mut off_wn] = [0.0, prior * (usual - self.guess.inharmonicity)];
        for n in 0..PARTIALS {
            let off = phases[n] / radians(n);
            let weight = (radians(n) / PHASE_ERROR).powi(2) * weights[n] / strongest;
            w += weight;
            wn += weight * square(n);
            wnn += weight * square(n) * square(n);
            off_w += weight * off;
            off_wn += weight * square(n) * off;
        }
        let determinant = w * wnn - wn * wn;
        let sharp = (off_w * wnn - off_wn * wn) / determinant;
        let stiff = (w * off_wn - wn * off_w) / determinant;

        let error = |n: usize| phases[n] - (sharp + stiff * square(n)) * radians(n);
        let errors = (0..PARTIALS).map(|n| weights[n] * error(n).powi(2));
        Fit {
            tone: Tone {
                f0: self.guess.f0 * (1.0 + sharp),
                inharmonicity: self.guess.inharmonicity + stiff,
            },
            error: (errors.sum::<f64>() / weights.iter().sum::<f64>()).sqrt(),
            growth: totals[1] / totals[0],
        }
    }
}

/// A vector turned by the angle of one of length 1.
fn rotate([cos, sin]: [f32; 2], [cos_step, sin_step]: [f32; 2]) -> [f32; 2] {
    [
        cos * cos_step - sin * sin_step,
        cos * sin_step + sin * cos_step,
    ]
}

/// The same angle between -pi and pi.
fn wrap(angle: f64) -> f64 {
    (angle + PI).rem_euclid(TAU) - PI
}
