//! What is asked before something is saved, renamed or removed, in a line below the list.

use egui::text::CCursorRange;
use egui::{Align2, Id, Key, Rect, RichText, Stroke, StrokeKind, TextEdit, Ui, Vec2, vec2};

use super::memory::PresetsMemory;
use crate::session::preset_path::PresetPath;
use crate::session::presets::{PresetAction, Save, SaveTo};
use crate::window::context::UiContext;
use crate::window::layout::take_left;
use crate::window::plain_text::{LONGEST_NAME, plain};
use crate::window::theme;
use crate::window::view::Action;
use crate::window::widgets::button::{Icon, Radio, radio};
use crate::window::widgets::text::label;

/// Longest name that is typed, in characters.
const LONGEST: usize = 100;

/// What is asked.
#[derive(Debug)]
pub(in crate::window) struct Form {
    asks: Asks,
    text: String,
    /// Whether the field has the keyboard already.
    begun: bool,
}

#[derive(Debug)]
enum Asks {
    /// Under which name to save the rig, or a slot.
    Save {
        slot: Option<usize>,
        with_files: bool,
    },
    /// Under which name the one of this path is to be.
    Rename(PresetPath),
    /// The name of a new setlist.
    Setlist,
    /// Whether it is to be gone.
    Delete(PresetPath),
    /// Whether the rig, or this slot, is to be saved in its place.
    Replace(PresetPath, Option<usize>),
}

impl Form {
    fn new(asks: Asks, text: String) -> Self {
        Self {
            asks,
            text,
            begun: false,
        }
    }

    /// To save the rig, or a slot of it, under a new name.
    pub(in crate::window) fn save(slot: Option<usize>, name: &str) -> Self {
        let with_files = false;
        Self::new(Asks::Save { slot, with_files }, name.into())
    }

    pub(super) fn rename(path: PresetPath) -> Self {
        let name = path.name();
        Self::new(Asks::Rename(path), name)
    }

    pub(super) fn setlist() -> Self {
        Self::new(Asks::Setlist, String::new())
    }

    pub(super) fn delete(path: PresetPath) -> Self {
        Self::new(Asks::Delete(path), String::new())
    }

    pub(super) fn replace(path: PresetPath, slot: Option<usize>) -> Self {
        Self::new(Asks::Replace(path, slot), String::new())
    }

    /// What a yes does; `None` as long as there is no name.
    fn answer(&self, bank: &str) -> Option<PresetAction> {
        let name = self.text.trim();
        let named = || (!name.is_empty()).then(|| name.to_owned());
        Some(match &self.asks {
            Asks::Save { slot, with_files } => {
                // A bank may be typed before the name.
                let (bank, name) = match name.rsplit_once('/') {
                    Some((bank, name)) => (bank.trim(), name.trim()),
                    None => (bank, name),
                };
                if name.is_empty() {
                    return None;
                }
                PresetAction::Save(Save {
                    slot: *slot,
                    to: SaveTo::New {
                        bank: bank.into(),
                        name: name.into(),
                    },
                    with_files: *with_files,
                })
            }
            Asks::Rename(path) => PresetAction::Rename(path.clone(), named()?),
            Asks::Setlist => PresetAction::NewSetlist(named()?),
            Asks::Delete(path) => PresetAction::Delete(path.clone()),
            Asks::Replace(path, slot) => PresetAction::Save(Save {
                slot: *slot,
                to: SaveTo::Over(path.clone()),
                with_files: false,
            }),
        })
    }

    /// The words of a question that is answered with yes or no.
    fn question(&self) -> Option<String> {
        let called = |path: &PresetPath| plain(&path.name(), LONGEST_NAME);
        match &self.asks {
            Asks::Delete(path) => Some(format!("Delete {} for good?", called(path))),
            Asks::Replace(path, None) => Some(format!(
                "Replace {} with the rig as it is now?",
                called(path)
            )),
            Asks::Replace(path, Some(slot)) => {
                let number = slot + 1;
                Some(format!(
                    "Replace {} with slot {number} as it is now?",
                    called(path)
                ))
            }
            _ => None,
        }
    }

    fn yes(&self) -> &'static str {
        match self.asks {
            Asks::Save { .. } => "Save preset",
            Asks::Rename(_) => "Rename",
            Asks::Setlist => "Make setlist",
            Asks::Delete(_) => "Delete",
            Asks::Replace(..) => "Replace",
        }
    }

    fn hint(&self) -> &'static str {
        match self.asks {
            Asks::Save { .. } => "Name, or bank/name",
            _ => "Name",
        }
    }
}

impl PresetsMemory {
    /// Asks for what there is to ask.
    pub(super) fn show_form(&mut self, ui: &mut Ui, rect: Rect, context: &mut UiContext<'_>) {
        let bank = self.bank();
        let Some(form) = &mut self.form else {
            return;
        };
        let scale = context.scale;
        let gap = 6.0 * scale;
        let (rest, cancel) = rect.split_left_right_at_x(rect.right() - rect.height());
        let (mut rest, yes) = rest.split_left_right_at_x(rest.right() - 84.0 * scale - gap);
        let yes = yes.with_max_x(yes.right() - gap);
        rest.max.x -= gap;
        let mut entered = false;
        let mut ended = ui.input(|i| i.key_pressed(Key::Escape));
        if let Some(question) = form.question() {
            let font = theme::body(scale);
            label(
                ui,
                rest,
                Align2::LEFT_CENTER,
                1,
                &question,
                font,
                theme::TEXT,
            );
        } else {
            if let Asks::Save { slot, with_files } = &mut form.asks {
                let asked = slot.unwrap_or(context.view.asked());
                let of = take_left(&mut rest, 106.0 * scale);
                let one = format!("Slot {}", asked + 1);
                let options = [
                    ("Save the rig", "Rig", None),
                    ("Save the slot", &one, Some(asked)),
                ];
                let options = options.map(|(name, text, of)| (of, Radio {
                    name,
                    text,
                    on: of == *slot,
                    weak: false,
                    hint: Some(match of {
                        None => "All slots and all settings",
                        Some(_) => "This slot alone: its files, name, colour, and what it has of its own",
                    }),
                }));
                let (of_each, options): (Vec<_>, Vec<_>) = options.into_iter().unzip();
                let (chosen, _) = radio(ui, of, scale, "What to save", &options);
                if let Some(chosen) = chosen {
                    *slot = of_each[chosen];
                }
                let (left, files) = rest.split_left_right_at_x(rest.right() - 70.0 * scale);
                let name = "With files";
                let button = context.words(name, name).switch(*with_files).lit(false);
                let response = button.show(ui, files);
                if response.clicked() {
                    *with_files = !*with_files;
                }
                response.on_hover_text(
                    "Puts the captures and impulse responses into the preset, so that it is one file to share.",
                );
                rest = left.with_min_x(left.left() + gap);
                rest.max.x -= gap;
            }
            entered = show_field(ui, rest, scale, form);
        }
        let answer = form.answer(&bank);
        // The field waits for a name.
        form.begun &= !entered || answer.is_some();
        let button = context.words(form.yes(), form.yes());
        let button = button.lit(true).enabled(answer.is_some());
        let pressed = button.show(ui, yes).clicked();
        if let (true, Some(answer)) = (pressed || entered, answer) {
            context.actions.push(Action::Preset(answer));
            ended = true;
        }
        let cross =
            crate::window::widgets::button::Button::new("Cancel", Icon::Cross, theme::body(scale));
        ended |= cross.flat().show(ui, cancel).clicked();
        if ended {
            self.form = None;
            ui.ctx().request_repaint();
        }
    }
}

/// The field for a name. Says whether it was entered.
fn show_field(ui: &mut Ui, rect: Rect, scale: f32, form: &mut Form) -> bool {
    let id = Id::unique("preset field");
    ui.painter().rect_filled(rect, theme::CORNER, theme::WELL);
    let edge = Stroke::new(1.0, theme::ACCENT);
    ui.painter()
        .rect_stroke(rect, theme::CORNER, edge, StrokeKind::Inside);
    let inside = rect.shrink2(vec2(6.0 * scale, 0.0));
    let font = theme::body(scale);
    let hint = RichText::new(form.hint()).font(font.clone());
    let field = TextEdit::singleline(&mut form.text)
        .id(id)
        .font(font)
        .hint_text(hint)
        .char_limit(LONGEST)
        .margin(Vec2::ZERO)
        .frame(egui::Frame::NONE)
        .align(Align2::LEFT_CENTER)
        .desired_width(inside.width());
    let response = ui.place(inside, field).accessible_name("Preset name");
    if !form.begun {
        form.begun = true;
        response.request_focus();
        let mut state = TextEdit::load_state(ui.ctx(), id).unwrap_or_default();
        let all = CCursorRange::select_all_str(&form.text);
        state.cursor.set_char_range(Some(all));
        state.store(ui.ctx(), id);
    }
    response.lost_focus() && ui.input(|i| i.key_pressed(Key::Enter))
}
