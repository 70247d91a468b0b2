//! The knobs of a capture as its net hears them.

use crate::capture::Capture;
use crate::chain::smooth::Smooth;
use crate::engine::BLOCK;
use crate::format::controls::{Control, KnobPositions, MAX_CONTROLS};

/// Inputs of a capture with knobs: those and the guitar's.
const MOST_INPUTS: usize = MAX_CONTROLS + 1;

/// Moves the knobs of a capture without clicks and hands them to its net, beside the guitar. They are
/// no sound: they are made at the rate that the capture plays at.
pub(super) struct Knobs {
    knobs: Vec<Knob>,
    /// The guitar's input.
    guitar: usize,
    still: bool,
}

struct Knob {
    control: Control,
    input: usize,
    smooth: Smooth,
    /// What the net hears in a block.
    block: [f32; BLOCK],
    /// What it heard last.
    last: f32,
}

impl Knobs {
    /// Those of a capture, at `positions` or where the file has them start.
    pub(super) fn new(capture: &Capture, positions: Option<KnobPositions>) -> Self {
        let controls = capture.controls().map_or(&[][..], |controls| &**controls);
        let knobs = controls.iter().enumerate().map(|(index, control)| {
            let position = positions.map(|positions| positions[index]);
            let position = position.filter(|position| !position.is_nan());
            let position = f64::from(position.unwrap_or(control.default).clamp(0.0, 1.0));
            Knob {
                input: control.channel,
                smooth: Smooth::new(position, capture.sample_rate()),
                block: [0.0; BLOCK],
                last: control.value(position),
                control: control.clone(),
            }
        });
        Knobs {
            knobs: knobs.collect(),
            guitar: capture.guitar(),
            still: true,
        }
    }

    /// Whether there are none.
    pub(super) fn is_empty(&self) -> bool {
        self.knobs.is_empty()
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.knobs.len()
    }

    /// Turns them, those that there are. What is no number is ignored.
    pub(super) fn set(&mut self, positions: &KnobPositions) {
        for (knob, position) in self.knobs.iter_mut().zip(positions) {
            if !position.is_nan() {
                knob.smooth.set(f64::from(position.clamp(0.0, 1.0)));
            }
        }
    }

    /// Has them at once where they are going.
    pub(super) fn finish(&mut self) {
        self.knobs.iter_mut().for_each(|knob| knob.smooth.finish());
    }

    /// Goes on by up to [`BLOCK`] frames.
    pub(super) fn advance(&mut self, frames: usize) {
        self.still = true;
        for knob in &mut self.knobs {
            let moving = knob.smooth.left() > 0;
            let before = knob.last;
            for heard in &mut knob.block[..frames] {
                *heard = knob.control.value(knob.smooth.next());
                knob.last = *heard;
            }
            self.still &= !moving && knob.last == before;
        }
    }

    /// Whether none moved in the frames that it went on by, nor just before.
    pub(super) fn are_still(&self) -> bool {
        self.still
    }

    /// What the net last heard of each.
    pub(super) fn values(&self) -> [f32; MAX_CONTROLS] {
        let mut values = [0.0; MAX_CONTROLS];
        for (value, knob) in values.iter_mut().zip(&self.knobs) {
            *value = knob.last;
        }
        values
    }

    /// What all inputs of the net hear in silence.
    pub(super) fn silence(&self) -> [f32; MOST_INPUTS] {
        let mut silence = [0.0; MOST_INPUTS];
        for knob in &self.knobs {
            silence[knob.input] = knob.last;
        }
        silence
    }

    /// All inputs of the net: the guitar and, in the frames that it went on by, the knobs.
    pub(super) fn beside<'a>(&'a self, guitar: &'a [f32]) -> [&'a [f32]; MOST_INPUTS] {
        let mut inputs: [&[f32]; MOST_INPUTS] = [&[]; MOST_INPUTS];
        inputs[self.guitar] = guitar;
        for knob in &self.knobs {
            inputs[knob.input] = &knob.block[..guitar.len()];
        }
        inputs
    }
}
