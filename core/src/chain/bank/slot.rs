//! What a slot holds. Those of the amps hold pedals and amps, those of the cabinets hold cabinets.

use super::part::SlotPart;
use crate::chain::config::LevelMatch;
use crate::chain::gain::factor;
use crate::chain::parts::{Amp, Cab, Part, Pedal};
use crate::rig::Settings;
use std::mem::replace;

/// What is loaded into a slot.
#[derive(Default)]
pub(super) struct Slot {
    pub(super) pedal: Option<Box<Pedal>>,
    pub(super) amp: Option<Box<Amp>>,
    pub(super) cab: Option<Box<Cab>>,
    pub(super) level_match: Option<LevelMatch>,
    /// What lies between its pedal and its amp, see [`cable`]; of no meaning where there is no amp.
    pub(super) cable: f32,
}

impl Slot {
    fn parts(&mut self) -> impl Iterator<Item = &mut dyn Part> {
        let pedal = self
            .pedal
            .as_deref_mut()
            .map(|pedal| pedal as &mut dyn Part);
        let amp = self.amp.as_deref_mut().map(|amp| amp as &mut dyn Part);
        let cab = self.cab.as_deref_mut().map(|cab| cab as &mut dyn Part);
        [pedal, amp, cab].into_iter().flatten()
    }

    pub(super) fn update(&mut self, settings: &Settings) {
        let like = self.level_match;
        self.parts()
            .for_each(|part| part.update(settings, like.as_ref()));
    }

    pub(super) fn finish(&mut self) {
        self.parts().for_each(|part| part.finish());
    }

    pub(super) fn reset(&mut self) {
        self.parts().for_each(|part| part.reset());
    }

    /// Puts a part into its place and gives back what was there.
    pub(super) fn replace(&mut self, part: SlotPart) -> SlotPart {
        let old = match part {
            SlotPart::Pedal(pedal) => SlotPart::Pedal(replace(&mut self.pedal, pedal)),
            SlotPart::Amp(amp) => SlotPart::Amp(replace(&mut self.amp, amp)),
            SlotPart::Cab(cab) => SlotPart::Cab(replace(&mut self.cab, cab)),
            SlotPart::LevelMatch(new) => SlotPart::LevelMatch(replace(&mut self.level_match, new)),
        };
        self.cable = cable(self.pedal.as_deref(), self.amp.as_deref());
        old
    }

    /// Takes out one of the parts that are in it.
    pub(super) fn take(&mut self) -> Option<SlotPart> {
        let pedal = self.pedal.take().map(|pedal| SlotPart::Pedal(Some(pedal)));
        pedal
            .or_else(|| Some(SlotPart::Amp(Some(self.amp.take()?))))
            .or_else(|| Some(SlotPart::Cab(Some(self.cab.take()?))))
            .or_else(|| Some(SlotPart::LevelMatch(Some(self.level_match.take()?))))
    }
}

/// What lies between a pedal and an amp, as a factor; 1 where one of them is missing.
pub(super) fn cable(pedal: Option<&Pedal>, amp: Option<&Amp>) -> f32 {
    match (pedal, amp) {
        (Some(pedal), Some(amp)) => factor(pedal.gain_to_db(amp.levels())) as f32,
        _ => 1.0,
    }
}
