//! What a CLAP host on X11 does with the editor.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::time::{Duration, Instant};

use crate::clap_host::{Change, Plugin, load};
use crate::project::{Project, builtin};
use crate::screen::Screen;
use crate::sound::noise;
use crate::{CLAP, Scenario};

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
];

const RATE: f64 = 48_000.0;
/// An empty window has one; the text of one label alone has dozens.
const COLOURS: usize = 50;

/// The editor draws itself, also at another size, and again after it was closed.
fn shows(bundle: &Path) {
    let screen = Screen::new();
    let library = load(bundle);
    let mut plugin = Plugin::new(&library);
    plugin.run(
        RATE,
        64,
        |_| (),
        |plugin| {
            for round in 0..2 {
                let (width, height) = plugin.create_editor();
                let window = screen.open("Gridleak in a CLAP host", width, height);
                plugin.show_editor(window);
                drawn(&screen, window, plugin);
                picture(&format!("clap-{round}"));
                plugin.destroy_editor();
                screen.close(window);
            }
        },
    );
}

/// While the audio thread plays and is automated, the editor opens and closes, and captures come.
fn opens_and_closes(bundle: &Path) {
    let screen = Screen::new();
    let library = load(bundle);
    let mut plugin = Plugin::new(&library);
    let gain = plugin.parameter("Input").id;
    let project = Project::from_clap(&plugin.save());
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
            let mut open_files = Vec::new();
            for round in 0..50 {
                let (width, height) = plugin.create_editor();
                let window = screen.open("Gridleak", width, height);
                plugin.show_editor(window);
                let capture = builtin(["lead", "clean"][round % 2]);
                assert!(plugin.restore(&project.playing(&capture).to_clap()));
                // Some are closed before they have drawn anything.
                plugin.serve_for(Duration::from_millis([0, 20, 200, 80][round % 4]));
                plugin.destroy_editor();
                screen.close(window);
                plugin.serve_for(Duration::from_millis(20));
                open_files.push(open_file_count());
            }
            assert!(
                open_files[49] <= open_files[9] + 5,
                "open files: {open_files:?}"
            );
            enough.store(true, SeqCst);
        },
    );
}

/// Waits until the editor shows something.
fn drawn(screen: &Screen, window: u32, plugin: &mut Plugin) {
    let begun = Instant::now();
    while screen.colours(window) < COLOURS {
        assert!(begun.elapsed() < Duration::from_secs(20), "it stays empty");
        plugin.serve_for(Duration::from_millis(50));
    }
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

fn open_file_count() -> usize {
    std::fs::read_dir("/proc/self/fd").expect("Linux").count()
}
