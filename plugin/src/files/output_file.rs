//! A file that appears under its name only when it is complete.

use std::fs::{self, File, Metadata, TryLockError};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use crate::files::failure::{Failure, Result, plain};

/// What temporary names begin and end with.
const PREFIX: &str = ".gridleak-";
const SUFFIX: &str = ".part";

/// How often a temporary file is made anew that another process took for one that was left behind.
const TRIES: usize = 100;

/// Written beside its target under a temporary name, which [`OutputFile::finish`] replaces by the
/// real one. Dropped before that, it vanishes and leaves whatever was there. A process that is killed
/// leaves it behind; the next one that writes beside it removes it. Who writes holds a lock on it, by
/// which the living are told from the dead.
#[derive(Debug)]
pub(crate) struct OutputFile {
    writer: BufWriter<NamedTempFile>,
    target: PathBuf,
}

impl OutputFile {
    /// Checks that `path` can be written and opens the temporary file.
    pub(crate) fn create(path: &Path) -> Result<Self> {
        // Behind a link, the file it points to is replaced, not the link.
        let target = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
        let existing = fs::metadata(&target).ok();
        let is = |test: fn(&Metadata) -> bool| existing.as_ref().is_some_and(test);
        let named_as_folder = path.to_string_lossy().ends_with(std::path::is_separator);
        let refusal = if is(Metadata::is_dir) {
            Some("is a folder; name a WAV file to write")
        } else if is(|existing| !existing.is_file()) {
            // Renaming over a device would replace the device.
            Some("is not an ordinary file; name a WAV file to write")
        } else if is(|existing| existing.permissions().readonly()) {
            Some("is write-protected; choose another name")
        } else if named_as_folder {
            Some("is the name of a folder, with a slash at its end; name a WAV file to write")
        } else if target.file_name().is_none() {
            Some("is not a file name; name a WAV file to write")
        } else {
            None
        };
        if let Some(words) = refusal {
            return Err(Failure::at(path, words));
        }
        let folder = match target.parent() {
            Some(folder) if !folder.as_os_str().is_empty() => folder,
            _ => Path::new("."),
        };
        if !folder.is_dir() {
            return Err(Failure::at(
                path,
                format_args!(
                    "the folder {} does not exist; create it first",
                    folder.display()
                ),
            ));
        }
        remove_left_behind(folder);
        let temp = locked_file(folder).map_err(|e| cannot_write(path, &e))?;
        if let Some(existing) = existing {
            fs::set_permissions(temp.path(), existing.permissions())
                .map_err(|e| cannot_write(path, &e))?;
        }
        Ok(Self {
            writer: BufWriter::with_capacity(1 << 16, temp),
            target,
        })
    }

    /// Whether the file at `other` is the one this output is going to replace.
    pub(crate) fn replaces(&self, other: &Path) -> bool {
        fs::canonicalize(other).is_ok_and(|other| other == self.target)
    }

    /// What it is called until it is finished.
    pub(crate) fn temporary_path(&self) -> &Path {
        self.writer.get_ref().path()
    }

    /// Gives the finished file its name, once all of it is on the disk.
    pub(crate) fn finish(self) -> Result<()> {
        let (temp, target) = self.complete()?;
        temp.persist(&target)
            .map_err(|e| cannot_write(&target, &e.error))?;
        Ok(())
    }

    /// The same if no file has that name; else it answers `false`, and leaves that one alone.
    #[cfg(feature = "plugin")]
    pub(crate) fn finish_new(self) -> Result<bool> {
        let (temp, target) = self.complete()?;
        match temp.persist_noclobber(&target) {
            Ok(_) => Ok(true),
            Err(e) if e.error.kind() == io::ErrorKind::AlreadyExists => Ok(false),
            Err(e) => Err(cannot_write(&target, &e.error)),
        }
    }

    /// The file with all of it on the disk, and the name that it is to have.
    fn complete(self) -> Result<(NamedTempFile, PathBuf)> {
        let Self { writer, target } = self;
        let temp = writer
            .into_inner()
            .map_err(|e| cannot_write(&target, e.error()))?;
        temp.as_file()
            .sync_all()
            .map_err(|e| cannot_write(&target, &e))?;
        Ok((temp, target))
    }
}

impl Write for OutputFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.writer.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.writer.flush()
    }
}

/// Makes a temporary file and locks it, where the file system can.
fn locked_file(folder: &Path) -> io::Result<NamedTempFile> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(PREFIX).suffix(SUFFIX);
    // Temporary files are private by default; this one becomes an ordinary file.
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    for _ in 0..TRIES {
        let temp = builder.tempfile_in(folder)?;
        // Between its making and its lock, another process may have taken it for dead.
        match temp.as_file().try_lock() {
            Ok(()) if !temp.path().exists() => {}
            Ok(()) | Err(TryLockError::Error(_)) => return Ok(temp),
            Err(TryLockError::WouldBlock) => {}
        }
    }
    Err(io::ErrorKind::ResourceBusy.into())
}

/// Removes what processes that were killed left in `folder`: files whose locks nobody holds.
fn remove_left_behind(folder: &Path) {
    let Ok(entries) = fs::read_dir(folder) else {
        return;
    };
    for entry in entries.flatten() {
        let name = entry.file_name();
        let name = name.to_string_lossy();
        let ours = name.starts_with(PREFIX) && name.ends_with(SUFFIX);
        if !ours || !entry.file_type().is_ok_and(|kind| kind.is_file()) {
            continue;
        }
        let path = entry.path();
        // Where that fails, somebody writes it, or it is not ours to remove.
        if let Ok(file) = File::open(&path)
            && file.try_lock().is_ok()
        {
            let _ = fs::remove_file(&path);
        }
    }
}

/// The failure for an error met while writing the file at `path`.
pub(crate) fn cannot_write(path: &Path, error: &io::Error) -> Failure {
    Failure::at(path, format_args!("cannot be written: {}", plain(error)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let entries = fs::read_dir(folder).unwrap();
        let mut names: Vec<_> = entries
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn what_the_dead_left_is_removed_and_what_the_living_write_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path();
        let dead = ".gridleak-dead.part";
        fs::write(folder.join(dead), "half a song").unwrap();
        fs::write(folder.join(".gridleak-mine"), "another name").unwrap();
        fs::create_dir(folder.join(".gridleak-folder.part")).unwrap();
        let mut living = OutputFile::create(&folder.join("a.wav")).unwrap();
        assert!(!names(folder).contains(&dead.to_owned()));
        living.write_all(b"one").unwrap();
        let mut other = OutputFile::create(&folder.join("b.wav")).unwrap();
        other.write_all(b"two").unwrap();
        assert_eq!(names(folder).len(), 4);
        living.finish().unwrap();
        other.finish().unwrap();
        let left = [".gridleak-folder.part", ".gridleak-mine", "a.wav", "b.wav"];
        assert_eq!(names(folder), left);
        assert_eq!(fs::read(folder.join("a.wav")).unwrap(), b"one");
        assert_eq!(fs::read(folder.join("b.wav")).unwrap(), b"two");
    }

    #[test]
    fn many_at_once_do_not_remove_each_others() {
        let folder = tempfile::tempdir().unwrap();
        std::thread::scope(|scope| {
            for number in 0..8 {
                let path = folder.path().join(format!("{number}.wav"));
                scope.spawn(move || {
                    for round in 0..50 {
                        let mut file = OutputFile::create(&path).unwrap();
                        write!(file, "{round}").unwrap();
                        file.finish().unwrap();
                    }
                });
            }
        });
        assert_eq!(names(folder.path()).len(), 8);
    }
}
