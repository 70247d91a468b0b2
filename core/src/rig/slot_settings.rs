//! What a slot of the rig sets of its own, and how one slot is gone over to from another.

use std::ops::RangeInclusive;

use super::parameters::{PARAMETERS, Parameter};
use super::settings::Settings;

/// How many slots a rig has.
pub const SLOTS: usize = 8;

/// What a slot can have of its own, in the place of what the whole rig has: all parameters of a group or
/// none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum OwnGroup {
    /// Whether the pedal is on.
    Pedal,
    /// The noise gate.
    Gate,
    /// The tone stack.
    Tone,
    /// The cabinet.
    Cab,
    /// The size of the capture.
    Quality,
    /// The knobs of a capture that has some.
    Knobs,
}

impl OwnGroup {
    /// All of them.
    pub const ALL: [OwnGroup; 6] = [
        OwnGroup::Pedal,
        OwnGroup::Gate,
        OwnGroup::Tone,
        OwnGroup::Cab,
        OwnGroup::Quality,
        OwnGroup::Knobs,
    ];

    /// What it is called in saved rigs. It never changes.
    pub fn id(self) -> &'static str {
        match self {
            OwnGroup::Pedal => "pedal",
            OwnGroup::Gate => "gate",
            OwnGroup::Tone => "tone",
            OwnGroup::Cab => "cab",
            OwnGroup::Quality => "quality",
            OwnGroup::Knobs => "knobs",
        }
    }

    /// What people read.
    pub fn name(self) -> &'static str {
        match self {
            OwnGroup::Pedal => "Pedal switch",
            OwnGroup::Gate => "Gate",
            OwnGroup::Tone => "Tone",
            OwnGroup::Cab => "Cabinet",
            OwnGroup::Quality => "Quality",
            OwnGroup::Knobs => "Capture knobs",
        }
    }

    /// The parameters that belong to it.
    pub fn rows(self) -> impl Iterator<Item = &'static Parameter> {
        PARAMETERS.iter().filter(move |row| row.own == Some(self))
    }
}

/// A set of [`OwnGroup`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct OwnGroups(u32);

impl OwnGroups {
    /// As a number: a bit for each of [`OwnGroup::ALL`].
    pub fn bits(self) -> u32 {
        self.0
    }

    /// The set of that number. Bits of no group count for nothing.
    pub fn from_bits(bits: u32) -> Self {
        OwnGroups(bits & ((1 << OwnGroup::ALL.len()) - 1))
    }

    /// Whether a group is in it.
    pub fn has(self, group: OwnGroup) -> bool {
        self.0 & (1 << group as u32) != 0
    }

    /// The set with a group, or without it.
    pub fn with(self, group: OwnGroup, on: bool) -> Self {
        let bit = 1 << group as u32;
        OwnGroups(if on { self.0 | bit } else { self.0 & !bit })
    }
}

/// What a slot sets of its own.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct SlotSettings {
    /// Gain before its pedal and capture, in dB.
    pub drive_db: f32,
    /// Gain behind its capture, in dB.
    pub level_db: f32,
    /// The groups of parameters that it has values of its own for.
    pub own: OwnGroups,
    /// Those values. The others in it count for nothing.
    pub values: Settings,
}

impl SlotSettings {
    /// Range of [`SlotSettings::drive_db`].
    pub const DRIVE_DB: RangeInclusive<f32> = -20.0..=20.0;
    /// Range of [`SlotSettings::level_db`].
    pub const LEVEL_DB: RangeInclusive<f32> = -40.0..=20.0;

    /// What the slot plays with where the rig is set to `shared`.
    pub fn resolve(&self, shared: &Settings) -> Settings {
        let mut settings = *shared;
        if self.own != OwnGroups::default() {
            for row in &PARAMETERS {
                if row.own.is_some_and(|group| self.own.has(group)) {
                    row.set(&mut settings, row.get(&self.values));
                }
            }
        }
        settings
    }
}

/// How one slot is gone over to from another.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SwitchSettings {
    /// How long they fade, in ms. 0 to 200; at 0 it is as short as it can be without a click, 2 ms. What
    /// is asked for during a fade has that end sooner.
    pub fade_ms: f32,
    /// Whether the cabinet of the slot that is left rings out: then it is what it hears that fades, and not
    /// what it makes of that. One rings at most: the last that was left.
    pub cab_tail: bool,
}

impl SwitchSettings {
    /// Range of [`SwitchSettings::fade_ms`].
    pub const FADE_MS: RangeInclusive<f32> = 0.0..=200.0;
}

impl Default for SwitchSettings {
    fn default() -> Self {
        SwitchSettings {
            fade_ms: 20.0,
            cab_tail: true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rig::ParameterId;

    #[test]
    fn a_slot_plays_with_what_it_has_of_its_own_and_else_with_what_the_rig_has() {
        let mut shared = Settings::default();
        let mut slot = SlotSettings::default();
        shared.tone.bass = 3.0;
        shared.gate.on = true;
        slot.values.tone.bass = 8.0;
        assert_eq!(slot.resolve(&shared), shared);
        slot.own = slot.own.with(OwnGroup::Tone, true);
        let resolved = slot.resolve(&shared);
        assert_eq!((resolved.tone.bass, resolved.gate.on), (8.0, true));
        slot.own = slot.own.with(OwnGroup::Tone, false);
        assert_eq!(slot.resolve(&shared), shared);
    }

    #[test]
    fn groups_are_told_apart_and_each_has_parameters() {
        for (at, group) in OwnGroup::ALL.into_iter().enumerate() {
            assert_eq!(group as usize, at);
            assert!(group.rows().count() > 0, "{group:?}");
            let only = OwnGroups::default().with(group, true);
            assert_eq!(OwnGroups::from_bits(only.bits()), only);
            for other in OwnGroup::ALL {
                assert_eq!(only.has(other), other == group);
            }
        }
        assert_eq!(ParameterId::Bass.row().own, Some(OwnGroup::Tone));
        assert_eq!(ParameterId::Input.row().own, None);
        assert_eq!(OwnGroups::from_bits(u32::MAX).bits(), 0b11_1111);
    }
}
