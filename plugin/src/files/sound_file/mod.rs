//! Sound files, read a piece at a time: WAV, AIFF and FLAC.
//!
//! What the file holds decides, never what its header promises: a kilobyte that claims gigabytes costs
//! nothing.

mod aiff;
mod bytes;
mod chunks;
mod flac;
mod pcm;
#[cfg(test)]
mod tests;
mod wav;

use std::io::{self, BufReader, Cursor, Read};
use std::path::{Path, PathBuf};

use gridleak_core::{FileKind, ordinary_file};

use crate::files::failure::{Failure, Result, plain};
use bytes::{About, Bytes, Decoder, READABLE, bad};

/// An open sound file, positioned in its audio.
pub(crate) struct SoundFile {
    about: About,
    decoder: Box<dyn Decoder>,
    name: PathBuf,
    /// Frames read so far.
    read: u64,
}

impl SoundFile {
    /// Opens the file at `path` and reads its header.
    pub(crate) fn open(path: &Path) -> Result<Self> {
        let (file, _) = ordinary_file::open(path).map_err(|e| {
            let remedy = match e.kind() {
                io::ErrorKind::PermissionDenied => "change that, or copy it to a folder of yours",
                _ => "name a WAV, AIFF or FLAC file",
            };
            Failure::at(path, format_args!("{}; {remedy}", plain(&e)))
        })?;
        Self::new(path, BufReader::with_capacity(1 << 16, file))
    }

    /// Reads a sound file that is part of the program.
    pub(crate) fn from_bytes(name: &str, bytes: &'static [u8]) -> Result<Self> {
        Self::new(Path::new(name), Cursor::new(bytes))
    }

    /// Reads a sound file from `source`; `name` is what messages call it.
    pub(crate) fn new(name: &Path, source: impl Bytes + 'static) -> Result<Self> {
        let (about, decoder) = decoder(Box::new(source)).map_err(|e| {
            Failure::at(
                name,
                match e.kind() {
                    io::ErrorKind::UnexpectedEof => {
                        "the file ends before its audio begins; download or export it again".into()
                    }
                    _ => plain(&e),
                },
            )
        })?;
        Ok(Self {
            about,
            decoder,
            name: name.to_owned(),
            read: 0,
        })
    }

    /// Number of channels, at least one.
    pub(crate) fn channels(&self) -> usize {
        self.about.channels
    }

    /// Sample rate in Hz.
    pub(crate) fn rate(&self) -> u32 {
        self.about.rate
    }

    /// Length in frames.
    pub(crate) fn frames(&self) -> u64 {
        self.about.frames
    }

    /// What is worth knowing about the file although it plays.
    pub(crate) fn remark(&self) -> Option<&'static str> {
        self.about.remark
    }

    /// Appends up to `frames` frames to `output`, which has a vector per channel, and returns
    /// how many: 0 at the end.
    ///
    /// # Errors
    /// In words, if the file is damaged. Values that are no numbers are damage: one of them would
    /// silence a recurrent capture for good.
    pub(crate) fn read(&mut self, frames: usize, output: &mut [Vec<f32>]) -> Result<usize> {
        let before = output.first().map_or(0, Vec::len);
        let read = self.decoder.read(frames, output).map_err(|e| {
            let reason = format!("cannot be read: {}", plain(&e));
            Failure::at(&self.name, reason)
        })?;
        let wrong = output
            .iter()
            .filter_map(|channel| channel[before..].iter().position(|s| !s.is_finite()));
        if let Some(frame) = wrong.min() {
            let seconds = (self.read + frame as u64) as f64 / f64::from(self.rate());
            return Err(Failure::at(
                &self.name,
                format_args!(
                    "is damaged: it holds values that are no numbers, the first at {seconds:.2} s; download or export it again"
                ),
            ));
        }
        self.read += read as u64;
        Ok(read)
    }
}

/// Finds out what kind of file this is, and where its audio begins.
fn decoder(mut source: Box<dyn Bytes>) -> io::Result<(About, Box<dyn Decoder>)> {
    let start = beginning(&mut *source)?;
    let kind = start.get(8..12).unwrap_or_default();
    match (start.get(..4).unwrap_or_default(), kind) {
        (b"RIFF", b"WAVE") | (b"RF64" | b"BW64", _) => wav::open(source),
        (b"FORM", b"AIFF" | b"AIFC") => aiff::open(source, kind == b"AIFC"),
        (b"fLaC", _) => flac::open(source),
        _ => Err(bad(foreign(&start))),
    }
}

/// So many bytes tell what a file is.
const BEGINNING: u64 = 4096;

/// The first bytes of a file, behind a tag of the kind that some programs put before everything; they
/// stay next.
fn beginning(source: &mut dyn Bytes) -> io::Result<Vec<u8>> {
    let mut peek = |at: u64| -> io::Result<Vec<u8>> {
        source.seek(io::SeekFrom::Start(at))?;
        let mut start = Vec::new();
        Read::take(&mut *source, BEGINNING).read_to_end(&mut start)?;
        source.seek(io::SeekFrom::Start(at))?;
        Ok(start)
    };
    let start = peek(0)?;
    if start.starts_with(b"ID3") && start.len() >= 10 {
        let size = start[6..10]
            .iter()
            .fold(0, |size, byte| size << 7 | u64::from(byte & 127));
        let behind = peek(10 + size)?;
        if behind.starts_with(b"fLaC") {
            return Ok(behind);
        }
    }
    Ok(start)
}

/// What a file is that begins so, if it is none of ours.
fn foreign(start: &[u8]) -> String {
    let lossy = |name: &str| {
        format!(
            "is {name}, which leaves a part of the sound out; {READABLE}: export the original as one of these"
        )
    };
    let other = |name: &str| format!("is {name}; {READABLE}: convert it first");
    let has = |word: &[u8]| start.windows(word.len()).any(|window| window == word);
    match start {
        [b'I', b'D', b'3', ..] | [0xFF, 0xE2..=0xE7 | 0xF2..=0xF7 | 0xFA | 0xFB, ..] => {
            lossy("an MP3 file")
        }
        [0xFF, 0xF0 | 0xF1 | 0xF8 | 0xF9, ..] => lossy("an AAC file"),
        [b'O', b'g', b'g', b'S', ..] if has(b"\x7fFLAC") => other("FLAC in an Ogg file"),
        [b'O', b'g', b'g', b'S', ..] => lossy("an Ogg file (Vorbis or Opus)"),
        [_, _, _, _, b'f', b't', b'y', b'p', ..] => lossy("an M4A or MP4 file"),
        [0x30, 0x26, 0xB2, 0x75, ..] => lossy("a WMA file"),
        [b'c', b'a', b'f', b'f', ..] => other("a CAF file"),
        [b'w', b'v', b'p', b'k', ..] => other("a WavPack file"),
        [b'M', b'A', b'C', b' ', ..] => other("a Monkey's Audio file"),
        [b'r', b'i', b'f', b'f', ..] => other("a Wave64 file"),
        [] => "is empty; download or export it again".into(),
        _ => match FileKind::of_bytes(start) {
            Some(kind) => format!("is {}; {}", kind.what, kind.remedy_for_sound()),
            None if start.trim_ascii_start().starts_with(b"{")
                && (has(b"\"architecture\"") || has(b"\"version\"")) =>
            {
                "is a .nam capture; load it as the capture".into()
            }
            None => format!("is not a sound file; {READABLE}: pick one of these"),
        },
    }
}
