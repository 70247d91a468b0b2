//! What all instances remember together, in a small file in the user's configuration folder.
//!
//! `settings.json` holds an object, see [`crate::files::shared_file`]. What a newer version put there stays
//! there, as a key, in a list or in an object. A value that is none for its key counts as absent, and
//! does no harm to the others.

#[cfg(not(test))]
use std::env;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use gridleak_core::{LevelSettings, ParameterId};
use serde_json::{Map, Value};

use crate::files::failure::{Failure, Result};
use crate::files::shared_file::{self, Stored};
use crate::session::library::Origin;
use crate::session::midi::Controllers;
use crate::session::preset_path::PresetPath;
use crate::session::references::{Chosen, path_text};

/// The environment variable that names another configuration folder: for a portable installation,
/// and for tests.
pub(crate) const VARIABLE: &str = "GRIDLEAK_CONFIG_DIR";
const FILE: &str = "settings.json";

const CAPTURE_FOLDERS: List = List {
    key: "capture_folders",
    most: 16,
    may_be: Origin::is_text,
};
const LIBRARY_FOLDERS: List = List {
    key: "library_folders",
    most: 256,
    may_be: Origin::is_text,
};
const FAVOURITES: List = List {
    key: "favourites",
    most: 5000,
    may_be: Origin::is_text,
};
const RECENT: List = List {
    key: "recent",
    most: 50,
    may_be: Origin::is_text,
};
const FAVOURITE_PRESETS: List = List {
    key: "favourite_presets",
    most: 5000,
    may_be: |text| preset(text).is_some(),
};
/// The key of the preset of new instances.
const DEFAULT_PRESET: &str = "default_preset";
/// The key of what is remembered of the window, and the keys of its width and height in that.
const WINDOW: &str = "window";
const WIDTH: &str = "width";
const HEIGHT: &str = "height";
/// The key of the interface's level.
const INTERFACE: &str = "interface_dbu";
/// The key of what MIDI does.
const MIDI: &str = "midi";
/// Windows have such widths and heights, in points.
const WINDOW_POINTS: std::ops::RangeInclusive<f32> = 100.0..=20_000.0;

/// The settings as they were when they were read.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Preferences {
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
    /// The level in dBu that new instances take for full scale in the interface, within
    /// [`LevelSettings::INTERFACE_DBU`].
    pub(crate) interface_dbu: Option<f32>,
    /// In the order they were marked, 5000 at most.
    pub(crate) favourite_presets: Vec<PresetPath>,
    /// The preset that new instances open.
    pub(crate) default_preset: Option<PresetPath>,
    /// The MIDI controllers that move something in new instances.
    pub(crate) controllers: Controllers,
}

impl Preferences {
    /// Reads the settings; those that cannot be read are empty.
    pub(crate) fn load() -> Self {
        match own_folder() {
            Ok(folder) => Self::load_from(&folder),
            Err(_) => Self::default(),
        }
    }

    /// What a project may have opened: the folders that the user chose, and `more`.
    pub(crate) fn chosen(self, more: Option<&Path>) -> Chosen {
        let more = more.map(Path::to_owned).into_iter();
        Chosen::new(more.chain(self.chosen_folders()), dirs::home_dir())
    }

    /// The folders that the user chose to keep sounds in, all of them absolute.
    pub(crate) fn chosen_folders(self) -> impl Iterator<Item = PathBuf> {
        self.library_folders.into_iter().chain(self.capture_folders)
    }

    /// As [`Preferences::load`], from the settings in the folder `config`.
    pub(crate) fn load_from(config: &Path) -> Self {
        let fields = match shared_file::read(&config.join(FILE)) {
            Ok(Stored::Fields(fields)) => fields,
            Ok(Stored::Broken) | Err(_) => Map::new(),
        };
        Self {
            capture_folders: CAPTURE_FOLDERS.folders(&fields),
            library_folders: LIBRARY_FOLDERS.folders(&fields),
            favourites: FAVOURITES.origins(&fields),
            recent: RECENT.origins(&fields),
            window: window(&fields),
            interface_dbu: interface_dbu(&fields),
            favourite_presets: FAVOURITE_PRESETS.presets(&fields),
            default_preset: default_preset(&fields),
            controllers: match fields.get(MIDI) {
                Some(Value::Object(midi)) => Controllers::take(&mut midi.clone()),
                _ => Controllers::default(),
            },
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
        change(config, |fields| LIBRARY_FOLDERS.remove(fields, &text))
    }

    /// Makes something a favourite or takes it out of them, in the settings in the folder `config`.
    /// Writes nothing if it is so already.
    pub(crate) fn set_favourite(config: &Path, origin: &Origin, favourite: bool) -> Result<()> {
        let text = whole_origin(origin)?;
        change(config, |fields| {
            if favourite {
                FAVOURITES.put_last(fields, &text)
            } else {
                FAVOURITES.remove(fields, &text)
            }
        })
    }

    /// Puts something first among what was loaded, in the settings in the folder `config`. Writes
    /// nothing if it is there already.
    pub(crate) fn use_recently(config: &Path, origin: &Origin) -> Result<()> {
        let text = whole_origin(origin)?;
        change(config, |fields| RECENT.put_first(fields, &text))
    }

    /// Puts `folder`, an absolute path, first among the capture folders, in the settings in the folder
    /// `config`. Writes nothing if it is there already.
    pub(crate) fn remember_capture_folder(config: &Path, folder: &Path) -> Result<()> {
        let text = whole(folder)?;
        change(config, |fields| CAPTURE_FOLDERS.put_first(fields, &text))
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
            let mut about = match fields.remove(WINDOW) {
                Some(Value::Object(about)) => about,
                _ => Map::new(),
            };
            about.insert(WIDTH.to_owned(), size.0.into());
            about.insert(HEIGHT.to_owned(), size.1.into());
            fields.insert(WINDOW.to_owned(), about.into());
            Ok(true)
        })
    }

    /// Remembers for new instances what a MIDI controller moves, `None` for nothing, in the settings in the
    /// folder `config`.
    pub(crate) fn remember_controller(
        config: &Path,
        number: u8,
        which: Option<ParameterId>,
    ) -> Result<()> {
        change(config, |fields| {
            let mut midi = match fields.remove(MIDI) {
                Some(Value::Object(midi)) => midi,
                _ => Map::new(),
            };
            let mut controllers = Controllers::take(&mut midi);
            let before = controllers;
            controllers.assign(number, which);
            controllers.write(&mut midi);
            fields.insert(MIDI.to_owned(), midi.into());
            Ok(controllers != before)
        })
    }

    /// Remembers the level in dBu of the interface for new instances, in the settings in the folder
    /// `config`.
    pub(crate) fn remember_interface(config: &Path, dbu: f32) -> Result<()> {
        if !LevelSettings::INTERFACE_DBU.contains(&dbu) {
            return Err(Failure::new(format!(
                "no interface has a level of {dbu} dBu"
            )));
        }
        change(config, |fields| {
            if interface_dbu(fields) == Some(dbu) {
                return Ok(false);
            }
            fields.insert(INTERFACE.to_owned(), dbu.into());
            Ok(true)
        })
    }

    /// Makes a preset a favourite or takes it out of them, in the settings in the folder `config`.
    pub(crate) fn set_favourite_preset(
        config: &Path,
        preset: &PresetPath,
        favourite: bool,
    ) -> Result<()> {
        change(config, |fields| match favourite {
            true => FAVOURITE_PRESETS.put_last(fields, preset.text()),
            false => FAVOURITE_PRESETS.remove(fields, preset.text()),
        })
    }

    /// Has new instances open a preset, or none, in the settings in the folder `config`.
    pub(crate) fn set_default_preset(config: &Path, preset: Option<&PresetPath>) -> Result<()> {
        change(config, |fields| {
            if default_preset(fields).as_ref() == preset {
                return Ok(false);
            }
            match preset {
                Some(preset) => fields.insert(DEFAULT_PRESET.to_owned(), preset.text().into()),
                None => fields.remove(DEFAULT_PRESET),
            };
            Ok(true)
        })
    }

    /// Has a preset be called otherwise wherever it stands in the settings in the folder `config`, or takes
    /// one that is gone out of them.
    pub(crate) fn move_preset(
        config: &Path,
        old: &PresetPath,
        new: Option<&PresetPath>,
    ) -> Result<()> {
        change(config, |fields| {
            let new = new.map(PresetPath::text);
            let mut changed = FAVOURITE_PRESETS.replace(fields, old.text(), new)?;
            if default_preset(fields).as_ref() == Some(old) {
                match new {
                    Some(new) => fields.insert(DEFAULT_PRESET.to_owned(), new.into()),
                    None => fields.remove(DEFAULT_PRESET),
                };
                changed = true;
            }
            Ok(changed)
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
    let about = fields.get(WINDOW)?;
    let side = |key| {
        let side = about.get(key)?.as_f64()? as f32;
        WINDOW_POINTS.contains(&side).then_some(side)
    };
    Some((side(WIDTH)?, side(HEIGHT)?))
}

fn interface_dbu(fields: &Map<String, Value>) -> Option<f32> {
    let dbu = fields.get(INTERFACE)?.as_f64()? as f32;
    LevelSettings::INTERFACE_DBU.contains(&dbu).then_some(dbu)
}

fn default_preset(fields: &Map<String, Value>) -> Option<PresetPath> {
    preset(fields.get(DEFAULT_PRESET)?.as_str()?)
}

fn preset(text: &str) -> Option<PresetPath> {
    PresetPath::read(text).filter(PresetPath::is_preset)
}

/// A list of folders, of origins as [`Origin::text`] has them, or of presets.
struct List {
    key: &'static str,
    /// So many are remembered.
    most: usize,
    /// Whether this or a newer version may have written such a text.
    may_be: fn(&str) -> bool,
}

impl List {
    /// What stands there and may be understood, by this version or a newer one that has more built in.
    fn texts<'a>(&self, fields: &'a Map<String, Value>) -> Vec<&'a str> {
        let list = fields.get(self.key).and_then(Value::as_array);
        let list = list.into_iter().flatten();
        list.filter_map(|value| self.text(value)).collect()
    }

    /// What it holds at one place, if that may be understood.
    fn text<'a>(&self, value: &'a Value) -> Option<&'a str> {
        value.as_str().filter(|text| (self.may_be)(text))
    }

    fn presets(&self, fields: &Map<String, Value>) -> Vec<PresetPath> {
        let texts = self.texts(fields).into_iter().take(self.most);
        texts.filter_map(preset).collect()
    }

    fn origins(&self, fields: &Map<String, Value>) -> Vec<Origin> {
        let texts = self.texts(fields).into_iter().take(self.most);
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

    /// The list to be changed. What is no list was put there by a newer version: it is not ours to
    /// replace.
    fn list<'a>(&self, fields: &'a mut Map<String, Value>) -> Result<&'a mut Vec<Value>> {
        let entry = fields.entry(self.key).or_insert(Value::Null);
        if entry.is_null() {
            *entry = Value::Array(Vec::new());
        }
        entry.as_array_mut().ok_or_else(|| {
            Failure::new(format!(
                "{FILE} holds {} of a kind that this version does not know; use the newer Gridleak that wrote them, or remove \"{}\" from the file",
                self.called(),
                self.key
            ))
        })
    }

    /// Makes `text` the first one; if there are too many then, the last one goes. False if it was the
    /// first.
    fn put_first(&self, fields: &mut Map<String, Value>, new: &str) -> Result<bool> {
        let texts = self.texts(fields);
        if texts.first() == Some(&new) {
            return Ok(false);
        }
        let full = texts.len() >= self.most && !texts.contains(&new);
        let list = self.list(fields)?;
        if full && let Some(last) = list.iter().rposition(|value| self.text(value).is_some()) {
            list.remove(last);
        }
        list.retain(|value| self.text(value) != Some(new));
        list.insert(0, new.into());
        Ok(true)
    }

    /// Makes `text` the last one, if there is room. False if it was among them.
    fn put_last(&self, fields: &mut Map<String, Value>, new: &str) -> Result<bool> {
        let texts = self.texts(fields);
        if texts.contains(&new) {
            return Ok(false);
        }
        if texts.len() >= self.most {
            return Err(Failure::new(format!(
                "there are {} {} already; remove one of them first",
                self.most,
                self.called()
            )));
        }
        self.list(fields)?.push(new.into());
        Ok(true)
    }

    /// Takes `text` out. False if it was not among them.
    fn remove(&self, fields: &mut Map<String, Value>, gone: &str) -> Result<bool> {
        self.replace(fields, gone, None)
    }

    /// Puts another text in its place, or takes it out. False if it was not among them.
    fn replace(
        &self,
        fields: &mut Map<String, Value>,
        gone: &str,
        new: Option<&str>,
    ) -> Result<bool> {
        if !self.texts(fields).contains(&gone) {
            return Ok(false);
        }
        let list = self.list(fields)?;
        match new {
            Some(new) => {
                let is_it = |value: &&mut Value| self.text(value) == Some(gone);
                list.iter_mut()
                    .filter(is_it)
                    .for_each(|it| *it = new.into());
            }
            None => list.retain(|value| self.text(value) != Some(gone)),
        }
        Ok(true)
    }

    /// What it is a list of, for people.
    fn called(&self) -> String {
        self.key.replace('_', " ")
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

/// Has `edit` change the settings in the folder `config`, and writes them if it answers `true`. Whoever
/// changes them at the same time, in this process or another, has its turn before or behind.
fn change(config: &Path, edit: impl Fn(&mut Map<String, Value>) -> Result<bool>) -> Result<()> {
    shared_file::change(&config.join(FILE), edit)
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
    use serde_json::json;
    use tempfile::TempDir;

    use super::*;

    fn config() -> TempDir {
        tempfile::tempdir().unwrap()
    }

    /// What is in the folder when settings were written.
    const WRITTEN: [&str; 2] = [FILE, "settings.json.lock"];

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
        assert_eq!(Preferences::load_from(&below), Preferences::default());
        for i in 0..20 {
            Preferences::remember_capture_folder(&below, &folder(&format!("Ä {i}"))).unwrap();
        }
        Preferences::remember_capture_folder(&below, &folder("Ä 10")).unwrap();
        let expected: Vec<_> = [10, 19, 18, 17, 16, 15, 14, 13, 12, 11, 9, 8, 7, 6, 5, 4]
            .map(|i| folder(&format!("Ä {i}")))
            .into();
        assert_eq!(Preferences::load_from(&below).capture_folders, expected);
        assert!(Preferences::remember_capture_folder(&below, Path::new("not/whole")).is_err());
        assert_eq!(Preferences::load_from(&below).capture_folders, expected);
    }

    #[cfg(unix)]
    #[test]
    fn folders_that_are_no_text_are_remembered() {
        use std::os::unix::ffi::OsStrExt;
        let config = config();
        let folder = Path::new(std::ffi::OsStr::from_bytes(b"/a/\xff\xe4"));
        Preferences::remember_capture_folder(config.path(), folder).unwrap();
        assert_eq!(
            Preferences::load_from(config.path()).capture_folders,
            [folder]
        );
    }

    #[test]
    fn what_a_newer_version_put_there_stays_at_every_level() {
        let config = config();
        let path = config.path().join(FILE);
        let fields = json!({
            "window": {"scale": 1.5, "screen": {"name": "left"}},
            "capture_folders": [3, "not/whole", folder("a")],
            "favourites": [{"path": folder("x"), "tags": ["loud"]}, "builtin:of a newer version"],
            "recent": [folder("r"), ["?"]],
            "z": [null],
        });
        fs::write(&path, fields.to_string()).unwrap();
        let settings = Preferences::load_from(config.path());
        assert_eq!(settings.capture_folders, [folder("a")]);
        assert_eq!(settings.window, None);
        let (c, crunch) = (Origin::File(folder("c")), Origin::BuiltIn("crunch"));
        Preferences::remember_capture_folder(config.path(), &folder("b")).unwrap();
        Preferences::remember_window(config.path(), 900, 600).unwrap();
        Preferences::set_favourite(config.path(), &c, true).unwrap();
        Preferences::set_favourite(config.path(), &crunch, true).unwrap();
        Preferences::set_favourite(config.path(), &c, false).unwrap();
        Preferences::use_recently(config.path(), &Origin::File(folder("r2"))).unwrap();
        let fields: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
        let expected = json!({
            "window": {"scale": 1.5, "screen": {"name": "left"}, "width": 900.0, "height": 600.0},
            "capture_folders": [folder("b"), 3, "not/whole", folder("a")],
            "favourites": [
                {"path": folder("x"), "tags": ["loud"]}, "builtin:of a newer version", "builtin:crunch",
            ],
            "recent": [folder("r2"), folder("r"), ["?"]],
            "z": [null],
        });
        assert_eq!(fields, expected);
        assert_eq!(names(&config), WRITTEN);
    }

    #[test]
    fn what_a_newer_version_has_more_of_is_not_cut() {
        let config = config();
        let path = config.path().join(FILE);
        let many: Vec<_> = (0..40).map(|i| folder(&i.to_string())).collect();
        fs::write(&path, json!({"capture_folders": many}).to_string()).unwrap();
        Preferences::remember_capture_folder(config.path(), &folder("new")).unwrap();
        let fields: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
        // One came, one went.
        let expected: Vec<_> = std::iter::once(folder("new"))
            .chain(many[..39].iter().cloned())
            .collect();
        assert_eq!(fields["capture_folders"], json!(expected));
        let settings = Preferences::load_from(config.path());
        assert_eq!(settings.capture_folders, expected[..CAPTURE_FOLDERS.most]);
    }

    #[test]
    fn a_broken_file_is_ignored_and_kept_aside() {
        let deep = "[".repeat(100_000);
        let huge = format!("{{}}{}", " ".repeat(shared_file::MAX_BYTES as usize));
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
            assert_eq!(
                Preferences::load_from(config.path()),
                Preferences::default()
            );
            assert_eq!(fs::read(&path).unwrap(), bytes, "reading changes nothing");
            Preferences::remember_capture_folder(config.path(), &folder("a")).unwrap();
            assert_eq!(
                Preferences::load_from(config.path()).capture_folders,
                [folder("a")]
            );
            let kept = shared_file::broken_name(&path, 1);
            assert_eq!(fs::read(kept).unwrap(), bytes);
            assert_eq!(names(&config).len(), 3);
        }
        // A folder of that name.
        let config = config();
        fs::create_dir(config.path().join(FILE)).unwrap();
        Preferences::remember_capture_folder(config.path(), &folder("a")).unwrap();
        assert_eq!(
            Preferences::load_from(config.path()).capture_folders,
            [folder("a")]
        );
        assert!(shared_file::broken_name(&config.path().join(FILE), 1).is_dir());
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
            ("window", json!([800, 600])),
            ("window", json!({"width": 800, "height": -1e300})),
            ("window", json!({"width": "800", "height": "600"})),
            ("interface_dbu", json!(1e300)),
            ("interface_dbu", json!("12")),
            ("midi", json!(3)),
            ("midi", json!({"cc": 3})),
            ("midi", json!({"cc": {"7": 3, "x": "output"}})),
        ] {
            let mut fields = json!({
                "capture_folders": [folder("a")],
                "library_folders": [folder("b"), "builtin:crunch"],
                "favourites": [folder("c"), "builtin:crunch", "builtin:of a newer version"],
                "recent": ["builtin:4x12", 7, "not/whole", folder("d")],
                "window": {"width": 900, "height": 600.0},
                "interface_dbu": 12.5,
                "midi": {"cc": {"7": "output"}},
            });
            fields[key] = broken.clone();
            fs::write(&path, fields.to_string()).unwrap();
            let file = |name| Origin::File(folder(name));
            let mut expected = Preferences {
                capture_folders: vec![folder("a")],
                library_folders: vec![folder("b")],
                favourites: vec![file("c"), Origin::BuiltIn("crunch")],
                recent: vec![Origin::BuiltIn("4x12"), file("d")],
                window: Some((900.0, 600.0)),
                interface_dbu: Some(12.5),
                ..Preferences::default()
            };
            expected.controllers.assign(7, Some(ParameterId::Output));
            match key {
                "capture_folders" => expected.capture_folders.clear(),
                "library_folders" => expected.library_folders.clear(),
                "favourites" => expected.favourites.clear(),
                "recent" => expected.recent.clear(),
                "window" => expected.window = None,
                "midi" => expected.controllers = Controllers::default(),
                _ => expected.interface_dbu = None,
            }
            assert_eq!(Preferences::load_from(config.path()), expected, "{key}");
            // Writing another key leaves it as it is; somebody may have meant something by it.
            Preferences::add_library_folder(config.path(), &folder("e"))
                .err()
                .map_or_else(
                    || expected.library_folders.push(folder("e")),
                    |refusal| {
                        assert_eq!(key, "library_folders");
                        let refusal = refusal.to_string();
                        assert!(refusal.contains("newer Gridleak"), "{refusal}");
                    },
                );
            let input = Some(ParameterId::Input);
            Preferences::remember_controller(config.path(), 11, input).unwrap();
            expected.controllers.assign(11, input);
            Preferences::remember_window(config.path(), 1000, 700).unwrap();
            expected.window = Some((1000.0, 700.0));
            assert_eq!(Preferences::load_from(config.path()), expected, "{key}");
            let fields: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
            if !["window", "midi"].contains(&key) {
                assert_eq!(fields[key], broken);
            }
            assert_eq!(names(&config), WRITTEN);
        }
    }

    #[test]
    fn what_a_controller_moves_is_remembered_and_what_a_newer_version_has_it_do_is_kept() {
        let config = config();
        let path = config.path().join(FILE);
        let newer = json!({"midi": {"cc": {"9": "reverb", "11": "chorus"}, "omni": false}});
        fs::write(&path, newer.to_string()).unwrap();
        for (number, which) in [(11, ParameterId::Input), (12, ParameterId::Gate)] {
            Preferences::remember_controller(config.path(), number, Some(which)).unwrap();
        }
        // A parameter has one controller.
        Preferences::remember_controller(config.path(), 13, Some(ParameterId::Input)).unwrap();
        Preferences::remember_controller(config.path(), 12, None).unwrap();
        let controllers = Preferences::load_from(config.path()).controllers;
        assert_eq!(controllers.cc_of(ParameterId::Input), Some(13));
        assert_eq!(controllers.cc_of(ParameterId::Gate), None);
        let fields: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
        let midi = json!({"cc": {"9": "reverb", "13": "input"}, "omni": false});
        assert_eq!(fields["midi"], midi);
    }

    #[test]
    fn favourites_folders_and_recent_ones_are_remembered() {
        let config = config();
        let config = config.path();
        let (song, lead) = (Origin::File(folder("song.nam")), Origin::BuiltIn("lead"));
        for origin in [&lead, &song, &lead] {
            Preferences::set_favourite(config, origin, true).unwrap();
            Preferences::use_recently(config, origin).unwrap();
            Preferences::add_library_folder(config, &folder("b")).unwrap();
            Preferences::add_library_folder(config, &folder("a")).unwrap();
        }
        let settings = Preferences::load_from(config);
        assert_eq!(settings.favourites, [lead.clone(), song.clone()]);
        assert_eq!(settings.recent, [lead.clone(), song.clone()]);
        assert_eq!(settings.library_folders, [folder("b"), folder("a")]);

        Preferences::set_favourite(config, &lead, false).unwrap();
        Preferences::remove_library_folder(config, &folder("b")).unwrap();
        let settings = Preferences::load_from(config);
        assert_eq!(settings.favourites, [song]);
        assert_eq!(settings.library_folders, [folder("a")]);

        let nowhere = Origin::File("not/whole.nam".into());
        assert!(Preferences::set_favourite(config, &nowhere, true).is_err());
        assert!(Preferences::add_library_folder(config, Path::new("not/whole")).is_err());
        assert!(Preferences::remember_window(config, u32::MAX, 600).is_err());
        assert_eq!(Preferences::load_from(config), settings);
    }

    #[test]
    fn the_level_of_the_interface_is_remembered() {
        let config = config();
        let config = config.path();
        assert_eq!(Preferences::load_from(config).interface_dbu, None);
        for dbu in [12.2, 13.0] {
            Preferences::remember_interface(config, dbu).unwrap();
            assert_eq!(Preferences::load_from(config).interface_dbu, Some(dbu));
        }
        for wrong in [f32::NAN, 1e30] {
            assert!(Preferences::remember_interface(config, wrong).is_err());
        }
        assert_eq!(Preferences::load_from(config).interface_dbu, Some(13.0));
    }

    #[test]
    fn favourite_presets_and_the_one_of_new_instances_follow_their_files() {
        let config = config();
        let config = config.path();
        let path = config.join(FILE);
        let preset = |name: &str| PresetPath::read(&format!("{name}.gridleak")).unwrap();
        let (verse, chorus) = (preset("Live/Verse"), preset("Chorus"));
        let newer = json!({"preset": "x", "slot": 1});
        let fields = json!({"favourite_presets": [newer, "../away.gridleak", "a.nam"]});
        fs::write(&path, fields.to_string()).unwrap();
        for preset in [&verse, &chorus, &verse] {
            Preferences::set_favourite_preset(config, preset, true).unwrap();
        }
        Preferences::set_default_preset(config, Some(&verse)).unwrap();
        let settings = Preferences::load_from(config);
        assert_eq!(settings.favourite_presets, [verse.clone(), chorus.clone()]);
        assert_eq!(settings.default_preset, Some(verse.clone()));

        let bridge = preset("Live/Bridge");
        Preferences::move_preset(config, &verse, Some(&bridge)).unwrap();
        let settings = Preferences::load_from(config);
        assert_eq!(settings.favourite_presets, [bridge.clone(), chorus.clone()]);
        assert_eq!(settings.default_preset, Some(bridge.clone()));
        Preferences::set_favourite_preset(config, &chorus, false).unwrap();
        Preferences::move_preset(config, &bridge, None).unwrap();
        Preferences::move_preset(config, &chorus, None).unwrap();
        let settings = Preferences::load_from(config);
        assert_eq!(
            (settings.favourite_presets, settings.default_preset),
            (vec![], None)
        );
        let kept: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
        assert_eq!(kept, fields);

        // Of a newer version, until this one is told otherwise.
        fs::write(&path, json!({"default_preset": {"slot": 1}}).to_string()).unwrap();
        assert_eq!(Preferences::load_from(config).default_preset, None);
        Preferences::move_preset(config, &verse, None).unwrap();
        let kept: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
        assert_eq!(kept, json!({"default_preset": {"slot": 1}}));
        Preferences::set_default_preset(config, Some(&verse)).unwrap();
        Preferences::set_default_preset(config, None).unwrap();
        assert_eq!(Preferences::load_from(config).default_preset, None);
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
        let refusal = Preferences::set_favourite(config, &one_more, true).unwrap_err();
        assert!(refusal.to_string().contains("5000 favourites"), "{refusal}");
        Preferences::use_recently(config, &one_more).unwrap();
        let settings = Preferences::load_from(config);
        assert_eq!(settings.favourites.len(), FAVOURITES.most);
        assert_eq!(settings.recent, [one_more]);
    }

    #[test]
    fn a_file_that_cannot_be_written_is_told() {
        let config = config();
        let file = config.path().join("file");
        fs::write(&file, "").unwrap();
        let refusal =
            Preferences::remember_capture_folder(&file.join("folder"), &folder("a")).unwrap_err();
        assert!(refusal.to_string().contains("file"), "{refusal}");
    }

    #[test]
    fn nothing_is_written_without_need() {
        let config = config();
        let path = config.path().join(FILE);
        Preferences::remember_capture_folder(config.path(), &folder("a")).unwrap();
        // Compact, unlike what is written.
        let text = serde_json::from_slice::<Value>(&fs::read(&path).unwrap()).unwrap();
        fs::write(&path, text.to_string()).unwrap();
        Preferences::remember_capture_folder(config.path(), &folder("a")).unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), text.to_string());
    }

    /// What [`process_that_adds_favourites`] is told: the folder, and its number.
    const CHILD: &str = "GRIDLEAK_TEST_SETTINGS";
    const PROCESSES: usize = 20;
    const EACH: usize = 10;

    fn favourite(process: usize, number: usize) -> Origin {
        Origin::File(folder(&format!("{process} {number}.nam")))
    }

    #[test]
    fn changes_of_twenty_processes_at_once_all_survive_and_readers_see_whole_files() {
        let config = config();
        let path = config.path().join(FILE);
        Preferences::use_recently(config.path(), &favourite(0, 0)).unwrap();
        let program = std::env::current_exe().unwrap();
        let mut processes: Vec<_> = (0..PROCESSES)
            .map(|number| {
                std::process::Command::new(&program)
                    .args([
                        "--exact",
                        "session::preferences::tests::process_that_adds_favourites",
                    ])
                    .arg("--quiet")
                    .env(CHILD, format!("{number} {}", config.path().display()))
                    .stdout(std::process::Stdio::null())
                    .spawn()
                    .unwrap()
            })
            .collect();
        while processes
            .iter_mut()
            .any(|process| process.try_wait().unwrap().is_none())
        {
            let fields: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
            assert_eq!(fields[RECENT.key].as_array().unwrap().len(), 1);
        }
        for mut process in processes {
            assert!(process.wait().unwrap().success());
        }
        let mut found: Vec<_> = Preferences::load_from(config.path()).favourites;
        found.sort_by_key(Origin::text);
        let mut expected: Vec<_> = (0..PROCESSES)
            .flat_map(|process| (0..EACH).map(move |number| favourite(process, number)))
            .collect();
        expected.sort_by_key(Origin::text);
        assert_eq!(found.len(), PROCESSES * EACH);
        assert_eq!(found, expected);
        assert_eq!(names(&config), WRITTEN);
    }

    /// What each of the processes runs; by itself it is nothing to run.
    #[test]
    fn process_that_adds_favourites() {
        let Ok(told) = std::env::var(CHILD) else {
            return;
        };
        let (number, config) = told.split_once(' ').unwrap();
        for favoured in 0..EACH {
            let origin = favourite(number.parse().unwrap(), favoured);
            Preferences::set_favourite(Path::new(config), &origin, true).unwrap();
        }
    }

    #[test]
    fn instances_of_one_process_keep_each_others_folders() {
        let config = config();
        std::thread::scope(|scope| {
            for i in 0..CAPTURE_FOLDERS.most {
                let config = config.path();
                scope.spawn(move || {
                    let folder = folder(&format!("folder {i}"));
                    Preferences::remember_capture_folder(config, &folder).unwrap();
                });
            }
        });
        let mut folders = Preferences::load_from(config.path()).capture_folders;
        folders.sort();
        let mut expected: Vec<_> = (0..CAPTURE_FOLDERS.most)
            .map(|i| folder(&format!("folder {i}")))
            .collect();
        expected.sort();
        assert_eq!(folders, expected);
        assert_eq!(names(&config), WRITTEN);
    }
}
