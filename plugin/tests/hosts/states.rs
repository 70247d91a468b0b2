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
    /// Restores a state in the framework's format; whether the plugin took it.
    fn restore(&mut self, state: &[u8]) -> bool;
    /// What the plugin saves, in that format.
    fn save(&mut self) -> Vec<u8>;
    /// Plays some blocks.
    fn play(&mut self);
}

struct Clap(clap_host::Plugin);

impl Host for Clap {
    fn new(bundle: &Path) -> Self {
        Self(clap_host::Plugin::new(&load(bundle)))
    }

    fn restore(&mut self, state: &[u8]) -> bool {
        let length = (state.len() as u64).to_le_bytes();
        self.0.restore(&[&length[..], state].concat())
    }

    fn save(&mut self) -> Vec<u8> {
        self.0.save().split_off(8)
    }

    fn play(&mut self) {
        let played = self.0.play(RATE, &noise(256), &[64]);
        assert!(played.iter().flatten().all(|sample| sample.is_finite()));
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
}

fn read(state: &[u8]) -> Project {
    Project(serde_json::from_slice(state).expect("JSON"))
}

/// Values that a parameter cannot have are others afterwards, whatever its kind, and what is saved then
/// can be loaded again.
fn impossible<H: Host>(bundle: &Path) {
    let new = read(&H::new(bundle).save());
    crate::keep_one_heap();
    let ids: Vec<String> = new.0["params"]
        .as_object()
        .expect("some")
        .keys()
        .cloned()
        .collect();
    let mut host = H::new(bundle);
    for value in [
        json!({"i32": 9}),
        json!({"i32": -1}),
        json!({"i32": i32::MAX}),
        json!({"f32": 1e30}),
        json!({"f32": -1e38}),
        json!({"bool": true}),
        json!({"string": "of no kind"}),
    ] {
        let mut state = new.clone();
        for id in &ids {
            state.0["params"][id] = value.clone();
        }
        assert!(host.restore(&state.to_vst3()), "{value}");
        host.play();
        let saved = host.save();
        let mut again = H::new(bundle);
        assert!(again.restore(&saved), "{value}");
        assert_eq!(read(&again.save()).0["params"], read(&saved).0["params"]);
    }
    // What ended hosts once: one choice that there is none, and hardly anything else.
    for choice in ["mode", "source", "tpos", "clvl", "os", "osoff", "ab"] {
        for index in [4711, -1] {
            let state = json!({"params": {choice: {"i32": index}}, "fields": {}});
            assert!(host.restore(state.to_string().as_bytes()));
            host.play();
            assert_eq!(
                read(&host.save()).0["params"][choice],
                new.0["params"][choice]
            );
        }
    }
    // Nothing but keys: the framework takes memory for them all, which is not to stay.
    let before = memory();
    let keys = |count: u32| {
        let keys = (0..count).map(|n| format!("\"{n:x}\":\"\""));
        keys.collect::<Vec<_>>().join(",")
    };
    let many = format!("{{\"params\":{{}},\"fields\":{{{}}}}}", keys(1_000_000));
    assert!(host.restore(many.as_bytes()));
    println!("{before} kB, {} for keys, then {}", most_memory(), memory());
    assert!(memory() < before + 60_000, "{} kB stay", memory() - before);
    // References that would take hundreds of times their size.
    let before = most_memory();
    let many = format!("[{}0]", "{\"a\":0},".repeat(4 << 20));
    for part in ["capture", "cab2"] {
        let mut state = new.clone();
        state.0["fields"][part] = many.as_str().into();
        assert!(host.restore(&state.to_vst3()));
        host.play();
        let reference = read(&host.save()).0["fields"][part].to_string();
        assert!(
            reference.contains("builtin") && reference.len() < 100,
            "{reference}"
        );
    }
    let more = most_memory() - before;
    assert!(more < 400_000, "{more} kB for {} of text", many.len());
}

/// What a newer version put into a project is there when this one has saved it.
fn newer<H: Host>(bundle: &Path) {
    let mut host = H::new(bundle);
    let mut state = read(&host.save());
    let unknown = [
        (
            "cab3",
            r#"{"version":2,"path":"/home/ann/cabs/x.wav","blend":[0.5,{"a":null}]}"#,
        ),
        ("notes", "no JSON: ]["),
        ("", ""),
    ];
    state.0["version"] = "9.9.9".into();
    state.0["later"] = json!({"gear": "x"});
    state.0["params"]["future"] = json!({"f32": 0.5});
    state.0["params"]["os"] = json!({"string": "16"});
    for (field, text) in unknown {
        state.0["fields"][field] = text.into();
    }
    for _ in 0..2 {
        assert!(host.restore(&state.to_vst3()));
        host.play();
        state = read(&host.save());
        for (field, text) in unknown {
            assert_eq!(state.0["fields"][field], text);
        }
    }
    assert_eq!(state.0["params"]["os"], json!({"i32": 0}));
    // It goes with its project.
    let plain = H::new(bundle).save();
    assert!(host.restore(&plain));
    assert!(read(&host.save()).0["fields"].get("cab3").is_none());
}

/// What is remembered of the interface is where new instances begin; a project has its own.
fn level_of_the_machine<H: Host>(bundle: &Path) {
    let level = |host: &mut H| read(&host.save()).0["params"]["dbu"]["f32"].clone();
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
            .with("capture2", &builtin("lead"))
            .set("ab", "b".into()),
        fresh
            .with("capture", &file(&bench.path("gone.nam")))
            .with("cab2", &file(&bench.path("gone.wav")))
            .with("cab3", &json!({"version": 2})),
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
    let differs = |what: &str, then: &Value, now: &Value| {
        (then != now).then(|| format!("{what}: {then} then {now}"))
    };
    let (then, now) = (&before["fields"], &after["fields"]);
    let fields = then.as_object().expect("fields").keys();
    let mut fields = fields.chain(now.as_object().expect("fields").keys());
    let mut field = fields.find_map(|field| {
        let [then, now] = [&then[field], &now[field]];
        let reference = |text: &Value| serde_json::from_str::<Value>(text.as_str()?).ok();
        match (reference(then), reference(now)) {
            (Some(Value::Object(then)), Some(now)) => then
                .iter()
                .filter(|(key, _)| *key != "embed")
                .find_map(|(key, then)| differs(&format!("{field} {key}"), then, &now[key])),
            _ => differs(field, then, now),
        }
    });
    let mut rest = ["version", "params"].map(|part| differs(part, &before[part], &after[part]));
    field.take().or(rest[0].take()).or(rest[1].take())
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
