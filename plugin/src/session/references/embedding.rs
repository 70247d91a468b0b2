//! A capture's file inside the project: deflated, then base64 so that it can stand in JSON.

use std::fmt;
use std::io::Write;
use std::sync::Arc;

use base64::engine::general_purpose::STANDARD;
use base64::read::DecoderReader;
use base64::write::EncoderStringWriter;
use flate2::Compression;
use flate2::read::DeflateDecoder;
use flate2::write::DeflateEncoder;
use gridleak_core::MAX_FILE_BYTES;

use crate::files::contents::Contents;

/// Whether the project carries the capture's file.
///
/// Off unless the user asks for it: hosts keep a copy of the state for every step of their undo
/// history. A project says so by carrying the file and in no other way: what somebody else's project
/// asks for must not put a file of the user's into it.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) enum Embedding {
    /// It does not.
    #[default]
    Off,
    /// It is to, as soon as the file has been read: the user asked for it. Not saved.
    Wanted,
    /// It does.
    Held(Packed),
}

/// An embedded file, as text. Clones share it.
#[derive(Clone, PartialEq)]
pub(crate) struct Packed(Arc<str>);

/// Length in bytes of the longest text that is believed: base64 of the longest file, and of the
/// little that deflate adds to what cannot be made shorter.
const MAX_TEXT: usize = (MAX_FILE_BYTES as usize + (1 << 16)).div_ceil(3) * 4;

/// A packed file of so many bytes is unpacked to at most [`TIMES`] as many and [`ALWAYS`] more, so that
/// a small project cannot take a large memory.
const TIMES: u64 = 64;
const ALWAYS: u64 = 1 << 20;

/// So many bytes are packed before anybody is asked whether they are still wanted.
const PIECE: usize = 1 << 18;

impl Packed {
    /// Packs a file of at most [`MAX_FILE_BYTES`]. Takes a while: about 0.1 s per megabyte. `None` if
    /// `cancelled`.
    pub(super) fn pack(bytes: &[u8], cancelled: &dyn Fn() -> bool) -> Option<Self> {
        let packed = Self::deflate(bytes, Compression::default(), cancelled)?;
        if bytes.len() as u64 <= packed.most() {
            return Some(packed);
        }
        // A long silence, say: so much shorter that it would not be believed.
        Self::deflate(bytes, Compression::none(), cancelled)
    }

    fn deflate(bytes: &[u8], how: Compression, cancelled: &dyn Fn() -> bool) -> Option<Self> {
        let mut encoder = DeflateEncoder::new(EncoderStringWriter::new(&STANDARD), how);
        for piece in bytes.chunks(PIECE) {
            if cancelled() {
                return None;
            }
            encoder.write_all(piece).expect("a string takes all bytes");
        }
        let text = encoder.finish().expect("a string takes all bytes");
        Some(Self(text.into_inner().into()))
    }

    /// Takes what a state holds, unchecked but for its length: [`Packed::unpack`] looks closer.
    pub(super) fn from_text(text: &str) -> Option<Self> {
        (!text.is_empty() && text.len() <= MAX_TEXT).then(|| Self(text.into()))
    }

    pub(super) fn text(&self) -> &str {
        &self.0
    }

    /// How many bytes it is unpacked to at most.
    fn most(&self) -> u64 {
        let packed = self.0.len() as u64 / 4 * 3;
        (ALWAYS + TIMES * packed).min(MAX_FILE_BYTES)
    }

    /// The file; None if the text is damaged, if it stands for a file that is empty or longer than is
    /// believed, or if it is `cancelled`.
    pub(super) fn unpack(&self, cancelled: &dyn Fn() -> bool) -> Option<Contents> {
        let deflated = DecoderReader::new(self.0.as_bytes(), &STANDARD);
        let inflated = DeflateDecoder::new(deflated);
        let contents = Contents::collect(inflated, 0, self.most(), cancelled).ok()?;
        (!contents.bytes.is_empty()).then_some(contents)
    }
}

impl fmt::Debug for Packed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Packed({} bytes)", self.0.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use base64::Engine;

    #[test]
    fn what_is_packed_comes_out_again() {
        let mut random = 1u64;
        let noise = std::iter::repeat_with(|| {
            random = random
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            (random >> 56) as u8
        });
        let noise: Vec<u8> = noise.take(1 << 20).collect();
        let silence = vec![0; 8 << 20];
        for bytes in [
            b"x".as_slice(),
            crate::builtin::CAPTURES[0].bytes,
            &noise,
            &silence,
        ] {
            let packed = pack(bytes);
            assert_eq!(packed.unpack(&|| false).unwrap().bytes, bytes);
            assert_eq!(Packed::from_text(packed.text()), Some(packed));
        }
        // As much as the longest file, scaled: noise does not shrink.
        let most = MAX_TEXT / (MAX_FILE_BYTES >> 20) as usize;
        assert!(pack(&noise).text().len() <= most);
        let capture = crate::builtin::CAPTURES[0].bytes;
        assert!(pack(capture).text().len() < capture.len() * 2 / 3);
    }

    fn pack(bytes: &[u8]) -> Packed {
        Packed::pack(bytes, &|| false).unwrap()
    }

    #[test]
    fn nobody_waits_for_what_is_no_longer_wanted() {
        let asked = std::cell::Cell::new(0);
        let cancelled = || {
            asked.set(asked.get() + 1);
            asked.get() == 3
        };
        let bytes = vec![1; 2 << 20];
        assert_eq!(Packed::pack(&bytes, &cancelled), None);
        assert_eq!(asked.replace(0), 3);
        assert_eq!(pack(&bytes).unpack(&cancelled), None);
        assert_eq!(asked.get(), 3);
    }

    #[test]
    fn damage_is_noticed() {
        let good = pack(crate::builtin::CAPTURES[0].bytes);
        let half = &good.text()[..good.text().len() / 8 * 4];
        for text in ["A", "====", "not base64!", "AAAA", "é", half] {
            let packed = Packed::from_text(text).unwrap();
            let start = &text[..text.len().min(20)];
            assert_eq!(packed.unpack(&|| false), None, "{start}");
        }
        assert_eq!(Packed::from_text(""), None);
        assert_eq!(Packed::from_text(&"A".repeat(MAX_TEXT + 1)), None);
    }

    #[test]
    fn a_small_text_cannot_become_a_huge_file() {
        // 30 MB of nothing, and more than any file may have.
        for megabytes in [30, (2 * MAX_FILE_BYTES) >> 20] {
            let mut encoder = DeflateEncoder::new(Vec::new(), Compression::fast());
            let zeros = vec![0; 1 << 20];
            for _ in 0..megabytes {
                encoder.write_all(&zeros).unwrap();
            }
            let text = STANDARD.encode(encoder.finish().unwrap());
            let packed = Packed::from_text(&text).unwrap();
            assert!(packed.most() < text.len() as u64 * TIMES + ALWAYS);
            // Most of it was never made.
            let pieces = std::cell::Cell::new(0);
            let counted = || {
                pieces.set(pieces.get() + 1);
                false
            };
            assert_eq!(packed.unpack(&counted), None);
            assert!(pieces.get() <= packed.most() / (1 << 18) + 2);
        }
    }
}
