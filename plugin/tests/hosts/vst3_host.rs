//! A VST3 host with nothing between the audio thread and the plugin, which the crate vst3-host is not: what
//! is passed to `process` stands ready, so that whatever is allocated there is the plugin's doing.

use std::cell::{Cell, RefCell};
use std::ffi::{CString, c_void};
use std::path::Path;
use std::sync::Mutex;
use std::thread;
use std::time::{Duration, Instant};
use std::{mem, ptr};

use vst3::Steinberg::Linux::{
    FileDescriptor, IEventHandler, IEventHandlerTrait, IRunLoop, IRunLoopTrait, ITimerHandler,
    ITimerHandlerTrait,
};
use vst3::Steinberg::{Vst::*, *};
use vst3::{Class, ComPtr, ComRef, ComWrapper, Interface};

use crate::trap::armed;

/// Room for points of one parameter in a block, beyond which the plugin gets no more.
const POINTS: usize = 2048;

/// What an instance may ask of its host: to be called again, another size, and to hear of changes.
#[derive(Default)]
pub(crate) struct Host {
    timers: Mutex<Vec<(ComPtr<ITimerHandler>, Duration, Instant)>>,
    files: Mutex<Vec<(ComPtr<IEventHandler>, FileDescriptor)>>,
    /// What the plugin moved by itself, as a hand in the window does, in order.
    pub(crate) edits: Mutex<Vec<ParamID>>,
}

impl Class for Host {
    type Interfaces = (IHostApplication, IComponentHandler, IPlugFrame, IRunLoop);
}

impl IHostApplicationTrait for Host {
    unsafe fn getName(&self, name: *mut String128) -> tresult {
        // SAFETY: the plugin passes a place for it.
        unsafe { *name = [0; 128] };
        kResultOk
    }

    unsafe fn createInstance(&self, _: *mut TUID, _: *mut TUID, _: *mut *mut c_void) -> tresult {
        kResultFalse
    }
}

impl IComponentHandlerTrait for Host {
    unsafe fn beginEdit(&self, _: ParamID) -> tresult {
        kResultOk
    }

    unsafe fn performEdit(&self, parameter: ParamID, _: ParamValue) -> tresult {
        self.edits.lock().expect("no panic").push(parameter);
        kResultOk
    }

    unsafe fn endEdit(&self, _: ParamID) -> tresult {
        kResultOk
    }

    unsafe fn restartComponent(&self, _: i32) -> tresult {
        kResultOk
    }
}

impl IPlugFrameTrait for Host {
    unsafe fn resizeView(&self, _: *mut IPlugView, _: *mut ViewRect) -> tresult {
        kResultFalse
    }
}

impl IRunLoopTrait for Host {
    unsafe fn registerEventHandler(
        &self,
        handler: *mut IEventHandler,
        file: FileDescriptor,
    ) -> tresult {
        let handler = counted(handler);
        self.files.lock().expect("no panic").push((handler, file));
        kResultOk
    }

    unsafe fn unregisterEventHandler(&self, handler: *mut IEventHandler) -> tresult {
        let mut files = self.files.lock().expect("no panic");
        files.retain(|(other, _)| other.as_ptr() != handler);
        kResultOk
    }

    unsafe fn registerTimer(&self, timer: *mut ITimerHandler, ms: u64) -> tresult {
        let timer = (counted(timer), Duration::from_millis(ms), Instant::now());
        self.timers.lock().expect("no panic").push(timer);
        kResultOk
    }

    unsafe fn unregisterTimer(&self, timer: *mut ITimerHandler) -> tresult {
        let mut timers = self.timers.lock().expect("no panic");
        timers.retain(|(other, ..)| other.as_ptr() != timer);
        kResultOk
    }
}

/// What a plugin passes to be kept.
fn counted<I: Interface>(object: *mut I) -> ComPtr<I> {
    // SAFETY: the plugin passes an object that is there.
    let object = unsafe { ComRef::from_raw(object) };
    object.expect("an object").to_com_ptr()
}

impl Host {
    /// Calls the timers that are due and who waits for a file that can be read.
    fn serve(&self) {
        let now = Instant::now();
        let mut due = Vec::new();
        for (timer, every, last) in self.timers.lock().expect("no panic").iter_mut() {
            if now - *last >= *every {
                *last = now;
                due.push(timer.clone());
            }
        }
        for timer in due {
            // SAFETY: it is counted here.
            unsafe { timer.onTimer() };
        }
        let files = self.files.lock().expect("no panic").clone();
        for (handler, file) in files {
            let (fd, events, revents) = (file, libc::POLLIN, 0);
            let mut asked = libc::pollfd {
                fd,
                events,
                revents,
            };
            // SAFETY: one question; the handler is counted here.
            unsafe {
                if libc::poll(&raw mut asked, 1, 0) == 1 {
                    handler.onFDIsSet(file);
                }
            }
        }
    }
}

/// The points of one parameter in a block. Only one thread at a time uses it.
struct Queue {
    parameter: Cell<ParamID>,
    points: RefCell<Vec<(i32, ParamValue)>>,
}

impl Class for Queue {
    type Interfaces = (IParamValueQueue,);
}

impl IParamValueQueueTrait for Queue {
    unsafe fn getParameterId(&self) -> ParamID {
        self.parameter.get()
    }

    unsafe fn getPointCount(&self) -> i32 {
        self.points.borrow().len() as i32
    }

    unsafe fn getPoint(&self, index: i32, frame: *mut i32, value: *mut ParamValue) -> tresult {
        let Some(&point) = self.points.borrow().get(index as usize) else {
            return kInvalidArgument;
        };
        // SAFETY: the plugin passes places for both.
        unsafe { (*frame, *value) = point };
        kResultOk
    }

    unsafe fn addPoint(&self, frame: i32, value: ParamValue, index: *mut i32) -> tresult {
        let mut points = self.points.borrow_mut();
        if points.len() == points.capacity() {
            return kResultFalse;
        }
        points.push((frame, value));
        // SAFETY: the plugin passes a place for it.
        unsafe { *index = points.len() as i32 - 1 };
        kResultOk
    }
}

/// The points of a block: a queue for each parameter, the first of which are in use.
struct Changes {
    queues: Vec<ComWrapper<Queue>>,
    used: Cell<usize>,
}

impl Class for Changes {
    type Interfaces = (IParameterChanges,);
}

impl IParameterChangesTrait for Changes {
    unsafe fn getParameterCount(&self) -> i32 {
        self.used.get() as i32
    }

    unsafe fn getParameterData(&self, index: i32) -> *mut IParamValueQueue {
        let used = self.queues[..self.used.get()].get(index as usize);
        used.map_or(ptr::null_mut(), seen)
    }

    unsafe fn addParameterData(
        &self,
        parameter: *const ParamID,
        index: *mut i32,
    ) -> *mut IParamValueQueue {
        // SAFETY: the plugin passes an id.
        let at = self.queue_of(unsafe { *parameter });
        // SAFETY: the plugin passes a place for it.
        unsafe { *index = at as i32 };
        seen(&self.queues[at])
    }
}

/// A queue as the plugin sees it.
fn seen(queue: &ComWrapper<Queue>) -> *mut IParamValueQueue {
    let seen = queue.as_com_ref::<IParamValueQueue>();
    seen.expect("a queue").as_ptr()
}

impl Changes {
    fn new(parameters: usize) -> ComWrapper<Self> {
        let queue = || {
            ComWrapper::new(Queue {
                parameter: Cell::new(0),
                points: RefCell::new(Vec::with_capacity(POINTS)),
            })
        };
        ComWrapper::new(Self {
            queues: std::iter::repeat_with(queue).take(parameters).collect(),
            used: Cell::new(0),
        })
    }

    /// Where the queue of a parameter is, which may be one that was not in use.
    fn queue_of(&self, parameter: ParamID) -> usize {
        let used = self.used.get();
        let mut queues = self.queues[..used].iter();
        let known = queues.position(|queue| queue.parameter.get() == parameter);
        known.unwrap_or_else(|| {
            let queue = &self.queues[used];
            queue.parameter.set(parameter);
            queue.points.borrow_mut().clear();
            self.used.set(used + 1);
            used
        })
    }

    fn add(&self, parameter: ParamID, frame: i32, value: ParamValue) {
        let queue = &self.queues[self.queue_of(parameter)];
        queue.points.borrow_mut().push((frame, value));
    }
}

/// What a controller says of the parameter at a place in its list.
fn info(controller: &ComPtr<IEditController>, index: i32) -> ParameterInfo {
    // SAFETY: all zeros are one, and a place for it.
    unsafe {
        let mut info = mem::zeroed::<ParameterInfo>();
        let told = controller.getParameterInfo(index, &raw mut info);
        assert_eq!(told, kResultOk);
        info
    }
}

/// A text of the plugin's, up to its zero.
fn read_text(text: &String128) -> String {
    let end = text.iter().position(|&unit| unit == 0);
    String::from_utf16(&text[..end.unwrap_or(text.len())]).expect("readable text")
}

/// The bytes of a state on their way.
struct Stream(RefCell<Vec<u8>>, Cell<usize>);

impl Class for Stream {
    type Interfaces = (IBStream,);
}

impl IBStreamTrait for Stream {
    unsafe fn read(&self, place: *mut c_void, most: i32, given: *mut i32) -> tresult {
        let (bytes, start) = (self.0.borrow(), self.1.get());
        let count = (bytes.len() - start).min(most as usize);
        // SAFETY: the plugin passes a place for so many, and may pass one for their number.
        unsafe {
            ptr::copy_nonoverlapping(bytes[start..].as_ptr(), place.cast(), count);
            if let Some(given) = given.as_mut() {
                *given = count as i32;
            }
        }
        self.1.set(start + count);
        kResultOk
    }

    unsafe fn write(&self, place: *mut c_void, count: i32, taken: *mut i32) -> tresult {
        // SAFETY: the plugin passes so many, and may pass a place for their number.
        unsafe {
            let bytes = std::slice::from_raw_parts(place.cast::<u8>(), count as usize);
            self.0.borrow_mut().extend_from_slice(bytes);
            if let Some(taken) = taken.as_mut() {
                *taken = count;
            }
        }
        kResultOk
    }

    unsafe fn seek(&self, _: i64, _: i32, _: *mut i64) -> tresult {
        kNotImplemented
    }

    unsafe fn tell(&self, _: *mut i64) -> tresult {
        kNotImplemented
    }
}

/// An instance of the plugin, on the main thread.
pub(crate) struct Plugin {
    component: ComPtr<IComponent>,
    processor: ComPtr<IAudioProcessor>,
    controller: ComPtr<IEditController>,
    view: Option<ComPtr<IPlugView>>,
    pub(crate) host: ComWrapper<Host>,
    /// The ids of its parameters.
    pub(crate) parameters: Vec<ParamID>,
    /// Whether nobody listens when the audio starts.
    pub(crate) offline: bool,
}

impl Plugin {
    /// Opens the bundle's library, for good, and makes an instance.
    pub(crate) fn new(bundle: &Path) -> Self {
        let name = bundle.file_stem().expect("a name");
        let library = bundle.join("Contents/x86_64-linux").join(name);
        let library = library.with_extension("so").into_os_string();
        let library = CString::new(library.into_encoded_bytes()).expect("no zero bytes");
        let host = ComWrapper::new(Host::default());
        let context = host.to_com_ptr::<IHostApplication>().expect("a host");
        let handler = host.to_com_ptr::<IComponentHandler>().expect("a host");
        let mut parameters = Vec::new();
        // SAFETY: a VST3 library has these functions, and everything that is passed is there.
        let (component, controller) = unsafe {
            let library = libc::dlopen(library.as_ptr(), libc::RTLD_NOW | libc::RTLD_LOCAL);
            assert!(!library.is_null(), "the library loads");
            let enter = libc::dlsym(library, c"ModuleEntry".as_ptr());
            let enter: extern "system" fn(*mut c_void) -> bool = mem::transmute(enter);
            assert!(enter(library));
            let factory = libc::dlsym(library, c"GetPluginFactory".as_ptr());
            let factory: extern "system" fn() -> *mut IPluginFactory = mem::transmute(factory);
            let factory = ComPtr::from_raw(factory()).expect("a factory");
            let mut class = mem::zeroed::<PClassInfo>();
            assert_eq!(factory.getClassInfo(0, &raw mut class), kResultOk);
            let (class, interface) = (class.cid.as_ptr(), IComponent::IID.as_ptr());
            let mut object = ptr::null_mut();
            factory.createInstance(class, interface.cast(), &raw mut object);
            let component = ComPtr::from_raw(object.cast::<IComponent>()).expect("an instance");
            assert_eq!(component.initialize(context.as_ptr().cast()), kResultOk);
            let controller = component.cast::<IEditController>().expect("a controller");
            controller.setComponentHandler(handler.as_ptr());
            for index in 0..controller.getParameterCount() {
                parameters.push(info(&controller, index).id);
            }
            (component, controller)
        };
        Self {
            processor: component.cast().expect("a processor"),
            component,
            controller,
            view: None,
            host,
            parameters,
            offline: false,
        }
    }

    /// The names of its parameters.
    pub(crate) fn names(&self) -> Vec<String> {
        let all = (0..).take(self.parameters.len());
        all.map(|index| read_text(&info(&self.controller, index).title))
            .collect()
    }

    /// Where a parameter stands, by its place.
    pub(crate) fn position(&self, parameter: usize) -> f64 {
        // SAFETY: a number.
        unsafe {
            self.controller
                .getParamNormalized(self.parameters[parameter])
        }
    }

    /// What the plugin calls a position of a parameter.
    pub(crate) fn text(&self, parameter: usize, position: f64) -> String {
        let mut text: String128 = [0; 128];
        let id = self.parameters[parameter];
        // SAFETY: a place for the text.
        let told = unsafe {
            self.controller
                .getParamStringByValue(id, position, &raw mut text)
        };
        assert_eq!(told, kResultOk);
        read_text(&text)
    }

    /// Frames from the input to the output.
    pub(crate) fn latency(&self) -> usize {
        // SAFETY: takes no pointers.
        unsafe { self.processor.getLatencySamples() as usize }
    }

    /// What controllers 0 to 127 of the first channel are handed on as.
    fn controllers(&self) -> Vec<Option<ParamID>> {
        let mapping = self.component.cast::<IMidiMapping>();
        let mapping = mapping.expect("a map of controllers");
        let target = |cc| {
            let mut id = 0;
            // SAFETY: a place for the id.
            let told = unsafe { mapping.getMidiControllerAssignment(0, 0, cc, &raw mut id) };
            (told == kResultOk).then_some(id)
        };
        (0..128).map(target).collect()
    }

    /// What a change of the program is handed on as, and the highest program.
    fn programs(&self) -> Option<(ParamID, i32)> {
        let all = (0..).take(self.parameters.len());
        let mut all = all.map(|index| info(&self.controller, index));
        let found =
            all.find(|info| info.flags & ParameterInfo_::ParameterFlags_::kIsProgramChange != 0);
        found.map(|info| (info.id, info.stepCount))
    }

    pub(crate) fn save(&mut self) -> Vec<u8> {
        let stream = ComWrapper::new(Stream(RefCell::default(), Cell::new(0)));
        let seen = stream.to_com_ptr::<IBStream>().expect("a stream");
        // SAFETY: the stream is there.
        assert_eq!(unsafe { self.component.getState(seen.as_ptr()) }, kResultOk);
        stream.0.borrow().clone()
    }

    /// Restores a state; whether the plugin took it.
    pub(crate) fn restore(&mut self, state: &[u8]) -> bool {
        let stream = ComWrapper::new(Stream(RefCell::new(state.to_vec()), Cell::new(0)));
        let seen = stream.to_com_ptr::<IBStream>().expect("a stream");
        // SAFETY: the stream is there.
        unsafe { self.component.setState(seen.as_ptr()) == kResultOk }
    }

    /// Does what the plugin wants done on the main thread.
    pub(crate) fn serve(&mut self) {
        self.host.serve();
    }

    /// The window's width and height, before it is open.
    pub(crate) fn editor_size(&mut self) -> (u32, u32) {
        // SAFETY: a name; who makes a view counts it for who asked. The place is there.
        unsafe {
            let view = self.controller.createView(c"editor".as_ptr());
            self.view = Some(ComPtr::from_raw(view).expect("a window"));
            let mut rect = mem::zeroed::<ViewRect>();
            assert_eq!(self.view().getSize(&raw mut rect), kResultOk);
            (rect.right as u32, rect.bottom as u32)
        }
    }

    fn view(&self) -> &ComPtr<IPlugView> {
        self.view.as_ref().expect("a window")
    }

    /// Opens the window in one of X11, which has to stay until it is closed.
    pub(crate) fn show_editor(&mut self, window: u32) {
        let frame = self.host.to_com_ptr::<IPlugFrame>().expect("a host");
        let place = ptr::without_provenance_mut(window as usize);
        // SAFETY: a window's id, its kind, and a frame that the plugin counts.
        unsafe {
            self.view().setFrame(frame.as_ptr());
            let opened = self.view().attached(place, c"X11EmbedWindowID".as_ptr());
            assert_eq!(opened, kResultOk);
        }
    }

    pub(crate) fn destroy_editor(&mut self) {
        if let Some(view) = self.view.take() {
            // SAFETY: takes no pointers, or none that is read.
            unsafe {
                view.removed();
                view.setFrame(ptr::null_mut());
            }
        }
    }

    /// Activates for `rate` and blocks of up to `most` frames, runs `audio` and `main` at once, and
    /// deactivates when both have ended.
    pub(crate) fn run<A: Send>(
        &mut self,
        rate: f64,
        most: u32,
        audio: impl FnOnce(&mut Audio) -> A + Send,
        main: impl FnOnce(&mut Self),
    ) -> A {
        let mode = match self.offline {
            true => ProcessModes_::kOffline,
            false => ProcessModes_::kRealtime,
        };
        let mut setup = ProcessSetup {
            processMode: mode as i32,
            symbolicSampleSize: SymbolicSampleSizes_::kSample32 as i32,
            maxSamplesPerBlock: most as i32,
            sampleRate: rate,
        };
        // SAFETY: the setup is there.
        unsafe {
            assert_eq!(self.processor.setupProcessing(&raw mut setup), kResultOk);
            assert_eq!(self.component.setActive(1), kResultOk);
        }
        let mut side = Audio {
            processor: self.processor.clone(),
            mode: mode as i32,
            parameters: self.parameters.clone(),
            controllers: self.controllers(),
            programs: self.programs(),
            points: Changes::new(self.parameters.len()),
            told: Changes::new(self.parameters.len()),
        };
        let result = thread::scope(|scope| {
            let thread = scope.spawn(move || {
                side.set_processing(true);
                let result = audio(&mut side);
                side.set_processing(false);
                result
            });
            main(self);
            while !thread.is_finished() {
                self.serve();
                thread::sleep(Duration::from_millis(1));
            }
            thread.join().expect("the audio thread ends well")
        });
        // SAFETY: takes no pointers.
        assert_eq!(unsafe { self.component.setActive(0) }, kResultOk);
        result
    }
}

impl Drop for Plugin {
    fn drop(&mut self) {
        self.destroy_editor();
        // SAFETY: no handler is one, too.
        unsafe {
            self.controller.setComponentHandler(ptr::null_mut());
            self.component.terminate();
        }
    }
}

/// The plugin's audio thread.
pub(crate) struct Audio {
    processor: ComPtr<IAudioProcessor>,
    mode: i32,
    parameters: Vec<ParamID>,
    controllers: Vec<Option<ParamID>>,
    programs: Option<(ParamID, i32)>,
    points: ComWrapper<Changes>,
    told: ComWrapper<Changes>,
}

// SAFETY: one thread at a time has it, and nobody else has what it holds but the processor, which may be
// called by any thread.
unsafe impl Send for Audio {}

impl Audio {
    /// Has a parameter, by its place, take on a value of 0 to 1 at a frame of the next block.
    pub(crate) fn point(&mut self, parameter: usize, frame: i32, value: f64) {
        self.points.add(self.parameters[parameter], frame, value);
    }

    /// A message of MIDI in the next block, as hosts of this format hand it on: as a point of a parameter.
    pub(crate) fn midi(&mut self, frame: i32, [status, first, second]: [u8; 3]) {
        let target = match status & 0xf0 {
            0xb0 => {
                let controller = self.controllers.get(usize::from(first)).copied().flatten();
                controller.map(|id| (id, f64::from(second) / 127.0))
            }
            0xc0 => {
                let programs = self.programs;
                let programs = programs.filter(|&(_, last)| i32::from(first) <= last);
                programs.map(|(id, last)| (id, f64::from(first) / f64::from(last)))
            }
            _ => None,
        };
        if let Some((id, value)) = target {
            self.points.add(id, frame, value);
        }
    }

    fn set_processing(&mut self, on: bool) {
        // SAFETY: takes no pointers.
        armed(|| unsafe { self.processor.setProcessing(on.into()) });
    }

    /// Has the plugin forget what it heard.
    pub(crate) fn reset(&mut self) {
        self.set_processing(false);
        self.set_processing(true);
    }

    /// Plays the next block of both channels in place.
    pub(crate) fn block(&mut self, sound: [&mut [f32]; 2]) {
        let frames = sound[0].len() as i32;
        let mut channels = sound.map(|channel| channel.as_mut_ptr());
        let bus = AudioBusBuffers {
            numChannels: 2,
            silenceFlags: 0,
            __field0: AudioBusBuffers__type0 {
                channelBuffers32: channels.as_mut_ptr(),
            },
        };
        let (mut input, mut output) = (bus, bus);
        let points = self.points.as_com_ref::<IParameterChanges>();
        let told = self.told.as_com_ref::<IParameterChanges>();
        let mut data = ProcessData {
            processMode: self.mode,
            symbolicSampleSize: SymbolicSampleSizes_::kSample32 as i32,
            numSamples: frames,
            numInputs: 1,
            numOutputs: 1,
            inputs: &raw mut input,
            outputs: &raw mut output,
            inputParameterChanges: points.expect("points").as_ptr(),
            outputParameterChanges: told.expect("points").as_ptr(),
            inputEvents: ptr::null_mut(),
            outputEvents: ptr::null_mut(),
            processContext: ptr::null_mut(),
        };
        // SAFETY: everything that the block names is there.
        let result = armed(|| unsafe { self.processor.process(&raw mut data) });
        assert_eq!(result, kResultOk);
        self.points.used.set(0);
        self.told.used.set(0);
    }
}
