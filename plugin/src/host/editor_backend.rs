//! What the window shows and does: between the editor, which knows no plugin, and the plugin.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use gridleak_core::ParameterId;
use parking_lot::Mutex;

use crate::builtin;
use crate::host::parameters::{Parameters, playing};
use crate::session::folder::Step;
use crate::session::history::History;
use crate::session::library::{Library, Listing, Origin};
use crate::session::loader::Loader;
use crate::session::meters::Meters;
use crate::session::module_pin;
use crate::session::part::Part;
use crate::session::references::SavedPart;
use crate::window::{
    Backend, CaptureStatus, Embedding, GateMeter, Latency, Levels, PartStatus, Status,
};

/// The plugin as its window sees it.
pub(crate) struct EditorBackend {
    parameters: Arc<Parameters>,
    loader: Arc<Loader>,
    library: Arc<Library>,
    meters: Arc<Meters>,
}

impl EditorBackend {
    pub(crate) fn new(
        parameters: Arc<Parameters>,
        loader: Arc<Loader>,
        library: Arc<Library>,
        meters: Arc<Meters>,
    ) -> Self {
        Self {
            parameters,
            loader,
            library,
            meters,
        }
    }
}

impl Backend for EditorBackend {
    fn parameters(&self) -> &Parameters {
        &self.parameters
    }

    fn status(&self) -> Status {
        let shown = self.loader.shown();
        let [input, output] = self.meters.take();
        let sides = |(left, right)| Levels { left, right };
        let (reduction, level) = self.meters.gate();
        let message = shown.message().cloned();
        let (absent, question) = (shown.absent(), shown.question());
        let cab_by_capture = shown.parts[Part::Cab.index()].automatic;
        let second = shown.parts[Part::SecondCapture.index()].capture.as_ref();
        let settings = self.parameters.settings();
        let selected = playing(&settings);
        let second = second.filter(|_| selected == Part::SecondCapture);
        let playing = second.or(shown.parts[Part::Capture.index()].capture.as_ref());
        let has_cab = playing.is_some_and(|capture| capture.has_cab);
        let pedal = shown.parts[Part::Pedal.index()].capture.as_ref();
        let pedal = pedal.filter(|_| settings.pedal);
        let selected = &shown.parts[selected.index()];
        let project = selected.absent.as_ref().and_then(|_| selected.text());
        let capture = playing.map(|playing| CaptureStatus {
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
        let (can_undo, can_redo) = {
            let history = self.loader.history().lock();
            (history.can_undo(), history.can_redo())
        };
        Status {
            message,
            absent,
            question,
            cab_by_capture,
            capture,
            can_undo,
            can_redo,
            load: self.meters.load(),
            gate: GateMeter { reduction, level },
            parts: shown.parts.map(|part| match (part.automatic, has_cab) {
                (false, _) => PartStatus {
                    name: part.text(),
                    absent: part.absent.is_some(),
                    plays: part.capture.is_some() || part.response.is_some(),
                    origin: part.origin,
                    place: part.place,
                    response: part.response,
                },
                (true, false) => PartStatus {
                    name: Some("Built-in cabinet".into()),
                    origin: Some(Origin::BuiltIn(builtin::CABS[0].name)),
                    place: part.place,
                    response: part.response,
                    absent: false,
                    plays: true,
                },
                (true, true) => PartStatus {
                    name: Some("None: the capture has its own cabinet".into()),
                    ..PartStatus::default()
                },
            }),
            embedding: self
                .loader
                .embedding()
                .map(|(on, bytes)| Embedding { on, bytes }),
            busy: !self.loader.has_carried_out(self.loader.newest_order()),
            guitar: self.meters.take_guitar(),
            input: sides(input),
            output: sides(output),
            latency: self.loader.config().map(|config| Latency {
                samples: config.latency as u32,
                rate: config.rate as f32,
            }),
            new_interface_dbu: self.library.interface_dbu(),
        }
    }

    fn path(&self, part: Part) -> Option<PathBuf> {
        let shown = self.loader.shown();
        let of = |part: Part| shown.parts[part.index()].file().map(Path::to_owned);
        // Whoever has nothing in B goes on from A.
        let else_of_a = || of(Part::Capture).filter(|_| part == Part::SecondCapture);
        of(part).or_else(else_of_a)
    }

    fn load(&self, part: Part, path: PathBuf) {
        self.loader.open(part, Origin::File(path));
    }

    fn step(&self, part: Part, step: Step) {
        self.loader.step(part, step);
    }

    fn clear(&self, part: Part) {
        self.loader.clear(part);
    }

    fn choose_cab_by_capture(&self) {
        self.loader.choose_cab_by_capture();
    }

    fn set_embedding(&self, on: bool) {
        self.loader.embed(on);
    }

    fn history(&self) -> &Mutex<History> {
        self.loader.history()
    }

    fn put_back(&self, part: Part, saved: SavedPart) {
        self.loader.put_back(part, saved);
    }

    fn keep_interface(&self) {
        let dbu = self.parameters.value(ParameterId::InterfaceLevel);
        self.library.keep_interface(dbu);
    }

    fn locate(&self, part: Part, path: PathBuf) {
        self.loader.locate(part, path);
    }

    fn use_new_file(&self, part: Part) {
        self.loader.use_new_file(part);
    }

    fn keep_looking(&self, part: Part) {
        self.loader.keep_looking(part);
    }

    fn forget_overruns(&self) {
        self.meters.forget_overruns();
    }

    fn remember_window(&self, width: u32, height: u32) {
        self.library.remember_window(width, height);
    }

    fn dismiss_message(&self) {
        self.loader.dismiss_message();
    }

    fn listing(&self) -> Arc<Listing> {
        self.library.listing()
    }

    fn browse(&self) {
        self.library.browse();
    }

    fn rescan(&self) {
        self.library.rescan();
    }

    fn open(&self, part: Part, origin: Origin) {
        self.loader.open(part, origin);
    }

    fn set_favourite(&self, origin: Origin, on: bool) {
        self.library.set_favourite(origin, on);
    }

    fn add_folder(&self, path: PathBuf) {
        self.library.add_folder(path);
    }

    fn remove_folder(&self, path: PathBuf) {
        self.library.remove_folder(path);
    }

    fn before_dialog(&self) {
        // Its thread may outlive the plugin.
        module_pin::pin();
    }
}
