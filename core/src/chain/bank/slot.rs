//! What a slot holds. Those of the amps hold pedals and amps, those of the cabinets hold cabinets.

use super::part::SlotPart;
use super::settings::Resolved;
use crate::chain::gain::factor;
use crate::chain::parts::{Amp, Cab, Part, Pedal};
use std::mem::replace;

/// What is loaded into a slot.
#[derive(Default)]
pub(super) struct Slot {
    pub(super) pedal: Option<Box<Pedal>>,
    pub(super) amp: Option<Box<Amp>>,
    pub(super) cab: Option<Box<Cab>>,
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

    /// Brings it to what is set, smoothly.
    pub(super) fn update(&mut self, to: &Resolved) {
        self.parts().for_each(|part| part.update(to));
    }

    /// Brings it, perhaps after a long sleep, to what is set now.
    pub(super) fn wake(&mut self, to: &Resolved) {
        for part in self.parts() {
            part.update(to);
            part.finish();
        }
    }

    /// Has the size of its captures at once, for it is not heard before it has heard enough.
    pub(super) fn jump(&mut self) {
        self.parts().for_each(|part| part.jump());
    }

    pub(super) fn reset(&mut self) {
        self.parts().for_each(|part| part.reset());
    }

    /// See [`cable`].
    pub(super) fn cable(&self) -> f32 {
        cable(self.pedal.as_deref(), self.amp.as_deref())
    }

    /// Puts a part into its place and gives back what was there.
    pub(super) fn replace(&mut self, part: SlotPart) -> SlotPart {
        match part {
            SlotPart::Pedal(pedal) => SlotPart::Pedal(replace(&mut self.pedal, pedal)),
            SlotPart::Amp(amp) => SlotPart::Amp(replace(&mut self.amp, amp)),
            SlotPart::Cab(cab) => SlotPart::Cab(replace(&mut self.cab, cab)),
        }
    }

    /// Takes out one of the parts that are in it.
    pub(super) fn take(&mut self) -> Option<SlotPart> {
        let pedal = self.pedal.take().map(|pedal| SlotPart::Pedal(Some(pedal)));
        pedal
            .or_else(|| Some(SlotPart::Amp(Some(self.amp.take()?))))
            .or_else(|| Some(SlotPart::Cab(Some(self.cab.take()?))))
    }
}

/// What lies between a pedal and an amp, as a factor; 1 where one of them is missing.
pub(super) fn cable(pedal: Option<&Pedal>, amp: Option<&Amp>) -> f32 {
    match (pedal, amp) {
        (Some(pedal), Some(amp)) => factor(pedal.gain_to_db(amp.levels())) as f32,
        _ => 1.0,
    }
}
