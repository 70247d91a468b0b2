//! Times what each stage of the signal chain adds to a capture, in blocks of 64 on one channel:
//! `stages CAPTURE SECONDS`. The environment is that of the other engines.

use std::hint::black_box;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow};
use bench_engines::input;
use gridleak_core::{
    Amp, Cab, CabSettings, Capture, Chain, GateSettings, ImpulseResponse, LevelSettings, Levels,
    OutputMode, ProcessConfig, SimdLevel, ToneSettings, Voicing,
};

const CONFIG: ProcessConfig = ProcessConfig {
    rate: 48_000.0,
    inputs: 1,
    outputs: 1,
    latency: 0,
};
const BLOCK: usize = 64;
/// Frames timed at a time: a quarter of a second, in which every stage does all that it ever does.
const STRETCH: usize = 188 * BLOCK;

/// A stage, and how it is switched on in a chain where everything is off.
struct Stage {
    name: &'static str,
    set: fn(&mut Chain),
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
        set: |chain| cab(chain, false),
    },
    Stage {
        name: "cabinet, 171 ms",
        set: |chain| cab(chain, false),
    },
    Stage {
        name: "cabinet, 43 ms, both cuts",
        set: |chain| cab(chain, true),
    },
    Stage {
        name: "DC blocker",
        set: |chain| chain.set_dc_blocker(true),
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

fn all(chain: &mut Chain) {
    gains(chain);
    gate(chain);
    tone(chain);
    cab(chain, true);
    chain.set_dc_blocker(true);
}

fn gains(chain: &mut Chain) {
    chain.set_input_gain(3.0);
    chain.set_output_gain(-3.0);
    chain.set_levels(LevelSettings {
        mode: OutputMode::Normalized,
        calibrate_input: true,
        interface_dbu: 14.0,
    });
}

fn gate(chain: &mut Chain) {
    chain.set_gate(GateSettings::default());
}

fn tone(chain: &mut Chain) {
    chain.set_tone(ToneSettings {
        bass: 6.0,
        treble: 7.0,
        ..ToneSettings::default()
    });
}

fn cab(chain: &mut Chain, cuts: bool) {
    let (low_cut_hz, high_cut_hz) = if cuts {
        (80.0, 8_000.0)
    } else {
        (20.0, 20_000.0)
    };
    chain.set_cab(CabSettings {
        low_cut_hz,
        high_cut_hz,
        ..CabSettings::default()
    });
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
    let mut chain = Chain::new(CONFIG);
    chain.set_levels(LevelSettings {
        mode: OutputMode::Raw,
        ..LevelSettings::default()
    });
    chain.set_cab(CabSettings {
        on: false,
        ..CabSettings::default()
    });
    (stage.set)(&mut chain);
    let amp = Amp::new(capture, CONFIG, voicing, 0, level)?;
    let cab = Cab::new(Some(&response), None, CONFIG, 0)?;
    // A new chain takes what was made for it.
    let _taken = chain.offer(Box::new(amp));
    let _taken = chain.offer_cab(Box::new(cab));
    chain.reset();
    Ok(chain)
}
