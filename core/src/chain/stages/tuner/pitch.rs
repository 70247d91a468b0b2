//! The pitch of a plucked string.

use super::correlation::Correlation;
use super::decimator::Decimator;
use super::history::History;
use super::partials::{Fit, PartialAnalysis, Tone};
use std::ops::Range;

/// The pitches that are looked for, in Hz: from below the lowest string of a five-string bass to
/// above the highest fret of a guitar.
const PITCHES: Range<f64> = 30.0..1600.0;

/// A sound with a smaller mean square (-70 dB) is silence.
const SILENCE: f32 = 1e-7;

/// A sound that is less alike from one period to the next is no note.
const CLEAR: f32 = 0.8;

/// Samples until it looks for a note again where there is none.
const PAUSE: usize = 16;

/// How far the phases of partials may be from a string's, in radians.
const PHASES: f64 = 0.2;

/// The power that a note has in the later window, in parts of that in the earlier: more is a pluck,
/// less a note that was stopped.
const GROWTH: Range<f64> = 0.1..1.3;

/// The most inharmonicity of a string.
const STIFFEST: f64 = 0.005;

/// Seconds for which a note sounds before the windows move apart, and how far they do: it makes the
/// pitch more exact as the note gets weaker.
const SETTLING: f64 = 0.03;
const FURTHER: f64 = 0.08;

/// How far a period may be from the note that sounds: half a semitone, and 13 Hz. The windows of a new
/// note are 24 ms apart, so a phase that was taken for a turn too many is 41 Hz off.
const SAME_NOTE: f64 = 0.03;
const SAME_TURN: f64 = 13.0;

/// How far the results of two analyses may differ, in parts of the pitch: one cent.
const SAME_PITCH: f64 = 0.0006;

/// Seconds for which a pitch stays when it is no longer found.
const HOLD: f64 = 0.12;

/// The pitch of a string.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Pitch {
    /// That of the lowest partial, in Hz.
    pub(super) frequency: f64,
    /// How alike one period and the next are, from 0 to 1.
    pub(super) clarity: f32,
}

/// Finds the pitch of what it hears: fewer samples ([`Decimator`]), then the period ([`Correlation`]),
/// then the exact pitch ([`PartialAnalysis`]). Each sample costs about the same.
///
/// None of the crates for this (`pitch-detection`, `pyin`, `yin`) is made for the audio thread: they
/// allocate, plan Fourier transforms again, or do all the work of a window in one call. And a period
/// alone is not exact to a cent where a string is stiff.
pub(super) struct PitchDetector {
    /// In Hz, after the decimator.
    rate: f64,
    decimator: Decimator,
    history: History,
    correlation: Correlation,
    analysis: PartialAnalysis,
    state: State,
    /// What the last analysis found, and samples since the first that found this note.
    tone: Option<Tone>,
    sounding: usize,
    pitch: Option<Pitch>,
    /// Samples since `pitch` was found.
    age: usize,
}

/// What a detector does with the next sample.
enum State {
    /// Waits for so many more, then looks for a note.
    Waiting(usize),
    /// Goes on with the analysis of a note of this clarity.
    Analyzing(f32),
}

impl PitchDetector {
    /// A detector at a rate in Hz.
    pub(super) fn new(rate: f64) -> Self {
        let decimator = Decimator::new(rate);
        let rate = rate / decimator.factor() as f64;
        // The longest period, and one lag more to see that it is a peak.
        let longest = (rate / PITCHES.start) as usize + 2;
        let history = PartialAnalysis::history(rate, PITCHES.start, FURTHER);
        PitchDetector {
            rate,
            decimator,
            history: History::new(history.max(longest + 1)),
            correlation: Correlation::new(rate, longest),
            analysis: PartialAnalysis::new(rate),
            state: State::Waiting(0),
            tone: None,
            sounding: 0,
            pitch: None,
            age: 0,
        }
    }

    /// Forgets what it heard.
    pub(super) fn reset(&mut self) {
        self.decimator.reset();
        self.history.reset();
        self.correlation.reset();
        self.state = State::Waiting(0);
        self.tone = None;
        self.pitch = None;
    }

    /// Hears a frame.
    pub(super) fn push(&mut self, frame: f32) {
        let Some(sample) = self.decimator.push(frame) else {
            return;
        };
        self.history.push(sample);
        self.correlation.push(&self.history);
        self.sounding = self.sounding.saturating_add(1);
        self.age = self.age.saturating_add(1);
        if self.age as f64 > HOLD * self.rate {
            self.pitch = None;
        }
        self.state = match self.state {
            State::Waiting(0) => self.look(),
            State::Waiting(left) => State::Waiting(left - 1),
            State::Analyzing(clarity) => match self.analysis.advance(&self.history) {
                None => State::Analyzing(clarity),
                Some(fit) => {
                    self.judge(fit, clarity);
                    State::Waiting(0)
                }
            },
        };
    }

    /// The pitch of what it hears, if that is a note.
    pub(super) fn pitch(&self) -> Option<Pitch> {
        self.pitch
    }

    /// Looks for a note, and begins to analyze it.
    fn look(&mut self) -> State {
        let note = self.correlation.period().filter(|period| {
            period.clarity > CLEAR
                && PITCHES.contains(&(self.rate / period.samples))
                && self.correlation.power() > SILENCE
        });
        let Some(period) = note else {
            self.tone = None;
            return State::Waiting(PAUSE);
        };
        let frequency = self.rate / period.samples;
        self.tone = self.tone.filter(|tone| {
            let pitch = tone.partial(1);
            differ(pitch, frequency) < SAME_NOTE.min(SAME_TURN / pitch)
        });
        match self.tone {
            Some(tone) => {
                let settled = self.sounding as f64 / self.rate - SETTLING;
                self.analysis.begin(tone, settled.clamp(0.0, FURTHER));
            }
            None => {
                let guess = Tone {
                    f0: frequency,
                    inharmonicity: 0.0,
                };
                self.analysis.begin(guess, 0.0);
            }
        }
        State::Analyzing(period.clarity)
    }

    /// Takes over what an analysis found if it is a string and the one before found the same.
    fn judge(&mut self, fit: Fit, clarity: f32) {
        let frequency = fit.tone.partial(1);
        let is_string = fit.error < PHASES
            && GROWTH.contains(&fit.growth)
            && fit.tone.inharmonicity.abs() < STIFFEST
            && PITCHES.contains(&frequency);
        if !is_string {
            self.tone = None;
            return;
        }
        match self.tone {
            None => self.sounding = 0,
            Some(before) if differ(before.partial(1), frequency) < SAME_PITCH => {
                self.pitch = Some(Pitch { frequency, clarity });
                self.age = 0;
            }
            Some(_) => {}
        }
        self.tone = Some(fit.tone);
    }
}

/// How far two frequencies are apart, in parts of the first.
fn differ(a: f64, b: f64) -> f64 {
    (a - b).abs() / a
}
