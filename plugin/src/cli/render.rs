//! `gridleak render`: a recording played through a capture or a rig.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use clap::Args;
use gridleak_core::{OutputMode, SimdLevel, TARGET_LEVEL};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::automation::{Automation, Event};
use super::chain_args::ChainArgs;
use super::interruption::Interruption;
use super::loaded_rig::LoadedRig;
use super::rig_chain::RigChain;
use super::streams::{self, Output};
use super::{note, rig_file, say, say_aside};
use crate::builtin;
use crate::files::failure::{Failure, Result};
use crate::files::output_file::cannot_write;
use crate::files::sound_file::SoundFile;
use crate::files::wav_writer::{self, Depth, Figures, WavWriter};

/// How long the work may take before its progress is shown.
const TIMEOUT: Duration = Duration::from_secs(1);

/// Play a recording through a capture or a rig into a WAV file
#[derive(Debug, Args)]
#[command(allow_missing_positional = true)]
pub(super) struct RenderArgs {
    /// Capture to play through: a .nam file or builtin:NAME [default: a built-in crunch]
    #[arg(long, value_name = "FILE")]
    capture: Option<PathBuf>,

    /// Play through a rig that the plugin saved, with all its slots and settings; options change these
    #[arg(long, value_name = "FILE",
          conflicts_with_all = ["capture", "knobs", "pedal", "ir", "ir2"])]
    rig: Option<PathBuf>,

    /// Play this slot of the rig: its number or name [default: the one that the rig was saved with]
    #[arg(long, value_name = "SLOT", requires = "rig")]
    slot: Option<String>,

    /// Move parameters while it plays: a CSV file with seconds, parameter (by its id) and value
    #[arg(long, value_name = "FILE")]
    automation: Option<PathBuf>,

    /// Play the built-in guitar phrase instead of IN
    #[arg(long, conflicts_with = "input")]
    demo: bool,

    /// Write the capture's samples as they are: the same as --output-mode raw
    #[arg(long)]
    raw: bool,

    /// Size to play of a capture that has several, from 0 (smallest) to 1 (full) [default: 1]
    #[arg(long, value_name = "SIZE", value_parser = size, allow_negative_numbers = true)]
    slim: Option<f64>,

    /// Write PCM of 16 or 24 bits instead of 32-bit float
    #[arg(long, value_name = "BITS", value_parser = ["16", "24"])]
    bits: Option<String>,

    /// Frames handed to the capture at a time
    #[arg(long, value_name = "FRAMES", default_value_t = 64,
          value_parser = clap::value_parser!(u16).range(1..=8192))]
    block: u16,

    /// Sound file to play: WAV, AIFF or FLAC, of any rate; - for standard input
    #[arg(value_name = "IN", required_unless_present = "demo")]
    input: Option<PathBuf>,

    /// WAV file to write, of IN's rate and length; - for standard output
    #[arg(value_name = "OUT")]
    output: PathBuf,

    #[command(flatten)]
    chain: ChainArgs,
}

impl RenderArgs {
    fn depth(&self) -> Depth {
        match self.bits.as_deref() {
            Some("16") => Depth::Pcm16,
            Some(_) => Depth::Pcm24,
            None => Depth::Float32,
        }
    }
}

fn size(text: &str) -> std::result::Result<f64, String> {
    match text.parse() {
        Ok(size) if (0.0..=1.0).contains(&size) => Ok(size),
        _ => Err("give a number from 0 to 1".into()),
    }
}

/// Renders as `args` say.
pub(super) fn run(args: &RenderArgs, level: SimdLevel) -> Result<()> {
    streams::check_output(&args.output)?;
    let output_name = streams::name(&args.output, false);
    let interruption = Interruption::listen(if streams::is_dash(&args.output) {
        format!("{output_name} ends before the recording does")
    } else {
        format!("{output_name} was not written")
    });
    let mut rig = open_rig(args)?;
    let mut input = match &args.input {
        Some(path) => streams::open(path)?,
        None => SoundFile::from_bytes("built-in phrase", builtin::PHRASE)?,
    };
    let input_name = args
        .input
        .as_ref()
        .map_or("built-in phrase".into(), |path| streams::name(path, true));
    let automation = match &args.automation {
        Some(path) => Automation::open(path, &|slot| rig.slot_label(slot))?,
        None => Automation::default(),
    };
    let recorded = (input.channels(), f64::from(input.rate()));
    let mut chain = RigChain::new(&mut rig, &input_name, recorded, level)?;
    if args.slot.is_some() {
        rig.check_slot(rig.settings.slot)?;
    }
    if !wav_writer::fits(args.depth(), chain.channels(), input.rate(), input.frames()) {
        return Err(Failure::at(
            Path::new(&output_name),
            "would exceed the 4 GB a WAV file can hold; use --bits 16 or a shorter input",
        ));
    }
    let mut file = Output::create(&args.output, &interruption)?;
    let automation_file = args.automation.iter();
    let automation_file = automation_file.map(|path| (path.clone(), "the automation".to_owned()));
    for (used, what) in rig.files.iter().cloned().chain(automation_file) {
        if file.replaces(&used) {
            return Err(Failure::at(
                &args.output,
                format_args!("is {what} itself; choose another name"),
            ));
        }
    }
    let seconds = input.frames() as f64 / f64::from(input.rate());
    rig.all_notes().iter().for_each(|remark| note(remark));
    if let Some(path) = &args.automation {
        let notes = automation.notes(&rig, seconds).into_iter();
        notes.for_each(|remark| note(&format!("{}, {remark}", path.display())));
    }

    let started = Instant::now();
    let figures = play(args, &mut input, &mut chain, automation.events(), &mut file)?;
    let took = started.elapsed();
    let remark = input.remark();
    // IN and OUT may be the same file, and some systems replace no file that is open.
    drop(input);
    file.finish(&interruption)?;

    if let Some(remark) = remark {
        note(&format!("{input_name}: {remark}"));
    }
    if figures.not_finite > 0 {
        note(&format!(
            "the capture gave {} samples that are not numbers",
            figures.not_finite
        ));
    }
    let how = match &rig.path {
        Some(_) => rig.slot_titles(chain.heard()),
        None => levelling(args.raw, &rig),
    };
    let report = report(args, &output_name, seconds, took, &figures, &how);
    if streams::is_dash(&args.output) {
        say_aside(&report);
    } else {
        say(&report);
    }
    Ok(())
}

/// The rig in its file, with what options change of it, or that of the options alone.
fn open_rig(args: &RenderArgs) -> Result<LoadedRig> {
    let Some(path) = &args.rig else {
        let capture = args.capture.as_deref();
        return LoadedRig::from_options(capture, &args.chain, args.raw, args.slim);
    };
    let mut rig = rig_file::open(path)?;
    rig.change(&args.chain, args.raw, args.slim);
    if let Some(wanted) = &args.slot {
        rig.choose_slot(wanted)?;
    }
    Ok(rig)
}

/// The gain behind the capture and the reason, in words.
fn levelling(raw: bool, rig: &LoadedRig) -> String {
    let settings = &rig.settings.levels;
    let amp = rig.slots[0].capture.as_ref();
    let levels = amp.map(|amp| amp.levels).unwrap_or_default();
    let gain = levels.output_gain_db(settings);
    let why = match (settings.mode, levels.loudness, levels.output_dbu) {
        (OutputMode::Raw, ..) if raw => "--raw".into(),
        (OutputMode::Raw, ..) => "raw".into(),
        (OutputMode::Normalized, None, _) => {
            "the capture plays nothing that could be levelled".into()
        }
        (OutputMode::Normalized, Some(loudness), _) => {
            let aim = if (loudness.db + gain - TARGET_LEVEL).abs() < 1e-9 {
                "brought to"
            } else {
                "brought towards"
            };
            format!(
                "the capture's loudness of {:.1} dB, as {}, {aim} {TARGET_LEVEL:.0} dB",
                loudness.db, loudness.source
            )
        }
        (OutputMode::Calibrated, _, Some(dbu)) => {
            format!(
                "full scale of {dbu:.1} dBu in an interface of {:.1}",
                settings.interface_dbu
            )
        }
        (OutputMode::Calibrated, _, None) => "not calibrated".into(),
    };
    format!("gain {gain:+.1} dB ({why})")
}

/// Plays all of `input` into `file`, which is then complete but not yet under its name.
fn play(
    args: &RenderArgs,
    input: &mut SoundFile,
    chain: &mut RigChain,
    mut events: &[Event],
    file: &mut Output,
) -> Result<Figures> {
    let block = u64::from(args.block);
    let started = Instant::now();
    let mut progress = None;
    let failed = |error: std::io::Error| {
        let name = streams::name(&args.output, false);
        cannot_write(Path::new(&name), &error)
    };
    let (rate, frames) = (input.rate(), input.frames());
    let mut writer =
        WavWriter::new(file, args.depth(), chain.channels(), rate, frames).map_err(failed)?;
    let mut sound = vec![Vec::new(); input.channels()];
    let mut left = input.frames();
    // What comes out first lies before the recording.
    let mut early = chain.latency();
    let mut played = 0;
    while left > 0 {
        while let [event, later @ ..] = events
            && event.frame(rate.into()) <= played
        {
            chain.apply(event);
            events = later;
        }
        // A change begins a block, so that it is heard from its frame on.
        let next = events
            .first()
            .map_or(u64::MAX, |event| event.frame(rate.into()));
        let block = (next - played).min(block) as usize;
        sound.iter_mut().for_each(Vec::clear);
        sound.truncate(input.channels());
        if input.read(block, &mut sound)? == 0 {
            // Silence pushes the end of the recording out.
            sound
                .iter_mut()
                .for_each(|channel| channel.resize(block, 0.0));
        }
        played += sound[0].len() as u64;
        chain.process(&mut sound);
        let dropped = early.min(sound[0].len());
        early -= dropped;
        sound
            .iter_mut()
            .for_each(|channel| drop(channel.drain(..dropped)));
        let frames = left.min(sound[0].len() as u64);
        writer.write(&sound, frames as usize).map_err(failed)?;
        left -= frames;
        if started.elapsed() > TIMEOUT {
            let done = input.frames() - left;
            progress
                .get_or_insert_with(|| progress_bar(input.frames()))
                .set_position(done);
        }
    }
    if let Some(progress) = progress {
        progress.finish_and_clear();
    }
    writer.finish().map_err(failed)
}

/// A bar on standard error if that is a terminal, nothing otherwise.
fn progress_bar(frames: u64) -> ProgressBar {
    let bar = ProgressBar::with_draw_target(Some(frames), ProgressDrawTarget::stderr_with_hz(5));
    match ProgressStyle::with_template("{bar:40} {percent}%  {eta} left") {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}

/// The line that says what came out.
fn report(
    args: &RenderArgs,
    name: &str,
    seconds: f64,
    took: Duration,
    figures: &Figures,
    how: &str,
) -> String {
    let speed = seconds / took.as_secs_f64().max(1e-9);
    let level = if figures.peak_db().is_finite() {
        format!(
            "level {:.1} dB RMS, peak {:.1} dBFS",
            figures.rms_db(),
            figures.peak_db()
        )
    } else {
        "silent".into()
    };
    let clipped = match figures.clipped {
        0 if args.bits.is_none() => String::new(),
        1 => "; 1 sample clipped".into(),
        n => format!("; {n} samples clipped"),
    };
    format!(
        "{}: {seconds:.2} s at {speed:.1} x real time; {level}; {how}{clipped}",
        crate::files::failure::one_line(name),
    )
}
