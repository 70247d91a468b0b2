//! A CLAP host: a main thread, an audio thread, and what a plugin may ask for.

use std::ffi::CString;
use std::io::Cursor;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Mutex};
use std::thread::{self, ThreadId};
use std::time::Duration;

use clack_extensions::gui::{
    GuiApiType, GuiConfiguration, GuiSize, HostGui, HostGuiImpl, PluginGui, Window,
};
use clack_extensions::latency::{HostLatency, HostLatencyImpl, PluginLatency};
use clack_extensions::params::{
    HostParams, HostParamsImplMainThread, HostParamsImplShared, ParamClearFlags, ParamInfoBuffer,
    ParamInfoFlags, ParamRescanFlags, PluginParams,
};
use clack_extensions::render::{PluginRender, RenderMode};
use clack_extensions::state::{HostState, HostStateImpl, PluginState};
use clack_extensions::thread_check::{HostThreadCheck, HostThreadCheckImpl};
use clack_host::events::event_types::ParamValueEvent;
use clack_host::events::spaces::CoreEventSpace;
use clack_host::prelude::*;

use crate::sound::Stereo;
use crate::trap::armed;

/// An editor inside of a window of the host's.
const EMBEDDED: GuiConfiguration<'_> = GuiConfiguration {
    api_type: GuiApiType::X11,
    is_floating: false,
};

/// The name of audio threads.
const AUDIO: &str = "audio";

/// Room for events that the plugin tells in a block.
const EVENTS: usize = 4096;

/// What a plugin asked for.
#[derive(Debug, Default)]
pub(crate) struct Requests {
    callback: AtomicBool,
    /// How often it asked for being activated anew.
    pub(crate) restart: AtomicUsize,
    /// How often it said that its project has changed.
    pub(crate) dirty: AtomicUsize,
    /// How often it told a new latency.
    pub(crate) latency: AtomicUsize,
    /// The last size that it wanted its editor to have.
    pub(crate) size: Mutex<Option<(u32, u32)>>,
    /// What it told of parameters that somebody moves in its editor, in order.
    pub(crate) edits: Mutex<Vec<(Edit, ClapId)>>,
}

/// The host as `clack` wants it described.
pub(crate) struct Host;

pub(crate) struct Shared {
    main: ThreadId,
    requests: Arc<Requests>,
}

pub(crate) struct Main {
    requests: Arc<Requests>,
}

impl HostHandlers for Host {
    type Shared<'a> = Shared;
    type MainThread<'a> = Main;
    type AudioProcessor<'a> = ();

    fn declare_extensions(builder: &mut HostExtensions<'_, Self>, _: &Self::Shared<'_>) {
        builder
            .register::<HostThreadCheck>()
            .register::<HostParams>()
            .register::<HostGui>()
            .register::<HostLatency>()
            .register::<HostState>();
    }
}

impl SharedHandler<'_> for Shared {
    fn request_restart(&self) {
        self.requests.restart.fetch_add(1, SeqCst);
    }
    fn request_process(&self) {}
    fn request_callback(&self) {
        self.requests.callback.store(true, SeqCst);
    }
}

impl HostThreadCheckImpl for Shared {
    fn is_main_thread(&self) -> bool {
        thread::current().id() == self.main
    }
    fn is_audio_thread(&self) -> bool {
        thread::current().name() == Some(AUDIO)
    }
}

impl HostParamsImplShared for Shared {
    fn request_flush(&self) {}
}

impl HostGuiImpl for Shared {
    fn resize_hints_changed(&self) {}
    fn request_resize(&self, size: GuiSize) -> Result<(), HostError> {
        *self.requests.size.lock().expect("no panic") = Some((size.width, size.height));
        Ok(())
    }
    fn request_show(&self) -> Result<(), HostError> {
        Ok(())
    }
    fn request_hide(&self) -> Result<(), HostError> {
        Ok(())
    }
    fn closed(&self, _: bool) {}
}

impl MainThreadHandler<'_> for Main {}

impl HostParamsImplMainThread for Main {
    fn rescan(&self, _: ParamRescanFlags) {}
    fn clear(&self, _: ClapId, _: ParamClearFlags) {}
}

impl HostLatencyImpl for Main {
    fn changed(&self) {
        self.requests.latency.fetch_add(1, SeqCst);
    }
}

impl HostStateImpl for Main {
    fn mark_dirty(&self) {
        self.requests.dirty.fetch_add(1, SeqCst);
    }
}

/// A parameter as the plugin describes it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Parameter {
    pub(crate) id: ClapId,
    pub(crate) name: String,
    pub(crate) range: std::ops::RangeInclusive<f64>,
    pub(crate) default: f64,
    pub(crate) flags: ParamInfoFlags,
}

/// What a plugin tells of a parameter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Edit {
    Begin,
    Value,
    End,
}

/// A value that a parameter takes on at a frame of a block.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Change {
    pub(crate) frame: u32,
    pub(crate) parameter: ClapId,
    pub(crate) value: f64,
}

/// Loads a bundle's library.
pub(crate) fn load(bundle: &Path) -> PluginEntry {
    // SAFETY: the bundle was built by this workspace and keeps to CLAP's rules.
    unsafe { PluginEntry::load(bundle) }.expect("the bundle loads")
}

/// An instance of the plugin, on the main thread.
pub(crate) struct Plugin {
    instance: PluginInstance<Host>,
    pub(crate) requests: Arc<Requests>,
}

impl Plugin {
    /// Makes an instance.
    pub(crate) fn new(library: &PluginEntry) -> Self {
        let factory = library.get_plugin_factory().expect("a factory");
        let mut plugins = factory.plugin_descriptors();
        let plugin = plugins.next().expect("a plugin");
        assert!(plugins.next().is_none(), "the bundle holds one plugin");
        let id = plugin.id().expect("an id");
        assert_eq!(id, c"audio.gridleak.gridleak");
        let host = HostInfo::new("Gridleak's tests", "Gridleak", "", "1").expect("no zero bytes");
        let requests = Arc::new(Requests::default());
        let instance = PluginInstance::new(
            |()| Shared {
                main: thread::current().id(),
                requests: requests.clone(),
            },
            |_| Main {
                requests: requests.clone(),
            },
            library,
            id,
            &host,
        );
        Self {
            instance: instance.expect("an instance"),
            requests,
        }
    }

    fn extension<
        E: clack_host::extensions::Extension<
                ExtensionSide = clack_host::extensions::PluginExtensionSide,
            >,
    >(
        &mut self,
    ) -> E {
        let handle = self.instance.plugin_handle();
        handle.get_extension::<E>().expect("the extension")
    }

    pub(crate) fn parameters(&mut self) -> Vec<Parameter> {
        let params: PluginParams = self.extension();
        let handle = self.instance.plugin_handle();
        (0..params.count(&handle))
            .map(|index| {
                let mut buffer = ParamInfoBuffer::new();
                let info = params.get_info(&handle, index, &mut buffer);
                let info = info.expect("a parameter's description");
                Parameter {
                    id: info.id,
                    name: String::from_utf8(info.name.to_vec()).expect("a name"),
                    range: info.min_value..=info.max_value,
                    default: info.default_value,
                    flags: info.flags,
                }
            })
            .collect()
    }

    /// The parameter of this name.
    pub(crate) fn parameter(&mut self, name: &str) -> Parameter {
        let mut parameters = self.parameters().into_iter();
        let found = parameters.find(|parameter| parameter.name == name);
        found.unwrap_or_else(|| panic!("there is no {name}"))
    }

    /// What a parameter is set to.
    pub(crate) fn value(&mut self, parameter: ClapId) -> f64 {
        let params: PluginParams = self.extension();
        let handle = self.instance.plugin_handle();
        params.get_value(&handle, parameter).expect("a value")
    }

    /// A value in the plugin's words.
    pub(crate) fn text(&mut self, parameter: ClapId, value: f64) -> String {
        let params: PluginParams = self.extension();
        let handle = self.instance.plugin_handle();
        let mut buffer = [0; 256];
        let text = params.value_to_text(&handle, parameter, value, &mut buffer);
        String::from_utf8(text.expect("a text").to_vec()).expect("readable text")
    }

    /// The value that someone means by a text.
    pub(crate) fn typed(&mut self, parameter: ClapId, text: &str) -> Option<f64> {
        let params: PluginParams = self.extension();
        let handle = self.instance.plugin_handle();
        let text = CString::new(text).expect("no zero bytes");
        params.text_to_value(&handle, parameter, &text)
    }

    pub(crate) fn save(&mut self) -> Vec<u8> {
        let state: PluginState = self.extension();
        let mut bytes = Vec::new();
        let saved = state.save(&self.instance.plugin_handle(), &mut bytes);
        saved.expect("a state");
        bytes
    }

    /// Restores a state; whether the plugin took it.
    pub(crate) fn restore(&mut self, state: &[u8]) -> bool {
        let extension: PluginState = self.extension();
        let handle = self.instance.plugin_handle();
        extension.load(&handle, &mut Cursor::new(state)).is_ok()
    }

    /// Frames from the input to the output.
    pub(crate) fn latency(&mut self) -> u32 {
        let latency: PluginLatency = self.extension();
        latency.get(&self.instance.plugin_handle())
    }

    /// Tells the plugin whether anybody listens while it plays.
    pub(crate) fn render_mode(&mut self, mode: RenderMode) {
        let render: PluginRender = self.extension();
        let set = render.set(&self.instance.plugin_handle(), mode);
        set.expect("the render mode");
    }

    /// Whether the plugin says that it has an editor.
    pub(crate) fn offers_a_window(&mut self) -> bool {
        let handle = self.instance.plugin_handle();
        handle.get_extension::<PluginGui>().is_some()
    }

    /// Makes the editor. It is not to be seen yet.
    pub(crate) fn create_editor(&mut self) {
        let gui: PluginGui = self.extension();
        let created = gui.create(&self.instance.plugin_handle(), EMBEDDED);
        created.expect("an editor");
    }

    /// The editor's width and height in pixels.
    pub(crate) fn editor_size(&mut self) -> (u32, u32) {
        let gui: PluginGui = self.extension();
        let size = gui.get_size(&self.instance.plugin_handle());
        let size = size.expect("a size");
        (size.width, size.height)
    }

    /// The size in pixels that the editor would rather have than this one.
    pub(crate) fn adjusted_editor_size(&mut self, width: u32, height: u32) -> (u32, u32) {
        let gui: PluginGui = self.extension();
        let size = GuiSize { width, height };
        let size = gui.adjust_size(&self.instance.plugin_handle(), size);
        let size = size.expect("a size");
        (size.width, size.height)
    }

    /// Has the editor take on a size in pixels.
    pub(crate) fn resize_editor(&mut self, width: u32, height: u32) {
        let gui: PluginGui = self.extension();
        let size = GuiSize { width, height };
        let resized = gui.set_size(&self.instance.plugin_handle(), size);
        resized.expect("another size");
        assert_eq!(self.editor_size(), (width, height));
    }

    /// Shows the editor in a window of X11, which has to stay until the editor is destroyed.
    pub(crate) fn show_editor(&mut self, window: u32) {
        assert!(self.offer_window(window), "a place for the editor");
        let gui: PluginGui = self.extension();
        // Not every editor can be hidden, and shown again.
        let _ = gui.show(&self.instance.plugin_handle());
    }

    /// Offers the editor a window of X11 to live in; whether it took it.
    pub(crate) fn offer_window(&mut self, window: u32) -> bool {
        let gui: PluginGui = self.extension();
        let window = Window::from_x11_handle(window.into());
        // SAFETY: a number; the plugin has to bear it if there is no such window.
        unsafe { gui.set_parent(&self.instance.plugin_handle(), window) }.is_ok()
    }

    pub(crate) fn destroy_editor(&mut self) {
        let gui: PluginGui = self.extension();
        gui.destroy(&self.instance.plugin_handle());
    }

    /// Does what the plugin wants done on the main thread.
    pub(crate) fn serve(&mut self) {
        if self.requests.callback.swap(false, SeqCst) {
            self.instance.call_on_main_thread_callback();
        }
    }

    /// Serves the plugin for a while.
    pub(crate) fn serve_for(&mut self, time: Duration) {
        let until = std::time::Instant::now() + time;
        while std::time::Instant::now() < until {
            self.serve();
            thread::sleep(Duration::from_millis(2));
        }
    }

    /// Activates for `rate` and blocks of up to `most` frames, runs `audio` on an audio thread and
    /// `main` on this one meanwhile, and deactivates when both have ended.
    pub(crate) fn run<A: Send>(
        &mut self,
        rate: f64,
        most: u32,
        audio: impl FnOnce(&mut Audio) -> A + Send,
        main: impl FnOnce(&mut Self),
    ) -> A {
        let configuration = PluginAudioConfiguration {
            sample_rate: rate,
            min_frames_count: 1,
            max_frames_count: most,
        };
        let stopped = self.instance.activate(|_, _| (), configuration);
        let stopped = stopped.expect("activation");
        let requests = self.requests.clone();
        let (stopped, result) = thread::scope(|scope| {
            let thread = thread::Builder::new().name(AUDIO.into());
            let thread = thread.spawn_scoped(scope, move || {
                let mut audio_side = Audio {
                    processor: armed(|| stopped.start_processing()).expect("processing"),
                    inputs: AudioPorts::with_capacity(2, 1),
                    outputs: AudioPorts::with_capacity(2, 1),
                    events: EventBuffer::new(),
                    told: EventBuffer::with_capacity(EVENTS),
                    requests,
                };
                let result = audio(&mut audio_side);
                let processor = audio_side.processor;
                (armed(|| processor.stop_processing()), result)
            });
            let thread = thread.expect("an audio thread");
            main(self);
            while !thread.is_finished() {
                self.serve();
                thread::sleep(Duration::from_millis(1));
            }
            thread.join().expect("the audio thread ends well")
        });
        self.instance.deactivate(stopped);
        result
    }

    /// Plays `input` in blocks of the given sizes, over and over.
    pub(crate) fn play(&mut self, rate: f64, input: &Stereo, blocks: &[usize]) -> Stereo {
        let most = blocks.iter().max().copied().unwrap_or(1).max(1) as u32;
        self.run(rate, most, |audio| audio.play(input, blocks), |_| ())
    }
}

/// The plugin's audio thread.
pub(crate) struct Audio {
    processor: StartedPluginAudioProcessor<Host>,
    inputs: AudioPorts,
    outputs: AudioPorts,
    /// What comes in the next block.
    pub(crate) events: EventBuffer,
    told: EventBuffer,
    requests: Arc<Requests>,
}

impl Audio {
    /// Plays one block, with changes of parameters in it.
    pub(crate) fn block(&mut self, input: [&[f32]; 2], changes: &[Change]) -> Stereo {
        for change in changes {
            self.events.push(&ParamValueEvent::new(
                change.frame,
                change.parameter,
                Pckn::match_all(),
                change.value,
            ));
        }
        self.block_with_events(input)
    }

    /// Plays one block, with what comes in it.
    pub(crate) fn block_with_events(&mut self, input: [&[f32]; 2]) -> Stereo {
        let mut heard = input.map(<[f32]>::to_vec);
        // What the plugin does not write shows.
        let mut played = input.map(|channel| vec![f32::NAN; channel.len()]);
        let inputs = self.inputs.with_input_buffers([AudioPortBuffer {
            latency: 0,
            channels: AudioPortBufferType::f32_input_only(
                heard.iter_mut().map(InputChannel::variable),
            ),
        }]);
        let mut outputs = self.outputs.with_output_buffers([AudioPortBuffer {
            latency: 0,
            channels: AudioPortBufferType::f32_output_only(
                played.iter_mut().map(|channel| channel.as_mut_slice()),
            ),
        }]);
        let events = InputEvents::from_buffer(&self.events);
        let told = &mut OutputEvents::from_buffer(&mut self.told);
        let process = || {
            let processor = &mut self.processor;
            processor.process(&inputs, &mut outputs, &events, told, None, None)
        };
        armed(process).expect("the block is played");
        self.events.clear();
        let edits = self
            .told
            .iter()
            .filter_map(|event| match event.as_core_event()? {
                CoreEventSpace::ParamGestureBegin(event) => Some((Edit::Begin, event.param_id()?)),
                CoreEventSpace::ParamValue(event) => Some((Edit::Value, event.param_id()?)),
                CoreEventSpace::ParamGestureEnd(event) => Some((Edit::End, event.param_id()?)),
                _ => None,
            });
        self.requests.edits.lock().expect("no panic").extend(edits);
        self.told.clear();
        played
    }

    /// Has the plugin forget what it heard, and take what comes without playing.
    pub(crate) fn reset(&mut self) {
        armed(|| self.processor.reset());
        let handle = self.processor.shared_plugin_handle();
        let params = handle.get_extension::<PluginParams>().expect("parameters");
        let events = InputEvents::from_buffer(&self.events);
        let told = &mut OutputEvents::from_buffer(&mut self.told);
        let mut handle = self.processor.plugin_handle();
        armed(|| params.flush_active(&mut handle, &events, told));
        self.events.clear();
        self.told.clear();
    }

    /// Plays `input` in blocks of the given sizes, over and over.
    pub(crate) fn play(&mut self, input: &Stereo, blocks: &[usize]) -> Stereo {
        let mut output = Stereo::default();
        let mut blocks = blocks.iter().cycle();
        let (mut start, frames) = (0, input[0].len());
        while start < frames {
            let end = frames.min(start + blocks.next().expect("a block size"));
            let block = self.block(input.each_ref().map(|channel| &channel[start..end]), &[]);
            for (output, block) in output.iter_mut().zip(block) {
                output.extend(block);
            }
            start = end;
        }
        output
    }
}
