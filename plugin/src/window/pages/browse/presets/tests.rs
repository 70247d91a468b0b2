//! Of the page of presets.

use egui::pos2;

use crate::session::preset_path::PresetPath;
use crate::session::presets::{
    PresetAction, PresetEntry, PresetKind, PresetListing, Save, SaveTo, SetlistEdit, SetlistEntry,
};
use crate::session::rig::SetlistPlace;
use crate::window::test_support::*;

fn path(text: &str) -> PresetPath {
    PresetPath::read(text).unwrap()
}

fn gig() -> PresetPath {
    path("Gig.gridleak-setlist")
}

fn listing() -> PresetListing {
    let preset = |text: &str, kind| PresetEntry {
        path: path(text),
        kind: Some(kind),
        favourite: text.starts_with("Live/"),
        default: text == "Home.gridleak",
    };
    let presets = vec![
        preset("Home.gridleak", PresetKind::Rig),
        preset("Live/Chorus.gridleak", PresetKind::Rig),
        preset("Live/Solo.gridleak", PresetKind::Slot),
        preset("Live/Verse.gridleak", PresetKind::Rig),
    ];
    let song = [
        "Live/Verse.gridleak",
        "Live/Gone.gridleak",
        "Live/Verse.gridleak",
    ];
    PresetListing {
        presets,
        setlists: vec![SetlistEntry {
            path: gig(),
            presets: song.map(|text| Some(path(text))).to_vec(),
            problem: None,
        }],
        problem: None,
    }
}

fn presets_of(listing: PresetListing) -> Window {
    let mut view = view();
    view.status.presets.listing = Arc::new(listing);
    let mut window = window(view);
    go_to(&mut window, "Browse");
    window.get_by_label("Browse presets").click();
    window.run();
    done(&mut window);
    window
}

fn presets() -> Window {
    presets_of(listing())
}

/// What was done with presets but for looking at them.
fn acted(window: &mut Window) -> Vec<PresetAction> {
    let all = done(window).into_iter().filter_map(|action| match action {
        Action::Preset(PresetAction::Browse) | Action::Browse => None,
        Action::Preset(action) => Some(action),
        other => panic!("{other:?}"),
    });
    all.collect()
}

fn rows(window: &Window) -> Vec<String> {
    let list = window.get_by_role_and_label(Role::ListBox, "Presets");
    let options = list.get_all_by_role(Role::ListBoxOption);
    let labels = options.map(|node| node.accesskit_node().label().unwrap());
    labels.collect()
}

fn choose(window: &mut Window, place: &str) {
    window.get_by_label(place).click();
    window.run();
}

fn double_click(window: &mut Window, row: &str) {
    window.run_steps(40);
    let at = window.get_by_label(row).rect().left_center() + vec2(40.0, 0.0);
    moved(window, at);
    for pressed in [true, false, true, false] {
        button(window, at, pressed);
    }
    window.run();
}

/// Chooses an item of the menu of a row.
fn menu(window: &mut Window, row: &str, items: &[&str]) -> Vec<PresetAction> {
    window.get_by_label(row).click_secondary();
    window.run();
    for item in items {
        window.get_by_label(item).click();
        window.run();
    }
    acted(window)
}

#[test]
fn presets_are_listed_by_place_and_found_by_name() {
    let mut window = presets();
    assert_eq!(rows(&window), ["Home", "Chorus", "Solo", "Verse"]);
    for (place, found) in [
        ("Favourites", &["Chorus", "Solo", "Verse"][..]),
        ("Live", &["Chorus", "Solo", "Verse"]),
        ("Setlist Gig", &["Verse", "Gone", "Verse"]),
        ("All presets", &["Home", "Chorus", "Solo", "Verse"]),
    ] {
        // The page of the stage is called the same as the bank.
        let node = window.get_all_by_label(place).last().unwrap();
        node.click();
        window.run();
        assert_eq!(rows(&window), found, "{place}");
    }
    window.get_by_label("Search").focus();
    window.run();
    type_over(&mut window, "live vers");
    assert_eq!(rows(&window), ["Verse"]);
    window.key_press(Key::Enter);
    let open = PresetAction::Open(path("Live/Verse.gridleak"), 0);
    assert_eq!(acted(&mut window), [open]);
    window.key_press(Key::Escape);
    window.run();
    assert_eq!(rows(&window).len(), 4);
    // What is searched for among sounds is another text.
    window.get_by_label("Browse captures").click();
    window.run();
    assert!(
        window
            .query_by_role_and_label(Role::ListBox, "Results")
            .is_some()
    );
}

#[test]
fn one_is_loaded_by_a_double_click_or_by_keys() {
    let mut window = presets();
    turn(&mut window.state_mut().view, ParameterId::Slot, 2.0);
    let open = |text: &str| PresetAction::Open(path(text), 2);
    window.get_by_label("Chorus").click();
    assert_eq!(acted(&mut window), []);
    double_click(&mut window, "Verse");
    assert_eq!(acted(&mut window), [open("Live/Verse.gridleak")]);
    for (key, expected) in [
        (Key::ArrowUp, None),
        (Key::Enter, Some(open("Live/Solo.gridleak"))),
        (Key::Home, None),
        (Key::Enter, Some(open("Home.gridleak"))),
        (
            Key::F,
            Some(PresetAction::SetFavourite(path("Home.gridleak"), true)),
        ),
    ] {
        window.key_press(key);
        assert_eq!(acted(&mut window), Vec::from_iter(expected));
    }
    // The one that is loaded is marked.
    let status = &mut window.state_mut().view.status.presets;
    status.file = Some(path("Live/Solo.gridleak"));
    window.run();
    assert_eq!(
        window.get_by_label("Solo").value().as_deref(),
        Some("loaded")
    );
    assert_eq!(window.get_by_label("Verse").value(), None);
}

#[test]
fn the_rig_or_a_slot_is_saved_under_a_name() {
    let save = |slot, bank: &str, name: &str, with_files| {
        let (bank, name) = (bank.into(), name.into());
        let to = SaveTo::New { bank, name };
        [PresetAction::Save(Save {
            slot,
            to,
            with_files,
        })]
    };
    let mut window = presets();
    turn(&mut window.state_mut().view, ParameterId::Slot, 4.0);
    window.get_by_label("Save preset as").click();
    window.run();
    assert!(window.get_by_label("Preset name").is_focused());
    // Nothing is saved without a name.
    window.key_press(Key::Enter);
    assert_eq!(acted(&mut window), []);
    type_over(&mut window, " Bridge ");
    window.key_press(Key::Enter);
    assert_eq!(acted(&mut window), save(None, "", "Bridge", false));
    assert!(window.query_by_label("Preset name").is_none());

    // In the bank that is shown, or in one that is typed; with everything by pointer.
    let bank = window.get_all_by_label("Live").last().unwrap();
    bank.click();
    window.run();
    for (text, bank, name) in [("Intro", "Live", "Intro"), ("Home/Intro", "Home", "Intro")] {
        window.get_by_label("Save preset as").click();
        window.run();
        type_over(&mut window, text);
        window.get_by_label("Save the slot").click();
        window.get_by_label("With files").click();
        window.run();
        window.get_by_label("Save preset").click();
        assert_eq!(acted(&mut window), save(Some(4), bank, name, true));
    }
    // Given up.
    for give_up in ["Cancel", ""] {
        window.get_by_label("Save preset as").click();
        window.run();
        match give_up {
            "" => window.key_press(Key::Escape),
            button => window.get_by_label(button).click(),
        }
        assert_eq!(acted(&mut window), []);
        assert!(window.query_by_label("Preset name").is_none());
    }
}

#[test]
fn what_cannot_be_taken_back_is_asked_for() {
    let mut window = presets();
    let solo = || path("Live/Solo.gridleak");
    for (item, yes, question, expected) in [
        (
            "Delete\u{2026}",
            "Delete",
            "Delete Solo for good?",
            PresetAction::Delete(solo()),
        ),
        (
            "Replace with this slot\u{2026}",
            "Replace",
            "Replace Solo with slot 1 as it is now?",
            PresetAction::Save(Save {
                slot: Some(0),
                to: SaveTo::Over(solo()),
                with_files: false,
            }),
        ),
    ] {
        for sure in [false, true] {
            assert_eq!(menu(&mut window, "Solo", &[item]), []);
            assert!(window.query_by_label(question).is_some());
            window
                .get_by_label(if sure { yes } else { "Cancel" })
                .click();
            let done = Vec::from_iter(sure.then(|| expected.clone()));
            assert_eq!(acted(&mut window), done);
            assert!(window.query_by_label(question).is_none());
        }
    }
}

#[test]
fn its_menu_does_the_rest() {
    let mut window = presets();
    let verse = || path("Live/Verse.gridleak");
    assert_eq!(menu(&mut window, "Verse", &["Rename\u{2026}"]), []);
    type_over(&mut window, "First verse");
    window.key_press(Key::Enter);
    let rename = PresetAction::Rename(verse(), "First verse".into());
    assert_eq!(acted(&mut window), [rename]);
    let end = SetlistEdit::Insert(usize::MAX, verse());
    for (row, items, expected) in [
        (
            "Verse",
            &["For new instances"][..],
            PresetAction::SetDefault(Some(verse())),
        ),
        (
            "Home",
            &["No longer for new instances"],
            PresetAction::SetDefault(None),
        ),
        (
            "Verse",
            &["Add to setlist", "Gig"],
            PresetAction::EditSetlist(gig(), end),
        ),
    ] {
        assert_eq!(menu(&mut window, row, items), [expected], "{row}");
    }
    window.get_by_label("Favourite Home").click();
    let star = PresetAction::SetFavourite(path("Home.gridleak"), true);
    assert_eq!(acted(&mut window), [star]);
}

#[test]
fn a_setlist_is_made_ordered_and_played_through() {
    let mut window = presets();
    window.get_by_label("New setlist").click();
    window.run();
    type_over(&mut window, "Tour");
    window.key_press(Key::Enter);
    let new = PresetAction::NewSetlist("Tour".into());
    assert_eq!(acted(&mut window), [new]);

    choose(&mut window, "Setlist Gig");
    window.get_by_label("Play through setlist").click();
    let play = || PresetAction::ChooseSetlist(Some(gig()));
    assert_eq!(acted(&mut window), [play()]);
    // The third row; the second is gone.
    let third = |window: &Window| {
        let rows = window.get_all_by_label("Verse");
        rows.last().unwrap().rect().left_center() + vec2(60.0, 0.0)
    };
    let at = third(&window);
    let click = |window: &mut Window, at| {
        moved(window, at);
        button(window, at, true);
        button(window, at, false);
    };
    click(&mut window, at);
    window.run();
    window.key_press(Key::Enter);
    assert_eq!(acted(&mut window), [play(), PresetAction::OpenInSetlist(2)]);
    let status = &mut window.state_mut().view.status.presets;
    status.setlist = Some(SetlistPlace {
        setlist: gig(),
        at: Some(2),
    });
    window.run();
    window.key_press(Key::Enter);
    assert_eq!(acted(&mut window), [PresetAction::OpenInSetlist(2)]);
    let edit = |edit| PresetAction::EditSetlist(gig(), edit);
    window.key_press_modifiers(Modifiers::ALT, Key::ArrowUp);
    assert_eq!(acted(&mut window), [edit(SetlistEdit::Move(2, 1))]);
    window.key_press(Key::Delete);
    assert_eq!(acted(&mut window), [edit(SetlistEdit::Remove(1))]);
    for (item, expected) in [
        ("Move up", SetlistEdit::Move(1, 0)),
        ("Move down", SetlistEdit::Move(1, 2)),
        ("Remove from setlist", SetlistEdit::Remove(1)),
    ] {
        assert_eq!(menu(&mut window, "Gone", &[item]), [edit(expected)]);
    }
    // What is gone is not loaded.
    double_click(&mut window, "Gone");
    assert_eq!(acted(&mut window), []);
    window.get_by_label("Play through setlist").click();
    assert_eq!(acted(&mut window), [PresetAction::ChooseSetlist(None)]);
    assert_eq!(menu(&mut window, "Setlist Gig", &["Delete\u{2026}"]), []);
    window.get_by_label("Delete").click();
    assert_eq!(acted(&mut window), [PresetAction::Delete(gig())]);
    // A setlist that is gone is shown no longer.
    window.state_mut().view.status.presets.listing = Arc::default();
    window.run();
    assert!(window.query_by_label_contains("No presets yet").is_some());
}

#[test]
fn everything_is_in_sight_at_the_smallest_size() {
    let size = layout::SMALLEST_SIZE;
    let mut view = view();
    view.status.presets.listing = Arc::new(listing());
    let mut window = window_of(size, view);
    go_to(&mut window, "Browse");
    choose(&mut window, "Browse presets");
    choose(&mut window, "Setlist Gig");
    let inside = Rect::from_min_size(pos2(AROUND, AROUND), size).shrink(4.0);
    let apart = |window: &Window, names: &[&str]| {
        let places: Vec<Rect> = names
            .iter()
            .map(|name| window.get_by_label(name).rect())
            .collect();
        for (index, rect) in places.iter().enumerate() {
            assert!(rect.is_positive() && inside.contains_rect(*rect), "{rect}");
            for other in &places[..index] {
                assert!(!rect.intersect(*other).shrink(0.01).is_positive());
            }
        }
    };
    let foot = [
        "New setlist",
        "Save preset as",
        "Play through setlist",
        "3 presets",
    ];
    apart(&window, &foot);
    window.get_by_label("Save preset as").click();
    window.run();
    let form = [
        "Save the rig",
        "Save the slot",
        "Preset name",
        "With files",
        "Save preset",
        "Cancel",
    ];
    apart(&window, &form);
    let field = window.get_by_label("Preset name").rect();
    assert!(field.width() > 80.0, "{field}");
}
