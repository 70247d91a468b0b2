//! Finding a project's capture, also when its file has moved.
//!
//! A file that is not where it was is known by its hash alone. Tried in this order:
//!
//! 1. the path;
//! 2. the same file below the user's home folder or a capture folder: the last parts of the path,
//!    as many as there are, then fewer. So a project finds its captures on a machine where
//!    `/home/ann/Captures` is `/Users/ann/Captures` or `/mnt/Captures`;
//! 3. the file embedded in the project;
//! 4. every capture of the same size in the folder it was in, in the capture folders, and in their
//!    subfolders.

use std::collections::{HashSet, VecDeque};
use std::ffi::{OsStr, OsString};
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::contents::{ContentHash, Contents};
use super::embedding::Embedding;
use super::saved_part::{SavedFile, SavedPart, Source};
use crate::builtin::{self, BuiltIn};
use crate::failure::Failure;

/// How the search for a capture ended.
#[derive(Debug)]
pub(crate) enum Found {
    /// It is part of the program.
    BuiltIn(&'static BuiltIn),
    /// The file is where it was.
    AtPath {
        /// What it holds.
        contents: Contents,
        /// Whether that is something else than when the project was saved.
        changed: bool,
    },
    /// The file is in another place.
    Moved {
        /// Where it is.
        path: PathBuf,
        /// What it holds: the same as ever.
        contents: Contents,
    },
    /// The file is gone, or holds something else; the project brings it along.
    Embedded(Contents),
    /// It was not found: what is missing, where it was looked for and what to do.
    Missing(Failure),
    /// Nobody wants it any more.
    Cancelled,
}

/// What a search may take at most.
struct Limits {
    /// Levels of subfolders.
    depth: usize,
    /// Files and folders looked at, all together.
    entries: usize,
    time: Duration,
}

const LIMITS: Limits = Limits {
    depth: 8,
    entries: 20_000,
    time: Duration::from_secs(5),
};

/// Of a path, so many of the last parts are tried below other folders.
const MAX_TAIL: usize = 16;
/// So many folders are named in a message, and so many characters of a path.
const NAMED_FOLDERS: usize = 3;
const NAMED_PATH: usize = 300;

/// Finds the file and reads it. `folders` are the user's folders; it is looked for until `deadline`;
/// `cancelled` is asked again and again.
///
/// Takes as long as reading the file if that is where it was, and else up to 5 seconds (longer only
/// if the system makes it wait for a disk). Not for the audio thread, nor for the host's.
pub(crate) fn locate(
    saved: &SavedPart,
    folders: &[PathBuf],
    deadline: Instant,
    cancelled: &dyn Fn() -> bool,
) -> Found {
    match &saved.source {
        Source::BuiltIn(name) => built_in(name),
        Source::File(file) => {
            let home = dirs::home_dir();
            let mut search = Search::new(file, home.as_deref(), folders, &LIMITS, cancelled);
            search.deadline = search.deadline.min(deadline);
            search.run()
        }
    }
}

fn built_in(name: &str) -> Found {
    match builtin::find(name) {
        Some(built_in) => Found::BuiltIn(built_in),
        None => Found::Missing(Failure::new(format!(
            "the built-in sound \"{name}\" is not part of this version of Gridleak; update Gridleak, or load something else"
        ))),
    }
}

struct Search<'a> {
    file: &'a SavedFile,
    home: Option<&'a Path>,
    folders: &'a [PathBuf],
    depth: usize,
    /// Files and folders that may still be looked at.
    entries: usize,
    deadline: Instant,
    cancelled: &'a dyn Fn() -> bool,
}

impl<'a> Search<'a> {
    fn new(
        file: &'a SavedFile,
        home: Option<&'a Path>,
        folders: &'a [PathBuf],
        limits: &Limits,
        cancelled: &'a dyn Fn() -> bool,
    ) -> Self {
        Self {
            file,
            home,
            folders,
            depth: limits.depth,
            entries: limits.entries,
            deadline: Instant::now() + limits.time,
            cancelled,
        }
    }

    fn run(mut self) -> Found {
        let file = self.file;
        if (self.cancelled)() {
            return Found::Cancelled;
        }
        let refusal = match self.at_path() {
            Ok(contents) => {
                let changed = file.hash.is_some_and(|hash| hash != contents.hash);
                return match changed.then(|| self.embedded()).flatten() {
                    Some(embedded) => Found::Embedded(embedded),
                    None => Found::AtPath { contents, changed },
                };
            }
            Err(refusal) => refusal,
        };
        // Without its hash nothing can be told to be the file.
        let known = file.hash.zip(file.bytes);
        let moved = |(path, contents)| Found::Moved { path, contents };
        let mut found = known
            .and_then(|(hash, bytes)| self.below_other_folders(hash, bytes))
            .map(moved);
        found = found.or_else(|| self.embedded().map(Found::Embedded));
        if let (None, Some((hash, bytes))) = (&found, known) {
            found = self.in_folders(hash, bytes).map(moved);
        }
        if (self.cancelled)() {
            return Found::Cancelled;
        }
        found.unwrap_or_else(|| Found::Missing(self.missing(&refusal, known.is_some())))
    }

    /// The file at its path; why not, if it cannot be read.
    fn at_path(&self) -> crate::failure::Result<Contents> {
        let path = &self.file.path;
        // Of another system, or damaged: where the host happens to run says nothing.
        if !path.is_absolute() {
            return Err(Failure::new(format!(
                "{}: there is no such file",
                path.display()
            )));
        }
        Contents::read(path)
    }

    /// The embedded file, if there is one that is sound.
    fn embedded(&self) -> Option<Contents> {
        let Embedding::Held(packed) = &self.file.embedding else {
            return None;
        };
        let contents = packed.unpack()?;
        let right = self.file.hash.is_none_or(|hash| hash == contents.hash);
        right.then_some(contents)
    }

    fn below_other_folders(&self, hash: ContentHash, bytes: u64) -> Option<(PathBuf, Contents)> {
        let parts = parts(&self.file.path);
        let first = parts.len().saturating_sub(MAX_TAIL);
        let bases = || {
            self.home
                .into_iter()
                .chain(self.folders.iter().map(PathBuf::as_path))
        };
        for start in first..parts.len() {
            let tail: PathBuf = parts[start..].iter().collect();
            for base in bases() {
                if self.must_stop() {
                    return None;
                }
                let path = base.join(&tail);
                if let Some(contents) = read_if_same(&path, hash, bytes) {
                    return Some((path, contents));
                }
            }
        }
        None
    }

    fn in_folders(&mut self, hash: ContentHash, bytes: u64) -> Option<(PathBuf, Contents)> {
        let name = parts(&self.file.path).pop();
        let ending = self.file.path.extension();
        let mut queue: VecDeque<_> = self.roots().map(|root| (root.to_owned(), 0)).collect();
        // Links can lead round in circles.
        let mut visited = HashSet::new();
        let mut under_other_names = Vec::new();
        'folders: while let Some((folder, depth)) = queue.pop_front() {
            if self.must_stop() {
                break;
            }
            let Ok(real) = fs::canonicalize(&folder) else {
                continue;
            };
            if !visited.insert(real) {
                continue;
            }
            let Ok(entries) = fs::read_dir(&folder) else {
                continue;
            };
            for entry in entries {
                if self.must_stop() || self.entries == 0 {
                    break 'folders;
                }
                self.entries -= 1;
                let Ok(entry) = entry else {
                    continue;
                };
                let path = entry.path();
                let Ok(kind) = entry.file_type() else {
                    continue;
                };
                if kind.is_dir() || kind.is_symlink() && path.is_dir() {
                    if depth < self.depth {
                        queue.push_back((path, depth + 1));
                    }
                } else if name.as_ref() == Some(&entry.file_name()) {
                    if let Some(contents) = read_if_same(&path, hash, bytes) {
                        return Some((path, contents));
                    }
                } else if has_ending(&path, ending) && has_length(&path, bytes) {
                    under_other_names.push(path);
                }
            }
        }
        under_other_names
            .into_iter()
            .take_while(|_| !self.must_stop())
            .find_map(|path| read_if_same(&path, hash, bytes).map(|contents| (path, contents)))
    }

    /// Where a file that moved is looked for.
    fn roots(&self) -> impl Iterator<Item = &'a Path> {
        let path = &self.file.path;
        let folder = path.parent().filter(|_| path.is_absolute());
        let others = self.folders.iter().map(PathBuf::as_path);
        folder
            .into_iter()
            .chain(others.filter(move |&other| Some(other) != folder))
    }

    fn must_stop(&self) -> bool {
        Instant::now() >= self.deadline || (self.cancelled)()
    }

    fn missing(&self, refusal: &Failure, searched: bool) -> Failure {
        let mut message = shortened(refusal.to_string());
        if let Embedding::Held(_) = self.file.embedding {
            message += ", the copy in the project is damaged";
        }
        let mut roots = self.roots();
        let named: Vec<_> = roots
            .by_ref()
            .take(NAMED_FOLDERS)
            .map(|root| shortened(root.display().to_string()))
            .collect();
        if searched && !named.is_empty() {
            message += ", and no copy of it is in ";
            message += &named.join(", ");
            match roots.count() {
                0 => {}
                1 => message += " and 1 more folder",
                more => message += &format!(" and {more} more folders"),
            }
            if self.entries == 0 || Instant::now() >= self.deadline {
                message += " as far as they were searched (they are large)";
            }
        }
        Failure::new(message + "; put the file back, or load another one")
    }
}

/// The end of a text, where paths tell most; a hostile one may be long.
fn shortened(mut text: String) -> String {
    if let Some((cut, _)) = text.char_indices().nth_back(NAMED_PATH) {
        text.replace_range(..=cut, "…");
    }
    text
}

/// The parts of a path from its root on; those of a path from another system, too.
fn parts(path: &Path) -> Vec<OsString> {
    use std::path::Component;
    if path.is_absolute() {
        let parts = path.components().filter_map(|part| match part {
            Component::Normal(part) => Some(part.to_owned()),
            _ => None,
        });
        return parts.collect();
    }
    path.to_string_lossy()
        .split(['/', '\\'])
        .filter(|part| !matches!(*part, "" | "." | "..") && !part.ends_with(':'))
        .map(OsString::from)
        .collect()
}

fn has_ending(path: &Path, ending: Option<&OsStr>) -> bool {
    let own = path.extension();
    own.zip(ending)
        .is_some_and(|(own, ending)| own.eq_ignore_ascii_case(ending))
}

fn has_length(path: &Path, bytes: u64) -> bool {
    fs::metadata(path).is_ok_and(|about| about.is_file() && about.len() == bytes)
}

fn read_if_same(path: &Path, hash: ContentHash, bytes: u64) -> Option<Contents> {
    if !has_length(path, bytes) {
        return None;
    }
    let contents = Contents::read(path).ok()?;
    (contents.hash == hash).then_some(contents)
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::fs::File;

    use tempfile::TempDir;

    use super::*;
    use crate::builtin::CAPTURES;
    use crate::state::embedding::Packed;

    const BYTES: &[u8] = CAPTURES[0].bytes;

    /// A disk of our own: `disk.at("a/b.nam")` is a path in it.
    struct Disk(TempDir);

    impl Disk {
        fn new() -> Self {
            Self(tempfile::tempdir().unwrap())
        }

        fn at(&self, path: impl AsRef<Path>) -> PathBuf {
            self.0.path().join(path)
        }

        fn folder(&self, path: &str) -> PathBuf {
            fs::create_dir_all(self.at(path)).unwrap();
            self.at(path)
        }

        fn put(&self, path: impl AsRef<Path>, bytes: &[u8]) -> PathBuf {
            let path = self.at(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(&path, bytes).unwrap();
            path
        }
    }

    /// What a project knows of the capture [`BYTES`] that was at `path`.
    fn known(path: &Path) -> SavedFile {
        let saved = SavedPart::file(path);
        let found = Found::AtPath {
            contents: Contents::new(BYTES.to_vec()),
            changed: false,
        };
        match saved.resolved(&found, 48_000.0).source {
            Source::File(file) => file,
            Source::BuiltIn(_) => panic!(),
        }
    }

    fn embedded(path: &Path, bytes: &[u8]) -> SavedFile {
        SavedFile {
            embedding: Embedding::Held(Packed::pack(bytes)),
            ..known(path)
        }
    }

    fn search(file: &SavedFile, home: &Path, folders: &[PathBuf]) -> Found {
        Search::new(file, Some(home), folders, &LIMITS, &|| false).run()
    }

    /// Another capture of the same length.
    fn other() -> Vec<u8> {
        let mut other = BYTES.to_vec();
        *other.last_mut().unwrap() ^= 1;
        other
    }

    #[track_caller]
    fn assert_moved(found: Found, to: &Path) {
        match found {
            Found::Moved { path, contents } => {
                assert_eq!(path, to);
                assert_eq!(contents.bytes, BYTES);
            }
            found => panic!("{found:?}"),
        }
    }

    #[track_caller]
    fn assert_missing(found: Found) -> String {
        match found {
            Found::Missing(failure) => {
                let text = failure.to_string();
                assert!(
                    text.ends_with("; put the file back, or load another one"),
                    "{text}"
                );
                text
            }
            found => panic!("{found:?}"),
        }
    }

    #[test]
    fn built_in() {
        let find = |name: &str| {
            locate(
                &SavedPart::built_in(name),
                &[],
                Instant::now() + LIMITS.time,
                &|| false,
            )
        };
        assert!(matches!(find("lead"), Found::BuiltIn(capture) if capture.name == "lead"));
        let Found::Missing(failure) = find("fuzz") else {
            panic!();
        };
        assert!(
            failure
                .to_string()
                .contains("\"fuzz\" is not part of this version")
        );
    }

    #[test]
    fn where_it_was() {
        let disk = Disk::new();
        let file = known(&disk.put("a/b.nam", BYTES));
        let found = search(&file, &disk.at("home"), &[]);
        assert!(
            matches!(&found, Found::AtPath { contents, changed: false } if contents.bytes == BYTES)
        );
        // Chosen a moment ago: no hash yet.
        let saved = SavedPart::file(&file.path);
        let found = locate(&saved, &[], Instant::now() + LIMITS.time, &|| false);
        assert!(
            matches!(found, Found::AtPath { changed: false, .. }),
            "{found:?}"
        );
    }

    #[test]
    fn a_changed_file_plays_and_is_told() {
        let disk = Disk::new();
        let path = disk.put("a/b.nam", &other());
        disk.put("a/c.nam", BYTES);
        let found = search(&known(&path), &disk.at("home"), &[]);
        assert!(
            matches!(&found, Found::AtPath { contents, changed: true } if contents.bytes == other())
        );
        // Unless the project brings along what it was made with.
        let found = search(&embedded(&path, BYTES), &disk.at("home"), &[]);
        assert!(matches!(&found, Found::Embedded(contents) if contents.bytes == BYTES));
        // The embedded file is damaged.
        let found = search(&embedded(&path, b"damage"), &disk.at("home"), &[]);
        assert!(
            matches!(found, Found::AtPath { changed: true, .. }),
            "{found:?}"
        );
    }

    #[test]
    fn on_another_machine() {
        let disk = Disk::new();
        let new = disk.put("new/home/Captures/Amps/b.nam", BYTES);
        let home = disk.at("new/home");
        for old in [
            "/home/somebody/Captures/Amps/b.nam",
            "C:\\Users\\Somebody\\Captures\\Amps\\b.nam",
            "\\\\server\\..\\Captures\\Amps\\b.nam",
        ] {
            assert_moved(search(&known(Path::new(old)), &home, &[]), &new);
        }
        // Below a capture folder, deeper than the search goes.
        let deep = disk.put("mnt/1/2/3/4/5/6/7/8/9/b.nam", BYTES);
        let old = Path::new("/gone/1/2/3/4/5/6/7/8/9/b.nam");
        let folders = [disk.folder("empty"), disk.at("mnt")];
        assert_moved(search(&known(old), &disk.at("nowhere"), &folders), &deep);
        // Another capture in that place is not it.
        disk.put("new/home/Captures/Amps/b.nam", &other());
        let old = known(Path::new("/home/somebody/Captures/Amps/b.nam"));
        assert_missing(search(&old, &home, &[]));
    }

    #[test]
    fn moved_within_the_folder_it_was_in() {
        let disk = Disk::new();
        let home = disk.at("home");
        let file = known(&disk.at("a/b.nam"));
        disk.put("a/x.nam", &other());
        disk.put("a/b.txt", BYTES);
        disk.put("elsewhere/b.nam", BYTES);
        assert_missing(search(&file, &home, &[]));
        let renamed = disk.put("a/1/2/3/Renamed.NAM", BYTES);
        assert_moved(search(&file, &home, &[]), &renamed);
        // The same name first.
        let same_name = disk.put("a/1/2/3/4/5/6/7/8/b.nam", BYTES);
        assert_moved(search(&file, &home, &[]), &same_name);
        // Nine levels down is too deep.
        disk.put("a/1/2/3/4/5/6/7/8/9/b.nam", BYTES);
        fs::remove_file(same_name).unwrap();
        fs::remove_file(renamed).unwrap();
        assert_missing(search(&file, &home, &[]));
    }

    #[test]
    fn moved_to_a_capture_folder() {
        let disk = Disk::new();
        let new = disk.put("captures/sorted/by/name/R.nam", BYTES);
        let file = known(&disk.at("gone/b.nam"));
        let folders = [
            disk.at("gone too"),
            disk.at("captures"),
            disk.at("captures/sorted"),
        ];
        assert_moved(search(&file, &disk.at("home"), &folders), &new);
        // Without a hash nothing can be recognised, without its length nothing is hashed.
        for unknown in [
            SavedFile {
                hash: None,
                ..file.clone()
            },
            SavedFile {
                bytes: None,
                ..file.clone()
            },
        ] {
            assert_missing(search(&unknown, &disk.at("home"), &folders));
        }
    }

    #[test]
    fn embedded_in_the_project() {
        let disk = Disk::new();
        let path = disk.at("gone/b.nam");
        let found = search(&embedded(&path, BYTES), &disk.at("home"), &[]);
        assert!(matches!(&found, Found::Embedded(contents) if contents.bytes == BYTES));
        let text = assert_missing(search(&embedded(&path, b"damage"), &disk.at("home"), &[]));
        assert!(
            text.contains("the copy in the project is damaged"),
            "{text}"
        );
        // A known place is better, the long search is not.
        let folders = [disk.at("captures")];
        disk.put("captures/other.nam", BYTES);
        let found = search(&embedded(&path, BYTES), &disk.at("home"), &folders);
        assert!(matches!(found, Found::Embedded(_)), "{found:?}");
        let place = disk.put("captures/gone/b.nam", BYTES);
        let found = search(&embedded(&path, BYTES), &disk.at("home"), &folders);
        assert_moved(found, &place);
    }

    #[test]
    fn a_missing_file_is_told_with_cause_and_remedy() {
        let disk = Disk::new();
        let path = disk.at("a/Rectifier.nam");
        let folders: Vec<_> = (0..5)
            .map(|i| disk.folder(&format!("folder {i}")))
            .collect();
        let text = assert_missing(search(&known(&path), &disk.at("home"), &folders));
        let expected = format!(
            "{}: there is no such file, and no copy of it is in {}, {}, {} and 3 more folders; put the file back, or load another one",
            path.display(),
            disk.at("a").display(),
            folders[0].display(),
            folders[1].display(),
        );
        assert_eq!(text, expected);
        let folder = disk.folder("folder.nam");
        let text = assert_missing(search(&known(&folder), &disk.at("home"), &[]));
        assert!(
            text.contains("folder.nam: is a folder, and no copy"),
            "{text}"
        );
        let long = PathBuf::from(format!("/{}/b.nam", "x/".repeat(60_000)));
        let text = assert_missing(search(&known(&long), &disk.at("home"), &[]));
        assert!(text.len() < 1000, "{}", text.len());
        // Not where the host happens to run.
        let text = assert_missing(search(
            &known(Path::new("Cargo.toml")),
            &disk.at("home"),
            &[],
        ));
        assert!(
            text.starts_with("Cargo.toml: there is no such file;"),
            "{text}"
        );
    }

    #[test]
    fn a_search_that_is_too_long_ends() {
        let disk = Disk::new();
        for i in 0..50 {
            disk.put(format!("a/{i}/x.nam"), &other());
        }
        let file = known(&disk.at("a/b.nam"));
        let home = disk.at("home");
        let run = |entries, time| {
            let limits = Limits {
                depth: 8,
                entries,
                time,
            };
            Search::new(&file, Some(&home), &[], &limits, &|| false).run()
        };
        // 50 folders with one file each.
        assert!(!assert_missing(run(101, LIMITS.time)).contains("as far"));
        let given_up = "is in ".to_owned()
            + &disk.at("a").display().to_string()
            + " as far as they were searched";
        let text = assert_missing(run(60, LIMITS.time));
        assert!(text.contains(&given_up), "{text}");
        let text = assert_missing(run(101, Duration::ZERO));
        assert!(text.contains(&given_up), "{text}");
        // What was seen before the limit is still hashed.
        let renamed = disk.put("a/y.nam", BYTES);
        assert_moved(run(60, LIMITS.time), &renamed);
    }

    #[test]
    fn cancelled() {
        let disk = Disk::new();
        let file = known(&disk.put("a/b.nam", BYTES));
        let home = disk.at("home");
        let found = Search::new(&file, Some(&home), &[], &LIMITS, &|| true).run();
        assert!(matches!(found, Found::Cancelled));
        fs::remove_file(&file.path).unwrap();
        for i in 0..100 {
            disk.put(format!("a/{i}.nam"), &other());
        }
        let asked = Cell::new(0);
        let cancelled = || {
            asked.set(asked.get() + 1);
            asked.get() > 30
        };
        let found = Search::new(&file, Some(&home), &[], &LIMITS, &cancelled).run();
        assert!(matches!(found, Found::Cancelled));
        assert!(asked.get() < 40, "{}", asked.get());
    }

    #[test]
    fn only_files_of_the_right_size_are_read() {
        let disk = Disk::new();
        // Hashing these would take longer than a search may.
        for i in 0..1000 {
            let name = ["b", "c"][i % 2];
            let file = File::create(disk.put(format!("a/{i}/{name}.nam"), b"")).unwrap();
            file.set_len(gridleak_core::MAX_FILE_BYTES).unwrap();
        }
        let start = Instant::now();
        assert_missing(search(&known(&disk.at("a/b.nam")), &disk.at("home"), &[]));
        assert!(start.elapsed() < Duration::from_secs(4));
    }

    #[cfg(unix)]
    mod unix {
        use std::ffi::OsStr;
        use std::os::unix::ffi::OsStrExt;
        use std::os::unix::fs::{PermissionsExt, symlink};

        use super::*;
        use crate::state::contents::tests::make_pipe;

        #[test]
        fn names_that_are_no_text() {
            let disk = Disk::new();
            let name = OsStr::from_bytes(b"\xff\xe4.nam");
            let path = disk.put(Path::new("a").join(name), BYTES);
            let found = search(&known(&path), &disk.at("home"), &[]);
            assert!(
                matches!(found, Found::AtPath { changed: false, .. }),
                "{found:?}"
            );
            let folder = OsStr::from_bytes(b"a/\xfe");
            let new = disk.put(Path::new(folder).join(name), BYTES);
            fs::remove_file(&path).unwrap();
            assert_moved(search(&known(&path), &disk.at("home"), &[]), &new);
            fs::remove_file(&new).unwrap();
            assert_missing(search(&known(&path), &disk.at("home"), &[]));
        }

        #[test]
        fn links_are_followed_once() {
            let disk = Disk::new();
            let a = disk.folder("a");
            for i in 0..20 {
                symlink(&a, disk.at(format!("a/loop {i}"))).unwrap();
                symlink("..", disk.at(format!("a/up {i}"))).unwrap();
            }
            symlink("self.nam", disk.at("a/self.nam")).unwrap();
            symlink("nothing", disk.at("a/dead.nam")).unwrap();
            let file = known(&disk.at("a/b.nam"));
            let start = Instant::now();
            let text = assert_missing(search(&file, &disk.at("home"), &[]));
            assert!(start.elapsed() < Duration::from_secs(3));
            assert!(!text.contains("as far"), "{text}");
            let real = disk.put("hidden/b.nam", BYTES);
            symlink(disk.at("hidden"), disk.at("a/link")).unwrap();
            // By way of `up` or of `link`.
            match search(&file, &disk.at("home"), &[]) {
                Found::Moved { path, .. } => {
                    assert_eq!(
                        fs::canonicalize(path).unwrap(),
                        fs::canonicalize(real).unwrap()
                    );
                }
                found => panic!("{found:?}"),
            }
        }

        #[test]
        fn pipes_do_not_block() {
            let disk = Disk::new();
            disk.folder("a");
            let pipe = make_pipe(&disk.at("a/b.nam"));
            make_pipe(&disk.at("a/c.nam"));
            let text = assert_missing(search(&known(&pipe), &disk.at("home"), &[]));
            assert!(text.contains("is not an ordinary file"), "{text}");
            let copy = disk.put("a/d/e.nam", BYTES);
            assert_moved(search(&known(&pipe), &disk.at("home"), &[]), &copy);
        }

        #[test]
        fn locked_folders_are_passed_over() {
            let disk = Disk::new();
            let locked = disk.folder("a/locked");
            let path = disk.put("a/locked/b.nam", BYTES);
            let lock =
                |mode| fs::set_permissions(&locked, fs::Permissions::from_mode(mode)).unwrap();
            lock(0);
            if fs::read_dir(&locked).is_ok() {
                return; // root may
            }
            let text = assert_missing(search(&known(&path), &disk.at("home"), &[disk.at("a")]));
            assert!(text.contains("you are not allowed to open it"), "{text}");
            let copy = disk.put("a/z/b.nam", BYTES);
            let found = search(&known(&path), &disk.at("home"), &[disk.at("a")]);
            assert_moved(found, &copy);
            lock(0o700);
        }
    }
}
