//! A part of the rig that an instance plays or is going to, shared by host, window and loader.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use nice_plug::params::persist::PersistentField;
use parking_lot::Mutex;
use serde_json::Value;

use super::saved_part::SavedPart;
use crate::session::part::Part;

/// The reference that is saved with the project. Clones share it.
///
/// As a persistent field of the parameters it hears of every state that the host loads: the
/// framework has no other way to tell. A state without the field leaves it alone.
#[derive(Clone)]
pub(crate) struct PartSlot(Arc<Shared>);

struct Shared {
    part: Part,
    /// Locked for moving values in and out, never while something is read, written or freed.
    held: Mutex<Held>,
    /// States that were loaded.
    loads: AtomicU64,
    /// Called after every new reference.
    notify: Box<dyn Fn() + Send + Sync>,
}

struct Held {
    /// Counts the references, so that the answer to an old one is not taken for the new one's.
    generation: u64,
    saved: SavedPart,
    /// Why the last state could not be read.
    error: Option<String>,
}

impl PartSlot {
    /// A slot with what a new instance has there, as generation 0. `notify` is called after
    /// every new reference, on the thread that brings it (the host's, or even the audio thread):
    /// it must do no more than wake the loader.
    pub(crate) fn new(part: Part, notify: impl Fn() + Send + Sync + 'static) -> Self {
        Self(Arc::new(Shared {
            part,
            held: Mutex::new(Held {
                generation: 0,
                saved: part.first(),
                error: None,
            }),
            loads: AtomicU64::new(0),
            notify: Box::new(notify),
        }))
    }

    /// Has another capture loaded: the user's choice. Gives its generation.
    pub(crate) fn choose(&self, saved: SavedPart) -> u64 {
        let mut held = self.0.held.lock();
        held.generation += 1;
        let generation = held.generation;
        let old = std::mem::replace(&mut held.saved, saved);
        let error = held.error.take();
        drop(held);
        drop((old, error));
        (self.0.notify)();
        generation
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

    /// How many states the host has loaded. Never waits.
    pub(crate) fn loads(&self) -> u64 {
        self.0.loads.load(Ordering::Relaxed)
    }

    /// Why the last state could not be read, once: what was to play before still is.
    pub(crate) fn take_error(&self) -> Option<String> {
        self.0.held.lock().error.take()
    }
}

impl<'a> PersistentField<'a, Value> for PartSlot {
    fn set(&self, state: Value) {
        self.0.loads.fetch_add(1, Ordering::Relaxed);
        match SavedPart::read(&state) {
            Ok(capture) => {
                self.choose(capture);
            }
            Err(failure) => {
                let error = Some(format!("{}: {failure}", self.0.part.title()));
                let old = std::mem::replace(&mut self.0.held.lock().error, error);
                drop(old);
            }
        }
    }

    fn map<F, R>(&self, f: F) -> R
    where
        F: Fn(&Value) -> R,
    {
        f(&self.current().1.write())
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::thread;

    use serde_json::json;

    use super::*;
    use crate::session::references::saved_part::tests::hostile;

    fn slot() -> (PartSlot, Arc<AtomicUsize>) {
        let calls = Arc::new(AtomicUsize::new(0));
        let counter = calls.clone();
        let slot = PartSlot::new(Part::Capture, move || {
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
        assert_eq!(slot.current(), (0, Part::Capture.first()));
        assert_eq!(
            slot.map(Value::clone),
            json!({"version": 1, "builtin": "crunch"})
        );
        assert_eq!(calls.load(Ordering::SeqCst), 0);
    }

    #[test]
    fn a_state_is_a_new_reference() {
        let (slot, calls) = slot();
        slot.set(file("/a.nam").write());
        slot.set(file("/a.nam").write());
        assert_eq!(slot.current(), (2, file("/a.nam")));
        assert_eq!(slot.choose(file("/b.nam")), 3);
        assert_eq!(slot.clone().current(), (3, file("/b.nam")));
        assert_eq!(slot.map(|value| value["path"].clone()), json!("/b.nam"));
        assert_eq!(calls.load(Ordering::SeqCst), 3);
    }

    #[test]
    fn a_damaged_state_changes_nothing_and_is_told() {
        let (slot, calls) = slot();
        slot.choose(file("/a.nam"));
        for value in hostile() {
            slot.set(value);
            assert_eq!(slot.current(), (1, file("/a.nam")));
            assert!(slot.take_error().unwrap().contains("load"));
            assert_eq!(slot.take_error(), None);
        }
        assert_eq!(calls.load(Ordering::SeqCst), 1);
        slot.set(json!(null));
        slot.set(file("/b.nam").write());
        assert_eq!(slot.take_error(), None);
    }

    #[test]
    fn what_was_found_out_is_kept_for_its_reference_alone() {
        let (slot, calls) = slot();
        slot.choose(file("/old.nam"));
        let (generation, mut capture) = slot.current();
        capture.rate = Some(48_000.0);
        assert!(slot.resolved(generation, capture.clone()));
        assert_eq!(slot.current(), (generation, capture.clone()));
        assert_eq!(slot.map(|value| value["rate"].clone()), json!(48_000.0));
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
        first.set(gone.clone());
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
            next.set(first.map(Value::clone));
            gone["name"] = json!("Rectifier");
            assert_eq!(next.map(Value::clone), gone);
        }
    }

    #[test]
    fn the_notifier_may_use_the_slot() {
        let held: Arc<Mutex<Option<PartSlot>>> = Arc::default();
        let inside = held.clone();
        let seen = Arc::new(Mutex::new(Vec::new()));
        let list = seen.clone();
        let slot = PartSlot::new(Part::Capture, move || {
            let slot = inside.lock().clone();
            list.lock().push(slot.unwrap().current().0);
        });
        *held.lock() = Some(slot.clone());
        slot.set(file("/a.nam").write());
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
                            slot.set(capture(EACH + number).write());
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
                    let saved = slot.map(|value| SavedPart::read(value).unwrap());
                    check(generation, &saved);
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

    /// The slot in the framework's hands: a state with and without the field.
    #[test]
    fn the_framework_saves_and_loads_it() {
        use nice_plug::prelude::Params;

        #[derive(Params)]
        struct Parameters {
            #[persist = "capture"]
            capture: PartSlot,
        }
        let parameters = Parameters { capture: slot().0 };
        parameters.capture.choose(file("/a.nam"));
        let fields = parameters.serialize_fields();
        let other = Parameters { capture: slot().0 };
        other.deserialize_fields(&fields);
        assert_eq!(other.capture.current(), (1, file("/a.nam")));
        other.deserialize_fields(&Default::default());
        assert_eq!(other.capture.current(), (1, file("/a.nam")));
    }
}
