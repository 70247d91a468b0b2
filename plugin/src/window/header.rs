//! The line above everything: name, tabs, undo, bypass.

use egui::{Align2, Key, KeyboardShortcut, Modifiers, Rect, Ui, vec2};
use gridleak_core::ParameterId;

use super::context::UiContext;
use super::theme;
use super::view::Action;
use super::widgets::button::{Button, Icon};

/// What the tabs choose.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Page {
    #[default]
    Rig,
    Browse,
    Live,
    Info,
    Setup,
}

impl UiContext<'_> {
    /// Shows a page, and not the tuner over it.
    pub(super) fn turn_to(&mut self, ui: &Ui, page: Page, shown: &mut Page) {
        *shown = page;
        if self.view.controls.is_on(ParameterId::Tuner) {
            self.actions.push(Action::Change(ParameterId::Tuner, 0.0));
        }
        ui.ctx().request_repaint();
    }

    pub(super) fn show_header(&mut self, ui: &mut Ui, rect: Rect, shown: &mut Page) {
        let scale = self.scale;
        let mut letters = egui::text::LayoutJob::simple_singleline(
            "GRIDLEAK".into(),
            theme::body(scale),
            theme::ACCENT,
        );
        for section in &mut letters.sections {
            section.format.extra_letter_spacing = 2.5 * scale;
        }
        let letters = ui.painter().layout_job(letters);
        let at = Align2::LEFT_CENTER.align_size_within_rect(letters.size(), rect);
        ui.painter().galley(at.min, letters, theme::ACCENT);

        let tab = vec2(58.0 * scale, rect.height());
        let mut place = Rect::from_min_size(rect.min, tab).translate(vec2(110.0 * scale, 0.0));
        for (page, name) in [
            (Page::Rig, "Rig"),
            (Page::Browse, "Browse"),
            (Page::Live, "Live"),
            (Page::Info, "Info"),
            (Page::Setup, "Setup"),
        ] {
            let on = *shown == page && !self.view.controls.is_on(ParameterId::Tuner);
            let button = Button::new(name, Icon::Text(name), theme::body(scale));
            if button.tab(on).show(ui, place).clicked() {
                self.turn_to(ui, page, shown);
            }
            place = place.translate(vec2(tab.x + 2.0 * scale, 0.0));
        }
        let place_after_tabs = place.left();

        let place = rect.with_min_x(rect.right() - 72.0 * scale);
        let tuner = rect.with_max_x(place.left() - 4.0 * scale);
        let tuner = tuner.with_min_x(tuner.right() - 64.0 * scale);
        let beside = rect.with_max_x(tuner.left() - 10.0 * scale);
        let [undo, redo] = [2.0, 1.0].map(|from_right: f32| {
            let left = beside.right() - from_right * 28.0 * scale;
            Rect::from_x_y_ranges(left..=left + 25.0 * scale, beside.y_range())
        });
        let line = beside.with_min_x(place_after_tabs + 14.0 * scale);
        let line = line.with_max_x(undo.left() - 14.0 * scale);
        let wide = line.width().min(260.0 * scale);
        let line = line.with_min_x(line.right() - wide);
        self.show_preset_line(ui, line.shrink2(vec2(0.0, 1.0 * scale)));
        let status = &self.view.status;
        let (can_undo, can_redo) = (status.can_undo, status.can_redo);
        let name = "Undo";
        self.button(ui, undo, name, Icon::Undo, can_undo, Action::Undo);
        self.button(ui, redo, "Redo", Icon::Redo, can_redo, Action::Redo);
        if self.has_keys(ui) {
            let z = |shift| KeyboardShortcut::new(Modifiers::COMMAND.plus(shift), Key::Z);
            let pressed = |keys: KeyboardShortcut| ui.input_mut(|i| i.consume_shortcut(&keys));
            // The longer one first, for the shorter one is a part of it.
            if pressed(z(Modifiers::SHIFT)) {
                self.actions.extend(can_redo.then_some(Action::Redo));
            } else if pressed(z(Modifiers::NONE)) {
                self.actions.extend(can_undo.then_some(Action::Undo));
            }
        }

        let row = ParameterId::Tuner.row();
        let on = self.view.controls.is_on(row.which);
        let button = self.words(row.name, row.name).switch(on);
        self.toggle(ui, tuner, row.which, button)
            .on_hover_text(row.hint);

        let on = self.view.controls.is_on(ParameterId::Bypass);
        let button = self.words("Bypass", "Bypass").switch(on);
        let response = self.toggle(ui, place, ParameterId::Bypass, button);
        response.on_hover_text(match on {
            true => "The input passes through. Click to play the rig again.",
            false => "Click to let the input pass through.",
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::window::test_support::*;

    #[test]
    fn changes_are_taken_back_by_button_and_key() {
        let mut window = window(view());
        window.get_by_label("Undo").click();
        window.get_by_label("Redo").click();
        assert_eq!(done(&mut window), [Action::Undo, Action::Redo]);
        window.key_press_modifiers(Modifiers::COMMAND, Key::Z);
        assert_eq!(done(&mut window), [Action::Undo]);
        window.key_press_modifiers(Modifiers::COMMAND | Modifiers::SHIFT, Key::Z);
        assert_eq!(done(&mut window), [Action::Redo]);
        // In a field, the keys are the field's.
        window.get_by_label("Input value").click();
        window.run();
        window.key_press_modifiers(Modifiers::COMMAND, Key::Z);
        assert_eq!(done(&mut window), []);
        window.key_press(Key::Escape);
        window.state_mut().view.status.can_undo = false;
        window.run();
        window.key_press_modifiers(Modifiers::COMMAND, Key::Z);
        window.get_by_label("Undo").click();
        assert_eq!(done(&mut window), []);
    }
}
