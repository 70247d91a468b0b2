//! What every running network can do, whatever its architecture.

use super::planes::{BLOCK, Order, Planes, Source, Target};
use std::any::Any;

/// Longest cycle that is looked for in silence, in frames. Only about half of the trained LSTMs come
/// to stand still; rounding keeps most of the others going round in a few frames for ever.
pub(crate) const LONGEST_CYCLE: usize = 64;

/// What is fixed about a network.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Shape {
    /// Input channels.
    pub(crate) inputs: usize,
    /// Output channels.
    pub(crate) outputs: usize,
    /// Frames of silence after which nothing of what was before is heard: exactly so for a
    /// feed-forward net, in effect for a recurrent one.
    pub(crate) settle_frames: usize,
    /// Whether some part never forgets entirely.
    pub(crate) is_recurrent: bool,
}

/// A network at work. All memory is taken when it is made; none of these calls allocates.
pub(crate) trait Network: Any + Send {
    fn shape(&self) -> Shape;

    /// Plays one block of up to [`BLOCK`] frames.
    ///
    /// # Safety
    /// Both blocks must be planar, have the network's channels and room for [`BLOCK`] frames, and
    /// not overlap.
    unsafe fn process(&mut self, input: Source, output: Target, frames: usize);

    /// Brings the network to where an input that never changes would bring it: that of the first
    /// frame of `input`. Leaves what it then gives in the first frame of `output`.
    ///
    /// # Safety
    /// As for [`Network::process`].
    unsafe fn settle(&mut self, input: Source, output: Target) {
        // SAFETY: the caller's promise.
        unsafe { settle_by_playing(self, input, output) };
    }

    /// Goes back to the state in which the network was made.
    fn reset(&mut self);

    /// Chooses a size, 0 (smallest) to 1 (full), where there are several.
    fn set_slim(&mut self, _value: f64) {}

    /// Is at once in the size that was chosen, which has to hear all that it remembers before it is heard.
    fn jump(&mut self) {}

    /// Whether a change of size is wanted or under way.
    fn is_changing(&self) -> bool {
        false
    }

    /// Whether `other` is of the same kind and shape, with a state that can be copied.
    fn is_alike(&self, _other: &dyn Network) -> bool {
        false
    }

    /// Takes over the state of a net made from the same capture, with the same weights. Only for
    /// one that [is alike](Network::is_alike).
    fn copy_state(&mut self, _from: &dyn Network) {}

    /// Whether this net and one made from the same capture will answer every input alike from here
    /// on. Only recurrent nets look: of the others their past input tells it.
    fn same_state(&self, _other: &dyn Network) -> bool {
        false
    }

    /// Frames after which a recurrent net, in the silence that it hears, is always back in the state
    /// that it is in now: 1 if nothing changes any more. None as long as that is not known.
    fn period(&self) -> Option<usize> {
        None
    }
}

/// A network as what it is, if it is that.
pub(crate) fn as_kind<N: Network>(net: &dyn Network) -> Option<&N> {
    (net as &dyn Any).downcast_ref()
}

/// [`Network::settle`] for networks whose steady state cannot be computed.
///
/// # Safety
/// As for [`Network::process`].
pub(crate) unsafe fn settle_by_playing<N: Network + ?Sized>(
    net: &mut N,
    input: Source,
    output: Target,
) {
    let shape = net.shape();
    let mut held = Planes::new(shape.inputs);
    for channel in 0..shape.inputs {
        // SAFETY: `input` has the network's channels.
        let value = unsafe { *input.at(channel, 0) };
        held.channel_mut(channel).fill(value);
    }
    let mut result = Planes::new(shape.outputs);
    let (source, target) = (
        held.target(Order::Planar).as_source(),
        result.target(Order::Planar),
    );
    let mut left = shape.settle_frames;
    let mut last = 0;
    while left > 0 {
        let frames = left.min(BLOCK);
        // SAFETY: both were made for the network's channels.
        unsafe { net.process(source, target, frames) };
        left -= frames;
        last = frames - 1;
    }
    for channel in 0..shape.outputs {
        // SAFETY: `output` has the network's channels.
        unsafe { *output.at(channel, 0) = result.channel(channel)[last] };
    }
}
