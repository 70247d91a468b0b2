//! A capture of a pedal, in front of the amp.

use super::Part;
use super::aligned::AlignedCapture;
use crate::capture::Capture;
use crate::chain::bank::Resolved;
use crate::chain::config::{BuildId, ProcessConfig, Voicing};
use crate::chain::stage::{SILENCE, Sides, on};
use crate::chain::switch::Switch;
use crate::levels::Levels;
use crate::simd::SimdLevel;

/// A pedal that can be stepped on without a click. While it is off, it is not played.
///
/// Making one takes time and memory, and so does dropping it: neither is for the audio thread.
pub struct Pedal {
    net: AlignedCapture,
    on: bool,
    switch: Switch,
    /// Frames that it has yet to hear before it is heard.
    unheard: usize,
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
        let told = config.pedal_latency;
        Ok(Pedal {
            net: AlignedCapture::new(capture, config, &at_rest, told, id, level)?,
            on: true,
            switch: Switch::new(true, config.rate),
            unheard: 0,
        })
    }

    /// The number that it was built with.
    pub fn id(&self) -> BuildId {
        self.net.id
    }

    /// What it was made for.
    pub fn config(&self) -> ProcessConfig {
        self.net.config
    }

    /// What it is driven by, in dB, while it is on.
    pub(in crate::chain) fn drive_db(&self) -> Option<f64> {
        self.on.then(|| self.net.input.target_db())
    }

    /// What its output is turned up by to reach an amp of these levels as through a cable, in dB.
    pub(in crate::chain) fn gain_to_db(&self, amp: &Levels) -> f64 {
        self.net.levels.gain_to_db(amp)
    }

    /// Plays `frames` frames of the guitar: `wet` becomes what it puts out, and `dry`, which is what
    /// passes it by, as late as that, gets what is heard of it.
    pub(in crate::chain) fn process(
        &mut self,
        guitar: &Sides,
        dry: &mut Sides,
        wet: &mut Sides,
        frames: usize,
    ) {
        *wet = SILENCE;
        if self.switch.is_off() && self.unheard == 0 {
            return;
        }
        let mut heard = *guitar;
        on(&mut heard, 2, frames, |heard| self.net.input.process(heard));
        self.net.capture.process(&heard, wet, frames);
        self.net.delay(wet, frames);
        if self.switch.is_on() {
            *dry = SILENCE;
            return;
        }
        for frame in 0..frames {
            let part = self.switch.next() as f32;
            for (dry, wet) in dry.iter_mut().zip(&mut *wet) {
                dry[frame] *= 1.0 - part;
                wet[frame] *= part;
            }
            if self.unheard > 0 {
                self.unheard -= 1;
                if self.unheard == 0 {
                    self.switch.set(self.on);
                }
            }
        }
    }
}

impl Part for Pedal {
    fn update(&mut self, to: &Resolved) {
        self.net.update(to);
        let on = to.settings.pedal;
        if on == self.on {
            return;
        }
        self.on = on;
        if on && self.switch.is_off() {
            self.net.capture.reset();
            self.unheard = self.settle_frames();
        } else {
            self.switch.set(on);
        }
    }

    fn finish(&mut self) {
        self.net.input.finish();
        self.unheard = 0;
        self.switch.set(self.on);
        self.switch.finish();
    }

    fn jump(&mut self) {
        self.net.capture.jump();
    }

    fn reset(&mut self) {
        self.net.reset();
        self.finish();
    }

    /// 0 while it is off.
    fn settle_frames(&self) -> usize {
        match self.on {
            true => self.net.settle_frames(),
            false => 0,
        }
    }
}
