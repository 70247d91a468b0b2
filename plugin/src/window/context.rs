//! What each place of a picture is drawn with.

use std::collections::HashMap;

use egui::{Align2, Color32, Rect, Response, Ui};
use gridleak_core::{Kind, ParameterId};

use super::controls::{KnobId, Number};

use super::drop::Places;
use super::layout::take_top;
use super::pages::browse::presets::Form;
use super::plain_text::{LONGEST_NAME, plain};
use super::theme;
use super::view::{Action, View};
use super::widgets::button::{Button, Icon, Radio, radio};
use super::widgets::knob::{self, KnobMemory};
use super::widgets::text::label;
use crate::session::folder::Step;
use crate::session::library::Origin;
use crate::session::part::PartKind;
use crate::session::status::PartStatus;

/// Longest name with what is said of it, in characters.
pub(super) const LONGEST_TEXT: usize = 2 * LONGEST_NAME;

/// What a picture is drawn from and what comes of it.
pub(super) struct UiContext<'a> {
    pub(super) view: &'a View,
    pub(super) knobs: &'a mut HashMap<KnobId, KnobMemory>,
    pub(super) scale: f32,
    /// Where slots and parts are, for files that are dropped on them.
    pub(super) places: Places,
    /// The page of presets is to be shown.
    pub(super) to_presets: Option<ToPresets>,
    pub(super) actions: Vec<Action>,
}

/// The page of presets, and what it is to ask.
pub(super) struct ToPresets {
    pub(super) form: Option<Form>,
}

/// The button of hosts and feet that does the same as a step through the folder of a part.
fn step_button(kind: PartKind, step: Step) -> Option<ParameterId> {
    let [previous, next] = match kind {
        PartKind::Capture => [ParameterId::PreviousCapture, ParameterId::NextCapture],
        PartKind::Pedal => [ParameterId::PreviousPedal, ParameterId::NextPedal],
        PartKind::Cab => [ParameterId::PreviousCab, ParameterId::NextCab],
        PartKind::SecondCab => return None,
    };
    Some(match step {
        Step::Previous => previous,
        Step::Next => next,
    })
}

/// What the name of a part is written in.
pub(super) fn name_colour(part: &PartStatus) -> Color32 {
    match part.absent {
        true => theme::ERROR,
        false => theme::TEXT,
    }
}

impl UiContext<'_> {
    pub(super) fn knob(&mut self, ui: &mut Ui, rect: Rect, knob: impl Into<KnobId>) {
        let (knob, view) = (knob.into(), self.view);
        let own = |which: ParameterId| self.own_colour(which.row().own?);
        let (number, colour) = match knob {
            KnobId::Parameter(which) => (view.controls.number(which), own(which)),
            KnobId::Slot(slot, which) => {
                let slot_status = &view.status.slots[slot];
                let number = Number::of_slot(slot, which, &slot_status.slot.settings);
                (number, Some(theme::slot(slot_status.slot.colour)))
            }
        };
        let colour = colour.unwrap_or(theme::ACCENT);
        let memory = self.knobs.entry(knob).or_default();
        let actions = &mut self.actions;
        let response = knob::show(ui, rect, self.scale, &number, colour, memory, actions);
        if let KnobId::Parameter(which) = knob {
            self.control_menu(ui, &response, which);
        }
    }

    /// Whether keys that are no text are this window's and not its host's.
    pub(super) fn has_keys(&self, ui: &Ui) -> bool {
        // A Mac hands keys on to the host where nothing in the window has the keyboard.
        let ours = !cfg!(target_os = "macos") || ui.memory(|m| m.focused().is_some());
        ours && !ui.ctx().text_edit_focused()
    }

    /// Lets go of knobs that are shown no longer.
    pub(super) fn forget_hidden_knobs(&mut self) {
        let actions = &mut self.actions;
        self.knobs
            .retain(|knob, memory| memory.was_shown(*knob, actions));
    }

    /// A switch that shows a lamp and its caption.
    pub(super) fn switch(&mut self, ui: &mut Ui, rect: Rect, switch: ParameterId) {
        self.switch_with_hint(ui, rect, switch, switch.row().hint);
    }

    pub(super) fn switch_with_hint(
        &mut self,
        ui: &mut Ui,
        rect: Rect,
        switch: ParameterId,
        hint: &str,
    ) {
        let row = switch.row();
        let on = self.view.controls.is_on(switch);
        let lit = on && self.view.has_something_to_switch(switch);
        let text = row.caption;
        let button = Button::new(row.name, Icon::Lamp { text, lit }, theme::body(self.scale));
        let button = button.switch(on).lit(false).flat();
        self.toggle(ui, rect, switch, button).on_hover_text(hint);
    }

    /// A button that throws a switch.
    pub(super) fn toggle(
        &mut self,
        ui: &mut Ui,
        rect: Rect,
        switch: ParameterId,
        button: Button<'_>,
    ) -> Response {
        let response = button.show(ui, rect);
        if response.clicked() {
            let on = self.view.controls.is_on(switch);
            self.actions.push(Action::Change(switch, f32::from(!on)));
        }
        self.control_menu(ui, &response, switch);
        response
    }

    /// Buttons of which one is on, in a row. `why_not`: why an option is not to be had.
    pub(super) fn choice(
        &mut self,
        ui: &mut Ui,
        rect: Rect,
        choice: ParameterId,
        why_not: impl Fn(usize) -> Option<&'static str>,
    ) {
        let chosen = self.view.controls.value(choice) as usize;
        let row = choice.row();
        let Kind::Choice(options) = row.kind else {
            return;
        };
        let name = |text: &str| format!("{}: {text}", row.name);
        let names: Vec<String> = options.iter().map(|option| name(option.name)).collect();
        let shown = options.iter().zip(&names).enumerate();
        let shown = shown.map(|(index, (option, name))| Radio {
            name,
            text: option.name,
            on: index == chosen,
            weak: why_not(index).is_some(),
            hint: why_not(index),
        });
        let shown: Vec<Radio<'_>> = shown.collect();
        let (pressed, all) = radio(ui, rect, self.scale, row.name, &shown);
        if let Some(index) = pressed {
            self.actions.push(Action::Change(choice, index as f32));
        }
        if let Some(all) = all {
            self.control_menu(ui, &all, choice);
        }
    }

    /// A button that does something.
    pub(super) fn button(
        &mut self,
        ui: &mut Ui,
        rect: Rect,
        name: &str,
        icon: Icon<'_>,
        enabled: bool,
        action: Action,
    ) {
        let font = match icon {
            Icon::Text(_) => theme::small(self.scale),
            _ => theme::body(self.scale),
        };
        let button = Button::new(name, icon, font).enabled(enabled);
        self.press(ui, rect, button, action).on_hover_text(name);
    }

    /// The same for any button.
    pub(super) fn press(
        &mut self,
        ui: &mut Ui,
        rect: Rect,
        button: Button<'_>,
        action: Action,
    ) -> Response {
        let response = button.show(ui, rect);
        self.actions.extend(response.clicked().then_some(action));
        response
    }

    /// A button that says in small letters what it does.
    pub(super) fn words<'a>(&self, name: &'a str, text: &'a str) -> Button<'a> {
        Button::new(name, Icon::Text(text), theme::small(self.scale))
    }

    /// A line of small text.
    pub(super) fn small(
        &self,
        ui: &mut Ui,
        rect: Rect,
        align: Align2,
        text: &str,
        colour: Color32,
    ) -> Response {
        label(ui, rect, align, 1, text, theme::small(self.scale), colour)
    }

    /// What stands above a control.
    pub(super) fn caption(&self, ui: &mut Ui, inside: &mut Rect, text: &str) {
        let place = take_top(inside, 15.0 * self.scale, 3.0 * self.scale);
        self.small(ui, place, Align2::LEFT_CENTER, text, theme::WEAK);
    }

    /// The buttons of a part, from the left: back, on, load, clear. Returns how wide they are.
    pub(super) fn part_buttons(&mut self, ui: &mut Ui, rect: Rect, kind: PartKind) -> f32 {
        let (part, status) = (self.view.at(kind), self.view.part(kind));
        let called = kind.title().to_lowercase();
        // Folders that only the project names are not looked at before somebody wants to go there.
        let elsewhere = match status.place {
            Some(place) => place.count > 1,
            None => matches!(status.origin, Some(Origin::File(_))),
        };
        let something = status.name.is_some();
        let (scale, free) = (self.scale, !self.view.choosing);
        let mut left = rect.left();
        let mut place = |wide: f32| {
            let place = Rect::from_x_y_ranges(left..=left + wide * scale, rect.y_range());
            left += (wide + 3.0) * scale;
            place
        };
        if status.absent && matches!(status.origin, Some(Origin::File(_))) {
            let name = format!("Locate {called}");
            let icon = Icon::Text("Locate\u{2026}");
            self.button(ui, place(51.0), &name, icon, free, Action::Locate(part));
        } else {
            for (what, icon, step) in [
                ("Previous", Icon::Left, Step::Previous),
                ("Next", Icon::Right, Step::Next),
            ] {
                let name = format!("{what} {called}");
                let action = Action::Step(part, step);
                let button = Button::new(&name, icon, theme::body(scale)).enabled(elsewhere);
                let response = self.press(ui, place(24.0), button, action);
                if let Some(which) = step_button(kind, step) {
                    self.control_menu(ui, &response, which);
                }
                response.on_hover_text(&name);
            }
        }
        let name = format!("Load {called}");
        let icon = Icon::Text("Load\u{2026}");
        self.button(ui, place(54.0), &name, icon, free, Action::OpenDialog(part));
        if kind != PartKind::Capture {
            let name = format!("Clear {called}");
            let action = Action::Clear(part);
            self.button(ui, place(24.0), &name, Icon::Cross, something, action);
        }
        left - rect.left() - 3.0 * scale
    }

    /// The name of a part, or what stands for nothing.
    pub(super) fn part_name(&self, ui: &mut Ui, rect: Rect, kind: PartKind, nothing: &str) {
        let part = self.view.part(kind);
        let (text, colour) = match &part.name {
            Some(name) => (plain(name, LONGEST_TEXT), name_colour(part)),
            None => (nothing.to_owned(), theme::FAINT),
        };
        let font = theme::body(self.scale);
        label(ui, rect, Align2::LEFT_CENTER, 1, &text, font, colour);
    }
}
