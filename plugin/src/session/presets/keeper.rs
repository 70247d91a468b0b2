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
use crate::session::part::Part;
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
#[derive(PartialEq)]
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
        let parts = Part::all().into_iter().zip(&mut rig.parts);
        let parts = parts.filter(|(part, _)| slot.is_none_or(|slot| part.slot() == slot));
        embed(parts.map(|(_, saved)| saved), save.with_files)?;
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
                let old = store::read(&path, LONGEST as u64).ok();
                store::replace(root, &file, &Preset::write(&rig, slot, &path, old))?;
                file
            }
        };
        if slot.is_none() {
            let now = CurrentPreset::new(file, Some(rig.into()));
            shared.set_preset(before.as_ref(), Some(now));
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
            rig.set_preset(Some(&current), Some(now));
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
