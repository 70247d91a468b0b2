//! What CLAP and VST3 hosts on X11 do with the editor.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use std::time::{Duration, Instant};

use crate::clap_host::{Change, Plugin, load};
use crate::project::{Project, builtin, file};
use crate::screen::Screen;
use crate::sound::noise;
use crate::support::identity;
use crate::vst3::{instance, play};
use crate::{CLAP, Scenario, VST3, keep_one_heap, status};

pub(crate) const SCENARIOS: &[Scenario] = &[
    Scenario {
        name: "editor::clap_shows",
        bundles: CLAP,
        run: shows,
    },
    Scenario {
        name: "editor::clap_opens_and_closes",
        bundles: CLAP,
        run: opens_and_closes,
    },
    Scenario {
        name: "editor::clap_turns_a_knob",
        bundles: CLAP,
        run: turns_a_knob,
    },
    Scenario {
        name: "editor::clap_loads_a_file",
        bundles: CLAP,
        run: loads_a_file,
    },
    Scenario {
        name: "editor::clap_tells_of_changes",
        bundles: CLAP,
        run: tells_of_changes,
    },
    Scenario {
        name: "editor::clap_locates_a_file",
        bundles: CLAP,
        run: locates_a_file,
    },
    Scenario {
        name: "editor::clap_browses",
        bundles: CLAP,
        run: browses,
    },
    Scenario {
        name: "editor::clap_lacks_opengl",
        bundles: CLAP,
        run: lacks_opengl,
    },
    Scenario {
        name: "editor::clap_lacks_a_screen",
        bundles: CLAP,
        run: lacks_a_screen,
    },
    Scenario {
        name: "editor::clap_loses_its_place",
        bundles: CLAP,
        run: loses_its_place,
    },
    Scenario {
        name: "editor::clap_sizes",
        bundles: CLAP,
        run: sizes,
    },
    Scenario {
        name: "editor::clap_corner",
        bundles: CLAP,
        run: corner,
    },
    Scenario {
        name: "editor::vst3_opens_and_closes",
        bundles: VST3,
        run: vst3_opens_and_closes,
    },
    Scenario {
        name: "editor::vst3_tells_of_changes",
        bundles: VST3,
        run: vst3_tells_of_changes,
    },
    Scenario {
        name: "editor::vst3_lacks_opengl",
        bundles: VST3,
        run: vst3_lacks_opengl,
    },
];

const RATE: f64 = 48_000.0;
/// Where in the window the knob of the input gain is, and the button that loads a file, in pixels.
pub(crate) const KNOB: (i32, i32) = (112, 179);
const LOAD: (i32, i32) = (253, 214);
/// The same where a message is shown, and a file is to be located.
const LOCATE: (i32, i32) = (197, 194);
/// An empty window has one; the text of one label alone has dozens.
const COLOURS: usize = 50;

/// The editor draws itself, however long the host takes to show it, at another size too, and again
/// after it was closed.
fn shows(bundle: &Path) {
    let screen = Screen::new();
    let library = load(bundle);
    for later in [0, 100, 2000] {
        let later = Duration::from_millis(later);
        let mut plugin = Plugin::new(&library);
        plugin.run(
            RATE,
            64,
            |_| (),
            |plugin| {
                for _ in 0..2 {
                    let window = open(&screen, plugin, later);
                    drawn(&screen, window, plugin);
                    picture("clap");
                    let (width, height) = plugin.editor_size();
                    for (width, height) in [(width * 5 / 4, height * 5 / 4), (width, height)] {
                        plugin.resize_editor(width, height);
                        screen.resize(window, width, height);
                        plugin.serve_for(Duration::from_millis(300));
                        drawn(&screen, window, plugin);
                    }
                    plugin.destroy_editor();
                    screen.close(window);
                }
                rest(plugin);
            },
        );
    }
}

/// How often a window is opened and closed.
const ROUNDS: usize = 200;

/// While the audio thread plays and is automated, the editor opens and closes, and captures come.
fn opens_and_closes(bundle: &Path) {
    keep_one_heap();
    let screen = Screen::new();
    let library = load(bundle);
    let mut plugin = Plugin::new(&library);
    let gain = plugin.parameter("Input").id;
    let project = Project::read(&plugin.save());
    let enough = AtomicBool::new(false);
    let input = noise(64);
    plugin.run(
        RATE,
        64,
        |audio| {
            let mut block = 0u32;
            while !enough.load(SeqCst) {
                let change = Change {
                    frame: block % 64,
                    parameter: gain,
                    value: f64::from(block % 100) / 100.0,
                };
                let played = audio.block(input.each_ref().map(Vec::as_slice), &[change]);
                assert!(played.iter().flatten().all(|sample| sample.is_finite()));
                block += 1;
                std::thread::sleep(Duration::from_millis(1));
            }
        },
        |plugin| {
            let mut held = Vec::new();
            for round in 0..ROUNDS {
                let window = open(&screen, plugin, Duration::from_millis(round as u64 % 7));
                let capture = builtin(["lead", "clean"][round % 2]);
                assert!(plugin.restore(&project.playing(&capture).to_bytes()));
                // Some are closed before they have drawn anything.
                plugin.serve_for(Duration::from_millis([0, 20, 200, 80][round % 4]));
                plugin.destroy_editor();
                screen.close(window);
                plugin.serve_for(Duration::from_millis(20));
                held.push(Held::now());
            }
            Held::check(&held, A_WINDOW_LEAVES);
            rest(plugin);
            enough.store(true, SeqCst);
        },
    );
}

/// The same in a VST3 host, which plays between windows.
fn vst3_opens_and_closes(bundle: &Path) {
    keep_one_heap();
    let screen = Screen::new();
    let mut plugin = instance(bundle, RATE);
    let input = noise(512);
    let mut held = Vec::new();
    for round in 0..ROUNDS {
        let window = screen.open("Gridleak in a VST3 host", 900, 600);
        // SAFETY: the window stays as long as the editor.
        let place = unsafe { vst3_host::WindowHandle::from_raw(window as usize as *mut _) };
        plugin.open_editor(place).expect("a window");
        let until = Instant::now() + Duration::from_millis([0, 20, 200, 80][round % 4]);
        while Instant::now() < until {
            plugin.service_run_loop();
            let played = play(&mut plugin, &input, &[]);
            assert!(played.iter().flatten().all(|sample| sample.is_finite()));
            std::thread::sleep(Duration::from_millis(5));
        }
        plugin.close_editor().expect("no window");
        screen.close(window);
        held.push(Held::now());
    }
    Held::check(&held, A_WINDOW_LEAVES);
}

/// The editor draws itself as small and as large as a host makes it. The screen has to be larger.
fn sizes(bundle: &Path) {
    in_the_editor(bundle, |screen, window, plugin| {
        let first = plugin.editor_size();
        let small = plugin.adjusted_editor_size(600, 400);
        for (name, width, height) in [
            ("adjusted", small.0, small.1),
            ("small", 600, 400),
            ("4k", 3840, 2160),
            ("as-before", first.0, first.1),
        ] {
            plugin.resize_editor(width, height);
            screen.resize(window, width, height);
            plugin.serve_for(Duration::from_millis(1000));
            drawn(screen, window, plugin);
            picture(&format!("clap-{name}"));
        }
    });
}

/// A window whose corner is dragged asks the host for another size, and the next instance has it.
fn corner(bundle: &Path) {
    in_the_editor(bundle, |screen, window, plugin| {
        let (width, height) = plugin.editor_size();
        let at = |by: i32| (width as i32 - 5 + by, height as i32 - 5 + by / 2);
        // A hand is slower than a program: the press is seen before it moves.
        mouse(window, at(0), &["mousedown", "1", "sleep", "0.3"]);
        for by in [20, 60, 100] {
            mouse(window, at(by), &[]);
        }
        mouse(window, at(100), &["mouseup", "1"]);
        let wanted = |plugin: &mut Plugin| *plugin.requests.size.lock().expect("no panic");
        wait("another size", plugin, |plugin| wanted(plugin).is_some());
        plugin.serve_for(Duration::from_millis(300));
        let (wider, higher) = wanted(plugin).expect("a size");
        let near = |found: u32, wanted: u32| found.abs_diff(wanted) <= 10;
        let wanted = (width + 100, height + 50);
        let good = near(wider, wanted.0) && near(higher, wanted.1);
        assert!(good, "{wider}x{higher} instead of {wanted:?}");
        plugin.resize_editor(wider, higher);
        screen.resize(window, wider, higher);
        plugin.serve_for(Duration::from_millis(1500));
        drawn(screen, window, plugin);
        picture("clap-corner");
    });
    let library = load(bundle);
    let mut next = Plugin::new(&library);
    next.create_editor();
    assert!(next.editor_size().0 > 950, "the size is not remembered");
    next.destroy_editor();
}

/// A knob that is dragged upwards moves its parameter up.
fn turns_a_knob(bundle: &Path) {
    in_the_editor(bundle, |_, window, plugin| {
        let gain = plugin.parameter("Input").id;
        let (x, y) = KNOB;
        mouse(window, (x, y), &["mousedown", "1"]);
        for up in [10, 20, 30, 40] {
            mouse(window, (x, y - up), &[]);
        }
        mouse(window, (x, y - 40), &["mouseup", "1"]);
        wait("the gain moves", plugin, |plugin| plugin.value(gain) > 0.55);
        picture("clap-knob");
    });
}

/// The button opens a file dialog, and the file that somebody picks there plays.
fn loads_a_file(bundle: &Path) {
    let picked = pick_a_file();
    in_the_editor(bundle, |_, window, plugin| {
        mouse(window, LOAD, &["click", "1"]);
        wait("the file is loaded", plugin, |plugin| {
            let capture = Project::read(&plugin.save()).capture();
            capture["path"].as_str() == picked.to_str() && capture["rate"] == RATE
        });
        plugin.serve_for(Duration::from_millis(300));
        picture("clap-picked");
    });
}

/// Makes a file, and a file dialog that always picks it: nobody can pick one on a screen that nobody sees.
fn pick_a_file() -> PathBuf {
    let home = PathBuf::from(std::env::var_os("HOME").expect("a home"));
    let (picked, dialog) = (home.join("Picked.nam"), home.join("zenity"));
    std::fs::write(&picked, identity(48_000, "\"name\": \"Picked\"")).expect("a file");
    let script = format!("#!/bin/sh\necho '{}'\n", picked.display());
    std::fs::write(&dialog, script).expect("a script");
    std::fs::set_permissions(&dialog, PermissionsExt::from_mode(0o755)).expect("a program");
    picked
}

/// The host hears that the project has changed when a file is chosen, kept in the project or taken back,
/// and only then.
fn tells_of_changes(bundle: &Path) {
    let picked = pick_a_file();
    in_the_editor(bundle, |_, window, plugin| {
        let changes = |plugin: &mut Plugin| plugin.requests.dirty.load(SeqCst);
        plugin.serve_for(Duration::from_millis(300));
        assert_eq!(changes(plugin), 0);
        let path = |plugin: &mut Plugin| {
            let capture = Project::read(&plugin.save()).capture();
            capture["path"].as_str().map(PathBuf::from)
        };
        let before = plugin.save();
        mouse(window, LOAD, &["click", "1"]);
        wait("the host hears of the file", plugin, |plugin| {
            changes(plugin) > 0
        });
        assert_eq!(path(plugin), Some(picked));
        plugin.serve_for(Duration::from_millis(300));
        assert_eq!(changes(plugin), 1);
        keys(&["key", "ctrl+z"]);
        wait("the host hears that it was taken back", plugin, |plugin| {
            changes(plugin) > 1
        });
        assert_eq!(path(plugin), None);
        // A project that the host loads is no change of it.
        assert!(plugin.restore(&before));
        plugin.serve_for(Duration::from_millis(500));
        assert_eq!(changes(plugin), 2);
        let edits = plugin.requests.edits.lock().expect("no panic");
        assert!(edits.is_empty(), "a parameter moves");
    });
}

/// In a VST3 host too.
fn vst3_tells_of_changes(bundle: &Path) {
    use vst3_host::plugin::HostNotification::DirtyChanged;
    pick_a_file();
    let screen = Screen::new();
    let mut plugin = instance(bundle, RATE);
    let window = screen.open("Gridleak in a VST3 host", 900, 600);
    // SAFETY: the window stays as long as the editor.
    let place = unsafe { vst3_host::WindowHandle::from_raw(window as usize as *mut _) };
    plugin.open_editor(place).expect("a window");
    let mut told = Vec::new();
    let mut serve_until = |what: &str, done: &dyn Fn(usize) -> bool| {
        let begun = Instant::now();
        while !done(told.len()) {
            assert!(begun.elapsed() < Duration::from_secs(20), "never: {what}");
            plugin.service_run_loop();
            let _ = play(&mut plugin, &noise(512), &[]);
            assert!(plugin.take_parameter_edits().is_empty());
            told.extend(plugin.take_host_notifications());
        }
    };
    let begun = Instant::now();
    serve_until("the window is drawn", &|_| {
        screen.colours(window) >= COLOURS && begun.elapsed() > Duration::from_millis(500)
    });
    mouse(window, LOAD, &["click", "1"]);
    serve_until("the host hears of the file", &|told| told >= 1);
    keys(&["key", "ctrl+z"]);
    serve_until("the host hears that it was taken back", &|told| told >= 2);
    assert!(
        told.iter().all(|told| *told == DirtyChanged(true)),
        "{told:?}"
    );
    plugin.close_editor().expect("no window");
    screen.close(window);
}

/// A project's files have moved. Once the user has said where one of them is, the other is found, too,
/// and both are when the project is opened again.
fn locates_a_file(bundle: &Path) {
    let home = PathBuf::from(std::env::var_os("HOME").expect("a home"));
    let (before, after) = (home.join("Before"), home.join("After/all"));
    std::fs::create_dir_all(before.join("Pedals")).expect("a folder");
    let amp = before.join("Amp.nam");
    let pedal = before.join("Pedals/Drive.nam");
    std::fs::write(&amp, identity(48_000, "\"name\": \"Moved Amp\"")).expect("a file");
    std::fs::write(&pedal, identity(48_000, "\"name\": \"Moved Drive\"")).expect("a file");
    let library = load(bundle);
    let fresh = Project::read(&Plugin::new(&library).save());
    let project = fresh
        .with("capture", &file(&amp))
        .with("pedal", &file(&pedal));
    let mut first = Plugin::new(&library);
    assert!(first.restore(&project.to_bytes()));
    while_playing(&mut first, |plugin| {
        wait("the files are read", plugin, |plugin| {
            let saved = Project::read(&plugin.save());
            let read = |part| saved.part(part)["sha256"].is_string();
            read("capture") && read("pedal")
        });
    });
    let saved = first.save();

    std::fs::create_dir(home.join("After")).expect("a folder");
    std::fs::rename(&before, &after).expect("a folder that moves");
    let dialog = home.join("zenity");
    let script = format!("#!/bin/sh\necho '{}'\n", after.join("Amp.nam").display());
    std::fs::write(&dialog, script).expect("a script");
    std::fs::set_permissions(&dialog, PermissionsExt::from_mode(0o755)).expect("a program");
    let mut located = None;
    in_the_editor(bundle, |_, window, plugin| {
        assert!(plugin.restore(&saved));
        // One after the other: each is looked for first.
        wait("it is told", plugin, |plugin| {
            let report = window_report(plugin);
            report.starts_with("Missing: Amp. ")
                && report.contains("Missing: Drive. Nothing plays instead")
        });
        plugin.serve_for(Duration::from_millis(300));
        picture("clap-missing");
        mouse(window, LOCATE, &["click", "1"]);
        wait("it is found", plugin, |plugin| {
            window_report(plugin) == "Ready"
        });
        plugin.serve_for(Duration::from_millis(300));
        picture("clap-located");
        located = Some(Project::read(&plugin.save()));
    });
    let located = located.expect("a project");
    let at = |part: &str, name: &str| {
        let path = after.join(name);
        assert_eq!(located.part(part)["path"].as_str(), path.to_str());
        assert_eq!(
            located.part(part)["sha256"],
            Project::read(&saved).part(part)["sha256"]
        );
    };
    at("capture", "Amp.nam");
    at("pedal", "Pedals/Drive.nam");
    let mut again = Plugin::new(&library);
    assert!(again.restore(&located.to_bytes()));
    while_playing(&mut again, |plugin| {
        wait("all is there", plugin, |plugin| {
            let saved = Project::read(&plugin.save());
            window_report(plugin) == "Ready" && saved.part("pedal")["rate"] == RATE
        });
    });
    assert_eq!(Project::read(&again.save()), located);
}

/// How many captures there are to find one in.
const CAPTURES: usize = 10_000;

/// One of thousands of captures is found and played by keyboard alone, and so is the one behind it; the
/// change is taken back the same way.
fn browses(bundle: &Path) {
    let home = PathBuf::from(std::env::var_os("HOME").expect("a home"));
    let captures = home.join("Captures");
    for n in 0..CAPTURES {
        let folder = captures.join(format!("Folder {}", n / 500));
        std::fs::create_dir_all(&folder).expect("a folder");
        let file = folder.join(format!("Amp {n:05}.nam"));
        let about = format!(
            "\"name\": \"Capture {n}\", \"gear_make\": \"Maker {}\"",
            n % 7
        );
        std::fs::write(file, identity(48_000, &about)).expect("a file");
    }
    let settings = home.join("settings");
    std::fs::create_dir_all(&settings).expect("a folder");
    let folders = serde_json::json!({"library_folders": [captures]}).to_string();
    std::fs::write(settings.join("settings.json"), folders).expect("settings");
    // SAFETY: no other thread of this process is there yet.
    unsafe { std::env::set_var("GRIDLEAK_CONFIG_DIR", &settings) };

    in_the_editor(bundle, |_, window, plugin| {
        let plays = |plugin: &mut Plugin| {
            let capture = Project::read(&plugin.save()).capture();
            capture["path"].as_str().map(str::to_owned)
        };
        // However slow the machine is: keys are pressed until what they lead to has come.
        let press = |plugin: &mut Plugin, what: &[&str], until: &dyn Fn(Option<String>) -> bool| {
            wait(&what.join(" "), plugin, |plugin| {
                keys(what);
                plugin.serve_for(Duration::from_millis(500));
                until(plays(plugin))
            });
        };
        // The host gives the keyboard to the window that is clicked.
        mouse(window, (115, 25), &["click", "1"]);
        keys(&["key", "ctrl+f"]);
        plugin.serve_for(Duration::from_millis(2000));
        keys(&["type", "--delay", "30", "07777"]);
        plugin.serve_for(Duration::from_millis(500));
        picture("clap-browses");
        let is = |name: &'static str| {
            move |path: Option<String>| path.is_some_and(|path| path.ends_with(name))
        };
        press(plugin, &["key", "Return"], &is("Amp 07777.nam"));
        // Without the search, the arrow keys lead on in its folder.
        keys(&["key", "Escape"]);
        plugin.serve_for(Duration::from_millis(500));
        let on = |path: Option<String>| path.is_some_and(|path| !path.ends_with("07777.nam"));
        press(plugin, &["key", "Down"], &on);
        let there = plays(plugin);
        assert!(
            there
                .as_ref()
                .is_some_and(|path| path.contains("Folder 15/Amp 077"))
        );
        keys(&["key", "Escape"]);
        press(plugin, &["key", "ctrl+z"], &|path| path != there);
        plugin.serve_for(Duration::from_millis(500));
        picture("clap-browsed");
    });
    assert!(
        settings.join("library.json").is_file(),
        "nothing is kept for the next time"
    );
}

/// Types, or presses keys, as the program xdotool says it.
fn keys(what: &[&str]) {
    let status = Command::new("xdotool").args(what).status();
    assert!(status.expect("xdotool starts").success());
}

/// Where there is no OpenGL, the sound goes on, and the list of parameters says why there is no window.
fn lacks_opengl(bundle: &Path) {
    take_opengl_away();
    let library = load(bundle);
    let mut plugin = Plugin::new(&library);
    assert!(!plugin.offers_a_window(), "{OPENGL_IS_THERE}");
    let said = window_report(&mut plugin);
    assert!(said.starts_with("No window, OpenGL is missing"), "{said}");
    let report = plugin.parameter("Status").id;
    assert_eq!(plugin.typed(report, &said), Some(0.0));
    while_playing(&mut plugin, |_| {});
}

/// In a VST3 host too.
fn vst3_lacks_opengl(bundle: &Path) {
    take_opengl_away();
    let screen = Screen::new();
    let mut plugin = instance(bundle, RATE);
    let report = plugin.find_parameter("Status").expect("a report").id;
    let said = |plugin: &vst3_host::Plugin| {
        let said = plugin.format_parameter(report, 0.0);
        said.expect("a text")
    };
    // This host asks for a window as soon as it loads, so that the reason may be there already.
    // It plays as soon as its capture is there.
    let heard = |plugin: &mut vst3_host::Plugin| {
        let begun = Instant::now();
        std::iter::repeat_with(|| play(plugin, &noise(4800), &[]))
            .take_while(|_| begun.elapsed() < Duration::from_secs(20))
            .any(|played| played.iter().flatten().any(|sample| sample.abs() > 1e-3))
    };
    for _ in 0..2 {
        let window = screen.open("Gridleak in a VST3 host", 900, 600);
        // SAFETY: the window is there.
        let place = unsafe { vst3_host::WindowHandle::from_raw(window as usize as *mut _) };
        assert!(plugin.open_editor(place).is_err(), "{OPENGL_IS_THERE}");
        screen.close(window);
        let said = said(&plugin);
        assert!(said.starts_with("No window, OpenGL is missing"), "{said}");
        assert!(heard(&mut plugin));
    }
}

const OPENGL_IS_THERE: &str = "a window opens: OpenGL cannot be taken away on this machine";

/// Leaves this process without OpenGL: what Mesa and the loader of drivers are told here gives them
/// neither EGL nor GLX. To be called before there is any other thread.
fn take_opengl_away() {
    for (name, value) in [
        ("__EGL_VENDOR_LIBRARY_FILENAMES", "/dev/null"),
        ("LIBGL_DRIVERS_PATH", "/nonexistent"),
        ("LIBGL_ALWAYS_INDIRECT", "1"),
    ] {
        // SAFETY: no other thread runs yet.
        unsafe { std::env::set_var(name, value) };
    }
}

/// Where there is no X server, it is the same, and as soon as there is one, a window opens.
fn lacks_a_screen(bundle: &Path) {
    let display = std::env::var_os("DISPLAY").expect("a screen");
    let library = load(bundle);
    let mut plugin = Plugin::new(&library);
    // SAFETY: no other thread runs yet.
    unsafe { std::env::set_var("DISPLAY", ":59000") };
    while_playing(&mut plugin, |plugin| {
        plugin.create_editor();
        assert!(!plugin.offer_window(1), "a window without a screen");
        plugin.destroy_editor();
        let said = window_report(plugin);
        assert!(
            said.starts_with("No window, there is no X11 screen"),
            "{said}"
        );
    });
    // SAFETY: what plays and draws has ended; the plugin's loader does not look at the environment.
    unsafe { std::env::set_var("DISPLAY", display) };
    let screen = Screen::new();
    while_playing(&mut plugin, |plugin| {
        // What is no window at all is borne too.
        plugin.create_editor();
        assert!(!plugin.offer_window(0), "a window in none");
        plugin.destroy_editor();
        let said = window_report(plugin);
        assert!(said.starts_with("No window, it failed"), "{said}");
        let window = open(&screen, plugin, Duration::ZERO);
        drawn(&screen, window, plugin);
        assert_eq!(window_report(plugin), "Ready");
        plugin.destroy_editor();
        screen.close(window);
        rest(plugin);
    });
}

/// A host that closes its window before it closes the editor in it takes no harm.
fn loses_its_place(bundle: &Path) {
    let screen = Screen::new();
    let library = load(bundle);
    let mut plugin = Plugin::new(&library);
    while_playing(&mut plugin, |plugin| {
        for _ in 0..2 {
            let window = open(&screen, plugin, Duration::ZERO);
            drawn(&screen, window, plugin);
            screen.close(window);
            plugin.serve_for(Duration::from_millis(200));
            plugin.destroy_editor();
        }
        rest(plugin);
    });
}

/// What the list of parameters says about the window.
fn window_report(plugin: &mut Plugin) -> String {
    let report = plugin.parameter("Status").id;
    let value = plugin.value(report);
    plugin.text(report, value)
}

/// Has an instance play noise during `act` and until some of it was heard behind that.
fn while_playing(plugin: &mut Plugin, act: impl FnOnce(&mut Plugin)) {
    let (enough, blocks) = (AtomicBool::new(false), AtomicUsize::new(0));
    let input = noise(64);
    plugin.run(
        RATE,
        64,
        |audio| {
            while !enough.load(SeqCst) {
                let played = audio.block(input.each_ref().map(Vec::as_slice), &[]);
                assert!(played.iter().flatten().all(|sample| sample.is_finite()));
                let heard = played.iter().flatten().any(|sample| sample.abs() > 1e-3);
                blocks.fetch_add(usize::from(heard), SeqCst);
                std::thread::sleep(Duration::from_millis(1));
            }
        },
        |plugin| {
            act(plugin);
            let before = blocks.load(SeqCst);
            wait("sound", plugin, |_| blocks.load(SeqCst) > before + 20);
            enough.store(true, SeqCst);
        },
    );
}

/// Opens the editor of an instance that plays, waits until it is drawn, and closes it again when
/// `act` is done.
fn in_the_editor(bundle: &Path, act: impl FnOnce(&Screen, u32, &mut Plugin)) {
    let screen = Screen::new();
    let library = load(bundle);
    let mut plugin = Plugin::new(&library);
    let enough = AtomicBool::new(false);
    plugin.run(
        RATE,
        64,
        |audio| {
            while !enough.load(SeqCst) {
                drop(audio.block([&[0.0; 64]; 2], &[]));
                std::thread::sleep(Duration::from_millis(1));
            }
        },
        |plugin| {
            let window = open(&screen, plugin, Duration::ZERO);
            drawn(&screen, window, plugin);
            act(&screen, window, plugin);
            plugin.destroy_editor();
            screen.close(window);
            rest(plugin);
            enough.store(true, SeqCst);
        },
    );
}

/// Opens the editor, as hosts do: it is made, and shown when the host is ready, `later`.
fn open(screen: &Screen, plugin: &mut Plugin, later: Duration) -> u32 {
    plugin.create_editor();
    let (width, height) = plugin.editor_size();
    let window = screen.open("Gridleak in a CLAP host", width, height);
    plugin.serve_for(later);
    plugin.show_editor(window);
    window
}

/// Has the mouse go to a place in a window and then do something, in the words of xdotool.
pub(crate) fn mouse(window: u32, (x, y): (i32, i32), then: &[&str]) {
    let [window, x, y] = [window.to_string(), x.to_string(), y.to_string()];
    let place = ["mousemove", "--window", &window, &x, &y, "sleep", "0.1"];
    let status = Command::new("xdotool").args(place).args(then).status();
    assert!(status.expect("xdotool starts").success());
}

/// Waits until something has happened.
fn wait(what: &str, plugin: &mut Plugin, mut happened: impl FnMut(&mut Plugin) -> bool) {
    let begun = Instant::now();
    while !happened(plugin) {
        assert!(begun.elapsed() < Duration::from_secs(20), "never: {what}");
        plugin.serve_for(Duration::from_millis(20));
    }
}

/// Waits until the editor shows something.
fn drawn(screen: &Screen, window: u32, plugin: &mut Plugin) {
    let begun = Instant::now();
    while screen.colours(window) < COLOURS {
        if begun.elapsed() > Duration::from_secs(20) {
            picture("clap-empty");
            panic!("{} colours after 20 s", screen.colours(window));
        }
        plugin.serve_for(Duration::from_millis(20));
    }
}

/// Lets some time pass before the process may end. The framework's thread that drew the window ends a
/// few milliseconds after it; should the process end at that very moment, then OpenGL's own clearing
/// up can be pulled from under it.
fn rest(plugin: &mut Plugin) {
    plugin.serve_for(Duration::from_millis(300));
}

/// Keeps a picture of the screen for people, if somebody wants it.
fn picture(name: &str) {
    let Some(folder) = std::env::var_os("GRIDLEAK_SCREENSHOTS") else {
        return;
    };
    let path = PathBuf::from(folder).join(name).with_extension("png");
    let status = Command::new("import")
        .args(["-window", "root"])
        .arg(path)
        .status();
    assert!(status.expect("import starts").success());
}

/// What this process holds of the system's.
#[derive(Debug, Clone, Copy)]
struct Held {
    files: usize,
    threads: usize,
    /// Memory, in kB.
    memory: usize,
}

/// What a window leaves behind at most: half as much again as was measured, for nothing of it is ours to
/// give back. Of 90 kB, 71 are the keymap that baseview 0.4.2 makes with libxkbcommon and keeps, 13 are
/// Mesa's for an OpenGL context that was destroyed as it should be.
const A_WINDOW_LEAVES: Held = Held {
    files: 0,
    threads: 0,
    memory: 140,
};

impl Held {
    fn now() -> Self {
        let count = |folder: &str| std::fs::read_dir(folder).expect("Linux").count();
        Self {
            files: count("/proc/self/fd"),
            threads: count("/proc/self/task"),
            memory: status("VmRSS:"),
        }
    }

    /// Checks what was held behind each of many windows, which may leave that much behind.
    fn check(held: &[Self], leave: Self) {
        // Until then the graphics driver fills its pools.
        const AT_FIRST: usize = 60;
        // Of ten, for captures and the driver's threads come and go at their own pace.
        let least = |part: &[Self]| Self {
            files: part.iter().map(|held| held.files).min().expect("some"),
            threads: part.iter().map(|held| held.threads).min().expect("some"),
            memory: part.iter().map(|held| held.memory).min().expect("some"),
        };
        let before = least(&held[AT_FIRST - 10..AT_FIRST]);
        let after = least(&held[held.len() - 10..]);
        let windows = held.len() - AT_FIRST;
        println!("{before:?}, {windows} windows later {after:?}");
        // The driver's own files come and go too.
        assert!(after.files <= before.files + leave.files * windows + 10);
        assert!(after.threads <= before.threads + leave.threads * windows);
        assert!(after.memory <= before.memory + leave.memory * windows);
    }
}
