//! Finding a project's file, also when it has moved.
//!
//! At its path, a file is the project's if its hash says so; elsewhere it is known by that alone.
//! Tried in this order:
//!
//! 1. the path;
//! 2. the path that it has, or had, within the folders that the user chose, then the last parts of the
//!    whole path there, as many as there are, then fewer. So a project finds its captures on a machine
//!    where `/home/ann/Captures` is `/Users/ann/Captures` or `/mnt/Captures`;
//! 3. the file embedded in the project;
//! 4. every file of the same size in those folders and their subfolders;
//! 5. whatever has taken its place at the path.

use std::collections::{HashSet, VecDeque};
use std::ffi::{OsStr, OsString};
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::embedding::Embedding;
use super::found::Found;
use super::reach::{Chosen, read_relative};
use super::saved_part::{SavedFile, SavedPart, Source, newer};
use crate::builtin;
use crate::files::contents::{ContentHash, Contents};
use crate::files::failure::Failure;
use crate::session::folder::is_hidden;

/// What a search may take at most.
struct Limits {
    /// Levels of subfolders.
    depth: usize,
    /// Files and folders looked at, all together.
    entries: usize,
    time: Duration,
}

/// As much as a library may hold.
const LIMITS: Limits = Limits {
    depth: 32,
    entries: 200_000,
    time: Duration::from_secs(5),
};

/// Of a path, so many of the last parts are tried below other folders.
const MAX_TAIL: usize = 16;
/// So many folders are named in a message, and so many characters of a path.
const NAMED_FOLDERS: usize = 3;
const NAMED_PATH: usize = 300;

/// Finds the file and reads it. It is looked for until `deadline`; `cancelled` is asked again and again.
///
/// Takes as long as reading the file if that is where it was, and else up to 5 seconds (longer only
/// if the system makes it wait for a disk). Not for the audio thread, nor for the host's.
pub(crate) fn locate(
    saved: &SavedPart,
    chosen: &Chosen,
    deadline: Instant,
    cancelled: &dyn Fn() -> bool,
) -> Found {
    match &saved.source {
        Source::BuiltIn(name) => built_in(name),
        Source::Unknown(_) => Found::Missing(newer()),
        Source::File(file) => {
            let mut search = Search::new(file, chosen, &LIMITS, cancelled);
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
    chosen: &'a Chosen,
    depth: usize,
    /// Files and folders that may still be looked at.
    entries: usize,
    deadline: Instant,
    cancelled: &'a dyn Fn() -> bool,
}

impl<'a> Search<'a> {
    fn new(
        file: &'a SavedFile,
        chosen: &'a Chosen,
        limits: &Limits,
        cancelled: &'a dyn Fn() -> bool,
    ) -> Self {
        Self {
            file,
            chosen,
            depth: limits.depth,
            entries: limits.entries,
            deadline: Instant::now() + limits.time,
            cancelled,
        }
    }

    fn run(mut self) -> Found {
        if (self.cancelled)() {
            return Found::Cancelled;
        }
        let at_path = self.at_path();
        // Where nothing else says what the file was, the copy in the project does.
        let copied = || self.embedded().map(|copy| copy.hash);
        let hash = self.file.hash.or_else(copied);
        let other = match at_path {
            Ok(contents) if hash.is_none_or(|hash| hash == contents.hash) => {
                return match (self.cancelled)() {
                    true => Found::Cancelled,
                    false => Found::AtPath(contents),
                };
            }
            other => other,
        };
        let found = self.elsewhere(hash);
        if (self.cancelled)() {
            return Found::Cancelled;
        }
        match (found, other) {
            (Some(found), _) => found,
            (None, Ok(contents)) => Found::Replaced(contents),
            (None, Err(refusal)) => {
                let searched = hash.is_some() && self.file.bytes.is_some();
                Found::Missing(self.missing(&refusal, searched))
            }
        }
    }

    /// The file that is not where it was.
    fn elsewhere(&mut self, hash: Option<ContentHash>) -> Option<Found> {
        // Without its hash nothing can be told to be the file.
        let known = hash.zip(self.file.bytes);
        let moved = |(path, contents)| Found::Moved { path, contents };
        let found = known.and_then(|(hash, bytes)| self.at_known_places(hash, bytes));
        if let Some(found) = found {
            return Some(moved(found));
        }
        if let Some(copy) = self.embedded() {
            return Some(Found::Embedded(copy));
        }
        let (hash, bytes) = known?;
        self.in_folders(hash, bytes).map(moved)
    }

    /// The file at its path; why not, if it cannot be read.
    fn at_path(&self) -> crate::files::failure::Result<Contents> {
        let path = &self.file.path;
        // Of another system, or damaged: where the host happens to run says nothing.
        if !path.is_absolute() {
            return Err(Failure::at(path, "there is no such file"));
        }
        if !self.chosen.may_open(path) {
            return Err(Failure::at(
                path,
                "is on the network, where only what is in your folders is opened",
            ));
        }
        Contents::read(path, self.cancelled)
    }

    /// The embedded file, if there is one that is sound.
    fn embedded(&self) -> Option<Contents> {
        let Embedding::Held(packed) = &self.file.embedding else {
            return None;
        };
        let contents = packed.unpack(self.cancelled)?;
        let right = self.file.hash.is_none_or(|hash| hash == contents.hash);
        right.then_some(contents)
    }

    fn at_known_places(&self, hash: ContentHash, bytes: u64) -> Option<(PathBuf, Contents)> {
        let relative = self.file.relative.as_deref().and_then(read_relative);
        let parts = parts(&self.file.path);
        let first = parts.len().saturating_sub(MAX_TAIL);
        let tails = (first..parts.len()).map(|start| &parts[start..]);
        // Neither into a hidden folder nor to a hidden file.
        let tails = tails.filter(|tail| !tail.iter().any(|part| is_hidden(part)));
        let tails = tails.map(|tail| tail.iter().collect::<PathBuf>());
        for tail in relative.into_iter().chain(tails) {
            for folder in self.chosen.folders() {
                if self.must_stop() {
                    return None;
                }
                let path = folder.join(&tail);
                if let Some(contents) = self.read_if_same(&path, hash, bytes) {
                    return Some((path, contents));
                }
            }
        }
        None
    }

    fn in_folders(&mut self, hash: ContentHash, bytes: u64) -> Option<(PathBuf, Contents)> {
        let name = parts(&self.file.path).pop();
        let ending = self.file.path.extension();
        let folders = self.chosen.folders().iter();
        let mut queue: VecDeque<_> = folders.map(|root| (root.clone(), 0, false)).collect();
        // Links can lead round in circles.
        let mut visited = HashSet::new();
        let mut under_other_names = Vec::new();
        'folders: while let Some((folder, depth, linked)) = queue.pop_front() {
            if self.must_stop() {
                break;
            }
            let Ok(real) = fs::canonicalize(&folder) else {
                continue;
            };
            if linked && !self.chosen.may_follow(&real) || !visited.insert(real) {
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
                if is_hidden(&entry.file_name()) {
                    continue;
                }
                let path = entry.path();
                let Ok(kind) = entry.file_type() else {
                    continue;
                };
                let linked = kind.is_symlink();
                if kind.is_dir() || linked && path.is_dir() {
                    if depth < self.depth {
                        queue.push_back((path, depth + 1, linked));
                    }
                } else if name.as_ref() == Some(&entry.file_name()) {
                    if let Some(contents) = self.read_if_same(&path, hash, bytes) {
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
            .find_map(|path| {
                let contents = self.read_if_same(&path, hash, bytes)?;
                Some((path, contents))
            })
    }

    fn read_if_same(&self, path: &Path, hash: ContentHash, bytes: u64) -> Option<Contents> {
        if !has_length(path, bytes) {
            return None;
        }
        let contents = Contents::read(path, self.cancelled).ok()?;
        (contents.hash == hash).then_some(contents)
    }

    fn must_stop(&self) -> bool {
        Instant::now() >= self.deadline || (self.cancelled)()
    }

    fn missing(&self, refusal: &Failure, searched: bool) -> Failure {
        let mut message = shortened(refusal.to_string());
        if let Embedding::Held(_) = self.file.embedding {
            message += ", the copy in the project is damaged";
        }
        let mut folders = self.chosen.folders().iter();
        let named: Vec<_> = folders
            .by_ref()
            .take(NAMED_FOLDERS)
            .map(|folder| shortened(folder.display().to_string()))
            .collect();
        if searched && !named.is_empty() {
            message += ", and no copy of it is in ";
            message += &named.join(", ");
            match folders.count() {
                0 => {}
                1 => message += " and 1 more folder",
                more => message += &format!(" and {more} more folders"),
            }
            if self.entries == 0 || Instant::now() >= self.deadline {
                message += " as far as they were searched (they are large)";
            }
        }
        Failure::new(message + "; put the file back")
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
pub(super) fn parts(path: &Path) -> Vec<OsString> {
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

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::fs::File;

    use tempfile::TempDir;

    use super::*;
    use crate::builtin::CAPTURES;
    use crate::session::references::embedding::Packed;

    const BYTES: &[u8] = CAPTURES[0].bytes;

    /// A disk of our own: `disk.at("a/b.nam")` is a path in it.
    struct Disk(TempDir);

    impl Disk {
        fn new() -> Self {
            // Not hidden.
            let named = tempfile::Builder::new().prefix("disk").tempdir();
            Self(named.unwrap())
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
        let found = Found::AtPath(Contents::new(BYTES.to_vec()));
        let nowhere = Chosen::new([], None);
        match saved.resolved(&found, 48_000.0, &nowhere, &|| false).source {
            Source::File(file) => file,
            _ => panic!(),
        }
    }

    fn embedded(path: &Path, bytes: &[u8]) -> SavedFile {
        SavedFile {
            embedding: Embedding::Held(Packed::pack(bytes, &|| false).unwrap()),
            ..known(path)
        }
    }

    /// Looks for it where the user's home folder is `home` of the disk, and has chosen `folders`.
    fn search(file: &SavedFile, disk: &Disk, folders: &[&str]) -> Found {
        search_with(file, &chosen(disk, folders), &LIMITS, &|| false)
    }

    fn search_with(
        file: &SavedFile,
        chosen: &Chosen,
        limits: &Limits,
        cancelled: &dyn Fn() -> bool,
    ) -> Found {
        Search::new(file, chosen, limits, cancelled).run()
    }

    fn chosen(disk: &Disk, folders: &[&str]) -> Chosen {
        let folders = folders.iter().map(|folder| disk.at(folder));
        Chosen::new(folders, Some(disk.at("home")))
    }

    fn by_now(saved: &SavedPart) -> Found {
        let chosen = Chosen::new([], None);
        locate(saved, &chosen, Instant::now() + LIMITS.time, &|| false)
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
                assert!(text.ends_with("; put the file back"), "{text}");
                text
            }
            found => panic!("{found:?}"),
        }
    }

    #[test]
    fn built_in() {
        let find = |name: &str| by_now(&SavedPart::built_in(name));
        assert!(matches!(find("lead"), Found::BuiltIn(capture) if capture.name == "lead"));
        let Found::Missing(failure) = find("fuzz") else {
            panic!();
        };
        assert!(
            failure
                .to_string()
                .contains("\"fuzz\" is not part of this version")
        );
        let newer = serde_json::json!({"version": 2, "uri": "x"});
        let Found::Missing(failure) = by_now(&SavedPart::read(&newer).unwrap()) else {
            panic!();
        };
        assert!(failure.to_string().contains("newer Gridleak"), "{failure}");
    }

    #[test]
    fn where_it_was() {
        let disk = Disk::new();
        let file = known(&disk.put("a/b.nam", BYTES));
        let found = search(&file, &disk, &[]);
        assert!(matches!(&found, Found::AtPath(contents) if contents.bytes == BYTES));
        // Chosen a moment ago: no hash yet.
        let found = by_now(&SavedPart::file(&file.path));
        assert!(matches!(found, Found::AtPath(_)), "{found:?}");
    }

    #[test]
    fn a_file_that_was_replaced_is_looked_for_before_the_new_one_plays() {
        let disk = Disk::new();
        let path = disk.put("a/b.nam", &other());
        disk.put("a/c.nam", BYTES);
        let found = search(&known(&path), &disk, &[]);
        assert!(matches!(&found, Found::Replaced(contents) if contents.bytes == other()));
        // The original has another name now, in a folder that the user chose.
        let found = search(&known(&path), &disk, &["a"]);
        assert_moved(found, &disk.at("a/c.nam"));
        // Or the project brings it along.
        let found = search(&embedded(&path, BYTES), &disk, &[]);
        assert!(matches!(&found, Found::Embedded(contents) if contents.bytes == BYTES));
        // The embedded file is damaged.
        let found = search(&embedded(&path, b"damage"), &disk, &[]);
        assert!(matches!(found, Found::Replaced(_)), "{found:?}");
        // Only the copy says what the file was.
        let copied = SavedFile {
            hash: None,
            ..embedded(&path, BYTES)
        };
        let found = search(&copied, &disk, &[]);
        assert!(matches!(found, Found::Embedded(_)), "{found:?}");
    }

    #[test]
    fn on_another_machine() {
        let disk = Disk::new();
        let new = disk.put("home/Sounds/Amps/b.nam", BYTES);
        for old in [
            "/home/somebody/Sounds/Amps/b.nam",
            "C:\\Users\\Somebody\\Sounds\\Amps\\b.nam",
            "\\\\server\\..\\Sounds\\Amps\\b.nam",
        ] {
            let old = known(Path::new(old));
            assert_moved(search(&old, &disk, &["home/Sounds"]), &new);
            // Nobody chose it.
            assert_missing(search(&old, &disk, &["other"]));
        }
        // Its place in a folder is known, however deep, and whatever it was called.
        let folder = "deep/".repeat(40);
        let deep = disk.put(format!("mnt/{folder}b.nam"), BYTES);
        let mut old = known(Path::new("/gone/x.nam"));
        assert_missing(search(&old, &disk, &["mnt"]));
        old.relative = Some(format!("{folder}b.nam"));
        disk.folder("empty");
        assert_moved(search(&old, &disk, &["empty", "mnt"]), &deep);
        // Another capture in that place is not it.
        disk.put("home/Sounds/Amps/b.nam", &other());
        let old = known(Path::new("/home/somebody/Sounds/Amps/b.nam"));
        assert_missing(search(&old, &disk, &["home/Sounds"]));
    }

    #[test]
    fn wherever_it_went_within_a_chosen_folder() {
        let disk = Disk::new();
        let old = disk.at("Sounds/Amps/British/b.nam");
        let file = known(&old);
        disk.put("Sounds/Amps/x.nam", &other());
        disk.put("Sounds/Amps/b.txt", BYTES);
        disk.put("elsewhere/b.nam", BYTES);
        assert_missing(search(&file, &disk, &["Sounds"]));
        for (what, new) in [
            ("moved up", "Sounds/b.nam"),
            ("its parent renamed", "Sounds/Amps/English/b.nam"),
            ("renamed", "Sounds/Amps/British/Plexi.NAM"),
            ("moved and renamed", "Sounds/1/2/3/4/5/6/7/8/9/c.nam"),
        ] {
            let new = disk.put(new, BYTES);
            assert_moved(search(&file, &disk, &["other", "Sounds"]), &new);
            // One folder of it is chosen twice.
            let found = search(&file, &disk, &["Sounds/Amps", "Sounds", "Sounds"]);
            assert!(matches!(found, Found::Moved { .. }), "{what}: {found:?}");
            fs::remove_file(new).unwrap();
        }
        // The same name first.
        disk.put("Sounds/1/c.nam", BYTES);
        let same_name = disk.put("Sounds/1/2/3/b.nam", BYTES);
        assert_moved(search(&file, &disk, &["Sounds"]), &same_name);
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
            assert_missing(search(&unknown, &disk, &["Sounds"]));
        }
    }

    #[test]
    fn a_strangers_project_finds_nothing_that_nobody_chose() {
        let disk = Disk::new();
        for place in [
            // The folder that only the project names, and the home folder.
            "there/c.nam",
            "there/below/b.nam",
            "home/there/b.nam",
            "home/b.nam",
            // What is hidden in what was chosen.
            "Sounds/.trash/b.nam",
            "Sounds/.b.nam",
            "Sounds/Amps/.git/there/b.nam",
        ] {
            disk.put(place, BYTES);
        }
        let mut file = known(&disk.at("there/b.nam"));
        assert_missing(search(&file, &disk, &["Sounds", "home"]));
        for way in [
            ".trash/b.nam",
            ".b.nam",
            "../there/c.nam",
            "Amps/.git/there/b.nam",
        ] {
            file.relative = Some(way.into());
            assert_missing(search(&file, &disk, &["Sounds"]));
        }
        for way in ["/x/.trash/b.nam", "/x/.b.nam", "/.git/there/b.nam"] {
            let file = known(Path::new(way));
            assert_missing(search(&file, &disk, &["Sounds", "Sounds/Amps"]));
        }
        // Another machine is not even asked.
        let path = if cfg!(windows) {
            "\\\\nowhere\\x\\b.nam"
        } else {
            "//nowhere/x/b.nam"
        };
        let text = assert_missing(search(&known(Path::new(path)), &disk, &["Sounds"]));
        assert!(text.contains("is on the network"), "{text}");
    }

    #[test]
    fn embedded_in_the_project() {
        let disk = Disk::new();
        let path = disk.at("gone/b.nam");
        let found = search(&embedded(&path, BYTES), &disk, &[]);
        assert!(matches!(&found, Found::Embedded(contents) if contents.bytes == BYTES));
        let text = assert_missing(search(&embedded(&path, b"damage"), &disk, &[]));
        assert!(
            text.contains("the copy in the project is damaged"),
            "{text}"
        );
        // A known place is better, the long search is not.
        disk.put("captures/other.nam", BYTES);
        let found = search(&embedded(&path, BYTES), &disk, &["captures"]);
        assert!(matches!(found, Found::Embedded(_)), "{found:?}");
        let place = disk.put("captures/gone/b.nam", BYTES);
        let found = search(&embedded(&path, BYTES), &disk, &["captures"]);
        assert_moved(found, &place);
    }

    #[test]
    fn a_missing_file_is_told_with_cause_and_remedy() {
        let disk = Disk::new();
        let path = disk.at("a/Rectifier.nam");
        let folders = ["folder 0", "folder 1", "folder 2", "folder 3", "folder 4"];
        let text = assert_missing(search(&known(&path), &disk, &folders));
        let expected = format!(
            "{}: there is no such file, and no copy of it is in {}, {}, {} and 2 more folders; put the file back",
            path.display(),
            disk.at(folders[0]).display(),
            disk.at(folders[1]).display(),
            disk.at(folders[2]).display(),
        );
        assert_eq!(text, expected);
        let folder = disk.folder("folder.nam");
        let text = assert_missing(search(&known(&folder), &disk, &["a"]));
        assert!(
            text.contains("folder.nam: is a folder, and no copy"),
            "{text}"
        );
        let long = PathBuf::from(format!("/{}/b.nam", "x/".repeat(60_000)));
        let text = assert_missing(search(&known(&long), &disk, &[]));
        assert!(text.len() < 1000, "{}", text.len());
        // Not where the host happens to run.
        let text = assert_missing(search(&known(Path::new("Cargo.toml")), &disk, &[]));
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
        let file = known(&disk.at("gone/b.nam"));
        let chosen = chosen(&disk, &["a"]);
        let run = |entries, time| {
            let limits = Limits {
                depth: 8,
                entries,
                time,
            };
            search_with(&file, &chosen, &limits, &|| false)
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
        let chosen = chosen(&disk, &["a"]);
        let found = search_with(&file, &chosen, &LIMITS, &|| true);
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
        let found = search_with(&file, &chosen, &LIMITS, &cancelled);
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
        assert_missing(search(&known(&disk.at("gone/b.nam")), &disk, &["a"]));
        assert!(start.elapsed() < Duration::from_secs(4));
    }

    #[cfg(unix)]
    mod unix {
        use std::ffi::OsStr;
        use std::os::unix::ffi::OsStrExt;
        use std::os::unix::fs::{PermissionsExt, symlink};

        use super::*;
        use crate::files::contents::tests::make_pipe;

        #[test]
        fn names_that_are_no_text() {
            let disk = Disk::new();
            let name = OsStr::from_bytes(b"\xff\xe4.nam");
            let path = disk.put(Path::new("a").join(name), BYTES);
            let found = search(&known(&path), &disk, &[]);
            assert!(matches!(found, Found::AtPath(_)), "{found:?}");
            let folder = OsStr::from_bytes(b"a/\xfe");
            let new = disk.put(Path::new(folder).join(name), BYTES);
            fs::remove_file(&path).unwrap();
            assert_moved(search(&known(&path), &disk, &["a"]), &new);
            fs::remove_file(&new).unwrap();
            assert_missing(search(&known(&path), &disk, &["a"]));
        }

        #[test]
        fn links_are_followed_once_and_not_everywhere() {
            let disk = Disk::new();
            let a = disk.folder("a");
            for i in 0..20 {
                symlink(&a, disk.at(format!("a/loop {i}"))).unwrap();
            }
            symlink("self.nam", disk.at("a/self.nam")).unwrap();
            symlink("nothing", disk.at("a/dead.nam")).unwrap();
            // To all that the user has, to what is hidden, and to what is no disk.
            disk.put("home/b.nam", BYTES);
            disk.put("home/.ssh/b.nam", BYTES);
            for (name, to) in [("up", ".."), ("home", "../home"), ("keys", "../home/.ssh")] {
                symlink(to, disk.at("a").join(name)).unwrap();
            }
            symlink("/proc", disk.at("a/proc")).unwrap();
            let file = known(&disk.at("a/c.nam"));
            let start = Instant::now();
            let text = assert_missing(search(&file, &disk, &["a"]));
            assert!(start.elapsed() < Duration::from_secs(3));
            assert!(!text.contains("as far"), "{text}");
            let real = disk.put("other/c.nam", BYTES);
            symlink(disk.at("other"), disk.at("a/link")).unwrap();
            match search(&file, &disk, &["a"]) {
                Found::Moved { path, .. } => {
                    assert_eq!(path, disk.at("a/link/c.nam"));
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
            let text = assert_missing(search(&known(&pipe), &disk, &["a"]));
            assert!(text.contains("is a device or a pipe"), "{text}");
            let copy = disk.put("a/d/e.nam", BYTES);
            assert_moved(search(&known(&pipe), &disk, &["a"]), &copy);
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
            let text = assert_missing(search(&known(&path), &disk, &["a"]));
            assert!(text.contains("you are not allowed to open it"), "{text}");
            let copy = disk.put("a/z/b.nam", BYTES);
            let found = search(&known(&path), &disk, &["a"]);
            assert_moved(found, &copy);
            lock(0o700);
        }
    }
}
