//! `gridleak render`: a recording played through a capture.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use clap::Args;
use gridleak_core::{Capture, Level, Model, TARGET_LEVEL};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::{capture_source, note, say};
use crate::builtin;
use crate::failure::{Failure, Result};
use crate::output_file::{OutputFile, cannot_write};
use crate::rate_converter::RateConverter;
use crate::wav_reader::WavReader;
use crate::wav_writer::{self, Depth, Figures, WavWriter};

/// Frames read at a time where the rates differ.
const PIECE: usize = 1024;

/// How long the work may take before its progress is shown.
const PATIENCE: Duration = Duration::from_secs(1);

/// Play a WAV file through a capture into another WAV file
#[derive(Debug, Args)]
#[command(allow_missing_positional = true)]
pub(super) struct RenderArgs {
    /// Capture to play through: a .nam file or builtin:NAME [default: a built-in crunch]
    #[arg(long, value_name = "FILE")]
    capture: Option<PathBuf>,

    /// Play the built-in guitar phrase instead of IN
    #[arg(long, conflicts_with = "input")]
    demo: bool,

    /// Write the capture's samples as they are, without levelling them
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

    /// WAV file to play: 8, 16, 24 or 32-bit PCM, or 32 or 64-bit float; any rate
    #[arg(value_name = "IN", required_unless_present = "demo")]
    input: Option<PathBuf>,

    /// WAV file to write, of IN's rate and length
    #[arg(value_name = "OUT")]
    output: PathBuf,
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
pub(super) fn run(args: &RenderArgs, level: Level) -> Result<()> {
    let capture = match &args.capture {
        Some(source) => capture_source::open(source)?,
        None => capture_source::default()?,
    };
    let mut input = match &args.input {
        Some(path) => WavReader::open(path)?,
        None => WavReader::from_bytes("built-in phrase", builtin::PHRASE)?,
    };
    let input_name = args
        .input
        .as_ref()
        .map_or("built-in phrase".into(), |p| p.display().to_string());
    let mut voice = Voice::new(&capture, input.channels(), level, args.slim)
        .map_err(|reason| Failure::new(format!("{input_name}: {reason}")))?;
    let (channels, rate) = (voice.out_channels, input.rate());
    if !wav_writer::fits(args.depth(), channels, rate, input.frames()) {
        return Err(Failure::at(
            &args.output,
            "would exceed the 4 GB a WAV file can hold; use --bits 16 or a shorter input",
        ));
    }
    let mut file = OutputFile::create(&args.output)?;
    if args
        .capture
        .as_ref()
        .is_some_and(|capture| file.replaces(capture))
    {
        return Err(Failure::at(
            &args.output,
            "is the capture itself; choose another name",
        ));
    }
    for warning in capture.warnings() {
        note(warning);
    }
    if args.slim.is_some() && capture.slim_steps().is_empty() {
        note("the capture has only one size; --slim has no effect");
    }

    let (gain_db, why) = levelling(args.raw, &capture);
    let gain = 10f64.powf(gain_db / 20.0) as f32;
    let started = Instant::now();
    let figures = play(args, &capture, &mut input, &mut voice, gain, &mut file)?;
    let took = started.elapsed();
    let (remark, replaced) = (input.remark(), input.replaced());
    let seconds = input.frames() as f64 / f64::from(input.rate());
    // IN and OUT may be the same file, and some systems replace no file that is open.
    drop(input);
    file.finish()?;

    if let Some(remark) = remark {
        note(&format!("{input_name}: {remark}"));
    }
    if replaced > 0 {
        note(&format!(
            "{input_name}: {replaced} samples were not numbers; silence was played for them"
        ));
    }
    if figures.not_finite > 0 {
        note(&format!(
            "the capture gave {} samples that are not numbers",
            figures.not_finite
        ));
    }
    say(&report(args, seconds, took, &figures, gain_db, &why));
    Ok(())
}

/// The gain to apply, in dB, and the reason in words.
fn levelling(raw: bool, capture: &Capture) -> (f64, String) {
    if raw {
        return (0.0, "--raw".into());
    }
    let Some(loudness) = capture.loudness() else {
        return (
            0.0,
            "the capture plays nothing that could be levelled".into(),
        );
    };
    let gain = loudness.gain_db();
    let aim = if (loudness.db + gain - TARGET_LEVEL).abs() < 1e-9 {
        "brought to"
    } else {
        "brought towards"
    };
    let why = format!(
        "the capture's loudness of {:.1} dB, as {}, {aim} {TARGET_LEVEL:.0} dB",
        loudness.db, loudness.source
    );
    (gain, why)
}

/// Plays all of `input` into `file`, which is then complete but not yet under its name.
fn play(
    args: &RenderArgs,
    capture: &Capture,
    input: &mut WavReader,
    voice: &mut Voice,
    gain: f32,
    file: &mut OutputFile,
) -> Result<Figures> {
    let (depth, block) = (args.depth(), usize::from(args.block));
    let (outside, inside) = (f64::from(input.rate()), capture.sample_rate());
    let mut rates = if outside == inside {
        None
    } else {
        let there = RateConverter::new(outside, inside, input.channels())?;
        Some((
            there,
            RateConverter::new(inside, outside, voice.out_channels)?,
        ))
    };
    let started = Instant::now();
    let mut progress = None;
    let failed = |error: std::io::Error| cannot_write(&args.output, &error);
    let mut writer =
        WavWriter::new(&mut *file, depth, voice.out_channels, input.rate()).map_err(failed)?;

    let mut dry = vec![Vec::new(); input.channels()];
    let mut queue = dry.clone();
    let mut wet = vec![Vec::new(); voice.out_channels];
    let mut ready = wet.clone();
    let mut left = input.frames();
    while left > 0 {
        dry.iter_mut().for_each(Vec::clear);
        let piece = if rates.is_some() { PIECE } else { block };
        if input.read(piece, &mut dry)? == 0 {
            // Silence pushes the end of the recording out of the converters.
            dry.iter_mut()
                .for_each(|channel| channel.resize(piece, 0.0));
        }
        match &mut rates {
            Some((there, back)) => {
                there.push(&dry, &mut queue)?;
                wet.iter_mut().for_each(Vec::clear);
                let whole_blocks = queue[0].len() / block * block;
                voice.process(&queue, whole_blocks, block, &mut wet);
                queue
                    .iter_mut()
                    .for_each(|channel| drop(channel.drain(..whole_blocks)));
                scale(&mut wet, gain);
                ready.iter_mut().for_each(Vec::clear);
                back.push(&wet, &mut ready)?;
            }
            None => {
                ready.iter_mut().for_each(Vec::clear);
                voice.process(&dry, dry[0].len(), block, &mut ready);
                scale(&mut ready, gain);
            }
        }
        let frames = left.min(ready[0].len() as u64);
        writer.write(&ready, frames as usize).map_err(failed)?;
        left -= frames;
        if started.elapsed() > PATIENCE {
            let done = input.frames() - left;
            progress
                .get_or_insert_with(|| progress_bar(input.frames()))
                .set_position(done);
        }
    }
    if let Some(progress) = progress {
        progress.finish_and_clear();
    }
    let figures = writer.finish().map_err(failed)?;
    wav_writer::pad(file).map_err(failed)?;
    Ok(figures)
}

fn scale(channels: &mut [Vec<f32>], gain: f32) {
    // A gain of one leaves every bit alone, those of a NaN included.
    if gain != 1.0 {
        channels
            .iter_mut()
            .flatten()
            .for_each(|sample| *sample *= gain);
    }
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
        crate::failure::one_line(&args.output.display().to_string()),
    )
}

/// The instances of a capture that play one recording, and how its channels reach them.
struct Voice {
    models: Vec<Model>,
    routing: Routing,
    out_channels: usize,
}

/// How the channels of a recording reach a capture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Routing {
    /// Each channel has an instance of its own.
    Each,
    /// All channels go to one instance.
    Together,
    /// One channel feeds every input of one instance.
    Spread,
}

impl Routing {
    /// The routing of a recording of `channels` channels into a capture with so many inputs and
    /// outputs, or why there is none.
    fn new(channels: usize, inputs: usize, outputs: usize) -> std::result::Result<Self, String> {
        match (channels, inputs, outputs) {
            (1 | 2, 1, 1) => Ok(Self::Each),
            (1, 1, _) => Ok(Self::Together),
            (_, 1, 1) => Err(format!(
                "has {channels} channels; give a mono or stereo file"
            )),
            (_, 1, _) => Err(format!(
                "has {channels} channels, and this capture makes {outputs} channels of one; give a mono file"
            )),
            (1, ..) => Ok(Self::Spread),
            _ if channels == inputs => Ok(Self::Together),
            _ => Err(format!(
                "has {channels} channels, and this capture has {inputs} inputs; give a file with 1 or {inputs} channels"
            )),
        }
    }
}

impl Voice {
    fn new(
        capture: &Capture,
        channels: usize,
        level: Level,
        slim: Option<f64>,
    ) -> std::result::Result<Self, String> {
        let routing = Routing::new(channels, capture.in_channels(), capture.out_channels())?;
        let (instances, out_channels) = match routing {
            Routing::Each => (channels, channels),
            _ => (1, capture.out_channels()),
        };
        let mut models: Vec<Model> = (0..instances).map(|_| capture.build_for(level)).collect();
        for model in &mut models {
            if let Some(size) = slim {
                model.set_slim(size);
            }
            model.prewarm();
        }
        Ok(Self {
            models,
            routing,
            out_channels,
        })
    }

    /// Plays the first `frames` frames of `input`, `block` at a time, and appends to `output`.
    fn process(
        &mut self,
        input: &[Vec<f32>],
        frames: usize,
        block: usize,
        output: &mut [Vec<f32>],
    ) {
        let before = output[0].len();
        output
            .iter_mut()
            .for_each(|channel| channel.resize(before + frames, 0.0));
        for start in (0..frames).step_by(block) {
            let end = frames.min(start + block);
            let (from, to) = (start..end, before + start..before + end);
            if self.routing == Routing::Each {
                for ((model, input), output) in
                    self.models.iter_mut().zip(input).zip(output.iter_mut())
                {
                    model.process_mono(&input[from.clone()], &mut output[to.clone()]);
                }
                continue;
            }
            let model = &mut self.models[0];
            let inputs: Vec<&[f32]> = (0..model.in_channels())
                .map(|i| {
                    &input[if self.routing == Routing::Spread {
                        0
                    } else {
                        i
                    }][from.clone()]
                })
                .collect();
            let mut outputs: Vec<&mut [f32]> = output
                .iter_mut()
                .map(|channel| &mut channel[to.clone()])
                .collect();
            model.process(&inputs, &mut outputs);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Routing::{self, Each, Spread, Together};

    #[test]
    fn channels_find_their_way_or_a_reason() {
        assert_eq!(Routing::new(1, 1, 1), Ok(Each));
        assert_eq!(Routing::new(2, 1, 1), Ok(Each));
        assert_eq!(Routing::new(1, 1, 3), Ok(Together));
        assert_eq!(Routing::new(1, 2, 1), Ok(Spread));
        assert_eq!(Routing::new(2, 2, 1), Ok(Together));
        assert_eq!(Routing::new(3, 3, 2), Ok(Together));
        for (channels, inputs, outputs) in [(3, 1, 1), (2, 1, 2), (3, 2, 2), (2, 3, 1)] {
            let reason = Routing::new(channels, inputs, outputs).unwrap_err();
            assert!(
                reason.starts_with(&format!("has {channels} channels")),
                "{reason}"
            );
        }
    }
}
