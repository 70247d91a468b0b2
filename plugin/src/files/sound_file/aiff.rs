//! AIFF files, and those AIFF-C files that are not compressed.

use std::io::{self, SeekFrom};

use super::bytes::{
    About, Bytes, CUT_SHORT, Decoder, LENGTH_UNKNOWN, bad, check_rate, damaged, unreadable,
};
use super::chunks::Chunks;
use super::pcm::{self, Encoding, Layout};

/// Finds the audio.
///
/// `has_kinds`: whether it is an AIFF-C file.
pub(super) fn open(
    mut source: Box<dyn Bytes>,
    has_kinds: bool,
) -> io::Result<(About, Box<dyn Decoder>)> {
    // What comes behind the rate in other files is none.
    let most = if has_kinds { 22 } else { 18 };
    let (mut chunks, _) = Chunks::new(&mut *source, true)?;
    let (mut common, mut sound) = (None, None);
    // Either may come first.
    while let (None, _) | (_, None) = (&common, &sound)
        && let Some(chunk) = chunks.next()?
    {
        match &chunk.name {
            b"COMM" => common = Some(Common::parse(&chunks.peek(chunk.size.min(most))?)?),
            b"SSND" => {
                // Behind an offset, of which nobody makes use, and the size of blocks.
                let head = chunks.peek(8)?;
                let offset = long(&head, 0).ok_or(io::ErrorKind::UnexpectedEof)?;
                let start = chunks.position.saturating_add(8 + u64::from(offset));
                let left = chunks.length.saturating_sub(start);
                let said = chunk.size.saturating_sub(8 + u64::from(offset));
                let unfilled = chunk.size == 0 && left > 0;
                sound = Some(match (unfilled, said > left) {
                    (true, _) => (start, left, Some(LENGTH_UNKNOWN)),
                    (_, true) => (start, left, Some(CUT_SHORT)),
                    _ => (start, said, None),
                });
                if unfilled || chunk.size > chunks.left() {
                    break;
                }
            }
            _ => {}
        }
        chunks.skip(&chunk)?;
    }
    let (Some(common), Some((start, bytes, mut remark))) = (common, sound) else {
        return Err(match sound {
            Some(_) => damaged("AIFF", "it does not say what its audio is"),
            None => bad("is an AIFF file without audio"),
        });
    };
    // What is behind the last frame is padding.
    let said = u64::from(common.frames) * common.layout.frame_bytes();
    if said > bytes {
        remark = remark.or(Some(CUT_SHORT));
    }
    let bytes = match said {
        0 => bytes,
        said => bytes.min(said),
    };
    source.seek(SeekFrom::Start(start))?;
    Ok(pcm::open(source, common.layout, bytes, remark))
}

/// What the `COMM` chunk says.
struct Common {
    layout: Layout,
    frames: u32,
}

impl Common {
    fn parse(comm: &[u8]) -> io::Result<Self> {
        let incomplete = || damaged("AIFF", "its format is incomplete");
        let channels = short(comm, 0).ok_or_else(incomplete)?;
        let frames = long(comm, 2).ok_or_else(incomplete)?;
        let bits = short(comm, 6).ok_or_else(incomplete)?;
        let rate = rate(comm.get(8..18).ok_or_else(incomplete)?);
        if channels == 0 {
            return Err(damaged("AIFF", "it has no channels"));
        }
        check_rate("AIFF", rate)?;
        let bytes = bits.div_ceil(8);
        let signed = Encoding::Signed { unused: 0 };
        // AIFF has no kinds, and means this one.
        let kind = comm.get(18..22).unwrap_or(b"NONE");
        let (encoding, bytes, big_endian) = match (kind, bytes) {
            (b"NONE" | b"none" | b"twos", 1..=4) => (signed, bytes, true),
            (b"sowt", 1..=4) => (signed, bytes, false),
            (b"in24", _) => (signed, 3, true),
            (b"in32", _) => (signed, 4, true),
            (b"42ni", _) => (signed, 3, false),
            (b"23ni", _) => (signed, 4, false),
            (b"raw ", 1) => (Encoding::Unsigned, 1, true),
            (b"fl32" | b"FL32", _) => (Encoding::Float, 4, true),
            (b"fl64" | b"FL64", _) => (Encoding::Float, 8, true),
            (b"alaw" | b"ALAW", _) => (Encoding::ALaw, 1, true),
            (b"ulaw" | b"ULAW", _) => (Encoding::MuLaw, 1, true),
            (b"NONE" | b"none" | b"twos" | b"sowt" | b"raw ", _) => {
                return Err(unreadable(&format!("an AIFF file of {bits} bits")));
            }
            (kind, _) => {
                let plain = |byte: &u8| byte.is_ascii_graphic() || *byte == b' ';
                let shown = kind
                    .iter()
                    .map(|byte| if plain(byte) { char::from(*byte) } else { '?' });
                let kind: String = shown.collect();
                return Err(unreadable(&format!("a compressed AIFF file ({kind})")));
            }
        };
        Ok(Self {
            layout: Layout {
                encoding,
                bytes,
                big_endian,
                channels,
                rate,
            },
            frames,
        })
    }
}

/// A number with 64 bits behind a sign and an exponent, as a whole number of Hz.
fn rate(bytes: &[u8]) -> u32 {
    let exponent = i32::from(u16::from_be_bytes([bytes[0], bytes[1]]));
    let digits = bytes[2..]
        .iter()
        .fold(0, |all, &byte| all << 8 | u64::from(byte));
    // The sign is the largest bit of the exponent, and makes it none of a rate.
    (digits as f64 * 2f64.powi(exponent - 16_383 - 63)).round() as u32
}

fn short(bytes: &[u8], at: usize) -> Option<u16> {
    let bytes = bytes.get(at..at + 2)?;
    Some(u16::from_be_bytes([bytes[0], bytes[1]]))
}

fn long(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from(short(bytes, at)?) << 16 | u32::from(short(bytes, at + 2)?))
}
