//! What the parts of a chain are made for and with.

use crate::format::controls::KnobPositions;
use crate::levels::Levels;

/// What a capture has to fit into.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ProcessConfig {
    /// The host's sample rate in Hz.
    pub rate: f64,
    /// Channels that come in, 1 or 2.
    pub inputs: usize,
    /// Channels that go out, 1 or 2, not fewer than come in.
    pub outputs: usize,
    /// Frames at the host's rate that everything is late by, the pedal's part included.
    pub latency: usize,
    /// What the pedal may take of it: at least [`super::latency`] of its capture. The rest is the amp's.
    pub pedal_latency: usize,
}

/// A number that tells everything that was ever built apart. The caller gives it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BuildId(pub u64);

/// How a capture is to sound.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Voicing {
    /// What is known of its levels; [`Levels::default`] leaves them as they are.
    pub levels: Levels,
    /// The size of a capture that has several, from 0 (smallest) to 1 (full).
    pub slim: f64,
    /// Where the knobs of a capture that has some stand; none leaves them where its file has them start.
    pub knobs: Option<KnobPositions>,
}

impl Default for Voicing {
    /// As it is, in full size, with its knobs where they start.
    fn default() -> Self {
        Voicing {
            levels: Levels::default(),
            slim: 1.0,
            knobs: None,
        }
    }
}
