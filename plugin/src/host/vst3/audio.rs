//! What plays: the audio side of the instance, and what the host has set up for it.

use std::thread;
use std::time::Duration;

use parking_lot::{Mutex, MutexGuard};

use super::buffers::Buffers;
use crate::session::player::Player;

/// So many frames are copied at a time.
const PIECE: usize = 1024;

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
    sound: [[f32; PIECE]; 2],
}

impl Audio {
    pub(super) fn new(player: Player, layout: (usize, usize)) -> Self {
        let (rate, sound) = (48_000.0, [[0.0; PIECE]; 2]);
        Self {
            player,
            rate,
            offline: false,
            layout,
            active: false,
            sound,
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
    pub(super) fn play(&mut self, buffers: &mut Buffers, mut from: usize, to: usize) {
        let (inputs, outputs) = self.layout;
        while from < to {
            let frames = PIECE.min(to - from);
            let mut channels = self.sound.each_mut().map(|channel| &mut channel[..frames]);
            let channels = &mut channels[..outputs];
            for (at, channel) in channels.iter_mut().enumerate() {
                if at < inputs {
                    buffers.read(at, from, channel);
                } else {
                    channel.fill(0.0);
                }
            }
            self.player.process(channels);
            for (at, channel) in channels.iter().enumerate() {
                buffers.write(at, from, channel);
            }
            buffers.silence(outputs, from, frames);
            from += frames;
        }
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
