//! Hands on parameters: what a window does with them reaches the host as gestures, and can be taken
//! back.

use std::time::Instant;

use gridleak_core::{Group, ParameterId};
use nice_plug::context::gui::GuiContext;
use parking_lot::Mutex;

use crate::host::parameters::Parameters;
use crate::session::history::{Change, History};

/// The knobs that the host was told are held.
#[derive(Debug, Default)]
pub(crate) struct Gestures(Vec<HeldKnob>);

/// A knob that is held.
#[derive(Debug)]
struct HeldKnob {
    knob: ParameterId,
    /// Where it stood and where it was last turned to, from 0 to 1.
    before: f32,
    after: f32,
}

/// What a gesture reaches.
pub(crate) struct GestureTarget<'a> {
    pub(crate) host: &'a GuiContext,
    pub(crate) parameters: &'a Parameters,
    pub(crate) history: &'a Mutex<History>,
}

impl Gestures {
    /// Whether a hand is on a knob.
    pub(crate) fn is_holding(&self) -> bool {
        !self.0.is_empty()
    }

    pub(crate) fn begin(&mut self, knob: ParameterId, target: &GestureTarget<'_>) {
        let before = target.parameters.position(knob);
        target.parameters.begin(&target.host.param_setter(), knob);
        self.0.push(HeldKnob {
            knob,
            before,
            after: before,
        });
    }

    pub(crate) fn set(&mut self, knob: ParameterId, value: f32, target: &GestureTarget<'_>) {
        target
            .parameters
            .set(&target.host.param_setter(), knob, value);
        if let Some(held) = self.0.iter_mut().find(|held| held.knob == knob) {
            held.after = knob.row().position(value);
        }
    }

    pub(crate) fn end(&mut self, knob: ParameterId, target: &GestureTarget<'_>) {
        target.parameters.end(&target.host.param_setter(), knob);
        if let Some(at) = self.0.iter().position(|held| held.knob == knob) {
            let HeldKnob { before, after, .. } = self.0.swap_remove(at);
            target.record(knob, before, after);
        }
    }

    /// Ends all of them.
    pub(crate) fn end_all(&mut self, target: &GestureTarget<'_>) {
        while let Some(HeldKnob { knob, .. }) = self.0.last() {
            self.end(*knob, target);
        }
    }
}

impl GestureTarget<'_> {
    /// Throws a switch or chooses an option, as its plain value.
    pub(crate) fn change(&self, control: ParameterId, plain: f32) {
        let before = self.parameters.position(control);
        self.set_at_once(control, plain);
        self.record(control, before, control.row().position(plain));
    }

    /// Sets one in a gesture of its own.
    pub(crate) fn set_at_once(&self, control: ParameterId, plain: f32) {
        let setter = self.host.param_setter();
        self.parameters.set_at_once(&setter, control, plain);
    }

    /// Remembers that a control was brought from a position to another; not of the tuner, which is no
    /// part of the sound.
    fn record(&self, control: ParameterId, before: f32, after: f32) {
        if control.row().group == Group::Tuner {
            return;
        }
        let change = Change::Control {
            control,
            before,
            after,
        };
        self.history.lock().record(change, Instant::now());
    }
}
