//! The audio thread's part.

use std::ptr;
use std::sync::atomic::Ordering::Relaxed;

use clack_extensions::latency::HostLatency;
use clack_extensions::tail::HostTail;
use clack_plugin::prelude::*;
use clap_sys::audio_buffer::clap_audio_buffer;

use crate::host::block::{Block, Sound};
use crate::host::clap::events::{EditsOut, Incoming};
use crate::host::clap::{Main, Shared};
use crate::host::description::LAYOUTS;
use crate::session::player::Player;

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
    /// Channels that go in and out.
    layout: (usize, usize),
    sound: Sound,
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
            layout: (inputs, outputs),
            sound: Sound::new(),
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
        // SAFETY: the host gives as many channels as it counts, each as long as its block or null.
        let block = unsafe { Block::new(frames, main_port(inputs), main_port(outputs)) };
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
            change.apply(&self.shared.instance, Some(&mut self.player));
        }
        self.play(&block, played, frames);
        self.player.end_block();
        if let Some(output) = outputs.first_mut() {
            let constant = |sound: &[f32]| sound.iter().all(|sample| Some(sample) == sound.first());
            output.constant_mask = block.outputs_that_are(constant);
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
        let Self {
            player,
            sound,
            layout,
            ..
        } = self;
        block.play(player, sound, *layout, (start, end));
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

/// The channels of the main port.
fn main_port(ports: &[clap_audio_buffer]) -> (*const *mut f32, usize) {
    let port = ports.first();
    port.map_or((ptr::null(), 0), |port| {
        (port.data32.cast_const(), port.channel_count as usize)
    })
}
