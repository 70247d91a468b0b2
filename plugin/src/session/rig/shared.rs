//! The rig as it stands now, shared by host, window, loader and audio thread.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};

use gridleak_core::{
    Control, Kind, PARAMETERS, Parameter, ParameterId, SLOTS, Settings, SlotSettings,
};
use parking_lot::{Mutex, MutexGuard};

use super::preset::{CurrentPreset, SetlistPlace};
use super::saved::{Rest, Rig};
use super::saved_slot::SavedSlot;
use super::shared_slots::SharedSlots;
use super::slot_names::{find_slot, slot_name};
use super::slot_state::SlotState;
use crate::capture_knobs::CaptureKnobs;
use crate::files::failure::{Result, one_line};
use crate::session::host_link::{HostLink, Request};
use crate::session::midi::{Controllers, MidiMap};
use crate::session::part::{ForParts, Part, PartKind};
use crate::session::references::{SavedPart, SharedPart};

/// Longest text about what is missing, in characters.
const LONGEST_STATUS: usize = 200;

/// The rig of an instance.
pub(crate) struct SharedRig {
    /// Where each parameter stands, as bits of a plain value.
    values: Box<[AtomicU32]>,
    /// By how much the host moves it from there, likewise.
    offsets: Box<[AtomicU32]>,
    /// How often each button went down since that was last asked for.
    presses: Box<[AtomicU32]>,
    parts: ForParts<SharedPart>,
    slots: SharedSlots,
    /// Held while several slots change, so that nobody takes half of a change for the whole. Never locked by
    /// the audio thread.
    moving: Mutex<()>,
    /// Rigs that were loaded.
    loads: AtomicU64,
    /// What a new instance is set to.
    first: Settings,
    first_controllers: Controllers,
    /// Locked for instants, and never by the audio thread.
    pub(super) told: Mutex<Told>,
    /// Likewise.
    status: Mutex<StatusTexts>,
    /// What the knobs of the capture that plays are called.
    knobs: CaptureKnobs,
    /// Which MIDI controller moves what.
    pub(crate) midi: MidiMap,
    link: Arc<HostLink>,
}

#[derive(Default)]
pub(super) struct Told {
    pub(super) rest: Arc<Rest>,
    /// The preset that the rig came from, and the setlist that is played.
    pub(super) preset: Option<CurrentPreset>,
    pub(super) setlist: Option<SetlistPlace>,
    /// What there is to say of the rig that was loaded last, until it was read.
    pub(super) notice: Option<String>,
}

/// What the status says.
#[derive(Default)]
struct StatusTexts {
    /// What does not play as the project means it, in a line.
    absent: Option<String>,
    /// Why there is no window, likewise.
    no_window: Option<String>,
}

impl SharedRig {
    /// The rig of a new instance that is set to `first` and has these MIDI controllers. `notify` is called
    /// after every new reference to a part, on the thread that brings it.
    pub(crate) fn new(
        first: Settings,
        controllers: &Controllers,
        link: Arc<HostLink>,
        notify: impl Fn(Part) + Clone + Send + Sync + 'static,
    ) -> Self {
        let bits = |plain: f32| AtomicU32::new(plain.to_bits());
        Self {
            values: PARAMETERS.iter().map(|row| bits(row.get(&first))).collect(),
            offsets: PARAMETERS.iter().map(|_| bits(0.0)).collect(),
            presses: PARAMETERS.iter().map(|_| AtomicU32::new(0)).collect(),
            parts: Part::all().map(|part| {
                let notify = notify.clone();
                SharedPart::new(part, move || notify(part))
            }),
            slots: SharedSlots::default(),
            moving: Mutex::default(),
            loads: AtomicU64::new(0),
            first,
            first_controllers: *controllers,
            told: Mutex::default(),
            status: Mutex::default(),
            knobs: CaptureKnobs::default(),
            midi: MidiMap::new(controllers),
            link,
        }
    }

    /// Where a parameter stands, as a plain value, without modulation. Never waits.
    pub(crate) fn value(&self, which: ParameterId) -> f32 {
        f32::from_bits(self.values[which as usize].load(Ordering::Relaxed))
    }

    /// Sets a parameter to a plain value, brought into its range, and says whether that is another one; NaN
    /// changes nothing, and nobody sets a text to read. Never waits.
    pub(crate) fn set(&self, which: ParameterId, plain: f32) -> bool {
        let row = which.row();
        if plain.is_nan() || matches!(row.kind, Kind::Readout) {
            return false;
        }
        let bits = row.clamp(plain).to_bits();
        let changed = self.values[which as usize].swap(bits, Ordering::Relaxed) != bits;
        if changed && matches!(row.kind, Kind::Button) && bits == 1.0f32.to_bits() {
            self.presses[which as usize].fetch_add(1, Ordering::Relaxed);
        }
        changed
    }

    /// How often a button went down since the last call. It counts even if it went up again at once. Never
    /// waits.
    pub(crate) fn take_presses(&self, button: ParameterId) -> u32 {
        let presses = &self.presses[button as usize];
        match presses.load(Ordering::Relaxed) {
            0 => 0,
            _ => presses.swap(0, Ordering::Relaxed),
        }
    }

    /// Leaves out how often buttons went down so far. Never waits.
    pub(crate) fn forget_presses(&self) {
        for presses in &self.presses {
            presses.store(0, Ordering::Relaxed);
        }
    }

    /// Moves a number by so much from where it stands, until it is moved otherwise; says whether that is
    /// another place. Never waits.
    pub(crate) fn modulate(&self, which: ParameterId, offset: f32) -> bool {
        if !offset.is_finite() || !matches!(which.row().kind, Kind::Number(_)) {
            return false;
        }
        let bits = offset.to_bits();
        self.offsets[which as usize].swap(bits, Ordering::Relaxed) != bits
    }

    /// Everything stands where its knob does: hosts tell of modulation anew when the audio starts.
    pub(crate) fn forget_modulation(&self) {
        for offset in &self.offsets {
            offset.store(0.0f32.to_bits(), Ordering::Relaxed);
        }
    }

    /// Where all parameters stand, modulation included. Never waits.
    pub(crate) fn settings(&self) -> Settings {
        self.read(|row| {
            let offset = &self.offsets[row.which as usize];
            self.value(row.which) + f32::from_bits(offset.load(Ordering::Relaxed))
        })
    }

    /// The same without modulation: where the knobs stand.
    pub(crate) fn unmodulated(&self) -> Settings {
        self.read(|row| self.value(row.which))
    }

    /// Where the knobs of the slot that is asked for stand: where the rig's do, but for what it sets of its
    /// own.
    pub(crate) fn resolved(&self) -> Settings {
        let shared = self.unmodulated();
        self.slot_state(shared.slot).settings.resolve(&shared)
    }

    fn read(&self, value: impl Fn(&Parameter) -> f32) -> Settings {
        let mut settings = self.first;
        for row in &PARAMETERS {
            row.set(&mut settings, value(row));
        }
        settings
    }

    /// The reference to a part.
    pub(crate) fn part(&self, part: Part) -> &SharedPart {
        &self.parts[part.index()]
    }

    /// What a slot is but for its files.
    pub(crate) fn slot_state(&self, slot: usize) -> SlotState {
        self.slots.state(slot)
    }

    /// Makes it another one, in which what is out of its range is brought into it.
    pub(crate) fn set_slot_state(&self, slot: usize, state: SlotState) {
        self.put_state(slot, state, false);
    }

    fn put_state(&self, slot: usize, state: SlotState, waits: bool) {
        let name = |rig: &Self| rig.slot_state(slot).name;
        let before = name(self);
        self.slots.put(slot, state, waits);
        if name(self) != before {
            self.link.ask(Request::Texts);
        }
    }

    /// Sets what a slot has of its own for a parameter to a plain value, brought into its range; says what it
    /// is then.
    pub(crate) fn set_own_value(&self, slot: usize, which: ParameterId, plain: f32) -> f32 {
        let row = which.row();
        let mut now = plain;
        self.slots.change(slot, |settings| {
            if !plain.is_nan() {
                row.set(&mut settings.values, row.clamp(plain));
            }
            now = row.get(&settings.values);
        });
        now
    }

    /// Sets the level of a slot in dB, brought into its range.
    pub(crate) fn set_slot_level(&self, slot: usize, db: f32) {
        let (low, high) = SlotSettings::LEVEL_DB.into_inner();
        self.slots
            .change(slot, |settings| settings.level_db = db.clamp(low, high));
    }

    /// Moves a parameter to a plain value where that is heard: what the slot that is asked for has of its own,
    /// else the rig's. Says whether the rig's is another one now. For the audio thread: never waits.
    pub(crate) fn set_heard(&self, which: ParameterId, plain: f32) -> bool {
        let slot = self.value(ParameterId::Slot) as usize;
        if !self.slots.owns(slot, which) {
            return self.set(which, plain);
        }
        self.slots.move_value(slot, which, which.row().clamp(plain));
        self.link.changed_soon();
        false
    }

    /// What a slot sets of its own, as it is to be heard. Never waits; see [`SharedRig::slots_version`].
    pub(crate) fn slot_settings(&self, slot: usize) -> SlotSettings {
        self.slots.heard(slot)
    }

    /// Counts the changes of [`SharedRig::slot_settings`], to be read before them. Never waits.
    pub(crate) fn slots_version(&self) -> u64 {
        self.slots.version()
    }

    /// A slot as a value.
    pub(crate) fn slot(&self, slot: usize) -> SavedSlot {
        SavedSlot {
            state: self.slot_state(slot),
            parts: Part::of_slot(slot).map(|part| self.part(part).current().1),
        }
    }

    /// Puts other slots in the place of some, all at once. Each is heard when its files are: see
    /// [`SharedRig::let_hear`].
    pub(crate) fn put_slots(&self, slots: impl IntoIterator<Item = (usize, SavedSlot)>) {
        let _whole = self.whole();
        for (slot, saved) in slots {
            let parts = Part::of_slot(slot).into_iter().zip(saved.parts);
            let others: Vec<(Part, SavedPart)> = parts
                .filter(|(part, reference)| self.part(*part).current().1 != *reference)
                .collect();
            self.put_state(slot, saved.state, !others.is_empty());
            for (part, reference) in others {
                self.part(part).choose(reference);
            }
        }
    }

    /// As long as it is held, no slot changes together with others.
    pub(crate) fn whole(&self) -> MutexGuard<'_, ()> {
        self.moving.lock()
    }

    /// The generations of the references of a slot.
    pub(crate) fn generations(&self, slot: usize) -> [u64; PartKind::ALL.len()] {
        Part::of_slot(slot).map(|part| self.part(part).generation())
    }

    /// Has a slot heard as it was set since the files of these generations are there.
    pub(crate) fn let_hear(&self, slot: usize, generations: [u64; PartKind::ALL.len()]) {
        let _whole = self.whole();
        if self.generations(slot) == generations {
            self.slots.let_hear(slot);
        }
    }

    /// Bytes of all files that the project carries, but for those of these parts, packed.
    pub(crate) fn embedded_besides(&self, parts: &[Part]) -> usize {
        let others = Part::all().into_iter().filter(|part| !parts.contains(part));
        others
            .map(|part| self.part(part).current().1.embedded_bytes())
            .sum()
    }

    /// The slots that have a capture, as bits. Never waits.
    pub(crate) fn filled(&self) -> u8 {
        let has_capture = |&slot: &usize| {
            let capture = Part::new(slot, PartKind::Capture);
            self.part(capture).is_something()
        };
        (0..SLOTS)
            .filter(has_capture)
            .fold(0, |filled, slot| filled | 1 << slot)
    }

    /// Counts the rigs that were loaded. Never waits.
    pub(crate) fn loads(&self) -> u64 {
        self.loads.load(Ordering::Acquire)
    }

    /// What a project saves.
    pub(crate) fn save(&self) -> Vec<u8> {
        self.rig().write()
    }

    /// The rig as a value.
    pub(crate) fn rig(&self) -> Rig {
        let _whole = self.whole();
        let (preset, setlist, rest) = {
            let told = self.told.lock();
            (told.preset.clone(), told.setlist.clone(), told.rest.clone())
        };
        Rig {
            settings: self.unmodulated(),
            slots: std::array::from_fn(|slot| self.slot(slot)),
            preset,
            setlist,
            controllers: Some(self.midi.controllers()),
            rest,
        }
    }

    /// Loads what a project saved. If it is none, everything stays as it is.
    pub(crate) fn load(&self, saved: &[u8]) -> Result<()> {
        let (rig, notice) = Rig::read(saved, &self.first)?;
        // They were meant for the one before.
        self.forget_presses();
        let whole = self.whole();
        self.loads.fetch_add(1, Ordering::Release);
        for row in PARAMETERS.iter().filter(|row| row.is_saved()) {
            self.set(row.which, row.get(&rig.settings));
        }
        let controllers = rig.controllers.as_ref();
        self.midi
            .replace(controllers.unwrap_or(&self.first_controllers));
        let told = Told {
            rest: rig.rest,
            preset: rig.preset,
            setlist: rig.setlist,
            notice,
        };
        let before = std::mem::replace(&mut *self.told.lock(), told);
        drop(before);
        for (slot, saved) in rig.slots.into_iter().enumerate() {
            self.put_state(slot, saved.state, true);
            for (part, reference) in Part::of_slot(slot).into_iter().zip(saved.parts) {
                self.part(part).choose(reference);
            }
        }
        drop(whole);
        self.is_as_saved();
        self.tell_values();
        Ok(())
    }

    /// What was changed was changed in the project before.
    pub(crate) fn is_as_saved(&self) {
        self.link.forget(Request::ProjectChanged);
    }

    /// Has the host ask for all values again, whatever moves it has not heard of.
    pub(super) fn tell_values(&self) {
        self.link.forget_moves();
        self.link.ask(Request::Values);
    }

    /// What a new instance is set to.
    pub(crate) fn first(&self) -> &Settings {
        &self.first
    }

    /// Takes note that the project was changed other than by a parameter or by loading one.
    pub(crate) fn changed(&self) {
        self.link.ask(Request::ProjectChanged);
    }

    /// What there is to say of the project as a whole, until it was read.
    pub(crate) fn notice(&self) -> Option<String> {
        self.told.lock().notice.clone()
    }

    /// That was read.
    pub(crate) fn dismiss_notice(&self) {
        let _read = self.told.lock().notice.take();
    }

    /// Says in a line what does not play as the project means it; `None` if all does.
    pub(crate) fn tell_absent(&self, absent: Option<String>) {
        let absent = absent.map(|text| one_line(&text).chars().take(LONGEST_STATUS).collect());
        let before = {
            let mut status = self.status.lock();
            std::mem::replace(&mut status.absent, absent.clone())
        };
        if before != absent {
            self.link.ask(Request::Texts);
        }
    }

    /// Says in a line why there is no window, for those who see only this list; `None` if one opens.
    pub(crate) fn tell_no_window(&self, reason: Option<&str>) {
        let reason = reason.map(str::to_owned);
        let before = {
            let mut status = self.status.lock();
            std::mem::replace(&mut status.no_window, reason.clone())
        };
        if before != reason {
            self.link.ask(Request::Texts);
        }
    }

    /// Names the knobs as the capture that plays does.
    pub(crate) fn name_knobs(&self, knobs: &Arc<[Control]>) {
        if self.knobs.name(knobs) {
            self.link.ask(Request::Texts);
        }
    }

    /// A plain value of a parameter as people read it, with its unit. Waits for instants.
    pub(crate) fn text(&self, which: ParameterId, plain: f32) -> String {
        let row = which.row();
        if which == ParameterId::Status {
            let status = self.status.lock();
            let said = [status.absent.clone(), status.no_window.clone()];
            let said: Vec<_> = said.into_iter().flatten().collect();
            return match said.is_empty() {
                true => "Ready".into(),
                false => said.join(". "),
            };
        }
        match knob(which) {
            Some(knob) => self.knobs.text(knob, row, plain),
            None if which == ParameterId::Slot => {
                slot_name(row.clamp(plain) as usize, &|slot| self.slot_label(slot))
            }
            None => row.text(plain),
        }
    }

    /// The plain value that such a text stands for.
    pub(crate) fn parse(&self, which: ParameterId, text: &str) -> Option<f32> {
        if which == ParameterId::Status {
            return (text.trim() == self.text(which, 0.0)).then_some(0.0);
        }
        match knob(which) {
            Some(knob) => self.knobs.parse(knob, which.row(), text),
            None if which == ParameterId::Slot => {
                find_slot(text, &|slot| self.slot_label(slot)).map(|slot| slot as f32)
            }
            None => which.row().parse(text),
        }
    }

    fn slot_label(&self, slot: usize) -> String {
        self.slot_state(slot).label(slot)
    }
}

/// Which knob of a capture a parameter is, if it is one.
fn knob(which: ParameterId) -> Option<usize> {
    ParameterId::KNOBS.iter().position(|knob| *knob == which)
}

#[cfg(test)]
impl SharedRig {
    /// Loads the project as it is, but for a part, to which it has this reference.
    pub(crate) fn load_part(&self, part: Part, reference: serde_json::Value) {
        let mut project: serde_json::Value = serde_json::from_slice(&self.save()).unwrap();
        let slots = project["slots"].as_array_mut().unwrap();
        if slots.len() <= part.slot() {
            slots.resize(part.slot() + 1, serde_json::json!({}));
        }
        slots[part.slot()][part.kind().key()] = reference;
        self.load(project.to_string().as_bytes()).unwrap();
    }
}

#[cfg(test)]
mod tests {
    use gridleak_core::OwnGroup;

    use super::*;
    use crate::builtin::NOTHING;

    fn rig() -> SharedRig {
        SharedRig::new(
            Settings::default(),
            &Controllers::default(),
            Arc::default(),
            |_| {},
        )
    }

    #[test]
    fn what_is_set_is_what_the_settings_say() {
        let rig = rig();
        assert_eq!(rig.settings(), Settings::default());
        for row in PARAMETERS
            .iter()
            .filter(|row| !matches!(row.kind, Kind::Readout))
        {
            for position in [0.0, 1.0] {
                let plain = row.at_position(position);
                rig.set(row.which, plain);
                assert_eq!(rig.value(row.which), plain, "{}", row.id);
                assert_eq!(row.get(&rig.settings()), plain, "{}", row.id);
            }
            rig.set(row.which, f32::INFINITY);
            rig.set(row.which, f32::NAN);
            assert_eq!(rig.value(row.which), *row.range().end(), "{}", row.id);
            rig.set(row.which, row.default());
        }
    }

    #[test]
    fn a_button_counts_however_short_it_was_down_and_nobody_sets_what_is_read() {
        let rig = rig();
        let button = ParameterId::NextCapture;
        for plain in [1.0, 0.0, 0.9, 1.0, 0.0] {
            rig.set(button, plain);
        }
        assert_eq!(rig.take_presses(button), 2);
        assert_eq!(rig.take_presses(button), 0);
        rig.set(button, 1.0);
        rig.load(&rig.save()).unwrap();
        assert_eq!(rig.take_presses(button), 0, "meant for another project");
        assert!(!rig.set(ParameterId::Status, 1.0));
        assert_eq!(rig.value(ParameterId::Status), 0.0);
    }

    #[test]
    fn a_project_has_its_own_controllers_and_one_without_has_those_of_a_new_instance() {
        let mut first = Controllers::default();
        first.assign(7, Some(ParameterId::Output));
        let new = || SharedRig::new(Settings::default(), &first, Arc::default(), |_| {});
        let (rig, other) = (new(), new());
        assert_eq!(rig.midi.controllers(), first);
        rig.midi.forget(ParameterId::Output);
        other.load(&rig.save()).unwrap();
        assert_eq!(other.midi.controllers(), Controllers::default());
        rig.midi.learn(ParameterId::Input);
        assert!(rig.midi.teach(11));
        other.midi.learn(ParameterId::Gate);
        other.load(&rig.save()).unwrap();
        assert_eq!(other.midi.controllers().cc_of(ParameterId::Input), Some(11));
        assert_eq!(other.midi.learning(), None);
        other.load(b"{\"gridleak\": 1}").unwrap();
        assert_eq!(other.midi.controllers(), first);
        assert!(other.load(b"{}").is_err());
        assert_eq!(other.midi.controllers(), first);
    }

    #[test]
    fn the_audio_thread_moves_what_the_slot_that_is_asked_for_has_of_its_own() {
        let rig = rig();
        let bass = ParameterId::Bass;
        assert!(rig.set_heard(bass, 3.0));
        let state = rig.slot_state(2);
        let state = state.with_own(OwnGroup::Tone, true, &rig.unmodulated());
        rig.set_slot_state(2, state);
        assert!(rig.set_heard(bass, 4.0), "another slot is asked for");
        assert!(rig.set_heard(ParameterId::Slot, 2.0));
        let version = rig.slots_version();
        assert!(!rig.set_heard(bass, 99.0));
        assert!(rig.slots_version() > version);
        assert_eq!(rig.slot_settings(2).values.tone.bass, 10.0);
        // What is changed by hand leaves it as it is.
        rig.set_own_value(2, ParameterId::Treble, 1.0);
        let tone = rig.slot_state(2).settings.values.tone;
        assert_eq!((tone.bass, tone.treble), (10.0, 1.0));
        assert_eq!((rig.value(bass), rig.resolved().tone.bass), (4.0, 10.0));
        assert!(rig.set_heard(ParameterId::Input, 5.0), "of no group");
        rig.link.forward_edits(|_| 0.0);
        assert!(rig.link.take().has(Request::ProjectChanged));
    }

    #[test]
    fn modulation_moves_the_sound_and_not_the_project() {
        let rig = rig();
        let before = rig.save();
        rig.modulate(ParameterId::Input, 5.0);
        rig.modulate(ParameterId::Gate, 1.0);
        rig.modulate(ParameterId::Output, f32::NAN);
        assert_eq!(rig.settings().input_db, 5.0);
        assert_eq!(rig.unmodulated(), Settings::default());
        assert_eq!(rig.save(), before);
        rig.modulate(ParameterId::Input, 1e9);
        assert_eq!(rig.settings().input_db, 20.0);
    }

    #[test]
    fn what_is_saved_is_loaded_and_what_is_no_rig_changes_nothing() {
        let (rig, other) = (rig(), rig());
        rig.set(ParameterId::Input, 7.5);
        rig.set(ParameterId::NextCapture, 1.0);
        other.load(&rig.save()).unwrap();
        assert_eq!(other.settings().input_db, 7.5);
        assert!(!other.settings().buttons.next_capture, "a button pressed");
        assert_eq!(other.save(), rig.save());
        assert_eq!(other.loads(), 1);
        assert!(other.load(b"{}").is_err());
        assert_eq!(other.loads(), 1);
        assert_eq!(other.save(), rig.save());
    }

    #[test]
    fn what_is_missing_is_told_to_those_who_see_only_the_parameters() {
        let rig = rig();
        let text = || rig.text(ParameterId::Status, 0.0);
        assert_eq!(text(), "Ready");
        rig.tell_absent(Some("Missing: Plexi. Crunch plays instead".into()));
        assert_eq!(text(), "Missing: Plexi. Crunch plays instead");
        assert!(rig.link.take().has(Request::Texts));
        rig.tell_absent(Some("x\n".repeat(10_000)));
        assert!(text().len() < 500 && !text().contains('\n'));
        rig.tell_no_window(Some("No window"));
        assert!(text().ends_with(". No window"));
        rig.tell_absent(None);
        assert_eq!(text(), "No window");
        rig.tell_no_window(None);
        assert_eq!(text(), "Ready");
    }

    #[test]
    fn a_slot_has_values_of_its_own_which_move_no_parameter() {
        let rig = rig();
        rig.set(ParameterId::Bass, 3.0);
        let own = rig
            .slot_state(2)
            .with_own(OwnGroup::Tone, true, &rig.unmodulated());
        let version = rig.slots_version();
        rig.set_slot_state(2, own);
        assert_ne!(rig.slots_version(), version);
        assert_eq!(rig.set_own_value(2, ParameterId::Bass, 99.0), 10.0);
        assert_eq!(rig.set_own_value(2, ParameterId::Bass, f32::NAN), 10.0);
        assert_eq!(rig.resolved().tone.bass, 3.0);
        rig.set(ParameterId::Slot, 2.0);
        assert_eq!(
            (rig.resolved().tone.bass, rig.settings().tone.bass),
            (10.0, 3.0)
        );
        assert_eq!(rig.slot_settings(2).values.tone.bass, 10.0);
        let other = self::rig();
        other.load(&rig.save()).unwrap();
        assert_eq!(other.slot_state(2), rig.slot_state(2));
        assert_eq!(other.save(), rig.save());
    }

    #[test]
    fn a_slot_that_comes_with_other_files_is_heard_when_they_are() {
        let rig = rig();
        let mut slot = rig.slot(1);
        slot.state.settings.level_db = -6.0;
        rig.put_slots([(1, slot.clone())]);
        assert_eq!(rig.slot_settings(1).level_db, -6.0, "nothing to wait for");
        slot.state.settings.level_db = 3.0;
        slot.parts[0] = SavedPart::built_in("lead");
        rig.put_slots([(1, slot.clone())]);
        assert_eq!((rig.slot(1), rig.slot_settings(1).level_db), (slot, -6.0));
        rig.let_hear(1, [0; PartKind::ALL.len()]);
        assert_eq!(rig.slot_settings(1).level_db, -6.0, "the old files");
        rig.let_hear(1, rig.generations(1));
        assert_eq!(rig.slot_settings(1).level_db, 3.0);
    }

    #[test]
    fn filled_slots_are_those_with_a_capture() {
        let rig = rig();
        assert_eq!(rig.filled(), 1);
        for slot in [2, 7] {
            let capture = Part::new(slot, PartKind::Capture);
            rig.part(capture).choose(SavedPart::built_in("lead"));
        }
        rig.part(Part::new(4, PartKind::Pedal))
            .choose(SavedPart::built_in("lead"));
        assert_eq!(rig.filled(), 0b1000_0101);
        rig.part(Part::CAPTURE).choose(SavedPart::built_in(NOTHING));
        assert_eq!(rig.filled(), 0b1000_0100);
    }

    #[test]
    fn the_text_of_a_slot_is_its_name_and_each_is_read_back() {
        let rig = rig();
        for (slot, name) in [(0, "Verse"), (2, "Verse"), (4, "3"), (5, "Slot 2")] {
            let mut state = rig.slot_state(slot);
            state.name = name.into();
            rig.set_slot_state(slot, state);
        }
        let text = |slot: usize| rig.text(ParameterId::Slot, slot as f32);
        let texts: Vec<String> = (0..SLOTS).map(text).collect();
        assert_eq!(texts[..3], ["Verse (1)", "Slot 2 (2)", "Verse (3)"]);
        assert_eq!(texts[3..6], ["Slot 4", "3", "Slot 2 (6)"]);
        for (slot, text) in texts.iter().enumerate() {
            assert_eq!(
                rig.parse(ParameterId::Slot, text),
                Some(slot as f32),
                "{text}"
            );
        }
        assert_eq!(rig.parse(ParameterId::Slot, "Slot 8"), Some(7.0));
        assert_eq!(rig.parse(ParameterId::Slot, "loud"), None);
    }

    #[test]
    fn a_project_of_this_version_is_what_it_was_when_it_is_saved_again() {
        let text = include_str!("../../../tests/fixtures/rig-1.json");
        let rig = rig();
        rig.load(text.as_bytes()).unwrap();
        assert_eq!(rig.notice(), None);
        let read = |text: &[u8]| -> serde_json::Value { serde_json::from_slice(text).unwrap() };
        let (wanted, mut saved) = (read(text.as_bytes()), read(&rig.save()));
        saved["saved_by"] = wanted["saved_by"].clone();
        assert_eq!(saved, wanted);
    }
}
