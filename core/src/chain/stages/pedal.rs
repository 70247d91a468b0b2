//! A capture of a pedal, in front of the amp.

use super::amp::align;
use crate::capture::Capture;
use crate::chain::at_host_rate::HostRateCapture;
use crate::chain::bank::BuildId;
use crate::chain::config::{ProcessConfig, Voicing};
use crate::chain::delay::Delay;
use crate::chain::gain::Gain;
use crate::chain::stage::{Sides, on};
use crate::chain::switch::Switch;
use crate::engine::BLOCK;
use crate::levels::Levels;
use crate::rig::{LevelSettings, Settings};
use crate::simd::SimdLevel;

/// A pedal that can be stepped on without a click. While it is off, it is not played.
///
/// Making one takes time and memory, and so does dropping it: neither is for the audio thread.
pub struct Pedal {
    capture: HostRateCapture,
    levels: Levels,
    input: Gain,
    align: [Delay; 2],
    on: bool,
    switch: Switch,
    /// Frames that it has yet to hear before it is heard.
    unheard: usize,
    config: ProcessConfig,
    id: BuildId,
}

impl Pedal {
    /// Makes the capture of a pedal ready. `id` tells it apart. Its knobs, if it has some, stand where
    /// its file has them start: those of a rig turn the amp's.
    ///
    /// # Errors
    /// In words, if it cannot play in such a config.
    pub fn new(
        capture: &Capture,
        config: ProcessConfig,
        voicing: Voicing,
        id: BuildId,
        level: SimdLevel,
    ) -> Result<Self, String> {
        let at_rest = Voicing {
            knobs: None,
            ..voicing
        };
        let capture = HostRateCapture::new(capture, config, &at_rest, level)?;
        let align = align(config.pedal_latency, capture.latency())?;
        Ok(Pedal {
            capture,
            levels: voicing.levels,
            input: Gain::new(config.rate),
            align,
            on: true,
            switch: Switch::new(true, config.rate),
            unheard: 0,
            config,
            id,
        })
    }

    /// The number that it was built with.
    pub fn id(&self) -> BuildId {
        self.id
    }

    /// What it was made for.
    pub fn config(&self) -> ProcessConfig {
        self.config
    }

    /// Frames that it has to hear before it plays as if it had always played; 0 while it is off.
    pub(super) fn settle_frames(&self) -> usize {
        match self.on {
            true => {
                self.capture.settle_frames() + self.config.pedal_latency - self.capture.latency()
            }
            false => 0,
        }
    }

    /// Brings it to what `settings` say, smoothly.
    pub(super) fn update(&mut self, settings: &Settings) {
        self.capture.set_slim(settings.slim.into());
        self.input
            .set(self.levels.input_gain_db(&settings.levels) as f32);
        let on = settings.pedal;
        if on == self.on {
            return;
        }
        self.on = on;
        if on && self.switch.is_off() {
            self.capture.reset();
            self.unheard = self.settle_frames();
        } else {
            self.switch.set(on);
        }
    }

    /// What it is driven by, in dB, while it is on.
    pub(super) fn input_gain_db(&self, settings: &LevelSettings) -> Option<f64> {
        self.on.then(|| self.levels.input_gain_db(settings))
    }

    /// What its output is turned up by to reach an amp of these levels as through a cable, in dB.
    pub(super) fn gain_to_db(&self, amp: &Levels) -> f64 {
        self.levels.gain_to_db(amp)
    }

    /// Is at once where it was going.
    pub(super) fn finish(&mut self) {
        self.input.finish();
        self.unheard = 0;
        self.switch.set(self.on);
        self.switch.finish();
    }

    /// Back to where silence leaves it.
    pub(super) fn reset(&mut self) {
        self.capture.reset();
        self.align.iter_mut().for_each(Delay::reset);
        self.finish();
    }

    /// Plays `frames` frames of the guitar: `wet` becomes what it puts out, and `dry`, which is what
    /// passes it by, as late as that, gets what is heard of it.
    pub(super) fn process(
        &mut self,
        guitar: &Sides,
        dry: &mut Sides,
        wet: &mut Sides,
        frames: usize,
    ) {
        *wet = [[0.0; BLOCK]; 2];
        if self.switch.is_off() && self.unheard == 0 {
            return;
        }
        let mut heard = *guitar;
        on(&mut heard, 2, frames, |heard| self.input.process(heard));
        self.capture.process(&heard, wet, frames);
        for (wet, align) in wet.iter_mut().zip(&mut self.align) {
            align.process(&mut wet[..frames]);
        }
        if self.switch.is_on() {
            *dry = [[0.0; BLOCK]; 2];
            return;
        }
        for frame in 0..frames {
            let part = self.switch.next() as f32;
            for (dry, wet) in dry.iter_mut().zip(&mut *wet) {
                dry[frame] *= 1.0 - part;
                wet[frame] *= part;
            }
        }
        if self.unheard > 0 {
            self.unheard = self.unheard.saturating_sub(frames);
            if self.unheard == 0 {
                self.switch.set(self.on);
            }
        }
    }
}
