//! `gridleak render`: a recording played through a capture.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use clap::Args;
use gridleak_core::{
    Amp, BuildId, Cab, Capture, Chain, LevelSettings, Levels, Loaded, OutputMode, Pedal,
    ProcessConfig, SimdLevel, SlotPart, TARGET_LEVEL, Voicing,
};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::chain_args::ChainArgs;
use super::interruption::Interruption;
use super::streams::{self, Output};
use super::{capture_source, note, say, say_aside};
use crate::builtin;
use crate::files::failure::{Failure, Result};
use crate::files::impulse_file;
use crate::files::output_file::cannot_write;
use crate::files::sound_file::SoundFile;
use crate::files::wav_writer::{self, Depth, Figures, WavWriter};

/// How long the work may take before its progress is shown.
const TIMEOUT: Duration = Duration::from_secs(1);

/// Play a recording through a capture into a WAV file
#[derive(Debug, Args)]
#[command(allow_missing_positional = true)]
pub(super) struct RenderArgs {
    /// Capture to play through: a .nam file or builtin:NAME [default: a built-in crunch]
    #[arg(long, value_name = "FILE")]
    capture: Option<PathBuf>,

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
    let capture = match &args.capture {
        Some(source) => capture_source::open(source)?,
        None => capture_source::default()?,
    };
    let mut input = match &args.input {
        Some(path) => streams::open(path)?,
        None => SoundFile::from_bytes("built-in phrase", builtin::PHRASE)?,
    };
    let input_name = args
        .input
        .as_ref()
        .map_or("built-in phrase".into(), |path| streams::name(path, true));
    let pedal = args
        .chain
        .pedal
        .as_deref()
        .map(capture_source::open)
        .transpose()?;
    let levels = Levels::of(&capture);
    let settings = args.chain.settings(args.raw);
    let oversampling = settings.oversampling.factor();
    let settings = settings.levels;
    let (gain_db, why) = levelling(args.raw, &settings, &levels);
    let voicing = Voicing {
        levels,
        slim: args.slim.unwrap_or(1.0),
        knobs: Some(args.chain.knobs(&capture)?),
    };
    let mut rig = Rig::new(args, &capture, pedal.as_ref(), voicing, &input, level)
        .map_err(|reason| Failure::new(format!("{input_name}: {reason}")))?;
    let remarks = rig.load_cab(args)?;
    let (channels, rate) = (rig.channels, input.rate());
    if !wav_writer::fits(args.depth(), channels, rate, input.frames()) {
        return Err(Failure::at(
            Path::new(&output_name),
            "would exceed the 4 GB a WAV file can hold; use --bits 16 or a shorter input",
        ));
    }
    let mut file = Output::create(&args.output, &interruption)?;
    for (used, what) in [
        (&args.capture, "the capture"),
        (&args.chain.pedal, "the pedal's capture"),
        (&args.chain.ir, "the impulse response"),
        (&args.chain.ir2, "the second impulse response"),
    ] {
        if used.as_ref().is_some_and(|used| file.replaces(used)) {
            return Err(Failure::at(
                &args.output,
                format_args!("is {what} itself; choose another name"),
            ));
        }
    }
    if pedal.as_ref().is_some_and(Capture::has_knobs) {
        note("the pedal's knobs stay where its file has them start; --knob turns the capture's");
    }
    let warnings = capture.warnings().iter();
    for warning in warnings.chain(pedal.iter().flat_map(Capture::warnings)) {
        note(warning);
    }
    remarks.iter().for_each(|remark| note(remark));
    let (driven, what) = match &pedal {
        Some(pedal) => (Levels::given(pedal), "This pedal"),
        None => (levels, "This capture"),
    };
    if settings.calibrate_input
        && let Some(why) = driven.why_no_input_calibration(what)
    {
        note(&why);
    }
    if let Some(why) = levels.why_raw(settings.mode) {
        note(&why);
    }
    if capture.oversampling(oversampling) != oversampling {
        note("the capture cannot be oversampled that far; it plays as far as it can");
    }
    if args.slim.is_some() && capture.slim_steps().is_empty() {
        note("the capture has only one size; --slim has no effect");
    }

    let started = Instant::now();
    let figures = play(args, &mut input, &mut rig, &mut file)?;
    let took = started.elapsed();
    let remark = input.remark();
    let seconds = input.frames() as f64 / f64::from(input.rate());
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
    let report = report(args, &output_name, seconds, took, &figures, gain_db, &why);
    if streams::is_dash(&args.output) {
        say_aside(&report);
    } else {
        say(&report);
    }
    Ok(())
}

/// The gain behind the capture, in dB, and the reason in words.
fn levelling(raw: bool, settings: &LevelSettings, levels: &Levels) -> (f64, String) {
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
    (gain, why)
}

/// Plays all of `input` into `file`, which is then complete but not yet under its name.
fn play(
    args: &RenderArgs,
    input: &mut SoundFile,
    rig: &mut Rig,
    file: &mut Output,
) -> Result<Figures> {
    let block = usize::from(args.block);
    let started = Instant::now();
    let mut progress = None;
    let failed = |error: std::io::Error| {
        let name = streams::name(&args.output, false);
        cannot_write(Path::new(&name), &error)
    };
    let (channels, rate, frames) = (rig.channels, input.rate(), input.frames());
    let mut writer = WavWriter::new(file, args.depth(), channels, rate, frames).map_err(failed)?;
    let mut sound = vec![Vec::new(); input.channels()];
    let mut left = input.frames();
    // What comes out first lies before the recording.
    let mut early = rig.chain.config().latency;
    while left > 0 {
        sound.iter_mut().for_each(Vec::clear);
        sound.truncate(input.channels());
        if input.read(block, &mut sound)? == 0 {
            // Silence pushes the end of the recording out.
            sound
                .iter_mut()
                .for_each(|channel| channel.resize(block, 0.0));
        }
        rig.process(&mut sound);
        let dropped = early.min(sound[0].len());
        early -= dropped;
        sound
            .iter_mut()
            .for_each(|channel| drop(channel.drain(..dropped)));
        sound.truncate(rig.channels);
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
    gain_db: f64,
    why: &str,
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
        "{}: {seconds:.2} s at {speed:.1} x real time; {level}; gain {gain_db:+.1} dB ({why}){clipped}",
        crate::files::failure::one_line(name),
    )
}

/// The plugin's signal chain for one recording.
struct Rig {
    chain: Chain,
    /// Channels that are written.
    channels: usize,
}

impl Rig {
    fn new(
        args: &RenderArgs,
        capture: &Capture,
        pedal: Option<&Capture>,
        voicing: Voicing,
        input: &SoundFile,
        level: SimdLevel,
    ) -> std::result::Result<Self, String> {
        let inputs = input.channels();
        let channels = written(inputs, capture.out_channels())?;
        let rate = f64::from(input.rate());
        let mut settings = args.chain.settings(args.raw);
        settings.slim = voicing.slim as f32;
        settings.knobs = voicing.knobs.unwrap_or(settings.knobs);
        let oversampling = settings.oversampling.factor();
        let capture = &*capture.oversampled(oversampling);
        let pedal_levels = pedal.map(Levels::given).unwrap_or_default();
        let pedal = pedal.map(|pedal| pedal.oversampled(oversampling));
        let late = |capture: &Capture| gridleak_core::latency(rate, capture.sample_rate());
        let pedal_latency = pedal.as_deref().map_or(0, late);
        let config = ProcessConfig {
            rate,
            inputs,
            outputs: inputs.max(channels),
            latency: late(capture) + pedal_latency,
            pedal_latency,
        };
        let mut chain = Chain::new(config);
        chain.set(&settings);
        chain.set_offline(true);
        let amp = Amp::new(capture, config, voicing, BuildId(0), level)?;
        load(&mut chain, SlotPart::Amp(Some(amp.into())));
        if let Some(pedal) = pedal.as_deref() {
            let levels = pedal_levels;
            let voicing = Voicing { levels, ..voicing };
            let pedal = Pedal::new(pedal, config, voicing, BuildId(1), level)?;
            load(&mut chain, SlotPart::Pedal(Some(pedal.into())));
        }
        chain.reset();
        Ok(Self { chain, channels })
    }

    /// Puts the cabinet into the chain, if there is to be one. Returns what is worth knowing of it.
    fn load_cab(&mut self, args: &RenderArgs) -> Result<Vec<String>> {
        let [first, second] = args.chain.responses()?;
        if first.is_some() {
            let config = self.chain.config();
            let cab = Cab::new(first.as_ref(), second.as_ref(), config, BuildId(2));
            let cab =
                cab.map_err(|reason| Failure::new(format!("the cabinet cannot play: {reason}")))?;
            load(&mut self.chain, SlotPart::Cab(Some(cab.into())));
        }
        let files = [
            (&args.chain.ir, &first, &second),
            (&args.chain.ir2, &second, &first),
        ];
        let remarks = files.into_iter().filter_map(|(path, response, other)| {
            let name = format!("{}:", path.as_ref()?.display());
            Some(impulse_file::remarks(
                &name,
                response.as_ref()?,
                other.as_ref(),
            ))
        });
        Ok(remarks.flatten().collect())
    }

    /// Plays what `sound` holds in place; its channels become those of the chain.
    fn process(&mut self, sound: &mut Vec<Vec<f32>>) {
        let frames = sound[0].len();
        sound.resize_with(self.chain.config().outputs, || vec![0.0; frames]);
        match &mut sound[..] {
            [left, right] => self.chain.process(&mut [left, right]),
            [only] => self.chain.process(&mut [only]),
            _ => {}
        }
    }
}

/// Puts a part into the slot that plays.
fn load(chain: &mut Chain, part: SlotPart) {
    // A new chain takes what was made for it.
    let _taken = chain.load(Loaded { slot: 0, part });
}

/// The channels that a recording of so many gives through a capture with so many outputs, or why it
/// cannot be played.
fn written(channels: usize, outputs: usize) -> std::result::Result<usize, String> {
    match (channels, outputs) {
        (1 | 2, 1) => Ok(channels),
        (3.., _) => Err(format!(
            "has {channels} channels; give a mono or stereo file"
        )),
        (_, 3..) => Err(format!(
            "the capture makes {outputs} channels; Gridleak plays captures that make one or two"
        )),
        (1, _) => Ok(outputs),
        _ => Err(format!(
            "has {channels} channels, and this capture makes {outputs} channels of one; give a mono file"
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::written;

    #[test]
    fn channels_find_their_way_or_a_reason() {
        assert_eq!(written(1, 1), Ok(1));
        assert_eq!(written(2, 1), Ok(2));
        assert_eq!(written(1, 2), Ok(2));
        for (channels, outputs) in [(3, 1), (2, 2), (3, 2)] {
            let reason = written(channels, outputs).unwrap_err();
            assert!(
                reason.starts_with(&format!("has {channels} channels")),
                "{reason}"
            );
        }
    }
}
