//! What the loader's work looks like from outside.

use std::path::Path;
use std::sync::Arc;

use gridleak_core::{Control, Levels};

use crate::card::Card;
use crate::editor::Message;
use crate::folder::Place;
use crate::library::Origin;
use crate::part::ForParts;

/// What the window shows of the loader's work.
#[derive(Debug, Clone, Default)]
pub(crate) struct Shown {
    pub(crate) parts: ForParts<ShownPart>,
    /// What went wrong or is worth knowing about no part alone.
    pub(super) message: Option<Message>,
    /// What there is to say of the project as a whole.
    pub(super) project: Option<Message>,
}

/// What the window shows of a part of the rig.
#[derive(Debug, Clone, Default)]
pub(crate) struct ShownPart {
    /// What plays, or is missing, for people; `None` where there is nothing.
    pub(crate) name: Option<String>,
    /// Where it comes from.
    pub(crate) origin: Option<Origin>,
    /// Of a capture.
    pub(crate) capture: Option<ShownCapture>,
    /// Its place among the like in its folder.
    pub(crate) place: Option<Place>,
    /// Of a cabinet that follows the capture.
    pub(crate) automatic: bool,
    /// What an impulse response does, in dB at the frequencies of a curve.
    pub(crate) response: Option<Arc<[f32]>>,
    pub(super) message: Option<Message>,
}

/// What the window shows of a capture.
#[derive(Debug, Clone)]
pub(crate) struct ShownCapture {
    /// What is known of its levels.
    pub(crate) levels: Levels,
    /// Whether it has several sizes.
    pub(crate) slims: bool,
    /// Whether it was made of an amp with its cabinet.
    pub(crate) has_cab: bool,
    /// Its knobs; most have none.
    pub(crate) knobs: Arc<[Control]>,
    /// What there is to read about it.
    pub(crate) card: Arc<Card>,
}

impl ShownPart {
    /// The file that it comes from, if it does.
    pub(crate) fn file(&self) -> Option<&Path> {
        match &self.origin {
            Some(Origin::File(path)) => Some(path),
            _ => None,
        }
    }
}

impl Shown {
    /// What went wrong or is worth knowing.
    pub(crate) fn message(&self) -> Option<&Message> {
        let mut parts = self.parts.iter().map(|part| part.message.as_ref());
        let message = parts.find_map(|message| message).or(self.message.as_ref());
        message.or(self.project.as_ref())
    }
}
