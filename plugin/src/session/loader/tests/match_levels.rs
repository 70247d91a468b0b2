//! Levels that are matched by what was played, through a player, and measured by another meter.

use gridleak_core::{OwnGroup, SLOTS};

use super::riff::{active, play, play_until};
use super::*;
use crate::session::instance::Instance;
use crate::session::match_levels::MatchStatus;
use crate::session::part::PartKind;
use crate::session::player::Player;

/// Five seconds of a dry guitar, chords and a lead line.
fn phrase() -> Vec<f32> {
    let bytes = include_bytes!("../../../../../assets/phrase.wav");
    let (samples, _) = bytes[44..].as_chunks::<2>();
    let samples = samples
        .iter()
        .map(|&sample| f32::from(i16::from_le_bytes(sample)) / 32_768.0);
    samples.skip(8 * 48_000).take(5 * 48_000).collect()
}

/// Integrated loudness of one channel at 48 kHz as ITU-R BS.1770-4 has it, in LUFS.
fn lufs(sound: &[f32]) -> f64 {
    let biquad = |input: Vec<f64>, b: [f64; 3], a: [f64; 2]| -> Vec<f64> {
        let (mut x, mut y) = ([0.0; 2], [0.0; 2]);
        let filter = |now: f64| {
            let out = b[0] * now + b[1] * x[0] + b[2] * x[1] - a[0] * y[0] - a[1] * y[1];
            (x, y) = ([now, x[0]], [out, y[0]]);
            out
        };
        input.into_iter().map(filter).collect()
    };
    let sound = sound.iter().map(|&sample| f64::from(sample)).collect();
    let shelf = biquad(
        sound,
        [
            1.535_124_859_586_97,
            -2.691_696_189_406_38,
            1.198_392_810_852_85,
        ],
        [-1.690_659_293_182_41, 0.732_480_774_215_85],
    );
    let weighted = biquad(
        shelf,
        [1.0, -2.0, 1.0],
        [-1.990_047_454_833_98, 0.990_072_250_366_21],
    );
    let blocks = weighted.windows(19_200).step_by(4800);
    let blocks: Vec<f64> = blocks
        .map(|block| block.iter().map(|s| s * s).sum::<f64>() / 19_200.0)
        .collect();
    let level = |power: f64| -0.691 + 10.0 * power.log10();
    let gated = |gate: f64| {
        let heard: Vec<f64> = blocks
            .iter()
            .copied()
            .filter(|&b| level(b) > gate)
            .collect();
        level(heard.iter().sum::<f64>() / heard.len() as f64)
    };
    gated(gated(-70.0) - 10.0)
}

/// An instance whose window is open, with captures in the first four slots, none like the other.
fn four_slots() -> (Arc<Instance>, Player) {
    let (instance, mut player) = active();
    instance.set(ParameterId::OutputMode, 0.0);
    for (slot, name) in ["crunch", "lead", "clean", "lead"].into_iter().enumerate() {
        let capture = Part::new(slot, PartKind::Capture);
        instance.rig.part(capture).choose(SavedPart::built_in(name));
    }
    let pedal = Part::new(3, PartKind::Pedal);
    instance
        .rig
        .part(pedal)
        .choose(SavedPart::built_in("clean"));
    let mut state = instance.rig.slot_state(2);
    state.name = "Verse".into();
    state.settings.drive_db = -9.0;
    state.settings.level_db = 3.0;
    let mut tone = instance.rig.unmodulated();
    tone.tone.bass = 9.0;
    instance
        .loader
        .change_slot(2, state.with_own(OwnGroup::Tone, true, &tone));
    instance.repaint.set_open(true);
    let loader = &instance.loader;
    play_until(&mut player, "ready", |_| {
        loader.recent_input().is_some() && loader.has_carried_out(loader.newest_order())
    });
    (instance, player)
}

/// What each of the first four slots plays, in LUFS.
fn heard(instance: &Instance, player: &mut Player) -> [f64; 4] {
    std::array::from_fn(|slot| {
        instance.set(ParameterId::Slot, slot as f32);
        play(player, &mut vec![0.0; 48_000]);
        let mut sound = phrase();
        play(player, &mut sound);
        lufs(&sound)
    })
}

fn match_levels(instance: &Instance, player: &mut Player) -> String {
    let loader = &instance.loader;
    loader.match_levels();
    play_until(player, "matched", |_| {
        loader.shown().matching == MatchStatus::Idle
    });
    let shown = loader.shown();
    shown.message().map_or(String::new(), |m| m.text.clone())
}

fn levels(instance: &Instance) -> [f32; SLOTS] {
    std::array::from_fn(|slot| instance.rig.slot_state(slot).settings.level_db)
}

#[test]
fn slots_are_as_loud_as_the_one_that_is_asked_for_on_what_was_played() {
    let (instance, mut player) = four_slots();
    let before = heard(&instance, &mut player);
    let far = before.iter().filter(|lufs| (*lufs - before[2]).abs() > 1.0);
    assert_eq!(far.count(), 3, "{before:?}");
    instance.set(ParameterId::Slot, 2.0);
    let was = levels(&instance);
    let said = match_levels(&instance, &mut player);
    assert_eq!(said, "Slot 1, Slot 2 and Slot 4 are as loud as Verse now.");
    let matched = levels(&instance);
    let after = heard(&instance, &mut player);
    for lufs in after {
        assert!((lufs - before[2]).abs() < 0.5, "{before:?} {after:?}");
    }
    assert!(instance.link.take().has(Request::ProjectChanged));
    // All of it is one change.
    let loader = &instance.loader;
    let undo = loader.history().lock().undo();
    let Some(Change::Slots(changes)) = undo else {
        panic!("{undo:?}");
    };
    loader.put_slots(changes);
    assert_eq!(levels(&instance), was);
    let redo = loader.history().lock().redo();
    let Some(Change::Slots(changes)) = redo else {
        panic!("{redo:?}");
    };
    loader.put_slots(changes);
    assert_eq!(levels(&instance), matched);
}

#[test]
fn where_nothing_can_be_matched_that_is_said() {
    let (instance, mut player) = four_slots();
    let was = levels(&instance);
    let said = match_levels(&instance, &mut player);
    assert!(said.starts_with("Nothing was heard yet."), "{said}");
    let mut sound = phrase();
    play(&mut player, &mut sound);
    instance.set(ParameterId::Slot, 6.0);
    let said = match_levels(&instance, &mut player);
    assert!(said.starts_with("Slot 7 does not play"), "{said}");
    for slot in 1..4 {
        instance.loader.clear_slot(slot);
    }
    instance.set(ParameterId::Slot, 0.0);
    let said = match_levels(&instance, &mut player);
    assert!(said.starts_with("There is only one slot"), "{said}");
    assert_eq!(levels(&instance)[0], was[0]);
}

#[test]
fn other_orders_are_served_meanwhile_and_it_can_be_cancelled() {
    let (instance, mut player) = four_slots();
    let mut sound = phrase();
    play(&mut player, &mut sound);
    let was = levels(&instance);
    let loader = &instance.loader;
    loader.match_levels();
    let measures = |status| matches!(status, MatchStatus::Measures(done) if done > 0.0);
    play_until(&mut player, "begun", |_| measures(loader.shown().matching));
    loader.step(Part::new(1, PartKind::Capture), Step::Next);
    let order = loader.newest_order();
    play_until(&mut player, "served", |_| loader.has_carried_out(order));
    assert!(measures(loader.shown().matching));
    loader.cancel_match_levels();
    let order = loader.newest_order();
    loader.step(Part::new(1, PartKind::Capture), Step::Previous);
    play_until(&mut player, "served again", |_| {
        loader.has_carried_out(order + 1)
    });
    play(&mut player, &mut vec![0.0; 48_000]);
    play_until(&mut player, "cancelled", |_| {
        loader.shown().matching == MatchStatus::Idle
    });
    assert_eq!(levels(&instance), was);
    assert_eq!(loader.shown().message(), None);
}
