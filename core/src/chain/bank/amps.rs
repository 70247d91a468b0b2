//! The amps of all slots, each with the pedal before it: one plays, the others sleep.

use super::catch_up::{CatchUp, Needed};
use super::crossfade::{Crossfade, USUAL, frames};
use super::heard::Heard;
use super::part::SlotPart;
use super::ring::Ring;
use super::settings::BankSettings;
use super::slot::cable;
use super::slots::{Other, Slots};
use crate::chain::config::{BuildId, ProcessConfig};
use crate::chain::parts::Part;
use crate::chain::stage::{Block, SILENCE, Sides, Stage};
use crate::engine::BLOCK;
use crate::rig::SLOTS;

/// Seconds of the past that a newcomer can hear. What remembers more plays along unheard for the rest.
const PAST: f64 = 0.5;

/// Frames before the fade from which on both sounds are compared.
const COMPARED: u64 = 512;

/// The amps of a chain.
pub(crate) struct Amps {
    config: ProcessConfig,
    slots: Slots,
    /// The fade of what leaves, and that of what is on its way.
    fade: Crossfade,
    next_fade: Crossfade,
    /// How far what is on its way is.
    catch_up: CatchUp,
    at_once: bool,
    /// What the rig hears, what the amp that plays hears of it past the pedal and through it, and what
    /// is heard of that.
    guitar: Ring<2>,
    heard: Ring<4>,
    played: Ring<2>,
}

/// What the amps do at the beginning of a block, so that the cabinets go with them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Change {
    /// Nothing that concerns the cabinets.
    None,
    /// Another amp is on its way, unheard.
    Waits,
    /// It fades in from here on, in so many frames, unless something else is asked for meanwhile; the
    /// slot that plays is this one now.
    Begins { slot: usize, frames: usize },
    /// The slot that was being left fades in again.
    Reverses,
    /// Nothing was heard before, and from here on this slot is.
    AtOnce { slot: usize },
}

impl Amps {
    /// Empty slots, of which the first plays silence.
    pub(crate) fn new(config: ProcessConfig) -> Self {
        let past = (PAST * config.rate).ceil() as usize + config.pedal_latency + BLOCK;
        let usual = frames(config.rate, USUAL);
        Amps {
            config,
            slots: Slots::new(),
            fade: Crossfade::new(config.rate, usual),
            next_fade: Crossfade::new(config.rate, usual),
            catch_up: CatchUp::default(),
            at_once: false,
            guitar: Ring::new(past),
            heard: Ring::new(past),
            played: Ring::new(past),
        }
    }

    /// Whether newcomers hear all that they missed at once, whatever that takes: for hosts that render.
    pub(crate) fn set_offline(&mut self, offline: bool) {
        self.at_once = offline;
    }

    /// Brings what is heard or on its way to what is set, smoothly.
    pub(crate) fn update_slots(&mut self, rig: &BankSettings) {
        self.slots.update(rig);
    }

    /// The slot that is heard, or faded to.
    pub(crate) fn playing(&self) -> usize {
        self.slots.playing
    }

    /// The number of the amp of a slot, or of the one that will be it.
    pub(crate) fn id(&self, slot: usize) -> Option<BuildId> {
        match self.slots.coming_part(slot) {
            Some(part @ SlotPart::Amp(_)) => part.id(),
            _ => Some(self.slots.all.get(slot)?.amp.as_ref()?.id()),
        }
    }

    /// Whether a part that is not for the cabinet can be taken now.
    pub(crate) fn accepts(&self, slot: usize, part: &SlotPart) -> bool {
        self.slots.accepts(slot, part)
    }

    /// Takes a part that [`Amps::accepts`] accepts.
    pub(crate) fn load(&mut self, slot: usize, part: SlotPart, rig: &BankSettings) {
        match self.slots.load(slot, part, rig, false) {
            Ok(old) => {
                self.slots.retire(old);
                if matches!(self.slots.coming, Some(Other::Slot(to)) if to == slot) {
                    // What it has heard so far is not what this would have.
                    self.go(Other::Slot(slot), rig);
                }
            }
            // Another slot takes over, so this one goes as a whole.
            Err(part @ SlotPart::Amp(None))
                if (0..SLOTS).any(|n| n != slot && self.can_play(n)) =>
            {
                self.slots.park(part);
            }
            Err(part) => self.go(Other::Part(part), rig),
        }
    }

    /// A part that is no longer played, to be dropped on another thread.
    pub(crate) fn take_retired(&mut self) -> Option<SlotPart> {
        self.slots.take_retired()
    }

    /// Takes out what is loaded, a part at a call; afterwards there is silence.
    pub(crate) fn take_any(&mut self) -> Option<(usize, SlotPart)> {
        self.slots.take_any()
    }

    /// Whether nothing is heard, and nothing is on its way.
    pub(crate) fn is_silent(&self) -> bool {
        let slots = &self.slots;
        slots.coming.is_none() && slots.leaving.is_none() && !self.can_play(slots.playing)
    }

    /// Whether there is an amp in a slot, and it is not to be taken out.
    fn can_play(&self, slot: usize) -> bool {
        let slots = &self.slots;
        slots.all.get(slot).is_some_and(|slot| slot.amp.is_some()) && !slots.loses_amp(slot)
    }

    /// The slot that is to play: the one that is asked for, if there is an amp in it, else the one that
    /// plays, and where none does, the first that can.
    fn wanted(&self, rig: &BankSettings) -> usize {
        let playing = self.slots.playing;
        let mut all = [rig.shared.slot, playing].into_iter().chain(0..SLOTS);
        all.find(|&slot| self.can_play(slot)).unwrap_or(playing)
    }

    /// What the guitar is driven by, in dB.
    fn drive_db(&self) -> f64 {
        let slot = &self.slots.all[self.slots.playing];
        let pedal = slot.pedal.as_ref().and_then(|pedal| pedal.drive_db());
        pedal.unwrap_or_else(|| slot.amp.as_ref().map_or(0.0, |amp| amp.drive_db()))
    }

    /// What is on its way, if that is a pedal for the slot that plays.
    fn awaits_pedal(&self) -> bool {
        matches!(self.slots.coming, Some(Other::Part(SlotPart::Pedal(_))))
    }

    /// Goes over to another slot or part. What is on its way and nobody has heard yet is given up.
    fn go(&mut self, to: Other, rig: &BankSettings) {
        let rate = self.config.rate;
        let (pedal, amp);
        let seconds = match &to {
            &Other::Slot(to) => {
                let slot = &mut self.slots.all[to];
                slot.wake(&rig.resolve(to));
                slot.jump();
                pedal = slot.pedal.as_deref();
                amp = slot.amp.as_deref();
                f64::from(rig.shared.switching.fade_ms) / 1000.0
            }
            Other::Part(part) => {
                (pedal, amp) = match part {
                    SlotPart::Pedal(pedal) => (pedal.as_deref(), None),
                    SlotPart::Amp(amp) => (None, amp.as_deref()),
                    SlotPart::Cab(_) => (None, None),
                };
                USUAL
            }
        };
        self.next_fade = Crossfade::new(rate, frames(rate, seconds));
        let leaving = self.slots.leaving.is_some();
        if leaving {
            self.fade.hurry();
        }
        let needed = Needed {
            pedal: pedal.map_or(0, Part::settle_frames),
            amp: amp.map(Part::settle_frames),
            fade: self.next_fade.frames(),
            usual_fade: frames(rate, USUAL),
            leaving: if leaving { self.fade.left() } else { 0 },
            most: self.guitar.capacity() - self.config.pedal_latency - BLOCK,
        };
        self.catch_up = CatchUp::new(&needed, self.guitar.head(), self.at_once);
        self.slots.go(to);
    }

    /// Everything is where it was going, and the slot that is to play does so at once.
    pub(crate) fn settle(&mut self, rig: &BankSettings) {
        self.slots.settle();
        let wanted = self.wanted(rig);
        self.slots.playing = wanted;
        self.slots.all[wanted].wake(&rig.resolve(wanted));
    }

    /// Does what is due, or asked for, before a block is played. `cabs_are_free`: they can go along.
    pub(crate) fn begin_block(&mut self, rig: &BankSettings, cabs_are_free: bool) -> Change {
        if self.slots.fresh {
            self.settle(rig);
            self.slots.fresh = false;
            let slot = self.slots.playing;
            return Change::AtOnce { slot };
        }
        if self.slots.leaving.is_some()
            && self.fade.left() == 0
            && let Some(Other::Part(part)) = self.slots.end()
        {
            self.slots.retire(part);
        }
        let wanted = self.wanted(rig);
        if wanted != self.slots.next() {
            self.slots.put_off();
            let left = matches!(self.slots.leaving, Some(Other::Slot(left)) if left == wanted);
            if left && self.slots.reverse() {
                self.fade.reverse();
                return Change::Reverses;
            }
            if wanted != self.slots.playing {
                self.go(Other::Slot(wanted), rig);
            }
        }
        if let Some(part) = self.slots.resume(wanted) {
            self.go(Other::Part(part), rig);
        }
        self.begin_fade(cabs_are_free)
    }

    /// What is on its way begins to be heard, if it has heard enough.
    fn begin_fade(&mut self, cabs_are_free: bool) -> Change {
        let is_pedal = self.awaits_pedal();
        let waits = match is_pedal || self.slots.coming.is_none() {
            true => Change::None,
            false => Change::Waits,
        };
        let free = self.slots.leaving.is_none() && (cabs_are_free || is_pedal);
        if self.slots.coming.is_none() || self.catch_up.frames_to_fade() > 0 || !free {
            return waits;
        }
        self.hear_up_to(self.guitar.head());
        self.slots.begin();
        std::mem::swap(&mut self.fade, &mut self.next_fade);
        match is_pedal {
            true => Change::None,
            false => Change::Begins {
                slot: self.slots.playing,
                frames: self.fade.frames(),
            },
        }
    }

    /// Frames until something begins or ends, if it is known when.
    pub(crate) fn frames_to_change(&self) -> Option<usize> {
        let leaving = self.slots.leaving.as_ref().map(|_| self.fade.left());
        let coming = self.slots.coming.as_ref();
        let coming = coming.map(|_| self.catch_up.frames_to_fade());
        let both = leaving.into_iter().chain(coming);
        both.filter(|&frames| frames > 0).min()
    }

    /// What the rig hears from a frame on.
    fn past(&self, number: u64, frames: usize) -> Sides {
        let mut guitar = SILENCE;
        self.guitar.read(number, guitar.each_mut(), frames);
        guitar
    }

    /// What passes the pedal by from a frame on, as late as through it.
    fn past_dry(&self, number: u64, frames: usize) -> Sides {
        self.past(number - self.config.pedal_latency as u64, frames)
    }

    /// Has what is on its way hear all before the frame of this number.
    fn hear_up_to(&mut self, end: u64) {
        let Some(mut coming) = self.slots.coming.take() else {
            return;
        };
        while self.catch_up.position < end {
            let number = self.catch_up.position;
            let count = self.catch_up.step(end);
            let sound = self.hear(&mut coming, number, count);
            let compares = |&frame: &usize| {
                let number = number + frame as u64;
                sound.is_some() && self.catch_up.precedes_fade(number, COMPARED)
            };
            let first = (0..count).find(compares).unwrap_or(count);
            if let Some(sound) = &sound
                && first < count
            {
                let mut played = SILENCE;
                self.played.read(number, played.each_mut(), count);
                for frame in first..count {
                    self.next_fade.follow(&played, sound, frame);
                }
            }
            self.catch_up.advance(count);
        }
        self.slots.coming = Some(coming);
    }

    /// Has it hear the next frames, and gives what it makes of them, if that is a sound that can be
    /// compared: what was at the amp before is not known any more.
    fn hear(&mut self, coming: &mut Other, number: u64, frames: usize) -> Option<Sides> {
        if let Other::Part(SlotPart::Amp(amp)) = coming {
            let mut heard = Heard::NOTHING;
            let ([dl, dr], [wl, wr]) = (heard.dry.each_mut(), heard.wet.each_mut());
            self.heard.read(number, [dl, dr, wl, wr], frames);
            let pedal = self.slots.all[self.slots.playing].pedal.as_deref();
            let cable = cable(pedal, amp.as_deref());
            return Some(heard.play(amp.as_deref_mut(), cable, frames));
        }
        let (guitar, dry) = (self.past(number, frames), self.past_dry(number, frames));
        match coming {
            Other::Slot(slot) => {
                let slot = &mut self.slots.all[*slot];
                let cable = slot.cable();
                let heard = Heard::through(slot.pedal.as_deref_mut(), &guitar, &dry, frames);
                let amp = slot.amp.as_deref_mut();
                let amp = amp.filter(|_| self.catch_up.pedal_first == 0);
                Some(heard.play(amp, cable, frames))
            }
            Other::Part(SlotPart::Pedal(pedal)) => {
                Heard::through(pedal.as_deref_mut(), &guitar, &dry, frames);
                None
            }
            Other::Part(_) => None,
        }
    }
}

impl Stage for Amps {
    fn reset(&mut self) {
        self.slots.reset();
        self.guitar.reset();
        self.heard.reset();
        self.played.reset();
    }

    fn play(&mut self, block: &mut Block) {
        let frames = block.frames;
        let guitar = &block.sound;
        let start = self.guitar.head();
        self.guitar.push(guitar.each_ref(), frames);
        let dry = self.past_dry(start, frames);
        block.drive_db = self.drive_db() as f32;
        let mut leaving = self.slots.leaving.take();

        let slot = &mut self.slots.all[self.slots.playing];
        let cable_here = slot.cable();
        let heard = Heard::through(slot.pedal.as_deref_mut(), guitar, &dry, frames);
        let drive = slot.amp.as_mut().map(|amp| amp.drive(frames));
        let drive = drive.unwrap_or([1.0; BLOCK]);
        let mut at_amp = heard.at_amp(&drive, cable_here);
        if let Some(Other::Part(SlotPart::Pedal(old))) = &mut leaving {
            let cable = cable(old.as_deref(), slot.amp.as_deref());
            let heard = Heard::through(old.as_deref_mut(), guitar, &dry, frames);
            let old = heard.at_amp(&drive, cable);
            self.fade.mix(&old, &mut at_amp, frames);
        }
        let mut sound = SILENCE;
        if let Some(amp) = &mut slot.amp {
            amp.process(&at_amp, &mut sound, frames);
        }
        let old = match &mut leaving {
            Some(Other::Slot(left)) => {
                let slot = &mut self.slots.all[*left];
                let cable = slot.cable();
                let heard = Heard::through(slot.pedal.as_deref_mut(), guitar, &dry, frames);
                Some(heard.play(slot.amp.as_deref_mut(), cable, frames))
            }
            Some(Other::Part(SlotPart::Amp(old))) => {
                let cable = cable(slot.pedal.as_deref(), old.as_deref());
                Some(heard.play(old.as_deref_mut(), cable, frames))
            }
            _ => None,
        };
        if let Some(old) = old {
            self.fade.mix(&old, &mut sound, frames);
        }
        self.slots.leaving = leaving;
        let Heard { dry, wet } = &heard;
        self.heard
            .push([&dry[0], &dry[1], &wet[0], &wet[1]], frames);
        self.played.push(sound.each_ref(), frames);
        block.sound = sound;

        if self.slots.coming.is_some() {
            let target = self.catch_up.target(frames, self.guitar.head());
            self.hear_up_to(target);
            self.catch_up.elapsed += frames;
        }
    }

    fn tail(&self) -> usize {
        let slot = &self.slots.all[self.slots.playing];
        let pedal = slot.pedal.as_deref().map_or(0, Part::settle_frames);
        pedal + slot.amp.as_deref().map_or(0, Part::settle_frames)
    }
}
