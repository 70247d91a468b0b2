//! Where a command takes its capture from: a file or the program itself.

use std::borrow::Cow;
use std::io::Read;
use std::path::Path;

use gridleak_core::{Capture, ordinary_file};

use crate::builtin::{BuiltIn, CAPTURES};
use crate::files::failure::{Failure, Result, plain};

/// Marks the name of a built-in capture.
const PREFIX: &str = "builtin:";

/// Opens the capture in the file `source`, or the built-in one if it reads `builtin:NAME`.
pub(super) fn open(source: &Path) -> Result<Capture> {
    match built_in(source, CAPTURES) {
        Some(found) => parse(source, found?.bytes),
        None if source.is_dir() => Err(Failure::at(source, "is a folder; name a .nam file")),
        None => Capture::from_file(source)
            .map_err(|e| Failure::new(e.to_string()))
            .and_then(explained),
    }
}

/// Refuses a capture of several inputs that does not say what they are.
fn explained(capture: Capture) -> Result<Capture> {
    match capture.controls() {
        Ok(_) => Ok(capture),
        Err(error) => Err(Failure::new(error.to_string())),
    }
}

/// The capture that plays where none is named.
pub(super) fn default() -> Result<Capture> {
    open(Path::new(&format!("{PREFIX}{}", CAPTURES[0].name)))
}

/// The bytes of a capture that was opened before.
pub(super) fn bytes(source: &Path) -> Result<Cow<'static, [u8]>> {
    match built_in(source, CAPTURES) {
        Some(found) => Ok(Cow::Borrowed(found?.bytes)),
        None => read(source).map_err(|e| Failure::at(source, plain(&e))),
    }
}

fn read(source: &Path) -> std::io::Result<Cow<'static, [u8]>> {
    let (mut file, about) = ordinary_file::open(source)?;
    let mut bytes = Vec::with_capacity(about.len() as usize);
    file.read_to_end(&mut bytes)?;
    Ok(Cow::Owned(bytes))
}

/// The capture that the bytes of `source` are.
pub(super) fn parse(source: &Path, bytes: &[u8]) -> Result<Capture> {
    let name = source.display().to_string();
    Capture::from_bytes(&name, bytes)
        .map_err(|e| Failure::new(e.to_string()))
        .and_then(explained)
}

/// The built-in sound of a kind, if `source` is the name of one.
pub(super) fn built_in(
    source: &Path,
    kind: &'static [BuiltIn],
) -> Option<Result<&'static BuiltIn>> {
    let name = source.to_str()?.strip_prefix(PREFIX)?;
    Some(kind.iter().find(|c| c.name == name).ok_or_else(|| {
        let names: Vec<_> = kind.iter().map(|c| format!("{PREFIX}{}", c.name)).collect();
        Failure::new(format!(
            "{PREFIX}{name}: no such sound is built in; there are {}",
            names.join(", ")
        ))
    }))
}
