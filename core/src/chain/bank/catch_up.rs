//! How what slept, or was just loaded, comes to be heard: it hears what it missed faster than that was
//! played, and then fades in.
//!
//! How many frames after the change that is depends on what it remembers and on nothing else, so a
//! change sounds the same however time is cut into blocks. The audio thread does this work itself: it
//! may wake nobody who would do it elsewhere.

use crate::engine::BLOCK;

/// Frames that a newcomer hears for each frame that is played, in sixteenths, until it has heard enough:
/// of an amp alone, and of one behind a pedal. With what plays already, that is less than five times the
/// usual work of the nets, and less still of all that a block costs. The usual WaveNet remembers 4093
/// frames, so it begins to be heard after 1190 frames, and after 2326 behind a pedal of its kind.
const CATCH_UP: [usize; 2] = [59, 52];

/// For so many frames it is but one: what slept has to come into the processor's cache first.
const SLOWLY: usize = 24;

/// How far what comes in is on its way.
#[derive(Default)]
pub(super) struct CatchUp {
    /// Frames from the change to its fade, and those of them that were played.
    pub(super) begins: usize,
    pub(super) elapsed: usize,
    /// The number of the next frame that the newcomer hears, and of the first that is heard of it.
    pub(super) position: u64,
    heard_from: u64,
    /// Frames that only its pedal has to hear, before its amp does.
    pub(super) pedal_first: usize,
    /// Nets that it consists of, and frames of nets that were run for it.
    nets: usize,
    spent: usize,
}

/// Frames of nets that may be run for a newcomer of so many nets in the first frames of a change.
fn allowed(frames: usize, nets: usize) -> usize {
    let rate = CATCH_UP[nets - 1];
    let slowed = frames.min(SLOWLY) * (rate - 16);
    (frames * rate - slowed) * nets / 16
}

/// The frames after which that has become so much work, and that of these frames.
fn frames_to_catch_up(work: usize, nets: usize) -> usize {
    let rate = CATCH_UP[nets - 1];
    let slowed = SLOWLY * (rate - 16) * nets;
    (16 * work + slowed).div_ceil(nets * (rate - 16))
}

/// The frames that a newcomer needs to hear.
pub(super) struct Needed {
    /// So many for its pedal to play as if it had always played, and for its amp, if there are any.
    pub(super) pedal: usize,
    pub(super) amp: Option<usize>,
    /// Not the last so many of them.
    pub(super) less: usize,
    /// Of the past there are no more than so many. The rest it hears as it is played.
    pub(super) most: usize,
}

impl CatchUp {
    /// A change that begins at the frame of the number `now`. `at_once`: it is heard from there on,
    /// whatever that takes.
    pub(super) fn new(needed: &Needed, now: u64, at_once: bool) -> Self {
        let pedal = needed.pedal;
        let nets = 1 + usize::from(pedal > 0 && needed.amp.is_some());
        let frames = (pedal + needed.amp.unwrap_or(0)).saturating_sub(needed.less);
        let past = frames.min(needed.most);
        let pedal_first = if nets == 2 { pedal.min(past) } else { 0 };
        let work = pedal_first + (past - pedal_first) * nets;
        let begins = match at_once {
            true => 0,
            false => frames_to_catch_up(work, nets) + frames - past,
        };
        CatchUp {
            begins,
            elapsed: 0,
            position: now.saturating_sub(past as u64),
            heard_from: now + begins as u64,
            nets,
            pedal_first,
            spent: 0,
        }
    }

    /// Whether the newcomer is heard.
    pub(super) fn is_heard(&self) -> bool {
        self.elapsed >= self.begins
    }

    /// Frames until its fade begins.
    pub(super) fn frames_to_fade(&self) -> usize {
        self.begins.saturating_sub(self.elapsed)
    }

    /// Whether a frame is one of the last `frames` before its fade.
    pub(super) fn precedes_fade(&self, number: u64, frames: u64) -> bool {
        number + frames >= self.heard_from && number < self.heard_from
    }

    /// The number of the frame that the newcomer has to have heard by the end of a block of so many
    /// frames; `end`: that of the frame behind the block.
    pub(super) fn target(&self, frames: usize, end: u64) -> u64 {
        if self.elapsed + frames > self.begins {
            return end;
        }
        let mut work = allowed(self.elapsed + frames, self.nets) - self.spent;
        let first = self.pedal_first.min(work);
        work -= first;
        let then = if first == self.pedal_first {
            work / self.nets
        } else {
            0
        };
        end.min(self.position + (first + then) as u64)
    }

    /// How many frames of at most [`BLOCK`] are next on the way to `target`; none are of before the block
    /// that begins at `start` and of the block, too.
    pub(super) fn step(&self, target: u64, start: u64) -> usize {
        let mut frames = (target - self.position).min(BLOCK as u64);
        if self.position < start {
            frames = frames.min(start - self.position);
        }
        match self.pedal_first {
            0 => frames as usize,
            first => first.min(frames as usize),
        }
    }

    /// So many frames were heard.
    pub(super) fn advance(&mut self, frames: usize) {
        let nets = if self.pedal_first > 0 { 1 } else { self.nets };
        self.pedal_first = self.pedal_first.saturating_sub(frames);
        self.spent += frames * nets;
        self.position += frames as u64;
    }
}
