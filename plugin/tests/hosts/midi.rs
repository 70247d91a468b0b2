//! Feet and hands on MIDI: program changes go to slots, and controllers move what they were taught. The host
//! is told what they moved.

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};

use serde_json::json;

use crate::any_host::Host;
use crate::project::{Project, file};
use crate::slots::{Event, FADE, SLOTS, Song, alone, bounce, eight_slots, play, playing, position};
use crate::sound::{Stereo, noise, residue_db};
use crate::support::{Bench, identity};
use crate::{CLAP, Scenario, VST3, clap_host, vst3_host};

type Clap = clap_host::Plugin;
type Vst3 = vst3_host::Plugin;

pub(crate) const SCENARIOS: &[Scenario] = &[
    Scenario {
        name: "clap::programs_are_slots",
        bundles: CLAP,
        run: programs_are_slots::<Clap>,
    },
    Scenario {
        name: "vst3::programs_are_slots",
        bundles: VST3,
        run: programs_are_slots::<Vst3>,
    },
    Scenario {
        name: "clap::controllers",
        bundles: CLAP,
        run: controllers::<Clap>,
    },
    Scenario {
        name: "vst3::controllers",
        bundles: VST3,
        run: controllers::<Vst3>,
    },
    Scenario {
        name: "clap::host_is_told_of_midi",
        bundles: CLAP,
        run: host_is_told::<Clap>,
    },
    Scenario {
        name: "vst3::host_is_told_of_midi",
        bundles: VST3,
        run: host_is_told::<Vst3>,
    },
];

/// What the project teaches.
const INPUT: u8 = 11;
const NEXT: u8 = 80;
/// What nobody taught.
const NOTHING: u8 = 20;

/// A controller of some channel at a value.
fn controller(number: u8, value: u8) -> Event {
    Event::Midi([0xb0, number, value])
}

fn program(slot: usize) -> Event {
    Event::Midi([0xc0, slot as u8, 0])
}

/// A rig with controllers.
fn taught(mut rig: Project) -> Project {
    let cc = json!({INPUT.to_string(): "input", NEXT.to_string(): "next_slot"});
    rig.0["midi"] = json!({ "cc": cc });
    rig
}

fn is(played: &Stereo, wanted: &Stereo, what: &str) {
    for (played, wanted) in played.iter().zip(wanted) {
        let residue = residue_db(played, wanted);
        assert!(residue < -120.0, "{what}: {residue:.1} dB");
    }
}

/// Programs 1 to 8 go to the slots, where automation would. So does the way from one to the next.
fn programs_are_slots<H: Host>(bundle: &Path) {
    let song = Song::new();
    let mut host: H = playing(bundle, |new| taught(eight_slots(new)));
    let slot = host.parameter("Slot");
    let automation = song.switched(|number| Event::Point(slot, position(number)));
    let wanted = bounce(&mut host, &song.input, &[512], &automation);
    for blocks in [&[512][..], &[64, 7, 1000]] {
        let played = bounce(&mut host, &song.input, blocks, &song.switched(program));
        // In the fades, what is compared beforehand may be cut otherwise.
        is(&played, &wanted, "programs");
    }
    // There are no others.
    let more = [
        (0, program(0)),
        (100, program(2)),
        (5000, program(SLOTS)),
        (9000, program(127)),
    ];
    let played = bounce(&mut host, &song.input, &[512], &more);
    let wanted = bounce(&mut host, &song.input, &[512], &more[..2]);
    is(&played, &wanted, "more programs than slots");
    let last = host.position(slot);
    assert!((last - position(2)).abs() < 1e-6, "{last}");

    // A foot that goes on to the next slot with every step.
    let alone = alone(&mut host, &song.input);
    let steps = Song {
        beats: song
            .beats
            .iter()
            .enumerate()
            .map(|(n, beat)| (beat.0, n % SLOTS))
            .collect(),
        ..song
    };
    let mut foot = vec![(0, program(0))];
    for (at, _) in &steps.beats[1..] {
        foot.extend([
            (*at, controller(NEXT, 127)),
            (at + 2000, controller(NEXT, 0)),
        ]);
    }
    let played = bounce(&mut host, &steps.input, &[512], &foot);
    steps.is_spliced(&played, &alone, FADE + host.latency());
}

/// A controller moves its parameter at its frame, over the whole range, as automation would.
fn controllers<H: Host>(bundle: &Path) {
    let bench = Bench::new();
    let copy = file(&bench.put("Copy.nam", identity(48_000, "\"loudness\": -18.0")));
    let mut host: H = playing(bundle, |new| taught(new.playing(&copy)));
    let input = host.parameter("Input");
    let sound = noise(24_000);
    // It begins where it ends.
    let steps = [(0, 64), (1001, 0), (5003, 127), (9999, 3), (10_000, 64)];
    let moved = |event: &dyn Fn(u8) -> Event| steps.map(|(frame, value)| (frame, event(value)));
    let by_host = moved(&|value| Event::Point(input, f64::from(value) / 127.0));
    let by_hand = moved(&|value| controller(INPUT, value));
    bounce(&mut host, &sound, &[512], &by_host);
    let wanted = bounce(&mut host, &sound, &[512], &by_host);
    for blocks in [&[512][..], &[64, 7, 1000], &[4096]] {
        let played = bounce(&mut host, &sound, blocks, &by_hand);
        is(&played, &wanted, "a controller");
    }
    assert!((host.position(input) - 64.0 / 127.0).abs() < 1e-6);
    // At its frame and not before.
    let still = [vec![0.25; 4096], vec![0.25; 4096]];
    let [rests, _] = bounce(&mut host, &still, &[512], &[(0, controller(INPUT, 64))]);
    let rest = rests[rests.len() - 1];
    let [played, _] = bounce(&mut host, &still, &[512], &[(1234, controller(INPUT, 90))]);
    let late = host.latency();
    let first = played
        .iter()
        .skip(late)
        .position(|&sample| (sample - rest).abs() > 1e-6);
    assert!(
        first.is_some_and(|first| (1234..1236).contains(&first)),
        "{first:?}"
    );
    // Others do nothing.
    let before = host.position(input);
    bounce(&mut host, &sound, &[512], &[(77, controller(NOTHING, 99))]);
    assert_eq!(host.position(input), before);
    let saved = Project::read(&host.save());
    assert_eq!(saved.0["midi"], taught(saved.clone()).0["midi"]);
}

/// Where somebody listens, the host hears what a foot or a hand has moved, and saves it.
fn host_is_told<H: Host>(bundle: &Path) {
    let mut host: H = playing(bundle, |new| taught(eight_slots(new)));
    let [slot, input] = ["Slot", "Input"].map(|name| host.parameter(name));
    let before = [slot, input].map(|parameter| host.edits(Some(parameter)));
    let told = AtomicBool::new(false);
    let sound = noise(512);
    host.set_offline(false);
    host.run(
        48_000.0,
        |audio| {
            let events = [(40, program(4)), (41, controller(INPUT, 127))];
            play(audio, &sound, &[64], &events);
            while !told.load(SeqCst) {
                play(audio, &sound, &[64], &[]);
                std::thread::yield_now();
            }
        },
        |host| {
            // Seconds, in which any machine gets to it.
            for look in 0.. {
                host.serve();
                let now = [slot, input].map(|parameter| host.edits(Some(parameter)));
                let told = [0, 1].map(|at| now[at] > before[at]);
                if (told[0] || H::PROGRAMS_ARE_A_PARAMETER) && told[1] {
                    break;
                }
                assert!(look < 20_000, "told {before:?} times before, now {now:?}");
                std::thread::sleep(std::time::Duration::from_millis(1));
            }
            told.store(true, SeqCst);
        },
    );
    assert!((host.position(slot) - position(4)).abs() < 1e-6);
    assert!((host.position(input) - 1.0).abs() < 1e-6);
    let saved = Project::read(&host.save());
    assert_eq!(
        (saved.setting("slot"), saved.setting("input")),
        (json!("5"), json!(20.0))
    );
}
