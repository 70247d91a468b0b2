//! The window, as the framework opens and draws it.

use std::sync::Arc;
use std::time::Duration;

use egui::{Key, Ui, Vec2, vec2};
use nice_plug::context::gui::GuiContext;
use nice_plug::editor::ResizeHint;
use nice_plug::editor::dpi::LogicalSize;
use nice_plug_egui::baseview::HandlerError;
use nice_plug_egui::{
    EguiEditorState, EguiNiceSettings, Frame, KeyCapture, NiceEguiApp, RepaintNotifier,
    create_egui_editor,
};

use crate::host::editor_backend::PluginBackend;
use crate::host::parameters::Parameters;
use crate::host::workarounds::late_window::LateEditor;
use crate::host::workarounds::scaled_size::ScaledSize;
use crate::host::workarounds::window_thread::WindowThread;
use crate::window::{BACKGROUND, DEFAULT_SIZE, Editor, LARGEST_SIZE, SMALLEST_SIZE};

/// How often an open window looks whether somebody asked for a redraw. It must have been shown before
/// it looks first, see `workarounds/late_window.rs`; what moves already is redrawn as often as the screen can.
const LOOK_INTERVAL: Duration = Duration::from_millis(33);

/// The size of the window and whether it is open, for [`editor`] and for whoever feeds the meters.
/// `remembered`: how wide and high it was last, in points.
pub(crate) fn new_state(remembered: Option<(f32, f32)>) -> Arc<EguiEditorState> {
    let size = remembered.map_or(DEFAULT_SIZE, |(width, height)| {
        vec2(width, height).clamp(SMALLEST_SIZE, LARGEST_SIZE)
    });
    EguiEditorState::from_size(logical(size), 1.0)
}

/// The window of the plugin behind `backend`. Whoever changes what is to be seen says so to
/// `repaint`, which any thread may do; nothing is drawn otherwise.
pub(crate) fn editor(
    state: Arc<EguiEditorState>,
    repaint: RepaintNotifier,
    backend: Arc<PluginBackend>,
    parameters: Arc<Parameters>,
) -> Option<LateEditor<EditorApp>> {
    let settings = EguiNiceSettings::new()
        .with_tile("Gridleak")
        .with_repaint_poll_interval(LOOK_INTERVAL)
        .with_resize_hint(ResizeHint::resizable().with_min_logical_size(logical(SMALLEST_SIZE)));
    let thread = WindowThread::default();
    let app = EditorApp {
        editor: Editor::new(backend.clone()),
        backend,
        window: state.clone(),
        thread: thread.clone(),
        scaled: ScaledSize::default(),
    };
    let editor = create_egui_editor(state, repaint.clone(), settings, app)?;
    Some(LateEditor::new(editor, thread, repaint, parameters))
}

fn logical(size: Vec2) -> LogicalSize<f32> {
    LogicalSize {
        width: size.x,
        height: size.y,
    }
}

/// The window in the framework's hands.
pub struct EditorApp {
    editor: Editor,
    backend: Arc<PluginBackend>,
    /// The size that the host was told first.
    window: Arc<EguiEditorState>,
    thread: WindowThread,
    scaled: ScaledSize,
}

impl NiceEguiApp for EditorApp {
    fn build(
        &mut self,
        ctx: egui::Context,
        host: GuiContext,
        frame: &mut Frame,
    ) -> Result<(), HandlerError> {
        self.thread.begin();
        // Hosts may change it before the first picture.
        let size = self.window.logical_size();
        self.scaled.begin(vec2(size.width, size.height));
        frame.set_clear_color(BACKGROUND.into());
        self.editor.open(&ctx, || self.backend.open(host));
        Ok(())
    }

    fn ui(&mut self, ui: &mut Ui, frame: &mut Frame) {
        self.editor.guarded(|editor| {
            if let Some(size) = self.scaled.tell(ui, frame) {
                editor.expect_size(size);
            }
            leave_space_to_host(ui, frame);
        });
        self.editor.show(ui);
        self.editor.guarded(|_| self.backend.tell_changes());
    }
}

/// The space bar starts and stops the host, unless it is wanted in a text. Enter presses buttons.
fn leave_space_to_host(ui: &Ui, frame: &mut Frame) {
    let is_space = |event: &egui::Event| {
        matches!(
            event,
            egui::Event::Key {
                key: Key::Space,
                ..
            }
        )
    };
    let typing = ui.ctx().text_edit_focused();
    let capture = if typing {
        KeyCapture::CaptureAll
    } else {
        ui.input_mut(|i| i.events.retain(|event| !is_space(event)));
        KeyCapture::IgnoreKeys(vec![nice_plug_egui::Key::Character(" ".into())])
    };
    frame.set_key_capture(capture);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_opens_no_smaller_than_it_can_be_used() {
        let small = new_state(Some((100.0, 9e9)));
        assert_eq!(small.logical_size().width, SMALLEST_SIZE.x);
        assert_eq!(small.logical_size().height, LARGEST_SIZE.y);
    }
}
