//! The rig of an instance: what its project saves, and where it stands now.

pub(crate) mod keys;
mod notice;
mod preset;
mod put;
mod saved;
mod saved_slot;
mod shared;
mod shared_slots;
mod slot_state;

pub(crate) use preset::{CurrentPreset, SetlistPlace};
pub(crate) use saved::{LONGEST, MOST_EMBEDDED, Rig, document};
pub(crate) use saved_slot::SavedSlot;
pub(crate) use shared::SharedRig;
pub(crate) use slot_state::{SlotColour, SlotState};
