//! What a capture says of itself, in one line, without reading its weights.

use std::fmt;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use gridleak_core::MAX_FILE_BYTES;
use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};

use crate::failure::one_line;
use crate::ordinary_file;

/// A line is not longer, in characters.
const MAX_LENGTH: usize = 300;

/// What the capture at `path` says of itself, in one line; empty if it says nothing or is none. Reads
/// no more of the file than it must, for most files their beginning, and no more when `quit` is set.
pub(super) fn about_file(path: &Path, quit: &AtomicBool) -> String {
    let name = path.file_stem().unwrap_or_default().to_string_lossy();
    match ordinary_file::open(path) {
        Ok((file, found)) if found.len() <= MAX_FILE_BYTES => about(Until { file, quit }, &name),
        _ => String::new(),
    }
}

/// A file that fails as soon as `quit` is set.
struct Until<'a> {
    file: File,
    quit: &'a AtomicBool,
}

impl Read for Until<'_> {
    fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
        if self.quit.load(Ordering::Relaxed) {
            return Err(io::Error::other("no longer wanted"));
        }
        self.file.read(to)
    }
}

/// What the capture in `bytes` says of itself beyond its `name`.
pub(super) fn about(bytes: impl Read, name: &str) -> String {
    let mut bytes = BufReader::new(bytes.take(MAX_FILE_BYTES));
    let mark = b"\xEF\xBB\xBF";
    if bytes.fill_buf().is_ok_and(|start| start.starts_with(mark)) {
        bytes.consume(mark.len());
    }
    let mut found = Found::default();
    // It ends with an error as soon as all is found, and what a broken file says may be shown too.
    let _ = Place::File(&mut found).deserialize(&mut serde_json::Deserializer::from_reader(bytes));
    found.line(name)
}

/// What was found, as it stands in the file.
#[derive(Default)]
struct Found {
    name: String,
    gear_make: String,
    gear_model: String,
    gear_type: String,
    tone_type: String,
    modeled_by: String,
    architecture: String,
    /// Whether the metadata were met.
    metadata: bool,
}

impl Found {
    fn line(&self, file: &str) -> String {
        let named = !self.name.eq_ignore_ascii_case(file);
        let gear = format!("{} {}", self.gear_make, self.gear_model);
        let by = match self.modeled_by.as_str() {
            "" => String::new(),
            maker => format!("by {maker}"),
        };
        let parts = [
            if named { &self.name } else { "" },
            gear.trim(),
            &self.gear_type.replace('_', " "),
            &self.tone_type.replace('_', " "),
            &by,
            &self.architecture,
        ];
        let parts: Vec<_> = parts.into_iter().filter(|part| !part.is_empty()).collect();
        shortened(&parts.join(", "), MAX_LENGTH)
    }
}

fn shortened(text: &str, length: usize) -> String {
    match text.char_indices().nth(length) {
        Some(_) => text.chars().take(length - 1).chain(['…']).collect(),
        None => text.to_owned(),
    }
}

/// Where in the file a value stands, and where to put what is found there. Values of another kind
/// than expected are passed over.
enum Place<'a> {
    File(&'a mut Found),
    Metadata(&'a mut Found),
    Text(&'a mut String),
}

impl<'de> DeserializeSeed<'de> for Place<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Place<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("anything")
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut map: A) -> Result<(), A::Error> {
        while let Some(key) = map.next_key::<String>()? {
            match self.member(&key) {
                Some(place) => map.next_value_seed(place)?,
                None => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
            if let Place::File(found) = &self
                && found.metadata
                && !found.architecture.is_empty()
            {
                return Err(A::Error::custom("that is all"));
            }
        }
        Ok(())
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<(), E> {
        if let Place::Text(place) = self {
            *place = shortened(one_line(text).trim(), MAX_LENGTH);
        }
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        while list.next_element::<IgnoredAny>()?.is_some() {}
        Ok(())
    }

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E>(self, _: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E>(self, _: f64) -> Result<(), E> {
        Ok(())
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }
}

impl Place<'_> {
    /// The place of what stands here under `key`, if it is wanted.
    fn member(&mut self, key: &str) -> Option<Place<'_>> {
        let text = match self {
            Self::File(found) => match key {
                "metadata" => {
                    found.metadata = true;
                    return Some(Place::Metadata(found));
                }
                "architecture" => &mut found.architecture,
                _ => return None,
            },
            Self::Metadata(found) => match key {
                "name" => &mut found.name,
                "gear_make" => &mut found.gear_make,
                "gear_model" => &mut found.gear_model,
                "gear_type" => &mut found.gear_type,
                "tone_type" => &mut found.tone_type,
                "modeled_by" => &mut found.modeled_by,
                _ => return None,
            },
            Self::Text(_) => return None,
        };
        Some(Place::Text(text))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> String {
        about(text.as_bytes(), "file")
    }

    #[test]
    fn what_a_capture_says_is_one_line() {
        let text = "\u{feff}{\"weights\": [1, 2], \"metadata\": {\"date\": {\"name\": \"no\"}, \
            \"name\": \" Plexi\\n\\u001b[31m \", \"gear_make\": \"Marshall\", \"gear_model\": \"1959\", \
            \"gear_type\": \"amp_cab\", \"tone_type\": \"hi_gain\", \"modeled_by\": \"Zoë\"}, \
            \"config\": {\"architecture\": \"no\"}, \"architecture\": \"WaveNet\"}";
        let expected = "Plexi  [31m, Marshall 1959, amp cab, hi gain, by Zoë, WaveNet";
        assert_eq!(of(text), expected);
        let text = r#"{"architecture": "LSTM", "metadata": {"name": "FILE", "gear_model": "X"}}"#;
        assert_eq!(of(text), "X, LSTM");
    }

    #[test]
    fn odd_values_are_passed_over() {
        for odd in [
            "null",
            "true",
            "-1",
            "1",
            "1.5",
            "[[1], {}]",
            "{\"a\": {}}",
            "\"\"",
        ] {
            let text = format!(
                r#"{{"metadata": {{"name": {odd}, "gear_make": "Vox"}}, "architecture": {odd}}}"#
            );
            assert_eq!(of(&text), "Vox", "{odd}");
            let text = format!(r#"{{"metadata": {odd}, "architecture": "LSTM"}}"#);
            assert_eq!(of(&text), "LSTM", "{odd}");
            assert_eq!(of(odd), "");
        }
        assert_eq!(of(&"{\"metadata\":".repeat(100_000)), "");
        assert_eq!(of(&format!("{{\"a\": {}", "[".repeat(1_000_000))), "");
        // What came before the end of a file that is cut off.
        assert_eq!(of(r#"{"metadata": {"name": "Plexi", "gear"#), "Plexi");
        let long = format!(r#"{{"metadata": {{"name": "{}"}}}}"#, "ä".repeat(1000));
        assert_eq!(of(&long), "ä".repeat(299) + "…");
    }

    #[test]
    fn weights_behind_are_not_read() {
        let text: &[u8] =
            br#"{"metadata": {"name": "Plexi"}, "architecture": "LSTM", "weights": ["#;
        let mut read = 0;
        struct Endless<'a>(&'a mut usize);
        impl Read for Endless<'_> {
            fn read(&mut self, to: &mut [u8]) -> std::io::Result<usize> {
                to.fill(b'1');
                *self.0 += to.len();
                Ok(to.len())
            }
        }
        assert_eq!(about(text.chain(Endless(&mut read)), "file"), "Plexi, LSTM");
        assert!(read < 100_000, "{read}");
    }
}
