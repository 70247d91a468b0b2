//! The end of a window's thread.
//!
//! On X11 each window has one, which draws. Neither the next window nor the end of the process must meet
//! OpenGL while that thread takes it down. A host that ends with a window open closes nothing, so the
//! windows are closed when the process ends, before the libraries that they draw with.

use std::cell::RefCell;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use baseview::{Window, WindowWaker};
use parking_lot::Mutex;

/// How long a window is waited for at most; it closes in a few milliseconds.
const TIMEOUT: Duration = Duration::from_secs(2);

/// The windows that are open.
static OPEN: Mutex<Vec<(WindowWaker, Arc<Ending>)>> = Mutex::new(Vec::new());

static PROCESS_ENDS: AtomicBool = AtomicBool::new(false);

/// Whether a window is to end, and whether its thread has ended.
#[derive(Debug, Default)]
pub(super) struct Ending {
    wanted: AtomicBool,
    over: AtomicBool,
}

thread_local! {
    /// Goes with the thread, behind everything that runs on it.
    static LAST: RefCell<Option<Last>> = const { RefCell::new(None) };
}

struct Last(Arc<Ending>);

impl Drop for Last {
    fn drop(&mut self) {
        self.0.over.store(true, Ordering::Release);
        // What is left of this thread must not run beside the end of the process.
        while PROCESS_ENDS.load(Ordering::Acquire) {
            std::thread::park();
        }
    }
}

impl Ending {
    /// Whether the window is to close itself.
    pub(super) fn is_wanted(&self) -> bool {
        self.wanted.load(Ordering::Acquire)
    }

    /// To be called on the window's thread when it begins.
    pub(super) fn watch(self: &Arc<Self>) {
        if cfg!(target_os = "linux") {
            LAST.set(Some(Last(self.clone())));
        }
    }

    /// To be called when the window is there.
    pub(super) fn opened(self: &Arc<Self>, window: &Window) {
        if cfg!(target_os = "linux") {
            OPEN.lock().push((window.waker(), self.clone()));
            at_process_end();
        }
    }

    /// Closes the window and waits until nothing of it is left.
    pub(super) fn close(self: &Arc<Self>, window: Window) {
        if PROCESS_ENDS.load(Ordering::Acquire) {
            // Its thread is closed already, and waits for the end: to wait for it would take for ever.
            std::mem::forget(window);
            return;
        }
        OPEN.lock().retain(|(_, ending)| !Arc::ptr_eq(ending, self));
        if cfg!(target_os = "linux") {
            // baseview 0.4.2 asks its thread for one thing more before it waits for it, and does not
            // wait, or waits for ever, if that has stopped listening. So the window closes itself.
            self.wanted.store(true, Ordering::Release);
            let _ = window.request_poll();
            if !wait(|| !window.is_open()) {
                // It hangs. Its thread owns what it works with.
                crate::session::module_pin::pin();
                std::mem::forget(window);
                return;
            }
        }
        // A panic on the window's thread comes back here, and stays here.
        let _ = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| drop(window)));
    }
}

fn wait(over: impl Fn() -> bool) -> bool {
    let begun = Instant::now();
    while !over() {
        if begun.elapsed() > TIMEOUT {
            return false;
        }
        std::thread::sleep(Duration::from_millis(1));
    }
    true
}

/// Has the windows closed when the process ends. What is registered last comes first then, so this has to
/// follow what OpenGL's driver registers, which it does with the first picture: each window sees to it anew.
fn at_process_end() {
    extern "C" fn close_all() {
        if PROCESS_ENDS.swap(true, Ordering::AcqRel) {
            return;
        }
        let Some(open) = OPEN.try_lock() else { return };
        for (waker, ending) in open.iter() {
            ending.wanted.store(true, Ordering::Release);
            waker.request_poll();
        }
        wait(|| {
            open.iter()
                .all(|(_, ending)| ending.over.load(Ordering::Acquire))
        });
    }
    crate::session::module_pin::pin();
    #[cfg(target_os = "linux")]
    // SAFETY: the function is there as long as this library, which stays.
    unsafe {
        libc::atexit(close_all)
    };
    let _ = close_all;
}
