//! Finding something in a listing.

use std::cmp::Reverse;

use nucleo_matcher::chars::normalize;
use nucleo_matcher::pattern::{Atom, AtomKind, CaseMatching, Normalization};
use nucleo_matcher::{Config, Matcher, Utf32Str};

use super::listing::{Entry, Kind, Listing, Origin};
use crate::session::folder::natural;

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

/// What a letter that fits is worth, as the matcher counts. It takes off for gaps.
const LETTER: u32 = 16;

/// Names weigh so much more than folders and what a file says of itself.
const NAME: u32 = 2;

/// The entries of `listing` that fit, as places in [`Listing::entries`], the best first. Every word
/// that was typed has to be in the name, in the name of one of the folders around it or in what the
/// file says of itself. In names, letters of it may be left out.
pub(crate) fn search(listing: &Listing, query: &Query) -> Vec<usize> {
    let places = listing.entries.iter().enumerate();
    let fit =
        places.filter(|(_, entry)| entry.kind == query.kind && query.scope.holds(listing, entry));
    let words: Vec<_> = query.text.split_whitespace().map(Word::new).collect();
    let mut scores = Scores::new(listing, &words);
    let scored = fit.filter_map(|(place, entry)| Some((place, scores.of(entry)?)));
    let mut found: Vec<(usize, u32)> = scored.collect();

    let entry = |place: usize| &listing.entries[place];
    match query.order {
        _ if query.scope == Scope::Recent => found.sort_by_key(|(place, _)| entry(*place).recent),
        Order::Folder => {}
        Order::Name => found.sort_by_cached_key(|(place, _)| natural(&entry(*place).name)),
        Order::Newest => found.sort_by_key(|(place, _)| Reverse(entry(*place).modified)),
    }
    // Those that fit as well stay in that order.
    found.sort_by_key(|(_, score)| Reverse(*score));
    found.into_iter().map(|(place, _)| place).collect()
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
                let own = inside.map(|inside| place..=place.saturating_add(inside));
                entry
                    .folder
                    .zip(own)
                    .is_some_and(|(folder, own)| own.contains(&folder))
            }
        }
    }
}

/// A word that was typed.
struct Word {
    /// The word as it is.
    whole: Atom,
    /// The word with letters left out. For names alone: in longer text, letters can be picked together
    /// for any word.
    slip: Option<Atom>,
    /// What it has to score at least. Gaps are made good by letters that begin words or follow each
    /// other, but not many of them.
    least: u32,
}

impl Word {
    fn new(text: &str) -> Self {
        let atom = |kind| {
            let (case, accents) = (CaseMatching::Ignore, Normalization::Smart);
            Atom::new(text, case, accents, kind, false)
        };
        // nucleo-matcher 0.3.1 minds the case of a substring like "50w", whose first letter is its third.
        let letter = text.bytes().position(|byte| byte.is_ascii_alphabetic());
        let whole = atom(match letter {
            Some(2..) => AtomKind::Fuzzy,
            _ => AtomKind::Substring,
        });
        // Another number is not a misspelt one.
        let number = text.bytes().all(|byte| byte.is_ascii_digit());
        Self {
            slip: (!number).then(|| atom(AtomKind::Fuzzy)),
            least: LETTER * whole.needle_text().len() as u32,
            whole,
        }
    }
}

/// Works out how well entries fit.
struct Scores<'a> {
    words: &'a [Word],
    /// What each word is worth in the names of each folder and those around it, the words of a folder
    /// side by side; 0 if it does not fit.
    folders: Vec<u32>,
    matcher: Matcher,
    /// A text that is not ASCII, for words that are.
    ascii: Vec<u8>,
    /// A text that is not ASCII, for words that are not either.
    characters: Vec<char>,
}

impl<'a> Scores<'a> {
    fn new(listing: &Listing, words: &'a [Word]) -> Self {
        let mut scores = Self {
            words,
            folders: Vec::with_capacity(listing.folders.len() * words.len()),
            matcher: Matcher::new(Config::DEFAULT),
            ascii: Vec::new(),
            characters: Vec::new(),
        };
        // The folders around the current one.
        let mut around: Vec<usize> = Vec::new();
        for (place, folder) in listing.folders.iter().enumerate() {
            around.truncate(folder.depth);
            for (index, word) in words.iter().enumerate() {
                let own = scores.in_name(word, &folder.name);
                let outer = around
                    .last()
                    .map_or(0, |outer| scores.folder(*outer, index));
                scores.folders.push(own.max(outer));
            }
            around.push(place);
        }
        scores
    }

    /// How well the entry fits, if it does.
    fn of(&mut self, entry: &Entry) -> Option<u32> {
        let mut sum = 0;
        for (index, word) in self.words.iter().enumerate() {
            let mut worth = NAME * self.in_name(word, &entry.name);
            if worth == 0 {
                worth = entry.folder.map_or(0, |folder| self.folder(folder, index));
            }
            if worth == 0 {
                worth = self.worth(&word.whole, &entry.about, word.least);
            }
            if worth == 0 {
                return None;
            }
            sum += worth;
        }
        Some(sum)
    }

    fn folder(&self, folder: usize, word: usize) -> u32 {
        let place = folder.saturating_mul(self.words.len()).saturating_add(word);
        self.folders.get(place).copied().unwrap_or(0)
    }

    /// What a word is worth in a name; 0 if it does not fit.
    fn in_name(&mut self, word: &Word, name: &str) -> u32 {
        match (self.worth(&word.whole, name, word.least), &word.slip) {
            (0, Some(slip)) => self.worth(slip, name, word.least),
            (worth, _) => worth,
        }
    }

    /// What a word is worth in `text`; 0 if that is less than `least`.
    fn worth(&mut self, word: &Atom, text: &str, least: u32) -> u32 {
        let text = if text.is_ascii() {
            Utf32Str::Ascii(text.as_bytes())
        } else if matches!(word.needle_text(), Utf32Str::Ascii(_)) {
            write_ascii(text, &mut self.ascii);
            Utf32Str::Ascii(&self.ascii)
        } else {
            self.characters.clear();
            self.characters
                .extend(text.chars().filter(|c| !is_accent(*c)));
            Utf32Str::Unicode(&self.characters)
        };
        let worth = word.score(text, &mut self.matcher).map_or(0, u32::from);
        if worth < least { 0 } else { worth }
    }
}

/// Whether this is an accent that is a character of its own, as names have them on a Mac. It counts for
/// nothing.
fn is_accent(c: char) -> bool {
    ('\u{300}'..='\u{36f}').contains(&c)
}

/// Writes `text` without accents, and with zeros for what is not ASCII even so: a word that is ASCII
/// is found in it as in the text, but much faster.
fn write_ascii(text: &str, ascii: &mut Vec<u8>) {
    ascii.clear();
    let mut rest = text;
    while let Some(place) = rest.bytes().position(|byte| !byte.is_ascii()) {
        let (before, from) = rest.split_at(place);
        ascii.extend(before.as_bytes());
        let mut characters = from.chars();
        if let Some(c) = characters.next().filter(|c| !is_accent(*c)) {
            let plain = u8::try_from(normalize(c)).ok();
            ascii.push(plain.filter(u8::is_ascii).unwrap_or(0));
        }
        rest = characters.as_str();
    }
    ascii.extend(rest.as_bytes());
}

#[cfg(test)]
mod tests {
    use std::path::Path;
    use std::time::{Duration, Instant, SystemTime};

    use super::super::listing::Folder;
    use super::*;

    fn folder(name: &str, depth: usize, inside: usize) -> Folder {
        Folder {
            path: Path::new("/").join(name),
            name: name.to_owned(),
            depth,
            inside,
            counts: [0; 2],
            missing: false,
        }
    }

    fn entry(name: &str, folder: Option<usize>, about: &str) -> Entry {
        Entry {
            origin: Origin::File(Path::new("/").join(name)),
            kind: Kind::Capture,
            name: name.to_owned(),
            folder,
            modified: None,
            about: about.to_owned(),
            favourite: false,
            recent: None,
        }
    }

    fn query(text: &str, scope: Scope, order: Order) -> Query {
        Query {
            text: text.to_owned(),
            kind: Kind::Capture,
            scope,
            order,
        }
    }

    fn listing() -> Listing {
        let plexi = "Super Lead, Marshall 1959, amp, crunch, by Zoë Ångström, WaveNet";
        let mut entries = vec![
            entry("Plexi 10 bright", Some(1), plexi),
            entry("Plexi 2", Some(1), plexi),
            entry("Twin Reverb clean", Some(2), "Fender, amp, clean, LSTM"),
            entry("DS-1", Some(3), "Boss, pedal, by Marshal Mathers"),
            entry("alone", None, "Hiwatt 100W"),
            entry("4x12", Some(1), ""),
        ];
        let at = |seconds| Some(SystemTime::UNIX_EPOCH + Duration::from_secs(seconds));
        entries[1].modified = at(5);
        entries[2].modified = at(9);
        entries[2].favourite = true;
        entries[3].recent = Some(1);
        entries[4].recent = Some(0);
        entries[5].kind = Kind::Response;
        Listing {
            folders: vec![
                folder("Captures", 0, 2),
                folder("British stacks", 1, 0),
                folder("Américain", 1, 0),
                folder("Pedals", 0, 0),
            ],
            entries,
            ..Listing::default()
        }
    }

    #[test]
    fn without_words_scope_and_order_decide() {
        let listing = listing();
        let found = |scope, order| search(&listing, &query(" ", scope, order));
        assert_eq!(found(Scope::All, Order::Folder), [0, 1, 2, 3, 4]);
        assert_eq!(found(Scope::All, Order::Name), [4, 3, 1, 0, 2]);
        assert_eq!(found(Scope::All, Order::Newest), [2, 1, 0, 3, 4]);
        assert_eq!(found(Scope::Favourites, Order::Name), [2]);
        assert_eq!(found(Scope::Recent, Order::Name), [4, 3]);
        assert_eq!(found(Scope::Folder(0), Order::Folder), [0, 1, 2]);
        assert_eq!(found(Scope::Folder(2), Order::Folder), [2]);
        assert_eq!(found(Scope::Folder(99), Order::Folder), [0; 0]);
        assert_eq!(found(Scope::BuiltIn, Order::Folder), [0; 0]);
        let responses = Query {
            kind: Kind::Response,
            ..query("", Scope::All, Order::Name)
        };
        assert_eq!(search(&listing, &responses), [5]);
    }

    #[test]
    fn words_are_found_in_names_folders_and_what_files_say() {
        let listing = listing();
        let found = |text: &str| search(&listing, &query(text, Scope::All, Order::Folder));
        assert_eq!(found("PLEXI"), [0, 1]);
        assert_eq!(found("bright plex"), [0]);
        assert_eq!(found("plex bright"), [0]);
        // Those in the folder "British", too.
        assert_eq!(found("british"), [0, 1]);
        assert_eq!(found("2 captures marshall"), [1]);
        assert_eq!(found("angstrom"), [0, 1]);
        assert_eq!(found("américain"), [2]);
        assert_eq!(found("zoe\u{308} ångs"), [0, 1]);
        assert_eq!(found("10"), [0, 4]);
        assert_eq!(found("100w"), [4]);
        assert_eq!(found("201"), [0; 0]);
        assert_eq!(found("americain clean"), [2]);
        assert_eq!(found("arshal"), [0, 1, 3]);
        // Letters left out of names, and the first ones of words.
        assert_eq!(found("plxi brght"), [0]);
        assert_eq!(found("pdls"), [3]);
        assert_eq!(found("twn"), [2]);
        assert_eq!(found("trc"), [2]);
        // Letters picked from all over are no match, nor are special signs special.
        assert_eq!(found("shred"), [0; 0]);
        assert_eq!(found("plexi nothing"), [0; 0]);
        assert_eq!(found("^plexi"), [0; 0]);
        assert_eq!(found("!plexi"), [0; 0]);
        assert_eq!(found("ds-1"), [3]);
        let scoped = query("a", Scope::Recent, Order::Folder);
        assert_eq!(search(&listing, &scoped), [4, 3]);
    }

    #[test]
    fn names_weigh_more_and_the_order_decides_among_equals() {
        let mut listing = listing();
        listing.entries[4].name = "My Marshal".to_owned();
        let found = |text: &str, order| search(&listing, &query(text, Scope::All, order));
        assert_eq!(found("marshal", Order::Folder), [4, 0, 1, 3]);
        assert_eq!(found("plexi", Order::Name), [1, 0]);
        assert_eq!(found("plexi", Order::Newest), [1, 0]);
        assert_eq!(found("plexi", Order::Folder), [0, 1]);
    }

    #[test]
    fn ten_thousand_entries_are_searched_in_no_time() {
        let mut listing = listing();
        let makers = ["Marshall", "Fender", "Ängstrom", "Boss", "Mesa Boogie"];
        listing.entries = (0..10_000)
            .map(|i| {
                let maker = makers[i % makers.len()];
                let name = format!("{maker} amp {i} bright, treble {}", i % 11);
                let about = format!(
                    "{maker} Super Lead model {i}, amp cab, hi gain, by somebody with a long name \
                     who says much of microphones and cabinets, WaveNet"
                );
                entry(&name, Some(i * 4 / 10_000), &about)
            })
            .collect();
        for text in [
            "",
            "m",
            "marshall",
            "lead mesa 77",
            "äng",
            "nowhere to be found",
            "aaaaaaaa",
        ] {
            for order in [Order::Folder, Order::Name] {
                let query = query(text, Scope::All, order);
                let runs = (0..5).map(|_| {
                    let start = Instant::now();
                    let found = search(&listing, &query).len();
                    (start.elapsed(), found)
                });
                let (time, found) = runs.min().unwrap();
                println!("{text:?} {order:?}: {found} found in {time:.1?}");
            }
        }
        let found = search(&listing, &query("lead mesa 7774", Scope::All, Order::Name));
        assert_eq!(found, [7774]);
    }
}
