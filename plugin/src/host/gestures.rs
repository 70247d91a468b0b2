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
    knob: Knob,
    /// Where it stood and where it was last turned to, as plain values.
    before: f32,
    after: f32,
}

/// What a hand moves: where the slot that is asked for has a value of its own, that, else the parameter.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Knob {
    which: ParameterId,
    /// The slot whose own value it is.
    slot: Option<usize>,
}

impl Knob {
    /// What moves `which` as it is heard.
    fn heard(which: ParameterId, instance: &Instance) -> Self {
        let asked = instance.rig.unmodulated().slot;
        let own = instance.rig.slot_state(asked).settings.own;
        let is_own = which.row().own.is_some_and(|group| own.has(group));
        Knob {
            which,
            slot: is_own.then_some(asked),
        }
    }

    fn value(self, instance: &Instance) -> f32 {
        match self.slot {
            Some(slot) => {
                let settings = instance.rig.slot_state(slot).settings;
                self.which.row().get(&settings.values)
            }
            None => instance.value(self.which),
        }
    }

    /// Tells the host of a hand on a parameter; a slot's own values are none.
    fn tell(self, edit: Edit, instance: &Instance) {
        if self.slot.is_none() {
            instance.link.edit(edit);
        }
    }

    /// Sets it within a gesture; gives the value that it has now.
    fn set(self, plain: f32, instance: &Instance) -> f32 {
        if let Some(slot) = self.slot {
            return instance.loader.set_own_value(slot, self.which, plain);
        }
        instance.set(self.which, plain);
        let now = instance.value(self.which);
        instance.link.edit(Edit::Set(self.which, now));
        now
    }

    /// Remembers that it was brought from a value to another; not of the tuner, which is no part of the
    /// sound.
    fn record(self, before: f32, after: f32, instance: &Instance) {
        let control = self.which;
        if control.row().group == Group::Tuner {
            return;
        }
        let change = match self.slot {
            Some(slot) => Change::OwnValue {
                slot,
                control,
                before,
                after,
            },
            None => Change::Control {
                control,
                before,
                after,
            },
        };
        let history = instance.loader.history();
        history.lock().record(change, Instant::now());
    }
}

impl Gestures {
    /// Whether a hand is on a knob.
    pub(crate) fn is_holding(&self) -> bool {
        !self.0.is_empty()
    }

    pub(crate) fn begin(&mut self, knob: ParameterId, instance: &Instance) {
        let knob = Knob::heard(knob, instance);
        let before = knob.value(instance);
        knob.tell(Edit::Begin(knob.which), instance);
        self.0.push(HeldKnob {
            knob,
            before,
            after: before,
        });
    }

    pub(crate) fn set(&mut self, knob: ParameterId, plain: f32, instance: &Instance) {
        if let Some(held) = self.0.iter_mut().find(|held| held.knob.which == knob) {
            held.after = held.knob.set(plain, instance);
        }
    }

    pub(crate) fn end(&mut self, knob: ParameterId, instance: &Instance) {
        if let Some(at) = self.0.iter().position(|held| held.knob.which == knob) {
            let held = self.0.swap_remove(at);
            held.knob.tell(Edit::End(knob), instance);
            held.knob.record(held.before, held.after, instance);
        }
    }

    /// Ends all of them.
    pub(crate) fn end_all(&mut self, instance: &Instance) {
        while let Some(HeldKnob { knob, .. }) = self.0.last() {
            self.end(knob.which, instance);
        }
    }
}

/// Throws a switch or chooses an option, as its plain value.
pub(crate) fn change(control: ParameterId, plain: f32, instance: &Instance) {
    let knob = Knob::heard(control, instance);
    let before = knob.value(instance);
    set_in_gesture(knob, plain, instance);
    knob.record(before, knob.value(instance), instance);
}

/// Sets a parameter in a gesture of its own.
pub(crate) fn set_at_once(control: ParameterId, plain: f32, instance: &Instance) {
    let knob = Knob {
        which: control,
        slot: None,
    };
    set_in_gesture(knob, plain, instance);
}

fn set_in_gesture(knob: Knob, plain: f32, instance: &Instance) {
    knob.tell(Edit::Begin(knob.which), instance);
    knob.set(plain, instance);
    knob.tell(Edit::End(knob.which), instance);
}
