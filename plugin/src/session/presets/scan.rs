//! Looking through the preset folder.

use std::collections::{HashMap, HashSet};
use std::fs::{self, Metadata};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use super::kind::PresetKind;
use super::setlist::Setlist;
use crate::files::endings::{self, PRESETS, SETLISTS};
use crate::files::failure::{one_line, plain};
use crate::session::folder::is_hidden;
use crate::session::preset_path::PresetPath;

/// So many presets and setlists, and so many folders, are listed.
const MAX_FILES: usize = 10_000;
const MAX_FOLDERS: usize = 1_000;
/// Folders that are so deep in others are not looked through.
const MAX_DEPTH: usize = 8;

/// What is in the preset folder. It never changes: another one takes its place.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct PresetListing {
    /// Those in no bank first, then bank by bank, in the order people expect.
    pub(crate) presets: Vec<PresetEntry>,
    pub(crate) setlists: Vec<SetlistEntry>,
    /// What was left out and why, for people.
    pub(crate) problem: Option<String>,
}

/// A preset.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct PresetEntry {
    pub(crate) path: PresetPath,
    /// What it is of, as far as its file tells.
    pub(crate) kind: Option<PresetKind>,
    pub(crate) favourite: bool,
    /// Whether new instances open it.
    pub(crate) default: bool,
}

/// A setlist.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct SetlistEntry {
    pub(crate) path: PresetPath,
    /// Its presets in their order; `None` for what this version does not know.
    pub(crate) presets: Vec<Option<PresetPath>>,
    /// Why it cannot be read, if it cannot.
    pub(crate) problem: Option<String>,
}

/// What was found out about files that have not changed since.
#[derive(Debug, Default)]
pub(super) struct ScanCache(HashMap<PresetPath, (Stamp, Known)>);

/// Tells one state of a file from the next.
type Stamp = (Option<SystemTime>, u64);

#[derive(Debug, Clone)]
enum Known {
    Preset(Option<PresetKind>),
    Setlist(Result<Vec<Option<PresetPath>>, String>),
}

/// What there is in the preset folder `root`, without what the player marked.
pub(super) fn scan(root: &Path, cache: &mut ScanCache) -> PresetListing {
    let mut scan = Scan::default();
    scan.look_through(root);
    scan.files.sort_by_cached_key(|(path, _)| path.order());
    let mut listing = PresetListing::default();
    let mut before = std::mem::take(&mut cache.0);
    for (path, stamp) in scan.files {
        let same = before.remove(&path).filter(|(then, _)| *then == stamp);
        let known = same.map_or_else(|| find_out(&path, root), |(_, known)| known);
        cache.0.insert(path.clone(), (stamp, known.clone()));
        match known {
            Known::Preset(kind) => listing.presets.push(PresetEntry {
                path,
                kind,
                favourite: false,
                default: false,
            }),
            Known::Setlist(read) => {
                let (presets, problem) = match read {
                    Ok(presets) => (presets, None),
                    Err(problem) => (Vec::new(), Some(problem)),
                };
                listing.setlists.push(SetlistEntry {
                    path,
                    presets,
                    problem,
                });
            }
        }
    }
    listing.problem = scan.problem;
    listing
}

fn find_out(path: &PresetPath, root: &Path) -> Known {
    let file = path.within(root);
    match path.is_preset() {
        true => Known::Preset(PresetKind::of_file(&file)),
        false => Known::Setlist(match Setlist::open(&file) {
            Ok(setlist) => Ok(setlist.presets().collect()),
            Err(failure) => Err(failure.to_string()),
        }),
    }
}

#[derive(Default)]
struct Scan {
    files: Vec<(PresetPath, Stamp)>,
    problem: Option<String>,
}

impl Scan {
    fn look_through(&mut self, root: &Path) {
        let mut ahead = vec![(root.to_owned(), 0)];
        // Each under the name that it has without links: none is looked through twice.
        let mut seen = HashSet::new();
        while let Some((folder, depth)) = ahead.pop() {
            let Ok(real) = fs::canonicalize(&folder) else {
                // Nothing was ever saved here, or it has gone in this moment.
                continue;
            };
            if !seen.insert(real) {
                continue;
            }
            if seen.len() > MAX_FOLDERS {
                let too_many = format!("there are more than {MAX_FOLDERS} folders of presets");
                return self.tell(format!("{too_many}; the others are left out"));
            }
            let entries = match fs::read_dir(&folder) {
                Ok(entries) => entries,
                Err(error) => {
                    self.tell(format!("{}: {}", folder.display(), plain(&error)));
                    continue;
                }
            };
            for entry in entries.flatten() {
                let path = entry.path();
                let visible = !is_hidden(&entry.file_name());
                // Of what a link leads to.
                let Some(about) = visible.then(|| fs::metadata(&path).ok()).flatten() else {
                    continue;
                };
                if about.is_dir() && depth < MAX_DEPTH {
                    ahead.push((path, depth + 1));
                } else if about.is_file() && !self.list(path, &about, root) {
                    return;
                }
            }
        }
    }

    /// Lists a file if it is one of ours; `false` if no more can be.
    fn list(&mut self, path: PathBuf, about: &Metadata, root: &Path) -> bool {
        let ours = [PRESETS, SETLISTS];
        if !ours.iter().any(|kind| endings::is_among(&path, kind)) {
            return true;
        }
        if self.files.len() == MAX_FILES {
            self.tell(format!(
                "there are more than {MAX_FILES} presets; the others are left out"
            ));
            return false;
        }
        match PresetPath::of(&path, root) {
            Some(named) => {
                let stamp = (about.modified().ok(), about.len());
                self.files.push((named, stamp));
            }
            None => self.tell(format!(
                "{} has a name that not every system can have; rename it without \\ and :",
                path.display()
            )),
        }
        true
    }

    fn tell(&mut self, problem: String) {
        self.problem.get_or_insert(one_line(&problem));
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn write(root: &Path, name: &str, text: &str) {
        let path = root.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn texts(listing: &PresetListing) -> Vec<&str> {
        let presets = listing.presets.iter();
        presets.map(|preset| preset.path.text()).collect()
    }

    const RIG: &str = "{\"gridleak\": 1, \"kind\": \"rig\"}";

    #[test]
    fn presets_are_listed_bank_by_bank() {
        let home = tempfile::tempdir().unwrap();
        let root = home.path().join("presets");
        let mut cache = ScanCache::default();
        assert_eq!(scan(&root, &mut cache), PresetListing::default());
        write(&root, "Live/10.gridleak", RIG);
        write(&root, "Live/2.gridleak", "{\"kind\": \"slot\"}");
        write(&root, "Live/Old/x.gridleak", "broken");
        write(&root, "z.GRIDLEAK", RIG);
        let setlist = json!({"gridleak": 1, "kind": "setlist", "presets": ["z.gridleak", 3]});
        write(&root, "Gig.gridleak-setlist", &setlist.to_string());
        write(&root, "Live/broken.gridleak-setlist", "{}");
        for other in [".hidden.gridleak", ".git/a.gridleak", "a.nam", "gridleak"] {
            write(&root, other, RIG);
        }
        fs::create_dir(root.join("folder.gridleak")).unwrap();
        let listing = scan(&root, &mut cache);
        let expected = [
            "z.GRIDLEAK",
            "Live/2.gridleak",
            "Live/10.gridleak",
            "Live/Old/x.gridleak",
        ];
        assert_eq!(texts(&listing), expected);
        let kinds: Vec<_> = listing.presets.iter().map(|preset| preset.kind).collect();
        let rig = Some(PresetKind::Rig);
        assert_eq!(kinds, [rig, Some(PresetKind::Slot), rig, None]);
        let [gig, broken] = &listing.setlists[..] else {
            panic!("{listing:?}");
        };
        let z = PresetPath::read("z.gridleak").unwrap();
        assert_eq!(gig.presets, [Some(z), None]);
        assert!(
            broken
                .problem
                .as_ref()
                .unwrap()
                .contains("broken.gridleak-setlist")
        );
        assert_eq!(listing.problem, None);
        assert_eq!(scan(&root, &mut cache), listing);
        // What has changed is looked at again.
        write(&root, "Live/Old/x.gridleak", RIG);
        fs::remove_file(root.join("z.GRIDLEAK")).unwrap();
        let listing = scan(&root, &mut cache);
        assert_eq!(texts(&listing), expected[1..]);
        assert_eq!(listing.presets[2].kind, rig);
        assert_eq!(cache.0.len(), 5);
    }

    #[test]
    fn a_folder_without_end_is_listed_as_far_as_it_is_bounded() {
        let root = tempfile::tempdir().unwrap();
        let root = root.path();
        let mut deep = root.to_owned();
        for _ in 0..2 * MAX_DEPTH {
            deep.push("a");
        }
        write(&deep, "x.gridleak", RIG);
        write(&root.join("a"), "y.gridleak", RIG);
        let listing = scan(root, &mut ScanCache::default());
        assert_eq!(texts(&listing), ["a/y.gridleak"]);
        for number in 0..=MAX_FILES {
            write(root, &format!("{number}.gridleak"), "");
        }
        let listing = scan(root, &mut ScanCache::default());
        assert_eq!(listing.presets.len(), MAX_FILES);
        assert!(listing.problem.unwrap().contains("more than 10000"));
    }

    #[cfg(unix)]
    #[test]
    fn links_pipes_and_strange_names_do_no_harm() {
        use std::os::unix::fs::symlink;
        let root = tempfile::tempdir().unwrap();
        let root = root.path();
        write(root, "Live/a.gridleak", RIG);
        symlink(root, root.join("Live/around")).unwrap();
        symlink(root.join("nowhere"), root.join("b.gridleak")).unwrap();
        symlink("/dev/zero", root.join("c.gridleak")).unwrap();
        crate::files::contents::tests::make_pipe(&root.join("d.gridleak"));
        write(root, "e:f.gridleak", RIG);
        let listing = scan(root, &mut ScanCache::default());
        assert_eq!(texts(&listing), ["Live/a.gridleak"]);
        assert!(listing.problem.unwrap().contains("e:f.gridleak has a name"));
    }
}
