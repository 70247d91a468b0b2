//! The options of `render` that stand for the knobs of the plugin.

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use gridleak_core::{
    CabSettings, Capture, Chain, Control, GateSettings, ImpulseResponse, KnobPositions,
    LevelSettings, OutputMode, ToneSettings,
};

use super::capture_source::built_in;
use crate::builtin::CABS;
use crate::failure::{Failure, Result};
use crate::impulse_file;

/// The rig around the capture. What is not named is off.
#[derive(Debug, Args)]
#[command(next_help_heading = "Rig")]
pub(super) struct ChainArgs {
    /// Gain before the capture, -20 to 20 dB
    #[arg(long, value_name = "DB", default_value_t = 0.0, allow_negative_numbers = true,
          value_parser = |text: &str| number(text, -20.0, 20.0))]
    input_gain: f32,

    /// Gain at the end, -40 to 40 dB
    #[arg(long, value_name = "DB", default_value_t = 0.0, allow_negative_numbers = true,
          value_parser = |text: &str| number(text, -40.0, 40.0))]
    output_gain: f32,

    /// How loud the capture comes out
    #[arg(long, value_enum, default_value_t = Mode::Normalized)]
    output_mode: Mode,

    /// Drive the capture as hard as its gear would be
    #[arg(long)]
    calibrate_input: bool,

    /// Level that is full scale in your interface, -60 to 60 dBu
    #[arg(long, value_name = "DBU", default_value_t = 12.0, allow_negative_numbers = true,
          value_parser = |text: &str| number(text, -60.0, 60.0))]
    interface: f32,

    /// Turn a knob of a capture that has some: its number or name, and where, 0 to 1; may be repeated
    #[arg(long = "knob", value_name = "KNOB=POSITION", value_parser = knob)]
    knobs: Vec<(String, f32)>,

    /// Noise gate that opens at this level, -100 to 0 dB [without a level: -80]
    #[arg(long, value_name = "DB", num_args = 0..=1, default_missing_value = "-80",
          require_equals = true, allow_negative_numbers = true,
          value_parser = |text: &str| number(text, -100.0, 0.0))]
    gate: Option<f32>,

    /// How long the gate stays open, 0 to 500 ms
    #[arg(long, value_name = "MS", requires = "gate", default_value_t = 0.0,
          value_parser = |text: &str| number(text, 0.0, 500.0))]
    gate_hold: f32,

    /// How long the gate takes to close, 5 to 1000 ms
    #[arg(long, value_name = "MS", requires = "gate", default_value_t = 50.0,
          value_parser = |text: &str| number(text, 5.0, 1000.0))]
    gate_release: f32,

    /// The most that the gate turns down, -120 (no limit) to 0 dB
    #[arg(long, value_name = "DB", requires = "gate", default_value_t = -120.0,
          allow_negative_numbers = true, value_parser = |text: &str| number(text, -120.0, 0.0))]
    gate_range: f32,

    /// How far below its level an open gate closes, 0 to 12 dB
    #[arg(long, value_name = "DB", requires = "gate", default_value_t = 0.0,
          value_parser = |text: &str| number(text, 0.0, 12.0))]
    gate_hysteresis: f32,

    /// Tone stack: bass, middle and treble, each 0 to 10
    #[arg(long, value_name = "BASS,MIDDLE,TREBLE", value_parser = tone)]
    tone: Option<[f32; 3]>,

    /// Put the tone stack before the capture
    #[arg(long, requires = "tone")]
    tone_before: bool,

    /// Capture of a pedal before the capture: a .nam file or builtin:NAME
    #[arg(long, value_name = "FILE")]
    pub(super) pedal: Option<PathBuf>,

    /// Impulse response of a cabinet: a WAV, AIFF or FLAC file or builtin:4x12
    #[arg(long, value_name = "FILE")]
    pub(super) ir: Option<PathBuf>,

    /// Another impulse response to blend with it
    #[arg(long, value_name = "FILE", requires = "ir")]
    pub(super) ir2: Option<PathBuf>,

    /// How much of the blend is the other one, 0 to 100 %
    #[arg(long, value_name = "PERCENT", requires = "ir2", default_value_t = 50.0,
          value_parser = |text: &str| number(text, 0.0, 100.0))]
    ir_blend: f32,

    /// How much is heard of the cabinet, 0 to 100 %
    #[arg(long, value_name = "PERCENT", requires = "ir", default_value_t = 100.0,
          value_parser = |text: &str| number(text, 0.0, 100.0))]
    ir_mix: f32,

    /// Make all cabinets equally loud
    #[arg(long, requires = "ir")]
    ir_normalize: bool,

    /// Cut what the cabinet plays below, 20 (off) to 800 Hz
    #[arg(long, value_name = "HZ", requires = "ir", default_value_t = 20.0,
          value_parser = |text: &str| number(text, 20.0, 800.0))]
    low_cut: f32,

    /// Cut what the cabinet plays above, 1000 to 20000 (off) Hz
    #[arg(long, value_name = "HZ", requires = "ir", default_value_t = 20_000.0,
          value_parser = |text: &str| number(text, 1_000.0, 20_000.0))]
    high_cut: f32,

    /// Remove the DC offset: a high-pass at 5 Hz
    #[arg(long)]
    dc_block: bool,

    /// Play the capture at 2, 4 or 8 times its rate
    #[arg(long, value_name = "TIMES", default_value = "1", value_parser = ["1", "2", "4", "8"])]
    oversample: String,
}

/// How loud captures come out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Mode {
    /// As the net plays
    Raw,
    /// All captures equally loud
    Normalized,
    /// As the gear would come back through your interface
    Calibrated,
}

impl ChainArgs {
    /// How hard the capture is driven and how loud it comes out. `raw`: whatever the options say.
    pub(super) fn levels(&self, raw: bool) -> LevelSettings {
        let mode = match self.output_mode {
            _ if raw => OutputMode::Raw,
            Mode::Raw => OutputMode::Raw,
            Mode::Normalized => OutputMode::Normalized,
            Mode::Calibrated => OutputMode::Calibrated,
        };
        LevelSettings {
            mode,
            calibrate_input: self.calibrate_input,
            interface_dbu: self.interface,
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

    /// 1, 2, 4 or 8.
    pub(super) fn oversampling(&self) -> usize {
        self.oversample.parse().unwrap_or(1)
    }

    /// The impulse responses, of which there may be none.
    pub(super) fn responses(&self) -> Result<[Option<ImpulseResponse>; 2]> {
        let open = |path: &Option<PathBuf>| path.as_deref().map(open_response).transpose();
        Ok([open(&self.ir)?, open(&self.ir2)?])
    }

    /// Sets the knobs of a chain.
    pub(super) fn set(&self, chain: &mut Chain, raw: bool) {
        chain.set_input_gain(self.input_gain);
        chain.set_output_gain(self.output_gain);
        chain.set_levels(self.levels(raw));
        chain.set_gate(GateSettings {
            on: self.gate.is_some(),
            threshold_db: self.gate.unwrap_or(-80.0),
            hold_ms: self.gate_hold,
            release_ms: self.gate_release,
            range_db: self.gate_range,
            hysteresis_db: self.gate_hysteresis,
        });
        let [bass, middle, treble] = self.tone.unwrap_or([5.0; 3]);
        chain.set_tone(ToneSettings {
            on: self.tone.is_some(),
            before_amp: self.tone_before,
            bass,
            middle,
            treble,
        });
        chain.set_cab(CabSettings {
            on: self.ir.is_some(),
            normalised: self.ir_normalize,
            low_cut_hz: self.low_cut,
            high_cut_hz: self.high_cut,
            mix: self.ir_mix / 100.0,
            blend: self.ir_blend / 100.0,
        });
        chain.set_dc_blocker(self.dc_block);
    }
}

fn open_response(path: &Path) -> Result<ImpulseResponse> {
    match built_in(path, CABS) {
        Some(found) => impulse_file::read(path, found?.bytes),
        None => impulse_file::open(path),
    }
}

fn number(text: &str, least: f32, most: f32) -> std::result::Result<f32, String> {
    match text.parse::<f32>() {
        Ok(value) if (least..=most).contains(&value) => Ok(value),
        _ => Err(format!("give a number from {least} to {most}")),
    }
}

fn knob(text: &str) -> std::result::Result<(String, f32), String> {
    let parts = text
        .rsplit_once('=')
        .map(|(knob, at)| (knob.trim(), at.trim()));
    let read = parts.and_then(|(knob, at)| Some((knob.to_owned(), number(at, 0.0, 1.0).ok()?)));
    read.filter(|(knob, _)| !knob.is_empty())
        .ok_or_else(|| "give a knob and a number from 0 to 1, as in 1=0.5 or drive=0.5".into())
}

fn tone(text: &str) -> std::result::Result<[f32; 3], String> {
    let values: Option<Vec<f32>> = text
        .split(',')
        .map(|v| number(v.trim(), 0.0, 10.0).ok())
        .collect();
    values
        .and_then(|values| values.try_into().ok())
        .ok_or_else(|| "give three numbers from 0 to 10, as in 5,6.5,4".into())
}
