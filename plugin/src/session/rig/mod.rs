//! The rig of an instance: what its project saves, and where it stands now.

mod notice;
mod saved;
mod shared;

pub(crate) use saved::LONGEST;
pub(crate) use shared::SharedRig;
