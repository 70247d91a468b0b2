//! The bar of slots, always in sight: which there are, how they are, and what is done with them as a
//! whole.

mod drag;
mod last_two;
mod menu;
mod rename;
#[cfg(test)]
mod tests;
mod tile;

use egui::accesskit::Role;
use egui::{Id, Key, Modifiers, Rect, Response, Sense, Ui, UiBuilder, WidgetInfo};
use gridleak_core::{ParameterId, SLOTS};

use self::drag::DraggedSlot;
use self::last_two::LastTwo;
use self::rename::Renaming;
use self::tile::Tile;
use super::context::UiContext;
use super::drop::Place;
use super::layout::columns;
use super::view::Action;

/// What the bar remembers.
#[derive(Debug, Default)]
pub(super) struct SlotBarMemory {
    pub(super) last_two: LastTwo,
    renaming: Option<Renaming>,
    dragged: Option<DraggedSlot>,
}

/// The keys that go to the slots, in their order.
const KEYS: [Key; SLOTS] = [
    Key::Num1,
    Key::Num2,
    Key::Num3,
    Key::Num4,
    Key::Num5,
    Key::Num6,
    Key::Num7,
    Key::Num8,
];

impl UiContext<'_> {
    pub(super) fn show_slot_bar(&mut self, ui: &mut Ui, rect: Rect, memory: &mut SlotBarMemory) {
        let gap = 4.0 * self.scale;
        memory.last_two.note(self.view.asked());
        if self.has_keys(ui) {
            let pressed = |key| ui.input_mut(|i| i.consume_key(Modifiers::NONE, key));
            if let Some(slot) = KEYS.into_iter().position(pressed) {
                self.go_to(slot);
            }
        }
        let (slots, last) = rect.split_left_right_at_x(rect.right() - 48.0 * self.scale);
        let row = ParameterId::Slot.row();
        let group = UiBuilder::new()
            .max_rect(slots)
            .accessibility_role(Role::RadioGroup)
            .accessibility_label(row.name);
        let ui = &mut ui.new_child(group);
        let places: Vec<Rect> = columns(slots, SLOTS, gap).collect();
        for (slot, place) in places.iter().enumerate() {
            self.places.push((Place::Slot(slot), *place));
            self.show_slot(ui, *place, slot, memory);
        }
        self.show_dragged(ui, &places, &mut memory.dragged);
        self.mark_waiting(ui, slots, row.which);
        self.show_last_two(ui, last.with_min_x(last.left() + gap), &memory.last_two);
    }

    /// Has a slot play.
    fn go_to(&mut self, slot: usize) {
        if slot != self.view.asked() {
            let slot = Action::Change(ParameterId::Slot, slot as f32);
            self.actions.push(slot);
        }
    }

    fn show_slot(&mut self, ui: &mut Ui, rect: Rect, slot: usize, memory: &mut SlotBarMemory) {
        let view = self.view;
        let response = ui.interact(rect, Id::unique(("slot", slot)), Sense::click_and_drag());
        let tile = Tile::new(slot, view, self.scale);
        response.widget_info(|| {
            let mut info =
                WidgetInfo::labeled(Role::RadioButton, true, format!("Slot {}", slot + 1));
            info.selected = Some(slot == view.asked());
            info.current_text_value = Some(tile.spoken());
            info
        });
        let name = tile.draw(ui, rect, &response);
        if response.double_clicked() {
            memory.renaming = Some(Renaming::new(slot, &view.status.slots[slot].slot.name));
        } else if response.clicked() {
            self.go_to(slot);
        }
        self.drag(ui, &response, slot, &mut memory.dragged);

        let dots = tile.show_dots(ui, rect);
        let mut asked_for = self.slot_menus(&response, &dots, slot);
        if asked_for.take().is_some() {
            memory.renaming = Some(Renaming::new(slot, &view.status.slots[slot].slot.name));
        }
        match &mut memory.renaming {
            Some(renaming) if renaming.slot == slot => {
                if let Some(done) = renaming.show(ui, name, self.scale) {
                    let renamed = done.filter(|name| *name != view.status.slots[slot].slot.name);
                    self.actions
                        .extend(renamed.map(|name| Action::RenameSlot(slot, name)));
                    memory.renaming = None;
                    ui.ctx().request_repaint();
                }
            }
            _ => tell(response, tile.hint()),
        }
    }
}

/// Says of a slot what there is to say, when the pointer rests on it.
fn tell(response: Response, hint: String) {
    response.on_hover_text(hint);
}
