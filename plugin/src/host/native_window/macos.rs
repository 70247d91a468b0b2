//! What baseview 0.4.2 needs of macOS.

use std::ffi::{CStr, c_char, c_void};

#[link(name = "objc")]
unsafe extern "C" {
    fn objc_getClass(name: *const c_char) -> *const c_void;
    fn sel_registerName(name: *const c_char) -> *const c_void;
    fn class_getInstanceMethod(class: *const c_void, name: *const c_void) -> *const c_void;
}

const VIEW: &CStr = c"NSView";
/// What tells views when to draw, since macOS 14. Without it the call would end the host.
const DISPLAY_LINK: &CStr = c"displayLinkWithTarget:selector:";

/// The reason why no window can be opened.
pub(super) fn unavailable() -> Option<&'static str> {
    // SAFETY: both texts end with a zero, and a class that is not there has no methods.
    let method = unsafe {
        let class = objc_getClass(VIEW.as_ptr());
        class_getInstanceMethod(class, sel_registerName(DISPLAY_LINK.as_ptr()))
    };
    let old = "No window, this macOS is too old: update to macOS 14 or later, or use this list";
    method.is_null().then_some(old)
}
