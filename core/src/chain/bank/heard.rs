//! What an amp hears of a guitar: past its pedal, and through it.

use crate::chain::parts::{Amp, Pedal};
use crate::chain::stage::{SILENCE, Sides};

/// Both ways from a guitar to an amp.
pub(super) struct Heard {
    pub(super) dry: Sides,
    pub(super) wet: Sides,
}

impl Heard {
    pub(super) const NOTHING: Heard = Heard {
        dry: SILENCE,
        wet: SILENCE,
    };

    /// What a guitar is through a pedal, and past it. `dry`: the guitar, as late as through the pedal.
    pub(super) fn through(
        pedal: Option<&mut Pedal>,
        guitar: &Sides,
        dry: &Sides,
        frames: usize,
    ) -> Self {
        let mut heard = Heard {
            dry: *dry,
            wet: SILENCE,
        };
        if let Some(pedal) = pedal {
            pedal.process(guitar, &mut heard.dry, &mut heard.wet, frames);
        }
        heard
    }

    /// At the level that the amp hears it at. `drive`: what passes the pedal by is multiplied by that.
    /// `cable`: what comes through it, by that.
    pub(super) fn at_amp(&self, drive: &[f32], cable: f32) -> Sides {
        let mut sum = self.dry;
        for (sum, wet) in sum.iter_mut().zip(&self.wet) {
            for ((sum, wet), drive) in sum.iter_mut().zip(wet).zip(drive) {
                *sum = *sum * drive + cable * wet;
            }
        }
        sum
    }

    /// What an amp makes of it; silence, if there is none.
    pub(super) fn play(&self, amp: Option<&mut Amp>, cable: f32, frames: usize) -> Sides {
        let mut output = SILENCE;
        if let Some(amp) = amp {
            let heard = self.at_amp(&amp.drive(frames), cable);
            amp.process(&heard, &mut output, frames);
        }
        output
    }
}
