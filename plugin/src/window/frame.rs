//! The whole window, as a plain function from what is to be seen to what was done.

use std::collections::HashMap;

use egui::{Key, Modifiers, Rect, ScrollArea, Sense, Ui};
use gridleak_core::ParameterId;

use super::coach::Coach;
use super::context::{ToPresets, UiContext};
use super::controls::KnobId;
use super::drop::{self, Dragged};
use super::header::Page;
use super::layout::Layout;
use super::message_bar::MessageBar;
use super::pages::browse::{self, BrowserMemory};
use super::pages::rig::{self, Curves};
use super::pages::tuner::{self, TunerMemory};
use super::pages::{info, live, setup};
use super::slot_bar::SlotBarMemory;
use super::status_line::ShownLoad;
use super::theme;
use super::view::{Action, View};
use super::widgets::knob::KnobMemory;
use super::widgets::meter::{self, Meter};
use super::words::Facts;
use crate::session::message::Message;
use crate::session::status::{PeakLevels, Status};

/// What the window alone remembers: meters in motion, a hand on a knob, a text half typed.
#[derive(Debug, Default)]
pub(super) struct WindowMemory {
    page: Page,
    knobs: HashMap<KnobId, KnobMemory>,
    pub(super) slots: SlotBarMemory,
    pub(super) curves: Curves,
    coach: Coach,
    load: ShownLoad,
    pub(super) browser: BrowserMemory,
    tuner: TunerMemory,
    dragged: Dragged,
    input_meter: Meter,
    output_meter: Meter,
}

impl WindowMemory {
    /// What is left of it in a new window.
    pub(super) fn reopened(self) -> Self {
        let mut reopened = Self {
            browser: self.browser,
            ..Self::default()
        };
        reopened.slots.last_two = self.slots.last_two;
        reopened
    }
}

/// Shows `view` in all of `ui` and returns what was done, in order.
pub(super) fn show(ui: &mut Ui, view: &View, memory: &mut WindowMemory) -> Vec<Action> {
    let window = ui.available_size();
    let now = ui.input(|i| i.time);
    memory.coach.listen(view.status.guitar, now);
    let advice = memory.coach.fault();
    let advice = advice.map(|fault| Message::notice(fault.advice(&Facts::of(view))));
    let question = view.status.question.as_ref();
    let message = match (&view.status.message, question) {
        (Some(message), _) => Some(MessageBar::new(ui, message, None, window)),
        (None, Some(question)) => {
            let message = Message::notice(super::message_bar::question(question));
            Some(MessageBar::new(ui, &message, Some(question.part), window))
        }
        (None, None) => advice.map(|advice| MessageBar::new(ui, &advice, None, window)),
    };
    let layout = Layout::new(window, message.as_ref().map(|bar| bar.height));
    let scale = layout.scale;
    let mut context = UiContext {
        view,
        knobs: &mut memory.knobs,
        scale,
        places: Vec::new(),
        to_presets: None,
        actions: Vec::new(),
    };
    if ui.input_mut(|i| i.consume_key(Modifiers::COMMAND, Key::F)) {
        context.turn_to(ui, Page::Browse, &mut memory.page);
        memory.browser.find();
    }
    if view.midi.waits.is_some() && ui.input_mut(|i| i.consume_key(Modifiers::NONE, Key::Escape)) {
        context.actions.push(Action::CancelLearning);
    }
    ui.painter()
        .rect_filled(ui.max_rect(), 0.0, theme::BACKGROUND);
    ScrollArea::both().auto_shrink(false).show(ui, |ui| {
        let corner = ui.max_rect().min;
        ui.allocate_rect(Rect::from_min_size(corner, layout.size), Sense::hover());
        let at = |rect: Rect| rect.translate(corner.to_vec2());

        context.show_header(ui, at(layout.header), &mut memory.page);
        context.show_slot_bar(ui, at(layout.slots), &mut memory.slots);
        if let Some(ToPresets { form }) = context.to_presets.take() {
            context.turn_to(ui, Page::Browse, &mut memory.page);
            memory.browser.show_presets(form);
        }
        if view.controls.is_on(ParameterId::Tuner) {
            tuner::show(ui, at(layout.main), &mut context, &mut memory.tuner);
        } else {
            context.knob(ui, at(layout.input), ParameterId::Input);
            context.show_capture(ui, at(layout.capture));
            context.knob(ui, at(layout.output), ParameterId::Output);
            context.show_pedal(ui, at(layout.pedal));
            let page = at(layout.page);
            match memory.page {
                Page::Rig => rig::show(ui, page, &mut context, &mut memory.curves),
                Page::Browse => browse::show(ui, page, &mut context, &mut memory.browser),
                Page::Live => live::show(ui, page, &mut context),
                Page::Info => info::show(ui, page, &context, &memory.coach),
                Page::Setup => setup::show(ui, page, &mut context),
            }
            let Status { input, output, .. } = &view.status;
            let mut meter =
                |name: &str, inner: f32, levels: &PeakLevels, rect, meter: &mut Meter| {
                    meter::show(ui, at(rect), scale, name, inner, levels, meter);
                };
            let (left, right) = (layout.input_meter, layout.output_meter);
            meter("Input", 1.0, input, left, &mut memory.input_meter);
            meter("Output", -1.0, output, right, &mut memory.output_meter);
        }
        if let (Some(bar), Some(rect)) = (message, layout.message)
            && let Some(action) = bar.show(ui, at(rect), scale)
        {
            match (&view.status.message, action) {
                (None, Action::DismissMessage) => memory.coach.dismiss(),
                (_, action) => context.actions.push(action),
            }
        }
        context.show_status(ui, at(layout.status), &mut memory.load);
    });
    let all = ui.max_rect();
    drop::show(ui, all, &mut context, &mut memory.dragged, &mut memory.page);
    context.forget_hidden_knobs();
    context.actions
}
