//! What many instances take that play the same files.

use std::path::Path;
use std::sync::mpsc;

use serde_json::{Value, json};

use crate::any_host::Host;
use crate::project::file;
use crate::slots::{RATE, SLOTS, fixture, play, playing};
use crate::sound::noise;
use crate::support::Bench;
use crate::trap::Random;
use crate::{Bundle, Scenario, clap_host};

pub(crate) const SCENARIOS: &[Scenario] = &[Scenario {
    name: "clap::twenty_rigs",
    bundles: &[Bundle::Clap],
    run: twenty_rigs::<clap_host::Plugin>,
}];

/// How many instances play the same files.
const RIGS: usize = 20;
/// How many play files of their own.
const OTHERS: usize = 3;
/// Weights of a capture that has many and else takes little memory: blocks of so many channels.
const CHANNELS: usize = 80;
const DEPTH: usize = 5;
const WEIGHTS: usize =
    3 * CHANNELS + (DEPTH - 1) * (2 * CHANNELS * CHANNELS + CHANNELS) + CHANNELS + 1;

/// A capture of many weights, a little different for each `number`.
fn heavy(bench: &Bench, number: usize) -> Value {
    let mut random = Random(0x9E37_79B9 + number as u64);
    let weight = |_| format!("0.0{:05}", random.below(100_000) / 10);
    let weights: Vec<String> = (0..WEIGHTS).map(weight).collect();
    let text = format!(
        r#"{{"version": "0.5.4", "architecture": "ConvNet", "sample_rate": 48000, "metadata": {{"loudness": -18.0}},
            "config": {{"channels": {CHANNELS}, "dilations": {:?}, "batchnorm": false, "activation": "Tanh"}},
            "weights": [{}]}}"#,
        [1; DEPTH],
        weights.join(",")
    );
    file(&bench.put(&format!("Heavy {number}.nam"), text))
}

/// Twenty instances of eight slots each: what they read of the same files is in memory once.
fn twenty_rigs<H: Host>(bundle: &Path) {
    crate::keep_one_heap();
    let bench = Bench::new();
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
    let heavy = |first: usize| -> Vec<Value> {
        let all = first..first + SLOTS;
        all.map(|number| heavy(&bench, number)).collect()
    };
    let same = heavy(0);
    // What an instance takes in addition to the first, in kB: by the allocator and by the system.
    let each = |count: usize, captures: &dyn Fn(usize) -> Vec<Value>| {
        let mut memory = Vec::new();
        together::<H>(bundle, count, captures, &mut memory);
        let more =
            |of: fn(&Memory) -> usize| (of(&memory[count - 1]) - of(&memory[0])) / (count - 1);
        (more(|memory| memory.in_use), memory)
    };
    let (each_usual, memory) = each(RIGS, &|_| usual.to_vec());
    let [first, last] = [0, RIGS - 1].map(|at| memory[at].resident);
    println!(
        "{RIGS} instances of eight usual captures: {each_usual} kB each; {first} kB resident with one, {last} kB with all"
    );
    let (shared, _) = each(RIGS, &|_| same.clone());
    let (apart, _) = each(OTHERS, &|number| heavy(SLOTS * (number + 1)));
    let weights = SLOTS * WEIGHTS * size_of::<f32>() / 1024;
    println!(
        "{weights} kB of weights in eight slots: {shared} kB for each instance of the same, {apart} kB of others"
    );
    assert!(shared + weights / 2 < apart, "nothing is shared");
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
/// then. `captures`: of the instance after so many others.
fn together<H: Host>(
    bundle: &Path,
    count: usize,
    captures: &dyn Fn(usize) -> Vec<Value>,
    memory: &mut Vec<Memory>,
) {
    if memory.len() == count {
        return;
    }
    let captures_here = captures(memory.len());
    let mut host: H = playing(bundle, |new| {
        let mut rig = new.playing(&captures_here[0]);
        let slots = captures_here
            .iter()
            .map(|capture| json!({"capture": capture}));
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
