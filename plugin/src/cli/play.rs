//! `gridleak play`: the plugin in a window of its own.

use clap::Args;

use crate::files::failure::{Failure, Result};

/// Open the plugin in a window of its own, on JACK or ALSA
#[derive(Debug, Args)]
#[command(disable_help_flag = true)]
pub(super) struct PlayArgs {
    /// Audio settings; `gridleak play --help` lists them
    #[arg(
        value_name = "SETTING",
        trailing_var_arg = true,
        allow_hyphen_values = true
    )]
    settings: Vec<String>,
}

/// Plays until the window is closed.
#[cfg(feature = "standalone")]
pub(super) fn run(args: &PlayArgs) -> Result<()> {
    let name = "gridleak play".to_owned();
    let arguments = std::iter::once(name).chain(args.settings.iter().cloned());
    let played =
        nice_plug::prelude::nice_export_standalone_with_args::<crate::Gridleak, _>(arguments);
    if played {
        return Ok(());
    }
    Err(Failure::new(
        "the audio could not be opened; see above, or choose other settings (gridleak play --help)",
    ))
}

/// Tells what is missing.
#[cfg(not(feature = "standalone"))]
pub(super) fn run(_args: &PlayArgs) -> Result<()> {
    Err(Failure::new(
        "this program was built without its window; build it with `cargo install --path plugin --features standalone` (on Debian that takes the packages libasound2-dev, libjack-jackd2-dev and pkg-config), or load the plugin in a DAW",
    ))
}
