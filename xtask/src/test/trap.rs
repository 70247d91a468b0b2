//! The audio thread of the bundles for players, behind a library that counts what it must not do.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result, ensure};

use super::screen::{Screen, lacking};
use super::{Tally, counted, hosts};
use crate::cargo::{root, target};

/// Compiles the library and runs every test that needs it.
pub(super) fn run() -> Result<Tally> {
    if !cfg!(all(
        target_os = "linux",
        target_env = "gnu",
        target_arch = "x86_64"
    )) {
        println!(
            "skipped: the trap for the audio thread, for it is made for another kind of machine"
        );
        return Ok(Tally {
            elsewhere: 1,
            ..Tally::default()
        });
    }
    let mut tests = hosts::scenarios("trap")?;
    tests.env("GRIDLEAK_TRAP", library()?);
    // Never on the screen of somebody who works there.
    tests.env_remove("DISPLAY");
    let lacking = lacking();
    let screen = match lacking.is_empty() {
        true => Some(Screen::start()?),
        false => None,
    };
    match &screen {
        Some(screen) => {
            tests.env("DISPLAY", &screen.display);
        }
        None => println!(
            "without a window, for {} is not installed",
            lacking.join(", ")
        ),
    }
    counted(&mut tests)
}

/// The library, compiled anew.
fn library() -> Result<PathBuf> {
    let library = target().join("trap/libtrap.so");
    fs::create_dir_all(target().join("trap")).context("cannot make a folder for the trap")?;
    let compiled = Command::new("rustc")
        .args(["--edition", "2024", "--crate-type", "cdylib"])
        .args(["-O", "-D", "warnings", "-o"])
        .arg(&library)
        .arg(root().join("plugin/tests/trap/preload.rs"))
        .status();
    let compiled = compiled.context("rustc does not start")?;
    ensure!(compiled.success(), "the trap does not compile");
    Ok(library)
}
