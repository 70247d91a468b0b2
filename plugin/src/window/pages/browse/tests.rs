//! Of the browser.

use std::path::PathBuf;

use egui::pos2;

use crate::session::library::{Entry, Folder, Kind, Listing};
use crate::window::layout::{DEFAULT_SIZE, SMALLEST_SIZE};
use crate::window::test_support::{self, *};

fn folder(path: &str, depth: usize, inside: usize, counts: [usize; 2]) -> Folder {
    let path = PathBuf::from(path);
    Folder {
        name: path.file_name().unwrap().to_string_lossy().into_owned(),
        path,
        depth,
        inside,
        counts,
        missing: false,
    }
}

fn entry(path: &str, folder: Option<usize>) -> Entry {
    let path = PathBuf::from(path);
    let response = path.extension().is_some_and(|ending| ending == "wav");
    Entry {
        kind: Kind::ALL[usize::from(response)],
        name: path.file_stem().unwrap().to_string_lossy().into_owned(),
        origin: Origin::File(path),
        folder,
        modified: None,
        about: String::new(),
        favourite: false,
        recent: None,
    }
}

fn built_in(name: &'static str) -> Entry {
    Entry {
        origin: Origin::BuiltIn(name),
        ..entry(name, None)
    }
}

fn file(path: &str) -> Origin {
    Origin::File(path.into())
}

/// Two folders that were added, one with folders in it.
fn listing() -> Listing {
    let mut champ = entry("/amps/Fender/Clean/Champ.nam", Some(2));
    champ.about = "5F1 by Anna".into();
    Listing {
        folders: vec![
            folder("/amps", 0, 2, [4, 0]),
            folder("/amps/Fender", 1, 1, [2, 0]),
            folder("/amps/Fender/Clean", 2, 0, [1, 0]),
            folder("/irs", 0, 0, [0, 1]),
        ],
        entries: vec![
            built_in("crunch"),
            entry("/amps/Plexi.nam", Some(0)),
            entry("/amps/Recto.nam", Some(0)),
            entry("/amps/Fender/Bassman.nam", Some(1)),
            champ,
            entry("/irs/Greenback.wav", Some(3)),
        ],
        ..Listing::default()
    }
}

fn window_of(size: Vec2, listing: Listing) -> Window {
    let mut view = test_support::view();
    view.status = Status::default();
    view.listing = Arc::new(listing);
    let mut window = test_support::window_of(size, view);
    window.get_by_label("Browse").click();
    window.run();
    window.state_mut().actions.clear();
    window
}

fn window() -> Window {
    window_of(DEFAULT_SIZE, listing())
}

/// What was done since the last time, besides looking.
fn done(window: &mut Window) -> Vec<Action> {
    let mut actions = test_support::done(window);
    actions.retain(|action| *action != Action::Browse);
    actions
}

fn opened(part: Part, path: &str) -> Vec<Action> {
    vec![Action::Open(part, file(path))]
}

/// The names of the rows in sight.
fn named(window: &Window, role: Role) -> Vec<String> {
    let nodes = window.get_all_by_role(role);
    let label = |node: Node<'_>| node.accesskit_node().label().unwrap();
    nodes.map(label).collect()
}

fn rows(window: &Window) -> Vec<String> {
    match window.query_all_by_role(Role::ListBoxOption).count() {
        0 => vec![],
        _ => named(window, Role::ListBoxOption),
    }
}

fn row<'a>(window: &'a Window, name: &'a str) -> Node<'a> {
    window.get_by_role_and_label(Role::ListBoxOption, name)
}

fn source<'a>(window: &'a Window, name: &'a str) -> Node<'a> {
    window.get_by_role_and_label(Role::TreeItem, name)
}

fn selected(window: &Window) -> Vec<String> {
    let nodes = window.query_all_by_role(Role::ListBoxOption);
    let nodes = nodes.filter(|node| node.accesskit_node().is_selected() == Some(true));
    nodes
        .map(|node| node.accesskit_node().label().unwrap())
        .collect()
}

fn press(window: &mut Window, key: Key) -> Vec<Action> {
    window.key_press(key);
    done(window)
}

fn find(window: &mut Window, text: &str) {
    window.key_press_modifiers(Modifiers::COMMAND, Key::F);
    window.run();
    window.event(Event::Text(text.into()));
    window.run();
}

fn change(window: &mut Window, change: impl FnOnce(&mut Listing)) {
    let listing = &mut window.state_mut().view.listing;
    let mut changed = Listing {
        folders: listing.folders.clone(),
        entries: listing.entries.clone(),
        busy: listing.busy,
        problem: listing.problem.clone(),
    };
    change(&mut changed);
    *listing = Arc::new(changed);
    window.run();
}

#[test]
fn a_click_loads_at_once_and_the_keyboard_goes_on_from_there() {
    let mut window = window();
    row(&window, "Plexi").click();
    assert_eq!(done(&mut window), opened(Part::CAPTURE, "/amps/Plexi.nam"));
    assert_eq!(selected(&window), ["Plexi"]);
    for (key, path) in [
        (Key::ArrowDown, "/amps/Recto.nam"),
        (Key::ArrowDown, "/amps/Fender/Bassman.nam"),
        (Key::End, "/amps/Fender/Clean/Champ.nam"),
        (Key::ArrowUp, "/amps/Fender/Bassman.nam"),
        (Key::Enter, "/amps/Fender/Bassman.nam"),
    ] {
        assert_eq!(press(&mut window, key), opened(Part::CAPTURE, path));
    }
    let home = Action::Open(Part::CAPTURE, Origin::BuiltIn("crunch"));
    assert_eq!(press(&mut window, Key::PageUp), [home]);
    // There is nothing above it.
    assert_eq!(press(&mut window, Key::ArrowUp), []);
    let favourite = Action::SetFavourite(Origin::BuiltIn("crunch"), true);
    assert_eq!(press(&mut window, Key::F), [favourite]);

    window.get_by_label("Browse second cabinets").click();
    window.run();
    assert_eq!(rows(&window), ["Greenback"]);
    row(&window, "Greenback").click();
    let expected = opened(Part::SECOND_CAB, "/irs/Greenback.wav");
    assert_eq!(done(&mut window), expected);
}

#[test]
fn what_is_typed_is_found_and_tried_without_leaving_the_field() {
    let mut window = window();
    window.get_by_label("Rig").click();
    window.run();
    find(&mut window, "champ anna");
    assert_eq!(rows(&window), ["Champ"]);
    let champ = opened(Part::CAPTURE, "/amps/Fender/Clean/Champ.nam");
    assert_eq!(press(&mut window, Key::Enter), champ);
    // Escape empties the field, then leaves it.
    assert_eq!(press(&mut window, Key::Escape), []);
    assert_eq!(rows(&window).len(), 5);
    assert!(window.get_by_label("Search").is_focused());
    window.event(Event::Text("e".into()));
    window.run();
    assert_eq!(selected(&window), [""; 0]);
    assert_eq!(
        press(&mut window, Key::ArrowDown),
        opened(Part::CAPTURE, "/amps/Plexi.nam")
    );
    assert_eq!(
        press(&mut window, Key::ArrowDown),
        opened(Part::CAPTURE, "/amps/Recto.nam")
    );
    assert_eq!(window.get_by_label("Search").value().as_deref(), Some("e"));
    press(&mut window, Key::Escape);
    press(&mut window, Key::Escape);
    assert_eq!(window.ctx.memory(|m| m.focused()), None);

    find(&mut window, "xyz");
    assert_eq!(rows(&window), [""; 0]);
    assert!(window.query_by_label_contains("No matches").is_some());
    window.get_by_label("Clear search").click();
    window.run();
    assert_eq!(rows(&window).len(), 5);
}

#[test]
fn the_tree_opens_closes_and_chooses_where_to_look() {
    let mut window = window();
    let first = ["All", "Built in", "Favourites", "Recent"];
    let all = [&first[..], &["amps", "Fender", "irs"]].concat();
    assert_eq!(named(&window, Role::TreeItem), all);
    source(&window, "Fender").click();
    window.run();
    assert_eq!(rows(&window), ["Bassman", "Champ"]);
    let expanded = |window: &Window| {
        source(window, "Fender")
            .accesskit_node()
            .data()
            .is_expanded()
    };
    assert_eq!(expanded(&window), Some(false));
    press(&mut window, Key::ArrowRight);
    assert_eq!(expanded(&window), Some(true));
    press(&mut window, Key::ArrowDown);
    assert_eq!(rows(&window), ["Champ"]);
    // To the folder around it, closed, and further up.
    press(&mut window, Key::ArrowLeft);
    assert_eq!(rows(&window), ["Bassman", "Champ"]);
    press(&mut window, Key::ArrowLeft);
    assert_eq!(expanded(&window), Some(false));
    press(&mut window, Key::ArrowLeft);
    assert_eq!(rows(&window).len(), 4);
    assert!(window.query_by_label("Clean").is_none());
    // The triangle, with something inside chosen.
    source(&window, "Fender").click();
    window.run();
    let at = source(&window, "amps").rect().left_center() + vec2(8.0, 0.0);
    click(&mut window, at);
    assert!(window.query_by_label("Fender").is_none());
    assert_eq!(rows(&window).len(), 4);
    // Each kind has its own place.
    window.get_by_label("Browse cabinets").click();
    window.run();
    assert_eq!(named(&window, Role::TreeItem).len(), 6);
    source(&window, "irs").click();
    window.run();
    window.get_by_label("Browse pedals").click();
    window.run();
    assert_eq!(rows(&window).len(), 4);
}

fn click(window: &mut Window, pos: Pos2) {
    window.event(Event::PointerMoved(pos));
    for pressed in [true, false] {
        window.event(Event::PointerButton {
            pos,
            button: PointerButton::Primary,
            pressed,
            modifiers: Modifiers::NONE,
        });
    }
    window.run();
}

#[test]
fn folders_are_added_and_taken_off_the_list() {
    let mut window = window();
    window.get_by_label("Add folder").click();
    assert_eq!(done(&mut window), [Action::AddFolder]);
    window.get_by_label("Rescan").click();
    assert_eq!(done(&mut window), [Action::Rescan]);
    source(&window, "amps").click();
    window.run();
    let remove = [Action::RemoveFolder("/amps".into())];
    assert_eq!(press(&mut window, Key::Delete), remove);
    window.get_by_label("Remove folder amps").click();
    assert_eq!(done(&mut window), remove);
    // What is inside goes with the folder, never alone.
    source(&window, "Fender").click();
    window.run();
    assert!(window.query_by_label("Remove folder Fender").is_none());
    assert_eq!(press(&mut window, Key::Delete), []);
    // The one that is chosen goes.
    change(&mut window, |listing| {
        listing.folders.drain(..3);
        listing.entries.drain(1..5);
        listing.entries[1].folder = Some(0);
    });
    assert_eq!(rows(&window), ["crunch"]);
    let all = source(&window, "All").accesskit_node().is_selected();
    assert_eq!(all, Some(true));
}

#[test]
fn favourites_are_switched_and_listed() {
    let mut window = window();
    let star = window.get_by_role_and_label(Role::Switch, "Favourite Plexi");
    assert_eq!(star.accesskit_node().toggled(), Some(Toggled::False));
    star.click();
    let plexi = file("/amps/Plexi.nam");
    assert_eq!(done(&mut window), [Action::SetFavourite(plexi, true)]);
    change(&mut window, |listing| listing.entries[1].favourite = true);
    source(&window, "Favourites").click();
    window.run();
    assert_eq!(rows(&window), ["Plexi"]);
    window.get_by_label("Favourite Plexi").click_accesskit();
    let plexi = file("/amps/Plexi.nam");
    assert_eq!(done(&mut window), [Action::SetFavourite(plexi, false)]);
    change(&mut window, |listing| listing.entries[1].favourite = false);
    assert!(window.query_by_label_contains("No favourites").is_some());
}

#[test]
fn walking_through_the_recent_ones_does_not_stir_them() {
    let mut window = window_of(DEFAULT_SIZE, {
        let mut listing = listing();
        for (place, entry) in [3, 1, 4].into_iter().enumerate() {
            listing.entries[entry].recent = Some(place);
        }
        listing
    });
    source(&window, "Recent").click();
    window.run();
    let order = ["Bassman", "Plexi", "Champ"];
    assert_eq!(rows(&window), order);
    row(&window, "Bassman").click();
    window.run();
    let used = |window: &mut Window, now: usize| {
        change(window, |listing| {
            for entry in &mut listing.entries {
                entry.recent = entry.recent.map(|place| place + 1);
            }
            listing.entries[now].recent = Some(0);
        });
    };
    used(&mut window, 3);
    for (entry, path) in [(1, "/amps/Plexi.nam"), (4, "/amps/Fender/Clean/Champ.nam")] {
        window.state_mut().actions.clear();
        assert_eq!(
            press(&mut window, Key::ArrowDown),
            opened(Part::CAPTURE, path)
        );
        used(&mut window, entry);
        assert_eq!(rows(&window), order);
    }
    // Who comes back sees the last one first.
    source(&window, "All").click();
    window.run();
    source(&window, "Recent").click();
    window.run();
    assert_eq!(rows(&window), ["Champ", "Plexi", "Bassman"]);
}

#[test]
fn the_selection_follows_what_plays_but_not_what_is_still_loading() {
    let mut window = window();
    let play = |window: &mut Window, path: &str, busy| {
        let status = &mut window.state_mut().view.status;
        status.parts[0].origin = Some(file(path));
        status.busy = busy;
        window.run();
    };
    play(&mut window, "/amps/Plexi.nam", false);
    assert_eq!(selected(&window), ["Plexi"]);
    let told = row(&window, "Plexi").value();
    assert_eq!(told.as_deref(), Some("loaded"));
    // A file that the project means and that does not play is none.
    window.state_mut().view.status.parts[0].absent = true;
    window.run();
    assert_ne!(row(&window, "Plexi").value().as_deref(), Some("loaded"));
    window.state_mut().view.status.parts[0].absent = false;
    row(&window, "Champ").click();
    window.run();
    play(&mut window, "/amps/Recto.nam", true);
    assert_eq!(selected(&window), ["Champ"]);
    play(&mut window, "/amps/Fender/Clean/Champ.nam", false);
    assert_eq!(selected(&window), ["Champ"]);
    // The buttons of the rig.
    play(&mut window, "/amps/Recto.nam", false);
    assert_eq!(selected(&window), ["Recto"]);
}

fn many() -> Listing {
    let path = |n| format!("/amps/capture {n}.nam");
    let folder = folder("/amps", 0, 0, [10_000, 0]);
    Listing {
        folders: vec![folder],
        entries: (0..10_000).map(|n| entry(&path(n), Some(0))).collect(),
        ..Listing::default()
    }
}

#[test]
fn ten_thousand_captures_cost_what_is_seen_of_them() {
    let mut window = window_of(DEFAULT_SIZE, many());
    let before = window.state().memory.browser.searches;
    let seen = rows(&window).len();
    assert!((5..20).contains(&seen), "{seen} rows");
    window.get_by_label("Results").focus();
    window.run();
    let last = opened(Part::CAPTURE, "/amps/capture 9999.nam");
    assert_eq!(press(&mut window, Key::End), last);
    assert!(row(&window, "capture 9999").rect().is_positive());
    press(&mut window, Key::PageUp);
    assert_eq!(selected(&window).len(), 1);
    let list = window.get_by_label("Results").rect();
    for row in window.get_all_by_role(Role::ListBoxOption) {
        assert!(list.intersects(row.rect()));
    }
    assert_eq!(window.state().memory.browser.searches, before);
    window.get_by_label("Sort by name").click();
    window.run();
    window.run();
    assert_eq!(window.state().memory.browser.searches, before + 1);
    // It looks like this for a moment after each step of a scan.
    change(&mut window, |listing| listing.busy = true);
    assert!(window.query_by_label_contains("10000 so far").is_some());
    assert_eq!(selected(&window).len(), 1);
}

#[test]
fn nothing_moves_while_nothing_happens() {
    let mut window = window();
    for busy in [false, true] {
        change(&mut window, |listing| listing.busy = busy);
        window.run_steps(30);
        let outputs = window.output().viewport_output.values();
        let delay = outputs.map(|output| output.repaint_delay).min();
        assert_eq!(delay, Some(Duration::MAX));
    }
    // The library is asked for only where it is shown.
    window.get_by_label("Setup").click();
    window.run();
    window.state_mut().actions.clear();
    window.run();
    assert_eq!(window.state().actions, []);
}

#[test]
fn who_has_no_folder_is_told_what_to_do() {
    let mut window = window_of(
        SMALLEST_SIZE,
        Listing {
            entries: vec![built_in("crunch")],
            problem: Some("the settings could not be read".into()),
            ..Listing::default()
        },
    );
    assert_eq!(rows(&window), ["crunch"]);
    assert!(window.query_by_label_contains("settings").is_some());
    window.get_by_label("Add your first folder").click();
    assert_eq!(done(&mut window), [Action::AddFolder]);
    window.state_mut().view.choosing = true;
    window.run();
    window.get_by_label("Add your first folder").click();
    window.get_by_label("Add folder").click();
    assert_eq!(done(&mut window), []);
}

#[test]
fn at_the_smallest_size_everything_is_in_sight_and_reached_by_the_tab_key() {
    let mut window = window_of(SMALLEST_SIZE, listing());
    find(&mut window, "e");
    source(&window, "amps").click();
    window.run();
    let tabbed = [
        "Browse captures",
        "Browse pedals",
        "Browse cabinets",
        "Browse second cabinets",
        "Browse presets",
        "Search",
        "Clear the search field",
        "Sort by folder",
        "Sort by name",
        "Sort by date",
        "Sources",
        "Remove folder amps",
        "Add folder",
        "Rescan",
        "Results",
    ];
    let inside = Rect::from_min_size(pos2(8.0, 8.0), SMALLEST_SIZE).shrink(4.0);
    let place = |name: &'static str| (name, window.get_by_label(name).rect());
    let places: Vec<_> = tabbed.into_iter().map(place).collect();
    for (index, (name, rect)) in places.iter().enumerate() {
        assert!(
            rect.is_positive() && inside.contains_rect(*rect),
            "{name}: {rect}"
        );
        let within = ["Clear the search field", "Remove folder amps", "Search"];
        for (other, against) in &places[..index] {
            let shared = rect.intersect(*against).shrink(0.01);
            let apart = !shared.is_positive() || within.contains(name);
            assert!(apart, "{name}, {other}: {shared}");
        }
    }
    window.get_by_label("Browse captures").focus();
    window.run();
    for name in &tabbed[1..] {
        window.key_press(Key::Tab);
        window.run();
        let id = window.ctx.memory(|m| m.focused());
        let id = id.expect("a focus").accesskit_id();
        let root = window.root();
        let node = root
            .children_recursive()
            .find(|node| node.accesskit_node().locate().0 == id);
        let label = node.and_then(|node| node.accesskit_node().label());
        assert_eq!(label.as_deref(), Some(*name));
    }
}

#[test]
fn strangers_texts_do_no_harm() {
    let long = "\u{202e}\u{0}\n\t\u{301}fi W".repeat(50_000);
    let mut listing = listing();
    for folder in &mut listing.folders {
        folder.name.clone_from(&long);
        folder.path = PathBuf::from(&long).join(&folder.path);
        folder.depth *= 1000;
        folder.inside = usize::MAX;
    }
    listing.folders[3].missing = true;
    for entry in &mut listing.entries {
        entry.name.clone_from(&long);
        entry.about.clone_from(&long);
        entry.folder = Some(usize::MAX);
    }
    listing.problem = Some(long.clone());
    let mut window = window_of(SMALLEST_SIZE, listing);
    for role in [Role::ListBoxOption, Role::TreeItem] {
        let places = window
            .get_all_by_role(role)
            .map(|node| node.rect().center());
        for place in places.collect::<Vec<_>>() {
            click(&mut window, place);
            window.run_steps(60);
        }
    }
    assert!(!done(&mut window).is_empty());
    find(&mut window, &long);
    assert!(window.query_by_label_contains("No matches").is_some());
    assert!(
        named(&window, Role::TreeItem)
            .iter()
            .all(|name| name.len() < 1000)
    );
}
