//! The sounds that are part of the program; `assets/README.md` tells where they come from.

/// A capture that needs no file.
#[derive(Debug)]
pub(crate) struct BuiltIn {
    /// What it is called: `builtin:NAME`.
    pub(crate) name: &'static str,
    /// The `.nam` file.
    pub(crate) bytes: &'static [u8],
}

/// Every built-in capture; the first one plays where none is named.
pub(crate) const CAPTURES: &[BuiltIn] = &[
    BuiltIn {
        name: "crunch",
        bytes: include_bytes!("../../assets/crunch.nam"),
    },
    BuiltIn {
        name: "lead",
        bytes: include_bytes!("../../assets/lead.nam"),
    },
    BuiltIn {
        name: "clean",
        bytes: include_bytes!("../../assets/clean.nam"),
    },
];

/// A dry guitar phrase, a mono WAV file.
pub(crate) const PHRASE: &[u8] = include_bytes!("../../assets/phrase.wav");
