//! The signal chain: what a guitarist plays through, from the input to the output.
#![allow(dead_code)]

mod bypass;
mod delay;
mod gain;
mod source;
