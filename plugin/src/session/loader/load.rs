//! From a reference to what is in memory of it.

use std::path::Path;

use super::arrived::{Arrived, chosen};
use super::content::{Content, LoadedPart, automatic_cab};
use super::shown::Cause;
use super::worker::{Worker, built_in_place, file_of};
use crate::builtin::{AUTOMATIC, NOTHING};
use crate::session::folder::place;
use crate::session::message::Message;
use crate::session::part::{Part, PartKind};
use crate::session::references::{ContentHash, Found, SavedPart, Source, locate};

impl Worker<'_> {
    /// Finds, reads and checks a part of the rig. If there is something to say, it is said. `folder`: one
    /// that the user chose just now. What is the matter where that fails; `None` if nobody wants it any
    /// more.
    pub(super) fn load(
        &self,
        part: Part,
        saved: &SavedPart,
        folder: Option<&Path>,
    ) -> Result<Arrived, Option<Cause>> {
        let loader = self.loader;
        let cancelled = || self.is_superseded(part);
        let newer = (!saved.is_understood()).then(|| {
            format!(
                "This project stores settings for {} that this version does not know. They stay in the project.",
                saved.name()
            )
        });
        let fail = |reason: String, cause| {
            let text = match &newer {
                Some(newer) => format!("{reason}. {newer}"),
                None => reason,
            };
            loader.say_of(part, Message::error(text));
            Err(Some(cause))
        };
        let tell = |note: Option<String>| {
            let notes: Vec<&str> = [&note, &newer]
                .into_iter()
                .flatten()
                .map(|n| &**n)
                .collect();
            let message = (!notes.is_empty()).then(|| Message::notice(notes.join(" ")));
            loader.shown.lock().parts[part.index()].message = message;
            loader.repaint.request();
        };
        let fixed = match saved.built_in_name() {
            Some(NOTHING) => Some(Content::Nothing),
            Some(AUTOMATIC) if part.kind() == PartKind::Cab => {
                Some(Content::Automatic(automatic_cab()))
            }
            _ => None,
        };
        if let Some(content) = fixed {
            tell(None);
            return Ok(Arrived {
                saved: saved.clone(),
                loaded: LoadedPart::new(content),
                replaced: false,
                place: None,
            });
        }
        let chosen = chosen(folder);
        let found = locate(saved, &chosen, self.deadline, &cancelled);
        let parse = |name: &str, bytes: &[u8], hash| {
            Content::parse(part.kind(), name, bytes, hash, &cancelled)
        };
        let parsed = match &found {
            Found::BuiltIn(own) => parse(own.name, own.bytes, ContentHash::of(own.bytes)),
            Found::AtPath(contents)
            | Found::Replaced(contents)
            | Found::Moved { contents, .. }
            | Found::Embedded(contents) => parse(&title(saved), &contents.bytes, contents.hash),
            Found::Missing(failure) => {
                let (cause, remedy) = match saved.source {
                    Source::Unknown(_) => (Cause::NotUnderstood, ""),
                    Source::BuiltIn(_) => (Cause::Missing, ""),
                    Source::File(_) => (Cause::Missing, ", or press Locate to say where it is"),
                };
                return fail(failure.to_string() + remedy, cause);
            }
            Found::Cancelled => return Err(None),
        };
        let replaced = matches!(found, Found::Replaced(_));
        let content = match parsed {
            Ok(content) => content,
            Err(_) if cancelled() => return Err(None),
            Err(refusal) if replaced => return fail(refusal, Cause::Missing),
            Err(refusal) => return fail(refusal, Cause::Unreadable),
        };
        let resolved = saved.resolved(&found, content.sample_rate(), &chosen, &cancelled);
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
        if cancelled() {
            return Err(None);
        }
        let place = match &resolved.source {
            // A folder that only the project names is not looked at.
            Source::File(file) if self.is_the_users(&file.path, &chosen) => place(&file.path),
            Source::File(_) | Source::Unknown(_) => None,
            Source::BuiltIn(name) => built_in_place(part, name),
        };
        let mut loaded = LoadedPart::new(content);
        loaded.called = loaded.name(&resolved);
        Ok(Arrived {
            saved: resolved,
            loaded,
            replaced,
            place,
        })
    }
}

/// What to call a reference where something is wrong with it: the file's name, ending and all.
pub(super) fn title(saved: &SavedPart) -> String {
    let file = file_of(saved);
    let name = file.as_deref().and_then(Path::file_name);
    name.map_or(saved.name().into(), |name| name.to_string_lossy())
        .into_owned()
}
