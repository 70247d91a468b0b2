//! The host's buffers of a block. Whatever is null, missing, too much, or shared between input and
//! output: sound is copied in and out, so that nothing has to be trusted but what is there.

use std::ptr;

use vst3::Steinberg::Vst::{AudioBusBuffers, ProcessData};

/// The most channels of a bus that are looked at: as many as have a flag for silence.
const MOST: usize = 64;

/// Where sound comes from and goes to, null where there is nothing.
pub(super) struct Buffers {
    input: [*mut f32; MOST],
    output: [*mut f32; MOST],
    /// A bit for each channel of the output that has had nothing but zeros so far.
    silent: u64,
}

impl Buffers {
    /// Those of a block.
    ///
    /// # Safety
    /// Every pointer in it that is not null has what VST3 says behind it, while this lives.
    pub(super) unsafe fn new(data: &ProcessData) -> Self {
        // SAFETY: the caller vouches for it.
        let (input, output) = unsafe {
            (
                main_bus(data.numInputs, data.inputs),
                main_bus(data.numOutputs, data.outputs),
            )
        };
        let mut buffers = Self {
            input: channels(input),
            output: channels(output),
            silent: u64::MAX,
        };
        // What is told to be silent need not have been written.
        let silent = input.map_or(0, |bus| bus.silenceFlags);
        for (at, channel) in buffers.input.iter_mut().enumerate() {
            if silent & (1 << at) != 0 {
                *channel = ptr::null_mut();
            }
        }
        buffers
    }

    /// Reads a channel of the input from a frame on; without one, silence.
    pub(super) fn read(&self, channel: usize, from: usize, place: &mut [f32]) {
        let input = self.input[channel];
        if input.is_null() {
            place.fill(0.0);
        } else {
            // SAFETY: the host's channel is as long as the block, in which this is. The output may be
            // in the same place, so there is no slice of it.
            unsafe { ptr::copy(input.add(from), place.as_mut_ptr(), place.len()) };
        }
    }

    /// Writes a channel of the output from a frame on, where the host has one.
    pub(super) fn write(&mut self, channel: usize, from: usize, sound: &[f32]) {
        if sound.iter().any(|&sample| sample != 0.0) {
            self.silent &= !(1 << channel);
        }
        let output = self.output[channel];
        if !output.is_null() {
            // SAFETY: as above.
            unsafe { ptr::copy(sound.as_ptr(), output.add(from), sound.len()) };
        }
    }

    /// Writes silence to a channel of the output and those that follow it.
    pub(super) fn silence(&mut self, first: usize, from: usize, frames: usize) {
        for output in self.output[first..]
            .iter()
            .filter(|output| !output.is_null())
        {
            // SAFETY: as above.
            unsafe { ptr::write_bytes(output.add(from), 0, frames) };
        }
    }

    /// Tells the host which channels it need not listen to.
    pub(super) fn tell_silence(&self, data: &ProcessData) {
        // SAFETY: as for `new`, which was given the same.
        if let Some(bus) = unsafe { main_bus(data.numOutputs, data.outputs) } {
            let beyond = u64::MAX.checked_shl(bus.numChannels.max(0) as u32);
            let silent = self.silent & !beyond.unwrap_or(0);
            // SAFETY: there is one, and nothing borrows it.
            unsafe { (&raw mut (*data.outputs).silenceFlags).write(silent) };
        }
    }
}

/// The first of so many, copied: a host may pass the same for input and output.
unsafe fn main_bus(count: i32, buses: *const AudioBusBuffers) -> Option<AudioBusBuffers> {
    // SAFETY: the caller has it from the host.
    (count > 0 && !buses.is_null()).then(|| unsafe { buses.read() })
}

/// The channels of a bus that a host has passed.
fn channels(bus: Option<AudioBusBuffers>) -> [*mut f32; MOST] {
    let mut channels = [ptr::null_mut(); MOST];
    let Some(bus) = bus else {
        return channels;
    };
    // SAFETY: both members of the union are pointers to pointers.
    let there = unsafe { bus.__field0.channelBuffers32 };
    if !there.is_null() {
        let count = usize::try_from(bus.numChannels).unwrap_or(0).min(MOST);
        for (at, channel) in channels.iter_mut().take(count).enumerate() {
            // SAFETY: a bus has as many as it says.
            *channel = unsafe { there.add(at).read() };
        }
    }
    channels
}
