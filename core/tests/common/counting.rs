//! An allocator that counts what a thread holds, for tests of how much memory a file may claim.

use gridleak_core::MAX_STATE_BYTES;
use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

/// What any file may take, however short.
pub(crate) const SLACK: usize = 1 << 20;
/// What a file may take for each of its bytes: see [`gridleak_core::Capture`].
pub(crate) const PER_BYTE: usize = 8;

thread_local! {
    /// Bytes that this thread took and has not given back.
    static LIVE: Cell<isize> = const { Cell::new(0) };
    /// The most that were live since [`peak`] began.
    static PEAK: Cell<isize> = const { Cell::new(0) };
}

fn add(bytes: isize) {
    LIVE.with(|live| {
        live.set(live.get() + bytes);
        PEAK.with(|peak| peak.set(peak.get().max(live.get())));
    });
}

/// The system's allocator, counting.
pub(crate) struct Counting;

// SAFETY: everything is handed on to the system's allocator as it is; counting allocates nothing.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        add(layout.size() as isize);
        // SAFETY: the caller's promise.
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        add(layout.size() as isize);
        // SAFETY: the caller's promise.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        add(-(layout.size() as isize));
        // SAFETY: the caller's promise.
        unsafe { System.dealloc(memory, layout) }
    }

    unsafe fn realloc(&self, memory: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        // Where it has to move, both are there for a moment.
        add(size as isize);
        add(-(layout.size() as isize));
        // SAFETY: the caller's promise.
        unsafe { System.realloc(memory, layout, size) }
    }
}

/// The most bytes that this thread held at once while `work` ran, beyond what it held before.
pub(crate) fn peak<T>(work: impl FnOnce() -> T) -> (T, usize) {
    let before = LIVE.with(Cell::get);
    PEAK.with(|peak| peak.set(before));
    let result = work();
    let most = PEAK.with(Cell::get) - before;
    (result, most.max(0) as usize)
}

/// Bytes that this thread took and has not given back.
pub(crate) fn live() -> isize {
    LIVE.with(Cell::get)
}

/// The most that reading a file of this length may take.
pub(crate) fn load_bound(length: usize) -> usize {
    PER_BYTE * length + SLACK
}

/// The most that an instance from a file of this length may take.
pub(crate) fn play_bound(length: usize) -> usize {
    load_bound(length) + MAX_STATE_BYTES as usize
}
