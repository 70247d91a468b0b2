//! From one sound to the next without a gap and without a click.
//!
//! How loud the two are together depends on how alike they are: two equal signals add up to one as
//! they are, two unrelated ones lose 3 dB half-way. So their powers and their product are followed,
//! and the sum is brought to the power that lies between theirs. An offset, which is not heard but
//! would make any two signals alike, is kept out of this and goes over in a straight line.

use crate::chain::stage::Sides;

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

/// A fade from an old sound to a new one.
pub(super) struct Crossfade {
    frames: usize,
    follow: f64,
    follow_offset: f64,
    followed: Followed,
    /// Frames of the fade so far.
    at: usize,
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
    pub(super) fn new(rate: f64) -> Self {
        Crossfade {
            frames: ((FADE * rate).round() as usize).max(1),
            follow: 1.0 - (-1.0 / (AVERAGE * rate)).exp(),
            follow_offset: 1.0 - (-1.0 / (OFFSET_AVERAGE * rate)).exp(),
            followed: Followed::default(),
            at: 0,
        }
    }

    /// Frames that it takes.
    pub(super) fn frames(&self) -> usize {
        self.frames
    }

    /// Prepares for another fade.
    pub(super) fn restart(&mut self) {
        self.followed = Followed::default();
        self.at = 0;
    }

    /// Learns how loud both are, from a frame of before the fade.
    pub(super) fn follow(&mut self, old: &Sides, new: &Sides, frame: usize) {
        self.followed
            .follow(self.follow, self.follow_offset, old, new, frame);
    }

    /// Whether the new sound alone is heard.
    pub(super) fn is_over(&self) -> bool {
        self.at == self.frames
    }

    /// The next frame: `old` becomes what is heard of both.
    pub(super) fn mix(&mut self, old: &mut Sides, new: &Sides, frame: usize) {
        self.follow(old, new, frame);
        self.at = (self.at + 1).min(self.frames);
        let turn = self.at as f64 / self.frames as f64 * std::f64::consts::FRAC_PI_2;
        let w = turn.sin() * turn.sin();
        let compensation = self.followed.power_compensation(w);
        for side in 0..2 {
            let (old, new) = (&mut old[side][frame], new[side][frame]);
            if self.is_over() {
                *old = new;
                continue;
            }
            let sum = (1.0 - w) * f64::from(*old) + w * f64::from(new);
            let offset =
                (1.0 - w) * self.followed.old_offset[side] + w * self.followed.new_offset[side];
            *old = (offset + compensation * (sum - offset)) as f32;
        }
    }
}
