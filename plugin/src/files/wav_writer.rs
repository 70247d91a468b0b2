//! WAV files, written a piece at a time.

use std::io::{self, Write};

use hound::Sample;

use crate::files::failure::io_error;

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
    fn bits(self) -> u16 {
        match self {
            Self::Float32 => 32,
            Self::Pcm16 => 16,
            Self::Pcm24 => 24,
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

/// Whether a WAV file can hold so much.
pub(crate) fn fits(depth: Depth, channels: usize, rate: u32, frames: u64) -> bool {
    // Every length in a WAV file is 32 bits wide, that of the whole file included.
    const HEADER: u64 = 128;
    let frame = channels as u64 * u64::from(depth.bits() / 8);
    let bytes = frame.saturating_mul(frames).saturating_add(HEADER);
    // So are bytes per second; bytes per frame are 16 bits wide.
    let fast = frame.saturating_mul(rate.into());
    frame <= u16::MAX.into() && bytes.max(fast) <= u32::MAX.into()
}

/// A WAV file being written, from its beginning to its end: into a pipe as well.
pub(crate) struct WavWriter<W: Write> {
    sink: W,
    depth: Depth,
    figures: Figures,
    /// Whether a padding byte follows the audio, which is of odd length.
    padded: bool,
}

impl<W: Write> WavWriter<W> {
    /// Writes the header of a file of so many frames, that [`fits`].
    pub(crate) fn new(
        mut sink: W,
        depth: Depth,
        channels: usize,
        rate: u32,
        frames: u64,
    ) -> io::Result<Self> {
        let spec = hound::WavSpec {
            channels: channels as u16,
            sample_rate: rate,
            bits_per_sample: depth.bits(),
            sample_format: match depth {
                Depth::Float32 => hound::SampleFormat::Float,
                Depth::Pcm16 | Depth::Pcm24 => hound::SampleFormat::Int,
            },
        };
        let mut header = spec.into_header_for_infinite_file();
        let audio = frames * channels as u64 * u64::from(depth.bits() / 8);
        let padded = audio % 2 == 1;
        // The lengths of all that follows: behind the first eight bytes, and at the end.
        let end = header.len();
        let whole = end as u64 - 8 + audio + u64::from(padded);
        header[4..8].copy_from_slice(&(whole as u32).to_le_bytes());
        header[end - 4..].copy_from_slice(&(audio as u32).to_le_bytes());
        sink.write_all(&header)?;
        Ok(Self {
            sink,
            depth,
            figures: Figures::default(),
            padded,
        })
    }

    /// Writes the first `frames` frames of the given channels.
    pub(crate) fn write(&mut self, channels: &[Vec<f32>], frames: usize) -> io::Result<()> {
        for frame in 0..frames {
            for channel in channels {
                self.push(channel[frame])?;
            }
        }
        Ok(())
    }

    fn push(&mut self, sample: f32) -> io::Result<()> {
        let figures = &mut self.figures;
        figures.samples += 1;
        figures.not_finite += u64::from(!sample.is_finite());
        let kept = if self.depth == Depth::Float32 {
            sample
                .write(&mut self.sink, self.depth.bits())
                .map_err(io_error)?;
            sample
        } else {
            let full_scale = f64::from(1 << (self.depth.bits() - 1));
            // NaN becomes 0 in the cast.
            let exact = (f64::from(sample) * full_scale).round();
            let kept = exact.clamp(-full_scale, full_scale - 1.0);
            figures.clipped += u64::from(kept != exact && !exact.is_nan());
            (kept as i32)
                .write(&mut self.sink, self.depth.bits())
                .map_err(io_error)?;
            (kept / full_scale) as f32
        };
        if kept.is_finite() {
            figures.sum_of_squares += f64::from(kept).powi(2);
            figures.peak = figures.peak.max(kept.abs());
        }
        Ok(())
    }

    /// Completes the file, of which all frames were written.
    pub(crate) fn finish(mut self) -> io::Result<Figures> {
        if self.padded {
            self.sink.write_all(&[0])?;
        }
        self.sink.flush()?;
        Ok(self.figures)
    }
}
