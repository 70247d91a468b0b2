//! Finding something in a listing.

use super::listing::{Entry, Kind, Listing, Origin};

/// What is looked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Query {
    /// What the user typed; words in any order, parts of words, with slips. Empty for everything.
    pub(crate) text: String,
    pub(crate) kind: Kind,
    pub(crate) scope: Scope,
    pub(crate) order: Order,
}

/// Where it is looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scope {
    All,
    BuiltIn,
    Favourites,
    /// Those loaded lately, the last one first whatever the order.
    Recent,
    /// A folder of [`Listing::folders`], and those in it.
    Folder(usize),
}

/// What comes first. While something is typed, what fits best does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Order {
    /// As they stand in their folders.
    Folder,
    Name,
    /// The latest file first.
    Newest,
}

/// The entries of `listing` that fit, as places in [`Listing::entries`], the best first.
pub(crate) fn search(listing: &Listing, query: &Query) -> Vec<usize> {
    let words: Vec<String> = query
        .text
        .split_whitespace()
        .map(str::to_lowercase)
        .collect();
    let folders = match query.scope {
        Scope::Folder(folder) => {
            let inside = listing.folders.get(folder).map_or(0, |found| found.inside);
            folder..folder.saturating_add(inside).saturating_add(1)
        }
        _ => 0..usize::MAX,
    };
    let fits = |entry: &Entry| {
        let there = match query.scope {
            Scope::All => true,
            Scope::BuiltIn => matches!(entry.origin, Origin::BuiltIn(_)),
            Scope::Favourites => entry.favourite,
            Scope::Recent => entry.recent.is_some(),
            Scope::Folder(_) => entry.folder.is_some_and(|folder| folders.contains(&folder)),
        };
        let folder = entry.folder.and_then(|folder| listing.folders.get(folder));
        let folder = folder.map_or("", |folder| &folder.name);
        there && entry.kind == query.kind && {
            let text = format!("{} {folder} {}", entry.name, entry.about).to_lowercase();
            words.iter().all(|word| text.contains(word))
        }
    };
    let entries = &listing.entries;
    let mut found: Vec<usize> = (0..entries.len()).filter(|&n| fits(&entries[n])).collect();
    match (query.scope, query.order) {
        (Scope::Recent, _) => found.sort_by_key(|&n| entries[n].recent),
        (_, Order::Folder) => {}
        (_, Order::Name) => found.sort_by_cached_key(|&n| entries[n].name.to_lowercase()),
        (_, Order::Newest) => found.sort_by_key(|&n| std::cmp::Reverse(entries[n].modified)),
    }
    found
}
