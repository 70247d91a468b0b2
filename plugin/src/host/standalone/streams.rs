//! The streams of the audio devices, and what runs without any.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use cpal::traits::{DeviceTrait, StreamTrait};
use cpal::{
    BufferSize, Device, ErrorKind, FromSample, SampleFormat, SizedSample, Stream, StreamConfig,
    SupportedBufferSize, SupportedStreamConfig,
};

use super::Wish;
use super::bridge::{Feeder, Source, bridge};
use super::devices::{NONE, device, host, name};
use crate::files::failure::{Failure, Result};
use crate::session::player::Player;

/// Frames of a block if nothing else is wished for: 5 ms.
const BLOCK: u32 = 256;

/// The rate where there is no device to ask.
const RATE: u32 = 48_000;

/// Sound that plays until this is dropped.
pub(super) struct Playing {
    text: String,
    _streams: Vec<Stream>,
    nobody: Option<Nobody>,
}

impl Playing {
    pub(super) fn start(
        wish: &Wish,
        player: Player,
        tell: impl Fn(&str) + Clone + Send + 'static,
    ) -> Result<Self> {
        if wish.backend.as_deref() == Some(NONE) {
            return Ok(Self::to_nobody(wish, player));
        }
        let host = host(wish.backend.as_deref())?;
        let output = device(&host, wish.output.as_deref(), false)?;
        let heard = output.default_output_config();
        let heard = heard.map_err(|error| cannot(&output, &error))?;
        let heard = at_rate(&output, heard, wish.rate, false)?;
        let rate = heard.sample_rate();
        let outputs = channels(&wish.output_channels, heard.channels(), 2)?;
        let input = match wish.no_input {
            true => None,
            false => Some(device(&host, wish.input.as_deref(), true)?),
        };
        let recorded = input.map(|input| {
            let preferred = input.default_input_config();
            let preferred = preferred.map_err(|error| cannot(&input, &error))?;
            let recorded = at_rate(&input, preferred, Some(rate), true)?;
            let inputs = channels(&wish.input_channels, recorded.channels(), 1)?;
            Ok::<_, Failure>((input, recorded, inputs))
        });
        let recorded = recorded.transpose()?;
        let block = wish.block.unwrap_or(BLOCK);
        let inputs = recorded.as_ref().map_or(&[][..], |(.., inputs)| inputs);
        let (feeder, source) = bridge(player, rate, block as usize, inputs, &outputs);

        let from = recorded
            .as_ref()
            .map_or("no input".into(), |(input, ..)| name(input));
        let text = format!("{from} to {}, {rate} Hz", name(&output));
        let mut streams = Vec::new();
        // Each is built once, with what it takes.
        streams.push(play(&output, &heard, block, source, tell.clone())?);
        if let Some((input, recorded, _)) = recorded {
            streams.push(record(&input, &recorded, block, feeder, tell)?);
        }
        for stream in &streams {
            let started = stream.play();
            started.map_err(|error| Failure::new(format!("the sound does not start: {error}")))?;
        }
        Ok(Self {
            text,
            _streams: streams,
            nobody: None,
        })
    }

    fn to_nobody(wish: &Wish, player: Player) -> Self {
        let rate = wish.rate.unwrap_or(RATE).clamp(8_000, 768_000);
        let block = wish.block.unwrap_or(BLOCK).clamp(1, 65_536);
        let (_, source) = bridge(player, rate, block as usize, &[], &[0, 1]);
        Self {
            text: format!("no sound, as asked for, {rate} Hz"),
            _streams: Vec::new(),
            nobody: Some(Nobody::play(source, rate, block)),
        }
    }

    /// What plays, in a line.
    pub(super) fn text(&self) -> &str {
        &self.text
    }
}

impl Drop for Playing {
    fn drop(&mut self) {
        if let Some(nobody) = &mut self.nobody {
            nobody.end();
        }
    }
}

/// A thread in the place of a device.
struct Nobody {
    enough: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Nobody {
    fn play(mut source: Source, rate: u32, block: u32) -> Self {
        let enough = Arc::<AtomicBool>::default();
        let ends = enough.clone();
        let lasts = Duration::from_secs_f64(f64::from(block) / f64::from(rate));
        let thread = std::thread::Builder::new()
            .name("audio".into())
            .spawn(move || {
                let mut data = vec![0.0f32; 2 * block as usize];
                while !ends.load(Ordering::Acquire) {
                    source.fill(&mut data, 2);
                    std::thread::sleep(lasts);
                }
            });
        Self {
            enough,
            thread: thread.ok(),
        }
    }

    fn end(&mut self) {
        self.enough.store(true, Ordering::Release);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn cannot(device: &Device, error: &cpal::Error) -> Failure {
    Failure::new(format!("{}: {error}", name(device)))
}

/// How a device runs at a rate, as much as it can like it does by default.
fn at_rate(
    device: &Device,
    preferred: SupportedStreamConfig,
    rate: Option<u32>,
    input: bool,
) -> Result<SupportedStreamConfig> {
    let Some(rate) = rate.filter(|rate| *rate != preferred.sample_rate()) else {
        return Ok(preferred);
    };
    let ranges: Vec<_> = match input {
        true => device.supported_input_configs().map(Iterator::collect),
        false => device.supported_output_configs().map(Iterator::collect),
    }
    .map_err(|error| cannot(device, &error))?;
    let fits = ranges
        .into_iter()
        .filter_map(|range| range.try_with_sample_rate(rate));
    let like = |config: &SupportedStreamConfig| {
        let channels = config.channels().abs_diff(preferred.channels());
        (
            config.sample_format() != preferred.sample_format(),
            channels,
        )
    };
    fits.min_by_key(like).ok_or_else(|| {
        let name = name(device);
        Failure::new(format!(
            "{name} cannot run at {rate} Hz; choose another rate (gridleak play --rate)"
        ))
    })
}

/// The channels that were wished for, if the device has them; else the first `usual`.
fn channels(wished: &[usize], has: u16, usual: usize) -> Result<Vec<usize>> {
    let has = usize::from(has);
    if let Some(missing) = wished.iter().find(|channel| **channel >= has) {
        let missing = missing + 1;
        return Err(Failure::new(format!(
            "the device has {has} channels, and no channel {missing}"
        )));
    }
    Ok(match wished {
        [] => (0..usual.min(has)).collect(),
        some => some.to_vec(),
    })
}

fn config(supported: &SupportedStreamConfig, block: u32) -> StreamConfig {
    let block = match supported.buffer_size() {
        SupportedBufferSize::Range { min, max } => block.clamp(*min, (*max).max(*min)),
        SupportedBufferSize::Unknown => block,
    };
    StreamConfig {
        buffer_size: BufferSize::Fixed(block),
        ..supported.config()
    }
}

/// What went wrong while it plays, in words, unless that is only that a block came late.
fn trouble(tell: impl Fn(&str) + Send + 'static) -> impl FnMut(cpal::Error) + Send + 'static {
    move |error| match error.kind() {
        ErrorKind::Xrun | ErrorKind::RealtimeDenied | ErrorKind::DeviceChanged => {}
        _ => tell(&format!(
            "The sound has stopped: {error}. Start Gridleak again."
        )),
    }
}

/// A function for the samples that a device speaks.
macro_rules! for_samples_of {
    ($device:expr, $supported:expr, $function:ident) => {
        match $supported.sample_format() {
            SampleFormat::F32 => $function::<f32>,
            SampleFormat::I16 => $function::<i16>,
            SampleFormat::I32 => $function::<i32>,
            SampleFormat::U16 => $function::<u16>,
            SampleFormat::I8 => $function::<i8>,
            SampleFormat::U8 => $function::<u8>,
            SampleFormat::F64 => $function::<f64>,
            other => return Err(unknown($device, other)),
        }
    };
}

fn play(
    device: &Device,
    supported: &SupportedStreamConfig,
    block: u32,
    source: Source,
    tell: impl Fn(&str) + Send + 'static,
) -> Result<Stream> {
    fn of<T: SizedSample + FromSample<f32>>(
        device: &Device,
        config: StreamConfig,
        mut source: Source,
        trouble: impl FnMut(cpal::Error) + Send + 'static,
    ) -> std::result::Result<Stream, cpal::Error> {
        let channels = usize::from(config.channels);
        let fill = move |data: &mut [T], _: &_| source.fill(data, channels);
        device.build_output_stream(config, fill, trouble, None)
    }
    let build = for_samples_of!(device, supported, of);
    let config = config(supported, block);
    build(device, config, source, trouble(tell)).map_err(|error| cannot(device, &error))
}

fn record(
    device: &Device,
    supported: &SupportedStreamConfig,
    block: u32,
    feeder: Feeder,
    tell: impl Fn(&str) + Send + 'static,
) -> Result<Stream> {
    fn of<T: SizedSample>(
        device: &Device,
        config: StreamConfig,
        mut feeder: Feeder,
        trouble: impl FnMut(cpal::Error) + Send + 'static,
    ) -> std::result::Result<Stream, cpal::Error>
    where
        f32: FromSample<T>,
    {
        let channels = usize::from(config.channels);
        let feed = move |data: &[T], _: &_| feeder.feed(data, channels);
        device.build_input_stream(config, feed, trouble, None)
    }
    let build = for_samples_of!(device, supported, of);
    let config = config(supported, block);
    build(device, config, feeder, trouble(tell)).map_err(|error| cannot(device, &error))
}

fn unknown(device: &Device, format: SampleFormat) -> Failure {
    let name = name(device);
    Failure::new(format!("{name} speaks {format}, which Gridleak does not"))
}
