//! The window as it lives: it shows what is behind it and hands on what was done.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use egui::{Context, Ui};

use super::frame::{self, WindowMemory};
use super::resize::WindowSize;
use super::system_fonts::SystemFonts;
use super::theme;
use super::view::{Action, View};

/// What the window is the window of. Everything is called on the window's thread, and must neither wait
/// nor touch the disk.
pub(crate) trait EditorBackend: Send + Sync + 'static {
    /// All that is to be seen. Called for every picture. Levels are those since the last call.
    fn view(&self) -> View;

    /// Does what somebody did in the window.
    fn perform(&self, action: Action);

    /// Ends the gestures that a closed or broken window left open.
    fn let_go(&self);
}

/// What lives as long as the plugin and draws its window whenever that is open. Never panics: what
/// fails in the window must not take the host with it.
pub(crate) struct Editor {
    backend: Arc<dyn EditorBackend>,
    memory: WindowMemory,
    size: WindowSize,
    fonts: SystemFonts,
    /// Whether drawing failed since the window was opened.
    broken: bool,
}

impl Editor {
    pub(crate) fn new(backend: Arc<dyn EditorBackend>) -> Self {
        Self {
            backend,
            memory: WindowMemory::default(),
            size: WindowSize::default(),
            fonts: SystemFonts::default(),
            broken: false,
        }
    }

    /// To be called whenever a window opens.
    pub(crate) fn open(&mut self, ctx: &Context) {
        let memory = std::mem::take(&mut self.memory);
        // What broke the window is not to break the next one.
        if !self.broken {
            self.memory = memory.reopened();
        }
        self.broken = false;
        self.size = WindowSize::default();
        self.guarded(|editor| {
            theme::install(ctx);
            editor.fonts.open(ctx);
            // What was heard while nobody looked is not for the meters.
            let _ = editor.backend.view();
        });
    }

    /// To be called when it closes.
    pub(crate) fn close(&mut self) {
        self.guarded(|editor| editor.backend.let_go());
    }

    /// Does what may fail, unless something has failed already.
    fn guarded(&mut self, does: impl FnOnce(&mut Self)) {
        if !self.broken && catch_unwind(AssertUnwindSafe(|| does(&mut *self))).is_err() {
            self.broken = true;
            let _ = catch_unwind(AssertUnwindSafe(|| self.backend.let_go()));
        }
    }

    /// Draws the window and does what was done in it.
    pub(crate) fn show(&mut self, ui: &mut Ui) {
        self.guarded(|editor| {
            if let Some([width, height]) = editor.size.watch(ui) {
                editor.backend.perform(Action::Resized(width, height));
            }
            let view = editor.backend.view();
            for action in frame::show(ui, &view, &mut editor.memory) {
                editor.backend.perform(action);
            }
            editor.size.show_corner(ui);
            editor.fonts.tend(ui.ctx());
        });
        if self.broken {
            let _ = catch_unwind(AssertUnwindSafe(|| {
                ui.label(
                    "The window failed, the sound goes on. Close the window and open it again.",
                )
            }));
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

    use parking_lot::Mutex;

    use super::*;
    use crate::window::test_support::{self, *};

    /// A plugin without sound.
    #[derive(Default)]
    struct Plugin {
        looks: AtomicUsize,
        fails: AtomicBool,
        let_go: AtomicUsize,
        performed: Mutex<Vec<Action>>,
    }

    impl EditorBackend for Plugin {
        fn view(&self) -> View {
            assert!(!self.fails.load(Ordering::Relaxed), "a bug in the plugin");
            self.looks.fetch_add(1, Ordering::Relaxed);
            test_support::view()
        }

        fn perform(&self, action: Action) {
            self.performed.lock().push(action);
        }

        fn let_go(&self) {
            self.let_go.fetch_add(1, Ordering::Relaxed);
        }
    }

    fn open() -> (Arc<Plugin>, Editor) {
        let plugin = Arc::<Plugin>::default();
        let mut editor = Editor::new(plugin.clone());
        editor.open(&Context::default());
        (plugin, editor)
    }

    fn harness(editor: Editor) -> Harness<'static, Editor> {
        Harness::builder()
            .with_size(layout::DEFAULT_SIZE)
            .build_ui_state(|ui, editor: &mut Editor| editor.show(ui), editor)
    }

    #[test]
    fn what_is_done_reaches_the_plugin() {
        let (plugin, editor) = open();
        let mut window = harness(editor);
        window.get_by_label("Next capture").click();
        window.get_by_label("Clear pedal").click();
        window.run();
        assert_eq!(
            *plugin.performed.lock(),
            [
                Action::Step(Part::CAPTURE, Step::Next),
                Action::Clear(Part::PEDAL)
            ]
        );
    }

    #[test]
    fn a_failure_shows_a_line_and_ends_with_the_window() {
        let (plugin, editor) = open();
        let mut window = harness(editor);
        assert_eq!(plugin.let_go.load(Ordering::Relaxed), 0);
        plugin.fails.store(true, Ordering::Relaxed);
        window.run();
        let line = "The window failed";
        assert!(window.query_by_label_contains(line).is_some());
        assert_eq!(plugin.let_go.load(Ordering::Relaxed), 1);
        // It stays so, even if the cause is gone.
        plugin.fails.store(false, Ordering::Relaxed);
        window.run();
        assert!(window.query_by_label("Load capture").is_none());
        // A new window is a new chance.
        let ctx = window.ctx.clone();
        window.state_mut().open(&ctx);
        window.run();
        assert!(window.query_by_label("Load capture").is_some());
    }

    #[test]
    fn what_was_heard_before_the_window_opened_is_not_shown() {
        let (plugin, _editor) = open();
        assert_eq!(plugin.looks.load(Ordering::Relaxed), 1);
    }
}
