//! Files and folders that are dragged over the window and dropped: where they go, and how that is shown.

use std::path::{Path, PathBuf};

use egui::{Align2, Color32, Id, LayerId, Order, Pos2, Rect, Stroke, StrokeKind, Ui, UiBuilder};

use super::context::UiContext;
use super::header::Page;
use super::plain_text::{LONGEST_NAME, plain};
use super::theme;
use super::view::{Action, View};
use super::widgets::text::label;
use crate::files::endings::{CAPTURES, PRESETS, SOUNDS, is_among};
use crate::session::library::Origin;
use crate::session::part::{Part, PartKind};
use crate::session::presets::{PresetAction, PresetKind};

/// What something is, by its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Capture,
    Response,
    /// Of what it is, as far as its file tells.
    Preset(Option<PresetKind>),
    Folder,
    Other,
}

impl Kind {
    fn of(path: &Path) -> Self {
        if is_among(path, CAPTURES) {
            Self::Capture
        } else if is_among(path, SOUNDS) {
            Self::Response
        } else if is_among(path, PRESETS) {
            Self::Preset(PresetKind::of_file(path))
        } else if path.is_dir() {
            Self::Folder
        } else {
            Self::Other
        }
    }
}

/// What hovers over the window. The disk is asked once for each drag: whoever drags has just seen it.
#[derive(Debug, Default)]
pub(super) struct Dragged {
    files: Vec<(PathBuf, Kind)>,
}

/// What becomes of something that is dropped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    Load(Part),
    /// A preset; one of a slot goes into this slot.
    Preset(Option<PresetKind>, usize),
    List,
}

/// What things are dropped on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// A slot in the bar.
    Slot(usize),
    /// A part of the slot that is shown.
    Part(Part),
}

/// Where they stand in the window.
pub(super) type Places = Vec<(Place, Rect)>;

fn fate(kind: Kind, at: Option<Pos2>, places: &Places, view: &View) -> Option<Fate> {
    let mut places = places.iter();
    let over = places.find(|(_, rect)| at.is_some_and(|at| rect.contains(at)));
    let over = over.map(|(place, _)| *place);
    let slot = match over {
        Some(Place::Slot(slot)) => slot,
        _ => view.asked(),
    };
    let is_over = |kind| over == Some(Place::Part(view.at(kind)));
    let part = match kind {
        Kind::Capture if is_over(PartKind::Pedal) => PartKind::Pedal,
        Kind::Capture => PartKind::Capture,
        Kind::Response if is_over(PartKind::SecondCab) => PartKind::SecondCab,
        Kind::Response => PartKind::Cab,
        Kind::Preset(kind) => return Some(Fate::Preset(kind, slot)),
        Kind::Folder => return Some(Fate::List),
        Kind::Other => return None,
    };
    Some(Fate::Load(Part::new(slot, part)))
}

/// Shows what hovers over `window`, and does what there is to do with what was dropped.
pub(super) fn show(
    ui: &mut Ui,
    window: Rect,
    context: &mut UiContext<'_>,
    dragged: &mut Dragged,
    page: &mut Page,
) {
    let (hovering, dropped, at) = ui.input(|i| {
        let hovering = i
            .raw
            .hovered_files
            .iter()
            .filter_map(|file| file.path.clone());
        let dropped = i
            .raw
            .dropped_files
            .iter()
            .map(|file| file.path().to_owned());
        let (hovering, dropped) = (hovering.collect::<Vec<_>>(), dropped.collect::<Vec<_>>());
        (hovering, dropped, i.pointer.latest_pos())
    });
    let mut loaded = Vec::new();
    for path in dropped {
        match fate(Kind::of(&path), at, &context.places, context.view) {
            Some(Fate::Load(part)) if !loaded.contains(&part) => {
                loaded.push(part);
                context.actions.push(Action::Open(part, Origin::File(path)));
            }
            Some(Fate::Preset(_, slot)) => {
                let open = PresetAction::OpenFile(path, slot);
                context.actions.push(Action::Preset(open));
            }
            Some(Fate::List) => {
                context.actions.push(Action::ListFolder(path));
                context.turn_to(ui, Page::Browse, page);
            }
            _ => {}
        }
    }
    if !dragged.files.iter().map(|(path, _)| path).eq(&hovering) {
        let with_kind = |path: PathBuf| {
            let kind = Kind::of(&path);
            (path, kind)
        };
        dragged.files = hovering.into_iter().map(with_kind).collect();
    }
    if !dragged.files.is_empty() {
        show_hovering(ui, window, context, dragged, at);
    }
}

/// Darkens the window but for the place that the first thing goes to, and says what it will be.
fn show_hovering(
    ui: &mut Ui,
    window: Rect,
    context: &UiContext<'_>,
    dragged: &Dragged,
    at: Option<Pos2>,
) {
    let scale = context.scale;
    let fates = dragged.files.iter().filter_map(|(path, kind)| {
        let fate = fate(*kind, at, &context.places, context.view)?;
        Some((path, fate))
    });
    let (text, place) = match fates.into_iter().next() {
        None => {
            let text = "Gridleak loads captures (.nam), cabinets (.wav, .aif, .flac), presets (.gridleak) and folders";
            (text.into(), None)
        }
        Some((path, fate)) => {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            let name = plain(&name, LONGEST_NAME);
            match fate {
                Fate::Load(part) => {
                    let title = part_title(part.kind());
                    let slot = match part.slot() == context.view.asked() {
                        true => String::new(),
                        false => format!(" of slot {}", part.slot() + 1),
                    };
                    let text = format!("Drop to load as {title}{slot}: {name}");
                    let place = match part.slot() == context.view.asked() {
                        true => Place::Part(part),
                        false => Place::Slot(part.slot()),
                    };
                    (text, Some(place))
                }
                Fate::Preset(Some(PresetKind::Slot), slot) => {
                    let text = format!("Drop to load into slot {}: {name}", slot + 1);
                    (text, Some(Place::Slot(slot)))
                }
                Fate::Preset(..) => (format!("Drop to load this preset: {name}"), None),
                Fate::List => (format!("Drop to browse this folder: {name}"), None),
            }
        }
    };
    let over = LayerId::new(Order::Foreground, Id::unique("drop"));
    let builder = UiBuilder::new().layer_id(over).max_rect(window);
    let mut ui = ui.new_child(builder);
    let ui = &mut ui;
    let place = place.and_then(|place| context.places.iter().find(|(own, _)| *own == place));
    let place = place.map(|(_, rect)| rect.expand(3.0 * scale));
    let dark = Color32::from_black_alpha(150);
    if let Some(place) = place {
        for around in [
            window.with_max_y(place.top()),
            window.with_min_y(place.bottom()),
            Rect::from_x_y_ranges(window.left()..=place.left(), place.y_range()),
            Rect::from_x_y_ranges(place.right()..=window.right(), place.y_range()),
        ] {
            ui.painter().rect_filled(around, 0.0, dark);
        }
        let edge = Stroke::new(2.0 * scale, theme::ACCENT);
        ui.painter()
            .rect_stroke(place, theme::PANEL_CORNER, edge, StrokeKind::Inside);
    } else {
        ui.painter().rect_filled(window, 0.0, dark);
    }
    let bar = Rect::from_center_size(
        window.center(),
        egui::vec2(window.width() - 48.0 * scale, 34.0 * scale),
    );
    ui.painter()
        .rect_filled(bar, theme::PANEL_CORNER, theme::RAISED);
    let font = theme::body(scale);
    let text_place = bar.shrink2(egui::vec2(10.0 * scale, 0.0));
    label(
        ui,
        text_place,
        Align2::CENTER_CENTER,
        1,
        &text,
        font,
        theme::TEXT,
    );
}

fn part_title(kind: PartKind) -> &'static str {
    match kind {
        PartKind::Capture => "amp",
        PartKind::Pedal => "pedal",
        PartKind::Cab => "cabinet",
        PartKind::SecondCab => "second cabinet",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::window::test_support::*;

    #[derive(Debug)]
    struct File(PathBuf);

    impl egui::DroppedFile for File {
        fn path(&self) -> &Path {
            &self.0
        }

        fn bytes(&self) -> Result<Vec<u8>, String> {
            Err("nobody reads it here".into())
        }
    }

    pub(in crate::window) fn hover(window: &mut Window, at: Pos2, paths: &[&Path]) {
        let hovering = paths.iter().map(|path| egui::HoveredFile {
            path: Some(path.to_path_buf()),
            ..egui::HoveredFile::default()
        });
        window.input_mut().hovered_files = hovering.collect();
        moved(window, at);
        window.run_steps(3);
    }

    fn drop_at(window: &mut Window, at: Pos2, paths: &[&Path]) -> Vec<Action> {
        window.input_mut().hovered_files.clear();
        let dropped = paths
            .iter()
            .map(|path| Arc::new(File(path.to_path_buf())) as _);
        window.input_mut().dropped_files = dropped.collect();
        moved(window, at);
        done(window)
    }

    fn centre(window: &Window, label: &str) -> Pos2 {
        window.get_by_label(label).rect().center()
    }

    #[test]
    fn files_go_where_they_are_dropped_and_folders_to_the_browser() {
        let mut window = window(view());
        window.run();
        let folder = tempfile::tempdir().unwrap();
        let (pedal, cab) = (
            centre(&window, "Load pedal"),
            centre(&window, "Load second cabinet"),
        );
        let anywhere = window.ctx.content_rect().center_top();
        let open = |part, path: &str| Action::Open(part, Origin::File(path.into()));
        for (at, path, expected) in [
            (anywhere, "/amp.NAM", Some(open(Part::CAPTURE, "/amp.NAM"))),
            (pedal, "/drive.nam", Some(open(Part::PEDAL, "/drive.nam"))),
            (anywhere, "/room.wav", Some(open(Part::CAB, "/room.wav"))),
            (pedal, "/room.aif", Some(open(Part::CAB, "/room.aif"))),
            (
                cab,
                "/room.flac",
                Some(open(Part::SECOND_CAB, "/room.flac")),
            ),
            (cab, "/amp.nam", Some(open(Part::CAPTURE, "/amp.nam"))),
            (pedal, "/letter.txt", None),
        ] {
            let expected = Vec::from_iter(expected);
            assert_eq!(drop_at(&mut window, at, &[path.as_ref()]), expected);
        }
        // Where a slot is, into that.
        let fourth = centre(&window, "Slot 4");
        for (path, kind) in [
            ("/amp.nam", PartKind::Capture),
            ("/room.wav", PartKind::Cab),
        ] {
            let open = open(Part::new(3, kind), path);
            assert_eq!(drop_at(&mut window, fourth, &[path.as_ref()]), [open]);
        }
        // One for each part.
        let some = ["/a.nam", "/b.nam", "/c.wav"].map(Path::new);
        let both = [open(Part::CAPTURE, "/a.nam"), open(Part::CAB, "/c.wav")];
        assert_eq!(drop_at(&mut window, anywhere, &some), both);
        window.state_mut().view.controls.settings.slot = 1;
        let second = [open(Part::OTHER_CAPTURE, "/a.nam")];
        assert_eq!(drop_at(&mut window, anywhere, &some[..1]), second);
        let listed = drop_at(&mut window, anywhere, &[folder.path()]);
        assert_eq!(listed[0], Action::ListFolder(folder.path().to_owned()));
        assert!(listed.contains(&Action::Browse), "the browser is shown");
    }

    #[test]
    fn what_hovers_is_told_where_it_goes_and_forgotten_when_it_leaves() {
        let mut window = window(view());
        window.run();
        let pedal = centre(&window, "Load pedal");
        hover(&mut window, pedal, &["/Tight drive.nam".as_ref()]);
        let says = |window: &Window, text: &str| window.query_by_label_contains(text).is_some();
        assert!(says(&window, "Drop to load as pedal: Tight drive.nam"));
        let third = centre(&window, "Slot 3");
        hover(&mut window, third, &["/Tight drive.nam".as_ref()]);
        assert!(says(&window, "Drop to load as amp of slot 3: Tight"));
        hover(&mut window, pedal, &["/letter.txt".as_ref()]);
        assert!(says(&window, "Gridleak loads captures"));
        hover(&mut window, pedal, &[]);
        assert!(!says(&window, "Drop to"));
        assert!(!says(&window, "Gridleak loads captures"));
        assert!(done(&mut window).is_empty());
    }
}
