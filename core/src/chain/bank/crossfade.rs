//! From one sound to the next without a gap and without a click.
//!
//! How loud the two are together depends on how alike they are: two equal signals add up to one as
//! they are, two unrelated ones lose 3 dB half-way. So their powers and their product are followed,
//! and the sum is brought to the power that lies between theirs. An offset, which is not heard but
//! would make any two signals alike, is kept out of this and goes over in a straight line.

use crate::chain::stage::Sides;
use std::f64::consts::FRAC_PI_2;

/// Seconds of a fade where nobody asks for another time.
pub(super) const USUAL: f64 = 0.02;

/// Seconds of the shortest one. A shorter one would be heard as a click.
pub(super) const SHORTEST: f64 = 0.002;

/// Seconds in which a fade comes to its end when the next change is asked for.
const OVERTAKEN: f64 = 0.003;

/// Seconds over which powers are averaged.
const AVERAGE: f64 = 0.003;

/// Seconds over which offsets are averaged: 5 Hz.
const OFFSET_AVERAGE: f64 = 0.032;

/// Most that the sum of the two is raised by (12 dB). Only signals of opposite polarity need more,
/// and those cross zero faster than one hears.
const MOST_RAISE: f64 = 4.0;

/// Power below which nothing is heard, and nothing evened out.
const SILENCE: f64 = 1e-12;

/// A fade from an old sound to a new one.
pub(super) struct Crossfade {
    rate: f64,
    /// Frames that it takes, unless it is turned round or overtaken.
    frames: usize,
    /// Where it was, from 0 (old) to 1 (new), when it last was as long as `way`, in frames.
    from: f64,
    way: usize,
    /// Frames of that which are left.
    left: usize,
    follow: f64,
    follow_offset: f64,
    followed: Followed,
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
    fn follow(&mut self, powers: f64, offsets: f64, old: &Sides, new: &Sides, frame: usize) {
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

    /// The same, with old and new changed over.
    fn reversed(self) -> Self {
        Followed {
            old_offset: self.new_offset,
            new_offset: self.old_offset,
            old: self.new,
            new: self.old,
            ..self
        }
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

impl Crossfade {
    /// `rate`: of the host, in Hz.
    pub(super) fn new(rate: f64, frames: usize) -> Self {
        Crossfade {
            rate,
            frames,
            from: 0.0,
            way: frames,
            left: frames,
            follow: 1.0 - (-1.0 / (AVERAGE * rate)).exp(),
            follow_offset: 1.0 - (-1.0 / (OFFSET_AVERAGE * rate)).exp(),
            followed: Followed::default(),
        }
    }

    /// Frames that it takes.
    pub(super) fn frames(&self) -> usize {
        self.frames
    }

    /// Frames until the new sound alone is heard.
    pub(super) fn left(&self) -> usize {
        self.left
    }

    /// Learns how loud both are, from a frame of before the fade.
    pub(super) fn follow(&mut self, old: &Sides, new: &Sides, frame: usize) {
        self.followed
            .follow(self.follow, self.follow_offset, old, new, frame);
    }

    /// How far it is, from 0 (old) to 1 (new).
    fn position(&self) -> f64 {
        1.0 - (1.0 - self.from) * (self.left as f64 / self.way as f64)
    }

    fn go_on(&mut self, from: f64, way: usize) {
        (self.from, self.way, self.left) = (from, way, way);
    }

    /// Comes to its end soon.
    pub(super) fn hurry(&mut self) {
        let soon = frames(self.rate, OVERTAKEN);
        if self.left > soon {
            self.go_on(self.position(), soon);
        }
    }

    /// Turns round: what was the old sound is the new one.
    pub(super) fn reverse(&mut self) {
        let way = (self.position() * self.frames as f64).round() as usize;
        self.go_on(1.0 - self.position(), way.max(frames(self.rate, SHORTEST)));
        self.followed = self.followed.reversed();
    }

    /// How much of the new sound is in the next frame, from 0 to 1.
    pub(super) fn next(&mut self) -> f64 {
        self.left = self.left.saturating_sub(1);
        let sine = (self.position() * FRAC_PI_2).sin();
        sine * sine
    }

    /// The next frames: `new` becomes what is heard of both.
    pub(super) fn mix(&mut self, old: &Sides, new: &mut Sides, frames: usize) {
        for frame in 0..frames {
            self.follow(old, new, frame);
            let w = self.next();
            if self.left == 0 {
                return;
            }
            let compensation = self.followed.power_compensation(w);
            for side in 0..2 {
                let (old, new) = (old[side][frame], &mut new[side][frame]);
                let sum = (1.0 - w) * f64::from(old) + w * f64::from(*new);
                let offset =
                    (1.0 - w) * self.followed.old_offset[side] + w * self.followed.new_offset[side];
                *new = (offset + compensation * (sum - offset)) as f32;
            }
        }
    }
}

/// Frames of a fade of so many seconds; what is too short, or no number, gives [`SHORTEST`].
pub(super) fn frames(rate: f64, seconds: f64) -> usize {
    ((seconds.max(SHORTEST) * rate).round() as usize).max(1)
}
