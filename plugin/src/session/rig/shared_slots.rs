//! What each slot sets of its own, as it stands now: for window and loader behind a lock, for the audio
//! thread as numbers that are read without waiting.

use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};

use gridleak_core::{OwnGroups, PARAMETERS, Parameter, SLOTS, Settings, SlotSettings};
use parking_lot::Mutex;

use super::slot_state::SlotState;

/// All slots of an instance.
#[derive(Default)]
pub(super) struct SharedSlots {
    slots: [SharedSlot; SLOTS],
    /// Counts the changes of what is to be heard.
    version: AtomicU64,
}

#[derive(Default)]
struct SharedSlot {
    /// Locked for instants, and never by the audio thread.
    told: Mutex<Told>,
    heard: Heard,
}

#[derive(Default)]
struct Told {
    state: SlotState,
    /// Whether it is to be heard only when the files that came with it are.
    waits: bool,
}

/// What the audio thread has, as bits of floats.
struct Heard {
    drive_db: AtomicU32,
    level_db: AtomicU32,
    own: AtomicU32,
    values: [AtomicU32; PARAMETERS.len()],
}

impl Default for Heard {
    fn default() -> Self {
        let heard = Heard {
            drive_db: AtomicU32::new(0),
            level_db: AtomicU32::new(0),
            own: AtomicU32::new(0),
            values: [const { AtomicU32::new(0) }; PARAMETERS.len()],
        };
        heard.set(&SlotSettings::default());
        heard
    }
}

/// The parameters that slots can have values of their own for.
fn own_rows() -> impl Iterator<Item = &'static Parameter> {
    PARAMETERS.iter().filter(|row| row.own.is_some())
}

impl Heard {
    fn set(&self, settings: &SlotSettings) {
        let put = |place: &AtomicU32, value: f32| place.store(value.to_bits(), Ordering::Relaxed);
        put(&self.drive_db, settings.drive_db);
        put(&self.level_db, settings.level_db);
        self.own.store(settings.own.bits(), Ordering::Relaxed);
        for row in own_rows() {
            put(&self.values[row.which as usize], row.get(&settings.values));
        }
    }

    fn get(&self) -> SlotSettings {
        let get = |place: &AtomicU32| f32::from_bits(place.load(Ordering::Relaxed));
        let mut values = Settings::default();
        for row in own_rows() {
            row.set(&mut values, get(&self.values[row.which as usize]));
        }
        SlotSettings {
            drive_db: get(&self.drive_db),
            level_db: get(&self.level_db),
            own: OwnGroups::from_bits(self.own.load(Ordering::Relaxed)),
            values,
        }
    }
}

impl SharedSlots {
    pub(super) fn state(&self, slot: usize) -> SlotState {
        self.slots[slot].told.lock().state.clone()
    }

    /// Puts another state in the place of a slot's, to be heard at once or, with `waits`, only after
    /// [`SharedSlots::let_hear`].
    pub(super) fn put(&self, slot: usize, state: SlotState, waits: bool) {
        let state = state.sanitized();
        let mut told = self.slots[slot].told.lock();
        let before = std::mem::replace(&mut told.state, state);
        told.waits |= waits;
        self.publish(slot, &told);
        drop(told);
        drop(before);
    }

    /// Changes what a slot sets of its own.
    pub(super) fn change(&self, slot: usize, change: impl FnOnce(&mut SlotSettings)) {
        let mut told = self.slots[slot].told.lock();
        change(&mut told.state.settings);
        self.publish(slot, &told);
    }

    /// What came with a slot is there: it is heard from now on.
    pub(super) fn let_hear(&self, slot: usize) {
        let mut told = self.slots[slot].told.lock();
        if std::mem::take(&mut told.waits) {
            self.publish(slot, &told);
        }
    }

    /// Behind the slot's lock, so that two changes do not mix.
    fn publish(&self, slot: usize, told: &Told) {
        if !told.waits {
            self.slots[slot].heard.set(&told.state.settings);
            self.version.fetch_add(1, Ordering::Release);
        }
    }

    /// What is to be heard of a slot. Never waits; while it is changed, it may be half of the one and half of
    /// the other, and the version is another one afterwards.
    pub(super) fn heard(&self, slot: usize) -> SlotSettings {
        self.slots[slot].heard.get()
    }

    /// To be read before [`SharedSlots::heard`]. Never waits.
    pub(super) fn version(&self) -> u64 {
        self.version.load(Ordering::Acquire)
    }
}
