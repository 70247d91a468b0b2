//! The sound of a block as VST3 passes it, and the channels that need not be listened to.

use vst3::Steinberg::Vst::{AudioBusBuffers, ProcessData};

use crate::host::block::Block;

/// The sound of a block.
///
/// # Safety
/// Every pointer in it that is not null has what VST3 says behind it, while the sound is used.
pub(super) unsafe fn block(data: &ProcessData) -> Block {
    let frames = usize::try_from(data.numSamples).unwrap_or(0);
    // SAFETY: the caller vouches for it.
    unsafe {
        let input = main_bus(data.numInputs, data.inputs);
        let output = main_bus(data.numOutputs, data.outputs);
        let block = Block::new(frames, channels(&input), channels(&output));
        block.without_inputs(input.map_or(0, |bus| bus.silenceFlags))
    }
}

/// Tells the host which channels it need not listen to.
///
/// # Safety
/// As for [`block`], which was given the same.
pub(super) unsafe fn tell_silence(data: &ProcessData, block: &Block) {
    let silent = block.outputs_that_are(|sound| sound.iter().all(|&sample| sample == 0.0));
    // SAFETY: the caller vouches for it.
    if unsafe { main_bus(data.numOutputs, data.outputs) }.is_some() {
        // SAFETY: there is one, and nothing borrows it.
        unsafe { (&raw mut (*data.outputs).silenceFlags).write(silent) };
    }
}

/// The first of so many, copied: a host may pass the same for input and output.
unsafe fn main_bus(count: i32, buses: *const AudioBusBuffers) -> Option<AudioBusBuffers> {
    // SAFETY: the caller has it from the host.
    (count > 0 && !buses.is_null()).then(|| unsafe { buses.read() })
}

/// The channels of a bus that a host has passed, and how many there are.
fn channels(bus: &Option<AudioBusBuffers>) -> (*const *mut f32, usize) {
    bus.as_ref().map_or((std::ptr::null(), 0), |bus| {
        // SAFETY: both members of the union are pointers to pointers.
        let list = unsafe { bus.__field0.channelBuffers32 };
        (
            list.cast_const(),
            usize::try_from(bus.numChannels).unwrap_or(0),
        )
    })
}
