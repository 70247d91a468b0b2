//! Waits for the end of a window's thread.
//!
//! On X11 each window has a thread. When it is closed, the framework (baseview 0.4.2) asks that thread for
//! one thing more before it waits for it, and does not wait if the thread has stopped listening. Then
//! OpenGL is torn down while the host goes on: it may open the next window, or end. Neither is safe.
//! To be dropped with a baseview that waits.

use std::cell::RefCell;
use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

use parking_lot::Mutex;

/// How long it is waited for at most; a window closes in a few milliseconds.
const TIMEOUT: Duration = Duration::from_secs(2);

thread_local! {
    /// Goes with the thread, behind everything that runs on it.
    static ALIVE: RefCell<Option<Arc<()>>> = const { RefCell::new(None) };
}

/// The thread of the window that was opened last. Clones share it.
#[derive(Debug, Clone, Default)]
pub(crate) struct WindowThread(Arc<Mutex<Weak<()>>>);

impl WindowThread {
    /// To be called on the thread of a new window.
    pub(crate) fn begin(&self) {
        if cfg!(target_os = "linux") {
            let alive = Arc::new(());
            *self.0.lock() = Arc::downgrade(&alive);
            ALIVE.set(Some(alive));
        }
    }

    /// To be called when the window was closed.
    pub(crate) fn wait(&self) {
        if ALIVE.with_borrow(Option::is_some) {
            // It is this one: no thread waits for itself.
            return;
        }
        let begun = Instant::now();
        let alive = || self.0.lock().strong_count() > 0;
        while alive() && begun.elapsed() < TIMEOUT {
            std::thread::sleep(Duration::from_millis(1));
        }
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;
    use std::sync::mpsc;

    #[test]
    fn it_is_waited_for_no_longer_than_the_thread_is_there() {
        let thread = WindowThread::default();
        thread.wait();
        let (begun, has_begun) = mpsc::channel();
        let own = thread.clone();
        let started = Instant::now();
        std::thread::spawn(move || {
            own.begin();
            begun.send(()).unwrap();
            std::thread::sleep(Duration::from_millis(100));
        });
        has_begun.recv().unwrap();
        thread.wait();
        let waited = started.elapsed();
        assert!(waited >= Duration::from_millis(100) && waited < TIMEOUT);
    }
}
