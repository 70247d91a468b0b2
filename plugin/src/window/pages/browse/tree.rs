//! Where the browser looks: all, some lists, and the folders as a tree.

use std::collections::HashSet;
use std::path::PathBuf;
use std::sync::Arc;

use crate::session::library::{Folder, Kind, Listing, Origin, Scope};
use crate::window::plain_text::plain;

/// Of a folder that is not there or must not be read.
pub(super) const UNAVAILABLE: &str =
    "This folder cannot be opened now. Is its drive connected, and may you read it?";

/// Height of a row of the tree and of the list of what was found.
pub(super) const LINE: f32 = 22.0;
/// Longest name that is shown of a folder, in characters.
pub(super) const LONGEST_FOLDER: usize = 60;

/// What is to be seen at the left.
#[derive(Debug)]
pub(super) struct Tree {
    pub(super) listing: Arc<Listing>,
    pub(super) kind: Kind,
    pub(super) rows: Vec<Scope>,
    /// The folder that each folder of the listing is in.
    parents: Vec<Option<usize>>,
    /// Sounds of the kind: all, built in, favourites, recent.
    pub(super) counts: [usize; 4],
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

pub(super) fn count_label(kind: Kind, count: usize) -> String {
    match (kind, count) {
        (Kind::Capture, 1) => "1 capture".into(),
        (Kind::Capture, _) => format!("{count} captures"),
        (Kind::Response, 1) => "1 impulse response".into(),
        (Kind::Response, _) => format!("{count} impulse responses"),
    }
}
