//! Finds the audio in a WAV file, whatever the program that wrote it made of the rules, and hands
//! it on behind a header that is beyond doubt.

use std::io::{self, Cursor, Read, Seek, SeekFrom};

use hound::{SampleFormat, WavSpec, WavWriter};

use crate::failure::io_error;

/// The sample rates taken, in Hz. Beyond them lies a broken header rather than a recording.
const RATES: std::ops::RangeInclusive<u32> = 1_000..=1_536_000;

/// What the project reads, for messages about what it does not.
const READABLE: &str = "Gridleak reads 8, 16, 24 and 32-bit PCM and 32 and 64-bit float WAV files";

/// A WAV file put in order.
pub(crate) struct CleanWav {
    /// A plain header, and whole frames as many as it promises.
    pub(crate) stream: Box<dyn Read>,
    /// What its listener should know about the length the original gave.
    pub(crate) remark: Option<&'static str>,
}

/// Puts the WAV file `source` in order.
pub(crate) fn clean(mut source: impl Read + Seek + 'static) -> io::Result<CleanWav> {
    let (mut spec, present, remark) = find_audio(&mut source).map_err(|e| match e.kind() {
        io::ErrorKind::UnexpectedEof => bad("the file ends before its audio begins"),
        _ => e,
    })?;
    // What the file holds decides, never what its header promises: a kilobyte that claims
    // gigabytes costs nothing.
    let frames = present / frame_bytes(spec);
    let mut audio: Box<dyn Read> = Box::new(source.take(frames * frame_bytes(spec)));
    if spec.bits_per_sample == 64 {
        spec.bits_per_sample = 32;
        audio = Box::new(NarrowedFloats {
            wide: audio,
            narrow: [0; 4],
            given: 4,
        });
    }
    let mut header = Cursor::new(Vec::new());
    drop(WavWriter::new(&mut header, spec).map_err(io_error)?);
    let mut header = header.into_inner();
    // A header ends with the length of the audio, of which the writer got none.
    header.truncate(header.len() - 4);
    header.extend(((frames * frame_bytes(spec)) as u32).to_le_bytes());
    Ok(CleanWav {
        stream: Box::new(Cursor::new(header).chain(audio)),
        remark,
    })
}

/// Walks the chunks up to the first byte of audio. Returns what it is, its length in bytes, and
/// a remark about what the header says of that.
fn find_audio(source: &mut (impl Read + Seek)) -> io::Result<(WavSpec, u64, Option<&'static str>)> {
    let length = source.seek(SeekFrom::End(0))?;
    source.rewind()?;
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
    let riff_size = long(&riff, 4);
    let mut position = riff.len() as u64;
    let mut spec = None;
    loop {
        let mut head = [0; 8];
        if length - position < head.len() as u64 {
            return Err(bad("is a WAV file without audio"));
        }
        source.read_exact(&mut head)?;
        position += head.len() as u64;
        let size = long(&head, 4);
        match &head[..4] {
            b"data" => {
                let spec = spec.ok_or_else(|| damaged("its audio comes before its format"))?;
                let left = (length - position).min(u32::MAX.into());
                // A program that died, or that wrote to a pipe, never came back to fill in how
                // long its recording is.
                let unfilled = riff_size + 8 <= position || riff_size == u64::from(u32::MAX);
                if size == 0 && left > 0 && unfilled {
                    let remark = "does not say how long it is; all that is there was played";
                    return Ok((spec, left, Some(remark)));
                }
                let present = size.min(left);
                let cut_short = size > left || present % frame_bytes(spec) != 0;
                let remark = "ends before its header says so; what is there was played";
                return Ok((spec, present, cut_short.then_some(remark)));
            }
            b"fmt " => spec = Some(parse(&peek(source, size.min(26))?)?),
            _ => {}
        }
        position += size;
        if position > length {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        // Relative, so that what is buffered is used: a file may hold very many small chunks.
        source.seek_relative(size as i64)?;
        if size % 2 == 1 && padded(&peek(source, 5)?) {
            source.seek_relative(1)?;
            position += 1;
        }
    }
}

/// Whether a chunk of odd length was followed by a padding byte, which some programs forget, and
/// which others do not make 0.
fn padded(next: &[u8]) -> bool {
    next.first() == Some(&0) || matches!(next.get(1..), Some(b"fmt " | b"data"))
}

/// Up to `bytes` bytes that come next, which stay next.
fn peek(source: &mut (impl Read + Seek), bytes: u64) -> io::Result<Vec<u8>> {
    let mut next = Vec::new();
    source.by_ref().take(bytes).read_to_end(&mut next)?;
    source.seek_relative(-(next.len() as i64))?;
    Ok(next)
}

fn short(bytes: &[u8], at: usize) -> u16 {
    u16::from_le_bytes([bytes[at], bytes[at + 1]])
}

fn long(bytes: &[u8], at: usize) -> u64 {
    u64::from(short(bytes, at)) | u64::from(short(bytes, at + 2)) << 16
}

/// Reads a `fmt ` chunk and finds it consistent.
fn parse(fmt: &[u8]) -> io::Result<WavSpec> {
    if fmt.len() < 16 {
        return Err(damaged("its format is incomplete"));
    }
    let (channels, align, bits) = (short(fmt, 2), short(fmt, 12), short(fmt, 14));
    let rate = long(fmt, 4) as u32;
    let kind = match short(fmt, 0) {
        // WAVE_FORMAT_EXTENSIBLE carries the real kind at the start of a GUID.
        0xFFFE if fmt.len() >= 26 => short(fmt, 24),
        kind => kind,
    };
    let sample_format = match (kind, bits) {
        (1, 8 | 16 | 24 | 32) => SampleFormat::Int,
        (3, 32 | 64) => SampleFormat::Float,
        (1, bits) => return Err(unreadable(&format!("{bits}-bit PCM"))),
        (3, bits) => return Err(unreadable(&format!("{bits}-bit float"))),
        (2 | 0x11, _) => return Err(unreadable("ADPCM-compressed")),
        (6, _) => return Err(unreadable("A-law-compressed")),
        (7, _) => return Err(unreadable("µ-law-compressed")),
        (0x55, _) => return Err(unreadable("MP3-compressed")),
        (kind, _) => return Err(unreadable(&format!("of an unknown kind ({kind:#06x})"))),
    };
    if channels == 0 {
        return Err(damaged("it has no channels"));
    }
    if rate == 0 {
        return Err(damaged("its sample rate is 0 Hz"));
    }
    if !RATES.contains(&rate) {
        let (least, most) = (RATES.start(), RATES.end());
        return Err(bad(format!(
            "has a sample rate of {rate} Hz; Gridleak takes {least} to {most} Hz"
        )));
    }
    let spec = WavSpec {
        channels,
        sample_rate: rate,
        bits_per_sample: bits,
        sample_format,
    };
    if u64::from(align) != frame_bytes(spec) {
        return Err(damaged(&format!(
            "{channels} channels of {bits} bits cannot take {align} bytes"
        )));
    }
    // A header also gives the bytes per second, in 32 bits.
    if rate.checked_mul(align.into()).is_none() {
        return Err(damaged(&format!(
            "it cannot have {channels} channels at {rate} Hz"
        )));
    }
    Ok(spec)
}

/// Bytes that one sample of each channel takes together.
fn frame_bytes(spec: WavSpec) -> u64 {
    u64::from(spec.channels) * u64::from(spec.bits_per_sample / 8)
}

/// 64-bit floats as 32-bit ones, the widest that hound decodes.
struct NarrowedFloats {
    wide: Box<dyn Read>,
    /// The current sample, and how many of its bytes were read.
    narrow: [u8; 4],
    given: usize,
}

impl Read for NarrowedFloats {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.given == self.narrow.len() {
            let mut wide = [0; 8];
            self.wide.read_exact(&mut wide)?;
            self.narrow = (f64::from_le_bytes(wide) as f32).to_le_bytes();
            self.given = 0;
        }
        let count = (&self.narrow[self.given..]).read(buffer)?;
        self.given += count;
        Ok(count)
    }
}

fn bad(what: impl Into<String>) -> io::Error {
    io::Error::other(what.into())
}

fn damaged(how: &str) -> io::Error {
    bad(format!("is a damaged WAV file: {how}"))
}

fn unreadable(what: &str) -> io::Error {
    bad(format!("is {what}; {READABLE}: convert it first"))
}
