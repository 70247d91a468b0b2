//! `gridleak inspect` and `gridleak bench`, run as a user runs them.

#[allow(dead_code, unreachable_pub)] // each test program uses its part of it
mod support;

use std::process::{Command, Stdio};

use gridleak_core::SimdLevel;
use serde_json::Value;
use support::{Bench, container, identity, linear, read_float};

fn json(text: &str) -> Value {
    serde_json::from_str(text).expect("valid JSON")
}

#[test]
fn the_card_shows_what_the_file_says_and_nothing_else() {
    let bench = Bench::new();
    let card = bench.run(&["inspect", "builtin:lead"]).good().out;
    for words in [
        "Gridleak Lead",
        "LSTM",
        "1201",
        "unlimited (recurrent)",
        "48000 Hz",
        "-9.4 dB",
        "0.0374",
    ] {
        assert!(card.contains(words), "no {words:?} in\n{card}");
    }
    let card = bench.run(&["inspect", "builtin:crunch"]).good().out;
    for words in ["WaveNet", "3026", " ms)"] {
        assert!(card.contains(words), "no {words:?} in\n{card}");
    }
    bench.put("bare.nam", identity(44_100, ""));
    let card = bench.run(&["inspect", "bare.nam"]).good().out;
    assert!(card.contains("44100 Hz"), "{card}");
    for words in ["Name", "Made by", "ESR", "dBu", "Tone", "Slim"] {
        assert!(!card.contains(words), "{words:?} in\n{card}");
    }
    // What it leaves out can be measured: the signal's own level, for a capture that copies it.
    assert!(card.contains("-14.9 dB (measured)"), "{card}");
    let rateless = identity(44_100, "").replace(r#""sample_rate": 44100,"#, "");
    bench.put("rateless.nam", rateless);
    let card = bench.run(&["inspect", "rateless.nam"]).good().out;
    assert!(card.contains("48000 Hz (assumed"), "{card}");
}

#[test]
fn json_tells_the_same() {
    let bench = Bench::new();
    let lead = json(&bench.run(&["inspect", "builtin:lead", "--json"]).good().out);
    assert_eq!(lead["architecture"], "LSTM");
    assert_eq!(lead["parameters"], 1201);
    assert_eq!(lead["sample_rate"], 48_000.0);
    assert_eq!(lead["sample_rate_known"], true);
    assert_eq!(lead["modeled_by"], "Gridleak");
    assert_eq!(lead["receptive_field"], Value::Null);
    assert_eq!(lead["warnings"], Value::Array(Vec::new()));
    assert_eq!(lead["loudness_source"], "given");
    assert_eq!(lead["slim_steps"], Value::Array(Vec::new()));
    assert!(lead.get("input_level_dbu").is_none());
    bench.put("bare.nam", identity(48_000, ""));
    let bare = json(&bench.run(&["inspect", "bare.nam", "--json"]).good().out);
    assert_eq!(bare["loudness_source"], "measured");
    assert!((bare["loudness"].as_f64().unwrap() + 14.9).abs() < 0.05);
    let crunch = json(
        &bench
            .run(&["inspect", "builtin:crunch", "--json"])
            .good()
            .out,
    );
    assert!(crunch["receptive_field"].as_u64().unwrap() > 1000);
}

#[test]
fn what_only_playing_tells_is_told() {
    let bench = Bench::new();
    let late = |gain: f32, metadata: &str| {
        let weights = format!("{}{gain}", "0, ".repeat(960));
        let file = linear(1, 1, &weights, 48_000, metadata);
        file.replace(r#""receptive_field": 1,"#, r#""receptive_field": 961,"#)
    };
    bench.put("late.nam", late(1.0, ""));
    let card = bench.run(&["inspect", "late.nam"]).good().out;
    let expected = "Plays late       by 20.0 ms (960 samples of silence come first)";
    assert!(card.contains(expected), "{card}");
    let object = json(&bench.run(&["inspect", "late.nam", "--json"]).good().out);
    assert_eq!(object["delay_samples"], 960);
    assert_eq!(object["delay_ms"], 20.0);
    bench.put("soon.nam", identity(48_000, r#""loudness": -15.5"#));
    let card = bench.run(&["inspect", "soon.nam"]).good().out;
    assert!(!card.contains("late"), "{card}");
    assert!(card.contains("Loudness         -15.5 dB\n"), "{card}");
    let object = json(&bench.run(&["inspect", "soon.nam", "--json"]).good().out);
    assert_eq!(object["delay_samples"], 0);
    assert_eq!(object["loudness_source"], "given");

    // It says that it is quiet, and plays far beyond full scale.
    bench.put("loud.nam", late(100.0, r#""loudness": -20.0"#));
    let card = bench.run(&["inspect", "loud.nam"]).good().out;
    let expected = "dB (measured, while the file says -20.0 dB)";
    assert!(card.contains(expected), "{card}");
    let object = json(&bench.run(&["inspect", "loud.nam", "--json"]).good().out);
    assert_eq!(object["loudness_source"], "measured");
    assert_eq!(object["loudness_given"], -20.0);
    assert!((object["loudness"].as_f64().unwrap() - 25.0).abs() < 0.5);
    bench.float_wav("in.wav", 48_000, &[&[0.25; 4_800]]);
    let run = bench.run(&["render", "--capture", "loud.nam", "in.wav", "out.wav"]);
    let out = run.good().out;
    assert!(
        out.contains("measured, while the file says -20.0 dB"),
        "{out}"
    );
    let peak = read_float(&bench.path("out.wav")).1[0]
        .iter()
        .fold(0f32, |peak, y| peak.max(y.abs()));
    assert!(peak < 0.5, "{peak}");
}

#[test]
fn wrong_files_are_named_with_what_to_do() {
    let bench = Bench::new();
    for (name, bytes, words) in [
        ("pack.nam", &b"PK\x03\x04\x14\0\0\0"[..], "Unpack it"),
        ("page.nam", b"<!DOCTYPE html><html></html>", "web page"),
        ("ir.nam", b"RIFF\x24\0\0\0WAVEfmt ", "load it as a cabinet"),
        (
            "aida.json",
            br#"{"in_shape": [null], "layers": []}"#,
            "AIDA-X",
        ),
    ] {
        bench.put(name, bytes);
        bench.run(&["inspect", name]).bad(words);
        bench
            .run(&["render", "--demo", "--capture", name, "out.wav"])
            .bad(words);
    }
}

#[test]
fn what_a_file_says_cannot_steer_the_terminal() {
    let bench = Bench::new();
    bench.put("sly.nam", identity(48_000, r#""name": "a\u001b[2Jb\nc""#));
    let card = bench.run(&["inspect", "sly.nam"]).good().out;
    assert!(!card.contains('\u{1b}'), "{card:?}");
    assert!(card.contains("a [2Jb c"), "{card:?}");
}

#[test]
fn of_a_refused_file_what_was_understood_is_shown() {
    let bench = Bench::new();
    let odd =
        identity(48_000, r#""name": "Odd One", "loudness": -20.5"#).replace("Linear", "Cubic");
    bench.put("odd.nam", odd);
    let run = bench.run(&["inspect", "odd.nam"]);
    assert_eq!(run.code, 2, "{run:?}");
    assert_eq!(run.err.lines().count(), 1, "{run:?}");
    assert!(run.err.contains("Cubic"), "{run:?}");
    for words in [
        "Odd One",
        "Architecture     Cubic",
        "48000 Hz",
        "-20.5 dB",
        "0.5.4",
    ] {
        assert!(run.out.contains(words), "no {words:?} in {run:?}");
    }
    let run = bench.run(&["inspect", "odd.nam", "--json"]);
    assert_eq!((run.code, run.err.lines().count()), (2, 1), "{run:?}");
    let object = json(&run.out);
    assert_eq!(object["architecture"], "Cubic");
    assert_eq!(object["weights"], 1);
    assert_eq!(object["name"], "Odd One");
    assert!(
        run.err.contains(object["error"].as_str().unwrap()),
        "{run:?}"
    );

    bench.put("text.nam", "no capture in here");
    bench.run(&["inspect", "text.nam"]).bad("text.nam");
    for missing in ["text.nam", "nothing.nam", "builtin:fuzz", "."] {
        let run = bench.run(&["inspect", missing, "--json"]);
        assert_eq!((run.code, run.err.lines().count()), (2, 1), "{run:?}");
        let object = json(&run.out);
        assert_eq!(object["file"], missing);
        assert!(object["error"].is_string(), "{run:?}");
    }
}

#[test]
fn sizes_and_stages_are_shown() {
    let bench = Bench::new();
    bench.put("sizes.nam", container());
    let card = bench.run(&["inspect", "sizes.nam"]).good().out;
    for words in [
        "Slim sizes       2 (--slim below 0.5, 1)",
        "quality below 0.5: Linear",
        "full quality: Linear",
    ] {
        assert!(card.contains(words), "no {words:?} in\n{card}");
    }
    let object = json(&bench.run(&["inspect", "sizes.nam", "--json"]).good().out);
    assert_eq!(object["slim_steps"], serde_json::json!([0.5]));
    assert_eq!(object["children"].as_array().unwrap().len(), 2);
}

#[test]
fn knobs_are_shown_and_inputs_that_are_none_are_refused() {
    let bench = Bench::new();
    let knobs = r#""controls": ["drive", {"name": "tone", "min": 0, "max": 10, "default": 2.5}]"#;
    bench.put("knobs.nam", linear(3, 1, "1.0, 0.5, 0.25", 48_000, knobs));
    let run = bench.run(&["inspect", "knobs.nam"]).good();
    let line = "Knobs            1 drive (0 to 1, starts at 0.50); 2 tone (0 to 10, starts at 2.5)";
    assert!(run.out.contains(line), "{}", run.out);
    let object = json(&bench.run(&["inspect", "--json", "knobs.nam"]).good().out);
    assert_eq!(
        object["controls"],
        serde_json::json!([{"name": "drive", "min": 0.0, "max": 1.0, "default": 0.5},
                           {"name": "tone", "min": 0.0, "max": 10.0, "default": 2.5}])
    );
    bench.put(
        "join.nam",
        linear(2, 1, "1.0, 0.5", 48_000, r#""name": "Join""#),
    );
    let run = bench.run(&["inspect", "join.nam"]);
    assert!(run.out.contains("Name             Join"), "{}", run.out);
    let words = "join.nam: it has 2 inputs, but the file does not say what they are";
    assert!(run.code == 2 && run.err.contains(words), "{run:?}");
    let run = bench.run(&["inspect", "--json", "join.nam"]);
    let error = json(&run.out)["error"].to_string();
    assert!(error.contains("2 inputs"), "{error}");
}

#[test]
fn the_instructions_can_be_chosen() {
    let bench = Bench::new();
    let with =
        |name: &str, arguments: &[&str]| bench.run_with(&[("GRIDLEAK_SIMD", name)], arguments);
    let args = ["bench", "builtin:lead", "--seconds", "0", "--json"];
    for level in SimdLevel::ALL {
        let run = with(&level.to_string(), &args);
        if level.is_available() {
            assert_eq!(json(&run.good().out)["simd"], level.to_string());
        } else {
            run.bad("this CPU does not have");
        }
    }
    let best = SimdLevel::detect().to_string();
    assert_eq!(json(&with("", &args).good().out)["simd"], best);
    assert_eq!(json(&bench.run(&args).good().out)["simd"], best);
    for arguments in [
        &["bench", "builtin:lead"][..],
        &["render", "--demo", "out.wav"],
        &["inspect", "builtin:lead"],
    ] {
        with("mmx", arguments).bad("GRIDLEAK_SIMD: \"mmx\" is not an instruction set");
    }
    assert!(bench.names().is_empty());
}

#[test]
fn loading_is_timed_in_parts() {
    let bench = Bench::new();
    bench.put("same.nam", identity(48_000, ""));
    for capture in ["same.nam", "builtin:lead"] {
        let figures = json(
            &bench
                .run(&["bench", capture, "--load", "--json"])
                .good()
                .out,
        );
        let figure = |key: &str| figures[key].as_f64().unwrap();
        assert!(figure("load_ms_min") > 0.0);
        assert!(figure("load_ms_min") <= figure("load_ms_median"));
        for part in [
            "read_ms",
            "parse_ms",
            "build_ms",
            "prewarm_ms",
            "process_ms",
        ] {
            assert!(figure(part) <= figure("load_ms_median"), "{figures}");
        }
        assert_eq!(figures["simd"], SimdLevel::detect().to_string());
        let line = bench.run(&["bench", capture, "--load"]).good().out;
        assert_eq!(line.lines().count(), 1);
        assert!(line.contains("prewarm"), "{line}");
    }
    bench
        .run(&["bench", "--load", "nothing.nam"])
        .bad("nothing.nam");
}

#[test]
fn bench_gives_its_figures() {
    let bench = Bench::new();
    let run = bench.run(&[
        "bench",
        "builtin:lead",
        "--seconds",
        "0.1",
        "--block",
        "32",
        "--json",
    ]);
    let figures = json(&run.good().out);
    let figure = |key: &str| figures[key].as_f64().unwrap();
    assert_eq!(figures.as_object().unwrap().len(), 4);
    assert!(figure("ns_per_sample_min") > 0.0);
    assert!(figure("ns_per_sample_min") <= figure("ns_per_sample_median"));
    let speed = 1e9 / (figure("ns_per_sample_median") * 48_000.0);
    assert!((figure("realtime") / speed - 1.0).abs() < 1e-9);
    let line = bench
        .run(&["bench", "builtin:crunch", "--seconds", "0"])
        .good()
        .out;
    assert_eq!(line.lines().count(), 1);
    assert!(line.contains("x real time"), "{line}");
}

#[test]
fn nobody_has_to_listen() {
    let mut child = Command::new(env!("CARGO_BIN_EXE_gridleak"))
        .args(["inspect", "builtin:lead"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
    assert!(output.status.success());
}
