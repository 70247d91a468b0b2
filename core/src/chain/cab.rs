//! The cabinet: convolution with one impulse response or a blend of two.
//!
//! It adds no latency: the convolver plays the first samples of a response as they come in, and later
//! ones in larger blocks.

use super::amp::{Piece, Setup};
use super::crossfade::Player;
use super::filter::{Filter, warp};
use super::ramp::Ramp;
use super::switch::Switch;
use crate::engine::BLOCK;
use crate::impulse_response::ImpulseResponse;
use fft_convolver::{TwoStageFFTConvolver, compute_tail_block_size};
use std::f64::consts::SQRT_2;
use std::ops::RangeInclusive;

/// What comes in louder than this (120 dB over full scale) is held there, so that no arithmetic
/// behind it overflows.
const MOST_INPUT: f32 = 1e6;

/// Periods of a cut's frequency in which its filter forgets all but -70 dB.
const PERIODS_TO_SETTLE: f64 = 2.0;

/// Highest frequency of a filter, as a part of the sample rate.
const MOST_OF_RATE: f64 = 0.49;

/// What the controls of a cabinet say.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CabSettings {
    /// Whether there is a cabinet at all.
    pub on: bool,
    /// Whether impulse responses are made equally loud, instead of as loud as in the official
    /// plugin; see [`ImpulseResponse::gain_db`].
    pub normalised: bool,
    /// What lies below this, in Hz, is taken out of the cabinet's sound: 12 dB an octave, Butterworth.
    /// See [`CabSettings::LOW_CUT`].
    pub low_cut_hz: f32,
    /// The same of what lies above. See [`CabSettings::HIGH_CUT`].
    pub high_cut_hz: f32,
    /// How much is heard of the cabinet, 0 to 1; the rest is what came in.
    pub mix: f32,
    /// How much of it is the second impulse response, 0 to 1; the rest is the first. Microphones on
    /// one cabinet are much alike, so this is a linear crossfade. Of no meaning where there is only one.
    pub blend: f32,
}

impl CabSettings {
    /// Where the low cut can stand, in Hz; at the lower end it is off.
    pub const LOW_CUT: RangeInclusive<f32> = 20.0..=800.0;
    /// Where the high cut can stand, in Hz; at the upper end it is off.
    pub const HIGH_CUT: RangeInclusive<f32> = 1_000.0..=20_000.0;
    /// Where [`CabSettings::mix`] can stand.
    pub const MIX: RangeInclusive<f32> = 0.0..=1.0;
    /// Where [`CabSettings::blend`] can stand.
    pub const BLEND: RangeInclusive<f32> = 0.0..=1.0;
}

impl Default for CabSettings {
    /// The impulse response alone, as loud as in the official plugin; of two both equally, for who
    /// loads a second one wants to hear it, and neither is the main one.
    fn default() -> Self {
        CabSettings {
            on: true,
            normalised: false,
            low_cut_hz: *Self::LOW_CUT.start(),
            high_cut_hz: *Self::HIGH_CUT.end(),
            mix: 1.0,
            blend: 0.5,
        }
    }
}

/// Impulse responses made ready to play in a [`super::Chain`].
///
/// Making one takes time and memory, and so does dropping it: neither is for the audio thread.
pub struct Cab {
    responses: Vec<Response>,
    setup: Setup,
    ticket: u64,
    switch: Switch,
    low_cut: Cut,
    high_cut: Cut,
    mix: Ramp,
    blend: Ramp,
}

impl Cab {
    /// Makes up to two impulse responses ready; without any it passes on what comes in, as if off.
    /// With one, it is the same which of the two that is. `ticket` is the caller's, to know it by.
    ///
    /// A mono response plays on each channel; of a stereo one the left side on the left and the right
    /// side on the right, or where there is one channel, their mean.
    ///
    /// # Errors
    /// In words, if it cannot play in such a setup.
    pub fn new(
        first: Option<&ImpulseResponse>,
        second: Option<&ImpulseResponse>,
        setup: Setup,
        ticket: u64,
    ) -> Result<Self, String> {
        let responses = [first, second].into_iter().flatten();
        Ok(Cab {
            responses: responses
                .map(|response| Response::new(response, setup))
                .collect::<Result<_, _>>()?,
            setup,
            ticket,
            switch: Switch::new(setup.rate),
            low_cut: Cut::new(Side::Low, setup.rate),
            high_cut: Cut::new(Side::High, setup.rate),
            mix: Ramp::new(1.0, setup.rate),
            blend: Ramp::new(0.5, setup.rate),
        })
    }

    /// The caller's number of it.
    pub fn ticket(&self) -> u64 {
        self.ticket
    }

    /// What it was made for.
    pub fn setup(&self) -> Setup {
        self.setup
    }

    /// Brings settings into their ranges and leaves out what is no number. A change takes
    /// [`super::gain::SMOOTHING`] seconds.
    pub(super) fn set(&mut self, settings: CabSettings) {
        let set = |ramp: &mut Ramp, to: f32, range: RangeInclusive<f32>| {
            if !to.is_nan() {
                ramp.set(to.clamp(*range.start(), *range.end()).into());
            }
        };
        set(&mut self.mix, settings.mix, CabSettings::MIX);
        set(&mut self.blend, settings.blend, CabSettings::BLEND);
        self.low_cut.set(settings.low_cut_hz);
        self.high_cut.set(settings.high_cut_hz);
        for response in &mut self.responses {
            let relative = response.normalising;
            let gain = if settings.normalised { relative } else { 1.0 };
            response.gain.set(gain);
        }
        if settings.on && self.switch.is_off() {
            self.forget();
        }
        self.switch.set(settings.on);
    }

    /// Finishes all changes at once.
    pub(super) fn finish(&mut self) {
        self.switch.finish();
        self.low_cut.finish();
        self.high_cut.finish();
        self.mix.finish();
        self.blend.finish();
        self.responses.iter_mut().for_each(|r| r.gain.finish());
    }

    fn forget(&mut self) {
        self.low_cut.states = Default::default();
        self.high_cut.states = Default::default();
        for lane in self.responses.iter_mut().flat_map(|r| &mut r.lanes) {
            lane.reset();
        }
    }

    /// The sound of all responses together, `frames` frames of `channels` channels.
    fn convolve(&mut self, input: &Piece, channels: usize, frames: usize) -> [[f64; BLOCK]; 2] {
        let input = input.map(|channel| channel.map(held));
        let mut wet = [[0.0; BLOCK]; 2];
        let mut parts = [[1.0; BLOCK]; 2];
        for frame in 0..frames {
            let second = self.blend.next();
            if self.responses.len() == 2 {
                (parts[0][frame], parts[1][frame]) = (1.0 - second, second);
            }
        }
        for (response, parts) in self.responses.iter_mut().zip(&mut parts) {
            for part in &mut parts[..frames] {
                *part *= response.gain.next();
            }
            let sound = response.process(&input, channels, frames);
            for (wet, sound) in wet.iter_mut().zip(&sound).take(channels) {
                for ((wet, &sound), part) in wet.iter_mut().zip(sound).zip(&*parts).take(frames) {
                    *wet += part * f64::from(sound);
                }
            }
        }
        wet
    }
}

impl Player for Cab {
    const SILENT_WITHOUT: bool = false;

    fn ticket(&self) -> u64 {
        self.ticket
    }

    fn memory(&self) -> usize {
        let taps = self.responses.iter().map(|response| response.taps).max();
        let cuts = self.low_cut.memory().max(self.high_cut.memory());
        taps.map_or(0, |taps| taps + cuts)
    }

    fn reset(&mut self) {
        self.finish();
        self.forget();
    }

    fn process(&mut self, input: &Piece, output: &mut Piece, frames: usize) {
        *output = *input;
        if self.responses.is_empty() || self.switch.is_off() {
            return;
        }
        let channels = self.setup.outputs.clamp(1, 2);
        let mut wet = self.convolve(input, channels, frames);
        self.low_cut.process(&mut wet[..channels], frames);
        self.high_cut.process(&mut wet[..channels], frames);
        if !self.mix.is_at(1.0) {
            for frame in 0..frames {
                let mix = self.mix.next();
                for (wet, dry) in wet.iter_mut().zip(input).take(channels) {
                    let dry = f64::from(held(dry[frame]));
                    wet[frame] = dry + mix * (wet[frame] - dry);
                }
            }
        }
        let [left, right] = output;
        let mut output = [&mut left[..frames], &mut right[..frames]];
        self.switch.fade(&mut output[..channels], &wet);
    }
}

/// A sample that arithmetic can stand.
fn held(sample: f32) -> f32 {
    if sample.is_nan() {
        0.0
    } else {
        sample.clamp(-MOST_INPUT, MOST_INPUT)
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
    /// Factor on the official level, now, and what makes it as loud as all others.
    gain: Ramp,
    normalising: f64,
}

impl Response {
    fn new(response: &ImpulseResponse, setup: Setup) -> Result<Self, String> {
        let mut channels = response.at_rate(setup.rate)?;
        let mid_and_side = setup.outputs > 1 && channels.len() == 1;
        if setup.outputs == 1
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
            gain: Ramp::new(1.0, setup.rate),
            normalising: 10f64.powf(relative / 20.0),
        })
    }

    fn process(&mut self, input: &Piece, channels: usize, frames: usize) -> Piece {
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
    convolver: TwoStageFFTConvolver<f32>,
    /// Frames of silence after which nothing is left in the convolver.
    patience: usize,
    /// Frames of silence that it last heard.
    silent: usize,
    /// Frames for which it was run.
    #[cfg(test)]
    run: usize,
}

impl Lane {
    fn new(taps: &[f32]) -> Self {
        // Half of what the convolver takes by default is some 15 % faster for all usual lengths.
        let tail = (compute_tail_block_size(BLOCK, taps.len()) / 2).max(BLOCK);
        let mut convolver = TwoStageFFTConvolver::default();
        let ready = convolver.init(BLOCK, tail, taps);
        debug_assert!(ready.is_ok(), "only a block of no frames is refused");
        let patience = taps.len() + 4 * tail;
        Lane {
            convolver,
            patience,
            silent: patience,
            #[cfg(test)]
            run: 0,
        }
    }

    fn process(&mut self, input: &[f32], output: &mut [f32]) {
        let silence = input.iter().fold(true, |silence, &x| silence & (x == 0.0));
        if silence && self.silent >= self.patience {
            output.fill(0.0);
            return;
        }
        self.silent = if silence {
            self.silent + input.len()
        } else {
            0
        };
        let done = self.convolver.process(input, output);
        debug_assert!(done.is_ok(), "both slices are as long");
        #[cfg(test)]
        {
            self.run += input.len();
        }
    }

    fn reset(&mut self) {
        // At rest there is nothing to clear, and there can be much of it.
        if self.silent < self.patience {
            self.convolver.reset();
            self.silent = self.patience;
        }
    }
}

/// What a cut takes away.
#[derive(Clone, Copy, PartialEq)]
enum Side {
    Low,
    High,
}

/// A filter that takes away what lies below or above a frequency.
struct Cut {
    side: Side,
    rate: f64,
    /// Its frequency, in octaves above 1 Hz.
    octaves: Ramp,
    /// How much of it there is, 0 (off) to 1.
    amount: Ramp,
    filter: Filter,
    /// Of the integrators, for each channel.
    states: [[f64; 2]; 2],
}

impl Cut {
    /// One that is off, at a rate in Hz.
    fn new(side: Side, rate: f64) -> Self {
        Cut {
            side,
            rate,
            octaves: Ramp::new(0.0, rate),
            amount: Ramp::new(0.0, rate),
            filter: Filter::new(1.0, SQRT_2, [1.0, 0.0, 0.0]),
            states: Default::default(),
        }
    }

    /// Goes to a frequency in Hz, or off; what is no number changes nothing.
    fn set(&mut self, hz: f32) {
        let (range, off) = match self.side {
            Side::Low => (CabSettings::LOW_CUT, hz <= *CabSettings::LOW_CUT.start()),
            Side::High => (CabSettings::HIGH_CUT, hz >= *CabSettings::HIGH_CUT.end()),
        };
        if hz.is_nan() {
            return;
        }
        if off {
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
        self.filter = self.next();
    }

    fn is_off(&self) -> bool {
        self.amount.is_at(0.0)
    }

    /// Frames after which it has forgotten what came in, as far as that is heard.
    fn memory(&self) -> usize {
        if self.is_off() {
            return 0;
        }
        (PERIODS_TO_SETTLE * self.rate / self.octaves.target().exp2()) as usize
    }

    /// Moves on by a frame. The filter of that frame has the sound without it mixed in.
    fn next(&mut self) -> Filter {
        let hz = self.octaves.next().exp2().min(MOST_OF_RATE * self.rate);
        let amount = self.amount.next();
        let mix = match self.side {
            Side::Low => [1.0, -SQRT_2 * amount, -amount],
            Side::High => [1.0 - amount, 0.0, amount],
        };
        Filter::new(warp(hz, self.rate), SQRT_2, mix)
    }

    fn process(&mut self, channels: &mut [[f64; BLOCK]], frames: usize) {
        if self.is_off() {
            return;
        }
        let moving = self.octaves.left().max(self.amount.left()).min(frames);
        for frame in 0..moving {
            self.filter = self.next();
            if self.is_off() {
                self.states = Default::default();
                return;
            }
            for (channel, state) in channels.iter_mut().zip(&mut self.states) {
                channel[frame] = self.filter.process(state, channel[frame]);
            }
        }
        for (channel, state) in channels.iter_mut().zip(&mut self.states) {
            let mut now = *state;
            for sample in &mut channel[moving..frames] {
                *sample = self.filter.process(&mut now, *sample);
            }
            *state = now;
        }
    }
}
