//! Of all slots together: in which order they come, and what a user does to whole ones.

use gridleak_core::OwnGroup;

use super::*;
use crate::session::loader::content::Content;
use crate::session::loader::orders::Waiting;
use crate::session::loader::worker::Worker;
use crate::session::meters::Meters;
use crate::session::part::PartKind;
use crate::session::status::{Readiness, Status};

fn capture(slot: usize) -> Part {
    Part::new(slot, PartKind::Capture)
}

fn status(instance: &Instance) -> Status {
    let Instance { rig, loader, .. } = instance;
    Status::now(&rig.settings(), loader, &loader.library, &Meters::default())
}

fn readiness(instance: &Instance) -> [Readiness; SLOTS] {
    status(instance).slots.map(|slot| slot.state)
}

/// A project with a capture of that gain in each of these slots, and nothing in the others.
fn project(folder: &Path, gains: &[(usize, f32)]) -> Vec<u8> {
    let mut slots: Vec<serde_json::Value> =
        vec![serde_json::json!({"capture": {"builtin": NOTHING}}); SLOTS];
    for (slot, gain) in gains {
        let path = write(folder, &format!("{gain}.nam"), *gain, 48_000);
        slots[*slot] = serde_json::json!({"capture": {"path": path}});
    }
    serde_json::json!({"gridleak": 1, "slots": slots})
        .to_string()
        .into_bytes()
}

#[test]
fn each_slot_is_loaded_and_heard_when_it_is_asked_for() {
    let folder = folder();
    let mut instance = Instance::active();
    let gains: Vec<(usize, f32)> = (0..SLOTS)
        .map(|slot| (slot, 0.1 + 0.1 * slot as f32))
        .collect();
    instance.rig.load(&project(folder.path(), &gains)).unwrap();
    instance.settle();
    assert_eq!(readiness(&instance), [Readiness::Ready; SLOTS]);
    for (slot, gain) in gains.into_iter().rev() {
        instance.ask_for_slot(slot);
        assert_level(&mut instance, 0.1 * gain);
    }
}

#[test]
fn the_slot_that_is_asked_for_comes_first_and_an_order_comes_before_the_others() {
    let folder = folder();
    let instance = Instance::new();
    let gains: Vec<(usize, f32)> = (0..SLOTS)
        .map(|slot| (slot, 0.1 + 0.1 * slot as f32))
        .collect();
    instance.rig.load(&project(folder.path(), &gains)).unwrap();
    instance.ask_for_slot(5);
    let loader = &*instance.loader;
    let mut worker = Worker::new(loader);
    let audio = Some(Audio {
        config: CONFIG,
        offline: false,
    });
    // Another order is there already: it comes when the slot that plays is there, and before the rest.
    let order = loader.orders.newest();
    loader.orders.give(None, |_| {});
    assert!(!worker.carry_out(order, Waiting::default(), audio));
    let loaded = |worker: &Worker<'_>| -> Vec<usize> {
        let all = 0..SLOTS;
        all.filter(|slot| worker.parts[capture(*slot).index()].loaded.is_some())
            .collect()
    };
    assert_eq!(loaded(&worker), [5]);
    assert_eq!(readiness(&instance), [Readiness::Loading; SLOTS]);
    assert!(worker.carry_out(loader.orders.newest(), Waiting::default(), audio));
    assert_eq!(loaded(&worker), Vec::from_iter(0..SLOTS));
    assert_eq!(readiness(&instance), [Readiness::Ready; SLOTS]);
}

#[test]
fn a_file_in_all_slots_is_in_memory_once() {
    let folder = folder();
    let [one, other] = [0; 2].map(|_| Instance::new());
    let gains = [0; SLOTS].map(|_| 0.617);
    let gains: Vec<(usize, f32)> = gains.into_iter().enumerate().collect();
    let project = project(folder.path(), &gains);
    let mut held = Vec::new();
    let mut workers = Vec::new();
    for instance in [&one, &other] {
        instance.rig.load(&project).unwrap();
        let mut worker = Worker::new(&instance.loader);
        let order = instance.loader.orders.newest();
        assert!(worker.carry_out(order, Waiting::default(), None));
        for slot in 0..SLOTS {
            let loaded = worker.parts[capture(slot).index()].loaded.as_ref().unwrap();
            let Content::Capture(loaded) = &loaded.content else {
                panic!("no capture in slot {slot}");
            };
            held.push(loaded.parsed.clone());
        }
        workers.push(worker);
    }
    assert_eq!(held.len(), 2 * SLOTS);
    assert!(held.iter().all(|parsed| Arc::ptr_eq(parsed, &held[0])));
    // And nothing keeps it.
    let weak = Arc::downgrade(&held[0]);
    drop((held, workers));
    assert!(weak.upgrade().is_none());
}

#[test]
fn a_slot_whose_file_is_missing_says_so_and_the_sound_stays() {
    let folder = folder();
    let mut instance = Instance::active();
    instance
        .rig
        .load(&project(folder.path(), &[(0, 0.3), (2, 0.5)]))
        .unwrap();
    instance.settle();
    let gone = SavedPart::file(&folder.path().join("gone.nam"));
    instance.rig.part(capture(4)).choose(gone);
    instance.settle();
    assert!(instance.chain.amp_id(4).is_none());
    let slots = readiness(&instance);
    let ready = [0, 2].map(|slot| slots[slot]);
    assert_eq!(
        (ready, slots[4], slots[1]),
        ([Readiness::Ready; 2], Readiness::Failed, Readiness::Empty)
    );
    let message = instance.message();
    assert!(
        message.starts_with("Slot 5: ") && message.contains("gone.nam"),
        "{message}"
    );
    let told = |instance: &Instance| instance.rig.text(ParameterId::Status, 0.0);
    assert_eq!(
        told(&instance),
        "Slot 5: Missing: gone. Nothing plays instead"
    );
    instance.ask_for_slot(2);
    assert_level(&mut instance, 0.05);
    for empty in [4, 1] {
        instance.ask_for_slot(empty);
        assert_level(&mut instance, 0.05);
    }
    instance.ask_for_slot(4);
    assert!(!instance.message().starts_with("Slot"));
    let started = Instant::now();
    while told(&instance).starts_with("Slot") {
        assert!(
            started.elapsed() < Duration::from_secs(60),
            "{}",
            told(&instance)
        );
        std::thread::yield_now();
    }
}

#[test]
fn a_capture_that_is_later_than_announced_is_none_yet_in_its_slot() {
    let folder = folder();
    let mut instance = Instance::active();
    let late = write(folder.path(), "late.nam", 0.5, 44_100);
    instance.loader.open_file(capture(3), late);
    instance.settle();
    assert_eq!(readiness(&instance)[3], Readiness::Failed);
    let latency = instance.loader.expected_latency(CONFIG.rate, false).total;
    assert_eq!(latency, gridleak_core::latency(CONFIG.rate, 44_100.0));
    instance.restart(ProcessConfig { latency, ..CONFIG });
    assert_eq!(readiness(&instance)[3], Readiness::Ready);
}

/// Takes the last change back as the window does.
fn undo(instance: &mut Instance) {
    let change = instance.loader.history().lock().undo();
    match change {
        Some(Change::Slots(changes)) => instance.loader.put_slots(changes),
        Some(Change::SlotState { slot, after, .. }) => instance.loader.put_slot_state(slot, after),
        other => panic!("{other:?}"),
    }
    instance.settle();
}

#[test]
fn slots_are_copied_swapped_and_cleared_in_one_step_each() {
    let folder = folder();
    let mut instance = Instance::active();
    instance
        .rig
        .load(&project(folder.path(), &[(0, 0.3), (2, 0.5)]))
        .unwrap();
    instance.settle();
    let mut state = instance.rig.slot_state(2);
    state.name = "Solo".into();
    state.settings.level_db = 6.0;
    instance.loader.change_slot(2, state);
    let [quiet, loud] = [0.03, 0.05 * 10f32.powf(0.3)];
    let slots =
        |instance: &Instance| -> [_; SLOTS] { std::array::from_fn(|slot| instance.rig.slot(slot)) };
    let before = slots(&instance);
    let heard = |instance: &mut Instance, wanted: [f32; 3]| {
        for (slot, level) in [0, 2, 6].into_iter().zip(wanted) {
            instance.ask_for_slot(slot);
            assert_level(instance, level);
        }
    };
    // In the sixth there is nothing: what was heard stays.
    heard(&mut instance, [quiet, loud, loud]);
    // Whatever becomes of the files: what is in memory is what the project means.
    for gain in [0.3, 0.5] {
        std::fs::remove_file(folder.path().join(format!("{gain}.nam"))).unwrap();
    }
    instance.ask_for_slot(0);
    instance.loader.swap_slots(0, 2);
    instance.settle();
    assert_level(&mut instance, loud);
    heard(&mut instance, [loud, quiet, quiet]);
    assert_eq!(instance.rig.text(ParameterId::Slot, 0.0), "Solo");
    instance.loader.copy_slot(0, 6);
    instance.settle();
    heard(&mut instance, [loud, quiet, loud]);
    instance.loader.clear_slot(0);
    instance.settle();
    instance.ask_for_slot(2);
    heard(&mut instance, [loud, quiet, loud]);
    assert_eq!(instance.chain.amp_id(0), None);
    assert_eq!(instance.message(), "");
    assert!(instance.link.take().has(Request::ProjectChanged));
    for _ in 0..3 {
        undo(&mut instance);
    }
    assert_eq!(slots(&instance), before);
    undo(&mut instance);
    assert_eq!(instance.rig.slot_state(2).name, "");
    assert!(!instance.loader.history().lock().can_undo());
}

#[test]
fn the_last_capture_of_all_is_never_taken_away() {
    let mut instance = Instance::active();
    for clear in [Loader::clear_slot, |loader: &Arc<Loader>, slot| {
        loader.clear(capture(slot))
    }] {
        instance.loader.copy_slot(0, 3);
        clear(&instance.loader, 0);
        instance.settle();
        assert_eq!(instance.rig.filled(), 0b1000);
        clear(&instance.loader, 3);
        instance.settle();
        assert_eq!(instance.rig.filled().count_ones(), 1);
        instance.loader.copy_slot(0, 3);
        instance.loader.open(capture(0), Origin::BuiltIn("lead"));
        instance.settle();
    }
}

#[test]
fn a_slot_has_its_own_values_until_the_tick_is_taken_away() {
    let mut instance = Instance::active();
    instance.set(ParameterId::Bass, 3.0);
    instance.loader.set_own(0, OwnGroup::Tone, true);
    assert_eq!(instance.rig.resolved().tone.bass, 3.0);
    assert_eq!(
        instance.loader.set_own_value(0, ParameterId::Bass, 8.0),
        8.0
    );
    assert_eq!(instance.rig.resolved().tone.bass, 8.0);
    assert_eq!(instance.rig.unmodulated().tone.bass, 3.0);
    instance.loader.set_own(0, OwnGroup::Tone, false);
    assert_eq!(instance.rig.resolved().tone.bass, 3.0);
    undo(&mut instance);
    assert_eq!(instance.rig.resolved().tone.bass, 8.0);
}
