//! What `render` plays through: a rig whose files are in memory.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use gridleak_core::{Capture, ImpulseResponse, Levels, SLOTS, Settings};

use super::capture_source;
use super::chain_args::ChainArgs;
use crate::files::failure::{Failure, Result};
use crate::files::impulse_file;
use crate::session::rig::{SlotState, find_slot};

/// A rig with all that it plays.
pub(super) struct LoadedRig {
    /// The file of the rig; none where options name it.
    pub(super) path: Option<PathBuf>,
    pub(super) settings: Settings,
    pub(super) slots: [LoadedSlot; SLOTS],
    /// The files that it was read from, and what they are.
    pub(super) files: Vec<(PathBuf, String)>,
    /// What is to be said of it.
    pub(super) notes: Vec<String>,
}

/// A slot with all that it plays.
#[derive(Default)]
pub(super) struct LoadedSlot {
    pub(super) state: SlotState,
    pub(super) capture: Option<Arc<LoadedCapture>>,
    pub(super) pedal: Option<Arc<LoadedCapture>>,
    pub(super) cabs: [Option<LoadedResponse>; 2],
    /// Why it plays nothing, if that is not what is meant.
    pub(super) failure: Option<String>,
}

/// A capture, and what is known of its levels.
pub(super) struct LoadedCapture {
    pub(super) capture: Capture,
    pub(super) levels: Levels,
}

/// An impulse response, and what it is called where something is said of it.
pub(super) struct LoadedResponse {
    pub(super) name: String,
    pub(super) response: ImpulseResponse,
}

impl LoadedRig {
    /// The rig of one slot that the command line names: `capture`, or else a built-in one, and what stands
    /// around it. `raw`: with the capture's samples as they are. `slim`: the size of a capture that has
    /// several, 0 to 1.
    pub(super) fn from_options(
        capture: Option<&Path>,
        around: &ChainArgs,
        raw: bool,
        slim: Option<f64>,
    ) -> Result<Self> {
        let mut files = Vec::new();
        let mut name = |path: Option<&Path>, what: &str| {
            files.extend(path.map(|path| (path.to_owned(), what.to_owned())));
        };
        name(capture, "the capture");
        name(around.pedal.as_deref(), "the pedal's capture");
        name(around.ir.as_deref(), "the impulse response");
        name(around.ir2.as_deref(), "the second impulse response");
        let open = |source: &Path| capture_source::open(source).map(LoadedCapture::new);
        let capture = match capture {
            Some(source) => open(source)?,
            None => LoadedCapture::new(capture_source::default()?),
        };
        let pedal = around.pedal.as_deref().map(open).transpose()?;
        let mut notes = Vec::new();
        if pedal
            .as_ref()
            .is_some_and(|pedal| pedal.capture.has_knobs())
        {
            notes.push(
                "the pedal's knobs stay where its file has them start; --knob turns the capture's"
                    .into(),
            );
        }
        if slim.is_some() && capture.capture.slim_steps().is_empty() {
            notes.push("the capture has only one size; --slim has no effect".into());
        }
        let mut settings = around.settings(raw);
        settings.slim = slim.map_or(settings.slim, |slim| slim as f32);
        settings.knobs = around.knobs(&capture.capture)?;
        let mut slots: [LoadedSlot; SLOTS] = Default::default();
        slots[0] = LoadedSlot {
            capture: Some(capture.into()),
            pedal: pedal.map(Arc::new),
            cabs: around.responses()?,
            ..LoadedSlot::default()
        };
        Ok(Self {
            path: None,
            settings,
            slots,
            files,
            notes,
        })
    }

    /// Sets what options name, whoever else has values of its own for it.
    pub(super) fn change(&mut self, options: &ChainArgs, raw: bool, slim: Option<f64>) {
        let owned = self
            .slots
            .iter_mut()
            .map(|slot| &mut slot.state.settings.values);
        for settings in owned.chain([&mut self.settings]) {
            options.apply(settings, raw);
            settings.slim = slim.map_or(settings.slim, |slim| slim as f32);
        }
    }

    /// Has a slot play, by its name or number.
    pub(super) fn choose_slot(&mut self, wanted: &str) -> Result<()> {
        let found = find_slot(wanted, &|slot| self.slot_label(slot));
        let found = found.ok_or_else(|| {
            Failure::new(format!(
                "--slot {wanted}: there is no such slot; give a number from 1 to {SLOTS}, or the name of a slot"
            ))
        })?;
        self.settings.slot = found;
        Ok(())
    }

    /// Checks that a slot has something to play.
    pub(super) fn check_slot(&self, slot: usize) -> Result<()> {
        match (&self.slots[slot].capture, &self.path) {
            (Some(_), _) => Ok(()),
            (None, Some(path)) => Err(Failure::at(path, self.why_empty(slot))),
            (None, None) => Err(Failure::new(self.why_empty(slot))),
        }
    }

    /// What a slot is called, as hosts show it.
    pub(super) fn slot_label(&self, slot: usize) -> String {
        self.slots[slot].state.label(slot)
    }

    /// What a slot is called where something is said of it: `slot 2 (Lead)`.
    pub(super) fn slot_title(&self, slot: usize) -> String {
        self.slot_titles(&[slot])
    }

    /// What several are called: `slots 1 (Clean), 3 (Lead)`.
    pub(super) fn slot_titles(&self, slots: &[usize]) -> String {
        let titles = slots.iter().map(|&slot| {
            let (number, name) = (slot + 1, &self.slots[slot].state.name);
            match name.is_empty() {
                true => number.to_string(),
                false => format!("{number} ({name})"),
            }
        });
        let word = if slots.len() == 1 { "slot" } else { "slots" };
        format!("{word} {}", titles.collect::<Vec<_>>().join(", "))
    }

    /// All that is to be said of it and of what its slots play.
    pub(super) fn all_notes(&self) -> Vec<String> {
        let mut notes = self.notes.clone();
        for (number, slot) in self.slots.iter().enumerate() {
            if slot.failure.is_some() {
                notes.push(self.why_empty(number));
            }
            let of_slot = slot.notes(&self.settings).into_iter();
            notes.extend(of_slot.map(|note| match &self.path {
                Some(_) => format!("{}: {note}", self.slot_title(number)),
                None => note,
            }));
        }
        notes
    }

    /// Why a slot plays nothing.
    pub(super) fn why_empty(&self, slot: usize) -> String {
        let title = self.slot_title(slot);
        let has = |slot: &usize| self.slots[*slot].capture.is_some();
        let filled: Vec<usize> = (0..SLOTS).filter(has).collect();
        match &self.slots[slot].failure {
            Some(failure) => format!("{title} cannot play: {failure}"),
            None => {
                let are = if filled.len() == 1 { "is" } else { "are" };
                let filled = self.slot_titles(&filled);
                format!("{title} is empty; there {are} {filled}")
            }
        }
    }

    /// Why none plays anything.
    pub(super) fn why_silent(&self) -> Failure {
        let failed = |slot: &usize| self.slots[*slot].failure.is_some();
        match (&self.path, (0..SLOTS).find(failed)) {
            (Some(path), Some(slot)) => Failure::at(path, self.why_empty(slot)),
            (Some(path), None) => Failure::at(
                path,
                "no slot has a capture; load one in the plugin and save the rig again",
            ),
            (None, _) => Failure::new(self.slots[0].failure.clone().unwrap_or_default()),
        }
    }
}

impl LoadedCapture {
    pub(super) fn new(capture: Capture) -> Self {
        let levels = Levels::of(&capture);
        Self { capture, levels }
    }
}

impl LoadedSlot {
    /// Takes out what cannot play.
    pub(super) fn refuse(&mut self, reason: String) {
        self.capture = None;
        self.failure = Some(reason);
    }

    /// What is to be said of it where the rig is set to `shared`.
    pub(super) fn notes(&self, shared: &Settings) -> Vec<String> {
        let settings = self.state.settings.resolve(shared);
        let Some(amp) = &self.capture else {
            return Vec::new();
        };
        let pedal = self.pedal.as_deref();
        let captures = [Some(&**amp), pedal].into_iter().flatten();
        let warnings = captures.flat_map(|loaded| loaded.capture.warnings());
        let mut notes: Vec<String> = warnings.cloned().collect();
        let [first, second] = &self.cabs;
        for (cab, other) in [(first, second), (second, first)] {
            if let Some(cab) = cab {
                let other = other.as_ref().map(|other| &other.response);
                let name = format!("{}:", cab.name);
                notes.extend(impulse_file::remarks(&name, &cab.response, other));
            }
        }
        let (driven, what) = match pedal {
            Some(pedal) => (Levels::given(&pedal.capture), "This pedal"),
            None => (amp.levels, "This capture"),
        };
        if settings.levels.calibrate_input {
            notes.extend(driven.why_no_input_calibration(what));
        }
        notes.extend(amp.levels.why_raw(settings.levels.mode));
        let oversampling = settings.oversampling_factor(true);
        if amp.capture.oversampling(oversampling) != oversampling {
            notes.push(
                "the capture cannot be oversampled that far; it plays as far as it can".into(),
            );
        }
        notes
    }
}
