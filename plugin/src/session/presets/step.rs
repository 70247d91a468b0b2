//! From one preset to the next: through a setlist, or through a bank.

use std::path::Path;

use super::scan::{ScanCache, scan};
use super::setlist::Setlist;
use crate::files::failure::{Failure, Result};
use crate::session::folder::neighbour;
use crate::session::preset_path::PresetPath;
use crate::session::rig::SetlistPlace;

/// The preset so many on (or back) in the setlist at `place`, and its place there. At the end it begins
/// anew.
///
/// Reads the setlist: not for the audio thread nor the window's.
///
/// # Errors
/// If there is none, in words.
pub(crate) fn in_setlist(
    root: &Path,
    place: &SetlistPlace,
    by: i32,
) -> Result<(PresetPath, usize)> {
    let setlist = Setlist::open(&place.setlist.within(root))?;
    let all = setlist.presets().enumerate();
    let known: Vec<(usize, PresetPath)> =
        all.filter_map(|(at, preset)| Some((at, preset?))).collect();
    // Of those that there are, the place reached, or the gap before the next one.
    let here = place
        .at
        .map(|at| known.partition_point(|(other, _)| *other < at));
    let from = match here {
        None if by > 0 => -1,
        None => 0,
        Some(here) if known.get(here).map(|(at, _)| *at) == place.at || by <= 0 => here as i64,
        Some(here) => here as i64 - 1,
    };
    let count = known.len().max(1) as i64;
    let there = (from + i64::from(by)).rem_euclid(count) as usize;
    known
        .into_iter()
        .nth(there)
        .map(|(at, preset)| (preset, at))
        .ok_or_else(|| {
            Failure::new(format!(
                "The setlist {} is empty. Add presets to it, or choose another one.",
                place.setlist.name()
            ))
        })
}

/// The preset so many on (or back) in the bank of `current`; without one, the first of all, or the last.
/// At the end it begins anew.
///
/// Reads the folder: not for the audio thread nor the window's.
///
/// # Errors
/// If there is none, in words.
pub(crate) fn in_bank(root: &Path, current: Option<&PresetPath>, by: i32) -> Result<PresetPath> {
    let Some(current) = current else {
        let all = scan(root, &mut ScanCache::default()).presets.into_iter();
        let mut all = all.map(|preset| preset.path);
        let found = if by > 0 { all.next() } else { all.last() };
        return found.ok_or_else(|| {
            Failure::new("There are no presets yet. Save one, and it is the first to step to.")
        });
    };
    let found = neighbour(&current.within(root), by);
    found
        .and_then(|(path, _)| PresetPath::of(&path, root))
        .ok_or_else(|| {
            Failure::new(match current.bank() {
                bank if bank.is_empty() => "There is no other preset to step to.".into(),
                bank => format!("There is no other preset in the bank {bank}."),
            })
        })
}

#[cfg(test)]
mod tests {
    use std::fs;

    use serde_json::{Value, json};

    use super::*;

    fn path(text: &str) -> PresetPath {
        PresetPath::read(text).unwrap()
    }

    /// The places that steps lead to, one after another, in a setlist of these entries.
    fn walk(entries: Value, from: Option<usize>, by: i32, steps: usize) -> Vec<usize> {
        let root = tempfile::tempdir().unwrap();
        let setlist = json!({"gridleak": 1, "kind": "setlist", "presets": entries});
        fs::write(
            root.path().join("Gig.gridleak-setlist"),
            setlist.to_string(),
        )
        .unwrap();
        let mut place = SetlistPlace {
            setlist: path("Gig.gridleak-setlist"),
            at: from,
        };
        let step = |_| {
            let (preset, at) = in_setlist(root.path(), &place, by).unwrap();
            assert_eq!(preset.text(), entries[at]);
            place.at = Some(at);
            at
        };
        (0..steps).map(step).collect()
    }

    #[test]
    fn a_setlist_is_played_in_its_order_though_a_preset_comes_twice() {
        let gig = json!(["a.gridleak", "b.gridleak", "a.gridleak", "c.gridleak"]);
        assert_eq!(walk(gig.clone(), None, 1, 6), [0, 1, 2, 3, 0, 1]);
        assert_eq!(walk(gig.clone(), None, -1, 3), [3, 2, 1]);
        assert_eq!(walk(gig.clone(), Some(2), 1, 2), [3, 0]);
        assert_eq!(walk(gig.clone(), Some(0), 3, 2), [3, 2]);
        // It was longer once.
        assert_eq!(walk(gig.clone(), Some(900), 1, 2), [0, 1]);
        assert_eq!(walk(gig, Some(900), -1, 2), [3, 2]);
    }

    #[test]
    fn what_only_a_newer_version_knows_is_passed_over() {
        let gig = json!([1, "a.gridleak", {"x": 1}, "../b.gridleak", "c.gridleak"]);
        assert_eq!(walk(gig.clone(), None, 1, 3), [1, 4, 1]);
        assert_eq!(walk(gig.clone(), Some(2), 1, 1), [4]);
        assert_eq!(walk(gig, Some(2), -1, 1), [1]);
    }

    #[test]
    fn a_setlist_without_presets_leads_nowhere_and_says_so() {
        let root = tempfile::tempdir().unwrap();
        let root = root.path();
        let place = SetlistPlace {
            setlist: path("Gig.gridleak-setlist"),
            at: None,
        };
        let refusal = |by| in_setlist(root, &place, by).unwrap_err().to_string();
        assert!(
            refusal(1).contains("there is no such file"),
            "{}",
            refusal(1)
        );
        fs::write(
            root.join("Gig.gridleak-setlist"),
            "{\"gridleak\": 1, \"kind\": \"setlist\"}",
        )
        .unwrap();
        assert!(refusal(-1).contains("setlist Gig is empty"));
    }

    #[test]
    fn a_bank_is_stepped_through_in_the_order_people_expect() {
        let root = tempfile::tempdir().unwrap();
        let root = root.path();
        let refusal = in_bank(root, None, 1).unwrap_err().to_string();
        assert!(refusal.contains("no presets yet"), "{refusal}");
        fs::create_dir(root.join("Live")).unwrap();
        for name in ["x", "Live/2", "Live/10", "Live/30"] {
            fs::write(root.join(format!("{name}.gridleak")), "").unwrap();
        }
        fs::write(root.join("Live/3.gridleak-setlist"), "").unwrap();
        let step = |from: Option<&str>, by| {
            let from = from.map(path);
            in_bank(root, from.as_ref(), by).map(|preset| preset.text().to_owned())
        };
        assert_eq!(step(None, 1).unwrap(), "x.gridleak");
        assert_eq!(step(None, -1).unwrap(), "Live/30.gridleak");
        assert_eq!(
            step(Some("Live/2.gridleak"), 1).unwrap(),
            "Live/10.gridleak"
        );
        assert_eq!(
            step(Some("Live/2.gridleak"), -1).unwrap(),
            "Live/30.gridleak"
        );
        assert_eq!(
            step(Some("Live/9.gridleak"), 1).unwrap(),
            "Live/10.gridleak"
        );
        let refusal = step(Some("x.gridleak"), 1).unwrap_err().to_string();
        assert_eq!(refusal, "There is no other preset to step to.");
        let refusal = step(Some("Gone/x.gridleak"), 1).unwrap_err().to_string();
        assert!(refusal.contains("the bank Gone"), "{refusal}");
    }
}
