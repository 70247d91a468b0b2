//! What the sound passes on its way through a chain, one stage after the other.

use crate::engine::BLOCK;
use crate::rig::Settings;

/// Up to [`BLOCK`] frames of two channels.
pub(super) type Sides = [[f32; BLOCK]; 2];

pub(super) const SILENCE: Sides = [[0.0; BLOCK]; 2];

/// One stage of a chain.
///
/// Made by whoever may allocate; after that, no call allocates, frees, waits or panics.
pub(super) trait Stage {
    /// Brings the stage to what `settings` say, without a click.
    fn update(&mut self, _settings: &Settings) {}

    /// Is at once where it was going.
    fn finish(&mut self) {}

    /// Forgets the sound that came in.
    fn reset(&mut self) {}

    /// Plays a block in place.
    fn play(&mut self, block: &mut Block);

    /// Frames for which it sounds on after its input, at most.
    fn tail(&self) -> usize {
        0
    }
}

/// A block of sound on its way through a chain.
pub(super) struct Block {
    /// Frames of it, at most [`BLOCK`].
    pub(super) frames: usize,
    /// Whether nothing was heard before it, so that all of it can be as it is to be at once.
    pub(super) at_once: bool,
    /// Channels that it has, 1 or 2. Of others the content does not matter.
    pub(super) channels: usize,
    /// As it came in.
    pub(super) input: Sides,
    /// What the guitar plays: behind the source selector, before any gain.
    pub(super) guitar: Sides,
    /// What the gate goes by: behind the input gain. The gate brings it to the level that the capture
    /// is driven at.
    pub(super) key: Sides,
    /// How much louder than the key the capture hears the guitar, in dB.
    pub(super) drive_db: f32,
    /// What becomes of it.
    pub(super) sound: Sides,
}

impl Block {
    pub(super) fn new(channels: usize, frames: usize, at_once: bool) -> Self {
        Block {
            frames,
            at_once,
            channels,
            input: SILENCE,
            guitar: SILENCE,
            key: SILENCE,
            drive_db: 0.0,
            sound: SILENCE,
        }
    }

    /// Hands the sound over as slices of its frames, one for each channel.
    pub(super) fn sound(&mut self, act: impl FnOnce(&mut [&mut [f32]])) {
        on(&mut self.sound, self.channels, self.frames, act);
    }

    /// The same for the key.
    pub(super) fn key(&mut self, act: impl FnOnce(&mut [&mut [f32]])) {
        on(&mut self.key, self.channels, self.frames, act);
    }
}

/// Hands `sides` over as slices of so many frames, one for each channel.
pub(super) fn on(
    sides: &mut Sides,
    channels: usize,
    frames: usize,
    act: impl FnOnce(&mut [&mut [f32]]),
) {
    let [left, right] = sides;
    let mut both = [&mut left[..frames], &mut right[..frames]];
    act(&mut both[..channels]);
}
