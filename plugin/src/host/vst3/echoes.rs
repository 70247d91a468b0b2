//! Values that the host sends twice, or sends back.
//!
//! What is automated arrives in blocks, to the frame, and once more from the host's list of parameters,
//! late or early. What a hand drags in our window comes back a little later, when the knob is already
//! further on. Neither may set anything: while blocks come, a value of the list waits for the next one,
//! and goes if that or the hand brings a better one.

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering::*};
use std::time::Instant;

use gridleak_core::{Kind, PARAMETERS, ParameterId};

/// For so many ms after a value in a block the host's list is not listened to, and for so many ms its
/// values wait for a block.
const LATE: u32 = 200;

/// After so many ms without a block none may come for long: the host has stopped, or is paused.
const PAUSE: u32 = 50;

/// No value.
const NONE: u32 = f32::NAN.to_bits();

/// What waits for a button that went down and up again meanwhile.
const CLICK: f32 = 2.0;

/// What becomes of a value from the host's list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum FromList {
    /// It is set.
    Counts,
    /// It waits for the next block.
    Waits,
    /// It is left out.
    Goes,
}

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

    /// What becomes of a value from the host's list; whether blocks come, or may come any moment.
    pub(super) fn judge(&self, id: ParameterId, processing: bool) -> FromList {
        self.judge_at(self.ms(), id, processing)
    }

    fn judge_at(&self, now: u32, id: ParameterId, processing: bool) -> FromList {
        let row = &self.rows[id as usize];
        let late = since(now, &row.fed) < LATE && since(now, &self.now) < PAUSE;
        match (row.held.load(Relaxed), processing) {
            (true, _) => FromList::Goes,
            (_, false) => FromList::Counts,
            _ if late => FromList::Goes,
            _ => FromList::Waits,
        }
    }

    /// Whether something waits for a block that does not come.
    pub(super) fn waits_in_vain(&self) -> bool {
        self.waits_in_vain_at(self.ms())
    }

    fn waits_in_vain_at(&self, now: u32) -> bool {
        self.waiting.load(Relaxed) && since(now, &self.now) >= LATE
    }

    /// Has a value from the host's list wait.
    pub(super) fn put_off(&self, id: ParameterId, plain: f32) {
        let waits = &self.rows[id as usize].waits;
        let pressed = f32::from_bits(waits.load(Relaxed)) >= 1.0;
        let click = pressed && plain == 0.0 && matches!(id.row().kind, Kind::Button);
        let plain = if click { CLICK } else { plain };
        waits.store(plain.to_bits(), Relaxed);
        self.waiting.store(true, Release);
    }

    /// What waits for a row.
    pub(super) fn waits(&self, id: ParameterId) -> Option<f32> {
        let plain = f32::from_bits(self.rows[id as usize].waits.load(Relaxed));
        let button = matches!(id.row().kind, Kind::Button);
        match plain {
            CLICK if button => Some(0.0),
            plain => (!plain.is_nan()).then_some(plain),
        }
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
                if plain == CLICK && matches!(parameter.kind, Kind::Button) {
                    take(parameter.which, 0.0);
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

/// How many ms have gone by since something; more than any if it never was.
fn since(now: u32, then: &AtomicU32) -> u32 {
    match then.load(Relaxed) {
        0 => u32::MAX,
        then => now.wrapping_sub(then),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KNOB: ParameterId = ParameterId::Input;

    #[test]
    fn the_list_is_left_out_only_where_it_repeats_what_blocks_bring() {
        let echoes = Echoes::new();
        let answer = |now| echoes.judge_at(now, KNOB, true);
        assert_eq!(answer(1), FromList::Waits);
        echoes.now.store(1000, Relaxed);
        assert!(echoes.takes_from_block(KNOB));
        assert_eq!(answer(1010), FromList::Goes);
        assert_eq!(echoes.judge_at(1010, KNOB, false), FromList::Counts);
        // The host is paused right after the value.
        assert_eq!(answer(1060), FromList::Waits);
        // Blocks go on, without values.
        echoes.now.store(1190, Relaxed);
        assert_eq!(answer(1195), FromList::Goes);
        assert_eq!(answer(1201), FromList::Waits);
        echoes.hold(KNOB, true);
        assert_eq!(echoes.judge_at(5000, KNOB, false), FromList::Goes);
    }

    #[test]
    fn nothing_waits_for_blocks_that_do_not_come() {
        let echoes = Echoes::new();
        echoes.now.store(1000, Relaxed);
        assert!(!echoes.waits_in_vain_at(5000));
        echoes.put_off(KNOB, 3.0);
        assert!(!echoes.waits_in_vain_at(1100));
        assert!(echoes.waits_in_vain_at(1200));
        echoes.take_waiting(|id, plain| assert_eq!((id, plain), (KNOB, 3.0)));
        assert!(!echoes.waits_in_vain_at(1200));
    }
}
