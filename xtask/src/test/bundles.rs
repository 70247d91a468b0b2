//! The bundles: that they can be made, installed and taken out again.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};

use super::Tally;
use crate::bundle::{Flavour, remove};
use crate::cargo::target;

/// Makes the bundles that the steps behind this one load.
pub(super) fn run() -> Result<Tally> {
    let mut tally = Tally::of(Flavour::Release.bundle());
    tally += Tally::of(Flavour::Checked.bundle());
    tally += if cfg!(target_os = "linux") {
        Tally::of(comes_and_goes())
    } else {
        Tally::skipped(
            "install and uninstall",
            "only on Linux can they be tried with another home folder",
        )
    };
    Ok(tally)
}

/// Installs into a home of its own, twice, and uninstalls.
fn comes_and_goes() -> Result<()> {
    let home = target().join("home-of-tests");
    remove(&home)?;
    let xtask = |command: &str| -> Result<()> {
        let status = Command::new(std::env::current_exe()?)
            .arg(command)
            .env("HOME", &home)
            // Cargo and Rust are where they were all the same.
            .envs(theirs("CARGO_HOME", ".cargo"))
            .envs(theirs("RUSTUP_HOME", ".rustup"))
            .status()?;
        ensure!(status.success(), "{command} fails");
        Ok(())
    };
    // What lies beside the bundles is to stay.
    let neighbour = home.join(".vst3/Neighbour.vst3");
    fs::create_dir_all(&neighbour).context("cannot make a folder for the test")?;
    for _ in 0..2 {
        xtask("install")?;
        for path in [".clap/Gridleak.clap", ".vst3/Gridleak.vst3/Contents"] {
            ensure!(home.join(path).exists(), "install puts no {path}");
        }
    }
    let built = Flavour::Release.bundles()?;
    ensure!(
        fs::read(&built.clap)? == fs::read(home.join(".clap/Gridleak.clap"))?,
        "what is installed is not what was built"
    );
    xtask("uninstall")?;
    ensure!(
        listed(&home.join(".clap"))?.is_empty() && listed(&home.join(".vst3"))? == [neighbour],
        "uninstall leaves something behind, or takes too much"
    );
    xtask("uninstall")?;
    remove(&home)?;
    Ok(())
}

/// A variable of the environment and what it stands for if it is not set.
fn theirs(variable: &'static str, folder: &str) -> Option<(&'static str, PathBuf)> {
    let path = std::env::var_os(variable).map(PathBuf::from);
    let path = path.or_else(|| Some(dirs::home_dir()?.join(folder)))?;
    Some((variable, path))
}

/// Everything in a folder, hidden or not.
fn listed(folder: &Path) -> Result<Vec<PathBuf>> {
    let listed = fs::read_dir(folder)?.map(|entry| Ok(entry?.path()));
    listed.collect()
}
