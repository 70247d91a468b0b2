//! Whether there can be a window on X11, found out by making one that nobody sees.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use baseview::{
    Event, EventStatus, HandlerError, WindowContext, WindowHandler, WindowSettings, WindowSize,
};

use super::canvas::Canvas;
use super::ending::Ending;
use super::open_window::OpenWindow;
use super::x11;

/// What is said where there is no window.
const NO_SCREEN: &str =
    "No window, there is no X11 screen: start X11 or XWayland, or use this list";
const NO_OPENGL: &str =
    "No window, OpenGL is missing: install the graphics driver, or use this list";

/// The reason why no window can be opened. That one can be is found out once; what is missing may come.
pub(super) fn unavailable() -> Option<&'static str> {
    static KNOWN_TO_OPEN: AtomicBool = AtomicBool::new(false);
    let reason = if x11::screen_scale().is_err() {
        Some(NO_SCREEN)
    } else if KNOWN_TO_OPEN.load(Ordering::Relaxed) {
        None
    } else {
        try_out().err().map(|_| NO_OPENGL)
    };
    KNOWN_TO_OPEN.fetch_or(reason.is_none(), Ordering::Relaxed);
    reason
}

/// A window that is never shown.
struct Trial {
    _canvas: Canvas,
    window: WindowContext,
    ending: Arc<Ending>,
}

impl WindowHandler for Trial {
    fn poll(&self) {
        if self.ending.is_wanted() {
            self.window.request_close();
        }
    }

    fn draw(&self) -> Result<(), HandlerError> {
        Ok(())
    }

    fn resized(&self, _size: WindowSize) -> Result<(), HandlerError> {
        Ok(())
    }

    fn on_event(&self, _event: Event) -> EventStatus {
        EventStatus::Ignored
    }
}

/// Makes a window with OpenGL and closes it again, without showing it.
fn try_out() -> Result<(), String> {
    let build = |window: WindowContext, ending| {
        Ok(Trial {
            _canvas: Canvas::new(&window)?,
            window,
            ending,
        })
    };
    OpenWindow::create(WindowSettings::new(), build).map(drop)
}
