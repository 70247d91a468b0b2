//! The parts of a rig that come from files.

use gridleak_core::{Settings, Side};

use crate::builtin::{AUTOMATIC, CAPTURES, NOTHING};
use crate::session::references::SavedPart;

/// A part of the rig that is loaded, each into a place of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part {
    /// The capture of an amp.
    Capture,
    /// Another one, to compare with it; B where that is A.
    SecondCapture,
    /// The capture of a pedal before it.
    Pedal,
    /// The impulse response of the cabinet.
    Cab,
    /// Another one, blended with it.
    SecondCab,
}

/// One of something for each part.
pub(crate) type ForParts<T> = [T; Part::ALL.len()];

impl Part {
    pub(crate) const ALL: [Part; 5] = [
        Part::Capture,
        Part::SecondCapture,
        Part::Pedal,
        Part::Cab,
        Part::SecondCab,
    ];

    /// The capture that is to play in such settings.
    pub(crate) fn playing(settings: &Settings) -> Self {
        match settings.side {
            Side::A => Part::Capture,
            Side::B => Part::SecondCapture,
        }
    }

    /// Its place in [`ForParts`].
    pub(crate) fn index(self) -> usize {
        self as usize
    }

    /// Where it stands in a saved rig: the slot, and the key there. It must never change.
    pub(crate) fn place(self) -> (usize, &'static str) {
        match self {
            Part::Capture => (0, "capture"),
            Part::SecondCapture => (1, "capture"),
            Part::Pedal => (0, "pedal"),
            Part::Cab => (0, "cab"),
            Part::SecondCab => (0, "cab_2"),
        }
    }

    /// What the part is called where something is wrong with it.
    pub(crate) fn title(self) -> &'static str {
        match self {
            Part::Capture => "Capture",
            Part::SecondCapture => "Capture B",
            Part::Pedal => "Pedal",
            Part::Cab => "Cabinet",
            Part::SecondCab => "Second cabinet",
        }
    }

    /// Whether it is an impulse response rather than a capture.
    pub(crate) fn is_cab(self) -> bool {
        matches!(self, Part::Cab | Part::SecondCab)
    }

    /// What a new instance has there.
    pub(crate) fn first(self) -> SavedPart {
        SavedPart::built_in(match self {
            Part::Capture => CAPTURES[0].name,
            Part::Cab => AUTOMATIC,
            Part::SecondCapture | Part::Pedal | Part::SecondCab => NOTHING,
        })
    }
}
