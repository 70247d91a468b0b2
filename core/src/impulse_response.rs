//! Impulse responses of cabinets: what a loudspeaker and the microphone before it make of one click.

use crate::chain::{RATES, resample};
use std::f64::consts::TAU;
use std::ops::RangeInclusive;

/// Seconds that are kept: cabinets are over after a tenth of one, a room may go on.
const LONGEST: f64 = 1.0;

/// Seconds over which the end is faded out where more would have come.
const FADE: f64 = 0.05;

/// Part of the energy (-100 dB) that nobody misses at the end.
const INAUDIBLE: f64 = 1e-10;

/// Peaks that are believed, in linear amplitude: -120 to +60 dB over full scale.
const PEAKS: RangeInclusive<f32> = 1e-6..=1e3;

/// What the official plugin plays an impulse response at: by so much less, in dB, at the rate in Hz.
/// It makes the samples lower in a host with a higher rate, by the ratio to this one, but keeps a
/// file's samples as they are. So a file of another rate than this is played at another level.
const OFFICIAL_LEVEL: f64 = -18.0;
const OFFICIAL_RATE: f64 = 48_000.0;

/// The band in Hz in which impulse responses are made equally loud: from the lowest string to where
/// guitar loudspeakers have nothing more to say.
const BAND: RangeInclusive<f64> = 80.0..=8_000.0;

/// Frequencies at which the band is looked at: 48 an octave.
const LOOKS: usize = 320;

/// Most that is made louder or softer for it, in dB.
const MOST_NORMALISED: f64 = 60.0;

/// An impulse response that was checked: one channel, or a left and a right one.
#[derive(Debug, Clone)]
pub struct ImpulseResponse {
    channels: Vec<Vec<f32>>,
    rate: f64,
    normalising_db: f64,
}

impl ImpulseResponse {
    /// Checks and trims one or two channels of samples at a rate in Hz.
    ///
    /// What comes when all but -100 dB of the energy is over is cut off. More than a second is cut
    /// to that, with a fade. All else, silence at the beginning too, stays sample by sample.
    ///
    /// # Errors
    /// In words that go on after a file's name: more than two channels, channels of different
    /// lengths, no samples, samples that are silence, no numbers or too loud, a rate that is none of
    /// audio.
    pub fn new(channels: Vec<Vec<f32>>, rate: f64) -> Result<Self, String> {
        let frames = check(&channels, rate)?;
        let mut made = ImpulseResponse {
            channels,
            rate,
            normalising_db: 0.0,
        };
        made.trim(frames);
        // Equal steps of pitch are what makes noise pink.
        let octaves = (BAND.end() / BAND.start()).log2();
        let at = |look: usize| {
            let part = (look as f64 + 0.5) / LOOKS as f64;
            BAND.start() * (octaves * part).exp2()
        };
        let frequencies: Vec<f64> = (0..LOOKS).map(at).collect();
        let powers = made.powers(&frequencies);
        let mean = powers.iter().sum::<f64>() / LOOKS as f64;
        let most = MOST_NORMALISED;
        // Without a sound in the band the logarithm is infinite.
        made.normalising_db = (-10.0 * mean.log10()).clamp(-most, most);
        Ok(made)
    }

    /// The samples of one channel, or of left and right, all equally many.
    pub fn channels(&self) -> &[Vec<f32>] {
        &self.channels
    }

    /// Its sample rate in Hz.
    pub fn rate(&self) -> f64 {
        self.rate
    }

    /// How long it is, in seconds.
    pub fn seconds(&self) -> f64 {
        self.channels[0].len() as f64 / self.rate
    }

    /// What it does to a frequency in Hz, in dB, before [`ImpulseResponse::gain_db`]; of a stereo one
    /// the mean power of its sides. Minus infinity where there is nothing, as above half of its rate.
    ///
    /// It sums over all samples: to draw with, not for the audio thread.
    pub fn response_db(&self, frequency: f64) -> f64 {
        10.0 * self.powers(&[frequency])[0].log10()
    }

    /// What it is made louder by when it is played, in dB, whatever the host's rate.
    ///
    /// As the official plugin does it: -18 dB, and 48 kHz divided by its rate. `normalised`: so that
    /// pink noise from 80 Hz to 8 kHz has the same power behind it as before it, which is to say that
    /// the mean of its power response over that band, on a logarithmic scale of frequencies, becomes
    /// 1. Then all cabinets are equally loud, and as loud as none at all. (60 dB at most.)
    pub fn gain_db(&self, normalised: bool) -> f64 {
        if normalised {
            self.normalising_db
        } else {
            OFFICIAL_LEVEL + 20.0 * (OFFICIAL_RATE / self.rate).log10()
        }
    }

    /// The channels at the host's rate in Hz and at the official level. At its own rate they are the
    /// samples times that level. Takes time and memory.
    ///
    /// # Errors
    /// In words, if that is no rate of audio.
    pub(crate) fn at_rate(&self, host: f64) -> Result<Vec<Vec<f32>>, String> {
        let level = 10f64.powf(OFFICIAL_LEVEL / 20.0) * (OFFICIAL_RATE / host);
        let make = |channel: &Vec<f32>| {
            let mut made = resample(channel, self.rate, host)?;
            for sample in &mut made {
                *sample = (f64::from(*sample) * level) as f32;
            }
            Ok(made)
        };
        self.channels.iter().map(make).collect()
    }

    /// Cuts off what nobody hears and what is too long.
    fn trim(&mut self, frames: usize) {
        let energy = |frame: usize| -> f64 {
            let samples = self.channels.iter().map(|c| f64::from(c[frame]));
            samples.map(|sample| sample * sample).sum()
        };
        let total: f64 = (0..frames).map(energy).sum();
        let mut rest = 0.0;
        let after = (0..frames).rev().find(|&frame| {
            rest += energy(frame);
            rest >= INAUDIBLE * total
        });
        let end = after.map_or(frames, |frame| frame + 1);
        let most = (LONGEST * self.rate).round() as usize;
        let fade = (FADE * self.rate).round() as usize;
        for channel in &mut self.channels {
            channel.truncate(end.min(most));
            if end > most {
                for (n, sample) in channel.iter_mut().rev().take(fade).enumerate() {
                    let part = (n + 1) as f64 / (fade + 1) as f64;
                    *sample *= (part * TAU / 4.0).sin().powi(2) as f32;
                }
            }
            channel.shrink_to_fit();
        }
    }

    /// Its power response at frequencies in Hz: the mean of its sides.
    fn powers(&self, frequencies: &[f64]) -> Vec<f64> {
        /// Worked out at once, as each waits for its last step.
        const AT_ONCE: usize = 8;
        let mut powers = Vec::with_capacity(frequencies.len());
        for group in frequencies.chunks(AT_ONCE) {
            let mut sums = [0.0; AT_ONCE];
            let turns: [f64; AT_ONCE] =
                std::array::from_fn(|i| group.get(i).map_or(0.0, |f| TAU * f / self.rate));
            let (cos, sin) = (turns.map(f64::cos), turns.map(f64::sin));
            for channel in &self.channels {
                // From the last sample to the first: the sum so far, turned by one sample.
                let (mut real, mut imaginary) = ([0.0; AT_ONCE], [0.0; AT_ONCE]);
                for &sample in channel.iter().rev() {
                    for i in 0..AT_ONCE {
                        let turned = real[i] * cos[i] + imaginary[i] * sin[i];
                        imaginary[i] = imaginary[i] * cos[i] - real[i] * sin[i];
                        real[i] = turned + f64::from(sample);
                    }
                }
                for i in 0..AT_ONCE {
                    sums[i] += real[i] * real[i] + imaginary[i] * imaginary[i];
                }
            }
            let half = self.rate / 2.0;
            let sides = self.channels.len() as f64;
            let found = group.iter().zip(sums);
            powers.extend(found.map(|(&f, sum)| if f <= half { sum / sides } else { 0.0 }));
        }
        powers
    }
}

/// Returns the number of frames.
fn check(channels: &[Vec<f32>], rate: f64) -> Result<usize, String> {
    let frames = channels.first().map_or(0, Vec::len);
    if channels.len() > 2 {
        return Err(format!(
            "it has {} channels; a cabinet has one, or a left and a right one. Export the channels you want as a mono or stereo file.",
            channels.len()
        ));
    }
    if channels.iter().any(|channel| channel.len() != frames) {
        return Err(
            "its channels are not equally long. The file is damaged; download it again.".into(),
        );
    }
    if frames == 0 {
        return Err(
            "it holds no samples. The file is cut short; download or export it again.".into(),
        );
    }
    if !RATES.contains(&rate) {
        return Err(format!(
            "its sample rate of {rate} Hz is none of audio. The file is damaged; download or export it again."
        ));
    }
    let samples = || channels.iter().flatten();
    if !samples().all(|sample| sample.is_finite()) {
        return Err(
            "it holds values that are no numbers. The file is damaged; download or export it again."
                .into(),
        );
    }
    let peak = samples().fold(0.0f32, |peak, sample| peak.max(sample.abs()));
    if peak < *PEAKS.start() {
        return Err(
            "it is silent, and so would be all that is played through it. Pick another file."
                .into(),
        );
    }
    if peak > *PEAKS.end() {
        return Err(format!(
            "its peak of {:.0} dB over full scale is none of sound. Export it again with peaks at full scale (0 dB).",
            20.0 * peak.log10()
        ));
    }
    Ok(frames)
}
