//! Impulse responses from sound files.

use std::io::Cursor;
use std::path::Path;
use std::sync::Arc;

use gridleak_core::{FIRST_SOUND, ImpulseResponse};

use crate::files::failure::{Failure, Result};
use crate::files::sound_file::SoundFile;

/// Seconds that are kept of a file, from about the first sound on: a little more than is played, so that
/// it shows whether there is more. At the highest rate of all, they take 48 MB of memory.
const KEPT: u64 = ImpulseResponse::LONGEST as u64 + 2;

/// Frames in which the first sound is looked for: ten minutes at 48 kHz.
const LOOKED_THROUGH: u64 = 600 * 48_000;

/// Reads the impulse response that the bytes of a sound file hold; `name` is what messages call it.
///
/// # Errors
/// In words that name the file, if it is no sound file or nothing that could be a cabinet.
pub(crate) fn read(name: &Path, bytes: &[u8]) -> Result<ImpulseResponse> {
    let bytes: Arc<[u8]> = bytes.into();
    read_from(name, &|| {
        SoundFile::new(name, Cursor::new(Arc::clone(&bytes)))
    })
}

/// Reads the impulse response in the sound file at `path`, of which no more than what plays is ever in
/// memory.
///
/// # Errors
/// As [`read`], and if there is no such file.
pub(crate) fn open(path: &Path) -> Result<ImpulseResponse> {
    read_from(path, &|| SoundFile::open(path))
}

fn read_from(name: &Path, open: &dyn Fn() -> Result<SoundFile>) -> Result<ImpulseResponse> {
    let mut file = open()?;
    let rate = u64::from(file.rate());
    let mut channels = vec![Vec::new(); file.channels()];
    let (mut silence, mut goes_on) = (0, false);
    // What is as loud is no silence. In a short file there is none to be left out here.
    let mut sound = f32::INFINITY;
    // Of more channels than can be played, nothing is read: they are refused for their number.
    if channels.len() <= 2 {
        // What is silence shows only beside the loudest sound, so a long file is read twice.
        if file.frames() > KEPT * rate {
            sound = FIRST_SOUND * loudest(&mut file)?;
            if sound == 0.0 && file.frames() > LOOKED_THROUGH {
                let seconds = LOOKED_THROUGH / rate;
                return Err(Failure::at(
                    name,
                    format_args!(
                        "begins with more than {seconds} s of silence; cut that off first"
                    ),
                ));
            }
            file = open()?;
            while read_piece(&mut file, rate, &mut channels)? > 0 && peak(&channels) < sound {
                silence += channels[0].len();
                channels.iter_mut().for_each(Vec::clear);
            }
        }
        while let left @ 1.. = (KEPT * rate).saturating_sub(channels[0].len() as u64)
            && read_piece(&mut file, left, &mut channels)? > 0
        {}
        goes_on = loudest(&mut file)? >= sound;
    }
    let response = ImpulseResponse::behind_silence(silence, channels, rate as f64);
    let response = response.map_err(|reason| Failure::at(name, reason))?;
    let response = response.with_remark(file.remark());
    Ok(match goes_on {
        true => response.before_more(),
        false => response,
    })
}

/// The loudest sample of what comes next, as far as it is looked through, without its sign.
fn loudest(file: &mut SoundFile) -> Result<f32> {
    let mut piece = vec![Vec::new(); file.channels()];
    let (mut loudest, mut looked) = (0.0f32, 0);
    while looked < LOOKED_THROUGH {
        piece.iter_mut().for_each(Vec::clear);
        let read = read_piece(file, 1 << 16, &mut piece)?;
        if read == 0 {
            break;
        }
        loudest = loudest.max(peak(&piece));
        looked += read as u64;
    }
    Ok(loudest)
}

/// Appends `frames` frames, but no more than a second of them or than there are, and returns how many.
fn read_piece(file: &mut SoundFile, frames: u64, channels: &mut [Vec<f32>]) -> Result<usize> {
    let wanted = frames.min(u64::from(file.rate())) as usize;
    let mut done = 0;
    while done < wanted {
        match file.read(wanted - done, channels)? {
            0 => break,
            read => done += read,
        }
    }
    Ok(done)
}

fn peak(channels: &[Vec<f32>]) -> f32 {
    let samples = channels.iter().flatten();
    samples.fold(0.0, |peak, sample| peak.max(sample.abs()))
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

#[cfg(test)]
mod tests {
    use super::*;

    /// A WAV file of 16 bits with the samples of `sound` behind seconds of `silence`, or of `hiss`.
    fn file(rate: u32, silence: f64, hiss: i16, sound: &[i16]) -> Vec<u8> {
        let frames = (silence * f64::from(rate)) as usize;
        let samples = (0..frames).map(|n| if n % 2 == 0 { hiss } else { -hiss });
        let data: Vec<u8> = samples
            .chain(sound.iter().copied())
            .flat_map(i16::to_le_bytes)
            .collect();
        let mut file = b"RIFF\0\0\0\0WAVEfmt \x10\0\0\0\x01\0\x01\0".to_vec();
        file.extend(rate.to_le_bytes());
        file.extend((2 * rate).to_le_bytes());
        file.extend(b"\x02\0\x10\0data");
        file.extend((data.len() as u32).to_le_bytes());
        file.extend(data);
        let length = file.len() as u32 - 8;
        file[4..8].copy_from_slice(&length.to_le_bytes());
        file
    }

    fn told(file: &[u8]) -> (ImpulseResponse, String) {
        let response = read(Path::new("in"), file).unwrap();
        let remarks = remarks("It", &response, None).join("\n");
        (response, remarks)
    }

    #[test]
    fn however_long_the_silence_before_it_the_sound_plays() {
        for silence in [5.5, 14.0, 16.0, 100.0] {
            for hiss in [0, 1] {
                let sound = [i16::MAX / 2, -3000, 20_000, 50];
                let (response, remarks) = told(&file(8_000, silence, hiss, &sound));
                let wanted = sound.map(|s| f32::from(s) / 32_768.0);
                assert_eq!(response.channels(), [wanted]);
                let words = format!(
                    "It begins with {} ms of silence, which is left out",
                    1000.0 * silence
                );
                assert_eq!(remarks, words);
            }
        }
    }

    #[test]
    fn behind_a_silence_as_much_plays_as_ever() {
        let two_seconds = vec![9000; 16_000];
        for silence in [0.0, 13.9, 14.0] {
            let (response, remarks) = told(&file(8_000, silence, 0, &two_seconds));
            assert_eq!(response.seconds(), 2.0);
            assert!(!remarks.contains("rest is cut"), "{remarks}");
        }
        let five_seconds = vec![9000; 40_000];
        for silence in [0.0, 0.5, 1.5, 14.0] {
            let (response, remarks) = told(&file(8_000, silence, 0, &five_seconds));
            assert_eq!(response.seconds(), 4.0);
            assert!(remarks.contains("the rest is cut"), "{remarks}");
            let last = response.channels()[0].last().unwrap().abs();
            assert!(last < 1e-4, "it fades: {last}");
        }
        // And be it long after a pause.
        let mut late = vec![0; 100_000];
        (late[0], late[99_999]) = (9000, 9000);
        let (response, remarks) = told(&file(8_000, 0.0, 0, &late));
        assert_eq!(response.channels()[0].len(), 1);
        assert!(remarks.contains("the rest is cut"), "{remarks}");
    }

    #[test]
    fn seconds_are_counted_not_frames() {
        let four_seconds = vec![900; 4 * 768_000];
        let (response, remarks) = told(&file(768_000, 0.0, 0, &four_seconds));
        assert_eq!(response.seconds(), 4.0);
        assert!(!remarks.contains("rest is cut"), "{remarks}");
    }

    #[test]
    fn what_is_silent_for_very_long_is_refused_with_the_reason() {
        let refusal = |silence| {
            let file = file(1_000, silence, 0, &[500]);
            read(Path::new("in"), &file).unwrap_err().to_string()
        };
        let words = "begins with more than 28800 s of silence; cut that off first";
        assert!(refusal(28_801.0).ends_with(words));
    }
}
