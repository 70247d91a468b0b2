//! Gridleak plays Neural Amp Modeler captures as a VST3 and CLAP plugin, and on the command line.

mod builtin;
mod cli;
mod editor;
mod failure;
mod output_file;
mod parameters;
mod plugin;
mod rate_converter;
mod riff;
mod simd_choice;
mod wav_reader;
mod wav_writer;

pub use cli::run as run_command_line;
pub use plugin::Gridleak;

nice_plug::prelude::nice_export_clap!(plugin::Gridleak);
nice_plug::prelude::nice_export_vst3!(plugin::Gridleak);
