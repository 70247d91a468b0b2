//! Makes hosts on Linux learn how large a window is on a screen that is not scaled by 1.
//!
//! The framework learns the scale only with the window, after the host has asked for its size, so the
//! host shows a corner of it; and it passes a size on to the host only when it changes. To be dropped
//! with a nice-plug whose first answer is true.

use egui::{Ui, Vec2, ViewportCommand, vec2};
use nice_plug_egui::Frame;

/// What the host knows of the size.
#[derive(Debug, Default)]
pub(crate) struct ScaledSize {
    /// The size in points that the first window was made for, until the host was told how large that is.
    made_for: Option<Vec2>,
    /// Whether it was told: the framework knows the scale from then on.
    told: bool,
}

impl ScaledSize {
    /// To be called when a window opens that was made for such a size, in points.
    pub(crate) fn begin(&mut self, size: Vec2) {
        self.made_for = (!self.told).then_some(size);
        self.told = true;
    }

    /// To be called with every picture; returns the size that was asked for, if one was.
    pub(crate) fn tell(&mut self, ui: &Ui, frame: &Frame) -> Option<Vec2> {
        let size = self.made_for.take()?;
        let needed = cfg!(target_os = "linux");
        if !needed || frame.baseview_window().size().scale_factor == 1.0 {
            return None;
        }
        let changed = (size + vec2(1.0, 0.0)).round();
        let command = ViewportCommand::InnerSize(changed);
        ui.ctx().send_viewport_cmd(command);
        Some(changed)
    }
}
