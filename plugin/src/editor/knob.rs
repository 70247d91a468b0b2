//! A knob for a gain in dB, with its value to be typed below it.

use std::f32::consts::{PI, TAU};
use std::ops::RangeInclusive;

use egui::accesskit::{Action as Request, ActionData, Role};
use egui::text::CCursorRange;
use egui::{
    Align2, Color32, CursorIcon, Event, EventFilter, Id, Key, MouseWheelUnit, Rect, Response,
    Sense, Shape, Stroke, TextEdit, Ui, WidgetInfo, vec2,
};

use super::theme;
use super::view::Action;
use super::widgets;
use crate::parameters::typed_number;

/// The two gains.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Knob {
    Input,
    Output,
}

impl Knob {
    fn name(self) -> &'static str {
        match self {
            Self::Input => "Input",
            Self::Output => "Output",
        }
    }

    fn id(self) -> Id {
        Id::unique(("knob", self.name()))
    }
}

/// A gain as it is shown, in dB.
#[derive(Debug, Clone)]
pub(crate) struct Gain {
    pub(crate) value: f32,
    /// The value as the host writes it, unit included.
    pub(crate) text: String,
    pub(crate) range: RangeInclusive<f32>,
    /// What a double click sets.
    pub(crate) default: f32,
}

impl Gain {
    /// The nearest value in the range, also of what is no number.
    fn within(&self, value: f32) -> f32 {
        value.max(*self.range.start()).min(*self.range.end())
    }
}

/// What dragging by a point is worth, in dB.
const DRAG: f32 = 0.2;

/// What an arrow key or a notch of the wheel is worth, in dB.
const NOTCH: f32 = 1.0;

/// What remains of them while Shift is held.
const FINE: f32 = 0.1;

/// Points that a touchpad reports for what would be a notch.
const POINTS_PER_NOTCH: f32 = 50.0;

/// Where a knob ends, as an angle from straight up.
const END: f32 = 0.75 * PI;

/// How long a value counts as set although the host has not confirmed it, in seconds. Hosts
/// confirm with the next block of sound.
const UNCONFIRMED: f64 = 0.3;

/// What a knob remembers between two looks.
#[derive(Debug, Default)]
pub(super) struct Memory {
    /// Where the hand has led the value so far, unrounded, and when it did so last.
    aim: Option<(f32, f64)>,
    dragging: bool,
    typing: Option<Typing>,
}

/// A value being typed.
#[derive(Debug)]
struct Typing {
    text: String,
    /// Whether the field has the keyboard already.
    begun: bool,
    /// Whether the keyboard goes back to the knob in the end.
    by_keyboard: bool,
    /// Whether the text was offered and is no value.
    wrong: bool,
}

/// Draws a knob and appends what was done with it to `actions`.
pub(super) fn show(
    ui: &mut Ui,
    rect: Rect,
    scale: f32,
    knob: Knob,
    gain: &Gain,
    memory: &mut Memory,
    actions: &mut Vec<Action>,
) {
    let line = 20.0 * scale;
    let (caption, rest) = rect.split_top_bottom_at_y(rect.top() + 0.8 * line);
    let (dial, value) = rest.split_top_bottom_at_y(rest.bottom() - line);
    let dial = dial.shrink(2.0 * scale);
    let side = dial.width().min(dial.height());
    let dial = Rect::from_center_size(dial.center(), vec2(side, side));
    let value = Rect::from_center_size(
        value.center(),
        vec2(value.width().min(76.0 * scale), value.height()),
    );

    let response = ui
        .interact(dial, knob.id(), Sense::click_and_drag())
        .on_hover_and_drag_cursor(CursorIcon::ResizeVertical);
    turn(ui, &response, knob, gain, memory, actions);
    describe(ui, &response, knob, gain);
    draw(ui, dial, gain, &response);
    ui.painter().text(
        caption.center_top(),
        Align2::CENTER_TOP,
        knob.name(),
        theme::small(scale),
        theme::WEAK,
    );
    if response.has_focus() && ui.input(|i| i.key_pressed(Key::Enter)) {
        memory.typing = Some(Typing::new(gain, true));
    }
    show_value(ui, value, scale, knob, gain, &response, memory, actions);
    response.on_hover_text(
        "Drag, turn the wheel or press the arrow keys; Shift for small steps. \
         A double click resets it.",
    );
}

/// Turns the knob as the pointer, the keys or a screen reader want it.
fn turn(
    ui: &mut Ui,
    response: &Response,
    knob: Knob,
    gain: &Gain,
    memory: &mut Memory,
    actions: &mut Vec<Action>,
) {
    let id = response.id;
    let (now, modifiers) = ui.input(|i| (i.time, i.modifiers));
    let fine = if modifiers.shift { FINE } else { 1.0 };

    if response.drag_started() {
        memory.dragging = true;
        memory.aim = None;
        actions.push(Action::Begin(knob));
    }
    if memory.dragging {
        let by = response.drag_delta();
        let by = DRAG * fine * (by.x - by.y);
        if by != 0.0 {
            set_by(by, now, knob, gain, memory, actions);
        }
        // Not only when told that it stopped: a gesture must not stay open.
        if !ui.ctx().is_being_dragged(id) {
            memory.dragging = false;
            actions.push(Action::End(knob));
        }
        return;
    }

    if response.double_clicked() || response.clicked() && modifiers.command {
        set_to(gain.default, now, knob, gain, memory, actions);
    } else if response.clicked() {
        response.request_focus();
    }

    let mut notches = wheel(ui, response);
    if response.has_focus() {
        // Or they would lead away from the knob.
        let arrows = EventFilter {
            horizontal_arrows: true,
            vertical_arrows: true,
            ..EventFilter::default()
        };
        ui.memory_mut(|m| m.set_focus_lock_filter(id, arrows));
        notches += ui.input(|i| {
            let presses = |key| i.num_presses(key) as f32;
            presses(Key::ArrowUp) + presses(Key::ArrowRight)
                - presses(Key::ArrowDown)
                - presses(Key::ArrowLeft)
        });
    }
    notches += ui.input(|i| {
        i.num_accesskit_action_requests(id, Request::Increment) as f32
            - i.num_accesskit_action_requests(id, Request::Decrement) as f32
    });
    if notches != 0.0 {
        set_by(NOTCH * fine * notches, now, knob, gain, memory, actions);
    }
    let asked = ui.input(|i| {
        let requests = i.accesskit_action_requests(id, Request::SetValue);
        let numbers = requests.filter_map(|request| match request.data {
            Some(ActionData::NumericValue(value)) => Some(value as f32),
            _ => None,
        });
        numbers.last()
    });
    if let Some(value) = asked.filter(|value| value.is_finite()) {
        set_to(value, now, knob, gain, memory, actions);
    }
}

/// Tells a screen reader what is drawn.
fn describe(ui: &Ui, response: &Response, knob: Knob, gain: &Gain) {
    response.widget_info(|| {
        let mut info = WidgetInfo::slider(true, gain.value.into(), knob.name());
        info.current_text_value = Some(gain.text.clone());
        info
    });
    ui.ctx().accesskit_node_builder(response.id, |node| {
        node.set_min_numeric_value((*gain.range.start()).into());
        node.set_max_numeric_value((*gain.range.end()).into());
        node.set_numeric_value_step(NOTCH.into());
        for request in [Request::SetValue, Request::Increment, Request::Decrement] {
            node.add_action(request);
        }
    });
}

/// Notches by which the wheel was turned over the knob. Taken away from what scrolls around it.
fn wheel(ui: &mut Ui, response: &Response) -> f32 {
    if !response.hovered() {
        return 0.0;
    }
    ui.input_mut(|i| {
        i.smooth_scroll_delta = egui::Vec2::ZERO;
        let turned = i.events.iter().filter_map(|event| match event {
            Event::MouseWheel { unit, delta, .. } => {
                // With Shift held, some systems report the wheel as one to the side.
                let delta = if delta.y == 0.0 { delta.x } else { delta.y };
                Some(match unit {
                    MouseWheelUnit::Point => delta / POINTS_PER_NOTCH,
                    MouseWheelUnit::Line | MouseWheelUnit::Page => delta,
                })
            }
            _ => None,
        });
        turned.sum()
    })
}

/// Moves the value by `by` dB from where the hand has led it, in steps of a tenth.
fn set_by(
    by: f32,
    now: f64,
    knob: Knob,
    gain: &Gain,
    memory: &mut Memory,
    actions: &mut Vec<Action>,
) {
    // What the host has not confirmed yet is not to be forgotten.
    let from = match memory.aim {
        Some((aim, at)) if memory.dragging || now - at < UNCONFIRMED => aim,
        _ => gain.value,
    };
    let aim = gain.within(from + by);
    memory.aim = Some((aim, now));
    let tenth = |value: f32| gain.within((10.0 * value).round() / 10.0);
    if tenth(aim) != tenth(from) || tenth(aim) != gain.value {
        push_set(tenth(aim), knob, memory, actions);
    }
}

/// Sets the value, exactly.
fn set_to(
    value: f32,
    now: f64,
    knob: Knob,
    gain: &Gain,
    memory: &mut Memory,
    actions: &mut Vec<Action>,
) {
    let value = gain.within(value);
    memory.aim = Some((value, now));
    push_set(value, knob, memory, actions);
}

/// A value set at once is a gesture of its own; in a drag it is part of one.
fn push_set(value: f32, knob: Knob, memory: &Memory, actions: &mut Vec<Action>) {
    if memory.dragging {
        actions.push(Action::Set(knob, value));
    } else {
        actions.extend([
            Action::Begin(knob),
            Action::Set(knob, value),
            Action::End(knob),
        ]);
    }
}

impl Typing {
    fn new(gain: &Gain, by_keyboard: bool) -> Self {
        let number = |c: char| !c.is_ascii_digit();
        Self {
            text: gain.text.trim_end_matches(number).to_owned(),
            begun: false,
            by_keyboard,
            wrong: false,
        }
    }
}

/// The value below the knob: a button that turns into a field when it is pressed.
#[expect(clippy::too_many_arguments)]
fn show_value(
    ui: &mut Ui,
    rect: Rect,
    scale: f32,
    knob: Knob,
    gain: &Gain,
    dial: &Response,
    memory: &mut Memory,
    actions: &mut Vec<Action>,
) {
    let id = Id::unique(("value", knob.name()));
    let name = format!("{} value", knob.name());
    let font = theme::body(scale);

    let Some(typing) = &mut memory.typing else {
        let response = ui.interact(rect, id, Sense::click());
        if response.clicked() {
            let by_keyboard = response.has_focus();
            memory.typing = Some(Typing::new(gain, by_keyboard));
            ui.ctx().request_repaint();
        }
        response.widget_info(|| {
            let mut info = WidgetInfo::labeled(Role::Button, true, &name);
            info.current_text_value = Some(gain.text.clone());
            info
        });
        if response.hovered() {
            ui.painter().rect_filled(rect, theme::CORNER, theme::RAISED);
        }
        let (at, middle) = (rect.center(), Align2::CENTER_CENTER);
        ui.painter().text(at, middle, &gain.text, font, theme::TEXT);
        widgets::focus_ring(ui, &response, rect);
        response
            .on_hover_cursor(CursorIcon::Text)
            .on_hover_text("Click to type a value");
        return;
    };

    let field = TextEdit::singleline(&mut typing.text)
        .id(id)
        .font(font)
        .char_limit(16)
        .margin(vec2(2.0, 0.0))
        .frame(egui::Frame::NONE)
        .align(Align2::CENTER_CENTER)
        .desired_width(rect.width());
    ui.painter().rect_filled(rect, theme::CORNER, theme::WELL);
    let edge = if typing.wrong {
        theme::ERROR
    } else {
        theme::ACCENT
    };
    ui.painter().rect_stroke(
        rect,
        theme::CORNER,
        Stroke::new(1.0, edge),
        egui::StrokeKind::Inside,
    );
    let response = ui.place(rect, field).accessible_name(name);
    if !typing.begun {
        typing.begun = true;
        response.request_focus();
        let mut state = TextEdit::load_state(ui.ctx(), id).unwrap_or_default();
        let all = CCursorRange::select_all_str(&typing.text);
        state.cursor.set_char_range(Some(all));
        state.store(ui.ctx(), id);
        return;
    }
    if response.changed() {
        typing.wrong = false;
    }
    if !response.lost_focus() {
        return;
    }
    let (entered, cancelled, now) = ui.input(|i| {
        (
            i.key_pressed(Key::Enter),
            i.key_pressed(Key::Escape),
            i.time,
        )
    });
    let value = typed_number(&typing.text);
    if entered && value.is_none() {
        typing.wrong = true;
        response.request_focus();
        return;
    }
    // The keyboard stays with whoever works with it, and else is the host's again.
    if typing.by_keyboard && (entered || cancelled) {
        dial.request_focus();
    }
    memory.typing = None;
    // Text whose field lost the keyboard in another way was no refusal; what it says counts.
    if let Some(value) = value.filter(|_| !cancelled) {
        set_to(value, now, knob, gain, memory, actions);
    }
    ui.ctx().request_repaint();
}

fn draw(ui: &Ui, rect: Rect, gain: &Gain, response: &Response) {
    let painter = ui.painter();
    let (least, most) = (*gain.range.start(), *gain.range.end());
    let angle = |value: f32| {
        let part = (gain.within(value) - least) / (most - least).max(f32::MIN_POSITIVE);
        END * (2.0 * part - 1.0)
    };
    let centre = rect.center();
    let radius = rect.width() / 2.0;
    let thick = (0.11 * radius).max(2.5);
    let ring = radius - thick / 2.0;
    let direction = |angle: f32| vec2(angle.sin(), -angle.cos());
    let arc = |from: f32, to: f32, colour: Color32| {
        // A few degrees a piece look round at any size.
        let pieces = ((to - from).abs() / TAU * 90.0).ceil().max(1.0);
        let points = (0..=pieces as usize)
            .map(|n| centre + ring * direction(from + (to - from) * n as f32 / pieces))
            .collect();
        painter.add(Shape::line(points, Stroke::new(thick, colour)));
    };
    let active = response.hovered() || response.dragged() || response.has_focus();

    arc(-END, END, theme::RAISED);
    let (rest, now) = (angle(gain.default), angle(gain.value));
    if rest != now {
        arc(rest, now, theme::ACCENT);
    }
    let body = ring - 1.6 * thick;
    let fill = if active {
        theme::HOVERED
    } else {
        theme::RAISED
    };
    painter.circle(centre, body, fill, Stroke::new(1.0, theme::OUTLINE));
    let pointer = [
        centre + 0.35 * body * direction(now),
        centre + 0.88 * body * direction(now),
    ];
    painter.line_segment(pointer, Stroke::new(thick * 0.75, theme::TEXT));
    if response.has_focus() {
        let stroke = Stroke::new(1.5, theme::TEXT);
        painter.circle_stroke(centre, body, stroke);
    }
}
