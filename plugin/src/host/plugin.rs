//! The plugin as hosts know it.

use std::sync::Arc;
use std::time::{Duration, Instant};

use gridleak_core::{Chain, Peaks, ProcessConfig, Settings, TunerReading};
use nice_plug::prelude::*;
use nice_plug_egui::{EguiEditorState, RepaintNotifier};

use crate::host::editor::{self, EditorApp};
use crate::host::editor_backend::PluginBackend;
use crate::host::incoming_state;
use crate::host::parameters::{BUTTONS, Parameters};
use crate::host::thread_token::ThreadToken;
use crate::host::workarounds::late_window::LateEditor;
use crate::host::workarounds::worker_park::{self, Task};
use crate::session::handover::{AudioEnd, handover};
use crate::session::library::Library;
use crate::session::loader::Loader;
use crate::session::meters::Meters;
use crate::session::module_pin;
use crate::session::part::Part;
use crate::session::preferences::Preferences;
use crate::session::thread_end;

/// How long offline rendering waits for a capture that is being loaded.
const OFFLINE_TIMEOUT: Duration = Duration::from_secs(5);

/// Of the time that the end of an instance may take, what is left for its library.
const LIBRARYS_SHARE: Duration = Duration::from_millis(10);

/// How often it looks meanwhile.
const OFFLINE_LOOK: Duration = Duration::from_millis(1);

/// An instance of the plugin.
pub struct Gridleak {
    parameters: Arc<Parameters>,
    loader: Arc<Loader>,
    library: Arc<Library>,
    sounds: AudioEnd,
    /// There while the host has the plugin active.
    chain: Option<Chain>,
    offline: bool,
    /// The thread that started the audio, where the host cannot say whether it renders.
    started_by: Option<ThreadToken>,
    /// Whether another thread has ever played: a host that has one for that plays live.
    has_audio_thread: bool,
    /// The order to the loader that offline rendering has waited for.
    waited_for: u64,
    /// What was set when the last block was played or the audio started, and how many states had been
    /// loaded; `None` before that.
    followed: Option<(Settings, u64)>,
    meters: Arc<Meters>,
    /// What the editor was last asked to draw.
    drawn: Drawn,
    window: Arc<EguiEditorState>,
    repaint: RepaintNotifier,
    executor: Option<AsyncExecutor<Self>>,
}

impl Default for Gridleak {
    fn default() -> Self {
        let (sounds, loader_end) = handover();
        let repaint = RepaintNotifier::new();
        let changed = repaint.clone();
        let library = Library::new(move || changed.request_repaint());
        let changed = repaint.clone();
        let (parameters, loader) = Loader::new(
            loader_end,
            library.clone(),
            move || changed.request_repaint(),
            Parameters::of_this_machine,
        );
        Self {
            parameters,
            loader,
            library,
            sounds,
            chain: None,
            offline: false,
            started_by: None,
            has_audio_thread: false,
            waited_for: 0,
            followed: None,
            meters: Arc::default(),
            drawn: Drawn::default(),
            window: editor::new_state(Preferences::load().window),
            repaint,
            executor: None,
        }
    }
}

const fn layout(inputs: u32, outputs: u32) -> AudioIOLayout {
    AudioIOLayout {
        main_input_channels: NonZeroU32::new(inputs),
        main_output_channels: NonZeroU32::new(outputs),
        ..AudioIOLayout::const_default()
    }
}

impl Plugin for Gridleak {
    const NAME: &'static str = "Gridleak";
    const VENDOR: &'static str = "Gridleak";
    const URL: &'static str = "";
    const EMAIL: &'static str = "";
    const VERSION: &'static str = env!("CARGO_PKG_VERSION");
    const AUDIO_IO_LAYOUTS: &'static [AudioIOLayout] = &[layout(2, 2), layout(1, 2), layout(1, 1)];
    const SAMPLE_ACCURATE_AUTOMATION: bool = true;

    type Editor = LateEditor<EditorApp>;
    type SysExMessage = ();
    type BackgroundTask = Task;

    fn task_executor(&mut self) -> TaskExecutor<Self> {
        Box::new(worker_park::execute)
    }

    fn params(&self) -> Arc<dyn Params> {
        self.parameters.clone()
    }

    fn editor(&mut self, executor: AsyncExecutor<Self>) -> Option<Self::Editor> {
        self.executor = Some(executor);
        let backend = PluginBackend::new(
            self.parameters.clone(),
            self.loader.clone(),
            self.library.clone(),
            self.meters.clone(),
            self.repaint.clone(),
        );
        editor::editor(
            self.window.clone(),
            self.repaint.clone(),
            Arc::new(backend),
            self.parameters.clone(),
        )
    }

    fn filter_state(state: &mut PluginState) {
        incoming_state::check(state);
    }

    /// Never waits: the loader is told, and the chain is silent until its capture comes.
    fn activate(
        &mut self,
        layout: &AudioIOLayout,
        config: &BufferConfig,
        context: &mut impl ActivateContext<Self>,
    ) -> bool {
        if let Some(executor) = &self.executor {
            module_pin::pin();
            worker_park::park(context.plugin_api(), executor);
        }
        let channels = |count: Option<NonZeroU32>| count.map_or(1, |n| n.get() as usize);
        let rate = f64::from(config.sample_rate);
        // Of a VST3 host the framework tells what was so one start before.
        let tells = context.plugin_api() != PluginApi::Vst3;
        let offline = tells && config.process_mode == ProcessMode::Offline;
        let latency = self.loader.expected_latency(rate, offline);
        let config = ProcessConfig {
            rate,
            inputs: channels(layout.main_input_channels),
            outputs: channels(layout.main_output_channels),
            latency: latency.total,
            pedal_latency: latency.pedal,
        };
        self.offline = offline;
        let now = (self.parameters.settings(), self.parameters.loads());
        self.followed.get_or_insert(now);
        self.started_by = (!tells).then(ThreadToken::here);
        if self.chain.as_ref().map(Chain::config) != Some(config) {
            self.put_away();
            let mut chain = Chain::new(config);
            for kept in self.loader.take_kept(config) {
                drop(chain.load(kept));
                while chain.take_retired().is_some() {}
            }
            self.chain = Some(chain);
        }
        self.meters.set_channels(config.inputs, config.outputs);
        self.loader.activate(config, offline);
        context.set_latency_samples(config.latency as u32);
        true
    }

    fn reset(&mut self) {
        if let Some(chain) = &mut self.chain {
            chain.set(&self.parameters.settings());
            chain.reset();
        }
    }

    fn process(
        &mut self,
        buffer: &mut Buffer<'_>,
        _aux: &mut AuxiliaryBuffers<'_>,
        context: &mut impl ProcessContext<Self>,
    ) -> ProcessStatus {
        let patient = self.offline || self.renders_where_it_was_started();
        let settings = self.parameters.settings();
        let pressed = self.follow(&settings);
        let Some(chain) = &mut self.chain else {
            return ProcessStatus::Error("processing before activation");
        };
        if patient {
            if pressed {
                self.loader.look();
            }
            wait_for_capture(&self.loader, &mut self.waited_for);
        }
        let started = Instant::now();
        chain.set_offline(patient);
        self.sounds.exchange(chain);
        if self.loader.take_restart_request() && context.plugin_api() == PluginApi::Clap {
            context.request_restart();
        }
        chain.set(&settings);
        chain.process(buffer.as_slice());
        self.sounds.exchange(chain);
        let peaks = chain.take_peaks();
        let seconds = buffer.samples() as f32 / chain.config().rate as f32;
        // Rendering is late for nobody.
        self.meters.add_load(seconds, started.elapsed(), !patient);
        self.meters.raise(peaks);
        self.meters.set_gate(
            chain.gate_reduction_db() as f32,
            chain.gate_level_db() as f32,
        );
        let tuner = chain.tuner_reading();
        self.meters.set_tuner(tuner);
        if self.window.is_open() {
            let drawn = Drawn {
                settings,
                peaks,
                tuner,
            };
            if drawn.differs(&self.drawn) {
                self.drawn = drawn;
                self.repaint.request_repaint();
            }
        }
        match context.plugin_api() {
            PluginApi::Vst3 => ProcessStatus::Tail(chain.tail() as u32),
            // The host listens for the end of the sound itself.
            _ => ProcessStatus::Normal,
        }
    }

    fn deactivate(&mut self) {
        self.meters.set_tuner(None);
        self.put_away();
        self.loader.deactivate();
    }
}

/// In offline rendering, and only there, sound waits for the capture that the project names: once
/// for each order to the loader.
fn wait_for_capture(loader: &Loader, waited_for: &mut u64) {
    let order = loader.newest_order();
    if loader.has_carried_out(order) || *waited_for == order {
        return;
    }
    *waited_for = order;
    let started = Instant::now();
    while !loader.has_carried_out(order) && started.elapsed() < OFFLINE_TIMEOUT {
        std::thread::sleep(OFFLINE_LOOK);
    }
}

/// What moves in the editor while a host plays.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
struct Drawn {
    settings: Settings,
    peaks: Peaks,
    tuner: Option<TunerReading>,
}

impl Drawn {
    /// Whether there is anything to see: a parameter that moved, sound above -90 dB, or another pitch.
    fn differs(&self, other: &Self) -> bool {
        const SEEN: f32 = 3e-5;
        let peaks = self.peaks.input.into_iter().chain(self.peaks.output);
        (self.settings, self.tuner) != (other.settings, other.tuner)
            || peaks.into_iter().any(|peak| peak > SEEN)
    }
}

impl Drop for Gridleak {
    fn drop(&mut self) {
        let deadline = Instant::now() + thread_end::LONGEST_WAIT;
        // First: what arrives in this moment is still to be remembered by the library.
        self.loader.end(deadline - LIBRARYS_SHARE);
        self.library.end(deadline);
    }
}

impl Gridleak {
    /// Whether the host renders, though it cannot say so: the framework tells a VST3 plugin of offline
    /// rendering one start too late. What plays sound as it is heard has a thread of its own for that.
    /// A program that starts and plays on one thread, and never on another, can wait.
    fn renders_where_it_was_started(&mut self) -> bool {
        let Some(starter) = self.started_by else {
            return false;
        };
        self.has_audio_thread = self.has_audio_thread || !starter.is_here();
        !self.has_audio_thread
    }

    /// Steps through folders for every button that was pressed since the last block; says whether one
    /// was.
    fn follow(&mut self, settings: &Settings) -> bool {
        let loads = self.parameters.loads();
        let before = self.followed.replace((*settings, loads));
        let Some((before, loads_before)) = before else {
            return false;
        };
        let mut pressed = false;
        for (button, part, step) in BUTTONS {
            let down = |settings: &Settings| button.row().get(settings) >= 0.5;
            // A project that was saved with a button down presses none.
            if loads == loads_before && down(settings) && !down(&before) {
                let part = match part {
                    Part::Capture => Part::playing(settings),
                    part => part,
                };
                self.loader.step_soon(part, step, loads);
                pressed = true;
            }
        }
        pressed
    }

    /// Gives what is loaded to the loader, which keeps it for a while.
    fn put_away(&mut self) {
        if let Some(mut chain) = self.chain.take() {
            self.loader.keep(std::iter::from_fn(|| chain.take_any()));
        }
        self.loader.keep(std::iter::from_fn(|| self.sounds.take()));
    }
}

impl ClapPlugin for Gridleak {
    const CLAP_ID: &'static str = "audio.gridleak.gridleak";
    const CLAP_DESCRIPTION: Option<&'static str> = Some("Plays Neural Amp Modeler captures");
    const CLAP_MANUAL_URL: Option<&'static str> = None;
    const CLAP_SUPPORT_URL: Option<&'static str> = None;
    const CLAP_FEATURES: &'static [ClapFeature] = &[
        ClapFeature::AudioEffect,
        ClapFeature::Distortion,
        ClapFeature::Stereo,
        ClapFeature::Mono,
    ];
}

impl Vst3Plugin for Gridleak {
    const VST3_CLASS_ID: [u8; 16] = *b"GridleakNamPlay1";
    const VST3_SUBCATEGORIES: &'static [Vst3SubCategory] =
        &[Vst3SubCategory::Fx, Vst3SubCategory::Distortion];
}
