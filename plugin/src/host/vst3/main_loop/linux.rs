//! The loop that a Linux host lends.

use parking_lot::Mutex;
use vst3::Steinberg::Linux::{IRunLoop, IRunLoopTrait, ITimerHandler, ITimerHandlerTrait};
use vst3::Steinberg::{FUnknown, kResultOk};
use vst3::{Class, ComPtr, ComRef, ComWrapper};

use super::Tick;

/// What the host has lent to all instances.
static OF_ALL: Mutex<Option<ComPtr<IRunLoop>>> = Mutex::new(None);

pub(in super::super) struct MainLoop(ComPtr<IRunLoop>);

impl MainLoop {
    /// The loop of what the host gave, if that has one.
    pub(in super::super) fn of(host: Option<ComRef<'_, FUnknown>>) -> Option<Self> {
        host?.cast().map(Self)
    }

    /// The one for all instances.
    pub(in super::super) fn of_all() -> Option<Self> {
        OF_ALL.lock().clone().map(Self)
    }

    /// Keeps it for all instances; takes away the one before.
    pub(in super::super) fn lend(host: Option<ComRef<'_, FUnknown>>) {
        let new = Self::of(host).map(|main| main.0);
        let old = std::mem::replace(&mut *OF_ALL.lock(), new);
        drop(old);
    }

    pub(super) fn start(self, ms: u32, tick: Tick) -> Option<SystemTimer> {
        let handler = ComWrapper::new(Handler(tick)).to_com_ptr::<ITimerHandler>()?;
        // SAFETY: both are counted here.
        let result = unsafe { self.0.registerTimer(handler.as_ptr(), ms.into()) };
        (result == kResultOk).then_some(SystemTimer {
            main: self.0,
            handler,
        })
    }
}

struct Handler(Tick);

impl Class for Handler {
    type Interfaces = (ITimerHandler,);
}

impl ITimerHandlerTrait for Handler {
    unsafe fn onTimer(&self) {
        (self.0)();
    }
}

pub(super) struct SystemTimer {
    main: ComPtr<IRunLoop>,
    handler: ComPtr<ITimerHandler>,
}

impl Drop for SystemTimer {
    fn drop(&mut self) {
        // SAFETY: both are counted here.
        unsafe { self.main.unregisterTimer(self.handler.as_ptr()) };
    }
}
