//! The VST3 bundle in Ardour, on a screen that only exists in memory and with sound that goes nowhere: a
//! capture that was chosen in the window is still there when the session is opened again.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};

use super::hosts::bundles;
use super::screen::{Screen, lacking};
use super::{Tally, settings, within};
use crate::bundle::remove;
use crate::cargo::target;

/// How long Ardour may take for whatever is waited for.
const TIMEOUT: Duration = Duration::from_secs(120);
const LOOKING: Duration = Duration::from_millis(200);

/// The window of the session, whose title begins with an asterisk while something is not saved.
const SESSION: &str = " - Ardour$";
/// The window of the plugin, inside of one of Ardour's.
const EDITOR: &str = "^Gridleak$";
/// In the latter, what chooses the next capture.
const NEXT_CAPTURE: [&str; 2] = ["211", "214"];

/// What Ardour asks for when it is started first: sound that goes nowhere.
const CONFIG: &str = r#"<Ardour>
  <Config>
    <Option name="try-autostart-engine" value="1"/>
    <Option name="hide-dummy-backend" value="0"/>
    <Option name="discover-plugins-on-start" value="0"/>
  </Config>
  <Extra><AudioMIDISetup><EngineStates>
    <State backend="None (Dummy)" driver="Normal Speed" device="Silence" input-device="" output-device=""
      sample-rate="48000" buffer-size="1024" n-periods="0" input-latency="0" output-latency="0"
      input-channels="0" output-channels="0" active="1" use-buffered-io="0" midi-option="No MIDI I/O"
      lru="1"><MIDIDevices/></State>
  </EngineStates></AudioMIDISetup></Extra>
</Ardour>
"#;

/// Makes a session with the plugin on a track, and prints what Ardour calls the plugin's window.
const NEW_SESSION: &str = r#"
AudioEngine:set_backend("None (Dummy)", "", "")
local session = create_session("FOLDER", "song", 48000)
local plugin = ARDOUR.LuaAPI.new_plugin(session, "Gridleak", ARDOUR.PluginType.VST3, "")
assert(not plugin:isnil(), "Ardour does not know the plugin")
local tracks = session:new_audio_track(2, 2, nil, 1, "Guitar", ARDOUR.PresentationInfo.max_order,
  ARDOUR.TrackMode.Normal, true)
for track in tracks:iter() do
  assert(track:add_processor_by_index(plugin, 0, nil, true) == 0, "Ardour does not insert the plugin")
  local id = function(object) return object:to_stateful():id():to_s() end
  print("window: P-" .. id(track) .. "-" .. id(plugin))
end
session:save_state("", false, false, false, false, false)
close_session()
quit()
"#;

/// Tries it where there is an Ardour.
pub(super) fn run() -> Result<Tally> {
    let what = "Ardour";
    if !cfg!(target_os = "linux") {
        return Ok(Tally::skipped(what, "the test knows only X11"));
    }
    let lacking = lacking();
    if !lacking.is_empty() {
        let reason = format!("{} is not installed", lacking.join(", "));
        return Ok(Tally::skipped(what, &reason));
    }
    match Ardour::find()? {
        Some(ardour) => Ok(Tally::of(ardour.keeps_a_capture())),
        None => Ok(Tally::skipped(what, "it is not installed")),
    }
}

/// Ardour, with a home of its own.
struct Ardour {
    /// What its folders are called, such as `ardour7`.
    name: String,
    home: PathBuf,
}

impl Ardour {
    fn find() -> Result<Option<Self>> {
        let home = target().join("ardour-of-tests");
        remove(&home)?;
        for entry in fs::read_dir("/usr/lib").context("there is no /usr/lib")? {
            let entry = entry?;
            let name = entry.file_name().to_string_lossy().into_owned();
            if name.starts_with("ardour") && entry.path().join("luasession").is_file() {
                return Ok(Some(Self { name, home }));
            }
        }
        Ok(None)
    }

    /// One of its programs, in this home.
    fn command(&self, program: &str) -> Command {
        let libraries = Path::new("/usr/lib").join(&self.name);
        let mut command = Command::new(libraries.join(program));
        command
            .env("HOME", &self.home)
            .env("LD_LIBRARY_PATH", &libraries)
            .env("ARDOUR_DLL_PATH", &libraries)
            .env("ARDOUR_DATA_PATH", Path::new("/usr/share").join(&self.name))
            .env("ARDOUR_CONFIG_PATH", Path::new("/etc").join(&self.name));
        for theirs in ["XDG_CONFIG_HOME", "XDG_CACHE_HOME", "XDG_DATA_HOME"] {
            command.env_remove(theirs);
        }
        command
    }

    fn session(&self) -> PathBuf {
        self.home.join("song/song.ardour")
    }

    fn keeps_a_capture(&self) -> Result<()> {
        self.make_session()?;
        let first = self.saved_capture()?;
        let screen = Screen::start()?;
        let mut seen = vec![first];
        // Opened again, it goes on where it was: else the next capture would be the same once more.
        for _ in 0..2 {
            let chosen = self.choose_next_capture(&screen)?;
            ensure!(
                !seen.contains(&chosen),
                "after {seen:?} comes {chosen} again"
            );
            seen.push(chosen);
        }
        Ok(())
    }

    /// Makes a session in which the window of the plugin is open.
    fn make_session(&self) -> Result<()> {
        let config = self.home.join(".config").join(&self.name);
        let (plugins, data) = (self.home.join(".vst3"), self.home.join(".local/share"));
        for folder in [&config, &plugins, &data] {
            fs::create_dir_all(folder).context("there is no room for a home")?;
        }
        fs::write(config.join("config"), CONFIG)?;
        // A sign that it was started before.
        fs::write(config.join(self.name.replace("ardour", ".a")), "")?;
        let [_, (_, bundle), ..] = bundles()?;
        let here = plugins.join("Gridleak.vst3");
        #[cfg(unix)]
        std::os::unix::fs::symlink(bundle, &here)?;
        let scanned = self.command("ardour-vst3-scanner").arg(&here).output();
        ensure!(
            scanned?.status.success(),
            "the scanner does not like the bundle"
        );
        let script = self.home.join("session.lua");
        let folder = self.home.join("song");
        fs::write(
            &script,
            NEW_SESSION.replace("FOLDER", &folder.to_string_lossy()),
        )?;
        let made = self.command("luasession").arg(script).output()?;
        let said = String::from_utf8_lossy(&made.stdout);
        let window = said.lines().find_map(|line| line.split("window: ").nth(1));
        let Some(window) = window else {
            bail!("no session: {}", String::from_utf8_lossy(&made.stderr));
        };
        let text = fs::read_to_string(self.session())?;
        let open = format!(
            r#"<Extra><UI><Window name="{window}" visible="1" custom-ui="1"/></UI></Extra></Session>"#
        );
        fs::write(self.session(), text.replace("</Session>", &open))?;
        Ok(())
    }

    /// The built-in capture of the first slot in the session as it was saved.
    fn saved_capture(&self) -> Result<String> {
        let session = fs::read_to_string(self.session())?;
        let state = session
            .split_once("<chunk>")
            .and_then(|(_, rest)| rest.split_once("</chunk>"));
        let coded = self.home.join("chunk");
        fs::write(&coded, state.context("no state was saved")?.0)?;
        let state = Command::new("base64").arg("-d").arg(coded).output()?.stdout;
        let state = String::from_utf8_lossy(&state);
        let (_, slots) = state.split_once("\"slots\":").context("no slots")?;
        let (_, capture) = slots.split_once("\"capture\":").context("no capture")?;
        let (_, name) = capture.split_once("\"builtin\":\"").context("no name")?;
        Ok(name.split('"').next().unwrap_or_default().to_owned())
    }

    /// Opens the session, chooses the next capture by a click, saves and quits; gives the capture that was
    /// saved.
    fn choose_next_capture(&self, screen: &Screen) -> Result<String> {
        let log = File::create(self.home.join("log"))?;
        let mut ardour = self
            .command("/usr/bin/ardour")
            .args(["--no-announcements", "--no-splash"])
            .arg(self.session())
            .env("DISPLAY", &screen.display)
            .envs([settings()?])
            .stdout(log.try_clone()?)
            .stderr(log)
            .stdin(Stdio::null())
            .spawn()
            .context("it does not start")?;
        let looked = self.click_and_save(&mut ardour, screen);
        let limit = if looked.is_ok() {
            TIMEOUT
        } else {
            Duration::ZERO
        };
        let ended = within(&mut ardour, limit)?;
        let chosen = looked.with_context(|| format!("see {}", self.home.join("log").display()))?;
        ensure!(
            ended.is_some_and(|status| status.success()),
            "it does not end in peace with the window open: {ended:?}"
        );
        Ok(chosen)
    }

    fn click_and_save(&self, ardour: &mut Child, screen: &Screen) -> Result<String> {
        let mut until = |what: &str, so: &mut dyn FnMut() -> Result<bool>| {
            let started = Instant::now();
            while !so()? {
                if let Some(status) = ardour.try_wait()? {
                    bail!("it ended by itself: {status}");
                }
                ensure!(started.elapsed() < TIMEOUT, "{what}");
                std::thread::sleep(LOOKING);
            }
            Ok(())
        };
        let changed = || {
            Ok(screen
                .title(SESSION)?
                .is_some_and(|title| title.starts_with('*')))
        };
        until("no window opens", &mut || {
            Ok(screen.window(SESSION)?.is_some() && screen.window(EDITOR)?.is_some())
        })?;
        let session = screen.window(SESSION)?.context("the session is closed")?;
        let editor = screen.window(EDITOR)?.context("the window is closed")?;
        until("the window stays blank", &mut || {
            Ok(screen.colours(&editor, "ardour.png")? > 50)
        })?;
        ensure!(!changed()?, "the session is changed by itself");
        let there = ["mousemove", "--window", &editor];
        screen.act(&[&there[..], &NEXT_CAPTURE, &["click", "1"]].concat())?;
        until("Ardour does not hear of the capture", &mut || changed())?;
        screen.act(&["windowactivate", "--sync", &session, "key", "ctrl+s"])?;
        until("the session is not saved", &mut || Ok(!changed()?))?;
        screen.act(&["windowactivate", "--sync", &session, "key", "ctrl+q"])?;
        self.saved_capture()
    }
}
