//! WAV files, whatever the programs that wrote them made of the rules.

use std::io::{self, Read, SeekFrom};

use super::bytes::{
    About, Bytes, CUT_SHORT, Decoder, LENGTH_UNKNOWN, bad, check_rate, damaged, unreadable,
};
use super::chunks::Chunks;
use super::pcm::{self, Encoding, Layout};

/// A length that says that it is told elsewhere, or nowhere.
const NO_LENGTH: u64 = u32::MAX as u64;

/// Bytes at a time of a file that is looked through.
const LOOK: u64 = 1 << 16;

/// Finds the audio.
pub(super) fn open(mut source: Box<dyn Bytes>) -> io::Result<(About, Box<dyn Decoder>)> {
    let (format, start, bytes, remark) = find_audio(&mut *source)?;
    source.seek(SeekFrom::Start(start))?;
    let layout = format.layout(&mut *source, bytes)?;
    source.seek(SeekFrom::Start(start))?;
    Ok(pcm::open(source, layout, bytes, remark))
}

/// Walks the chunks up to the audio. Returns what it is, where it begins, its length in bytes, and a
/// remark about what the header says of that.
fn find_audio(source: &mut dyn Bytes) -> io::Result<(Format, u64, u64, Option<&'static str>)> {
    let (mut chunks, whole) = Chunks::new(source, false)?;
    let mut format = None;
    // Of files of the large kind, whose lengths have more bits.
    let mut large = None;
    while let Some(chunk) = chunks.next()? {
        match &chunk.name {
            b"data" => {
                let format: Format =
                    format.ok_or_else(|| damaged("WAV", "its audio comes before its format"))?;
                let (start, left) = (chunks.position, chunks.left());
                let size = match large {
                    Some(large) if chunk.size == NO_LENGTH => large,
                    _ => chunk.size,
                };
                // A program that died, or that wrote to a pipe, never came back to fill in how
                // long its recording is.
                let unfilled = whole + 8 <= start || whole == NO_LENGTH && large.is_none();
                let nothing_said = size == NO_LENGTH && large.is_none()
                    || size == 0 && left > 0 && (unfilled || !chunks.only_chunks_follow()?);
                if nothing_said {
                    return Ok((format, start, left, Some(LENGTH_UNKNOWN)));
                }
                let present = size.min(left);
                let cut_short = size > left || present % format.frame_bytes() != 0;
                return Ok((format, start, present, cut_short.then_some(CUT_SHORT)));
            }
            b"ds64" if chunk.size >= 16 => {
                let lengths = chunks.peek(16)?;
                if let Some(bytes) = lengths.get(8..16).and_then(|b| b.try_into().ok()) {
                    large = Some(u64::from_le_bytes(bytes));
                }
            }
            b"fmt " => format = Some(Format::parse(&chunks.peek(chunk.size.min(26))?)?),
            _ => {}
        }
        chunks.skip(&chunk)?;
    }
    Err(bad("is a WAV file without audio"))
}

/// What a `fmt ` chunk says.
#[derive(Clone, Copy)]
struct Format {
    layout: Layout,
    /// Bits of a sample that are used; the others are at the lower end of its bytes, by the rules.
    bits: u32,
    /// Whether it says more than the first WAV files did, and knows about such bits.
    extensible: bool,
}

impl Format {
    /// Reads the chunk and finds it consistent, or consistent enough.
    fn parse(fmt: &[u8]) -> io::Result<Self> {
        let short = |at: usize| u16::from_le_bytes([fmt[at], fmt[at + 1]]);
        let long = |at: usize| u32::from(short(at)) | u32::from(short(at + 2)) << 16;
        if fmt.len() < 16 {
            return Err(damaged("WAV", "its format is incomplete"));
        }
        let (channels, rate, per_second) = (short(2), long(4), long(8));
        let (align, mut bits) = (short(12), short(14));
        // WAVE_FORMAT_EXTENSIBLE carries the real kind at the start of a GUID.
        let extensible = short(0) == 0xFFFE && fmt.len() >= 26;
        let kind = if extensible { short(24) } else { short(0) };
        if channels == 0 {
            return Err(damaged("WAV", "it has no channels"));
        }
        check_rate("WAV", rate)?;
        // Bytes of a sample: what the frame says, if that is beyond doubt, for there may be more of
        // them than bits need.
        let least = bits.div_ceil(8);
        let framed = align / channels;
        let certain = align % channels == 0
            && (least.max(1)..=8).contains(&framed)
            && u64::from(per_second) == u64::from(rate) * u64::from(align);
        let bytes = if certain { framed } else { least };
        let whole = 8 * u32::from(bytes);
        if extensible && (1..=whole).contains(&u32::from(short(18))) {
            bits = short(18);
        }
        let encoding = match (kind, bytes) {
            (1, 1) => Encoding::Unsigned,
            (1, 2..=4) => Encoding::Signed { unused: 0 },
            (3, 4 | 8) => Encoding::Float,
            (6, 1) => Encoding::ALaw,
            (7, 1) => Encoding::MuLaw,
            (1, _) => return Err(unreadable(&format!("{bits}-bit PCM"))),
            (3, _) => return Err(unreadable(&format!("{bits}-bit float"))),
            (2 | 0x11, _) => return Err(unreadable("an ADPCM-compressed WAV file")),
            (0x50 | 0x55, _) => return Err(unreadable("an MP3-compressed WAV file")),
            (kind, _) => {
                let what = format!("a WAV file of a compressed or unknown kind ({kind:#06x})");
                return Err(unreadable(&what));
            }
        };
        Ok(Self {
            layout: Layout {
                encoding,
                bytes,
                big_endian: false,
                channels,
                rate,
            },
            bits: match bits {
                0 => whole,
                bits => bits.into(),
            },
            extensible,
        })
    }

    fn frame_bytes(&self) -> u64 {
        self.layout.frame_bytes()
    }

    /// What the samples look like of which so many bytes come next.
    ///
    /// By the rules, a sample that does not use all of its bytes lies at their upper end. Some
    /// programs put it at the lower end. That is only to be found out from the samples: no upper bit
    /// is ever used, but for the sign, and lower ones are; or the rules were not known to the program, and
    /// a whole byte is not used.
    fn layout(mut self, source: &mut dyn Bytes, bytes: u64) -> io::Result<Layout> {
        let unused = 8 * u32::from(self.layout.bytes) - self.bits;
        if !matches!(self.layout.encoding, Encoding::Signed { .. }) || unused == 0 {
            return Ok(self.layout);
        }
        let mut buffer = Vec::new();
        let mut left = bytes;
        let mut lower_used = false;
        // In whole samples.
        let step = LOOK * u64::from(self.layout.bytes);
        while left > 0 {
            buffer.clear();
            Read::take(&mut *source, step.min(left)).read_to_end(&mut buffer)?;
            if buffer.is_empty() {
                break;
            }
            left -= buffer.len() as u64;
            let (upper, lower) = self.layout.uses_ends(&buffer, unused);
            if upper {
                return Ok(self.layout);
            }
            lower_used |= lower;
        }
        // A quiet sample uses no upper bits either. That a whole byte is missing, of all bits, was never
        // a matter of what a converter gives.
        if lower_used || !self.extensible && unused >= 8 {
            self.layout.encoding = Encoding::Signed { unused };
        }
        Ok(self.layout)
    }
}
