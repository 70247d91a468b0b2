//! Where a command takes its capture from: a file or the program itself.

use std::path::Path;

use gridleak_core::Capture;

use crate::builtin::{BuiltIn, CAPTURES};
use crate::failure::{Failure, Result};

/// Marks the name of a built-in capture.
const PREFIX: &str = "builtin:";

/// Opens the capture in the file `source`, or the built-in one if it reads `builtin:NAME`.
pub(super) fn open(source: &Path) -> Result<Capture> {
    if let Some(name) = source.to_str().and_then(|s| s.strip_prefix(PREFIX)) {
        let found = CAPTURES.iter().find(|c| c.name == name).ok_or_else(|| {
            let names: Vec<_> = CAPTURES
                .iter()
                .map(|c| format!("{PREFIX}{}", c.name))
                .collect();
            Failure::new(format!(
                "{PREFIX}{name}: no such sound is built in; there are {}",
                names.join(", ")
            ))
        })?;
        return built_in(found);
    }
    if source.is_dir() {
        return Err(Failure::at(source, "is a folder; name a .nam file"));
    }
    Capture::from_file(source).map_err(|e| Failure::new(e.to_string()))
}

/// The capture that plays where none is named.
pub(super) fn default() -> Result<Capture> {
    built_in(&CAPTURES[0])
}

fn built_in(capture: &BuiltIn) -> Result<Capture> {
    Capture::from_bytes(&format!("{PREFIX}{}", capture.name), capture.bytes)
        .map_err(|e| Failure::new(e.to_string()))
}
