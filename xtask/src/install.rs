//! `cargo xtask install` and `cargo xtask uninstall`: the bundles in the folders where hosts look.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result};

use crate::bundle::{Bundles, Flavour, remove};

/// Builds the bundles and puts them into the user's plugin folders.
pub(crate) fn install() -> Result<ExitCode> {
    let places = places()?;
    let bundles = Flavour::Release.bundle()?;
    for (bundle, place) in [(&bundles.clap, &places.clap), (&bundles.vst3, &places.vst3)] {
        replace(bundle, place)?;
        println!("Installed {}", place.display());
    }
    println!("Let your recording software look for new plugins.");
    Ok(ExitCode::SUCCESS)
}

/// Takes out what [`install`] put in.
pub(crate) fn uninstall() -> Result<ExitCode> {
    let places = places()?;
    for place in [&places.clap, &places.vst3] {
        if remove(place)? {
            println!("Removed {}", place.display());
        } else {
            println!("There is no {}", place.display());
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// Where a user's bundles belong on this system.
fn places() -> Result<Bundles> {
    let (clap, vst3) = if cfg!(target_os = "windows") {
        let common = dirs::data_local_dir()
            .context("there is no folder for a user's programs")?
            .join("Programs")
            .join("Common");
        (common.join("CLAP"), common.join("VST3"))
    } else {
        let home = dirs::home_dir().context("there is no home folder")?;
        if cfg!(target_os = "macos") {
            let plugins = home.join("Library/Audio/Plug-Ins");
            (plugins.join("CLAP"), plugins.join("VST3"))
        } else {
            (home.join(".clap"), home.join(".vst3"))
        }
    };
    let built = Flavour::Release.bundles()?;
    let in_folder = |folder: PathBuf, bundle: &Path| match bundle.file_name() {
        Some(name) => folder.join(name),
        None => folder,
    };
    Ok(Bundles {
        clap: in_folder(clap, &built.clap),
        vst3: in_folder(vst3, &built.vst3),
    })
}

/// Makes `to` a copy of `from`, a file or a folder, whatever `to` was before.
///
/// Each file is written beside its place and renamed into it: a host that has the older one loaded
/// keeps that until it ends, and no host ever meets half a file.
fn replace(from: &Path, to: &Path) -> Result<()> {
    if from.is_dir() {
        // What is no folder, or is a link to one, is none of ours to write into.
        if !is_own_folder(to) {
            remove(to)?;
        }
        fs::create_dir_all(to).with_context(|| format!("cannot make {}", to.display()))?;
        for name in names(from)? {
            replace(&from.join(&name), &to.join(&name))?;
        }
        for name in names(to)? {
            if !from.join(&name).exists() {
                remove(&to.join(&name))?;
            }
        }
        return Ok(());
    }
    if is_own_folder(to) {
        remove(to)?;
    }
    let folder = to.parent().context("a file has a folder")?;
    fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
    // Hidden, and without the extension that hosts look for.
    let beside = folder.join(".gridleak-being-installed");
    remove(&beside)?;
    fs::copy(from, &beside)
        .and_then(|_| fs::rename(&beside, to))
        .with_context(|| {
            format!(
                "cannot write {}; if a program has it open, end that first",
                to.display()
            )
        })
}

fn is_own_folder(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok_and(|about| about.is_dir())
}

/// The names in a folder.
fn names(folder: &Path) -> Result<Vec<OsString>> {
    let listed = fs::read_dir(folder)
        .and_then(|entries| entries.map(|entry| Ok(entry?.file_name())).collect());
    listed.with_context(|| format!("cannot list {}", folder.display()))
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::PathBuf;

    use super::{names, replace};

    /// An empty folder for one test.
    fn scratch(test: &str) -> PathBuf {
        let name = format!("gridleak-install-{test}-{}", std::process::id());
        let folder = std::env::temp_dir().join(name);
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).unwrap();
        folder
    }

    #[test]
    fn a_folder_replaces_an_older_one_and_nothing_else() {
        let folder = scratch("folder");
        let (new, place) = (folder.join("new"), folder.join("place/Some.vst3"));
        fs::create_dir_all(new.join("Contents/linux")).unwrap();
        fs::write(new.join("Contents/linux/Some.so"), "new").unwrap();
        fs::create_dir_all(place.join("Contents/linux")).unwrap();
        fs::create_dir_all(place.join("Contents/gone")).unwrap();
        fs::write(place.join("Contents/linux/Some.so"), "old").unwrap();
        fs::write(place.join("Contents/gone/Some.so"), "old").unwrap();
        fs::write(folder.join("place/Other.vst3"), "another's").unwrap();

        replace(&new, &place).unwrap();

        assert_eq!(
            fs::read(place.join("Contents/linux/Some.so")).unwrap(),
            b"new"
        );
        assert_eq!(names(&place.join("Contents")).unwrap(), ["linux"]);
        assert_eq!(names(&place.join("Contents/linux")).unwrap(), ["Some.so"]);
        assert_eq!(
            fs::read(folder.join("place/Other.vst3")).unwrap(),
            b"another's"
        );
        fs::remove_dir_all(folder).unwrap();
    }

    #[cfg(unix)]
    #[test]
    fn an_open_file_stays_what_it_was() {
        use std::io::Read;
        let folder = scratch("open");
        let (new, place) = (folder.join("new"), folder.join("Some.clap"));
        fs::write(&new, "new").unwrap();
        fs::write(&place, "old").unwrap();
        let mut open = fs::File::open(&place).unwrap();

        replace(&new, &place).unwrap();

        let mut held = String::new();
        open.read_to_string(&mut held).unwrap();
        assert_eq!(held, "old");
        assert_eq!(fs::read(&place).unwrap(), b"new");
        fs::remove_dir_all(folder).unwrap();
    }

    #[cfg(unix)]
    #[test]
    fn a_link_is_replaced_and_what_it_shows_is_not() {
        let folder = scratch("link");
        let (new, mine, place) = (
            folder.join("new"),
            folder.join("mine"),
            folder.join("Some.vst3"),
        );
        fs::create_dir_all(&new).unwrap();
        fs::write(new.join("Some.so"), "new").unwrap();
        fs::create_dir_all(&mine).unwrap();
        fs::write(mine.join("Some.so"), "mine").unwrap();
        std::os::unix::fs::symlink(&mine, &place).unwrap();

        replace(&new, &place).unwrap();

        assert_eq!(fs::read(mine.join("Some.so")).unwrap(), b"mine");
        assert_eq!(fs::read(place.join("Some.so")).unwrap(), b"new");
        fs::remove_dir_all(folder).unwrap();
    }
}
