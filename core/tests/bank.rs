//! Slots: one plays, the others sleep, and going over to one is heard soon and without a seam.

mod common;

use assert_no_alloc::{AllocDisabler, assert_no_alloc, reset_violation_count, violation_count};
use common::{CONFIG, capture, samples};
use gridleak_core::{
    Amp, BuildId, Cab, Capture, Chain, ImpulseResponse, Levels, Loaded, OutputMode, Pedal,
    ProcessConfig, SLOTS, Settings, SimdLevel, SlotPart, Voicing,
};

#[global_allocator]
static ALLOCATOR: AllocDisabler = AllocDisabler;

/// Frames of a fade.
const FADE: usize = 960;
/// Where a change is asked for.
const AT: usize = 20_000;

const STANDARD: &str = "example_models/wavenet_a1_standard";

fn amp(name: &str, config: ProcessConfig) -> SlotPart {
    let amp = Amp::new(
        &capture(name),
        config,
        Voicing::default(),
        BuildId(0),
        SimdLevel::detect(),
    );
    SlotPart::Amp(Some(Box::new(amp.unwrap())))
}

fn pedal(name: &str, config: ProcessConfig) -> SlotPart {
    let pedal = Pedal::new(
        &capture(name),
        config,
        Voicing::default(),
        BuildId(0),
        SimdLevel::detect(),
    );
    SlotPart::Pedal(Some(Box::new(pedal.unwrap())))
}

/// What a rig of amps alone is set to, with this slot asked for.
fn settings(slot: usize) -> Settings {
    let mut settings = Settings {
        slot,
        dc_blocker: false,
        ..Settings::default()
    };
    settings.gate.on = false;
    settings.tone.on = false;
    settings.cab.on = false;
    settings.levels.mode = OutputMode::Raw;
    settings
}

fn chain(config: ProcessConfig, slots: Vec<Vec<SlotPart>>) -> Chain {
    let mut chain = Chain::new(config);
    for (slot, parts) in slots.into_iter().enumerate() {
        for part in parts {
            assert!(chain.load(Loaded { slot, part }).is_ok());
        }
    }
    chain.set(&settings(0));
    chain.reset();
    chain
}

fn guitar() -> Vec<f32> {
    let input = samples("input_1s.f32");
    [&input[..], &input[..]].concat()
}

/// Plays the guitar in blocks of so many frames; at [`AT`], the other of the first two slots is asked for.
fn play(chain: &mut Chain, from: usize, block: usize) -> Vec<f32> {
    let mut output = guitar();
    let mut start = 0;
    while start < output.len() {
        let slot = if start < AT { from } else { 1 - from };
        // As hosts do that know of samples: the change begins a block.
        let mut end = (start + block).min(output.len());
        if start < AT {
            end = end.min(AT);
        }
        chain.set(&settings(slot));
        reset_violation_count();
        assert_no_alloc(|| chain.process(&mut [&mut output[start..end]]));
        assert_eq!(violation_count(), 0, "at {start}");
        start = end;
    }
    output
}

/// What a slot plays that always plays.
fn alone(parts: Vec<SlotPart>) -> Vec<f32> {
    let mut chain = chain(CONFIG, vec![parts]);
    let mut output = guitar();
    chain.process(&mut [&mut output]);
    output
}

/// The first frame that differs.
fn first_difference(a: &[f32], b: &[f32]) -> usize {
    let differs = |(a, b): (&f32, &f32)| a.to_bits() != b.to_bits();
    a.iter().zip(b).position(differs).unwrap_or(a.len())
}

/// The largest difference, as a part of the largest sample, in dB.
fn error_db(found: &[f32], wanted: &[f32]) -> f64 {
    let most = |samples: &mut dyn Iterator<Item = f32>| samples.fold(0.0f32, f32::max);
    let error = most(&mut found.iter().zip(wanted).map(|(f, w)| (f - w).abs()));
    let peak = most(&mut wanted.iter().map(|w| w.abs()));
    20.0 * f64::from(error / peak).log10()
}

#[test]
fn another_slot_is_heard_soon_and_then_as_if_it_had_always_played() {
    let other = "../../../assets/clean";
    for (with_pedal, soon) in [(false, 1_200), (true, 2_400)] {
        let parts = |name: &str| {
            let mut parts = vec![amp(name, CONFIG)];
            if with_pedal {
                parts.push(pedal(STANDARD, CONFIG));
            }
            parts
        };
        let (first, second) = (alone(parts(other)), alone(parts(STANDARD)));
        let mut expected: Option<Vec<f32>> = None;
        for block in [1, 16, 64, 256, 2048] {
            let mut chain = chain(CONFIG, vec![parts(other), parts(STANDARD)]);
            let found = play(&mut chain, 0, block);
            let begins = first_difference(&found, &first);
            let after = begins as i64 - AT as i64;
            assert!((0..=soon).contains(&after), "blocks of {block}: {after}");
            let end = begins + FADE;
            let error = error_db(&found[end..], &second[end..]);
            assert!(error < -90.0, "blocks of {block}: {error:.1} dB");
            println!("pedal {with_pedal}, blocks of {block}: begins {after}, {error:.1} dB");
            // However time is cut.
            let expected = expected.get_or_insert_with(|| found.clone());
            assert!(found == *expected, "blocks of {block}");
        }
    }
}

#[test]
fn a_slot_that_slept_long_catches_up_like_a_new_one() {
    let parts = || {
        vec![
            vec![amp(STANDARD, CONFIG)],
            vec![amp("captures/lstm_1x16", CONFIG)],
        ]
    };
    let mut chain = chain(CONFIG, parts());
    let first = alone(parts().remove(0));
    for _ in 0..2 {
        // There and back again: each sleeps in turn.
        play(&mut chain, 0, 100);
        chain.set(&settings(1));
        let found = play(&mut chain, 1, 100);
        let end = AT + 1_200 + FADE;
        let error = error_db(&found[end..], &first[end..]);
        assert!(error < -90.0, "{error:.1} dB");
    }
}

#[test]
fn what_is_rendered_changes_at_its_sample_and_always_the_same() {
    let parts = || {
        vec![
            vec![amp("../../../assets/lead", CONFIG)],
            vec![amp(STANDARD, CONFIG)],
        ]
    };
    let first = alone(parts().remove(0));
    let mut chain = chain(CONFIG, parts());
    chain.set_offline(true);
    let mut render = |block| {
        chain.reset();
        chain.set(&settings(0));
        chain.reset();
        play(&mut chain, 0, block)
    };
    let rendered = render(512);
    // The first frame of a fade is as good as the old sound.
    let begins = first_difference(&rendered, &first);
    assert!((AT..AT + 4).contains(&begins), "{begins}");
    assert!(render(512) == rendered);
    assert!(render(37) == rendered);
}

#[test]
fn a_slot_without_an_amp_leaves_the_sound_as_it_is() {
    let first = alone(vec![amp(STANDARD, CONFIG)]);
    let mut chain = chain(CONFIG, vec![vec![amp(STANDARD, CONFIG)]]);
    assert!(play(&mut chain, 0, 64) == first);
    assert_eq!(chain.playing(), 0);
    // As soon as it has one, it is gone over to; and back when that is taken away.
    let load = |chain: &mut Chain, part| assert!(chain.load(Loaded { slot: 1, part }).is_ok());
    load(&mut chain, amp("captures/wn_nano", CONFIG));
    let mut sound = guitar();
    chain.process(&mut [&mut sound[..20_000]]);
    assert_eq!(chain.playing(), 1);
    load(&mut chain, SlotPart::Amp(None));
    chain.process(&mut [&mut sound[..20_000]]);
    assert_eq!((chain.playing(), chain.amp_id(1)), (0, None));
    assert!(matches!(chain.take_retired(), Some(SlotPart::Amp(Some(_)))));
}

#[test]
fn a_cabinet_comes_with_its_amp() {
    // Amps of 1 and 10, in front of cabinets of 1 and a tenth.
    let wire = |gain: f32| {
        let text = format!(
            r#"{{"version": "0.5.4", "architecture": "Linear", "sample_rate": 48000,
                "config": {{"receptive_field": 1, "bias": false}}, "weights": [{gain}]}}"#
        );
        let capture = Capture::from_bytes("wire.nam", text.as_bytes()).unwrap();
        let voicing = Voicing::default();
        let amp = Amp::new(&capture, CONFIG, voicing, BuildId(0), SimdLevel::detect());
        SlotPart::Amp(Some(Box::new(amp.unwrap())))
    };
    let cab = |gain: f32| {
        let official = 10f32.powf(18.0 / 20.0);
        let click = ImpulseResponse::new(vec![vec![gain * official]], 48_000.0).unwrap();
        let cab = Cab::new(Some(&click), None, CONFIG, BuildId(0)).unwrap();
        SlotPart::Cab(Some(Box::new(cab)))
    };
    let mut chain = chain(
        CONFIG,
        vec![vec![wire(1.0), cab(1.0)], vec![wire(10.0), cab(0.1)]],
    );
    let mut settings = settings(0);
    settings.cab.on = true;
    for slot in [0, 1, 0, 1] {
        settings.slot = slot;
        chain.set(&settings);
        let mut sound = vec![0.1f32; 4_800];
        for block in sound.chunks_mut(50) {
            chain.process(&mut [block]);
        }
        // Both fades at once: never ten times as loud, nor a tenth.
        assert!(sound.iter().all(|s| (0.02..0.5).contains(s)));
        assert!((sound[4_799] - 0.1).abs() < 1e-4, "{}", sound[4_799]);
    }
    // A slot that is emptied while it plays goes as a whole.
    for part in [SlotPart::Cab(None), SlotPart::Amp(None)] {
        assert!(chain.load(Loaded { slot: 1, part }).is_ok());
    }
    let mut sound = vec![0.1f32; 4_800];
    for block in sound.chunks_mut(50) {
        chain.process(&mut [block]);
    }
    assert!(sound.iter().all(|s| (0.02..0.5).contains(s)));
    assert_eq!((chain.playing(), chain.cab_id(1)), (0, None));
}

/// Whatever is asked for in between: what was loaded for a slot that stays is heard in the end, and more
/// can be loaded.
#[test]
fn nothing_that_was_loaded_is_forgotten_between_two_changes() {
    let mut chain = chain(
        CONFIG,
        vec![
            vec![amp("captures/wn_nano", CONFIG)],
            vec![amp("captures/a2_full", CONFIG)],
        ],
    );
    let play = |chain: &mut Chain, slot, frames: usize| {
        chain.set(&settings(slot));
        chain.process(&mut [&mut guitar()[..frames]]);
    };
    play(&mut chain, 0, 5_000);
    let newer = |id| {
        let capture = capture(STANDARD);
        let level = SimdLevel::detect();
        let amp = Amp::new(&capture, CONFIG, Voicing::default(), BuildId(id), level).unwrap();
        SlotPart::Amp(Some(Box::new(amp)))
    };
    let load = |chain: &mut Chain, slot, part| chain.load(Loaded { slot, part }).is_ok();
    assert!(load(&mut chain, 0, newer(7)));
    play(&mut chain, 0, 100);
    play(&mut chain, 1, 100);
    play(&mut chain, 0, 5_000);
    assert_eq!((chain.playing(), chain.amp_id(0)), (0, Some(BuildId(7))));
    assert!(
        chain.take_retired().is_some(),
        "the old one is not played any more"
    );
    assert!(load(&mut chain, 0, newer(8)));
    play(&mut chain, 0, 5_000);
    assert_eq!(chain.amp_id(0), Some(BuildId(8)));
    // One that is loaded and cleared at once.
    play(&mut chain, 1, 5_000);
    while chain.take_retired().is_some() {}
    assert!(load(&mut chain, 1, newer(9)) && load(&mut chain, 1, SlotPart::Amp(None)));
    play(&mut chain, 1, 5_000);
    assert_eq!((chain.playing(), chain.amp_id(1)), (0, None));
    assert!(load(&mut chain, 1, newer(10)));
    play(&mut chain, 1, 5_000);
    assert_eq!((chain.playing(), chain.amp_id(1)), (1, Some(BuildId(10))));
}

/// What was put off while another slot was asked for plays as is set by then.
#[test]
fn what_was_put_off_follows_what_is_set_meanwhile() {
    let levels = Levels {
        output_dbu: Some(32.0),
        ..Levels::default()
    };
    let newer = || {
        let voicing = Voicing {
            levels,
            ..Voicing::default()
        };
        let (capture, level) = (capture(STANDARD), SimdLevel::detect());
        let amp = Amp::new(&capture, CONFIG, voicing, BuildId(7), level);
        SlotPart::Amp(Some(Box::new(amp.unwrap())))
    };
    let nano = || vec![amp("captures/wn_nano", CONFIG)];
    let mut chain = chain(CONFIG, vec![nano(), nano()]);
    let play = |chain: &mut Chain, slot, mode, frames: usize| {
        let mut settings = settings(slot);
        settings.levels.mode = mode;
        chain.set(&settings);
        let mut sound = guitar();
        chain.process(&mut [&mut sound[..frames]]);
        sound[frames / 2..frames]
            .iter()
            .fold(0.0f32, |most, s| most.max(s.abs()))
    };
    play(&mut chain, 0, OutputMode::Raw, 5_000);
    let (slot, part) = (0, newer());
    assert!(chain.load(Loaded { slot, part }).is_ok());
    play(&mut chain, 0, OutputMode::Raw, 100);
    play(&mut chain, 1, OutputMode::Raw, 100);
    let calibrated = play(&mut chain, 0, OutputMode::Calibrated, 20_000);
    assert_eq!(chain.amp_id(0), Some(BuildId(7)));
    // 20 dB over the interface's 12 dBu.
    let raw = play(&mut chain, 0, OutputMode::Raw, 20_000);
    assert!((calibrated / raw - 10.0).abs() < 0.1, "{calibrated}, {raw}");
}

#[test]
fn a_new_pedal_sounds_the_same_however_time_is_cut() {
    let mut expected: Option<Vec<f32>> = None;
    for block in [1, 32, 50, 2000] {
        let mut chain = chain(CONFIG, vec![vec![amp("captures/wn_nano", CONFIG)]]);
        let mut newcomer = Some(pedal("captures/lstm_1x16", CONFIG));
        let mut output = guitar();
        for (n, piece) in output.chunks_mut(block).enumerate() {
            if n * block >= AT
                && let Some(part) = newcomer.take()
            {
                assert!(chain.load(Loaded { slot: 0, part }).is_ok());
            }
            chain.process(&mut [piece]);
        }
        let expected = expected.get_or_insert_with(|| output.clone());
        assert!(output == *expected, "blocks of {block}");
    }
    let alone = alone(vec![
        amp("captures/wn_nano", CONFIG),
        pedal("captures/lstm_1x16", CONFIG),
    ]);
    let found = expected.unwrap();
    let error = error_db(&found[AT + 20_000..], &alone[AT + 20_000..]);
    assert!(error < -90.0, "{error:.1} dB");
}

#[test]
fn whatever_is_switched_and_loaded_nothing_is_allocated_or_lost() {
    let config = ProcessConfig {
        inputs: 2,
        outputs: 2,
        ..CONFIG
    };
    let names = ["captures/wn_nano", "captures/lstm_1x3", "captures/a2_full"];
    let response = ImpulseResponse::new(vec![samples("input_1s.f32")[..3000].to_vec()], 48_000.0);
    let response = response.unwrap();
    let mut waiting: Vec<SlotPart> = Vec::with_capacity(200);
    for name in names.into_iter().cycle().take(2 * SLOTS) {
        waiting.push(amp(name, config));
        waiting.push(pedal(name, config));
        let cab = Cab::new(Some(&response), None, config, BuildId(0)).unwrap();
        waiting.push(SlotPart::Cab(Some(Box::new(cab))));
    }
    let all = waiting.len();
    let mut chain = Chain::new(config);
    let mut random = 1u32;
    let mut next = |below: usize| {
        random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (random >> 8) as usize % below
    };
    let mut sides = [guitar(), guitar()];
    let mut held = 0;
    for turn in 0..4_000 {
        let start = turn * 17 % 40_000;
        let frames = [1, 64, 300, 17, 1000][next(5)];
        let [left, right] = &mut sides;
        let (left, right) = (
            &mut left[start..start + frames],
            &mut right[start..start + frames],
        );
        let [choice, slot, asked, offline] = [next(6), next(SLOTS), next(2), next(50)];
        let part = waiting
            .len()
            .checked_sub(1 + next(10))
            .map(|n| waiting.swap_remove(n));
        let mut settings = settings(asked);
        settings.pedal = next(9) > 0;
        reset_violation_count();
        let (refused, retired) = assert_no_alloc(|| {
            chain.set(&settings);
            chain.set_offline(offline == 0);
            // Most of them where they are heard.
            let slot = if choice > 0 { slot % 2 } else { slot };
            let refused = part.and_then(|part| chain.load(Loaded { slot, part }).err());
            chain.process(&mut [&mut *left, &mut *right]);
            if turn % 700 == 699 {
                chain.reset();
            }
            (refused, [chain.take_retired(), chain.take_retired()])
        });
        assert_eq!(violation_count(), 0, "turn {turn}");
        assert!(
            left.iter().chain(&*right).all(|s| s.is_finite()),
            "turn {turn}"
        );
        left.fill(0.1);
        right.fill(-0.1);
        waiting.extend(refused.map(|loaded| loaded.part));
        held = held.max(all - waiting.len());
        waiting.extend(retired.into_iter().flatten());
    }
    assert!(held > 2 * SLOTS, "{held}");
    waiting.extend(std::iter::from_fn(|| chain.take_retired()));
    waiting.extend(std::iter::from_fn(|| chain.take_any()).map(|loaded| loaded.part));
    waiting.extend(std::iter::from_fn(|| chain.take_retired()));
    assert_eq!(waiting.len(), all, "everything comes back");
}
