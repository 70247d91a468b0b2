//! Rigs for `render` from the files that the plugin saves them in.

use std::borrow::Cow;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use gridleak_core::{ImpulseResponse, Settings};

use super::capture_source;
use super::loaded_rig::{LoadedCapture, LoadedResponse, LoadedRig, LoadedSlot};
use crate::builtin::{AUTOMATIC, CABS, NOTHING};
use crate::files::failure::{Failure, Result};
use crate::files::impulse_file;
use crate::session::part::PartKind;
use crate::session::presets::Preset;
use crate::session::references::{Chosen, ContentHash, Found, SavedPart, Source, locate};
use crate::session::rig::SavedSlot;

/// How long is looked for files that have moved, all together.
const SEARCHING: Duration = Duration::from_secs(5);

/// Opens the rig in the file at `path`, or the one slot, with every file that it names: where the rig says,
/// or in the rig's folder. What cannot be had is told, and the rest plays.
pub(super) fn open(path: &Path) -> Result<LoadedRig> {
    let mut preset = Preset::open(path, &Settings::default())?;
    let place = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let folder = place.parent().map(Path::to_owned);
    let chosen = Chosen::new(folder, std::env::home_dir());
    preset.follow_move(&place, &chosen);
    let notice = preset.notice.take();
    let mut files = RigFiles {
        chosen,
        deadline: Instant::now() + SEARCHING,
        captures: Vec::new(),
        rig: LoadedRig {
            path: Some(path.to_owned()),
            settings: preset.rig.settings,
            slots: Default::default(),
            files: vec![(path.to_owned(), "the rig".into())],
            notes: notice
                .map(|notice| format!("{}: {notice}", path.display()))
                .into_iter()
                .collect(),
        },
    };
    for (slot, saved) in preset.rig.slots.iter().enumerate() {
        files.load_slot(slot, saved);
    }
    Ok(files.rig)
}

/// The files of a rig on their way into memory.
struct RigFiles {
    chosen: Chosen,
    deadline: Instant,
    /// What was read already: slots often share captures.
    captures: Vec<(ContentHash, Arc<LoadedCapture>)>,
    rig: LoadedRig,
}

/// What a file holds.
struct File {
    /// What it is called where something is wrong with it.
    name: String,
    bytes: Cow<'static, [u8]>,
    hash: ContentHash,
}

impl RigFiles {
    fn load_slot(&mut self, slot: usize, saved: &SavedSlot) {
        let reference = |kind: PartKind| &saved.parts[kind as usize];
        self.rig.slots[slot] = LoadedSlot {
            state: saved.state.clone(),
            ..LoadedSlot::default()
        };
        let title = self.rig.slot_title(slot);
        let mut capture = |kind: PartKind| -> Result<Option<Arc<LoadedCapture>>> {
            let what = format!("the {} of {title}", kind.title().to_lowercase());
            match self.find(reference(kind), &what, &title)? {
                Some(file) => self.capture(&file).map(Some),
                None => Ok(None),
            }
        };
        let (amp, pedal) = (capture(PartKind::Capture), capture(PartKind::Pedal));
        let failure = amp.as_ref().err().map(Failure::to_string);
        let amp = amp.unwrap_or_default();
        let mut cabs = [const { None }; 2];
        // Nothing is heard behind no amp.
        if amp.is_some() {
            let has_cab = amp
                .as_ref()
                .is_some_and(|amp| amp.capture.metadata().has_cab());
            for (cab, kind) in cabs.iter_mut().zip([PartKind::Cab, PartKind::SecondCab]) {
                *cab = self.cab(reference(kind), kind, has_cab, &title);
            }
        }
        let pedal = pedal.unwrap_or_else(|failure| {
            self.note(format!("{title} plays without its pedal: {failure}"));
            None
        });
        let loaded = &mut self.rig.slots[slot];
        (loaded.capture, loaded.pedal, loaded.cabs) = (amp, pedal, cabs);
        loaded.failure = failure;
    }

    /// The impulse response that a slot plays, if it plays one.
    fn cab(
        &mut self,
        reference: &SavedPart,
        kind: PartKind,
        has_cab: bool,
        title: &str,
    ) -> Option<LoadedResponse> {
        if kind == PartKind::Cab && reference.built_in_name() == Some(AUTOMATIC) {
            return (!has_cab).then(built_in_cab).flatten();
        }
        let what = format!("the {} of {title}", kind.title().to_lowercase());
        let read = self.find(reference, &what, title).and_then(|file| {
            let Some(file) = file else { return Ok(None) };
            let response = impulse_file::read(file.name.as_ref(), &file.bytes)?;
            Ok(Some(LoadedResponse {
                name: file.name,
                response,
            }))
        });
        read.unwrap_or_else(|failure| {
            // Whatever the capture is, the rig means a cabinet.
            let (instead, cab) = match kind {
                PartKind::Cab => ("plays through the built-in cabinet", built_in_cab()),
                _ => ("plays without its second cabinet", None),
            };
            self.note(format!("{title} {instead}: {failure}"));
            cab
        })
    }

    fn note(&mut self, note: String) {
        self.rig.notes.push(note);
    }

    /// Finds and reads what a reference means, which is nothing in some. `what` it is, and the title of its
    /// slot.
    fn find(&mut self, reference: &SavedPart, what: &str, title: &str) -> Result<Option<File>> {
        if reference.built_in_name() == Some(NOTHING) {
            return Ok(None);
        }
        let found = locate(reference, &self.chosen, self.deadline, &|| false);
        let named = |path: Option<&Path>| match path {
            Some(path) => path.display().to_string(),
            None => reference.name().to_owned(),
        };
        let note = match &found {
            Found::Moved { path, .. } => {
                Some(format!("has moved; it was found at {}", path.display()))
            }
            Found::Embedded(_) => {
                Some("is gone, or another file is in its place; the copy in the rig plays".into())
            }
            Found::Replaced(_) => {
                Some("is another file than the rig was saved with; it plays".into())
            }
            _ => None,
        };
        if let Some(note) = note {
            self.note(format!("{title}: {} {note}", reference.name()));
        }
        let (path, contents) = match found {
            Found::BuiltIn(own) => {
                return Ok(Some(File {
                    name: own.name.into(),
                    bytes: own.bytes.into(),
                    hash: ContentHash::of(own.bytes),
                }));
            }
            Found::AtPath(contents) | Found::Replaced(contents) => {
                let path = match &reference.source {
                    Source::File(file) => Some(file.path.clone()),
                    Source::BuiltIn(_) | Source::Unknown(_) => None,
                };
                (path, contents)
            }
            Found::Moved { path, contents } => (Some(path), contents),
            Found::Embedded(contents) => (None, contents),
            Found::Missing(failure) => return Err(failure),
            Found::Cancelled => return Ok(None),
        };
        let name = named(path.as_deref());
        self.rig
            .files
            .extend(path.map(|path| (path, what.to_owned())));
        Ok(Some(File {
            name,
            bytes: contents.bytes.into(),
            hash: contents.hash,
        }))
    }

    /// The capture in a file, read and measured once.
    fn capture(&mut self, file: &File) -> Result<Arc<LoadedCapture>> {
        let known = self.captures.iter().find(|(hash, _)| *hash == file.hash);
        if let Some((_, known)) = known {
            return Ok(Arc::clone(known));
        }
        let capture = capture_source::parse(file.name.as_ref(), &file.bytes)?;
        let loaded = Arc::new(LoadedCapture::new(capture));
        self.captures.push((file.hash, Arc::clone(&loaded)));
        Ok(loaded)
    }
}

/// The cabinet for captures that have none.
fn built_in_cab() -> Option<LoadedResponse> {
    let built_in = &CABS[0];
    let response: Result<ImpulseResponse> =
        impulse_file::read(built_in.name.as_ref(), built_in.bytes);
    let name = built_in.name.into();
    Some(LoadedResponse {
        name,
        response: response.ok()?,
    })
}
