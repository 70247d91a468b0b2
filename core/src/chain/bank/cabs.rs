//! The cabinets of all slots: they go with the amps.
//!
//! A cabinet that comes with its amp begins with what that plays then. One that is loaded alone plays
//! along unheard until it has heard as much as it remembers.

use super::part::SlotPart;
use super::slots::{Newcomer, Slots};
use crate::chain::config::{BuildId, ProcessConfig};
use crate::chain::parts::Cab;
use crate::chain::stage::{Block, Change, Sides, Stage};
use crate::rig::Settings;

/// Seconds for which both sounds are compared at least before one fades into the other.
const COMPARED: f64 = 0.015;

/// The cabinets of a chain.
pub(crate) struct Cabs {
    config: ProcessConfig,
    slots: Slots,
    /// Frames until the newcomer fades in, while it does not.
    left: usize,
    fading: bool,
    /// The slot that the amps have gone over to meanwhile.
    next: Option<usize>,
}

/// What a cabinet makes of a sound; without one, it is passed on.
fn play(cab: Option<&mut Cab>, input: &Sides, frames: usize) -> Sides {
    let mut output = *input;
    if let Some(cab) = cab {
        cab.process(input, &mut output, frames);
    }
    output
}

impl Cabs {
    /// Empty slots, which pass on what comes in.
    pub(crate) fn new(config: ProcessConfig) -> Self {
        Cabs {
            config,
            slots: Slots::new(config.rate),
            left: 0,
            fading: false,
            next: None,
        }
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
        self.slots.accepts(slot, part, self.fading)
    }

    /// Takes a cabinet that [`Cabs::accepts`] accepts. `at_once`: nothing is heard that could be faded.
    pub(crate) fn load(&mut self, slot: usize, part: SlotPart, at_once: bool) {
        if at_once && slot == self.slots.playing {
            self.slots.give_up();
        }
        if let Some(mut part) = self.slots.load(slot, part, at_once) {
            let settle = part.playable().map_or(0, |cab| cab.settle_frames());
            let compared = (COMPARED * self.config.rate) as usize;
            self.go(Newcomer::Part(part), settle.max(compared));
        }
    }

    /// A cabinet that is no longer played, to be dropped on another thread.
    pub(crate) fn take_retired(&mut self) -> Option<SlotPart> {
        self.slots.take_retired()
    }

    /// Takes out what is loaded, one at a call.
    pub(crate) fn take_any(&mut self) -> Option<(usize, SlotPart)> {
        self.next = None;
        self.slots.take_any()
    }

    fn go(&mut self, to: Newcomer, left: usize) {
        self.slots.go(to);
        self.left = left;
        self.fading = false;
    }

    /// Wakes the cabinet of a slot: it begins with what it hears from now on.
    fn wake(&mut self, slot: usize) {
        self.slots.wake(slot);
        self.slots.all[slot].reset();
    }

    /// Goes with the amps to a slot, from a frame of this block on.
    fn follow(&mut self, slot: usize, frame: usize) {
        match self.slots.newcomer {
            Some(_) if self.fading => {
                self.next = (slot != self.slots.coming()).then_some(slot);
                return;
            }
            // A cabinet that is on its way to the slot that plays is heard with the amp that is.
            Some(Newcomer::Part(_)) if slot == self.slots.playing => {
                self.left = frame;
                return;
            }
            _ => {}
        }
        if let Some(Newcomer::Part(part)) = self.slots.newcomer.take() {
            // It was for the slot that is left now, and is still heard.
            self.slots.parked = Some(part);
        }
        if slot != self.slots.playing {
            self.wake(slot);
            self.go(Newcomer::Slot(slot), frame);
        }
    }
}

impl Stage for Cabs {
    fn update(&mut self, settings: &Settings) {
        if settings.cab != self.slots.settings.cab {
            self.slots.update(settings);
        }
    }

    fn reset(&mut self) {
        self.next = None;
        self.slots.reset();
    }

    fn play(&mut self, block: &mut Block) {
        let frames = block.frames;
        match block.change {
            Change::AtOnce { slot } => {
                self.next = None;
                self.slots.settle_all();
                if slot != self.slots.playing {
                    self.wake(slot);
                    self.slots.playing = slot;
                }
            }
            Change::Begins { frame, slot } => self.follow(slot, frame),
            Change::Waits | Change::None => {}
        }
        self.slots.fresh = false;
        if block.channels == 1 {
            // Not to be compared: it is no sound.
            block.sound[1].fill(0.0);
        }
        let heard = self.slots.current().cab.as_deref_mut();
        let mut sound = play(heard, &block.sound, frames);
        if let Some(newcomer) = &mut self.slots.newcomer {
            let cab = match newcomer {
                Newcomer::Slot(slot) => self.slots.all[*slot].cab.as_deref_mut(),
                Newcomer::Part(SlotPart::Cab(cab)) => cab.as_deref_mut(),
                Newcomer::Part(_) => None,
            };
            let new = play(cab, &block.sound, frames);
            for frame in 0..frames {
                if self.left == 0 && (self.fading || block.change != Change::Waits) {
                    self.fading = true;
                    self.slots.crossfade.mix(&mut sound, &new, frame);
                } else {
                    self.slots.crossfade.follow(&sound, &new, frame);
                    self.left = self.left.saturating_sub(1);
                }
            }
            if self.slots.crossfade.is_over() {
                self.slots.settle();
                if let Some(slot) = self.next.take() {
                    self.follow(slot, 0);
                }
            }
        }
        block.sound = sound;
    }

    fn tail(&self) -> usize {
        let cab = self.slots.all[self.slots.playing].cab.as_ref();
        cab.map_or(0, |cab| cab.tail())
    }
}
