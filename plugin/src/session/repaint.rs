//! Has the window drawn again.

use std::sync::atomic::{AtomicBool, Ordering};

/// What says that there is something new to see. Any thread may; none waits.
#[derive(Debug, Default)]
pub(crate) struct Repaint {
    asked: AtomicBool,
    open: AtomicBool,
}

impl Repaint {
    /// Has the window drawn again, if it is open.
    pub(crate) fn request(&self) {
        self.asked.store(true, Ordering::Release);
    }

    /// Whether somebody asked since the last time. The window looks as often as it can draw.
    pub(crate) fn take(&self) -> bool {
        self.asked.load(Ordering::Relaxed) && self.asked.swap(false, Ordering::AcqRel)
    }

    /// Tells whether there is a window.
    pub(crate) fn set_open(&self, open: bool) {
        self.open.store(open, Ordering::Release);
    }

    /// Whether there is one.
    pub(crate) fn is_open(&self) -> bool {
        self.open.load(Ordering::Relaxed)
    }
}
