//! The cabinets of all slots: they go with the amps.
//!
//! A cabinet that comes with its amp begins with what that plays then. One that is loaded alone plays
//! along unheard until it has heard as much as it remembers.

use super::cab::Cab;
use crate::chain::bank::{Retired, SLOTS, SlotPart};
use crate::chain::config::ProcessConfig;
use crate::chain::crossfade::Crossfade;
use crate::chain::stage::{Block, Change, Sides, Stage};
use crate::rig::Settings;

/// Seconds for which both sounds are compared at least before one fades into the other.
const COMPARED: f64 = 0.015;

/// The cabinets of a chain.
pub(crate) struct Cabs {
    config: ProcessConfig,
    settings: Settings,
    slots: [Option<Box<Cab>>; SLOTS],
    playing: usize,
    going: Option<Going>,
    /// The slot that the amps have gone over to meanwhile.
    next: Option<usize>,
    /// What is to be put into the slot that plays, as soon as it does not.
    parked: Option<Option<Box<Cab>>>,
    fresh: bool,
    crossfade: Crossfade,
    retired: Retired,
}

/// A change on its way.
struct Going {
    to: Newcomer,
    /// Frames until it fades in, while it does not.
    left: usize,
    fading: bool,
}

/// What comes in.
enum Newcomer {
    Slot(usize),
    /// A cabinet for the slot that plays.
    Cab(Option<Box<Cab>>),
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
            settings: Settings::default(),
            slots: Default::default(),
            playing: 0,
            going: None,
            next: None,
            parked: None,
            fresh: true,
            crossfade: Crossfade::new(config.rate),
            retired: Retired::default(),
        }
    }

    /// The cabinet of a slot, or the one that will be it.
    pub(crate) fn cab(&self, slot: usize) -> Option<&Cab> {
        match &self.going {
            Some(Going {
                to: Newcomer::Cab(cab),
                ..
            }) if slot == self.playing => cab.as_deref(),
            _ => self.slots.get(slot)?.as_deref(),
        }
    }

    /// Whether a cabinet can be taken now.
    pub(crate) fn accepts(&self, slot: usize) -> bool {
        let is_heard = match &self.going {
            Some(Going {
                to: Newcomer::Slot(to),
                ..
            }) => slot == *to || slot == self.playing,
            Some(going) => going.fading && slot == self.playing,
            None => false,
        };
        let waits = self.parked.is_some() && slot == self.playing;
        self.retired.has_room() && !is_heard && !waits
    }

    /// Takes a cabinet that [`Cabs::accepts`] accepts. `at_once`: nothing is heard that could be faded.
    pub(crate) fn load(&mut self, slot: usize, mut cab: Option<Box<Cab>>, at_once: bool) {
        if let Some(cab) = &mut cab {
            cab.set(self.settings.cab);
            cab.finish();
        }
        if self.fresh || at_once || slot != self.playing {
            if slot == self.playing {
                self.give_up();
            }
            self.put(slot, cab);
            return;
        }
        let settle = cab.as_ref().map_or(0, |cab| cab.settle_frames());
        let compared = (COMPARED * self.config.rate) as usize;
        self.go(Newcomer::Cab(cab), settle.max(compared));
    }

    /// A cabinet that is no longer played, to be dropped on another thread.
    pub(crate) fn take_retired(&mut self) -> Option<SlotPart> {
        self.retired.take()
    }

    /// Takes out what is loaded, one at a call.
    pub(crate) fn take_any(&mut self) -> Option<(usize, SlotPart)> {
        self.settle_all();
        self.fresh = true;
        let slots = self.slots.iter_mut().enumerate();
        let mut cabs = slots.filter_map(|(n, cab)| Some((n, SlotPart::Cab(Some(cab.take()?)))));
        cabs.next()
    }

    fn put(&mut self, slot: usize, cab: Option<Box<Cab>>) {
        let old = std::mem::replace(&mut self.slots[slot], cab);
        self.retired.push(SlotPart::Cab(old));
    }

    /// Gives up a cabinet that was not heard yet.
    fn give_up(&mut self) {
        if let Some(Going {
            to: Newcomer::Cab(cab),
            ..
        }) = self.going.take()
        {
            self.retired.push(SlotPart::Cab(cab));
        }
    }

    fn go(&mut self, to: Newcomer, left: usize) {
        self.give_up();
        self.crossfade.restart();
        self.going = Some(Going {
            to,
            left,
            fading: false,
        });
    }

    /// Has the newcomer take over, and everything in its slot.
    fn settle(&mut self) {
        let before = self.playing;
        match self.going.take().map(|going| going.to) {
            Some(Newcomer::Slot(slot)) => self.playing = slot,
            Some(Newcomer::Cab(cab)) => self.put(before, cab),
            None => {}
        }
        if let Some(cab) = self.parked.take() {
            self.put(before, cab);
        }
    }

    /// Everything is where it was going, and what was asked for meanwhile is void.
    fn settle_all(&mut self) {
        self.settle();
        self.next = None;
    }

    /// Wakes the cabinet of a slot: it begins with what it hears from now on.
    fn wake(&mut self, slot: usize) {
        if let Some(cab) = &mut self.slots[slot] {
            cab.set(self.settings.cab);
            cab.reset();
        }
    }

    /// Goes with the amps to a slot, from a frame of this block on.
    fn follow(&mut self, slot: usize, frame: usize) {
        if let Some(going) = &mut self.going {
            match &going.to {
                Newcomer::Slot(to) if going.fading => {
                    self.next = (slot != *to).then_some(slot);
                    return;
                }
                Newcomer::Cab(_) if going.fading => {
                    self.next = (slot != self.playing).then_some(slot);
                    return;
                }
                // A cabinet that is on its way to the slot that plays is heard with the amp that is.
                Newcomer::Cab(_) if slot == self.playing => {
                    going.left = frame;
                    return;
                }
                _ => {}
            }
            if let Some(Newcomer::Cab(cab)) = self.going.take().map(|going| going.to) {
                // It was for the slot that is left now, and is still heard.
                self.parked = Some(cab);
            }
        }
        if slot != self.playing {
            self.wake(slot);
            self.go(Newcomer::Slot(slot), frame);
        }
    }
}

impl Stage for Cabs {
    fn update(&mut self, settings: &Settings) {
        if settings.cab == self.settings.cab {
            return;
        }
        self.settings = *settings;
        let set = |cab: &mut Option<Box<Cab>>| {
            if let Some(cab) = cab {
                cab.set(settings.cab);
            }
        };
        set(&mut self.slots[self.playing]);
        match &mut self.going {
            Some(Going {
                to: Newcomer::Cab(cab),
                ..
            }) => set(cab),
            Some(Going {
                to: Newcomer::Slot(slot),
                ..
            }) => set(&mut self.slots[*slot]),
            None => {}
        }
    }

    fn finish(&mut self) {
        self.settle_all();
        if let Some(cab) = &mut self.slots[self.playing] {
            cab.finish();
        }
    }

    fn reset(&mut self) {
        self.settle_all();
        self.fresh = true;
        self.slots.iter_mut().flatten().for_each(|cab| cab.reset());
    }

    fn play(&mut self, block: &mut Block) {
        let frames = block.frames;
        match block.change {
            Change::AtOnce { slot } => {
                self.settle_all();
                if slot != self.playing {
                    self.wake(slot);
                    self.playing = slot;
                }
            }
            Change::Begins { frame, slot } => self.follow(slot, frame),
            Change::Waits | Change::None => {}
        }
        self.fresh = false;
        if block.channels == 1 {
            // Not to be compared: it is no sound.
            block.sound[1].fill(0.0);
        }
        let mut sound = play(
            self.slots[self.playing].as_deref_mut(),
            &block.sound,
            frames,
        );
        if let Some(going) = &mut self.going {
            let newcomer = match &mut going.to {
                Newcomer::Slot(slot) => self.slots[*slot].as_deref_mut(),
                Newcomer::Cab(cab) => cab.as_deref_mut(),
            };
            let new = play(newcomer, &block.sound, frames);
            for frame in 0..frames {
                if going.left == 0 && (going.fading || block.change != Change::Waits) {
                    going.fading = true;
                    self.crossfade.mix(&mut sound, &new, frame);
                } else {
                    self.crossfade.follow(&sound, &new, frame);
                    going.left = going.left.saturating_sub(1);
                }
            }
            if self.crossfade.is_over() {
                self.settle();
                if let Some(slot) = self.next.take() {
                    self.follow(slot, 0);
                }
            }
        }
        block.sound = sound;
    }

    fn tail(&self) -> usize {
        self.slots[self.playing]
            .as_ref()
            .map_or(0, |cab| cab.tail())
    }
}
