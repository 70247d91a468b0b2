//! Where sound files are read from, and what can be the matter with what is read.

use std::io::{self, Read, Seek};

/// The sample rates taken, in Hz. Beyond them lies a broken header rather than a recording.
const RATES: std::ops::RangeInclusive<u32> = 1_000..=1_000_000;

/// What the project reads, for messages about what it does not.
pub(super) const READABLE: &str = "Gridleak reads uncompressed WAV and AIFF files, and FLAC";

/// About files that end early, or that do not say where.
pub(super) const CUT_SHORT: &str = "ends before its header says so; what is there plays";
pub(super) const LENGTH_UNKNOWN: &str = "does not say how long it is; all that is there plays";

/// Where a file's bytes come from.
pub(crate) trait Bytes: Read + Seek + Send + Sync {}

impl<T: Read + Seek + Send + Sync> Bytes for T {}

/// What a file's header says, as far as it is true.
pub(super) struct About {
    pub(super) channels: usize,
    /// In Hz.
    pub(super) rate: u32,
    pub(super) frames: u64,
    /// What is worth knowing about the file although it plays.
    pub(super) remark: Option<&'static str>,
}

/// What makes samples of a file's bytes.
pub(super) trait Decoder: Send + Sync {
    /// As [`super::SoundFile::read`].
    fn read(&mut self, frames: usize, output: &mut [Vec<f32>]) -> io::Result<usize>;
}

/// Finds a rate in Hz that can be played.
pub(super) fn check_rate(kind: &str, rate: u32) -> io::Result<()> {
    if rate == 0 {
        return Err(damaged(kind, "its sample rate is 0 Hz"));
    }
    if !RATES.contains(&rate) {
        let (least, most) = (RATES.start(), RATES.end());
        return Err(bad(format!(
            "has a sample rate of {rate} Hz; Gridleak takes {least} to {most} Hz"
        )));
    }
    Ok(())
}

pub(super) fn bad(what: impl Into<String>) -> io::Error {
    io::Error::other(what.into())
}

pub(super) fn damaged(kind: &str, how: &str) -> io::Error {
    bad(format!("is a damaged {kind} file: {how}"))
}

pub(super) fn unreadable(what: &str) -> io::Error {
    bad(format!("is {what}; {READABLE}: convert it first"))
}
