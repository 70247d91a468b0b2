//! Going from one rig to another in the same project: another preset, or the one before.

use gridleak_core::{PARAMETERS, SLOTS};

use super::preset::{CurrentPreset, SetlistPlace};
use super::saved::Rig;
use super::shared::SharedRig;

impl SharedRig {
    /// Goes from one rig to another: whatever is the same in both stays as it is, and files that play are
    /// not loaded again. The setlist goes on. The host is told.
    pub(crate) fn put(&self, from: &Rig, to: &Rig) {
        for row in PARAMETERS.iter().filter(|row| row.is_saved()) {
            let (before, after) = (row.get(&from.settings), row.get(&to.settings));
            if before != after {
                self.set(row.which, after);
            }
        }
        let mut told = self.told.lock();
        let preset = std::mem::replace(&mut told.preset, to.preset.clone());
        let rest = std::mem::replace(&mut told.rest, to.rest.clone());
        drop(told);
        drop((preset, rest));
        let others = (0..SLOTS).filter(|&slot| from.slots[slot] != to.slots[slot]);
        let others = others.map(|slot| {
            let mut wanted = to.slots[slot].clone();
            for (now, wanted) in self.slot(slot).parts.into_iter().zip(&mut wanted.parts) {
                // With what was found out about it meanwhile.
                if now.is_like(wanted) && (now.embeds() || !wanted.embeds()) {
                    *wanted = now;
                }
            }
            (slot, wanted)
        });
        self.put_slots(others);
        self.changed();
        self.tell_values();
    }

    /// Has the player read what there is to say of the rig as a whole.
    pub(crate) fn tell(&self, notice: Option<String>) {
        let _unread = std::mem::replace(&mut self.told.lock().notice, notice);
    }

    /// The preset that the rig came from, as far as it is known.
    pub(crate) fn preset(&self) -> Option<CurrentPreset> {
        self.told.lock().preset.clone()
    }

    /// Takes note of what is known of that now, unless the rig came from another one meanwhile.
    pub(crate) fn set_preset(&self, before: Option<&CurrentPreset>, now: CurrentPreset) {
        let file = |preset: &CurrentPreset| preset.file.clone();
        let mut told = self.told.lock();
        let same = told.preset.as_ref().map(file) == before.map(file);
        let _rest = match same {
            true => told.preset.replace(now),
            false => Some(now),
        };
        drop(told);
    }

    /// The setlist that is played through.
    pub(crate) fn setlist(&self) -> Option<SetlistPlace> {
        self.told.lock().setlist.clone()
    }

    /// Plays through another one, or none, or goes on in it.
    pub(crate) fn set_setlist(&self, setlist: Option<SetlistPlace>) {
        let _before = std::mem::replace(&mut self.told.lock().setlist, setlist);
    }
}
