//! WAV files as they are found in the wild, and some that should not be.

#[allow(dead_code, unreachable_pub)] // each test program uses its part of it
mod support;

use support::{Bench, identity, read_float};

/// A chunk, padded to an even length.
fn chunk(name: &[u8; 4], contents: &[u8]) -> Vec<u8> {
    let mut chunk = name.to_vec();
    chunk.extend((contents.len() as u32).to_le_bytes());
    chunk.extend(contents);
    chunk.resize(chunk.len().next_multiple_of(2), 0);
    chunk
}

fn riff(chunks: &[Vec<u8>]) -> Vec<u8> {
    let body = chunks.concat();
    let mut file = b"RIFF".to_vec();
    file.extend((body.len() as u32 + 4).to_le_bytes());
    file.extend(b"WAVE");
    file.extend(body);
    file
}

fn format(kind: u16, channels: u16, rate: u32, bits: u16) -> Vec<u8> {
    let align = channels * (bits / 8);
    let mut fmt = Vec::new();
    fmt.extend(kind.to_le_bytes());
    fmt.extend(channels.to_le_bytes());
    fmt.extend(rate.to_le_bytes());
    fmt.extend(rate.wrapping_mul(align.into()).to_le_bytes());
    fmt.extend(align.to_le_bytes());
    fmt.extend(bits.to_le_bytes());
    fmt
}

fn extensible(kind: u16, bits: u16) -> Vec<u8> {
    let mut fmt = format(0xFFFE, 1, 48_000, bits);
    fmt.extend(22u16.to_le_bytes());
    fmt.extend(bits.to_le_bytes());
    fmt.extend(4u32.to_le_bytes());
    fmt.extend(kind.to_le_bytes());
    fmt.extend(*b"\x00\x00\x00\x00\x10\x00\x80\x00\x00\xaa\x00\x38\x9b\x71");
    fmt
}

/// Half, silence, minus a quarter.
const PCM16: &[u8] = &[0x00, 0x40, 0x00, 0x00, 0x00, 0xE0];
const SAMPLES: [f32; 3] = [0.5, 0.0, -0.25];

fn render(bench: &Bench, file: &[u8]) -> support::Run {
    bench.put("in.wav", file);
    bench.put("same.nam", identity(48_000, ""));
    bench.run(&[
        "render",
        "--raw",
        "--capture",
        "same.nam",
        "in.wav",
        "out.wav",
    ])
}

#[test]
fn extra_chunks_and_extended_formats_load() {
    let bench = Bench::new();
    let fmt = || chunk(b"fmt ", &format(1, 1, 48_000, 16));
    let data = || chunk(b"data", PCM16);
    let mut misaligned = format(1, 1, 48_000, 16);
    misaligned[12] = 3;
    let mut long_format = format(1, 1, 48_000, 16);
    long_format.extend([2, 0, 7, 7]);
    let mut unpadded = chunk(b"note", b"odd");
    unpadded.pop();
    let mut oddly_padded = unpadded.clone();
    oddly_padded.push(b' ');
    let mut padding_counted = format(1, 1, 48_000, 16);
    padding_counted.extend([0, 0]);
    let pcm32: Vec<u8> = [1i32 << 30, 0, -(1 << 29)]
        .iter()
        .flat_map(|s| s.to_le_bytes())
        .collect();
    let pcm24 = [0, 0, 0x40, 0, 0, 0, 0, 0, 0xE0];
    let float: Vec<u8> = SAMPLES.iter().flat_map(|s| s.to_le_bytes()).collect();
    let double: Vec<u8> = SAMPLES
        .iter()
        .flat_map(|s| f64::from(*s).to_le_bytes())
        .collect();
    for (what, file) in [
        ("plain", riff(&[fmt(), data()])),
        (
            "list",
            riff(&[chunk(b"LIST", b"INFOICMT\x04\0\0\0abcd"), fmt(), data()]),
        ),
        (
            "odd",
            riff(&[
                chunk(b"junk", b"odd"),
                fmt(),
                chunk(b"bext", &[9; 603]),
                data(),
            ]),
        ),
        ("unpadded", riff(&[fmt(), unpadded.clone(), data()])),
        (
            "unpadded before the format",
            riff(&[unpadded.clone(), fmt(), unpadded.clone(), unpadded, data()]),
        ),
        (
            "padded with a blank",
            riff(&[oddly_padded.clone(), fmt(), oddly_padded, data()]),
        ),
        (
            "18 bytes of format",
            riff(&[chunk(b"fmt ", &padding_counted), data()]),
        ),
        (
            "18 bytes of format, 32 bits",
            riff(&[
                chunk(b"fmt ", &[format(1, 1, 48_000, 32), vec![0, 0]].concat()),
                chunk(b"data", &pcm32),
            ]),
        ),
        (
            "8 bits",
            riff(&[
                chunk(b"fmt ", &format(1, 1, 48_000, 8)),
                chunk(b"data", &[0xC0, 0x80, 0x60]),
            ]),
        ),
        (
            "24 bits",
            riff(&[
                chunk(b"fmt ", &format(1, 1, 48_000, 24)),
                chunk(b"data", &pcm24),
            ]),
        ),
        (
            "extensible 24",
            riff(&[chunk(b"fmt ", &extensible(1, 24)), chunk(b"data", &pcm24)]),
        ),
        (
            "64-bit float",
            riff(&[
                chunk(b"fmt ", &format(3, 1, 48_000, 64)),
                chunk(b"data", &double),
            ]),
        ),
        (
            "extensible 64-bit float",
            riff(&[chunk(b"fmt ", &extensible(3, 64)), chunk(b"data", &double)]),
        ),
        (
            "bytes of a frame that are not those of its samples",
            riff(&[chunk(b"fmt ", &misaligned), data()]),
        ),
        ("trailing", riff(&[fmt(), data(), chunk(b"LIST", b"more")])),
        ("long format", riff(&[chunk(b"fmt ", &long_format), data()])),
        (
            "extensible",
            riff(&[chunk(b"fmt ", &extensible(1, 16)), data()]),
        ),
        (
            "extensible 32",
            riff(&[chunk(b"fmt ", &extensible(1, 32)), chunk(b"data", &pcm32)]),
        ),
        (
            "extensible float",
            riff(&[chunk(b"fmt ", &extensible(3, 32)), chunk(b"data", &float)]),
        ),
    ] {
        let run = render(&bench, &file).good();
        assert_eq!(run.err, "", "{what}");
        assert_eq!(read_float(&bench.path("out.wav")).1[0], SAMPLES, "{what}");
        assert_eq!(as_cabinet(&bench), SAMPLES, "{what} as a cabinet");
    }
}

/// What a click becomes in a cabinet that is `in.wav`, at the level of the file.
fn as_cabinet(bench: &Bench) -> Vec<f32> {
    bench.float_wav("click.wav", 48_000, &[&[1.0, 0.0, 0.0]]);
    let run = bench.run(&[
        "render",
        "--raw",
        "--capture",
        "same.nam",
        "--ir",
        "in.wav",
        "click.wav",
        "cab.wav",
    ]);
    assert_eq!(run.good().err, "");
    let heard = read_float(&bench.path("cab.wav")).1.remove(0);
    // The official plugin turns impulse responses down by 18 dB. The rest is the rounding of the
    // convolution.
    let gain = 10f32.powf(18.0 / 20.0);
    let exact = |sample: f32| (sample * gain * 1e5).round() / 1e5;
    heard.into_iter().map(exact).collect()
}

#[test]
fn a_file_that_ends_early_plays_as_far_as_it_goes() {
    let bench = Bench::new();
    let whole = riff(&[
        chunk(b"fmt ", &format(1, 1, 48_000, 16)),
        chunk(b"data", PCM16),
    ]);
    for claimed in [7u32, 1_000_000, u32::MAX - 1] {
        let mut file = whole.clone();
        let length = file.len() - PCM16.len() - 4;
        file[length..length + 4].copy_from_slice(&claimed.to_le_bytes());
        let run = render(&bench, &file).good();
        assert!(
            run.err.contains("ends before its header says so"),
            "{run:?}"
        );
        assert_eq!(read_float(&bench.path("out.wav")).1[0], SAMPLES);
    }
    // Half a sample is no sample.
    let run = render(&bench, &whole[..whole.len() - 1]).good();
    assert!(run.err.contains("ends before"), "{run:?}");
    assert_eq!(read_float(&bench.path("out.wav")).1[0], SAMPLES[..2]);
}

#[test]
fn a_length_that_was_never_filled_in_means_all_there_is() {
    let bench = Bench::new();
    let whole = riff(&[
        chunk(b"fmt ", &format(1, 1, 48_000, 16)),
        chunk(b"data", PCM16),
    ]);
    let data_size = whole.len() - PCM16.len() - 4;
    let told = whole.len() as u32 - 8;
    for riff_size in [0u32, 36, u32::MAX, told] {
        let mut file = whole.clone();
        file[4..8].copy_from_slice(&riff_size.to_le_bytes());
        file[data_size..data_size + 4].fill(0);
        let run = render(&bench, &file).good();
        assert!(run.err.contains("does not say how long it is"), "{run:?}");
        assert_eq!(read_float(&bench.path("out.wav")).1[0], SAMPLES);
    }
    // An empty recording with something behind it is one.
    let empty = riff(&[
        chunk(b"fmt ", &format(1, 1, 48_000, 16)),
        chunk(b"data", &[]),
        chunk(b"LIST", b"more"),
    ]);
    let run = render(&bench, &empty).good();
    assert_eq!(run.err, "");
    assert_eq!(read_float(&bench.path("out.wav")).1[0], []);
}

#[test]
fn what_is_written_follows_the_rules() {
    let bench = Bench::new();
    let pcm24 = [0, 0, 0x40, 0, 0, 0, 0, 0, 0xE0];
    let fmt = chunk(b"fmt ", &format(1, 1, 48_000, 24));
    bench.put("in.wav", riff(&[fmt, chunk(b"data", &pcm24)]));
    bench.put("same.nam", identity(48_000, ""));
    for (depth, bytes) in [("24", 9), ("16", 6), ("32", 12)] {
        let mut args = vec![
            "render",
            "--raw",
            "--capture",
            "same.nam",
            "in.wav",
            "out.wav",
        ];
        if depth != "32" {
            args.extend(["--bits", depth]);
        }
        bench.run(&args).good();
        let file = std::fs::read(bench.path("out.wav")).unwrap();
        let long = |at: usize| u32::from_le_bytes(file[at..at + 4].try_into().unwrap()) as usize;
        assert_eq!(long(4) + 8, file.len(), "{depth} bits");
        let data = file.windows(4).position(|name| name == b"data").unwrap();
        assert_eq!(long(data + 4), bytes, "{depth} bits");
        // A chunk of odd length has a padding byte.
        assert_eq!(data + 8 + bytes + bytes % 2, file.len(), "{depth} bits");
    }
}

#[test]
fn what_is_no_playable_wav_is_refused() {
    let bench = Bench::new();
    let data = || chunk(b"data", PCM16);
    let fmt = |kind, channels, rate, bits| chunk(b"fmt ", &format(kind, channels, rate, bits));
    for (words, file) in [
        ("is empty", Vec::new()),
        ("is not a sound file", b"RIFF".to_vec()),
        ("is a video (AVI)", b"RIFF\0\0\0\0AVI LIST".to_vec()),
        ("without audio", b"RF64\xff\xff\xff\xffWAVE".to_vec()),
        ("is an MP3 file", b"ID3\x04\0\0\0\0\0\0\xff\xfb".to_vec()),
        ("without audio", riff(&[fmt(1, 1, 48_000, 16)])),
        ("before its format", riff(&[data(), fmt(1, 1, 48_000, 16)])),
        (
            "format is incomplete",
            riff(&[chunk(b"fmt ", &[1, 0, 1, 0]), data()]),
        ),
        ("ADPCM", riff(&[fmt(2, 1, 48_000, 16), data()])),
        ("40-bit PCM", riff(&[fmt(1, 1, 48_000, 40), data()])),
        ("16-bit float", riff(&[fmt(3, 1, 48_000, 16), data()])),
        ("no channels", riff(&[fmt(1, 0, 48_000, 16), data()])),
        ("sample rate is 0", riff(&[fmt(1, 1, 0, 16), data()])),
        (
            "sample rate of 4000000000",
            riff(&[fmt(1, 1, 4_000_000_000, 16), data()]),
        ),
        ("3000 channels", riff(&[fmt(1, 3_000, 48_000, 16), data()])),
        ("3 channels", riff(&[fmt(1, 3, 48_000, 16), data()])),
        (
            "ends before its audio",
            riff(&[fmt(1, 1, 48_000, 16), {
                let mut endless = chunk(b"junk", &[0; 9]);
                endless[4..8].copy_from_slice(&u32::MAX.to_le_bytes());
                endless
            }]),
        ),
    ] {
        let run = render(&bench, &file);
        assert!(run.err.contains("in.wav"), "{words}: {run:?}");
        run.bad(words);
    }
    assert_eq!(bench.names(), ["in.wav", "same.nam"]);
}
