//! The editor, on a screen that only exists in memory.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, ensure};

use super::{Tally, counted, hosts, python, within};
use crate::cargo::{cargo, target};

/// How long the X server may take to end by itself.
const TIMEOUT: Duration = Duration::from_secs(5);
/// What the step needs besides what the others do.
const TOOLS: [&str; 5] = ["Xvfb", "openbox", "xdotool", "setxkbmap", "import"];
/// The tests of the window by itself. One at a time: there is one keyboard.
const WINDOW: [&str; 6] = [
    "test",
    "--workspace",
    "--lib",
    "--",
    "--ignored",
    super::NATIVE_WINDOW,
];

/// Runs every test that opens the editor.
pub(super) fn run() -> Result<Tally> {
    let what = "the tests that open the editor";
    if !cfg!(target_os = "linux") {
        return Ok(Tally::skipped(what, "they know only X11"));
    }
    let lacking = lacking();
    if !lacking.is_empty() {
        let reason = format!("{} is not installed", lacking.join(", "));
        return Ok(Tally::skipped(what, &reason));
    }
    let screen = Screen::start()?;
    let mut tally = counted(
        cargo(&WINDOW)
            .arg("--test-threads=1")
            .env("DISPLAY", &screen.display)
            .env("GRIDLEAK_PICTURES", screenshots()?)
            .envs([super::settings()?]),
    )?;
    tally += counted(hosts::scenarios("editor")?.env("DISPLAY", &screen.display))?;
    tally += python::editor(&screen.display)?;
    println!("Screenshots are in {}", screenshots()?.display());
    Ok(tally)
}

/// The folder for pictures of the editor.
pub(super) fn screenshots() -> Result<PathBuf> {
    let folder = target().join("screenshots");
    fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
    Ok(folder)
}

/// The tools that are not there.
pub(super) fn lacking() -> Vec<&'static str> {
    TOOLS.into_iter().filter(|tool| !installed(tool)).collect()
}

/// Whether a program is in one of the folders for programs.
fn installed(program: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|folder| folder.join(program).is_file())
}

/// An X server without a screen and a window manager on it, which end with this value.
pub(super) struct Screen {
    /// What clients know it by.
    pub(super) display: String,
    server: Child,
    manager: Child,
}

impl Screen {
    pub(super) fn start() -> Result<Self> {
        // The server takes a number that is free and prints it when it is ready. It ends by itself,
        // and tidies up, when its last client is gone.
        let mut server = Command::new("Xvfb")
            // Large enough for a window on a 4K screen, and for its frame.
            .args(["-displayfd", "1", "-screen", "0", "3860x2200x24"])
            .args(["-nolisten", "tcp", "-terminate"])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .context("Xvfb does not start")?;
        let mut number = String::new();
        if let Some(output) = server.stdout.take() {
            BufReader::new(output)
                .read_line(&mut number)
                .context("Xvfb says nothing")?;
        }
        ensure!(!number.trim().is_empty(), "Xvfb finds no free display");
        let display = format!(":{}", number.trim());
        let manager = Command::new("openbox")
            .env("DISPLAY", &display)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        let manager = match manager {
            Ok(manager) => manager,
            Err(error) => {
                let _ = within(&mut server, Duration::ZERO);
                return Err(error).context("openbox does not start");
            }
        };
        // As long as the manager is no client, the server ends with the first one that goes.
        std::thread::sleep(Duration::from_secs(1));
        Ok(Self {
            display,
            server,
            manager,
        })
    }
}

impl Screen {
    /// A program that works with what is on the screen.
    fn program(&self, name: &str, arguments: &[&str]) -> Command {
        let mut command = Command::new(name);
        command.args(arguments).env("DISPLAY", &self.display);
        command
    }

    /// The first window to be seen whose title is such a regular expression, if there is one.
    pub(super) fn window(&self, title: &str) -> Result<Option<String>> {
        let search = ["search", "--onlyvisible", "--name", title];
        let found = self.program("xdotool", &search).output()?;
        let found = String::from_utf8_lossy(&found.stdout);
        Ok(found.lines().next().map(str::to_owned))
    }

    /// The whole title of that window.
    pub(super) fn title(&self, title: &str) -> Result<Option<String>> {
        let Some(window) = self.window(title)? else {
            return Ok(None);
        };
        let mut ask = self.program("xdotool", &["getwindowname", &window]);
        let told = ask.output()?;
        Ok(Some(
            String::from_utf8_lossy(&told.stdout).trim().to_owned(),
        ))
    }

    /// Does what xdotool calls so.
    pub(super) fn act(&self, arguments: &[&str]) -> Result<()> {
        let done = self.program("xdotool", arguments).status()?;
        ensure!(done.success(), "xdotool cannot {}", arguments.join(" "));
        Ok(())
    }

    /// Takes a picture of a window, and counts its colours.
    pub(super) fn colours(&self, window: &str, picture: &str) -> Result<u32> {
        let picture = screenshots()?.join(picture);
        let taken = self
            .program("import", &["-window", window])
            .arg(&picture)
            .status()?;
        ensure!(taken.success(), "no picture could be taken");
        let counted = Command::new("identify")
            .args(["-format", "%k"])
            .arg(&picture)
            .output()?;
        Ok(String::from_utf8_lossy(&counted.stdout).trim().parse()?)
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        // The manager is the last client, if all went well. That either ended by itself does not
        // matter here.
        let _ = within(&mut self.manager, Duration::ZERO);
        let _ = within(&mut self.server, TIMEOUT);
    }
}
