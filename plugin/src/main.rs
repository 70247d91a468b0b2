//! Gridleak on the command line: plays, inspects and times Neural Amp Modeler captures.

mod builtin;
mod cli;
mod failure;
mod output_file;
mod rate_converter;
mod riff;
mod simd_choice;
mod wav_reader;
mod wav_writer;

fn main() -> std::process::ExitCode {
    cli::run(std::env::args_os())
}
