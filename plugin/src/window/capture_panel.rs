//! The panel of the capture, and the line of the pedal before it.

use egui::{Align2, Rect, Ui, vec2};
use gridleak_core::{OwnGroup, ParameterId, SlotKnob};

use super::context::{LONGEST_TEXT, UiContext, name_colour};
use super::controls::KnobId;
use super::drop::Place;
use super::layout;
use super::own::OWN;
use super::plain_text::{LONGEST_NAME, plain};
use super::theme;
use super::view::Action;
use super::widgets::text::{label, panel};
use crate::session::folder::FolderPosition;
use crate::session::part::PartKind;
use crate::session::status::Embedding;

impl UiContext<'_> {
    pub(super) fn show_capture(&mut self, ui: &mut Ui, rect: Rect) {
        let (scale, view) = (self.scale, self.view);
        panel(ui, rect);
        let part = view.at(PartKind::Capture);
        self.places.push((Place::Part(part), rect));
        let inside = rect.shrink(8.0 * scale);
        let (name, below) = inside.split_top_bottom_at_y(inside.bottom() - 28.0 * scale);
        let below = below.with_min_y(below.bottom() - 24.0 * scale);
        let name = self.show_slot_knobs(ui, name);
        let name = self.show_capture_knobs(ui, name);
        self.show_name(ui, name);
        self.show_capture_line(ui, below);
    }

    /// What is loaded, and what is done with it, in a line.
    fn show_capture_line(&mut self, ui: &mut Ui, rect: Rect) {
        let (scale, view) = (self.scale, self.view);
        let gap = 8.0 * scale;
        // Nothing moves while a capture is loading: whoever steps through a folder steps on.
        let wide = self.part_buttons(ui, rect, PartKind::Capture);
        let (mut rest, riff) = rect.split_left_right_at_x(rect.right() - 64.0 * scale);
        let row = ParameterId::LoopRiff.row();
        let on = view.controls.is_on(row.which);
        let button = self.words(row.name, row.name).switch(on);
        self.toggle(ui, riff, row.which, button)
            .on_hover_text(row.hint);
        rest.max.x -= gap;
        if let Some(Embedding { on, bytes }) = view.status.embedding {
            let (left, keep) = rest.split_left_right_at_x(rest.right() - 104.0 * scale);
            rest = left.with_max_x(left.right() - gap);
            let name = "Keep in project";
            let button = self.words(name, name).switch(on).lit(false);
            let button = button.enabled(!view.status.busy);
            let response = self.press(ui, keep, button, Action::SetEmbedding(!on));
            response.on_hover_text(match on {
                true => format!(
                    "The project carries copies of the files: {} kB",
                    bytes.div_ceil(1000)
                ),
                false => "Have the project carry copies of the files, for other computers".into(),
            });
        }
        if !view.controls.knobs.is_empty() {
            let (left, own) = rest.split_left_right_at_x(rest.right() - OWN * scale);
            rest = left.with_max_x(left.right() - gap);
            self.own_switch(ui, own.shrink2(vec2(0.0, 3.0 * scale)), OwnGroup::Knobs);
        }
        let place = rest.with_min_x(rest.left() + wide + 10.0 * scale);
        let text = match view.part(PartKind::Capture).place {
            _ if view.choosing => "Choosing a file\u{2026}".into(),
            _ if view.status.busy => "Loading\u{2026}".into(),
            Some(FolderPosition { index, count }) => format!("{index} of {count}"),
            None => String::new(),
        };
        if !text.is_empty() {
            self.small(ui, place, Align2::LEFT_CENTER, &text, theme::WEAK);
        }
    }

    /// The knobs of the slot, at both ends; returns what they leave.
    fn show_slot_knobs(&mut self, ui: &mut Ui, rect: Rect) -> Rect {
        let wide = 52.0 * self.scale;
        let slot = self.view.asked();
        let (drive, rest) = rect.split_left_right_at_x(rect.left() + wide);
        let (rest, level) = rest.split_left_right_at_x(rest.right() - wide);
        for (place, knob) in [(drive, SlotKnob::Drive), (level, SlotKnob::Level)] {
            self.knob(ui, small_knob(place, self.scale), KnobId::Slot(slot, knob));
        }
        rest.shrink2(vec2(6.0 * self.scale, 0.0))
    }

    /// The knobs of a capture that has some, at the right; returns what they leave.
    fn show_capture_knobs(&mut self, ui: &mut Ui, rect: Rect) -> Rect {
        let capture = self.view.status.capture.as_ref();
        let count = capture.map_or(0, |capture| capture.knobs.len());
        if count == 0 {
            return rect;
        }
        let wide = 52.0 * self.scale * count as f32;
        let (rest, knobs) = rect.split_left_right_at_x(rect.right() - wide);
        let knobs = small_knob(knobs, self.scale);
        for (place, knob) in layout::columns(knobs, count, 2.0).zip(ParameterId::KNOBS) {
            self.knob(ui, place, knob);
        }
        rest.with_max_x(rest.right() - 8.0 * self.scale)
    }

    /// What stands for the name of a capture where there is none.
    fn empty_slot(&self) -> String {
        let view = self.view;
        let label = plain(&view.slot().slot.label(view.asked()), LONGEST_NAME);
        let playing = view.status.slots.iter().find(|slot| slot.plays);
        let playing = playing.and_then(|slot| slot.text.as_deref());
        match playing.filter(|_| !view.controls.is_on(ParameterId::Bypass)) {
            Some(name) => format!("{label} is empty: {} plays", plain(name, LONGEST_TEXT)),
            None => format!("{label} is empty"),
        }
    }

    fn show_name(&self, ui: &mut Ui, rect: Rect) {
        let (scale, view) = (self.scale, self.view);
        let part = view.part(PartKind::Capture);
        let (text, colour) = match &part.name {
            Some(name) => (plain(name, LONGEST_TEXT), name_colour(part)),
            None => (self.empty_slot(), theme::WEAK),
        };
        // What is set far from here is to be seen here.
        let quality = view.controls.number(ParameterId::Quality);
        let quality = format!("{} {}", quality.name(), quality.text());
        let capture = view.status.capture.as_ref();
        let quality = capture.filter(|capture| capture.slims).map(|_| quality);
        let gear = capture.and_then(|capture| capture.card.gear.clone());
        let line: Vec<String> = [gear, quality].into_iter().flatten().collect();
        let (rect, below) = if line.is_empty() {
            (rect, rect)
        } else {
            rect.split_top_bottom_at_y(rect.bottom() - 15.0 * scale)
        };
        if !line.is_empty() {
            let line = line.join(" \u{b7} ");
            self.small(ui, below, Align2::CENTER_CENTER, &line, theme::FAINT);
        }
        let bypassed = view.controls.is_on(ParameterId::Bypass);
        let colour = if bypassed { theme::FAINT } else { colour };
        // As large as the place allows, to a limit, and smaller for what would take three lines.
        let most = (0.48 * rect.height()).clamp(15.0 * scale, 30.0 * scale);
        let width = 0.55 * most * text.chars().count() as f32;
        let size = if width > 1.8 * rect.width() {
            15.0 * scale
        } else if width > rect.width() {
            20.0 * scale
        } else {
            most
        };
        let rows = ((rect.height() / (1.2 * size)) as usize).clamp(1, 3);
        let font = egui::FontId::proportional(size);
        label(ui, rect, Align2::CENTER_CENTER, rows, &text, font, colour);
    }

    /// What stands before the amp, in a line.
    pub(super) fn show_pedal(&mut self, ui: &mut Ui, rect: Rect) {
        let scale = self.scale;
        panel(ui, rect);
        let part = self.view.at(PartKind::Pedal);
        self.places.push((Place::Part(part), rect));
        let inside = rect.shrink2(vec2(10.0, 5.0) * scale);
        let (title, rest) = inside.split_left_right_at_x(inside.left() + 72.0 * scale);
        self.switch(ui, title, ParameterId::Pedal);
        let (own, rest) = rest.split_left_right_at_x(rest.left() + OWN * scale);
        self.own_switch(ui, own.shrink2(vec2(0.0, 3.0 * scale)), OwnGroup::Pedal);
        self.mark_own(ui, rect, OwnGroup::Pedal);
        let buttons = rest.with_min_x(rest.right() - 137.0 * scale);
        let name = rest.with_max_x(buttons.left() - 8.0 * scale);
        let name = name.with_min_x(name.left() + 10.0 * scale);
        self.part_name(ui, name, PartKind::Pedal, "No pedal");
        self.part_buttons(ui, buttons, PartKind::Pedal);
    }
}

/// The height of small knobs does not grow without end.
fn small_knob(mut rect: Rect, scale: f32) -> Rect {
    rect.max.y = rect.bottom().min(rect.top() + 88.0 * scale);
    rect
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::window::test_support::*;

    #[test]
    fn a_capture_has_its_own_knobs_and_no_others() {
        let mut window = window(view());
        for name in CAPTURE_KNOBS {
            assert!(window.query_by_label(name).is_none(), "{name}");
        }
        let state = window.state_mut();
        state.view = with_knobs(view(), four_knobs());
        window.run();
        let value = |window: &Window, label| window.get_by_label(label).value().unwrap();
        assert_eq!(value(&window, "Capture Gain"), "0.50");
        assert_eq!(value(&window, "Capture Presence of the power am"), "5.0");
        assert_eq!(value(&window, "Capture Bias"), "0");
        // In the numbers of the capture; a double click leads to where its file has it start.
        window.get_by_label("Capture Bias value").click();
        window.run();
        type_over(&mut window, "-25");
        window.key_press(Key::Enter);
        assert_eq!(done(&mut window), set(ParameterId::Knob4, 0.25));
        assert_eq!(value(&window, "Capture Bias"), "-25");
        let reset = window.get_by_label("Capture Sag");
        reset.click_modifiers(Modifiers::COMMAND);
        assert_eq!(done(&mut window), set(ParameterId::Knob3, 0.2));
        // One that goes while it is dragged is let go of.
        let at = window.get_by_label("Capture Gain").rect().center();
        moved(&window, at);
        button(&window, at, true);
        window.run_steps(2);
        moved(&window, at - vec2(0.0, 30.0));
        let begun = done_at_once(&mut window);
        assert!(
            begun.contains(&Action::Begin(ParameterId::Knob1)),
            "{begun:?}"
        );
        let status = &mut window.state_mut().view.status;
        status.capture.as_mut().unwrap().knobs = Arc::default();
        let ended = done_at_once(&mut window);
        assert_eq!(
            ended.last(),
            Some(&Action::End(ParameterId::Knob1)),
            "{ended:?}"
        );
        button(&window, at, false);
        assert_eq!(done(&mut window), []);
    }

    #[test]
    fn a_file_can_be_kept_in_the_project() {
        let mut window = window(view());
        assert!(window.query_by_label("Keep in project").is_none());
        for on in [false, true] {
            let embedding = Embedding { on, bytes: 123_456 };
            window.state_mut().view.status.embedding = Some(embedding);
            window.run();
            window.get_by_label("Keep in project").click();
            assert_eq!(done(&mut window), [Action::SetEmbedding(!on)]);
        }
    }

    #[test]
    fn the_capture_and_its_place_are_named() {
        let mut window = window(view());
        assert!(window.query_by_label("Plexi").is_some());
        assert!(window.query_by_label("3 of 12").is_some());
        assert!(
            window
                .query_by_label("Latency 48 samples (1.0 ms)")
                .is_some()
        );
        let status = &mut window.state_mut().view.status;
        status.busy = true;
        status.latency = Some(Latency {
            samples: 0,
            rate: 44_100.0,
        });
        window.run();
        assert!(window.query_by_label("Loading\u{2026}").is_some());
        assert!(window.query_by_label("No added latency").is_some());
        window.state_mut().view.status = Status::default();
        window.run();
        assert!(window.query_by_label("Slot 1 is empty").is_some());
    }

    #[test]
    fn the_panel_is_that_of_the_slot_that_is_asked_for() {
        let mut view = view();
        view.status.parts[Part::OTHER_CAPTURE.index()].place = None;
        let mut window = window(view);
        assert!(window.query_by_label("Plexi").is_some());
        window.state_mut().view.controls.settings.slot = 1;
        window.run();
        assert!(window.query_by_label("Recto").is_some());
        window.get_by_label("Load capture").click();
        assert_eq!(done(&mut window), [Action::OpenDialog(Part::OTHER_CAPTURE)]);
        let parts = &mut window.state_mut().view.status.parts;
        parts[Part::OTHER_CAPTURE.index()].name = None;
        let slots = &mut window.state_mut().view.status.slots;
        slots[1].slot.name = "Solo".into();
        slots[0].plays = false;
        window.run();
        assert!(window.query_by_label("Solo is empty").is_some());
        let slots = &mut window.state_mut().view.status.slots;
        (slots[0].plays, slots[0].text) = (true, Some("Plexi".into()));
        window.run();
        assert!(
            window
                .query_by_label("Solo is empty: Plexi plays")
                .is_some()
        );
        turn(&mut window.state_mut().view, ParameterId::Bypass, 1.0);
        window.run();
        assert!(window.query_by_label("Solo is empty").is_some());
    }

    #[test]
    fn a_slot_has_a_drive_and_a_level() {
        let mut window = window(view());
        turn(&mut window.state_mut().view, ParameterId::Slot, 1.0);
        window.state_mut().view.status.slots[1]
            .slot
            .settings
            .level_db = -4.0;
        window.run();
        for (name, knob, value) in [
            ("Drive", SlotKnob::Drive, 1.0),
            ("Level", SlotKnob::Level, -3.0),
        ] {
            window.get_by_label(name).increment_accesskit();
            let turned = Action::TurnSlot(1, knob, value);
            assert_eq!(done(&mut window), [turned]);
            window.get_by_label(&format!("{name} value")).click();
            window.run();
            type_over(&mut window, "-99");
            window.key_press(Key::Enter);
            let least = *knob.row().range().start();
            assert_eq!(done(&mut window), [Action::TurnSlot(1, knob, least)]);
        }
        let shown = window.get_by_label("Level value").value();
        assert_eq!(shown.as_deref(), Some("-4.0 dB"));
    }

    #[test]
    fn what_was_played_last_is_looped_from_every_page() {
        let mut window = window(view());
        for page in ["Rig", "Browse", "Live", "Info", "Setup"] {
            go_to(&mut window, page);
            window.get_by_label("Loop Riff").click();
            let on = Action::Change(ParameterId::LoopRiff, 1.0);
            assert!(done(&mut window).contains(&on), "{page}");
        }
    }
}
