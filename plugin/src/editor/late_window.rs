//! Opens the window no earlier than the host has a place for it.
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
use std::sync::Arc;

use nice_plug::context::gui::GuiContext;
use nice_plug::editor::dpi::NativeSize;
use nice_plug::editor::{
    Editor, EditorHandle, HostMethods, ParentWindowHandle, ResizeHint, SpawnedEditor,
};
use nice_plug::plugin::TrackInfo;
use nice_plug_egui::{EguiEditor, EguiEditorHandle, RepaintNotifier};

use super::EditorApp;

/// The plugin's window, as the framework wants it.
pub struct LateEditor {
    editor: Arc<EguiEditor<EditorApp>>,
    repaint: RepaintNotifier,
}

/// What the framework tells an open window through.
pub struct LateHandle {
    editor: Arc<EguiEditor<EditorApp>>,
    repaint: RepaintNotifier,
}

/// A window that may be there only later.
pub struct LateWindow {
    /// What is needed to make it, until it is made.
    waiting: RefCell<Option<Waiting>>,
    /// The size it is to have in the end, in native pixels, if the host chose one meanwhile.
    size: Cell<Option<NativeSize<u32>>>,
    made: OnceCell<SpawnedEditor<EguiEditorHandle>>,
}

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

impl LateEditor {
    pub(super) fn new(editor: EguiEditor<EditorApp>, repaint: RepaintNotifier) -> Self {
        Self {
            editor: Arc::new(editor),
            repaint,
        }
    }
}

impl Editor for LateEditor {
    type Handle = LateHandle;

    fn spawn(
        &self,
        parent: Option<ParentWindowHandle>,
        wait_for_parent: bool,
        scale: Option<f64>,
        gui: GuiContext,
        host: Option<HostMethods>,
    ) -> Result<SpawnedEditor<LateHandle>, Box<dyn Error>> {
        let window = LateWindow {
            waiting: RefCell::default(),
            size: Cell::default(),
            made: OnceCell::new(),
        };
        if wait_for_parent {
            window.waiting.replace(Some(Waiting { scale, gui, host }));
        } else {
            let made = self.editor.spawn(parent, false, scale, gui, host)?;
            let _ = window.made.set(made);
        }
        let handle = LateHandle {
            editor: self.editor.clone(),
            repaint: self.repaint.clone(),
        };
        Ok(SpawnedEditor { handle, window })
    }

    fn size(&self) -> NativeSize<u32> {
        self.editor.size()
    }

    fn resize_hint(&self) -> ResizeHint {
        self.editor.resize_hint()
    }

    fn track_info_updated(&self, info: TrackInfo) {
        self.editor.track_info_updated(info);
    }

    unsafe fn assume_standalone_in_process(&self) {
        // SAFETY: what the caller promises is what the inner function asks for.
        unsafe { self.editor.assume_standalone_in_process() }
    }
}

impl EditorHandle for LateHandle {
    type Window = LateWindow;
    type Error = NoWindow;

    fn run_until_closed(window: LateWindow) -> Result<(), NoWindow> {
        match window.made.into_inner() {
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
        let made = self.editor.spawn(Some(parent), false, scale, gui, host);
        let made = window.made.get_or_init({
            let made = made.map_err(no_window)?;
            || made
        });
        made.handle.show(&made.window).map_err(no_window)?;
        if let Some(size) = window.size.take() {
            made.handle
                .set_size(size, &made.window)
                .map_err(no_window)?;
        }
        Ok(())
    }

    fn show(&self, window: &LateWindow) -> Result<(), NoWindow> {
        match window.made.get() {
            Some(made) => made.handle.show(&made.window).map_err(no_window),
            None => Ok(()),
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
                let now = self.editor.size();
                Some(self.editor.resize_hint().adjust_size(size, now, 1.0))
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
