//! The newest samples, in one piece.

/// A ring of samples. It stores each twice, so that any number of the newest ones is one slice.
pub(super) struct History {
    samples: Vec<f32>,
    length: usize,
    /// Where the next sample goes, less than `length`.
    at: usize,
}

impl History {
    /// A ring of `length` samples, all 0; of one at least.
    pub(super) fn new(length: usize) -> Self {
        let length = length.max(1);
        History {
            samples: vec![0.0; 2 * length],
            length,
            at: 0,
        }
    }

    /// Makes all samples 0.
    pub(super) fn reset(&mut self) {
        self.samples.fill(0.0);
    }

    /// Adds a sample in place of the oldest.
    pub(super) fn push(&mut self, sample: f32) {
        self.samples[self.at] = sample;
        self.samples[self.at + self.length] = sample;
        self.at = (self.at + 1) % self.length;
    }

    /// The newest `count` samples, or all if there are fewer; the newest comes last.
    pub(super) fn newest(&self, count: usize) -> &[f32] {
        let end = self.at + self.length;
        &self.samples[end - count.min(self.length)..end]
    }
}
