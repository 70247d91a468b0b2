//! The chores of the workspace: `cargo xtask demo`, `cargo xtask test`, `cargo xtask bench`.

mod bench;
mod cargo;
mod demo;
mod test;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// The chores of the Gridleak workspace.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Render the built-in phrase through every built-in capture
    Demo,
    /// Run every check and test
    Test(test::TestArgs),
    /// Time Gridleak beside other engines
    Bench(bench::BenchArgs),
}

fn main() -> ExitCode {
    let done = match Cli::parse().command {
        Command::Demo => demo::run(),
        Command::Test(args) => test::run(&args),
        Command::Bench(args) => bench::run(&args),
    };
    match done {
        Ok(code) => code,
        Err(error) => {
            eprintln!("xtask: {error:#}");
            ExitCode::FAILURE
        }
    }
}
