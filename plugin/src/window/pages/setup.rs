//! The page of what is set once: levels, quality, oversampling.

use egui::{Popup, Rect, RichText, Ui, vec2};
use gridleak_core::{INTERFACES, OutputMode, OwnGroup, ParameterId};

use crate::window::context::UiContext;
use crate::window::layout::{columns, take_top};
use crate::window::own::OWN;
use crate::window::theme;
use crate::window::view::Action;
use crate::window::widgets::text::{ROW, note, titled};
use crate::window::words::Facts;

/// What the level of an interface is.
const FULL_SCALE: &str = "Full scale of its input, with its gain all the way down.";

pub(in crate::window) fn show(ui: &mut Ui, rect: Rect, context: &mut UiContext<'_>) {
    let gap = 8.0 * context.scale;
    let mut places = columns(rect, 3, gap);
    let [input, output, quality] = std::array::from_fn(|_| places.next().unwrap_or(rect));
    show_input(ui, input, context);
    show_output(ui, output, context);
    show_quality(ui, quality, context);
}

fn show_input(ui: &mut Ui, rect: Rect, context: &mut UiContext<'_>) {
    let scale = context.scale;
    let mut inside = titled(ui, rect, scale, "Guitar in");
    context.caption(ui, &mut inside, "Source");
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
    context.switch_with_hint(ui, row, ParameterId::CalibrateInput, &text);
    note(ui, inside, scale, &text);
}

/// The button that opens the list of known interfaces, and the list.
fn show_interfaces(ui: &mut Ui, rect: Rect, context: &mut UiContext<'_>) {
    let font = theme::small(context.scale);
    let button = context.words("Interfaces", "Interfaces\u{2026}");
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
        context.actions.extend(Action::gesture(knob.into(), dbu));
    }
    response.on_hover_text(format!(
        "The published levels of common interfaces. {FULL_SCALE}"
    ));
}

/// The button that has new instances begin with the level of the interface, which is the machine's.
fn show_keep_interface(ui: &mut Ui, rect: Rect, context: &mut UiContext<'_>) {
    const NAME: &str = "Use for new instances";
    let room = rect.width() > 124.0 * context.scale;
    let text = if room { NAME } else { "Use for new" };
    let now = context.view.status.new_interface_dbu;
    let is_so = (Facts::of(context.view).interface - now).abs() < 0.05;
    let button = context.words(NAME, text).enabled(!is_so);
    let response = context.press(ui, rect, button, Action::KeepInterface);
    response.on_hover_text(format!("New instances begin with {now:.1} dBu."));
}

fn show_output(ui: &mut Ui, rect: Rect, context: &mut UiContext<'_>) {
    let scale = context.scale;
    let mut inside = titled(ui, rect, scale, "Sound out");
    let facts = Facts::of(context.view);
    context.caption(ui, &mut inside, "Level of captures");
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
    context.switch(ui, row, ParameterId::DcBlocker);
    note(ui, inside, scale, ParameterId::DcBlocker.row().hint);
}

fn show_quality(ui: &mut Ui, rect: Rect, context: &mut UiContext<'_>) {
    let scale = context.scale;
    let mut inside = titled(ui, rect, scale, "Processing");
    for (title, choice) in [
        ("Oversampling while playing", ParameterId::Oversampling),
        (
            "Oversampling while rendering",
            ParameterId::OfflineOversampling,
        ),
    ] {
        context.caption(ui, &mut inside, title);
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
    let capture = context.view.status.capture.as_ref();
    if capture.is_some_and(|capture| capture.slims) {
        let high = inside.height().min(104.0 * scale);
        let wide = 88.0 * scale;
        let place = Rect::from_min_size(inside.min, vec2(wide, high));
        context.knob(ui, place, ParameterId::Quality);
        let beside = inside.with_min_x(place.right() + 8.0 * scale);
        let middle = egui::pos2(beside.center().x, place.center().y);
        let size = vec2(beside.width(), 82.0 * scale);
        let mut beside = Rect::from_center_size(middle, size);
        let own = take_top(&mut beside, 18.0 * scale, 6.0 * scale);
        let own = own.with_max_x(own.left() + OWN * scale);
        context.own_switch(ui, own, OwnGroup::Quality);
        note(ui, beside, scale, text);
    } else if !text.is_empty() {
        note(ui, inside, scale, text);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::window::test_support::*;
    use gridleak_core::Levels as CaptureLevels;

    #[test]
    fn the_setup_page_recommends_no_mode_that_is_chosen() {
        let mut window = window(view());
        go_to(&mut window, "Setup");
        for (chosen, mode) in ["Raw", "Normalized", "Calibrated"].into_iter().enumerate() {
            let controls = &mut window.state_mut().view.controls;
            ParameterId::OutputMode
                .row()
                .set(&mut controls.settings, chosen as f32);
            capture(&mut window).levels.loudness = Some(gridleak_core::Loudness {
                db: -14.0,
                source: gridleak_core::LoudnessSource::Given,
            });
            window.run();
            let raw = window.query_all_by_label_contains("plays raw").count();
            assert_eq!(raw, usize::from(mode == "Calibrated"), "{mode}");
            let normalize = window.query_all_by_label_contains("choose Normalized");
            assert_eq!(normalize.count(), usize::from(mode == "Calibrated"));
        }
        // Before there is a capture, nothing is said of one.
        window.state_mut().view.status.capture = None;
        window.run();
        assert!(window.query_by_label_contains("his capture").is_none());
    }

    #[test]
    fn why_a_level_is_not_to_be_had_is_told() {
        let mut window = window(view());
        go_to(&mut window, "Setup");
        for reason in ["plays silence", "output level in dBu", "input level in dBu"] {
            assert!(window.query_by_label_contains(reason).is_some(), "{reason}");
        }
        let known = CaptureLevels {
            loudness: None,
            input_dbu: Some(12.0),
            output_dbu: Some(12.0),
        };
        capture(&mut window).levels = known;
        capture(&mut window).driven = known;
        window.run();
        for reason in ["output level in dBu", "input level in dBu"] {
            assert!(window.query_by_label_contains(reason).is_none(), "{reason}");
        }
    }

    #[test]
    fn a_known_interface_can_be_chosen() {
        let mut window = window(view());
        go_to(&mut window, "Setup");
        window.get_by_label("Interfaces").click();
        window.run();
        window.get_by_label_contains("Apollo").click();
        assert_eq!(done(&mut window), set(ParameterId::InterfaceLevel, 12.2));
        assert!(window.query_by_label_contains("Apollo").is_none());
        window.get_by_label("Use for new instances").click();
        assert_eq!(done(&mut window), [Action::KeepInterface]);
        // What is so already cannot be asked for.
        let view = &mut window.state_mut().view;
        view.status.new_interface_dbu = Facts::of(view).interface;
        window.run();
        window.get_by_label("Use for new instances").click();
        assert_eq!(done(&mut window), []);
    }

    #[test]
    fn quality_is_there_only_for_captures_that_have_sizes() {
        let mut window = window(view());
        go_to(&mut window, "Setup");
        assert!(window.query_by_label("Quality value").is_some());
        capture(&mut window).slims = false;
        window.run();
        assert!(window.query_by_label("Quality value").is_none());
        assert!(window.query_by_label_contains("one size").is_some());
    }
}
