//! The tone stack: bass, middle and treble, exactly those of the official plugin.
//!
//! Each is a filter of the Audio EQ Cookbook (Bristow-Johnson), which the official plugin plays as a
//! biquad in direct form. Here it is played as a state variable filter (`filter.rs`) with the same
//! response, so a move does not click.

use crate::chain::filter::{Filter, MovingFilter, warp};
use crate::chain::smooth::Smooth;
use crate::chain::stage::{Block, Stage};
use crate::chain::switch::Switch;
use crate::engine::BLOCK;
use crate::rig::{Settings, ToneSettings};
use std::f64::consts::{LN_10, PI};

impl ToneSettings {
    /// What the knobs do to a frequency, in dB, at a sample rate; both in Hz. It does not ask
    /// whether the stack is on. Knobs are brought into their range, what is no number stands at 5,
    /// and frequencies above half the rate are taken for that.
    pub fn response_db(&self, rate: f64, frequency: f64) -> f64 {
        let warped = (PI * (frequency / rate).clamp(0.0, 0.5)).tan();
        let knobs = self.knobs([MIDDLE_OF_KNOB; 3]);
        let bands = BANDS.iter().zip(knobs);
        bands
            .map(|(band, knob)| band.filter(band.warped(rate), knob).response_db(warped))
            .sum()
    }

    /// Bass, middle, treble in their range; what is no number as it was `before`.
    fn knobs(&self, before: [f64; 3]) -> [f64; 3] {
        let mut knobs = before;
        for (knob, value) in knobs.iter_mut().zip([self.bass, self.middle, self.treble]) {
            if value.is_finite() {
                *knob = f64::from(value.clamp(*Self::KNOB.start(), *Self::KNOB.end()));
            }
        }
        knobs
    }
}

/// Where a knob changes nothing.
const MIDDLE_OF_KNOB: f64 = 5.0;

/// In the order in which they are played. The figures are the official plugin's.
static BANDS: [Band; 3] = [
    Band {
        shape: Shape::LowShelf,
        frequency: 150.0,
        db_per_step: 4.0,
        quality: [0.707; 2],
    },
    Band {
        shape: Shape::Peak,
        frequency: 425.0,
        db_per_step: 3.0,
        quality: [1.5, 0.7],
    },
    Band {
        shape: Shape::HighShelf,
        frequency: 1800.0,
        db_per_step: 2.0,
        quality: [0.707; 2],
    },
];

enum Shape {
    LowShelf,
    Peak,
    HighShelf,
}

/// What a knob governs.
struct Band {
    shape: Shape,
    /// In Hz.
    frequency: f64,
    db_per_step: f64,
    /// Where it cuts, and elsewhere.
    quality: [f64; 2],
}

impl Band {
    /// Its frequency, see [`warp`], at a rate in Hz.
    fn warped(&self, rate: f64) -> f64 {
        warp(self.frequency, rate)
    }

    fn filter(&self, warped: f64, knob: f64) -> Filter {
        let db = self.db_per_step * (knob - MIDDLE_OF_KNOB);
        let a = (db * (LN_10 / 40.0)).exp();
        let quality = self.quality[usize::from(db >= 0.0)];
        let (g, k, mix) = match self.shape {
            Shape::LowShelf => {
                let k = 1.0 / quality;
                (warped / a.sqrt(), k, [1.0, k * (a - 1.0), a * a - 1.0])
            }
            Shape::Peak => {
                let k = 1.0 / (quality * a);
                (warped, k, [1.0, k * (a * a - 1.0), 0.0])
            }
            Shape::HighShelf => {
                let k = 1.0 / quality;
                let mix = [a * a, k * (1.0 - a) * a, 1.0 - a * a];
                (warped * a.sqrt(), k, mix)
            }
        };
        Filter::new(g, k, mix)
    }
}

/// A knob and what it governs, at work.
struct Knob {
    band: &'static Band,
    /// See [`Band::warped`].
    warped: f64,
    value: Smooth,
    filter: MovingFilter,
}

impl Knob {
    fn new(band: &'static Band, rate: f64) -> Self {
        let warped = band.warped(rate);
        Knob {
            band,
            warped,
            value: Smooth::new(MIDDLE_OF_KNOB, rate),
            filter: MovingFilter::new(band.filter(warped, MIDDLE_OF_KNOB)),
        }
    }

    /// Is there at once.
    fn finish(&mut self) {
        self.value.finish();
        self.filter.filter = self.band.filter(self.warped, self.value.target());
        if self.is_idle() {
            self.filter.forget();
        }
    }

    /// Whether it changes nothing.
    fn is_idle(&self) -> bool {
        self.value.is_at(MIDDLE_OF_KNOB)
    }

    fn process(&mut self, sides: &mut [[f64; BLOCK]], frames: usize) {
        if self.is_idle() {
            return;
        }
        let value = &mut self.value;
        self.filter.process(sides, value.left(), frames, || {
            let filter = self.band.filter(self.warped, value.next());
            (!value.is_at(MIDDLE_OF_KNOB)).then_some(filter)
        });
    }
}

/// The tone stack; with [`ToneSettings::default`] from the start. A knob takes
/// [`crate::chain::smooth::SMOOTHING`] seconds to where it is set.
pub(crate) struct ToneStack {
    /// Whether it stands before the amp.
    before_amp: bool,
    switch: Switch,
    knobs: [Knob; 3],
}

impl ToneStack {
    /// Before the amp or after it, at a rate in Hz.
    pub(crate) fn new(before_amp: bool, rate: f64) -> Self {
        ToneStack {
            before_amp,
            switch: Switch::new(true, rate),
            knobs: BANDS.each_ref().map(|band| Knob::new(band, rate)),
        }
    }

    /// Brings knobs into their range and leaves out what is no number.
    pub(crate) fn set(&mut self, settings: ToneSettings) {
        let before = self.knobs.each_ref().map(|knob| knob.value.target());
        for (knob, to) in self.knobs.iter_mut().zip(settings.knobs(before)) {
            knob.value.set(to);
        }
        if settings.on && self.switch.is_off() {
            // While it was off nothing moved.
            self.knobs.iter_mut().for_each(Knob::finish);
            self.reset();
        }
        self.switch.set(settings.on);
    }

    /// Filters one channel or two, at most [`BLOCK`] frames. With all knobs at 5 every bit stays as
    /// it is.
    pub(crate) fn process(&mut self, channels: &mut [&mut [f32]]) {
        let idle = self.switch.is_on() && self.knobs.iter().all(Knob::is_idle);
        if idle || self.switch.is_off() {
            return;
        }
        let frames = channels.first().map_or(0, |channel| channel.len());
        let mut made = [[0.0; BLOCK]; 2];
        for (made, channel) in made.iter_mut().zip(channels.iter()) {
            for (made, &sample) in made.iter_mut().zip(channel.iter()) {
                *made = f64::from(sample);
            }
        }
        for knob in &mut self.knobs {
            knob.process(&mut made[..channels.len()], frames);
        }
        self.switch.fade(channels, &made);
    }
}

impl Stage for ToneStack {
    fn update(&mut self, settings: &Settings) {
        let tone = settings.tone;
        self.set(ToneSettings {
            on: tone.on && tone.before_amp == self.before_amp,
            ..tone
        });
    }

    fn finish(&mut self) {
        self.switch.finish();
        self.knobs.iter_mut().for_each(Knob::finish);
    }

    fn reset(&mut self) {
        for knob in &mut self.knobs {
            knob.filter.forget();
        }
    }

    fn play(&mut self, block: &mut Block) {
        block.sound(|channels| self.process(channels));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chain::probe::{self, noise, play, sine};

    const RATES: [f64; 4] = [44_100.0, 48_000.0, 96_000.0, 192_000.0];
    const KNOBS: [[f32; 3]; 8] = [
        [0.0; 3],
        [10.0; 3],
        [10.0, 0.0, 10.0],
        [0.0, 10.0, 0.0],
        [3.3, 5.0, 5.0],
        [5.0, 4.9, 5.0],
        [5.0, 5.1, 6.2],
        [7.0, 2.5, 8.1],
    ];

    fn settings([bass, middle, treble]: [f32; 3]) -> ToneSettings {
        ToneSettings {
            on: true,
            before_amp: false,
            bass,
            middle,
            treble,
        }
    }

    fn at([bass, middle, treble]: [f32; 3], rate: f64) -> ToneStack {
        let mut stack = ToneStack::new(false, rate);
        stack.set(settings([bass, middle, treble]));
        stack.finish();
        stack
    }

    /// The three filters by the cookbook's formulas: b0, b1, b2, a0, a1, a2 of each.
    fn cookbook([bass, middle, treble]: [f32; 3], rate: f64) -> [[f64; 6]; 3] {
        let amplitude = |db: f64| 10f64.powf(db / 40.0);
        let w = |frequency: f64| 2.0 * PI * frequency / rate;
        let steps = |knob: f32| f64::from(knob) - 5.0;
        let shelf = |a: f64, w: f64, sign: f64| {
            // The high shelf is the low one with the cosine's sign turned, and every other
            // coefficient's.
            let (c, alpha) = (sign * w.cos(), w.sin() / (2.0 * 0.707));
            let root = 2.0 * a.sqrt() * alpha;
            [
                a * ((a + 1.0) - (a - 1.0) * c + root),
                sign * 2.0 * a * ((a - 1.0) - (a + 1.0) * c),
                a * ((a + 1.0) - (a - 1.0) * c - root),
                (a + 1.0) + (a - 1.0) * c + root,
                sign * -2.0 * ((a - 1.0) + (a + 1.0) * c),
                (a + 1.0) + (a - 1.0) * c - root,
            ]
        };
        let peak = {
            let (a, w) = (amplitude(3.0 * steps(middle)), w(425.0));
            let quality = if middle < 5.0 { 1.5 } else { 0.7 };
            let (c, alpha) = (w.cos(), w.sin() / (2.0 * quality));
            [
                1.0 + alpha * a,
                -2.0 * c,
                1.0 - alpha * a,
                1.0 + alpha / a,
                -2.0 * c,
                1.0 - alpha / a,
            ]
        };
        [
            shelf(amplitude(4.0 * steps(bass)), w(150.0), 1.0),
            peak,
            shelf(amplitude(2.0 * steps(treble)), w(1800.0), -1.0),
        ]
    }

    /// Biquads in direct form I.
    fn reference(knobs: [f32; 3], rate: f64, input: &[f32]) -> Vec<f64> {
        let mut samples: Vec<f64> = input.iter().map(|&s| f64::from(s)).collect();
        for [b0, b1, b2, a0, a1, a2] in cookbook(knobs, rate) {
            let (mut x, mut y) = ([0.0; 2], [0.0; 2]);
            for sample in &mut samples {
                let new = (b0 * *sample + b1 * x[0] + b2 * x[1] - a1 * y[0] - a2 * y[1]) / a0;
                x = [*sample, x[0]];
                y = [new, y[0]];
                *sample = new;
            }
        }
        samples
    }

    #[test]
    fn it_is_the_tone_stack_of_the_official_plugin() {
        let input = noise(20_000);
        for rate in RATES {
            for knobs in KNOBS {
                let mut output = input.clone();
                let mut stack = at(knobs, rate);
                play(&mut [&mut output], 64, |_, piece| stack.process(piece));
                for (n, y) in reference(knobs, rate, &input).iter().enumerate() {
                    let error = (f64::from(output[n]) - y).abs();
                    assert!(
                        error <= 6e-8 * y.abs() + 1e-9,
                        "{rate}, {knobs:?}, {n}: {error}"
                    );
                }
            }
        }
    }

    #[test]
    fn the_curve_is_that_of_the_filters() {
        for rate in RATES {
            for knobs in KNOBS {
                for step in 0..=200 {
                    let frequency = 5.0 * (rate / 2.0 / 5.0).powf(f64::from(step) / 200.0);
                    let w = 2.0 * PI * frequency / rate;
                    let size = |[c0, c1, c2]: [f64; 3]| {
                        let real = c0 + c1 * w.cos() + c2 * (2.0 * w).cos();
                        let imaginary = c1 * w.sin() + c2 * (2.0 * w).sin();
                        real.hypot(imaginary)
                    };
                    let expected: f64 = cookbook(knobs, rate)
                        .iter()
                        .map(|&[b0, b1, b2, a0, a1, a2]| size([b0, b1, b2]) / size([a0, a1, a2]))
                        .map(|factor| 20.0 * factor.log10())
                        .sum();
                    let found = settings(knobs).response_db(rate, frequency);
                    assert!(
                        (found - expected).abs() < 1e-6,
                        "{knobs:?}, {frequency} Hz: {found}"
                    );
                }
            }
            let low = settings([10.0, 5.0, 0.0]).response_db(rate, 0.0);
            let high = settings([10.0, 5.0, 0.0]).response_db(rate, 1e9);
            assert!((low - 20.0).abs() < 1e-9 && (high + 10.0).abs() < 1e-9);
        }
        let odd = ToneSettings {
            bass: 99.0,
            middle: f32::NAN,
            ..Default::default()
        };
        let expected = settings([10.0, 5.0, 5.0]).response_db(48_000.0, 100.0);
        assert_eq!(odd.response_db(48_000.0, 100.0), expected);
    }

    #[test]
    fn at_five_every_bit_stays() {
        let mut input = noise(3000);
        input[2500..2600].fill(-0.0);
        let bits = |samples: &[f32]| samples.iter().map(|s| s.to_bits()).collect::<Vec<_>>();
        let mut output = input.clone();
        let mut stack = ToneStack::new(false, 48_000.0);
        play(&mut [&mut output], 64, |_, piece| stack.process(piece));
        assert!(bits(&output) == bits(&input));
        // A knob that has come back is there after 20 ms.
        let mut stack = at([9.0, 1.0, 8.0], 48_000.0);
        let mut output = input.clone();
        play(&mut [&mut output], 50, |frame, piece| {
            if frame == 1000 {
                stack.set(ToneSettings::default());
            }
            stack.process(piece);
        });
        assert!(output[..1958] != input[..1958]);
        assert!(bits(&output[1959..]) == bits(&input[1959..]));
    }

    #[test]
    fn at_five_what_came_in_is_forgotten() {
        for at_once in [false, true] {
            let mut samples = noise(4000);
            samples[3000..].fill(0.0);
            let mut stack = at([9.0, 1.0, 8.0], 48_000.0);
            play(&mut [&mut samples], 50, |frame, piece| {
                match frame {
                    1000 => stack.set(ToneSettings::default()),
                    3000 => stack.set(settings([0.0, 9.0, 2.0])),
                    _ => {}
                }
                if frame == 1000 && at_once {
                    stack.finish();
                }
                stack.process(piece);
            });
            assert!(samples[3000..].iter().all(|&sample| sample == 0.0));
        }
    }

    #[test]
    fn moving_knobs_do_not_click() {
        const LEAPS: [f32; 8] = [0.0, 10.0, 4.0, 6.0, 5.0, 10.0, 0.0, 5.0];
        for (frequency, rate) in [50.0, 150.0, 425.0, 1800.0]
            .into_iter()
            .flat_map(|frequency| [(frequency, 44_100.0), (frequency, 192_000.0)])
        {
            let input = sine(frequency, 0.1, rate, rate as usize);
            for knob in 0..3 {
                let only = |to: f32| {
                    let mut knobs = [5.0; 3];
                    knobs[knob] = to;
                    settings(knobs)
                };
                let loudest = [0.0, 10.0].map(|to| only(to).response_db(rate, frequency));
                let peak = 0.1 * 10f64.powf(loudest[0].max(loudest[1]) / 20.0);
                let turn = 2.0 * (PI * frequency / rate).sin();
                for leaps in [false, true] {
                    let mut stack = ToneStack::new(false, rate);
                    let mut output = input.clone();
                    play(&mut [&mut output], 40, |frame, piece| {
                        let x = 2.0 * frame as f64 / rate;
                        stack.set(only(match leaps {
                            true => LEAPS[(4.0 * x) as usize],
                            false => 5.0 + 5.0 * (PI * x).sin() as f32,
                        }));
                        stack.process(piece);
                    });
                    let step = f64::from(probe::largest_step(&output));
                    // A whole knob's way in 20 ms is a quick crescendo, which has steps of its own.
                    let allowed = if leaps { 1.35 } else { 1.01 } * peak * turn;
                    assert!(step < allowed, "{frequency} Hz, knob {knob}: {step}");
                    if !leaps {
                        let bends = output.windows(3).map(|w| (w[2] - 2.0 * w[1] + w[0]).abs());
                        let bend = f64::from(bends.fold(0.0, f32::max));
                        let allowed = 1.01 * peak * turn * turn + 2e-6;
                        assert!(bend < allowed, "{frequency} Hz, knob {knob}: {bend}");
                    }
                }
            }
        }
    }

    #[test]
    fn a_knob_that_was_moved_leaves_nothing_behind() {
        let input = noise(40_000);
        let mut output = input.clone();
        let mut stack = at([0.0, 10.0, 2.0], 48_000.0);
        play(&mut [&mut output], 64, |frame, piece| {
            if frame == 6400 {
                stack.set(settings([8.0, 3.0, 7.0]));
            }
            stack.process(piece);
        });
        let expected = reference([8.0, 3.0, 7.0], 48_000.0, &input);
        for n in 20_000..40_000 {
            assert!((f64::from(output[n]) - expected[n]).abs() < 1e-6);
        }
    }

    #[test]
    fn switching_fades_and_off_leaves_every_bit() {
        let input = sine(100.0, 0.1, 48_000.0, 30_000);
        let mut output = input.clone();
        let mut stack = at([10.0, 5.0, 0.0], 48_000.0);
        play(&mut [&mut output], 50, |frame, piece| {
            stack.set(ToneSettings {
                on: !(10_000..20_000).contains(&frame),
                ..settings([10.0, 5.0, 0.0])
            });
            stack.process(piece);
        });
        assert!(output[10_959..20_000] == input[10_959..20_000]);
        let peak =
            |range: std::ops::Range<usize>| output[range].iter().copied().fold(0.0, f32::max);
        assert!(peak(5_000..10_000) > 0.5 && peak(25_000..30_000) > 0.5);
        let slope = probe::largest_step(&output[5_000..10_000]);
        assert!(probe::largest_step(&output) < 1.05 * slope);
    }

    #[test]
    fn sides_do_not_hear_each_other() {
        let (left, right) = (noise(5000), sine(200.0, 0.3, 48_000.0, 5000));
        let knobs = [7.0, 2.0, 9.0];
        let alone = |input: &[f32]| {
            let mut output = input.to_vec();
            let mut stack = at(knobs, 48_000.0);
            play(&mut [&mut output], 64, |_, piece| stack.process(piece));
            output
        };
        let (mut l, mut r) = (left.clone(), right.clone());
        let mut stack = at(knobs, 48_000.0);
        play(&mut [&mut l, &mut r], 64, |_, piece| stack.process(piece));
        assert!(l == alone(&left) && r == alone(&right));
        stack.reset();
        let mut again = left.clone();
        play(&mut [&mut again], 64, |_, piece| stack.process(piece));
        assert!(again == l, "after a reset it begins anew");
    }

    #[test]
    fn what_is_as_loud_as_a_number_can_be_stays_a_number() {
        let mut output = vec![f32::MAX; 2000];
        output.extend([f32::MIN; 2000]);
        let mut stack = at([10.0; 3], 48_000.0);
        play(&mut [&mut output], 64, |_, piece| stack.process(piece));
        assert!(output.iter().all(|sample| sample.is_finite()));
    }

    #[test]
    fn time_may_be_cut_anywhere_and_nothing_is_allocated() {
        probe::assert_cuts_do_not_matter(|| {
            let mut stack = ToneStack::new(false, 48_000.0);
            let mut to = settings([5.0; 3]);
            move |frame: usize, piece: &mut [&mut [f32]]| {
                match frame {
                    500 => to.bass = 9.0,
                    1000 => to.middle = 2.0,
                    1500 => to.bass = 5.0,
                    2000 => to.treble = f32::NAN,
                    3000 | 6000 => to.on = false,
                    3500 | 7500 => to.on = true,
                    4500 => (to.middle, to.treble) = (8.0, 0.0),
                    5000 => stack.reset(),
                    7000 => stack.finish(),
                    _ => {}
                }
                stack.set(to);
                stack.process(piece);
            }
        });
    }
}
