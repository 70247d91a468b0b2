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
use clap_sys::plugin::clap_plugin_descriptor;
use clap_sys::process::{CLAP_PROCESS_ERROR, clap_process, clap_process_status};

use crate::host::clap::{Factory, Shell};

type Process = unsafe extern "C" fn(*const clap_plugin, *const clap_process) -> clap_process_status;

/// clack's part of `process`: the same one in every instance.
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

type Wrapper = FactoryWrapper<clap_plugin_factory, PluginFactoryWrapper<Factory>>;

/// A factory whose instances check each block.
pub(super) struct CheckedFactory(Wrapper);

impl CheckedFactory {
    pub(super) fn new(factory: Factory) -> Self {
        let raw = clap_plugin_factory {
            get_plugin_count: Some(plugin_count),
            get_plugin_descriptor: Some(plugin_descriptor),
            create_plugin: Some(create_plugin),
        };
        Self(FactoryWrapper::new(raw, PluginFactoryWrapper::new(factory)))
    }
}

// SAFETY: `new` fills the functions in that belong to this wrapper.
unsafe impl<'a> FactoryImplementation<'a> for CheckedFactory {
    type Factory = <PluginFactoryWrapper<Factory> as FactoryImplementation<'a>>::Factory;
    type Wrapped = PluginFactoryWrapper<Factory>;

    fn wrapper(&self) -> &Wrapper {
        &self.0
    }
}

unsafe extern "C" fn plugin_count(factory: *const clap_plugin_factory) -> u32 {
    // SAFETY: the host has the pointer from a `CheckedFactory`.
    let count = unsafe { Wrapper::handle(factory, |inner| Ok(inner.factory().plugin_count())) };
    count.unwrap_or(0)
}

unsafe extern "C" fn plugin_descriptor(
    factory: *const clap_plugin_factory,
    index: u32,
) -> *const clap_plugin_descriptor {
    let describe = |inner: &PluginFactoryWrapper<Factory>| {
        let descriptor = inner.factory().plugin_descriptor(index);
        Ok(descriptor.map_or(ptr::null(), |found| ptr::from_ref(found.as_raw())))
    };
    // SAFETY: as above.
    unsafe { Wrapper::handle(factory, describe) }.unwrap_or(ptr::null())
}

unsafe extern "C" fn create_plugin(
    factory: *const clap_plugin_factory,
    host: *const clap_host,
    id: *const c_char,
) -> *const clap_plugin {
    let create = |inner: &PluginFactoryWrapper<Factory>| {
        let raw = inner.as_raw_ptr();
        // SAFETY: the pointer is that of a factory which lives, and its functions are its own.
        let Some(create) = (unsafe { (*raw).create_plugin }).filter(|_| !id.is_null()) else {
            return Ok(ptr::null());
        };
        // SAFETY: the host's pointer and text are as the host gave them, and the text is there.
        let plugin = unsafe { create(raw, host, id) };
        // SAFETY: clack made it a moment ago, of memory of its own, and nobody else knows of it yet.
        if let Some(plugin) = unsafe { plugin.cast_mut().as_mut() }
            && let Some(process) = plugin.process.replace(process)
        {
            PROCESS.get_or_init(|| process);
        }
        Ok(plugin)
    };
    // SAFETY: as above.
    unsafe { Wrapper::handle(factory, create) }.unwrap_or(ptr::null())
}

/// Plays a block if it is one. What it lacks is taken for nothing.
unsafe extern "C" fn process(
    plugin: *const clap_plugin,
    block: *const clap_process,
) -> clap_process_status {
    // SAFETY: null, or a block for the time of the call.
    let (Some(mut block), Some(process)) = (unsafe { block.as_ref() }.copied(), PROCESS.get())
    else {
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
    // SAFETY: the host's pointers, and what stands in for those that were missing, live for this call.
    unsafe { process(plugin, &raw const block) }
}

/// clack's parameters, which bear a `flush` without lists.
#[derive(Clone, Copy)]
pub(super) struct CheckedParams;

/// clack's functions.
const PARAMS: clap_plugin_params = {
    let params = <PluginParams as ExtensionImplementation<Shell>>::IMPLEMENTATION;
    // SAFETY: this is what clack gives to hosts as these functions.
    unsafe { *params.as_ptr().as_ptr().cast::<clap_plugin_params>() }
};

// SAFETY: an extension's name, and nothing in it.
unsafe impl Extension for CheckedParams {
    const IDENTIFIERS: &'static [&'static CStr] = &[CLAP_EXT_PARAMS];
    type ExtensionSide = PluginExtensionSide;

    unsafe fn from_raw(_: RawExtension<PluginExtensionSide>) -> Self {
        Self
    }
}

// SAFETY: the functions are those of the extension of this name.
unsafe impl ExtensionImplementation<Shell> for CheckedParams {
    const IMPLEMENTATION: RawExtensionImplementation =
        RawExtensionImplementation::new(&clap_plugin_params {
            flush: Some(flush),
            ..PARAMS
        });
}

unsafe extern "C" fn flush(
    plugin: *const clap_plugin,
    input: *const clap_input_events,
    output: *const clap_output_events,
) {
    let input = if input.is_null() { &NO_INPUT } else { input };
    let output = if output.is_null() { &FULL } else { output };
    if let Some(flush) = PARAMS.flush {
        // SAFETY: the host's own pointers, or lists that live for this call.
        unsafe { flush(plugin, input, output) };
    }
}

/// The tail, for which clack asks what plays: it is known before anything does.
#[derive(Clone, Copy)]
pub(super) struct TailAnywhere;

// SAFETY: an extension's name, and nothing in it.
unsafe impl Extension for TailAnywhere {
    const IDENTIFIERS: &'static [&'static CStr] = &[CLAP_EXT_TAIL];
    type ExtensionSide = PluginExtensionSide;

    unsafe fn from_raw(_: RawExtension<PluginExtensionSide>) -> Self {
        Self
    }
}

// SAFETY: the function is that of the extension of this name.
unsafe impl ExtensionImplementation<Shell> for TailAnywhere {
    const IMPLEMENTATION: RawExtensionImplementation =
        RawExtensionImplementation::new(&clap_plugin_tail { get: Some(tail) });
}

unsafe extern "C" fn tail(plugin: *const clap_plugin) -> u32 {
    // SAFETY: the host has the pointer from this plugin's factory.
    let tail = unsafe {
        PluginWrapper::<Shell>::handle(plugin, |plugin| Ok(plugin.shared().instance.tail()))
    };
    tail.unwrap_or(0)
}
