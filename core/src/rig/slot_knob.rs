//! What each slot has a knob of its own for, described as parameters are.

use super::parameters::{Group, Parameter, Unit, number};
use super::slot_settings::SlotSettings;

/// A knob that each slot has. Hosts know nothing of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SlotKnob {
    /// [`SlotSettings::drive_db`].
    Drive,
    /// [`SlotSettings::level_db`].
    Level,
}

static DRIVE: Parameter = Parameter::new(
    0,
    "drive",
    "Drive",
    Group::Slots,
    number(SlotSettings::DRIVE_DB, Unit::Db),
)
.hint("Gain before the pedal and the capture of this slot.");

static LEVEL: Parameter = Parameter::new(
    0,
    "level",
    "Level",
    Group::Slots,
    number(SlotSettings::LEVEL_DB, Unit::Db),
)
.hint("Gain behind the capture of this slot.");

impl SlotKnob {
    /// Both of them.
    pub const ALL: [SlotKnob; 2] = [SlotKnob::Drive, SlotKnob::Level];

    /// What it is called, its range and unit. It is no parameter: where it stands is not in
    /// [`super::Settings`], and its number is none.
    pub fn row(self) -> &'static Parameter {
        match self {
            SlotKnob::Drive => &DRIVE,
            SlotKnob::Level => &LEVEL,
        }
    }

    /// Where it stands, in dB.
    pub fn get(self, slot: &SlotSettings) -> f32 {
        match self {
            SlotKnob::Drive => slot.drive_db,
            SlotKnob::Level => slot.level_db,
        }
    }

    /// Sets it, in dB, brought into its range. NaN changes nothing.
    pub fn set(self, slot: &mut SlotSettings, db: f32) {
        if db.is_nan() {
            return;
        }
        let db = self.row().clamp(db);
        match self {
            SlotKnob::Drive => slot.drive_db = db,
            SlotKnob::Level => slot.level_db = db,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_is_set_within_its_range_and_starts_at_nothing() {
        for knob in SlotKnob::ALL {
            let mut slot = SlotSettings::default();
            assert_eq!(knob.get(&slot), 0.0);
            assert_eq!(knob.row().default(), 0.0);
            for (asked, set) in [(-3.5, -3.5), (1e9, 20.0), (f32::NAN, 20.0)] {
                knob.set(&mut slot, asked);
                assert_eq!(knob.get(&slot), set);
            }
            let other = SlotKnob::ALL[1 - knob as usize];
            assert_eq!(other.get(&slot), 0.0);
            assert_eq!(knob.row().text(-1.5), "-1.5 dB");
        }
    }
}
