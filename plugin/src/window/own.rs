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
        let own = slot.slot.settings.own.has(group);
        own.then(|| theme::slot(slot.slot.colour))
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::window::test_support::*;
    use crate::window::view::Action;

    #[test]
    fn what_a_slot_has_of_its_own_is_switched_where_its_controls_are() {
        let mut window = window(with_knobs(view(), four_knobs()));
        turn(&mut window.state_mut().view, ParameterId::Slot, 1.0);
        for group in OwnGroup::ALL {
            let page = match group {
                OwnGroup::Quality => "Setup",
                _ => "Rig",
            };
            go_to(&mut window, page);
            let name = format!("Own {}", group.name().to_lowercase());
            for on in [false, true] {
                for slot in &mut window.state_mut().view.status.slots {
                    slot.slot.settings.own = Default::default();
                }
                let own = &mut window.state_mut().view.status.slots[1].slot.settings.own;
                *own = own.with(group, on);
                window.run();
                let node = window.get_by_label(&name);
                assert_eq!(node.accesskit_node().role(), Role::Switch, "{name}");
                assert_eq!(node.accesskit_node().toggled(), Some(Toggled::from(on)));
                node.click();
                assert_eq!(done(&mut window), [Action::SetOwn(1, group, !on)]);
            }
        }
        window.get_by_label("Rig").hover();
        go_to(&mut window, "Rig");
        let at = window.get_by_label("Own gate").rect().center();
        moved(&window, at);
        window.run_steps(60);
        let told = "to give slot 2 its own";
        assert!(window.query_by_label_contains(told).is_some());
    }
}
