//! What was played last: kept and looped, through a player.

use super::*;
use crate::session::instance::Instance;
use crate::session::loader::riff::Looped;
use crate::session::player::Player;

pub(super) const RATE: f64 = 48_000.0;

/// Half a second of silence, two and a half of notes, and one of silence.
fn guitar() -> Vec<f32> {
    let note = |n: usize| {
        let t = n as f32 / RATE as f32;
        0.5 * (-8.0 * t).exp() * (std::f32::consts::TAU * 330.0 * t).sin()
    };
    let silence = [0.0; 48_000];
    let notes = (0..120_000).map(|n| note(n % 12_000));
    silence[..24_000]
        .iter()
        .copied()
        .chain(notes)
        .chain(silence)
        .collect()
}

pub(super) fn play(player: &mut Player, samples: &mut [f32]) {
    for block in samples.chunks_mut(512) {
        player.begin_block(block.len());
        player.process(&mut [block]);
        player.end_block();
    }
}

/// Plays silence until it is so.
pub(super) fn play_until(player: &mut Player, what: &str, is_so: impl Fn(&mut [f32]) -> bool) {
    let started = Instant::now();
    let mut block = [0.0; 480];
    while !is_so(&mut block) {
        assert!(started.elapsed() < Duration::from_secs(60), "{what}");
        block.fill(0.0);
        play(player, &mut block);
    }
}

pub(super) fn active() -> (Arc<Instance>, Player) {
    let (instance, mut player) = Instance::new();
    player.activate(RATE, 1, 1, false);
    (instance, player)
}

#[test]
fn the_guitar_is_kept_from_the_first_window_on_and_a_riff_of_it_is_looped() {
    let (instance, mut player) = active();
    let loader = &instance.loader;
    assert!(loader.recent_input().is_none());
    instance.repaint.set_open(true);
    play_until(&mut player, "kept", |_| loader.riff().kept > 0.0);
    instance.set(ParameterId::LoopRiff, 1.0);
    play_until(&mut player, "nothing", |_| {
        loader.riff().looped == Looped::Nothing
    });
    instance.set(ParameterId::LoopRiff, 0.0);
    assert_eq!(loader.riff().looped, Looped::Off);
    play(&mut player, &mut guitar());
    assert!(instance.tail() < 1_000_000);
    instance.set(ParameterId::LoopRiff, 1.0);
    let plays = || match loader.riff().looped {
        Looped::Plays(seconds) => Some(seconds),
        _ => None,
    };
    play_until(&mut player, "looped", |_| plays().is_some());
    let seconds = plays().unwrap();
    assert!((2.0..3.0).contains(&seconds), "{seconds}");
    play_until(&mut player, "heard", |heard| {
        heard.iter().any(|s| s.abs() > 0.05)
    });
    assert_eq!(instance.tail(), u32::MAX);
    // The host starts its audio anew: the loop goes on. At another rate nothing was played yet.
    player.deactivate();
    player.activate(RATE, 1, 1, false);
    play_until(&mut player, "heard again", |heard| {
        heard.iter().any(|s| s.abs() > 0.05)
    });
    assert_eq!(plays(), Some(seconds));
    player.activate(44_100.0, 1, 1, false);
    play_until(&mut player, "forgotten", |_| {
        loader.riff().looped == Looped::Nothing
    });
    assert!(
        loader
            .recent_input()
            .is_some_and(|recent| recent.fits(44_100.0, 1))
    );
}

#[test]
fn rendering_neither_keeps_the_guitar_nor_loops_it() {
    let (instance, mut player) = Instance::new();
    instance.set(ParameterId::LoopRiff, 1.0);
    player.activate(RATE, 1, 1, true);
    player.set_offline(true);
    play(&mut player, &mut guitar());
    assert!(instance.loader.recent_input().is_none());
    player.deactivate();
    player.activate(RATE, 1, 1, false);
    player.set_offline(false);
    play_until(&mut player, "kept", |_| {
        instance.loader.recent_input().is_some()
    });
}
