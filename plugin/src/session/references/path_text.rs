//! Paths as text, so that any of them can stand in JSON.
//!
//! Nearly every path is UTF-8 and stands there as it is. On Unix a path may hold other bytes; each
//! of them becomes a NUL, which no path can contain, and its value in two hexadecimal digits.
//! Elsewhere a path that is no Unicode loses the characters that are none.

use std::path::{Path, PathBuf};

/// The text for `path`.
#[cfg(unix)]
pub(crate) fn encode(path: &Path) -> String {
    use std::fmt::Write;
    use std::os::unix::ffi::OsStrExt;

    let mut text = String::new();
    for chunk in path.as_os_str().as_bytes().utf8_chunks() {
        text.push_str(&chunk.valid().replace('\0', "\x0000"));
        for byte in chunk.invalid() {
            write!(text, "\0{byte:02x}").expect("a string takes all text");
        }
    }
    text
}

/// The path that `text` stands for; None if [`encode`] writes no such text.
#[cfg(unix)]
pub(crate) fn decode(text: &str) -> Option<PathBuf> {
    use std::os::unix::ffi::OsStringExt;

    let mut parts = text.split('\0');
    let mut bytes = parts.next()?.as_bytes().to_vec();
    for part in parts {
        let (digits, rest) = part.split_at_checked(2)?;
        if !digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
            return None;
        }
        bytes.push(u8::from_str_radix(digits, 16).ok()?);
        bytes.extend_from_slice(rest.as_bytes());
    }
    let path = PathBuf::from(std::ffi::OsString::from_vec(bytes));
    // Another spelling of the same path would not survive the next save.
    (encode(&path) == text).then_some(path)
}

/// The text for `path`.
#[cfg(not(unix))]
pub(crate) fn encode(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}

/// The path that `text` stands for; one with a NUL in it is kept for the Unix it came from.
#[cfg(not(unix))]
pub(crate) fn decode(text: &str) -> Option<PathBuf> {
    Some(PathBuf::from(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ordinary_paths_are_readable() {
        for text in [
            "/home/Zoë/Ämps/100% \"hot\".nam",
            "C:\\Amps\\a.nam",
            "",
            "/",
        ] {
            assert_eq!(encode(Path::new(text)), text);
            assert_eq!(decode(text), Some(text.into()));
        }
    }

    #[cfg(unix)]
    #[test]
    fn every_byte_survives() {
        use std::ffi::OsString;
        use std::os::unix::ffi::OsStringExt;

        let all: Vec<u8> = (0..=255).chain((0..=255).rev()).collect();
        for bytes in [
            &all[..],
            b"/a/\xff.nam",
            b"\xc3",
            b"\xc3\xa4\xe4",
            b"\0",
            b"\x0041",
        ] {
            let path = PathBuf::from(OsString::from_vec(bytes.to_vec()));
            assert_eq!(decode(&encode(&path)), Some(path));
        }
        let path = PathBuf::from(OsString::from_vec(b"/\xe4.nam".into()));
        assert_eq!(encode(&path), "/\0e4.nam");
    }

    #[cfg(unix)]
    #[test]
    fn other_spellings_are_refused() {
        for text in [
            "\0", "/a\0", "\0f", "\0zz", "\0+f", "\0é", "\x0041", "\0FF", "\0c3\0a4", "a\0\0ff",
        ] {
            assert_eq!(decode(text), None, "{text:?}");
        }
    }
}
