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
    /// The operating system would not give us the bytes: the path, and what the system said.
    #[error("{0}: {why}", why = unreadable(.1))]
    Unreadable(String, std::io::Error),
    /// No capture is this long; it is refused before memory is taken: the name, its length and the most
    /// that is read, in bytes.
    #[error(
        "{0}: is {1} bytes long, more than any capture ({2} at most). This is something else; pick a .nam capture."
    )]
    FileTooLarge(String, u64, u64),
    /// A file of another kind: the name, what it is, and what to do about it, in whole sentences.
    #[error("{0}: this is {1}, not a .nam capture. {2}")]
    OtherKind(String, String, &'static str),
    /// It begins as a capture does, but its end is missing.
    #[error(
        "{0}: the end of the file is missing, so it was not copied or downloaded completely. Download it again."
    )]
    CutShort(String),
    /// Not JSON, or with something behind its end: the name, and what is wrong where.
    #[error(
        "{0}: is not a readable .nam capture ({1}). It may be damaged or something else; download it again."
    )]
    NotJson(String, String),
    /// Far more names, texts and lists than any capture has; it is refused before memory is taken: the
    /// name, and how many a file of this length may have.
    #[error(
        "{0}: has more than {1} names, texts and lists, far more than any capture. It is damaged or something else; download it again."
    )]
    TooManyValues(String, usize),
    /// Whoever wanted the capture no longer does.
    #[error("reading the capture was cancelled")]
    Cancelled,
    /// A key that the format requires is not there.
    #[error(
        "{0}: is missing. The file is incomplete; download it again or export it anew from the trainer."
    )]
    Missing(Place),
    /// A value of the wrong kind: what the format wants there, and what stands there.
    #[error(
        "{0}: should be {1}, but is {2}. The file is damaged or not a capture; download it again."
    )]
    WrongType(Place, &'static str, String),
    /// A value of the right kind that no capture can have, and what is wrong with it.
    #[error("{0}: {1}. The capture cannot be played as it is; export it anew from the trainer.")]
    Invalid(Place, String),
    /// Several inputs, of which the file does not say what they are for.
    #[error(
        "{0}: {1}. Ask whoever made it for a version with only the guitar's input, or one whose metadata names its knobs (controls)."
    )]
    Inputs(Place, String),
    /// A version of the format from before those that are known, as written.
    #[error(
        "{0}: format version {1} is too old; Gridleak plays 0.4.0 and 0.5.0 to 0.7.x. Export the capture anew with a current trainer, or look for a newer version of it."
    )]
    VersionTooOld(Place, String),
    /// A version of the format from behind those that are known, as written.
    #[error(
        "{0}: format version {1} is newer than this Gridleak, which plays 0.4.0 and 0.5.0 to 0.7.x. Look for a newer Gridleak."
    )]
    VersionTooNew(Place, String),
    /// Something else than the three numbers of a version, as written.
    #[error(
        "{0}: \"{1}\" is not a format version, which reads like 0.5.4. The file is damaged or not a capture; download it again."
    )]
    NotAVersion(Place, String),
    /// A kind of network that is not part of the format, by its name.
    #[error(
        "{0}: the architecture \"{1}\" is unknown. Gridleak plays LSTM, WaveNet, ConvNet, Linear, SlimmableContainer and Sequential captures; look for a newer Gridleak or another version of this capture."
    )]
    UnknownArchitecture(Place, String),
    /// An activation function that is not part of the format, by its name.
    #[error(
        "{0}: the activation \"{1}\" is unknown. Look for a newer Gridleak, or for a capture of the same gear from a standard trainer."
    )]
    UnknownActivation(Place, String),
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
    /// Playing it would take more memory than any real capture does: how much, and the most that it may
    /// take, in bytes.
    #[error(
        "{0}: playing this would take {1:.0} bytes of memory, more than the {2} a capture may use. No real capture is this large; the file is damaged."
    )]
    TooDemanding(Place, f64, u64),
}

/// What the system's error means for the user.
fn unreadable(error: &std::io::Error) -> String {
    use std::io::ErrorKind;
    match error.kind() {
        ErrorKind::NotFound => "there is no such file. It may have been moved or renamed; pick it again.".into(),
        ErrorKind::PermissionDenied => "you are not allowed to read this file. Change its permissions or copy it to a folder of yours.".into(),
        _ if error.raw_os_error().is_none() => format!("{error}. Pick a .nam capture."),
        _ => format!("cannot be read ({error}). Check the disk it is on, and try again."),
    }
}

/// The result of anything that reads a capture.
pub type Result<T> = std::result::Result<T, CaptureError>;
