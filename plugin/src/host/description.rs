//! What the plugin is called and what it can be, in all formats. Projects keep the ids: they never change.

/// What hosts and people call it.
pub(crate) const NAME: &str = "Gridleak";
/// Who makes it.
pub(crate) const VENDOR: &str = "Gridleak";
/// What it is, in a few words.
pub(crate) const DESCRIPTION: &str = "Plays Neural Amp Modeler captures";
/// Its version.
pub(crate) const VERSION: &str = env!("CARGO_PKG_VERSION");
/// Its page.
pub(crate) const URL: &str = "https://gridleak.audio";
/// Its manual.
pub(crate) const MANUAL_URL: &str = "https://gridleak.audio/manual";
/// Where players find help.
pub(crate) const SUPPORT_URL: &str = "https://gridleak.audio/help";
/// How to reach who makes it.
pub(crate) const EMAIL: &str = "hello@gridleak.audio";

/// Its id in CLAP.
pub(crate) const CLAP_ID: &str = "audio.gridleak.gridleak";
/// Its class in VST3.
pub(crate) const VST3_CLASS_ID: [u8; 16] = *b"GridleakNamPlay1";

/// The channels that go in and out, and what hosts call that; what is chosen first comes first.
pub(crate) const LAYOUTS: [(usize, usize, &str); 3] =
    [(2, 2, "Stereo"), (1, 2, "Mono to stereo"), (1, 1, "Mono")];
