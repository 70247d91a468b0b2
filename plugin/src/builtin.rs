//! The sounds that are part of the program; `assets/README.md` tells where they come from.

/// A sound that needs no file.
#[derive(Debug)]
pub(crate) struct BuiltIn {
    /// What it is called: `builtin:NAME`.
    pub(crate) name: &'static str,
    /// The file: `.nam` for a capture, `.wav` for a cabinet.
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

/// Every built-in impulse response of a cabinet.
pub(crate) const CABS: &[BuiltIn] = &[BuiltIn {
    name: "4x12",
    bytes: include_bytes!("../../assets/cab.wav"),
}];

/// Where a project says that there is to be nothing.
pub(crate) const NOTHING: &str = "none";
/// Where a project leaves the choice to us: the built-in cabinet, unless the capture has its own.
pub(crate) const AUTOMATIC: &str = "auto";

/// The built-in capture or cabinet of that name.
pub(crate) fn find(name: &str) -> Option<&'static BuiltIn> {
    let mut all = CAPTURES.iter().chain(CABS);
    all.find(|built_in| built_in.name == name)
}

/// A dry guitar phrase, a mono WAV file.
pub(crate) const PHRASE: &[u8] = include_bytes!("../../assets/phrase.wav");
