//! What belongs to the slots, saved by one instance and restored by another.

use std::path::Path;

use serde_json::{Value, json};

use crate::any_host::Host;
use crate::project::{Project, builtin, file};
use crate::slots::{SLOTS, alone, playing, position};
use crate::sound::{guitar, residue_db};
use crate::support::{Bench, identity};
use crate::{CLAP, Scenario, VST3, clap_host, vst3_host};

type Clap = clap_host::Plugin;
type Vst3 = vst3_host::Plugin;

pub(crate) const SCENARIOS: &[Scenario] = &[
    Scenario {
        name: "clap::slots_are_saved",
        bundles: CLAP,
        run: slots_are_saved::<Clap>,
    },
    Scenario {
        name: "vst3::slots_are_saved",
        bundles: VST3,
        run: slots_are_saved::<Vst3>,
    },
];

/// What belongs to the slots is there in a fresh instance, and heard.
fn slots_are_saved<H: Host>(bundle: &Path) {
    let bench = Bench::new();
    let copy = file(&bench.put("Copy.nam", identity(48_000, "\"loudness\": -18.0")));
    let own = json!({
        "tone": {"tone": true, "bass": 9.0, "middle": 2.5, "treble": 7.0, "tone_position": "after"},
        "knobs": {"knob_1": 0.25, "knob_2": 0.5, "knob_3": 0.75, "knob_4": 1.0},
    });
    let slots = json!([
        {"capture": builtin("crunch"), "name": "Verse", "colour": "red"},
        {"capture": copy, "name": "Chorus ♯2 — Ünïcödé 合唱", "colour": "blue", "drive": 6.0, "level": -9.0},
        {"capture": copy, "own": own},
        {"capture": builtin("lead"), "pedal": builtin("clean"), "own": {"pedal": {"pedal": false}}},
        {"capture": builtin("lead"), "cab": builtin("none"), "cab_2": builtin("none")},
        {"name": "nothing yet", "colour": "green"},
        {"capture": builtin("clean"), "own": {"gate": {"gate": false}, "quality": {"quality": 0.5}}},
        {"capture": builtin("crunch"), "pedal": builtin("lead"), "level": -40.0},
    ]);
    let rig = |new: &Project| {
        let mut rig = new.playing(&copy).set("slot", "2".into());
        rig.0["slots"] = slots.clone();
        rig
    };
    let mut first: H = playing(bundle, rig);
    let saved = Project::read(&first.save());
    for slot in 0..SLOTS {
        let (saved, wanted) = (&saved.0["slots"][slot], &slots[slot]);
        for key in ["name", "colour", "drive", "level", "own"] {
            let left_out = |value: &Value| match key {
                "drive" | "level" if value.is_null() => json!(0.0),
                "name" if value.is_null() => json!(""),
                "colour" if value.is_null() => json!("none"),
                _ => value.clone(),
            };
            if key == "own" {
                holds(&saved[key], &wanted[key]);
            } else {
                assert_eq!(
                    left_out(&saved[key]),
                    left_out(&wanted[key]),
                    "slot {slot}: {key}"
                );
            }
        }
        for part in ["capture", "pedal", "cab", "cab_2"] {
            for key in ["builtin", "path"] {
                let wanted = &wanted[part][key];
                let same = wanted.is_null() || saved[part][key] == *wanted;
                assert!(same, "slot {slot}: {part} {}", saved[part]);
            }
        }
    }
    // Twice, for what was found out about files is there the second time.
    let mut second: H = playing(bundle, |_| saved.clone());
    assert_eq!(Project::read(&second.save()), saved);

    let slot = second.parameter("Slot");
    let names = [0, 1, 2, 5].map(|number| second.text(slot, position(number)));
    let named = |slot: usize| slots[slot]["name"].as_str().expect("a name").to_owned();
    assert_eq!(names, [named(0), named(1), "Slot 3".into(), named(5)]);
    assert!((second.position(slot) - position(1)).abs() < 1e-6);

    let song = guitar(24_000);
    let [before, after] = [&mut first, &mut second].map(|host| alone(host, &song));
    let late = second.latency();
    let in_time = |played: &[f32]| played[late..].to_vec();
    for (slot, (before, after)) in before.iter().zip(&after).enumerate() {
        let residue = residue_db(&after[0], &before[0]);
        assert!(residue < -100.0, "slot {slot}: {residue:.1} dB");
    }
    // Drive and level are gains, and this capture changes nothing.
    let gain = 10f32.powf((6.0 - 9.0) / 20.0);
    let louder: Vec<f32> = song[0][..24_000 - late].iter().map(|s| gain * s).collect();
    let residue = residue_db(&in_time(&after[1][0]), &louder);
    assert!(residue < -80.0, "drive and level: {residue:.1} dB");
    // Values of its own are heard like those of a rig.
    let mut shared: H = playing(bundle, |_| {
        let tone = ["bass", "middle", "treble", "tone", "tone_position"];
        let set = |rig: Project, id| rig.set(id, own["tone"][id].clone());
        let mut rig = tone.into_iter().fold(saved.clone(), set);
        rig.0["slots"][2]["own"] = json!({});
        rig
    });
    let with_tone = alone(&mut shared, &song);
    let residue = residue_db(&after[2][0], &with_tone[2][0]);
    assert!(residue < -80.0, "a tone of its own: {residue:.1} dB");
    let plain = residue_db(&in_time(&after[2][0]), &song[0][..24_000 - late]);
    assert!(plain > -20.0, "no tone is heard");
}

/// Whether all of `wanted` stands in `saved`, which may say more.
fn holds(saved: &Value, wanted: &Value) {
    match (saved, wanted) {
        (_, Value::Null) => {}
        (_, Value::Object(wanted)) => wanted
            .iter()
            .for_each(|(key, value)| holds(&saved[key], value)),
        _ => assert_eq!(saved, wanted),
    }
}
