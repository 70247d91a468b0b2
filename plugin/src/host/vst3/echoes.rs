//! Values that the host sends twice, or sends back.
//!
//! What is automated arrives in blocks, to the frame, and once more from the host's list of parameters,
//! late or early. What a hand drags in our window comes back a little later, when the knob is already
//! further on. Neither may set anything: while blocks come, a value of the list waits for the next one,
//! and goes if that brings a better one.

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering::*};
use std::time::Instant;

use gridleak_core::{PARAMETERS, ParameterId};

/// For so many ms after a value in a block the host's list is not listened to.
const LATE: u32 = 200;

/// No value.
const NONE: u32 = f32::NAN.to_bits();

/// Which values come from where.
pub(super) struct Echoes {
    born: Instant,
    /// The time of the newest block, in ms.
    now: AtomicU32,
    rows: [Row; PARAMETERS.len()],
    /// Whether any value waits.
    waiting: AtomicBool,
}

struct Row {
    /// The time of the newest value in a block, in ms; 0: there was none.
    fed: AtomicU32,
    /// Whether it is in the player's hand.
    held: AtomicBool,
    /// The plain value from the host's list that waits for a block, as bits; not a number: none does.
    waits: AtomicU32,
}

impl Echoes {
    pub(super) fn new() -> Self {
        let row = |_| Row {
            fed: AtomicU32::new(0),
            held: AtomicBool::new(false),
            waits: AtomicU32::new(NONE),
        };
        Self {
            born: Instant::now(),
            now: AtomicU32::new(0),
            rows: std::array::from_fn(row),
            waiting: AtomicBool::new(false),
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

    /// Has a value from the host's list wait.
    pub(super) fn put_off(&self, id: ParameterId, plain: f32) {
        self.rows[id as usize].waits.store(plain.to_bits(), Relaxed);
        self.waiting.store(true, Release);
    }

    /// What waits for a row.
    pub(super) fn waits(&self, id: ParameterId) -> Option<f32> {
        let plain = f32::from_bits(self.rows[id as usize].waits.load(Relaxed));
        (!plain.is_nan()).then_some(plain)
    }

    /// Something better has come for a row.
    pub(super) fn drop_waiting(&self, id: ParameterId) {
        self.rows[id as usize].waits.store(NONE, Relaxed);
    }

    /// Ends the waiting of all values.
    pub(super) fn take_waiting(&self, mut take: impl FnMut(ParameterId, f32)) {
        if self.waiting.swap(false, Acquire) {
            for (row, parameter) in self.rows.iter().zip(&PARAMETERS) {
                let plain = f32::from_bits(row.waits.swap(NONE, Relaxed));
                if !plain.is_nan() {
                    take(parameter.which, plain);
                }
            }
        }
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
