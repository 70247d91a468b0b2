//! Hands on parameters: what a window does with them reaches the host as gestures, and can be taken
//! back.

use std::time::Instant;

use gridleak_core::{Group, ParameterId};

use crate::session::history::Change;
use crate::session::host_link::Edit;
use crate::session::instance::Instance;

/// The knobs that the host was told are held.
#[derive(Debug, Default)]
pub(crate) struct Gestures(Vec<HeldKnob>);

/// A knob that is held.
#[derive(Debug)]
struct HeldKnob {
    knob: ParameterId,
    /// Where it stood and where it was last turned to, as plain values.
    before: f32,
    after: f32,
}

impl Gestures {
    /// Whether a hand is on a knob.
    pub(crate) fn is_holding(&self) -> bool {
        !self.0.is_empty()
    }

    pub(crate) fn begin(&mut self, knob: ParameterId, instance: &Instance) {
        let before = instance.value(knob);
        instance.link.edit(Edit::Begin(knob));
        self.0.push(HeldKnob {
            knob,
            before,
            after: before,
        });
    }

    pub(crate) fn set(&mut self, knob: ParameterId, plain: f32, instance: &Instance) {
        let after = set(knob, plain, instance);
        if let Some(held) = self.0.iter_mut().find(|held| held.knob == knob) {
            held.after = after;
        }
    }

    pub(crate) fn end(&mut self, knob: ParameterId, instance: &Instance) {
        instance.link.edit(Edit::End(knob));
        if let Some(at) = self.0.iter().position(|held| held.knob == knob) {
            let HeldKnob { before, after, .. } = self.0.swap_remove(at);
            record(knob, before, after, instance);
        }
    }

    /// Ends all of them.
    pub(crate) fn end_all(&mut self, instance: &Instance) {
        while let Some(HeldKnob { knob, .. }) = self.0.last() {
            self.end(*knob, instance);
        }
    }
}

/// Throws a switch or chooses an option, as its plain value.
pub(crate) fn change(control: ParameterId, plain: f32, instance: &Instance) {
    let before = instance.value(control);
    set_at_once(control, plain, instance);
    record(control, before, instance.value(control), instance);
}

/// Sets a parameter in a gesture of its own.
pub(crate) fn set_at_once(control: ParameterId, plain: f32, instance: &Instance) {
    instance.link.edit(Edit::Begin(control));
    set(control, plain, instance);
    instance.link.edit(Edit::End(control));
}

/// Sets one within a gesture; gives the value that it has now.
fn set(control: ParameterId, plain: f32, instance: &Instance) -> f32 {
    instance.set(control, plain);
    let now = instance.value(control);
    instance.link.edit(Edit::Set(control, now));
    now
}

/// Remembers that a control was brought from a value to another; not of the tuner, which is no part of
/// the sound.
fn record(control: ParameterId, before: f32, after: f32, instance: &Instance) {
    if control.row().group == Group::Tuner {
        return;
    }
    let change = Change::Control {
        control,
        before,
        after,
    };
    instance
        .loader
        .history()
        .lock()
        .record(change, Instant::now());
}
