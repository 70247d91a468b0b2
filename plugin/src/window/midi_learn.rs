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
        if let Some(cc) = self.view.midi.controllers.cc_of(which)
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

#[cfg(test)]
mod tests {
    use crate::window::test_support::*;

    #[test]
    fn every_control_can_be_learned_and_forgotten() {
        let mut window = window(with_knobs(view(), four_knobs()));
        // Those of the tuner and of a page are tried where they are.
        for row in &PARAMETERS {
            let (page, label) = match row.which {
                ParameterId::Slot => continue,
                which if ParameterId::KNOBS.contains(&which) => continue,
                ParameterId::SlotFade | ParameterId::CabTail | ParameterId::RiffLength => {
                    ("Live", row.name.to_owned())
                }
                ParameterId::InputSource
                | ParameterId::OutputMode
                | ParameterId::Oversampling
                | ParameterId::OfflineOversampling => {
                    let first = option_names(row.which)[0];
                    ("Setup", format!("{}: {first}", row.name))
                }
                ParameterId::InterfaceLevel
                | ParameterId::CalibrateInput
                | ParameterId::DcBlocker
                | ParameterId::Quality => ("Setup", row.name.to_owned()),
                ParameterId::TonePosition | ParameterId::CabLevel => {
                    let first = option_names(row.which)[0];
                    ("Rig", format!("{}: {first}", row.name))
                }
                _ => ("Rig", row.name.to_owned()),
            };
            if matches!(row.kind, Kind::Button | Kind::Readout) {
                continue;
            }
            let tuner = row.group == gridleak_core::Group::Tuner;
            turn(
                &mut window.state_mut().view,
                ParameterId::Tuner,
                f32::from(tuner),
            );
            if !tuner {
                go_to(&mut window, page);
            }
            let midi = &mut window.state_mut().view.midi;
            midi.controllers.assign(11, Some(row.which));
            window.run();
            for (item, action) in [
                ("MIDI learn: ", Action::LearnMidi(row.which)),
                ("Forget CC 11", Action::ForgetMidi(row.which)),
            ] {
                let control = window.get_all_by_label(&label).next().unwrap();
                control.click_secondary();
                window.run();
                let item = match item {
                    "MIDI learn: " => format!("{item}{}", row.name),
                    item => item.to_owned(),
                };
                // The page of learned controllers has such a button, too.
                window.get_all_by_label(&item).last().unwrap().click();
                assert_eq!(done(&mut window), [action], "{label}");
            }
        }
    }

    #[test]
    fn what_waits_says_so_and_escape_ends_it() {
        let mut window = window(view());
        let told = "MIDI learn: move a controller for Bass. Esc cancels.";
        assert!(window.query_by_label(told).is_none());
        window.key_press(Key::Escape);
        assert_eq!(done(&mut window), []);
        window.state_mut().view.midi.waits = Some(ParameterId::Bass);
        window.run();
        assert!(window.query_by_label(told).is_some());
        window.get_by_label("Bass").click_secondary();
        window.run();
        window.get_by_label("Cancel MIDI learn").click();
        assert_eq!(done(&mut window), [Action::CancelLearning]);
        window.key_press(Key::Escape);
        assert_eq!(done(&mut window), [Action::CancelLearning]);
    }
}
