//! A slot that is dragged onto another one: they swap, or it is copied there.

use egui::{
    Align2, Id, Key, LayerId, Modifiers, Order, Rect, Response, Stroke, StrokeKind, Ui, vec2,
};

use crate::window::context::UiContext;
use crate::window::theme;
use crate::window::view::Action;

/// The slot that is dragged.
#[derive(Debug, Clone, Copy)]
pub(super) struct DraggedSlot {
    from: usize,
    /// Whether the hand let go in this picture.
    dropped: bool,
}

/// Whether the keys that are held ask for a copy.
fn copies(held: Modifiers) -> bool {
    held.alt || held.ctrl || held.command
}

impl UiContext<'_> {
    /// Takes note of a drag that begins or ends at a slot.
    pub(super) fn drag(
        &self,
        ui: &Ui,
        response: &Response,
        slot: usize,
        dragged: &mut Option<DraggedSlot>,
    ) {
        if response.drag_started_by(egui::PointerButton::Primary) {
            *dragged = Some(DraggedSlot {
                from: slot,
                dropped: false,
            });
        }
        if let Some(dragged) = dragged.as_mut().filter(|dragged| dragged.from == slot) {
            dragged.dropped = !ui.ctx().is_being_dragged(response.id);
        }
        if ui.input(|i| i.key_pressed(Key::Escape)) {
            *dragged = None;
        }
    }

    /// Says what becomes of the slot that is dragged, and has it so when it is let go.
    pub(super) fn show_dragged(
        &mut self,
        ui: &Ui,
        places: &[Rect],
        memory: &mut Option<DraggedSlot>,
    ) {
        let Some(dragged) = *memory else {
            return;
        };
        let (at, held) = ui.input(|i| (i.pointer.latest_pos(), i.modifiers));
        let at = at.unwrap_or_default();
        let over = places.iter().position(|place| place.contains(at));
        let from = dragged.from;
        if dragged.dropped {
            *memory = None;
            match over {
                // A hand that was not steady.
                Some(to) if to == from => self.go_to(to),
                Some(to) if copies(held) => self.actions.push(Action::CopySlot(from, to)),
                Some(to) => self.actions.push(Action::SwapSlots(from, to)),
                None => {}
            }
            return;
        }
        let target = over.filter(|to| *to != from);
        let text = match target {
            Some(to) if copies(held) => format!("Copy {} to {}", from + 1, to + 1),
            Some(to) => format!("Swap {} and {}. Alt copies.", from + 1, to + 1),
            None => format!("Drop slot {} on another one. Esc cancels.", from + 1),
        };
        let (scale, colour) = (self.scale, theme::TEXT);
        let layer = LayerId::new(Order::Tooltip, Id::unique("dragged slot"));
        let painter = ui.ctx().layer_painter(layer);
        let edge = Stroke::new(3.0 * scale, colour);
        if let Some(to) = target {
            painter.rect_stroke(places[to], theme::PANEL_CORNER, edge, StrokeKind::Outside);
        }
        let galley = painter.layout_no_wrap(text, theme::body(scale), colour);
        let size = galley.size() + vec2(16.0, 10.0) * scale;
        // Beside the pointer, and within the window.
        let window = ui.ctx().content_rect();
        let corner = at + vec2(14.0, 18.0) * scale;
        let corner = corner.min(window.max - size - vec2(4.0, 4.0));
        let label = Rect::from_min_size(corner, size);
        painter.rect(
            label,
            theme::CORNER,
            theme::RAISED,
            Stroke::new(1.0, theme::OUTLINE),
            StrokeKind::Inside,
        );
        let place = Align2::CENTER_CENTER.align_size_within_rect(galley.size(), label);
        painter.galley(place.min, galley, colour);
    }
}
