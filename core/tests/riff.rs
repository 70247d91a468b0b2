//! What was played last, looped: in a whole chain, and with other threads that look for it meanwhile.

mod common;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use assert_no_alloc::{AllocDisabler, assert_no_alloc, reset_violation_count, violation_count};
use common::one_slot::OneSlot;
use common::{CONFIG, capture};
use gridleak_core::{ProcessConfig, RecentInput, Source};

#[global_allocator]
static ALLOCATOR: AllocDisabler = AllocDisabler;

/// Half a second of silence, two and a half of notes, each a quarter of a second, and one of silence.
fn riff() -> Vec<f32> {
    let note = |n: usize| {
        let t = n as f32 / 48_000.0;
        0.5 * (-8.0 * t).exp() * (std::f32::consts::TAU * 330.0 * t).sin()
    };
    let notes = (0..120_000).map(|n| note(n % 12_000));
    let silence = [0.0; 48_000];
    silence[..24_000]
        .iter()
        .copied()
        .chain(notes)
        .chain(silence)
        .collect()
}

fn chain(config: ProcessConfig) -> (OneSlot, Arc<RecentInput>) {
    let mut chain = OneSlot::of(&capture("captures/linear_8192"), config);
    let recent = Arc::new(RecentInput::new(config.rate, config.inputs));
    let before = chain.chain.set_recent_input(Some(recent.clone()));
    assert!(before.is_none());
    (chain, recent)
}

/// Plays in blocks of 480 frames, without the allocator.
fn play(chain: &mut OneSlot, channels: &mut [Vec<f32>]) {
    for start in (0..channels[0].len()).step_by(480) {
        let mut block: Vec<&mut [f32]> = channels
            .iter_mut()
            .map(|channel| &mut channel[start..][..480])
            .collect();
        reset_violation_count();
        assert_no_alloc(|| chain.process(&mut block));
        assert_eq!(violation_count(), 0, "at {start}");
    }
}

fn most(samples: &[f32]) -> f32 {
    samples
        .iter()
        .fold(0.0, |most, sample| most.max(sample.abs()))
}

#[test]
fn the_amp_hears_the_loop_as_it_heard_the_guitar() {
    let (mut chain, recent) = chain(CONFIG);
    let mut first = [riff()];
    play(&mut chain, &mut first);
    chain.set(|settings| settings.riff.on = true);
    assert!(recent.wants_riff());
    let frames = (recent.loop_riff(8.0).unwrap() * 48_000.0).round() as usize;
    assert!(!recent.wants_riff());
    let mut looped = [vec![0.0; 480_000]];
    play(&mut chain, &mut looped);
    let [first, looped] = [first, looped].map(|[mono]| mono);
    let begins = |heard: &[f32]| heard.iter().position(|s| s.abs() > 0.1 * most(&first));
    let (in_first, in_loop) = (begins(&first).unwrap(), begins(&looped).unwrap());
    assert!(in_loop < 2000, "{in_loop}");
    // The amp remembers 8192 frames, before which it heard silence once and the end of the loop now.
    let second = &looped[in_loop + frames..];
    for (n, (again, once)) in second[8192..90_000]
        .iter()
        .zip(&first[in_first + 8192..])
        .enumerate()
    {
        assert!(
            (again - once).abs() < 0.02 * most(&first),
            "{n}: {again} {once}"
        );
    }
    for (n, (sample, later)) in second.iter().zip(&second[frames..]).enumerate() {
        assert!((sample - later).abs() < 1e-4 * most(&first), "{n}");
    }
}

#[test]
fn what_is_kept_is_what_the_source_selector_gives() {
    let stereo = ProcessConfig {
        inputs: 2,
        outputs: 2,
        ..CONFIG
    };
    let (mut chain, recent) = chain(stereo);
    chain.set_source(Source::Right);
    chain.set_input_gain(20.0);
    chain.reset();
    play(&mut chain, &mut [vec![0.25; 4800], riff()[..4800].to_vec()]);
    let played = recent.read(1.0);
    assert!(
        played
            .channels
            .iter()
            .all(|side| side[..] == riff()[..4800])
    );
    // Another chain, for another rate or other channels, does not take it.
    let other = Some(Arc::new(RecentInput::new(48_000.0, 1)));
    let back = chain.chain.set_recent_input(other);
    assert!(back.is_some_and(|back| !Arc::ptr_eq(&back, &recent)));
    let back = chain.chain.set_recent_input(None);
    assert!(back.is_some_and(|back| Arc::ptr_eq(&back, &recent)));
}

#[test]
fn others_look_for_the_riff_while_the_audio_thread_plays() {
    let (mut chain, recent) = chain(CONFIG);
    let ended = Arc::new(AtomicBool::new(false));
    let (looking, looked) = (recent.clone(), ended.clone());
    let other = std::thread::spawn(move || {
        let mut found = 0;
        while !looked.load(Ordering::Relaxed) || found == 0 {
            found += usize::from(looking.loop_riff(4.0).is_some());
        }
    });
    for round in 0..6 {
        chain.set(|settings| settings.riff.on = round % 2 == 1);
        let mut guitar = [riff()];
        play(&mut chain, &mut guitar);
        assert!(guitar[0].iter().all(|sample| sample.is_finite()));
    }
    chain.set(|settings| settings.riff.on = false);
    play(&mut chain, &mut [riff()]);
    ended.store(true, Ordering::Relaxed);
    other.join().unwrap();
}
