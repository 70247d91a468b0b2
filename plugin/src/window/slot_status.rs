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
    Purple,
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
        Self::Purple,
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
            Self::Purple => "purple",
            Self::Pink => "pink",
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Readiness {
    #[default]
    Empty,
    Loading,
    Ready,
    Failed,
}

#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct SlotState {
    pub(crate) name: String,
    pub(crate) colour: SlotColour,
    pub(crate) settings: SlotSettings,
}

impl SlotState {
    pub(crate) const LONGEST_NAME: usize = 64;

    pub(crate) fn label(&self, slot: usize) -> String {
        match self.name.is_empty() {
            true => format!("Slot {}", slot + 1),
            false => self.name.clone(),
        }
    }
}

#[derive(Debug, Clone, Default)]
pub(crate) struct SlotStatus {
    pub(crate) slot: SlotState,
    pub(crate) state: Readiness,
    pub(crate) text: Option<String>,
    pub(crate) plays: bool,
    pub(crate) asked: bool,
}

impl SlotStatus {
    /// What it is called, or else what is in it; empty for nothing.
    pub(crate) fn called(&self) -> &str {
        match self.slot.name.as_str() {
            "" => self.text.as_deref().unwrap_or_default(),
            name => name,
        }
    }
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
