//! The options of `render` that stand for the rig around the capture.

use std::path::{Path, PathBuf};

use clap::Args;
use gridleak_core::{
    Capture, Control, KnobPositions, OfflineOversampling, OutputMode, ParameterId, Settings,
};

use super::capture_source::built_in;
use super::loaded_rig::LoadedResponse;
use super::settings_args::SettingsArgs;
use crate::builtin::CABS;
use crate::files::failure::{Failure, Result};
use crate::files::impulse_file;

/// The rig around the capture. What is not named is off, or as `--rig` has it.
#[derive(Debug, Args)]
#[command(next_help_heading = "Rig")]
pub(super) struct ChainArgs {
    /// Turn a knob of a capture that has some: its number or name, and where, 0 to 1; may be repeated
    #[arg(long = "knob", value_name = "KNOB=POSITION", value_parser = knob)]
    knobs: Vec<(String, f32)>,

    /// Capture of a pedal before the capture: a .nam file or builtin:NAME
    #[arg(long, value_name = "FILE")]
    pub(super) pedal: Option<PathBuf>,

    /// Impulse response of a cabinet: a WAV, AIFF or FLAC file or builtin:4x12
    #[arg(long, value_name = "FILE")]
    pub(super) ir: Option<PathBuf>,

    /// Another impulse response to blend with it
    #[arg(long, value_name = "FILE", requires = "ir")]
    pub(super) ir2: Option<PathBuf>,

    #[command(flatten)]
    settings: SettingsArgs,
}

impl ChainArgs {
    /// What everything is set to where no rig says so. `raw`: with the capture's samples as they are.
    pub(super) fn settings(&self, raw: bool) -> Settings {
        let mut settings = SettingsArgs::bare();
        settings.cab.on = self.ir.is_some();
        self.apply(&mut settings, raw);
        settings
    }

    /// Sets what is named in a rig.
    pub(super) fn apply(&self, settings: &mut Settings, raw: bool) {
        self.settings.apply(settings);
        if self.settings.gives(ParameterId::Oversampling) {
            settings.offline_oversampling = OfflineOversampling::default();
        }
        if raw {
            settings.levels.mode = OutputMode::Raw;
        }
    }

    /// Where the knobs of a capture stand: where its file has them start, unless they are turned.
    pub(super) fn knobs(&self, capture: &Capture) -> Result<KnobPositions> {
        let controls = capture
            .controls()
            .map_err(|e| Failure::new(e.to_string()))?;
        let mut positions = KnobPositions::default();
        for (position, control) in positions.iter_mut().zip(&**controls) {
            *position = control.default;
        }
        for (wanted, position) in &self.knobs {
            let number = wanted.parse::<usize>().ok();
            let numbered = number.and_then(|number| number.checked_sub(1));
            let named = |control: &Control| control.name.to_lowercase() == wanted.to_lowercase();
            let found = numbered.or_else(|| controls.iter().position(named));
            match found.filter(|&found| found < controls.len()) {
                Some(found) => positions[found] = *position,
                None => {
                    let names = controls.iter().enumerate();
                    let names = names.map(|(index, c)| format!("{} ({})", index + 1, c.name));
                    let names = names.collect::<Vec<_>>().join(", ");
                    return Err(Failure::new(match names.is_empty() {
                        true => format!("--knob {wanted}: the capture has no knobs"),
                        false => format!("--knob {wanted}: the capture has these knobs: {names}"),
                    }));
                }
            }
        }
        Ok(positions)
    }

    /// The impulse responses, of which there may be none.
    pub(super) fn responses(&self) -> Result<[Option<LoadedResponse>; 2]> {
        let open = |path: &Option<PathBuf>| path.as_deref().map(open_response).transpose();
        Ok([open(&self.ir)?, open(&self.ir2)?])
    }
}

fn open_response(path: &Path) -> Result<LoadedResponse> {
    let response = match built_in(path, CABS) {
        Some(found) => impulse_file::read(path, found?.bytes),
        None => impulse_file::open(path),
    };
    let name = path.display().to_string();
    response.map(|response| LoadedResponse { name, response })
}

fn knob(text: &str) -> std::result::Result<(String, f32), String> {
    let parts = text
        .rsplit_once('=')
        .map(|(knob, at)| (knob.trim(), at.trim()));
    let read = parts.and_then(|(knob, at)| {
        let position = at.parse().ok().filter(|at| (0.0..=1.0).contains(at))?;
        Some((knob.to_owned(), position))
    });
    read.filter(|(knob, _)| !knob.is_empty())
        .ok_or_else(|| "give a knob and a number from 0 to 1, as in 1=0.5 or drive=0.5".into())
}
