//! Slots as people name them.

use gridleak_core::{ParameterId, SLOTS};

/// What people read for a slot: its `label`, with its number where another one has the same.
pub(crate) fn slot_name(slot: usize, label: &dyn Fn(usize) -> String) -> String {
    let name = label(slot);
    match (0..SLOTS).any(|other| other != slot && label(other) == name) {
        true => format!("{name} ({})", slot + 1),
        false => name,
    }
}

/// The slot that such a name stands for, whatever its capitals where no other is written like that, or else
/// a number.
pub(crate) fn find_slot(text: &str, label: &dyn Fn(usize) -> String) -> Option<usize> {
    let text = text.trim();
    let lower = text.to_lowercase();
    let named = |is: &dyn Fn(&str) -> bool| (0..SLOTS).find(|&slot| is(&slot_name(slot, label)));
    named(&|name| name == text)
        .or_else(|| named(&|name| name.to_lowercase() == lower))
        .or_else(|| Some(ParameterId::Slot.row().parse(text)? as usize))
}

/// The next slot that way of those that are filled, given as bits; the same if there is no other.
pub(crate) fn neighbour_slot(slot: usize, by: isize, filled: u8) -> usize {
    let slots = SLOTS as isize;
    let there = |steps: isize| (slot as isize + by * steps).rem_euclid(slots) as usize;
    let next = (1..slots).map(there).find(|slot| filled >> slot & 1 == 1);
    next.unwrap_or(slot)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn label(slot: usize) -> String {
        let names = [
            "Clean", "clean", "Clean", "2", "Slot 2", "Slot 6", "", "Lead",
        ];
        names[slot].into()
    }

    #[test]
    fn each_name_leads_back_to_its_slot() {
        for slot in 0..SLOTS {
            let name = slot_name(slot, &label);
            assert_eq!(find_slot(&name, &label), Some(slot), "{name}");
        }
        for (text, wanted) in [
            (" LEAD ", Some(7)),
            ("CLEAN", Some(1)),
            // As the host shows it.
            ("2", Some(3)),
            ("slot 2", Some(4)),
            ("3", Some(2)),
            ("Slot 8", Some(7)),
            ("0", None),
            ("9", None),
            ("Verse", None),
        ] {
            assert_eq!(find_slot(text, &label), wanted, "{text}");
        }
    }

    #[test]
    fn the_way_from_slot_to_slot_leads_past_empty_ones_and_round() {
        let filled = 0b1000_0101;
        for (from, by, wanted) in [
            (0, 1, 2),
            (2, 1, 7),
            (7, 1, 0),
            (0, -1, 7),
            (2, -1, 0),
            // From one that is empty, too.
            (4, 1, 7),
            (4, -1, 2),
        ] {
            assert_eq!(neighbour_slot(from, by, filled), wanted, "{from} {by}");
        }
        assert_eq!(neighbour_slot(3, 1, 0b1000), 3);
        assert_eq!(neighbour_slot(3, -1, 0), 3);
    }
}
