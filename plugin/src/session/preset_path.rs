//! What presets and setlists are called from the folder that they are in.

use std::path::{Path, PathBuf};

use crate::files::endings::{self, PRESETS, SETLISTS};
use crate::files::failure::one_line;
use crate::session::folder::natural;
use crate::session::references::{path_text, read_relative, write_relative};

/// What stands between the name of a bank and that of a preset in it.
const SEPARATOR: char = '/';

/// A preset or a setlist in the preset folder, by the way to it from there, with slashes between the
/// names: the same in every home and on every system. `Live/Verse.gridleak` is in the bank `Live`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct PresetPath(String);

impl PresetPath {
    /// Reads what [`PresetPath::text`] gave. `None` for what leads out of the folder or to what is hidden,
    /// and for what is neither a preset nor a setlist by its ending.
    pub(crate) fn read(text: &str) -> Option<Self> {
        let path = Self(text.to_owned());
        read_relative(text)?;
        (path.is_preset() || path.is_setlist()).then_some(path)
    }

    /// What the file at `path` is called from the preset `folder`, if it is in there and has a name that
    /// can stand for itself everywhere.
    pub(crate) fn of(path: &Path, folder: &Path) -> Option<Self> {
        Self::read(&write_relative(path.strip_prefix(folder).ok()?)?)
    }

    /// Where that is if the presets are in `folder`.
    pub(crate) fn within(&self, folder: &Path) -> PathBuf {
        let inside = self.0.split(SEPARATOR).filter_map(path_text::decode);
        folder.join(inside.collect::<PathBuf>())
    }

    pub(crate) fn text(&self) -> &str {
        &self.0
    }

    /// What it is called, in one line.
    pub(crate) fn name(&self) -> String {
        let file = self.0.rsplit(SEPARATOR).next().unwrap_or(&self.0);
        one_line(file.rsplit_once('.').map_or(file, |(name, _)| name))
    }

    /// The bank that it is in, in one line; empty for none. A bank in a bank has a slash in its name.
    pub(crate) fn bank(&self) -> String {
        one_line(self.0.rsplit_once(SEPARATOR).map_or("", |(bank, _)| bank))
    }

    pub(crate) fn is_preset(&self) -> bool {
        endings::is_among(Path::new(&self.0), PRESETS)
    }

    pub(crate) fn is_setlist(&self) -> bool {
        endings::is_among(Path::new(&self.0), SETLISTS)
    }

    /// What comes first is to be shown first: those in no bank, then bank by bank, as people count.
    pub(crate) fn order(&self) -> impl Ord + use<> {
        (natural(&self.bank()), natural(&self.name()), self.0.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_preset_is_called_the_same_in_every_home() {
        let ann = Path::new("/home/ann/presets");
        let file = ann.join("Live").join("Zoë 1. verse.gridleak");
        let path = PresetPath::of(&file, ann).unwrap();
        assert_eq!(path.text(), "Live/Zoë 1. verse.gridleak");
        assert_eq!(path.name(), "Zoë 1. verse");
        assert_eq!(path.bank(), "Live");
        assert!(path.is_preset() && !path.is_setlist());
        assert_eq!(path.within(ann), file);
        let bob = path.within(Path::new("/Users/bob"));
        assert_eq!(bob, Path::new("/Users/bob/Live/Zoë 1. verse.gridleak"));
        assert_eq!(PresetPath::read(path.text()), Some(path));
        let setlist = PresetPath::of(&ann.join("Gig.gridleak-setlist"), ann).unwrap();
        assert_eq!((setlist.name(), setlist.bank()), ("Gig".into(), "".into()));
        assert!(setlist.is_setlist() && !setlist.is_preset());
    }

    #[test]
    fn what_leads_elsewhere_is_none_of_ours() {
        for text in [
            "",
            "a",
            "a.nam",
            "/a.gridleak",
            "../a.gridleak",
            "Live/../../a.gridleak",
            ".hidden/a.gridleak",
            ".gridleak",
            "Live//a.gridleak",
            "C:\\a.gridleak",
            "C:a.gridleak",
            "\\\\server\\share\\a.gridleak",
            &format!("{}.gridleak", "a/".repeat(10_000)),
        ] {
            assert_eq!(PresetPath::read(text), None, "{text}");
        }
        let folder = Path::new("/home/ann/presets");
        for path in ["/home/ann/a.gridleak", "/home/ann/presets/../a.gridleak"] {
            assert_eq!(PresetPath::of(Path::new(path), folder), None, "{path}");
        }
    }

    #[test]
    fn presets_stand_in_the_order_that_people_expect() {
        let mut paths: Vec<_> = [
            "b/2.gridleak",
            "b/10.gridleak",
            "A/x.gridleak",
            "z.gridleak",
        ]
        .map(|text| PresetPath::read(text).unwrap())
        .into();
        paths.sort_by_key(PresetPath::order);
        let texts: Vec<_> = paths.iter().map(PresetPath::text).collect();
        let expected = [
            "z.gridleak",
            "A/x.gridleak",
            "b/2.gridleak",
            "b/10.gridleak",
        ];
        assert_eq!(texts, expected);
    }
}
