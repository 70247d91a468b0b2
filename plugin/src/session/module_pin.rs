//! Keeps the plugin's code in memory once it was loaded.
//!
//! A host may unload a plugin's library when its last instance is gone. What outlives it, a file dialog
//! that is still open, a thread that hangs in a file system or a timer that comes once more, would then run
//! on code that is not there.

/// Keeps this library loaded until the process ends. Does nothing the second time, and where there is no
/// library (tests, the standalone program).
pub(crate) fn pin() {
    static ONCE: std::sync::Once = std::sync::Once::new();
    #[cfg(unix)]
    ONCE.call_once(pin_on_unix);
    #[cfg(windows)]
    ONCE.call_once(pin_on_windows);
}

#[cfg(windows)]
fn pin_on_windows() {
    use windows_sys::Win32::System::LibraryLoader::{
        GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS, GET_MODULE_HANDLE_EX_FLAG_PIN, GetModuleHandleExW,
    };
    let inside: fn() = pin;
    let mut module = std::ptr::null_mut();
    // SAFETY: with this flag the name is not read: it is an address, which is one in this library.
    // `module` is written; nobody frees it, which is the point.
    unsafe {
        GetModuleHandleExW(
            GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS | GET_MODULE_HANDLE_EX_FLAG_PIN,
            inside as *const u16,
            &raw mut module,
        )
    };
}

#[cfg(unix)]
fn pin_on_unix() {
    let inside: fn() = pin;
    let mut info = std::mem::MaybeUninit::<libc::Dl_info>::zeroed();
    // SAFETY: the address is one in this library; `info` is written or left as it is.
    let found = unsafe { libc::dladdr(inside as *const libc::c_void, info.as_mut_ptr()) };
    // SAFETY: zeroed bytes are a valid `Dl_info`, whose pointers are then null.
    let info = unsafe { info.assume_init() };
    if found == 0 || info.dli_fname.is_null() {
        return;
    }
    // SAFETY: `dli_fname` is a string of the loader's. With `RTLD_NOLOAD` nothing is loaded that is
    // not loaded yet, so no code runs; the handle is never closed, which is the point.
    unsafe {
        libc::dlopen(
            info.dli_fname,
            libc::RTLD_LAZY | libc::RTLD_NOLOAD | libc::RTLD_NODELETE,
        )
    };
}
