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
pub(crate) struct Remedy {
    /// Where a capture is wanted, in whole sentences.
    pub(crate) for_capture: &'static str,
    /// Where a sound is wanted, as the end of a sentence.
    for_sound: &'static str,
}

const ANY_SOUND: &str = "pick a WAV, AIFF or FLAC file";

const fn remedy(for_capture: &'static str, for_sound: &'static str) -> Remedy {
    Remedy {
        for_capture,
        for_sound,
    }
}

const UNPACK: Remedy = remedy(
    "Unpack it, and pick the .nam file that is in it.",
    "unpack it, and pick the sound file that is in it",
);
const DOWNLOAD: Remedy = remedy(
    "The download gave a page instead of the file, perhaps because you have to sign in first; download the .nam file itself.",
    "the download gave a page instead of the file, perhaps because you have to sign in first; download the sound file itself",
);
const FETCH: Remedy = remedy(
    "Run \"git lfs pull\" where it comes from, or download the file from its web page.",
    "run \"git lfs pull\" where it comes from, or download the file from its web page",
);
const BROWSE: Remedy = remedy(
    "Open it in a browser, and download the .nam file.",
    "open it in a browser, and download the sound file",
);
/// It is a note beside the file.
const BESIDE: Remedy = remedy(
    "Pick the file of the same name without \"._\" in front.",
    "pick the file of the same name without \"._\" in front",
);
/// It leads to the file.
const FOLLOW: Remedy = remedy(
    "Pick the file that it leads to.",
    "pick the file that it leads to",
);
/// It was made from a capture.
const ORIGINAL: Remedy = remedy("Pick the .nam file that it was made from.", ANY_SOUND);
const EXPORT: Remedy = remedy(
    "Export the model as a .nam file from the program that made it, or look for a .nam capture of the same gear.",
    ANY_SOUND,
);
const OTHER_PLAYER: Remedy = remedy(
    "Another program plays this; look for a .nam capture of the same gear.",
    ANY_SOUND,
);
/// A training is not over, or these are its settings.
const TRAIN: Remedy = remedy(
    "Pick the .nam file that the trainer exports at its end.",
    ANY_SOUND,
);
/// It is a sound.
const CABINET: Remedy = remedy(
    "If it is an impulse response, load it as a cabinet.",
    "convert it to WAV, AIFF or FLAC first",
);
const PICK: Remedy = remedy("Pick a .nam capture.", ANY_SOUND);

impl FileKind {
    /// What to do about it where a sound is wanted, as the end of a sentence.
    pub fn remedy_for_sound(&self) -> &'static str {
        self.remedy.for_sound
    }
}

/// Bytes at the beginning in which a page or a picture names itself.
const PAGE_HEAD: usize = 1024;

/// Beginnings that tell what a file is, and are not commonly known.
const BEGINNINGS: &[(&[u8], &str, Remedy)] = &[
    (
        b"version https://git-lfs.github.com/spec/",
        "a Git LFS pointer, which stands for a file that was not fetched",
        FETCH,
    ),
    // A number that is written in either order of bytes.
    (b"BMAN", "a .namb file, as Daisy pedals play", ORIGINAL),
    (b"NAMB", "a .namb file, as Daisy pedals play", ORIGINAL),
    (
        b"\x00\x05\x16\x07",
        "a note that a Mac keeps beside a file",
        BESIDE,
    ),
    (
        b"L\0\0\0\x01\x14\x02\0",
        "a shortcut to another file",
        FOLLOW,
    ),
    (b"[InternetShortcut]", "a link to a web page", BROWSE),
    (b"\x93NUMPY", "a NumPy array", EXPORT),
    (
        b"\x89HDF\r\n\x1a\n",
        "an HDF5 file, as Keras writes",
        EXPORT,
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
                EXPORT,
            );
        }
        let start = start.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(start);
        let start = start.trim_ascii_start();
        if start.starts_with(b"<") {
            let head = start[..start.len().min(PAGE_HEAD)].to_ascii_lowercase();
            let has = |tag: &[u8]| head.windows(tag.len()).any(|window| window == tag);
            // What begins a page need not be its first tag.
            return match has(b"<html") || has(b"<!doctype html") {
                false if has(b"<svg") => kind("a picture (SVG)", PICK),
                false if has(b"<?xml") => kind("an XML file", DOWNLOAD),
                _ => kind("a web page", DOWNLOAD),
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
        (_, "pdf" | "ps" | "rtf" | "epub" | "mobi") => (format!("a document ({name})"), PICK),
        (MatcherType::Archive, "sqlite" | "swf" | "eot" | "nes" | "dcm" | "par2") => {
            (format!("a {name} file"), PICK)
        }
        (MatcherType::Archive, _) => (format!("an archive ({name})"), UNPACK),
        (_, "midi") => ("a MIDI file".into(), PICK),
        (MatcherType::Audio, _) => (format!("a sound file ({name})"), CABINET),
        (MatcherType::Image, _) => (format!("a picture ({name})"), PICK),
        (MatcherType::Video, _) => (format!("a video ({name})"), PICK),
        (MatcherType::Doc | MatcherType::Book, _) => (format!("a document ({name})"), PICK),
        (MatcherType::App, _) => (format!("a program ({name})"), PICK),
        (MatcherType::Font, _) => (format!("a font ({name})"), PICK),
        _ => (format!("a {name} file"), PICK),
    };
    FileKind { what, remedy }
}

/// Members of objects that are something else than captures; the first row fits whose names are all
/// there.
const MODELS: &[(&[&str], &str, Remedy)] = &[
    (
        &["in_shape", "layers"],
        "a model for AIDA-X or another RTNeural player",
        OTHER_PLAYER,
    ),
    (
        &["model_data", "state_dict"],
        "a GuitarML model",
        OTHER_PLAYER,
    ),
    (&["class_name", "config"], "a Keras model", EXPORT),
    (&["modelTopology"], "a Keras model", EXPORT),
    (&["model_config"], "a Keras model", EXPORT),
    (
        &["net", "optimizer"],
        "a file with the settings of a training",
        TRAIN,
    ),
    // Last, as these names say the least.
    (&["message"], WEB_ANSWER, DOWNLOAD),
    (&["error"], WEB_ANSWER, DOWNLOAD),
    (&["detail"], WEB_ANSWER, DOWNLOAD),
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
