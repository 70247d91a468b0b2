//! The page for the stage: how slots follow each other, how loud they are, and what feet control.

use egui::{Align2, Rect, ScrollArea, Sense, Ui, UiBuilder, vec2};
use gridleak_core::ParameterId;

use crate::window::context::UiContext;
use crate::window::layout::{columns, take_top};
use crate::window::theme;
use crate::window::view::Action;
use crate::window::widgets::button::Icon;
use crate::window::widgets::text::{ROW, note, titled};

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
    let button_words = context.words(name, name);
    context.press(ui, button, button_words, Action::MatchLevels);
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
    note(ui, inside, scale, ParameterId::LoopRiff.row().hint);
}

/// What controllers move what.
fn show_midi(ui: &mut Ui, rect: Rect, context: &mut UiContext<'_>) {
    let scale = context.scale;
    let mut inside = titled(ui, rect, scale, "MIDI");
    let text = take_top(&mut inside, 62.0 * scale, 6.0 * scale);
    note(
        ui,
        text,
        scale,
        "Program changes 1 to 8 go to the slots. To have a controller move a control, right-click the control and choose MIDI learn.",
    );
    let row = ROW * scale;
    let ui = &mut ui.new_child(UiBuilder::new().max_rect(inside));
    let area = ScrollArea::vertical()
        .id_salt("controllers")
        .auto_shrink(false);
    area.show(ui, |ui| {
        for (cc, which) in &context.view.midi.controllers {
            let (line, _) = ui.allocate_exact_size(vec2(inside.width(), row), Sense::hover());
            let (text, cross) = line.split_left_right_at_x(line.right() - 30.0 * scale);
            let (number, name) = text.split_left_right_at_x(text.left() + 54.0 * scale);
            let align = Align2::LEFT_CENTER;
            context.small(ui, number, align, &format!("CC {cc}"), theme::ACCENT);
            context.small(ui, name, align, which.row().name, theme::TEXT);
            let forget = format!("Forget CC {cc}");
            let action = Action::ForgetMidi(*which);
            let cross = cross.with_max_x(cross.right() - 6.0 * scale);
            let cross = cross.shrink2(vec2(0.0, 2.0 * scale));
            context.button(ui, cross, &forget, Icon::Cross, true, action);
        }
    });
}

#[cfg(test)]
mod tests {
    use crate::window::test_support::*;

    #[test]
    fn learned_controllers_are_listed_and_forgotten() {
        let mut view = view();
        view.midi.controllers = vec![(11, ParameterId::Input), (64, ParameterId::Tuner)];
        let mut window = window(view);
        go_to(&mut window, "Live");
        assert!(window.query_by_label("CC 11").is_some());
        window.get_by_label("Forget CC 64").click();
        let forget = Action::ForgetMidi(ParameterId::Tuner);
        assert_eq!(done(&mut window), [forget]);
        window.get_by_label("Match levels").click();
        assert_eq!(done(&mut window), [Action::MatchLevels]);
    }
}
