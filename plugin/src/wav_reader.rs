//! WAV files, read a piece at a time.

use std::fs::File;
use std::io::{self, BufReader, Read};
use std::path::{Path, PathBuf};

use crate::failure::{Failure, Result, plain};

/// The sample rates taken, in Hz. Beyond them lies a broken header rather than a recording.
const RATES: std::ops::RangeInclusive<u32> = 1_000..=1_536_000;

/// What the project reads, for messages about what it does not.
const READABLE: &str = "Gridleak reads 16, 24 and 32-bit PCM and 32-bit float WAV files";

/// How a sample lies in the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Encoding {
    Pcm16,
    Pcm24,
    Pcm32,
    Float32,
}

impl Encoding {
    fn bytes(self) -> usize {
        match self {
            Self::Pcm16 => 2,
            Self::Pcm24 => 3,
            Self::Pcm32 | Self::Float32 => 4,
        }
    }

    fn decode(self, b: &[u8]) -> f32 {
        match self {
            Self::Pcm16 => f32::from(i16::from_le_bytes([b[0], b[1]])) / 32_768.0,
            // Shifted to the top of an i32, three bytes keep their sign.
            Self::Pcm24 => i32::from_le_bytes([0, b[0], b[1], b[2]]) as f32 / 2_147_483_648.0,
            Self::Pcm32 => i32::from_le_bytes([b[0], b[1], b[2], b[3]]) as f32 / 2_147_483_648.0,
            Self::Float32 => f32::from_le_bytes([b[0], b[1], b[2], b[3]]),
        }
    }
}

/// The part of a WAV header that matters here.
#[derive(Debug, Clone, Copy)]
struct Format {
    encoding: Encoding,
    channels: usize,
    rate: u32,
}

/// An open WAV file, positioned in its audio.
pub(crate) struct WavReader {
    source: Box<dyn Read>,
    name: PathBuf,
    format: Format,
    frames: u64,
    frames_left: u64,
    cut_short: bool,
    replaced: u64,
    bytes: Vec<u8>,
}

impl WavReader {
    /// Opens the file at `path` and reads its header.
    pub(crate) fn open(path: &Path) -> Result<Self> {
        let failed = |e: io::Error| Failure::at(path, plain(&e));
        let about = std::fs::metadata(path).map_err(failed)?;
        if !about.is_file() {
            let what = if about.is_dir() {
                "is a folder"
            } else {
                "is not an ordinary file"
            };
            return Err(Failure::at(
                path,
                format_args!("{what}; name a WAV file to play"),
            ));
        }
        let file = File::open(path).map_err(failed)?;
        Self::new(
            path,
            Box::new(BufReader::with_capacity(1 << 16, file)),
            about.len(),
        )
    }

    /// Reads a WAV file that is part of the program.
    pub(crate) fn from_bytes(name: &str, bytes: &'static [u8]) -> Result<Self> {
        Self::new(Path::new(name), Box::new(bytes), bytes.len() as u64)
    }

    fn new(name: &Path, mut source: Box<dyn Read>, length: u64) -> Result<Self> {
        let (format, promised, present) = find_audio(&mut source, length).map_err(|e| match e {
            HeaderError::Io(e) => Failure::at(name, plain(&e)),
            HeaderError::Bad(what) => Failure::at(name, what),
        })?;
        let frame = (format.channels * format.encoding.bytes()) as u64;
        // What the file holds decides, never what its header promises: a kilobyte that claims
        // gigabytes costs nothing.
        let frames = present / frame;
        Ok(Self {
            source,
            name: name.to_owned(),
            format,
            frames,
            frames_left: frames,
            cut_short: promised > present || present % frame != 0,
            replaced: 0,
            bytes: Vec::new(),
        })
    }

    /// Number of channels, at least one.
    pub(crate) fn channels(&self) -> usize {
        self.format.channels
    }

    /// Sample rate in Hz.
    pub(crate) fn rate(&self) -> u32 {
        self.format.rate
    }

    /// Length in frames.
    pub(crate) fn frames(&self) -> u64 {
        self.frames
    }

    /// Whether the file ends before its header says so.
    pub(crate) fn cut_short(&self) -> bool {
        self.cut_short
    }

    /// How many samples read so far were no numbers (NaN, infinite) and became silence.
    pub(crate) fn replaced(&self) -> u64 {
        self.replaced
    }

    /// Appends up to `frames` frames to `output`, which has a vector per channel, and returns
    /// how many: 0 at the end.
    pub(crate) fn read(&mut self, frames: usize, output: &mut [Vec<f32>]) -> Result<usize> {
        let frames = self.frames_left.min(frames as u64) as usize;
        let Format {
            encoding, channels, ..
        } = self.format;
        let size = encoding.bytes();
        self.bytes.resize(frames * channels * size, 0);
        self.source
            .read_exact(&mut self.bytes)
            .map_err(|e| Failure::at(&self.name, format_args!("cannot be read: {}", plain(&e))))?;
        self.frames_left -= frames as u64;
        for frame in self.bytes.chunks_exact(channels * size) {
            for (sample, channel) in frame.chunks_exact(size).zip(output.iter_mut()) {
                let value = encoding.decode(sample);
                // One such sample would silence a recurrent capture for good.
                self.replaced += u64::from(!value.is_finite());
                channel.push(if value.is_finite() { value } else { 0.0 });
            }
        }
        Ok(frames)
    }
}

enum HeaderError {
    Io(io::Error),
    Bad(String),
}

impl From<io::Error> for HeaderError {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::UnexpectedEof => bad("the file ends before its audio begins"),
            _ => Self::Io(error),
        }
    }
}

fn bad(what: impl Into<String>) -> HeaderError {
    HeaderError::Bad(what.into())
}

/// Walks the chunks of a WAV file of `length` bytes up to its audio. Returns the format and the
/// bytes of audio the header promises and the file holds.
fn find_audio(
    source: &mut dyn Read,
    length: u64,
) -> std::result::Result<(Format, u64, u64), HeaderError> {
    let mut riff = [0; 12];
    if length < riff.len() as u64 {
        return Err(bad("is not a WAV file"));
    }
    source.read_exact(&mut riff)?;
    match (&riff[..4], &riff[8..]) {
        (b"RIFF", b"WAVE") => {}
        (b"RF64" | b"BW64", _) => {
            return Err(bad(
                "is a WAV file of the large kind (RF64); save it as an ordinary WAV",
            ));
        }
        _ => return Err(bad(format!("is not a WAV file; {READABLE}"))),
    }
    let mut position = riff.len() as u64;
    let mut format = None;
    // The first byte of the next chunk where a writer forgot the padding after an odd one.
    let mut unpadded = None;
    loop {
        let mut head = [0; 8];
        let known = match unpadded.take() {
            Some(byte) => {
                head[0] = byte;
                1
            }
            None => 0,
        };
        if length.saturating_sub(position) < (head.len() - known) as u64 {
            return Err(bad("is a WAV file without audio"));
        }
        source.read_exact(&mut head[known..])?;
        position += (head.len() - known) as u64;
        let size = u64::from(u32::from_le_bytes([head[4], head[5], head[6], head[7]]));
        match &head[..4] {
            b"data" => {
                let format = format.ok_or_else(|| {
                    bad("is a damaged WAV file: its audio comes before its format")
                })?;
                return Ok((format, size, size.min(length - position)));
            }
            b"fmt " => {
                let mut fmt = Vec::new();
                source.take(size.min(40)).read_to_end(&mut fmt)?;
                format = Some(parse_format(&fmt)?);
                skip(source, size - fmt.len() as u64)?;
            }
            _ => skip(source, size)?,
        }
        position += size;
        if size % 2 == 1 && position < length {
            let mut padding = [0];
            source.read_exact(&mut padding)?;
            position += 1;
            unpadded = (padding[0] != 0).then_some(padding[0]);
        }
    }
}

fn skip(source: &mut dyn Read, bytes: u64) -> io::Result<()> {
    match io::copy(&mut source.take(bytes), &mut io::sink())? {
        skipped if skipped == bytes => Ok(()),
        _ => Err(io::ErrorKind::UnexpectedEof.into()),
    }
}

fn parse_format(fmt: &[u8]) -> std::result::Result<Format, HeaderError> {
    if fmt.len() < 16 {
        return Err(bad("is a damaged WAV file: its format is incomplete"));
    }
    let short = |at: usize| u16::from_le_bytes([fmt[at], fmt[at + 1]]);
    let channels = usize::from(short(2));
    let rate = u32::from_le_bytes([fmt[4], fmt[5], fmt[6], fmt[7]]);
    let align = usize::from(short(12));
    let bits = short(14);
    // WAVE_FORMAT_EXTENSIBLE carries the real kind at the start of a GUID.
    let kind = match short(0) {
        0xFFFE if fmt.len() >= 26 => short(24),
        kind => kind,
    };
    let encoding = match (kind, bits) {
        (1, 16) => Encoding::Pcm16,
        (1, 24) => Encoding::Pcm24,
        (1, 32) => Encoding::Pcm32,
        (3, 32) => Encoding::Float32,
        (1, bits) => return Err(unreadable(&format!("{bits}-bit PCM"))),
        (3, bits) => return Err(unreadable(&format!("{bits}-bit float"))),
        (2 | 0x11, _) => return Err(unreadable("ADPCM-compressed")),
        (6, _) => return Err(unreadable("A-law-compressed")),
        (7, _) => return Err(unreadable("µ-law-compressed")),
        (0x55, _) => return Err(unreadable("MP3-compressed")),
        (kind, _) => return Err(unreadable(&format!("of an unknown kind ({kind:#06x})"))),
    };
    if channels == 0 {
        return Err(bad("is a damaged WAV file: it has no channels"));
    }
    if rate == 0 {
        return Err(bad("is a damaged WAV file: its sample rate is 0 Hz"));
    }
    if !RATES.contains(&rate) {
        return Err(bad(format!(
            "has a sample rate of {rate} Hz; Gridleak takes {} to {} Hz",
            RATES.start(),
            RATES.end()
        )));
    }
    if align != channels * encoding.bytes() {
        return Err(bad(format!(
            "is a damaged WAV file: {channels} channels of {bits} bits cannot take {align} bytes"
        )));
    }
    Ok(Format {
        encoding,
        channels,
        rate,
    })
}

fn unreadable(what: &str) -> HeaderError {
    bad(format!("is {what}; {READABLE}: convert it first"))
}
