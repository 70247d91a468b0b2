//! Samples as they are, one behind the other.

use std::io;

use super::bytes::{About, Bytes, Decoder};

/// How a sample lies in its bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Encoding {
    /// A whole number with a sign, at the upper end of its bytes but for so many bits.
    Signed { unused: u32 },
    /// A whole number; half of the largest is silence.
    Unsigned,
    /// A floating-point number.
    Float,
    /// A logarithm in a byte, as European telephones had it.
    ALaw,
    /// A logarithm in a byte, as American telephones had it.
    MuLaw,
}

/// What samples look like.
#[derive(Debug, Clone, Copy)]
pub(super) struct Layout {
    pub(super) encoding: Encoding,
    /// Of a sample: 1 to 8.
    pub(super) bytes: u16,
    pub(super) big_endian: bool,
    pub(super) channels: u16,
    /// In Hz.
    pub(super) rate: u32,
}

impl Layout {
    /// Bytes that one sample of each channel takes together.
    pub(super) fn frame_bytes(&self) -> u64 {
        u64::from(self.channels) * u64::from(self.bytes)
    }

    /// The bits of a sample at the upper end of a number.
    fn bits(&self, sample: &[u8]) -> u64 {
        let mut wide = [0; 8];
        let least = wide.len() - sample.len();
        wide[least..].copy_from_slice(sample);
        if self.big_endian {
            wide[least..].reverse();
        }
        u64::from_le_bytes(wide)
    }

    fn decode(&self, sample: &[u8]) -> f32 {
        let bits = self.bits(sample);
        let whole = |number: i64| (number as f64 * 0.5f64.powi(63)) as f32;
        match self.encoding {
            Encoding::Signed { unused } => whole((bits << unused) as i64),
            Encoding::Unsigned => whole((bits ^ 1 << 63) as i64),
            Encoding::Float if self.bytes == 4 => f32::from_bits((bits >> 32) as u32),
            Encoding::Float => f64::from_bits(bits) as f32,
            Encoding::ALaw => f32::from(a_law((bits >> 56) as u8)) / 32_768.0,
            Encoding::MuLaw => f32::from(mu_law((bits >> 56) as u8)) / 32_768.0,
        }
    }

    /// Whether no sample of `bytes` uses the upper `unused` bits for more than its sign, and whether
    /// any uses as many lower ones.
    pub(super) fn uses_ends(&self, bytes: &[u8], unused: u32) -> (bool, bool) {
        let (mut upper, mut lower) = (false, false);
        let lowest = 64 - 8 * u32::from(self.bytes);
        for sample in bytes.chunks_exact(self.bytes.into()) {
            let bits = self.bits(sample);
            let number = bits as i64;
            upper |= number << unused >> unused != number;
            lower |= bits >> lowest & ((1 << unused) - 1) != 0;
        }
        (upper, lower)
    }
}

/// G.711.
fn a_law(byte: u8) -> i16 {
    let byte = byte ^ 0x55;
    let (steps, size) = (i16::from(byte & 15), byte >> 4 & 7);
    let amount = match size {
        0 => (steps << 4) + 8,
        _ => ((steps << 4) + 0x108) << (size - 1),
    };
    if byte & 0x80 != 0 { amount } else { -amount }
}

/// G.711.
fn mu_law(byte: u8) -> i16 {
    let byte = !byte;
    let (steps, size) = (i16::from(byte & 15), byte >> 4 & 7);
    let amount = (((steps << 3) + 0x84) << size) - 0x84;
    if byte & 0x80 != 0 { -amount } else { amount }
}

/// Samples being read.
struct Pcm {
    source: Box<dyn Bytes>,
    layout: Layout,
    /// Frames not yet read.
    left: u64,
    buffer: Vec<u8>,
}

/// From a source that is positioned in front of so many bytes of audio.
pub(super) fn open(
    source: Box<dyn Bytes>,
    layout: Layout,
    bytes: u64,
    remark: Option<&'static str>,
) -> (About, Box<dyn Decoder>) {
    let frames = bytes / layout.frame_bytes();
    let about = About {
        channels: layout.channels.into(),
        rate: layout.rate,
        frames,
        remark,
    };
    let pcm = Pcm {
        source,
        layout,
        left: frames,
        buffer: Vec::new(),
    };
    (about, Box::new(pcm))
}

impl Decoder for Pcm {
    fn read(&mut self, frames: usize, output: &mut [Vec<f32>]) -> io::Result<usize> {
        let frames = self.left.min(frames as u64);
        let bytes = frames * self.layout.frame_bytes();
        self.buffer.resize(bytes as usize, 0);
        self.source.read_exact(&mut self.buffer)?;
        self.left -= frames;
        for frame in self.buffer.chunks_exact(self.layout.frame_bytes() as usize) {
            let samples = frame.chunks_exact(self.layout.bytes.into());
            for (channel, sample) in output.iter_mut().zip(samples) {
                channel.push(self.layout.decode(sample));
            }
        }
        Ok(frames as usize)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn layout(encoding: Encoding, bytes: u16, big_endian: bool) -> Layout {
        Layout {
            encoding,
            bytes,
            big_endian,
            channels: 1,
            rate: 48_000,
        }
    }

    #[test]
    fn numbers_mean_what_they_say() {
        let signed = Encoding::Signed { unused: 0 };
        for (encoding, bytes, value) in [
            (signed, &[0x40][..], 0.5),
            (signed, &[0xC0, 0x00], -0.5),
            (signed, &[0x00, 0x00, 0x01], 0.5f32.powi(23)),
            (signed, &[0x80, 0x00, 0x00, 0x00], -1.0),
            (Encoding::Signed { unused: 8 }, &[0x00, 0x40, 0, 0], 0.5),
            (Encoding::Signed { unused: 8 }, &[0xFF, 0xC0, 0, 0], -0.5),
            (Encoding::Unsigned, &[0x80], 0.0),
            (Encoding::Unsigned, &[0x00], -1.0),
            (Encoding::Float, &0.1f32.to_be_bytes(), 0.1),
            (Encoding::Float, &0.1f64.to_be_bytes(), 0.1),
        ] {
            let length = bytes.len() as u16;
            assert_eq!(layout(encoding, length, true).decode(bytes), value);
            let mut reversed = bytes.to_vec();
            reversed.reverse();
            assert_eq!(layout(encoding, length, false).decode(&reversed), value);
        }
    }

    /// By the tables of the recommendation.
    #[test]
    fn logarithms_are_those_of_g_711() {
        for (byte, value) in [(0xD5, 8), (0x55, -8), (0xAA, 32_256), (0x2A, -32_256)] {
            assert_eq!(a_law(byte), value, "{byte:x}");
        }
        for (byte, value) in [
            (0xFF, 0),
            (0x7F, 0),
            (0x80, 32_124),
            (0x00, -32_124),
            (0xF0, 120),
        ] {
            assert_eq!(mu_law(byte), value, "{byte:x}");
        }
    }
}
