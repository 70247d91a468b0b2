//! What stands around the capture: levels, the pedal, and the tone stack on either side of the amp.

mod common;

use assert_no_alloc::{AllocDisabler, assert_no_alloc, reset_violation_count, violation_count};
use common::one_slot::OneSlot;
use common::{CONFIG, capture, samples};
use gridleak_core::{
    Amp, BuildId, Cab, CabSettings, Capture, GateSettings, ImpulseResponse, LevelSettings, Levels,
    OutputMode, Pedal, ProcessConfig, SimdLevel, SlotPart, ToneSettings, Voicing,
};

#[global_allocator]
static ALLOCATOR: AllocDisabler = AllocDisabler;

/// A capture that multiplies by `gain`.
fn gain(gain: f32, rate: u32, metadata: &str) -> Capture {
    let text = format!(
        r#"{{"version":"0.5.4","architecture":"Linear","config":{{"receptive_field":1,"bias":false}},
            "weights":[{gain}],"sample_rate":{rate},"metadata":{metadata}}}"#
    );
    Capture::from_bytes("gain", text.as_bytes()).unwrap()
}

fn voicing(capture: &Capture) -> Voicing {
    Voicing {
        levels: Levels::of(capture),
        ..Voicing::default()
    }
}

fn amp(capture: &Capture, config: ProcessConfig) -> Amp {
    Amp::new(
        capture,
        config,
        voicing(capture),
        BuildId(0),
        SimdLevel::detect(),
    )
    .unwrap()
}

/// What is loaded into a slot.
struct Sounds {
    amp: Amp,
    pedal: Option<Pedal>,
}

impl From<Amp> for Sounds {
    fn from(amp: Amp) -> Self {
        Sounds { amp, pedal: None }
    }
}

/// The capture of a pedal made ready for what the amp was made for.
fn stomp(pedal: &Capture, config: ProcessConfig) -> Result<Pedal, String> {
    Pedal::new(
        pedal,
        config,
        voicing(pedal),
        BuildId(0),
        SimdLevel::detect(),
    )
}

fn with_pedal(amp: Amp, pedal: &Capture) -> Sounds {
    let pedal = Some(stomp(pedal, amp.config()).unwrap());
    Sounds { amp, pedal }
}

/// A chain that plays sounds raw.
fn raw(sounds: impl Into<Sounds>) -> OneSlot {
    let Sounds { amp, pedal } = sounds.into();
    let mut chain = OneSlot::new(amp.config());
    chain.set_levels(LevelSettings {
        mode: OutputMode::Raw,
        ..LevelSettings::default()
    });
    assert!(chain.load_amp(amp).is_ok());
    if let Some(pedal) = pedal {
        assert!(chain.load_pedal(pedal).is_ok());
    }
    chain
}

fn play(chain: &mut OneSlot, input: &[f32]) -> Vec<f32> {
    let mut output = input.to_vec();
    for piece in output.chunks_mut(50) {
        chain.process(&mut [piece]);
    }
    output
}

fn sine(frames: usize) -> Vec<f32> {
    let sample = |n: usize| 0.1 * (n as f64 * 0.02).sin();
    (0..frames).map(|n| sample(n) as f32).collect()
}

fn largest_step(samples: &[f32]) -> f32 {
    let steps = samples.windows(2).map(|pair| (pair[1] - pair[0]).abs());
    steps.fold(0.0, f32::max)
}

fn db(gain: f64) -> f32 {
    10f64.powf(gain / 20.0) as f32
}

/// What an input of 0.1 that stands still comes out as.
fn level(chain: &mut OneSlot) -> f32 {
    play(chain, &[0.1; 4800])[4799] / 0.1
}

#[test]
fn each_output_mode_has_its_level_and_gets_there_without_a_click() {
    let metadata = r#"{"loudness":-25.0,"input_level_dbu":18.0,"output_level_dbu":10.0}"#;
    let capture = gain(1.0, 48_000, metadata);
    let mut chain = OneSlot::new(CONFIG);
    assert!(chain.load_amp(amp(&capture, CONFIG)).is_ok());
    let settings = |mode, calibrate_input| LevelSettings {
        mode,
        calibrate_input,
        interface_dbu: 12.5,
    };
    assert!(
        (level(&mut chain) - db(7.0)).abs() < 1e-5,
        "normalized at first"
    );
    for (mode, calibrate, wanted) in [
        (OutputMode::Raw, false, 0.0),
        (OutputMode::Calibrated, false, 10.0 - 12.5),
        (OutputMode::Calibrated, true, 10.0 - 12.5 + 12.5 - 18.0),
        (OutputMode::Normalized, true, 7.0 + 12.5 - 18.0),
        (OutputMode::Normalized, false, 7.0),
    ] {
        let before = largest_step(&play(&mut chain, &sine(4800)));
        chain.set_levels(settings(mode, calibrate));
        let during = largest_step(&play(&mut chain, &sine(4800)));
        let found = level(&mut chain);
        assert!((found - db(wanted)).abs() < 1e-5, "{mode:?}: {found}");
        let after = largest_step(&play(&mut chain, &sine(4800)));
        // The ramp itself adds a 20th of the level in a 20th of a millisecond at most.
        assert!(
            during < 1.2 * before.max(after) + 1e-3,
            "{mode:?}: {during}"
        );
    }
}

#[test]
fn the_meter_and_the_gate_hear_the_guitar_as_the_amp_does() {
    let capture = gain(1.0, 48_000, r#"{"input_level_dbu":18.0}"#);
    let mut chain = raw(amp(&capture, CONFIG));
    chain.set_levels(LevelSettings {
        mode: OutputMode::Raw,
        calibrate_input: true,
        interface_dbu: 12.0,
    });
    play(&mut chain, &[0.1; 4800]);
    chain.take_peaks();
    play(&mut chain, &[0.1; 48_000]);
    let peak = chain.take_peaks().input[0];
    assert!((peak - 0.1 * db(-6.0)).abs() < 1e-6, "{peak}");
    // Its threshold lies between the guitar as it comes in and as the amp hears it.
    chain.set_gate(GateSettings {
        threshold_db: -23.0,
        ..GateSettings::default()
    });
    play(&mut chain, &[0.1; 48_000]);
    let level = chain.chain.gate_level_db();
    assert!((level - -26.0).abs() < 0.01, "{level}");
    assert!(chain.chain.gate_reduction_db() < -1.0);
}

#[test]
fn a_pedal_plays_into_the_amp_at_the_level_of_a_cable() {
    let pedal = gain(
        0.5,
        48_000,
        r#"{"input_level_dbu":12.0,"output_level_dbu":14.0}"#,
    );
    let head = gain(4.0, 48_000, r#"{"input_level_dbu":18.0}"#);
    let mut chain = raw(with_pedal(amp(&head, CONFIG), &pedal));
    let both = 0.5 * 4.0 * db(14.0 - 18.0);
    assert!((level(&mut chain) - both).abs() < 1e-5);
    // Calibrated, the pedal is what the guitar plays into; without it, the amp.
    let calibrated = LevelSettings {
        mode: OutputMode::Raw,
        calibrate_input: true,
        interface_dbu: 15.0,
    };
    chain.set_levels(calibrated);
    assert!((level(&mut chain) - both * db(3.0)).abs() < 1e-5);
    chain.set_pedal(false);
    assert!((level(&mut chain) - 4.0 * db(-3.0)).abs() < 1e-5);
    // Where one of them does not say, the samples are handed over as they are.
    let silent = gain(4.0, 48_000, "null");
    let mut chain = raw(with_pedal(amp(&silent, CONFIG), &pedal));
    assert!((level(&mut chain) - 2.0).abs() < 1e-5);
}

#[test]
fn stepping_on_a_pedal_does_not_click_and_without_it_the_amp_is_alone() {
    let head = gain(1.0, 48_000, "null");
    let pedal = capture("captures/wn_nano");
    let input = &samples("input_1s.f32")[..24_000];
    let mut alone = raw(amp(&pedal, CONFIG));
    let wanted = play(&mut alone, input);

    let mut chain = raw(with_pedal(amp(&head, CONFIG), &pedal));
    let found = play(&mut chain, input);
    assert_eq!(found, wanted, "the pedal is on at first");
    chain.set_pedal(false);
    play(&mut chain, &[0.0; 4800]);
    assert_eq!(
        play(&mut chain, input),
        input,
        "and nothing but the amp when it is off"
    );

    // Through its steps, a tone changes by no more than the pedal itself makes of it.
    let tone = sine(9600);
    let largest = largest_step(&play(&mut alone, &tone)).max(largest_step(&tone));
    for on in [true, false, true, false] {
        chain.set_pedal(on);
        let step = largest_step(&play(&mut chain, &tone));
        assert!(step < 1.3 * largest + 1e-3, "{on}: {step}, {largest}");
    }
    // Stepped on in mid-play, it is what it would always have been once it has heard enough.
    let long: Vec<f32> = input.iter().chain(input).copied().collect();
    let mut always = raw(with_pedal(amp(&head, CONFIG), &pedal));
    let wanted = play(&mut always, &long);
    let mut late = raw(with_pedal(amp(&head, CONFIG), &pedal));
    late.set_pedal(false);
    late.reset();
    play(&mut late, &long[..10_000]);
    late.set_pedal(true);
    let found = play(&mut late, &long[10_000..]);
    for (n, (found, wanted)) in found.iter().zip(&wanted[10_000..]).enumerate().skip(12_000) {
        assert!((found - wanted).abs() < 1e-5, "frame {n}");
    }
}

#[test]
fn pedal_and_amp_of_other_rates_are_as_late_as_announced() {
    for (host, pedal_rate, amp_rate) in [
        (44_100.0, 48_000u32, 48_000u32),
        (48_000.0, 44_100, 48_000),
        (48_000.0, 96_000, 44_100),
        (96_000.0, 48_000, 96_000),
    ] {
        let late = |rate: u32| gridleak_core::latency(host, f64::from(rate));
        let config = ProcessConfig {
            rate: host,
            latency: late(pedal_rate) + late(amp_rate) + 5,
            pedal_latency: late(pedal_rate) + 2,
            ..CONFIG
        };
        let rig = || {
            with_pedal(
                amp(&gain(1.0, amp_rate, "null"), config),
                &gain(1.0, pedal_rate, "null"),
            )
        };
        for on in [true, false] {
            let mut chain = raw(rig());
            chain.set_pedal(on);
            chain.reset();
            let input = sine(20_000);
            let output = play(&mut chain, &input);
            for n in 10_000..20_000 {
                let wanted = input[n - config.latency];
                assert!(
                    (output[n] - wanted).abs() < 2e-4,
                    "{host} Hz, {on}: frame {n}"
                );
            }
        }
        let short = ProcessConfig {
            pedal_latency: late(pedal_rate).saturating_sub(1),
            latency: (late(pedal_rate) + late(amp_rate)).saturating_sub(2),
            ..config
        };
        let refused = [
            stomp(&gain(1.0, pedal_rate, "null"), short).is_err(),
            Amp::new(
                &gain(1.0, amp_rate, "null"),
                short,
                Voicing::default(),
                BuildId(0),
                SimdLevel::detect(),
            )
            .is_err(),
        ];
        let wanted = [late(pedal_rate) > 0, late(amp_rate) > 0];
        assert_eq!(refused, wanted, "{host} Hz: more than the host was told");
    }
}

#[test]
fn the_tone_stack_is_on_the_side_of_the_amp_that_was_chosen() {
    let capture = capture("captures/wn_nano");
    let input = &samples("input_1s.f32")[..24_000];
    let tone = |before_amp| ToneSettings {
        before_amp,
        bass: 8.0,
        middle: 2.0,
        treble: 7.0,
        ..ToneSettings::default()
    };
    let with = |before_amp| {
        let mut chain = raw(amp(&capture, CONFIG));
        chain.set_tone(tone(before_amp));
        chain.reset();
        chain
    };
    // An amp of its own on each side of a tone stack without one.
    let stack = |input: &[f32]| {
        let mut chain = raw(amp(&gain(1.0, 48_000, "null"), CONFIG));
        chain.set_tone(tone(false));
        chain.reset();
        play(&mut chain, input)
    };
    let played = |input: &[f32]| play(&mut raw(amp(&capture, CONFIG)), input);
    assert_eq!(play(&mut with(true), input), played(&stack(input)));
    assert_eq!(play(&mut with(false), input), stack(&played(input)));
    // From one side to the other in mid-play.
    let mut chain = raw(amp(&gain(1.0, 48_000, "null"), CONFIG));
    let tone_of = |chain: &mut OneSlot, before| {
        chain.set_tone(tone(before));
        largest_step(&play(chain, &sine(9600)))
    };
    let steps = [false, false, true, false, true].map(|before| tone_of(&mut chain, before));
    let still = largest_step(&stack(&sine(9600))[4800..]);
    for step in steps {
        assert!(
            step < 1.5 * still.max(largest_step(&sine(9600))),
            "{step}, {still}"
        );
    }
}

#[test]
fn nothing_is_allocated_while_everything_moves() {
    let config = ProcessConfig {
        inputs: 2,
        outputs: 2,
        ..CONFIG
    };
    let pedal = capture("trained/lstm_1x16_crunch");
    let capture = capture("captures/a2_full");
    let mut chain = OneSlot::new(config);
    let mut waiting: Vec<SlotPart> = Vec::with_capacity(20);
    for n in 0..2 {
        waiting.push(SlotPart::Amp(Some(Box::new(amp(&capture, config)))));
        let pedal = stomp(&pedal, config).unwrap();
        waiting.insert(0, SlotPart::Pedal(Some(Box::new(pedal))));
        waiting.insert(n, SlotPart::Pedal(None));
    }
    let response = ImpulseResponse::new(vec![sine(9000)], 48_000.0).unwrap();
    for n in 0..3 {
        let first = (n > 0).then_some(&response);
        let second = (n > 1).then_some(&response);
        let cab = Cab::new(first, second, config, BuildId(n)).unwrap();
        waiting.insert(0, SlotPart::Cab(Some(Box::new(cab))));
    }
    let mut taken = 0;
    let mut buffers = vec![vec![0.0f32; 500]; 2];
    for turn in 0..1500usize {
        let size = [1, 64, 500, 7, 100][turn % 5];
        for (n, sample) in buffers.iter_mut().flatten().enumerate() {
            *sample = 0.3 * ((turn * 500 + n) as f32 * 0.05).sin();
        }
        let [left, right] = &mut buffers[..] else {
            unreachable!()
        };
        let part = (turn % 101) as f32 / 100.0;
        reset_violation_count();
        let back = assert_no_alloc(|| {
            chain.set_levels(LevelSettings {
                mode: [
                    OutputMode::Raw,
                    OutputMode::Normalized,
                    OutputMode::Calibrated,
                ][turn / 7 % 3],
                calibrate_input: turn % 11 < 5,
                interface_dbu: 24.0 * part,
            });
            chain.set_pedal(turn / 50 % 2 == 0);
            chain.set_slim(part.round());
            chain.set_gate(GateSettings {
                on: turn / 40 % 3 > 0,
                threshold_db: -100.0 * part,
                hold_ms: 500.0 * part,
                release_ms: 5.0 + 900.0 * part,
                range_db: -120.0 * part,
                hysteresis_db: 12.0 * part,
            });
            chain.set_tone(ToneSettings {
                on: turn / 30 % 3 > 0,
                before_amp: turn / 20 % 2 == 0,
                bass: 10.0 * part,
                middle: 10.0 - 10.0 * part,
                treble: 5.0,
            });
            chain.set_cab(CabSettings {
                on: turn / 60 % 3 > 0,
                normalized: turn / 25 % 2 == 0,
                low_cut_hz: 20.0 + 700.0 * part,
                high_cut_hz: 20_000.0 - 19_000.0 * part,
                mix: part,
                blend: 1.0 - part,
            });
            chain.set_dc_blocker(turn / 35 % 2 == 0);
            if let Some(part) = waiting.pop() {
                match chain.load(part) {
                    Ok(()) => taken += 1,
                    Err(part) => waiting.push(part),
                }
            }
            chain.process(&mut [&mut left[..size], &mut right[..size]]);
            if turn % 400 == 399 {
                chain.reset();
            }
            chain.take_retired()
        });
        assert_eq!(violation_count(), 0, "turn {turn}");
        assert!(
            buffers.iter().flatten().all(|s| s.is_finite()),
            "turn {turn}"
        );
        if let Some(back) = back {
            if turn % 3 == 0 {
                waiting.insert(0, SlotPart::Pedal(None));
            }
            waiting.insert(0, back);
        }
    }
    assert!(taken > 30, "{taken}");
}

/// Everything that is automated, swept and switched under a low tone: what comes out never steps as a
/// click does.
#[test]
fn no_knob_clicks() {
    const FRAMES: usize = 48_000;
    /// The fastest that a host automates: a new value every 16 frames.
    const BLOCK: usize = 16;
    type Turn = fn(&mut OneSlot, f32);
    let turns: [(&str, Turn); 17] = [
        ("input gain", |chain, x| {
            chain.set_input_gain(20.0 * (2.0 * x - 1.0))
        }),
        ("output gain", |chain, x| {
            chain.set_output_gain(20.0 * (2.0 * x - 1.0))
        }),
        ("interface", |chain, x| {
            chain.set_levels(LevelSettings {
                mode: OutputMode::Calibrated,
                calibrate_input: true,
                interface_dbu: 24.0 * x,
            });
        }),
        ("gate threshold", |chain, x| {
            chain.set_gate(GateSettings {
                threshold_db: -60.0 * x,
                ..GateSettings::default()
            });
        }),
        ("gate range", |chain, x| {
            chain.set_gate(GateSettings {
                threshold_db: 0.0,
                range_db: -60.0 * x,
                ..GateSettings::default()
            });
        }),
        ("gate", |chain, x| {
            chain.set_gate(GateSettings {
                on: x > 0.5,
                threshold_db: -10.0,
                range_db: -12.0,
                ..GateSettings::default()
            });
        }),
        ("bass", |chain, x| {
            chain.set_tone(ToneSettings {
                bass: 10.0 * x,
                ..ToneSettings::default()
            });
        }),
        ("middle", |chain, x| {
            chain.set_tone(ToneSettings {
                middle: 10.0 * x,
                ..ToneSettings::default()
            });
        }),
        ("tone", |chain, x| {
            chain.set_tone(ToneSettings {
                on: x > 0.5,
                bass: 8.0,
                ..ToneSettings::default()
            });
        }),
        ("tone position", |chain, x| {
            chain.set_tone(ToneSettings {
                before_amp: x > 0.5,
                bass: 8.0,
                ..ToneSettings::default()
            });
        }),
        ("cab", |chain, x| {
            chain.set_cab(CabSettings {
                on: x > 0.5,
                ..CabSettings::default()
            });
        }),
        ("cab mix", |chain, x| {
            chain.set_cab(CabSettings {
                mix: x,
                ..CabSettings::default()
            });
        }),
        ("cab blend", |chain, x| {
            chain.set_cab(CabSettings {
                blend: x,
                ..CabSettings::default()
            });
        }),
        ("cab level", |chain, x| {
            chain.set_cab(CabSettings {
                normalized: x > 0.5,
                ..CabSettings::default()
            });
        }),
        ("low cut", |chain, x| {
            chain.set_cab(CabSettings {
                low_cut_hz: 20.0 + 780.0 * x,
                ..CabSettings::default()
            });
        }),
        ("pedal", |chain, x| chain.set_pedal(x > 0.5)),
        ("DC blocker", |chain, x| chain.set_dc_blocker(x > 0.5)),
    ];
    let known = r#"{"input_level_dbu":12.0,"output_level_dbu":12.0}"#;
    let click = |at: usize, sample: f32| {
        let mut samples = vec![0.0; 300];
        samples[at] = sample;
        ImpulseResponse::new(vec![samples], CONFIG.rate).unwrap()
    };
    let tone: Vec<f32> = (0..FRAMES)
        .map(|n| 0.1 * (n as f64 * std::f64::consts::TAU * 110.0 / CONFIG.rate).sin() as f32)
        .collect();
    // A step of the curve's slope: what a click is and a tone is not.
    let kink = |samples: &[f32]| {
        let kinks = samples.windows(3).map(|s| (s[2] - 2.0 * s[1] + s[0]).abs());
        kinks.fold(0.0, f32::max)
    };
    for (name, turn) in turns {
        let rig = with_pedal(
            amp(&gain(1.0, 48_000, known), CONFIG),
            &gain(0.5, 48_000, known),
        );
        let mut chain = raw(rig);
        let cab = Cab::new(
            Some(&click(0, 4.0)),
            Some(&click(20, 3.0)),
            CONFIG,
            BuildId(0),
        );
        assert!(chain.load_cab(cab.unwrap()).is_ok());
        let mut output = tone.clone();
        let mut loudest = 0.0f32;
        for (n, block) in output.chunks_mut(BLOCK).enumerate() {
            // Up and down three times a second, and a leap every second.
            let phase = (n * BLOCK) as f32 / 16_000.0;
            let sweep = (2.0 * phase.fract() - 1.0).abs();
            // A gate opens as fast as the official one, which a leap of its own knobs makes it do.
            let leaps = phase.fract() > 0.8 && !name.starts_with("gate ");
            turn(&mut chain, if leaps { 1.0 - sweep.round() } else { sweep });
            chain.process(&mut [block]);
            loudest = block
                .iter()
                .fold(loudest, |loudest, s| loudest.max(s.abs()));
        }
        // A click is a kink as large as the sound; moves of 20 ms make kinks of a hundredth of it.
        let found = kink(&output[100..]);
        assert!(loudest > 0.005, "{name}: it sounds");
        assert!(
            found < 0.02 * loudest,
            "{name}: a kink of {found} in {loudest}"
        );
    }
}

#[test]
fn a_capture_without_bounds_does_not_silence_what_comes_after() {
    let wild = gain(3e38, 48_000, "null");
    let mut chain = raw(amp(&wild, CONFIG));
    chain.set_dc_blocker(true);
    chain.set_tone(ToneSettings {
        bass: 9.0,
        ..ToneSettings::default()
    });
    chain.set_output_gain(40.0);
    let played = play(&mut chain, &[50.0; 4800]);
    assert!(played.iter().all(|s| s.is_finite()));
    let tame = amp(&gain(1.0, 48_000, "null"), CONFIG);
    assert!(chain.load_amp(tame).is_ok());
    chain.set_output_gain(0.0);
    play(&mut chain, &vec![0.0; 96_000]);
    let played = play(&mut chain, &sine(9600));
    let loudest = played
        .iter()
        .fold(0.0f32, |loudest, s| loudest.max(s.abs()));
    assert!((0.05..1.0).contains(&loudest), "{loudest}");
}

#[test]
fn a_capture_and_a_cabinet_that_come_together_are_heard_together() {
    let click = |gain: f32| ImpulseResponse::new(vec![vec![gain]], CONFIG.rate).unwrap();
    let cab = |gain| Cab::new(Some(&click(gain)), None, CONFIG, BuildId(0)).unwrap();
    let official = db(18.0);
    // A capture that remembers much, in front of a cabinet that makes up for its level.
    let long = |gain: f32| {
        let mut weights = vec!["0".to_owned(); 4000];
        weights.push(gain.to_string());
        let text = format!(
            r#"{{"version":"0.5.4","architecture":"Linear","config":{{"receptive_field":4001,"bias":false}},
                "weights":[{}],"sample_rate":48000}}"#,
            weights.join(",")
        );
        Capture::from_bytes("long", text.as_bytes()).unwrap()
    };
    let mut chain = raw(amp(&long(1.0), CONFIG));
    assert!(chain.load_cab(cab(official)).is_ok());
    assert!(
        (level(&mut chain) - 1.0).abs() < 1e-3,
        "both at once at first"
    );
    level(&mut chain);
    // Ten times as loud, into a cabinet a tenth as loud.
    assert!(chain.load_cab(cab(0.1 * official)).is_ok());
    let next = Amp::new(
        &long(10.0),
        CONFIG,
        Voicing::default(),
        BuildId(1),
        SimdLevel::detect(),
    )
    .unwrap();
    assert!(chain.load_amp(next).is_ok());
    let through = play(&mut chain, &[0.1; 24_000]);
    // In the middle of two fades three times as much; one after the other, ten times or a tenth.
    for (n, sample) in through.iter().enumerate() {
        assert!((0.02..0.5).contains(sample), "frame {n}: {sample}");
    }
    assert!((through[23_999] - 0.1).abs() < 1e-3);
}

#[test]
fn the_tuner_mutes_what_is_played_and_nothing_else() {
    let mut chain = raw(amp(&gain(1.0, 48_000, "null"), CONFIG));
    chain.set(|settings| settings.tuner.on = true);
    assert_eq!(level(&mut chain), 0.0);
    chain.set(|settings| settings.bypass = true);
    assert_eq!(level(&mut chain), 1.0, "bypass passes the input through");
    chain.set(|settings| settings.bypass = false);
    assert_eq!(level(&mut chain), 0.0);
    chain.chain.set_offline(true);
    assert_eq!(level(&mut chain), 1.0, "nobody tunes what is rendered");
    chain.chain.set_offline(false);
    chain.set(|settings| settings.tuner.mute = false);
    assert_eq!(level(&mut chain), 1.0);
}
