//! The presets of a place, and what is done with them.

use egui::accesskit::Role;
use egui::{Align2, EventFilter, Id, Key, Rect, Sense, Ui, UiBuilder, WidgetInfo, vec2};

use super::form::Form;
use super::memory::{Place, PresetsMemory};
use super::row::{Done, PresetRow, row_id};
use crate::session::presets::{PresetAction, PresetKind, SetlistEdit};
use crate::window::context::UiContext;
use crate::window::layout::{take_bottom, take_left};
use crate::window::pages::browse::scroll::{name_active, steps};
use crate::window::pages::browse::tree::LINE;
use crate::window::plain_text::{LONGEST_PATH, plain};
use crate::window::theme;
use crate::window::view::Action;
use crate::window::widgets::text::{ROW, focus_ring, label, panel};

impl PresetsMemory {
    pub(super) fn show_list(&mut self, ui: &mut Ui, rect: Rect, context: &mut UiContext<'_>) {
        let scale = context.scale;
        panel(ui, rect);
        let mut inside = rect.shrink(5.0 * scale);
        let foot = take_bottom(&mut inside, ROW * scale, 5.0 * scale);
        match self.form {
            Some(_) => self.show_form(ui, foot, context),
            None => self.show_foot(ui, foot, context),
        }

        let id = Id::unique("presets");
        let response = ui.interact(inside, id, Sense::focusable_noninteractive());
        response.widget_info(|| WidgetInfo::labeled(Role::ListBox, true, "Presets"));
        if response.has_focus() {
            self.steer_list(ui, id, context);
        }
        let rows = self.rows().len();
        if rows == 0 {
            self.show_nothing(ui, inside, context);
            focus_ring(ui, &response, inside);
            return;
        }
        let mut done = None;
        let child = UiBuilder::new().max_rect(inside).accessibility_parent(id);
        let mut child = ui.new_child(child);
        if let Some(found) = &self.found {
            let focused = response.has_focus();
            let show = |ui: &mut Ui, row: usize, rect: Rect| {
                let line = PresetRow {
                    found: &found.rows[row],
                    entry: found.entry(&found.rows[row]),
                    row,
                    last: found.rows.len() - 1,
                    selected: self.row == Some(row),
                    focused: focused && self.row == Some(row),
                };
                if let Some(asked) = line.show(ui, rect, context) {
                    done = Some((row, asked));
                }
            };
            let line = LINE * scale;
            self.list
                .show(&mut child, "presets", inside, line, rows, show);
        }
        if let Some(row) = self.row {
            name_active(ui, id, row_id(row));
        }
        if let Some((row, asked)) = done {
            self.row = Some(row);
            response.request_focus();
            ui.ctx().request_repaint();
            self.carry_out(row, asked, context);
        }
        let around = inside.expand(2.0 * scale);
        focus_ring(ui, &response, around);
    }

    /// Does what was asked for with a row.
    fn carry_out(&mut self, row: usize, asked: Done, context: &mut UiContext<'_>) {
        let Some(found) = self.rows().get(row).cloned() else {
            return;
        };
        let slot = match self.preset(row).and_then(|entry| entry.kind) {
            Some(PresetKind::Slot) => Some(context.view.asked()),
            _ => None,
        };
        let mut act = |action| context.actions.push(Action::Preset(action));
        let edit = |edit| {
            let setlist = self.setlist().cloned();
            setlist.map(|setlist| PresetAction::EditSetlist(setlist, edit))
        };
        match (asked, found.path, found.at) {
            (Done::Select, ..) => {}
            (Done::Open, ..) => self.open(row, context),
            (Done::Star, Some(path), _) => {
                let on = self.preset(row).is_some_and(|entry| entry.favourite);
                act(PresetAction::SetFavourite(path, !on));
            }
            (Done::Replace, Some(path), _) => self.form = Some(Form::replace(path, slot)),
            (Done::Rename, Some(path), _) => self.form = Some(Form::rename(path)),
            (Done::Delete, Some(path), None) => self.form = Some(Form::delete(path)),
            (Done::SetDefault(on), Some(path), _) => {
                act(PresetAction::SetDefault(on.then_some(path)));
            }
            (Done::AddTo(setlist), Some(path), _) => {
                let end = SetlistEdit::Insert(usize::MAX, path);
                act(PresetAction::EditSetlist(setlist, end));
            }
            (Done::Delete | Done::Remove, _, Some(at)) => {
                edit(SetlistEdit::Remove(at)).map(act);
            }
            (Done::Move(by), _, Some(at)) => {
                if let Some(to) = at.checked_add_signed(by) {
                    edit(SetlistEdit::Move(at, to)).map(act);
                    self.row = self.row.and_then(|row| row.checked_add_signed(by));
                }
            }
            _ => {}
        }
    }

    fn steer_list(&mut self, ui: &Ui, id: Id, context: &mut UiContext<'_>) {
        let arrows = EventFilter {
            vertical_arrows: true,
            ..EventFilter::default()
        };
        ui.memory_mut(|m| m.set_focus_lock_filter(id, arrows));
        let rows = self.rows().len();
        let moves = ui.input(|i| i.modifiers.alt);
        let by = steps(ui, self.list.page, rows);
        if !moves {
            self.walk(by);
        }
        let Some(row) = self.row else {
            return;
        };
        let pressed = |key| ui.input(|i| i.key_pressed(key) && !i.modifiers.command);
        let asked = match () {
            () if moves && by != 0 => Done::Move(by.signum()),
            () if pressed(Key::Enter) => Done::Open,
            () if pressed(Key::F) => Done::Star,
            () if pressed(Key::F2) => Done::Rename,
            () if pressed(Key::Delete) => Done::Delete,
            () => return,
        };
        self.carry_out(row, asked, context);
    }

    /// What there is to do with the rig as it stands, and how much there is.
    fn show_foot(&mut self, ui: &mut Ui, rect: Rect, context: &mut UiContext<'_>) {
        let scale = context.scale;
        let status = &context.view.status.presets;
        let mut rest = rect;
        let gap = 6.0 * scale;
        let place = take_left(&mut rest, 70.0 * scale);
        let save_as = context.words("Save preset as", "Save as\u{2026}");
        let response = save_as.lit(status.name.is_none()).show(ui, place);
        if response.clicked() {
            let name = status.name.as_deref().unwrap_or_default();
            self.form = Some(Form::save(None, name));
        }
        response.on_hover_text("Save the rig, or one slot of it, under a new name");
        rest.min.x += gap;
        if let (Some(setlist), Place::Setlist(_)) = (self.setlist(), &self.place) {
            let place = take_left(&mut rest, 96.0 * scale);
            let playing = status.setlist.as_ref();
            let plays = playing.is_some_and(|playing| playing.setlist == *setlist);
            let choice = (!plays).then(|| setlist.clone());
            let button = context
                .words("Play through setlist", "Play through")
                .switch(plays);
            let choose = Action::Preset(PresetAction::ChooseSetlist(choice));
            context
                .press(ui, place, button, choose)
                .on_hover_text("Has the next and the previous preset be those of this setlist");
            rest.min.x += gap;
        }
        let problem = status.listing.problem.as_ref();
        let (text, colour) = match problem {
            Some(problem) => (plain(problem, LONGEST_PATH), theme::WEAK),
            None if status.busy => ("Working\u{2026}".into(), theme::ACCENT),
            None => match self.rows().len() {
                1 => ("1 preset".into(), theme::FAINT),
                count => (format!("{count} presets"), theme::FAINT),
            },
        };
        context.small(ui, rest, Align2::RIGHT_CENTER, &text, colour);
    }

    /// Why the list is empty, and what to do.
    fn show_nothing(&self, ui: &mut Ui, rect: Rect, context: &UiContext<'_>) {
        let scale = context.scale;
        let text = match &self.place {
            _ if !self.text.trim().is_empty() => "No preset has such a name.",
            Place::Favourites => "No favourites yet. The star beside a preset makes it one.",
            Place::Setlist(_) => {
                "This setlist is empty. Right-click a preset and choose Add to setlist."
            }
            _ => "No presets yet. Set up the rig as you like it, then save it as a preset here.",
        };
        let place = rect.shrink2(vec2(20.0 * scale, 0.0));
        let font = theme::body(scale);
        label(ui, place, Align2::CENTER_CENTER, 2, text, font, theme::WEAK);
    }
}
