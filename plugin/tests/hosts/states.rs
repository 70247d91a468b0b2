//! What hosts do with states that nobody saved, or a newer version: in CLAP and VST3 alike.

use std::path::Path;

use serde_json::{Value, json};

use crate::clap_host::{self, load};
use crate::mutations::Mutations;
use crate::project::{Project, builtin, file};
use crate::sound::noise;
use crate::support::{Bench, identity};
use crate::{CLAP, Scenario, VST3, vst3};

pub(crate) const SCENARIOS: &[Scenario] = &[
    Scenario {
        name: "clap::keeps_its_word",
        bundles: CLAP,
        run: keeps_its_word::<Clap>,
    },
    Scenario {
        name: "vst3::keeps_its_word",
        bundles: VST3,
        run: keeps_its_word::<Vst3>,
    },
    Scenario {
        name: "clap::impossible_states",
        bundles: CLAP,
        run: impossible::<Clap>,
    },
    Scenario {
        name: "clap::newer_states",
        bundles: CLAP,
        run: newer::<Clap>,
    },
    Scenario {
        name: "clap::mutated_states",
        bundles: CLAP,
        run: mutated::<Clap>,
    },
    Scenario {
        name: "clap::level_of_the_machine",
        bundles: CLAP,
        run: level_of_the_machine::<Clap>,
    },
    Scenario {
        name: "vst3::level_of_the_machine",
        bundles: VST3,
        run: level_of_the_machine::<Vst3>,
    },
    Scenario {
        name: "vst3::impossible_states",
        bundles: VST3,
        run: impossible::<Vst3>,
    },
    Scenario {
        name: "vst3::newer_states",
        bundles: VST3,
        run: newer::<Vst3>,
    },
    Scenario {
        name: "vst3::mutated_states",
        bundles: VST3,
        run: mutated::<Vst3>,
    },
];

/// In Hz.
const RATE: f64 = 48_000.0;

/// A host with an instance of the plugin.
trait Host {
    fn new(bundle: &Path) -> Self;
    /// Restores a state; whether the plugin took it.
    fn restore(&mut self, state: &[u8]) -> bool;
    /// What the plugin saves.
    fn save(&mut self) -> Vec<u8>;
    /// Plays some blocks.
    fn play(&mut self);
    /// Plays a block in which the parameter of this number moves: in CLAP to a plain value, in VST3 to a
    /// position from 0 to 1.
    fn automate(&mut self, number: u32, plain: f64, position: f64);
}

struct Clap(clap_host::Plugin);

impl Host for Clap {
    fn new(bundle: &Path) -> Self {
        Self(clap_host::Plugin::new(&load(bundle)))
    }

    fn restore(&mut self, state: &[u8]) -> bool {
        self.0.restore(state)
    }

    fn save(&mut self) -> Vec<u8> {
        self.0.save()
    }

    fn play(&mut self) {
        let played = self.0.play(RATE, &noise(256), &[64]);
        assert!(played.iter().flatten().all(|sample| sample.is_finite()));
    }

    fn automate(&mut self, number: u32, plain: f64, _position: f64) {
        let change = clap_host::Change {
            frame: 5,
            parameter: clack_host::utils::ClapId::new(number),
            value: plain,
        };
        let input = noise(64);
        let input = input.each_ref().map(Vec::as_slice);
        self.0.run(
            RATE,
            64,
            |audio| drop(audio.block(input, &[change])),
            |_| (),
        );
    }
}

struct Vst3(vst3_host::Plugin);

impl Host for Vst3 {
    fn new(bundle: &Path) -> Self {
        Self(vst3::instance(bundle, RATE))
    }

    fn restore(&mut self, state: &[u8]) -> bool {
        self.0.load_state(state).is_ok()
    }

    fn save(&mut self) -> Vec<u8> {
        vst3::own_state(&self.0.save_state().expect("a state"))
    }

    fn play(&mut self) {
        let played = vst3::play(&mut self.0, &noise(vst3::BLOCK), &[]);
        assert!(played.iter().flatten().all(|sample| sample.is_finite()));
    }

    fn automate(&mut self, number: u32, _plain: f64, position: f64) {
        let change = (5, number, position);
        drop(vst3::play(&mut self.0, &noise(vst3::BLOCK), &[change]));
    }
}

fn read(state: &[u8]) -> Project {
    Project::read(state)
}

/// Projects and automation of every version that was given to players mean what they meant then.
fn keeps_its_word<H: Host>(bundle: &Path) {
    let rig = include_str!("../fixtures/rig-1.json");
    let automation = include_str!("../fixtures/automation-1.json");
    let mut host = H::new(bundle);
    let before = read(&host.save());
    assert!(host.restore(rig.as_bytes()));
    let (wanted, mut saved) = (read(rig.as_bytes()), read(&host.save()));
    saved.0["saved_by"] = wanted.0["saved_by"].clone();
    assert_eq!(saved, wanted);
    // The same values, by the numbers that hosts have for the parameters.
    let mut host = H::new(bundle);
    let moves: Vec<Value> = serde_json::from_str(automation).expect("JSON");
    for moved in &moves {
        let number = moved["number"].as_u64().expect("a number") as u32;
        let [plain, position] = ["plain", "position"].map(|key| moved[key].as_f64());
        host.automate(
            number,
            plain.expect("a value"),
            position.expect("a position"),
        );
    }
    let saved = read(&host.save());
    assert_eq!(
        moves.len(),
        before.0["settings"].as_object().expect("some").len()
    );
    for moved in &moves {
        let id = moved["id"].as_str().expect("an id");
        let (now, wanted) = (saved.setting(id), &moved["value"]);
        let near = |now: f64, wanted: f64| (now - wanted).abs() <= 1e-4 * wanted.abs().max(1.0);
        match (now.as_f64(), wanted.as_f64()) {
            (Some(now), Some(wanted)) => assert!(near(now, wanted), "{id}: {now} {wanted}"),
            _ => assert_eq!(now, *wanted, "{id}"),
        }
        assert_ne!(now, before.setting(id), "{id} did not move");
    }
}

/// Values that a parameter cannot have are others afterwards, whatever its kind, and what is saved then
/// can be loaded again.
fn impossible<H: Host>(bundle: &Path) {
    let new = read(&H::new(bundle).save());
    crate::keep_one_heap();
    let settings = new.0["settings"].as_object().expect("some").clone();
    let mut host = H::new(bundle);
    for value in [
        json!(9),
        json!(-1),
        json!(1e30),
        json!(-1e38),
        json!(true),
        json!("of no kind"),
        json!(null),
        json!([1]),
        json!({"f32": 1}),
    ] {
        let mut state = new.clone();
        for id in settings.keys() {
            state.0["settings"][id] = value.clone();
        }
        assert!(host.restore(&state.to_bytes()), "{value}");
        host.play();
        let saved = host.save();
        let mut again = H::new(bundle);
        assert!(again.restore(&saved), "{value}");
        assert_eq!(
            read(&again.save()).0["settings"],
            read(&saved).0["settings"]
        );
    }
    // One choice that there is none, and hardly anything else.
    for (id, first) in settings.iter().filter(|(_, value)| value.is_string()) {
        for other in [json!(4711), json!(-1), json!(null)] {
            let state = json!({"gridleak": 1, "settings": {id: other}});
            assert!(host.restore(state.to_string().as_bytes()));
            host.play();
            assert_eq!(read(&host.save()).setting(id), *first);
        }
    }
    // Nothing but keys, which take more memory than text: refused as a whole, and none of it stays.
    let before = memory();
    let keys = (0..1_000_000).map(|n: u32| format!("\"{n:x}\":\"\""));
    let keys = keys.collect::<Vec<_>>().join(",");
    let many = format!("{{\"gridleak\":1,{keys}}}");
    let saved = host.save();
    assert!(!host.restore(many.as_bytes()));
    assert_eq!(host.save(), saved);
    println!("{before} kB, {} for keys, then {}", most_memory(), memory());
    assert!(memory() < before + 60_000, "{} kB stay", memory() - before);
    // References that would take hundreds of times their size.
    let before = most_memory();
    let many = format!("[{}0]", "{\"a\":0},".repeat(4 << 20));
    let many = format!("{{\"gridleak\":1,\"slots\":[{{\"capture\":{many}}}]}}");
    assert!(!host.restore(many.as_bytes()));
    host.play();
    assert_eq!(read(&host.save()).0["slots"], read(&saved).0["slots"]);
    let more = most_memory() - before;
    assert!(more < 400_000, "{more} kB for {} of text", many.len());
}

/// What a newer version put into a project is there when this one has saved it.
fn newer<H: Host>(bundle: &Path) {
    let mut host = H::new(bundle);
    let mut state = read(&host.save());
    let later = json!({"version": 2, "path": "/home/ann/cabs/x.wav", "blend": [0.5, {"a": null}]});
    state.0["saved_by"] = "9.9.9".into();
    state.0["later"] = json!({"gear": "x", "": null});
    state.0["settings"]["future"] = json!(0.5);
    state.0["settings"]["oversampling"] = json!("16");
    state.0["slots"][0]["cab_3"] = later;
    let second = json!({
        "capture": builtin("lead"), "pedal": builtin("none"), "cab": builtin("auto"),
        "cab_2": builtin("none"), "name": "Solo", "colour": "ultraviolet", "pan": 0.5,
        "own": {"reverb": {"mix": 0.3}, "pedal": {"pedal": false, "order": 2}},
    });
    state.0["slots"].as_array_mut().expect("slots").push(second);
    for _ in 0..2 {
        assert!(host.restore(&state.to_bytes()));
        host.play();
        let mut saved = read(&host.save());
        saved.0["saved_by"] = "9.9.9".into();
        for part in ["capture", "cab", "capture_b"] {
            // What was found out about them meanwhile.
            saved = saved.with(part, &state.part(part));
        }
        assert_eq!(saved, state);
    }
    // It goes with its project.
    let plain = H::new(bundle).save();
    assert!(host.restore(&plain));
    assert!(read(&host.save()).0.get("later").is_none());
}

/// What is remembered of the interface is where new instances begin; a project has its own.
fn level_of_the_machine<H: Host>(bundle: &Path) {
    let level = |host: &mut H| read(&host.save()).setting("interface_level");
    let mut before = H::new(bundle);
    let project = before.save();
    let own = level(&mut before);
    let bench = Bench::new();
    bench.put("settings.json", r#"{"interface_dbu": 15.5}"#);
    // SAFETY: the instances that are there have no thread that looks at it.
    unsafe { std::env::set_var("GRIDLEAK_CONFIG_DIR", bench.path("")) };
    let mut next = H::new(bundle);
    assert_eq!(level(&mut next), 15.5);
    assert_eq!(level(&mut before), own);
    assert!(next.restore(&project));
    assert_eq!(level(&mut next), own);
}

/// How many states are tried.
const CASES: usize = 1500;
/// After so many, instances are made anew.
const AN_INSTANCE: usize = 100;

/// States of all kinds, spoilt in all ways: each is refused or loaded, plays, is saved, and what was
/// saved is the same when it was loaded and saved again. Nothing piles up.
fn mutated<H: Host>(bundle: &Path) {
    crate::keep_one_heap();
    let bench = Bench::new();
    let capture = bench.put("Amp.nam", identity(48_000, "\"name\": \"Amp\""));
    let response = bench.float_wav("Cab.wav", 48_000, &[&[0.5, 0.25, -0.125]]);
    let fresh = read(&H::new(bundle).save());
    let mut embedded = file(&bench.path("gone.nam"));
    embedded["embedded"] = deflated(identity(48_000, "").as_bytes()).into();
    let good = [
        fresh.clone(),
        fresh
            .with("capture", &file(&capture))
            .with("cab", &file(&response)),
        fresh
            .with("capture", &embedded)
            .with("pedal", &builtin("clean"))
            .with("capture_b", &builtin("lead"))
            .set("slot", "2".into()),
        fresh
            .with("capture", &file(&bench.path("gone.nam")))
            .with("cab_2", &file(&bench.path("gone.wav")))
            .with("cab_3", &json!({"version": 2})),
    ];
    let mut mutations = Mutations::new(good.map(|project| project.0));
    let (mut loaded, mut refused) = (0, 0);
    let mut hosts = [H::new(bundle), H::new(bundle)];
    let mut settled = 0;
    for case in 0..CASES {
        if case % AN_INSTANCE == 0 {
            hosts = [H::new(bundle), H::new(bundle)];
        }
        let [host, other] = &mut hosts;
        let state = mutations.next();
        if !host.restore(&state) {
            refused += 1;
            continue;
        }
        loaded += 1;
        let saved = host.save();
        assert!(other.restore(&saved), "case {case}: {}", shown(&saved));
        let again = other.save();
        if let Some(difference) = difference(&saved, &again) {
            panic!("case {case}: {difference} in {}", shown(&state));
        }
        host.play();
        assert!(other.restore(&host.save()), "case {case}: what was played");
        if case == CASES / 3 {
            settled = memory();
        }
    }
    println!(
        "{loaded} loaded, {refused} refused; {settled} kB, in the end {}",
        memory()
    );
    assert!(loaded > CASES / 2 && refused > CASES / 20);
    let more = memory().saturating_sub(settled);
    assert!(more < 100_000, "{more} kB were left behind");
}

/// What is not the same in a state and in what was saved once it was loaded. An active instance finds
/// out more about its files meanwhile, and packs those that are to be carried.
fn difference(before: &[u8], after: &[u8]) -> Option<String> {
    let [before, after] = [before, after].map(|state| read(state).0);
    let mut differences = Vec::new();
    compare("", &before, &after, &mut differences);
    differences.into_iter().next()
}

/// Lists what is not the same in `before` and `after`. A wish to embed is none that a project can have.
fn compare(at: &str, before: &Value, after: &Value, differences: &mut Vec<String>) {
    match (before, after) {
        (Value::Object(then), Value::Object(now)) => {
            for (key, then) in then.iter().filter(|(key, _)| *key != "embed") {
                let now = now.get(key).unwrap_or(&Value::Null);
                compare(&format!("{at}/{key}"), then, now, differences);
            }
        }
        (Value::Array(then), Value::Array(now)) if then.len() == now.len() => {
            for (index, (then, now)) in then.iter().zip(now).enumerate() {
                compare(&format!("{at}/{index}"), then, now, differences);
            }
        }
        _ if before == after => {}
        _ => differences.push(format!("{at}: {before} then {after}")),
    }
}

/// The beginning of a state, for people.
fn shown(state: &[u8]) -> String {
    String::from_utf8_lossy(&state[..state.len().min(3000)]).into_owned()
}

/// A file as a project carries it.
fn deflated(bytes: &[u8]) -> String {
    use base64::Engine;
    use std::io::Write;
    let mut encoder = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).expect("memory takes it");
    let deflated = encoder.finish().expect("memory takes it");
    base64::engine::general_purpose::STANDARD.encode(deflated)
}

/// Memory of this process in kB.
fn memory() -> usize {
    crate::status("VmRSS:")
}

/// The most that it ever was.
fn most_memory() -> usize {
    crate::status("VmHWM:")
}
