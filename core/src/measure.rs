//! What playing a capture tells about it, whatever its file says.
//!
//! A short piece of the signal that loudness is measured with is enough to see whether what the file
//! says of it can be true, and when the sound begins. The whole signal follows only where it has to.

use crate::capture::Capture;
use crate::engine::Model;
use crate::loudness::{LENGTH, Loudness, LoudnessSource, SIGNAL, is_believable, level};

/// Samples of the piece.
const SHORT: usize = LENGTH / 10;
/// Frames of silence before the signal, whose last is what a capture idles at.
const IDLE: usize = 64;
/// The sound has begun where a sample first differs from the one before it by this part of the RMS
/// of all such steps. Steps, so that neither an offset nor one that settles counts as sound. Before
/// that, nets that were trained on late recordings play a little noise.
const BEGUN: f64 = 0.1;
/// What is late by less than this, in seconds, is not told.
const SOON: f64 = 0.001;
/// About how many multiplications are played between two looks at whether to go on: a millisecond.
const WORK_BETWEEN_LOOKS: usize = 1 << 22;
/// The most frames between two looks.
const MOST_BETWEEN_LOOKS: usize = 1024;

/// The most multiplications that the whole signal may take, roughly: some seconds. The largest real
/// captures take half of it. Of what takes more, the short piece has to do.
const MOST_WORK: usize = 1 << 33;
/// The same for the piece, which is shorter for what would take more, but never than so many frames.
const MOST_WORK_SHORT: usize = 1 << 32;
const SHORTEST: usize = 256;

/// What was found out about a capture by playing it at full size.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Measured {
    /// The loudness that the file gives or, where it gives none or one that is more than 10 dB off,
    /// the measured one. None for a capture that plays silence.
    pub loudness: Option<Loudness>,
    /// Frames, at the [rate of the capture](Capture::sample_rate), that pass before the answer to a
    /// sound begins; 0 if that is less than a millisecond.
    pub delay: usize,
}

impl Capture {
    /// Finds out what only playing tells: checks the loudness that the file gives, or measures it,
    /// and looks for silence before the sound. None if `cancelled` said true, which is asked every
    /// few milliseconds once the instance is [prewarmed](Model::prewarm).
    ///
    /// Always the same for the same capture. Builds an instance and plays some 5000 frames, or ten
    /// times as many where the loudness has to be measured, and fewer of what is far larger than any real
    /// capture: not for the audio thread.
    pub fn measure(&self, cancelled: &dyn Fn() -> bool) -> Option<Measured> {
        let given = self.metadata().loudness;
        let mut run = Run::new(self);
        run.play(
            (MOST_WORK_SHORT / run.weights).clamp(SHORTEST, SHORT),
            cancelled,
        )?;
        let short = level(&run.output);
        let believed = given.filter(|&given| is_believable(given, short));
        if believed.is_none() && run.weights.saturating_mul(LENGTH) <= MOST_WORK {
            run.play(LENGTH, cancelled)?;
        }
        let played = level(&run.output);
        // A short piece is not everything: what is late, or opens slowly, may be as loud as it says.
        let believed = given.filter(|&given| believed.is_some() || is_believable(given, played));
        let loudness = played.map(|played| Loudness {
            db: believed.unwrap_or(played),
            source: match (believed, given) {
                (Some(_), _) => LoudnessSource::Given,
                (None, Some(given)) => LoudnessSource::Corrected { given },
                (None, None) => LoudnessSource::Measured,
            },
        });
        let delay = run.delay();
        let soon = (SOON * self.sample_rate()) as usize;
        Some(Measured {
            loudness,
            delay: if delay < soon { 0 } else { delay },
        })
    }

    /// The loudness of [`Capture::measure`].
    pub fn loudness(&self) -> Option<Loudness> {
        self.measure(&|| false)?.loudness
    }

    /// Measures the loudness on the scale of [`crate::Metadata::loudness`], whatever the file says:
    /// RMS in dB of the first output of a prewarmed instance of full size, while a built-in second
    /// of pink noise at -14.9 dB RMS plays into all inputs but its knobs, which stand where they start.
    /// Always the same for the same capture.
    ///
    /// None for a capture that plays silence (-120 dB or less) or what is no number: there is no
    /// gain that would bring it to any level.
    ///
    /// Builds an instance and plays 48 000 frames, so it is not for the audio thread.
    pub fn measure_loudness(&self) -> Option<f64> {
        let mut run = Run::new(self);
        run.play(LENGTH, &|| false)?;
        level(&run.output)
    }
}

/// An instance that plays the signal.
struct Run {
    model: Model,
    /// What each input hears while nobody plays.
    silence: Vec<f32>,
    /// The inputs that hear the signal: all but the knobs, which stand where they start.
    sounding: Vec<bool>,
    /// What the first output gave so far.
    output: Vec<f32>,
    /// What it gave in silence.
    idle: f32,
    /// About how many multiplications a frame takes.
    weights: usize,
    /// Frames between two looks.
    piece: usize,
}

impl Run {
    fn new(capture: &Capture) -> Self {
        let mut model = capture.build();
        let silence = capture.silence();
        model.prewarm_at(&silence);
        let mut sounding = vec![true; silence.len()];
        for control in capture.controls().into_iter().flat_map(|list| list.iter()) {
            sounding[control.channel] = false;
        }
        let held: Vec<[f32; IDLE]> = silence.iter().map(|&value| [value; IDLE]).collect();
        let held: Vec<&[f32]> = held.iter().map(|held| &held[..]).collect();
        let mut idle = [0.0; IDLE];
        model.process(&held, &mut [&mut idle]);
        let weights = capture.summary().parameters.max(1);
        Run {
            model,
            output: Vec::with_capacity(SHORT),
            idle: idle[IDLE - 1],
            silence,
            sounding,
            weights,
            piece: (WORK_BETWEEN_LOOKS / weights).clamp(1, MOST_BETWEEN_LOOKS),
        }
    }

    /// Plays on until there are `frames` in all.
    fn play(&mut self, frames: usize, cancelled: &dyn Fn() -> bool) -> Option<()> {
        let mut done = self.output.len();
        self.output.resize(frames, 0.0);
        while done < frames {
            if cancelled() {
                return None;
            }
            let piece = done..frames.min(done + self.piece);
            let held = self.silence.iter().map(|&value| vec![value; piece.len()]);
            let held: Vec<Vec<f32>> = held.collect();
            let input = held.iter().zip(&self.sounding);
            let input = input.map(|(held, sounds)| match sounds {
                true => &SIGNAL[piece.clone()],
                false => held,
            });
            let input: Vec<&[f32]> = input.collect();
            self.model
                .process(&input, &mut [&mut self.output[piece.clone()]]);
            done = piece.end;
        }
        Some(())
    }

    /// Frames before the sound begins.
    fn delay(&self) -> usize {
        let before = std::iter::once(&self.idle).chain(&self.output);
        let steps = self.output.iter().zip(before).map(|(y, before)| y - before);
        let steps: Vec<f32> = steps.collect();
        let Some(level) = level(&steps) else {
            return 0; // it never does
        };
        let begun = BEGUN * 10f64.powf(level / 20.0);
        let first = steps.iter().position(|step| f64::from(step.abs()) >= begun);
        first.unwrap_or(0)
    }
}
