//! What all instances remember together, in a small file in the user's configuration folder.
//!
//! `settings.json` holds an object. What a newer version put there stays there. A file that cannot
//! be understood counts as empty, and is kept as `settings.json.broken` when a new one is written. A
//! value that is none for its key counts as absent, and does no harm to the others.

#[cfg(not(test))]
use std::env;
use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use parking_lot::Mutex;
use serde_json::{Map, Value};

use crate::failure::{Failure, Result, plain};
use crate::library::Origin;
use crate::output_file::{OutputFile, cannot_write};
use crate::state::path_text;

/// The environment variable that names another configuration folder: for a portable installation,
/// and for tests.
pub(crate) const VARIABLE: &str = "GRIDLEAK_CONFIG_DIR";
const FILE: &str = "settings.json";
const BROKEN: &str = "settings.json.broken";
/// No settings are this long, in bytes; a longer file is something else.
const MAX_BYTES: u64 = 1 << 24;

const CAPTURE_FOLDERS: List = List {
    key: "capture_folders",
    most: 16,
};
const LIBRARY_FOLDERS: List = List {
    key: "library_folders",
    most: 256,
};
const FAVOURITES: List = List {
    key: "favourites",
    most: 5000,
};
const RECENT: List = List {
    key: "recent",
    most: 50,
};
/// The key of the window's width and height.
const WINDOW: &str = "window";
/// Windows have such widths and heights, in points.
const WINDOW_POINTS: std::ops::RangeInclusive<f32> = 100.0..=20_000.0;

/// The settings as they were when they were read.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Settings {
    /// Where the user loaded captures from, the latest first, 16 at most, all of them absolute.
    pub(crate) capture_folders: Vec<PathBuf>,
    /// The folders of the library in the order they were added, 256 at most, all of them absolute.
    pub(crate) library_folders: Vec<PathBuf>,
    /// In the order they were marked, 5000 at most, all files with absolute paths.
    pub(crate) favourites: Vec<Origin>,
    /// What was loaded, the latest first, 50 at most, all files with absolute paths.
    pub(crate) recent: Vec<Origin>,
    /// Width and height of the window in points, 100 to 20000.
    pub(crate) window: Option<(f32, f32)>,
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

    /// The folders that the user chose to keep sounds in, all of them absolute.
    pub(crate) fn chosen_folders(self) -> impl Iterator<Item = PathBuf> {
        self.library_folders.into_iter().chain(self.capture_folders)
    }

    /// As [`Settings::load`], from the settings in the folder `config`.
    pub(crate) fn load_from(config: &Path) -> Self {
        let fields = match read(&config.join(FILE)) {
            Ok(Stored::Fields(fields)) => fields,
            Ok(Stored::Broken) | Err(_) => Map::new(),
        };
        Self {
            capture_folders: CAPTURE_FOLDERS.folders(&fields),
            library_folders: LIBRARY_FOLDERS.folders(&fields),
            favourites: FAVOURITES.origins(&fields),
            recent: RECENT.origins(&fields),
            window: window(&fields),
        }
    }

    /// Tells one state of the settings in the folder `config` from the next without reading them.
    pub(crate) fn stamp(config: &Path) -> Option<(SystemTime, u64)> {
        let about = fs::metadata(config.join(FILE)).ok()?;
        Some((about.modified().ok()?, about.len()))
    }

    /// Puts `folder`, an absolute path, behind the folders of the library, in the settings in the
    /// folder `config`. Writes nothing if it is one of them.
    pub(crate) fn add_library_folder(config: &Path, folder: &Path) -> Result<()> {
        let text = whole(folder)?;
        change(config, |fields| LIBRARY_FOLDERS.put_last(fields, &text))
    }

    /// Takes `folder` out of the folders of the library, in the settings in the folder `config`.
    pub(crate) fn remove_library_folder(config: &Path, folder: &Path) -> Result<()> {
        let text = path_text::encode(folder);
        change(config, |fields| Ok(LIBRARY_FOLDERS.remove(fields, &text)))
    }

    /// Makes something a favourite or takes it out of them, in the settings in the folder `config`.
    /// Writes nothing if it is so already.
    pub(crate) fn set_favourite(config: &Path, origin: &Origin, favourite: bool) -> Result<()> {
        let text = whole_origin(origin)?;
        change(config, |fields| {
            if favourite {
                FAVOURITES.put_last(fields, &text)
            } else {
                Ok(FAVOURITES.remove(fields, &text))
            }
        })
    }

    /// Puts something first among what was loaded, in the settings in the folder `config`. Writes
    /// nothing if it is there already.
    pub(crate) fn use_recently(config: &Path, origin: &Origin) -> Result<()> {
        let text = whole_origin(origin)?;
        change(config, |fields| Ok(RECENT.put_first(fields, &text)))
    }

    fn remember_in(config: &Path, folder: &Path) -> Result<()> {
        let text = whole(folder)?;
        change(
            config,
            |fields| Ok(CAPTURE_FOLDERS.put_first(fields, &text)),
        )
    }

    /// Remembers the width and height of the window in points, in the settings in the folder `config`.
    pub(crate) fn remember_window(config: &Path, width: u32, height: u32) -> Result<()> {
        let size = (width as f32, height as f32);
        if !(WINDOW_POINTS.contains(&size.0) && WINDOW_POINTS.contains(&size.1)) {
            return Err(Failure::new(format!(
                "a window of {width} by {height} points is none to remember"
            )));
        }
        change(config, |fields| {
            if window(fields) == Some(size) {
                return Ok(false);
            }
            fields.insert(WINDOW.to_owned(), [size.0, size.1].as_slice().into());
            Ok(true)
        })
    }
}

/// The text of a path, if it is absolute.
fn whole(path: &Path) -> Result<String> {
    if path.is_absolute() {
        Ok(path_text::encode(path))
    } else {
        Err(Failure::at(
            path,
            "is not a whole path; it is not remembered",
        ))
    }
}

fn whole_origin(origin: &Origin) -> Result<String> {
    match origin {
        Origin::File(path) => whole(path),
        Origin::BuiltIn(_) => Ok(origin.text()),
    }
}

fn window(fields: &Map<String, Value>) -> Option<(f32, f32)> {
    let [width, height] = fields.get(WINDOW)?.as_array()?.as_slice() else {
        return None;
    };
    let side = |side: &Value| {
        let side = side.as_f64()? as f32;
        WINDOW_POINTS.contains(&side).then_some(side)
    };
    Some((side(width)?, side(height)?))
}

/// A list of folders, or of origins as [`Origin::text`] has them.
struct List {
    key: &'static str,
    /// So many are remembered.
    most: usize,
}

impl List {
    /// What stands there and may be understood, by this version or a newer one that has more built in.
    fn texts<'a>(&self, fields: &'a Map<String, Value>) -> Vec<&'a str> {
        let list = fields.get(self.key).and_then(Value::as_array);
        let texts = list.into_iter().flatten().filter_map(Value::as_str);
        texts
            .filter(|text| Origin::is_text(text))
            .take(self.most)
            .collect()
    }

    fn origins(&self, fields: &Map<String, Value>) -> Vec<Origin> {
        let texts = self.texts(fields).into_iter();
        texts.filter_map(Origin::from_text).collect()
    }

    fn folders(&self, fields: &Map<String, Value>) -> Vec<PathBuf> {
        let folder = |origin| match origin {
            Origin::File(path) => Some(path),
            Origin::BuiltIn(_) => None,
        };
        let origins = self.origins(fields).into_iter();
        origins.filter_map(folder).collect()
    }

    /// Makes `text` the first one; of too many, the last ones go. False if it was the first.
    fn put_first(&self, fields: &mut Map<String, Value>, text: &str) -> bool {
        let mut texts = self.texts(fields);
        if texts.first() == Some(&text) {
            return false;
        }
        texts.retain(|other| *other != text);
        texts.insert(0, text);
        texts.truncate(self.most);
        let list = texts.into();
        self.write(fields, list)
    }

    /// Makes `text` the last one, if there is room. False if it was among them.
    fn put_last(&self, fields: &mut Map<String, Value>, text: &str) -> Result<bool> {
        let mut texts = self.texts(fields);
        if texts.contains(&text) {
            return Ok(false);
        }
        if texts.len() == self.most {
            return Err(Failure::new(format!(
                "there are {} {} already; take one of them away first",
                self.most,
                self.key.replace('_', " ")
            )));
        }
        texts.push(text);
        let list = texts.into();
        Ok(self.write(fields, list))
    }

    /// Takes `text` out. False if it was not among them.
    fn remove(&self, fields: &mut Map<String, Value>, text: &str) -> bool {
        let mut texts = self.texts(fields);
        let before = texts.len();
        texts.retain(|other| *other != text);
        let found = texts.len() != before;
        let list = texts.into();
        found && self.write(fields, list)
    }

    fn write(&self, fields: &mut Map<String, Value>, list: Value) -> bool {
        fields.insert(self.key.to_owned(), list);
        true
    }
}

/// The folder that the settings are in.
pub(crate) fn own_folder() -> Result<PathBuf> {
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
        Ok(Value::Object(fields)) => Stored::Fields(fields),
        _ => Stored::Broken,
    })
}

/// Has `edit` change what is in the file now, and writes that if it answers `true`. Instances of one host
/// wait for each other; of two hosts that write in the same instant, the later one wins.
fn change(config: &Path, edit: impl FnOnce(&mut Map<String, Value>) -> Result<bool>) -> Result<()> {
    static WRITING: Mutex<()> = Mutex::new(());
    let _writing = WRITING.lock();

    let path = config.join(FILE);
    let stored = read(&path).map_err(|e| Failure::at(&path, plain(&e)))?;
    let broken = matches!(stored, Stored::Broken);
    let mut fields = match stored {
        Stored::Fields(fields) => fields,
        Stored::Broken => Map::new(),
    };
    if !edit(&mut fields)? {
        return Ok(());
    }
    let text = format!("{:#}\n", Value::Object(fields));
    if text.len() as u64 > MAX_BYTES {
        return Err(Failure::at(
            &path,
            "would become too long; take away folders or favourites with long names first",
        ));
    }
    if broken {
        let aside = config.join(BROKEN);
        fs::rename(&path, &aside).map_err(|e| cannot_write(&aside, &e))?;
    }
    fs::create_dir_all(config).map_err(|e| cannot_write(config, &e))?;
    // Whatever it says is for who names a file to write.
    let refused = |_| {
        Failure::at(
            &path,
            "cannot be written; see whether it is write-protected",
        )
    };
    let mut file = OutputFile::create(&path).map_err(refused)?;
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
    fn a_value_of_the_wrong_kind_harms_no_other() {
        let config = config();
        let path = config.path().join(FILE);
        for (key, broken) in [
            ("capture_folders", json!(3)),
            ("library_folders", json!({"a": 1})),
            ("favourites", json!("builtin:crunch")),
            ("recent", json!(null)),
            ("window", json!([800])),
            ("window", json!([800, -1e300])),
            ("window", json!(["800", "600"])),
        ] {
            let mut fields = json!({
                "capture_folders": [folder("a")],
                "library_folders": [folder("b"), "builtin:crunch"],
                "favourites": [folder("c"), "builtin:crunch", "builtin:of a newer version"],
                "recent": ["builtin:4x12", 7, "not/whole", folder("d")],
                "window": [900, 600.0],
            });
            fields[key] = broken.clone();
            fs::write(&path, fields.to_string()).unwrap();
            let file = |name| Origin::File(folder(name));
            let mut expected = Settings {
                capture_folders: vec![folder("a")],
                library_folders: vec![folder("b")],
                favourites: vec![file("c"), Origin::BuiltIn("crunch")],
                recent: vec![Origin::BuiltIn("4x12"), file("d")],
                window: Some((900.0, 600.0)),
            };
            match key {
                "capture_folders" => expected.capture_folders.clear(),
                "library_folders" => expected.library_folders.clear(),
                "favourites" => expected.favourites.clear(),
                "recent" => expected.recent.clear(),
                _ => expected.window = None,
            }
            assert_eq!(Settings::load_from(config.path()), expected, "{key}");
            // Writing another key leaves it as it is; the user may have meant something by it.
            Settings::remember_in(config.path(), &folder("e")).unwrap();
            Settings::remember_window(config.path(), 1000, 700).unwrap();
            expected.capture_folders.insert(0, folder("e"));
            expected.window = Some((1000.0, 700.0));
            assert_eq!(Settings::load_from(config.path()), expected, "{key}");
            let fields: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
            if !["capture_folders", "window"].contains(&key) {
                assert_eq!(fields[key], broken);
            }
            assert_eq!(names(&config), [FILE]);
        }
    }

    #[test]
    fn favourites_folders_and_recent_ones_are_remembered() {
        let config = config();
        let config = config.path();
        let (song, lead) = (Origin::File(folder("song.nam")), Origin::BuiltIn("lead"));
        for origin in [&lead, &song, &lead] {
            Settings::set_favourite(config, origin, true).unwrap();
            Settings::use_recently(config, origin).unwrap();
            Settings::add_library_folder(config, &folder("b")).unwrap();
            Settings::add_library_folder(config, &folder("a")).unwrap();
        }
        let settings = Settings::load_from(config);
        assert_eq!(settings.favourites, [lead.clone(), song.clone()]);
        assert_eq!(settings.recent, [lead.clone(), song.clone()]);
        assert_eq!(settings.library_folders, [folder("b"), folder("a")]);

        Settings::set_favourite(config, &lead, false).unwrap();
        Settings::remove_library_folder(config, &folder("b")).unwrap();
        let settings = Settings::load_from(config);
        assert_eq!(settings.favourites, [song]);
        assert_eq!(settings.library_folders, [folder("a")]);

        let nowhere = Origin::File("not/whole.nam".into());
        assert!(Settings::set_favourite(config, &nowhere, true).is_err());
        assert!(Settings::add_library_folder(config, Path::new("not/whole")).is_err());
        assert!(Settings::remember_window(config, u32::MAX, 600).is_err());
        assert_eq!(Settings::load_from(config), settings);
    }

    #[test]
    fn the_most_favourites_of_long_names_fit() {
        let config = config();
        let config = config.path();
        let favourites: Vec<_> = (0..FAVOURITES.most)
            .map(|i| folder(&format!("{i} {}", "x".repeat(1000))))
            .collect();
        let fields = json!({"favourites": favourites});
        fs::write(config.join(FILE), fields.to_string()).unwrap();
        let one_more = Origin::File(folder("more.nam"));
        let refusal = Settings::set_favourite(config, &one_more, true).unwrap_err();
        assert!(refusal.to_string().contains("5000 favourites"), "{refusal}");
        Settings::use_recently(config, &one_more).unwrap();
        let settings = Settings::load_from(config);
        assert_eq!(settings.favourites.len(), FAVOURITES.most);
        assert_eq!(settings.recent, [one_more]);
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
                    assert!(!fields[CAPTURE_FOLDERS.key].as_array().unwrap().is_empty());
                    reads += 1;
                }
            });
            let writers: Vec<_> = (0..CAPTURE_FOLDERS.most)
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
        let mut expected: Vec<_> = (0..CAPTURE_FOLDERS.most)
            .map(|i| folder(&format!("folder {i}")))
            .collect();
        expected.sort();
        assert_eq!(folders, expected);
        assert_eq!(names(&config), [FILE]);
    }
}
