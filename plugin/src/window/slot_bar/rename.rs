//! A slot that is given a name, in its place.

use egui::text::CCursorRange;
use egui::{Align2, Id, Key, Rect, Stroke, StrokeKind, TextEdit, Ui, vec2};

use crate::session::rig::SlotState;
use crate::window::theme;

/// A name that is being typed.
#[derive(Debug)]
pub(super) struct Renaming {
    pub(super) slot: usize,
    text: String,
    /// Whether the field has the keyboard already.
    begun: bool,
}

impl Renaming {
    pub(super) fn new(slot: usize, name: &str) -> Self {
        Self {
            slot,
            text: name.into(),
            begun: false,
        }
    }

    /// Shows the field. When it is left: the name, or `None` if it was given up.
    pub(super) fn show(&mut self, ui: &mut Ui, rect: Rect, scale: f32) -> Option<Option<String>> {
        let id = Id::unique("slot name");
        let place = Rect::from_center_size(
            rect.center(),
            vec2(rect.width() + 4.0 * scale, 24.0 * scale),
        );
        ui.painter().rect_filled(place, theme::CORNER, theme::WELL);
        let edge = Stroke::new(1.0, theme::ACCENT);
        ui.painter()
            .rect_stroke(place, theme::CORNER, edge, StrokeKind::Inside);
        let field = TextEdit::singleline(&mut self.text)
            .id(id)
            .font(theme::body(scale))
            .text_color(theme::TEXT)
            .char_limit(SlotState::LONGEST_NAME)
            .margin(vec2(3.0, 0.0))
            .frame(egui::Frame::NONE)
            .align(Align2::LEFT_CENTER)
            .desired_width(place.width());
        let name = format!("Name of slot {}", self.slot + 1);
        let response = ui.place(place, field).accessible_name(name);
        if !self.begun {
            self.begun = true;
            response.request_focus();
            let mut state = TextEdit::load_state(ui.ctx(), id).unwrap_or_default();
            let all = CCursorRange::select_all_str(&self.text);
            state.cursor.set_char_range(Some(all));
            state.store(ui.ctx(), id);
            return None;
        }
        if !response.lost_focus() {
            return None;
        }
        // Whoever clicks elsewhere has finished, too.
        let cancelled = ui.input(|i| i.key_pressed(Key::Escape));
        Some((!cancelled).then(|| self.text.trim().to_owned()))
    }
}
