//! What of a disk a project may have opened. Anybody can write a project, so that is little: the very
//! file that it names, and what lies in the folders that the user chose, unless it is hidden.

use std::fs;
use std::path::{Component, Path, PathBuf};

use super::path_text;
use crate::session::folder::is_hidden;

/// Longest path within a folder that is believed, in bytes of text.
const MAX_RELATIVE: usize = 1 << 12;

/// The folders that the user chose: those of the library, and those that captures were loaded from by
/// hand.
#[derive(Debug)]
pub(crate) struct Chosen {
    folders: Vec<PathBuf>,
    /// The home folder as it is called without links.
    home: Option<PathBuf>,
}

impl Chosen {
    /// Of `folders`, in their order, those that are absolute and neither `home` nor around it: a file
    /// that was once opened there is no reason to look through all that the user has.
    pub(crate) fn new(folders: impl IntoIterator<Item = PathBuf>, home: Option<PathBuf>) -> Self {
        let around_home =
            |folder: &Path| home.as_ref().is_some_and(|home| home.starts_with(folder));
        let mut kept = Vec::new();
        for folder in folders {
            // On Windows, a drive or a share has no parent either.
            let all = folder.parent().is_none() && cfg!(unix);
            if folder.is_absolute() && !all && !around_home(&folder) && !kept.contains(&folder) {
                kept.push(folder);
            }
        }
        let home = home.map(|home| fs::canonicalize(&home).unwrap_or(home));
        Self {
            folders: kept,
            home,
        }
    }

    pub(super) fn folders(&self) -> &[PathBuf] {
        &self.folders
    }

    /// Whether `path` lies in one of them, and nothing on the way from there is hidden.
    pub(crate) fn holds(&self, path: &Path) -> bool {
        self.within(path).next().is_some()
    }

    /// Whether what a project names may be opened. On another machine only what the user chose: who
    /// opens a file there tells it the user's name and password.
    pub(crate) fn may_open(&self, path: &Path) -> bool {
        path.is_absolute() && (!is_network(path) || self.holds(path))
    }

    /// Where `path` lies in the outermost folder that holds it, as text for every system.
    pub(super) fn relative(&self, path: &Path) -> Option<String> {
        let longest = self
            .within(path)
            .max_by_key(|inside| inside.components().count())?;
        write_relative(longest)
    }

    /// Whether a link in one of the folders may be followed to `real`, as that is called without
    /// links: not to what is hidden, nor around the home folder, nor to what is no disk.
    pub(super) fn may_follow(&self, real: &Path) -> bool {
        let inside = self.within(real).next();
        let hidden = inside.unwrap_or(real).iter().any(is_hidden);
        let around_home = self
            .home
            .as_ref()
            .is_some_and(|home| home.starts_with(real));
        let no_disk = cfg!(unix)
            && ["/proc", "/sys", "/dev"]
                .iter()
                .any(|at| real.starts_with(at));
        !hidden && !around_home && !no_disk
    }

    /// The ways from the folders that hold `path` to it.
    fn within<'a>(&self, path: &'a Path) -> impl Iterator<Item = &'a Path> {
        let inside = self
            .folders
            .iter()
            .filter_map(|folder| path.strip_prefix(folder).ok());
        inside.filter(|inside| {
            let mut parts = inside.components();
            parts.all(|part| matches!(part, Component::Normal(name) if !is_hidden(name)))
        })
    }
}

/// Whether the system would ask another machine for the file: `\\server\share\a.nam`. Whatever else
/// Windows takes such a beginning for (pipes, devices) is no place for captures either.
fn is_network(path: &Path) -> bool {
    let text = path.as_os_str().as_encoded_bytes();
    matches!(text, [b'/' | b'\\', b'/' | b'\\', ..])
}

/// The way `inside` a folder as text for every system; `None` where there is none, as not every name can
/// stand for itself on every system.
pub(crate) fn write_relative(inside: &Path) -> Option<String> {
    let parts = inside.iter().map(|part| path_text::encode(part.as_ref()));
    let text = parts.collect::<Vec<_>>().join("/");
    (read_relative(&text)? == inside).then_some(text)
}

/// What [`write_relative`] wrote; `None` for what would lead out of a folder, or to what is hidden.
pub(crate) fn read_relative(text: &str) -> Option<PathBuf> {
    let harmless = |part: &str| {
        // A colon would name a drive.
        !part.is_empty() && !part.starts_with('.') && !part.contains(['\\', ':'])
    };
    if text.len() > MAX_RELATIVE || !text.split('/').all(harmless) {
        return None;
    }
    text.split('/').map(path_text::decode).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn root() -> PathBuf {
        // Absolute on every system.
        std::env::temp_dir()
    }

    fn chosen(folders: &[&str]) -> Chosen {
        let folders = folders.iter().map(|folder| root().join(folder));
        Chosen::new(folders, Some(root().join("home/ann")))
    }

    #[test]
    fn neither_the_home_folder_nor_what_is_around_it_is_looked_through() {
        let all = chosen(&["home", "home/ann", "home/ann/Captures", "mnt", "mnt"]);
        let kept = ["home/ann/Captures", "mnt"].map(|folder| root().join(folder));
        assert_eq!(all.folders(), kept);
        let none = Chosen::new(["/".into(), "Captures".into()], None);
        assert!(none.folders().is_empty());
    }

    #[test]
    fn what_lies_in_a_folder_has_a_way_there() {
        let chosen = chosen(&["mnt/Amps/British", "mnt", ".hidden"]);
        for (path, wanted) in [
            ("mnt/Amps/British/a.nam", Some("Amps/British/a.nam")),
            ("mnt/é \"1\".nam", Some("é \"1\".nam")),
            (".hidden/a.nam", Some("a.nam")),
            ("mnt/.trash/a.nam", None),
            ("mnt/.a.nam", None),
            ("mnt/../a.nam", None),
            ("mntx/a.nam", None),
        ] {
            let path = root().join(path);
            let relative = chosen.relative(&path);
            assert_eq!(relative.as_deref(), wanted, "{}", path.display());
            assert_eq!(chosen.holds(&path), wanted.is_some());
        }
        if cfg!(unix) {
            assert_eq!(chosen.relative(&root().join("mnt/a:b.nam")), None);
            assert_eq!(chosen.relative(&root().join("mnt/a\\b.nam")), None);
        }
    }

    #[test]
    fn no_way_leads_out_of_a_folder() {
        let deep = "x/".repeat(3000) + "a.nam";
        for text in [
            "",
            "/",
            "/etc/passwd",
            "a//b",
            "a/",
            "..",
            "../a",
            "a/../b",
            ".",
            "a/./b",
            ".ssh/id",
            "a/.b/c",
            "C:a",
            "a/C:/b",
            "a\\b",
            "\\\\server\\share",
            "a\0zz",
            &deep,
        ] {
            assert_eq!(read_relative(text), None, "{text:?}");
        }
        assert_eq!(read_relative("a/b c.nam"), Some("a/b c.nam".into()));
    }

    #[test]
    fn other_machines_are_asked_only_for_what_was_chosen() {
        let on = |path: &str| is_network(Path::new(path));
        for path in [
            "\\\\server\\share\\a.nam",
            "//server/share/a.nam",
            "\\/server/a.nam",
            "\\\\?\\UNC\\server\\a.nam",
            "\\\\.\\pipe\\a",
        ] {
            assert!(on(path), "{path}");
        }
        assert!(!on("/server/share") && !on("C:\\a.nam") && !on("C:\\\\a.nam") && !on(""));
        let server = if cfg!(windows) {
            "\\\\server\\share"
        } else {
            "//server/share"
        };
        let inside = Path::new(server).join("Amps/a.nam");
        let nothing = chosen(&[]);
        assert!(!nothing.may_open(&inside) && nothing.may_open(&root().join("a.nam")));
        let chosen = Chosen::new([server.into()], None);
        assert!(chosen.may_open(&inside));
        for path in ["../other/a.nam", "Amps/../../other/a.nam", ".git/a.nam"] {
            assert!(!chosen.may_open(&Path::new(server).join(path)), "{path}");
        }
    }
}
