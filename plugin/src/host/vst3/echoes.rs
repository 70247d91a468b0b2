//! Values that the host sends twice, or sends back.
//!
//! What is automated arrives in blocks, to the frame, and once more from the host's list of parameters,
//! late. What a hand drags in our window comes back a little later, when the knob is already further on.
//! Neither may set anything.

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering::Relaxed};
use std::time::Instant;

use gridleak_core::{PARAMETERS, ParameterId};

/// For so many ms after a value in a block the host's list is not listened to.
const LATE: u32 = 200;

/// Which values come from where.
pub(super) struct Echoes {
    born: Instant,
    /// The time of the newest block, in ms.
    now: AtomicU32,
    rows: [Row; PARAMETERS.len()],
}

struct Row {
    /// The time of the newest value in a block, in ms; 0: there was none.
    fed: AtomicU32,
    /// Whether it is in the player's hand.
    held: AtomicBool,
}

impl Echoes {
    pub(super) fn new() -> Self {
        let row = |_| Row {
            fed: AtomicU32::new(0),
            held: AtomicBool::new(false),
        };
        Self {
            born: Instant::now(),
            now: AtomicU32::new(0),
            rows: std::array::from_fn(row),
        }
    }

    fn ms(&self) -> u32 {
        (self.born.elapsed().as_millis() as u32).max(1)
    }

    /// A block begins.
    pub(super) fn next_block(&self) {
        self.now.store(self.ms(), Relaxed);
    }

    /// A value has come in this block; whether it counts.
    pub(super) fn takes_from_block(&self, id: ParameterId) -> bool {
        let row = &self.rows[id as usize];
        row.fed.store(self.now.load(Relaxed), Relaxed);
        !row.held.load(Relaxed)
    }

    /// Whether a value from the host's list counts.
    pub(super) fn takes_from_list(&self, id: ParameterId) -> bool {
        let row = &self.rows[id as usize];
        let fed = row.fed.load(Relaxed);
        let late = fed != 0 && self.ms().wrapping_sub(fed) < LATE;
        !late && !row.held.load(Relaxed)
    }

    /// A hand takes a row or lets it go.
    pub(super) fn hold(&self, id: ParameterId, held: bool) {
        self.rows[id as usize].held.store(held, Relaxed);
    }

    /// No hand is left.
    pub(super) fn let_go(&self) {
        self.rows
            .iter()
            .for_each(|row| row.held.store(false, Relaxed));
    }
}
