//! Finding something in a listing.

use std::cmp::Reverse;

use nucleo_matcher::pattern::{Atom, AtomKind, CaseMatching, Normalization};
use nucleo_matcher::{Config, Matcher, Utf32Str};

use super::listing::{Entry, Kind, Listing, Origin};
use crate::folder::Name;

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

/// What a letter that fits is worth at least, as the matcher counts: less by a letter that stands
/// apart from the one before it.
const LETTER: u32 = 16;

/// Names weigh so much more than folders and what a file says of itself.
const NAME: u32 = 2;

/// The entries of `listing` that fit, as places in [`Listing::entries`], the best first. Every word
/// that was typed has to be in the name, in the names of the folders or in what the file says of
/// itself; letters may be left out of it.
pub(crate) fn search(listing: &Listing, query: &Query) -> Vec<usize> {
    let fits = |entry: &Entry| entry.kind == query.kind && query.scope.holds(listing, entry);
    let places = listing.entries.iter().enumerate();
    let mut places: Vec<_> = places
        .filter_map(|(place, entry)| fits(entry).then_some(place))
        .collect();
    let words: Vec<_> = query.text.split_whitespace().map(Word::new).collect();
    if words.is_empty() {
        sort(&mut places, listing, query);
        return places;
    }

    let mut scores = Scores::new(listing, words);
    let mut scored: Vec<_> = places
        .into_iter()
        .filter_map(|place| Some((place, scores.of(&listing.entries[place])?)))
        .collect();
    // Of those that fit as well, the order says which comes first.
    let mut places: Vec<_> = scored.iter().map(|(place, _)| *place).collect();
    sort(&mut places, listing, query);
    let mut ranks = vec![0; listing.entries.len()];
    for (rank, place) in places.into_iter().enumerate() {
        ranks[place] = rank;
    }
    scored.sort_unstable_by_key(|(place, score)| (Reverse(*score), ranks[*place]));
    scored.into_iter().map(|(place, _)| place).collect()
}

impl Scope {
    fn holds(self, listing: &Listing, entry: &Entry) -> bool {
        match self {
            Scope::All => true,
            Scope::BuiltIn => matches!(entry.origin, Origin::BuiltIn(_)),
            Scope::Favourites => entry.favourite,
            Scope::Recent => entry.recent.is_some(),
            Scope::Folder(place) => {
                let inside = listing.folders.get(place).map(|folder| folder.inside);
                let own = inside.map(|inside| place..=place + inside);
                entry
                    .folder
                    .zip(own)
                    .is_some_and(|(folder, own)| own.contains(&folder))
            }
        }
    }
}

/// Sorts places that stand in the order of the folders.
fn sort(places: &mut [usize], listing: &Listing, query: &Query) {
    let entry = |place: usize| &listing.entries[place];
    if query.scope == Scope::Recent {
        places.sort_by_key(|place| entry(*place).recent);
        return;
    }
    match query.order {
        Order::Folder => {}
        Order::Name => {
            places.sort_by_cached_key(|place| Name::new(entry(*place).name.as_str().into()));
        }
        Order::Newest => places.sort_by_key(|place| Reverse(entry(*place).modified)),
    }
}

/// A word that was typed.
struct Word {
    atom: Atom,
    /// What it has to score at least: letters may stand apart once or twice, but not be picked from
    /// all over a long text.
    least: u32,
}

impl Word {
    fn new(text: &str) -> Self {
        let atom = Atom::new(
            text,
            CaseMatching::Ignore,
            Normalization::Smart,
            AtomKind::Fuzzy,
            false,
        );
        let letters = atom.needle_text().len() as u32;
        Self {
            atom,
            least: LETTER * letters,
        }
    }
}

/// Works out how well entries fit.
struct Scores {
    matcher: Matcher,
    words: Vec<Word>,
    /// The scores of each word in the names of each folder and those that it is in, words of a folder
    /// side by side; 0 if it does not fit.
    folders: Vec<u32>,
    /// For text that is not ASCII.
    letters: Vec<char>,
}

impl Scores {
    fn new(listing: &Listing, words: Vec<Word>) -> Self {
        let mut scores = Self {
            matcher: Matcher::new(Config::DEFAULT),
            folders: Vec::with_capacity(listing.folders.len() * words.len()),
            words,
            letters: Vec::new(),
        };
        // The places of the folders that the current one is in, and its own.
        let mut path: Vec<usize> = Vec::new();
        for (place, folder) in listing.folders.iter().enumerate() {
            path.truncate(folder.depth);
            for word in 0..scores.words.len() {
                let own = scores.score(word, &folder.name);
                let above = path.last().map_or(0, |above| scores.folder(*above, word));
                scores.folders.push(own.max(above));
            }
            path.push(place);
        }
        scores
    }

    /// How well the entry fits, if it does.
    fn of(&mut self, entry: &Entry) -> Option<u32> {
        let mut sum = 0;
        for word in 0..self.words.len() {
            let name = self.score(word, &entry.name) * NAME;
            // Nothing else can be worth more than a name does that has the word as it was typed.
            let folder = entry.folder.map_or(0, |folder| self.folder(folder, word));
            let best = name.max(folder).max(self.score(word, &entry.about));
            if best == 0 {
                return None;
            }
            sum += best;
        }
        Some(sum)
    }

    fn folder(&self, folder: usize, word: usize) -> u32 {
        let place = folder * self.words.len() + word;
        self.folders.get(place).copied().unwrap_or(0)
    }

    /// What a word is worth in `text`; 0 if it does not fit.
    fn score(&mut self, word: usize, text: &str) -> u32 {
        let word = &self.words[word];
        let text = Utf32Str::new(text, &mut self.letters);
        let score = word
            .atom
            .score(text, &mut self.matcher)
            .map_or(0, u32::from);
        if score >= word.least { score } else { 0 }
    }
}
