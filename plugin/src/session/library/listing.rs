//! What there is to choose from.

use std::path::{Path, PathBuf};
use std::time::SystemTime;

use crate::builtin;
use crate::files::endings;
use crate::session::part::PartKind;
use crate::session::references::path_text;

/// What the folders of the user held when they were last looked through. It never changes: another
/// one takes its place.
#[derive(Debug, Default)]
pub(crate) struct Listing {
    /// A folder stands before those in it, and those side by side in the order people expect.
    pub(crate) folders: Vec<Folder>,
    /// The built-in sounds first, then those of the folders in their order, in the order people
    /// expect, then favourites and recent ones that are in none of the folders.
    pub(crate) entries: Vec<Entry>,
    /// Whether folders are being looked through, or files for what they say of themselves.
    pub(crate) busy: bool,
    /// What was left out and why, for people; empty if nothing was.
    pub(crate) problem: Option<String>,
}

/// A folder that holds captures or impulse responses, or has folders that do, or was added by the user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Folder {
    pub(crate) path: PathBuf,
    /// For people.
    pub(crate) name: String,
    /// How many folders of the list it is in; 0 for one that the user added.
    pub(crate) depth: usize,
    /// How many folders that follow in the list are in it, at any depth.
    pub(crate) inside: usize,
    /// Files of each kind in it and below, in the order of [`Kind::ALL`].
    pub(crate) counts: [usize; Kind::ALL.len()],
    /// Whether it could not be read: a drive that is not there, say.
    pub(crate) missing: bool,
}

/// A sound that can be loaded.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Entry {
    pub(crate) origin: Origin,
    pub(crate) kind: Kind,
    /// The name of the file without its ending, for people.
    pub(crate) name: String,
    /// Its folder in [`Listing::folders`]; `None` if that is not among them.
    pub(crate) folder: Option<usize>,
    /// When the file was last written, if that is known.
    pub(crate) modified: Option<SystemTime>,
    /// What the file says of itself, in one line: name, gear, maker, tone. Empty if nothing, or if it
    /// has not been read yet.
    pub(crate) about: String,
    pub(crate) favourite: bool,
    /// 0 for what was loaded last, and so on.
    pub(crate) recent: Option<usize>,
}

/// Where a sound comes from.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum Origin {
    File(PathBuf),
    /// One of [`crate::builtin`], by its name.
    BuiltIn(&'static str),
}

/// What stands before the name of a built-in sound where files stand as paths.
const BUILT_IN: &str = "builtin:";

impl Origin {
    /// What the settings call it.
    pub(crate) fn text(&self) -> String {
        match self {
            Self::File(path) => path_text::encode(path),
            Self::BuiltIn(name) => format!("{BUILT_IN}{name}"),
        }
    }

    /// Whether this or a newer version may have written such a text.
    pub(crate) fn is_text(text: &str) -> bool {
        text.starts_with(BUILT_IN) || Self::from_text(text).is_some()
    }

    /// What the settings call so; `None` for relative paths and for what is not built in here.
    pub(crate) fn from_text(text: &str) -> Option<Self> {
        if let Some(name) = text.strip_prefix(BUILT_IN) {
            return Some(Self::BuiltIn(builtin::find(name)?.name));
        }
        let path = path_text::decode(text)?;
        path.is_absolute().then_some(Self::File(path))
    }
}

/// What kind of sound a file holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Kind {
    /// A `.nam` file.
    Capture,
    /// The impulse response of a cabinet, a sound file.
    Response,
}

impl Kind {
    pub(crate) const ALL: [Kind; 2] = [Kind::Capture, Kind::Response];

    /// What can be loaded as a part of the rig.
    pub(crate) fn of(part: PartKind) -> Self {
        if part.is_cab() {
            Self::Response
        } else {
            Self::Capture
        }
    }

    /// How the names of such files end.
    fn endings(self) -> &'static [&'static str] {
        match self {
            Self::Capture => endings::CAPTURES,
            Self::Response => endings::SOUNDS,
        }
    }

    /// What a file holds by its ending; `None` if it is none of ours.
    pub(crate) fn of_file(path: &Path) -> Option<Self> {
        let mut kinds = Self::ALL.into_iter();
        kinds.find(|kind| endings::is_among(path, kind.endings()))
    }
}
