//! What all instances remember together, in a small file in the user's configuration folder.
//!
//! `settings.json` holds an object. What a newer version put there stays there. A file that cannot
//! be understood counts as empty, and is kept as `settings.json.broken` when a new one is written.

#[cfg(not(test))]
use std::env;
use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use parking_lot::Mutex;
use serde_json::{Map, Value};

use crate::failure::{Failure, Result, plain};
use crate::output_file::{OutputFile, cannot_write};
use crate::state::path_text;

/// The environment variable that names another configuration folder: for a portable installation,
/// and for tests.
const VARIABLE: &str = "GRIDLEAK_CONFIG_DIR";
const FILE: &str = "settings.json";
const BROKEN: &str = "settings.json.broken";
/// The key of the capture folders, a list of paths as text.
const FOLDERS: &str = "capture_folders";
/// So many capture folders are remembered.
const MAX_FOLDERS: usize = 16;
/// No settings are this long, in bytes; a longer file is something else.
const MAX_BYTES: u64 = 1 << 20;

/// The settings as they were when they were read.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Settings {
    /// Where the user loaded captures from, the latest first, 16 at most, all of them absolute.
    pub(crate) capture_folders: Vec<PathBuf>,
}

impl Settings {
    /// Reads the settings; those that cannot be read are empty.
    pub(crate) fn load() -> Self {
        match own_folder() {
            Ok(folder) => Self::load_from(&folder),
            Err(_) => Self::default(),
        }
    }

    /// Puts `folder`, an absolute path, first among the capture folders, in the file too. Writes
    /// nothing if it is there already.
    pub(crate) fn remember_capture_folder(folder: &Path) -> Result<()> {
        Self::remember_in(&own_folder()?, folder)
    }

    fn load_from(config: &Path) -> Self {
        let fields = match read(&config.join(FILE)) {
            Ok(Stored::Fields(fields)) => fields,
            Ok(Stored::Broken) | Err(_) => Map::new(),
        };
        Self {
            capture_folders: capture_folders(&fields),
        }
    }

    fn remember_in(config: &Path, folder: &Path) -> Result<()> {
        if !folder.is_absolute() {
            return Err(Failure::at(
                folder,
                "is not a whole path; it is not remembered",
            ));
        }
        change(config, |fields| {
            let mut folders = capture_folders(fields);
            if folders.first().is_some_and(|first| first == folder) {
                return false;
            }
            folders.retain(|other| other != folder);
            folders.insert(0, folder.to_owned());
            folders.truncate(MAX_FOLDERS);
            let folders: Vec<_> = folders.iter().map(|path| path_text::encode(path)).collect();
            fields.insert(FOLDERS.to_owned(), folders.into());
            true
        })
    }
}

/// The folder that the settings are in.
fn own_folder() -> Result<PathBuf> {
    // Tests leave the user's settings alone.
    #[cfg(test)]
    {
        static FOLDER: std::sync::LazyLock<tempfile::TempDir> =
            std::sync::LazyLock::new(|| tempfile::tempdir().expect("tests need a folder"));
        Ok(FOLDER.path().to_owned())
    }
    #[cfg(not(test))]
    config_folder(env::var_os(VARIABLE))
}

/// What stands in the settings file.
enum Stored {
    Fields(Map<String, Value>),
    /// Something, but no settings.
    Broken,
}

fn read(path: &Path) -> io::Result<Stored> {
    let about = match fs::metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return Ok(Stored::Fields(Map::new()));
        }
        about => about?,
    };
    if !about.is_file() || about.len() > MAX_BYTES {
        return Ok(Stored::Broken);
    }
    let mut bytes = Vec::new();
    File::open(path)?.take(MAX_BYTES).read_to_end(&mut bytes)?;
    Ok(match serde_json::from_slice(&bytes) {
        Ok(Value::Object(fields)) if fields.get(FOLDERS).is_none_or(Value::is_array) => {
            Stored::Fields(fields)
        }
        _ => Stored::Broken,
    })
}

fn capture_folders(fields: &Map<String, Value>) -> Vec<PathBuf> {
    let list = fields.get(FOLDERS).and_then(Value::as_array);
    list.into_iter()
        .flatten()
        .filter_map(|folder| path_text::decode(folder.as_str()?))
        .filter(|folder| folder.is_absolute())
        .take(MAX_FOLDERS)
        .collect()
}

/// Has `edit` change what is in the file now, and writes that if it says so. Instances of one host
/// wait for each other; of two hosts that write in the same instant, the later one wins.
fn change(config: &Path, edit: impl FnOnce(&mut Map<String, Value>) -> bool) -> Result<()> {
    static WRITING: Mutex<()> = Mutex::new(());
    let _writing = WRITING.lock();

    let path = config.join(FILE);
    let stored = read(&path).map_err(|e| Failure::at(&path, plain(&e)))?;
    let broken = matches!(stored, Stored::Broken);
    let mut fields = match stored {
        Stored::Fields(fields) => fields,
        Stored::Broken => Map::new(),
    };
    if !edit(&mut fields) {
        return Ok(());
    }
    if broken {
        let aside = config.join(BROKEN);
        fs::rename(&path, &aside).map_err(|e| cannot_write(&aside, &e))?;
    }
    fs::create_dir_all(config).map_err(|e| cannot_write(config, &e))?;
    let mut file = OutputFile::create(&path)?;
    let text = format!("{:#}\n", Value::Object(fields));
    file.write_all(text.as_bytes())
        .map_err(|e| cannot_write(&path, &e))?;
    file.finish()
}

/// Where the settings are; `named` is what [`VARIABLE`] says.
fn config_folder(named: Option<OsString>) -> Result<PathBuf> {
    named
        .filter(|named| !named.is_empty())
        .map(PathBuf::from)
        .or_else(|| dirs::config_dir().map(|folder| folder.join("gridleak")))
        .ok_or_else(|| {
            Failure::new(format!(
                "this system names no folder for settings; name one in {VARIABLE}"
            ))
        })
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicBool, Ordering};
    use std::thread;

    use serde_json::json;
    use tempfile::TempDir;

    use super::*;

    fn config() -> TempDir {
        tempfile::tempdir().unwrap()
    }

    /// An absolute path on any system.
    fn folder(name: &str) -> PathBuf {
        std::env::temp_dir().join(name)
    }

    fn names(config: &TempDir) -> Vec<String> {
        let entries = fs::read_dir(config.path()).unwrap();
        let mut names: Vec<_> = entries
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn the_variable_names_the_folder() {
        let named = |name: &str| config_folder(Some(name.into()));
        assert_eq!(named("/portable").unwrap(), Path::new("/portable"));
        let ours = config_folder(None).map_err(|e| e.to_string());
        assert_eq!(named("").map_err(|e| e.to_string()), ours);
        assert!(ours.is_ok_and(|folder| folder.ends_with("gridleak")));
    }

    #[test]
    fn capture_folders_are_remembered_latest_first() {
        let config = config();
        let below = config.path().join("not/there/yet");
        assert_eq!(Settings::load_from(&below), Settings::default());
        for i in 0..20 {
            Settings::remember_in(&below, &folder(&format!("Ä {i}"))).unwrap();
        }
        Settings::remember_in(&below, &folder("Ä 10")).unwrap();
        let expected: Vec<_> = [10, 19, 18, 17, 16, 15, 14, 13, 12, 11, 9, 8, 7, 6, 5, 4]
            .map(|i| folder(&format!("Ä {i}")))
            .into();
        assert_eq!(Settings::load_from(&below).capture_folders, expected);
        assert!(Settings::remember_in(&below, Path::new("not/whole")).is_err());
        assert_eq!(Settings::load_from(&below).capture_folders, expected);
    }

    #[cfg(unix)]
    #[test]
    fn folders_that_are_no_text_are_remembered() {
        use std::os::unix::ffi::OsStrExt;
        let config = config();
        let folder = Path::new(std::ffi::OsStr::from_bytes(b"/a/\xff\xe4"));
        Settings::remember_in(config.path(), folder).unwrap();
        assert_eq!(Settings::load_from(config.path()).capture_folders, [folder]);
    }

    #[test]
    fn what_a_newer_version_put_there_stays() {
        let config = config();
        let path = config.path().join(FILE);
        let fields = json!({"window": {"scale": 1.5}, "capture_folders": [3, "not/whole", folder("a")], "z": [null]});
        fs::write(&path, fields.to_string()).unwrap();
        assert_eq!(
            Settings::load_from(config.path()).capture_folders,
            [folder("a")]
        );
        Settings::remember_in(config.path(), &folder("b")).unwrap();
        let fields: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
        let expected = json!({"window": {"scale": 1.5}, "capture_folders": [folder("b"), folder("a")], "z": [null]});
        assert_eq!(fields, expected);
        assert_eq!(names(&config), [FILE]);
    }

    #[test]
    fn a_broken_file_is_ignored_and_kept_aside() {
        let deep = "[".repeat(100_000);
        let huge = format!("{{}}{}", " ".repeat(MAX_BYTES as usize));
        let broken = [
            b"".as_slice(),
            b"{",
            b"null",
            b"[]",
            b"3",
            b"\xff\xfe{}",
            b"{} {}",
            b"{\"capture_folders\": 3}",
            b"{\"capture_folders\": {\"a\": 1}}",
            deep.as_bytes(),
            huge.as_bytes(),
        ];
        for bytes in broken {
            let config = config();
            let path = config.path().join(FILE);
            fs::write(&path, bytes).unwrap();
            assert_eq!(Settings::load_from(config.path()), Settings::default());
            assert_eq!(fs::read(&path).unwrap(), bytes, "reading changes nothing");
            Settings::remember_in(config.path(), &folder("a")).unwrap();
            assert_eq!(
                Settings::load_from(config.path()).capture_folders,
                [folder("a")]
            );
            assert_eq!(fs::read(config.path().join(BROKEN)).unwrap(), bytes);
            assert_eq!(names(&config), [FILE, BROKEN]);
        }
        // A folder of that name.
        let config = config();
        fs::create_dir(config.path().join(FILE)).unwrap();
        Settings::remember_in(config.path(), &folder("a")).unwrap();
        assert_eq!(
            Settings::load_from(config.path()).capture_folders,
            [folder("a")]
        );
        assert!(config.path().join(BROKEN).is_dir());
    }

    #[test]
    fn a_file_that_cannot_be_written_is_told() {
        let config = config();
        let file = config.path().join("file");
        fs::write(&file, "").unwrap();
        let refusal = Settings::remember_in(&file.join("folder"), &folder("a")).unwrap_err();
        assert!(refusal.to_string().contains("file"), "{refusal}");
    }

    #[test]
    fn nothing_is_written_without_need() {
        let config = config();
        let path = config.path().join(FILE);
        Settings::remember_in(config.path(), &folder("a")).unwrap();
        // Compact, unlike what is written.
        let text = serde_json::from_slice::<Value>(&fs::read(&path).unwrap()).unwrap();
        fs::write(&path, text.to_string()).unwrap();
        Settings::remember_in(config.path(), &folder("a")).unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), text.to_string());
    }

    #[test]
    fn instances_keep_each_others_folders_and_readers_see_whole_files() {
        let config = config();
        let done = AtomicBool::new(false);
        Settings::remember_in(config.path(), &folder("first")).unwrap();
        thread::scope(|scope| {
            let reader = scope.spawn(|| {
                let mut reads = 0;
                while !done.load(Ordering::SeqCst) || reads == 0 {
                    let bytes = fs::read(config.path().join(FILE)).unwrap();
                    let fields: Value = serde_json::from_slice(&bytes).unwrap();
                    assert!(!fields[FOLDERS].as_array().unwrap().is_empty());
                    reads += 1;
                }
            });
            let writers: Vec<_> = (0..MAX_FOLDERS)
                .map(|i| {
                    let config = config.path();
                    scope.spawn(move || {
                        for _ in 0..5 {
                            let folder = folder(&format!("folder {i}"));
                            Settings::remember_in(config, &folder).unwrap();
                        }
                    })
                })
                .collect();
            for writer in writers {
                writer.join().unwrap();
            }
            done.store(true, Ordering::SeqCst);
            reader.join().unwrap();
        });
        let mut folders = Settings::load_from(config.path()).capture_folders;
        folders.sort();
        let mut expected: Vec<_> = (0..MAX_FOLDERS)
            .map(|i| folder(&format!("folder {i}")))
            .collect();
        expected.sort();
        assert_eq!(folders, expected);
        assert_eq!(names(&config), [FILE]);
    }
}
