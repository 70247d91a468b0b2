//! Gridleak plays Neural Amp Modeler captures as a VST3 and CLAP plugin, and on the command line.

mod builtin;
mod card;
mod cli;
mod editor;
mod failure;
mod folder;
mod handover;
mod history;
mod impulse_file;
mod incoming_state;
mod library;
mod library_pin;
mod loader;
mod meters;
mod newer_fields;
mod output_file;
mod panel;
mod parameters;
mod part;
mod plugin;
mod project_changes;
mod riff;
mod settings;
mod simd_choice;
mod state;
mod thread_token;
mod wav_reader;
mod wav_writer;
mod window_status;
mod worker_park;

pub use cli::run as run_command_line;
pub use plugin::Gridleak;

nice_plug::prelude::nice_export_clap!(plugin::Gridleak);
nice_plug::prelude::nice_export_vst3!(plugin::Gridleak);
