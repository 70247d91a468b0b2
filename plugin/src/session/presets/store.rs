//! Files in the preset folder: written whole or not at all, and never in the place of another by accident.

use std::fs;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use gridleak_core::ordinary_file;
use tempfile::TempPath;

use super::file_name::{file_name, numbered};
use crate::files::endings::{PRESETS, SETLISTS};
use crate::files::failure::{Failure, Result, plain};
use crate::files::output_file::{OutputFile, cannot_write};
use crate::session::preset_path::PresetPath;

/// So many files of one name are told apart by numbers.
const MOST_ALIKE: usize = 1000;

/// What kinds of files there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kept {
    Preset,
    Setlist,
}

impl Kept {
    /// The name of such a file.
    fn file(self, name: &str) -> String {
        let ending = match self {
            Kept::Preset => PRESETS[0],
            Kept::Setlist => SETLISTS[0],
        };
        format!("{name}.{ending}")
    }

    fn of(path: &PresetPath) -> Self {
        match path.is_preset() {
            true => Kept::Preset,
            false => Kept::Setlist,
        }
    }
}

/// The text of the file at `path`.
///
/// # Errors
/// In words that name the file, if it cannot be read or has more than `most` bytes.
pub(super) fn read(path: &Path, most: u64) -> Result<Vec<u8>> {
    let failed = |e: io::Error| Failure::at(path, plain(&e));
    let (file, about) = ordinary_file::open(path).map_err(failed)?;
    let mut text = Vec::new();
    // It may grow meanwhile.
    if about.len() <= most {
        file.take(most + 1).read_to_end(&mut text).map_err(failed)?;
    }
    if about.len().max(text.len() as u64) > most {
        let most = most >> 20;
        return Err(Failure::at(
            path,
            format_args!("is too long for one that Gridleak saved (at most {most} MB)"),
        ));
    }
    Ok(text)
}

/// Writes a new file into `bank` of the preset folder `root`, called `name` or, if there is one of that
/// name, that with a number. Bank and folder are made if they are not there. `text`: what stands in a file
/// at such a path.
pub(super) fn create(
    root: &Path,
    bank: &str,
    name: &str,
    kept: Kept,
    text: impl Fn(&Path) -> Vec<u8>,
) -> Result<PresetPath> {
    let name = file_name(name)?;
    let bank = bank.split('/').filter(|part| !part.is_empty());
    let bank = bank.map(file_name).collect::<Result<PathBuf>>()?;
    let folder = root.join(bank);
    fs::create_dir_all(&folder).map_err(|e| cannot_write(&folder, &e))?;
    for path in free_names(&folder, &name, kept) {
        let file = output(&path, &text(&path))?;
        // Another process may have taken the name in this moment.
        if file.finish_new()? {
            return named(&path, root);
        }
    }
    Err(too_many(&folder, &name))
}

/// Writes a file that is there, or was.
pub(super) fn replace(root: &Path, path: &PresetPath, text: &[u8]) -> Result<()> {
    let path = path.within(root);
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(|e| cannot_write(folder, &e))?;
    }
    output(&path, text)?.finish()
}

/// Gives a file another name in its bank, with a number if that is taken, and says which.
pub(super) fn rename(root: &Path, path: &PresetPath, name: &str) -> Result<PresetPath> {
    let (kept, name) = (Kept::of(path), file_name(name)?);
    let old = path.within(root);
    if path.name() == name {
        return Ok(path.clone());
    }
    ordinary_file::open(&old).map_err(|e| Failure::at(&old, plain(&e)))?;
    let folder = old.parent().unwrap_or(root);
    let same = folder.join(kept.file(&name));
    if name.to_lowercase() == path.name().to_lowercase() && is_one_file(&old, &same) {
        // The same name in other letters, where that makes no difference.
        fs::rename(&old, &same).map_err(|e| cannot_write(&same, &e))?;
        return named(&same, root);
    }
    for new in free_names(folder, &name, kept) {
        let mut moved = TempPath::try_from_path(&old).map_err(|e| cannot_write(&new, &e))?;
        // It is the player's: wherever it does not get its new name, it stays.
        moved.disable_cleanup(true);
        match moved.persist_noclobber(&new) {
            Ok(()) => return named(&new, root),
            Err(e) if e.error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(e) => return Err(cannot_write(&new, &e.error)),
        }
    }
    Err(too_many(folder, &name))
}

/// Removes a file for good.
pub(super) fn delete(root: &Path, path: &PresetPath) -> Result<()> {
    let path = path.within(root);
    match fs::remove_file(&path) {
        // Somebody else did.
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(Failure::at(
            &path,
            format_args!("cannot be deleted: {}", plain(&error)),
        )),
        Ok(()) => Ok(()),
    }
}

/// The complete file that is still to be given its name.
fn output(path: &Path, text: &[u8]) -> Result<OutputFile> {
    let refused = |_| Failure::at(path, "cannot be written; see whether it is write-protected");
    let mut file = OutputFile::create(path).map_err(refused)?;
    file.write_all(text).map_err(|e| cannot_write(path, &e))?;
    Ok(file)
}

/// What a file of this name can be called in `folder`, now.
fn free_names<'a>(
    folder: &'a Path,
    name: &'a str,
    kept: Kept,
) -> impl Iterator<Item = PathBuf> + use<'a> {
    // Whatever the system says of capital letters: the next one may say something else.
    let taken: Vec<String> = fs::read_dir(folder)
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.file_name().to_string_lossy().to_lowercase())
        .collect();
    let names = (1..=MOST_ALIKE).map(move |number| numbered(name, number));
    names
        .map(move |name| kept.file(&name))
        .filter(move |file| !taken.contains(&file.to_lowercase()))
        .map(move |file| folder.join(file))
}

fn is_one_file(one: &Path, other: &Path) -> bool {
    let real = |path| fs::canonicalize(path).ok();
    real(one).is_some_and(|one| Some(one) == real(other))
}

fn too_many(folder: &Path, name: &str) -> Failure {
    Failure::at(
        folder,
        format_args!("there are {MOST_ALIKE} called \"{name}\" here already; choose another name"),
    )
}

fn named(path: &Path, root: &Path) -> Result<PresetPath> {
    PresetPath::of(path, root)
        .ok_or_else(|| Failure::at(path, "has a name that not every system can have"))
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

    fn verse(root: &Path, text: &str) -> PresetPath {
        create(root, "Live", "Verse", Kept::Preset, |_| text.into()).unwrap()
    }

    #[test]
    fn what_is_new_takes_the_place_of_nothing() {
        let home = tempfile::tempdir().unwrap();
        let root = home.path().join("not/there/yet");
        let first = verse(&root, "one");
        assert_eq!(first.text(), "Live/Verse.gridleak");
        assert_eq!(verse(&root, "two").text(), "Live/Verse 2.gridleak");
        fs::write(root.join("Live/VERSE 3.gridleak"), "by hand").unwrap();
        assert_eq!(verse(&root, "four").text(), "Live/Verse 4.gridleak");
        assert_eq!(read(&first.within(&root), 10).unwrap(), b"one");
        let strange = create(&root, "a//b:c/", "AC/DC", Kept::Setlist, |_| vec![]).unwrap();
        assert_eq!(strange.text(), "a/b-c/AC-DC.gridleak-setlist");
        for (bank, name) in [("", "..."), ("..", "Verse"), ("a/../..", "Verse")] {
            assert!(create(&root, bank, name, Kept::Preset, |_| vec![]).is_err());
        }
    }

    #[test]
    fn many_that_save_at_once_each_get_a_file() {
        let root = tempfile::tempdir().unwrap();
        let paths: Vec<_> = std::thread::scope(|scope| {
            let root = root.path();
            let savers: Vec<_> = (0..8)
                .map(|number| {
                    let text = number.to_string();
                    scope.spawn(move || (verse(root, &text), text))
                })
                .collect();
            savers
                .into_iter()
                .map(|saver| saver.join().unwrap())
                .collect()
        });
        for (path, text) in &paths {
            let kept = read(&path.within(root.path()), 10).unwrap();
            assert_eq!(kept, text.as_bytes());
        }
        assert_eq!(names(&root.path().join("Live")).len(), 8);
    }

    #[test]
    fn a_file_is_renamed_and_never_over_another() {
        let root = tempfile::tempdir().unwrap();
        let root = root.path();
        let (one, two) = (verse(root, "one"), verse(root, "two"));
        let three = rename(root, &one, "Verse 2").unwrap();
        assert_eq!(three.text(), "Live/Verse 2 2.gridleak");
        assert_eq!(read(&two.within(root), 10).unwrap(), b"two");
        assert_eq!(read(&three.within(root), 10).unwrap(), b"one");
        assert_eq!(rename(root, &three, " Verse 2 2 ").unwrap(), three);
        let capital = rename(root, &three, "verse 2 2").unwrap();
        assert_eq!(read(&capital.within(root), 10).unwrap(), b"one");
        assert!(rename(root, &one, "Chorus").is_err(), "it is gone");
        assert!(rename(root, &two, "///").is_err());
        assert_eq!(names(&root.join("Live")).len(), 2);
        fs::create_dir(root.join("Live/folder.gridleak")).unwrap();
        let folder = PresetPath::read("Live/folder.gridleak").unwrap();
        assert!(rename(root, &folder, "Chorus").is_err());
        assert!(delete(root, &folder).is_err());
        delete(root, &two).unwrap();
        delete(root, &two).unwrap();
        assert_eq!(names(&root.join("Live")).len(), 2);
    }

    #[test]
    fn what_cannot_be_read_or_written_is_told_by_name() {
        let root = tempfile::tempdir().unwrap();
        let root = root.path();
        let path = verse(root, "0123456789");
        let said = |failure: Failure| failure.to_string();
        let refusal = said(read(&path.within(root), 9).unwrap_err());
        assert!(refusal.contains("Verse.gridleak: is too long"), "{refusal}");
        let refusal = said(read(&root.join("Live"), 9).unwrap_err());
        assert!(refusal.ends_with("is a folder"), "{refusal}");
        let file = root.join("file");
        fs::write(&file, "").unwrap();
        let refusal = said(create(&file, "", "a", Kept::Preset, |_| vec![]).unwrap_err());
        assert!(refusal.contains("file"), "{refusal}");
        let folder = PresetPath::read("a.gridleak").unwrap();
        fs::create_dir(root.join("a.gridleak")).unwrap();
        let refusal = said(replace(root, &folder, b"").unwrap_err());
        assert!(refusal.contains("a.gridleak"), "{refusal}");
        assert!(!refusal.contains("WAV"), "{refusal}");
    }

    /// What [`process_that_saves_presets`] is told: the preset folder.
    const CHILD: &str = "GRIDLEAK_TEST_PRESETS";
    /// Long enough for a process to be killed within.
    const LONG: usize = 1 << 20;

    #[test]
    fn a_save_that_is_killed_leaves_the_old_preset_or_the_new_one() {
        let root = tempfile::tempdir().unwrap();
        let root = root.path();
        let path = create(root, "", "Verse", Kept::Preset, |_| vec![b'a'; LONG]).unwrap();
        let file = path.within(root);
        let whole = || {
            let text = fs::read(&file).unwrap();
            assert_eq!(text.len(), LONG);
            assert!(text.iter().all(|byte| *byte == text[0]), "half a preset");
            text[0]
        };
        let (mut round, mut left_behind) = (0, 0);
        while round < 20 || left_behind == 0 {
            round += 1;
            assert!(round < 200, "no save is ever cut short");
            let mut process = std::process::Command::new(std::env::current_exe().unwrap())
                .args([
                    "--exact",
                    "session::presets::store::tests::process_that_saves_presets",
                    "--quiet",
                ])
                .env(CHILD, root)
                .stdout(std::process::Stdio::null())
                .spawn()
                .unwrap();
            // Killed after another number of saves in each round, somewhere in the next one.
            let mut before = whole();
            let mut saves = 0;
            while saves <= round % 5 {
                assert!(process.try_wait().unwrap().is_none(), "it ended by itself");
                let now = whole();
                saves += u32::from(now != before);
                before = now;
            }
            process.kill().unwrap();
            process.wait().unwrap();
            whole();
            left_behind += names(root).len() - 1;
            // Whoever saves next tidies up.
            replace(root, &path, &[b'a'; LONG]).unwrap();
            assert_eq!(names(root), ["Verse.gridleak"]);
        }
    }

    /// What is killed; by itself it is nothing to run.
    #[test]
    fn process_that_saves_presets() {
        let Some(root) = std::env::var_os(CHILD) else {
            return;
        };
        let path = PresetPath::read("Verse.gridleak").unwrap();
        for round in 0u64.. {
            let letter = [b'a', b'b'][(round % 2) as usize];
            replace(Path::new(&root), &path, &[letter; LONG]).unwrap();
        }
    }
}
