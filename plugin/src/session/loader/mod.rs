//! The loader: each instance's own thread, which reads, builds and prewarms what is played, and drops
//! what no longer is.
//!
//! To the audio thread it speaks through [`crate::session::handover`] and atomics alone. Newest wins: an
//! order that arrives while an older one is carried out ends that.

mod arrived;
mod content;
mod load;
mod mend;
mod orders;
mod parsed;
mod shown;
mod slots;
mod thread;
mod told;
mod worker;

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::JoinHandle;
use std::time::Instant;

use gridleak_core::{DEFAULT_SAMPLE_RATE, Loaded, ProcessConfig, SLOTS, Settings};
use parking_lot::Mutex;

use self::orders::{Audio, Choice, Mend, Orders, PresetChoice};
use self::shown::{Dismissed, LoaderStatus};
use self::told::Told;
use self::worker::file_of;
use crate::builtin::{AUTOMATIC, NOTHING};
use crate::session::folder::Step;
use crate::session::handover::LoaderEnd;
use crate::session::history::History;
use crate::session::host_link::{HostLink, Request};
use crate::session::library::{Library, Origin};
use crate::session::message::Message;
use crate::session::part::{ForParts, Part, PartKind};
use crate::session::references::SavedPart;
use crate::session::repaint::Repaint;
use crate::session::rig::{Rig, SharedRig};
use crate::session::thread_end;

/// The loader of an instance, as the plugin, its window and the thread hold it.
pub(crate) struct Loader {
    /// Runs while there is work.
    thread: Mutex<Option<JoinHandle<()>>>,
    pub(crate) rig: Arc<SharedRig>,
    orders: Arc<Orders>,
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
    link: Arc<HostLink>,
    /// Whether the host was asked to start the audio anew.
    restart: AtomicBool,
    repaint: Arc<Repaint>,
    /// The way to the audio thread and back.
    end: Mutex<LoaderEnd>,
}

/// Frames at the host's rate by which a rig is late, and the pedal's part of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct RigLatency {
    pub(crate) total: usize,
    pub(crate) pedal: usize,
}

impl Loader {
    /// The loader of a new instance that is set to `first`. No thread runs before there is work.
    pub(crate) fn new(
        end: LoaderEnd,
        library: Arc<Library>,
        link: Arc<HostLink>,
        repaint: Arc<Repaint>,
        first: Settings,
    ) -> Arc<Self> {
        let orders = Arc::<Orders>::default();
        let notify = {
            let orders = orders.clone();
            move |part| orders.give(Some(part), |_| {})
        };
        Arc::new(Self {
            thread: Mutex::new(None),
            rig: Arc::new(SharedRig::new(first, link.clone(), notify)),
            orders,
            shown: Mutex::default(),
            looked_for: Mutex::default(),
            told: Mutex::default(),
            keeping_in: Mutex::default(),
            history: Mutex::default(),
            history_of: AtomicU64::new(0),
            library,
            link,
            restart: AtomicBool::new(false),
            repaint,
            end: Mutex::new(end),
        })
    }

    /// Tells that audio starts in such a config, and whether the host renders.
    pub(crate) fn activate(self: &Arc<Self>, config: ProcessConfig, offline: bool) {
        self.ask_for_restart(false);
        let audio = Some(Audio { config, offline });
        self.orders.give(None, |inbox| inbox.audio = audio);
        self.run();
    }

    /// Tells that the host renders from now on, or no longer, while audio runs.
    pub(crate) fn set_offline(self: &Arc<Self>, offline: bool) {
        let mut runs = false;
        self.orders.give(None, |inbox| {
            if let Some(audio) = &mut inbox.audio {
                audio.offline = offline;
                runs = true;
            }
        });
        if runs {
            self.run();
        }
    }

    /// Tells that audio has stopped.
    pub(crate) fn deactivate(&self) {
        self.orders.give(None, |inbox| inbox.audio = None);
    }

    /// Takes what may soon play again, in the order in which it went to the audio thread.
    pub(crate) fn keep(&self, parts: impl IntoIterator<Item = Loaded>) {
        self.orders.inbox.lock().kept.extend(parts);
    }

    /// Gives back what was kept, if all of it was made for this config; else it is dropped.
    pub(crate) fn take_kept(&self, config: ProcessConfig) -> Vec<Loaded> {
        let mut inbox = self.orders.inbox.lock();
        let mut kept = std::mem::take(&mut inbox.kept);
        if kept.is_empty() || !kept.iter().all(|loaded| loaded.part.fits(config)) {
            inbox.waiting.forgotten = true;
            drop(inbox);
            kept.clear();
        }
        kept
    }

    /// Loads what the user chose for a part of the rig.
    pub(crate) fn open(self: &Arc<Self>, part: Part, origin: Origin) {
        self.choose(
            part,
            match origin {
                Origin::File(path) => Choice::Step {
                    from: Some(path),
                    steps: 0,
                    by_host: false,
                },
                Origin::BuiltIn(name) => Choice::BuiltIn(name),
            },
        );
    }

    /// Loads what was there before, or after.
    pub(crate) fn put_back(self: &Arc<Self>, part: Part, saved: SavedPart) {
        self.choose(part, Choice::Mend(Mend::Back(saved.into())));
    }

    /// Tells where the file of a part is now. What else is missing and was in the same folder is
    /// found along with it.
    pub(crate) fn locate(self: &Arc<Self>, part: Part, path: PathBuf) {
        self.choose(part, Choice::Mend(Mend::Locate(path)));
    }

    /// Has the project mean the file that plays in the place of another, the answer to
    /// [`LoaderStatus::question`].
    pub(crate) fn use_new_file(self: &Arc<Self>, part: Part) {
        self.answer(part, Mend::UseNewFile);
    }

    /// The other answer: has the project go on to mean the file that is not to be found, and looks
    /// for that again.
    pub(crate) fn keep_looking(self: &Arc<Self>, part: Part) {
        self.answer(part, Mend::KeepLooking);
    }

    fn answer(self: &Arc<Self>, part: Part, answer: impl FnOnce(u64) -> Mend) {
        if let Some(asked_of) = self.absent_generation(part) {
            self.choose(part, Choice::Mend(answer(asked_of)));
        }
    }

    /// What was changed in this project, to be taken back. Locked for instants only.
    pub(crate) fn history(&self) -> &Mutex<History> {
        self.forget_other_projects();
        &self.history
    }

    /// Empties a part of the rig; the last capture of all becomes the first of ours.
    pub(crate) fn clear(self: &Arc<Self>, part: Part) {
        let left = match part.kind() {
            PartKind::Capture => self.cleared_capture(part.slot()),
            _ => NOTHING,
        };
        self.choose(part, Choice::BuiltIn(left));
    }

    /// Has the cabinet of a slot follow its capture again.
    pub(crate) fn choose_cab_by_capture(self: &Arc<Self>, slot: usize) {
        self.choose(Part::new(slot, PartKind::Cab), Choice::BuiltIn(AUTOMATIC));
    }

    fn choose(self: &Arc<Self>, part: Part, choice: Choice) {
        self.orders.give(Some(part), |inbox| {
            inbox.waiting.choices[part.index()] = Some(choice);
        });
        self.run();
    }

    /// Loads the next file of the folder (or of the built-in ones), or the one before.
    pub(crate) fn step(self: &Arc<Self>, part: Part, step: Step) {
        let give = |inbox: &mut orders::Inbox| inbox.step(part, step.by(), false);
        self.orders.give(Some(part), give);
        self.run();
    }

    /// Asks for [`Loader::step`] from the audio thread, which knows of so many states that the host
    /// loaded. The loader sees it when it looks next.
    pub(crate) fn step_soon(&self, part: Part, step: Step, loads: u64) {
        self.orders.step_soon(part, step, loads);
    }

    /// Loads the preset at `path`; one of a slot goes into `slot`.
    pub(crate) fn open_preset(self: &Arc<Self>, path: PathBuf, slot: usize) {
        self.choose_preset(PresetChoice::Open(path, slot));
    }

    /// Loads the preset at this place of the setlist, counted from 0.
    pub(crate) fn open_in_setlist(self: &Arc<Self>, at: usize) {
        self.choose_preset(PresetChoice::InSetlist(at));
    }

    /// Loads the next preset of the setlist, or else of the bank, or the one before.
    pub(crate) fn step_preset(self: &Arc<Self>, step: Step) {
        self.choose_preset(PresetChoice::Step(step.by()));
    }

    fn choose_preset(self: &Arc<Self>, choice: PresetChoice) {
        self.orders.give_preset(choice);
        self.run();
    }

    /// Asks for [`Loader::step_preset`] as [`Loader::step_soon`] does for a part.
    pub(crate) fn step_preset_soon(&self, step: Step, loads: u64) {
        self.orders.step_preset_soon(step, loads);
    }

    /// Goes back or on from one rig to another.
    pub(crate) fn put_back_rig(self: &Arc<Self>, from: &Rig, to: &Rig) {
        self.rig.put(from, to);
        self.run();
    }

    /// Tells the host of parameters that the audio thread moved.
    fn forward_edits(&self) {
        self.link.forward_edits(|which| self.rig.value(which));
    }

    /// Has the loader look at once for what buttons ask for. Locks: for offline rendering only.
    pub(crate) fn look(&self) {
        self.orders.take_steps(self.rig.loads());
    }

    /// Has the project carry the files of all parts of the rig, or no longer.
    pub(crate) fn embed(self: &Arc<Self>, on: bool) {
        let give = |inbox: &mut orders::Inbox| inbox.waiting.embed = Some(on);
        self.orders.give(None, give);
        self.run();
    }

    /// What there is to show. To be called on a thread that may start another one.
    pub(crate) fn shown(self: &Arc<Self>) -> LoaderStatus {
        // A project that came while no thread ran.
        if !self.has_carried_out(self.newest_order()) {
            self.run();
        }
        let mut shown = self.shown.lock();
        shown.project = self.rig.notice().map(Message::notice);
        shown.asked = self.rig.settings().slot;
        shown.clone()
    }

    /// Forgets the message that [`LoaderStatus::message`] gives. The others have not been seen yet.
    pub(crate) fn dismiss_message(&self) {
        let dismissed = self.shown.lock().take_message();
        match dismissed {
            Dismissed::Of(part) => self.told.lock().was_read(part),
            Dismissed::OfNone => {}
            Dismissed::Nothing => self.rig.dismiss_notice(),
        }
    }

    /// What the host plays at, while it has the plugin active.
    pub(crate) fn config(&self) -> Option<ProcessConfig> {
        let audio = self.orders.inbox.lock().audio;
        audio.map(|audio| audio.config)
    }

    /// The number of the newest order.
    pub(crate) fn newest_order(&self) -> u64 {
        self.orders.newest()
    }

    /// Whether an order was carried out, with success or without.
    pub(crate) fn has_carried_out(&self, order: u64) -> bool {
        self.orders.has_carried_out(order)
    }

    /// Asks the host, once, to start the audio anew, or no longer does.
    fn ask_for_restart(&self, wanted: bool) {
        let asked = self.restart.swap(wanted, Ordering::Relaxed);
        match (asked, wanted) {
            (false, true) => self.link.ask(Request::Restart),
            (true, false) => self.link.forget(Request::Restart),
            _ => {}
        }
    }

    /// Starts the thread if it does not run.
    fn run(self: &Arc<Self>) {
        let orders = &self.orders;
        let mut thread = self.thread.lock();
        let mut inbox = orders.inbox.lock();
        if inbox.running || orders.has_to_quit() {
            return;
        }
        // The one before has decided to end, holding the lock: it is at its end.
        if let Some(ended) = thread.take() {
            let _ = ended.join();
        }
        let loader = self.clone();
        let started = std::thread::Builder::new()
            .name("gridleak-loader".into())
            .spawn(move || thread::work(&loader));
        match started {
            Ok(handle) => {
                inbox.running = true;
                *thread = Some(handle);
            }
            Err(reason) => {
                drop(inbox);
                self.say(Message::error(format!(
                    "The system gives no thread to load captures on ({reason}). Close some programs and try again."
                )));
                orders.carried_out(orders.newest());
            }
        }
    }

    /// Ends the thread, and drops all captures; waits for that until `deadline`, see
    /// [`thread_end::wait`]. To be called when the instance goes: whoever else holds the loader, such
    /// as a window, then asks in vain.
    pub(crate) fn end(&self, deadline: Instant) {
        let orders = &self.orders;
        orders.quit.store(true, Ordering::Release);
        // The lock makes sure that the thread is either before its look at `quit` or asleep.
        drop(orders.inbox.lock());
        orders.wake.notify_all();
        if let Some(thread) = self.thread.lock().take() {
            thread_end::wait(thread, deadline);
        }
        let kept = std::mem::take(&mut orders.inbox.lock().kept);
        drop(kept);
    }

    /// By how much the next rig to play will be late at a host's rate in Hz, or a little less.
    pub(crate) fn expected_latency(&self, host: f64, offline: bool) -> RigLatency {
        let wanted = self.rig.settings().oversampling_factor(offline);
        // Some captures cannot be oversampled that far, or at all, and only the file tells.
        let factors = || [1, 2, 4, 8].into_iter().filter(|&factor| factor <= wanted);
        let late = |part| {
            let (_, saved) = self.rig.part(part).current();
            if saved.built_in_name() == Some(NOTHING) {
                return 0;
            }
            let rate = saved.rate.unwrap_or(DEFAULT_SAMPLE_RATE);
            let late = factors().map(|factor| gridleak_core::latency(host, rate * factor as f64));
            late.max().unwrap_or(0)
        };
        let latest = |kind| {
            let slots = (0..SLOTS).map(|slot| late(Part::new(slot, kind)));
            slots.max().unwrap_or(0)
        };
        let (pedal, amp) = (latest(PartKind::Pedal), latest(PartKind::Capture));
        RigLatency {
            total: amp + pedal,
            pedal,
        }
    }

    /// Whether the project carries the files of its rig, and how many bytes that takes; `None` where
    /// there is no file.
    pub(crate) fn embedding(&self) -> Option<(bool, usize)> {
        let saved = Part::all().map(|part| self.rig.part(part).current().1);
        let files = saved.iter().filter(|saved| file_of(saved).is_some());
        files
            .map(|saved| (saved.embeds(), saved.embedded_bytes()))
            .reduce(|(all, bytes), (embeds, more)| (all && embeds, bytes + more))
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

    /// Whether the user wants the file to be looked for that a replaced reference means.
    fn is_looked_for(&self, part: Part, generation: u64) -> bool {
        self.looked_for.lock()[part.index()] == Some(generation)
    }

    /// What was done before the host loaded another project was done to the old one.
    fn forget_other_projects(&self) {
        let mut history = self.history.lock();
        let loads = self.rig.loads();
        if self.history_of.swap(loads, Ordering::Relaxed) != loads {
            history.clear();
        }
    }

    pub(crate) fn say(&self, message: Message) {
        self.shown.lock().message = Some(message);
        self.repaint.request();
    }

    fn say_of(&self, part: Part, message: Message) {
        self.shown.lock().parts[part.index()].message = Some(message);
        self.repaint.request();
    }
}

#[cfg(test)]
mod tests;
