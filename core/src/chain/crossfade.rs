//! From one capture to the next, without a gap and without a click.
//!
//! The newcomer first plays along unheard until it has heard as much as it remembers; then it is
//! faded in while the old one is faded out. How loud the two are together depends on how alike they
//! are: two equal signals add up to one as they are, two unrelated ones lose 3 dB half-way. So their
//! powers and their product are followed, and the sum is brought to the power that lies between
//! theirs.

use super::amp::{Amp, Piece};
use crate::engine::BLOCK;

/// Seconds of a fade.
const FADE: f64 = 0.02;

/// Seconds over which powers are averaged.
const AVERAGE: f64 = 0.01;

/// Most that the sum of the two is raised by (12 dB). Only signals of opposite polarity need more,
/// and those cross zero faster than one hears.
const MOST_RAISE: f64 = 4.0;

/// Power below which nothing is heard, and nothing evened out.
const SILENCE: f64 = 1e-12;

/// Plays a capture, and fades to another one that is offered.
pub(super) struct Crossfade {
    current: Option<Box<Amp>>,
    next: Option<Box<Amp>>,
    stage: Stage,
    /// What is no longer played, until it is taken away. Room for one: nothing more is accepted
    /// before it is gone.
    done: Option<Box<Amp>>,
    /// Whether nothing was played yet since the start or the last reset.
    fresh: bool,
    fade: usize,
    least_listening: usize,
    follow: f64,
    powers: Powers,
}

/// How far the newcomer is, in frames.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Stage {
    /// There is none.
    Alone,
    /// It plays unheard for so many more.
    Listening(usize),
    /// It has been faded in for so many.
    Fading(usize),
}

/// Mean powers of the old signal and the new one, and of one with the other.
#[derive(Debug, Clone, Copy, Default)]
struct Powers {
    old: f64,
    new: f64,
    both: f64,
}

impl Powers {
    /// What brings the sum of both to the power that lies between theirs, where the new one has the
    /// weight `w`.
    fn evening(&self, w: f64) -> f64 {
        let v = 1.0 - w;
        let wanted = v * self.old + w * self.new;
        let found = v * v * self.old + w * w * self.new + 2.0 * v * w * self.both;
        if wanted < SILENCE {
            return 1.0;
        }
        (wanted / found.max(wanted / (MOST_RAISE * MOST_RAISE))).sqrt()
    }
}

impl Crossfade {
    /// `rate`: of the host, in Hz.
    pub(super) fn new(rate: f64) -> Self {
        Crossfade {
            current: None,
            next: None,
            stage: Stage::Alone,
            done: None,
            fresh: true,
            fade: ((FADE * rate).round() as usize).max(1),
            least_listening: (2.0 * AVERAGE * rate).round() as usize,
            follow: 1.0 - (-1.0 / (AVERAGE * rate)).exp(),
            powers: Powers::default(),
        }
    }

    /// Whether [`Crossfade::offer`] may be called.
    pub(super) fn accepts(&self) -> bool {
        self.done.is_none() && !matches!(self.stage, Stage::Fading(_))
    }

    /// Takes a capture to go over to. Newest wins: one that was waiting unheard is done with.
    /// What it cannot accept now, it gives back.
    pub(super) fn offer(&mut self, amp: Box<Amp>) -> Result<(), Box<Amp>> {
        if !self.accepts() {
            return Err(amp);
        }
        if self.fresh {
            self.done = self.current.replace(amp);
            return Ok(());
        }
        let listening = match self.current {
            Some(_) => amp.memory().max(self.least_listening),
            None => 0,
        };
        self.done = self.next.replace(amp);
        self.stage = Stage::Listening(listening);
        self.powers = Powers::default();
        Ok(())
    }

    /// What is done with, to be dropped elsewhere.
    pub(super) fn take_done(&mut self) -> Option<Box<Amp>> {
        self.done.take()
    }

    /// All captures, one at a call; afterwards nothing plays.
    pub(super) fn take_any(&mut self) -> Option<Box<Amp>> {
        self.stage = Stage::Alone;
        self.fresh = true;
        let any = self.done.take().or_else(|| self.next.take());
        any.or_else(|| self.current.take())
    }

    /// Which capture is heard, or will be as soon as its fade begins.
    pub(super) fn ticket(&self) -> Option<u64> {
        let newest = self.next.as_ref().or(self.current.as_ref());
        newest.map(|amp| amp.ticket())
    }

    /// Back to where silence leaves it; a fade is over at once.
    pub(super) fn reset(&mut self) {
        if self.next.is_some() && self.done.is_none() {
            self.done = self.current.take();
            self.current = self.next.take();
            self.stage = Stage::Alone;
        }
        for amp in [&mut self.current, &mut self.next].into_iter().flatten() {
            amp.reset();
        }
        self.fresh = true;
    }

    /// Plays `frames` frames, at most [`BLOCK`]. Without a capture there is silence.
    pub(super) fn process(&mut self, input: &Piece, output: &mut Piece, frames: usize) {
        self.fresh = false;
        match &mut self.current {
            Some(amp) => amp.process(input, output, frames),
            None => output.iter_mut().for_each(|c| c[..frames].fill(0.0)),
        }
        let Some(next) = &mut self.next else { return };
        let mut newer = [[0.0; BLOCK]; 2];
        next.process(input, &mut newer, frames);
        for frame in 0..frames {
            self.powers.follow(self.follow, output, &newer, frame);
            self.stage = match self.stage {
                Stage::Alone => Stage::Alone,
                Stage::Listening(0 | 1) => Stage::Fading(0),
                Stage::Listening(left) => Stage::Listening(left - 1),
                Stage::Fading(at) => {
                    let at = (at + 1).min(self.fade);
                    let turn = at as f64 / self.fade as f64 * std::f64::consts::FRAC_PI_2;
                    let w = turn.sin() * turn.sin();
                    let evening = self.powers.evening(w);
                    let (old, new) = ((evening * (1.0 - w)) as f32, (evening * w) as f32);
                    for (output, newer) in output.iter_mut().zip(&newer) {
                        output[frame] = match at == self.fade {
                            true => newer[frame],
                            false => old * output[frame] + new * newer[frame],
                        };
                    }
                    Stage::Fading(at)
                }
            };
        }
        if self.stage == Stage::Fading(self.fade) && self.done.is_none() {
            self.done = self.current.take();
            self.current = self.next.take();
            self.stage = Stage::Alone;
        }
    }
}

impl Powers {
    fn follow(&mut self, part: f64, old: &Piece, new: &Piece, frame: usize) {
        let (mut a, mut b, mut c) = (0.0, 0.0, 0.0);
        for (old, new) in old.iter().zip(new) {
            let (old, new) = (f64::from(old[frame]), f64::from(new[frame]));
            a += old * old;
            b += new * new;
            c += old * new;
        }
        self.old += part * (a - self.old);
        self.new += part * (b - self.new);
        self.both += part * (c - self.both);
    }
}
