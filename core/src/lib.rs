//! The Gridleak engine: plays Neural Amp Modeler captures exactly, and never touches the allocator
//! while it does.
//!
//! Loading, building, prewarming and playing are separate steps, so that a host can do the first
//! three on a thread of its own:
//!
//! ```
//! # fn main() -> Result<(), gridleak_core::CaptureError> {
//! # let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/example_models/lstm.nam");
//! let capture = gridleak_core::Capture::from_file(path.as_ref())?; // parse and check
//! let mut model = capture.build(); // take memory
//! model.prewarm(); // settle
//! let guitar = [0.1, 0.2, 0.1, 0.0];
//! let mut amp = [0.0; 4];
//! model.process_mono(&guitar, &mut amp); // on the audio thread
//! # assert!(amp.iter().all(|sample| sample.is_finite()));
//! # Ok(())
//! # }
//! ```
//!
//! The crate knows files and sound; it knows no host, no window and no thread.

mod capture;
mod chain;
mod engine;
mod error;
mod format;
mod levels;
mod loudness;
mod measure;
pub mod ordinary_file;
mod recent_input;
mod riff;
mod rig;
mod simd;
mod summary;

pub use capture::{Capture, Examination, MAX_FILE_BYTES, MAX_STATE_BYTES};
pub use chain::{
    Amp, BuildId, Cab, Chain, FIRST_SOUND, ImpulseResponse, Loaded, Peaks, Pedal, ProcessConfig,
    Remark, SlotPart, TunerReading, Voicing, latency,
};
pub use engine::Model;
pub use error::{CaptureError, Place, Result};
pub use format::DEFAULT_SAMPLE_RATE;
pub use format::controls::{Control, KnobPositions, MAX_CONTROLS};
pub use format::kind::FileKind;
pub use format::metadata::Metadata;
pub use format::text::{decode_text, is_utf16};
pub use levels::{INTERFACES, Levels};
pub use loudness::{Loudness, LoudnessSource, TARGET_LEVEL};
pub use measure::Measured;
pub use recent_input::{RecentInput, Recording};
pub use rig::{
    Buttons, CabSettings, ChoiceOption, GateSettings, Group, Kind, LevelSettings, Number,
    OfflineOversampling, OutputMode, Oversampling, OwnGroup, OwnGroups, PARAMETERS, Parameter,
    ParameterId, ReadSettings, RiffSettings, SLOTS, Settings, SlotKnob, SlotSettings, Source,
    SwitchSettings, Taper, ToneSettings, TunerSettings, Unit, UnreadSettings,
};
pub use simd::{SimdLevel, UnknownSimdLevel};
pub use summary::Summary;
