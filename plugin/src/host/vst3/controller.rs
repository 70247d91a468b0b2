//! The same object as a list of parameters and the way to the window.

use std::ptr;

use vst3::Steinberg::Vst::ChannelContext::{IInfoListenerTrait, kChannelNameKey};
use vst3::Steinberg::{Vst::*, *};

use super::component::Component;
use super::entry::{always, answer, borrowed, guarded, with};
use super::parameters::{COUNT, Target};
use super::text::{is_text, read_utf16, write_utf16};
use super::view;

impl IEditControllerTrait for Component {
    // Component and controller are one: what the component loads and saves is everything.
    always! {
        setComponentState(*mut IBStream) -> tresult = kResultOk;
        setState(*mut IBStream) -> tresult = kResultOk;
        getState(*mut IBStream) -> tresult = kResultOk;
    }

    unsafe fn getParameterCount(&self) -> i32 {
        COUNT as i32
    }

    unsafe fn getParameterInfo(&self, index: i32, info: *mut ParameterInfo) -> tresult {
        with!(
            info,
            match Target::at(index) {
                Some(target) => {
                    target.describe(info);
                    kResultOk
                }
                None => kInvalidArgument,
            }
        )
    }

    unsafe fn getParamStringByValue(&self, id: u32, at: f64, text: *mut String128) -> tresult {
        with!(
            text,
            match Target::with_id(id) {
                Some(target) => {
                    write_utf16(&target.text(&self.shared.instance, target.plain(at)), text);
                    kResultOk
                }
                None => kInvalidArgument,
            }
        )
    }

    unsafe fn getParamValueByString(&self, id: u32, text: *mut u16, at: *mut f64) -> tresult {
        if text.is_null() {
            return kInvalidArgument;
        }
        with!(at, {
            let mut typed: String128 = [0; 128];
            for (place, unit) in typed.iter_mut().enumerate() {
                // SAFETY: it ends with a zero, and none stood before this.
                *unit = unsafe { text.add(place).read_unaligned() };
                if *unit == 0 {
                    break;
                }
            }
            let parse = |target: Target| {
                let plain = target.parse(&self.shared.instance, &read_utf16(&typed))?;
                Some(target.position(plain.into()))
            };
            let found = Target::with_id(id).and_then(parse);
            *at = found.unwrap_or(*at);
            answer(found.is_some())
        })
    }

    unsafe fn normalizedParamToPlain(&self, id: ParamID, at: ParamValue) -> ParamValue {
        guarded(0.0, || {
            Target::with_id(id).map_or(0.0, |target| target.plain(at).into())
        })
    }

    unsafe fn plainParamToNormalized(&self, id: ParamID, plain: ParamValue) -> ParamValue {
        guarded(0.0, || {
            Target::with_id(id).map_or(0.0, |target| target.position(plain))
        })
    }

    unsafe fn getParamNormalized(&self, id: ParamID) -> ParamValue {
        guarded(0.0, || match Target::with_id(id) {
            Some(target @ Target::Row(id)) => target.position(self.shared.value(id).into()),
            _ => 0.0,
        })
    }

    unsafe fn setParamNormalized(&self, id: ParamID, at: ParamValue) -> tresult {
        guarded(kInternalError, || {
            let target = Target::with_id(id).filter(|_| at.is_finite());
            // MIDI does something when it comes in a block, and only then.
            if let Some(Target::Row(id)) = target {
                self.shared.set_from_list(id, Target::Row(id).plain(at));
            }
            answer(target.is_some())
        })
    }

    unsafe fn setComponentHandler(&self, handler: *mut IComponentHandler) -> tresult {
        guarded(kInternalError, || {
            self.shared
                .set_handler(borrowed!(handler).map(|handler| handler.to_com_ptr()));
            self.shared.poll_without_timer();
            kResultOk
        })
    }

    unsafe fn createView(&self, name: FIDString) -> *mut IPlugView {
        guarded(ptr::null_mut(), || {
            if is_text(name, c"editor") {
                view::create(&self.shared)
            } else {
                ptr::null_mut()
            }
        })
    }
}

impl IMidiMappingTrait for Component {
    unsafe fn getMidiControllerAssignment(
        &self,
        bus: i32,
        _: i16,
        cc: i16,
        id: *mut u32,
    ) -> tresult {
        with!(id, {
            let target = match cc {
                0..128 => Some(Target::Controller(cc as u8)),
                _ if i32::from(cc) == ControllerNumbers_::kCtrlProgramChange as i32 => {
                    Some(Target::Program)
                }
                _ => None,
            };
            let target = target.filter(|_| bus == 0);
            *id = target.map_or(*id, Target::id);
            answer(target.is_some())
        })
    }
}

impl IMidiLearnTrait for Component {
    unsafe fn onLiveMIDIControllerInput(&self, bus: i32, _: i16, cc: i16) -> tresult {
        guarded(kInternalError, || {
            let number = u8::try_from(cc)
                .ok()
                .filter(|&number| bus == 0 && number < 128);
            let learned =
                number.is_some_and(|number| self.shared.instance.teach_controller(number));
            self.shared.poll_without_timer();
            answer(learned)
        })
    }
}

impl IInfoListenerTrait for Component {
    unsafe fn setChannelContextInfos(&self, list: *mut IAttributeList) -> tresult {
        guarded(kInternalError, || {
            let (mut name, bytes): (String128, _) = ([0; 128], size_of::<String128>() as u32);
            let Some(list) = borrowed!(list) else {
                return kInvalidArgument;
            };
            // SAFETY: there is room for so many bytes.
            let told = unsafe { list.getString(kChannelNameKey, name.as_mut_ptr(), bytes) };
            if told == kResultOk {
                *self.shared.track.lock() = read_utf16(&name);
            }
            kResultOk
        })
    }
}
