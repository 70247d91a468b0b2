//! What a user and a host have of the loader, without either.

use std::path::Path;
use std::time::Duration;

use gridleak_core::{BuildId, Chain, OutputMode, Oversampling, ParameterId, Settings};

use super::orders::KEPT_FOR;
use super::thread::TIDYING;
use super::*;

mod slots;

use crate::session::handover::{AudioEnd, handover};
use crate::session::history::Change;
use crate::session::references::Source;

pub(super) const CONFIG: ProcessConfig = ProcessConfig {
    rate: 48_000.0,
    inputs: 1,
    outputs: 1,
    latency: 0,
    pedal_latency: 0,
};

impl Loader {
    fn open_file(self: &Arc<Self>, part: Part, path: PathBuf) {
        self.open(part, Origin::File(path));
    }
}

fn new_loader(end: LoaderEnd, link: Arc<HostLink>) -> Arc<Loader> {
    let library = Library::new(|| {});
    Loader::new(end, library, link, Arc::default(), Settings::default())
}

/// An instance without a host.
pub(super) struct Instance {
    pub(super) rig: Arc<SharedRig>,
    pub(super) link: Arc<HostLink>,
    pub(super) loader: Arc<Loader>,
    audio: AudioEnd,
    chain: Chain,
    cab: bool,
}

impl Instance {
    pub(super) fn new() -> Self {
        let (audio, end) = handover();
        let link = Arc::<HostLink>::default();
        let loader = new_loader(end, link.clone());
        Instance {
            rig: loader.rig.clone(),
            link,
            loader,
            audio,
            chain: Chain::new(CONFIG),
            cab: false,
        }
    }

    pub(super) fn active() -> Self {
        let mut instance = Self::new();
        instance.loader.activate(CONFIG, false);
        instance.settle();
        instance
    }

    /// Starts the audio in another config, with nothing loaded.
    fn restart(&mut self, config: ProcessConfig) {
        self.chain = Chain::new(config);
        self.loader.activate(config, false);
        self.settle();
    }

    /// Parameters as the host has them, but for what would change a steady level.
    fn settings(&self) -> Settings {
        let mut settings = self.rig.settings();
        settings.levels.mode = OutputMode::Raw;
        settings.gate.on = false;
        settings.tone.on = false;
        settings.dc_blocker = false;
        settings.cab.on = self.cab;
        settings
    }

    /// Has the chain play as it is set.
    fn set_chain(&mut self) {
        for slot in 0..SLOTS {
            self.chain.set_slot(slot, &self.rig.slot_settings(slot));
        }
        self.chain.set(&self.settings());
    }

    /// Waits until all orders are carried out.
    fn wait(&self) {
        let order = self.loader.newest_order();
        let started = Instant::now();
        while !self.loader.has_carried_out(order) {
            assert!(started.elapsed() < Duration::from_secs(60), "no answer");
            std::thread::sleep(Duration::from_millis(1));
        }
    }

    /// Waits until all orders are carried out, and plays what came of them.
    pub(super) fn settle(&mut self) {
        self.wait();
        for _ in 0..40 {
            self.audio.exchange(&mut self.chain);
            self.set_chain();
            self.chain.process(&mut [&mut [0.1; 1024]]);
        }
    }

    /// What a steady input of 0.1 comes out as, in the end. The loader is not asked.
    pub(super) fn level(&mut self) -> f32 {
        self.set_chain();
        let mut block = [0.1; 9600];
        self.chain.process(&mut [&mut block]);
        block[9599]
    }

    /// Does what a user does to a parameter.
    fn set(&self, which: ParameterId, plain: f32) {
        self.rig.set(which, plain);
    }

    /// Whether the host was asked to start the audio anew since the last look.
    fn asked_for_restart(&self) -> bool {
        self.link.take().has(Request::Restart)
    }

    fn ask_for_slot(&self, slot: usize) {
        self.set(ParameterId::Slot, slot as f32);
    }

    /// The number of the amp in the first slot.
    pub(super) fn chain_amp(&self) -> Option<BuildId> {
        self.chain.amp_id(0)
    }

    /// The numbers of the amps and the cabinets in both slots.
    fn ids(&self) -> [Option<BuildId>; 4] {
        let chain = &self.chain;
        [
            chain.amp_id(0),
            chain.amp_id(1),
            chain.cab_id(0),
            chain.cab_id(1),
        ]
    }

    pub(super) fn message(&self) -> String {
        let shown = self.loader.shown();
        shown.message().map_or(String::new(), |m| m.text.clone())
    }
}

impl Drop for Instance {
    fn drop(&mut self) {
        self.loader.end(Instant::now() + Duration::from_secs(20));
    }
}

/// Writes a capture that multiplies by `gain`.
pub(super) fn write(folder: &Path, name: &str, gain: f32, rate: u32) -> PathBuf {
    let path = folder.join(name);
    let text = format!(
        r#"{{"version":"0.5.4","architecture":"Linear","config":{{"receptive_field":1,"bias":false}},
            "weights":[{gain}],"sample_rate":{rate},"metadata":{{"loudness":-18.0}}}}"#
    );
    std::fs::write(&path, text).unwrap();
    path
}

fn folder() -> tempfile::TempDir {
    tempfile::tempdir().unwrap()
}

#[test]
fn a_new_instance_plays_the_first_built_in_capture() {
    let mut instance = Instance::active();
    assert!(instance.chain.amp_id(0).is_some());
    assert_eq!(instance.message(), "");
    instance.loader.step(Part::CAPTURE, Step::Next);
    instance.settle();
    let (_, saved) = instance.rig.part(Part::CAPTURE).current();
    assert_eq!(saved.source, Source::BuiltIn("lead".into()));
}

#[test]
fn what_the_user_opens_plays_and_what_is_broken_does_not() {
    let folder = folder();
    let mut instance = Instance::active();
    let good = write(folder.path(), "good.nam", 0.5, 48_000);
    instance.loader.open_file(Part::CAPTURE, good.clone());
    instance.settle();
    assert_eq!(instance.level(), 0.05);
    assert_eq!(instance.loader.shown().parts[0].file(), Some(&*good));

    let (generation, saved) = instance.rig.part(Part::CAPTURE).current();
    for (name, content) in [("bad.nam", "{}"), ("empty.nam", ""), ("text.nam", "hello")] {
        std::fs::write(folder.path().join(name), content).unwrap();
        instance
            .loader
            .open_file(Part::CAPTURE, folder.path().join(name));
        instance.settle();
        assert!(instance.message().contains(name), "{}", instance.message());
        assert_eq!(instance.level(), 0.05, "the old capture plays on");
        assert_eq!(
            instance.rig.part(Part::CAPTURE).current(),
            (generation, saved.clone())
        );
    }
    instance
        .loader
        .open_file(Part::CAPTURE, folder.path().join("gone.nam"));
    instance.settle();
    assert!(
        instance.message().contains("gone"),
        "{}",
        instance.message()
    );
    instance.loader.open_file(Part::CAPTURE, good);
    instance.settle();
    assert_eq!(
        instance.message(),
        "",
        "what works again has nothing to say"
    );
}

#[test]
fn what_is_said_of_the_first_choice_of_all_stays() {
    let folder = folder();
    let instance = Instance::new();
    for part in Part::all() {
        let path = folder.path().join(format!("{}.gone", part.index()));
        instance.loader.open_file(part, path);
    }
    instance.wait();
    for part in Part::all() {
        let message = instance.message();
        assert!(
            message.contains(&format!("{}.gone", part.index())),
            "{message}"
        );
        instance.loader.dismiss_message();
    }
}

#[test]
fn a_project_whose_file_is_missing_keeps_its_reference_and_sounds() {
    let folder = folder();
    let mut instance = Instance::new();
    let missing = SavedPart::file(&folder.path().join("lost.nam"));
    instance.rig.part(Part::CAPTURE).choose(missing.clone());
    instance.loader.activate(CONFIG, false);
    instance.settle();
    assert!(
        instance.chain.amp_id(0).is_some(),
        "the built-in capture sounds"
    );
    assert!(instance.message().contains("lost.nam"));
    assert_eq!(
        instance.loader.shown().parts[0].name.as_deref(),
        Some("lost")
    );
    assert_eq!(instance.rig.part(Part::CAPTURE).current().1, missing);
}

#[test]
fn a_thousand_steps_end_at_the_right_file_with_few_loads() {
    let folder = folder();
    for n in 0..1000 {
        write(
            folder.path(),
            &format!("{n:04}.nam"),
            0.001 * n as f32,
            48_000,
        );
    }
    let mut instance = Instance::active();
    instance
        .loader
        .open_file(Part::CAPTURE, folder.path().join("0000.nam"));
    instance.settle();
    let before = instance.chain.amp_id(0).unwrap();
    for _ in 0..1250 {
        instance.loader.step(Part::CAPTURE, Step::Next);
    }
    for _ in 0..10 {
        instance.loader.step(Part::CAPTURE, Step::Previous);
    }
    instance.settle();
    let file = instance.loader.shown().parts[0].file().unwrap().to_owned();
    assert_eq!(file, folder.path().join("0240.nam"));
    assert!((instance.level() - 0.1 * 0.24).abs() < 1e-6);
    assert!(instance.chain.amp_id(0).unwrap() > before);
}

#[test]
fn audio_that_stops_and_starts_again_has_its_rig_at_once() {
    let folder = folder();
    let mut instance = Instance::active();
    let b = write(folder.path(), "b.nam", 0.5, 48_000);
    instance.loader.open_file(Part::OTHER_CAPTURE, b);
    instance.settle();
    let ids = instance.ids();
    assert!(ids.iter().all(Option::is_some));
    let stop = |instance: &mut Instance| {
        let Instance { loader, chain, .. } = instance;
        loader.keep(std::iter::from_fn(|| chain.take_any()));
        loader.deactivate();
    };
    stop(&mut instance);
    instance.chain = Chain::new(CONFIG);
    for kept in instance.loader.take_kept(CONFIG) {
        assert!(instance.chain.load(kept).is_ok());
    }
    assert_eq!(instance.ids(), ids);
    instance.loader.activate(CONFIG, false);
    instance.settle();
    assert_eq!(instance.ids(), ids, "nothing was built");
    stop(&mut instance);
    let other = ProcessConfig {
        rate: 96_000.0,
        ..CONFIG
    };
    let kept = instance.loader.take_kept(other);
    assert!(kept.is_empty(), "that is another sound");
}

#[test]
fn some_time_after_audio_has_stopped_nothing_is_left() {
    let mut instance = Instance::active();
    let kept = instance.chain.take_any();
    instance.loader.keep(kept);
    instance.loader.deactivate();
    let stopped = Instant::now();
    while instance.loader.orders.inbox.lock().running {
        assert!(stopped.elapsed() < Duration::from_secs(60), "it runs on");
        std::thread::sleep(Duration::from_millis(5));
    }
    assert!(
        stopped.elapsed() > KEPT_FOR / 2,
        "it was to be kept a while"
    );
    assert!(instance.loader.orders.inbox.lock().kept.is_empty());
    instance.loader.activate(CONFIG, false);
    instance.settle();
    assert!(
        instance.chain.amp_id(0).is_some(),
        "and then it begins anew"
    );
}

#[test]
fn a_capture_that_is_later_than_announced_waits_for_the_host() {
    let folder = folder();
    let mut instance = Instance::active();
    let ticket = instance.chain.amp_id(0);
    instance
        .loader
        .open_file(Part::CAPTURE, write(folder.path(), "slow.nam", 0.5, 44_100));
    instance.settle();
    assert_eq!(instance.chain.amp_id(0), ticket, "the old one plays on");
    assert!(instance.asked_for_restart());
    assert!(!instance.asked_for_restart(), "the host is asked once");
    assert_eq!(
        instance.loader.expected_latency(CONFIG.rate, false).total,
        gridleak_core::latency(CONFIG.rate, 44_100.0)
    );
    assert!(
        instance.message().contains("44100 Hz"),
        "{}",
        instance.message()
    );

    let latency = gridleak_core::latency(CONFIG.rate, 44_100.0);
    let config = ProcessConfig { latency, ..CONFIG };
    instance.restart(config);
    assert!((instance.level() - 0.05).abs() < 1e-5);
    // One that needs less is delayed to the same latency.
    instance.loader.open_file(
        Part::CAPTURE,
        write(folder.path(), "fast.nam", 0.25, 48_000),
    );
    instance.settle();
    assert!((instance.level() - 0.025).abs() < 1e-5);
    assert!(!instance.asked_for_restart());
}

#[test]
fn a_project_can_carry_its_capture() {
    let folder = folder();
    let mut instance = Instance::active();
    assert_eq!(
        instance.loader.embedding(),
        None,
        "built-in ones need no file"
    );
    let path = write(folder.path(), "mine.nam", 0.5, 48_000);
    instance.loader.open_file(Part::CAPTURE, path.clone());
    instance.settle();
    assert_eq!(instance.loader.embedding(), Some((false, 0)));
    instance.loader.embed(true);
    instance.settle();
    assert!(matches!(instance.loader.embedding(), Some((true, 1..))));
    let (_, saved) = instance.rig.part(Part::CAPTURE).current();
    std::fs::remove_file(&path).unwrap();
    let mut other = Instance::new();
    other.rig.part(Part::CAPTURE).choose(saved);
    other.loader.activate(CONFIG, false);
    other.settle();
    assert_eq!(other.level(), 0.05);
    assert!(
        other.message().contains("copy in the project"),
        "{}",
        other.message()
    );
    other.loader.embed(false);
    other.settle();
    assert_eq!(other.loader.embedding(), Some((false, 0)));
}

#[test]
fn what_is_said_of_a_project_waits_until_it_was_read() {
    let instance = Instance::active();
    let saved = instance.rig.save();
    let mut project: serde_json::Value = serde_json::from_slice(&saved).unwrap();
    project["from the future"] = true.into();
    project["slots"][0]["cab"] = SavedPart::file(Path::new("/nowhere/at/all.wav")).write();
    let project = project.to_string();
    instance.rig.load(project.as_bytes()).unwrap();
    let mut instance = instance;
    instance.settle();
    assert!(
        instance.message().contains("all.wav"),
        "{}",
        instance.message()
    );
    instance.loader.dismiss_message();
    let message = instance.message();
    assert!(message.contains("from the future"), "{message}");
    instance.loader.dismiss_message();
    assert_eq!(instance.message(), "");
}

#[test]
fn changes_of_files_are_told_to_the_host_and_nothing_else() {
    let folder = folder();
    let mut instance = Instance::active();
    let path = write(folder.path(), "mine.nam", 0.5, 48_000);
    let mut changes = |act: &dyn Fn(&Instance)| {
        act(&instance);
        instance.settle();
        instance.link.take().has(Request::ProjectChanged)
    };
    let open = |name| {
        let path = folder.path().join(name);
        move |instance: &Instance| instance.loader.open_file(Part::CAPTURE, path.clone())
    };
    assert!(changes(&open("mine.nam")));
    assert!(!changes(&open("gone.nam")));
    assert!(changes(&|instance| instance.loader.embed(true)));
    let stepped = |instance: &Instance| instance.loader.step(Part::CAB, Step::Next);
    assert!(changes(&stepped));
    assert!(changes(&|instance| instance.loader.clear(Part::CAB)));
    let back = |instance: &Instance| {
        let Some(Change::Parts(parts)) = instance.loader.history().lock().undo() else {
            panic!("no change of a file");
        };
        for change in parts {
            instance.loader.put_back(change.part, change.after);
        }
    };
    assert!(changes(&back));
    let loaded = SavedPart::file(&path).write();
    let load = |instance: &Instance| instance.rig.load_part(Part::CAPTURE, loaded.clone());
    assert!(!changes(&load));
}

/// Writes an impulse response of one sample.
pub(super) fn write_response(folder: &Path, name: &str, sample: f32) -> PathBuf {
    write_late_response(folder, name, sample, 0)
}

/// The same behind so many samples of silence.
fn write_late_response(folder: &Path, name: &str, sample: f32, silence: usize) -> PathBuf {
    let path = folder.join(name);
    let spec = hound::WavSpec {
        channels: 1,
        sample_rate: 48_000,
        bits_per_sample: 32,
        sample_format: hound::SampleFormat::Float,
    };
    let mut wav = hound::WavWriter::create(&path, spec).unwrap();
    for _ in 0..silence {
        wav.write_sample(0.0f32).unwrap();
    }
    wav.write_sample(sample).unwrap();
    wav.finalize().unwrap();
    path
}

/// Writes a capture like that at `bare`, but made of an amp with its cabinet.
fn write_with_cab(folder: &Path, bare: &Path) -> PathBuf {
    let path = folder.join("with cab.nam");
    let text = std::fs::read_to_string(bare).unwrap();
    let text = text.replace("-18.0", "-18.0,\"gear_type\":\"amp_cab\"");
    std::fs::write(&path, text).unwrap();
    path
}

/// What the official plugin turns an impulse response down by.
const CAB_GAIN: f32 = 0.125_892_54;

#[test]
fn a_pedal_plays_before_the_capture_until_it_is_taken_away() {
    let folder = folder();
    let mut instance = Instance::active();
    let amp = write(folder.path(), "amp.nam", 0.5, 48_000);
    let pedal = write(folder.path(), "pedal.nam", 3.0, 48_000);
    instance.loader.open_file(Part::CAPTURE, amp);
    instance.loader.open_file(Part::PEDAL, pedal.clone());
    instance.settle();
    assert!((instance.level() - 0.15).abs() < 1e-6, "both came at once");
    let shown = instance.loader.shown();
    assert_eq!(
        shown.parts[Part::PEDAL.index()].file().map(Path::to_owned),
        Some(pedal)
    );
    let latency = instance.loader.expected_latency(44_100.0, false);
    let each = gridleak_core::latency(44_100.0, 48_000.0);
    assert_eq!((latency.total, latency.pedal), (2 * each, each));
    instance.loader.clear(Part::PEDAL);
    instance.settle();
    assert!((instance.level() - 0.05).abs() < 1e-6);
    assert_eq!(
        instance.loader.shown().parts[Part::PEDAL.index()].name,
        None
    );
}

#[test]
fn a_cabinet_of_ours_stands_behind_captures_that_have_none() {
    let folder = folder();
    let mut instance = Instance::active();
    let bare = write(folder.path(), "bare.nam", 1.0, 48_000);
    let with_cab = write_with_cab(folder.path(), &bare);
    let heard = |instance: &mut Instance, path: &Path| {
        instance.loader.open_file(Part::CAPTURE, path.to_owned());
        instance.settle();
        // Of a steady input, a cabinet lets nothing through.
        instance.cab = true;
        let mut settle = vec![0.1; 48_000];
        instance.chain.process(&mut [&mut settle]);
        instance.level()
    };
    assert!(heard(&mut instance, &bare).abs() < 0.02);
    assert_eq!(heard(&mut instance, &with_cab), 0.1);
    assert!(heard(&mut instance, &bare).abs() < 0.02);
    // What the user chooses stays.
    instance
        .loader
        .open_file(Part::CAB, write_response(folder.path(), "own.wav", 0.5));
    let own = 0.1 * 0.5 * CAB_GAIN;
    assert!((heard(&mut instance, &bare) - own).abs() < 1e-6);
    assert!((heard(&mut instance, &with_cab) - own).abs() < 1e-6);
    instance.loader.clear(Part::CAB);
    assert_eq!(heard(&mut instance, &bare), 0.1);
    instance.loader.choose_cab_by_capture(0);
    assert!(heard(&mut instance, &bare).abs() < 0.02);
}

#[test]
fn what_is_no_cabinet_leaves_the_old_one_and_what_is_gone_is_remembered() {
    let folder = folder();
    let mut instance = Instance::active();
    instance.cab = true;
    instance
        .loader
        .open_file(Part::CAPTURE, write(folder.path(), "a.nam", 1.0, 48_000));
    instance
        .loader
        .open_file(Part::CAB, write_response(folder.path(), "good.wav", 1.0));
    instance.loader.open_file(
        Part::SECOND_CAB,
        write_response(folder.path(), "other.wav", 0.5),
    );
    instance.settle();
    let blend = 0.1 * 0.75 * CAB_GAIN;
    let level = instance.level();
    assert!((level - blend).abs() < 1e-6, "half of each: {level}");
    for (name, content) in [
        ("bad.wav", &b"RIFF0000WAVEjunk"[..]),
        ("text.wav", b"hello"),
    ] {
        std::fs::write(folder.path().join(name), content).unwrap();
        instance
            .loader
            .open_file(Part::CAB, folder.path().join(name));
        instance.settle();
        assert!(instance.message().contains(name), "{}", instance.message());
        assert!(
            (instance.level() - blend).abs() < 1e-6,
            "the old one plays on"
        );
    }
    instance.loader.step(Part::CAB, Step::Next);
    instance.settle();
    let (_, saved) = instance.rig.part(Part::CAB).current();
    assert!(
        saved.name() == "good" || saved.name() == "other",
        "from the bad one on"
    );

    let missing = SavedPart::file(&folder.path().join("lost.wav"));
    instance.rig.part(Part::CAB).choose(missing.clone());
    instance.settle();
    assert!(instance.message().contains("lost.wav"));
    assert_eq!(instance.rig.part(Part::CAB).current().1, missing);
    instance.loader.dismiss_message();
    assert_eq!(instance.message(), "");
}

#[test]
fn what_is_made_of_a_response_is_said_once_and_stays_true() {
    let folder = folder();
    let mut instance = Instance::active();
    let load = |instance: &mut Instance, part, path: &Path| {
        instance.loader.open_file(part, path.to_owned());
        instance.settle();
    };
    let late = write_late_response(folder.path(), "late.wav", 1.0, 4800);
    let first = write_response(folder.path(), "first.wav", 1.0);
    load(&mut instance, Part::CAB, &late);
    let left_out = "late.wav begins with 100 ms of silence, which is left out.";
    assert_eq!(instance.message(), left_out);
    instance.loader.dismiss_message();
    // Another part is no reason to say it again.
    load(
        &mut instance,
        Part::PEDAL,
        &write(folder.path(), "pedal.nam", 1.0, 48_000),
    );
    assert_eq!(instance.message(), "");
    load(&mut instance, Part::SECOND_CAB, &first);
    assert!(
        instance
            .message()
            .contains("100 ms of silence, which is kept")
    );
    instance.loader.clear(Part::SECOND_CAB);
    instance.settle();
    assert_eq!(instance.message(), left_out);
    // Whoever loads it anew is told anew.
    instance.loader.dismiss_message();
    load(&mut instance, Part::CAB, &late);
    assert_eq!(instance.message(), left_out);
    load(&mut instance, Part::CAB, &first);
    assert_eq!(instance.message(), "");
}

#[test]
fn one_message_is_dismissed_at_a_time() {
    let folder = folder();
    let mut instance = Instance::active();
    for (part, name) in [(Part::CAPTURE, "a.nam"), (Part::CAB, "b.wav")] {
        instance.loader.open_file(part, folder.path().join(name));
    }
    instance.settle();
    for name in ["a.nam", "b.wav"] {
        assert!(instance.message().contains(name), "{}", instance.message());
        instance.loader.dismiss_message();
    }
    assert_eq!(instance.message(), "");
}

/// Has the thread end, as some time after the host has stopped the audio.
fn sleep(instance: &Instance) {
    instance.loader.deactivate();
    instance.loader.orders.inbox.lock().last_order = None;
    instance.loader.orders.wake.notify_all();
    let started = Instant::now();
    while instance.loader.orders.inbox.lock().running {
        assert!(started.elapsed() < Duration::from_secs(60), "it runs on");
        std::thread::yield_now();
    }
}

#[test]
fn what_was_said_and_answered_is_known_when_the_audio_starts_again() {
    let folder = folder();
    let mut instance = Instance::active();
    let amp = write(folder.path(), "amp.nam", 0.5, 48_000);
    instance.loader.open_file(Part::CAPTURE, amp);
    let late = write_late_response(folder.path(), "late.wav", 1.0, 4800);
    instance.loader.open_file(Part::CAB, late);
    instance.settle();
    let again = |instance: &mut Instance| {
        sleep(instance);
        instance.loader.activate(CONFIG, false);
        instance.settle();
    };
    let left_out = "late.wav begins with 100 ms of silence, which is left out.";
    again(&mut instance);
    assert_eq!(instance.message(), left_out, "nobody has read it");
    instance.loader.dismiss_message();
    again(&mut instance);
    assert_eq!(instance.message(), "");
    // Another file takes the place of one, and the user wants the old one to be looked for.
    write(folder.path(), "amp.nam", 0.25, 48_000);
    again(&mut instance);
    assert!(instance.loader.shown().question().is_some());
    instance.loader.keep_looking(Part::CAPTURE);
    instance.settle();
    again(&mut instance);
    assert!(instance.loader.shown().question().is_none());
}

#[test]
fn files_go_into_the_project_of_whoever_asked_for_it() {
    let folder = folder();
    let theirs = write(folder.path(), "theirs.nam", 0.5, 48_000);
    let mine = write(folder.path(), "mine.nam", 0.25, 48_000);
    let mut instance = Instance::active();
    let keeps = |instance: &Instance| instance.loader.embedding().unwrap();
    instance.loader.open_file(Part::CAPTURE, theirs.clone());
    instance.loader.embed(true);
    instance.settle();
    let state = instance.rig.part(Part::CAPTURE).current().1.write();
    instance.loader.open_file(Part::CAPTURE, mine.clone());
    instance.settle();
    assert!(keeps(&instance).0);

    instance.rig.load_part(Part::CAPTURE, state.clone());
    instance.settle();
    assert!(keeps(&instance).0);
    instance.loader.open_file(Part::CAPTURE, mine);
    instance.settle();
    assert_eq!(keeps(&instance), (false, 0));

    // A copy that is none of the file is no copy.
    let mut damaged = state;
    damaged["embedded"] = "AAAA".into();
    instance.rig.load_part(Part::CAPTURE, damaged);
    instance.settle();
    assert_eq!(instance.level(), 0.05);
    assert_eq!(keeps(&instance), (false, 0));
    let message = instance.message();
    assert!(message.contains("was damaged, so it is gone"), "{message}");
}

#[test]
fn another_oversampling_is_another_latency_and_asks_the_host_for_it() {
    let mut instance = Instance::active();
    let ticket = instance.chain.amp_id(0);
    let latency = |instance: &Instance| instance.loader.expected_latency(CONFIG.rate, false).total;
    assert_eq!(latency(&instance), 0);
    instance.rig.set(
        ParameterId::Oversampling,
        f32::from(Oversampling::Four as u8),
    );
    let started = Instant::now();
    while !instance.asked_for_restart() {
        assert!(started.elapsed() < Duration::from_secs(20), "nobody asked");
        std::thread::sleep(Duration::from_millis(5));
    }
    instance.settle();
    assert_eq!(instance.chain.amp_id(0), ticket, "the old sound until then");
    let config = ProcessConfig {
        latency: latency(&instance),
        ..CONFIG
    };
    let least = gridleak_core::latency(48_000.0, 4.0 * 48_000.0);
    assert!((least..=least + 1).contains(&config.latency));
    instance.restart(config);
    assert!(instance.chain.amp_id(0).is_some());
    assert_eq!(instance.message(), "");
    // While the host renders, it may be another one.
    assert_eq!(
        instance.loader.expected_latency(CONFIG.rate, true).total,
        config.latency
    );
}

#[test]
fn a_capture_that_cannot_be_oversampled_plays_all_the_same() {
    // At 96 kHz twice the rate needs no conversion, but this one plays at its own.
    let folder = folder();
    let mut instance = Instance::new();
    let linear = write(folder.path(), "linear.nam", 0.5, 48_000);
    instance
        .rig
        .part(Part::CAPTURE)
        .choose(SavedPart::file(&linear));
    instance.rig.set(
        ParameterId::Oversampling,
        f32::from(Oversampling::Two as u8),
    );
    let config = ProcessConfig {
        rate: 96_000.0,
        latency: instance.loader.expected_latency(96_000.0, false).total,
        ..CONFIG
    };
    instance.restart(config);
    assert!((instance.level() - 0.05).abs() < 1e-5);
    assert_eq!(instance.message(), "");
}

#[test]
fn audio_that_starts_where_it_was_before_has_its_rig_although_nothing_was_kept() {
    let mut instance = Instance::active();
    let other = ProcessConfig {
        rate: 44_100.0,
        ..CONFIG
    };
    for config in [other, CONFIG] {
        // What plays is dropped, and for the other rate there is nothing: it is late.
        assert!(instance.loader.take_kept(config).is_empty());
        instance.restart(config);
    }
    assert!(instance.chain.amp_id(0).is_some());
    assert!(instance.chain.cab_id(0).is_some());
}

#[test]
fn oversampling_that_is_taken_back_leaves_nothing_behind() {
    let mut instance = Instance::active();
    let ticket = instance.chain.amp_id(0);
    let wait = |instance: &Instance, wanted: bool| {
        let started = Instant::now();
        while instance.message().is_empty() == wanted {
            assert!(started.elapsed() < Duration::from_secs(20), "no change");
            std::thread::sleep(Duration::from_millis(5));
        }
    };
    instance.rig.set(
        ParameterId::Oversampling,
        f32::from(Oversampling::Two as u8),
    );
    wait(&instance, true);
    assert!(instance.asked_for_restart());
    // The host does nothing about it, and is not asked for ever.
    std::thread::sleep(3 * TIDYING);
    assert!(!instance.asked_for_restart());
    instance.rig.set(
        ParameterId::Oversampling,
        f32::from(Oversampling::Off as u8),
    );
    wait(&instance, false);
    instance.settle();
    assert_eq!(instance.chain.amp_id(0), ticket);
    assert!(!instance.asked_for_restart());
}

#[test]
fn an_instance_can_go_while_it_loads() {
    let folder = folder();
    let text = include_str!("../../../../assets/lead.nam");
    for n in 0..20 {
        let path = folder.path().join(format!("{n}.nam"));
        std::fs::write(&path, text).unwrap();
        let instance = Instance::new();
        instance.loader.activate(CONFIG, false);
        instance.loader.open_file(Part::CAPTURE, path);
        std::thread::sleep(Duration::from_micros(150 * n));
        drop(instance);
    }
}

#[test]
fn a_thread_that_hangs_is_left_behind_and_drops_everything_when_it_ends() {
    let folder = folder();
    let path = write(folder.path(), "a.nam", 0.5, 48_000);
    let (audio, end) = handover();
    let loader = new_loader(end, Arc::default());
    loader.activate(CONFIG, false);
    let is_idle = || {
        let shown = loader.shown();
        let capture = shown.parts[Part::CAPTURE.index()].capture.as_ref();
        capture.is_some_and(|known| known.card.lines.iter().any(|(name, _)| *name == "CPU"))
    };
    let started = Instant::now();
    while !is_idle() {
        assert!(started.elapsed() < Duration::from_secs(60), "no answer");
        std::thread::yield_now();
    }
    // Stands for a file system that does not answer: the thread needs it once it has the file.
    let held_up = loader.clone();
    let hung = held_up.shown.lock();
    loader.open_file(Part::CAPTURE, path);
    let order = loader.newest_order();
    while !loader
        .orders
        .inbox
        .lock()
        .waiting
        .choices
        .iter()
        .all(Option::is_none)
    {
        std::thread::yield_now();
    }
    let started = Instant::now();
    loader.end(started + thread_end::LONGEST_WAIT);
    let waited = started.elapsed();
    assert!(waited < Duration::from_secs(1), "{waited:?}");
    assert!(!loader.has_carried_out(order));

    // The instance goes, with all that the host had of it.
    let held = (Arc::downgrade(&loader), Arc::downgrade(&loader.rig));
    drop((audio, loader));
    assert!(held.0.strong_count() > 1, "the thread works with it");
    drop(hung);
    drop(held_up);
    let started = Instant::now();
    while held.0.strong_count() > 0 || held.1.strong_count() > 0 {
        assert!(started.elapsed() < Duration::from_secs(20), "kept for good");
        std::thread::yield_now();
    }
}

fn assert_level(instance: &mut Instance, wanted: f32) {
    let level = instance.level();
    assert!(
        (level / wanted - 1.0).abs() < 1e-3,
        "{level} is not {wanted}"
    );
}

/// A steady level that an instance comes to once the loader has looked at the parameters.
fn level_comes_to(instance: &mut Instance, wanted: f32) {
    let started = Instant::now();
    loop {
        instance.settle();
        let level = instance.level();
        if (level / wanted - 1.0).abs() < 1e-3 {
            return;
        }
        let waited = started.elapsed();
        assert!(waited < Duration::from_secs(10), "{level} is not {wanted}");
    }
}

#[test]
fn a_slot_plays_when_it_is_asked_for_and_has_something_to_play() {
    let folder = folder();
    let mut instance = Instance::active();
    let open = |instance: &mut Instance, part, gain| {
        let path = write(folder.path(), &format!("{gain}.nam"), gain, 48_000);
        instance.loader.open_file(part, path);
        instance.settle();
    };
    open(&mut instance, Part::CAPTURE, 0.5);
    // As long as there is nothing in the second slot, the first plays on.
    instance.ask_for_slot(1);
    assert_level(&mut instance, 0.05);
    open(&mut instance, Part::OTHER_CAPTURE, 2.0);
    assert_level(&mut instance, 0.2);
    // From here on the loader is idle, and nothing is built.
    let ids = instance.ids();
    let order = instance.loader.newest_order();
    for (slot, level) in [(0, 0.05), (1, 0.2), (0, 0.05)] {
        instance.ask_for_slot(slot);
        assert_level(&mut instance, level);
    }
    instance.settle();
    assert_eq!(instance.ids(), ids);
    assert_eq!(instance.loader.newest_order(), order);
    // What is loaded into one leaves the other as it is.
    open(&mut instance, Part::CAPTURE, 0.25);
    assert_level(&mut instance, 0.025);
    assert_ne!(instance.ids()[0], ids[0]);
    assert_eq!(instance.ids()[1], ids[1]);
    instance.ask_for_slot(1);
    assert_level(&mut instance, 0.2);
    instance.loader.clear(Part::OTHER_CAPTURE);
    instance.settle();
    assert_level(&mut instance, 0.025);
    assert_eq!(instance.chain.amp_id(1), None);
    assert_eq!(instance.chain.cab_id(1), None);
}

#[test]
fn a_pedal_is_loaded_and_taken_away_and_nothing_else_is_built() {
    let folder = folder();
    let mut instance = Instance::active();
    let open = |instance: &mut Instance, part, gain: f32| {
        let path = write(folder.path(), &format!("{gain}.nam"), gain, 48_000);
        instance.loader.open_file(part, path);
        instance.settle();
    };
    open(&mut instance, Part::CAPTURE, 0.5);
    open(&mut instance, Part::OTHER_CAPTURE, 0.25);
    let ids = instance.ids();
    assert!(ids.iter().all(Option::is_some));
    let both = |instance: &mut Instance, pedal: f32| {
        for (slot, heard) in [(1, 0.25), (0, 0.5 * pedal)] {
            instance.ask_for_slot(slot);
            assert_level(instance, 0.1 * heard);
        }
        assert_eq!(instance.ids(), ids);
    };
    both(&mut instance, 1.0);
    open(&mut instance, Part::PEDAL, 3.0);
    both(&mut instance, 3.0);
    open(&mut instance, Part::PEDAL, 2.0);
    both(&mut instance, 2.0);
    instance.loader.clear(Part::PEDAL);
    instance.settle();
    both(&mut instance, 1.0);
}

#[test]
fn each_capture_has_the_cabinet_that_suits_it() {
    let folder = folder();
    let mut instance = Instance::active();
    let bare = write(folder.path(), "bare.nam", 1.0, 48_000);
    let with_cab = write_with_cab(folder.path(), &bare);
    instance.loader.open_file(Part::CAPTURE, bare.clone());
    instance
        .loader
        .open_file(Part::OTHER_CAPTURE, with_cab.clone());
    instance.cab = true;
    instance.settle();
    // Of a steady input, a cabinet lets nothing through.
    let heard = |instance: &mut Instance, slot| {
        instance.ask_for_slot(slot);
        let mut settle = vec![0.1; 48_000];
        instance.chain.set(&instance.settings());
        instance.chain.process(&mut [&mut settle]);
        instance.level()
    };
    assert!(heard(&mut instance, 0).abs() < 0.02);
    assert_eq!(heard(&mut instance, 1), 0.1);
    // They change places.
    instance.loader.open_file(Part::CAPTURE, with_cab);
    instance.loader.open_file(Part::OTHER_CAPTURE, bare);
    instance.settle();
    assert!(heard(&mut instance, 1).abs() < 0.02);
    assert_eq!(heard(&mut instance, 0), 0.1);
}

#[test]
fn nothing_is_lost_while_the_audio_sleeps() {
    let folder = folder();
    let mut instance = Instance::active();
    // More than the way there holds: the newest of each is what counts.
    for n in 1..=24u16 {
        let gain = f32::from(n) / 100.0;
        for (part, gain) in [(Part::CAPTURE, gain), (Part::OTHER_CAPTURE, gain + 0.5)] {
            let path = write(folder.path(), &format!("{gain}.nam"), gain, 48_000);
            instance.loader.open_file(part, path);
            instance.wait();
        }
    }
    let started = Instant::now();
    let comes_to = |instance: &mut Instance, wanted: f32| {
        while (instance.level() / wanted - 1.0).abs() > 1e-3 {
            assert!(started.elapsed() < Duration::from_secs(60), "not {wanted}");
            instance.settle();
        }
    };
    comes_to(&mut instance, 0.024);
    instance.ask_for_slot(1);
    comes_to(&mut instance, 0.074);
}

#[test]
fn a_pedal_that_is_later_than_announced_leaves_the_rest_playing() {
    let folder = folder();
    let mut instance = Instance::active();
    let amp = write(folder.path(), "amp.nam", 0.5, 48_000);
    instance.loader.open_file(Part::CAPTURE, amp);
    instance.settle();
    let ids = instance.ids();
    let pedal = write(folder.path(), "pedal.nam", 3.0, 44_100);
    instance.loader.open_file(Part::PEDAL, pedal);
    instance.settle();
    assert!(instance.asked_for_restart());
    let message = instance.message();
    assert!(message.contains("44100 Hz"), "{message}");
    assert_level(&mut instance, 0.05);
    assert_eq!(instance.ids(), ids);
    // What waited for the host is no longer wanted.
    instance.loader.clear(Part::PEDAL);
    instance.settle();
    assert_eq!(instance.message(), "");
    instance.loader.put_back(
        Part::PEDAL,
        SavedPart::file(&folder.path().join("pedal.nam")),
    );
    instance.settle();
    let latency = instance.loader.expected_latency(CONFIG.rate, false);
    assert_eq!(latency.total, latency.pedal);
    instance.restart(ProcessConfig {
        latency: latency.total,
        pedal_latency: latency.pedal,
        ..CONFIG
    });
    assert_eq!(instance.message(), "");
    assert_level(&mut instance, 0.15);
}

#[test]
fn knobs_have_the_names_of_the_capture_that_plays_and_turn_it() {
    use crate::capture_knobs::tests::with_knobs;
    let folder = folder();
    let path = folder.path().join("drive.nam");
    let names = serde_json::json!(["Drive", {"name": "Bias", "min": -5, "max": 5}]);
    std::fs::write(&path, with_knobs(names)).unwrap();
    let mut instance = Instance::active();
    instance.loader.open_file(Part::CAPTURE, path);
    instance.settle();
    let texts = |instance: &Instance| {
        let text = |index: usize| {
            let row = ParameterId::KNOBS[index].row();
            instance.rig.text(row.which, 0.5)
        };
        [0, 1, 2, 3].map(text)
    };
    assert_eq!(texts(&instance), ["Drive 0.50", "Bias 0.0", "0.50", "0.50"]);
    let shown = instance.loader.shown().parts[0].capture.clone().unwrap();
    assert_eq!(shown.knobs.len(), 2);
    for (drive, wanted) in [(0.5, 0.35), (1.0, 0.6), (0.0, 0.1)] {
        instance.set(ParameterId::Knob1, drive);
        assert!(
            (instance.level() - wanted).abs() < 1e-5,
            "{drive}: {}",
            instance.level()
        );
    }

    // What is loaded later has them as they stand, and a pedal has its own.
    let rig = instance.rig.clone();
    rig.set(ParameterId::Knob1, 1.0);
    let plain = write(folder.path(), "plain.nam", 0.5, 48_000);
    instance.loader.open_file(Part::OTHER_CAPTURE, plain);
    instance.settle();
    assert_eq!(texts(&instance)[0], "Drive 0.50");
    rig.set(ParameterId::Slot, 1.0);
    instance.loader.look();
    let started = Instant::now();
    while texts(&instance)[0] != "0.50" {
        assert!(
            started.elapsed() < Duration::from_secs(60),
            "A is still named"
        );
        instance.settle();
    }
    // Nor does that take audio.
    instance.loader.deactivate();
    instance.settle();
    rig.set(ParameterId::Slot, 0.0);
    let started = Instant::now();
    while texts(&instance)[0] != "Drive 0.50" {
        assert!(
            started.elapsed() < Duration::from_secs(4),
            "B is still named"
        );
        std::thread::yield_now();
    }
    instance.loader.activate(CONFIG, false);
    instance.settle();

    let (_, saved) = instance.rig.part(Part::CAPTURE).current();
    let unnamed = folder.path().join("unnamed.nam");
    std::fs::write(&unnamed, with_knobs(serde_json::json!(["Drive", ""]))).unwrap();
    instance.loader.open_file(Part::CAPTURE, unnamed.clone());
    instance.settle();
    let message = instance.message();
    assert!(
        message.contains("unnamed.nam") && message.contains("needs a name"),
        "{message}"
    );
    let (_, after) = instance.rig.part(Part::CAPTURE).current();
    assert_eq!(after, saved);
    instance.loader.dismiss_message();
    instance.loader.open_file(Part::PEDAL, unnamed);
    instance.settle();
    assert!(instance.message().contains("needs a name"));
    instance.loader.dismiss_message();
    let pedal = folder.path().join("drive.nam");
    instance.loader.open_file(Part::PEDAL, pedal);
    instance.settle();
    let message = instance.message();
    assert!(message.starts_with("drive has knobs"), "{message}");
}

#[test]
fn a_switch_between_a_and_b_needs_no_other_latency() {
    let folder = folder();
    let mut instance = Instance::active();
    let path = write(folder.path(), "a.nam", 0.5, 44_100);
    instance.loader.open_file(Part::OTHER_CAPTURE, path);
    instance.settle();
    let late = gridleak_core::latency(48_000.0, 44_100.0);
    let expected = instance.loader.expected_latency(48_000.0, false);
    assert_eq!((expected.total, expected.pedal), (late, 0));
}

#[test]
fn buttons_of_the_host_step_through_the_folder_of_what_plays() {
    let folder = folder();
    let mut instance = Instance::active();
    for (name, gain) in [("1.nam", 0.1), ("2.nam", 0.2), ("3.nam", 0.3)] {
        write(folder.path(), name, gain, 48_000);
    }
    let open = |instance: &Instance, part, name| {
        instance.loader.open_file(part, folder.path().join(name));
    };
    open(&instance, Part::CAPTURE, "1.nam");
    level_comes_to(&mut instance, 0.01);
    instance.loader.step_soon(Part::CAPTURE, Step::Next, 0);
    level_comes_to(&mut instance, 0.02);
    instance.loader.step_soon(Part::CAPTURE, Step::Previous, 0);
    instance.loader.step_soon(Part::CAPTURE, Step::Previous, 0);
    level_comes_to(&mut instance, 0.03);
    instance.rig.set(ParameterId::Slot, 1.0);
    open(&instance, Part::OTHER_CAPTURE, "3.nam");
    level_comes_to(&mut instance, 0.03);
    let other = Part::OTHER_CAPTURE;
    instance.loader.step_soon(other, Step::Previous, 0);
    level_comes_to(&mut instance, 0.02);
    instance.rig.set(ParameterId::Slot, 0.0);
    level_comes_to(&mut instance, 0.03);
}

#[test]
fn buttons_of_the_host_lead_through_no_folder_that_only_a_project_names() {
    let folder = folder();
    let here = write(folder.path(), "1.nam", 0.1, 48_000);
    write(folder.path(), "2.nam", 0.2, 48_000);
    let mut instance = Instance::active();
    instance
        .rig
        .load_part(Part::CAPTURE, SavedPart::file(&here).write());
    instance.settle();
    let before = instance.rig.part(Part::CAPTURE).current();
    let press = |instance: &mut Instance| {
        let loads = instance.rig.loads();
        instance.loader.step_soon(Part::CAPTURE, Step::Next, loads);
        instance.loader.look();
        instance.settle();
    };
    press(&mut instance);
    assert_eq!(instance.rig.part(Part::CAPTURE).current(), before);
    let message = instance.message();
    assert!(message.contains("Only the project names"), "{message}");
    // By hand is another thing, and from then on it is the user's.
    instance.loader.step(Part::CAPTURE, Step::Next);
    level_comes_to(&mut instance, 0.02);
    press(&mut instance);
    level_comes_to(&mut instance, 0.01);
}

#[test]
fn one_step_on_and_one_back_change_nothing() {
    let folder = folder();
    let path = write(folder.path(), "1.nam", 0.1, 48_000);
    write(folder.path(), "2.nam", 0.2, 48_000);
    let mut instance = Instance::active();
    instance.loader.open_file(Part::CAPTURE, path);
    instance.settle();
    let before = instance.rig.part(Part::CAPTURE).current();
    let orders = &instance.loader.orders;
    orders.give(Some(Part::CAPTURE), |inbox| {
        inbox.step(Part::CAPTURE, 1, false);
        inbox.step(Part::CAPTURE, -1, false);
    });
    instance.settle();
    assert_eq!(instance.rig.part(Part::CAPTURE).current(), before);
}

#[cfg(unix)]
#[test]
fn no_step_leads_to_another_machine_that_only_a_project_names() {
    // What two slashes mean elsewhere is an ordinary folder here: to be seen if it were listed.
    let folder = folder();
    let path = write(folder.path(), "1.nam", 0.1, 48_000);
    write(folder.path(), "2.nam", 0.2, 48_000);
    let loader = PathBuf::from(format!("/{}", path.display()));
    let mut instance = Instance::active();
    instance
        .rig
        .load_part(Part::CAPTURE, SavedPart::file(&loader).write());
    instance.settle();
    instance.loader.step(Part::CAPTURE, Step::Next);
    instance.settle();
    let message = instance.message();
    assert!(
        message.contains("is on the network. Add that folder"),
        "{message}"
    );
}

#[test]
fn a_project_that_comes_while_nothing_runs_is_shown_and_the_old_one_forgotten() {
    let folder = folder();
    let [a, b] = ["a.nam", "b.nam"].map(|name| write(folder.path(), name, 0.1, 48_000));
    let mut instance = Instance::active();
    instance.loader.open_file(Part::CAPTURE, a);
    instance.settle();
    assert!(instance.loader.history().lock().can_undo());
    sleep(&instance);
    instance
        .rig
        .load_part(Part::CAPTURE, SavedPart::file(&b).write());
    assert!(!instance.loader.history().lock().can_undo());
    let started = Instant::now();
    while instance.loader.shown().parts[0].file() != Some(&*b) {
        assert!(started.elapsed() < Duration::from_secs(60), "a is shown");
        std::thread::yield_now();
    }
    instance.settle();
}

#[test]
fn what_was_loaded_is_taken_back_and_loaded_again() {
    let folder = folder();
    let mut instance = Instance::active();
    let open = |instance: &mut Instance, name: &str, gain| {
        let path = write(folder.path(), name, gain, 48_000);
        instance.loader.open_file(Part::CAPTURE, path);
        instance.settle();
    };
    open(&mut instance, "one.nam", 0.1);
    // A walk through a folder is one change.
    open(&mut instance, "two.nam", 0.2);
    let broken = folder.path().join("broken.nam");
    std::fs::write(&broken, "{}").unwrap();
    instance.loader.open_file(Part::CAPTURE, broken);
    instance.settle();
    let change = instance.loader.history().lock().undo();
    let (part, after) = only_part(change);
    assert_eq!(after.built_in_name(), Some("crunch"));
    instance.loader.put_back(part, after);
    instance.settle();
    let (_, saved) = instance.rig.part(Part::CAPTURE).current();
    assert_eq!(saved.built_in_name(), Some("crunch"));
    assert!(!instance.loader.history().lock().can_undo());
    let change = instance.loader.history().lock().redo();
    let (part, after) = only_part(change);
    instance.loader.put_back(part, after);
    level_comes_to(&mut instance, 0.02);
    // What is gone by now is what the project means all the same.
    instance
        .loader
        .put_back(part, SavedPart::file(&folder.path().join("gone.nam")));
    level_comes_to(&mut instance, 0.02);
    let (_, saved) = instance.rig.part(Part::CAPTURE).current();
    assert_eq!(saved.name(), "gone");
    let text = instance.loader.shown().parts[0].text();
    assert_eq!(text.as_deref(), Some("Missing: gone. two plays instead"));
    // Another project has another history.
    instance
        .rig
        .load_part(Part::PEDAL, Part::PEDAL.first().write());
    instance.settle();
    assert!(!instance.loader.history().lock().can_undo());
}

/// What is to be put back where.
pub(super) fn only_part(change: Option<Change>) -> (Part, SavedPart) {
    match change {
        Some(Change::Parts(mut parts)) if parts.len() == 1 => {
            let change = parts.remove(0);
            (change.part, change.after)
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_copy_in_the_project_that_was_thrown_away_comes_back() {
    let folder = folder();
    let mut instance = Instance::active();
    let path = write(folder.path(), "kept.nam", 0.3, 48_000);
    instance.loader.open_file(Part::CAPTURE, path.clone());
    instance.loader.embed(true);
    instance.settle();
    // The next one is kept, too.
    let other = write(folder.path(), "other.nam", 0.2, 48_000);
    instance.loader.open_file(Part::CAPTURE, other);
    instance.settle();
    assert!(instance.loader.embedding().unwrap().0);
    instance.loader.open_file(Part::CAPTURE, path.clone());
    instance.settle();
    std::fs::remove_file(path).unwrap();
    instance.loader.embed(false);
    instance.settle();
    assert_eq!(instance.loader.embedding(), Some((false, 0)));
    let change = instance.loader.history().lock().undo();
    let (part, saved) = only_part(change);
    instance.loader.put_back(part, saved);
    level_comes_to(&mut instance, 0.03);
    let (on, bytes) = instance.loader.embedding().unwrap();
    assert!(on && bytes > 0);
}

#[test]
fn where_there_is_no_pedal_no_step_leads_to_one() {
    let mut instance = Instance::active();
    instance.loader.step_soon(Part::PEDAL, Step::Next, 0);
    instance.loader.look();
    instance.settle();
    let (_, saved) = instance.rig.part(Part::PEDAL).current();
    assert_eq!(saved.built_in_name(), Some(NOTHING));
    assert!(instance.message().contains("Load something first"));
}

#[test]
fn the_card_of_what_plays_says_what_it_costs() {
    let mut instance = Instance::active();
    let started = Instant::now();
    loop {
        instance.settle();
        let shown = instance.loader.shown();
        let capture = shown.parts[Part::CAPTURE.index()].capture.as_ref().unwrap();
        if capture.card.lines.iter().any(|(name, _)| *name == "CPU") {
            break;
        }
        assert!(started.elapsed() < Duration::from_secs(10));
        std::thread::sleep(Duration::from_millis(10));
    }
}
