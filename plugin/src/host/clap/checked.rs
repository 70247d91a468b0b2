//! What clack leaves unchecked: pointers to nothing, sound of another kind than this plugin's, blocks while
//! nothing plays, and questions for the tail from any thread at any time.

use std::ffi::{CStr, c_char, c_void};
use std::ptr;
use std::sync::OnceLock;

use clack_extensions::audio_ports::PluginAudioPorts;
use clack_extensions::audio_ports_config::{PluginAudioPortsConfig, PluginAudioPortsConfigInfo};
use clack_extensions::configurable_audio_ports::PluginConfigurableAudioPorts;
use clack_extensions::gui::PluginGui;
use clack_extensions::note_ports::PluginNotePorts;
use clack_extensions::params::PluginParams;
use clack_extensions::remote_controls::PluginRemoteControls;
use clack_extensions::state::PluginState;
use clack_extensions::tail::PluginTail;
use clack_plugin::entry::prelude::*;
use clack_plugin::extensions::prelude::*;
use clack_plugin::factory::{FactoryImplementation, FactoryWrapper};
use clap_sys::events::{clap_input_events, clap_output_events};
use clap_sys::ext::audio_ports::{clap_audio_port_info, clap_plugin_audio_ports};
use clap_sys::ext::audio_ports_config::{
    clap_audio_ports_config, clap_plugin_audio_ports_config, clap_plugin_audio_ports_config_info,
};
use clap_sys::ext::configurable_audio_ports::{
    clap_audio_port_configuration_request as clap_port_request,
    clap_plugin_configurable_audio_ports,
};
use clap_sys::ext::gui::{clap_gui_resize_hints, clap_plugin_gui, clap_window};
use clap_sys::ext::note_ports::{clap_note_port_info, clap_plugin_note_ports};
use clap_sys::ext::params::{clap_param_info, clap_plugin_params};
use clap_sys::ext::remote_controls::{clap_plugin_remote_controls, clap_remote_controls_page};
use clap_sys::ext::state::clap_plugin_state;
use clap_sys::ext::tail::clap_plugin_tail;
use clap_sys::factory::plugin_factory::clap_plugin_factory;
use clap_sys::host::clap_host;
use clap_sys::process::{CLAP_PROCESS_ERROR, clap_process, clap_process_status};
use clap_sys::stream::{clap_istream, clap_ostream};

use crate::host::clap::{Factory, Shell};

type Create = unsafe extern "C" fn(
    *const clap_plugin_factory,
    *const clap_host,
    *const c_char,
) -> *const clap_plugin;

/// clack's part of what stands here under the same names.
static CREATE: OnceLock<Create> = OnceLock::new();
static CLACKS: OnceLock<Functions> = OnceLock::new();

/// Functions of a plugin.
struct Functions {
    start_processing: unsafe extern "C" fn(*const clap_plugin) -> bool,
    stop_processing: unsafe extern "C" fn(*const clap_plugin),
    reset: unsafe extern "C" fn(*const clap_plugin),
    process: unsafe extern "C" fn(*const clap_plugin, *const clap_process) -> clap_process_status,
    get_extension: unsafe extern "C" fn(*const clap_plugin, *const c_char) -> *const c_void,
}

/// A list without events.
static NO_INPUT: clap_input_events = clap_input_events {
    ctx: ptr::null_mut(),
    size: None,
    get: None,
};

/// A list that takes none: what it is told is told again to one that does.
static FULL: clap_output_events = clap_output_events {
    ctx: ptr::null_mut(),
    try_push: None,
};

/// clack's factory, but for instances that check what they are called with.
pub(super) struct CheckedFactory(FactoryWrapper<clap_plugin_factory, Factory>);

impl CheckedFactory {
    pub(super) fn new(factory: Factory) -> Self {
        let clacks = PluginFactoryWrapper::new(Factory(factory.0.clone()));
        // SAFETY: it lives, and its functions are for any factory of this type.
        let mut raw = unsafe { *clacks.as_raw_ptr() };
        if let Some(create) = raw.create_plugin.replace(create_plugin) {
            CREATE.get_or_init(|| create);
        }
        Self(FactoryWrapper::new(raw, factory))
    }
}

// SAFETY: the functions are clack's for this wrapper, and one that hands on to those.
unsafe impl<'a> FactoryImplementation<'a> for CheckedFactory {
    type Factory = <PluginFactoryWrapper<Factory> as FactoryImplementation<'a>>::Factory;
    type Wrapped = Factory;

    fn wrapper(&self) -> &FactoryWrapper<clap_plugin_factory, Factory> {
        &self.0
    }
}

unsafe extern "C" fn create_plugin(
    factory: *const clap_plugin_factory,
    host: *const clap_host,
    id: *const c_char,
) -> *const clap_plugin {
    let Some(create) = CREATE.get().filter(|_| !id.is_null()) else {
        return ptr::null();
    };
    // SAFETY: what the host gave, and the text is there.
    let plugin = unsafe { create(factory, host, id) };
    // SAFETY: clack made it a moment ago, of memory of its own, and nobody else knows of it yet.
    if let Some(plugin) = unsafe { plugin.cast_mut().as_mut() } {
        check(plugin);
    }
    plugin
}

/// Puts the functions of this file in the place of clack's.
fn check(plugin: &mut clap_plugin) -> Option<()> {
    let functions = Functions {
        start_processing: plugin.start_processing.replace(start_processing)?,
        stop_processing: plugin.stop_processing.replace(stop_processing)?,
        reset: plugin.reset.replace(reset)?,
        process: plugin.process.replace(process)?,
        get_extension: plugin.get_extension.replace(get_extension)?,
    };
    CLACKS.get_or_init(|| functions);
    Some(())
}

/// clack's functions for a plugin that is active: else they write into the host's log, and the audio thread
/// must not.
unsafe fn active(plugin: *const clap_plugin) -> Option<&'static Functions> {
    // SAFETY: the host has the pointer from this plugin's factory.
    let active = unsafe { PluginWrapper::<Shell>::handle(plugin, |plugin| Ok(plugin.is_active())) };
    CLACKS.get().filter(|_| active == Some(true))
}

unsafe extern "C" fn start_processing(plugin: *const clap_plugin) -> bool {
    // SAFETY: the host's pointer goes on to who checks it.
    unsafe { active(plugin).is_some_and(|clacks| (clacks.start_processing)(plugin)) }
}

unsafe extern "C" fn stop_processing(plugin: *const clap_plugin) {
    // SAFETY: as above.
    if let Some(clacks) = unsafe { active(plugin) } {
        // SAFETY: as above.
        unsafe { (clacks.stop_processing)(plugin) };
    }
}

unsafe extern "C" fn reset(plugin: *const clap_plugin) {
    // SAFETY: as above.
    if let Some(clacks) = unsafe { active(plugin) } {
        // SAFETY: as above.
        unsafe { (clacks.reset)(plugin) };
    }
}

/// Plays a block if it is one. What it lacks is taken for nothing.
unsafe extern "C" fn process(
    plugin: *const clap_plugin,
    block: *const clap_process,
) -> clap_process_status {
    // SAFETY: null, or a block for the time of the call.
    let block = unsafe { block.as_ref() }.copied();
    // SAFETY: as above.
    let (Some(mut block), Some(clacks)) = (block, unsafe { active(plugin) }) else {
        return CLAP_PROCESS_ERROR;
    };
    if block.in_events.is_null() {
        block.in_events = &NO_INPUT;
    }
    if block.out_events.is_null() {
        block.out_events = &FULL;
    }
    if block.audio_inputs.is_null() {
        block.audio_inputs_count = 0;
    }
    if block.audio_outputs.is_null() {
        block.audio_outputs_count = 0;
    }
    // SAFETY: the host gives as many ports as it counts.
    let output = (block.audio_outputs_count > 0).then(|| unsafe { &*block.audio_outputs });
    if output.is_some_and(|port| port.data32.is_null() && !port.data64.is_null()) {
        // Samples of 64 bits, which no port of this plugin offers.
        return CLAP_PROCESS_ERROR;
    }
    // SAFETY: the host's pointers, or what lives for good.
    unsafe { (clacks.process)(plugin, &raw const block) }
}

unsafe extern "C" fn get_extension(
    plugin: *const clap_plugin,
    name: *const c_char,
) -> *const c_void {
    match CLACKS.get().filter(|_| !name.is_null()) {
        // SAFETY: the host's own pointers, and the text is there.
        Some(clacks) => unsafe { (clacks.get_extension)(plugin, name) },
        None => ptr::null(),
    }
}

/// An extension of this plugin by its name, type and functions.
macro_rules! extension {
    ($(#[$doc:meta])* $name:ident, $identifiers:expr, $functions:expr) => {
        $(#[$doc])*
        #[derive(Clone, Copy)]
        pub(super) struct $name;

        // SAFETY: a name, and nothing behind it.
        unsafe impl Extension for $name {
            const IDENTIFIERS: &'static [&'static CStr] = $identifiers;
            type ExtensionSide = PluginExtensionSide;

            unsafe fn from_raw(_: RawExtension<PluginExtensionSide>) -> Self {
                Self
            }
        }

        // SAFETY: the functions are those of the extension of this name.
        unsafe impl ExtensionImplementation<Shell> for $name {
            const IMPLEMENTATION: RawExtensionImplementation =
                RawExtensionImplementation::new(&$functions);
        }
    };
}

extension!(
    /// The tail, for which clack asks what plays: it is known before anything does.
    TailAnywhere,
    PluginTail::IDENTIFIERS,
    clap_plugin_tail { get: Some(tail) }
);

/// clack's extensions, but for functions that do nothing where a pointer is null, and others instead of some.
macro_rules! checked {
    ($($name:ident: $clacks:ty, $functions:ident {
        $($function:ident($($argument:ident: $type:ty),*) $(-> $answer:ty)?, unless $($pointer:ident),+;)*
        $(; $instead:ident = $own:ident)?
    })*) => {$(
        extension!($name, <$clacks>::IDENTIFIERS, $name::CHECKED);

        impl $name {
            const CLACKS: $functions = {
                let clacks = <$clacks as ExtensionImplementation<Shell>>::IMPLEMENTATION;
                // SAFETY: this is what clack gives to hosts as these functions.
                unsafe { *clacks.as_ptr().as_ptr().cast() }
            };
            #[allow(clippy::needless_update, reason = "of some, every function is checked")]
            const CHECKED: $functions = $functions {
                $($function: Some(Self::$function),)*
                $($instead: Some($own),)?
                ..Self::CLACKS
            };

            $(unsafe extern "C" fn $function(plugin: *const clap_plugin, $($argument: $type),*) $(-> $answer)? {
                match Self::CLACKS.$function.filter(|_| !($($pointer.is_null())||+)) {
                    // SAFETY: the host's own pointers, of which those that have to be there are.
                    Some(clacks) => unsafe { clacks(plugin, $($argument),*) },
                    None => Default::default(),
                }
            })*
        }
    )*};
}

checked! {
    CheckedParams: PluginParams, clap_plugin_params {
        get_info(index: u32, info: *mut clap_param_info) -> bool, unless info;
        get_value(id: u32, value: *mut f64) -> bool, unless value;
        text_to_value(id: u32, text: *const c_char, value: *mut f64) -> bool, unless text, value;
        ; flush = flush
    }
    CheckedState: PluginState, clap_plugin_state {
        save(stream: *const clap_ostream) -> bool, unless stream;
        load(stream: *const clap_istream) -> bool, unless stream;
    }
    CheckedAudioPorts: PluginAudioPorts, clap_plugin_audio_ports {
        get(index: u32, is_input: bool, info: *mut clap_audio_port_info) -> bool, unless info;
    }
    CheckedPortsConfig: PluginAudioPortsConfig, clap_plugin_audio_ports_config {
        get(index: u32, config: *mut clap_audio_ports_config) -> bool, unless config;
    }
    CheckedPortsConfigInfo: PluginAudioPortsConfigInfo, clap_plugin_audio_ports_config_info {
        get(id: u32, index: u32, is_input: bool, info: *mut clap_audio_port_info) -> bool, unless info;
    }
    CheckedConfigurablePorts: PluginConfigurableAudioPorts, clap_plugin_configurable_audio_ports {
        can_apply_configuration(list: *const clap_port_request, count: u32) -> bool, unless list;
        apply_configuration(list: *const clap_port_request, count: u32) -> bool, unless list;
    }
    CheckedNotePorts: PluginNotePorts, clap_plugin_note_ports {
        get(index: u32, is_input: bool, info: *mut clap_note_port_info) -> bool, unless info;
    }
    CheckedRemoteControls: PluginRemoteControls, clap_plugin_remote_controls {
        get(index: u32, page: *mut clap_remote_controls_page) -> bool, unless page;
    }
    CheckedGui: PluginGui, clap_plugin_gui {
        is_api_supported(api: *const c_char, floats: bool) -> bool, unless api;
        create(api: *const c_char, floats: bool) -> bool, unless api;
        get_size(width: *mut u32, height: *mut u32) -> bool, unless width, height;
        get_resize_hints(hints: *mut clap_gui_resize_hints) -> bool, unless hints;
        adjust_size(width: *mut u32, height: *mut u32) -> bool, unless width, height;
        set_parent(window: *const clap_window) -> bool, unless window;
        set_transient(window: *const clap_window) -> bool, unless window;
        suggest_title(title: *const c_char), unless title;
    }
}

unsafe extern "C" fn flush(
    plugin: *const clap_plugin,
    input: *const clap_input_events,
    output: *const clap_output_events,
) {
    let input = if input.is_null() { &NO_INPUT } else { input };
    let output = if output.is_null() { &FULL } else { output };
    if let Some(flush) = CheckedParams::CLACKS.flush {
        // SAFETY: the host's own pointers, or lists that live for good.
        unsafe { flush(plugin, input, output) };
    }
}

unsafe extern "C" fn tail(plugin: *const clap_plugin) -> u32 {
    // SAFETY: the host has the pointer from this plugin's factory.
    let tail = unsafe {
        PluginWrapper::<Shell>::handle(plugin, |plugin| Ok(plugin.shared().instance.tail()))
    };
    tail.unwrap_or(0)
}
