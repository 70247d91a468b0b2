//! The files of one kind in a folder, captures or impulse responses, in the order people expect, and the way from one to the next.

use std::ffi::{OsStr, OsString};
use std::fs::{DirEntry, FileType};
use std::path::{Path, PathBuf};

use crate::files::endings;

/// Which way to go in a folder; at its end it begins anew.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Step {
    Previous,
    Next,
}

impl Step {
    /// How many files further on it leads.
    pub(crate) fn by(self) -> i32 {
        match self {
            Step::Previous => -1,
            Step::Next => 1,
        }
    }
}

/// Where a capture stands in its folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct FolderPosition {
    /// Counted from 1.
    pub(crate) index: usize,
    /// Captures in the folder.
    pub(crate) count: usize,
}

/// The capture so many further on in the folder than the one at `path` (or back), and where it
/// stands there. From a file that is gone, the way leads to those that would be beside it. `None` if
/// the folder cannot be read or holds no other capture.
///
/// Reads the folder, which takes as long as the disk does: not for the audio thread nor the window's.
pub(crate) fn neighbour(path: &Path, by: i32) -> Option<(PathBuf, FolderPosition)> {
    let captures = Captures::beside(path)?;
    let names = &captures.names;
    let count = names.len();
    let from = match captures.find(path) {
        _ if count == 0 => return None,
        Ok(_) if count == 1 => return None,
        Ok(here) => here as i64,
        // The next one is the one behind the gap.
        Err(gap) if by > 0 => gap as i64 - 1,
        Err(gap) => gap as i64,
    };
    let index = (from + i64::from(by)).rem_euclid(count as i64) as usize;
    let place = FolderPosition {
        index: index + 1,
        count,
    };
    Some((captures.folder.join(&names[index].file), place))
}

/// Where the capture at `path` stands in its folder; `None` if it is not there. Takes as long as
/// [`neighbour`].
pub(crate) fn place(path: &Path) -> Option<FolderPosition> {
    let captures = Captures::beside(path)?;
    let index = captures.find(path).ok()?;
    Some(FolderPosition {
        index: index + 1,
        count: captures.names.len(),
    })
}

/// The captures of a folder, sorted.
struct Captures {
    folder: PathBuf,
    names: Vec<Name>,
}

impl Captures {
    fn beside(path: &Path) -> Option<Self> {
        let folder = path.parent()?;
        // The folder of a bare file name is the current one.
        let listed = if folder.as_os_str().is_empty() {
            Path::new(".")
        } else {
            folder
        };
        let mut names: Vec<Name> = std::fs::read_dir(listed)
            .ok()?
            .flatten()
            .filter(|entry| is_alike(entry, path))
            .map(|entry| Name::new(entry.file_name()))
            .collect();
        names.sort_unstable();
        Some(Self {
            folder: folder.to_owned(),
            names,
        })
    }

    /// The place of the file at `path`, or the one where it would be.
    fn find(&self, path: &Path) -> Result<usize, usize> {
        let name = path.file_name().unwrap_or(OsStr::new(""));
        self.names.binary_search(&Name::new(name.to_owned()))
    }
}

/// Whether this is a file of the kind of the one at `like`: an ordinary file, or a link to one, of the
/// same ending, or both sound files.
fn is_alike(entry: &DirEntry, like: &Path) -> bool {
    let path = entry.path();
    let sounds = |path: &Path| endings::is_among(path, endings::SOUNDS);
    let endings = path.extension().zip(like.extension());
    let named = endings.is_some_and(|(own, other)| own.eq_ignore_ascii_case(other))
        || sounds(&path) && sounds(like);
    named && !is_hidden(&entry.file_name()) && file_type(entry).is_some_and(|kind| kind.is_file())
}

/// Whether files and folders of that name are passed over. Archives packed on a Mac leave a `._x.nam`
/// of no use beside each `x.nam`.
pub(crate) fn is_hidden(name: &OsStr) -> bool {
    name.as_encoded_bytes().starts_with(b".")
}

/// What this is, or what it leads to if it is a link; `None` if that is not to be found out.
pub(crate) fn file_type(entry: &DirEntry) -> Option<FileType> {
    match entry.file_type() {
        Ok(kind) if kind.is_symlink() => Some(entry.path().metadata().ok()?.file_type()),
        kind => kind.ok(),
    }
}

/// A file name that sorts the way people count: `Amp 2` before `amp 10`.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Name {
    /// What is compared first.
    natural: Vec<u8>,
    /// Names that people take for equal still need one order.
    file: OsString,
}

impl Name {
    pub(crate) fn new(file: OsString) -> Self {
        Self {
            natural: natural(&file.to_string_lossy()),
            file,
        }
    }
}

/// Bytes that compare as people compare the text: digits by the number they make, everything else by
/// character, whatever the case.
pub(crate) fn natural(text: &str) -> Vec<u8> {
    let text = text.to_lowercase();
    let mut bytes = Vec::with_capacity(text.len() + 8);
    let mut rest = text.as_bytes();
    while let Some(first) = rest.first() {
        let number = first.is_ascii_digit();
        let end = rest.iter().position(|byte| byte.is_ascii_digit() != number);
        let (part, behind) = rest.split_at(end.unwrap_or(rest.len()));
        rest = behind;
        if number {
            let zeros = part.iter().take_while(|digit| **digit == b'0').count();
            let digits = &part[zeros..];
            // Without leading zeros, the longer number is the larger one. All of them stand where
            // digits do among other characters.
            bytes.push(b'0');
            bytes.extend((digits.len() as u32).to_be_bytes());
            bytes.extend(digits);
        } else {
            bytes.extend(part);
        }
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    fn folder(names: &[&str]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for name in names {
            fs::write(folder.path().join(name), "").unwrap();
        }
        folder
    }

    /// The names that `step` leads through, from the file `from` until it is met again.
    fn walk(folder: &Path, from: &str, step: i32) -> Vec<String> {
        let mut found = Vec::new();
        let mut at = folder.join(from);
        while found.len() < 100 {
            let (path, place) = neighbour(&at, step).unwrap();
            assert_eq!(super::place(&path), Some(place));
            at = path;
            let name = at.file_name().unwrap().to_string_lossy().into_owned();
            found.push(name.clone());
            if name == from {
                break;
            }
        }
        found
    }

    #[test]
    fn steps_go_by_number_and_letter_and_around() {
        let folder = folder(&[
            "Amp 10.nam",
            "amp 2.nam",
            "AMP 1.NAM",
            "Amp 02b.nam",
            "Zorn.nam",
            "Ächz.nam",
            "anders.nam",
            "99999999999999999999999999 gain.nam",
            "100000000000000000000000000 gain.nam",
            "no capture.wav",
            "nam",
            ".nam",
            "._amp 2.nam",
        ]);
        fs::create_dir(folder.path().join("a folder.nam")).unwrap();
        let expected = [
            "amp 2.nam",
            "Amp 02b.nam",
            "Amp 10.nam",
            "anders.nam",
            "Zorn.nam",
            "Ächz.nam",
            "99999999999999999999999999 gain.nam",
            "100000000000000000000000000 gain.nam",
            "AMP 1.NAM",
        ];
        assert_eq!(walk(folder.path(), "AMP 1.NAM", 1), expected);
        let mut backwards = walk(folder.path(), "AMP 1.NAM", -1);
        backwards.rotate_right(1);
        backwards.reverse();
        assert_eq!(backwards, expected);
    }

    #[test]
    fn the_place_counts_from_one() {
        let folder = folder(&["a.nam", "b.nam", "c.nam"]);
        let at = |index| FolderPosition { index, count: 3 };
        let path = |name| folder.path().join(name);
        assert_eq!(place(&path("a.nam")), Some(at(1)));
        assert_eq!(neighbour(&path("a.nam"), 1), Some((path("b.nam"), at(2))));
        assert_eq!(neighbour(&path("a.nam"), -1), Some((path("c.nam"), at(3))));
    }

    #[test]
    fn from_a_file_that_is_gone_the_way_leads_to_those_beside_it() {
        let folder = folder(&["a.nam", "c.nam"]);
        let name = |from: &str, step| {
            let (path, _) = neighbour(&folder.path().join(from), step).unwrap();
            path.file_name().unwrap().to_string_lossy().into_owned()
        };
        assert_eq!(name("b.nam", 1), "c.nam");
        assert_eq!(name("b.nam", -1), "a.nam");
        assert_eq!(name("d.nam", 1), "a.nam");
        assert_eq!(name("A.nam", -1), "c.nam");
        assert_eq!(place(&folder.path().join("b.nam")), None);
    }

    #[test]
    fn sound_files_of_all_kinds_are_alike() {
        let folder = folder(&[
            "a.wav", "b.FLAC", "c.nam", "d.aiff", "e.aif", "f.txt", "g.mp3",
        ]);
        let way = walk(folder.path(), "a.wav", 1);
        assert_eq!(way, ["b.FLAC", "d.aiff", "e.aif", "a.wav"]);
        assert_eq!(neighbour(&folder.path().join("c.nam"), 1), None);
        assert_eq!(neighbour(&folder.path().join("f.txt"), 1), None);
    }

    #[test]
    fn where_there_is_nowhere_to_go_there_is_no_neighbour() {
        let alone = folder(&["a.nam", "b.wav"]);
        assert_eq!(neighbour(&alone.path().join("a.nam"), 1), None);
        assert!(neighbour(&alone.path().join("gone.nam"), 1).is_some());
        let empty = folder(&[]);
        assert_eq!(neighbour(&empty.path().join("a.nam"), -1), None);
        assert_eq!(neighbour(&empty.path().join("no/such.nam"), 1), None);
        assert_eq!(neighbour(Path::new(""), 1), None);
        assert_eq!(neighbour(Path::new("/"), 1), None);
    }

    #[cfg(unix)]
    #[test]
    fn links_are_followed_and_names_need_not_be_text() {
        use std::os::unix::ffi::OsStrExt;
        use std::os::unix::fs::symlink;
        let folder = folder(&["b.nam"]);
        let strange = folder.path().join(OsStr::from_bytes(b"a\xff\xfe.nam"));
        fs::write(&strange, "").unwrap();
        symlink(folder.path().join("b.nam"), folder.path().join("c.nam")).unwrap();
        symlink(
            folder.path().join("nowhere"),
            folder.path().join("broken.nam"),
        )
        .unwrap();
        let (after, place) = neighbour(&strange, 1).unwrap();
        assert_eq!(after, folder.path().join("b.nam"));
        assert_eq!(place, FolderPosition { index: 2, count: 3 });
        assert_eq!(neighbour(&after, -1).unwrap().0, strange);
    }

    #[test]
    fn ten_thousand_captures_are_no_hindrance() {
        let folder = tempfile::tempdir().unwrap();
        for n in 0..10_000 {
            fs::write(folder.path().join(format!("Capture {n}.nam")), "").unwrap();
        }
        let (path, place) = neighbour(&folder.path().join("Capture 9998.nam"), 1).unwrap();
        assert_eq!(path, folder.path().join("Capture 9999.nam"));
        assert_eq!(
            place,
            FolderPosition {
                index: 10_000,
                count: 10_000
            }
        );
    }
}
