//! A knob for a number, with its value to be typed below it.

use std::f32::consts::{PI, TAU};

use egui::accesskit::{Action as Request, ActionData, Role};
use egui::text::CCursorRange;
use egui::{
    Align2, Color32, CursorIcon, Event, EventFilter, Id, Key, MouseWheelUnit, Rect, Response,
    Sense, Shape, Stroke, TextEdit, Ui, WidgetInfo, vec2,
};

use gridleak_core::ParameterId;

use super::control::Number;
use super::theme;
use super::view::Action;
use super::widgets;

fn id(knob: ParameterId) -> Id {
    Id::unique(("knob", knob as usize))
}

/// Points by which a knob is dragged from one end to the other.
const WHOLE_DRAG: f32 = 200.0;

/// What remains of drags and notches while Shift is held.
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
    /// Where in the range the hand has led the value so far, unrounded, and when it did so last.
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
    knob: ParameterId,
    number: &Number,
    memory: &mut Memory,
    actions: &mut Vec<Action>,
) {
    let small = rect.height() < 90.0 * scale;
    let line = if small { 15.0 } else { 20.0 } * scale;
    let (caption, rest) = rect.split_top_bottom_at_y(rect.top() + 0.8 * line);
    let (dial, value) = rest.split_top_bottom_at_y(rest.bottom() - line);
    let dial = dial.shrink(if small { 1.0 } else { 2.0 } * scale);
    let side = dial.width().min(dial.height());
    let dial = Rect::from_center_size(dial.center(), vec2(side, side));
    let value = Rect::from_center_size(
        value.center(),
        vec2(value.width().min(76.0 * scale), value.height()),
    );

    let response = ui
        .interact(dial, id(knob), Sense::click_and_drag())
        .on_hover_and_drag_cursor(CursorIcon::ResizeVertical);
    turn(ui, &response, knob, number, memory, actions);
    describe(ui, &response, number);
    draw(ui, dial, number, &response);
    let font = if small {
        theme::tiny(scale)
    } else {
        theme::small(scale)
    };
    match &number.control {
        // A stranger may have made it long.
        Some(control) => {
            let (align, name) = (Align2::CENTER_TOP, &control.name);
            widgets::label(ui, caption, align, 1, name, font, theme::WEAK);
        }
        None => {
            let (at, align) = (caption.center_top(), Align2::CENTER_TOP);
            ui.painter()
                .text(at, align, number.row.caption, font, theme::WEAK);
        }
    }
    if response.has_focus() && ui.input(|i| i.key_pressed(Key::Enter)) {
        memory.typing = Some(Typing::new(number, true));
    }
    show_value(ui, value, scale, knob, number, &response, memory, actions);
    response.on_hover_text(format!(
        "{} Drag, turn the wheel or press the arrow keys; Shift for small steps. \
         A double click resets it.",
        number.row.hint
    ));
}

/// Lets go of a knob that is shown no longer.
pub(super) fn hide(knob: ParameterId, memory: &mut Memory, actions: &mut Vec<Action>) {
    if std::mem::take(memory).dragging {
        actions.push(Action::End(knob));
    }
}

/// Turns the knob as the pointer, the keys or a screen reader want it.
fn turn(
    ui: &mut Ui,
    response: &Response,
    knob: ParameterId,
    number: &Number,
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
        let by = fine * (by.x - by.y) / WHOLE_DRAG;
        if by != 0.0 {
            set_by(by, now, knob, number, memory, actions);
        }
        // Not only when told that it stopped: a gesture must not stay open.
        if !ui.ctx().is_being_dragged(id) {
            memory.dragging = false;
            actions.push(Action::End(knob));
        }
        return;
    }

    if response.double_clicked() || response.clicked() && modifiers.command {
        set_to(number.default(), now, knob, number, memory, actions);
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
        set_by(
            number.notch() * fine * notches,
            now,
            knob,
            number,
            memory,
            actions,
        );
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
        set_to(value, now, knob, number, memory, actions);
    }
}

/// Tells a screen reader what is drawn.
fn describe(ui: &Ui, response: &Response, number: &Number) {
    response.widget_info(|| {
        let mut info = WidgetInfo::slider(true, number.value.into(), number.name());
        info.current_text_value = Some(number.text());
        info
    });
    ui.ctx().accesskit_node_builder(response.id, |node| {
        let ends = number.ends();
        node.set_min_numeric_value((*ends.start()).into());
        node.set_max_numeric_value((*ends.end()).into());
        node.set_numeric_value_step(number.step().into());
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

/// Moves the value by a part of its range from where the hand has led it, in steps that can be read.
fn set_by(
    by: f32,
    now: f64,
    knob: ParameterId,
    number: &Number,
    memory: &mut Memory,
    actions: &mut Vec<Action>,
) {
    // What the host has not confirmed yet is not to be forgotten.
    let from = match memory.aim {
        Some((aim, at)) if memory.dragging || now - at < UNCONFIRMED => aim,
        _ => number.position(number.value),
    };
    let aim = (from + by).clamp(0.0, 1.0);
    memory.aim = Some((aim, now));
    let rounded = |position| number.rounded(number.at_position(position));
    let (before, mut value) = (rounded(from), rounded(aim));
    // Where the range is dense, a notch may be less than a step, but it is never nothing.
    if value == before && !memory.dragging {
        value = number.rounded(value + number.step().copysign(by));
        memory.aim = Some((number.position(value), now));
    }
    if value != before || value != number.value {
        push_set(value, knob, memory, actions);
    }
}

/// Sets the value, exactly.
fn set_to(
    value: f32,
    now: f64,
    knob: ParameterId,
    number: &Number,
    memory: &mut Memory,
    actions: &mut Vec<Action>,
) {
    let value = number.within(value);
    memory.aim = Some((number.position(value), now));
    push_set(value, knob, memory, actions);
}

/// A value set at once is a gesture of its own; in a drag it is part of one.
fn push_set(value: f32, knob: ParameterId, memory: &Memory, actions: &mut Vec<Action>) {
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
    fn new(number: &Number, by_keyboard: bool) -> Self {
        let unit = |c: char| !c.is_ascii_digit();
        let text = number.text();
        let bare = text.trim_end_matches(unit);
        Self {
            // Where there is no number, the word.
            text: if bare.is_empty() { &text } else { bare }.to_owned(),
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
    knob: ParameterId,
    number: &Number,
    dial: &Response,
    memory: &mut Memory,
    actions: &mut Vec<Action>,
) {
    let id = Id::unique(("value", knob as usize));
    let name = format!("{} value", number.name());
    let font = if rect.height() < 18.0 * scale {
        theme::small(scale)
    } else {
        theme::body(scale)
    };

    let Some(typing) = &mut memory.typing else {
        let response = ui.interact(rect, id, Sense::click());
        if response.clicked() {
            let by_keyboard = response.has_focus();
            memory.typing = Some(Typing::new(number, by_keyboard));
            ui.ctx().request_repaint();
        }
        response.widget_info(|| {
            let mut info = WidgetInfo::labeled(Role::Button, true, &name);
            info.current_text_value = Some(number.text());
            info
        });
        if response.hovered() {
            ui.painter().rect_filled(rect, theme::CORNER, theme::RAISED);
        }
        let (at, middle) = (rect.center(), Align2::CENTER_CENTER);
        ui.painter()
            .text(at, middle, number.text(), font, theme::TEXT);
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
    let value = number.parse(&typing.text);
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
        set_to(value, now, knob, number, memory, actions);
    }
    ui.ctx().request_repaint();
}

fn draw(ui: &Ui, rect: Rect, number: &Number, response: &Response) {
    let painter = ui.painter();
    let angle = |value: f32| END * (2.0 * number.position(value) - 1.0);
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
    let (rest, now) = (angle(number.default()), angle(number.value));
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
    let there = angle(number.modulated);
    if there != now {
        // Where the host's modulation has it.
        let at = centre + ring * direction(there);
        arc(now, there, theme::ACCENT.gamma_multiply(0.4));
        painter.circle_filled(at, 0.75 * thick, theme::TEXT);
    }
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
