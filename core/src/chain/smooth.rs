//! A value that moves without clicks.

/// Seconds that a value takes to where it is set.
pub(crate) const SMOOTHING: f64 = 0.02;

/// A value that takes [`SMOOTHING`] seconds, in a straight line, to where it is set.
pub(super) struct Smooth {
    /// Where it was, and where it is going.
    from: f64,
    to: f64,
    /// Frames until it is there.
    left: usize,
    /// Frames of the whole way.
    frames: usize,
}

impl Smooth {
    /// It stands at `value`; `rate` in Hz.
    pub(super) fn new(value: f64, rate: f64) -> Self {
        Smooth {
            from: value,
            to: value,
            left: 0,
            frames: ((SMOOTHING * rate).round() as usize).max(1),
        }
    }

    /// Goes there from where it is.
    pub(super) fn set(&mut self, to: f64) {
        if to != self.to {
            self.from = self.now();
            self.to = to;
            self.left = self.frames;
        }
    }

    /// Is there at once.
    pub(super) fn finish(&mut self) {
        self.left = 0;
    }

    /// Where it is going.
    pub(super) fn target(&self) -> f64 {
        self.to
    }

    /// Frames until it is there.
    pub(super) fn left(&self) -> usize {
        self.left
    }

    /// Frames of the whole way.
    pub(super) fn frames(&self) -> usize {
        self.frames
    }

    /// Whether it stands still at a value.
    pub(super) fn is_at(&self, value: f64) -> bool {
        self.left == 0 && self.to == value
    }

    /// Where it is.
    pub(super) fn now(&self) -> f64 {
        self.to + (self.from - self.to) * (self.left as f64 / self.frames as f64)
    }

    /// Multiplies the next frames by where it is in each.
    pub(super) fn scale(&mut self, frames: &mut [f64]) {
        if self.left == 0 {
            let to = self.to;
            frames.iter_mut().for_each(|frame| *frame *= to);
        } else {
            frames.iter_mut().for_each(|frame| *frame *= self.next());
        }
    }

    /// Where it is in the next frame.
    pub(super) fn next(&mut self) -> f64 {
        self.left = self.left.saturating_sub(1);
        self.now()
    }
}
