//! Impulse responses from WAV files.

use std::io::Cursor;
use std::path::Path;

use gridleak_core::ImpulseResponse;

use crate::failure::{Failure, Result};
use crate::wav_reader::WavReader;

/// What is read of a file at most, in seconds: far more than is played of any response.
const LONGEST: u64 = 10;

/// Reads the impulse response that a WAV file holds; `name` is what messages call it.
///
/// # Errors
/// In words that name the file, if it is no WAV file or nothing that could be a cabinet.
pub(crate) fn read(name: &Path, bytes: &[u8]) -> Result<ImpulseResponse> {
    let mut file = WavReader::new(name, Cursor::new(bytes.to_vec()))?;
    let rate = file.rate();
    let mut channels = vec![Vec::new(); file.channels()];
    let most = file.frames().min(LONGEST * u64::from(rate)) as usize;
    while channels[0].len() < most {
        let left = most - channels[0].len();
        if file.read(left, &mut channels)? == 0 {
            break;
        }
    }
    ImpulseResponse::new(channels, f64::from(rate)).map_err(|reason| Failure::at(name, reason))
}
