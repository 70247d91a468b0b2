//! Text in the fixed places that VST3 has for it.

use std::ffi::{CStr, c_char};

/// Writes as many whole characters as there is room for, and zeros behind them.
pub(super) fn write_utf16(text: &str, place: &mut [u16]) {
    place.fill(0);
    let mut rest = &mut place[..];
    for character in text.chars() {
        // One is left for the zero at the end.
        if rest.len() <= character.len_utf16() {
            break;
        }
        character.encode_utf16(rest);
        rest = &mut rest[character.len_utf16()..];
    }
}

/// The same in the other width.
pub(super) fn write_utf8(text: &str, place: &mut [c_char]) {
    place.fill(0);
    let end = text.floor_char_boundary(place.len() - 1);
    for (byte, place) in text.bytes().take(end).zip(place) {
        *place = byte as c_char;
    }
}

/// What stands before the first zero.
pub(super) fn read_utf16(text: &[u16]) -> String {
    String::from_utf16_lossy(text.split(|&unit| unit == 0).next().unwrap_or_default())
}

/// Whether a host's text, which ends with a zero, is this one.
pub(super) fn is_text(text: *const c_char, this: &CStr) -> bool {
    // SAFETY: what a host passes is null or ends with a zero.
    !text.is_null() && unsafe { CStr::from_ptr(text) } == this
}
