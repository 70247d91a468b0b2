//! Files inside a preset, so that one file is all there is to share.

use std::time::{Duration, Instant};

use crate::files::failure::{Failure, Result};
use crate::session::preferences::Preferences;
use crate::session::references::{Chosen, Found, SavedPart, Source, is_file, locate};
use crate::session::rig::MOST_EMBEDDED;

/// How long files that are not where they were are looked for, all together.
const SEARCHING: Duration = Duration::from_secs(4);

/// Puts the files of parts of a rig into it, or takes out those that are on this computer: of the others,
/// that is the only copy. It takes as long as reading and packing them.
///
/// # Errors
/// If a file that is to be inside cannot be read, in words.
pub(super) fn embed<'a>(parts: impl Iterator<Item = &'a mut SavedPart>, on: bool) -> Result<()> {
    let deadline = Instant::now() + SEARCHING;
    let chosen = Preferences::load().chosen(None);
    let mut bytes = 0;
    for part in parts {
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
            pack(part, &chosen, deadline)?;
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
fn pack(part: &mut SavedPart, chosen: &Chosen, deadline: Instant) -> Result<()> {
    let mut wanted = part.clone();
    wanted.set_embedding(true);
    let cancelled = &|| false;
    let found = locate(&wanted, chosen, deadline, cancelled);
    if let Found::Missing(reason) = &found {
        return Err(not_inside(part, &reason.to_string()));
    }
    let rate = part.rate.unwrap_or_default();
    let resolved = wanted.resolved(&found, rate, chosen, cancelled);
    if resolved.embedded_bytes() == 0 {
        let reason = "another file has taken its place. Choose first which one to use";
        return Err(not_inside(part, reason));
    }
    *part = resolved;
    Ok(())
}

fn not_inside(part: &SavedPart, reason: &str) -> Failure {
    Failure::new(format!(
        "The preset was not saved, for {} cannot be put inside: {reason}.",
        part.name()
    ))
}
