//! A capture's file inside the project: deflated, then base64 so that it can stand in JSON.

use std::fmt;
use std::io::{self, Read, Write};
use std::sync::Arc;

use base64::engine::general_purpose::STANDARD;
use base64::read::DecoderReader;
use base64::write::EncoderStringWriter;
use flate2::Compression;
use flate2::read::DeflateDecoder;
use flate2::write::DeflateEncoder;
use gridleak_core::MAX_FILE_BYTES;

use super::contents::Contents;

/// Whether the project carries the capture's file.
///
/// Off unless the user asks for it: hosts keep a copy of the state for every step of their undo
/// history.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) enum Embedding {
    /// It does not.
    #[default]
    Off,
    /// It is to, as soon as the file has been read.
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

impl Packed {
    /// Packs a file of at most [`MAX_FILE_BYTES`]. Takes a while: about 0.1 s per megabyte.
    pub(super) fn pack(bytes: &[u8]) -> Self {
        let text = EncoderStringWriter::new(&STANDARD);
        let mut encoder = DeflateEncoder::new(text, Compression::default());
        let written = encoder.write_all(bytes).and_then(|()| encoder.finish());
        Self(
            written
                .expect("a string takes all bytes")
                .into_inner()
                .into(),
        )
    }

    /// Takes what a state holds, unchecked but for its length: [`Packed::unpack`] looks closer.
    pub(super) fn from_text(text: &str) -> Option<Self> {
        (!text.is_empty() && text.len() <= MAX_TEXT).then(|| Self(text.into()))
    }

    pub(super) fn text(&self) -> &str {
        &self.0
    }

    /// The file; None if the text is damaged or stands for more than [`MAX_FILE_BYTES`].
    pub(super) fn unpack(&self) -> Option<Contents> {
        let bytes = self.inflate().ok()?;
        (1..=MAX_FILE_BYTES)
            .contains(&(bytes.len() as u64))
            .then(|| Contents::new(bytes))
    }

    /// The bytes, and not more of them than show that there are too many.
    fn inflate(&self) -> io::Result<Vec<u8>> {
        let deflated = DecoderReader::new(self.0.as_bytes(), &STANDARD);
        let inflated = DeflateDecoder::new(deflated);
        let mut bytes = Vec::new();
        inflated.take(MAX_FILE_BYTES + 1).read_to_end(&mut bytes)?;
        Ok(bytes)
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
        for bytes in [b"x".as_slice(), crate::builtin::CAPTURES[0].bytes, &noise] {
            let packed = Packed::pack(bytes);
            assert_eq!(packed.unpack().unwrap().bytes, bytes);
            assert_eq!(Packed::from_text(packed.text()), Some(packed));
        }
        // As much as the longest file, scaled: noise does not shrink.
        let most = MAX_TEXT / (MAX_FILE_BYTES >> 20) as usize;
        assert!(Packed::pack(&noise).text().len() <= most);
        let capture = crate::builtin::CAPTURES[0].bytes;
        assert!(Packed::pack(capture).text().len() < capture.len() * 2 / 3);
    }

    #[test]
    fn damage_is_noticed() {
        let good = Packed::pack(crate::builtin::CAPTURES[0].bytes);
        let half = &good.text()[..good.text().len() / 8 * 4];
        for text in ["A", "====", "not base64!", "AAAA", "é", half] {
            let packed = Packed::from_text(text).unwrap();
            assert_eq!(packed.unpack(), None, "{}", &text[..text.len().min(20)]);
        }
        assert_eq!(Packed::from_text(""), None);
        assert_eq!(Packed::from_text(&"A".repeat(MAX_TEXT + 1)), None);
    }

    #[test]
    fn a_small_text_cannot_become_a_huge_file() {
        let mut encoder = DeflateEncoder::new(Vec::new(), Compression::fast());
        let zeros = vec![0; 1 << 20];
        for _ in 0..MAX_FILE_BYTES >> 19 {
            encoder.write_all(&zeros).unwrap();
        }
        let text = STANDARD.encode(encoder.finish().unwrap());
        assert!(text.len() < 1 << 20);
        let packed = Packed::from_text(&text).unwrap();
        assert_eq!(packed.unpack(), None);
        // Half of it was never made.
        let made = packed.inflate().unwrap().len() as u64;
        assert_eq!(made, MAX_FILE_BYTES + 1);
    }
}
