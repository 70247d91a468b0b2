//! What the thread of a library knows and does.

use std::collections::{HashMap, HashSet};
use std::fs;
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant, SystemTime};

use gridleak_core::LevelSettings;

use super::about::{about, about_file};
use super::cache::{self, Cache};
use super::inbox::{Shared, Task};
use super::listing::{Entry, Folder, Kind, Listing, Origin};
use super::scan::{Scan, entry};

use crate::builtin::{BuiltIn, CABS, CAPTURES};
use crate::files::failure::Result;
use crate::session::preferences::{Preferences, own_folder};

/// How often what was found so far is shown.
const SHOWING: Duration = Duration::from_millis(300);

/// How often what captures say is saved while they are read.
const SAVING: Duration = Duration::from_secs(5);

static BUILT_IN: LazyLock<Vec<Entry>> = LazyLock::new(|| {
    let entry = |kind, built_in: &BuiltIn| {
        let about = match kind {
            Kind::Capture => about(built_in.bytes, built_in.name),
            Kind::Response => String::new(),
        };
        Entry {
            origin: Origin::BuiltIn(built_in.name),
            kind,
            name: built_in.name.to_owned(),
            folder: None,
            modified: None,
            about: if about.is_empty() {
                "Built in".to_owned()
            } else {
                about
            },
            favourite: false,
            recent: None,
        }
    };
    let captures = CAPTURES.iter().map(|sound| entry(Kind::Capture, sound));
    let responses = CABS.iter().map(|sound| entry(Kind::Response, sound));
    captures.chain(responses).collect()
});

/// What is known of the folders and of what the user marked.
#[derive(Debug, Default)]
pub(super) struct Catalogue {
    /// Where settings and cache are, if not where the user's are.
    home: Option<PathBuf>,
    settings: Preferences,
    /// [`Preferences::stamp`] of these.
    stamp: Option<(SystemTime, u64)>,
    /// The folders that were added when they were last looked through; `None` if they never were.
    roots: Option<Vec<PathBuf>>,
    /// Whether all in `files` is what there is.
    complete: bool,
    folders: Vec<Folder>,
    /// Those in `folders`.
    files: Vec<Entry>,
    /// Favourites and recent ones that are not among `files`.
    outside: Vec<Entry>,
    /// What these say of themselves; not saved.
    outside_cache: Cache,
    busy: bool,
    /// What was left out of the folders.
    problem: Option<String>,
    /// Why the last task could not be done.
    failure: Option<String>,
    shown: Option<Instant>,
}

impl Catalogue {
    /// With settings and cache in `home`, or where the user's are.
    pub(super) fn new(home: Option<PathBuf>) -> Self {
        Self {
            home,
            ..Self::default()
        }
    }

    /// Sees to all that was asked for; when it is to end, to what is to be remembered.
    pub(super) fn run(&mut self, shared: &Shared) {
        let mut due = false;
        while !shared.quit.load(Ordering::Relaxed) {
            match shared.next(due) {
                Some(task) => due |= self.see_to(task, shared),
                None if due => due = self.scan(shared).is_break(),
                None => return,
            }
        }
        while let Some(task) = shared.next(false) {
            // Nobody is left to be told.
            let _ = self.remember(&task);
        }
    }

    /// What there is to choose from, as far as it is known.
    pub(super) fn listing(&self) -> Listing {
        let favourites: HashSet<_> = self.settings.favourites.iter().collect();
        let recent = self.settings.recent.iter().enumerate();
        let recent: HashMap<_, _> = recent.map(|(place, origin)| (origin, place)).collect();
        let mut outside: Vec<_> = self.outside.iter().collect();
        if !self.complete && !outside.is_empty() {
            // In the meantime they may have been found in the folders.
            let found: HashSet<_> = self.files.iter().map(|file| &file.origin).collect();
            outside.retain(|entry| !found.contains(&entry.origin));
        }
        let entries = BUILT_IN.iter().chain(&self.files).chain(outside);
        let marked = |entry: &Entry| Entry {
            favourite: favourites.contains(&entry.origin),
            recent: recent.get(&entry.origin).copied(),
            ..entry.clone()
        };
        let problems: Vec<_> = self.failure.iter().chain(&self.problem).cloned().collect();
        Listing {
            folders: self.folders.clone(),
            entries: entries.map(marked).collect(),
            busy: self.busy,
            problem: (!problems.is_empty()).then(|| problems.join("; ")),
        }
    }

    fn show(&mut self, shared: &Shared) {
        shared.publish(self.listing());
        self.shown = Some(Instant::now());
    }

    /// Whether what was found since the last time should be shown.
    fn is_showing_due(&self) -> bool {
        self.shown.is_none_or(|then| then.elapsed() >= SHOWING)
    }

    fn config(&self) -> Result<PathBuf> {
        match &self.home {
            Some(home) => Ok(home.clone()),
            None => own_folder(),
        }
    }

    /// What new instances begin with, in dBu.
    pub(super) fn interface_dbu(&self) -> f32 {
        let chosen = self.settings.interface_dbu;
        chosen.unwrap_or(LevelSettings::default().interface_dbu)
    }

    pub(super) fn load_settings(&mut self) {
        if let Ok(config) = self.config() {
            // Should they change in this moment, they are read again.
            self.stamp = Preferences::stamp(&config);
            self.settings = Preferences::load_from(&config);
        }
    }

    /// Writes what a task asks to be remembered.
    fn remember(&self, task: &Task) -> Result<()> {
        let config = self.config()?;
        match task {
            Task::Scan | Task::Look => Ok(()),
            Task::AddFolder(folder) => Preferences::add_library_folder(&config, folder),
            Task::RemoveFolder(folder) => Preferences::remove_library_folder(&config, folder),
            Task::SetFavourite(origin, on) => Preferences::set_favourite(&config, origin, *on),
            Task::Used(origin) => Preferences::use_recently(&config, origin),
            Task::CaptureFolder(folder) => Preferences::remember_capture_folder(&config, folder),
            Task::Window(width, height) => Preferences::remember_window(&config, *width, *height),
            Task::Interface(dbu) => Preferences::remember_interface(&config, *dbu),
            Task::Controller(number, which) => {
                Preferences::remember_controller(&config, *number, *which)
            }
        }
    }

    /// Does what was asked for, or answers that the folders are to be looked through for it.
    fn see_to(&mut self, task: Task, shared: &Shared) -> bool {
        if task == Task::Look {
            let stamp = self
                .config()
                .ok()
                .and_then(|config| Preferences::stamp(&config));
            if stamp == self.stamp {
                return false;
            }
        }
        let written = self.remember(&task);
        let done = written.is_ok();
        let before = (self.settings.clone(), self.failure.clone());
        if task != Task::Look {
            self.failure = written.err().map(|failure| failure.to_string());
        }
        self.load_settings();
        let dbu = self.interface_dbu();
        if std::mem::replace(&mut *shared.interface_dbu.lock(), dbu) != dbu {
            (shared.changed)();
        }
        let folders = &self.settings.library_folders;
        let others = self.roots.as_ref().is_some_and(|roots| roots != folders);
        if others || done && task.replaces_scan() {
            return true;
        }
        // The size of the window, say, is not in the listing, and another listing is another search.
        let (settings, failure) = before;
        let same = settings.favourites == self.settings.favourites
            && settings.recent == self.settings.recent
            && failure == self.failure;
        if !same {
            self.find_outside(shared);
            self.show(shared);
        }
        false
    }

    /// Sees to what was asked for while the folders are looked through. Breaks off if that is to be
    /// begun anew, or to end.
    fn attend(&mut self, shared: &Shared) -> ControlFlow<()> {
        loop {
            if shared.quit.load(Ordering::Relaxed) {
                return ControlFlow::Break(());
            }
            let task = {
                let mut inbox = shared.inbox.lock();
                match inbox.tasks.front() {
                    None => return ControlFlow::Continue(()),
                    Some(task) if task.replaces_scan() => return ControlFlow::Break(()),
                    Some(_) => inbox.tasks.pop_front(),
                }
            };
            if task.is_some_and(|task| self.see_to(task, shared)) {
                return ControlFlow::Break(());
            }
        }
    }

    /// Looks through the folders, then reads what the captures in them say of themselves.
    fn scan(&mut self, shared: &Shared) -> ControlFlow<()> {
        self.load_settings();
        let roots = self.settings.library_folders.clone();
        self.roots = Some(roots.clone());
        self.busy = true;
        self.complete = false;
        self.show(shared);

        let home = self.home.clone().or_else(cache::own_folder);
        let mut cache = home.as_deref().map(Cache::load).unwrap_or_default();
        let mut scan = Scan::default();
        let mut unread = Vec::new();
        scan.run(&roots, &mut cache, &mut unread, |scan| {
            self.attend(shared)?;
            // What was there before stays to be seen until there is more.
            if self.is_showing_due() && scan.files.len() > self.files.len() {
                (self.folders, self.files) = scan.listed();
                self.show(shared);
            }
            ControlFlow::Continue(())
        })?;
        (self.folders, self.files) = scan.listed();
        self.problem = scan.problem;
        self.complete = true;
        self.find_outside(shared);
        self.show(shared);

        let end = self.read(unread, &mut cache, home.as_ref(), shared);
        if let Some(home) = &home
            && !shared.quit.load(Ordering::Relaxed)
        {
            // Without a cache they are read again.
            let _ = cache.save(home);
        }
        end?;
        self.busy = false;
        self.show(shared);
        ControlFlow::Continue(())
    }

    /// Reads what the files at these places say of themselves.
    fn read(
        &mut self,
        unread: Vec<usize>,
        cache: &mut Cache,
        home: Option<&PathBuf>,
        shared: &Shared,
    ) -> ControlFlow<()> {
        let mut saved = Instant::now();
        for place in unread {
            self.attend(shared)?;
            let file = &mut self.files[place];
            read_about(file, cache, &shared.quit);
            if self.is_showing_due() {
                self.show(shared);
            }
            if let Some(home) = home
                && saved.elapsed() >= SAVING
            {
                let _ = cache.save(home);
                saved = Instant::now();
            }
        }
        ControlFlow::Continue(())
    }

    /// Finds the favourites and recent ones that are in none of the folders, once these are known.
    fn find_outside(&mut self, shared: &Shared) {
        if !self.complete {
            return;
        }
        let mut found: HashSet<_> = self.files.iter().map(|file| &file.origin).collect();
        let marked = self.settings.favourites.iter().chain(&self.settings.recent);
        let mut outside = Vec::new();
        for origin in marked.filter(|origin| found.insert(origin)) {
            if shared.quit.load(Ordering::Relaxed) {
                return;
            }
            let Origin::File(path) = origin else {
                continue;
            };
            let entry = Kind::of_file(path)
                .and_then(|kind| entry(path.clone(), kind, None, &mut self.outside_cache));
            if let Some((mut file, known)) = entry {
                if !known {
                    read_about(&mut file, &mut self.outside_cache, &shared.quit);
                }
                outside.push(file);
            }
        }
        self.outside = outside;
    }
}

/// Reads what `file` says of itself, and keeps it in `cache`.
fn read_about(file: &mut Entry, cache: &mut Cache, quit: &AtomicBool) {
    if let Origin::File(path) = &file.origin
        && let Ok(found) = fs::metadata(path)
    {
        file.about = about_file(path, file.kind, quit);
        // If it was to end, that may not be all.
        if !quit.load(Ordering::Relaxed) {
            cache.keep(path, &found, &file.about);
        }
    }
}
