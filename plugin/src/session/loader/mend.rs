//! What the project means and is missing, or was replaced: what plays instead, and what a user says
//! about it.

use std::path::Path;
use std::time::Instant;

use super::content::{Content, LoadedPart};
use super::orders::Mend;
use super::shown::{Absent, Cause, PartLoaderStatus};
use super::worker::{Worker, file_of, origin_of};
use crate::session::history::{Change, PartChange};
use crate::session::part::{Part, PartKind};
use crate::session::references::{Move, SavedPart, is_file};

impl Worker<'_> {
    /// Does what the user asked for. Loading what the project means then is left to do where it is not
    /// in memory.
    pub(super) fn mend(&mut self, part: Part, mend: Mend) {
        let loader = self.loader;
        let slot = loader.rig.part(part);
        let changes = match mend {
            Mend::Back(saved) => {
                slot.choose(*saved);
                return self.made_a_change(part);
            }
            Mend::KeepLooking(asked_of) => {
                if slot.current().0 == asked_of {
                    loader.looked_for.lock()[part.index()] = Some(asked_of);
                    self.load_anew(part);
                }
                return;
            }
            Mend::UseNewFile(asked_of) => {
                let (generation, saved) = slot.current();
                // If it has found its way back meanwhile, that is no other file; and another project
                // is not the one that was asked about.
                let open = loader.absent_generation(part) == Some(generation);
                let file = file_of(&saved).filter(|_| open && generation == asked_of);
                let Some(path) = file else { return };
                let change = self.refer(part, saved.replaced_by(&path), None);
                change.into_iter().collect()
            }
            Mend::Locate(path) => self.locate(part, &path),
        };
        let change = Change::Parts(changes);
        loader.history.lock().record_alone(change, Instant::now());
    }

    /// Has something play where what the project means cannot: what played before in this project, or
    /// else what is built in, so that a project sounds the same whatever was played before it.
    pub(super) fn stand_in(
        &mut self,
        part: Part,
        generation: u64,
        saved: &SavedPart,
        cause: Cause,
    ) {
        let loader = self.loader;
        let loads = loader.rig.loads();
        let memory = &mut self.parts[part.index()];
        memory.failed = Some(generation);
        memory.loaded.take_if(|loaded| loaded.loads != loads);
        let own = memory.loaded.as_ref().map(|loaded| &loaded.content);
        let built_in = match (part.kind(), own) {
            // A rig is to sound.
            (PartKind::Capture, None) if part.slot() == 0 => LoadedPart::built_in(),
            // Whatever the capture is, the project means a cabinet.
            (PartKind::Cab, None | Some(Content::Automatic(_) | Content::Nothing)) => {
                LoadedPart::built_in_cab()
            }
            _ => None,
        };
        let fresh = built_in.as_ref().map(LoadedPart::status);
        if built_in.is_some() {
            memory.loaded = built_in;
        }
        let instead = memory.loaded.as_mut().and_then(|loaded| {
            loaded.loads = loads;
            loaded.called.clone()
        });
        let mut shown = loader.shown.lock();
        let shown = &mut shown.parts[part.index()];
        let before = std::mem::take(shown);
        *shown = PartLoaderStatus {
            name: Some(saved.name().to_owned()),
            absent: Some(Absent {
                generation,
                cause,
                instead,
                asks: false,
            }),
            origin: origin_of(saved),
            place: None,
            message: before.message.clone(),
            ..match (fresh, &memory.loaded) {
                (Some(fresh), _) => fresh,
                (None, Some(_)) => before,
                (None, None) => PartLoaderStatus::default(),
            }
        };
    }

    /// Has a part refer to the file at `path`, and other parts that are missing to theirs in the same
    /// folder.
    fn locate(&mut self, part: Part, path: &Path) -> Vec<PartChange> {
        let loader = self.loader;
        let (_, saved) = loader.rig.part(part).current();
        let folder = path.parent();
        let Some(change) = self.refer(part, saved.replaced_by(path), folder) else {
            return Vec::new();
        };
        let (old, new) = (change.before.hash(), change.after.hash());
        if old.is_some() && old != new {
            let name = change.after.name();
            let text = format!("{name} is another file than the project was saved with.");
            self.note(part, text);
        }
        let mut changes = vec![change];
        let moved = file_of(&saved).and_then(|old| Move::new(&old, path));
        let Some(moved) = moved else { return changes };
        for other in Part::all().into_iter().filter(|other| *other != part) {
            let (_, saved) = loader.rig.part(other).current();
            let file = file_of(&saved).filter(|_| loader.is_absent(other));
            let path = file.and_then(|old| moved.apply(&old));
            let cancelled = || self.is_superseded(other);
            if let Some(path) = path.filter(|path| is_file(path, saved.hash(), &cancelled)) {
                changes.extend(self.refer(other, saved.moved_to(&path), folder));
            }
        }
        changes
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::session::loader::Loader;
    use crate::session::loader::orders::Choice;
    use crate::session::loader::tests::{CONFIG, Instance, only_part, write, write_response};
    use crate::session::preferences::{Preferences, own_folder};

    fn folder() -> tempfile::TempDir {
        tempfile::tempdir().unwrap()
    }

    fn is_chosen(folder: &Path) -> bool {
        let settings = Preferences::load();
        settings.chosen_folders().any(|chosen| chosen == folder)
    }

    /// The library remembers folders on a thread of its own.
    fn wait_until_chosen(folder: &Path) {
        let begun = Instant::now();
        while !is_chosen(folder) {
            assert!(
                begun.elapsed().as_secs() < 20,
                "{} is not remembered",
                folder.display()
            );
            std::thread::yield_now();
        }
    }

    /// What a project keeps of each part, saved while the files were there.
    fn states<const N: usize>(parts: [(Part, &Path); N]) -> [(Part, Value); N] {
        let mut instance = Instance::active();
        for (part, path) in parts {
            instance
                .rig
                .load_part(part, json!({"version": 1, "path": path}));
        }
        instance.settle();
        parts.map(|(part, _)| {
            let state = state(&instance, part);
            assert!(state["sha256"].is_string(), "{state}");
            (part, state)
        })
    }

    /// A new instance with a project.
    fn opened<const N: usize>(states: [(Part, Value); N]) -> Instance {
        let mut instance = Instance::new();
        for (part, state) in states {
            instance.rig.load_part(part, state);
        }
        instance.loader.activate(CONFIG, false);
        instance.settle();
        instance
    }

    fn text(instance: &Instance, part: Part) -> String {
        let text = instance.loader.shown().parts[part.index()].text();
        text.unwrap_or_default()
    }

    fn saved(instance: &Instance, part: Part) -> SavedPart {
        instance.rig.part(part).current().1
    }

    fn state(instance: &Instance, part: Part) -> Value {
        saved(instance, part).write()
    }

    #[test]
    fn what_is_missing_is_told_until_it_is_located_and_the_rest_is_found_with_it() {
        let home = folder();
        let (old, new) = (home.path().join("old"), home.path().join("new/place"));
        std::fs::create_dir_all(old.join("Cabs")).unwrap();
        let amp = write(&old, "Plexi.nam", 0.501, 48_000);
        let pedal = write(&old, "Screamer.nam", 2.001, 48_000);
        let cab = write_response(&old.join("Cabs"), "Green.wav", 0.501);
        let other = write_response(&old, "Room.wav", 0.502);
        let states = states([
            (Part::CAPTURE, &*amp),
            (Part::PEDAL, &*pedal),
            (Part::CAB, &*cab),
            (Part::SECOND_CAB, &*other),
        ]);
        std::fs::create_dir(home.path().join("new")).unwrap();
        std::fs::rename(&old, &new).unwrap();
        // One of them was replaced on the way, and is not the project's.
        write_response(&new, "Room.wav", 0.25);
        let mut instance = opened(states);
        let texts = [
            (
                Part::CAPTURE,
                "Missing: Plexi. Gridleak Crunch plays instead",
            ),
            (Part::PEDAL, "Missing: Screamer. Nothing plays instead"),
            (Part::CAB, "Missing: Green. Built-in cabinet plays instead"),
            (Part::SECOND_CAB, "Missing: Room. Nothing plays instead"),
        ];
        let all_told = |instance: &Instance| {
            for (part, wanted) in texts {
                assert_eq!(text(instance, part), wanted);
            }
        };
        all_told(&instance);
        let message = instance.message();
        assert!(message.contains("Locate"), "{message}");
        // To dismiss what is said of it does not bring it back.
        for _ in texts {
            instance.loader.dismiss_message();
        }
        assert_eq!(instance.message(), "");
        all_told(&instance);
        let line = instance.loader.shown().absent(0).unwrap();
        assert!(
            line.starts_with("Missing: Plexi. ") && line.contains(". Missing: Green. "),
            "{line}"
        );
        let before = state(&instance, Part::SECOND_CAB);

        instance
            .loader
            .locate(Part::PEDAL, new.join("Screamer.nam"));
        instance.settle();
        for (part, name, path) in [
            (Part::CAPTURE, "Plexi", "Plexi.nam"),
            (Part::PEDAL, "Screamer", "Screamer.nam"),
            (Part::CAB, "Green", "Cabs/Green.wav"),
        ] {
            assert_eq!(text(&instance, part), name);
            let state = state(&instance, part);
            assert_eq!(state["path"], json!(new.join(path)));
            assert_eq!(
                state["relative"],
                json!(path),
                "the folder is the user's now"
            );
        }
        wait_until_chosen(&new);
        let heard = 0.1 * 0.501 * 2.001;
        assert!((instance.level() - heard).abs() < 1e-6);
        assert_eq!(
            instance.loader.shown().absent(0).as_deref(),
            Some("Missing: Room. Nothing plays instead")
        );
        assert_eq!(state(&instance, Part::SECOND_CAB), before);
        // It was one change. What was saved is found again where the user keeps sounds.
        Preferences::add_library_folder(&own_folder().unwrap(), &new).unwrap();
        let change = instance.loader.history().lock().undo();
        let Some(Change::Parts(parts)) = change else {
            panic!("{change:?}");
        };
        assert_eq!(parts.len(), 3);
        assert!(!instance.loader.history().lock().can_undo());
        for change in parts {
            instance.loader.put_back(change.part, change.after);
        }
        instance.settle();
        assert_eq!(text(&instance, Part::CAB), "Green");
    }

    #[test]
    fn locating_can_be_taken_back() {
        let home = folder();
        let here = write(home.path(), "Here.nam", 0.503, 48_000);
        // Nothing is known of it but where it was.
        let gone = home.path().join("gone/There.nam");
        let gone = json!({"version": 2, "path": gone, "notes": "keep me"});
        let mut instance = opened([(Part::CAPTURE, gone)]);
        instance.loader.locate(Part::CAPTURE, here.clone());
        instance.settle();
        assert!((instance.level() - 0.0503).abs() < 1e-6);
        let located = state(&instance, Part::CAPTURE);
        assert_eq!(
            (&located["path"], &located["notes"]),
            (&json!(here), &json!("keep me"))
        );
        let (part, before) = only_part(instance.loader.history().lock().undo());
        instance.loader.put_back(part, before);
        instance.settle();
        assert_eq!(text(&instance, part), "Missing: There. Here plays instead");
        assert!((instance.level() - 0.0503).abs() < 1e-6);
        let (part, after) = only_part(instance.loader.history().lock().redo());
        instance.loader.put_back(part, after);
        instance.settle();
        assert_eq!(text(&instance, part), "Here");
        assert_eq!(state(&instance, part), located);
        // What is no capture leaves all as it is.
        let broken = home.path().join("broken.nam");
        std::fs::write(&broken, "{}").unwrap();
        instance.loader.locate(Part::CAPTURE, broken);
        instance.settle();
        assert!(instance.message().contains("broken.nam"));
        assert_eq!(state(&instance, part), located);
    }

    #[test]
    fn a_file_that_was_replaced_plays_until_the_user_says_which_is_right() {
        let home = folder();
        let path = write(home.path(), "Amp.nam", 0.504, 48_000);
        let states = states([(Part::CAPTURE, &*path)]);
        let before = SavedPart::read(&states[0].1).unwrap();
        write(home.path(), "Amp.nam", 0.25, 48_000);
        let mut instance = opened(states);
        let asked = |instance: &Instance| instance.loader.shown().question().map(|q| q.part);
        let told = "Missing: Amp. Another file in its place plays instead";
        assert_eq!(instance.level(), 0.025);
        assert_eq!(asked(&instance), Some(Part::CAPTURE));
        assert_eq!(text(&instance, Part::CAPTURE), told);
        instance.loader.dismiss_message();
        assert_eq!(asked(&instance), Some(Part::CAPTURE), "it stays");
        // What is not decided is not put into the project.
        instance.loader.embed(true);
        instance.settle();
        assert!(
            instance.message().contains("Choose first"),
            "{}",
            instance.message()
        );

        instance.loader.keep_looking(Part::CAPTURE);
        instance.settle();
        assert_eq!(asked(&instance), None);
        assert_eq!(text(&instance, Part::CAPTURE), told);
        assert!(instance.message().contains("not in your folders"));
        assert_eq!(saved(&instance, Part::CAPTURE).hash(), before.hash());

        // It comes back to where the user keeps sounds, and is found when it is looked for.
        let sounds = folder();
        write(sounds.path(), "Amp as it was.nam", 0.504, 48_000);
        Preferences::add_library_folder(&own_folder().unwrap(), sounds.path()).unwrap();
        instance.loader.keep_looking(Part::CAPTURE);
        instance.settle();
        assert!((instance.level() - 0.0504).abs() < 1e-6);
        assert_eq!(text(&instance, Part::CAPTURE), "Amp as it was");
        assert_eq!(
            state(&instance, Part::CAPTURE)["relative"],
            "Amp as it was.nam"
        );
        sounds.close().unwrap();

        // The other answer.
        let mut instance = opened([(Part::CAPTURE, before.write())]);
        assert_eq!(asked(&instance), Some(Part::CAPTURE));
        instance.loader.use_new_file(Part::CAPTURE);
        instance.settle();
        assert_eq!((asked(&instance), instance.level()), (None, 0.025));
        assert_eq!(text(&instance, Part::CAPTURE), "Amp");
        assert_ne!(saved(&instance, Part::CAPTURE).hash(), before.hash());
        let (part, old) = only_part(instance.loader.history().lock().undo());
        assert_eq!(old.hash(), before.hash());
        instance.loader.put_back(part, old);
        instance.settle();
        assert_eq!(asked(&instance), Some(part), "and then it is open again");
    }

    #[test]
    fn what_a_newer_version_means_is_kept_and_told() {
        let newer = json!({"version": 2, "uri": "somewhere://12345", "name": "Plexi"});
        let more = json!({"version": 2, "builtin": "clean", "tilt": 3});
        let gone = json!({"version": 2, "path": "/gone/cab.wav", "crossfade": 3});
        let instance = opened([
            (Part::CAPTURE, newer.clone()),
            (Part::PEDAL, more),
            (Part::CAB, gone),
        ]);
        let told = text(&instance, Part::CAPTURE);
        assert_eq!(told, "Not understood: Plexi. Gridleak Crunch plays instead");
        assert!(
            instance.message().contains("newer Gridleak"),
            "{}",
            instance.message()
        );
        assert_eq!(state(&instance, Part::CAPTURE), newer);
        assert_eq!(state(&instance, Part::PEDAL)["tilt"], 3);
        let shown = instance.loader.shown();
        // Be it found or not.
        for part in [Part::PEDAL, Part::CAB] {
            let message = shown.parts[part.index()].message.as_ref().unwrap();
            assert!(message.text.contains("They stay"), "{}", message.text);
        }
    }

    #[test]
    fn a_project_neither_embeds_a_file_nor_makes_its_folder_the_users() {
        let home = folder();
        let path = write(home.path(), "private.nam", 0.505, 48_000);
        let beside = write(home.path(), "private too.nam", 0.506, 48_000);
        let mut instance = Instance::active();
        instance.rig.load_part(
            Part::CAPTURE,
            json!({"version": 1, "path": path, "embed": true}),
        );
        instance.settle();
        assert!((instance.level() - 0.0505).abs() < 1e-6);
        assert!(
            !state(&instance, Part::CAPTURE)
                .to_string()
                .contains("embedded")
        );
        assert_eq!(instance.loader.embedding(), Some((false, 0)));
        let place = |instance: &Instance| instance.loader.shown().parts[0].place;
        assert_eq!(place(&instance), None, "its folder was not looked at");
        instance
            .loader
            .step(Part::CAPTURE, crate::session::folder::Step::Next);
        instance.settle();
        assert!((instance.level() - 0.0506).abs() < 1e-6);
        assert!(place(&instance).is_some());
        let (part, before) = only_part(instance.loader.history().lock().undo());
        instance.loader.put_back(part, before);
        instance.settle();
        // What was asked for before this is done when this is.
        let later = folder();
        let library = &instance.loader.library;
        library.remember_capture_folder(later.path().to_owned());
        wait_until_chosen(later.path());
        assert!(!is_chosen(home.path()));
        instance
            .loader
            .open(part, crate::session::library::Origin::File(beside));
        instance.settle();
        wait_until_chosen(home.path());
    }

    #[test]
    fn a_missing_cabinet_is_stood_in_for_by_a_cabinet() {
        let home = folder();
        let mut instance = Instance::active();
        let mut set = |path: &Path| {
            instance
                .rig
                .load_part(Part::CAB, json!({"version": 1, "path": path}));
            instance.settle();
            let shown = instance.loader.shown().parts[Part::CAB.index()].clone();
            (shown.text().unwrap(), shown.response)
        };
        let gone = home.path().join("gone.wav");
        let (text, built_in) = set(&gone);
        assert_eq!(text, "Missing: gone. Built-in cabinet plays instead");
        assert!(built_in.is_some());
        // Whatever was in the project before.
        let mine = write_response(home.path(), "mine.wav", 0.507);
        let (_, response) = set(&mine);
        assert!(response != built_in);
        let (text, response) = set(&gone);
        assert_eq!(text, "Missing: gone. Built-in cabinet plays instead");
        assert!(response == built_in);
        // What played before in this one plays on.
        set(&mine);
        let slot = instance.rig.part(Part::CAB);
        slot.choose(SavedPart::file(&gone));
        instance.settle();
        let text = self::text(&instance, Part::CAB);
        assert_eq!(text, "Missing: gone. mine plays instead");
    }

    #[test]
    fn a_missing_pedal_of_another_project_is_nothing() {
        let home = folder();
        let pedal = write(home.path(), "Mine.nam", 2.0, 48_000);
        let mut instance = opened([(Part::PEDAL, json!({"version": 1, "path": pedal}))]);
        assert!(
            instance.loader.shown().parts[Part::PEDAL.index()]
                .capture
                .is_some()
        );
        let gone = home.path().join("gone.nam");
        instance
            .rig
            .load_part(Part::PEDAL, json!({"version": 1, "path": gone}));
        instance.settle();
        let shown = instance.loader.shown().parts[Part::PEDAL.index()].clone();
        let told = "Missing: gone. Nothing plays instead";
        assert_eq!(shown.text().as_deref(), Some(told));
        assert!(shown.capture.is_none(), "no words of what does not play");
    }

    #[test]
    fn an_answer_is_one_to_its_question_alone() {
        let home = folder();
        let [a, b] = ["A.nam", "B.nam"].map(|name| write(home.path(), name, 0.508, 48_000));
        let states = states([(Part::CAPTURE, &*a), (Part::PEDAL, &*b)]);
        for name in ["A.nam", "B.nam"] {
            write(home.path(), name, 0.25, 48_000);
        }
        let [(_, first), (_, second)] = states;
        for answer in [Loader::use_new_file, Loader::keep_looking] {
            let mut instance = opened([(Part::CAPTURE, first.clone())]);
            let (asked_of, _) = instance.rig.part(Part::CAPTURE).current();
            assert!(instance.loader.shown().question().is_some());
            // Another project comes before the answer does.
            instance.rig.load_part(Part::CAPTURE, second.clone());
            for old in [Mend::UseNewFile(asked_of), Mend::KeepLooking(asked_of)] {
                instance.loader.choose(Part::CAPTURE, Choice::Mend(old));
            }
            instance.settle();
            assert_eq!(state(&instance, Part::CAPTURE)["sha256"], second["sha256"]);
            assert!(instance.loader.shown().question().is_some());
            answer(&instance.loader, Part::CAPTURE);
            instance.settle();
            assert!(instance.loader.shown().question().is_none());
        }
    }

    #[test]
    fn a_question_is_about_the_project_s_name_for_it() {
        let home = folder();
        let path = write(home.path(), "Amp.nam", 0.509, 48_000);
        let states = states([(Part::CAPTURE, &*path)]);
        write(home.path(), "Amp.nam", 0.25, 48_000);
        let named = std::fs::read_to_string(&path).unwrap();
        let named = named.replace("\"loudness\"", "\"name\":\"Other\",\"loudness\"");
        std::fs::write(&path, named).unwrap();
        let instance = opened(states);
        let question = instance.loader.shown().question().unwrap();
        assert_eq!(question.name, "Amp");
        let told = "Missing: Amp. Another file in its place plays instead";
        assert_eq!(text(&instance, Part::CAPTURE), told);
    }

    #[test]
    fn what_comes_back_plays_when_it_is_kept_in_the_project() {
        let home = folder();
        let path = write(home.path(), "Drive.nam", 0.511, 48_000);
        let away = home.path().join("away");
        let states = states([(Part::CAPTURE, &*path)]);
        std::fs::rename(&path, &away).unwrap();
        let mut instance = opened(states);
        assert!(text(&instance, Part::CAPTURE).starts_with("Missing: Drive"));
        std::fs::rename(&away, &path).unwrap();
        instance.loader.embed(true);
        instance.settle();
        assert_eq!(text(&instance, Part::CAPTURE), "Drive");
        assert!((instance.level() - 0.0511).abs() < 1e-6);
        assert!(instance.loader.embedding().unwrap().0);
        // The only copy is not thrown away without a word.
        instance.loader.embed(false);
        instance.settle();
        assert_eq!(instance.message(), "");
        instance.loader.embed(true);
        instance.settle();
        std::fs::remove_file(&path).unwrap();
        instance.loader.embed(false);
        instance.settle();
        let message = instance.message();
        assert!(message.contains("was the only one. Undo"), "{message}");
    }
}
