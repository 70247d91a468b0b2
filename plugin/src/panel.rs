//! What the window shows and does: between the editor, which knows no plugin, and the plugin.

use std::path::PathBuf;
use std::sync::Arc;

use crate::editor::{Backend, Embedding, Latency, Levels, Status};
use crate::folder::Step;
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
        let levels = |(left, right)| Levels { left, right };
        Status {
            message: shown.message().cloned(),
            capture: shown.parts[Part::Capture.index()].name.clone(),
            place: shown.parts[Part::Capture.index()].place,
            embedding: self
                .loader
                .embedding()
                .map(|(on, bytes)| Embedding { on, bytes }),
            busy: !self.loader.has_carried_out(self.loader.newest_order()),
            input: levels(input),
            output: levels(output),
            latency: self.loader.setup().map(|setup| Latency {
                samples: setup.latency as u32,
                rate: setup.rate as f32,
            }),
        }
    }

    fn path(&self) -> Option<PathBuf> {
        self.loader.shown().parts[Part::Capture.index()]
            .file
            .clone()
    }

    fn load(&self, path: PathBuf) {
        self.loader.open(Part::Capture, path);
    }

    fn step(&self, step: Step) {
        self.loader.step(Part::Capture, step);
    }

    fn set_embedding(&self, on: bool) {
        self.loader.embed(on);
    }

    fn dismiss_message(&self) {
        self.loader.dismiss_message();
    }

    fn before_dialog(&self) {
        // Its thread may outlive the plugin.
        library_pin::pin();
    }
}
