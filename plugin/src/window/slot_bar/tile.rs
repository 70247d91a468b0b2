//! One slot as it stands in the bar: a number, a name, a colour, and a shape and a word for its state.

use std::f32::consts::TAU;

use egui::{Align2, Color32, Painter, Pos2, Rect, Response, Shape, Stroke, StrokeKind, Ui, vec2};

use crate::session::rig::SlotColour;
use crate::session::status::{Readiness, SlotStatus};
use crate::window::context::LONGEST_TEXT;
use crate::window::plain_text::{LONGEST_NAME, plain};
use crate::window::theme;
use crate::window::view::View;
use crate::window::widgets::button::{Button, Icon};
use crate::window::widgets::text::{draw_fitting, draw_strong, focus_ring};

/// Sizes of a name, the largest first, with the lines that fit in a tile then.
const NAME_SIZES: [(f32, usize); 5] = [(24.0, 1), (21.0, 1), (18.0, 1), (15.0, 2), (12.5, 2)];

/// A slot in a picture.
pub(super) struct Tile<'a> {
    slot: usize,
    status: &'a SlotStatus,
    asked: bool,
    scale: f32,
}

impl<'a> Tile<'a> {
    pub(super) fn new(slot: usize, view: &'a View, scale: f32) -> Self {
        Self {
            slot,
            status: &view.status.slots[slot],
            asked: slot == view.asked(),
            scale,
        }
    }

    /// What it is called, or else what is in it.
    fn name(&self) -> String {
        plain(self.status.called(), LONGEST_NAME)
    }

    /// The state in a word; a slot that could play and is not asked for needs none.
    fn word(&self) -> &'static str {
        match (self.status.state, self.status.plays, self.asked) {
            (Readiness::Loading, ..) => "Loading",
            (Readiness::Failed, ..) => "Failed",
            (_, true, _) => "Playing",
            (Readiness::Empty, ..) => "Empty",
            (Readiness::Ready, false, true) => "Chosen",
            (Readiness::Ready, false, false) => "",
        }
    }

    /// What screen readers say of it.
    pub(super) fn spoken(&self) -> String {
        let words = match self.word() {
            "" => "Ready",
            word => word,
        };
        match self.name() {
            name if name.is_empty() => words.into(),
            name => format!("{name}, {}", words.to_lowercase()),
        }
    }

    /// What is said of it where the pointer rests.
    pub(super) fn hint(&self) -> String {
        let number = self.slot + 1;
        let SlotStatus { state, plays, .. } = self.status;
        let text = self.status.text.as_deref().unwrap_or_default();
        let text = plain(text, LONGEST_TEXT);
        let what = match state {
            Readiness::Failed => return text,
            Readiness::Empty => {
                return format!(
                    "Slot {number} is empty. Click it, then load a capture, or drop a file on it."
                );
            }
            Readiness::Loading => format!("Loading {text}."),
            Readiness::Ready => format!("{text}."),
        };
        let how = match (self.asked, plays) {
            (true, false) => "It plays as soon as it can.".into(),
            (true, true) => "A double click renames it.".into(),
            (false, _) => format!("Click or press {number} to play it."),
        };
        format!("{what} {how} Drag it onto another slot to swap them, with Alt to copy it.")
    }

    /// Draws it; returns the place of its name.
    pub(super) fn draw(&self, ui: &Ui, rect: Rect, response: &Response) -> Rect {
        let (scale, painter) = (self.scale, ui.painter());
        let SlotStatus { state, plays, .. } = *self.status;
        let colour = theme::slot(self.status.slot.colour);
        let empty = state == Readiness::Empty;
        let lit = plays && self.asked;
        let fill = match (plays, self.asked) {
            (true, true) => colour,
            // What still plays while another one is asked for.
            (true, false) => theme::PANEL.lerp_to_gamma(colour, 0.35),
            _ if response.hovered() => theme::HOVERED,
            _ if empty => theme::BACKGROUND,
            _ => theme::PANEL,
        };
        painter.rect_filled(rect, theme::PANEL_CORNER, fill);
        let edge = |colour, wide: f32| {
            let stroke = Stroke::new(wide * scale, colour);
            painter.rect_stroke(rect, theme::PANEL_CORNER, stroke, StrokeKind::Inside);
        };
        match (state, self.asked) {
            _ if lit => {}
            // In no colour that another slot may have.
            (_, true) => edge(theme::TEXT, 3.0),
            (Readiness::Failed, false) => edge(theme::ERROR, 1.5),
            (Readiness::Empty, false) => draw_dashes(painter, rect.shrink(1.0), scale),
            _ => edge(theme::OUTLINE, 1.0),
        }
        if !lit && !empty {
            let strip = rect.with_max_x(rect.left() + 5.0 * scale);
            let colour = match self.status.slot.colour {
                SlotColour::None => theme::OUTLINE,
                _ => colour,
            };
            painter.rect_filled(strip, theme::PANEL_CORNER, colour);
        }

        let (strong, weak) = match (lit, empty && !self.asked) {
            (true, _) => (theme::ON_LIT, theme::ON_LIT),
            (false, true) => (theme::FAINT, theme::FAINT),
            (false, false) => (theme::TEXT, theme::WEAK),
        };
        let inside = rect.shrink2(vec2(9.0, 3.0) * scale);
        let (top, name) = inside.split_top_bottom_at_y(inside.top() + 32.0 * scale);
        let number = (self.slot + 1).to_string();
        let size = 32.0 * scale;
        let number = draw_strong(ui, top, Align2::LEFT_CENTER, &number, size, strong);

        let beside = top.with_min_x(number.right() + 6.0 * scale);
        let (mark, word) = beside.split_top_bottom_at_fraction(0.5);
        let failed = state == Readiness::Failed;
        let lively = match (failed, lit) {
            (true, false) => theme::ERROR,
            (_, true) => theme::ON_LIT,
            (false, false) => colour,
        };
        self.draw_mark(painter, mark.left_center() + vec2(6.0, 1.0) * scale, lively);
        let font = theme::small(scale);
        let colour = if failed && !lit { theme::ERROR } else { weak };
        painter.text(
            word.left_center(),
            Align2::LEFT_CENTER,
            self.word(),
            font,
            colour,
        );

        let name = name.with_max_x(rect.right() - 4.0 * scale);
        let sizes = NAME_SIZES.map(|(size, rows)| (size * scale, rows));
        draw_fitting(ui, name, Align2::LEFT_CENTER, &sizes, &self.name(), strong);
        focus_ring(ui, response, rect);
        name
    }

    /// The shape of the state.
    fn draw_mark(&self, painter: &Painter, at: Pos2, colour: Color32) {
        let size = 5.5 * self.scale;
        let stroke = Stroke::new(1.6 * self.scale, colour);
        let triangle = |points: [(f32, f32); 3]| {
            let corners = points.map(|(x, y)| at + size * vec2(x, y));
            corners.to_vec()
        };
        let right = [(-0.8, -1.0), (1.0, 0.0), (-0.8, 1.0)];
        match (self.status.state, self.status.plays, self.asked) {
            (Readiness::Failed, ..) => {
                let corners = triangle([(0.0, -1.1), (1.2, 1.0), (-1.2, 1.0)]);
                painter.add(Shape::closed_line(corners, stroke));
                let line = [at - vec2(0.0, 0.3 * size), at + vec2(0.0, 0.45 * size)];
                painter.line_segment(line, stroke);
            }
            (Readiness::Loading, ..) => {
                // Three quarters of a ring.
                let point = |n: usize| {
                    let angle = TAU * n as f32 / 16.0;
                    at + size * vec2(angle.sin(), -angle.cos())
                };
                painter.line((0..=12).map(point).collect(), stroke);
            }
            (_, true, _) => {
                let corners = triangle(right);
                painter.add(Shape::convex_polygon(corners, colour, Stroke::NONE));
            }
            (Readiness::Ready, false, true) => {
                painter.add(Shape::closed_line(triangle(right), stroke));
            }
            _ => {}
        }
    }

    /// The button at its corner that opens its menu.
    pub(super) fn show_dots(&self, ui: &mut Ui, rect: Rect) -> Response {
        let size = vec2(20.0, 15.0) * self.scale;
        let corner = rect.right_top() + vec2(-size.x - 2.0 * self.scale, 2.0 * self.scale);
        let name = format!("Menu of slot {}", self.slot + 1);
        let dots = Button::new(&name, Icon::Dots, theme::body(self.scale)).flat();
        let dots = match self.status.plays && self.asked {
            true => dots.written_in(theme::ON_LIT),
            false => dots.written_in(theme::FAINT),
        };
        dots.show(ui, Rect::from_min_size(corner, size))
    }
}

/// The outline of what is not there.
fn draw_dashes(painter: &Painter, rect: Rect, scale: f32) {
    let corners = [
        rect.left_top(),
        rect.right_top(),
        rect.right_bottom(),
        rect.left_bottom(),
        rect.left_top(),
    ];
    let stroke = Stroke::new(1.0, theme::OUTLINE);
    let dashes = Shape::dashed_line(&corners, stroke, 5.0 * scale, 4.0 * scale);
    painter.extend(dashes);
}
