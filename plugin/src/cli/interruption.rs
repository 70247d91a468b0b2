//! What becomes of a recording when Ctrl-C is pressed or the system ends the program.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use parking_lot::Mutex;
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::flag;

use super::complain;
use crate::files::failure::Result;
use crate::files::output_file::OutputFile;

/// How often it is looked whether a signal came.
const LOOKING: Duration = Duration::from_millis(20);

/// What shells add to the number of a signal to tell that it ended a program.
const BY_SIGNAL: i32 = 128;

/// Ends the program when it is asked to, and leaves nothing behind. Asked again where that takes time,
/// it ends at once.
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
        let (at_once, signal) = (Arc::new(AtomicBool::new(false)), Arc::default());
        for number in [SIGINT, SIGTERM] {
            // Without them the system's own way remains, which is to end at once.
            let code = BY_SIGNAL + number;
            let _ = flag::register_conditional_shutdown(number, code, at_once.clone());
            let _ = flag::register_usize(number, Arc::clone(&signal), number as usize);
        }
        let (seen, slow) = (written.clone(), at_once.clone());
        let listening = std::thread::Builder::new()
            .name("gridleak-signals".into())
            .spawn(move || wait(&signal, &seen, &slow, &lost));
        if listening.is_err() {
            at_once.store(true, Ordering::SeqCst);
        }
        Self(written)
    }

    /// Begins the recording in a file that is not to stay unless it is completed.
    pub(super) fn begin(&self, create: impl FnOnce() -> Result<OutputFile>) -> Result<OutputFile> {
        let mut written = self.0.lock();
        let file = create()?;
        *written = Written::Part(file.temporary_path().to_owned());
        Ok(file)
    }

    /// Completes the recording, and is not interrupted in that.
    pub(super) fn complete(&self, complete: impl FnOnce() -> Result<()>) -> Result<()> {
        let mut written = self.0.lock();
        complete()?;
        *written = Written::All;
        Ok(())
    }
}

/// Waits for a signal and ends the program, unless everything is written. It ends with the program.
fn wait(signal: &AtomicUsize, written: &Mutex<Written>, slow: &AtomicBool, lost: &str) {
    let signal = loop {
        match signal.load(Ordering::SeqCst) {
            0 => std::thread::sleep(LOOKING),
            signal => break signal,
        }
    };
    // Held until the end: from now on nothing is completed. What is being completed takes its time.
    // Whoever asks twice at the same time, as a terminal and a script do, is not in a hurry.
    let written = written.try_lock().unwrap_or_else(|| {
        slow.store(true, Ordering::SeqCst);
        written.lock()
    });
    match &*written {
        Written::All => return,
        Written::Part(path) => drop(std::fs::remove_file(path)),
        Written::Nothing => {}
    }
    complain(&format!("stopped; {lost}"));
    std::process::exit(BY_SIGNAL + signal as i32);
}
