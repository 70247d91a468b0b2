//! What many instances take that play the same files.

use std::path::Path;
use std::sync::mpsc;

use serde_json::{Value, json};

use crate::any_host::Host;
use crate::slots::{RATE, fixture, play, playing};
use crate::sound::noise;
use crate::{Bundle, Scenario, clap_host};

pub(crate) const SCENARIOS: &[Scenario] = &[Scenario {
    name: "clap::twenty_rigs",
    bundles: &[Bundle::Clap],
    run: twenty_rigs::<clap_host::Plugin>,
}];

/// How many instances play the same files.
const RIGS: usize = 20;
/// What an instance of eight slots may take in addition to the first, in kB: nets, rings and queues. With
/// captures of its own it would be more.
const MOST: usize = 24_000;

/// Twenty instances of eight slots each: what they read of the same files is in memory once.
fn twenty_rigs<H: Host>(bundle: &Path) {
    crate::keep_one_heap();
    let usual = [
        "wn_standard",
        "wn_lite",
        "wn_feather",
        "wn_nano",
        "a2_full",
        "a2_lite",
        "lstm_1x24",
        "convnet_full",
    ];
    let usual = usual.map(|name| fixture(&format!("{name}.nam")));
    // What an instance takes in addition to the first, in kB: by the allocator and by the system.
    let mut memory = Vec::new();
    together::<H>(bundle, RIGS, &usual, &mut memory);
    let each = (memory[RIGS - 1].in_use - memory[0].in_use) / (RIGS - 1);
    let [first, last] = [0, RIGS - 1].map(|at| memory[at].resident);
    println!(
        "{RIGS} instances of eight usual captures: {each} kB each; {first} kB resident with one, {last} kB with all"
    );
    assert!(each < MOST, "{each} kB");
}

/// Memory of this process, in kB.
struct Memory {
    /// Taken and not given back.
    in_use: usize,
    resident: usize,
}

impl Memory {
    fn now() -> Self {
        // SAFETY: tells what there is.
        let told = unsafe { libc::mallinfo2() };
        Self {
            in_use: (told.uordblks + told.hblkhd) / 1024,
            resident: crate::status("VmRSS:"),
        }
    }
}

/// Makes and starts so many instances, each while those before it play, and adds the memory that was taken
/// then. `captures`: of their slots.
fn together<H: Host>(bundle: &Path, count: usize, captures: &[Value], memory: &mut Vec<Memory>) {
    if memory.len() == count {
        return;
    }
    let mut host: H = playing(bundle, |new| {
        let mut rig = new.playing(&captures[0]);
        let slots = captures.iter().map(|capture| json!({"capture": capture}));
        rig.0["slots"] = slots.collect();
        rig
    });
    let (played, has_played) = mpsc::channel();
    host.run(
        RATE,
        |audio| {
            play(audio, &noise(4096), &[512], &[]);
            played.send(()).expect("somebody waits");
        },
        |_| {
            has_played.recv().expect("a sound");
            memory.push(Memory::now());
            together::<H>(bundle, count, captures, memory);
        },
    );
}
