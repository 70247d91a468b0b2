//! What is loaded into the slots of a chain, on its way there and back.

use super::config::ProcessConfig;
use super::stages::{Amp, Cab, Pedal};
use crate::levels::Levels;
use crate::loudness::MAX_GAIN;

/// Slots of a chain: rigs that are ready to be gone over to.
pub const SLOTS: usize = 8;

/// A number that tells everything that was ever built apart. The caller gives it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BuildId(pub u64);

/// A part of a slot, on its way to a chain.
pub struct Loaded {
    /// The slot, less than [`SLOTS`].
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
    /// What its capture comes out as loud as, while levels are matched.
    LevelMatch(Option<LevelMatch>),
}

/// What makes one capture as loud as another one.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LevelMatch {
    levels: Levels,
    gap_db: f32,
}

impl LevelMatch {
    /// As loud as a capture of the levels `other` comes out, whatever the output mode. `gap_db`: how much
    /// louder that plays the same input, in dB; at most 40 of it, either way, are made good.
    pub fn new(other: Levels, gap_db: f64) -> Self {
        LevelMatch {
            levels: other,
            gap_db: gap_db.clamp(-MAX_GAIN, MAX_GAIN) as f32,
        }
    }

    /// The levels that count instead of a capture's own, and how much louder it has to be, in dB.
    pub(super) fn levels(&self) -> (&Levels, f32) {
        (&self.levels, self.gap_db)
    }
}

impl SlotPart {
    /// Whether it was made for a chain of this config. Nothing, and what knows no config, fits all.
    pub fn fits(&self, config: ProcessConfig) -> bool {
        match self {
            SlotPart::Pedal(pedal) => pedal.as_ref().is_none_or(|pedal| pedal.config() == config),
            SlotPart::Amp(amp) => amp.as_ref().is_none_or(|amp| amp.config() == config),
            SlotPart::Cab(cab) => cab.as_ref().is_none_or(|cab| cab.config() == config),
            SlotPart::LevelMatch(_) => true,
        }
    }

    /// Whether it is something that was built.
    fn is_something(&self) -> bool {
        match self {
            SlotPart::Pedal(pedal) => pedal.is_some(),
            SlotPart::Amp(amp) => amp.is_some(),
            SlotPart::Cab(cab) => cab.is_some(),
            SlotPart::LevelMatch(_) => false,
        }
    }
}

/// What a stage is done with, until it is taken away to be dropped on another thread.
#[derive(Default)]
pub(super) struct Retired([Option<SlotPart>; 6]);

impl Retired {
    /// Whether there is room for all that taking one part in can leave behind.
    pub(super) fn has_room(&self) -> bool {
        self.0.iter().filter(|place| place.is_none()).count() >= 4
    }

    /// Keeps a part. There is room: nothing is accepted without.
    pub(super) fn push(&mut self, part: SlotPart) {
        if !part.is_something() {
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
