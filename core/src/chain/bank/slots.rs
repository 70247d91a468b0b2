//! Slots of which one plays, and what comes instead of it.

use super::crossfade::Crossfade;
use super::part::{Retired, SlotPart};
use super::slot::Slot;
use crate::rig::{SLOTS, Settings};
use std::mem::discriminant;

/// What comes in.
pub(super) enum Newcomer {
    Slot(usize),
    /// A part for the slot that plays.
    Part(SlotPart),
}

/// Slots of which one plays; the others sleep.
pub(super) struct Slots {
    pub(super) settings: Settings,
    pub(super) all: [Slot; SLOTS],
    pub(super) playing: usize,
    /// What is on its way.
    pub(super) newcomer: Option<Newcomer>,
    /// What is to be put into the slot that plays, as soon as it does not.
    pub(super) parked: Option<SlotPart>,
    /// Whether nothing was played since the start or the last reset.
    pub(super) fresh: bool,
    pub(super) crossfade: Crossfade,
    retired: Retired,
}

impl Slots {
    /// Empty ones, of which the first plays. `rate` in Hz.
    pub(super) fn new(rate: f64) -> Self {
        Slots {
            settings: Settings::default(),
            all: Default::default(),
            playing: 0,
            newcomer: None,
            parked: None,
            fresh: true,
            crossfade: Crossfade::new(rate),
            retired: Retired::default(),
        }
    }

    /// The slot that plays.
    pub(super) fn current(&mut self) -> &mut Slot {
        &mut self.all[self.playing]
    }

    /// The slot that will play.
    pub(super) fn coming(&self) -> usize {
        match self.newcomer {
            Some(Newcomer::Slot(slot)) => slot,
            _ => self.playing,
        }
    }

    /// The part that is on its way to a slot that plays already.
    pub(super) fn coming_part(&self, slot: usize) -> Option<&SlotPart> {
        match &self.newcomer {
            Some(Newcomer::Part(part)) if slot == self.playing => Some(part),
            _ => None,
        }
    }

    /// Whether a part can be taken now. What plays can be gone over from only once at a time;
    /// `heard`: the newcomer is heard already, so it cannot be replaced.
    pub(super) fn accepts(&self, slot: usize, part: &SlotPart, heard: bool) -> bool {
        let plays = slot == self.playing;
        let refused = match &self.newcomer {
            Some(Newcomer::Slot(to)) => plays || slot == *to && heard,
            Some(Newcomer::Part(of)) => plays && (heard || discriminant(of) != discriminant(part)),
            None => plays && self.parked.is_some(),
        };
        self.retired.has_room() && (!refused || matches!(part, SlotPart::LevelMatch(_)))
    }

    /// Takes a part that is accepted. One that is to be gone over to is given back; `at_once`: it need
    /// not be.
    pub(super) fn load(
        &mut self,
        slot: usize,
        mut part: SlotPart,
        at_once: bool,
    ) -> Option<SlotPart> {
        let like = self.all[slot].level_match;
        if let Some(part) = part.playable() {
            part.update(&self.settings, like.as_ref());
            part.finish();
        }
        if !self.fresh && !at_once && slot == self.playing {
            return Some(part);
        }
        self.put(slot, part);
        None
    }

    pub(super) fn put(&mut self, slot: usize, part: SlotPart) {
        let old = self.all[slot].replace(part);
        self.retired.push(old);
    }

    /// A part that is no longer played.
    pub(super) fn take_retired(&mut self) -> Option<SlotPart> {
        self.retired.take()
    }

    /// Takes out what is loaded, a part at a call.
    pub(super) fn take_any(&mut self) -> Option<(usize, SlotPart)> {
        self.settle_all();
        let mut slots = self.all.iter_mut().enumerate();
        slots.find_map(|(n, slot)| Some((n, slot.take()?)))
    }

    /// Brings the slots that are heard to what `settings` say. The others follow when they are woken.
    pub(super) fn update(&mut self, settings: &Settings) {
        self.settings = *settings;
        self.current().update(settings);
        let like = self.current().level_match;
        if let Some(part) = &mut self.parked {
            part.update(settings, like.as_ref());
        }
        match &mut self.newcomer {
            Some(Newcomer::Slot(slot)) => self.all[*slot].update(settings),
            Some(Newcomer::Part(part)) => part.update(settings, like.as_ref()),
            None => {}
        }
    }

    /// Brings a slot that slept, perhaps for long, to what is set now.
    pub(super) fn wake(&mut self, slot: usize) {
        self.all[slot].update(&self.settings);
        self.all[slot].finish();
    }

    /// Goes over to a newcomer. Another one that nobody has heard yet is given up.
    pub(super) fn go(&mut self, to: Newcomer) {
        self.give_up();
        self.crossfade.restart();
        self.newcomer = Some(to);
    }

    /// Gives up a newcomer that was not heard yet.
    pub(super) fn give_up(&mut self) {
        if let Some(Newcomer::Part(part)) = self.newcomer.take() {
            self.retired.push(part);
        }
    }

    /// Has the newcomer take over, and everything in its slot.
    pub(super) fn settle(&mut self) {
        let before = self.playing;
        match self.newcomer.take() {
            Some(Newcomer::Slot(slot)) => self.playing = slot,
            Some(Newcomer::Part(part)) => self.put(before, part),
            None => {}
        }
        if (self.fresh || self.playing != before)
            && let Some(part) = self.parked.take()
        {
            self.put(before, part);
        }
    }

    /// Everything is where it was going, and the next sound is heard at once.
    pub(super) fn settle_all(&mut self) {
        self.fresh = true;
        self.settle();
    }

    /// Back to silence; those that sleep, too: what is rendered is then the same each time.
    pub(super) fn reset(&mut self) {
        self.settle_all();
        self.all.iter_mut().for_each(Slot::reset);
    }
}
