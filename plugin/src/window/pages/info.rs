//! The page to read: what there is to know about the capture, and how hard to drive it.

use egui::accesskit::Role;
use egui::{Align2, Rect, ScrollArea, Sense, Ui, UiBuilder, pos2, vec2};

use crate::window::coach::{Coach, LOW, Verdict};
use crate::window::context::UiContext;
use crate::window::layout::{columns, take_top};
use crate::window::theme;
use crate::window::widgets::text::{label, note, titled};
use crate::window::words::Facts;

pub(in crate::window) fn show(ui: &mut Ui, rect: Rect, context: &UiContext<'_>, coach: &Coach) {
    let gap = 8.0 * context.scale;
    let (card, input) = rect.split_left_right_at_fraction(0.6);
    show_card(ui, card.with_max_x(card.right() - 0.5 * gap), context);
    show_coach(
        ui,
        input.with_min_x(input.left() + 0.5 * gap),
        context,
        coach,
    );
}

/// The card: names and values, in two columns.
fn show_card(ui: &mut Ui, rect: Rect, context: &UiContext<'_>) {
    let scale = context.scale;
    let inside = titled(ui, rect, scale, "About this capture");
    let capture = context.view.status.capture.as_ref();
    let lines = capture.map_or(&[][..], |capture| &capture.card.lines);
    let place = UiBuilder::new()
        .max_rect(inside)
        .accessibility_role(Role::List)
        .accessibility_label("About this capture");
    let ui = &mut ui.new_child(place);
    let row = 19.0 * scale;
    let rows = lines.len().div_ceil(2);
    ScrollArea::vertical()
        .id_salt("card")
        .auto_shrink(false)
        .show(ui, |ui| {
            let size = vec2(inside.width(), row * rows as f32);
            let (place, _) = ui.allocate_exact_size(size, Sense::hover());
            let gap = 14.0 * scale;
            for (column, lines) in columns(place, 2, gap).zip(lines.chunks(rows.max(1))) {
                for (index, (name, value)) in lines.iter().enumerate() {
                    let top = column.top() + row * index as f32;
                    let line = Rect::from_x_y_ranges(column.x_range(), top..=top + row);
                    let (left, right) = line.split_left_right_at_x(line.left() + 82.0 * scale);
                    context.small(ui, left, Align2::LEFT_CENTER, name, theme::FAINT);
                    context.small(ui, right, Align2::LEFT_CENTER, value, theme::TEXT);
                }
            }
        });
}

/// What comes in and what to set.
fn show_coach(ui: &mut Ui, rect: Rect, context: &UiContext<'_>, coach: &Coach) {
    let scale = context.scale;
    let mut inside = titled(ui, rect, scale, "Input level");
    let (text, colour) = match coach
        .loudest()
        .map(|loudest| (loudest, Verdict::of(loudest)))
    {
        None => ("Play something".into(), theme::WEAK),
        Some((loudest, verdict)) => {
            let colour = match verdict {
                Verdict::Clipping => theme::ERROR,
                Verdict::Low => theme::ACCENT,
                Verdict::Good => theme::TEXT,
            };
            (format!("Peak {loudest:.0} dB: {}", verdict.words()), colour)
        }
    };
    let row = take_top(&mut inside, 26.0 * scale, 6.0 * scale);
    let font = egui::FontId::proportional(18.0 * scale);
    label(ui, row, Align2::LEFT_CENTER, 1, &text, font, colour);
    let bar = take_top(&mut inside, 12.0 * scale, 10.0 * scale);
    draw_ruler(ui, bar, coach.loudest());
    let facts = Facts::of(context.view);
    let text = match coach.fault() {
        Some(fault) => fault.advice(&facts).to_owned(),
        None => facts.drive(),
    };
    if text.is_empty() {
        return;
    }
    note(ui, inside, scale, &text);
}

/// From silence to full scale: where the input is too soft, fine and cut off, and where it is.
fn draw_ruler(ui: &Ui, rect: Rect, loudest: Option<f32>) {
    const BOTTOM: f32 = -60.0;
    let painter = ui.painter();
    let at = |db: f32| {
        let part = ((db - BOTTOM) / -BOTTOM).clamp(0.0, 1.0);
        rect.left() + part * rect.width()
    };
    painter.rect_filled(rect, theme::CORNER, theme::WELL);
    let fine = Rect::from_x_y_ranges(at(LOW)..=at(-1.0), rect.y_range());
    painter.rect_filled(fine, 0.0, theme::CHOSEN);
    let clips = Rect::from_x_y_ranges(at(-1.0)..=rect.right(), rect.y_range());
    painter.rect_filled(clips, theme::CORNER, theme::ERROR.gamma_multiply(0.7));
    if let Some(loudest) = loudest {
        let mark = Rect::from_center_size(
            pos2(at(loudest), rect.center().y),
            vec2(3.0, rect.height() + 4.0),
        );
        painter.rect_filled(mark, 1.0, theme::TEXT);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::capture_info::CaptureInfo;
    use crate::window::test_support::*;

    #[test]
    fn there_is_a_card_to_read_and_advice_on_the_input() {
        let mut view = view();
        let lines = [("Made by", "Ann".to_owned()), ("CPU", "3.1 %".to_owned())];
        view.status.capture.as_mut().unwrap().card = Arc::new(CaptureInfo {
            gear: Some("Marshall 1959".into()),
            lines: lines.into(),
        });
        let mut window = window(view);
        let line = "Marshall 1959 \u{b7} Quality 100 %";
        assert!(window.query_by_label(line).is_some());
        go_to(&mut window, "Info");
        for text in ["Made by", "Ann", "CPU", "3.1 %", "Play something"] {
            assert!(window.query_by_label(text).is_some(), "{text}");
        }
        // Somebody plays into an interface that clips, for some seconds.
        window.state_mut().view.status.guitar = 1.0;
        window.run_steps(6 * 60);
        let advice = "The input clips";
        let is_told = |window: &Window| {
            let told = window.query_all_by_role(Role::Alert);
            told.count() > 0 && window.query_all_by_label_contains(advice).count() > 0
        };
        assert!(is_told(&window));
        window.get_by_label("Dismiss message").click();
        assert_eq!(done_at_once(&mut window), []);
        assert_eq!(window.query_all_by_role(Role::Alert).count(), 0);
    }
}
