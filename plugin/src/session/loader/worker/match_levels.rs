//! Making all slots as loud as the one that is asked for, by what was really played: piece by piece, so that
//! other orders do not wait.

use std::time::Instant;

use gridleak_core::{
    BuildId, Chain, ProcessConfig, Recording, SLOTS, Settings, SlotSettings, Source,
};

use super::Worker;
use crate::session::history::{Change, SlotChange};
use crate::session::loader::orders::Audio;
use crate::session::match_levels::{Agreement, MatchStatus, Measurement, agree, loudness};
use crate::session::message::Message;
use crate::session::part::{Part, PartKind};
use crate::session::status::Readiness;

/// Seconds of what was played last that count.
const SECONDS: f64 = 30.0;

/// Levels that are being matched.
pub(super) struct Matching {
    /// The number of the order, and how many projects had been loaded then.
    order: u64,
    loads: u64,
    /// The slot that the others are to agree with.
    like: usize,
    outputs: usize,
    played: Recording,
    /// All slots that play, those of them that are still to be measured, and how loud the others are at a
    /// level of 0 dB.
    slots: Vec<usize>,
    left: Vec<usize>,
    measured: [Option<f64>; SLOTS],
    now: Option<(usize, Slot, Measurement)>,
}

/// What a slot is, as far as that is heard, but for its level.
#[derive(PartialEq)]
struct Slot {
    parts: [Option<BuildId>; PartKind::ALL.len()],
    settings: SlotSettings,
}

impl Matching {
    /// How much of the work is done, 0 to 1.
    fn progress(&self) -> f32 {
        let now = self.now.as_ref();
        let now = now.map_or(0.0, |(.., now)| 1.0 - now.progress(&self.played));
        1.0 - (self.left.len() as f32 + now) / self.slots.len() as f32
    }
}

impl Worker<'_> {
    pub(in crate::session::loader) fn is_matching(&self) -> bool {
        self.to_match.is_some() || self.matching.is_some()
    }

    /// Does a little of the work, if there is any.
    pub(super) fn match_on(&mut self, audio: Option<Audio>) {
        let loader = self.loader;
        if let Some(order) = self.to_match.take() {
            match self.matching(order, audio) {
                Ok(matching) => self.matching = Some(matching),
                Err(reason) => loader.end_matching(Message::notice(reason)),
            }
            return;
        }
        let Some(mut matching) = self.matching.take() else {
            return;
        };
        let is_wanted = loader.orders.newest_match() == matching.order;
        if !is_wanted || loader.rig.loads() != matching.loads {
            return loader.tell_matching(MatchStatus::Idle);
        }
        match matching.now.take() {
            Some((slot, was, mut measurement)) => {
                if measurement.step(&matching.played) {
                    matching.now = Some((slot, was, measurement));
                } else if self.slot(slot) == was {
                    matching.measured[slot] = measurement.loudness();
                } else {
                    // It has become another one meanwhile.
                    matching.left.push(slot);
                }
            }
            None => match matching.left.pop() {
                Some(slot) => match self.measurement(slot, &matching) {
                    Ok(measurement) => matching.now = Some((slot, self.slot(slot), measurement)),
                    Err(reason) => return loader.end_matching(Message::error(reason)),
                },
                None => return self.set_levels(&matching),
            },
        }
        loader.tell_matching(MatchStatus::Measures(matching.progress()));
        self.matching = Some(matching);
    }

    /// Begins; why it cannot, in words.
    fn matching(&self, order: u64, audio: Option<Audio>) -> Result<Matching, String> {
        let loader = self.loader;
        let recent = loader.recent_input();
        let played = recent.map(|recent| recent.read(SECONDS));
        let played = played
            .filter(|played| loudness(played).is_some())
            .ok_or("Nothing was heard yet. Play for some seconds, then match the levels again.")?;
        let shown = loader.shown.lock().clone();
        let ready = |slot: &usize| loader.readiness(&shown, *slot) == Readiness::Ready;
        let slots: Vec<usize> = (0..SLOTS).filter(ready).collect();
        let like = loader.rig.settings().slot;
        if !slots.contains(&like) {
            return Err(format!(
                "{} does not play, so nothing can be as loud. Go to a slot that plays.",
                loader.rig.slot_state(like).label(like)
            ));
        }
        if slots.len() == 1 {
            return Err("There is only one slot that plays: nothing to match it with.".into());
        }
        Ok(Matching {
            order,
            loads: loader.rig.loads(),
            like,
            outputs: audio.map_or(played.channels.len(), |audio| audio.config.outputs),
            played,
            left: slots.clone(),
            slots,
            measured: [None; SLOTS],
            now: None,
        })
    }

    /// What is heard of a slot.
    fn slot(&self, slot: usize) -> Slot {
        let id = |part| self.loaded(part).map(|loaded| loaded.id);
        Slot {
            parts: Part::of_slot(slot).map(id),
            settings: SlotSettings {
                level_db: 0.0,
                ..self.loader.rig.slot_state(slot).settings
            },
        }
    }

    /// What plays a slot alone, at a level of 0 dB.
    fn measurement(&self, slot: usize, matching: &Matching) -> Result<Measurement, String> {
        let played = &matching.played;
        let late = |kind| {
            let capture = self.capture(Part::new(slot, kind));
            let rate = capture.map(|loaded| loaded.capture().sample_rate());
            rate.map_or(0, |rate| gridleak_core::latency(played.rate, rate))
        };
        let pedal_latency = late(PartKind::Pedal);
        let config = ProcessConfig {
            rate: played.rate,
            inputs: played.channels.len(),
            outputs: matching.outputs.max(played.channels.len()),
            latency: late(PartKind::Capture) + pedal_latency,
            pedal_latency,
        };
        let mut chain = Chain::new(config);
        for loaded in self.build_alone(slot, config)? {
            drop(chain.load(loaded));
        }
        // What was kept has passed the source selector.
        let mut settings = Settings {
            slot,
            source: Source::Stereo,
            output_db: 0.0,
            bypass: false,
            ..self.loader.rig.unmodulated()
        };
        settings.tuner.on = false;
        settings.riff.on = false;
        chain.set_slot(slot, &self.slot(slot).settings);
        chain.set(&settings);
        chain.reset();
        Measurement::new(chain)
            .ok_or_else(|| format!("Loudness cannot be measured at {} Hz.", played.rate))
    }

    /// Sets the levels, as one change, and says what came of it.
    fn set_levels(&mut self, matching: &Matching) {
        let (loader, like) = (self.loader, matching.like);
        let rig = &loader.rig;
        let label = |slot: usize| rig.slot_state(slot).label(slot);
        if matching.measured[like].is_none() {
            let text = format!(
                "{} was silent, so nothing can be as loud. Turn it up, or go to another slot.",
                label(like)
            );
            return loader.end_matching(Message::notice(text));
        }
        let levels = std::array::from_fn(|slot| rig.slot_state(slot).settings.level_db);
        let agreement = agree(&matching.measured, &levels, like);
        let mut changes = Vec::new();
        for (slot, level) in agreement.levels.into_iter().enumerate() {
            let Some(level) = level else { continue };
            let before = rig.slot(slot);
            rig.set_slot_level(slot, level);
            changes.push(SlotChange {
                slot,
                before,
                after: rig.slot(slot),
            });
        }
        if !changes.is_empty() {
            rig.changed();
            let change = Change::Slots(changes);
            loader.history().lock().record_alone(change, Instant::now());
        }
        loader.end_matching(Message::notice(matching.said(&agreement, label)));
    }
}

impl Matching {
    /// What came of it, in words.
    fn said(&self, agreement: &Agreement, label: impl Fn(usize) -> String) -> String {
        let others = self.slots.iter().filter(|slot| **slot != self.like);
        let (mut alike, mut rest) = (Vec::new(), String::new());
        for &slot in others {
            match (self.measured[slot], agreement.missed[slot]) {
                (None, _) => rest += &format!(" {} was silent.", label(slot)),
                (_, None) => alike.push(label(slot)),
                (_, Some(missed)) => {
                    let way = if missed > 0.0 { "louder" } else { "softer" };
                    let (label, missed) = (label(slot), missed.abs());
                    rest +=
                        &format!(" {label} stays {missed:.1} dB {way}: its level is at its end.");
                }
            }
        }
        let like = label(self.like);
        let first = match alike.split_last() {
            None => format!("No slot is as loud as {like}."),
            Some((one, [])) => format!("{one} is as loud as {like} now."),
            Some((last, others)) => {
                format!(
                    "{} and {last} are as loud as {like} now.",
                    others.join(", ")
                )
            }
        };
        first + &rest
    }
}
