//! Loads presets.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

use super::Worker;
use crate::files::failure::{Failure, Result};
use crate::session::history::Change;
use crate::session::loader::orders::PresetChoice;
use crate::session::message::Message;
use crate::session::preset_path::PresetPath;
use crate::session::presets::{Preset, Setlist, folder, in_bank, in_setlist, open};
use crate::session::rig::{CurrentPreset, SetlistPlace};

/// What the thread knows of presets.
#[derive(Default)]
pub(super) struct PresetMemory {
    /// The preset that was asked for last and could not be loaded, from which the way goes on all the same,
    /// and how many projects had been loaded then.
    cursor: Option<(PresetPath, u64)>,
    /// The one that a project said it came from and that could not be read.
    unknown: Option<PresetPath>,
}

impl Worker<'_> {
    /// Loads another preset. One that cannot be loaded changes nothing, and it is said why.
    pub(super) fn load_preset(&mut self, choice: PresetChoice) {
        let loader = self.loader;
        let slot = match choice {
            PresetChoice::Open(_, slot) => slot,
            _ => loader.rig.unmodulated().slot,
        };
        let opened = self
            .find_preset(choice)
            .and_then(|path| path.map(|path| open(&loader.rig, &path, slot)).transpose());
        match opened {
            Ok(Some((before, after))) => {
                self.presets.cursor = None;
                let change = Change::Rig {
                    before: before.into(),
                    after: after.into(),
                };
                loader.history.lock().record_alone(change, Instant::now());
            }
            Ok(None) => {}
            Err(failure) => loader.say(Message::error(failure.to_string())),
        }
    }

    /// The file of the preset that is wanted; `None` if nothing is, on and back again.
    fn find_preset(&mut self, choice: PresetChoice) -> Result<Option<PathBuf>> {
        let rig = &self.loader.rig;
        let (preset, root) = match (choice, rig.setlist()) {
            (PresetChoice::Open(path, _), _) => return Ok(Some(path)),
            (PresetChoice::Step(0), _) => return Ok(None),
            (PresetChoice::Step(by), Some(place)) => {
                let root = folder()?;
                let (preset, at) = in_setlist(&root, &place, by)?;
                let at = Some(at);
                rig.set_setlist(Some(SetlistPlace { at, ..place }));
                (preset, root)
            }
            (PresetChoice::Step(by), None) => {
                let root = folder()?;
                let cursor = self.presets.cursor.take();
                let cursor = cursor.filter(|(_, loads)| *loads == rig.loads());
                let current = rig.preset().and_then(|preset| preset.file);
                let from = cursor.map(|(preset, _)| preset).or(current);
                (in_bank(&root, from.as_ref(), by)?, root)
            }
            (PresetChoice::InSetlist(at), place) => {
                let root = folder()?;
                let place = place.ok_or_else(|| Failure::new("Choose a setlist first."))?;
                let all = Setlist::open(&place.setlist.within(&root))?;
                let preset = all.presets().nth(at).flatten();
                let preset = preset
                    .ok_or_else(|| Failure::new("There is no such preset in the setlist now."))?;
                let at = Some(at);
                rig.set_setlist(Some(SetlistPlace { at, ..place }));
                (preset, root)
            }
        };
        let path = preset.within(&root);
        self.presets.cursor = Some((preset, rig.loads()));
        Ok(Some(path))
    }

    /// Reads the preset that a project came from, for it to be seen whether that is another one since.
    pub(super) fn know_preset(&mut self) {
        let rig = &self.loader.rig;
        let Some(current) = rig.preset().filter(|current| current.rig.is_none()) else {
            return;
        };
        let Some(file) = &current.file else { return };
        if self.presets.unknown.as_ref() == Some(file) {
            return;
        }
        let read = folder().and_then(|root| Preset::open(&file.within(&root), rig.first()));
        match read {
            Ok(preset) => {
                let now = CurrentPreset::new(file.clone(), Some(Arc::new(preset.rig)));
                rig.set_preset(Some(&current), now);
            }
            Err(_) => self.presets.unknown = Some(file.clone()),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use gridleak_core::ParameterId;
    use serde_json::{Value, json};

    use super::*;
    use crate::session::folder::Step;
    use crate::session::host_link::Request;
    use crate::session::loader::tests::Instance;
    use crate::session::part::Part;

    /// Presets in a bank of their own. Each has its place as the input in dB, and the lead sound in the second
    /// slot.
    struct Bank(&'static str);

    impl Bank {
        fn new(name: &'static str, presets: &[&str]) -> Self {
            let bank = Self(name);
            fs::create_dir_all(bank.path("x").parent().unwrap()).unwrap();
            for (place, preset) in presets.iter().enumerate() {
                let document = json!({
                    "gridleak": 1, "kind": "rig", "settings": {"input": place},
                    "slots": [{}, {"capture": {"builtin": "lead"}, "name": preset}],
                });
                bank.write(preset, &document.to_string());
            }
            bank
        }

        fn path(&self, preset: &str) -> PathBuf {
            folder()
                .unwrap()
                .join(self.0)
                .join(format!("{preset}.gridleak"))
        }

        fn write(&self, preset: &str, text: &str) {
            fs::write(self.path(preset), text).unwrap();
        }
    }

    /// The preset that is loaded, and the input in dB.
    #[track_caller]
    fn loaded(instance: &mut Instance) -> (String, f32) {
        instance.settle();
        let name = instance.rig.preset().map(|preset| preset.name);
        let input = instance.rig.settings().input_db;
        (name.unwrap_or_default(), input)
    }

    fn is(name: &str, input: f32) -> (String, f32) {
        (name.into(), input)
    }

    fn undo(instance: &Instance, redo: bool) {
        let mut history = instance.loader.history().lock();
        let change = match redo {
            false => history.undo(),
            true => history.redo(),
        };
        drop(history);
        match change {
            Some(Change::Rig { before, after }) => instance.loader.put_back_rig(&before, &after),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_preset_is_loaded_stepped_on_from_and_taken_back_in_one_step() {
        let bank = Bank::new("stepped", &["Verse 1", "Verse 2", "Verse 10"]);
        let mut instance = Instance::active();
        instance.link.take();
        let first = instance.rig.rig();
        instance.loader.open_preset(bank.path("Verse 1"), 0);
        assert_eq!(loaded(&mut instance), is("Verse 1", 0.0));
        let lead = instance.rig.part(Part::OTHER_CAPTURE).current();
        assert_eq!(lead.1.built_in_name(), Some("lead"));
        assert_eq!(instance.rig.slot_state(1).name, "Verse 1");
        let asked = instance.link.take();
        assert!(asked.has(Request::ProjectChanged) && asked.has(Request::Values));

        for (step, expected) in [
            (Step::Next, is("Verse 2", 1.0)),
            (Step::Next, is("Verse 10", 2.0)),
            (Step::Next, is("Verse 1", 0.0)),
            (Step::Previous, is("Verse 10", 2.0)),
        ] {
            instance.loader.step_preset(step);
            assert_eq!(loaded(&mut instance), expected);
        }
        // What is the same in all of them was not loaded again.
        assert_eq!(instance.rig.part(Part::OTHER_CAPTURE).current().0, lead.0);

        undo(&instance, false);
        assert_eq!(loaded(&mut instance), is("Verse 1", 0.0));
        for _ in 0..4 {
            undo(&instance, false);
        }
        assert_eq!(loaded(&mut instance), is("", 0.0));
        assert!(instance.rig.rig().is_like(&first));
        for _ in 0..2 {
            undo(&instance, true);
        }
        assert_eq!(loaded(&mut instance), is("Verse 2", 1.0));
    }

    #[test]
    fn a_broken_preset_changes_nothing_says_why_and_is_gone_past() {
        let bank = Bank::new("broken", &["1", "3"]);
        bank.write("2", "{\"gridleak\": 1, \"kind\": \"rig\"");
        let mut instance = Instance::active();
        instance.loader.open_preset(bank.path("1"), 0);
        assert_eq!(loaded(&mut instance), is("1", 0.0));
        let (before, id) = (instance.rig.rig(), instance.chain_amp());
        instance.loader.step_preset(Step::Next);
        instance.settle();
        let message = instance.message();
        assert!(message.contains("2.gridleak: "), "{message}");
        assert_eq!(instance.rig.rig(), before);
        assert_eq!(instance.chain_amp(), id, "the sound was built again");
        instance.loader.step_preset(Step::Next);
        assert_eq!(loaded(&mut instance), is("3", 1.0));
        undo(&instance, false);
        assert_eq!(loaded(&mut instance), is("1", 0.0));
        instance.loader.open_preset(bank.path("gone"), 0);
        instance.settle();
        assert!(instance.message().contains("there is no such file"));
    }

    #[test]
    fn a_setlist_goes_on_where_the_project_left_it() {
        let bank = Bank::new("gig", &["a", "b"]);
        let setlist = json!({"gridleak": 1, "kind": "setlist", "presets":
            ["gig/a.gridleak", "gig/b.gridleak", "gig/a.gridleak", "gig/gone.gridleak", "gig/b.gridleak"]});
        let file = folder().unwrap().join("gig/Gig.gridleak-setlist");
        fs::write(file, setlist.to_string()).unwrap();
        let mut instance = Instance::active();
        instance.rig.set_setlist(Some(SetlistPlace {
            setlist: PresetPath::read("gig/Gig.gridleak-setlist").unwrap(),
            at: None,
        }));
        for expected in [is("a", 0.0), is("b", 1.0), is("a", 0.0)] {
            instance.loader.step_preset(Step::Next);
            assert_eq!(loaded(&mut instance), expected);
        }
        // Another instance opens the project and goes on behind what is gone.
        let mut other = Instance::active();
        other.rig.load(&instance.rig.save()).unwrap();
        other
            .loader
            .activate(crate::session::loader::tests::CONFIG, false);
        assert_eq!(loaded(&mut other), is("a", 0.0));
        other.loader.step_preset(Step::Next);
        other.settle();
        assert!(
            other.message().contains("gone.gridleak"),
            "{}",
            other.message()
        );
        other.loader.step_preset(Step::Next);
        assert_eq!(loaded(&mut other), is("b", 1.0));
        other.loader.open_in_setlist(0);
        assert_eq!(loaded(&mut other), is("a", 0.0));
        other.loader.step_preset(Step::Next);
        assert_eq!(loaded(&mut other), is("b", 1.0));
        other.loader.open_in_setlist(99);
        assert_eq!(loaded(&mut other), is("b", 1.0));
        drop(bank);
    }

    #[test]
    fn buttons_of_the_host_step_through_presets_unless_they_were_meant_for_another_project() {
        let bank = Bank::new("buttons", &["a", "b", "c"]);
        let mut instance = Instance::active();
        instance.loader.open_preset(bank.path("a"), 0);
        assert_eq!(loaded(&mut instance), is("a", 0.0));
        let press = |instance: &Instance, step, loads| {
            instance.loader.step_preset_soon(step, loads);
            instance.loader.look();
        };
        press(&instance, Step::Next, 0);
        assert_eq!(loaded(&mut instance), is("b", 1.0));
        for _ in 0..3 {
            instance.loader.step_preset_soon(Step::Previous, 0);
        }
        instance.loader.look();
        assert_eq!(loaded(&mut instance), is("b", 1.0), "three of three on");
        instance.rig.load(&instance.rig.save()).unwrap();
        press(&instance, Step::Next, 0);
        assert_eq!(loaded(&mut instance), is("b", 1.0));
        press(&instance, Step::Next, 1);
        assert_eq!(loaded(&mut instance), is("c", 2.0));
    }

    #[test]
    fn a_project_knows_whether_it_is_another_rig_than_its_preset() {
        let bank = Bank::new("known", &["a"]);
        let mut instance = Instance::active();
        instance.loader.open_preset(bank.path("a"), 0);
        loaded(&mut instance);
        let project = instance.rig.save();
        let saved: Value = serde_json::from_slice(&project).unwrap();
        assert_eq!(saved["preset"], "known/a.gridleak");
        let is_changed = |instance: &mut Instance| {
            instance.settle();
            let rig = instance.rig.rig();
            let preset = rig.preset.as_ref().unwrap().rig.clone();
            preset.map(|preset| !preset.is_like(&rig))
        };
        let mut other = Instance::active();
        other.rig.load(&project).unwrap();
        assert_eq!(is_changed(&mut other), Some(false));
        other.rig.set(ParameterId::Output, 3.0);
        assert_eq!(is_changed(&mut other), Some(true));
        // A preset that is gone leaves its name.
        fs::remove_file(bank.path("a")).unwrap();
        other.rig.load(&project).unwrap();
        assert_eq!(is_changed(&mut other), None);
        assert_eq!(loaded(&mut other).0, "a");
    }
}
