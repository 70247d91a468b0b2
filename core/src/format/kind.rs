//! What a file is that is no capture: people pick the archive that a capture came in, the page that
//! they would have downloaded it from, or what another program plays.

use super::json::Value;
use infer::{MatcherType, Type};

/// What a file is, and what to do about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Kind {
    /// As in "this is a ZIP archive".
    pub(crate) what: String,
    /// Whole sentences.
    pub(crate) remedy: &'static str,
}

const UNPACK: &str = "Unpack it, and pick the .nam file that is in it.";
const DOWNLOAD_FILE: &str = "The download gave a page instead of the file, perhaps because you have to sign in first; download the .nam file itself.";
const EXPORT: &str = "Export the model as a .nam file from the program that made it, or look for a .nam capture of the same gear.";
const OTHER_PLAYER: &str = "Another program plays this; look for a .nam capture of the same gear.";
const CABINET: &str = "If it is an impulse response, load it as a cabinet.";
const PICK_CAPTURE: &str = "Pick a .nam capture.";

/// Beginnings that tell what a file is, and are not commonly known.
const BEGINNINGS: &[(&[u8], &str, &str)] = &[
    (
        b"version https://git-lfs.github.com/spec/",
        "a Git LFS pointer, which stands for a file that was not fetched",
        "Run \"git lfs pull\" where it comes from, or download the file from its web page.",
    ),
    // A number that is written in either order of bytes.
    (b"BMAN", "a .namb file, as Daisy pedals play", NAMB_REMEDY),
    (b"NAMB", "a .namb file, as Daisy pedals play", NAMB_REMEDY),
    (
        b"\x00\x05\x16\x07",
        "a note that a Mac keeps beside a file",
        "Pick the file of the same name without \"._\" in front.",
    ),
    (
        b"L\0\0\0\x01\x14\x02\0",
        "a shortcut to another file",
        "Pick the file that it leads to.",
    ),
    (
        b"[InternetShortcut]",
        "a link to a web page",
        "Open it in a browser, and download the .nam file.",
    ),
    (b"\x93NUMPY", "a NumPy array", EXPORT),
    (
        b"\x89HDF\r\n\x1a\n",
        "an HDF5 file, as Keras writes",
        EXPORT,
    ),
];

const NAMB_REMEDY: &str = "Pick the .nam file that it was made from.";

/// What a file is that starts with these bytes, if that is known and it cannot be JSON.
pub(crate) fn of_bytes(bytes: &[u8]) -> Option<Kind> {
    let kind = |what: &str, remedy| {
        let what = what.to_owned();
        Some(Kind { what, remedy })
    };
    let start = bytes.trim_ascii_start();
    let known = BEGINNINGS
        .iter()
        .find(|(beginning, ..)| bytes.starts_with(beginning));
    if let Some((_, what, remedy)) = known {
        return kind(what, remedy);
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
    // What begins a page need not be its first tag.
    let is_page = |start: &[u8]| start.first() == Some(&b'<');
    if is_page(start.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(start)) {
        return kind("a web page", DOWNLOAD_FILE);
    }
    if start.first().is_none_or(|first| b"{[".contains(first)) {
        return None;
    }
    infer::get(bytes).map(|found| of_type(&found))
}

/// Words for a commonly known type of file.
fn of_type(found: &Type) -> Kind {
    let name = found.extension().to_uppercase();
    let (what, remedy) = match (found.matcher_type(), found.extension()) {
        (_, "pdf" | "ps" | "rtf" | "epub" | "mobi") => {
            (format!("a document ({name})"), PICK_CAPTURE)
        }
        (MatcherType::Archive, "sqlite" | "swf" | "eot" | "nes" | "dcm" | "par2") => {
            (format!("a {name} file"), PICK_CAPTURE)
        }
        (MatcherType::Archive, _) => (format!("an archive ({name})"), UNPACK),
        (MatcherType::Audio, _) => (format!("a sound file ({name})"), CABINET),
        (MatcherType::Image, _) => (format!("a picture ({name})"), PICK_CAPTURE),
        (MatcherType::Video, _) => (format!("a video ({name})"), PICK_CAPTURE),
        (MatcherType::Doc | MatcherType::Book, _) => (format!("a document ({name})"), PICK_CAPTURE),
        (MatcherType::App, _) => (format!("a program ({name})"), PICK_CAPTURE),
        (MatcherType::Font, _) => (format!("a font ({name})"), PICK_CAPTURE),
        _ => (format!("a {name} file"), PICK_CAPTURE),
    };
    Kind { what, remedy }
}

/// Members of objects that are something else than captures; the first row fits whose names are all
/// there.
const MODELS: &[(&[&str], &str, &str)] = &[
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
        "Pick the .nam file that the trainer exports at its end.",
    ),
];

/// What a JSON value is that says nowhere that it is a capture.
pub(crate) fn of_json(value: Value<'_>) -> Option<Kind> {
    let object = value.as_object()?;
    let has = |name: &&str| object.get(name).is_some();
    if has(&"architecture") {
        return None;
    }
    let found = MODELS.iter().find(|(names, ..)| names.iter().all(has));
    found.map(|&(_, what, remedy)| Kind {
        what: what.to_owned(),
        remedy,
    })
}
