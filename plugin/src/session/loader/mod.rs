//! The loader: each instance's own thread, which reads, builds and prewarms captures and drops those
//! that are no longer played.
//!
//! It sleeps behind a lock that only threads take which may wait (the host's, the editor's); to the
//! audio thread it speaks through [`crate::session::handover`] and atomics alone. Orders are counted. Newest
//! wins: an order that arrives while an older one is carried out ends that.

mod load;
mod mend;
mod shown;
mod told;
mod worker;

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI32, AtomicU64, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use gridleak_core::{Amp, Cab, DEFAULT_SAMPLE_RATE, ProcessConfig};
use nice_plug_egui::RepaintNotifier;
use parking_lot::{Condvar, Mutex};

use self::shown::{Dismissed, LoaderStatus};
use self::told::Told;
use self::worker::{Worker, file_of};
use crate::builtin::{self, AUTOMATIC, NOTHING};
use crate::host::parameters::Parameters;
use crate::session::folder::Step;
use crate::session::handover::LoaderEnd;
use crate::session::history::History;
use crate::session::library::{Library, Origin};
use crate::session::message::Message;
use crate::session::part::{ForParts, Part};
use crate::session::references::{PartSlot, SavedPart};
use crate::session::thread_end;

/// How long captures stay in memory after the host has stopped the audio.
const KEPT_FOR: Duration = Duration::from_secs(5);

/// How often is looked for what came back from the audio thread, to be dropped, and for parameters
/// that ask for another sound.
const TIDYING: Duration = Duration::from_millis(50);

/// How often a capture is offered that the audio thread had no room for.
const OFFERING: Duration = Duration::from_millis(20);

/// A loader as the plugin and its editor hold it. When the last of them lets go, the thread ends.
pub(crate) struct Loader {
    shared: Arc<Shared>,
    thread: Mutex<Option<JoinHandle<()>>>,
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
    /// How many states had been loaded when the last of them was asked for.
    stepped_in: AtomicU64,
    shown: Mutex<LoaderStatus>,
    /// The generations of the references whose files were replaced and that the user wants to be looked
    /// for.
    looked_for: Mutex<ForParts<Option<u64>>>,
    told: Mutex<Told>,
    /// How many states had been loaded when the user last had the files kept in the project.
    keeping_in: Mutex<Option<u64>>,
    history: Mutex<History>,
    /// How many states had been loaded when it began.
    history_of: AtomicU64,
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
    config: Option<ProcessConfig>,
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
    Step {
        from: Option<PathBuf>,
        steps: i32,
        /// Whether nobody but the host asked for it, which a project can make it do.
        by_host: bool,
    },
    /// A sound of our own, nothing, or what suits the others.
    BuiltIn(&'static str),
    /// Another reference to the same, or one that was there before.
    Mend(Mend),
}

/// What a user asked for about what a project refers to.
#[derive(Debug)]
enum Mend {
    /// What was there before: not a change that is to be remembered.
    Back(Box<SavedPart>),
    /// The file is here now.
    Locate(PathBuf),
    /// The file that was found in the place of the one of this generation is right.
    UseNewFile(u64),
    /// It is not.
    KeepLooking(u64),
}

/// Asks for what is so many on (or back) from what is asked for already.
fn step_on(waiting: &mut Option<Choice>, by: i32, host: bool) {
    match waiting {
        Some(Choice::Step { steps, by_host, .. }) => {
            *steps = steps.saturating_add(by);
            *by_host &= host;
        }
        _ => {
            *waiting = Some(Choice::Step {
                from: None,
                steps: by,
                by_host: host,
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
            let parameters = Arc::new(Parameters::of_this_machine(Part::ALL.map(slot)));
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
                stepped_in: AtomicU64::new(0),
                shown: Mutex::default(),
                looked_for: Mutex::default(),
                told: Mutex::default(),
                keeping_in: Mutex::default(),
                history: Mutex::default(),
                history_of: AtomicU64::new(0),
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

    /// Tells that audio starts in such a config, and whether the host renders.
    pub(crate) fn activate(&self, config: ProcessConfig, offline: bool) {
        self.shared.restart.store(false, Ordering::Relaxed);
        let give = |inbox: &mut Inbox| {
            inbox.config = Some(config);
            inbox.offline = offline;
        };
        self.shared.order(give, None);
        self.run();
    }

    /// Tells that audio has stopped.
    pub(crate) fn deactivate(&self) {
        self.shared.order(|inbox| inbox.config = None, None);
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
    pub(crate) fn take_kept(&self, config: ProcessConfig) -> Option<Box<Amp>> {
        let kept = std::mem::take(&mut self.shared.inbox.lock().kept);
        let fitting = kept.into_iter().filter(|amp| amp.config() == config);
        let newest = fitting.max_by_key(|amp| amp.ticket());
        self.shared.inbox.lock().forgotten.amp |= newest.is_none();
        newest
    }

    /// Gives back the newest cabinet that was kept and fits; the others are dropped.
    pub(crate) fn take_kept_cab(&self, config: ProcessConfig) -> Option<Box<Cab>> {
        let kept = std::mem::take(&mut self.shared.inbox.lock().kept_cabs);
        let fitting = kept.into_iter().filter(|cab| cab.config() == config);
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
                by_host: false,
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
        self.mend(part, Mend::Back(saved.into()));
    }

    /// Tells where the file of a part is now. What else is missing and was in the same folder is
    /// found along with it.
    pub(crate) fn locate(&self, part: Part, path: PathBuf) {
        self.mend(part, Mend::Locate(path));
    }

    /// Has the project mean the file that plays in the place of another, the answer to
    /// [`LoaderStatus::question`].
    pub(crate) fn use_new_file(&self, part: Part) {
        self.answer(part, Mend::UseNewFile);
    }

    /// The other answer: has the project go on to mean the file that is not to be found, and looks
    /// for that again.
    pub(crate) fn keep_looking(&self, part: Part) {
        self.answer(part, Mend::KeepLooking);
    }

    fn answer(&self, part: Part, answer: impl FnOnce(u64) -> Mend) {
        if let Some(asked_of) = self.shared.absent_generation(part) {
            self.mend(part, answer(asked_of));
        }
    }

    fn mend(&self, part: Part, mend: Mend) {
        self.choose(part, |waiting| *waiting = Some(Choice::Mend(mend)));
    }

    /// What was changed in this project, to be taken back. Locked for instants only.
    pub(crate) fn history(&self) -> &Mutex<History> {
        self.shared.forget_other_projects();
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
        self.choose(part, |waiting| step_on(waiting, step.by(), false));
    }

    /// Asks for [`Loader::step`] from the audio thread, which knows of so many states that the host
    /// loaded. The loader sees it when it looks next.
    pub(crate) fn step_soon(&self, part: Part, step: Step, loads: u64) {
        self.shared.stepped_in.store(loads, Ordering::Relaxed);
        self.shared.steps[part.index()].fetch_add(step.by(), Ordering::Release);
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
        self.shared.embedding()
    }

    fn choose(&self, part: Part, choice: impl FnOnce(&mut Option<Choice>)) {
        let give = |inbox: &mut Inbox| choice(&mut inbox.choices[part.index()]);
        self.shared.order(give, Some(part));
        self.run();
    }

    /// What there is to show. To be called on a thread that may start another one.
    pub(crate) fn shown(&self) -> LoaderStatus {
        // A project that came while no thread ran.
        if !self.has_carried_out(self.newest_order()) {
            self.run();
        }
        let refused = Part::ALL.map(|part| self.shared.parameters.slot(part).take_error());
        let mut shown = self.shared.shown.lock();
        shown.project = self.shared.parameters.newer.notice().map(Message::notice);
        for (shown, refused) in shown.parts.iter_mut().zip(refused) {
            if let Some(text) = refused {
                shown.message = Some(Message::error(text));
            }
        }
        shown.clone()
    }

    /// Forgets the message that [`LoaderStatus::message`] gives. The others have not been seen yet.
    pub(crate) fn dismiss_message(&self) {
        let dismissed = self.shared.shown.lock().take_message();
        match dismissed {
            Dismissed::Of(part) => self.shared.told.lock().was_read(part),
            Dismissed::OfNone => {}
            Dismissed::Nothing => self.shared.parameters.newer.dismiss(),
        }
    }

    /// What the host plays at, while it has the plugin active.
    pub(crate) fn config(&self) -> Option<ProcessConfig> {
        self.shared.inbox.lock().config
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
    /// Ends the thread, and drops all captures; waits for that until `deadline`, see
    /// [`thread_end::wait`]. To be called when the instance goes: whoever else holds the loader, such
    /// as an editor, then asks in vain.
    pub(crate) fn end(&self, deadline: Instant) {
        self.shared.quit.store(true, Ordering::Release);
        // The lock makes sure that the thread is either before its look at `quit` or asleep.
        drop(self.shared.inbox.lock());
        self.shared.wake.notify_all();
        if let Some(thread) = self.thread.lock().take() {
            thread_end::wait(thread, deadline);
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
        let wanted = self.parameters.settings().oversampling_factor(offline);
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

    /// See [`Loader::embedding`].
    fn embedding(&self) -> Option<(bool, usize)> {
        let saved = Part::ALL.map(|part| self.parameters.slot(part).current().1);
        let mut files = saved
            .iter()
            .filter(|saved| file_of(saved).is_some())
            .peekable();
        files.peek()?;
        Some(files.fold((true, 0), |(all, bytes), saved| {
            (all && saved.embeds(), bytes + saved.embedded_bytes())
        }))
    }

    /// Makes orders of the steps that buttons asked for.
    fn take_steps(&self) {
        // Buttons may come with a state, a moment before it is known for one: they were not pressed.
        let void = self.stepped_in.load(Ordering::Acquire) != self.parameters.loads();
        for part in Part::ALL {
            let by = self.steps[part.index()].swap(0, Ordering::Acquire);
            if by != 0 && !void {
                let give = |inbox: &mut Inbox| step_on(&mut inbox.choices[part.index()], by, true);
                self.order(give, Some(part));
            }
        }
    }

    /// Whether something else plays as a part than the project means.
    fn is_absent(&self, part: Part) -> bool {
        self.absent_generation(part).is_some()
    }

    /// The generation of the reference instead of which something else plays, if that is so.
    fn absent_generation(&self, part: Part) -> Option<u64> {
        let shown = self.shown.lock();
        let absent = shown.parts[part.index()].absent.as_ref()?;
        Some(absent.generation)
    }

    /// What was done before the host loaded another project was done to the old one.
    fn forget_other_projects(&self) {
        let mut history = self.history.lock();
        let loads = self.parameters.loads();
        if self.history_of.swap(loads, Ordering::Relaxed) != loads {
            history.clear();
        }
    }

    /// Tells that what the project refers to was changed, other than by loading another one.
    fn made_a_change(&self) {
        let parameters = &self.parameters;
        parameters.changes.made_one(parameters.loads());
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
            let absent = shared.shown.lock().absent();
            shared.parameters.window.tell_absent(absent);
            worker.send(&mut end);
            shared.carried_out.store(order, Ordering::Release);
            shared.repaint.request_repaint();
            inbox = shared.inbox.lock();
            continue;
        }
        let idle = inbox.config.is_none()
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
        if inbox.config.is_none() {
            drop(inbox);
            // Whoever switches between A and B may do so while nothing plays.
            worker = guarded(shared, worker, |worker| worker.name_knobs(shared));
            inbox = shared.inbox.lock();
        }
        if let Some(config) = inbox.config {
            let offline = inbox.offline;
            drop(inbox);
            end.drop_returned();
            worker = guarded(shared, worker, |worker| {
                worker.build_anew(shared, config, offline);
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
            config: self.config,
            offline: self.offline,
            choices: std::mem::take(&mut self.choices),
            embed: self.embed.take(),
            forgotten: std::mem::take(&mut self.forgotten),
        }
    }
}

/// What the thread is to do now.
struct Orders {
    config: Option<ProcessConfig>,
    offline: bool,
    choices: ForParts<Option<Choice>>,
    embed: Option<bool>,
    forgotten: Forgotten,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::session::handover::{AudioEnd, handover};
    use crate::session::history::Change;
    use crate::session::references::Source;
    use gridleak_core::{Chain, Oversampling, ParameterId, Side};
    use nice_plug::params::persist::PersistentField;
    use nice_plug::prelude::Params;
    use std::path::Path;

    pub(super) const CONFIG: ProcessConfig = ProcessConfig {
        rate: 48_000.0,
        inputs: 1,
        outputs: 1,
        latency: 0,
    };

    /// A chain that plays captures as they are, whose cabinet is off.
    fn bare_chain(config: ProcessConfig) -> Chain {
        let mut chain = Chain::new(config);
        chain.set_levels(gridleak_core::LevelSettings {
            mode: gridleak_core::OutputMode::Raw,
            ..Default::default()
        });
        chain.set_cab(no_cab());
        chain.reset();
        chain
    }

    fn no_cab() -> gridleak_core::CabSettings {
        gridleak_core::CabSettings {
            on: false,
            ..Default::default()
        }
    }

    /// An instance without a host.
    pub(super) struct Instance {
        pub(super) parameters: Arc<Parameters>,
        pub(super) loader: Arc<Loader>,
        audio: AudioEnd,
        chain: Chain,
    }

    impl Instance {
        pub(super) fn new() -> Self {
            let (audio, end) = handover();
            let (parameters, loader) =
                Loader::new(end, Library::new(|| {}), RepaintNotifier::new());
            Instance {
                parameters,
                loader,
                audio,
                chain: bare_chain(CONFIG),
            }
        }

        pub(super) fn active() -> Self {
            let mut instance = Self::new();
            instance.loader.activate(CONFIG, false);
            instance.settle();
            instance
        }

        /// Waits until all orders are carried out, and plays what came of them.
        pub(super) fn settle(&mut self) {
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
        pub(super) fn level(&mut self) -> f32 {
            let mut block = [0.1; 4800];
            self.chain.process(&mut [&mut block]);
            block[4799]
        }

        pub(super) fn message(&self) -> String {
            let shown = self.loader.shown();
            shown.message().map_or(String::new(), |m| m.text.clone())
        }
    }

    impl Drop for Instance {
        fn drop(&mut self) {
            self.loader.end(Instant::now() + Duration::from_secs(20));
        }
    }

    /// Writes a capture that multiplies by `gain`.
    pub(super) fn write(folder: &Path, name: &str, gain: f32, rate: u32) -> PathBuf {
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
        instance.loader.activate(CONFIG, false);
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
        let other = ProcessConfig {
            rate: 96_000.0,
            ..CONFIG
        };
        let amp = instance.loader.take_kept(CONFIG).unwrap();
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
        let stopped = Instant::now();
        while instance.loader.shared.inbox.lock().running {
            assert!(stopped.elapsed() < Duration::from_secs(60), "it runs on");
            std::thread::sleep(Duration::from_millis(5));
        }
        assert!(
            stopped.elapsed() > KEPT_FOR / 2,
            "it was to be kept a while"
        );
        assert!(instance.loader.shared.inbox.lock().kept.is_empty());
        instance.loader.activate(CONFIG, false);
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
            instance.loader.expected_latency(CONFIG.rate, false),
            gridleak_core::latency(CONFIG.rate, 44_100.0)
        );
        assert!(
            instance.message().contains("44100 Hz"),
            "{}",
            instance.message()
        );

        let latency = gridleak_core::latency(CONFIG.rate, 44_100.0);
        let config = ProcessConfig { latency, ..CONFIG };
        instance.chain = bare_chain(config);
        instance.loader.activate(config, false);
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
        other.loader.activate(CONFIG, false);
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

    #[test]
    fn what_is_said_of_a_project_waits_until_it_was_read() {
        let instance = Instance::active();
        let mut project = instance.parameters.serialize_fields();
        project.insert(
            crate::host::newer_fields::NOTICE.into(),
            "From the future.".into(),
        );
        let nowhere = r#"{"version":1,"path":"/nowhere/at/all.wav"}"#;
        project.insert(Part::Cab.field().into(), nowhere.into());
        instance.parameters.deserialize_fields(&project);
        let mut instance = instance;
        instance.settle();
        assert!(
            instance.message().contains("all.wav"),
            "{}",
            instance.message()
        );
        instance.loader.dismiss_message();
        assert_eq!(instance.message(), "From the future.");
        instance.loader.dismiss_message();
        assert_eq!(instance.message(), "");
    }

    #[test]
    fn changes_of_files_are_counted_for_the_host_and_nothing_else() {
        let folder = folder();
        let mut instance = Instance::active();
        let path = write(folder.path(), "mine.nam", 0.5, 48_000);
        let mut changes = |act: &dyn Fn(&Instance)| {
            let before = instance.parameters.changes.made();
            act(&instance);
            instance.settle();
            instance.parameters.changes.made() - before
        };
        let open = |name| {
            let path = folder.path().join(name);
            move |instance: &Instance| instance.loader.open_file(Part::Capture, path.clone())
        };
        assert_eq!(changes(&open("mine.nam")), 1);
        assert_eq!(changes(&open("gone.nam")), 0);
        assert_eq!(changes(&|instance| instance.loader.embed(true)), 1);
        let stepped = |instance: &Instance| instance.loader.step(Part::Cab, Step::Next);
        assert_eq!(changes(&stepped), 1);
        assert_eq!(changes(&|instance| instance.loader.clear(Part::Cab)), 1);
        let back = |instance: &Instance| {
            let Some(Change::Parts(parts)) = instance.loader.history().lock().undo() else {
                panic!("no change of a file");
            };
            for change in parts {
                instance.loader.put_back(change.part, change.after);
            }
        };
        assert_eq!(changes(&back), 1);
        let loaded = SavedPart::file(&path).write();
        let load =
            |instance: &Instance| instance.parameters.slot(Part::Capture).set(loaded.clone());
        assert_eq!(changes(&load), 0);
    }

    /// Writes an impulse response of one sample.
    pub(super) fn write_response(folder: &Path, name: &str, sample: f32) -> PathBuf {
        write_late_response(folder, name, sample, 0)
    }

    /// The same behind so many samples of silence.
    fn write_late_response(folder: &Path, name: &str, sample: f32, silence: usize) -> PathBuf {
        let path = folder.join(name);
        let spec = hound::WavSpec {
            channels: 1,
            sample_rate: 48_000,
            bits_per_sample: 32,
            sample_format: hound::SampleFormat::Float,
        };
        let mut wav = hound::WavWriter::create(&path, spec).unwrap();
        for _ in 0..silence {
            wav.write_sample(0.0f32).unwrap();
        }
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
    fn what_is_made_of_a_response_is_said_once_and_stays_true() {
        let folder = folder();
        let mut instance = Instance::active();
        let load = |instance: &mut Instance, part, path: &Path| {
            instance.loader.open_file(part, path.to_owned());
            instance.settle();
        };
        let late = write_late_response(folder.path(), "late.wav", 1.0, 4800);
        let first = write_response(folder.path(), "first.wav", 1.0);
        load(&mut instance, Part::Cab, &late);
        let left_out = "late.wav begins with 100 ms of silence, which is left out.";
        assert_eq!(instance.message(), left_out);
        instance.loader.dismiss_message();
        // Another part is no reason to say it again.
        load(
            &mut instance,
            Part::Pedal,
            &write(folder.path(), "pedal.nam", 1.0, 48_000),
        );
        assert_eq!(instance.message(), "");
        load(&mut instance, Part::SecondCab, &first);
        assert!(
            instance
                .message()
                .contains("100 ms of silence, which is kept")
        );
        instance.loader.clear(Part::SecondCab);
        instance.settle();
        assert_eq!(instance.message(), left_out);
        // Whoever loads it anew is told anew.
        instance.loader.dismiss_message();
        load(&mut instance, Part::Cab, &late);
        assert_eq!(instance.message(), left_out);
        load(&mut instance, Part::Cab, &first);
        assert_eq!(instance.message(), "");
    }

    #[test]
    fn one_message_is_dismissed_at_a_time() {
        let folder = folder();
        let mut instance = Instance::active();
        for (part, name) in [(Part::Capture, "a.nam"), (Part::Cab, "b.wav")] {
            instance.loader.open_file(part, folder.path().join(name));
        }
        instance.settle();
        for name in ["a.nam", "b.wav"] {
            assert!(instance.message().contains(name), "{}", instance.message());
            instance.loader.dismiss_message();
        }
        assert_eq!(instance.message(), "");
    }

    /// Has the thread end, as some time after the host has stopped the audio.
    fn sleep(instance: &Instance) {
        instance.loader.deactivate();
        instance.loader.shared.inbox.lock().last_order = None;
        instance.loader.shared.wake.notify_all();
        let started = Instant::now();
        while instance.loader.shared.inbox.lock().running {
            assert!(started.elapsed() < Duration::from_secs(60), "it runs on");
            std::thread::yield_now();
        }
    }

    #[test]
    fn what_was_said_and_answered_is_known_when_the_audio_starts_again() {
        let folder = folder();
        let mut instance = Instance::active();
        let amp = write(folder.path(), "amp.nam", 0.5, 48_000);
        instance.loader.open_file(Part::Capture, amp);
        let late = write_late_response(folder.path(), "late.wav", 1.0, 4800);
        instance.loader.open_file(Part::Cab, late);
        instance.settle();
        let again = |instance: &mut Instance| {
            sleep(instance);
            instance.loader.activate(CONFIG, false);
            instance.settle();
        };
        let left_out = "late.wav begins with 100 ms of silence, which is left out.";
        again(&mut instance);
        assert_eq!(instance.message(), left_out, "nobody has read it");
        instance.loader.dismiss_message();
        again(&mut instance);
        assert_eq!(instance.message(), "");
        // Another file takes the place of one, and the user wants the old one to be looked for.
        write(folder.path(), "amp.nam", 0.25, 48_000);
        again(&mut instance);
        assert!(instance.loader.shown().question().is_some());
        instance.loader.keep_looking(Part::Capture);
        instance.settle();
        again(&mut instance);
        assert!(instance.loader.shown().question().is_none());
    }

    #[test]
    fn files_go_into_the_project_of_whoever_asked_for_it() {
        let folder = folder();
        let theirs = write(folder.path(), "theirs.nam", 0.5, 48_000);
        let mine = write(folder.path(), "mine.nam", 0.25, 48_000);
        let mut instance = Instance::active();
        let keeps = |instance: &Instance| instance.loader.embedding().unwrap();
        instance.loader.open_file(Part::Capture, theirs.clone());
        instance.loader.embed(true);
        instance.settle();
        let state = instance.parameters.slot(Part::Capture).current().1.write();
        instance.loader.open_file(Part::Capture, mine.clone());
        instance.settle();
        assert!(keeps(&instance).0);

        instance.parameters.slot(Part::Capture).set(state.clone());
        instance.settle();
        assert!(keeps(&instance).0);
        instance.loader.open_file(Part::Capture, mine);
        instance.settle();
        assert_eq!(keeps(&instance), (false, 0));

        // A copy that is none of the file is no copy.
        let mut damaged = state;
        damaged["embedded"] = "AAAA".into();
        instance.parameters.slot(Part::Capture).set(damaged);
        instance.settle();
        assert_eq!(instance.level(), 0.05);
        assert_eq!(keeps(&instance), (false, 0));
        let message = instance.message();
        assert!(message.contains("was damaged, so it is gone"), "{message}");
    }

    #[test]
    fn another_oversampling_is_another_latency_and_asks_the_host_for_it() {
        let mut instance = Instance::active();
        let ticket = instance.chain.ticket();
        let latency = |instance: &Instance| instance.loader.expected_latency(CONFIG.rate, false);
        assert_eq!(latency(&instance), 0);
        instance.parameters.set_like_a_host(
            ParameterId::Oversampling,
            f32::from(Oversampling::Four as u8),
        );
        let started = Instant::now();
        while !instance.loader.take_restart_request() {
            assert!(started.elapsed() < Duration::from_secs(20), "nobody asked");
            std::thread::sleep(Duration::from_millis(5));
        }
        instance.settle();
        assert_eq!(instance.chain.ticket(), ticket, "the old sound until then");
        let config = ProcessConfig {
            latency: latency(&instance),
            ..CONFIG
        };
        let least = gridleak_core::latency(48_000.0, 4.0 * 48_000.0);
        assert!((least..=least + 1).contains(&config.latency));
        instance.chain = bare_chain(config);
        instance.loader.activate(config, false);
        instance.settle();
        assert!(instance.chain.ticket().is_some());
        assert_eq!(instance.message(), "");
        // While the host renders, it may be another one.
        assert_eq!(
            instance.loader.expected_latency(CONFIG.rate, true),
            config.latency
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
        instance.parameters.set_like_a_host(
            ParameterId::Oversampling,
            f32::from(Oversampling::Two as u8),
        );
        let config = ProcessConfig {
            rate: 96_000.0,
            latency: instance.loader.expected_latency(96_000.0, false),
            ..CONFIG
        };
        instance.chain = bare_chain(config);
        instance.loader.activate(config, false);
        instance.settle();
        assert!((instance.level() - 0.05).abs() < 1e-5);
        assert_eq!(instance.message(), "");
    }

    #[test]
    fn audio_that_starts_where_it_was_before_has_its_rig_although_nothing_was_kept() {
        let mut instance = Instance::active();
        let other = ProcessConfig {
            rate: 44_100.0,
            ..CONFIG
        };
        for config in [other, CONFIG] {
            // What plays is dropped, and for the other rate there is nothing: it is late.
            instance.chain = bare_chain(config);
            while instance.chain.take_any().is_some() {}
            assert!(instance.loader.take_kept(config).is_none());
            assert!(instance.loader.take_kept_cab(config).is_none());
            instance.loader.activate(config, false);
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
        instance.parameters.set_like_a_host(
            ParameterId::Oversampling,
            f32::from(Oversampling::Two as u8),
        );
        wait(&instance, true);
        assert!(instance.loader.take_restart_request());
        // The host does nothing about it, and is not asked for ever.
        std::thread::sleep(3 * TIDYING);
        assert!(!instance.loader.take_restart_request());
        instance.parameters.set_like_a_host(
            ParameterId::Oversampling,
            f32::from(Oversampling::Off as u8),
        );
        wait(&instance, false);
        instance.settle();
        assert_eq!(instance.chain.ticket(), ticket);
        assert!(!instance.loader.take_restart_request());
    }

    #[test]
    fn an_instance_can_go_while_it_loads() {
        let folder = folder();
        let text = include_str!("../../../../assets/lead.nam");
        for n in 0..20 {
            let path = folder.path().join(format!("{n}.nam"));
            std::fs::write(&path, text).unwrap();
            let instance = Instance::new();
            instance.loader.activate(CONFIG, false);
            instance.loader.open_file(Part::Capture, path);
            std::thread::sleep(Duration::from_micros(150 * n));
            drop(instance);
        }
    }

    #[test]
    fn a_thread_that_hangs_is_left_behind_and_drops_everything_when_it_ends() {
        let folder = folder();
        let path = write(folder.path(), "a.nam", 0.5, 48_000);
        let (audio, end) = handover();
        let (parameters, loader) = Loader::new(end, Library::new(|| {}), RepaintNotifier::new());
        loader.activate(CONFIG, false);
        let is_idle = || {
            let shown = loader.shown();
            let capture = shown.parts[Part::Capture.index()].capture.as_ref();
            capture.is_some_and(|known| known.card.lines.iter().any(|(name, _)| *name == "CPU"))
        };
        let started = Instant::now();
        while !is_idle() {
            assert!(started.elapsed() < Duration::from_secs(60), "no answer");
            std::thread::yield_now();
        }
        let shared = loader.shared.clone();
        // Stands for a file system that does not answer: the thread needs it once it has the file.
        let hung = shared.shown.lock();
        loader.open_file(Part::Capture, path);
        let order = loader.newest_order();
        while !shared.inbox.lock().choices.iter().all(Option::is_none) {
            std::thread::yield_now();
        }
        let started = Instant::now();
        loader.end(started + thread_end::LONGEST_WAIT);
        let waited = started.elapsed();
        assert!(waited < Duration::from_secs(1), "{waited:?}");
        assert!(!loader.has_carried_out(order));

        // The instance goes, with all that the host had of it.
        let held = (Arc::downgrade(&shared), Arc::downgrade(&parameters));
        drop((audio, parameters, loader));
        assert!(held.0.strong_count() > 1, "the thread works with it");
        drop(hung);
        drop(shared);
        let started = Instant::now();
        while held.0.strong_count() > 0 || held.1.strong_count() > 0 {
            assert!(started.elapsed() < Duration::from_secs(20), "kept for good");
            std::thread::yield_now();
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
        parameters.set_like_a_host(ParameterId::CompareSide, f32::from(Side::B as u8));
        level_comes_to(&mut instance, 0.05);
        parameters.set_like_a_host(ParameterId::MatchLevels, 0.0);
        open(&instance, Part::SecondCapture, 2.0);
        level_comes_to(&mut instance, 0.2);
        parameters.set_like_a_host(ParameterId::MatchLevels, 1.0);
        level_comes_to(&mut instance, 0.05);
        // What is loaded as A meanwhile is heard only in how loud B is.
        open(&instance, Part::Capture, 0.25);
        level_comes_to(&mut instance, 0.025);
        parameters.set_like_a_host(ParameterId::CompareSide, f32::from(Side::A as u8));
        level_comes_to(&mut instance, 0.025);
        instance.loader.clear(Part::SecondCapture);
        parameters.set_like_a_host(ParameterId::CompareSide, f32::from(Side::B as u8));
        level_comes_to(&mut instance, 0.025);
    }

    #[test]
    fn knobs_have_the_names_of_the_capture_that_plays_and_turn_it() {
        use crate::capture_knobs::tests::with_knobs;
        let folder = folder();
        let path = folder.path().join("drive.nam");
        let names = serde_json::json!(["Drive", {"name": "Bias", "min": -5, "max": 5}]);
        std::fs::write(&path, with_knobs(names)).unwrap();
        let mut instance = Instance::active();
        instance.loader.open_file(Part::Capture, path);
        instance.settle();
        let texts = |instance: &Instance| {
            let text = |index: usize| {
                let row = ParameterId::KNOBS[index].row();
                instance.parameters.knobs.text(index, row, 0.5)
            };
            [0, 1, 2, 3].map(text)
        };
        assert_eq!(texts(&instance), ["Drive 0.50", "Bias 0.0", "0.50", "0.50"]);
        let shown = instance.loader.shown().parts[0].capture.clone().unwrap();
        assert_eq!(shown.knobs.len(), 2);
        for (drive, wanted) in [(0.5, 0.35), (1.0, 0.6), (0.0, 0.1)] {
            let parameters = &instance.parameters;
            parameters.set_like_a_host(ParameterId::Knob1, drive);
            instance.chain.set(&parameters.settings());
            instance.chain.set_cab(no_cab());
            instance.chain.set_dc_blocker(false);
            instance.chain.set_gate(gridleak_core::GateSettings {
                on: false,
                ..Default::default()
            });
            instance.settle();
            assert!(
                (instance.level() - wanted).abs() < 1e-5,
                "{drive}: {}",
                instance.level()
            );
        }

        // What is loaded later has them as they stand, and a pedal has its own.
        let parameters = instance.parameters.clone();
        parameters.set_like_a_host(ParameterId::Knob1, 1.0);
        let plain = write(folder.path(), "plain.nam", 0.5, 48_000);
        instance.loader.open_file(Part::SecondCapture, plain);
        instance.settle();
        assert_eq!(texts(&instance)[0], "Drive 0.50");
        parameters.set_like_a_host(ParameterId::CompareSide, f32::from(Side::B as u8));
        instance.loader.look();
        let started = Instant::now();
        while texts(&instance)[0] != "0.50" {
            assert!(
                started.elapsed() < Duration::from_secs(60),
                "A is still named"
            );
            instance.settle();
        }
        // Nor does that take audio.
        instance.loader.deactivate();
        instance.settle();
        parameters.set_like_a_host(ParameterId::CompareSide, f32::from(Side::A as u8));
        let started = Instant::now();
        while texts(&instance)[0] != "Drive 0.50" {
            assert!(
                started.elapsed() < Duration::from_secs(4),
                "B is still named"
            );
            std::thread::yield_now();
        }
        instance.loader.activate(CONFIG, false);
        instance.settle();

        let (_, saved) = instance.parameters.slot(Part::Capture).current();
        let unnamed = folder.path().join("unnamed.nam");
        std::fs::write(&unnamed, with_knobs(serde_json::json!(["Drive", ""]))).unwrap();
        instance.loader.open_file(Part::Capture, unnamed.clone());
        instance.settle();
        let message = instance.message();
        assert!(
            message.contains("unnamed.nam") && message.contains("needs a name"),
            "{message}"
        );
        let (_, after) = instance.parameters.slot(Part::Capture).current();
        assert_eq!(after, saved);
        instance.loader.dismiss_message();
        instance.loader.open_file(Part::Pedal, unnamed);
        instance.settle();
        assert!(instance.message().contains("needs a name"));
        instance.loader.dismiss_message();
        let pedal = folder.path().join("drive.nam");
        instance.loader.open_file(Part::Pedal, pedal);
        instance.settle();
        let message = instance.message();
        assert!(message.starts_with("drive has knobs"), "{message}");
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
        instance.loader.step_soon(Part::Capture, Step::Next, 0);
        level_comes_to(&mut instance, 0.02);
        instance.loader.step_soon(Part::Capture, Step::Previous, 0);
        instance.loader.step_soon(Part::Capture, Step::Previous, 0);
        level_comes_to(&mut instance, 0.03);
        instance
            .parameters
            .set_like_a_host(ParameterId::MatchLevels, 0.0);
        instance
            .parameters
            .set_like_a_host(ParameterId::CompareSide, f32::from(Side::B as u8));
        // B begins where A is.
        instance
            .loader
            .step_soon(Part::SecondCapture, Step::Previous, 0);
        level_comes_to(&mut instance, 0.02);
        instance
            .parameters
            .set_like_a_host(ParameterId::CompareSide, f32::from(Side::A as u8));
        level_comes_to(&mut instance, 0.03);
    }

    #[test]
    fn buttons_of_the_host_lead_through_no_folder_that_only_a_project_names() {
        let folder = folder();
        let here = write(folder.path(), "1.nam", 0.1, 48_000);
        write(folder.path(), "2.nam", 0.2, 48_000);
        let mut instance = Instance::active();
        let slot = instance.parameters.slot(Part::Capture);
        slot.set(SavedPart::file(&here).write());
        instance.settle();
        let before = instance.parameters.slot(Part::Capture).current();
        let press = |instance: &mut Instance| {
            let loads = instance.parameters.loads();
            instance.loader.step_soon(Part::Capture, Step::Next, loads);
            instance.loader.look();
            instance.settle();
        };
        press(&mut instance);
        assert_eq!(instance.parameters.slot(Part::Capture).current(), before);
        let message = instance.message();
        assert!(message.contains("Only the project names"), "{message}");
        // By hand is another thing, and from then on it is the user's.
        instance.loader.step(Part::Capture, Step::Next);
        level_comes_to(&mut instance, 0.02);
        press(&mut instance);
        level_comes_to(&mut instance, 0.01);
    }

    #[test]
    fn one_step_on_and_one_back_change_nothing() {
        let folder = folder();
        let path = write(folder.path(), "1.nam", 0.1, 48_000);
        write(folder.path(), "2.nam", 0.2, 48_000);
        let mut instance = Instance::active();
        instance.loader.open_file(Part::Capture, path);
        instance.settle();
        let before = instance.parameters.slot(Part::Capture).current();
        let mut waiting = None;
        step_on(&mut waiting, 1, false);
        step_on(&mut waiting, -1, false);
        let give = |inbox: &mut Inbox| inbox.choices[Part::Capture.index()] = waiting;
        instance.loader.shared.order(give, Some(Part::Capture));
        instance.settle();
        assert_eq!(instance.parameters.slot(Part::Capture).current(), before);
    }

    #[cfg(unix)]
    #[test]
    fn no_step_leads_to_another_machine_that_only_a_project_names() {
        // What two slashes mean elsewhere is an ordinary folder here: to be seen if it were listed.
        let folder = folder();
        let path = write(folder.path(), "1.nam", 0.1, 48_000);
        write(folder.path(), "2.nam", 0.2, 48_000);
        let shared = PathBuf::from(format!("/{}", path.display()));
        let mut instance = Instance::active();
        let slot = instance.parameters.slot(Part::Capture);
        slot.set(SavedPart::file(&shared).write());
        instance.settle();
        instance.loader.step(Part::Capture, Step::Next);
        instance.settle();
        let message = instance.message();
        assert!(
            message.contains("is on the network. Add that folder"),
            "{message}"
        );
    }

    #[test]
    fn a_project_that_comes_while_nothing_runs_is_shown_and_the_old_one_forgotten() {
        let folder = folder();
        let [a, b] = ["a.nam", "b.nam"].map(|name| write(folder.path(), name, 0.1, 48_000));
        let mut instance = Instance::active();
        instance.loader.open_file(Part::Capture, a);
        instance.settle();
        assert!(instance.loader.history().lock().can_undo());
        sleep(&instance);
        let slot = instance.parameters.slot(Part::Capture);
        slot.set(SavedPart::file(&b).write());
        assert!(!instance.loader.history().lock().can_undo());
        let started = Instant::now();
        while instance.loader.shown().parts[0].file() != Some(&*b) {
            assert!(started.elapsed() < Duration::from_secs(60), "a is shown");
            std::thread::yield_now();
        }
        instance.settle();
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
        // What is gone by now is what the project means all the same.
        instance
            .loader
            .put_back(part, SavedPart::file(&folder.path().join("gone.nam")));
        level_comes_to(&mut instance, 0.02);
        let (_, saved) = instance.parameters.slot(Part::Capture).current();
        assert_eq!(saved.name(), "gone");
        let text = instance.loader.shown().parts[0].text();
        assert_eq!(text.as_deref(), Some("Missing: gone. two plays instead"));
        // Another project has another history.
        let slot = instance.parameters.slot(Part::Pedal);
        nice_plug::params::persist::PersistentField::set(slot, Part::Pedal.first().write());
        instance.settle();
        assert!(!instance.loader.history().lock().can_undo());
    }

    /// What is to be put back where.
    pub(super) fn only_part(change: Option<Change>) -> (Part, SavedPart) {
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
        instance.loader.step_soon(Part::Pedal, Step::Next, 0);
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
