//! Gridleak plays Neural Amp Modeler captures as a VST3 and CLAP plugin, and on the command line.

mod builtin;
mod capture_knobs;
mod card;
mod cli;
mod editor;
mod endings;
mod failure;
mod folder;
mod handover;
mod history;
mod impulse_file;
mod incoming_state;
mod library;
mod library_pin;
mod loader;
mod measurements;
mod meters;
mod newer_fields;
mod ordinary_file;
mod output_file;
mod panel;
mod parameters;
mod part;
mod plugin;
mod project_changes;
mod settings;
mod shared_file;
mod simd_choice;
mod sound_file;
mod state;
mod thread_end;
mod thread_token;
mod wav_writer;
mod window_status;
mod worker_park;

pub use cli::run as run_command_line;
pub use plugin::Gridleak;

nice_plug::prelude::nice_export_clap!(plugin::Gridleak);
nice_plug::prelude::nice_export_vst3!(plugin::Gridleak);
