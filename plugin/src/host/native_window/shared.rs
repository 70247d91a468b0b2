//! What the host's thread and the window's both know of a window, and the units of its size.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};

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
    ask: OnceLock<AskForSize>,
    /// Pixels per point, as the host or the desktop has set it; the bits of zero for neither.
    scale: AtomicU64,
}

impl Shared {
    pub(super) fn new(editor: Editor, repaint: Arc<Repaint>) -> Arc<Self> {
        Arc::new(Self {
            editor: Mutex::new(editor),
            repaint,
            ask: OnceLock::new(),
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

    /// Says how the host is asked for a size. Only the first counts.
    pub(super) fn set_ask(&self, ask: AskForSize) {
        let _first = self.ask.set(ask);
    }

    /// Asks the host for a size, if there is a way to ask. A host may answer within this, with what asks
    /// again.
    pub(super) fn ask_host(&self, width: u32, height: u32) -> bool {
        let ask = self.ask.get();
        if let Some(ask) = ask {
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

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicUsize;

    use super::*;
    use crate::host::editor_backend::PluginBackend;
    use crate::session::instance::Instance;

    #[test]
    fn a_host_may_ask_for_another_size_while_it_is_asked_for_one() {
        let (instance, _player) = Instance::new();
        let repaint = instance.repaint.clone();
        let editor = Editor::new(Arc::new(PluginBackend::new(instance)));
        let shared = Shared::new(editor, repaint);
        assert!(!shared.ask_host(1, 1));
        let (host, asked) = (Arc::downgrade(&shared), Arc::<AtomicUsize>::default());
        let count = asked.clone();
        shared.set_ask(Box::new(move |width, height| {
            count.fetch_add(1, Ordering::Relaxed);
            let shared = host.upgrade().filter(|_| width == 880);
            assert!(shared.is_none_or(|shared| shared.ask_host(2 * width, 2 * height)));
        }));
        assert!(shared.ask_host(880, 540));
        assert_eq!(asked.load(Ordering::Relaxed), 2);
    }
}
