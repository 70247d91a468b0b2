//! The window in a host.

use std::sync::Arc;

use clack_extensions::gui::{
    AspectRatioStrategy, GuiApiType, GuiConfiguration, GuiResizeHints, GuiSize, HostGui,
    PluginGuiImpl, Window,
};
use clack_plugin::plugin::PluginError;

use crate::host::clap::Main;
use crate::host::clap::host_gate::HostGate;
use crate::host::native_window::EditorWindow;
use crate::session::instance::Instance;

/// A window that asks its host for another size when its corner is dragged.
pub(super) fn new(instance: &Arc<Instance>, gate: &Arc<HostGate>) -> EditorWindow {
    let window = EditorWindow::new(instance.clone());
    let gate = gate.clone();
    window.on_resize_wanted(Box::new(move |width, height| {
        gate.with(|host| {
            if let Some(gui) = host.get_extension::<HostGui>() {
                // A host that says no keeps the size.
                let _ = gui.request_resize(host, width, height);
            }
        });
    }));
    window
}

/// A window inside of the host's, of the kind that this system has.
fn embedded() -> Option<GuiConfiguration<'static>> {
    Some(GuiConfiguration {
        api_type: GuiApiType::default_for_current_platform()?,
        is_floating: false,
    })
}

fn size((width, height): (u32, u32)) -> GuiSize {
    GuiSize { width, height }
}

/// Whether a thing was done, in clack's words.
fn done(done: bool, else_say: &'static str) -> Result<(), PluginError> {
    done.then_some(()).ok_or(PluginError::Message(else_say))
}

impl PluginGuiImpl for Main<'_> {
    fn is_api_supported(&self, configuration: GuiConfiguration<'_>) -> bool {
        Some(configuration) == embedded()
    }

    fn get_preferred_api(&self) -> Option<GuiConfiguration<'_>> {
        embedded()
    }

    fn create(&self, configuration: GuiConfiguration<'_>) -> Result<(), PluginError> {
        done(
            self.is_api_supported(configuration),
            "the window is one inside of the host's",
        )
    }

    fn destroy(&self) {
        self.window.close();
    }

    fn set_scale(&self, scale: f64) -> Result<(), PluginError> {
        let sane = scale.is_finite() && scale > 0.0;
        done(
            sane && self.window.set_scale(scale),
            "the window has a scale of its own",
        )
    }

    fn get_size(&self) -> Option<GuiSize> {
        Some(size(self.window.size()))
    }

    fn can_resize(&self) -> bool {
        true
    }

    fn get_resize_hints(&self) -> Option<GuiResizeHints> {
        Some(GuiResizeHints {
            can_resize_horizontally: true,
            can_resize_vertically: true,
            strategy: AspectRatioStrategy::Disregard,
        })
    }

    fn adjust_size(&self, wanted: GuiSize) -> Option<GuiSize> {
        Some(size(self.window.adjust(wanted.width, wanted.height)))
    }

    fn set_size(&self, size: GuiSize) -> Result<(), PluginError> {
        done(
            self.window.set_size(size.width, size.height),
            "the window cannot have this size",
        )
    }

    fn set_parent(&self, parent: Window<'_, '_>) -> Result<(), PluginError> {
        let api = embedded().map(|window| window.api_type);
        // Asking a window without a name for its kind reads nothing.
        let known = !parent.as_raw().api.is_null() && Some(parent.api_type()) == api;
        done(known, "the host's window is of another kind")?;
        let opened = self.window.open(parent_pointer(&parent));
        opened.map_err(|reason| PluginError::Error(reason.into()))
    }

    fn set_transient(&self, _: Window<'_, '_>) -> Result<(), PluginError> {
        done(false, "the window never floats")
    }

    fn show(&self) -> Result<(), PluginError> {
        self.window.show();
        Ok(())
    }

    fn hide(&self) -> Result<(), PluginError> {
        self.window.hide();
        Ok(())
    }
}

/// The number of an X11 window, the HWND or the NSView.
fn parent_pointer(parent: &Window<'_, '_>) -> *mut std::ffi::c_void {
    match parent.as_x11_handle() {
        Some(number) => std::ptr::without_provenance_mut(number as usize),
        None => parent.as_generic_ptr(),
    }
}
