//! What a file is that is no capture: people pick the archive that a capture came in, the page that
//! they would have downloaded it from, or what another program plays.

use super::json::Value;
use infer::{MatcherType, Type};

/// What a file is that nothing can be loaded from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileKind {
    /// As in "this is an archive (ZIP)".
    pub what: String,
    pub(crate) remedy: Remedy,
}

/// What to do about a file of another kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Remedy {
    Unpack,
    Download,
    Fetch,
    Browse,
    /// It is a note beside the file.
    Beside,
    /// It leads to the file.
    Follow,
    /// It was made from a capture.
    Original,
    Export,
    OtherPlayer,
    /// A training is not over, or these are its settings.
    Train,
    /// It is a sound.
    Cabinet,
    Pick,
}

impl FileKind {
    /// What to do about it where a capture is wanted, in whole sentences.
    pub(crate) fn remedy(&self) -> &'static str {
        match self.remedy {
            Remedy::Unpack => "Unpack it, and pick the .nam file that is in it.",
            Remedy::Download => {
                "The download gave a page instead of the file, perhaps because you have to sign in first; download the .nam file itself."
            }
            Remedy::Fetch => {
                "Run \"git lfs pull\" where it comes from, or download the file from its web page."
            }
            Remedy::Browse => "Open it in a browser, and download the .nam file.",
            Remedy::Beside => "Pick the file of the same name without \"._\" in front.",
            Remedy::Follow => "Pick the file that it leads to.",
            Remedy::Original => "Pick the .nam file that it was made from.",
            Remedy::Export => {
                "Export the model as a .nam file from the program that made it, or look for a .nam capture of the same gear."
            }
            Remedy::OtherPlayer => {
                "Another program plays this; look for a .nam capture of the same gear."
            }
            Remedy::Train => "Pick the .nam file that the trainer exports at its end.",
            Remedy::Cabinet => "If it is an impulse response, load it as a cabinet.",
            Remedy::Pick => "Pick a .nam capture.",
        }
    }

    /// What to do about it where a sound is wanted, as the end of a sentence.
    pub fn remedy_for_sound(&self) -> &'static str {
        match self.remedy {
            Remedy::Unpack => "unpack it, and pick the sound file that is in it",
            Remedy::Download => {
                "the download gave a page instead of the file, perhaps because you have to sign in first; download the sound file itself"
            }
            Remedy::Fetch => {
                "run \"git lfs pull\" where it comes from, or download the file from its web page"
            }
            Remedy::Browse => "open it in a browser, and download the sound file",
            Remedy::Beside => "pick the file of the same name without \"._\" in front",
            Remedy::Follow => "pick the file that it leads to",
            Remedy::Cabinet => "convert it to WAV, AIFF or FLAC first",
            Remedy::Original
            | Remedy::Export
            | Remedy::OtherPlayer
            | Remedy::Train
            | Remedy::Pick => "pick a WAV, AIFF or FLAC file",
        }
    }
}

/// Bytes at the beginning in which a page or a picture names itself.
const PAGE_HEAD: usize = 1024;

/// Beginnings that tell what a file is, and are not commonly known.
const BEGINNINGS: &[(&[u8], &str, Remedy)] = &[
    (
        b"version https://git-lfs.github.com/spec/",
        "a Git LFS pointer, which stands for a file that was not fetched",
        Remedy::Fetch,
    ),
    // A number that is written in either order of bytes.
    (
        b"BMAN",
        "a .namb file, as Daisy pedals play",
        Remedy::Original,
    ),
    (
        b"NAMB",
        "a .namb file, as Daisy pedals play",
        Remedy::Original,
    ),
    (
        b"\x00\x05\x16\x07",
        "a note that a Mac keeps beside a file",
        Remedy::Beside,
    ),
    (
        b"L\0\0\0\x01\x14\x02\0",
        "a shortcut to another file",
        Remedy::Follow,
    ),
    (
        b"[InternetShortcut]",
        "a link to a web page",
        Remedy::Browse,
    ),
    (b"\x93NUMPY", "a NumPy array", Remedy::Export),
    (
        b"\x89HDF\r\n\x1a\n",
        "an HDF5 file, as Keras writes",
        Remedy::Export,
    ),
];

impl FileKind {
    /// What a file is that starts with these bytes, of which some hundred are enough, if that is known
    /// and it cannot be JSON.
    pub fn of_bytes(bytes: &[u8]) -> Option<Self> {
        let kind = |what: &str, remedy| {
            let what = what.to_owned();
            Some(FileKind { what, remedy })
        };
        let start = bytes.trim_ascii_start();
        let known = BEGINNINGS
            .iter()
            .find(|(beginning, ..)| bytes.starts_with(beginning));
        if let Some((_, what, remedy)) = known {
            return kind(what, *remedy);
        }
        // A checkpoint of PyTorch is a ZIP archive that nobody has to unpack.
        let name = bytes.get(30..).filter(|_| bytes.starts_with(b"PK\x03\x04"));
        if name.is_some_and(|name| {
            name[..name.len().min(100)]
                .windows(8)
                .any(|w| w == b"data.pkl")
        }) {
            return kind(
                "a PyTorch checkpoint, as trainers write while they work",
                Remedy::Export,
            );
        }
        let start = start.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(start);
        let start = start.trim_ascii_start();
        if start.starts_with(b"<") {
            let head = start[..start.len().min(PAGE_HEAD)].to_ascii_lowercase();
            let has = |tag: &[u8]| head.windows(tag.len()).any(|window| window == tag);
            // What begins a page need not be its first tag.
            return match has(b"<html") || has(b"<!doctype html") {
                false if has(b"<svg") => kind("a picture (SVG)", Remedy::Pick),
                false if has(b"<?xml") => kind("an XML file", Remedy::Download),
                _ => kind("a web page", Remedy::Download),
            };
        }
        if start.first().is_none_or(|first| b"{[".contains(first)) {
            return None;
        }
        infer::get(bytes).map(|found| of_type(&found))
    }
}

/// Words for a commonly known type of file.
fn of_type(found: &Type) -> FileKind {
    let name = found.extension().to_uppercase();
    let (what, remedy) = match (found.matcher_type(), found.extension()) {
        (_, "pdf" | "ps" | "rtf" | "epub" | "mobi") => {
            (format!("a document ({name})"), Remedy::Pick)
        }
        (MatcherType::Archive, "sqlite" | "swf" | "eot" | "nes" | "dcm" | "par2") => {
            (format!("a {name} file"), Remedy::Pick)
        }
        (MatcherType::Archive, _) => (format!("an archive ({name})"), Remedy::Unpack),
        (_, "midi") => ("a MIDI file".into(), Remedy::Pick),
        (MatcherType::Audio, _) => (format!("a sound file ({name})"), Remedy::Cabinet),
        (MatcherType::Image, _) => (format!("a picture ({name})"), Remedy::Pick),
        (MatcherType::Video, _) => (format!("a video ({name})"), Remedy::Pick),
        (MatcherType::Doc | MatcherType::Book, _) => (format!("a document ({name})"), Remedy::Pick),
        (MatcherType::App, _) => (format!("a program ({name})"), Remedy::Pick),
        (MatcherType::Font, _) => (format!("a font ({name})"), Remedy::Pick),
        _ => (format!("a {name} file"), Remedy::Pick),
    };
    FileKind { what, remedy }
}

/// Members of objects that are something else than captures; the first row fits whose names are all
/// there.
const MODELS: &[(&[&str], &str, Remedy)] = &[
    (
        &["in_shape", "layers"],
        "a model for AIDA-X or another RTNeural player",
        Remedy::OtherPlayer,
    ),
    (
        &["model_data", "state_dict"],
        "a GuitarML model",
        Remedy::OtherPlayer,
    ),
    (&["class_name", "config"], "a Keras model", Remedy::Export),
    (&["modelTopology"], "a Keras model", Remedy::Export),
    (&["model_config"], "a Keras model", Remedy::Export),
    (
        &["net", "optimizer"],
        "a file with the settings of a training",
        Remedy::Train,
    ),
    // Last, as these names say the least.
    (&["message"], WEB_ANSWER, Remedy::Download),
    (&["error"], WEB_ANSWER, Remedy::Download),
    (&["detail"], WEB_ANSWER, Remedy::Download),
];

const WEB_ANSWER: &str = "an answer of a web site that did not give the file";

/// What a JSON value is that says nowhere that it is a capture.
pub(crate) fn of_json(value: Value<'_>) -> Option<FileKind> {
    let object = value.as_object()?;
    let has = |name: &&str| object.get(name).is_some();
    if has(&"architecture") {
        return None;
    }
    let found = MODELS.iter().find(|(names, ..)| names.iter().all(has));
    found.map(|&(_, what, remedy)| FileKind {
        what: what.to_owned(),
        remedy,
    })
}
