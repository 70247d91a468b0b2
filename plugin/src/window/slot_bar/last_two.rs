//! From the slot that was asked for last to the one before it, and back.

use egui::{Align2, Rect, Stroke, Ui, vec2};

use crate::window::context::UiContext;
use crate::window::theme;
use crate::window::widgets::button::{Button, Icon};

/// The slots that were asked for last, by whomever.
#[derive(Debug, Default, Clone, Copy)]
pub(in crate::window) struct LastTwo {
    now: Option<usize>,
    before: Option<usize>,
}

impl LastTwo {
    /// Takes note of the slot that is asked for.
    pub(super) fn note(&mut self, asked: usize) {
        if self.now != Some(asked) {
            self.before = self.now.replace(asked);
        }
    }
}

impl UiContext<'_> {
    pub(super) fn show_last_two(&mut self, ui: &mut Ui, rect: Rect, last: &LastTwo) {
        let scale = self.scale;
        let button = Button::new("Last two", Icon::Text(""), theme::small(scale));
        let response = button.enabled(last.before.is_some()).show(ui, rect);
        let (arrows, numbers) = rect.split_top_bottom_at_fraction(0.55);
        let (colour, text) = match (last.now, last.before) {
            (Some(now), Some(before)) => {
                let (low, high) = (now.min(before) + 1, now.max(before) + 1);
                (theme::TEXT, format!("{low} / {high}"))
            }
            _ => (theme::FAINT.gamma_multiply(0.6), "A / B".into()),
        };
        let stroke = Stroke::new(1.6 * scale, colour);
        let middle = arrows.center() + vec2(0.0, 2.0 * scale);
        for way in [-1.0, 1.0] {
            let point = |x: f32, y: f32| middle + way * scale * vec2(x, y);
            let line = [point(-9.0, -4.0), point(9.0, -4.0)];
            ui.painter().line_segment(line, stroke);
            let head = vec![point(5.0, -8.0), point(9.0, -4.0), point(5.0, 0.0)];
            ui.painter().line(head, stroke);
        }
        let font = theme::small(scale);
        let at = numbers.center() - vec2(0.0, 2.0 * scale);
        ui.painter()
            .text(at, Align2::CENTER_CENTER, text, font, colour);
        if let (true, Some(before)) = (response.clicked(), last.before) {
            self.go_to(before);
        }
        response.on_hover_text(match last.before {
            Some(before) => format!(
                "Back to slot {}, and forth: compares the last two slots.",
                before + 1
            ),
            None => "Goes between the last two slots, once there are two.".into(),
        });
    }
}
