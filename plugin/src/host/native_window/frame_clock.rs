//! When the next picture is due: at most sixty in a second while something moves, none while nothing does.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// From one picture to the next.
const FRAME: Duration = Duration::from_nanos(1_000_000_000 / 60);

/// Nobody wishes for a picture.
const NEVER: u64 = u64::MAX;

/// Wishes for pictures, from any thread, in nanoseconds since the beginning. Clones share them.
#[derive(Debug, Clone)]
pub(super) struct FrameClock {
    begun: Instant,
    wish: Arc<AtomicU64>,
    /// No picture is drawn before this.
    next: Arc<AtomicU64>,
}

impl FrameClock {
    pub(super) fn new() -> Self {
        Self {
            begun: Instant::now(),
            wish: Arc::new(AtomicU64::new(NEVER)),
            next: Arc::default(),
        }
    }

    /// Seconds since the window was opened.
    pub(super) fn seconds(&self) -> f64 {
        self.begun.elapsed().as_secs_f64()
    }

    fn now(&self) -> u64 {
        self.begun.elapsed().as_nanos() as u64
    }

    /// Has a picture drawn `delay` from now, or earlier if somebody else wishes so.
    pub(super) fn wish(&self, delay: Duration) {
        let delay = u64::try_from(delay.as_nanos()).unwrap_or(NEVER);
        let at = self.now().saturating_add(delay);
        self.wish.fetch_min(at, Ordering::AcqRel);
    }

    /// Whether a picture is wished for and due. It must be drawn then: the wish is forgotten.
    pub(super) fn take_due(&self) -> bool {
        self.take_due_at(self.now())
    }

    fn take_due_at(&self, now: u64) -> bool {
        let next = self.next.load(Ordering::Relaxed);
        if self.wish.load(Ordering::Acquire).max(next) > now {
            return false;
        }
        self.wish.store(NEVER, Ordering::Release);
        // Counted from when it was due, not from now, so that looking seldom costs no pictures.
        let frame = FRAME.as_nanos() as u64;
        let late = now.saturating_sub(next) > frame;
        let from = if late { now } else { next };
        self.next.store(from + frame, Ordering::Relaxed);
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: u64 = 1_000_000;

    #[test]
    fn sixty_pictures_a_second_while_something_moves_and_none_while_nothing_does() {
        let clock = FrameClock::new();
        let second = |from: u64, moves: bool| {
            let looks = (0..200).map(|n| from + n * 5 * MS);
            let drawn = looks.filter(|now| {
                if moves {
                    clock.wish(Duration::ZERO);
                }
                clock.take_due_at(*now)
            });
            drawn.count()
        };
        assert!((59..=61).contains(&second(10_000 * MS, true)));
        clock.take_due_at(12_000 * MS);
        assert_eq!(second(13_000 * MS, false), 0);
    }

    #[test]
    fn the_earliest_wish_counts() {
        let clock = FrameClock::new();
        clock.wish(Duration::from_secs(500));
        clock.wish(Duration::from_secs(100));
        clock.wish(Duration::from_secs(300));
        assert!(!clock.take_due_at(99_000 * MS));
        assert!(clock.take_due_at(101_000 * MS));
        assert!(!clock.take_due_at(600_000 * MS), "it was forgotten");
        clock.wish(Duration::MAX);
        assert!(!clock.take_due_at(u64::MAX - 1));
    }
}
