//! The stages of a chain, a file each. `chain/mod.rs` says in which order they come.

mod amp;
mod amp_slot;
mod amps;
mod bypass;
mod cab;
mod cabs;
mod catch_up;
mod dc_blocker;
mod gate;
mod input;
mod meters;
mod output;
mod pedal;
mod source;
mod tone;
mod tuner;

pub use amp::Amp;
pub(super) use amps::Amps;
pub(super) use bypass::Bypass;
pub use cab::Cab;
pub(super) use cabs::Cabs;
pub(super) use dc_blocker::DcBlocker;
pub(super) use gate::Gate;
pub(super) use input::InputGain;
pub(super) use meters::Meters;
pub use meters::Peaks;
pub(super) use output::OutputGain;
pub use pedal::Pedal;
pub(super) use source::SourceSelector;
pub(super) use tone::ToneStack;
pub(super) use tuner::Tuner;
pub use tuner::TunerReading;
