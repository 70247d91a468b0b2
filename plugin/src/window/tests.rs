//! Of the window as a whole.

use super::test_support::*;

#[test]
fn buttons_do_what_they_say() {
    let mut window = window(view());
    let mut all = vec![
        ("Automatic".to_owned(), Action::ChooseCabByCapture(0)),
        (
            "Bypass".to_owned(),
            Action::Change(ParameterId::Bypass, 1.0),
        ),
    ];
    for (part, name) in [
        (Part::CAPTURE, "capture"),
        (Part::PEDAL, "pedal"),
        (Part::CAB, "cabinet"),
        (Part::SECOND_CAB, "second cabinet"),
    ] {
        let previous = Action::Step(part, Step::Previous);
        all.extend([
            (format!("Load {name}"), Action::OpenDialog(part)),
            (format!("Previous {name}"), previous),
            (format!("Next {name}"), Action::Step(part, Step::Next)),
        ]);
        if part != Part::CAPTURE {
            all.push((format!("Clear {name}"), Action::Clear(part)));
        }
    }
    for (label, action) in all {
        window.get_by_label(&label).click();
        assert_eq!(done(&mut window), [action], "{label}");
        // The same by keyboard.
        window.get_by_label(&label).focus();
        window.run();
        window.key_press(Key::Enter);
        assert_eq!(done(&mut window).len(), 1, "{label}");
    }
    window.state_mut().view.controls.settings.bypass = true;
    window.state_mut().view.status.cab_by_capture = true;
    window.run();
    window.get_by_label("Bypass").click();
    assert_eq!(
        done(&mut window),
        [Action::Change(ParameterId::Bypass, 0.0)]
    );
    // What is chosen already is not chosen again.
    window.get_by_label("Automatic").click();
    assert_eq!(done(&mut window), []);
}

const SWITCHES: [(&str, ParameterId, &str); 10] = [
    ("Live", ParameterId::CabTail, "Cabinet Tail"),
    ("Rig", ParameterId::LoopRiff, "Loop Riff"),
    ("Rig", ParameterId::Bypass, "Bypass"),
    ("Rig", ParameterId::Pedal, "Pedal"),
    ("Rig", ParameterId::Gate, "Gate"),
    ("Rig", ParameterId::Tone, "Tone"),
    ("Rig", ParameterId::Cab, "Cab"),
    ("Setup", ParameterId::CalibrateInput, "Calibrate Input"),
    ("Setup", ParameterId::DcBlocker, "DC Blocker"),
    ("Rig", ParameterId::Tuner, "Tuner"),
];

#[test]
fn every_switch_switches() {
    let mut window = window(view());
    for (page, switch, name) in SWITCHES {
        go_to(&mut window, page);
        for on in [true, false] {
            turn(&mut window.state_mut().view, switch, f32::from(on));
            window.run();
            let node = window.get_by_label(name).accesskit_node();
            assert_eq!(node.role(), Role::Switch, "{name}");
            assert_eq!(node.toggled(), Some(Toggled::from(on)), "{name}");
            window.get_by_label(name).click();
            assert_eq!(done(&mut window), [Action::Change(switch, f32::from(!on))]);
        }
    }
}

#[test]
fn every_choice_can_be_made() {
    let mut window = window(view());
    for (page, choice, name, options) in [
        ("Rig", ParameterId::TonePosition, "Tone Position", 2),
        ("Rig", ParameterId::CabLevel, "Cab Level", 2),
        ("Setup", ParameterId::InputSource, "Input Source", 4),
        ("Setup", ParameterId::OutputMode, "Output Mode", 3),
        ("Setup", ParameterId::Oversampling, "Oversampling", 4),
        (
            "Setup",
            ParameterId::OfflineOversampling,
            "Offline Oversampling",
            5,
        ),
    ] {
        go_to(&mut window, page);
        let group = window.get_by_role_and_label(Role::RadioGroup, name);
        assert_eq!(group.accesskit_node().role(), Role::RadioGroup);
        let known: Vec<&str> = option_names(choice);
        assert_eq!((choice.row().name, known.len()), (name, options));
        for (index, option) in known.into_iter().enumerate() {
            let other = (index + 1) % options;
            turn(&mut window.state_mut().view, choice, other as f32);
            window.run();
            let label = format!("{name}: {option}");
            assert_eq!(
                window.get_by_label(&label).accesskit_node().role(),
                Role::RadioButton
            );
            window.get_by_label(&label).click();
            assert_eq!(
                done(&mut window),
                [Action::Change(choice, index as f32)],
                "{label}"
            );
            turn(&mut window.state_mut().view, choice, index as f32);
            window.run();
            window.get_by_label(&label).click();
            assert_eq!(done(&mut window), [], "{label}");
        }
    }
}

#[test]
fn a_lamp_is_lit_only_where_there_is_something_to_switch() {
    let full = view();
    for loaded in 0..8 {
        let is = |bit: usize| loaded >> bit & 1 == 1;
        let mut view = full.clone();
        for (bit, part) in [Part::PEDAL, Part::CAB, Part::SECOND_CAB]
            .into_iter()
            .enumerate()
        {
            if !is(bit) {
                view.status.parts[part.index()] = PartStatus::default();
            }
        }
        for row in &PARAMETERS {
            let switch = row.which;
            let wanted = match switch {
                ParameterId::Pedal => is(0),
                ParameterId::Cab => is(1) || is(2),
                _ => true,
            };
            assert_eq!(view.has_something_to_switch(switch), wanted, "{switch:?}");
        }
    }
    // What is missing has a name, too.
    let mut view = full.clone();
    let shown = &mut view.status.parts[Part::PEDAL.index()];
    shown.name = Some("Missing: Screamer. Nothing plays instead".into());
    (shown.absent, shown.plays) = (true, false);
    assert!(!view.has_something_to_switch(ParameterId::Pedal));
    // A capture that has its own cabinet: there is a name, but no response.
    let mut view = full;
    for part in [Part::CAB, Part::SECOND_CAB] {
        view.status.parts[part.index()].response = None;
    }
    assert!(!view.has_something_to_switch(ParameterId::Cab));
}

#[test]
fn what_makes_no_sense_now_cannot_be_pressed() {
    let mut window = window(view());
    for place in [None, Some(FolderPosition { index: 1, count: 1 })] {
        for part in &mut window.state_mut().view.status.parts {
            *part = PartStatus {
                place,
                ..PartStatus::default()
            };
        }
        window.run();
        for label in [
            "Previous capture",
            "Next capture",
            "Previous pedal",
            "Next second cabinet",
            "Clear pedal",
            "Clear cabinet",
        ] {
            let node = window.get_by_label(label);
            assert!(node.accesskit_node().is_disabled());
            node.click();
        }
        assert_eq!(done(&mut window), []);
    }
    window.state_mut().view.choosing = true;
    window.run();
    window.get_by_label("Load capture").click();
    assert_eq!(done(&mut window), []);
    assert!(window.query_by_label("Choosing a file\u{2026}").is_some());
}

#[test]
fn everything_has_a_name_and_a_value() {
    let mut view = view();
    view.status.message = message("no such file");
    view.status.input.left = 0.5;
    let window = window(view);
    assert_eq!(window.unnamed_widgets(), Vec::<String>::new());
    let knob = window.get_by_label("Input").accesskit_node();
    assert_eq!(knob.role(), Role::Slider);
    assert_eq!(knob.numeric_value(), Some(2.0));
    assert_eq!(knob.min_numeric_value(), Some(-20.0));
    assert_eq!(knob.max_numeric_value(), Some(20.0));
    let value = |label| window.get_by_label(label).value();
    assert_eq!(value("Input").as_deref(), Some("2.0 dB"));
    assert_eq!(value("Output value").as_deref(), Some("-6.0 dB"));
    assert_eq!(value("Input level").as_deref(), Some("-6.0 dB"));
    assert_eq!(value("Output level").as_deref(), Some("silent"));
    for (label, role, on) in [
        ("Rig", Role::Tab, Toggled::True),
        ("Setup", Role::Tab, Toggled::False),
        ("Tone Position: After Amp", Role::RadioButton, Toggled::True),
        (
            "Tone Position: Before Amp",
            Role::RadioButton,
            Toggled::False,
        ),
        ("Bypass", Role::Switch, Toggled::False),
    ] {
        let node = window.get_by_label(label).accesskit_node();
        assert_eq!((node.role(), node.toggled()), (role, Some(on)), "{label}");
    }
    let group = window.get_by_label("Tone Position").accesskit_node();
    assert_eq!(group.role(), Role::RadioGroup);
    let alert = window.get_by_label("Error").accesskit_node();
    assert_eq!(alert.role(), Role::Alert);
}

/// What is above the page, whichever it is.
const HEAD: [&str; 29] = [
    "Rig",
    "Browse",
    "Live",
    "Info",
    "Setup",
    "Previous Preset",
    "Preset",
    "Next Preset",
    "Undo",
    "Redo",
    "Tuner",
    "Bypass",
    "Slot 1",
    "Menu of slot 1",
    "Slot 2",
    "Menu of slot 2",
    "Slot 3",
    "Menu of slot 3",
    "Slot 4",
    "Menu of slot 4",
    "Slot 5",
    "Menu of slot 5",
    "Slot 6",
    "Menu of slot 6",
    "Slot 7",
    "Menu of slot 7",
    "Slot 8",
    "Menu of slot 8",
    "Last two",
];

const PANEL: [&str; 19] = [
    "Input",
    "Input value",
    "Drive",
    "Drive value",
    "Level",
    "Level value",
    "Previous capture",
    "Next capture",
    "Load capture",
    "Loop Riff",
    "Output",
    "Output value",
    "Pedal",
    "Own pedal switch",
    "Previous pedal",
    "Next pedal",
    "Load pedal",
    "Clear pedal",
    "Input peak",
];

const RIG: [&str; 43] = [
    "Gate",
    "Own gate",
    "Gate Threshold",
    "Gate Threshold value",
    "Gate Hold",
    "Gate Hold value",
    "Gate Release",
    "Gate Release value",
    "Gate Range",
    "Gate Range value",
    "Gate Hysteresis",
    "Gate Hysteresis value",
    "Tone",
    "Own tone",
    "Bass",
    "Bass value",
    "Middle",
    "Middle value",
    "Treble",
    "Treble value",
    "Tone Position: After Amp",
    "Tone Position: Before Amp",
    "Cab",
    "Own cabinet",
    "Previous cabinet",
    "Next cabinet",
    "Load cabinet",
    "Clear cabinet",
    "Automatic",
    "Previous second cabinet",
    "Next second cabinet",
    "Load second cabinet",
    "Clear second cabinet",
    "Cab Low Cut",
    "Cab Low Cut value",
    "Cab High Cut",
    "Cab High Cut value",
    "Cab Mix",
    "Cab Mix value",
    "Cab Blend",
    "Cab Blend value",
    "Cab Level: As Recorded",
    "Cab Level: Normalized",
];

const LIVE: [&str; 10] = [
    "Slot Fade",
    "Slot Fade value",
    "Cabinet Tail",
    "Match levels",
    "Riff Length",
    "Riff Length value",
    "Learn Slot",
    "Learn Previous Slot",
    "Learn Next Slot",
    "Learn Previous Preset",
];

const CONFIG: [&str; 25] = [
    "Input Source: Stereo",
    "Input Source: Left",
    "Input Source: Right",
    "Input Source: Sum",
    "Interface Level",
    "Interface Level value",
    "Interfaces",
    "Use for new instances",
    "Calibrate Input",
    "Output Mode: Raw",
    "Output Mode: Normalized",
    "Output Mode: Calibrated",
    "DC Blocker",
    "Oversampling: Off",
    "Oversampling: 2x",
    "Oversampling: 4x",
    "Oversampling: 8x",
    "Offline Oversampling: As Live",
    "Offline Oversampling: Off",
    "Offline Oversampling: 2x",
    "Offline Oversampling: 4x",
    "Offline Oversampling: 8x",
    "Quality",
    "Own quality",
    "Quality value",
];

/// What so many presses of the Tab key lead to.
fn tabbed(window: &mut Window, presses: usize) -> Vec<String> {
    let mut reached = Vec::new();
    for _ in 0..presses {
        window.key_press(Key::Tab);
        window.run();
        let root = window.root();
        let focused = root.children_recursive().find(Node::is_focused).unwrap();
        reached.push(focused.accesskit_node().label().unwrap());
    }
    reached
}

#[test]
fn the_tab_key_reaches_everything() {
    let mut view = view();
    view.status.message = message("no such file");
    let mut window = window_of(vec2(900.0, 680.0), view);
    let peaks = ["Input peak", "Output peak", "Dismiss message"];
    let all = [&HEAD[..], &PANEL[..18], &RIG, &peaks].concat();
    let reachable = |name: &&str| *name != "Last two";
    let all: Vec<&str> = all.into_iter().filter(reachable).collect();
    assert_eq!(tabbed(&mut window, all.len()), all);
    window.key_press(Key::Escape);
    window.run();
    assert_eq!(window.ctx.memory(|m| m.focused()), None);
    for (page, own) in [("Live", &LIVE[..]), ("Setup", &CONFIG)] {
        go_to(&mut window, page);
        let all = [&HEAD[..], &PANEL, own].concat();
        let reached = tabbed(&mut window, all.len() + 3);
        for control in all.into_iter().filter(reachable) {
            assert!(reached.iter().any(|name| name == control), "{control}");
        }
    }
}

#[test]
fn what_is_missing_is_to_be_seen_wherever_its_name_is_and_can_be_located() {
    let mut window = window(missing());
    for text in [
        "Missing: Plexi. Crunch plays instead",
        "Missing: Screamer. Nothing plays instead",
        "Missing: Green. Built-in cabinet plays instead",
        // The line below everything.
        "Missing: Plexi. Crunch plays instead. Missing: Screamer. Nothing plays instead",
    ] {
        assert!(window.query_by_label(text).is_some(), "{text}");
    }
    // What there was to say about it may be dismissed; nothing depends on that.
    assert!(window.query_by_label("Dismiss message").is_none());
    for (name, part) in [
        ("capture", Part::CAPTURE),
        ("pedal", Part::PEDAL),
        ("cabinet", Part::CAB),
    ] {
        assert!(window.query_by_label(&format!("Next {name}")).is_none());
        window.get_by_label(&format!("Locate {name}")).click();
        assert_eq!(done(&mut window), [Action::Locate(part)]);
        window.get_by_label(&format!("Load {name}")).click();
        assert_eq!(done(&mut window), [Action::OpenDialog(part)]);
    }
    // Not while a dialog is open, and not for what is no file.
    window.state_mut().view.choosing = true;
    window.run();
    window.get_by_label("Locate pedal").click();
    assert_eq!(done(&mut window), []);
    let status = &mut window.state_mut().view.status;
    status.parts[Part::PEDAL.index()].origin = None;
    window.run();
    assert!(window.query_by_label("Locate pedal").is_none());
    let controls = &mut window.state_mut().view.controls;
    controls.settings.slot = 1;
    window.run();
    assert!(
        window
            .query_by_label("Slot 2 is empty: Plexi plays")
            .is_some()
    );
}

#[test]
fn where_the_folder_is_not_known_there_is_a_way_on() {
    let mut view = view();
    view.status.parts[0].place = None;
    view.status.parts[0].origin = Some(Origin::File("/there/a.nam".into()));
    let mut window = window(view);
    window.get_by_label("Next capture").click();
    assert_eq!(done(&mut window), [Action::Step(Part::CAPTURE, Step::Next)]);
}

#[test]
fn at_every_size_everything_is_inside_and_apart() {
    for size in [
        layout::SMALLEST_SIZE,
        layout::DEFAULT_SIZE,
        vec2(640.0, 1200.0),
        vec2(1000.0, 460.0),
        vec2(1200.0, 800.0),
        vec2(2000.0, 1200.0),
    ] {
        let long = "a_capture_with_a_very_long_name_".repeat(6);
        for (page, name, knobs) in [
            ("Rig", "Plexi", false),
            ("Rig", long.as_str(), false),
            ("Setup", "Plexi", false),
            ("Live", "Plexi", false),
            ("Rig", "Plexi", true),
            ("Rig", long.as_str(), true),
        ] {
            let mut view = match knobs {
                true => with_knobs(view(), four_knobs()),
                false => view(),
            };
            for part in &mut view.status.parts {
                part.name = Some(name.into());
            }
            let mut shown = window_of(size, view);
            go_to(&mut shown, page);
            let place = |label: &'static str| (label, shown.get_by_label(label).rect());
            let page = match page {
                "Rig" => &RIG[..],
                "Live" => &LIVE,
                _ => &CONFIG,
            };
            let all = [&HEAD[..], &PANEL, page].concat();
            // What opens the menu of a slot is a part of it.
            let all = all.into_iter().filter(|name| !name.starts_with("Menu of"));
            let mut parts: Vec<_> = all.map(place).collect();
            parts.extend(["Output peak"].map(place));
            parts.extend(["Input level", "Output level", "3 of 12"].map(place));
            if knobs {
                parts.extend(CAPTURE_KNOBS.map(place));
            }
            let names = shown.get_all_by_label(name);
            parts.extend(names.map(|node| ("name", node.rect())));
            assert_inside_and_apart(&parts, size);
        }
        let mut view = missing();
        let mut labels = vec![
            "Locate capture",
            "Locate pedal",
            "Locate cabinet",
            "Load cabinet",
            "Missing: Plexi. Crunch plays instead",
            "Missing: Plexi. Crunch plays instead. Missing: Screamer. Nothing plays instead",
            "Missing: Green. Built-in cabinet plays instead",
            "Latency 48 samples (1.0 ms)",
        ];
        // Below that height, a message makes the window scroll.
        if size.y > 500.0 {
            view.status.question = Some(Question {
                part: Part::CAB,
                name: "Greenback".into(),
            });
            labels.extend(["Use the new file", "Keep looking"]);
        }
        let shown = window_of(size, view);
        let place = |label: &'static str| (label, shown.get_by_label(label).rect());
        let parts: Vec<_> = labels.into_iter().map(place).collect();
        assert_inside_and_apart(&parts, size);
    }
}

#[track_caller]
fn assert_inside_and_apart(parts: &[(&str, Rect)], size: Vec2) {
    let inside = Rect::from_min_size(Pos2::new(AROUND, AROUND), size).shrink(4.0);
    for (index, (label, rect)) in parts.iter().enumerate() {
        assert!(rect.is_positive(), "{label} at {size}: {rect}");
        assert!(inside.contains_rect(*rect), "{label} at {size}: {rect}");
        for (other, against) in &parts[..index] {
            let shared = rect.intersect(*against).shrink(0.01);
            assert!(
                !shared.is_positive(),
                "{label}, {other} at {size}: {shared}"
            );
        }
    }
}

#[test]
fn what_does_not_fit_is_scrolled_to() {
    let mut view = view();
    view.status.message = message(&"a long story ".repeat(60));
    let mut window = window_of(vec2(240.0, 150.0), view);
    let peaks = ["Output peak", "Dismiss message"];
    for label in [&HEAD[..], &PANEL, &RIG, &peaks].concat() {
        window.get_by_label(label).scroll_to_me();
        window.run();
        let rect = window.get_by_label(label).rect();
        let inside = Rect::from_min_size(Pos2::new(AROUND, AROUND), vec2(240.0, 150.0));
        assert!(inside.contains(rect.center()), "{label}: {rect}");
    }
    window.get_by_label("Dismiss message").click();
    assert_eq!(done(&mut window), [Action::DismissMessage]);
}

#[test]
fn strangers_texts_do_no_harm() {
    let long = "\u{202e}\u{0}\n\t\u{301}fi W".repeat(50_000);
    let mut view = view();
    for part in &mut view.status.parts {
        part.name = Some(long.clone());
        part.response = Some([f32::NAN, f32::NEG_INFINITY, f32::MAX].into());
    }
    view.status.gate = GateMeter {
        reduction: f32::NAN,
        level: f32::INFINITY,
    };
    view.status.message = message(&long);
    view.status.parts[0].place = Some(FolderPosition {
        index: usize::MAX,
        count: usize::MAX,
    });
    view.status.input.left = f32::NAN;
    view.status.output.left = f32::MAX;
    view.controls.settings.input_db = f32::NAN;
    view.controls.settings.gate.threshold_db = f32::NAN;
    view.controls.settings.output_db = f32::INFINITY;
    view.status.latency = Some(Latency {
        samples: u32::MAX,
        rate: 0.0,
    });
    let mut window = window_of(layout::SMALLEST_SIZE, view);
    window.get_by_label("Dismiss message").click();
    assert_eq!(done(&mut window), [Action::DismissMessage]);
    // From there, too, the way leads to a value.
    window.get_by_label("Input").increment_accesskit();
    assert_eq!(done(&mut window), set(ParameterId::Input, -19.0));
}

#[test]
fn it_is_drawn_again_only_while_something_moves() {
    let mut window = window(view());
    assert_eq!(delay(&mut window), Duration::MAX);
    window.state_mut().view.status.output.left = 0.1;
    assert!(delay(&mut window) <= Duration::from_millis(16));
    window.state_mut().view.status.output.left = 0.0;
    // 40 dB fall in 2 s.
    window.run_steps(121);
    assert_eq!(delay(&mut window), Duration::MAX);
}
