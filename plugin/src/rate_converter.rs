//! Sample-rate conversion that keeps every sample in its place.

use audioadapter_buffers::direct::SequentialSliceOfVecs;
use rubato::{
    Async, FixedAsync, Indexing, Resampler, SincInterpolationParameters, SincInterpolationType,
    WindowFunction,
};

use crate::failure::{Failure, Result};

/// Taps of the filter at the lower of the two rates. With the window below, the response falls
/// from flat to below -100 dB within `2 * 16 / TAPS` of that rate's half.
const TAPS: f64 = 352.0;

/// Middle of that fall, as a part of the lower rate's half: at 44.1 kHz it is flat to 20 kHz and
/// closed at 22.05 kHz, so neither aliases nor images are left.
const CUTOFF: f32 = 0.9535;

/// Largest table of exact filter phases, in coefficients.
const TABLE: f64 = 4_000_000.0;

/// Phases of the table that is interpolated where an exact one would be too large.
const PHASES: usize = 256;

/// Frames by which a stream may be off its place.
const IN_PLACE: f64 = 1e-5;

/// Most frames of silence put ahead of a stream to move it into its place.
const MOST_SILENCE: u64 = 1 << 17;

/// Converts a stream from one rate to another, without delay: frame 0 of the output lies where
/// frame 0 of the input lies. The price is that output comes later than its input, and that the
/// end of a stream has to be pushed out with silence.
pub(crate) struct RateConverter {
    inner: Async<f64>,
    input: Vec<Vec<f64>>,
    output: Vec<Vec<f64>>,
    /// Frames at the start of the output that lie before frame 0.
    to_drop: usize,
}

impl RateConverter {
    /// A converter for `channels` channels from rate `from` to rate `to`, in Hz.
    pub(crate) fn new(from: f64, to: f64, channels: usize) -> Result<Self> {
        let ratio = to / from;
        let taps = (TAPS * (1.0 / ratio).max(1.0)).ceil() as usize;
        let taps = taps.next_multiple_of(8);
        // With a phase for each position an output frame can have between two input frames,
        // nothing is left to interpolate.
        let (phases, period, interpolation) = match whole_ratio(from, to) {
            Some((up, down)) if up as f64 * taps as f64 <= TABLE => {
                (up as usize, down, SincInterpolationType::Nearest)
            }
            Some((_, down)) => (PHASES, down.min(MOST_SILENCE), SincInterpolationType::Cubic),
            None => (PHASES, MOST_SILENCE, SincInterpolationType::Cubic),
        };
        let parameters = SincInterpolationParameters::new(taps, WindowFunction::BlackmanHarris2)
            .f_cutoff(CUTOFF)
            .oversampling_factor(phases)
            .interpolation(interpolation);
        // Each call moves two filter lengths of history, so let it be worth it.
        let chunk = taps.max(1024);
        let inner = Async::new_sinc(ratio, 1.0, &parameters, chunk, channels, FixedAsync::Input)
            .map_err(|e| Failure::new(format!("cannot convert {from} Hz to {to} Hz: {e}")))?;

        // Output frame k of the resampler lies at input time (k + 1) / ratio + 1 / phases -
        // taps / 2. So many frames of silence go ahead of the input that one k lies on its
        // frame 0, exactly for a ratio of whole numbers within the table.
        let first_frame =
            |silence: u64| (taps as f64 / 2.0 + silence as f64 - 1.0 / phases as f64) * ratio - 1.0;
        let off = |silence: &u64| {
            let frame = first_frame(*silence);
            (frame - frame.round()).abs()
        };
        let silence = (0..period)
            .find(|silence| off(silence) < IN_PLACE)
            .or_else(|| (0..period).min_by(|a, b| off(a).total_cmp(&off(b))))
            .unwrap_or(0);
        Ok(Self {
            output: vec![vec![0.0; inner.output_frames_max()]; channels],
            inner,
            input: vec![vec![0.0; silence as usize]; channels],
            to_drop: first_frame(silence).round() as usize,
        })
    }

    /// Takes all of `input` and appends what is ready to `output`.
    pub(crate) fn push(&mut self, input: &[Vec<f32>], output: &mut [Vec<f32>]) -> Result<()> {
        for (queue, input) in self.input.iter_mut().zip(input) {
            queue.extend(input.iter().copied().map(f64::from));
        }
        let channels = self.input.len();
        let queued = self.input[0].len();
        let mut used = 0;
        while queued - used >= self.inner.input_frames_next() {
            let room = self.output[0].len();
            let source = SequentialSliceOfVecs::new(&self.input, channels, queued)
                .map_err(|e| Failure::new(format!("rate conversion failed: {e}")))?;
            let mut sink = SequentialSliceOfVecs::new_mut(&mut self.output, channels, room)
                .map_err(|e| Failure::new(format!("rate conversion failed: {e}")))?;
            let place = Indexing::new().input_offset(used);
            let (taken, given) = self
                .inner
                .process_into_buffer(&source, &mut sink, Some(&place))
                .map_err(|e| Failure::new(format!("rate conversion failed: {e}")))?;
            used += taken;
            let dropped = self.to_drop.min(given);
            self.to_drop -= dropped;
            for (converted, output) in self.output.iter().zip(output.iter_mut()) {
                output.extend(converted[dropped..given].iter().map(|&v| v as f32));
            }
        }
        for queue in &mut self.input {
            queue.drain(..used);
        }
        Ok(())
    }
}

/// `to / from` as a reduced fraction of whole numbers, if both rates are whole.
fn whole_ratio(from: f64, to: f64) -> Option<(u64, u64)> {
    let whole =
        |rate: f64| (rate.fract() == 0.0 && (1.0..1e9).contains(&rate)).then_some(rate as u64);
    let (from, to) = (whole(from)?, whole(to)?);
    let (mut a, mut b) = (from, to);
    while b > 0 {
        (a, b) = (b, a % b);
    }
    Some((to / a, from / a))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::f64::consts::TAU;

    fn convert(input: &[f32], from: f64, to: f64) -> Vec<f32> {
        let mut converter = RateConverter::new(from, to, 1).unwrap();
        let mut output = [Vec::new()];
        let wanted = (input.len() as f64 * to / from).ceil() as usize;
        for piece in input.chunks(777) {
            converter.push(&[piece.to_vec()], &mut output).unwrap();
        }
        while output[0].len() < wanted {
            converter.push(&[vec![0.0; 777]], &mut output).unwrap();
        }
        let [mut output] = output;
        output.truncate(wanted);
        output
    }

    fn sine(frequency: f64, rate: f64, frames: usize) -> Vec<f32> {
        (0..frames)
            .map(|n| (0.5 * (TAU * frequency * n as f64 / rate).sin()) as f32)
            .collect()
    }

    /// Largest difference from `expected` away from the ends, in dB of the sine's amplitude.
    fn error_db(found: &[f32], expected: &[f32]) -> f64 {
        let margin = found.len() / 4;
        let worst = found
            .iter()
            .zip(expected)
            .skip(margin)
            .take(found.len() - 2 * margin)
            .map(|(a, b)| f64::from((a - b).abs()))
            .fold(0.0, f64::max);
        20.0 * (worst / 0.5).log10()
    }

    #[test]
    fn a_sine_arrives_in_place_and_at_its_level() {
        for (from, to) in [
            (44_100.0, 48_000.0),
            (48_000.0, 44_100.0),
            (88_200.0, 48_000.0),
            (48_000.0, 88_200.0),
            (96_000.0, 48_000.0),
            (48_000.0, 96_000.0),
            (192_000.0, 48_000.0),
            (48_000.0, 192_000.0),
            (11_025.0, 48_000.0),
            (48_000.0, 44_100.5),
            (47_999.0, 48_000.0),
        ] {
            let top = f64::min(from, to) * 0.4535;
            for frequency in [100.0, 997.0, 0.5 * top, 0.99 * top] {
                let found = convert(&sine(frequency, from, (from / 5.0) as usize), from, to);
                let error = error_db(&found, &sine(frequency, to, found.len()));
                assert!(
                    error < -90.0,
                    "{frequency} Hz, {from} -> {to}: {error:.1} dB"
                );
            }
        }
    }

    #[test]
    fn what_the_lower_rate_cannot_hold_is_gone() {
        for (from, to, frequency) in [
            (48_000.0, 44_100.0, 22_100.0),
            (88_200.0, 48_000.0, 24_050.0),
            (96_000.0, 48_000.0, 25_000.0),
            (192_000.0, 48_000.0, 24_100.0),
            (192_000.0, 48_000.0, 47_000.0),
            (192_000.0, 48_000.0, 90_000.0),
        ] {
            let found = convert(&sine(frequency, from, (from / 5.0) as usize), from, to);
            let error = error_db(&found, &vec![0.0; found.len()]);
            assert!(
                error < -95.0,
                "{frequency} Hz, {from} -> {to}: {error:.1} dB"
            );
        }
    }

    #[test]
    fn an_impulse_comes_back_where_it_was() {
        for rate in [44_100.0, 88_200.0, 96_000.0, 192_000.0, 22_050.0, 47_999.0] {
            let mut impulse = vec![0.0; 6000];
            impulse[3001] = 1.0;
            let back = convert(&convert(&impulse, rate, 48_000.0), 48_000.0, rate);
            let at = (0..back.len())
                .max_by(|a, b| back[*a].total_cmp(&back[*b]))
                .unwrap();
            assert_eq!(at, 3001, "{rate} Hz");
            let lopsided = (back[3000] - back[3002]).abs();
            assert!(lopsided < 1e-4, "{rate} Hz: {lopsided}");
        }
    }
}
