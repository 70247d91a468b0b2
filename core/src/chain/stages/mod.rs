//! The stages of a chain, a file each. `chain/mod.rs` says in which order they come.

mod bypass;
mod dc_blocker;
mod gate;
mod input;
mod meters;
mod output;
mod riff;
mod source;
mod tone;
mod tuner;

pub(super) use bypass::Bypass;
pub(super) use dc_blocker::DcBlocker;
pub(super) use gate::Gate;
pub(super) use input::InputGain;
pub(super) use meters::Meters;
pub use meters::Peaks;
pub(super) use output::OutputGain;
pub(super) use riff::RiffLoop;
pub(super) use source::SourceSelector;
pub(super) use tone::ToneStack;
pub(super) use tuner::Tuner;
pub use tuner::TunerReading;
