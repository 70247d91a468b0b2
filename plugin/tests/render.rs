//! `gridleak render`, run as a user runs it.

#[allow(dead_code, unreachable_pub)] // each test program uses its part of it
mod support;

use std::fs;
use std::io::{Seek, SeekFrom, Write};
use std::path::Path;
use std::process::Command;

use gridleak_core::Capture;
use support::{Bench, container, identity, linear, read_float, read_pcm, sine};

fn asset(name: &str) -> String {
    format!("{}/../assets/{name}", env!("CARGO_MANIFEST_DIR"))
}

/// What the engine itself makes of `input`.
fn engine(capture: &str, input: &[f32], block: usize) -> Vec<f32> {
    let mut model = Capture::from_file(Path::new(capture)).unwrap().build();
    model.prewarm();
    let mut output = vec![0.0; input.len()];
    for (input, output) in input.chunks(block).zip(output.chunks_mut(block)) {
        model.process_mono(input, output);
    }
    output
}

fn bits(samples: &[f32]) -> Vec<u32> {
    samples.iter().map(|s| s.to_bits()).collect()
}

#[test]
fn raw_samples_are_the_engines_bit_for_bit() {
    let bench = Bench::new();
    let dry = sine(220.0, 48_000, 5001);
    bench.float_wav("in.wav", 48_000, &[&dry]);
    for capture in ["lead.nam", "crunch.nam"].map(asset) {
        for block in [1, 64, 100, 8192] {
            let size = block.to_string();
            let args = [
                "render",
                "--raw",
                "--block",
                &size,
                "--capture",
                &capture,
                "in.wav",
                "out.wav",
            ];
            bench.run(&args).good();
            let (spec, wet) = read_float(&bench.path("out.wav"));
            assert_eq!(
                (spec.sample_rate, spec.bits_per_sample, spec.channels),
                (48_000, 32, 1)
            );
            assert_eq!(
                bits(&wet[0]),
                bits(&engine(&capture, &dry, block)),
                "{capture}, {block}"
            );
        }
    }
}

#[test]
fn stereo_channels_do_not_hear_each_other() {
    let bench = Bench::new();
    let (left, right) = (sine(110.0, 48_000, 3000), sine(1234.0, 48_000, 3000));
    bench.float_wav("in.wav", 48_000, &[&left, &right]);
    let capture = asset("lead.nam");
    bench
        .run(&[
            "render",
            "--raw",
            "--capture",
            &capture,
            "in.wav",
            "out.wav",
        ])
        .good();
    let (_, wet) = read_float(&bench.path("out.wav"));
    assert_eq!(bits(&wet[0]), bits(&engine(&capture, &left, 64)));
    assert_eq!(bits(&wet[1]), bits(&engine(&capture, &right, 64)));
}

#[test]
fn any_rate_comes_back_as_it_was() {
    let bench = Bench::new();
    bench.put("same.nam", identity(48_000, ""));
    for rate in [44_100, 48_000, 88_200, 96_000, 192_000, 22_050] {
        // Odd lengths and shorter than a filter's memory are the awkward ones.
        for frames in [20_001, 7, 1] {
            let dry = sine(1000.0, rate, frames);
            bench.float_wav("in.wav", rate, &[&dry]);
            bench
                .run(&[
                    "render",
                    "--raw",
                    "--capture",
                    "same.nam",
                    "in.wav",
                    "out.wav",
                ])
                .good();
            let (spec, wet) = read_float(&bench.path("out.wav"));
            assert_eq!(spec.sample_rate, rate);
            assert_eq!(wet[0].len(), frames);
            let inside = frames / 4..frames - frames / 4;
            if frames > 1000 {
                for n in inside {
                    let error = (wet[0][n] - dry[n]).abs();
                    assert!(error < 2e-5, "{rate} Hz, frame {n}: {error}");
                }
            }
        }
    }
}

#[test]
fn the_end_of_a_long_file_is_still_in_place() {
    let bench = Bench::new();
    bench.put("same.nam", identity(48_000, ""));
    let mut dry = vec![0.0; 44_100 * 60];
    let last = dry.len() - 100;
    dry[last] = 0.5;
    bench.float_wav("in.wav", 44_100, &[&dry]);
    bench
        .run(&[
            "render",
            "--raw",
            "--capture",
            "same.nam",
            "in.wav",
            "out.wav",
        ])
        .good();
    let (_, wet) = read_float(&bench.path("out.wav"));
    let peak = (0..dry.len())
        .max_by(|a, b| wet[0][*a].total_cmp(&wet[0][*b]))
        .unwrap();
    assert_eq!(peak, last);
    assert!((wet[0][last - 1] - wet[0][last + 1]).abs() < 1e-4);
}

#[test]
fn every_readable_kind_of_sample_is_read_exactly() {
    let bench = Bench::new();
    bench.put("same.nam", identity(48_000, ""));
    for (bits, full) in [(16, 1i64 << 15), (24, 1 << 23), (32, 1 << 31)] {
        let samples: Vec<i32> = [0, 1, -1, full / 2, -full / 2, full - 1, -full]
            .iter()
            .map(|&s| s as i32)
            .collect();
        bench.pcm_wav("in.wav", bits, &samples);
        bench
            .run(&[
                "render",
                "--raw",
                "--capture",
                "same.nam",
                "in.wav",
                "out.wav",
            ])
            .good();
        let (_, wet) = read_float(&bench.path("out.wav"));
        let expected: Vec<f32> = samples
            .iter()
            .map(|&s| (f64::from(s) / full as f64) as f32)
            .collect();
        assert_eq!(wet[0], expected, "{bits} bits");
        if bits < 32 {
            let depth = bits.to_string();
            let args = [
                "render",
                "--raw",
                "--capture",
                "same.nam",
                "--bits",
                &depth,
                "in.wav",
                "out.wav",
            ];
            let run = bench.run(&args).good();
            assert!(run.out.contains("; 0 samples clipped"), "{run:?}");
            let (spec, wet) = read_pcm(&bench.path("out.wav"));
            assert_eq!((spec.bits_per_sample, wet), (bits, samples));
        }
    }
}

#[test]
fn what_exceeds_full_scale_is_cut_and_counted() {
    let bench = Bench::new();
    bench.put("same.nam", identity(48_000, ""));
    bench.float_wav("in.wav", 48_000, &[&[1.5, -1.5, 0.5, 1.0]]);
    for (depth, full) in [("16", 32_768), ("24", 8_388_608)] {
        let args = [
            "render",
            "--raw",
            "--capture",
            "same.nam",
            "--bits",
            depth,
            "in.wav",
            "out.wav",
        ];
        let run = bench.run(&args).good();
        assert!(run.out.contains("; 3 samples clipped"), "{run:?}");
        let (_, wet) = read_pcm(&bench.path("out.wav"));
        assert_eq!(wet, [full - 1, -full, full / 2, full - 1]);
    }
}

#[test]
fn the_level_follows_the_captures_loudness() {
    let bench = Bench::new();
    bench.float_wav("in.wav", 48_000, &[&[0.25; 100]]);
    bench.put("loud.nam", identity(48_000, r#""loudness": -12.0"#));
    let run = bench
        .run(&["render", "--capture", "loud.nam", "in.wav", "out.wav"])
        .good();
    assert!(
        run.out
            .contains("gain -6.0 dB (the capture's loudness of -12.0 dB, as given"),
        "{run:?}"
    );
    let (_, wet) = read_float(&bench.path("out.wav"));
    assert!((wet[0][50] - 0.25 * 10f32.powf(-6.0 / 20.0)).abs() < 1e-6);
    let run = bench
        .run(&[
            "render",
            "--raw",
            "--capture",
            "loud.nam",
            "in.wav",
            "out.wav",
        ])
        .good();
    assert!(run.out.contains("gain +0.0 dB (--raw)"), "{run:?}");
    assert_eq!(read_float(&bench.path("out.wav")).1[0], [0.25; 100]);
    // Where the file does not say, the capture is measured, with a signal of -14.9 dB.
    bench.put("same.nam", identity(48_000, ""));
    let run = bench
        .run(&["render", "--capture", "same.nam", "in.wav", "out.wav"])
        .good();
    assert!(
        run.out
            .contains("gain -3.1 dB (the capture's loudness of -14.9 dB, as measured, brought"),
        "{run:?}"
    );
    assert_eq!(run.out.lines().count(), 1, "{run:?}");
    bench.put("mute.nam", linear(1, 1, "0.0", 48_000, ""));
    let run = bench
        .run(&["render", "--capture", "mute.nam", "in.wav", "out.wav"])
        .good();
    assert!(run.out.contains("silent; gain +0.0 dB"), "{run:?}");
}

#[test]
fn a_size_can_be_chosen() {
    let bench = Bench::new();
    bench.float_wav("in.wav", 48_000, &[&[0.5; 100], &[0.25; 100]]);
    bench.put("sizes.nam", container());
    bench.put("same.nam", identity(48_000, ""));
    let render = |capture: &str, size: &str| {
        bench.run(&[
            "render",
            "--raw",
            "--capture",
            capture,
            "--slim",
            size,
            "in.wav",
            "out.wav",
        ])
    };
    // From the first sample on, on both sides.
    for (size, gain) in [("0", 0.5), ("0.49", 0.5), ("0.5", 1.0), ("1", 1.0)] {
        let run = render("sizes.nam", size).good();
        assert_eq!(run.err, "");
        let (_, wet) = read_float(&bench.path("out.wav"));
        assert_eq!(wet, [[0.5 * gain; 100], [0.25 * gain; 100]], "{size}");
    }
    let run = render("same.nam", "0.5").good();
    assert!(run.err.contains("--slim has no effect"), "{run:?}");
    for size in ["-0.1", "1.1", "NaN", "inf", "small"] {
        render("sizes.nam", size).bad("give a number from 0 to 1");
    }
}

#[test]
fn channels_reach_captures_with_several_outputs() {
    let bench = Bench::new();
    bench.float_wav("mono.wav", 48_000, &[&[0.5; 100]]);
    bench.float_wav("stereo.wav", 44_100, &[&[0.5; 100], &[0.25; 100]]);
    bench.float_wav("three.wav", 48_000, &[&[0.5; 9], &[0.25; 9], &[0.125; 9]]);
    bench.put("split.nam", linear(1, 2, "1.0, 0.5", 48_000, ""));
    bench
        .run(&[
            "render",
            "--raw",
            "--capture",
            "split.nam",
            "mono.wav",
            "out.wav",
        ])
        .good();
    assert_eq!(
        read_float(&bench.path("out.wav")).1,
        [[0.5; 100], [0.25; 100]]
    );
    let run = bench.run(&[
        "render",
        "--raw",
        "--capture",
        "split.nam",
        "stereo.wav",
        "out.wav",
    ]);
    run.bad("give a mono file");

    // Of several inputs it has to be known what they are.
    bench.put("join.nam", linear(2, 1, "1.0, 0.5", 48_000, ""));
    let render = ["render", "--capture", "join.nam", "mono.wav", "joined.wav"];
    bench.run(&render).bad("join.nam: it has 2 inputs");
    let behind = ["render", "--pedal", "join.nam", "mono.wav", "joined.wav"];
    bench.run(&behind).bad("join.nam: it has 2 inputs");
    assert!(!bench.path("joined.wav").exists());
    let run = bench.run(&["render", "three.wav", "out.wav"]);
    run.bad("mono or stereo");
}

#[test]
fn the_demo_plays_without_any_file() {
    let bench = Bench::new();
    bench.run(&["render", "--demo", "crunch.wav"]).good();
    bench
        .run(&[
            "render",
            "--demo",
            "--capture",
            "builtin:clean",
            "clean.wav",
        ])
        .good();
    bench
        .run(&[
            "render",
            "--demo",
            "--capture",
            "builtin:lead",
            "--bits",
            "24",
            "lead.wav",
        ])
        .good();
    let (_, crunch) = read_float(&bench.path("crunch.wav"));
    let (_, clean) = read_float(&bench.path("clean.wav"));
    assert!(crunch[0].len() > 48_000 * 10 && crunch != clean);
    for wet in [&crunch, &clean] {
        let power = wet[0].iter().map(|&s| f64::from(s * s)).sum::<f64>() / wet[0].len() as f64;
        let level = 10.0 * power.log10();
        assert!((-30.0..-6.0).contains(&level), "{level} dB");
    }
    let run = bench.run(&["render", "--demo", "--capture", "builtin:fuzz", "out.wav"]);
    run.bad("builtin:lead");
}

#[test]
fn a_file_may_be_rendered_onto_itself() {
    let bench = Bench::new();
    bench.put("half.nam", linear(1, 1, "0.5", 48_000, ""));
    let path = bench.float_wav("take.wav", 48_000, &[&[0.5; 1000]]);
    bench
        .run(&[
            "render",
            "--raw",
            "--capture",
            "half.nam",
            "take.wav",
            "take.wav",
        ])
        .good();
    assert_eq!(read_float(&path).1, [[0.25; 1000]]);
    assert_eq!(bench.names(), ["half.nam", "take.wav"]);
    bench.put("capture.wav", linear(1, 1, "0.5", 48_000, ""));
    let run = bench.run(&[
        "render",
        "--raw",
        "--capture",
        "capture.wav",
        "take.wav",
        "./capture.wav",
    ]);
    run.bad("is the capture itself");
}

#[test]
fn an_empty_recording_gives_an_empty_one() {
    let bench = Bench::new();
    for rate in [44_100, 48_000] {
        bench.float_wav("in.wav", rate, &[&[]]);
        let run = bench.run(&["render", "in.wav", "out.wav"]).good();
        assert!(run.out.contains("silent"), "{run:?}");
        let (spec, wet) = read_float(&bench.path("out.wav"));
        assert_eq!((spec.sample_rate, wet[0].len()), (rate, 0));
    }
}

#[test]
fn samples_that_are_no_numbers_are_damage() {
    let bench = Bench::new();
    bench.put("same.nam", identity(48_000, ""));
    let mut samples = vec![0.25; 30_000];
    samples[24_000] = f32::NAN;
    bench.float_wav("nan.wav", 48_000, &[&samples]);
    bench.float_wav("in.wav", 48_000, &[&[0.5, 0.25]]);
    let render = ["render", "--capture", "same.nam"];
    for rest in [
        &["nan.wav", "out.wav"][..],
        &["--ir", "nan.wav", "in.wav", "out.wav"],
    ] {
        bench
            .run(&[&render, rest].concat())
            .bad("nan.wav: is damaged: it holds values that are no numbers, the first at 0.50 s");
    }
    assert_eq!(bench.names(), ["in.wav", "nan.wav", "same.nam"]);
}

/// An AIFF file of 16-bit samples.
fn aiff(samples: &[i16]) -> Vec<u8> {
    let chunk = |name: &[u8], contents: &[u8]| {
        [name, &(contents.len() as u32).to_be_bytes(), contents].concat()
    };
    let frames = (samples.len() as u32).to_be_bytes();
    let rate = [0x40, 0x0E, 0xBB, 0x80, 0, 0, 0, 0, 0, 0];
    let common = [&[0, 1], &frames[..], &[0, 16], &rate].concat();
    let sound: Vec<u8> = samples.iter().flat_map(|s| s.to_be_bytes()).collect();
    let sound = [&[0; 8], &sound[..]].concat();
    let chunks = [chunk(b"COMM", &common), chunk(b"SSND", &sound)].concat();
    chunk(b"FORM", &[b"AIFF", &chunks[..]].concat())
}

#[test]
fn aiff_recordings_and_responses_play() {
    let bench = Bench::new();
    bench.put("same.nam", identity(48_000, ""));
    bench.put("in.aif", aiff(&[16_384, 0, -8_192]));
    bench.put("ir.aiff", aiff(&[16_384]));
    let command = [
        "render",
        "--raw",
        "--capture",
        "same.nam",
        "--ir",
        "ir.aiff",
    ];
    let run = bench
        .run(&[&command[..], &["in.aif", "out.wav"]].concat())
        .good();
    assert_eq!(run.err, "");
    let heard = read_float(&bench.path("out.wav")).1.remove(0);
    let gain = 10f32.powf(-18.0 / 20.0);
    for (heard, wanted) in heard.iter().zip([0.25, 0.0, -0.125]) {
        assert!(
            (heard - gain * wanted).abs() < 1e-6,
            "{heard} instead of {wanted}"
        );
    }
}

#[test]
fn what_is_made_of_a_response_is_told() {
    let bench = Bench::new();
    bench.put("same.nam", identity(48_000, ""));
    bench.float_wav("in.wav", 48_000, &[&[1.0, 0.0, 0.0]]);
    let late = |frames: usize| [&vec![0.0; frames][..], &[0.5]].concat();
    bench.float_wav("late.wav", 48_000, &[&late(72_000)]);
    bench.float_wav("later.wav", 48_000, &[&late(72_480)]);
    let render = |rest: &[&str]| {
        let command = [
            "render",
            "--raw",
            "--capture",
            "same.nam",
            "in.wav",
            "out.wav",
        ];
        let run = bench.run(&[&command[..], rest].concat()).good();
        (read_float(&bench.path("out.wav")).1.remove(0), run.err)
    };
    let (heard, notes) = render(&["--ir", "late.wav"]);
    assert!(
        (heard[0] - 0.5 * 10f32.powf(-0.9)).abs() < 1e-6,
        "{heard:?}"
    );
    let words = "late.wav: begins with 1500 ms of silence, which is left out";
    assert!(notes.contains(words), "{notes}");
    let (_, notes) = render(&["--ir", "later.wav", "--ir2", "late.wav"]);
    assert!(notes.contains(words), "{notes}");
    let words = "later.wav: begins with 1510 ms of silence, of which 1500 ms are left out";
    assert!(notes.contains(words), "{notes}");
    // A take that somebody chose by mistake, and that plays through itself.
    let phrase = asset("phrase.wav");
    let command = ["render", "--raw", "--capture", "same.nam"];
    let run = bench.run(&[&command[..], &["--ir", &phrase, &phrase, "out.wav"]].concat());
    let run = run.good();
    assert!(run.err.contains("the rest is cut"), "{run:?}");
    assert!(run.err.contains("at a safe level"), "{run:?}");
    let heard = read_float(&bench.path("out.wav")).1.remove(0);
    let peak = heard.iter().fold(0.0f32, |peak, s| peak.max(s.abs()));
    assert!((0.01..1.0).contains(&peak), "{peak}");
}

#[cfg(unix)]
#[test]
fn pipes_and_devices_are_refused_without_waiting() {
    let bench = Bench::new();
    bench.put("same.nam", identity(48_000, ""));
    bench.float_wav("in.wav", 48_000, &[&[0.5; 10]]);
    let made = Command::new("mkfifo").arg(bench.path("pipe")).status();
    assert!(made.unwrap().success());
    for special in ["pipe", "/dev/zero", "/dev/tty"] {
        for command in [
            &["render", special, "out.wav"][..],
            &["render", "--capture", special, "in.wav", "out.wav"],
            &["render", "--pedal", special, "in.wav", "out.wav"],
            &["render", "--ir", special, "in.wav", "out.wav"],
            &["inspect", special],
            &["bench", special],
            &["bench", "--load", special],
        ] {
            let run = bench.run(command);
            assert_eq!(run.code, 2, "{command:?}: {run:?}");
            let told = run.err.contains("is a device or a pipe");
            assert!(told, "{command:?}: {run:?}");
        }
    }
}

#[test]
fn an_old_output_survives_a_failure_and_nothing_new_appears() {
    let bench = Bench::new();
    bench.put("out.wav", "precious");
    bench.put("broken.nam", "{");
    bench.put("text.wav", "no music in here");
    bench.float_wav("in.wav", 48_000, &[&[0.5; 10]]);
    let before = bench.names();
    bench
        .run(&["render", "nothing.wav", "out.wav"])
        .bad("nothing.wav: there is no such file; name a WAV");
    bench
        .run(&["render", "--ir", "nothing.wav", "in.wav", "out.wav"])
        .bad("nothing.wav: there is no such file; name a WAV");
    bench
        .run(&["render", "--ir", ".", "in.wav", "out.wav"])
        .bad("is a folder; name a WAV");
    bench
        .run(&["render", "--ir", "broken.nam", "in.wav", "out.wav"])
        .bad("broken.nam: is not a sound file");
    for slash in ["new.wav/", "out.wav/"] {
        bench
            .run(&["render", "in.wav", slash])
            .bad("with a slash at its end; name a WAV");
    }
    bench
        .run(&["render", "text.wav", "out.wav"])
        .bad("text.wav: is not a sound file");
    bench
        .run(&["render", "--capture", "broken.nam", "in.wav", "out.wav"])
        .bad("broken.nam");
    bench
        .run(&["render", "--capture", "nothing.nam", "in.wav", "out.wav"])
        .bad("nothing.nam");
    bench
        .run(&["render", "--capture", ".", "in.wav", "out.wav"])
        .bad("is a folder");
    bench.run(&["render", ".", "out.wav"]).bad("is a folder");
    bench.run(&["render", "in.wav", "."]).bad("is a folder");
    bench
        .run(&["render", "in.wav", "nowhere/out.wav"])
        .bad("does not exist; create it first");
    assert_eq!(bench.names(), before);
    assert_eq!(fs::read(bench.path("out.wav")).unwrap(), b"precious");
}

#[test]
fn unusable_arguments_are_told_in_a_line() {
    let bench = Bench::new();
    bench.float_wav("in.wav", 48_000, &[&[0.5; 10]]);
    for (arguments, words) in [
        (&["render", "--block", "0", "in.wav", "out.wav"][..], "0"),
        (&["render", "--block", "8193", "in.wav", "out.wav"], "8193"),
        (&["render", "--block", "many", "in.wav", "out.wav"], "many"),
        (&["render", "--bits", "12", "in.wav", "out.wav"], "12"),
        (&["render", "--loud", "in.wav", "out.wav"], "--loud"),
        (&["render", "--demo", "in.wav", "out.wav"], "--demo"),
        (&["render", "in.wav"], "IN"),
        (&["render"], "OUT"),
        (&["bench", "builtin:lead", "--seconds", "-1"], "seconds"),
        (&["bench", "builtin:lead", "--seconds", "NaN"], "seconds"),
        (&["bench", "builtin:lead", "--block", "0"], "0"),
        (&["bench"], "FILE"),
        (&["inspect", "nothing.nam"], "nothing.nam"),
        (&["sing"], "sing"),
        (&[], "subcommand"),
    ] {
        bench.run(arguments).bad(words);
    }
    assert_eq!(bench.names(), ["in.wav"]);
    assert!(
        bench
            .run(&["--version"])
            .good()
            .out
            .starts_with("gridleak ")
    );
    assert!(bench.run(&["--help"]).good().out.contains("render"));
    assert!(
        bench
            .run(&["render", "--help"])
            .good()
            .out
            .contains("--capture")
    );
}

/// What a rig makes of a file, and what it says.
fn rig(bench: &Bench, options: &[&str]) -> (Vec<Vec<f32>>, String) {
    let command: Vec<&str> = ["render", "in.wav", "out.wav", "--capture", "same.nam"]
        .into_iter()
        .chain(options.iter().copied())
        .collect();
    let run = bench.run(&command).good();
    (read_float(&bench.path("out.wav")).1, run.err)
}

#[test]
fn the_knobs_of_the_rig_do_what_they_say() {
    let bench = Bench::new();
    let levels = r#""loudness": -20.0, "input_level_dbu": 18.0, "output_level_dbu": 15.0"#;
    bench.put("same.nam", identity(48_000, levels));
    bench.put(
        "pedal.nam",
        linear(1, 1, "0.5", 48_000, r#""loudness": -18.0"#),
    );
    let dry = sine(1000.0, 48_000, 24_000);
    bench.float_wav("in.wav", 48_000, &[&dry]);
    let db = |played: &[f32]| {
        let power = |samples: &[f32]| samples[12_000..].iter().map(|s| s * s).sum::<f32>();
        10.0 * (power(played) / power(&dry)).log10()
    };
    for (options, wanted) in [
        (&["--raw"][..], 0.0),
        (&[], 2.0),
        (
            &[
                "--output-mode",
                "raw",
                "--input-gain=-6",
                "--output-gain",
                "2.5",
            ],
            -3.5,
        ),
        (&["--output-mode", "calibrated"], 3.0),
        (
            &[
                "--output-mode",
                "calibrated",
                "--interface",
                "20",
                "--calibrate-input",
            ],
            -5.0 + 2.0,
        ),
        (&["--raw", "--pedal", "pedal.nam"], -6.0206),
        (&["--raw", "--gate"], 0.0),
        (&["--raw", "--gate-threshold=0", "--gate-range=-12"], -12.0),
        (&["--raw", "--tone"], 0.0),
        (&["--raw", "--dc-blocker"], 0.0),
        (&["--raw", "--ir", "click.wav", "--ir-mix", "0"], 0.0),
        (&["--raw", "--ir", "click.wav"], -18.0),
        (
            &["--raw", "--ir", "click.wav", "--ir-level", "normalized"],
            0.0,
        ),
        (
            &[
                "--raw",
                "--ir",
                "click.wav",
                "--ir2",
                "soft.wav",
                "--ir-blend",
                "100",
            ],
            -24.0206,
        ),
    ] {
        bench.float_wav("click.wav", 48_000, &[&[1.0, 0.0]]);
        bench.float_wav("soft.wav", 48_000, &[&[0.5, 0.0]]);
        let (played, said) = rig(&bench, options);
        assert!(
            (db(&played[0]) - wanted).abs() < 0.02,
            "{options:?}: {} dB",
            db(&played[0])
        );
        assert_eq!(said, "", "{options:?}");
    }
    // Behind the tone stack, the level at 1 kHz is that of its curve.
    let tone = gridleak_core::ToneSettings {
        bass: 9.0,
        middle: 2.5,
        treble: 8.0,
        ..Default::default()
    };
    let (played, _) = rig(
        &bench,
        &["--raw", "--bass=9", "--middle", "2.5", "--treble", "8"],
    );
    let wanted = tone.response_db(48_000.0, 1000.0) as f32;
    assert!(
        (db(&played[0]) - wanted).abs() < 0.02,
        "{} {wanted}",
        db(&played[0])
    );
}

#[test]
fn a_stereo_cabinet_makes_a_mono_guitar_what_its_mean_is() {
    let bench = Bench::new();
    bench.put("same.nam", identity(48_000, ""));
    bench.float_wav("stereo.wav", 48_000, &[&[1.0, 0.0], &[0.5, 0.0]]);
    let dry = sine(500.0, 48_000, 4800);
    bench.float_wav("in.wav", 48_000, &[&dry, &dry]);
    let gain = 10f32.powf(-18.0 / 20.0);
    let (both, _) = rig(&bench, &["--raw", "--ir", "stereo.wav"]);
    bench.float_wav("in.wav", 48_000, &[&dry]);
    let (mono, _) = rig(&bench, &["--raw", "--ir", "stereo.wav"]);
    for (played, of) in [(&both[0], 1.0), (&both[1], 0.5), (&mono[0], 0.75)] {
        for (played, dry) in played.iter().zip(&dry) {
            assert!((played - dry * of * gain).abs() < 1e-6);
        }
    }
}

#[test]
fn what_a_rig_cannot_do_is_told() {
    let bench = Bench::new();
    bench.put("same.nam", identity(48_000, ""));
    bench.float_wav("in.wav", 48_000, &[&sine(500.0, 48_000, 480)]);
    let (_, said) = rig(
        &bench,
        &[
            "--output-mode",
            "calibrated",
            "--calibrate-input",
            "--oversampling",
            "4",
        ],
    );
    assert_eq!(said.matches("dBu").count(), 2, "{said}");
    assert!(said.contains("oversampled"), "{said}");
    bench.float_wav("silence.wav", 48_000, &[&[0.0; 100]]);
    bench.float_wav("many.wav", 48_000, &[&[1.0], &[1.0], &[1.0]]);
    bench.put("text.wav", "hello");
    let capture = asset("lead.nam");
    for (options, words) in [
        (&["--ir", "gone.wav"][..], "gone.wav"),
        (&["--ir", "silence.wav"], "silence.wav: it is silent"),
        (&["--ir", "many.wav"], "3 channels"),
        (&["--ir", "text.wav"], "text.wav"),
        (
            &["--ir", &capture],
            "lead.nam: is a .nam capture; load it as the capture",
        ),
        (&["--ir", "builtin:2x12"], "4x12"),
        (&["--pedal", "silence.wav"], "silence.wav"),
        (&["--bass", "11"], "0 to 10"),
        (&["--gate-threshold=3"], "-100 to 0"),
        (&["--low-cut", "900"], "20 (off) to 800 Hz"),
        (&["--gate=maybe"], "--gate"),
        (&["--ir2", "silence.wav"], "--ir"),
        (&["--oversampling", "3"], "1, 2, 4, 8"),
        (&["--output-mode", "loud"], "normalized"),
    ] {
        let command: Vec<&str> = ["render", "in.wav", "out.wav", "--capture", "same.nam"]
            .into_iter()
            .chain(options.iter().copied())
            .collect();
        bench.run(&command).bad(words);
    }
}

/// A song that was picked for a response may be longer than any file that a project keeps.
#[test]
fn a_response_may_be_a_file_of_any_length() {
    let bench = Bench::new();
    bench.put("same.nam", identity(48_000, ""));
    bench.float_wav("in.wav", 48_000, &[&[0.5; 100]]);
    // Two clicks that are 5 s apart, in stereo of 64 bits, and nothing to the end.
    let bytes = 16 * 2_200_000u32;
    let mut song = b"RIFF\0\0\0\0WAVEfmt \x10\0\0\0\x03\0\x02\0".to_vec();
    for number in [48_000, 16 * 48_000, 16 | (64 << 16)] {
        song.extend(u32::to_le_bytes(number));
    }
    song.extend(b"data");
    song.extend(bytes.to_le_bytes());
    song.extend([0.5f64; 2].map(f64::to_le_bytes).concat());
    let late = song.len() as u64 + 16 * 240_000;
    bench.put("song.wav", song);
    let mut file = fs::OpenOptions::new()
        .write(true)
        .open(bench.path("song.wav"))
        .unwrap();
    file.seek(SeekFrom::Start(late)).unwrap();
    file.write_all(&0.5f64.to_le_bytes()).unwrap();
    file.set_len(44 + u64::from(bytes)).unwrap();
    let args = [
        "--capture",
        "same.nam",
        "--ir",
        "song.wav",
        "in.wav",
        "out.wav",
    ];
    let run = bench.run(&[&["render"][..], &args].concat()).good();
    assert!(run.err.contains("the rest is cut"), "{run:?}");
}

#[test]
fn knobs_are_turned_by_number_and_by_name() {
    let bench = Bench::new();
    bench.float_wav("mono.wav", 48_000, &[&[0.25; 100]]);
    bench.float_wav("stereo.wav", 48_000, &[&[0.5; 100], &[0.25; 100]]);
    let knobs = r#""controls": ["Drive", {"name": "tone", "min": -1, "max": 1, "default": -1}]"#;
    bench.put("knobs.nam", linear(3, 1, "1.0, 0.5, 0.25", 48_000, knobs));
    let render = |knobs: &[&str], input: &str| {
        let mut args = vec!["render", "--raw", "--capture", "knobs.nam"];
        args.extend(knobs.iter().flat_map(|knob| ["--knob", knob]));
        bench.run(&[&args[..], &[input, "out.wav"]].concat())
    };
    let wet = || read_float(&bench.path("out.wav")).1;
    // Where nobody turns them they stand where they start: in the middle, and at -1.
    render(&[], "mono.wav").good();
    assert_eq!(wet(), [[0.25; 100]]);
    for (knobs, wanted) in [
        (vec!["1=0"], 0.0),
        (vec!["drive=1"], 0.5),
        (vec!["DRIVE=1", "2=0.5"], 0.75),
        (vec!["tone = 1.0", "1=0.5", "1=0"], 0.5),
    ] {
        render(&knobs, "mono.wav").good();
        assert_eq!(wet(), [[wanted; 100]], "{knobs:?}");
    }
    // Each side of a stereo recording has the same knobs.
    render(&["1=0", "2=0.5"], "stereo.wav").good();
    assert_eq!(wet(), [[0.5; 100], [0.25; 100]]);
    // Those of a pedal stay, and it says so.
    let pedal = [
        "render",
        "--raw",
        "--capture",
        "knobs.nam",
        "--pedal",
        "knobs.nam",
    ];
    let turned = ["--knob", "1=0.5", "--knob", "2=0.5", "mono.wav", "out.wav"];
    let run = bench.run(&[&pedal[..], &turned].concat()).good();
    assert!(run.err.contains("the pedal's knobs stay"), "{run:?}");
    assert_eq!(wet(), [[0.5; 100]]);
    for bad in ["1=1.5", "1=-0.1", "1=NaN", "1=", "=0.5", "drive", "drive:1"] {
        render(&[bad], "mono.wav").bad("give a knob and a number from 0 to 1");
    }
    for bad in ["0=0.5", "3=0.5", "bass=0.5", "99999999999999999999999=1"] {
        render(&[bad], "mono.wav").bad("1 (Drive), 2 (tone)");
    }
    let plain = ["render", "--knob", "1=0.5", "mono.wav", "out.wav"];
    bench.run(&plain).bad("the capture has no knobs");
}
