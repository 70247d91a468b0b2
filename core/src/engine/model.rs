//! A capture at work, as a host holds it.

use super::network::{Network, Shape};
use super::planes::{BLOCK, Order, Planes, Source, Target};
use crate::format::Document;
use crate::simd::{FlushDenormals, SimdLevel};

/// An instance of a capture: its own state, its own memory, ready to play.
///
/// Making one ([`crate::Capture::build`]) and [`Model::prewarm`] take time and memory and belong on
/// another thread. [`Model::process`], [`Model::reset`] and [`Model::set_slim`] neither allocate nor
/// free nor wait, and never panic on what the input holds.
pub struct Model {
    net: Box<dyn Network>,
    shape: Shape,
    level: SimdLevel,
    input: Planes,
    output: Planes,
    /// What each input last heard.
    held: Vec<f32>,
}

impl Model {
    pub(crate) fn new(document: &Document, level: SimdLevel) -> Self {
        let level = level.min(SimdLevel::detect());
        Self::of(document.build(None, level), level)
    }

    fn of(net: Box<dyn Network>, level: SimdLevel) -> Self {
        let shape = net.shape();
        Model {
            input: Planes::new(shape.inputs),
            output: Planes::new(shape.outputs),
            held: vec![0.0; shape.inputs],
            level,
            net,
            shape,
        }
    }

    /// Input channels.
    pub fn in_channels(&self) -> usize {
        self.shape.inputs
    }

    /// Output channels.
    pub fn out_channels(&self) -> usize {
        self.shape.outputs
    }

    /// The instruction set that it plays with.
    pub fn level(&self) -> SimdLevel {
        self.level
    }

    /// Frames of silence, at the [rate that it plays at](crate::Capture::sample_rate), after which
    /// nothing of what was played before is heard any more (for a recurrent capture: half a second,
    /// after which it is as good as settled).
    pub fn settle_frames(&self) -> usize {
        self.shape.settle_frames
    }

    /// Brings the capture to where silence leaves it, as the trainer and the reference engine do
    /// before they play: of a feed-forward net the steady state, which is computed; of a recurrent
    /// one what half a second of silence makes of the state it is in. Not for the audio thread.
    pub fn prewarm(&mut self) {
        self.prewarm_at(&[]);
    }

    /// As [`Model::prewarm`], but to where inputs that stay at `silence` leave it; those beyond hear 0.
    /// For captures with knobs, see [`crate::Capture::silence`].
    pub fn prewarm_at(&mut self, silence: &[f32]) {
        let _flush = FlushDenormals::new();
        for (channel, held) in self.held.iter_mut().enumerate() {
            *held = silence.get(channel).copied().unwrap_or(0.0);
        }
        let (input, output) = self.hold();
        // SAFETY: both were made for the network's channels.
        unsafe { self.net.settle(input, output) };
    }

    /// A block in which every input stays as it last was, and one for what becomes of it.
    fn hold(&mut self) -> (Source, Target) {
        for (channel, &held) in self.held.iter().enumerate() {
            self.input.channel_mut(channel).fill(held);
        }
        let input = self.input.target(Order::Planar).as_source();
        (input, self.output.target(Order::Planar))
    }

    /// Back to the state that the file gives, as if just built: not prewarmed.
    pub fn reset(&mut self) {
        self.net.reset();
    }

    /// Chooses the size of a capture that has several, from 0 (smallest) to 1 (full, as it starts).
    /// Others ignore it, and so do sizes within a size.
    ///
    /// The new size first hears what it missed, at several times the usual work for up to half a
    /// second, and is then faded in.
    pub fn set_slim(&mut self, value: f64) {
        self.net.set_slim(value);
    }

    /// Is at once in the size that was chosen, which has to hear all that it remembers before it is heard.
    pub(crate) fn jump(&mut self) {
        self.net.jump();
    }

    /// Whether a change of size is wanted or under way.
    pub(crate) fn is_changing(&self) -> bool {
        self.net.is_changing()
    }

    /// Whether some part never forgets entirely, as an LSTM does not.
    pub fn is_recurrent(&self) -> bool {
        self.shape.is_recurrent
    }

    /// Makes this instance's state that of `from`, a slim value included: from here on both give
    /// the same for the same input, to the bit. For the audio thread: it neither allocates nor waits.
    ///
    /// Both must be instances of the same capture, for only their shapes are compared, not their
    /// weights. Returns false, and changes nothing, if the shapes or the instruction sets differ, or
    /// if the capture contains a Linear model of more than 512 taps, whose state cannot be reached.
    pub fn copy_state(&mut self, from: &Model) -> bool {
        let alike = self.level == from.level && self.net.is_alike(from.net.as_ref());
        if alike {
            self.held.copy_from_slice(&from.held);
            self.net.copy_state(from.net.as_ref());
        }
        alike
    }

    /// Whether this instance and another one of the same capture have come to the same state, so
    /// that from here on both give the same for the same input, whatever they heard before. Also
    /// false where that is not known: only LSTMs look, at the top of a file or as the size of one
    /// that plays (then everything that another size would have to catch up on must be the same
    /// too). Feed-forward captures are in the same state after [`Model::settle_frames`] frames of the same
    /// input, unless a change of size is under way.
    pub fn same_state(&self, other: &Model) -> bool {
        self.level == other.level && self.net.same_state(other.net.as_ref())
    }

    /// Whether silence, or whatever else stays as it is, has brought a recurrent capture to stand still:
    /// it leaves the whole state as it is, to the bit, and the output with it. Also false where that is not known: only LSTMs
    /// look, at the top of a file or as the size of one that plays, and every 1024 frames; and of an
    /// oversampled capture, whose states take turns, it is never known.
    pub fn is_settled(&self) -> bool {
        self.net.period() == Some(1)
    }

    /// Frames, at most [`super::LONGEST_CYCLE`], after which a recurrent capture comes back to the
    /// same state and output while what it hears stays as it is, again and again: 1 if it
    /// [stands still](Model::is_settled). None where that is not known.
    pub(crate) fn period(&self) -> Option<usize> {
        self.net.period()
    }

    /// Plays up to [`BLOCK`] frames more of what it last heard, silence and knobs that stand still,
    /// that nobody listens to.
    pub(crate) fn play_on(&mut self, frames: usize) {
        let _flush = FlushDenormals::new();
        let (input, output) = self.hold();
        // SAFETY: both were made for the network's channels and have room for `BLOCK` frames.
        unsafe { self.net.process(input, output, frames.min(BLOCK)) };
    }

    /// Plays any number of frames, 0 included, which may differ at every call without changing the
    /// sound: the samples of one channel a slice, as many slices as there are channels.
    ///
    /// If lengths or channels do not match, what is there is played and the rest is silence.
    /// Denormal numbers count as zero meanwhile; the thread's setting is restored.
    pub fn process(&mut self, input: &[&[f32]], output: &mut [&mut [f32]]) {
        let _flush = FlushDenormals::new();
        let length = output
            .iter()
            .map(|channel| channel.len())
            .max()
            .unwrap_or(0);
        for start in (0..length).step_by(BLOCK) {
            let frames = (length - start).min(BLOCK);
            for channel in 0..self.shape.inputs {
                let plane = &mut self.input.channel_mut(channel)[..frames];
                let source = input.get(channel).and_then(|samples| samples.get(start..));
                let there = source.map_or(&[][..], |samples| &samples[..samples.len().min(frames)]);
                plane[..there.len()].copy_from_slice(there);
                plane[there.len()..].fill(0.0);
                self.held[channel] = plane[frames - 1];
            }
            let source = self.input.target(Order::Planar).as_source();
            let target = self.output.target(Order::Planar);
            // SAFETY: both were made for the network's channels; a piece has at most `BLOCK` frames.
            unsafe { self.net.process(source, target, frames) };
            for (channel, samples) in output.iter_mut().enumerate() {
                let Some(target) = samples.get_mut(start..) else {
                    continue;
                };
                let count = target.len().min(frames);
                if channel < self.shape.outputs {
                    target[..count].copy_from_slice(&self.output.channel(channel)[..count]);
                } else {
                    target[..count].fill(0.0);
                }
            }
        }
    }

    /// As [`Model::process`], for a capture with one input and one output.
    pub fn process_mono(&mut self, input: &[f32], output: &mut [f32]) {
        self.process(&[input], &mut [output]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use assert_no_alloc::{AllocDisabler, assert_no_alloc, reset_violation_count, violation_count};

    /// Counts what happens inside `assert_no_alloc` in the unit tests.
    #[global_allocator]
    static ALLOCATOR: AllocDisabler = AllocDisabler;

    /// A network that makes a temporary for each block, as the reference engine's LSTM did for each
    /// sample, if it is told to.
    struct Careless {
        allocates: bool,
    }

    impl Network for Careless {
        fn shape(&self) -> Shape {
            Shape {
                inputs: 1,
                outputs: 1,
                settle_frames: 0,
                is_recurrent: false,
            }
        }

        unsafe fn process(&mut self, _input: Source, _output: Target, frames: usize) {
            if self.allocates {
                drop(std::hint::black_box(vec![0.0f32; frames]));
            }
        }

        fn reset(&mut self) {}
    }

    /// The test of the tests in `tests/realtime.rs`: what they look for in `process` is found there.
    #[test]
    fn an_allocation_in_process_is_caught() {
        let violations = |allocates: bool| {
            let mut model = Model::of(Box::new(Careless { allocates }), SimdLevel::detect());
            let (input, mut output) = ([0.1; 3 * BLOCK], [0.0; 3 * BLOCK]);
            reset_violation_count();
            assert_no_alloc(|| model.process_mono(&input, &mut output));
            violation_count()
        };
        assert_eq!(violations(false), 0);
        assert_eq!(
            violations(true),
            6,
            "an allocation and a free in each of three blocks"
        );
    }
}
