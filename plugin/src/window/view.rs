//! What the window shows and what comes of it, as plain values.

use std::path::PathBuf;
use std::sync::Arc;

use gridleak_core::{OwnGroup, ParameterId, SlotKnob};

use super::controls::{Controls, KnobId};
use crate::session::folder::Step;
use crate::session::library::{Listing, Origin};
use crate::session::midi::MidiStatus;
use crate::session::part::{Part, PartKind};
use crate::session::presets::PresetAction;
use crate::session::rig::SlotColour;
use crate::session::status::{PartStatus, SlotStatus, Status};

/// All that is to be seen.
#[derive(Debug, Clone)]
pub(crate) struct View {
    pub(crate) status: Status,
    pub(crate) controls: Controls,
    pub(crate) midi: MidiStatus,
    /// What there is to browse; a new one whenever it has changed.
    pub(crate) listing: Arc<Listing>,
    /// Whether the system's file dialog is open.
    pub(crate) choosing: bool,
}

impl View {
    /// The slot that is asked for.
    pub(super) fn asked(&self) -> usize {
        self.controls.settings.slot
    }

    /// What is shown of it.
    pub(super) fn slot(&self) -> &SlotStatus {
        &self.status.slots[self.asked()]
    }

    /// The part of this kind of the slot that is shown, which is the one that is asked for.
    pub(super) fn at(&self, kind: PartKind) -> Part {
        Part::new(self.asked(), kind)
    }

    /// What is shown of that part.
    pub(super) fn part(&self, kind: PartKind) -> &PartStatus {
        &self.status.parts[self.at(kind).index()]
    }

    /// Whether there is something that a switch switches: a lamp that is lit where nothing is loaded
    /// tells of a sound that is not there.
    pub(super) fn has_something_to_switch(&self, switch: ParameterId) -> bool {
        match switch {
            ParameterId::Pedal => self.part(PartKind::Pedal).plays,
            ParameterId::Cab => [PartKind::Cab, PartKind::SecondCab]
                .into_iter()
                .any(|cab| self.part(cab).response.is_some()),
            _ => true,
        }
    }
}

/// What somebody did in the window.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Action {
    /// Ask for a file to load as a part.
    OpenDialog(Part),
    /// Ask where the file of a part is now.
    Locate(Part),
    /// The file that plays in the place of a part's is right.
    UseNewFile(Part),
    /// It is not.
    KeepLooking(Part),
    /// The neighbour of a part in its folder.
    Step(Part, Step),
    /// Nothing in the place of a part.
    Clear(Part),
    /// The cabinet that suits the capture of a slot.
    ChooseCabByCapture(usize),
    /// A knob is taken hold of; [`Action::Set`] comes only between this and [`Action::End`].
    Begin(ParameterId),
    /// A knob is turned to a value within its range.
    Set(ParameterId, f32),
    /// A knob is let go.
    End(ParameterId),
    /// A switch is thrown or an option chosen, as its plain value.
    Change(ParameterId, f32),
    /// Gives a slot a name.
    RenameSlot(usize, String),
    ColourSlot(usize, SlotColour),
    /// Turns a knob that each slot has, to a value within its range.
    TurnSlot(usize, SlotKnob, f32),
    /// Has a slot have values of its own, which are at first those of the rig, or no longer.
    SetOwn(usize, OwnGroup, bool),
    /// Puts into the second slot what is in the first.
    CopySlot(usize, usize),
    SwapSlots(usize, usize),
    /// Has nothing in a slot.
    ClearSlot(usize),
    /// Has the slots as loud as each other.
    MatchLevels,
    /// Leaves them as they are after all.
    CancelMatching,
    /// Has the next controller that moves move a parameter.
    LearnMidi(ParameterId),
    /// Has no controller move it any more.
    ForgetMidi(ParameterId),
    /// Waits for no controller any more.
    CancelLearning,
    /// Has new instances begin with the level of the interface that this one has.
    KeepInterface,
    /// Has the project carry the files, or no longer.
    SetEmbedding(bool),
    /// Takes the last change back.
    Undo,
    /// Makes it again.
    Redo,
    /// Counts blocks that came too late anew.
    ForgetOverruns,
    /// The browser is shown; with every picture of it.
    Browse,
    /// Look through the folders of the browser again.
    Rescan,
    /// Load a sound of the browser as a part.
    Open(Part, Origin),
    /// Make a sound a favourite, or no longer.
    SetFavourite(Origin, bool),
    /// Ask for a folder for the browser.
    AddFolder,
    /// Have the browser list a folder.
    ListFolder(PathBuf),
    /// Have the browser list a folder no longer; the folder itself stays.
    RemoveFolder(PathBuf),
    /// The window has had this width and height for a while, in points.
    Resized(u32, u32),
    DismissMessage,
    /// Something with presets.
    Preset(PresetAction),
}

impl Action {
    /// What takes hold of a knob. Those of slots are the host's no business: it is not told.
    pub(super) fn begin(knob: KnobId) -> Option<Self> {
        match knob {
            KnobId::Parameter(which) => Some(Self::Begin(which)),
            KnobId::Slot(..) => None,
        }
    }

    pub(super) fn set(knob: KnobId, value: f32) -> Self {
        match knob {
            KnobId::Parameter(which) => Self::Set(which, value),
            KnobId::Slot(slot, knob) => Self::TurnSlot(slot, knob, value),
        }
    }

    /// What lets go of it.
    pub(super) fn end(knob: KnobId) -> Option<Self> {
        match knob {
            KnobId::Parameter(which) => Some(Self::End(which)),
            KnobId::Slot(..) => None,
        }
    }

    /// What sets a number at once, in a gesture of its own.
    pub(super) fn gesture(knob: KnobId, value: f32) -> impl Iterator<Item = Self> {
        let set = Some(Self::set(knob, value));
        [Self::begin(knob), set, Self::end(knob)]
            .into_iter()
            .flatten()
    }
}
