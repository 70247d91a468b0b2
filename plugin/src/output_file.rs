//! A file that appears under its name only when it is complete.

use std::fs;
use std::io::{self, BufWriter, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use crate::failure::{Failure, Result, plain};

/// Written beside its target under a temporary name, which [`OutputFile::finish`] replaces by the
/// real one. Dropped before that, it vanishes and leaves whatever was there.
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
        if let Some(existing) = &existing {
            if existing.is_dir() {
                return Err(Failure::at(path, "is a folder; name a WAV file to write"));
            }
            // Renaming over a device would replace the device.
            if !existing.is_file() {
                return Err(Failure::at(
                    path,
                    "is not an ordinary file; name a WAV file to write",
                ));
            }
            if existing.permissions().readonly() {
                return Err(Failure::at(path, "is write-protected; choose another name"));
            }
        }
        if target.file_name().is_none() {
            return Err(Failure::at(
                path,
                "is not a file name; name a WAV file to write",
            ));
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
        let mut builder = tempfile::Builder::new();
        builder.prefix(".gridleak-").suffix(".part");
        // Temporary files are private by default; this one becomes an ordinary file.
        #[cfg(unix)]
        builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
        let temp = builder
            .tempfile_in(folder)
            .map_err(|e| cannot_write(path, &e))?;
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

    /// Gives the finished file its name.
    pub(crate) fn finish(self) -> Result<()> {
        let Self { writer, target } = self;
        let temp = writer
            .into_inner()
            .map_err(|e| cannot_write(&target, e.error()))?;
        temp.persist(&target)
            .map_err(|e| cannot_write(&target, &e.error))?;
        Ok(())
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

impl Seek for OutputFile {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.writer.seek(to)
    }
}

/// The failure for an error met while writing the file at `path`.
pub(crate) fn cannot_write(path: &Path, error: &io::Error) -> Failure {
    Failure::at(path, format_args!("cannot be written: {}", plain(error)))
}
