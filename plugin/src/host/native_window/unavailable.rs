//! Whether there can be a window here, found out by making one that nobody sees.

#[cfg(target_os = "linux")]
use std::sync::atomic::{AtomicBool, Ordering};

/// There is no window here, for this reason, in words.
pub(super) const NO_SCREEN: &str =
    "No window, there is no X11 screen: start X11 or XWayland, or use this list";
pub(super) const NO_OPENGL: &str =
    "No window, OpenGL is missing: install the graphics driver, or use this list";

/// The reason why no window can be opened. That one can be is found out once; what is missing may come.
#[cfg(target_os = "linux")]
pub(super) fn unavailable() -> Option<&'static str> {
    static KNOWN_TO_OPEN: AtomicBool = AtomicBool::new(false);
    if KNOWN_TO_OPEN.load(Ordering::Relaxed) {
        return None;
    }
    let reason = if super::x11::screen_scale().is_err() {
        Some(NO_SCREEN)
    } else {
        super::open_window::try_out().err().map(|_| NO_OPENGL)
    };
    KNOWN_TO_OPEN.store(reason.is_none(), Ordering::Relaxed);
    reason
}

/// Windows and macOS have both.
#[cfg(not(target_os = "linux"))]
pub(super) fn unavailable() -> Option<&'static str> {
    None
}
