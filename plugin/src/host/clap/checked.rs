//! What clack leaves unchecked: lists of events and buffers that are not there, sound of another kind than
//! this plugin's, and questions for the tail from any thread at any time.

use std::ffi::{CStr, c_char};
use std::ptr;
use std::sync::OnceLock;

use clack_extensions::params::PluginParams;
use clack_plugin::entry::prelude::*;
use clack_plugin::extensions::prelude::*;
use clack_plugin::factory::{FactoryImplementation, FactoryWrapper};
use clap_sys::events::{clap_input_events, clap_output_events};
use clap_sys::ext::params::{CLAP_EXT_PARAMS, clap_plugin_params};
use clap_sys::ext::tail::{CLAP_EXT_TAIL, clap_plugin_tail};
use clap_sys::factory::plugin_factory::clap_plugin_factory;
use clap_sys::host::clap_host;
use clap_sys::process::{CLAP_PROCESS_ERROR, clap_process, clap_process_status};

use crate::host::clap::{Factory, Shell};

type Create = unsafe extern "C" fn(
    *const clap_plugin_factory,
    *const clap_host,
    *const c_char,
) -> *const clap_plugin;
type Process = unsafe extern "C" fn(*const clap_plugin, *const clap_process) -> clap_process_status;

/// clack's part of what stands here under the same names.
static CREATE: OnceLock<Create> = OnceLock::new();
static PROCESS: OnceLock<Process> = OnceLock::new();

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

/// clack's factory, but for instances that check each block.
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
    if let Some(plugin) = unsafe { plugin.cast_mut().as_mut() }
        && let Some(clacks) = plugin.process.replace(process)
    {
        PROCESS.get_or_init(|| clacks);
    }
    plugin
}

/// Plays a block if it is one. What it lacks is taken for nothing.
unsafe extern "C" fn process(
    plugin: *const clap_plugin,
    block: *const clap_process,
) -> clap_process_status {
    // SAFETY: null, or a block for the time of the call.
    let block = unsafe { block.as_ref() }.copied();
    let (Some(mut block), Some(process)) = (block, PROCESS.get()) else {
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
    unsafe { process(plugin, &raw const block) }
}

/// An extension of this plugin by its name, type and functions.
macro_rules! extension {
    ($(#[$doc:meta])* $name:ident, $identifier:expr, $functions:expr) => {
        $(#[$doc])*
        #[derive(Clone, Copy)]
        pub(super) struct $name;

        // SAFETY: a name, and nothing behind it.
        unsafe impl Extension for $name {
            const IDENTIFIERS: &'static [&'static CStr] = &[$identifier];
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
    /// clack's parameters, which bear a `flush` without lists.
    CheckedParams,
    CLAP_EXT_PARAMS,
    clap_plugin_params { flush: Some(flush), ..PARAMS }
);
extension!(
    /// The tail, for which clack asks what plays: it is known before anything does.
    TailAnywhere,
    CLAP_EXT_TAIL,
    clap_plugin_tail { get: Some(tail) }
);

/// clack's functions.
const PARAMS: clap_plugin_params = {
    let params = <PluginParams as ExtensionImplementation<Shell>>::IMPLEMENTATION;
    // SAFETY: this is what clack gives to hosts as these functions.
    unsafe { *params.as_ptr().as_ptr().cast() }
};

unsafe extern "C" fn flush(
    plugin: *const clap_plugin,
    input: *const clap_input_events,
    output: *const clap_output_events,
) {
    let input = if input.is_null() { &NO_INPUT } else { input };
    let output = if output.is_null() { &FULL } else { output };
    if let Some(flush) = PARAMS.flush {
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
