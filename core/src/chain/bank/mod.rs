//! The slots of a chain: eight rigs that are ready to be gone over to.

mod amps;
mod cabs;
mod catch_up;
mod crossfade;
mod heard;
mod part;
mod ring;
mod settings;
mod slot;
mod slots;

pub(super) use amps::{Amps, Change};
pub(super) use cabs::Cabs;
pub use part::{Loaded, SlotPart};
pub(super) use settings::{BankSettings, Resolved};
