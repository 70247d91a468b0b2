//! The one object that hosts see, processor and controller in one: its life, its buses, its state.

use std::mem::ManuallyDrop;
use std::sync::Arc;

use parking_lot::Mutex;
use vst3::Class;
use vst3::Steinberg::{Vst::ChannelContext::IInfoListener, Vst::*, *};

use super::entry::{always, answer, borrowed, guarded, with};
use super::main_loop::{MainLoop, Timer};
use super::shared::Shared;
use super::stream;
use super::text::write_utf16;

/// How often the host is told what is new while there is no window, in ms.
const LOOK: u32 = 50;
const AUDIO: MediaType = MediaTypes_::kAudio as i32;
const EVENT: MediaType = MediaTypes_::kEvent as i32;
const INPUT: BusDirection = BusDirections_::kInput as i32;
const OUTPUT: BusDirection = BusDirections_::kOutput as i32;

pub(super) struct Component {
    pub(super) shared: ManuallyDrop<Arc<Shared>>,
    timer: Mutex<Option<Timer>>,
}

impl Class for Component {
    type Interfaces = (
        IComponent,
        IAudioProcessor,
        IProcessContextRequirements,
        IEditController,
        IUnitInfo,
        IMidiMapping,
        IMidiLearn,
        IInfoListener,
    );
}

impl Component {
    pub(super) fn new() -> Self {
        let shared = ManuallyDrop::new(Arc::new(Shared::new()));
        Self {
            shared,
            timer: Mutex::default(),
        }
    }

    /// Notes and sound come in, sound goes out.
    pub(super) fn has_bus(&self, media: MediaType, way: BusDirection, index: i32) -> bool {
        index == 0 && matches!((media, way), (AUDIO, INPUT | OUTPUT) | (EVENT, INPUT))
    }
}

impl Drop for Component {
    fn drop(&mut self) {
        // SAFETY: here it ends, and nobody takes it after this. By hand, so that a panic is caught.
        guarded((), || unsafe { ManuallyDrop::drop(&mut self.shared) });
    }
}

impl IPluginBaseTrait for Component {
    unsafe fn initialize(&self, context: *mut FUnknown) -> tresult {
        guarded(kInternalError, || {
            let main = MainLoop::of(borrowed!(context)).or_else(MainLoop::of_all);
            let timer = main.and_then(|main| main.every(LOOK, &*self.shared));
            let old = std::mem::replace(&mut *self.timer.lock(), timer);
            drop(old);
            kResultOk
        })
    }

    unsafe fn terminate(&self) -> tresult {
        guarded(kInternalError, || {
            let timer = self.timer.lock().take();
            drop(timer);
            self.shared.set_handler(None);
            self.shared.set_active(false);
            kResultOk
        })
    }
}

impl IComponentTrait for Component {
    always! {
        getControllerClassId(*mut TUID) -> tresult = kNotImplemented;
        setIoMode(IoMode) -> tresult = kResultOk;
        getRoutingInfo(*mut RoutingInfo, *mut RoutingInfo) -> tresult = kNotImplemented;
    }

    unsafe fn getBusCount(&self, media: MediaType, way: BusDirection) -> i32 {
        self.has_bus(media, way, 0).into()
    }

    unsafe fn getBusInfo(&self, media: i32, way: i32, index: i32, info: *mut BusInfo) -> tresult {
        with!(info, {
            if !self.has_bus(media, way, index) {
                return kInvalidArgument;
            }
            let (channels, name) = match (media, way) {
                (EVENT, _) => (16, "MIDI"),
                (_, INPUT) => (self.shared.channels(way), "Input"),
                _ => (self.shared.channels(way), "Output"),
            };
            (info.mediaType, info.direction, info.channelCount) = (media, way, channels as i32);
            info.busType = BusTypes_::kMain as i32;
            info.flags = BusInfo_::BusFlags_::kDefaultActive as u32;
            write_utf16(name, &mut info.name);
            kResultOk
        })
    }

    unsafe fn activateBus(&self, media: i32, way: i32, index: i32, _on: TBool) -> tresult {
        answer(self.has_bus(media, way, index))
    }

    unsafe fn setActive(&self, on: TBool) -> tresult {
        guarded(kInternalError, || {
            self.shared.set_active(on != 0);
            kResultOk
        })
    }

    unsafe fn setState(&self, state: *mut IBStream) -> tresult {
        guarded(kInternalError, || {
            let Some(state) = borrowed!(state) else {
                return kInvalidArgument;
            };
            // Where it fails, the window says why.
            self.shared.settle();
            let load = |state: Vec<u8>| self.shared.instance.load(&state).is_ok();
            let loaded = stream::read_all(state).is_some_and(load);
            self.shared.poll_without_timer();
            answer(loaded)
        })
    }

    unsafe fn getState(&self, state: *mut IBStream) -> tresult {
        guarded(kInternalError, || match borrowed!(state) {
            Some(state) => {
                self.shared.settle();
                answer(stream::write_all(state, &self.shared.instance.save()))
            }
            None => kInvalidArgument,
        })
    }
}
