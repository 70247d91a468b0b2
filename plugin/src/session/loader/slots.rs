//! What a user does to whole slots. Each can be taken back in one step.

use std::sync::Arc;
use std::time::Instant;

use gridleak_core::{OwnGroup, ParameterId};

use super::Loader;
use super::shown::LoaderStatus;
use crate::builtin::{CAPTURES, NOTHING};
use crate::session::history::{Change, SlotChange};
use crate::session::match_levels::MatchStatus;
use crate::session::message::Message;
use crate::session::part::{Part, PartKind};
use crate::session::references::SavedPart;
use crate::session::rig::{MOST_EMBEDDED, SavedSlot, SlotState};
use crate::session::status::Readiness;

impl Loader {
    /// Names a slot, colours it, sets its drive, its level and what it has of its own.
    pub(crate) fn change_slot(&self, slot: usize, state: SlotState) {
        let before = self.rig.slot_state(slot);
        self.put_slot_state(slot, state);
        let after = self.rig.slot_state(slot);
        if after != before {
            let change = Change::SlotState {
                slot,
                before: before.into(),
                after: after.into(),
            };
            self.history().lock().record(change, Instant::now());
        }
    }

    /// Does that or takes it back.
    pub(crate) fn put_slot_state(&self, slot: usize, state: SlotState) {
        self.rig.set_slot_state(slot, state);
        self.rig.changed();
        self.repaint.request();
    }

    /// Has a slot have values of its own for a group of parameters, beginning where the rig stands, or no
    /// longer.
    pub(crate) fn set_own(&self, slot: usize, group: OwnGroup, on: bool) {
        let state = self.rig.slot_state(slot);
        let shared = self.rig.unmodulated();
        self.change_slot(slot, state.with_own(group, on, &shared));
    }

    /// Sets what a slot has of its own for a parameter; says what it is then.
    pub(crate) fn set_own_value(&self, slot: usize, which: ParameterId, plain: f32) -> f32 {
        let now = self.rig.set_own_value(slot, which, plain);
        self.rig.changed();
        self.repaint.request();
        now
    }

    /// Puts a copy of a slot in the place of another.
    pub(crate) fn copy_slot(self: &Arc<Self>, from: usize, to: usize) {
        self.change_slots([(to, self.rig.slot(from))]);
    }

    /// Has two slots change places.
    pub(crate) fn swap_slots(self: &Arc<Self>, one: usize, other: usize) {
        self.change_slots([(one, self.rig.slot(other)), (other, self.rig.slot(one))]);
    }

    /// Empties a slot; the last capture of all becomes the first of ours.
    pub(crate) fn clear_slot(self: &Arc<Self>, slot: usize) {
        let mut empty = SavedSlot::first(slot);
        empty.parts[PartKind::Capture as usize] = SavedPart::built_in(self.cleared_capture(slot));
        self.change_slots([(slot, empty)]);
    }

    /// What a slot has for a capture when that is taken away: a rig is to sound.
    pub(super) fn cleared_capture(&self, slot: usize) -> &'static str {
        match self.rig.filled() & !(1 << slot) {
            0 => CAPTURES[0].name,
            _ => NOTHING,
        }
    }

    /// Puts other slots in the place of some, as one change.
    pub(crate) fn change_slots<const N: usize>(self: &Arc<Self>, slots: [(usize, SavedSlot); N]) {
        let parts: Vec<Part> = slots
            .iter()
            .flat_map(|(slot, _)| Part::of_slot(*slot))
            .collect();
        let new = slots.iter().flat_map(|(_, slot)| &slot.parts);
        let new: usize = new.map(SavedPart::embedded_bytes).sum();
        if new > 0 && self.rig.embedded_besides(&parts) + new > MOST_EMBEDDED {
            return self.say(Message::error(format!(
                "With this, the project would carry more than {} MB of files. Turn off \"Keep in project\" first.",
                MOST_EMBEDDED >> 20
            )));
        }
        let changes = slots.map(|(slot, after)| SlotChange {
            slot,
            before: self.rig.slot(slot),
            after,
        });
        let change = Change::Slots(changes.to_vec());
        self.history().lock().record_alone(change, Instant::now());
        self.put_slots(changes.into());
    }

    /// Makes all slots as loud as the one that is asked for, by what was played last. A second time begins anew.
    pub(crate) fn match_levels(self: &Arc<Self>) {
        self.tell_matching(MatchStatus::Measures(0.0));
        let order = Some(self.orders.next_match());
        self.orders
            .give(None, |inbox| inbox.waiting.match_levels = order);
        self.run();
    }

    /// Stops that; all levels stay as they are.
    pub(crate) fn cancel_match_levels(&self) {
        self.orders.next_match();
        self.tell_matching(MatchStatus::Idle);
    }

    /// Shows how far that is.
    pub(super) fn tell_matching(&self, matching: MatchStatus) {
        let before = std::mem::replace(&mut self.shown.lock().matching, matching);
        if before != matching {
            self.repaint.request();
        }
    }

    /// Says what came of it.
    pub(super) fn end_matching(&self, message: Message) {
        self.tell_matching(MatchStatus::Idle);
        self.say(message);
    }

    /// Whether a slot can play.
    pub(crate) fn readiness(&self, shown: &LoaderStatus, slot: usize) -> Readiness {
        let parts = Part::of_slot(slot);
        let capture = &shown.parts[parts[PartKind::Capture as usize].index()];
        let generations = self.rig.generations(slot);
        match self.rig.filled() >> slot & 1 == 1 {
            false => Readiness::Empty,
            _ if shown.brought[slot] != Some(generations) => Readiness::Loading,
            _ if capture.absent.is_some() || capture.capture.is_none() || shown.refused[slot] => {
                Readiness::Failed
            }
            _ => Readiness::Ready,
        }
    }

    /// Makes changes that were made or taken back before.
    pub(crate) fn put_slots(self: &Arc<Self>, changes: Vec<SlotChange>) {
        let slots = changes.into_iter();
        self.rig
            .put_slots(slots.map(|change| (change.slot, change.after)));
        self.rig.changed();
        self.repaint.request();
        self.run();
    }
}
