//! What a window is drawn with: OpenGL, and egui's painter on it.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use baseview::gl::GlContext;
use baseview::{HandlerError, WindowContext};
use egui_glow::Painter;
use egui_glow::glow::{self, HasContext as _};

use crate::window::BACKGROUND;

/// What is drawn with, made for one window.
pub(super) struct Canvas {
    context: GlContext,
    gl: Arc<glow::Context>,
    painter: Painter,
}

impl Canvas {
    pub(super) fn new(window: &WindowContext) -> Result<Self, HandlerError> {
        let context = window.gl_context().ok_or_else(|| failure("no OpenGL"))?;
        let painter = with_current(&context, || {
            // SAFETY: the context is current, and its functions are asked for by their names.
            let gl = unsafe {
                glow::Context::from_loader_function_cstr(|name| context.get_proc_address(name))
            };
            #[cfg(target_os = "linux")]
            swap_at_once(&context);
            Painter::new(Arc::new(gl), "", None, true).map_err(failure)
        })??;
        let mut canvas = Self {
            gl: painter.gl().clone(),
            context,
            painter,
        };
        // Drivers make themselves ready with the first picture, which nobody has to see: see `ending.rs`.
        let first = egui::Context::default();
        let output = first.run_ui(egui::RawInput::default(), |ui| drop(ui.label("Gridleak")));
        canvas.paint(&first, [64, 64], output)?;
        Ok(canvas)
    }

    pub(super) fn max_texture_side(&self) -> usize {
        self.painter.max_texture_side()
    }

    pub(super) fn paint(
        &mut self,
        egui: &egui::Context,
        size: [u32; 2],
        mut output: egui::FullOutput,
    ) -> Result<(), HandlerError> {
        let scale = output.pixels_per_point;
        let shapes = egui.tessellate(std::mem::take(&mut output.shapes), scale);
        let (gl, painter, context) = (&self.gl, &mut self.painter, &self.context);
        let [red, green, blue, _] = egui::Rgba::from(BACKGROUND).to_array();
        with_current(context, || {
            // SAFETY: the context is current.
            unsafe {
                gl.clear_color(red, green, blue, 1.0);
                gl.clear(glow::COLOR_BUFFER_BIT);
            }
            painter.paint_and_update_textures(size, scale, &shapes, &mut output.textures_delta);
            context.swap_buffers()
        })??;
        Ok(())
    }
}

impl Drop for Canvas {
    fn drop(&mut self) {
        let painter = &mut self.painter;
        let _ = with_current(&self.context, || painter.destroy());
    }
}

/// Does something while OpenGL draws to this window, and lets go of it: other plugins may draw on the
/// same thread.
fn with_current<T>(context: &GlContext, does: impl FnOnce() -> T) -> Result<T, HandlerError> {
    // SAFETY: the context belongs to this thread and to a window that lives.
    unsafe { context.make_current()? };
    let done = catch_unwind(AssertUnwindSafe(does));
    // SAFETY: as above.
    unsafe { context.make_not_current()? };
    done.map_err(|_| failure("drawing failed"))
}

/// Has the driver not wait for the screen: baseview 0.4.2 leaves that as it is by default, and a window
/// that nobody sees would wait for ever. Where it cannot be said, nothing changes.
#[cfg(target_os = "linux")]
fn swap_at_once(context: &GlContext) {
    use std::ffi::{CStr, c_int, c_ulong, c_void};
    use std::mem::transmute;

    type Current = unsafe extern "C" fn() -> *mut c_void;
    type Drawable = unsafe extern "C" fn() -> c_ulong;
    type Egl = unsafe extern "C" fn(*mut c_void, c_int) -> u32;
    type Glx = unsafe extern "C" fn(*mut c_void, c_ulong, c_int);
    let find = |name: &CStr| {
        let found = context.get_proc_address(name);
        (!found.is_null()).then_some(found)
    };
    // SAFETY: the functions are what their names say, and work on what is current on this thread.
    unsafe {
        let current = |name| {
            let found = find(name).map(|found| transmute::<*const c_void, Current>(found)());
            found.filter(|display| !display.is_null())
        };
        if let Some(display) = current(c"eglGetCurrentDisplay") {
            if let Some(set) = find(c"eglSwapInterval") {
                transmute::<*const c_void, Egl>(set)(display, 0);
            }
        } else if let Some(display) = current(c"glXGetCurrentDisplay")
            && let Some(drawable) = find(c"glXGetCurrentDrawable")
            && let Some(set) = find(c"glXSwapIntervalEXT")
        {
            let drawable = transmute::<*const c_void, Drawable>(drawable)();
            transmute::<*const c_void, Glx>(set)(display, drawable, 0);
        }
    }
}

fn failure(error: impl ToString) -> HandlerError {
    std::io::Error::other(error.to_string()).into()
}
