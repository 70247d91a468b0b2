//! Buttons: what they stand for, and how they look.

use egui::accesskit::Role;
use egui::{
    Align2, Color32, CornerRadius, FontId, Id, Rect, Response, Sense, Stroke, Ui, UiBuilder,
    WidgetInfo, vec2,
};

use std::f32::consts::TAU;

use super::text::focus_ring;
use crate::window::layout::columns;
use crate::window::theme;

/// What is seen of a button.
#[derive(Clone, Copy)]
pub(in crate::window) enum Icon<'a> {
    Text(&'a str),
    /// An arrow head that points left.
    Left,
    /// An arrow head that points right.
    Right,
    Cross,
    /// An arrow that turns back.
    Undo,
    /// An arrow that turns on.
    Redo,
    /// Three dots, behind which there is a menu.
    Dots,
    /// The lamp of a switch, and what it switches.
    Lamp {
        text: &'a str,
        lit: bool,
    },
}

/// A button in the making.
pub(in crate::window) struct Button<'a> {
    name: &'a str,
    icon: Icon<'a>,
    font: FontId,
    role: Role,
    enabled: bool,
    /// Whether what it stands for is on; `None` if it stands for an act.
    on: Option<bool>,
    lit: bool,
    weak: bool,
    corner: CornerRadius,
    resting: Color32,
    /// What it is lit in, and what is on it where it is not lit.
    light: Color32,
    written: Color32,
}

impl<'a> Button<'a> {
    /// A button that is told apart by its `name`, for people who hear the window, too.
    pub(in crate::window) fn new(name: &'a str, icon: Icon<'a>, font: FontId) -> Self {
        Self {
            name,
            icon,
            font,
            role: Role::Button,
            enabled: true,
            on: None,
            lit: false,
            weak: false,
            corner: theme::CORNER,
            resting: theme::RAISED,
            light: theme::ACCENT,
            written: theme::TEXT,
        }
    }

    /// A button that switches something on and off.
    pub(in crate::window) fn switch(self, on: bool) -> Self {
        Self {
            role: Role::Switch,
            on: Some(on),
            lit: on,
            ..self
        }
    }

    /// One of several buttons of which one is on.
    pub(in crate::window) fn choice(self, on: bool, corner: CornerRadius) -> Self {
        Self {
            role: Role::RadioButton,
            on: Some(on),
            corner,
            ..self
        }
    }

    /// One of several pages.
    pub(in crate::window) fn tab(self, on: bool) -> Self {
        Self {
            role: Role::Tab,
            on: Some(on),
            resting: Color32::TRANSPARENT,
            ..self
        }
    }

    /// Draws the eye, for what is to be done next.
    pub(in crate::window) fn lit(self, lit: bool) -> Self {
        Self { lit, ..self }
    }

    /// For what can be chosen but does nothing now.
    pub(in crate::window) fn weak(self, weak: bool) -> Self {
        Self { weak, ..self }
    }

    /// Without a shape of its own until it is hovered.
    pub(in crate::window) fn flat(self) -> Self {
        Self {
            resting: Color32::TRANSPARENT,
            ..self
        }
    }

    /// In another light.
    pub(in crate::window) fn lit_in(self, light: Color32) -> Self {
        Self { light, ..self }
    }

    /// With what is on it in another colour.
    pub(in crate::window) fn written_in(self, written: Color32) -> Self {
        Self { written, ..self }
    }

    /// Whether it can be pressed now.
    pub(in crate::window) fn enabled(self, enabled: bool) -> Self {
        Self { enabled, ..self }
    }

    /// Whether it is on, in a way that does not draw the eye.
    fn is_chosen(&self) -> bool {
        let shaped = self.role != Role::Tab && !matches!(self.icon, Icon::Lamp { .. });
        shaped && !self.lit && self.on == Some(true)
    }

    /// Draws it over all of `rect`.
    pub(in crate::window) fn show(self, ui: &mut Ui, rect: Rect) -> Response {
        let id = Id::unique(("button", self.name));
        let sense = if self.enabled {
            Sense::click()
        } else {
            Sense::hover()
        };
        let response = ui.interact(rect, id, sense);
        response.widget_info(|| {
            let mut info = WidgetInfo::labeled(self.role, self.enabled, self.name);
            info.selected = self.on;
            info
        });
        let held = response.is_pointer_button_down_on();
        let hovered = self.enabled && response.hovered();
        let (fill, colour) = match (self.enabled, self.lit) {
            (false, _) => (self.resting, theme::FAINT.gamma_multiply(0.6)),
            (true, true) if hovered => (self.light.gamma_multiply(0.85), theme::ON_LIT),
            (true, true) => (self.light, theme::ON_LIT),
            (true, false) if self.is_chosen() => (theme::CHOSEN, theme::ACCENT),
            (true, false) if held => (theme::OUTLINE, theme::TEXT),
            (true, false) if hovered => (theme::HOVERED, theme::TEXT),
            (true, false) if self.weak => (self.resting, theme::FAINT),
            (true, false) => (self.resting, self.written),
        };
        ui.painter().rect_filled(rect, self.corner, fill);
        match self.icon {
            Icon::Lamp { text, lit } => self.draw_lamp(ui, rect, text, lit),
            _ => self.draw_icon(ui, rect, colour),
        }
        if self.role == Role::Tab && self.on == Some(true) {
            let line = rect.with_min_y(rect.bottom() - 2.0).shrink2(vec2(8.0, 0.0));
            ui.painter().rect_filled(line, 1.0, theme::ACCENT);
        }
        focus_ring(ui, &response, rect);
        response
    }

    /// A small round lamp, and the text beside it.
    fn draw_lamp(&self, ui: &Ui, rect: Rect, text: &str, on: bool) {
        let radius = 0.32 * self.font.size;
        let at = rect.left_center() + vec2(2.2 * radius, 0.0);
        let painter = ui.painter();
        if on {
            painter.circle_filled(at, 1.9 * radius, theme::ACCENT.gamma_multiply(0.22));
            painter.circle_filled(at, radius, theme::ACCENT);
        } else {
            painter.circle(at, radius, theme::WELL, Stroke::new(1.0, theme::FAINT));
        }
        let colour = if on { theme::TEXT } else { theme::WEAK };
        let from = at + vec2(3.0 * radius, 0.0);
        painter.text(from, Align2::LEFT_CENTER, text, self.font.clone(), colour);
    }

    fn draw_icon(&self, ui: &Ui, rect: Rect, colour: Color32) {
        let painter = ui.painter();
        let at = rect.center();
        let size = 0.3 * self.font.size;
        let stroke = Stroke::new(0.13 * self.font.size, colour);
        match self.icon {
            Icon::Text(text) | Icon::Lamp { text, .. } => {
                painter.text(at, Align2::CENTER_CENTER, text, self.font.clone(), colour);
            }
            Icon::Left | Icon::Right => {
                let way = if matches!(self.icon, Icon::Left) {
                    -1.0
                } else {
                    1.0
                };
                let point = |x: f32, y: f32| at + size * vec2(way * x, y);
                let line = vec![point(-0.5, -1.0), point(0.5, 0.0), point(-0.5, 1.0)];
                painter.line(line, stroke);
            }
            Icon::Undo | Icon::Redo => {
                let way = if matches!(self.icon, Icon::Undo) {
                    1.0
                } else {
                    -1.0
                };
                // Three quarters of a circle, and a head where it began.
                let point = |x: f32, y: f32| at + size * vec2(way * x, y);
                let turn = |n: usize| {
                    let angle = TAU * (0.62 + 0.055 * n as f32);
                    point(1.05 * angle.cos(), 1.05 * angle.sin())
                };
                painter.line((0..=12).map(turn).collect(), stroke);
                let from = turn(0);
                let head = |x: f32, y: f32| from + size * vec2(way * x, y);
                painter.line(vec![head(0.05, -0.75), from, head(0.8, 0.1)], stroke);
            }
            Icon::Dots => {
                for way in [-1.0, 0.0, 1.0] {
                    let dot = at + vec2(1.1 * size * way, 0.0);
                    painter.circle_filled(dot, 0.3 * size, colour);
                }
            }
            Icon::Cross => {
                for way in [-1.0, 1.0] {
                    let arm = size * vec2(way, 1.0);
                    painter.line_segment([at - arm, at + arm], stroke);
                }
            }
        }
    }
}

/// One of several buttons of which one is on.
pub(in crate::window) struct Radio<'a> {
    /// What it is told apart by, for people who hear the window, too.
    pub(in crate::window) name: &'a str,
    pub(in crate::window) text: &'a str,
    pub(in crate::window) on: bool,
    /// Whether it does nothing now.
    pub(in crate::window) weak: bool,
    pub(in crate::window) hint: Option<&'a str>,
}

/// Draws such buttons in a row; returns which one was pressed that was not on, and all of them as one.
pub(in crate::window) fn radio(
    ui: &mut Ui,
    rect: Rect,
    scale: f32,
    name: &str,
    options: &[Radio<'_>],
) -> (Option<usize>, Option<Response>) {
    let group = UiBuilder::new()
        .max_rect(rect)
        .accessibility_role(Role::RadioGroup)
        .accessibility_label(name);
    let ui = &mut ui.new_child(group);
    let places = columns(rect, options.len(), 1.0);
    let mut pressed = None;
    let mut all: Option<Response> = None;
    for (index, (option, place)) in options.iter().zip(places).enumerate() {
        let corners = outer_corners(index, options.len());
        let icon = Icon::Text(option.text);
        let button = Button::new(option.name, icon, theme::small(scale));
        let button = button.choice(option.on, corners).weak(option.weak);
        let response = button.show(ui, place);
        if response.clicked() && !option.on {
            pressed = Some(index);
        }
        all = Some(match all {
            Some(all) => all | response.clone(),
            None => response.clone(),
        });
        if let Some(hint) = option.hint {
            response.on_hover_text(hint);
        }
    }
    (pressed, all)
}

/// The corners of one of `count` buttons in a row, round only outside.
fn outer_corners(index: usize, count: usize) -> CornerRadius {
    let round = |outside: bool| if outside { theme::CORNER.nw } else { 0 };
    let (first, last) = (round(index == 0), round(index + 1 == count));
    CornerRadius {
        nw: first,
        sw: first,
        ne: last,
        se: last,
    }
}
