//! Damaged and hostile files, made by the thousand from the fixtures: each must load or be refused
//! without a panic and within a bound of memory, and what loads must build, settle and play.
//!
//! The cases depend only on a seed and their number, so that a run can be repeated. A run that
//! fails saves the files that made it fail and names them. `GRIDLEAK_FUZZ_CASES` asks for another
//! number of cases, `GRIDLEAK_FUZZ_SEED` for others, `GRIDLEAK_FUZZ_ONLY` for a single one, and
//! `GRIDLEAK_FUZZ_SLOW` (milliseconds) saves what takes longer.

mod common;

use common::{capture_names, counting, fixture, render_blocks};
use gridleak_core::{Capture, CaptureError};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

#[global_allocator]
static ALLOCATOR: counting::Counting = counting::Counting;

/// Cases of a plain `cargo test`: some tens of seconds.
const CASES: u64 = 30_000;
/// Longer than this no file is made from, except now and then.
const LIGHT: usize = 20_000;
/// One case in this many is made from a long file.
const HEAVY_EVERY: u64 = 100;
/// Most weights that are made up to fit a shape.
const MOST_WEIGHTS: usize = 200_000;
/// What takes longer than this has no end. Far beyond what the slowest machine needs for a case.
const ENDLESS: Duration = Duration::from_secs(60);

/// Small, fast and good enough: splitmix64.
struct Random(u64);

impl Random {
    fn new(seed: u64, case: u64) -> Self {
        Random(seed ^ case.wrapping_mul(0xD134_2543_DE82_EF95))
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    fn below(&mut self, bound: usize) -> usize {
        (self.next() % bound.max(1) as u64) as usize
    }

    fn one_in(&mut self, times: u64) -> bool {
        self.next().is_multiple_of(times)
    }

    fn pick<'a, T>(&mut self, items: &'a [T]) -> &'a T {
        &items[self.below(items.len())]
    }

    fn weight(&mut self) -> Value {
        json!((self.below(2001) as f64 - 1000.0) * 0.0003)
    }
}

/// The files that cases are made from.
struct Corpus {
    light: Vec<Vec<u8>>,
    heavy: Vec<Vec<u8>>,
    /// The light ones that are JSON.
    documents: Vec<Value>,
    /// Every key that occurs in them, with values it has.
    members: Vec<(String, Vec<Value>)>,
}

impl Corpus {
    fn load() -> Self {
        let mut corpus = Corpus {
            light: Vec::new(),
            heavy: Vec::new(),
            documents: Vec::new(),
            members: Vec::new(),
        };
        let folders = [
            "captures",
            "features",
            "example_models",
            "malformed",
            "trained",
        ];
        for folder in folders {
            for name in capture_names(folder) {
                let bytes = std::fs::read(fixture(&format!("{folder}/{name}.nam"))).unwrap();
                if bytes.len() > LIGHT {
                    corpus.heavy.push(bytes);
                } else {
                    corpus.documents.extend(serde_json::from_slice(&bytes));
                    corpus.light.push(bytes);
                }
            }
        }
        // Kinds that the fixtures have none of.
        let linear = json!({"version": "0.5.4", "architecture": "Linear", "sample_rate": 48000,
            "config": {"receptive_field": 3, "bias": true, "in_channels": 1, "out_channels": 1},
            "weights": [0.5, 0.2, 0.1, 0.01]});
        corpus.documents.push(
            json!({"version": "0.7.0", "architecture": "Sequential", "weights": [],
            "config": {"models": [linear, linear]}}),
        );
        let mut members: BTreeMap<String, Vec<Value>> = BTreeMap::new();
        for document in &corpus.documents {
            gather_members(document, &mut members);
        }
        corpus.members = members.into_iter().collect();
        corpus
    }
}

fn gather_members(value: &Value, members: &mut BTreeMap<String, Vec<Value>>) {
    match value {
        Value::Object(object) => {
            for (key, member) in object {
                let seen = members.entry(key.clone()).or_default();
                let small = member.as_array().is_none_or(|list| list.len() < 40);
                if small && seen.len() < 30 && !seen.contains(member) {
                    seen.push(member.clone());
                }
                gather_members(member, members);
            }
        }
        Value::Array(items) if items.len() < 40 => {
            for item in items {
                gather_members(item, members);
            }
        }
        _ => {}
    }
}

/// A file to try.
fn make_case(corpus: &Corpus, random: &mut Random) -> Vec<u8> {
    if random.one_in(HEAVY_EVERY) {
        let mut bytes = random.pick(&corpus.heavy).clone();
        mutate_bytes(&mut bytes, corpus, random);
        return bytes;
    }
    match random.below(12) {
        0 | 1 => {
            let mut bytes = random.pick(&corpus.light).clone();
            for _ in 0..=random.below(3) {
                mutate_bytes(&mut bytes, corpus, random);
            }
            bytes
        }
        2 => {
            let mut document = random.pick(&corpus.documents).clone();
            mutate_document(&mut document, corpus, random);
            let mut bytes = document.to_string().into_bytes();
            mutate_bytes(&mut bytes, corpus, random);
            bytes
        }
        // Most of the time: shapes that the weights fit, so that they come to be built and played.
        kind => {
            let mut document = if kind < 8 {
                random.pick(&corpus.documents).clone()
            } else {
                some_wavenet(random)
            };
            if kind > 9 {
                fit_weights(&mut document, random);
                return document.to_string().into_bytes();
            }
            let most = 1 + random.below(4);
            for _ in 0..=random.below(most) {
                mutate_document(&mut document, corpus, random);
            }
            if kind > 3 {
                fit_weights(&mut document, random);
            }
            document.to_string().into_bytes()
        }
    }
}

/// A small WaveNet whose sizes mostly fit each other, with any features of the format.
fn some_wavenet(random: &mut Random) -> Value {
    let inputs = 1 + random.below(8) / 7;
    let mut fan_in = inputs;
    let mut layers = Vec::new();
    let array_count = 1 + random.below(5) / 3;
    let mut head = 1 + random.below(9);
    for _ in 0..array_count {
        let group = 1 + random.below(5) / 2;
        let bottleneck = group * (1 + random.below(6));
        let has_1x1 = !random.one_in(6);
        let channels = if has_1x1 {
            group * (1 + random.below(6))
        } else {
            bottleneck
        };
        let depth = 1 + random.below(4);
        let dilations: Vec<usize> = (0..depth).map(|_| 1 + random.below(40)).collect();
        let names = [
            "Tanh",
            "ReLU",
            "Sigmoid",
            "SiLU",
            "Hardswish",
            "Softsign",
            "Hardtanh",
            "Fasttanh",
            "LeakyReLU",
            "PReLU",
            "LeakyHardtanh",
        ];
        let next_head = 1 + random.below(9);
        let gating = *random.pick(&["none", "none", "gated", "blended"]);
        let mut array = json!({
            "input_size": fan_in, "condition_size": inputs, "channels": channels,
            "bottleneck": bottleneck, "dilations": dilations,
            "kernel_size": 1 + random.below(4), "gating_mode": gating,
            "activation": random.pick(&names), "secondary_activation": random.pick(&names),
            "layer1x1": {"active": has_1x1, "groups": if random.one_in(3) { group } else { 1 }},
            "head": {"out_channels": next_head, "bias": random.one_in(2),
                "kernel_size": if random.one_in(3) { 1 + random.below(20) } else { 1 },
                "head_dilation": 1 + random.below(4) / 3 * 5},
            "groups_input": if random.one_in(3) { group } else { 1 },
        });
        // What the array before it gives for the head has to be what this one adds to it.
        let adds = if layers.is_empty() {
            1 + random.below(20)
        } else {
            head
        };
        if !layers.is_empty() || random.one_in(4) {
            array["head1x1"] = json!({"active": true, "out_channels": adds, "groups": 1});
        }
        for key in [
            "conv_pre_film",
            "conv_post_film",
            "input_mixin_pre_film",
            "input_mixin_post_film",
            "activation_pre_film",
            "activation_post_film",
            "layer1x1_post_film",
            "head1x1_post_film",
        ] {
            let possible = match key {
                "layer1x1_post_film" => has_1x1,
                "head1x1_post_film" => array.get("head1x1").is_some(),
                _ => true,
            };
            if possible && random.one_in(12) {
                array[key] = json!({"active": true, "shift": random.one_in(2)});
            }
        }
        if random.one_in(6) {
            array["slimmable"] = json!({"method": "slice_channels_uniform"});
        }
        head = next_head;
        fan_in = channels;
        layers.push(array);
    }
    let post = if random.one_in(5) {
        json!({"channels": 1 + random.below(9), "out_channels": 1 + random.below(3),
            "kernel_sizes": vec![1 + random.below(9); 1 + random.below(3)], "activation": "ReLU"})
    } else {
        Value::Null
    };
    let config = json!({"layers": layers, "head": post, "head_scale": 0.5, "in_channels": inputs});
    json!({"version": "0.7.0", "architecture": "WaveNet", "config": config, "weights": [],
        "sample_rate": 48000})
}

const TOKENS: [&str; 30] = [
    "1e999",
    "-1e999",
    "-1",
    "-0",
    "null",
    "true",
    "[",
    "]",
    "{",
    "}",
    ",",
    ":",
    "\"",
    "\\",
    "\\u0000",
    "\\ud800",
    "18446744073709551616",
    "99999999999999999999999999999999",
    "1e-400",
    "0.1e1",
    "NaN",
    "Infinity",
    "4294967296",
    "[[[[",
    "{\"a\":",
    "\"channels\":3,",
    "\"dilations\":[1],",
    "\"weights\":[1],",
    "\u{feff}",
    "\0",
];

fn mutate_bytes(bytes: &mut Vec<u8>, corpus: &Corpus, random: &mut Random) {
    let at = random.below(bytes.len() + 1);
    let longest = 1 << random.below(12);
    let range = at..(at + random.below(longest)).min(bytes.len());
    match random.below(9) {
        0 => {
            for _ in 0..=random.below(4) {
                let at = random.below(bytes.len());
                if let Some(byte) = bytes.get_mut(at) {
                    *byte ^= 1 << random.below(8);
                }
            }
        }
        1 => drop(bytes.drain(range)),
        2 => {
            let copy = bytes[range].to_vec();
            for _ in 0..=random.below(3) {
                bytes.splice(at..at, copy.iter().copied());
            }
        }
        3 => {
            let other = random.pick(&corpus.light);
            let from = random.below(other.len());
            bytes.truncate(at);
            bytes.extend_from_slice(other.get(from..).unwrap_or_default());
        }
        4 => bytes.truncate(at),
        5 => {
            let opening = random.pick(&["[", "{\"a\":", "[{\"x\":"]);
            let nest = opening.repeat(1 << random.below(15));
            bytes.splice(at..at, nest.bytes());
        }
        6 => {
            for byte in &mut bytes[range] {
                *byte = random.next() as u8;
            }
        }
        7 => {
            // A number or a word is replaced, which leaves the rest readable.
            let is_word = |byte: &u8| byte.is_ascii_alphanumeric() || b"+-._".contains(byte);
            let start = at
                + bytes[at..]
                    .iter()
                    .take_while(|&byte| !is_word(byte))
                    .count();
            let word = bytes[start..].iter().take_while(|&byte| is_word(byte));
            let end = start + word.count();
            bytes.splice(start..end, random.pick(&TOKENS).bytes());
        }
        _ => {
            let brace = bytes[at..].iter().position(|&byte| byte == b'{');
            let at = brace.map_or(at, |further| at + further + 1);
            bytes.splice(at..at, random.pick(&TOKENS).bytes());
        }
    }
}

fn interesting(random: &mut Random) -> Value {
    match random.below(31) {
        0 => json!(0),
        1 => json!(1),
        2 => json!(2),
        3 => json!(3),
        4 => json!(4),
        5 => json!(7),
        6 => json!(8),
        7 => json!(17),
        8 => json!(64),
        9 => json!(65),
        10 => json!(255),
        11 => json!(1000),
        12 => json!(65_536),
        13 => json!(1_000_000),
        14 => json!(1_048_576),
        15 => json!(100_000_000),
        16 => json!(4_294_967_296u64),
        17 => json!(u64::MAX),
        18 => json!(-1),
        19 => json!(0.5),
        20 => json!(1e300),
        21 => json!(-1e-300),
        22 => Value::Null,
        23 => json!(""),
        24 => json!([]),
        25 => json!({}),
        26 => json!(true),
        27 => json!(false),
        28 => json!(vec![1; 1 << random.below(10)]),
        29 => json!("x".repeat(1 << random.below(10))),
        _ => json!(random.below(40)),
    }
}

/// Pointers to all nodes except single weights.
fn nodes(value: &Value, path: &str, found: &mut Vec<String>) {
    found.push(path.to_owned());
    match value {
        Value::Object(object) => {
            for (key, member) in object {
                let escaped = key.replace('~', "~0").replace('/', "~1");
                nodes(member, &format!("{path}/{escaped}"), found);
            }
        }
        Value::Array(items) if items.len() < 64 && !path.ends_with("weights") => {
            for (index, item) in items.iter().enumerate() {
                nodes(item, &format!("{path}/{index}"), found);
            }
        }
        _ => {}
    }
}

/// A node of a document, most of the time inside a configuration.
fn some_node<'a>(document: &'a mut Value, random: &mut Random) -> &'a mut Value {
    let mut paths = Vec::new();
    nodes(document, "", &mut paths);
    if !random.one_in(8) {
        let inside = |path: &String| path.contains("config/") && !path.contains("metadata");
        if paths.iter().any(inside) {
            paths.retain(inside);
        }
    }
    let path = random.pick(&paths);
    document.pointer_mut(path).expect("a node that was listed")
}

fn mutate_document(document: &mut Value, corpus: &Corpus, random: &mut Random) {
    match random.below(14) {
        0..=2 => *some_node(document, random) = interesting(random),
        3 => {
            let mut other = random.pick(&corpus.documents).clone();
            let copy = some_node(&mut other, random).clone();
            *some_node(document, random) = copy;
        }
        4 => {
            let copy = some_node(document, random).clone();
            *some_node(document, random) = copy;
        }
        5 => match some_node(document, random) {
            Value::Object(object) if !object.is_empty() => {
                let keys: Vec<String> = object.keys().cloned().collect();
                object.remove(random.pick(&keys));
            }
            Value::Array(items) if !items.is_empty() => {
                let at = random.below(items.len());
                items.remove(at);
            }
            other => *other = interesting(random),
        },
        6 => match some_node(document, random) {
            Value::Array(items) => {
                let item = match items.first() {
                    Some(_) => random.pick(items).clone(),
                    None => interesting(random),
                };
                for _ in 0..1usize << random.below(7) {
                    items.push(item.clone());
                }
            }
            Value::Number(number) => {
                let value = number.as_f64().unwrap_or(0.0);
                let step = [1.0, -1.0, value, 0.5][random.below(4)];
                *number = number_from(value + step);
            }
            other => *other = interesting(random),
        },
        // A member that some file has, here or at another place, with a value that it has there.
        7..=9 => {
            let (key, values) = random.pick(&corpus.members);
            let value = match values.first() {
                Some(_) if !random.one_in(6) => random.pick(values).clone(),
                _ => interesting(random),
            };
            let mut node = some_node(document, random);
            if !node.is_object() {
                node = match node_with(document, key) {
                    true => some_object_with(document, key, random),
                    false => document,
                };
            }
            if let Value::Object(object) = node {
                object.insert(key.clone(), value);
            }
        }
        10 => wrap(document, corpus, random),
        11 => {
            let rates = [1e6, 1e3, 999.0, 44_100.0, 48_000.0, 192_000.0, -1.0, 1e-3];
            if let Value::Object(object) = document {
                object.insert("sample_rate".to_owned(), json!(random.pick(&rates)));
            }
        }
        12 => {
            let resized = random.below(300);
            let list = document.get_mut("weights").and_then(Value::as_array_mut);
            if let Some(list) = list {
                list.resize(resized, json!(0.1));
            }
        }
        // Small numbers make sizes that differ and still can be built.
        _ => {
            for _ in 0..3 {
                if let Value::Number(number) = some_node(document, random) {
                    *number = number_from(1.0 + random.below(20) as f64);
                }
            }
        }
    }
}

fn number_from(value: f64) -> serde_json::Number {
    if value.fract() == 0.0 && value.abs() < 1e15 {
        (value as i64).into()
    } else {
        serde_json::Number::from_f64(value).unwrap_or(1.into())
    }
}

fn node_with(document: &Value, key: &str) -> bool {
    let mut paths = Vec::new();
    nodes(document, "", &mut paths);
    let ending = format!("/{key}");
    paths.iter().any(|path| path.ends_with(&ending))
}

fn some_object_with<'a>(document: &'a mut Value, key: &str, random: &mut Random) -> &'a mut Value {
    let mut paths = Vec::new();
    nodes(document, "", &mut paths);
    let ending = format!("/{key}");
    paths.retain(|path| path.ends_with(&ending));
    let path = random.pick(&paths);
    let parent = &path[..path.len() - ending.len()];
    document
        .pointer_mut(parent)
        .expect("a node that was listed")
}

/// Puts a document into another one.
fn wrap(document: &mut Value, corpus: &Corpus, random: &mut Random) {
    let inner = document.take();
    let other = random.pick(&corpus.documents).clone();
    let version = inner.get("version").cloned().unwrap_or(json!("0.7.0"));
    *document = match random.below(5) {
        0 => json!({"version": version, "architecture": "SlimmableContainer", "weights": [],
            "config": {"submodels": [{"max_value": 0.5, "model": other},
                                     {"max_value": 1, "model": inner}]}}),
        1 => {
            let count = 1usize << random.below(4);
            let sizes: Vec<Value> = (1..=count)
                .map(|size| json!({"max_value": size as f64 / count as f64, "model": inner}))
                .collect();
            json!({"version": version, "architecture": "SlimmableContainer", "weights": [],
                "config": {"submodels": sizes}})
        }
        2 => json!({"version": version, "architecture": "Sequential", "weights": [],
            "config": {"models": [inner, other]}}),
        3 => {
            let stages = vec![inner; 1 << random.below(4)];
            json!({"version": version, "architecture": "Sequential", "weights": [],
                "config": {"models": stages}})
        }
        _ => {
            let mut outer = other;
            if let Some(Value::Object(config)) = outer.get_mut("config") {
                config.insert("condition_dsp".to_owned(), inner);
            }
            outer
        }
    };
}

/// Gives each model as many weights as its configuration asks for, if these are not too many.
fn fit_weights(document: &mut Value, random: &mut Random) {
    let most = if random.one_in(50) {
        MOST_WEIGHTS
    } else {
        3000
    };
    for _ in 0..8 {
        let bytes = document.to_string().into_bytes();
        QUIET.store(true, Ordering::Relaxed);
        let loaded = catch_unwind(|| Capture::from_bytes("fit.nam", &bytes));
        QUIET.store(false, Ordering::Relaxed);
        let Ok(Err(CaptureError::WeightCount {
            place, expected, ..
        })) = loaded
        else {
            return;
        };
        if expected > most {
            return;
        }
        let pointer = format!("/{}", place.path.replace(['.', '['], "/").replace(']', ""));
        if let Some(list) = document.pointer_mut(&pointer) {
            *list = (0..expected).map(|_| random.weight()).collect();
        }
    }
}

/// What a case needed.
#[derive(Default)]
struct Verdict {
    failure: Option<String>,
    loaded: bool,
    /// Bytes for each byte of the file, beyond what is always allowed.
    load_ratio: f64,
    play_peak: usize,
}

/// From bytes to sound.
fn run_case(bytes: &[u8]) -> Verdict {
    let mut verdict = Verdict::default();
    let (loaded, peak) = counting::peak(|| {
        catch_unwind(AssertUnwindSafe(|| Capture::from_bytes("case.nam", bytes)))
    });
    verdict.load_ratio = peak.saturating_sub(counting::SLACK) as f64 / bytes.len().max(1) as f64;
    if peak > counting::load_bound(bytes.len()) {
        verdict.failure = Some(format!("loading takes {peak} bytes of memory"));
        return verdict;
    }
    let capture = match loaded {
        Err(_) => {
            verdict.failure = Some(last_panic());
            return verdict;
        }
        Ok(Err(error)) => {
            // Messages must not grow with the file either.
            if error.to_string().len() > 4000 {
                verdict.failure = Some("a message of more than 4000 characters".to_owned());
            }
            return verdict;
        }
        Ok(Ok(capture)) => capture,
    };
    verdict.loaded = true;
    let (played, peak) = counting::peak(|| catch_unwind(AssertUnwindSafe(|| play(&capture))));
    verdict.play_peak = peak;
    if played.is_err() {
        verdict.failure = Some(last_panic());
    } else if peak > counting::play_bound(bytes.len()) {
        verdict.failure = Some(format!("playing takes {peak} bytes of memory"));
    }
    verdict
}

fn play(capture: &Capture) {
    let steps = capture.slim_steps();
    assert!(steps.is_sorted(), "slim steps ascend");
    let _ = (capture.summary(), capture.sample_rate(), capture.warnings());
    let mut model = capture.build();
    let input: Vec<f32> = (0..130).map(|i| (i as f32 * 0.1).sin() * 0.3).collect();
    let mut planes = vec![vec![0.0; input.len()]; model.out_channels()];
    let mut process = |model: &mut gridleak_core::Model, frames: usize| {
        let input = vec![&input[..frames]; model.in_channels()];
        let mut output: Vec<&mut [f32]> = planes
            .iter_mut()
            .map(|plane| &mut plane[..frames])
            .collect();
        model.process(&input, &mut output);
    };
    process(&mut model, 3);
    model.reset();
    model.prewarm();
    process(&mut model, 64);
    process(&mut model, 1);
    for value in [0.0, steps.first().copied().unwrap_or(0.5), 1.0] {
        model.set_slim(value);
        process(&mut model, 130);
    }
    model.reset();
    model.set_slim(0.0);
    process(&mut model, 64);
    drop(model);
    same_in_any_blocks(capture, &input);
}

/// What is read from beside the signal would not be the same twice: single frames and a long block
/// go through different code.
fn same_in_any_blocks(capture: &Capture, signal: &[f32]) {
    let played = |sizes: usize| {
        let mut model = capture.build();
        model.prewarm();
        render_blocks(&mut model, signal, std::iter::repeat(sizes))
    };
    let (long, short) = (played(signal.len()), played(1));
    let peak = long.iter().fold(1e-3f32, |peak, y| peak.max(y.abs()));
    for (index, (a, b)) in long.iter().zip(&short).enumerate() {
        let same = (a - b).abs() <= 1e-3 * peak || !(a.is_finite() && peak < 1e6);
        assert!(
            same,
            "sample {index} is {a} in a long block and {b} by itself"
        );
    }
}

/// Whether a panic would be a finding, which is reported in the end.
static QUIET: AtomicBool = AtomicBool::new(false);

/// What the last panic said, and where.
static LAST_PANIC: Mutex<String> = Mutex::new(String::new());

fn last_panic() -> String {
    LAST_PANIC
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .clone()
}

/// The case at work and when it began, for the watchdog.
static CURRENT: Mutex<Option<(Instant, u64, Vec<u8>)>> = Mutex::new(None);

fn save(case: u64, bytes: &[u8]) -> PathBuf {
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("fuzz-{case}.nam"));
    std::fs::write(&path, bytes).expect("the target folder can be written to");
    path
}

fn watch() {
    loop {
        std::thread::sleep(Duration::from_secs(1));
        let current = CURRENT.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((began, case, bytes)) = &*current
            && began.elapsed() > ENDLESS
        {
            let path = save(*case, bytes);
            eprintln!("case {case} has no end; see {}", path.display());
            std::process::abort();
        }
    }
}

fn number(variable: &str) -> Option<u64> {
    std::env::var(variable).ok()?.parse().ok()
}

#[test]
fn damaged_files_load_or_are_refused() {
    let corpus = Corpus::load();
    let seed = number("GRIDLEAK_FUZZ_SEED").unwrap_or(1);
    let cases = match number("GRIDLEAK_FUZZ_ONLY") {
        Some(only) => only..only + 1,
        None => 0..number("GRIDLEAK_FUZZ_CASES").unwrap_or(CASES),
    };
    let slow = number("GRIDLEAK_FUZZ_SLOW").map(Duration::from_millis);
    let usual = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        if !QUIET.load(Ordering::Relaxed) {
            usual(panic);
        }
        *LAST_PANIC.lock().unwrap_or_else(PoisonError::into_inner) = panic.to_string();
    }));
    std::thread::spawn(watch);
    let mut failures: BTreeMap<String, String> = BTreeMap::new();
    let (mut loaded, mut load_ratio, mut play_peak) = (0u64, 0.0f64, 0usize);
    let mut longest = (Duration::ZERO, 0);
    for case in cases.clone() {
        let mut random = Random::new(seed, case);
        QUIET.store(false, Ordering::Relaxed);
        let bytes = make_case(&corpus, &mut random);
        QUIET.store(true, Ordering::Relaxed);
        let began = Instant::now();
        *CURRENT.lock().unwrap_or_else(PoisonError::into_inner) =
            Some((began, case, bytes.clone()));
        let verdict = run_case(&bytes);
        let took = began.elapsed();
        longest = longest.max((took, case));
        if slow.is_some_and(|slow| took > slow) {
            println!(
                "case {case} takes {took:?}: {}",
                save(case, &bytes).display()
            );
        }
        loaded += u64::from(verdict.loaded);
        load_ratio = load_ratio.max(verdict.load_ratio);
        play_peak = play_peak.max(verdict.play_peak);
        if let Some(failure) = verdict.failure {
            let key: String = failure.chars().filter(|c| !c.is_ascii_digit()).collect();
            failures.entry(key).or_insert_with(|| {
                let path = save(case, &bytes);
                format!(
                    "seed {seed}, case {case}: {failure}; see {}",
                    path.display()
                )
            });
        }
    }
    *CURRENT.lock().unwrap_or_else(PoisonError::into_inner) = None;
    QUIET.store(false, Ordering::Relaxed);
    println!(
        "seed {seed}: {} cases, {loaded} played; at most {load_ratio:.1} bytes per byte beyond the \
         first {} to load, {play_peak} to play; longest {longest:?}",
        cases.count(),
        counting::SLACK,
    );
    let failures: Vec<String> = failures.into_values().collect();
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}
