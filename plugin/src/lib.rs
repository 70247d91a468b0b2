//! Gridleak plays Neural Amp Modeler captures as a VST3 and CLAP plugin, and on the command line.

// The command line alone uses only a part of what it shares with the plugin.
#![cfg_attr(not(feature = "plugin"), allow(dead_code, unused_imports))]

mod builtin;
mod capture_info;
mod capture_knobs;
mod cli;
mod files;
#[cfg(feature = "plugin")]
mod host;
mod measurements;
mod session;
mod simd_choice;
#[cfg(feature = "plugin")]
mod window;

pub use cli::run as run_command_line;

#[cfg(feature = "plugin")]
clack_plugin::clack_export_entry!(host::clap::ClapEntry);

/// Watches over [`session::player`] in the builds that tests load.
#[cfg(feature = "assert_process_allocs")]
#[global_allocator]
static ALLOCATOR: assert_no_alloc::AllocDisabler = assert_no_alloc::AllocDisabler;
