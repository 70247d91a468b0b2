//! `cargo xtask demo`: the built-in phrase through every built-in capture and the built-in cabinet, and through
//! a rig of all of them.

use std::fs;
use std::process::{Command, ExitCode};

use anyhow::{Context, Result, ensure};

use crate::cargo::{cargo, root, shown, target};

/// Builds the command line and renders; the lines it prints give level and speed.
pub(crate) fn run() -> Result<ExitCode> {
    println!("Building Gridleak ...");
    // Without the plugin and its window: the first sound does not wait for them.
    let program = [
        "--package",
        "gridleak",
        "--bin",
        "gridleak",
        "--no-default-features",
    ];
    let built =
        cargo(&[&["build", "--profile", "quick", "--quiet"][..], &program].concat()).status();
    ensure!(
        built.context("cargo does not start")?.success(),
        "Gridleak does not build"
    );

    let folder = target().join("demo");
    // Shown and used from the workspace's folder, where a short name will do.
    let shown = shown(&folder);
    fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
    let program = target()
        .join("quick")
        .join(format!("gridleak{}", std::env::consts::EXE_SUFFIX));
    let captures = voices()?.into_iter().map(|name| {
        let capture = format!("builtin:{name}");
        let arguments = ["--ir", "builtin:4x12", "--capture", &capture].map(str::to_owned);
        (name, arguments)
    });
    // Four slots, gone over to while it plays.
    let slots = [
        "--rig",
        "assets/stage.gridleak",
        "--automation",
        "assets/stage.csv",
    ];
    let slots = slots.map(str::to_owned);
    for (name, arguments) in captures.chain([("slots".to_owned(), slots)]) {
        let played = Command::new(&program)
            .args(["render", "--demo"])
            .args(arguments)
            .arg(shown.join(format!("{name}.wav")))
            .current_dir(root())
            .status()
            .with_context(|| format!("{} does not start", program.display()))?;
        ensure!(played.success(), "the demo of {name} failed");
    }
    println!("Listen to the WAV files in {}", shown.display());
    Ok(ExitCode::SUCCESS)
}

/// Names of the built-in captures: what lies in `assets/` is built in.
fn voices() -> Result<Vec<String>> {
    let folder = root().join("assets");
    let mut names = Vec::new();
    for entry in
        fs::read_dir(&folder).with_context(|| format!("cannot list {}", folder.display()))?
    {
        let path = entry?.path();
        if path.extension().is_some_and(|e| e == "nam") {
            names.extend(
                path.file_stem()
                    .map(|stem| stem.to_string_lossy().into_owned()),
            );
        }
    }
    ensure!(!names.is_empty(), "{} holds no captures", folder.display());
    names.sort();
    Ok(names)
}
