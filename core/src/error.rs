//! What can be wrong with a `.nam` file, in words a guitarist can act on.

use std::fmt;
use std::sync::Arc;

/// Where in which file: `Rectifier.nam, at config.layers[1].channels`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The file's name, as the caller gave it.
    pub file: Arc<str>,
    /// The path inside the JSON, e.g. `config.layers[1].channels`; empty for the file as a whole.
    pub path: String,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.file)?;
        if !self.path.is_empty() {
            write!(f, ", at {}", self.path)?;
        }
        Ok(())
    }
}

/// Why a capture was refused. The message names the file, the place in it, what is wrong and what to do.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CaptureError {
    /// The operating system would not give us the bytes.
    #[error("{file}: {}", unreadable(source))]
    Unreadable {
        /// The file's path.
        file: String,
        /// What the system said.
        source: std::io::Error,
    },
    /// No capture is this long; it is refused before memory is taken.
    #[error(
        "{file}: is {bytes} bytes long, more than any capture ({limit} at most). This is something else; pick a .nam capture."
    )]
    FileTooLarge {
        /// The file's name.
        file: String,
        /// Its length in bytes.
        bytes: u64,
        /// The longest file that is read, in bytes.
        limit: u64,
    },
    /// What is to be read as a file is something else.
    #[error("{file}: is {what}, not a file. Pick a .nam capture.")]
    NotAFile {
        /// The path.
        file: String,
        /// What it is.
        what: &'static str,
    },
    /// A file of another kind, which is known.
    #[error("{file}: this is {what}, not a .nam capture. {remedy}")]
    OtherKind {
        /// The file's name.
        file: String,
        /// What it is, as in "a ZIP archive".
        what: String,
        /// What to do about it, in whole sentences.
        remedy: &'static str,
    },
    /// It begins as a capture does, but its end is missing.
    #[error(
        "{file}: the end of the file is missing, so it was not copied or downloaded completely. Download it again."
    )]
    CutShort {
        /// The file's name.
        file: String,
    },
    /// Not JSON, or with something behind its end.
    #[error(
        "{file}: is not a readable .nam capture ({detail}). It may be damaged or something else; download it again."
    )]
    NotJson {
        /// The file's name.
        file: String,
        /// What is wrong with it, and where.
        detail: String,
    },
    /// Far more names, texts and lists than any capture has; it is refused before memory is taken.
    #[error(
        "{file}: has more than {limit} names, texts and lists, far more than any capture. It is damaged or something else; download it again."
    )]
    TooManyValues {
        /// The file's name.
        file: String,
        /// How many a file of this length may have.
        limit: usize,
    },
    /// Whoever wanted the capture no longer does.
    #[error("reading the capture was cancelled")]
    Cancelled,
    /// A key that the format requires is not there.
    #[error(
        "{place}: is missing. The file is incomplete; download it again or export it anew from the trainer."
    )]
    Missing {
        /// The key that is missing.
        place: Place,
    },
    /// A value of the wrong kind.
    #[error(
        "{place}: should be {expected}, but is {found}. The file is damaged or not a capture; download it again."
    )]
    WrongType {
        /// Where the value stands.
        place: Place,
        /// What the format wants there.
        expected: &'static str,
        /// What stands there.
        found: String,
    },
    /// A value of the right kind that no capture can have.
    #[error(
        "{place}: {problem}. The capture cannot be played as it is; export it anew from the trainer."
    )]
    Invalid {
        /// Where the value stands.
        place: Place,
        /// What is wrong with it.
        problem: String,
    },
    /// Several inputs, of which the file does not say what they are for.
    #[error(
        "{place}: {problem}. Ask whoever made it for a version with only the guitar's input, or one whose metadata names its knobs (controls)."
    )]
    Inputs {
        /// The file.
        place: Place,
        /// What is wrong with its inputs.
        problem: String,
    },
    /// A version of the format from before those that are known.
    #[error(
        "{place}: format version {version} is too old; Gridleak plays 0.4.0 and 0.5.0 to 0.7.x. Export the capture anew with a current trainer, or look for a newer version of it."
    )]
    VersionTooOld {
        /// Where the version stands.
        place: Place,
        /// The version as written.
        version: String,
    },
    /// A version of the format from behind those that are known.
    #[error(
        "{place}: format version {version} is newer than this Gridleak, which plays 0.4.0 and 0.5.0 to 0.7.x. Look for a newer Gridleak."
    )]
    VersionTooNew {
        /// Where the version stands.
        place: Place,
        /// The version as written.
        version: String,
    },
    /// Something else than the three numbers of a version.
    #[error(
        "{place}: \"{version}\" is not a format version, which reads like 0.5.4. The file is damaged or not a capture; download it again."
    )]
    NotAVersion {
        /// Where the version stands.
        place: Place,
        /// The version as written.
        version: String,
    },
    /// A kind of network that is not part of the format.
    #[error(
        "{place}: the architecture \"{name}\" is unknown. Gridleak plays LSTM, WaveNet, ConvNet, Linear, SlimmableContainer and Sequential captures; look for a newer Gridleak or another version of this capture."
    )]
    UnknownArchitecture {
        /// Where the name stands.
        place: Place,
        /// The name as written.
        name: String,
    },
    /// An activation function that is not part of the format.
    #[error(
        "{place}: the activation \"{name}\" is unknown. Look for a newer Gridleak, or for a capture of the same gear from a standard trainer."
    )]
    UnknownActivation {
        /// Where the name stands.
        place: Place,
        /// The name as written.
        name: String,
    },
    /// The weights do not fill the network exactly.
    #[error(
        "{place}: the network needs {expected} weights, but the file has {found}. The file is {}; download it again.",
        if found < expected { "cut short" } else { "inconsistent" }
    )]
    WeightCount {
        /// Where the list stands.
        place: Place,
        /// How many weights the configuration asks for.
        expected: usize,
        /// How many are there.
        found: usize,
    },
    /// Playing it would take more memory than any real capture does.
    #[error(
        "{place}: playing this would take {bytes} bytes of memory, more than the {limit} a capture may use. No real capture is this large; the file is damaged."
    )]
    TooDemanding {
        /// Which part asks for it.
        place: Place,
        /// Bytes that would be needed.
        bytes: u64,
        /// Bytes that are allowed.
        limit: u64,
    },
}

/// What the system's error means for the user.
fn unreadable(error: &std::io::Error) -> String {
    use std::io::ErrorKind;
    match error.kind() {
        ErrorKind::NotFound => "there is no such file. It may have been moved or renamed; pick it again.".into(),
        ErrorKind::PermissionDenied => "you are not allowed to read this file. Change its permissions or copy it to a folder of yours.".into(),
        _ => format!("cannot be read ({error}). Check the disk it is on, and try again."),
    }
}

/// The result of anything that reads a capture.
pub type Result<T> = std::result::Result<T, CaptureError>;
