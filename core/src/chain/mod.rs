//! The signal chain: what a guitarist plays through, from the input to the output.
//!
//! ```text
//! in -> source -> input gain -> (tone) -> pedal -> capture -> gate -> tone -> cab -> DC blocker -> output gain -> out
//!   \                      \-- heard by the gate ---------/                                                 /
//!    \-- delay of the same length --------------------------------------------------------------> bypass --/
//! ```
//!
//! A chain cuts what it gets into pieces of at most 64 frames, so a block may have any length.

mod amp;
mod bypass;
mod cab;
mod config;
mod crossfade;
mod dc_blocker;
mod delay;
mod dual_mono;
mod filter;
mod gain;
mod gate;
mod host_rate_capture;
mod impulse_response;
mod knobs;
mod onset;
mod pedal;
#[cfg(test)]
mod probe;
mod ramp;
mod rate;
mod source;
mod switch;
mod tone;
mod tuner;

pub use amp::{Amp, latency};
pub use cab::{Cab, CabSettings};
pub use config::{ProcessConfig, Voicing};
pub use gate::GateSettings;
pub use impulse_response::{FIRST_SOUND, ImpulseResponse, Remark};
pub use source::Source;
pub use tone::ToneSettings;
pub use tuner::{Tuner, TunerReading, TunerSettings};

use crate::engine::BLOCK;
use crate::format::controls::KnobPositions;
use crate::levels::LevelSettings;
use crate::rig::Settings;
use crate::simd::FlushDenormals;
use bypass::Bypass;
use crossfade::{Crossfade, Player};
use dc_blocker::DcBlocker;
use gain::Gain;
use gate::Gate;
use source::SourceSelector;
use tone::ToneStack;

/// What comes in louder than this (60 dB over full scale) is no guitar; it is held there, so that no
/// arithmetic behind it overflows.
const MOST_INPUT: f32 = 1000.0;

/// What goes out softer than this (-300 dB) is silence: 120 dB below the last bit of 32.
const LEAST_OUTPUT: f32 = 1e-15;

/// The signal chain of one instance. Made by whoever may allocate; after that, no call allocates,
/// frees, waits or panics.
pub struct Chain {
    config: ProcessConfig,
    source: SourceSelector,
    input: Gain,
    /// The gain that the captures have for their input, for what listens to it with them.
    calibration: Gain,
    tone_before: ToneStack,
    captures: Crossfade<Amp>,
    levels: LevelSettings,
    slim: f64,
    /// Of captures that have some; those that were never turned stand where their file has them start.
    knobs: Option<KnobPositions>,
    pedal: bool,
    gate: Gate,
    tone: ToneStack,
    cabs: Crossfade<Cab>,
    cab_settings: CabSettings,
    dc_blocker: DcBlocker,
    output: Gain,
    tuner: Tuner,
    bypass: Bypass,
    peaks: Peaks,
}

/// The largest absolute samples since the last look, in linear amplitude (1: full scale).
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Peaks {
    /// As it comes in, before any gain, left and right.
    pub guitar: [f32; 2],
    /// Behind the input gain, left and right.
    pub input: [f32; 2],
    /// Behind the output gain, left and right.
    pub output: [f32; 2],
}

impl Chain {
    /// A chain that has no capture yet and is silent. It has no cab either. Gate, tone stack and DC blocker are off.
    pub fn new(config: ProcessConfig) -> Self {
        let mut chain = Chain {
            source: SourceSelector::new(config.rate),
            input: Gain::new(config.rate),
            calibration: Gain::new(config.rate),
            tone_before: ToneStack::new(config.rate),
            captures: Crossfade::new(config.rate),
            levels: LevelSettings::default(),
            slim: 1.0,
            knobs: None,
            pedal: true,
            gate: Gate::new(config.rate, config.latency),
            tone: ToneStack::new(config.rate),
            cabs: Crossfade::new(config.rate),
            cab_settings: CabSettings::default(),
            dc_blocker: DcBlocker::new(config.rate),
            output: Gain::new(config.rate),
            tuner: Tuner::new(config.rate),
            bypass: Bypass::new(config.rate, config.latency),
            peaks: Peaks::default(),
            config,
        };
        chain.set_gate(GateSettings {
            on: false,
            ..GateSettings::default()
        });
        chain.set_tone(ToneSettings {
            on: false,
            ..ToneSettings::default()
        });
        chain.set_dc_blocker(false);
        chain.reset();
        chain
    }

    /// What it was made for; a capture has to be made for the same.
    pub fn config(&self) -> ProcessConfig {
        self.config
    }

    /// Brings everything to what `settings` say, smoothly.
    pub fn set(&mut self, settings: &Settings) {
        self.set_input_gain(settings.input_db);
        self.set_output_gain(settings.output_db);
        self.set_source(settings.source);
        self.set_bypass(settings.bypass);
        self.set_slim(f64::from(settings.slim));
        self.set_knobs(settings.knobs);
        self.set_pedal(settings.pedal);
        self.set_levels(settings.levels);
        self.set_gate(settings.gate);
        self.set_tone(settings.tone);
        self.set_cab(settings.cab);
        self.set_dc_blocker(settings.dc_blocker);
        self.tuner.set(settings.tuner);
    }

    /// The note that is played, while the tuner is on and hears a clear one.
    pub fn tuner_reading(&self) -> Option<TunerReading> {
        self.tuner.reading()
    }

    /// Sets the gain before the capture in dB.
    pub fn set_input_gain(&mut self, db: f32) {
        self.input.set(db);
    }

    /// Sets the noise gate.
    pub fn set_gate(&mut self, settings: GateSettings) {
        self.gate.set(settings);
    }

    /// What the gate takes away now, in dB: 0 or less.
    pub fn gate_reduction_db(&self) -> f64 {
        self.gate.reduction_db()
    }

    /// The level in dB that the gate goes by.
    pub fn gate_level_db(&self) -> f64 {
        self.gate.level_db()
    }

    /// Sets the tone stack.
    pub fn set_tone(&mut self, settings: ToneSettings) {
        let at = |here: bool| ToneSettings {
            on: settings.on && here,
            ..settings
        };
        self.tone_before.set(at(settings.before_amp));
        self.tone.set(at(!settings.before_amp));
    }

    /// Sets how hard captures are driven and how loud they come out.
    pub fn set_levels(&mut self, settings: LevelSettings) {
        if settings != self.levels {
            self.levels = settings;
            self.captures.each(|amp| amp.set_levels(&settings));
        }
    }

    /// Chooses the size of captures that have several, from 0 (smallest) to 1 (full).
    pub fn set_slim(&mut self, value: f64) {
        if value != self.slim {
            self.slim = value;
            self.captures.each(|amp| amp.set_slim(value));
        }
    }

    /// Turns the knobs of captures that have some; each is heard to move within 20 ms. Not those of a
    /// pedal, see [`Amp::with_pedal`].
    pub fn set_knobs(&mut self, positions: KnobPositions) {
        if self.knobs != Some(positions) {
            self.knobs = Some(positions);
            self.captures.each(|amp| amp.set_knobs(&positions));
        }
    }

    /// Steps on the pedal, where there is one.
    pub fn set_pedal(&mut self, on: bool) {
        if on != self.pedal {
            self.pedal = on;
            self.captures.each(|amp| amp.set_pedal(on));
        }
    }

    /// Switches the high-pass at 5 Hz, which takes out offsets.
    pub fn set_dc_blocker(&mut self, on: bool) {
        self.dc_blocker.set(on);
    }

    /// Sets the gain behind the capture in dB.
    pub fn set_output_gain(&mut self, db: f32) {
        self.output.set(db);
    }

    /// Sets what of a stereo input is played.
    pub fn set_source(&mut self, source: Source) {
        self.source.set(source);
    }

    /// Passes the input through.
    pub fn set_bypass(&mut self, on: bool) {
        self.bypass.set(on);
    }

    /// Whether [`Chain::offer`] would take a capture now: not while one fades into another, nor
    /// while [`Chain::take_done`] has something to give.
    pub fn accepts(&self) -> bool {
        self.captures.accepts()
    }

    /// Goes over to a capture: at once if nothing was played yet, else through a crossfade. Given
    /// back if it cannot be taken now, or was made for another config.
    pub fn offer(&mut self, mut amp: Box<Amp>) -> Result<(), Box<Amp>> {
        if amp.config() != self.config {
            return Err(amp);
        }
        amp.set_levels(&self.levels);
        amp.set_slim(self.slim);
        amp.set_pedal(self.pedal);
        if let Some(positions) = &self.knobs {
            amp.set_knobs(positions);
        }
        amp.finish();
        self.captures.offer(amp)
    }

    /// A capture that is no longer played, to be dropped on another thread.
    pub fn take_done(&mut self) -> Option<Box<Amp>> {
        self.captures.take_done()
    }

    /// Takes the captures out, one at a call.
    pub fn take_any(&mut self) -> Option<Box<Amp>> {
        self.captures.take_any()
    }

    /// The ticket of the newest capture it has.
    pub fn ticket(&self) -> Option<u64> {
        self.captures.ticket()
    }

    /// Sets how cabs sound: those that it has and those that it will get.
    pub fn set_cab(&mut self, settings: CabSettings) {
        if settings != self.cab_settings {
            self.cab_settings = settings;
            self.cabs.each(|cab| cab.set(settings));
        }
    }

    /// As [`Chain::accepts`], for [`Chain::offer_cab`].
    pub fn accepts_cab(&self) -> bool {
        self.cabs.accepts()
    }

    /// As [`Chain::offer`]: goes over to a cab, or from it to one with nothing in it.
    pub fn offer_cab(&mut self, mut cab: Box<Cab>) -> Result<(), Box<Cab>> {
        if cab.config() != self.config {
            return Err(cab);
        }
        cab.set(self.cab_settings);
        cab.finish();
        if self.captures.ticket().is_none() {
            // Nothing was heard yet.
            self.cabs.begin_anew();
        }
        self.cabs.offer(cab)
    }

    /// A cab that is no longer played, to be dropped on another thread.
    pub fn take_done_cab(&mut self) -> Option<Box<Cab>> {
        self.cabs.take_done()
    }

    /// Takes the cabs out, one at a call; without one, what comes in is passed on.
    pub fn take_any_cab(&mut self) -> Option<Box<Cab>> {
        self.cabs.take_any()
    }

    /// The ticket of the newest cab it has.
    pub fn cab_ticket(&self) -> Option<u64> {
        self.cabs.ticket()
    }

    /// The largest samples since the last call.
    pub fn take_peaks(&mut self) -> Peaks {
        std::mem::take(&mut self.peaks)
    }

    /// Back to silence; whatever was moving is where it was going.
    pub fn reset(&mut self) {
        self.source.finish();
        self.input.finish();
        self.calibration.finish();
        self.tone_before.finish();
        self.tone_before.reset();
        self.gate.finish();
        self.gate.reset();
        self.tone.finish();
        self.tone.reset();
        self.dc_blocker.finish();
        self.dc_blocker.reset();
        self.output.finish();
        self.tuner.finish();
        self.tuner.reset();
        self.bypass.finish();
        self.bypass.reset();
        self.captures.reset();
        self.cabs.reset();
    }

    /// Plays any number of frames in place: the config's outputs, of which its inputs hold what came
    /// in. Channels of different lengths are played as far as the shortest.
    pub fn process(&mut self, channels: &mut [&mut [f32]]) {
        let _flush = FlushDenormals::new();
        let outputs = self.config.outputs.min(channels.len());
        let channels = &mut channels[..outputs];
        let frames = channels.iter().map(|c| c.len()).min().unwrap_or(0);
        for start in (0..frames).step_by(BLOCK) {
            let end = frames.min(start + BLOCK);
            match channels {
                [left, right] => self.piece(&mut [&mut left[start..end], &mut right[start..end]]),
                [only] => self.piece(&mut [&mut only[start..end]]),
                _ => {}
            }
        }
    }

    fn piece(&mut self, channels: &mut [&mut [f32]]) {
        for channel in channels.iter_mut().take(self.config.inputs) {
            channel
                .iter_mut()
                .for_each(|sample| *sample = sanitize(*sample));
        }
        if let ([left, right], 1) = (&mut *channels, self.config.inputs) {
            right.copy_from_slice(left);
        }
        self.bypass.keep(channels);
        if let ([left, right], 2) = (&mut *channels, self.config.inputs) {
            self.source.process(left, right);
        }
        update_peaks(&mut self.peaks.guitar, channels);
        self.tuner.listen(channels);
        self.input.process(channels);
        self.listen(channels);
        self.tone_before.process(channels);
        // A capture and a cab that come together are heard together.
        let (captures, cabs) = (self.captures.is_listening(), self.cabs.is_listening());
        self.captures.hold(cabs);
        self.cabs.hold(captures);
        through(&mut self.captures, channels);
        self.gate.apply(channels);
        self.tone.process(channels);
        through(&mut self.cabs, channels);
        self.dc_blocker.process(channels);
        self.output.process(channels);
        channels.iter_mut().for_each(|channel| flush_tiny(channel));
        update_peaks(&mut self.peaks.output, channels);
        self.bypass.process(channels);
        self.tuner.apply(channels);
    }

    /// Has the meter and the gate hear the guitar as hard as the capture is driven.
    fn listen(&mut self, channels: &[&mut [f32]]) {
        let mut heard = [[0.0; BLOCK]; 2];
        let mut heard = heard.each_mut().map(|side| &mut side[..channels[0].len()]);
        let heard = &mut heard[..channels.len()];
        for (heard, channel) in heard.iter_mut().zip(channels) {
            heard.copy_from_slice(channel);
        }
        let gain = self
            .captures
            .current()
            .map_or(0.0, |amp| amp.input_gain_db(&self.levels));
        self.calibration.set(gain as f32);
        self.calibration.process(heard);
        update_peaks(&mut self.peaks.input, heard);
        self.gate.listen(heard);
    }
}

/// Plays channels through what is there to be gone over to.
fn through<P: Player>(stage: &mut Crossfade<P>, channels: &mut [&mut [f32]]) {
    let frames = channels[0].len();
    let (mut input, mut output) = ([[0.0; BLOCK]; 2], [[0.0; BLOCK]; 2]);
    for (piece, channel) in input.iter_mut().zip(channels.iter()) {
        piece[..frames].copy_from_slice(channel);
    }
    stage.process(&input, &mut output, frames);
    for (channel, piece) in channels.iter_mut().zip(&output) {
        channel.copy_from_slice(&piece[..frames]);
    }
}

/// A sample that arithmetic can stand: what is no number, infinite, or too small to be normal is
/// silence.
fn sanitize(sample: f32) -> f32 {
    if sample.is_normal() {
        sample.clamp(-MOST_INPUT, MOST_INPUT)
    } else {
        0.0
    }
}

/// Makes silence of what is too soft for anybody: some hosts compare levels that no converter has, and
/// take what a closed gate leaves for a plugin that does not fall silent.
fn flush_tiny(channel: &mut [f32]) {
    for sample in channel {
        if sample.abs() < LEAST_OUTPUT {
            *sample = 0.0;
        }
    }
}

fn update_peaks(peaks: &mut [f32; 2], channels: &[&mut [f32]]) {
    for (peak, channel) in peaks.iter_mut().zip(channels) {
        *peak = channel
            .iter()
            .fold(*peak, |peak, sample| peak.max(sample.abs()));
    }
}
