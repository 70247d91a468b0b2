//! Files of every kind, as programs write them and as they should not be.

use std::io::Cursor;
use std::path::Path;

use super::SoundFile;

/// Half, silence, minus a quarter.
const SAMPLES: [f32; 3] = [0.5, 0.0, -0.25];
const PCM24: [i32; 3] = [0x40_0000, 0, -0x20_0000];

/// A chunk, padded to an even length.
fn chunk(big_endian: bool, name: &[u8; 4], contents: &[u8]) -> Vec<u8> {
    let length = contents.len() as u32;
    let length = match big_endian {
        true => length.to_be_bytes(),
        false => length.to_le_bytes(),
    };
    let mut chunk = [&name[..], &length, contents].concat();
    chunk.resize(chunk.len().next_multiple_of(2), 0);
    chunk
}

fn wav(chunks: &[Vec<u8>]) -> Vec<u8> {
    chunk(false, b"RIFF", &[b"WAVE", &chunks.concat()[..]].concat())
}

fn fmt(kind: u16, channels: u16, align: u16, bits: u16) -> Vec<u8> {
    let rate = 48_000u32;
    let mut fmt = [kind.to_le_bytes(), channels.to_le_bytes()].concat();
    fmt.extend(rate.to_le_bytes());
    fmt.extend((rate * u32::from(align)).to_le_bytes());
    fmt.extend(align.to_le_bytes());
    fmt.extend(bits.to_le_bytes());
    fmt
}

fn extended(kind: u16, align: u16, bits: u16, valid: u16) -> Vec<u8> {
    let mut fmt = fmt(0xFFFE, 1, align, bits);
    fmt.extend(22u16.to_le_bytes());
    fmt.extend(valid.to_le_bytes());
    fmt.extend(4u32.to_le_bytes());
    fmt.extend(kind.to_le_bytes());
    fmt.extend(*b"\x00\x00\x00\x00\x10\x00\x80\x00\x00\xaa\x00\x38\x9b\x71");
    fmt
}

fn plain_wav(fmt: &[u8], data: &[u8]) -> Vec<u8> {
    wav(&[chunk(false, b"fmt ", fmt), chunk(false, b"data", data)])
}

fn pcm16() -> Vec<u8> {
    PCM24
        .iter()
        .flat_map(|s| ((s >> 8) as i16).to_le_bytes())
        .collect()
}

/// 48 kHz as AIFF says it.
const RATE: [u8; 10] = [0x40, 0x0E, 0xBB, 0x80, 0, 0, 0, 0, 0, 0];

fn comm(kind: &[u8], bits: u16) -> Vec<u8> {
    let mut comm = 1u16.to_be_bytes().to_vec();
    comm.extend(3u32.to_be_bytes());
    comm.extend(bits.to_be_bytes());
    comm.extend(RATE);
    comm.extend(kind);
    comm
}

fn aiff(kind: &[u8], bits: u16, data: &[u8]) -> Vec<u8> {
    let form: &[u8] = if kind.is_empty() { b"AIFF" } else { b"AIFC" };
    let chunks = [
        chunk(true, b"COMM", &comm(kind, bits)),
        chunk(true, b"NAME", b"odd"),
        chunk(true, b"SSND", &[&[0; 8], data].concat()),
    ];
    chunk(true, b"FORM", &[form, &chunks.concat()].concat())
}

/// The sum of the bytes in the sense of FLAC: of a header with 8 bits, of a frame with 16.
fn checksum(bytes: &[u8], polynomial: u32, bits: u32) -> u32 {
    let top = 1 << (bits - 1);
    bytes.iter().fold(0, |mut sum, &byte| {
        sum ^= u32::from(byte) << (bits - 8);
        for _ in 0..8 {
            sum = sum << 1 ^ if sum & top == 0 { 0 } else { polynomial };
        }
        sum & (top << 1).wrapping_sub(1)
    })
}

/// Samples of 24 bits without any compression, in frames of 16.
fn flac(channels: &[Vec<i32>], said: u64, others: &[Vec<u8>]) -> Vec<u8> {
    let mut info = [16u16.to_be_bytes(), 16u16.to_be_bytes()].concat();
    info.extend([0; 6]);
    let bits = 48_000u64 << 44 | (channels.len() as u64 - 1) << 41 | 23 << 36 | said;
    info.extend(bits.to_be_bytes());
    info.extend([0; 16]);
    let mut file = b"fLaC".to_vec();
    file.extend([if others.is_empty() { 128 } else { 0 }, 0, 0, 34]);
    file.extend(info);
    file.extend(others.concat());
    for (number, start) in (0..channels[0].len()).step_by(16).enumerate() {
        let count = (channels[0].len() - start).min(16);
        let mut frame = vec![
            0xFF,
            0xF8,
            0x70,
            (channels.len() as u8 - 1) << 4,
            number as u8,
        ];
        frame.extend((count as u16 - 1).to_be_bytes());
        frame.push(checksum(&frame, 7, 8) as u8);
        for channel in channels {
            frame.push(2);
            for sample in &channel[start..start + count] {
                frame.extend(&sample.to_be_bytes()[1..]);
            }
        }
        frame.extend((checksum(&frame, 0x8005, 16) as u16).to_be_bytes());
        file.extend(frame);
    }
    file
}

fn open(file: &[u8]) -> Result<SoundFile, String> {
    let opened = SoundFile::new(Path::new("in"), Cursor::new(file.to_vec()));
    opened.map_err(|e| e.to_string())
}

/// All of it, so many frames at a time.
fn read(file: &[u8], step: usize) -> Result<Vec<Vec<f32>>, String> {
    let mut file = open(file)?;
    let mut sound = vec![Vec::new(); file.channels()];
    while file.read(step, &mut sound).map_err(|e| e.to_string())? > 0 {}
    assert_eq!(sound[0].len() as u64, file.frames());
    Ok(sound)
}

fn bytes_of<const N: usize>(samples: [i32; 3], bytes: impl Fn(i32) -> [u8; N]) -> Vec<u8> {
    samples.into_iter().flat_map(bytes).collect()
}

#[test]
fn wav_files_of_all_kinds_are_read() {
    let low = |s: i32| s.to_le_bytes();
    let high = |s: i32| (s << 8).to_le_bytes();
    let packed = |s: i32| {
        let bytes = s.to_le_bytes();
        [bytes[0], bytes[1], bytes[2]]
    };
    // The second one is silence.
    let (a_law, mu_law) = ([0x80, 0xD5, 0x7F], [0x80, 0xFF, 0x2F]);
    let odd = [
        &b"JUNK\x03\0\0\0xyz\xFF"[..],
        &chunk(false, b"LIST", b"INFO"),
    ]
    .concat();
    let mut wrong_align = fmt(1, 1, 2, 16);
    wrong_align[8..14].fill(0);
    let large = |name: &[u8; 4]| {
        let mut lengths = vec![0; 28];
        lengths[8] = 6;
        let mut file = wav(&[
            chunk(false, b"ds64", &lengths),
            chunk(false, b"fmt ", &fmt(1, 1, 2, 16)),
            chunk(false, b"data", &pcm16()),
            chunk(false, b"LIST", b"more"),
        ]);
        file[..4].copy_from_slice(name);
        file[4..8].fill(255);
        let data = file.windows(4).position(|w| w == b"data").unwrap();
        file[data + 4..data + 8].fill(255);
        file
    };
    for (what, file) in [
        (
            "24 in 32, low",
            plain_wav(&fmt(1, 1, 4, 24), &bytes_of(PCM24, low)),
        ),
        (
            "24 in 32, high",
            plain_wav(&fmt(1, 1, 4, 24), &bytes_of(PCM24, high)),
        ),
        (
            "24 in 32, extensible",
            plain_wav(&extended(1, 4, 32, 24), &bytes_of(PCM24, high)),
        ),
        (
            "24 in 32, extensible with 24 bits",
            plain_wav(&extended(1, 4, 24, 24), &bytes_of(PCM24, high)),
        ),
        (
            "20 in 24",
            plain_wav(&fmt(1, 1, 3, 20), &bytes_of(PCM24, packed)),
        ),
        ("12 in 16", plain_wav(&fmt(1, 1, 2, 12), &pcm16())),
        ("no alignment", plain_wav(&wrong_align, &pcm16())),
        (
            "a padding byte that is not 0",
            wav(&[
                odd,
                chunk(false, b"fmt ", &fmt(1, 1, 2, 16)),
                chunk(false, b"data", &pcm16()),
            ]),
        ),
        ("RF64", large(b"RF64")),
        ("BW64", large(b"BW64")),
    ] {
        assert_eq!(
            read(&file, 2).as_deref(),
            Ok(&[SAMPLES.to_vec()][..]),
            "{what}"
        );
        assert_eq!(open(&file).unwrap().remark(), None, "{what}");
    }
    for (what, kind, data) in [("A-law", 6, a_law), ("mu-law", 7, mu_law)] {
        for fmt in [fmt(kind, 1, 1, 8), extended(kind, 1, 8, 8)] {
            let sound = read(&plain_wav(&fmt, &data), 9).unwrap();
            assert_eq!(sound[0].len(), 3, "{what}");
            assert!(sound[0][1].abs() < 0.001, "{what}: {sound:?}");
        }
    }
}

#[test]
fn a_quiet_sample_stays_where_the_rules_have_it() {
    // Nothing above -48 dB, and the lowest byte unused.
    let quiet = bytes_of([0x12_3400, -0x10_0000, 0x100], |s| s.to_le_bytes());
    let level = |fmt: &[u8]| read(&plain_wav(fmt, &quiet), 9).unwrap()[0][1];
    assert_eq!(
        level(&extended(1, 4, 32, 24)),
        -(0x10_0000 as f32) / 2f32.powi(31)
    );
    assert_eq!(level(&fmt(1, 1, 4, 24)), -0.125);
    // Of bits that a converter does not give, only the lowest are never used.
    for (bytes, bits, unit) in [(3, 20, 16), (2, 12, 16)] {
        let loud = (1 << (8 * bytes - 1)) as f32;
        let samples: [i32; 3] = [20 * unit, -7 * unit, unit];
        let data: Vec<u8> = samples
            .iter()
            .flat_map(|s| s.to_le_bytes()[..bytes].to_vec())
            .collect();
        let sound = read(&plain_wav(&fmt(1, 1, bytes as u16, bits), &data), 9).unwrap();
        assert_eq!(sound, [samples.map(|s| s as f32 / loud)], "{bits} bits");
    }
}

#[test]
fn lengths_that_were_never_filled_in_mean_all_there_is() {
    let whole = plain_wav(&fmt(1, 1, 2, 16), &pcm16());
    let data = whole.len() - 10;
    for length in [0u32, u32::MAX] {
        let mut file = whole.clone();
        file[data..data + 4].copy_from_slice(&length.to_le_bytes());
        assert_eq!(read(&file, 9).unwrap(), [SAMPLES], "{length}");
        let remark = open(&file).unwrap().remark().unwrap();
        assert!(remark.contains("does not say how long"), "{remark}");
    }
}

#[test]
fn aiff_files_of_all_kinds_are_read() {
    let be16 = bytes_of(PCM24, |s| ((s >> 8) as i16).to_be_bytes());
    let be24 = bytes_of(PCM24, |s| {
        let bytes = s.to_be_bytes();
        [bytes[1], bytes[2], bytes[3]]
    });
    let le24 = bytes_of(PCM24, |s| {
        let bytes = s.to_le_bytes();
        [bytes[0], bytes[1], bytes[2]]
    });
    let be32 = bytes_of(PCM24, |s| (s << 8).to_be_bytes());
    let le32 = bytes_of(PCM24, |s| (s << 8).to_le_bytes());
    let float: Vec<u8> = SAMPLES.iter().flat_map(|s| s.to_be_bytes()).collect();
    let double: Vec<u8> = SAMPLES
        .iter()
        .flat_map(|s| f64::from(*s).to_be_bytes())
        .collect();
    for (kind, bits, data) in [
        (&b""[..], 8, &[0x40, 0, 0xE0][..]),
        (b"", 16, &be16),
        (b"", 12, &be16),
        (b"", 24, &be24),
        (b"", 20, &be24),
        (b"", 32, &be32),
        (b"NONE\x00\x00", 16, &be16),
        (b"twos", 24, &be24),
        (b"sowt", 16, &pcm16()),
        (b"sowt", 24, &le24),
        (b"in24", 24, &be24),
        (b"42ni", 24, &le24),
        (b"in32", 32, &be32),
        (b"23ni", 32, &le32),
        (b"raw ", 8, &[0xC0, 0x80, 0x60]),
        (b"fl32\x0eFloating point", 32, &float),
        (b"FL32", 32, &float),
        (b"fl64", 64, &double),
    ] {
        let name = String::from_utf8_lossy(kind);
        let file = aiff(kind, bits, data);
        assert_eq!(
            read(&file, 2).as_deref(),
            Ok(&[SAMPLES.to_vec()][..]),
            "{name} {bits}"
        );
        let opened = open(&file).unwrap();
        assert_eq!(
            (opened.rate(), opened.remark()),
            (48_000, None),
            "{name} {bits}"
        );
    }
    // What is behind the rate of a file without kinds is not one.
    let mut padded = aiff(b"ima4", 16, &be16);
    padded[8..12].copy_from_slice(b"AIFF");
    assert_eq!(read(&padded, 9).unwrap(), [SAMPLES]);
    for kind in [b"alaw", b"ulaw"] {
        assert_eq!(read(&aiff(kind, 8, &[0; 3]), 9).unwrap()[0].len(), 3);
    }
    // The sound before what it is; and a file that ends early.
    let sound = chunk(true, b"SSND", &[&[0; 8], &be16[..]].concat());
    let turned = [&b"AIFF"[..], &sound, &chunk(true, b"COMM", &comm(b"", 16))].concat();
    assert_eq!(read(&chunk(true, b"FORM", &turned), 9).unwrap(), [SAMPLES]);
    let whole = aiff(b"", 16, &be16);
    let early = &whole[..whole.len() - 3];
    assert_eq!(read(early, 9).unwrap(), [&SAMPLES[..1]]);
    assert!(
        open(early)
            .unwrap()
            .remark()
            .unwrap()
            .contains("ends before")
    );
    for (words, file) in [
        ("a compressed AIFF file (ima4)", aiff(b"ima4", 16, &be16)),
        ("is an AIFF file of 64 bits", aiff(b"", 64, &be16)),
        (
            "a compressed AIFF file (?[??)",
            aiff(b"\x1b[\x07\xff", 16, &be16),
        ),
        ("without audio", whole[..40].to_vec()),
        ("does not say what its audio is", {
            chunk(true, b"FORM", &[&b"AIFF"[..], &sound].concat())
        }),
    ] {
        let error = open(&file).err().unwrap();
        assert!(error.contains(words), "{error}");
    }
}

#[test]
fn flac_files_are_read_to_the_bit() {
    let mut random = 1u32;
    let mut noise = |frames: usize| -> Vec<i32> {
        let next = |_| {
            random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            random as i32 >> 8
        };
        (0..frames).map(next).collect()
    };
    // A picture that claims to be of any size is not looked at.
    let mut picture = vec![6, 0, 0, 100];
    picture.extend([255; 100]);
    let padding = vec![0x81, 0, 0, 3, 0, 0, 0];
    for channels in [1, 2] {
        let sides: Vec<Vec<i32>> = (0..channels).map(|_| noise(1000)).collect();
        let wanted: Vec<Vec<f32>> = sides
            .iter()
            .map(|side| side.iter().map(|&s| s as f32 / 2f32.powi(23)).collect())
            .collect();
        for (said, others) in [
            (1000, vec![]),
            (0, vec![]),
            (1000, vec![picture.clone(), padding.clone()]),
        ] {
            let file = flac(&sides, said, &others);
            for step in [1, 7, 4096] {
                assert!(read(&file, step).unwrap() == wanted, "{channels} channels");
            }
            let opened = open(&file).unwrap();
            assert_eq!((opened.rate(), opened.remark()), (48_000, None));
            let tagged = [&b"ID3\x04\0\0\0\0\0\x05hello"[..], &file].concat();
            assert!(read(&tagged, 4096).unwrap() == wanted);
        }
        let file = flac(&sides, 1000, &[]);
        let early = &file[..file.len() / 2];
        let sound = read(early, 100).unwrap();
        assert!((400..500).contains(&sound[0].len()), "{}", sound[0].len());
        assert_eq!(sound[0][..], wanted[0][..sound[0].len()]);
        assert!(
            open(early)
                .unwrap()
                .remark()
                .unwrap()
                .contains("ends before")
        );
    }
    // A frame takes 58 bytes, the last one less: one in the middle or at the beginning that is
    // damaged leaves a hole, one at the end an end.
    let file = flac(&[noise(1000)], 1000, &[]);
    let frames = file.len() - 42;
    for (at, words) in [(42 + 20, "is missing"), (42 + frames / 2, "is missing")] {
        let mut file = file.clone();
        file[at] ^= 16;
        let error = open(&file).err().unwrap();
        assert!(error.contains(words) && error.contains("again"), "{error}");
    }
    let mut late = file.clone();
    let last = late.len() - 5;
    late[last] ^= 16;
    assert!(read(&late, 100).unwrap()[0].len() < 1000);
    let error = open(&flac(&[noise(16)], 16, &[])[..42]).err().unwrap();
    assert!(
        error.contains("FLAC file without audio") || error.contains("damaged"),
        "{error}"
    );
}

#[test]
fn what_is_no_sound_that_is_read_is_told_by_its_name() {
    for (file, words) in [
        (
            &b"ID3\x04\0\0\0\0\0\x05hello\xFF\xFB\x90\x64"[..],
            "an MP3 file, which leaves",
        ),
        (b"\xFF\xFB\x90\x64\0\0\0\0\0\0\0\0", "an MP3 file"),
        (b"OggS\0\x02\0\0\0\0\0\0", "an Ogg file"),
        (b"\0\0\0\x20ftypM4A ", "an M4A or MP4 file"),
        (b"caff\0\x01\0\0desc", "a CAF file"),
        (b"wvpk\0\0\0\0\0\0\0\0", "a WavPack file"),
        (
            b"OggS\0\x02\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x01\x33\x7fFLAC\x01",
            "is FLAC in an Ogg file; Gridleak reads",
        ),
        (
            b"PK\x03\x04\x14\0\0\0\0\0\x0b\x65Cab/Cab.wav",
            "is an archive (ZIP); unpack it, and pick the sound",
        ),
        (b"7z\xbc\xaf\x27\x1c\0\x04", "is an archive (7Z); unpack it"),
        (
            b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR",
            "is a picture (PNG); pick a WAV",
        ),
        (
            b"\xef\xbb\xbf<!DOCTYPE html><html>",
            "is a web page; the download gave a page instead",
        ),
        (
            b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a",
            "is a Git LFS pointer, which stands for a file that was not fetched; run \"git lfs pull\"",
        ),
        (b"MThd\0\0\0\x06\0\0", "is a MIDI file; pick a WAV"),
        (
            b"DSD \x1c\0\0\0",
            "is a sound file (DSF); convert it to WAV",
        ),
        (
            b" {\"version\": \"0.5.4\"}",
            "is a .nam capture; load it as the capture",
        ),
        (
            b"no music",
            "is not a sound file; Gridleak reads uncompressed WAV and AIFF files, and FLAC: pick",
        ),
        (b"", "is empty; download"),
    ] {
        let error = open(file).err().unwrap();
        assert!(
            error.starts_with("in: ") && error.contains(words),
            "{error}"
        );
    }
}

/// A file may be damaged in any way: it is refused or read, at once, and its claims cost no memory.
#[test]
fn damage_neither_hangs_nor_hurts() {
    let noise: Vec<i32> = (0..200)
        .map(|n: i32| n.wrapping_mul(40_503) % 8_000_000)
        .collect();
    let data: Vec<u8> = (0..=255).collect();
    let files = [
        plain_wav(&fmt(1, 2, 4, 16), &data),
        plain_wav(&extended(1, 4, 24, 24), &data),
        aiff(b"", 24, &data),
        aiff(b"fl32", 32, &data),
        flac(
            &[noise.clone(), noise],
            200,
            &[vec![0x84, 0, 0, 4, 1, 2, 3, 4]],
        ),
    ];
    let mut random = 7u32;
    let mut next = |most: usize| {
        random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (random >> 8) as usize % most
    };
    for file in &files {
        for _ in 0..1500 {
            let mut file = file.clone();
            for _ in 0..=next(4) {
                let at = match next(2) {
                    0 => next(file.len().min(80)),
                    _ => next(file.len()),
                };
                match next(5) {
                    0 => file[at] = 255,
                    1 => file[at] = 0,
                    2 => file.truncate(at.max(1)),
                    3 => file.extend_from_within(at..),
                    _ => file[at] ^= 1 << next(8),
                }
            }
            let Ok(mut opened) = open(&file) else {
                continue;
            };
            let frames = opened.frames();
            // A sample takes a byte at least, and a frame of FLAC holds fewer samples than this.
            assert!(frames <= 70_000 * file.len() as u64);
            let mut sound = vec![Vec::new(); opened.channels()];
            while let Ok(1..) = opened.read(1000, &mut sound) {
                sound.iter_mut().for_each(Vec::clear);
            }
        }
    }
}
