//! The text of a file, whichever of the usual encodings it is in.

use std::borrow::Cow;

/// The bytes of a file as text: UTF-8, or UTF-16 of either byte order, with or without a byte order
/// mark, which is left out. None if the bytes are not text in any of these. Half a unit of UTF-16 at the
/// end is left out: the file is cut short, and what there is of it shows that.
pub fn decode_text(bytes: &[u8]) -> Option<Cow<'_, str>> {
    let Some(big) = utf16_order(bytes) else {
        let text = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
        return std::str::from_utf8(text).ok().map(Cow::Borrowed);
    };
    let (pairs, _) = bytes.as_chunks();
    let units = pairs.iter().map(|&pair| match big {
        true => u16::from_be_bytes(pair),
        false => u16::from_le_bytes(pair),
    });
    let units = units.skip_while(|&unit| unit == 0xFEFF);
    let text: Result<String, _> = char::decode_utf16(units).collect();
    text.ok().map(Cow::Owned)
}

/// Whether a file that starts with these bytes, two or more, is UTF-16, if it is text at all.
pub fn is_utf16(start: &[u8]) -> bool {
    utf16_order(start).is_some()
}

/// Of UTF-16, whether the higher byte of each pair comes first.
fn utf16_order(start: &[u8]) -> Option<bool> {
    match start {
        // A byte order mark; or a plain character, as JSON begins with, of which one byte is zero.
        [0xFE, 0xFF, ..] | [0, 1..=255, ..] => Some(true),
        [0xFF, 0xFE, ..] | [1..=255, 0, ..] => Some(false),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_usual_encodings_are_read() {
        let text = "{\"name\": \"Zoë 🎸\"}";
        let little: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let big: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
        for (mark, bytes) in [
            (&[][..], text.as_bytes()),
            (&[0xEF, 0xBB, 0xBF][..], text.as_bytes()),
            (&[][..], &little),
            (&[0xFF, 0xFE][..], &little),
            (&[][..], &big),
            (&[0xFE, 0xFF][..], &big),
        ] {
            let file = [mark, bytes].concat();
            assert_eq!(decode_text(&file).as_deref(), Some(text), "{mark:x?}");
        }
        assert_eq!(decode_text(b"").as_deref(), Some(""));
        assert_eq!(decode_text(b"\xFF\xFE{\0}").as_deref(), Some("{"));
        for broken in [&b"\xFF"[..], b"\xFF\xFE{\0\0\xD8", b"{\"\xE4\"}"] {
            assert_eq!(decode_text(broken), None, "{broken:x?}");
        }
    }
}
