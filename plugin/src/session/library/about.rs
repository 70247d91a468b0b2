//! What a capture says of itself, in one line, without reading its weights; or that it is none.

use std::fmt;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use gridleak_core::{MAX_FILE_BYTES, decode_text, is_utf16, ordinary_file};
use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::listing::Kind;
use crate::files::failure::one_line;

/// A line is not longer, in characters.
const MAX_LENGTH: usize = 300;

/// What stands there for a file that cannot be played, as far as that is seen without reading it all.
const NO_CAPTURE: &str = "Not a capture";
const CUT_OFF: &str = "Damaged: the file is cut off";
const NO_SOUND: &str = "Not a sound file";

/// What the file at `path` says of itself, in one line, or that it is none of its kind; empty if it says
/// nothing. Reads no more of it than it must, for most files their beginning, and no more when `quit` is
/// set.
pub(super) fn about_file(path: &Path, kind: Kind, quit: &AtomicBool) -> String {
    if kind == Kind::Response {
        let file = ordinary_file::open(path);
        return file.map_or_else(|_| String::new(), |(file, _)| about_sound(file));
    }
    let name = path.file_stem().unwrap_or_default().to_string_lossy();
    match ordinary_file::open(path) {
        Ok((file, found)) if found.len() <= MAX_FILE_BYTES => about(Until { file, quit }, &name),
        _ => String::new(),
    }
}

/// Nothing, unless it begins as no sound file does.
fn about_sound(file: impl Read) -> String {
    let mut start = Vec::new();
    let read = file.take(4).read_to_end(&mut start);
    let begins = [b"RIFF", b"RF64", b"BW64", b"FORM", b"fLaC"];
    // An MP3 tag may stand before any of them.
    let known = start.starts_with(b"ID3") || begins.iter().any(|begin| start == **begin);
    if known || read.is_err() {
        String::new()
    } else {
        NO_SOUND.into()
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
    let mut found = RawMetadata::default();
    let place = FieldSeed::File(&mut found);
    let start = bytes.fill_buf().unwrap_or_default();
    // It ends with an error as soon as all is found.
    let read = if is_utf16(start) {
        // Few files are; these are read to their end.
        let mut all = Vec::new();
        let text = bytes
            .read_to_end(&mut all)
            .ok()
            .and_then(|_| decode_text(&all));
        let Some(text) = text else {
            return NO_CAPTURE.into();
        };
        place.deserialize(&mut serde_json::Deserializer::from_str(&text))
    } else {
        let mark = b"\xEF\xBB\xBF";
        if start.starts_with(mark) {
            bytes.consume(mark.len());
        }
        let start = bytes.fill_buf().unwrap_or_default();
        if start.iter().find(|byte| !byte.is_ascii_whitespace()) != Some(&b'{') {
            return NO_CAPTURE.into();
        }
        place.deserialize(&mut serde_json::Deserializer::from_reader(bytes))
    };
    let trouble = match read {
        Ok(()) if found.architecture.is_empty() => NO_CAPTURE,
        Err(error) if error.is_eof() => CUT_OFF,
        // Of a mistake in between, only who reads it all can know what it means.
        _ => "",
    };
    let line = found.line(name);
    let parts = [trouble, &line].into_iter().filter(|part| !part.is_empty());
    shortened(&parts.collect::<Vec<_>>().join(", "), MAX_LENGTH)
}

/// What was found, as it stands in the file.
#[derive(Default)]
struct RawMetadata {
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

impl RawMetadata {
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
enum FieldSeed<'a> {
    File(&'a mut RawMetadata),
    Metadata(&'a mut RawMetadata),
    Text(&'a mut String),
}

impl<'de> DeserializeSeed<'de> for FieldSeed<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for FieldSeed<'_> {
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
            if let FieldSeed::File(found) = &self
                && found.metadata
                && !found.architecture.is_empty()
            {
                return Err(A::Error::custom("that is all"));
            }
        }
        Ok(())
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<(), E> {
        if let FieldSeed::Text(place) = self {
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

impl FieldSeed<'_> {
    /// The place of what stands here under `key`, if it is wanted.
    fn member(&mut self, key: &str) -> Option<FieldSeed<'_>> {
        let text = match self {
            Self::File(found) => match key {
                "metadata" => {
                    found.metadata = true;
                    return Some(FieldSeed::Metadata(found));
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
        Some(FieldSeed::Text(text))
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
        let wide: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        assert_eq!(about(&wide[..], "file"), expected);
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
            assert_eq!(of(&text), "Not a capture, Vox", "{odd}");
            let text = format!(r#"{{"metadata": {odd}, "architecture": "LSTM"}}"#);
            assert_eq!(of(&text), "LSTM", "{odd}");
            assert_eq!(of(odd), NO_CAPTURE);
        }
        assert_eq!(of(&"{\"metadata\":".repeat(100_000)), CUT_OFF);
        assert_eq!(of(&format!("{{\"a\": {}", "[".repeat(1_000_000))), CUT_OFF);
        let long = "ä".repeat(1000);
        let long = format!(r#"{{"architecture": "LSTM", "metadata": {{"name": "{long}"}}}}"#);
        assert_eq!(of(&long), "ä".repeat(299) + "…");
    }

    #[test]
    fn what_is_no_capture_does_not_look_like_one() {
        for text in [
            "",
            " \n",
            "<!DOCTYPE html>",
            "PK\u{3}\u{4}",
            "version https://git-lfs.github.com/spec/v1",
            "[]",
            r#"{"in_shape": [null, null, 1], "layers": []}"#,
        ] {
            assert_eq!(of(text), NO_CAPTURE, "{text}");
        }
        let cut = r#"{"metadata": {"name": "Plexi", "gear"#;
        assert_eq!(of(cut), "Damaged: the file is cut off, Plexi");
        for (text, wanted) in [
            ("RIFF....WAVE", ""),
            ("fLaC", ""),
            ("hello", NO_SOUND),
            ("", NO_SOUND),
        ] {
            assert_eq!(about_sound(text.as_bytes()), wanted);
        }
        // What may still play is not judged.
        let odd = r#"{"weights": [NaN], "architecture": "LSTM"}"#;
        assert_eq!(of(odd), "");
        let wide: Vec<u8> = "\u{feff}{}"
            .encode_utf16()
            .flat_map(u16::to_le_bytes)
            .collect();
        assert_eq!(about(&wide[..], "file"), NO_CAPTURE);
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
