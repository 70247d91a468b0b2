//! The window as a plain function from what is to be seen to what was done.

use egui::accesskit::{Live, Role};
use egui::{
    Align2, CornerRadius, Rect, ScrollArea, Sense, Stroke, StrokeKind, Ui, UiBuilder, vec2,
};

pub(crate) use super::knob::{Gain, Knob};
use super::layout::{self, Layout};
pub(crate) use super::meter::Levels;
use super::widgets::{self, Button, Face};
use super::{knob, meter, theme};
use crate::failure::one_line;
use crate::folder::Place;
use crate::parameters::Source;

/// All that is to be seen.
#[derive(Debug, Clone)]
pub(crate) struct View {
    pub(crate) status: Status,
    pub(crate) input: Gain,
    pub(crate) output: Gain,
    pub(crate) source: Source,
    pub(crate) bypass: bool,
    /// Whether the system's file dialog is open.
    pub(crate) choosing: bool,
}

/// What the plugin has to say besides its parameters.
#[derive(Debug, Clone, Default)]
pub(crate) struct Status {
    /// The name of the capture that plays, or is to play and could not be found.
    pub(crate) capture: Option<String>,
    /// Where it stands in its folder; `None` if it is in none or that is not known yet.
    pub(crate) place: Option<Place>,
    /// Whether the project carries the capture's file; `None` where there is no file.
    pub(crate) embedding: Option<Embedding>,
    /// Whether a capture is being loaded.
    pub(crate) busy: bool,
    pub(crate) message: Option<Message>,
    pub(crate) input: Levels,
    pub(crate) output: Levels,
    /// The latency that the host was told; `None` while the plugin is not active.
    pub(crate) latency: Option<Latency>,
}

/// Whether a project carries the file of its capture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Embedding {
    pub(crate) on: bool,
    /// What that adds to the project, in bytes.
    pub(crate) bytes: usize,
}

/// Something to tell, cause and remedy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Message {
    pub(crate) kind: Kind,
    pub(crate) text: String,
}

impl Message {
    /// Something did not work: why, and what to do.
    pub(crate) fn error(text: impl Into<String>) -> Self {
        Self {
            kind: Kind::Error,
            text: text.into(),
        }
    }

    /// Something that is good to know.
    pub(crate) fn notice(text: impl Into<String>) -> Self {
        Self {
            kind: Kind::Notice,
            text: text.into(),
        }
    }
}

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Something did not work.
    Error,
    /// Something that is good to know.
    Notice,
}

/// How late the sound comes out.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Latency {
    pub(crate) samples: u32,
    /// Of the host, in Hz.
    pub(crate) rate: f32,
}

/// What somebody did in the window.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Action {
    /// Ask for a file.
    OpenDialog,
    /// The capture before this one in its folder.
    Previous,
    /// The capture after this one in its folder.
    Next,
    /// A knob is taken hold of; [`Action::Set`] comes only between this and [`Action::End`].
    Begin(Knob),
    /// A knob is turned to a gain in dB, within its range.
    Set(Knob, f32),
    /// A knob is let go.
    End(Knob),
    SetSource(Source),
    SetBypass(bool),
    /// Has the project carry the capture's file, or no longer.
    SetEmbedding(bool),
    DismissMessage,
}

/// What the window alone remembers: meters in motion, a hand on a knob, a text half typed.
#[derive(Debug, Default)]
pub(crate) struct Memory {
    input: knob::Memory,
    output: knob::Memory,
    input_meter: meter::Meter,
    output_meter: meter::Meter,
}

/// Longest texts that are shown, in characters. Files can make them as long as they like.
const LONGEST_MESSAGE: usize = 1000;
const LONGEST_NAME: usize = 200;

/// The first `most` characters of `text`, and an ellipsis if there are more.
fn shortened(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        Some((end, _)) => format!("{}\u{2026}", &text[..end]),
        None => text.to_owned(),
    }
}

/// Shows `view` in all of `ui` and returns what was done, in order.
pub(crate) fn show(ui: &mut Ui, view: &View, memory: &mut Memory) -> Vec<Action> {
    let mut actions = Vec::new();
    let window = ui.available_size();
    let message = view.status.message.as_ref();
    let message = message.map(|message| Strip::new(ui, message, window));
    let height = message.as_ref().map(|strip| strip.height);
    let layout = Layout::new(window, height);
    ui.painter()
        .rect_filled(ui.max_rect(), 0.0, theme::BACKGROUND);
    ScrollArea::both().auto_shrink(false).show(ui, |ui| {
        let corner = ui.max_rect().min;
        ui.allocate_rect(Rect::from_min_size(corner, layout.size), Sense::hover());
        let at = |rect: Rect| rect.translate(corner.to_vec2());
        let scale = layout.scale;

        show_header(ui, at(layout.header), scale, view, &mut actions);
        show_capture(ui, at(layout.capture), scale, view, &mut actions);
        let turned = [
            (Knob::Input, &view.input, layout.input, &mut memory.input),
            (
                Knob::Output,
                &view.output,
                layout.output,
                &mut memory.output,
            ),
        ];
        // The source stands between the knobs, for the Tab key, too.
        for (knob, gain, rect, memory) in turned {
            knob::show(ui, at(rect), scale, knob, gain, memory, &mut actions);
            if knob == Knob::Input {
                show_source(ui, at(layout.source), scale, view, &mut actions);
            }
        }
        let measured = [
            (
                "Input",
                1.0,
                &view.status.input,
                layout.input_meter,
                &mut memory.input_meter,
            ),
            (
                "Output",
                -1.0,
                &view.status.output,
                layout.output_meter,
                &mut memory.output_meter,
            ),
        ];
        for (name, inner, levels, rect, meter) in measured {
            meter::show(ui, at(rect), scale, name, inner, levels, meter);
        }
        if let (Some(strip), Some(rect)) = (message, layout.message) {
            strip.show(ui, at(rect), scale, &mut actions);
        }
        show_status(ui, at(layout.status), scale, view);
    });
    actions
}

fn show_header(ui: &mut Ui, rect: Rect, scale: f32, view: &View, actions: &mut Vec<Action>) {
    let (title, bypass) = rect.split_left_right_at_x(rect.right() - 72.0 * scale);
    let mut letters = egui::text::LayoutJob::simple_singleline(
        "GRIDLEAK".into(),
        theme::body(scale),
        theme::ACCENT,
    );
    for section in &mut letters.sections {
        section.format.extra_letter_spacing = 2.5 * scale;
    }
    let letters = ui.painter().layout_job(letters);
    let at = Align2::LEFT_CENTER.align_size_within_rect(letters.size(), title);
    ui.painter().galley(at.min, letters, theme::ACCENT);

    let button = Button::new("Bypass", Face::Text("Bypass"), theme::small(scale));
    let response = button.switch(view.bypass).show(ui, bypass);
    if response.clicked() {
        actions.push(Action::SetBypass(!view.bypass));
    }
    response.on_hover_text(if view.bypass {
        "The input passes through. Click to play the capture again."
    } else {
        "Click to let the input pass through."
    });
}

fn show_capture(ui: &mut Ui, rect: Rect, scale: f32, view: &View, actions: &mut Vec<Action>) {
    let painter = ui.painter();
    painter.rect_filled(rect, theme::PANEL_CORNER, theme::PANEL);
    let edge = Stroke::new(1.0, theme::OUTLINE);
    painter.rect_stroke(rect, theme::PANEL_CORNER, edge, StrokeKind::Inside);

    let inside = rect.shrink(8.0 * scale);
    let (name, below) = inside.split_top_bottom_at_y(inside.bottom() - 28.0 * scale);
    let below = below.with_min_y(below.bottom() - 24.0 * scale);
    show_name(ui, name, scale, view);

    // Nothing moves while a capture is loading: whoever steps through a folder steps on.
    let arrow = vec2(30.0 * scale, below.height());
    let previous = Rect::from_min_size(below.min, arrow);
    let next = previous.translate(vec2(arrow.x + 4.0 * scale, 0.0));
    let load = below.with_min_x(below.right() - 72.0 * scale);
    let elsewhere = view.status.place.is_some_and(|place| place.count > 1);
    for (rect, name, face, action) in [
        (previous, "Previous capture", Face::Left, Action::Previous),
        (next, "Next capture", Face::Right, Action::Next),
    ] {
        let button = Button::new(name, face, theme::body(scale)).enabled(elsewhere);
        let response = button.show(ui, rect);
        if response.clicked() {
            actions.push(action);
        }
        response.on_hover_text(name);
    }

    let keep = load.with_min_x(load.left() - 110.0 * scale);
    let keep = keep.with_max_x(load.left() - 6.0 * scale);
    let place = Rect::from_x_y_ranges(
        next.right() + 8.0 * scale..=keep.left() - 8.0 * scale,
        below.y_range(),
    );
    let text = match view.status.place {
        _ if view.choosing => "Choosing a file\u{2026}".into(),
        _ if view.status.busy => "Loading\u{2026}".into(),
        Some(Place { index, count }) => format!("{index} of {count}"),
        None => String::new(),
    };
    if !text.is_empty() {
        let font = theme::small(scale);
        widgets::label(ui, place, Align2::LEFT_CENTER, 1, &text, font, theme::WEAK);
    }

    if let Some(Embedding { on, bytes }) = view.status.embedding {
        let name = "Keep in project";
        let button = Button::new(name, Face::Text(name), theme::small(scale))
            .switch(on)
            .enabled(!view.status.busy);
        let response = button.show(ui, keep);
        if response.clicked() {
            actions.push(Action::SetEmbedding(!on));
        }
        response.on_hover_text(match on {
            true => format!(
                "The project carries a copy of the capture: {} kB",
                bytes.div_ceil(1000)
            ),
            false => "Have the project carry a copy of the capture, for other computers".into(),
        });
    }

    let button = Button::new(
        "Load\u{2026}",
        Face::Text("Load\u{2026}"),
        theme::body(scale),
    )
    .enabled(!view.choosing)
    .lit(view.status.capture.is_none());
    let response = button.show(ui, load);
    if response.clicked() {
        actions.push(Action::OpenDialog);
    }
    response.on_hover_text("Load a capture from a file");
}

fn show_name(ui: &mut Ui, rect: Rect, scale: f32, view: &View) {
    let (text, colour) = match &view.status.capture {
        Some(name) => (one_line(&shortened(name, LONGEST_NAME)), theme::TEXT),
        None => ("No capture loaded".into(), theme::WEAK),
    };
    let colour = if view.bypass { theme::FAINT } else { colour };
    // As large as the place allows, to a limit, and smaller for what would take three lines.
    let most = (0.36 * rect.height()).clamp(15.0 * scale, 26.0 * scale);
    let width = 0.55 * most * text.chars().count() as f32;
    let size = if width > 1.8 * rect.width() {
        15.0 * scale
    } else {
        most
    };
    let rows = ((rect.height() / (1.2 * size)) as usize).clamp(1, 3);
    let font = egui::FontId::proportional(size);
    widgets::label(ui, rect, Align2::CENTER_CENTER, rows, &text, font, colour);
}

fn show_source(ui: &mut Ui, rect: Rect, scale: f32, view: &View, actions: &mut Vec<Action>) {
    let choices = [
        (
            Source::Stereo,
            "Stereo",
            "Both sides, each through the capture",
        ),
        (Source::Left, "Left", "The left side, on both"),
        (Source::Right, "Right", "The right side, on both"),
        (Source::Sum, "Sum", "The mean of both sides, on both"),
    ];
    let group = UiBuilder::new()
        .max_rect(rect)
        .accessibility_role(Role::RadioGroup)
        .accessibility_label("Input source");
    let ui = &mut ui.new_child(group);
    let high = 24.0 * scale;
    let columns = if rect.width() >= 200.0 * scale { 4 } else { 2 };
    let rows = choices.len() / columns;
    let wide = rect.width().min(60.0 * scale * columns as f32) / columns as f32;
    let size = vec2(wide * columns as f32, high * rows as f32);
    let block = Rect::from_center_size(rect.center(), size);
    ui.painter().text(
        block.center_top() - vec2(0.0, 6.0 * scale),
        Align2::CENTER_BOTTOM,
        "Input source",
        theme::small(scale),
        theme::WEAK,
    );
    for (index, (source, name, hint)) in choices.into_iter().enumerate() {
        let (row, column) = (index / columns, index % columns);
        let corner = block.min + vec2(wide * column as f32, high * row as f32);
        let place = Rect::from_min_size(corner, vec2(wide, high)).shrink(0.5);
        let at = (
            row == 0,
            row == rows - 1,
            column == 0,
            column == columns - 1,
        );
        let button = Button::new(name, Face::Text(name), theme::small(scale))
            .choice(source == view.source, outer_corners(at));
        let response = button.show(ui, place);
        if response.clicked() && source != view.source {
            actions.push(Action::SetSource(source));
        }
        response.on_hover_text(hint);
    }
}

/// The corners of a button in a block of buttons, round only outside: (top, bottom, left, right).
fn outer_corners((top, bottom, left, right): (bool, bool, bool, bool)) -> CornerRadius {
    let round = |outside: bool| if outside { theme::CORNER.nw } else { 0 };
    CornerRadius {
        nw: round(top && left),
        ne: round(top && right),
        sw: round(bottom && left),
        se: round(bottom && right),
    }
}

/// A message, laid out for the width of the window.
struct Strip {
    kind: Kind,
    text: String,
    height: f32,
}

impl Strip {
    /// Width of the bar at the left, and of the button at the right with the space around it.
    const BAR: f32 = 4.0;
    const BUTTON: f32 = 28.0;
    const PADDING: f32 = 8.0;

    fn new(ui: &Ui, message: &Message, window: egui::Vec2) -> Self {
        let scale = layout::scale(window);
        let text = shortened(&message.text, LONGEST_MESSAGE);
        let around = (Self::BAR + 2.0 * Self::PADDING + Self::BUTTON) * scale;
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
        }
    }

    fn show(self, ui: &mut Ui, rect: Rect, scale: f32, actions: &mut Vec<Action>) {
        let (bar_colour, kind) = match self.kind {
            Kind::Error => (theme::ERROR, "Error"),
            Kind::Notice => (theme::ACCENT, "Notice"),
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

        let (text, button) = rect.split_left_right_at_x(rect.right() - Self::BUTTON * scale);
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

        let side = 20.0 * scale;
        let middle = egui::pos2(button.center().x, button.top() + 15.0 * scale);
        let button = Rect::from_center_size(middle, vec2(side, side));
        let dismiss = Button::new("Dismiss message", Face::Cross, theme::body(scale)).flat();
        if dismiss.show(ui, button).clicked() {
            actions.push(Action::DismissMessage);
        }
    }
}

fn show_status(ui: &mut Ui, rect: Rect, scale: f32, view: &View) {
    let font = theme::small(scale);
    let (left, right) = rect.split_left_right_at_fraction(0.75);
    let latency = match view.status.latency {
        None => "Not active".into(),
        Some(Latency { samples: 0, .. }) => "No latency".into(),
        Some(Latency { samples, rate }) => {
            let milliseconds = 1000.0 * samples as f32 / rate;
            format!("Latency {samples} samples ({milliseconds:.1} ms)")
        }
    };
    let align = Align2::LEFT_CENTER;
    widgets::label(ui, left, align, 1, &latency, font.clone(), theme::FAINT);
    let version = env!("CARGO_PKG_VERSION");
    let align = Align2::RIGHT_CENTER;
    widgets::label(ui, right, align, 1, version, font, theme::FAINT);
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    use egui::accesskit::Toggled;
    use egui::{Event, Key, Modifiers, MouseWheelUnit, PointerButton, Pos2, Vec2};
    use egui_kittest::kittest::{NodeT, Queryable};
    use egui_kittest::{Harness, Node};

    /// What the harness leaves free around what it shows, on each side.
    const AROUND: f32 = 8.0;

    struct State {
        view: View,
        memory: Memory,
        actions: Vec<Action>,
        /// Whether there is a host that makes set values true.
        host: bool,
    }

    type Window = Harness<'static, State>;

    fn gain(value: f32, most: f32) -> Gain {
        Gain {
            value,
            text: format!("{value:.1} dB"),
            range: -most..=most,
            default: 0.0,
        }
    }

    fn view() -> View {
        View {
            status: Status {
                capture: Some("Plexi".into()),
                place: Some(Place {
                    index: 3,
                    count: 12,
                }),
                latency: Some(Latency {
                    samples: 48,
                    rate: 48_000.0,
                }),
                ..Status::default()
            },
            input: gain(2.0, 20.0),
            output: gain(-6.0, 40.0),
            source: Source::Stereo,
            bypass: false,
            choosing: false,
        }
    }

    fn message(text: &str) -> Option<Message> {
        Some(Message::error(text))
    }

    fn window_of(size: Vec2, view: View) -> Window {
        let state = State {
            view,
            memory: Memory::default(),
            actions: Vec::new(),
            host: true,
        };
        Harness::builder()
            .with_size(size + Vec2::splat(2.0 * AROUND))
            // Real pictures follow each other fast enough for a double click.
            .with_step_dt(1.0 / 60.0)
            .with_max_steps(60)
            .with_context_setup(theme::install)
            .build_ui_state(
                |ui, state: &mut State| {
                    let actions = show(ui, &state.view, &mut state.memory);
                    for action in &actions {
                        if let (true, Action::Set(knob, value)) = (state.host, action) {
                            let (gain_of, most) = match knob {
                                Knob::Input => (&mut state.view.input, 20.0),
                                Knob::Output => (&mut state.view.output, 40.0),
                            };
                            *gain_of = gain(*value, most);
                        }
                    }
                    state.actions.extend(actions);
                },
                state,
            )
    }

    fn window(view: View) -> Window {
        window_of(layout::DEFAULT_SIZE, view)
    }

    /// What was done since the last time.
    fn done(window: &mut Window) -> Vec<Action> {
        window.run();
        std::mem::take(&mut window.state_mut().actions)
    }

    /// A value set at once.
    fn set(knob: Knob, value: f32) -> Vec<Action> {
        vec![
            Action::Begin(knob),
            Action::Set(knob, value),
            Action::End(knob),
        ]
    }

    fn moved(window: &Window, to: Pos2) {
        window.event(Event::PointerMoved(to));
    }

    fn button(window: &Window, at: Pos2, pressed: bool) {
        window.event(Event::PointerButton {
            pos: at,
            button: PointerButton::Primary,
            pressed,
            modifiers: Modifiers::NONE,
        });
    }

    #[test]
    fn buttons_do_what_they_say() {
        let mut window = window(view());
        for (label, action) in [
            ("Load\u{2026}", Action::OpenDialog),
            ("Previous capture", Action::Previous),
            ("Next capture", Action::Next),
            ("Left", Action::SetSource(Source::Left)),
            ("Right", Action::SetSource(Source::Right)),
            ("Sum", Action::SetSource(Source::Sum)),
            ("Bypass", Action::SetBypass(true)),
        ] {
            window.get_by_label(label).click();
            assert_eq!(done(&mut window), [action], "{label}");
            // The same by keyboard.
            window.get_by_label(label).focus();
            window.run();
            window.key_press(Key::Enter);
            assert_eq!(done(&mut window).len(), 1, "{label}");
        }
        // What is chosen already is not chosen again.
        window.get_by_label("Stereo").click();
        assert_eq!(done(&mut window), []);
        window.state_mut().view.bypass = true;
        window.run();
        window.get_by_label("Bypass").click();
        assert_eq!(done(&mut window), [Action::SetBypass(false)]);
    }

    #[test]
    fn a_file_can_be_kept_in_the_project() {
        let mut window = window(view());
        assert!(window.query_by_label("Keep in project").is_none());
        for on in [false, true] {
            let embedding = Embedding { on, bytes: 123_456 };
            window.state_mut().view.status.embedding = Some(embedding);
            window.run();
            window.get_by_label("Keep in project").click();
            assert_eq!(done(&mut window), [Action::SetEmbedding(!on)]);
        }
    }

    #[test]
    fn what_makes_no_sense_now_cannot_be_pressed() {
        let mut window = window(view());
        for place in [None, Some(Place { index: 1, count: 1 })] {
            window.state_mut().view.status.place = place;
            window.run();
            for label in ["Previous capture", "Next capture"] {
                let node = window.get_by_label(label);
                assert!(node.accesskit_node().is_disabled());
                node.click();
            }
            assert_eq!(done(&mut window), []);
        }
        window.state_mut().view.choosing = true;
        window.run();
        window.get_by_label("Load\u{2026}").click();
        assert_eq!(done(&mut window), []);
        assert!(window.query_by_label("Choosing a file\u{2026}").is_some());
    }

    #[test]
    fn the_capture_and_its_place_are_named() {
        let mut window = window(view());
        assert!(window.query_by_label("Plexi").is_some());
        assert!(window.query_by_label("3 of 12").is_some());
        assert!(
            window
                .query_by_label("Latency 48 samples (1.0 ms)")
                .is_some()
        );
        let status = &mut window.state_mut().view.status;
        status.busy = true;
        status.latency = Some(Latency {
            samples: 0,
            rate: 44_100.0,
        });
        window.run();
        assert!(window.query_by_label("Loading\u{2026}").is_some());
        assert!(window.query_by_label("No latency").is_some());
        window.state_mut().view.status = Status::default();
        window.run();
        assert!(window.query_by_label("No capture loaded").is_some());
    }

    fn type_over(window: &mut Window, text: &str) {
        window.event(Event::Text(text.into()));
        window.run();
    }

    #[test]
    fn a_value_can_be_typed() {
        let mut window = window(view());
        window.get_by_label("Input value").click();
        window.run();
        type_over(&mut window, "-4,5");
        window.key_press(Key::Enter);
        assert_eq!(done(&mut window), set(Knob::Input, -4.5));
        // Finer than the knob turns, and no further than it does.
        for (text, value) in [("1.234 dB", 1.234), ("99", 40.0), ("-1000", -40.0)] {
            window.get_by_label("Output value").click();
            window.run();
            type_over(&mut window, text);
            window.key_press(Key::Enter);
            assert_eq!(done(&mut window), set(Knob::Output, value));
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
        assert_eq!(done(&mut window), set(Knob::Input, 7.0));
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
            assert_eq!(done(&mut window), set(Knob::Input, value), "{key:?}");
            assert!(focused(&window));
        }
        for (end, value) in [(Key::Enter, Some(-3.0)), (Key::Escape, None)] {
            window.key_press(Key::Enter);
            window.run();
            assert!(window.get_by_label("Input value").is_focused());
            type_over(&mut window, "-3");
            window.key_press(end);
            let expected = value.map_or(vec![], |value| set(Knob::Input, value));
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
        assert_eq!(done(&mut window), set(Knob::Output, 0.0));
        // As in many hosts.
        let knob = window.get_by_label("Input");
        knob.click_modifiers(Modifiers::COMMAND);
        assert_eq!(done(&mut window), set(Knob::Input, 0.0));
    }

    #[test]
    fn the_wheel_turns_the_knob_under_it_and_scrolls_nothing() {
        // Too small, so that there is something to scroll.
        let mut window = window_of(vec2(420.0, 200.0), view());
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
        assert_eq!(done(&mut window), set(Knob::Input, 0.0));
        window.event(wheel(MouseWheelUnit::Point, 100.0, Modifiers::NONE));
        assert_eq!(done(&mut window), set(Knob::Input, 2.0));
        window.event_modifiers(
            wheel(MouseWheelUnit::Line, 1.0, Modifiers::SHIFT),
            Modifiers::SHIFT,
        );
        assert_eq!(done(&mut window), set(Knob::Input, 2.1));
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
            assert_eq!(*first, Action::Begin(Knob::Input));
            assert_eq!(*last, Action::End(Knob::Input));
            let values: Vec<f32> = sets
                .iter()
                .map(|action| match action {
                    Action::Set(Knob::Input, value) => *value,
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
        assert_eq!(actions.first(), Some(&Action::Begin(Knob::Input)));
        assert_eq!(actions.last(), Some(&Action::End(Knob::Input)));
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
            assert_eq!(done(&mut window), set(Knob::Input, value));
        }
        // A host that never does is believed after a while.
        window.run_steps(30);
        window.key_down(Key::ArrowUp);
        assert_eq!(done(&mut window), set(Knob::Input, 3.0));
    }

    #[test]
    fn a_screen_reader_can_turn_the_knobs() {
        let mut window = window(view());
        window.get_by_label("Output").increment_accesskit();
        assert_eq!(done(&mut window), set(Knob::Output, -5.0));
        window.get_by_label("Output").decrement_accesskit();
        assert_eq!(done(&mut window), set(Knob::Output, -6.0));
        window.get_by_label("Output").set_value_accesskit(12.5);
        assert_eq!(done(&mut window), set(Knob::Output, 12.5));
        window.get_by_label("Output").set_value_accesskit(f64::NAN);
        assert_eq!(done(&mut window), []);
    }

    #[test]
    fn everything_has_a_name_and_a_value() {
        let mut view = view();
        view.status.message = message("no such file");
        view.status.input.left = 0.5;
        let window = window(view);
        assert_eq!(window.unnamed_widgets(), Vec::<String>::new());
        let knob = window.get_by_label("Input").accesskit_node();
        assert_eq!(knob.role(), Role::Slider);
        assert_eq!(knob.numeric_value(), Some(2.0));
        assert_eq!(knob.min_numeric_value(), Some(-20.0));
        assert_eq!(knob.max_numeric_value(), Some(20.0));
        let value = |label| window.get_by_label(label).value();
        assert_eq!(value("Input").as_deref(), Some("2.0 dB"));
        assert_eq!(value("Output value").as_deref(), Some("-6.0 dB"));
        assert_eq!(value("Input level").as_deref(), Some("-6.0 dB"));
        assert_eq!(value("Output level").as_deref(), Some("silent"));
        for (label, role, on) in [
            ("Stereo", Role::RadioButton, Toggled::True),
            ("Sum", Role::RadioButton, Toggled::False),
            ("Bypass", Role::Switch, Toggled::False),
        ] {
            let node = window.get_by_label(label).accesskit_node();
            assert_eq!((node.role(), node.toggled()), (role, Some(on)), "{label}");
        }
        let group = window.get_by_label("Input source").accesskit_node();
        assert_eq!(group.role(), Role::RadioGroup);
        let alert = window.get_by_label("Error").accesskit_node();
        assert_eq!(alert.role(), Role::Alert);
    }

    const CONTROLS: [&str; 15] = [
        "Bypass",
        "Previous capture",
        "Next capture",
        "Load\u{2026}",
        "Input",
        "Input value",
        "Stereo",
        "Left",
        "Right",
        "Sum",
        "Output",
        "Output value",
        "Input peak",
        "Output peak",
        "Dismiss message",
    ];

    #[test]
    fn the_tab_key_reaches_everything() {
        let mut view = view();
        view.status.message = message("no such file");
        let mut window = window(view);
        let mut reached = Vec::new();
        for _ in CONTROLS {
            window.key_press(Key::Tab);
            window.run();
            let root = window.root();
            let focused = root.children_recursive().find(Node::is_focused).unwrap();
            reached.push(focused.accesskit_node().label().unwrap());
        }
        assert_eq!(reached, CONTROLS);
        window.key_press(Key::Escape);
        window.run();
        assert_eq!(window.ctx.memory(|m| m.focused()), None);
    }

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
    fn at_every_size_everything_is_inside_and_apart() {
        for size in [
            vec2(420.0, 260.0),
            vec2(420.0, 1200.0),
            vec2(560.0, 340.0),
            vec2(700.0, 260.0),
            vec2(1200.0, 800.0),
            vec2(1600.0, 1200.0),
        ] {
            for name in [
                "Plexi",
                "a_capture_with_a_very_long_name_".repeat(6).as_str(),
            ] {
                let mut view = view();
                view.status.capture = Some(name.into());
                let shown = window_of(size, view);
                let place = |label: &'static str| (label, shown.get_by_label(label).rect());
                let mut parts: Vec<_> = CONTROLS[..14].iter().copied().map(place).collect();
                parts.extend(["Input level", "Output level", "3 of 12"].map(place));
                parts.push(("name", shown.get_by_label(name).rect()));
                let inside = Rect::from_min_size(Pos2::new(AROUND, AROUND), size).shrink(4.0);
                for (index, (label, rect)) in parts.iter().enumerate() {
                    assert!(rect.is_positive(), "{label} at {size}: {rect}");
                    assert!(inside.contains_rect(*rect), "{label} at {size}: {rect}");
                    for (other, against) in &parts[..index] {
                        let shared = rect.intersect(*against);
                        assert!(
                            !shared.is_positive(),
                            "{label}, {other} at {size}: {shared}"
                        );
                    }
                }
            }
        }
    }

    #[test]
    fn what_does_not_fit_is_scrolled_to() {
        let mut view = view();
        view.status.message = message(&"a long story ".repeat(60));
        let mut window = window_of(vec2(240.0, 150.0), view);
        for label in CONTROLS {
            window.get_by_label(label).scroll_to_me();
            window.run();
            let rect = window.get_by_label(label).rect();
            let inside = Rect::from_min_size(Pos2::new(AROUND, AROUND), vec2(240.0, 150.0));
            assert!(inside.contains(rect.center()), "{label}: {rect}");
        }
        window.get_by_label("Dismiss message").click();
        assert_eq!(done(&mut window), [Action::DismissMessage]);
    }

    #[test]
    fn strangers_texts_do_no_harm() {
        let long = "\u{202e}\u{0}\n\t\u{301}fi W".repeat(50_000);
        let mut view = view();
        view.status.capture = Some(long.clone());
        view.status.message = message(&long);
        view.status.place = Some(Place {
            index: usize::MAX,
            count: usize::MAX,
        });
        view.status.input.left = f32::NAN;
        view.status.output.left = f32::MAX;
        view.input = gain(f32::NAN, 20.0);
        view.output = gain(f32::INFINITY, 40.0);
        view.status.latency = Some(Latency {
            samples: u32::MAX,
            rate: 0.0,
        });
        let mut window = window_of(layout::SMALLEST_SIZE, view);
        window.get_by_label("Dismiss message").click();
        assert_eq!(done(&mut window), [Action::DismissMessage]);
        // From there, too, the way leads to a value.
        window.get_by_label("Input").increment_accesskit();
        assert_eq!(done(&mut window), set(Knob::Input, -20.0));
    }

    /// When the window wants to be drawn again.
    fn delay(window: &mut Window) -> Duration {
        window.run();
        let outputs = window.output().viewport_output.values();
        outputs.map(|output| output.repaint_delay).min().unwrap()
    }

    #[test]
    fn it_is_drawn_again_only_while_something_moves() {
        let mut window = window(view());
        assert_eq!(delay(&mut window), Duration::MAX);
        window.state_mut().view.status.output.left = 0.1;
        assert!(delay(&mut window) <= Duration::from_millis(16));
        window.state_mut().view.status.output.left = 0.0;
        // 40 dB fall in 2 s.
        window.run_steps(121);
        assert_eq!(delay(&mut window), Duration::MAX);
    }

    #[test]
    fn a_meter_remembers_clipping_until_it_is_clicked() {
        let mut window = window(view());
        window.state_mut().view.status.output = Levels {
            left: 0.5,
            right: Some(1.5),
        };
        window.run();
        window.state_mut().view.status.output = Levels::default();
        window.run_steps(40);
        let value = |window: &Window, label| window.get_by_label(label).value().unwrap();
        assert_eq!(value(&window, "Output peak"), "3.5 dB, clipped");
        assert_eq!(value(&window, "Input peak"), "silent");
        window.get_by_label("Output peak").click();
        assert_eq!(done(&mut window), []);
        assert_eq!(value(&window, "Output peak"), "silent");
    }
}
