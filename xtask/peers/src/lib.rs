//! Times an engine: the same loop, clock and input for each.
//!
//! Every program is called as `PROGRAM CAPTURE BLOCK SECONDS`, with `BENCH_INPUT` naming a file of
//! raw little-endian `f32` samples. It prints the least time per sample, in nanoseconds, and the root
//! mean square of what the engine played first, by which a wrong sound shows. It fails where the
//! engine cannot play the capture.

use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use std::{env, fs};

use anyhow::{Context, Result, ensure};

/// Frames timed at a time: a quarter of a second at 48 kHz. Long enough for whatever an engine does
/// only now and then, short enough to find a moment in which nothing else runs.
const STRETCH: usize = 12_000;

/// Stretches timed even if they take longer than asked for.
const FEWEST: u32 = 2;

/// Frames of silence played first: what the reference engine plays before a recurrent capture, and
/// longer than any window of the captures timed.
const PREWARM: usize = 24_000;

/// An engine with a capture in it.
pub trait Engine {
    /// Plays `dry` into `wet`, which is as long.
    fn play(&mut self, dry: &[f32], wet: &mut [f32]);
}

/// What is asked of the program.
pub struct Request {
    /// The capture's file.
    pub capture: PathBuf,
    block: usize,
    seconds: f64,
    input: Vec<f32>,
}

/// The sound that is played.
pub fn input() -> Result<Vec<f32>> {
    let input = env::var_os("BENCH_INPUT").context("BENCH_INPUT names no file")?;
    samples(Path::new(&input))
}

impl Request {
    /// Reads the program's arguments and the input.
    pub fn read() -> Result<Self> {
        let arguments: Vec<_> = env::args().skip(1).collect();
        let [capture, block, seconds] = arguments.as_slice() else {
            anyhow::bail!("wants CAPTURE BLOCK SECONDS");
        };
        let block = block.parse().context("BLOCK is not a number")?;
        ensure!(block > 0, "BLOCK is zero");
        let input = input()?;
        Ok(Self {
            capture: capture.into(),
            block,
            seconds: seconds.parse().context("SECONDS is not a number")?,
            input,
        })
    }

    /// Times `engine` and prints the result.
    pub fn time(&self, engine: &mut impl Engine) {
        flush_denormals();
        let mut wet = [0.0; 500];
        for _ in 0..PREWARM / wet.len() {
            engine.play(&[0.0; 500], &mut wet);
        }

        let frames = STRETCH.next_multiple_of(self.block);
        let dry: Vec<f32> = self.input.iter().copied().cycle().take(frames).collect();
        let mut wet = vec![0.0; frames];
        let (mut least, mut level, mut stretches) = (f64::INFINITY, 0.0, 0);
        let started = Instant::now();
        let wanted = Duration::from_secs_f64(self.seconds);
        while stretches < FEWEST || started.elapsed() < wanted {
            let stretch = Instant::now();
            let blocks = dry.chunks_exact(self.block);
            for (dry, wet) in blocks.zip(wet.chunks_exact_mut(self.block)) {
                engine.play(black_box(dry), black_box(wet));
            }
            least = stretch.elapsed().as_secs_f64().min(least);
            if stretches == 0 {
                let power: f64 = wet.iter().map(|&sample| f64::from(sample).powi(2)).sum();
                level = (power / frames as f64).sqrt();
            }
            stretches += 1;
        }
        println!("{:.2} {level:.6e}", least * 1e9 / frames as f64);
    }
}

/// The samples in the file `path`.
fn samples(path: &Path) -> Result<Vec<f32>> {
    let bytes = fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
    let (samples, rest) = bytes.as_chunks();
    ensure!(
        !samples.is_empty() && rest.is_empty(),
        "{} holds no samples",
        path.display()
    );
    Ok(samples.iter().copied().map(f32::from_le_bytes).collect())
}

/// Has the CPU take numbers too small to matter for zero, as hosts do.
fn flush_denormals() {
    #[cfg(target_arch = "x86_64")]
    {
        let mut control = 0_u32;
        // SAFETY: sets two bits of the control register that only change how denormal numbers are
        // treated; nothing here relies on them.
        unsafe {
            std::arch::asm!("stmxcsr [{}]", in(reg) &raw mut control, options(nostack));
            control |= 0x8040;
            std::arch::asm!("ldmxcsr [{}]", in(reg) &raw const control, options(nostack));
        }
    }
}
