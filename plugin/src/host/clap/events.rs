//! What hosts tell by events, and what they are told.

use clack_plugin::events::event_types::{
    MidiEvent, ParamGestureBeginEvent, ParamGestureEndEvent, ParamModEvent, ParamValueEvent,
};
use clack_plugin::events::io::{InputEvents, OutputEvents, TryPushError};
use clack_plugin::events::{Pckn, UnknownEvent};
use gridleak_core::ParameterId;

use crate::host::clap::parameters::{clap_id, parameter};
use crate::session::host_link::{Edit, HostLink};
use crate::session::instance::Instance;
use crate::session::player::Player;

/// An event that changes something here.
#[derive(Debug, Clone, Copy)]
pub(super) enum Incoming {
    Value(ParameterId, f64),
    /// How far a parameter is moved from where it stands, until the next one.
    Modulation(ParameterId, f64),
    Midi([u8; 3]),
}

impl Incoming {
    /// None for what is of no concern, and for events that are not as long as they should be.
    pub(super) fn read(event: &UnknownEvent) -> Option<Self> {
        if let Some(event) = event.as_event::<ParamValueEvent>() {
            let value = event.value();
            Some(Self::Value(parameter(event.param_id()?)?, value))
        } else if let Some(event) = event.as_event::<ParamModEvent>() {
            let amount = event.amount();
            Some(Self::Modulation(parameter(event.param_id()?)?, amount))
        } else {
            let midi = event.as_event::<MidiEvent>()?;
            Some(Self::Midi(midi.data()))
        }
    }

    /// Does it; `player`: what plays, for MIDI only comes while something does.
    pub(super) fn apply(self, instance: &Instance, player: Option<&mut Player>) {
        match (self, player) {
            (Self::Value(id, plain), _) => instance.set(id, plain as f32),
            (Self::Modulation(id, offset), _) => instance.modulate(id, offset as f32),
            (Self::Midi(message), Some(player)) => player.midi(message),
            (Self::Midi(_), None) => {}
        }
    }
}

/// What the host is told of knobs that somebody moves in the window.
#[derive(Debug, Default)]
pub(super) struct EditsOut {
    /// What the host had no room for: it goes first next time, for a gesture is to end.
    held: Option<Edit>,
}

impl EditsOut {
    pub(super) fn send(&mut self, link: &HostLink, output: &mut OutputEvents<'_>) {
        while let Some(edit) = self.held.take().or_else(|| link.next_edit()) {
            if push(edit, output).is_err() {
                self.held = Some(edit);
                return;
            }
        }
    }
}

fn push(edit: Edit, output: &mut OutputEvents<'_>) -> Result<(), TryPushError> {
    match edit {
        Edit::Begin(id) => output.try_push(ParamGestureBeginEvent::new(0, clap_id(id))),
        Edit::Set(id, plain) => {
            let value = f64::from(plain);
            output.try_push(ParamValueEvent::new(
                0,
                clap_id(id),
                Pckn::match_all(),
                value,
            ))
        }
        Edit::End(id) => output.try_push(ParamGestureEndEvent::new(0, clap_id(id))),
    }
}

/// Takes and gives changes of parameters without playing.
pub(super) fn flush(
    instance: &Instance,
    edits: &mut EditsOut,
    input: &InputEvents<'_>,
    output: &mut OutputEvents<'_>,
) {
    for index in 0..input.len() {
        if let Some(event) = input.get(index).and_then(Incoming::read) {
            event.apply(instance, None);
        }
    }
    edits.send(&instance.link, output);
}
