//! A host in this process: what it passes to a plugin, and an instance in its hands.

use std::ptr;

use parking_lot::Mutex;
use vst3::Steinberg::Linux::{FileDescriptor, IEventHandler};
use vst3::Steinberg::Linux::{IRunLoop, IRunLoopTrait, ITimerHandler, ITimerHandlerTrait};
use vst3::Steinberg::{Vst::*, *};
use vst3::{Class, ComPtr, ComRef, ComWrapper, Interface};

use super::super::factory::GetPluginFactory;

/// Makes an object of the host.
pub(super) fn com<C, I>(object: C) -> ComPtr<I>
where
    C: Class + 'static,
    C::Interfaces: vst3::com_scrape_types::MakeHeader<C, ComWrapper<C>>,
    I: Interface,
{
    ComWrapper::new(object).to_com_ptr().unwrap()
}

pub(super) struct Queue(pub(super) ParamID, pub(super) Vec<(i32, f64)>);

impl Class for Queue {
    type Interfaces = (IParamValueQueue,);
}

impl IParamValueQueueTrait for Queue {
    unsafe fn getParameterId(&self) -> ParamID {
        self.0
    }

    unsafe fn getPointCount(&self) -> i32 {
        self.1.len() as i32
    }

    unsafe fn getPoint(&self, index: i32, frame: *mut i32, position: *mut f64) -> tresult {
        let (at, value) = self.1[index as usize];
        // SAFETY: the plugin passes places.
        unsafe { (*frame, *position) = (at, value) };
        kResultOk
    }

    unsafe fn addPoint(&self, _: i32, _: f64, _: *mut i32) -> tresult {
        kResultFalse
    }
}

pub(super) struct Changes(pub(super) Vec<ComPtr<IParamValueQueue>>);

impl Class for Changes {
    type Interfaces = (IParameterChanges,);
}

impl IParameterChangesTrait for Changes {
    // One more than there are: some hosts count wrongly.
    unsafe fn getParameterCount(&self) -> i32 {
        self.0.len() as i32 + 1
    }

    unsafe fn getParameterData(&self, index: i32) -> *mut IParamValueQueue {
        self.0
            .get(index as usize)
            .map_or(ptr::null_mut(), ComPtr::as_ptr)
    }

    unsafe fn addParameterData(&self, _: *const ParamID, _: *mut i32) -> *mut IParamValueQueue {
        ptr::null_mut()
    }
}

/// The changes of a block.
pub(super) fn changes(queues: Vec<Queue>) -> ComPtr<IParameterChanges> {
    com(Changes(queues.into_iter().map(com).collect()))
}

/// A stream, and how many bytes more than it gave it says it gave.
#[derive(Default)]
pub(super) struct Stream {
    pub(super) bytes: Mutex<Vec<u8>>,
    pub(super) read: Mutex<usize>,
    pub(super) lies: i32,
}

impl Stream {
    pub(super) fn holding(bytes: &[u8]) -> ComWrapper<Self> {
        let bytes = Mutex::new(bytes.to_vec());
        ComWrapper::new(Self {
            bytes,
            ..Self::default()
        })
    }
}

impl Class for Stream {
    type Interfaces = (IBStream,);
}

impl IBStreamTrait for Stream {
    unsafe fn read(&self, place: *mut std::ffi::c_void, most: i32, given: *mut i32) -> tresult {
        let (bytes, mut read) = (self.bytes.lock(), self.read.lock());
        // It gives a few at a time.
        let count = (bytes.len() - *read).min(most as usize).min(1000);
        // SAFETY: the plugin passes places, with room for `most`.
        unsafe {
            ptr::copy(bytes[*read..].as_ptr(), place.cast(), count);
            *given = count as i32 + if count > 0 { self.lies } else { 0 };
        }
        *read += count;
        kResultOk
    }

    unsafe fn write(&self, place: *mut std::ffi::c_void, count: i32, taken: *mut i32) -> tresult {
        let count = count.min(1000);
        // SAFETY: the plugin passes places, with at least so many bytes.
        unsafe {
            let bytes = std::slice::from_raw_parts(place.cast::<u8>(), count as usize);
            self.bytes.lock().extend_from_slice(bytes);
            *taken = count;
        }
        kResultOk
    }

    unsafe fn seek(&self, _: i64, _: i32, _: *mut i64) -> tresult {
        kResultFalse
    }

    unsafe fn tell(&self, _: *mut i64) -> tresult {
        kResultFalse
    }
}

/// What a plugin tells, in words.
#[derive(Default)]
pub(super) struct Handler(pub(super) Mutex<Vec<String>>);

impl Class for Handler {
    type Interfaces = (IComponentHandler, IComponentHandler2, IUnitHandler);
}

impl Handler {
    fn note(&self, what: String) -> tresult {
        self.0.lock().push(what);
        kResultOk
    }
}

impl IComponentHandlerTrait for Handler {
    unsafe fn beginEdit(&self, id: ParamID) -> tresult {
        self.note(format!("begin {id}"))
    }

    unsafe fn performEdit(&self, id: ParamID, position: f64) -> tresult {
        self.note(format!("perform {id} {position}"))
    }

    unsafe fn endEdit(&self, id: ParamID) -> tresult {
        self.note(format!("end {id}"))
    }

    unsafe fn restartComponent(&self, flags: i32) -> tresult {
        self.note(format!("restart {flags}"))
    }
}

impl IUnitHandlerTrait for Handler {
    unsafe fn notifyUnitSelection(&self, _: UnitID) -> tresult {
        kResultFalse
    }

    unsafe fn notifyProgramListChange(&self, list: ProgramListID, program: i32) -> tresult {
        self.note(format!("programs {list} {program}"))
    }
}

impl IComponentHandler2Trait for Handler {
    unsafe fn setDirty(&self, state: TBool) -> tresult {
        self.note(format!("dirty {state}"))
    }

    unsafe fn requestOpenEditor(&self, _: FIDString) -> tresult {
        kResultFalse
    }

    unsafe fn startGroupEdit(&self) -> tresult {
        kResultFalse
    }

    unsafe fn finishGroupEdit(&self) -> tresult {
        kResultFalse
    }
}

/// A loop that turns when the test says so.
#[derive(Default)]
pub(super) struct Loop(Mutex<Vec<ComPtr<ITimerHandler>>>);

impl Class for Loop {
    type Interfaces = (IRunLoop,);
}

impl Loop {
    pub(super) fn turn(&self) {
        for timer in self.0.lock().clone() {
            // SAFETY: the timer is counted here.
            unsafe { timer.onTimer() };
        }
    }

    pub(super) fn timers(&self) -> usize {
        self.0.lock().len()
    }
}

impl IRunLoopTrait for Loop {
    unsafe fn registerEventHandler(&self, _: *mut IEventHandler, _: FileDescriptor) -> tresult {
        kResultFalse
    }

    unsafe fn unregisterEventHandler(&self, _: *mut IEventHandler) -> tresult {
        kResultFalse
    }

    unsafe fn registerTimer(&self, timer: *mut ITimerHandler, _: u64) -> tresult {
        // SAFETY: the plugin passes a timer.
        self.0
            .lock()
            .push(unsafe { ComRef::from_raw(timer) }.unwrap().to_com_ptr());
        kResultOk
    }

    unsafe fn unregisterTimer(&self, timer: *mut ITimerHandler) -> tresult {
        self.0.lock().retain(|other| other.as_ptr() != timer);
        kResultOk
    }
}

/// An instance, as a host sees it.
pub(super) struct Plugin {
    pub(super) component: ComPtr<IComponent>,
    pub(super) processor: ComPtr<IAudioProcessor>,
    pub(super) controller: ComPtr<IEditController>,
}

pub(super) fn factory() -> ComPtr<IPluginFactory3> {
    // SAFETY: the factory is counted for who asks.
    let factory = unsafe { ComPtr::from_raw(GetPluginFactory()) }.unwrap();
    factory.cast().unwrap()
}

impl Plugin {
    pub(super) fn new() -> Self {
        let (factory, mut object) = (factory(), ptr::null_mut());
        // SAFETY: everything passed is there.
        let component = unsafe {
            let mut class = std::mem::zeroed::<PClassInfo>();
            assert_eq!(factory.getClassInfo(0, &raw mut class), kResultOk);
            let (class, interface) = (class.cid.as_ptr(), IComponent::IID.as_ptr());
            let made = factory.createInstance(class, interface.cast(), &raw mut object);
            assert_eq!(made, kResultOk);
            ComPtr::from_raw(object.cast::<IComponent>()).unwrap()
        };
        Self {
            processor: component.cast().unwrap(),
            controller: component.cast().unwrap(),
            component,
        }
    }

    /// Starts it at 48 kHz, with so many channels.
    pub(super) fn start(&self, inputs: u64, outputs: u64, mode: i32) {
        let (mut inputs, mut outputs) = (inputs, outputs);
        let mut setup = ProcessSetup {
            processMode: mode,
            symbolicSampleSize: 0,
            maxSamplesPerBlock: 512,
            sampleRate: 48_000.0,
        };
        // SAFETY: everything passed is there.
        unsafe {
            let (i, o) = (&raw mut inputs, &raw mut outputs);
            assert_eq!(self.processor.setBusArrangements(i, 1, o, 1), kResultTrue);
            assert_eq!(self.processor.setupProcessing(&raw mut setup), kResultOk);
            assert_eq!(self.component.setActive(1), kResultOk);
            assert_eq!(self.processor.setProcessing(1), kResultOk);
        }
    }

    pub(super) fn value(&self, id: ParamID) -> f64 {
        // SAFETY: takes no pointers.
        unsafe { self.controller.getParamNormalized(id) }
    }

    /// Plays a block from and to channels that the test has; gives the flags of silence.
    pub(super) fn block(
        &self,
        inputs: &mut [*mut f32],
        outputs: &mut [*mut f32],
        frames: i32,
        changes: Option<&ComPtr<IParameterChanges>>,
    ) -> u64 {
        let bus = |channels: &mut [*mut f32]| AudioBusBuffers {
            numChannels: channels.len() as i32,
            silenceFlags: 0,
            __field0: AudioBusBuffers__type0 {
                channelBuffers32: channels.as_mut_ptr(),
            },
        };
        let (mut input, mut output) = (bus(inputs), bus(outputs));
        let mut data = ProcessData {
            processMode: 0,
            symbolicSampleSize: 0,
            numSamples: frames,
            numInputs: 1,
            numOutputs: 1,
            inputs: &raw mut input,
            outputs: &raw mut output,
            inputParameterChanges: changes.map_or(ptr::null_mut(), ComPtr::as_ptr),
            outputParameterChanges: ptr::null_mut(),
            inputEvents: ptr::null_mut(),
            outputEvents: ptr::null_mut(),
            processContext: ptr::null_mut(),
        };
        // SAFETY: everything passed is there.
        assert_eq!(unsafe { self.processor.process(&raw mut data) }, kResultOk);
        output.silenceFlags
    }

    /// Plays a block of two channels each way.
    pub(super) fn play(
        &self,
        input: &mut [Vec<f32>; 2],
        changes: Option<&ComPtr<IParameterChanges>>,
    ) -> [Vec<f32>; 2] {
        let mut output = input.clone().map(|channel| vec![f32::NAN; channel.len()]);
        let frames = input[0].len() as i32;
        let mut inputs = input.each_mut().map(|channel| channel.as_mut_ptr());
        let mut outputs = output.each_mut().map(|channel| channel.as_mut_ptr());
        self.block(&mut inputs, &mut outputs, frames, changes);
        output
    }
}
