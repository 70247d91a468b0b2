//! Files inside a preset, so that one file is all there is to share.

use std::path::Path;
use std::time::{Duration, Instant};

use gridleak_core::Capture;

use crate::files::failure::{Failure, Result};
use crate::files::impulse_file;
use crate::session::part::PartKind;
use crate::session::preferences::Preferences;
use crate::session::references::{Chosen, Found, SavedPart, Source, is_file, locate};
use crate::session::rig::{MOST_EMBEDDED, SavedSlot};

/// How long files that are not where they were are looked for, all together.
const SEARCHING: Duration = Duration::from_secs(4);

/// Puts the files of slots of a rig into it, or takes out those that are on this computer: of the others,
/// that is the only copy. It takes as long as reading and packing them.
///
/// # Errors
/// If a file that is to be inside cannot be played, in words: whatever a rig names, nothing but a sound of
/// the player's goes to whom the preset is given.
pub(super) fn embed<'a>(slots: impl Iterator<Item = &'a mut SavedSlot>, on: bool) -> Result<()> {
    let deadline = Instant::now() + SEARCHING;
    let chosen = Preferences::load().chosen(None);
    let mut bytes = 0;
    let kinds = || PartKind::ALL.into_iter();
    for (kind, part) in slots.flat_map(|slot| kinds().zip(&mut slot.parts)) {
        let Source::File(file) = &part.source else {
            continue;
        };
        if !on {
            let path = &file.path;
            if part.embedded_bytes() == 0
                || chosen.may_open(path) && is_file(path, part.hash(), &|| false)
            {
                part.set_embedding(false);
            }
            continue;
        }
        if part.embedded_bytes() == 0 {
            pack(kind, part, &chosen, deadline)?;
        }
        bytes += part.embedded_bytes();
        if bytes > MOST_EMBEDDED {
            return Err(Failure::new(format!(
                "The preset was not saved, for its files come to more than {} MB. Save it without them.",
                MOST_EMBEDDED >> 20
            )));
        }
    }
    Ok(())
}

/// Puts the file of a part into its reference.
fn pack(kind: PartKind, part: &mut SavedPart, chosen: &Chosen, deadline: Instant) -> Result<()> {
    let mut wanted = part.clone();
    wanted.set_embedding(true);
    let found = locate(&wanted, chosen, deadline, &|| false);
    let name = Path::new(part.name());
    let played = match &found {
        Found::AtPath(contents) | Found::Moved { contents, .. } => {
            play(kind, name, &contents.bytes)
        }
        Found::Missing(reason) => Err(reason.to_string()),
        _ => Err("another file has taken its place. Choose first which one to use".into()),
    };
    if let Err(reason) = played {
        return Err(Failure::new(format!(
            "The preset was not saved, for {} cannot be put inside: {reason}.",
            part.name()
        )));
    }
    let rate = part.rate.unwrap_or_default();
    *part = wanted.resolved(&found, rate, chosen, &|| false);
    Ok(())
}

/// Whether this can be played as a part of that kind; why not, if it cannot.
fn play(kind: PartKind, name: &Path, bytes: &[u8]) -> std::result::Result<(), String> {
    match kind.is_cab() {
        true => impulse_file::read(name, bytes)
            .map(drop)
            .map_err(|failure| failure.to_string()),
        false => Capture::from_bytes(&name.to_string_lossy(), bytes)
            .map(drop)
            .map_err(|error| error.to_string()),
    }
}
