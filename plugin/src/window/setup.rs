//! The second page: what is set once: levels, quality, oversampling.

use egui::{Align2, Popup, Rect, RichText, Ui, vec2};
use gridleak_core::{INTERFACES, OutputMode, ParameterId};

use super::layout::{columns, take_top};
use super::rig::{PADDING, ROW, TITLE, note};
use super::theme;
use super::view::{Action, UiContext};
use super::widgets::{self, Button, Icon};
use super::words::Facts;

/// What the level of an interface is.
const FULL_SCALE: &str = "Full scale of its input, with its gain all the way down.";

pub(super) fn show(ui: &mut Ui, rect: Rect, context: &mut UiContext<'_>) {
    let gap = 8.0 * context.scale;
    let mut places = columns(rect, 3, gap);
    let [input, output, quality] = std::array::from_fn(|_| places.next().unwrap_or(rect));
    show_input(ui, input, context);
    show_output(ui, output, context);
    show_quality(ui, quality, context);
}

/// A panel with a title; returns the place for what is in it.
pub(super) fn section(ui: &mut Ui, rect: Rect, scale: f32, title: &str) -> Rect {
    widgets::panel(ui, rect);
    let mut inside = rect.shrink(PADDING * scale);
    inside.min.y = rect.top() + 4.0 * scale;
    let place = take_top(&mut inside, TITLE * scale, 4.0 * scale);
    let font = theme::body(scale);
    widgets::label(ui, place, Align2::LEFT_CENTER, 1, title, font, theme::TEXT);
    inside
}

/// What stands above a control.
fn caption(ui: &mut Ui, inside: &mut Rect, scale: f32, text: &str) {
    let place = take_top(inside, 15.0 * scale, 3.0 * scale);
    let font = theme::small(scale);
    widgets::label(ui, place, Align2::LEFT_CENTER, 1, text, font, theme::WEAK);
}

fn show_input(ui: &mut Ui, rect: Rect, context: &mut UiContext<'_>) {
    let scale = context.scale;
    let mut inside = section(ui, rect, scale, "Guitar in");
    caption(ui, &mut inside, scale, "Source");
    let row = take_top(&mut inside, ROW * scale, 10.0 * scale);
    context.choice(ui, row, ParameterId::InputSource, |_| None);

    // In a low window there is no room for words.
    let wordy = inside.height() > 200.0 * scale;
    let high = if wordy { 120.0 } else { 96.0 };
    let row = take_top(&mut inside, high * scale, 6.0 * scale);
    let (knob, beside) = row.split_left_right_at_x(row.left() + 88.0 * scale);
    context.knob(ui, knob, ParameterId::InterfaceLevel);
    let beside = beside.with_min_x(beside.left() + 8.0 * scale);
    let size = vec2(beside.width(), if wordy { 108.0 } else { 54.0 } * scale);
    let mut beside = Rect::from_center_size(beside.center(), size);
    let menu = take_top(&mut beside, ROW * scale, 6.0 * scale);
    show_interfaces(ui, menu, context);
    let keep = take_top(&mut beside, ROW * scale, 6.0 * scale);
    show_keep_interface(ui, keep, context);
    if wordy {
        note(ui, beside, scale, FULL_SCALE);
    }

    let row = take_top(&mut inside, ROW * scale, 2.0 * scale);
    let text = Facts::of(context.view).input_calibration();
    context.switch(
        ui,
        row,
        ParameterId::CalibrateInput,
        "Calibrate input",
        &text,
    );
    note(ui, inside, scale, &text);
}

/// The button that opens the list of known interfaces, and the list.
fn show_interfaces(ui: &mut Ui, rect: Rect, context: &mut UiContext<'_>) {
    let font = theme::small(context.scale);
    let button = Button::new("Interfaces", Icon::Text("Interfaces\u{2026}"), font.clone());
    let response = button.show(ui, rect);
    let chosen = Popup::menu(&response).show(|ui| {
        let mut chosen = None;
        for (name, dbu) in INTERFACES {
            let text = RichText::new(format!("{name}: {dbu:.1} dBu")).font(font.clone());
            if ui.button(text).clicked() {
                chosen = Some(*dbu);
            }
        }
        chosen
    });
    if let Some(dbu) = chosen.and_then(|shown| shown.inner) {
        let knob = ParameterId::InterfaceLevel;
        context.actions.extend([
            Action::Begin(knob),
            Action::Set(knob, dbu),
            Action::End(knob),
        ]);
    }
    response.on_hover_text(format!(
        "The published levels of common interfaces. {FULL_SCALE}"
    ));
}

/// The button that has new instances begin with the level of the interface, which is the machine's.
fn show_keep_interface(ui: &mut Ui, rect: Rect, context: &mut UiContext<'_>) {
    const NAME: &str = "Use for new instances";
    let room = rect.width() > 124.0 * context.scale;
    let icon = Icon::Text(if room { NAME } else { "Use for new" });
    let now = context.view.status.new_interface_dbu;
    let is_so = (Facts::of(context.view).interface - now).abs() < 0.05;
    let button = Button::new(NAME, icon, theme::small(context.scale)).enabled(!is_so);
    let response = button.show(ui, rect);
    if response.clicked() {
        context.actions.push(Action::KeepInterface);
    }
    response.on_hover_text(format!("New instances begin with {now:.1} dBu."));
}

fn show_output(ui: &mut Ui, rect: Rect, context: &mut UiContext<'_>) {
    let scale = context.scale;
    let mut inside = section(ui, rect, scale, "Sound out");
    let facts = Facts::of(context.view);
    caption(ui, &mut inside, scale, "Level of captures");
    let row = take_top(&mut inside, ROW * scale, 6.0 * scale);
    let why_not = |option: usize| {
        let mode = OutputMode::VALUES.get(option)?;
        facts.why_not(*mode)
    };
    context.choice(ui, row, ParameterId::OutputMode, why_not);
    let place = take_top(&mut inside, 114.0 * scale, 8.0 * scale);
    let texts = [facts.output_level(), facts.other_levels()];
    let texts = texts.into_iter().filter(|text| !text.is_empty());
    note(ui, place, scale, &texts.collect::<Vec<_>>().join("\n"));

    let row = take_top(&mut inside, ROW * scale, 2.0 * scale);
    let hint = "Removes the DC offset that some captures add: inaudible, but it costs headroom.";
    context.switch(ui, row, ParameterId::DcBlocker, "DC blocker", hint);
    note(ui, inside, scale, hint);
}

fn show_quality(ui: &mut Ui, rect: Rect, context: &mut UiContext<'_>) {
    let scale = context.scale;
    let mut inside = section(ui, rect, scale, "Processing");
    for (title, choice) in [
        ("Oversampling while playing", ParameterId::Oversampling),
        (
            "Oversampling while rendering",
            ParameterId::OfflineOversampling,
        ),
    ] {
        caption(ui, &mut inside, scale, title);
        let row = take_top(&mut inside, ROW * scale, 8.0 * scale);
        context.choice(ui, row, choice, |_| None);
    }
    let text = take_top(&mut inside, 48.0 * scale, 8.0 * scale);
    note(
        ui,
        text,
        scale,
        "Less aliasing of high notes, for that many times the work. The latency may change, too.",
    );
    let text = Facts::of(context.view).size();
    if context
        .view
        .status
        .capture
        .as_ref()
        .is_some_and(|capture| capture.slims)
    {
        let high = inside.height().min(104.0 * scale);
        let wide = 88.0 * scale;
        let place = Rect::from_min_size(inside.min, vec2(wide, high));
        context.knob(ui, place, ParameterId::Quality);
        let beside = inside.with_min_x(place.right() + 8.0 * scale);
        let beside = Rect::from_center_size(
            egui::pos2(beside.center().x, place.center().y),
            vec2(beside.width(), 60.0 * scale),
        );
        note(ui, beside, scale, text);
    } else if !text.is_empty() {
        note(ui, inside, scale, text);
    }
}
