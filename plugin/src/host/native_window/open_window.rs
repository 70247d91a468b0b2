//! A window from its opening to its end.

use std::ffi::c_void;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use baseview::gl::GlConfig;
use baseview::{HandlerError, Window, WindowContext, WindowHandler, WindowSettings};
use raw_window_handle::{HandleError, HasWindowHandle, RawWindowHandle, WindowHandle};

use super::ending::Ending;
use super::handler::Handler;
use super::shared::{Shared, native};
use crate::session::module_pin;

/// The host's window that ours is to be in.
pub(super) struct Parent(RawWindowHandle);

impl Parent {
    /// From what hosts give: the id of an X11 window, an HWND or an NSView.
    pub(super) fn new(pointer: *mut c_void) -> Option<Self> {
        #[cfg(target_os = "linux")]
        let raw = {
            use raw_window_handle::XcbWindowHandle;
            let id = u32::try_from(pointer as usize).ok()?;
            XcbWindowHandle::new(std::num::NonZeroU32::new(id)?).into()
        };
        #[cfg(target_os = "windows")]
        let raw = {
            use raw_window_handle::Win32WindowHandle;
            Win32WindowHandle::new(std::num::NonZeroIsize::new(pointer as isize)?).into()
        };
        #[cfg(target_os = "macos")]
        let raw = {
            use raw_window_handle::AppKitWindowHandle;
            AppKitWindowHandle::new(std::ptr::NonNull::new(pointer)?).into()
        };
        Some(Self(raw))
    }

    fn id(&self) -> Option<u32> {
        match self.0 {
            RawWindowHandle::Xcb(handle) => Some(handle.window.get()),
            _ => None,
        }
    }
}

impl HasWindowHandle for Parent {
    fn window_handle(&self) -> Result<WindowHandle<'_>, HandleError> {
        // SAFETY: hosts keep the window that they give until ours is closed.
        Ok(unsafe { WindowHandle::borrow_raw(self.0) })
    }
}

/// A window that is there. Dropped, it closes.
pub(super) struct OpenWindow {
    window: Option<Window>,
    ending: Arc<Ending>,
}

impl OpenWindow {
    /// Opens a window of a size in the host's units inside `parent`, or one of its own, and shows it.
    pub(super) fn open(
        shared: Arc<Shared>,
        parent: Option<&Parent>,
        (width, height): (u32, u32),
        limits: ((u32, u32), (u32, u32)),
    ) -> Result<Self, String> {
        let ((least_wide, least_high), (most_wide, most_high)) = limits;
        let mut settings = WindowSettings::new()
            .with_title("Gridleak")
            .with_size(native(width, height))
            .with_parent(parent);
        if parent.is_none() {
            // Inside another, the window is as large as the host makes it.
            settings = settings
                .with_min_size(native(least_wide, least_high))
                .with_max_size(native(most_wide, most_high));
        }
        let id = parent.and_then(Parent::id);
        let build = move |window, ending| Handler::new(window, shared, ending, id);
        let open = Self::create(settings, build)?;
        // Not before: hosts that show it late would never see it drawn.
        open.window().show().map_err(|error| error.to_string())?;
        Ok(open)
    }

    /// Makes a window and does not show it.
    pub(super) fn create<H: WindowHandler>(
        settings: WindowSettings,
        build: impl FnOnce(WindowContext, Arc<Ending>) -> Result<H, HandlerError> + Send + 'static,
    ) -> Result<Self, String> {
        // The window's thread runs on the code of this library.
        module_pin::pin();
        let settings = settings.with_gl_config(GlConfig::default());
        let ending = Arc::<Ending>::default();
        let own = ending.clone();
        let build = move |window| {
            own.watch();
            let built = catch_unwind(AssertUnwindSafe(|| build(window, own)));
            built.unwrap_or_else(|_| Err(std::io::Error::other("the window failed").into()))
        };
        let made = catch_unwind(AssertUnwindSafe(|| Window::create(settings, build)));
        let window = match made {
            Ok(Ok(window)) => window,
            Ok(Err(error)) => return Err(error.to_string()),
            Err(_) => return Err("the window failed".into()),
        };
        ending.opened(&window);
        Ok(Self {
            window: Some(window),
            ending,
        })
    }

    /// There until it is dropped.
    pub(super) fn window(&self) -> &Window {
        self.window.as_ref().expect("a window until it is dropped")
    }

    /// Waits until somebody closes the window.
    #[cfg(feature = "standalone")]
    pub(super) fn run_until_closed(&mut self) -> Result<(), String> {
        match self.window.take() {
            Some(window) => window.run_until_closed().map_err(|error| error.to_string()),
            None => Ok(()),
        }
    }
}

impl Drop for OpenWindow {
    fn drop(&mut self) {
        if let Some(window) = self.window.take() {
            self.ending.close(window);
        }
    }
}
