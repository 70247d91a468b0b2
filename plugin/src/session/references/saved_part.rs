//! What a project stores about a part of its rig: the capture, the pedal, a cabinet.
//!
//! As JSON, in a project that names a file:
//!
//! ```json
//! {"version": 1, "path": "/home/ann/Captures/Mesa/Rectifier.nam", "relative": "Mesa/Rectifier.nam",
//!  "name": "Rectifier", "sha256": "ba78…", "bytes": 296015, "rate": 48000.0, "embedded": "7X0H…"}
//! ```
//!
//! or, for a sound of our own, `{"version": 1, "builtin": "crunch", "rate": 48000.0}`; there, `none`
//! stands for no sound at all and `auto` for the one that suits the others. Everything
//! but `path` or `builtin` may be missing. What else stands there, or stands there in a way that only a
//! newer version understands, is kept and written back.

use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use gridleak_core::MAX_FILE_BYTES;
use serde_json::{Map, Value};

use super::embedding::{Embedding, Packed};
use super::found::Found;
use super::path_text;
use super::reach::{Chosen, read_relative};
use crate::files::contents::{ContentHash, Contents};
use crate::files::failure::{Failure, Result, one_line};

/// The format that [`SavedPart::write`] writes.
const VERSION: u64 = 1;
/// Longest name, in characters; what is longer is cut.
const MAX_NAME: usize = 200;
/// Longest path in bytes of text: more than any system opens, however it is encoded. Without embedded
/// files and with five paths of two hundred characters the state stays below 4 kB.
const MAX_PATH: usize = 1 << 17;
/// The key of the embedded file.
const EMBEDDED: &str = "embedded";
/// What a sound is called of which only a newer version knows what it is.
const NEWER: &str = "a sound of a newer version";
/// The key under which stands what a newer version wrote in a form that is not known at all.
const RAW: &str = "gridleak:raw";
/// All keys that are known. `embed`, the wish that a file be embedded, is none that a state can have.
const KEYS: [&str; 9] = [
    "builtin", "path", "relative", "name", "sha256", "bytes", "embed", EMBEDDED, "rate",
];
/// What can be the sample rate of a capture, in Hz.
const RATES: RangeInclusive<f64> = 1_000.0..=1_000_000.0;

/// The reference to a capture or an impulse response that a project keeps, whatever becomes of it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct SavedPart {
    /// Where the capture is.
    pub(crate) source: Source,
    /// Its sample rate in Hz, once it is known: so that the latency can be announced before the
    /// file is read.
    pub(crate) rate: Option<f64>,
    /// What else stands in the project and is written back, with the version that wrote it if that is
    /// newer.
    unknown: Arc<Map<String, Value>>,
}

/// Where a capture is.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Source {
    /// In the program, under this name. A newer version may have saved a name that is unknown here.
    BuiltIn(String),
    /// In a file.
    File(SavedFile),
    /// Where only a newer version knows to find it; what to call it.
    Unknown(String),
}

/// The reference to a file.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct SavedFile {
    /// Where it was. From another system this need not be an absolute path here.
    pub(crate) path: PathBuf,
    /// Where it was in one of the folders that the user chose, if it was, with slashes between the
    /// names: for other machines.
    pub(crate) relative: Option<String>,
    /// What to call it, a line of at most 200 characters.
    pub(crate) name: String,
    /// The hash of what it held, once it has been read.
    pub(crate) hash: Option<ContentHash>,
    /// Its length in bytes, 1 to [`MAX_FILE_BYTES`], once it has been read.
    pub(crate) bytes: Option<u64>,
    /// Whether the project carries it.
    pub(crate) embedding: Embedding,
}

impl SavedPart {
    /// The built-in capture called `name`.
    pub(crate) fn built_in(name: &str) -> Self {
        Self::of(Source::BuiltIn(name.to_owned()))
    }

    fn of(source: Source) -> Self {
        Self {
            source,
            rate: None,
            unknown: Arc::default(),
        }
    }

    /// The file at `path`, which should be absolute. Nothing is looked at yet.
    pub(crate) fn file(path: &Path) -> Self {
        Self::of(Source::File(SavedFile {
            path: path.to_owned(),
            relative: None,
            name: stem(path),
            hash: None,
            bytes: None,
            embedding: Embedding::Off,
        }))
    }

    /// What only a newer version understands, written back as it is.
    pub(crate) fn not_understood(value: Value) -> Self {
        let mut unknown = Map::new();
        unknown.insert("version".into(), (VERSION + 1).into());
        unknown.insert(RAW.into(), value);
        Self {
            unknown: Arc::new(unknown),
            ..Self::of(Source::Unknown(NEWER.into()))
        }
    }

    /// The same reference to the file that it refers to, which is at `path` now.
    pub(crate) fn moved_to(&self, path: &Path) -> Self {
        let mut moved = self.clone();
        match &mut moved.source {
            Source::File(file) => file.move_to(path),
            Source::BuiltIn(_) | Source::Unknown(_) => return Self::file(path),
        }
        moved
    }

    /// A reference to the file at `path` in the place of the one that it refers to, whatever that is.
    /// A copy that the project carries is not of that one.
    pub(crate) fn replaced_by(&self, path: &Path) -> Self {
        let mut replaced = self.moved_to(path);
        replaced.set_embedding(false);
        if let Source::File(file) = &mut replaced.source {
            (file.hash, file.bytes) = (None, None);
        }
        replaced
    }

    /// Whether it refers to the same as another one, whatever is known of that by now.
    pub(crate) fn is_like(&self, other: &Self) -> bool {
        match (&self.source, &other.source) {
            (Source::File(one), Source::File(other)) => match (one.hash, other.hash) {
                (Some(one), Some(other)) => one == other,
                _ => one.path == other.path,
            },
            (one, other) => one == other,
        }
    }

    /// The name of a built-in sound, if it is one.
    pub(crate) fn built_in_name(&self) -> Option<&str> {
        match &self.source {
            Source::BuiltIn(name) => Some(name),
            Source::File(_) | Source::Unknown(_) => None,
        }
    }

    /// The hash of the file, if it is one and has been read.
    pub(crate) fn hash(&self) -> Option<ContentHash> {
        match &self.source {
            Source::File(file) => file.hash,
            Source::BuiltIn(_) | Source::Unknown(_) => None,
        }
    }

    /// Whether this version knows all that is in it.
    pub(crate) fn is_understood(&self) -> bool {
        self.unknown.is_empty()
    }

    /// What to call it, in one line.
    pub(crate) fn name(&self) -> &str {
        match &self.source {
            Source::BuiltIn(name) | Source::Unknown(name) => name,
            Source::File(file) => &file.name,
        }
    }

    /// Whether the project is to carry the file. Never for a built-in capture.
    pub(crate) fn embeds(&self) -> bool {
        matches!(&self.source, Source::File(file) if file.embedding != Embedding::Off)
    }

    /// What the embedded file adds to every saved project, in bytes; 0 if there is none.
    pub(crate) fn embedded_bytes(&self) -> usize {
        match &self.source {
            Source::File(SavedFile {
                embedding: Embedding::Held(packed),
                ..
            }) => packed.text().len(),
            _ => 0,
        }
    }

    /// Has the file embedded or not; for the former it must be read once more. Does nothing to a
    /// built-in capture.
    pub(crate) fn set_embedding(&mut self, on: bool) {
        if let Source::File(file) = &mut self.source
            && on != (file.embedding != Embedding::Off)
        {
            file.embedding = if on {
                Embedding::Wanted
            } else {
                Embedding::Off
            };
            // Nor in the way of a newer version.
            if self.unknown.contains_key(EMBEDDED) {
                Arc::make_mut(&mut self.unknown).remove(EMBEDDED);
            }
        }
    }

    /// What is to be remembered now that the capture was `found` and turned out to have the sample
    /// rate `rate` in Hz; `chosen` are the folders that it may lie in. Where nothing was found, that is
    /// what was known before. Of a file that is no longer the same, only the rate is: the project means
    /// the one that was there.
    ///
    /// Packs the file if it is to be embedded, so it takes a while; if that is `cancelled`, it is still
    /// to be.
    pub(crate) fn resolved(
        &self,
        found: &Found,
        rate: f64,
        chosen: &Chosen,
        cancelled: &dyn Fn() -> bool,
    ) -> Self {
        let mut resolved = self.clone();
        match (&mut resolved.source, found) {
            (Source::BuiltIn(_), Found::BuiltIn(_)) | (Source::File(_), Found::Replaced(_)) => {}
            (Source::File(file), Found::Embedded(contents)) => {
                file.resolve(contents, chosen, cancelled);
            }
            (Source::File(file), Found::AtPath(contents)) => {
                file.check_copy(contents, cancelled);
                file.resolve(contents, chosen, cancelled);
            }
            (Source::File(file), Found::Moved { path, contents }) => {
                file.move_to(path);
                file.check_copy(contents, cancelled);
                file.resolve(contents, chosen, cancelled);
            }
            _ => return resolved,
        }
        resolved.rate = Some(rate).filter(|rate| RATES.contains(rate));
        resolved
    }

    /// Reads what [`SavedPart::write`] wrote, now or in another version; `value` may also be
    /// anything else.
    ///
    /// A detail (hash, size, rate, name, embedded file) that cannot be right is passed over: the file
    /// will tell it anew. What is not known here, and what a newer version wrote in another way, is
    /// kept. It fails if nothing says which capture is meant, unless to a newer version.
    pub(crate) fn read(value: &Value) -> Result<Self> {
        let Value::Object(fields) = value else {
            return Err(damaged());
        };
        let text = |key: &str| fields.get(key).and_then(Value::as_str);
        let named = text("name").map(shown);
        let named = named.filter(|name| !name.trim().is_empty());
        let version = fields.get("version").and_then(Value::as_u64);
        let newer = version.is_some_and(|version| version > VERSION);
        let source = match (text("builtin"), text("path")) {
            (Some(name), None) => read_built_in(name),
            (_, Some(path)) => read_path(path).map(|path| Self::file(&path).source),
            (None, None) => Err(damaged()),
        };
        let mut saved = Self::of(match source {
            Ok(source) => source,
            Err(_) if newer => {
                let name = named.clone();
                Source::Unknown(name.unwrap_or_else(|| NEWER.into()))
            }
            Err(refusal) => return Err(refusal),
        });
        let rate = fields.get("rate").and_then(Value::as_f64);
        saved.rate = rate.filter(|rate| RATES.contains(rate));
        if let Source::File(file) = &mut saved.source {
            file.name = named.unwrap_or_else(|| stem(&file.path));
            let relative = text("relative").filter(|text| read_relative(text).is_some());
            file.relative = relative.map(str::to_owned);
            file.hash = text("sha256").and_then(ContentHash::from_hex);
            let bytes = fields.get("bytes").and_then(Value::as_u64);
            file.bytes = bytes.filter(|bytes| (1..=MAX_FILE_BYTES).contains(bytes));
            let held = text(EMBEDDED).and_then(Packed::from_text);
            file.embedding = held.map_or(Embedding::Off, Embedding::Held);
        }
        let known = saved.fields();
        let is_kept = |key: &str| match key {
            "version" => newer,
            key => known.get(key).is_none() && (newer || !KEYS.contains(&key)),
        };
        let unknown = fields.iter().filter(|(key, _)| is_kept(key));
        let unknown = unknown.map(|(key, value)| (key.clone(), value.clone()));
        saved.unknown = Arc::new(unknown.collect());
        Ok(saved)
    }

    /// The JSON that stands for the reference in a project.
    pub(crate) fn write(&self) -> Value {
        match (&self.source, self.unknown.get(RAW)) {
            (Source::Unknown(_), Some(raw)) => raw.clone(),
            _ => self.fields(),
        }
    }

    fn fields(&self) -> Value {
        let mut fields = Map::new();
        let mut put = |key: &str, value: Value| fields.insert(key.to_owned(), value);
        put("version", VERSION.into());
        match &self.source {
            Source::BuiltIn(name) => {
                put("builtin", name.as_str().into());
            }
            Source::File(file) => {
                put("path", path_text::encode(&file.path).into());
                if let Some(relative) = &file.relative {
                    put("relative", relative.as_str().into());
                }
                put("name", file.name.as_str().into());
                if let Some(hash) = file.hash {
                    put("sha256", hash.to_string().into());
                }
                if let Some(bytes) = file.bytes {
                    put("bytes", bytes.into());
                }
                if let Embedding::Held(packed) = &file.embedding {
                    put(EMBEDDED, packed.text().into());
                }
            }
            Source::Unknown(_) => {}
        }
        if let Some(rate) = self.rate {
            put("rate", rate.into());
        }
        for (key, value) in self.unknown.iter() {
            if key == "version" || !fields.contains_key(key) {
                fields.insert(key.clone(), value.clone());
            }
        }
        Value::Object(fields)
    }
}

impl SavedFile {
    /// It is at `path` now.
    fn move_to(&mut self, path: &Path) {
        if self.name == stem(&self.path) {
            self.name = stem(path);
        }
        if self.path != path {
            self.relative = None;
            self.path = path.to_owned();
        }
    }

    /// Drops the copy in the project if that is not one of `contents`. It is not made anew: a project
    /// could have a file of the user's packed into itself by a bad one.
    fn check_copy(&mut self, contents: &Contents, cancelled: &dyn Fn() -> bool) {
        if let Embedding::Held(packed) = &self.embedding {
            let copy = packed.unpack(cancelled);
            let same = copy.is_some_and(|copy| copy.hash == contents.hash);
            if !same && !cancelled() {
                self.embedding = Embedding::Off;
            }
        }
    }

    /// It is where it is said to be and holds `contents`, or did.
    fn resolve(&mut self, contents: &Contents, chosen: &Chosen, cancelled: &dyn Fn() -> bool) {
        let relative = chosen.relative(&self.path);
        self.relative = relative.or_else(|| self.relative.take());
        self.hash = Some(contents.hash);
        self.bytes = Some(contents.bytes.len() as u64);
        if self.embedding == Embedding::Wanted
            && let Some(packed) = Packed::pack(&contents.bytes, cancelled)
        {
            self.embedding = Embedding::Held(packed);
        }
    }
}

fn read_built_in(name: &str) -> Result<Source> {
    if name.is_empty() || shown(name) != name {
        return Err(damaged());
    }
    Ok(Source::BuiltIn(name.to_owned()))
}

fn read_path(text: &str) -> Result<PathBuf> {
    Some(text)
        .filter(|text| (1..=MAX_PATH).contains(&text.len()))
        .and_then(path_text::decode)
        .ok_or_else(damaged)
}

fn damaged() -> Failure {
    Failure::new("the project's entry is damaged; load the file again")
}

/// What there is to say of a reference that only a newer version understands.
pub(super) fn newer() -> Failure {
    Failure::new(
        "this project was saved by a newer Gridleak, and only that knows where the sound is; install that version, or load something else (the project keeps it until then)",
    )
}

/// The file's name without its ending.
fn stem(path: &Path) -> String {
    let stem = path.file_stem().unwrap_or(path.as_os_str());
    shown(&stem.to_string_lossy())
}

/// A name as it can be shown: one line of at most [`MAX_NAME`] characters.
fn shown(name: &str) -> String {
    let name: String = name.chars().take(MAX_NAME).collect();
    one_line(&name)
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::builtin::CAPTURES;
    use serde_json::json;

    const CAPTURE: &[u8] = CAPTURES[1].bytes;

    /// A reference with every detail.
    fn complete() -> SavedPart {
        let mut saved = SavedPart::file(Path::new("/home/Zoë/Captures/Amp \"1\"/Rectifier.nam"));
        saved.set_embedding(true);
        let here = PathBuf::from("/home/Zoë/Captures");
        let found = Found::AtPath(Contents::new(CAPTURE.to_vec()));
        saved.resolved(&found, 44_100.0, &Chosen::new([here], None), &|| false)
    }

    fn resolved(saved: &SavedPart, found: &Found, rate: f64) -> SavedPart {
        saved.resolved(found, rate, &Chosen::new([], None), &|| false)
    }

    fn file(saved: &SavedPart) -> &SavedFile {
        match &saved.source {
            Source::File(file) => file,
            _ => panic!("{} is no file", saved.name()),
        }
    }

    /// Through JSON within JSON, as the framework saves it.
    fn saved_and_loaded(saved: &SavedPart) -> SavedPart {
        let text = serde_json::to_string(&saved.write()).unwrap();
        let state = json!({"version": "0.1.0", "params": {}, "fields": {"capture": text}});
        let state: Value = serde_json::from_str(&state.to_string()).unwrap();
        let text = state["fields"]["capture"].as_str().unwrap();
        SavedPart::read(&serde_json::from_str(text).unwrap()).unwrap()
    }

    #[test]
    fn what_is_saved_is_loaded() {
        let complete = complete();
        assert!(complete.embedded_bytes() > 1000);
        let mut built_in = SavedPart::built_in(CAPTURES[0].name);
        built_in.set_embedding(true);
        assert!(!built_in.embeds());
        built_in.rate = Some(48_000.0);
        let saved = [
            complete,
            SavedPart::file(Path::new("C:\\Amps\\a.nam")),
            built_in,
            SavedPart::built_in(CAPTURES[0].name),
            SavedPart::built_in("a sound of the future"),
            SavedPart::file(Path::new("/")),
            SavedPart::file(Path::new("/a/ .nam")),
            SavedPart::file(Path::new("/a\n\u{1b}[31m/b\t.nam")),
            SavedPart::file(Path::new(&format!("/{}/é.nam", "x".repeat(4000)))),
        ];
        for saved in saved {
            assert_eq!(saved_and_loaded(&saved), saved);
        }
        assert_eq!(SavedPart::built_in(CAPTURES[0].name).name(), "crunch");
        assert_eq!(SavedPart::file(Path::new("/a\n/b\t.nam")).name(), "b ");
    }

    #[cfg(unix)]
    #[test]
    fn a_path_that_is_no_text_survives() {
        use std::os::unix::ffi::OsStrExt;
        let path = Path::new(std::ffi::OsStr::from_bytes(b"/a/\xff\xfe/\xe4.nam"));
        let saved = SavedPart::file(path);
        assert_eq!(file(&saved_and_loaded(&saved)).path, path);
        assert_eq!(saved.name(), "\u{fffd}");
    }

    #[test]
    fn a_project_stays_small() {
        // Letters, and what JSON within JSON makes longest.
        for (folder, length) in [("Rectifiers", 1000), ("Ä\"\\", 400)] {
            let folders = folder.repeat(length / folder.len());
            let path = format!("/{folders}/{}.nam", "x".repeat(200));
            let mut saved = complete();
            saved.set_embedding(false);
            let Source::File(file) = &mut saved.source else {
                panic!();
            };
            file.path = path.into();
            file.name = "\"".repeat(MAX_NAME);
            let parameter = json!({"f32": -12.3456789});
            let names = ["ingain", "outgn", "source", "bypass", "more", "andmore"];
            let params: Map<_, _> = names
                .iter()
                .map(|&name| (name.to_owned(), parameter.clone()))
                .collect();
            let capture = saved.write().to_string();
            let state =
                json!({"version": "0.1.0", "params": params, "fields": {"capture": capture}});
            let length = state.to_string().len();
            assert!(length < 4000, "{length}");
            assert_eq!(saved_and_loaded(&saved), saved);
        }
    }

    #[test]
    fn what_a_newer_version_wrote_is_kept() {
        let mut newer = complete().write();
        newer["version"] = json!(7);
        newer["colour"] = json!({"deep": [1, 2, {"er": null}]});
        // Known keys in ways that are not known, and one that has no use beside the other.
        newer["bytes"] = json!("many");
        newer["embedded"] = json!({"zstd": "KLUv/SAA"});
        newer["builtin"] = json!("crunch");
        let read = SavedPart::read(&newer).unwrap();
        assert_eq!((read.name(), read.is_understood()), ("Rectifier", false));
        assert_eq!(saved_and_loaded(&read).write(), newer);
        assert!(!read.embeds());
        // What is found out here is written, and all else still is.
        let found = Found::AtPath(Contents::new(CAPTURE.to_vec()));
        let mut expected = newer.clone();
        expected["bytes"] = json!(CAPTURE.len());
        expected["rate"] = json!(48_000.0);
        let mut read = resolved(&read, &found, 48_000.0);
        assert_eq!(read.write(), expected);
        // What the user wants here is not in its way.
        read.set_embedding(true);
        read.set_embedding(false);
        expected.as_object_mut().unwrap().remove("embedded");
        assert_eq!(read.write(), expected);

        // A kind of reference that is not known.
        for newer in [
            json!({"version": 2, "uri": "somewhere://12345", "notes": "keep me"}),
            json!({"version": 3, "path": ["a", "b"], "name": "Plexi", "rate": 44100.0}),
            json!({"version": 2, "path": "", "sha256": 3}),
            json!({"version": 2, "builtin": 9}),
            json!({"version": u64::MAX}),
        ] {
            let read = SavedPart::read(&newer).unwrap();
            assert!(matches!(read.source, Source::Unknown(_)), "{newer}");
            assert!(!read.is_understood() && !read.name().is_empty());
            assert_eq!(saved_and_loaded(&read).write(), newer);
        }
        let known = [complete(), SavedPart::built_in("lead")];
        assert!(known.iter().all(SavedPart::is_understood));
        // What is said of one sound has nothing to do with the next.
        assert!(
            SavedPart::read(&newer)
                .unwrap()
                .moved_to("/b.nam".as_ref())
                .write()["colour"]
                .is_object()
        );
        let other = SavedPart::file("/b.nam".as_ref()).write();
        assert_eq!(other, json!({"version": 1, "path": "/b.nam", "name": "b"}));
    }

    #[test]
    fn a_state_cannot_have_a_file_embedded() {
        let path = Path::new("/home/ann/private.wav");
        for wish in [
            json!({"embed": true}),
            json!({"embedded": true}),
            json!({"embedded": {"deflate": "AAAA"}}),
            json!({"embedded": "AAAA"}),
            json!({"embedded": "é"}),
        ] {
            for version in [1, 2] {
                let mut state = SavedPart::file(path).write();
                state["version"] = json!(version);
                let wish = wish.as_object().unwrap().clone();
                let wish_is_embed = wish.contains_key("embed");
                state.as_object_mut().unwrap().extend(wish);
                let read = SavedPart::read(&state).unwrap();
                let found = Found::AtPath(Contents::new(CAPTURE.to_vec()));
                let resolved = resolved(&read, &found, 48_000.0);
                let saved = resolved.write();
                assert!(saved.to_string().len() < 400, "{saved}");
                assert_eq!(
                    saved.get("embed").is_some(),
                    version == 2 && wish_is_embed,
                    "{saved}"
                );
            }
        }
    }

    #[test]
    fn a_file_that_is_not_the_same_is_not_the_projects() {
        let saved = complete();
        let found = Found::Replaced(Contents::new(b"another".to_vec()));
        let after = resolved(&saved, &found, 96_000.0);
        assert_eq!(after.rate, Some(96_000.0));
        let expected = SavedPart {
            rate: after.rate,
            ..saved.clone()
        };
        assert_eq!(after, expected);
        // Until the user says that it is.
        let path = file(&saved).path.clone();
        let taken = saved.replaced_by(&path);
        assert_eq!((taken.hash(), file(&taken).bytes), (None, None));
        let found = Found::AtPath(Contents::new(b"another".to_vec()));
        let taken = resolved(&taken, &found, 96_000.0);
        let (hash, bytes) = (taken.hash(), file(&taken).bytes);
        assert_eq!(
            (hash, bytes),
            (Some(Contents::new(b"another".to_vec()).hash), Some(7))
        );
        assert!(!taken.embeds(), "nobody asked for that");
    }

    #[test]
    fn details_that_cannot_be_right_are_passed_over() {
        let path = "/home/Zoë/Captures/Amp \"1\"/Rectifier.nam";
        let wrong = [
            ("sha256", json!("00")),
            ("sha256", json!("é".repeat(32))),
            ("sha256", json!(12)),
            ("bytes", json!(0)),
            ("bytes", json!(-1)),
            ("bytes", json!(1.5)),
            ("bytes", json!(u64::MAX)),
            ("bytes", json!(MAX_FILE_BYTES + 1)),
            ("bytes", json!("many")),
            ("rate", json!(0)),
            ("rate", json!(-48000)),
            ("rate", json!(1e300)),
            ("rate", json!("48000")),
            ("rate", json!([48000])),
            ("name", json!("")),
            ("name", json!("  \n ")),
            ("name", json!({"first": "A"})),
            ("version", json!(null)),
            ("version", json!(-1)),
            ("version", json!(u64::MAX)),
            ("version", json!("1")),
            ("builtin", json!("crunch")),
            ("builtin", json!("")),
            ("embed", json!("yes")),
            ("embedded", json!(null)),
            ("embedded", json!("")),
            ("embedded", json!(4)),
            ("embedded", json!(["A"])),
        ];
        for (key, value) in wrong {
            let mut fields = complete().write();
            fields[key] = value.clone();
            let read = SavedPart::read(&fields).unwrap();
            assert_eq!(read.name(), "Rectifier", "{key}: {value}");
            assert_eq!(file(&read).path, Path::new(path));
            // That detail is gone, and nothing else.
            if ["sha256", "bytes", "rate"].contains(&key) {
                assert_eq!(read.write().get(key), None, "{value}");
            }
            let mut left = read.write();
            let mut expected = complete().write();
            for fields in [&mut left, &mut expected] {
                fields
                    .as_object_mut()
                    .unwrap()
                    .retain(|k, _| k != key && k != "embed");
            }
            assert_eq!(left, expected, "{key}: {value}");
        }
        let long = json!({"path": path, "name": "n".repeat(1 << 20)});
        assert_eq!(SavedPart::read(&long).unwrap().name().len(), MAX_NAME);
        let bomb = json!({"path": path, "embedded": "A".repeat(50 << 20)});
        assert_eq!(SavedPart::read(&bomb).unwrap().embedded_bytes(), 0);
    }

    /// JSON of this version that names no capture, from the harmless to the malicious.
    pub(in crate::session::references) fn hostile() -> Vec<Value> {
        let deep = (0..100).fold(json!(0), |inner, _| json!([inner]));
        let long = "x".repeat(1 << 20);
        let mut hostile = vec![
            json!(null),
            json!(true),
            json!(false),
            json!(0),
            json!(-1),
            json!(1e308),
            json!(u64::MAX),
            json!(""),
            json!("builtin:lead"),
            json!("/a.nam"),
            json!(long),
            json!([]),
            json!(["/a.nam"]),
            json!([{"path": "/a.nam"}]),
            deep.clone(),
            json!({}),
            json!({"": ""}),
            json!({"version": 1}),
            json!({"version": -1}),
            json!({"version": 1.5}),
            json!({"version": "1"}),
            json!({"version": null}),
            json!({"version": deep}),
            json!({"capture": {"path": "/a.nam"}}),
            json!({"Path": "/a.nam"}),
            json!({"__proto__": {"path": "/a.nam"}}),
        ];
        let wrong = [
            json!(null),
            json!(true),
            json!(0),
            json!(-0.5),
            json!([]),
            json!(["/a.nam"]),
            json!({}),
            json!({"path": "/a.nam"}),
            json!(""),
            json!(long),
            deep,
        ];
        for value in wrong {
            hostile.push(json!({"version": 1, "path": value}));
            hostile.push(json!({"version": 1, "builtin": value, "rate": 48000.0}));
            hostile.push(json!({"version": 1, "path": value, "builtin": 3, "sha256": value, "bytes": value, "embedded": value, "name": value}));
        }
        for path in ["\0", "\0f", "\0é", "/\0c3\0a4", "/\u{0}\u{0}"] {
            hostile.push(json!({"version": 1, "path": path}));
        }
        hostile
    }

    #[test]
    fn what_names_no_capture_is_refused_with_a_remedy() {
        let hostile = hostile();
        assert!(hostile.len() >= 60, "{}", hostile.len());
        for value in hostile {
            let start: String = value.to_string().chars().take(200).collect();
            let refusal = SavedPart::read(&value).expect_err(&start).to_string();
            assert!(refusal.contains("load"), "{start}: {refusal}");
            assert!(refusal.len() < 200, "{start}: {refusal}");
        }
    }

    /// Knuth's generator.
    struct Random(u64);

    impl Random {
        fn below(&mut self, limit: usize) -> usize {
            self.0 = self
                .0
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            (self.0 >> 33) as usize % limit
        }

        fn value(&mut self, level: usize) -> Value {
            let texts = [
                "",
                "builtin:x",
                "/b.nam",
                "\0",
                "\0e4",
                "é",
                "0",
                "48000",
                "AAAA",
                "../..",
                "\u{202e}x",
            ];
            match self.below(if level == 0 { 8 } else { 10 }) {
                0 => Value::Null,
                1 => json!(self.below(2) == 0),
                2 => json!(self.below(100_000)),
                3 => json!(-(self.below(1000) as f64) * 1e3),
                4 => json!(u64::MAX - self.below(5) as u64),
                5 => json!(10f64.powi(self.below(600) as i32 - 300)),
                6 => json!(texts[self.below(texts.len())]),
                7 => json!("z".repeat(self.below(1000))),
                8 => (0..self.below(4)).map(|_| self.value(level - 1)).collect(),
                _ => (0..self.below(4))
                    .map(|i| {
                        (
                            ["path", "version", "a", ""][i].to_owned(),
                            self.value(level - 1),
                        )
                    })
                    .collect(),
            }
        }

        /// Changes characters of a text.
        fn spoil(&mut self, text: &str) -> String {
            let mut characters: Vec<char> = text.chars().collect();
            for _ in 0..=self.below(3) {
                let at = self.below(characters.len() + 1);
                let new = ['\0', 'f', '/', '\\', '"', 'é', '=', '\u{10ffff}', ' '][self.below(9)];
                match self.below(3) {
                    0 => characters.insert(at, new),
                    1 if at < characters.len() => characters[at] = new,
                    _ => characters.truncate(at),
                }
            }
            characters.into_iter().collect()
        }
    }

    #[test]
    fn ten_thousand_mutations_do_no_harm() {
        let originals = [complete(), SavedPart::built_in("lead")];
        let mut random = Random(7);
        let (mut read, mut refused, mut texts) = (0, 0, 0);
        for case in 0..10_000 {
            let original = &originals[case % 2];
            let valid = original.write();
            let mut value = valid.clone();
            let mut touched = Vec::new();
            if random.below(4) == 0 {
                // Whatever the text becomes.
                let mut bytes = valid.to_string().into_bytes();
                for _ in 0..=random.below(3) {
                    // Where the structure is, not within the embedded file.
                    let at = bytes.len() - 1 - random.below(200.min(bytes.len()));
                    bytes[at] = random.below(256) as u8;
                }
                match serde_json::from_slice(&bytes) {
                    Ok(spoilt) => value = spoilt,
                    Err(_) => continue,
                }
                texts += 1;
                touched.push("*");
            } else {
                let fields = value.as_object_mut().unwrap();
                let keys = [
                    "version", "path", "builtin", "name", "sha256", "bytes", "rate", "embed",
                    "embedded", "new",
                ];
                for _ in 0..=random.below(2) {
                    let key = keys[random.below(keys.len())];
                    touched.push(key);
                    match (random.below(4), fields.get(key)) {
                        (0, _) => drop(fields.remove(key)),
                        (1, Some(Value::String(text))) if text.len() < 1000 => {
                            let text = random.spoil(text);
                            fields.insert(key.to_owned(), text.into());
                        }
                        _ => drop(fields.insert(key.to_owned(), random.value(3))),
                    }
                }
            }
            let Ok(saved) = SavedPart::read(&value) else {
                let meant = touched.contains(&"*")
                    || touched.contains(&"path")
                    || touched.contains(&"builtin");
                assert!(meant, "refused without a reason: {touched:?}");
                refused += 1;
                continue;
            };
            read += 1;
            // What was read lasts, to the last bit.
            let again = saved.write();
            assert_eq!(SavedPart::read(&again).unwrap(), saved, "{value}");
            // And what was not touched is there.
            if matches!(saved.source, Source::File(_)) == matches!(original.source, Source::File(_))
                && !touched.contains(&"*")
            {
                for (key, field) in valid.as_object().unwrap() {
                    if !touched.contains(&key.as_str()) {
                        assert_eq!(&again[key], field, "{key} lost in {value}");
                    }
                }
            }
        }
        // Each way was gone.
        assert!(
            read > 3000 && refused > 500 && texts > 100,
            "{read} {refused} {texts}"
        );
    }

    #[test]
    fn what_was_found_is_remembered() {
        let saved = SavedPart::file(Path::new("/old/Rectifier.nam"));
        let contents = || Contents::new(CAPTURE.to_vec());
        let hash = contents().hash;
        let moved = Found::Moved {
            path: "/new/Recto.nam".into(),
            contents: contents(),
        };
        let moved = resolved(&saved, &moved, 48_000.0);
        assert_eq!(file(&moved).path, Path::new("/new/Recto.nam"));
        assert_eq!(moved.hash(), Some(hash));
        assert_eq!(file(&moved).bytes, Some(CAPTURE.len() as u64));
        assert_eq!((moved.name(), moved.rate), ("Recto", Some(48_000.0)));
        assert!(!moved.embeds());

        // Missing or given up: nothing is lost.
        for found in [Found::Missing(damaged()), Found::Cancelled] {
            assert_eq!(resolved(&moved, &found, 44_100.0), moved);
        }

        // An embedded file stays, wherever the capture comes from now.
        let held = complete();
        for found in [Found::Embedded(contents()), Found::AtPath(contents())] {
            assert_eq!(resolved(&held, &found, 44_100.0), held);
        }
        let mut without = held.clone();
        without.set_embedding(false);
        assert_eq!(without.embedded_bytes(), 0);
        assert!(without.write().get("embedded").is_none());
        // Packing that nobody waits for is still to be done.
        without.set_embedding(true);
        let chosen = Chosen::new([], None);
        let found = Found::AtPath(contents());
        let later = without.resolved(&found, 44_100.0, &chosen, &|| true);
        assert_eq!(file(&later).embedding, Embedding::Wanted);
    }

    #[test]
    fn the_place_in_a_folder_is_kept_beside_the_whole_path() {
        let saved = complete();
        let relative = |saved: &SavedPart| file(saved).relative.clone();
        assert_eq!(relative(&saved).as_deref(), Some("Amp \"1\"/Rectifier.nam"));
        // Where the folders are others, it is not lost.
        let found = Found::AtPath(Contents::new(CAPTURE.to_vec()));
        assert_eq!(
            relative(&resolved(&saved, &found, 48_000.0)),
            relative(&saved)
        );
        // It belongs to its path.
        assert_eq!(relative(&saved.moved_to("/b.nam".as_ref())), None);
        for wrong in [json!("../a.nam"), json!("/etc/passwd"), json!(3)] {
            let mut fields = saved.write();
            fields["relative"] = wrong;
            let read = SavedPart::read(&fields).unwrap();
            assert_eq!(relative(&read), None);
        }
    }
}
