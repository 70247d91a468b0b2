//! `cargo xtask test`: every check and test, and one line that sums them up.

mod ardour;
mod bundles;
mod hosts;
mod python;
mod screen;
mod standalone;
mod trap;

use std::io::{BufRead, BufReader};
use std::ops::AddAssign;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitCode, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use clap::Args;

use crate::bundle::remove;
use crate::cargo::{cargo, target};

#[derive(Debug, Args)]
pub(crate) struct TestArgs {
    /// Count anything skipped as failed
    #[arg(long)]
    require_all: bool,
}

/// A part of the test run.
struct Step {
    heading: &'static str,
    run: fn() -> Result<Tally>,
}

/// Every step, in order.
const STEPS: &[Step] = &[
    Step {
        heading: "Formatting",
        run: formatting,
    },
    Step {
        heading: "Lints",
        run: lints,
    },
    Step {
        heading: "Kernels for ARM",
        run: arm,
    },
    Step {
        heading: "Tests",
        run: tests,
    },
    Step {
        heading: "Pictures",
        run: pictures,
    },
    Step {
        heading: "Bundles",
        run: bundles::run,
    },
    Step {
        heading: "CLAP in a host",
        run: hosts::clap,
    },
    Step {
        heading: "VST3 in a host",
        run: hosts::vst3,
    },
    Step {
        heading: "Audio thread",
        run: trap::run,
    },
    Step {
        heading: "Python hosts",
        run: python::run,
    },
    Step {
        heading: "Editor",
        run: screen::run,
    },
    Step {
        heading: "Ardour",
        run: ardour::run,
    },
    Step {
        heading: "Standalone",
        run: standalone::run,
    },
];

/// What came of one or more steps.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Tally {
    passed: u64,
    failed: u64,
    skipped: u64,
    /// Skipped, for it is another kind of machine's business; never required of this one.
    elsewhere: u64,
}

impl Tally {
    /// One thing that was tried.
    fn one(passed: bool) -> Self {
        Self {
            passed: u64::from(passed),
            failed: u64::from(!passed),
            ..Self::default()
        }
    }

    /// One thing that came to nothing if `outcome` is an error, which is shown.
    fn of<T>(outcome: Result<T>) -> Self {
        if let Err(error) = &outcome {
            println!("failed: {error:#}");
        }
        Self::one(outcome.is_ok())
    }

    /// One thing that cannot be tried here, and why.
    fn skipped(what: &str, reason: &str) -> Self {
        println!("skipped: {what}, for {reason}");
        Self {
            skipped: 1,
            ..Self::default()
        }
    }
}

impl AddAssign for Tally {
    fn add_assign(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
        self.skipped += other.skipped;
        self.elsewhere += other.elsewhere;
    }
}

/// Runs every step, whatever became of the one before.
pub(crate) fn run(args: &TestArgs) -> Result<ExitCode> {
    let mut total = Tally::default();
    for step in STEPS {
        println!("== {}", step.heading);
        let started = Instant::now();
        let tally = (step.run)()?;
        let took = started.elapsed().as_secs_f64();
        println!("== {}: {} ({took:.1} s)\n", step.heading, verdict(tally));
        total += tally;
    }
    println!(
        "{} passed, {} failed, {} skipped",
        total.passed,
        total.failed,
        total.skipped + total.elsewhere
    );
    let complete = total.skipped == 0 || !args.require_all;
    Ok(if total.failed == 0 && complete {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

fn verdict(tally: Tally) -> &'static str {
    match tally {
        Tally { failed: 1.., .. } => "failed",
        Tally { passed: 0, .. } => "skipped",
        Tally { skipped: 1.., .. } => "passed, some of it skipped",
        _ => "passed",
    }
}

fn formatting() -> Result<Tally> {
    check(&["fmt", "--all", "--check"])
}

fn lints() -> Result<Tally> {
    let mut tally = Tally::default();
    // The hosts are left out unless they are named, as they are by `cargo test`.
    let hosts: &[&str] = &["--test", "hosts"];
    let hosts = hosts::KNOWN.then_some(hosts);
    for targets in [&["--all-targets"][..]].into_iter().chain(hosts) {
        tally += check(
            &[
                &["clippy", "--quiet", "--workspace"],
                targets,
                &["--", "-D", "warnings"],
            ]
            .concat(),
        )?;
    }
    Ok(tally)
}

/// The engine for another kind of CPU, where its compiler target is installed. The target is not
/// part of what the README asks for, so its absence is told but never counts against the run.
fn arm() -> Result<Tally> {
    const TARGET: &str = "aarch64-unknown-linux-gnu";
    let printed = Command::new("rustc")
        .args(["--print", "target-libdir", "--target", TARGET])
        .output()
        .context("rustc does not start")?;
    let library = String::from_utf8_lossy(&printed.stdout);
    if !printed.status.success() || !Path::new(library.trim()).is_dir() {
        println!("skipped: the NEON kernels, for the target {TARGET} is not installed");
        return Ok(Tally {
            elsewhere: 1,
            ..Tally::default()
        });
    }
    check(&[
        "check",
        "--quiet",
        "--package",
        "gridleak-core",
        "--lib",
        "--target",
        TARGET,
    ])
}

/// A command that either succeeds or not.
fn check(arguments: &[&str]) -> Result<Tally> {
    let status = cargo(arguments).status().context("cargo does not start")?;
    Ok(Tally::one(status.success()))
}

/// The tests that draw the window, which need OpenGL.
const PICTURES: &str = "window::snapshots";

/// The tests that open it, which need a screen.
const NATIVE_WINDOW: &str = "native_window::tests";

/// The workspace's tests.
fn tests() -> Result<Tally> {
    counted(&mut cargo(&[
        "test",
        "--workspace",
        "--no-fail-fast",
        "--",
        "--skip",
        PICTURES,
        "--skip",
        NATIVE_WINDOW,
    ]))
}

/// The window, drawn without a screen and compared with pictures of how it should look.
fn pictures() -> Result<Tally> {
    if !cfg!(target_os = "linux") {
        let reason = "the pictures to compare with were drawn on Linux";
        return Ok(Tally::skipped("pictures of the window", reason));
    }
    let libraries = Command::new("/sbin/ldconfig").arg("-p").output();
    let known = libraries.map(|listed| String::from_utf8_lossy(&listed.stdout).into_owned());
    if !known.is_ok_and(|known| known.contains("libEGL.so.1")) {
        let reason = "OpenGL without a screen (libegl1) is not installed";
        return Ok(Tally::skipped("pictures of the window", reason));
    }
    counted(&mut cargo(&[
        "test",
        "--workspace",
        "--lib",
        "--",
        "--ignored",
        PICTURES,
    ]))
}

/// Tests that cargo runs, shown as they run and counted by their result lines.
fn counted(command: &mut Command) -> Result<Tally> {
    let mut child = command
        .stdout(Stdio::piped())
        .spawn()
        .context("cargo does not start")?;
    let mut tally = Tally::default();
    if let Some(output) = child.stdout.take() {
        for line in BufReader::new(output).split(b'\n') {
            let line = line.context("cannot read what cargo prints")?;
            let line = String::from_utf8_lossy(&line);
            println!("{line}");
            tally += result_line(&line).unwrap_or_default();
        }
    }
    let status = child.wait().context("cannot wait for cargo")?;
    // Tests that do not build, or that crash, leave no count of their failure.
    if !status.success() && tally.failed == 0 {
        tally.failed = 1;
    }
    Ok(tally)
}

/// An empty folder for what the plugin remembers, and its variable in the environment: tests neither
/// find nor leave anything among the user's own settings.
fn settings() -> Result<(&'static str, PathBuf)> {
    let folder = target().join("settings-of-tests");
    remove(&folder)?;
    Ok(("GRIDLEAK_CONFIG_DIR", folder))
}

/// How `child` ends; nothing if it had to be ended because it still ran after `limit`.
fn within(child: &mut Child, limit: Duration) -> Result<Option<ExitStatus>> {
    let started = Instant::now();
    loop {
        if let Some(status) = child.try_wait().context("cannot wait for a process")? {
            return Ok(Some(status));
        }
        if started.elapsed() > limit {
            // It may have ended this very moment; either way it is to be gone.
            let _ = child.kill();
            child.wait().context("cannot wait for a process")?;
            return Ok(None);
        }
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// The counts in a line such as `test result: ok. 3 passed; 0 failed; 1 ignored; 0 measured; ...`.
fn result_line(line: &str) -> Option<Tally> {
    let (_, counts) = line
        .trim()
        .strip_prefix("test result: ")?
        .split_once(". ")?;
    let count = |of: &str| {
        let mut parts = counts.split("; ").filter_map(|part| part.split_once(' '));
        parts.find(|(_, what)| *what == of)?.0.parse().ok()
    };
    Some(Tally {
        passed: count("passed")?,
        failed: count("failed")?,
        skipped: count("ignored")?,
        ..Tally::default()
    })
}

#[cfg(test)]
mod tests {
    use super::{Tally, result_line};

    #[test]
    fn counts_are_read_from_result_lines() {
        let line = "test result: FAILED. 12 passed; 3 failed; 1 ignored; 0 measured; 4 filtered out; finished in 0.31s";
        assert_eq!(
            result_line(line),
            Some(Tally {
                passed: 12,
                failed: 3,
                skipped: 1,
                elsewhere: 0,
            })
        );
        assert_eq!(result_line("test render ... ok"), None);
        assert_eq!(result_line("test result: ok."), None);
    }
}
