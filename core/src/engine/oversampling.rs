//! Playing a network at a multiple of its rate.
//!
//! What an activation adds to a sound reaches far beyond half of the sample rate, from where it
//! comes back as tones that are no harmonics. At `n` times the rate there is room for `n` times as
//! much. A network whose past is looked at in steps of `n` frames, instead of one, answers every
//! frequency below half of its own rate as it did: it is the same network, played for `n` sequences
//! in turn. Convolutions are dilated by `n`; of a recurrent net there are `n` states.

use super::network::{LONGEST_CYCLE, Network, Shape, as_kind};
use super::planes::{BLOCK, Order, Planes, Source, Target};
use crate::format::Net;

impl Net {
    /// Whether the net can be played at a multiple of its rate. Not Linear nets: there is nothing in
    /// an impulse response that aliases, and a long one goes through the frequency domain, which
    /// knows no dilation. So nothing that contains one either.
    pub(crate) fn can_oversample(&self) -> bool {
        let mut nested = self.nested().into_iter();
        !matches!(self, Net::Linear(_)) && nested.all(|model| model.net.can_oversample())
    }
}

/// Several instances of a recurrent network, one for each phase of the oversampled time.
pub(crate) struct Interleaved {
    shape: Shape,
    /// Never empty.
    phases: Vec<Box<dyn Network>>,
    /// The phase that hears the next frame.
    next: usize,
    /// What a phase hears and gives in a block.
    input: Planes,
    output: Planes,
}

impl Interleaved {
    /// `phases`, at least 1, networks that `make` makes.
    pub(crate) fn new(phases: usize, make: impl Fn() -> Box<dyn Network>) -> Self {
        let phases: Vec<_> = (0..phases).map(|_| make()).collect();
        let one = phases[0].shape();
        Interleaved {
            shape: Shape {
                settle_frames: phases.len() * one.settle_frames,
                ..one
            },
            next: 0,
            input: Planes::new(one.inputs),
            output: Planes::new(one.outputs),
            phases,
        }
    }
}

impl Network for Interleaved {
    fn shape(&self) -> Shape {
        self.shape
    }

    unsafe fn process(&mut self, input: Source, output: Target, frames: usize) {
        debug_assert!(frames <= BLOCK);
        let count = self.phases.len();
        let Shape {
            inputs, outputs, ..
        } = self.shape;
        // Where in the block a phase's first frame is; those beyond its end have none.
        for first in 0..count.min(frames) {
            for channel in 0..inputs {
                let heard = self.input.channel_mut(channel).iter_mut();
                for (sample, frame) in heard.zip((first..frames).step_by(count)) {
                    // SAFETY: `input` has the network's channels and these frames.
                    *sample = unsafe { *input.at(channel, frame) };
                }
            }
            let heard = self.input.target(Order::Planar).as_source();
            let played = self.output.target(Order::Planar);
            let net = &mut self.phases[(self.next + first) % count];
            // SAFETY: both were made for the phases' channels, which are all the same.
            unsafe { net.process(heard, played, (frames - first).div_ceil(count)) };
            for channel in 0..outputs {
                let played = self.output.channel(channel).iter();
                for (&sample, frame) in played.zip((first..frames).step_by(count)) {
                    // SAFETY: `output` has the network's channels and these frames.
                    unsafe { *output.at(channel, frame) = sample };
                }
            }
        }
        self.next = (self.next + frames) % count;
    }

    fn reset(&mut self) {
        for net in &mut self.phases {
            net.reset();
        }
        self.next = 0;
    }

    fn is_alike(&self, other: &dyn Network) -> bool {
        as_kind::<Self>(other).is_some_and(|other| {
            let mut pairs = self.phases.iter().zip(&other.phases);
            self.phases.len() == other.phases.len() && pairs.all(|(a, b)| a.is_alike(b.as_ref()))
        })
    }

    fn copy_state(&mut self, from: &dyn Network) {
        let Some(from) = as_kind::<Self>(from) else {
            return;
        };
        for (net, from) in self.phases.iter_mut().zip(&from.phases) {
            net.copy_state(from.as_ref());
        }
        self.next = from.next;
    }

    fn same_state(&self, other: &dyn Network) -> bool {
        as_kind::<Self>(other).is_some_and(|other| {
            let mut pairs = self.phases.iter().zip(&other.phases);
            self.phases.len() == other.phases.len()
                && self.next == other.next
                && pairs.all(|(a, b)| a.same_state(b.as_ref()))
        })
    }

    /// Of phases whose periods differ none is told: what each last gave would be its cycle, but not
    /// all of their common one.
    fn period(&self) -> Option<usize> {
        let one = self.phases[0].period()?;
        let whole = one * self.phases.len();
        let same = self.phases.iter().all(|net| net.period() == Some(one));
        (same && whole <= LONGEST_CYCLE).then_some(whole)
    }
}
