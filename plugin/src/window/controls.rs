//! The parameters as the window shows them.

use std::borrow::Cow;
use std::ops::RangeInclusive;
use std::sync::Arc;

use gridleak_core::{
    Control, Kind, Parameter, ParameterId, Settings, SlotKnob, SlotSettings, Taper, Unit,
};

use crate::capture_knobs;

/// What a knob turns.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum KnobId {
    Parameter(ParameterId),
    /// One of the two that each slot has.
    Slot(usize, SlotKnob),
}

impl From<ParameterId> for KnobId {
    fn from(which: ParameterId) -> Self {
        Self::Parameter(which)
    }
}

/// A number as it is shown.
#[derive(Debug, Clone)]
pub(crate) struct Number {
    pub(super) knob: KnobId,
    pub(super) row: &'static Parameter,
    pub(crate) value: f32,
    /// Where it is while the host modulates it, which CLAP hosts do; else `value`.
    pub(crate) modulated: f32,
    /// What it is in the capture, where it is a knob of one. It goes from 0 to 1 all the same.
    pub(super) control: Option<Control>,
}

impl Number {
    /// Where a knob of a slot stands.
    pub(super) fn of_slot(slot: usize, knob: SlotKnob, settings: &SlotSettings) -> Self {
        let value = knob.get(settings);
        Self {
            knob: KnobId::Slot(slot, knob),
            row: knob.row(),
            value,
            modulated: value,
            control: None,
        }
    }

    /// What screen readers call it.
    pub(super) fn name(&self) -> Cow<'static, str> {
        match &self.control {
            Some(control) => format!("Capture {}", control.name).into(),
            None => self.row.name.into(),
        }
    }

    /// The value as people read it, unit included; of a capture's knob in the capture's numbers.
    pub(super) fn text(&self) -> String {
        match &self.control {
            Some(control) => capture_knobs::value(control, self.value),
            None => self.row.text(self.value),
        }
    }

    /// The value that a text stands for.
    pub(super) fn parse(&self, text: &str) -> Option<f32> {
        let number = self.row.parse(text)?;
        let control = self.control.as_ref();
        Some(control.map_or(number, |control| control.position(number)))
    }

    /// What a double click sets.
    pub(super) fn default(&self) -> f32 {
        let control = self.control.as_ref();
        control.map_or_else(|| self.row.default(), |control| control.default)
    }

    pub(super) fn ends(&self) -> RangeInclusive<f32> {
        self.row.range()
    }

    /// The nearest value in the range, also of what is no number.
    pub(super) fn within(&self, value: f32) -> f32 {
        let ends = self.ends();
        value.max(*ends.start()).min(*ends.end())
    }

    /// Where a value stands in the range, 0 to 1.
    pub(super) fn position(&self, value: f32) -> f32 {
        self.row.position(self.within(value))
    }

    /// How wide the range is, if values spread evenly over it.
    fn linear_width(&self) -> Option<f32> {
        let ends = self.ends();
        match &self.row.kind {
            Kind::Number(number) if number.taper == Taper::Linear => {
                Some(ends.end() - ends.start())
            }
            _ => None,
        }
    }

    /// What hands set: multiples of this.
    pub(super) fn step(&self) -> f32 {
        match self.linear_width() {
            _ if self.row.unit() == Unit::Hz => 1.0,
            Some(width) if width <= 1.0 => 0.01,
            Some(_) => 0.1,
            None => 1.0,
        }
    }

    /// The nearest value that a hand sets.
    pub(super) fn rounded(&self, value: f32) -> f32 {
        // Not by a division: tenths are nearest to what tens are divided by.
        let per_one = (1.0 / self.step()).round();
        self.within((value * per_one).round() / per_one)
    }

    /// What an arrow key or a notch of the wheel is worth, as a part of the range.
    pub(super) fn notch(&self) -> f32 {
        match self.linear_width() {
            Some(width) if width > 10.0 => 1.0 / width,
            Some(_) => 0.05,
            None => 0.025,
        }
    }
}

/// All parameters as they are shown.
#[derive(Debug, Clone)]
pub(crate) struct Controls {
    /// Where they stand.
    pub(crate) settings: Settings,
    /// The same, as the host modulates them.
    pub(crate) modulated: Settings,
    /// The knobs of the capture that plays.
    pub(crate) knobs: Arc<[Control]>,
}

impl Controls {
    pub(crate) fn number(&self, which: ParameterId) -> Number {
        let row = which.row();
        let knob = ParameterId::KNOBS.iter().position(|knob| *knob == which);
        Number {
            knob: which.into(),
            control: knob.and_then(|knob| self.knobs.get(knob)).cloned(),
            row,
            value: row.get(&self.settings),
            modulated: row.get(&self.modulated),
        }
    }

    pub(crate) fn value(&self, which: ParameterId) -> f32 {
        which.row().get(&self.settings)
    }

    pub(crate) fn is_on(&self, which: ParameterId) -> bool {
        self.value(which) >= 0.5
    }
}
