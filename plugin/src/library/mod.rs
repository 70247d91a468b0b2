//! The user's captures and impulse responses, to browse and to search.

mod listing;
mod search;

pub(crate) use self::listing::{Entry, Folder, Kind, Listing, Origin};
pub(crate) use self::search::{Order, Query, Scope, search};
