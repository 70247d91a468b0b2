//! A preset in the list.

use egui::accesskit::Role;
use egui::{
    Align2, Color32, Id, Popup, Rect, Response, RichText, Sense, Stroke, StrokeKind, Ui,
    WidgetInfo, vec2,
};

use super::memory::FoundRow;
use crate::session::preset_path::PresetPath;
use crate::session::presets::{PresetEntry, PresetKind};
use crate::window::context::UiContext;
use crate::window::layout::take_left;
use crate::window::pages::browse::results::show_star;
use crate::window::plain_text::{LONGEST_NAME, plain};
use crate::window::theme;
use crate::window::widgets::text::draw_text;

/// What is asked for with a preset.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Done {
    Select,
    Open,
    Star,
    Replace,
    Rename,
    /// Of a preset in a setlist, only from there.
    Delete,
    SetDefault(bool),
    AddTo(PresetPath),
    Remove,
    /// So many places down, or up.
    Move(isize),
}

/// A row of the list.
pub(super) struct PresetRow<'a> {
    pub(super) found: &'a FoundRow,
    /// `None` if its file is not there.
    pub(super) entry: Option<&'a PresetEntry>,
    pub(super) row: usize,
    /// The last row of the list.
    pub(super) last: usize,
    pub(super) selected: bool,
    /// Whether the keyboard is at it.
    pub(super) focused: bool,
}

pub(super) fn row_id(row: usize) -> Id {
    Id::unique(("preset", row))
}

impl PresetRow<'_> {
    /// Whether it is what the rig came from.
    fn is_loaded(&self, context: &UiContext<'_>) -> bool {
        let status = &context.view.status.presets;
        let file = status.file.as_ref();
        let same = file.is_some() && file == self.found.path.as_ref();
        match (self.found.at, &status.setlist) {
            (Some(at), Some(playing)) if playing.at.is_some() => same && playing.at == Some(at),
            _ => same,
        }
    }

    /// What is said of it beside its name.
    fn about(&self) -> String {
        let Some(entry) = self.entry else {
            let missing = match self.found.path {
                Some(_) => "not found",
                None => "made by a newer version",
            };
            return missing.into();
        };
        let kind = match entry.kind {
            Some(PresetKind::Slot) => Some("one slot"),
            Some(PresetKind::Rig) => None,
            None => Some("cannot be read"),
        };
        let default = entry.default.then_some("for new instances");
        let bank = plain(&entry.path.bank(), LONGEST_NAME);
        let bank = Some(bank.as_str()).filter(|bank| !bank.is_empty());
        let all: Vec<&str> = [bank, kind, default].into_iter().flatten().collect();
        all.join(" \u{b7} ")
    }

    pub(super) fn show(
        &self,
        ui: &mut Ui,
        rect: Rect,
        context: &mut UiContext<'_>,
    ) -> Option<Done> {
        let scale = context.scale;
        let name = match &self.found.path {
            Some(path) => plain(&path.name(), LONGEST_NAME),
            None => "?".into(),
        };
        let loaded = self.is_loaded(context);
        let about = self.about();
        let id = row_id(self.row);
        let response = ui.interact(rect, id, Sense::CLICK);
        response.widget_info(|| {
            let mut info = WidgetInfo::labeled(Role::ListBoxOption, true, &name);
            info.current_text_value = loaded.then(|| "loaded".into());
            info
        });
        ui.ctx().accesskit_node_builder(id, |node| {
            node.set_selected(self.selected);
            node.set_position_in_set(self.row);
            if !about.is_empty() {
                node.set_description(about.as_str());
            }
        });

        let row = rect.shrink2(vec2(0.0, 0.5 * scale));
        let fill = match (self.selected, response.hovered()) {
            (true, _) => theme::CHOSEN,
            (false, true) => theme::RAISED,
            (false, false) => Color32::TRANSPARENT,
        };
        ui.painter().rect_filled(row, theme::CORNER, fill);
        if self.focused {
            let edge = Stroke::new(1.0, theme::ACCENT);
            let inside = StrokeKind::Inside;
            ui.painter().rect_stroke(row, theme::CORNER, edge, inside);
        }
        if loaded {
            let at = row.left_center() + vec2(9.0, 0.0) * scale;
            let glow = theme::ACCENT.gamma_multiply(0.25);
            ui.painter().circle_filled(at, 6.0 * scale, glow);
            ui.painter().circle_filled(at, 3.0 * scale, theme::ACCENT);
        }
        let (left, star) = row.split_left_right_at_x(row.right() - 24.0 * scale);
        let mut inside = left.with_min_x(left.left() + 19.0 * scale);
        let align = Align2::LEFT_CENTER;
        if let Some(at) = self.found.at {
            let place = take_left(&mut inside, 24.0 * scale);
            let number = format!("{}.", at + 1);
            draw_text(
                ui,
                place,
                align,
                1,
                &number,
                theme::small(scale),
                theme::WEAK,
            );
        }
        let (first, second) = inside.split_left_right_at_fraction(0.58);
        let first = first.with_max_x(first.right() - 10.0 * scale);
        let colour = match (self.entry, self.selected || loaded) {
            (None, _) => theme::FAINT,
            (_, true) => theme::ACCENT,
            (_, false) => theme::TEXT,
        };
        draw_text(ui, first, align, 1, &name, theme::body(scale), colour);
        draw_text(
            ui,
            second,
            align,
            1,
            &about,
            theme::small(scale),
            theme::WEAK,
        );

        let mut done = match () {
            () if response.double_clicked() => Some(Done::Open),
            () if response.clicked() => Some(Done::Select),
            () => None,
        };
        let asked = self.menu(&response, context);
        done = asked.or(done);
        if let Some(entry) = self.entry {
            let lit = self.selected || ui.rect_contains_pointer(row);
            if show_star(ui, star, scale, self.row, &name, entry.favourite, lit) {
                done = Some(Done::Star);
            }
        }
        done
    }

    /// What is done with a preset besides loading it.
    fn menu(&self, response: &Response, context: &UiContext<'_>) -> Option<Done> {
        let font = theme::small(context.scale);
        let text = |text: &str| RichText::new(text).font(font.clone());
        let shown = Popup::context_menu(response).show(|ui| {
            ui.set_min_width(160.0 * context.scale);
            let mut done = None;
            let mut item = |ui: &mut Ui, name: &str, on: bool, asked: Done| {
                let button = egui::Button::new(text(name));
                if ui.add_enabled(on, button).clicked() {
                    done = Some(asked);
                }
            };
            let there = self.entry.is_some();
            item(ui, "Load", there, Done::Open);
            if let Some(at) = self.found.at {
                let last = self.row == self.last;
                item(ui, "Move up", at > 0, Done::Move(-1));
                item(ui, "Move down", !last, Done::Move(1));
                item(ui, "Remove from setlist", true, Done::Remove);
                return done;
            }
            let slot = self
                .entry
                .is_some_and(|entry| entry.kind == Some(PresetKind::Slot));
            let replace = match slot {
                true => "Replace with this slot\u{2026}",
                false => "Replace with this rig\u{2026}",
            };
            item(ui, replace, there, Done::Replace);
            item(ui, "Rename\u{2026}", there, Done::Rename);
            item(ui, "Delete\u{2026}", there, Done::Delete);
            ui.separator();
            let default = self.entry.is_some_and(|entry| entry.default);
            let name = match default {
                true => "No longer for new instances",
                false => "For new instances",
            };
            item(ui, name, there && !slot, Done::SetDefault(!default));
            let listing = &context.view.status.presets.listing;
            ui.add_enabled_ui(there && !listing.setlists.is_empty(), |ui| {
                ui.menu_button(text("Add to setlist"), |ui| {
                    for setlist in &listing.setlists {
                        let name = plain(&setlist.path.name(), LONGEST_NAME);
                        item(ui, &name, true, Done::AddTo(setlist.path.clone()));
                    }
                });
            });
            done
        });
        shown.and_then(|shown| shown.inner)
    }
}
