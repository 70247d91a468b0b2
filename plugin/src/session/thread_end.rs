//! The ends of threads: a host that closes an instance is not kept waiting for them.

use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use crate::session::module_pin;

/// How long the end of an instance waits for its threads, all together.
pub(crate) const LONGEST_WAIT: Duration = Duration::from_millis(50);

/// How often is looked whether a thread has ended.
const LOOKING: Duration = Duration::from_micros(500);

/// Waits for the end of `thread`, but no longer than until `deadline`. One that takes longer, because a
/// file system hangs, say, is left behind: it owns what it works with and drops it when it ends, and
/// the code that it runs on stays in memory.
pub(crate) fn wait(thread: JoinHandle<()>, deadline: Instant) {
    while !thread.is_finished() {
        if Instant::now() >= deadline {
            module_pin::pin();
            return;
        }
        thread::sleep(LOOKING);
    }
    // A thread that panicked has ended, too.
    let _ = thread.join();
}
