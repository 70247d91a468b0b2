//! The plugin as CLAP hosts know it: one file for each thing that they ask for.
//!
//! clack checks most pointers and lets no panic out; [`checked`] does what it leaves out.

mod checked;
mod events;
mod host_gate;
mod parameters;
mod ports;
mod process;
mod remote_controls;
mod state;
#[cfg(test)]
mod tests;
mod track;
mod window;

use std::cell::{Cell, RefCell};
use std::ffi::{CStr, CString};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use clack_extensions::latency::PluginLatency;
use clack_extensions::log::{HostLog, LogSeverity};
use clack_extensions::params::{HostParams, ParamRescanFlags};
use clack_extensions::render::PluginRender;
use clack_extensions::state::HostState;
use clack_extensions::track_info::PluginTrackInfo;
use clack_plugin::entry::prelude::*;
use clack_plugin::entry::{EntryFactories, EntryLoadError};
use clack_plugin::plugin::features;
use clack_plugin::prelude::*;

use crate::host::clap::checked::{
    CheckedAudioPorts, CheckedConfigurablePorts, CheckedFactory, CheckedGui, CheckedNotePorts,
    CheckedParams, CheckedPortsConfig, CheckedPortsConfigInfo, CheckedRemoteControls, CheckedState,
    TailAnywhere,
};
use crate::host::clap::events::EditsOut;
use crate::host::clap::host_gate::HostGate;
use crate::host::clap::process::Processor;
use crate::host::description;
use crate::host::native_window::EditorWindow;
use crate::session::host_link::Request;
use crate::session::instance::Instance;
use crate::session::player::Player;

/// What a CLAP host finds in the library: `clack_export_entry!(ClapEntry)` exports it.
pub(crate) struct ClapEntry(CheckedFactory);

impl Entry for ClapEntry {
    fn new(_: Option<&CStr>) -> Result<Self, EntryLoadError> {
        Ok(Self(CheckedFactory::new(Factory(descriptor()))))
    }

    fn declare_factories<'a>(&'a self, factories: &mut EntryFactories<'a>) {
        factories.register_factory(&self.0);
    }
}

fn descriptor() -> PluginDescriptor {
    PluginDescriptor::new(description::CLAP_ID, description::NAME)
        .with_vendor(description::VENDOR)
        .with_url(description::URL)
        .with_manual_url(description::MANUAL_URL)
        .with_support_url(description::SUPPORT_URL)
        .with_version(description::VERSION)
        .with_description(description::DESCRIPTION)
        .with_features([
            features::AUDIO_EFFECT,
            features::DISTORTION,
            features::MONO,
            features::STEREO,
        ])
}

/// Makes instances.
pub(crate) struct Factory(PluginDescriptor);

impl PluginFactoryImpl for Factory {
    fn plugin_count(&self) -> u32 {
        1
    }

    fn plugin_descriptor(&self, index: u32) -> Option<&PluginDescriptor> {
        (index == 0).then_some(&self.0)
    }

    fn create_plugin<'a>(&'a self, host: HostInfo<'a>, id: &CStr) -> Option<PluginInstance<'a>> {
        if self.0.id() != Some(id) {
            return None;
        }
        let start = |host: HostMainThreadHandle<'a>| {
            let (instance, player) = Instance::new();
            let shared = Shared {
                unavailable: EditorWindow::unavailable_to(&instance),
                instance,
                offline: AtomicBool::new(false),
            };
            Ok((shared, move |shared| Ok(Main::new(host, shared, player))))
        };
        Some(PluginInstance::new_with_initializer::<Shell, _>(
            host, &self.0, start,
        ))
    }
}

/// The plugin in clack's words.
pub(crate) struct Shell;

impl Plugin for Shell {
    type AudioProcessor<'a> = Processor<'a>;
    type Shared<'a> = Shared;
    type MainThread<'a> = Main<'a>;

    fn declare_extensions(extensions: &mut PluginExtensions<'_, Self>, shared: Option<&Shared>) {
        extensions
            .register::<CheckedParams>()
            .register::<CheckedState>()
            .register::<CheckedAudioPorts>()
            .register::<CheckedPortsConfig>()
            .register::<CheckedPortsConfigInfo>()
            .register::<CheckedConfigurablePorts>()
            .register::<CheckedNotePorts>()
            .register::<PluginLatency>()
            .register::<TailAnywhere>()
            .register::<PluginRender>()
            .register::<CheckedRemoteControls>()
            .register::<PluginTrackInfo>();
        // A host that hears of no window shows a list of its own.
        if shared.is_none_or(|shared| shared.unavailable.is_none()) {
            extensions.register::<CheckedGui>();
        }
    }
}

/// What every thread may use.
pub(crate) struct Shared {
    instance: Arc<Instance>,
    /// Whether the host renders.
    offline: AtomicBool,
    /// Why there was no window to offer when the instance was made, if so.
    unavailable: Option<&'static str>,
}

impl PluginShared<'_> for Shared {}

/// What the host's main thread uses.
pub(crate) struct Main<'a> {
    host: HostMainThreadHandle<'a>,
    shared: &'a Shared,
    gate: Arc<HostGate>,
    window: EditorWindow,
    /// There while the host has the plugin inactive.
    player: RefCell<Option<Player>>,
    /// Which of the layouts is chosen.
    layout: Cell<usize>,
    /// The frames of latency that the host was told last.
    latency: Cell<u32>,
    edits: RefCell<EditsOut>,
    /// What the host calls the track.
    track: RefCell<String>,
}

impl<'a> Main<'a> {
    fn new(host: HostMainThreadHandle<'a>, shared: &'a Shared, player: Player) -> Self {
        let gate = HostGate::new(host.shared());
        let asked = gate.clone();
        let wake = move || asked.with(|host| host.request_callback());
        shared.instance.link.set_wake(wake);
        let window = window::new(&shared.instance, &gate);
        let main = Self {
            host,
            shared,
            gate,
            window,
            player: RefCell::new(Some(player)),
            layout: Cell::new(0),
            latency: Cell::new(0),
            edits: RefCell::default(),
            track: RefCell::default(),
        };
        if let Some(reason) = shared.unavailable {
            main.log(reason);
        }
        main
    }

    fn is_active(&self) -> bool {
        self.player.borrow().is_none()
    }

    /// Writes a line into the host's log.
    fn log(&self, line: &str) {
        if let Some(log) = self.host.get_extension::<HostLog>()
            && let Ok(line) = CString::new(line)
        {
            log.log(&self.host, LogSeverity::Warning, &line);
        }
    }
}

impl<'a> PluginMainThread<'a, Shared> for Main<'a> {
    fn on_main_thread(&self) {
        let requests = self.shared.instance.link.take();
        let host = &self.host;
        if requests.has(Request::ProjectChanged)
            && let Some(state) = host.get_extension::<HostState>()
        {
            state.mark_dirty(host);
        }
        if let Some(parameters) = host.get_extension::<HostParams>() {
            let mut flags = ParamRescanFlags::empty();
            flags.set(ParamRescanFlags::VALUES, requests.has(Request::Values));
            flags.set(ParamRescanFlags::TEXT, requests.has(Request::Texts));
            if !flags.is_empty() {
                parameters.rescan(host, flags);
            }
            if requests.has(Request::Edits) {
                parameters.request_flush(host);
            }
        }
        // What is not active learns its latency when it is activated.
        if requests.has(Request::Restart) && self.is_active() {
            host.request_restart();
        }
    }
}

impl Drop for Main<'_> {
    fn drop(&mut self) {
        self.window.close();
        self.gate.shut();
    }
}
