//! What the browser remembers: what is looked for and where, what was found, what is selected.

use std::collections::{HashMap, HashSet};
use std::path::PathBuf;
use std::sync::Arc;

use super::presets::{Form, PresetsMemory};
use super::scroll::Scroll;
use super::tree::Tree;
use crate::session::library::{Entry, Folder, Kind, Listing, Order, Origin, Query, Scope, search};
use crate::session::part::{Part, PartKind};
use crate::window::context::UiContext;
use crate::window::view::{Action, View};

/// What the page remembers, also while another one is shown.
#[derive(Debug)]
pub(in crate::window) struct BrowserMemory {
    /// What is chosen for.
    pub(super) part: PartKind,
    pub(super) text: String,
    /// Where it is looked for, for each kind. Folders are those of `tree`.
    pub(super) scopes: [Scope; Kind::ALL.len()],
    pub(super) order: Order,
    /// Folders that are not as they are at first: those that were added open, those in them closed.
    pub(super) toggled: HashSet<PathBuf>,
    pub(super) tree: Option<Tree>,
    pub(super) found: Option<SearchResults>,
    /// What was reached in the list.
    pub(super) selected: Option<Origin>,
    /// Where that stands in the list; if there is nothing, where the keyboard begins.
    pub(super) row: usize,
    /// What is to be selected with the next search, if not the same as before.
    pub(super) begin: Option<Begin>,
    /// What played in the place of the part when nothing was being loaded.
    pub(super) playing: Option<Origin>,
    pub(super) list: Scroll,
    pub(super) sources: Scroll,
    /// Presets in the place of sounds.
    pub(super) presets: PresetsMemory,
    pub(super) shows_presets: bool,
    /// Whether the field for the search is to have the keyboard.
    pub(super) find: bool,
    #[cfg(test)]
    pub(super) searches: usize,
}

impl Default for BrowserMemory {
    fn default() -> Self {
        Self {
            part: PartKind::Capture,
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
            presets: PresetsMemory::default(),
            shows_presets: false,
            find: false,
            #[cfg(test)]
            searches: 0,
        }
    }
}

/// Where a new list begins.
#[derive(Debug, Clone, Copy)]
pub(super) enum Begin {
    /// At what fits best.
    First,
    /// At what was selected, or else at what plays, if that is in the list.
    There,
}

/// The answer to a search.
#[derive(Debug)]
pub(super) struct SearchResults {
    pub(super) listing: Arc<Listing>,
    pub(super) query: Query,
    /// Places in the entries of the listing.
    pub(super) entries: Vec<usize>,
}

impl SearchResults {
    pub(super) fn entry(&self, row: usize) -> Option<&Entry> {
        self.listing.entries.get(*self.entries.get(row)?)
    }

    fn row_of(&self, origin: &Origin) -> Option<usize> {
        let entries = &self.listing.entries;
        let is_it = |&entry: &usize| entries[entry].origin == *origin;
        self.entries.iter().position(is_it)
    }
}

impl BrowserMemory {
    /// Has the keyboard go to the search.
    pub(in crate::window) fn find(&mut self) {
        self.find = true;
    }

    /// Shows presets in the place of sounds, and asks for what there is to ask.
    pub(in crate::window) fn show_presets(&mut self, form: Option<Form>) {
        self.shows_presets = true;
        self.presets.ask(form);
    }

    /// The part that is loaded: that of the slot that is shown.
    pub(super) fn target(&self, view: &View) -> Part {
        view.at(self.part)
    }

    pub(super) fn kind(&self) -> Kind {
        Kind::of(self.part)
    }

    pub(super) fn scope(&self) -> Scope {
        self.scopes[self.kind() as usize]
    }

    pub(super) fn set_scope(&mut self, scope: Scope) {
        if self.scope() != scope {
            self.scopes[self.kind() as usize] = scope;
            self.begin = Some(Begin::There);
        }
    }

    /// Works out what is to be seen, as far as something changed.
    pub(super) fn update(&mut self, view: &View) {
        let (listing, kind) = (&view.listing, self.kind());
        let playing = &view.part(self.part).origin;
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
        let answers =
            |found: &SearchResults| Arc::ptr_eq(&found.listing, listing) && found.query == query;
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
            self.found = Some(SearchResults {
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
    pub(super) fn translated(&self, scope: Scope, listing: &Listing) -> Scope {
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
    pub(super) fn select_anew(&mut self, playing: &Option<Origin>) {
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
    pub(super) fn open(&mut self, row: usize, context: &mut UiContext<'_>) {
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
    pub(super) fn walk(&mut self, by: isize, context: &mut UiContext<'_>) {
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

    pub(super) fn set_text(&mut self, text: String) {
        self.text = text;
        self.text_changed();
    }

    pub(super) fn text_changed(&mut self) {
        self.begin = Some(if self.text.trim().is_empty() {
            Begin::There
        } else {
            Begin::First
        });
    }

    pub(super) fn is_without_folders(&self) -> bool {
        let tree = self.tree.as_ref();
        tree.is_none_or(|tree| tree.listing.folders.is_empty())
    }
}

/// The order that the list has, and what is new before it.
fn keep_order(entries: &mut [usize], listing: &Listing, old: &SearchResults) {
    if old.query.scope != Scope::Recent {
        return;
    }
    let known = old.entries.iter().enumerate();
    let known: HashMap<&Origin, usize> = known
        .map(|(row, &entry)| (&old.listing.entries[entry].origin, row + 1))
        .collect();
    entries.sort_by_key(|&entry| known.get(&listing.entries[entry].origin).copied());
}
