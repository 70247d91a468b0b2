//! The tree, to choose in where to look.

use std::collections::HashSet;
use std::path::PathBuf;

use egui::accesskit::{Action as Request, Role};
use egui::{
    Align2, Color32, EventFilter, Id, Key, Rect, Sense, Shape, Stroke, Ui, UiBuilder, WidgetInfo,
    pos2, vec2,
};

use super::memory::BrowserMemory;
use super::scroll::{name_active, steps};
use super::tree::{LINE, LONGEST_FOLDER, Tree, UNAVAILABLE, count_label, is_open};
use crate::session::library::Scope;
use crate::window::context::UiContext;
use crate::window::layout::take_bottom;
use crate::window::plain_text::{LONGEST_PATH, plain};
use crate::window::theme;
use crate::window::view::Action;
use crate::window::widgets::button::{Button, Icon};
use crate::window::widgets::text::{ROW, draw_text, focus_ring, panel};

/// By how much a folder stands further in than the one it is in.
const INDENT: f32 = 11.0;
/// Folders in each other that are told apart by their indent.
const DEEPEST: usize = 8;

impl BrowserMemory {
    /// Where it is looked for: some lists, and the folders as a tree.
    pub(super) fn show_sources(&mut self, ui: &mut Ui, rect: Rect, context: &mut UiContext<'_>) {
        let scale = context.scale;
        panel(ui, rect);
        let mut inside = rect.shrink(5.0 * scale);
        let buttons = take_bottom(&mut inside, ROW * scale, 5.0 * scale);
        let id = Id::unique("sources");
        let response = ui.interact(inside, id, Sense::focusable_noninteractive());
        response.widget_info(|| WidgetInfo::labeled(Role::Tree, true, "Sources"));
        let mut asked = None;
        if response.has_focus() {
            asked = self.steer_sources(ui, id);
        }

        let child = UiBuilder::new().max_rect(inside).accessibility_parent(id);
        let mut child = ui.new_child(child);
        if let Some(tree) = &self.tree {
            let selected = tree.row_of(self.scope());
            let rows = tree.rows.len();
            let line = LINE * scale;
            let hovered = &mut None;
            let pick = |ui: &mut Ui, row: usize, rect: Rect| {
                if ui.rect_contains_pointer(rect.intersect(inside)) {
                    *hovered = Some(row);
                }
                // One cross at a time, for the eye and because its name is not always its own.
                let cross = hovered.or(selected) == Some(row);
                let source = TreeRow {
                    tree,
                    row,
                    selected: selected == Some(row),
                    toggled: &self.toggled,
                    cross,
                };
                if let Some(done) = source.show(ui, rect, scale) {
                    asked = Some(done);
                }
            };
            self.sources
                .show(&mut child, "sources", inside, line, rows, pick);
            if let Some(row) = selected {
                name_active(ui, id, source_id(row));
            }
        }
        match asked {
            Some(Asked::Choose(scope)) => self.set_scope(scope),
            Some(Asked::Turn(folder)) => self.turn(folder),
            Some(Asked::Remove(path)) => context.actions.push(Action::RemoveFolder(path)),
            None => {}
        }
        focus_ring(ui, &response, inside);

        let gap = 4.0 * scale;
        let (add, again) = buttons.split_left_right_at_x(buttons.right() - 52.0 * scale - gap);
        let free = !context.view.choosing;
        let button = context
            .words("Add folder", "Add folder\u{2026}")
            .enabled(free);
        let response = context.press(ui, add, button, Action::AddFolder);
        response.on_hover_text(
            "List the captures and impulse responses of a folder, and of those in it",
        );
        let can = !self.is_without_folders() && !context.view.listing.busy;
        let button = context.words("Rescan", "Rescan").enabled(can);
        let place = again.with_min_x(again.left() + gap);
        let response = context.press(ui, place, button, Action::Rescan);
        response.on_hover_text("Look through the folders again");
    }

    /// What the keyboard wants of the tree.
    fn steer_sources(&mut self, ui: &Ui, id: Id) -> Option<Asked> {
        let arrows = EventFilter {
            horizontal_arrows: true,
            vertical_arrows: true,
            ..EventFilter::default()
        };
        ui.memory_mut(|m| m.set_focus_lock_filter(id, arrows));
        let tree = self.tree.as_ref()?;
        let row = tree.row_of(self.scope())?;
        let scope = *tree.rows.get(row)?;
        let by = steps(ui, self.sources.page, tree.rows.len());
        if by != 0 {
            let last = tree.rows.len() as isize - 1;
            let to = (row as isize).saturating_add(by).clamp(0, last) as usize;
            self.sources.reveal = Some(to);
            return Some(Asked::Choose(tree.rows[to]));
        }
        let folder = tree.folder(scope)?;
        let Scope::Folder(index) = scope else {
            return None;
        };
        let pressed = |key| ui.input(|i| i.key_pressed(key));
        let (more, open) = (tree.has_more(scope), is_open(folder, &self.toggled));
        if pressed(Key::ArrowRight) && more {
            return Some(if open {
                self.sources.reveal = Some(row + 1);
                Asked::Choose(*tree.rows.get(row + 1)?)
            } else {
                Asked::Turn(index)
            });
        }
        if pressed(Key::ArrowLeft) {
            if more && open {
                return Some(Asked::Turn(index));
            }
            let parent = Scope::Folder(tree.parent(scope)?);
            self.sources.reveal = tree.row_of(parent);
            return Some(Asked::Choose(parent));
        }
        if pressed(Key::Enter) && more {
            return Some(Asked::Turn(index));
        }
        let gone = pressed(Key::Delete) && folder.depth == 0;
        gone.then(|| Asked::Remove(folder.path.clone()))
    }

    /// Opens a folder of the tree, or closes it.
    fn turn(&mut self, folder: usize) {
        let Some(tree) = &self.tree else {
            return;
        };
        let Some(path) = tree.folder(Scope::Folder(folder)).map(|found| &found.path) else {
            return;
        };
        if !self.toggled.remove(path) {
            self.toggled.insert(path.clone());
        }
        let tree = Tree::new(tree.listing.clone(), tree.kind, &self.toggled);
        // What is chosen must not be out of sight.
        let hidden = !tree.rows.contains(&self.scope());
        self.tree = Some(tree);
        if hidden {
            self.set_scope(Scope::Folder(folder));
        }
    }
}

/// What somebody did in the tree.
enum Asked {
    Choose(Scope),
    /// Open or close a folder.
    Turn(usize),
    Remove(PathBuf),
}

/// A row of the tree.
struct TreeRow<'a> {
    tree: &'a Tree,
    row: usize,
    selected: bool,
    toggled: &'a HashSet<PathBuf>,
    /// Whether there is a cross to remove it, if it can be removed.
    cross: bool,
}

fn source_id(row: usize) -> Id {
    Id::unique(("source", row))
}

impl TreeRow<'_> {
    fn show(&self, ui: &mut Ui, rect: Rect, scale: f32) -> Option<Asked> {
        let tree = self.tree;
        let scope = *tree.rows.get(self.row)?;
        let folder = tree.folder(scope);
        let (name, count) = match (scope, folder) {
            (_, Some(folder)) => {
                let count = folder.counts[tree.kind as usize];
                (plain(&folder.name, LONGEST_FOLDER), count)
            }
            (Scope::BuiltIn, _) => ("Built in".into(), tree.counts[1]),
            (Scope::Favourites, _) => ("Favourites".into(), tree.counts[2]),
            (Scope::Recent, _) => ("Recent".into(), tree.counts[3]),
            _ => ("All".into(), tree.counts[0]),
        };
        let missing = folder.is_some_and(|folder| folder.missing);
        let depth = folder.map_or(0, |folder| folder.depth);
        let more = tree.has_more(scope);
        let open = more && folder.is_some_and(|folder| is_open(folder, self.toggled));

        let id = source_id(self.row);
        let response = ui.interact(rect, id, Sense::CLICK);
        response.widget_info(|| {
            let mut info = WidgetInfo::labeled(Role::TreeItem, true, &name);
            let value = if missing {
                "unavailable".into()
            } else {
                count_label(tree.kind, count)
            };
            info.current_text_value = Some(value);
            info
        });
        ui.ctx().accesskit_node_builder(id, |node| {
            node.set_selected(self.selected);
            node.set_level(depth + 1);
            if more {
                node.set_expanded(open);
                node.add_action(if open {
                    Request::Collapse
                } else {
                    Request::Expand
                });
            }
        });

        // The first of the folders stands apart.
        if self.row == 4 {
            let edge = Stroke::new(1.0, theme::OUTLINE);
            ui.painter().hline(rect.x_range(), rect.top(), edge);
        }
        let fill = match (self.selected, response.hovered()) {
            (true, _) => theme::CHOSEN,
            (false, true) => theme::RAISED,
            (false, false) => Color32::TRANSPARENT,
        };
        let row = rect.shrink2(vec2(0.0, 0.5 * scale));
        ui.painter().rect_filled(row, theme::CORNER, fill);
        let left = rect.left() + (4.0 + INDENT * depth.min(DEEPEST) as f32) * scale;
        let text_left = left + 13.0 * scale;
        if more {
            draw_triangle(ui, pos2(left + 5.0 * scale, rect.center().y), scale, open);
        }

        let mut done = None;
        let requested = ui.input(|i| {
            i.has_accesskit_action_request(id, Request::Expand)
                || i.has_accesskit_action_request(id, Request::Collapse)
        });
        let on_triangle = || {
            let at = response.interact_pointer_pos();
            at.is_some_and(|at| at.x < text_left)
        };
        if let (Scope::Folder(index), true) = (scope, more)
            && (requested || response.double_clicked() || response.clicked() && on_triangle())
        {
            done = Some(Asked::Turn(index));
        } else if response.clicked() {
            done = Some(Asked::Choose(scope));
        }
        if done.is_some() {
            ui.memory_mut(|m| m.request_focus(Id::unique("sources")));
            ui.ctx().request_repaint();
        }

        let mut text_right = rect.right() - 5.0 * scale;
        let removed = folder.filter(|folder| self.cross && folder.depth == 0);
        if let Some(folder) = removed {
            let side = 18.0 * scale;
            let at = pos2(rect.right() - 0.5 * side - 1.0, rect.center().y);
            let place = Rect::from_center_size(at, vec2(side, side));
            let called = format!("Remove folder {name}");
            let button = Button::new(&called, Icon::Cross, theme::small(scale)).flat();
            let response = button.show(ui, place);
            if response.clicked() {
                done = Some(Asked::Remove(folder.path.clone()));
            }
            response.on_hover_text(
                "Take the folder off this list (Delete). The folder itself and its files stay.",
            );
            text_right = place.left() - 2.0 * scale;
        } else {
            let text = if missing {
                "unavailable".to_owned()
            } else {
                count.to_string()
            };
            let place = row.with_max_x(text_right);
            let font = theme::tiny(scale);
            let align = Align2::RIGHT_CENTER;
            let (place, _) = draw_text(ui, place, align, 1, &text, font, theme::FAINT);
            text_right = place.left() - 4.0 * scale;
        }
        let colour = match (self.selected, missing) {
            (_, true) => theme::FAINT,
            (true, _) => theme::ACCENT,
            (false, _) => theme::TEXT,
        };
        let place = Rect::from_x_y_ranges(text_left..=text_right.max(text_left), row.y_range());
        let font = theme::small(scale);
        draw_text(ui, place, Align2::LEFT_CENTER, 1, &name, font, colour);
        if let Some(folder) = folder {
            response.on_hover_ui(|ui| {
                let path = folder.path.to_string_lossy();
                ui.label(plain(&path, LONGEST_PATH));
                if missing {
                    ui.label(UNAVAILABLE);
                }
            });
        }
        done
    }
}

fn draw_triangle(ui: &Ui, at: egui::Pos2, scale: f32, open: bool) {
    let point = |x: f32, y: f32| at + 3.5 * scale * if open { vec2(y, x) } else { vec2(x, y) };
    let corners = vec![point(-0.7, -1.0), point(0.9, 0.0), point(-0.7, 1.0)];
    ui.painter()
        .add(Shape::convex_polygon(corners, theme::WEAK, Stroke::NONE));
}
