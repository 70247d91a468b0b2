//! The amps of all slots, each with the pedal before it: one plays, the others sleep.
//!
//! A slot that slept, or a part that was just loaded, first hears what it missed from a ring of the
//! recent past, faster than it was played, and then fades in. How many frames after the change that is
//! depends on what it remembers and on nothing else, so a change sounds the same however time is cut
//! into blocks. Nothing that slept is prepared elsewhere: the audio thread could wake nobody who does.

use super::amp::Amp;
use super::pedal::Pedal;
use crate::chain::bank::{LevelMatch, Retired, SLOTS, SlotPart};
use crate::chain::config::ProcessConfig;
use crate::chain::crossfade::Crossfade;
use crate::chain::gain::factor;
use crate::chain::ring::Ring;
use crate::chain::stage::{Block, Change, Sides, Stage};
use crate::engine::BLOCK;
use crate::rig::Settings;

/// Seconds of the past that a newcomer can hear. What remembers more plays along unheard for the rest.
const PAST: f64 = 0.5;

/// Frames that a newcomer hears for each frame that is played, in sixteenths, until it has heard enough:
/// of an amp alone, and of one behind a pedal. With what plays already, that is less than five times the
/// usual work of the nets, and less still of all that a block costs. The usual WaveNet remembers 4093
/// frames, so it begins to be heard after 1191 frames, and after 2320 behind a pedal of its kind.
const CATCH_UP: [usize; 2] = [59, 52];

/// For so many frames it is but one: what slept has to come into the processor's cache first.
const SLOWLY: usize = 24;

/// Frames before the fade from which on both sounds are compared.
const COMPARED: u64 = 512;

const SILENCE: Sides = [[0.0; BLOCK]; 2];

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

/// What is loaded into a slot.
#[derive(Default)]
struct Slot {
    pedal: Option<Box<Pedal>>,
    amp: Option<Box<Amp>>,
    level_match: Option<LevelMatch>,
}

/// A change on its way.
struct Going {
    to: Newcomer,
    /// Frames from the change to its fade, and those of them that were played.
    begins: usize,
    elapsed: usize,
    /// The number of the next frame that the newcomer hears, and of the first that is heard of it.
    position: u64,
    heard_from: u64,
    /// Frames that only its pedal has to hear, before its amp does.
    pedal_first: usize,
    /// Nets that it consists of, and frames of nets that were run for it.
    nets: usize,
    spent: usize,
}

/// What comes in.
enum Newcomer {
    Slot(usize),
    /// A part for the slot that plays.
    Pedal(Option<Box<Pedal>>),
    Amp(Option<Box<Amp>>),
}

/// What an amp hears of a guitar: past its pedal, and through it.
struct Heard {
    dry: Sides,
    wet: Sides,
}

impl Slot {
    fn update(&mut self, settings: &Settings) {
        if let Some(pedal) = &mut self.pedal {
            pedal.update(settings);
        }
        if let Some(amp) = &mut self.amp {
            amp.update(settings, self.level_match.as_ref());
        }
    }

    fn finish(&mut self) {
        if let Some(pedal) = &mut self.pedal {
            pedal.finish();
        }
        if let Some(amp) = &mut self.amp {
            amp.finish();
        }
    }

    fn reset(&mut self) {
        if let Some(pedal) = &mut self.pedal {
            pedal.reset();
        }
        if let Some(amp) = &mut self.amp {
            amp.reset();
        }
    }

    /// Puts a part into its place and gives back what was there.
    fn replace(&mut self, part: SlotPart) -> SlotPart {
        match part {
            SlotPart::Pedal(pedal) => SlotPart::Pedal(std::mem::replace(&mut self.pedal, pedal)),
            SlotPart::Amp(amp) => SlotPart::Amp(std::mem::replace(&mut self.amp, amp)),
            SlotPart::LevelMatch(new) => {
                SlotPart::LevelMatch(std::mem::replace(&mut self.level_match, new))
            }
            other => other,
        }
    }
}

/// Frames of nets that may be run for a newcomer of so many nets in the first frames of a change.
fn allowed(frames: usize, nets: usize) -> usize {
    let rate = CATCH_UP[nets - 1];
    let slowed = frames.min(SLOWLY) * (rate - 16);
    (frames * rate - slowed) * nets / 16
}

/// The frames after which that has become so much work, and that of these frames.
fn frames_to_catch_up(work: usize, nets: usize) -> usize {
    let rate = CATCH_UP[nets - 1];
    let slowed = SLOWLY * (rate - 16) * nets;
    (16 * work + slowed).div_ceil(nets * (rate - 16))
}

/// What a guitar is through a pedal, and past it.
fn through(pedal: Option<&mut Pedal>, guitar: &Sides, dry: &Sides, frames: usize) -> Heard {
    let mut heard = Heard {
        dry: *dry,
        wet: SILENCE,
    };
    if let Some(pedal) = pedal {
        pedal.process(guitar, &mut heard.dry, &mut heard.wet, frames);
    }
    heard
}

/// What lies between a pedal and an amp, as a factor.
fn cable(pedal: Option<&Pedal>, amp: &Amp) -> f32 {
    pedal.map_or(1.0, |pedal| factor(pedal.gain_to_db(amp.levels())) as f32)
}

impl Heard {
    /// At the level that the amp hears it at. `drive`: what passes the pedal by is multiplied by that.
    fn at_amp(&self, drive: &[f32; BLOCK], cable: f32) -> Sides {
        let mut sum = self.dry;
        for (sum, wet) in sum.iter_mut().zip(&self.wet) {
            for ((sum, wet), drive) in sum.iter_mut().zip(wet).zip(drive) {
                *sum = *sum * drive + cable * wet;
            }
        }
        sum
    }
}

/// What an amp makes of what it hears; silence, if there is none.
fn play(amp: Option<&mut Amp>, pedal: Option<&Pedal>, heard: &Heard, frames: usize) -> Sides {
    let mut output = SILENCE;
    if let Some(amp) = amp {
        let heard = heard.at_amp(&amp.drive(frames), cable(pedal, amp));
        amp.process(&heard, &mut output, frames);
    }
    output
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
        let fits = match part {
            SlotPart::Pedal(Some(pedal)) => pedal.config() == self.config,
            SlotPart::Amp(Some(amp)) => amp.config() == self.config,
            _ => true,
        };
        if !fits || slot >= SLOTS || !self.retired.has_room() {
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
                self.slots[slot].update(&self.settings);
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
            // Another slot takes over.
            self.parked = Some(part);
            return;
        }
        let newcomer = match part {
            SlotPart::Pedal(pedal) => Newcomer::Pedal(pedal),
            SlotPart::Amp(amp) => Newcomer::Amp(amp),
            _ => return,
        };
        self.go(newcomer);
    }

    /// A part that is no longer played, to be dropped on another thread.
    pub(crate) fn take_retired(&mut self) -> Option<SlotPart> {
        self.retired.take()
    }

    /// Takes out what is loaded, a part at a call; afterwards there is silence.
    pub(crate) fn take_any(&mut self) -> Option<(usize, SlotPart)> {
        self.settle();
        self.fresh = true;
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
        let pedal = pedal.map_or(0, |pedal| pedal.settle_frames());
        let nets = 1 + usize::from(pedal > 0 && amp.is_some());
        let amp = amp.map_or(0, |amp| amp.settle_frames());
        // What is still missing when the fade begins is heard while it is all but silent.
        let needed = (pedal + amp).saturating_sub(self.crossfade.frames());
        let past = needed.min(self.guitar.capacity() - self.config.pedal_latency - BLOCK);
        let pedal_first = if nets == 2 { pedal.min(past) } else { 0 };
        let work = pedal_first + (past - pedal_first) * nets;
        let begins = match self.at_once {
            true => 0,
            false => frames_to_catch_up(work, nets) + needed - past,
        };
        self.crossfade.restart();
        self.going = Some(Going {
            to,
            begins,
            elapsed: 0,
            position: self.guitar.head().saturating_sub(past as u64),
            heard_from: self.guitar.head() + begins as u64,
            nets,
            pedal_first,
            spent: 0,
        });
    }

    /// Gives up a newcomer that was not heard yet.
    fn give_up(&mut self) {
        match self.going.take().map(|going| going.to) {
            Some(Newcomer::Pedal(pedal)) => self.retired.push(SlotPart::Pedal(pedal)),
            Some(Newcomer::Amp(amp)) => self.retired.push(SlotPart::Amp(amp)),
            Some(Newcomer::Slot(_)) | None => {}
        }
    }

    /// Has the newcomer take over, and everything in its slot.
    fn settle(&mut self) {
        let before = self.playing;
        match self.going.take().map(|going| going.to) {
            Some(Newcomer::Slot(slot)) => self.playing = slot,
            Some(Newcomer::Pedal(pedal)) => self.put(before, SlotPart::Pedal(pedal)),
            Some(Newcomer::Amp(amp)) => self.put(before, SlotPart::Amp(amp)),
            None => {}
        }
        if (self.fresh || self.playing != before)
            && let Some(part) = self.parked.take()
        {
            self.put(before, part);
        }
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
            }
            return;
        };
        if going.elapsed >= going.begins && going.elapsed > 0 {
            // It is heard already.
            return;
        }
        match going.to {
            Newcomer::Slot(to) if to == wanted => {}
            Newcomer::Slot(_) if wanted == self.playing => self.going = None,
            Newcomer::Slot(_) => self.go(Newcomer::Slot(wanted)),
            Newcomer::Pedal(_) | Newcomer::Amp(_) if wanted != self.playing => {
                self.parked = self.going.take().map(|going| match going.to {
                    Newcomer::Pedal(pedal) => SlotPart::Pedal(pedal),
                    Newcomer::Amp(amp) => SlotPart::Amp(amp),
                    Newcomer::Slot(_) => SlotPart::LevelMatch(None),
                });
                self.go(Newcomer::Slot(wanted));
            }
            _ => {}
        }
    }
}

impl Going {
    /// The number of the frame that the newcomer has to have heard by the end of a block of so many
    /// frames; `end`: that of the frame behind the block.
    fn target(&self, frames: usize, end: u64) -> u64 {
        if self.elapsed + frames > self.begins {
            return end;
        }
        let mut work = allowed(self.elapsed + frames, self.nets) - self.spent;
        let first = self.pedal_first.min(work);
        work -= first;
        let then = if first == self.pedal_first {
            work / self.nets
        } else {
            0
        };
        end.min(self.position + (first + then) as u64)
    }

    /// How many frames of at most [`BLOCK`] are next on the way to `target`; none are of before the block
    /// that begins at `start` and of the block, too.
    fn step(&self, target: u64, start: u64) -> usize {
        let mut frames = (target - self.position).min(BLOCK as u64);
        if self.position < start {
            frames = frames.min(start - self.position);
        }
        match self.pedal_first {
            0 => frames as usize,
            first => first.min(frames as usize),
        }
    }

    /// So many frames were heard.
    fn advance(&mut self, frames: usize) {
        let nets = if self.pedal_first > 0 { 1 } else { self.nets };
        self.pedal_first = self.pedal_first.saturating_sub(frames);
        self.spent += frames * nets;
        self.position += frames as u64;
    }
}

impl Amps {
    /// What the rig hears from a frame on, and what passes the pedal by, as late as through it.
    fn past(&self, number: u64, frames: usize) -> (Sides, Sides) {
        let (mut guitar, mut dry) = (SILENCE, SILENCE);
        self.guitar.read(number, guitar.each_mut(), frames);
        let late = number.saturating_sub(self.config.pedal_latency as u64);
        self.guitar.read(late, dry.each_mut(), frames);
        (guitar, dry)
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
            let (guitar, dry) = self.past(going.position, count);
            let mut sound = SILENCE;
            let mut here = [1.0; BLOCK];
            let offset = going.position.saturating_sub(start) as usize;
            here[..count].copy_from_slice(&drive[offset..offset + count]);
            let heard = match &mut going.to {
                Newcomer::Slot(slot) => {
                    let slot = &mut self.slots[*slot];
                    let heard = through(slot.pedal.as_deref_mut(), &guitar, &dry, count);
                    if going.pedal_first == 0 {
                        let pedal = slot.pedal.as_deref();
                        sound = play(slot.amp.as_deref_mut(), pedal, &heard, count);
                    }
                    heard
                }
                Newcomer::Pedal(pedal) => {
                    let heard = through(pedal.as_deref_mut(), &guitar, &dry, count);
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
                    self.heard.read(going.position, [dl, dr, wl, wr], count);
                    let pedal = self.slots[self.playing].pedal.as_deref();
                    sound = play(amp.as_deref_mut(), pedal, &heard, count);
                    heard
                }
            };
            let is_past = going.position < start;
            let mut compared = *old;
            if is_past {
                self.played.read(going.position, compared.each_mut(), count);
            }
            for frame in 0..count {
                let number = going.position + frame as u64;
                let at = if is_past { frame } else { offset + frame };
                for side in 0..2 {
                    if !is_past {
                        made[side][at] = sound[side][frame];
                        through_pedal.dry[side][at] = heard.dry[side][frame];
                        through_pedal.wet[side][at] = heard.wet[side][frame];
                    }
                }
                if number + COMPARED >= going.heard_from && number < going.heard_from {
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
        self.fresh = true;
        self.settle();
        self.slots[self.playing].finish();
    }

    fn reset(&mut self) {
        self.fresh = true;
        self.settle();
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
        let (guitar, dry) = self.past(start, frames);
        block.drive_db = self.drive_db() as f32;
        block.change = match &self.going {
            _ if self.fresh => Change::AtOnce { slot: self.playing },
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
