//! What a user says about a file that the project means and that is missing or was replaced.

use std::path::{Path, PathBuf};
use std::time::Instant;

use super::worker::{Worker, file_of};
use super::{Mend, Shared};
use crate::editor::Message;
use crate::history::{Change, PartChange};
use crate::part::{ForParts, Part};
use crate::state::{Move, is_file};

impl Worker {
    /// Does what the user asked for. Loading what the project means then is left to do where it is not
    /// in memory.
    pub(super) fn mend(
        &mut self,
        shared: &Shared,
        part: Part,
        mend: Mend,
        choices: &mut ForParts<u64>,
        deadline: Instant,
    ) {
        let changes = match mend {
            Mend::Back(saved) => {
                shared.parameters.slot(part).choose(*saved);
                choices[part.index()] = shared.choice(part);
                return;
            }
            Mend::KeepLooking => {
                self.look_again(shared, part);
                return;
            }
            Mend::UseNewFile => {
                let (_, saved) = shared.parameters.slot(part).current();
                // If it has found its way back meanwhile, that is no other file.
                let Some(path) = file_of(&saved).filter(|_| shared.is_absent(part)) else {
                    return;
                };
                let wanted = saved.replaced_by(&path);
                let change = self.refer(shared, part, wanted, false, choices, deadline);
                change.into_iter().collect()
            }
            Mend::Locate(path) => self.locate(shared, part, &path, choices, deadline),
        };
        let change = Change::Parts(changes);
        shared.history.lock().record_alone(change, Instant::now());
    }

    /// Has a part refer to the file at `path`, and other parts that are missing to theirs in the same
    /// folder.
    fn locate(
        &mut self,
        shared: &Shared,
        part: Part,
        path: &Path,
        choices: &mut ForParts<u64>,
        deadline: Instant,
    ) -> Vec<PartChange> {
        let (_, saved) = shared.parameters.slot(part).current();
        let wanted = saved.replaced_by(path);
        let Some(change) = self.refer(shared, part, wanted, true, choices, deadline) else {
            return Vec::new();
        };
        let (old, new) = (change.before.hash(), change.after.hash());
        if old.is_some() && old != new {
            shared.say_of(
                part,
                Message::notice(format!(
                    "{} is another file than the project was saved with.",
                    change.after.name()
                )),
            );
        }
        let mut changes = vec![change];
        let moved = file_of(&saved).and_then(|old| Move::new(&old, path));
        let Some(moved) = moved else { return changes };
        for other in Part::ALL.into_iter().filter(|other| *other != part) {
            let (_, saved) = shared.parameters.slot(other).current();
            let file = file_of(&saved).filter(|_| shared.is_absent(other));
            let Some(path): Option<PathBuf> = file.and_then(|old| moved.apply(&old)) else {
                continue;
            };
            let order = choices[other.index()];
            let cancelled = || shared.is_superseded(other, order);
            if is_file(&path, saved.hash(), &cancelled) {
                let wanted = saved.moved_to(&path);
                changes.extend(self.refer(shared, other, wanted, false, choices, deadline));
            }
        }
        changes
    }
}
