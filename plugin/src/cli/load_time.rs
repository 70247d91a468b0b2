//! `gridleak bench --load`: how long a capture takes from the disk to its first sound.

use std::path::Path;
use std::time::Instant;

use gridleak_core::SimdLevel;
use serde_json::{Map, json};

use super::{capture_source, say};
use crate::files::failure::Result;

/// How often it is loaded.
const ROUNDS: usize = 20;

/// The steps, as they are called in JSON and in words.
const STEPS: [(&str, &str); 5] = [
    ("read_ms", "read"),
    ("parse_ms", "parse"),
    ("build_ms", "build"),
    ("prewarm_ms", "prewarm"),
    ("process_ms", "first block"),
];

/// Times of several rounds, in milliseconds.
#[derive(Debug, Default)]
struct Times(Vec<f64>);

impl Times {
    fn least(&self) -> f64 {
        self.0.iter().copied().fold(f64::INFINITY, f64::min)
    }

    fn median(&self) -> f64 {
        let mut sorted = self.0.clone();
        sorted.sort_by(f64::total_cmp);
        sorted[sorted.len() / 2]
    }
}

/// Loads the capture in `source` again and again, up to and including its first block, which is
/// `dry`, and tells how long that takes. Each round reads the file anew, though the system will
/// have it in memory.
pub(super) fn measure(source: &Path, dry: &[f32], level: SimdLevel, json: bool) -> Result<()> {
    // Tells what is wrong with the file, if anything is.
    capture_source::open(source)?;
    let mut whole = Times::default();
    let mut steps: [Times; STEPS.len()] = Default::default();
    for _ in 0..ROUNDS {
        let started = Instant::now();
        let bytes = capture_source::bytes(source)?;
        let read = Instant::now();
        let capture = capture_source::parse(source, &bytes)?;
        let parsed = Instant::now();
        let mut model = capture.build_for(level);
        let built = Instant::now();
        model.prewarm();
        let settled = Instant::now();
        let mut wet = vec![vec![0.0; dry.len()]; model.out_channels()];
        let mut outputs: Vec<&mut [f32]> = wet.iter_mut().map(Vec::as_mut_slice).collect();
        model.process(&vec![dry; model.in_channels()], &mut outputs);
        let played = Instant::now();

        let ms = |from: Instant, to: Instant| (to - from).as_secs_f64() * 1000.0;
        whole.0.push(ms(started, played));
        let marks = [started, read, parsed, built, settled, played];
        for (times, mark) in steps.iter_mut().zip(marks.windows(2)) {
            times.0.push(ms(mark[0], mark[1]));
        }
    }
    let parts = STEPS.iter().zip(&steps);
    if json {
        let mut figures = Map::new();
        figures.insert("load_ms_min".into(), json!(whole.least()));
        figures.insert("load_ms_median".into(), json!(whole.median()));
        figures.extend(parts.map(|((key, _), times)| ((*key).into(), json!(times.median()))));
        figures.insert("simd".into(), json!(level.to_string()));
        say(&serde_json::Value::Object(figures).to_string());
    } else {
        let parts: Vec<String> = parts
            .map(|((_, words), times)| format!("{words} {:.3}", times.median()))
            .collect();
        say(&format!(
            "{:.3} ms from the disk to the first {} frames, {:.3} ms at best of {ROUNDS} rounds with {level} ({})",
            whole.median(),
            dry.len(),
            whole.least(),
            parts.join(", ")
        ));
    }
    Ok(())
}
