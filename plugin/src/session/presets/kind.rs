//! What a preset is of, told from the beginning of its file.

use std::cell::Cell;
use std::fmt;
use std::io::Read;
use std::path::Path;

use gridleak_core::ordinary_file;
use serde::Deserializer;
use serde::de::{IgnoredAny, MapAccess, Visitor};

/// The key in the file. It stands before everything long.
pub(super) const KIND: &str = "kind";

/// So much of a file is read, in bytes.
const BEGINNING: u64 = 1 << 16;

/// What a preset is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PresetKind {
    /// A rig with all its slots.
    Rig,
    /// One slot.
    Slot,
}

impl PresetKind {
    pub(super) fn id(self) -> &'static str {
        match self {
            PresetKind::Rig => "rig",
            PresetKind::Slot => "slot",
        }
    }

    pub(super) fn from_id(id: &str) -> Option<Self> {
        [PresetKind::Rig, PresetKind::Slot]
            .into_iter()
            .find(|kind| kind.id() == id)
    }

    /// What the file at `path` says at its beginning; `None` if that is nothing of the kind. Whether the
    /// rest can be read shows when it is loaded.
    pub(crate) fn of_file(path: &Path) -> Option<Self> {
        let (file, _) = ordinary_file::open(path).ok()?;
        let mut text = Vec::new();
        file.take(BEGINNING).read_to_end(&mut text).ok()?;
        let found = Cell::new(None);
        // It ends with an error at the latest where the beginning ends.
        let _ = serde_json::Deserializer::from_slice(&text).deserialize_map(Fields(&found));
        found.get()
    }
}

/// Looks through an object for the key.
struct Fields<'a>(&'a Cell<Option<PresetKind>>);

impl<'de> Visitor<'de> for Fields<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<(), A::Error> {
        while let Some(key) = fields.next_key::<String>()? {
            if key == KIND {
                let id = fields.next_value::<String>()?;
                self.0.set(PresetKind::from_id(&id));
                return Ok(());
            }
            fields.next_value::<IgnoredAny>()?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn the_beginning_of_a_file_tells_its_kind() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.gridleak");
        let long = "x".repeat(1 << 20);
        let kind = |text: &str| {
            fs::write(&path, text).unwrap();
            PresetKind::of_file(&path)
        };
        for known in [PresetKind::Rig, PresetKind::Slot] {
            let id = known.id();
            for text in [
                format!("{{\"kind\": \"{id}\"}}"),
                format!(
                    "{{\"gridleak\": 1, \"other\": [{{}}], \"kind\": \"{id}\", \"x\": \"{long}\"}}"
                ),
                format!("\n {{ \"kind\" : \"{id}\", and no JSON"),
            ] {
                assert_eq!(kind(&text), Some(known), "{id}");
            }
        }
        for text in [
            "",
            "[]",
            "3",
            "{}",
            "{\"kind\": 3}",
            "{\"kind\": \"setlist\"}",
            "{\"other\": {\"kind\": \"rig\"}}",
            &format!("{{\"x\": \"{long}\", \"kind\": \"rig\"}}"),
            &"[".repeat(100_000),
            &format!("{{\"x\": {}", "[".repeat(60_000)),
        ] {
            assert_eq!(kind(text), None);
        }
        assert_eq!(PresetKind::of_file(folder.path()), None);
    }
}
