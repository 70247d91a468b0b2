//! FLAC files, decoded by a kept crate.

use std::io::{self, Cursor, Read, SeekFrom};
use std::panic::{AssertUnwindSafe, catch_unwind};

use symphonia::core::codecs::audio::{AudioDecoder, AudioDecoderOptions};
use symphonia::core::formats::{FormatOptions, FormatReader};
use symphonia::core::io::{
    MediaSource, MediaSourceStream, MediaSourceStreamOptions, ReadOnlySource,
};
use symphonia::default::codecs::FlacDecoder;
use symphonia::default::formats::FlacReader;

use super::bytes::{About, Bytes, CUT_SHORT, Decoder, bad, check_rate, damaged};

/// What stands at the beginning, and before each block of what is no audio.
const MARK: &[u8; 4] = b"fLaC";
const BLOCK_HEAD: usize = 4;
/// Bytes of the first such block, which says what the audio is.
const INFO: usize = 34;

/// A file being decoded.
struct Flac {
    reader: FlacReader<'static>,
    decoder: FlacDecoder,
    /// Sound that was decoded, a vector for each channel, and how much of it was handed on.
    decoded: Vec<Vec<f32>>,
    given: usize,
}

/// From a source that is positioned at [`MARK`].
pub(super) fn open(mut source: Box<dyn Bytes>) -> io::Result<(About, Box<dyn Decoder>)> {
    let head = head(&mut *source)?;
    let start = source.stream_position()?;
    let (holes, frames) = caught(|| count(head, &mut *source))?;
    source.seek(SeekFrom::Start(start))?;
    // See the format's definition: 20 bits, 3 and 36, behind 10 bytes.
    let info = &head[MARK.len() + BLOCK_HEAD..];
    let bits = info[10..18]
        .iter()
        .fold(0u64, |all, &byte| all << 8 | u64::from(byte));
    let (rate, channels, said) = (bits >> 44, (bits >> 41 & 7) + 1, bits & ((1 << 36) - 1));
    check_rate("FLAC", rate as u32)?;
    if frames == 0 {
        return Err(bad(
            "is a FLAC file without audio, or one that is cut short",
        ));
    }
    // What has all that it says is whole, however it is numbered.
    if holes && !(1..=frames).contains(&said) {
        return Err(wrong("a part of it is missing"));
    }
    let (reader, decoder) = caught(|| {
        let reader = reader(head, source)?;
        let track = reader.tracks().first();
        let parameters = track
            .and_then(|track| track.codec_params.as_ref())
            .and_then(|parameters| parameters.audio());
        let parameters = parameters.ok_or_else(|| wrong("nothing in it is audio"))?;
        let decoder = FlacDecoder::try_new(parameters, &AudioDecoderOptions::default());
        Ok((reader, decoder.map_err(wrong)?))
    })?;
    let about = About {
        channels: channels as usize,
        rate: rate as u32,
        frames,
        remark: (said > frames).then_some(CUT_SHORT),
    };
    let flac = Flac {
        reader,
        decoder,
        decoded: vec![Vec::new(); about.channels],
        given: 0,
    };
    Ok((about, Box::new(flac)))
}

impl Decoder for Flac {
    fn read(&mut self, frames: usize, output: &mut [Vec<f32>]) -> io::Result<usize> {
        while self.given >= self.decoded[0].len() {
            if !caught(|| self.decode())? {
                return Ok(0);
            }
            self.given = 0;
        }
        let frames = frames.min(self.decoded[0].len() - self.given);
        for (output, decoded) in output.iter_mut().zip(&self.decoded) {
            output.extend_from_slice(&decoded[self.given..][..frames]);
        }
        self.given += frames;
        Ok(frames)
    }
}

impl Flac {
    /// Decodes the next packet, if there is one.
    fn decode(&mut self) -> io::Result<bool> {
        // Where counting ended, for whatever reason, the audio does.
        let Ok(Some(packet)) = self.reader.next_packet() else {
            return Ok(false);
        };
        let sound = self.decoder.decode(&packet).map_err(wrong)?;
        if sound.num_planes() != self.decoded.len() {
            return Err(wrong("the number of its channels changes"));
        }
        sound.copy_to_vecs_planar(&mut self.decoded);
        Ok(true)
    }
}

/// The beginning of the file with nothing in it but what its audio is: pictures and whatever else
/// is of no use here may claim to be of any size. Leaves the source in front of the audio.
fn head(source: &mut dyn Bytes) -> io::Result<[u8; MARK.len() + BLOCK_HEAD + INFO]> {
    let mut head = [0; MARK.len() + BLOCK_HEAD + INFO];
    source.read_exact(&mut head)?;
    let block = &mut head[MARK.len()..];
    if block[0] & 127 != 0 || block[1..4] != [0, 0, INFO as u8] {
        return Err(wrong("it does not begin with what its audio is"));
    }
    let mut last = block[0] >> 7 == 1;
    block[0] = 128;
    while !last {
        let mut next = [0; BLOCK_HEAD];
        source.read_exact(&mut next)?;
        last = next[0] >> 7 == 1;
        source.seek_relative(u32::from_be_bytes([0, next[1], next[2], next[3]]).into())?;
    }
    Ok(head)
}

fn reader<'s>(
    head: [u8; MARK.len() + BLOCK_HEAD + INFO],
    audio: impl Read + Send + Sync + 's,
) -> io::Result<FlacReader<'s>> {
    let source: Box<dyn MediaSource + 's> =
        Box::new(ReadOnlySource::new(Cursor::new(head).chain(audio)));
    let stream = MediaSourceStream::new(source, MediaSourceStreamOptions::default());
    FlacReader::try_new(stream, FormatOptions::default()).map_err(wrong)
}

/// Whether frames seem to be missing before others, for the crate leaves out what is damaged, and how many
/// there are. The file may say something else, or nothing.
fn count(
    head: [u8; MARK.len() + BLOCK_HEAD + INFO],
    audio: &mut dyn Bytes,
) -> io::Result<(bool, u64)> {
    let mut reader = reader(head, audio)?;
    let (mut holes, mut frames) = (false, 0u64);
    while let Ok(Some(packet)) = reader.next_packet() {
        holes |= packet.pts.get() > frames as i64;
        frames = frames.saturating_add(packet.dur.get());
    }
    Ok((holes, frames))
}

/// Calls the crate, which may panic over a file that somebody made for that.
fn caught<T>(call: impl FnOnce() -> io::Result<T>) -> io::Result<T> {
    let done = catch_unwind(AssertUnwindSafe(call));
    done.unwrap_or_else(|_| Err(wrong("it contradicts itself")))
}

fn wrong(how: impl std::fmt::Display) -> io::Error {
    damaged("FLAC", &format!("{how}; download or export it again"))
}
