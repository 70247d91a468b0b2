//! `gridleak render` with a rig of several slots, and with parameters that move while it plays.

#[allow(dead_code, unreachable_pub)] // each test program uses its part of it
mod support;

use std::fs;
use std::io::Write;
use std::path::Path;

use base64::prelude::{BASE64_STANDARD, Engine};
use flate2::{Compression, write::DeflateEncoder};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use support::{Bench, identity, linear, read_float, sine};

/// Frames by which a change is heard at the latest, and those of its fade.
const SOON: usize = 1_200;
const FADE: usize = 960;

/// Frames behind a fade after which nothing of the past is heard: the built-in cabinet has so many.
const RINGS: usize = 2_400;

/// A rig of these slots that does nothing by itself.
fn rig(slots: &[Value]) -> Value {
    json!({
        "gridleak": 1,
        "kind": "rig",
        "settings": {
            "output_mode": "raw", "dc_blocker": false, "gate": false, "tone": false,
            "cab_tail": false,
        },
        "slots": slots,
    })
}

/// A slot with a capture and no cabinet.
fn slot(name: &str, capture: Value) -> Value {
    json!({"name": name, "capture": capture, "cab": {"builtin": "none"}})
}

fn built_in(name: &str) -> Value {
    json!({"version": 1, "builtin": name})
}

/// The reference that a project keeps of a file that was at `path` and held this.
fn file(path: &Path, contents: &[u8]) -> Value {
    let hash = Sha256::digest(contents);
    let hash: String = hash.iter().map(|byte| format!("{byte:02x}")).collect();
    json!({"version": 1, "path": path, "sha256": hash, "bytes": contents.len()})
}

/// The same, with the file inside.
fn embedded(path: &Path, contents: &[u8]) -> Value {
    let mut deflated = DeflateEncoder::new(Vec::new(), Compression::default());
    deflated.write_all(contents).unwrap();
    let mut reference = file(path, contents);
    reference["embedded"] = BASE64_STANDARD.encode(deflated.finish().unwrap()).into();
    reference
}

/// Some seconds of a guitar.
fn guitar(seconds: usize) -> Vec<f32> {
    let phrase = format!("{}/../assets/phrase.wav", env!("CARGO_MANIFEST_DIR"));
    let mut phrase = hound::WavReader::open(phrase).unwrap();
    let samples = phrase
        .samples::<i16>()
        .map(|s| f32::from(s.unwrap()) / 32_768.0);
    samples.take(48_000 * seconds).collect()
}

/// What `render` makes of `in.wav` with such arguments, and what it says beside that.
fn render(bench: &Bench, arguments: &[&str]) -> (Vec<f32>, String) {
    let command = [&["render"], arguments, &["in.wav", "out.wav"]].concat();
    let run = bench.run(&command).good();
    let mut wet = read_float(&bench.path("out.wav")).1;
    (wet.remove(0), run.err)
}

/// The largest difference in dB of full scale.
fn difference_db(one: &[f32], other: &[f32]) -> f32 {
    assert_eq!(one.len(), other.len());
    let differences = one
        .iter()
        .zip(other)
        .map(|(one, other)| (one - other).abs());
    20.0 * differences.fold(0.0, f32::max).log10()
}

/// Four slots that sound very different, with values of their own, behind cabinets.
fn four_slots() -> Value {
    let mut slots = ["clean", "crunch", "lead", "lead"].map(|name| slot(name, built_in(name)));
    for slot in &mut slots {
        slot["cab"] = built_in("auto");
    }
    slots[3]["name"] = "Solo, loud".into();
    slots[3]["drive"] = 6.0.into();
    slots[3]["level"] = (-4.5).into();
    slots[3]["own"] = json!({"tone": {"tone": true, "bass": 8.0, "treble": 3.0}});
    rig(&slots)
}

const SWITCHES: &str = "seconds,parameter,value
0.0,slot,crunch
0.5,slot,3
1.00003,slot,\"Solo, loud\"
1.5,next_slot,on
2.0,previous_slot,on
2.0,slot,Lead
2.5,slot,crunch
";

/// The slots that [`SWITCHES`] goes to, from which frame on. It goes to the last but one twice at once.
const PLAYED: [(usize, &str); 6] = [
    (0, "2"),
    (24_000, "3"),
    (48_001, "4"),
    (72_000, "1"),
    (96_000, "lead"),
    (120_000, "2"),
];

#[test]
fn a_switch_is_what_both_slots_play_alone_but_for_its_fade() {
    let bench = Bench::new();
    let dry = guitar(3);
    bench.float_wav("in.wav", 48_000, &[&dry]);
    bench.put("four.gridleak", four_slots().to_string());
    bench.put("switches.csv", SWITCHES);
    let arguments = ["--rig", "four.gridleak", "--automation", "switches.csv"];
    let (found, notes) = render(&bench, &arguments);
    assert_eq!(notes, "");
    for (at, (start, slot)) in PLAYED.into_iter().enumerate() {
        let (alone, _) = render(&bench, &["--rig", "four.gridleak", "--slot", slot]);
        let end = PLAYED.get(at + 1).map_or(dry.len(), |(end, _)| *end);
        let settled = if at == 0 {
            0
        } else {
            start + SOON + FADE + RINGS
        };
        let error = difference_db(&found[settled..end], &alone[settled..end]);
        assert!(error < -90.0, "from {start} on: {error} dB");
        // Not that all slots were alike, or the change came a block later.
        let changed = (end..dry.len()).find(|&n| (found[n] - alone[n]).abs() > 1e-4);
        if end < dry.len() {
            let changed = changed.expect("it changes") - end;
            assert!(changed < SOON + FADE, "to {slot}: {changed}");
        }
    }
}

#[test]
fn however_it_is_cut_into_blocks_it_is_the_same() {
    let bench = Bench::new();
    bench.float_wav("in.wav", 48_000, &[&guitar(3)]);
    bench.put("four.gridleak", four_slots().to_string());
    bench.put(
        "switches.csv",
        format!("{SWITCHES}0.75,input,6\n1.7,output,-3 dB"),
    );
    let play = |block: &str| {
        let rig = ["--rig", "four.gridleak", "--automation", "switches.csv"];
        render(&bench, &[&rig[..], &["--block", block]].concat()).0
    };
    let wanted = play("64");
    for block in ["1", "63", "480", "8192"] {
        let error = difference_db(&play(block), &wanted);
        assert!(error < -100.0, "blocks of {block}: {error} dB");
    }
}

#[test]
fn each_line_is_heard_from_its_frame_on() {
    let bench = Bench::new();
    bench.put("same.nam", identity(48_000, ""));
    bench.float_wav("in.wav", 48_000, &[&[0.25; 10_000]]);
    let play = |lines: &str| {
        bench.put("a.csv", lines);
        let capture = ["--raw", "--capture", "same.nam", "--automation", "a.csv"];
        render(&bench, &capture)
    };
    let (found, notes) = play("0.1,output,6\n0.05,output,-6\n9,output,1\n0.06,tuner,on");
    let gain = |frame: usize| 20.0 * (found[frame] / 0.25).log10();
    assert!(found[..2_400].iter().all(|sample| *sample == 0.25));
    assert_ne!(found[2_400 + 1], 0.25);
    assert!((gain(4_799) + 6.0).abs() < 1e-3, "{}", gain(4_799));
    assert_ne!(found[4_801], found[4_799]);
    assert!((gain(9_999) - 6.0).abs() < 1e-3, "{}", gain(9_999));
    // What does nothing is told.
    assert!(
        notes.contains("line 3: the recording ends at 0.21 s"),
        "{notes}"
    );
    assert!(notes.contains("line 4: tuner has no effect"), "{notes}");
    // To a slot that is empty nothing goes.
    let (found, notes) = play("0.05,slot,5\n0.1,next_slot,on");
    assert!(found.iter().all(|sample| *sample == 0.25));
    assert!(
        notes.contains("line 1: slot 5 is empty; there is slot 1"),
        "{notes}"
    );
}

#[test]
fn a_slot_plays_with_what_it_sets_of_its_own_and_options_change_the_rig() {
    let bench = Bench::new();
    let levels = r#""input_level_dbu": 18.0, "output_level_dbu": 15.0"#;
    let same = bench.put("same.nam", identity(48_000, levels));
    let dry = sine(1000.0, 48_000, 24_000);
    bench.float_wav("in.wav", 48_000, &[&dry]);
    let reference = json!({"path": same});
    let mut slots = [slot("Plain", reference.clone()), slot("Own", reference)];
    slots[1]["drive"] = 3.0.into();
    slots[1]["level"] = (-10.0).into();
    slots[1]["own"] = json!({"tone": {"tone": true, "bass": 5.0, "middle": 10.0}});
    let mut rig = rig(&slots);
    rig["settings"]["output"] = 2.0.into();
    rig["settings"]["interface_level"] = 14.0.into();
    rig["settings"]["slot"] = "2".into();
    bench.put("two.gridleak", rig.to_string());
    let level = |options: &[&str]| {
        let arguments = [&["--rig", "two.gridleak"], options].concat();
        let (wet, notes) = render(&bench, &arguments);
        assert_eq!(notes, "");
        let power = |samples: &[f32]| samples[12_000..].iter().map(|s| s * s).sum::<f32>();
        10.0 * (power(&wet) / power(&dry)).log10()
    };
    let tone = gridleak_core::ToneSettings {
        middle: 10.0,
        ..Default::default()
    };
    let tone = tone.response_db(48_000.0, 1000.0) as f32;
    assert!(tone.abs() > 0.5, "{tone}");
    for (options, wanted) in [
        (&["--slot", "1"][..], 2.0),
        (&["--slot", "plain", "--output-gain=-4"], -4.0),
        (&["--slot", "1", "--output-mode", "calibrated"], 2.0 + 1.0),
        (
            &[
                "--slot",
                "1",
                "--output-mode",
                "calibrated",
                "--interface",
                "20",
            ],
            2.0 - 5.0,
        ),
        // That which the rig was saved with.
        (&[], 2.0 + 3.0 - 10.0 + tone),
        (
            &["--slot", "OWN", "--input-gain", "1"],
            1.0 + 2.0 + 3.0 - 10.0 + tone,
        ),
        // Options change what slots have of their own, too.
        (&["--tone=off"], 2.0 + 3.0 - 10.0),
        (&["--middle", "5"], 2.0 + 3.0 - 10.0),
    ] {
        let found = level(options);
        assert!(
            (found - wanted).abs() < 0.02,
            "{options:?}: {found}, not {wanted}"
        );
    }
}

#[test]
fn files_are_found_beside_the_rig_and_in_it() {
    let bench = Bench::new();
    bench.float_wav("in.wav", 48_000, &[&[0.5; 100]]);
    let (half, twice) = (
        linear(1, 1, "0.5", 48_000, ""),
        linear(1, 1, "2.0", 48_000, ""),
    );
    fs::create_dir_all(bench.path("rigs/Amps")).unwrap();
    bench.put("rigs/Amps/half.nam", &half);
    let gone = Path::new("/nowhere/of/anybody");
    let slots = [
        slot("Beside", file(&gone.join("half.nam"), half.as_bytes())),
        slot(
            "Inside",
            embedded(&gone.join("twice.nam"), twice.as_bytes()),
        ),
    ];
    bench.put("rigs/two.gridleak", rig(&slots).to_string());
    for (name, gain, words) in [
        ("Beside", 0.5, "has moved; it was found at"),
        ("Inside", 2.0, "the copy in the rig plays"),
    ] {
        let (wet, notes) = render(&bench, &["--rig", "rigs/two.gridleak", "--slot", name]);
        assert_eq!(wet, [0.5 * gain; 100]);
        assert!(notes.contains(words), "{notes}");
    }
    // A file that plays is never written over.
    fs::copy(
        bench.path("rigs/Amps/half.nam"),
        bench.path("rigs/Amps/half.wav"),
    )
    .unwrap();
    let slots = [slot(
        "",
        file(&bench.path("rigs/Amps/half.wav"), half.as_bytes()),
    )];
    bench.put("rigs/one.gridleak", rig(&slots).to_string());
    bench.put("moves.csv", "0,input,0");
    for (output, words) in [
        ("rigs/Amps/half.wav", "is the capture of slot 1 itself"),
        ("rigs/one.wav", "is the rig itself"),
        ("moves.wav", "is the automation itself"),
    ] {
        fs::copy(bench.path("rigs/one.gridleak"), bench.path("rigs/one.wav")).unwrap();
        fs::copy(bench.path("moves.csv"), bench.path("moves.wav")).unwrap();
        let arguments = ["--rig", "rigs/one.wav", "--automation", "moves.wav"];
        let command = [&["render"], &arguments[..], &["in.wav", output]].concat();
        bench.run(&command).bad(words);
    }
}

#[test]
fn a_preset_of_one_slot_plays_and_one_that_moved_finds_what_moved_with_it() {
    let bench = Bench::new();
    bench.float_wav("in.wav", 48_000, &[&[0.5; 100]]);
    let (half, twice) = (
        linear(1, 1, "0.5", 48_000, ""),
        linear(1, 1, "2.0", 48_000, ""),
    );
    for folder in ["ann/Amps", "ann/Presets"] {
        fs::create_dir_all(bench.path(folder)).unwrap();
    }
    bench.put("ann/Amps/half.nam", &half);
    bench.put("twice.nam", &twice);
    let old = Path::new("/mnt/old/ann");
    let mut alone = slot("Solo", file(&old.join("Amps/half.nam"), half.as_bytes()));
    alone["pedal"] = file(&bench.path("twice.nam"), twice.as_bytes());
    alone["drive"] = 6.0.into();
    let preset = json!({
        "gridleak": 1, "kind": "slot", "saved_by": "0.2.0", "slot": alone,
        "saved_at": old.join("Presets/Solo.gridleak"),
    });
    bench.put("ann/Presets/Solo.gridleak", preset.to_string());
    let preset = ["--rig", "ann/Presets/Solo.gridleak"];
    let settled = [
        "--output-mode",
        "raw",
        "--dc-blocker=off",
        "--gate=off",
        "--tone=off",
        "--slot",
        "solo",
    ];
    let (wet, notes) = render(&bench, &[&preset[..], &settled].concat());
    assert_eq!(notes, "");
    let wanted = 0.5 * 2.0 * 0.5 * 10f32.powf(6.0 / 20.0);
    assert!(
        wet.iter().all(|sample| (sample - wanted).abs() < 1e-6),
        "{}",
        wet[99]
    );
    let command = [
        &["render"],
        &preset[..],
        &["--slot", "2", "in.wav", "out.wav"],
    ]
    .concat();
    bench
        .run(&command)
        .bad("slot 2 is empty; there is slot 1 (Solo)");
}

#[test]
fn what_is_missing_is_told_and_the_rest_plays() {
    let bench = Bench::new();
    bench.float_wav("in.wav", 48_000, &[&[0.5; 100]]);
    bench.put("same.nam", identity(48_000, ""));
    bench.put("broken.nam", "{");
    let at = |name: &str| json!({"path": bench.path(name)});
    let mut slots = [
        slot("Gone", at("gone.nam")),
        slot("Broken", at("broken.nam")),
        slot("Whole", at("same.nam")),
        slot("Bare", at("same.nam")),
        slot("", json!({"builtin": "none"})),
    ];
    slots[3]["pedal"] = at("gone-pedal.nam");
    slots[3]["cab_2"] = at("gone-room.wav");
    bench.put("rig.gridleak", rig(&slots).to_string());
    let (wet, notes) = render(&bench, &["--rig", "rig.gridleak"]);
    assert_eq!(wet, [0.5; 100]);
    for words in [
        "slot 1 (Gone) cannot play: ",
        "gone.nam: there is no such file; put the file back",
        "slot 2 (Broken) cannot play: ",
        "broken.nam: the end of the file is missing",
        "slot 4 (Bare) plays without its pedal: ",
        "gone-pedal.nam: there is no such file",
        "slot 4 (Bare) plays without its second cabinet: ",
    ] {
        assert!(notes.contains(words), "no {words:?} in {notes}");
    }
    // There is no window here.
    assert!(!notes.contains("Locate"), "{notes}");
    let choose = |slot: &str, words: &str| {
        let command = [
            "render",
            "--rig",
            "rig.gridleak",
            "--slot",
            slot,
            "in.wav",
            "new.wav",
        ];
        bench.run(&command).bad(words);
    };
    choose("1", "rig.gridleak: slot 1 (Gone) cannot play");
    choose("broken", "rig.gridleak: slot 2 (Broken) cannot play");
    choose("5", "slot 5 is empty; there are slots 3 (Whole), 4 (Bare)");
    choose("9", "a number from 1 to 8, or the name of a slot");
    choose("Verse", "a number from 1 to 8, or the name of a slot");
    assert!(!bench.path("new.wav").exists());
    // A cabinet that is gone leaves no bare amp.
    slots[2]["cab"] = at("gone.wav");
    bench.put("rig.gridleak", rig(&slots).to_string());
    let (wet, notes) = render(&bench, &["--rig", "rig.gridleak"]);
    assert_ne!(wet, [0.5; 100]);
    assert!(
        notes.contains("slot 3 (Whole) plays through the built-in cabinet: "),
        "{notes}"
    );
}

#[test]
fn what_is_no_rig_or_no_automation_is_told_in_a_line() {
    let bench = Bench::new();
    bench.float_wav("in.wav", 48_000, &[&[0.5; 10]]);
    bench.put("same.nam", identity(48_000, ""));
    bench.put(
        "empty.gridleak",
        rig(&[slot("", built_in("none"))]).to_string(),
    );
    bench.put(
        "gone.gridleak",
        rig(&[slot("", json!({"path": "/gone.nam"}))]).to_string(),
    );
    bench.put(
        "whole.gridleak",
        rig(&[slot("", built_in("lead"))]).to_string(),
    );
    bench.put("deep.gridleak", "[".repeat(100_000));
    bench.put(
        "wide.gridleak",
        format!("{{\"gridleak\":1,\"x\":[{}1]}}", "1,".repeat(1 << 20)),
    );
    let long = fs::File::create(bench.path("long.gridleak")).unwrap();
    long.set_len(1 << 40).unwrap();
    bench.put(
        "bad.csv",
        "seconds,parameter,value\n0,slot,1\n\n1,slots,2\n",
    );
    bench.put("binary.csv", b"\xff\xfe");
    let before = bench.names();
    let rig = |name: &str, words: &str| {
        bench
            .run(&["render", "--rig", name, "in.wav", "out.wav"])
            .bad(words);
    };
    rig(
        "nothing.gridleak",
        "nothing.gridleak: there is no such file",
    );
    rig(".", "is a folder");
    rig("same.nam", "same.nam: this is no ");
    rig("in.wav", "in.wav: this is no ");
    rig("deep.gridleak", "deep.gridleak: this is no ");
    rig("wide.gridleak", "wide.gridleak: this is larger than");
    rig("long.gridleak", "long.gridleak: is too long");
    rig(
        "empty.gridleak",
        "empty.gridleak: no slot has a capture; load one",
    );
    rig(
        "gone.gridleak",
        "gone.gridleak: slot 1 cannot play: /gone.nam: there is no such file",
    );
    let automation = |name: &str, words: &str| {
        let command = ["render", "--automation", name, "in.wav", "out.wav"];
        bench.run(&command).bad(words);
    };
    automation("nothing.csv", "nothing.csv: there is no such file");
    automation(
        "bad.csv",
        "bad.csv, line 4: there is no parameter \"slots\"; `gridleak parameters`",
    );
    automation(
        "binary.csv",
        "binary.csv: is no text; save it as CSV in UTF-8",
    );
    for options in [
        &["--rig", "whole.gridleak", "--capture", "same.nam"][..],
        &["--rig", "whole.gridleak", "--pedal", "same.nam"],
        &["--rig", "whole.gridleak", "--ir", "builtin:4x12"],
        &["--rig", "whole.gridleak", "--knob", "1=0.5"],
    ] {
        let command = [&["render"], options, &["in.wav", "out.wav"]].concat();
        bench.run(&command).bad("cannot be used with");
    }
    let command = ["render", "--slot", "2", "in.wav", "out.wav"];
    bench.run(&command).bad("--rig");
    assert_eq!(bench.names(), before);
}

#[test]
fn captures_that_cannot_play_a_recording_leave_it_to_the_others() {
    let bench = Bench::new();
    bench.put("split.nam", linear(1, 2, "1.0, 0.5", 48_000, ""));
    bench.put("same.nam", identity(48_000, ""));
    bench.put("slow.nam", identity(44_100, ""));
    let at = |name: &str| json!({"path": bench.path(name)});
    let slots = ["split.nam", "same.nam", "slow.nam"].map(|name| slot(name, at(name)));
    bench.put("rig.gridleak", rig(&slots).to_string());
    let dry = sine(500.0, 48_000, 9_600);
    bench.float_wav("in.wav", 48_000, &[&dry, &dry]);
    let (wet, notes) = render(&bench, &["--rig", "rig.gridleak"]);
    assert!(
        notes.contains("slot 1 (split.nam) cannot play: in.wav: has 2 channels"),
        "{notes}"
    );
    assert!(difference_db(&wet, &dry) < -140.0);
    // One that is late leaves the others in their place, in time.
    bench.float_wav("in.wav", 48_000, &[&dry]);
    let command = [
        "render",
        "--rig",
        "rig.gridleak",
        "--slot",
        "1",
        "in.wav",
        "out.wav",
    ];
    let run = bench.run(&command).good();
    assert!(run.out.contains("; slot 1 (split.nam)"), "{run:?}");
    let wet = read_float(&bench.path("out.wav")).1;
    let half: Vec<f32> = dry.iter().map(|sample| 0.5 * sample).collect();
    for (wet, wanted) in wet.iter().zip([&dry, &half]) {
        let error = difference_db(wet, wanted);
        assert!(error < -140.0, "{error} dB");
    }
    let (wet, _) = render(&bench, &["--rig", "rig.gridleak", "--slot", "3"]);
    let inside = 2_000..8_000;
    let error = difference_db(&wet[inside.clone()], &dry[inside]);
    assert!(error < -80.0, "{error} dB");
}
