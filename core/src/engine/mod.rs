//! The sound: networks at work, built from checked configurations.
//!
//! A [`Model`] is what a host holds. Each architecture has a file, makes what implements
//! [`network::Network`] and says what that takes ([`architecture::Architecture`]); [`conv`] is what all
//! but the LSTM share.

pub(crate) mod activation;
pub(crate) mod architecture;
pub(crate) mod conv;
pub(crate) mod conv_stack;
pub(crate) mod convnet;
pub(crate) mod convolver;
pub(crate) mod demand;
pub(crate) mod film;
pub(crate) mod history;
pub(crate) mod linear;
pub(crate) mod lstm;
pub(crate) mod model;
pub(crate) mod network;
pub(crate) mod oversampling;
pub(crate) mod planes;
pub(crate) mod sequential;
pub(crate) mod slimmable;
pub(crate) mod wavenet;

pub use model::Model;
pub(crate) use network::LONGEST_CYCLE;
pub(crate) use planes::BLOCK;
