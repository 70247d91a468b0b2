//! The native window of an instance: baseview opens it, egui_glow draws in it. Everything is called on
//! the host's main thread.

mod canvas;
mod clipboard;
mod ending;
mod frame_clock;
mod handler;
mod input;
#[cfg(target_os = "macos")]
mod macos;
mod open_window;
mod shared;
#[cfg(test)]
mod tests;
#[cfg(target_os = "linux")]
mod unavailable;
#[cfg(target_os = "linux")]
mod x11;

use std::cell::{Cell, RefCell};
use std::ffi::c_void;
use std::sync::Arc;

use egui::{Vec2, vec2};
#[cfg(windows)]
use windows_sys::Win32::UI::HiDpi::GetDpiForSystem;

use self::open_window::{OpenWindow, Parent};
use self::shared::{AskForSize, Shared, native};
use crate::host::editor_backend::PluginBackend;
use crate::session::instance::Instance;
use crate::session::preferences::Preferences;
use crate::session::repaint::Repaint;
use crate::session::rig::SharedRig;
use crate::window::{DEFAULT_SIZE, Editor, LARGEST_SIZE, SMALLEST_SIZE};

/// No window is wider or higher than this, whatever a host asks for: what X11 can take.
const MOST: u32 = 16_384;

/// What is said where a window should open and does not.
const FAILED: &str = "No window, it failed to open: start the host again, or use this list";

/// What a shell holds for the window of its instance.
pub(crate) struct EditorWindow {
    shared: Arc<Shared>,
    /// The size in points that it has, or had last.
    size: Cell<Vec2>,
    host_scale: Cell<Option<f64>>,
    /// Whether the desktop was asked for its scale: not before somebody wants to know.
    knows_scale: Cell<bool>,
    open: RefCell<Option<OpenWindow>>,
    /// Where is told that no window opens.
    rig: Option<Arc<SharedRig>>,
}

impl EditorWindow {
    /// The window of an instance, not open yet.
    pub(crate) fn new(instance: Arc<Instance>) -> Self {
        let (repaint, rig) = (instance.repaint.clone(), instance.rig.clone());
        let editor = Editor::new(Arc::new(PluginBackend::new(instance)));
        let mut window = Self::with(editor, repaint, Preferences::load().window);
        window.rig = Some(rig);
        window
    }

    /// `remembered`: how wide and high it was last, in points.
    fn with(editor: Editor, repaint: Arc<Repaint>, remembered: Option<(f32, f32)>) -> Self {
        let size = remembered.map_or(DEFAULT_SIZE, |(width, height)| {
            vec2(width, height).clamp(SMALLEST_SIZE, LARGEST_SIZE)
        });
        Self {
            shared: Shared::new(editor, repaint),
            size: Cell::new(size),
            host_scale: Cell::default(),
            knows_scale: Cell::default(),
            open: RefCell::default(),
            rig: None,
        }
    }

    /// Why no window can be opened here, in words; `None` if one can be.
    pub(crate) fn unavailable() -> Option<&'static str> {
        #[cfg(target_os = "linux")]
        return unavailable::unavailable();
        #[cfg(target_os = "macos")]
        return macos::unavailable();
        // Windows has a screen and OpenGL.
        #[cfg(windows)]
        None
    }

    /// The same for an instance, whose list of parameters says it.
    pub(crate) fn unavailable_to(instance: &Instance) -> Option<&'static str> {
        let reason = Self::unavailable();
        instance.rig.tell_no_window(reason);
        reason
    }

    /// Takes the scale from the host, else from the desktop.
    fn find_scale(&self) {
        #[cfg(target_os = "linux")]
        let desktop = || x11::screen_scale().ok().flatten().or(Some(1.0));
        #[cfg(windows)]
        // SAFETY: it takes nothing.
        let desktop = || Some(f64::from(unsafe { GetDpiForSystem() }) / 96.0);
        #[cfg(target_os = "macos")]
        let desktop = || None;
        self.shared
            .set_scale(self.host_scale.get().or_else(desktop));
        self.knows_scale.set(true);
    }

    fn scale(&self) -> f64 {
        if !self.knows_scale.get() {
            self.find_scale();
        }
        self.shared.expected_scale()
    }

    /// Takes the host's pixels per point.
    pub(crate) fn set_scale(&self, scale: f64) -> bool {
        if cfg!(target_os = "macos") || !(0.5..=8.0).contains(&scale) {
            return false;
        }
        let before = self.host_scale.replace(Some(scale));
        self.find_scale();
        // A host may say its scale whenever it is asked for a size: again, that asks for nothing.
        if before != Some(scale) && self.is_open() {
            let (width, height) = self.to_host(self.size.get());
            if !self.shared.ask_host(width, height) {
                self.set_size(width, height);
            }
        }
        true
    }

    fn to_host(&self, points: Vec2) -> (u32, u32) {
        self.shared.to_host(points, self.scale())
    }

    fn keep_size(&self, (width, height): (u32, u32)) {
        let points = vec2(width as f32, height as f32) / self.scale() as f32;
        self.size.set(points);
    }

    /// Width and height in the host's units: pixels on X11 and Windows, points on macOS.
    pub(crate) fn size(&self) -> (u32, u32) {
        match &*self.open.borrow() {
            Some(open) if open.window().is_open() => Shared::in_host(open.window().size()),
            _ => self.to_host(self.size.get()),
        }
    }

    /// The smallest and the largest size, in the same units.
    pub(crate) fn limits(&self) -> ((u32, u32), (u32, u32)) {
        let (width, height) = self.to_host(LARGEST_SIZE);
        (
            self.to_host(SMALLEST_SIZE),
            (width.min(MOST), height.min(MOST)),
        )
    }

    /// The size that comes nearest to the one that the host would like.
    pub(crate) fn adjust(&self, width: u32, height: u32) -> (u32, u32) {
        let (least, most) = self.limits();
        (width.clamp(least.0, most.0), height.clamp(least.1, most.1))
    }

    /// Takes the size that the host gives, whether it is open or not.
    pub(crate) fn set_size(&self, width: u32, height: u32) -> bool {
        if !(1..=MOST).contains(&width) || !(1..=MOST).contains(&height) {
            return false;
        }
        self.keep_size((width, height));
        match &*self.open.borrow() {
            Some(open) if open.window().is_open() => {
                open.window().resize(native(width, height)).is_ok()
            }
            _ => true,
        }
    }

    /// Opens the window inside the host's and shows it. `parent`: an X11 window, an HWND or an NSView.
    pub(crate) fn open(&self, parent: *mut c_void) -> Result<(), String> {
        let opened = match Parent::new(parent) {
            Some(parent) => self.open_in(Some(&parent)),
            None => Err((FAILED, "the host gives no window to open in".into())),
        };
        if let Some(rig) = &self.rig {
            rig.tell_no_window(opened.as_ref().err().map(|(told, _)| *told));
        }
        opened.map_err(|(_, reason)| reason)
    }

    /// Where it fails: what the list of parameters says then, and the reason.
    fn open_in(&self, parent: Option<&Parent>) -> Result<(), (&'static str, String)> {
        self.close();
        if let Some(reason) = Self::unavailable() {
            return Err((reason, reason.into()));
        }
        self.find_scale();
        let open = OpenWindow::open(self.shared.clone(), parent, self.size(), self.limits());
        *self.open.borrow_mut() = Some(open.map_err(|reason| (FAILED, reason))?);
        Ok(())
    }

    /// Opens a window of its own and waits until it is closed.
    #[cfg(feature = "standalone")]
    pub(crate) fn run(&self) -> Result<(), String> {
        self.open_in(None).map_err(|(_, reason)| reason)?;
        let open = self.open.borrow_mut().take();
        open.map_or(Ok(()), |mut open| open.run_until_closed())
    }

    /// Whether there is a window.
    pub(crate) fn is_open(&self) -> bool {
        let open = self.open.borrow();
        open.as_ref().is_some_and(|open| open.window().is_open())
    }

    /// Shows a window that was hidden.
    pub(crate) fn show(&self) {
        if let Some(open) = &*self.open.borrow() {
            let _ = open.window().show();
        }
    }

    /// Hides the window; what it shows goes on.
    pub(crate) fn hide(&self) {
        if let Some(open) = &*self.open.borrow() {
            let _ = open.window().hide();
        }
    }

    /// Closes the window and waits until nothing of it is left.
    pub(crate) fn close(&self) {
        let open = self.open.borrow_mut().take();
        if let Some(open) = open
            && open.window().is_open()
        {
            self.keep_size(Shared::in_host(open.window().size()));
        }
    }

    /// What asks the host for a size in its units, when the player drags the corner. It is called on the
    /// window's thread, and must not wait for the main one.
    pub(crate) fn on_resize_wanted(&self, ask: AskForSize) {
        self.shared.set_ask(ask);
    }
}

impl Drop for EditorWindow {
    fn drop(&mut self) {
        self.close();
    }
}
