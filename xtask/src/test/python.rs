//! The bundles in hosts made for Python, pedalboard and dawdreamer: `plugin/tests/python`.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};

use super::{Tally, hosts, within};
use crate::cargo::{cargo, root, target};

/// How long a script may take.
const TIMEOUT: Duration = Duration::from_secs(300);

/// Runs every script that needs no screen.
pub(super) fn run() -> Result<Tally> {
    scripts("the scripts without a screen", None)
}

/// Runs every script that opens the editor, on the X display of this name.
pub(super) fn editor(display: &str) -> Result<Tally> {
    scripts("the scripts that open the editor", Some(display))
}

/// Runs the scripts that need a display or those that do not, each in a process of its own.
fn scripts(what: &str, display: Option<&str>) -> Result<Tally> {
    let python = match environment() {
        Ok(python) => python,
        Err(reason) => return Ok(Tally::skipped(what, &format!("{reason:#}"))),
    };
    // The tests' own program, which what the plugin plays is compared with.
    let built = cargo(&[
        "test",
        "--workspace",
        "--test",
        "hosts",
        "--no-run",
        "--quiet",
    ])
    .status();
    ensure!(
        built.context("cargo does not start")?.success(),
        "the program does not build"
    );
    let program = format!("gridleak{}", std::env::consts::EXE_SUFFIX);

    let mut tally = Tally::default();
    for script in listed()? {
        let name = script.file_stem().unwrap_or_default().to_string_lossy();
        if name == "support" || name.ends_with("_editor") != display.is_some() {
            continue;
        }
        print!("test {name} ... ");
        let started = Instant::now();
        let said = target().join(format!("{name}.log"));
        let log = fs::File::create(&said).with_context(|| format!("cannot write {name}.log"))?;
        let mut child = Command::new(&python)
            .arg("-B")
            .arg(&script)
            .envs(hosts::bundles()?)
            .env("GRIDLEAK_PROGRAM", target().join("debug").join(&program))
            .envs([super::settings()?])
            .env("GRIDLEAK_SCREENSHOTS", super::screen::screenshots()?)
            .envs(display.map(|display| ("DISPLAY", display)))
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            .spawn()
            .context("python does not start")?;
        let ended = within(&mut child, TIMEOUT)?;
        let passed = ended.is_some_and(|status| status.success());
        if passed {
            println!("ok ({:.1} s)", started.elapsed().as_secs_f64());
        } else {
            let report = fs::read(&said).unwrap_or_default();
            let ended = ended.map_or("does not end".into(), |status| status.to_string());
            println!("FAILED\n{}\n{ended}", String::from_utf8_lossy(&report));
        }
        tally += Tally::one(passed);
    }
    Ok(tally)
}

/// The Python scripts, in the order of their names.
fn listed() -> Result<Vec<PathBuf>> {
    let folder = folder();
    let listed = fs::read_dir(&folder).and_then(|entries| {
        entries
            .map(|entry| Ok(entry?.path()))
            .collect::<std::io::Result<Vec<_>>>()
    });
    let mut scripts = listed.with_context(|| format!("cannot list {}", folder.display()))?;
    scripts.retain(|path| path.extension().is_some_and(|e| e == "py"));
    scripts.sort();
    Ok(scripts)
}

fn folder() -> PathBuf {
    root().join("plugin/tests/python")
}

/// The Python of a virtual environment with the hosts, made if it is not there; an error says what
/// this machine lacks.
fn environment() -> Result<PathBuf> {
    let wanted = folder().join("requirements.txt");
    let wanted = fs::read_to_string(&wanted).context("requirements.txt cannot be read")?;
    let folder = target().join("python");
    let python = folder.join(if cfg!(windows) {
        "Scripts/python.exe"
    } else {
        "bin/python"
    });
    // Written last, so that what was broken off is made again.
    let done = folder.join("requirements.txt");
    if fs::read_to_string(&done).is_ok_and(|there| there == wanted) {
        return Ok(python);
    }
    crate::bundle::remove(&folder)?;
    let tell = |mut command: Command, lacking: &str| -> Result<()> {
        let output = command.output().context(lacking.to_owned())?;
        let said = String::from_utf8_lossy(&output.stderr);
        let last = said.lines().last().unwrap_or_default();
        ensure!(output.status.success(), "{lacking} ({last})");
        Ok(())
    };
    let system = if cfg!(windows) { "python" } else { "python3" };
    let mut make = Command::new(system);
    make.args(["-m", "venv"]).arg(&folder);
    tell(make, "python3 with venv is not installed")?;
    let mut install = Command::new(&python);
    // Ready-made packages only: building them would need a compiler and an hour.
    install
        .args(["-m", "pip", "install", "--quiet", "--only-binary=:all:"])
        .args(["--disable-pip-version-check", "--requirement"])
        .arg(self::folder().join("requirements.txt"));
    tell(install, "the hosts cannot be fetched from PyPI")?;
    write(&done, &wanted)?;
    Ok(python)
}

fn write(path: &Path, text: &str) -> Result<()> {
    fs::write(path, text).with_context(|| format!("cannot write {}", path.display()))
}
