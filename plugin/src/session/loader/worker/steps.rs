//! From one file to the next in its folder, as far as a project may lead there.

use std::path::{Path, PathBuf};

use super::{Worker, built_in_alike, file_of};
use crate::builtin::NOTHING;
use crate::session::folder::neighbour;
use crate::session::loader::arrived::chosen;
use crate::session::part::Part;
use crate::session::references::{Chosen, SavedPart};

impl Worker<'_> {
    /// The reference to what so many steps lead to, from what is opened or else from what there is;
    /// `None`, and said why, if that is nothing.
    pub(super) fn step(
        &self,
        part: Part,
        opened: Option<PathBuf>,
        steps: i32,
        by_host: bool,
    ) -> Option<SavedPart> {
        if steps == 0 && opened.is_none() {
            // On and back again.
            return None;
        }
        let (_, current) = self.loader.rig.part(part).current();
        if current.built_in_name() == Some(NOTHING) && opened.is_none() {
            let text = format!(
                "{}: there is nothing to step from. Load something first.",
                part.kind().title()
            );
            self.note(part, text);
            return None;
        }
        let cursor = &self.parts[part.index()].cursor;
        let chosen = chosen(opened.as_deref().and_then(Path::parent));
        let from = opened
            .or_else(|| cursor.clone())
            .or_else(|| file_of(&current));
        match (from, current.built_in_name()) {
            (Some(path), _) if steps == 0 => Some(SavedPart::file(&path)),
            (Some(path), _) => {
                let found = self.beside(&path, steps, by_host, &chosen);
                let found = found.map_err(|why| self.note(part, why));
                Some(SavedPart::file(&found.ok()?))
            }
            (None, Some(name)) => {
                let alike = built_in_alike(part);
                let here = alike.iter().position(|c| c.name == name).unwrap_or(0);
                let there = (here as i64 + i64::from(steps)).rem_euclid(alike.len() as i64);
                Some(SavedPart::built_in(alike[there as usize].name))
            }
            (None, None) => None,
        }
    }

    /// The file so many on in the folder of the one at `path`; why there is none, in words. Nothing of
    /// a folder is looked at in which there is nothing to look for.
    fn beside(
        &self,
        path: &Path,
        steps: i32,
        by_host: bool,
        chosen: &Chosen,
    ) -> Result<PathBuf, String> {
        let folder = path.parent().unwrap_or(path);
        let shown = folder.display();
        if !chosen.may_open(path) {
            return Err(format!(
                "{shown} is on the network. Add that folder to your library to step through it."
            ));
        }
        // A project can press buttons itself, by automation.
        if by_host && !self.is_the_users(path, chosen) {
            return Err(format!(
                "Only the project names the folder {shown}. Step through it in the window first, or add it to your library."
            ));
        }
        if let Some((path, _)) = neighbour(path, steps) {
            return Ok(path);
        }
        Err(match std::fs::read_dir(folder) {
            Ok(_) => format!("There is no other file of its kind in the folder {shown}."),
            Err(_) => format!(
                "The folder {shown} cannot be opened now. Is its drive connected, and may you read it?"
            ),
        })
    }

    /// Whether the file at `path` lies where the user looks for sounds, not a project alone.
    pub(in crate::session::loader) fn is_the_users(&self, path: &Path, chosen: &Chosen) -> bool {
        let folder = path.parent();
        let mut own = self.parts.iter().map(|held| held.own_folder.as_deref());
        chosen.holds(path) || folder.is_some() && own.any(|own| own == folder)
    }
}
