//! What a project remembers of its capture, and how the capture is found again.
//!
//! The reference (`saved_part.rs`) is never given up: a file that is missing, a state that is
//! damaged or a state from a newer version changes nothing of what the next save will write, and nor
//! does a file that another one has replaced, until the user says so.

mod contents;
mod embedding;
mod locate;
pub(crate) mod path_text;
mod reach;
mod relink;
mod saved_part;
mod slot;

pub(crate) use contents::ContentHash;
pub(crate) use locate::{Found, locate};
pub(crate) use reach::{Chosen, is_network};
pub(crate) use relink::{Move, is_file};
pub(crate) use saved_part::{SavedPart, Source};
pub(crate) use slot::PartSlot;
