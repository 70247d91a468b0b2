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

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    #[test]
    fn the_module_info_of_the_vst3_bundle_says_the_same() {
        let text = include_str!("../../../assets/moduleinfo.json");
        let info: Value = serde_json::from_str(text).unwrap();
        let (factory, class) = (&info["Factory Info"], &info["Classes"][0]);
        let id: String = VST3_CLASS_ID.iter().map(|b| format!("{b:02X}")).collect();
        for (said, is) in [
            (&info["Name"], NAME),
            (&info["Version"], VERSION),
            (&factory["Vendor"], VENDOR),
            (&factory["URL"], URL),
            (&factory["E-Mail"], EMAIL),
            (&class["CID"], &id),
            (&class["Name"], NAME),
            (&class["Vendor"], VENDOR),
            (&class["Version"], VERSION),
        ] {
            assert_eq!(said, is);
        }
        let picture = class["Snapshots"][0]["Path"].as_str().unwrap();
        assert!(picture.ends_with(&format!("{id}_snapshot.png")));
    }
}
