//! The user's captures and impulse responses, to browse and to search.

mod about;
mod cache;
mod catalogue;
mod inbox;
mod listing;
mod scan;
mod search;

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use gridleak_core::ParameterId;
use parking_lot::Mutex;

use crate::session::thread_end;

use self::catalogue::Catalogue;
use self::inbox::{Shared, Task};
pub(crate) use self::listing::{Entry, Folder, Kind, Listing, Origin};
pub(crate) use self::search::{Order, Query, Scope, search};

/// How often it is looked whether another instance marked something, while the browser is shown.
const LOOKING: Duration = Duration::from_secs(2);

/// The library as an instance has it. A thread of its own looks through the folders and writes what
/// is to be remembered; it runs while there is work.
pub(crate) struct Library {
    shared: Arc<Shared>,
    /// The thread's while it runs.
    catalogue: Arc<Mutex<Catalogue>>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

impl Library {
    /// The library of a new instance; it holds the built-in sounds until [`Library::browse`].
    /// `changed` is called from the thread when there is another listing; it must not own the library.
    pub(crate) fn new(changed: impl Fn() + Send + Sync + 'static) -> Arc<Self> {
        let mut catalogue = Catalogue::new(None);
        catalogue.load_settings();
        Self::with(catalogue, changed)
    }

    fn with(catalogue: Catalogue, changed: impl Fn() + Send + Sync + 'static) -> Arc<Self> {
        Arc::new(Self {
            shared: Arc::new(Shared {
                inbox: Mutex::default(),
                listing: Mutex::new(Arc::new(catalogue.listing())),
                interface_dbu: Mutex::new(catalogue.interface_dbu()),
                quit: AtomicBool::new(false),
                changed: Box::new(changed),
            }),
            catalogue: Arc::new(Mutex::new(catalogue)),
            thread: Mutex::new(None),
        })
    }

    /// What there is to choose from, as far as it is known.
    pub(crate) fn listing(&self) -> Arc<Listing> {
        self.shared.listing.lock().clone()
    }

    /// Looks through the folders, if that was not done, and at times for what other instances marked.
    /// Cheap enough to be called for every picture.
    pub(crate) fn browse(&self) {
        let task = {
            let mut inbox = self.shared.inbox.lock();
            if !inbox.scanned {
                Task::Scan
            } else if !inbox.running && inbox.looked.is_none_or(|then| then.elapsed() > LOOKING) {
                inbox.looked = Some(Instant::now());
                Task::Look
            } else {
                return;
            }
        };
        self.ask(task);
    }

    /// Looks through the folders again.
    pub(crate) fn rescan(&self) {
        self.ask(Task::Scan);
    }

    /// Adds a folder, for all instances, and looks through it.
    pub(crate) fn add_folder(&self, folder: PathBuf) {
        self.ask(Task::AddFolder(folder));
    }

    /// Takes away a folder that was added, for all instances. Its files stay where they are.
    pub(crate) fn remove_folder(&self, folder: PathBuf) {
        self.ask(Task::RemoveFolder(folder));
    }

    /// Makes something a favourite or takes it out of them, for all instances.
    pub(crate) fn set_favourite(&self, origin: Origin, favourite: bool) {
        self.ask(Task::SetFavourite(origin, favourite));
    }

    /// Tells that something was loaded.
    pub(crate) fn used(&self, origin: Origin) {
        self.ask(Task::Used(origin));
    }

    /// Remembers a folder that something was loaded from, an absolute path, for all instances.
    pub(crate) fn remember_capture_folder(&self, folder: PathBuf) {
        self.ask(Task::CaptureFolder(folder));
    }

    /// Remembers how wide and high the window is, in points, for the next instance.
    pub(crate) fn remember_window(&self, width: u32, height: u32) {
        self.ask(Task::Window(width, height));
    }

    /// Remembers the level of the interface in dBu, for new instances.
    pub(crate) fn keep_interface(&self, dbu: f32) {
        self.ask(Task::Interface(dbu));
    }

    /// Remembers what a MIDI controller moves, `None` for nothing, for new instances.
    pub(crate) fn keep_controller(&self, number: u8, which: Option<ParameterId>) {
        self.ask(Task::Controller(number, which));
    }

    /// The level of the interface that new instances begin with, in dBu, as far as it is known here.
    pub(crate) fn interface_dbu(&self) -> f32 {
        *self.shared.interface_dbu.lock()
    }

    /// Has the thread end. What was asked for to be remembered is still written; nothing that is asked
    /// for later is done.
    pub(crate) fn quit(&self) {
        self.shared.quit.store(true, Ordering::Relaxed);
    }

    /// Ends the thread and waits for that until `deadline`, see [`thread_end::wait`].
    pub(crate) fn end(&self, deadline: Instant) {
        self.quit();
        // Whoever is about to start a thread has the lock; whoever comes later sees `quit`.
        let thread = self.thread.lock().take();
        if let Some(thread) = thread {
            thread_end::wait(thread, deadline);
        }
    }

    fn ask(&self, task: Task) {
        let mut thread = self.thread.lock();
        if self.shared.quit.load(Ordering::Relaxed) {
            return;
        }
        {
            let mut inbox = self.shared.inbox.lock();
            inbox.scanned |= task.replaces_scan();
            if inbox.tasks.back() != Some(&task) {
                inbox.tasks.push_back(task);
            }
            if inbox.running {
                return;
            }
            inbox.running = true;
        }
        if let Some(ended) = thread.take() {
            let _ = ended.join();
        }
        let (shared, catalogue) = (self.shared.clone(), self.catalogue.clone());
        let started = thread::Builder::new()
            .name("gridleak-library".to_owned())
            .spawn(move || {
                let work = || catalogue.lock().run(&shared);
                // A mistake of ours must not silence the library for good.
                if std::panic::catch_unwind(std::panic::AssertUnwindSafe(work)).is_err() {
                    shared.inbox.lock().running = false;
                }
            });
        match started {
            Ok(started) => *thread = Some(started),
            // No thread to be had; the next task tries again.
            Err(_) => self.shared.inbox.lock().running = false,
        }
    }
}

impl Drop for Library {
    fn drop(&mut self) {
        self.end(Instant::now() + thread_end::LONGEST_WAIT);
    }
}

#[cfg(test)]
mod tests {
    use std::fs::{self, FileTimes};
    use std::path::Path;
    use std::sync::atomic::AtomicUsize;

    use tempfile::TempDir;

    use super::*;
    use crate::session::preferences::Preferences;

    /// A library with settings and cache of its own.
    fn library(home: &Path) -> Arc<Library> {
        Library::with(Catalogue::new(Some(home.to_owned())), || {})
    }

    fn folder() -> TempDir {
        tempfile::tempdir().unwrap()
    }

    fn write(path: &Path, name: &str) {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        let text = format!(
            r#"{{"version": "0.5.4", "metadata": {{"name": "{name}"}}, "architecture": "LSTM"}}"#
        );
        fs::write(path, text).unwrap();
    }

    /// The listing as soon as it is so.
    #[track_caller]
    fn wait(library: &Library, so: impl Fn(&Listing) -> bool) -> Arc<Listing> {
        let start = Instant::now();
        loop {
            let listing = library.listing();
            if so(&listing) {
                return listing;
            }
            let patience = Duration::from_secs(20);
            assert!(start.elapsed() < patience, "it stays so: {listing:?}");
            thread::sleep(Duration::from_millis(2));
        }
    }

    /// The listing when nothing is left to be done.
    #[track_caller]
    fn settled(library: &Library) -> Arc<Listing> {
        wait(library, |_| !library.shared.inbox.lock().running)
    }

    /// Name and what it says of each file, without the built-in sounds.
    fn files(listing: &Listing) -> Vec<(String, String)> {
        let files = listing.entries.iter();
        let files = files.filter(|entry| matches!(entry.origin, Origin::File(_)));
        files
            .map(|file| (file.name.clone(), file.about.clone()))
            .collect()
    }

    fn pair(name: &str, about: &str) -> (String, String) {
        (name.to_owned(), about.to_owned())
    }

    #[test]
    fn folders_are_looked_through_and_remembered() {
        let (home, sounds) = (folder(), folder());
        write(&sounds.path().join("Amps/a.nam"), "Plexi");
        fs::write(sounds.path().join("cab.wav"), "").unwrap();
        let changes = Arc::new(AtomicUsize::new(0));
        let counted = changes.clone();
        let catalogue = Catalogue::new(Some(home.path().to_owned()));
        let library = Library::with(catalogue, move || {
            counted.fetch_add(1, Ordering::SeqCst);
        });
        let built_in = library.listing();
        assert_eq!(built_in.entries.len(), 4);
        assert_eq!(built_in.entries[0].origin, Origin::BuiltIn("crunch"));
        let about =
            "Gridleak Crunch, Gridleak synthetic two-stage amp, amp, crunch, by Gridleak, WaveNet";
        assert_eq!(built_in.entries[0].about, about);
        assert_eq!(built_in.entries[3].about, "Built in");

        library.browse();
        assert_eq!(files(&settled(&library)), []);
        library.add_folder(sounds.path().to_owned());
        let listing = settled(&library);
        let expected = [pair("cab", "Not a sound file"), pair("a", "Plexi, LSTM")];
        assert_eq!(files(&listing), expected);
        assert_eq!(listing.folders.len(), 2);
        assert!(!listing.busy && listing.problem.is_none());
        assert!(changes.load(Ordering::SeqCst) > 2);

        // Another instance, and what has changed since.
        write(&sounds.path().join("Amps/b.nam"), "Twin");
        let other = self::library(home.path());
        other.browse();
        let listing = settled(&other);
        assert_eq!(
            files(&listing)[1..],
            [expected[1].clone(), pair("b", "Twin, LSTM")]
        );
        library.rescan();
        assert_eq!(settled(&library).entries, listing.entries);
        library.add_folder("not/whole".into());
        let problem = settled(&library).problem.clone().unwrap();
        assert!(problem.contains("not/whole"), "{problem}");
        library.remove_folder(sounds.path().to_owned());
        let listing = settled(&library);
        assert_eq!((files(&listing), &listing.problem), (vec![], &None));
    }

    #[test]
    fn the_level_of_the_interface_is_that_of_new_instances() {
        let home = folder();
        let library = library(home.path());
        assert_ne!(library.interface_dbu(), 13.5);
        library.keep_interface(13.5);
        settled(&library);
        assert_eq!(library.interface_dbu(), 13.5);
        let mut catalogue = Catalogue::new(Some(home.path().to_owned()));
        catalogue.load_settings();
        let next = Library::with(catalogue, || {});
        assert_eq!(next.interface_dbu(), 13.5);
    }

    #[test]
    fn what_is_cached_is_not_read_again() {
        let (home, sounds) = (folder(), folder());
        let path = sounds.path().join("a.nam");
        write(&path, "One");
        let library = library(home.path());
        library.add_folder(sounds.path().to_owned());
        assert_eq!(files(&settled(&library)), [pair("a", "One, LSTM")]);
        // As long as before, and of the same time: only who reads it can know.
        let modified = fs::metadata(&path).unwrap().modified().unwrap();
        write(&path, "Two");
        let file = fs::File::options().write(true).open(&path).unwrap();
        file.set_times(FileTimes::new().set_modified(modified))
            .unwrap();
        library.rescan();
        assert_eq!(files(&settled(&library)), [pair("a", "One, LSTM")]);
        file.set_times(FileTimes::new().set_modified(modified + Duration::from_secs(1)))
            .unwrap();
        library.rescan();
        assert_eq!(files(&settled(&library)), [pair("a", "Two, LSTM")]);
    }

    #[test]
    fn marks_survive_and_are_shared_by_instances() {
        let (home, sounds) = (folder(), folder());
        let inside = Origin::File(sounds.path().join("in/a.nam"));
        let outside = Origin::File(sounds.path().join("out/b.nam"));
        let gone = Origin::File(sounds.path().join("out/gone.nam"));
        let lead = Origin::BuiltIn("lead");
        write(&sounds.path().join("in/a.nam"), "In");
        write(&sounds.path().join("out/b.nam"), "Out");
        let first = library(home.path());
        first.add_folder(sounds.path().join("in"));
        first.set_favourite(inside.clone(), true);
        first.set_favourite(gone.clone(), true);
        for origin in [&lead, &gone, &outside] {
            first.used(origin.clone());
        }
        settled(&first);

        let second = library(home.path());
        second.browse();
        let listing = settled(&second);
        let find = |listing: &Listing, origin: &Origin| {
            listing
                .entries
                .iter()
                .find(|entry| entry.origin == *origin)
                .cloned()
        };
        assert_eq!(
            files(&listing),
            [pair("a", "In, LSTM"), pair("b", "Out, LSTM")]
        );
        assert_eq!(listing.entries, first.listing().entries);
        let found = find(&listing, &inside).unwrap();
        assert!(found.favourite && found.recent.is_none());
        let found = find(&listing, &outside).unwrap();
        assert_eq!(
            (found.favourite, found.recent, found.folder),
            (false, Some(0), None)
        );
        assert_eq!(find(&listing, &gone), None);
        assert_eq!(find(&listing, &lead).unwrap().recent, Some(2));

        // A mark of another instance is seen while the browser is open.
        first.set_favourite(outside.clone(), true);
        first.set_favourite(inside.clone(), false);
        settled(&first);
        let marked = |origin: &Origin| find(&second.listing(), origin).unwrap().favourite;
        let listing = wait(&second, |_| {
            second.browse();
            marked(&outside) && !marked(&inside)
        });
        assert_eq!(files(&listing).len(), 2);
    }

    #[test]
    fn ten_thousand_files_are_listed_and_cached() {
        let (home, sounds) = (folder(), folder());
        for n in 0..10_000 {
            let path = sounds.path().join(format!("{}/Capture {n}.nam", n / 500));
            write(&path, &format!("Gear {n}"));
        }
        Preferences::add_library_folder(home.path(), sounds.path()).unwrap();
        for title in ["the first time", "from the cache"] {
            let library = library(home.path());
            let start = Instant::now();
            library.browse();
            let asked = start.elapsed();
            let named = wait(&library, |listing| listing.entries.len() == 10_004);
            let listed = start.elapsed();
            let listing = wait(&library, |listing| !listing.busy);
            println!(
                "{title}: asked in {asked:.1?}, listed in {listed:.1?}, read in {:.1?}",
                start.elapsed()
            );
            assert_eq!(named.folders.len(), 21);
            assert_eq!(listing.entries[4 + 9_999].about, "Gear 9999, LSTM");
        }
    }

    #[test]
    fn the_end_does_not_wait_for_a_scan() {
        let (home, sounds) = (folder(), folder());
        for n in 0..3000 {
            write(&sounds.path().join(format!("{n}.nam")), "Plexi");
        }
        // A long one, that says nothing of itself.
        let zeros = "0,".repeat(10_000_000);
        let long = format!("{{\"weights\": [{zeros}0]}}");
        fs::write(sounds.path().join("2999b.nam"), long).unwrap();
        Preferences::add_library_folder(home.path(), sounds.path()).unwrap();
        for wait in [0, 1, 10, 100, 300] {
            let library = library(home.path());
            library.browse();
            thread::sleep(Duration::from_millis(wait));
            library.set_favourite(Origin::BuiltIn("lead"), true);
            let busy = library.listing().busy;
            let start = Instant::now();
            library.end(start + Duration::from_secs(20));
            println!(
                "ended after {wait} ms in {:.1?}, busy: {busy}",
                start.elapsed()
            );
            library.rescan();
            assert!(library.thread.lock().is_none());
            // The thread has let go of everything.
            assert_eq!(Arc::strong_count(&library.shared), 1);
        }
    }

    #[test]
    fn what_was_asked_for_before_the_end_is_remembered() {
        let (home, sounds) = (folder(), folder());
        for n in 0..1000 {
            write(&sounds.path().join(format!("{n}.nam")), "Plexi");
        }
        Preferences::add_library_folder(home.path(), sounds.path()).unwrap();
        let library = library(home.path());
        library.browse();
        let marked: Vec<_> = (0..10)
            .map(|n| Origin::File(sounds.path().join(format!("{n}.nam"))))
            .collect();
        for origin in &marked {
            library.set_favourite(origin.clone(), true);
        }
        library.remember_window(1234, 567);
        library.end(Instant::now() + Duration::from_secs(20));
        let settings = Preferences::load_from(home.path());
        assert_eq!(settings.favourites, marked);
        assert_eq!(settings.window, Some((1234.0, 567.0)));
    }

    #[test]
    fn a_thread_that_hangs_is_left_behind_and_drops_everything_when_it_ends() {
        let home = folder();
        let (hangs, hanging) = std::sync::mpsc::channel();
        let (free, freed) = std::sync::mpsc::channel::<()>();
        let freed = Mutex::new(freed);
        // Stands for a file system that does not answer.
        let library = Library::with(Catalogue::new(Some(home.path().to_owned())), move || {
            hangs.send(()).unwrap();
            let _ = freed.lock().recv();
        });
        library.browse();
        hanging.recv().unwrap();
        library.set_favourite(Origin::BuiltIn("lead"), true);
        let start = Instant::now();
        library.end(start + thread_end::LONGEST_WAIT);
        let waited = start.elapsed();
        assert!(waited < Duration::from_secs(1), "{waited:?}");
        let held = Arc::downgrade(&library.shared);
        drop(library);
        assert!(held.upgrade().is_some(), "the thread works with it");
        drop(free);
        let start = Instant::now();
        while held.strong_count() > 0 {
            assert!(start.elapsed() < Duration::from_secs(20), "kept for good");
            thread::sleep(Duration::from_millis(1));
        }
        let settings = Preferences::load_from(home.path());
        assert_eq!(settings.favourites, [Origin::BuiltIn("lead")]);
    }
}
