//! The page for the stage: how slots follow each other, how loud they are, and what feet control.

use egui::{Align2, Rect, ScrollArea, Sense, Ui, UiBuilder, vec2};
use gridleak_core::{ParameterId, RiffSettings};

use crate::session::loader::{Looped, RiffStatus};
use crate::session::match_levels::MatchStatus;
use crate::window::context::UiContext;
use crate::window::layout::{columns, take_top};
use crate::window::theme;
use crate::window::view::Action;
use crate::window::widgets::button::Icon;
use crate::window::widgets::text::{ROW, draw_text, note, titled};

pub(in crate::window) fn show(ui: &mut Ui, rect: Rect, context: &mut UiContext<'_>) {
    let gap = 8.0 * context.scale;
    let mut places = columns(rect, 3, gap);
    let [slots, riff, midi] = std::array::from_fn(|_| places.next().unwrap_or(rect));
    show_slots(ui, slots, context);
    show_riff(ui, riff, context);
    show_midi(ui, midi, context);
}

/// How one slot follows another, and how loud they are.
fn show_slots(ui: &mut Ui, rect: Rect, context: &mut UiContext<'_>) {
    let scale = context.scale;
    let mut inside = titled(ui, rect, scale, "From slot to slot");
    let row = take_top(&mut inside, 96.0 * scale, 8.0 * scale);
    let (knob, beside) = row.split_left_right_at_x(row.left() + 88.0 * scale);
    context.knob(ui, knob, ParameterId::SlotFade);
    let mut beside = beside.with_min_x(beside.left() + 8.0 * scale);
    beside.min.y += 10.0 * scale;
    let tail = take_top(&mut beside, ROW * scale, 2.0 * scale);
    context.switch(ui, tail, ParameterId::CabTail);
    note(ui, beside, scale, ParameterId::CabTail.row().hint);

    context.caption(ui, &mut inside, "Loudness");
    let button = take_top(&mut inside, ROW * scale, 6.0 * scale);
    let name = "Match levels";
    let (text, action) = match context.view.status.matching {
        MatchStatus::Idle => (name.to_owned(), Action::MatchLevels),
        MatchStatus::Measures(done) => {
            let text = format!("Listening\u{2026} {:.0} %: stop", 100.0 * done);
            (text, Action::CancelMatching)
        }
    };
    let button_words = context.words(name, &text);
    context.press(ui, button, button_words, action);
    note(
        ui,
        inside,
        scale,
        "Sets the levels of all slots so that what you played last is as loud in each as in the one that plays.",
    );
}

/// The loop of what was played last.
fn show_riff(ui: &mut Ui, rect: Rect, context: &mut UiContext<'_>) {
    let scale = context.scale;
    let mut inside = titled(ui, rect, scale, "Riff");
    let row = take_top(&mut inside, 96.0 * scale, 8.0 * scale);
    let (knob, beside) = row.split_left_right_at_x(row.left() + 88.0 * scale);
    context.knob(ui, knob, ParameterId::RiffLength);
    let beside = beside.with_min_x(beside.left() + 8.0 * scale);
    note(ui, beside, scale, ParameterId::RiffLength.row().hint);
    let text = take_top(&mut inside, 46.0 * scale, 6.0 * scale);
    note(ui, text, scale, ParameterId::LoopRiff.row().hint);
    note(ui, inside, scale, &riff(&context.view.status.riff));
}

/// What there is to say of the riff now.
fn riff(status: &RiffStatus) -> String {
    let shortest = *RiffSettings::SECONDS.start();
    match status.looped {
        Looped::Plays(seconds) => format!("{seconds:.1} s play again and again."),
        Looped::Nothing => "Nothing was played yet. Play a phrase, then press it again.".into(),
        Looped::Off if status.kept < shortest => "Nothing is kept yet: play.".into(),
        Looped::Off => format!("The last {:.0} s are kept.", status.kept),
    }
}

/// What feet want first.
const FEET: [ParameterId; 7] = [
    ParameterId::Slot,
    ParameterId::PreviousSlot,
    ParameterId::NextSlot,
    ParameterId::PreviousPreset,
    ParameterId::NextPreset,
    ParameterId::Tuner,
    ParameterId::Bypass,
];

/// Which controllers move what.
fn show_midi(ui: &mut Ui, rect: Rect, context: &mut UiContext<'_>) {
    let scale = context.scale;
    let mut inside = titled(ui, rect, scale, "MIDI");
    let text = take_top(&mut inside, 46.0 * scale, 6.0 * scale);
    note(
        ui,
        text,
        scale,
        "Program changes 1 to 8 go to the slots. Right-click any control to learn a controller for it.",
    );
    let learned = &context.view.midi.controllers;
    let others = learned.iter().map(|(_, which)| which);
    let others = others.filter(|which| !FEET.contains(which));
    let all: Vec<ParameterId> = FEET.into_iter().chain(others).collect();
    let ui = &mut ui.new_child(UiBuilder::new().max_rect(inside));
    ui.spacing_mut().item_spacing.y = 0.0;
    let area = ScrollArea::vertical()
        .id_salt("controllers")
        .auto_shrink(false);
    area.show(ui, |ui| {
        for which in all {
            let size = vec2(ui.available_width(), ROW * scale);
            let (line, _) = ui.allocate_exact_size(size, Sense::hover());
            show_controller(ui, line, context, which);
        }
    });
}

/// A parameter, and the controller that moves it.
fn show_controller(ui: &mut Ui, rect: Rect, context: &mut UiContext<'_>, which: ParameterId) {
    let scale = context.scale;
    let align = Align2::LEFT_CENTER;
    let (name, rest) = rect.split_left_right_at_x(rect.right() - 116.0 * scale);
    // Its buttons are called so for screen readers.
    let font = theme::small(scale);
    draw_text(ui, name, align, 1, which.row().name, font, theme::TEXT);
    let (cc, buttons) = rest.split_left_right_at_x(rest.left() + 46.0 * scale);
    let buttons = buttons.shrink2(vec2(0.0, 2.0 * scale));
    let (learn, forget) = buttons.split_left_right_at_x(buttons.left() + 46.0 * scale);
    let waits = context.view.midi.waits == Some(which);
    let (text, action) = match waits {
        true => ("Cancel", Action::CancelLearning),
        false => ("Learn", Action::LearnMidi(which)),
    };
    let called = format!("{text} {}", which.row().name);
    let button = context
        .words(&called, text)
        .lit(waits)
        .lit_in(theme::LEARNING);
    context.press(ui, learn, button, action);
    if let Some(number) = context.view.midi.controllers.cc_of(which) {
        context.small(ui, cc, align, &format!("CC {number}"), theme::ACCENT);
        let called = format!("Forget CC {number}");
        let forget = forget.with_min_x(forget.left() + 2.0 * scale);
        let forget = forget.with_max_x(forget.left() + 20.0 * scale);
        let action = Action::ForgetMidi(which);
        context.button(ui, forget, &called, Icon::Cross, true, action);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::window::test_support::*;

    #[test]
    fn controllers_are_learned_and_forgotten_in_a_list() {
        let mut view = view();
        for (cc, which) in [(11, ParameterId::Input), (64, ParameterId::Tuner)] {
            view.midi.controllers.assign(cc, Some(which));
        }
        let mut window = window(view);
        go_to(&mut window, "Live");
        for (cc, which) in [(11, ParameterId::Input), (64, ParameterId::Tuner)] {
            assert!(window.query_by_label(&format!("CC {cc}")).is_some());
            window.get_by_label(&format!("Forget CC {cc}")).click();
            assert_eq!(done(&mut window), [Action::ForgetMidi(which)]);
        }
        for which in FEET {
            let name = format!("Learn {}", which.row().name);
            window.get_by_label(&name).scroll_to_me();
            window.run();
            window.get_by_label(&name).click();
            assert_eq!(done(&mut window), [Action::LearnMidi(which)]);
        }
        window.state_mut().view.midi.waits = Some(ParameterId::NextSlot);
        window.run();
        window.get_by_label("Cancel Next Slot").click();
        assert_eq!(done(&mut window), [Action::CancelLearning]);
    }

    #[test]
    fn levels_are_matched() {
        let mut window = window(view());
        go_to(&mut window, "Live");
        window.get_by_label("Match levels").click();
        assert_eq!(done(&mut window), [Action::MatchLevels]);
    }
}
