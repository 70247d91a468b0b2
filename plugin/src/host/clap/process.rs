//! The audio thread's part.

use std::ptr;
use std::sync::atomic::Ordering::Relaxed;

use clack_extensions::latency::HostLatency;
use clack_extensions::tail::HostTail;
use clack_plugin::prelude::*;
use clack_plugin::process::ConstantMask;
use clap_sys::audio_buffer::clap_audio_buffer;

use crate::host::clap::events::{EditsOut, Incoming};
use crate::host::clap::{Main, Shared};
use crate::host::description::LAYOUTS;
use crate::session::player::Player;

/// The most channels of a layout.
const CHANNELS: usize = 2;

/// The most frames that are played at once.
const FRAMES: usize = 1024;

/// The highest rate at which anybody plays: what is beyond it is a mistake of the host's.
const HIGHEST_RATE: f64 = 10_000_000.0;

/// What plays while the host has the plugin active.
pub(crate) struct Processor<'a> {
    pub(super) shared: &'a Shared,
    pub(super) edits: EditsOut,
    host: HostAudioProcessorHandle<'a>,
    host_tail: Option<HostTail>,
    /// The tail that the host knows of.
    tail: u32,
    player: Player,
    inputs: usize,
    outputs: usize,
    /// What is played stands here: the host's channels may be missing, or the same in another order.
    sound: Box<[[f32; FRAMES]; CHANNELS]>,
}

impl<'a> PluginAudioProcessor<'a, Shared, Main<'a>> for Processor<'a> {
    fn activate(
        host: HostAudioProcessorHandle<'a>,
        main: &Main<'a>,
        shared: &'a Shared,
        config: PluginAudioConfiguration,
    ) -> Result<Self, PluginError> {
        let rate = config.sample_rate;
        if !(1.0..=HIGHEST_RATE).contains(&rate) {
            return Err(PluginError::Message("nothing plays at this sample rate"));
        }
        let already = || PluginError::Message("it is active already");
        let (inputs, outputs, _) = LAYOUTS[main.layout.get()];
        let offline = shared.offline.load(Relaxed);
        let mut player = main.player.borrow_mut();
        let latency = player
            .as_mut()
            .ok_or_else(already)?
            .activate(rate, inputs, outputs, offline) as u32;
        let player = player.take().ok_or_else(already)?;
        if main.latency.replace(latency) != latency
            && let Some(changed) = main.host.get_extension::<HostLatency>()
        {
            changed.changed(&main.host);
        }
        Ok(Self {
            shared,
            edits: main.edits.take(),
            host_tail: host.get_extension(),
            host,
            tail: shared.instance.tail(),
            player,
            inputs,
            outputs,
            sound: Box::new([[0.0; FRAMES]; CHANNELS]),
        })
    }

    fn process(
        &mut self,
        _: Process<'_>,
        mut audio: Audio<'_>,
        events: Events<'_>,
    ) -> Result<ProcessStatus, PluginError> {
        let frames = audio.frames_count() as usize;
        let (inputs, outputs) = audio.raw_buffers();
        let block = Block {
            inputs: channels(inputs.first(), self.inputs),
            outputs: channels(outputs.first(), self.outputs),
        };
        self.player.set_offline(self.shared.offline.load(Relaxed));
        self.player.begin_block(frames);
        let mut played = 0;
        for index in 0..events.input.len() {
            let Some(event) = events.input.get(index) else {
                continue;
            };
            let Some(change) = Incoming::read(event) else {
                continue;
            };
            // Later than the block is at its end, earlier than one before is now.
            let time = (event.header().time() as usize).clamp(played, frames);
            self.play(&block, played, time);
            played = time;
            change.apply(&self.shared.instance);
        }
        self.play(&block, played, frames);
        self.player.end_block();
        if let Some(output) = outputs.first_mut() {
            output.constant_mask = block.constant_mask(frames).to_bits();
        }
        self.edits.send(&self.shared.instance.link, events.output);
        self.tell_tail();
        // Not "if not quiet": what was played is still on its way where there is latency.
        Ok(ProcessStatus::Tail)
    }

    fn deactivate(mut self, main: &Main<'a>) {
        self.player.deactivate();
        main.edits.replace(self.edits);
        main.player.replace(Some(self.player));
    }

    fn reset(&mut self) {
        self.player.reset();
    }
}

impl Processor<'_> {
    /// Plays the frames from `start` to `end` of a block.
    fn play(&mut self, block: &Block, start: usize, end: usize) {
        let channels = self.inputs.max(self.outputs);
        for at in (start..end).step_by(FRAMES) {
            let frames = FRAMES.min(end - at);
            let mut parts = self.sound.each_mut().map(|channel| &mut channel[..frames]);
            for (part, &input) in parts.iter_mut().zip(&block.inputs) {
                if input.is_null() {
                    part.fill(0.0);
                } else {
                    // SAFETY: the host's channels are as long as its block, `at + frames` lies within
                    // it, and no host's memory is in `sound`.
                    unsafe { ptr::copy_nonoverlapping(input.add(at), part.as_mut_ptr(), frames) };
                }
            }
            self.player.process(&mut parts[..channels]);
            for (part, &output) in parts.iter().zip(&block.outputs) {
                if !output.is_null() {
                    // SAFETY: as above.
                    unsafe { ptr::copy_nonoverlapping(part.as_ptr(), output.add(at), frames) };
                }
            }
        }
    }

    /// Tells the host when the sound goes on for another time than it knows of.
    fn tell_tail(&mut self) {
        let tail = self.shared.instance.tail();
        if tail != self.tail {
            self.tail = tail;
            if let Some(host_tail) = &self.host_tail {
                host_tail.changed(&mut self.host);
            }
        }
    }
}

/// The main port's channels in a block of the host's, null where there is none.
struct Block {
    inputs: [*mut f32; CHANNELS],
    outputs: [*mut f32; CHANNELS],
}

impl Block {
    /// Which of the channels that were written hold one value all through.
    fn constant_mask(&self, frames: usize) -> ConstantMask {
        let mut mask = ConstantMask::FULLY_DYNAMIC;
        for (channel, &output) in (0..).zip(&self.outputs) {
            if !output.is_null() && frames > 0 {
                // SAFETY: the host's channels are as long as its block.
                let written = unsafe { std::slice::from_raw_parts(output, frames) };
                let constant = written.iter().all(|&sample| sample == written[0]);
                mask.set_channel_constant(channel, constant);
            }
        }
        mask
    }
}

/// The first `count` channels of a port.
fn channels(port: Option<&clap_audio_buffer>, count: usize) -> [*mut f32; CHANNELS] {
    let mut channels = [ptr::null_mut(); CHANNELS];
    if let Some(port) = port.filter(|port| !port.data32.is_null()) {
        let count = count.min(port.channel_count as usize);
        for (index, channel) in channels.iter_mut().enumerate().take(count) {
            // SAFETY: the host gives a pointer for each of the channels that it counts.
            *channel = unsafe { *port.data32.add(index) };
        }
    }
    channels
}
