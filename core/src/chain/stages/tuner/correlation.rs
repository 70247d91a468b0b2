//! The period of a sound: McLeod's normalized square difference function, brought up to date with
//! every sample.

use super::history::History;
use std::iter;

/// Seconds in which the weight of a sample falls by a factor of e: short, so that a low note that was
/// stopped does not hide a high one.
const MEMORY: f64 = 0.016;

/// The first peak that reaches this part of the highest one is the period. A lower value takes a
/// string with strong even partials for its octave; a higher one takes noise for an octave below.
const FIRST_PEAK: f32 = 0.95;

/// The period of a sound.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Period {
    /// Its length in samples.
    pub(super) samples: f64,
    /// How alike one period and the next are: 1 if they are the same, near 0 in noise.
    pub(super) clarity: f32,
}

/// The autocorrelation of a sound at all lags up to a longest.
pub(super) struct Correlation {
    /// Running sums of the products of each sample and the one a lag before it; the longest lag first,
    /// as the samples are in a [`History`].
    products: Vec<f32>,
    /// The running sum of squares, and what it was at the last samples.
    energy: f32,
    energies: History,
    /// The part of a running sum that the next sample leaves.
    keep: f32,
}

impl Correlation {
    /// `rate`: in Hz; `longest`: the longest lag in samples.
    pub(super) fn new(rate: f64, longest: usize) -> Self {
        Correlation {
            products: vec![0.0; longest + 1],
            energy: 0.0,
            energies: History::new(longest + 1),
            keep: (-1.0 / (MEMORY * rate)).exp() as f32,
        }
    }

    /// Forgets the sound.
    pub(super) fn reset(&mut self) {
        self.products.fill(0.0);
        self.energy = 0.0;
        self.energies.reset();
    }

    /// Adds the newest sample of a history that is longer than the longest lag.
    pub(super) fn push(&mut self, history: &History) {
        let samples = history.newest(self.products.len());
        let Some(&newest) = samples.last() else {
            return;
        };
        let keep = self.keep;
        for (product, sample) in self.products.iter_mut().zip(samples) {
            *product = keep * *product + newest * sample;
        }
        self.energy = keep * self.energy + newest * newest;
        self.energies.push(self.energy);
    }

    /// The mean square of the sound.
    pub(super) fn power(&self) -> f32 {
        (1.0 - self.keep) * self.energy
    }

    /// The period, if there is one: the first peak that is nearly as high as the highest.
    pub(super) fn period(&self) -> Option<Period> {
        let highest = self.peaks().map(|peak| peak.clarity).fold(0.0, f32::max);
        self.peaks()
            .find(|peak| peak.clarity >= FIRST_PEAK * highest)
    }

    /// The highest peak of each stretch of lags at which the function is above 0. The stretch that
    /// begins with lag 0 has none.
    fn peaks(&self) -> impl Iterator<Item = Period> {
        let mut values = self.values().enumerate();
        // The values at the two lags before.
        let [mut left, mut middle] = [0.0; 2];
        let mut was_below = false;
        iter::from_fn(move || {
            let mut highest: Option<Period> = None;
            for (lag, right) in values.by_ref() {
                if was_below && middle > 0.0 && middle >= left && middle > right {
                    let peak = interpolate((lag - 1) as f64, [left, middle, right]);
                    if highest.is_none_or(|highest| peak.clarity > highest.clarity) {
                        highest = Some(peak);
                    }
                }
                (left, middle) = (middle, right);
                was_below |= right <= 0.0;
                if right <= 0.0 && highest.is_some() {
                    break;
                }
            }
            highest
        })
    }

    /// The function at each lag from 0 on: from 1, where the sound is the same as a lag before, to -1,
    /// where it is the opposite.
    fn values(&self) -> impl Iterator<Item = f32> {
        let energies = self.energies.newest(self.products.len());
        let both = self.products.iter().zip(energies).rev();
        both.map(|(product, energy)| {
            let sum = self.energy + energy;
            if sum > 0.0 { 2.0 * product / sum } else { 0.0 }
        })
    }
}

/// The top of the sine through a peak and its neighbours. (The top of a parabola is 6 % too low
/// where a period is shorter than five samples, and a multiple of the period would win.)
fn interpolate(lag: f64, [left, middle, right]: [f32; 3]) -> Period {
    let cos = (left + right) / (2.0 * middle);
    if !(-0.5..1.0 - 1e-6).contains(&cos) {
        // Narrower than anything that passes the low-pass, or as good as flat.
        return Period {
            samples: lag,
            clarity: middle.min(1.0),
        };
    }
    let step = cos.acos();
    let phase = ((right - left) / (2.0 * middle * step.sin())).atan();
    Period {
        samples: lag + f64::from(phase / step),
        clarity: (middle / phase.cos()).min(1.0),
    }
}
