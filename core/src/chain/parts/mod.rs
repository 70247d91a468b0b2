//! What is loaded into a slot: built on another thread, played on the audio thread.

mod aligned;
mod amp;
mod cab;
mod pedal;

pub use amp::Amp;
pub use cab::Cab;
pub use pedal::Pedal;

use super::config::LevelMatch;
use crate::rig::Settings;

/// What all of them can do.
pub(super) trait Part {
    /// Brings it to what `settings` say, smoothly; an amp as loud as `like` while levels are matched.
    fn update(&mut self, settings: &Settings, like: Option<&LevelMatch>);

    /// Is at once where it was going.
    fn finish(&mut self);

    /// Back to where silence leaves it.
    fn reset(&mut self);

    /// Frames that it has to hear before it plays as if it had always played.
    fn settle_frames(&self) -> usize;
}
