//! Pictures of the window as they should be, in `plugin/tests/snapshots`.
//!
//! They are drawn with OpenGL, on the processor where there is nothing better, so an ordinary test run
//! leaves them out: `cargo xtask test` has them. After a change of the design that was looked at,
//! `UPDATE_SNAPSHOTS=1 cargo test -p gridleak --lib -- --ignored snapshots` makes new ones.

use std::sync::Arc;

use egui::{Event, Modifiers, Vec2, vec2};
use egui_kittest::kittest::Queryable;
use egui_kittest::{Harness, SnapshotOptions, SnapshotResults};
use gridleak_core::{
    Capture, ImpulseResponse, Levels as CaptureLevels, OwnGroup, OwnGroups, ParameterId,
    TunerReading,
};

use super::frame::{WindowMemory, show};
use super::test_support;
use super::view::{Action, View};
use super::{layout, theme};
use crate::builtin;
use crate::capture_info::CaptureInfo;
use crate::session::curve::{CURVE_POINTS, curve_frequency};
use crate::session::folder::FolderPosition;
use crate::session::library::{Entry, Folder, Kind, Listing, Origin};
use crate::session::message::{Message, Question};
use crate::session::meters::Load;
use crate::session::part::Part;
use crate::session::preset_path::PresetPath;
use crate::session::presets::{PresetEntry, PresetKind, PresetListing, PresetStatus, SetlistEntry};
use crate::session::rig::{SetlistPlace, SlotColour, SlotState};
use crate::session::status::{CaptureStatus, GateMeter, PeakLevels, Readiness, SlotStatus};

/// How different two pixels may look, and how many may differ more: what other versions of the driver
/// make of the edges of letters.
const THRESHOLD: f32 = 1.0;
const FAILED_PIXELS: usize = 40;

/// The window of an instance that plays what is built in.
fn playing() -> View {
    let mut view = test_support::view();
    let file = builtin::find("crunch").unwrap();
    let capture = Capture::from_bytes(file.name, file.bytes).unwrap();
    let levels = CaptureLevels::of(&capture);
    let mut card = CaptureInfo::new(&capture, &levels, 0);
    card.set_cost(0.0131);
    let status = &mut view.status;
    status.capture = Some(CaptureStatus {
        levels,
        driven: levels,
        through_pedal: true,
        slims: false,
        card: Arc::new(card),
        knobs: Arc::default(),
    });
    status.load = Load {
        share: 0.024,
        overruns: 0,
    };
    let cab = builtin::find("4x12").unwrap();
    let cab = crate::files::impulse_file::read(cab.name.as_ref(), cab.bytes).unwrap();
    for (part, name) in [
        (Part::CAPTURE, Some("Crunch")),
        (Part::PEDAL, Some("Green Drive")),
        (Part::CAB, Some("Built-in cabinet")),
        (Part::SECOND_CAB, None),
        (Part::OTHER_CAPTURE, None),
    ] {
        let status = &mut status.parts[part.index()];
        status.name = name.map(str::to_owned);
        status.place = name
            .is_some()
            .then_some(FolderPosition { index: 1, count: 3 });
        status.response = (part == Part::CAB).then(|| response(&cab));
    }
    status.input = PeakLevels {
        left: 0.21,
        right: Some(0.19),
    };
    status.output = PeakLevels {
        left: 0.4,
        right: Some(0.36),
    };
    status.gate = GateMeter {
        reduction: -6.0,
        level: -84.0,
    };
    let slot = |name: &str, colour, text: &str, state| SlotStatus {
        slot: SlotState {
            name: name.into(),
            colour,
            ..SlotState::default()
        },
        text: (!text.is_empty()).then(|| text.into()),
        state,
        ..SlotStatus::default()
    };
    let ready = Readiness::Ready;
    view.status.slots = [
        slot("Verse", SlotColour::Green, "Crunch", ready),
        slot("Chorus", SlotColour::Orange, "Lead", ready),
        slot("Solo", SlotColour::Red, "Lead", ready),
        slot("Clean arpeggio", SlotColour::Cyan, "Clean", ready),
        slot("", SlotColour::None, "JCM800 2203 gain 4", ready),
        slot("", SlotColour::None, "", Readiness::Empty),
        slot("", SlotColour::None, "", Readiness::Empty),
        slot("", SlotColour::None, "", Readiness::Empty),
    ];
    view.status.slots[0].plays = true;
    view.status.slots[0].slot.settings.level_db = -1.5;
    view.status.parts[0].origin = Some(Origin::BuiltIn("crunch"));
    view.listing = Arc::new(listing());
    view
}

/// A library of a few folders.
fn listing() -> Listing {
    let folder = |name: &str, depth, inside, captures| Folder {
        path: format!("/captures/{name}").into(),
        name: name.into(),
        depth,
        inside,
        counts: [captures, 0],
        missing: false,
    };
    let folders = vec![
        folder("Captures", 0, 3, 9),
        folder("Fender", 1, 0, 3),
        folder("Marshall", 1, 0, 4),
        folder("Mesa", 1, 0, 2),
    ];
    let built_in = |name: &'static str| (Origin::BuiltIn(name), name.to_owned(), None, "");
    let file = |name: &str, folder, about| {
        let path = format!("/captures/{folder}/{name}.nam");
        (
            Origin::File(path.into()),
            name.to_owned(),
            Some(folder),
            about,
        )
    };
    let entries = [
        built_in("crunch"),
        built_in("lead"),
        built_in("clean"),
        file(
            "Deluxe Reverb bright",
            1,
            "Fender 65 Deluxe Reverb, clean, by Ann, WaveNet",
        ),
        file(
            "Deluxe Reverb dirty",
            1,
            "Fender 65 Deluxe Reverb, crunch, by Ann, WaveNet",
        ),
        file("Twin", 1, "clean, WaveNet"),
        file(
            "JCM800 2203 gain 4",
            2,
            "Marshall JCM800 2203, crunch, by Bob, WaveNet",
        ),
        file(
            "JCM800 2203 gain 7",
            2,
            "Marshall JCM800 2203, hi gain, by Bob, WaveNet",
        ),
        file("JTM45", 2, ""),
        file("Plexi 1959 jumped", 2, "Marshall 1959, overdrive, LSTM"),
        file(
            "Dual Rectifier orange",
            3,
            "Mesa Dual Rectifier, hi gain, WaveNet",
        ),
        file(
            "Dual Rectifier red, with a name that goes on for quite a while",
            3,
            "Mesa, hi gain",
        ),
    ];
    let entries = entries.into_iter().enumerate();
    let entries = entries.map(|(place, (origin, name, folder, about))| Entry {
        origin,
        kind: Kind::Capture,
        name,
        folder,
        modified: None,
        about: about.into(),
        favourite: place % 5 == 1,
        recent: None,
    });
    Listing {
        folders,
        entries: entries.collect(),
        ..Listing::default()
    }
}

fn response(cab: &ImpulseResponse) -> Arc<[f32]> {
    let level = cab.gain_db(true);
    let at = |point| (cab.response_db(curve_frequency(point)) + level) as f32;
    (0..CURVE_POINTS).map(at).collect()
}

struct State {
    view: View,
    memory: WindowMemory,
    actions: Vec<Action>,
}

/// Draws `view` as it is after `pressed` and compares.
fn compare(name: &str, size: Vec2, scale: f32, view: View, pressed: &[&str]) -> SnapshotResults {
    compare_after(name, size, scale, view, |window| {
        for label in pressed {
            window.get_by_label(label).click();
            window.run_steps(4);
        }
    })
}

/// The same after something else was done.
fn compare_after(
    name: &str,
    size: Vec2,
    scale: f32,
    view: View,
    done: impl FnOnce(&mut Harness<'_, State>),
) -> SnapshotResults {
    let state = State {
        view,
        memory: WindowMemory::default(),
        actions: Vec::new(),
    };
    let mut window = drawn(size, scale, state);
    done(&mut window);
    // Off everything that lights up under the pointer, and until nothing fades any more.
    window.hover_at(egui::pos2(2.0, 2.0));
    window.run_steps(20);
    snapshot(name, window)
}

fn drawn(size: Vec2, scale: f32, state: State) -> Harness<'static, State> {
    Harness::builder()
        // The harness leaves a margin around what it shows.
        .with_size(size + Vec2::splat(16.0))
        .with_pixels_per_point(scale)
        .with_step_dt(1.0 / 60.0)
        .with_max_steps(60)
        .with_context_setup(theme::install)
        .with_render_cursor(false)
        .wgpu()
        .build_ui_state(
            |ui, state: &mut State| {
                let actions = show(ui, &state.view, &mut state.memory);
                state.actions.extend(actions);
            },
            state,
        )
}

fn snapshot(name: &str, mut window: Harness<'_, State>) -> SnapshotResults {
    let options = SnapshotOptions::new()
        .threshold(THRESHOLD)
        .max_failed_pixels(FAILED_PIXELS);
    window.snapshot_options(name, &options);
    window.take_snapshot_results()
}

#[test]
#[ignore = "drawn with OpenGL: see above"]
fn each_page_at_its_first_size() {
    let mut results = SnapshotResults::new();
    for page in ["Rig", "Browse", "Live", "Info", "Setup"] {
        let name = page.to_lowercase();
        results.extend(compare(
            &name,
            layout::DEFAULT_SIZE,
            1.0,
            playing(),
            &[page],
        ));
    }
}

#[test]
#[ignore = "drawn with OpenGL: see above"]
fn small_large_and_on_fine_screens() {
    let mut results = SnapshotResults::new();
    let small = layout::SMALLEST_SIZE;
    for page in ["Rig", "Browse", "Live", "Info", "Setup"] {
        let name = format!("small-{}", page.to_lowercase());
        results.extend(compare(&name, small, 1.0, playing(), &[page]));
    }
    // Smaller than it should be, as in hosts that do not ask.
    results.extend(compare(
        "too-small",
        vec2(560.0, 380.0),
        1.0,
        playing(),
        &[],
    ));
    results.extend(compare(
        "scale-1.5",
        layout::DEFAULT_SIZE,
        1.5,
        playing(),
        &[],
    ));
    results.extend(compare("scale-2", small, 2.0, playing(), &[]));
    results.extend(compare("large", vec2(1920.0, 1080.0), 1.0, playing(), &[]));
}

#[test]
#[ignore = "drawn with OpenGL: see above"]
fn with_little_and_with_much() {
    let mut results = SnapshotResults::new();
    // No folder was added yet, and the second slot is empty.
    let mut view = playing();
    view.listing = Arc::new(Listing {
        folders: Vec::new(),
        entries: listing().entries.drain(..3).collect(),
        ..Listing::default()
    });
    view.controls.settings.slot = 1;
    let size = layout::DEFAULT_SIZE;
    results.extend(compare("empty", size, 1.0, view, &["Browse"]));
    let mut view = playing();
    for (knob, value) in [
        (ParameterId::Bass, 7.5),
        (ParameterId::Treble, 2.0),
        (ParameterId::Input, -8.0),
    ] {
        knob.row().set(&mut view.controls.modulated, value);
    }
    view.status.capture.as_mut().unwrap().slims = true;
    results.extend(compare("modulated", size, 1.0, view, &[]));
    let view = test_support::with_knobs(playing(), test_support::four_knobs());
    results.extend(compare("knobs", size, 1.0, view.clone(), &[]));
    results.extend(compare(
        "small-knobs",
        layout::SMALLEST_SIZE,
        1.0,
        view,
        &[],
    ));
}

#[test]
#[ignore = "drawn with OpenGL: see above"]
fn in_trouble() {
    let mut results = SnapshotResults::new();
    let mut view = playing();
    view.status.message = Some(Message::error(
        "Rectifier.nam: the file ends in the middle of its weights. It may be damaged; download it again.",
    ));
    view.status.input.left = 1.2;
    view.status.guitar = 1.0;
    view.status.load.overruns = 12;
    view.status.load.share = 0.93;
    results.extend(compare("trouble", layout::DEFAULT_SIZE, 1.0, view, &[]));
    let mut view = playing();
    view.status.parts[0].name = Some("A very long name of a capture by somebody who wrote all of its settings into it: gain 7, bass 5, SM57 on axis".into());
    results.extend(compare("long-name", layout::SMALLEST_SIZE, 1.0, view, &[]));
    let mut view = test_support::missing_from(playing());
    view.status.question = Some(Question {
        part: Part::CAB,
        name: "Greenback".into(),
    });
    results.extend(compare("missing", layout::DEFAULT_SIZE, 1.0, view, &[]));
}

#[test]
#[ignore = "drawn with OpenGL: see above"]
fn the_tuner() {
    let mut results = SnapshotResults::new();
    for (name, size, hertz) in [
        ("tuner", layout::DEFAULT_SIZE, Some(82.0)),
        ("tuner-in-tune", layout::DEFAULT_SIZE, Some(185.1)),
        ("tuner-idle", layout::DEFAULT_SIZE, None),
        ("small-tuner", layout::SMALLEST_SIZE, Some(249.0)),
        ("large-tuner", vec2(1920.0, 1080.0), Some(110.0)),
    ] {
        let mut view = playing();
        let row = ParameterId::Tuner.row();
        row.set(&mut view.controls.settings, 1.0);
        view.status.tuner = hertz.map(|hertz| TunerReading::new(hertz, 0.99, 440.0));
        results.extend(compare(name, size, 1.0, view, &[]));
    }
}

#[test]
#[ignore = "drawn with OpenGL: see above"]
fn what_is_dragged_over_it() {
    let mut results = SnapshotResults::new();
    for (name, path) in [
        ("drop-response", "/Greenback SM57.wav"),
        ("drop-capture", "/JCM800 2203.nam"),
        ("drop-nothing", "/letter.txt"),
    ] {
        let hovering = |window: &mut Harness<'_, State>| {
            window.input_mut().hovered_files = vec![egui::HoveredFile {
                path: Some(path.into()),
                ..egui::HoveredFile::default()
            }];
        };
        let size = layout::DEFAULT_SIZE;
        results.extend(compare_after(name, size, 1.0, playing(), hovering));
    }
}

/// Slots in every state there is.
fn all_states() -> View {
    let mut view = playing();
    view.controls.settings.slot = 2;
    for (slot, (state, text)) in [
        (Readiness::Ready, "Crunch"),
        (Readiness::Loading, "Lead"),
        (Readiness::Loading, "Lead"),
        (
            Readiness::Failed,
            "Missing: Deluxe Reverb bright.nam. Nothing plays instead",
        ),
        (Readiness::Ready, "JCM800 2203 gain 4"),
        (Readiness::Empty, ""),
    ]
    .into_iter()
    .enumerate()
    {
        view.status.slots[slot].state = state;
        view.status.slots[slot].text = (!text.is_empty()).then(|| text.into());
    }
    view.status.slots[6].state = Readiness::Ready;
    view.status.slots[6].slot.name = "A name that somebody made rather long".into();
    view.status.slots[6].slot.colour = SlotColour::Purple;
    view.status.slots[7].state = Readiness::Failed;
    view.status.slots[7].text = Some("Missing: Plexi.nam. Nothing plays instead".into());
    view
}

#[test]
#[ignore = "drawn with OpenGL: see above"]
fn the_slots() {
    let mut results = SnapshotResults::new();
    let size = layout::DEFAULT_SIZE;
    let small = layout::SMALLEST_SIZE;
    results.extend(compare("slots", size, 1.0, all_states(), &[]));
    results.extend(compare("small-slots", small, 1.0, all_states(), &[]));
    let mut view = playing();
    view.controls.settings.slot = 5;
    view.status.slots[0].plays = true;
    results.extend(compare("slots-empty-chosen", size, 1.0, view, &[]));
    let renaming = ["Menu of slot 2", "Rename\u{2026}"];
    results.extend(compare("slots-renaming", size, 1.0, playing(), &renaming));
    let menu = ["Menu of slot 3"];
    results.extend(compare("slots-menu", size, 1.0, playing(), &menu));
    let mut view = playing();
    view.status.slots[0].slot.settings.own = OwnGroups::from_bits(u32::MAX)
        .with(OwnGroup::Pedal, false)
        .with(OwnGroup::Cab, false);
    test_support::turn(&mut view, ParameterId::Bass, 7.0);
    test_support::turn(&mut view, ParameterId::GateThreshold, -62.0);
    let view = test_support::with_knobs(view, test_support::four_knobs());
    results.extend(compare("slots-own", size, 1.0, view, &[]));
    let mut view = playing();
    view.midi.waits = Some(ParameterId::Bass);
    for (cc, which) in [(11, ParameterId::Input), (64, ParameterId::Tuner)] {
        view.midi.controllers.assign(cc, Some(which));
    }
    results.extend(compare("midi-learn", size, 1.0, view.clone(), &[]));
    view.midi.waits = None;
    results.extend(compare("midi", size, 1.0, view, &["Live"]));
}

#[test]
#[ignore = "drawn with OpenGL: see above"]
fn a_slot_that_is_dragged() {
    let mut results = SnapshotResults::new();
    for (name, held) in [
        ("slots-swap", Modifiers::NONE),
        ("slots-copy", Modifiers::ALT),
    ] {
        let state = State {
            view: playing(),
            memory: WindowMemory::default(),
            actions: Vec::new(),
        };
        let mut window = drawn(layout::DEFAULT_SIZE, 1.0, state);
        let place = |window: &Harness<'_, State>, slot: &str| {
            let place = window.get_by_label(slot).rect();
            place.center() + vec2(0.0, 14.0)
        };
        let (from, to) = (place(&window, "Slot 2"), place(&window, "Slot 5"));
        let way = [from, from + vec2(9.0, 0.0), to];
        window.hover_at(from);
        window.drag_at(from);
        for at in way {
            window.hover_at(at);
            window.event(Event::ModifiersChanged(held));
            window.run_steps(3);
        }
        results.extend(snapshot(name, window));
    }
}

/// The same with presets, and a setlist that is played through.
fn with_presets() -> View {
    let mut view = playing();
    let path = |text: &str| PresetPath::read(text).unwrap();
    let preset = |text: &str, kind| PresetEntry {
        path: path(text),
        kind: Some(kind),
        favourite: text.contains("Verse"),
        default: text.starts_with("Practice"),
    };
    let (rig, slot) = (PresetKind::Rig, PresetKind::Slot);
    let gig = path("Friday at the Anchor.gridleak-setlist");
    let songs = [
        "Live/Opener.gridleak",
        "Live/Slow one.gridleak",
        "Live/Verse and chorus.gridleak",
        "Live/Lost.gridleak",
        "Live/Opener.gridleak",
    ];
    view.status.presets = PresetStatus {
        name: Some("Verse and chorus".into()),
        file: Some(path(songs[2])),
        changed: true,
        setlist: Some(SetlistPlace {
            setlist: gig.clone(),
            at: Some(2),
        }),
        listing: Arc::new(PresetListing {
            presets: vec![
                preset("Practice.gridleak", rig),
                preset("Live/Opener.gridleak", rig),
                preset("Live/Slow one.gridleak", rig),
                preset("Live/Verse and chorus.gridleak", rig),
                preset("Slots/Fat lead.gridleak", slot),
                preset("Slots/Glassy clean.gridleak", slot),
            ],
            setlists: vec![SetlistEntry {
                path: gig,
                presets: songs.map(|song| Some(path(song))).to_vec(),
                problem: None,
            }],
            problem: None,
        }),
        busy: false,
    };
    view
}

#[test]
#[ignore = "drawn with OpenGL: see above"]
fn presets() {
    let mut results = SnapshotResults::new();
    let size = layout::DEFAULT_SIZE;
    let small = layout::SMALLEST_SIZE;
    let page = ["Browse", "Browse presets"];
    results.extend(compare("presets", size, 1.0, with_presets(), &page));
    let none = playing();
    results.extend(compare("presets-none", size, 1.0, none, &page));
    let setlist = [page[0], page[1], "Setlist Friday at the Anchor"];
    results.extend(compare(
        "presets-setlist",
        size,
        1.0,
        with_presets(),
        &setlist,
    ));
    let save = [page[0], page[1], "Save preset as"];
    results.extend(compare("presets-save", size, 1.0, with_presets(), &save));
    results.extend(compare("small-presets", small, 1.0, with_presets(), &save));
    let menu = |window: &mut Harness<'_, State>| {
        for label in page {
            window.get_by_label(label).click();
            window.run_steps(4);
        }
        window.get_by_label("Verse and chorus").click_secondary();
        window.run_steps(4);
    };
    let view = with_presets();
    results.extend(compare_after("presets-menu", size, 1.0, view, menu));
}
