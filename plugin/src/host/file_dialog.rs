//! The system's dialog to choose a file or a folder with, on a thread of its own.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use crate::files::endings;
use crate::session::part::Part;
use crate::session::preferences::Preferences;

/// A dialog that comes back empty faster than this was never on the screen: no person is so fast.
const NEVER_SHOWN: Duration = Duration::from_millis(200);

/// What is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wanted {
    /// A file to load as a part of the rig.
    File(Part),
    /// A folder of captures and impulse responses.
    Folder,
}

/// What asks for a file or a folder. It may take as long as it likes.
pub(crate) trait Picker: Send + 'static {
    /// What was chosen, in `folder` to begin with; `None` if nothing was.
    fn pick(self, wanted: Wanted, folder: Option<&Path>) -> Option<PathBuf>;
}

/// The dialog of the system.
pub(crate) struct SystemPicker;

impl Picker for SystemPicker {
    fn pick(self, wanted: Wanted, folder: Option<&Path>) -> Option<PathBuf> {
        let mut dialog = rfd::FileDialog::new();
        if let Some(folder) = folder {
            dialog = dialog.set_directory(folder);
        }
        let part = match wanted {
            Wanted::File(part) => part,
            Wanted::Folder => {
                let title = "Add a folder of captures or impulse responses";
                return dialog.set_title(title).pick_folder();
            }
        };
        let (kind, endings) = match part.is_cab() {
            true => ("Impulse responses", endings::SOUNDS),
            false => ("Neural Amp Modeler captures", endings::CAPTURES),
        };
        // Systems differ in whether small letters mean capital ones, too.
        let capitals = endings.iter().map(|ending| ending.to_uppercase());
        let endings: Vec<String> = endings.iter().map(|&e| e.into()).chain(capitals).collect();
        dialog
            .set_title(format!("Load: {}", part.kind().title()))
            .add_filter(kind, &endings)
            .pick_file()
    }
}

/// How a dialog ended.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    Chosen(PathBuf),
    /// It was closed without a choice.
    Nothing,
    /// The system showed no dialog at all.
    NoDialog,
}

/// At most one dialog at a time.
#[derive(Default)]
pub(crate) struct FileDialog {
    open: Arc<AtomicBool>,
}

impl FileDialog {
    /// Whether a dialog is waiting for an answer.
    pub(crate) fn is_open(&self) -> bool {
        self.open.load(Ordering::Acquire)
    }

    /// Asks with `picker`, in the folder of the file at `beside` if it exists, and hands the
    /// answer to `done` on the dialog's thread. The plugin may be gone by then, so `done` should
    /// hold on to nothing that matters. While a dialog is open, another one is not opened.
    pub(crate) fn open(
        &self,
        picker: impl Picker,
        beside: Option<PathBuf>,
        wanted: Wanted,
        done: impl FnOnce(Answer) + Send + 'static,
    ) {
        if self.open.swap(true, Ordering::AcqRel) {
            return;
        }
        let closed = Closed(self.open.clone());
        let ask = move || {
            let folder = beside
                .as_deref()
                .and_then(Path::parent)
                // Where a project says that a file is, another machine might be asked who the user is.
                .filter(|folder| Preferences::load().chosen(None).may_open(folder))
                .filter(|folder| folder.is_dir());
            let began = Instant::now();
            let answer = match picker.pick(wanted, folder) {
                Some(path) => Answer::Chosen(path),
                None if began.elapsed() < NEVER_SHOWN => Answer::NoDialog,
                None => Answer::Nothing,
            };
            // First, so that who reacts to the answer may open the next dialog.
            drop(closed);
            done(answer);
        };
        // If no thread can be had, `closed` goes with it, and the button works again.
        let _ = std::thread::Builder::new()
            .name("gridleak file dialog".into())
            .spawn(ask);
    }
}

/// Marks the dialog as closed when dropped, be it by a panic in the system's dialog.
struct Closed(Arc<AtomicBool>);

impl Drop for Closed {
    fn drop(&mut self) {
        self.0.store(false, Ordering::Release);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc;

    const WANTED: Wanted = Wanted::File(Part::CAPTURE);

    impl<F: FnOnce(Option<&Path>) -> Option<PathBuf> + Send + 'static> Picker for F {
        fn pick(self, _wanted: Wanted, folder: Option<&Path>) -> Option<PathBuf> {
            self(folder)
        }
    }

    /// Opens a dialog and waits for its answer.
    fn answer(picker: impl Picker, beside: Option<PathBuf>) -> Answer {
        let dialog = FileDialog::default();
        let (sender, receiver) = mpsc::channel();
        dialog.open(picker, beside, WANTED, move |answer| {
            sender.send(answer).unwrap()
        });
        let answer = receiver.recv().unwrap();
        assert!(!dialog.is_open());
        answer
    }

    #[test]
    fn the_answer_arrives() {
        let path = PathBuf::from("/captures/amp.nam");
        let chosen = path.clone();
        let answer = answer(move |_: Option<&Path>| Some(chosen), None);
        assert_eq!(answer, Answer::Chosen(path));
    }

    #[test]
    fn closing_it_is_told_apart_from_a_system_without_one() {
        let slow = |_: Option<&Path>| {
            std::thread::sleep(NEVER_SHOWN + Duration::from_millis(50));
            None
        };
        assert_eq!(answer(slow, None), Answer::Nothing);
        assert_eq!(answer(|_: Option<&Path>| None, None), Answer::NoDialog);
    }

    #[test]
    fn it_begins_in_the_folder_of_the_capture_if_there_is_one() {
        let folder = tempfile::tempdir().unwrap();
        let told = |beside: Option<PathBuf>| {
            let picker = |folder: Option<&Path>| Some(folder.unwrap_or(Path::new("?")).to_owned());
            answer(picker, beside)
        };
        // The capture itself may be gone.
        assert_eq!(
            told(Some(folder.path().join("amp.nam"))),
            Answer::Chosen(folder.path().to_owned())
        );
        let nowhere = Answer::Chosen("?".into());
        assert_eq!(told(Some(folder.path().join("gone/amp.nam"))), nowhere);
        assert_eq!(told(None), nowhere);
        // On another machine only where the user keeps sounds.
        if cfg!(unix) {
            let shared = PathBuf::from(format!("/{}", folder.path().display()));
            assert_eq!(told(Some(shared.join("Amps/amp.nam"))), nowhere);
            std::fs::create_dir(shared.join("Amps")).unwrap();
            assert_eq!(told(Some(shared.join("Amps/amp.nam"))), nowhere);
            let config = crate::session::preferences::own_folder().unwrap();
            Preferences::add_library_folder(&config, folder.path()).unwrap();
            let inside = Answer::Chosen(shared.join("Amps"));
            assert_eq!(told(Some(shared.join("Amps/amp.nam"))), inside);
        }
    }

    #[test]
    fn there_are_never_two() {
        let dialog = FileDialog::default();
        let (close, closing) = mpsc::channel::<()>();
        let (sender, receiver) = mpsc::channel();
        let first = sender.clone();
        let slow = move |_: Option<&Path>| {
            closing.recv().unwrap();
            Some(PathBuf::from("first"))
        };
        dialog.open(slow, None, WANTED, move |answer| {
            first.send(answer).unwrap()
        });
        assert!(dialog.is_open());
        let second = |_: Option<&Path>| Some(PathBuf::from("second"));
        let done = sender.clone();
        dialog.open(second, None, WANTED, move |answer| {
            done.send(answer).unwrap()
        });
        close.send(()).unwrap();
        assert_eq!(receiver.recv().unwrap(), Answer::Chosen("first".into()));
        dialog.open(second, None, WANTED, move |answer| {
            sender.send(answer).unwrap()
        });
        assert_eq!(receiver.recv().unwrap(), Answer::Chosen("second".into()));
        // Nobody is left to send a third.
        assert!(receiver.recv().is_err());
    }

    #[test]
    fn a_dialog_that_fails_badly_leaves_the_button_working() {
        let dialog = FileDialog::default();
        let (sender, receiver) = mpsc::channel::<()>();
        let failing = |_: Option<&Path>| -> Option<PathBuf> { panic!("the system's dialog broke") };
        dialog.open(failing, None, WANTED, move |_| sender.send(()).unwrap());
        // The sender goes when the thread unwinds, after the picker and with `closed`.
        assert!(receiver.recv().is_err());
        while dialog.is_open() {
            std::thread::yield_now();
        }
    }
}
