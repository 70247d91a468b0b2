//! Where the browser looks: all, some lists, and the folders as a tree.

use std::collections::HashSet;
use std::path::PathBuf;
use std::sync::Arc;

use egui::accesskit::{Action as Request, Role};
use egui::{Align2, Color32, Id, Rect, Sense, Shape, Stroke, Ui, WidgetInfo, pos2, vec2};

use super::browser::{LONGEST_PATH, UNAVAILABLE, count_label, plain};
use super::theme;
use super::widgets::{self, Button, Icon};
use crate::session::library::{Folder, Kind, Listing, Origin, Scope};

/// By how much a folder stands further in than the one it is in.
const INDENT: f32 = 11.0;
/// Folders in each other that are told apart by their indent.
const DEEPEST: usize = 8;
/// Longest name that is shown of a folder, in characters.
const LONGEST_FOLDER: usize = 60;

/// What is to be seen at the left.
#[derive(Debug)]
pub(super) struct Tree {
    pub(super) listing: Arc<Listing>,
    pub(super) kind: Kind,
    pub(super) rows: Vec<Scope>,
    /// The folder that each folder of the listing is in.
    parents: Vec<Option<usize>>,
    /// Sounds of the kind: all, built in, favourites, recent.
    counts: [usize; 4],
}

impl Tree {
    pub(super) fn new(listing: Arc<Listing>, kind: Kind, toggled: &HashSet<PathBuf>) -> Self {
        let folders = &listing.folders;
        let mut rows = vec![Scope::All, Scope::BuiltIn, Scope::Favourites, Scope::Recent];
        let mut next = 0;
        while let Some(folder) = folders.get(next) {
            let open = is_shown(folder, kind) && {
                rows.push(Scope::Folder(next));
                is_open(folder, toggled)
            };
            next += 1;
            if !open {
                next = next.saturating_add(folder.inside);
            }
        }
        let mut within: Vec<usize> = Vec::new();
        let parents = folders.iter().enumerate().map(|(index, folder)| {
            within.truncate(folder.depth);
            let parent = within.last().copied();
            within.push(index);
            parent
        });
        let parents = parents.collect();
        let mut counts = [0; 4];
        for entry in listing.entries.iter().filter(|entry| entry.kind == kind) {
            counts[0] += 1;
            counts[1] += usize::from(matches!(entry.origin, Origin::BuiltIn(_)));
            counts[2] += usize::from(entry.favourite);
            counts[3] += usize::from(entry.recent.is_some());
        }
        Self {
            listing,
            kind,
            rows,
            parents,
            counts,
        }
    }

    pub(super) fn folder(&self, scope: Scope) -> Option<&Folder> {
        match scope {
            Scope::Folder(folder) => self.listing.folders.get(folder),
            _ => None,
        }
    }

    /// Whether it has folders that can be shown or hidden.
    pub(super) fn has_more(&self, scope: Scope) -> bool {
        let (Scope::Folder(index), Some(folder)) = (scope, self.folder(scope)) else {
            return false;
        };
        let below = self.listing.folders.iter().skip(index + 1);
        let mut below = below.take(folder.inside);
        below.any(|below| below.depth == folder.depth + 1 && is_shown(below, self.kind))
    }

    pub(super) fn parent(&self, scope: Scope) -> Option<usize> {
        match scope {
            Scope::Folder(folder) => *self.parents.get(folder)?,
            _ => None,
        }
    }

    /// The row of a scope, or of the folder nearest around it.
    pub(super) fn row_of(&self, mut scope: Scope) -> Option<usize> {
        loop {
            if let Some(row) = self.rows.iter().position(|&row| row == scope) {
                return Some(row);
            }
            scope = Scope::Folder(self.parent(scope)?);
        }
    }

    /// The folders that lead to `folder`, seen from `scope`: no more than the last two.
    pub(super) fn way_to(&self, folder: Option<usize>, scope: Scope) -> String {
        let mut names = Vec::new();
        let mut next = folder;
        while let Some(index) = next
            && scope != Scope::Folder(index)
        {
            if names.len() == 2 {
                names.push("\u{2026}".into());
                break;
            }
            let name = self.listing.folders.get(index).map(|folder| &folder.name);
            names.push(plain(name.map_or("", |name| name), LONGEST_FOLDER));
            next = self.parents.get(index).copied().flatten();
        }
        names.reverse();
        names.join(" \u{203a} ")
    }
}

/// A folder is of no use where it holds nothing of the kind, unless something is to be said of it.
fn is_shown(folder: &Folder, kind: Kind) -> bool {
    folder.counts[kind as usize] > 0 || folder.depth == 0 || folder.missing
}

pub(super) fn is_open(folder: &Folder, toggled: &HashSet<PathBuf>) -> bool {
    (folder.depth == 0) != toggled.contains(&folder.path)
}

/// What somebody did in the tree.
pub(super) enum Asked {
    Choose(Scope),
    /// Open or close a folder.
    Turn(usize),
    Remove(PathBuf),
}

/// A row of the tree.
pub(super) struct Source<'a> {
    pub(super) tree: &'a Tree,
    pub(super) row: usize,
    pub(super) selected: bool,
    pub(super) toggled: &'a HashSet<PathBuf>,
    /// Whether there is a cross to remove it, if it can be removed.
    pub(super) cross: bool,
}

pub(super) fn source_id(row: usize) -> Id {
    Id::unique(("source", row))
}

impl Source<'_> {
    pub(super) fn show(&self, ui: &mut Ui, rect: Rect, scale: f32) -> Option<Asked> {
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
            let (place, _) = widgets::text(ui, place, align, 1, &text, font, theme::FAINT);
            text_right = place.left() - 4.0 * scale;
        }
        let colour = match (self.selected, missing) {
            (_, true) => theme::FAINT,
            (true, _) => theme::ACCENT,
            (false, _) => theme::TEXT,
        };
        let place = Rect::from_x_y_ranges(text_left..=text_right.max(text_left), row.y_range());
        let font = theme::small(scale);
        widgets::text(ui, place, Align2::LEFT_CENTER, 1, &name, font, colour);
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
