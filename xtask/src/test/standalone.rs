//! `gridleak play`, without a sound card, on a screen that only exists in memory.

use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};

use super::screen::{Screen, lacking};
use super::{Tally, within};
use crate::cargo::{cargo, target};

/// How long the window may take to come, and the program to end when it is closed.
const TIMEOUT: Duration = Duration::from_secs(20);
/// How long it plays.
const PLAYS: Duration = Duration::from_secs(3);

/// Builds the program and looks at it.
pub(super) fn run() -> Result<Tally> {
    let what = "gridleak play";
    if !cfg!(target_os = "linux") {
        return Ok(Tally::skipped(what, "the test knows only X11"));
    }
    let lacking = lacking();
    if !lacking.is_empty() {
        let reason = format!("{} is not installed", lacking.join(", "));
        return Ok(Tally::skipped(what, &reason));
    }
    Ok(Tally::of(plays()))
}

fn plays() -> Result<()> {
    // Of the whole workspace, like all the tests: most of it is built already.
    let built = cargo(&["build", "--workspace", "--bin", "gridleak"])
        .args(["--features", "gridleak/standalone"])
        .status()
        .context("cargo does not start")?;
    ensure!(built.success(), "it does not build");
    let screen = Screen::start()?;
    let mut program = Command::new(target().join("debug/gridleak"))
        .args(["play", "--backend", "none"])
        .env("DISPLAY", &screen.display)
        .envs([super::settings()?])
        .stdout(Stdio::null())
        .spawn()
        .context("it does not start")?;
    let looked = look(&mut program, &screen);
    let ended = within(&mut program, TIMEOUT);
    looked?;
    ensure!(
        ended?.is_some_and(|status| status.success()),
        "it does not end when its window is closed"
    );
    Ok(())
}

/// Waits for the window, takes a picture of it and closes it.
fn look(program: &mut Child, screen: &Screen) -> Result<()> {
    let started = Instant::now();
    let window = loop {
        if let Some(window) = screen.window("^Gridleak$")? {
            break window;
        }
        if let Some(status) = program.try_wait()? {
            bail!("it ended by itself: {status}");
        }
        ensure!(started.elapsed() < TIMEOUT, "no window opens");
        std::thread::sleep(Duration::from_millis(100));
    };
    std::thread::sleep(PLAYS);
    if let Some(status) = program.try_wait()? {
        bail!("it ended by itself: {status}");
    }
    let colours = screen.colours(&window, "standalone.png")?;
    ensure!(colours > 50, "the window is empty: {colours} colours");
    // As the person at the screen does.
    screen.act(&["windowactivate", "--sync", &window])?;
    screen.act(&["key", "alt+F4"])
}
