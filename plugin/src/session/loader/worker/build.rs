//! Building what is to play of what is in memory, and sending it to the audio thread.

use std::sync::atomic::Ordering;

use gridleak_core::{Amp, Cab, Capture, ProcessConfig, Settings, SimdLevel, Voicing};

use super::{AmpPlan, CabPlan, Content, Worker, next_ticket};
use crate::session::handover::LoaderEnd;
use crate::session::loader::{Shared, told};
use crate::session::message::Message;
use crate::session::part::Part;
use crate::simd_choice;

impl Worker {
    /// What is to be built.
    fn plan(&self, settings: &Settings, config: ProcessConfig, offline: bool) -> Option<AmpPlan> {
        let (playing, like) = self.playing(settings)?;
        Some(AmpPlan {
            capture: playing.loaded.ticket,
            like: like.map(|like| like.loaded.ticket),
            pedal: self.capture(Part::Pedal).map(|pedal| pedal.loaded.ticket),
            config,
            oversampling: settings.oversampling_factor(offline),
        })
    }

    /// Builds what changed.
    pub(super) fn build(&mut self, shared: &Shared, config: ProcessConfig, offline: bool) {
        self.build_amp(shared, config, offline);
        self.build_cab(shared, config);
    }

    /// Builds anew if parameters ask for something else, of which nobody tells the loader.
    pub(in crate::session::loader) fn build_anew(
        &mut self,
        shared: &Shared,
        config: ProcessConfig,
        offline: bool,
    ) {
        let last = self.late.or(self.built);
        let last = last.filter(|plan| plan.config == config);
        if let Some(last) = last
            && let Some(plan) = self.plan(&shared.parameters.settings(), config, offline)
            && plan != last
        {
            self.name_knobs(shared);
            self.build(shared, config, offline);
            if plan.oversampling != last.oversampling {
                // What is late by more or less than the host was told can only be told to it anew.
                let anew = shared.expected_latency(config.rate, offline) != config.latency;
                shared.restart.store(anew, Ordering::Relaxed);
            }
        }
    }

    /// Builds the capture that is to play for `config`, with the pedal before it, if that is not what
    /// was built last.
    fn build_amp(&mut self, shared: &Shared, config: ProcessConfig, offline: bool) {
        let settings = shared.parameters.settings();
        let Some(plan) = self.plan(&settings, config, offline) else {
            return;
        };
        if self.late == Some(plan) {
            return;
        }
        if self.built == Some(plan) {
            if self.late.take().is_some() {
                shared.shown.lock().message = None;
            }
            return;
        }
        let Some((playing, like)) = self.playing(&settings) else {
            return;
        };
        let capture = &*playing.capture.oversampled(plan.oversampling);
        let pedal = self.capture(Part::Pedal);
        let pedal = pedal.map(|pedal| (pedal.capture.oversampled(plan.oversampling), pedal.levels));
        let late = |capture: &Capture| gridleak_core::latency(config.rate, capture.sample_rate());
        let needed = late(capture) + pedal.as_ref().map_or(0, |(pedal, _)| late(pedal));
        if needed > config.latency {
            shared.say(Message::notice(format!(
                "This plays {:.1} ms later here than the host expects ({} Hz in a host at {} Hz). It plays as soon as the host starts its audio anew.",
                1000.0 * (needed - config.latency) as f64 / config.rate,
                capture.sample_rate(),
                config.rate,
            )));
            shared.restart.store(true, Ordering::Relaxed);
            self.late = Some(plan);
            return;
        }
        let level = simd_choice::choose().unwrap_or_else(|_| SimdLevel::detect());
        let voicing = |levels| Voicing {
            levels,
            slim: f64::from(settings.slim),
            knobs: Some(settings.knobs),
        };
        // Every change is another sound, also where the capture stays.
        let alone = || {
            let amp = Amp::new(
                capture,
                config,
                voicing(playing.levels),
                next_ticket(),
                level,
            )?;
            let gap = like.and_then(|like| Some(like.measured()? - playing.measured()?));
            Ok::<_, String>(match (like, gap) {
                (Some(like), Some(gap)) => amp.as_loud_as(like.levels, gap),
                _ => amp,
            })
        };
        let amp = match &pedal {
            Some((pedal, levels)) => alone().and_then(|amp| {
                let both = amp.with_pedal(pedal, voicing(*levels), level);
                both.or_else(|reason| {
                    let text = format!("This pedal cannot play here: {reason}");
                    shared.say_of(Part::Pedal, Message::error(text));
                    alone()
                })
            }),
            None => alone(),
        };
        let mut has_cab = self.has_cab;
        match amp {
            Ok(amp) => {
                has_cab = capture.metadata().has_cab();
                self.ready = Some(Box::new(amp));
                shared.shown.lock().message = None;
            }
            Err(reason) => shared.say(Message::error(format!(
                "This capture cannot play here: {reason}"
            ))),
        }
        self.has_cab = has_cab;
        self.built = Some(plan);
        self.late = None;
    }

    /// Builds the cabinet in memory for `config`, if that is not what was built last.
    fn build_cab(&mut self, shared: &Shared, config: ProcessConfig) {
        let response = |part| {
            let loaded = self.loaded(part)?;
            match &loaded.content {
                Content::Response(response) => Some((loaded.ticket, response)),
                Content::Automatic(Some(response)) if !self.has_cab => Some((0, response)),
                _ => None,
            }
        };
        let [first, second] = [response(Part::Cab), response(Part::SecondCab)];
        let plan = CabPlan {
            responses: [first, second].map(|response| response.map(|(ticket, _)| ticket)),
            config,
        };
        if self.built_cab == Some(plan) {
            return;
        }
        let [first, second] = [first, second].map(|found| found.map(|(_, response)| response));
        let remarks = told::remarks(shared, [first, second]);
        match Cab::new(first, second, config, next_ticket()) {
            Ok(cab) => self.ready_cab = Some(Box::new(cab)),
            Err(reason) => shared.say_of(
                Part::Cab,
                Message::error(format!("This cabinet cannot play here: {reason}")),
            ),
        }
        let generations = [Part::Cab, Part::SecondCab].map(|part| self.loaded(part)?.generation);
        shared.told.lock().tell(shared, generations, remarks);
        self.built_cab = Some(plan);
    }

    pub(in crate::session::loader) fn has_something_to_send(&self) -> bool {
        self.ready.is_some() || self.ready_cab.is_some()
    }

    /// Sends what is ready; if there is no room now, later.
    pub(in crate::session::loader) fn send(&mut self, end: &mut LoaderEnd) {
        if let Some(cab) = self.ready_cab.take() {
            self.ready_cab = end.cabs.send(cab).err();
        }
        if let Some(amp) = self.ready.take() {
            self.ready = end.captures.send(amp).err();
        }
    }
}
