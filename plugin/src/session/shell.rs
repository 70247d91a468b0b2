//! What an instance needs of whoever holds its parameters and its project.

use std::sync::Arc;

use gridleak_core::{Control, Settings};

use crate::session::part::Part;
use crate::session::references::PartSlot;

/// A host, or what stands for one.
pub(crate) trait Shell: Send + Sync {
    /// Where all parameters stand now. Never waits.
    fn settings(&self) -> Settings;

    /// The reference to a part of the rig.
    fn slot(&self, part: Part) -> &PartSlot;

    /// Counts the states that were loaded. Never waits.
    fn loads(&self) -> u64;

    /// Names the knobs as the capture that plays does.
    fn name_knobs(&self, knobs: &Arc<[Control]>);

    /// Takes note that the project was changed other than by loading one.
    fn made_a_change(&self);

    /// Says in a line what does not play as the project means it.
    fn tell_absent(&self, absent: Option<String>);

    /// What there is to say of the project as a whole, until it was read.
    fn notice(&self) -> Option<String>;

    /// That was read.
    fn dismiss_notice(&self);
}
