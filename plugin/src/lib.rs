//! Gridleak plays Neural Amp Modeler captures as a VST3 and CLAP plugin, and on the command line.

// The command line alone uses only a part of what it shares with the plugin.
#![cfg_attr(not(feature = "plugin"), allow(dead_code))]

mod builtin;
mod capture_knobs;
mod card;
mod cli;
mod endings;
mod failure;
mod impulse_file;
mod measurements;
mod ordinary_file;
mod output_file;
mod simd_choice;
mod sound_file;
mod state;
mod wav_writer;

#[cfg(feature = "plugin")]
mod editor;
#[cfg(feature = "plugin")]
mod folder;
#[cfg(feature = "plugin")]
mod handover;
#[cfg(feature = "plugin")]
mod history;
#[cfg(feature = "plugin")]
mod incoming_state;
#[cfg(feature = "plugin")]
mod library;
#[cfg(feature = "plugin")]
mod library_pin;
#[cfg(feature = "plugin")]
mod loader;
#[cfg(feature = "plugin")]
mod meters;
#[cfg(feature = "plugin")]
mod newer_fields;
#[cfg(feature = "plugin")]
mod panel;
#[cfg(feature = "plugin")]
mod parameters;
#[cfg(feature = "plugin")]
mod part;
#[cfg(feature = "plugin")]
mod plugin;
#[cfg(feature = "plugin")]
mod project_changes;
#[cfg(feature = "plugin")]
mod settings;
#[cfg(feature = "plugin")]
mod shared_file;
#[cfg(feature = "plugin")]
mod thread_end;
#[cfg(feature = "plugin")]
mod thread_token;
#[cfg(feature = "plugin")]
mod window_status;
#[cfg(feature = "plugin")]
mod worker_park;

pub use cli::run as run_command_line;
#[cfg(feature = "plugin")]
pub use plugin::Gridleak;

#[cfg(feature = "plugin")]
nice_plug::prelude::nice_export_clap!(plugin::Gridleak);
#[cfg(feature = "plugin")]
nice_plug::prelude::nice_export_vst3!(plugin::Gridleak);
