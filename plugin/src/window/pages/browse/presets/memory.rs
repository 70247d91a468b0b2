//! What the page of presets remembers: where it looks, what is there, what is selected.

use std::sync::Arc;

use super::form::Form;
use crate::session::preset_path::PresetPath;
use crate::session::presets::{PresetAction, PresetEntry, PresetListing, PresetStatus};
use crate::window::context::UiContext;
use crate::window::pages::browse::scroll::Scroll;
use crate::window::view::Action;

/// Where it is looked for presets.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) enum Place {
    #[default]
    All,
    Favourites,
    /// By its name.
    Bank(String),
    Setlist(PresetPath),
}

/// What the page remembers, also while another one is shown.
#[derive(Debug, Default)]
pub(in crate::window) struct PresetsMemory {
    pub(super) place: Place,
    /// What is searched for.
    pub(in crate::window::pages::browse) text: String,
    pub(super) found: Option<Found>,
    /// The row that was reached.
    pub(super) row: Option<usize>,
    /// What is being asked for.
    pub(super) form: Option<Form>,
    pub(super) list: Scroll,
    pub(super) places: Scroll,
}

/// What is in a place.
#[derive(Debug)]
pub(super) struct Found {
    pub(super) listing: Arc<PresetListing>,
    place: Place,
    text: String,
    pub(super) rows: Vec<FoundRow>,
}

/// One preset of a place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct FoundRow {
    /// `None` for what this version does not know.
    pub(super) path: Option<PresetPath>,
    /// Where it stands in the listing; `None` if there is no such file.
    entry: Option<usize>,
    /// Where it stands in the setlist that is shown, counted from 0.
    pub(super) at: Option<usize>,
}

impl Found {
    fn new(listing: Arc<PresetListing>, place: Place, text: String) -> Self {
        let words: Vec<String> = text.split_whitespace().map(str::to_lowercase).collect();
        let fits = |path: &PresetPath| {
            let text = path.text().to_lowercase();
            words.iter().all(|word| text.contains(word))
        };
        let rows = match &place {
            Place::Setlist(setlist) => {
                let setlist = listing.setlists.iter().find(|other| other.path == *setlist);
                let presets = setlist.map_or(&[][..], |setlist| &setlist.presets);
                let presets = presets.iter().enumerate();
                let rows = presets.map(|(at, path)| {
                    let mut entries = listing.presets.iter();
                    let is_it = |entry: &PresetEntry| Some(&entry.path) == path.as_ref();
                    FoundRow {
                        path: path.clone(),
                        entry: entries.position(is_it),
                        at: Some(at),
                    }
                });
                let fits = |row: &FoundRow| words.is_empty() || row.path.as_ref().is_some_and(fits);
                rows.filter(fits).collect()
            }
            _ => {
                let entries = listing.presets.iter().enumerate();
                let entries = entries.filter(|(_, entry)| match &place {
                    Place::Favourites => entry.favourite,
                    Place::Bank(bank) => entry.path.bank() == *bank,
                    _ => true,
                });
                let entries = entries.filter(|(_, entry)| fits(&entry.path));
                let rows = entries.map(|(index, entry)| FoundRow {
                    path: Some(entry.path.clone()),
                    entry: Some(index),
                    at: None,
                });
                rows.collect()
            }
        };
        Self {
            listing,
            place,
            text,
            rows,
        }
    }

    /// What is known of the preset of a row, if its file is there.
    pub(super) fn entry(&self, row: &FoundRow) -> Option<&PresetEntry> {
        self.listing.presets.get(row.entry?)
    }
}

impl PresetsMemory {
    /// Works out what is to be seen, as far as something changed.
    pub(super) fn update(&mut self, status: &PresetStatus) {
        let listing = &status.listing;
        let there = match &self.place {
            Place::All | Place::Favourites => true,
            Place::Bank(bank) => listing.presets.iter().any(|p| p.path.bank() == *bank),
            Place::Setlist(path) => listing.setlists.iter().any(|s| s.path == *path),
        };
        if !there {
            self.place = Place::All;
        }
        let same = self.found.as_ref().is_some_and(|found| {
            Arc::ptr_eq(&found.listing, listing)
                && found.place == self.place
                && found.text == self.text
        });
        if same {
            return;
        }
        let (place, text) = (self.place.clone(), self.text.clone());
        let found = Found::new(listing.clone(), place, text);
        let before = self.found.replace(found);
        let (Some(found), Some(before)) = (&self.found, before) else {
            return;
        };
        // What is selected stays so where it goes; in a setlist it is the place that is selected.
        let selected = self.row.and_then(|row| before.rows.get(row));
        let same_place = before.place == found.place;
        self.row = selected.and_then(|selected| {
            let at = match (same_place, selected.at) {
                (true, Some(at)) => found.rows.iter().position(|row| row.at == Some(at)),
                _ => None,
            };
            let mut rows = found.rows.iter();
            at.or_else(|| rows.position(|row| row.path == selected.path))
        });
        if !same_place {
            self.list.reveal = Some(self.row.unwrap_or(0));
        }
    }

    pub(super) fn rows(&self) -> &[FoundRow] {
        self.found.as_ref().map_or(&[], |found| &found.rows)
    }

    /// The setlist that is shown.
    pub(super) fn setlist(&self) -> Option<&PresetPath> {
        match &self.place {
            Place::Setlist(path) => Some(path),
            _ => None,
        }
    }

    /// The preset of a row whose file is there.
    pub(super) fn preset(&self, row: usize) -> Option<&PresetEntry> {
        let found = self.found.as_ref()?;
        found.entry(found.rows.get(row)?)
    }

    /// Loads the preset of a row. That of a setlist is played through from there on.
    pub(super) fn open(&self, row: usize, context: &mut UiContext<'_>) {
        let Some(entry) = self.preset(row) else {
            return;
        };
        let at = self.rows()[row].at;
        let mut act = |action| context.actions.push(Action::Preset(action));
        match (self.setlist(), at) {
            (Some(setlist), Some(at)) => {
                let playing = &context.view.status.presets.setlist;
                if playing
                    .as_ref()
                    .is_none_or(|playing| playing.setlist != *setlist)
                {
                    act(PresetAction::ChooseSetlist(Some(setlist.clone())));
                }
                act(PresetAction::OpenInSetlist(at));
            }
            _ => {
                let slot = context.view.asked();
                act(PresetAction::Open(entry.path.clone(), slot));
            }
        }
    }

    /// Goes so many rows down, or up.
    pub(super) fn walk(&mut self, by: isize) {
        let count = self.rows().len();
        if by == 0 || count == 0 {
            return;
        }
        let last = count as isize - 1;
        let to = match self.row {
            Some(row) => (row as isize).saturating_add(by),
            None if by > 0 => 0,
            None => last,
        };
        let to = to.clamp(0, last) as usize;
        self.row = Some(to);
        self.list.reveal = Some(to);
    }

    /// What keys do in the search: so many rows down, and what is there is loaded.
    pub(in crate::window::pages::browse) fn search_keys(
        &mut self,
        by: isize,
        enter: bool,
        context: &mut UiContext<'_>,
    ) {
        self.walk(by);
        if enter {
            self.open(self.row.unwrap_or(0), context);
        }
    }

    /// Asks for something, or for nothing more.
    pub(in crate::window::pages::browse) fn ask(&mut self, form: Option<Form>) {
        self.form = form;
    }

    /// The bank that something new goes to; empty for none.
    pub(super) fn bank(&self) -> String {
        match &self.place {
            Place::Bank(bank) => bank.clone(),
            _ => String::new(),
        }
    }
}
