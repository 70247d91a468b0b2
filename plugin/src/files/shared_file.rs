//! A JSON object in a file that several processes read and change.
//!
//! Who changes it holds a lock on a file beside it, so that of changes made at the same time none is
//! lost. It is replaced as a whole, so that a reader sees it as it was or as it is. What cannot be
//! understood counts as empty, and is kept under another name when a new file is written.

use std::fs::{self, File, TryLockError};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use gridleak_core::ordinary_file;
use parking_lot::Mutex;
use serde_json::{Map, Value};

use crate::files::failure::{Failure, Result, plain};
use crate::files::output_file::{OutputFile, cannot_write};

/// No such file is this long, in bytes; a longer one is something else.
pub(crate) const MAX_BYTES: u64 = 1 << 24;

/// How long a change waits for those of others. Each takes milliseconds; longer than this, a lock is
/// held by a program that hangs, or by a file system that lost its owner.
const TIMEOUT: Duration = Duration::from_secs(20);

/// How often it is looked whether the lock is free.
const LOOKING: Duration = Duration::from_millis(2);

/// So many broken files are kept.
const MOST_BROKEN: usize = 20;

/// What is in the file.
pub(crate) enum Stored {
    Fields(Map<String, Value>),
    /// Something, but no JSON object.
    Broken,
}

/// Reads the file at `path`; one that is not there is empty.
pub(crate) fn read(path: &Path) -> io::Result<Stored> {
    let file = match ordinary_file::open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return Ok(Stored::Fields(Map::new()));
        }
        // It is no file.
        Err(error) if error.raw_os_error().is_none() => return Ok(Stored::Broken),
        opened => opened?.0,
    };
    let mut bytes = Vec::new();
    file.take(MAX_BYTES + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > MAX_BYTES {
        return Ok(Stored::Broken);
    }
    Ok(match serde_json::from_slice(&bytes) {
        Ok(Value::Object(fields)) => Stored::Fields(fields),
        _ => Stored::Broken,
    })
}

/// Has `edit` change what is in the file at `path`, and writes that if it answers `true`. It may be
/// called twice. Not for a thread that must not wait.
///
/// # Errors
/// In words that name the file, if `edit` refuses, if the file cannot be written, or if somebody else
/// holds its lock for 20 seconds.
pub(crate) fn change(
    path: &Path,
    edit: impl Fn(&mut Map<String, Value>) -> Result<bool>,
) -> Result<()> {
    let edited = || {
        let stored = read(path).map_err(|e| Failure::at(path, plain(&e)))?;
        let broken = matches!(stored, Stored::Broken);
        let mut fields = match stored {
            Stored::Fields(fields) => fields,
            Stored::Broken => Map::new(),
        };
        let changed = edit(&mut fields)?;
        Ok((changed.then_some(fields), broken))
    };
    // Most of the time there is nothing to do, and nobody to wait for.
    if let (None, _) = edited()? {
        return Ok(());
    }
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(|e| cannot_write(folder, &e))?;
    }
    let _lock = Lock::take(path)?;
    let (Some(fields), broken) = edited()? else {
        return Ok(());
    };
    let text = format!("{:#}\n", Value::Object(fields));
    if text.len() as u64 > MAX_BYTES {
        return Err(Failure::at(
            path,
            "would become too long; remove folders or favourites with long names first",
        ));
    }
    if broken {
        set_aside(path)?;
    }
    // Whatever it says is for who names a file to write.
    let refused = |_| Failure::at(path, "cannot be written; see whether it is write-protected");
    let mut file = OutputFile::create(path).map_err(refused)?;
    file.write_all(text.as_bytes())
        .map_err(|e| cannot_write(path, &e))?;
    file.finish()
}

/// Gives a broken file a name that no other has.
fn set_aside(path: &Path) -> Result<()> {
    let free = (1..=MOST_BROKEN)
        .map(|number| broken_name(path, number))
        .find(|name| fs::symlink_metadata(name).is_err());
    let Some(aside) = free else {
        return Err(Failure::at(
            path,
            format_args!(
                "is damaged, and {MOST_BROKEN} damaged ones are kept beside it already; delete those"
            ),
        ));
    };
    fs::rename(path, &aside).map_err(|e| cannot_write(&aside, &e))
}

/// What the broken file of that number is called, from 1 on.
pub(crate) fn broken_name(path: &Path, number: usize) -> PathBuf {
    match number {
        1 => beside(path, ".broken"),
        _ => beside(path, &format!(".broken-{number}")),
    }
}

/// The name of the file whose lock stands for the file at `path`. It stays: who removed it would take
/// it away from under another's lock.
pub(crate) fn lock_name(path: &Path) -> PathBuf {
    beside(path, ".lock")
}

fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    name.into()
}

/// The right to change a file, among all processes and all threads of this one.
struct Lock {
    /// The system's lock goes with it; `None` where the file system has no locks.
    _file: Option<File>,
    _thread: parking_lot::MutexGuard<'static, ()>,
}

impl Lock {
    fn take(path: &Path) -> Result<Self> {
        static WRITING: Mutex<()> = Mutex::new(());
        let begun = Instant::now();
        let taken = || {
            Failure::at(
                path,
                "is held by another program that does not let go of it; close other programs that have Gridleak open and try again",
            )
        };
        let thread = WRITING.try_lock_for(TIMEOUT).ok_or_else(taken)?;
        let name = lock_name(path);
        let file = File::options()
            .create(true)
            .truncate(false)
            .write(true)
            .open(&name)
            .map_err(|e| cannot_write(&name, &e))?;
        let file = loop {
            match file.try_lock() {
                Ok(()) => break Some(file),
                Err(TryLockError::WouldBlock) if begun.elapsed() < TIMEOUT => {
                    thread::sleep(LOOKING);
                }
                Err(TryLockError::WouldBlock) => return Err(taken()),
                Err(TryLockError::Error(_)) => break None,
            }
        };
        Ok(Self {
            _file: file,
            _thread: thread,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn add(path: &Path, key: &str) -> Result<()> {
        change(path, |fields| {
            fields.insert(key.to_owned(), json!(true));
            Ok(true)
        })
    }

    fn keys(path: &Path) -> Vec<String> {
        match read(path).unwrap() {
            Stored::Fields(fields) => fields.into_iter().map(|(key, _)| key).collect(),
            Stored::Broken => panic!("broken"),
        }
    }

    #[test]
    fn every_broken_file_is_kept() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.json");
        for number in 1..=MOST_BROKEN {
            let broken = format!("{{\"number\": {number}");
            fs::write(&path, &broken).unwrap();
            add(&path, "a").unwrap();
            assert_eq!(keys(&path), ["a"]);
            let kept = fs::read_to_string(broken_name(&path, number)).unwrap();
            assert_eq!(kept, broken);
        }
        fs::write(&path, "one too many").unwrap();
        let refusal = add(&path, "a").unwrap_err().to_string();
        assert!(refusal.contains("delete those"), "{refusal}");
        assert_eq!(fs::read_to_string(&path).unwrap(), "one too many");
        let first = fs::read_to_string(broken_name(&path, 1)).unwrap();
        assert_eq!(first, "{\"number\": 1");
    }

    #[test]
    fn a_change_waits_for_the_lock_and_sees_what_was_written_meanwhile() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.json");
        add(&path, "first").unwrap();
        let held = File::options().write(true).open(lock_name(&path)).unwrap();
        held.lock().unwrap();
        let looked = std::sync::atomic::AtomicUsize::new(0);
        thread::scope(|scope| {
            let waiting = scope.spawn(|| {
                change(&path, |fields| {
                    looked.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
                    fields.insert("last".to_owned(), json!(true));
                    Ok(true)
                })
            });
            while looked.load(std::sync::atomic::Ordering::SeqCst) == 0 {
                thread::yield_now();
            }
            // By somebody who holds the lock.
            fs::write(&path, "{\"meanwhile\": true}").unwrap();
            assert!(!waiting.is_finished());
            drop(held);
            waiting.join().unwrap().unwrap();
        });
        assert_eq!(keys(&path), ["last", "meanwhile"]);
    }

    #[test]
    fn what_changes_nothing_leaves_no_trace() {
        let folder = tempfile::tempdir().unwrap();
        change(&folder.path().join("a.json"), |_| Ok(false)).unwrap();
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    }
}
