//! What the window shows and does: between the editor, which knows no plugin, and the plugin.

use std::path::PathBuf;
use std::sync::Arc;

use crate::editor::{Backend, Embedding, GateMeter, Latency, Levels, PartStatus, Status};
use crate::folder::Step;
use crate::library::{Listing, Origin};
use crate::library_pin;
use crate::loader::Loader;
use crate::meters::Meters;
use crate::parameters::Parameters;
use crate::part::Part;

/// The plugin as its window sees it.
pub(crate) struct Panel {
    parameters: Arc<Parameters>,
    loader: Arc<Loader>,
    meters: Arc<Meters>,
    listing: Arc<Listing>,
}

impl Panel {
    pub(crate) fn new(
        parameters: Arc<Parameters>,
        loader: Arc<Loader>,
        meters: Arc<Meters>,
    ) -> Self {
        Self {
            parameters,
            loader,
            meters,
            listing: Arc::default(),
        }
    }
}

impl Backend for Panel {
    fn parameters(&self) -> &Parameters {
        &self.parameters
    }

    fn status(&self) -> Status {
        let shown = self.loader.shown();
        let [input, output] = self.meters.take();
        let sides = |(left, right)| Levels { left, right };
        let (reduction, level) = self.meters.gate();
        let message = shown.message().cloned();
        let cab_by_capture = shown.parts[Part::Cab.index()].automatic;
        let has_cab = shown.has_cab;
        Status {
            message,
            cab_by_capture,
            levels: shown.levels,
            slims: shown.slims,
            gate: GateMeter { reduction, level },
            parts: shown.parts.map(|part| match (part.automatic, has_cab) {
                (false, _) => PartStatus {
                    name: part.name,
                    origin: part.file.map(Origin::File),
                    place: part.place,
                    response: part.response,
                },
                (true, false) => PartStatus {
                    name: Some("Built-in cabinet".into()),
                    place: part.place,
                    response: part.response,
                    ..PartStatus::default()
                },
                (true, true) => PartStatus {
                    name: Some("None: the capture has its own".into()),
                    ..PartStatus::default()
                },
            }),
            embedding: self
                .loader
                .embedding()
                .map(|(on, bytes)| Embedding { on, bytes }),
            busy: !self.loader.has_carried_out(self.loader.newest_order()),
            input: sides(input),
            output: sides(output),
            latency: self.loader.setup().map(|setup| Latency {
                samples: setup.latency as u32,
                rate: setup.rate as f32,
            }),
        }
    }

    fn path(&self, part: Part) -> Option<PathBuf> {
        self.loader.shown().parts[part.index()].file.clone()
    }

    fn load(&self, part: Part, path: PathBuf) {
        self.loader.open(part, path);
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

    fn dismiss_message(&self) {
        self.loader.dismiss_message();
    }

    fn listing(&self) -> Arc<Listing> {
        self.listing.clone()
    }

    fn browse(&self) {}

    fn rescan(&self) {}

    fn open(&self, part: Part, origin: Origin) {
        if let Origin::File(path) = origin {
            self.loader.open(part, path);
        }
    }

    fn set_favourite(&self, _origin: Origin, _on: bool) {}

    fn add_folder(&self, _path: PathBuf) {}

    fn remove_folder(&self, _path: PathBuf) {}

    fn before_dialog(&self) {
        // Its thread may outlive the plugin.
        library_pin::pin();
    }
}
