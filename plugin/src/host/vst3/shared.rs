//! What component, window and timers of an instance share, and what goes from it to the host.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicUsize, Ordering::Relaxed};

use gridleak_core::ParameterId;
use parking_lot::Mutex;
use vst3::ComPtr;
use vst3::Steinberg::Vst::{RestartFlags_::*, *};

use super::audio::{self, Audio};
use super::echoes::{Echoes, FromList};
use super::parameters::Target;
use super::units::PROGRAMS;
use crate::host::description::LAYOUTS;
use crate::session::host_link::{Edit, Request};
use crate::session::instance::Instance;

/// Everything of an instance that is not the host's.
pub(super) struct Shared {
    // Before the instance, which it needs to the end.
    pub(super) audio: Mutex<Audio>,
    pub(super) instance: Arc<Instance>,
    /// A place in [`LAYOUTS`].
    layout: AtomicUsize,
    /// Whether nobody listens, by the host's newest setup.
    offline: AtomicBool,
    /// Whether blocks come, or may come any moment.
    processing: AtomicBool,
    pub(super) echoes: Echoes,
    /// What the host calls the track.
    pub(super) track: Mutex<String>,
    /// Never locked while the host is called.
    handler: Mutex<Option<ComPtr<IComponentHandler>>>,
    /// How many times the audio was started.
    starts: AtomicU32,
    /// How many timers call [`Shared::poll`].
    pub(super) timers: AtomicUsize,
}

impl Shared {
    pub(super) fn new() -> Self {
        let (instance, player) = Instance::new();
        Self {
            instance,
            audio: Mutex::new(Audio::new(player, (LAYOUTS[0].0, LAYOUTS[0].1))),
            layout: AtomicUsize::default(),
            offline: AtomicBool::default(),
            processing: AtomicBool::default(),
            echoes: Echoes::new(),
            track: Mutex::default(),
            handler: Mutex::default(),
            starts: AtomicU32::default(),
            timers: AtomicUsize::default(),
        }
    }

    /// Another host, or none.
    pub(super) fn set_handler(&self, handler: Option<ComPtr<IComponentHandler>>) {
        let old = std::mem::replace(&mut *self.handler.lock(), handler);
        // After the lock: this calls the host.
        drop(old);
    }

    /// How many channels the bus of a direction has.
    pub(super) fn channels(&self, way: BusDirection) -> usize {
        let (inputs, outputs, _) = LAYOUTS[self.layout.load(Relaxed)];
        if way == BusDirections_::kInput as i32 {
            inputs
        } else {
            outputs
        }
    }

    /// Takes other channels; not while it is active.
    pub(super) fn set_layout(&self, layout: usize) -> bool {
        if self.layout.load(Relaxed) != layout {
            let mut audio = audio::lock(&self.audio);
            if audio.active {
                return false;
            }
            audio.layout = (LAYOUTS[layout].0, LAYOUTS[layout].1);
            self.layout.store(layout, Relaxed);
        }
        true
    }

    /// Takes the rate in Hz of the next start, and whether nobody will listen.
    pub(super) fn set_up(&self, rate: f64, offline: bool) {
        let mut audio = audio::lock(&self.audio);
        (audio.rate, audio.offline) = (rate, offline);
        self.instance.expect_rate(rate);
        self.offline.store(offline, Relaxed);
    }

    /// Frames by which the sound is late; before it is active, those by which it will be as it is set up.
    pub(super) fn latency(&self) -> u32 {
        self.instance.latency(self.offline.load(Relaxed)) as u32
    }

    /// Gets ready to play, or ceases to be.
    pub(super) fn set_active(&self, active: bool) {
        let mut audio = audio::lock(&self.audio);
        if active {
            audio.start();
            self.starts.fetch_add(1, Relaxed);
        } else {
            self.set_processing(false);
            audio.stop();
        }
    }

    /// Blocks may come from now on, or come no more. The audio thread may say it.
    pub(super) fn set_processing(&self, processing: bool) {
        self.processing.store(processing, Relaxed);
        if !processing {
            self.settle();
        }
    }

    /// Whether a value of a block changes anything.
    pub(super) fn takes(&self, id: ParameterId, plain: f32) -> bool {
        self.echoes.takes_from_block(id) && self.instance.value(id) != plain
    }

    /// Takes a value from the host's list of parameters.
    pub(super) fn set_from_list(&self, id: ParameterId, plain: f32) {
        let processing = self.processing.load(Relaxed);
        match self.echoes.judge(id, processing) {
            FromList::Counts => self.instance.set(id, plain),
            FromList::Waits => self.echoes.put_off(id, plain),
            FromList::Goes => {}
        }
    }

    /// Sets what has waited for a block.
    pub(super) fn settle(&self) {
        self.echoes
            .take_waiting(|id, plain| self.instance.set(id, plain));
    }

    /// Where a parameter stands for the host's list.
    pub(super) fn value(&self, id: ParameterId) -> f32 {
        let waits = self.echoes.waits(id);
        waits.unwrap_or_else(|| self.instance.value(id))
    }

    /// Passes on what the instance asks of its host. On the host's main thread only.
    pub(super) fn poll(&self) {
        if self.echoes.waits_in_vain() {
            self.settle();
        }
        let handler = self.handler.lock().clone();
        let Some(handler) = handler else {
            return;
        };
        let requests = self.instance.link.take();
        if requests.has(Request::Edits) {
            while let Some(edit) = self.instance.link.next_edit() {
                self.pass_on(edit, &handler);
            }
        }
        if requests.has(Request::ProjectChanged)
            && let Some(handler) = handler.cast::<IComponentHandler2>()
        {
            // SAFETY: the handler is counted here.
            unsafe { handler.setDirty(1) };
        }
        if requests.has(Request::Texts)
            && let Some(handler) = handler.cast::<IUnitHandler>()
        {
            // SAFETY: as before.
            unsafe { handler.notifyProgramListChange(PROGRAMS, kAllProgramInvalid) };
        }
        // Titles never change, and texts are asked for with the values.
        if requests.has(Request::Texts) || requests.has(Request::Values) {
            // SAFETY: as before.
            unsafe { handler.restartComponent(kParamValuesChanged) };
        }
        if requests.has(Request::Restart) {
            self.restart(&handler);
        }
    }

    /// The same where no timer does it, after a call of the host that may have caused something.
    pub(super) fn poll_without_timer(&self) {
        if self.timers.load(Relaxed) == 0 {
            self.poll();
        }
    }

    fn pass_on(&self, edit: Edit, handler: &ComPtr<IComponentHandler>) {
        let number = |id: ParameterId| id.row().number;
        if let Edit::Begin(id) | Edit::Set(id, _) = edit {
            // The hand is newer than what the host's list has said before.
            self.echoes.drop_waiting(id);
        }
        match edit {
            Edit::Begin(id) => {
                self.echoes.hold(id, true);
                // SAFETY: as before.
                unsafe { handler.beginEdit(number(id)) };
            }
            Edit::Set(id, plain) => {
                let position = Target::Row(id).position(plain.into());
                // SAFETY: as before.
                unsafe { handler.performEdit(number(id), position) };
            }
            Edit::End(id) => {
                // SAFETY: as before.
                unsafe { handler.endEdit(number(id)) };
                self.echoes.hold(id, false);
            }
        }
    }

    /// Has the host start the audio anew, for another latency. Many only read the latency: then this
    /// starts it, in silence until the loader has built for it, and tells once more.
    fn restart(&self, handler: &ComPtr<IComponentHandler>) {
        let starts = self.starts.load(Relaxed);
        // SAFETY: as before.
        unsafe { handler.restartComponent(kLatencyChanged) };
        let mut audio = audio::lock(&self.audio);
        if audio.active && self.starts.load(Relaxed) == starts {
            audio.start();
            drop(audio);
            // SAFETY: as before.
            unsafe { handler.restartComponent(kLatencyChanged) };
        }
    }
}
