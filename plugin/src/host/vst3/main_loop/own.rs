//! The loop of a main thread that has one for everybody: nobody has to lend it.

use vst3::ComRef;
use vst3::Steinberg::FUnknown;

pub(in super::super) struct MainLoop;

impl MainLoop {
    /// That of the main thread.
    pub(in super::super) fn of(_host: Option<ComRef<'_, FUnknown>>) -> Option<Self> {
        Some(Self)
    }

    /// The same.
    pub(in super::super) fn of_all() -> Option<Self> {
        Some(Self)
    }

    /// Nothing is borrowed here.
    pub(in super::super) fn lend(_host: Option<ComRef<'_, FUnknown>>) {}
}
