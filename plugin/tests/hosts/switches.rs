//! Slots that are gone to wildly while others are loaded.

use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};

use serde_json::json;

use crate::any_host::Host;
use crate::project::{Project, builtin};
use crate::slots::{RATE, SLOTS, alone, fixture, has_all_slots, playing, position};
use crate::sound::noise;
use crate::trap::{Random, hits, nothing_caught};
use crate::{Bundle, Scenario, clap_host, vst3_host};

type Clap = clap_host::Plugin;
type Vst3 = vst3_host::Plugin;

pub(crate) const SCENARIOS: &[Scenario] = &[
    Scenario {
        name: "clap::ten_thousand_switches",
        bundles: &[Bundle::ClapChecked],
        run: ten_thousand_switches::<Clap>,
    },
    Scenario {
        name: "vst3::ten_thousand_switches",
        bundles: &[Bundle::Vst3Checked],
        run: ten_thousand_switches::<Vst3>,
    },
    Scenario {
        name: "trap::switches_clap",
        bundles: &[Bundle::Clap],
        run: ten_thousand_switches::<Clap>,
    },
    Scenario {
        name: "trap::switches_vst3",
        bundles: &[Bundle::Vst3],
        run: ten_thousand_switches::<Vst3>,
    },
];

/// How often another slot is gone to while others are loaded, and how often one is, at least.
const SWITCHES: usize = 10_000;
const LOADS: usize = 60;
/// Frames of silence that are a gap.
const GAP: usize = 256;

/// Rigs that go on from each other: always another capture in one of the slots.
fn rigs(new: &Project) -> Vec<Project> {
    let captures = [
        builtin("crunch"),
        builtin("lead"),
        builtin("clean"),
        fixture("wn_nano.nam"),
        fixture("wn_nano_relu_trained.nam"),
        fixture("wn_feather.nam"),
    ];
    let mut random = Random(0x9E37_79B9_7F4A_7C15);
    let mut project = new.with("capture", &captures[0]);
    let slots = (0..SLOTS).map(|slot| {
        let mut saved =
            json!({"capture": captures[slot % captures.len()], "level": -(slot as f64)});
        if slot % 4 == 2 {
            saved["pedal"] = fixture("wn_nano.nam");
        }
        if slot % 3 == 1 {
            saved["own"] = json!({"tone": {"bass": 8.0, "treble": 2.0}, "gate": {"gate": false}});
        }
        saved
    });
    project.0["slots"] = slots.collect();
    let next = |_| {
        project.0["slots"][random.below(SLOTS)]["capture"] = random.one_of(&captures);
        project.clone()
    };
    (0..LOADS).map(next).collect()
}

/// Ten thousand switches while slots are loaded: always a sound, and in the end the right one.
fn ten_thousand_switches<H: Host>(bundle: &Path) {
    let mut host = H::new(bundle);
    let rigs = rigs(&Project::read(&host.save()));
    let last = rigs.last().expect("some");
    let test = noise(48_000);
    let mut other: H = playing(bundle, |_| last.clone());
    let wanted = alone(&mut other, &test);
    drop(other);
    let [slot, fade, tail] = ["Slot", "Slot Fade", "Cabinet Tail"].map(|name| host.parameter(name));
    let (switches, done) = (AtomicUsize::new(0), AtomicBool::new(false));
    assert!(host.restore(&last.to_bytes()));
    // What was rendered may have waited.
    let before = hits();
    host.run(
        RATE,
        |audio| {
            has_all_slots(audio, slot, &test, &wanted);
            let mut random = Random(0x2545_F491_4F6C_DD1D);
            let mut silent = 0;
            while !done.load(SeqCst) {
                let frames = random.one_of(&[32, 64, 64, 128, 300, 512, 1024]);
                for _ in 0..1 + random.below(2) {
                    let frame = random.below(frames) as i32;
                    let next = random.below(SLOTS);
                    match random.below(4) {
                        0 => audio.midi(frame, [0xc0, next as u8, 0]),
                        _ => audio.point(slot, frame, position(next)),
                    }
                    switches.fetch_add(1, SeqCst);
                }
                if random.below(50) == 0 {
                    audio.point(fade, 0, random.one_of(&[0.0, 0.1, 0.1, 1.0]));
                    audio.point(tail, 0, random.below(2) as f64);
                }
                let start = random.below(test[0].len() - frames);
                let block = test.each_ref().map(|side| &side[start..start + frames]);
                for sample in audio.block(block).iter().flatten() {
                    assert!(sample.is_finite());
                    silent = if sample.abs() < 1e-5 { silent + 1 } else { 0 };
                    assert!(silent < GAP, "a gap");
                }
            }
            audio.point(fade, 0, 0.1);
            has_all_slots(audio, slot, &test, &wanted);
        },
        |host| {
            let mut loads = 0;
            let wait_for = |host: &mut H, count: usize| {
                while switches.load(SeqCst) < count {
                    host.serve();
                    std::thread::yield_now();
                }
            };
            // All is loaded by then.
            wait_for(host, 1);
            for rig in rigs.iter().cycle() {
                assert!(host.restore(&rig.to_bytes()));
                loads += 1;
                let enough = loads >= LOADS && switches.load(SeqCst) >= SWITCHES;
                if enough && loads % LOADS == 0 {
                    break;
                }
                // Some are half-way when the next one comes, some are there.
                let soon = switches.load(SeqCst) + [40, 150, 400][loads % 3];
                wait_for(host, soon);
            }
            println!("{} switches, {loads} rigs", switches.load(SeqCst));
            done.store(true, SeqCst);
        },
    );
    nothing_caught(before);
}
