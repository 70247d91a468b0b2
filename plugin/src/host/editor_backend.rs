//! The plugin as its window sees it.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use gridleak_core::ParameterId;
use parking_lot::Mutex;

use crate::host::file_dialog::{Answer, FileDialog, Picker, SystemPicker, Wanted};
use crate::host::gestures::{self, Gestures};
use crate::session::history::Change;
use crate::session::instance::Instance;
use crate::session::library::Origin;
use crate::session::message::Message;
use crate::session::module_pin;
use crate::session::part::{Part, PartKind};
use crate::session::presets::PresetStatus;
use crate::session::rig::SlotState;
use crate::session::status::Status;
use crate::window::{Action, Controls, EditorBackend, View};

/// What the window is the window of.
pub(crate) struct PluginBackend {
    instance: Arc<Instance>,
    gestures: Mutex<Gestures>,
    dialog: FileDialog,
    /// What the window itself has to say. It comes before what the plugin says.
    notice: Arc<Mutex<Option<Message>>>,
}

impl PluginBackend {
    pub(crate) fn new(instance: Arc<Instance>) -> Self {
        Self {
            instance,
            gestures: Mutex::default(),
            dialog: FileDialog::default(),
            notice: Arc::default(),
        }
    }

    /// Makes a change that was made or taken back before.
    fn make(&self, change: Option<Change>) {
        match change {
            Some(Change::Control { control, after, .. }) => {
                gestures::set_at_once(control, after, &self.instance);
            }
            Some(Change::OwnValue {
                slot,
                control,
                after,
                ..
            }) => {
                self.instance.loader.set_own_value(slot, control, after);
            }
            Some(Change::SlotState { slot, after, .. }) => {
                self.instance.loader.put_slot_state(slot, *after);
            }
            Some(Change::Slots(changes)) => self.instance.loader.put_slots(changes),
            Some(Change::Parts(parts)) => {
                for change in parts {
                    self.instance.loader.put_back(change.part, change.after);
                }
            }
            Some(Change::Rig { before, after }) => {
                self.instance.loader.put_back_rig(&before, &after);
            }
            None => {}
        }
    }

    fn perform_with(&self, action: Action, picker: impl Picker) {
        let instance = &*self.instance;
        let (loader, library) = (&instance.loader, &instance.library);
        match action {
            Action::OpenDialog(part) => self.ask_file(part, picker, move |instance, path| {
                instance.loader.open(part, Origin::File(path));
            }),
            Action::Locate(part) => self.ask_file(part, picker, move |instance, path| {
                instance.loader.locate(part, path);
            }),
            Action::AddFolder => {
                let add = |instance: &Instance, path| instance.library.add_folder(path);
                self.ask(
                    Wanted::Folder,
                    self.path(self.at(PartKind::Capture)),
                    picker,
                    add,
                );
            }
            Action::UseNewFile(part) => loader.use_new_file(part),
            Action::KeepLooking(part) => loader.keep_looking(part),
            Action::Step(part, step) => loader.step(part, step),
            Action::Clear(part) => loader.clear(part),
            Action::ChooseCabByCapture(slot) => loader.choose_cab_by_capture(slot),
            Action::Begin(knob) => self.gestures.lock().begin(knob, instance),
            Action::Set(knob, plain) => self.gestures.lock().set(knob, plain, instance),
            Action::End(knob) => self.gestures.lock().end(knob, instance),
            Action::Change(control, plain) => gestures::change(control, plain, instance),
            Action::RenameSlot(slot, name) => self.change_slot(slot, |state| state.name = name),
            Action::ColourSlot(slot, colour) => {
                self.change_slot(slot, |state| state.colour = colour);
            }
            Action::TurnSlot(slot, knob, db) => {
                self.change_slot(slot, |state| knob.set(&mut state.settings, db));
            }
            Action::SetOwn(slot, group, on) => loader.set_own(slot, group, on),
            Action::CopySlot(from, to) => loader.copy_slot(from, to),
            Action::SwapSlots(one, other) => loader.swap_slots(one, other),
            Action::ClearSlot(slot) => loader.clear_slot(slot),
            Action::MatchLevels => loader.match_levels(),
            Action::CancelMatching => loader.cancel_match_levels(),
            Action::LearnMidi(which) => instance.learn_controller(which),
            Action::ForgetMidi(which) => instance.forget_controller(which),
            Action::CancelLearning => instance.cancel_learning(),
            Action::KeepInterface => {
                library.keep_interface(instance.value(ParameterId::InterfaceLevel));
            }
            Action::SetEmbedding(on) => loader.embed(on),
            Action::Undo | Action::Redo => {
                // Not while a hand is on a knob.
                if !self.gestures.lock().is_holding() {
                    let mut history = loader.history().lock();
                    let change = match action {
                        Action::Undo => history.undo(),
                        _ => history.redo(),
                    };
                    drop(history);
                    self.make(change);
                }
            }
            Action::Preset(action) => instance.preset(action),
            Action::ForgetOverruns => instance.meters.forget_overruns(),
            Action::Browse => library.browse(),
            Action::Rescan => library.rescan(),
            Action::Open(part, origin) => loader.open(part, origin),
            Action::SetFavourite(origin, on) => library.set_favourite(origin, on),
            Action::ListFolder(path) => library.add_folder(path),
            Action::RemoveFolder(path) => library.remove_folder(path),
            Action::Resized(width, height) => library.remember_window(width, height),
            Action::DismissMessage => {
                if self.notice.lock().take().is_none() {
                    loader.dismiss_message();
                }
            }
        }
    }

    /// Changes what a slot is but for its files.
    fn change_slot(&self, slot: usize, change: impl FnOnce(&mut SlotState)) {
        let mut state = self.instance.rig.slot_state(slot);
        change(&mut state);
        self.instance.loader.change_slot(slot, state);
    }

    /// The part of this kind of the slot that is asked for.
    fn at(&self, kind: PartKind) -> Part {
        Part::new(self.instance.rig.unmodulated().slot, kind)
    }

    /// The file of a part, be it there or not.
    fn path(&self, part: Part) -> Option<PathBuf> {
        let shown = self.instance.loader.shown();
        let of = |part: Part| shown.parts[part.index()].file().map(Path::to_owned);
        // Whoever has nothing in a slot goes on from another.
        let alike = Part::all().into_iter();
        let mut alike = alike.filter(|other| other.kind() == part.kind());
        of(part).or_else(|| alike.find_map(of))
    }

    fn ask_file(
        &self,
        part: Part,
        picker: impl Picker,
        then: impl FnOnce(&Instance, PathBuf) + Send + 'static,
    ) {
        self.ask(Wanted::File(part), self.path(part), picker, then);
    }

    /// Opens the file dialog and does `then` with what is chosen in it.
    fn ask(
        &self,
        wanted: Wanted,
        beside: Option<PathBuf>,
        picker: impl Picker,
        then: impl FnOnce(&Instance, PathBuf) + Send + 'static,
    ) {
        *self.notice.lock() = None;
        // The dialog's thread may outlive the plugin.
        module_pin::pin();
        // Then there is nothing to load into when the answer comes.
        let instance = Arc::downgrade(&self.instance);
        let notice = self.notice.clone();
        let repaint = self.instance.repaint.clone();
        self.dialog.open(picker, beside, wanted, move |answer| {
            match (answer, instance.upgrade()) {
                (Answer::Chosen(path), Some(instance)) => then(&instance, path),
                (Answer::NoDialog, Some(_)) => *notice.lock() = Some(no_dialog()),
                _ => {}
            }
            repaint.request();
        });
    }
}

impl EditorBackend for PluginBackend {
    fn view(&self) -> View {
        let Instance {
            rig,
            loader,
            library,
            presets,
            meters,
            ..
        } = &*self.instance;
        let modulated = rig.settings();
        let own = rig.slot_state(modulated.slot).settings;
        let modulated = own.resolve(&modulated);
        let mut status = Status::now(&modulated, loader, library, meters);
        status.presets = PresetStatus::now(rig, presets);
        if let Some(notice) = &*self.notice.lock() {
            status.message = Some(notice.clone());
        }
        let capture = status.capture.as_ref();
        let knobs = capture.map_or_else(Arc::default, |capture| capture.knobs.clone());
        View {
            controls: Controls {
                settings: rig.resolved(),
                modulated,
                knobs,
            },
            midi: rig.midi.status(),
            status,
            listing: library.listing(),
            choosing: self.dialog.is_open(),
        }
    }

    fn perform(&self, action: Action) {
        self.perform_with(action, SystemPicker);
    }

    fn let_go(&self) {
        self.gestures.lock().end_all(&self.instance);
    }
}

fn no_dialog() -> Message {
    Message::error(if cfg!(target_os = "linux") {
        "No file dialog could be opened. Install xdg-desktop-portal with the part for your \
         desktop, or the program zenity, and try again."
    } else {
        "No file dialog could be opened. Try again."
    })
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;
    use std::time::{Duration, Instant};

    use egui_kittest::Harness;
    use egui_kittest::kittest::Queryable;
    use gridleak_core::{Kind, OwnGroup, PARAMETERS, SlotKnob, Source};

    use super::*;
    use crate::builtin;
    use crate::session::folder::Step;
    use crate::session::host_link::{Edit, Request};
    use crate::session::player::Player;
    use crate::session::rig::SlotColour;
    use crate::window::{DEFAULT_SIZE, Editor};

    /// A plugin with a window, as hosts have it.
    struct Plugin {
        instance: Arc<Instance>,
        player: Player,
        backend: Arc<PluginBackend>,
    }

    impl Plugin {
        fn new() -> Self {
            let (instance, player) = Instance::new();
            Self {
                backend: PluginBackend::new(instance.clone()).into(),
                instance,
                player,
            }
        }

        /// The same while audio runs.
        fn active() -> Self {
            let mut plugin = Self::new();
            plugin.player.activate(48_000.0, 1, 1, false);
            plugin
        }

        /// What the host was told of hands on parameters since the last time.
        fn edits(&self) -> Vec<Edit> {
            std::iter::from_fn(|| self.instance.link.next_edit()).collect()
        }

        fn backend(&self) -> &Arc<PluginBackend> {
            &self.backend
        }

        fn perform(&self, action: Action) {
            self.backend().perform_with(action, Stub(None));
        }

        /// What is shown as soon as it is `so`.
        fn wait(&self, so: impl Fn(&View) -> bool) -> View {
            let started = Instant::now();
            loop {
                let view = self.backend().view();
                if so(&view) {
                    return view;
                }
                let waits = started.elapsed() < Duration::from_secs(60);
                assert!(waits, "{:?}", view.status);
                std::thread::yield_now();
            }
        }

        fn name(&self, part: Part) -> Option<String> {
            let view = self.wait(|view| !view.status.busy);
            view.status.parts[part.index()].name.clone()
        }
    }

    struct Stub(Option<PathBuf>);

    impl Picker for Stub {
        fn pick(self, _wanted: Wanted, _folder: Option<&Path>) -> Option<PathBuf> {
            self.0
        }
    }

    #[test]
    fn parameters_are_set_in_gestures_and_shown_as_the_host_has_them() {
        let plugin = Plugin::new();
        let mut window = Harness::builder().with_size(DEFAULT_SIZE).build_ui_state(
            |ui, editor: &mut Editor| editor.show(ui),
            Editor::new(plugin.backend().clone()),
        );
        window.get_by_label("Setup").click();
        window.run();
        window.get_by_label("Input Source: Sum").click();
        window.get_by_label("Bypass").click();
        window.get_by_label("Output").set_value_accesskit(-10.0);
        window.run();
        let expected = [
            Edit::Begin(ParameterId::InputSource),
            Edit::Set(ParameterId::InputSource, 3.0),
            Edit::End(ParameterId::InputSource),
            Edit::Begin(ParameterId::Bypass),
            Edit::Set(ParameterId::Bypass, 1.0),
            Edit::End(ParameterId::Bypass),
            Edit::Begin(ParameterId::Output),
            Edit::Set(ParameterId::Output, -10.0),
            Edit::End(ParameterId::Output),
        ];
        assert_eq!(plugin.edits(), expected);
        assert_eq!(plugin.instance.rig.settings().source, Source::Sum);
        assert_eq!(plugin.instance.rig.settings().output_db, -10.0);
        let shown = window.get_by_label("Output").value();
        assert_eq!(shown.as_deref(), Some("-10.0 dB"));

        // Automation by the host.
        plugin.instance.set(ParameterId::Input, 3.5);
        window.run();
        let shown = window.get_by_label("Input").value();
        assert_eq!(shown.as_deref(), Some("3.5 dB"));
    }

    #[test]
    fn every_parameter_is_moved_in_a_gesture_of_its_own() {
        let plugin = Plugin::new();
        let movable = || {
            PARAMETERS
                .iter()
                .filter(|row| !matches!(row.kind, Kind::Readout))
        };
        for row in movable() {
            let which = row.which;
            let before = plugin.instance.value(which);
            let wanted = match row.kind {
                Kind::Number(_) => {
                    let value = row.at_position(0.25);
                    plugin.perform(Action::Begin(which));
                    plugin.perform(Action::Set(which, value));
                    plugin.perform(Action::End(which));
                    value
                }
                // To the other end, or to the next option.
                _ => {
                    let value = (before + 1.0) % (row.range().end() + 1.0);
                    plugin.perform(Action::Change(which, value));
                    value
                }
            };
            let now = plugin.instance.value(which);
            assert!((now - wanted).abs() < 1e-3, "{}: {now} {wanted}", row.id);
        }
        let edits = plugin.edits();
        let mut moved = Vec::new();
        for gesture in edits.chunks(3) {
            let [Edit::Begin(which), Edit::Set(set, _), Edit::End(ended)] = gesture[..] else {
                panic!("{gesture:?} is no gesture");
            };
            assert_eq!((set, ended), (which, which));
            moved.push(which);
        }
        moved.sort_unstable();
        moved.dedup();
        assert_eq!(moved.len(), movable().count());
    }

    #[test]
    fn every_change_is_taken_back_and_made_again() {
        let plugin = Plugin::active();
        let first = plugin.name(Part::CAPTURE);
        plugin.perform(Action::Open(Part::PEDAL, Origin::BuiltIn("lead")));
        plugin.wait(|view| view.status.parts[Part::PEDAL.index()].plays);
        for action in [
            Action::Begin(ParameterId::Output),
            Action::Set(ParameterId::Output, -7.0),
            Action::Set(ParameterId::Output, -9.0),
            Action::End(ParameterId::Output),
            Action::Change(ParameterId::Bypass, 1.0),
            Action::Change(ParameterId::InputSource, 3.0),
        ] {
            plugin.perform(action);
        }
        let state = || {
            let settings = plugin.instance.rig.settings();
            (settings.output_db, settings.bypass, settings.source)
        };
        let done = [
            (0.0, false, Source::Stereo),
            (-9.0, false, Source::Stereo),
            (-9.0, true, Source::Stereo),
            (-9.0, true, Source::Sum),
        ];
        // Not while a hand is on a knob.
        plugin.perform(Action::Begin(ParameterId::Input));
        plugin.perform(Action::Undo);
        plugin.perform(Action::End(ParameterId::Input));
        assert_eq!(state(), done[3]);
        for wanted in done[..3].iter().rev() {
            plugin.perform(Action::Undo);
            assert_eq!(state(), *wanted);
        }
        let pedal = plugin.name(Part::PEDAL);
        assert!(pedal.is_some());
        plugin.perform(Action::Undo);
        assert_eq!(plugin.name(Part::PEDAL), None);
        plugin.perform(Action::Undo);
        assert_eq!(state(), done[0], "there is no more");
        plugin.perform(Action::Redo);
        assert_eq!(plugin.name(Part::PEDAL), pedal);
        for wanted in &done[1..] {
            plugin.perform(Action::Redo);
            assert_eq!(state(), *wanted);
        }
        assert_eq!(plugin.name(Part::CAPTURE), first);
    }

    #[test]
    fn the_parts_are_loaded_stepped_through_and_cleared() {
        let plugin = Plugin::active();
        let first = plugin.name(Part::CAPTURE);
        plugin.perform(Action::Step(Part::CAPTURE, Step::Next));
        assert_ne!(plugin.name(Part::CAPTURE), first);
        plugin.perform(Action::Step(Part::CAPTURE, Step::Previous));
        assert_eq!(plugin.name(Part::CAPTURE), first);
        plugin.perform(Action::Open(Part::CAB, Origin::BuiltIn("4x12")));
        assert!(!plugin.wait(|view| !view.status.busy).status.cab_by_capture);
        plugin.perform(Action::Clear(Part::CAB));
        assert_eq!(plugin.name(Part::CAB), None);
        plugin.perform(Action::ChooseCabByCapture(0));
        assert!(plugin.wait(|view| !view.status.busy).status.cab_by_capture);
    }

    #[test]
    fn the_chosen_file_is_loaded() {
        let plugin = Plugin::active();
        let folder = tempfile::tempdir().unwrap();
        for part in Part::all() {
            let (name, file) = match part.is_cab() {
                true => ("4x12", format!("{}.wav", part.index())),
                false => ("lead", format!("{}.nam", part.index())),
            };
            let path = folder.path().join(file);
            std::fs::write(&path, builtin::find(name).unwrap().bytes).unwrap();
            let picker = Stub(Some(path.clone()));
            let open = Action::OpenDialog(part);
            plugin.backend().perform_with(open, picker);
            let origin = Some(Origin::File(path));
            let loaded = |view: &View| {
                let part = &view.status.parts[part.index()];
                !view.choosing && part.plays && part.origin == origin
            };
            plugin.wait(loaded);
        }
    }

    #[test]
    fn folders_are_added_to_the_browser_and_taken_off_it() {
        let plugin = Plugin::new();
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().to_owned();
        let picker = Stub(Some(path.clone()));
        plugin.backend().perform_with(Action::AddFolder, picker);
        let listed = |view: &View| view.listing.folders.iter().any(|f| f.path == path);
        plugin.wait(listed);
        plugin.perform(Action::RemoveFolder(path.clone()));
        plugin.wait(|view| !listed(view));
    }

    #[test]
    fn a_plugin_that_is_gone_loads_nothing() {
        let plugin = Plugin::new();
        let (close, closing) = mpsc::channel::<()>();
        struct Slow(mpsc::Receiver<()>);
        impl Picker for Slow {
            fn pick(self, _wanted: Wanted, _folder: Option<&Path>) -> Option<PathBuf> {
                let _ = self.0.recv();
                Some("amp.nam".into())
            }
        }
        let open = Action::OpenDialog(Part::CAPTURE);
        plugin.backend().perform_with(open, Slow(closing));
        let Plugin {
            instance,
            player,
            backend,
        } = plugin;
        drop((player, backend));
        let instance = Arc::try_unwrap(instance).map(drop);
        assert!(instance.is_ok(), "the dialog's thread holds the plugin");
        drop(close);
    }

    #[test]
    fn a_system_without_a_dialog_is_told_about_and_dismissed() {
        let plugin = Plugin::new();
        plugin.perform(Action::OpenDialog(Part::CAPTURE));
        let view = plugin.wait(|view| view.status.message.is_some());
        assert_eq!(view.status.message, Some(no_dialog()));
        plugin.perform(Action::DismissMessage);
        assert_eq!(plugin.backend().view().status.message, None);
    }

    #[test]
    fn a_gesture_that_the_window_left_open_is_ended() {
        let plugin = Plugin::new();
        plugin.perform(Action::Begin(ParameterId::Output));
        plugin.backend().let_go();
        let held = ParameterId::Output;
        assert_eq!(plugin.edits(), [Edit::Begin(held), Edit::End(held)]);
    }

    #[test]
    fn what_was_done_to_the_project_before_is_no_change_of_this_one() {
        let plugin = Plugin::new();
        let Instance { rig, link, .. } = &*plugin.instance;
        rig.changed();
        assert!(link.take().has(Request::ProjectChanged));
        rig.changed();
        plugin.instance.load(&plugin.instance.save()).unwrap();
        let asked = link.take();
        assert!(!asked.has(Request::ProjectChanged) && asked.has(Request::Values));
    }

    #[test]
    fn edits_go_where_they_are_heard() {
        let plugin = Plugin::new();
        let rig = &plugin.instance.rig;
        plugin.perform(Action::SetOwn(0, OwnGroup::Tone, true));
        rig.changed();
        assert!(plugin.instance.link.take().has(Request::ProjectChanged));
        plugin.perform(Action::Begin(ParameterId::Bass));
        plugin.perform(Action::Set(ParameterId::Bass, 8.0));
        plugin.perform(Action::Set(ParameterId::Bass, 9.0));
        plugin.perform(Action::End(ParameterId::Bass));
        plugin.perform(Action::Change(ParameterId::Tone, 0.0));
        assert_eq!(plugin.edits(), [], "no parameter moved");
        assert!(plugin.instance.link.take().has(Request::ProjectChanged));
        let shown = || {
            let settings = plugin.backend().view().controls.settings;
            (settings.tone.bass, settings.tone.on)
        };
        assert_eq!(shown(), (9.0, false));
        let shared = rig.unmodulated().tone;
        assert_eq!((shared.bass, shared.on), (5.0, true));
        plugin.perform(Action::Undo);
        plugin.perform(Action::Undo);
        assert_eq!(shown(), (5.0, true));
        plugin.perform(Action::Redo);
        assert_eq!(shown(), (9.0, true));
        // Another slot has none of its own, and what the first has not is the rig's.
        plugin.perform(Action::Change(ParameterId::Slot, 1.0));
        plugin.perform(Action::Change(ParameterId::Bass, 2.0));
        assert_eq!(shown().0, 2.0);
        plugin.perform(Action::Change(ParameterId::Slot, 0.0));
        plugin.perform(Action::Change(ParameterId::Gate, 0.0));
        assert_eq!((shown().0, rig.unmodulated().tone.bass), (9.0, 2.0));
        assert!(!rig.unmodulated().gate.on);
        assert_eq!(plugin.edits().len(), 4 * 3);
    }

    #[test]
    fn what_is_done_to_slots_is_taken_back_and_made_again() {
        let plugin = Plugin::active();
        let slots = || [0, 1].map(|slot| plugin.instance.rig.slot(slot));
        let first = plugin.name(Part::CAPTURE);
        let mut states = vec![slots()];
        for action in [
            Action::RenameSlot(0, "Verse".into()),
            Action::ColourSlot(0, SlotColour::Blue),
            Action::TurnSlot(0, SlotKnob::Level, -3.0),
            Action::SetOwn(0, OwnGroup::Tone, true),
            Action::CopySlot(0, 1),
            Action::ClearSlot(0),
            Action::SwapSlots(0, 1),
        ] {
            plugin.perform(action);
            plugin.name(Part::CAPTURE);
            states.push(slots());
        }
        for wanted in states.iter().rev().skip(1) {
            plugin.perform(Action::Undo);
            plugin.name(Part::CAPTURE);
            assert_eq!(slots(), *wanted);
        }
        for wanted in &states[1..] {
            plugin.perform(Action::Redo);
            plugin.name(Part::CAPTURE);
            assert_eq!(slots(), *wanted);
        }
        assert_eq!(plugin.name(Part::CAPTURE), first);
        let view = plugin.backend().view();
        assert_eq!(view.status.slots[0].slot.name, "Verse");
        assert!(view.status.slots[0].asked && !view.status.slots[1].asked);
    }
}
