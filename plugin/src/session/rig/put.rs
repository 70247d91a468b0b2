//! The rig as a value: out of what is shared, and back into it.

use gridleak_core::PARAMETERS;

use super::saved::Rig;
use super::shared::SharedRig;
use crate::session::part::Part;

impl SharedRig {
    /// The rig as it stands now.
    pub(crate) fn rig(&self) -> Rig {
        let told = self.told.lock();
        Rig {
            settings: self.unmodulated(),
            parts: Part::all().map(|part| self.part(part).current().1),
            preset: told.preset.clone(),
            setlist: told.setlist.clone(),
            rest: told.rest.clone(),
        }
    }

    /// Goes from one rig to another: whatever is the same in both stays as it is, files are not loaded
    /// again. The setlist goes on. The host is told.
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
        for part in Part::all() {
            let (before, after) = (&from.parts[part.index()], &to.parts[part.index()]);
            let carries_more = after.embeds() && !before.embeds();
            if !before.is_like(after) || carries_more {
                self.part(part).choose(after.clone());
            }
        }
        self.changed();
        self.tell_values();
    }

    /// Has the player read what there is to say of the rig as a whole.
    pub(crate) fn tell(&self, notice: Option<String>) {
        let _unread = std::mem::replace(&mut self.told.lock().notice, notice);
    }
}

impl Rig {
    /// The same rig with another one's first slot as this one of its slots.
    pub(crate) fn with_slot(&self, slot: usize, other: &Rig) -> Rig {
        let mut rig = self.clone();
        for (to, from) in Part::of_slot(slot).into_iter().zip(Part::of_slot(0)) {
            rig.parts[to.index()] = other.parts[from.index()].clone();
        }
        rig
    }
}
