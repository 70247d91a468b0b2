//! What a project stores about a part of its rig: the capture, the pedal, a cabinet.
//!
//! As JSON, in a project that names a file:
//!
//! ```json
//! {"version": 1, "path": "/home/ann/Captures/Rectifier.nam", "name": "Rectifier",
//!  "sha256": "ba78…", "bytes": 296015, "rate": 48000.0, "embedded": "7X0H…"}
//! ```
//!
//! or, for a sound of our own, `{"version": 1, "builtin": "crunch", "rate": 48000.0}`; there, `none`
//! stands for no sound at all and `auto` for the one that suits the others. Everything
//! but `path` or `builtin` may be missing. `"embed": true` stands for a file that is still to be
//! embedded. Version 0 has no number; there, a plain text is a path or `builtin:NAME`.

use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};

use gridleak_core::MAX_FILE_BYTES;
use serde_json::{Map, Value};

use super::contents::{ContentHash, Contents};
use super::embedding::{Embedding, Packed};
use super::locate::Found;
use super::path_text;
use crate::failure::{Failure, Result, one_line};

/// The format that [`SavedPart::write`] writes.
const VERSION: u64 = 1;
/// Marks the name of a built-in capture where a text could also be a path.
const BUILT_IN: &str = "builtin:";
/// Longest name, in characters; what is longer is cut.
const MAX_NAME: usize = 200;
/// Longest path in bytes of text: more than any system opens, however it is encoded. Without embedded
/// files and with five paths of two hundred characters the state stays below 4 kB.
const MAX_PATH: usize = 1 << 17;
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
}

/// Where a capture is.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Source {
    /// In the program, under this name. A newer version may have saved a name that is unknown here.
    BuiltIn(String),
    /// In a file.
    File(SavedFile),
}

/// The reference to a file.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct SavedFile {
    /// Where it was. From another system this need not be an absolute path here.
    pub(crate) path: PathBuf,
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
        Self {
            source: Source::BuiltIn(name.to_owned()),
            rate: None,
        }
    }

    /// The file at `path`, which should be absolute. Nothing is looked at yet.
    pub(crate) fn file(path: &Path) -> Self {
        Self {
            source: Source::File(SavedFile {
                path: path.to_owned(),
                name: stem(path),
                hash: None,
                bytes: None,
                embedding: Embedding::Off,
            }),
            rate: None,
        }
    }

    /// The name of a built-in sound, if it is one.
    pub(crate) fn built_in_name(&self) -> Option<&str> {
        match &self.source {
            Source::BuiltIn(name) => Some(name),
            Source::File(_) => None,
        }
    }

    /// What to call it, in one line.
    pub(crate) fn name(&self) -> &str {
        match &self.source {
            Source::BuiltIn(name) => name,
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
        }
    }

    /// What is to be remembered now that the capture was `found` and turned out to have the sample
    /// rate `rate` in Hz. Where nothing was found, that is what was known before.
    ///
    /// Packs the file if it is to be embedded, so it takes a while.
    pub(crate) fn resolved(&self, found: &Found, rate: f64) -> Self {
        let source = match (&self.source, found) {
            (Source::BuiltIn(_), Found::BuiltIn(_)) => self.source.clone(),
            (Source::File(file), Found::AtPath { contents, .. } | Found::Embedded(contents)) => {
                Source::File(file.resolved(&file.path, contents))
            }
            (Source::File(file), Found::Moved { path, contents }) => {
                Source::File(file.resolved(path, contents))
            }
            _ => return self.clone(),
        };
        let rate = Some(rate).filter(|rate| RATES.contains(rate));
        Self { source, rate }
    }

    /// Reads what [`SavedPart::write`] wrote, now or in another version; `value` may also be
    /// anything else.
    ///
    /// What has no use in a reference is passed over, and so is a detail (hash, size, rate, name,
    /// embedded file) that cannot be right: the file will tell it anew. It fails if nothing says
    /// which capture is meant.
    pub(crate) fn read(value: &Value) -> Result<Self> {
        let fields = match value {
            Value::Object(fields) => fields,
            Value::String(text) => return read_version_0(text),
            _ => return Err(damaged()),
        };
        let text = |key: &str| fields.get(key).and_then(Value::as_str);
        let rate = fields.get("rate").and_then(Value::as_f64);
        let mut saved = match (text("builtin"), text("path")) {
            (Some(name), None) => read_built_in(name)?,
            (_, Some(path)) => Self::file(&read_path(path)?),
            (None, None) => match fields.get("version").and_then(Value::as_u64) {
                Some(version) if version > VERSION => {
                    return Err(Failure::new(
                        "this project was saved by a newer Gridleak; install that version, or load something else",
                    ));
                }
                _ => return Err(damaged()),
            },
        };
        saved.rate = rate.filter(|rate| RATES.contains(rate));
        if let Source::File(file) = &mut saved.source {
            if let Some(name) = text("name")
                .map(shown)
                .filter(|name| !name.trim().is_empty())
            {
                file.name = name;
            }
            file.hash = text("sha256").and_then(ContentHash::from_hex);
            file.bytes = fields
                .get("bytes")
                .and_then(Value::as_u64)
                .filter(|bytes| (1..=MAX_FILE_BYTES).contains(bytes));
            let held = text("embedded").and_then(Packed::from_text);
            // Embedded in a way that is unknown here, it is still meant to be embedded.
            let unknown = fields.get("embedded").is_some_and(|value| !value.is_null());
            let wanted = fields.get("embed").and_then(Value::as_bool) == Some(true);
            file.embedding = match held {
                Some(packed) => Embedding::Held(packed),
                None if unknown || wanted => Embedding::Wanted,
                None => Embedding::Off,
            };
        }
        Ok(saved)
    }

    /// The JSON that stands for the reference in a project.
    pub(crate) fn write(&self) -> Value {
        let mut fields = Map::new();
        let mut put = |key: &str, value: Value| fields.insert(key.to_owned(), value);
        put("version", VERSION.into());
        match &self.source {
            Source::BuiltIn(name) => {
                put("builtin", name.as_str().into());
            }
            Source::File(file) => {
                put("path", path_text::encode(&file.path).into());
                put("name", file.name.as_str().into());
                if let Some(hash) = file.hash {
                    put("sha256", hash.to_string().into());
                }
                if let Some(bytes) = file.bytes {
                    put("bytes", bytes.into());
                }
                match &file.embedding {
                    Embedding::Off => {}
                    Embedding::Wanted => {
                        put("embed", true.into());
                    }
                    Embedding::Held(packed) => {
                        put("embedded", packed.text().into());
                    }
                }
            }
        }
        if let Some(rate) = self.rate {
            put("rate", rate.into());
        }
        Value::Object(fields)
    }
}

impl SavedFile {
    /// The reference to the same capture, now that `contents` were read from `path`.
    fn resolved(&self, path: &Path, contents: &Contents) -> Self {
        let renamed = self.name == stem(&self.path);
        let name = if renamed {
            stem(path)
        } else {
            self.name.clone()
        };
        let embedding = match &self.embedding {
            Embedding::Off => Embedding::Off,
            Embedding::Held(packed) if packed.unpack().as_ref() == Some(contents) => {
                self.embedding.clone()
            }
            Embedding::Wanted | Embedding::Held(_) => {
                Embedding::Held(Packed::pack(&contents.bytes))
            }
        };
        Self {
            path: path.to_owned(),
            name,
            hash: Some(contents.hash),
            bytes: Some(contents.bytes.len() as u64),
            embedding,
        }
    }
}

fn read_version_0(text: &str) -> Result<SavedPart> {
    match text.strip_prefix(BUILT_IN) {
        Some(name) => read_built_in(name),
        None => Ok(SavedPart::file(&read_path(text)?)),
    }
}

fn read_built_in(name: &str) -> Result<SavedPart> {
    if name.is_empty() || shown(name) != name {
        return Err(damaged());
    }
    Ok(SavedPart::built_in(name))
}

fn read_path(text: &str) -> Result<PathBuf> {
    Some(text)
        .filter(|text| (1..=MAX_PATH).contains(&text.len()))
        .and_then(path_text::decode)
        .ok_or_else(damaged)
}

fn damaged() -> Failure {
    Failure::new("what this project plays there cannot be read, it is damaged; load it again")
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
        let contents = Contents::new(CAPTURE.to_vec());
        let found = Found::AtPath {
            contents,
            changed: false,
        };
        saved.resolved(&found, 44_100.0)
    }

    fn file(saved: &SavedPart) -> &SavedFile {
        match &saved.source {
            Source::File(file) => file,
            Source::BuiltIn(name) => panic!("{name} is no file"),
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
        let mut wanted = SavedPart::file(Path::new("C:\\Amps\\a.nam"));
        wanted.set_embedding(true);
        let mut built_in = SavedPart::built_in(CAPTURES[0].name);
        built_in.set_embedding(true);
        assert!(!built_in.embeds());
        built_in.rate = Some(48_000.0);
        let saved = [
            complete,
            wanted,
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
    fn version_0_is_still_understood() {
        let read = |value: Value| SavedPart::read(&value).unwrap();
        assert_eq!(read(json!("builtin:lead")), SavedPart::built_in("lead"));
        let path = "/home/ann/a.nam";
        assert_eq!(read(json!(path)), SavedPart::file(Path::new(path)));
        let mut with_hash = complete().write();
        with_hash.as_object_mut().unwrap().remove("version");
        assert_eq!(read(with_hash), complete());
        assert_eq!(
            read(json!({"path": path})),
            SavedPart::file(Path::new(path))
        );
        assert_eq!(
            read(json!({"version": 0, "builtin": "clean"})),
            SavedPart::built_in("clean")
        );
    }

    #[test]
    fn of_a_newer_version_is_read_what_can_be() {
        let mut newer = complete().write();
        newer["version"] = json!(7);
        newer["colour"] = json!({"deep": [1, 2, {"er": null}]});
        assert_eq!(SavedPart::read(&newer).unwrap(), complete());
        newer["embedded"] = json!({"zstd": "KLUv/SAA"});
        let embeds = SavedPart::read(&newer).unwrap();
        assert!(embeds.embeds() && embeds.embedded_bytes() == 0);
        newer["path"] = json!([1, 2]);
        let refusal = SavedPart::read(&newer).unwrap_err().to_string();
        assert!(refusal.contains("newer Gridleak"), "{refusal}");
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

    /// JSON that names no capture, from the harmless to the malicious.
    pub(in crate::state) fn hostile() -> Vec<Value> {
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
            json!("builtin:"),
            json!("builtin:\n"),
            json!(format!("builtin:{long}")),
            json!("\0"),
            json!("/a\0"),
            json!("/a\0zz"),
            json!("/a\x0041"),
            json!(format!("/{long}")),
            json!([]),
            json!(["/a.nam"]),
            json!([{"path": "/a.nam"}]),
            deep.clone(),
            json!({}),
            json!({"": ""}),
            json!({"version": 1}),
            json!({"version": 2}),
            json!({"version": u64::MAX}),
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
        let moved = saved.resolved(&moved, 48_000.0);
        assert_eq!(file(&moved).path, Path::new("/new/Recto.nam"));
        assert_eq!(file(&moved).hash, Some(hash));
        assert_eq!(file(&moved).bytes, Some(CAPTURE.len() as u64));
        assert_eq!((moved.name(), moved.rate), ("Recto", Some(48_000.0)));
        assert!(!moved.embeds());

        // Missing or given up: nothing is lost.
        for found in [Found::Missing(damaged()), Found::Cancelled] {
            assert_eq!(moved.resolved(&found, 44_100.0), moved);
        }

        // An embedded file stays, wherever the capture comes from now; a damaged one is replaced.
        let held = complete();
        for found in [
            Found::Embedded(contents()),
            Found::AtPath {
                contents: contents(),
                changed: false,
            },
        ] {
            assert_eq!(held.resolved(&found, 44_100.0), held);
        }
        let mut damaged = held.write();
        damaged["embedded"] = json!("AAAA");
        let damaged = SavedPart::read(&damaged).unwrap();
        let found = Found::AtPath {
            contents: contents(),
            changed: false,
        };
        assert_eq!(damaged.resolved(&found, 44_100.0), held);
        let mut without = held.clone();
        without.set_embedding(false);
        assert_eq!(without.embedded_bytes(), 0);
        assert!(without.write().get("embedded").is_none());
    }
}
