//! The amps of all slots, each with the pedal before it: one plays, the others sleep.

use super::catch_up::{CatchUp, Needed};
use super::part::SlotPart;
use super::ring::Ring;
use super::slot::cable;
use super::slots::{Newcomer, Slots};
use crate::chain::config::{BuildId, ProcessConfig};
use crate::chain::parts::{Amp, Part, Pedal};
use crate::chain::stage::{Block, Change, SILENCE, Sides, Stage};
use crate::engine::BLOCK;
use crate::rig::Settings;

/// Seconds of the past that a newcomer can hear. What remembers more plays along unheard for the rest.
const PAST: f64 = 0.5;

/// Frames before the fade from which on both sounds are compared.
const COMPARED: u64 = 512;

/// The amps of a chain.
pub(crate) struct Amps {
    config: ProcessConfig,
    slots: Slots,
    /// How far the newcomer is, while there is one, and what lies between its pedal and its amp.
    catch_up: CatchUp,
    cable: f32,
    at_once: bool,
    /// What the rig hears, what the amp that plays hears of it past the pedal and through it, and what
    /// is heard of that.
    guitar: Ring<2>,
    heard: Ring<4>,
    played: Ring<2>,
}

/// What an amp hears of a guitar: past its pedal, and through it.
struct Heard {
    dry: Sides,
    wet: Sides,
}

impl Heard {
    const NOTHING: Heard = Heard {
        dry: SILENCE,
        wet: SILENCE,
    };

    /// What a guitar is through a pedal, and past it. `dry`: the guitar, as late as through the pedal.
    fn through(pedal: Option<&mut Pedal>, guitar: &Sides, dry: &Sides, frames: usize) -> Self {
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
    fn at_amp(&self, drive: &[f32], cable: f32) -> Sides {
        let mut sum = self.dry;
        for (sum, wet) in sum.iter_mut().zip(&self.wet) {
            for ((sum, wet), drive) in sum.iter_mut().zip(wet).zip(drive) {
                *sum = *sum * drive + cable * wet;
            }
        }
        sum
    }
}

impl Amps {
    /// Empty slots, of which the first plays silence.
    pub(crate) fn new(config: ProcessConfig) -> Self {
        let past = (PAST * config.rate).ceil() as usize + config.pedal_latency + BLOCK;
        Amps {
            config,
            slots: Slots::new(config.rate),
            catch_up: CatchUp::default(),
            cable: 1.0,
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

    /// The slot that is heard.
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
        self.slots.accepts(slot, part, self.catch_up.is_heard())
    }

    /// Takes a part that [`Amps::accepts`] accepts.
    pub(crate) fn load(&mut self, slot: usize, part: SlotPart) {
        let is_match = matches!(part, SlotPart::LevelMatch(_));
        let slots = &mut self.slots;
        match slots.load(slot, part, is_match) {
            None if is_match => self.match_level(slot),
            None if slots.newcomer.is_some() && slot == slots.coming() => {
                self.go(Newcomer::Slot(slot));
            }
            None => {}
            Some(part @ SlotPart::Amp(None)) if slot != 0 && slots.all[0].amp.is_some() => {
                // Another slot takes over. What was to come instead is not to be heard any more.
                slots.give_up();
                slots.parked = Some(part);
            }
            Some(part) => self.go(Newcomer::Part(part)),
        }
    }

    /// Has the amp of a slot come out as loud as it is to: the one that is on its way, if there is one,
    /// for the one that it replaces is to be heard as it was.
    fn match_level(&mut self, slot: usize) {
        let slots = &mut self.slots;
        let mut unheard = slots.fresh || slot != slots.playing;
        let waiting = match &mut slots.newcomer {
            Some(Newcomer::Part(SlotPart::Amp(amp))) if slot == slots.playing => {
                unheard = self.catch_up.elapsed == 0;
                amp.as_deref_mut()
            }
            _ => None,
        };
        let level_match = slots.all[slot].level_match;
        if let Some(amp) = waiting.or(slots.all[slot].amp.as_deref_mut()) {
            amp.update(&slots.settings, level_match.as_ref());
            if unheard {
                amp.finish();
            }
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

    /// What the guitar is driven by, in dB.
    fn drive_db(&self) -> f64 {
        let levels = &self.slots.settings.levels;
        let slot = &self.slots.all[self.slots.playing];
        let pedal = slot.pedal.as_ref();
        let driven = pedal.and_then(|pedal| pedal.input_gain_db(levels));
        let amp = slot.amp.as_ref();
        driven.unwrap_or_else(|| amp.map_or(0.0, |amp| amp.levels().input_gain_db(levels)))
    }

    /// The slot that is to play: the chosen one, if there is an amp in it, else the first.
    fn wanted(&self) -> usize {
        let slots = &self.slots;
        let leaves = matches!(slots.parked, Some(SlotPart::Amp(None)));
        let has_amp =
            |&slot: &usize| slots.all[slot].amp.is_some() && !(leaves && slot == slots.playing);
        let found = [slots.settings.slot, 0].into_iter().find(has_amp);
        found.unwrap_or(slots.playing)
    }

    /// Whether nothing is heard, and nothing is on its way.
    pub(crate) fn is_silent(&self) -> bool {
        self.slots.newcomer.is_none() && self.slots.all[self.slots.playing].amp.is_none()
    }

    /// Goes over to a newcomer. Another one that nobody has heard yet is given up.
    fn go(&mut self, to: Newcomer) {
        if let Newcomer::Slot(slot) = to {
            self.slots.wake(slot);
        }
        self.slots.go(to);
        let slot = &self.slots.all[self.slots.coming()];
        let (mut pedal, mut amp) = (slot.pedal.as_deref(), slot.amp.as_deref());
        let (mut has_pedal, mut has_amp) = (true, true);
        match &self.slots.newcomer {
            Some(Newcomer::Part(SlotPart::Pedal(new))) => {
                (pedal, has_amp) = (new.as_deref(), false)
            }
            Some(Newcomer::Part(SlotPart::Amp(new))) => (amp, has_pedal) = (new.as_deref(), false),
            _ => {}
        }
        let needed = Needed {
            pedal: pedal.filter(|_| has_pedal).map_or(0, Part::settle_frames),
            amp: amp.filter(|_| has_amp).map(Part::settle_frames),
            // What is still missing when the fade begins is heard while it is all but silent.
            less: self.slots.crossfade.frames(),
            most: self.guitar.capacity() - self.config.pedal_latency - BLOCK,
        };
        self.cable = cable(pedal, amp);
        self.catch_up = CatchUp::new(&needed, self.guitar.head(), self.at_once);
    }

    /// Begins what was asked for.
    fn decide(&mut self) {
        let wanted = self.wanted();
        let slots = &mut self.slots;
        if slots.fresh {
            slots.settle();
            if wanted != slots.playing {
                slots.wake(wanted);
                slots.playing = wanted;
            }
            return;
        }
        if slots.newcomer.is_some() && self.catch_up.is_heard() && self.catch_up.elapsed > 0 {
            return;
        }
        match slots.newcomer {
            Some(Newcomer::Slot(to)) if to == wanted => return,
            Some(Newcomer::Part(_)) if slots.playing == wanted => return,
            _ => {}
        }
        if let Some(Newcomer::Part(part)) = slots.newcomer.take() {
            slots.parked = Some(part);
        }
        if wanted != slots.playing {
            self.go(Newcomer::Slot(wanted));
        } else if let Some(part) = slots.parked.take() {
            // The slot stays, so what was put off for it comes now.
            self.go(Newcomer::Part(part));
        }
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

    /// Has the newcomer hear what it has to, and gives what it makes of the block that begins at
    /// `start`: of a pedal, what is at the amp. `old`: what is heard there without it.
    fn play_newcomer(
        &mut self,
        newcomer: &mut Newcomer,
        start: u64,
        frames: usize,
        drive: &[f32; BLOCK],
        old: &Sides,
    ) -> (Sides, Heard) {
        let target = self.catch_up.target(frames, start + frames as u64);
        let (mut made, mut through) = (SILENCE, Heard::NOTHING);
        while self.catch_up.position < target {
            let count = self.catch_up.step(target, start);
            let number = self.catch_up.position;
            let offset = number.saturating_sub(start) as usize;
            let (heard, sound) = self.step_newcomer(newcomer, count, &drive[offset..]);
            // What was at the amp is not known any more.
            let is_pedal = matches!(newcomer, Newcomer::Part(SlotPart::Pedal(_)));
            let compares =
                |frame| !is_pedal && self.catch_up.precedes_fade(number + frame, COMPARED);
            if number < start {
                let mut played = SILENCE;
                self.played.read(number, played.each_mut(), count);
                for frame in (0..count).filter(|&frame| compares(frame as u64)) {
                    self.slots.crossfade.follow(&played, &sound, frame);
                }
            } else {
                let here = [&mut made, &mut through.dry, &mut through.wet];
                for (here, new) in here.into_iter().zip([&sound, &heard.dry, &heard.wet]) {
                    for (here, new) in here.iter_mut().zip(new) {
                        here[offset..offset + count].copy_from_slice(&new[..count]);
                    }
                }
                for frame in (0..count).filter(|&frame| compares(frame as u64)) {
                    self.slots.crossfade.follow(old, &made, offset + frame);
                }
            }
            self.catch_up.advance(count);
        }
        (made, through)
    }

    /// Has the newcomer hear the next frames: what is at its amp, and what comes of that.
    fn step_newcomer(
        &mut self,
        newcomer: &mut Newcomer,
        frames: usize,
        drive: &[f32],
    ) -> (Heard, Sides) {
        let number = self.catch_up.position;
        if let Newcomer::Part(SlotPart::Amp(amp)) = newcomer {
            let mut heard = Heard::NOTHING;
            let ([dl, dr], [wl, wr]) = (heard.dry.each_mut(), heard.wet.each_mut());
            self.heard.read(number, [dl, dr, wl, wr], frames);
            let sound = play(amp.as_deref_mut(), self.cable, &heard, frames);
            return (heard, sound);
        }
        let (guitar, dry) = (self.past(number, frames), self.past_dry(number, frames));
        match newcomer {
            Newcomer::Slot(slot) => {
                let slot = &mut self.slots.all[*slot];
                let heard = Heard::through(slot.pedal.as_deref_mut(), &guitar, &dry, frames);
                let amp = slot.amp.as_deref_mut();
                let amp = amp.filter(|_| self.catch_up.pedal_first == 0);
                let sound = play(amp, self.cable, &heard, frames);
                (heard, sound)
            }
            Newcomer::Part(SlotPart::Pedal(pedal)) => {
                let heard = Heard::through(pedal.as_deref_mut(), &guitar, &dry, frames);
                let sound = heard.at_amp(drive, self.cable);
                (heard, sound)
            }
            Newcomer::Part(_) => (Heard::NOTHING, SILENCE),
        }
    }

    /// Goes over to what the newcomer made, as far as it is to be heard in this block.
    fn mix(&mut self, old: &mut Sides, new: &Sides, frames: usize) {
        for frame in self.catch_up.frames_to_fade().min(frames)..frames {
            self.slots.crossfade.mix(old, new, frame);
        }
    }

    /// What the cabinets are to do in a block of so many frames.
    fn change(&self, frames: usize) -> Change {
        let slot = self.slots.coming();
        let to_fade = self.catch_up.frames_to_fade();
        match &self.slots.newcomer {
            _ if self.slots.fresh => Change::AtOnce { slot },
            None | Some(Newcomer::Part(SlotPart::Pedal(_))) => Change::None,
            Some(_) if frames <= to_fade => Change::Waits,
            Some(_) if self.catch_up.elapsed <= self.catch_up.begins => Change::Begins {
                frame: to_fade,
                slot,
            },
            Some(_) => Change::None,
        }
    }
}

/// What an amp makes of what it hears; silence, if there is none.
fn play(amp: Option<&mut Amp>, cable: f32, heard: &Heard, frames: usize) -> Sides {
    let mut output = SILENCE;
    if let Some(amp) = amp {
        let heard = heard.at_amp(&amp.drive(frames), cable);
        amp.process(&heard, &mut output, frames);
    }
    output
}

impl Stage for Amps {
    fn update(&mut self, settings: &Settings) {
        if *settings != self.slots.settings {
            self.slots.update(settings);
        }
    }

    fn reset(&mut self) {
        self.slots.reset();
        self.guitar.reset();
        self.heard.reset();
        self.played.reset();
    }

    fn play(&mut self, block: &mut Block) {
        self.decide();
        let frames = block.frames;
        let start = self.guitar.head();
        self.guitar.push(block.sound.each_ref(), frames);
        let dry = self.past_dry(start, frames);
        block.drive_db = self.drive_db() as f32;
        block.change = self.change(frames);
        self.slots.fresh = false;
        let mut newcomer = self.slots.newcomer.take();
        let slot = self.slots.current();
        let mut heard = Heard::through(slot.pedal.as_deref_mut(), &block.sound, &dry, frames);
        let mut sound = SILENCE;
        let amp = slot.amp.as_mut();
        let drive = amp.map_or([1.0; BLOCK], |amp| amp.drive(frames));
        let mut at_amp = heard.at_amp(&drive, slot.cable);
        if let Some(newcomer @ Newcomer::Part(SlotPart::Pedal(_))) = &mut newcomer {
            let (new, new_heard) = self.play_newcomer(newcomer, start, frames, &drive, &at_amp);
            self.mix(&mut at_amp, &new, frames);
            if self.catch_up.is_heard() {
                heard = new_heard;
            }
        }
        if let Some(amp) = &mut self.slots.current().amp {
            amp.process(&at_amp, &mut sound, frames);
        }
        let Heard { dry, wet } = &heard;
        self.heard
            .push([&dry[0], &dry[1], &wet[0], &wet[1]], frames);
        if let Some(newcomer) = &mut newcomer {
            if !matches!(newcomer, Newcomer::Part(SlotPart::Pedal(_))) {
                let (new, _) = self.play_newcomer(newcomer, start, frames, &drive, &sound);
                self.mix(&mut sound, &new, frames);
            }
            self.catch_up.elapsed += frames;
        }
        self.slots.newcomer = newcomer;
        self.played.push(sound.each_ref(), frames);
        if self.slots.newcomer.is_some() && self.slots.crossfade.is_over() {
            self.slots.settle();
        }
        block.sound = sound;
    }

    fn tail(&self) -> usize {
        let slot = &self.slots.all[self.slots.playing];
        let pedal = slot.pedal.as_deref().map_or(0, Part::settle_frames);
        pedal + slot.amp.as_deref().map_or(0, Part::settle_frames)
    }
}
