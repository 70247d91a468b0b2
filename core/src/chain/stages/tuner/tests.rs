//! Strings that are plucked for the tuner, and what it must not take for one.

use super::*;
use crate::chain::probe::{largest_step, noise, play, sine};
use assert_no_alloc::{assert_no_alloc, reset_violation_count, violation_count};
use std::f64::consts::{PI, TAU};

/// E1 and E6.
const NOTES: std::ops::RangeInclusive<u8> = 28..=88;

/// Frames of a piece that the tuner hears.
const PIECE: usize = 32;

/// The pitch of a note, so many cents sharp, in Hz.
fn pitch(note: u8, cents: f64, reference: f64) -> f64 {
    reference * 2f64.powf((f64::from(note) - 69.0 + cents / 100.0) / 12.0)
}

/// A string: what matters to one who listens to its pitch.
#[derive(Debug, Clone, Copy)]
struct Pluck {
    /// Frequency of the lowest partial in Hz.
    frequency: f64,
    /// Where it is plucked and picked up, in parts of its length: 0.5 is its middle.
    pick: f64,
    pickup: f64,
    /// Inharmonicity B: partial n is at n * f0 * sqrt(1 + B n^2).
    stiffness: f64,
    /// What the lowest partial is multiplied by.
    fundamental: f64,
    /// RMS of noise, peak of hum at 50 Hz, peak of the pick's noise.
    noise: f64,
    hum: f64,
    click: f64,
}

impl Pluck {
    fn new(frequency: f64) -> Self {
        Pluck {
            frequency,
            pick: 0.13,
            pickup: 0.1,
            stiffness: 1e-4,
            fundamental: 1.0,
            noise: 0.0,
            hum: 0.0,
            click: 0.0,
        }
    }

    /// Its sound with a peak of 0.3: partials that decay the sooner the higher they are.
    fn sound(&self, rate: f64, seconds: f64) -> Vec<f32> {
        let frames = (seconds * rate) as usize;
        let mut sound = vec![0.0; frames];
        let f0 = self.frequency / (1.0 + self.stiffness).sqrt();
        for n in 1..40 {
            let n = f64::from(n);
            let frequency = n * f0 * (1.0 + self.stiffness * n * n).sqrt();
            if frequency > (0.45 * rate).min(9000.0) {
                break;
            }
            let at = |place: f64| (n * PI * place).sin();
            let mut amplitude = at(self.pick) * at(self.pickup) / n;
            amplitude /= 1.0 + (frequency / 3000.0).powi(2);
            if n == 1.0 {
                amplitude *= self.fundamental;
            }
            let decay = 0.7 + 2.0 * (frequency / 1500.0).powi(2) + frequency / 800.0;
            let keep = (-decay / rate).exp();
            let (sin, cos) = (TAU * frequency / rate).sin_cos();
            let [mut x, mut y] = [amplitude, 0.0];
            for sample in &mut sound {
                *sample += y;
                [x, y] = [keep * (cos * x - sin * y), keep * (sin * x + cos * y)];
            }
        }
        let peak = sound.iter().fold(0.0, |peak: f64, s| peak.max(s.abs()));
        let hiss = noise(frames);
        let made = sound.iter().zip(&hiss).enumerate();
        let sample = |(n, (sample, &hiss)): (usize, (&f64, &f32))| {
            let (time, hiss) = (n as f64 / rate, f64::from(hiss));
            let hum = (TAU * 50.0 * time).sin() + 0.5 * (TAU * 150.0 * time).sin();
            let click = self.click * (-time / 0.003).exp();
            0.3 * sample / peak + (12f64.sqrt() * self.noise + 2.0 * click) * hiss + self.hum * hum
        };
        made.map(|sample_of| sample(sample_of) as f32).collect()
    }
}

/// Seconds after which a sound is 26 dB below what it was 50 ms after the pluck.
fn ringing(sound: &[f32], rate: f64) -> f64 {
    let window = (0.05 * rate) as usize;
    let peak = |frames: &[f32]| frames.iter().fold(0.0, |peak: f32, s| peak.max(s.abs()));
    let least = 0.05 * peak(&sound[window..]);
    let windows = sound.chunks_exact(window);
    windows.take_while(|window| peak(window) > least).count() as f64 * 0.05
}

fn on(rate: f64) -> Tuner {
    let mut tuner = Tuner::new(rate);
    tuner.set(TunerSettings {
        on: true,
        ..Default::default()
    });
    tuner
}

/// Has a tuner hear a sound; `check` is told the seconds that it has heard, and what it says.
fn hear(
    tuner: &mut Tuner,
    sound: &[f32],
    rate: f64,
    mut check: impl FnMut(f64, Option<TunerReading>),
) {
    let mut frames = 0;
    for piece in sound.chunks(PIECE) {
        tuner.detect(&[piece]);
        frames += piece.len();
        check(frames as f64 / rate, tuner.reading());
    }
}

fn cents(reading: TunerReading, frequency: f64) -> f64 {
    1200.0 * (f64::from(reading.frequency_hz) / frequency).log2()
}

/// Expects a plucked string to be told within a cent from 100 ms on, for as long as it rings.
#[track_caller]
fn assert_tunes(pluck: Pluck, rate: f64) {
    let sound = pluck.sound(rate, 0.8);
    assert_told(&sound, pluck.frequency, rate, &pluck);
}

#[track_caller]
fn assert_told(sound: &[f32], frequency: f64, rate: f64, what: &dyn std::fmt::Debug) {
    let end = ringing(sound, rate);
    assert!(end > 0.14, "{what:?} is no sound to judge by");
    let mut tuner = on(rate);
    // Not always at the same place of what it does in turn.
    let before = (frequency * 977.0) as usize % 400;
    tuner.detect(&[vec![0.0; before]]);
    hear(&mut tuner, sound, rate, |time, reading| {
        if (0.1..end).contains(&time) {
            let reading =
                reading.unwrap_or_else(|| panic!("{what:?} at {rate}: none after {time} s"));
            let off = cents(reading, frequency);
            assert!(
                off.abs() < 1.0,
                "{what:?} at {rate}: {off} cents after {time} s"
            );
        }
    });
}

/// From E1 to E6, each as far from its note as may be, with noise at -60 dB.
#[test]
fn every_note_is_told_within_a_cent_in_a_tenth_of_a_second() {
    for (rate, reference) in [(22_050.0, 430.0), (44_100.0, 440.0), (48_000.0, 450.0)] {
        for note in NOTES {
            let off = f64::from(note) * 13.0 % 97.0 - 48.0;
            let pluck = Pluck {
                noise: 1e-3,
                click: 0.1,
                ..Pluck::new(pitch(note, off, reference))
            };
            assert_tunes(pluck, rate);
        }
    }
}

#[test]
fn every_rate_will_do() {
    for rate in [
        32_000.0, 88_200.0, 96_000.0, 176_400.0, 192_000.0, 384_000.0,
    ] {
        for note in NOTES.step_by(12) {
            assert_tunes(Pluck::new(pitch(note, 3.0, 440.0)), rate);
        }
    }
}

/// Octave errors come from weak or missing partials, wrong cents from stiff strings.
#[test]
fn it_does_not_matter_how_and_where_a_string_is_plucked() {
    for note in NOTES {
        let plain = Pluck::new(pitch(note, -7.0, 440.0));
        let (pick, pickup) = (0.5, 0.23);
        assert_tunes(
            Pluck {
                pick,
                pickup,
                ..plain
            },
            48_000.0,
        );
        let (pick, pickup) = (0.03, 0.05);
        assert_tunes(
            Pluck {
                pick,
                pickup,
                ..plain
            },
            48_000.0,
        );
        for stiffness in [0.0, 4e-4] {
            assert_tunes(Pluck { stiffness, ..plain }, 48_000.0);
        }
        let fundamental = match note {
            ..=40 => 0.01,
            41..=52 => 0.1,
            _ => 0.3,
        };
        assert_tunes(
            Pluck {
                fundamental,
                ..plain
            },
            48_000.0,
        );
        let hum = 0.001;
        assert_tunes(Pluck { hum, ..plain }, 48_000.0);
    }
}

/// Nineteen parts in twenty of the power are those of the octave.
#[test]
fn strong_even_partials_are_not_taken_for_the_octave() {
    let rate = 48_000.0;
    for note in NOTES.start().to_owned()..=64 {
        let frequency = pitch(note, 11.0, 440.0);
        let mut sound = vec![0.0; 20_000];
        for (n, amplitude) in [(1.0, 0.06), (2.0, 0.3), (3.0, 0.05), (4.0, 0.15)] {
            let partial = sine(n * frequency, amplitude, rate, sound.len());
            sound.iter_mut().zip(partial).for_each(|(sum, s)| *sum += s);
        }
        assert_told(&sound, frequency, rate, &note);
    }
}

/// A string that is a loop (Karplus and Strong), tuned by an allpass (Jaffe and Smith).
#[test]
fn a_string_made_of_a_delay_is_told_too() {
    for rate in [22_050.0, 48_000.0] {
        for note in NOTES {
            let frequency = pitch(note, 0.0, 440.0);
            // The loop's low-pass takes half a frame; the allpass the rest, exactly at the pitch.
            let delay = rate / frequency - 0.5;
            let whole = (delay - 0.3).floor();
            let (angle, rest) = (PI * frequency / rate, delay - whole);
            let allpass = (angle * (1.0 - rest)).sin() / (angle * (1.0 + rest)).sin();
            let mut line: Vec<f64> = noise(whole as usize).iter().map(|&s| s.into()).collect();
            let mean = line.iter().sum::<f64>() / whole;
            line.iter_mut().for_each(|sample| *sample -= mean);
            let [mut last, mut low, mut passed] = [0.0; 3];
            let sound: Vec<f32> = (0..(0.6 * rate) as usize)
                .map(|n| {
                    let sample = line[n % line.len()];
                    let new = 0.5 * (sample + last);
                    passed = allpass * (new - passed) + low;
                    (last, low) = (sample, new);
                    let at = n % line.len();
                    line[at] = 0.999 * passed;
                    sample as f32
                })
                .collect();
            assert_told(&sound, frequency, rate, &note);
        }
    }
}

/// Notes one after the other, up, down and the same again; each stopped as the next begins.
#[test]
fn each_of_several_notes_is_told_in_a_tenth_of_a_second() {
    let rate = 48_000.0;
    let some = [28, 31, 40, 45, 57, 64, 76, 88];
    let pairs = some
        .iter()
        .flat_map(|first| some.iter().flat_map(move |second| [first, second]));
    let notes: Vec<u8> = pairs.copied().collect();
    let length = (0.3 * rate) as usize;
    let mut sound = vec![0.0; (notes.len() + 1) * length];
    for (n, &note) in notes.iter().enumerate() {
        let pluck = Pluck {
            click: 0.1,
            ..Pluck::new(pitch(note, 0.0, 440.0))
        };
        let all = sound[n * length..].iter_mut();
        for (frame, (sum, sample)) in all.zip(pluck.sound(rate, 0.35)).enumerate() {
            let stopped = frame.saturating_sub(length) as f64 / rate;
            *sum += sample * (-stopped / 0.005).exp() as f32;
        }
    }
    hear(&mut on(rate), &sound, rate, |time, reading| {
        let which = (time / 0.3) as usize;
        let since = time - 0.3 * which as f64;
        let Some(&note) = notes.get(which) else {
            assert!(
                since < 0.2 || reading.is_none(),
                "after {since} s of silence"
            );
            return;
        };
        if since > 0.1 {
            let off = reading.map(|reading| cents(reading, pitch(note, 0.0, 440.0)));
            let off = off.unwrap_or_else(|| panic!("note {which}: none at {time} s"));
            assert!(off.abs() < 1.0, "note {which}: {off} cents after {since} s");
        }
    });
}

/// While a low note dies away, the period of a high one is hard to see, and its phase may be taken for
/// a turn too many: half a semitone.
#[test]
fn a_high_note_beside_a_low_one_is_not_half_a_semitone_off() {
    let rate = 48_000.0;
    for low in 30..=38 {
        let mut dying = Pluck::new(pitch(low, 0.0, 440.0)).sound(rate, 0.4);
        for (n, sample) in dying.iter_mut().enumerate() {
            *sample *= 3.0 * (-(n as f64) / (0.02 * rate)).exp() as f32;
        }
        for high in 82..=88 {
            let frequency = pitch(high, 0.0, 440.0);
            let mut sound = Pluck::new(frequency).sound(rate, 0.4);
            sound.iter_mut().zip(&dying).for_each(|(sum, s)| *sum += s);
            hear(&mut on(rate), &sound, rate, |time, reading| {
                let off = reading.map_or(f64::INFINITY, |reading| cents(reading, frequency));
                let near = off.abs() < 15.0;
                let other = off.abs() > 90.0;
                let right = if time > 0.2 { near } else { near || other };
                assert!(right, "{low}, {high}: {off} cents at {time} s");
            });
        }
    }
}

/// A peg that is turned, by 50 cents in a second: the reading is late by half of what it looks at.
#[test]
fn it_follows_a_string_that_is_tuned() {
    let rate = 48_000.0;
    for frequency in [41.2, 82.4, 330.0, 1300.0] {
        let at = |time: f64| frequency * 2f64.powf(50.0 * time / 1200.0);
        let mut phase = 0.0;
        let next = |n: usize| {
            phase += TAU * at(n as f64 / rate) / rate;
            let partials = (1..8).map(|n| (f64::from(n) * phase).sin() / f64::from(n));
            (0.2 * partials.sum::<f64>()) as f32
        };
        let sound: Vec<f32> = (0..48_000).map(next).collect();
        hear(&mut on(rate), &sound, rate, |time, reading| {
            if time > 0.15 {
                let late = -cents(reading.expect("a note"), at(time));
                assert!((0.0..6.0).contains(&late), "{late} cents at {time} s");
            }
        });
    }
}

#[test]
fn silence_and_noise_are_no_notes() {
    let rate = 48_000.0;
    let white = noise(240_000);
    let mut low = 0.0;
    let dark = white.iter().map(|sample| {
        low += 0.02 * (sample - low);
        low
    });
    for sound in [
        vec![0.0; 48_000],
        vec![0.3; 48_000],
        dark.collect(),
        white.iter().map(|s| 0.001 * s).collect(),
        white,
    ] {
        hear(&mut on(rate), &sound, rate, |time, reading| {
            assert_eq!(reading, None, "at {time} s");
        });
    }
}

/// What is too high, too low or too soft is not heard as anything else.
#[test]
fn what_is_out_of_range_is_no_note() {
    let rate = 48_000.0;
    for (frequency, amplitude) in [
        (27.0, 0.3),
        (1700.0, 0.3),
        (2637.0, 0.3),
        (6000.0, 0.3),
        (110.0, 2e-4),
    ] {
        hear(
            &mut on(rate),
            &sine(frequency, amplitude, rate, 48_000),
            rate,
            |time, reading| {
                assert_eq!(reading, None, "{frequency} Hz at {time} s");
            },
        );
    }
}

/// Hum is what it is. A chord is no note; if anything, it has the pitch that its notes make together.
#[test]
fn hum_and_chords_give_nothing_wrong() {
    let rate = 48_000.0;
    let hum: Vec<f32> = (sine(50.0, 0.01, rate, 48_000).iter())
        .zip(sine(150.0, 0.005, rate, 48_000))
        .map(|(first, third)| first + third)
        .collect();
    let chord = |notes: &[u8]| {
        let mut sum = vec![0.0; 48_000];
        for &note in notes {
            let sound = Pluck::new(pitch(note, 0.0, 440.0)).sound(rate, 1.0);
            sum.iter_mut()
                .zip(sound)
                .for_each(|(sum, s)| *sum += 0.5 * s);
        }
        sum
    };
    for (sound, expected) in [
        (hum, 50.0),
        // E and B: two octaves of E below the third that is common to both.
        (chord(&[40, 47]), pitch(28, 0.0, 440.0)),
        // An octave is its lower note.
        (chord(&[40, 52]), pitch(40, 0.0, 440.0)),
        (chord(&[52, 53]), f64::NAN),
        (chord(&[43, 47, 50, 55, 59, 67]), f64::NAN),
    ] {
        hear(&mut on(rate), &sound, rate, |time, reading| {
            if let Some(reading) = reading.filter(|_| time > 0.1) {
                let off = cents(reading, expected);
                assert!(off.abs() < 3.0, "{reading:?} at {time} s");
            }
        });
    }
}

#[test]
fn a_reading_has_the_nearest_note_of_the_reference() {
    let mut tuner = on(48_000.0);
    let mut told = |frequency, reference_hz| {
        tuner.set(TunerSettings {
            on: true,
            reference_hz,
            ..Default::default()
        });
        tuner.detect(&[sine(frequency, 0.3, 48_000.0, 20_000)]);
        let reading = tuner.reading().unwrap();
        let name = format!("{}{}", reading.name(), reading.octave());
        assert!(reading.clarity > 0.99 && reading.clarity <= 1.0);
        (name, reading.note, f64::from(reading.cents))
    };
    for (frequency, reference, name, note, off) in [
        (440.0, 440.0, "A4", 69, 0.0),
        (440.0, 430.0, "A4", 69, 39.8),
        (440.0, 450.0, "A4", 69, -38.9),
        // Out of range, and no number: 450 and still 450.
        (440.0, 460.0, "A4", 69, -38.9),
        (440.0, f32::NAN, "A4", 69, -38.9),
        (261.63, 440.0, "C4", 60, 0.0),
        (246.94, 440.0, "B3", 59, 0.0),
        (41.2, 440.0, "E1", 28, -0.2),
        (1318.5, 440.0, "E6", 88, 0.0),
        (100.0, 440.0, "G2", 43, 35.0),
    ] {
        let (told_name, told_note, told_off) = told(frequency, reference);
        assert_eq!((told_name.as_str(), told_note), (name, note));
        assert!((told_off - off).abs() < 0.2, "{name}: {told_off}");
    }
}

#[test]
fn it_hears_both_sides() {
    let [silence, tone] = [vec![0.0; 10_000], sine(110.0, 0.3, 48_000.0, 10_000)];
    for sides in [[&silence, &tone], [&tone, &silence], [&tone, &tone]] {
        let mut tuner = on(48_000.0);
        tuner.detect(&sides);
        assert_eq!(tuner.reading().unwrap().note, 45);
    }
}

#[test]
fn off_it_hears_nothing_and_on_again_it_begins_again() {
    let tone = sine(110.0, 0.3, 48_000.0, 10_000);
    let mut tuner = Tuner::new(48_000.0);
    tuner.detect(&[&tone]);
    assert_eq!(tuner.reading(), None);
    for on in [true, false, true] {
        tuner.set(TunerSettings {
            on,
            ..Default::default()
        });
        assert_eq!(tuner.reading(), None);
        tuner.detect(&[&tone]);
        assert_eq!(tuner.reading().is_some(), on);
    }
    tuner.reset();
    assert_eq!(tuner.reading(), None);
}

#[test]
fn it_mutes_with_a_fade_while_it_is_on_and_is_to_mute() {
    let set = |tuner: &mut Tuner, on, mute| {
        tuner.set(TunerSettings {
            on,
            mute,
            ..Default::default()
        });
    };
    let mut tuner = Tuner::new(48_000.0);
    let [mut left, mut right] = [vec![0.5; 10_000], vec![-0.5; 10_000]];
    play(&mut [&mut left, &mut right], 50, |frame, piece| {
        match frame {
            1000 => set(&mut tuner, true, false),
            2000 => set(&mut tuner, true, true),
            4000 => set(&mut tuner, true, false),
            6000 => set(&mut tuner, true, true),
            8000 => set(&mut tuner, false, true),
            _ => {}
        }
        tuner.detect(piece);
        tuner.silence(piece);
    });
    for heard in [0..2000, 4960..6000, 8960..10_000] {
        assert!(left[heard].iter().all(|&sample| sample == 0.5));
    }
    for silent in [2960..4000, 6960..8000] {
        assert!(left[silent].iter().all(|&sample| sample == 0.0));
    }
    assert!(largest_step(&left) < 0.001, "20 ms of a straight line");
    assert!(left.iter().zip(&right).all(|(left, right)| *left == -right));
    set(&mut tuner, true, true);
    tuner.finish();
    let mut rest = [0.5];
    tuner.silence(&mut [&mut rest]);
    assert_eq!(rest, [0.0]);
}

/// What it says does not hang on how time is cut, and nothing of it allocates.
#[test]
fn time_may_be_cut_anywhere_and_nothing_is_allocated() {
    let pluck = Pluck {
        noise: 1e-3,
        ..Pluck::new(110.0)
    };
    for rate in [22_050.0, 48_000.0, 384_000.0] {
        let sound = pluck.sound(rate, 0.3);
        let mut first = None;
        for length in [BLOCK, 1, 7, 33, 50] {
            let mut tuner = Tuner::new(rate);
            let mut output = sound.clone();
            let mut reading = None;
            reset_violation_count();
            assert_no_alloc(|| {
                tuner.set(TunerSettings {
                    on: true,
                    ..Default::default()
                });
                play(&mut [&mut output], length, |_, piece| {
                    tuner.detect(piece);
                    tuner.silence(piece);
                    reading = tuner.reading();
                });
                tuner.finish();
                tuner.reset();
            });
            assert_eq!(violation_count(), 0, "pieces of {length}");
            let reading = reading.expect("a note");
            assert_eq!(*first.get_or_insert(reading), reading, "pieces of {length}");
        }
    }
}

/// Nothing that a chain lets through stops it: the loudest noise, clicks, steps, what is too small.
#[test]
fn it_tunes_again_after_anything() {
    let rate = 48_000.0;
    let noise = noise(20_000);
    let loud: Vec<f32> = noise.iter().map(|sample| 2000.0 * sample).collect();
    let steps: Vec<f32> = loud.iter().map(|sample| sample.signum() * 1000.0).collect();
    let clicks = (0..20_000).map(|n| if n % 1700 == 0 { 1000.0 } else { 0.0 });
    let tiny = noise.iter().map(|sample| sample * 1e-37).collect();
    for sound in [loud, steps, clicks.collect(), tiny] {
        let mut tuner = on(rate);
        tuner.detect(&[sound]);
        tuner.detect(&[Pluck::new(110.0).sound(rate, 0.6)]);
        let off = cents(tuner.reading().expect("a note"), 110.0);
        assert!(off.abs() < 1.0, "{off} cents");
    }
}
