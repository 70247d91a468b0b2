//! Building what the slots of the audio thread hold, of what is in memory, and sending it there.

use std::collections::VecDeque;
use std::mem::discriminant;

use gridleak_core::{
    Amp, BuildId, Cab, ImpulseResponse, Loaded, Pedal, ProcessConfig, SLOTS, SimdLevel, SlotPart,
    Voicing,
};

use super::Worker;
use crate::session::loader::content::{Content, next_id};
use crate::session::loader::orders::Audio;
use crate::session::loader::told;
use crate::session::message::Message;
use crate::session::part::{Part, PartKind};
use crate::simd_choice;

/// The parts of a slot that are impulse responses.
pub(in crate::session::loader) const CABS: [PartKind; 2] = [PartKind::Cab, PartKind::SecondCab];

/// What a slot has a place for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Amp,
    Pedal,
    Cab,
}

/// All that a part of a slot depends on.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Plan {
    /// What it is made of: at least one thing that was loaded.
    sources: [Option<BuildId>; 2],
    oversampling: usize,
    config: ProcessConfig,
}

/// What a place of a slot holds, or is on its way there; `None` for nothing.
#[derive(Debug, Clone, Copy, Default)]
struct PlacePlans {
    built: Option<Plan>,
    /// What could not be built, for it is later than the host was told.
    late: Option<Plan>,
    /// Whether it could not be built at all, so that nothing is there.
    failed: bool,
}

/// What was built for the slots of the audio thread.
#[derive(Default)]
pub(super) struct BankPlans {
    places: [[PlacePlans; Place::ALL.len()]; SLOTS],
    /// Whether the amps are such with their cabinets.
    have_cabs: [bool; SLOTS],
    /// What each slot was last built for, and the oversampling then.
    built_for: [Option<(ProcessConfig, usize)>; SLOTS],
    /// Built, but not yet sent.
    ready: VecDeque<Loaded>,
}

/// Why a part was not built, in words.
enum Refusal {
    /// It is later than the host was told.
    Late(String),
    Failed(String),
}

impl Place {
    const ALL: [Place; 3] = [Place::Amp, Place::Pedal, Place::Cab];

    /// What it is built of; a cabinet of another part as well.
    fn part(self, slot: usize) -> Part {
        Part::new(
            slot,
            match self {
                Place::Amp => PartKind::Capture,
                Place::Pedal => PartKind::Pedal,
                Place::Cab => PartKind::Cab,
            },
        )
    }

    /// With nothing in it.
    fn empty(self) -> SlotPart {
        match self {
            Place::Amp => SlotPart::Amp(None),
            Place::Pedal => SlotPart::Pedal(None),
            Place::Cab => SlotPart::Cab(None),
        }
    }
}

impl BankPlans {
    /// What was built is gone: it is to be built anew.
    pub(super) fn forget(&mut self) {
        for place in self.places.iter_mut().flatten() {
            if let Some(built) = &mut place.built {
                // No plan is one of nothing.
                built.sources = [None; 2];
            }
        }
    }

    fn is_late(&self) -> bool {
        let mut places = self.places.iter().flatten();
        places.any(|place| place.late.is_some())
    }

    /// Has a part sent, instead of what has not been sent yet for its place.
    fn put(&mut self, loaded: Loaded) {
        let is_other = |old: &Loaded| {
            (old.slot, discriminant(&old.part)) != (loaded.slot, discriminant(&loaded.part))
        };
        self.ready.retain(is_other);
        self.ready.push_back(loaded);
    }
}

impl Worker<'_> {
    /// Builds what changed in a slot, and sends it.
    pub(super) fn build(&mut self, slot: usize, audio: Audio) {
        let settings = self.loader.rig.settings();
        let oversampling = settings.oversampling_factor(audio.offline);
        self.bank.built_for[slot] = Some((audio.config, oversampling));
        let was_late = self.bank.is_late();
        let mut parts = Place::ALL.map(|place| self.build_place(slot, place));
        // The cabinet first: it is heard when its amp is.
        parts.rotate_right(1);
        let mut changed = was_late;
        for part in parts.into_iter().flatten() {
            changed = true;
            self.bank.put(Loaded { slot, part });
        }
        self.send();
        let refused = |place: &PlacePlans| place.late.is_some() || place.failed;
        let is_refused = self.bank.places[slot].iter().any(refused);
        self.loader.shown.lock().refused[slot] = is_refused;
        if changed && !self.bank.is_late() {
            self.loader.shown.lock().message = None;
        }
    }

    /// Builds anew if another oversampling is asked for.
    pub(super) fn follow_oversampling(&mut self, audio: Audio) {
        let (loader, config) = (self.loader, audio.config);
        let wanted = loader.rig.settings().oversampling_factor(audio.offline);
        let is_other = |built: &Option<(ProcessConfig, usize)>| {
            built.is_some_and(|(built, factor)| built == config && factor != wanted)
        };
        if self.bank.built_for.iter().any(is_other) && self.bring_slots(Some(audio)) {
            // What is late by more or less than the host was told can only be told to it anew.
            let late = loader.expected_latency(config.rate, audio.offline);
            let anew = (late.total, late.pedal) != (config.latency, config.pedal_latency);
            let anew = anew || self.bank.is_late();
            loader.ask_for_restart(anew);
        }
    }

    /// What is to be in a place.
    fn plan(&self, slot: usize, place: Place) -> Option<Plan> {
        let (config, oversampling) = self.bank.built_for[slot]?;
        let id = |part| {
            let loaded = self.loaded(part)?;
            loaded.capture().map(|_| loaded.id)
        };
        // Without an amp, nothing of a slot is heard.
        id(Place::Amp.part(slot))?;
        let (sources, oversampling) = match place {
            Place::Amp | Place::Pedal => ([id(place.part(slot)), None], oversampling),
            Place::Cab => (self.responses(slot).map(|found| Some(found?.0)), 1),
        };
        sources.iter().any(Option::is_some).then_some(Plan {
            sources,
            oversampling,
            config,
        })
    }

    /// The responses of a slot's cabinet.
    fn responses(&self, slot: usize) -> [Option<(BuildId, &ImpulseResponse)>; 2] {
        CABS.map(|kind| {
            let loaded = self.loaded(Part::new(slot, kind))?;
            match &loaded.content {
                Content::Response(response) => Some((loaded.id, &**response)),
                // Always the same.
                Content::Automatic(Some(response)) if !self.bank.have_cabs[slot] => {
                    Some((BuildId(0), &**response))
                }
                _ => None,
            }
        })
    }

    /// Builds what is to be in a place, if that is not what was built last.
    fn build_place(&mut self, slot: usize, place: Place) -> Option<SlotPart> {
        let loader = self.loader;
        let plan = self.plan(slot, place);
        let known = &mut self.bank.places[slot][place as usize];
        if known.built == plan {
            known.late = None;
            return None;
        }
        if known.late.is_some() && known.late == plan {
            return None;
        }
        let made = match plan {
            Some(plan) => self.make(slot, place, plan),
            None => Ok(place.empty()),
        };
        if place == Place::Cab {
            self.tell_remarks(slot);
        }
        if place == Place::Amp && made.is_ok() {
            let capture = self.capture(place.part(slot));
            let has_cab = capture.is_some_and(|loaded| loaded.capture().metadata().has_cab());
            self.bank.have_cabs[slot] = has_cab;
        }
        let known = &mut self.bank.places[slot][place as usize];
        if let Err(Refusal::Late(message)) = made {
            known.late = plan;
            loader.ask_for_restart(true);
            loader.say(Message::notice(message));
            return None;
        }
        *known = PlacePlans {
            built: plan,
            late: None,
            failed: matches!(made, Err(Refusal::Failed(_))),
        };
        if let Err(Refusal::Failed(reason)) = &made {
            let part = place.part(slot);
            let name = part.kind().title().to_lowercase();
            let text = format!("This {name} cannot play here: {reason}");
            loader.say_of(part, Message::error(text));
        }
        made.ok()
    }

    /// The parts of a slot for a chain of its own, without oversampling: that makes nothing louder.
    pub(super) fn build_alone(
        &self,
        slot: usize,
        config: ProcessConfig,
    ) -> Result<Vec<Loaded>, String> {
        let plans = Place::ALL.map(|place| (place, self.plan(slot, place)));
        let planned = plans
            .into_iter()
            .filter_map(|(place, plan)| Some((place, plan?)));
        let made = planned.map(|(place, plan)| {
            let plan = Plan {
                oversampling: 1,
                config,
                ..plan
            };
            let part = self
                .make(slot, place, plan)
                .map_err(|refusal| match refusal {
                    Refusal::Late(reason) | Refusal::Failed(reason) => reason,
                })?;
            Ok(Loaded { slot, part })
        });
        made.collect()
    }

    /// Builds a part.
    fn make(&self, slot: usize, place: Place, plan: Plan) -> Result<SlotPart, Refusal> {
        let config = plan.config;
        let allowed = match place {
            Place::Amp => config.latency - config.pedal_latency,
            Place::Pedal => config.pedal_latency,
            Place::Cab => {
                let [first, second] = self.responses(slot).map(|found| Some(found?.1));
                let cab = Cab::new(first, second, config, next_id()).map_err(Refusal::Failed)?;
                return Ok(SlotPart::Cab(Some(cab.into())));
            }
        };
        let Some(loaded) = self.capture(place.part(slot)) else {
            return Ok(place.empty());
        };
        let capture = loaded.capture().oversampled(plan.oversampling);
        let needed = gridleak_core::latency(config.rate, capture.sample_rate());
        if needed > allowed {
            return Err(Refusal::Late(format!(
                "This plays {:.1} ms later here than the host expects ({} Hz in a host at {} Hz). It plays as soon as the host starts its audio anew.",
                1000.0 * (needed - allowed) as f64 / config.rate,
                capture.sample_rate(),
                config.rate,
            )));
        }
        let settings = self.loader.rig.settings();
        let settings = self.loader.rig.slot_state(slot).settings.resolve(&settings);
        let voicing = Voicing {
            levels: loaded.levels,
            slim: f64::from(settings.slim),
            knobs: Some(settings.knobs),
        };
        let level = simd_choice::choose().unwrap_or_else(|_| SimdLevel::detect());
        let made = if place == Place::Amp {
            let amp = Amp::new(&capture, config, voicing, next_id(), level);
            amp.map(|amp| SlotPart::Amp(Some(amp.into())))
        } else {
            let pedal = Pedal::new(&capture, config, voicing, next_id(), level);
            pedal.map(|pedal| SlotPart::Pedal(Some(pedal.into())))
        };
        made.map_err(Refusal::Failed)
    }

    /// Says what is worth knowing of the responses of a slot.
    fn tell_remarks(&self, slot: usize) {
        let responses = self.responses(slot).map(|found| Some(found?.1));
        let remarks = told::remarks(self.loader, slot, responses);
        let generations = CABS.map(|kind| self.loaded(Part::new(slot, kind))?.generation);
        let told = &self.loader.told;
        told.lock().tell(self.loader, slot, generations, remarks);
    }

    pub(in crate::session::loader) fn has_something_to_send(&self) -> bool {
        !self.bank.ready.is_empty()
    }

    /// Sends what is ready; if there is no room now, later.
    pub(super) fn send(&mut self) {
        let mut end = self.loader.end.lock();
        end.drop_returned();
        while let Some(next) = self.bank.ready.pop_front() {
            if let Err(back) = end.send(next) {
                self.bank.ready.push_front(back);
                break;
            }
        }
    }
}
