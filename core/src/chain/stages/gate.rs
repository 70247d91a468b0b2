//! The noise gate: listens to the guitar as it comes in and turns down what the amp makes of it.
//!
//! The law is the official plugin's. Below the threshold, the sound is turned down by a fifth of the
//! square of the dB that are missing; a limit on speed keeps that from clicking. Hold, range and
//! hysteresis are added so that, at their defaults, nothing of it changes.

use crate::chain::delay::Delay;
use crate::chain::gain::Gain;
use crate::chain::stage::{Block, Stage};
use crate::chain::switch::Switch;
use crate::engine::BLOCK;
use crate::rig::{GateSettings, Settings};
use std::f64::consts::LN_10;
use std::ops::RangeInclusive;

impl GateSettings {
    /// What a steady level comes out as, both in dB.
    pub fn response_db(&self, level: f64) -> f64 {
        let coefficients = Coefficients::new(&self.valid(GateSettings::default()), 1.0);
        let missing = (level - coefficients.threshold).min(0.0);
        level + curve(missing).max(coefficients.range)
    }

    /// Everything in its range; what is no number is as it was `before`.
    fn valid(self, before: GateSettings) -> GateSettings {
        let pick = |value: f32, before: f32, range: RangeInclusive<f32>| match value.is_finite() {
            true => value.clamp(*range.start(), *range.end()),
            false => before,
        };
        GateSettings {
            on: self.on,
            threshold_db: pick(self.threshold_db, before.threshold_db, Self::THRESHOLD_DB),
            hold_ms: pick(self.hold_ms, before.hold_ms, Self::HOLD_MS),
            release_ms: pick(self.release_ms, before.release_ms, Self::RELEASE_MS),
            range_db: pick(self.range_db, before.range_db, Self::RANGE_DB),
            hysteresis_db: pick(
                self.hysteresis_db,
                before.hysteresis_db,
                Self::HYSTERESIS_DB,
            ),
        }
    }
}

/// Seconds after which half of a level is forgotten. This and the next four are the official
/// plugin's.
const HALF_LIFE: f64 = 0.01;
/// The least that a level is taken for, in dB and as a mean square.
const FLOOR: f64 = -120.0;
const QUIETEST: f64 = 1e-12;
/// The most that a mean square is taken for (30 dB).
const LOUDEST: f64 = 1000.0;
/// Seconds from as far as it closes to open.
const OPENING: f64 = 0.005;
/// What the square of the missing dB is multiplied by. The official plugin says 0.1, of decibels of
/// power that it then applies to the amplitude: twice that is heard.
const CURVE: f64 = 0.2;
/// A way shorter than this, in dB, is gone as fast as if it were as long: else a range near 0 dB
/// would take for ever to come up to. Without a range, every way is longer.
const SHORTEST_WAY: f64 = 20.0;
/// What turns down less than this, in dB, is open: nothing of it would be left in a sample.
const OPEN: f64 = -1e-9;

/// What settings mean at a rate.
struct Coefficients {
    threshold: f64,
    /// Mean squares at which the gate opens, and below which it closes.
    opens: f64,
    closes: f64,
    /// In frames.
    hold: f64,
    /// The most that the player lets it turn down, in dB.
    range: f64,
    /// The most that it turns down, in dB.
    deepest: f64,
    /// The most that it moves in a frame, in dB: down, up.
    speed: [f64; 2],
}

impl Coefficients {
    fn new(settings: &GateSettings, rate: f64) -> Self {
        let threshold = f64::from(settings.threshold_db);
        let range = match settings.range_db > *GateSettings::RANGE_DB.start() {
            true => f64::from(settings.range_db),
            false => f64::NEG_INFINITY,
        };
        let deepest = curve(FLOOR - threshold).max(range);
        let way = (-deepest).max(SHORTEST_WAY);
        let release = f64::from(settings.release_ms) / 1000.0;
        Coefficients {
            threshold,
            opens: power(threshold),
            closes: power(threshold - f64::from(settings.hysteresis_db)),
            hold: f64::from(settings.hold_ms) / 1000.0 * rate,
            range,
            deepest,
            speed: [way / release / rate, way / OPENING / rate],
        }
    }

    /// What a mean square below the threshold is turned down by, in dB.
    fn closed(&self, power: f64) -> f64 {
        curve(level(power) - self.threshold).max(self.deepest)
    }
}

/// What is turned down where so many dB (0 or less) are missing to the threshold.
fn curve(missing: f64) -> f64 {
    -CURVE * missing * missing
}

/// A level in dB as a mean square.
fn power(db: f64) -> f64 {
    (db * (LN_10 / 10.0)).exp()
}

/// A mean square as a level in dB.
fn level(power: f64) -> f64 {
    power.ln() * (10.0 / LN_10)
}

/// A noise gate in two parts: [`Gate::detect`] hears what comes in, [`Gate::apply`] turns down what
/// became of it. It has one gain for both sides, that of the louder one, so a stereo image stays.
pub(crate) struct Gate {
    settings: GateSettings,
    rate: f64,
    coefficients: Coefficients,
    switch: Switch,
    /// What brings the key to the level that the capture is driven at.
    drive: Gain,
    /// What came in, as late as the sound that is to be turned down.
    keys: [Delay; 2],
    latency: usize,
    /// Part of a mean square that is left after a frame.
    keep: f64,
    /// Mean squares of the sides.
    powers: [f64; 2],
    open: bool,
    /// Frames since the level fell below, while it is open.
    held: f64,
    /// Frames for which it is to stay open whatever the level.
    kept_open: usize,
    /// What is turned down now, in dB, 0 or less; as a factor.
    reduction: f64,
    factor: f64,
    /// Of the frames that were listened to last, and whether all of them are 1.
    gains: [f64; BLOCK],
    idle: bool,
    /// The last of them.
    gain: f64,
}

impl Gate {
    /// A closed gate with [`GateSettings::default`]. `rate` in Hz; `latency`: frames by which the
    /// sound that it turns down comes later than what it listens to.
    pub(crate) fn new(rate: f64, latency: usize) -> Self {
        let settings = GateSettings::default();
        let mut gate = Gate {
            settings,
            rate,
            coefficients: Coefficients::new(&settings, rate),
            switch: Switch::new(true, rate),
            drive: Gain::new(rate),
            keys: [Delay::new(latency), Delay::new(latency)],
            latency,
            keep: 0.5f64.powf(1.0 / (HALF_LIFE * rate)),
            powers: [QUIETEST; 2],
            open: false,
            held: 0.0,
            kept_open: 0,
            reduction: 0.0,
            factor: 1.0,
            gains: [1.0; BLOCK],
            idle: true,
            gain: 1.0,
        };
        gate.reset();
        gate
    }

    /// Brings settings into their range and leaves out what is no number.
    pub(crate) fn set(&mut self, settings: GateSettings) {
        let settings = settings.valid(self.settings);
        if settings == self.settings {
            return;
        }
        self.settings = settings;
        self.coefficients = Coefficients::new(&settings, self.rate);
        if settings.range_db > *GateSettings::RANGE_DB.start() {
            // From depths where nothing is heard, it would take long to come up to a range.
            let reduction = self
                .reduction
                .max(f64::from(*GateSettings::RANGE_DB.start()));
            self.turn_to(reduction);
        }
        if settings.on && self.switch.is_off() {
            // Open for as long as it takes to know the level.
            self.forget();
            self.open = true;
            self.kept_open = self.latency + self.switch.frames();
            self.turn_to(0.0);
        }
        self.switch.set(settings.on);
    }

    fn forget(&mut self) {
        self.keys.iter_mut().for_each(Delay::reset);
        self.powers = [QUIETEST; 2];
        self.open = false;
        self.held = 0.0;
        self.kept_open = 0;
    }

    /// Hears what comes in, one channel or two, at most [`BLOCK`] frames.
    pub(crate) fn detect<Channel: AsRef<[f32]>>(&mut self, input: &[Channel]) {
        self.idle = true;
        if self.switch.is_off() {
            self.gain = 1.0;
            return;
        }
        let frames = input.first().map_or(0, |channel| channel.as_ref().len());
        let mut keys = [[0.0; BLOCK]; 2];
        for ((key, delay), channel) in keys.iter_mut().zip(&mut self.keys).zip(input) {
            let key = &mut key[..frames];
            key.copy_from_slice(channel.as_ref());
            delay.process(key);
        }
        for frame in 0..frames {
            for (power, key) in self.powers.iter_mut().zip(&keys).take(input.len()) {
                let key = f64::from(key[frame]);
                let mean = self.keep * *power + (1.0 - self.keep) * (key * key);
                *power = mean.clamp(QUIETEST, LOUDEST);
            }
            self.step();
            self.gain = match self.switch.next() {
                1.0 => self.factor,
                part => 1.0 + part * (self.factor - 1.0),
            };
            self.gains[frame] = self.gain;
            self.idle &= self.gain == 1.0;
        }
    }

    /// Turns down as many frames as were listened to last. While the gate is open, every bit stays
    /// as it is.
    pub(crate) fn apply(&self, channels: &mut [&mut [f32]]) {
        if self.idle {
            return;
        }
        for channel in channels {
            for (sample, gain) in channel.iter_mut().zip(&self.gains) {
                *sample = (gain * f64::from(*sample)) as f32;
            }
        }
    }

    /// What the last frame is turned down by, in dB, 0 or less; everything below -120 dB is -120.
    pub(crate) fn reduction_db(&self) -> f64 {
        (2.0 * level(self.gain)).max(FLOOR)
    }

    /// The level that it goes by, of the louder side in dB, -120 or more; -120 while it is off.
    pub(crate) fn level_db(&self) -> f64 {
        match self.switch.is_off() {
            true => FLOOR,
            false => level(self.louder()).max(FLOOR),
        }
    }

    fn louder(&self) -> f64 {
        self.powers[0].max(self.powers[1])
    }

    /// Opens or closes by the mean squares of a new frame, and moves towards where that leads.
    fn step(&mut self) {
        let threshold = match self.open {
            true => self.coefficients.closes,
            false => self.coefficients.opens,
        };
        if self.kept_open > 0 || self.louder() >= threshold {
            self.kept_open = self.kept_open.saturating_sub(1);
            self.open = true;
            self.held = 0.0;
        } else if self.open {
            self.held += 1.0;
            self.open = self.held <= self.coefficients.hold;
        }
        let target = self.target();
        if target != self.reduction {
            // Half the way at most, so that it arrives gently.
            let [down, up] = self.coefficients.speed;
            let step = (0.5 * (target - self.reduction)).clamp(-down, up);
            self.turn_to(self.reduction + step);
        }
    }

    /// Where it is going, in dB.
    fn target(&self) -> f64 {
        match self.open {
            true => 0.0,
            false => self.coefficients.closed(self.louder()),
        }
    }

    fn turn_to(&mut self, reduction: f64) {
        self.reduction = if reduction > OPEN { 0.0 } else { reduction };
        self.factor = (self.reduction * (LN_10 / 20.0)).exp();
    }
}

impl Stage for Gate {
    fn update(&mut self, settings: &Settings) {
        self.set(settings.gate);
    }

    /// It is as far open or closed as the level says.
    fn finish(&mut self) {
        self.drive.finish();
        self.switch.finish();
        self.turn_to(self.target());
    }

    /// It is closed.
    fn reset(&mut self) {
        self.forget();
        self.turn_to(self.target());
        self.gain = match self.switch.is_off() {
            true => 1.0,
            false => self.factor,
        };
    }

    fn play(&mut self, block: &mut Block) {
        self.drive.set(block.drive_db);
        if block.at_once {
            self.drive.finish();
        }
        block.key(|key| {
            self.drive.process(key);
            self.detect(key);
        });
        block.sound(|channels| self.apply(channels));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chain::probe::{self, noise, play, sine};

    const RATES: [f64; 4] = [44_100.0, 48_000.0, 96_000.0, 192_000.0];

    /// The gains of the official plugin for a key, written down straight from its law, with the
    /// state that it holds in, at a threshold in dB.
    fn official(key: &[f32], rate: f64, threshold: f64) -> Vec<f64> {
        let reduction = |level: f64| match level < threshold {
            true => -0.1 * (level - threshold) * (level - threshold),
            false => 0.0,
        };
        let (dt, alpha) = (1.0 / rate, 0.5f64.powf(1.0 / (0.01 * rate)));
        let most = reduction(-120.0);
        let (mut power, mut last, mut holding, mut held) = (1e-12, most, false, 0.0);
        let gain = |&sample: &f32| {
            let sample = f64::from(sample);
            power = (alpha * power + (1.0 - alpha) * (sample * sample)).clamp(1e-12, 1000.0);
            let level = 10.0 * f64::log10(power);
            if holding {
                last = 0.0;
                held = if level < threshold { held + dt } else { 0.0 };
                holding = held < 0.01;
                return 1.0;
            }
            let half = 0.5 * (reduction(level) - last);
            last += half.clamp(most / 0.05 * dt, -most / 0.005 * dt);
            if half > 0.0 && last >= 0.0 {
                (last, holding, held) = (0.0, true, 0.0);
            }
            last = last.max(most);
            10f64.powf(last / 10.0)
        };
        key.iter().map(gain).collect()
    }

    /// Plucked notes with pauses and a little hiss, from loud to hardly there.
    fn guitar(rate: f64) -> Vec<f32> {
        let note = (0.35 * rate) as usize;
        let hiss = noise(8 * note);
        let pluck = |n: usize| {
            let (which, at) = (n / note, (n % note) as f64 / rate);
            let tone = (std::f64::consts::TAU * 110.0 * at).sin();
            let silent = which % 3 == 2;
            let strength = if silent {
                0.0
            } else {
                0.3f64.powi(which as i32)
            };
            strength * tone * (-at / 0.03).exp() + 1e-5 * f64::from(hiss[n])
        };
        (0..8 * note).map(|n| pluck(n) as f32).collect()
    }

    /// What a gate makes of a sound that is keyed by itself or another one.
    fn gated(gate: &mut Gate, key: &[f32], sound: &[f32]) -> Vec<f32> {
        let mut output = sound.to_vec();
        play(&mut [&mut output], BLOCK, |frame, piece| {
            gate.detect(&[&key[frame..][..piece[0].len()]]);
            gate.apply(piece);
        });
        output
    }

    fn with(change: impl FnOnce(&mut GateSettings), latency: usize) -> Gate {
        let mut settings = GateSettings::default();
        change(&mut settings);
        let mut gate = Gate::new(48_000.0, latency);
        gate.set(settings);
        gate.finish();
        gate
    }

    #[test]
    fn it_is_the_gate_of_the_official_plugin() {
        for rate in RATES {
            let key = guitar(rate);
            let sound = noise(key.len());
            for threshold in [-100.0f32, -80.0, -61.3, -30.0, 0.0] {
                let mut gate = Gate::new(rate, 0);
                gate.set(GateSettings {
                    threshold_db: threshold,
                    ..Default::default()
                });
                gate.finish();
                let output = gated(&mut gate, &key, &sound);
                let gains = official(&key, rate, f64::from(threshold));
                for (n, gain) in gains.iter().enumerate() {
                    let (found, expected) = (f64::from(output[n]), gain * f64::from(sound[n]));
                    assert!(
                        (found - expected).abs() <= 1e-7 * expected.abs() + 1e-30,
                        "{rate} Hz, {threshold} dB, frame {n}: {found}, not {expected}"
                    );
                }
                if threshold == -80.0 {
                    assert!(gains.iter().any(|&gain| gain > 0.99));
                    assert!(gains.iter().any(|&gain| gain < 1e-6));
                }
            }
        }
    }

    #[test]
    fn both_sides_have_the_gain_of_the_louder_one() {
        let loud = guitar(48_000.0);
        let quiet: Vec<f32> = loud.iter().map(|sample| 0.1 * sample).collect();
        let (mut alone, mut linked) = (Gate::new(48_000.0, 0), Gate::new(48_000.0, 0));
        let ones = vec![1.0; loud.len()];
        let expected = gated(&mut alone, &loud, &ones);
        let (mut left, mut right) = (ones.clone(), ones);
        play(&mut [&mut left, &mut right], BLOCK, |frame, piece| {
            let frames = frame..frame + piece[0].len();
            linked.detect(&[&quiet[frames.clone()], &loud[frames]]);
            linked.apply(piece);
        });
        assert!(left == expected && right == expected);
    }

    #[test]
    fn the_gains_are_as_late_as_the_sound() {
        let key = guitar(48_000.0);
        let ones = vec![1.0; key.len()];
        let at_once = gated(&mut Gate::new(48_000.0, 0), &key, &ones);
        for latency in [1, 64, 137] {
            let late = gated(&mut Gate::new(48_000.0, latency), &key, &ones);
            assert!(late[latency..] == at_once[..key.len() - latency]);
            assert!(late[..latency].iter().all(|&gain| gain < 1e-15));
        }
    }

    /// A loud second and two of silence.
    fn stop() -> Vec<f32> {
        let mut key = sine(110.0, 0.5, 48_000.0, 3 * 48_000);
        key[48_000..].fill(0.0);
        key
    }

    /// First frame of the silence of [`stop`] that is turned down by more than this, in dB.
    fn down(output: &[f32], db: f64) -> Option<usize> {
        let gain = 10f64.powf(-db / 20.0) as f32;
        output[48_000..].iter().position(|&sample| sample < gain)
    }

    #[test]
    fn it_holds_for_as_long_as_it_is_told() {
        let ones = vec![1.0; 3 * 48_000];
        let play = |hold_ms| gated(&mut with(|s| s.hold_ms = hold_ms, 0), &stop(), &ones);
        let at_once = down(&play(0.0), 0.001).unwrap();
        for (hold_ms, frames) in [(1.0, 48), (200.0, 9_600), (500.0, 24_000)] {
            let output = play(hold_ms);
            let held = down(&output, 0.001).unwrap();
            assert!((held - at_once).abs_diff(frames) < 20, "{hold_ms}: {held}");
            assert!(output[40_000..48_000 + held].iter().all(|&s| s > 0.999));
            assert!(output[143_999] < 1e-15, "it closes in the end");
        }
    }

    #[test]
    fn it_takes_its_time_to_its_range_and_no_more() {
        let ones = vec![1.0; 3 * 48_000];
        for (release_ms, range_db) in [(50.0, -60.0), (1000.0, -40.0), (300.0, -100.0)] {
            let set = |s: &mut GateSettings| {
                (s.release_ms, s.range_db, s.threshold_db) = (release_ms, range_db, -20.0);
            };
            let mut gate = with(set, 0);
            let output = gated(&mut gate, &stop(), &ones);
            let end = 10f32.powf(range_db / 20.0);
            assert!((output[143_999] / end - 1.0).abs() < 1e-6);
            assert!((gate.reduction_db() - f64::from(range_db)).abs() < 1e-6);
            // From where the speed limits it, a tenth of the range takes a tenth of the time.
            let depth = f64::from(-range_db);
            let (some, more) = (down(&output, 0.4 * depth), down(&output, 0.9 * depth));
            let took = (more.unwrap() - some.unwrap()) as f64 / 48.0;
            if release_ms > 100.0 {
                assert!((took / f64::from(release_ms) - 0.5).abs() < 0.01, "{took}");
            }
        }
    }

    #[test]
    fn a_range_of_nothing_opens_it_soon() {
        let (silence, ones) = ([0.0; 48_000], [1.0; 48_000]);
        let mut gate = with(|s| s.range_db = 0.0, 0);
        assert!(gated(&mut gate, &silence, &ones) == ones);
        for threshold_db in [-100.0, 0.0] {
            let mut settings = GateSettings {
                threshold_db,
                ..Default::default()
            };
            let mut gate = with(|s| *s = settings, 0);
            settings.range_db = 0.0;
            gate.set(settings);
            let output = gated(&mut gate, &silence, &ones);
            assert!(output[0] < 0.001 && probe::largest_step(&output) < 0.01);
            assert!(output[2400..].iter().all(|&gain| gain == 1.0));
        }
    }

    #[test]
    fn an_open_gate_closes_below_the_hysteresis() {
        // First at -57 dB, then at -63, then at -69, each for half a second.
        let mut key = Vec::new();
        for level in [-57.0, -63.0, -69.0] {
            let amplitude = 2f64.sqrt() * 10f64.powf(level / 20.0);
            key.extend(sine(1000.0, amplitude, 48_000.0, 24_000));
        }
        let ones = vec![1.0; key.len()];
        let hysteresis = |db: f32| {
            let set = |s: &mut GateSettings| {
                s.threshold_db = -60.0;
                s.hysteresis_db = db;
            };
            let output = gated(&mut with(set, 0), &key, &ones);
            [23_999, 47_999, 71_999].map(|n| output[n])
        };
        let expected = |missing: f64| 10f64.powf(-0.2 * missing * missing / 20.0) as f32;
        for (db, gains) in [
            (0.0, [1.0, expected(3.0), expected(9.0)]),
            (6.0, [1.0, 1.0, expected(9.0)]),
            (12.0, [1.0; 3]),
        ] {
            for (found, gain) in hysteresis(db).iter().zip(gains) {
                assert!((found / gain - 1.0).abs() < 0.02, "{db} dB: {found}");
            }
        }
        // What never reached the threshold did not open it.
        let output = gated(
            &mut with(|s| (s.threshold_db, s.hysteresis_db) = (-60.0, 12.0), 0),
            &key[24_000..],
            &ones[24_000..],
        );
        assert!(output.iter().all(|&gain| gain < 0.85));
    }

    #[test]
    fn switching_does_not_click_and_off_leaves_every_bit() {
        // A sound that the gate lets through, and one that it does not.
        for (level, heard) in [(0.5, true), (1e-4, false)] {
            // The switch is turned near a crest.
            let key = sine(300.0, level, 48_000.0, 96_000);
            let mut output = sine(300.0, 0.5, 48_000.0, 96_000);
            let sound = output.clone();
            let mut gate = with(|s| s.threshold_db = -40.0, 30);
            play(&mut [&mut output], 50, |frame, piece| {
                if frame == 24_050 || frame == 48_050 {
                    gate.set(GateSettings {
                        on: frame == 48_050,
                        threshold_db: -40.0,
                        ..Default::default()
                    });
                }
                gate.detect(&[&key[frame..frame + 50]]);
                gate.apply(piece);
                if frame == 30_000 {
                    assert_eq!((gate.reduction_db(), gate.level_db()), (0.0, -120.0));
                }
            });
            assert!(output[25_010..49_010] == sound[25_010..49_010]);
            if heard {
                assert!(
                    output[12_000..] == sound[12_000..],
                    "nothing is to be noticed"
                );
            } else {
                assert!(output[23_999].abs() < 1e-3 && output[95_999].abs() < 1e-3);
                assert!(probe::largest_step(&output[12_000..49_010]) < 0.021);
            }
        }
    }

    #[test]
    fn moving_knobs_do_not_click() {
        type Turn = fn(&mut GateSettings, f32);
        let turns: [Turn; 5] = [
            |s, x| s.threshold_db = -100.0 + 100.0 * x,
            |s, x| s.hold_ms = 500.0 * x,
            |s, x| s.release_ms = 5.0 + 995.0 * x,
            |s, x| s.range_db = -60.0 * x,
            |s, x| s.hysteresis_db = 12.0 * x,
        ];
        // Around the threshold, a quarter of a second louder and a quarter softer in turn.
        let mut key = sine(220.0, 0.03, 48_000.0, 192_000);
        for (n, sample) in key.iter_mut().enumerate() {
            *sample *= if n / 12_000 % 2 == 0 { 1.0 } else { 0.1 };
        }
        let sound = sine(220.0, 0.5, 48_000.0, key.len());
        // Up to 60 dB in 5 ms is how fast the gate may open at most.
        let allowed = 0.5 * (10f32.powf(60.0 / 240.0 / 20.0) - 1.0);
        let allowed = probe::largest_step(&sound) + allowed;
        for (which, turn) in turns.iter().enumerate() {
            for leaps in [1000.0f32, 3.0] {
                let mut settings = GateSettings {
                    threshold_db: -38.0,
                    range_db: -60.0,
                    ..Default::default()
                };
                let mut gate = with(|s| *s = settings, 0);
                let mut output = sound.clone();
                play(&mut [&mut output], 32, |frame, piece| {
                    let x = (3e-5 * frame as f32).sin().abs();
                    turn(&mut settings, (leaps * x).round() / leaps);
                    gate.set(settings);
                    gate.detect(&[&key[frame..frame + piece[0].len()]]);
                    gate.apply(piece);
                });
                let step = probe::largest_step(&output);
                assert!(step < allowed, "knob {which}: {step}, not {allowed}");
                let peak = |part: &[f32]| part.iter().copied().fold(0.0, f32::max);
                let peaks: Vec<f32> = output.chunks(1000).map(peak).collect();
                assert!(peaks.iter().any(|&p| p > 0.49) && peaks.iter().any(|&p| p < 0.01));
            }
        }
    }

    #[test]
    fn settings_are_brought_into_their_range() {
        let mut gate = Gate::new(48_000.0, 0);
        gate.set(GateSettings {
            on: true,
            threshold_db: 900.0,
            hold_ms: f32::NAN,
            release_ms: -3.0,
            range_db: f32::NEG_INFINITY,
            hysteresis_db: 1e30,
        });
        let expected = GateSettings {
            threshold_db: 0.0,
            release_ms: 5.0,
            hysteresis_db: 12.0,
            ..Default::default()
        };
        assert_eq!(gate.settings, expected);
    }

    #[test]
    fn a_reset_gate_is_a_new_one() {
        let key = guitar(48_000.0);
        let expected = gated(&mut Gate::new(48_000.0, 20), &key, &key);
        let mut gate = Gate::new(48_000.0, 20);
        gated(&mut gate, &key[..5000], &key[..5000]);
        assert!(gate.level_db() > -80.0);
        gate.reset();
        assert!(gate.level_db() < -119.9 && gate.reduction_db() == -120.0);
        assert!(gated(&mut gate, &key, &key) == expected);
    }

    #[test]
    fn time_may_be_cut_anywhere_and_nothing_is_allocated() {
        probe::assert_cuts_do_not_matter(|| {
            let mut gate = Gate::new(48_000.0, 45);
            let mut settings = GateSettings::default();
            move |frame: usize, piece: &mut [&mut [f32]]| {
                match frame {
                    500 => settings.threshold_db = -10.0,
                    1000 => settings.on = false,
                    1500 => settings.range_db = -30.0,
                    2000 | 5000 => settings.on = true,
                    3500 => settings.hysteresis_db = 3.0,
                    4500 => settings.on = false,
                    6000 => settings.hold_ms = 20.0,
                    6500 => gate.reset(),
                    7000 => gate.finish(),
                    _ => {}
                }
                gate.set(settings);
                gate.detect(piece);
                gate.apply(piece);
                assert!(gate.reduction_db() <= 0.0 && gate.level_db() >= -120.0);
            }
        });
    }
}
