//! The bundles in real hosts: CLAP in clack-host, VST3 in vst3-host.
//!
//! `cargo xtask test` builds the bundles, says in the environment where they are, and runs this with
//! the names, or what they begin with, of the scenarios it wants. Each scenario runs in a process of
//! its own: what aborts or hangs a host is one failed test.

mod any_host;
mod clap;
mod clap_host;
mod editor;
mod midi;
mod mutations;
#[cfg(any())] // compiled on its own; here for `cargo fmt` to find it
#[path = "../trap/preload.rs"]
mod preload;
mod project;
mod saved_slots;
mod screen;
mod shared_files;
mod slots;
mod sound;
mod spectrum;
mod states;
#[path = "../support/mod.rs"]
#[allow(dead_code, unreachable_pub)] // each test program uses its part of it
mod support;
mod switches;
mod trap;
mod vst3;
mod vst3_host;

use std::env;
use std::fs::File;
use std::io::Read;
use std::path::Path;
use std::process::{Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

/// Something that a host does with a bundle. It panics if the bundle does not bear it.
struct Scenario {
    name: &'static str,
    /// Which bundles it is for.
    bundles: &'static [Bundle],
    run: fn(&Path),
}

/// A bundle, told apart by the variable of the environment that says where it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Bundle {
    Clap,
    /// A debug build that aborts if the audio thread allocates.
    ClapChecked,
    Vst3,
    Vst3Checked,
}

/// Both kinds of CLAP bundle.
const CLAP: &[Bundle] = &[Bundle::Clap, Bundle::ClapChecked];
/// Both kinds of VST3 bundle.
const VST3: &[Bundle] = &[Bundle::Vst3, Bundle::Vst3Checked];

/// How long a scenario may take.
const TIMEOUT: Duration = Duration::from_secs(180);

/// How much of what a failed scenario said is shown.
const LINES: usize = 100;

fn scenarios() -> impl Iterator<Item = &'static Scenario> {
    let all = [
        clap::SCENARIOS,
        vst3::SCENARIOS,
        states::SCENARIOS,
        slots::SCENARIOS,
        switches::SCENARIOS,
        saved_slots::SCENARIOS,
        shared_files::SCENARIOS,
        midi::SCENARIOS,
        editor::SCENARIOS,
        trap::SCENARIOS,
    ];
    all.into_iter().flatten()
}

impl Scenario {
    /// The variable that says where the library is that has to stand before the C library, if one has to.
    fn trap(&self) -> Option<&'static str> {
        self.name.starts_with("trap").then_some("GRIDLEAK_TRAP")
    }
}

impl Bundle {
    fn variable(self) -> &'static str {
        match self {
            Self::Clap => "GRIDLEAK_CLAP",
            Self::ClapChecked => "GRIDLEAK_CLAP_CHECKED",
            Self::Vst3 => "GRIDLEAK_VST3",
            Self::Vst3Checked => "GRIDLEAK_VST3_CHECKED",
        }
    }
}

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    match arguments.as_slice() {
        [first, name, bundle] if first == "--alone" => alone(name, Path::new(bundle)),
        names => all(names),
    }
}

/// Runs one scenario in this process.
fn alone(name: &str, bundle: &Path) -> ExitCode {
    let scenario = scenarios().find(|scenario| scenario.name == name);
    let Some(scenario) = scenario else {
        eprintln!("there is no scenario {name}");
        return ExitCode::FAILURE;
    };
    // A failure on one thread does not wait for the others. It is none of the plugin's, so it does
    // not end like one.
    let tell = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        tell(panic);
        // SAFETY: ends the process at once, whatever state it is in.
        unsafe { libc::_exit(1) };
    }));
    (scenario.run)(bundle);
    // What the library leaves behind is torn down like that of any program that ends.
    ExitCode::SUCCESS
}

/// Runs every scenario whose name begins like one of `names`, each in a process of its own, and
/// counts the way `cargo test` does.
fn all(names: &[String]) -> ExitCode {
    let started = Instant::now();
    let (mut passed, mut failed, mut ignored) = (0, 0, 0);
    for scenario in scenarios() {
        let wanted = |name: &String| scenario.name.starts_with(name.as_str());
        if !names.is_empty() && !names.iter().any(wanted) {
            continue;
        }
        for &bundle in scenario.bundles {
            print!("test {} of {bundle:?} ... ", scenario.name);
            let screen = scenario.name.contains("editor").then_some("DISPLAY");
            let needed = [bundle.variable()].into_iter().chain(screen);
            let mut needed = needed.chain(scenario.trap());
            if let Some(lacking) = needed.find(|variable| env::var_os(variable).is_none()) {
                println!("ignored, {lacking} is not set");
                ignored += 1;
                continue;
            }
            let took = Instant::now();
            match in_a_process(scenario, bundle) {
                Ok(()) => {
                    println!("ok ({:.1} s)", took.elapsed().as_secs_f64());
                    passed += 1;
                }
                Err(report) => {
                    println!("FAILED\n{report}");
                    failed += 1;
                }
            }
        }
    }
    let verdict = if failed == 0 { "ok" } else { "FAILED" };
    println!(
        "\ntest result: {verdict}. {passed} passed; {failed} failed; {ignored} ignored; \
         0 measured; 0 filtered out; finished in {:.2}s",
        started.elapsed().as_secs_f64()
    );
    ExitCode::from(u8::from(failed > 0))
}

/// Runs a scenario as a child; a report of what happened if that is not what should.
fn in_a_process(scenario: &Scenario, bundle: Bundle) -> Result<(), String> {
    let home = tempfile::tempdir().map_err(|error| error.to_string())?;
    let path = env::var_os("PATH").unwrap_or_default();
    let path = [home.path().to_owned()]
        .into_iter()
        .chain(env::split_paths(&path));
    let path = env::join_paths(path).map_err(|error| error.to_string())?;
    let trap = scenario.trap().and_then(env::var_os);
    // A file, for a pipe stays open as long as any process that inherited it.
    let mut said = tempfile::tempfile().map_err(|error| error.to_string())?;
    let out = |file: &File| file.try_clone().map(Stdio::from);
    let child = env::current_exe()
        .and_then(|program| {
            Command::new(program)
                .args(["--alone", scenario.name])
                .arg(env::var_os(bundle.variable()).unwrap_or_default())
                // Neither finds nor leaves anything among the user's own settings.
                .env("HOME", home.path())
                .env_remove("XDG_CONFIG_HOME")
                .env_remove("XDG_CACHE_HOME")
                // Without a session, the program zenity is asked to show a file dialog.
                .env_remove("DBUS_SESSION_BUS_ADDRESS")
                .env("PATH", path)
                .envs(trap.map(|trap| ("LD_PRELOAD", trap)))
                .stdin(Stdio::null())
                .stdout(out(&said)?)
                .stderr(out(&said)?)
                .spawn()
        })
        .map_err(|error| format!("does not start: {error}"));
    let mut child = child?;
    let started = Instant::now();
    let status = loop {
        match child.try_wait() {
            Ok(Some(status)) => break Some(status),
            Ok(None) if started.elapsed() > TIMEOUT => {
                // It may have ended this very moment; either way it is to be gone.
                let _ = child.kill();
                let _ = child.wait();
                break None;
            }
            Ok(None) => std::thread::sleep(Duration::from_millis(20)),
            Err(error) => return Err(error.to_string()),
        }
    };
    let ended = match status {
        Some(status) => status.to_string(),
        None => format!("still running after {} s", TIMEOUT.as_secs()),
    };
    let mut report = Vec::new();
    std::io::Seek::rewind(&mut said)
        .and_then(|()| said.read_to_end(&mut report))
        .map_err(|error| format!("{ended}; what it said cannot be read: {error}"))?;
    let report = String::from_utf8_lossy(&report);
    // A panic of the plugin's stays inside of it, and is a mistake all the same.
    let panicked = report.contains("panicked at");
    if status.is_some_and(|status| status.success()) && !panicked {
        return Ok(());
    }
    let lines: Vec<&str> = report.lines().collect();
    let last = lines.len().saturating_sub(LINES);
    Err(format!("{}\n{ended}", lines[last..].join("\n")))
}

/// Has the C library keep to one heap, and give back large pieces at once. Each thread would have a heap
/// of its own otherwise, and what is held said nothing about what is used.
fn keep_one_heap() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    // SAFETY: no other thread runs yet.
    unsafe {
        libc::mallopt(libc::M_ARENA_MAX, 1);
        libc::mallopt(libc::M_MMAP_THRESHOLD, 65_536);
    }
}

/// What the system says of this process under a name, in kB.
fn status(name: &str) -> usize {
    let status = std::fs::read_to_string("/proc/self/status").expect("Linux");
    let line = status.lines().find_map(|line| line.strip_prefix(name));
    let number = line.and_then(|text| text.split_whitespace().next()?.parse().ok());
    number.expect("a number")
}
