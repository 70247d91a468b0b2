//! Fonts of the system, for names in scripts that the built-in fonts lack. They are looked for on a thread,
//! once in a process, and kept for its later windows.

use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use egui::epaint::text::{FallbackRequest, FontInsert, FontPriority, InsertFontFamily};
use egui::{Context, FontData, FontFamily};
use fontdb::{Database, FaceInfo, Source, Style};
use parking_lot::Mutex;
use skrifa::{FontRef, MetadataProvider};

use crate::session::module_pin;

/// No more fonts than this are taken; one has all characters of a script.
const MOST_FONTS: usize = 16;

/// Characters that a window had to draw and had no glyph for.
type Missing = Arc<Mutex<BTreeSet<char>>>;

/// What a window draws its texts with besides the built-in fonts.
#[derive(Debug, Default)]
pub(super) struct SystemFonts {
    missing: Missing,
}

impl SystemFonts {
    /// To be called when a window opens.
    pub(super) fn open(&mut self, ctx: &Context) {
        self.missing = Missing::default();
        let missing = self.missing.clone();
        ctx.add_font_provider(Arc::new(move |request: &FallbackRequest<'_>| {
            let character = request.cluster.chars().next();
            missing.lock().extend(character.filter(|c| !c.is_control()));
            // It comes when it was found.
            None
        }));
        add_found(ctx);
    }

    /// Looks for fonts with what was missing. To be called with every picture.
    pub(super) fn tend(&self, ctx: &Context) {
        let missing = std::mem::take(&mut *self.missing.lock());
        if missing.is_empty() {
            return;
        }
        let ctx = ctx.clone();
        // The thread may outlive the instance.
        module_pin::pin();
        let look = move || {
            let _ = catch_unwind(AssertUnwindSafe(|| SEARCH.lock().look_for(missing)));
            add_found(&ctx);
            ctx.request_repaint();
        };
        let _ = std::thread::Builder::new().name("fonts".into()).spawn(look);
    }
}

fn add_found(ctx: &Context) {
    let found = FOUND.lock().clone();
    found.into_iter().for_each(|font| ctx.add_font(font));
}

/// Locked for instants only: windows that open wait for it.
static FOUND: Mutex<Vec<FontInsert>> = Mutex::new(Vec::new());

/// Locked while fonts are looked for.
static SEARCH: Mutex<Search> = Mutex::new(Search {
    database: None,
    sought: BTreeSet::new(),
});

struct Search {
    /// All fonts of the system, once they are needed.
    database: Option<Database>,
    /// What was looked for before, with success or without.
    sought: BTreeSet<char>,
}

impl Search {
    fn look_for(&mut self, mut missing: BTreeSet<char>) {
        missing.retain(|character| self.sought.insert(*character));
        if missing.is_empty() {
            return;
        }
        let database = self.database.get_or_insert_with(|| {
            let mut database = Database::new();
            database.load_system_fonts();
            database
        });
        let mut faces: Vec<(&FaceInfo, BTreeSet<char>)> = database
            .faces()
            .map(|face| (face, covered(database, face, &missing)))
            .filter(|(_, covered)| !covered.is_empty())
            .collect();
        while !missing.is_empty() && FOUND.lock().len() < MOST_FONTS {
            let best = faces.iter().max_by_key(|(face, covered)| {
                (covered.intersection(&missing).count(), suits(face))
            });
            let Some((face, covered)) = best else { break };
            let before = missing.len();
            missing.retain(|character| !covered.contains(character));
            if missing.len() == before {
                break;
            }
            let id = face.id;
            let read = insert(face);
            FOUND.lock().extend(read);
            faces.retain(|(face, _)| face.id != id);
        }
    }
}

/// Which of the characters a font can draw.
fn covered(database: &Database, face: &FaceInfo, missing: &BTreeSet<char>) -> BTreeSet<char> {
    let draws = |data: &[u8], index| {
        let Ok(font) = FontRef::from_index(data, index) else {
            return BTreeSet::new();
        };
        let (characters, outlines) = (font.charmap(), font.outline_glyphs());
        let has = |c: &&char| {
            let glyph = characters.map(**c);
            // Fonts of coloured pictures have glyphs without outlines.
            glyph.is_some_and(|glyph| outlines.get(glyph).is_some())
        };
        missing.iter().filter(has).copied().collect()
    };
    // A font that breaks its reader is left out.
    let read = || database.with_face_data(face.id, draws);
    let read = catch_unwind(AssertUnwindSafe(read));
    read.ok().flatten().unwrap_or_default()
}

/// How well a font goes with the built-in ones.
fn suits(face: &FaceInfo) -> (bool, bool, bool, i32) {
    let sans = face.families.iter().any(|(name, _)| name.contains("Sans"));
    let weight = -(i32::from(face.weight.0) - 400).abs();
    (face.style == Style::Normal, !face.monospaced, sans, weight)
}

/// Behind all fonts that are there.
fn insert(face: &FaceInfo) -> Option<FontInsert> {
    let data = match &face.source {
        Source::File(path) | Source::SharedFile(path, _) => {
            Arc::new(std::fs::read(path).ok()?) as _
        }
        Source::Binary(_) => return None,
    };
    let behind = |family| InsertFontFamily {
        family,
        priority: FontPriority::Lowest,
    };
    Some(FontInsert {
        name: format!("{} {}", face.post_script_name, face.index),
        data: FontData::from_blob(data, face.index),
        families: vec![
            behind(FontFamily::Proportional),
            behind(FontFamily::Monospace),
        ],
    })
}

#[cfg(test)]
mod tests {
    use std::process::Command;
    use std::time::{Duration, Instant};

    use egui_kittest::Harness;

    use super::*;

    /// Whether the system has a font with a character, as fontconfig knows; it counts pictures, too.
    fn system_has(character: char) -> bool {
        let asked = format!(":charset={:x}", u32::from(character));
        let listed = Command::new("fc-list").args([&asked, "color"]).output();
        listed.is_ok_and(|listed| {
            let listed = String::from_utf8_lossy(&listed.stdout);
            listed.lines().any(|font| !font.contains("color=True"))
        })
    }

    #[test]
    fn names_in_any_script_are_drawn_if_the_system_has_a_font() {
        let scripts = [
            ("Chinese", '\u{4f60}'),
            ("Japanese", '\u{3042}'),
            ("Korean", '\u{d55c}'),
            ("Arabic", '\u{0639}'),
            ("Armenian", '\u{0531}'),
            ("emoji", '\u{1f3b8}'),
        ];
        let mut fonts = SystemFonts::default();
        let text: String = scripts.map(|(_, character)| character).iter().collect();
        let builder = Harness::builder().allow_missing_glyphs();
        let mut window = builder.build_ui_state(
            move |ui, (fonts, open): &mut (&mut SystemFonts, bool)| {
                if !std::mem::replace(open, true) {
                    fonts.open(ui.ctx());
                }
                ui.label(&text);
                fonts.tend(ui.ctx());
            },
            (&mut fonts, false),
        );
        for (script, character) in scripts {
            if !system_has(character) {
                eprintln!("{script}: no font on this machine, not tested");
                continue;
            }
            let begun = Instant::now();
            let has = |window: &mut Harness<'_, _>| {
                window.run_steps(2);
                let font = egui::FontId::proportional(14.0);
                window
                    .ctx
                    .fonts_mut(|fonts| fonts.has_glyph(&font, character))
            };
            while !has(&mut window) {
                let waits = begun.elapsed() < Duration::from_secs(20);
                assert!(waits, "{script} is not drawn");
            }
        }
    }

    #[test]
    fn what_no_font_has_is_looked_for_once() {
        let nothing = '\u{10fffd}';
        let mut search = Search {
            database: Some(Database::new()),
            sought: BTreeSet::new(),
        };
        search.look_for([nothing].into());
        assert!(search.sought.contains(&nothing));
    }
}
