//! What a CLAP host does with the plugin.

use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use std::time::{Duration, Instant};

use clack_extensions::params::ParamInfoFlags;
use clack_extensions::render::RenderMode;
use clack_host::prelude::PluginEntry;
use serde_json::Value;

use crate::clap_host::{Audio, Change, Plugin, load};
use crate::project::{Project, builtin, file};
use crate::sound::{Stereo, noise, notes, phrase, residue_db};
use crate::support::{Bench, identity, linear, read_float};
use crate::{Bundle, CLAP, Scenario};

pub(crate) const SCENARIOS: &[Scenario] = &[
    Scenario {
        name: "clap::parameters",
        bundles: CLAP,
        run: parameters,
    },
    Scenario {
        name: "clap::sound",
        bundles: CLAP,
        run: sound,
    },
    Scenario {
        name: "clap::rig",
        bundles: CLAP,
        run: rig,
    },
    Scenario {
        name: "clap::goes_between_slots_and_steps",
        bundles: CLAP,
        run: goes_between_slots_and_steps,
    },
    Scenario {
        name: "clap::blocks",
        bundles: CLAP,
        run: blocks,
    },
    Scenario {
        name: "clap::automation",
        bundles: CLAP,
        run: automation,
    },
    Scenario {
        name: "clap::bypass",
        bundles: CLAP,
        run: bypass,
    },
    Scenario {
        name: "clap::latency",
        bundles: CLAP,
        run: latency,
    },
    Scenario {
        name: "clap::latency_of_a_surprise",
        bundles: CLAP,
        run: latency_of_a_surprise,
    },
    Scenario {
        name: "clap::state",
        bundles: CLAP,
        run: state,
    },
    Scenario {
        name: "clap::missing_files",
        bundles: CLAP,
        run: missing_files,
    },
    Scenario {
        name: "clap::damaged_states",
        bundles: CLAP,
        run: damaged_states,
    },
    Scenario {
        name: "clap::loading_while_playing",
        bundles: CLAP,
        run: loading_while_playing,
    },
    Scenario {
        name: "clap::ten_thousand_captures",
        bundles: &[Bundle::ClapChecked],
        run: ten_thousand_captures,
    },
    Scenario {
        name: "clap::twenty_instances",
        bundles: &[Bundle::Clap],
        run: twenty_instances,
    },
    Scenario {
        name: "clap::gone_while_loading",
        bundles: CLAP,
        run: gone_while_loading,
    },
    Scenario {
        name: "clap::churn",
        bundles: CLAP,
        run: churn,
    },
    Scenario {
        name: "clap::unloading",
        bundles: CLAP,
        run: unloading,
    },
];

/// The rate of the built-in captures, in Hz.
const RATE: f64 = 48_000.0;
/// Frames that a gain takes to a new value at that rate.
const SMOOTHING: usize = 960;

/// The parameters have their names, ranges and defaults, and understand what they show.
fn parameters(bundle: &Path) {
    let library = load(bundle);
    let mut plugin = Plugin::new(&library);
    for parameter in plugin.parameters() {
        // What changes the latency is for the user alone, and one only says something.
        let automatable = !["Oversampling", "Status"]
            .iter()
            .any(|word| parameter.name.contains(word));
        let flag = parameter.flags.contains(ParamInfoFlags::IS_AUTOMATABLE);
        assert_eq!(flag, automatable, "{}", parameter.name);
        assert_eq!(plugin.value(parameter.id), parameter.default);
    }

    let first: Vec<String> = plugin
        .parameters()
        .into_iter()
        .map(|found| found.name)
        .collect();
    assert_eq!(first[..2], ["Input", "Output"]);

    for (name, most) in [("Input", 20.0), ("Output", 40.0)] {
        let gain = plugin.parameter(name);
        assert_eq!(gain.range, -most..=most);
        assert_eq!(gain.default, 0.0);
        for tenths in (-10 * most as i32)..=(10 * most as i32) {
            let db = f64::from(tenths) / 10.0;
            let text = plugin.text(gain.id, db);
            assert_eq!(text, format!("{db:.1} dB"), "{name}");
            let back = plugin.typed(gain.id, &text).expect("its own words");
            assert!((back - db).abs() < 1e-5, "{text}: {back}");
        }
        for (typed, db) in [
            ("-4.5", -4.5),
            ("+3,5 dB", 3.5),
            ("  7dB ", 7.0),
            ("\u{2212}4,5 dB", -4.5),
            ("1000", most),
            ("-1000", -most),
        ] {
            let value = plugin.typed(gain.id, typed);
            let value = value.unwrap_or_else(|| panic!("{typed:?} is not understood"));
            assert!((value - db).abs() < 1e-5, "{typed:?}: {value}");
        }
        for typed in ["", "dB", "loud", "nan", "inf", "1 2"] {
            assert_eq!(plugin.typed(gain.id, typed), None, "{typed:?}");
        }
    }

    let source = plugin.parameter("Input Source");
    assert_eq!(source.range, 0.0..=3.0);
    let list = ParamInfoFlags::IS_STEPPED | ParamInfoFlags::IS_ENUM;
    assert!(source.flags.contains(list));
    for (value, name) in ["Stereo", "Left", "Right", "Sum"].into_iter().enumerate() {
        assert_eq!(plugin.text(source.id, value as f64), name);
        let typed = plugin.typed(source.id, name).expect("its own words");
        assert!((typed - value as f64).abs() < 1e-6, "{name}: {typed}");
    }
    let bypass = plugin.parameter("Bypass");
    assert_eq!(bypass.range, 0.0..=1.0);
    assert!(bypass.flags.contains(ParamInfoFlags::IS_BYPASS));
    let status = plugin.parameter("Status");
    assert!(status.flags.contains(ParamInfoFlags::IS_READONLY));
}

/// It plays what `gridleak render` plays, also at other rates than the capture's.
fn sound(bundle: &Path) {
    let library = load(bundle);
    let bench = Bench::new();
    for (name, rate) in [
        ("crunch", 48_000),
        ("lead", 48_000),
        ("clean", 44_100),
        ("lead", 96_000),
    ] {
        let input = phrase();
        let channels = input.each_ref().map(Vec::as_slice);
        let source = bench.float_wav("in.wav", rate, &channels);
        let capture = format!("builtin:{name}");
        let source = source.to_str().expect("a plain name");
        let render = ["render", "--capture", &capture, source, "out.wav"];
        bench.run(&render).good();
        let (_, wanted) = read_float(&bench.path("out.wav"));

        let mut plugin = offline(&library, &builtin(name));
        let played = in_time(&mut plugin, rate.into(), &input);
        for (played, wanted) in played.iter().zip(&wanted) {
            let residue = residue_db(played, wanted);
            assert!(residue < -100.0, "{name} at {rate} Hz: {residue:.1} dB");
        }
    }
}

/// The slot that plays, and the ways to the next sounds, as parameters of the host: while it renders, each
/// is heard where it is set, to the block.
fn goes_between_slots_and_steps(bundle: &Path) {
    let library = load(bundle);
    let bench = Bench::new();
    let input = notes(RATE, 96_000);
    let channels = input.each_ref().map(Vec::as_slice);
    bench.float_wav("in.wav", 48_000, &channels);
    let alone = |name: &str| {
        let capture = format!("builtin:{name}");
        let command = ["render", "in.wav", "out.wav", "--capture", &capture];
        bench.run(&command).good();
        read_float(&bench.path("out.wav")).1
    };
    let (lead, clean, crunch) = (alone("lead"), alone("clean"), alone("crunch"));
    let mut plugin = Plugin::new(&library);
    plugin.render_mode(RenderMode::Offline);
    let project = Project::read(&plugin.save())
        .with("capture_b", &builtin("clean"))
        .playing(&builtin("lead"));
    assert!(plugin.restore(&project.to_bytes()));
    let [slot, next, previous] =
        ["Slot", "Next Capture", "Previous Capture"].map(|name| plugin.parameter(name).id);
    let is = |played: &Stereo, wanted: &[Vec<f32>], what: &str| {
        // The second half: until then, one sound may fade into the other.
        let half = played[0].len() / 2;
        let residue = residue_db(&played[0][half..], &wanted[0][half..]);
        assert!(residue < -60.0, "{what}: {residue:.1} dB");
    };
    let outputs = plugin.run(
        RATE,
        512,
        |audio| {
            let mut play = |change: Option<(_, f64)>| {
                let change = change.map(|(parameter, value)| Change {
                    frame: 0,
                    parameter,
                    value,
                });
                let mut output = Stereo::default();
                for (index, start) in (0..96_000).step_by(512).enumerate() {
                    let end = 96_000.min(start + 512);
                    let changes = change.filter(|_| index == 0);
                    let piece = channels.map(|channel| &channel[start..end]);
                    let block = audio.block(piece, changes.as_slice());
                    for (output, block) in output.iter_mut().zip(block) {
                        output.extend(block);
                    }
                }
                output
            };
            [
                None,
                Some((slot, 1.0)),
                Some((slot, 0.0)),
                // From the lead to the clean capture, and on to the first one.
                Some((next, 1.0)),
                Some((next, 0.0)),
                Some((next, 1.0)),
                Some((previous, 1.0)),
            ]
            .map(&mut play)
        },
        |_| (),
    );
    let wanted = [&lead, &clean, &lead, &clean, &clean, &crunch, &clean];
    for (index, (played, wanted)) in outputs.iter().zip(wanted).enumerate() {
        is(played, wanted, &format!("sound {index}"));
    }
    let saved = Project::read(&plugin.save());
    assert_eq!(saved.capture()["builtin"], "clean");
    // A button that was down presses nothing in a project that is opened.
    let mut plugin = Plugin::new(&library);
    plugin.render_mode(RenderMode::Offline);
    plugin.play(RATE, &input, &[512]);
    assert!(plugin.restore(&saved.to_bytes()));
    plugin.play(RATE, &input, &[512]);
    assert_eq!(Project::read(&plugin.save()), saved);
}

/// A new instance plays the whole rig, and any project what `gridleak render` plays with the same knobs.
fn rig(bundle: &Path) {
    let library = load(bundle);
    let bench = Bench::new();
    let input = phrase();
    let channels = input.each_ref().map(Vec::as_slice);
    bench.float_wav("in.wav", 48_000, &channels);
    let response: Vec<f32> = (0..700)
        .map(|n| (-0.01 * n as f32).exp() * (0.3 * n as f32).cos())
        .collect();
    let mono = bench.float_wav("mono.wav", 48_000, &[&response]);
    let back: Vec<f32> = response.iter().rev().copied().collect();
    let stereo = bench.float_wav("stereo.wav", 44_100, &[&response, &back]);
    let (mono, stereo) = (
        mono.to_str().expect("plain"),
        stereo.to_str().expect("plain"),
    );
    let fresh = Project::read(&Plugin::new(&library).save());
    for (project, options) in [
        (
            fresh.clone(),
            vec!["--gate", "--tone", "--ir", "builtin:4x12", "--dc-blocker"],
        ),
        (
            fresh
                .set("gate", false.into())
                .set("bass", 7.5.into())
                .set("middle", 3.0.into())
                .set("treble", 6.0.into())
                .set("tone_position", "before".into())
                .set("dc_blocker", false.into())
                .set("output_mode", "raw".into())
                .set("input", (-6.0).into())
                .set("output", 4.0.into())
                .set("cab_blend", 0.25.into())
                .set("cab_mix", 0.75.into())
                .set("cab_low_cut", 90.0.into())
                .set("cab_high_cut", 6000.0.into())
                .set("cab_level", "normalized".into())
                .with("cab", &file(Path::new(mono)))
                .with("cab_2", &file(Path::new(stereo)))
                .with("pedal", &builtin("clean")),
            vec![
                "--input-gain=-6",
                "--output-gain=4",
                "--output-mode",
                "raw",
                "--bass=7.5",
                "--middle=3",
                "--treble=6",
                "--tone-position",
                "before",
                "--pedal",
                "builtin:clean",
                "--ir",
                mono,
                "--ir2",
                stereo,
                "--ir-blend",
                "25",
                "--ir-mix",
                "75",
                "--ir-level",
                "normalized",
                "--low-cut",
                "90",
                "--high-cut",
                "6000",
            ],
        ),
        (
            fresh
                .set("gate_threshold", (-40.0).into())
                .set("gate_hold", 30.0.into())
                .set("gate_release", 200.0.into())
                .set("gate_range", (-60.0).into())
                .set("gate_hysteresis", 6.0.into())
                .set("tone", false.into())
                .set("dc_blocker", false.into())
                .set("oversampling", "4".into())
                .with("cab", &builtin("none")),
            vec![
                "--gate-threshold=-40",
                "--gate-hold",
                "30",
                "--gate-release",
                "200",
                "--gate-range=-60",
                "--gate-hysteresis",
                "6",
                "--oversampling",
                "4",
            ],
        ),
    ] {
        let command = ["render", "in.wav", "out.wav"]
            .into_iter()
            .chain(options.iter().copied());
        bench.run(&command.collect::<Vec<_>>()).good();
        let (_, wanted) = read_float(&bench.path("out.wav"));
        let mut plugin = Plugin::new(&library);
        plugin.render_mode(RenderMode::Offline);
        assert!(plugin.restore(&project.to_bytes()));
        let played = in_time(&mut plugin, RATE, &input);
        for (played, wanted) in played.iter().zip(&wanted) {
            let residue = residue_db(played, wanted);
            assert!(residue < -90.0, "{options:?}: {residue:.1} dB");
        }
        // And it is what it saves again.
        let again = Project::read(&plugin.save());
        for part in ["pedal", "cab", "cab_2"] {
            for key in ["path", "builtin"] {
                assert_eq!(again.part(part)[key], project.part(part)[key], "{part}");
            }
        }
        assert_eq!(again.0["settings"], project.0["settings"]);
    }
    // With all parts of a rig from files far away, a project stays small.
    let far = |name: &str| {
        let folder = "Captures of Amps and Cabinets/".repeat(6);
        file(&bench.path(&format!("{folder}{name}")))
    };
    let mut full = fresh.clone();
    for (part, name) in [
        ("capture", "a.nam"),
        ("pedal", "b.nam"),
        ("cab", "c.wav"),
        ("cab_2", "d.wav"),
    ] {
        let mut reference = far(name);
        reference["sha256"] = "0".repeat(64).into();
        reference["bytes"] = 300_000.into();
        full = full.with(part, &reference);
    }
    let mut plugin = Plugin::new(&library);
    assert!(plugin.restore(&full.to_bytes()));
    let saved = plugin.save();
    assert!((2000..4096).contains(&saved.len()), "{} bytes", saved.len());
    // A cabinet that is gone is not forgotten.
    let gone = file(&bench.path("gone.wav"));
    let mut plugin = Plugin::new(&library);
    assert!(plugin.restore(&fresh.with("cab", &gone).to_bytes()));
    in_time(&mut plugin, RATE, &input);
    let again = Project::read(&plugin.save());
    let kept = again.part("cab")["path"].clone();
    assert!(
        kept.as_str().is_some_and(|path| path.ends_with("gone.wav")),
        "{kept}"
    );
}

/// The sound does not depend on how the host cuts it, and a block of no frames does no harm.
fn blocks(bundle: &Path) {
    let library = load(bundle);
    let input = noise(20_000);
    let play = |announced, blocks: &[usize]| {
        let mut plugin = offline(&library, &builtin("lead"));
        plugin.run(RATE, announced, |audio| audio.play(&input, blocks), |_| ())
    };
    let whole = play(64, &[64]);
    for blocks in [
        &[1][..],
        &[0, 7],
        &[63],
        &[65],
        &[512],
        &[8192],
        &[1, 8192, 0, 31, 256, 5],
    ] {
        assert!(play(8192, blocks) == whole, "blocks of {blocks:?}");
    }
    assert!(play(64, &[64, 1000]) == whole, "larger than announced");
}

/// A gain moves from the very frame on that the host says, and has arrived 20 ms later.
fn automation(bundle: &Path) {
    const BLOCK: usize = 4096;
    let library = load(bundle);
    let bench = Bench::new();
    let capture = transparent(&bench, 48_000);
    let input = [vec![0.25; 2 * BLOCK], vec![-0.125; 2 * BLOCK]];
    for name in ["Input", "Output"] {
        for frame in [0, 1, 63, 64, 100, 1000, BLOCK - 1] {
            let mut plugin = offline(&library, &file(&capture));
            let parameter = plugin.parameter(name).id;
            let change = Change {
                frame: frame as u32,
                parameter,
                value: -6.0,
            };
            let played = plugin.run(
                RATE,
                BLOCK as u32,
                |audio| {
                    let halves = [0..BLOCK, BLOCK..2 * BLOCK];
                    let changes: [&[Change]; 2] = [&[change], &[]];
                    joined(halves.into_iter().zip(changes).map(|(half, changes)| {
                        let half = input.each_ref().map(|channel| &channel[half.clone()]);
                        audio.block(half, changes)
                    }))
                },
                |_| (),
            );
            assert_eq!(plugin.latency(), 0);
            let gain = 10f32.powf(-6.0 / 20.0);
            for (played, &level) in played.iter().zip([0.25, -0.125].iter()) {
                let at = |frame: usize| played[frame] / level;
                assert!(
                    (0..frame).all(|n| at(n) == 1.0),
                    "{name} moves before {frame}"
                );
                assert!(at(frame + 1) < 1.0, "{name} does not move at {frame}");
                for pair in played[frame..frame + SMOOTHING].windows(2) {
                    let step = pair[1] / pair[0];
                    assert!((0.99..=1.0).contains(&step), "{name} jumps");
                }
                let arrived = (frame + SMOOTHING..2 * BLOCK).map(at);
                for level in arrived {
                    assert!((level / gain - 1.0).abs() < 1e-5, "{name}: {level}");
                }
            }
        }
    }
}

/// Bypassed, it gives back what comes in, as late as ever, to the bit.
fn bypass(bundle: &Path) {
    let library = load(bundle);
    let input = noise(48_000);
    for rate in [48_000.0, 44_100.0] {
        let mut plugin = offline(&library, &builtin("lead"));
        let parameter = plugin.parameter("Bypass").id;
        let change = Change {
            frame: 0,
            parameter,
            value: 1.0,
        };
        let played = plugin.run(
            rate,
            48_000,
            |audio| audio.block(input.each_ref().map(Vec::as_slice), &[change]),
            |_| (),
        );
        let late = plugin.latency() as usize;
        // The way there is a crossfade.
        let settled = 10_000;
        for (played, input) in played.iter().zip(&input) {
            assert!(played[settled..] == input[settled - late..48_000 - late]);
            assert!(played[..100] != input[..100], "it begins with the capture");
        }
    }
}

/// At any rate of the host, the sound is as late as the plugin says.
fn latency(bundle: &Path) {
    let library = load(bundle);
    let bench = Bench::new();
    let capture = transparent(&bench, 48_000);
    for rate in [44_100.0, 48_000.0, 88_200.0, 96_000.0, 192_000.0] {
        let mut plugin = offline(&library, &file(&capture));
        as_late_as_it_says(&mut plugin, rate);
    }
}

/// A capture turns out to have another rate than was to be expected: the host is asked to start the
/// audio anew, and then the latency is right.
fn latency_of_a_surprise(bundle: &Path) {
    let library = load(bundle);
    let bench = Bench::new();
    let capture = transparent(&bench, 44_100);
    let mut plugin = offline(&library, &file(&capture));
    plugin.play(RATE, &notes(RATE, 48_000), &[512]);
    assert!(plugin.latency() > 0 || plugin.requests.restart.load(SeqCst) > 0);
    as_late_as_it_says(&mut plugin, RATE);
    assert!(plugin.latency() > 0, "a conversion takes its time");
    // What was found out is saved, so next time there is no surprise.
    let project = Project::read(&plugin.save());
    assert_eq!(project.capture()["rate"], 44_100.0);
    let mut next = Plugin::new(&library);
    assert!(next.restore(&project.to_bytes()));
    next.render_mode(RenderMode::Offline);
    as_late_as_it_says(&mut next, RATE);
    assert_eq!(next.requests.restart.load(SeqCst), 0);
    assert_eq!(next.latency(), plugin.latency());
}

/// Plays a transparent capture and compares with what went in, as much later as the plugin says.
fn as_late_as_it_says(plugin: &mut Plugin, rate: f64) {
    let frames = rate as usize;
    let input = notes(rate, frames);
    let played = plugin.play(rate, &input, &[512]);
    let late = plugin.latency() as usize;
    assert!(late < 1000, "{late} frames at {rate} Hz");
    for (played, input) in played.iter().zip(&input) {
        let residue = residue_db(&played[late..], &input[..frames - late]);
        assert!(
            residue < -60.0,
            "{late} frames at {rate} Hz: {residue:.1} dB"
        );
    }
}

/// What a host saves restores sound and parameters in another instance.
fn state(bundle: &Path) {
    let library = load(bundle);
    let input = noise(20_000);
    let mut plugin = offline(&library, &builtin("clean"));
    let changes: Vec<Change> = [("Input", 7.5), ("Output", -3.25), ("Input Source", 2.0)]
        .map(|(name, value)| Change {
            frame: 0,
            parameter: plugin.parameter(name).id,
            value,
        })
        .into();
    plugin.run(
        RATE,
        64,
        |audio| drop(audio.block([&[0.0; 64]; 2], &changes)),
        |_| (),
    );
    let saved = plugin.save();
    assert_eq!(saved, plugin.save(), "saving changes nothing");
    assert_eq!(Project::read(&saved).capture()["builtin"], "clean");

    let mut other = Plugin::new(&library);
    assert!(other.restore(&saved));
    for change in &changes {
        let value = other.value(change.parameter);
        assert!((value - change.value).abs() < 1e-6, "{change:?}: {value}");
    }
    other.render_mode(RenderMode::Offline);
    let first = plugin.play(RATE, &input, &[256]);
    let second = other.play(RATE, &input, &[256]);
    for (first, second) in first.iter().zip(&second) {
        assert!(residue_db(first, second) < -100.0);
    }
    assert_eq!(
        Project::read(&other.save()),
        Project::read(&saved),
        "a round trip changes nothing"
    );
}

/// A file that is gone is told and not forgotten, and found again where the user keeps files; what a
/// newer version saved is kept; and no project has a file put into it.
fn missing_files(bundle: &Path) {
    let library = load(bundle);
    let bench = Bench::new();
    let home = std::path::PathBuf::from(std::env::var_os("HOME").expect("a home"));
    let (config, sounds) = (home.join(".config/gridleak"), home.join("Sounds/Amps"));
    for folder in [&config, &sounds] {
        std::fs::create_dir_all(folder).expect("a folder");
    }
    let settings = serde_json::json!({"library_folders": [home.join("Sounds")]});
    std::fs::write(config.join("settings.json"), settings.to_string()).expect("settings");
    let input = noise(9_600);
    // What a host that opens a project hears, how the plugin describes it, and what is saved then.
    let opened = |project: &Project| {
        let mut plugin = Plugin::new(&library);
        plugin.render_mode(RenderMode::Offline);
        assert!(plugin.restore(&project.to_bytes()));
        let played = in_time(&mut plugin, RATE, &input);
        let status = plugin.parameter("Status").id;
        // What it says of the window depends on the screen.
        let text = plugin.text(status, 0.0);
        let text = text.split("No window").next().unwrap_or_default();
        let text = match text.trim_end_matches(['.', ' ']) {
            "" => "Ready",
            said => said,
        };
        (played, text.to_owned(), Project::read(&plugin.save()))
    };
    let bare = Project::read(&Plugin::new(&library).save());
    let path = bench.put("Amp.nam", linear(1, 1, "0.625", 48_000, ""));
    let (wanted, text, project) = opened(&bare.playing(&file(&path)));
    assert_eq!(text, "Ready");
    let sounds_right = |played: &Stereo| residue_db(&played[0], &wanted[0]) < -80.0;

    std::fs::remove_file(&path).expect("no longer there");
    for _ in 0..2 {
        let (played, text, again) = opened(&project);
        assert!(!sounds_right(&played));
        assert_eq!(text, "Missing: Amp. Gridleak Crunch plays instead");
        assert_eq!(again.capture(), project.capture());
    }
    let found = sounds.join("Amp of yesterday.nam");
    std::fs::write(&found, linear(1, 1, "0.625", 48_000, "")).expect("a file");
    let (played, text, again) = opened(&project);
    assert!(sounds_right(&played) && text == "Ready", "{text}");
    assert_eq!(again.capture()["path"].as_str(), found.to_str());
    assert_eq!(again.capture()["relative"], "Amps/Amp of yesterday.nam");
    let (played, _, once_more) = opened(&again);
    assert!(sounds_right(&played));
    assert_eq!(once_more, again);
    // On another machine, the whole path is another.
    let mut moved = again.capture();
    moved["path"] = "C:\\Users\\ann\\x.nam".into();
    let (played, _, _) = opened(&bare.playing(&moved));
    assert!(sounds_right(&played));

    let newer = serde_json::json!({"version": 2, "uri": "somewhere://12345", "notes": "keep me"});
    let (_, text, again) = opened(&bare.playing(&newer));
    assert!(text.starts_with("Not understood: "), "{text}");
    assert_eq!(again.capture(), newer);
    let mut private = file(&bench.put("private.nam", identity(48_000, "")));
    private["embed"] = true.into();
    let (_, _, again) = opened(&bare.playing(&private));
    assert_eq!(again.capture()["embedded"], Value::Null);
}

/// A state that nobody saved is refused or survived, and the plugin plays on.
fn damaged_states(bundle: &Path) {
    let library = load(bundle);
    let mut plugin = offline(&library, &builtin("lead"));
    let good = Project::read(&plugin.save());
    let text = good.0.to_string();
    for refused in [
        vec![],
        b"Gridleak".to_vec(),
        u64::MAX.to_le_bytes().to_vec(),
        b"null".to_vec(),
        b"{}".to_vec(),
        text.as_bytes()[..text.len() / 2].to_vec(),
        "[".repeat(200_000).into_bytes(),
    ] {
        assert!(!plugin.restore(&refused));
    }
    let nowhere = Path::new("/nowhere/at/all.nam");
    let bench = Bench::new();
    let broken = bench.put("broken.nam", "{\"version\": \"0.5.4\"");
    for odd in [
        Value::Null,
        "builtin:nothing".into(),
        file(nowhere),
        file(&broken),
        file(Path::new("/dev/zero")),
        serde_json::json!([[[]]]),
        serde_json::json!({"version": 99}),
        serde_json::json!({"path": 7, "embedded": {}}),
    ] {
        // Whether it is taken or refused is the plugin's business.
        plugin.restore(&good.playing(&odd).to_bytes());
        let played = plugin.play(RATE, &noise(4_800), &[480]);
        assert!(played.iter().flatten().all(|sample| sample.is_finite()));
    }
    let mut odd_values = good.clone();
    for value in odd_values.0["settings"]
        .as_object_mut()
        .expect("settings")
        .values_mut()
    {
        *value = serde_json::json!(1e30);
    }
    plugin.restore(&odd_values.to_bytes());
    let played = plugin.play(RATE, &noise(4_800), &[480]);
    assert!(played.iter().flatten().all(|sample| sample.is_finite()));

    assert!(plugin.restore(&good.to_bytes()));
    let played = plugin.play(RATE, &noise(48_000), &[480]);
    let wanted = offline(&library, &builtin("lead")).play(RATE, &noise(48_000), &[480]);
    assert!(residue_db(&played[0][24_000..], &wanted[0][24_000..]) < -60.0);
}

/// The host's main thread loads and saves while the audio thread plays.
fn loading_while_playing(bundle: &Path) {
    let library = load(bundle);
    let mut plugin = Plugin::new(&library);
    let project = Project::read(&plugin.save());
    let enough = AtomicBool::new(false);
    let input = noise(64);
    let played = plugin.run(
        RATE,
        64,
        |audio| {
            let (mut blocks, mut loudest) = (0, 0f32);
            while !enough.load(SeqCst) {
                let block = audio.block(input.each_ref().map(Vec::as_slice), &[]);
                for sample in block.iter().flatten() {
                    assert!(sample.is_finite());
                    loudest = loudest.max(sample.abs());
                }
                blocks += 1;
                // A block lasts longer than that.
                std::thread::sleep(Duration::from_micros(500));
            }
            assert!(blocks > 100);
            loudest
        },
        |plugin| {
            for round in 0..60 {
                let name = ["lead", "clean", "crunch"][round % 3];
                assert!(plugin.restore(&project.playing(&builtin(name)).to_bytes()));
                plugin.serve_for(Duration::from_millis([0, 3, 30, 90][round % 4]));
                let saved = Project::read(&plugin.save());
                assert_eq!(saved.capture()["builtin"], name);
            }
            // The last one is there after a while, without anybody waiting for it.
            let begun = Instant::now();
            while Project::read(&plugin.save()).capture()["rate"] != RATE {
                assert!(begun.elapsed() < Duration::from_secs(10), "it never loads");
                plugin.serve_for(Duration::from_millis(10));
            }
            plugin.serve_for(Duration::from_millis(500));
            enough.store(true, SeqCst);
        },
    );
    assert!((0.01..4.0).contains(&played), "it sounds: {played}");
}

/// Captures come and go while blocks of all sizes are played, and each is heard.
fn ten_thousand_captures(bundle: &Path) {
    const SWAPS: usize = 10_000;
    const SIZES: [usize; 6] = [64, 1, 1000, 333, 4096, 17];
    let bench = Bench::new();
    let level = "\"loudness\": -18.0";
    let captures = ["0.5", "1.0"].map(|gain| {
        let path = bench.put(&format!("{gain}.nam"), linear(1, 1, gain, 48_000, level));
        file(&path)
    });
    let library = load(bundle);
    let mut plugin = Plugin::new(&library);
    let project = Project::read(&plugin.save());
    // Not the built-in one, which swings beyond its input at first.
    assert!(plugin.restore(&project.playing(&captures[1]).to_bytes()));
    let enough = AtomicBool::new(false);
    // What is heard of an input that stands still, in hundredths.
    let heard = AtomicUsize::new(0);
    plugin.run(
        RATE,
        4096,
        |audio| {
            let input = [0.25; 4096];
            for size in SIZES.into_iter().cycle() {
                let played = audio.block([&input[..size]; 2], &[]);
                for sample in played.iter().flatten() {
                    assert!((-0.01..0.26).contains(sample), "{sample}");
                }
                let last = played[1].last().expect("a frame");
                heard.store((400.0 * last).round() as usize, SeqCst);
                if enough.load(SeqCst) {
                    break;
                }
            }
        },
        |plugin| {
            for swap in 0..SWAPS {
                let capture = &captures[swap % 2];
                assert!(plugin.restore(&project.playing(capture).to_bytes()));
                let begun = Instant::now();
                while heard.load(SeqCst) != 50 * (1 + swap % 2) {
                    assert!(begun.elapsed() < Duration::from_secs(20), "swap {swap}");
                    std::thread::yield_now();
                }
            }
            enough.store(true, SeqCst);
        },
    );
}

/// Two and twenty instances play at once, each on a thread of its own and each its own capture.
fn twenty_instances(bundle: &Path) {
    let library = load(bundle);
    let input = noise(24_000);
    let names = ["lead", "clean", "crunch"];
    let wanted = names.map(|name| offline(&library, &builtin(name)).play(RATE, &input, &[128]));
    for count in [2, 20] {
        let mut plugins: Vec<Plugin> = (0..count)
            .map(|n| offline(&library, &builtin(names[n % 3])))
            .collect();
        let parts = together(&mut plugins, |audio| audio.play(&input, &[128]));
        for (n, played) in parts.iter().enumerate() {
            assert!(*played == wanted[n % 3], "instance {n} of {count}");
        }
    }
}

/// Runs all of `plugins` at once, each inside of the one before, and gives what each played.
fn together(
    plugins: &mut [Plugin],
    play: impl Fn(&mut Audio) -> Stereo + Copy + Send + Sync,
) -> Vec<Stereo> {
    let Some((first, others)) = plugins.split_first_mut() else {
        return Vec::new();
    };
    let mut rest = Vec::new();
    let played = first.run(RATE, 128, play, |_| rest = together(others, play));
    std::iter::once(played).chain(rest).collect()
}

/// Instances go while their captures are on their way.
fn gone_while_loading(bundle: &Path) {
    let library = load(bundle);
    let project = Project::read(&Plugin::new(&library).save());
    let slow = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../core/tests/fixtures/captures/wn_standard.nam"
    );
    for round in 0..40 {
        let mut plugin = Plugin::new(&library);
        assert!(plugin.restore(&project.playing(&file(Path::new(slow))).to_bytes()));
        let wait = Duration::from_millis(round % 10);
        if round % 4 == 0 {
            // Never active.
            std::thread::sleep(wait);
            continue;
        }
        plugin.run(
            RATE,
            64,
            |audio| drop(audio.block([&[0.1; 64]; 2], &[])),
            |plugin| plugin.serve_for(wait),
        );
    }
}

/// Instances come, are automated, and go while another one stays.
fn churn(bundle: &Path) {
    let library = load(bundle);
    let mut stays = Plugin::new(&library);
    let ids = ["Input", "Output", "Bypass"].map(|name| stays.parameter(name).id);
    let input = [[0.25; 64]; 2];
    for cycle in 0..200u32 {
        let automate = |audio: &mut Audio| {
            for block in 0..8 {
                let changes: Vec<Change> = (0..64)
                    .flat_map(|frame| {
                        let value = f64::from((frame + block + cycle) % 89) / 4.0 - 11.0;
                        ids.map(|parameter| Change {
                            frame,
                            parameter,
                            value,
                        })
                    })
                    .collect();
                let played = audio.block(input.each_ref().map(|channel| &channel[..]), &changes);
                assert!(played.iter().flatten().all(|sample| sample.is_finite()));
            }
        };
        Plugin::new(&library).run(RATE, 64, automate, |_| ());
        if cycle % 20 == 0 {
            stays.run(RATE, 64, automate, |_| ());
        }
    }
}

/// The library is unloaded and loaded again, and the process ends well.
fn unloading(bundle: &Path) {
    for _ in 0..5 {
        let library = load(bundle);
        let mut plugin = offline(&library, &builtin("lead"));
        let played = plugin.play(RATE, &noise(4_800), &[64]);
        assert!(played.iter().flatten().any(|&sample| sample != 0.0));
        drop(plugin);
        drop(library);
    }
}

/// An instance that waits for its capture and plays this one.
fn offline(library: &PluginEntry, capture: &Value) -> Plugin {
    let mut plugin = Plugin::new(library);
    let project = Project::read(&plugin.save());
    assert!(plugin.restore(&project.playing(capture).to_bytes()));
    plugin.render_mode(RenderMode::Offline);
    plugin
}

/// What the plugin makes of `input`, without its latency.
fn in_time(plugin: &mut Plugin, rate: f64, input: &Stereo) -> Stereo {
    const LONGEST: usize = 1000;
    let longer = input.each_ref().map(|channel| {
        let mut channel = channel.clone();
        channel.resize(channel.len() + LONGEST, 0.0);
        channel
    });
    let mut played = plugin.play(rate, &longer, &[512]);
    let late = plugin.latency() as usize;
    assert!(late <= LONGEST);
    for channel in &mut played {
        channel.drain(..late);
        channel.truncate(input[0].len());
    }
    played
}

/// The file of a capture that changes nothing at its own rate, for which no gain is needed either.
fn transparent(bench: &Bench, rate: u32) -> std::path::PathBuf {
    bench.put("transparent.nam", identity(rate, "\"loudness\": -18.0"))
}

/// One after the other.
fn joined(parts: impl Iterator<Item = Stereo>) -> Stereo {
    parts.fold(Stereo::default(), |mut all, part| {
        for (all, part) in all.iter_mut().zip(part) {
            all.extend(part);
        }
        all
    })
}
