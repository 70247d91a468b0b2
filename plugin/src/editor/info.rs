//! The page to read: what there is to know about the capture, and how hard to drive it.

use egui::accesskit::Role;
use egui::{Align2, Rect, ScrollArea, Sense, Ui, UiBuilder, vec2};
use gridleak_core::LevelSettings;

use super::coach::{Fault, setting};
use super::control::{Knob, Switch};
use super::layout::take_top;
use super::rig::{PADDING, note};
use super::setup::section;
use super::theme;
use super::view::Scene;
use super::widgets;

pub(super) fn show(ui: &mut Ui, rect: Rect, scene: &mut Scene<'_>) {
    let gap = 8.0 * scene.scale;
    let (card, coach) = rect.split_left_right_at_fraction(0.6);
    show_card(ui, card.with_max_x(card.right() - 0.5 * gap), scene);
    show_coach(ui, coach.with_min_x(coach.left() + 0.5 * gap), scene);
}

/// The card: names left, values right, as many columns of both as there is room for.
fn show_card(ui: &mut Ui, rect: Rect, scene: &Scene<'_>) {
    let scale = scene.scale;
    let inside = section(ui, rect, scale, "About this capture");
    let lines = &scene.view.status.capture.card.lines;
    let place = UiBuilder::new()
        .max_rect(inside)
        .accessibility_role(Role::List)
        .accessibility_label("About this capture");
    let ui = &mut ui.new_child(place);
    ScrollArea::vertical()
        .id_salt("card")
        .auto_shrink(false)
        .show(ui, |ui| {
            let row = 17.0 * scale;
            let name_width = 0.3 * inside.width();
            let value_width = inside.width() - name_width - PADDING * scale;
            let font = theme::small(scale);
            for (name, value) in lines {
                // A long value takes the lines that it needs.
                let laid_out =
                    ui.painter()
                        .layout(value.clone(), font.clone(), theme::TEXT, value_width);
                let high = row.max(laid_out.size().y + 2.0 * scale);
                let (place, _) = ui.allocate_exact_size(vec2(inside.width(), high), Sense::hover());
                let (left, right) = place.split_left_right_at_x(place.left() + name_width);
                let first = left.with_max_y(left.top() + row);
                let align = Align2::LEFT_CENTER;
                widgets::label(ui, first, align, 1, name, font.clone(), theme::FAINT);
                let rows = laid_out.rows.len().max(1);
                let right = right.with_max_x(right.left() + value_width);
                widgets::label(ui, right, align, rows, value, font.clone(), theme::TEXT);
            }
        });
}

/// What comes in and what to set.
fn show_coach(ui: &mut Ui, rect: Rect, scene: &mut Scene<'_>) {
    let scale = scene.scale;
    let mut inside = section(ui, rect, scale, "Input level");
    let (heard, verdict, colour) = match (scene.memory.coach.loudest(), scene.memory.coach.fault())
    {
        (None, _) => ("Play something".into(), "", theme::WEAK),
        (Some(loudest), fault) => {
            let heard = format!("{loudest:.0} dB at most");
            match fault {
                Some(Fault::Clipping) => (heard, "Too hot", theme::ERROR),
                Some(Fault::Low) => (heard, "Too soft", theme::ACCENT),
                None => (heard, "Fine", theme::TEXT),
            }
        }
    };
    let row = take_top(&mut inside, 26.0 * scale, 6.0 * scale);
    let font = egui::FontId::proportional(18.0 * scale);
    let text = format!("{heard}  {verdict}");
    widgets::label(ui, row, Align2::LEFT_CENTER, 1, text.trim(), font, colour);
    let controls = &scene.view.controls;
    let settings = LevelSettings {
        calibrate_input: controls.is_on(Switch::CalibrateInput),
        interface_dbu: controls.value(Knob::Interface),
        ..LevelSettings::default()
    };
    let text = match scene.memory.coach.fault() {
        Some(fault) => fault.advice().to_owned(),
        None => setting(&scene.view.status.capture.levels, &settings),
    };
    note(ui, inside, scale, &text);
}
