//! `cargo xtask bench`: how fast Gridleak and other engines play the same captures.

mod report;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use anyhow::{Context, Result, ensure};
use clap::Args;

use crate::cargo::{cargo, root, target};
use report::Report;

#[derive(Debug, Args)]
pub(crate) struct BenchArgs {
    /// Fewer and shorter runs, in blocks of 64 if no others are asked for
    #[arg(long)]
    quick: bool,

    /// Only captures whose name contains this
    #[arg(long, value_name = "NAME")]
    filter: Option<String>,

    /// Frames handed over at a time
    #[arg(long, value_name = "FRAMES,...", value_delimiter = ',',
          value_parser = clap::value_parser!(u16).range(1..))]
    blocks: Vec<u16>,

    /// Instruction sets that Gridleak plays with; all of this CPU where none are named
    #[arg(long, value_name = "LEVEL,...", value_delimiter = ',')]
    levels: Vec<String>,

    /// Another engine, run as `COMMAND CAPTURE BLOCK SECONDS`
    ///
    /// The command finds the input, raw little-endian f32 samples, in the file that the environment
    /// variable BENCH_INPUT names. It prints the least nanoseconds per sample, and if it likes the
    /// root mean square of the first quarter of a second (rounded up to whole blocks) that it played
    /// after settling on silence. It fails if it cannot play the capture.
    #[arg(long = "peer", value_name = "NAME=COMMAND", value_parser = peer)]
    peers: Vec<Engine>,

    /// A remark to write along with the tables, such as how another engine was built
    #[arg(long = "note", value_name = "TEXT")]
    notes: Vec<String>,

    /// Write the tables to BENCHMARKS.md
    #[arg(long, conflicts_with_all = ["quick", "filter"])]
    write: bool,
}

/// A program that plays captures against the clock.
#[derive(Debug, Clone)]
struct Engine {
    name: String,
    command: Vec<String>,
    /// The instruction set, if this is Gridleak.
    level: Option<String>,
}

/// What an engine printed.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Timing {
    /// Nanoseconds per sample.
    least: f64,
    /// Root mean square of the sound.
    loudness: Option<f64>,
}

fn peer(text: &str) -> Result<Engine, String> {
    let (name, command) = text.split_once('=').ok_or("wants NAME=COMMAND")?;
    let command: Vec<_> = command.split_whitespace().map(str::to_owned).collect();
    if name.is_empty() || command.is_empty() {
        return Err("wants NAME=COMMAND".into());
    }
    Ok(Engine {
        name: name.into(),
        command,
        level: None,
    })
}

/// Builds the engines, times them, and shows or writes what came of it.
pub(crate) fn run(args: &BenchArgs) -> Result<ExitCode> {
    let (rounds, seconds, usual): (_, _, &[u16]) = if args.quick {
        (2, 0.1, &[64])
    } else {
        (3, 0.2, &[1, 16, 64, 512])
    };
    let blocks = match args.blocks.as_slice() {
        [] => usual,
        asked => asked,
    };
    let captures = captures(args.filter.as_deref())?;
    let engines = engines(args)?;

    let mut report = Report::new(&engines, blocks, captures.iter().map(|path| name(path)));
    // Whatever else the machine does at times hits neighbours alike: each round times everything
    // once, and a capture by all engines one after another.
    for round in 1..=rounds {
        for (block, &frames) in blocks.iter().enumerate() {
            for (capture, path) in captures.iter().enumerate() {
                let name = name(path);
                eprint!("\rround {round} of {rounds}, blocks of {frames}, {name:<24}");
                for turn in 0..engines.len() {
                    let engine = (turn + round) % engines.len();
                    // What could not be played before cannot be played now.
                    if round > 1 && report.get(block, capture, engine).is_none() {
                        continue;
                    }
                    let timing = engines[engine].time(path, frames, seconds)?;
                    report.add(block, capture, engine, timing);
                }
            }
        }
    }
    eprintln!();
    let stages = stages(5.0 * seconds)?;

    print!("{}\n{stages}", report.tables());
    if args.write {
        let text = report.document(rounds, seconds, &stages, &args.notes);
        fs::write(root().join("BENCHMARKS.md"), text).context("cannot write BENCHMARKS.md")?;
    }
    Ok(ExitCode::SUCCESS)
}

impl Engine {
    /// Plays `capture` in a process of its own; nothing if the engine cannot.
    fn time(&self, capture: &Path, block: u16, seconds: f64) -> Result<Option<Timing>> {
        let mut command = Command::new(&self.command[0]);
        command
            .args(&self.command[1..])
            .arg(capture)
            .args([block.to_string(), seconds.to_string()])
            .env("BENCH_INPUT", fixtures().join("input_1s.f32"));
        if let Some(level) = &self.level {
            command.env("GRIDLEAK_SIMD", level);
        }
        let output = command
            .output()
            .with_context(|| format!("{} does not start", self.name))?;
        let complaint = String::from_utf8_lossy(&output.stderr);
        ensure!(
            output.status.success() || self.level.is_none(),
            "Gridleak does not play {}: {complaint}",
            capture.display()
        );
        if !output.status.success() {
            return Ok(None);
        }
        let printed = String::from_utf8_lossy(&output.stdout);
        let timing = printed.lines().last().and_then(timing);
        let timing = timing.with_context(|| format!("{} prints {printed:?}", self.name))?;
        Ok(Some(timing))
    }
}

/// A table of what each stage of the signal chain adds to a capture of standard size, with the fastest
/// instructions of this CPU.
fn stages(seconds: f64) -> Result<String> {
    let capture = fixtures().join("captures/wn_standard.nam");
    let output = Command::new(program("stages"))
        .arg(&capture)
        .arg(seconds.to_string())
        .env("BENCH_INPUT", fixtures().join("input_1s.f32"))
        .output()
        .context("the stages do not start")?;
    let complaint = String::from_utf8_lossy(&output.stderr);
    ensure!(
        output.status.success(),
        "the stages do not play: {complaint}"
    );
    let printed = String::from_utf8_lossy(&output.stdout);
    Ok(report::stages(&name(&capture), &printed))
}

/// The file of a program that times an engine.
fn program(name: &str) -> String {
    let file = format!("{name}{}", std::env::consts::EXE_SUFFIX);
    let path = engines_folder().join("release").join(file);
    path.to_string_lossy().into_owned()
}

fn engines_folder() -> PathBuf {
    target().join("bench-engines")
}

/// The numbers in what an engine printed.
fn timing(line: &str) -> Option<Timing> {
    let mut numbers = line.split_whitespace().map(|word| word.parse::<f64>().ok());
    let least = numbers.next()??;
    Some(Timing {
        least,
        loudness: numbers.next().flatten(),
    })
    .filter(|timing| timing.least.is_finite() && timing.least > 0.0)
}

/// Every engine: Gridleak once for each level, the fastest last, then the others.
fn engines(args: &BenchArgs) -> Result<Vec<Engine>> {
    let built = cargo(&["build", "--release", "--quiet", "--target-dir"])
        .arg(engines_folder())
        .current_dir(root().join("xtask/peers"))
        .status();
    ensure!(
        built.context("cargo does not start")?.success(),
        "the engines do not build"
    );
    let gridleak = program("gridleak");
    let listed = Command::new(&gridleak).arg("--levels").output();
    let listed = listed.context("the engine does not start")?;
    let listed = String::from_utf8_lossy(&listed.stdout);
    for level in &args.levels {
        ensure!(
            listed.lines().any(|known| known == level),
            "this CPU does not have {level}; it has {}",
            listed.trim().replace('\n', ", ")
        );
    }
    let levels = listed
        .lines()
        .filter(|&level| args.levels.is_empty() || args.levels.iter().any(|asked| asked == level));
    let ours = levels.map(|level| Engine {
        name: level.into(),
        command: vec![gridleak.clone()],
        level: Some(level.into()),
    });
    let crates = ["nam-rs"].map(|name| Engine {
        name: name.into(),
        command: vec![program(name)],
        level: None,
    });
    Ok(ours
        .chain(crates)
        .chain(args.peers.iter().cloned())
        .collect())
}

fn fixtures() -> PathBuf {
    root().join("core/tests/fixtures")
}

/// The files of the captures to play.
fn captures(filter: Option<&str>) -> Result<Vec<PathBuf>> {
    let folder = fixtures().join("captures");
    let listed =
        fs::read_dir(&folder).with_context(|| format!("cannot list {}", folder.display()))?;
    let mut paths = vec![fixtures().join("example_models/A2.nam")];
    for entry in listed {
        paths.push(entry?.path());
    }
    paths.retain(|path| {
        path.extension().is_some_and(|e| e == "nam")
            && filter.is_none_or(|part| name(path).contains(part))
    });
    ensure!(!paths.is_empty(), "no capture has such a name");
    paths.sort_by_key(|path| name(path));
    Ok(paths)
}

/// A capture's name, without folder and extension.
fn name(path: &Path) -> String {
    path.file_stem()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned()
}

#[cfg(test)]
mod tests {
    use super::{Timing, peer, timing};

    #[test]
    fn what_engines_print_is_read() {
        let both = Timing {
            least: 51.25,
            loudness: Some(0.02),
        };
        assert_eq!(timing("51.25 2.0e-2"), Some(both));
        let one = Timing {
            loudness: None,
            ..both
        };
        assert_eq!(timing("51.25"), Some(one));
        for bad in ["", "fast", "NaN", "0", "-3"] {
            assert_eq!(timing(bad), None, "{bad}");
        }
    }

    #[test]
    fn peers_are_a_name_and_a_command() {
        let other = peer("Other=run --it A=1").expect("a peer");
        assert_eq!(other.name, "Other");
        assert_eq!(other.command, ["run", "--it", "A=1"]);
        for bad in ["Other", "=run", "Other="] {
            assert!(peer(bad).is_err(), "{bad}");
        }
    }
}
