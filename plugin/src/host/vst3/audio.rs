//! What plays: the audio side of the instance, and what the host has set up for it.

use std::thread;
use std::time::Duration;

use parking_lot::{Mutex, MutexGuard};

use crate::host::block::{Block, Sound};
use crate::session::player::Player;

/// The player and its settings. The audio thread only ever tries to lock it.
pub(super) struct Audio {
    pub(super) player: Player,
    /// In Hz, from the host's newest setup.
    pub(super) rate: f64,
    /// Whether that setup says that nobody listens.
    pub(super) offline: bool,
    /// Inputs and outputs.
    pub(super) layout: (usize, usize),
    pub(super) active: bool,
    sound: Sound,
}

impl Audio {
    pub(super) fn new(player: Player, layout: (usize, usize)) -> Self {
        Self {
            player,
            rate: 48_000.0,
            offline: false,
            layout,
            active: false,
            sound: Sound::new(),
        }
    }

    /// Gets ready to play what is set up.
    pub(super) fn start(&mut self) {
        let (inputs, outputs) = self.layout;
        self.player
            .activate(self.rate, inputs, outputs, self.offline);
        self.active = true;
    }

    pub(super) fn stop(&mut self) {
        if std::mem::take(&mut self.active) {
            self.player.deactivate();
        }
    }

    /// Plays the frames of a block in between which nothing changes.
    pub(super) fn play(&mut self, block: &Block, from: usize, to: usize) {
        block.play(&mut self.player, &mut self.sound, self.layout, (from, to));
    }
}

/// Locks it where waiting is allowed. A parked thread would have to be woken by the audio thread, so
/// this looks again and again; meanwhile that plays silence rather than wait.
pub(super) fn lock(audio: &Mutex<Audio>) -> MutexGuard<'_, Audio> {
    loop {
        match audio.try_lock() {
            Some(audio) => return audio,
            None => thread::sleep(Duration::from_millis(1)),
        }
    }
}
