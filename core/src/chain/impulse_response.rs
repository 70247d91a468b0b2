//! Impulse responses of cabinets: what a loudspeaker and the microphone before it make of one click.

use super::at_host_rate::rate::{RATES, resample};
use super::onset;
use realfft::RealFftPlanner;
use std::f64::consts::TAU;
use std::fmt;
use std::ops::RangeInclusive;

/// Seconds of silence that may come before the sound: a microphone a few steps away. More is no way of
/// a sound, but what a recording began with.
const MOST_SILENCE: f64 = 0.010;

/// Before the first sample of an impulse response that is as loud, as a part of its peak (-60 dB), there
/// is silence, or noise.
pub const FIRST_SOUND: f32 = 1e-3;

/// Seconds by which two responses may begin apart and still belong together: two microphones in one
/// large room.
const MOST_APART: f64 = 3.0;

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

/// The highest rate in Hz at which a response is looked at for its loudness, and the rate that it is
/// converted to otherwise: what lies above is not heard, and takes memory. So no more than 40 MB is ever
/// taken for it.
const HIGHEST_RATE: f64 = 96_000.0;
const HEARD_RATE: f64 = 48_000.0;

/// Most that is made louder for it, in dB.
const MOST_RAISED: f64 = 60.0;

/// Most that a cabinet at the official level makes pink noise louder by, and any one frequency, in dB.
/// More is what a recording does that was taken for an impulse response.
const LOUDEST: f64 = 12.0;
const LOUDEST_TONE: f64 = 24.0;

/// Most that such a recording may make any one frequency louder by, in dB. It may hold the very tones
/// that the guitar plays.
const SAFE_TONE: f64 = 6.0;

/// An impulse response that was checked: one channel, or a left and a right one.
#[derive(Debug, Clone)]
pub struct ImpulseResponse {
    channels: Vec<Vec<f32>>,
    rate: f64,
    /// Frames of silence before the first sound, and how many of them were left out: none or all.
    silence: usize,
    left_out: usize,
    /// Whether it was longer than is played.
    cut: bool,
    normalizing_db: f64,
    /// The frequency that it makes loudest, in dB.
    loudest_db: f64,
    of_file: Option<&'static str>,
}

/// What is worth knowing about an impulse response although it plays. As text it goes on after the
/// name of its file: `begins with 1500 ms of silence, which is left out`.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub enum Remark {
    /// Something about the file that it was read from, in words.
    OfFile(&'static str),
    /// It begins with so many seconds of silence, of which so many are left out.
    Silence {
        /// Seconds in the file.
        found: f64,
        /// Seconds of them that are not played; less than there are where it is blended with another
        /// one that begins earlier.
        left_out: f64,
    },
    /// It is longer than so many seconds, behind which it is cut.
    Cut(f64),
    /// It is too long or too loud for an impulse response, and is played softer by so many dB.
    Softer(f64),
}

impl fmt::Display for Remark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ms = |seconds: f64| (1000.0 * seconds).round();
        match *self {
            Remark::OfFile(words) => f.write_str(words),
            Remark::Silence { found, left_out } => {
                write!(f, "begins with {} ms of silence, ", ms(found))?;
                let why = "the response that it is blended with begins earlier";
                match ms(left_out) {
                    left_out if left_out == ms(found) => f.write_str("which is left out"),
                    0.0 => write!(f, "which is kept: {why}"),
                    left_out => write!(f, "of which {left_out} ms are left out: {why}"),
                }
            }
            Remark::Cut(seconds) => write!(
                f,
                "is longer than the {seconds} s that are played of an impulse response; the rest is cut"
            ),
            Remark::Softer(db) => write!(
                f,
                "is too long or too loud for an impulse response, as a recording of music would be; it plays {db:.0} dB softer, at a safe level"
            ),
        }
    }
}

impl ImpulseResponse {
    /// Seconds that are played at most, from the first sound on: cabinets are over after a tenth of
    /// one, a room or a hall goes on.
    pub const LONGEST: f64 = 4.0;

    /// Checks and trims one or two channels of samples at a rate in Hz.
    ///
    /// Silence at the beginning is left out if there is more than 10 ms of it; less stays, sample by
    /// sample. What comes when all but -100 dB of the energy is over is cut off. More than
    /// [`ImpulseResponse::LONGEST`] is cut to that, with a fade.
    ///
    /// # Errors
    /// In words that go on after a file's name: more than two channels, channels of different
    /// lengths, no samples, samples that are silence, no numbers or too loud, a rate that is none of
    /// audio.
    pub fn new(channels: Vec<Vec<f32>>, rate: f64) -> Result<Self, String> {
        Self::behind_silence(0, channels, rate)
    }

    /// The same of samples before which there were so many frames of silence, more than 10 ms or none.
    ///
    /// # Errors
    /// As [`ImpulseResponse::new`].
    pub fn behind_silence(
        silence: usize,
        channels: Vec<Vec<f32>>,
        rate: f64,
    ) -> Result<Self, String> {
        let peak = check(&channels, rate)?;
        let mut made = ImpulseResponse {
            channels,
            rate,
            silence,
            left_out: 0,
            cut: false,
            normalizing_db: 0.0,
            loudest_db: 0.0,
            of_file: None,
        };
        made.trim_beginning(peak);
        made.trim_end();
        (made.normalizing_db, made.loudest_db) = made.loudness()?;
        Ok(made)
    }

    /// The same with a remark about the file that it was read from, in words that go on after the
    /// file's name.
    #[must_use]
    pub fn with_remark(mut self, of_file: Option<&'static str>) -> Self {
        self.of_file = of_file;
        self
    }

    /// The same where more sound would come behind the samples, beyond [`ImpulseResponse::LONGEST`].
    #[must_use]
    pub fn before_more(mut self) -> Self {
        self.cut = true;
        self
    }

    /// What is worth knowing about it when it is played, alone or blended with another one.
    pub fn remarks(&self, other: Option<&ImpulseResponse>) -> Vec<Remark> {
        let seconds = |frames: usize| frames as f64 / self.rate;
        let left_out = self.left_out - self.kept_silence(other);
        let softer = self.official_db() - self.gain_db(false);
        [
            self.of_file.map(Remark::OfFile),
            (self.left_out > 0).then(|| Remark::Silence {
                found: seconds(self.silence),
                left_out: seconds(left_out),
            }),
            self.cut.then_some(Remark::Cut(Self::LONGEST)),
            (softer > 0.0).then_some(Remark::Softer(softer)),
        ]
        .into_iter()
        .flatten()
        .collect()
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
        if frequency > self.rate / 2.0 {
            return f64::NEG_INFINITY;
        }
        let (sin, cos) = (TAU * frequency / self.rate).sin_cos();
        let power = |channel: &Vec<f32>| {
            // From the last sample to the first: the sum so far, turned by one sample.
            let samples = channel.iter().rev();
            let (real, imaginary) = samples.fold((0.0, 0.0), |(real, imaginary), &sample| {
                let turned: f64 = real * cos + imaginary * sin;
                (turned + f64::from(sample), imaginary * cos - real * sin)
            });
            real * real + imaginary * imaginary
        };
        let powers: f64 = self.channels.iter().map(power).sum();
        10.0 * (powers / self.channels.len() as f64).log10()
    }

    /// What it is made louder by when it is played, in dB, whatever the host's rate.
    ///
    /// As the official plugin does it: -18 dB, and 48 kHz divided by its rate. `normalized`: so that
    /// pink noise from 80 Hz to 8 kHz has the same power behind it as before it, which is to say that
    /// the mean of its power response over that band, on a logarithmic scale of frequencies, becomes
    /// 1. Then all cabinets are equally loud, and as loud as none at all. (60 dB at most.)
    ///
    /// What must be a recording that was taken for a response is normalized in any case, or softer, so
    /// that no frequency becomes louder by more than 6 dB: what is longer than
    /// [`ImpulseResponse::LONGEST`], or would at the official level make pink noise louder by more than
    /// 12 dB or any one frequency by more than 24 dB.
    pub fn gain_db(&self, normalized: bool) -> f64 {
        let official = self.official_db();
        let too_loud =
            official - self.normalizing_db > LOUDEST || official + self.loudest_db > LOUDEST_TONE;
        let wanted = match normalized {
            true => self.normalizing_db,
            false => official,
        };
        match self.cut || too_loud {
            true => wanted
                .min(self.normalizing_db)
                .min(SAFE_TONE - self.loudest_db),
            false => wanted,
        }
    }

    /// The gain of the official plugin, in dB.
    fn official_db(&self) -> f64 {
        OFFICIAL_LEVEL + 20.0 * (OFFICIAL_RATE / self.rate).log10()
    }

    /// The channels at the host's rate in Hz and at the level of [`ImpulseResponse::gain_db`], not
    /// normalized, to be played alone or with another one: two that both begin with silence lose as
    /// much of it as the shorter one has, so that one stays as late against the other as it was, to
    /// half a sample. At its own rate they are the samples times that level. Takes time and memory.
    ///
    /// # Errors
    /// In words, if that is no rate of audio.
    pub(crate) fn at_rate(
        &self,
        host: f64,
        other: Option<&ImpulseResponse>,
    ) -> Result<Vec<Vec<f32>>, String> {
        let level = 10f64.powf(self.gain_db(false) / 20.0) * (self.rate / host);
        let late = vec![0.0; self.kept_silence(other)];
        let make = |channel: &Vec<f32>| {
            let channel = [&late[..], channel].concat();
            let made = resample(&channel, self.rate, host)?;
            let mut samples = made.samples;
            onset::make_up_for(&made.before, &mut samples, self.rate, host);
            for sample in &mut samples {
                *sample = (f64::from(*sample) * level) as f32;
            }
            Ok(samples)
        };
        self.channels.iter().map(make).collect()
    }

    /// Frames of the silence that was left out which are to be played after all, for the sake of
    /// another response that begins earlier.
    fn kept_silence(&self, other: Option<&ImpulseResponse>) -> usize {
        let seconds = |response: &ImpulseResponse| response.silence as f64 / response.rate;
        let Some(other) =
            other.filter(|other| (seconds(self) - seconds(other)).abs() <= MOST_APART)
        else {
            return 0;
        };
        // What both have too much of.
        let common = match other.left_out {
            0 => 0.0,
            _ => seconds(other) * self.rate,
        };
        self.left_out.saturating_sub(common.round() as usize)
    }

    /// Leaves out a long silence at the beginning.
    fn trim_beginning(&mut self, peak: f32) {
        let loud = |channel: &Vec<f32>| channel.iter().position(|s| s.abs() >= FIRST_SOUND * peak);
        let first = self.channels.iter().filter_map(loud).min().unwrap_or(0);
        self.silence += first;
        if self.silence as f64 > MOST_SILENCE * self.rate {
            self.left_out = self.silence;
            for channel in &mut self.channels {
                channel.drain(..first);
            }
        }
    }

    /// Cuts off what nobody hears and what is too long.
    fn trim_end(&mut self) {
        let frames = self.channels[0].len();
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
        let most = (Self::LONGEST * self.rate).round() as usize + self.silence - self.left_out;
        let fade = (FADE * self.rate).round() as usize;
        self.cut = end > most;
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

    /// What makes it as loud as all others, and what it makes loudest, in dB.
    fn loudness(&self) -> Result<(f64, f64), String> {
        let rate = match self.rate > HIGHEST_RATE {
            true => HEARD_RATE,
            false => self.rate,
        };
        let heard = self.channels.iter().map(|channel| {
            let made = resample(channel, self.rate, rate)?;
            Ok([made.before, made.samples].concat())
        });
        let channels = heard.collect::<Result<Vec<_>, String>>()?;
        // There are so many fewer samples.
        let scale = self.rate / rate;
        // A line for each hertz at least, and two for each that could be told apart, so that no tone
        // hides between them.
        let length = channels[0].len().max(rate as usize / 2);
        let length = (2 * length).next_power_of_two();
        let transform = RealFftPlanner::<f64>::new().plan_fft_forward(length);
        let (mut samples, mut spectrum) = (transform.make_input_vec(), transform.make_output_vec());
        let mut powers = vec![0.0; spectrum.len()];
        for channel in &channels {
            samples.fill(0.0);
            for (to, &sample) in samples.iter_mut().zip(channel) {
                *to = scale * f64::from(sample);
            }
            let done = transform.process(&mut samples, &mut spectrum);
            debug_assert!(done.is_ok(), "all lengths fit");
            for (power, line) in powers.iter_mut().zip(&spectrum) {
                *power += line.norm_sqr() / channels.len() as f64;
            }
        }
        let loudest = powers
            .iter()
            .fold(0.0, |loudest: f64, &power| loudest.max(power));
        // In pink noise there is as much less of a frequency as it is higher.
        let (mut came, mut went) = (0.0, 0.0);
        for (line, power) in powers.iter().enumerate() {
            let frequency = line as f64 * rate / length as f64;
            if BAND.contains(&frequency) {
                came += 1.0 / frequency;
                went += power / frequency;
            }
        }
        // Without a sound in the band the logarithm is infinite.
        let normalizing = (-10.0 * (went / came).log10()).min(MOST_RAISED);
        Ok((normalizing, 10.0 * loudest.log10()))
    }
}

/// Returns the peak.
fn check(channels: &[Vec<f32>], rate: f64) -> Result<f32, String> {
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
    Ok(peak)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A small cabinet: two decaying resonances that begin as softly as loudspeakers do.
    fn cabinet(rate: f64, seconds: f64) -> Vec<f32> {
        let sample = |n: usize| {
            let t = n as f64 / rate;
            let tone = |hz: f64, decay: f64| (TAU * hz * t).sin() * (-t * decay).exp();
            let onset = 1.0 - (-t * 20_000.0).exp();
            onset * (0.3 * tone(110.0, 150.0) + tone(2500.0, 2500.0) + 0.5 * tone(900.0, 800.0))
        };
        let frames = (seconds * rate) as usize;
        (0..frames).map(|n| sample(n) as f32).collect()
    }

    fn noise(frames: usize) -> Vec<f32> {
        let mut random = 1u32;
        let next = |_| {
            random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            random as f32 / u32::MAX as f32 - 0.5
        };
        (0..frames).map(next).collect()
    }

    fn mono(samples: &[f32], rate: f64) -> ImpulseResponse {
        ImpulseResponse::new(vec![samples.to_vec()], rate).unwrap()
    }

    /// Real and imaginary part at a frequency in Hz.
    fn spectrum(samples: &[f32], rate: f64, frequency: f64) -> (f64, f64) {
        let mut sum = (0.0, 0.0);
        for (n, &sample) in samples.iter().enumerate() {
            let (sin, cos) = (TAU * frequency * n as f64 / rate).sin_cos();
            sum.0 += f64::from(sample) * cos;
            sum.1 -= f64::from(sample) * sin;
        }
        sum
    }

    #[test]
    fn what_is_no_impulse_response_is_refused_in_words() {
        let good = vec![1.0; 10];
        for (channels, rate, words) in [
            (vec![], 48_000.0, "no samples"),
            (vec![vec![]], 48_000.0, "no samples"),
            (vec![good.clone(); 3], 48_000.0, "3 channels"),
            (vec![vec![]; 4], 48_000.0, "4 channels"),
            (vec![good.clone(), vec![1.0]], 48_000.0, "equally long"),
            (vec![good.clone(), vec![]], 48_000.0, "equally long"),
            (vec![vec![0.0; 100]], 48_000.0, "silent"),
            (vec![vec![1e-7; 100]], 48_000.0, "silent"),
            (vec![vec![0.5, f32::NAN]], 48_000.0, "no numbers"),
            (
                vec![good.clone(), vec![f32::INFINITY; 10]],
                48_000.0,
                "no numbers",
            ),
            (vec![vec![3e38; 10]], 48_000.0, "770 dB"),
            (vec![good.clone()], f64::NAN, "NaN Hz"),
            (vec![good.clone()], 0.0, "0 Hz"),
            (vec![good.clone()], 1e9, "Hz"),
        ] {
            let error = ImpulseResponse::new(channels, rate).unwrap_err();
            assert!(error.contains(words), "{error}");
            assert!(error.starts_with("it") && error.ends_with('.'), "{error}");
        }
    }

    #[test]
    fn what_sounds_to_its_end_stays_as_it_is() {
        let mut samples = noise(8000);
        samples[..80].fill(0.0);
        samples[7999] = 0.1;
        let response = mono(&samples, 8_000.0);
        assert_eq!(response.channels(), [samples]);
        assert_eq!((response.rate(), response.seconds()), (8_000.0, 1.0));
    }

    #[test]
    fn what_nobody_hears_at_the_end_is_cut() {
        let mut left = vec![0.0; 20_000];
        left[..100].copy_from_slice(&noise(100));
        let energy: f32 = left.iter().map(|s| s * s).sum();
        // -99 dB of the energy, then less than -100 dB.
        left[5000] = (energy * 10f32.powf(-9.9)).sqrt();
        left[9000] = (energy * 0.5 * 10f32.powf(-10.0)).sqrt();
        let right = vec![0.0; 20_000];
        let response = ImpulseResponse::new(vec![left.clone(), right.clone()], 48_000.0).unwrap();
        assert_eq!(response.channels(), [&left[..5001], &right[..5001]]);
    }

    #[test]
    fn after_four_seconds_it_fades_and_says_so() {
        let rate = 10_000.0;
        let samples = vec![1e-5; 60_000];
        let response = mono(&samples, rate);
        let kept = &response.channels()[0];
        assert_eq!((kept.len(), response.seconds()), (40_000, 4.0));
        assert!(kept[..39_500].iter().all(|&s| s == 1e-5));
        assert!(kept[39_500..].windows(2).all(|pair| pair[1] <= pair[0]));
        assert!(kept[39_500] > 0.998e-5 && kept[39_999] < 1e-9);
        assert!((kept[39_750] - 0.5e-5).abs() < 0.02e-5);
        assert_eq!(response.remarks(None), [Remark::Cut(4.0)]);
        // What is over by then is not faded, and what is just as long is not either.
        let mut early = samples.clone();
        early[39_800..].fill(0.0);
        for whole in [&early[..39_800], &samples[..40_000]] {
            let response = mono(whole, rate);
            assert_eq!(response.channels()[0], whole);
            assert_eq!(response.remarks(None), []);
        }
        // The seconds begin with the sound.
        let late = [&[0.0; 70_000], &samples[..]].concat();
        let late = mono(&late, rate);
        assert_eq!(late.channels(), response.channels());
        assert_eq!(late.remarks(None).len(), 2);
    }

    #[test]
    fn a_long_silence_at_the_beginning_is_left_out() {
        let rate = 48_000.0;
        let sound = noise(400);
        let late = |frames: usize, hiss: f32| {
            let before: Vec<f32> = noise(frames).iter().map(|s| hiss * s).collect();
            mono(&[&before, &sound[..]].concat(), rate)
        };
        let silence = |found, left_out| vec![Remark::Silence { found, left_out }];
        // Ten milliseconds are a way of a sound.
        for frames in [0, 100, 480] {
            let response = late(frames, 0.0);
            assert_eq!(response.channels()[0].len(), frames + 400);
            assert_eq!(response.remarks(None), []);
        }
        for (frames, hiss) in [(481, 0.0), (4800, 0.0), (4800, 1e-4), (72_000, 1e-4)] {
            let response = late(frames, hiss);
            assert_eq!(response.channels()[0], sound, "{frames}");
            let seconds = frames as f64 / rate;
            assert_eq!(response.remarks(None), silence(seconds, seconds));
        }
        // The first side that sounds is the beginning.
        let sides = vec![[&[0.0; 700], &sound[..]].concat(), vec![0.0; 1100]];
        let sides = ImpulseResponse::new(sides, rate).unwrap();
        assert_eq!(sides.channels()[0], sound);
        let both: Vec<Vec<f32>> = (0..2)
            .map(|side| {
                let mut late = [&vec![0.0; 600 + 100 * side][..], &sound].concat();
                late.resize(1100, 0.0);
                late
            })
            .collect();
        let sides = ImpulseResponse::new(both, rate).unwrap();
        assert_eq!(sides.channels()[0][..400], sound);
        assert_eq!(sides.channels()[1][100..], sound);
    }

    #[test]
    fn of_two_with_silence_one_stays_as_late_as_it_was() {
        let rate = 48_000.0;
        let sound = noise(400);
        let late = |frames: usize, rate: f64| {
            let before = vec![0.0; frames];
            mono(&[&before[..], &sound].concat(), rate)
        };
        let begins = |response: &ImpulseResponse, other: &ImpulseResponse| {
            let made = response.at_rate(response.rate(), Some(other)).unwrap();
            made[0].iter().position(|&s| s != 0.0).unwrap()
        };
        for (first, second, begin) in [
            (0, 0, [0, 0]),
            (200, 900, [200, 900]),
            (0, 72_000, [0, 72_000]),
            (960, 1500, [0, 540]),
            (72_000, 480, [72_000, 480]),
            (72_000, 960, [71_040, 0]),
            // Further apart than microphones of one room are.
            (0, 150_000, [0, 0]),
            (150_000, 4800, [0, 0]),
        ] {
            let (a, b) = (late(first, rate), late(second, rate));
            assert_eq!([begins(&a, &b), begins(&b, &a)], begin, "{first}, {second}");
        }
        let (a, b) = (late(960, rate), late(4410, 44_100.0));
        assert_eq!([begins(&a, &b), begins(&b, &a)], [0, 4410 - 882]);
        // All of it is said.
        let text = |response: &ImpulseResponse, other: Option<&ImpulseResponse>| {
            response.remarks(other).first().map(Remark::to_string)
        };
        let (a, b, c) = (late(4800, rate), late(9600, rate), late(0, rate));
        for (other, words) in [
            (None, "begins with 200 ms of silence, which is left out"),
            (Some(&a), "of which 100 ms are left out: the response"),
            (Some(&c), "200 ms of silence, which is kept: the response"),
        ] {
            let found = text(&b, other).unwrap();
            assert!(found.contains(words), "{found}");
        }
        assert!(text(&a, Some(&b)).unwrap().ends_with("left out"));
        assert_eq!(text(&c, Some(&b)), None);
    }

    #[test]
    fn what_is_no_response_plays_at_a_safe_level_and_says_so() {
        let rate = 48_000.0;
        let official = mono(&cabinet(rate, 0.1), rate);
        assert_eq!(official.remarks(None), []);
        let gained = |samples: &[f32], db: f64| {
            let gain = 10f64.powf(db / 20.0) as f32;
            let samples: Vec<f32> = samples.iter().map(|s| s * gain).collect();
            mono(&samples, rate)
        };
        let louder = |response: &ImpulseResponse| OFFICIAL_LEVEL - response.normalizing_db;
        let reference = louder(&official);
        for (db, safe) in [(-20.0, false), (11.9, false), (12.1, true), (60.0, true)] {
            let response = gained(&cabinet(rate, 0.1), db - reference);
            assert!((louder(&response) - db).abs() < 0.01);
            let gain = response.gain_db(false);
            let softer = response.remarks(None);
            if safe {
                assert!(gain <= response.gain_db(true));
                assert_eq!(softer, [Remark::Softer(OFFICIAL_LEVEL - gain)]);
            } else {
                assert_eq!((gain, &softer[..]), (OFFICIAL_LEVEL, &[][..]), "{db}");
            }
        }
        // However loud and however long it is, and be it one tone.
        let tone = |n: usize| (TAU * 110.0 * n as f64 / rate).sin() as f32;
        let tone: Vec<f32> = (0..300_000).map(tone).collect();
        for response in [
            mono(&vec![900.0; 300_000], rate),
            mono(&tone, rate),
            mono(&tone[..24_000], rate),
            gained(&tone, 55.0),
        ] {
            for normalized in [false, true] {
                let low = (0..50).map(|step| f64::from(step) * 0.2);
                let near = (0..50).map(|step| 105.0 + f64::from(step) * 0.2);
                let loudest = low.chain(near).map(|hz| response.response_db(hz));
                let loudest = loudest.fold(-200.0, f64::max) + response.gain_db(normalized);
                assert!(loudest < SAFE_TONE + 1.0, "{loudest} dB");
                assert!(loudest > SAFE_TONE - 1.0, "{loudest} dB");
            }
        }
        // What is too long is made softer, never louder.
        for db in [-40.0, -20.0, 3.0, 30.0] {
            let response = gained(&noise(250_000), db);
            assert!(response.gain_db(false) <= OFFICIAL_LEVEL);
            assert_eq!(response.remarks(None)[0], Remark::Cut(4.0));
            let softer = response.gain_db(false) < OFFICIAL_LEVEL;
            assert_eq!(response.remarks(None).len(), 1 + usize::from(softer));
            assert_eq!(softer, db > -30.0);
        }
        let text = Remark::Softer(30.6).to_string();
        assert!(text.contains("31 dB softer"), "{text}");
    }

    #[test]
    fn the_curve_is_the_response() {
        let (left, right) = (noise(1000), cabinet(44_100.0, 0.02));
        let left = left[..right.len()].to_vec();
        let both = ImpulseResponse::new(vec![left.clone(), right.clone()], 44_100.0).unwrap();
        for frequency in [0.0, 20.0, 110.0, 997.0, 5_000.0, 22_050.0] {
            let power = |samples: &[f32]| {
                let (real, imaginary) = spectrum(samples, 44_100.0, frequency);
                real * real + imaginary * imaginary
            };
            let kept = both.channels();
            let wanted = 10.0 * (0.5 * (power(&kept[0]) + power(&kept[1]))).log10();
            let found = both.response_db(frequency);
            assert!(
                (found - wanted).abs() < 1e-6,
                "{frequency} Hz: {found}, {wanted}"
            );
        }
        assert_eq!(both.response_db(22_051.0), f64::NEG_INFINITY);
    }

    #[test]
    fn at_the_official_level_the_samples_are_those_of_the_official_plugin() {
        let samples = noise(3000);
        for rate in [44_100.0, 48_000.0, 96_000.0] {
            let made = mono(&samples, rate).at_rate(rate, None).unwrap();
            let gain = 10f64.powf(-18.0 / 20.0) * 48_000.0 / rate;
            for (&made, &sample) in made[0].iter().zip(&samples) {
                let wanted = f64::from(sample) * gain;
                assert!((f64::from(made) - wanted).abs() <= 6e-8 * wanted.abs());
            }
            let told = mono(&samples, rate).gain_db(false);
            assert!((told - 20.0 * gain.log10()).abs() < 1e-12);
        }
    }

    #[test]
    fn normalized_it_keeps_the_power_of_pink_noise() {
        let db = |response: ImpulseResponse| response.gain_db(true);
        let click = db(mono(&[0.0, 0.0, 1.0], 48_000.0));
        assert!(click.abs() < 1e-9, "as it is: {click} dB");
        let quiet = db(mono(&[0.1], 96_000.0));
        assert!((quiet - 20.0).abs() < 1e-5, "{quiet}");
        let sides = vec![vec![1.0], vec![0.0]];
        let half = db(ImpulseResponse::new(sides, 48_000.0).unwrap());
        assert!((half - 3.0103).abs() < 1e-3, "{half}");
        // Pink noise of another grain: by the sum over a fine, straight scale of frequencies.
        let response = mono(&cabinet(48_000.0, 0.2), 48_000.0);
        let (mut came, mut went) = (0.0, 0.0);
        for step in 0..3960 {
            let frequency = 81.0 + 2.0 * f64::from(step);
            came += 1.0 / frequency;
            let power = response.response_db(frequency) + response.gain_db(true);
            went += 10f64.powf(power / 10.0) / frequency;
        }
        let change = 10.0 * (went / came).log10();
        assert!(change.abs() < 0.05, "{change} dB");
        // What has next to nothing in the band is not made infinitely loud.
        assert_eq!(db(mono(&[2e-6], 48_000.0)), 60.0);
    }

    #[test]
    fn the_loudness_is_the_same_at_any_rate() {
        for seconds in [0.1, 1.5] {
            let at = |rate: f64| mono(&cabinet(rate, seconds), rate);
            let wanted = at(48_000.0);
            for rate in [96_000.0, 96_001.0, 192_000.0, 768_000.0] {
                let found = at(rate);
                let level = 20.0 * (rate / 48_000.0).log10();
                for (what, found, wanted) in [
                    ("mean", found.normalizing_db + level, wanted.normalizing_db),
                    ("loudest", found.loudest_db - level, wanted.loudest_db),
                ] {
                    let off = (found - wanted).abs();
                    assert!(off < 0.05, "{what} at {rate} Hz: {found}, {wanted} dB");
                }
            }
        }
    }

    /// The response stays as it was, its phase too, so time zero is where it was. `floor`: part of
    /// the loudest frequency that others are compared with if they are softer.
    fn assert_same_response(samples: &[f32], from: f64, to: f64, floor: f64) {
        let response = mono(samples, from);
        let made = response.at_rate(to, None).unwrap().remove(0);
        let gain = 10f64.powf(response.gain_db(false) / 20.0);
        let top = (0.9 * from.min(to) / 2.0).min(18_000.0);
        let loudest = (20..200).map(|step| response.response_db(100.0 * f64::from(step)));
        let loudest = gain * 10f64.powf(loudest.fold(-200.0, f64::max) / 20.0);
        let mut worst = (0.0f64, 0.0);
        for step in 0..=60 {
            let frequency = 20.0 * (top / 20.0).powf(f64::from(step) / 60.0);
            let wanted = spectrum(&response.channels()[0], from, frequency);
            let found = spectrum(&made, to, frequency);
            let wanted = (gain * wanted.0, gain * wanted.1);
            let size = wanted.0.hypot(wanted.1).max(floor * loudest);
            let off = (found.0 - wanted.0).hypot(found.1 - wanted.1) / size;
            if off > worst.0 {
                worst = (off, frequency);
            }
        }
        // 0.1 dB, or that much of an angle.
        assert!(
            worst.0 < 0.0115,
            "{from} Hz to {to} Hz: {} at {} Hz",
            worst.0,
            worst.1
        );
    }

    #[test]
    fn another_rate_keeps_response_and_time_zero() {
        for from in [44_100.0, 48_000.0, 96_000.0, 88_200.0, 22_050.0, 44_056.5] {
            for to in [44_100.0, 48_000.0, 96_000.0, 192_000.0, 47_999.5] {
                let mut samples = vec![0.0; 150];
                samples.extend(noise(400));
                samples.extend(vec![0.0; 150]);
                samples[100] = 0.3;
                if from <= to {
                    assert_same_response(&samples, from, to, 0.0);
                }
                let cabinet = cabinet(from, 0.1);
                let late = [&[0.0; 150], &cabinet[..]].concat();
                assert_same_response(&late, from, to, 0.0);
                // One that begins at once, too.
                assert_same_response(&cabinet, from, to, if from > 40_000.0 { 0.03 } else { 0.3 });
            }
        }
    }

    #[test]
    fn the_first_sample_is_worth_as_much_as_any_other() {
        for from in [44_100.0, 48_000.0, 96_000.0, 192_000.0, 32_000.0, 22_050.0] {
            for to in [44_100.0, 48_000.0, 88_200.0, 96_000.0, 192_000.0] {
                // A click, one that swings in, and a noise.
                for (begin, most) in [
                    (&[1.0][..], 0.02),
                    (&[0.2, 0.9, 1.0, 0.4, -0.3, -0.2][..], 0.25),
                    (&cabinet(from, 0.02)[1..], 0.1),
                ] {
                    let most = if from < 40_000.0 {
                        0.15f64.max(most)
                    } else {
                        most
                    };
                    // Less than ten milliseconds, so that they stay.
                    let late = [&[0.0; 200], begin].concat();
                    let made =
                        |samples: &[f32]| mono(samples, from).at_rate(to, None).unwrap().remove(0);
                    let (at_once, late) = (made(begin), made(&late));
                    let level = |samples: &[f32], hz: f64| {
                        let (real, imaginary) = spectrum(samples, to, hz);
                        20.0 * real.hypot(imaginary).log10()
                    };
                    let top = (0.8 * from.min(to) / 2.0).min(18_000.0);
                    let loudest = (1..40).map(|n| level(&late, top * f64::from(n) / 40.0));
                    let loudest = loudest.fold(-300.0, f64::max);
                    for step in 0..=60 {
                        let hz = 50.0 * (top / 50.0).powf(f64::from(step) / 60.0);
                        let wanted = level(&late, hz);
                        let off = level(&at_once, hz) - wanted;
                        assert!(
                            off.abs() < most || wanted < loudest - 20.0,
                            "{from} Hz to {to} Hz: {off:.3} dB at {hz:.0} Hz"
                        );
                    }
                }
            }
        }
    }
}
