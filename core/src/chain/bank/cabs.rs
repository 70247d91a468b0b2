//! The cabinets of all slots: they go with the amps.
//!
//! A cabinet that comes with its amp begins with what that plays then. One that is loaded alone plays
//! along unheard until it has heard as much as it remembers.
//!
//! From slot to slot, either what the two cabinets make fades, as the amps do, or what they hear: then
//! the one that is left rings out. What they hear adds up to what comes in, so that between two slots of
//! the same cabinet nothing is heard of it.

use super::amps::Change;
use super::crossfade::{Crossfade, SHORTEST, USUAL, frames};
use super::part::SlotPart;
use super::settings::BankSettings;
use super::slots::{Other, Slots};
use crate::chain::config::{BuildId, ProcessConfig};
use crate::chain::parts::Cab;
use crate::chain::stage::{Block, SILENCE, Sides, Stage};

/// Seconds for which both sounds are compared at least before one fades into the other.
const COMPARED: f64 = 0.015;

/// The cabinets of a chain.
pub(crate) struct Cabs {
    config: ProcessConfig,
    slots: Slots,
    /// The fade of what leaves, and that of what is on its way.
    fade: Crossfade,
    next_fade: Crossfade,
    /// Whether what leaves is to ring out.
    rings_out: bool,
    ringing: Option<Ringing>,
    /// Frames of the shortest fade: no other begins before one has lasted as long.
    shortest: usize,
    /// Frames that what is on its way has yet to hear, and whether its amp is on its way, too.
    unheard: usize,
    waits: bool,
}

/// A cabinet that hears nothing any more and sounds on.
struct Ringing {
    what: Other,
    /// Frames until nothing is left of it.
    left: usize,
    /// Whether it fades, so that another one can ring.
    fades: bool,
}

/// What a cabinet makes of a sound; without one, it is passed on.
fn play(cab: Option<&mut Cab>, input: &Sides, frames: usize) -> Sides {
    let mut output = *input;
    if let Some(cab) = cab {
        cab.process(input, &mut output, frames);
    }
    output
}

impl Slots {
    /// The cabinet of what comes, leaves or rings.
    fn cab<'a>(&'a mut self, other: &'a mut Other) -> Option<&'a mut Cab> {
        match other {
            Other::Slot(slot) => self.all[*slot].cab.as_deref_mut(),
            Other::Part(SlotPart::Cab(cab)) => cab.as_deref_mut(),
            Other::Part(_) => None,
        }
    }
}

impl Cabs {
    /// Empty slots, which pass on what comes in.
    pub(crate) fn new(config: ProcessConfig) -> Self {
        let usual = frames(config.rate, USUAL);
        Cabs {
            config,
            slots: Slots::new(),
            fade: Crossfade::new(config.rate, usual),
            next_fade: Crossfade::new(config.rate, usual),
            rings_out: false,
            ringing: None,
            shortest: frames(config.rate, SHORTEST),
            unheard: 0,
            waits: false,
        }
    }

    /// Brings what is heard or on its way to what is set, smoothly. What rings out stays as it was left.
    pub(crate) fn update_slots(&mut self, rig: &BankSettings) {
        self.slots.update(rig);
    }

    /// The number of the cabinet of a slot, or of the one that will be it.
    pub(crate) fn id(&self, slot: usize) -> Option<BuildId> {
        match self.slots.coming_part(slot) {
            Some(part) => part.id(),
            None => Some(self.slots.all.get(slot)?.cab.as_ref()?.id()),
        }
    }

    /// Whether a cabinet can be taken now.
    pub(crate) fn accepts(&self, slot: usize, part: &SlotPart) -> bool {
        self.slots.accepts(slot, part)
    }

    /// Takes a cabinet that [`Cabs::accepts`] accepts. `at_once`: nothing is heard that could be faded.
    pub(crate) fn load(&mut self, slot: usize, part: SlotPart, rig: &BankSettings, at_once: bool) {
        if at_once && slot == self.slots.playing {
            self.slots.give_up();
        }
        match self.slots.load(slot, part, rig, at_once) {
            Err(part) => self.go(part),
            Ok(old) => match &mut self.ringing {
                Some(ringing) if matches!(ringing.what, Other::Slot(of) if of == slot) => {
                    ringing.what = Other::Part(old);
                }
                _ => self.slots.retire(old),
            },
        }
    }

    /// A cabinet that is no longer played, to be dropped on another thread.
    pub(crate) fn take_retired(&mut self) -> Option<SlotPart> {
        self.slots.take_retired()
    }

    /// Takes out what is loaded, one at a call.
    pub(crate) fn take_any(&mut self) -> Option<(usize, SlotPart)> {
        self.stop_ringing();
        self.slots.take_any()
    }

    /// Goes over to a cabinet that was loaded into the slot that plays.
    fn go(&mut self, mut part: SlotPart) {
        let settle = part.playable().map_or(0, |cab| cab.settle_frames());
        let compared = (COMPARED * self.config.rate) as usize;
        self.unheard = settle.max(compared);
        self.next_fade = Crossfade::new(self.config.rate, frames(self.config.rate, USUAL));
        self.slots.go(Other::Part(part));
    }

    /// Wakes the cabinet of a slot: it begins with what it hears from now on.
    fn wake(&mut self, slot: usize, rig: &BankSettings) {
        self.slots.all[slot].wake(&rig.resolve(slot));
        self.slots.all[slot].reset();
    }

    /// Goes with the amps to a slot, in so many frames.
    fn follow(&mut self, slot: usize, frames: usize, rig: &BankSettings) {
        // What was on its way to the slot that is left has to wait, for that is still heard.
        self.slots.put_off();
        let rang = |ringing: &mut Ringing| matches!(ringing.what, Other::Slot(of) if of == slot);
        let rang = self.ringing.take_if(rang).is_some();
        self.rings_out = rang || rig.shared.switching.cab_tail;
        if rang {
            // It goes on from where it is.
            self.slots.all[slot].update(&rig.resolve(slot));
        } else {
            self.wake(slot, rig);
            if let Some(ringing) = self.ringing.as_mut().filter(|_| self.rings_out) {
                ringing.left = ringing.left.min(self.shortest);
                ringing.fades = true;
            }
        }
        self.slots.go(Other::Slot(slot));
        self.slots.begin();
        self.fade = Crossfade::new(self.config.rate, frames);
    }

    /// What left is not heard any more, or rings out.
    fn end(&mut self) {
        if self
            .ringing
            .as_ref()
            .is_some_and(|ringing| ringing.left == 0)
        {
            self.stop_ringing();
        }
        if self.slots.leaving.is_none() || self.fade.left() > 0 {
            return;
        }
        let Some(mut what) = self.slots.end() else {
            return;
        };
        let left = self.slots.cab(&mut what).map_or(0, |cab| cab.ring_frames());
        if self.rings_out && left > 0 {
            self.stop_ringing();
            let fades = false;
            self.ringing = Some(Ringing { what, left, fades });
        } else if let Other::Part(part) = what {
            self.slots.retire(part);
        }
    }

    fn stop_ringing(&mut self) {
        if let Some(Ringing { what, .. }) = self.ringing.take()
            && let Other::Part(part) = what
        {
            self.slots.retire(part);
        }
    }

    /// Everything is where it was going, and this slot plays at once.
    pub(crate) fn settle(&mut self, slot: usize, rig: &BankSettings) {
        self.stop_ringing();
        self.slots.settle();
        if slot != self.slots.playing {
            self.wake(slot, rig);
            self.slots.playing = slot;
        }
    }

    /// Does what is due before a block is played, and goes with the amps.
    pub(crate) fn begin_block(&mut self, rig: &BankSettings, change: Change) {
        self.end();
        match change {
            Change::AtOnce { slot } => {
                self.settle(slot, rig);
                self.slots.fresh = false;
            }
            Change::Begins { slot, frames } if slot != self.slots.playing => {
                self.follow(slot, frames, rig);
            }
            // A cabinet that is on its way to the slot that plays is heard with the amp that is.
            Change::Begins { .. } => self.unheard = 0,
            Change::Reverses if self.slots.reverse() => self.fade.reverse(),
            Change::Waits => self.fade.hurry(),
            Change::Reverses | Change::None => {}
        }
        self.waits = change == Change::Waits;
        let free = self.slots.leaving.is_none() && !self.waits;
        if free && self.slots.coming.is_some() && self.unheard == 0 {
            self.slots.begin();
            std::mem::swap(&mut self.fade, &mut self.next_fade);
            self.rings_out = false;
        }
        if let Some(part) = self.slots.resume(self.slots.playing) {
            self.go(part);
        }
    }

    /// Whether another slot can be gone to.
    pub(crate) fn are_free(&self) -> bool {
        self.slots.leaving.is_none() || self.fade.left() == 0
    }

    /// Frames until something begins or ends, if it is known when.
    pub(crate) fn frames_to_change(&self) -> Option<usize> {
        let leaving = self.slots.leaving.as_ref().map(|_| self.fade.left());
        let coming = self.slots.coming.as_ref().map(|_| self.unheard);
        let ringing = self.ringing.as_ref().map(|ringing| ringing.left);
        let all = [leaving, coming, ringing].into_iter().flatten();
        all.filter(|&frames| frames > 0).min()
    }

    /// Adds the next frames of what rings.
    fn ring(&mut self, sound: &mut Sides, frames: usize) {
        let shortest = self.shortest as f32;
        let Some(ringing) = &mut self.ringing else {
            return;
        };
        let ring = play(self.slots.cab(&mut ringing.what), &SILENCE, frames);
        for (side, ring) in sound.iter_mut().zip(&ring) {
            for (frame, (sample, ring)) in side.iter_mut().zip(ring).take(frames).enumerate() {
                let gain = match ringing.fades {
                    true => (ringing.left - frame) as f32 / shortest,
                    false => 1.0,
                };
                *sample += gain * ring;
            }
        }
        ringing.left -= frames;
    }
}

impl Stage for Cabs {
    fn reset(&mut self) {
        self.slots.reset();
    }

    fn play(&mut self, block: &mut Block) {
        let frames = block.frames;
        if block.channels == 1 {
            // Not to be compared: it is no sound.
            block.sound[1].fill(0.0);
        }
        let (mut heard, mut heard_before) = (block.sound, block.sound);
        let mut leaving = self.slots.leaving.take();
        if leaving.is_some() && self.rings_out {
            for frame in 0..frames {
                let new = self.fade.next() as f32;
                heard.iter_mut().for_each(|side| side[frame] *= new);
                heard_before
                    .iter_mut()
                    .for_each(|side| side[frame] *= 1.0 - new);
            }
        }
        let playing = self.slots.all[self.slots.playing].cab.as_deref_mut();
        let mut sound = play(playing, &heard, frames);
        if let Some(left) = &mut leaving {
            let old = play(self.slots.cab(left), &heard_before, frames);
            match self.rings_out {
                true => {
                    let both = sound.as_flattened_mut().iter_mut().zip(old.as_flattened());
                    both.for_each(|(sum, old)| *sum += old);
                }
                false => self.fade.mix(&old, &mut sound, frames),
            }
        }
        self.slots.leaving = leaving;
        if let Some(mut coming) = self.slots.coming.take() {
            let new = play(self.slots.cab(&mut coming), &block.sound, frames);
            for frame in 0..frames {
                self.next_fade.follow(&sound, &new, frame);
            }
            self.unheard = self.unheard.saturating_sub(frames);
            self.slots.coming = Some(coming);
        }
        self.ring(&mut sound, frames);
        block.sound = sound;
    }

    fn tail(&self) -> usize {
        let cab = self.slots.all[self.slots.playing].cab.as_ref();
        let ringing = self.ringing.as_ref().map_or(0, |ringing| ringing.left);
        cab.map_or(0, |cab| cab.tail()).max(ringing)
    }
}
