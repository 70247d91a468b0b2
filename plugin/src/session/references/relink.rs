//! Where the files of a project are, once the user has said it of one of them.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use super::locate::parts;
use crate::files::contents::{ContentHash, Contents};
use crate::session::folder::is_hidden;

/// A folder that is now in another place, with what is in it.
#[derive(Debug, PartialEq)]
pub(crate) struct Move {
    from: Vec<OsString>,
    to: PathBuf,
}

impl Move {
    /// The outermost folder that has moved if the file at `old`, which may be a path of another
    /// system, is the one at `new` now: `/mnt/ann` of `/mnt/ann/Amps/a.nam` that is
    /// `/home/ann/Sounds/Amps/a.nam` now. `None` where nothing but the file's name is another.
    pub(crate) fn new(old: &Path, new: &Path) -> Option<Self> {
        let mut from = parts(old);
        from.pop()?;
        let mut to = new.parent()?;
        while let (Some(old), Some(new), Some(above)) = (from.last(), to.file_name(), to.parent()) {
            if old != new {
                break;
            }
            from.pop();
            to = above;
        }
        let to = to.to_owned();
        (from != parts(&to) || !old.is_absolute()).then_some(Self { from, to })
    }

    /// Where the file at `old` is, if it was in that folder; nothing that is hidden.
    pub(crate) fn apply(&self, old: &Path) -> Option<PathBuf> {
        let parts = parts(old);
        let inside = parts.strip_prefix(&*self.from)?;
        let hidden = inside.iter().any(|part| is_hidden(part));
        (!inside.is_empty() && !hidden).then(|| {
            let inside: PathBuf = inside.iter().collect();
            self.to.join(inside)
        })
    }
}

/// Whether the file at `path` can be read and is the one of that hash, if any is known.
pub(crate) fn is_file(
    path: &Path,
    hash: Option<ContentHash>,
    cancelled: &dyn Fn() -> bool,
) -> bool {
    Contents::read(path, cancelled)
        .is_ok_and(|contents| hash.is_none_or(|hash| hash == contents.hash))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn moved(old: &str, new: &str, other: &str) -> Option<PathBuf> {
        Move::new(old.as_ref(), new.as_ref())?.apply(other.as_ref())
    }

    #[cfg(unix)]
    #[test]
    fn what_was_beside_a_file_is_beside_it_again() {
        for (old, new, other, wanted) in [
            ("/old/a.nam", "/new/a.nam", "/old/b.wav", "/new/b.wav"),
            (
                "/old/a.nam",
                "/new/b.nam",
                "/old/Cabs/b.wav",
                "/new/Cabs/b.wav",
            ),
            // Whatever has the same name on both sides has moved along.
            (
                "/mnt/x/Amps/a.nam",
                "/home/ann/x/Amps/a.nam",
                "/mnt/x/Cabs/b.wav",
                "/home/ann/x/Cabs/b.wav",
            ),
            (
                "C:\\Sounds\\Amps\\a.nam",
                "/home/ann/Amps/a.nam",
                "C:\\Sounds\\Cabs\\b.wav",
                "/home/ann/Cabs/b.wav",
            ),
            (
                "\\\\nas\\Sounds\\a.nam",
                "/Sounds/a.nam",
                "\\\\nas\\b.wav",
                "/b.wav",
            ),
        ] {
            assert_eq!(moved(old, new, other), Some(wanted.into()), "{old} {new}");
        }
        for (old, new, other) in [
            ("/old/a.nam", "/new/a.nam", "/other/b.wav"),
            ("/old/a.nam", "/new/a.nam", "/old"),
            ("/old/a.nam", "/new/a.nam", "/old/.ssh/id"),
            // The file has another name, and nothing has moved.
            ("/old/a.nam", "/old/b.nam", "/old/c.wav"),
            ("", "/new/a.nam", "/old/a.nam"),
        ] {
            assert_eq!(moved(old, new, other), None, "{old} {new}");
        }
        // Nothing leads out of it.
        let up = moved("/old/a.nam", "/new/a.nam", "/old/../../etc/b.wav");
        assert!(up.is_none_or(|path| path.starts_with("/new")));
    }
}
