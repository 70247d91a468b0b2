//! Looking through the folders of the user for captures and impulse responses.

use std::collections::HashSet;
use std::fs::{self, DirEntry};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use super::cache::Cache;
use super::listing::{Entry, Folder, Kind, Origin};
use crate::files::failure::{one_line, plain};
use crate::session::folder::{Name, file_type, is_hidden};

/// So many files are listed.
const MAX_FILES: usize = 100_000;
/// So many folders are looked through.
const MAX_FOLDERS: usize = 100_000;
/// Folders that are so deep in others are not looked through.
const MAX_DEPTH: usize = 32;

/// What was found so far.
#[derive(Debug, Default)]
pub(super) struct Scan {
    /// A folder stands before those in it.
    folders: Vec<ScannedFolder>,
    /// In the order of their folders, which are places in `folders`.
    pub(super) files: Vec<Entry>,
    /// What was left out and why, for people.
    pub(super) problem: Option<String>,
    /// Folders that were looked through behind links, as they are called without links.
    behind_links: HashSet<PathBuf>,
}

#[derive(Debug)]
struct ScannedFolder {
    path: PathBuf,
    name: String,
    depth: usize,
    /// The folder that it is in.
    parent: Option<usize>,
    missing: bool,
}

/// A folder that is still to be looked through.
struct Ahead {
    path: PathBuf,
    /// What it is called without links; `None` if there is no such folder.
    real: Option<PathBuf>,
    depth: usize,
    parent: Option<usize>,
    /// Whether a link led here.
    linked: bool,
}

impl Scan {
    /// Looks through the folders at `roots`. `step` is called for every file and folder and may break
    /// it off. What captures say of themselves is taken from `cache`; those that it does not know are
    /// added to `unread`, as places in `files`.
    pub(super) fn run(
        &mut self,
        roots: &[PathBuf],
        cache: &mut Cache,
        unread: &mut Vec<usize>,
        mut step: impl FnMut(&Scan) -> ControlFlow<()>,
    ) -> ControlFlow<()> {
        let mut ahead = roots_ahead(roots);
        let roots: Vec<PathBuf> = ahead.iter().filter_map(|root| root.real.clone()).collect();
        ahead.reverse();
        // Whether no more can be listed, but the folders that were added.
        let mut full = false;
        while let Some(folder) = ahead.pop() {
            step(self)?;
            if self.folders.len() >= MAX_FOLDERS && !full {
                full = true;
                self.tell(format!(
                    "there are more than {MAX_FOLDERS} folders; the others are left out. Add \
                     folders that hold captures and little else"
                ));
            }
            if full && folder.parent.is_some() {
                continue;
            }
            let place = self.folders.len();
            let entries = folder.real.as_ref().filter(|_| !full).and_then(|real| {
                let entries = fs::read_dir(&folder.path);
                if let Err(error) = &entries
                    && folder.parent.is_some()
                {
                    let reason = format!("{}: {}", folder.path.display(), plain(error));
                    self.tell(one_line(&reason));
                }
                Some((entries.ok()?, real))
            });
            self.folders.push(ScannedFolder {
                name: name(&folder.path),
                path: folder.path.clone(),
                depth: folder.depth,
                parent: folder.parent,
                missing: folder.real.is_none() || entries.is_none() && !full,
            });
            let Some((entries, real)) = entries else {
                continue;
            };

            let mut folders = Vec::new();
            let mut files = Vec::new();
            for entry in entries.flatten() {
                step(self)?;
                let file = entry.file_name();
                if is_hidden(&file) {
                    continue;
                }
                let path = folder.path.join(&file);
                match file_type(&entry) {
                    Some(kind) if kind.is_dir() => {
                        let inside = Ahead {
                            path,
                            real: None,
                            depth: folder.depth + 1,
                            parent: Some(place),
                            linked: folder.linked,
                        };
                        if let Some(inside) = self.enter(inside, &entry, real, &roots) {
                            folders.push((Name::new(file), inside));
                        }
                    }
                    Some(kind) if kind.is_file() => {
                        if let Some(kind) = Kind::of_file(&path) {
                            files.push((Name::new(file), path, kind));
                        }
                    }
                    _ => {}
                }
                if self.files.len() + files.len() > MAX_FILES {
                    break;
                }
            }
            files.sort_unstable_by(|(a, ..), (b, ..)| a.cmp(b));
            for (_, path, kind) in files {
                step(self)?;
                if self.files.len() == MAX_FILES {
                    full = true;
                    self.tell(format!(
                        "there are more than {MAX_FILES} files; the others are left out. Add \
                         smaller folders"
                    ));
                    break;
                }
                // A file that has gone in this moment is left out.
                if let Some((file, read)) = entry(path, kind, Some(place), cache) {
                    if !read {
                        unread.push(self.files.len());
                    }
                    self.files.push(file);
                }
            }
            folders.sort_unstable_by(|(a, _), (b, _)| b.cmp(a));
            ahead.extend(folders.into_iter().map(|(_, folder)| folder));
        }
        ControlFlow::Continue(())
    }

    /// The folder `inside`, which was met as `entry` in the folder `real`, if it is to be looked
    /// through: folders that are reached in two ways are so once, and a link that leads back ends.
    fn enter(
        &mut self,
        mut inside: Ahead,
        entry: &DirEntry,
        real: &Path,
        roots: &[PathBuf],
    ) -> Option<Ahead> {
        if inside.depth > MAX_DEPTH {
            return None;
        }
        let is_link = entry.file_type().ok()?.is_symlink();
        inside.linked |= is_link;
        let real = if is_link {
            fs::canonicalize(&inside.path).ok()?
        } else {
            real.join(entry.file_name())
        };
        if inside.linked {
            let elsewhere = roots.iter().any(|root| real.starts_with(root));
            if elsewhere || !self.behind_links.insert(real.clone()) {
                return None;
            }
        }
        inside.real = Some(real);
        Some(inside)
    }

    fn tell(&mut self, problem: String) {
        self.problem.get_or_insert(problem);
    }

    /// The folders with files of ours, and all that were added, as a [`super::Listing`] has them, and
    /// the files with places among these.
    pub(super) fn listed(&self) -> (Vec<Folder>, Vec<Entry>) {
        let mut counts = vec![[0; Kind::ALL.len()]; self.folders.len()];
        for file in &self.files {
            if let Some(folder) = file.folder {
                counts[folder][file.kind as usize] += 1;
            }
        }
        let mut inside = vec![0; self.folders.len()];
        let mut listed = vec![false; self.folders.len()];
        for (place, folder) in self.folders.iter().enumerate().rev() {
            listed[place] = folder.depth == 0 || counts[place].iter().any(|count| *count > 0);
            if let Some(parent) = folder.parent {
                inside[parent] += inside[place] + usize::from(listed[place]);
                let own = counts[place];
                for (sum, count) in counts[parent].iter_mut().zip(own) {
                    *sum += count;
                }
            }
        }
        let mut places = vec![0; self.folders.len()];
        let mut folders = Vec::new();
        for (place, folder) in self.folders.iter().enumerate() {
            places[place] = folders.len();
            if listed[place] {
                folders.push(Folder {
                    path: folder.path.clone(),
                    name: folder.name.clone(),
                    depth: folder.depth,
                    inside: inside[place],
                    counts: counts[place],
                    missing: folder.missing,
                });
            }
        }
        let file = |file: &Entry| Entry {
            folder: file.folder.map(|folder| places[folder]),
            ..file.clone()
        };
        (folders, self.files.iter().map(file).collect())
    }
}

/// The folders that were added, in the order people expect, without those that are in others.
fn roots_ahead(roots: &[PathBuf]) -> Vec<Ahead> {
    let mut named: Vec<(Name, Ahead)> = Vec::new();
    let mut real: Vec<_> = roots
        .iter()
        .map(|root| fs::canonicalize(root).ok())
        .collect();
    for (place, path) in roots.iter().enumerate() {
        let own = real[place].clone();
        let others = real.iter().enumerate().filter(|(other, _)| *other != place);
        let covered = own.as_ref().is_some_and(|own| {
            others
                .flat_map(|(_, other)| other)
                .any(|other| own.starts_with(other))
        });
        if covered {
            // Of two that are the same, the second one stays.
            real[place] = None;
            continue;
        }
        let root = Ahead {
            path: path.clone(),
            real: own,
            depth: 0,
            parent: None,
            linked: false,
        };
        named.push((Name::new(name(path).into()), root));
    }
    named.sort_by(|(a, _), (b, _)| a.cmp(b));
    named.into_iter().map(|(_, root)| root).collect()
}

/// The file at `path` as an entry, and whether it is known what it says of itself; `None` if it
/// cannot be reached.
pub(super) fn entry(
    path: PathBuf,
    kind: Kind,
    folder: Option<usize>,
    cache: &mut Cache,
) -> Option<(Entry, bool)> {
    let found = fs::metadata(&path).ok().filter(fs::Metadata::is_file)?;
    let about = cache.about(&path, &found);
    let read = about.is_some();
    let entry = Entry {
        name: one_line(&path.file_stem().unwrap_or_default().to_string_lossy()),
        origin: Origin::File(path),
        kind,
        folder,
        modified: found.modified().ok(),
        about: about.unwrap_or_default(),
        favourite: false,
        recent: None,
    };
    Some((entry, read))
}

/// What people call the folder at `path`.
fn name(path: &Path) -> String {
    let name = path.file_name().unwrap_or(path.as_os_str());
    one_line(&name.to_string_lossy())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Files with these paths below a new folder.
    fn tree(files: &[&str]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for file in files {
            let path = folder.path().join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "{}").unwrap();
        }
        folder
    }

    fn scan(roots: &[PathBuf]) -> (Vec<Folder>, Vec<Entry>) {
        let mut scan = Scan::default();
        let going_on = ControlFlow::Continue(());
        let end = scan.run(roots, &mut Cache::default(), &mut Vec::new(), |_| going_on);
        assert_eq!(end, going_on);
        assert_eq!(scan.problem, None);
        scan.listed()
    }

    /// Folders as `name: depth, inside, counts`, and files as `folder/name`.
    fn told((folders, files): &(Vec<Folder>, Vec<Entry>)) -> (Vec<String>, Vec<String>) {
        let folder = |f: &Folder| format!("{}: {} {} {:?}", f.name, f.depth, f.inside, f.counts);
        let file = |f: &Entry| format!("{}/{}", folders[f.folder.unwrap()].name, f.name);
        (
            folders.iter().map(folder).collect(),
            files.iter().map(file).collect(),
        )
    }

    #[test]
    fn folders_and_files_are_listed_the_way_people_expect() {
        let folder = tree(&[
            "Amps/b/Amp 10.nam",
            "Amps/b/Amp 2.NAM",
            "Amps/b/Deep/er/amp.wav",
            "Amps/a.nam",
            "Amps/Empty/of ours.txt",
            "Amps/.hidden/x.nam",
            "Amps/._a.nam",
            "Amps/nam",
            "Amps/10/x.nam",
            "Amps/9/x.wav",
            "Nothing/a.txt",
        ]);
        fs::create_dir(folder.path().join("Amps/a folder.nam")).unwrap();
        let at = |name| folder.path().join(name);
        let roots = [at("Nothing"), at("Gone"), at("Amps"), at("Amps/a.nam")];
        let found = scan(&roots);
        let (folders, files) = told(&found);
        let expected = [
            "Amps: 0 5 [4, 2]",
            "9: 1 0 [0, 1]",
            "10: 1 0 [1, 0]",
            "b: 1 2 [2, 1]",
            "Deep: 2 1 [0, 1]",
            "er: 3 0 [0, 1]",
            "Gone: 0 0 [0, 0]",
            "Nothing: 0 0 [0, 0]",
        ];
        assert_eq!(folders, expected);
        let expected = ["Amps/a", "9/x", "10/x", "b/Amp 2", "b/Amp 10", "er/amp"];
        assert_eq!(files, expected);
        let missing = found.0.iter().filter(|folder| folder.missing);
        assert_eq!(
            missing.map(|f| f.name.as_str()).collect::<Vec<_>>(),
            ["Gone"]
        );
        assert_eq!(found.1[3].origin, Origin::File(at("Amps/b/Amp 2.NAM")));
        assert!(found.1.iter().all(|file| file.modified.is_some()));
    }

    #[test]
    fn a_folder_in_another_one_is_listed_once() {
        let folder = tree(&["a/b/x.nam", "a/y.nam"]);
        let at = |name| folder.path().join(name);
        let roots = [at("a/b"), at("a"), at("a/../a"), at("a")];
        let (folders, files) = told(&scan(&roots));
        assert_eq!(folders, ["a: 0 1 [2, 0]", "b: 1 0 [1, 0]"]);
        assert_eq!(files, ["a/y", "b/x"]);
        let (_, files) = told(&scan(&[at("a/b")]));
        assert_eq!(files, ["b/x"]);
    }

    #[cfg(unix)]
    #[test]
    fn links_are_followed_once_and_names_need_not_be_text() {
        use std::os::unix::ffi::OsStrExt;
        use std::os::unix::fs::symlink;
        let folder = tree(&[
            "a/one.nam",
            "a/in/two.nam",
            "far/three.nam",
            "far/in/four.wav",
        ]);
        let at = |name| folder.path().join(name);
        // Loops, two ways to one place, and a way around to what was added.
        symlink(at("a"), at("a/in/loop")).unwrap();
        symlink(at("far"), at("a/link")).unwrap();
        symlink(at("far"), at("a/link again")).unwrap();
        symlink(folder.path(), at("far/up")).unwrap();
        symlink(at("nowhere"), at("a/broken.nam")).unwrap();
        symlink(at("far/three.nam"), at("a/linked file.nam")).unwrap();
        let strange = at("a").join(std::ffi::OsStr::from_bytes(b"strange \xff\n.nam"));
        fs::write(&strange, "").unwrap();

        let found = scan(&[at("a")]);
        let (folders, mut files) = told(&found);
        // Which of two links to one place is met first is the disk's choice.
        files
            .iter_mut()
            .for_each(|file| *file = file.replace("link again/", "link/"));
        let expected = [
            "a/linked file",
            "a/one",
            "a/strange \u{fffd} ",
            "in/two",
            "link/three",
            "in/four",
        ];
        assert_eq!(files, expected);
        assert_eq!(folders.len(), 4, "{folders:?}");
        assert_eq!(found.1[2].origin, Origin::File(strange));

        // What is added itself is listed there.
        let (folders, files) = told(&scan(&[at("a"), at("far")]));
        assert_eq!(folders.len(), 4, "{folders:?}");
        assert_eq!(files.len(), 6);
        assert_eq!(files[4..], ["far/three", "in/four"]);
    }

    #[test]
    fn it_ends_when_told_so() {
        let folder = tree(&["a.nam", "b/c.nam"]);
        for last in 0..6 {
            let mut steps = 0;
            let mut scan = Scan::default();
            let roots = [folder.path().to_owned()];
            let end = scan.run(&roots, &mut Cache::default(), &mut Vec::new(), |_| {
                steps += 1;
                if steps > last {
                    ControlFlow::Break(())
                } else {
                    ControlFlow::Continue(())
                }
            });
            assert!(end.is_break() && steps == last + 1, "{last}: {steps}");
        }
    }
}
