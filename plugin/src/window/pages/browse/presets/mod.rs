//! The player's presets and setlists, in the place of sounds.

mod form;
mod list;
mod memory;
mod places;
mod row;
#[cfg(test)]
mod tests;

use egui::{Rect, Ui};

pub(in crate::window) use self::form::Form;
pub(in crate::window) use self::memory::PresetsMemory;
use crate::session::presets::PresetAction;
use crate::window::context::UiContext;
use crate::window::view::Action;

/// Shows the places at the left, and what is there at the right.
pub(super) fn show(
    ui: &mut Ui,
    [left, right]: [Rect; 2],
    context: &mut UiContext<'_>,
    memory: &mut PresetsMemory,
) {
    context.actions.push(Action::Preset(PresetAction::Browse));
    memory.update(&context.view.status.presets);
    memory.show_places(ui, left, context);
    memory.update(&context.view.status.presets);
    memory.show_list(ui, right, context);
}
