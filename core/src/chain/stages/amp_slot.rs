//! What a slot of the amps holds: an amp, and the pedal before it.

use super::amp::Amp;
use super::pedal::Pedal;
use crate::chain::bank::{LevelMatch, SlotPart};
use crate::chain::gain::factor;
use crate::chain::stage::Sides;
use crate::engine::BLOCK;
use crate::rig::Settings;

pub(super) const SILENCE: Sides = [[0.0; BLOCK]; 2];

/// What is loaded into a slot.
#[derive(Default)]
pub(super) struct Slot {
    pub(super) pedal: Option<Box<Pedal>>,
    pub(super) amp: Option<Box<Amp>>,
    pub(super) level_match: Option<LevelMatch>,
}

/// What an amp hears of a guitar: past its pedal, and through it.
pub(super) struct Heard {
    pub(super) dry: Sides,
    pub(super) wet: Sides,
}

impl Slot {
    pub(super) fn update(&mut self, settings: &Settings) {
        if let Some(pedal) = &mut self.pedal {
            pedal.update(settings);
        }
        if let Some(amp) = &mut self.amp {
            amp.update(settings, self.level_match.as_ref());
        }
    }

    pub(super) fn finish(&mut self) {
        if let Some(pedal) = &mut self.pedal {
            pedal.finish();
        }
        if let Some(amp) = &mut self.amp {
            amp.finish();
        }
    }

    pub(super) fn reset(&mut self) {
        if let Some(pedal) = &mut self.pedal {
            pedal.reset();
        }
        if let Some(amp) = &mut self.amp {
            amp.reset();
        }
    }

    /// Puts a part into its place and gives back what was there.
    pub(super) fn replace(&mut self, part: SlotPart) -> SlotPart {
        match part {
            SlotPart::Pedal(pedal) => SlotPart::Pedal(std::mem::replace(&mut self.pedal, pedal)),
            SlotPart::Amp(amp) => SlotPart::Amp(std::mem::replace(&mut self.amp, amp)),
            SlotPart::LevelMatch(new) => {
                SlotPart::LevelMatch(std::mem::replace(&mut self.level_match, new))
            }
            other => other,
        }
    }
}

/// What a guitar is through a pedal, and past it.
pub(super) fn through(
    pedal: Option<&mut Pedal>,
    guitar: &Sides,
    dry: &Sides,
    frames: usize,
) -> Heard {
    let mut heard = Heard {
        dry: *dry,
        wet: SILENCE,
    };
    if let Some(pedal) = pedal {
        pedal.process(guitar, &mut heard.dry, &mut heard.wet, frames);
    }
    heard
}

/// What lies between a pedal and an amp, as a factor.
pub(super) fn cable(pedal: Option<&Pedal>, amp: &Amp) -> f32 {
    pedal.map_or(1.0, |pedal| factor(pedal.gain_to_db(amp.levels())) as f32)
}

impl Heard {
    /// At the level that the amp hears it at. `drive`: what passes the pedal by is multiplied by that.
    pub(super) fn at_amp(&self, drive: &[f32; BLOCK], cable: f32) -> Sides {
        let mut sum = self.dry;
        for (sum, wet) in sum.iter_mut().zip(&self.wet) {
            for ((sum, wet), drive) in sum.iter_mut().zip(wet).zip(drive) {
                *sum = *sum * drive + cable * wet;
            }
        }
        sum
    }
}

/// What an amp makes of what it hears; silence, if there is none.
pub(super) fn play(
    amp: Option<&mut Amp>,
    pedal: Option<&Pedal>,
    heard: &Heard,
    frames: usize,
) -> Sides {
    let mut output = SILENCE;
    if let Some(amp) = amp {
        let heard = heard.at_amp(&amp.drive(frames), cable(pedal, amp));
        amp.process(&heard, &mut output, frames);
    }
    output
}
