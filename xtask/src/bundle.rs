//! `cargo xtask bundle`: the plugin as hosts load it, VST3 and CLAP.

use std::env::consts::{DLL_PREFIX, DLL_SUFFIX};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result, ensure};
use clap::Args;

use crate::cargo::{cargo, root, shown, target};

/// The files' name without extension, as `bundler.toml` has it.
const NAME: &str = "Gridleak";
/// What a bundle for players may weigh, in bytes.
const MOST: u64 = 15_000_000;
/// The folder, named like a profile of cargo's, that the bundler takes the library from.
const BUNDLING: &str = "bundling";

#[derive(Debug, Args)]
pub(crate) struct BundleArgs {
    /// Make the ones that tests use instead: a debug build that ends the host if the audio thread
    /// allocates
    #[arg(long)]
    checked: bool,
}

/// A way of building the plugin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Flavour {
    /// For players.
    Release,
    /// A debug build that ends the host if the audio thread allocates.
    Checked,
    /// A debug build without the remedy for the framework's crashes, to prove that it is one.
    NoPark,
}

/// Where the two bundles of a flavour are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Bundles {
    pub(crate) clap: PathBuf,
    pub(crate) vst3: PathBuf,
}

/// Makes the bundles and says where they are.
pub(crate) fn run(args: &BundleArgs) -> Result<ExitCode> {
    let flavour = if args.checked {
        Flavour::Checked
    } else {
        Flavour::Release
    };
    flavour.bundle()?;
    Ok(ExitCode::SUCCESS)
}

impl Flavour {
    fn build_arguments(self) -> &'static [&'static str] {
        match self {
            Self::Release => &["--package", "gridleak", "--release"],
            // With the workspace's tests around, most of this is there already.
            Self::Checked => &[
                "--workspace",
                "--features",
                "gridleak/assert_process_allocs",
            ],
            Self::NoPark => &["--workspace", "--features", "gridleak/no-park"],
        }
    }

    /// The folder in cargo's target folder that cargo builds in.
    fn built_in(self) -> PathBuf {
        target().join(match self {
            Self::Release => "release",
            Self::Checked | Self::NoPark => "debug",
        })
    }

    /// The folder that holds the folder `bundled`.
    fn home(self) -> PathBuf {
        match self {
            Self::Release => target(),
            Self::Checked => target().join("checked"),
            Self::NoPark => target().join("no-park"),
        }
    }

    /// Where the bundles are, or will be.
    pub(crate) fn bundles(self) -> Bundles {
        let folder = self.home().join("bundled");
        Bundles {
            clap: folder.join(NAME).with_extension("clap"),
            vst3: folder.join(NAME).with_extension("vst3"),
        }
    }

    /// Builds the bundles anew. Old ones go first, so that a build that fails leaves none behind
    /// that could be taken for its own.
    pub(crate) fn bundle(self) -> Result<Bundles> {
        let bundles = self.bundles();
        for old in [&bundles.clap, &bundles.vst3] {
            remove(old)?;
        }
        let built = cargo(&["build", "--lib"])
            .args(self.build_arguments())
            .status();
        ensure!(
            built.context("cargo does not start")?.success(),
            "the plugin does not build"
        );

        // The bundler would take the program of the same name along, from an older build perhaps,
        // so it gets the library in a folder of its own.
        let library = format!("{DLL_PREFIX}gridleak{DLL_SUFFIX}");
        let folder = self.home().join(BUNDLING);
        fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
        fs::copy(self.built_in().join(&library), folder.join(&library))
            .with_context(|| format!("cannot copy {library} to {}", folder.display()))?;
        // The bundler looks for bundler.toml where it runs.
        std::env::set_current_dir(root()).context("cannot go to the workspace's folder")?;
        let profile = ["--profile".to_owned(), BUNDLING.to_owned()];
        nice_plug_xtask::bundle(&self.home(), "gridleak", &profile, false)?;

        for path in [&bundles.clap, &bundles.vst3] {
            let bytes = size(path).with_context(|| format!("{} was not made", path.display()))?;
            println!("{}: {:.1} MB", shown(path).display(), bytes as f64 / 1e6);
            ensure!(
                self != Self::Release || bytes <= MOST,
                "{} is larger than {} MB",
                path.display(),
                MOST / 1_000_000
            );
        }
        Ok(bundles)
    }
}

/// Bytes in a file, or in all the files below a folder.
fn size(path: &Path) -> std::io::Result<u64> {
    let about = fs::symlink_metadata(path)?;
    if !about.is_dir() {
        return Ok(about.len());
    }
    fs::read_dir(path)?.map(|entry| size(&entry?.path())).sum()
}

/// Removes a file, or a folder with all that is in it. Says whether there was one.
pub(crate) fn remove(path: &Path) -> Result<bool> {
    let removed = match fs::symlink_metadata(path) {
        Ok(about) if about.is_dir() => fs::remove_dir_all(path),
        Ok(_) => fs::remove_file(path),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(false),
        Err(error) => Err(error),
    };
    removed.with_context(|| format!("cannot remove {}", path.display()))?;
    Ok(true)
}
