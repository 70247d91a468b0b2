//! What the host's thread and the window's both know of a window, and the units of its size.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use baseview::WindowSize;
use baseview::dpi::{LogicalSize, PhysicalSize, Size};
use egui::Vec2;
use parking_lot::Mutex;

use crate::session::repaint::Repaint;
use crate::window::Editor;

/// Asks the host for a size in its units.
pub(super) type AskForSize = Box<dyn Fn(u32, u32) + Send + Sync>;

/// Windows of hosts on macOS are measured in points, others in pixels.
const IN_POINTS: bool = cfg!(target_os = "macos");

/// What lives as long as the instance.
pub(super) struct Shared {
    /// The picture. Locked while it is drawn.
    pub(super) editor: Mutex<Editor>,
    pub(super) repaint: Arc<Repaint>,
    ask: Mutex<Option<AskForSize>>,
    /// Pixels per point, as the host or the desktop has set it; the bits of zero for neither.
    scale: AtomicU64,
}

impl Shared {
    pub(super) fn new(editor: Editor, repaint: Arc<Repaint>) -> Arc<Self> {
        Arc::new(Self {
            editor: Mutex::new(editor),
            repaint,
            ask: Mutex::default(),
            scale: AtomicU64::new(0),
        })
    }

    pub(super) fn set_scale(&self, scale: Option<f64>) {
        let bits = scale.unwrap_or(0.0).to_bits();
        self.scale.store(bits, Ordering::Relaxed);
    }

    fn scale(&self) -> Option<f64> {
        let scale = f64::from_bits(self.scale.load(Ordering::Relaxed));
        (!IN_POINTS && scale > 0.0).then_some(scale)
    }

    /// Pixels per point in a window of such a size.
    pub(super) fn scale_of(&self, size: WindowSize) -> f64 {
        self.scale().unwrap_or(size.scale_factor)
    }

    /// The units of the host per point before there is a window.
    pub(super) fn expected_scale(&self) -> f64 {
        self.scale().unwrap_or(1.0)
    }

    /// A size in points in the units of the host.
    pub(super) fn to_host(&self, points: Vec2, scale: f64) -> (u32, u32) {
        let scale = if IN_POINTS { 1.0 } else { scale };
        let side = |points: f32| (f64::from(points) * scale).round() as u32;
        (side(points.x), side(points.y))
    }

    /// The size that a window has in the units of the host.
    pub(super) fn in_host(size: WindowSize) -> (u32, u32) {
        match IN_POINTS {
            true => (size.logical.width as u32, size.logical.height as u32),
            false => (size.physical.width, size.physical.height),
        }
    }

    pub(super) fn set_ask(&self, ask: AskForSize) {
        *self.ask.lock() = Some(ask);
    }

    /// Asks the host for a size, if there is a way to ask.
    pub(super) fn ask_host(&self, width: u32, height: u32) -> bool {
        let ask = self.ask.lock();
        if let Some(ask) = &*ask {
            ask(width, height);
        }
        ask.is_some()
    }
}

/// A size in the units of the host, for baseview.
pub(super) fn native(width: u32, height: u32) -> Size {
    match IN_POINTS {
        true => LogicalSize::new(width, height).into(),
        false => PhysicalSize::new(width, height).into(),
    }
}
