//! Opening files that somebody named.

use std::fs::{self, File, Metadata, OpenOptions};
use std::io;
use std::path::Path;

/// Opens the file at `path` to be read, and says how long it is and so on. It never waits for anybody.
///
/// # Errors
/// What the system says; in words, if it is a folder, a pipe or a device. Those are not even opened:
/// opening a pipe waits until somebody writes into it, and opening a device may do something.
pub fn open(path: &Path) -> io::Result<(File, Metadata)> {
    check(&fs::metadata(path)?)?;
    let mut options = OpenOptions::new();
    options.read(true);
    #[cfg(unix)]
    {
        // If it has become a pipe meanwhile, this does not wait either.
        std::os::unix::fs::OpenOptionsExt::custom_flags(&mut options, libc::O_NONBLOCK);
    }
    let file = options.open(path)?;
    let about = file.metadata()?;
    check(&about)?;
    Ok((file, about))
}

fn check(about: &Metadata) -> io::Result<()> {
    if about.is_file() {
        return Ok(());
    }
    Err(io::Error::other(match about.is_dir() {
        true => "is a folder",
        false => "is a device or a pipe, not a file",
    }))
}
