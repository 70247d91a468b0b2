//! Finding something in a listing.

use super::listing::{Kind, Listing};

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
    let _ = (listing, query);
    Vec::new()
}
