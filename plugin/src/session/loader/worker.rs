//! What the loader's thread does: finds, reads, builds, and says what came of it.

mod build;
mod match_levels;
mod presets;
mod steps;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use gridleak_core::SLOTS;

use self::build::BankPlans;
pub(super) use self::build::CABS;
use self::match_levels::Matching;
use self::presets::PresetMemory;
use super::Loader;
use super::arrived::{Arrived, chosen};
use super::content::{LoadedCapture, LoadedPart};
use super::orders::{Audio, Choice, Waiting};
use super::shown::{Absent, Cause, PartLoaderStatus};
use crate::builtin;
use crate::session::folder::FolderPosition;
use crate::session::history::{Change, PartChange};
use crate::session::library::Origin;
use crate::session::message::Message;
use crate::session::part::{ForParts, Part, PartKind};
use crate::session::references::{SavedPart, Source, is_file};
use crate::session::rig::MOST_EMBEDDED;

/// How long files that are not where they were are looked for, all parts of a rig together.
const SEARCHING: Duration = Duration::from_secs(4);

/// What the thread knows.
pub(super) struct Worker<'a> {
    pub(super) loader: &'a Loader,
    pub(super) parts: ForParts<PartMemory>,
    /// What is in the slots of the audio thread.
    bank: BankPlans,
    /// The order that is carried out now, and the newest that named something else as each part.
    order: u64,
    choices: ForParts<u64>,
    /// Whether what is being loaded is for a slot that nobody waits for: any order comes before that.
    in_background: bool,
    /// What was in memory when the orders came of which not all is carried out. A slot that is copied or moved
    /// is not read again.
    known: Vec<LoadedPart>,
    /// The slot that was asked for when the host was last told what does not play.
    told_of: usize,
    /// The order to match levels that is not begun yet, and what becomes of the one before.
    to_match: Option<u64>,
    matching: Option<Matching>,
    /// When to stop looking for what is not where it was.
    pub(super) deadline: Instant,
    presets: PresetMemory,
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
            order: 0,
            choices: ForParts::default(),
            in_background: false,
            known: Vec::new(),
            told_of: 0,
            to_match: None,
            matching: None,
            deadline: Instant::now(),
            presets: PresetMemory::default(),
        }
    }

    /// Does what was asked for by orders up to this one, and brings what is in memory to what the project
    /// means, and builds it if audio runs. Says whether that is all: if not, another order came.
    pub(super) fn carry_out(&mut self, order: u64, waiting: Waiting, audio: Option<Audio>) -> bool {
        let loader = self.loader;
        loader.forget_other_projects();
        if let Some(choice) = waiting.preset {
            self.load_preset(choice);
        }
        self.order = order;
        self.choices = Part::all().map(|part| loader.orders.choice(part));
        self.deadline = Instant::now() + SEARCHING;
        self.remember_known();
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
        self.to_match = waiting.match_levels.or(self.to_match);
        let all = self.bring_slots(audio);
        if all {
            self.forget_known();
            self.know_preset();
        }
        self.tell_absent();
        all
    }

    /// Loads and builds slot by slot, the one that is asked for before the others. Says whether that is all;
    /// if not, another order came.
    fn bring_slots(&mut self, audio: Option<Audio>) -> bool {
        let loader = self.loader;
        let mut left: Vec<usize> = (0..SLOTS).collect();
        while !left.is_empty() {
            let asked = loader.rig.settings().slot;
            let next = left.iter().position(|slot| *slot == asked);
            let slot = left.remove(next.unwrap_or(0));
            self.in_background = slot != asked;
            let generations = loader.rig.generations(slot);
            for part in Part::of_slot(slot) {
                self.load_saved(part);
                loader.forward_edits();
            }
            self.in_background = false;
            self.name_knobs();
            if self.is_interrupted() {
                return false;
            }
            if let Some(audio) = audio {
                self.make_sure_of_sound(slot);
                self.build(slot, audio);
            }
            loader.rig.let_hear(slot, generations);
            loader.shown.lock().brought[slot] = Some(generations);
            loader.repaint.request();
        }
        true
    }

    /// Whether another order came than the one that is carried out.
    fn is_interrupted(&self) -> bool {
        let orders = &self.loader.orders;
        orders.has_to_quit() || orders.newest() != self.order || orders.steps_wait()
    }

    /// A rig is to sound, whatever comes of its first slot.
    fn make_sure_of_sound(&mut self, slot: usize) {
        let capture = Part::new(slot, PartKind::Capture);
        let loaded = &mut self.parts[capture.index()].loaded;
        if slot == 0 && loaded.is_none() {
            *loaded = LoadedPart::built_in();
        }
    }

    /// Takes note of what is in memory, as long as the project means it somewhere.
    fn remember_known(&mut self) {
        let whole = self.loader.rig.whole();
        let meant = Part::all().map(|part| self.loader.rig.part(part).current().1);
        drop(whole);
        self.known
            .extend(self.parts.iter().filter_map(|held| held.loaded.clone()));
        self.known.retain(|known| {
            let means = known.meant_by.as_ref();
            means.is_some_and(|means| meant.contains(means))
        });
    }

    /// Forgets that, unless another order needs it: slots may have been moved meanwhile.
    fn forget_known(&mut self) {
        let whole = self.loader.rig.whole();
        let interrupted = self.is_interrupted();
        drop(whole);
        if !interrupted {
            self.known.clear();
        }
    }

    /// Follows what parameters ask for, of which nobody tells the loader.
    pub(super) fn follow_parameters(&mut self, audio: Option<Audio>) {
        self.name_knobs();
        if self.loader.rig.settings().slot != self.told_of {
            self.tell_absent();
        }
        self.loader.forward_edits();
        if let Some(audio) = audio {
            self.follow_oversampling(audio);
            self.follow_riff(audio);
            self.send();
            if !self.has_something_to_send() {
                self.tell_costs();
            }
        }
        self.match_on(audio);
    }

    /// Whether nobody wants any more what is being done for a part.
    pub(super) fn is_superseded(&self, part: Part) -> bool {
        let order = self.choices[part.index()];
        self.in_background && self.is_interrupted() || self.loader.orders.is_superseded(part, order)
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
        let mut arrived = self.load(part, &wanted, folder).ok()?;
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
        if !self.has_room_for(part, &arrived.saved) {
            arrived.saved.set_embedding(false);
        }
        let after = arrived.saved.clone();
        // A project may have come in this very moment.
        let generation = slot.choose_if(before_generation, after.clone())?;
        self.made_a_change(part);
        self.take(part, arrived, generation, loads);
        let has_knobs = |loaded: &LoadedCapture| loaded.capture().has_knobs();
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
                Ok(arrived) if !arrived.replaced => {
                    saved = arrived.saved;
                    if !self.has_room_for(part, &saved) {
                        return;
                    }
                }
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

    /// Whether the project can carry the file of a reference, as far as it is to; else that is said.
    fn has_room_for(&self, part: Part, saved: &SavedPart) -> bool {
        let others = self.loader.rig.embedded_besides(&[part]);
        let fits = saved.embedded_bytes() == 0 || others + saved.embedded_bytes() <= MOST_EMBEDDED;
        if !fits {
            self.note(part, format!(
                "{} is not kept in the project: with it, the project would carry more than {} MB.",
                saved.name(),
                MOST_EMBEDDED >> 20
            ));
        }
        fits
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
        let in_memory = memory.loaded.as_ref().and_then(|loaded| loaded.generation);
        if in_memory == Some(generation) || memory.failed == Some(generation) {
            return;
        }
        memory.cursor = None;
        match self
            .load_known(part, &saved)
            .map_or_else(|| self.load(part, &saved, None), Ok)
        {
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

    /// What a reference means, if another part has it or had it just now.
    fn load_known(&self, part: Part, saved: &SavedPart) -> Option<Arrived> {
        let alike = |known: &&LoadedPart| {
            known.meant_by.as_ref() == Some(saved) && known.kind == Some(part.kind())
        };
        let loaded = self.known.iter().find(alike)?.clone();
        self.loader.shown.lock().parts[part.index()].message = None;
        Some(Arrived {
            saved: saved.clone(),
            place: loaded.place,
            loaded,
            replaced: false,
        })
    }

    /// Makes what was loaded the part in memory. `loads`: how many projects had been loaded when that
    /// began.
    fn take(&mut self, part: Part, arrived: Arrived, generation: u64, loads: u64) {
        let (loader, saved, mut loaded) = (self.loader, arrived.saved, arrived.loaded);
        loaded.generation = Some(generation);
        loaded.loads = loads;
        loaded.place = arrived.place;
        loaded.kind = Some(part.kind());
        // A file without a hash may be another one by now.
        let sure = !arrived.replaced && (saved.hash().is_some() || file_of(&saved).is_none());
        loaded.meant_by = sure.then(|| saved.clone());
        loaded.told_cost.set(false);
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

    /// Tells the host what does not play as the project means it.
    fn tell_absent(&mut self) {
        let loader = self.loader;
        self.told_of = loader.rig.settings().slot;
        let absent = loader.shown.lock().absent(self.told_of);
        loader.rig.tell_absent(absent);
    }

    /// Tells the host what the knobs of the capture that is to play are called.
    fn name_knobs(&self) {
        let rig = &self.loader.rig;
        let asked = Part::new(rig.settings().slot, PartKind::Capture);
        let playing = self.capture(asked);
        let knobs = playing.and_then(|playing| playing.capture().controls().ok());
        rig.name_knobs(&knobs.cloned().unwrap_or_default());
    }

    /// Measures what the capture that is to play costs here, if that is not known yet.
    fn tell_costs(&self) {
        let part = Part::new(self.loader.rig.settings().slot, PartKind::Capture);
        let untold = |loaded: &&LoadedPart| !loaded.told_cost.replace(true);
        let loaded = self
            .loaded(part)
            .filter(|loaded| loaded.capture().is_some());
        let Some(capture) = loaded.filter(untold).and_then(LoadedPart::capture) else {
            return;
        };
        let cost = capture.parsed.cost();
        if let Some(shown) = &mut self.loader.shown.lock().parts[part.index()].capture {
            Arc::make_mut(&mut shown.card).set_cost(cost);
        }
        self.loader.repaint.request();
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
