//! Impulse responses from sound files.

use std::io::Cursor;
use std::path::Path;

use gridleak_core::ImpulseResponse;

use crate::failure::{Failure, Result};
use crate::sound_file::SoundFile;

/// What is read of a file at most: seconds, of silence that is left out and of more than is played of any
/// response, and frames, so that a few bytes of FLAC can never take more than 24 MB of memory.
const LONGEST: u64 = 15;
const MOST_FRAMES: u64 = LONGEST * 192_000;

/// Reads the impulse response that a sound file holds; `name` is what messages call it.
///
/// # Errors
/// In words that name the file, if it is no sound file or nothing that could be a cabinet.
pub(crate) fn read(name: &Path, bytes: &[u8]) -> Result<ImpulseResponse> {
    let mut file = SoundFile::new(name, Cursor::new(bytes.to_vec()))?;
    let rate = file.rate();
    let mut channels = vec![Vec::new(); file.channels()];
    // Of more channels than can be played, nothing is read: they are refused for their number.
    let most = match channels.len() {
        1 | 2 => file
            .frames()
            .min(LONGEST * u64::from(rate))
            .min(MOST_FRAMES) as usize,
        _ => 0,
    };
    while channels[0].len() < most {
        let left = most - channels[0].len();
        if file.read(left, &mut channels)? == 0 {
            break;
        }
    }
    let response = ImpulseResponse::new(channels, f64::from(rate));
    let response = response.map_err(|reason| Failure::at(name, reason))?;
    Ok(response.with_remark(file.remark()))
}

/// What is worth knowing about a response when it is played, alone or with another one, in words that
/// begin with its name; one line for each thing.
pub(crate) fn remarks(
    name: &str,
    response: &ImpulseResponse,
    other: Option<&ImpulseResponse>,
) -> Vec<String> {
    let remarks = response.remarks(other).into_iter();
    remarks.map(|remark| format!("{name} {remark}")).collect()
}
