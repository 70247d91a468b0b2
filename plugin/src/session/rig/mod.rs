//! The rig of an instance: what its project saves, and where it stands now.

mod notice;
mod saved;
#[cfg(feature = "plugin")]
mod shared;

pub(crate) use saved::{LONGEST, Rig};
#[cfg(feature = "plugin")]
pub(crate) use shared::SharedRig;
