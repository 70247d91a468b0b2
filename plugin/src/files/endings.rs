//! How the names of files end that Gridleak loads.

use std::path::Path;

/// Captures.
pub(crate) const CAPTURES: &[&str] = &["nam"];

/// Impulse responses, and recordings.
pub(crate) const SOUNDS: &[&str] = &["wav", "wave", "flac", "aif", "aiff", "aifc"];

/// Presets.
#[cfg(feature = "plugin")]
pub(crate) const PRESETS: &[&str] = &["gridleak"];

/// Setlists.
#[cfg(feature = "plugin")]
pub(crate) const SETLISTS: &[&str] = &["gridleak-setlist"];

/// Whether the name of the file at `path` ends so, in small or in capital letters.
pub(crate) fn is_among(path: &Path, endings: &[&str]) -> bool {
    path.extension()
        .is_some_and(|own| endings.iter().any(|one| own.eq_ignore_ascii_case(one)))
}
