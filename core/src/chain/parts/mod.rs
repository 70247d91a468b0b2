//! What is loaded into a slot: built on another thread, played on the audio thread.

mod aligned;
mod amp;
mod cab;
mod pedal;

pub use amp::Amp;
pub use cab::Cab;
pub use pedal::Pedal;

use super::bank::Resolved;

/// What all of them can do.
pub(super) trait Part {
    /// Brings it to what is set, smoothly.
    fn update(&mut self, to: &Resolved);

    /// Is at once where it was going.
    fn finish(&mut self);

    /// The same of its size, which then has to hear all that it remembers before it is heard.
    fn jump(&mut self) {}

    /// Back to where silence leaves it.
    fn reset(&mut self);

    /// Frames that it has to hear before it plays as if it had always played.
    fn settle_frames(&self) -> usize;
}
