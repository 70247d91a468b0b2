//! What the rig is set to, and what each of its slots plays with.

use crate::rig::{SLOTS, Settings, SlotSettings};

/// What is set, by the rig for all slots and by each of them.
pub(crate) struct BankSettings {
    pub(crate) shared: Settings,
    pub(crate) slots: [SlotSettings; SLOTS],
}

/// What a slot plays with.
pub(crate) struct Resolved {
    /// The rig's settings, with the slot's own in their place.
    pub(crate) settings: Settings,
    /// Gain before its pedal, or before its capture where no pedal plays, in dB.
    pub(crate) drive_db: f32,
    /// Gain behind its capture, in dB.
    pub(crate) level_db: f32,
}

impl BankSettings {
    /// Those of a new rig.
    pub(crate) fn new() -> Self {
        BankSettings {
            shared: Settings::default(),
            slots: [SlotSettings::default(); SLOTS],
        }
    }

    /// What a slot plays with.
    pub(crate) fn resolve(&self, slot: usize) -> Resolved {
        let own = &self.slots[slot];
        Resolved {
            settings: own.resolve(&self.shared),
            drive_db: own.drive_db,
            level_db: own.level_db,
        }
    }
}
