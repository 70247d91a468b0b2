//! The tuner: which note is played and how far off it is, over all but the slots.

use egui::accesskit::Role;
use egui::{
    Align2, Color32, FontId, Id, Painter, Pos2, Rect, Sense, Shape, Stroke, StrokeKind, Ui,
    WidgetInfo, pos2, remap, vec2,
};
use gridleak_core::{ParameterId, TunerReading};

use crate::window::context::UiContext;
use crate::window::layout::take_bottom;
use crate::window::theme;
use crate::window::widgets::text::{PADDING, ROW, panel};

/// So far from the note, in cents, nobody hears that it is not the note.
const IN_TUNE: f32 = 3.0;
/// The scale ends so far from the note, in cents.
const END: f32 = 50.0;
/// For how long what was heard last stays when the string has died away, in seconds.
const HOLD: f64 = 1.0;
/// How long the needle takes to where it should be, in seconds: pitches shiver.
const EASE: f32 = 0.08;
/// What there is to do while nothing is heard.
const INVITATION: &str = "Play a string";

/// What was heard last, and when, in seconds.
#[derive(Debug, Default)]
pub(in crate::window) struct TunerMemory(Option<(TunerReading, f64)>);

impl TunerMemory {
    /// What is to be shown, and whether it is heard now.
    fn show(&mut self, ui: &Ui, heard: Option<TunerReading>) -> Option<(TunerReading, bool)> {
        let now = ui.input(|i| i.time);
        if let Some(heard) = heard {
            self.0 = Some((heard, now));
        }
        let (reading, at) = self.0?;
        let rest = at + HOLD - now;
        if rest <= 0.0 {
            self.0 = None;
            return None;
        }
        if heard.is_none() {
            let rest = std::time::Duration::from_secs_f64(rest);
            ui.ctx().request_repaint_after(rest);
        }
        Some((reading, heard.is_some()))
    }
}

fn is_in_tune(reading: &TunerReading) -> bool {
    reading.cents.abs() <= IN_TUNE
}

/// How far a pitch is off, in words.
fn verdict(reading: &TunerReading) -> String {
    match reading.cents.round() as i32 {
        _ if is_in_tune(reading) => "In tune".into(),
        cents if cents < 0 => format!("{} cents flat", -cents),
        cents => format!("{cents} cents sharp"),
    }
}

pub(in crate::window) fn show(
    ui: &mut Ui,
    rect: Rect,
    context: &mut UiContext<'_>,
    memory: &mut TunerMemory,
) {
    let scale = context.scale;
    panel(ui, rect);
    let heard = context.view.status.tuner.as_ref();
    if heard.is_some_and(is_in_tune) {
        // To be seen without being read.
        let (fill, edge) = (theme::IN_TUNE.gamma_multiply(0.1), theme::IN_TUNE);
        let edge = Stroke::new(3.0 * scale, edge);
        let inside = StrokeKind::Inside;
        ui.painter()
            .rect(rect, theme::PANEL_CORNER, fill, edge, inside);
    }
    let inside = rect.shrink(PADDING * scale);
    let (display, controls) = inside.split_left_right_at_x(inside.right() - 104.0 * scale);
    let mut controls = controls.with_min_x(controls.left() + 16.0 * scale);
    show_pitch(ui, display, context, memory);
    let mute = take_bottom(&mut controls, ROW * scale, 6.0 * scale);
    context.switch(ui, mute, ParameterId::TunerMute);
    let high = controls.height().min(112.0 * scale);
    let place = Rect::from_center_size(controls.center(), vec2(controls.width(), high));
    context.knob(ui, place, ParameterId::TunerReference);
}

fn show_pitch(ui: &mut Ui, rect: Rect, context: &UiContext<'_>, memory: &mut TunerMemory) {
    let scale = context.scale;
    let response = ui.interact(rect, Id::unique("tuning"), Sense::hover());
    let shown = memory.show(ui, context.view.status.tuner);
    let text = shown.map_or(INVITATION.to_owned(), |(reading, _)| {
        let (name, octave) = (reading.name(), reading.octave());
        format!("{name}{octave}, {}", verdict(&reading).to_lowercase())
    });
    response.widget_info(|| {
        let mut info = WidgetInfo::labeled(Role::Meter, true, "Tuning");
        info.value = shown.map(|(reading, _)| f64::from(reading.cents));
        info.current_text_value = Some(text.clone());
        info
    });
    ui.ctx().accesskit_node_builder(response.id, |node| {
        node.set_min_numeric_value(f64::from(-END));
        node.set_max_numeric_value(f64::from(END));
    });

    let mut rest = rect;
    let line = (0.085 * rest.height()).clamp(20.0 * scale, 60.0 * scale);
    let words = take_bottom(&mut rest, line, 4.0 * scale);
    let bar = (0.2 * rest.height()).clamp(30.0 * scale, 90.0 * scale);
    let bar = take_bottom(&mut rest, bar, 8.0 * scale);
    let note = rest;
    let wide = bar.width().min(860.0 * scale);
    let bar = Rect::from_center_size(bar.center(), vec2(wide, bar.height()));
    let cents = shown.map_or(0.0, |(reading, _)| reading.cents);
    let needle = ui.ctx().animate_value_with_time(response.id, cents, EASE);
    let colour = match shown {
        None => theme::FAINT,
        Some((_, false)) => theme::WEAK,
        Some((reading, true)) if is_in_tune(&reading) => theme::IN_TUNE,
        Some(_) => theme::ACCENT,
    };
    let painter = ui.painter();
    draw_scale(painter, bar, scale);
    let font = FontId::proportional(0.8 * line);
    match shown {
        None => {
            let font = FontId::proportional((0.3 * note.height()).min(60.0 * scale));
            let at = Align2::CENTER_CENTER;
            painter.text(note.center(), at, INVITATION, font, theme::WEAK);
        }
        Some((reading, _)) => {
            draw_note(painter, note, &reading, colour);
            draw_needle(painter, bar, scale, needle, colour);
            let (left, right) = (words.left_center(), words.right_center());
            let at = words.center();
            painter.text(at, Align2::CENTER_CENTER, verdict(&reading), font, colour);
            let edge = 0.5 * (words.width() - bar.width());
            let hertz = format!("{:.1} Hz", reading.frequency_hz);
            let at = left + vec2(edge, 0.0);
            let small = FontId::proportional(0.55 * line);
            painter.text(at, Align2::LEFT_CENTER, hertz, small.clone(), theme::WEAK);
            let cents = format!("{:+.1} cents", reading.cents);
            let at = right - vec2(edge, 0.0);
            painter.text(at, Align2::RIGHT_CENTER, cents, small, theme::WEAK);
        }
    }
}

/// The name of the note, and arrows that point at it: from the left where it is to be tuned up, from
/// the right where down, from both sides where it is right.
fn draw_note(painter: &Painter, rect: Rect, reading: &TunerReading, colour: Color32) {
    let size = (0.92 * rect.height()).min(0.34 * rect.width());
    let (letter, sharp) = reading.name().split_at(1);
    let big = FontId::proportional(size);
    let beside = FontId::proportional(0.38 * size);
    let at = rect.center();
    let letter = painter.text(at, Align2::CENTER_CENTER, letter, big, colour);
    let beside_at = |y: f32| pos2(letter.right() + 0.04 * size, at.y + y * size);
    painter.text(
        beside_at(0.3),
        Align2::LEFT_CENTER,
        reading.octave(),
        beside.clone(),
        theme::WEAK,
    );
    if !sharp.is_empty() {
        painter.text(beside_at(-0.22), Align2::LEFT_CENTER, sharp, beside, colour);
    }
    let (flat, sharp) = (reading.cents < -IN_TUNE, reading.cents > IN_TUNE);
    for (way, lit) in [(-1.0, !sharp), (1.0, !flat)] {
        let tip = at + vec2(way * 0.85 * size, 0.0);
        let tail = tip + vec2(way * 0.3 * size, 0.0);
        let half = vec2(0.0, 0.2 * size);
        let corners = vec![tip, tail - half, tail + half];
        painter.add(match lit {
            true => Shape::convex_polygon(corners, colour, Stroke::NONE),
            false => Shape::closed_line(corners, Stroke::new(1.5, theme::OUTLINE)),
        });
    }
}

/// Where a number of cents stands on the scale.
fn across(rect: Rect, cents: f32) -> f32 {
    remap(cents, -END..=END, rect.left()..=rect.right())
}

fn draw_scale(painter: &Painter, rect: Rect, scale: f32) {
    painter.rect_filled(rect, theme::CORNER, theme::WELL);
    let fine = across(rect, -IN_TUNE)..=across(rect, IN_TUNE);
    let fine = Rect::from_x_y_ranges(fine, rect.y_range());
    painter.rect_filled(fine, 0.0, theme::IN_TUNE.gamma_multiply(0.22));
    for cents in (-45_i32..=45).step_by(5) {
        let high = match cents {
            0 => 1.0,
            c if c % 10 == 0 => 0.35,
            _ => 0.18,
        };
        let colour = if cents == 0 {
            theme::WEAK
        } else {
            theme::FAINT
        };
        let x = across(rect, cents as f32);
        let y = rect.bottom() - high * rect.height()..=rect.bottom();
        painter.vline(x, y, Stroke::new(1.0, colour));
    }
    for (cents, text) in [(-40.0, "-40"), (-20.0, "-20"), (20.0, "+20"), (40.0, "+40")] {
        let at = pos2(across(rect, cents), rect.bottom() - 0.4 * rect.height());
        let font = theme::tiny(scale);
        painter.text(at, Align2::CENTER_BOTTOM, text, font, theme::FAINT);
    }
}

/// A needle with a head that points down at the scale.
fn draw_needle(painter: &Painter, rect: Rect, scale: f32, cents: f32, colour: Color32) {
    let x = across(rect, cents.clamp(-END, END));
    painter.vline(x, rect.y_range(), Stroke::new(3.0 * scale, colour));
    let top: Pos2 = pos2(x, rect.top());
    let corners = [(-7.0, -5.0), (7.0, -5.0), (0.0, 7.0)];
    let corners = corners.map(|(x, y)| top + vec2(x, y) * scale);
    painter.add(Shape::convex_polygon(corners.into(), colour, Stroke::NONE));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::window::test_support::*;

    fn heard(hertz: f64) -> Option<TunerReading> {
        Some(TunerReading::new(hertz, 0.99, 440.0))
    }

    fn tuning() -> Window {
        let mut view = view();
        turn(&mut view, ParameterId::Tuner, 1.0);
        window(view)
    }

    fn told(window: &Window) -> String {
        window.get_by_label("Tuning").value().unwrap()
    }

    #[test]
    fn a_button_that_is_always_there_brings_it_over_the_page_and_takes_it_away() {
        let mut window = window(view());
        for page in ["Browse", "Setup", "Rig"] {
            go_to(&mut window, page);
            window.get_by_label("Tuner").click();
            let on = Action::Change(ParameterId::Tuner, 1.0);
            assert!(done(&mut window).contains(&on), "{page}");
        }
        assert!(window.query_by_label("Tuning").is_none());
        turn(&mut window.state_mut().view, ParameterId::Tuner, 1.0);
        window.run();
        let node = window.get_by_label("Tuner").accesskit_node();
        assert_eq!(node.toggled(), Some(Toggled::True));
        assert!(window.query_by_label("Tuning").is_some());
        assert!(window.query_by_label("Gate Threshold").is_none());
        let off = Action::Change(ParameterId::Tuner, 0.0);
        window.get_by_label("Tuner").click();
        assert_eq!(done(&mut window), std::slice::from_ref(&off));
        // Whoever asks for a page wants to see it.
        window.get_by_label("Setup").click();
        assert_eq!(done(&mut window), [off]);
        turn(&mut window.state_mut().view, ParameterId::Tuner, 0.0);
        window.run();
        assert!(window.query_by_label("Interfaces").is_some());
    }

    #[test]
    fn it_names_the_note_and_how_far_off_it_is() {
        let mut window = tuning();
        assert_eq!(told(&window), "Play a string");
        for (hertz, text) in [
            (110.0, "A2, in tune"),
            (110.18, "A2, in tune"),
            (82.0, "E2, 9 cents flat"),
            (333.0, "E4, 18 cents sharp"),
            (466.16, "A#4, in tune"),
        ] {
            window.state_mut().view.status.tuner = heard(hertz);
            window.run_steps(20);
            assert_eq!(told(&window), text, "{hertz}");
        }
        // A string that has died away is still to be read for a while.
        window.state_mut().view.status.tuner = None;
        window.run_steps(30);
        assert_eq!(told(&window), "A#4, in tune");
        window.run_steps(40);
        assert_eq!(told(&window), "Play a string");
    }

    #[test]
    fn it_is_muted_and_given_another_reference() {
        let mut window = tuning();
        window.get_by_label("Tuner Mute").click();
        let loud = Action::Change(ParameterId::TunerMute, 0.0);
        assert_eq!(done(&mut window), [loud]);
        window.get_by_label("Tuner Reference").increment_accesskit();
        assert_eq!(done(&mut window), set(ParameterId::TunerReference, 441.0));
        // All by keyboard.
        window.get_by_label("Tuner Reference value").focus();
        window.run();
        window.key_press(Key::Enter);
        window.run();
        type_over(&mut window, "432");
        window.key_press(Key::Enter);
        assert_eq!(done(&mut window), set(ParameterId::TunerReference, 432.0));
        window.get_by_label("Tuner").focus();
        window.run();
        window.key_press(Key::Enter);
        let off = Action::Change(ParameterId::Tuner, 0.0);
        assert_eq!(done(&mut window), [off]);
    }

    #[test]
    fn a_knob_that_it_covers_is_let_go_of() {
        let mut window = window(view());
        let at = window.get_by_label("Bass").rect().center();
        moved(&window, at);
        button(&window, at, true);
        window.run();
        moved(&window, at - vec2(0.0, 20.0));
        window.run();
        assert_eq!(done(&mut window)[0], Action::Begin(ParameterId::Bass));
        // The host turns the tuner on.
        turn(&mut window.state_mut().view, ParameterId::Tuner, 1.0);
        assert_eq!(done(&mut window), [Action::End(ParameterId::Bass)]);
    }

    #[test]
    fn everything_is_in_sight_at_every_size() {
        for size in [
            layout::SMALLEST_SIZE,
            vec2(1000.0, 460.0),
            vec2(2000.0, 1200.0),
        ] {
            let mut view = view();
            turn(&mut view, ParameterId::Tuner, 1.0);
            view.status.tuner = heard(185.0);
            let mut window = window_of(size, view);
            window.run();
            let inside = Rect::from_min_size(Pos2::new(AROUND, AROUND), size).shrink(4.0);
            let names = [
                "Tuning",
                "Tuner Mute",
                "Tuner Reference",
                "Tuner Reference value",
            ];
            let places = names.map(|name| window.get_by_label(name).rect());
            for (index, rect) in places.iter().enumerate() {
                assert!(rect.is_positive() && inside.contains_rect(*rect), "{rect}");
                for other in &places[..index] {
                    assert!(!rect.intersect(*other).shrink(0.01).is_positive());
                }
            }
        }
    }
}
