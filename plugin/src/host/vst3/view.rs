//! The window as VST3 hosts hold it.

use std::ffi::{CStr, c_void};
use std::ptr;
use std::sync::Arc;
use std::sync::atomic::{AtomicPtr, AtomicU64, Ordering::Relaxed};

use parking_lot::Mutex;
use vst3::Steinberg::*;
use vst3::{Class, ComPtr, ComWrapper};

use super::entry::{always, answer, borrowed, guarded, with};
use super::main_loop::{MainLoop, Task, Timer};
use super::shared::Shared;
use super::text::is_text;
use crate::host::native_window::EditorWindow;

/// How often the host hears what the player does in the window, in ms.
const LOOK: u32 = 15;

/// What the host's window system calls a window.
const PLATFORM: &CStr = if cfg!(windows) {
    c"HWND"
} else if cfg!(target_os = "macos") {
    c"NSView"
} else {
    c"X11EmbedWindowID"
};

/// On the host's main thread alone, as VST3 demands of windows.
struct View {
    window: EditorWindow,
    // Before what it calls.
    timer: Mutex<Option<Timer>>,
    link: Arc<Link>,
}

/// What the timer of a window needs of it.
struct Link {
    shared: Arc<Shared>,
    frame: Mutex<Option<ComPtr<IPlugFrame>>>,
    /// The view as the host knows it; null when it is gone.
    view: AtomicPtr<IPlugView>,
    /// The width and height that the player drags the window to; 0: none.
    wanted: AtomicU64,
}

/// Whether the host itself can show nothing: no list of its own either, and some of those that render
/// without a screen take a plugin without a view for a broken one.
fn is_headless() -> bool {
    let screens = ["DISPLAY", "WAYLAND_DISPLAY"];
    cfg!(target_os = "linux") && screens.iter().all(|name| std::env::var_os(name).is_none())
}

/// A window for the host to hold; null where there can be none, so that it shows its own list.
pub(super) fn create(shared: &Arc<Shared>) -> *mut IPlugView {
    if let Some(reason) = EditorWindow::unavailable_to(&shared.instance)
        && !is_headless()
    {
        eprintln!("Gridleak has no window here: {reason}");
        return ptr::null_mut();
    }
    let window = EditorWindow::new(shared.instance.clone());
    let link = Arc::new(Link {
        shared: shared.clone(),
        frame: Mutex::default(),
        view: AtomicPtr::default(),
        wanted: AtomicU64::default(),
    });
    let asks = Arc::downgrade(&link);
    // Asked from whatever thread draws; the host is asked by the timer.
    window.on_resize_wanted(Box::new(move |width, height| {
        if let Some(link) = asks.upgrade() {
            link.wanted
                .store(u64::from(width) << 32 | u64::from(height), Relaxed);
        }
    }));
    let view = View {
        window,
        link: link.clone(),
        timer: Mutex::default(),
    };
    let view = ComWrapper::new(view).to_com_ptr::<IPlugView>();
    let view = view.map_or(ptr::null_mut(), ComPtr::into_raw);
    link.view.store(view, Relaxed);
    view
}

impl Task for Link {
    fn shared(&self) -> &Shared {
        &self.shared
    }

    fn run(&self) {
        self.shared.poll();
        let (frame, view) = (self.frame.lock().clone(), self.view.load(Relaxed));
        let Some(frame) = frame.filter(|_| !view.is_null()) else {
            return;
        };
        let wanted = self.wanted.swap(0, Relaxed);
        if wanted != 0 {
            let mut rect = rect(((wanted >> 32) as u32, wanted as u32));
            // SAFETY: the frame is counted here. The view ends on this thread, and says so first.
            unsafe { frame.resizeView(view, &raw mut rect) };
        }
    }
}

fn rect((width, height): (u32, u32)) -> ViewRect {
    ViewRect {
        left: 0,
        top: 0,
        right: width as i32,
        bottom: height as i32,
    }
}

fn size(rect: &ViewRect) -> (u32, u32) {
    let length = |from: i32, to: i32| to.saturating_sub(from).max(1) as u32;
    (length(rect.left, rect.right), length(rect.top, rect.bottom))
}

impl Class for View {
    type Interfaces = (IPlugView, IPlugViewContentScaleSupport);
}

impl View {
    fn start_timer(&self) {
        let frame = self.link.frame.lock().clone().map(ComPtr::upcast);
        let main = MainLoop::of(frame.as_ref().map(ComPtr::as_com_ref)).or_else(MainLoop::of_all);
        let timer = main.and_then(|main| main.every(LOOK, &self.link));
        let old = std::mem::replace(&mut *self.timer.lock(), timer);
        drop(old);
    }

    fn close(&self) {
        self.window.close();
        self.link.wanted.store(0, Relaxed);
        let timer = self.timer.lock().take();
        drop(timer);
        // The last of what the player did.
        self.link.shared.poll();
        self.link.shared.echoes.let_go();
    }
}

impl Drop for View {
    fn drop(&mut self) {
        self.link.view.store(ptr::null_mut(), Relaxed);
        guarded((), || {
            if self.window.is_open() {
                self.close();
            }
        });
    }
}

impl IPlugViewTrait for View {
    // The keys that the window wants come to it by the window system; the rest stays the host's.
    always! {
        onWheel(f32) -> tresult = kResultFalse;
        onKeyDown(char16, i16, i16) -> tresult = kResultFalse;
        onKeyUp(char16, i16, i16) -> tresult = kResultFalse;
        onFocus(TBool) -> tresult = kResultOk;
        canResize() -> tresult = kResultTrue;
    }

    unsafe fn isPlatformTypeSupported(&self, platform: FIDString) -> tresult {
        answer(is_text(platform, PLATFORM))
    }

    unsafe fn attached(&self, parent: *mut c_void, platform: FIDString) -> tresult {
        guarded(kInternalError, || {
            if parent.is_null() || !is_text(platform, PLATFORM) {
                return kInvalidArgument;
            }
            if self.window.is_open() {
                return kResultFalse;
            }
            if let Err(reason) = self.window.open(parent) {
                eprintln!("Gridleak's window does not open: {reason}");
                return kResultFalse;
            }
            self.start_timer();
            kResultOk
        })
    }

    unsafe fn removed(&self) -> tresult {
        guarded(kInternalError, || {
            self.close();
            kResultOk
        })
    }

    unsafe fn getSize(&self, place: *mut ViewRect) -> tresult {
        with!(place, {
            *place = rect(self.window.size());
            kResultOk
        })
    }

    unsafe fn onSize(&self, new: *mut ViewRect) -> tresult {
        with!(new, {
            let (width, height) = size(new);
            answer(self.window.set_size(width, height))
        })
    }

    unsafe fn setFrame(&self, frame: *mut IPlugFrame) -> tresult {
        guarded(kInternalError, || {
            let frame = borrowed!(frame).map(|frame| frame.to_com_ptr());
            let old = std::mem::replace(&mut *self.link.frame.lock(), frame);
            drop(old);
            if self.window.is_open() {
                self.start_timer();
            }
            kResultOk
        })
    }

    unsafe fn checkSizeConstraint(&self, place: *mut ViewRect) -> tresult {
        with!(place, {
            let (width, height) = size(place);
            let (width, height) = self.window.adjust(width, height);
            place.right = place.left.saturating_add_unsigned(width);
            place.bottom = place.top.saturating_add_unsigned(height);
            kResultTrue
        })
    }
}

impl IPlugViewContentScaleSupportTrait for View {
    unsafe fn setContentScaleFactor(&self, factor: f32) -> tresult {
        let usable = factor.is_finite() && factor > 0.0;
        guarded(kInternalError, || {
            answer(usable && self.window.set_scale(factor.into()))
        })
    }
}
