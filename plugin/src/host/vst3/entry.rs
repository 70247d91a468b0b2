//! What every call of a host goes through: no panic gets out, no pointer is trusted.

use std::panic::{AssertUnwindSafe, catch_unwind};

use vst3::Steinberg::{kResultFalse, kResultOk, tresult};

/// What `work` comes to, or `otherwise` should it panic.
pub(super) fn guarded<T>(otherwise: T, work: impl FnOnce() -> T) -> T {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or(otherwise)
}

/// Whether something went well, in the host's words.
pub(super) fn answer(good: bool) -> tresult {
    if good { kResultOk } else { kResultFalse }
}

/// Answers a call in which the host points to something: `$place` is a reference to that in `$work`.
/// Where it points nowhere, its argument is invalid.
macro_rules! with {
    ($place:ident, $work:expr) => {
        $crate::host::vst3::entry::guarded(
            vst3::Steinberg::kInternalError,
            // SAFETY: what a host passes is null, or valid and its own for the time of the call.
            || match unsafe { $place.as_mut() } {
                Some($place) => $work,
                None => vst3::Steinberg::kInvalidArgument,
            },
        )
    };
}
pub(super) use with;

/// Calls that are always answered alike.
macro_rules! always {
    ($($name:ident($($argument:ty),*) -> $answer:ty = $value:expr;)*) => {$(
        unsafe fn $name(&self, $(_: $argument),*) -> $answer {
            $value
        }
    )*};
}
pub(super) use always;

/// Borrows an interface of the host for the time of its call; `None` where it gave none.
macro_rules! borrowed {
    ($pointer:expr) => {
        // SAFETY: what a host passes is null, or an interface that lives for the time of the call.
        unsafe { vst3::ComRef::from_raw($pointer) }
    };
}
pub(super) use borrowed;
