//! What the loader's work looks like from outside.

use std::path::Path;
use std::sync::Arc;

use gridleak_core::{Control, Levels};

use crate::capture_info::CaptureInfo;
use crate::session::folder::FolderPosition;
use crate::session::library::Origin;
use crate::session::message::{Message, Question};
use crate::session::part::{ForParts, Part};

/// What the window shows of the loader's work.
#[derive(Debug, Clone, Default)]
pub(crate) struct LoaderStatus {
    pub(crate) parts: ForParts<PartLoaderStatus>,
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
    /// What does not play as the project means it, in a line; `None` if all does.
    pub(crate) fn absent(&self) -> Option<String> {
        let absent = self.parts.iter().filter(|part| part.absent.is_some());
        let texts: Vec<String> = absent.filter_map(PartLoaderStatus::text).collect();
        (!texts.is_empty()).then(|| texts.join(". "))
    }

    /// The first part for which another file than the project's plays, as long as the user has not
    /// said whether that is right.
    pub(crate) fn question(&self) -> Option<Question> {
        let asks = |part: &PartLoaderStatus| part.absent.as_ref().is_some_and(|absent| absent.asks);
        let part = Part::all()
            .into_iter()
            .find(|part| asks(&self.parts[part.index()]))?;
        let name = self.parts[part.index()].name.clone()?;
        Some(Question { part, name })
    }

    /// Takes away what [`LoaderStatus::message`] gives, but for what is said of the project.
    pub(super) fn take_message(&mut self) -> Dismissed {
        for part in Part::all() {
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
    pub(crate) fn message(&self) -> Option<&Message> {
        let mut parts = self.parts.iter().map(|part| part.message.as_ref());
        let message = parts.find_map(|message| message).or(self.message.as_ref());
        message.or(self.project.as_ref())
    }
}
