//! How the search for a file ended.

use std::path::PathBuf;

use crate::builtin::BuiltIn;
use crate::files::contents::Contents;
use crate::files::failure::Failure;

/// How the search for a file ended.
#[derive(Debug)]
pub(crate) enum Found {
    /// It is part of the program.
    BuiltIn(&'static BuiltIn),
    /// It is where it was.
    AtPath(Contents),
    /// Another one is where it was, and it is not to be found.
    Replaced(Contents),
    /// It is in another place.
    Moved {
        /// Where it is.
        path: PathBuf,
        /// What it holds: the same as ever.
        contents: Contents,
    },
    /// It is gone, or holds something else; the project brings it along.
    Embedded(Contents),
    /// It was not found: what is missing, where it was looked for and what to do.
    Missing(Failure),
    /// Nobody wants it any more.
    Cancelled,
}
