//! Timers on the host's main thread, which alone may be told of edits, and asked for another size.
//!
//! Linux hosts lend their loop, some only while a window is open, some never. On Windows and macOS the
//! main thread has one that anybody may use.

use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Arc, Weak};

use super::entry::guarded;
use super::shared::Shared;

#[cfg(target_os = "linux")]
mod linux;
#[cfg(target_os = "macos")]
mod macos;
#[cfg(not(target_os = "linux"))]
mod own;
#[cfg(windows)]
mod windows;

#[cfg(target_os = "linux")]
pub(super) use linux::MainLoop;
#[cfg(not(target_os = "linux"))]
pub(super) use own::MainLoop;

#[cfg(target_os = "linux")]
use linux::SystemTimer;
#[cfg(target_os = "macos")]
use macos::SystemTimer;
#[cfg(windows)]
use windows::SystemTimer;

/// What is done again and again.
pub(super) trait Task: Send + Sync + 'static {
    /// Whose instance it is for.
    fn shared(&self) -> &Shared;
    /// Does it.
    fn run(&self);
}

/// The same in the hands of a system, which may keep it longer than it is wanted.
type Tick = Box<dyn Fn() + Send + Sync>;

/// Has a task done until it is dropped.
pub(super) struct Timer {
    task: Weak<dyn Task>,
    _system: SystemTimer,
}

impl MainLoop {
    /// Has a task done every so many ms.
    pub(super) fn every<T: Task>(self, ms: u32, task: &Arc<T>) -> Option<Timer> {
        let weak = Arc::downgrade(task);
        let tick = weak.clone();
        let tick = move || {
            guarded((), || {
                if let Some(task) = tick.upgrade() {
                    task.run();
                }
            });
        };
        let system = self.start(ms, Box::new(tick))?;
        task.shared().timers.fetch_add(1, Relaxed);
        Some(Timer {
            task: weak,
            _system: system,
        })
    }
}

impl Drop for Timer {
    fn drop(&mut self) {
        if let Some(task) = self.task.upgrade() {
            task.shared().timers.fetch_sub(1, Relaxed);
        }
    }
}

impl Task for Shared {
    fn shared(&self) -> &Shared {
        self
    }

    fn run(&self) {
        self.poll();
    }
}
