//! The rig of an instance: what its project saves, and where it stands now.

pub(crate) mod keys;
mod notice;
mod preset;
#[cfg(feature = "plugin")]
mod put;
mod saved;
mod saved_slot;
#[cfg(feature = "plugin")]
mod shared;
#[cfg(feature = "plugin")]
mod shared_slots;
mod slot_names;
mod slot_state;

pub(crate) use preset::{CurrentPreset, SetlistPlace};
pub(crate) use saved::{LONGEST, MOST_EMBEDDED, Rig, document};
pub(crate) use saved_slot::SavedSlot;
#[cfg(feature = "plugin")]
pub(crate) use shared::SharedRig;
pub(crate) use slot_names::{find_slot, neighbour_slot};
pub(crate) use slot_state::{SlotColour, SlotState};
