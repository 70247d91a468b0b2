//! What many instances take that play the same files.

use std::path::Path;
use std::sync::mpsc;

use serde_json::{Value, json};

use crate::any_host::Host;
use crate::project::{Project, file};
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
    let rig = |new: &Project, captures: &[Value]| {
        let mut rig = new.playing(&captures[0]);
        let slots = captures.iter().map(|capture| json!({"capture": capture}));
        rig.0["slots"] = slots.collect();
        rig
    };
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
    let same: Vec<Value> = (0..SLOTS).map(|number| heavy(&bench, number)).collect();
    let own = |number: usize| -> Vec<Value> {
        let first = SLOTS * (number + 1);
        (first..first + SLOTS)
            .map(|number| heavy(&bench, number))
            .collect()
    };
    // What each instance but the first takes in addition, in kB.
    let each = |count: usize, captures: &dyn Fn(usize) -> Vec<Value>| {
        let mut hosts = Vec::new();
        for number in 0..count {
            let captures = captures(number);
            hosts.push(playing::<H>(bundle, |new| rig(new, &captures)));
        }
        let mut memory = Vec::new();
        together(&mut hosts, &mut memory);
        (memory[count - 1] - memory[0]) / (count - 1)
    };
    let took = each(RIGS, &|_| usual.to_vec());
    println!("{RIGS} instances of eight usual captures: {took} kB each");
    let shared = each(RIGS, &|_| same.clone());
    let apart = each(OTHERS, &own);
    let weights = SLOTS * WEIGHTS * size_of::<f32>() / 1024;
    println!(
        "{weights} kB of weights in eight slots: {shared} kB for each instance of the same, {apart} of others"
    );
    assert!(shared + weights / 2 < apart, "nothing is shared");
}

/// Starts all of `hosts`, each while those before it play, and adds the memory that was taken then, in kB.
fn together<H: Host>(hosts: &mut [H], memory: &mut Vec<usize>) {
    let Some((first, others)) = hosts.split_first_mut() else {
        return;
    };
    let (played, has_played) = mpsc::channel();
    first.run(
        RATE,
        |audio| {
            play(audio, &noise(4096), &[512], &[]);
            played.send(()).expect("somebody waits");
        },
        |_| {
            has_played.recv().expect("a sound");
            memory.push(crate::status("VmRSS:"));
            together(others, memory);
        },
    );
}
