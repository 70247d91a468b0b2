//! What was found, as a list.

use std::f32::consts::PI;

use egui::accesskit::Role;
use egui::{
    Align2, Color32, EventFilter, Id, Key, Rect, Sense, Shape, Stroke, StrokeKind, Ui, UiBuilder,
    WidgetInfo, vec2,
};

use super::memory::{Begin, BrowserMemory};
use super::scroll::{name_active, steps};
use super::tree::{LINE, UNAVAILABLE, count_label};
use crate::session::library::{Entry, Origin, Scope};
use crate::window::context::UiContext;
use crate::window::layout::{take_bottom, take_top};
use crate::window::plain_text::{LONGEST_NAME, LONGEST_PATH, plain};
use crate::window::theme;
use crate::window::view::Action;
use crate::window::widgets::text::{ROW, draw_text, focus_ring, label, panel};

impl BrowserMemory {
    /// What was found.
    pub(super) fn show_list(&mut self, ui: &mut Ui, rect: Rect, context: &mut UiContext<'_>) {
        let scale = context.scale;
        panel(ui, rect);
        let mut inside = rect.shrink(5.0 * scale);
        let foot = take_bottom(&mut inside, 16.0 * scale, 3.0 * scale);
        self.show_foot(ui, foot.shrink2(vec2(5.0 * scale, 0.0)), context);
        if self.is_without_folders() {
            let place = take_bottom(&mut inside, 92.0 * scale, 4.0 * scale);
            self.show_welcome(ui, place, context);
        }

        let id = Id::unique("results");
        let response = ui.interact(inside, id, Sense::focusable_noninteractive());
        response.widget_info(|| WidgetInfo::labeled(Role::ListBox, true, "Results"));
        if response.has_focus() {
            self.steer_list(ui, id, context);
        }
        let Some(found) = &self.found else {
            return;
        };
        let rows = found.entries.len();
        if rows == 0 {
            self.show_nothing(ui, inside, context);
            focus_ring(ui, &response, inside);
            return;
        }
        ui.ctx()
            .accesskit_node_builder(id, |node| node.set_size_of_set(rows));
        let typing = ui.memory(|m| m.has_focus(Id::unique("search")));
        let playing = context.view.part(self.part);
        let mut asked = None;
        let child = UiBuilder::new().max_rect(inside).accessibility_parent(id);
        let mut child = ui.new_child(child);
        let way = |entry: &Entry| {
            let tree = self.tree.as_ref();
            tree.map_or_else(String::new, |tree| {
                tree.way_to(entry.folder, found.query.scope)
            })
        };
        let pick = |ui: &mut Ui, row: usize, rect: Rect| {
            let Some(entry) = found.entry(row) else {
                return;
            };
            let line = ResultRow {
                entry,
                row,
                way: way(entry),
                selected: row == self.row && self.selected.is_some(),
                next: row == self.row && (typing || response.has_focus()),
                plays: !playing.absent && playing.origin.as_ref() == Some(&entry.origin),
            };
            if let Some(done) = line.show(ui, rect, scale) {
                asked = Some((row, done));
            }
        };
        self.list
            .show(&mut child, "results", inside, LINE * scale, rows, pick);
        name_active(ui, id, result_id(self.row));
        match asked {
            Some((row, Done::Open)) => {
                self.open(row, context);
                response.request_focus();
            }
            Some((row, Done::Star)) => self.favour(row, context),
            None => {}
        }
        // Around the rows, which would hide it.
        let around = inside.expand(2.0 * scale);
        focus_ring(ui, &response, around);
    }

    fn steer_list(&mut self, ui: &Ui, id: Id, context: &mut UiContext<'_>) {
        let arrows = EventFilter {
            vertical_arrows: true,
            ..EventFilter::default()
        };
        ui.memory_mut(|m| m.set_focus_lock_filter(id, arrows));
        let rows = self.found.as_ref().map_or(0, |found| found.entries.len());
        self.walk(steps(ui, self.list.page, rows), context);
        let (enter, star) = ui.input(|i| {
            let star = i.key_pressed(Key::F) && i.modifiers.is_none();
            (i.key_pressed(Key::Enter), star)
        });
        if enter {
            self.open(self.row, context);
        }
        if star {
            self.favour(self.row, context);
        }
    }

    /// Makes a row a favourite, or no longer.
    fn favour(&self, row: usize, context: &mut UiContext<'_>) {
        let found = self.found.as_ref();
        if let Some(entry) = found.and_then(|found| found.entry(row)) {
            let action = Action::SetFavourite(entry.origin.clone(), !entry.favourite);
            context.actions.push(action);
        }
    }

    /// How much there is, and what is the matter.
    fn show_foot(&self, ui: &mut Ui, rect: Rect, context: &UiContext<'_>) {
        let scale = context.scale;
        let listing = &context.view.listing;
        let count = self.found.as_ref().map_or(0, |found| found.entries.len());
        let (left, right) = rect.split_left_right_at_x(rect.left() + 150.0 * scale);
        let folder = self
            .tree
            .as_ref()
            .and_then(|tree| tree.folder(self.scope()));
        let text = if folder.is_some_and(|folder| folder.missing) {
            // What is in it is not known.
            "Unavailable".into()
        } else {
            count_label(self.kind(), count)
        };
        context.small(ui, left, Align2::LEFT_CENTER, &text, theme::FAINT);
        let align = Align2::RIGHT_CENTER;
        if listing.busy {
            let all = listing.entries.iter();
            let files = all.filter(|entry| matches!(entry.origin, Origin::File(_)));
            let text = format!("Looking\u{2026} {} so far", files.count());
            context.small(ui, right, align, &text, theme::ACCENT);
        } else if let Some(problem) = &listing.problem {
            let text = plain(problem, LONGEST_PATH);
            context.small(ui, right, align, &text, theme::WEAK);
        }
    }

    /// For who has no folder here yet.
    fn show_welcome(&self, ui: &mut Ui, rect: Rect, context: &mut UiContext<'_>) {
        let scale = context.scale;
        ui.painter().rect_filled(rect, theme::CORNER, theme::WELL);
        let mut inside = rect.shrink(10.0 * scale);
        let button = take_bottom(&mut inside, ROW * scale, 6.0 * scale);
        let text = "Where are your captures and impulse responses? Add the folder they are in, and \
                    all below it is listed here, to search and to try with the arrow keys.";
        let (align, font) = (Align2::CENTER_CENTER, theme::small(scale));
        label(ui, inside, align, 2, text, font, theme::WEAK);
        let button = Rect::from_center_size(button.center(), vec2(120.0 * scale, button.height()));
        let add = context.words("Add your first folder", "Add folder\u{2026}");
        let add = add.lit(true).enabled(!context.view.choosing);
        context.press(ui, button, add, Action::AddFolder);
    }

    /// Why the list is empty, and what to do.
    fn show_nothing(&mut self, ui: &mut Ui, rect: Rect, context: &mut UiContext<'_>) {
        let scale = context.scale;
        let (kind, scope) = (self.kind(), self.scope());
        let many = count_label(kind, 0);
        let many = many.trim_start_matches("0 ");
        let folder = self.tree.as_ref().and_then(|tree| tree.folder(scope));
        let searched = !self.text.trim().is_empty();
        let text = if searched {
            let text = plain(self.text.trim(), 40);
            format!("No matches for \u{201c}{text}\u{201d}.")
        } else if folder.is_some_and(|folder| folder.missing) {
            UNAVAILABLE.into()
        } else {
            match scope {
                _ if context.view.listing.busy => "Looking\u{2026}".into(),
                Scope::Favourites => {
                    format!("No favourites yet. The star beside one of the {many} makes it one.")
                }
                Scope::Recent => format!("None of the {many} here was loaded lately."),
                Scope::Folder(_) => format!("There are no {many} in this folder."),
                Scope::BuiltIn | Scope::All => format!("There are no {many} yet."),
            }
        };
        let (height, gap) = (ROW * scale, 8.0 * scale);
        let tall = vec2(rect.width() - 2.0 * gap, 3.0 * height).min(rect.size());
        let mut place = Rect::from_center_size(rect.center(), tall);
        let row = take_top(&mut place, height, gap);
        let font = theme::body(scale);
        label(ui, row, Align2::CENTER_CENTER, 1, &text, font, theme::WEAK);
        if !searched {
            return;
        }
        let row = take_top(&mut place, height, 0.0);
        let wide = 120.0 * scale;
        let count = if scope == Scope::All { 1.0 } else { 2.0 };
        let all = vec2(count * wide + (count - 1.0) * gap, height);
        let row = Rect::from_center_size(row.center(), all);
        let clear = context.words("Clear search", "Clear search");
        if clear.show(ui, row.with_max_x(row.left() + wide)).clicked() {
            self.set_text(String::new());
        }
        let place = row.with_min_x(row.right() - wide);
        let everywhere = context.words("Search everywhere", "Search everywhere");
        if scope != Scope::All && everywhere.show(ui, place).clicked() {
            self.set_scope(Scope::All);
            self.begin = Some(Begin::First);
        }
    }
}

/// What somebody did in the list.
enum Done {
    Open,
    Star,
}

/// A row of the list.
struct ResultRow<'a> {
    entry: &'a Entry,
    row: usize,
    /// The folders that lead to it.
    way: String,
    selected: bool,
    /// Whether it is the one that the keyboard is at.
    next: bool,
    plays: bool,
}

fn result_id(row: usize) -> Id {
    Id::unique(("result", row))
}

impl ResultRow<'_> {
    fn show(&self, ui: &mut Ui, rect: Rect, scale: f32) -> Option<Done> {
        let entry = self.entry;
        let name = plain(&entry.name, LONGEST_NAME);
        let about = plain(&entry.about, LONGEST_NAME);
        let built_in = matches!(entry.origin, Origin::BuiltIn(_));
        let mut more = if built_in {
            "Built in".to_owned()
        } else {
            self.way.clone()
        };
        if !more.is_empty() && !about.is_empty() {
            more.push_str(" \u{b7} ");
        }
        more.push_str(&about);

        let id = result_id(self.row);
        let response = ui.interact(rect, id, Sense::CLICK);
        response.widget_info(|| {
            let mut info = WidgetInfo::labeled(Role::ListBoxOption, true, &name);
            info.current_text_value = self.plays.then(|| "loaded".into());
            info
        });
        ui.ctx().accesskit_node_builder(id, |node| {
            node.set_selected(self.selected);
            node.set_position_in_set(self.row);
            if !more.is_empty() {
                node.set_description(more.as_str());
            }
        });

        let row = rect.shrink2(vec2(0.0, 0.5 * scale));
        let fill = match (self.selected, response.hovered()) {
            (true, _) => theme::CHOSEN,
            (false, true) => theme::RAISED,
            (false, false) => Color32::TRANSPARENT,
        };
        ui.painter().rect_filled(row, theme::CORNER, fill);
        if self.next {
            let edge = Stroke::new(1.0, theme::ACCENT);
            let inside = StrokeKind::Inside;
            ui.painter().rect_stroke(row, theme::CORNER, edge, inside);
        }
        let (left, star) = row.split_left_right_at_x(row.right() - 24.0 * scale);
        if self.plays {
            let at = row.left_center() + vec2(9.0, 0.0) * scale;
            let glow = theme::ACCENT.gamma_multiply(0.25);
            ui.painter().circle_filled(at, 6.0 * scale, glow);
            ui.painter().circle_filled(at, 3.0 * scale, theme::ACCENT);
        }
        let inside = left.with_min_x(left.left() + 19.0 * scale);
        let (first, second) = match more.is_empty() {
            true => (inside, None),
            false => {
                let (first, second) = inside.split_left_right_at_fraction(0.52);
                (first.with_max_x(first.right() - 10.0 * scale), Some(second))
            }
        };
        let colour = if self.selected || self.plays {
            theme::ACCENT
        } else {
            theme::TEXT
        };
        let font = theme::body(scale);
        let align = Align2::LEFT_CENTER;
        let (_, mut cut) = draw_text(ui, first, align, 1, &name, font, colour);
        if let Some(second) = second {
            let font = theme::small(scale);
            cut |= draw_text(ui, second, align, 1, &more, font, theme::WEAK).1;
        }

        let lit = self.selected || ui.rect_contains_pointer(row);
        let mut done = response.clicked().then_some(Done::Open);
        // It covers other rows, so it comes only where something is left out.
        if cut {
            response.on_hover_ui(|ui| {
                ui.label(&name);
                if let Origin::File(path) = &entry.origin {
                    ui.weak(plain(&path.to_string_lossy(), LONGEST_PATH));
                }
                if !about.is_empty() {
                    ui.weak(&about);
                }
            });
        }
        if show_star(ui, star, scale, self.row, &name, entry.favourite, lit) {
            done = Some(Done::Star);
        }
        done
    }
}

/// The star of a favourite. Returns whether it was pressed.
pub(super) fn show_star(
    ui: &mut Ui,
    rect: Rect,
    scale: f32,
    row: usize,
    name: &str,
    on: bool,
    near: bool,
) -> bool {
    let response = ui.interact(rect, Id::unique(("star", row)), Sense::CLICK);
    response.widget_info(|| {
        let mut info = WidgetInfo::labeled(Role::Switch, true, format!("Favourite {name}"));
        info.selected = Some(on);
        info
    });
    let colour = match (on, response.hovered()) {
        (_, true) => theme::TEXT,
        (true, false) => theme::ACCENT,
        (false, false) if near => theme::WEAK,
        (false, false) => theme::FAINT.gamma_multiply(0.7),
    };
    draw_star(ui, rect.center(), 6.0 * scale, colour, on);
    let clicked = response.clicked();
    response.on_hover_text(if on {
        "Remove from favourites (F)"
    } else {
        "Add to favourites (F)"
    });
    clicked
}

fn draw_star(ui: &Ui, at: egui::Pos2, radius: f32, colour: Color32, filled: bool) {
    let point = |n: usize| {
        let angle = n as f32 * PI / 5.0;
        let far = if n.is_multiple_of(2) { 1.0 } else { 0.45 };
        at + far * radius * vec2(angle.sin(), -angle.cos())
    };
    if filled {
        // A star is no convex shape, its kites are.
        for n in (0..10).step_by(2) {
            let kite = vec![at, point(n + 9), point(n), point(n + 1)];
            let shape = Shape::convex_polygon(kite, colour, Stroke::NONE);
            ui.painter().add(shape);
        }
    }
    let edge = (0..10).map(point).collect();
    let stroke = Stroke::new(0.17 * radius, colour);
    ui.painter().add(Shape::closed_line(edge, stroke));
}
