//! `gridleak play`: the plugin in a window of its own.

use clap::Args;

use crate::files::failure::Result;

/// Open Gridleak in a window of its own, with sound through the computer's audio devices
#[derive(Debug, Args)]
pub(super) struct PlayArgs {
    /// List the audio devices and end
    #[arg(long)]
    list: bool,
    /// The way to the devices, such as jack or alsa; none plays to nobody
    #[arg(long, value_name = "NAME")]
    backend: Option<String>,
    /// The device that the guitar is plugged into, or a part of its name
    #[arg(long, value_name = "DEVICE")]
    input: Option<String>,
    /// The device that is heard, or a part of its name
    #[arg(long, value_name = "DEVICE")]
    output: Option<String>,
    /// Play without an input
    #[arg(long, conflicts_with_all = ["input", "input_channels"])]
    no_input: bool,
    /// The channel of the guitar, or two for stereo, as in 3,4 [default: 1]
    #[arg(long, value_name = "CHANNELS", value_delimiter = ',', value_parser = channel)]
    input_channels: Vec<usize>,
    /// One or two channels that are heard, as in 3,4 [default: 1,2]
    #[arg(long, value_name = "CHANNELS", value_delimiter = ',', value_parser = channel)]
    output_channels: Vec<usize>,
    /// Sample rate in Hz [default: that of the output]
    #[arg(long, value_name = "HZ", value_parser = clap::value_parser!(u32).range(8_000..=768_000))]
    rate: Option<u32>,
    /// Frames that are played at once; fewer are sooner heard, and harder to keep up with [default: 256]
    #[arg(long, value_name = "FRAMES", value_parser = clap::value_parser!(u32).range(16..=8192))]
    block: Option<u32>,
}

/// A channel as people count them.
#[cfg_attr(not(feature = "standalone"), allow(clippy::unnecessary_wraps))]
fn channel(text: &str) -> std::result::Result<usize, String> {
    let number = text.parse().ok().filter(|number| (1..=64).contains(number));
    let number: usize = number.ok_or("channels are numbers from 1 to 64")?;
    Ok(number - 1)
}

/// Plays until the window is closed.
#[cfg(feature = "standalone")]
pub(super) fn run(args: &PlayArgs) -> Result<()> {
    use crate::files::failure::Failure;
    use crate::host::standalone::{self, Wish};

    if args.list {
        super::say(&standalone::list());
        return Ok(());
    }
    let at_most_two = |channels: &[usize]| match channels.len() {
        0..=2 => Ok(channels.to_vec()),
        _ => Err(Failure::new("Gridleak plays one or two channels")),
    };
    let wish = Wish {
        backend: args.backend.clone(),
        input: args.input.clone(),
        output: args.output.clone(),
        no_input: args.no_input,
        input_channels: at_most_two(&args.input_channels)?,
        output_channels: at_most_two(&args.output_channels)?,
        rate: args.rate,
        block: args.block,
    };
    standalone::run(&wish, super::note)
}

/// Tells what is missing.
#[cfg(not(feature = "standalone"))]
pub(super) fn run(_args: &PlayArgs) -> Result<()> {
    Err(crate::files::failure::Failure::new(
        "this program was built without its window; build it with `cargo install --path plugin --features standalone` (on Debian that takes the packages libasound2-dev, libjack-jackd2-dev and pkg-config), or load the plugin in a DAW",
    ))
}
