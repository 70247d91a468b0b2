//! Opens the window no earlier than the host has a place for it, and lets the host go on if none opens.
//!
//! On X11 the framework's window is never drawn if a redraw was asked for before it was shown: it
//! asks the server to say when the next picture is due, but hears the answer only once it is shown,
//! and waits for it for ever. A window asks for a redraw by itself shortly after it was made, and
//! so does whoever automates a parameter. CLAP hosts may take any time between making a window and
//! showing it, so nothing is made until the host gives it a parent, and it is shown at once.
//! To be dropped with a baseview that listens from the beginning.

use std::cell::{Cell, OnceCell, RefCell};
use std::error::Error;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use nice_plug::context::gui::GuiContext;
use nice_plug::editor::dpi::NativeSize;
use nice_plug::editor::{
    Editor, EditorHandle, HostMethods, ParentWindowHandle, ResizeHint, SpawnedEditor,
};
use nice_plug::plugin::TrackInfo;
use nice_plug_egui::{EguiEditor, EguiEditorHandle, NiceEguiApp, RepaintNotifier};

use super::window_thread::WindowThread;
use crate::host::parameters::Parameters;
use crate::host::workarounds::window_status::WindowStatus;

/// The plugin's window, as the framework wants it.
pub struct LateEditor<A: NiceEguiApp> {
    window: Arc<Maker<A>>,
    repaint: RepaintNotifier,
}

/// What the framework tells an open window through.
pub struct LateHandle<A: NiceEguiApp> {
    window: Arc<Maker<A>>,
    repaint: RepaintNotifier,
}

/// Makes windows, and has the plugin know if that fails.
struct Maker<A: NiceEguiApp> {
    editor: EguiEditor<A>,
    thread: WindowThread,
    parameters: Arc<Parameters>,
}

/// A window that may be there only later.
pub struct LateWindow {
    /// What is needed to make it, until it is made.
    waiting: RefCell<Option<Waiting>>,
    /// The size it is to have in the end, in native pixels, if the host chose one meanwhile.
    size: Cell<Option<NativeSize<u32>>>,
    made: OnceCell<Made>,
    thread: WindowThread,
}

type Made = SpawnedEditor<EguiEditorHandle>;

struct Waiting {
    scale: Option<f64>,
    gui: GuiContext,
    host: Option<HostMethods>,
}

/// Why there is no window, in the framework's words.
#[derive(Debug)]
pub struct NoWindow(String);

impl fmt::Display for NoWindow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Error for NoWindow {}

fn no_window(error: impl fmt::Display) -> NoWindow {
    NoWindow(error.to_string())
}

impl<A: NiceEguiApp> LateEditor<A> {
    pub(crate) fn new(
        editor: EguiEditor<A>,
        thread: WindowThread,
        repaint: RepaintNotifier,
        parameters: Arc<Parameters>,
    ) -> Self {
        Self {
            window: Arc::new(Maker {
                editor,
                thread,
                parameters,
            }),
            repaint,
        }
    }
}

impl<A: NiceEguiApp> Maker<A> {
    /// Makes the window and does with it what it takes to be seen. The host that asks cannot bear a
    /// panic; the framework panics at a parent that is none.
    fn make(
        &self,
        parent: Option<ParentWindowHandle>,
        scale: Option<f64>,
        gui: GuiContext,
        host: Option<HostMethods>,
        show: impl FnOnce(&Made) -> Result<(), NoWindow>,
    ) -> Result<Made, NoWindow> {
        let inner = gui.clone();
        let made = catch_unwind(AssertUnwindSafe(|| {
            let made = self.editor.spawn(parent, false, scale, inner, host);
            let made = made.map_err(no_window)?;
            show(&made).map(|()| made)
        }));
        let made = made.unwrap_or_else(|_| Err(no_window("the framework failed")));
        if made.is_err() {
            self.thread.wait();
        }
        let status = match &made {
            Ok(_) => WindowStatus::Ready,
            Err(NoWindow(error)) => WindowStatus::of_error(error),
        };
        self.parameters.window.set(status, &gui);
        made
    }
}

impl Drop for LateWindow {
    /// A panic on the window's own thread comes back when the window is closed. It stays here.
    fn drop(&mut self) {
        let made = self.made.take();
        if made.is_some() {
            let _ = catch_unwind(AssertUnwindSafe(|| drop(made)));
            self.thread.wait();
        }
    }
}

impl<A: NiceEguiApp> Editor for LateEditor<A> {
    type Handle = LateHandle<A>;

    fn spawn(
        &self,
        parent: Option<ParentWindowHandle>,
        wait_for_parent: bool,
        scale: Option<f64>,
        gui: GuiContext,
        host: Option<HostMethods>,
    ) -> Result<SpawnedEditor<LateHandle<A>>, Box<dyn Error>> {
        let window = LateWindow {
            waiting: RefCell::default(),
            size: Cell::default(),
            made: OnceCell::new(),
            thread: self.window.thread.clone(),
        };
        if wait_for_parent {
            window.waiting.replace(Some(Waiting { scale, gui, host }));
        } else {
            let made = self.window.make(parent, scale, gui, host, |_| Ok(()))?;
            let _ = window.made.set(made);
        }
        let handle = LateHandle {
            window: self.window.clone(),
            repaint: self.repaint.clone(),
        };
        Ok(SpawnedEditor { handle, window })
    }

    fn size(&self) -> NativeSize<u32> {
        self.window.editor.size()
    }

    fn resize_hint(&self) -> ResizeHint {
        self.window.editor.resize_hint()
    }

    fn track_info_updated(&self, info: TrackInfo) {
        self.window.editor.track_info_updated(info);
    }

    unsafe fn assume_standalone_in_process(&self) {
        // SAFETY: what the caller promises is what the inner function asks for.
        unsafe { self.window.editor.assume_standalone_in_process() }
    }
}

impl<A: NiceEguiApp> EditorHandle for LateHandle<A> {
    type Window = LateWindow;
    type Error = NoWindow;

    fn run_until_closed(mut window: LateWindow) -> Result<(), NoWindow> {
        match window.made.take() {
            Some(made) => EguiEditorHandle::run_until_closed(made.window).map_err(no_window),
            None => Ok(()),
        }
    }

    fn set_parent(&self, parent: ParentWindowHandle, window: &LateWindow) -> Result<(), NoWindow> {
        if let Some(made) = window.made.get() {
            let moved = made.handle.set_parent(parent, &made.window);
            return moved.map_err(no_window);
        }
        let Some(Waiting { scale, gui, host }) = window.waiting.take() else {
            return Err(no_window("the window could not be made before"));
        };
        let size = window.size.take();
        let show = |made: &Made| {
            made.handle.show(&made.window).map_err(no_window)?;
            let resized = size.map(|size| made.handle.set_size(size, &made.window));
            resized.unwrap_or(Ok(())).map_err(no_window)
        };
        let made = self.window.make(Some(parent), scale, gui, host, show)?;
        let _ = window.made.set(made);
        Ok(())
    }

    fn show(&self, window: &LateWindow) -> Result<(), NoWindow> {
        match window.made.get() {
            Some(made) => made.handle.show(&made.window).map_err(no_window),
            None if window.waiting.borrow().is_some() => Ok(()),
            None => Err(no_window("the window could not be made before")),
        }
    }

    fn hide(&self, window: &LateWindow) -> Result<(), NoWindow> {
        match window.made.get() {
            Some(made) => made.handle.hide(&made.window).map_err(no_window),
            None => Ok(()),
        }
    }

    fn set_size(&self, size: NativeSize<u32>, window: &LateWindow) -> Result<(), NoWindow> {
        match window.made.get() {
            Some(made) => made.handle.set_size(size, &made.window).map_err(no_window),
            None => {
                window.size.set(Some(size));
                Ok(())
            }
        }
    }

    fn host_main_thread_callback(&self, window: &LateWindow) {
        if let Some(made) = window.made.get() {
            made.handle.host_main_thread_callback(&made.window);
        }
    }

    fn adjust_size(&self, size: NativeSize<u32>, window: &LateWindow) -> Option<NativeSize<u32>> {
        match window.made.get() {
            Some(made) => made.handle.adjust_size(size, &made.window),
            None => {
                let now = self.window.editor.size();
                Some(self.window.editor.resize_hint().adjust_size(size, now, 1.0))
            }
        }
    }

    fn set_fallback_scale_factor(&self, scale: f64, window: &LateWindow) -> Result<(), NoWindow> {
        if let Some(waiting) = &mut *window.waiting.borrow_mut() {
            waiting.scale = Some(scale);
        }
        let Some(made) = window.made.get() else {
            return Ok(());
        };
        let told = made.handle.set_fallback_scale_factor(scale, &made.window);
        told.map_err(no_window)
    }

    fn state_changed(&self) {
        self.repaint.request_repaint();
    }

    fn param_value_changed(&self, _id: &str, _value: f32) {
        self.repaint.request_repaint();
    }

    fn param_modulation_changed(&self, _id: &str, _offset: f32) {
        self.repaint.request_repaint();
    }
}
