//! WAV files, written a piece at a time.

use std::io::{self, Write};

/// How samples are stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Depth {
    /// 32-bit float: every sample as it is.
    Float32,
    /// 16-bit PCM.
    Pcm16,
    /// 24-bit PCM.
    Pcm24,
}

impl Depth {
    fn bytes(self) -> u32 {
        match self {
            Self::Float32 => 4,
            Self::Pcm16 => 2,
            Self::Pcm24 => 3,
        }
    }
}

/// What was written, in figures.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Figures {
    /// Samples cut at full scale (PCM only).
    pub(crate) clipped: u64,
    /// Samples that were no numbers.
    pub(crate) not_finite: u64,
    sum_of_squares: f64,
    peak: f32,
    samples: u64,
}

impl Figures {
    /// Root mean square over all channels in dB of full scale; minus infinity for silence.
    pub(crate) fn rms_db(&self) -> f64 {
        10.0 * (self.sum_of_squares / self.samples.max(1) as f64).log10()
    }

    /// Highest absolute sample in dB of full scale; minus infinity for silence.
    pub(crate) fn peak_db(&self) -> f64 {
        20.0 * f64::from(self.peak).log10()
    }
}

/// A WAV file of a length known beforehand, so that its header is right from the start.
#[derive(Debug)]
pub(crate) struct WavWriter<W> {
    sink: W,
    depth: Depth,
    figures: Figures,
    bytes: Vec<u8>,
    padded: bool,
}

/// Bytes of audio of such a file, or nothing if it exceeds what a WAV file can hold.
pub(crate) fn audio_bytes(depth: Depth, channels: usize, frames: u64) -> Option<u32> {
    const HEADER: u64 = 64;
    let bytes = frames
        .checked_mul(channels as u64)?
        .checked_mul(depth.bytes().into())?;
    // The lengths in a WAV file are 32 bits wide, that of the whole file included.
    (bytes + HEADER <= u32::MAX.into()).then_some(bytes as u32)
}

impl<W: Write> WavWriter<W> {
    /// Writes the header.
    pub(crate) fn new(
        mut sink: W,
        depth: Depth,
        channels: usize,
        rate: u32,
        frames: u64,
    ) -> io::Result<Self> {
        let too_long = || io::Error::other("longer than a WAV file can be (4 GB)");
        let audio = audio_bytes(depth, channels, frames).ok_or_else(too_long)?;
        let channels = u16::try_from(channels).map_err(|_| too_long())?;
        let align = channels
            .checked_mul(depth.bytes() as u16)
            .ok_or_else(too_long)?;
        // The plain kinds, which every program reads, and not WAVE_FORMAT_EXTENSIBLE.
        let mut fmt = Vec::new();
        fmt.extend(if depth == Depth::Float32 { 3u16 } else { 1 }.to_le_bytes());
        fmt.extend(channels.to_le_bytes());
        fmt.extend(rate.to_le_bytes());
        fmt.extend(rate.saturating_mul(align.into()).to_le_bytes());
        fmt.extend(align.to_le_bytes());
        fmt.extend((depth.bytes() as u16 * 8).to_le_bytes());
        let mut chunks = Vec::new();
        if depth == Depth::Float32 {
            // Kinds other than PCM have an (empty) extension and a count of frames.
            fmt.extend([0, 0]);
            chunks.extend(*b"fact\x04\0\0\0");
            chunks.extend((frames as u32).to_le_bytes());
        }
        let padded = audio % 2 == 1;
        let size = 4 + 8 + fmt.len() + chunks.len() + 8;
        let mut header = Vec::new();
        header.extend(*b"RIFF");
        header.extend((size as u32 + audio + u32::from(padded)).to_le_bytes());
        header.extend(*b"WAVEfmt ");
        header.extend((fmt.len() as u32).to_le_bytes());
        header.extend(fmt);
        header.extend(chunks);
        header.extend(*b"data");
        header.extend(audio.to_le_bytes());
        sink.write_all(&header)?;
        Ok(Self {
            sink,
            depth,
            figures: Figures::default(),
            bytes: Vec::new(),
            padded,
        })
    }

    /// Writes the first `frames` frames of the given channels.
    pub(crate) fn write(&mut self, channels: &[Vec<f32>], frames: usize) -> io::Result<()> {
        self.bytes.clear();
        for frame in 0..frames {
            for channel in channels {
                self.push(channel[frame]);
            }
        }
        self.sink.write_all(&self.bytes)
    }

    fn push(&mut self, sample: f32) {
        let figures = &mut self.figures;
        figures.samples += 1;
        figures.not_finite += u64::from(!sample.is_finite());
        let mut quantise = |full_scale: f64| {
            // NaN becomes 0 in the cast.
            let exact = (f64::from(sample) * full_scale).round();
            let kept = exact.clamp(-full_scale, full_scale - 1.0);
            figures.clipped += u64::from(kept != exact && !exact.is_nan());
            (kept as i32, (kept / full_scale) as f32)
        };
        let kept = match self.depth {
            Depth::Float32 => {
                self.bytes.extend(sample.to_le_bytes());
                sample
            }
            Depth::Pcm16 => {
                let (level, kept) = quantise(32_768.0);
                self.bytes.extend((level as i16).to_le_bytes());
                kept
            }
            Depth::Pcm24 => {
                let (level, kept) = quantise(8_388_608.0);
                self.bytes.extend(&level.to_le_bytes()[..3]);
                kept
            }
        };
        if kept.is_finite() {
            figures.sum_of_squares += f64::from(kept).powi(2);
            figures.peak = figures.peak.max(kept.abs());
        }
    }

    /// Completes the file and hands the sink back.
    pub(crate) fn finish(mut self) -> io::Result<(W, Figures)> {
        if self.padded {
            self.sink.write_all(&[0])?;
        }
        self.sink.flush()?;
        Ok((self.sink, self.figures))
    }
}
