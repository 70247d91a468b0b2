//! What a library and its thread share.

use std::collections::VecDeque;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Instant;

use gridleak_core::ParameterId;
use parking_lot::Mutex;

use super::listing::{Listing, Origin};

pub(super) struct Shared {
    pub(super) inbox: Mutex<Inbox>,
    pub(super) listing: Mutex<Arc<Listing>>,
    /// See [`Library::interface_dbu`].
    pub(super) interface_dbu: Mutex<f32>,
    pub(super) quit: AtomicBool,
    pub(super) changed: Box<dyn Fn() + Send + Sync>,
}

#[derive(Default)]
pub(super) struct Inbox {
    pub(super) tasks: VecDeque<Task>,
    /// Whether the thread is there to see to the tasks.
    pub(super) running: bool,
    /// Whether the folders were ever asked for.
    pub(super) scanned: bool,
    pub(super) looked: Option<Instant>,
}

/// What the thread is asked for.
#[derive(Debug, PartialEq)]
pub(super) enum Task {
    Scan,
    AddFolder(PathBuf),
    RemoveFolder(PathBuf),
    /// Look whether another instance changed the settings.
    Look,
    SetFavourite(Origin, bool),
    Used(Origin),
    /// Remember a folder that something was loaded from.
    CaptureFolder(PathBuf),
    /// Remember how large the window is, in points.
    Window(u32, u32),
    /// Remember the level of the interface, in dBu.
    Interface(f32),
    /// Remember what a MIDI controller moves.
    Controller(u8, Option<ParameterId>),
}

impl Task {
    /// Whether folders are to be looked through anew, or others.
    pub(super) fn replaces_scan(&self) -> bool {
        matches!(
            self,
            Task::Scan | Task::AddFolder(_) | Task::RemoveFolder(_)
        )
    }
}

impl Shared {
    /// The next task. If there is none, the thread is taken for ended, unless it has `more` to do.
    pub(super) fn next(&self, more: bool) -> Option<Task> {
        let mut inbox = self.inbox.lock();
        let task = inbox.tasks.pop_front();
        inbox.running = task.is_some() || more;
        task
    }

    pub(super) fn publish(&self, listing: Listing) {
        let listing = Arc::new(listing);
        // The old one is dropped when the lock is gone.
        let _old = std::mem::replace(&mut *self.listing.lock(), listing);
        (self.changed)();
    }
}
