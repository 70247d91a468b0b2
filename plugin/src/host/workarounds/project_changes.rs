//! Tells the host that the project has changed where no parameter did: another file, a file kept in the
//! project.
//!
//! Hosts ask whether to save after they were told of a parameter that a hand has moved, and the framework
//! passes nothing else on to them. So there is one that only counts changes, hidden from players, and it
//! is moved as a hand would. To be dropped with a framework that knows `mark_dirty` and `setDirty`.

use std::sync::atomic::{AtomicI32, AtomicU64, Ordering};

use nice_plug::context::gui::GuiContext;
use nice_plug::prelude::*;

/// Where the count begins again.
const MOST: i32 = 999;

/// The count of changes.
#[derive(Params)]
pub(crate) struct ProjectChanges {
    #[id = "edits"]
    parameter: IntParam,
    /// Changes that were made, and those of them that the host was told of.
    made: AtomicU64,
    told: AtomicU64,
    /// How many projects had been loaded when the last one was made.
    made_in: AtomicU64,
    /// The count that the host was told last. It comes back with the audio, and that may take a while.
    last: AtomicI32,
}

impl ProjectChanges {
    pub(crate) fn new() -> Self {
        let range = IntRange::Linear { min: 0, max: MOST };
        Self {
            parameter: IntParam::new("Project Changes", 0, range).hide(),
            made: AtomicU64::new(0),
            told: AtomicU64::new(0),
            made_in: AtomicU64::new(0),
            last: AtomicI32::new(0),
        }
    }

    /// To be called, on any thread, whenever what the project refers to was changed, other than by
    /// loading a project. `loads`: how many projects were loaded so far.
    pub(crate) fn made_one(&self, loads: u64) {
        self.made_in.store(loads, Ordering::Relaxed);
        self.made.fetch_add(1, Ordering::Release);
    }

    /// How many were made.
    #[cfg(test)]
    pub(crate) fn made(&self) -> u64 {
        self.made.load(Ordering::Acquire)
    }

    /// Tells the host if there is anything to tell. To be called on the window's thread, as for a
    /// knob: there is no other way to the host. What is changed while there is no window, as by the
    /// host's own buttons, is told when there is one, unless another project was loaded meanwhile.
    pub(crate) fn tell(&self, host: &GuiContext, loads: u64) {
        let made = self.made.load(Ordering::Acquire);
        let before = self.told.swap(made, Ordering::Relaxed);
        if before == made || self.made_in.load(Ordering::Relaxed) != loads {
            return;
        }
        let after = |count: i32| if count >= MOST { 0 } else { count + 1 };
        let mut count = after(self.parameter.unmodulated_plain_value());
        if count == self.last.load(Ordering::Relaxed) {
            count = after(count);
        }
        self.last.store(count, Ordering::Relaxed);
        let setter = host.param_setter();
        setter.begin_set_parameter(&self.parameter);
        setter.set_parameter(&self.parameter, count);
        setter.end_set_parameter(&self.parameter);
    }
}
