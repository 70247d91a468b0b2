//! Takes away what stands still: captures of asymmetric distortion put the signal off centre.

use crate::chain::stage::{Block, Stage};
use crate::chain::switch::Switch;
use crate::engine::BLOCK;
use crate::rig::Settings;
use std::f64::consts::TAU;

/// Where the sound is 3 dB down, in Hz, as in the official plugin.
const FREQUENCY: f64 = 5.0;

/// A first-order high-pass at 5 Hz, exactly the official plugin's; on from the start.
pub(crate) struct DcBlocker {
    alpha: f64,
    switch: Switch,
    /// Frames after which nothing is left of what stood still.
    tail: usize,
    sides: [Side; 2],
}

/// The last sample that came in, and the last that went out.
#[derive(Clone, Copy, Default)]
struct Side {
    input: f64,
    output: f64,
}

impl DcBlocker {
    /// At a rate in Hz.
    pub(crate) fn new(rate: f64) -> Self {
        DcBlocker {
            alpha: 1.0 / (1.0 + TAU * FREQUENCY / rate),
            switch: Switch::new(true, rate),
            tail: rate as usize,
            sides: Default::default(),
        }
    }

    /// Switches it on or off, with a fade.
    pub(crate) fn set(&mut self, on: bool) {
        if on && self.switch.is_off() {
            self.reset();
        }
        self.switch.set(on);
    }

    /// Filters one channel or two, at most [`BLOCK`] frames.
    pub(crate) fn process(&mut self, channels: &mut [&mut [f32]]) {
        if self.switch.is_off() {
            return;
        }
        let mut made = [[0.0; BLOCK]; 2];
        for ((channel, made), side) in channels.iter().zip(&mut made).zip(&mut self.sides) {
            for (&sample, made) in channel.iter().zip(made) {
                let sample = f64::from(sample);
                side.output = self.alpha * (side.output + sample - side.input);
                side.input = sample;
                *made = side.output;
            }
        }
        self.switch.fade(channels, &made);
    }
}

impl Stage for DcBlocker {
    fn update(&mut self, settings: &Settings) {
        self.set(settings.dc_blocker);
    }

    fn finish(&mut self) {
        self.switch.finish();
    }

    fn reset(&mut self) {
        self.sides = Default::default();
    }

    fn play(&mut self, block: &mut Block) {
        block.sound(|channels| self.process(channels));
    }

    fn tail(&self) -> usize {
        self.tail
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chain::probe::{self, noise, play};

    #[test]
    fn it_is_the_filter_of_the_official_plugin() {
        for rate in [44_100.0, 48_000.0, 96_000.0, 192_000.0] {
            let input: Vec<f32> = noise(50_000).iter().map(|s| s + 0.3).collect();
            let mut output = input.clone();
            let mut blocker = DcBlocker::new(rate);
            play(&mut [&mut output], 64, |_, piece| blocker.process(piece));
            let c = 2.0 * std::f64::consts::PI * 5.0 / rate;
            let (mut x1, mut y1) = (0.0, 0.0);
            for (&x, &y) in input.iter().zip(&output) {
                let x = f64::from(x);
                y1 = (x - x1 + y1) / (c + 1.0);
                x1 = x;
                assert!((f64::from(y) - y1).abs() <= 1e-7 * y1.abs() + 1e-12);
            }
        }
    }

    #[test]
    fn what_stands_still_is_gone_after_a_second() {
        let mut blocker = DcBlocker::new(48_000.0);
        let mut output = vec![0.5; 48_000];
        play(&mut [&mut output], 64, |_, piece| blocker.process(piece));
        assert!(output[0] > 0.49 && output[47_999].abs() < 1e-6);
    }

    #[test]
    fn switching_fades_and_off_leaves_every_bit() {
        let mut blocker = DcBlocker::new(48_000.0);
        let mut output = vec![0.5; 60_000];
        play(&mut [&mut output], 50, |frame, piece| {
            match frame {
                20_000 => blocker.set(false),
                40_000 => blocker.set(true),
                _ => {}
            }
            blocker.process(piece);
        });
        assert!(output[19_999].abs() < 0.01 && output[59_999].abs() < 0.01);
        assert!(output[20_960..40_000].iter().all(|&s| s == 0.5));
        assert!(probe::largest_step(&output) < 0.001);
    }

    #[test]
    fn time_may_be_cut_anywhere_and_nothing_is_allocated() {
        probe::assert_cuts_do_not_matter(|| {
            let mut blocker = DcBlocker::new(48_000.0);
            move |frame: usize, piece: &mut [&mut [f32]]| {
                match frame {
                    1000 => blocker.set(false),
                    1500 | 4000 => blocker.set(true),
                    2000 => blocker.set(false),
                    5500 => blocker.reset(),
                    _ => {}
                }
                blocker.process(piece);
            }
        });
    }
}
