//! Times what each stage of the signal chain adds to a capture, in blocks of 64 on one channel:
//! `stages CAPTURE SECONDS`. The environment is that of the other engines.

use std::hint::black_box;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow};
use bench_engines::input;
use gridleak_core::{
    Amp, BuildId, Cab, CabSettings, Capture, Chain, ImpulseResponse, LevelSettings, Levels, Loaded,
    OutputMode, ProcessConfig, Settings, SimdLevel, SlotPart, ToneSettings, Voicing,
};

const CONFIG: ProcessConfig = ProcessConfig {
    rate: 48_000.0,
    inputs: 1,
    outputs: 1,
    latency: 0,
    pedal_latency: 0,
};
const BLOCK: usize = 64;
/// Frames timed at a time: a quarter of a second, in which every stage does all that it ever does.
const STRETCH: usize = 188 * BLOCK;

/// A stage, and how it is switched on in a chain where everything is off.
struct Stage {
    name: &'static str,
    set: fn(&mut Settings),
}

const STAGES: [Stage; 10] = [
    Stage {
        name: "capture alone",
        set: |_| (),
    },
    Stage {
        name: "gains and levels",
        set: gains,
    },
    Stage {
        name: "gate",
        set: gate,
    },
    Stage {
        name: "tone",
        set: tone,
    },
    Stage {
        name: "cabinet, 43 ms",
        set: |settings| cab(settings, false),
    },
    Stage {
        name: "cabinet, 171 ms",
        set: |settings| cab(settings, false),
    },
    Stage {
        name: "cabinet, 43 ms, both cuts",
        set: |settings| cab(settings, true),
    },
    Stage {
        name: "DC blocker",
        set: |settings| settings.dc_blocker = true,
    },
    Stage {
        name: "all together, 43 ms",
        set: all,
    },
    Stage {
        name: "all together, 171 ms",
        set: all,
    },
];

fn all(settings: &mut Settings) {
    gains(settings);
    gate(settings);
    tone(settings);
    cab(settings, true);
    settings.dc_blocker = true;
}

fn gains(settings: &mut Settings) {
    settings.input_db = 3.0;
    settings.output_db = -3.0;
    settings.levels = LevelSettings {
        mode: OutputMode::Normalized,
        calibrate_input: true,
        interface_dbu: 14.0,
    };
}

fn gate(settings: &mut Settings) {
    settings.gate.on = true;
}

fn tone(settings: &mut Settings) {
    settings.tone = ToneSettings {
        bass: 6.0,
        treble: 7.0,
        ..ToneSettings::default()
    };
}

fn cab(settings: &mut Settings, cuts: bool) {
    let (low_cut_hz, high_cut_hz) = if cuts {
        (80.0, 8_000.0)
    } else {
        (20.0, 20_000.0)
    };
    settings.cab = CabSettings {
        low_cut_hz,
        high_cut_hz,
        ..CabSettings::default()
    };
}

fn main() -> Result<()> {
    let mut arguments = std::env::args().skip(1);
    let (path, seconds) = arguments
        .next()
        .zip(arguments.next())
        .context("CAPTURE SECONDS")?;
    let seconds: f64 = seconds.parse()?;
    let level = match std::env::var("GRIDLEAK_SIMD") {
        Ok(level) => level.parse()?,
        Err(_) => SimdLevel::detect(),
    };
    let capture = Capture::from_file(Path::new(&path))?;
    let dry = input()?;
    let mut chains = Vec::new();
    for stage in &STAGES {
        chains.push(chain(stage, &capture, level).map_err(|reason| anyhow!(reason))?);
    }
    let mut best = [f64::INFINITY; STAGES.len()];
    let started = Instant::now();
    let wanted = Duration::from_secs_f64(seconds * STAGES.len() as f64);
    // In turns, so that whatever else the machine does hits all alike.
    for (turn, stretch) in dry.chunks_exact(STRETCH).cycle().enumerate() {
        if started.elapsed() > wanted && turn > 3 {
            break;
        }
        for (chain, best) in chains.iter_mut().zip(&mut best) {
            let mut sound = stretch.to_vec();
            let began = Instant::now();
            for block in sound.chunks_exact_mut(BLOCK) {
                chain.process(&mut [black_box(block)]);
            }
            let took = began.elapsed().as_secs_f64() * 1e9 / stretch.len() as f64;
            *best = best.min(took);
        }
    }
    let alone = best[0];
    for (stage, time) in STAGES.iter().zip(best) {
        let more = time - alone;
        println!(
            "{}\t{:.1}\t{:.1}\t{:.1}",
            stage.name,
            time,
            more,
            100.0 * more / alone
        );
    }
    Ok(())
}

/// A chain that plays the capture, raw, and the stage.
fn chain(stage: &Stage, capture: &Capture, level: SimdLevel) -> Result<Chain, String> {
    let voicing = Voicing {
        levels: Levels::of(capture),
        ..Voicing::default()
    };
    // As most cabinets are, and as long as the official plugin plays any.
    let taps = if stage.name.contains("171 ms") {
        8192
    } else {
        2048
    };
    let response = (0..taps).map(|n: u32| {
        let noise = n.wrapping_mul(2_654_435_761) as f32 / u32::MAX as f32 - 0.5;
        noise * (-f64::from(n) / 2000.0).exp() as f32
    });
    let response = ImpulseResponse::new(vec![response.collect()], CONFIG.rate)?;
    let mut settings = Settings::default();
    settings.levels.mode = OutputMode::Raw;
    settings.gate.on = false;
    settings.tone.on = false;
    settings.cab.on = false;
    settings.dc_blocker = false;
    (stage.set)(&mut settings);
    let mut chain = Chain::new(CONFIG);
    chain.set(&settings);
    let amp = Amp::new(capture, CONFIG, voicing, BuildId(0), level)?;
    let cab = Cab::new(Some(&response), None, CONFIG, BuildId(1))?;
    for part in [
        SlotPart::Amp(Some(amp.into())),
        SlotPart::Cab(Some(cab.into())),
    ] {
        // A new chain takes what was made for it.
        let _taken = chain.load(Loaded { slot: 0, part });
    }
    chain.reset();
    Ok(chain)
}
