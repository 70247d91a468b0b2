//! The parts of a rig that come from files.

use gridleak_core::SLOTS;

use crate::builtin::{AUTOMATIC, CAPTURES, NOTHING};
use crate::session::references::SavedPart;

/// What each slot has one of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PartKind {
    /// The capture of an amp.
    Capture,
    /// The capture of a pedal before it.
    Pedal,
    /// The impulse response of the cabinet.
    Cab,
    /// Another one, blended with it.
    SecondCab,
}

/// A part of the rig that is loaded, each into a place of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Part {
    slot: u8,
    kind: PartKind,
}

/// How many parts there are.
const PARTS: usize = SLOTS * PartKind::ALL.len();

/// One of something for each part.
pub(crate) type ForParts<T> = [T; PARTS];

impl PartKind {
    pub(crate) const ALL: [PartKind; 4] = [
        PartKind::Capture,
        PartKind::Pedal,
        PartKind::Cab,
        PartKind::SecondCab,
    ];

    /// The key under which it stands in a saved slot. It must never change.
    pub(crate) fn key(self) -> &'static str {
        match self {
            PartKind::Capture => "capture",
            PartKind::Pedal => "pedal",
            PartKind::Cab => "cab",
            PartKind::SecondCab => "cab_2",
        }
    }

    /// What people call it.
    pub(crate) fn title(self) -> &'static str {
        match self {
            PartKind::Capture => "Capture",
            PartKind::Pedal => "Pedal",
            PartKind::Cab => "Cabinet",
            PartKind::SecondCab => "Second cabinet",
        }
    }

    /// Whether it is an impulse response rather than a capture.
    pub(crate) fn is_cab(self) -> bool {
        matches!(self, PartKind::Cab | PartKind::SecondCab)
    }
}

impl Part {
    /// The part of this kind of a slot, which is less than [`SLOTS`].
    pub(crate) const fn new(slot: usize, kind: PartKind) -> Self {
        assert!(slot < SLOTS);
        Part {
            slot: slot as u8,
            kind,
        }
    }

    /// All of them, slot by slot.
    pub(crate) fn all() -> ForParts<Part> {
        let kinds = PartKind::ALL.len();
        std::array::from_fn(|index| Part::new(index / kinds, PartKind::ALL[index % kinds]))
    }

    /// Those of a slot.
    pub(crate) fn of_slot(slot: usize) -> [Part; PartKind::ALL.len()] {
        PartKind::ALL.map(|kind| Part::new(slot, kind))
    }

    pub(crate) fn slot(self) -> usize {
        self.slot.into()
    }

    pub(crate) fn kind(self) -> PartKind {
        self.kind
    }

    /// Its place in [`ForParts`].
    pub(crate) fn index(self) -> usize {
        self.slot() * PartKind::ALL.len() + self.kind as usize
    }

    /// What the part is called where something is wrong with it; with its slot if that is not the one that
    /// is asked for.
    pub(crate) fn title(self, asked: usize) -> String {
        match self.slot() == asked {
            true => self.kind.title().into(),
            false => format!("Slot {}: {}", self.slot + 1, self.kind.title()),
        }
    }

    /// Whether it is an impulse response rather than a capture.
    pub(crate) fn is_cab(self) -> bool {
        self.kind.is_cab()
    }

    /// What a new instance has there.
    pub(crate) fn first(self) -> SavedPart {
        SavedPart::built_in(match (self.slot, self.kind) {
            (0, PartKind::Capture) => CAPTURES[0].name,
            (_, PartKind::Cab) => AUTOMATIC,
            _ => NOTHING,
        })
    }
}

#[cfg(test)]
impl Part {
    /// Those of the first slot, and the capture of the second.
    pub(crate) const CAPTURE: Part = Part::new(0, PartKind::Capture);
    pub(crate) const PEDAL: Part = Part::new(0, PartKind::Pedal);
    pub(crate) const CAB: Part = Part::new(0, PartKind::Cab);
    pub(crate) const SECOND_CAB: Part = Part::new(0, PartKind::SecondCab);
    pub(crate) const OTHER_CAPTURE: Part = Part::new(1, PartKind::Capture);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_part_has_a_place_of_its_own() {
        for (index, part) in Part::all().into_iter().enumerate() {
            assert_eq!(part.index(), index);
            assert_eq!(Part::new(part.slot(), part.kind()), part);
        }
        assert_eq!(Part::CAB.title(0), "Cabinet");
        assert_eq!(Part::OTHER_CAPTURE.title(0), "Slot 2: Capture");
    }
}
