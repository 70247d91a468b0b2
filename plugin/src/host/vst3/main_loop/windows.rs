//! The loop that every main thread has on Windows.

use std::ptr;
use std::sync::Arc;

use parking_lot::Mutex;
use windows_sys::Win32::Foundation::HWND;
use windows_sys::Win32::UI::WindowsAndMessaging::{KillTimer, SetTimer};

use super::{MainLoop, Tick};
use crate::session::module_pin;

/// What the timers do, by their ids.
static TICKS: Mutex<Vec<(usize, Arc<Tick>)>> = Mutex::new(Vec::new());

impl MainLoop {
    pub(super) fn start(self, ms: u32, tick: Tick) -> Option<SystemTimer> {
        // One that is ended on another thread comes once more, on this library's code.
        module_pin::pin();
        // SAFETY: without a window the thread's own loop calls `on_timer`.
        let id = unsafe { SetTimer(ptr::null_mut(), 0, ms, Some(on_timer)) };
        (id != 0).then(|| {
            TICKS.lock().push((id, Arc::new(tick)));
            SystemTimer(id)
        })
    }
}

unsafe extern "system" fn on_timer(_window: HWND, _message: u32, id: usize, _time: u32) {
    let found = TICKS.lock().iter().find(|(other, _)| *other == id).cloned();
    match found {
        // Not under the lock: it may start and end timers.
        Some((_, tick)) => tick(),
        // It was given up on another thread, which cannot end it.
        // SAFETY: the id is the one that this thread was given.
        None => _ = unsafe { KillTimer(ptr::null_mut(), id) },
    }
}

pub(super) struct SystemTimer(usize);

impl Drop for SystemTimer {
    fn drop(&mut self) {
        TICKS.lock().retain(|(id, _)| *id != self.0);
        // SAFETY: as above.
        unsafe { KillTimer(ptr::null_mut(), self.0) };
    }
}
