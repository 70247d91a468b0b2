//! What of a stereo input is played.

use crate::chain::smooth::Smooth;
use crate::chain::stage::{Block, Stage};
use crate::rig::{Settings, Source};

impl Source {
    /// How much of left and right goes to the left, then to the right.
    fn weights(self) -> [[f32; 2]; 2] {
        match self {
            Source::Stereo => [[1.0, 0.0], [0.0, 1.0]],
            Source::Left => [[1.0, 0.0]; 2],
            Source::Right => [[0.0, 1.0]; 2],
            Source::Sum => [[0.5, 0.5]; 2],
        }
    }
}

/// Brings a stereo input to both sides as a [`Source`] says, with a fade from one to the next.
pub(crate) struct SourceSelector {
    source: Source,
    from: [[f32; 2]; 2],
    now: [[f32; 2]; 2],
    /// The way from there to the source, from 1 to 0.
    left: Smooth,
    rate: f64,
}

impl SourceSelector {
    pub(crate) fn new(rate: f64) -> Self {
        let source = Source::default();
        SourceSelector {
            source,
            from: source.weights(),
            now: source.weights(),
            left: Smooth::new(0.0, rate),
            rate,
        }
    }

    pub(crate) fn set(&mut self, source: Source) {
        if source != self.source {
            self.source = source;
            self.from = self.now;
            self.left = Smooth::new(1.0, self.rate);
            self.left.set(0.0);
        }
    }

    pub(crate) fn process(&mut self, left: &mut [f32], right: &mut [f32]) {
        let to = self.source.weights();
        let moving = self.left.left().min(left.len());
        for (l, r) in left.iter_mut().zip(right.iter_mut()).take(moving) {
            let part = self.left.next() as f32;
            let weights = self.now.as_flattened_mut().iter_mut();
            let ends = to.as_flattened().iter().zip(self.from.as_flattened());
            for (now, (to, from)) in weights.zip(ends) {
                *now = to + part * (from - to);
            }
            (*l, *r) = (
                self.now[0][0] * *l + self.now[0][1] * *r,
                self.now[1][0] * *l + self.now[1][1] * *r,
            );
        }
        let (left, right) = (&mut left[moving..], &mut right[moving..]);
        match self.source {
            Source::Stereo => {}
            Source::Left => right.copy_from_slice(left),
            Source::Right => left.copy_from_slice(right),
            Source::Sum => {
                for (l, r) in left.iter_mut().zip(right) {
                    *l = 0.5 * (*l + *r);
                    *r = *l;
                }
            }
        }
    }
}

impl Stage for SourceSelector {
    fn update(&mut self, settings: &Settings) {
        self.set(settings.source);
    }

    fn finish(&mut self) {
        self.left.finish();
        self.now = self.source.weights();
    }

    fn play(&mut self, block: &mut Block) {
        if block.channels == 2 {
            let [left, right] = &mut block.sound;
            self.process(&mut left[..block.frames], &mut right[..block.frames]);
        }
        block.guitar = block.sound;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_source_plays_what_it_says() {
        for (source, expected) in [
            (Source::Stereo, (0.2, 0.6)),
            (Source::Left, (0.2, 0.2)),
            (Source::Right, (0.6, 0.6)),
            (Source::Sum, (0.4, 0.4)),
        ] {
            let mut selector = SourceSelector::new(48_000.0);
            selector.set(source);
            selector.finish();
            let (mut left, mut right) = ([0.2f32; 5], [0.6f32; 5]);
            selector.process(&mut left, &mut right);
            assert_eq!((left, right), ([expected.0; 5], [expected.1; 5]));
        }
    }

    #[test]
    fn a_change_is_gradual() {
        let mut selector = SourceSelector::new(48_000.0);
        let mut last = 1.0;
        selector.set(Source::Right);
        for _ in 0..200 {
            let (mut left, mut right) = ([1.0f32; 7], [-1.0f32; 7]);
            selector.process(&mut left, &mut right);
            for sample in left {
                assert!((sample - last).abs() < 0.0022 && sample <= last);
                last = sample;
            }
        }
        assert_eq!(last, -1.0);
    }
}
