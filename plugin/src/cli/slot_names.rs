//! What the slots of a rig are called on the command line.

use gridleak_core::{ParameterId, SLOTS};

/// A name for each slot; empty where it has none.
pub(super) struct SlotNames([String; SLOTS]);

impl SlotNames {
    pub(super) fn new(names: [String; SLOTS]) -> Self {
        Self(names)
    }

    /// The slot of that name, whatever its capitals, or of that number.
    pub(super) fn find(&self, text: &str) -> Option<usize> {
        let text = text.trim();
        let wanted = text.to_lowercase();
        let named = self.0.iter().position(|name| {
            let name = name.trim().to_lowercase();
            !name.is_empty() && name == wanted
        });
        let numbered = || ParameterId::Slot.row().parse(text);
        named.or_else(|| numbered().map(|slot| slot as usize))
    }

    /// What a slot is called: `slot 2 (Lead)`.
    pub(super) fn title(&self, slot: usize) -> String {
        format!("slot {}", self.short(slot))
    }

    /// What several are called: `slots 1 (Clean), 3 (Lead)`.
    pub(super) fn titles(&self, slots: &[usize]) -> String {
        let titles: Vec<String> = slots.iter().map(|&slot| self.short(slot)).collect();
        let word = if slots.len() == 1 { "slot" } else { "slots" };
        format!("{word} {}", titles.join(", "))
    }

    fn short(&self, slot: usize) -> String {
        let (number, name) = (slot + 1, self.0[slot].trim());
        match name.is_empty() {
            true => number.to_string(),
            false => format!("{number} ({name})"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(named: &[(usize, &str)]) -> SlotNames {
        let mut names: [String; SLOTS] = Default::default();
        for (slot, name) in named {
            names[*slot] = (*name).into();
        }
        SlotNames::new(names)
    }

    #[test]
    fn a_slot_is_found_by_its_name_or_its_number() {
        let names = names(&[(0, "Clean"), (3, "L\u{e4}ut"), (4, "2")]);
        for (text, wanted) in [
            ("clean", Some(0)),
            (" L\u{c4}UT ", Some(3)),
            ("4", Some(3)),
            ("Slot 8", Some(7)),
            // As the host shows it.
            ("2", Some(4)),
            ("0", None),
            ("9", None),
            ("", None),
            ("Lead", None),
        ] {
            assert_eq!(names.find(text), wanted, "{text}");
        }
        assert_eq!(names.title(1), "slot 2");
        assert_eq!(names.titles(&[0]), "slot 1 (Clean)");
        assert_eq!(names.titles(&[0, 1]), "slots 1 (Clean), 2");
    }
}
