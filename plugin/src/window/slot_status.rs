//! What is shown of slots and of MIDI until the session says it.

use gridleak_core::{ParameterId, SlotSettings};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum SlotColour {
    #[default]
    None,
    Red,
    Orange,
    Yellow,
    Green,
    Cyan,
    Blue,
    Violet,
    Pink,
}

impl SlotColour {
    pub(crate) const ALL: [Self; 9] = [
        Self::None,
        Self::Red,
        Self::Orange,
        Self::Yellow,
        Self::Green,
        Self::Cyan,
        Self::Blue,
        Self::Violet,
        Self::Pink,
    ];

    pub(crate) fn id(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Red => "red",
            Self::Orange => "orange",
            Self::Yellow => "yellow",
            Self::Green => "green",
            Self::Cyan => "cyan",
            Self::Blue => "blue",
            Self::Violet => "violet",
            Self::Pink => "pink",
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum SlotReadiness {
    #[default]
    Empty,
    Loading,
    Ready,
    Failed,
}

#[derive(Debug, Clone, Default)]
pub(crate) struct SlotStatus {
    pub(crate) name: String,
    pub(crate) colour: SlotColour,
    pub(crate) state: SlotReadiness,
    /// What plays there, or why nothing does.
    pub(crate) text: String,
    pub(crate) settings: SlotSettings,
    pub(crate) plays: bool,
}

#[derive(Debug, Clone, Default)]
pub(crate) struct MidiStatus {
    pub(crate) waits: Option<ParameterId>,
    pub(crate) controllers: Vec<(u8, ParameterId)>,
}

impl MidiStatus {
    pub(crate) fn cc_of(&self, which: ParameterId) -> Option<u8> {
        let mut all = self.controllers.iter();
        all.find(|(_, to)| *to == which).map(|(cc, _)| *cc)
    }
}
