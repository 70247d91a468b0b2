//! A knob for a number, with its value to be typed below it.

use std::f32::consts::{PI, TAU};

use egui::accesskit::{Action as Request, ActionData, Role};
use egui::text::CCursorRange;
use egui::{
    Align2, Color32, CursorIcon, Event, EventFilter, Id, Key, MouseWheelUnit, Rect, Response,
    Sense, Shape, Stroke, TextEdit, Ui, WidgetInfo, vec2,
};

use super::text::{focus_ring, label};
use crate::window::controls::{KnobId, Number};
use crate::window::theme;
use crate::window::view::Action;

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
pub(in crate::window) struct KnobMemory {
    /// Where in the range the hand has led the value so far, unrounded, and when it did so last.
    aim: Option<(f32, f64)>,
    dragging: bool,
    typing: Option<Typing>,
    /// Whether it is in the picture.
    shown: bool,
}

impl KnobMemory {
    /// Whether it was drawn since this was asked last; lets go of it if not.
    pub(in crate::window) fn was_shown(&mut self, knob: KnobId, actions: &mut Vec<Action>) -> bool {
        let shown = std::mem::take(&mut self.shown);
        if !shown && self.dragging {
            actions.extend(Action::end(knob));
        }
        shown
    }
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

/// Draws a knob, lit in a colour, and appends what was done with it to `actions`.
pub(in crate::window) fn show(
    ui: &mut Ui,
    rect: Rect,
    scale: f32,
    number: &Number,
    colour: Color32,
    memory: &mut KnobMemory,
    actions: &mut Vec<Action>,
) -> Response {
    memory.shown = true;
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

    let mut knob = Knob {
        number,
        memory,
        actions,
        now: ui.input(|i| i.time),
    };
    let response = ui
        .interact(
            dial,
            Id::unique(("knob", number.knob)),
            Sense::click_and_drag(),
        )
        .on_hover_and_drag_cursor(CursorIcon::ResizeVertical);
    knob.turn(ui, &response);
    describe(ui, &response, number);
    draw(ui, dial, number, colour, &response);
    let font = if small {
        theme::tiny(scale)
    } else {
        theme::small(scale)
    };
    match &number.control {
        // A stranger may have made it long.
        Some(control) => {
            let (align, name) = (Align2::CENTER_TOP, &control.name);
            label(ui, caption, align, 1, name, font, theme::WEAK);
        }
        None => {
            let (at, align) = (caption.center_top(), Align2::CENTER_TOP);
            ui.painter()
                .text(at, align, number.row.caption, font, theme::WEAK);
        }
    }
    if response.has_focus() && ui.input(|i| i.key_pressed(Key::Enter)) {
        knob.memory.typing = Some(Typing::new(number, true));
    }
    knob.show_value(ui, value, scale, &response);
    response.on_hover_text(format!(
        "{} Drag, turn the wheel or press the arrow keys; Shift for small steps. \
         A double click resets it.",
        number.row.hint
    ))
}

/// A knob in a picture.
struct Knob<'a> {
    number: &'a Number,
    memory: &'a mut KnobMemory,
    actions: &'a mut Vec<Action>,
    /// In seconds of the window's clock.
    now: f64,
}

impl Knob<'_> {
    /// Turns the knob as the pointer, the keys or a screen reader want it.
    fn turn(&mut self, ui: &mut Ui, response: &Response) {
        let id = response.id;
        let modifiers = ui.input(|i| i.modifiers);
        let fine = if modifiers.shift { FINE } else { 1.0 };

        if response.drag_started() {
            self.memory.dragging = true;
            self.memory.aim = None;
            self.actions.extend(Action::begin(self.number.knob));
        }
        if self.memory.dragging {
            let by = response.drag_delta();
            let by = fine * (by.x - by.y) / WHOLE_DRAG;
            if by != 0.0 {
                self.set_by(by);
            }
            // Not only when told that it stopped: a gesture must not stay open.
            if !ui.ctx().is_being_dragged(id) {
                self.memory.dragging = false;
                self.actions.extend(Action::end(self.number.knob));
            }
            return;
        }

        if response.double_clicked() || response.clicked() && modifiers.command {
            self.set_to(self.number.default());
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
            self.set_by(self.number.notch() * fine * notches);
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
            self.set_to(value);
        }
    }

    /// Moves the value by a part of its range from where the hand has led it, in steps that can be
    /// read.
    fn set_by(&mut self, by: f32) {
        let number = self.number;
        // What the host has not confirmed yet is not to be forgotten.
        let from = match self.memory.aim {
            Some((aim, at)) if self.memory.dragging || self.now - at < UNCONFIRMED => aim,
            _ => number.position(number.value),
        };
        let aim = (from + by).clamp(0.0, 1.0);
        self.memory.aim = Some((aim, self.now));
        let rounded = |position| number.rounded(number.row.at_position(position));
        let (before, mut value) = (rounded(from), rounded(aim));
        // Where the range is dense, a notch may be less than a step, but it is never nothing.
        if value == before && !self.memory.dragging {
            value = number.rounded(value + number.step().copysign(by));
            self.memory.aim = Some((number.position(value), self.now));
        }
        if value != before || value != number.value {
            self.push_set(value);
        }
    }

    /// Sets the value, exactly.
    fn set_to(&mut self, value: f32) {
        let value = self.number.within(value);
        self.memory.aim = Some((self.number.position(value), self.now));
        self.push_set(value);
    }

    /// A value set at once is a gesture of its own; in a drag it is part of one.
    fn push_set(&mut self, value: f32) {
        let knob = self.number.knob;
        if self.memory.dragging {
            self.actions.push(Action::set(knob, value));
        } else {
            self.actions.extend(Action::gesture(knob, value));
        }
    }

    /// The value below the knob: a button that turns into a field when it is pressed.
    fn show_value(&mut self, ui: &mut Ui, rect: Rect, scale: f32, dial: &Response) {
        let Knob { number, memory, .. } = self;
        let id = Id::unique(("value", number.knob));
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
            focus_ring(ui, &response, rect);
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
        let [entered, cancelled] =
            [Key::Enter, Key::Escape].map(|key| ui.input(|i| i.key_pressed(key)));
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
            self.set_to(value);
        }
        ui.ctx().request_repaint();
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

fn draw(ui: &Ui, rect: Rect, number: &Number, colour: Color32, response: &Response) {
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
        arc(rest, now, colour);
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
        arc(now, there, colour.gamma_multiply(0.4));
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::window::test_support::*;

    #[test]
    fn every_knob_turns_types_and_resets() {
        let mut window = window(with_knobs(view(), four_knobs()));
        for knob in numbers() {
            let page = match knob {
                ParameterId::Quality | ParameterId::InterfaceLevel => "Setup",
                ParameterId::SlotFade | ParameterId::RiffLength => "Live",
                _ => "Rig",
            };
            turn(&mut window.state_mut().view, ParameterId::Tuner, 0.0);
            window.run();
            go_to(&mut window, page);
            let tuner = f32::from(knob == ParameterId::TunerReference);
            turn(&mut window.state_mut().view, ParameterId::Tuner, tuner);
            window.run();
            let number = window.state().view.controls.number(knob);
            let (name, ends) = (number.name(), number.ends());
            let middle = number.rounded(number.row.at_position(0.5));
            window
                .get_by_label(&name)
                .set_value_accesskit(middle.into());
            assert_eq!(done(&mut window), set(knob, middle), "{}", number.name());
            let node = window.get_by_label(&name);
            assert_eq!(node.accesskit_node().role(), Role::Slider);
            assert_eq!(node.accesskit_node().numeric_value(), Some(middle.into()));
            let text = window.state().view.controls.number(knob).text();
            assert_eq!(node.value(), Some(text));
            for up in [true, false] {
                let before = window.state().view.controls.value(knob);
                let node = window.get_by_label(&name);
                if up {
                    node.increment_accesskit();
                } else {
                    node.decrement_accesskit();
                }
                let actions = done(&mut window);
                let Action::Set(of, value) = actions[1] else {
                    panic!("{actions:?}");
                };
                assert_eq!(of, knob);
                assert_eq!(value > before, up, "{}: {before} {value}", number.name());
            }
            window
                .get_by_label(&name)
                .click_modifiers(Modifiers::COMMAND);
            assert_eq!(done(&mut window), set(knob, number.default()));
            // As it is written, so it is read.
            let field = format!("{} value", number.name());
            window.get_by_label(&field).click();
            window.run();
            type_over(&mut window, &number.text());
            window.key_press(Key::Enter);
            let actions = done(&mut window);
            let Action::Set(_, value) = actions[1] else {
                panic!("{actions:?}");
            };
            assert!(
                (value - number.value).abs() <= number.step(),
                "{}",
                number.name()
            );
            assert!(ends.contains(&value));
        }
    }

    #[test]
    fn a_notch_is_never_lost_where_a_range_is_dense() {
        let mut window = window(view());
        turn(&mut window.state_mut().view, ParameterId::GateHold, 0.0);
        window.run();
        window.get_by_label("Gate Hold").increment_accesskit();
        assert_eq!(done(&mut window), set(ParameterId::GateHold, 1.0));
        window.get_by_label("Gate Hold").decrement_accesskit();
        assert_eq!(done(&mut window), set(ParameterId::GateHold, 0.0));
    }

    #[test]
    fn a_value_can_be_typed() {
        let mut window = window(view());
        window.get_by_label("Input value").click();
        window.run();
        type_over(&mut window, "-4,5");
        window.key_press(Key::Enter);
        assert_eq!(done(&mut window), set(ParameterId::Input, -4.5));
        // Finer than the knob turns, and no further than it does.
        for (text, value) in [("1.234 dB", 1.234), ("99", 40.0), ("-1000", -40.0)] {
            window.get_by_label("Output value").click();
            window.run();
            type_over(&mut window, text);
            window.key_press(Key::Enter);
            assert_eq!(done(&mut window), set(ParameterId::Output, value));
        }
        // The keyboard is the host's again.
        assert_eq!(window.ctx.memory(|m| m.focused()), None);
    }

    #[test]
    fn typing_goes_on_from_the_value_and_can_be_given_up() {
        let mut window = window(view());
        window.get_by_label("Output value").click();
        window.run();
        assert_eq!(
            window.get_by_label("Output value").value().as_deref(),
            Some("-6.0")
        );
        type_over(&mut window, "loud");
        window.key_press(Key::Enter);
        assert_eq!(done(&mut window), []);
        // It waits for a better answer.
        let field = window.get_by_label("Output value");
        assert_eq!(field.value().as_deref(), Some("loud"));
        assert!(field.is_focused());
        window.key_press(Key::Escape);
        assert_eq!(done(&mut window), []);
        let shown = window.get_by_label("Output value").value();
        assert_eq!(shown.as_deref(), Some("-6.0 dB"));
    }

    #[test]
    fn leaving_the_field_takes_what_was_typed() {
        let mut window = window(view());
        window.get_by_label("Input value").click();
        window.run();
        type_over(&mut window, "7");
        window.get_by_label("Plexi").click();
        assert_eq!(done(&mut window), set(ParameterId::Input, 7.0));
        window.get_by_label("Input value").click();
        window.run();
        type_over(&mut window, "nonsense");
        window.get_by_label("Plexi").click();
        assert_eq!(done(&mut window), []);
        assert_eq!(
            window.get_by_label("Input value").value().as_deref(),
            Some("7.0 dB")
        );
    }

    #[test]
    fn a_knob_and_its_value_work_by_keyboard_alone() {
        let mut window = window(view());
        let focused = |window: &Window| window.get_by_label("Input").is_focused();
        window.get_by_label("Input").focus();
        window.run();
        for (key, shift, value) in [
            (Key::ArrowUp, false, 3.0),
            (Key::ArrowRight, false, 4.0),
            (Key::ArrowDown, false, 3.0),
            (Key::ArrowLeft, false, 2.0),
            (Key::ArrowUp, true, 2.1),
            (Key::ArrowDown, true, 2.0),
        ] {
            let modifiers = if shift {
                Modifiers::SHIFT
            } else {
                Modifiers::NONE
            };
            window.key_down_modifiers(modifiers, key);
            assert_eq!(done(&mut window), set(ParameterId::Input, value), "{key:?}");
            assert!(focused(&window));
        }
        for (end, value) in [(Key::Enter, Some(-3.0)), (Key::Escape, None)] {
            window.key_press(Key::Enter);
            window.run();
            assert!(window.get_by_label("Input value").is_focused());
            type_over(&mut window, "-3");
            window.key_press(end);
            let expected = value.map_or(vec![], |value| set(ParameterId::Input, value));
            assert_eq!(done(&mut window), expected);
            assert!(focused(&window));
        }
    }

    #[test]
    fn a_double_click_resets() {
        let mut window = window(view());
        let at = window.get_by_label("Output").rect().center();
        moved(&window, at);
        for pressed in [true, false, true, false] {
            button(&window, at, pressed);
        }
        assert_eq!(done(&mut window), set(ParameterId::Output, 0.0));
        // As in many hosts.
        let knob = window.get_by_label("Input");
        knob.click_modifiers(Modifiers::COMMAND);
        assert_eq!(done(&mut window), set(ParameterId::Input, 0.0));
    }

    #[test]
    fn the_wheel_turns_the_knob_under_it_and_scrolls_nothing() {
        // Too small, so that there is something to scroll.
        let mut window = window_of(vec2(640.0, 200.0), view());
        let at = window.get_by_label("Input").rect().center();
        let wheel = |unit, y: f32, modifiers| Event::MouseWheel {
            unit,
            delta: vec2(0.0, y),
            phase: egui::TouchPhase::Move,
            source: egui::MouseWheelSource::Unknown,
            modifiers,
        };
        moved(&window, at);
        window.event(wheel(MouseWheelUnit::Line, -2.0, Modifiers::NONE));
        assert_eq!(done(&mut window), set(ParameterId::Input, 0.0));
        window.event(wheel(MouseWheelUnit::Point, 100.0, Modifiers::NONE));
        assert_eq!(done(&mut window), set(ParameterId::Input, 2.0));
        window.event_modifiers(
            wheel(MouseWheelUnit::Line, 1.0, Modifiers::SHIFT),
            Modifiers::SHIFT,
        );
        assert_eq!(done(&mut window), set(ParameterId::Input, 2.1));
        assert_eq!(window.get_by_label("Input").rect().center(), at);
        // Beside the knobs, it does scroll.
        moved(&window, window.get_by_label("Plexi").rect().center());
        window.event(wheel(MouseWheelUnit::Line, -2.0, Modifiers::NONE));
        assert_eq!(done(&mut window), []);
        assert!(window.get_by_label("Input").rect().center().y < at.y);
    }

    /// Drags the input knob up by `by` points with Shift held or not, and returns what was done.
    fn drag(window: &mut Window, by: f32, shift: bool) -> Vec<Action> {
        let at = window.get_by_label("Input").rect().center();
        let modifiers = if shift {
            Modifiers::SHIFT
        } else {
            Modifiers::NONE
        };
        window.event(Event::ModifiersChanged(modifiers));
        moved(window, at);
        button(window, at, true);
        // More than what could be a click with an unsteady hand.
        let away = at + vec2(8.0, 8.0);
        moved(window, away);
        moved(window, at);
        window.run();
        window
            .state_mut()
            .actions
            .retain(|action| !matches!(action, Action::Set(..)));
        for step in 1..=20 {
            moved(window, at - vec2(0.0, by * step as f32 / 20.0));
        }
        button(window, at - vec2(0.0, by), false);
        window.event(Event::ModifiersChanged(Modifiers::NONE));
        done(window)
    }

    #[test]
    fn dragging_is_one_gesture_in_steps_of_a_tenth() {
        for (by, shift, value) in [
            (50.0, false, 12.0),
            (-50.0, false, -8.0),
            (50.0, true, 3.0),
            (1000.0, false, 20.0),
        ] {
            let mut window = window(view());
            let actions = drag(&mut window, by, shift);
            let (first, rest) = actions.split_first().unwrap();
            let (last, sets) = rest.split_last().unwrap();
            assert_eq!(*first, Action::Begin(ParameterId::Input));
            assert_eq!(*last, Action::End(ParameterId::Input));
            let values: Vec<f32> = sets
                .iter()
                .map(|action| match action {
                    Action::Set(ParameterId::Input, value) => *value,
                    other => panic!("{other:?} in a gesture"),
                })
                .collect();
            assert_eq!(values.last(), Some(&value), "{by} {shift}");
            assert!(
                values
                    .windows(2)
                    .all(|pair| (pair[1] > pair[0]) == (by > 0.0))
            );
            assert!(
                values
                    .iter()
                    .all(|value| (10.0 * value).round() / 10.0 == *value)
            );
            assert_eq!(
                window
                    .get_by_label("Input")
                    .accesskit_node()
                    .numeric_value(),
                Some(f64::from(value))
            );
        }
    }

    #[test]
    fn escape_lets_go() {
        let mut window = window(view());
        let at = window.get_by_label("Input").rect().center();
        moved(&window, at);
        button(&window, at, true);
        moved(&window, at + vec2(0.0, 30.0));
        window.run();
        window.key_press(Key::Escape);
        let actions = done(&mut window);
        assert_eq!(actions.first(), Some(&Action::Begin(ParameterId::Input)));
        assert_eq!(actions.last(), Some(&Action::End(ParameterId::Input)));
        moved(&window, at + vec2(0.0, 60.0));
        button(&window, at, false);
        assert_eq!(done(&mut window), []);
    }

    #[test]
    fn a_host_that_is_slow_to_confirm_loses_no_step() {
        let mut window = window(view());
        window.state_mut().host = false;
        window.get_by_label("Input").focus();
        window.run();
        for value in [3.0, 4.0, 5.0] {
            window.key_down(Key::ArrowUp);
            assert_eq!(done(&mut window), set(ParameterId::Input, value));
        }
        // A host that never does is believed after a while.
        window.run_steps(30);
        window.key_down(Key::ArrowUp);
        assert_eq!(done(&mut window), set(ParameterId::Input, 3.0));
    }

    #[test]
    fn a_screen_reader_can_turn_the_knobs() {
        let mut window = window(view());
        window.get_by_label("Output").increment_accesskit();
        assert_eq!(done(&mut window), set(ParameterId::Output, -5.0));
        window.get_by_label("Output").decrement_accesskit();
        assert_eq!(done(&mut window), set(ParameterId::Output, -6.0));
        window.get_by_label("Output").set_value_accesskit(12.5);
        assert_eq!(done(&mut window), set(ParameterId::Output, 12.5));
        window.get_by_label("Output").set_value_accesskit(f64::NAN);
        assert_eq!(done(&mut window), []);
    }
}
