//! Puts the framework's worker thread to sleep in VST3 hosts on Linux, where it can bring the host
//! down.
//!
//! nice-plug 0.4.2 has one worker thread for all instances in a process. Each parameter change that
//! comes from another thread than the host's main one queues a task there. The task may borrow the
//! editor's window while the window is being opened, or meet an instance that is gone, or drop the
//! last reference to one; each ends the worker in a panic, and then the last instance to go aborts
//! the host. A worker that sleeps for ever does none of this: the tasks, which only ask for a repaint
//! (our own `process` does that), fill a bounded queue and are dropped, and its last instance is
//! never dropped by it. The price is one sleeping thread and one empty instance for each process.
//!
//! This can go when the framework's event loop holds each instance weakly and outlives all of them,
//! and no task borrows what `attached` holds (`wrapper/vst3`, `event_loop/background_thread.rs`).

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use nice_plug::prelude::{AsyncExecutor, Plugin, PluginApi};

/// The only background task there is. Never use the framework's tasks for work.
pub enum Task {
    /// Sleeps for ever.
    Park,
}

static PARKED: AtomicBool = AtomicBool::new(false);

/// Whether the worker is asleep.
static ASLEEP: AtomicBool = AtomicBool::new(false);

/// How long to wait for that, once in a process. It takes microseconds, but as long as the task is
/// not begun, an instance that goes takes the worker with it.
const TIMEOUT: Duration = Duration::from_secs(1);

/// What the worker does with a task.
pub(crate) fn execute(task: Task) {
    match task {
        Task::Park => {
            ASLEEP.store(true, Ordering::Release);
            loop {
                std::thread::park();
            }
        }
    }
}

/// Parks the worker if that was not done yet and has to be.
pub(crate) fn park<P>(api: PluginApi, executor: &AsyncExecutor<P>)
where
    P: Plugin<BackgroundTask = Task>,
{
    let needed = cfg!(target_os = "linux") && api == PluginApi::Vst3 && !cfg!(feature = "no-park");
    if needed && !PARKED.swap(true, Ordering::AcqRel) {
        executor.execute_background(Task::Park);
        let asked = Instant::now();
        while !ASLEEP.load(Ordering::Acquire) && asked.elapsed() < TIMEOUT {
            std::thread::yield_now();
        }
    }
}
