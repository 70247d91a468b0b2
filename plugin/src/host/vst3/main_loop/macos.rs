//! The queue of the main thread on macOS.

use std::ffi::c_void;
use std::sync::{Arc, Weak};

use super::{MainLoop, Tick};
use crate::session::module_pin;

unsafe extern "C" {
    static _dispatch_main_q: c_void;
    fn dispatch_time(from: u64, nanoseconds: i64) -> u64;
    fn dispatch_after_f(
        when: u64,
        queue: *const c_void,
        context: *mut c_void,
        work: unsafe extern "C" fn(*mut c_void),
    );
}

impl MainLoop {
    pub(super) fn start(self, ms: u32, tick: Tick) -> Option<SystemTimer> {
        // What is queued comes once more after its end, on this library's code.
        module_pin::pin();
        let tick = Arc::new(tick);
        again(Box::new(Waiting {
            tick: Arc::downgrade(&tick),
            ms,
        }));
        Some(SystemTimer { _tick: tick })
    }
}

/// As long as this is there, it goes on.
pub(super) struct SystemTimer {
    _tick: Arc<Tick>,
}

struct Waiting {
    tick: Weak<Tick>,
    ms: u32,
}

fn again(waiting: Box<Waiting>) {
    let nanoseconds = i64::from(waiting.ms) * 1_000_000;
    // SAFETY: `run` takes back what it is given here.
    unsafe {
        let when = dispatch_time(0, nanoseconds);
        dispatch_after_f(
            when,
            &raw const _dispatch_main_q,
            Box::into_raw(waiting).cast(),
            run,
        );
    }
}

unsafe extern "C" fn run(waiting: *mut c_void) {
    // SAFETY: it comes from `again`, once.
    let waiting = unsafe { Box::from_raw(waiting.cast::<Waiting>()) };
    if let Some(tick) = waiting.tick.upgrade() {
        tick();
        again(waiting);
    }
}
