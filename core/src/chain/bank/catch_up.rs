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
/// frames, so it begins to be heard after 1138 frames, and after 2326 behind a pedal of its kind.
const CATCH_UP: [usize; 2] = [61, 52];

/// So many more at most, where the fade is shorter than usual: a newcomer then has to have heard more when
/// it begins to be heard, and that is to be no later.
const SHORT_FADE: [usize; 2] = [12, 6];

/// For so many frames it is but one: what slept has to come into the processor's cache first.
const SLOWLY: usize = 24;

/// How far what comes in is on its way.
#[derive(Default)]
pub(super) struct CatchUp {
    /// Frames from the change to its fade, and those of them that were played.
    begins: usize,
    pub(super) elapsed: usize,
    /// The number of the next frame that the newcomer hears, and of the first that is heard of it.
    pub(super) position: u64,
    heard_from: u64,
    /// Frames that only its pedal has to hear, before its amp does.
    pub(super) pedal_first: usize,
    pace: Pace,
    /// Frames of nets that were run for it.
    spent: usize,
}

/// How fast a newcomer may be made to hear.
#[derive(Default)]
struct Pace {
    /// Nets that it consists of.
    nets: usize,
    /// Frames that each of them may hear for one that is played, in sixteenths.
    rate: usize,
    /// Frames for which it is one less, for the sound that leaves is still played.
    less: usize,
}

impl Pace {
    /// Sixteenths of frames that each net hears less in the first frames of a change.
    fn slowed(&self, frames: usize) -> usize {
        let slowly = frames.min(SLOWLY);
        let less = frames.min(self.less).saturating_sub(SLOWLY);
        slowly * (self.rate - 16) + less * 16
    }

    /// Frames of nets that may be run in the first frames of a change.
    fn allowed(&self, frames: usize) -> usize {
        (frames * self.rate - self.slowed(frames)) * self.nets / 16
    }

    /// The frames after which that has become so much work, and that of these frames.
    fn frames_to_catch_up(&self, work: usize) -> usize {
        let slowed = self.slowed(usize::MAX) * self.nets;
        (16 * work + slowed).div_ceil(self.nets * (self.rate - 16))
    }
}

/// The frames that a newcomer needs to hear.
pub(super) struct Needed {
    /// So many for its pedal to play as if it had always played, and for its amp, if there are any.
    pub(super) pedal: usize,
    pub(super) amp: Option<usize>,
    /// Frames of its fade, and of one of the usual length.
    pub(super) fade: usize,
    pub(super) usual_fade: usize,
    /// Frames for which another sound still leaves.
    pub(super) leaving: usize,
    /// Of the past there are no more than so many. The rest it hears as it is played.
    pub(super) most: usize,
}

impl CatchUp {
    /// A change that begins at the frame of the number `now`. `at_once`: it is heard from there on,
    /// whatever that takes.
    pub(super) fn new(needed: &Needed, now: u64, at_once: bool) -> Self {
        let pedal = needed.pedal;
        let nets = 1 + usize::from(pedal > 0 && needed.amp.is_some());
        // What is still missing when the fade begins is heard while it is all but silent.
        let less = needed.fade.min(needed.usual_fade);
        let frames = (pedal + needed.amp.unwrap_or(0)).saturating_sub(less);
        let past = frames.min(needed.most);
        let pedal_first = if nets == 2 { pedal.min(past) } else { 0 };
        let work = pedal_first + (past - pedal_first) * nets;
        let more = SHORT_FADE[nets - 1] * (needed.usual_fade - less);
        let pace = Pace {
            nets,
            rate: CATCH_UP[nets - 1] + more.div_ceil(needed.usual_fade),
            less: needed.leaving,
        };
        let begins = match at_once {
            true => 0,
            false => pace.frames_to_catch_up(work) + frames - past,
        };
        CatchUp {
            begins,
            elapsed: 0,
            position: now.saturating_sub(past as u64),
            heard_from: now + begins as u64,
            pedal_first,
            pace,
            spent: 0,
        }
    }

    /// Frames until it has heard enough.
    pub(super) fn frames_to_fade(&self) -> usize {
        self.begins.saturating_sub(self.elapsed)
    }

    /// Whether a frame is one of the last `frames` before its fade, or of those by which that is late.
    pub(super) fn precedes_fade(&self, number: u64, frames: u64) -> bool {
        number + frames >= self.heard_from
    }

    /// The number of the frame that the newcomer has to have heard by the end of a block of so many
    /// frames; `end`: that of the frame behind the block.
    pub(super) fn target(&self, frames: usize, end: u64) -> u64 {
        if self.elapsed + frames > self.begins {
            return end;
        }
        let mut work = self.pace.allowed(self.elapsed + frames) - self.spent;
        let first = self.pedal_first.min(work);
        work -= first;
        let then = if first == self.pedal_first {
            work / self.pace.nets
        } else {
            0
        };
        end.min(self.position + (first + then) as u64)
    }

    /// How many frames of at most [`BLOCK`] are next on the way to `target`.
    pub(super) fn step(&self, target: u64) -> usize {
        let frames = (target - self.position).min(BLOCK as u64) as usize;
        match self.pedal_first {
            0 => frames,
            first => first.min(frames),
        }
    }

    /// So many frames were heard.
    pub(super) fn advance(&mut self, frames: usize) {
        let nets = if self.pedal_first > 0 {
            1
        } else {
            self.pace.nets
        };
        self.pedal_first = self.pedal_first.saturating_sub(frames);
        self.spent += frames * nets;
        self.position += frames as u64;
    }
}
