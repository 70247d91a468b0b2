//! The sound of a host's block, whatever is null, missing, too much, or shared between input and output: it
//! is copied in and out, so that nothing has to be trusted but what is there.

use std::ptr;

use crate::session::player::Player;

/// So many frames are played at once.
const FRAMES: usize = 1024;

/// The most channels of a layout.
const CHANNELS: usize = 2;

/// The most channels of a port that are looked at: as many as have a flag in either format.
const MOST: usize = 64;

/// The main port's channels in a block of the host's, null where there is none.
pub(crate) struct Block {
    frames: usize,
    inputs: [*mut f32; CHANNELS],
    outputs: [*mut f32; MOST],
    /// How many of the outputs are the host's.
    output_count: usize,
}

/// What is played of a block stands here.
pub(crate) struct Sound(Box<[[f32; FRAMES]; CHANNELS]>);

impl Sound {
    pub(crate) fn new() -> Self {
        Self(Box::new([[0.0; FRAMES]; CHANNELS]))
    }
}

impl Block {
    /// A block of so many frames, with as many channels as each list has.
    ///
    /// # Safety
    /// Either list is null or has so many pointers, each of which is null or has `frames` samples behind it
    /// as long as the block is used.
    pub(crate) unsafe fn new(
        frames: usize,
        (inputs, input_count): (*const *mut f32, usize),
        (outputs, output_count): (*const *mut f32, usize),
    ) -> Self {
        // SAFETY: the caller vouches for it.
        unsafe {
            Self {
                frames,
                inputs: channels(inputs, input_count),
                outputs: channels(outputs, output_count),
                output_count: output_count.min(MOST),
            }
        }
    }

    /// Leaves out the channels of the input that have a bit here: they are silent, and need not be written.
    pub(crate) fn without_inputs(mut self, silent: u64) -> Self {
        for (at, input) in self.inputs.iter_mut().enumerate() {
            if silent & (1 << at) != 0 {
                *input = ptr::null_mut();
            }
        }
        self
    }

    /// Plays its frames from `start` to `end`, with one or two channels each way. Channels of the output
    /// beyond those are silent.
    pub(crate) fn play(
        &self,
        player: &mut Player,
        Sound(sound): &mut Sound,
        (inputs, outputs): (usize, usize),
        (start, end): (usize, usize),
    ) {
        for at in (start..end).step_by(FRAMES) {
            let frames = FRAMES.min(end - at);
            let mut parts = sound.each_mut().map(|channel| &mut channel[..frames]);
            for (channel, part) in parts.iter_mut().enumerate() {
                let input = self.inputs[channel];
                if channel >= inputs || input.is_null() {
                    part.fill(0.0);
                } else {
                    // SAFETY: the host's channel is as long as the block, in which this is. The output may
                    // be in the same place, so there is no slice of it.
                    unsafe { ptr::copy(input.add(at), part.as_mut_ptr(), frames) };
                }
            }
            player.process(&mut parts[..inputs.max(outputs)]);
            for (part, &output) in parts[..outputs].iter().zip(&self.outputs) {
                if !output.is_null() {
                    // SAFETY: as above.
                    unsafe { ptr::copy(part.as_ptr(), output.add(at), frames) };
                }
            }
            self.silence(outputs, at, frames);
        }
    }

    /// Writes silence to all channels of the output.
    pub(crate) fn silence_all(&self) {
        self.silence(0, 0, self.frames);
    }

    fn silence(&self, first: usize, from: usize, frames: usize) {
        for output in self.outputs[first..]
            .iter()
            .filter(|output| !output.is_null())
        {
            // SAFETY: as above.
            unsafe { ptr::write_bytes(output.add(from), 0, frames) };
        }
    }

    /// A bit for each channel of the host's output of which this is true as it was written, or that is null.
    pub(crate) fn outputs_that_are(&self, so: impl Fn(&[f32]) -> bool) -> u64 {
        let mut bits = 0;
        for (at, &output) in self.outputs[..self.output_count].iter().enumerate() {
            // SAFETY: as above; nobody writes to it now.
            let sound = |output| unsafe { std::slice::from_raw_parts(output, self.frames) };
            if output.is_null() || so(sound(output)) {
                bits |= 1 << at;
            }
        }
        bits
    }
}

/// As many of a host's channels as there are and are looked at.
unsafe fn channels<const N: usize>(list: *const *mut f32, count: usize) -> [*mut f32; N] {
    let mut channels = [ptr::null_mut(); N];
    if !list.is_null() {
        for (at, channel) in channels.iter_mut().enumerate().take(count) {
            // SAFETY: the caller says how many there are.
            *channel = unsafe { list.add(at).read() };
        }
    }
    channels
}
