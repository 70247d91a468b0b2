//! What a project remembers of its capture, and how the capture is found again.
//!
//! The reference (`saved_part.rs`) is never given up: a file that is missing, a part that only a newer
//! version understands and a file that another one has replaced change nothing of what the next save
//! will write, until the user says so. Only what is damaged beyond reading is: there is none in it.
mod embedding;
mod found;
mod locate;
pub(crate) mod path_text;
mod reach;
mod relink;
mod saved_part;
mod shared_part;
pub(crate) use crate::files::contents::ContentHash;
pub(crate) use found::Found;
pub(crate) use locate::locate;
pub(crate) use reach::{Chosen, read_relative, write_relative};
pub(crate) use relink::{Move, is_file};
pub(crate) use saved_part::{SavedPart, Source};
pub(crate) use shared_part::SharedPart;
