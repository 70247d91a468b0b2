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
    counted(&mut scenarios(prefix))
}

/// A VST3 bundle without the remedy must abort its host where the plugin does not.
pub(super) fn proof() -> Result<Tally> {
    let bundles = match Flavour::NoPark.bundle() {
        Ok(bundles) => bundles,
        failed => return Ok(Tally::of(failed)),
    };
    counted(scenarios("proof").env("GRIDLEAK_VST3_NO_PARK", bundles.vst3))
}

/// A command that runs the scenarios whose names begin like this.
pub(super) fn scenarios(prefix: &str) -> Command {
    // Of the whole workspace, like all the tests, so that nothing is built a second time.
    let mut command = cargo(&["test", "--workspace", "--test", "hosts", "--", prefix]);
    command.envs(bundles());
    command
}

/// Where the bundles are, in the words of the tests' environment.
pub(super) fn bundles() -> [(&'static str, PathBuf); 4] {
    let (release, checked) = (Flavour::Release.bundles(), Flavour::Checked.bundles());
    [
        ("GRIDLEAK_CLAP", release.clap),
        ("GRIDLEAK_VST3", release.vst3),
        ("GRIDLEAK_CLAP_CHECKED", checked.clap),
        ("GRIDLEAK_VST3_CHECKED", checked.vst3),
    ]
}
