//! What captures said of themselves when they were last read, so that only new ones are read again.
//!
//! `library.json` in the user's cache folder. A file that cannot be understood counts as empty.

use std::collections::HashMap;
use std::env;
use std::fs::{self, File, Metadata};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use serde::{Deserialize, Serialize};

use crate::files::failure::{Failure, Result};
use crate::files::output_file::{OutputFile, cannot_write};
use crate::session::preferences;
use crate::session::references::path_text;

const FILE: &str = "library.json";
/// Changes with what [`super::about`] makes of a file.
const FORMAT: u32 = 2;
/// No cache is this long, in bytes.
const MAX_BYTES: u64 = 1 << 26;
/// Of more captures than that, those that were not met lately are forgotten.
const MAX_CAPTURES: usize = 100_000;

/// What captures said of themselves.
#[derive(Debug, Default)]
pub(super) struct Cache {
    captures: HashMap<String, Known>,
    /// Whether there is something to save.
    changed: bool,
}

#[derive(Debug, Serialize, Deserialize)]
struct Known {
    /// In bytes.
    size: u64,
    /// When the file was last written, in nanoseconds since 1970.
    modified: u64,
    about: String,
    /// Whether the file was asked for since the cache was loaded.
    #[serde(skip)]
    met: bool,
}

#[derive(Serialize, Deserialize)]
struct Stored<Captures> {
    format: u32,
    captures: Captures,
}

/// The folder that the cache is in: the user's, or the one that the settings were put in on purpose.
pub(super) fn own_folder() -> Option<PathBuf> {
    // Tests leave the user's cache alone.
    if cfg!(test) {
        return preferences::own_folder().ok();
    }
    let named = env::var_os(preferences::VARIABLE).filter(|named| !named.is_empty());
    let own = || Some(dirs::cache_dir()?.join("gridleak"));
    named.map(PathBuf::from).or_else(own)
}

impl Cache {
    /// Reads the cache in `folder`.
    pub(super) fn load(folder: &Path) -> Self {
        Self {
            captures: read(&folder.join(FILE)).unwrap_or_default(),
            changed: false,
        }
    }

    /// What the file at `path` said when it was as `found`.
    pub(super) fn about(&mut self, path: &Path, found: &Metadata) -> Option<String> {
        let known = self.captures.get_mut(&path_text::encode(path))?;
        known.met = true;
        let same = known.size == found.len() && Some(known.modified) == modified(found);
        same.then(|| known.about.clone())
    }

    /// Keeps what the file at `path` says while it is as `found`.
    pub(super) fn keep(&mut self, path: &Path, found: &Metadata, about: &str) {
        let Some(modified) = modified(found) else {
            return;
        };
        let known = Known {
            size: found.len(),
            modified,
            about: about.to_owned(),
            met: true,
        };
        self.captures.insert(path_text::encode(path), known);
        self.changed = true;
    }

    /// Writes the cache into `folder`, if something is new in it.
    pub(super) fn save(&mut self, folder: &Path) -> Result<()> {
        if !self.changed {
            return Ok(());
        }
        if self.captures.len() > MAX_CAPTURES {
            self.captures.retain(|_, known| known.met);
        }
        let path = folder.join(FILE);
        let stored = Stored {
            format: FORMAT,
            captures: &self.captures,
        };
        let bytes = serde_json::to_vec(&stored).map_err(|e| Failure::at(&path, e))?;
        if bytes.len() as u64 > MAX_BYTES {
            return Err(Failure::at(&path, "would become too long"));
        }
        fs::create_dir_all(folder).map_err(|e| cannot_write(folder, &e))?;
        let mut file = OutputFile::create(&path)?;
        file.write_all(&bytes)
            .map_err(|e| cannot_write(&path, &e))?;
        file.finish()?;
        self.changed = false;
        Ok(())
    }
}

fn read(path: &Path) -> Option<HashMap<String, Known>> {
    let found = fs::metadata(path).ok()?;
    if !found.is_file() || found.len() > MAX_BYTES {
        return None;
    }
    let mut bytes = Vec::new();
    File::open(path)
        .ok()?
        .take(MAX_BYTES)
        .read_to_end(&mut bytes)
        .ok()?;
    let stored: Stored<HashMap<String, Known>> = serde_json::from_slice(&bytes).ok()?;
    (stored.format == FORMAT).then_some(stored.captures)
}

fn modified(found: &Metadata) -> Option<u64> {
    let since = found.modified().ok()?.duration_since(UNIX_EPOCH).ok()?;
    since.as_nanos().try_into().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_read_is_known_until_the_file_changes() {
        let folder = tempfile::tempdir().unwrap();
        let (path, home) = (folder.path().join("a.nam"), folder.path().join("not/yet"));
        fs::write(&path, "one").unwrap();
        let found = fs::metadata(&path).unwrap();
        let mut cache = Cache::load(&home);
        assert_eq!(cache.about(&path, &found), None);
        cache.keep(&path, &found, "Plexi");
        cache.save(&home).unwrap();

        let mut cache = Cache::load(&home);
        assert_eq!(cache.about(&path, &found).as_deref(), Some("Plexi"));
        cache.save(&home).unwrap();
        fs::write(&path, "longer").unwrap();
        assert_eq!(cache.about(&path, &fs::metadata(&path).unwrap()), None);
        let names = fs::read_dir(&home).unwrap().count();
        assert_eq!(names, 1);
    }

    #[test]
    fn a_broken_cache_counts_as_empty_and_is_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let home = folder.path();
        let path = home.join("a.nam");
        fs::write(&path, "one").unwrap();
        let found = fs::metadata(&path).unwrap();
        for broken in [
            "",
            "[]",
            "{\"format\": 2, \"captures\": {\"/a\": 3}}",
            "{\"format\": 99, \"captures\": {}}",
            &"[".repeat(100_000),
        ] {
            fs::write(home.join(FILE), broken).unwrap();
            let mut cache = Cache::load(home);
            assert!(cache.captures.is_empty());
            cache.keep(&path, &found, "Plexi");
            cache.save(home).unwrap();
            let mut cache = Cache::load(home);
            assert_eq!(cache.about(&path, &found).as_deref(), Some("Plexi"));
        }
    }
}
