//! Closing an instance: the host gets all of its memory back, whatever the instance was doing.

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicIsize, Ordering};
use std::time::{Duration, Instant};

use clack_host::prelude::*;

/// Bytes that are held, by all threads.
static LIVE: AtomicIsize = AtomicIsize::new(0);

struct Counting;

// SAFETY: everything is handed on to the system's allocator as it is; counting allocates nothing.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        LIVE.fetch_add(layout.size() as isize, Ordering::Relaxed);
        // SAFETY: the caller's promise.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        LIVE.fetch_sub(layout.size() as isize, Ordering::Relaxed);
        // SAFETY: the caller's promise.
        unsafe { System.dealloc(memory, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// A host that wants nothing.
struct Host;

impl HostHandlers for Host {
    type Shared<'a> = Nothing;
    type MainThread<'a> = ();
    type AudioProcessor<'a> = ();
}

struct Nothing;

impl SharedHandler<'_> for Nothing {
    fn request_restart(&self) {}
    fn request_process(&self) {}
    fn request_callback(&self) {}
}

/// An instance whose audio may start, as a host has it.
struct Instance {
    plugin: PluginInstance<Host>,
    audio: Option<StoppedPluginAudioProcessor<Host>>,
}

impl Instance {
    fn new(library: &PluginEntry) -> Self {
        let host = HostInfo::new("A test", "Gridleak", "", "1").expect("no zero bytes");
        let id = c"audio.gridleak.gridleak";
        let plugin = PluginInstance::new(|()| Nothing, |_| (), library, id, &host);
        let mut plugin = plugin.expect("an instance");
        let configuration = PluginAudioConfiguration {
            sample_rate: 44_100.0,
            min_frames_count: 1,
            max_frames_count: 512,
        };
        let audio = plugin.activate(|_, _| (), configuration);
        let audio = Some(audio.expect("activation"));
        Self { plugin, audio }
    }
}

impl Drop for Instance {
    fn drop(&mut self) {
        if let Some(audio) = self.audio.take() {
            self.plugin.deactivate(audio);
        }
    }
}

/// What an instance holds while it plays is millions of bytes; what the library keeps for good, such as
/// names of threads, a few.
const FORGOTTEN: isize = 64 << 10;

#[test]
fn nothing_of_an_instance_stays_in_memory() {
    let folder = tempfile::tempdir().unwrap();
    // SAFETY: no other thread runs yet that reads the environment.
    unsafe { std::env::set_var("GRIDLEAK_CONFIG_DIR", folder.path()) };
    // SAFETY: as before. Windows are another test's business.
    unsafe { std::env::remove_var("DISPLAY") };
    // SAFETY: it is the plugin's own entry, which is there until the program ends.
    let library = unsafe { PluginEntry::load_from_raw(&gridleak::clap_entry, c"") };
    let library = library.expect("the entry");
    let instance = || Instance::new(&library);
    let start = LIVE.load(Ordering::Relaxed);
    let plugin = instance();
    let whole = at_rest() - start;
    // What is made once for all instances stays.
    drop(plugin);
    let before = at_rest();
    let mut most = 0;
    for round in 0..20 {
        let plugin = instance();
        // So far it has come when it is closed: it may read, build, or play.
        let started = Instant::now();
        while LIVE.load(Ordering::Relaxed) - before < whole * round / 20
            && started.elapsed() < Duration::from_secs(5)
        {
            std::thread::yield_now();
        }
        most = most.max(LIVE.load(Ordering::Relaxed) - before);
        let started = Instant::now();
        drop(plugin);
        let closing = started.elapsed();
        assert!(closing < Duration::from_millis(250), "{closing:?}");
    }
    assert!(most > 4 * FORGOTTEN, "{most} bytes are no rig");
    let left = at_rest() - before;
    assert!(left < FORGOTTEN, "{left} bytes stay");
}

/// Bytes that are held once nothing changes that any more, also by threads that were left behind.
fn at_rest() -> isize {
    let started = Instant::now();
    let mut last = (LIVE.load(Ordering::Relaxed), started);
    while last.1.elapsed() < Duration::from_millis(200)
        && started.elapsed() < Duration::from_secs(20)
    {
        let live = LIVE.load(Ordering::Relaxed);
        if live != last.0 {
            last = (live, Instant::now());
        }
        std::thread::yield_now();
    }
    last.0
}
