//! What there is to say of a rig that was loaded, in words.

use std::fmt;

use gridleak_core::{ParameterId, UnreadSettings};

use crate::files::failure::one_line;

/// How many names, and how many characters of each, are shown.
const NAMED: usize = 3;
const LONGEST_NAME: usize = 40;

/// What was found in a saved rig that is worth saying.
#[derive(Debug)]
pub(super) struct Remarks {
    /// What people call what it was saved as.
    called: &'static str,
    /// The version of Gridleak that saved it, as far as it says.
    saved_by: String,
    /// Whether that is after this one.
    newer: bool,
    /// What this version does not know.
    kept: Names,
    /// Parameters that were given another value.
    changed: Names,
    /// Parts whose reference cannot be read.
    damaged: Names,
}

/// The first of some names, and how many there are.
#[derive(Debug, Default)]
struct Names {
    first: Vec<String>,
    count: usize,
}

impl Remarks {
    /// Of a rig that Gridleak of the version `saved_by` has saved, as it says, in a format that is newer
    /// than this version's or not.
    pub(super) fn new(called: &'static str, saved_by: &str, newer_format: bool) -> Self {
        Self {
            called,
            saved_by: short(saved_by),
            newer: newer_format || is_newer(saved_by),
            kept: Names::default(),
            changed: Names::default(),
            damaged: Names::default(),
        }
    }

    /// Whether a newer version than this one saved it.
    pub(super) fn newer(&self) -> bool {
        self.newer
    }

    pub(super) fn damaged(&mut self, part: &str) {
        self.damaged.push(part);
    }

    pub(super) fn settings(&mut self, unread: &UnreadSettings, changed: &[ParameterId]) {
        self.unknown(unread.ids());
        for which in changed {
            self.changed(which.row().name);
        }
        // An option that is not known comes from a version that knows it.
        self.newer |= !unread.is_empty();
    }

    pub(super) fn changed(&mut self, name: &str) {
        self.changed.push(name);
    }

    /// What else this version does not know.
    pub(super) fn unknown<'a>(&mut self, names: impl IntoIterator<Item = &'a str>) {
        for name in names {
            self.kept.push(name);
        }
    }

    /// What there is to say.
    pub(super) fn text(&self) -> Option<String> {
        let (mut said, called) = (Vec::new(), self.called);
        if self.kept.count > 0 || self.newer && self.changed.count > 0 {
            said.push(match is_newer(&self.saved_by) {
                true => format!(
                    "This {called} was saved by a newer version of Gridleak ({}).",
                    self.saved_by
                ),
                false => format!("This {called} seems to come from a newer version of Gridleak."),
            });
        }
        if self.kept.count > 0 {
            said.push(format!(
                "Kept in the {called} but not used by this version: {}.",
                self.kept
            ));
        }
        if self.changed.count > 0 {
            said.push(format!(
                "These settings were out of range and have been changed: {}.",
                self.changed
            ));
        }
        match self.damaged.count {
            0 => {}
            1 => said.push(format!(
                "The {called}'s entry for {} is damaged. Load the file again.",
                self.damaged
            )),
            _ => said.push(format!(
                "The {called}'s entries for {} are damaged. Load the files again.",
                self.damaged
            )),
        }
        (!said.is_empty()).then(|| said.join(" "))
    }
}

/// Whether this is a later version of Gridleak than this one.
fn is_newer(version: &str) -> bool {
    let numbers = |version: &str| -> Option<Vec<u64>> {
        let numbers = version.split(['-', '+']).next()?.split('.');
        numbers.map(|number| number.parse().ok()).collect()
    };
    let own = numbers(env!("CARGO_PKG_VERSION"));
    numbers(version).is_some_and(|theirs| Some(theirs) > own)
}

impl Names {
    fn push(&mut self, name: &str) {
        if self.first.len() < NAMED {
            self.first.push(short(name));
        }
        self.count += 1;
    }
}

impl fmt::Display for Names {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.first.join(", "))?;
        match self.count - self.first.len() {
            0 => Ok(()),
            more => write!(f, " and {more} more"),
        }
    }
}

/// A name that somebody may have chosen in order to harm.
fn short(name: &str) -> String {
    let mut short: String = one_line(name).chars().take(LONGEST_NAME).collect();
    if short.len() < name.len() {
        short.push('\u{2026}');
    }
    short
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_cut_and_counted() {
        let mut names = Names::default();
        for name in ["a\nb", &"x".repeat(100), "c", "d", "e"] {
            names.push(name);
        }
        let text = names.to_string();
        assert!(text.starts_with('a'), "{text}");
        assert!(text.ends_with("c and 2 more") && !text.contains('\n'));
        assert!(text.len() < 100, "{text}");
    }

    #[test]
    fn only_later_versions_are_newer() {
        for version in ["99.0.0", "0.99.0-rc.1", "1.0"] {
            assert!(is_newer(version), "{version}");
        }
        for version in ["", "0.0.1", env!("CARGO_PKG_VERSION"), "x.y", "-1.0.0"] {
            assert!(!is_newer(version), "{version}");
        }
    }
}
