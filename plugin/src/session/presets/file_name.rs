//! Names of files from what a player calls a preset, such as every system takes.

use crate::files::failure::{Failure, Result};

/// Longest name, in characters, and in bytes: with its ending and a number it fits every file system.
const MAX_CHARS: usize = 100;
const MAX_BYTES: usize = 200;

/// Windows takes these for devices, whatever their ending.
const DEVICES: [&str; 6] = ["con", "prn", "aux", "nul", "conin$", "conout$"];

/// The name of a file, without its ending, for what people call it. What cannot stand in one becomes a
/// dash.
///
/// # Errors
/// If nothing is left of it.
pub(super) fn file_name(name: &str) -> Result<String> {
    let allowed = |c: char| !c.is_control() && !"<>:\"/\\|?*".contains(c);
    let name: String = name
        .chars()
        .map(|c| if allowed(c) { c } else { '-' })
        .collect();
    // A dot at the beginning hides a file, and Windows drops dots and blanks at the end.
    let name = name.trim_start_matches(|c: char| c == '.' || c.is_whitespace());
    let mut end = 0;
    for (at, c) in name.char_indices().take(MAX_CHARS) {
        if at + c.len_utf8() > MAX_BYTES {
            break;
        }
        end = at + c.len_utf8();
    }
    let name = name[..end].trim_end_matches(|c: char| c == '.' || c.is_whitespace());
    if name.chars().all(|c| c == '-') {
        return Err(Failure::new("this needs a name of letters or digits"));
    }
    Ok(match is_device(name) {
        true => format!("_{name}"),
        false => name.to_owned(),
    })
}

/// The name with this number behind it; 1 is the name itself.
pub(super) fn numbered(name: &str, number: usize) -> String {
    match number {
        1 => name.to_owned(),
        _ => format!("{name} {number}"),
    }
}

fn is_device(name: &str) -> bool {
    // What follows the first dot does not count, nor do blanks before it.
    let stem = name.split('.').next().unwrap_or(name).trim_end();
    let stem = stem.to_lowercase();
    let port = |kind: &str| {
        let number = stem.strip_prefix(kind)?;
        let mut digits = number.chars();
        let digit = digits.next()?;
        let one = digits.next().is_none();
        (one && (digit.is_ascii_digit() || "\u{b9}\u{b2}\u{b3}".contains(digit))).then_some(())
    };
    DEVICES.contains(&&*stem) || port("com").or(port("lpt")).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_people_call_it_stays_readable() {
        for (name, file) in [
            ("Verse", "Verse"),
            ("  Verse 2 ", "Verse 2"),
            ("AC/DC: back?", "AC-DC- back-"),
            ("..hidden", "hidden"),
            ("Dots...", "Dots"),
            ("Zoë's Ämp 日本語 🎸", "Zoë's Ämp 日本語 🎸"),
            ("a\nb\0c", "a-b-c"),
            ("../../etc/passwd", "-..-etc-passwd"),
            ("con", "_con"),
            ("Aux.1", "_Aux.1"),
            ("COM1", "_COM1"),
            ("LPT² .x", "_LPT² .x"),
            ("Comet", "Comet"),
            ("com10", "com10"),
        ] {
            assert_eq!(file_name(name).unwrap(), file);
        }
        assert_eq!(numbered("Verse", 1), "Verse");
        assert_eq!(numbered("Verse", 3), "Verse 3");
    }

    #[test]
    fn what_is_no_name_is_refused() {
        for name in ["", "  ", "...", "///", "\n", ". . ."] {
            assert!(file_name(name).is_err(), "{name:?}");
        }
    }

    #[test]
    fn long_names_are_cut_between_letters() {
        assert_eq!(file_name(&"a".repeat(1000)).unwrap().len(), MAX_CHARS);
        let wide = file_name(&"語".repeat(1000)).unwrap();
        assert_eq!(wide, "語".repeat(MAX_BYTES / 3));
    }

    #[test]
    fn a_name_made_of_a_name_is_the_same() {
        for name in ["AC/DC", "con", "a. . ", &"x ".repeat(100), "nul.gridleak"] {
            let file = file_name(name).unwrap();
            assert_eq!(file_name(&file).unwrap(), file);
        }
    }
}
