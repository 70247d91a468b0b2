//! What the library says of itself, and where instances come from.

use std::ffi::c_void;
use std::{ptr, slice};

use vst3::Steinberg::{PClassInfo_::ClassCardinality_::kManyInstances, *};
use vst3::{Class, ComPtr, ComWrapper};

use super::component::Component;
use super::entry::{always, borrowed, guarded, with};
use super::main_loop::MainLoop;
use super::text::{write_utf8, write_utf16};
use crate::host::description::{EMAIL, NAME, URL, VENDOR, VERSION, VST3_CLASS_ID};

const CATEGORY: &str = "Audio Module Class";
const KINDS: &str = "Fx|Distortion";
const SDK: &str = "VST 3.8.0";

/// The id in the order of bytes of this system.
const CLASS_ID: TUID = {
    let [a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p] = VST3_CLASS_ID;
    vst3::uid(
        u32::from_be_bytes([a, b, c, d]),
        u32::from_be_bytes([e, f, g, h]),
        u32::from_be_bytes([i, j, k, l]),
        u32::from_be_bytes([m, n, o, p]),
    )
};

struct Factory;

impl Class for Factory {
    type Interfaces = (IPluginFactory, IPluginFactory2, IPluginFactory3);
}

/// Describes the one class there is, in one of the three ways.
macro_rules! describe {
    ($info:ident, $index:ident, $($field:ident: $write:ident($text:expr)),*) => {
        with!($info, {
            if $index != 0 {
                return kInvalidArgument;
            }
            ($info.cid, $info.cardinality) = (CLASS_ID, kManyInstances as i32);
            $($write($text, &mut $info.$field);)*
            kResultOk
        })
    };
}

fn set(flags: u32, place: &mut u32) {
    *place = flags;
}

impl IPluginFactoryTrait for Factory {
    always! {
        countClasses() -> i32 = 1;
    }

    unsafe fn getFactoryInfo(&self, info: *mut PFactoryInfo) -> tresult {
        with!(info, {
            write_utf8(VENDOR, &mut info.vendor);
            write_utf8(URL, &mut info.url);
            write_utf8(EMAIL, &mut info.email);
            info.flags = PFactoryInfo_::FactoryFlags_::kUnicode as i32;
            kResultOk
        })
    }

    unsafe fn getClassInfo(&self, index: i32, info: *mut PClassInfo) -> tresult {
        describe!(info, index, category: write_utf8(CATEGORY), name: write_utf8(NAME))
    }

    unsafe fn createInstance(
        &self,
        class: FIDString,
        interface: FIDString,
        object: *mut *mut c_void,
    ) -> tresult {
        with!(object, {
            *object = ptr::null_mut();
            if class.is_null() || interface.is_null() {
                return kInvalidArgument;
            }
            // SAFETY: ids have 16 bytes.
            if unsafe { slice::from_raw_parts(class, CLASS_ID.len()) } != CLASS_ID {
                return kInvalidArgument;
            }
            let component = ComWrapper::new(Component::new()).to_com_ptr::<FUnknown>();
            let Some(component) = component else {
                return kNoInterface;
            };
            let this = component.as_ptr();
            // SAFETY: the component is counted until the end of this, and what was asked for counts too.
            unsafe { ((*(*this).vtbl).queryInterface)(this, interface.cast(), object) }
        })
    }
}

impl IPluginFactory2Trait for Factory {
    unsafe fn getClassInfo2(&self, index: i32, info: *mut PClassInfo2) -> tresult {
        describe!(
            info, index, category: write_utf8(CATEGORY), name: write_utf8(NAME),
            classFlags: set(0), subCategories: write_utf8(KINDS), vendor: write_utf8(VENDOR),
            version: write_utf8(VERSION), sdkVersion: write_utf8(SDK)
        )
    }
}

impl IPluginFactory3Trait for Factory {
    unsafe fn getClassInfoUnicode(&self, index: i32, info: *mut PClassInfoW) -> tresult {
        describe!(
            info, index, category: write_utf8(CATEGORY), name: write_utf16(NAME),
            classFlags: set(0), subCategories: write_utf8(KINDS), vendor: write_utf16(VENDOR),
            version: write_utf16(VERSION), sdkVersion: write_utf16(SDK)
        )
    }

    unsafe fn setHostContext(&self, context: *mut FUnknown) -> tresult {
        guarded(kInternalError, || {
            MainLoop::lend(borrowed!(context));
            kResultOk
        })
    }
}

#[unsafe(no_mangle)]
pub(super) extern "system" fn GetPluginFactory() -> *mut IPluginFactory {
    guarded(ptr::null_mut(), || {
        let factory = ComWrapper::new(Factory).to_com_ptr();
        factory.map_or(ptr::null_mut(), ComPtr::into_raw)
    })
}

/// What a host calls when it has opened the library, and before it closes it: then what it lent goes back.
macro_rules! opening_and_closing {
    ($opened:ident($($argument:ty)?), $closing:ident) => {
        #[unsafe(no_mangle)]
        extern "system" fn $opened($(_: $argument)?) -> bool {
            true
        }

        #[unsafe(no_mangle)]
        extern "system" fn $closing() -> bool {
            guarded((), || MainLoop::lend(None));
            true
        }
    };
}

#[cfg(target_os = "linux")]
opening_and_closing!(ModuleEntry(*mut c_void), ModuleExit);
#[cfg(target_os = "macos")]
opening_and_closing!(bundleEntry(*mut c_void), bundleExit);
#[cfg(windows)]
opening_and_closing!(InitDll(), ExitDll);
