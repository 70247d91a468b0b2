//! What the loader is asked for, and how far it is. Orders are counted.
//!
//! The lock is taken only by threads that may wait: the host's, the window's and the loader's own. The
//! audio thread touches atomics alone.

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicI32, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use gridleak_core::{Loaded, ProcessConfig};
use parking_lot::{Condvar, Mutex};

use crate::session::folder::Step;
use crate::session::part::{ForParts, Part};
use crate::session::references::SavedPart;

/// How long what was built stays in memory after the host has stopped the audio.
pub(super) const KEPT_FOR: Duration = Duration::from_secs(5);

/// All orders of an instance.
#[derive(Default)]
pub(super) struct Orders {
    pub(super) inbox: Mutex<Inbox>,
    pub(super) wake: Condvar,
    /// Orders given, and the newest that was carried out.
    given: AtomicU64,
    carried_out: AtomicU64,
    /// Orders that name something else as a part: whoever works on an older one can stop.
    choices: ForParts<AtomicU64>,
    pub(super) quit: AtomicBool,
    /// Steps that buttons among the parameters asked for, from the audio thread.
    steps: ForParts<AtomicI32>,
    /// The same of presets.
    preset_steps: AtomicI32,
    /// How many states had been loaded when the last of them was asked for.
    stepped_in: AtomicU64,
}

/// What the thread is asked for.
#[derive(Default)]
pub(super) struct Inbox {
    pub(super) running: bool,
    pub(super) audio: Option<Audio>,
    /// What was taken out of a chain, in the order in which it went in.
    pub(super) kept: Vec<Loaded>,
    pub(super) waiting: Waiting,
    pub(super) last_order: Option<Instant>,
}

/// How the host plays, while it has the plugin active.
#[derive(Debug, Clone, Copy)]
pub(super) struct Audio {
    pub(super) config: ProcessConfig,
    /// Whether it renders.
    pub(super) offline: bool,
}

/// Orders that wait.
#[derive(Default)]
pub(super) struct Waiting {
    pub(super) choices: ForParts<Option<Choice>>,
    pub(super) preset: Option<PresetChoice>,
    pub(super) embed: Option<bool>,
    /// Whether nothing of what was built is left.
    pub(super) forgotten: bool,
}

/// What a user asked for in the window.
#[derive(Debug)]
pub(super) enum Choice {
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

/// Another preset.
#[derive(Debug)]
pub(super) enum PresetChoice {
    /// The one at this path; if it is of a slot, into this one.
    Open(PathBuf, usize),
    /// The one at this place of the setlist.
    InSetlist(usize),
    /// What is so many on (or back) from the current one.
    Step(i32),
}

/// What a user asked for about what a project refers to.
#[derive(Debug)]
pub(super) enum Mend {
    /// What was there before: not a change that is to be remembered.
    Back(Box<SavedPart>),
    /// The file is here now.
    Locate(PathBuf),
    /// The file that was found in the place of the one of this generation is right.
    UseNewFile(u64),
    /// It is not.
    KeepLooking(u64),
}

impl Inbox {
    /// Whether the audio has stopped so long ago that the thread can end.
    pub(super) fn is_idle(&self) -> bool {
        let long_ago = |last: Instant| last.elapsed() >= KEPT_FOR;
        self.audio.is_none() && self.last_order.is_none_or(long_ago)
    }

    /// Asks for what is so many on (or back) from what is asked for already.
    pub(super) fn step(&mut self, part: Part, by: i32, host: bool) {
        let waiting = &mut self.waiting.choices[part.index()];
        if let Some(Choice::Step { steps, by_host, .. }) = waiting {
            *steps = steps.saturating_add(by);
            *by_host &= host;
            return;
        }
        *waiting = Some(Choice::Step {
            from: None,
            steps: by,
            by_host: host,
        });
    }
}

impl Orders {
    /// Asks for another preset: whoever works on what there is can stop.
    pub(super) fn give_preset(&self, choice: PresetChoice) {
        for part in Part::all() {
            self.choices[part.index()].fetch_add(1, Ordering::Relaxed);
        }
        self.give(None, |inbox| {
            let waiting = &mut inbox.waiting.preset;
            *waiting = Some(match (choice, waiting.take()) {
                (PresetChoice::Step(by), Some(PresetChoice::Step(before))) => {
                    PresetChoice::Step(by.saturating_add(before))
                }
                (choice, _) => choice,
            });
        });
    }

    /// Gives an order; `choice`: the part that it names something else as.
    pub(super) fn give(&self, choice: Option<Part>, give: impl FnOnce(&mut Inbox)) {
        let mut inbox = self.inbox.lock();
        give(&mut inbox);
        inbox.last_order = Some(Instant::now());
        if let Some(part) = choice {
            self.choices[part.index()].fetch_add(1, Ordering::Relaxed);
        }
        self.given.fetch_add(1, Ordering::Release);
        drop(inbox);
        self.wake.notify_all();
    }

    /// The number of the newest order.
    pub(super) fn newest(&self) -> u64 {
        self.given.load(Ordering::Acquire)
    }

    /// Whether an order was carried out, with success or without.
    pub(super) fn has_carried_out(&self, order: u64) -> bool {
        self.carried_out.load(Ordering::Acquire) >= order
    }

    /// Takes note that an order was carried out.
    pub(super) fn carried_out(&self, order: u64) {
        self.carried_out.store(order, Ordering::Release);
    }

    /// The number of the newest order that names something else as a part.
    pub(super) fn choice(&self, part: Part) -> u64 {
        self.choices[part.index()].load(Ordering::Acquire)
    }

    /// Whether the instance goes away.
    pub(super) fn has_to_quit(&self) -> bool {
        self.quit.load(Ordering::Acquire)
    }

    /// Whether something else was named as a part since, or the instance goes away.
    pub(super) fn is_superseded(&self, part: Part, choice: u64) -> bool {
        self.has_to_quit() || self.choice(part) != choice
    }

    /// Takes note of a button that the audio thread, which knows of so many loaded states, saw pressed.
    pub(super) fn step_soon(&self, part: Part, step: Step, loads: u64) {
        self.stepped_in.store(loads, Ordering::Relaxed);
        self.steps[part.index()].fetch_add(step.by(), Ordering::Release);
    }

    /// The same for presets.
    pub(super) fn step_preset_soon(&self, step: Step, loads: u64) {
        self.stepped_in.store(loads, Ordering::Relaxed);
        self.preset_steps.fetch_add(step.by(), Ordering::Release);
    }

    /// Whether buttons asked for something that is no order yet.
    pub(super) fn steps_wait(&self) -> bool {
        let mut steps = self.steps.iter().chain([&self.preset_steps]);
        steps.any(|by| by.load(Ordering::Relaxed) != 0)
    }

    /// Makes orders of what buttons asked for. `loads`: how many states were loaded by now.
    pub(super) fn take_steps(&self, loads: u64) {
        // What was pressed before another project was loaded was meant for the one before.
        let void = self.stepped_in.load(Ordering::Acquire) != loads;
        let by = self.preset_steps.swap(0, Ordering::Acquire);
        if by != 0 && !void {
            self.give_preset(PresetChoice::Step(by));
        }
        for part in Part::all() {
            let by = self.steps[part.index()].swap(0, Ordering::Acquire);
            if by != 0 && !void {
                self.give(Some(part), |inbox| inbox.step(part, by, true));
            }
        }
    }
}
