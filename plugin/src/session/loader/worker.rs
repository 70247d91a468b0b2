//! What the loader's thread does: finds, reads, builds, and says what came of it.

mod build;
mod steps;

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use self::build::BankPlans;
use super::Shared;
use super::content::{LoadedCapture, LoadedPart};
use super::load::{Arrived, chosen, load};
use super::orders::{Audio, Choice, Waiting};
use super::shown::{Absent, Cause, PartLoaderStatus};
use crate::builtin;
use crate::capture_info::{CaptureInfo, cost};
use crate::session::folder::{FolderPosition, place};
use crate::session::handover::LoaderEnd;
use crate::session::history::{Change, PartChange};
use crate::session::library::Origin;
use crate::session::message::Message;
use crate::session::part::{ForParts, Part};
use crate::session::references::{SavedPart, Source, is_file};

/// How long files that are not where they were are looked for, all parts of a rig together.
const SEARCHING: Duration = Duration::from_secs(4);

/// What the thread knows.
pub(super) struct Worker {
    pub(super) parts: ForParts<PartMemory>,
    /// What is in the slots of the audio thread.
    bank: BankPlans,
    /// The newest orders that named something else as a part, of those that are carried out now.
    pub(super) choices: ForParts<u64>,
    /// When to stop looking for what is not where it was.
    pub(super) deadline: Instant,
}

/// What the thread knows of a part of the rig.
#[derive(Default)]
pub(super) struct PartMemory {
    pub(super) loaded: Option<LoadedPart>,
    /// The generation of the saved reference that could not be loaded.
    pub(super) failed: Option<u64>,
    /// The file that was asked for last, from which the way goes to the next.
    cursor: Option<PathBuf>,
    /// The folder that the user last opened something in or stepped through by hand.
    own_folder: Option<PathBuf>,
}

impl Worker {
    pub(super) fn new() -> Self {
        Worker {
            parts: ForParts::default(),
            bank: BankPlans::default(),
            choices: ForParts::default(),
            deadline: Instant::now(),
        }
    }

    /// Brings what is in memory to what is asked for, and builds it if audio runs.
    pub(super) fn carry_out(
        &mut self,
        shared: &Shared,
        waiting: Waiting,
        audio: Option<Audio>,
        end: &mut LoaderEnd,
    ) {
        shared.forget_other_projects();
        let newest = || Part::ALL.map(|part| shared.orders.choice(part));
        self.choices = newest();
        self.deadline = Instant::now() + SEARCHING;
        if waiting.forgotten {
            self.bank.forget();
        }
        for (part, choice) in Part::ALL.into_iter().zip(waiting.choices) {
            if let Some(choice) = choice {
                self.choose(shared, part, choice);
            }
        }
        if let Some(on) = waiting.embed {
            self.embed_all(shared, on);
        }
        for part in Part::ALL {
            self.load_saved(shared, part);
        }
        self.name_knobs(shared);
        let Some(audio) = audio.filter(|_| !shared.orders.has_to_quit()) else {
            return;
        };
        let capture = &mut self.parts[Part::Capture.index()].loaded;
        if capture.is_none() {
            *capture = LoadedPart::built_in();
        }
        if newest() == self.choices {
            self.build(shared, audio, end);
        }
    }

    /// Follows what parameters ask for, of which nobody tells the loader.
    pub(super) fn follow_parameters(
        &mut self,
        shared: &Shared,
        audio: Option<Audio>,
        end: &mut LoaderEnd,
    ) {
        self.name_knobs(shared);
        if let Some(audio) = audio {
            self.follow_oversampling(shared, audio, end);
            self.send(end);
            self.tell_costs(shared);
        }
    }

    /// Loads what the user chose.
    fn choose(&mut self, shared: &Shared, part: Part, choice: Choice) {
        let opened = matches!(choice, Choice::Step { from: Some(_), .. });
        let by_host = matches!(choice, Choice::Step { by_host: true, .. });
        let wanted = match choice {
            Choice::Mend(mend) => return self.mend(shared, part, mend),
            Choice::BuiltIn(name) => Some(SavedPart::built_in(name)),
            Choice::Step {
                from,
                steps,
                by_host,
            } => self.step(shared, part, from, steps, by_host),
        };
        let Some(mut wanted) = wanted else { return };
        let (_, before) = shared.shell.slot(part).current();
        // Whoever keeps files in the project keeps those that follow; not whoever opens the project
        // of somebody else, who did.
        let all = shared.embedding().is_some_and(|(all, _)| all);
        let kept = before.embeds() || file_of(&before).is_none() && all;
        let by_user = *shared.keeping_in.lock() == Some(shared.shell.loads());
        wanted.set_embedding(kept && by_user);
        let file = file_of(&wanted);
        let folder = file.as_deref().and_then(Path::parent);
        if !by_host {
            self.parts[part.index()].own_folder = folder.map(Path::to_owned);
        }
        let change = self.refer(shared, part, wanted, folder.filter(|_| opened));
        if let Some(change) = change {
            let change = Change::Parts(vec![change]);
            shared.history.lock().record(change, Instant::now());
        }
    }

    /// Loads what the user chose, and gives the change of the project that it is. Only if that works
    /// does the project refer to it. `folder`: the one that the user chose with it.
    pub(super) fn refer(
        &mut self,
        shared: &Shared,
        part: Part,
        wanted: SavedPart,
        folder: Option<&Path>,
    ) -> Option<PartChange> {
        self.parts[part.index()].cursor = file_of(&wanted);
        let order = self.choices[part.index()];
        let cancelled = || shared.orders.is_superseded(part, order);
        let chosen = chosen(folder);
        let arrived = load(shared, part, &wanted, &chosen, self.deadline, &cancelled).ok()?;
        if cancelled() {
            return None;
        }
        if let Some(folder) = folder {
            // Only a convenience for finding files later.
            shared.library.remember_capture_folder(folder.to_owned());
        }
        if let Some(origin) = origin_of(&arrived.saved) {
            shared.library.used(origin);
        }
        let slot = shared.shell.slot(part);
        let (_, before) = slot.current();
        let after = arrived.saved.clone();
        let generation = slot.choose(after.clone());
        shared.shell.made_a_change();
        // Our own change of the reference is no reason to stop.
        self.choices[part.index()] = shared.orders.choice(part);
        let listed = file_of(&after).is_some_and(|path| self.is_the_users(&path, &chosen));
        self.take(shared, part, arrived, generation, listed);
        let pedal = self.capture(Part::Pedal).filter(|_| part == Part::Pedal);
        if pedal.is_some_and(|pedal| pedal.capture.has_knobs()) {
            shared.say_of(part, Message::notice(format!(
                "{} has knobs. As a pedal it plays with them where its file has them start; load it as the capture to turn them.",
                after.name()
            )));
        }
        Some(PartChange {
            part,
            before,
            after,
        })
    }

    /// Puts the files of all parts into their references, or takes them out.
    fn embed_all(&mut self, shared: &Shared, on: bool) {
        *shared.keeping_in.lock() = on.then(|| shared.shell.loads());
        let mut changes = Vec::new();
        for part in Part::ALL {
            let (_, before) = shared.shell.slot(part).current();
            self.embed(shared, part, on);
            let (_, after) = shared.shell.slot(part).current();
            changes.extend((before != after).then_some(PartChange {
                part,
                before,
                after,
            }));
        }
        let change = Change::Parts(changes);
        shared.history.lock().record_alone(change, Instant::now());
    }

    /// Puts the file of a part into its reference, or takes it out.
    fn embed(&mut self, shared: &Shared, part: Part, on: bool) {
        let slot = shared.shell.slot(part);
        let (generation, mut saved) = slot.current();
        let Some(path) = file_of(&saved) else { return };
        let chosen = chosen(None);
        let order = self.choices[part.index()];
        let cancelled = || shared.orders.is_superseded(part, order);
        if saved.embedded_bytes() > 0 && !on {
            let hash = saved.hash();
            let is_here = chosen.may_open(&path) && is_file(&path, hash, &cancelled);
            if !is_here && !cancelled() {
                shared.say_of(part, Message::notice(format!(
                    "The file of {} is not on this computer: the project's copy was the only one. Undo brings it back.",
                    saved.name()
                )));
            }
        }
        saved.set_embedding(on);
        if on {
            match load(shared, part, &saved, &chosen, self.deadline, &cancelled) {
                Ok(arrived) if !arrived.replaced => saved = arrived.saved,
                Ok(_) => {
                    shared.say_of(part, Message::notice(format!(
                        "{} is not kept in the project yet, for another file has taken its place. Choose first which one to use.",
                        saved.name()
                    )));
                    return;
                }
                Err(_) => return,
            }
        }
        if slot.resolved(generation, saved) {
            shared.shell.made_a_change();
            if on && shared.is_absent(part) {
                // It has come back: it is to play, too.
                self.load_anew(part);
            }
        }
    }

    /// Has [`Worker::load_saved`] load the part, whether or not that was done or tried.
    pub(super) fn load_anew(&mut self, part: Part) {
        let memory = &mut self.parts[part.index()];
        memory.failed = None;
        if let Some(loaded) = &mut memory.loaded {
            loaded.generation = None;
        }
    }

    /// Loads what the project refers to, if that is not what is in memory.
    fn load_saved(&mut self, shared: &Shared, part: Part) {
        let slot = shared.shell.slot(part);
        let (generation, saved) = slot.current();
        let memory = &mut self.parts[part.index()];
        let known = memory.loaded.as_ref().and_then(|loaded| loaded.generation);
        if known == Some(generation) || memory.failed == Some(generation) {
            return;
        }
        memory.cursor = None;
        let looked_for = shared.looked_for.lock()[part.index()] == Some(generation);
        let order = self.choices[part.index()];
        let cancelled = || shared.orders.is_superseded(part, order);
        let chosen = chosen(None);
        match load(shared, part, &saved, &chosen, self.deadline, &cancelled) {
            Ok(arrived) => {
                let current = slot.resolved(generation, arrived.saved.clone());
                if current && looked_for && !arrived.replaced {
                    // Found because the user asked for it, perhaps in another place.
                    shared.shell.made_a_change();
                }
                if arrived.replaced && looked_for {
                    shared.say_of(part, Message::notice(format!(
                        "The original file of {} is not in your folders. Press Locate to say where it is; it is looked for again whenever the project is opened.",
                        saved.name()
                    )));
                }
                let file = file_of(&arrived.saved);
                // A folder that only the project names is not looked at.
                let listed = file.is_some_and(|path| self.is_the_users(&path, &chosen));
                self.take(shared, part, arrived, generation, listed);
            }
            Err(Some(cause)) => self.stand_in(shared, part, generation, &saved, cause),
            Err(None) => {}
        }
    }

    /// Makes what was loaded the part in memory. `listed`: whether its folder may be looked at.
    fn take(
        &mut self,
        shared: &Shared,
        part: Part,
        arrived: Arrived,
        generation: u64,
        listed: bool,
    ) {
        let Arrived {
            saved,
            mut loaded,
            replaced,
        } = arrived;
        let place = match &saved.source {
            Source::File(file) if listed => place(&file.path),
            Source::File(_) | Source::Unknown(_) => None,
            Source::BuiltIn(name) => built_in_place(part, name),
        };
        let looked_for = shared.looked_for.lock()[part.index()] == Some(generation);
        loaded.called = loaded.name(&saved);
        loaded.generation = Some(generation);
        loaded.loads = shared.shell.slot(part).loads();
        let status = loaded.status();
        let mut shown = shared.shown.lock();
        let shown = &mut shown.parts[part.index()];
        *shown = PartLoaderStatus {
            name: match replaced {
                true => Some(saved.name().to_owned()),
                false => loaded.called.clone(),
            },
            absent: replaced.then(|| Absent {
                generation,
                cause: Cause::Missing,
                instead: Some("Another file in its place".into()),
                asks: !looked_for,
            }),
            origin: origin_of(&saved),
            place,
            message: shown.message.take(),
            ..status
        };
        let memory = &mut self.parts[part.index()];
        memory.failed = None;
        memory.loaded = Some(loaded);
    }

    fn loaded(&self, part: Part) -> Option<&LoadedPart> {
        self.parts[part.index()].loaded.as_ref()
    }

    /// The capture in memory as a part of the rig, if there is one.
    fn capture(&self, part: Part) -> Option<&LoadedCapture> {
        self.loaded(part)?.capture()
    }

    /// Tells the host what the knobs of the capture that is to play are called.
    fn name_knobs(&self, shared: &Shared) {
        let side = Part::playing(&shared.shell.settings());
        let playing = self.capture(side).or(self.capture(Part::Capture));
        let knobs = playing.and_then(|playing| playing.capture.controls().ok());
        shared.shell.name_knobs(&knobs.cloned().unwrap_or_default());
    }

    /// Measures what a capture in memory costs here, if there is one for which that is not known yet.
    fn tell_costs(&self, shared: &Shared) {
        if self.has_something_to_send() {
            return;
        }
        // One at a time: an order may be waiting.
        let untold = [Part::Capture, Part::SecondCapture]
            .into_iter()
            .find_map(|part| {
                let loaded = self.capture(part)?;
                (!loaded.told_cost.replace(true)).then_some((part, loaded))
            });
        let Some((part, loaded)) = untold else { return };
        let cost = cost(&loaded.capture);
        if let Some(shown) = &mut shared.shown.lock().parts[part.index()].capture {
            let mut card = CaptureInfo::clone(&shown.card);
            card.set_cost(cost);
            shown.card = card.into();
        }
        (shared.repaint)();
    }
}

/// The built-in sounds that can be this part.
fn built_in_alike(part: Part) -> &'static [builtin::BuiltIn] {
    match part.is_cab() {
        true => builtin::CABS,
        false => builtin::CAPTURES,
    }
}

/// Where a built-in capture stands among its like.
fn built_in_place(part: Part, name: &str) -> Option<FolderPosition> {
    let captures = built_in_alike(part);
    let here = captures.iter().position(|capture| capture.name == name)?;
    Some(FolderPosition {
        index: here + 1,
        count: captures.len(),
    })
}

/// What a reference refers to; `None` for nothing, and for what suits the others.
pub(super) fn origin_of(saved: &SavedPart) -> Option<Origin> {
    match &saved.source {
        Source::File(file) => Some(Origin::File(file.path.clone())),
        Source::BuiltIn(name) => builtin::find(name).map(|found| Origin::BuiltIn(found.name)),
        Source::Unknown(_) => None,
    }
}

/// The file of a reference, if it has one.
pub(super) fn file_of(saved: &SavedPart) -> Option<PathBuf> {
    match &saved.source {
        Source::File(file) => Some(file.path.clone()),
        Source::BuiltIn(_) | Source::Unknown(_) => None,
    }
}
