//! The cabinet: convolution with one impulse response or a blend of two.
//!
//! It adds no latency, see `engine/convolver.rs`.

use super::Part;
use super::amp::clamp_output;
use crate::chain::bank::Resolved;
use crate::chain::config::{BuildId, ProcessConfig};
use crate::chain::filter::{Filter, MovingFilter, warp};
use crate::chain::impulse_response::ImpulseResponse;
use crate::chain::smooth::Smooth;
use crate::chain::stage::Sides;
use crate::chain::switch::Switch;
use crate::engine::BLOCK;
use crate::engine::convolver::Convolver;
use crate::rig::CabSettings;
use crate::simd::SimdLevel;
use std::f64::consts::SQRT_2;
use std::ops::RangeInclusive;

/// Periods of a cut's frequency in which its filter forgets all but -70 dB.
const PERIODS_TO_SETTLE: f64 = 2.0;

/// Seconds for which a cabinet that is gone over to is played unheard at most. Of a longer one the end
/// comes in only then, as that of a hall does when somebody begins to play.
const LONGEST_WAIT: f64 = 0.5;

/// Highest frequency of a filter, as a part of the sample rate.
const MOST_OF_RATE: f64 = 0.49;

impl CabSettings {
    /// What both cuts do to a frequency, in dB, at a sample rate; both in Hz. Frequencies above half the
    /// rate are taken for that.
    pub fn cuts_response_db(&self, rate: f64, frequency: f64) -> f64 {
        let warped = warp(frequency.clamp(0.0, MOST_OF_RATE * rate), rate);
        let cuts = [(Side::Low, self.low_cut_hz), (Side::High, self.high_cut_hz)];
        let on = cuts.into_iter().filter(|(side, hz)| !side.is_off(*hz));
        on.map(|(side, hz)| side.filter(hz.into(), 1.0, rate).response_db(warped))
            .sum()
    }
}

/// Impulse responses made ready to play in a [`crate::Chain`].
///
/// Making one takes time and memory, and so does dropping it: neither is for the audio thread.
pub struct Cab {
    responses: Vec<Response>,
    config: ProcessConfig,
    id: BuildId,
    switch: Switch,
    low_cut: Cut,
    high_cut: Cut,
    mix: Smooth,
    blend: Smooth,
}

impl Cab {
    /// Makes up to two impulse responses ready; without any it passes on what comes in, as if off.
    /// With one, it is the same which of the two that is. `id` tells it apart.
    ///
    /// A mono response plays on each channel; of a stereo one the left side on the left and the right
    /// side on the right, or where there is one channel, their mean.
    ///
    /// # Errors
    /// In words, if it cannot play in such a config.
    pub fn new(
        first: Option<&ImpulseResponse>,
        second: Option<&ImpulseResponse>,
        config: ProcessConfig,
        id: BuildId,
    ) -> Result<Self, String> {
        let pairs = [(first, second), (second, first)].into_iter();
        let responses = pairs.filter_map(|(response, other)| Some((response?, other)));
        Ok(Cab {
            responses: responses
                .map(|(response, other)| Response::new(response, other, config))
                .collect::<Result<_, _>>()?,
            config,
            id,
            switch: Switch::new(true, config.rate),
            low_cut: Cut::new(Side::Low, config.rate),
            high_cut: Cut::new(Side::High, config.rate),
            mix: Smooth::new(1.0, config.rate),
            blend: Smooth::new(0.5, config.rate),
        })
    }

    /// The number that it was built with.
    pub fn id(&self) -> BuildId {
        self.id
    }

    /// What it was made for.
    pub fn config(&self) -> ProcessConfig {
        self.config
    }

    /// Brings settings into their ranges and leaves out what is no number. A change takes
    /// [`crate::chain::smooth::SMOOTHING`] seconds.
    fn set(&mut self, settings: CabSettings) {
        let set = |ramp: &mut Smooth, to: f32, range: RangeInclusive<f32>| {
            if !to.is_nan() {
                ramp.set(to.clamp(*range.start(), *range.end()).into());
            }
        };
        set(&mut self.mix, settings.mix, CabSettings::MIX);
        set(&mut self.blend, settings.blend, CabSettings::BLEND);
        self.low_cut.set(settings.low_cut_hz);
        self.high_cut.set(settings.high_cut_hz);
        for response in &mut self.responses {
            let relative = response.normalizing;
            let gain = if settings.normalized { relative } else { 1.0 };
            response.gain.set(gain);
        }
        if settings.on && self.switch.is_off() {
            self.forget();
        }
        self.switch.set(settings.on);
    }

    fn forget(&mut self) {
        self.low_cut.filter.forget();
        self.high_cut.filter.forget();
        for lane in self.responses.iter_mut().flat_map(|r| &mut r.lanes) {
            lane.reset();
        }
    }

    /// The sound of all responses together, `frames` frames of `channels` channels.
    fn convolve(&mut self, input: &Sides, channels: usize, frames: usize) -> [[f64; BLOCK]; 2] {
        let mut heard = [[0.0; BLOCK]; 2];
        for (heard, input) in heard.iter_mut().zip(input).take(channels) {
            for (heard, &sample) in heard.iter_mut().zip(input).take(frames) {
                *heard = clamp_output(sample);
            }
        }
        let mut wet = [[0.0; BLOCK]; 2];
        let mut parts = [[1.0; BLOCK]; 2];
        if self.responses.len() == 2 {
            let [first, second] = &mut parts;
            self.blend.scale(&mut second[..frames]);
            for (first, second) in first.iter_mut().zip(second) {
                *first -= *second;
            }
        }
        for (response, parts) in self.responses.iter_mut().zip(&mut parts) {
            response.gain.scale(&mut parts[..frames]);
            let sound = response.process(&heard, channels, frames);
            for (wet, sound) in wet.iter_mut().zip(&sound).take(channels) {
                for ((wet, &sound), part) in wet.iter_mut().zip(sound).zip(&*parts).take(frames) {
                    *wet += part * f64::from(sound);
                }
            }
        }
        wet
    }

    /// Frames for which it sounds on.
    pub(in crate::chain) fn tail(&self) -> usize {
        let taps = self.responses.iter().map(|response| response.taps).max();
        taps.unwrap_or(0)
    }

    /// Frames of silence after which nothing is heard of it, and nothing left in it that would have to be
    /// cleared away before it can begin anew.
    pub(in crate::chain) fn ring_frames(&self) -> usize {
        let lanes = self.responses.iter().flat_map(|response| &response.lanes);
        match self.switch.is_off() {
            true => 0,
            false => lanes.map(|lane| lane.tail_frames).max().unwrap_or(0) + self.cut_frames(),
        }
    }

    /// Frames after which its cuts have forgotten what came in.
    fn cut_frames(&self) -> usize {
        let cuts = [&self.low_cut, &self.high_cut].map(Cut::settle_frames);
        cuts[0].max(cuts[1])
    }

    /// Plays `frames` frames, at most [`BLOCK`].
    pub(in crate::chain) fn process(&mut self, input: &Sides, output: &mut Sides, frames: usize) {
        *output = *input;
        if self.responses.is_empty() || self.switch.is_off() {
            return;
        }
        let channels = self.config.outputs.clamp(1, 2);
        let mut wet = self.convolve(input, channels, frames);
        self.low_cut.process(&mut wet[..channels], frames);
        self.high_cut.process(&mut wet[..channels], frames);
        if !self.mix.is_at(1.0) {
            for frame in 0..frames {
                let mix = self.mix.next();
                for (wet, dry) in wet.iter_mut().zip(input).take(channels) {
                    let dry = f64::from(clamp_output(dry[frame]));
                    wet[frame] = dry + mix * (wet[frame] - dry);
                }
            }
        }
        let [left, right] = output;
        let mut output = [&mut left[..frames], &mut right[..frames]];
        self.switch.fade(&mut output[..channels], &wet);
    }
}

impl Part for Cab {
    fn update(&mut self, to: &Resolved) {
        self.set(to.settings.cab);
    }

    fn finish(&mut self) {
        self.switch.finish();
        self.low_cut.finish();
        self.high_cut.finish();
        self.mix.finish();
        self.blend.finish();
        self.responses.iter_mut().for_each(|r| r.gain.finish());
    }

    fn reset(&mut self) {
        self.finish();
        self.forget();
    }

    fn settle_frames(&self) -> usize {
        let taps = self.responses.iter().map(|response| response.taps).max();
        let most = (LONGEST_WAIT * self.config.rate) as usize;
        taps.map_or(0, |taps| taps.min(most) + self.cut_frames())
    }
}

/// One impulse response at work.
struct Response {
    /// One for a single channel; for two, either left and right, or what both have in common and what
    /// they differ by. Of a guitar on a stereo track, which is the same on both, only the first has
    /// work.
    lanes: Vec<Lane>,
    mid_and_side: bool,
    /// Samples of the response.
    taps: usize,
    /// Factor on the level that it was made for, now, and what makes it as loud as all others.
    gain: Smooth,
    normalizing: f64,
}

impl Response {
    fn new(
        response: &ImpulseResponse,
        other: Option<&ImpulseResponse>,
        config: ProcessConfig,
    ) -> Result<Self, String> {
        let mut channels = response.at_rate(config.rate, other)?;
        let mid_and_side = config.outputs > 1 && channels.len() == 1;
        if config.outputs == 1
            && let [left, right] = &mut channels[..]
        {
            let sides = left.iter_mut().zip(right);
            sides.for_each(|(left, right)| *left = 0.5 * (*left + *right));
            channels.truncate(1);
        }
        let copies = if mid_and_side { 2 } else { 1 };
        let lanes = channels.iter().flat_map(|taps| vec![taps; copies]);
        let relative = response.gain_db(true) - response.gain_db(false);
        Ok(Response {
            lanes: lanes.map(|taps| Lane::new(taps)).collect(),
            mid_and_side,
            taps: channels[0].len(),
            gain: Smooth::new(1.0, config.rate),
            normalizing: 10f64.powf(relative / 20.0),
        })
    }

    fn process(&mut self, input: &Sides, channels: usize, frames: usize) -> Sides {
        let mut heard = *input;
        let mut sound = [[0.0; BLOCK]; 2];
        if self.mid_and_side {
            let [left, right] = &mut heard;
            to_mid_and_side(left, right);
        }
        let lanes = self.lanes.iter_mut().zip(&heard).zip(&mut sound);
        for ((lane, heard), sound) in lanes.take(channels) {
            lane.process(&heard[..frames], &mut sound[..frames]);
        }
        if self.mid_and_side {
            let [mid, side] = &mut sound;
            for (mid, side) in mid.iter_mut().zip(side) {
                (*mid, *side) = (*mid + *side, *mid - *side);
            }
        }
        sound
    }
}

/// Half of the sum and half of the difference.
fn to_mid_and_side(left: &mut [f32], right: &mut [f32]) {
    for (left, right) in left.iter_mut().zip(right) {
        (*left, *right) = (0.5 * (*left + *right), 0.5 * (*left - *right));
    }
}

/// One convolution. While nothing but silence comes in and nothing is left of what came before, it
/// rests.
struct Lane {
    convolver: Convolver,
    /// Frames of silence after which nothing is left in the convolver.
    tail_frames: usize,
    /// Frames of silence that it last heard.
    silent: usize,
    /// Frames for which it was run.
    #[cfg(test)]
    run: usize,
}

impl Lane {
    fn new(taps: &[f32]) -> Self {
        let convolver = Convolver::new(taps, SimdLevel::detect());
        let tail_frames = convolver.settle_frames();
        Lane {
            convolver,
            tail_frames,
            silent: tail_frames,
            #[cfg(test)]
            run: 0,
        }
    }

    fn process(&mut self, input: &[f32], output: &mut [f32]) {
        let silence = input.iter().fold(true, |silence, &x| silence & (x == 0.0));
        if silence && self.silent >= self.tail_frames {
            output.fill(0.0);
            return;
        }
        self.silent = if silence {
            self.silent + input.len()
        } else {
            0
        };
        self.convolver.process(input, output);
        #[cfg(test)]
        {
            self.run += input.len();
        }
    }

    fn reset(&mut self) {
        // At rest there is nothing to clear, and there can be much of it.
        if self.silent < self.tail_frames {
            self.convolver.reset();
            self.silent = self.tail_frames;
        }
    }
}

/// What a cut takes away.
#[derive(Clone, Copy, PartialEq)]
enum Side {
    Low,
    High,
}

impl Side {
    /// Whether a cut is off that stands at a frequency in Hz.
    fn is_off(self, hz: f32) -> bool {
        match self {
            Side::Low => hz <= *CabSettings::LOW_CUT.start(),
            Side::High => hz >= *CabSettings::HIGH_CUT.end(),
        }
    }

    /// The filter of a cut at a frequency, at a rate, both in Hz, with so much of it mixed in.
    fn filter(self, hz: f64, amount: f64, rate: f64) -> Filter {
        let mix = match self {
            Side::Low => [1.0, -SQRT_2 * amount, -amount],
            Side::High => [1.0 - amount, 0.0, amount],
        };
        Filter::new(warp(hz.min(MOST_OF_RATE * rate), rate), SQRT_2, mix)
    }

    /// Moves both on by a frame, and gives the filter of that frame.
    fn next(self, octaves: &mut Smooth, amount: &mut Smooth, rate: f64) -> Filter {
        self.filter(octaves.next().exp2(), amount.next(), rate)
    }
}

/// A filter that takes away what lies below or above a frequency.
struct Cut {
    side: Side,
    rate: f64,
    /// Its frequency, in octaves above 1 Hz.
    octaves: Smooth,
    /// How much of it there is, 0 (off) to 1.
    amount: Smooth,
    filter: MovingFilter,
}

impl Cut {
    /// One that is off, at a rate in Hz.
    fn new(side: Side, rate: f64) -> Self {
        Cut {
            side,
            rate,
            octaves: Smooth::new(0.0, rate),
            amount: Smooth::new(0.0, rate),
            filter: MovingFilter::new(Filter::new(1.0, SQRT_2, [1.0, 0.0, 0.0])),
        }
    }

    /// Goes to a frequency in Hz, or off; what is no number changes nothing.
    fn set(&mut self, hz: f32) {
        let range = match self.side {
            Side::Low => CabSettings::LOW_CUT,
            Side::High => CabSettings::HIGH_CUT,
        };
        if hz.is_nan() {
            return;
        }
        if self.side.is_off(hz) {
            // It stays where it is, and fades.
            self.amount.set(0.0);
            return;
        }
        let hz = hz.clamp(*range.start(), *range.end());
        self.octaves.set(f64::from(hz).log2());
        if self.is_off() {
            self.octaves.finish();
        }
        self.amount.set(1.0);
    }

    /// Is there at once.
    fn finish(&mut self) {
        self.octaves.finish();
        self.amount.finish();
        self.filter.filter = (self.side).next(&mut self.octaves, &mut self.amount, self.rate);
    }

    fn is_off(&self) -> bool {
        self.amount.is_at(0.0)
    }

    /// Frames after which it has forgotten what came in, as far as that is heard.
    fn settle_frames(&self) -> usize {
        if self.is_off() {
            return 0;
        }
        (PERIODS_TO_SETTLE * self.rate / self.octaves.target().exp2()) as usize
    }

    fn process(&mut self, channels: &mut [[f64; BLOCK]], frames: usize) {
        if self.is_off() {
            return;
        }
        let moving = self.octaves.left().max(self.amount.left());
        let (octaves, amount) = (&mut self.octaves, &mut self.amount);
        self.filter.process(channels, moving, frames, || {
            let filter = self.side.next(octaves, amount, self.rate);
            (!amount.is_at(0.0)).then_some(filter)
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chain::probe::{largest_step, noise, sine};
    use assert_no_alloc::{assert_no_alloc, reset_violation_count, violation_count};
    use std::f64::consts::TAU;

    const RATE: f64 = 48_000.0;
    /// -18 dB.
    const OFFICIAL: f64 = 0.125_892_541_179_416_73;

    fn config(channels: usize, rate: f64) -> ProcessConfig {
        ProcessConfig {
            rate,
            inputs: channels,
            outputs: channels,
            latency: 0,
            pedal_latency: 0,
        }
    }

    /// Noise that decays to -60 dB; always another one.
    fn response(seed: usize, taps: usize) -> Vec<f32> {
        let decayed = |n: usize, x: f32| x * 10f32.powf(-3.0 * n as f32 / taps as f32);
        let noise = noise(taps + seed);
        let taps = noise[seed..].iter().enumerate();
        taps.map(|(n, &x)| decayed(n, x)).collect()
    }

    fn ir(channels: &[&[f32]], rate: f64) -> ImpulseResponse {
        ImpulseResponse::new(channels.iter().map(|c| c.to_vec()).collect(), rate).unwrap()
    }

    fn cab(responses: &[&ImpulseResponse], config: ProcessConfig, settings: CabSettings) -> Cab {
        let at = |n: usize| responses.get(n).copied();
        let mut cab = Cab::new(at(0), at(1), config, BuildId(0)).unwrap();
        cab.set(settings);
        cab.finish();
        cab
    }

    /// Plays in blocks, of which a chain makes pieces; `act` is told at which frame each begins.
    fn play(
        cab: &mut Cab,
        input: &[&[f32]],
        block: usize,
        mut act: impl FnMut(usize, &mut Cab),
    ) -> Vec<Vec<f32>> {
        let frames = input[0].len();
        let mut output = vec![Vec::with_capacity(frames); input.len()];
        let mut start = 0;
        while start < frames {
            let end = (start + BLOCK).min((start / block + 1) * block).min(frames);
            let (mut heard, mut sound) = ([[0.0; BLOCK]; 2], [[0.0; BLOCK]; 2]);
            for (heard, input) in heard.iter_mut().zip(input) {
                heard[..end - start].copy_from_slice(&input[start..end]);
            }
            reset_violation_count();
            assert_no_alloc(|| {
                act(start, cab);
                cab.process(&heard, &mut sound, end - start);
            });
            assert_eq!(violation_count(), 0, "allocates");
            for (output, sound) in output.iter_mut().zip(&sound) {
                output.extend_from_slice(&sound[..end - start]);
            }
            start = end;
        }
        output
    }

    fn still(_: usize, _: &mut Cab) {}

    /// The sum as it is written.
    fn convolved(taps: &[f32], input: &[f32], gain: f64) -> Vec<f64> {
        let mut output = vec![0.0; input.len()];
        for (n, &x) in input.iter().enumerate().filter(|(_, x)| **x != 0.0) {
            for (y, &tap) in output[n..].iter_mut().zip(taps) {
                *y += f64::from(tap) * f64::from(x) * gain;
            }
        }
        output
    }

    /// Largest difference, as a part of the largest sample.
    fn off(found: &[f32], wanted: &[f64]) -> f64 {
        let pairs = found.iter().zip(wanted);
        let error = pairs
            .map(|(&f, w)| (f64::from(f) - w).abs())
            .fold(0.0, f64::max);
        let peak = wanted.iter().fold(0.0f64, |peak, w| peak.max(w.abs()));
        assert_eq!(found.len(), wanted.len());
        error / peak
    }

    #[test]
    fn it_is_the_convolution() {
        for (rate, seconds) in [(44_100.0, 1), (48_000.0, 3), (96_000.0, 1)] {
            let frames = seconds * rate as usize;
            let input = [noise(frames), noise(frames + 5)[5..].to_vec()];
            for taps in [1, 50, 700, 8192] {
                if taps == 8192 && rate != 48_000.0 {
                    continue;
                }
                let sides = [response(1, taps), response(2, taps)];
                let gain = OFFICIAL * 48_000.0 / rate;
                let wanted = [
                    [0, 0].map(|side| convolved(&sides[side], &input[0], gain)),
                    [0, 1].map(|side| convolved(&sides[side], &input[1], gain)),
                ];
                let [mono, stereo] = [&sides[..1], &sides[..]]
                    .map(|sides| ir(&sides.iter().map(|s| &s[..]).collect::<Vec<_>>(), rate));
                for block in [1, 7, 64, 1000] {
                    let heard = [&input[0][..], &input[1]];
                    for (response, right) in [(&mono, &wanted[1][0]), (&stereo, &wanted[1][1])] {
                        let settings = CabSettings::default();
                        let mut cab = cab(&[response], config(2, rate), settings);
                        let found = play(&mut cab, &heard, block, still);
                        let off = off(&found[0], &wanted[0][0]).max(off(&found[1], right));
                        assert!(off < 1e-6, "{rate} Hz, {taps} taps, {block}: {off:e}");
                        if block == 1 && taps > 700 {
                            break;
                        }
                    }
                    let mut one = cab(&[&mono], config(1, rate), CabSettings::default());
                    let found = play(&mut one, &heard[..1], block, still);
                    let off = off(&found[0], &wanted[0][0]);
                    assert!(off < 1e-6, "{rate} Hz, {taps} taps, {block}, mono: {off:e}");
                }
            }
        }
    }

    #[test]
    fn one_channel_hears_the_mean_of_both_sides() {
        let (left, right) = (response(1, 900), response(2, 900));
        let mean: Vec<f32> = left
            .iter()
            .zip(&right)
            .map(|(l, r)| 0.5 * (l + r))
            .collect();
        let input = noise(5000);
        let mut cab = cab(
            &[&ir(&[&left, &right], RATE)],
            config(1, RATE),
            CabSettings::default(),
        );
        let found = play(&mut cab, &[&input], 64, still);
        assert!(off(&found[0], &convolved(&mean, &input, OFFICIAL)) < 1e-6);
    }

    #[test]
    fn levels_blend_and_mix_are_what_they_say() {
        let (first, second) = (response(1, 500), response(2, 1500));
        let responses = [&ir(&[&first], RATE), &ir(&[&second], RATE)];
        let input = noise(5000);
        for normalized in [false, true] {
            let gain = |n: usize| 10f64.powf(responses[n].gain_db(normalized) / 20.0);
            let one = convolved(&first, &input, gain(0));
            let two = convolved(&second, &input, gain(1));
            for (blend, mix) in [(0.0, 1.0), (1.0, 1.0), (0.5, 1.0), (0.25, 0.7), (0.3, 0.0)] {
                let settings = CabSettings {
                    normalized,
                    blend,
                    mix,
                    ..CabSettings::default()
                };
                let (b, m) = (f64::from(blend), f64::from(mix));
                let of = |one: &[f64], two: &[f64]| -> Vec<f64> {
                    let wet = one.iter().zip(two).map(|(x, y)| (1.0 - b) * x + b * y);
                    wet.zip(&input)
                        .map(|(wet, &x)| m * wet + (1.0 - m) * f64::from(x))
                        .collect()
                };
                let found = play(
                    &mut cab(&responses, config(1, RATE), settings),
                    &[&input],
                    64,
                    still,
                );
                assert!(off(&found[0], &of(&one, &two)) < 1e-6, "{settings:?}");
                // Alone it is whole, whichever of the two it is.
                for n in 0..2 {
                    let alone = [&one, &two][n];
                    let at = |m| (n == m).then_some(responses[m]);
                    let mut cab = Cab::new(at(0), at(1), config(1, RATE), BuildId(0)).unwrap();
                    cab.set(settings);
                    cab.finish();
                    let found = play(&mut cab, &[&input], 64, still);
                    assert!(
                        off(&found[0], &of(alone, alone)) < 1e-6,
                        "{settings:?}, alone"
                    );
                }
            }
        }
    }

    #[test]
    fn cuts_are_butterworth_filters_of_the_wet_sound() {
        let click = ir(&[&[1.0]], 48_000.0);
        for (rate, low, high) in [
            (48_000.0, 100.0, 20_000.0),
            (48_000.0, 20.0, 3000.0),
            (96_000.0, 800.0, 1000.0),
            (44_100.0, 20.5, 19_999.0),
            (32_000.0, 20.0, 18_000.0),
            (48_000.0, 20.0, 20_000.0),
        ] {
            let settings = CabSettings {
                normalized: true,
                low_cut_hz: low,
                high_cut_hz: high,
                ..CabSettings::default()
            };
            let click = match rate == 48_000.0 {
                true => click.clone(),
                false => ir(&[&[1.0]], rate),
            };
            let mut cab = cab(&[&click], config(1, rate), settings);
            let mut input = vec![0.0; 65_536];
            input[0] = 1.0;
            let output = play(&mut cab, &[&input], 64, still).remove(0);
            if (low, high) == (20.0, 20_000.0) {
                assert_eq!(cab.settle_frames(), 1);
            }
            for frequency in [30.0, 50.0, 100.0, 300.0, 1000.0, 5000.0, 12_000.0] {
                let (mut real, mut imaginary) = (0.0, 0.0);
                for (n, &y) in output.iter().enumerate() {
                    let angle = TAU * frequency * n as f64 / rate;
                    real += f64::from(y) * angle.cos();
                    imaginary += f64::from(y) * angle.sin();
                }
                let found = 10.0 * (real * real + imaginary * imaginary).log10();
                let x = |hz: f32| {
                    let cut = f64::from(hz).min(0.49 * rate);
                    warp(frequency, rate) / warp(cut, rate)
                };
                let mut wanted = 0.0;
                if low > 20.0 {
                    wanted -= 10.0 * (1.0 + x(low).powi(-4)).log10();
                }
                if high < 20_000.0 {
                    wanted -= 10.0 * (1.0 + x(high).powi(4)).log10();
                }
                assert!(
                    (found - wanted).abs() < 0.01,
                    "{low} to {high}, {frequency} Hz: {found}, {wanted}"
                );
                let drawn = settings.cuts_response_db(rate, frequency);
                assert!((drawn - wanted).abs() < 1e-6, "{frequency} Hz: {drawn}");
            }
        }
    }

    /// What leaps from one end to the other four times a second, and back.
    fn leaps(frame: usize) -> f32 {
        const LEAPS: [f32; 8] = [0.0, 1.0, 0.4, 0.6, 0.5, 1.0, 0.0, 0.3];
        LEAPS[frame / 12_000 % 8]
    }

    #[test]
    fn moving_settings_do_not_click() {
        type Move = fn(f32) -> CabSettings;
        let moves: [(&str, Move); 6] = [
            ("on", |x| CabSettings {
                on: x < 0.5,
                ..CabSettings::default()
            }),
            ("normalized", |x| CabSettings {
                normalized: x < 0.5,
                ..CabSettings::default()
            }),
            ("low cut", |x| CabSettings {
                low_cut_hz: 20.0 * 40f32.powf(x),
                ..CabSettings::default()
            }),
            ("high cut", |x| CabSettings {
                high_cut_hz: 1000.0 * 20f32.powf(x),
                ..CabSettings::default()
            }),
            ("mix", |x| CabSettings {
                mix: x,
                ..CabSettings::default()
            }),
            ("blend", |x| CabSettings {
                blend: x,
                ..CabSettings::default()
            }),
        ];
        let first = ir(&[&response(1, 2000)], RATE);
        let second = ir(&[&response(2, 3000)], RATE);
        for frequency in [50.0, 200.0, 1000.0] {
            let input = sine(frequency, 0.3, RATE, 96_000);
            for (name, make) in moves {
                // The loudest that it can stand at, and how steep that is.
                let peak = (0..=20).map(|x| {
                    let mut cab = cab(&[&first, &second], config(1, RATE), make(x as f32 / 20.0));
                    let output = play(&mut cab, &[&input[..9600]], 64, still);
                    output[0][4800..]
                        .iter()
                        .fold(0.0f32, |peak, y| peak.max(y.abs()))
                });
                let peak = f64::from(peak.fold(0.0, f32::max));
                let turn = 2.0 * (std::f64::consts::PI * frequency / RATE).sin();
                for quick in [true, false] {
                    let mut cab = cab(&[&first, &second], config(1, RATE), make(0.0));
                    let output = play(&mut cab, &[&input], 40, |frame, cab| {
                        let slow = 0.5 - 0.5 * (TAU * frame as f64 / RATE).cos() as f32;
                        cab.set(make(if quick { leaps(frame) } else { slow }));
                    });
                    let step = f64::from(largest_step(&output[0][4800..]));
                    let part = step / (peak * turn);
                    assert!(
                        part < if quick { 1.1 } else { 1.06 },
                        "{name}, {frequency} Hz: {part}"
                    );
                }
            }
        }
    }

    #[test]
    fn off_leaves_every_bit_and_runs_nothing() {
        let first = ir(&[&response(1, 2000)], RATE);
        let input = noise(40_000);
        let off = CabSettings {
            on: false,
            ..CabSettings::default()
        };
        let mut cab = cab(&[&first], config(2, RATE), CabSettings::default());
        let runs = |cab: &Cab| cab.responses[0].lanes.iter().map(|l| l.run).sum::<usize>();
        let mut while_off = (0, 0);
        let output = play(
            &mut cab,
            &[&input, &input[..]],
            50,
            |frame, cab| match frame {
                10_000 => cab.set(off),
                11_000 => while_off.0 = runs(cab),
                30_000 => {
                    while_off.1 = runs(cab);
                    cab.set(CabSettings::default());
                }
                _ => {}
            },
        );
        let bits = |samples: &[f32]| samples.iter().map(|s| s.to_bits()).collect::<Vec<_>>();
        assert_eq!(
            bits(&output[0][11_000..30_000]),
            bits(&input[11_000..30_000])
        );
        assert_eq!(while_off.0, while_off.1);
        // Then it has forgotten what was before.
        let mut silent = input.clone();
        silent[..30_000].fill(0.0);
        let wanted = convolved(&response(1, 2000), &silent, OFFICIAL);
        assert!(super::tests::off(&output[0][31_000..], &wanted[31_000..]) < 1e-6);
    }

    #[test]
    fn with_nothing_in_it_it_passes_on_every_bit() {
        let input = noise(3000);
        let mut cab = cab(
            &[],
            config(2, RATE),
            CabSettings {
                mix: 0.3,
                low_cut_hz: 300.0,
                ..CabSettings::default()
            },
        );
        let output = play(&mut cab, &[&input, &input], 50, still);
        assert!(output[0] == input && output[1] == input);
        assert_eq!(cab.settle_frames(), 0);
    }

    #[test]
    fn what_nobody_hears_rests() {
        let taps = response(1, 3000);
        let mut mono = cab(
            &[&ir(&[&taps], RATE)],
            config(2, RATE),
            CabSettings::default(),
        );
        let mut input = noise(60_000);
        input[20_000..37_001].fill(0.0);
        let mut other = input.clone();
        for sample in &mut other[45_000..] {
            *sample *= -0.5;
        }
        let mut runs = Vec::new();
        let note = |cab: &Cab| [0, 1].map(|lane: usize| cab.responses[0].lanes[lane].run);
        runs.reserve(10);
        let output = play(&mut mono, &[&input, &other], 50, |frame, cab| {
            if [20_000, 30_000, 37_000, 45_000].contains(&frame) {
                runs.push(note(cab));
            }
        });
        runs.push(note(&mono));
        assert_eq!(runs[0], [20_000, 0], "equal channels are one convolution");
        assert!(runs[1][0] > 23_000 && runs[1] == runs[2], "silence rests");
        assert!(runs[3][0] >= runs[2][0] + 7_950 && runs[3][1] == 0);
        assert_eq!(runs[4][1], 15_000);
        assert!(output[0][30_000..37_000].iter().all(|&s| s == 0.0));
        assert_eq!(output[0][..45_000], output[1][..45_000]);
        assert!(off(&output[0], &convolved(&taps, &input, OFFICIAL)) < 1e-6);
        assert!(off(&output[1], &convolved(&taps, &other, OFFICIAL)) < 1e-6);
        // Where nothing came, nothing is left over.
        let mut long = vec![0.0; 9000];
        long[..100].copy_from_slice(&noise(100));
        for taps in [1usize, 64, 65, 1000, 8192] {
            let mut cab = cab(
                &[&ir(&[&response(3, taps)], RATE)],
                config(1, RATE),
                CabSettings::default(),
            );
            play(&mut cab, &[&long], 50, still);
            let silence = vec![0.0; 4 * taps + 9000];
            play(&mut cab, &[&silence], 33, still);
            let lane = &mut cab.responses[0].lanes[0];
            assert!(lane.silent >= lane.tail_frames);
            for _ in 0..(taps + 9000) / 50 {
                let mut output = [1.0; 50];
                lane.convolver.process(&[0.0; 50], &mut output);
                assert_eq!(output, [0.0; 50], "{taps} taps");
            }
        }
    }

    #[test]
    fn after_a_reset_it_begins_anew() {
        let first = ir(&[&response(1, 2000)], RATE);
        let settings = CabSettings {
            low_cut_hz: 200.0,
            ..CabSettings::default()
        };
        let mut cab = cab(&[&first], config(1, RATE), settings);
        let input = noise(10_000);
        let before = play(&mut cab, &[&input], 64, still);
        cab.set(CabSettings {
            high_cut_hz: 1000.0,
            mix: 0.2,
            ..settings
        });
        cab.set(settings);
        cab.reset();
        assert_eq!(play(&mut cab, &[&input], 64, still), before);
    }

    #[test]
    fn what_is_no_sound_does_not_stay() {
        let first = ir(&[&response(1, 2000)], RATE);
        let settings = CabSettings {
            low_cut_hz: 200.0,
            high_cut_hz: 2000.0,
            mix: 0.9,
            ..CabSettings::default()
        };
        let mut hurt = noise(60_000);
        let clean = hurt.clone();
        hurt[1000..1006].copy_from_slice(&[
            f32::NAN,
            f32::INFINITY,
            f32::NEG_INFINITY,
            f32::MAX,
            f32::MAX,
            1e-40,
        ]);
        let mut cab = cab(&[&first], config(2, RATE), settings);
        let found = play(&mut cab, &[&hurt, &hurt], 64, |frame, cab| {
            // Nor do settings that are no numbers.
            if frame == 2048 {
                let nan = f32::NAN;
                cab.set(CabSettings {
                    low_cut_hz: nan,
                    high_cut_hz: nan,
                    mix: nan,
                    blend: nan,
                    ..settings
                });
            }
        });
        assert!(found.iter().flatten().all(|s| s.is_finite()));
        cab.reset();
        let wanted = play(&mut cab, &[&clean, &clean], 64, still);
        assert_eq!(found[0][59_000..].len(), 1000);
        for n in 59_000..60_000 {
            assert!((found[0][n] - wanted[0][n]).abs() < 1e-5);
        }
    }

    #[test]
    fn settings_are_brought_into_their_ranges() {
        let first = ir(&[&response(1, 100)], RATE);
        let second = ir(&[&response(2, 100)], RATE);
        let play_at = |settings| {
            let mut cab = cab(&[&first, &second], config(1, RATE), settings);
            play(&mut cab, &[&noise(2000)], 64, still)
        };
        let inside = |low_cut_hz, high_cut_hz, mix, blend| CabSettings {
            low_cut_hz,
            high_cut_hz,
            mix,
            blend,
            ..CabSettings::default()
        };
        let big = f32::INFINITY;
        assert_eq!(
            play_at(inside(big, 0.0, 7.0, 7.0)),
            play_at(inside(800.0, 1000.0, 1.0, 1.0))
        );
        assert_eq!(
            play_at(inside(-1.0, big, -1.0, -1.0)),
            play_at(inside(20.0, 20_000.0, 0.0, 0.0))
        );
    }
}
