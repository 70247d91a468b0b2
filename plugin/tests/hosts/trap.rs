//! The audio thread takes and gives back no memory, and never locks, waits, wakes, reads or writes, in
//! either format, whatever happens: wild automation, other captures, other projects, other rates, threads
//! that come and go, a window with a hand in it.
//!
//! These run behind the library of `tests/trap/preload.rs`, which counts such calls of a thread while it is
//! in the plugin.

use std::collections::HashSet;
use std::ffi::CStr;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::thread;
use std::time::{Duration, Instant};
use std::{fs, mem, ptr};

use serde_json::{Value, json};

use crate::any_host::{Audio, Host};
use crate::clap_host::{self, load};
use crate::editor::{KNOB, mouse};
use crate::project::{Project, builtin, file};
use crate::screen::Screen;
use crate::sound::{Stereo, phrase};
use crate::support::{Bench, container, identity};
use crate::{Bundle, Scenario, vst3_host};

pub(crate) const SCENARIOS: &[Scenario] = &[
    Scenario {
        name: "trap::catches",
        bundles: &[Bundle::Clap],
        run: catches,
    },
    Scenario {
        name: "trap::clap",
        bundles: &[Bundle::Clap],
        run: shut::<clap_host::Plugin>,
    },
    Scenario {
        name: "trap::vst3",
        bundles: &[Bundle::Vst3],
        run: shut::<vst3_host::Plugin>,
    },
    Scenario {
        name: "trap::editor_clap",
        bundles: &[Bundle::Clap],
        run: open::<clap_host::Plugin>,
    },
    Scenario {
        name: "trap::editor_vst3",
        bundles: &[Bundle::Vst3],
        run: open::<vst3_host::Plugin>,
    },
];

/// The functions of the library that counts.
struct Trap {
    arm: extern "C" fn(),
    disarm: extern "C" fn(),
    hits: extern "C" fn() -> u64,
    report: extern "C" fn(),
}

/// The library, if this process was started with it.
fn trap() -> Option<&'static Trap> {
    static TRAP: OnceLock<Option<Trap>> = OnceLock::new();
    let find = || {
        // SAFETY: a name.
        let find = |name: &CStr| unsafe { libc::dlsym(libc::RTLD_DEFAULT, name.as_ptr()) };
        let found = [c"trap_arm", c"trap_disarm", c"trap_hits", c"trap_report"].map(find);
        let all = found.iter().all(|function| !function.is_null());
        // SAFETY: that is what the library's functions of these names are.
        all.then(|| unsafe {
            Trap {
                arm: mem::transmute::<*mut libc::c_void, extern "C" fn()>(found[0]),
                disarm: mem::transmute::<*mut libc::c_void, extern "C" fn()>(found[1]),
                hits: mem::transmute::<*mut libc::c_void, extern "C" fn() -> u64>(found[2]),
                report: mem::transmute::<*mut libc::c_void, extern "C" fn()>(found[3]),
            }
        })
    };
    TRAP.get_or_init(find).as_ref()
}

/// Does what an audio thread does, counted where there is the library for it.
pub(crate) fn armed<T>(act: impl FnOnce() -> T) -> T {
    let Some(trap) = trap() else {
        return act();
    };
    (trap.arm)();
    let result = act();
    (trap.disarm)();
    result
}

/// What the library has counted so far, if it is there.
pub(crate) fn hits() -> u64 {
    trap().map_or(0, |trap| (trap.hits)())
}

/// No more was counted than `before`.
pub(crate) fn nothing_caught(before: u64) {
    let hits = hits() - before;
    if let Some(trap) = trap() {
        (trap.report)();
    }
    assert_eq!(hits, 0, "hits on the audio thread");
}

/// The trap catches what it should, of a thread that is armed and while it is.
fn catches(bundle: &Path) {
    let caught = |act: &dyn Fn()| {
        let before = hits();
        act();
        assert_eq!(hits(), before, "not armed");
        armed(act);
        hits() - before
    };
    let memory = || drop(std::hint::black_box(Box::new(1)));
    assert_eq!(caught(&memory), 2, "taken and given back");
    let lock = || {
        // SAFETY: all zeros are a mutex, which is locked once.
        unsafe { libc::pthread_mutex_lock(&mut mem::zeroed()) };
    };
    assert_eq!(caught(&lock), 1);
    // SAFETY: writes nothing, to no file.
    let write = || _ = unsafe { libc::write(-1, ptr::null(), 0) };
    assert_eq!(caught(&write), 1);
    let wake = parking_lot::Condvar::new();
    let locked = parking_lot::Mutex::new(());
    let wait = || _ = wake.wait_for(&mut locked.lock(), Duration::from_millis(1));
    assert!(caught(&wait) >= 1, "a futex");
    assert!(caught(&|| thread::sleep(Duration::from_nanos(1))) >= 1);
    let mut plugin = clap_host::Plugin::new(&load(bundle));
    let gain = plugin.parameter("Input").id;
    let before = hits();
    armed(|| plugin.text(gain, 0.0));
    // One is the host's, which keeps the text.
    assert!(hits() - before > 2, "what the plugin does is not counted");
    (trap().expect("the trap").report)();
    assert_eq!(hits(), 0);
}

/// Rates in Hz, one for each start of the audio.
const RATES: [f64; 5] = [48_000.0, 44_100.0, 96_000.0, 48_000.0, 192_000.0];
/// Audio threads for each start, each of which plays so many blocks.
const THREADS: usize = 4;
const BLOCKS: usize = 625;
/// How many blocks are to be played in each format without a window.
const WANTED: usize = 100_000;
/// How often the audio starts without a window and with one.
const STARTS: usize = 40;
const STARTS_WITH_WINDOW: usize = 4;
const _: () = assert!(STARTS * THREADS * BLOCKS >= WANTED);
/// Frames of blocks.
const FRAMES: [usize; 10] = [1, 16, 17, 32, 32, 64, 64, 100, 128, LONGEST];
const LONGEST: usize = 256;
/// A block of so many has many points, and others but a few.
const MANY_IN: usize = 50;
const MANY: usize = 2_000;
const FEW: usize = 6;
/// Before a block of so many the plugin is to forget what it heard.
const RESET_IN: usize = 200;
/// How often another project comes.
const PROJECT: Duration = Duration::from_millis(25);
/// How long a block takes while there is a window, for somebody is to see something of it.
const PACE: Duration = Duration::from_millis(1);

/// Numbers that are the same in every run.
pub(crate) struct Random(pub(crate) u64);

impl Random {
    /// 0 to `end - 1`.
    pub(crate) fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        ((self.0 >> 16) % end as u64) as usize
    }

    pub(crate) fn one_of<T: Clone>(&mut self, all: &[T]) -> T {
        all[self.below(all.len())].clone()
    }
}

/// Somebody who plays and automates as nobody would.
struct Player {
    random: Random,
    sound: Vec<f32>,
    parameters: usize,
    pace: Duration,
    blocks: usize,
    heard: usize,
}

impl Player {
    /// Plays on threads that are new to the plugin.
    fn play(&mut self, audio: &mut dyn Audio) {
        for _ in 0..THREADS {
            thread::scope(|scope| {
                let fresh = thread::Builder::new().name("audio".into());
                let play = || (0..BLOCKS).for_each(|_| self.block(audio));
                fresh.spawn_scoped(scope, play).expect("a thread");
            });
        }
    }

    fn block(&mut self, audio: &mut dyn Audio) {
        let random = &mut self.random;
        let frames = random.one_of(&FRAMES);
        let points = match random.below(MANY_IN) {
            0 => MANY,
            _ => random.below(FEW),
        };
        for _ in 0..points {
            // In no order, and some before the block or behind it.
            let frame = random.below(frames + 8) as i32 - 4;
            let value = match random.below(40) {
                0 => f64::NAN,
                1 => 1e30,
                2 => -1.0,
                _ => random.below(129) as f64 / 128.0,
            };
            let parameter = random.below(self.parameters);
            match random.below(5) {
                0 => audio.modulate(parameter, frame, value),
                _ => audio.point(parameter, frame, value),
            }
        }
        if random.below(8) == 0 {
            let kind = random.one_of(&[0x80, 0x90, 0xb0, 0xc0, 0xe0]);
            let message = [kind, random.below(128) as u8, random.below(128) as u8];
            audio.midi(random.below(frames) as i32, message);
        }
        if random.below(RESET_IN) == 0 {
            audio.reset();
        }
        let start = random.below(self.sound.len() - LONGEST);
        let played = audio.block([&self.sound[start..start + frames]; 2]);
        self.heard += usize::from(heard(&played));
        self.blocks += 1;
        if !self.pace.is_zero() {
            thread::sleep(self.pace);
        }
    }
}

/// Projects of all kinds.
struct Projects {
    random: Random,
    base: Project,
    captures: Vec<Value>,
    cabs: Vec<Value>,
    // The files last as long as this.
    _bench: Bench,
}

impl Projects {
    fn new(base: Project) -> Self {
        let bench = Bench::new();
        let mut captures: Vec<Value> = ["crunch", "lead", "clean", "none"].map(builtin).into();
        let mut cabs = vec![builtin("automatic")];
        for name in ["crunch.nam", "lead.nam", "clean.nam", "cab.wav"] {
            let asset = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
                .join("../assets")
                .join(name);
            let copy = bench.put(name, fs::read(asset).expect("what is built in"));
            let list = if name == "cab.wav" {
                &mut cabs
            } else {
                &mut captures
            };
            list.push(file(&copy));
        }
        let copy = bench.put("copy.nam", identity(44_100, ""));
        let sizes = bench.put("sizes.nam", container());
        let missing = bench.path("missing.nam");
        captures.extend([copy, sizes, missing].map(|path| file(&path)));
        let echo = bench.float_wav("echo.wav", 48_000, &[&[1.0; 9_000]]);
        cabs.push(file(&echo));
        Self {
            random: Random(0x2545_F491_4F6C_DD1D),
            base,
            captures,
            cabs,
            _bench: bench,
        }
    }

    fn next(&mut self) -> Vec<u8> {
        let random = &mut self.random;
        let mut project = self.base.clone();
        for (part, one_in, all) in [
            ("capture", 1, &self.captures),
            ("capture_b", 3, &self.captures),
            ("pedal", 3, &self.captures),
            ("cab", 2, &self.cabs),
        ] {
            if random.below(one_in) == 0 {
                project = project.with(part, &random.one_of(all));
            }
        }
        let oversampling = random.one_of(&["1x", "1x", "1x", "2x", "4x"]);
        let project = project.set("oversampling", json!(oversampling));
        let slot = random.one_of(&["1", "2", "3"]);
        project.set("slot", json!(slot)).to_bytes()
    }
}

/// Without a window.
fn shut<H: Host>(bundle: &Path) {
    wild::<H>(bundle, STARTS, None);
}

/// With a window that opens and closes, and a hand in it.
fn open<H: Host>(bundle: &Path) {
    let screen = Screen::new();
    let edits = wild::<H>(bundle, STARTS_WITH_WINDOW, Some(&screen));
    assert!(edits > 0, "no knob was moved in the window");
}

/// Plays, automates and changes everything there is, and finds no hit; gives how much the host heard from a
/// hand in the window.
fn wild<H: Host>(bundle: &Path, starts: usize, screen: Option<&Screen>) -> usize {
    let mut host = H::new(bundle);
    let mut projects = Projects::new(Project::read(&host.save()));
    let mut player = Player {
        random: Random(0x9E37_79B9_7F4A_7C15),
        sound: phrase()[0].clone(),
        parameters: host.names().len(),
        pace: screen.map_or(Duration::ZERO, |_| PACE),
        blocks: 0,
        heard: 0,
    };
    let mut captures = HashSet::new();
    for start in 0..starts {
        assert!(host.restore(&projects.next()), "a project is refused");
        let done = AtomicBool::new(false);
        let play = |audio: &mut dyn Audio| {
            player.play(audio);
            done.store(true, SeqCst);
        };
        host.run(RATES[start % RATES.len()], play, |host| {
            let window = screen.map(|screen| (screen, host.open(screen)));
            let mut hand = Hand::new(window);
            let mut last = Instant::now();
            while !done.load(SeqCst) {
                host.serve();
                if last.elapsed() >= PROJECT {
                    last = Instant::now();
                    captures.insert(Project::read(&host.save()).capture().to_string());
                    assert!(host.restore(&projects.next()), "a project is refused");
                }
                hand.act();
                thread::sleep(Duration::from_millis(1));
            }
            if let Some((screen, window)) = window {
                hand.let_go();
                host.close();
                screen.close(window);
            }
        });
    }
    let blocks = player.blocks;
    println!(
        "{blocks} blocks, {} of them heard; {} captures",
        player.heard,
        captures.len()
    );
    nothing_caught(0);
    assert!(player.heard > blocks / 4, "hardly anything is heard");
    assert!(captures.len() > 5, "hardly anything was loaded");
    host.edits(None)
}

/// A hand that drags a knob up and down.
struct Hand<'a> {
    window: Option<(&'a Screen, u32)>,
    begun: Instant,
    holds: bool,
}

impl<'a> Hand<'a> {
    fn new(window: Option<(&'a Screen, u32)>) -> Self {
        Self {
            window,
            begun: Instant::now(),
            holds: false,
        }
    }

    fn act(&mut self) {
        let Some((screen, window)) = self.window else {
            return;
        };
        let ms = self.begun.elapsed().as_millis() as i32;
        // The window is to be there by then.
        if ms > 500 && !self.holds {
            mouse(window, KNOB, &["mousedown", "1"]);
            self.holds = true;
        }
        if self.holds {
            screen.move_mouse(window, (KNOB.0, KNOB.1 + (ms / 10) % 100 - 50));
        }
    }

    fn let_go(&mut self) {
        if let Some((_, window)) = self.window
            && self.holds
        {
            mouse(window, KNOB, &["mouseup", "1"]);
        }
    }
}

/// Whether a sound is more than silence; all of it is to be numbers.
fn heard(played: &Stereo) -> bool {
    assert!(played.iter().flatten().all(|sample| sample.is_finite()));
    played.iter().flatten().any(|&sample| sample != 0.0)
}
