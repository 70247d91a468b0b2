//! What was played last: kept as soon as somebody may ask for it, and looked through for a riff.

use std::sync::Arc;

use gridleak_core::{ProcessConfig, RecentInput};

use super::Loader;
use super::orders::Audio;
use super::worker::Worker;

/// What the loader knows of what was played last.
#[derive(Default)]
pub(super) struct Riff {
    /// Where the audio thread keeps it.
    recent: Option<Arc<RecentInput>>,
    /// How many seconds were last asked for, and how many were found.
    looked: Option<(f32, Option<f64>)>,
}

/// What there is to show of what was played last.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(crate) struct RiffStatus {
    /// So many seconds of it are kept.
    pub(crate) kept: f32,
    pub(crate) looped: RiffLoop,
}

/// Whether what was played last is looped.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(crate) enum RiffLoop {
    /// It is not asked for, or is about to be.
    #[default]
    Off,
    /// It is asked for, but nothing was played that could be.
    Nothing,
    /// A riff of so many seconds plays instead of the guitar.
    Plays(f32),
}

impl Loader {
    /// What there is to show of what was played last.
    pub(crate) fn riff(&self) -> RiffStatus {
        let riff = self.riff.lock();
        let looked = riff.looked.filter(|_| self.rig.settings().riff.on);
        RiffStatus {
            kept: riff.recent.as_ref().map_or(0.0, |recent| recent.seconds()) as f32,
            looped: match looked {
                None => RiffLoop::Off,
                Some((_, None)) => RiffLoop::Nothing,
                Some((_, Some(seconds))) => RiffLoop::Plays(seconds as f32),
            },
        }
    }

    /// What keeps the guitar, if there is any.
    pub(crate) fn recent_input(&self) -> Option<Arc<RecentInput>> {
        self.riff.lock().recent.clone()
    }

    /// The same, made for this config and sent to the audio thread if it was made for another one or is
    /// `wanted` for the first time.
    fn recent_input_for(&self, config: ProcessConfig, wanted: bool) -> Option<Arc<RecentInput>> {
        let (rate, channels) = (config.rate, config.inputs);
        let known = self.recent_input();
        if known.is_none() && !wanted || known.as_ref().is_some_and(|k| k.fits(rate, channels)) {
            return known;
        }
        let recent = Arc::new(RecentInput::new(rate, channels));
        if !self.end.lock().send_recent(recent.clone()) {
            return None;
        }
        *self.riff.lock() = Riff {
            recent: Some(recent.clone()),
            looked: None,
        };
        Some(recent)
    }
}

impl Worker<'_> {
    /// Has the guitar kept from the first window on, and looks for the riff when one is asked for.
    pub(super) fn follow_riff(&self, audio: Audio) {
        let loader = self.loader;
        let asked = loader.rig.settings().riff;
        let wanted = asked.on || loader.repaint.is_open();
        if audio.offline {
            return;
        }
        let Some(recent) = loader.recent_input_for(audio.config, wanted) else {
            return;
        };
        let looked = loader.riff.lock().looked;
        let is_known = looked.is_some_and(|(seconds, _)| seconds == asked.seconds);
        if !asked.on || is_known && !recent.wants_riff() {
            return;
        }
        let found = recent.loop_riff(asked.seconds.into());
        loader.riff.lock().looked = Some((asked.seconds, found));
        loader.repaint.request();
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant as Now};

    use gridleak_core::ParameterId;

    use super::*;
    use crate::session::instance::Instance;
    use crate::session::player::Player;

    const RATE: f64 = 48_000.0;

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

    fn play(player: &mut Player, samples: &mut [f32]) {
        for block in samples.chunks_mut(512) {
            player.begin_block(block.len());
            player.process(&mut [block]);
            player.end_block();
        }
    }

    /// Plays silence until it is so.
    fn play_until(player: &mut Player, what: &str, is_so: impl Fn(&mut [f32]) -> bool) {
        let started = Now::now();
        let mut block = [0.0; 480];
        while !is_so(&mut block) {
            assert!(started.elapsed() < Duration::from_secs(60), "{what}");
            block.fill(0.0);
            play(player, &mut block);
        }
    }

    fn active() -> (Arc<Instance>, Player) {
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
            loader.riff().looped == RiffLoop::Nothing
        });
        instance.set(ParameterId::LoopRiff, 0.0);
        assert_eq!(loader.riff().looped, RiffLoop::Off);
        play(&mut player, &mut guitar());
        assert!(instance.tail() < 1_000_000);
        instance.set(ParameterId::LoopRiff, 1.0);
        let plays = || match loader.riff().looped {
            RiffLoop::Plays(seconds) => Some(seconds),
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
            loader.riff().looped == RiffLoop::Nothing
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
}
