//! What can be pressed, turned and read, each at a given place.

pub(super) mod button;
pub(super) mod curve;
pub(super) mod knob;
pub(super) mod meter;
pub(super) mod text;
