//! A setlist: presets in the order in which they are to be played, each as often as it is.
//!
//! As JSON, in a file `NAME.gridleak-setlist` in the preset folder:
//!
//! ```json
//! {"gridleak": 1, "kind": "setlist", "saved_by": "0.2.0",
//!  "presets": ["Live/Verse.gridleak", "Live/Chorus.gridleak", "Live/Verse.gridleak"]}
//! ```
//!
//! What this version does not know is kept and written back.

use std::path::Path;

use serde_json::{Map, Value};

use super::store;
use crate::files::failure::{Failure, Result};
use crate::session::preset_path::PresetPath;

/// The format that is written.
const VERSION: u64 = 1;

/// Bytes of the longest setlist, and how many presets it has at most.
const LONGEST: u64 = 1 << 20;
const MOST: usize = 1000;

/// What a setlist is called as a kind of file.
const KIND: &str = "setlist";

/// A setlist as its file has it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Setlist {
    /// All but the presets.
    document: Map<String, Value>,
    entries: Vec<Value>,
}

/// A change of a setlist. Places are counted from 0; what has no place is no change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum SetlistEdit {
    /// Puts a preset before the one at this place, or at the end.
    Insert(usize, PresetPath),
    Remove(usize),
    /// Takes one from the first place, and puts it where it is at the second then.
    Move(usize, usize),
    /// Has every place of the first have the second, which is what it is called now.
    Rename(PresetPath, PresetPath),
}

impl Default for Setlist {
    fn default() -> Self {
        let fields = [
            ("gridleak", VERSION.into()),
            ("kind", KIND.into()),
            ("saved_by", env!("CARGO_PKG_VERSION").into()),
        ];
        let fields = fields.map(|(key, value): (&str, Value)| (key.to_owned(), value));
        Self {
            document: fields.into_iter().collect(),
            entries: Vec::new(),
        }
    }
}

impl Setlist {
    /// Reads the setlist at `path`.
    ///
    /// # Errors
    /// In words that name the file, if it is none.
    pub(crate) fn open(path: &Path) -> Result<Self> {
        let text = store::read(path, LONGEST)?;
        Self::read(&text).map_err(|failure| Failure::at(path, failure))
    }

    fn read(text: &[u8]) -> Result<Self> {
        let none = || Failure::new("this is no setlist that Gridleak saved, or it is damaged");
        let Ok(Value::Object(mut document)) = serde_json::from_slice(text) else {
            return Err(none());
        };
        let known = document.get("gridleak").is_some_and(Value::is_u64);
        if !known || document.get("kind").and_then(Value::as_str) != Some(KIND) {
            return Err(none());
        }
        let entries = match document.remove("presets") {
            Some(Value::Array(entries)) => entries,
            None => Vec::new(),
            Some(_) => return Err(none()),
        };
        match entries.len() {
            0..=MOST => Ok(Self { document, entries }),
            _ => Err(too_long()),
        }
    }

    /// The text of its file.
    pub(crate) fn write(&self) -> Vec<u8> {
        let mut document = self.document.clone();
        document.insert("presets".into(), self.entries.clone().into());
        format!("{:#}\n", Value::Object(document)).into_bytes()
    }

    /// Its presets in their order; `None` for what this version does not know.
    pub(crate) fn presets(&self) -> impl ExactSizeIterator<Item = Option<PresetPath>> {
        let read = |entry: &Value| PresetPath::read(entry.as_str()?);
        let preset = move |entry| read(entry).filter(PresetPath::is_preset);
        self.entries.iter().map(preset)
    }

    /// Makes a change, and says whether it is one.
    ///
    /// # Errors
    /// If there would be too many presets.
    pub(crate) fn edit(&mut self, edit: &SetlistEdit) -> Result<bool> {
        let count = self.entries.len();
        match edit {
            SetlistEdit::Insert(..) if count >= MOST => return Err(too_long()),
            SetlistEdit::Insert(at, preset) => {
                let at = (*at).min(count);
                self.entries.insert(at, preset.text().into());
            }
            SetlistEdit::Remove(at) if *at < count => {
                self.entries.remove(*at);
            }
            SetlistEdit::Move(from, to) if *from < count && *to < count && from != to => {
                let entry = self.entries.remove(*from);
                self.entries.insert(*to, entry);
            }
            SetlistEdit::Rename(old, new) => {
                let mut renamed = false;
                for entry in &mut self.entries {
                    if entry.as_str() == Some(old.text()) {
                        *entry = new.text().into();
                        renamed = true;
                    }
                }
                return Ok(renamed);
            }
            SetlistEdit::Remove(_) | SetlistEdit::Move(..) => return Ok(false),
        }
        Ok(true)
    }
}

fn too_long() -> Failure {
    Failure::new(format!(
        "a setlist has {MOST} presets at most; make another one"
    ))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn preset(name: &str) -> PresetPath {
        PresetPath::read(&format!("{name}.gridleak")).unwrap()
    }

    fn read(document: &Value) -> Result<Setlist> {
        Setlist::read(document.to_string().as_bytes())
    }

    fn names(setlist: &Setlist) -> String {
        let name = |preset: Option<PresetPath>| preset.map_or("?".into(), |preset| preset.name());
        setlist.presets().map(name).collect()
    }

    #[test]
    fn presets_are_put_in_an_order() {
        let mut setlist = Setlist::default();
        let mut edit = |edit, expected: &str| {
            let changed = setlist.edit(&edit).unwrap();
            assert_eq!(names(&setlist), expected, "{edit:?}");
            let again = Setlist::read(&setlist.write()).unwrap();
            assert_eq!(again, setlist);
            changed
        };
        assert!(edit(SetlistEdit::Insert(0, preset("b")), "b"));
        assert!(edit(SetlistEdit::Insert(0, preset("a")), "ab"));
        assert!(edit(SetlistEdit::Insert(99, preset("a")), "aba"));
        assert!(edit(SetlistEdit::Insert(3, preset("c")), "abac"));
        assert!(edit(SetlistEdit::Move(3, 0), "caba"));
        assert!(edit(SetlistEdit::Move(0, 2), "abca"));
        assert!(edit(SetlistEdit::Rename(preset("a"), preset("d")), "dbcd"));
        assert!(!edit(SetlistEdit::Rename(preset("x"), preset("y")), "dbcd"));
        assert!(edit(SetlistEdit::Remove(1), "dcd"));
        for nothing in [
            SetlistEdit::Remove(3),
            SetlistEdit::Move(3, 0),
            SetlistEdit::Move(0, 3),
            SetlistEdit::Move(1, 1),
        ] {
            assert!(!edit(nothing, "dcd"));
        }
    }

    #[test]
    fn a_setlist_does_not_grow_without_end() {
        let mut setlist = Setlist::default();
        for _ in 0..MOST {
            setlist.edit(&SetlistEdit::Insert(0, preset("a"))).unwrap();
        }
        let more = setlist.edit(&SetlistEdit::Insert(0, preset("a")));
        assert!(more.unwrap_err().to_string().contains("1000 presets"));
        let mut document: Value = serde_json::from_slice(&setlist.write()).unwrap();
        assert!(read(&document).is_ok());
        document["presets"]
            .as_array_mut()
            .unwrap()
            .push(json!("b.gridleak"));
        assert!(read(&document).is_err());
    }

    #[test]
    fn what_a_newer_version_wrote_survives_every_change() {
        let document = json!({
            "gridleak": 2, "kind": "setlist", "saved_by": "99.0.0", "tempo": 120,
            "presets": [{"preset": "a.gridleak", "slot": 3}, "b.gridleak", "cloud:7", 5],
        });
        let mut setlist = read(&document).unwrap();
        assert_eq!(names(&setlist), "?b??");
        setlist.edit(&SetlistEdit::Move(0, 3)).unwrap();
        setlist.edit(&SetlistEdit::Insert(0, preset("c"))).unwrap();
        let written: Value = serde_json::from_slice(&setlist.write()).unwrap();
        let mut expected = document;
        expected["presets"] = json!([
            "c.gridleak", "b.gridleak", "cloud:7", 5, {"preset": "a.gridleak", "slot": 3},
        ]);
        assert_eq!(written, expected);
    }

    #[test]
    fn what_is_no_setlist_is_refused_by_name() {
        let deep = "[".repeat(100_000);
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("Gig.gridleak-setlist");
        for text in [
            "",
            "[]",
            "{}",
            "{\"gridleak\": 1}",
            "{\"gridleak\": \"1\", \"kind\": \"setlist\"}",
            "{\"gridleak\": 1, \"kind\": \"rig\", \"presets\": []}",
            "{\"gridleak\": 1, \"kind\": \"setlist\", \"presets\": {}}",
            &deep,
            &" ".repeat(LONGEST as usize + 1),
        ] {
            std::fs::write(&path, text).unwrap();
            let refusal = Setlist::open(&path).unwrap_err().to_string();
            assert!(refusal.contains("Gig.gridleak-setlist"), "{refusal}");
        }
        for text in ["../a.gridleak", "/a.gridleak", "Gig.gridleak-setlist"] {
            let document = json!({"gridleak": 1, "kind": "setlist", "presets": [text]});
            assert_eq!(names(&read(&document).unwrap()), "?", "{text}");
        }
    }
}
