//! What a slot has values of its own for, in the place of the rig's: where that is said and chosen.

use egui::{Color32, Rect, Stroke, StrokeKind, Ui};
use gridleak_core::OwnGroup;

use super::context::UiContext;
use super::theme;
use super::view::Action;
use super::widgets::button::{Button, Icon};

/// Width of the switch, before scaling.
pub(super) const OWN: f32 = 36.0;

impl UiContext<'_> {
    /// The colour of the slot that is asked for, if it has values of its own for a group.
    pub(super) fn own_colour(&self, group: OwnGroup) -> Option<Color32> {
        let slot = self.view.slot();
        let own = slot.settings.own.has(group);
        own.then(|| theme::slot(slot.colour))
    }

    /// The switch that gives the slot values of its own for a group.
    pub(super) fn own_switch(&mut self, ui: &mut Ui, rect: Rect, group: OwnGroup) {
        let colour = self.own_colour(group);
        let name = format!("Own {}", group.name().to_lowercase());
        let button = Button::new(&name, Icon::Text("Own"), theme::tiny(self.scale));
        let button = button.switch(colour.is_some());
        let button = match colour {
            Some(colour) => button.lit_in(colour),
            None => button.written_in(theme::WEAK),
        };
        let (slot, on) = (self.view.asked(), colour.is_none());
        let action = Action::SetOwn(slot, group, on);
        let response = self.press(ui, rect, button, action);
        let number = slot + 1;
        response.on_hover_text(match on {
            true => format!(
                "All slots share these values. Click to give slot {number} its own."
            ),
            false => format!(
                "These values are slot {number}'s own: they are heard only while it plays. Click to go back to the values that the slots share."
            ),
        });
    }

    /// Marks what holds the controls of a group that the slot has values of its own for.
    pub(super) fn mark_own(&self, ui: &Ui, rect: Rect, group: OwnGroup) {
        if let Some(colour) = self.own_colour(group) {
            let edge = Stroke::new(1.5 * self.scale, colour);
            ui.painter()
                .rect_stroke(rect, theme::PANEL_CORNER, edge, StrokeKind::Inside);
        }
    }
}
