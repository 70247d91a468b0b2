//! What a VST3 host does with the plugin.

use std::path::Path;
use std::thread;

use serde_json::Value;
use vst3_host::audio::AudioBuffers;
use vst3_host::plugin::ProcessMode;
use vst3_host::{Plugin, simple};

use crate::project::{Project, builtin, file};
use crate::sound::{Stereo, noise, notes, phrase, residue_db};
use crate::support::{Bench, identity, read_float};
use crate::{Scenario, VST3};

pub(crate) const SCENARIOS: &[Scenario] = &[
    Scenario {
        name: "vst3::parameters",
        bundles: VST3,
        run: parameters,
    },
    Scenario {
        name: "vst3::sound",
        bundles: VST3,
        run: sound,
    },
    Scenario {
        name: "vst3::automation",
        bundles: VST3,
        run: automation,
    },
    Scenario {
        name: "vst3::latency",
        bundles: VST3,
        run: latency,
    },
    Scenario {
        name: "vst3::state",
        bundles: VST3,
        run: state,
    },
    Scenario {
        name: "vst3::churn",
        bundles: VST3,
        run: churn,
    },
    Scenario {
        name: "vst3::gone_on_the_audio_thread",
        bundles: VST3,
        run: gone_on_the_audio_thread,
    },
    Scenario {
        name: "vst3::exit_while_playing",
        bundles: VST3,
        run: exit_while_playing,
    },
    Scenario {
        name: "vst3::live_never_waits",
        bundles: VST3,
        run: live_never_waits,
    },
];

/// Frames at a time.
pub(crate) const BLOCK: usize = 512;
/// The rate of the built-in captures, in Hz.
const RATE: f64 = 48_000.0;
/// Frames that a gain takes to a new value at that rate.
const SMOOTHING: usize = 960;

/// The parameters have their names and show what they are set to.
fn parameters(bundle: &Path) {
    let plugin = instance(bundle, RATE);
    let parameters = plugin.get_parameters().expect("parameters");
    let named = |name: &str| {
        let found = parameters.iter().find(|parameter| parameter.name == name);
        found.unwrap_or_else(|| panic!("there is no {name}"))
    };
    for parameter in &parameters {
        // What changes the latency is for the user alone, one only says something, and controllers of
        // MIDI come from hands.
        let automatable = !["Oversampling", "Status", "MIDI CC"]
            .iter()
            .any(|word| parameter.name.contains(word));
        assert_eq!(parameter.can_automate, automatable, "{}", parameter.name);
    }
    for (name, most) in [("Input", 20.0), ("Output", 40.0)] {
        let gain = named(name);
        assert_eq!((gain.default, gain.step_count), (0.5, 0));
        assert_eq!(gain.unit, "dB");
        for (position, db) in [(0.0, -most), (0.5, 0.0), (0.4, -0.2 * most), (1.0, most)] {
            let shown = plugin.format_parameter(gain.id, position);
            assert_eq!(shown.expect("a text"), format!("{db:.1}"), "{name}");
        }
    }
    let source = named("Input Source");
    assert_eq!(source.step_count, 3);
    for (value, name) in ["Stereo", "Left", "Right", "Sum"].into_iter().enumerate() {
        let shown = plugin.format_parameter(source.id, value as f64 / 3.0);
        assert_eq!(shown.expect("a text"), name);
    }
    assert!(named("Bypass").is_bypass);
}

/// It plays what `gridleak render` plays, also at other rates than the capture's.
fn sound(bundle: &Path) {
    let bench = Bench::new();
    for (name, rate) in [("crunch", 48_000), ("lead", 44_100)] {
        let input = phrase();
        let channels = input.each_ref().map(Vec::as_slice);
        let source = bench.float_wav("in.wav", rate, &channels);
        let capture = format!("builtin:{name}");
        let source = source.to_str().expect("a plain name");
        let render = ["render", "--capture", &capture, source, "out.wav"];
        bench.run(&render).good();
        let (_, wanted) = read_float(&bench.path("out.wav"));

        let mut plugin = offline(bundle, rate.into(), &builtin(name));
        let played = play(&mut plugin, &input, &[]);
        let late = plugin.latency_samples() as usize;
        for (played, wanted) in played.iter().zip(&wanted) {
            let residue = residue_db(&played[late..], &wanted[..wanted.len() - late]);
            assert!(residue < -100.0, "{name} at {rate} Hz: {residue:.1} dB");
        }
    }
}

/// A gain moves from the very frame on that the host says, and has arrived 20 ms later.
fn automation(bundle: &Path) {
    let bench = Bench::new();
    let capture = transparent(&bench);
    let input = [vec![0.25; 8 * BLOCK], vec![-0.125; 8 * BLOCK]];
    for (name, most) in [("Input", 20.0), ("Output", 40.0)] {
        for frame in [0, 1, 63, 64, 100, BLOCK - 1, BLOCK, 3 * BLOCK + 7] {
            let mut plugin = offline(bundle, RATE, &file(&capture));
            let gain = plugin.find_parameter(name).expect("a gain").id;
            let value = (-6.0 + most) / (2.0 * most);
            let played = play(&mut plugin, &input, &[(frame, gain, value)]);
            assert_eq!(plugin.latency_samples(), 0);
            let gain = 10f32.powf(-6.0 / 20.0);
            for (played, &level) in played.iter().zip([0.25, -0.125].iter()) {
                let at = |frame: usize| played[frame] / level;
                assert!(
                    (0..frame).all(|n| at(n) == 1.0),
                    "{name} moves before {frame}"
                );
                assert!(at(frame + 1) < 1.0, "{name} does not move at {frame}");
                for level in (frame + SMOOTHING..8 * BLOCK).map(at) {
                    assert!((level / gain - 1.0).abs() < 1e-5, "{name}: {level}");
                }
            }
        }
    }
}

/// At any rate of the host, the sound is as late as the plugin says.
fn latency(bundle: &Path) {
    let bench = Bench::new();
    let capture = transparent(&bench);
    for rate in [44_100.0, 48_000.0, 88_200.0, 96_000.0, 192_000.0] {
        let mut plugin = offline(bundle, rate, &file(&capture));
        let frames = rate as usize / BLOCK * BLOCK;
        let input = notes(rate, frames);
        let played = play(&mut plugin, &input, &[]);
        let late = plugin.latency_samples() as usize;
        for (played, input) in played.iter().zip(&input) {
            let residue = residue_db(&played[late..], &input[..frames - late]);
            assert!(
                residue < -60.0,
                "{late} frames at {rate} Hz: {residue:.1} dB"
            );
        }
    }
}

/// What a host saves restores sound and parameters in another instance.
fn state(bundle: &Path) {
    let input = noise(8 * BLOCK);
    let mut plugin = offline(bundle, RATE, &builtin("clean"));
    let set = [
        ("Input", 0.7),
        ("Output", 0.41),
        ("Input Source", 2.0 / 3.0),
    ];
    for (name, value) in set {
        plugin
            .set_parameter_by_name(name, value)
            .expect("a parameter");
    }
    // A value arrives with the next block.
    play(&mut plugin, &noise(BLOCK), &[]);
    let saved = plugin.save_state().expect("a state");
    assert_eq!(project(&saved).capture()["builtin"], "clean");

    let mut other = instance(bundle, RATE);
    other.load_state(&saved).expect("restored");
    for (name, value) in set {
        let there = other.find_parameter(name).expect("a parameter").value;
        assert!((there - value).abs() < 1e-6, "{name}: {there}");
    }
    nobody_listens(&mut other);
    let first = play(&mut plugin, &input, &[]);
    let second = play(&mut other, &input, &[]);
    for (first, second) in first.iter().zip(&second) {
        assert!(residue_db(first, second) < -100.0);
    }
    let again = other.save_state().expect("a state");
    assert_eq!(
        project(&again),
        project(&saved),
        "a round trip changes nothing"
    );

    // What nobody saved is refused or survived.
    for odd in [&b"Gridleak"[..], b"{}", b"[[[[", &[0; 4096]] {
        let _ = other.load_state(odd);
        let played = play(&mut other, &input, &[]);
        assert!(played.iter().flatten().all(|sample| sample.is_finite()));
    }
}

/// Instances come, are automated on another thread, and go while another one stays; then that goes.
fn churn(bundle: &Path) {
    let mut stays = instance(bundle, RATE);
    stays.start_processing().expect("processing");
    for cycle in 0..200 {
        let plugin = instance(bundle, RATE);
        let thread = thread::spawn(move || automated(plugin, cycle));
        drop(thread.join().expect("the audio thread ends well"));
        let mut buffers = AudioBuffers::new(2, 2, BLOCK, RATE);
        stays.process_audio(&mut buffers).expect("a block");
    }
    drop(stays);
}

/// The same, where instances go on the thread that played them.
fn gone_on_the_audio_thread(bundle: &Path) {
    let stays = instance(bundle, RATE);
    for cycle in 0..50 {
        let plugin = instance(bundle, RATE);
        let thread = thread::spawn(move || drop(automated(plugin, cycle)));
        thread.join().expect("the audio thread ends well");
    }
    drop(stays);
}

/// The process ends while an instance is still there.
fn exit_while_playing(bundle: &Path) {
    let plugin = automated(instance(bundle, RATE), 0);
    std::mem::forget(plugin);
}

/// A live host starts the audio on a thread that ends, and plays on another one, to which the system
/// gives the same number. Its blocks come at once, whatever is missing or takes its time to load.
fn live_never_waits(bundle: &Path) {
    /// So often the number is tried to be given twice.
    const TRIES: usize = 200;
    let captures = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../core/tests/fixtures/captures"
    );
    let slow = |name: &str| file(&Path::new(captures).join(name));
    let gone = |name: &str| file(&Path::new("/nowhere/at/all").join(name));
    let new = instance(bundle, RATE).save_state().expect("a state");
    let saved = project(&new);
    let missing = saved
        .with("cab", &gone("cab.wav"))
        .with("cab2", &gone("cab2.wav"));
    let states = [
        missing
            .with("capture", &slow("wn_standard.nam"))
            .with("capture2", &slow("a2_full.nam"))
            .with("pedal", &slow("lstm_3x24.nam")),
        missing
            .with("capture", &gone("capture.nam"))
            .with("pedal", &gone("pedal.nam")),
    ];
    // SAFETY: always succeeds, and touches nothing.
    let number = || unsafe { libc::pthread_self() };
    let mut twice = 0;
    for attempt in 0..TRIES {
        let state = states[attempt % 2].to_bytes();
        let mut plugin = instance(bundle, RATE);
        let start = thread::spawn(move || {
            plugin.load_state(&state).expect("restored");
            plugin.stop_processing().expect("no processing");
            // Deactivates and activates.
            let rate = [44_100.0, RATE][attempt % 2];
            plugin.reconfigure(rate, BLOCK).expect("another rate");
            plugin.start_processing().expect("processing");
            (plugin, number())
        });
        let (mut started, starter) = start.join().expect("the thread ends well");
        let play = thread::spawn(move || {
            let same = number() == starter;
            let mut waited = 0;
            for _ in 0..if same { 50 } else { 1 } {
                let mut buffers = AudioBuffers::new(2, 2, BLOCK, RATE);
                let before = waits();
                started.process_audio(&mut buffers).expect("a block");
                waited += waits() - before;
            }
            (started, same, waited)
        });
        let (_played, same, waited) = play.join().expect("the audio thread ends well");
        // Waiting for this rig is dozens of sleeps; now and then the system waits for memory.
        assert!(waited < 5, "the audio thread waited {waited} times");
        twice += usize::from(same);
        if twice >= 10 {
            return;
        }
    }
    panic!("the system gave a number twice only {twice} times");
}

/// How often this thread has given the processor away by itself: for a sleep, a lock, the disk.
fn waits() -> i64 {
    // SAFETY: all zeros are a value of it.
    let mut usage: libc::rusage = unsafe { std::mem::zeroed() };
    // SAFETY: `usage` is written to and nothing else.
    let told = unsafe { libc::getrusage(libc::RUSAGE_THREAD, &raw mut usage) };
    assert_eq!(told, 0);
    usage.ru_nvcsw
}

/// Automates three parameters through three blocks.
fn automated(mut plugin: Plugin, cycle: i32) -> Plugin {
    let parameters = plugin.get_parameters().expect("parameters");
    plugin.start_processing().expect("processing");
    let mut buffers = AudioBuffers::new(2, 2, BLOCK, RATE);
    for block in 0..3 {
        for frame in 0..500 {
            for parameter in parameters.iter().take(3) {
                let value = f64::from((frame + block + cycle) % 97) / 97.0;
                let set = plugin.set_parameter_at(parameter.id, value, frame);
                set.expect("a change");
            }
        }
        plugin.process_audio(&mut buffers).expect("a block");
    }
    plugin
}

/// An instance at a rate in Hz.
pub(crate) fn instance(bundle: &Path, rate: f64) -> Plugin {
    simple::load_plugin_with_settings(bundle, rate, BLOCK).expect("an instance")
}

/// An instance that waits for its capture and plays this one.
fn offline(bundle: &Path, rate: f64, capture: &Value) -> Plugin {
    let mut plugin = instance(bundle, rate);
    let saved = project(&plugin.save_state().expect("a state"));
    let state = saved.playing(capture).to_bytes();
    plugin.load_state(&state).expect("restored");
    nobody_listens(&mut plugin);
    plugin
}

/// Has the plugin render offline.
fn nobody_listens(plugin: &mut Plugin) {
    let set = plugin.set_process_mode(ProcessMode::Offline);
    set.expect("offline");
}

/// The plugin's own part of what this host saves.
fn project(state: &[u8]) -> Project {
    Project(serde_json::from_slice(&own_state(state)).expect("JSON"))
}

/// The same as text.
pub(crate) fn own_state(state: &[u8]) -> Vec<u8> {
    let start = state
        .windows(2)
        .position(|bytes| bytes == b"{\"")
        .expect("JSON");
    let mut values = serde_json::Deserializer::from_slice(&state[start..]).into_iter::<Value>();
    values.next().expect("JSON").expect("JSON");
    state[start..start + values.byte_offset()].to_vec()
}

/// Plays `input`, with changes of parameters at frames of it. The last block may be shorter.
pub(crate) fn play(plugin: &mut Plugin, input: &Stereo, changes: &[(usize, u32, f64)]) -> Stereo {
    plugin.start_processing().expect("processing");
    // Here the host hears of the latency.
    plugin.service_host_requests().expect("requests");
    let mut played = Stereo::default();
    for start in (0..input[0].len()).step_by(BLOCK) {
        let frames = BLOCK.min(input[0].len() - start);
        let mut buffers = AudioBuffers::new(2, 2, frames, plugin.sample_rate());
        for (buffer, input) in buffers.inputs.iter_mut().zip(input) {
            buffer.copy_from_slice(&input[start..start + frames]);
        }
        for &(frame, parameter, value) in changes {
            if (start..start + frames).contains(&frame) {
                let set = plugin.set_parameter_at(parameter, value, (frame - start) as i32);
                set.expect("a change");
            }
        }
        plugin.process_audio(&mut buffers).expect("a block");
        for (played, output) in played.iter_mut().zip(&buffers.outputs) {
            played.extend(output);
        }
    }
    plugin.stop_processing().expect("the end of processing");
    played
}

/// The file of a capture that changes nothing at 48 kHz, for which no gain is needed either.
fn transparent(bench: &Bench) -> std::path::PathBuf {
    bench.put("transparent.nam", identity(48_000, "\"loudness\": -18.0"))
}
