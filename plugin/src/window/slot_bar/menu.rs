//! The menu of a slot.

use egui::accesskit::Role;
use egui::{
    Popup, Response, RichText, ScrollArea, Sense, Stroke, StrokeKind, Ui, WidgetInfo, vec2,
};
use gridleak_core::{ParameterId, SLOTS};

use crate::session::part::{Part, PartKind};
use crate::session::presets::{PresetAction, PresetKind};
use crate::session::rig::SlotColour;
use crate::session::status::Readiness;
use crate::window::context::{ToPresets, UiContext};
use crate::window::pages::browse::presets::Form;
use crate::window::plain_text::plain;
use crate::window::theme;
use crate::window::view::Action;

/// Longest name in a list, in characters.
const LONGEST: usize = 24;

/// A name is to be typed.
pub(super) struct Rename;

impl UiContext<'_> {
    /// The menu of a right click on a slot, and the same behind its dots.
    pub(super) fn slot_menus(
        &mut self,
        tile: &Response,
        dots: &Response,
        slot: usize,
    ) -> Option<Rename> {
        let menus = [Popup::context_menu(tile), Popup::menu(dots)];
        let mut rename = None;
        for menu in menus {
            let shown = menu.show(|ui| self.slot_items(ui, slot));
            rename = rename.or(shown.and_then(|shown| shown.inner));
        }
        rename
    }

    fn slot_items(&mut self, ui: &mut Ui, slot: usize) -> Option<Rename> {
        let (view, free) = (self.view, !self.view.choosing);
        let empty = view.status.slots[slot].state == Readiness::Empty;
        let font = theme::small(self.scale);
        let text = |text: &str| RichText::new(text).font(font.clone());
        ui.set_min_width(150.0 * self.scale);
        let rename = ui
            .button(text("Rename\u{2026}"))
            .clicked()
            .then_some(Rename);
        self.slot_colours(ui, slot);
        ui.separator();
        let capture = Part::new(slot, PartKind::Capture);
        if ui
            .add_enabled(free, egui::Button::new(text("Load capture\u{2026}")))
            .clicked()
        {
            self.actions.push(Action::OpenDialog(capture));
        }
        for (title, action) in [
            ("Copy to", Action::CopySlot as fn(usize, usize) -> Action),
            ("Swap with", Action::SwapSlots),
        ] {
            ui.add_enabled_ui(!empty || title == "Swap with", |ui| {
                ui.menu_button(text(title), |ui| {
                    for other in (0..SLOTS).filter(|other| *other != slot) {
                        if ui.button(text(&self.called(other))).clicked() {
                            self.actions.push(action(slot, other));
                        }
                    }
                });
            });
        }
        if ui
            .add_enabled(!empty, egui::Button::new(text("Clear")))
            .clicked()
        {
            self.actions.push(Action::ClearSlot(slot));
        }
        ui.separator();
        self.slot_presets(ui, slot);
        ui.separator();
        self.midi_items(ui, ParameterId::Slot);
        rename
    }

    /// Presets of one slot, to load into it, and what saves it as one.
    fn slot_presets(&mut self, ui: &mut Ui, slot: usize) {
        self.actions.push(Action::Preset(PresetAction::Browse));
        let view = self.view;
        let font = theme::small(self.scale);
        let text = |text: &str| RichText::new(text).font(font.clone());
        let empty = view.status.slots[slot].state == Readiness::Empty;
        let save = egui::Button::new(text("Save as preset\u{2026}"));
        if ui.add_enabled(!empty, save).clicked() {
            let form = Some(Form::save(Some(slot), view.status.slots[slot].called()));
            self.to_presets = Some(ToPresets { form });
        }
        let all = view.status.presets.listing.presets.iter();
        let mut all = all.filter(|preset| preset.kind == Some(PresetKind::Slot));
        let any = all.clone().next().is_some();
        ui.add_enabled_ui(any, |ui| {
            ui.menu_button(text("Load preset"), |ui| {
                let most = 300.0 * self.scale;
                ScrollArea::vertical().max_height(most).show(ui, |ui| {
                    let clicked = all.find(|preset| {
                        let name = plain(&preset.path.name(), LONGEST);
                        ui.button(text(&name)).clicked()
                    });
                    let open = clicked.map(|preset| PresetAction::Open(preset.path.clone(), slot));
                    self.actions.extend(open.map(Action::Preset));
                });
            });
        });
    }

    /// A slot in a list.
    fn called(&self, slot: usize) -> String {
        let name = plain(self.view.status.slots[slot].called(), LONGEST);
        match name.is_empty() {
            true => format!("{}: empty", slot + 1),
            false => format!("{}: {name}", slot + 1),
        }
    }

    /// The colours to choose from, in a row.
    fn slot_colours(&mut self, ui: &mut Ui, slot: usize) {
        let scale = self.scale;
        let chosen = self.view.status.slots[slot].slot.colour;
        ui.horizontal(|ui| {
            ui.spacing_mut().item_spacing.x = 3.0 * scale;
            for colour in SlotColour::ALL {
                let (rect, response) =
                    ui.allocate_exact_size(vec2(16.0, 18.0) * scale, Sense::click());
                response.widget_info(|| {
                    let name = format!("Colour {}", colour.id());
                    let mut info = WidgetInfo::labeled(Role::RadioButton, true, name);
                    info.selected = Some(colour == chosen);
                    info
                });
                let dot = rect.shrink2(vec2(1.0, 2.0) * scale);
                match colour {
                    SlotColour::None => {
                        let edge = Stroke::new(1.0, theme::WEAK);
                        ui.painter()
                            .rect_stroke(dot, theme::CORNER, edge, StrokeKind::Inside);
                    }
                    _ => {
                        ui.painter()
                            .rect_filled(dot, theme::CORNER, theme::slot(colour));
                    }
                }
                if colour == chosen || response.hovered() || response.has_focus() {
                    let edge = Stroke::new(1.5 * scale, theme::TEXT);
                    ui.painter()
                        .rect_stroke(dot, theme::CORNER, edge, StrokeKind::Outside);
                }
                if response.clicked() && colour != chosen {
                    self.actions.push(Action::ColourSlot(slot, colour));
                }
            }
        });
    }
}
