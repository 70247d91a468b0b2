//! What the loader's thread does: finds, reads, builds, and says what came of it.

mod build;
mod steps;

use std::cell::{Cell, OnceCell};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use gridleak_core::{
    Amp, Cab, Capture, CaptureError, ImpulseResponse, Levels, Measured, ProcessConfig, Settings,
};

use super::load::{Arrived, chosen, load};
use super::shown::{Absent, CaptureLoaderStatus, Cause, PartLoaderStatus};
use super::{Choice, Orders, Shared};
use crate::builtin;
use crate::capture_info::{CaptureInfo, cost};
use crate::files::failure::one_line;
use crate::files::impulse_file;
use crate::host::parameters::playing;
use crate::measurements;
use crate::session::curve::{CURVE_POINTS, curve_frequency};
use crate::session::folder::{FolderPosition, place};
use crate::session::history::{Change, PartChange};
use crate::session::library::Origin;
use crate::session::message::Message;
use crate::session::part::{ForParts, Part};
use crate::session::references::{ContentHash, SavedPart, Source, is_file};

/// How long files that are not where they were are looked for, all parts of a rig together.
const SEARCHING: Duration = Duration::from_secs(4);

/// What the thread knows.
#[derive(Default)]
pub(super) struct Worker {
    pub(super) parts: ForParts<Held>,
    /// What was last built, and for what.
    built: Option<AmpPlan>,
    /// Whether that was made of an amp with its cabinet.
    has_cab: bool,
    /// What could not be built, for it is later than the host was told.
    late: Option<AmpPlan>,
    built_cab: Option<CabPlan>,
    /// Built, but not yet sent.
    ready: Option<Box<Amp>>,
    ready_cab: Option<Box<Cab>>,
}

/// What is in memory of a part of the rig.
#[derive(Default)]
pub(super) struct Held {
    pub(super) loaded: Option<Loaded>,
    /// The generation of the saved reference that could not be loaded.
    pub(super) failed: Option<u64>,
    /// The file that was asked for last, from which the way goes to the next.
    cursor: Option<PathBuf>,
    /// The folder that the user last opened something in or stepped through by hand.
    own_folder: Option<PathBuf>,
}

pub(super) struct Loaded {
    pub(super) content: Content,
    /// What it is called; `None` for nothing.
    pub(super) called: Option<String>,
    /// The generation of the reference in the project that it is, if it is that.
    pub(super) generation: Option<u64>,
    /// How many projects had been loaded when it was.
    pub(super) loads: u64,
    ticket: u64,
    /// Of a capture, what [`Capture::measure_loudness`] gives, once it is asked for.
    measured: OnceCell<Option<f64>>,
    /// Whether the window was told what it costs.
    told_cost: Cell<bool>,
}

/// A capture in memory.
#[derive(Clone, Copy)]
struct LoadedCapture<'a> {
    capture: &'a Capture,
    levels: Levels,
    loaded: &'a Loaded,
}

impl LoadedCapture<'_> {
    /// How loud it plays, in dB, whatever its file says.
    fn measured(&self) -> Option<f64> {
        let measure = || self.capture.measure_loudness();
        *self.loaded.measured.get_or_init(measure)
    }
}

/// What a part of the rig is.
pub(super) enum Content {
    Nothing,
    /// The cabinet that suits the capture: this one, unless the capture has its own.
    Automatic(Option<ImpulseResponse>),
    Capture(Box<Capture>, Levels, Measured),
    Response(ImpulseResponse),
}

/// All that what plays depends on: tickets, and the figures that are built in.
#[derive(Debug, Clone, Copy, PartialEq)]
struct AmpPlan {
    capture: u64,
    /// The capture that it is to be as loud as.
    like: Option<u64>,
    pedal: Option<u64>,
    config: ProcessConfig,
    oversampling: usize,
}

#[derive(Debug, Clone, Copy, PartialEq)]
struct CabPlan {
    responses: [Option<u64>; 2],
    config: ProcessConfig,
}

impl Worker {
    /// Brings what is in memory to what is asked for, and builds it if audio runs.
    pub(super) fn carry_out(&mut self, shared: &Shared, orders: Orders) {
        shared.forget_other_projects();
        let mut choices = Part::ALL.map(|part| shared.choice(part));
        let deadline = Instant::now() + SEARCHING;
        if orders.forgotten.amp {
            self.built = None;
        }
        if orders.forgotten.cab {
            self.built_cab = None;
        }
        for (part, choice) in Part::ALL.into_iter().zip(orders.choices) {
            let Some(choice) = choice else { continue };
            let opened = matches!(choice, Choice::Step { from: Some(_), .. });
            let by_host = matches!(choice, Choice::Step { by_host: true, .. });
            let wanted = match choice {
                Choice::Mend(mend) => {
                    self.mend(shared, part, mend, &mut choices, deadline);
                    continue;
                }
                Choice::BuiltIn(name) => Some(SavedPart::built_in(name)),
                Choice::Step {
                    from,
                    steps,
                    by_host,
                } => self.step(shared, part, from, steps, by_host),
            };
            let Some(mut wanted) = wanted else { continue };
            let (_, before) = shared.parameters.slot(part).current();
            // Whoever keeps files in the project keeps those that follow; not whoever opens the project
            // of somebody else, who did.
            let all = shared.embedding().is_some_and(|(all, _)| all);
            let kept = before.embeds() || file_of(&before).is_none() && all;
            let by_user = *shared.keeping_in.lock() == Some(shared.parameters.loads());
            wanted.set_embedding(kept && by_user);
            let file = file_of(&wanted);
            let folder = file.as_deref().and_then(Path::parent);
            if !by_host {
                self.parts[part.index()].own_folder = folder.map(Path::to_owned);
            }
            let folder = folder.filter(|_| opened);
            let change = self.refer(shared, part, wanted, folder, &mut choices, deadline);
            if let Some(change) = change {
                let change = Change::Parts(vec![change]);
                shared.history.lock().record(change, Instant::now());
            }
        }
        if let Some(on) = orders.embed {
            *shared.keeping_in.lock() = on.then(|| shared.parameters.loads());
            let references = || Part::ALL.map(|part| shared.parameters.slot(part).current().1);
            let before = references();
            for part in Part::ALL {
                self.embed(shared, part, on, choices[part.index()], deadline);
            }
            let changes = Part::ALL.into_iter().zip(before).zip(references());
            let changes = changes.filter(|((_, before), after)| before != after);
            let changes = changes.map(|((part, before), after)| PartChange {
                part,
                before,
                after,
            });
            let change = Change::Parts(changes.collect());
            shared.history.lock().record_alone(change, Instant::now());
        }
        for part in Part::ALL {
            self.load_saved(shared, part, choices[part.index()], deadline);
        }
        self.name_knobs(shared);
        let Some(config) = orders.config else { return };
        if shared.quit.load(Ordering::Acquire) {
            return;
        }
        if self.parts[Part::Capture.index()].loaded.is_none() {
            self.load_built_in();
        }
        if Part::ALL.map(|part| shared.choice(part)) == choices {
            self.build(shared, config, orders.offline);
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
        choices: &mut ForParts<u64>,
        deadline: Instant,
    ) -> Option<PartChange> {
        self.parts[part.index()].cursor = file_of(&wanted);
        let order = choices[part.index()];
        let cancelled = || shared.is_superseded(part, order);
        let chosen = chosen(folder);
        let arrived = load(shared, part, &wanted, &chosen, deadline, &cancelled).ok()?;
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
        let slot = shared.parameters.slot(part);
        let (_, before) = slot.current();
        let after = arrived.saved.clone();
        let generation = slot.choose(after.clone());
        shared.made_a_change();
        // Our own change of the reference is no reason to stop.
        choices[part.index()] = shared.choice(part);
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

    /// Puts the file of a part into its reference, or takes it out.
    fn embed(&mut self, shared: &Shared, part: Part, on: bool, order: u64, deadline: Instant) {
        let slot = shared.parameters.slot(part);
        let (generation, mut saved) = slot.current();
        let Some(path) = file_of(&saved) else { return };
        let chosen = chosen(None);
        let cancelled = || shared.is_superseded(part, order);
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
            let arrived = load(shared, part, &saved, &chosen, deadline, &cancelled);
            match arrived {
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
            shared.made_a_change();
            if on && shared.is_absent(part) {
                // It has come back: it is to play, too.
                self.load_anew(part);
            }
        }
    }

    /// Has [`Worker::load_saved`] load the part, whether or not that was done or tried.
    pub(super) fn load_anew(&mut self, part: Part) {
        let held = &mut self.parts[part.index()];
        held.failed = None;
        if let Some(loaded) = &mut held.loaded {
            loaded.generation = None;
        }
    }

    /// Loads what the project refers to, if that is not what is in memory.
    fn load_saved(&mut self, shared: &Shared, part: Part, order: u64, deadline: Instant) {
        let slot = shared.parameters.slot(part);
        let (generation, saved) = slot.current();
        let held = &mut self.parts[part.index()];
        let known = held.loaded.as_ref().map(|loaded| loaded.generation);
        if known == Some(Some(generation)) || held.failed == Some(generation) {
            return;
        }
        held.cursor = None;
        let looked_for = shared.looked_for.lock()[part.index()] == Some(generation);
        let cancelled = || shared.is_superseded(part, order);
        let chosen = chosen(None);
        match load(shared, part, &saved, &chosen, deadline, &cancelled) {
            Ok(arrived) => {
                let current = slot.resolved(generation, arrived.saved.clone());
                if current && looked_for && !arrived.replaced {
                    // Found because the user asked for it, perhaps in another place.
                    shared.made_a_change();
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

    /// What sounds where a new instance finds nothing else.
    pub(super) fn load_built_in(&mut self) {
        let built_in = &builtin::CAPTURES[0];
        let hash = ContentHash::of(built_in.bytes);
        let part = Part::Capture;
        let content = Content::parse(part, built_in.name, built_in.bytes, hash, &|| false);
        if let Ok(content) = content {
            let loaded = Loaded::new(content);
            self.parts[part.index()].loaded = Some(Loaded {
                called: loaded.name(&SavedPart::built_in(built_in.name)),
                ..loaded
            });
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
            loaded,
            replaced,
        } = arrived;
        let place = match &saved.source {
            Source::File(file) if listed => place(&file.path),
            Source::File(_) | Source::Unknown(_) => None,
            Source::BuiltIn(name) => built_in_place(part, name),
        };
        let loads = shared.parameters.slot(part).loads();
        let looked_for = shared.looked_for.lock()[part.index()] == Some(generation);
        let held = &mut self.parts[part.index()];
        let called = loaded.name(&saved);
        let now = shown_of(&loaded);
        let mut shown = shared.shown.lock();
        let shown = &mut shown.parts[part.index()];
        *shown = PartLoaderStatus {
            name: match replaced {
                true => Some(saved.name().to_owned()),
                false => called.clone(),
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
            ..now
        };
        held.failed = None;
        held.loaded = Some(Loaded {
            generation: Some(generation),
            loads,
            called,
            ..loaded
        });
    }

    pub(super) fn loaded(&self, part: Part) -> Option<&Loaded> {
        self.parts[part.index()].loaded.as_ref()
    }

    /// The capture in memory as a part of the rig, if there is one.
    fn capture(&self, part: Part) -> Option<LoadedCapture<'_>> {
        let loaded = self.loaded(part)?;
        match &loaded.content {
            Content::Capture(capture, levels, _) => Some(LoadedCapture {
                capture,
                levels: *levels,
                loaded,
            }),
            _ => None,
        }
    }

    /// The capture that is to play, and the one that it is to be as loud as.
    fn playing(
        &self,
        settings: &Settings,
    ) -> Option<(LoadedCapture<'_>, Option<LoadedCapture<'_>>)> {
        let first = self.capture(Part::Capture);
        let second = self.capture(Part::SecondCapture);
        match second.filter(|_| playing(settings) == Part::SecondCapture) {
            Some(second) => {
                let matched = settings.match_levels;
                Some((second, first.filter(|_| matched)))
            }
            None => Some((first?, None)),
        }
    }

    /// Tells the host what the knobs of the capture that is to play are called.
    pub(super) fn name_knobs(&self, shared: &Shared) {
        let playing = self.playing(&shared.parameters.settings());
        let knobs = playing.map(|(playing, _)| playing.capture.controls().cloned());
        let knobs = knobs.and_then(Result::ok).unwrap_or_default();
        shared.parameters.knobs.name(&knobs);
    }

    /// Measures what the captures in memory cost here, those for which that is not known yet.
    pub(super) fn tell_costs(&mut self, shared: &Shared) {
        if self.has_something_to_send() {
            return;
        }
        for part in [Part::Capture, Part::SecondCapture] {
            let Some(held) = self.capture(part) else {
                continue;
            };
            if held.loaded.told_cost.get() {
                continue;
            }
            held.loaded.told_cost.set(true);
            let cost = cost(held.capture);
            let mut shown = shared.shown.lock();
            if let Some(shown) = &mut shown.parts[part.index()].capture {
                let mut card = CaptureInfo::clone(&shown.card);
                card.set_cost(cost);
                shown.card = card.into();
            }
            drop(shown);
            shared.repaint.request_repaint();
            // One at a time: an order may be waiting.
            return;
        }
    }
}

/// What there is to show of what plays, but for its name and where it comes from.
pub(super) fn shown_of(loaded: &Loaded) -> PartLoaderStatus {
    PartLoaderStatus {
        capture: match &loaded.content {
            Content::Capture(capture, levels, measured) => Some(CaptureLoaderStatus {
                levels: *levels,
                slims: !capture.slim_steps().is_empty(),
                has_cab: capture.metadata().has_cab(),
                knobs: capture.controls().cloned().unwrap_or_default(),
                card: CaptureInfo::new(capture, levels, measured.delay).into(),
            }),
            _ => None,
        },
        automatic: matches!(loaded.content, Content::Automatic(_)),
        response: match &loaded.content {
            Content::Response(response) => Some(response_db(response)),
            Content::Automatic(response) => response.as_ref().map(response_db),
            Content::Nothing | Content::Capture(..) => None,
        },
        ..PartLoaderStatus::default()
    }
}

/// Counts everything that was ever loaded or built, so that any two are told apart.
fn next_ticket() -> u64 {
    static TICKETS: AtomicU64 = AtomicU64::new(1);
    TICKETS.fetch_add(1, Ordering::Relaxed)
}

impl Content {
    /// What a file with this hash holds that is to be this part; why not, in words, if it cannot be
    /// or was cancelled.
    pub(super) fn parse(
        part: Part,
        name: &str,
        bytes: &[u8],
        hash: ContentHash,
        cancelled: &dyn Fn() -> bool,
    ) -> Result<Self, String> {
        if part.is_cab() {
            let response = impulse_file::read(name.as_ref(), bytes).map_err(|e| e.to_string())?;
            return Ok(Content::Response(response));
        }
        let capture = Capture::from_bytes_unless(name, bytes, cancelled);
        let capture = capture.map_err(|e| e.to_string())?;
        // Of several inputs it must be known what they are.
        capture.controls().map_err(|e| e.to_string())?;
        let measured = measurements::of(&capture, hash, cancelled);
        let measured = measured.ok_or_else(|| CaptureError::Cancelled.to_string())?;
        let levels = match part {
            // How loud it is, is of no use.
            Part::Pedal => Levels::given(&capture),
            _ => Levels::measured(&capture, &measured),
        };
        Ok(Content::Capture(Box::new(capture), levels, measured))
    }

    /// In Hz; 0 where there is no sound.
    pub(super) fn sample_rate(&self) -> f64 {
        match self {
            Content::Nothing | Content::Automatic(_) => 0.0,
            Content::Capture(capture, ..) => capture.sample_rate(),
            Content::Response(response) => response.rate(),
        }
    }
}

impl Loaded {
    pub(super) fn new(content: Content) -> Self {
        Loaded {
            ticket: next_ticket(),
            content,
            called: None,
            generation: None,
            loads: 0,
            measured: OnceCell::new(),
            told_cost: Cell::new(false),
        }
    }

    /// What to call it: as its maker did, else as the file. `None` for nothing.
    fn name(&self, saved: &SavedPart) -> Option<String> {
        let given = match &self.content {
            Content::Nothing => return None,
            Content::Automatic(_) => return Some("Automatic".into()),
            Content::Capture(capture, ..) => capture.metadata().name.as_deref().map(one_line),
            Content::Response(_) => None,
        };
        let given = given.filter(|name| !name.trim().is_empty());
        given.or_else(|| Some(saved.name().to_owned()))
    }
}

/// The cabinet for captures that have none.
pub(super) fn automatic_cab() -> Option<ImpulseResponse> {
    let built_in = &builtin::CABS[0];
    impulse_file::read(built_in.name.as_ref(), built_in.bytes).ok()
}

/// What an impulse response does to the frequencies of [`curve_frequency`], in dB, made as loud as
/// all others.
fn response_db(response: &ImpulseResponse) -> Arc<[f32]> {
    let level = response.gain_db(true);
    let at = |point| (response.response_db(curve_frequency(point)) + level) as f32;
    (0..CURVE_POINTS).map(at).collect()
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

#[cfg(test)]
mod tests {
    use super::*;

    /// Whenever it is that nobody wants a capture any more, whoever reads or measures it ends soon.
    #[test]
    fn what_is_no_longer_wanted_is_not_read_on() {
        let bytes = builtin::CAPTURES[0].bytes;
        let parse = |last: usize| {
            let asked = Cell::new(0);
            let cancelled = || {
                asked.set(asked.get() + 1);
                asked.get() >= last
            };
            // Another hash each time: what is known is not measured again.
            let hash = ContentHash::of(format!("no longer wanted: {last}").as_bytes());
            let content = Content::parse(Part::Capture, "x.nam", bytes, hash, &cancelled);
            (content.is_ok(), asked.get())
        };
        let (read, looks) = parse(usize::MAX);
        assert!(read && looks > 5, "{looks}");
        for last in 1..=looks {
            assert_eq!(parse(last), (false, last));
        }
    }
}
