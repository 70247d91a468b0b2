//! WAV files, read a piece at a time.

use std::fs::File;
use std::io::{self, BufReader, Cursor, Read, Seek};
use std::path::{Path, PathBuf};

use hound::SampleFormat;

use crate::failure::{Failure, Result, io_error, plain};
use crate::riff;

/// An open WAV file, positioned in its audio.
pub(crate) struct WavReader {
    decoder: hound::WavReader<BufReader<Box<dyn Read>>>,
    name: PathBuf,
    remark: Option<&'static str>,
    replaced: u64,
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
        Self::new(path, BufReader::new(file))
    }

    /// Reads a WAV file that is part of the program.
    pub(crate) fn from_bytes(name: &str, bytes: &'static [u8]) -> Result<Self> {
        Self::new(Path::new(name), Cursor::new(bytes))
    }

    pub(crate) fn new(name: &Path, source: impl Read + Seek + 'static) -> Result<Self> {
        let wav = riff::clean(source).map_err(|e| Failure::at(name, plain(&e)))?;
        let stream = BufReader::with_capacity(1 << 16, wav.stream);
        Ok(Self {
            decoder: hound::WavReader::new(stream).map_err(|e| cannot_read(name, e))?,
            name: name.to_owned(),
            remark: wav.remark,
            replaced: 0,
        })
    }

    /// Number of channels, at least one.
    pub(crate) fn channels(&self) -> usize {
        self.decoder.spec().channels.into()
    }

    /// Sample rate in Hz.
    pub(crate) fn rate(&self) -> u32 {
        self.decoder.spec().sample_rate
    }

    /// Length in frames.
    pub(crate) fn frames(&self) -> u64 {
        self.decoder.duration().into()
    }

    /// What is worth knowing about the file although it plays.
    pub(crate) fn remark(&self) -> Option<&'static str> {
        self.remark
    }

    /// How many samples read so far were no numbers (NaN, infinite) and became silence.
    pub(crate) fn replaced(&self) -> u64 {
        self.replaced
    }

    /// Appends up to `frames` frames to `output`, which has a vector per channel, and returns
    /// how many: 0 at the end.
    pub(crate) fn read(&mut self, frames: usize, output: &mut [Vec<f32>]) -> Result<usize> {
        let spec = self.decoder.spec();
        let read = match spec.sample_format {
            SampleFormat::Float => self.decode(frames, output, |sample: f32| sample),
            SampleFormat::Int => {
                let step = 0.5f32.powi(i32::from(spec.bits_per_sample) - 1);
                self.decode(frames, output, |sample: i32| sample as f32 * step)
            }
        };
        read.map_err(|e| cannot_read(&self.name, e))
    }

    fn decode<S: hound::Sample>(
        &mut self,
        frames: usize,
        output: &mut [Vec<f32>],
        to_float: impl Fn(S) -> f32,
    ) -> hound::Result<usize> {
        let mut samples = self.decoder.samples::<S>();
        let frames = frames.min(samples.len() / output.len());
        for _ in 0..frames {
            for (channel, sample) in output.iter_mut().zip(&mut samples) {
                let value = to_float(sample?);
                // One such sample would silence a recurrent capture for good.
                self.replaced += u64::from(!value.is_finite());
                channel.push(if value.is_finite() { value } else { 0.0 });
            }
        }
        Ok(frames)
    }
}

fn cannot_read(name: &Path, error: hound::Error) -> Failure {
    let error = plain(&io_error(error));
    Failure::at(name, format_args!("cannot be read: {error}"))
}
