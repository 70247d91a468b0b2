//! What an instance has to show besides its parameters, as plain values.

use std::sync::Arc;

use gridleak_core::{Control, Levels, SLOTS, Settings, TunerReading};

use crate::builtin;
use crate::capture_info::CaptureInfo;
use crate::session::folder::FolderPosition;
use crate::session::library::{Library, Origin};
use crate::session::loader::{Loader, RiffStatus};
use crate::session::match_levels::MatchStatus;
use crate::session::message::{Message, Question};
use crate::session::meters::{Load, Meters};
use crate::session::part::{ForParts, Part, PartKind};
use crate::session::presets::PresetStatus;
use crate::session::rig::SlotState;

/// What there is to show.
#[derive(Debug, Clone, Default)]
pub(crate) struct Status {
    pub(crate) parts: ForParts<PartStatus>,
    pub(crate) slots: [SlotStatus; SLOTS],
    /// Whether the cabinet follows the capture.
    pub(crate) cab_by_capture: bool,
    /// `None` until one is loaded.
    pub(crate) capture: Option<CaptureStatus>,
    pub(crate) can_undo: bool,
    pub(crate) can_redo: bool,
    /// What playing costs.
    pub(crate) load: Load,
    /// Whether the project carries the files; `None` where there is none.
    pub(crate) embedding: Option<Embedding>,
    /// Whether something is being loaded.
    pub(crate) busy: bool,
    pub(crate) message: Option<Message>,
    /// What does not play as the project means it, in a line.
    pub(crate) absent: Option<String>,
    /// What the user is asked; it stays until it is answered.
    pub(crate) question: Option<Question>,
    /// The largest sample of the guitar as it comes in, in linear amplitude.
    pub(crate) guitar: f32,
    pub(crate) input: PeakLevels,
    pub(crate) output: PeakLevels,
    pub(crate) gate: GateMeter,
    /// What the tuner hears; `None` while it is off or hears no clear note.
    pub(crate) tuner: Option<TunerReading>,
    /// What was played last.
    pub(crate) riff: RiffStatus,
    /// How far the work on equal levels is.
    pub(crate) matching: MatchStatus,
    /// The latency that the host was told; `None` while the plugin is not active.
    pub(crate) latency: Option<Latency>,
    /// The level of the interface that new instances begin with, in dBu.
    pub(crate) new_interface_dbu: f32,
    /// What there is to show of presets; not known to [`Status::now`].
    pub(crate) presets: PresetStatus,
}

/// What is shown of a slot.
#[derive(Debug, Clone, Default)]
pub(crate) struct SlotStatus {
    /// What it is called, and what it sets of its own.
    pub(crate) slot: SlotState,
    pub(crate) state: Readiness,
    /// The name of its capture, or what there is to say where the project means something else; `None`
    /// for nothing.
    pub(crate) text: Option<String>,
    /// Whether it is heard now.
    pub(crate) plays: bool,
    /// Whether it is the one that is asked for.
    #[cfg_attr(
        not(test),
        expect(dead_code, reason = "the window goes by the parameter")
    )]
    pub(crate) asked: bool,
}

impl SlotStatus {
    /// What it is called, or else what is in it; empty for nothing.
    pub(crate) fn called(&self) -> &str {
        match self.slot.name.as_str() {
            "" => self.text.as_deref().unwrap_or_default(),
            name => name,
        }
    }
}

/// Whether a slot can play.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Readiness {
    /// It has no capture.
    #[default]
    Empty,
    /// Its files are being read or built.
    Loading,
    Ready,
    /// Its capture does not play as the project means it; the slot's text says why.
    Failed,
}

/// What is shown of the capture that plays.
#[derive(Debug, Clone, Default)]
pub(crate) struct CaptureStatus {
    /// What is known of its levels.
    pub(crate) levels: Levels,
    /// The same of what the guitar plays into: the pedal's, if one is on.
    pub(crate) driven: Levels,
    /// Whether that is a pedal.
    pub(crate) through_pedal: bool,
    /// Whether it has several sizes.
    pub(crate) slims: bool,
    /// Its knobs; most have none.
    pub(crate) knobs: Arc<[Control]>,
    /// What there is to read about it.
    pub(crate) card: Arc<CaptureInfo>,
}

/// What is shown of a part of the rig.
#[derive(Debug, Clone, Default)]
pub(crate) struct PartStatus {
    /// The name of what plays, or what there is to say where the project means something else; `None`
    /// for nothing.
    pub(crate) name: Option<String>,
    /// Whether what the project means does not play.
    pub(crate) absent: bool,
    /// Whether anything plays there, be it that or something instead.
    pub(crate) plays: bool,
    /// Where it comes from; `None` for nothing, and for a cabinet that follows the capture.
    pub(crate) origin: Option<Origin>,
    /// Where it stands in its folder; `None` if it is in none or that is not known yet.
    pub(crate) place: Option<FolderPosition>,
    /// What an impulse response does to the frequencies of a curve, in dB.
    pub(crate) response: Option<Arc<[f32]>>,
}

/// The largest magnitudes of samples since the last look, 1.0 being 0 dBFS.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct PeakLevels {
    /// Of the left side, or of all there is.
    pub(crate) left: f32,
    /// `None` where there is only one channel.
    pub(crate) right: Option<f32>,
}

/// What the noise gate does now.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct GateMeter {
    /// What it takes away, in dB, 0 or less.
    pub(crate) reduction: f32,
    /// The level that it goes by, in dB.
    pub(crate) level: f32,
}

impl Default for GateMeter {
    fn default() -> Self {
        Self {
            reduction: 0.0,
            level: f32::NEG_INFINITY,
        }
    }
}

/// Whether a project carries the files of its rig.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Embedding {
    pub(crate) on: bool,
    /// What that adds to the project, in bytes.
    pub(crate) bytes: usize,
}

/// How late the sound comes out.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Latency {
    pub(crate) samples: u32,
    /// Of the host, in Hz.
    pub(crate) rate: f32,
}

impl Status {
    /// What there is to show now, at `settings`. Levels are those since the last call. Neither waits
    /// nor touches the disk.
    pub(crate) fn now(
        settings: &Settings,
        loader: &Arc<Loader>,
        library: &Library,
        meters: &Meters,
    ) -> Self {
        let shown = loader.shown();
        let at = |slot, kind| &shown.parts[Part::new(slot, kind).index()];
        let capture_of = |slot| at(slot, PartKind::Capture).capture.as_ref();
        // What is shown of a slot without a capture is that of the one that goes on to play.
        let candidates = [Some(settings.slot), meters.playing()]
            .into_iter()
            .flatten();
        let shown_slot = candidates
            .chain(0..SLOTS)
            .find(|slot| capture_of(*slot).is_some())
            .unwrap_or(settings.slot);
        let pedal = at(shown_slot, PartKind::Pedal).capture.as_ref();
        let pedal = pedal.filter(|_| settings.pedal);
        let selected = at(settings.slot, PartKind::Capture);
        let project = selected.absent.as_ref().and_then(|_| selected.text());
        let capture = capture_of(shown_slot).map(|playing| CaptureStatus {
            driven: pedal.unwrap_or(playing).levels,
            through_pedal: pedal.is_some(),
            levels: playing.levels,
            slims: playing.slims,
            knobs: playing.knobs.clone(),
            card: match project {
                Some(project) => playing.card.under("Project", project).into(),
                None => playing.card.clone(),
            },
        });
        let slots = std::array::from_fn(|slot| SlotStatus {
            slot: loader.rig.slot_state(slot),
            state: loader.readiness(&shown, slot),
            text: at(slot, PartKind::Capture).text(),
            plays: meters.playing() == Some(slot),
            asked: settings.slot == slot,
        });
        let (can_undo, can_redo) = {
            let history = loader.history().lock();
            (history.can_undo(), history.can_redo())
        };
        let [input, output] = meters
            .take()
            .map(|(left, right)| PeakLevels { left, right });
        let (reduction, level) = meters.gate();
        Self {
            message: shown.message(),
            absent: shown.absent(settings.slot),
            question: shown.question(),
            cab_by_capture: at(settings.slot, PartKind::Cab).automatic,
            capture,
            can_undo,
            can_redo,
            load: meters.load(),
            gate: GateMeter { reduction, level },
            tuner: meters
                .tuner(settings.tuner.reference_hz)
                .filter(|_| settings.tuner.on),
            riff: loader.riff(),
            matching: shown.matching,
            parts: Part::all().map(|part| {
                let capture = capture_of(part.slot());
                let shown = at(part.slot(), part.kind()).clone();
                let has_cab = capture.is_some_and(|capture| capture.has_cab);
                match (shown.automatic, has_cab) {
                    (false, _) => PartStatus {
                        name: shown.text(),
                        absent: shown.absent.is_some(),
                        plays: shown.capture.is_some() || shown.response.is_some(),
                        origin: shown.origin,
                        place: shown.place,
                        response: shown.response,
                    },
                    (true, false) => PartStatus {
                        name: Some("Built-in cabinet".into()),
                        origin: Some(Origin::BuiltIn(builtin::CABS[0].name)),
                        place: shown.place,
                        response: shown.response,
                        absent: false,
                        plays: capture.is_some(),
                    },
                    (true, true) => PartStatus {
                        name: Some("None: the capture has its own cabinet".into()),
                        ..PartStatus::default()
                    },
                }
            }),
            slots,
            embedding: loader
                .embedding()
                .map(|(on, bytes)| Embedding { on, bytes }),
            busy: !loader.has_carried_out(loader.newest_order()),
            guitar: meters.take_guitar(),
            input,
            output,
            latency: loader.config().map(|config| Latency {
                samples: config.latency as u32,
                rate: config.rate as f32,
            }),
            new_interface_dbu: library.interface_dbu(),
            presets: PresetStatus::default(),
        }
    }
}
