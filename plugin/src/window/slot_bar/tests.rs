//! Of the bar, as it is used.

use super::KEYS;
use crate::session::presets::PresetAction;
use crate::window::test_support::{self, *};

/// What was done but for looking for presets, which an open menu does.
fn done(window: &mut Window) -> Vec<Action> {
    let mut done = test_support::done(window);
    done.retain(|action| *action != Action::Preset(PresetAction::Browse));
    done
}

fn go_to(slot: usize) -> Action {
    Action::Change(ParameterId::Slot, slot as f32)
}

/// The host brings another slot.
fn ask_for(window: &mut Window, slot: usize) {
    turn(&mut window.state_mut().view, ParameterId::Slot, slot as f32);
    window.run();
}

fn name(slot: usize) -> String {
    format!("Slot {}", slot + 1)
}

fn at(window: &Window, slot: usize) -> Pos2 {
    window.get_by_label(&name(slot)).rect().center()
}

fn double_click(window: &mut Window, slot: usize) {
    // Not so soon that it is a third click.
    window.run_steps(40);
    let at = at(window, slot);
    moved(window, at);
    for pressed in [true, false, true, false] {
        button(window, at, pressed);
    }
    window.run();
}

#[test]
fn a_click_or_a_key_goes_to_a_slot() {
    let mut window = window(view());
    for (slot, key) in KEYS.into_iter().enumerate() {
        let other = (slot + 3) % KEYS.len();
        ask_for(&mut window, other);
        let name_of_other = name(other);
        let node = window.get_by_label(&name_of_other);
        assert_eq!(node.accesskit_node().role(), Role::RadioButton);
        assert_eq!(node.accesskit_node().toggled(), Some(Toggled::True));
        window.get_by_label(&name(slot)).click();
        assert_eq!(done(&mut window), [go_to(slot)]);
        window.key_press(key);
        assert_eq!(done(&mut window), [go_to(slot)]);
        // Where it is asked for already, there is nothing to do.
        ask_for(&mut window, slot);
        window.key_press(key);
        window.get_by_label(&name(slot)).click();
        assert_eq!(done(&mut window), []);
    }
    // In a field, the keys are the field's, and shortcuts are somebody else's.
    window.key_press_modifiers(Modifiers::COMMAND, Key::Num2);
    window.get_by_label("Input value").click();
    window.run();
    window.key_press(Key::Num3);
    assert_eq!(done(&mut window), []);
}

#[test]
fn each_says_what_is_in_it_and_how_it_is() {
    let mut window = window(view());
    for (state, plays, asked, word) in [
        (Readiness::Empty, false, false, "empty"),
        (Readiness::Empty, false, true, "empty"),
        (Readiness::Loading, false, false, "loading"),
        (Readiness::Loading, false, true, "loading"),
        (Readiness::Loading, true, true, "loading"),
        (Readiness::Failed, false, true, "failed"),
        (Readiness::Failed, true, true, "failed"),
        (Readiness::Ready, true, true, "playing"),
        (Readiness::Ready, true, false, "playing"),
        (Readiness::Ready, false, true, "chosen"),
        (Readiness::Ready, false, false, "ready"),
    ] {
        ask_for(&mut window, if asked { 2 } else { 0 });
        for (name, text, called) in [
            ("", None, None),
            ("", Some("JCM800"), Some("JCM800")),
            ("Solo", Some("JCM800"), Some("Solo")),
        ] {
            let status = &mut window.state_mut().view.status.slots[2];
            *status = SlotStatus {
                state,
                plays,
                asked,
                text: text.map(str::to_owned),
                ..SlotStatus::default()
            };
            status.slot.name = name.into();
            window.run();
            let said = window.get_by_label("Slot 3").value().unwrap();
            let expected = called.map_or(word.to_owned(), |called| format!("{called}, {word}"));
            assert_eq!(said.to_lowercase(), expected.to_lowercase());
        }
    }
}

#[test]
fn why_one_does_not_play_is_told_where_the_pointer_rests() {
    let mut view = view();
    view.status.slots[4].state = Readiness::Failed;
    view.status.slots[4].text = Some("Missing: Plexi. Nothing plays instead".into());
    let mut window = window(view);
    let told = |window: &Window, text: &str| window.query_by_label_contains(text).is_some();
    assert!(!told(&window, "Missing: Plexi"));
    moved(&window, at(&window, 4));
    window.run_steps(60);
    assert!(told(&window, "Missing: Plexi"));
    moved(&window, at(&window, 7));
    window.run_steps(60);
    assert!(told(&window, "Slot 8 is empty"));
}

#[test]
fn a_name_is_given_in_place() {
    let mut window = window(view());
    for (end, renamed) in [(Key::Enter, true), (Key::Escape, false)] {
        double_click(&mut window, 1);
        // Its first click goes to it.
        assert_eq!(done(&mut window), [go_to(1)]);
        type_over(&mut window, "  Big solo ");
        window.key_press(end);
        let expected = Action::RenameSlot(1, "Big solo".into());
        assert_eq!(
            done(&mut window),
            Vec::from_iter(renamed.then_some(expected))
        );
        assert!(window.query_by_label("Name of slot 2").is_none());
    }
    // From the menu, ended by a click elsewhere.
    window.get_by_label("Menu of slot 2").click();
    window.run();
    window.get_by_label("Rename\u{2026}").click();
    window.run();
    assert!(window.get_by_label("Name of slot 2").is_focused());
    type_over(&mut window, "3 and 4");
    window.get_by_label("Plexi").click();
    let expected = Action::RenameSlot(1, "3 and 4".into());
    assert_eq!(done(&mut window), [expected]);
    // The same name is no news.
    window.state_mut().view.status.slots[1].slot.name = "3 and 4".into();
    double_click(&mut window, 1);
    window.key_press(Key::Enter);
    assert_eq!(done(&mut window), [go_to(1)]);
}

#[test]
fn its_menu_does_the_rest() {
    let mut window = window(view());
    let capture = Part::OTHER_CAPTURE;
    for (path, action) in [
        (&["Colour red"][..], Action::ColourSlot(1, SlotColour::Red)),
        (&["Load capture\u{2026}"], Action::OpenDialog(capture)),
        (&["Copy to", "5: empty"], Action::CopySlot(1, 4)),
        (&["Swap with", "1: Plexi"], Action::SwapSlots(1, 0)),
        (&["Clear"], Action::ClearSlot(1)),
        (&["MIDI learn: Slot"], Action::LearnMidi(ParameterId::Slot)),
    ] {
        // By a right click and by the dots.
        for right in [true, false] {
            match right {
                true => window.get_by_label("Slot 2").click_secondary(),
                false => window.get_by_label("Menu of slot 2").click(),
            }
            window.run();
            for item in path {
                window.get_by_label(item).click();
                window.run();
            }
            assert_eq!(done(&mut window), std::slice::from_ref(&action));
            window.key_press(Key::Escape);
            window.run();
        }
    }
    // There is nothing to copy or to clear in an empty one.
    window.get_by_label("Menu of slot 8").click();
    window.run();
    for item in ["Copy to", "Clear"] {
        let node = window.get_by_label(item);
        assert!(node.accesskit_node().is_disabled(), "{item}");
    }
}

/// Drags a slot to a place and says what was told on the way, without letting go.
fn drag(window: &mut Window, from: usize, to: Pos2, held: Modifiers) {
    let start = at(window, from);
    window.event(Event::ModifiersChanged(held));
    moved(window, start);
    button(window, start, true);
    window.run_steps(2);
    moved(window, start + vec2(9.0, 0.0));
    window.run_steps(2);
    moved(window, to);
    window.run_steps(2);
}

#[test]
fn one_is_dragged_onto_another() {
    let mut window = window(view());
    let elsewhere = window.get_by_label("Plexi").rect().center();
    let (fifth, first) = (at(&window, 4), at(&window, 0));
    for (to, held, expected) in [
        (fifth, Modifiers::NONE, Some(Action::SwapSlots(1, 4))),
        (fifth, Modifiers::ALT, Some(Action::CopySlot(1, 4))),
        (fifth, Modifiers::CTRL, Some(Action::CopySlot(1, 4))),
        (first, Modifiers::NONE, Some(Action::SwapSlots(1, 0))),
        (elsewhere, Modifiers::NONE, None),
        // An unsteady hand.
        (at(&window, 1), Modifiers::NONE, Some(go_to(1))),
    ] {
        drag(&mut window, 1, to, held);
        assert_eq!(done_at_once(&mut window), []);
        button(&window, to, false);
        assert_eq!(done(&mut window), Vec::from_iter(expected));
        window.event(Event::ModifiersChanged(Modifiers::NONE));
    }
    drag(&mut window, 1, fifth, Modifiers::NONE);
    window.key_press(Key::Escape);
    button(&window, fifth, false);
    assert_eq!(done(&mut window), []);
}

#[test]
fn the_last_two_are_gone_between_whoever_asked_for_them() {
    let mut window = window(view());
    let last = |window: &Window| {
        window
            .get_by_label("Last two")
            .accesskit_node()
            .is_disabled()
    };
    assert!(last(&window), "there is only one");
    ask_for(&mut window, 4);
    window.get_by_label("Last two").click();
    assert_eq!(done(&mut window), [go_to(0)]);
    ask_for(&mut window, 0);
    window.get_by_label("Last two").click();
    assert_eq!(done(&mut window), [go_to(4)]);
    ask_for(&mut window, 2);
    ask_for(&mut window, 6);
    // A window that is opened anew remembers.
    let state = window.state_mut();
    state.memory = std::mem::take(&mut state.memory).reopened();
    window.run();
    window.get_by_label("Last two").click();
    assert_eq!(done(&mut window), [go_to(2)]);
}
