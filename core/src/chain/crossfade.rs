//! From one capture to the next, or from one cabinet to the next, without a gap and without a click.
//!
//! The newcomer first plays along unheard until it has heard as much as it remembers; then it is
//! faded in while the old one is faded out. How loud the two are together depends on how alike they
//! are: two equal signals add up to one as they are, two unrelated ones lose 3 dB half-way. So their
//! powers and their product are followed, and the sum is brought to the power that lies between
//! theirs. An offset, which is not heard but would make any two signals alike, is kept out of this and
//! goes over in a straight line.

use super::config::Block;
use crate::engine::BLOCK;

/// Seconds of a fade.
const FADE: f64 = 0.02;

/// Seconds over which powers are averaged.
const AVERAGE: f64 = 0.003;

/// Seconds over which offsets are averaged: 5 Hz.
const OFFSET_AVERAGE: f64 = 0.032;

/// Most that the sum of the two is raised by (12 dB). Only signals of opposite polarity need more,
/// and those cross zero faster than one hears.
const MOST_RAISE: f64 = 4.0;

/// Power below which nothing is heard, and nothing evened out.
const SILENCE: f64 = 1e-12;

/// What can be gone over to while it plays.
pub(super) trait Player {
    /// Whether there is silence without one; else what comes in is heard.
    const SILENT_WITHOUT: bool;

    /// The caller's number of it.
    fn ticket(&self) -> u64;

    /// Frames that it has to hear before it plays as if it had always played.
    fn settle_frames(&self) -> usize;

    /// Back to where silence leaves it.
    fn reset(&mut self);

    /// Plays `frames` frames, at most [`BLOCK`].
    fn process(&mut self, input: &Block, output: &mut Block, frames: usize);
}

/// Plays one, and fades to another one that is offered.
pub(super) struct Crossfade<P> {
    current: Option<Box<P>>,
    next: Option<Box<P>>,
    stage: Stage,
    /// What is no longer played, until it is taken away. Room for one: nothing more is accepted
    /// before it is gone.
    done: Option<Box<P>>,
    /// Whether nothing was played yet since the start or the last reset.
    fresh: bool,
    hold: bool,
    fade: usize,
    least_listening: usize,
    follow: f64,
    follow_offset: f64,
    followed: Followed,
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

/// What is known of the old and the new signal.
#[derive(Debug, Clone, Copy, Default)]
struct Followed {
    /// Frames so far.
    frames: u32,
    /// Offsets of each side.
    old_offset: [f64; 2],
    new_offset: [f64; 2],
    /// Mean powers without them, and that of one with the other.
    old: f64,
    new: f64,
    both: f64,
}

impl Followed {
    /// Takes a frame. `powers` and `offsets`: how much of the mean values it replaces.
    fn follow(&mut self, powers: f64, offsets: f64, old: &Block, new: &Block, frame: usize) {
        self.frames = self.frames.saturating_add(1);
        // At first the plain mean of what there is.
        let offsets = offsets.max(1.0 / f64::from(self.frames));
        let (mut a, mut b, mut c) = (0.0, 0.0, 0.0);
        for side in 0..2 {
            let (old, new) = (f64::from(old[side][frame]), f64::from(new[side][frame]));
            self.old_offset[side] += offsets * (old - self.old_offset[side]);
            self.new_offset[side] += offsets * (new - self.new_offset[side]);
            let (old, new) = (old - self.old_offset[side], new - self.new_offset[side]);
            a += old * old;
            b += new * new;
            c += old * new;
        }
        self.old += powers * (a - self.old);
        self.new += powers * (b - self.new);
        self.both += powers * (c - self.both);
    }

    /// What brings the sum of both to the power that lies between theirs, where the new one has the
    /// weight `w`.
    fn power_compensation(&self, w: f64) -> f64 {
        let v = 1.0 - w;
        let wanted = v * self.old + w * self.new;
        let found = v * v * self.old + w * w * self.new + 2.0 * v * w * self.both;
        if wanted < SILENCE {
            return 1.0;
        }
        (wanted / found.max(wanted / (MOST_RAISE * MOST_RAISE))).sqrt()
    }
}

impl<P: Player> Crossfade<P> {
    /// `rate`: of the host, in Hz.
    pub(super) fn new(rate: f64) -> Self {
        Crossfade {
            current: None,
            next: None,
            stage: Stage::Alone,
            done: None,
            fresh: true,
            hold: false,
            fade: ((FADE * rate).round() as usize).max(1),
            least_listening: (5.0 * AVERAGE * rate).round() as usize,
            follow: 1.0 - (-1.0 / (AVERAGE * rate)).exp(),
            follow_offset: 1.0 - (-1.0 / (OFFSET_AVERAGE * rate)).exp(),
            followed: Followed::default(),
        }
    }

    /// Whether [`Crossfade::offer`] may be called.
    pub(super) fn accepts(&self) -> bool {
        self.done.is_none() && !matches!(self.stage, Stage::Fading(_))
    }

    /// Takes one to go over to. Newest wins: one that was waiting unheard is done with.
    /// What it cannot accept now, it gives back.
    pub(super) fn offer(&mut self, player: Box<P>) -> Result<(), Box<P>> {
        if !self.accepts() {
            return Err(player);
        }
        if self.fresh {
            self.done = self.current.replace(player);
            return Ok(());
        }
        let listening = match self.current {
            None if P::SILENT_WITHOUT => 0,
            _ => player.settle_frames().max(self.least_listening),
        };
        self.done = self.next.replace(player);
        self.stage = Stage::Listening(listening);
        self.followed = Followed::default();
        Ok(())
    }

    /// What is done with, to be dropped elsewhere.
    pub(super) fn take_done(&mut self) -> Option<Box<P>> {
        self.done.take()
    }

    /// All there are, one at a call; afterwards nothing plays.
    pub(super) fn take_any(&mut self) -> Option<Box<P>> {
        self.stage = Stage::Alone;
        self.fresh = true;
        let any = self.done.take().or_else(|| self.next.take());
        any.or_else(|| self.current.take())
    }

    /// Which one is heard, or will be as soon as its fade begins.
    pub(super) fn ticket(&self) -> Option<u64> {
        let newest = self.next.as_ref().or(self.current.as_ref());
        newest.map(|player| player.ticket())
    }

    /// Has the next one that is offered heard at once.
    pub(super) fn begin_anew(&mut self) {
        self.fresh = true;
    }

    /// Whether a newcomer has not yet heard enough.
    pub(super) fn is_listening(&self) -> bool {
        matches!(self.stage, Stage::Listening(left) if left > 1)
    }

    /// Has a newcomer that has heard enough wait for something else, or no longer.
    pub(super) fn hold(&mut self, hold: bool) {
        self.hold = hold;
    }

    /// What is heard, or will be again as soon as it may.
    pub(super) fn current(&self) -> Option<&P> {
        self.current.as_deref()
    }

    /// Back to where silence leaves it; a fade is over at once.
    pub(super) fn reset(&mut self) {
        if self.next.is_some() && self.done.is_none() {
            self.done = self.current.take();
            self.current = self.next.take();
            self.stage = Stage::Alone;
        }
        self.each(P::reset);
        self.fresh = true;
    }

    /// Does something with those that play.
    pub(super) fn each(&mut self, mut act: impl FnMut(&mut P)) {
        for player in [&mut self.current, &mut self.next].into_iter().flatten() {
            act(player);
        }
    }

    /// Plays `frames` frames, at most [`BLOCK`].
    pub(super) fn process(&mut self, input: &Block, output: &mut Block, frames: usize) {
        self.fresh = false;
        match &mut self.current {
            Some(player) => player.process(input, output, frames),
            None if P::SILENT_WITHOUT => output.iter_mut().for_each(|c| c[..frames].fill(0.0)),
            None => *output = *input,
        }
        let Some(next) = &mut self.next else { return };
        let mut newer = [[0.0; BLOCK]; 2];
        next.process(input, &mut newer, frames);
        for frame in 0..frames {
            self.followed
                .follow(self.follow, self.follow_offset, output, &newer, frame);
            self.stage = match self.stage {
                Stage::Alone => Stage::Alone,
                Stage::Listening(0 | 1) if self.hold => Stage::Listening(1),
                Stage::Listening(0 | 1) => Stage::Fading(0),
                Stage::Listening(left) => Stage::Listening(left - 1),
                Stage::Fading(at) => {
                    let at = (at + 1).min(self.fade);
                    let turn = at as f64 / self.fade as f64 * std::f64::consts::FRAC_PI_2;
                    let w = turn.sin() * turn.sin();
                    let power_compensation = self.followed.power_compensation(w);
                    for side in 0..2 {
                        let output = &mut output[side][frame];
                        let newer = newer[side][frame];
                        if at == self.fade {
                            *output = newer;
                            continue;
                        }
                        let sum = (1.0 - w) * f64::from(*output) + w * f64::from(newer);
                        let offset = (1.0 - w) * self.followed.old_offset[side]
                            + w * self.followed.new_offset[side];
                        *output = (offset + power_compensation * (sum - offset)) as f32;
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
