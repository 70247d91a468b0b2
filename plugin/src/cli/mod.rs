//! The command line: what can be asked for, and how success and failure are told.

mod automation;
mod bench;
mod capture_source;
mod chain_args;
mod inspect;
mod interruption;
mod load_time;
mod loaded_rig;
mod parameters;
mod play;
mod render;
mod rig_chain;
mod rig_file;
mod settings_args;
mod streams;

use std::ffi::OsString;
use std::io::Write;
use std::process::ExitCode;

use clap::error::ErrorKind;
use clap::{Parser, Subcommand};

use crate::files::failure::one_line;
use crate::simd_choice;

/// Exit code for an argument or a file that cannot be used.
const UNUSABLE: u8 = 2;

/// Plays, inspects and times Neural Amp Modeler captures (.nam files).
#[derive(Debug, Parser)]
#[command(
    name = "gridleak",
    version,
    subcommand_required = true,
    arg_required_else_help = false,
    after_help = "GRIDLEAK_SIMD=sse2|avx2|avx512 in the environment chooses the CPU's instructions \
                  that captures play with; without it, the fastest do."
)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Render(Box<render::RenderArgs>),
    Inspect(inspect::InspectArgs),
    Bench(bench::BenchArgs),
    Play(play::PlayArgs),
    /// Print the reference of all parameters, as Markdown
    Parameters,
}

/// Runs the command in `arguments`, the program's name first.
pub fn run(arguments: impl Iterator<Item = OsString>) -> ExitCode {
    let done = match Cli::try_parse_from(arguments) {
        Ok(cli) => simd_choice::choose().and_then(|level| match cli.command {
            Command::Render(args) => render::run(&args, level),
            Command::Inspect(args) => inspect::run(&args),
            Command::Bench(args) => bench::run(&args, level),
            Command::Play(args) => play::run(&args),
            Command::Parameters => {
                parameters::run();
                Ok(())
            }
        }),
        Err(error) => match error.kind() {
            ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => {
                say(error.to_string().trim_end());
                return ExitCode::SUCCESS;
            }
            _ => {
                complain(&summary(&error));
                return ExitCode::from(UNUSABLE);
            }
        },
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            complain(&failure.to_string());
            ExitCode::from(UNUSABLE)
        }
    }
}

/// The first paragraph of clap's message, which names the fault, in one line.
fn summary(error: &clap::Error) -> String {
    let text = error.to_string();
    let fault = text.split("\n\n").next().unwrap_or_default();
    let words: Vec<&str> = fault.split_whitespace().collect();
    let words = words.join(" ");
    format!(
        "{} (see gridleak --help)",
        words.strip_prefix("error: ").unwrap_or(&words)
    )
}

/// Prints to standard output. Nobody listening there (`gridleak ... | head -1`) is no failure.
fn say(text: &str) {
    let _ = writeln!(std::io::stdout(), "{text}");
}

/// Prints to standard error, where standard output is for sound.
fn say_aside(text: &str) {
    let _ = writeln!(std::io::stderr(), "{text}");
}

/// Tells on standard error why nothing came of it.
fn complain(line: &str) {
    let _ = writeln!(std::io::stderr(), "gridleak: {}", one_line(line));
}

/// Tells on standard error something worth knowing about what is done all the same.
fn note(line: &str) {
    let _ = writeln!(std::io::stderr(), "gridleak: note: {}", one_line(line));
}
