//! MIDI controllers for what can be set: the menu of a right click, and the mark of what waits.

use egui::{Popup, Rect, Response, RichText, Stroke, Ui};
use gridleak_core::{Kind, ParameterId};

use super::context::UiContext;
use super::theme;
use super::view::Action;

impl UiContext<'_> {
    /// What every control of a parameter has besides itself.
    pub(super) fn control_menu(&mut self, ui: &Ui, response: &Response, which: ParameterId) {
        self.mark_waiting(ui, response.rect, which);
        Popup::context_menu(response).show(|ui| self.midi_items(ui, which));
    }

    /// What can be asked for of a parameter and MIDI, as items of a menu.
    pub(super) fn midi_items(&mut self, ui: &mut Ui, which: ParameterId) {
        let font = theme::small(self.scale);
        let button = |ui: &mut Ui, text: &str| {
            let text = RichText::new(text).font(font.clone());
            ui.button(text).clicked()
        };
        ui.set_min_width(150.0 * self.scale);
        if matches!(which.row().kind, Kind::Readout) {
            return;
        }
        if self.view.midi.waits == Some(which) {
            if button(ui, "Cancel MIDI learn") {
                self.actions.push(Action::CancelLearning);
            }
        } else if button(ui, &format!("MIDI learn: {}", which.row().name)) {
            self.actions.push(Action::LearnMidi(which));
        }
        if let Some(cc) = self.view.midi.cc_of(which)
            && button(ui, &format!("Forget CC {cc}"))
        {
            self.actions.push(Action::ForgetMidi(which));
        }
    }

    /// Marks the control of a parameter that waits for a controller.
    pub(super) fn mark_waiting(&self, ui: &Ui, rect: Rect, which: ParameterId) {
        if self.view.midi.waits != Some(which) {
            return;
        }
        let rect = rect.expand(2.0 * self.scale);
        let corners = [
            rect.left_top(),
            rect.right_top(),
            rect.right_bottom(),
            rect.left_bottom(),
            rect.left_top(),
        ];
        let stroke = Stroke::new(2.0 * self.scale, theme::LEARNING);
        let dashes = egui::Shape::dashed_line(&corners, stroke, 6.0 * self.scale, 4.0 * self.scale);
        ui.painter().extend(dashes);
    }
}

/// What there is to do while a parameter waits.
pub(super) fn waiting(which: ParameterId) -> String {
    format!(
        "MIDI learn: move a controller for {}. Esc cancels.",
        which.row().name
    )
}
