//! What is loaded into the slots of a chain, on its way there and back.

use super::settings::Resolved;
use crate::chain::config::{BuildId, ProcessConfig};
use crate::chain::parts::{Amp, Cab, Part, Pedal};

/// A part of a slot, on its way to a chain.
pub struct Loaded {
    /// The slot, less than [`crate::SLOTS`].
    pub slot: usize,
    /// What is to be in it.
    pub part: SlotPart,
}

/// What a slot consists of. Nothing in its place is `None`.
pub enum SlotPart {
    /// The pedal before the amp.
    Pedal(Option<Box<Pedal>>),
    /// The capture.
    Amp(Option<Box<Amp>>),
    /// The cabinet behind it.
    Cab(Option<Box<Cab>>),
}

impl SlotPart {
    /// What there is of it: its number, and what it was made for.
    fn built(&self) -> Option<(BuildId, ProcessConfig)> {
        match self {
            SlotPart::Pedal(pedal) => pedal.as_ref().map(|pedal| (pedal.id(), pedal.config())),
            SlotPart::Amp(amp) => amp.as_ref().map(|amp| (amp.id(), amp.config())),
            SlotPart::Cab(cab) => cab.as_ref().map(|cab| (cab.id(), cab.config())),
        }
    }

    /// The number that it was built with; `None` for nothing.
    pub fn id(&self) -> Option<BuildId> {
        self.built().map(|(id, _)| id)
    }

    /// Whether it was made for a chain of this config. Nothing fits all.
    pub fn fits(&self, config: ProcessConfig) -> bool {
        self.built().is_none_or(|(_, made_for)| made_for == config)
    }

    /// What plays.
    pub(super) fn playable(&mut self) -> Option<&mut dyn Part> {
        match self {
            SlotPart::Pedal(Some(pedal)) => Some(&mut **pedal),
            SlotPart::Amp(Some(amp)) => Some(&mut **amp),
            SlotPart::Cab(Some(cab)) => Some(&mut **cab),
            _ => None,
        }
    }

    /// Brings it to what is set, smoothly.
    pub(super) fn update(&mut self, to: &Resolved) {
        if let Some(part) = self.playable() {
            part.update(to);
        }
    }
}

/// What a stage is done with, until it is taken away to be dropped on another thread.
#[derive(Default)]
pub(super) struct Retired([Option<SlotPart>; 8]);

impl Retired {
    /// Whether there is room for all that taking one part in can leave behind.
    pub(super) fn has_room(&self) -> bool {
        self.0.iter().filter(|place| place.is_none()).count() >= 5
    }

    /// Keeps a part. There is room: nothing is accepted without.
    pub(super) fn push(&mut self, part: SlotPart) {
        if part.id().is_none() {
            return;
        }
        match self.0.iter_mut().find(|place| place.is_none()) {
            Some(place) => *place = Some(part),
            // Never dropped on the audio thread, whatever went wrong.
            None => {
                debug_assert!(false, "no room");
                std::mem::forget(part);
            }
        }
    }

    pub(super) fn take(&mut self) -> Option<SlotPart> {
        self.0.iter_mut().find_map(Option::take)
    }
}
