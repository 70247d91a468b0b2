//! `gridleak bench`: how fast a capture plays, or loads, on this machine.

use std::hint::black_box;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use clap::Args;
use gridleak_core::SimdLevel;
use serde_json::json;

use super::{capture_source, load_time, say};
use crate::builtin;
use crate::files::failure::Result;
use crate::files::sound_file::SoundFile;

/// Length of the stretch of audio that is timed again and again, in seconds.
const STRETCH: f64 = 0.25;

/// Stretches timed even if they take longer than asked for.
const FEWEST: usize = 3;

/// Measure how fast a capture plays, or loads, on this machine
#[derive(Debug, Args)]
pub(super) struct BenchArgs {
    /// Capture to time: a .nam file or builtin:NAME
    #[arg(value_name = "FILE")]
    capture: PathBuf,

    /// Measure how long it takes from the disk to the first sound instead
    #[arg(long, conflicts_with = "seconds")]
    load: bool,

    /// Frames handed to the capture at a time
    #[arg(long, value_name = "FRAMES", default_value_t = 64,
          value_parser = clap::value_parser!(u16).range(1..=8192))]
    block: u16,

    /// How long to measure
    #[arg(long, value_name = "SECONDS", default_value_t = 2.0, value_parser = duration,
          allow_negative_numbers = true)]
    seconds: f64,

    /// Print JSON instead of a line
    #[arg(long)]
    json: bool,
}

fn duration(text: &str) -> std::result::Result<f64, String> {
    match text.parse() {
        Ok(seconds) if (0.0..=3600.0).contains(&seconds) => Ok(seconds),
        _ => Err("give a number of seconds from 0 to 3600".into()),
    }
}

/// Measures as `args` say.
pub(super) fn run(args: &BenchArgs, level: SimdLevel) -> Result<()> {
    let block = usize::from(args.block);
    if args.load {
        return load_time::measure(&args.capture, &guitar(block)?, level, args.json);
    }
    let capture = capture_source::open(&args.capture)?;
    let rate = capture.sample_rate();
    let mut model = capture.build_for(level);
    model.prewarm();

    let frames = ((rate * STRETCH) as usize)
        .max(block)
        .next_multiple_of(block);
    let dry = guitar(frames)?;
    let mut wet = vec![vec![0.0; block]; model.out_channels()];
    let mut times = Vec::new();
    let started = Instant::now();
    let wanted = Duration::from_secs_f64(args.seconds);
    while times.len() < FEWEST || started.elapsed() < wanted {
        let stretch = Instant::now();
        for dry in dry.chunks_exact(block) {
            let inputs = vec![black_box(dry); model.in_channels()];
            let mut outputs: Vec<&mut [f32]> = wet.iter_mut().map(Vec::as_mut_slice).collect();
            model.process(&inputs, &mut outputs);
            black_box(&mut outputs);
        }
        times.push(stretch.elapsed().as_secs_f64() * 1e9 / frames as f64);
    }
    times.sort_by(f64::total_cmp);
    let (least, median) = (times[0], times[times.len() / 2]);
    let speed = 1e9 / (median * rate);
    if args.json {
        say(&json!({
            "ns_per_sample_min": least,
            "ns_per_sample_median": median,
            "realtime": speed,
            "simd": model.level().to_string(),
        })
        .to_string());
    } else {
        say(&format!(
            "{speed:.1} x real time at {rate} Hz in blocks of {block}: \
             {least:.1} ns per sample at best, {median:.1} ns in the middle of {} runs with {}",
            times.len(),
            model.level()
        ));
    }
    Ok(())
}

/// So many frames of a guitar playing: silence would be quicker than music on some machines.
fn guitar(frames: usize) -> Result<Vec<f32>> {
    let mut phrase = SoundFile::from_bytes("built-in phrase", builtin::PHRASE)?;
    let mut samples = [Vec::new()];
    phrase.read(phrase.frames() as usize, &mut samples)?;
    let [samples] = samples;
    Ok(samples.into_iter().cycle().take(frames).collect())
}
