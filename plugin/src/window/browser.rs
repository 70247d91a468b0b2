//! The second page: all there is to load, by folder and by search, heard as soon as it is reached.

use std::collections::{HashMap, HashSet};
use std::path::PathBuf;
use std::sync::Arc;

use egui::accesskit::Role;
use egui::style::ScrollStyle;
use egui::text::CCursorRange;
use egui::{
    Align2, Color32, EventFilter, Id, Key, Modifiers, Rect, RichText, ScrollArea, Sense, Shape,
    Stroke, StrokeKind, TextEdit, Ui, UiBuilder, Vec2, WidgetInfo, vec2,
};

use super::layout::{take_bottom, take_top};
use super::rig::ROW;
use super::sources::{Asked, Source, Tree, is_open, source_id};
use super::theme;
use super::view::{Action, LONGEST_NAME, UiContext, View, shortened};
use super::widgets::{self, Button, Icon, Radio};
use crate::files::failure::one_line;
use crate::session::library::{Entry, Folder, Kind, Listing, Order, Origin, Query, Scope, search};
use crate::session::part::Part;

/// Height of a row of the tree and of the list.
const LINE: f32 = 22.0;
/// Longest text that is searched for, and that is shown of a path, in characters.
const LONGEST_SEARCH: usize = 100;
pub(super) const LONGEST_PATH: usize = 400;

/// Of a folder that is not there or must not be read.
pub(super) const UNAVAILABLE: &str =
    "This folder cannot be opened now. Is its drive connected, and may you read it?";

/// What can be chosen for, with the names of the buttons.
const PARTS: [(Part, &str, &str); 4] = [
    (Part::Capture, "Browse captures", "Capture"),
    (Part::Pedal, "Browse pedals", "Pedal"),
    (Part::Cab, "Browse cabinets", "Cabinet"),
    (Part::SecondCab, "Browse second cabinets", "2nd cab"),
];

const ORDERS: [(Order, &str, &str); 3] = [
    (Order::Folder, "Sort by folder", "Folder"),
    (Order::Name, "Sort by name", "Name"),
    (Order::Newest, "Sort by date", "Newest"),
];

/// What the page remembers, also while another one is shown.
#[derive(Debug)]
pub(super) struct Memory {
    /// What is chosen for.
    part: Part,
    text: String,
    /// Where it is looked for, for each kind. Folders are those of `tree`.
    scopes: [Scope; Kind::ALL.len()],
    order: Order,
    /// Folders that are not as they are at first: those that were added open, those in them closed.
    toggled: HashSet<PathBuf>,
    tree: Option<Tree>,
    found: Option<Found>,
    /// What was reached in the list.
    selected: Option<Origin>,
    /// Where that stands in the list; if there is nothing, where the keyboard begins.
    row: usize,
    /// What is to be selected with the next search, if not the same as before.
    begin: Option<Begin>,
    /// What played in the place of the part when nothing was being loaded.
    playing: Option<Origin>,
    list: Scroll,
    sources: Scroll,
    /// Whether the field for the search is to have the keyboard.
    find: bool,
    #[cfg(test)]
    searches: usize,
}

impl Default for Memory {
    fn default() -> Self {
        Self {
            part: Part::Capture,
            text: String::new(),
            scopes: [Scope::All; Kind::ALL.len()],
            order: Order::Folder,
            toggled: HashSet::new(),
            tree: None,
            found: None,
            selected: None,
            row: 0,
            begin: Some(Begin::There),
            playing: None,
            list: Scroll::default(),
            sources: Scroll::default(),
            find: false,
            #[cfg(test)]
            searches: 0,
        }
    }
}

/// Where a new list begins.
#[derive(Debug, Clone, Copy)]
enum Begin {
    /// At what fits best.
    First,
    /// At what was selected, or else at what plays, if that is in the list.
    There,
}

/// A list that is scrolled.
#[derive(Debug, Default)]
struct Scroll {
    offset: f32,
    /// A row to be brought into view.
    reveal: Option<usize>,
    /// Rows that were seen at once.
    page: usize,
}

/// The answer to a search.
#[derive(Debug)]
struct Found {
    listing: Arc<Listing>,
    query: Query,
    /// Places in the entries of the listing.
    entries: Vec<usize>,
}

impl Found {
    pub(super) fn entry(&self, row: usize) -> Option<&Entry> {
        self.listing.entries.get(*self.entries.get(row)?)
    }

    fn row_of(&self, origin: &Origin) -> Option<usize> {
        let entries = &self.listing.entries;
        let is_it = |&entry: &usize| entries[entry].origin == *origin;
        self.entries.iter().position(is_it)
    }
}

/// What a stranger wrote, as it can be shown.
pub(super) fn plain(text: &str, most: usize) -> String {
    one_line(&shortened(text, most))
}

pub(super) fn count_label(kind: Kind, count: usize) -> String {
    match (kind, count) {
        (Kind::Capture, 1) => "1 capture".into(),
        (Kind::Capture, _) => format!("{count} captures"),
        (Kind::Response, 1) => "1 impulse response".into(),
        (Kind::Response, _) => format!("{count} impulse responses"),
    }
}

pub(super) fn show(ui: &mut Ui, mut rect: Rect, context: &mut UiContext<'_>) {
    let scale = context.scale;
    context.actions.push(Action::Browse);
    // Out of the context, which is needed to draw.
    let mut memory = std::mem::take(&mut context.memory.browser);
    memory.update(context.view);
    let top = take_top(&mut rect, ROW * scale, 8.0 * scale);
    memory.show_top(ui, top, context);
    let wide = (0.28 * rect.width()).clamp(170.0 * scale, 280.0 * scale);
    let (left, right) = rect.split_left_right_at_x(rect.left() + wide);
    memory.update(context.view);
    memory.show_sources(ui, left, context);
    memory.update(context.view);
    memory.show_list(ui, right.with_min_x(left.right() + 8.0 * scale), context);
    context.memory.browser = memory;
}

impl Memory {
    /// Has the keyboard go to the search.
    pub(super) fn find(&mut self) {
        self.find = true;
    }

    /// The part that is loaded: of the capture A or B, whichever is to be heard.
    fn target(&self, view: &View) -> Part {
        match self.part {
            Part::Capture => view.capture_part(),
            part => part,
        }
    }

    fn kind(&self) -> Kind {
        Kind::of(self.part)
    }

    fn scope(&self) -> Scope {
        self.scopes[self.kind() as usize]
    }

    fn set_scope(&mut self, scope: Scope) {
        if self.scope() != scope {
            self.scopes[self.kind() as usize] = scope;
            self.begin = Some(Begin::There);
        }
    }

    /// Works out what is to be seen, as far as something changed.
    fn update(&mut self, view: &View) {
        let (listing, kind) = (&view.listing, self.kind());
        let playing = &view.status.parts[self.target(view).index()].origin;
        let known = self.tree.as_ref();
        let same = known.is_some_and(|tree| Arc::ptr_eq(&tree.listing, listing));
        if !same {
            let scopes = self.scopes.map(|scope| self.translated(scope, listing));
            let lost = self.scope() != Scope::All && scopes[kind as usize] == Scope::All;
            self.scopes = scopes;
            if lost {
                self.begin = Some(Begin::There);
            }
        }
        if !same || known.is_some_and(|tree| tree.kind != kind) {
            self.tree = Some(Tree::new(listing.clone(), kind, &self.toggled));
        }

        let query = Query {
            text: self.text.trim().to_owned(),
            kind,
            scope: self.scope(),
            order: self.order,
        };
        let answers = |found: &Found| Arc::ptr_eq(&found.listing, listing) && found.query == query;
        if !self.found.as_ref().is_some_and(answers) {
            #[cfg(test)]
            {
                self.searches += 1;
            }
            let mut entries = search(listing, &query);
            // Or what is loaded from there would run away from who walks through it.
            if let (Scope::Recent, None, Some(old)) = (query.scope, self.begin, &self.found) {
                keep_order(&mut entries, listing, old);
            }
            self.found = Some(Found {
                listing: listing.clone(),
                query,
                entries,
            });
            self.select_anew(playing);
        } else if self.begin.is_some() {
            self.select_anew(playing);
        }

        // While something loads, what plays is not what was asked for.
        if !view.status.busy && *playing != self.playing {
            self.playing.clone_from(playing);
            let found = self.found.as_ref();
            let row = playing.as_ref().and_then(|origin| found?.row_of(origin));
            if let (Some(row), true) = (row, *playing != self.selected) {
                self.selected.clone_from(playing);
                self.row = row;
                self.list.reveal = Some(row);
            }
        }
    }

    /// The same place in another listing, or everywhere.
    fn translated(&self, scope: Scope, listing: &Listing) -> Scope {
        let tree = self.tree.as_ref();
        let Some(folder) = tree.and_then(|tree| tree.folder(scope)) else {
            return match scope {
                Scope::Folder(_) => Scope::All,
                other => other,
            };
        };
        let same = |other: &Folder| other.path == folder.path;
        let place = listing.folders.iter().position(same);
        place.map_or(Scope::All, Scope::Folder)
    }

    /// Finds the selected row in a new list.
    fn select_anew(&mut self, playing: &Option<Origin>) {
        let Some(found) = &self.found else {
            return;
        };
        let begin = self.begin.take();
        let row_of = |origin: &Option<Origin>| found.row_of(origin.as_ref()?);
        let mut row = row_of(&self.selected);
        match begin {
            Some(Begin::First) => row = None,
            Some(Begin::There) if row.is_none() => {
                row = row_of(playing);
                self.selected.clone_from(playing);
            }
            _ => {}
        }
        if begin.is_some() {
            self.playing.clone_from(playing);
        }
        if row.is_none() {
            self.selected = None;
        }
        let last = found.entries.len().saturating_sub(1);
        self.row = match (row, begin) {
            (Some(row), _) => row,
            (None, Some(_)) => 0,
            // What was there is gone; its place is not.
            (None, None) => self.row.min(last),
        };
        if begin.is_some() {
            self.list.reveal = Some(self.row);
        }
    }

    /// Loads the sound of a row.
    fn open(&mut self, row: usize, context: &mut UiContext<'_>) {
        let found = self.found.as_ref();
        if let Some(entry) = found.and_then(|found| found.entry(row)) {
            let origin = entry.origin.clone();
            self.selected = Some(origin.clone());
            self.row = row;
            self.list.reveal = Some(row);
            let target = self.target(context.view);
            context.actions.push(Action::Open(target, origin));
        }
    }

    /// Goes so many rows down, or up, and loads what is there.
    fn walk(&mut self, by: isize, context: &mut UiContext<'_>) {
        let count = self.found.as_ref().map_or(0, |found| found.entries.len());
        if by == 0 || count == 0 {
            return;
        }
        let from = self.row as isize;
        // Where nothing is selected, the first step down is to where the keyboard begins.
        let from = from - isize::from(self.selected.is_none() && by > 0);
        let to = from.saturating_add(by).clamp(0, count as isize - 1) as usize;
        if self.selected.is_none() || to != self.row {
            self.open(to, context);
        }
    }

    fn set_text(&mut self, text: String) {
        self.text = text;
        self.text_changed();
    }

    fn text_changed(&mut self) {
        self.begin = Some(if self.text.trim().is_empty() {
            Begin::There
        } else {
            Begin::First
        });
    }

    fn show_top(&mut self, ui: &mut Ui, rect: Rect, context: &mut UiContext<'_>) {
        let scale = context.scale;
        let gap = 10.0 * scale;
        let (parts, rest) = rect.split_left_right_at_x(rect.left() + 268.0 * scale);
        let (field, orders) = rest.split_left_right_at_x(rest.right() - 162.0 * scale);
        let hint = "What a click in the list is loaded as";
        let options = PARTS.map(|(part, name, text)| Radio {
            name,
            text,
            on: part == self.part,
            weak: false,
            hint: Some(hint),
        });
        let chosen = widgets::radio(ui, parts, scale, "Browse for", &options);
        if let Some(index) = chosen {
            self.part = PARTS[index].0;
            self.selected = None;
            self.begin = Some(Begin::There);
            ui.ctx().request_repaint();
        }
        self.show_search(ui, field.shrink2(vec2(gap, 0.0)), context);
        let (idle, hint) = match (self.text.trim().is_empty(), self.scope()) {
            (false, _) => (true, "While you search, what fits best comes first"),
            (true, Scope::Recent) => (true, "What was loaded last comes first"),
            (true, _) => (false, "The order of the list"),
        };
        let options = ORDERS.map(|(order, name, text)| Radio {
            name,
            text,
            on: order == self.order,
            weak: idle,
            hint: Some(hint),
        });
        let chosen = widgets::radio(ui, orders, scale, "Sort by", &options);
        if let Some(index) = chosen {
            self.order = ORDERS[index].0;
            self.begin = Some(Begin::There);
            ui.ctx().request_repaint();
        }
    }

    fn show_search(&mut self, ui: &mut Ui, rect: Rect, context: &mut UiContext<'_>) {
        let scale = context.scale;
        let id = Id::unique("search");
        let focused = ui.memory(|m| m.has_focus(id));
        if focused {
            let page = self.list.page.max(1) as isize;
            let none = Modifiers::NONE;
            let (by, enter, escape) = ui.input_mut(|i| {
                let mut presses = |key| i.count_and_consume_key(none, key) as isize;
                let by = presses(Key::ArrowDown) - presses(Key::ArrowUp)
                    + page * (presses(Key::PageDown) - presses(Key::PageUp));
                (by, presses(Key::Enter) > 0, presses(Key::Escape) > 0)
            });
            self.walk(by, context);
            if enter {
                self.open(self.row, context);
            }
            if escape && self.text.is_empty() {
                ui.memory_mut(|m| m.surrender_focus(id));
            } else if escape {
                self.set_text(String::new());
            }
        }

        ui.painter().rect_filled(rect, theme::CORNER, theme::WELL);
        let edge = if focused {
            theme::ACCENT
        } else {
            theme::OUTLINE
        };
        let edge = Stroke::new(1.0, edge);
        ui.painter()
            .rect_stroke(rect, theme::CORNER, edge, StrokeKind::Inside);
        draw_lens(ui, rect.left_center() + vec2(13.0, 0.0) * scale, scale);
        let (text, clear) = rect.split_left_right_at_x(rect.right() - 24.0 * scale);
        let text = text.with_min_x(rect.left() + 24.0 * scale);
        let font = theme::body(scale);
        let field = TextEdit::singleline(&mut self.text)
            .id(id)
            .font(font.clone())
            .hint_text(RichText::new("Search name, folder, gear\u{2026}").font(font.clone()))
            .char_limit(LONGEST_SEARCH)
            .margin(Vec2::ZERO)
            .frame(egui::Frame::NONE)
            .align(Align2::LEFT_CENTER)
            .desired_width(text.width())
            .event_filter(EventFilter {
                horizontal_arrows: true,
                vertical_arrows: true,
                escape: true,
                ..EventFilter::default()
            });
        let response = ui.place(text, field).accessible_name("Search");
        if response.changed() {
            self.text_changed();
        }
        if !self.text.is_empty() {
            let name = "Clear the search field";
            let button = Button::new(name, Icon::Cross, theme::small(scale)).flat();
            if button.show(ui, clear.shrink(3.0 * scale)).clicked() {
                self.set_text(String::new());
                response.request_focus();
            }
        }
        if std::mem::take(&mut self.find) {
            response.request_focus();
            let mut state = TextEdit::load_state(ui.ctx(), id).unwrap_or_default();
            let all = CCursorRange::select_all_str(&self.text);
            state.cursor.set_char_range(Some(all));
            state.store(ui.ctx(), id);
            ui.ctx().request_repaint();
        }
        response.on_hover_ui(|ui| {
            let shortcut = egui::KeyboardShortcut::new(Modifiers::COMMAND, Key::F);
            let keys = ui.ctx().format_shortcut(&shortcut);
            ui.label(format!(
                "Parts of words in any order. The arrow keys play what is found. {keys} leads here."
            ));
        });
    }

    /// Where it is looked for: some lists, and the folders as a tree.
    fn show_sources(&mut self, ui: &mut Ui, rect: Rect, context: &mut UiContext<'_>) {
        let scale = context.scale;
        widgets::panel(ui, rect);
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
                let source = Source {
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
        widgets::focus_ring(ui, &response, inside);

        let gap = 4.0 * scale;
        let (add, again) = buttons.split_left_right_at_x(buttons.right() - 52.0 * scale - gap);
        let free = !context.view.choosing;
        let font = theme::small(scale);
        let name = "Add folder";
        let button = Button::new(name, Icon::Text("Add folder\u{2026}"), font.clone());
        let response = button.enabled(free).show(ui, add);
        if response.clicked() {
            context.actions.push(Action::AddFolder);
        }
        response.on_hover_text(
            "List the captures and impulse responses of a folder, and of those in it",
        );
        let button = Button::new("Rescan", Icon::Text("Rescan"), font);
        let can = !self.is_without_folders() && !context.view.listing.busy;
        let place = again.with_min_x(again.left() + gap);
        let response = button.enabled(can).show(ui, place);
        if response.clicked() {
            context.actions.push(Action::Rescan);
        }
        response.on_hover_text("Look through the folders again");
    }

    fn is_without_folders(&self) -> bool {
        let tree = self.tree.as_ref();
        tree.is_none_or(|tree| tree.listing.folders.is_empty())
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

    /// What was found.
    fn show_list(&mut self, ui: &mut Ui, rect: Rect, context: &mut UiContext<'_>) {
        let scale = context.scale;
        widgets::panel(ui, rect);
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
            widgets::focus_ring(ui, &response, inside);
            return;
        }
        ui.ctx()
            .accesskit_node_builder(id, |node| node.set_size_of_set(rows));
        let typing = ui.memory(|m| m.has_focus(Id::unique("search")));
        let playing = self.target(context.view);
        let playing = &context.view.status.parts[playing.index()];
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
            let line = Line {
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
        widgets::focus_ring(ui, &response, around);
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
        let font = theme::small(scale);
        let align = Align2::LEFT_CENTER;
        widgets::label(ui, left, align, 1, &text, font.clone(), theme::FAINT);
        let align = Align2::RIGHT_CENTER;
        if listing.busy {
            let all = listing.entries.iter();
            let files = all.filter(|entry| matches!(entry.origin, Origin::File(_)));
            let text = format!("Looking\u{2026} {} so far", files.count());
            widgets::label(ui, right, align, 1, &text, font, theme::ACCENT);
        } else if let Some(problem) = &listing.problem {
            let text = plain(problem, LONGEST_PATH);
            widgets::label(ui, right, align, 1, &text, font, theme::WEAK);
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
        let font = theme::small(scale);
        widgets::label(
            ui,
            inside,
            Align2::CENTER_CENTER,
            2,
            text,
            font.clone(),
            theme::WEAK,
        );
        let button = Rect::from_center_size(button.center(), vec2(120.0 * scale, button.height()));
        let icon = Icon::Text("Add folder\u{2026}");
        let add = Button::new("Add your first folder", icon, font)
            .lit(true)
            .enabled(!context.view.choosing);
        if add.show(ui, button).clicked() {
            context.actions.push(Action::AddFolder);
        }
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
        widgets::label(ui, row, Align2::CENTER_CENTER, 1, &text, font, theme::WEAK);
        if !searched {
            return;
        }
        let row = take_top(&mut place, height, 0.0);
        let wide = 120.0 * scale;
        let count = if scope == Scope::All { 1.0 } else { 2.0 };
        let all = vec2(count * wide + (count - 1.0) * gap, height);
        let row = Rect::from_center_size(row.center(), all);
        let font = theme::small(scale);
        let clear = Button::new("Clear search", Icon::Text("Clear search"), font.clone());
        if clear.show(ui, row.with_max_x(row.left() + wide)).clicked() {
            self.set_text(String::new());
        }
        if scope != Scope::All {
            let button = Button::new("Search everywhere", Icon::Text("Search everywhere"), font);
            if button
                .show(ui, row.with_min_x(row.right() - wide))
                .clicked()
            {
                self.set_scope(Scope::All);
                self.begin = Some(Begin::First);
            }
        }
    }
}

/// The order that the list has, and what is new before it.
fn keep_order(entries: &mut [usize], listing: &Listing, old: &Found) {
    if old.query.scope != Scope::Recent {
        return;
    }
    let known = old.entries.iter().enumerate();
    let known: HashMap<&Origin, usize> = known
        .map(|(row, &entry)| (&old.listing.entries[entry].origin, row + 1))
        .collect();
    entries.sort_by_key(|&entry| known.get(&listing.entries[entry].origin).copied());
}

/// Rows to go down, or up, by the keys that were pressed.
fn steps(ui: &Ui, page: usize, rows: usize) -> isize {
    let (page, rows) = (page.max(1) as isize, rows as isize);
    ui.input(|i| {
        let by = |key, step: isize| step * i.num_presses(key) as isize;
        by(Key::ArrowDown, 1)
            + by(Key::ArrowUp, -1)
            + by(Key::PageDown, page)
            + by(Key::PageUp, -page)
            + by(Key::End, rows)
            + by(Key::Home, -rows)
    })
}

/// Tells a screen reader which row of the list at `list` is meant, if it is in sight.
fn name_active(ui: &Ui, list: Id, row: Id) {
    if ui.ctx().has_accesskit_node(row) {
        ui.ctx().accesskit_node_builder(list, |node| {
            node.set_active_descendant(row.accesskit_id());
        });
    }
}

impl Scroll {
    /// Shows those of `rows` rows that are in sight, each `line` high.
    fn show(
        &mut self,
        ui: &mut Ui,
        name: &str,
        rect: Rect,
        line: f32,
        rows: usize,
        mut show: impl FnMut(&mut Ui, usize, Rect),
    ) {
        self.page = (rect.height() / line) as usize;
        let spacing = ui.spacing_mut();
        spacing.item_spacing = Vec2::ZERO;
        spacing.scroll = ScrollStyle {
            foreground_color: true,
            dormant_background_opacity: 0.0,
            active_background_opacity: 0.0,
            dormant_handle_opacity: 0.25,
            active_handle_opacity: 0.4,
            ..ScrollStyle::thin()
        };
        let mut area = ScrollArea::vertical().id_salt(name).auto_shrink(false);
        if let Some(row) = self.reveal.take() {
            let top = row as f32 * line;
            let offset = self.offset.min(top).max(top + line - rect.height());
            area = area.vertical_scroll_offset(offset.max(0.0));
        }
        let shown = area.show_rows(ui, line, rows, |ui, range| {
            let (place, sight) = (ui.max_rect(), ui.clip_rect());
            for (index, row) in range.enumerate() {
                let top = place.top() + index as f32 * line;
                let rect = Rect::from_x_y_ranges(place.x_range(), top..=top + line);
                if rect.intersect(sight).height() > 1.0 {
                    show(ui, row, rect);
                }
            }
        });
        self.offset = shown.state.clamped_offset().y;
    }
}

/// What somebody did in the list.
enum Done {
    Open,
    Star,
}

/// A row of the list.
struct Line<'a> {
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

impl Line<'_> {
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
        let (_, mut cut) = widgets::text(ui, first, align, 1, &name, font, colour);
        if let Some(second) = second {
            let font = theme::small(scale);
            cut |= widgets::text(ui, second, align, 1, &more, font, theme::WEAK).1;
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
fn show_star(
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
        let angle = n as f32 * std::f32::consts::PI / 5.0;
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

fn draw_lens(ui: &Ui, at: egui::Pos2, scale: f32) {
    let stroke = Stroke::new(1.4 * scale, theme::FAINT);
    let middle = at - vec2(1.0, 1.0) * scale;
    ui.painter().circle_stroke(middle, 3.6 * scale, stroke);
    let handle = |far: f32| middle + vec2(far, far) * scale;
    ui.painter()
        .line_segment([handle(2.6), handle(6.0)], stroke);
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    use egui::accesskit::Toggled;
    use egui::{Event, PointerButton, Pos2, pos2};
    use egui_kittest::kittest::{NodeT, Queryable};
    use egui_kittest::{Harness, Node};

    use crate::host::parameters::Parameters;
    use crate::session::references::PartSlot;
    use crate::window::control::Controls;
    use crate::window::layout::{DEFAULT_SIZE, SMALLEST_SIZE};
    use crate::window::view::{self, Status};

    struct State {
        view: View,
        memory: view::Memory,
        actions: Vec<Action>,
    }

    type Window = Harness<'static, State>;

    fn folder(path: &str, depth: usize, inside: usize, counts: [usize; 2]) -> Folder {
        let path = PathBuf::from(path);
        Folder {
            name: path.file_name().unwrap().to_string_lossy().into_owned(),
            path,
            depth,
            inside,
            counts,
            missing: false,
        }
    }

    fn entry(path: &str, folder: Option<usize>) -> Entry {
        let path = PathBuf::from(path);
        let response = path.extension().is_some_and(|ending| ending == "wav");
        Entry {
            kind: Kind::ALL[usize::from(response)],
            name: path.file_stem().unwrap().to_string_lossy().into_owned(),
            origin: Origin::File(path),
            folder,
            modified: None,
            about: String::new(),
            favourite: false,
            recent: None,
        }
    }

    fn built_in(name: &'static str) -> Entry {
        Entry {
            origin: Origin::BuiltIn(name),
            ..entry(name, None)
        }
    }

    fn file(path: &str) -> Origin {
        Origin::File(path.into())
    }

    /// Two folders that were added, one with folders in it.
    fn listing() -> Listing {
        let mut champ = entry("/amps/Fender/Clean/Champ.nam", Some(2));
        champ.about = "5F1 by Anna".into();
        Listing {
            folders: vec![
                folder("/amps", 0, 2, [4, 0]),
                folder("/amps/Fender", 1, 1, [2, 0]),
                folder("/amps/Fender/Clean", 2, 0, [1, 0]),
                folder("/irs", 0, 0, [0, 1]),
            ],
            entries: vec![
                built_in("crunch"),
                entry("/amps/Plexi.nam", Some(0)),
                entry("/amps/Recto.nam", Some(0)),
                entry("/amps/Fender/Bassman.nam", Some(1)),
                champ,
                entry("/irs/Greenback.wav", Some(3)),
            ],
            ..Listing::default()
        }
    }

    fn window_of(size: Vec2, listing: Listing) -> Window {
        let parameters = Parameters::new(Part::ALL.map(|part| PartSlot::new(part, || {})));
        let view = View {
            status: Status::default(),
            controls: Controls::of(&parameters, Arc::default()),
            listing: Arc::new(listing),
            choosing: false,
        };
        let state = State {
            view,
            memory: view::Memory::default(),
            actions: Vec::new(),
        };
        let mut window = Harness::builder()
            .with_size(size + Vec2::splat(16.0))
            .with_step_dt(1.0 / 60.0)
            .with_max_steps(60)
            .with_context_setup(theme::install)
            .build_ui_state(
                |ui, state: &mut State| {
                    let actions = view::show(ui, &state.view, &mut state.memory);
                    state.actions.extend(actions);
                },
                state,
            );
        window.get_by_label("Browse").click();
        window.run();
        window.state_mut().actions.clear();
        window
    }

    fn window() -> Window {
        window_of(DEFAULT_SIZE, listing())
    }

    /// What was done since the last time, besides looking.
    fn done(window: &mut Window) -> Vec<Action> {
        window.run();
        let mut actions = std::mem::take(&mut window.state_mut().actions);
        actions.retain(|action| *action != Action::Browse);
        actions
    }

    fn opened(part: Part, path: &str) -> Vec<Action> {
        vec![Action::Open(part, file(path))]
    }

    /// The names of the rows in sight.
    fn named(window: &Window, role: Role) -> Vec<String> {
        let nodes = window.get_all_by_role(role);
        let label = |node: Node<'_>| node.accesskit_node().label().unwrap();
        nodes.map(label).collect()
    }

    fn rows(window: &Window) -> Vec<String> {
        match window.query_all_by_role(Role::ListBoxOption).count() {
            0 => vec![],
            _ => named(window, Role::ListBoxOption),
        }
    }

    fn row<'a>(window: &'a Window, name: &'a str) -> Node<'a> {
        window.get_by_role_and_label(Role::ListBoxOption, name)
    }

    fn source<'a>(window: &'a Window, name: &'a str) -> Node<'a> {
        window.get_by_role_and_label(Role::TreeItem, name)
    }

    fn selected(window: &Window) -> Vec<String> {
        let nodes = window.query_all_by_role(Role::ListBoxOption);
        let nodes = nodes.filter(|node| node.accesskit_node().is_selected() == Some(true));
        nodes
            .map(|node| node.accesskit_node().label().unwrap())
            .collect()
    }

    fn press(window: &mut Window, key: Key) -> Vec<Action> {
        window.key_press(key);
        done(window)
    }

    fn find(window: &mut Window, text: &str) {
        window.key_press_modifiers(Modifiers::COMMAND, Key::F);
        window.run();
        window.event(Event::Text(text.into()));
        window.run();
    }

    fn change(window: &mut Window, change: impl FnOnce(&mut Listing)) {
        let listing = &mut window.state_mut().view.listing;
        let mut changed = Listing {
            folders: listing.folders.clone(),
            entries: listing.entries.clone(),
            busy: listing.busy,
            problem: listing.problem.clone(),
        };
        change(&mut changed);
        *listing = Arc::new(changed);
        window.run();
    }

    #[test]
    fn a_click_loads_at_once_and_the_keyboard_goes_on_from_there() {
        let mut window = window();
        row(&window, "Plexi").click();
        assert_eq!(done(&mut window), opened(Part::Capture, "/amps/Plexi.nam"));
        assert_eq!(selected(&window), ["Plexi"]);
        for (key, path) in [
            (Key::ArrowDown, "/amps/Recto.nam"),
            (Key::ArrowDown, "/amps/Fender/Bassman.nam"),
            (Key::End, "/amps/Fender/Clean/Champ.nam"),
            (Key::ArrowUp, "/amps/Fender/Bassman.nam"),
            (Key::Enter, "/amps/Fender/Bassman.nam"),
        ] {
            assert_eq!(press(&mut window, key), opened(Part::Capture, path));
        }
        let home = Action::Open(Part::Capture, Origin::BuiltIn("crunch"));
        assert_eq!(press(&mut window, Key::PageUp), [home]);
        // There is nothing above it.
        assert_eq!(press(&mut window, Key::ArrowUp), []);
        let favourite = Action::SetFavourite(Origin::BuiltIn("crunch"), true);
        assert_eq!(press(&mut window, Key::F), [favourite]);

        window.get_by_label("Browse second cabinets").click();
        window.run();
        assert_eq!(rows(&window), ["Greenback"]);
        row(&window, "Greenback").click();
        let expected = opened(Part::SecondCab, "/irs/Greenback.wav");
        assert_eq!(done(&mut window), expected);
    }

    #[test]
    fn what_is_typed_is_found_and_tried_without_leaving_the_field() {
        let mut window = window();
        window.get_by_label("Rig").click();
        window.run();
        find(&mut window, "champ anna");
        assert_eq!(rows(&window), ["Champ"]);
        let champ = opened(Part::Capture, "/amps/Fender/Clean/Champ.nam");
        assert_eq!(press(&mut window, Key::Enter), champ);
        // Escape empties the field, then leaves it.
        assert_eq!(press(&mut window, Key::Escape), []);
        assert_eq!(rows(&window).len(), 5);
        assert!(window.get_by_label("Search").is_focused());
        window.event(Event::Text("e".into()));
        window.run();
        assert_eq!(selected(&window), [""; 0]);
        assert_eq!(
            press(&mut window, Key::ArrowDown),
            opened(Part::Capture, "/amps/Plexi.nam")
        );
        assert_eq!(
            press(&mut window, Key::ArrowDown),
            opened(Part::Capture, "/amps/Recto.nam")
        );
        assert_eq!(window.get_by_label("Search").value().as_deref(), Some("e"));
        press(&mut window, Key::Escape);
        press(&mut window, Key::Escape);
        assert_eq!(window.ctx.memory(|m| m.focused()), None);

        find(&mut window, "xyz");
        assert_eq!(rows(&window), [""; 0]);
        assert!(window.query_by_label_contains("No matches").is_some());
        window.get_by_label("Clear search").click();
        window.run();
        assert_eq!(rows(&window).len(), 5);
    }

    #[test]
    fn the_tree_opens_closes_and_chooses_where_to_look() {
        let mut window = window();
        let first = ["All", "Built in", "Favourites", "Recent"];
        let all = [&first[..], &["amps", "Fender", "irs"]].concat();
        assert_eq!(named(&window, Role::TreeItem), all);
        source(&window, "Fender").click();
        window.run();
        assert_eq!(rows(&window), ["Bassman", "Champ"]);
        let expanded = |window: &Window| {
            source(window, "Fender")
                .accesskit_node()
                .data()
                .is_expanded()
        };
        assert_eq!(expanded(&window), Some(false));
        press(&mut window, Key::ArrowRight);
        assert_eq!(expanded(&window), Some(true));
        press(&mut window, Key::ArrowDown);
        assert_eq!(rows(&window), ["Champ"]);
        // To the folder around it, closed, and further up.
        press(&mut window, Key::ArrowLeft);
        assert_eq!(rows(&window), ["Bassman", "Champ"]);
        press(&mut window, Key::ArrowLeft);
        assert_eq!(expanded(&window), Some(false));
        press(&mut window, Key::ArrowLeft);
        assert_eq!(rows(&window).len(), 4);
        assert!(window.query_by_label("Clean").is_none());
        // The triangle, with something inside chosen.
        source(&window, "Fender").click();
        window.run();
        let at = source(&window, "amps").rect().left_center() + vec2(8.0, 0.0);
        click(&mut window, at);
        assert!(window.query_by_label("Fender").is_none());
        assert_eq!(rows(&window).len(), 4);
        // Each kind has its own place.
        window.get_by_label("Browse cabinets").click();
        window.run();
        assert_eq!(named(&window, Role::TreeItem).len(), 6);
        source(&window, "irs").click();
        window.run();
        window.get_by_label("Browse pedals").click();
        window.run();
        assert_eq!(rows(&window).len(), 4);
    }

    fn click(window: &mut Window, pos: Pos2) {
        window.event(Event::PointerMoved(pos));
        for pressed in [true, false] {
            window.event(Event::PointerButton {
                pos,
                button: PointerButton::Primary,
                pressed,
                modifiers: Modifiers::NONE,
            });
        }
        window.run();
    }

    #[test]
    fn folders_are_added_and_taken_off_the_list() {
        let mut window = window();
        window.get_by_label("Add folder").click();
        assert_eq!(done(&mut window), [Action::AddFolder]);
        window.get_by_label("Rescan").click();
        assert_eq!(done(&mut window), [Action::Rescan]);
        source(&window, "amps").click();
        window.run();
        let remove = [Action::RemoveFolder("/amps".into())];
        assert_eq!(press(&mut window, Key::Delete), remove);
        window.get_by_label("Remove folder amps").click();
        assert_eq!(done(&mut window), remove);
        // What is inside goes with the folder, never alone.
        source(&window, "Fender").click();
        window.run();
        assert!(window.query_by_label("Remove folder Fender").is_none());
        assert_eq!(press(&mut window, Key::Delete), []);
        // The one that is chosen goes.
        change(&mut window, |listing| {
            listing.folders.drain(..3);
            listing.entries.drain(1..5);
            listing.entries[1].folder = Some(0);
        });
        assert_eq!(rows(&window), ["crunch"]);
        let all = source(&window, "All").accesskit_node().is_selected();
        assert_eq!(all, Some(true));
    }

    #[test]
    fn favourites_are_switched_and_listed() {
        let mut window = window();
        let star = window.get_by_role_and_label(Role::Switch, "Favourite Plexi");
        assert_eq!(star.accesskit_node().toggled(), Some(Toggled::False));
        star.click();
        let plexi = file("/amps/Plexi.nam");
        assert_eq!(done(&mut window), [Action::SetFavourite(plexi, true)]);
        change(&mut window, |listing| listing.entries[1].favourite = true);
        source(&window, "Favourites").click();
        window.run();
        assert_eq!(rows(&window), ["Plexi"]);
        window.get_by_label("Favourite Plexi").click_accesskit();
        let plexi = file("/amps/Plexi.nam");
        assert_eq!(done(&mut window), [Action::SetFavourite(plexi, false)]);
        change(&mut window, |listing| listing.entries[1].favourite = false);
        assert!(window.query_by_label_contains("No favourites").is_some());
    }

    #[test]
    fn walking_through_the_recent_ones_does_not_stir_them() {
        let mut window = window_of(DEFAULT_SIZE, {
            let mut listing = listing();
            for (place, entry) in [3, 1, 4].into_iter().enumerate() {
                listing.entries[entry].recent = Some(place);
            }
            listing
        });
        source(&window, "Recent").click();
        window.run();
        let order = ["Bassman", "Plexi", "Champ"];
        assert_eq!(rows(&window), order);
        row(&window, "Bassman").click();
        window.run();
        let used = |window: &mut Window, now: usize| {
            change(window, |listing| {
                for entry in &mut listing.entries {
                    entry.recent = entry.recent.map(|place| place + 1);
                }
                listing.entries[now].recent = Some(0);
            });
        };
        used(&mut window, 3);
        for (entry, path) in [(1, "/amps/Plexi.nam"), (4, "/amps/Fender/Clean/Champ.nam")] {
            window.state_mut().actions.clear();
            assert_eq!(
                press(&mut window, Key::ArrowDown),
                opened(Part::Capture, path)
            );
            used(&mut window, entry);
            assert_eq!(rows(&window), order);
        }
        // Who comes back sees the last one first.
        source(&window, "All").click();
        window.run();
        source(&window, "Recent").click();
        window.run();
        assert_eq!(rows(&window), ["Champ", "Plexi", "Bassman"]);
    }

    #[test]
    fn the_selection_follows_what_plays_but_not_what_is_still_loading() {
        let mut window = window();
        let play = |window: &mut Window, path: &str, busy| {
            let status = &mut window.state_mut().view.status;
            status.parts[0].origin = Some(file(path));
            status.busy = busy;
            window.run();
        };
        play(&mut window, "/amps/Plexi.nam", false);
        assert_eq!(selected(&window), ["Plexi"]);
        let told = row(&window, "Plexi").value();
        assert_eq!(told.as_deref(), Some("loaded"));
        // A file that the project means and that does not play is none.
        window.state_mut().view.status.parts[0].absent = true;
        window.run();
        assert_ne!(row(&window, "Plexi").value().as_deref(), Some("loaded"));
        window.state_mut().view.status.parts[0].absent = false;
        row(&window, "Champ").click();
        window.run();
        play(&mut window, "/amps/Recto.nam", true);
        assert_eq!(selected(&window), ["Champ"]);
        play(&mut window, "/amps/Fender/Clean/Champ.nam", false);
        assert_eq!(selected(&window), ["Champ"]);
        // The buttons of the rig.
        play(&mut window, "/amps/Recto.nam", false);
        assert_eq!(selected(&window), ["Recto"]);
    }

    fn many() -> Listing {
        let path = |n| format!("/amps/capture {n}.nam");
        let folder = folder("/amps", 0, 0, [10_000, 0]);
        Listing {
            folders: vec![folder],
            entries: (0..10_000).map(|n| entry(&path(n), Some(0))).collect(),
            ..Listing::default()
        }
    }

    #[test]
    fn ten_thousand_captures_cost_what_is_seen_of_them() {
        let mut window = window_of(DEFAULT_SIZE, many());
        let before = window.state().memory.browser.searches;
        let seen = rows(&window).len();
        assert!((5..20).contains(&seen), "{seen} rows");
        window.get_by_label("Results").focus();
        window.run();
        let last = opened(Part::Capture, "/amps/capture 9999.nam");
        assert_eq!(press(&mut window, Key::End), last);
        assert!(row(&window, "capture 9999").rect().is_positive());
        press(&mut window, Key::PageUp);
        assert_eq!(selected(&window).len(), 1);
        let list = window.get_by_label("Results").rect();
        for row in window.get_all_by_role(Role::ListBoxOption) {
            assert!(list.intersects(row.rect()));
        }
        assert_eq!(window.state().memory.browser.searches, before);
        window.get_by_label("Sort by name").click();
        window.run();
        window.run();
        assert_eq!(window.state().memory.browser.searches, before + 1);
        // It looks like this for a moment after each step of a scan.
        change(&mut window, |listing| listing.busy = true);
        assert!(window.query_by_label_contains("10000 so far").is_some());
        assert_eq!(selected(&window).len(), 1);
    }

    #[test]
    fn nothing_moves_while_nothing_happens() {
        let mut window = window();
        for busy in [false, true] {
            change(&mut window, |listing| listing.busy = busy);
            window.run_steps(30);
            let outputs = window.output().viewport_output.values();
            let delay = outputs.map(|output| output.repaint_delay).min();
            assert_eq!(delay, Some(Duration::MAX));
        }
        // The library is asked for only where it is shown.
        window.get_by_label("Setup").click();
        window.run();
        window.state_mut().actions.clear();
        window.run();
        assert_eq!(window.state().actions, []);
    }

    #[test]
    fn who_has_no_folder_is_told_what_to_do() {
        let mut window = window_of(
            SMALLEST_SIZE,
            Listing {
                entries: vec![built_in("crunch")],
                problem: Some("the settings could not be read".into()),
                ..Listing::default()
            },
        );
        assert_eq!(rows(&window), ["crunch"]);
        assert!(window.query_by_label_contains("settings").is_some());
        window.get_by_label("Add your first folder").click();
        assert_eq!(done(&mut window), [Action::AddFolder]);
        window.state_mut().view.choosing = true;
        window.run();
        window.get_by_label("Add your first folder").click();
        window.get_by_label("Add folder").click();
        assert_eq!(done(&mut window), []);
    }

    #[test]
    fn at_the_smallest_size_everything_is_in_sight_and_reached_by_the_tab_key() {
        let mut window = window_of(SMALLEST_SIZE, listing());
        find(&mut window, "e");
        source(&window, "amps").click();
        window.run();
        let tabbed = [
            "Browse captures",
            "Browse pedals",
            "Browse cabinets",
            "Browse second cabinets",
            "Search",
            "Clear the search field",
            "Sort by folder",
            "Sort by name",
            "Sort by date",
            "Sources",
            "Remove folder amps",
            "Add folder",
            "Rescan",
            "Results",
        ];
        let inside = Rect::from_min_size(pos2(8.0, 8.0), SMALLEST_SIZE).shrink(4.0);
        let place = |name: &'static str| (name, window.get_by_label(name).rect());
        let places: Vec<_> = tabbed.into_iter().map(place).collect();
        for (index, (name, rect)) in places.iter().enumerate() {
            assert!(
                rect.is_positive() && inside.contains_rect(*rect),
                "{name}: {rect}"
            );
            let within = ["Clear the search field", "Remove folder amps", "Search"];
            for (other, against) in &places[..index] {
                let shared = rect.intersect(*against).shrink(0.01);
                let apart = !shared.is_positive() || within.contains(name);
                assert!(apart, "{name}, {other}: {shared}");
            }
        }
        window.get_by_label("Browse captures").focus();
        window.run();
        for name in &tabbed[1..] {
            window.key_press(Key::Tab);
            window.run();
            let id = window.ctx.memory(|m| m.focused());
            let id = id.expect("a focus").accesskit_id();
            let root = window.root();
            let node = root
                .children_recursive()
                .find(|node| node.accesskit_node().locate().0 == id);
            let label = node.and_then(|node| node.accesskit_node().label());
            assert_eq!(label.as_deref(), Some(*name));
        }
    }

    #[test]
    fn strangers_texts_do_no_harm() {
        let long = "\u{202e}\u{0}\n\t\u{301}fi W".repeat(50_000);
        let mut listing = listing();
        for folder in &mut listing.folders {
            folder.name.clone_from(&long);
            folder.path = PathBuf::from(&long).join(&folder.path);
            folder.depth *= 1000;
            folder.inside = usize::MAX;
        }
        listing.folders[3].missing = true;
        for entry in &mut listing.entries {
            entry.name.clone_from(&long);
            entry.about.clone_from(&long);
            entry.folder = Some(usize::MAX);
        }
        listing.problem = Some(long.clone());
        let mut window = window_of(SMALLEST_SIZE, listing);
        for role in [Role::ListBoxOption, Role::TreeItem] {
            let places = window
                .get_all_by_role(role)
                .map(|node| node.rect().center());
            for place in places.collect::<Vec<_>>() {
                click(&mut window, place);
                window.run_steps(60);
            }
        }
        assert!(!done(&mut window).is_empty());
        find(&mut window, &long);
        assert!(window.query_by_label_contains("No matches").is_some());
        assert!(
            named(&window, Role::TreeItem)
                .iter()
                .all(|name| name.len() < 1000)
        );
    }
}
