//! The user's captures and impulse responses, to browse and to search.

mod about;
mod cache;
mod catalogue;
mod listing;
mod scan;
mod search;

use std::collections::VecDeque;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use parking_lot::Mutex;

use self::catalogue::Catalogue;
pub(crate) use self::listing::{Entry, Folder, Kind, Listing, Origin};
pub(crate) use self::search::{Order, Query, Scope, search};

/// How often it is looked whether another instance marked something, while the browser is shown.
const LOOKING: Duration = Duration::from_secs(2);

/// The library as an instance has it. A thread of its own looks through the folders and writes what
/// is to be remembered; it runs while there is work.
pub(crate) struct Library {
    shared: Arc<Shared>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

struct Shared {
    inbox: Mutex<Inbox>,
    listing: Mutex<Arc<Listing>>,
    quit: AtomicBool,
    changed: Box<dyn Fn() + Send + Sync>,
    /// The thread's while it runs.
    catalogue: Mutex<Catalogue>,
}

#[derive(Default)]
struct Inbox {
    tasks: VecDeque<Task>,
    /// Whether the thread is there to see to the tasks.
    running: bool,
    /// Whether the folders were ever asked for.
    scanned: bool,
    looked: Option<Instant>,
}

/// What the thread is asked for.
#[derive(Debug, PartialEq)]
enum Task {
    Scan,
    AddFolder(PathBuf),
    RemoveFolder(PathBuf),
    /// Look whether another instance changed the settings.
    Look,
    SetFavourite(Origin, bool),
    Used(Origin),
}

impl Task {
    /// Whether folders are to be looked through anew, or others.
    fn replaces_scan(&self) -> bool {
        matches!(
            self,
            Task::Scan | Task::AddFolder(_) | Task::RemoveFolder(_)
        )
    }
}

impl Library {
    /// The library of a new instance; it holds the built-in sounds until [`Library::browse`].
    /// `changed` is called from the thread when there is another listing; it must not own the library.
    pub(crate) fn new(changed: impl Fn() + Send + Sync + 'static) -> Arc<Self> {
        Self::with(Catalogue::new(None), changed)
    }

    fn with(catalogue: Catalogue, changed: impl Fn() + Send + Sync + 'static) -> Arc<Self> {
        Arc::new(Self {
            shared: Arc::new(Shared {
                inbox: Mutex::default(),
                listing: Mutex::new(Arc::new(catalogue.listing())),
                quit: AtomicBool::new(false),
                changed: Box::new(changed),
                catalogue: Mutex::new(catalogue),
            }),
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

    /// Ends the thread and waits for that, as long as a file takes to be read. Nothing that is asked
    /// for later is done.
    pub(crate) fn end(&self) {
        self.shared.quit.store(true, Ordering::Relaxed);
        // Whoever is about to start a thread has the lock; whoever comes later sees `quit`.
        let thread = self.thread.lock().take();
        if let Some(thread) = thread {
            // A thread that panicked has ended too.
            let _ = thread.join();
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
        let shared = self.shared.clone();
        let started = thread::Builder::new()
            .name("gridleak-library".to_owned())
            .spawn(move || shared.catalogue.lock().run(&shared));
        match started {
            Ok(started) => *thread = Some(started),
            // No thread to be had; the next task tries again.
            Err(_) => self.shared.inbox.lock().running = false,
        }
    }
}

impl Drop for Library {
    fn drop(&mut self) {
        self.end();
    }
}

impl Shared {
    /// The next task. If there is none, the thread is taken for ended, unless it has `more` to do.
    fn next(&self, more: bool) -> Option<Task> {
        let mut inbox = self.inbox.lock();
        let task = inbox.tasks.pop_front();
        inbox.running = task.is_some() || more;
        task
    }

    fn publish(&self, listing: Listing) {
        let listing = Arc::new(listing);
        // The old one is dropped when the lock is gone.
        let _old = std::mem::replace(&mut *self.listing.lock(), listing);
        (self.changed)();
    }
}
