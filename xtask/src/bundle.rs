//! `cargo xtask bundle`: the plugin as hosts load it, VST3 and CLAP.

use std::env::consts::{ARCH, DLL_PREFIX, DLL_SUFFIX};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result, ensure};
use clap::Args;
use serde::Deserialize;

use crate::cargo::{cargo, root, shown, target};

/// What a bundle for players may weigh, in bytes.
const MOST: u64 = 15_000_000;

/// What hosts show of the plugin before they load it, and the name that VST3 has for it there.
const MODULE_INFO: &str = "assets/moduleinfo.json";
const SNAPSHOT: &str = "assets/editor.png";

/// `bundler.toml`.
#[derive(Debug, Deserialize)]
struct Bundler {
    gridleak: Name,
}

#[derive(Debug, Deserialize)]
struct Name {
    /// The files' name without extension.
    name: String,
    /// What macOS knows it by.
    identifier: String,
}

/// `bundler.toml`, as far as it is needed here.
fn name() -> Result<Name> {
    let path = root().join("bundler.toml");
    let text = fs::read_to_string(&path).context("bundler.toml cannot be read")?;
    let bundler: Bundler = toml::from_str(&text).context("bundler.toml is damaged")?;
    Ok(bundler.gridleak)
}

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
        }
    }

    /// The folder in cargo's target folder that cargo builds in.
    fn built_in(self) -> PathBuf {
        target().join(match self {
            Self::Release => "release",
            Self::Checked => "debug",
        })
    }

    /// The folder that holds the folder `bundled`.
    fn home(self) -> PathBuf {
        match self {
            Self::Release => target(),
            Self::Checked => target().join("checked"),
        }
    }

    /// Where the bundles are, or will be.
    pub(crate) fn bundles(self) -> Result<Bundles> {
        let (folder, name) = (self.home().join("bundled"), name()?.name);
        Ok(Bundles {
            clap: folder.join(&name).with_extension("clap"),
            vst3: folder.join(&name).with_extension("vst3"),
        })
    }

    /// Builds the bundles anew. Old ones go first, so that a build that fails leaves none behind
    /// that could be taken for its own.
    pub(crate) fn bundle(self) -> Result<Bundles> {
        let bundles = self.bundles()?;
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
        let library = format!("{DLL_PREFIX}gridleak{DLL_SUFFIX}");
        let library = self.built_in().join(library);
        put_clap(&library, &bundles.clap)?;
        put_vst3(&library, &bundles.vst3)?;
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

/// A CLAP bundle: the library itself, but for macOS.
fn put_clap(library: &Path, bundle: &Path) -> Result<()> {
    match cfg!(target_os = "macos") {
        true => put_mac(library, bundle),
        false => put(library, bundle),
    }
}

/// A VST3 bundle: folders as Steinberg's documentation has them ("Plug-in Format Structure").
fn put_vst3(library: &Path, bundle: &Path) -> Result<()> {
    let contents = bundle.join("Contents");
    let resources = contents.join("Resources");
    let name = bundle.file_stem().unwrap_or_default();
    if cfg!(target_os = "macos") {
        put_mac(library, bundle)?;
    } else {
        let (system, extension) = match cfg!(windows) {
            true => ("win", "vst3"),
            false => ("linux", "so"),
        };
        let folder = contents.join(format!("{}-{system}", architecture()));
        put(library, &folder.join(name).with_extension(extension))?;
    }
    let module_info = root().join(MODULE_INFO);
    put(&module_info, &resources.join("moduleinfo.json"))?;
    let text = fs::read_to_string(&module_info).context("assets/moduleinfo.json")?;
    let class = text
        .split("\"CID\": \"")
        .nth(1)
        .and_then(|rest| rest.get(..32));
    let class = class.context("assets/moduleinfo.json names no class")?;
    let snapshot = format!("Snapshots/{class}_snapshot.png");
    put(&root().join(SNAPSHOT), &resources.join(snapshot))
}

/// The kind of processor, as VST3 names it.
fn architecture() -> &'static str {
    match (ARCH, cfg!(windows)) {
        ("aarch64", true) => "arm64",
        ("x86", false) => "i386",
        (other, _) => other,
    }
}

/// A bundle of macOS.
fn put_mac(library: &Path, bundle: &Path) -> Result<()> {
    let Name { name, identifier } = name()?;
    let contents = bundle.join("Contents");
    put(library, &contents.join("MacOS").join(&name))?;
    let version = env!("CARGO_PKG_VERSION");
    let entries = [
        ("CFBundleExecutable", name.as_str()),
        ("CFBundleIdentifier", &identifier),
        ("CFBundleName", &name),
        ("CFBundlePackageType", "BNDL"),
        ("CFBundleShortVersionString", version),
        ("CFBundleVersion", version),
    ];
    let entries = entries.map(|(key, value)| format!("<key>{key}</key><string>{value}</string>"));
    let list = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<plist version=\"1.0\"><dict>{}</dict></plist>\n",
        entries.concat()
    );
    fs::write(contents.join("Info.plist"), list).context("Info.plist")?;
    fs::write(contents.join("PkgInfo"), "BNDL????").context("PkgInfo")
}

/// Copies a file to where there need be no folder yet.
fn put(from: &Path, to: &Path) -> Result<()> {
    if let Some(folder) = to.parent() {
        fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
    }
    fs::copy(from, to)
        .with_context(|| format!("cannot copy {} to {}", from.display(), to.display()))?;
    Ok(())
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
