//! What the loader's work looks like from outside.

use std::path::Path;
use std::sync::Arc;

use gridleak_core::{Control, Levels, SLOTS};

use crate::capture_info::CaptureInfo;
use crate::session::folder::FolderPosition;
use crate::session::library::Origin;
use crate::session::message::{Message, Question};
use crate::session::part::{ForParts, Part, PartKind};

/// What the window shows of the loader's work.
#[derive(Debug, Clone, Default)]
pub(crate) struct LoaderStatus {
    pub(crate) parts: ForParts<PartLoaderStatus>,
    /// The generations of the references of each slot that were last loaded and built, or failed to.
    pub(super) brought: [Option<[u64; PartKind::ALL.len()]>; SLOTS],
    /// Whether what a slot is to play was not built: it cannot play here, or not before the audio starts anew.
    pub(super) refused: [bool; SLOTS],
    /// The slot that is asked for.
    pub(super) asked: usize,
    /// What went wrong or is worth knowing about no part alone.
    pub(super) message: Option<Message>,
    /// What there is to say of the project as a whole.
    pub(super) project: Option<Message>,
}

/// What the window shows of a part of the rig.
#[derive(Debug, Clone, Default)]
pub(crate) struct PartLoaderStatus {
    /// What is meant to play, for people; `None` where there is nothing.
    pub(crate) name: Option<String>,
    /// Why that does not play, if it does not.
    pub(crate) absent: Option<Absent>,
    /// Where it comes from.
    pub(crate) origin: Option<Origin>,
    /// Of a capture.
    pub(crate) capture: Option<CaptureLoaderStatus>,
    /// Its place among the like in its folder.
    pub(crate) place: Option<FolderPosition>,
    /// Of a cabinet that follows the capture.
    pub(crate) automatic: bool,
    /// What an impulse response does, in dB at the frequencies of a curve.
    pub(crate) response: Option<Arc<[f32]>>,
    pub(super) message: Option<Message>,
}

/// Why something else plays than the project means, or nothing. It stays until the project means
/// something else or has got it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Absent {
    /// The generation of the reference that means something else.
    pub(super) generation: u64,
    pub(super) cause: Cause,
    /// What plays instead, for people; `None` for nothing.
    pub(super) instead: Option<String>,
    /// Whether the user is to say if what plays instead is right.
    pub(super) asks: bool,
}

/// Which message was taken away.
pub(super) enum Dismissed {
    Of(Part),
    /// That of no part alone.
    OfNone,
    Nothing,
}

/// What is the matter with something that does not play.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Cause {
    /// It was not found, or something else in its place.
    Missing,
    /// It was found and is no sound.
    Unreadable,
    /// A newer version has saved it.
    NotUnderstood,
}

/// What the window shows of a capture.
#[derive(Debug, Clone)]
pub(crate) struct CaptureLoaderStatus {
    /// What is known of its levels.
    pub(crate) levels: Levels,
    /// Whether it has several sizes.
    pub(crate) slims: bool,
    /// Whether it was made of an amp with its cabinet.
    pub(crate) has_cab: bool,
    /// Its knobs; most have none.
    pub(crate) knobs: Arc<[Control]>,
    /// What there is to read about it.
    pub(crate) card: Arc<CaptureInfo>,
}

impl PartLoaderStatus {
    /// What is meant to play, and what does if that is not it: what to show wherever the name is
    /// shown. `None` where there is nothing.
    pub(crate) fn text(&self) -> Option<String> {
        let name = self.name.as_ref()?;
        let Some(Absent { cause, instead, .. }) = &self.absent else {
            return Some(name.clone());
        };
        let cause = match cause {
            Cause::Missing => "Missing",
            Cause::Unreadable => "Cannot be read",
            Cause::NotUnderstood => "Not understood",
        };
        let instead = instead.as_deref().unwrap_or("Nothing");
        Some(format!("{cause}: {name}. {instead} plays instead"))
    }

    /// The file that it comes from, if it does.
    pub(crate) fn file(&self) -> Option<&Path> {
        match &self.origin {
            Some(Origin::File(path)) => Some(path),
            _ => None,
        }
    }
}

impl LoaderStatus {
    /// What does not play as the project means it, in a line that begins with the slot that is asked for;
    /// `None` if all does.
    pub(crate) fn absent(&self, asked: usize) -> Option<String> {
        let texts = asked_first(asked).filter_map(|part| {
            let shown = &self.parts[part.index()];
            let text = shown.absent.as_ref().and_then(|_| shown.text());
            text.map(|text| of_slot(part, asked, text))
        });
        let texts: Vec<String> = texts.collect();
        (!texts.is_empty()).then(|| texts.join(". "))
    }

    /// The first part for which another file than the project's plays, as long as the user has not
    /// said whether that is right.
    pub(crate) fn question(&self) -> Option<Question> {
        let asks = |part: &PartLoaderStatus| part.absent.as_ref().is_some_and(|absent| absent.asks);
        let part = asked_first(self.asked).find(|part| asks(&self.parts[part.index()]))?;
        let name = self.parts[part.index()].name.clone()?;
        Some(Question {
            part,
            name: of_slot(part, self.asked, name),
        })
    }

    /// Takes away what [`LoaderStatus::message`] gives, but for what is said of the project.
    pub(super) fn take_message(&mut self) -> Dismissed {
        for part in asked_first(self.asked) {
            if self.parts[part.index()].message.take().is_some() {
                return Dismissed::Of(part);
            }
        }
        match self.message.take() {
            Some(_) => Dismissed::OfNone,
            None => Dismissed::Nothing,
        }
    }

    /// What went wrong or is worth knowing.
    pub(crate) fn message(&self) -> Option<Message> {
        let of_part = asked_first(self.asked).find_map(|part| {
            let Message { kind, text } = self.parts[part.index()].message.clone()?;
            Some(Message {
                kind,
                text: of_slot(part, self.asked, text),
            })
        });
        of_part.or_else(|| self.message.clone().or_else(|| self.project.clone()))
    }
}

/// All parts, those of the slot that is asked for before the others.
fn asked_first(asked: usize) -> impl Iterator<Item = Part> {
    let (first, others): (Vec<Part>, Vec<Part>) =
        (Part::all().into_iter()).partition(|part| part.slot() == asked);
    first.into_iter().chain(others)
}

/// What is said of a part, with its slot where that is not the one that is asked for.
fn of_slot(part: Part, asked: usize, text: String) -> String {
    match part.slot() == asked {
        true => text,
        false => format!("Slot {}: {text}", part.slot() + 1),
    }
}
