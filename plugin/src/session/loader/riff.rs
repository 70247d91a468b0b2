//! What was played last: kept as soon as somebody may ask for it, and looked through for a riff.

use std::sync::Arc;

use gridleak_core::{ProcessConfig, RecentInput};

use super::Loader;
use super::orders::Audio;
use super::worker::Worker;

/// What the loader knows of what was played last.
#[derive(Default)]
pub(super) struct Recent {
    /// Where the audio thread keeps it.
    input: Option<Arc<RecentInput>>,
    /// How many seconds were last asked for, and how many were found.
    looked: Option<(f32, Option<f64>)>,
}

/// What there is to show of what was played last.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(crate) struct RiffStatus {
    /// So many seconds of it are kept.
    pub(crate) kept: f32,
    pub(crate) looped: Looped,
}

/// Whether what was played last is looped.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(crate) enum Looped {
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
        let recent = self.recent.lock();
        let looked = recent.looked.filter(|_| self.rig.settings().riff.on);
        RiffStatus {
            kept: recent.input.as_ref().map_or(0.0, |input| input.seconds()) as f32,
            looped: match looked {
                None => Looped::Off,
                Some((_, None)) => Looped::Nothing,
                Some((_, Some(seconds))) => Looped::Plays(seconds as f32),
            },
        }
    }

    /// What keeps the guitar, if there is any.
    pub(crate) fn recent_input(&self) -> Option<Arc<RecentInput>> {
        self.recent.lock().input.clone()
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
        *self.recent.lock() = Recent {
            input: Some(recent.clone()),
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
        let looked = loader.recent.lock().looked;
        let is_known = looked.is_some_and(|(seconds, _)| seconds == asked.seconds);
        if !asked.on || is_known && !recent.wants_riff() {
            return;
        }
        let found = recent.loop_riff(asked.seconds.into());
        loader.recent.lock().looked = Some((asked.seconds, found));
        loader.repaint.request();
    }
}
