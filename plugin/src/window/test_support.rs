//! A window to test: what it shows is what each test makes of [`view`].

pub(in crate::window) use std::sync::Arc;
pub(in crate::window) use std::time::Duration;

pub(in crate::window) use egui::accesskit::{Role, Toggled};
pub(in crate::window) use egui::{Event, Key, Modifiers, PointerButton, Pos2, Rect, Vec2, vec2};
pub(in crate::window) use egui_kittest::kittest::{NodeT, Queryable};
pub(in crate::window) use egui_kittest::{Harness, Node};
pub(in crate::window) use gridleak_core::{Group, Kind, PARAMETERS, Parameter, ParameterId};

use gridleak_core::Settings;

pub(in crate::window) use super::controls::Controls;
pub(in crate::window) use super::frame::{WindowMemory, show};
pub(in crate::window) use super::view::{Action, View};
pub(in crate::window) use super::{layout, theme};
pub(in crate::window) use crate::session::curve::CURVE_POINTS;
pub(in crate::window) use crate::session::folder::{FolderPosition, Step};
pub(in crate::window) use crate::session::library::Origin;
pub(in crate::window) use crate::session::message::{Message, Question};
pub(in crate::window) use crate::session::meters::Load;
pub(in crate::window) use crate::session::midi::MidiStatus;
pub(in crate::window) use crate::session::part::Part;
pub(in crate::window) use crate::session::rig::SlotColour;
pub(in crate::window) use crate::session::status::{
    CaptureStatus, GateMeter, Latency, PartStatus, PeakLevels, Readiness, SlotStatus, Status,
};

/// What the harness leaves free around what it shows, on each side.
pub(in crate::window) const AROUND: f32 = 8.0;

pub(in crate::window) struct State {
    pub(in crate::window) view: View,
    pub(in crate::window) memory: WindowMemory,
    pub(in crate::window) actions: Vec<Action>,
    /// Whether there is a host that makes set values true.
    pub(in crate::window) host: bool,
}

pub(in crate::window) type Window = Harness<'static, State>;

/// Every parameter that is a number.
pub(in crate::window) fn numbers() -> impl Iterator<Item = ParameterId> {
    // How slots fade and how long a riff is are nowhere in the window.
    let shown = |row: &&Parameter| !matches!(row.group, Group::Slots | Group::Riff);
    let numbers = PARAMETERS.iter().filter(shown);
    let numbers = numbers.filter(|row| matches!(row.kind, Kind::Number(_)));
    numbers.map(|row| row.which)
}

/// Sets what a host would.
pub(in crate::window) fn turn(view: &mut View, knob: ParameterId, value: f32) {
    knob.row().set(&mut view.controls.settings, value);
    view.controls.modulated = view.controls.settings;
}

pub(in crate::window) fn view() -> View {
    let place = Some(FolderPosition {
        index: 3,
        count: 12,
    });
    let part = |name: &str| PartStatus {
        name: Some(name.into()),
        plays: true,
        origin: None,
        place,
        ..PartStatus::default()
    };
    let mut view = View {
        status: Status {
            capture: Some(CaptureStatus {
                slims: true,
                ..CaptureStatus::default()
            }),
            latency: Some(Latency {
                samples: 48,
                rate: 48_000.0,
            }),
            can_undo: true,
            can_redo: true,
            ..Status::default()
        },
        controls: Controls {
            settings: Settings::default(),
            modulated: Settings::default(),
            knobs: Arc::default(),
        },
        midi: MidiStatus::default(),
        listing: Arc::default(),
        choosing: false,
    };
    for (at, name) in [
        (Part::CAPTURE, "Plexi"),
        (Part::PEDAL, "Screamer"),
        (Part::CAB, "Greenback"),
        (Part::SECOND_CAB, "Room"),
        (Part::OTHER_CAPTURE, "Recto"),
    ] {
        view.status.parts[at.index()] = part(name);
    }
    for part in [Part::CAB, Part::SECOND_CAB] {
        let response = (0..CURVE_POINTS).map(|n| -(n as f32) / 10.0);
        view.status.parts[part.index()].response = Some(response.collect());
    }
    for (slot, text) in ["Plexi", "Recto"].into_iter().enumerate() {
        view.status.slots[slot] = SlotStatus {
            state: Readiness::Ready,
            text: Some(text.into()),
            plays: slot == 0,
            asked: slot == 0,
            ..SlotStatus::default()
        };
    }
    turn(&mut view, ParameterId::Input, 2.0);
    turn(&mut view, ParameterId::Output, -6.0);
    view
}

/// The same with a capture that has such knobs.
pub(in crate::window) fn with_knobs(mut view: View, controls: serde_json::Value) -> View {
    let knobs = crate::capture_knobs::tests::controls(controls);
    view.controls.knobs = knobs.clone();
    view.status.capture.as_mut().unwrap().knobs = knobs;
    view
}

/// Four of them, one with a name as long as it can be.
pub(in crate::window) fn four_knobs() -> serde_json::Value {
    serde_json::json!(["Gain", {"name": "Presence of the power amp", "min": 0, "max": 10},
                       {"name": "Sag", "default": 0.2}, {"name": "Bias", "min": -50, "max": 50}])
}

pub(in crate::window) fn message(text: &str) -> Option<Message> {
    Some(Message::error(text))
}

pub(in crate::window) fn window_of(size: Vec2, view: View) -> Window {
    let state = State {
        view,
        memory: WindowMemory::default(),
        actions: Vec::new(),
        host: true,
    };
    Harness::builder()
        .with_size(size + Vec2::splat(2.0 * AROUND))
        // Real pictures follow each other fast enough for a double click.
        .with_step_dt(1.0 / 60.0)
        .with_max_steps(60)
        .with_context_setup(theme::install)
        .build_ui_state(
            |ui, state: &mut State| {
                let actions = show(ui, &state.view, &mut state.memory);
                for action in &actions {
                    if let (true, Action::Set(knob, value)) = (state.host, action) {
                        turn(&mut state.view, *knob, *value);
                    }
                }
                state.actions.extend(actions);
            },
            state,
        )
}

pub(in crate::window) fn window(view: View) -> Window {
    window_of(layout::DEFAULT_SIZE, view)
}

/// What was done since the last time.
pub(in crate::window) fn done(window: &mut Window) -> Vec<Action> {
    window.run();
    std::mem::take(&mut window.state_mut().actions)
}

/// The same while something moves.
pub(in crate::window) fn done_at_once(window: &mut Window) -> Vec<Action> {
    window.run_steps(4);
    std::mem::take(&mut window.state_mut().actions)
}

/// A value set at once.
pub(in crate::window) fn set(knob: ParameterId, value: f32) -> Vec<Action> {
    vec![
        Action::Begin(knob),
        Action::Set(knob, value),
        Action::End(knob),
    ]
}

pub(in crate::window) fn moved(window: &Window, to: Pos2) {
    window.event(Event::PointerMoved(to));
}

pub(in crate::window) fn button(window: &Window, at: Pos2, pressed: bool) {
    window.event(Event::PointerButton {
        pos: at,
        button: PointerButton::Primary,
        pressed,
        modifiers: Modifiers::NONE,
    });
}

/// Shows a page.
pub(in crate::window) fn go_to(window: &mut Window, page: &str) {
    window.get_by_label(page).click();
    window.run();
}

pub(in crate::window) fn capture(window: &mut Window) -> &mut CaptureStatus {
    let status = &mut window.state_mut().view.status;
    status.capture.as_mut().unwrap()
}

/// A view of a project whose files are missing.
pub(in crate::window) fn missing() -> View {
    missing_from(view())
}

/// The same of a window that shows something else besides.
pub(in crate::window) fn missing_from(mut view: View) -> View {
    let file = |name: &str| Some(Origin::File(format!("/{name}").into()));
    let text = "Missing: Plexi. Crunch plays instead";
    for (part, name) in [
        (Part::CAPTURE, text),
        (Part::PEDAL, "Missing: Screamer. Nothing plays instead"),
        (Part::CAB, "Missing: Green. Built-in cabinet plays instead"),
    ] {
        view.status.parts[part.index()] = PartStatus {
            name: Some(name.into()),
            absent: true,
            origin: file(name),
            ..PartStatus::default()
        };
    }
    view.status.parts[Part::OTHER_CAPTURE.index()] = PartStatus::default();
    view.status.absent = Some(format!("{text}. Missing: Screamer. Nothing plays instead"));
    view
}

/// When the window wants to be drawn again.
pub(in crate::window) fn delay(window: &mut Window) -> Duration {
    window.run();
    let outputs = window.output().viewport_output.values();
    outputs.map(|output| output.repaint_delay).min().unwrap()
}

/// The names of the options of a choice.
pub(in crate::window) fn option_names(choice: ParameterId) -> Vec<&'static str> {
    match choice.row().kind {
        Kind::Choice(options) => options.iter().map(|option| option.name).collect(),
        _ => Vec::new(),
    }
}

pub(in crate::window) const CAPTURE_KNOBS: [&str; 8] = [
    "Capture Gain",
    "Capture Gain value",
    "Capture Presence of the power am",
    "Capture Presence of the power am value",
    "Capture Sag",
    "Capture Sag value",
    "Capture Bias",
    "Capture Bias value",
];

pub(in crate::window) fn type_over(window: &mut Window, text: &str) {
    window.event(Event::Text(text.into()));
    window.run();
}
