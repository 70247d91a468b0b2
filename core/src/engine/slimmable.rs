//! A capture in several sizes, of which one plays.
//!
//! Changing the size must not click, and what does not play must cost nothing. So a size that is
//! chosen first hears what it missed, a few times faster than real time, and is then faded in.

use super::architecture::Architecture;
use super::demand::{self, Demand};
use super::network::{Network, Shape, as_kind};
use super::planes::{BLOCK, Order, Planes, Source, Target};
use crate::format::nested::ContainerConfig;
use crate::simd::SimdLevel;

/// Frames that two sizes sound together.
const FADE: usize = 1024;

/// Missed frames that are caught up on for every frame that is played.
const CATCH_UP: usize = 3;

/// Longest past that is kept for catching up, in frames: as long as the largest nets that the
/// trainer offers look back when they are oversampled 8 times. A recurrent net has settled by then.
const MAX_PAST: usize = 1 << 16;

/// Several networks with the same channels.
pub(crate) struct Slimmable {
    shape: Shape,
    sizes: Vec<Size>,
    /// The input's recent past, per channel, as a ring.
    past: Vec<Vec<f32>>,
    /// Frames that were ever put into `past`; the next one's place is this modulo its length.
    played: usize,
    active: usize,
    wanted: usize,
    change: Change,
    scratch: Planes,
    replay: Planes,
}

/// One network and the slim values that choose it: those below `limit`, or all the rest.
pub(crate) struct Size {
    pub(crate) limit: f64,
    pub(crate) net: Box<dyn Network>,
}

/// Where the change to another size stands.
#[derive(Clone, Copy)]
enum Change {
    None,
    /// Size `to` has heard everything up to frame `heard`.
    CatchingUp {
        to: usize,
        heard: usize,
    },
    /// Size `to` has been sounding for `done` frames.
    Fading {
        to: usize,
        done: usize,
    },
}

impl Slimmable {
    /// Ascending in size, never empty. Starts with the full size.
    pub(crate) fn new(sizes: Vec<Size>) -> Self {
        let full = sizes.len() - 1;
        let shapes = || sizes.iter().map(|size| size.net.shape());
        let Shape {
            inputs, outputs, ..
        } = sizes[full].net.shape();
        let settle_frames = shapes().map(|shape| shape.settle_frames).max().unwrap_or(0);
        Slimmable {
            shape: Shape {
                inputs,
                outputs,
                settle_frames,
                is_recurrent: shapes().any(|shape| shape.is_recurrent),
            },
            sizes,
            past: vec![vec![0.0; past_frames(settle_frames)]; inputs],
            played: 0,
            active: full,
            wanted: full,
            change: Change::None,
            scratch: Planes::new(outputs),
            replay: Planes::new(inputs),
        }
    }

    /// Bytes that it takes besides its sizes.
    pub(crate) fn own_bytes(inputs: usize, outputs: usize, settle_frames: f64) -> f64 {
        let past = past_frames(settle_frames as usize);
        demand::floats(past * inputs) + demand::scratch(inputs + outputs)
    }

    fn remember(&mut self, input: Source, frames: usize) {
        for (channel, past) in self.past.iter_mut().enumerate() {
            let mask = past.len() - 1;
            for frame in 0..frames {
                // SAFETY: `input` has the network's channels.
                past[(self.played + frame) & mask] = unsafe { *input.at(channel, frame) };
            }
        }
        self.played += frames;
    }

    /// Starts the change to the wanted size if that is not where things are going. Of another
    /// change nothing has been heard yet while it catches up, so it is dropped; a fade is not.
    fn begin_change(&mut self) {
        let goal = match self.change {
            Change::None => self.active,
            Change::CatchingUp { to, .. } => to,
            Change::Fading { .. } => return,
        };
        let to = self.wanted;
        if to == goal {
            return;
        }
        if to == self.active {
            self.change = Change::None;
            return;
        }
        let net = &mut self.sizes[to].net;
        net.reset();
        let missed = net.shape().settle_frames.min(MAX_PAST).min(self.played);
        self.change = Change::CatchingUp {
            to,
            heard: self.played - missed,
        };
    }

    /// Size that is being changed to, from the moment on at which it began to listen.
    fn coming(&self) -> Option<usize> {
        match self.change {
            Change::None => None,
            Change::CatchingUp { to, .. } | Change::Fading { to, .. } => Some(to),
        }
    }

    /// Frames of the past that a change to another size could ask for.
    fn depth(&self) -> usize {
        self.shape.settle_frames.min(MAX_PAST).min(self.played)
    }

    /// Whether a change of size would let the new one hear the same.
    fn same_past(&self, other: &Slimmable) -> bool {
        let depth = self.depth();
        let mut channels = self.past.iter().zip(&other.past);
        depth == other.depth()
            && channels.all(|(a, b)| {
                // From the oldest on, where a difference leaves last.
                (1..=depth).rev().all(|back| {
                    let a = a[self.played.wrapping_sub(back) & (a.len() - 1)];
                    let b = b[other.played.wrapping_sub(back) & (b.len() - 1)];
                    a.to_bits() == b.to_bits()
                })
            })
    }

    /// Lets size `to` hear some of what it missed; returns how far it got.
    fn catch_up(&mut self, to: usize, mut heard: usize, frames: usize) -> usize {
        let until = (heard + frames).min(self.played);
        while heard < until {
            let count = (until - heard).min(BLOCK);
            for (channel, past) in self.past.iter().enumerate() {
                let mask = past.len() - 1;
                let plane = self.replay.channel_mut(channel);
                for (frame, sample) in plane[..count].iter_mut().enumerate() {
                    *sample = past[(heard + frame) & mask];
                }
            }
            let input = self.replay.target(Order::Planar).as_source();
            let output = self.scratch.target(Order::Planar);
            // SAFETY: both were made for the sizes' channels, and `count` is at most `BLOCK`.
            unsafe { self.sizes[to].net.process(input, output, count) };
            heard += count;
        }
        heard
    }

    /// Adds a part of the new size's sound to the old one's.
    fn fade(&mut self, output: Target, frames: usize, done: usize) {
        for channel in 0..self.shape.outputs {
            let new = &self.scratch.channel(channel)[..frames];
            for (frame, &new) in new.iter().enumerate() {
                // Both are the same amp: their sum at any ratio is as loud as either.
                let share = ((done + frame + 1) as f32 / FADE as f32).min(1.0);
                // SAFETY: `output` has the network's channels.
                unsafe {
                    let sample = output.at(channel, frame);
                    *sample += share * (new - *sample);
                }
            }
        }
    }
}

/// Frames of the past that are kept: with room for what is played while it is caught up on.
fn past_frames(settle_frames: usize) -> usize {
    let kept = settle_frames.min(MAX_PAST) * (CATCH_UP + 1) / CATCH_UP + 4 * BLOCK;
    kept.next_power_of_two()
}

impl Architecture for ContainerConfig {
    fn build(&self, rate: Option<f64>, level: SimdLevel) -> Box<dyn Network> {
        let sizes = self.submodels.iter().map(|submodel| Size {
            limit: submodel.max_value,
            net: submodel.model.build(rate, level),
        });
        Box::new(Slimmable::new(sizes.collect()))
    }

    fn demand(&self, rate: Option<f64>) -> Demand {
        let mut all = Demand::default();
        for submodel in &self.submodels {
            let one = submodel.model.demand(rate);
            all = Demand {
                state: all.state + one.state,
                weights: all.weights + one.weights,
                settle_frames: all.settle_frames.max(one.settle_frames),
                frame_work: all.frame_work.max(one.frame_work),
                settle_work: all.settle_work.max(one.settle_work),
            };
        }
        let net = &self.full().net;
        all.state += Slimmable::own_bytes(net.inputs(), net.outputs(), all.settle_frames);
        all
    }

    fn oversample(&mut self, factor: usize) {
        for submodel in &mut self.submodels {
            submodel.model.net.oversample(factor);
        }
    }
}

impl Network for Slimmable {
    fn shape(&self) -> Shape {
        self.shape
    }

    unsafe fn process(&mut self, input: Source, output: Target, frames: usize) {
        self.begin_change();
        self.remember(input, frames);
        // SAFETY: the caller's promise: all sizes have the same channels.
        unsafe { self.sizes[self.active].net.process(input, output, frames) };
        match self.change {
            Change::None => {}
            Change::CatchingUp { to, heard } => {
                let heard = self.catch_up(to, heard, (CATCH_UP + 1) * frames);
                self.change = if heard == self.played {
                    Change::Fading { to, done: 0 }
                } else {
                    Change::CatchingUp { to, heard }
                };
            }
            Change::Fading { to, done } => {
                let scratch = self.scratch.target(Order::Planar);
                // SAFETY: as above; the scratch was made for these channels.
                unsafe { self.sizes[to].net.process(input, scratch, frames) };
                self.fade(output, frames, done);
                self.change = Change::Fading {
                    to,
                    done: done + frames,
                };
                if done + frames >= FADE {
                    self.active = to;
                    self.change = Change::None;
                }
            }
        }
    }

    unsafe fn settle(&mut self, input: Source, output: Target) {
        // The past is what the settled input was.
        for (channel, past) in self.past.iter_mut().enumerate() {
            // SAFETY: `input` has the network's channels.
            past.fill(unsafe { *input.at(channel, 0) });
        }
        self.played = self.past.first().map_or(0, Vec::len);
        self.jump();
        // SAFETY: as in `process`.
        unsafe { self.sizes[self.active].net.settle(input, output) };
    }

    fn reset(&mut self) {
        for past in &mut self.past {
            past.fill(0.0);
        }
        self.played = 0;
        self.active = self.wanted;
        self.change = Change::None;
        self.sizes[self.active].net.reset();
    }

    fn set_slim(&mut self, value: f64) {
        let chosen = self.sizes.iter().position(|size| value < size.limit);
        self.wanted = chosen.unwrap_or(self.sizes.len() - 1);
        if self.played == 0 {
            // Nothing has sounded yet: nothing can click.
            self.jump();
        }
    }

    /// It may have played long ago.
    fn jump(&mut self) {
        self.change = Change::None;
        if self.active != self.wanted {
            self.active = self.wanted;
            self.sizes[self.active].net.reset();
        }
    }

    fn is_changing(&self) -> bool {
        self.coming().is_some() || self.wanted != self.active
    }

    fn is_alike(&self, other: &dyn Network) -> bool {
        as_kind::<Self>(other).is_some_and(|other| {
            let lengths = |net: &Slimmable| (net.sizes.len(), net.past.len());
            let mut pasts = self.past.iter().zip(&other.past);
            let mut sizes = self.sizes.iter().zip(&other.sizes);
            lengths(self) == lengths(other)
                && pasts.all(|(a, b)| a.len() == b.len())
                && sizes.all(|(a, b)| a.net.is_alike(b.net.as_ref()))
        })
    }

    /// Sizes that do not play begin anew before they do: of those there is nothing to copy.
    fn copy_state(&mut self, from: &dyn Network) {
        let Some(from) = as_kind::<Self>(from) else {
            return;
        };
        for (past, from) in self.past.iter_mut().zip(&from.past) {
            past.copy_from_slice(from);
        }
        self.played = from.played;
        self.active = from.active;
        self.wanted = from.wanted;
        self.change = from.change;
        for playing in std::iter::once(from.active).chain(from.coming()) {
            let net = &mut self.sizes[playing].net;
            net.copy_state(from.sizes[playing].net.as_ref());
        }
    }

    /// Looks at the past too, for another size may have to catch up on it. So two that are to be
    /// found the same must have heard the same for as long as they remember.
    fn same_state(&self, other: &dyn Network) -> bool {
        as_kind::<Self>(other).is_some_and(|other| {
            let (own, others) = (&self.sizes[self.active].net, &other.sizes[other.active].net);
            let changing = self.is_changing() || other.is_changing();
            !changing
                && self.active == other.active
                && own.same_state(others.as_ref())
                && self.same_past(other)
        })
    }

    /// Of the size that plays; how long the past has been silent is another question.
    fn period(&self) -> Option<usize> {
        let period = self.sizes[self.active].net.period();
        period.filter(|_| !self.is_changing())
    }
}
