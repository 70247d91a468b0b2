//! What is in memory of a part of the rig.

use std::cell::Cell;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use gridleak_core::{BuildId, Capture, CaptureError, ImpulseResponse, Levels};

use super::parsed::{CAPTURES, ParsedCapture, RESPONSES};
use super::shown::{CaptureLoaderStatus, PartLoaderStatus};
use crate::builtin;
use crate::capture_info::CaptureInfo;
use crate::files::failure::{Result, one_line};
use crate::files::impulse_file;
use crate::measurements;
use crate::session::curve::{CURVE_POINTS, curve_frequency};
use crate::session::folder::FolderPosition;
use crate::session::part::PartKind;
use crate::session::references::{ContentHash, SavedPart};

/// Something that was loaded. Clones share what was read of the file.
#[derive(Clone)]
pub(super) struct LoadedPart {
    pub(super) content: Content,
    /// The reference that means just this; `None` where that is not known.
    pub(super) meant_by: Option<SavedPart>,
    /// What it was loaded as.
    pub(super) kind: Option<PartKind>,
    /// Its place among the like, where they may be looked at.
    pub(super) place: Option<FolderPosition>,
    /// What it is called; `None` for nothing.
    pub(super) called: Option<String>,
    /// The generation of the reference in the project that it is, if it is that.
    pub(super) generation: Option<u64>,
    /// How many projects had been loaded when it was.
    pub(super) loads: u64,
    pub(super) id: BuildId,
    /// Whether the window was told what a capture costs.
    pub(super) told_cost: Cell<bool>,
}

/// What a part of the rig is.
#[derive(Clone)]
pub(super) enum Content {
    Nothing,
    /// The cabinet that suits the capture: this one, unless the capture has its own.
    Automatic(Option<Arc<ImpulseResponse>>),
    Capture(LoadedCapture),
    Response(Arc<ImpulseResponse>),
}

/// A capture in memory.
#[derive(Clone)]
pub(super) struct LoadedCapture {
    pub(super) parsed: Arc<ParsedCapture>,
    pub(super) levels: Levels,
}

impl LoadedCapture {
    pub(super) fn capture(&self) -> &Capture {
        &self.parsed.capture
    }
}

/// Counts everything that was ever loaded or built, so that any two are told apart.
pub(super) fn next_id() -> BuildId {
    static IDS: AtomicU64 = AtomicU64::new(1);
    BuildId(IDS.fetch_add(1, Ordering::Relaxed))
}

impl Content {
    /// What a file with this hash holds that is to be a part of this kind; why not, in words, if it cannot be
    /// or was cancelled.
    pub(super) fn parse(
        kind: PartKind,
        name: &str,
        bytes: &[u8],
        hash: ContentHash,
        cancelled: &dyn Fn() -> bool,
    ) -> std::result::Result<Self, String> {
        if kind.is_cab() {
            let response = match RESPONSES.find(hash) {
                Some(response) => response,
                None => read_response(name, bytes, hash).map_err(|e| e.to_string())?,
            };
            return Ok(Content::Response(response));
        }
        let parsed = match CAPTURES.find(hash) {
            Some(parsed) => parsed,
            None => read_capture(name, bytes, hash, cancelled)?,
        };
        let levels = match kind {
            // How loud it is, is of no use.
            PartKind::Pedal => Levels::given(&parsed.capture),
            _ => Levels::measured(&parsed.capture, &parsed.measured),
        };
        Ok(Content::Capture(LoadedCapture { parsed, levels }))
    }

    /// In Hz; 0 where there is no sound.
    pub(super) fn sample_rate(&self) -> f64 {
        match self {
            Content::Nothing | Content::Automatic(_) => 0.0,
            Content::Capture(loaded) => loaded.capture().sample_rate(),
            Content::Response(response) => response.rate(),
        }
    }
}

impl LoadedPart {
    pub(super) fn new(content: Content) -> Self {
        LoadedPart {
            id: next_id(),
            content,
            meant_by: None,
            kind: None,
            place: None,
            called: None,
            generation: None,
            loads: 0,
            told_cost: Cell::new(false),
        }
    }

    /// What sounds where a new instance finds nothing else.
    pub(super) fn built_in() -> Option<Self> {
        let built_in = &builtin::CAPTURES[0];
        let (name, bytes) = (built_in.name, built_in.bytes);
        let hash = ContentHash::of(bytes);
        let content = Content::parse(PartKind::Capture, name, bytes, hash, &|| false).ok()?;
        let mut loaded = LoadedPart::new(content);
        loaded.called = loaded.name(&SavedPart::built_in(name));
        Some(loaded)
    }

    /// The cabinet of ours, where a project means one.
    pub(super) fn built_in_cab() -> Option<Self> {
        let mut loaded = LoadedPart::new(Content::Response(automatic_cab()?));
        loaded.called = Some("Built-in cabinet".into());
        Some(loaded)
    }

    /// The capture that it is, if it is one.
    pub(super) fn capture(&self) -> Option<&LoadedCapture> {
        match &self.content {
            Content::Capture(loaded) => Some(loaded),
            _ => None,
        }
    }

    /// What to call it: as its maker did, else as the file. `None` for nothing.
    pub(super) fn name(&self, saved: &SavedPart) -> Option<String> {
        let given = match &self.content {
            Content::Nothing => return None,
            Content::Automatic(_) => return Some("Automatic".into()),
            Content::Capture(loaded) => loaded.capture().metadata().name.as_deref().map(one_line),
            Content::Response(_) => None,
        };
        let given = given.filter(|name| !name.trim().is_empty());
        given.or_else(|| Some(saved.name().to_owned()))
    }

    /// What there is to show of it, but for its name and where it comes from.
    pub(super) fn status(&self) -> PartLoaderStatus {
        let response = match &self.content {
            Content::Response(response) => Some(response),
            Content::Automatic(response) => response.as_ref(),
            Content::Nothing | Content::Capture(_) => None,
        };
        PartLoaderStatus {
            capture: self.capture().map(|loaded| CaptureLoaderStatus {
                levels: loaded.levels,
                slims: !loaded.capture().slim_steps().is_empty(),
                has_cab: loaded.capture().metadata().has_cab(),
                knobs: loaded.capture().controls().cloned().unwrap_or_default(),
                card: {
                    let delay = loaded.parsed.measured.delay;
                    CaptureInfo::new(loaded.capture(), &loaded.levels, delay).into()
                },
            }),
            automatic: matches!(self.content, Content::Automatic(_)),
            response: response.map(|response| response_db(response)),
            ..PartLoaderStatus::default()
        }
    }
}

/// The cabinet for captures that have none.
pub(super) fn automatic_cab() -> Option<Arc<ImpulseResponse>> {
    let built_in = &builtin::CABS[0];
    let hash = ContentHash::of(built_in.bytes);
    let shared = RESPONSES.find(hash);
    shared.or_else(|| read_response(built_in.name, built_in.bytes, hash).ok())
}

/// Reads an impulse response from a file with this hash.
fn read_response(name: &str, bytes: &[u8], hash: ContentHash) -> Result<Arc<ImpulseResponse>> {
    let response = impulse_file::read(name.as_ref(), bytes)?;
    Ok(RESPONSES.share(hash, response))
}

/// Reads and measures a capture from a file with this hash.
fn read_capture(
    name: &str,
    bytes: &[u8],
    hash: ContentHash,
    cancelled: &dyn Fn() -> bool,
) -> std::result::Result<Arc<ParsedCapture>, String> {
    let capture = Capture::from_bytes_unless(name, bytes, cancelled);
    let capture = capture.map_err(|e| e.to_string())?;
    // Of several inputs it must be known what they are.
    capture.controls().map_err(|e| e.to_string())?;
    let measured = measurements::of(&capture, hash, cancelled);
    let measured = measured.ok_or_else(|| CaptureError::Cancelled.to_string())?;
    Ok(CAPTURES.share(hash, ParsedCapture::new(capture, measured)))
}

/// What an impulse response does to the frequencies of [`curve_frequency`], in dB, made as loud as
/// all others.
fn response_db(response: &ImpulseResponse) -> Arc<[f32]> {
    let level = response.gain_db(true);
    let at = |point| (response.response_db(curve_frequency(point)) + level) as f32;
    (0..CURVE_POINTS).map(at).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whenever it is that nobody wants a capture any more, whoever reads or measures it ends soon.
    #[test]
    fn what_is_no_longer_wanted_is_not_read_on() {
        let bytes = builtin::CAPTURES[0].bytes;
        let parse = |last: usize| {
            let asked = Cell::new(0);
            let cancelled = || {
                asked.set(asked.get() + 1);
                asked.get() >= last
            };
            // Another hash each time: what is known is not measured again.
            let hash = ContentHash::of(format!("no longer wanted: {last}").as_bytes());
            let content = Content::parse(PartKind::Capture, "x.nam", bytes, hash, &cancelled);
            (content.is_ok(), asked.get())
        };
        let (read, looks) = parse(usize::MAX);
        assert!(read && looks > 5, "{looks}");
        for last in 1..=looks {
            assert_eq!(parse(last), (false, last));
        }
    }
}
