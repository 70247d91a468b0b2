//! Times Gridleak's engine. `GRIDLEAK_SIMD` names the instruction set; `--levels` as the only argument
//! lists those of this CPU, slowest first.

use anyhow::{Context, Result, ensure};
use bench_engines::{Engine, Request};
use gridleak_core::{Capture, Model, SimdLevel};

/// Gridleak's engine.
struct Gridleak(Model);

impl Engine for Gridleak {
    fn play(&mut self, dry: &[f32], wet: &mut [f32]) {
        self.0.process_mono(dry, wet);
    }
}

fn main() -> Result<()> {
    if std::env::args().skip(1).eq(["--levels"]) {
        let available = SimdLevel::ALL.iter().filter(|level| level.is_available());
        available.for_each(|level| println!("{level}"));
        return Ok(());
    }
    let request = Request::read()?;
    let level = std::env::var("GRIDLEAK_SIMD").context("GRIDLEAK_SIMD is not set")?;
    let level: SimdLevel = level.parse()?;
    ensure!(level.is_available(), "this CPU does not have {level}");
    let mut model = Capture::from_file(&request.capture)?.build_for(level);
    model.prewarm();
    request.time(&mut Gridleak(model));
    Ok(())
}
