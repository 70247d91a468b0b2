//! The loader: each instance's own thread, which reads, builds and prewarms captures and drops those
//! that are no longer played.
//!
//! It sleeps behind a lock that only threads take which may wait (the host's, the editor's); to the
//! audio thread it speaks through [`crate::handover`] and atomics alone. Orders are counted. Newest
//! wins: an order that arrives while an older one is carried out ends that.

use std::cell::{Cell, OnceCell};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI32, AtomicU64, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use gridleak_core::{
    Amp, Cab, Capture, DEFAULT_SAMPLE_RATE, ImpulseResponse, Level, Levels, Setup, Voicing,
};
use nice_plug_egui::RepaintNotifier;
use parking_lot::{Condvar, Mutex};

use crate::builtin::{self, AUTOMATIC, NOTHING};
use crate::card::{Card, cost};
use crate::editor::{CURVE_POINTS, Message, curve_frequency};
use crate::failure::one_line;
use crate::folder::{Place, Step, neighbour, place};
use crate::handover::LoaderEnd;
use crate::history::{Change, History, PartChange};
use crate::impulse_file;
use crate::library::{Library, Origin};
use crate::parameters::Parameters;
use crate::part::{ForParts, Part};
use crate::settings::Settings;
use crate::simd_choice;
use crate::state::{Found, PartSlot, SavedPart, Source, locate};

/// How long captures stay in memory after the host has stopped the audio.
const KEPT_FOR: Duration = Duration::from_secs(5);

/// How often is looked for what came back from the audio thread, to be dropped, and for parameters
/// that ask for another sound.
const TIDYING: Duration = Duration::from_millis(50);

/// How long files that are not where they were are looked for, all parts of a rig together.
const SEARCHING: Duration = Duration::from_secs(4);

/// How often a capture is offered that the audio thread had no room for.
const OFFERING: Duration = Duration::from_millis(20);

/// A loader as the plugin and its editor hold it. When the last of them lets go, the thread ends.
pub(crate) struct Loader {
    shared: Arc<Shared>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

/// What the window shows of the loader's work.
#[derive(Debug, Clone, Default)]
pub(crate) struct Shown {
    pub(crate) parts: ForParts<ShownPart>,
    /// What went wrong or is worth knowing about no part alone.
    message: Option<Message>,
}

/// What the window shows of a part of the rig.
#[derive(Debug, Clone, Default)]
pub(crate) struct ShownPart {
    /// What plays, or is missing, for people; `None` where there is nothing.
    pub(crate) name: Option<String>,
    /// Where it comes from.
    pub(crate) origin: Option<Origin>,
    /// Of a capture.
    pub(crate) capture: Option<ShownCapture>,
    /// Its place among the like in its folder.
    pub(crate) place: Option<Place>,
    /// Of a cabinet that follows the capture.
    pub(crate) automatic: bool,
    /// What an impulse response does, see [`response_db`].
    pub(crate) response: Option<Arc<[f32]>>,
    message: Option<Message>,
}

/// What the window shows of a capture.
#[derive(Debug, Clone)]
pub(crate) struct ShownCapture {
    /// What is known of its levels.
    pub(crate) levels: Levels,
    /// Whether it has several sizes.
    pub(crate) slims: bool,
    /// Whether it was made of an amp with its cabinet.
    pub(crate) has_cab: bool,
    /// What there is to read about it.
    pub(crate) card: Arc<Card>,
}

impl ShownPart {
    /// The file that it comes from, if it does.
    pub(crate) fn file(&self) -> Option<&Path> {
        match &self.origin {
            Some(Origin::File(path)) => Some(path),
            _ => None,
        }
    }
}

impl Shown {
    /// What went wrong or is worth knowing.
    pub(crate) fn message(&self) -> Option<&Message> {
        let mut parts = self.parts.iter().map(|part| part.message.as_ref());
        parts.find_map(|message| message).or(self.message.as_ref())
    }
}

struct Shared {
    parameters: Arc<Parameters>,
    inbox: Mutex<Inbox>,
    wake: Condvar,
    /// Orders given, and the newest that was carried out.
    ordered: AtomicU64,
    carried_out: AtomicU64,
    /// Orders that name something else as a part: whoever works on an older one can stop.
    choices: ForParts<AtomicU64>,
    quit: AtomicBool,
    /// Set when a capture needs the host to start the audio anew.
    restart: AtomicBool,
    /// Steps that buttons among the parameters asked for, from the audio thread.
    steps: ForParts<AtomicI32>,
    shown: Mutex<Shown>,
    history: Mutex<History>,
    library: Arc<Library>,
    repaint: RepaintNotifier,
    /// The thread's while it runs.
    end: Mutex<LoaderEnd>,
}

/// What the thread is asked for.
#[derive(Default)]
struct Inbox {
    running: bool,
    /// While the host has the plugin active.
    setup: Option<Setup>,
    /// Whether it renders.
    offline: bool,
    kept: Vec<Box<Amp>>,
    #[allow(clippy::vec_box)] // in the boxes that they are handed over in
    kept_cabs: Vec<Box<Cab>>,
    choices: ForParts<Option<Choice>>,
    embed: Option<bool>,
    /// Whether the last start of the audio found nothing that was kept.
    forgotten: Forgotten,
    last_order: Option<Instant>,
}

/// What is no longer there although it was built.
#[derive(Debug, Clone, Copy, Default)]
struct Forgotten {
    amp: bool,
    cab: bool,
}

/// What a user asked for in the editor.
#[derive(Debug)]
enum Choice {
    /// What is so many on (or back) from that in a file, or from the current one.
    Step { from: Option<PathBuf>, steps: i32 },
    /// A sound of our own, nothing, or what suits the others.
    BuiltIn(&'static str),
    /// What was there before: not a change that is to be remembered.
    Back(Box<SavedPart>),
}

/// Asks for what is so many on (or back) from what is asked for already.
fn step_on(waiting: &mut Option<Choice>, by: i32) {
    match waiting {
        Some(Choice::Step { steps, .. }) => *steps = steps.saturating_add(by),
        _ => {
            *waiting = Some(Choice::Step {
                from: None,
                steps: by,
            });
        }
    }
}

impl Loader {
    /// The parameters and the loader of a new instance. No thread runs before there is work.
    /// What is loaded is told to `library`.
    pub(crate) fn new(
        end: LoaderEnd,
        library: Arc<Library>,
        repaint: RepaintNotifier,
    ) -> (Arc<Parameters>, Arc<Self>) {
        let shared = Arc::new_cyclic(|shared: &std::sync::Weak<Shared>| {
            let slot = |part| {
                let shared = shared.clone();
                PartSlot::new(part, move || {
                    if let Some(shared) = shared.upgrade() {
                        shared.order(|_| {}, Some(part));
                    }
                })
            };
            let parameters = Arc::new(Parameters::new(Part::ALL.map(slot)));
            Shared {
                parameters,
                inbox: Mutex::default(),
                wake: Condvar::new(),
                ordered: AtomicU64::new(0),
                carried_out: AtomicU64::new(0),
                choices: ForParts::default(),
                quit: AtomicBool::new(false),
                restart: AtomicBool::new(false),
                steps: ForParts::default(),
                shown: Mutex::default(),
                history: Mutex::default(),
                library,
                repaint,
                end: Mutex::new(end),
            }
        });
        let parameters = shared.parameters.clone();
        let loader = Arc::new(Self {
            shared,
            thread: Mutex::new(None),
        });
        (parameters, loader)
    }

    /// Tells that audio starts in such a setup, and whether the host renders.
    pub(crate) fn activate(&self, setup: Setup, offline: bool) {
        self.shared.restart.store(false, Ordering::Relaxed);
        let give = |inbox: &mut Inbox| {
            inbox.setup = Some(setup);
            inbox.offline = offline;
        };
        self.shared.order(give, None);
        self.run();
    }

    /// Tells that audio has stopped.
    pub(crate) fn deactivate(&self) {
        self.shared.order(|inbox| inbox.setup = None, None);
    }

    /// Takes a capture that may soon play again.
    pub(crate) fn keep(&self, amp: Box<Amp>) {
        self.shared.inbox.lock().kept.push(amp);
    }

    /// Takes a cabinet that may soon play again.
    pub(crate) fn keep_cab(&self, cab: Box<Cab>) {
        self.shared.inbox.lock().kept_cabs.push(cab);
    }

    /// Gives back the newest capture that was kept and fits; the others are dropped.
    pub(crate) fn take_kept(&self, setup: Setup) -> Option<Box<Amp>> {
        let kept = std::mem::take(&mut self.shared.inbox.lock().kept);
        let fitting = kept.into_iter().filter(|amp| amp.setup() == setup);
        let newest = fitting.max_by_key(|amp| amp.ticket());
        self.shared.inbox.lock().forgotten.amp |= newest.is_none();
        newest
    }

    /// Gives back the newest cabinet that was kept and fits; the others are dropped.
    pub(crate) fn take_kept_cab(&self, setup: Setup) -> Option<Box<Cab>> {
        let kept = std::mem::take(&mut self.shared.inbox.lock().kept_cabs);
        let fitting = kept.into_iter().filter(|cab| cab.setup() == setup);
        let newest = fitting.max_by_key(|cab| cab.ticket());
        self.shared.inbox.lock().forgotten.cab |= newest.is_none();
        newest
    }

    /// Loads what the user chose for a part of the rig.
    pub(crate) fn open(&self, part: Part, origin: Origin) {
        let choice = match origin {
            Origin::File(path) => Choice::Step {
                from: Some(path),
                steps: 0,
            },
            Origin::BuiltIn(name) => Choice::BuiltIn(name),
        };
        self.choose(part, |waiting| *waiting = Some(choice));
    }

    #[cfg(test)]
    fn open_file(&self, part: Part, path: PathBuf) {
        self.open(part, Origin::File(path));
    }

    /// Loads what was there before, or after.
    pub(crate) fn put_back(&self, part: Part, saved: SavedPart) {
        let choice = Choice::Back(saved.into());
        self.choose(part, |waiting| *waiting = Some(choice));
    }

    /// What was changed, to be taken back. Locked for instants only.
    pub(crate) fn history(&self) -> &Mutex<History> {
        &self.shared.history
    }

    /// Empties a part of the rig; a capture becomes the first of ours.
    pub(crate) fn clear(&self, part: Part) {
        let first = match part {
            Part::Capture => builtin::CAPTURES[0].name,
            _ => NOTHING,
        };
        self.choose(part, |waiting| *waiting = Some(Choice::BuiltIn(first)));
    }

    /// Has the cabinet follow the capture again.
    pub(crate) fn choose_cab_by_capture(&self) {
        let choice = Choice::BuiltIn(AUTOMATIC);
        self.choose(Part::Cab, |waiting| *waiting = Some(choice));
    }

    /// Loads the next file of the folder (or of the built-in ones), or the one before.
    pub(crate) fn step(&self, part: Part, step: Step) {
        let by = match step {
            Step::Next => 1,
            Step::Previous => -1,
        };
        self.choose(part, |waiting| step_on(waiting, by));
    }

    /// Asks for [`Loader::step`] from the audio thread. The loader sees it when it looks next.
    pub(crate) fn step_soon(&self, part: Part, step: Step) {
        let by = match step {
            Step::Next => 1,
            Step::Previous => -1,
        };
        self.shared.steps[part.index()].fetch_add(by, Ordering::Relaxed);
    }

    /// Has the loader look at once for what parameters ask for. Locks: for offline rendering only.
    pub(crate) fn look(&self) {
        self.shared.take_steps();
        self.shared.order(|_| {}, None);
    }

    /// Has the project carry the files of all parts of the rig, or no longer.
    pub(crate) fn embed(&self, on: bool) {
        self.shared.order(|inbox| inbox.embed = Some(on), None);
        self.run();
    }

    /// Whether the project carries the files of its rig, and how many bytes that takes; `None` where
    /// there is no file.
    pub(crate) fn embedding(&self) -> Option<(bool, usize)> {
        let saved = Part::ALL.map(|part| self.shared.parameters.slot(part).current().1);
        let mut files = saved
            .iter()
            .filter(|saved| file_of(saved).is_some())
            .peekable();
        files.peek()?;
        Some(files.fold((true, 0), |(all, bytes), saved| {
            (all && saved.embeds(), bytes + saved.embedded_bytes())
        }))
    }

    fn choose(&self, part: Part, choice: impl FnOnce(&mut Option<Choice>)) {
        let give = |inbox: &mut Inbox| choice(&mut inbox.choices[part.index()]);
        self.shared.order(give, Some(part));
        self.run();
    }

    /// What there is to show.
    pub(crate) fn shown(&self) -> Shown {
        let refused = Part::ALL.map(|part| self.shared.parameters.slot(part).take_error());
        let mut shown = self.shared.shown.lock();
        for (shown, refused) in shown.parts.iter_mut().zip(refused) {
            if let Some(text) = refused {
                shown.message = Some(Message::error(text));
            }
        }
        shown.clone()
    }

    /// Forgets the message.
    pub(crate) fn dismiss_message(&self) {
        let mut shown = self.shared.shown.lock();
        shown.message = None;
        shown.parts.iter_mut().for_each(|part| part.message = None);
    }

    /// What the host plays at, while it has the plugin active.
    pub(crate) fn setup(&self) -> Option<Setup> {
        self.shared.inbox.lock().setup
    }

    /// Frames by which the next rig to play will be late at a host's rate in Hz, or a little less.
    pub(crate) fn expected_latency(&self, host: f64, offline: bool) -> usize {
        self.shared.expected_latency(host, offline)
    }

    /// The number of the newest order.
    pub(crate) fn newest_order(&self) -> u64 {
        self.shared.ordered.load(Ordering::Acquire)
    }

    /// Whether an order was carried out, with success or without.
    pub(crate) fn has_carried_out(&self, order: u64) -> bool {
        self.shared.carried_out.load(Ordering::Acquire) >= order
    }

    /// Whether the host is to be asked to start the audio anew; true once each time.
    pub(crate) fn take_restart_request(&self) -> bool {
        // Reading is cheap, and almost always enough.
        self.shared.restart.load(Ordering::Relaxed)
            && self.shared.restart.swap(false, Ordering::Relaxed)
    }

    /// Starts the thread if it does not run.
    fn run(&self) {
        let mut thread = self.thread.lock();
        let mut inbox = self.shared.inbox.lock();
        if inbox.running || self.shared.quit.load(Ordering::Acquire) {
            return;
        }
        // The one before has decided to end, holding the lock: it is at its end.
        if let Some(ended) = thread.take() {
            let _ = ended.join();
        }
        let shared = self.shared.clone();
        let started = std::thread::Builder::new()
            .name("gridleak-loader".into())
            .spawn(move || work(&shared));
        match started {
            Ok(handle) => {
                inbox.running = true;
                *thread = Some(handle);
            }
            Err(reason) => {
                drop(inbox);
                self.shared.say(Message::error(format!(
                    "The system gives no thread to load captures on ({reason}). Close some programs and try again."
                )));
                let order = self.newest_order();
                self.shared.carried_out.store(order, Ordering::Release);
            }
        }
    }
}

impl Loader {
    /// Ends the thread, and drops all captures. To be called when the instance goes: whoever else
    /// holds the loader, such as an editor, then asks in vain.
    pub(crate) fn end(&self) {
        self.shared.quit.store(true, Ordering::Release);
        // The lock makes sure that the thread is either before its look at `quit` or asleep.
        drop(self.shared.inbox.lock());
        self.shared.wake.notify_all();
        if let Some(thread) = self.thread.lock().take() {
            let _ = thread.join();
        }
        let kept = take_kept(&mut self.shared.inbox.lock());
        drop(kept);
    }
}

/// Everything that was kept, to be dropped behind the lock.
#[allow(clippy::vec_box)] // as above
fn take_kept(inbox: &mut Inbox) -> (Vec<Box<Amp>>, Vec<Box<Cab>>) {
    (
        std::mem::take(&mut inbox.kept),
        std::mem::take(&mut inbox.kept_cabs),
    )
}

impl Shared {
    /// Gives an order; `choice`: the part that it names something else as.
    fn order(&self, give: impl FnOnce(&mut Inbox), choice: Option<Part>) {
        let mut inbox = self.inbox.lock();
        give(&mut inbox);
        inbox.last_order = Some(Instant::now());
        if let Some(part) = choice {
            self.choices[part.index()].fetch_add(1, Ordering::Relaxed);
        }
        self.ordered.fetch_add(1, Ordering::Release);
        drop(inbox);
        self.wake.notify_all();
    }

    /// Whether something else was named as a part since, or the instance goes away.
    fn is_superseded(&self, part: Part, choice: u64) -> bool {
        self.quit.load(Ordering::Acquire) || self.choice(part) != choice
    }

    /// See [`Loader::expected_latency`].
    fn expected_latency(&self, host: f64, offline: bool) -> usize {
        let wanted = self.parameters.oversampling(offline);
        // Some captures cannot be oversampled that far, or at all, and only the file tells.
        let factors = || [1, 2, 4, 8].into_iter().filter(|&factor| factor <= wanted);
        let late = |part| {
            let (_, saved) = self.parameters.slot(part).current();
            if saved.built_in_name() == Some(NOTHING) {
                return 0;
            }
            let rate = saved.rate.unwrap_or(DEFAULT_SAMPLE_RATE);
            let late = factors().map(|factor| gridleak_core::latency(host, rate * factor as f64));
            late.max().unwrap_or(0)
        };
        late(Part::Capture).max(late(Part::SecondCapture)) + late(Part::Pedal)
    }

    /// The number of the newest order that names something else as a part.
    fn choice(&self, part: Part) -> u64 {
        self.choices[part.index()].load(Ordering::Acquire)
    }

    /// Makes orders of the steps that buttons asked for.
    fn take_steps(&self) {
        for part in Part::ALL {
            let by = self.steps[part.index()].swap(0, Ordering::Relaxed);
            if by != 0 {
                let give = |inbox: &mut Inbox| step_on(&mut inbox.choices[part.index()], by);
                self.order(give, Some(part));
            }
        }
    }

    fn say(&self, message: Message) {
        self.shown.lock().message = Some(message);
        self.repaint.request_repaint();
    }

    fn say_of(&self, part: Part, message: Message) {
        self.shown.lock().parts[part.index()].message = Some(message);
        self.repaint.request_repaint();
    }
}

/// The thread, until it is no longer needed.
fn work(shared: &Shared) {
    let mut end = shared.end.lock();
    let mut worker = Worker::default();
    let mut inbox = shared.inbox.lock();
    while !shared.quit.load(Ordering::Acquire) {
        drop(inbox);
        shared.take_steps();
        inbox = shared.inbox.lock();
        let order = shared.ordered.load(Ordering::Acquire);
        if order != shared.carried_out.load(Ordering::Acquire) {
            let orders = inbox.take_orders();
            drop(inbox);
            worker = guarded(shared, worker, |worker| worker.carry_out(shared, orders));
            worker.send(&mut end);
            shared.carried_out.store(order, Ordering::Release);
            shared.repaint.request_repaint();
            inbox = shared.inbox.lock();
            continue;
        }
        let idle = inbox.setup.is_none()
            && inbox
                .last_order
                .is_none_or(|last| last.elapsed() >= KEPT_FOR);
        if idle {
            break;
        }
        let pause = if worker.has_something_to_send() {
            OFFERING
        } else {
            TIDYING
        };
        shared.wake.wait_for(&mut inbox, pause);
        if let Some(setup) = inbox.setup {
            let offline = inbox.offline;
            drop(inbox);
            end.drop_returned();
            worker = guarded(shared, worker, |worker| {
                worker.build_anew(shared, setup, offline);
            });
            worker.send(&mut end);
            worker = guarded(shared, worker, |worker| worker.tell_costs(shared));
            inbox = shared.inbox.lock();
        }
    }
    inbox.running = false;
    let kept = take_kept(&mut inbox);
    drop(inbox);
    drop(kept);
    end.drop_returned();
}

/// Has the worker do something. A panic would be a mistake of ours; it must not take the host with it.
fn guarded(shared: &Shared, mut worker: Worker, act: impl FnOnce(&mut Worker)) -> Worker {
    let tried = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| act(&mut worker)));
    if tried.is_ok() {
        return worker;
    }
    shared.say(Message::error(
        "Gridleak could not load this because of a mistake of its own. Load something else, and please report this file.",
    ));
    Worker::default()
}

impl Inbox {
    fn take_orders(&mut self) -> Orders {
        Orders {
            setup: self.setup,
            offline: self.offline,
            choices: std::mem::take(&mut self.choices),
            embed: self.embed.take(),
            forgotten: std::mem::take(&mut self.forgotten),
        }
    }
}

/// What the thread is to do now.
struct Orders {
    setup: Option<Setup>,
    offline: bool,
    choices: ForParts<Option<Choice>>,
    embed: Option<bool>,
    forgotten: Forgotten,
}

/// What the thread knows.
#[derive(Default)]
struct Worker {
    parts: ForParts<Held>,
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
struct Held {
    loaded: Option<Loaded>,
    /// The generation of the saved reference that could not be loaded.
    failed: Option<u64>,
    /// The file that was asked for last, from which the way goes to the next.
    cursor: Option<PathBuf>,
}

struct Loaded {
    content: Content,
    /// The generation of the reference in the project that it is, if it is that.
    generation: Option<u64>,
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
enum Content {
    Nothing,
    /// The cabinet that suits the capture: this one, unless the capture has its own.
    Automatic(Option<ImpulseResponse>),
    Capture(Box<Capture>, Levels),
    Response(ImpulseResponse),
}

/// All that what plays depends on: tickets, and the figures that are built in.
#[derive(Debug, Clone, Copy, PartialEq)]
struct AmpPlan {
    capture: u64,
    /// The capture that it is to be as loud as.
    like: Option<u64>,
    pedal: Option<u64>,
    setup: Setup,
    oversampling: usize,
}

#[derive(Debug, Clone, Copy, PartialEq)]
struct CabPlan {
    responses: [Option<u64>; 2],
    setup: Setup,
}

impl Worker {
    /// Brings what is in memory to what is asked for, and builds it if audio runs.
    fn carry_out(&mut self, shared: &Shared, orders: Orders) {
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
            let back = matches!(choice, Choice::Back(_));
            let Some(mut wanted) = self.resolve(shared, part, choice) else {
                continue;
            };
            let (_, before) = shared.parameters.slot(part).current();
            if !back {
                // Whoever keeps files in the project keeps those that follow.
                wanted.set_embedding(before.embeds());
            }
            let order = choices[part.index()];
            if self.load_choice(shared, part, wanted, order, deadline) {
                // Our own change of the reference is no reason to stop.
                choices[part.index()] = shared.choice(part);
                if !back {
                    let (_, after) = shared.parameters.slot(part).current();
                    let change = PartChange {
                        part,
                        before,
                        after,
                    };
                    let change = Change::Parts(vec![change]);
                    shared.history.lock().record(change, Instant::now());
                }
            } else if back && !shared.is_superseded(part, order) {
                shared.history.lock().could_not();
            }
        }
        if let Some(on) = orders.embed {
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
        let Some(setup) = orders.setup else { return };
        if self.parts[Part::Capture.index()].loaded.is_none() {
            self.load_built_in();
        }
        if Part::ALL.map(|part| shared.choice(part)) == choices {
            self.build(shared, setup, orders.offline);
        }
    }

    /// The reference to what the user chose.
    fn resolve(&self, shared: &Shared, part: Part, choice: Choice) -> Option<SavedPart> {
        let (from, steps) = match choice {
            Choice::BuiltIn(name) => return Some(SavedPart::built_in(name)),
            Choice::Back(saved) => return Some(*saved),
            Choice::Step { from, steps } => (from, steps),
        };
        let (_, mut current) = shared.parameters.slot(part).current();
        if part == Part::SecondCapture && current.built_in_name() == Some(NOTHING) {
            // Whoever compares goes on from what there is.
            current = shared.parameters.slot(Part::Capture).current().1;
        }
        if current.built_in_name() == Some(NOTHING) && from.is_none() {
            let text = format!(
                "{}: there is nothing to step from. Load something first.",
                part.title()
            );
            shared.say_of(part, Message::notice(text));
            return None;
        }
        let cursor = &self.parts[part.index()].cursor;
        let from = from
            .or_else(|| cursor.clone())
            .or_else(|| file_of(&current));
        match (from, current.built_in_name()) {
            (Some(path), _) if steps == 0 => Some(SavedPart::file(&path)),
            (Some(path), _) => match neighbour(&path, steps) {
                Some((path, _)) => Some(SavedPart::file(&path)),
                None => {
                    let folder = path.parent().unwrap_or(&path).display();
                    let text =
                        format!("There is no other file of its kind in the folder {folder}.");
                    shared.say_of(part, Message::notice(text));
                    None
                }
            },
            (None, Some(name)) => {
                let alike = built_in_alike(part);
                let here = alike.iter().position(|c| c.name == name).unwrap_or(0);
                let there = (here as i64 + i64::from(steps)).rem_euclid(alike.len() as i64);
                Some(SavedPart::built_in(alike[there as usize].name))
            }
            (None, None) => None,
        }
    }

    /// Loads what the user chose. Only if that works does the project refer to it.
    fn load_choice(
        &mut self,
        shared: &Shared,
        part: Part,
        choice: SavedPart,
        order: u64,
        deadline: Instant,
    ) -> bool {
        self.parts[part.index()].cursor = file_of(&choice);
        let cancelled = || shared.is_superseded(part, order);
        let Some((choice, loaded)) = load(shared, part, &choice, deadline, &cancelled) else {
            return false;
        };
        if cancelled() {
            return false;
        }
        if let Some(folder) = file_of(&choice).as_deref().and_then(Path::parent) {
            // Only a convenience for finding files later.
            let _ = Settings::remember_capture_folder(folder);
        }
        if let Some(origin) = origin_of(&choice) {
            shared.library.used(origin);
        }
        let generation = shared.parameters.slot(part).choose(choice.clone());
        self.take(shared, part, loaded, generation, &choice);
        true
    }

    /// Puts the file of a part into its reference, or takes it out.
    fn embed(&self, shared: &Shared, part: Part, on: bool, order: u64, deadline: Instant) {
        let slot = shared.parameters.slot(part);
        let (generation, mut saved) = slot.current();
        if file_of(&saved).is_none() {
            return;
        }
        saved.set_embedding(on);
        if on {
            let cancelled = || shared.is_superseded(part, order);
            let Some((resolved, _)) = load(shared, part, &saved, deadline, &cancelled) else {
                return;
            };
            saved = resolved;
        }
        slot.resolved(generation, saved);
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
        if known.is_some() {
            // The host has loaded another project.
            shared.history.lock().clear();
        }
        let cancelled = || shared.is_superseded(part, order);
        match load(shared, part, &saved, deadline, &cancelled) {
            Some((resolved, loaded)) => {
                slot.resolved(generation, resolved.clone());
                self.take(shared, part, loaded, generation, &resolved);
            }
            None if cancelled() => {}
            None => {
                held.failed = Some(generation);
                let mut shown = shared.shown.lock();
                let shown = &mut shown.parts[part.index()];
                *shown = ShownPart {
                    name: Some(saved.name().to_owned()),
                    origin: origin_of(&saved),
                    // What played goes on.
                    capture: shown.capture.take(),
                    message: shown.message.take(),
                    ..ShownPart::default()
                };
            }
        }
    }

    /// What sounds where a new instance finds nothing else.
    fn load_built_in(&mut self) {
        let built_in = &builtin::CAPTURES[0];
        if let Ok(capture) = Capture::from_bytes(built_in.name, built_in.bytes) {
            let held = &mut self.parts[Part::Capture.index()];
            held.loaded = Some(Loaded::new(Content::capture(capture)));
        }
    }

    /// Makes what was loaded the part in memory.
    fn take(
        &mut self,
        shared: &Shared,
        part: Part,
        loaded: Loaded,
        generation: u64,
        saved: &SavedPart,
    ) {
        let place = match &saved.source {
            Source::File(file) => place(&file.path),
            Source::BuiltIn(name) => built_in_place(part, name),
        };
        let response = match &loaded.content {
            Content::Response(response) => Some(response_db(response)),
            Content::Automatic(response) => response.as_ref().map(response_db),
            Content::Nothing | Content::Capture(..) => None,
        };
        let capture = match &loaded.content {
            Content::Capture(capture, levels) => Some(ShownCapture {
                levels: *levels,
                slims: !capture.slim_steps().is_empty(),
                has_cab: capture.metadata().has_cab(),
                card: Card::new(capture, levels).into(),
            }),
            _ => None,
        };
        let mut shown = shared.shown.lock();
        shown.parts[part.index()] = ShownPart {
            name: loaded.name(saved),
            origin: origin_of(saved),
            capture,
            place,
            automatic: matches!(loaded.content, Content::Automatic(_)),
            response,
            message: shown.parts[part.index()].message.take(),
        };
        drop(shown);
        let held = &mut self.parts[part.index()];
        held.failed = None;
        held.loaded = Some(Loaded {
            generation: Some(generation),
            ..loaded
        });
    }

    fn loaded(&self, part: Part) -> Option<&Loaded> {
        self.parts[part.index()].loaded.as_ref()
    }

    /// The capture in memory as a part of the rig, if there is one.
    fn capture(&self, part: Part) -> Option<LoadedCapture<'_>> {
        let loaded = self.loaded(part)?;
        match &loaded.content {
            Content::Capture(capture, levels) => Some(LoadedCapture {
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
        parameters: &Parameters,
    ) -> Option<(LoadedCapture<'_>, Option<LoadedCapture<'_>>)> {
        let first = self.capture(Part::Capture);
        let second = self.capture(Part::SecondCapture);
        match second.filter(|_| parameters.playing() == Part::SecondCapture) {
            Some(second) => {
                let matched = parameters.compare.matched.value();
                Some((second, first.filter(|_| matched)))
            }
            None => Some((first?, None)),
        }
    }

    /// What is to be built.
    fn plan(&self, shared: &Shared, setup: Setup, offline: bool) -> Option<AmpPlan> {
        let (playing, like) = self.playing(&shared.parameters)?;
        Some(AmpPlan {
            capture: playing.loaded.ticket,
            like: like.map(|like| like.loaded.ticket),
            pedal: self.capture(Part::Pedal).map(|pedal| pedal.loaded.ticket),
            setup,
            oversampling: shared.parameters.oversampling(offline),
        })
    }

    /// Measures what the captures in memory cost here, those for which that is not known yet.
    fn tell_costs(&mut self, shared: &Shared) {
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
                let mut card = Card::clone(&shown.card);
                card.set_cost(cost);
                shown.card = card.into();
            }
            drop(shown);
            shared.repaint.request_repaint();
            // One at a time: an order may be waiting.
            return;
        }
    }

    /// Builds what changed.
    fn build(&mut self, shared: &Shared, setup: Setup, offline: bool) {
        self.build_amp(shared, setup, offline);
        self.build_cab(shared, setup);
    }

    /// Builds anew if parameters ask for something else, of which nobody tells the loader.
    fn build_anew(&mut self, shared: &Shared, setup: Setup, offline: bool) {
        let last = self.late.or(self.built);
        let last = last.filter(|plan| plan.setup == setup);
        if let Some(last) = last
            && let Some(plan) = self.plan(shared, setup, offline)
            && plan != last
        {
            self.build(shared, setup, offline);
            if plan.oversampling != last.oversampling {
                // What is late by more or less than the host was told can only be told to it anew.
                let anew = shared.expected_latency(setup.rate, offline) != setup.latency;
                shared.restart.store(anew, Ordering::Relaxed);
            }
        }
    }

    /// Builds the capture that is to play for `setup`, with the pedal before it, if that is not what
    /// was built last.
    fn build_amp(&mut self, shared: &Shared, setup: Setup, offline: bool) {
        let Some(plan) = self.plan(shared, setup, offline) else {
            return;
        };
        if self.late == Some(plan) {
            return;
        }
        if self.built == Some(plan) {
            if self.late.take().is_some() {
                shared.shown.lock().message = None;
            }
            return;
        }
        let Some((playing, like)) = self.playing(&shared.parameters) else {
            return;
        };
        let capture = &*playing.capture.oversampled(plan.oversampling);
        let pedal = self.capture(Part::Pedal);
        let pedal = pedal.map(|pedal| (pedal.capture.oversampled(plan.oversampling), pedal.levels));
        let late = |capture: &Capture| gridleak_core::latency(setup.rate, capture.sample_rate());
        let needed = late(capture) + pedal.as_ref().map_or(0, |(pedal, _)| late(pedal));
        if needed > setup.latency {
            shared.say(Message::notice(format!(
                "This plays {:.1} ms later here than the host expects ({} Hz in a host at {} Hz). It plays as soon as the host starts its audio anew.",
                1000.0 * (needed - setup.latency) as f64 / setup.rate,
                capture.sample_rate(),
                setup.rate,
            )));
            shared.restart.store(true, Ordering::Relaxed);
            self.late = Some(plan);
            return;
        }
        let level = simd_choice::choose().unwrap_or_else(|_| Level::detect());
        let voicing = |levels| Voicing {
            levels,
            slim: f64::from(shared.parameters.slim.value()),
        };
        // Every change is another sound, also where the capture stays.
        let alone = || {
            let amp = Amp::new(
                capture,
                setup,
                voicing(playing.levels),
                next_ticket(),
                level,
            )?;
            let gap = like.and_then(|like| Some(like.measured()? - playing.measured()?));
            Ok::<_, String>(match (like, gap) {
                (Some(like), Some(gap)) => amp.as_loud_as(like.levels, gap),
                _ => amp,
            })
        };
        let amp = match &pedal {
            Some((pedal, levels)) => alone().and_then(|amp| {
                let both = amp.behind(pedal, voicing(*levels), level);
                both.or_else(|reason| {
                    let text = format!("This pedal cannot play here: {reason}");
                    shared.say_of(Part::Pedal, Message::error(text));
                    alone()
                })
            }),
            None => alone(),
        };
        let mut has_cab = self.has_cab;
        match amp {
            Ok(amp) => {
                has_cab = capture.metadata().has_cab();
                self.ready = Some(Box::new(amp));
                shared.shown.lock().message = None;
            }
            Err(reason) => shared.say(Message::error(format!(
                "This capture cannot play here: {reason}"
            ))),
        }
        self.has_cab = has_cab;
        self.built = Some(plan);
        self.late = None;
    }

    /// Builds the cabinet in memory for `setup`, if that is not what was built last.
    fn build_cab(&mut self, shared: &Shared, setup: Setup) {
        let response = |part| {
            let loaded = self.loaded(part)?;
            match &loaded.content {
                Content::Response(response) => Some((loaded.ticket, response)),
                Content::Automatic(Some(response)) if !self.has_cab => Some((0, response)),
                _ => None,
            }
        };
        let [first, second] = [response(Part::Cab), response(Part::SecondCab)];
        let plan = CabPlan {
            responses: [first, second].map(|response| response.map(|(ticket, _)| ticket)),
            setup,
        };
        if self.built_cab == Some(plan) {
            return;
        }
        let [first, second] = [first, second].map(|found| found.map(|(_, response)| response));
        match Cab::new(first, second, setup, next_ticket()) {
            Ok(cab) => self.ready_cab = Some(Box::new(cab)),
            Err(reason) => shared.say_of(
                Part::Cab,
                Message::error(format!("This cabinet cannot play here: {reason}")),
            ),
        }
        self.built_cab = Some(plan);
    }

    fn has_something_to_send(&self) -> bool {
        self.ready.is_some() || self.ready_cab.is_some()
    }

    /// Sends what is ready; if there is no room now, later.
    fn send(&mut self, end: &mut LoaderEnd) {
        if let Some(cab) = self.ready_cab.take() {
            self.ready_cab = end.cabs.send(cab).err();
        }
        if let Some(amp) = self.ready.take() {
            self.ready = end.captures.send(amp).err();
        }
    }
}

/// Finds, reads and checks a part of the rig. If there is something to say, it is said.
fn load(
    shared: &Shared,
    part: Part,
    saved: &SavedPart,
    deadline: Instant,
    cancelled: &dyn Fn() -> bool,
) -> Option<(SavedPart, Loaded)> {
    let quiet = || shared.shown.lock().parts[part.index()].message = None;
    let fixed = match saved.built_in_name() {
        Some(NOTHING) if part != Part::Capture => Some(Content::Nothing),
        Some(AUTOMATIC) if part == Part::Cab => Some(Content::Automatic(automatic_cab())),
        _ => None,
    };
    if let Some(content) = fixed {
        quiet();
        return Some((saved.clone(), Loaded::new(content)));
    }
    let found = locate(
        saved,
        &Settings::load().capture_folders,
        deadline,
        cancelled,
    );
    let parse = |name: &str, bytes: &[u8]| Content::parse(part, name, bytes);
    let parsed = match &found {
        Found::BuiltIn(built_in) => parse(built_in.name, built_in.bytes),
        Found::AtPath { contents, .. }
        | Found::Moved { contents, .. }
        | Found::Embedded(contents) => parse(&title(saved), &contents.bytes),
        Found::Missing(failure) => {
            shared.say_of(part, Message::error(failure.to_string()));
            return None;
        }
        Found::Cancelled => return None,
    };
    let content = match parsed {
        Ok(content) => content,
        Err(refusal) => {
            shared.say_of(part, Message::error(refusal));
            return None;
        }
    };
    let resolved = saved.resolved(&found, content.sample_rate());
    match &found {
        Found::AtPath { changed: true, .. } => shared.say_of(part, Message::notice(format!(
            "{} is another file than when the project was saved. If it does not sound right, load the old one.",
            saved.name()
        ))),
        Found::Moved { path, .. } => shared.say_of(part, Message::notice(format!(
            "{} has moved; it was found at {}.",
            saved.name(),
            path.display()
        ))),
        Found::Embedded(_) => shared.say_of(part, Message::notice(format!(
            "The file of {} is gone; the copy in the project plays.",
            saved.name()
        ))),
        _ => quiet(),
    }
    (!cancelled()).then(|| (resolved, Loaded::new(content)))
}

/// Counts everything that was ever loaded or built, so that any two are told apart.
fn next_ticket() -> u64 {
    static TICKETS: AtomicU64 = AtomicU64::new(1);
    TICKETS.fetch_add(1, Ordering::Relaxed)
}

impl Content {
    /// What a file holds that is to be this part; why not, in words, if it cannot be.
    fn parse(part: Part, name: &str, bytes: &[u8]) -> Result<Self, String> {
        if part.is_cab() {
            let response = impulse_file::read(name.as_ref(), bytes).map_err(|e| e.to_string())?;
            return Ok(Content::Response(response));
        }
        let capture = Capture::from_bytes(name, bytes).map_err(|e| e.to_string())?;
        Ok(match part {
            // Its loudness, which may have to be measured, is of no use.
            Part::Pedal => {
                let levels = Levels::given(&capture);
                Content::Capture(Box::new(capture), levels)
            }
            _ => Content::capture(capture),
        })
    }

    fn capture(capture: Capture) -> Self {
        let levels = Levels::of(&capture);
        Content::Capture(Box::new(capture), levels)
    }

    /// In Hz; 0 where there is no sound.
    fn sample_rate(&self) -> f64 {
        match self {
            Content::Nothing | Content::Automatic(_) => 0.0,
            Content::Capture(capture, _) => capture.sample_rate(),
            Content::Response(response) => response.rate(),
        }
    }
}

impl Loaded {
    fn new(content: Content) -> Self {
        Loaded {
            ticket: next_ticket(),
            content,
            generation: None,
            measured: OnceCell::new(),
            told_cost: Cell::new(false),
        }
    }

    /// What to call it: as its maker did, else as the file. `None` for nothing.
    fn name(&self, saved: &SavedPart) -> Option<String> {
        let given = match &self.content {
            Content::Nothing => return None,
            Content::Automatic(_) => return Some("Automatic".into()),
            Content::Capture(capture, _) => capture.metadata().name.as_deref().map(one_line),
            Content::Response(_) => None,
        };
        let given = given.filter(|name| !name.trim().is_empty());
        given.or_else(|| Some(saved.name().to_owned()))
    }
}

/// The cabinet for captures that have none.
fn automatic_cab() -> Option<ImpulseResponse> {
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
fn built_in_place(part: Part, name: &str) -> Option<Place> {
    let captures = built_in_alike(part);
    let here = captures.iter().position(|capture| capture.name == name)?;
    Some(Place {
        index: here + 1,
        count: captures.len(),
    })
}

/// What to call a reference where something is wrong with it: the file's name, ending and all.
fn title(saved: &SavedPart) -> String {
    let file = file_of(saved);
    let name = file.as_deref().and_then(Path::file_name);
    name.map_or(saved.name().into(), |name| name.to_string_lossy())
        .into_owned()
}

/// What a reference refers to; `None` for nothing, and for what suits the others.
fn origin_of(saved: &SavedPart) -> Option<Origin> {
    match &saved.source {
        Source::File(file) => Some(Origin::File(file.path.clone())),
        Source::BuiltIn(name) => builtin::find(name).map(|found| Origin::BuiltIn(found.name)),
    }
}

/// The file of a reference, if it has one.
fn file_of(saved: &SavedPart) -> Option<PathBuf> {
    match &saved.source {
        Source::File(file) => Some(file.path.clone()),
        Source::BuiltIn(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::handover::{AudioEnd, handover};
    use crate::parameters::Side;
    use gridleak_core::Chain;
    use std::path::Path;

    const SETUP: Setup = Setup {
        rate: 48_000.0,
        inputs: 1,
        outputs: 1,
        latency: 0,
    };

    /// A chain whose cabinet is off.
    fn bare_chain(setup: Setup) -> Chain {
        let mut chain = Chain::new(setup);
        chain.set_cab(gridleak_core::CabSettings {
            on: false,
            ..Default::default()
        });
        chain.reset();
        chain
    }

    /// An instance without a host.
    struct Instance {
        parameters: Arc<Parameters>,
        loader: Arc<Loader>,
        audio: AudioEnd,
        chain: Chain,
    }

    impl Instance {
        fn new() -> Self {
            let (audio, end) = handover();
            let (parameters, loader) =
                Loader::new(end, Library::new(|| {}), RepaintNotifier::new());
            Instance {
                parameters,
                loader,
                audio,
                chain: bare_chain(SETUP),
            }
        }

        fn active() -> Self {
            let mut instance = Self::new();
            instance.loader.activate(SETUP, false);
            instance.settle();
            instance
        }

        /// Waits until all orders are carried out, and plays what came of them.
        fn settle(&mut self) {
            let order = self.loader.newest_order();
            let started = Instant::now();
            while !self.loader.has_carried_out(order) {
                assert!(started.elapsed() < Duration::from_secs(60), "no answer");
                std::thread::sleep(Duration::from_millis(1));
            }
            for _ in 0..40 {
                self.audio.exchange(&mut self.chain);
                self.chain.process(&mut [&mut [0.1; 1024]]);
            }
        }

        /// What a steady input of 0.1 comes out as, in the end.
        fn level(&mut self) -> f32 {
            let mut block = [0.1; 4800];
            self.chain.process(&mut [&mut block]);
            block[4799]
        }

        fn message(&self) -> String {
            let shown = self.loader.shown();
            shown.message().map_or(String::new(), |m| m.text.clone())
        }
    }

    impl Drop for Instance {
        fn drop(&mut self) {
            self.loader.end();
        }
    }

    /// Writes a capture that multiplies by `gain`, with a loudness that needs no levelling.
    fn write(folder: &Path, name: &str, gain: f32, rate: u32) -> PathBuf {
        let path = folder.join(name);
        let text = format!(
            r#"{{"version":"0.5.4","architecture":"Linear","config":{{"receptive_field":1,"bias":false}},
                "weights":[{gain}],"sample_rate":{rate},"metadata":{{"loudness":-18.0}}}}"#
        );
        std::fs::write(&path, text).unwrap();
        path
    }

    fn folder() -> tempfile::TempDir {
        tempfile::tempdir().unwrap()
    }

    #[test]
    fn a_new_instance_plays_the_first_built_in_capture() {
        let mut instance = Instance::active();
        assert!(instance.chain.ticket().is_some());
        assert_eq!(instance.message(), "");
        instance.loader.step(Part::Capture, Step::Next);
        instance.settle();
        let (_, saved) = instance.parameters.slot(Part::Capture).current();
        assert_eq!(saved.source, Source::BuiltIn("lead".into()));
    }

    #[test]
    fn what_the_user_opens_plays_and_what_is_broken_does_not() {
        let folder = folder();
        let mut instance = Instance::active();
        let good = write(folder.path(), "good.nam", 0.5, 48_000);
        instance.loader.open_file(Part::Capture, good.clone());
        instance.settle();
        assert_eq!(instance.level(), 0.05);
        assert_eq!(instance.loader.shown().parts[0].file(), Some(&*good));

        let (generation, saved) = instance.parameters.slot(Part::Capture).current();
        for (name, content) in [("bad.nam", "{}"), ("empty.nam", ""), ("text.nam", "hello")] {
            std::fs::write(folder.path().join(name), content).unwrap();
            instance
                .loader
                .open_file(Part::Capture, folder.path().join(name));
            instance.settle();
            assert!(instance.message().contains(name), "{}", instance.message());
            assert_eq!(instance.level(), 0.05, "the old capture plays on");
            assert_eq!(
                instance.parameters.slot(Part::Capture).current(),
                (generation, saved.clone())
            );
        }
        instance
            .loader
            .open_file(Part::Capture, folder.path().join("gone.nam"));
        instance.settle();
        assert!(
            instance.message().contains("gone"),
            "{}",
            instance.message()
        );
        instance.loader.open_file(Part::Capture, good);
        instance.settle();
        assert_eq!(
            instance.message(),
            "",
            "what works again has nothing to say"
        );
    }

    #[test]
    fn a_project_whose_file_is_missing_keeps_its_reference_and_sounds() {
        let folder = folder();
        let mut instance = Instance::new();
        let missing = SavedPart::file(&folder.path().join("lost.nam"));
        instance
            .parameters
            .slot(Part::Capture)
            .choose(missing.clone());
        instance.loader.activate(SETUP, false);
        instance.settle();
        assert!(
            instance.chain.ticket().is_some(),
            "the built-in capture sounds"
        );
        assert!(instance.message().contains("lost.nam"));
        assert_eq!(
            instance.loader.shown().parts[0].name.as_deref(),
            Some("lost")
        );
        assert_eq!(instance.parameters.slot(Part::Capture).current().1, missing);
    }

    #[test]
    fn a_thousand_steps_end_at_the_right_file_with_few_loads() {
        let folder = folder();
        for n in 0..1000 {
            write(
                folder.path(),
                &format!("{n:04}.nam"),
                0.001 * n as f32,
                48_000,
            );
        }
        let mut instance = Instance::active();
        instance
            .loader
            .open_file(Part::Capture, folder.path().join("0000.nam"));
        instance.settle();
        let before = instance.chain.ticket().unwrap();
        for _ in 0..1250 {
            instance.loader.step(Part::Capture, Step::Next);
        }
        for _ in 0..10 {
            instance.loader.step(Part::Capture, Step::Previous);
        }
        instance.settle();
        let file = instance.loader.shown().parts[0].file().unwrap().to_owned();
        assert_eq!(file, folder.path().join("0240.nam"));
        assert!((instance.level() - 0.1 * 0.24).abs() < 1e-6);
        assert!(instance.chain.ticket().unwrap() > before);
    }

    #[test]
    fn audio_that_stops_and_starts_again_has_its_capture_at_once() {
        let mut instance = Instance::active();
        let ticket = instance.chain.ticket();
        let amp = instance.chain.take_any().unwrap();
        instance.loader.keep(amp);
        instance.loader.deactivate();
        let other = Setup {
            rate: 96_000.0,
            ..SETUP
        };
        let amp = instance.loader.take_kept(SETUP).unwrap();
        assert_eq!(Some(amp.ticket()), ticket);
        instance.loader.keep(amp);
        assert!(
            instance.loader.take_kept(other).is_none(),
            "that is another sound"
        );
    }

    #[test]
    fn some_time_after_audio_has_stopped_nothing_is_left() {
        let mut instance = Instance::active();
        let amp = instance.chain.take_any().unwrap();
        instance.loader.keep(amp);
        instance.loader.deactivate();
        assert!(instance.loader.shared.inbox.lock().running);
        std::thread::sleep(KEPT_FOR + Duration::from_secs(1));
        let inbox = instance.loader.shared.inbox.lock();
        assert!(!inbox.running && inbox.kept.is_empty());
        drop(inbox);
        instance.loader.activate(SETUP, false);
        instance.settle();
        assert!(instance.chain.ticket().is_some(), "and then it begins anew");
    }

    #[test]
    fn a_capture_that_is_later_than_announced_waits_for_the_host() {
        let folder = folder();
        let mut instance = Instance::active();
        let ticket = instance.chain.ticket();
        instance
            .loader
            .open_file(Part::Capture, write(folder.path(), "slow.nam", 0.5, 44_100));
        instance.settle();
        assert_eq!(instance.chain.ticket(), ticket, "the old one plays on");
        assert!(instance.loader.take_restart_request());
        assert!(
            !instance.loader.take_restart_request(),
            "the host is asked once"
        );
        assert_eq!(
            instance.loader.expected_latency(SETUP.rate, false),
            gridleak_core::latency(SETUP.rate, 44_100.0)
        );
        assert!(
            instance.message().contains("44100 Hz"),
            "{}",
            instance.message()
        );

        let latency = gridleak_core::latency(SETUP.rate, 44_100.0);
        let setup = Setup { latency, ..SETUP };
        instance.chain = bare_chain(setup);
        instance.loader.activate(setup, false);
        instance.settle();
        assert!((instance.level() - 0.05).abs() < 1e-5);
        // One that needs less is delayed to the same latency.
        instance.loader.open_file(
            Part::Capture,
            write(folder.path(), "fast.nam", 0.25, 48_000),
        );
        instance.settle();
        assert!((instance.level() - 0.025).abs() < 1e-5);
        assert!(!instance.loader.take_restart_request());
    }

    #[test]
    fn a_project_can_carry_its_capture() {
        let folder = folder();
        let mut instance = Instance::active();
        assert_eq!(
            instance.loader.embedding(),
            None,
            "built-in ones need no file"
        );
        let path = write(folder.path(), "mine.nam", 0.5, 48_000);
        instance.loader.open_file(Part::Capture, path.clone());
        instance.settle();
        assert_eq!(instance.loader.embedding(), Some((false, 0)));
        instance.loader.embed(true);
        instance.settle();
        assert!(matches!(instance.loader.embedding(), Some((true, 1..))));
        let (_, saved) = instance.parameters.slot(Part::Capture).current();
        std::fs::remove_file(&path).unwrap();
        let mut other = Instance::new();
        other.parameters.slot(Part::Capture).choose(saved);
        other.loader.activate(SETUP, false);
        other.settle();
        assert_eq!(other.level(), 0.05);
        assert!(
            other.message().contains("copy in the project"),
            "{}",
            other.message()
        );
        other.loader.embed(false);
        other.settle();
        assert_eq!(other.loader.embedding(), Some((false, 0)));
    }

    /// Writes an impulse response of one sample.
    fn write_response(folder: &Path, name: &str, sample: f32) -> PathBuf {
        let path = folder.join(name);
        let spec = hound::WavSpec {
            channels: 1,
            sample_rate: 48_000,
            bits_per_sample: 32,
            sample_format: hound::SampleFormat::Float,
        };
        let mut wav = hound::WavWriter::create(&path, spec).unwrap();
        wav.write_sample(sample).unwrap();
        wav.finalize().unwrap();
        path
    }

    /// What the official plugin turns an impulse response down by.
    const CAB_GAIN: f32 = 0.125_892_54;

    #[test]
    fn a_pedal_plays_before_the_capture_until_it_is_taken_away() {
        let folder = folder();
        let mut instance = Instance::active();
        let amp = write(folder.path(), "amp.nam", 0.5, 48_000);
        let pedal = write(folder.path(), "pedal.nam", 3.0, 48_000);
        instance.loader.open_file(Part::Capture, amp);
        instance.loader.open_file(Part::Pedal, pedal.clone());
        instance.settle();
        assert!((instance.level() - 0.15).abs() < 1e-6, "both came at once");
        let shown = instance.loader.shown();
        assert_eq!(
            shown.parts[Part::Pedal.index()].file().map(Path::to_owned),
            Some(pedal)
        );
        let latency = instance.loader.expected_latency(44_100.0, false);
        assert_eq!(latency, 2 * gridleak_core::latency(44_100.0, 48_000.0));
        instance.loader.clear(Part::Pedal);
        instance.settle();
        assert!((instance.level() - 0.05).abs() < 1e-6);
        assert_eq!(
            instance.loader.shown().parts[Part::Pedal.index()].name,
            None
        );
    }

    #[test]
    fn a_cabinet_of_ours_stands_behind_captures_that_have_none() {
        let folder = folder();
        let mut instance = Instance::active();
        let bare = write(folder.path(), "bare.nam", 1.0, 48_000);
        let text = std::fs::read_to_string(&bare).unwrap();
        let with_cab = folder.path().join("with cab.nam");
        let text = text.replace("-18.0", "-18.0,\"gear_type\":\"amp_cab\"");
        std::fs::write(&with_cab, text).unwrap();
        let heard = |instance: &mut Instance, path: &Path| {
            instance.loader.open_file(Part::Capture, path.to_owned());
            instance.settle();
            // Of a steady input, a cabinet lets nothing through.
            instance
                .chain
                .set_cab(gridleak_core::CabSettings::default());
            let mut settle = vec![0.1; 48_000];
            instance.chain.process(&mut [&mut settle]);
            instance.level()
        };
        assert!(heard(&mut instance, &bare).abs() < 0.02);
        assert_eq!(heard(&mut instance, &with_cab), 0.1);
        assert!(heard(&mut instance, &bare).abs() < 0.02);
        // What the user chooses stays.
        instance
            .loader
            .open_file(Part::Cab, write_response(folder.path(), "own.wav", 0.5));
        let own = 0.1 * 0.5 * CAB_GAIN;
        assert!((heard(&mut instance, &bare) - own).abs() < 1e-6);
        assert!((heard(&mut instance, &with_cab) - own).abs() < 1e-6);
        instance.loader.clear(Part::Cab);
        assert_eq!(heard(&mut instance, &bare), 0.1);
        instance.loader.choose_cab_by_capture();
        assert!(heard(&mut instance, &bare).abs() < 0.02);
    }

    #[test]
    fn what_is_no_cabinet_leaves_the_old_one_and_what_is_gone_is_remembered() {
        let folder = folder();
        let mut instance = Instance::active();
        instance
            .chain
            .set_cab(gridleak_core::CabSettings::default());
        instance
            .loader
            .open_file(Part::Capture, write(folder.path(), "a.nam", 1.0, 48_000));
        instance
            .loader
            .open_file(Part::Cab, write_response(folder.path(), "good.wav", 1.0));
        instance.loader.open_file(
            Part::SecondCab,
            write_response(folder.path(), "other.wav", 0.5),
        );
        instance.settle();
        let blend = 0.1 * 0.75 * CAB_GAIN;
        let level = instance.level();
        assert!((level - blend).abs() < 1e-6, "half of each: {level}");
        for (name, content) in [
            ("bad.wav", &b"RIFF0000WAVEjunk"[..]),
            ("text.wav", b"hello"),
        ] {
            std::fs::write(folder.path().join(name), content).unwrap();
            instance
                .loader
                .open_file(Part::Cab, folder.path().join(name));
            instance.settle();
            assert!(instance.message().contains(name), "{}", instance.message());
            assert!(
                (instance.level() - blend).abs() < 1e-6,
                "the old one plays on"
            );
        }
        instance.loader.step(Part::Cab, Step::Next);
        instance.settle();
        let (_, saved) = instance.parameters.slot(Part::Cab).current();
        assert!(
            saved.name() == "good" || saved.name() == "other",
            "from the bad one on"
        );

        let missing = SavedPart::file(&folder.path().join("lost.wav"));
        instance.parameters.slot(Part::Cab).choose(missing.clone());
        instance.settle();
        assert!(instance.message().contains("lost.wav"));
        assert_eq!(instance.parameters.slot(Part::Cab).current().1, missing);
        instance.loader.dismiss_message();
        assert_eq!(instance.message(), "");
    }

    #[test]
    fn another_oversampling_is_another_latency_and_asks_the_host_for_it() {
        let mut instance = Instance::active();
        let ticket = instance.chain.ticket();
        let latency = |instance: &Instance| instance.loader.expected_latency(SETUP.rate, false);
        assert_eq!(latency(&instance), 0);
        instance
            .parameters
            .choose_oversampling(crate::parameters::Oversampling::Four);
        let started = Instant::now();
        while !instance.loader.take_restart_request() {
            assert!(started.elapsed() < Duration::from_secs(20), "nobody asked");
            std::thread::sleep(Duration::from_millis(5));
        }
        instance.settle();
        assert_eq!(instance.chain.ticket(), ticket, "the old sound until then");
        let setup = Setup {
            latency: latency(&instance),
            ..SETUP
        };
        let least = gridleak_core::latency(48_000.0, 4.0 * 48_000.0);
        assert!((least..=least + 1).contains(&setup.latency));
        instance.chain = bare_chain(setup);
        instance.loader.activate(setup, false);
        instance.settle();
        assert!(instance.chain.ticket().is_some());
        assert_eq!(instance.message(), "");
        // While the host renders, it may be another one.
        assert_eq!(
            instance.loader.expected_latency(SETUP.rate, true),
            setup.latency
        );
    }

    #[test]
    fn a_capture_that_cannot_be_oversampled_plays_all_the_same() {
        // At 96 kHz twice the rate needs no conversion, but this one plays at its own.
        let folder = folder();
        let mut instance = Instance::new();
        let linear = write(folder.path(), "linear.nam", 0.5, 48_000);
        instance
            .parameters
            .slot(Part::Capture)
            .choose(SavedPart::file(&linear));
        instance
            .parameters
            .choose_oversampling(crate::parameters::Oversampling::Two);
        let setup = Setup {
            rate: 96_000.0,
            latency: instance.loader.expected_latency(96_000.0, false),
            ..SETUP
        };
        instance.chain = bare_chain(setup);
        instance.loader.activate(setup, false);
        instance.settle();
        assert!((instance.level() - 0.05).abs() < 1e-5);
        assert_eq!(instance.message(), "");
    }

    #[test]
    fn audio_that_starts_where_it_was_before_has_its_rig_although_nothing_was_kept() {
        let mut instance = Instance::active();
        let other = Setup {
            rate: 44_100.0,
            ..SETUP
        };
        for setup in [other, SETUP] {
            // What plays is dropped, and for the other rate there is nothing: it is late.
            instance.chain = bare_chain(setup);
            while instance.chain.take_any().is_some() {}
            assert!(instance.loader.take_kept(setup).is_none());
            assert!(instance.loader.take_kept_cab(setup).is_none());
            instance.loader.activate(setup, false);
            instance.settle();
        }
        assert!(instance.chain.ticket().is_some());
        assert!(instance.chain.cab_ticket().is_some());
    }

    #[test]
    fn oversampling_that_is_taken_back_leaves_nothing_behind() {
        let mut instance = Instance::active();
        let ticket = instance.chain.ticket();
        let wait = |instance: &Instance, wanted: bool| {
            let started = Instant::now();
            while instance.message().is_empty() == wanted {
                assert!(started.elapsed() < Duration::from_secs(20), "no change");
                std::thread::sleep(Duration::from_millis(5));
            }
        };
        instance
            .parameters
            .choose_oversampling(crate::parameters::Oversampling::Two);
        wait(&instance, true);
        assert!(instance.loader.take_restart_request());
        // The host does nothing about it, and is not asked for ever.
        std::thread::sleep(3 * TIDYING);
        assert!(!instance.loader.take_restart_request());
        instance
            .parameters
            .choose_oversampling(crate::parameters::Oversampling::Off);
        wait(&instance, false);
        instance.settle();
        assert_eq!(instance.chain.ticket(), ticket);
        assert!(!instance.loader.take_restart_request());
    }

    #[test]
    fn an_instance_can_go_while_it_loads() {
        let folder = folder();
        let text = include_str!("../../assets/lead.nam");
        for n in 0..20 {
            let path = folder.path().join(format!("{n}.nam"));
            std::fs::write(&path, text).unwrap();
            let instance = Instance::new();
            instance.loader.activate(SETUP, false);
            instance.loader.open_file(Part::Capture, path);
            std::thread::sleep(Duration::from_micros(150 * n));
            drop(instance);
        }
    }

    /// A steady level that an instance comes to once the loader has looked at the parameters.
    fn level_comes_to(instance: &mut Instance, wanted: f32) {
        let started = Instant::now();
        loop {
            instance.settle();
            let level = instance.level();
            if (level / wanted - 1.0).abs() < 1e-3 {
                return;
            }
            let waited = started.elapsed();
            assert!(waited < Duration::from_secs(10), "{level} is not {wanted}");
        }
    }

    #[test]
    fn b_plays_when_it_is_chosen_as_loud_as_a_if_that_is_wanted() {
        let folder = folder();
        let mut instance = Instance::active();
        let parameters = instance.parameters.clone();
        let open = |instance: &Instance, part, gain| {
            let path = write(folder.path(), &format!("{gain}.nam"), gain, 48_000);
            instance.loader.open_file(part, path);
        };
        open(&instance, Part::Capture, 0.5);
        level_comes_to(&mut instance, 0.05);
        // As long as there is nothing in B, A plays on.
        parameters.choose_side(Side::B);
        level_comes_to(&mut instance, 0.05);
        parameters.match_sides(false);
        open(&instance, Part::SecondCapture, 2.0);
        level_comes_to(&mut instance, 0.2);
        parameters.match_sides(true);
        level_comes_to(&mut instance, 0.05);
        // What is loaded as A meanwhile is heard only in how loud B is.
        open(&instance, Part::Capture, 0.25);
        level_comes_to(&mut instance, 0.025);
        parameters.choose_side(Side::A);
        level_comes_to(&mut instance, 0.025);
        instance.loader.clear(Part::SecondCapture);
        parameters.choose_side(Side::B);
        level_comes_to(&mut instance, 0.025);
    }

    #[test]
    fn a_switch_between_a_and_b_needs_no_other_latency() {
        let folder = folder();
        let mut instance = Instance::active();
        let path = write(folder.path(), "a.nam", 0.5, 44_100);
        instance.loader.open_file(Part::SecondCapture, path);
        instance.settle();
        let late = gridleak_core::latency(48_000.0, 44_100.0);
        assert_eq!(instance.loader.expected_latency(48_000.0, false), late);
    }

    #[test]
    fn buttons_of_the_host_step_through_the_folder_of_what_plays() {
        let folder = folder();
        let mut instance = Instance::active();
        for (name, gain) in [("1.nam", 0.1), ("2.nam", 0.2), ("3.nam", 0.3)] {
            write(folder.path(), name, gain, 48_000);
        }
        let open = |instance: &Instance, part, name| {
            instance.loader.open_file(part, folder.path().join(name));
        };
        open(&instance, Part::Capture, "1.nam");
        level_comes_to(&mut instance, 0.01);
        instance.loader.step_soon(Part::Capture, Step::Next);
        level_comes_to(&mut instance, 0.02);
        instance.loader.step_soon(Part::Capture, Step::Previous);
        instance.loader.step_soon(Part::Capture, Step::Previous);
        level_comes_to(&mut instance, 0.03);
        instance.parameters.match_sides(false);
        instance.parameters.choose_side(Side::B);
        // B begins where A is.
        instance
            .loader
            .step_soon(Part::SecondCapture, Step::Previous);
        level_comes_to(&mut instance, 0.02);
        instance.parameters.choose_side(Side::A);
        level_comes_to(&mut instance, 0.03);
    }

    #[test]
    fn what_was_loaded_is_taken_back_and_loaded_again() {
        let folder = folder();
        let mut instance = Instance::active();
        let open = |instance: &mut Instance, name: &str, gain| {
            let path = write(folder.path(), name, gain, 48_000);
            instance.loader.open_file(Part::Capture, path);
            instance.settle();
        };
        open(&mut instance, "one.nam", 0.1);
        // A walk through a folder is one change.
        open(&mut instance, "two.nam", 0.2);
        let broken = folder.path().join("broken.nam");
        std::fs::write(&broken, "{}").unwrap();
        instance.loader.open_file(Part::Capture, broken);
        instance.settle();
        let change = instance.loader.history().lock().undo();
        let (part, after) = only_part(change);
        assert_eq!(after.built_in_name(), Some("crunch"));
        instance.loader.put_back(part, after);
        instance.settle();
        let (_, saved) = instance.parameters.slot(Part::Capture).current();
        assert_eq!(saved.built_in_name(), Some("crunch"));
        assert!(!instance.loader.history().lock().can_undo());
        let change = instance.loader.history().lock().redo();
        let (part, after) = only_part(change);
        instance.loader.put_back(part, after);
        level_comes_to(&mut instance, 0.02);
        // What cannot be taken back now can be later.
        let change = instance.loader.history().lock().undo();
        let (part, _) = only_part(change);
        let gone = SavedPart::file(&folder.path().join("gone.nam"));
        instance.loader.put_back(part, gone);
        instance.settle();
        assert!(instance.loader.history().lock().can_undo());
        // Another project has another history.
        let slot = instance.parameters.slot(Part::Pedal);
        nice_plug::params::persist::PersistentField::set(slot, Part::Pedal.first().write());
        instance.settle();
        assert!(!instance.loader.history().lock().can_undo());
    }

    /// What is to be put back where.
    fn only_part(change: Option<Change>) -> (Part, SavedPart) {
        match change {
            Some(Change::Parts(mut parts)) if parts.len() == 1 => {
                let change = parts.remove(0);
                (change.part, change.after)
            }
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_copy_in_the_project_that_was_thrown_away_comes_back() {
        let folder = folder();
        let mut instance = Instance::active();
        let path = write(folder.path(), "kept.nam", 0.3, 48_000);
        instance.loader.open_file(Part::Capture, path.clone());
        instance.loader.embed(true);
        instance.settle();
        // The next one is kept, too.
        let other = write(folder.path(), "other.nam", 0.2, 48_000);
        instance.loader.open_file(Part::Capture, other);
        instance.settle();
        assert!(instance.loader.embedding().unwrap().0);
        instance.loader.open_file(Part::Capture, path.clone());
        instance.settle();
        std::fs::remove_file(path).unwrap();
        instance.loader.embed(false);
        instance.settle();
        assert_eq!(instance.loader.embedding(), Some((false, 0)));
        let change = instance.loader.history().lock().undo();
        let (part, saved) = only_part(change);
        instance.loader.put_back(part, saved);
        level_comes_to(&mut instance, 0.03);
        let (on, bytes) = instance.loader.embedding().unwrap();
        assert!(on && bytes > 0);
    }

    #[test]
    fn where_there_is_no_pedal_no_step_leads_to_one() {
        let mut instance = Instance::active();
        instance.loader.step_soon(Part::Pedal, Step::Next);
        instance.loader.look();
        instance.settle();
        let (_, saved) = instance.parameters.slot(Part::Pedal).current();
        assert_eq!(saved.built_in_name(), Some(NOTHING));
        assert!(instance.message().contains("Load something first"));
    }

    #[test]
    fn the_card_of_what_plays_says_what_it_costs() {
        let mut instance = Instance::active();
        let started = Instant::now();
        loop {
            instance.settle();
            let shown = instance.loader.shown();
            let capture = shown.parts[Part::Capture.index()].capture.as_ref().unwrap();
            if capture.card.lines.iter().any(|(name, _)| *name == "CPU") {
                break;
            }
            assert!(started.elapsed() < Duration::from_secs(10));
            std::thread::sleep(Duration::from_millis(10));
        }
    }
}
