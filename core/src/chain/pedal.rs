//! A capture of a pedal, in front of the amp.

use super::config::Block;
use super::delay::Delay;
use super::gain::Gain;
use super::host_rate_capture::HostRateCapture;
use super::switch::Switch;
use crate::engine::BLOCK;
use crate::levels::{LevelSettings, Levels};

/// A pedal that can be stepped on without a click. While it is off, it is not played.
pub(super) struct Pedal {
    voice: HostRateCapture,
    levels: Levels,
    /// What comes in, as late as what the pedal makes of it.
    dry: [Delay; 2],
    /// To the pedal, and from it to the amp.
    input: Gain,
    output: Gain,
    on: bool,
    switch: Switch,
    /// Frames that it has yet to hear before it is heard.
    listening: usize,
}

impl Pedal {
    /// A pedal that is on, before an amp of the levels `amp`, at a rate in Hz.
    pub(super) fn new(voice: HostRateCapture, levels: Levels, amp: &Levels, rate: f64) -> Self {
        let latency = voice.latency();
        let mut output = Gain::new(rate);
        output.set(levels.gain_to_db(amp) as f32);
        output.finish();
        Pedal {
            voice,
            levels,
            dry: [Delay::new(latency), Delay::new(latency)],
            input: Gain::new(rate),
            output,
            on: true,
            switch: Switch::new(rate),
            listening: 0,
        }
    }

    /// Frames that it has to hear before it plays as if it had always played.
    pub(super) fn settle_frames(&self) -> usize {
        self.voice.settle_frames()
    }

    /// Frames by which the amp behind hears it late.
    pub(super) fn latency(&self) -> usize {
        self.voice.latency()
    }

    /// Steps on it.
    pub(super) fn set(&mut self, on: bool) {
        if on == self.on {
            return;
        }
        self.on = on;
        if on && self.switch.is_off() {
            self.voice.reset();
            self.listening = self.voice.settle_frames();
        } else {
            self.switch.set(on);
        }
    }

    /// Chooses the size of a capture that has several; see [`crate::Model::set_slim`].
    pub(super) fn set_slim(&mut self, value: f64) {
        self.voice.set_slim(value);
    }

    /// What it is driven by, in dB, while it is on.
    pub(super) fn input_gain_db(&self, settings: &LevelSettings) -> Option<f64> {
        self.on.then(|| self.levels.input_gain_db(settings))
    }

    /// Sets what it is driven by.
    pub(super) fn set_levels(&mut self, settings: &LevelSettings) {
        self.input.set(self.levels.input_gain_db(settings) as f32);
    }

    /// Finishes all that moves at once.
    pub(super) fn finish(&mut self) {
        self.input.finish();
        self.listening = 0;
        self.switch.set(self.on);
        self.switch.finish();
    }

    /// Back to where silence leaves it.
    pub(super) fn reset(&mut self) {
        self.voice.reset();
        self.dry.iter_mut().for_each(Delay::reset);
        self.finish();
    }

    /// What the amp hears: `dry` is what it would hear without the pedal, `guitar` what comes in.
    pub(super) fn process(&mut self, guitar: &Block, dry: &mut Block, frames: usize) {
        for (channel, delay) in dry.iter_mut().zip(&mut self.dry) {
            delay.process(&mut channel[..frames]);
        }
        if self.switch.is_off() && self.listening == 0 {
            return;
        }
        let mut heard = *guitar;
        let mut made = [[0.0; BLOCK]; 2];
        self.input.process(&mut sides(&mut heard, frames));
        self.voice.process(&heard, &mut made, frames);
        self.output.process(&mut sides(&mut made, frames));
        if self.listening > 0 {
            self.listening = self.listening.saturating_sub(frames);
            if self.listening == 0 {
                self.switch.set(self.on);
            }
            return;
        }
        let made = made.map(|side| side.map(f64::from));
        self.switch.fade(&mut sides(dry, frames), &made);
    }
}

/// The frames of a piece that count.
pub(super) fn sides(piece: &mut Block, frames: usize) -> [&mut [f32]; 2] {
    piece.each_mut().map(|side| &mut side[..frames])
}
