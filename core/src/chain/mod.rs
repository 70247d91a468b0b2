//! The signal chain: what a guitarist plays through, from the input to the output.
//!
//! A chain cuts what it gets into blocks of at most 64 frames, so a host's block may have any length.

mod at_host_rate;
mod bank;
mod config;
mod delay;
mod filter;
mod gain;
mod impulse_response;
mod onset;
mod parts;
#[cfg(test)]
mod probe;
mod smooth;
mod stage;
mod stages;
mod switch;

pub use bank::{Loaded, SlotPart};
pub use config::{BuildId, ProcessConfig, Voicing};
pub use impulse_response::{FIRST_SOUND, ImpulseResponse, Remark};
pub use parts::{Amp, Cab, Pedal};
pub use stages::{Peaks, TunerReading};

use crate::engine::BLOCK;
use crate::rig::{SLOTS, Settings, SlotSettings};
use crate::simd::FlushDenormals;
use at_host_rate::rate::RateMatch;
use bank::{Amps, BankSettings, Cabs, Change};
use stage::{Block, Stage};
use stages::{
    Bypass, DcBlocker, Gate, InputGain, Meters, OutputGain, SourceSelector, ToneStack, Tuner,
};

/// What comes in louder than this (60 dB over full scale) is no guitar; it is held there, so that no
/// arithmetic behind it overflows.
const MOST_INPUT: f32 = 1000.0;

/// Frames at the rate `host` by which a capture of the rate `capture` is late, both in Hz: what
/// converting there and back takes; 0 if they are the same. An oversampled capture has another rate,
/// see [`crate::Capture::oversampled`].
pub fn latency(host: f64, capture: f64) -> usize {
    RateMatch::latency(host, capture)
}

/// The signal chain of one instance. Made by whoever may allocate; after that, no call allocates,
/// frees, waits or panics.
pub struct Chain {
    config: ProcessConfig,
    rig: BankSettings,
    /// The slot that the stages around the amps are set for: the one that is heard.
    heard: usize,
    source: SourceSelector,
    input: InputGain,
    tone_before: ToneStack,
    amps: Amps,
    gate: Gate,
    tone: ToneStack,
    cabs: Cabs,
    dc_blocker: DcBlocker,
    output: OutputGain,
    meters: Meters,
    tuner: Tuner,
    bypass: Bypass,
}

impl Chain {
    /// A chain that has nothing loaded and is silent, set as a new rig is.
    pub fn new(config: ProcessConfig) -> Self {
        let rate = config.rate;
        let mut chain = Chain {
            config,
            rig: BankSettings::new(),
            heard: 0,
            source: SourceSelector::new(rate),
            input: InputGain::new(rate),
            tone_before: ToneStack::new(true, rate),
            amps: Amps::new(config),
            gate: Gate::new(rate, config.latency),
            tone: ToneStack::new(false, rate),
            cabs: Cabs::new(config),
            dc_blocker: DcBlocker::new(rate),
            output: OutputGain::new(rate),
            meters: Meters::default(),
            tuner: Tuner::new(rate),
            bypass: Bypass::new(rate, config.latency),
        };
        chain.reset();
        chain
    }

    /// The stages in their order: what one makes is what the next one hears.
    fn stages(&mut self) -> [&mut dyn Stage; 12] {
        [
            &mut self.source,
            &mut self.input,
            &mut self.tone_before,
            &mut self.amps,
            &mut self.gate,
            &mut self.tone,
            &mut self.cabs,
            &mut self.dc_blocker,
            &mut self.output,
            &mut self.meters,
            &mut self.tuner,
            &mut self.bypass,
        ]
    }

    /// What it was made for; what is loaded has to be made for the same.
    pub fn config(&self) -> ProcessConfig {
        self.config
    }

    /// Brings everything to what `settings` say, smoothly.
    pub fn set(&mut self, settings: &Settings) {
        if *settings != self.rig.shared {
            self.rig.shared = *settings;
            self.update();
        }
    }

    /// Brings a slot to what it sets of its own, smoothly where it is heard.
    pub fn set_slot(&mut self, slot: usize, settings: &SlotSettings) {
        if let Some(own) = self.rig.slots.get_mut(slot)
            && own != settings
        {
            *own = *settings;
            self.update();
        }
    }

    /// Brings all that is heard to what is set.
    fn update(&mut self) {
        self.amps.update_slots(&self.rig);
        self.cabs.update_slots(&self.rig);
        self.update_stages();
    }

    /// Brings the stages around the amps to what the slot that is heard plays with.
    fn update_stages(&mut self) {
        let settings = self.rig.resolve(self.heard).settings;
        for stage in self.stages() {
            stage.update(&settings);
        }
    }

    /// Whether a slot that slept hears all that it missed at once when it is gone over to, whatever that
    /// takes, instead of within a bounded part of each block. For hosts that render.
    ///
    /// The tuner does not mute what is rendered: nobody tunes then.
    pub fn set_offline(&mut self, offline: bool) {
        self.amps.set_offline(offline);
        self.tuner.set_offline(offline);
    }

    /// Whether [`Chain::load`] would take it now. What fades in or out cannot be replaced, and what was
    /// replaced has to be taken away first.
    pub fn accepts(&self, loaded: &Loaded) -> bool {
        let fits = loaded.slot < SLOTS && loaded.part.fits(self.config);
        fits && match &loaded.part {
            part @ SlotPart::Cab(_) => self.cabs.accepts(loaded.slot, part),
            part => self.amps.accepts(loaded.slot, part),
        }
    }

    /// Puts a part into a slot. In the slot that plays, it is gone over to; the newest wins.
    ///
    /// # Errors
    /// The part, if it cannot be taken now or was made for another config.
    pub fn load(&mut self, loaded: Loaded) -> Result<(), Loaded> {
        if !self.accepts(&loaded) {
            return Err(loaded);
        }
        let silent = self.amps.is_silent();
        match loaded.part {
            part @ SlotPart::Cab(_) => self.cabs.load(loaded.slot, part, &self.rig, silent),
            part => self.amps.load(loaded.slot, part, &self.rig),
        }
        Ok(())
    }

    /// A part that is no longer played, to be dropped on another thread.
    pub fn take_retired(&mut self) -> Option<SlotPart> {
        self.amps
            .take_retired()
            .or_else(|| self.cabs.take_retired())
    }

    /// Takes out all that is loaded, a part at a call; afterwards there is silence.
    pub fn take_any(&mut self) -> Option<Loaded> {
        let part = self.amps.take_any().or_else(|| self.cabs.take_any());
        part.map(|(slot, part)| Loaded { slot, part })
    }

    /// The slot that is heard; while one fades into another, that other one.
    ///
    /// It is the slot that is asked for as soon as there is an amp in it; until then what plays goes on.
    /// Where nothing plays, it is the first with an amp.
    pub fn playing(&self) -> usize {
        self.amps.playing()
    }

    /// Whether there is an amp in a slot.
    pub fn has_amp(&self, slot: usize) -> bool {
        self.amp_id(slot).is_some()
    }

    /// The number of the newest amp in a slot.
    pub fn amp_id(&self, slot: usize) -> Option<BuildId> {
        self.amps.id(slot)
    }

    /// The number of the newest cabinet in a slot.
    pub fn cab_id(&self, slot: usize) -> Option<BuildId> {
        self.cabs.id(slot)
    }

    /// Frames for which it sounds on after its input, at most.
    pub fn tail(&mut self) -> usize {
        self.stages().iter().map(|stage| stage.tail()).sum()
    }

    /// What the gate takes away now, in dB: 0 or less.
    pub fn gate_reduction_db(&self) -> f64 {
        self.gate.reduction_db()
    }

    /// The level in dB that the gate goes by.
    pub fn gate_level_db(&self) -> f64 {
        self.gate.level_db()
    }

    /// The note that is played, while the tuner is on and hears a clear one.
    pub fn tuner_reading(&self) -> Option<TunerReading> {
        self.tuner.reading()
    }

    /// The largest samples since the last call.
    pub fn take_peaks(&mut self) -> Peaks {
        std::mem::take(&mut self.meters.peaks)
    }

    /// Back to silence; whatever was moving is where it was going.
    pub fn reset(&mut self) {
        self.amps.settle(&self.rig);
        self.heard = self.amps.playing();
        self.cabs.settle(self.heard, &self.rig);
        self.update_stages();
        for stage in self.stages() {
            stage.finish();
            stage.reset();
        }
    }

    /// Plays any number of frames in place: the config's outputs, of which its inputs hold what came
    /// in. Channels of different lengths are played as far as the shortest.
    pub fn process(&mut self, channels: &mut [&mut [f32]]) {
        let _flush = FlushDenormals::new();
        let outputs = self.config.outputs.min(channels.len()).min(2);
        let channels = &mut channels[..outputs];
        let frames = channels.iter().map(|c| c.len()).min().unwrap_or(0);
        let mut start = 0;
        while start < frames {
            let change = self.begin_block();
            let changes = [self.amps.frames_to_change(), self.cabs.frames_to_change()];
            let most = changes.into_iter().flatten().fold(BLOCK, usize::min);
            let count = most.min(frames - start);
            self.play(channels, start, count, change);
            start += count;
        }
    }

    /// Does what is due before a block; that ends where the next change is due, so that it makes no
    /// difference how time is cut.
    fn begin_block(&mut self) -> Change {
        let change = self.amps.begin_block(&self.rig, self.cabs.are_free());
        self.cabs.begin_block(&self.rig, change);
        if self.heard != self.amps.playing() {
            self.heard = self.amps.playing();
            self.update_stages();
            if matches!(change, Change::AtOnce { .. }) {
                self.stages().into_iter().for_each(Stage::finish);
            }
        }
        change
    }

    fn play(&mut self, channels: &mut [&mut [f32]], start: usize, frames: usize, change: Change) {
        let at_once = matches!(change, Change::AtOnce { .. });
        let mut block = Block::new(channels.len(), frames, at_once);
        for (side, channel) in block.sound.iter_mut().zip(&*channels) {
            for (sample, &came) in side.iter_mut().zip(&channel[start..start + frames]) {
                *sample = sanitize(came);
            }
        }
        if self.config.inputs == 1 {
            block.sound[1] = block.sound[0];
        }
        block.input = block.sound;
        for stage in self.stages() {
            stage.play(&mut block);
        }
        for (channel, side) in channels.iter_mut().zip(&block.sound) {
            channel[start..start + frames].copy_from_slice(&side[..frames]);
        }
    }
}

/// A sample that arithmetic can stand: NaN, infinity and what is too small to be normal are silence.
fn sanitize(sample: f32) -> f32 {
    if sample.is_normal() {
        sample.clamp(-MOST_INPUT, MOST_INPUT)
    } else {
        0.0
    }
}
