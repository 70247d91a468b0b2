//! Slots of which one plays, what it is gone over to, and what is gone over from.

use super::part::{Retired, SlotPart};
use super::settings::BankSettings;
use super::slot::Slot;
use crate::rig::SLOTS;
use std::mem::{discriminant, replace};

/// What comes in or goes out.
pub(super) enum Other {
    Slot(usize),
    /// A part of the slot that plays.
    Part(SlotPart),
}

/// Slots of which one plays; the others sleep.
pub(super) struct Slots {
    pub(super) all: [Slot; SLOTS],
    /// The slot that is heard; while two are, the one that fades in.
    pub(super) playing: usize,
    /// What is on its way, and not heard yet.
    pub(super) coming: Option<Other>,
    /// What fades out. Nothing begins to fade in until it has.
    pub(super) leaving: Option<Other>,
    /// What is to be put into a slot as soon as that is not heard.
    parked: Option<(usize, SlotPart)>,
    /// Whether nothing was played since the start or the last reset.
    pub(super) fresh: bool,
    retired: Retired,
}

impl Slots {
    /// Empty ones, of which the first plays.
    pub(super) fn new() -> Self {
        Slots {
            all: Default::default(),
            playing: 0,
            coming: None,
            leaving: None,
            parked: None,
            fresh: true,
            retired: Retired::default(),
        }
    }

    /// The slot that will play.
    pub(super) fn next(&self) -> usize {
        match self.coming {
            Some(Other::Slot(slot)) => slot,
            _ => self.playing,
        }
    }

    /// The part that is on its way to a slot that is heard.
    pub(super) fn coming_part(&self, slot: usize) -> Option<&SlotPart> {
        match (&self.parked, &self.coming) {
            (Some((parked, part)), _) if *parked == slot => Some(part),
            (_, Some(Other::Part(part))) if slot == self.playing => Some(part),
            _ => None,
        }
    }

    /// Whether a slot is to be emptied of its amp as soon as it is left.
    pub(super) fn loses_amp(&self, slot: usize) -> bool {
        matches!(self.parked, Some((parked, SlotPart::Amp(None))) if parked == slot)
    }

    /// Whether a part can be taken now. What plays can be gone over from only once at a time.
    pub(super) fn accepts(&self, slot: usize, part: &SlotPart) -> bool {
        let plays = slot == self.playing;
        let refused = match (&self.leaving, &self.coming) {
            (Some(Other::Slot(left)), _) => plays || slot == *left,
            (Some(Other::Part(_)), _) | (None, Some(Other::Slot(_))) => plays,
            (None, Some(Other::Part(of))) => plays && discriminant(of) != discriminant(part),
            (None, None) => plays && self.parked.is_some(),
        };
        self.retired.has_room() && !refused
    }

    /// Takes a part that is accepted, in the place of what is given back. `Err`: it is to be gone over
    /// to; `at_once`: it need not be.
    pub(super) fn load(
        &mut self,
        slot: usize,
        mut part: SlotPart,
        rig: &BankSettings,
        at_once: bool,
    ) -> Result<SlotPart, SlotPart> {
        if let Some(part) = part.playable() {
            part.update(&rig.resolve(slot));
            part.finish();
        }
        match slot == self.playing && !self.fresh && !at_once {
            true => Err(part),
            false => Ok(self.all[slot].replace(part)),
        }
    }

    /// Keeps a part that is no longer played, until it is taken.
    pub(super) fn retire(&mut self, part: SlotPart) {
        self.retired.push(part);
    }

    /// A part that is no longer played.
    pub(super) fn take_retired(&mut self) -> Option<SlotPart> {
        self.retired.take()
    }

    /// Takes out what is loaded, a part at a call.
    pub(super) fn take_any(&mut self) -> Option<(usize, SlotPart)> {
        self.settle();
        let mut slots = self.all.iter_mut().enumerate();
        slots.find_map(|(n, slot)| Some((n, slot.take()?)))
    }

    /// Brings what is heard or on its way to what is set. The others follow when they are woken.
    pub(super) fn update(&mut self, rig: &BankSettings) {
        let playing = rig.resolve(self.playing);
        self.all[self.playing].update(&playing);
        for other in [&mut self.coming, &mut self.leaving].into_iter().flatten() {
            match other {
                Other::Slot(slot) => self.all[*slot].update(&rig.resolve(*slot)),
                Other::Part(part) => part.update(&playing),
            }
        }
        if let Some((slot, part)) = &mut self.parked {
            part.update(&rig.resolve(*slot));
        }
    }

    /// Goes over to another one. What was on its way and nobody has heard yet is given up.
    pub(super) fn go(&mut self, to: Other) {
        self.give_up();
        self.coming = Some(to);
    }

    /// Gives up what is on its way.
    pub(super) fn give_up(&mut self) {
        if let Some(Other::Part(part)) = self.coming.take() {
            self.retire(part);
        }
    }

    /// Keeps a part for the time when the slot that plays does not, in place of what is on its way.
    pub(super) fn park(&mut self, part: SlotPart) {
        self.give_up();
        self.parked = Some((self.playing, part));
    }

    /// Puts off what is on its way to the slot that plays, and gives up what is on its way to another.
    pub(super) fn put_off(&mut self) {
        if let Some(Other::Part(part)) = self.coming.take() {
            self.park(part);
        }
    }

    /// What was put off for a slot, if that plays again and nothing else is going on.
    pub(super) fn resume(&mut self, slot: usize) -> Option<SlotPart> {
        let idle = self.coming.is_none() && self.leaving.is_none() && slot == self.playing;
        let parked = self.parked.take_if(|(parked, _)| idle && *parked == slot);
        parked.map(|(_, part)| part)
    }

    /// What was on its way begins to be heard, and what was heard before leaves.
    pub(super) fn begin(&mut self) {
        self.leaving = match self.coming.take() {
            Some(Other::Slot(slot)) => Some(Other::Slot(replace(&mut self.playing, slot))),
            Some(Other::Part(part)) => Some(Other::Part(self.all[self.playing].replace(part))),
            None => None,
        };
    }

    /// Back to the slot that was being left; gives whether there was one.
    pub(super) fn reverse(&mut self) -> bool {
        if let Some(Other::Slot(left)) = &mut self.leaving {
            std::mem::swap(left, &mut self.playing);
            return true;
        }
        false
    }

    /// What left is not heard any more: the slot, or the part that is in none now.
    pub(super) fn end(&mut self) -> Option<Other> {
        match self.leaving.take() {
            Some(Other::Slot(left)) => {
                let parked = self.parked.take_if(|(slot, _)| *slot == left);
                Some(match parked {
                    Some((_, part)) => Other::Part(self.all[left].replace(part)),
                    None => Other::Slot(left),
                })
            }
            other => other,
        }
    }

    /// Everything is where it was going, and the next sound is heard at once.
    pub(super) fn settle(&mut self) {
        self.fresh = true;
        if let Some(Other::Part(part)) = self.coming.take() {
            let old = self.all[self.playing].replace(part);
            self.retire(old);
        }
        if let Some(Other::Part(part)) = self.leaving.take() {
            self.retire(part);
        }
        if let Some((slot, part)) = self.parked.take() {
            let old = self.all[slot].replace(part);
            self.retire(old);
        }
    }

    /// Back to silence; those that sleep, too: what is rendered is then the same each time.
    pub(super) fn reset(&mut self) {
        self.all.iter_mut().for_each(Slot::reset);
    }
}
