//! Feet and hands on MIDI: program changes go to slots, and controllers move what they were taught.

use crate::Scenario;

pub(crate) const SCENARIOS: &[Scenario] = &[];
