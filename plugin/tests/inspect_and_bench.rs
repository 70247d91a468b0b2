//! `gridleak inspect` and `gridleak bench`, run as a user runs them.

#[allow(dead_code, unreachable_pub)] // each test program uses its part of it
mod support;

use std::process::{Command, Stdio};

use serde_json::Value;
use support::{Bench, identity};

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
    for words in ["Name", "Made by", "Loudness", "ESR", "dBu", "Tone"] {
        assert!(!card.contains(words), "{words:?} in\n{card}");
    }
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
    assert!(lead.get("input_level_dbu").is_none());
    let crunch = json(
        &bench
            .run(&["inspect", "builtin:crunch", "--json"])
            .good()
            .out,
    );
    assert!(crunch["receptive_field"].as_u64().unwrap() > 1000);
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
fn bench_gives_its_three_figures() {
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
    assert_eq!(figures.as_object().unwrap().len(), 3);
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
