//! Lists the player's presets and changes them on disk, on a thread that is there while there is work.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use parking_lot::Mutex;

use super::embed::embed;
use super::folder::folder;
use super::kind::PresetKind;
use super::preset::Preset;
use super::scan::{PresetListing, ScanCache, scan};
use super::setlist::{Setlist, SetlistEdit};
use super::store::{self, Kept};
use crate::files::failure::{Failure, Result};
use crate::session::message::Message;
use crate::session::preferences::{Preferences, own_folder};
use crate::session::preset_path::PresetPath;
use crate::session::rig::{CurrentPreset, LONGEST, Rig, SetlistPlace, SharedRig};
use crate::session::task_thread::{Queue, TaskThread};

/// How often it is looked what others have done to the preset folder, while it is shown.
const LOOKING: Duration = Duration::from_secs(2);

/// The player's presets as an instance has them.
pub(crate) struct Presets {
    shared: Arc<Shared>,
    /// The thread's while it runs.
    cache: Arc<Mutex<ScanCache>>,
    thread: TaskThread<Task>,
    looked: Mutex<Option<Instant>>,
}

struct Shared {
    /// Where settings and presets are, if not where the player's are.
    home: Option<PathBuf>,
    rig: Arc<SharedRig>,
    listing: Mutex<Arc<PresetListing>>,
    /// Tells the player something.
    say: Box<dyn Fn(Message) + Send + Sync>,
    /// Called when there is something else to show.
    changed: Box<dyn Fn() + Send + Sync>,
}

/// What is to be saved, and where.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Save {
    /// The slot, or else the rig with all of them.
    pub(crate) slot: Option<usize>,
    pub(crate) to: SaveTo,
    /// Whether the files are to be inside. Those that are nowhere else stay inside in any case.
    pub(crate) with_files: bool,
}

/// Where a preset is saved.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum SaveTo {
    /// In the place of this one.
    Over(PresetPath),
    /// In a new file; with a number behind its name if there is one of that name. The bank is made if it is
    /// not there; it is empty for none.
    New { bank: String, name: String },
}

/// What the thread is asked for.
enum Task {
    Scan,
    Save(Save, Box<Rig>),
    Rename(PresetPath, String),
    Delete(PresetPath),
    SetFavourite(PresetPath, bool),
    SetDefault(Option<PresetPath>),
    NewSetlist(String),
    EditSetlist(PresetPath, SetlistEdit),
}

impl Presets {
    /// Those of an instance that plays `rig`. Nothing is looked at before [`Presets::browse`]. `changed` is
    /// called when there is another listing; neither it nor `say` may own this.
    pub(crate) fn new(
        rig: Arc<SharedRig>,
        say: impl Fn(Message) + Send + Sync + 'static,
        changed: impl Fn() + Send + Sync + 'static,
    ) -> Self {
        Self::with(None, rig, say, changed)
    }

    fn with(
        home: Option<PathBuf>,
        rig: Arc<SharedRig>,
        say: impl Fn(Message) + Send + Sync + 'static,
        changed: impl Fn() + Send + Sync + 'static,
    ) -> Self {
        Self {
            shared: Arc::new(Shared {
                home,
                rig,
                listing: Mutex::default(),
                say: Box::new(say),
                changed: Box::new(changed),
            }),
            cache: Arc::default(),
            thread: TaskThread::new("gridleak-presets"),
            looked: Mutex::default(),
        }
    }

    /// What there is to choose from, as far as it is known.
    pub(crate) fn listing(&self) -> Arc<PresetListing> {
        self.shared.listing.lock().clone()
    }

    /// Looks through the preset folder, at first and at times. Cheap enough to be called for every picture.
    pub(crate) fn browse(&self) {
        let mut looked = self.looked.lock();
        if looked.is_none_or(|then| then.elapsed() > LOOKING) {
            *looked = Some(Instant::now());
            drop(looked);
            self.ask(Task::Scan);
        }
    }

    /// Saves the rig as it stands now, or a slot of it.
    pub(crate) fn save(&self, save: Save) {
        let rig = self.shared.rig.rig();
        self.ask(Task::Save(save, rig.into()));
    }

    /// Gives a preset or a setlist another name; favourites, setlists and the preset of new instances follow.
    pub(crate) fn rename(&self, path: PresetPath, name: String) {
        self.ask(Task::Rename(path, name));
    }

    /// Removes the file of a preset or a setlist, for good.
    pub(crate) fn delete(&self, path: PresetPath) {
        self.ask(Task::Delete(path));
    }

    /// Makes a preset a favourite or takes it out of them, for all instances.
    pub(crate) fn set_favourite(&self, path: PresetPath, favourite: bool) {
        self.ask(Task::SetFavourite(path, favourite));
    }

    /// Has new instances open a preset, or none.
    pub(crate) fn set_default(&self, path: Option<PresetPath>) {
        self.ask(Task::SetDefault(path));
    }

    /// Makes an empty setlist, and has this instance play through it.
    pub(crate) fn new_setlist(&self, name: String) {
        self.ask(Task::NewSetlist(name));
    }

    /// Changes a setlist, for all instances.
    pub(crate) fn edit_setlist(&self, setlist: PresetPath, edit: SetlistEdit) {
        self.ask(Task::EditSetlist(setlist, edit));
    }

    /// Whether something is being written or looked for.
    pub(crate) fn is_busy(&self) -> bool {
        self.thread.is_busy()
    }

    /// Ends the thread and waits for that until `deadline`. What was asked for is still written.
    pub(crate) fn end(&self, deadline: Instant) {
        self.thread.end(deadline);
    }

    fn ask(&self, task: Task) {
        let (shared, cache) = (self.shared.clone(), self.cache.clone());
        self.thread.ask(task, move |queue| {
            let mut cache = cache.lock();
            while let Some(task) = queue.next() {
                see_to(task, &shared, &mut cache, queue);
            }
        });
    }
}

/// Does what was asked for, and shows what there is then.
fn see_to(task: Task, shared: &Shared, cache: &mut ScanCache, queue: &Queue<Task>) {
    let places = Places::find(shared.home.as_deref());
    let done = places.and_then(|places| {
        let done = places.carry_out(task, &shared.rig, cache);
        if !queue.has_to_quit() {
            shared.show(places.listing(cache));
        }
        done
    });
    if let Err(failure) = done {
        (shared.say)(Message::error(failure.to_string()));
    }
}

impl Shared {
    fn show(&self, listing: PresetListing) {
        let mut shown = self.listing.lock();
        if **shown == listing {
            return;
        }
        // The old one is dropped when the lock is gone.
        let _old = std::mem::replace(&mut *shown, listing.into());
        drop(shown);
        (self.changed)();
    }
}

/// Where everything is.
struct Places {
    /// The preset folder.
    root: PathBuf,
    /// The folder of the preferences.
    config: PathBuf,
}

impl Places {
    fn find(home: Option<&Path>) -> Result<Self> {
        match home {
            Some(home) => Ok(Self {
                root: home.join("presets"),
                config: home.to_owned(),
            }),
            None => Ok(Self {
                root: folder()?,
                config: own_folder()?,
            }),
        }
    }

    /// What there is, and what the player marked of it.
    fn listing(&self, cache: &mut ScanCache) -> PresetListing {
        let mut listing = scan(&self.root, cache);
        let preferences = Preferences::load_from(&self.config);
        let favourites: HashSet<_> = preferences.favourite_presets.iter().collect();
        for preset in &mut listing.presets {
            preset.favourite = favourites.contains(&preset.path);
            preset.default = preferences.default_preset.as_ref() == Some(&preset.path);
        }
        listing
    }

    fn carry_out(&self, task: Task, rig: &SharedRig, cache: &mut ScanCache) -> Result<()> {
        let (root, config) = (&*self.root, &*self.config);
        match task {
            Task::Scan => Ok(()),
            Task::Save(save, saved) => self.save(save, *saved, rig),
            Task::Rename(path, name) => self.rename(&path, &name, rig, cache),
            Task::Delete(path) => {
                store::delete(root, &path)?;
                if rig.setlist().is_some_and(|place| place.setlist == path) {
                    rig.set_setlist(None);
                }
                Preferences::move_preset(config, &path, None)
            }
            Task::SetFavourite(path, on) => Preferences::set_favourite_preset(config, &path, on),
            Task::SetDefault(path) => Preferences::set_default_preset(config, path.as_ref()),
            Task::NewSetlist(name) => {
                let text = |_: &Path| Setlist::default().write();
                let setlist = store::create(root, "", &name, Kept::Setlist, text)?;
                rig.set_setlist(Some(SetlistPlace { setlist, at: None }));
                Ok(())
            }
            Task::EditSetlist(path, edit) => self.edit_setlist(&path, &edit),
        }
    }

    /// Saves a rig or a slot of it; a rig is from there on the one that the file has.
    fn save(&self, save: Save, mut rig: Rig, shared: &SharedRig) -> Result<()> {
        let (root, slot) = (&*self.root, save.slot);
        let before = rig.preset.take();
        let slots = rig.slots.iter_mut().enumerate();
        let slots = slots.filter(|(at, _)| slot.is_none_or(|slot| slot == *at));
        embed(slots.map(|(_, slot)| slot), save.with_files)?;
        let file = match save.to {
            SaveTo::New { bank, name } => {
                let text = |path: &Path| Preset::write(&rig, slot, path, None);
                store::create(root, &bank, &name, Kept::Preset, text)?
            }
            SaveTo::Over(file) => {
                let path = file.within(root);
                let own = slot.map_or(PresetKind::Rig, |_| PresetKind::Slot);
                if PresetKind::of_file(&path).is_some_and(|kind| kind != own) {
                    return Err(Failure::at(
                        &path,
                        "is of another kind, a whole rig or one slot; choose another name",
                    ));
                }
                let old = slot.and_then(|_| store::read(&path, LONGEST as u64).ok());
                store::replace(root, &file, &Preset::write(&rig, slot, &path, old))?;
                file
            }
        };
        if slot.is_none() {
            let now = CurrentPreset::new(file, Some(rig.into()));
            shared.set_preset(before.as_ref(), now);
            shared.changed();
        }
        Ok(())
    }

    fn rename(
        &self,
        path: &PresetPath,
        name: &str,
        rig: &SharedRig,
        cache: &mut ScanCache,
    ) -> Result<()> {
        let new = store::rename(&self.root, path, name)?;
        if let Some(current) = rig.preset()
            && current.file.as_ref() == Some(path)
        {
            let now = CurrentPreset::new(new.clone(), current.rig.clone());
            rig.set_preset(Some(&current), now);
        }
        if let Some(place) = rig.setlist()
            && place.setlist == *path
        {
            let setlist = new.clone();
            rig.set_setlist(Some(SetlistPlace { setlist, ..place }));
        }
        Preferences::move_preset(&self.config, path, Some(&new))?;
        for setlist in scan(&self.root, cache).setlists {
            if setlist
                .presets
                .iter()
                .flatten()
                .any(|preset| preset == path)
            {
                let edit = SetlistEdit::Rename(path.clone(), new.clone());
                self.edit_setlist(&setlist.path, &edit)?;
            }
        }
        Ok(())
    }

    fn edit_setlist(&self, path: &PresetPath, edit: &SetlistEdit) -> Result<()> {
        let mut setlist = Setlist::open(&path.within(&self.root))?;
        if setlist.edit(edit)? {
            store::replace(&self.root, path, &setlist.write())?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use gridleak_core::{ParameterId, Settings};
    use serde_json::{Value, json};
    use tempfile::TempDir;

    use super::*;
    use crate::builtin;
    use crate::session::midi::Controllers;
    use crate::session::part::Part;
    use crate::session::presets::PresetStatus;
    use crate::session::references::SavedPart;

    /// A player with a home, and an instance.
    struct Player {
        home: TempDir,
        rig: Arc<SharedRig>,
        presets: Presets,
        said: Arc<Mutex<Vec<String>>>,
    }

    impl Player {
        fn new() -> Self {
            let home = tempfile::tempdir().unwrap();
            let rig = SharedRig::new(
                Settings::default(),
                &Controllers::default(),
                Arc::default(),
                |_| {},
            );
            let rig = Arc::new(rig);
            let said = Arc::<Mutex<Vec<String>>>::default();
            let saying = said.clone();
            let say = move |message: Message| saying.lock().push(message.text);
            let own = Some(home.path().to_owned());
            let presets = Presets::with(own, rig.clone(), say, || {});
            Self {
                home,
                rig,
                presets,
                said,
            }
        }

        fn root(&self) -> PathBuf {
            self.home.path().join("presets")
        }

        fn save_as(&self, bank: &str, name: &str) {
            self.save(None, to(bank, name), false);
        }

        fn save(&self, slot: Option<usize>, to: SaveTo, with_files: bool) {
            self.presets.save(Save {
                slot,
                to,
                with_files,
            });
            self.settle();
        }

        /// Waits until all is done; nothing went wrong.
        #[track_caller]
        fn settle(&self) -> Arc<PresetListing> {
            let problem = self.problem();
            assert_eq!(problem, None);
            self.presets.listing()
        }

        /// The same, and what went wrong.
        fn problem(&self) -> Option<String> {
            while self.presets.is_busy() {
                std::thread::yield_now();
            }
            self.said.lock().pop()
        }

        fn texts(&self) -> Vec<String> {
            let listing = self.settle();
            let presets = listing.presets.iter();
            presets
                .map(|preset| preset.path.text().to_owned())
                .collect()
        }

        fn status(&self) -> PresetStatus {
            PresetStatus::now(&self.rig, &self.presets)
        }

        fn document(&self, preset: &str) -> Value {
            let text = fs::read_to_string(self.root().join(preset)).unwrap();
            assert!(text.starts_with("{\n  \""), "not to be read by people");
            serde_json::from_str(&text).unwrap()
        }
    }

    fn to(bank: &str, name: &str) -> SaveTo {
        SaveTo::New {
            bank: bank.into(),
            name: name.into(),
        }
    }

    fn path(text: &str) -> PresetPath {
        PresetPath::read(text).unwrap()
    }

    #[test]
    fn a_rig_is_saved_renamed_and_deleted() {
        let player = Player::new();
        assert_eq!(player.texts(), [""; 0]);
        let status = player.status();
        assert_eq!((status.name, status.changed), (None, false));

        player.rig.set(ParameterId::Input, 3.5);
        player.save_as("Live", "AC/DC");
        player.save_as("Live", "AC/DC");
        assert_eq!(
            player.texts(),
            ["Live/AC-DC.gridleak", "Live/AC-DC 2.gridleak"]
        );
        let document = player.document("Live/AC-DC.gridleak");
        assert_eq!(document["kind"], "rig");
        assert_eq!(document["settings"]["input"], 3.5);
        assert_eq!(document.get("preset"), None);
        assert_eq!(
            player.presets.listing().presets[0].kind,
            Some(PresetKind::Rig)
        );
        let status = player.status();
        assert_eq!(
            (status.name.as_deref(), status.changed),
            (Some("AC-DC 2"), false)
        );

        // Turned, and turned back; a slot gone to is no change.
        player.rig.set(ParameterId::Input, 4.0);
        assert!(player.status().changed);
        player.rig.set(ParameterId::Input, 3.5);
        player.rig.set(ParameterId::Slot, 2.0);
        assert!(!player.status().changed);
        player.rig.set(ParameterId::Input, 4.0);
        let file = player.status().file.unwrap();
        player.save(None, SaveTo::Over(file.clone()), false);
        assert!(!player.status().changed);
        assert_eq!(player.document(file.text())["settings"]["input"], 4.0);

        player.presets.set_favourite(file.clone(), true);
        player.presets.set_default(Some(file.clone()));
        player.presets.rename(file, "Highway".into());
        let listing = player.settle();
        let highway = &listing.presets[1];
        assert_eq!(highway.path.text(), "Live/Highway.gridleak");
        assert!(highway.favourite && highway.default && !listing.presets[0].default);
        assert_eq!(player.status().name.as_deref(), Some("Highway"));
        assert!(!player.status().changed);

        player.presets.delete(highway.path.clone());
        assert_eq!(player.texts(), ["Live/AC-DC.gridleak"]);
        let preferences = Preferences::load_from(player.home.path());
        assert_eq!(preferences, Preferences::default());
        for (bank, name) in [("", "..."), ("..", "Verse")] {
            player.presets.save(Save {
                slot: None,
                to: to(bank, name),
                with_files: false,
            });
            assert!(player.problem().unwrap().contains("needs a name"));
        }
    }

    #[test]
    fn setlists_follow_the_presets_that_are_in_them() {
        let player = Player::new();
        for name in ["a", "b"] {
            player.save_as("", name);
        }
        player.presets.new_setlist("Gig".into());
        player.settle();
        let gig = path("Gig.gridleak-setlist");
        assert_eq!(player.status().setlist.unwrap().setlist, gig);
        for (at, preset) in ["a.gridleak", "b.gridleak", "a.gridleak"]
            .iter()
            .enumerate()
        {
            let edit = SetlistEdit::Insert(at, path(preset));
            player.presets.edit_setlist(gig.clone(), edit);
        }
        player.presets.rename(path("a.gridleak"), "c".into());
        player.presets.rename(gig, "Tour".into());
        let listing = player.settle();
        let [tour] = &listing.setlists[..] else {
            panic!("{listing:?}");
        };
        assert_eq!(tour.path.text(), "Tour.gridleak-setlist");
        let presets: Vec<_> = tour
            .presets
            .iter()
            .flatten()
            .map(PresetPath::text)
            .collect();
        assert_eq!(presets, ["c.gridleak", "b.gridleak", "c.gridleak"]);
        assert_eq!(player.status().setlist.unwrap().setlist, tour.path);

        // One that is broken is not written over.
        let broken = player.root().join("Tour.gridleak-setlist");
        fs::write(&broken, "half a setl").unwrap();
        let edit = SetlistEdit::Remove(0);
        player.presets.edit_setlist(tour.path.clone(), edit);
        let problem = player.problem().unwrap();
        assert!(problem.contains("Tour.gridleak-setlist"), "{problem}");
        assert_eq!(fs::read(&broken).unwrap(), b"half a setl");
    }

    #[test]
    fn what_others_do_to_the_folder_is_seen_by_who_looks_again() {
        let player = Player::new();
        player.presets.browse();
        assert_eq!(player.texts(), [""; 0]);
        fs::create_dir_all(player.root()).unwrap();
        fs::write(player.root().join("x.gridleak"), "{\"kind\": \"slot\"}").unwrap();
        // Too soon to look again, until something else is done.
        player.presets.browse();
        player.presets.set_default(None);
        assert_eq!(player.texts(), ["x.gridleak"]);
    }

    /// A capture in a file, and its bytes.
    fn capture(folder: &Path) -> (PathBuf, Vec<u8>) {
        let path = folder.join("Plexi.nam");
        let bytes = builtin::CAPTURES[0].bytes.to_vec();
        fs::create_dir_all(folder).unwrap();
        fs::write(&path, &bytes).unwrap();
        (path, bytes)
    }

    #[test]
    fn a_preset_can_carry_its_files() {
        let player = Player::new();
        let (file, _) = capture(player.home.path());
        player
            .rig
            .part(Part::CAPTURE)
            .choose(SavedPart::file(&file));
        player.save(None, to("", "bare"), false);
        player.save(None, to("", "whole"), true);
        let embedded = |preset: &str| {
            let document = player.document(preset);
            document["slots"][0]["capture"].get("embedded").is_some()
        };
        assert!(!embedded("bare.gridleak") && embedded("whole.gridleak"));
        // The rig that plays carries none for that.
        assert!(!player.rig.part(Part::CAPTURE).current().1.embeds());

        // Loaded where the file is, it is saved without it on demand; where it is not, it stays inside.
        super::super::open(&player.rig, &player.root().join("whole.gridleak"), 0).unwrap();
        assert!(player.rig.part(Part::CAPTURE).current().1.embeds());
        player.save(None, SaveTo::Over(path("whole.gridleak")), false);
        assert!(!embedded("whole.gridleak"));
        player.save(None, SaveTo::Over(path("whole.gridleak")), true);
        fs::remove_file(&file).unwrap();
        player.save(None, SaveTo::Over(path("whole.gridleak")), false);
        assert!(embedded("whole.gridleak"));

        // What is no sound stays the player's own, whoever wrote the rig that names it.
        let secret = player.home.path().join("secret.txt");
        fs::write(&secret, "my password").unwrap();
        for part in [Part::CAPTURE, Part::SECOND_CAB] {
            let before = player.rig.rig();
            player.rig.part(part).choose(SavedPart::file(&secret));
            player.presets.save(Save {
                slot: None,
                to: to("", "leak"),
                with_files: true,
            });
            let problem = player.problem().unwrap();
            assert!(problem.contains("secret cannot be put inside"), "{problem}");
            assert!(!player.root().join("leak.gridleak").exists());
            player.rig.put(&player.rig.rig(), &before);
        }

        // What is not to be found cannot be put inside, and nothing is written.
        player
            .rig
            .part(Part::CAPTURE)
            .choose(SavedPart::file(&file));
        let before = player.document("bare.gridleak");
        player.presets.save(Save {
            slot: None,
            to: SaveTo::Over(path("bare.gridleak")),
            with_files: true,
        });
        let problem = player.problem().unwrap();
        assert!(problem.contains("Plexi cannot be put inside"), "{problem}");
        assert_eq!(player.document("bare.gridleak"), before);
    }

    #[test]
    fn a_slot_is_saved_and_goes_into_another_slot() {
        let player = Player::new();
        let lead = SavedPart::built_in("lead");
        player.rig.part(Part::OTHER_CAPTURE).choose(lead.clone());
        player.save(Some(1), to("Amps", "Lead"), false);
        let document = player.document("Amps/Lead.gridleak");
        assert_eq!(document["kind"], "slot");
        assert_eq!(document["slot"]["capture"]["builtin"], "lead");
        assert!(document.get("slots").is_none() && document.get("settings").is_none());
        assert_eq!(
            player.presets.listing().presets[0].kind,
            Some(PresetKind::Slot)
        );
        assert_eq!(player.status().name, None, "the rig came from no preset");

        let other = Player::new();
        other.rig.set(ParameterId::Input, 3.0);
        let file = player.root().join("Amps/Lead.gridleak");
        let (before, after) = super::super::open(&other.rig, &file, 5).unwrap();
        assert_eq!(before.settings, after.settings);
        for part in Part::all() {
            let (_, saved) = other.rig.part(part).current();
            match part.slot() {
                5 => {
                    assert!(saved.is_like(&player.rig.part(Part::new(1, part.kind())).current().1))
                }
                _ => assert_eq!(saved, part.first()),
            }
        }
        other.rig.put(&after, &before);
        assert_eq!(other.rig.rig(), before);

        // Whole rigs and slots do not take each other's place; what is unknown survives.
        let mut newer = document;
        newer["tags"] = json!(["loud"]);
        newer["slot"]["reverb"] = json!(0.5);
        fs::write(&file, newer.to_string()).unwrap();
        super::super::open(&player.rig, &file, 1).unwrap();
        let over = SaveTo::Over(path("Amps/Lead.gridleak"));
        player.save(Some(1), over.clone(), false);
        let written = player.document("Amps/Lead.gridleak");
        assert_eq!(written["tags"], newer["tags"]);
        assert_eq!(written["slot"]["reverb"], newer["slot"]["reverb"]);
        player.presets.save(Save {
            slot: None,
            to: over,
            with_files: false,
        });
        assert!(player.problem().unwrap().contains("of another kind"));
    }

    #[test]
    fn presets_and_captures_that_moved_with_a_home_are_found() {
        let player = Player::new();
        let (file, _) = capture(&player.home.path().join("Captures"));
        player
            .rig
            .part(Part::CAPTURE)
            .choose(SavedPart::file(&file));
        // Known by its hash from here on.
        player.save(None, to("Live", "Plexi"), true);
        let preset = player.root().join("Live/Plexi.gridleak");
        super::super::open(&player.rig, &preset, 0).unwrap();
        player.save(None, SaveTo::Over(path("Live/Plexi.gridleak")), false);
        assert!(player.rig.rig().slots[0].parts[0].hash().is_some());

        let other = Player::new();
        for folder in ["presets", "Captures"] {
            fs::rename(
                player.home.path().join(folder),
                other.home.path().join(folder),
            )
            .unwrap();
        }
        let moved = other.root().join("Live/Plexi.gridleak");
        super::super::open(&other.rig, &moved, 0).unwrap();
        let found = |saved: SavedPart| match saved.source {
            crate::session::references::Source::File(file) => file.path,
            _ => panic!("no file"),
        };
        let (_, saved) = other.rig.part(Part::CAPTURE).current();
        assert_eq!(found(saved), other.home.path().join("Captures/Plexi.nam"));
        // Another file of that name is not taken for it.
        fs::write(other.home.path().join("Captures/Plexi.nam"), "other").unwrap();
        let third = Player::new();
        super::super::open(&third.rig, &moved, 0).unwrap();
        let (_, saved) = third.rig.part(Part::CAPTURE).current();
        assert_eq!(found(saved), file);
    }
}
