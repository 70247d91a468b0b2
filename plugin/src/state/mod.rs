//! What a project remembers of its capture, and how the capture is found again.
//!
//! The reference (`saved_part.rs`) is never given up: a file that is missing, a part that only a newer
//! version understands and a file that another one has replaced change nothing of what the next save
//! will write, until the user says so. Only what is damaged beyond reading is: there is none in it.

mod contents;
#[cfg(feature = "plugin")]
mod embedding;
#[cfg(feature = "plugin")]
mod locate;
#[cfg(feature = "plugin")]
pub(crate) mod path_text;
#[cfg(feature = "plugin")]
mod reach;
#[cfg(feature = "plugin")]
mod relink;
#[cfg(feature = "plugin")]
mod saved_part;
#[cfg(feature = "plugin")]
mod slot;

pub(crate) use contents::ContentHash;
#[cfg(feature = "plugin")]
pub(crate) use locate::{Found, locate};
#[cfg(feature = "plugin")]
pub(crate) use reach::Chosen;
#[cfg(feature = "plugin")]
pub(crate) use relink::{Move, is_file};
#[cfg(feature = "plugin")]
pub(crate) use saved_part::{SavedPart, Source};
#[cfg(feature = "plugin")]
pub(crate) use slot::PartSlot;
