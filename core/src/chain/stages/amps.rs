//! The amps of all slots, each with the pedal before it: one plays, the others sleep.

use super::amp::Amp;
use super::amp_slot::{Heard, SILENCE, Slot, cable, play, through};
use super::catch_up::{Going, Needed, Newcomer};
use crate::chain::bank::{Retired, SLOTS, SlotPart};
use crate::chain::config::ProcessConfig;
use crate::chain::crossfade::Crossfade;
use crate::chain::ring::Ring;
use crate::chain::stage::{Block, Change, Sides, Stage};
use crate::engine::BLOCK;
use crate::rig::Settings;

/// Seconds of the past that a newcomer can hear. What remembers more plays along unheard for the rest.
const PAST: f64 = 0.5;

/// Frames before the fade from which on both sounds are compared.
const COMPARED: u64 = 512;

/// The amps of a chain.
pub(crate) struct Amps {
    config: ProcessConfig,
    settings: Settings,
    slots: [Slot; SLOTS],
    playing: usize,
    going: Option<Going>,
    /// What is to be put into the slot that plays, as soon as it does not.
    parked: Option<SlotPart>,
    /// Whether nothing was played since the start or the last reset.
    fresh: bool,
    at_once: bool,
    /// What the rig hears, what the amp that plays hears of it past the pedal and through it, and what
    /// is heard of that.
    guitar: Ring<2>,
    heard: Ring<4>,
    played: Ring<2>,
    crossfade: Crossfade,
    retired: Retired,
}

impl Amps {
    /// Empty slots, of which the first plays silence.
    pub(crate) fn new(config: ProcessConfig) -> Self {
        let past = (PAST * config.rate).ceil() as usize + config.pedal_latency + BLOCK;
        Amps {
            config,
            settings: Settings::default(),
            slots: Default::default(),
            playing: 0,
            going: None,
            parked: None,
            fresh: true,
            at_once: false,
            guitar: Ring::new(past),
            heard: Ring::new(past),
            played: Ring::new(past),
            crossfade: Crossfade::new(config.rate),
            retired: Retired::default(),
        }
    }

    /// Whether newcomers hear all that they missed at once, whatever that takes: for hosts that render.
    pub(crate) fn set_offline(&mut self, offline: bool) {
        self.at_once = offline;
    }

    /// The slot that is heard.
    pub(crate) fn playing(&self) -> usize {
        self.playing
    }

    /// The amp of a slot, or the one that will be it.
    pub(crate) fn amp(&self, slot: usize) -> Option<&Amp> {
        match &self.going {
            Some(Going {
                to: Newcomer::Amp(amp),
                ..
            }) if slot == self.playing => amp.as_deref(),
            _ => self.slots.get(slot)?.amp.as_deref(),
        }
    }

    /// Whether a part that is not for the cabinet can be taken now.
    pub(crate) fn accepts(&self, slot: usize, part: &SlotPart) -> bool {
        if !self.retired.has_room() {
            return false;
        }
        if matches!(part, SlotPart::LevelMatch(_)) || self.fresh {
            return true;
        }
        let Some(going) = &self.going else {
            return slot != self.playing || self.parked.is_none();
        };
        let waits = going.elapsed < going.begins;
        match (&going.to, part) {
            (Newcomer::Slot(to), _) if slot == *to => waits,
            (Newcomer::Slot(_), _) => slot != self.playing,
            (Newcomer::Pedal(_), SlotPart::Pedal(_)) | (Newcomer::Amp(_), SlotPart::Amp(_)) => {
                waits || slot != self.playing
            }
            _ => slot != self.playing,
        }
    }

    /// Takes a part that [`Amps::accepts`] accepts.
    pub(crate) fn load(&mut self, slot: usize, mut part: SlotPart) {
        match &mut part {
            SlotPart::Pedal(Some(pedal)) => {
                pedal.update(&self.settings);
                pedal.finish();
            }
            SlotPart::Amp(Some(amp)) => {
                let like = self.slots[slot].level_match.as_ref();
                amp.update(&self.settings, like);
                amp.finish();
            }
            _ => {}
        }
        let is_match = matches!(part, SlotPart::LevelMatch(_));
        if self.fresh || slot != self.playing || is_match {
            let old = self.slots[slot].replace(part);
            self.retired.push(old);
            if is_match {
                self.match_level(slot);
            }
            if let Some(Going {
                to: Newcomer::Slot(to),
                ..
            }) = self.going
                && to == slot
                && !is_match
            {
                self.go(Newcomer::Slot(slot));
            }
            return;
        }
        if matches!(part, SlotPart::Amp(None)) && slot != 0 && self.slots[0].amp.is_some() {
            // Another slot takes over. What was to come instead is not to be heard any more.
            self.give_up();
            self.parked = Some(part);
            return;
        }
        if let Some(newcomer) = Newcomer::of(part) {
            self.go(newcomer);
        }
    }

    /// Has the amp of a slot come out as loud as it is to: the one that is on its way, if there is one,
    /// for the one that it replaces is to be heard as it was.
    fn match_level(&mut self, slot: usize) {
        let mut unheard = self.fresh || slot != self.playing;
        let waiting = match &mut self.going {
            Some(Going {
                to: Newcomer::Amp(amp),
                elapsed,
                ..
            }) if slot == self.playing => {
                unheard = *elapsed == 0;
                amp.as_deref_mut()
            }
            _ => None,
        };
        let level_match = self.slots[slot].level_match;
        let amp = waiting.or(self.slots[slot].amp.as_deref_mut());
        if let Some(amp) = amp {
            amp.update(&self.settings, level_match.as_ref());
            if unheard {
                amp.finish();
            }
        }
    }

    /// A part that is no longer played, to be dropped on another thread.
    pub(crate) fn take_retired(&mut self) -> Option<SlotPart> {
        self.retired.take()
    }

    /// Takes out what is loaded, a part at a call; afterwards there is silence.
    pub(crate) fn take_any(&mut self) -> Option<(usize, SlotPart)> {
        self.settle_all();
        self.slots.iter_mut().enumerate().find_map(|(n, slot)| {
            let pedal = slot.pedal.take().map(|pedal| SlotPart::Pedal(Some(pedal)));
            let part = pedal.or_else(|| slot.amp.take().map(|amp| SlotPart::Amp(Some(amp))));
            let level_match = || Some(SlotPart::LevelMatch(Some(slot.level_match.take()?)));
            Some((n, part.or_else(level_match)?))
        })
    }

    /// What the guitar is driven by, in dB.
    fn drive_db(&self) -> f64 {
        let levels = &self.settings.levels;
        let slot = &self.slots[self.playing];
        let pedal = slot.pedal.as_ref();
        let driven = pedal.and_then(|pedal| pedal.input_gain_db(levels));
        let amp = slot.amp.as_ref();
        driven.unwrap_or_else(|| amp.map_or(0.0, |amp| amp.levels().input_gain_db(levels)))
    }

    /// The slot that is to play: the chosen one, if there is an amp in it, else the first.
    fn wanted(&self) -> usize {
        let parked = matches!(self.parked, Some(SlotPart::Amp(None)));
        let has_amp =
            |slot: usize| self.slots[slot].amp.is_some() && !(parked && slot == self.playing);
        [self.settings.slot(), 0]
            .into_iter()
            .find(|&slot| has_amp(slot))
            .unwrap_or(self.playing)
    }

    /// Whether nothing is heard, and nothing is on its way.
    pub(crate) fn is_silent(&self) -> bool {
        self.going.is_none() && self.slots[self.playing].amp.is_none()
    }

    /// Goes over to a newcomer. Another one that nobody has heard yet is given up.
    fn go(&mut self, to: Newcomer) {
        self.give_up();
        let slot = match to {
            Newcomer::Slot(slot) => {
                // It may have slept for long.
                self.slots[slot].update(&self.settings);
                self.slots[slot].finish();
                slot
            }
            _ => self.playing,
        };
        let slot = &self.slots[slot];
        let pedal = match &to {
            Newcomer::Pedal(pedal) => pedal.as_ref(),
            Newcomer::Amp(_) => None,
            Newcomer::Slot(_) => slot.pedal.as_ref(),
        };
        let amp = match &to {
            Newcomer::Amp(amp) => amp.as_ref(),
            Newcomer::Pedal(_) => None,
            Newcomer::Slot(_) => slot.amp.as_ref(),
        };
        let needed = Needed {
            pedal: pedal.map_or(0, |pedal| pedal.settle_frames()),
            amp: amp.map(|amp| amp.settle_frames()),
            // What is still missing when the fade begins is heard while it is all but silent.
            less: self.crossfade.frames(),
            most: self.guitar.capacity() - self.config.pedal_latency - BLOCK,
        };
        self.crossfade.restart();
        self.going = Some(Going::new(to, &needed, self.guitar.head(), self.at_once));
    }

    /// Gives up a newcomer that was not heard yet.
    fn give_up(&mut self) {
        if let Some(part) = self.going.take().and_then(|going| going.to.into_part()) {
            self.retired.push(part);
        }
    }

    /// Has the newcomer take over, and everything in its slot.
    fn settle(&mut self) {
        let before = self.playing;
        match self.going.take().map(|going| going.to) {
            Some(Newcomer::Slot(slot)) => self.playing = slot,
            Some(newcomer) => {
                if let Some(part) = newcomer.into_part() {
                    self.put(before, part);
                }
            }
            None => {}
        }
        if (self.fresh || self.playing != before)
            && let Some(part) = self.parked.take()
        {
            self.put(before, part);
        }
    }

    /// Everything is where it was going, and the next sound is heard at once.
    fn settle_all(&mut self) {
        self.fresh = true;
        self.settle();
    }

    fn put(&mut self, slot: usize, part: SlotPart) {
        let old = self.slots[slot].replace(part);
        self.retired.push(old);
    }

    /// Begins what was asked for.
    fn decide(&mut self) {
        let wanted = self.wanted();
        if self.fresh {
            self.settle();
            if wanted != self.playing {
                self.slots[wanted].update(&self.settings);
                self.slots[wanted].finish();
                self.playing = wanted;
            }
            return;
        }
        let Some(going) = &self.going else {
            if wanted != self.playing {
                self.go(Newcomer::Slot(wanted));
                return;
            }
            // The slot stays, so what was put off for it comes now.
            if let Some(newcomer) = self.parked.take().and_then(Newcomer::of) {
                self.go(newcomer);
            }
            return;
        };
        if going.elapsed >= going.begins && going.elapsed > 0 {
            // It is heard already.
            return;
        }
        match going.to {
            Newcomer::Slot(to) if to == wanted => {}
            Newcomer::Slot(_) if wanted == self.playing => {
                self.going = None;
                self.decide();
            }
            Newcomer::Slot(_) => self.go(Newcomer::Slot(wanted)),
            Newcomer::Pedal(_) | Newcomer::Amp(_) if wanted != self.playing => {
                self.parked = self.going.take().and_then(|going| going.to.into_part());
                self.go(Newcomer::Slot(wanted));
            }
            _ => {}
        }
    }
}

impl Amps {
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

    /// Has the newcomer hear what it has to, and gives what it makes of the block that begins at
    /// `start`: of a pedal, what is at the amp. `old`: what is heard there without it.
    fn play_newcomer(
        &mut self,
        going: &mut Going,
        start: u64,
        frames: usize,
        drive: &[f32; BLOCK],
        old: &Sides,
    ) -> (Sides, Heard) {
        let target = going.target(frames, start + frames as u64);
        let mut made = SILENCE;
        let mut through_pedal = Heard {
            dry: SILENCE,
            wet: SILENCE,
        };
        while going.position < target {
            let count = going.step(target, start);
            let number = going.position;
            let mut sound = SILENCE;
            let offset = number.saturating_sub(start) as usize;
            let heard = match &mut going.to {
                Newcomer::Slot(slot) => {
                    let (guitar, dry) = (self.past(number, count), self.past_dry(number, count));
                    let slot = &mut self.slots[*slot];
                    let heard = through(slot.pedal.as_deref_mut(), &guitar, &dry, count);
                    if going.pedal_first == 0 {
                        let pedal = slot.pedal.as_deref();
                        sound = play(slot.amp.as_deref_mut(), pedal, &heard, count);
                    }
                    heard
                }
                Newcomer::Pedal(pedal) => {
                    let (guitar, dry) = (self.past(number, count), self.past_dry(number, count));
                    let heard = through(pedal.as_deref_mut(), &guitar, &dry, count);
                    let mut here = [1.0; BLOCK];
                    here[..count].copy_from_slice(&drive[offset..offset + count]);
                    if let Some(amp) = self.slots[self.playing].amp.as_deref() {
                        sound = heard.at_amp(&here, cable(pedal.as_deref(), amp));
                    }
                    heard
                }
                Newcomer::Amp(amp) => {
                    let mut heard = Heard {
                        dry: SILENCE,
                        wet: SILENCE,
                    };
                    let ([dl, dr], [wl, wr]) = (heard.dry.each_mut(), heard.wet.each_mut());
                    self.heard.read(number, [dl, dr, wl, wr], count);
                    let pedal = self.slots[self.playing].pedal.as_deref();
                    sound = play(amp.as_deref_mut(), pedal, &heard, count);
                    heard
                }
            };
            let is_past = number < start;
            // What was at the amp is not known any more.
            let is_pedal = matches!(going.to, Newcomer::Pedal(_));
            let mut compared = *old;
            if is_past {
                self.played.read(number, compared.each_mut(), count);
            }
            for frame in 0..count {
                let number = number + frame as u64;
                let at = if is_past { frame } else { offset + frame };
                for side in 0..2 {
                    if !is_past {
                        made[side][at] = sound[side][frame];
                        through_pedal.dry[side][at] = heard.dry[side][frame];
                        through_pedal.wet[side][at] = heard.wet[side][frame];
                    }
                }
                let compares = number + COMPARED >= going.heard_from && !is_pedal;
                if compares && number < going.heard_from {
                    let new = if is_past { &sound } else { &made };
                    self.crossfade.follow(&compared, new, at);
                }
            }
            going.advance(count);
        }
        (made, through_pedal)
    }

    /// Goes over to what the newcomer made, as far as it is to be heard in this block.
    fn mix(&mut self, going: &Going, old: &mut Sides, new: &Sides, frames: usize) {
        let first = going.begins.saturating_sub(going.elapsed);
        for frame in first.min(frames)..frames {
            self.crossfade.mix(old, new, frame);
        }
    }
}

impl Stage for Amps {
    fn update(&mut self, settings: &Settings) {
        if *settings == self.settings {
            return;
        }
        self.settings = *settings;
        // Those that sleep follow when they are woken.
        self.slots[self.playing].update(settings);
        match &mut self.going {
            Some(Going {
                to: Newcomer::Slot(slot),
                ..
            }) => self.slots[*slot].update(settings),
            Some(Going {
                to: Newcomer::Pedal(Some(pedal)),
                ..
            }) => pedal.update(settings),
            Some(Going {
                to: Newcomer::Amp(Some(amp)),
                ..
            }) => amp.update(settings, self.slots[self.playing].level_match.as_ref()),
            _ => {}
        }
    }

    fn finish(&mut self) {
        self.settle_all();
        self.slots[self.playing].finish();
    }

    fn reset(&mut self) {
        self.settle_all();
        // Those that sleep, too: what is rendered is then the same each time.
        self.slots.iter_mut().for_each(Slot::reset);
        self.guitar.reset();
        self.heard.reset();
        self.played.reset();
    }

    fn play(&mut self, block: &mut Block) {
        self.decide();
        let frames = block.frames;
        let start = self.guitar.head();
        self.guitar.push(block.sound.each_ref(), frames);
        let (guitar, dry) = (block.sound, self.past_dry(start, frames));
        block.drive_db = self.drive_db() as f32;
        block.change = match &self.going {
            _ if self.fresh => Change::AtOnce { slot: self.playing },
            Some(Going {
                to: Newcomer::Pedal(_),
                ..
            }) => Change::None,
            Some(going) if going.elapsed + frames <= going.begins => Change::Waits,
            Some(going) if going.elapsed <= going.begins => Change::Begins {
                frame: going.begins - going.elapsed,
                slot: match going.to {
                    Newcomer::Slot(slot) => slot,
                    _ => self.playing,
                },
            },
            _ => Change::None,
        };
        self.fresh = false;
        let mut going = self.going.take();
        let slot = &mut self.slots[self.playing];
        let mut heard = through(slot.pedal.as_deref_mut(), &guitar, &dry, frames);
        let mut sound = SILENCE;
        let drive = slot
            .amp
            .as_mut()
            .map_or([1.0; BLOCK], |amp| amp.drive(frames));
        let cable = slot
            .amp
            .as_deref()
            .map(|amp| cable(slot.pedal.as_deref(), amp));
        let mut at_amp = heard.at_amp(&drive, cable.unwrap_or(1.0));
        if let Some(going) = &mut going
            && matches!(going.to, Newcomer::Pedal(_))
        {
            let (new, new_heard) = self.play_newcomer(going, start, frames, &drive, &at_amp);
            self.mix(going, &mut at_amp, &new, frames);
            if going.elapsed >= going.begins {
                heard = new_heard;
            }
        }
        if let Some(amp) = &mut self.slots[self.playing].amp {
            amp.process(&at_amp, &mut sound, frames);
        }
        let Heard { dry, wet } = &heard;
        self.heard
            .push([&dry[0], &dry[1], &wet[0], &wet[1]], frames);
        if let Some(going) = &mut going {
            if !matches!(going.to, Newcomer::Pedal(_)) {
                let (new, _) = self.play_newcomer(going, start, frames, &drive, &sound);
                self.mix(going, &mut sound, &new, frames);
            }
            going.elapsed += frames;
        }
        self.going = going;
        self.played.push(sound.each_ref(), frames);
        if self.going.is_some() && self.crossfade.is_over() {
            self.settle();
        }
        block.sound = sound;
    }

    fn tail(&self) -> usize {
        let slot = &self.slots[self.playing];
        let pedal = slot.pedal.as_ref().map_or(0, |pedal| pedal.settle_frames());
        pedal + slot.amp.as_ref().map_or(0, |amp| amp.settle_frames())
    }
}
