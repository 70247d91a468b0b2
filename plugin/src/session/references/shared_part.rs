//! A part of the rig that an instance plays or is going to, shared by host, window and loader.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use parking_lot::{Mutex, MutexGuard};

use super::saved_part::SavedPart;
use crate::builtin::NOTHING;
use crate::session::part::Part;

/// The reference that is saved with the project. Clones share it.
#[derive(Clone)]
pub(crate) struct SharedPart(Arc<Shared>);

struct Shared {
    /// Locked for moving values in and out, never while something is read, written or freed.
    held: Mutex<Held>,
    /// Whether that is something.
    something: AtomicBool,
    /// Called after every new reference.
    notify: Box<dyn Fn() + Send + Sync>,
}

struct Held {
    /// Counts the references, so that the answer to an old one is not taken for the new one's.
    generation: u64,
    saved: SavedPart,
}

impl SharedPart {
    /// One with what a new instance has there, as generation 0. `notify` is called after
    /// every new reference, on the thread that brings it (the host's, too):
    /// it must do no more than wake the loader.
    pub(crate) fn new(part: Part, notify: impl Fn() + Send + Sync + 'static) -> Self {
        let saved = part.first();
        Self(Arc::new(Shared {
            something: AtomicBool::new(is_something(&saved)),
            held: Mutex::new(Held {
                generation: 0,
                saved,
            }),
            notify: Box::new(notify),
        }))
    }

    /// Has another file loaded: the user's choice, or a project's. Gives its generation.
    pub(crate) fn choose(&self, saved: SavedPart) -> u64 {
        self.replace(self.0.held.lock(), saved)
    }

    fn replace(&self, mut held: MutexGuard<'_, Held>, saved: SavedPart) -> u64 {
        held.generation += 1;
        let generation = held.generation;
        let something = is_something(&saved);
        self.0.something.store(something, Ordering::Relaxed);
        let old = std::mem::replace(&mut held.saved, saved);
        drop(held);
        drop(old);
        (self.0.notify)();
        generation
    }

    /// The same, unless another reference has come since the one of this generation.
    pub(crate) fn choose_if(&self, generation: u64, saved: SavedPart) -> Option<u64> {
        let held = self.0.held.lock();
        (held.generation == generation).then(|| self.replace(held, saved))
    }

    /// Whether it refers to something, be that there or not. Never waits.
    pub(crate) fn is_something(&self) -> bool {
        self.0.something.load(Ordering::Relaxed)
    }

    /// Counts the references.
    pub(crate) fn generation(&self) -> u64 {
        self.0.held.lock().generation
    }

    /// The reference, and its generation.
    pub(crate) fn current(&self) -> (u64, SavedPart) {
        let held = self.0.held.lock();
        (held.generation, held.saved.clone())
    }

    /// Stores what was found out about the reference of the given generation ([`SavedPart::resolved`]),
    /// without having it loaded again. Does nothing, and says so by `false`, if another reference
    /// has come meanwhile.
    pub(crate) fn resolved(&self, generation: u64, saved: SavedPart) -> bool {
        let mut held = self.0.held.lock();
        let current = held.generation == generation;
        // Freed behind the lock, whichever it is.
        let _rest = if current {
            std::mem::replace(&mut held.saved, saved)
        } else {
            saved
        };
        drop(held);
        current
    }
}

fn is_something(saved: &SavedPart) -> bool {
    saved.built_in_name() != Some(NOTHING)
}

#[cfg(test)]
mod tests {
    use std::path::Path;
    use std::sync::atomic::AtomicUsize;
    use std::thread;

    use serde_json::json;

    use super::*;

    fn slot() -> (SharedPart, Arc<AtomicUsize>) {
        let calls = Arc::new(AtomicUsize::new(0));
        let counter = calls.clone();
        let slot = SharedPart::new(Part::CAPTURE, move || {
            counter.fetch_add(1, Ordering::SeqCst);
        });
        (slot, calls)
    }

    fn file(path: &str) -> SavedPart {
        SavedPart::file(Path::new(path))
    }

    #[test]
    fn starts_with_the_first_built_in_capture() {
        let (slot, calls) = slot();
        assert_eq!(slot.current(), (0, Part::CAPTURE.first()));
        assert_eq!(
            slot.current().1.write(),
            json!({"version": 1, "builtin": "crunch"})
        );
        assert_eq!(calls.load(Ordering::SeqCst), 0);
    }

    #[test]
    fn each_choice_is_a_new_reference() {
        let (slot, calls) = slot();
        slot.choose(file("/a.nam"));
        slot.choose(file("/a.nam"));
        assert_eq!(slot.current(), (2, file("/a.nam")));
        assert_eq!(slot.choose(file("/b.nam")), 3);
        assert_eq!(slot.clone().current(), (3, file("/b.nam")));
        assert_eq!(slot.current().1.write()["path"], json!("/b.nam"));
        assert_eq!(calls.load(Ordering::SeqCst), 3);
    }

    #[test]
    fn what_was_found_out_is_kept_for_its_reference_alone() {
        let (slot, calls) = slot();
        slot.choose(file("/old.nam"));
        let (generation, mut capture) = slot.current();
        capture.rate = Some(48_000.0);
        assert!(slot.resolved(generation, capture.clone()));
        assert_eq!(slot.current(), (generation, capture.clone()));
        assert_eq!(slot.current().1.write()["rate"], json!(48_000.0));
        slot.choose(file("/new.nam"));
        assert!(!slot.resolved(generation, capture));
        assert_eq!(slot.current(), (generation + 1, file("/new.nam")));
        assert_eq!(calls.load(Ordering::SeqCst), 2);
    }

    #[test]
    fn a_missing_file_outlives_save_and_reload() {
        let (first, _) = slot();
        let mut gone = file("/gone/Rectifier.nam").write();
        gone["sha256"] = json!("ab".repeat(32));
        gone["bytes"] = json!(1234);
        first.choose(SavedPart::read(&gone).unwrap());
        let (generation, saved) = first.current();
        let nowhere = crate::session::references::Chosen::new([], None);
        let deadline = std::time::Instant::now() + std::time::Duration::from_secs(5);
        let found = crate::session::references::locate(&saved, &nowhere, deadline, &|| false);
        assert!(
            matches!(found, crate::session::references::Found::Missing(_)),
            "{found:?}"
        );
        assert!(first.resolved(
            generation,
            saved.resolved(&found, 48_000.0, &nowhere, &|| false)
        ));
        for _ in 0..3 {
            let (next, _) = slot();
            next.choose(first.current().1);
            gone["name"] = json!("Rectifier");
            assert_eq!(next.current().1.write(), gone);
        }
    }

    #[test]
    fn the_notifier_may_use_the_slot() {
        let held: Arc<Mutex<Option<SharedPart>>> = Arc::default();
        let inside = held.clone();
        let seen = Arc::new(Mutex::new(Vec::new()));
        let list = seen.clone();
        let slot = SharedPart::new(Part::CAPTURE, move || {
            let slot = inside.lock().clone();
            list.lock().push(slot.unwrap().current().0);
        });
        *held.lock() = Some(slot.clone());
        slot.choose(file("/a.nam"));
        slot.choose(file("/b.nam"));
        assert_eq!(*seen.lock(), [1, 2]);
        *held.lock() = None;
    }

    #[test]
    fn every_thread_sees_whole_references() {
        // A path tells which rate belongs to it.
        fn capture(number: usize) -> SavedPart {
            let mut capture = file(&format!("/{number}.nam"));
            capture.rate = Some(1000.0 + number as f64);
            capture
        }
        fn check(generation: u64, seen: &SavedPart) {
            if generation > 0 {
                let number: usize = seen.name().parse().unwrap();
                assert_eq!(*seen, capture(number));
            }
        }
        let (slot, calls) = slot();
        const EACH: usize = 2000;
        thread::scope(|scope| {
            for writer in 0..2 {
                let slot = slot.clone();
                scope.spawn(move || {
                    for number in 0..EACH {
                        if writer == 0 {
                            slot.choose(capture(number));
                        } else {
                            slot.choose(capture(EACH + number));
                        }
                    }
                });
            }
            scope.spawn(|| {
                let mut last = 0;
                while last < 2 * EACH as u64 {
                    let (generation, seen) = slot.current();
                    assert!(generation >= last);
                    check(generation, &seen);
                    // Never undoes a newer reference.
                    slot.resolved(generation, seen);
                    last = generation;
                }
            });
        });
        assert_eq!(slot.current().0, 2 * EACH as u64);
        assert_eq!(calls.load(Ordering::SeqCst), 2 * EACH);
        check(1, &slot.current().1);
        let name: usize = slot.current().1.name().parse().unwrap();
        assert!([EACH - 1, 2 * EACH - 1].contains(&name));
    }
}
