//! The bundles in hosts written in Rust: `plugin/tests/hosts`.

use std::path::PathBuf;
use std::process::Command;

use anyhow::Result;

use super::{Tally, counted};
use crate::bundle::Flavour;
use crate::cargo::cargo;

/// Whether the hosts know this system.
pub(super) const KNOWN: bool = cfg!(unix);

/// CLAP, without a screen.
pub(super) fn clap() -> Result<Tally> {
    without_screen("clap")
}

/// VST3, without a screen.
pub(super) fn vst3() -> Result<Tally> {
    without_screen("vst3")
}

fn without_screen(prefix: &str) -> Result<Tally> {
    if !KNOWN {
        return Ok(Tally::skipped("the hosts", "they do not know this system"));
    }
    counted(&mut scenarios(prefix)?)
}

/// A command that runs the scenarios whose names begin like this.
pub(super) fn scenarios(prefix: &str) -> Result<Command> {
    // Of the whole workspace, like all the tests, so that nothing is built a second time.
    let mut command = cargo(&["test", "--workspace", "--test", "hosts", "--", prefix]);
    command.envs(bundles()?);
    Ok(command)
}

/// Where the bundles are, in the words of the tests' environment.
pub(super) fn bundles() -> Result<[(&'static str, PathBuf); 4]> {
    let (release, checked) = (Flavour::Release.bundles()?, Flavour::Checked.bundles()?);
    Ok([
        ("GRIDLEAK_CLAP", release.clap),
        ("GRIDLEAK_VST3", release.vst3),
        ("GRIDLEAK_CLAP_CHECKED", checked.clap),
        ("GRIDLEAK_VST3_CHECKED", checked.vst3),
    ])
}
