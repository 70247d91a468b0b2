//! What was measured of captures, so that whoever loads the same one again, in whichever instance,
//! does not play it again.

use std::collections::VecDeque;

use gridleak_core::{Capture, Measured};
use parking_lot::Mutex;

use crate::session::references::ContentHash;

/// Of more captures than that, what was measured first is forgotten.
const MOST: usize = 512;

static KNOWN: Mutex<VecDeque<(ContentHash, Measured)>> = Mutex::new(VecDeque::new());

/// What [`Capture::measure`] finds out about a capture that was read from bytes of this hash; None if
/// `cancelled` said true meanwhile. Not for the audio thread.
pub(crate) fn of(
    capture: &Capture,
    hash: ContentHash,
    cancelled: &dyn Fn() -> bool,
) -> Option<Measured> {
    if let Some(known) = find(hash) {
        return Some(known);
    }
    let measured = capture.measure(cancelled)?;
    let mut known = KNOWN.lock();
    known.truncate(MOST - 1);
    known.push_front((hash, measured));
    Some(measured)
}

fn find(hash: ContentHash) -> Option<Measured> {
    let known = KNOWN.lock();
    let found = known.iter().find(|(known, _)| *known == hash);
    found.map(|(_, measured)| *measured)
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    #[test]
    fn what_is_known_is_not_measured_again_and_the_oldest_is_forgotten() {
        let file = br#"{"version":"0.5.4","architecture":"Linear","weights":[0.5],
            "config":{"receptive_field":1,"bias":false}}"#;
        let capture = Capture::from_bytes("x.nam", file).unwrap();
        let played = |text: &str| {
            let asked = Cell::new(false);
            let found = of(&capture, ContentHash::of(text.as_bytes()), &|| {
                asked.set(true);
                false
            });
            assert_eq!(found, capture.measure(&|| false));
            asked.get()
        };
        assert!(played("measurements: one"));
        assert!(!played("measurements: one"));
        for count in 0..MOST {
            assert!(played(&format!("measurements: {count}")));
        }
        assert!(played("measurements: one"));
        let hash = ContentHash::of(b"measurements: nobody wants it");
        assert_eq!(of(&capture, hash, &|| true), None);
        assert_eq!(find(hash), None, "what was cancelled is not known");
        assert!(KNOWN.lock().len() <= MOST);
    }
}
