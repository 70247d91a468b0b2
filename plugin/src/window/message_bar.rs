//! The bar below the page: something to tell, or to ask.

use egui::accesskit::{Live, Role};
use egui::{CornerRadius, Rect, ScrollArea, Ui, UiBuilder, vec2};

use super::layout::{self, Layout};
use super::plain_text::{LONGEST_MESSAGE, LONGEST_NAME, shortened};
use super::theme;
use super::view::Action;
use super::widgets::button::{Button, Icon};
use crate::session::message::{Message, MessageKind, Question};
use crate::session::part::Part;

/// What is asked, in words.
pub(super) fn question(question: &Question) -> String {
    format!(
        "Another file is now in the place of {}, and the original was not found. The new one is playing.",
        shortened(&question.name, LONGEST_NAME)
    )
}

/// A message, laid out for the width of the window.
pub(super) struct MessageBar {
    kind: MessageKind,
    text: String,
    pub(super) height: f32,
    /// The part that the user is asked about, if it is a question.
    asked: Option<Part>,
}

impl MessageBar {
    /// Width of the bar at the left, and of the button at the right with the space around it.
    const BAR: f32 = 4.0;
    const BUTTON: f32 = 28.0;
    /// Widths of the buttons that answer a question.
    const ANSWERS: [f32; 2] = [96.0, 90.0];
    const PADDING: f32 = 8.0;

    pub(super) fn new(ui: &Ui, message: &Message, asked: Option<Part>, window: egui::Vec2) -> Self {
        let scale = layout::scale(window);
        let text = shortened(&message.text, LONGEST_MESSAGE);
        let around = (Self::BAR + 2.0 * Self::PADDING + Self::buttons(asked)) * scale;
        let width = Layout::message_width(window) - around;
        let font = theme::small(scale);
        let galley = ui.painter().layout(text.clone(), font, theme::TEXT, width);
        let needed = galley.size().y + 2.0 * Self::PADDING * scale;
        // A long one must not push everything else out of the window.
        let most = (0.3 * window.y).max(48.0 * scale);
        Self {
            kind: message.kind,
            text,
            height: needed.clamp(30.0 * scale, most),
            asked,
        }
    }

    /// The width at the right that is for buttons.
    fn buttons(asked: Option<Part>) -> f32 {
        match asked {
            Some(_) => Self::ANSWERS.iter().sum::<f32>() + 2.0 * Self::PADDING,
            None => Self::BUTTON,
        }
    }

    /// Draws it; what was done about it.
    pub(super) fn show(self, ui: &mut Ui, rect: Rect, scale: f32) -> Option<Action> {
        let (bar_colour, kind) = match self.kind {
            MessageKind::Error => (theme::ERROR, "Error"),
            MessageKind::Notice => (theme::ACCENT, "Notice"),
        };
        ui.painter()
            .rect_filled(rect, theme::PANEL_CORNER, theme::RAISED);
        let bar = rect.with_max_x(rect.left() + Self::BAR * scale);
        let corners = CornerRadius {
            ne: 0,
            se: 0,
            ..theme::PANEL_CORNER
        };
        ui.painter().rect_filled(bar, corners, bar_colour);

        let (text, button) =
            rect.split_left_right_at_x(rect.right() - Self::buttons(self.asked) * scale);
        let text = text
            .with_min_x(bar.right())
            .shrink2(vec2(Self::PADDING * scale, 0.0));
        let place = UiBuilder::new()
            .max_rect(text)
            .accessibility_role(Role::Alert)
            .accessibility_label(kind);
        let inner = &mut ui.new_child(place);
        inner
            .ctx()
            .accesskit_node_builder(inner.unique_id(), |node| {
                node.set_live(Live::Polite);
            });
        let font = theme::small(scale);
        ScrollArea::vertical()
            .id_salt("message")
            .auto_shrink(false)
            .show(inner, |ui| {
                ui.add_space(Self::PADDING * scale);
                let label = egui::RichText::new(&self.text).font(font);
                ui.add(egui::Label::new(label).wrap());
            });

        let middle = button.top() + 15.0 * scale;
        let Some(part) = self.asked else {
            let side = 20.0 * scale;
            let at = egui::pos2(button.center().x, middle);
            let button = Rect::from_center_size(at, vec2(side, side));
            let dismiss = Button::new("Dismiss message", Icon::Cross, theme::body(scale)).flat();
            let clicked = dismiss.show(ui, button).clicked();
            return clicked.then_some(Action::DismissMessage);
        };
        let (mut left, mut done) = (button.left(), None);
        for (wide, name, hint, action) in [
            (
                Self::ANSWERS[0],
                "Use the new file",
                "From now on, the project means the file that plays.",
                Action::UseNewFile(part),
            ),
            (
                Self::ANSWERS[1],
                "Keep looking",
                "Look again, and whenever the project is opened. It keeps what it knows of the old file.",
                Action::KeepLooking(part),
            ),
        ] {
            let y = middle - 11.0 * scale..=middle + 11.0 * scale;
            let place = Rect::from_x_y_ranges(left..=left + wide * scale, y);
            left = place.right() + Self::PADDING * scale;
            let response = Button::new(name, Icon::Text(name), theme::small(scale)).show(ui, place);
            if response.clicked() {
                done = Some(action);
            }
            response.on_hover_text(hint);
        }
        done
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::window::test_support::*;

    #[test]
    fn a_message_is_shown_and_dismissed() {
        let mut view = view();
        view.status.message = message("Plexi.nam: there is no such file; load another one");
        let mut window = window(view);
        assert!(window.query_by_label_contains("no such file").is_some());
        window.get_by_label("Dismiss message").click();
        assert_eq!(done(&mut window), [Action::DismissMessage]);
        window.state_mut().view.status.message = None;
        window.run();
        assert!(window.query_by_label("Dismiss message").is_none());
    }

    #[test]
    fn a_question_stays_until_it_is_answered() {
        let mut view = view();
        view.status.question = Some(Question {
            part: Part::CAB,
            name: "Greenback".into(),
        });
        view.status.message = message("Plexi.nam: there is no such file");
        let mut window = window(view);
        // One thing after the other.
        assert!(window.query_by_label("Keep looking").is_none());
        window.get_by_label("Dismiss message").click();
        assert_eq!(done(&mut window), [Action::DismissMessage]);
        window.state_mut().view.status.message = None;
        window.run();
        let asked = "Another file is now in the place of Greenback";
        assert!(window.query_by_label_contains(asked).is_some());
        assert!(window.query_by_label("Dismiss message").is_none());
        for (answer, action) in [
            ("Use the new file", Action::UseNewFile(Part::CAB)),
            ("Keep looking", Action::KeepLooking(Part::CAB)),
        ] {
            window.get_by_label(answer).click();
            assert_eq!(done(&mut window), [action]);
        }
    }
}
