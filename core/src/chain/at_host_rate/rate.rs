//! Conversion to a capture's sample rate and back, while it plays; and of a whole recording at once.

use audioadapter_buffers::direct::{SequentialSliceOfSlices, SequentialSliceOfVecs};
use rubato::{
    Adjustable, Async, FixedAsync, Resampler, Resizable, SincInterpolationParameters,
    SincInterpolationType, WindowFunction,
};

use crate::engine::BLOCK;

/// Channels that can be converted at once.
pub(super) const MAX_STREAMS: usize = 8;

/// Sample rates in Hz that are believed: of a host what a capture may have.
pub(in crate::chain) const RATES: std::ops::RangeInclusive<f64> = crate::format::SAMPLE_RATES;

/// What is kept, in Hz, and the part of the lower rate's half that is where the half is too low for
/// it: as much as 44.1 kHz keeps.
const PASSBAND: f64 = 20_000.0;
const PART: f64 = 20_000.0 / 22_050.0;

/// Of the windows of the resampler, Blackman-Harris reaches 90 dB with the fewest taps. A filter of
/// `n` taps at the rate `r` is down by 90 dB at this times `r / n` above its cutoff.
const WINDOW: WindowFunction = WindowFunction::BlackmanHarris;
const FALL: f64 = 3.648;

/// The fall of one filter from the passband's end to -90 dB, times `n / r`: at least the first of
/// the filter at the lower rate and the second of the other, the third of both together. The end of
/// the passband is then down by less than 0.2 dB in all, whichever of them has taps to spare. (One
/// filter loses 0.13 dB at 5.95, 0.10 dB at 6.05, 0.07 dB at 6.15.)
const LEAST_FALL: [f64; 3] = [5.94, 6.0, 12.1];

/// Coefficients in the largest table of exact phases.
const TABLE: usize = 1 << 19;

/// Phases between two samples of the lower rate that are interpolated where an exact table would be
/// too large; the error is below -130 dB.
const PHASES: f64 = 64.0;

/// Frames at the capture's rate that are kept ready beyond what is needed, against the drift that
/// [`RateMatch`] tells of: enough for months.
const SPARE: f64 = 0.05;

/// Converts to a capture's rate and back, with a constant whole number of host frames of latency.
///
/// Both ways have linear phase. What lies above half of the lower rate is down by 90 dB, and what
/// lies below 20 kHz (or 0.9 of that half, if that is less) by at most 0.2 dB, both ways together.
///
/// Where the rates are whole numbers with a reasonable ratio, as all usual ones are, the latency is
/// exact and the sound does not depend on how time is cut into blocks, to the bit. Others are
/// interpolated: the latency is exact to 1e-4 of a frame, and the sound differs by less than 1e-6.
///
/// A resampler counts its place from the newest sample, so it rounds after hours as finely as at the
/// start. Those roundings lean to one side by some 1e-14 of a frame with each frame, which is 1e-4 in
/// a day; an exact table rounds that away for weeks, and a reset starts anew.
pub(crate) struct RateMatch {
    there: Converter,
    back: Converter,
    heard: [[f32; BLOCK]; MAX_STREAMS],
    played: [[f32; BLOCK]; MAX_STREAMS],
    streams: (usize, usize),
    start: Start,
}

impl RateMatch {
    /// From the rate `host` to the rate `capture` and back, which differ, both in Hz, for a capture
    /// with so many input and output channels.
    ///
    /// # Errors
    /// In words, if one of the rates is none of audio or there are more channels than [`MAX_STREAMS`].
    pub(crate) fn new(
        host: f64,
        capture: f64,
        inputs: usize,
        outputs: usize,
    ) -> Result<Self, String> {
        debug_assert!(host != capture, "nothing to convert");
        check(host)?;
        check(capture)?;
        if inputs.max(outputs) > MAX_STREAMS {
            return Err(format!(
                "{inputs} inputs and {outputs} outputs are more than can be converted to another sample rate ({MAX_STREAMS})"
            ));
        }
        let plan = Plan::new(host, capture);
        let failed = |e| format!("cannot convert {host} Hz to {capture} Hz and back: {e}");
        let room = BLOCK as f64 + plan.there.step + 4.0;
        let there = Converter::new(&plan.there, inputs, room as usize).map_err(failed)?;
        let room = plan.start.silence as f64 + BLOCK as f64 * plan.back.step + 4.0;
        let back = Converter::new(&plan.back, outputs, room as usize).map_err(failed)?;
        let mut made = RateMatch {
            there,
            back,
            heard: [[0.0; BLOCK]; MAX_STREAMS],
            played: [[0.0; BLOCK]; MAX_STREAMS],
            streams: (inputs, outputs),
            start: plan.start,
        };
        made.reset();
        Ok(made)
    }

    /// Frames at the rate `host` from input to output, for a capture of the rate `capture`, both in
    /// Hz; 0 if they are the same, or one of them is none of audio.
    pub(crate) fn latency(host: f64, capture: f64) -> usize {
        let convertible = host != capture && RATES.contains(&host) && RATES.contains(&capture);
        if convertible {
            Plan::new(host, capture).latency
        } else {
            0
        }
    }

    /// Takes up to [`BLOCK`] frames at the host's rate and fills as many. Meanwhile `play` is called
    /// for what is due at the capture's rate: not at all, or several times with up to [`BLOCK`] frames.
    pub(crate) fn process(
        &mut self,
        input: &[&[f32]],
        output: &mut [&mut [f32]],
        mut play: impl FnMut(&[&[f32]], &mut [&mut [f32]]),
    ) {
        let (inputs, outputs) = self.streams;
        self.there.push(input);
        loop {
            let frames = self.there.ready();
            let mut heard = self.heard.each_mut().map(|stream| &mut stream[..frames]);
            if frames == 0 || !self.there.pull(&mut heard[..inputs]) {
                break;
            }
            let heard = heard.map(|stream| &*stream);
            let mut played = self.played.each_mut().map(|stream| &mut stream[..frames]);
            play(&heard[..inputs], &mut played[..outputs]);
            let played = played.map(|stream| &*stream);
            self.back.push(&played[..outputs]);
        }
        self.back.pull(output);
    }

    /// Back to silence.
    pub(crate) fn reset(&mut self) {
        self.there.reset();
        self.back.reset();
        self.back.queued = self.start.silence;
        // One frame, which nobody hears, of another length than all others.
        self.back.set_step(self.start.first_step);
        let mut first = self.played.each_mut().map(|stream| &mut stream[..1]);
        self.back.pull(&mut first[..self.streams.1]);
        self.back.set_step(self.back.step);
    }
}

/// A recording at another rate. The first sample stays where it was in time.
pub(in crate::chain) struct Resampled {
    /// What the filter rings before it, in the order of time.
    pub(in crate::chain) before: Vec<f32>,
    /// From the first sample on, with what the filter rings behind the last one.
    pub(in crate::chain) samples: Vec<f32>,
}

/// Converts a whole recording from one rate to another, in Hz. As good as [`RateMatch`], and nothing is
/// made louder or softer.
///
/// # Errors
/// In words, if one of the rates is none of audio.
pub(in crate::chain) fn resample(samples: &[f32], from: f64, to: f64) -> Result<Resampled, String> {
    check(from)?;
    check(to)?;
    if from == to || samples.is_empty() {
        return Ok(Resampled {
            before: Vec::new(),
            samples: samples.to_vec(),
        });
    }
    let filter = Plan::new(from, to).there;
    let (step, half) = (filter.step, filter.taps as f64 / 2.0);
    // So many frames lie before the one on the first sample: see `Plan::new` for where they lie. Its
    // remainder is the first step's, which is to be longer by less than a frame.
    let ahead = (half / step).ceil();
    let late = half - 1.0 / filter.phases as f64 - ahead * step;
    let silence = (step - late).ceil();
    let first_step = silence + late;
    let length = ((samples.len() - 1) as f64 + half) / step;
    let (ahead, silence, length) = (ahead as usize, silence as usize, length as usize + 1);

    let room = silence + 2 * BLOCK + filter.taps + step as usize * (BLOCK + 1);
    let mut converter = Converter::new(&filter, 1, room)
        .map_err(|e| format!("cannot convert {from} Hz to {to} Hz: {e}"))?;
    let mut made = Vec::with_capacity(ahead + length + BLOCK);
    let mut block = [0.0; BLOCK];
    let mut rest = samples;
    converter.queued = silence;
    converter.set_step(first_step);
    while made.len() < ahead + length {
        let (now, later) = rest.split_at(rest.len().min(BLOCK));
        block.fill(0.0);
        block[..now.len()].copy_from_slice(now);
        rest = later;
        converter.push(&[&block]);
        loop {
            let first = made.is_empty();
            let frames = match first {
                true => usize::from(converter.needs(1) <= converter.queued),
                false => converter.ready(),
            };
            if frames == 0 || !converter.pull(&mut [&mut block[..frames]]) {
                break;
            }
            made.extend_from_slice(&block[..frames]);
            if first {
                converter.set_step(step);
            }
        }
    }
    made.truncate(ahead + length);
    let samples = made.split_off(ahead);
    Ok(Resampled {
        before: made,
        samples,
    })
}

fn check(rate: f64) -> Result<(), String> {
    if RATES.contains(&rate) {
        return Ok(());
    }
    Err(format!(
        "{rate} Hz is not a sample rate of audio. Choose another one in the host's audio settings."
    ))
}

/// How the conversion starts, so that the way back has enough to begin with and lands on a frame.
struct Start {
    /// Frames of silence that the way back begins with.
    silence: usize,
    /// Frames by which it moves on with its first frame.
    first_step: f64,
}

/// What both ways look like for two rates.
struct Plan {
    there: Filter,
    back: Filter,
    latency: usize,
    start: Start,
}

impl Plan {
    fn new(host: f64, capture: f64) -> Self {
        let low = host.min(capture);
        let high = host.max(capture);
        let width = low / 2.0 - PASSBAND.min(PART * low / 2.0);
        let taps = |rate: f64, fall: f64| (fall * rate / width).ceil() as usize;
        let [least_low, least_high, both] = LEAST_FALL;
        // The resampler takes multiples of 8.
        let low_taps = taps(low, least_low).next_multiple_of(8);
        let rest = both - low_taps as f64 * width / low;
        let high_taps = taps(high, rest.max(least_high)).next_multiple_of(8);
        let (host_taps, capture_taps) = match host < capture {
            true => (low_taps, high_taps),
            false => (high_taps, low_taps),
        };

        // With a phase for each place that a frame can have between two others, nothing is left to
        // interpolate.
        let exact = whole_ratio(host, capture)
            .filter(|&(up, down)| (up * host_taps).max(down * capture_taps) <= TABLE);
        let there = Filter::new(host, capture, host_taps, exact.map(|(up, _)| up));
        let back = Filter::new(capture, host, capture_taps, exact.map(|(_, down)| down));

        // Frame `k` of a resampler lies at `(k + 1) * step + 1 / phases - taps / 2` in its input.
        // Put in each other, with `ahead` the frames of silence that the way back begins with less
        // those that it skips, the latency is `late + ahead / back.step`.
        let late = host_taps as f64 / 2.0 - 1.0 - 1.0 / there.phases as f64
            + (capture_taps as f64 / 2.0 - 1.0 - 1.0 / back.phases as f64) / back.step;
        // When `n` frames of the host have come in, `(n - 1) * step` frames, rounded down, have
        // gone there, and `n * step + 1 + skipped`, rounded up, must have come back.
        let least_ahead = back.step + 2.0 + SPARE;
        let latency = (late + least_ahead / back.step).ceil();
        let ahead = (latency - late) * back.step;
        // What is skipped is the first step, which is to be near the others in length.
        let silence = (ahead + back.step).ceil();
        Plan {
            start: Start {
                silence: silence as usize,
                first_step: silence - ahead,
            },
            there,
            back,
            latency: latency as usize,
        }
    }
}

/// What makes a resampler.
struct Filter {
    /// Frames of its input from one frame of its output to the next.
    step: f64,
    taps: usize,
    phases: usize,
    interpolation: SincInterpolationType,
}

impl Filter {
    fn new(from: f64, to: f64, taps: usize, exact_phases: Option<usize>) -> Self {
        let (phases, interpolation) = match exact_phases {
            Some(phases) => (phases, SincInterpolationType::Nearest),
            None => {
                let phases = PHASES * (to / from).min(1.0);
                ((phases as usize).max(8), SincInterpolationType::Cubic)
            }
        };
        Filter {
            step: from / to,
            taps,
            phases,
            interpolation,
        }
    }
}

/// A resampler and what it has not used up.
struct Converter {
    inner: Async<f32>,
    /// Frames of its input from one frame of its output to the next.
    step: f64,
    queue: Vec<Vec<f32>>,
    queued: usize,
}

impl Converter {
    /// `room`: the most frames that are ever queued.
    fn new(
        filter: &Filter,
        channels: usize,
        room: usize,
    ) -> Result<Self, rubato::ResamplerConstructionError> {
        let step = filter.step;
        // The cutoff is a part of half of the lower rate.
        let low_taps = filter.taps as f64 / step.max(1.0);
        let parameters = SincInterpolationParameters::new(filter.taps, WINDOW)
            .f_cutoff((1.0 - 2.0 * FALL / low_taps) as f32)
            .oversampling_factor(filter.phases)
            .interpolation(filter.interpolation);
        let inner = Async::new_sinc(
            1.0 / step,
            // For the first step, which may be longer by one frame.
            1.1 + 1.0 / step,
            &parameters,
            BLOCK,
            channels,
            FixedAsync::Output,
        )?;
        Ok(Converter {
            inner,
            step,
            queue: vec![vec![0.0; room]; channels],
            queued: 0,
        })
    }

    /// Queues `input`, for which there is room unless something went wrong.
    fn push(&mut self, input: &[&[f32]]) {
        let frames = input.first().map_or(0, |channel| channel.len());
        let room = self.queue.first().map_or(0, |queue| queue.len()) - self.queued;
        debug_assert!(frames <= room, "{frames} frames, room for {room}");
        let frames = frames.min(room);
        for (queue, input) in self.queue.iter_mut().zip(input) {
            queue[self.queued..][..frames].copy_from_slice(&input[..frames]);
        }
        self.queued += frames;
    }

    /// Frames that [`Converter::pull`] can give, up to [`BLOCK`].
    fn ready(&mut self) -> usize {
        let most = (self.queued + 1) as f64 / self.step + 1.0;
        let mut frames = BLOCK.min(most as usize);
        while frames > 0 && self.needs(frames) > self.queued {
            frames -= 1;
        }
        frames
    }

    /// Frames that must be queued for so many, up to [`BLOCK`], to be made.
    fn needs(&mut self, frames: usize) -> usize {
        match self.inner.set_chunk_size(frames) {
            Ok(()) => self.inner.input_frames_next(),
            Err(_) => usize::MAX,
        }
    }

    /// Fills `output`, which is up to [`BLOCK`] frames long. If that cannot be, which is a mistake
    /// in this file or in what calls it, there is silence rather than a panic.
    fn pull(&mut self, output: &mut [&mut [f32]]) -> bool {
        let frames = output.first().map_or(0, |channel| channel.len());
        if frames == 0 {
            return true;
        }
        let needed = self.needs(frames);
        if needed > self.queued || self.convert(output, frames).is_none() {
            debug_assert!(false, "{frames} frames of {} queued", self.queued);
            output.iter_mut().for_each(|channel| channel.fill(0.0));
            return false;
        }
        for queue in &mut self.queue {
            queue.copy_within(needed..self.queued, 0);
        }
        self.queued -= needed;
        true
    }

    /// Fills `output`, if all is as it should be.
    fn convert(&mut self, output: &mut [&mut [f32]], frames: usize) -> Option<()> {
        let channels = output.len();
        let mut output = output.iter_mut();
        let mut output: [&mut [f32]; MAX_STREAMS] =
            std::array::from_fn(|_| output.next().map_or(&mut [][..], |channel| channel));
        let mut output =
            SequentialSliceOfSlices::new_mut(&mut output[..channels], channels, frames).ok()?;
        let input = SequentialSliceOfVecs::new(&self.queue, channels, self.queued).ok()?;
        self.inner
            .process_into_buffer(&input, &mut output, None)
            .ok()?;
        Some(())
    }

    fn set_step(&mut self, step: f64) {
        let done = self.inner.set_resample_ratio(1.0 / step, false);
        debug_assert!(done.is_ok(), "{done:?}");
    }

    /// Forgets what came in.
    fn reset(&mut self) {
        self.inner.reset();
        self.queue.iter_mut().for_each(|queue| queue.fill(0.0));
        self.queued = 0;
    }
}

/// `capture / host` as a reduced fraction of whole numbers, if both rates are whole.
fn whole_ratio(host: f64, capture: f64) -> Option<(usize, usize)> {
    if host.fract() != 0.0 || capture.fract() != 0.0 {
        return None;
    }
    let (host, capture) = (host as usize, capture as usize);
    let (mut a, mut b) = (host, capture);
    while b > 0 {
        (a, b) = (b, a % b);
    }
    Some((capture / a, host / a))
}

#[cfg(test)]
mod tests {
    use super::*;
    use assert_no_alloc::{assert_no_alloc, reset_violation_count, violation_count};
    use std::f64::consts::TAU;

    /// Host and capture, as players meet them.
    const USUAL: [(f64, f64); 12] = [
        (44_100.0, 48_000.0),
        (44_100.0, 96_000.0),
        (48_000.0, 44_100.0),
        (48_000.0, 96_000.0),
        (88_200.0, 44_100.0),
        (88_200.0, 48_000.0),
        (88_200.0, 96_000.0),
        (96_000.0, 44_100.0),
        (96_000.0, 48_000.0),
        (192_000.0, 44_100.0),
        (192_000.0, 48_000.0),
        (192_000.0, 96_000.0),
    ];

    const ODD: [(f64, f64); 8] = [
        (22_050.0, 48_000.0),
        (48_000.0, 22_050.0),
        (44_100.0, 11_025.0),
        (8_000.0, 48_000.0),
        (47_999.0, 48_000.0),
        (48_000.0, 44_100.5),
        (44_100.5, 48_000.0),
        (192_000.0, 47_999.5),
    ];

    /// Lengths of blocks that follow each other.
    const BLOCKS: [usize; 8] = [64, 1, 1, 17, 64, 2, 33, 5];

    fn usual_and_odd() -> impl Iterator<Item = (f64, f64)> {
        USUAL.into_iter().chain(ODD)
    }

    /// Highest frequency that is kept, in Hz.
    fn kept((host, capture): (f64, f64)) -> f64 {
        PASSBAND.min(PART * host.min(capture) / 2.0)
    }

    fn sine(frequency: f64, rate: f64, frames: usize) -> Vec<f32> {
        let step = TAU * frequency / rate;
        (0..frames)
            .map(|n| (step * n as f64).sin() as f32)
            .collect()
    }

    fn identity(heard: &[&[f32]], played: &mut [&mut [f32]]) {
        played[0].copy_from_slice(heard[0]);
    }

    /// Plays `input`, in blocks of lengths that take turns.
    fn run(
        rate: &mut RateMatch,
        input: &[f32],
        blocks: &[usize],
        mut play: impl FnMut(&[&[f32]], &mut [&mut [f32]]),
    ) -> Vec<f32> {
        let mut output = vec![0.0; input.len()];
        let mut start = 0;
        for &length in blocks.iter().cycle() {
            let end = input.len().min(start + length);
            rate.process(
                &[&input[start..end]],
                &mut [&mut output[start..end]],
                &mut play,
            );
            start = end;
            if start == input.len() {
                return output;
            }
        }
        unreachable!()
    }

    fn there_and_back(rates: (f64, f64), input: &[f32]) -> Vec<f32> {
        let mut rate = RateMatch::new(rates.0, rates.1, 1, 1).unwrap();
        run(&mut rate, input, &BLOCKS, identity)
    }

    /// What of `samples` is the sine of a frequency: its amplitude in dB, its phase in radians at
    /// frame 0, and the largest sample of what remains when it is taken away, in dB. The second half
    /// is looked at.
    fn part_at(frequency: f64, rate: f64, samples: &[f32]) -> (f64, f64, f64) {
        let step = TAU * frequency / rate;
        let settled = || samples.iter().enumerate().skip(samples.len() / 2);
        let (mut ss, mut sc, mut cc, mut s, mut c) = (0.0, 0.0, 0.0, 0.0, 0.0);
        for (n, &sample) in settled() {
            let (sin, cos) = (step * n as f64).sin_cos();
            ss += sin * sin;
            sc += sin * cos;
            cc += cos * cos;
            s += sin * f64::from(sample);
            c += cos * f64::from(sample);
        }
        let scale = ss * cc - sc * sc;
        let (a, b) = ((s * cc - c * sc) / scale, (c * ss - s * sc) / scale);
        let rest = settled()
            .map(|(n, &sample)| {
                let (sin, cos) = (step * n as f64).sin_cos();
                (f64::from(sample) - a * sin - b * cos).abs()
            })
            .fold(0.0, f64::max);
        (db(a.hypot(b)), b.atan2(a), db(rest))
    }

    fn db(amplitude: f64) -> f64 {
        20.0 * amplitude.log10()
    }

    fn peak(samples: &[f32]) -> f64 {
        db(samples[samples.len() / 2..]
            .iter()
            .map(|s| f64::from(s.abs()))
            .fold(1e-10, f64::max))
    }

    #[test]
    fn the_latency_is_exact_and_the_passband_flat() {
        for rates in usual_and_odd() {
            let latency = RateMatch::latency(rates.0, rates.1) as f64;
            for part in [0.01, 0.3, 0.7, 0.95, 1.0] {
                let frequency = part * kept(rates);
                let output = there_and_back(rates, &sine(frequency, rates.0, 9000));
                let (gain, phase, rest) = part_at(frequency, rates.0, &output);
                let lost = (phase + latency * TAU * frequency / rates.0) / TAU;
                let late = (lost - lost.round()) * rates.0 / frequency;
                let about = format!("{rates:?}, {frequency:.0} Hz");
                assert!(late.abs() < 1e-4, "{about}: off by {late} frames");
                assert!((-0.2..0.001).contains(&gain), "{about}: {gain} dB");
                assert!(rest < -90.0, "{about}: aliases and images {rest} dB");
            }
        }
    }

    #[test]
    fn an_impulse_comes_out_where_it_is_due() {
        for rates in usual_and_odd() {
            let latency = RateMatch::latency(rates.0, rates.1);
            let mut impulse = vec![0.0; 100 + 3 * latency];
            impulse[70] = 1.0;
            let output = there_and_back(rates, &impulse);
            let centre = 70 + latency;
            let found = (0..output.len())
                .max_by(|&a, &b| output[a].total_cmp(&output[b]))
                .unwrap();
            assert_eq!(found, centre, "{rates:?}");
            for n in 1..20 {
                // Not exactly so: the host's and the capture's frames lie around it differently.
                let lopsided = (output[centre - n] - output[centre + n]).abs();
                assert!(lopsided < 2e-4, "{rates:?}: {lopsided}, {n} frames away");
            }
        }
    }

    #[test]
    fn the_capture_hears_no_aliases() {
        for rates in usual_and_odd().filter(|(host, capture)| host > capture) {
            let mut rate = RateMatch::new(rates.0, rates.1, 1, 1).unwrap();
            for part in [1.0, 1.003, 1.02, 1.1, 1.5, 1.99] {
                let frequency = part * rates.1 / 2.0;
                if frequency > rates.0 / 2.0 {
                    continue;
                }
                let mut heard = Vec::new();
                run(
                    &mut rate,
                    &sine(frequency, rates.0, 9000),
                    &BLOCKS,
                    |input, output| {
                        heard.extend_from_slice(input[0]);
                        identity(input, output);
                    },
                );
                let left = peak(&heard);
                assert!(left < -90.0, "{rates:?}, {frequency} Hz: {left} dB");
            }
        }
    }

    #[test]
    fn the_capture_hears_no_images() {
        for rates in usual_and_odd().filter(|(host, capture)| host < capture) {
            for part in [0.1, 0.5, 0.9, 0.98] {
                let mut rate = RateMatch::new(rates.0, rates.1, 1, 1).unwrap();
                let frequency = part * rates.0 / 2.0;
                let mut heard = Vec::new();
                run(
                    &mut rate,
                    &sine(frequency, rates.0, 9000),
                    &BLOCKS,
                    |input, output| {
                        heard.extend_from_slice(input[0]);
                        identity(input, output);
                    },
                );
                let (_, _, rest) = part_at(frequency, rates.1, &heard);
                assert!(rest < -90.0, "{rates:?}, {frequency} Hz: {rest} dB");
            }
        }
    }

    /// The capture plays a sine whatever it hears.
    fn capture_plays(rates: (f64, f64), frequency: f64) -> Vec<f32> {
        let mut rate = RateMatch::new(rates.0, rates.1, 1, 1).unwrap();
        let step = TAU * frequency / rates.1;
        let mut time = 0.0;
        run(&mut rate, &vec![0.0; 9000], &BLOCKS, |_, output| {
            for sample in &mut *output[0] {
                *sample = (step * time).sin() as f32;
                time += 1.0;
            }
        })
    }

    #[test]
    fn the_host_hears_no_aliases() {
        for rates in usual_and_odd().filter(|(host, capture)| host < capture) {
            for part in [1.0, 1.003, 1.02, 1.1, 1.5, 1.99] {
                let frequency = part * rates.0 / 2.0;
                if frequency > rates.1 / 2.0 {
                    continue;
                }
                let left = peak(&capture_plays(rates, frequency));
                assert!(left < -90.0, "{rates:?}, {frequency} Hz: {left} dB");
            }
        }
    }

    #[test]
    fn the_host_hears_no_images() {
        for rates in usual_and_odd().filter(|(host, capture)| host > capture) {
            for part in [0.1, 0.5, 0.9, 0.98] {
                let frequency = part * rates.1 / 2.0;
                let output = capture_plays(rates, frequency);
                let (_, _, rest) = part_at(frequency, rates.0, &output);
                assert!(rest < -90.0, "{rates:?}, {frequency} Hz: {rest} dB");
            }
        }
    }

    fn noise(frames: usize) -> Vec<f32> {
        let mut random = 1u32;
        (0..frames)
            .map(|_| {
                random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                random as f32 / u32::MAX as f32 - 0.5
            })
            .collect()
    }

    #[test]
    fn the_sound_does_not_depend_on_blocks() {
        let input = noise(10_000);
        for rates in usual_and_odd() {
            let bound = match whole_ratio(rates.0, rates.1) {
                Some((up, _)) if up < 5000 => 0.0,
                _ => 1e-6,
            };
            let mut rate = RateMatch::new(rates.0, rates.1, 1, 1).unwrap();
            let expected = run(&mut rate, &input, &[64], identity);
            for blocks in [&BLOCKS[..], &[1], &[63], &[3, 64, 64]] {
                rate.reset();
                let found = run(&mut rate, &input, blocks, identity);
                let worst = expected
                    .iter()
                    .zip(&found)
                    .map(|(a, b)| (a - b).abs())
                    .fold(0.0, f32::max);
                assert!(worst <= bound, "{rates:?}, blocks of {blocks:?}: {worst}");
            }
        }
    }

    #[test]
    fn channels_are_kept_apart() {
        let (left, right) = (noise(4000), sine(500.0, 48_000.0, 4000));
        for rates in [(48_000.0, 44_100.0), (44_100.5, 48_000.0)] {
            let mut rate = RateMatch::new(rates.0, rates.1, 2, 3).unwrap();
            let mut output = vec![vec![0.0; 4000]; 3];
            for start in (0..4000).step_by(50) {
                let input = [&left[start..start + 50], &right[start..start + 50]];
                let mut output = output.iter_mut().map(|o| &mut o[start..start + 50]);
                let mut output: [&mut [f32]; 3] = std::array::from_fn(|_| output.next().unwrap());
                rate.process(&input, &mut output, |heard, played| {
                    played[0].copy_from_slice(heard[1]);
                    played[1].copy_from_slice(heard[0]);
                    played[2].fill(0.0);
                });
            }
            // Two channels are interpolated in another order than one.
            for (found, alone) in [(&output[1], &left), (&output[0], &right)] {
                let expected = there_and_back(rates, alone);
                let same = expected
                    .iter()
                    .zip(found)
                    .all(|(a, b)| (a - b).abs() < 1e-6);
                assert!(same, "{rates:?}");
            }
            assert!(output[2].iter().all(|&sample| sample == 0.0));
        }
    }

    #[test]
    fn it_keeps_its_place_for_millions_of_frames() {
        for rates in [
            (44_100.0, 48_000.0),
            (96_000.0, 44_100.0),
            (44_100.5, 48_000.0),
        ] {
            let mut rate = RateMatch::new(rates.0, rates.1, 1, 1).unwrap();
            let latency = RateMatch::latency(rates.0, rates.1);
            let period = sine(rates.0 / 100.0, rates.0, 100);
            let (mut input, mut output) = ([0.0; BLOCK], [0.0; BLOCK]);
            let mut worst = 0.0f32;
            for start in (0..1_500_000).step_by(BLOCK) {
                for (n, sample) in input.iter_mut().enumerate() {
                    *sample = period[(start + n) % 100];
                }
                rate.process(&[&input], &mut [&mut output], identity);
                if start < 1000 {
                    continue;
                }
                for (n, &sample) in output.iter().enumerate() {
                    worst = worst.max((sample - period[(start + n - latency) % 100]).abs());
                }
            }
            // A frame lost or doubled would be seen as 0.06, a wrong phase as 0.0004.
            assert!(worst < 5e-5, "{rates:?}: {worst}");
        }
    }

    #[test]
    fn silence_becomes_exact() {
        for rates in usual_and_odd() {
            let mut rate = RateMatch::new(rates.0, rates.1, 1, 1).unwrap();
            run(&mut rate, &noise(3000), &BLOCKS, identity);
            let silence = vec![0.0; 3 * RateMatch::latency(rates.0, rates.1)];
            run(&mut rate, &silence, &BLOCKS, identity);
            let output = run(&mut rate, &silence, &BLOCKS, |heard, played| {
                assert!(heard[0].iter().all(|&sample| sample == 0.0), "{rates:?}");
                identity(heard, played);
            });
            assert!(output.iter().all(|&sample| sample == 0.0), "{rates:?}");
        }
    }

    #[test]
    fn after_a_reset_it_plays_as_if_new() {
        let input = noise(3000);
        for rates in usual_and_odd() {
            let mut rate = RateMatch::new(rates.0, rates.1, 1, 1).unwrap();
            let expected = run(&mut rate, &input, &BLOCKS, identity);
            for cut in [1, 777, 2999] {
                run(&mut rate, &input[..cut], &BLOCKS, identity);
                rate.reset();
                assert!(
                    run(&mut rate, &input, &BLOCKS, identity) == expected,
                    "{rates:?}"
                );
            }
        }
    }

    #[test]
    fn nothing_is_allocated_while_it_plays() {
        let input = noise(BLOCK);
        for rates in usual_and_odd() {
            let mut rate = RateMatch::new(rates.0, rates.1, 2, 2).unwrap();
            let mut output = [[0.0; BLOCK]; 2];
            reset_violation_count();
            assert_no_alloc(|| {
                for length in BLOCKS.into_iter().cycle().take(200) {
                    let [left, right] = &mut output;
                    rate.process(
                        &[&input[..length], &input[..length]],
                        &mut [&mut left[..length], &mut right[..length]],
                        |heard, played| {
                            identity(heard, played);
                            played[1].copy_from_slice(heard[1]);
                        },
                    );
                }
                rate.reset();
            });
            assert_eq!(violation_count(), 0, "{rates:?}");
        }
    }

    #[test]
    fn the_latency_is_short() {
        for (rates, milliseconds) in [
            ((44_100.0, 48_000.0), 3.0),
            ((48_000.0, 44_100.0), 3.0),
            ((48_000.0, 96_000.0), 1.6),
            ((96_000.0, 48_000.0), 1.6),
            ((192_000.0, 48_000.0), 1.6),
            ((192_000.0, 96_000.0), 0.3),
        ] {
            let latency = RateMatch::latency(rates.0, rates.1) as f64 / rates.0 * 1000.0;
            assert!(latency <= milliseconds, "{rates:?}: {latency} ms");
        }
        assert_eq!(RateMatch::latency(48_000.0, 48_000.0), 0);
    }

    #[test]
    fn what_is_no_rate_is_refused_and_what_is_works() {
        for rates in [(f64::NAN, 48_000.0), (0.0, 48_000.0), (48_000.0, 1e9)] {
            assert!(RateMatch::new(rates.0, rates.1, 1, 1).is_err(), "{rates:?}");
            assert_eq!(RateMatch::latency(rates.0, rates.1), 0, "{rates:?}");
        }
        for rates in [
            (1_000.0, 768_000.0),
            (768_000.0, 1_234.5),
            (48_000.0, 48_000.01),
        ] {
            let mut rate = RateMatch::new(rates.0, rates.1, 1, 1).unwrap();
            let output = run(&mut rate, &noise(1000), &BLOCKS, identity);
            assert!(output.iter().all(|sample| sample.is_finite()), "{rates:?}");
        }
    }
}
