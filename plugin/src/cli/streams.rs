//! Where recordings come from and go to: files, or standard input and output, which `-` stands for.

use std::io::{self, BufWriter, IsTerminal, Read, StdoutLock, Write};
use std::path::Path;

use super::interruption::Interruption;
use crate::files::failure::{Failure, Result, plain};
use crate::files::output_file::OutputFile;
use crate::files::sound_file::SoundFile;

/// What names standard input or output.
const DASH: &str = "-";

/// What is called so where something is wrong with it.
const STANDARD_INPUT: &str = "standard input";
const STANDARD_OUTPUT: &str = "standard output";

/// The most that is read from standard input, in bytes: what a WAV file can hold.
const LONGEST_INPUT: u64 = 1 << 32;

/// What comes from standard input is kept in memory up to this length in bytes, and beyond that in a
/// temporary file.
const KEPT_IN_MEMORY: usize = 1 << 26;

/// What `path` is called in messages.
pub(super) fn name(path: &Path, input: bool) -> String {
    match (is_dash(path), input) {
        (false, _) => path.display().to_string(),
        (true, true) => STANDARD_INPUT.into(),
        (true, false) => STANDARD_OUTPUT.into(),
    }
}

/// Whether `path` stands for standard input or output.
pub(super) fn is_dash(path: &Path) -> bool {
    path.as_os_str() == DASH
}

/// Opens the recording at `path`; all of standard input is read for that.
pub(super) fn open(path: &Path) -> Result<SoundFile> {
    if !is_dash(path) {
        return SoundFile::open(path);
    }
    let name = Path::new(STANDARD_INPUT);
    let mut input = io::stdin().lock();
    if input.is_terminal() {
        return Err(Failure::at(
            name,
            "is a terminal; send a sound file into it, as in `gridleak render - out.wav < in.wav`",
        ));
    }
    let mut kept = tempfile::spooled_tempfile(KEPT_IN_MEMORY);
    let read = io::copy(&mut input.by_ref().take(LONGEST_INPUT + 1), &mut kept)
        .map_err(|e| Failure::at(name, format_args!("cannot be read: {}", plain(&e))))?;
    if read > LONGEST_INPUT {
        return Err(Failure::at(
            name,
            "is longer than the 4 GB a WAV file can hold; send a shorter recording",
        ));
    }
    SoundFile::new(name, kept)
}

/// Checks that `path` can be the name of a WAV file, before there is any work.
pub(super) fn check_output(path: &Path) -> Result<()> {
    if is_dash(path) {
        return if io::stdout().is_terminal() {
            Err(Failure::new(format!(
                "{STANDARD_OUTPUT} is a terminal, and a WAV file is nothing to read there; send it on, as in `gridleak render in.wav - > out.wav`"
            )))
        } else {
            Ok(())
        };
    }
    let is_wav = |ending: &std::ffi::OsStr| {
        ["wav", "wave"]
            .iter()
            .any(|wav| ending.eq_ignore_ascii_case(wav))
    };
    if path.extension().is_none_or(is_wav) || path.is_dir() {
        return Ok(());
    }
    Err(Failure::at(
        path,
        format_args!(
            "Gridleak writes WAV files and no other kind; name it {}",
            path.with_extension("wav").display()
        ),
    ))
}

/// What a recording is written to.
pub(super) enum Output {
    File(OutputFile),
    Standard(BufWriter<StdoutLock<'static>>),
}

impl Output {
    /// Opens a file that appears at `path` when it is finished, or standard output.
    pub(super) fn create(path: &Path, interruption: &Interruption) -> Result<Self> {
        if is_dash(path) {
            return Ok(Self::Standard(BufWriter::new(io::stdout().lock())));
        }
        let file = interruption.begin(|| OutputFile::create(path))?;
        Ok(Self::File(file))
    }

    /// Whether this is going to replace the file at `other`.
    pub(super) fn replaces(&self, other: &Path) -> bool {
        matches!(self, Self::File(file) if file.replaces(other))
    }

    /// Gives a file, all of which was written, its name.
    pub(super) fn finish(self, interruption: &Interruption) -> Result<()> {
        interruption.complete(|| match self {
            Self::File(file) => file.finish(),
            Self::Standard(_) => Ok(()),
        })
    }
}

impl Write for Output {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::File(file) => file.write(bytes),
            Self::Standard(out) => out.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::File(file) => file.flush(),
            Self::Standard(out) => out.flush(),
        }
    }
}
