//! The loader: each instance's own thread, which reads, builds and prewarms captures and drops those
//! that are no longer played.
//!
//! It sleeps behind a lock that only threads take which may wait (the host's, the editor's); to the
//! audio thread it speaks through [`crate::handover`] and atomics alone. Orders are counted. Newest
//! wins: an order that arrives while an older one is carried out ends that.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use gridleak_core::{Amp, Capture, DEFAULT_SAMPLE_RATE, Level, Levels, Setup, Voicing};
use nice_plug_egui::RepaintNotifier;
use parking_lot::{Condvar, Mutex};

use crate::builtin;
use crate::editor::Message;
use crate::failure::one_line;
use crate::folder::{Place, Step, neighbour, place};
use crate::handover::LoaderEnd;
use crate::parameters::Parameters;
use crate::settings::Settings;
use crate::simd_choice;
use crate::state::{CaptureSlot, Found, SavedCapture, Source, locate};

/// How long captures stay in memory after the host has stopped the audio.
const KEPT_FOR: Duration = Duration::from_secs(5);

/// How long what came back from the audio thread waits to be dropped.
const TIDYING: Duration = Duration::from_millis(200);

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
    /// The capture that plays, or that is missing, for people.
    pub(crate) name: Option<String>,
    /// The file that it comes from.
    pub(crate) file: Option<PathBuf>,
    /// Its place among the captures of its folder.
    pub(crate) place: Option<Place>,
    /// What went wrong or is worth knowing.
    pub(crate) message: Option<Message>,
}

struct Shared {
    parameters: Arc<Parameters>,
    inbox: Mutex<Inbox>,
    wake: Condvar,
    /// Orders given, and the newest that was carried out.
    ordered: AtomicU64,
    carried_out: AtomicU64,
    /// Orders that name another capture: whoever works on an older one can stop.
    choices: AtomicU64,
    quit: AtomicBool,
    /// Set when a capture needs the host to start the audio anew.
    restart: AtomicBool,
    shown: Mutex<Shown>,
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
    kept: Vec<Box<Amp>>,
    request: Option<Request>,
    last_order: Option<Instant>,
}

/// What a user asked for in the editor.
#[derive(Debug)]
enum Request {
    /// The capture so many on (or back) from that in a file, or from the current one.
    Choose { from: Option<PathBuf>, steps: i32 },
    /// Has the project carry the current one's file, or not.
    Embed(bool),
}

impl Loader {
    /// The parameters and the loader of a new instance. No thread runs before there is work.
    pub(crate) fn new(end: LoaderEnd, repaint: RepaintNotifier) -> (Arc<Parameters>, Arc<Self>) {
        let shared = Arc::new_cyclic(|shared: &std::sync::Weak<Shared>| {
            let shared = shared.clone();
            let slot = CaptureSlot::new(move || {
                if let Some(shared) = shared.upgrade() {
                    shared.order(|_| {}, true);
                }
            });
            let parameters = Arc::new(Parameters::new(slot));
            Shared {
                parameters,
                inbox: Mutex::default(),
                wake: Condvar::new(),
                ordered: AtomicU64::new(0),
                carried_out: AtomicU64::new(0),
                choices: AtomicU64::new(0),
                quit: AtomicBool::new(false),
                restart: AtomicBool::new(false),
                shown: Mutex::default(),
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

    /// Tells that audio starts in such a setup.
    pub(crate) fn activate(&self, setup: Setup) {
        self.shared.restart.store(false, Ordering::Relaxed);
        self.shared.order(|inbox| inbox.setup = Some(setup), false);
        self.run();
    }

    /// Tells that audio has stopped.
    pub(crate) fn deactivate(&self) {
        self.shared.order(|inbox| inbox.setup = None, false);
    }

    /// Takes a capture that may soon play again.
    pub(crate) fn keep(&self, amp: Box<Amp>) {
        self.shared.inbox.lock().kept.push(amp);
    }

    /// Gives back the newest capture that was kept and fits; the others are dropped.
    pub(crate) fn take_kept(&self, setup: Setup) -> Option<Box<Amp>> {
        let kept = std::mem::take(&mut self.shared.inbox.lock().kept);
        let fitting = kept.into_iter().filter(|amp| amp.setup() == setup);
        fitting.max_by_key(|amp| amp.ticket())
    }

    /// Loads a capture that the user chose.
    pub(crate) fn open(&self, path: PathBuf) {
        self.request(|_| Request::Choose {
            from: Some(path),
            steps: 0,
        });
    }

    /// Loads the next capture of the folder (or of the built-in ones), or the one before.
    pub(crate) fn step(&self, step: Step) {
        let by = match step {
            Step::Next => 1,
            Step::Previous => -1,
        };
        self.request(|waiting| match waiting {
            Some(Request::Choose { from, steps }) => Request::Choose {
                from,
                steps: steps.saturating_add(by),
            },
            _ => Request::Choose {
                from: None,
                steps: by,
            },
        });
    }

    /// Has the project carry the file of the current capture, or no longer.
    pub(crate) fn embed(&self, on: bool) {
        self.request(|_| Request::Embed(on));
    }

    /// Whether the project carries the file of the current capture, and how many bytes that takes;
    /// `None` where there is no file.
    pub(crate) fn embedding(&self) -> Option<(bool, usize)> {
        let (_, saved) = self.shared.parameters.capture.current();
        file_of(&saved).map(|_| (saved.embeds(), saved.embedded_bytes()))
    }

    fn request(&self, request: impl FnOnce(Option<Request>) -> Request) {
        let give = |inbox: &mut Inbox| inbox.request = Some(request(inbox.request.take()));
        self.shared.order(give, true);
        self.run();
    }

    /// What there is to show.
    pub(crate) fn shown(&self) -> Shown {
        let refused = self.shared.parameters.capture.take_error();
        let mut shown = self.shared.shown.lock();
        if let Some(text) = refused {
            shown.message = Some(Message::error(text));
        }
        shown.clone()
    }

    /// Forgets the message.
    pub(crate) fn dismiss_message(&self) {
        self.shared.shown.lock().message = None;
    }

    /// What the host plays at, while it has the plugin active.
    pub(crate) fn setup(&self) -> Option<Setup> {
        self.shared.inbox.lock().setup
    }

    /// The rate in Hz that the next capture to play will most likely have.
    pub(crate) fn expected_rate(&self) -> f64 {
        let (_, saved) = self.shared.parameters.capture.current();
        saved.rate.unwrap_or(DEFAULT_SAMPLE_RATE)
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
        let kept = std::mem::take(&mut self.shared.inbox.lock().kept);
        drop(kept);
    }
}

impl Shared {
    /// Gives an order; `choice`: it names another capture.
    fn order(&self, give: impl FnOnce(&mut Inbox), choice: bool) {
        let mut inbox = self.inbox.lock();
        give(&mut inbox);
        inbox.last_order = Some(Instant::now());
        if choice {
            self.choices.fetch_add(1, Ordering::Relaxed);
        }
        self.ordered.fetch_add(1, Ordering::Release);
        drop(inbox);
        self.wake.notify_all();
    }

    /// Whether another capture was named since, or the instance goes away.
    fn is_superseded(&self, choices: u64) -> bool {
        self.quit.load(Ordering::Acquire) || self.choices.load(Ordering::Acquire) != choices
    }

    fn say(&self, message: Message) {
        self.shown.lock().message = Some(message);
        self.repaint.request_repaint();
    }
}

/// The thread, until it is no longer needed.
fn work(shared: &Shared) {
    let mut end = shared.end.lock();
    let mut worker = Worker::default();
    let mut inbox = shared.inbox.lock();
    while !shared.quit.load(Ordering::Acquire) {
        let order = shared.ordered.load(Ordering::Acquire);
        if order != shared.carried_out.load(Ordering::Acquire) {
            let (setup, request) = (inbox.setup, inbox.request.take());
            drop(inbox);
            // A panic would be a mistake of ours; it must not take the host with it.
            let tried = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
                worker.carry_out(shared, setup, request);
            }));
            if tried.is_err() {
                worker = Worker::default();
                shared.say(Message::error(
                    "Gridleak could not load the capture because of a mistake of its own. Load another one, and please report this file.",
                ));
            }
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
        let pause = if worker.ready.is_some() {
            OFFERING
        } else {
            TIDYING
        };
        shared.wake.wait_for(&mut inbox, pause);
        if inbox.setup.is_some() {
            drop(inbox);
            end.drop_returned();
            worker.send(&mut end);
            inbox = shared.inbox.lock();
        }
    }
    inbox.running = false;
    let kept = std::mem::take(&mut inbox.kept);
    drop(inbox);
    drop(kept);
    end.drop_returned();
}

/// What the thread knows.
#[derive(Default)]
struct Worker {
    /// The capture in memory.
    loaded: Option<Loaded>,
    /// The generation of the saved reference that could not be loaded.
    failed: Option<u64>,
    /// What was last built: which capture, for which setup.
    built: Option<(u64, Setup)>,
    /// Built, but not yet sent.
    ready: Option<Box<Amp>>,
    /// The file that was asked for last, from which the way goes to the next.
    cursor: Option<PathBuf>,
}

struct Loaded {
    capture: Capture,
    /// The generation of the reference in the project that it is, if it is that.
    generation: Option<u64>,
    ticket: u64,
    levels: Levels,
}

impl Worker {
    /// Brings what is in memory to what is asked for, and builds it if audio runs.
    fn carry_out(&mut self, shared: &Shared, setup: Option<Setup>, request: Option<Request>) {
        let mut choices = shared.choices.load(Ordering::Acquire);
        match request {
            Some(Request::Choose { from, steps }) => {
                if let Some(choice) = self.resolve(shared, from, steps)
                    && self.load_choice(shared, choice, choices)
                {
                    // Our own change of the reference is no reason to stop.
                    choices = shared.choices.load(Ordering::Acquire);
                }
            }
            Some(Request::Embed(on)) => self.embed(shared, on, choices),
            None => {}
        }
        self.load_saved(shared, choices);
        let Some(setup) = setup else { return };
        if self.loaded.is_none() {
            self.load_built_in();
        }
        if shared.choices.load(Ordering::Acquire) == choices {
            self.build(shared, setup);
        }
    }

    /// The reference to the capture so many `steps` on from that in the file `from`, or from the one
    /// that was asked for last.
    fn resolve(&self, shared: &Shared, from: Option<PathBuf>, steps: i32) -> Option<SavedCapture> {
        let (_, current) = shared.parameters.capture.current();
        let from = from
            .or_else(|| self.cursor.clone())
            .or_else(|| file_of(&current));
        match (from, &current.source) {
            (Some(path), _) if steps == 0 => Some(SavedCapture::file(&path)),
            (Some(path), _) => match neighbour(&path, steps) {
                Some((path, _)) => Some(SavedCapture::file(&path)),
                None => {
                    shared.say(Message::notice(format!(
                        "There is no other capture in the folder {}.",
                        path.parent().unwrap_or(&path).display()
                    )));
                    None
                }
            },
            (None, Source::BuiltIn(name)) => {
                let captures = builtin::CAPTURES;
                let here = captures.iter().position(|c| c.name == name).unwrap_or(0);
                let there = (here as i64 + i64::from(steps)).rem_euclid(captures.len() as i64);
                Some(SavedCapture::built_in(captures[there as usize].name))
            }
            (None, Source::File(_)) => None,
        }
    }

    /// Loads what the user chose. Only if that works does the project refer to it.
    fn load_choice(&mut self, shared: &Shared, choice: SavedCapture, choices: u64) -> bool {
        self.cursor = file_of(&choice);
        let cancelled = || shared.is_superseded(choices);
        let Some((choice, loaded)) = self.load(shared, &choice, &cancelled) else {
            return false;
        };
        if cancelled() {
            return false;
        }
        if let Some(folder) = file_of(&choice).as_deref().and_then(Path::parent) {
            // Only a convenience for finding captures later.
            let _ = Settings::remember_capture_folder(folder);
        }
        let generation = shared.parameters.capture.choose(choice.clone());
        self.take(shared, loaded, generation, &choice);
        true
    }

    /// Puts the file of the current capture into the reference, or takes it out.
    fn embed(&self, shared: &Shared, on: bool, choices: u64) {
        let slot = &shared.parameters.capture;
        let (generation, mut saved) = slot.current();
        saved.set_embedding(on);
        if on {
            let cancelled = || shared.is_superseded(choices);
            let Some((resolved, _)) = self.load(shared, &saved, &cancelled) else {
                return;
            };
            saved = resolved;
        }
        slot.resolved(generation, saved);
    }

    /// Loads what the project refers to, if that is not what is in memory.
    fn load_saved(&mut self, shared: &Shared, choices: u64) {
        let slot = &shared.parameters.capture;
        let (generation, saved) = slot.current();
        let known = self.loaded.as_ref().map(|loaded| loaded.generation);
        if known == Some(Some(generation)) || self.failed == Some(generation) {
            return;
        }
        self.cursor = None;
        let cancelled = || shared.is_superseded(choices);
        match self.load(shared, &saved, &cancelled) {
            Some((resolved, loaded)) => {
                slot.resolved(generation, resolved.clone());
                self.take(shared, loaded, generation, &resolved);
            }
            None if cancelled() => {}
            None => {
                self.failed = Some(generation);
                let mut shown = shared.shown.lock();
                shown.name = Some(saved.name().to_owned());
                shown.file = file_of(&saved);
                shown.place = None;
            }
        }
    }

    /// What sounds where a new instance finds nothing else.
    fn load_built_in(&mut self) {
        let built_in = &builtin::CAPTURES[0];
        if let Ok(capture) = Capture::from_bytes(built_in.name, built_in.bytes) {
            self.loaded = Some(Loaded::new(capture, None));
        }
    }

    /// Finds, reads and checks a capture. If there is something to say, it is said.
    fn load(
        &self,
        shared: &Shared,
        saved: &SavedCapture,
        cancelled: &dyn Fn() -> bool,
    ) -> Option<(SavedCapture, Loaded)> {
        let found = locate(saved, &Settings::load().capture_folders, cancelled);
        let parsed = match &found {
            Found::BuiltIn(built_in) => Capture::from_bytes(built_in.name, built_in.bytes),
            Found::AtPath { contents, .. }
            | Found::Moved { contents, .. }
            | Found::Embedded(contents) => Capture::from_bytes(&title(saved), &contents.bytes),
            Found::Missing(failure) => {
                shared.say(Message::error(failure.to_string()));
                return None;
            }
            Found::Cancelled => return None,
        };
        let capture = match parsed {
            Ok(capture) => capture,
            Err(refusal) => {
                shared.say(Message::error(refusal.to_string()));
                return None;
            }
        };
        let resolved = saved.resolved(&found, capture.sample_rate());
        match &found {
            Found::AtPath { changed: true, .. } => shared.say(Message::notice(format!(
                "{} is another file than when the project was saved. If it does not sound right, load the old one.",
                saved.name()
            ))),
            Found::Moved { path, .. } => shared.say(Message::notice(format!(
                "{} has moved; it was found at {}.",
                saved.name(),
                path.display()
            ))),
            Found::Embedded(_) => shared.say(Message::notice(format!(
                "The file of {} is gone; the copy in the project plays.",
                saved.name()
            ))),
            _ => shared.shown.lock().message = None,
        }
        if cancelled() {
            return None;
        }
        let loaded = Loaded::new(capture, None);
        Some((resolved, loaded))
    }

    /// Makes what was loaded the capture in memory.
    fn take(&mut self, shared: &Shared, loaded: Loaded, generation: u64, saved: &SavedCapture) {
        let file = file_of(saved);
        let place = match &saved.source {
            Source::File(file) => place(&file.path),
            Source::BuiltIn(name) => built_in_place(name),
        };
        let mut shown = shared.shown.lock();
        shown.name = Some(loaded.name(saved));
        shown.place = place;
        shown.file = file;
        drop(shown);
        self.failed = None;
        self.loaded = Some(Loaded {
            generation: Some(generation),
            ..loaded
        });
    }

    /// Builds what is in memory for `setup`, if that is not what was built last.
    fn build(&mut self, shared: &Shared, setup: Setup) {
        let Some(loaded) = &self.loaded else { return };
        if self.built == Some((loaded.ticket, setup)) {
            return;
        }
        let capture = &loaded.capture;
        let needed = gridleak_core::latency(setup.rate, capture.sample_rate());
        if needed > setup.latency {
            shared.say(Message::notice(format!(
                "This capture was made at {} Hz and plays {:.1} ms later here than the host expects. It plays as soon as the host starts its audio anew.",
                capture.sample_rate(),
                1000.0 * (needed - setup.latency) as f64 / setup.rate,
            )));
            shared.restart.store(true, Ordering::Relaxed);
            return;
        }
        let level = simd_choice::choose().unwrap_or_else(|_| Level::detect());
        let voicing = Voicing {
            levels: loaded.levels,
            ..Voicing::default()
        };
        match Amp::new(capture, setup, voicing, loaded.ticket, level) {
            Ok(amp) => self.ready = Some(Box::new(amp)),
            Err(reason) => shared.say(Message::error(format!(
                "This capture cannot play here: {reason}"
            ))),
        }
        self.built = Some((loaded.ticket, setup));
    }

    /// Sends what is ready; if there is no room now, later.
    fn send(&mut self, end: &mut LoaderEnd) {
        if let Some(amp) = self.ready.take() {
            self.ready = end.send(amp).err();
        }
    }
}

impl Loaded {
    fn new(capture: Capture, generation: Option<u64>) -> Self {
        /// Counts all captures that were ever loaded, so that any two are told apart.
        static TICKETS: AtomicU64 = AtomicU64::new(1);
        Loaded {
            levels: Levels::of(&capture),
            ticket: TICKETS.fetch_add(1, Ordering::Relaxed),
            capture,
            generation,
        }
    }

    /// What to call it: as its maker did, else as the file.
    fn name(&self, saved: &SavedCapture) -> String {
        let given = self.capture.metadata().name.as_deref().map(one_line);
        given
            .filter(|name| !name.trim().is_empty())
            .unwrap_or_else(|| saved.name().to_owned())
    }
}

/// Where a built-in capture stands among its like.
fn built_in_place(name: &str) -> Option<Place> {
    let captures = builtin::CAPTURES;
    let here = captures.iter().position(|capture| capture.name == name)?;
    Some(Place {
        index: here + 1,
        count: captures.len(),
    })
}

/// What to call a reference where something is wrong with it: the file's name, ending and all.
fn title(saved: &SavedCapture) -> String {
    let file = file_of(saved);
    let name = file.as_deref().and_then(Path::file_name);
    name.map_or(saved.name().into(), |name| name.to_string_lossy())
        .into_owned()
}

/// The file of a reference, if it has one.
fn file_of(saved: &SavedCapture) -> Option<PathBuf> {
    match &saved.source {
        Source::File(file) => Some(file.path.clone()),
        Source::BuiltIn(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::handover::{AudioEnd, handover};
    use gridleak_core::Chain;
    use std::path::Path;

    const SETUP: Setup = Setup {
        rate: 48_000.0,
        inputs: 1,
        outputs: 1,
        latency: 0,
    };

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
            let (parameters, loader) = Loader::new(end, RepaintNotifier::new());
            Instance {
                parameters,
                loader,
                audio,
                chain: Chain::new(SETUP),
            }
        }

        fn active() -> Self {
            let mut instance = Self::new();
            instance.loader.activate(SETUP);
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
            self.loader
                .shown()
                .message
                .map_or(String::new(), |m| m.text)
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
        instance.loader.step(Step::Next);
        instance.settle();
        let (_, saved) = instance.parameters.capture.current();
        assert_eq!(saved.source, Source::BuiltIn("lead".into()));
    }

    #[test]
    fn what_the_user_opens_plays_and_what_is_broken_does_not() {
        let folder = folder();
        let mut instance = Instance::active();
        let good = write(folder.path(), "good.nam", 0.5, 48_000);
        instance.loader.open(good.clone());
        instance.settle();
        assert_eq!(instance.level(), 0.05);
        assert_eq!(instance.loader.shown().file.as_deref(), Some(&*good));

        let (generation, saved) = instance.parameters.capture.current();
        for (name, content) in [("bad.nam", "{}"), ("empty.nam", ""), ("text.nam", "hello")] {
            std::fs::write(folder.path().join(name), content).unwrap();
            instance.loader.open(folder.path().join(name));
            instance.settle();
            assert!(instance.message().contains(name), "{}", instance.message());
            assert_eq!(instance.level(), 0.05, "the old capture plays on");
            assert_eq!(
                instance.parameters.capture.current(),
                (generation, saved.clone())
            );
        }
        instance.loader.open(folder.path().join("gone.nam"));
        instance.settle();
        assert!(
            instance.message().contains("gone"),
            "{}",
            instance.message()
        );
        instance.loader.open(good);
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
        let missing = SavedCapture::file(&folder.path().join("lost.nam"));
        instance.parameters.capture.choose(missing.clone());
        instance.loader.activate(SETUP);
        instance.settle();
        assert!(
            instance.chain.ticket().is_some(),
            "the built-in capture sounds"
        );
        assert!(instance.message().contains("lost.nam"));
        assert_eq!(instance.loader.shown().name.as_deref(), Some("lost"));
        assert_eq!(instance.parameters.capture.current().1, missing);
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
        instance.loader.open(folder.path().join("0000.nam"));
        instance.settle();
        let before = instance.chain.ticket().unwrap();
        for _ in 0..1250 {
            instance.loader.step(Step::Next);
        }
        for _ in 0..10 {
            instance.loader.step(Step::Previous);
        }
        instance.settle();
        let file = instance.loader.shown().file.unwrap();
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
        instance.loader.activate(SETUP);
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
            .open(write(folder.path(), "slow.nam", 0.5, 44_100));
        instance.settle();
        assert_eq!(instance.chain.ticket(), ticket, "the old one plays on");
        assert!(instance.loader.take_restart_request());
        assert!(
            !instance.loader.take_restart_request(),
            "the host is asked once"
        );
        assert_eq!(instance.loader.expected_rate(), 44_100.0);
        assert!(
            instance.message().contains("44100 Hz"),
            "{}",
            instance.message()
        );

        let latency = gridleak_core::latency(SETUP.rate, 44_100.0);
        let setup = Setup { latency, ..SETUP };
        instance.chain = Chain::new(setup);
        instance.loader.activate(setup);
        instance.settle();
        assert!((instance.level() - 0.05).abs() < 1e-5);
        // One that needs less is delayed to the same latency.
        instance
            .loader
            .open(write(folder.path(), "fast.nam", 0.25, 48_000));
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
        instance.loader.open(path.clone());
        instance.settle();
        assert_eq!(instance.loader.embedding(), Some((false, 0)));
        instance.loader.embed(true);
        instance.settle();
        assert!(matches!(instance.loader.embedding(), Some((true, 1..))));
        let (_, saved) = instance.parameters.capture.current();
        std::fs::remove_file(&path).unwrap();
        let mut other = Instance::new();
        other.parameters.capture.choose(saved);
        other.loader.activate(SETUP);
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
    fn an_instance_can_go_while_it_loads() {
        let folder = folder();
        let text = include_str!("../../assets/lead.nam");
        for n in 0..20 {
            let path = folder.path().join(format!("{n}.nam"));
            std::fs::write(&path, text).unwrap();
            let instance = Instance::new();
            instance.loader.activate(SETUP);
            instance.loader.open(path);
            std::thread::sleep(Duration::from_micros(150 * n));
            drop(instance);
        }
    }
}
