//! A capture: a `.nam` file that has been read and found right.

use crate::engine::Model;
use crate::engine::architecture::Architecture;
use crate::error::{CaptureError, Result};
use crate::format::controls::{self, Control};
use crate::format::fields::Field;
use crate::format::json::{self, Node, Value};
use crate::format::kind::{self, FileKind};
use crate::format::metadata::Metadata;
use crate::format::text::decode_text;
use crate::format::{DEFAULT_SAMPLE_RATE, Document, FileContext, MAX_LAYERS, SAMPLE_RATES};
use crate::ordinary_file;
use crate::simd::SimdLevel;
use crate::summary::Summary;
use std::borrow::Cow;
use std::cell::{Cell, RefCell};
use std::io::Read;
use std::path::Path;
use std::sync::Arc;

/// The longest file that is read, in bytes. The longest real capture known has 1.5 MB.
pub const MAX_FILE_BYTES: u64 = 32 << 20;

/// The most memory that the state of one playing instance may take, in bytes.
pub const MAX_STATE_BYTES: u64 = 64 << 20;

/// The most multiplications that [`Model::prewarm`] may take, roughly: a second. The largest real
/// captures that have to play to settle take a twentieth of it at 48 kHz.
const MAX_SETTLE_WORK: f64 = (1u64 << 34) as f64;

/// The highest factor that [`Capture::oversampled`] takes.
const MAX_OVERSAMPLING: usize = 8;

/// A parsed and checked `.nam` file, from which any number of instances can be built.
///
/// Reading takes at most 8 bytes of memory for each byte of the file and a mebibyte, for a moment;
/// an instance takes at most [`MAX_STATE_BYTES`] besides. A file whose [`Model::prewarm`] would take
/// far longer than that of any real capture is refused.
#[derive(Debug, Clone)]
pub struct Capture {
    document: Document,
    warnings: Vec<String>,
    /// Its knobs, or why what it hears is not known.
    controls: std::result::Result<Arc<[Control]>, Arc<CaptureError>>,
    /// What the document's rate was multiplied by.
    oversampling: usize,
}

/// What could be understood of a file, whether or not it can be played.
#[derive(Debug)]
pub struct Examination {
    /// The format version, if it is text.
    pub version: Option<String>,
    /// The architecture's name, if it is text.
    pub architecture: Option<String>,
    /// The sample rate in Hz, if it is a number.
    pub sample_rate: Option<f64>,
    /// Length of the weight list.
    pub weights: Option<usize>,
    /// The models that it is made of, in a few words each.
    pub parts: Vec<String>,
    /// Whatever metadata there is.
    pub metadata: Metadata,
    /// The capture, or why there is none.
    pub result: Result<Capture>,
}

impl Capture {
    /// Reads a `.nam` file.
    ///
    /// # Errors
    /// [`CaptureError`] if it cannot be read or is not a capture that can be played.
    pub fn from_file(path: &Path) -> Result<Self> {
        Self::from_bytes(&file_name(path), &read_file(path)?)
    }

    /// Reads the contents of a `.nam` file. `name` is what error messages call it.
    ///
    /// # Errors
    /// [`CaptureError`] if the bytes are not a capture that can be played.
    pub fn from_bytes(name: &str, bytes: &[u8]) -> Result<Self> {
        Self::from_bytes_unless(name, bytes, &|| false)
    }

    /// As [`Capture::from_bytes`], but asks `cancelled` every few milliseconds whether the capture is
    /// no longer wanted.
    ///
    /// # Errors
    /// [`CaptureError::Cancelled`] soon after `cancelled` said true; else as [`Capture::from_bytes`].
    pub fn from_bytes_unless(
        name: &str,
        bytes: &[u8],
        cancelled: &dyn Fn() -> bool,
    ) -> Result<Self> {
        let (file, node) = parse(name, bytes, cancelled)?;
        Self::from_value(&file, node.value(), cancelled)
    }

    /// Reads as much as can be understood, for showing what a refused file is.
    pub fn examine(path: &Path) -> Examination {
        let cancelled = &|| false;
        let parsed = read_file(path).and_then(|bytes| parse(&file_name(path), &bytes, cancelled));
        let (file, node, failure) = match parsed {
            Ok((file, node)) => (file, node, None),
            Err(error) => (Arc::default(), Node::Null, Some(error)),
        };
        let value = node.value();
        let text = |key: &str| value.get(key).and_then(Value::as_str).map(str::to_owned);
        Examination {
            version: text("version"),
            architecture: text("architecture"),
            sample_rate: value.get("sample_rate").and_then(Value::as_f64),
            weights: weight_count(value),
            parts: parts(value),
            metadata: Metadata::read(&Field::root(&file, value)),
            result: failure.map_or_else(|| Self::from_value(&file, value, cancelled), Err),
        }
    }

    fn from_value(file: &Arc<str>, value: Value<'_>, cancelled: &dyn Fn() -> bool) -> Result<Self> {
        if let Some(kind) = kind::of_json(value) {
            return Err(other_kind(file, kind));
        }
        let warnings = RefCell::new(Vec::new());
        let context = FileContext {
            sample_rate: None,
            warnings: &warnings,
            layers: &Cell::new(MAX_LAYERS),
            cancelled,
        };
        let root = Field::root(file, value);
        let document = Document::read(root.clone(), &context)?;
        let demand = document.demand(None);
        if demand.bytes() > MAX_STATE_BYTES as f64 {
            let place = root.require("config")?.place();
            let bytes = demand.bytes();
            return Err(CaptureError::TooDemanding(place, bytes, MAX_STATE_BYTES));
        }
        if demand.settle_work > MAX_SETTLE_WORK {
            return Err(root.require("config")?.invalid(format!(
                "settling takes {:.0} multiplications, more than {MAX_SETTLE_WORK}",
                demand.settle_work
            )));
        }
        let controls = controls::read(&root, document.net.inputs());
        Ok(Capture {
            controls: controls.map(Arc::from).map_err(Arc::new),
            document,
            warnings: warnings.into_inner(),
            oversampling: 1,
        })
    }

    /// Name, maker, levels and whatever else the file tells about itself.
    pub fn metadata(&self) -> &Metadata {
        &self.document.metadata
    }

    /// The format version, e.g. `0.5.4`.
    pub fn version(&self) -> &str {
        &self.document.version
    }

    /// What the user should know although the file loads.
    pub fn warnings(&self) -> &[String] {
        &self.warnings
    }

    /// The rate in Hz that the capture plays at: the one that it was trained at, 48 kHz where the
    /// file does not say, times its [oversampling](Capture::oversampled).
    pub fn sample_rate(&self) -> f64 {
        let trained = self.document.sample_rate.unwrap_or(DEFAULT_SAMPLE_RATE);
        trained * self.oversampling as f64
    }

    /// Whether the file itself states its sample rate.
    pub fn sample_rate_known(&self) -> bool {
        self.document.sample_rate.is_some()
    }

    /// Input channels; 1 for all captures of gear that have no knobs.
    pub fn in_channels(&self) -> usize {
        self.document.net.inputs()
    }

    /// The capture's knobs, of which most have none: inputs that hear where a knob stands. All others
    /// but those have one input, the guitar's.
    ///
    /// # Errors
    /// [`CaptureError`] if the capture has several inputs and does not say what they are. A
    /// [`crate::Chain`] does not play it; a [`Model`] does, if the caller knows.
    pub fn controls(&self) -> std::result::Result<&Arc<[Control]>, &CaptureError> {
        self.controls.as_ref().map_err(|error| &**error)
    }

    /// Whether it has any.
    pub fn has_knobs(&self) -> bool {
        self.controls().is_ok_and(|controls| !controls.is_empty())
    }

    /// What each input hears while nobody plays and every knob stands where it starts.
    pub fn silence(&self) -> Vec<f32> {
        let mut silence = vec![0.0; self.in_channels()];
        for control in self.controls().into_iter().flat_map(|list| list.iter()) {
            silence[control.channel] = control.value(f64::from(control.default));
        }
        silence
    }

    /// The input of the guitar.
    pub(crate) fn guitar(&self) -> usize {
        self.controls().map_or(0, |list| controls::guitar(list))
    }

    /// Output channels; 1 for all captures of gear.
    pub fn out_channels(&self) -> usize {
        self.document.net.outputs()
    }

    /// The values of [`Model::set_slim`] at which another size begins, ascending: below the first
    /// the smallest plays, from the last on the full one. Empty if there is only one size.
    pub fn slim_steps(&self) -> Vec<f64> {
        self.document.net.slim_steps()
    }

    /// The structure as a tree, for people.
    pub fn summary(&self) -> Summary {
        Summary::of(&self.document)
    }

    /// Whether [`Capture::oversampled`] can do anything. Not with impulse responses (Linear), which do
    /// not alias, and nothing that contains one: they have no exact equal at another rate that plays
    /// as fast.
    pub fn oversampling_offered(&self) -> bool {
        self.document.net.can_oversample()
    }

    /// The factor that [`Capture::oversampled`] reaches.
    pub fn oversampling(&self, wanted: usize) -> usize {
        self.oversampled(wanted).oversampling / self.oversampling
    }

    /// The same capture for a multiple of its sample rate: below half of the rate that it is for it
    /// sounds the same, but what its distortion adds above that half no longer comes back as tones
    /// that are no harmonics. The work for a second of sound is multiplied too. All that counts
    /// frames, as [`Model::settle_frames`] does, counts them at the higher rate.
    ///
    /// The factor is 1, 2, 4 or 8: the highest that is not above `wanted`, with which an instance stays
    /// within [`MAX_STATE_BYTES`] and the other limits of a file. It is 1 where oversampling is not [offered](Capture::oversampling_offered).
    /// Copies the weights. How loud the capture is, ask the one that is not oversampled.
    pub fn oversampled(&self, wanted: usize) -> Cow<'_, Capture> {
        let mut best = Cow::Borrowed(self);
        if !self.oversampling_offered() {
            return best;
        }
        for _ in 0..wanted.clamp(1, MAX_OVERSAMPLING).ilog2() {
            let mut twice = Capture::clone(&best);
            twice.document.net.oversample(2);
            twice.oversampling *= 2;
            let demand = twice.document.demand(None);
            let fits = demand.bytes() <= MAX_STATE_BYTES as f64
                && demand.settle_work <= MAX_SETTLE_WORK
                && SAMPLE_RATES.contains(&twice.sample_rate());
            if !fits {
                break;
            }
            best = Cow::Owned(twice);
        }
        best
    }

    /// Allocates an instance in the file's initial state, for the best instructions this CPU has.
    /// Not for the audio thread; nor is [`Model::prewarm`], which should follow.
    pub fn build(&self) -> Model {
        self.build_for(SimdLevel::detect())
    }

    /// As [`Capture::build`], for a given instruction set.
    pub fn build_for(&self, level: SimdLevel) -> Model {
        Model::new(&self.document, level)
    }
}

/// What can be told of the models nested in one that is not understood as a whole.
fn parts(document: Value<'_>) -> Vec<String> {
    let config = document.get("config");
    let list = |key: &str| config.and_then(|config| config.get(key)?.as_list());
    let items = |key: &str| list(key).into_iter().flat_map(|list| list.iter());
    let submodels = items("submodels").filter_map(|item| item.get("model"));
    let condition = config.and_then(|config| config.get("condition_dsp"));
    let models = submodels
        .chain(items("models"))
        .chain(condition.filter(|condition| condition.as_object().is_some()));
    models
        .map(|model| {
            let architecture = model.get("architecture").and_then(Value::as_str);
            let name: String = architecture.unwrap_or("unknown").chars().take(60).collect();
            format!("{name}, {} weights", weight_count(model).unwrap_or(0))
        })
        .collect()
}

/// How many weights a model has.
fn weight_count(document: Value<'_>) -> Option<usize> {
    Some(document.get("weights")?.as_list()?.len())
}

/// The last part of a path, or all of it.
fn file_name(path: &Path) -> String {
    let name = path.file_name().unwrap_or(path.as_os_str());
    name.to_string_lossy().into_owned()
}

/// Reads a file that is not longer than a capture can be.
fn read_file(path: &Path) -> Result<Vec<u8>> {
    let unreadable = |error| CaptureError::Unreadable(path.display().to_string(), error);
    let (file, about) = ordinary_file::open(path).map_err(unreadable)?;
    check_length(&file_name(path), about.len())?;
    let mut bytes = Vec::new();
    // It may grow meanwhile; `parse` looks again.
    let mut limited = file.take(MAX_FILE_BYTES + 1);
    limited.read_to_end(&mut bytes).map_err(unreadable)?;
    Ok(bytes)
}

/// Refuses what is longer than a capture can be.
fn check_length(name: &str, bytes: u64) -> Result<()> {
    match bytes > MAX_FILE_BYTES {
        true => Err(CaptureError::FileTooLarge(
            name.to_owned(),
            bytes,
            MAX_FILE_BYTES,
        )),
        false => Ok(()),
    }
}

/// The JSON in the bytes of a file.
fn parse(name: &str, bytes: &[u8], cancelled: &dyn Fn() -> bool) -> Result<(Arc<str>, Node)> {
    check_length(name, bytes.len() as u64)?;
    let not_json = |detail: String| CaptureError::NotJson(name.to_owned(), detail);
    if let Some(kind) = FileKind::of_bytes(bytes) {
        return Err(other_kind(name, kind));
    }
    let text = decode_text(bytes).ok_or_else(|| not_json("it is not text".to_owned()))?;
    if let Some(kind) = FileKind::of_bytes(text.as_bytes()) {
        return Err(other_kind(name, kind));
    }
    let content = text.trim_ascii();
    if content.is_empty() {
        return Err(not_json("the file is empty".to_owned()));
    }
    if !content.starts_with(['{', '[']) {
        let line = content.lines().next().unwrap_or_default();
        let start: String = line.chars().take(20).collect();
        return Err(not_json(match start.contains(char::is_control) {
            true => "it is not text".to_owned(),
            false => format!("it begins with \"{start}\""),
        }));
    }
    let node = json::parse(&text, cancelled).map_err(|failure| match failure {
        json::Failure::Cancelled => CaptureError::Cancelled,
        json::Failure::TooMany(limit) => CaptureError::TooManyValues(name.to_owned(), limit),
        json::Failure::Syntax(error) if error.is_eof() => CaptureError::CutShort(name.to_owned()),
        json::Failure::Syntax(error) => not_json(format!(
            "line {}, character {} makes no sense",
            error.line(),
            error.column()
        )),
    })?;
    Ok((Arc::from(name), node))
}

fn other_kind(name: &str, kind: FileKind) -> CaptureError {
    CaptureError::OtherKind(name.to_owned(), kind.what, kind.remedy.for_capture)
}
