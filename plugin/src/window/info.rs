//! The page to read: what there is to know about the capture, and how hard to drive it.

use egui::accesskit::Role;
use egui::{Align2, Rect, ScrollArea, Sense, Ui, UiBuilder, pos2, vec2};

use super::coach::{LOW, Verdict};
use super::layout::{columns, take_top};
use super::rig::note;
use super::setup::section;
use super::theme;
use super::view::UiContext;
use super::widgets;
use super::words::Facts;

pub(super) fn show(ui: &mut Ui, rect: Rect, context: &mut UiContext<'_>) {
    let gap = 8.0 * context.scale;
    let (card, coach) = rect.split_left_right_at_fraction(0.6);
    show_card(ui, card.with_max_x(card.right() - 0.5 * gap), context);
    show_coach(ui, coach.with_min_x(coach.left() + 0.5 * gap), context);
}

/// The card: names and values, in two columns.
fn show_card(ui: &mut Ui, rect: Rect, context: &UiContext<'_>) {
    let scale = context.scale;
    let inside = section(ui, rect, scale, "About this capture");
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
                    let (align, font) = (Align2::LEFT_CENTER, theme::small(scale));
                    widgets::label(ui, left, align, 1, name, font.clone(), theme::FAINT);
                    widgets::label(ui, right, align, 1, value, font, theme::TEXT);
                }
            }
        });
}

/// What comes in and what to set.
fn show_coach(ui: &mut Ui, rect: Rect, context: &mut UiContext<'_>) {
    let scale = context.scale;
    let mut inside = section(ui, rect, scale, "Input level");
    let coach = &context.memory.coach;
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
    widgets::label(ui, row, Align2::LEFT_CENTER, 1, &text, font, colour);
    let bar = take_top(&mut inside, 12.0 * scale, 10.0 * scale);
    draw_ruler(ui, bar, context.memory.coach.loudest());
    let facts = Facts::of(context.view);
    let text = match context.memory.coach.fault() {
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
