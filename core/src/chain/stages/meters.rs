//! How loud it is on the way.

use crate::chain::stage::{Block, Sides, Stage};

/// The largest absolute samples since the last look, in linear amplitude (1: full scale).
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Peaks {
    /// As it comes in, before any gain, left and right.
    pub guitar: [f32; 2],
    /// Behind the input gain, as hard as the capture is driven, left and right.
    pub input: [f32; 2],
    /// Behind the output gain, left and right.
    pub output: [f32; 2],
}

/// Takes the peaks, and changes nothing.
#[derive(Default)]
pub(crate) struct Meters {
    /// Since the last look.
    pub(crate) peaks: Peaks,
}

impl Stage for Meters {
    fn play(&mut self, block: &mut Block) {
        let update = |peaks: &mut [f32; 2], sides: &Sides| {
            for (peak, side) in peaks.iter_mut().zip(sides).take(block.channels) {
                let side = &side[..block.frames];
                *peak = side.iter().fold(*peak, |peak, s| peak.max(s.abs()));
            }
        };
        update(&mut self.peaks.guitar, &block.guitar);
        update(&mut self.peaks.input, &block.key);
        update(&mut self.peaks.output, &block.sound);
    }
}
