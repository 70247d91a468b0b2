//! From a reference to what is in memory of it.

use std::path::Path;
use std::time::Instant;

use super::Shared;
use super::content::{Content, LoadedPart, automatic_cab};
use super::shown::Cause;
use super::worker::file_of;
use crate::builtin::{AUTOMATIC, NOTHING};
use crate::session::message::Message;
use crate::session::part::Part;
use crate::session::preferences::Preferences;
use crate::session::references::{Chosen, ContentHash, Found, SavedPart, Source, locate};

/// What came of loading a reference.
pub(super) struct Arrived {
    /// The reference with what is known now.
    pub(super) saved: SavedPart,
    pub(super) loaded: LoadedPart,
    /// Whether it is another file than the reference means.
    pub(super) replaced: bool,
}

/// The folders that the user chose, and `more`.
pub(super) fn chosen(more: Option<&Path>) -> Chosen {
    Preferences::load().chosen(more)
}

/// Finds, reads and checks a part of the rig. If there is something to say, it is said. What is the
/// matter where that fails; `None` if it is `cancelled`.
pub(super) fn load(
    shared: &Shared,
    part: Part,
    saved: &SavedPart,
    chosen: &Chosen,
    deadline: Instant,
    cancelled: &dyn Fn() -> bool,
) -> Result<Arrived, Option<Cause>> {
    let newer = (!saved.is_understood()).then(|| {
        format!(
            "This project stores settings for {} that this version does not know. They stay in the project.",
            saved.name()
        )
    });
    let fail = |reason: String| {
        let text = match &newer {
            Some(newer) => format!("{reason}. {newer}"),
            None => reason,
        };
        shared.say_of(part, Message::error(text));
    };
    let tell = |note: Option<String>| {
        let notes: Vec<&str> = [&note, &newer]
            .into_iter()
            .flatten()
            .map(|note| &**note)
            .collect();
        match notes.is_empty() {
            true => shared.shown.lock().parts[part.index()].message = None,
            false => shared.say_of(part, Message::notice(notes.join(" "))),
        }
    };
    let fixed = match saved.built_in_name() {
        Some(NOTHING) if part != Part::Capture => Some(Content::Nothing),
        Some(AUTOMATIC) if part == Part::Cab => Some(Content::Automatic(automatic_cab())),
        _ => None,
    };
    if let Some(content) = fixed {
        tell(None);
        return Ok(Arrived {
            saved: saved.clone(),
            loaded: LoadedPart::new(content),
            replaced: false,
        });
    }
    let found = locate(saved, chosen, deadline, cancelled);
    let parse = |name: &str, bytes: &[u8], hash| Content::parse(part, name, bytes, hash, cancelled);
    let parsed = match &found {
        Found::BuiltIn(built_in) => parse(
            built_in.name,
            built_in.bytes,
            ContentHash::of(built_in.bytes),
        ),
        Found::AtPath(contents)
        | Found::Replaced(contents)
        | Found::Moved { contents, .. }
        | Found::Embedded(contents) => parse(&title(saved), &contents.bytes, contents.hash),
        Found::Missing(failure) => {
            fail(failure.to_string());
            return Err(Some(match saved.source {
                Source::Unknown(_) => Cause::NotUnderstood,
                Source::File(_) | Source::BuiltIn(_) => Cause::Missing,
            }));
        }
        Found::Cancelled => return Err(None),
    };
    let replaced = matches!(found, Found::Replaced(_));
    let content = match parsed {
        Ok(content) => content,
        Err(_) if cancelled() => return Err(None),
        Err(refusal) => {
            fail(refusal);
            return Err(Some(match replaced {
                true => Cause::Missing,
                false => Cause::Unreadable,
            }));
        }
    };
    let resolved = saved.resolved(&found, content.sample_rate(), chosen, cancelled);
    tell(match &found {
        Found::Moved { path, .. } => Some(format!(
            "{} has moved; it was found at {}.",
            saved.name(),
            path.display()
        )),
        Found::AtPath(_) if saved.embeds() && !resolved.embeds() => Some(format!(
            "The project's copy of {} was damaged, so it is gone. \"Keep in project\" makes a new one.",
            saved.name()
        )),
        Found::Embedded(_) => Some(format!(
            "The file of {} is gone, or another one is in its place; the copy in the project plays.",
            saved.name()
        )),
        _ => None,
    });
    match cancelled() {
        true => Err(None),
        false => Ok(Arrived {
            saved: resolved,
            loaded: LoadedPart::new(content),
            replaced,
        }),
    }
}

/// What to call a reference where something is wrong with it: the file's name, ending and all.
pub(super) fn title(saved: &SavedPart) -> String {
    let file = file_of(saved);
    let name = file.as_deref().and_then(Path::file_name);
    name.map_or(saved.name().into(), |name| name.to_string_lossy())
        .into_owned()
}
