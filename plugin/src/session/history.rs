//! What was changed in the window, to be taken back.

use std::time::{Duration, Instant};

use gridleak_core::ParameterId;

use crate::session::part::Part;
use crate::session::references::SavedPart;
use crate::session::rig::{Rig, SavedSlot, SlotState};

/// So many changes can be taken back, if the files that they carry come to no more bytes than this.
const LONGEST: usize = 200;
const MOST_CARRIED: usize = 256 << 20;

/// Changes of one thing that follow each other within this are one: a wheel, a held arrow key, a walk
/// through a folder.
const TOGETHER: Duration = Duration::from_millis(1000);

/// A change, in both directions. It holds references to files, not what is in them; what a project
/// carries is shared with it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Change {
    /// Of a parameter, in plain values.
    Control {
        control: ParameterId,
        before: f32,
        after: f32,
    },
    /// Of what a slot has of its own for a parameter, in plain values.
    OwnValue {
        slot: usize,
        control: ParameterId,
        before: f32,
        after: f32,
    },
    /// Of a slot, but for its files.
    SlotState {
        slot: usize,
        before: SlotState,
        after: SlotState,
    },
    /// Of what is loaded, or of whether the project carries it.
    Parts(Vec<PartChange>),
    /// Of the whole rig.
    Rig { before: Box<Rig>, after: Box<Rig> },
    /// Of whole slots.
    Slots(Vec<SlotChange>),
}

/// A change of one part of the rig.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct PartChange {
    pub(crate) part: Part,
    pub(crate) before: SavedPart,
    pub(crate) after: SavedPart,
}

/// A change of a slot with its files.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct SlotChange {
    pub(crate) slot: usize,
    pub(crate) before: SavedSlot,
    pub(crate) after: SavedSlot,
}

/// All changes that were made and can be taken back, or were taken back and can be made again.
#[derive(Debug, Default)]
pub(crate) struct History {
    done: Vec<Change>,
    undone: Vec<Change>,
    /// When the last one was recorded.
    last: Option<Instant>,
}

impl Change {
    /// The change that takes this one back.
    fn reversed(self) -> Self {
        match self {
            Self::Control {
                control,
                before,
                after,
            } => Self::Control {
                control,
                before: after,
                after: before,
            },
            Self::OwnValue {
                slot,
                control,
                before,
                after,
            } => Self::OwnValue {
                slot,
                control,
                before: after,
                after: before,
            },
            Self::SlotState {
                slot,
                before,
                after,
            } => Self::SlotState {
                slot,
                before: after,
                after: before,
            },
            Self::Parts(parts) => {
                let reversed = |change: PartChange| PartChange {
                    part: change.part,
                    before: change.after,
                    after: change.before,
                };
                Self::Parts(parts.into_iter().map(reversed).collect())
            }
            Self::Rig { before, after } => Self::Rig {
                before: after,
                after: before,
            },
            Self::Slots(slots) => {
                let reversed = |change: SlotChange| SlotChange {
                    slot: change.slot,
                    before: change.after,
                    after: change.before,
                };
                Self::Slots(slots.into_iter().map(reversed).collect())
            }
        }
    }

    fn changes_nothing(&self) -> bool {
        match self {
            Self::Control { before, after, .. } | Self::OwnValue { before, after, .. } => {
                before == after
            }
            Self::SlotState { before, after, .. } => before == after,
            Self::Slots(slots) => slots.iter().all(|change| change.before == change.after),
            Self::Parts(parts) => parts.iter().all(|change| change.before == change.after),
            Self::Rig { before, after } => before == after,
        }
    }

    /// Bytes of the files that came with it.
    fn carried(&self) -> usize {
        match self {
            Self::Rig { after, .. } => after.embedded_bytes(),
            _ => 0,
        }
    }

    /// This and then `next` as one change, if both are of the same thing.
    fn and(&self, next: &Self) -> Option<Self> {
        match (self, next) {
            (
                Self::Control {
                    control, before, ..
                },
                Self::Control {
                    control: other,
                    after,
                    ..
                },
            ) if control == other => Some(Self::Control {
                control: *control,
                before: *before,
                after: *after,
            }),
            (
                Self::OwnValue {
                    slot,
                    control,
                    before,
                    ..
                },
                Self::OwnValue {
                    slot: other_slot,
                    control: other,
                    after,
                    ..
                },
            ) if (slot, control) == (other_slot, other) => Some(Self::OwnValue {
                slot: *slot,
                control: *control,
                before: *before,
                after: *after,
            }),
            (
                Self::SlotState {
                    slot,
                    before,
                    after: between,
                },
                Self::SlotState {
                    slot: other, after, ..
                },
            ) if slot == other && before.moves_on(between, after) => Some(Self::SlotState {
                slot: *slot,
                before: before.clone(),
                after: after.clone(),
            }),
            (Self::Parts(first), Self::Parts(then)) => match (&first[..], &then[..]) {
                ([first], [then]) if first.part == then.part => {
                    Some(Self::Parts(vec![PartChange {
                        after: then.after.clone(),
                        ..first.clone()
                    }]))
                }
                _ => None,
            },
            _ => None,
        }
    }
}

impl History {
    /// Remembers what was done `now`. What was taken back before cannot be made again.
    pub(crate) fn record(&mut self, change: Change, now: Instant) {
        if change.changes_nothing() {
            return;
        }
        self.undone.clear();
        let soon = self.last.is_some_and(|last| now - last < TOGETHER);
        self.last = Some(now);
        let together = self.done.last().filter(|_| soon);
        if let Some(both) = together.and_then(|last| last.and(&change)) {
            self.done.pop();
            if !both.changes_nothing() {
                self.done.push(both);
            }
            return;
        }
        self.done.push(change);
        let mut carried: usize = self.done.iter().map(Change::carried).sum();
        while self.done.len() > LONGEST || carried > MOST_CARRIED && self.done.len() > 1 {
            carried -= self.done.remove(0).carried();
        }
    }

    /// The same for what is one change by itself, whatever comes before and after it.
    pub(crate) fn record_alone(&mut self, change: Change, now: Instant) {
        self.last = None;
        self.record(change, now);
        self.last = None;
    }

    /// The change to be made to take the last one back.
    pub(crate) fn undo(&mut self) -> Option<Change> {
        let change = self.done.pop()?;
        self.undone.push(change.clone());
        self.last = None;
        Some(change.reversed())
    }

    /// The change to be made anew.
    pub(crate) fn redo(&mut self) -> Option<Change> {
        let change = self.undone.pop()?;
        self.done.push(change.clone());
        self.last = None;
        Some(change)
    }

    /// Forgets everything: it was another project's.
    pub(crate) fn clear(&mut self) {
        *self = Self::default();
    }

    pub(crate) fn can_undo(&self) -> bool {
        !self.done.is_empty()
    }

    pub(crate) fn can_redo(&self) -> bool {
        !self.undone.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn turned(control: ParameterId, before: f32, after: f32) -> Change {
        Change::Control {
            control,
            before,
            after,
        }
    }

    #[test]
    fn what_was_done_is_taken_back_in_order_and_made_again() {
        let mut history = History::default();
        let at = Instant::now();
        let bass = turned(ParameterId::Bass, 0.5, 0.7);
        let gate = Change::Control {
            control: ParameterId::Gate,
            before: 0.0,
            after: 1.0,
        };
        history.record(bass.clone(), at);
        history.record(gate.clone(), at);
        assert!(history.can_undo() && !history.can_redo());
        assert_eq!(history.undo(), Some(gate.clone().reversed()));
        assert_eq!(history.undo(), Some(turned(ParameterId::Bass, 0.7, 0.5)));
        assert_eq!(history.undo(), None);
        assert_eq!(history.redo(), Some(bass));
        assert!(history.can_undo() && history.can_redo());
        // Something else is done now: that way is closed.
        history.record(turned(ParameterId::Treble, 0.1, 0.2), at);
        assert!(!history.can_redo());
        assert_eq!(history.undo(), Some(turned(ParameterId::Treble, 0.2, 0.1)));
    }

    #[test]
    fn what_is_done_in_one_go_is_one_change() {
        let mut history = History::default();
        let start = Instant::now();
        let after = |ms| start + Duration::from_millis(ms);
        history.record(turned(ParameterId::Bass, 0.5, 0.6), after(0));
        history.record(turned(ParameterId::Bass, 0.6, 0.7), after(500));
        history.record(turned(ParameterId::Bass, 0.7, 0.8), after(1200));
        // Later is another one, and what changes nothing is none.
        history.record(turned(ParameterId::Bass, 0.8, 0.9), after(4000));
        history.record(turned(ParameterId::Bass, 0.9, 0.9), after(9000));
        assert_eq!(history.undo(), Some(turned(ParameterId::Bass, 0.9, 0.8)));
        assert_eq!(history.undo(), Some(turned(ParameterId::Bass, 0.8, 0.5)));
        assert!(!history.can_undo());
        // There and back is no change at all.
        history.record(turned(ParameterId::CabMix, 0.5, 0.6), after(10_000));
        history.record(turned(ParameterId::CabMix, 0.6, 0.5), after(10_100));
        assert!(!history.can_undo());
    }

    #[test]
    fn the_oldest_are_forgotten() {
        let mut history = History::default();
        let start = Instant::now();
        for n in 0..2 * LONGEST {
            let at = start + Duration::from_secs(2 * n as u64);
            history.record(turned(ParameterId::Bass, n as f32, n as f32 + 1.0), at);
        }
        let taken_back = std::iter::from_fn(|| history.undo()).count();
        assert_eq!(taken_back, LONGEST);
    }

    #[test]
    fn a_slot_s_knob_that_is_dragged_is_one_change_and_its_name_another() {
        let mut history = History::default();
        let at = Instant::now();
        let with = |name: &str, drive_db: f32| {
            let mut state = SlotState::default();
            state.name = name.into();
            state.settings.drive_db = drive_db;
            state
        };
        let states = [
            with("", 0.0),
            with("", 1.0),
            with("", 2.0),
            with("Solo", 2.0),
        ];
        for pair in states.windows(2) {
            let change = Change::SlotState {
                slot: 1,
                before: pair[0].clone(),
                after: pair[1].clone(),
            };
            history.record(change, at);
        }
        let taken_back = |history: &mut History| match history.undo() {
            Some(Change::SlotState { slot: 1, after, .. }) => after,
            other => panic!("{other:?}"),
        };
        assert_eq!(taken_back(&mut history), states[2]);
        assert_eq!(taken_back(&mut history), states[0]);
        assert!(!history.can_undo());
    }
}
