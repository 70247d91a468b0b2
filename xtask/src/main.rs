//! The chores of the workspace: `cargo xtask demo`, `bundle`, `install`, `test` and `bench`.

mod bench;
mod bundle;
mod cargo;
mod demo;
mod install;
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
    /// Build the plugin, VST3 and CLAP
    Bundle(bundle::BundleArgs),
    /// Build the plugin and put it where recording software finds it
    Install,
    /// Take the plugin out of there again
    Uninstall,
    /// Run every check and test
    Test(test::TestArgs),
    /// Time Gridleak beside other engines
    Bench(bench::BenchArgs),
}

fn main() -> ExitCode {
    let done = match Cli::parse().command {
        Command::Demo => demo::run(),
        Command::Bundle(args) => bundle::run(&args),
        Command::Install => install::install(),
        Command::Uninstall => install::uninstall(),
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
