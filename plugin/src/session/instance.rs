//! One instance of the plugin, without host and without window. Shells ask it for everything but sound,
//! which its [`Player`] makes.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use gridleak_core::{DEFAULT_SAMPLE_RATE, Kind, ParameterId, Settings};

use crate::files::failure::Result;
use crate::session::handover::handover;
use crate::session::host_link::HostLink;
use crate::session::library::Library;
use crate::session::loader::Loader;
use crate::session::message::Message;
use crate::session::meters::Meters;
use crate::session::player::Player;
use crate::session::preferences::Preferences;
use crate::session::preset_path::PresetPath;
use crate::session::presets::{self, PresetAction, Presets};
use crate::session::repaint::Repaint;
use crate::session::rig::{SetlistPlace, SharedRig};
use crate::session::thread_end;

/// Of the time that the end of an instance may take, what is left for its presets and its library.
const LIBRARYS_SHARE: Duration = Duration::from_millis(10);

/// An instance. Its threads end with it.
pub(crate) struct Instance {
    pub(crate) rig: Arc<SharedRig>,
    pub(crate) loader: Arc<Loader>,
    pub(crate) library: Arc<Library>,
    pub(crate) presets: Presets,
    pub(crate) meters: Arc<Meters>,
    /// The way to the host.
    pub(crate) link: Arc<HostLink>,
    /// The way to the window.
    pub(crate) repaint: Arc<Repaint>,
    audio: Arc<AudioFacts>,
}

/// What the player says of the audio.
#[derive(Debug)]
pub(crate) struct AudioFacts {
    /// Frames of latency while audio runs, and 1; 0 while it does not.
    latency: AtomicU32,
    /// The rate at which it runs, or is to run next as far as is known, as bits of an f64 in Hz.
    rate: AtomicU64,
    /// Frames for which the sound goes on after its input.
    pub(crate) tail: AtomicU32,
}

impl Default for AudioFacts {
    fn default() -> Self {
        Self {
            latency: AtomicU32::new(0),
            rate: AtomicU64::new(DEFAULT_SAMPLE_RATE.to_bits()),
            // The DC blocker's second, which most of it comes to.
            tail: AtomicU32::new(DEFAULT_SAMPLE_RATE as u32),
        }
    }
}

impl AudioFacts {
    /// Tells that audio runs, so many frames late, at a rate in Hz.
    pub(crate) fn start(&self, latency: usize, rate: f64) {
        self.latency.store(latency as u32 + 1, Ordering::Relaxed);
        self.expect(rate);
    }

    fn expect(&self, rate: f64) {
        self.rate.store(rate.to_bits(), Ordering::Relaxed);
    }

    /// Tells that it has stopped.
    pub(crate) fn stop(&self) {
        self.latency.store(0, Ordering::Relaxed);
    }
}

impl Instance {
    /// A new instance, set as on this machine and to the player's own preset, and what plays it.
    pub(crate) fn new() -> (Arc<Self>, Player) {
        let preferences = Preferences::load();
        let mut first = Settings::default();
        if let Some(dbu) = preferences.interface_dbu {
            first.levels.interface_dbu = dbu;
        }
        let (sounds, loader_end) = handover();
        let (link, repaint) = (Arc::<HostLink>::default(), Arc::<Repaint>::default());
        let changed = repaint.clone();
        let library = Library::new(move || changed.request());
        let loader = Loader::new(
            loader_end,
            library.clone(),
            link.clone(),
            repaint.clone(),
            first,
        );
        let (teller, changed) = (Arc::downgrade(&loader), repaint.clone());
        let say = move |message| {
            if let Some(loader) = teller.upgrade() {
                loader.say(message);
            }
        };
        let presets = Presets::new(loader.rig.clone(), say, move || changed.request());
        if let Some(preset) = preferences.default_preset {
            open_default(&preset, &loader);
        }
        let instance = Arc::new(Self {
            rig: loader.rig.clone(),
            loader,
            library,
            presets,
            meters: Arc::default(),
            link,
            repaint,
            audio: Arc::default(),
        });
        let player = Player::new(&instance, sounds, instance.audio.clone());
        (instance, player)
    }

    /// What the project is to keep.
    pub(crate) fn save(&self) -> Vec<u8> {
        self.rig.save()
    }

    /// Loads what a project kept.
    ///
    /// # Errors
    /// If it is none that Gridleak wrote; then nothing changes.
    pub(crate) fn load(&self, saved: &[u8]) -> Result<()> {
        self.rig.load(saved)?;
        self.repaint.request();
        Ok(())
    }

    /// Does something with presets. What fails is said.
    pub(crate) fn preset(&self, action: PresetAction) {
        let Self {
            loader, presets, ..
        } = self;
        match action {
            PresetAction::Browse => presets.browse(),
            PresetAction::Open(preset, slot) => match presets::folder() {
                Ok(root) => loader.open_preset(preset.within(&root), slot),
                Err(failure) => loader.say(Message::error(failure.to_string())),
            },
            PresetAction::OpenFile(path, slot) => loader.open_preset(path, slot),
            PresetAction::OpenInSetlist(at) => loader.open_in_setlist(at),
            PresetAction::Step(step) => loader.step_preset(step),
            PresetAction::Save(save) => presets.save(save),
            PresetAction::Rename(preset, name) => presets.rename(preset, name),
            PresetAction::Delete(preset) => presets.delete(preset),
            PresetAction::SetFavourite(preset, on) => presets.set_favourite(preset, on),
            PresetAction::SetDefault(preset) => presets.set_default(preset),
            PresetAction::ChooseSetlist(setlist) => {
                let place = setlist.map(|setlist| SetlistPlace { setlist, at: None });
                self.rig.set_setlist(place);
                self.rig.changed();
                self.repaint.request();
            }
            PresetAction::NewSetlist(name) => presets.new_setlist(name),
            PresetAction::EditSetlist(setlist, edit) => presets.edit_setlist(setlist, edit),
        }
    }

    /// Where a parameter stands, as a plain value, without modulation. Never waits.
    pub(crate) fn value(&self, which: ParameterId) -> f32 {
        self.rig.value(which)
    }

    /// The same as CLAP hosts are to show it: a button does what it does when it goes down, and is up again.
    pub(crate) fn shown_value(&self, which: ParameterId) -> f32 {
        match which.row().kind {
            Kind::Button => 0.0,
            _ => self.value(which),
        }
    }

    /// Sets a parameter to a plain value, brought into its range. Never waits.
    pub(crate) fn set(&self, which: ParameterId, plain: f32) {
        if self.rig.set(which, plain) {
            self.repaint.request();
        }
    }

    /// Moves a number by so much from where it stands. Never waits.
    pub(crate) fn modulate(&self, which: ParameterId, offset: f32) {
        if self.rig.modulate(which, offset) {
            self.repaint.request();
        }
    }

    /// A plain value as people read it, with its unit.
    pub(crate) fn text(&self, which: ParameterId, plain: f32) -> String {
        self.rig.text(which, plain)
    }

    /// The plain value that such a text stands for.
    pub(crate) fn parse(&self, which: ParameterId, text: &str) -> Option<f32> {
        self.rig.parse(which, text)
    }

    /// Tells at which rate in Hz audio is to run next.
    pub(crate) fn expect_rate(&self, rate: f64) {
        self.audio.expect(rate);
    }

    /// Frames by which the sound is late: as long as audio runs, what was announced when it started; else
    /// what it will be at the rate that is expected, or at that of last time.
    pub(crate) fn latency(&self, offline: bool) -> usize {
        let running = self.audio.latency.load(Ordering::Relaxed);
        if running > 0 {
            return running as usize - 1;
        }
        let rate = f64::from_bits(self.audio.rate.load(Ordering::Relaxed));
        self.loader.expected_latency(rate, offline).total
    }

    /// Frames for which the sound goes on after its input, at most. Never waits.
    pub(crate) fn tail(&self) -> u32 {
        self.audio.tail.load(Ordering::Relaxed)
    }
}

/// Sets a new instance to the player's own preset, or says why not.
fn open_default(preset: &PresetPath, loader: &Loader) {
    let opened =
        presets::folder().and_then(|root| presets::open(&loader.rig, &preset.within(&root), 0));
    // Nobody has changed anything.
    loader.rig.is_as_saved();
    if let Err(failure) = opened {
        let name = preset.name();
        loader.say(Message::error(format!(
            "New instances are to open your preset {name}, but it cannot be opened: {failure}. Choose another one, or save it again."
        )));
    }
}

impl Drop for Instance {
    fn drop(&mut self) {
        let deadline = Instant::now() + thread_end::LONGEST_WAIT;
        // First: what arrives in this moment is still to be remembered by the library.
        self.loader.end(deadline - LIBRARYS_SHARE);
        self.presets.end(deadline - LIBRARYS_SHARE / 2);
        self.library.end(deadline);
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use serde_json::json;

    use super::*;
    use crate::session::host_link::Request;

    /// A preset of new instances with this text, in a bank of that name, and an instance.
    fn opened(bank: &str, text: &str) -> (Arc<Instance>, String) {
        let preset = PresetPath::read(&format!("{bank}/Mine.gridleak")).unwrap();
        let path = preset.within(&presets::folder().unwrap());
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
        let (instance, _) = Instance::new();
        open_default(&preset, &instance.loader);
        let said = instance.loader.shown();
        let said = said.message().map(|message| message.text.clone());
        (instance, said.unwrap_or_default())
    }

    #[test]
    fn a_new_instance_opens_the_player_s_own_preset() {
        let document = json!({
            "gridleak": 1, "kind": "rig", "settings": {"input": 2.5, "interface_level": 30.0},
            "slots": [{"capture": {"builtin": "lead"}}],
        });
        let (instance, said) = opened("default", &document.to_string());
        assert_eq!(said, "");
        let dbu = Settings::default().levels.interface_dbu;
        assert_eq!(instance.value(ParameterId::Input), 2.5);
        assert_eq!(instance.value(ParameterId::InterfaceLevel), dbu);
        assert_eq!(instance.rig.preset().unwrap().name, "Mine");
        assert!(!instance.loader.history().lock().can_undo());
        assert!(!instance.link.take().has(Request::ProjectChanged));
        // What a project leaves out is as without it.
        instance.load(b"{\"gridleak\": 1}").unwrap();
        assert_eq!(instance.value(ParameterId::Input), 0.0);
    }

    #[test]
    fn a_preset_that_rendering_steps_to_plays_from_the_very_next_block() {
        let root = presets::folder().unwrap().join("rendered");
        fs::create_dir_all(&root).unwrap();
        for (input, name) in [(1.0, "a"), (2.0, "b")] {
            let text = json!({"gridleak": 1, "settings": {"input": input}}).to_string();
            fs::write(root.join(format!("{name}.gridleak")), text).unwrap();
        }
        let (instance, mut player) = Instance::new();
        let setlist = root.join("Gig.gridleak-setlist");
        let presets = json!(["rendered/a.gridleak", "rendered/b.gridleak"]);
        let text = json!({"gridleak": 1, "kind": "setlist", "presets": presets}).to_string();
        fs::write(&setlist, text).unwrap();
        let setlist = PresetPath::read("rendered/Gig.gridleak-setlist");
        instance.preset(PresetAction::ChooseSetlist(setlist));
        player.activate(48_000.0, 1, 1, true);
        let mut block = |down: bool| {
            instance.set(ParameterId::NextPreset, f32::from(down));
            player.begin_block(64);
            player.process(&mut [&mut [0.0; 64]]);
            player.end_block();
            instance.value(ParameterId::Input)
        };
        let heard: Vec<_> = [false, true, true, false, true].map(&mut block).into();
        assert_eq!(heard, [0.0, 1.0, 1.0, 1.0, 2.0]);
    }

    #[test]
    fn a_new_instance_whose_preset_is_broken_is_as_without_one_and_says_why() {
        let (instance, said) = opened("broken default", "{}");
        for word in ["your preset Mine", "Mine.gridleak: ", "Choose another one"] {
            assert!(said.contains(word), "{said}");
        }
        assert_eq!(instance.value(ParameterId::Input), 0.0);
        assert_eq!(instance.rig.preset(), None);
    }
}
