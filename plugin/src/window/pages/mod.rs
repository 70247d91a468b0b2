//! What the tabs choose: a page a file.

pub(super) mod browse;
pub(super) mod info;
pub(super) mod live;
pub(super) mod rig;
pub(super) mod setup;
pub(super) mod tuner;
