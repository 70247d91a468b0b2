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

fn failure(error: impl ToString) -> HandlerError {
    std::io::Error::other(error.to_string()).into()
}
