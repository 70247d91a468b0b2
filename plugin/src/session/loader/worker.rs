//! What the loader's thread does: finds, reads, builds, and says what came of it.

mod build;
mod steps;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use gridleak_core::SLOTS;

use self::build::BankPlans;
pub(super) use self::build::CABS;
use super::Loader;
use super::arrived::{Arrived, chosen};
use super::content::{LoadedCapture, LoadedPart};
use super::orders::{Audio, Choice, Waiting};
use super::shown::{Absent, Cause, PartLoaderStatus};
use crate::builtin;
use crate::capture_info::cost;
use crate::session::folder::FolderPosition;
use crate::session::history::{Change, PartChange};
use crate::session::library::Origin;
use crate::session::message::Message;
use crate::session::part::{ForParts, Part, PartKind};
use crate::session::references::{SavedPart, Source, is_file};

/// How long files that are not where they were are looked for, all parts of a rig together.
const SEARCHING: Duration = Duration::from_secs(4);

/// What the thread knows.
pub(super) struct Worker<'a> {
    pub(super) loader: &'a Loader,
    pub(super) parts: ForParts<PartMemory>,
    /// What is in the slots of the audio thread.
    bank: BankPlans,
    /// The newest orders that named something else as a part, of those that are carried out now.
    choices: ForParts<u64>,
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

impl<'a> Worker<'a> {
    pub(super) fn new(loader: &'a Loader) -> Self {
        Worker {
            loader,
            parts: ForParts::default(),
            bank: BankPlans::default(),
            choices: ForParts::default(),
            deadline: Instant::now(),
        }
    }

    /// Brings what is in memory to what is asked for, and builds it if audio runs.
    pub(super) fn carry_out(&mut self, waiting: Waiting, audio: Option<Audio>) {
        let loader = self.loader;
        loader.forget_other_projects();
        let newest = || Part::all().map(|part| loader.orders.choice(part));
        self.choices = newest();
        self.deadline = Instant::now() + SEARCHING;
        if waiting.forgotten {
            self.bank.forget();
        }
        for (part, choice) in Part::all().into_iter().zip(waiting.choices) {
            if let Some(choice) = choice {
                // Else what is said of the choice would be gone with what is said of this.
                self.load_saved(part);
                self.choose(part, choice);
            }
        }
        if let Some(on) = waiting.embed {
            self.embed_all(on);
        }
        for part in Part::all() {
            self.load_saved(part);
        }
        self.name_knobs();
        let Some(audio) = audio.filter(|_| !loader.orders.has_to_quit()) else {
            return;
        };
        let capture = &mut self.parts[Part::new(0, PartKind::Capture).index()].loaded;
        if capture.is_none() {
            *capture = LoadedPart::built_in();
        }
        if newest() == self.choices {
            self.build(audio);
        }
    }

    /// Follows what parameters ask for, of which nobody tells the loader.
    pub(super) fn follow_parameters(&mut self, audio: Option<Audio>) {
        self.name_knobs();
        if let Some(audio) = audio {
            self.follow_oversampling(audio);
            self.follow_riff(audio);
            self.send();
            self.tell_costs();
        }
    }

    /// Whether nobody wants any more what is being done for a part.
    pub(super) fn is_superseded(&self, part: Part) -> bool {
        let order = self.choices[part.index()];
        self.loader.orders.is_superseded(part, order)
    }

    /// Takes a change of a reference for our own, which is no reason to stop.
    pub(super) fn made_a_change(&mut self, part: Part) {
        self.loader.rig.changed();
        self.choices[part.index()] = self.loader.orders.choice(part);
    }

    /// Loads what the user chose.
    fn choose(&mut self, part: Part, choice: Choice) {
        let loader = self.loader;
        let opened = matches!(choice, Choice::Step { from: Some(_), .. });
        let by_host = matches!(choice, Choice::Step { by_host: true, .. });
        let wanted = match choice {
            Choice::Mend(mend) => return self.mend(part, mend),
            Choice::BuiltIn(name) => Some(SavedPart::built_in(name)),
            Choice::Step { from, steps, .. } => self.step(part, from, steps, by_host),
        };
        let Some(mut wanted) = wanted else { return };
        let (_, before) = loader.rig.part(part).current();
        // Whoever keeps files in the project keeps those that follow; not whoever opens the project
        // of somebody else, who did.
        let all = loader.embedding().is_some_and(|(all, _)| all);
        let kept = before.embeds() || file_of(&before).is_none() && all;
        let by_user = *loader.keeping_in.lock() == Some(loader.rig.loads());
        wanted.set_embedding(kept && by_user);
        let file = file_of(&wanted);
        let folder = file.as_deref().and_then(Path::parent);
        if !by_host {
            self.parts[part.index()].own_folder = folder.map(Path::to_owned);
        }
        if let Some(change) = self.refer(part, wanted, folder.filter(|_| opened)) {
            let change = Change::Parts(vec![change]);
            loader.history.lock().record(change, Instant::now());
        }
    }

    /// Loads what the user chose, and gives the change of the project that it is. Only if that works
    /// does the project refer to it. `folder`: the one that the user chose with it.
    pub(super) fn refer(
        &mut self,
        part: Part,
        wanted: SavedPart,
        folder: Option<&Path>,
    ) -> Option<PartChange> {
        let library = &self.loader.library;
        let loads = self.loader.rig.loads();
        let slot = self.loader.rig.part(part);
        let (before_generation, before) = slot.current();
        self.parts[part.index()].cursor = file_of(&wanted);
        let arrived = self.load(part, &wanted, folder).ok()?;
        // Its folder was listed meanwhile, which may take long.
        if self.is_superseded(part) {
            return None;
        }
        if let Some(folder) = folder {
            // Only a convenience for finding files later.
            library.remember_capture_folder(folder.to_owned());
        }
        if let Some(origin) = origin_of(&arrived.saved) {
            library.used(origin);
        }
        let after = arrived.saved.clone();
        // A project may have come in this very moment.
        let generation = slot.choose_if(before_generation, after.clone())?;
        self.made_a_change(part);
        self.take(part, arrived, generation, loads);
        let has_knobs = |loaded: &LoadedCapture| loaded.capture.has_knobs();
        if part.kind() == PartKind::Pedal && self.capture(part).is_some_and(has_knobs) {
            self.note(part, format!(
                "{} has knobs. As a pedal it plays with them where its file has them start; load it as the capture to turn them.",
                after.name()
            ));
        }
        Some(PartChange {
            part,
            before,
            after,
        })
    }

    /// Tells something about a part.
    pub(super) fn note(&self, part: Part, text: String) {
        self.loader.say_of(part, Message::notice(text));
    }

    /// Puts the files of all parts into their references, or takes them out.
    fn embed_all(&mut self, on: bool) {
        let loader = self.loader;
        *loader.keeping_in.lock() = on.then(|| loader.rig.loads());
        let mut changes = Vec::new();
        for part in Part::all() {
            let (_, before) = loader.rig.part(part).current();
            self.embed(part, on);
            let (_, after) = loader.rig.part(part).current();
            changes.push(PartChange {
                part,
                before,
                after,
            });
        }
        changes.retain(|change| change.before != change.after);
        let change = Change::Parts(changes);
        loader.history.lock().record_alone(change, Instant::now());
    }

    /// Puts the file of a part into its reference, or takes it out.
    fn embed(&mut self, part: Part, on: bool) {
        let loader = self.loader;
        let slot = loader.rig.part(part);
        let (generation, mut saved) = slot.current();
        let Some(path) = file_of(&saved) else { return };
        if saved.embedded_bytes() > 0 && !on {
            let cancelled = || self.is_superseded(part);
            let is_here = chosen(None).may_open(&path) && is_file(&path, saved.hash(), &cancelled);
            if !is_here && !cancelled() {
                self.note(part, format!(
                    "The file of {} is not on this computer: the project's copy was the only one. Undo brings it back.",
                    saved.name()
                ));
            }
        }
        saved.set_embedding(on);
        if on {
            match self.load(part, &saved, None) {
                Ok(arrived) if !arrived.replaced => saved = arrived.saved,
                Ok(_) => {
                    return self.note(part, format!(
                        "{} is not kept in the project yet, for another file has taken its place. Choose first which one to use.",
                        saved.name()
                    ));
                }
                Err(_) => return,
            }
        }
        if slot.resolved(generation, saved) {
            loader.rig.changed();
            if on && loader.is_absent(part) {
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
    fn load_saved(&mut self, part: Part) {
        let loader = self.loader;
        let loads = loader.rig.loads();
        let slot = loader.rig.part(part);
        let (generation, saved) = slot.current();
        let memory = &mut self.parts[part.index()];
        let known = memory.loaded.as_ref().and_then(|loaded| loaded.generation);
        if known == Some(generation) || memory.failed == Some(generation) {
            return;
        }
        memory.cursor = None;
        match self.load(part, &saved, None) {
            Ok(arrived) => {
                let looked_for = loader.is_looked_for(part, generation);
                let current = slot.resolved(generation, arrived.saved.clone());
                if current && looked_for && !arrived.replaced {
                    // Found because the user asked for it, perhaps in another place.
                    loader.rig.changed();
                }
                if arrived.replaced && looked_for {
                    self.note(part, format!(
                        "The original file of {} is not in your folders. Press Locate to say where it is; it is looked for again whenever the project is opened.",
                        saved.name()
                    ));
                }
                self.take(part, arrived, generation, loads);
            }
            Err(Some(cause)) => self.stand_in(part, generation, &saved, cause),
            Err(None) => {}
        }
    }

    /// Makes what was loaded the part in memory. `loads`: how many projects had been loaded when that
    /// began.
    fn take(&mut self, part: Part, arrived: Arrived, generation: u64, loads: u64) {
        let (loader, saved, mut loaded) = (self.loader, arrived.saved, arrived.loaded);
        loaded.generation = Some(generation);
        loaded.loads = loads;
        let absent = arrived.replaced.then(|| Absent {
            generation,
            cause: Cause::Missing,
            instead: Some("Another file in its place".into()),
            asks: !loader.is_looked_for(part, generation),
        });
        let called = loaded.called.clone();
        let status = loaded.status();
        let mut shown = loader.shown.lock();
        let shown = &mut shown.parts[part.index()];
        *shown = PartLoaderStatus {
            name: match &absent {
                Some(_) => Some(saved.name().to_owned()),
                None => called,
            },
            absent,
            origin: origin_of(&saved),
            place: arrived.place,
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
    fn name_knobs(&self) {
        let rig = &self.loader.rig;
        let asked = Part::new(rig.settings().slot, PartKind::Capture);
        let playing = self.capture(asked);
        let knobs = playing.and_then(|playing| playing.capture.controls().ok());
        rig.name_knobs(&knobs.cloned().unwrap_or_default());
    }

    /// Measures what a capture in memory costs here, if there is one for which that is not known yet.
    fn tell_costs(&self) {
        if self.has_something_to_send() {
            return;
        }
        for part in (0..SLOTS).map(|slot| Part::new(slot, PartKind::Capture)) {
            let untold = |loaded: &&LoadedCapture| !loaded.told_cost.replace(true);
            let Some(loaded) = self.capture(part).filter(untold) else {
                continue;
            };
            let cost = cost(&loaded.capture);
            if let Some(shown) = &mut self.loader.shown.lock().parts[part.index()].capture {
                Arc::make_mut(&mut shown.card).set_cost(cost);
            }
            // One at a time: an order may be waiting.
            return self.loader.repaint.request();
        }
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
pub(super) fn built_in_place(part: Part, name: &str) -> Option<FolderPosition> {
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
