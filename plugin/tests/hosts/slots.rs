//! Eight slots in hosts of both formats: gone over to without a gap and without a click, while others are
//! loaded, and saved with all that belongs to them.

use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use std::sync::mpsc;

use serde_json::{Value, json};

use crate::any_host::{Audio, Host};
use crate::project::{Project, builtin, file};
use crate::sound::{Stereo, guitar, noise, residue_db};
use crate::spectrum::Spectrum;
use crate::support::{Bench, identity};
use crate::trap::{Random, nothing_caught};
use crate::{Bundle, CLAP, Scenario, VST3, clap_host, vst3_host};

type Clap = clap_host::Plugin;
type Vst3 = vst3_host::Plugin;

pub(crate) const SCENARIOS: &[Scenario] = &[
    Scenario {
        name: "clap::song_rendered",
        bundles: &[Bundle::Clap],
        run: song_rendered::<Clap>,
    },
    Scenario {
        name: "vst3::song_rendered",
        bundles: &[Bundle::Vst3],
        run: song_rendered::<Vst3>,
    },
    Scenario {
        name: "clap::song_live",
        bundles: &[Bundle::Clap],
        run: song_live::<Clap>,
    },
    Scenario {
        name: "vst3::song_live",
        bundles: &[Bundle::Vst3],
        run: song_live::<Vst3>,
    },
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
    Scenario {
        name: "clap::twenty_rigs",
        bundles: &[Bundle::Clap],
        run: twenty_rigs::<Clap>,
    },
];

/// How many there are.
pub(crate) const SLOTS: usize = 8;
/// The rate of all captures here, in Hz.
pub(crate) const RATE: f64 = 48_000.0;
/// Frames of a fade as it is set at first.
const FADE: usize = 960;
/// Frames from a change to its fade where somebody listens, behind a pedal.
const WAIT: usize = 2400;

/// A capture among those that the engine is tested with.
fn fixture(name: &str) -> Value {
    let captures = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../core/tests/fixtures/captures"
    );
    file(&Path::new(captures).join(name))
}

/// A rig that sounds different in each of its slots, and has nothing around them.
pub(crate) fn eight_slots(new: &Project) -> Project {
    let slots = json!([
        {"capture": builtin("crunch")},
        {"capture": builtin("lead")},
        {"capture": builtin("clean"), "pedal": fixture("wn_nano.nam")},
        {"capture": fixture("wn_nano_relu_trained.nam"), "drive": 6.0, "level": -9.0},
        {"capture": fixture("wn_feather.nam")},
        {"capture": builtin("clean"), "level": 3.0},
        {"capture": fixture("lstm_1x8.nam"), "drive": -6.0},
        {"capture": builtin("lead"), "drive": 9.0},
    ]);
    let mut project = new.playing(&builtin("crunch"));
    project.0["slots"] = slots;
    project
}

/// A parameter that takes on a value, 0 to 1, at a frame.
pub(crate) struct Move {
    pub(crate) frame: usize,
    pub(crate) parameter: usize,
    pub(crate) value: f64,
}

/// Where `Slot` stands for a slot.
pub(crate) fn position(slot: usize) -> f64 {
    slot as f64 / (SLOTS - 1) as f64
}

/// Plays a song in blocks of the given sizes, over and over.
pub(crate) fn play(
    audio: &mut dyn Audio,
    song: &Stereo,
    blocks: &[usize],
    moves: &[Move],
) -> Stereo {
    let mut output = Stereo::default();
    let (mut start, frames) = (0, song[0].len());
    for size in blocks.iter().cycle() {
        let end = frames.min(start + size);
        for moved in moves {
            if (start..end).contains(&moved.frame) {
                let frame = (moved.frame - start) as i32;
                audio.point(moved.parameter, frame, moved.value);
            }
        }
        let block = audio.block(song.each_ref().map(|side| &side[start..end]));
        for (output, block) in output.iter_mut().zip(block) {
            output.extend(block);
        }
        start = end;
        if start == frames {
            break;
        }
    }
    output
}

/// What nobody listens to: each time from silence on.
pub(crate) fn bounce<H: Host>(
    host: &mut H,
    song: &Stereo,
    blocks: &[usize],
    moves: &[Move],
) -> Stereo {
    let mut output = Stereo::default();
    host.set_offline(true);
    let bounced = &mut output;
    host.run(
        RATE,
        |audio| *bounced = play(audio, song, blocks, moves),
        |_| (),
    );
    output
}

/// What each slot makes of a song by itself.
pub(crate) fn alone<H: Host>(host: &mut H, song: &Stereo) -> Vec<Stereo> {
    let parameter = host.parameter("Slot");
    let all = (0..SLOTS).map(|slot| Move {
        frame: 0,
        parameter,
        value: position(slot),
    });
    all.map(|moved| bounce(host, song, &[512], &[moved]))
        .collect()
}

/// An instance that plays this rig, once everything in it is loaded.
pub(crate) fn playing<H: Host>(bundle: &Path, project: impl Fn(&Project) -> Project) -> H {
    let mut host = H::new(bundle);
    let new = Project::read(&host.save());
    let project = project(&new);
    assert!(host.restore(&project.to_bytes()));
    let loaded = |saved: &Project, slot: usize, part: &str| {
        let reference = &saved.0["slots"][slot][part];
        let there = &project.0["slots"][slot][part];
        there.is_null() || there["builtin"] == "none" || reference["rate"].is_number()
    };
    // On a machine that is busy, a host that renders may have to ask more than once.
    for _ in 0..20 {
        bounce(&mut host, &noise(64), &[64], &[]);
        let saved = Project::read(&host.save());
        if (0..SLOTS).all(|slot| loaded(&saved, slot, "capture") && loaded(&saved, slot, "pedal")) {
            return host;
        }
    }
    panic!("never loaded: {}", Project::read(&host.save()).0["slots"]);
}

/// A song with another slot on every beat: where the beats are, and which slot is heard from there on.
struct Song {
    input: Stereo,
    beats: Vec<(usize, usize)>,
}

/// No multiple of any block.
const BEAT: usize = 12_007;
const BEATS: usize = 16;
/// What the song is played in.
const BLOCKS: [&[usize]; 4] = [&[512], &[64], &[1, 17, 333, 64, 4095, 30], &[4096]];

impl Song {
    fn new() -> Self {
        Self {
            input: guitar(BEATS * BEAT),
            beats: (0..BEATS).map(|n| (n * BEAT, 3 * n % SLOTS)).collect(),
        }
    }

    fn automation<H: Host>(&self, host: &mut H) -> Vec<Move> {
        let parameter = host.parameter("Slot");
        let beats = self.beats.iter();
        let moves = beats.map(|&(frame, slot)| Move {
            frame,
            parameter,
            value: position(slot),
        });
        moves.collect()
    }

    /// Where one beat gives way to the next: the frame, and the slots.
    fn switches(&self) -> impl Iterator<Item = (usize, [usize; 2])> {
        let pairs = self.beats.windows(2);
        pairs.map(|pair| (pair[1].0, [pair[0].1, pair[1].1]))
    }

    /// Frames from the beat at `at` to the next.
    fn beat(&self, at: usize) -> std::ops::Range<usize> {
        let next = self.beats.get(at + 1);
        self.beats[at].0..next.map_or(self.input[0].len(), |beat| beat.0)
    }

    /// A song that was switched is, but for `fades` frames from each switch on, what its slots make of it
    /// alone.
    fn is_spliced(&self, played: &Stereo, alone: &[Stereo], fades: usize) {
        for (at, &(_, slot)) in self.beats.iter().enumerate() {
            let mut heard = self.beat(at);
            let before = self.beats[at.saturating_sub(1)].1;
            heard.start += fades;
            for side in 0..2 {
                let played = &played[side][heard.clone()];
                let residue = |slot: usize| residue_db(played, &alone[slot][side][heard.clone()]);
                let here = residue(slot);
                assert!(here < -90.0, "beat {at}, slot {slot}: {here:.1} dB");
                let other = at == 0 || residue(before) > -20.0;
                assert!(other, "slots {before} and {slot} sound alike");
            }
        }
    }

    /// The same with each slot cut off where the next one comes.
    fn cut(&self, alone: &[Stereo]) -> Stereo {
        let mut cut = Stereo::default();
        for (at, &(_, slot)) in self.beats.iter().enumerate() {
            for (cut, side) in cut.iter_mut().zip(&alone[slot]) {
                cut.extend(&side[self.beat(at)]);
            }
        }
        cut
    }

    /// How far a sound stands out at each switch from what both slots make alone, in dB, in the worst
    /// moment and band.
    fn clicks(&self, played: &Stereo, alone: &[Stereo]) -> Vec<f64> {
        let spectrum = Spectrum::new();
        let switches = self.switches();
        let clicks = switches.map(|(frame, slots)| {
            let around = frame - Spectrum::WINDOW..frame + WAIT + FADE + Spectrum::WINDOW;
            let [old, new] = slots.map(|slot| spectrum.moments(&alone[slot][0][around.clone()]));
            let heard = spectrum.moments(&played[0][around]);
            let mut worst = f64::NEG_INFINITY;
            for (at, heard) in heard.iter().enumerate() {
                // Somewhat earlier or later it may be as loud.
                let near = at.saturating_sub(3)..(at + 4).min(old.len());
                for (band, heard) in heard.iter().enumerate() {
                    let loudest = near.clone().map(|at| old[at][band].max(new[at][band]));
                    let loudest = loudest.fold(Spectrum::UNHEARD, f64::max);
                    worst = worst.max(10.0 * (heard / loudest).log10());
                }
            }
            worst
        });
        clicks.collect()
    }
}

/// From here on, what stands out from both sounds is a click, in dB.
const CLICK: f64 = 10.0;

/// No click is heard at any switch, where a cut would be heard at most of them.
fn has_no_clicks(song: &Song, played: &Stereo, alone: &[Stereo]) {
    let clicks = song.clicks(played, alone);
    let cuts = song.clicks(&song.cut(alone), alone);
    println!("at the switches, in dB: {clicks:.1?}; cut: {cuts:.1?}");
    assert!(clicks.iter().all(|&db| db < CLICK), "{clicks:.1?}");
    let heard = cuts.iter().filter(|&&db| db > CLICK).count();
    assert!(heard > cuts.len() / 2, "cuts are not heard: {cuts:.1?}");
}

/// A song that is rendered with automation is, outside of the fades, what each slot makes of it, whatever
/// the blocks.
fn song_rendered<H: Host>(bundle: &Path) {
    let song = Song::new();
    let mut host: H = playing(bundle, eight_slots);
    let alone = alone(&mut host, &song.input);
    let late = host.latency();
    let moves = song.automation(&mut host);
    let mut first: Option<Stereo> = None;
    for blocks in BLOCKS {
        let played = bounce(&mut host, &song.input, blocks, &moves);
        song.is_spliced(&played, &alone, FADE + late);
        has_no_clicks(&song, &played, &alone);
        let first = first.get_or_insert_with(|| played.clone());
        for (played, first) in played.iter().zip(first) {
            let residue = residue_db(played, first);
            assert!(residue < -100.0, "blocks of {blocks:?}: {residue:.1} dB");
        }
    }
}

/// The same where somebody listens: the next slot has to hear what it missed, and comes a little later.
fn song_live<H: Host>(bundle: &Path) {
    let song = Song::new();
    let mut host: H = playing(bundle, eight_slots);
    let alone = alone(&mut host, &song.input);
    let test = noise(24_000);
    let wanted = self::alone(&mut host, &test);
    let moves = song.automation(&mut host);
    let slot = host.parameter("Slot");
    host.set_offline(false);
    let mut songs = Vec::new();
    host.run(
        RATE,
        |audio| {
            has_all_slots(audio, slot, &test, &wanted);
            for blocks in BLOCKS {
                audio.reset();
                songs.push(play(audio, &song.input, blocks, &moves));
            }
        },
        |_| (),
    );
    let late = host.latency();
    for (played, blocks) in songs.iter().zip(BLOCKS) {
        song.is_spliced(played, &alone, WAIT + FADE + late);
        has_no_clicks(&song, played, &alone);
        for (played, first) in played.iter().zip(&songs[0]) {
            let residue = residue_db(played, first);
            assert!(residue < -100.0, "blocks of {blocks:?}: {residue:.1} dB");
        }
    }
}

/// Goes to each slot, until it makes of a sound what is wanted: what is loaded comes when it is ready.
fn has_all_slots(audio: &mut dyn Audio, slot: usize, test: &Stereo, wanted: &[Stereo]) {
    let late = test[0].len() / 2;
    for (number, wanted) in wanted.iter().enumerate() {
        let go = [Move {
            frame: 0,
            parameter: slot,
            value: position(number),
        }];
        let right = |_: usize| {
            let played = play(audio, test, &[512], &go);
            let pairs = played.iter().zip(wanted);
            let residues = pairs.map(|(played, wanted)| residue_db(&played[late..], &wanted[late..]));
            residues.fold(f64::NEG_INFINITY, f64::max)
        };
        let mut residues = (0..400).map(right);
        let last = residues.find(|&residue| residue < -60.0);
        assert!(last.is_some(), "slot {number} never sounds right");
    }
}

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
        let mut saved = json!({"capture": captures[slot % captures.len()], "level": -(slot as f64)});
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
                    audio.point(slot, frame, position(random.below(SLOTS)));
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
            for rig in rigs.iter().cycle() {
                assert!(host.restore(&rig.to_bytes()));
                loads += 1;
                let enough = loads >= LOADS && switches.load(SeqCst) >= SWITCHES;
                if enough && loads % LOADS == 0 {
                    break;
                }
                // Some are half-way when the next one comes, some are there.
                let soon = switches.load(SeqCst) + [40, 150, 400][loads % 3];
                while switches.load(SeqCst) < soon {
                    host.serve();
                    std::thread::yield_now();
                }
            }
            println!("{} switches, {loads} rigs", switches.load(SeqCst));
            done.store(true, SeqCst);
        },
    );
    nothing_caught();
}

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
                assert_eq!(left_out(&saved[key]), left_out(&wanted[key]), "slot {slot}: {key}");
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
        (_, Value::Object(wanted)) => wanted.iter().for_each(|(key, value)| holds(&saved[key], value)),
        _ => assert_eq!(saved, wanted),
    }
}

/// How many instances play the same files.
const RIGS: usize = 20;
/// How many play files of their own.
const OTHERS: usize = 4;
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
    let usual = ["wn_standard", "wn_lite", "wn_feather", "wn_nano", "a2_full", "a2_lite", "lstm_1x24", "convnet_full"];
    let usual = usual.map(|name| fixture(&format!("{name}.nam")));
    let same: Vec<Value> = (0..SLOTS).map(|number| heavy(&bench, number)).collect();
    let own = |number: usize| -> Vec<Value> {
        let first = SLOTS * (number + 1);
        (first..first + SLOTS).map(|number| heavy(&bench, number)).collect()
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
    println!("{weights} kB of weights in eight slots: {shared} kB for each instance of the same, {apart} of others");
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
