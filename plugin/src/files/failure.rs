//! The one kind of error the command line knows: a line for the person at the keyboard.

use std::fmt;
use std::path::Path;

/// What went wrong and what to do about it, in one line without a full stop.
#[derive(Debug)]
pub(crate) struct Failure(String);

/// A result whose error is ready to be shown.
pub(crate) type Result<T> = std::result::Result<T, Failure>;

impl Failure {
    /// A failure that has nothing to do with a file.
    pub(crate) fn new(message: impl Into<String>) -> Self {
        Self(message.into())
    }

    /// A failure of the file or folder at `path`.
    pub(crate) fn at(path: &Path, message: impl fmt::Display) -> Self {
        Self(format!("{}: {message}", path.display()))
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&one_line(&self.0))
    }
}

/// Control characters (a line break in a file name, an escape sequence in a capture's metadata)
/// replaced by blanks: what a file says must neither break a line nor steer the terminal.
pub(crate) fn one_line(text: &str) -> String {
    text.chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect()
}

/// An operating system's error in plain words.
pub(crate) fn plain(error: &std::io::Error) -> String {
    use std::io::ErrorKind;
    match error.kind() {
        ErrorKind::NotFound => "there is no such file".into(),
        ErrorKind::PermissionDenied => "you are not allowed to open it".into(),
        ErrorKind::StorageFull => "the disk is full".into(),
        ErrorKind::BrokenPipe => "the program that reads it has ended".into(),
        _ => error.to_string(),
    }
}

/// An error of the WAV codec as one of input and output.
pub(crate) fn io_error(error: hound::Error) -> std::io::Error {
    match error {
        hound::Error::IoError(error) => error,
        error => std::io::Error::other(error),
    }
}
