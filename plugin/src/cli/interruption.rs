//! What becomes of a recording when Ctrl-C is pressed or the system ends the program.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use parking_lot::Mutex;
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::flag;

use super::complain;
use crate::failure::Result;

/// How often it is looked whether a signal came.
const LOOKING: Duration = Duration::from_millis(20);

/// What shells add to the number of a signal to tell that it ended a program.
const BY_SIGNAL: i32 = 128;

/// Ends the program when it is asked to, and leaves nothing behind. Asked twice, it ends at once.
pub(super) struct Interruption(Arc<Mutex<Written>>);

/// How far the recording is.
enum Written {
    Nothing,
    /// Part of it, under a temporary name.
    Part(PathBuf),
    All,
}

impl Interruption {
    /// Listens from now on. `lost`: what to say then.
    pub(super) fn listen(lost: String) -> Self {
        let written = Arc::new(Mutex::new(Written::Nothing));
        let (came, signal) = (Arc::new(AtomicBool::new(false)), Arc::default());
        for number in [SIGINT, SIGTERM] {
            // In the order in which they are to happen; the first does nothing the first time. Without
            // them the system's own way remains, which is to end at once.
            let _ = flag::register_conditional_shutdown(number, BY_SIGNAL + number, came.clone());
            let _ = flag::register(number, came.clone());
            let _ = flag::register_usize(number, Arc::clone(&signal), number as usize);
        }
        let seen = written.clone();
        // It ends with the program. Where there is no thread to be had, the second signal ends it.
        let _ = std::thread::Builder::new()
            .name("gridleak-signals".into())
            .spawn(move || wait(&signal, &seen, &lost));
        Self(written)
    }

    /// Tells that part of the recording is in a file that is not to stay.
    pub(super) fn writes(&self, part: &Path) {
        *self.0.lock() = Written::Part(part.to_owned());
    }

    /// Completes the recording, and is not interrupted in that.
    pub(super) fn complete(&self, complete: impl FnOnce() -> Result<()>) -> Result<()> {
        let mut written = self.0.lock();
        complete()?;
        *written = Written::All;
        Ok(())
    }
}

/// Waits for a signal and ends the program, unless everything is written.
fn wait(signal: &AtomicUsize, written: &Mutex<Written>, lost: &str) {
    let signal = loop {
        match signal.load(Ordering::SeqCst) {
            0 => std::thread::sleep(LOOKING),
            signal => break signal,
        }
    };
    // Held until the end: from now on nothing is completed.
    let written = written.lock();
    match &*written {
        Written::All => return,
        Written::Part(path) => drop(std::fs::remove_file(path)),
        Written::Nothing => {}
    }
    complain(&format!("stopped; {lost}"));
    std::process::exit(BY_SIGNAL + signal as i32);
}
