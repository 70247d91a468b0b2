//! What was read of files. All slots of all instances that play the same file share it, and it is there for as
//! long as any of them does.

use std::sync::{Arc, OnceLock, Weak};

use gridleak_core::{Capture, ImpulseResponse, Measured};
use parking_lot::Mutex;

use crate::capture_info::cost;
use crate::session::references::ContentHash;

pub(super) static CAPTURES: Parsed<ParsedCapture> = Parsed::new();
pub(super) static RESPONSES: Parsed<ImpulseResponse> = Parsed::new();

/// What was read of files of one kind, by what is in them.
pub(super) struct Parsed<T>(Mutex<Vec<(ContentHash, Weak<T>)>>);

/// A capture, and what is found out about it by playing it.
pub(super) struct ParsedCapture {
    pub(super) capture: Capture,
    pub(super) measured: Measured,
    cost: OnceLock<f32>,
}

impl<T> Parsed<T> {
    const fn new() -> Self {
        Self(Mutex::new(Vec::new()))
    }

    /// What is shared already of a file with this hash.
    pub(super) fn find(&self, hash: ContentHash) -> Option<Arc<T>> {
        let known = self.0.lock();
        known.iter().find(|(known, _)| *known == hash)?.1.upgrade()
    }

    /// Shares what was read of a file with this hash, unless somebody else was faster: gives what is shared.
    pub(super) fn share(&self, hash: ContentHash, new: T) -> Arc<T> {
        let mut known = self.0.lock();
        known.retain(|(_, held)| held.strong_count() > 0);
        let mut there = known.iter().filter(|(known, _)| *known == hash);
        if let Some(there) = there.find_map(|(_, held)| held.upgrade()) {
            return there;
        }
        let new = Arc::new(new);
        known.push((hash, Arc::downgrade(&new)));
        new
    }
}

impl ParsedCapture {
    pub(super) fn new(capture: Capture, measured: Measured) -> Self {
        Self {
            capture,
            measured,
            cost: OnceLock::new(),
        }
    }

    /// Which part of a core playing it takes. Takes a while when it is asked for first.
    pub(super) fn cost(&self) -> f32 {
        *self.cost.get_or_init(|| cost(&self.capture))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_in_use_is_there_once_and_nothing_else_is_kept() {
        let parsed = Parsed::new();
        let [one, two] = ["one", "two"].map(|text| ContentHash::of(text.as_bytes()));
        assert!(parsed.find(one).is_none());
        let first = parsed.share(one, 1);
        let again = parsed.share(one, 11);
        let other = parsed.share(two, 2);
        assert!(Arc::ptr_eq(&first, &again) && Arc::ptr_eq(&first, &parsed.find(one).unwrap()));
        assert_eq!((*first, *other), (1, 2));
        let gone = Arc::downgrade(&first);
        drop((first, again));
        assert!(gone.upgrade().is_none() && parsed.find(one).is_none());
        assert_eq!(*parsed.share(one, 3), 3);
        assert_eq!(parsed.0.lock().len(), 2);
    }
}
