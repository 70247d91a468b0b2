//! Tells one thread from all others, those that have ended included.

use std::cell::Cell;
use std::sync::atomic::{AtomicU64, Ordering};

thread_local! {
    /// 0 for a thread that nobody has asked for. Made without the allocator, and nothing to destroy.
    static TOKEN: Cell<u64> = const { Cell::new(0) };
}

/// A thread of this process. The system's own numbers are no help: it gives that of a thread that has
/// ended to the next one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ThreadToken {
    token: u64,
    /// The system's number all the same: it tells most threads apart without a look at their own
    /// memory, for which the system may ask the allocator when a thread looks there first.
    #[cfg(unix)]
    number: libc::pthread_t,
}

impl ThreadToken {
    /// That of the thread that this runs on.
    pub(crate) fn here() -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        let token = TOKEN.with(|token| {
            if token.get() == 0 {
                token.set(NEXT.fetch_add(1, Ordering::Relaxed));
            }
            token.get()
        });
        Self {
            token,
            #[cfg(unix)]
            number: number(),
        }
    }

    /// Whether this runs on that thread. Never waits.
    pub(crate) fn is_here(self) -> bool {
        #[cfg(unix)]
        if self.number != number() {
            return false;
        }
        TOKEN.with(|token| token.get() == self.token)
    }
}

#[cfg(unix)]
fn number() -> libc::pthread_t {
    // SAFETY: always succeeds, and touches nothing.
    unsafe { libc::pthread_self() }
}

#[cfg(test)]
mod tests {
    use std::thread;

    use super::*;

    #[test]
    fn a_thread_knows_itself_and_no_other() {
        let here = ThreadToken::here();
        assert!(here.is_here());
        assert_eq!(here, ThreadToken::here());
        assert!(!thread::spawn(move || here.is_here()).join().unwrap());
        assert!(here.is_here());
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_thread_that_has_ended_is_not_the_next_one() {
        let mut reused = 0;
        for _ in 0..1000 {
            let ended = thread::spawn(ThreadToken::here).join().unwrap();
            let next = thread::spawn(move || (ended.number == number(), ended.is_here()));
            let (same_number, here) = next.join().unwrap();
            assert!(!here);
            reused += usize::from(same_number);
        }
        assert!(
            reused > 0,
            "the system gives no number twice: try another way"
        );
    }
}
