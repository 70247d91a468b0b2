//! What makes an instance's sound: its chain, between the host's blocks and what the loader built.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use gridleak_core::{Chain, ParameterId, Peaks, ProcessConfig, SLOTS, Settings, TunerReading};

use crate::session::folder::Step;
use crate::session::handover::AudioEnd;
use crate::session::host_link::HostLink;
use crate::session::instance::{AudioFacts, Instance};
use crate::session::loader::Loader;
use crate::session::meters::Meters;
use crate::session::part::{Part, PartKind};
use crate::session::repaint::Repaint;
use crate::session::rig::SharedRig;

/// How long offline rendering waits for each slot that is being loaded, and how often it looks.
const OFFLINE_TIMEOUT: Duration = Duration::from_secs(5);
const OFFLINE_LOOK: Duration = Duration::from_millis(1);

/// What the buttons of the table load.
const BUTTONS: [(ParameterId, PartKind, Step); 6] = [
    (
        ParameterId::PreviousCapture,
        PartKind::Capture,
        Step::Previous,
    ),
    (ParameterId::NextCapture, PartKind::Capture, Step::Next),
    (ParameterId::PreviousPedal, PartKind::Pedal, Step::Previous),
    (ParameterId::NextPedal, PartKind::Pedal, Step::Next),
    (ParameterId::PreviousCab, PartKind::Cab, Step::Previous),
    (ParameterId::NextCab, PartKind::Cab, Step::Next),
];

/// The same of presets.
const PRESET_BUTTONS: [(ParameterId, Step); 2] = [
    (ParameterId::PreviousPreset, Step::Previous),
    (ParameterId::NextPreset, Step::Next),
];

/// Which way the buttons of the table go from slot to slot.
const SLOT_BUTTONS: [(ParameterId, isize); 2] =
    [(ParameterId::PreviousSlot, -1), (ParameterId::NextSlot, 1)];

/// The audio side of an instance. It does not keep the instance alive: whoever holds both drops this first.
pub(crate) struct Player {
    rig: Arc<SharedRig>,
    loader: Arc<Loader>,
    meters: Arc<Meters>,
    link: Arc<HostLink>,
    repaint: Arc<Repaint>,
    audio: Arc<AudioFacts>,
    sounds: AudioEnd,
    /// There while the host has the plugin active.
    chain: Option<Chain>,
    offline: bool,
    /// The order to the loader that offline rendering has waited for.
    waited_for: u64,
    /// The version of what slots set of their own that the chain has.
    slots_version: Option<u64>,
    /// What was set at the last span or when the audio started, and how many rigs had been loaded; `None`
    /// before that.
    followed: Option<(Settings, u64)>,
    /// When the block began that is being played.
    begun: Option<Instant>,
    frames: usize,
    /// What the window was last asked to draw.
    drawn: Drawn,
}

/// What the sound moves in the window; what is set draws it by itself.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
struct Drawn {
    peaks: Peaks,
    tuner: Option<TunerReading>,
    playing: Option<usize>,
}

impl Drawn {
    /// Whether there is anything to see: sound above -90 dB, another pitch or another slot.
    fn differs(&self, other: &Self) -> bool {
        const SEEN: f32 = 3e-5;
        let peaks = self.peaks.input.into_iter().chain(self.peaks.output);
        (self.tuner, self.playing) != (other.tuner, other.playing)
            || peaks.into_iter().any(|peak| peak > SEEN)
    }
}

impl Player {
    pub(super) fn new(instance: &Instance, sounds: AudioEnd, audio: Arc<AudioFacts>) -> Self {
        Self {
            rig: instance.rig.clone(),
            loader: instance.loader.clone(),
            meters: instance.meters.clone(),
            link: instance.link.clone(),
            repaint: instance.repaint.clone(),
            audio,
            sounds,
            chain: None,
            offline: false,
            waited_for: 0,
            slots_version: None,
            followed: None,
            begun: None,
            frames: 0,
            drawn: Drawn::default(),
        }
    }

    /// Gets ready to play at a rate in Hz, with one or two channels each way, live or not; gives the
    /// latency in frames. Never waits: the loader is told, and there is silence until its capture comes.
    pub(crate) fn activate(
        &mut self,
        rate: f64,
        inputs: usize,
        outputs: usize,
        offline: bool,
    ) -> usize {
        let latency = self.loader.expected_latency(rate, offline);
        let config = ProcessConfig {
            rate,
            inputs,
            outputs,
            latency: latency.total,
            pedal_latency: latency.pedal,
        };
        self.offline = offline;
        self.rig.forget_modulation();
        self.repaint.request();
        let now = (self.rig.settings(), self.rig.loads());
        self.followed.get_or_insert(now);
        if self.chain.as_ref().map(Chain::config) != Some(config) {
            self.put_away();
            let mut chain = Chain::new(config);
            for kept in self.loader.take_kept(config) {
                drop(chain.load(kept));
                while chain.take_retired().is_some() {}
            }
            self.chain = Some(chain);
            self.slots_version = None;
        }
        self.audio.start(config.latency, rate);
        self.meters.set_channels(inputs, outputs);
        self.loader.activate(config, offline);
        self.reset();
        config.latency
    }

    /// Stops.
    pub(crate) fn deactivate(&mut self) {
        self.audio.stop();
        self.meters.set_tuner(None);
        self.meters.set_playing(None);
        self.put_away();
        self.loader.deactivate();
    }

    /// Tells whether the blocks that follow are rendered: those may wait for what is being loaded.
    pub(crate) fn set_offline(&mut self, offline: bool) {
        self.offline = offline;
    }

    /// Back to silence.
    pub(crate) fn reset(&mut self) {
        if let Some(chain) = &mut self.chain {
            set_slots(chain, &self.rig, &mut self.slots_version);
            chain.set(&self.rig.settings());
            chain.reset();
            self.audio.tail.store(tail(chain), Ordering::Relaxed);
        }
    }

    /// To be called before the spans of a block of so many frames.
    pub(crate) fn begin_block(&mut self, frames: usize) {
        self.frames = frames;
        if self.offline {
            self.follow();
            self.loader.look();
            self.wait_for_capture();
        }
        self.begun = Some(Instant::now());
        allocating_nothing(|| {
            if let Some(chain) = &mut self.chain {
                chain.set_offline(self.offline);
                self.sounds.exchange(chain);
            }
        });
    }

    /// Plays a span of a block in place, with the parameters as they stand: all channels that go out,
    /// of which those that come in hold the input.
    pub(crate) fn process(&mut self, channels: &mut [&mut [f32]]) {
        allocating_nothing(|| {
            let settings = self.follow();
            match &mut self.chain {
                Some(chain) => {
                    set_slots(chain, &self.rig, &mut self.slots_version);
                    chain.set(&settings);
                    chain.process(channels);
                }
                None => channels.iter_mut().for_each(|channel| channel.fill(0.0)),
            }
        });
    }

    /// To be called after the spans of a block.
    pub(crate) fn end_block(&mut self) {
        allocating_nothing(|| self.tell());
    }

    /// Tells loader and window what came of a block.
    fn tell(&mut self) {
        let Some(chain) = &mut self.chain else {
            return;
        };
        self.sounds.exchange(chain);
        let tail = tail(chain);
        self.audio.tail.store(tail, Ordering::Relaxed);
        let peaks = chain.take_peaks();
        let seconds = self.frames as f32 / chain.config().rate as f32;
        if let Some(begun) = self.begun.take() {
            // Rendering is late for nobody.
            let live = !self.offline;
            self.meters.add_load(seconds, begun.elapsed(), live);
        }
        self.meters.raise(peaks);
        let playing = chain.playing();
        let playing = Some(playing).filter(|&slot| chain.has_amp(slot));
        self.meters.set_playing(playing);
        self.meters.set_gate(
            chain.gate_reduction_db() as f32,
            chain.gate_level_db() as f32,
        );
        let tuner = chain.tuner_reading();
        self.meters.set_tuner(tuner);
        if self.repaint.is_open() {
            let drawn = Drawn {
                peaks,
                tuner,
                playing,
            };
            if drawn.differs(&self.drawn) {
                self.drawn = drawn;
                self.repaint.request();
            }
        }
    }

    /// Sets a parameter to a plain value, brought into its range, and lets the host know soon. Never waits.
    pub(crate) fn set_from_audio(&mut self, which: ParameterId, plain: f32) {
        if self.rig.set(which, plain) {
            self.link.edit_soon(which);
        }
    }

    /// Does what is to be done for every button that was pressed since the last time; gives what is set.
    fn follow(&mut self) -> Settings {
        let (mut settings, loads) = (self.rig.settings(), self.rig.loads());
        let before = self.followed.replace((settings, loads));
        if let Some((before, loads_before)) = before
            && loads == loads_before
            && before.buttons != settings.buttons
        {
            let down = |which: ParameterId, settings: &Settings| which.row().get(settings) >= 0.5;
            let mut slot = settings.slot;
            for (button, by) in SLOT_BUTTONS {
                if down(button, &settings) && !down(button, &before) {
                    slot = neighbour(slot, by, self.rig.filled());
                    self.set_from_audio(ParameterId::Slot, slot as f32);
                }
            }
            settings.slot = slot;
            for (button, kind, step) in BUTTONS {
                if down(button, &settings) && !down(button, &before) {
                    let part = Part::new(settings.slot, kind);
                    self.loader.step_soon(part, step, loads);
                }
            }
            for (button, step) in PRESET_BUTTONS {
                if down(button, &settings) && !down(button, &before) {
                    self.loader.step_preset_soon(step, loads);
                }
            }
        }
        settings
    }

    /// In offline rendering, and only there, sound waits for the capture that the project names: once
    /// for each order to the loader.
    fn wait_for_capture(&mut self) {
        let order = self.loader.newest_order();
        if self.loader.has_carried_out(order) || self.waited_for == order {
            return;
        }
        self.waited_for = order;
        let started = Instant::now();
        let timeout = OFFLINE_TIMEOUT * self.rig.filled().count_ones().max(1);
        while !self.loader.has_carried_out(order) && started.elapsed() < timeout {
            std::thread::sleep(OFFLINE_LOOK);
        }
    }

    /// Gives what is loaded to the loader, which keeps it for a while.
    fn put_away(&mut self) {
        if let Some(mut chain) = self.chain.take() {
            self.loader.keep(std::iter::from_fn(|| chain.take_any()));
        }
        self.loader.keep(std::iter::from_fn(|| self.sounds.take()));
    }
}

/// Tells a chain what slots set of their own, if that is other than what it has.
fn set_slots(chain: &mut Chain, rig: &SharedRig, known: &mut Option<u64>) {
    let version = rig.slots_version();
    if *known != Some(version) {
        for slot in 0..SLOTS {
            chain.set_slot(slot, &rig.slot_settings(slot));
        }
        *known = Some(version);
    }
}

/// The next slot that way of those that are filled, given as bits; the same if there is no other.
fn neighbour(slot: usize, by: isize, filled: u8) -> usize {
    let slots = SLOTS as isize;
    let there = |steps: isize| (slot as isize + by * steps).rem_euclid(slots) as usize;
    let next = (1..slots).map(there).find(|slot| filled >> slot & 1 == 1);
    next.unwrap_or(slot)
}

/// Frames for which something comes out behind the last input that is heard.
fn tail(chain: &mut Chain) -> u32 {
    (chain.tail() + chain.config().latency) as u32
}

/// Does what belongs to the audio thread. In the builds that tests load, it ends the host if that touches the
/// allocator.
fn allocating_nothing(does: impl FnOnce()) {
    #[cfg(feature = "assert_process_allocs")]
    assert_no_alloc::assert_no_alloc(does);
    #[cfg(not(feature = "assert_process_allocs"))]
    does();
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::session::host_link::Edit;
    use crate::session::part::PartKind;
    use crate::session::references::SavedPart;

    #[test]
    fn the_way_from_slot_to_slot_leads_past_empty_ones_and_around() {
        let filled = 0b1001_0010;
        for (slot, next, previous) in [(1, 4, 7), (4, 7, 1), (7, 1, 4), (0, 1, 7), (5, 7, 4)] {
            assert_eq!(neighbour(slot, 1, filled), next);
            assert_eq!(neighbour(slot, -1, filled), previous);
        }
        for alone in [0, 0b100] {
            assert_eq!((neighbour(2, 1, alone), neighbour(2, -1, alone)), (2, 2));
        }
    }

    /// A running instance with captures in three slots.
    fn three_slots() -> (Arc<Instance>, Player) {
        let (instance, mut player) = Instance::new();
        for slot in [0, 3, 6] {
            let capture = instance.rig.part(Part::new(slot, PartKind::Capture));
            capture.choose(SavedPart::built_in("lead"));
        }
        player.activate(48_000.0, 1, 1, true);
        (instance, player)
    }

    fn play(player: &mut Player) {
        player.begin_block(4096);
        player.process(&mut [&mut [0.1; 4096]]);
        player.end_block();
    }

    #[test]
    fn a_button_goes_to_the_next_slot_in_its_span_and_the_host_hears_of_it() {
        let (instance, mut player) = three_slots();
        let edits = || -> Vec<Edit> { std::iter::from_fn(|| instance.link.next_edit()).collect() };
        play(&mut player);
        assert_eq!(instance.meters.playing(), Some(0));
        for (button, slot) in [
            (ParameterId::NextSlot, 3),
            (ParameterId::NextSlot, 6),
            (ParameterId::NextSlot, 0),
            (ParameterId::PreviousSlot, 6),
        ] {
            instance.set(button, 1.0);
            play(&mut player);
            assert_eq!(instance.rig.settings().slot, slot);
            assert_eq!(instance.meters.playing(), Some(slot));
            // Held, it does nothing more.
            play(&mut player);
            instance.set(button, 0.0);
            play(&mut player);
            assert_eq!(instance.rig.settings().slot, slot);
            let which = ParameterId::Slot;
            let told = [
                Edit::Begin(which),
                Edit::Set(which, slot as f32),
                Edit::End(which),
            ];
            let started = Instant::now();
            let mut heard = Vec::new();
            while heard.len() < told.len() {
                heard.extend(edits());
                assert!(started.elapsed() < Duration::from_secs(60), "{heard:?}");
                std::thread::yield_now();
            }
            assert_eq!(heard, told);
        }
        // What was set by hand is told by whoever did it.
        instance.set(ParameterId::Slot, 0.0);
        play(&mut player);
        player.set_from_audio(ParameterId::Slot, 0.0);
        instance.link.forward_edits(|which| instance.value(which));
        assert_eq!(edits(), []);
    }

    #[test]
    fn what_a_slot_sets_of_its_own_is_heard_with_the_next_block() {
        let (instance, mut player) = three_slots();
        let level = |player: &mut Player| {
            let mut peak = 0.0f32;
            for _ in 0..100 {
                let mut block = [0.0f32; 64];
                let wave = |n: usize| 0.2 * (0.1 * n as f32).sin();
                block
                    .iter_mut()
                    .enumerate()
                    .for_each(|(n, sample)| *sample = wave(n));
                player.begin_block(64);
                player.process(&mut [&mut block]);
                player.end_block();
                peak = block
                    .iter()
                    .fold(0.0, |peak: f32, sample| peak.max(sample.abs()));
            }
            peak
        };
        let before = level(&mut player);
        let mut state = instance.rig.slot_state(0);
        state.settings.level_db = -20.0;
        instance.loader.change_slot(0, state.clone());
        assert!(level(&mut player) < 0.2 * before);
        state.settings.level_db = 0.0;
        instance.loader.change_slot(0, state);
        // Other slots' are not.
        let mut other = instance.rig.slot_state(3);
        other.settings.level_db = -20.0;
        instance.loader.change_slot(3, other);
        assert!(level(&mut player) > 0.8 * before);
    }
}
