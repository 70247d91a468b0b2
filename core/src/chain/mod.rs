//! The signal chain: what a guitarist plays through, from the input to the output.
#![allow(dead_code)]

mod bypass;
mod dc_blocker;
mod delay;
mod gain;
mod gate;
#[cfg(test)]
mod probe;
mod rate;
mod source;
mod switch;
mod tone;

pub use gate::GateSettings;
pub use tone::ToneSettings;
