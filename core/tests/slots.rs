//! Eight slots: what each sets of its own, and going from one to another faster than they fade.

mod common;

use assert_no_alloc::{AllocDisabler, assert_no_alloc, reset_violation_count, violation_count};
use common::{CONFIG, capture, samples};
use gridleak_core::{
    Amp, BuildId, Cab, Capture, Chain, ImpulseResponse, Loaded, OutputMode, OwnGroup, Pedal, SLOTS,
    Settings, SimdLevel, SlotPart, SlotSettings, Voicing,
};
use std::f64::consts::{FRAC_PI_2, TAU};

#[global_allocator]
static ALLOCATOR: AllocDisabler = AllocDisabler;

/// Frames of the usual fade, and of the shortest.
const FADE: usize = 960;
const SHORTEST: usize = 96;
/// Where a change is asked for.
const AT: usize = 20_000;

const STANDARD: &str = "example_models/wavenet_a1_standard";

/// A chain, and what it is set to.
struct Rig {
    chain: Chain,
    settings: Settings,
    /// Frames of a host's block.
    block: usize,
}

impl Rig {
    /// Nothing is on but the cabinet, and the first slot is asked for.
    fn new(slots: Vec<Vec<SlotPart>>) -> Self {
        let mut settings = Settings {
            dc_blocker: false,
            ..Settings::default()
        };
        settings.gate.on = false;
        settings.tone.on = false;
        settings.levels.mode = OutputMode::Raw;
        let mut chain = Chain::new(CONFIG);
        chain.set(&settings);
        for (slot, parts) in slots.into_iter().enumerate() {
            for part in parts {
                assert!(chain.load(Loaded { slot, part }).is_ok());
            }
        }
        chain.reset();
        Rig {
            chain,
            settings,
            block: 64,
        }
    }

    fn set(&mut self, change: impl FnOnce(&mut Settings)) {
        change(&mut self.settings);
        reset_violation_count();
        assert_no_alloc(|| self.chain.set(&self.settings));
        assert_eq!(violation_count(), 0);
    }

    fn go(&mut self, slot: usize) {
        self.set(|settings| settings.slot = slot);
    }

    /// As it is set from the start.
    fn reset(mut self) -> Self {
        self.chain.reset();
        self
    }

    fn play(&mut self, input: &[f32]) -> Vec<f32> {
        let mut output = input.to_vec();
        reset_violation_count();
        assert_no_alloc(|| {
            for block in output.chunks_mut(self.block) {
                self.chain.process(&mut [block]);
            }
        });
        assert_eq!(violation_count(), 0);
        output
    }

    /// Goes to a slot and plays until that begins to be heard; gives what is heard before.
    fn play_until(&mut self, slot: usize, input: &[f32]) -> Vec<f32> {
        self.go(slot);
        let mut output = Vec::new();
        for frame in input.chunks(1) {
            let sound = self.play(frame);
            if self.chain.playing() == slot {
                return output;
            }
            output.extend(sound);
        }
        panic!("slot {slot} is never heard");
    }
}

fn amp_of(capture: &Capture) -> SlotPart {
    let (voicing, level) = (Voicing::default(), SimdLevel::detect());
    let amp = Amp::new(capture, CONFIG, voicing, BuildId(0), level);
    SlotPart::Amp(Some(Box::new(amp.unwrap())))
}

fn amp(name: &str) -> SlotPart {
    amp_of(&capture(name))
}

/// An amp that multiplies.
fn wire(gain: f32) -> SlotPart {
    let text = format!(
        r#"{{"version": "0.5.4", "architecture": "Linear", "sample_rate": 48000,
            "config": {{"receptive_field": 1, "bias": false}}, "weights": [{gain}]}}"#
    );
    amp_of(&Capture::from_bytes("wire.nam", text.as_bytes()).unwrap())
}

/// The guitar and a half of a knob.
fn with_a_knob() -> SlotPart {
    let text = r#"{"version": "0.5.4", "architecture": "Linear", "sample_rate": 48000,
        "config": {"receptive_field": 1, "bias": false, "in_channels": 2},
        "weights": [1.0, 0.5], "metadata": {"controls": ["drive"]}}"#;
    amp_of(&Capture::from_bytes("knob.nam", text.as_bytes()).unwrap())
}

fn pedal(name: &str) -> SlotPart {
    let (voicing, level) = (Voicing::default(), SimdLevel::detect());
    let pedal = Pedal::new(&capture(name), CONFIG, voicing, BuildId(0), level);
    SlotPart::Pedal(Some(Box::new(pedal.unwrap())))
}

/// A cabinet that is as loud as its response says.
fn cab(response: &[f32]) -> SlotPart {
    let official = 10f32.powf(18.0 / 20.0);
    let taps = response.iter().map(|tap| tap * official).collect();
    let response = ImpulseResponse::new(vec![taps], CONFIG.rate).unwrap();
    let cab = Cab::new(Some(&response), None, CONFIG, BuildId(0));
    SlotPart::Cab(Some(Box::new(cab.unwrap())))
}

/// Always the same numbers below a bound.
fn random(seed: u32) -> impl FnMut(usize) -> usize {
    let mut random = seed;
    move |below| {
        random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (random >> 8) as usize % below
    }
}

/// A response that begins at once and rings for so many frames.
fn response(seed: u32, frames: usize) -> Vec<f32> {
    let mut next = random(seed);
    let decay = |n: usize| 10f32.powf(-2.0 * n as f32 / frames as f32);
    let noise = (1..frames).map(|n| 0.1 * decay(n) * (next(2000) as f32 / 1000.0 - 1.0));
    std::iter::once(0.5).chain(noise).collect()
}

fn guitar() -> Vec<f32> {
    let input = samples("input_1s.f32");
    [&input[..], &input[..]].concat()
}

fn loudest(samples: &[f32]) -> f32 {
    samples.iter().fold(0.0, |most, s| most.max(s.abs()))
}

/// The largest difference, as a part of the largest sample, in dB.
fn error_db(found: &[f32], wanted: &[f32]) -> f64 {
    let errors: Vec<f32> = found.iter().zip(wanted).map(|(f, w)| f - w).collect();
    20.0 * f64::from(loudest(&errors) / loudest(wanted)).log10()
}

/// The sharpest bend of a curve: what a click is, and a tone is not.
fn kink(samples: &[f32]) -> f32 {
    let kinks = samples.windows(3).map(|s| s[2] - 2.0 * s[1] + s[0]);
    loudest(&kinks.collect::<Vec<f32>>())
}

#[test]
fn a_slot_plays_with_what_it_has_of_its_own_and_others_do_not() {
    type Change = fn(&mut Settings);
    type Parts = fn() -> Vec<SlotPart>;
    let nano: Parts = || vec![amp("captures/wn_nano"), pedal("captures/lstm_1x16")];
    let with_cab: Parts = || vec![amp("captures/wn_nano"), cab(&response(1, 2000))];
    // What the stages behind the amps need until nothing is left of before.
    let later = 24_000;
    let groups: [(OwnGroup, Parts, Change, usize); 6] = [
        (OwnGroup::Pedal, nano, |own| own.pedal = false, 0),
        (
            OwnGroup::Gate,
            nano,
            |own| {
                own.gate.on = true;
                own.gate.threshold_db = -10.0;
                own.gate.range_db = -12.0;
            },
            later,
        ),
        (
            OwnGroup::Tone,
            nano,
            |own| {
                own.tone.on = true;
                own.tone.bass = 9.0;
                own.tone.treble = 2.0;
            },
            later,
        ),
        (
            OwnGroup::Cab,
            with_cab,
            |own| {
                own.cab.mix = 0.4;
                own.cab.low_cut_hz = 300.0;
            },
            later,
        ),
        (
            OwnGroup::Quality,
            || vec![amp("example_models/A2")],
            |own| own.slim = 0.0,
            0,
        ),
        (
            OwnGroup::Knobs,
            || vec![with_a_knob()],
            |own| own.knobs[0] = 0.9,
            0,
        ),
    ];
    let input = guitar();
    for (group, parts, change, settles) in groups {
        let mut own = SlotSettings::default();
        change(&mut own.values);
        let two = || Rig::new(vec![parts(), parts()]);
        // Of values that it does not have of its own nothing is heard.
        let mut rig = two();
        rig.chain.set_slot(1, &own);
        rig.chain.set_slot(SLOTS, &own);
        let plain = rig.play(&input);
        rig.go(1);
        let mut rig = rig.reset();
        assert!(rig.play(&input) == plain, "{group:?}");

        own.own = own.own.with(group, true);
        let mut rig = two();
        rig.chain.set_slot(1, &own);
        let before = rig.play(&input[..AT]);
        assert!(before == plain[..AT], "{group:?}: another slot");
        let begins = AT + rig.play_until(1, &input[AT..]).len() + 1;
        let found = rig.play(&input[begins..]);

        let mut all = two();
        change(&mut all.settings);
        all.go(1);
        let wanted = all.reset().play(&input);
        let from = FADE + settles;
        let error = error_db(&found[from..], &wanted[begins + from..]);
        assert!(error < -90.0, "{group:?}: {error:.1} dB");
        let heard = error_db(&plain[begins + from..], &wanted[begins + from..]);
        assert!(heard > -40.0, "{group:?} is heard: {heard:.1} dB");

        // From the start, and where it is given up while it plays.
        let mut rig = rig.reset();
        let first = rig.play(&input);
        let settled = 8_000 + settles;
        let error = error_db(&first[settled..], &wanted[settled..]);
        assert!(error < -90.0, "{group:?}: {error:.1} dB");
        rig.chain.set_slot(1, &SlotSettings::default());
        rig.play(&input);
        let error = error_db(&rig.play(&input)[later..], &plain[later..]);
        assert!(error < -60.0, "{group:?}: {error:.1} dB");
    }
}

#[test]
fn drive_is_before_pedal_or_capture_and_level_is_behind_them() {
    let input = guitar();
    let factor = |db: f32| 10f64.powf(f64::from(db) / 20.0) as f32;
    let parts = || vec![amp(STANDARD), pedal("captures/wn_nano")];
    let own = |drive_db, level_db| SlotSettings {
        drive_db,
        level_db,
        ..SlotSettings::default()
    };
    for on in [true, false] {
        let rig = |slot: SlotSettings, input_db| {
            let mut rig = Rig::new(vec![parts()]);
            rig.chain.set_slot(0, &slot);
            rig.set(|settings| (settings.pedal, settings.input_db) = (on, input_db));
            rig.reset()
        };
        let plain = rig(own(0.0, 0.0), 0.0).play(&input);
        let driven = rig(own(0.0, 0.0), 7.5).play(&input);
        assert!(rig(own(7.5, 0.0), 0.0).play(&input) == driven, "{on}");
        assert!(driven != plain);
        let louder = rig(own(0.0, -9.0), 0.0).play(&input);
        let wanted: Vec<f32> = plain.iter().map(|s| s * factor(-9.0)).collect();
        assert!(louder == wanted, "{on}");
    }
    // The gate goes by what the capture hears.
    let mut rig = Rig::new(vec![vec![wire(1.0)]]);
    rig.chain.set_slot(0, &own(12.0, 0.0));
    rig.set(|settings| settings.gate.on = true);
    rig.play(&vec![0.1; 48_000]);
    let level = rig.chain.gate_level_db();
    assert!((level - -8.0).abs() < 0.01, "{level}");
}

#[test]
fn a_fade_is_as_long_as_it_is_set_and_begins_no_later_for_that() {
    for (fade_ms, wanted) in [(0.0, SHORTEST), (5.0, 240), (20.0, FADE), (200.0, 9600)] {
        let mut rig = Rig::new(vec![vec![wire(1.0)], vec![wire(0.5)]]);
        rig.set(|settings| settings.switching.fade_ms = fade_ms);
        rig.play(&[0.5; 1000]);
        rig.go(1);
        let sound = rig.play(&[0.5; 12_000]);
        let begins = sound.iter().position(|&s| s < 0.499_99).unwrap();
        let ends = sound.iter().position(|&s| s < 0.250_01).unwrap();
        // Of a curve that begins and ends flat, about a hundredth is not to be seen.
        let found = (ends - begins) as f64 / wanted as f64;
        assert!((0.95..1.0).contains(&found), "{fade_ms} ms: {found}");
    }
    let input = guitar();
    for (with_pedal, soon) in [(false, 1_200), (true, 2_400)] {
        let parts = |name: &str| match with_pedal {
            true => vec![amp(name), pedal(STANDARD)],
            false => vec![amp(name)],
        };
        let alone = Rig::new(vec![parts(STANDARD)]).play(&input);
        for (fade_ms, frames) in [(0.0, SHORTEST), (200.0, 9600)] {
            let mut rig = Rig::new(vec![parts("../../../assets/clean"), parts(STANDARD)]);
            rig.set(|settings| settings.switching.fade_ms = fade_ms);
            rig.play(&input[..AT]);
            let begins = rig.play_until(1, &input[AT..]).len();
            assert!(begins <= soon, "{fade_ms} ms: {begins}");
            let from = AT + begins + 1;
            let found = &rig.play(&input[from..])[frames..];
            let error = error_db(found, &alone[from + frames..]);
            assert!(error < -90.0, "{fade_ms} ms: {error:.1} dB");
        }
    }
}

#[test]
fn what_is_asked_for_during_a_fade_is_heard_as_soon() {
    let input = guitar();
    let names = [
        "../../../assets/clean",
        "../../../assets/crunch",
        STANDARD,
        "captures/lstm_1x16",
    ];
    let rig = || Rig::new(names.map(|name| vec![amp(name)]).into());
    let alone = |slot: usize| Rig::new(vec![vec![amp(names[slot])]]).play(&input);
    for asked in [1, 100, 2000, 9000] {
        let mut rig = rig();
        rig.set(|settings| settings.switching.fade_ms = 200.0);
        rig.play(&input[..AT]);
        let mut at = AT + rig.play_until(1, &input[AT..]).len() + 1;
        rig.play(&input[at..at + asked]);
        at += asked;
        let waited = rig.play_until(2, &input[at..]).len();
        assert!(waited <= 1_200, "{asked}: {waited}");
        at += waited + 1;
        rig.play(&input[at..at + 9600]);
        at += 9600;
        let error = error_db(&rig.play(&input[at..]), &alone(2)[at..]);
        assert!(error < -90.0, "{asked}: {error:.1} dB");
    }
    // The one that is being left has played on: it is there at once, and was never away.
    let mut rig = rig();
    rig.set(|settings| settings.switching.fade_ms = 200.0);
    rig.play(&input[..AT]);
    let mut at = AT + rig.play_until(1, &input[AT..]).len() + 1;
    rig.play(&input[at..at + 2000]);
    at += 2000;
    rig.go(0);
    rig.play(&input[at..=at]);
    assert_eq!(rig.chain.playing(), 0);
    rig.play(&input[at + 1..at + 2100]);
    at += 2100;
    assert!(rig.play(&input[at..]) == alone(0)[at..]);
    // What was asked for in between and not heard yet is forgotten.
    for slot in [1, 2, 3, 1, 2, 3, 2] {
        rig.go(slot);
        rig.play(&input[..50]);
        assert_eq!(rig.chain.playing(), 0);
    }
    rig.play(&input[..5_000]);
    assert_eq!(rig.chain.playing(), 2);
}

#[test]
fn a_slot_that_is_empty_leaves_the_sound_to_the_one_that_plays() {
    let input = guitar();
    let nano = || vec![amp("captures/wn_nano")];
    let crunch = || vec![amp("captures/lstm_1x16")];
    // Nothing plays, and nothing is in the slot that is asked for: the first that there is.
    let mut rig = Rig::new(vec![vec![], vec![], nano(), crunch()]);
    assert!(rig.play(&input) == Rig::new(vec![nano()]).play(&input));
    assert_eq!(rig.chain.playing(), 2);
    assert_eq!([1, 2, 3].map(|n| rig.chain.has_amp(n)), [false, true, true]);
    rig.go(3);
    let alone = Rig::new(vec![crunch()]).play(&[&input[..], &input, &input].concat());
    rig.play(&input);
    // It plays on, whatever else is asked for in vain, and through a reset.
    for slot in [5, 0, usize::MAX] {
        rig.go(slot);
        rig.play(&input[..1000]);
        assert_eq!(rig.chain.playing(), 3);
    }
    let mut rig = rig.reset();
    assert!(rig.play(&input) == alone[..input.len()]);
    // One that was still loading is gone to when it is there.
    rig.go(5);
    rig.play(&input[..1000]);
    let part = amp(STANDARD);
    assert!(rig.chain.load(Loaded { slot: 5, part }).is_ok());
    rig.play(&input[..1200]);
    assert_eq!(rig.chain.playing(), 5);
    // When that goes, the first takes over.
    rig.play(&input[..1000]);
    let part = SlotPart::Amp(None);
    assert!(rig.chain.load(Loaded { slot: 5, part }).is_ok());
    rig.play(&input);
    assert_eq!((rig.chain.playing(), rig.chain.has_amp(5)), (2, false));
}

/// A cabinet and how loud it hears what comes, and is heard, in each frame.
struct Voice {
    response: Vec<f32>,
    hears: Vec<f64>,
    is_heard: Vec<f64>,
}

impl Voice {
    fn new(response: Vec<f32>, hears: f64) -> Self {
        Voice {
            response,
            hears: vec![hears; 2 * AT],
            is_heard: vec![1.0; 2 * AT],
        }
    }

    /// From a frame on it is faded in or out, in this curve.
    fn fade(curve: &mut [f64], from: usize, to: f64, frames: usize) {
        for (n, gain) in curve[from..].iter_mut().enumerate() {
            let turn = ((n + 1) as f64 / frames as f64).min(1.0) * FRAC_PI_2;
            let new = turn.sin().powi(2);
            *gain = if to == 1.0 { new } else { 1.0 - new };
        }
    }

    fn add_to(&self, sum: &mut [f64], input: &[f32]) {
        let heard: Vec<f64> = input
            .iter()
            .zip(&self.hears)
            .map(|(&s, g)| f64::from(s) * g)
            .collect();
        for (n, sum) in sum.iter_mut().enumerate() {
            let past = heard[..=n].iter().rev().zip(&self.response);
            let sound: f64 = past.map(|(s, &tap)| s * f64::from(tap)).sum();
            *sum += self.is_heard[n] * sound;
        }
    }
}

fn sum(voices: &[Voice], input: &[f32]) -> Vec<f32> {
    let mut sum = vec![0.0; input.len()];
    voices
        .iter()
        .for_each(|voice| voice.add_to(&mut sum, input));
    sum.into_iter().map(|s| s as f32).collect()
}

#[test]
fn the_cabinet_that_is_left_rings_out_if_it_is_to() {
    let input = &guitar()[..2 * AT];
    let responses = || [1, 2, 3].map(|seed| response(seed, 4000));
    let cabs = |n: usize| vec![wire(1.0), cab(&responses()[n])];
    let rig = || Rig::new(vec![cabs(0), cabs(1), cabs(2), vec![wire(1.0)]]);

    // To a slot without a cabinet: the tail alone is added to what comes in.
    let mut one = rig();
    let mut found = one.play(&input[..AT]);
    found.extend(one.play_until(3, &input[AT..]));
    let begins = found.len();
    let mut rest = rig();
    let mut sound = rest.play(&input[..AT]);
    rest.go(3);
    sound.extend(rest.play(&input[AT..]));
    let mut first = Voice::new(responses()[0].clone(), 1.0);
    Voice::fade(&mut first.hears, begins, 0.0, FADE);
    let mut none = Voice::new(vec![1.0], 0.0);
    Voice::fade(&mut none.hears, begins, 1.0, FADE);
    let voices = [first, none];
    let error = error_db(&sound, &sum(&voices, input));
    assert!(error < -90.0, "{error:.1} dB");
    let tail = begins + FADE..begins + FADE + 3000;
    let rings = error_db(&sound[tail.clone()], &input[tail]);
    assert!(rings > -40.0, "something rings: {rings:.1} dB");

    // Without a tail nothing is left of it when the fade is over.
    let mut rig_off = rig();
    rig_off.set(|settings| settings.switching.cab_tail = false);
    rig_off.play(&input[..AT]);
    rig_off.go(3);
    let sound = rig_off.play(&input[AT..]);
    let from = begins + FADE - AT;
    assert!(sound[from..] == input[AT + from..]);
}

#[test]
fn a_cabinet_that_still_rings_goes_on_from_there_and_no_second_one_rings() {
    let input = &guitar()[..2 * AT];
    let responses = [1, 2, 3].map(|seed| response(seed, 4000));
    let rig = || Rig::new(responses.iter().map(|r| vec![wire(1.0), cab(r)]).collect());
    let voice = |n: usize, hears| Voice::new(responses[n].clone(), hears);
    // Where each change begins to be heard.
    let begins = |rig: &mut Rig, changes: [(usize, usize); 2]| {
        let mut sound = Vec::new();
        let begins = changes.map(|(at, slot)| {
            sound.extend(rig.play(&input[sound.len()..at]));
            sound.extend(rig.play_until(slot, &input[at..]));
            let begins = sound.len();
            // The frame that told has been played.
            sound.push(f32::NAN);
            begins
        });
        sound.extend(rig.play(&input[sound.len()..]));
        (begins, sound)
    };
    let compare = |mut found: Vec<f32>, begins: [usize; 2], voices: &[Voice]| {
        let wanted = sum(voices, input);
        begins
            .iter()
            .for_each(|&frame| found[frame] = wanted[frame]);
        let error = error_db(&found, &wanted);
        assert!(error < -90.0, "{error:.1} dB");
        wanted
    };

    let ([there, back], found) = begins(&mut rig(), [(AT, 1), (AT + 2000, 0)]);
    let (mut first, mut second) = (voice(0, 1.0), voice(1, 0.0));
    Voice::fade(&mut first.hears, there, 0.0, FADE);
    Voice::fade(&mut first.hears, back, 1.0, FADE);
    Voice::fade(&mut second.hears, there, 1.0, FADE);
    Voice::fade(&mut second.hears, back, 0.0, FADE);
    compare(found, [there, back], &[first, second]);

    let ([there, on], found) = begins(&mut rig(), [(AT, 1), (AT + 2000, 2)]);
    let (mut first, mut second, mut third) = (voice(0, 1.0), voice(1, 0.0), voice(2, 0.0));
    Voice::fade(&mut first.hears, there, 0.0, FADE);
    Voice::fade(&mut second.hears, there, 1.0, FADE);
    Voice::fade(&mut second.hears, on, 0.0, FADE);
    Voice::fade(&mut third.hears, on, 1.0, FADE);
    for (n, gain) in first.is_heard[on..].iter_mut().enumerate() {
        *gain = (1.0 - n as f64 / SHORTEST as f64).max(0.0);
    }
    let wanted = compare(found, [there, on], &[first, second, third]);
    assert!(kink(&wanted) > 0.0);
}

/// Rigs of every kind: captures that remember much, little and for ever, with pedals, and cabinets of many
/// lengths and none.
fn all_kinds() -> Vec<Vec<SlotPart>> {
    vec![
        vec![amp("captures/wn_nano"), cab(&response(1, 300))],
        vec![amp("captures/lstm_1x3"), cab(&response(2, 6000))],
        vec![amp("captures/a2_lite")],
        vec![wire(-0.5), cab(&response(3, 20_000))],
        vec![amp("captures/wn_nano"), pedal("captures/lstm_1x3")],
        vec![amp("example_models/A2"), cab(&response(1, 300))],
        vec![wire(1.0), pedal("captures/wn_nano"), cab(&[0.5])],
        vec![wire(0.2)],
    ]
}

/// What a slot may set of its own.
fn some_own(next: &mut impl FnMut(usize) -> usize) -> SlotSettings {
    let mut own = SlotSettings {
        drive_db: next(20) as f32 - 10.0,
        level_db: next(20) as f32 - 10.0,
        ..SlotSettings::default()
    };
    for group in OwnGroup::ALL {
        own.own = own.own.with(group, next(2) == 0);
        for row in group.rows() {
            let position = next(11) as f32 / 10.0;
            row.set(&mut own.values, row.at_position(position));
        }
    }
    own
}

#[test]
fn what_is_heard_does_not_depend_on_how_time_is_cut() {
    let input = [guitar(), guitar(), guitar()].concat();
    let mut expected: Option<Vec<f32>> = None;
    for block in [1, 37, 64, 100_000] {
        let mut rig = Rig::new(all_kinds());
        rig.block = block;
        let mut next = random(5);
        let mut sound = Vec::new();
        while sound.len() < input.len() {
            // The sizes of a capture do depend on it, as they always have.
            let mut own = some_own(&mut next);
            own.own = own.own.with(OwnGroup::Quality, false);
            rig.chain.set_slot(next(SLOTS), &own);
            rig.settings.switching.fade_ms = [0.0, 7.0, 20.0, 120.0][next(4)];
            rig.settings.switching.cab_tail = next(3) > 0;
            rig.go(next(SLOTS));
            let frames = [1, 30, 500, 1999, 5003][next(5)].min(input.len() - sound.len());
            sound.extend(rig.play(&input[sound.len()..sound.len() + frames]));
        }
        let expected = expected.get_or_insert_with(|| sound.clone());
        let differs = sound
            .iter()
            .zip(&*expected)
            .position(|(a, b)| a.to_bits() != b.to_bits());
        assert_eq!(differs, None, "blocks of {block}");
    }
}

/// Under a low tone, that no slot bends as sharply as a click does.
#[test]
fn ten_thousand_changes_do_not_click() {
    let tone: Vec<f32> = (0..48_000)
        .map(|n| 0.1 * (TAU * 100.0 * n as f64 / CONFIG.rate).sin() as f32)
        .collect();
    let alone: Vec<Vec<f32>> = (0..SLOTS)
        .map(|slot| {
            let mut rig = Rig::new(all_kinds());
            rig.go(slot);
            rig.reset().play(&tone).split_off(24_000)
        })
        .collect();
    let loud = alone.iter().map(|sound| loudest(sound)).fold(0.0, f32::max);
    let bent = alone.iter().map(|sound| kink(sound)).fold(0.0, f32::max);
    let most = bent + 0.03 * loud;
    // The measure: a hard cut from one to another somewhere is sharper, nearly always.
    let mut next = random(3);
    let cuts = (0..1000).filter(|_| {
        let (from, to, at) = (next(SLOTS), next(SLOTS), next(20_000));
        let cut = [&alone[from][at..at + 10], &alone[to][at + 10..at + 20]].concat();
        kink(&cut) > most
    });
    let cuts = cuts.count();
    assert!(cuts > 400, "a cut is told: {cuts}, {bent} {loud}");

    let mut rig = Rig::new(all_kinds());
    let (mut position, mut heard) = (4_800, 0);
    let mut last = rig.play(&tone[..position]).split_off(position - 2);
    for turn in 0..10_000 {
        rig.settings.switching.fade_ms = [0.0, 4.0, 20.0, 60.0][next(4)];
        rig.settings.switching.cab_tail = next(3) > 0;
        let before = rig.chain.playing();
        rig.go(next(SLOTS));
        rig.block = [1, 17, 64, 333, 1000][next(5)];
        let frames = [1, 40, 200, 500, 1300][next(5)];
        let input: Vec<f32> = (0..frames)
            .map(|n| tone[(position + n) % tone.len()])
            .collect();
        position += frames;
        let sound = rig.play(&input);
        assert!(sound.iter().all(|s| s.is_finite()), "turn {turn}");
        last.extend(sound);
        let bend = kink(&last);
        assert!(bend < most, "turn {turn}: {bend}, {bent} in {loud}");
        heard += usize::from(rig.chain.playing() != before);
        last.drain(..last.len() - 2);
    }
    assert!(heard > 1_500, "{heard}");
}

/// Everything at once: nothing is allocated, and what comes out is sound.
#[test]
fn ten_thousand_changes_of_everything_allocate_nothing() {
    let input = guitar();
    let mut rig = Rig::new(all_kinds());
    let mut next = random(11);
    for turn in 0..10_000 {
        let own = some_own(&mut next);
        let slot = next(SLOTS + 1);
        reset_violation_count();
        assert_no_alloc(|| rig.chain.set_slot(slot, &own));
        assert_eq!(violation_count(), 0, "turn {turn}");
        rig.settings.switching.fade_ms = [-1.0, 0.0, 20.0, 500.0, f32::NAN][next(5)];
        rig.settings.pedal = next(4) > 0;
        rig.settings.slim = next(2) as f32;
        rig.go(next(SLOTS));
        rig.block = [1, 17, 64, 333][next(4)];
        let frames = [1, 63, 128, 700][next(4)];
        let start = next(input.len() - frames);
        let sound = rig.play(&input[start..start + frames]);
        assert!(sound.iter().all(|s| s.is_finite()), "turn {turn}");
        if turn % 1000 == 999 {
            rig.chain.reset();
        }
    }
}
