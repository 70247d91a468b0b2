//! A library that stands before the C library in a process (`LD_PRELOAD`) and counts what an audio thread
//! must not do: take or give back memory, lock, wait, wake, read, write, open, close, map.
//!
//! `cargo xtask test` compiles it on its own, for Linux on x86-64 with the GNU C library. What is counted
//! are calls of a thread that is armed: `tests/hosts/trap.rs` arms around the calls of the plugin. A bundle for
//! players has no names, but `addr2line` has them for a build with `CARGO_PROFILE_RELEASE_STRIP=false`.

use std::cell::{Cell, UnsafeCell};
use std::ffi::{CStr, c_char, c_int, c_long, c_uint, c_void};
use std::mem::{self, MaybeUninit};
use std::sync::atomic::{AtomicBool, AtomicPtr, AtomicU64, Ordering::SeqCst};
use std::{hint, ptr};

thread_local! {
    /// Whether this thread is armed. Initialised without code and dropped without any: that would allocate.
    static ARMED: Cell<bool> = const { Cell::new(false) };
}

/// How many hits there were.
static HITS: AtomicU64 = AtomicU64::new(0);

/// How many different ones are remembered, and how far up the callers of each.
const PLACES: usize = 32;
const CALLERS: usize = 12;

/// Where something was called.
#[derive(Clone, Copy)]
struct Place {
    name: &'static str,
    times: u64,
    callers: [*mut c_void; CALLERS],
}

/// The different hits. Whoever is hit is late anyway, so a spinning lock does.
struct Places {
    taken: AtomicBool,
    places: UnsafeCell<[Place; PLACES]>,
}

// SAFETY: only who has taken it touches what it holds.
unsafe impl Sync for Places {}

static SEEN: Places = Places {
    taken: AtomicBool::new(false),
    places: UnsafeCell::new(
        [Place {
            name: "",
            times: 0,
            callers: [ptr::null_mut(); CALLERS],
        }; PLACES],
    ),
};

impl Places {
    fn with(&self, act: impl FnOnce(&mut [Place; PLACES])) {
        while self.taken.swap(true, SeqCst) {
            hint::spin_loop();
        }
        // SAFETY: nobody else has taken it.
        act(unsafe { &mut *self.places.get() });
        self.taken.store(false, SeqCst);
    }
}

/// What `dladdr` says of an address.
#[repr(C)]
struct Symbol {
    file: *const c_char,
    base: *mut c_void,
    name: *const c_char,
    address: *mut c_void,
}

unsafe extern "C" {
    fn backtrace(callers: *mut *mut c_void, most: c_int) -> c_int;
    fn dladdr(address: *const c_void, symbol: *mut Symbol) -> c_int;
    fn dlsym(library: *mut c_void, name: *const c_char) -> *mut c_void;
    // The C library's own names for what it is replaced by here, for `dlsym` may need memory itself.
    fn __libc_malloc(size: usize) -> *mut c_void;
    fn __libc_calloc(count: usize, size: usize) -> *mut c_void;
    fn __libc_realloc(memory: *mut c_void, size: usize) -> *mut c_void;
    fn __libc_free(memory: *mut c_void);
    fn __libc_memalign(alignment: usize, size: usize) -> *mut c_void;
}

/// The libraries behind this one.
const NEXT: *mut c_void = -1isize as *mut c_void;
/// What `posix_memalign` says if there is no memory.
const ENOMEM: c_int = 12;

/// Arms this thread.
#[unsafe(no_mangle)]
extern "C" fn trap_arm() {
    // `backtrace` loads what it needs when it is first called.
    static READY: AtomicBool = AtomicBool::new(false);
    if !READY.swap(true, SeqCst) {
        let mut callers = [ptr::null_mut(); 4];
        // SAFETY: the list has room for four.
        unsafe { backtrace(callers.as_mut_ptr(), 4) };
    }
    ARMED.set(true);
}

/// Ends that.
#[unsafe(no_mangle)]
extern "C" fn trap_disarm() {
    ARMED.set(false);
}

/// How many hits there were on all threads.
#[unsafe(no_mangle)]
extern "C" fn trap_hits() -> u64 {
    HITS.load(SeqCst)
}

/// Says on the standard error what they were, and forgets them.
#[unsafe(no_mangle)]
extern "C" fn trap_report() {
    SEEN.with(|places| {
        for place in places.iter_mut().filter(|place| place.times > 0) {
            eprintln!("{} x {}", place.times, place.name);
            // The first two are this library's.
            let callers = place.callers.iter().skip(2);
            for &caller in callers.take_while(|caller| !caller.is_null()) {
                eprintln!("    {}", told(caller));
            }
            place.times = 0;
        }
    });
    HITS.store(0, SeqCst);
}

/// The name of what is at an address, or how far in its file it is.
fn told(address: *mut c_void) -> String {
    let mut symbol = MaybeUninit::<Symbol>::zeroed();
    // SAFETY: all zeros are a symbol, and `dladdr` fills it with texts that stay.
    unsafe {
        let found = dladdr(address, symbol.as_mut_ptr()) != 0;
        let symbol = symbol.assume_init();
        let text = |text: *const c_char| match text.is_null() {
            true => "?".into(),
            false => CStr::from_ptr(text).to_string_lossy(),
        };
        let offset = address as usize - symbol.base as usize;
        match found {
            true => format!("{}+{offset:#x} {}", text(symbol.file), text(symbol.name)),
            false => format!("{address:?}"),
        }
    }
}

/// Counts a call, if this thread is armed. Nothing in here is counted.
#[inline]
fn count(name: &'static str) {
    if ARMED.get() {
        hit(name);
    }
}

#[cold]
#[inline(never)]
fn hit(name: &'static str) {
    ARMED.set(false);
    let mut callers = [ptr::null_mut(); CALLERS];
    // SAFETY: the list has that much room.
    unsafe { backtrace(callers.as_mut_ptr(), CALLERS as c_int) };
    HITS.fetch_add(1, SeqCst);
    SEEN.with(|places| {
        let same = |place: &&mut Place| {
            place.times == 0 || (place.name == name && place.callers == callers)
        };
        if let Some(place) = places.iter_mut().find(same) {
            let times = place.times + 1;
            *place = Place {
                name,
                times,
                callers,
            };
        }
    });
    ARMED.set(true);
}

/// Functions that count and then do what the next library of that name does.
macro_rules! counted {
    ($($name:ident($($argument:ident: $type:ty),*) -> $result:ty;)*) => {$(
        #[unsafe(no_mangle)]
        unsafe extern "C" fn $name($($argument: $type),*) -> $result {
            static FOUND: AtomicPtr<c_void> = AtomicPtr::new(ptr::null_mut());
            count(stringify!($name));
            let mut found = FOUND.load(SeqCst);
            if found.is_null() {
                let name = concat!(stringify!($name), "\0");
                // SAFETY: a text that ends.
                found = unsafe { dlsym(NEXT, name.as_ptr().cast()) };
                assert!(!found.is_null(), "the C library has no {name}");
                FOUND.store(found, SeqCst);
            }
            // SAFETY: the C library's function of this name takes and gives just this.
            unsafe {
                let found: unsafe extern "C" fn($($type),*) -> $result = mem::transmute(found);
                found($($argument),*)
            }
        }
    )*};
}

counted! {
    pthread_mutex_lock(mutex: *mut c_void) -> c_int;
    pthread_rwlock_rdlock(lock: *mut c_void) -> c_int;
    pthread_rwlock_wrlock(lock: *mut c_void) -> c_int;
    pthread_cond_wait(condition: *mut c_void, mutex: *mut c_void) -> c_int;
    pthread_cond_timedwait(condition: *mut c_void, mutex: *mut c_void, until: *const c_void) -> c_int;
    pthread_cond_signal(condition: *mut c_void) -> c_int;
    pthread_cond_broadcast(condition: *mut c_void) -> c_int;
    pthread_join(thread: usize, result: *mut *mut c_void) -> c_int;
    sem_wait(semaphore: *mut c_void) -> c_int;
    sem_timedwait(semaphore: *mut c_void, until: *const c_void) -> c_int;
    sem_post(semaphore: *mut c_void) -> c_int;
    nanosleep(time: *const c_void, left: *mut c_void) -> c_int;
    clock_nanosleep(clock: c_int, flags: c_int, time: *const c_void, left: *mut c_void) -> c_int;
    usleep(time: c_uint) -> c_int;
    sched_yield() -> c_int;
    read(file: c_int, bytes: *mut c_void, count: usize) -> isize;
    readv(file: c_int, pieces: *const c_void, count: c_int) -> isize;
    write(file: c_int, bytes: *const c_void, count: usize) -> isize;
    writev(file: c_int, pieces: *const c_void, count: c_int) -> isize;
    // The last argument is there only if the flags say so, in a register that is there in any case.
    open(path: *const c_char, flags: c_int, mode: c_uint) -> c_int;
    open64(path: *const c_char, flags: c_int, mode: c_uint) -> c_int;
    openat(folder: c_int, path: *const c_char, flags: c_int, mode: c_uint) -> c_int;
    openat64(folder: c_int, path: *const c_char, flags: c_int, mode: c_uint) -> c_int;
    close(file: c_int) -> c_int;
    poll(files: *mut c_void, count: usize, time: c_int) -> c_int;
    send(socket: c_int, bytes: *const c_void, count: usize, flags: c_int) -> isize;
    recv(socket: c_int, bytes: *mut c_void, count: usize, flags: c_int) -> isize;
    mmap(at: *mut c_void, length: usize, may: c_int, flags: c_int, file: c_int, from: c_long) -> *mut c_void;
    mmap64(at: *mut c_void, length: usize, may: c_int, flags: c_int, file: c_int, from: c_long) -> *mut c_void;
    munmap(at: *mut c_void, length: usize) -> c_int;
    mprotect(at: *mut c_void, length: usize, may: c_int) -> c_int;
    madvise(at: *mut c_void, length: usize, what: c_int) -> c_int;
    dlopen(path: *const c_char, flags: c_int) -> *mut c_void;
    // All the kernel's others, among them the futex by which Rust's locks wait and wake. Arguments that
    // the caller did not give are read from where they would be, and nobody looks at them.
    syscall(number: c_long, a: c_long, b: c_long, c: c_long, d: c_long, e: c_long, f: c_long) -> c_long;
}

#[unsafe(no_mangle)]
unsafe extern "C" fn malloc(size: usize) -> *mut c_void {
    count("malloc");
    // SAFETY: the caller's, here as below.
    unsafe { __libc_malloc(size) }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn calloc(number: usize, size: usize) -> *mut c_void {
    count("calloc");
    // SAFETY: as above.
    unsafe { __libc_calloc(number, size) }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn realloc(memory: *mut c_void, size: usize) -> *mut c_void {
    count("realloc");
    // SAFETY: as above.
    unsafe { __libc_realloc(memory, size) }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn free(memory: *mut c_void) {
    if !memory.is_null() {
        count("free");
    }
    // SAFETY: as above.
    unsafe { __libc_free(memory) }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn memalign(alignment: usize, size: usize) -> *mut c_void {
    count("memalign");
    // SAFETY: as above.
    unsafe { __libc_memalign(alignment, size) }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn aligned_alloc(alignment: usize, size: usize) -> *mut c_void {
    count("aligned_alloc");
    // SAFETY: as above.
    unsafe { __libc_memalign(alignment, size) }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn posix_memalign(
    place: *mut *mut c_void,
    alignment: usize,
    size: usize,
) -> c_int {
    count("posix_memalign");
    // SAFETY: as above.
    let memory = unsafe { __libc_memalign(alignment, size) };
    if memory.is_null() {
        return ENOMEM;
    }
    // SAFETY: as above.
    unsafe { *place = memory };
    0
}
