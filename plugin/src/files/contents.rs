//! The bytes of the file of a capture or an impulse response, and the hash it is recognised by.

use std::fmt;
use std::io::{self, ErrorKind, Read};
use std::path::Path;

use gridleak_core::{MAX_FILE_BYTES, ordinary_file};
use sha2::{Digest, Sha256};

use crate::files::endings;
use crate::files::failure::{Failure, Result, plain};

/// The SHA-256 of a file's bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ContentHash([u8; 32]);

/// So many bytes are read before anybody is asked whether they are still wanted.
const PIECE: u64 = 1 << 18;

impl ContentHash {
    pub(crate) fn of(bytes: &[u8]) -> Self {
        Self(Sha256::digest(bytes).into())
    }

    /// Reads 64 hexadecimal digits; None if `text` is anything else.
    pub(crate) fn from_hex(text: &str) -> Option<Self> {
        let digits = text.as_bytes();
        if digits.len() != 64 {
            return None;
        }
        let value = |digit: u8| char::from(digit).to_digit(16);
        let mut hash = [0; 32];
        for (byte, pair) in hash.iter_mut().zip(digits.chunks_exact(2)) {
            *byte = (value(pair[0])? * 16 + value(pair[1])?) as u8;
        }
        Some(Self(hash))
    }
}

impl fmt::Display for ContentHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// What a file holds, read once: the hash is that of these very bytes.
#[derive(Debug, PartialEq)]
pub(crate) struct Contents {
    /// The file.
    pub(crate) bytes: Vec<u8>,
    /// Its hash.
    pub(crate) hash: ContentHash,
}

impl Contents {
    #[cfg(test)]
    pub(crate) fn new(bytes: Vec<u8>) -> Self {
        Self::collect(&*bytes, bytes.len(), u64::MAX, &|| false).expect("memory can be read")
    }

    /// Reads `source` to its end, in pieces; `room`: how many bytes are expected.
    ///
    /// # Errors
    /// [`ErrorKind::FileTooLarge`] if there are more than `most` bytes, and any other if `cancelled`.
    pub(crate) fn collect(
        mut source: impl Read,
        room: usize,
        most: u64,
        cancelled: &dyn Fn() -> bool,
    ) -> io::Result<Self> {
        let mut bytes = Vec::with_capacity(room);
        let mut hash = Sha256::new();
        loop {
            if cancelled() {
                return Err(io::Error::other("it is no longer wanted"));
            }
            let start = bytes.len();
            let read = source.by_ref().take(PIECE).read_to_end(&mut bytes)?;
            hash.update(&bytes[start..]);
            if bytes.len() as u64 > most {
                return Err(ErrorKind::FileTooLarge.into());
            }
            if read == 0 {
                let hash = ContentHash(hash.finalize().into());
                return Ok(Self { bytes, hash });
            }
        }
    }

    /// Reads the file at `path`, until `cancelled`. Refused before memory is taken or anything is
    /// opened: what is longer than is read of captures and impulse responses, empty, or not an ordinary file (opening a pipe
    /// would wait for somebody to write into it).
    pub(crate) fn read(path: &Path, cancelled: &dyn Fn() -> bool) -> Result<Self> {
        let failed = |e: io::Error| Failure::at(path, plain(&e));
        let (file, about) = ordinary_file::open(path).map_err(failed)?;
        if about.len() == 0 {
            return Err(Failure::at(path, "is empty"));
        }
        let too_long = || {
            let most = MAX_FILE_BYTES >> 20;
            Failure::at(
                path,
                match endings::is_among(path, endings::SOUNDS) {
                    true => format!(
                        "is too long for an impulse response (at most {most} MB; a few seconds are enough)"
                    ),
                    false => format!("is too long for a capture (at most {most} MB)"),
                },
            )
        };
        if about.len() > MAX_FILE_BYTES {
            return Err(too_long());
        }
        // It may grow meanwhile.
        let room = about.len() as usize;
        Self::collect(file, room, MAX_FILE_BYTES, cancelled).map_err(|error| match error.kind() {
            ErrorKind::FileTooLarge => too_long(),
            _ => failed(error),
        })
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use std::fs::{self, File};

    use super::*;

    #[test]
    fn the_hash_is_sha_256() {
        let contents = Contents::new(b"abc".into());
        let hex = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(contents.hash.to_string(), hex);
        assert_eq!(ContentHash::from_hex(hex), Some(contents.hash));
        assert_eq!(
            ContentHash::from_hex(&hex.to_uppercase()),
            Some(contents.hash)
        );
        for wrong in [
            "",
            &hex[1..],
            &format!("{hex}0"),
            &hex.replace('b', "g"),
            &"é".repeat(32),
        ] {
            assert_eq!(ContentHash::from_hex(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn only_files_as_long_as_a_capture_are_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.nam");
        let refusal = |path: &Path| Contents::read(path, &|| false).unwrap_err().to_string();
        assert!(refusal(&path).ends_with("there is no such file"));
        assert!(refusal(folder.path()).ends_with("is a folder"));
        fs::write(&path, "").unwrap();
        assert!(refusal(&path).ends_with("is empty"));
        // Sparse: takes no room on the disk, and must take none in memory.
        let file = File::create(&path).unwrap();
        for length in [MAX_FILE_BYTES + 1, 1 << 40] {
            file.set_len(length).unwrap();
            assert!(refusal(&path).ends_with("is too long for a capture (at most 32 MB)"));
        }
        let sound = folder.path().join("a.WAV");
        File::create(&sound)
            .and_then(|file| file.set_len(1 << 40))
            .unwrap();
        assert!(refusal(&sound).contains("is too long for an impulse response (at most 32 MB"));
        file.set_len(MAX_FILE_BYTES).unwrap();
        assert_eq!(
            Contents::read(&path, &|| false).unwrap().bytes.len() as u64,
            MAX_FILE_BYTES
        );
    }

    #[test]
    fn reading_ends_when_nobody_wants_it() {
        let asked = std::cell::Cell::new(0);
        let cancelled = || {
            asked.set(asked.get() + 1);
            asked.get() == 4
        };
        let read = Contents::collect(io::repeat(0), 0, u64::MAX, &cancelled);
        assert!(read.is_err(), "of what has no end");
        assert_eq!(asked.get(), 4);
        let read = Contents::collect(io::repeat(0), 0, 1000, &|| false);
        assert_eq!(read.unwrap_err().kind(), ErrorKind::FileTooLarge);
    }

    #[cfg(unix)]
    #[test]
    fn special_files_do_not_block() {
        let folder = tempfile::tempdir().unwrap();
        let pipe = make_pipe(&folder.path().join("pipe.nam"));
        for path in [
            pipe.as_path(),
            Path::new("/dev/zero"),
            Path::new("/dev/tty"),
        ] {
            let refusal = Contents::read(path, &|| false).unwrap_err().to_string();
            assert!(
                refusal.ends_with("is a device or a pipe, not a file"),
                "{refusal}"
            );
        }
    }

    #[cfg(unix)]
    pub(crate) fn make_pipe(path: &Path) -> std::path::PathBuf {
        let made = std::process::Command::new("mkfifo").arg(path).status();
        assert!(made.unwrap().success());
        path.to_owned()
    }
}
