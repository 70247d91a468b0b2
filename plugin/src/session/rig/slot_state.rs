//! What a slot is but for its files: what it is called, and what it sets of its own.

use std::sync::Arc;

use gridleak_core::{OwnGroup, PARAMETERS, Settings, SlotSettings, UnreadSettings};
use serde_json::{Map, Value};

use crate::files::failure::one_line;

/// A slot without its files. Clones share what this version does not know of it.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct SlotState {
    /// One line of at most [`SlotState::LONGEST_NAME`] characters; empty where nobody gave one.
    pub(crate) name: String,
    pub(crate) colour: SlotColour,
    pub(crate) settings: SlotSettings,
    pub(crate) rest: Arc<SlotRest>,
}

/// What stands in a saved slot and this version does not know. It goes where the slot goes.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct SlotRest {
    pub(super) slot: Map<String, Value>,
    /// Beside the groups that it has values of its own for, and in them.
    pub(super) own: Map<String, Value>,
    pub(super) values: UnreadSettings,
}

/// What a slot is marked with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum SlotColour {
    #[default]
    None,
    Red,
    Orange,
    Yellow,
    Green,
    Cyan,
    Blue,
    Purple,
    Pink,
}

impl SlotColour {
    pub(crate) const ALL: [SlotColour; 9] = [
        SlotColour::None,
        SlotColour::Red,
        SlotColour::Orange,
        SlotColour::Yellow,
        SlotColour::Green,
        SlotColour::Cyan,
        SlotColour::Blue,
        SlotColour::Purple,
        SlotColour::Pink,
    ];

    /// What it is called in saved rigs. It never changes.
    pub(crate) fn id(self) -> &'static str {
        match self {
            SlotColour::None => "none",
            SlotColour::Red => "red",
            SlotColour::Orange => "orange",
            SlotColour::Yellow => "yellow",
            SlotColour::Green => "green",
            SlotColour::Cyan => "cyan",
            SlotColour::Blue => "blue",
            SlotColour::Purple => "purple",
            SlotColour::Pink => "pink",
        }
    }
}

impl SlotState {
    /// Longest name, in characters.
    pub(crate) const LONGEST_NAME: usize = 64;

    /// What people read: its name, or else its number.
    pub(crate) fn label(&self, slot: usize) -> String {
        match self.name.is_empty() {
            true => format!("Slot {}", slot + 1),
            false => self.name.clone(),
        }
    }

    /// The same with values of its own for a group, which begin where the rig stands, or without.
    pub(crate) fn with_own(mut self, group: OwnGroup, on: bool, shared: &Settings) -> Self {
        let settings = &mut self.settings;
        if on && !settings.own.has(group) {
            for row in group.rows() {
                row.set(&mut settings.values, row.get(shared));
            }
        }
        settings.own = settings.own.with(group, on);
        self.sanitized()
    }

    /// Whether the way from here to another and on to a third is one movement: of the same gain, or of the
    /// name.
    pub(crate) fn moves_on(&self, other: &Self, third: &Self) -> bool {
        let moved = |one: &Self, other: &Self| {
            let mut same = one.clone();
            same.name.clone_from(&other.name);
            let name = same == *other;
            let gain = |gain: fn(&mut SlotSettings) -> &mut f32| {
                let (mut same, mut other) = (one.clone(), other.clone());
                *gain(&mut same.settings) = *gain(&mut other.settings);
                same == other
            };
            let drive = gain(|settings| &mut settings.drive_db);
            [name, drive, gain(|settings| &mut settings.level_db)]
        };
        let both = moved(self, other).into_iter().zip(moved(other, third));
        both.into_iter().any(|(first, then)| first && then)
    }

    /// With everything in its range, and nothing of what counts for nothing.
    pub(super) fn sanitized(mut self) -> Self {
        self.name = one_line(self.name.trim());
        if let Some((end, _)) = self.name.char_indices().nth(Self::LONGEST_NAME) {
            self.name.truncate(end);
        }
        let within = |db: f32, range: std::ops::RangeInclusive<f32>| match db.is_nan() {
            true => 0.0,
            false => db.clamp(*range.start(), *range.end()),
        };
        let given = self.settings;
        let mut values = Settings::default();
        for row in PARAMETERS.iter() {
            if row.own.is_some_and(|group| given.own.has(group)) {
                row.set(&mut values, row.get(&given.values));
            }
        }
        self.settings = SlotSettings {
            drive_db: within(given.drive_db, SlotSettings::DRIVE_DB),
            level_db: within(given.level_db, SlotSettings::LEVEL_DB),
            own: given.own,
            values,
        };
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_slot_cannot_be_is_put_right() {
        let mut state = SlotState {
            name: format!("  a\nb{}", "ü".repeat(100)),
            ..SlotState::default()
        };
        state.settings.drive_db = f32::NAN;
        state.settings.level_db = 1e9;
        state.settings.values.tone.bass = 9.0;
        let state = state.sanitized();
        assert!(state.name.starts_with("a b") && state.name.chars().count() == 64);
        assert_eq!(state.settings.drive_db, 0.0);
        assert_eq!(state.settings.level_db, *SlotSettings::LEVEL_DB.end());
        assert_eq!(state.settings.values, Settings::default());
    }

    #[test]
    fn values_of_its_own_begin_where_the_rig_stands_and_go_with_the_tick() {
        let mut shared = Settings::default();
        shared.tone.bass = 8.0;
        let own = SlotState::default().with_own(OwnGroup::Tone, true, &shared);
        assert_eq!(own.settings.values.tone.bass, 8.0);
        shared.tone.bass = 2.0;
        let same = own.clone().with_own(OwnGroup::Tone, true, &shared);
        assert_eq!(same, own);
        let none = own.with_own(OwnGroup::Tone, false, &shared);
        assert_eq!(none, SlotState::default());
    }

    #[test]
    fn colours_are_told_apart_by_their_ids() {
        let mut ids = SlotColour::ALL.map(SlotColour::id);
        ids.sort_unstable();
        assert!(ids.windows(2).all(|pair| pair[0] != pair[1]));
    }
}
