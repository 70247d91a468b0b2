//! The preset that the rig came from, in the line above everything, with the next and the previous one.

use egui::accesskit::Role;
use egui::{Align2, Id, Popup, Rect, RichText, Sense, Ui, WidgetInfo, vec2};
use gridleak_core::ParameterId;

use super::context::{ToPresets, UiContext};
use super::pages::browse::presets::Form;
use super::plain_text::{LONGEST_NAME, plain};
use super::theme;
use super::view::Action;
use super::widgets::button::{Button, Icon};
use super::widgets::text::{draw_text, focus_ring};
use crate::session::folder::Step;
use crate::session::presets::{PresetAction, Save, SaveTo};

impl UiContext<'_> {
    pub(super) fn show_preset_line(&mut self, ui: &mut Ui, rect: Rect) {
        let scale = self.scale;
        let side = 24.0 * scale;
        let (previous, rest) = rect.split_left_right_at_x(rect.left() + side);
        let (name, next) = rest.split_left_right_at_x(rest.right() - side);
        let back = ParameterId::PreviousPreset;
        self.preset_step(ui, previous, back, Icon::Left, Step::Previous);
        self.show_preset_name(ui, name.shrink2(vec2(3.0 * scale, 0.0)));
        self.preset_step(ui, next, ParameterId::NextPreset, Icon::Right, Step::Next);
    }

    fn preset_step(
        &mut self,
        ui: &mut Ui,
        rect: Rect,
        which: ParameterId,
        icon: Icon<'_>,
        step: Step,
    ) {
        let row = which.row();
        let step = Action::Preset(PresetAction::Step(step));
        let button = Button::new(row.name, icon, theme::body(self.scale));
        let response = self.press(ui, rect, button, step);
        self.control_menu(ui, &response, which);
        response.on_hover_text(row.hint);
    }

    fn show_preset_name(&mut self, ui: &mut Ui, rect: Rect) {
        let (scale, status) = (self.scale, &self.view.status.presets);
        let response = ui.interact(rect, Id::unique("preset name"), Sense::click());
        let place = status.setlist.as_ref().and_then(|setlist| {
            let listing = &status.listing.setlists;
            let entry = listing.iter().find(|entry| entry.path == setlist.setlist)?;
            let at = setlist.at.map_or(0, |at| at + 1);
            Some(format!("{at}/{} ", entry.presets.len()))
        });
        let name = status.name.as_deref().map(|name| plain(name, LONGEST_NAME));
        let text = match &name {
            Some(name) => format!("{}{name}", place.unwrap_or_default()),
            None => "No preset".into(),
        };
        response.widget_info(|| {
            let mut info = WidgetInfo::labeled(Role::Button, true, "Preset");
            info.current_text_value = Some(match status.changed {
                true => format!("{text}, changed"),
                false => text.clone(),
            });
            info
        });
        let fill = match response.hovered() {
            true => theme::HOVERED,
            false => theme::WELL,
        };
        ui.painter().rect_filled(rect, theme::CORNER, fill);
        let colour = match name {
            Some(_) => theme::TEXT,
            None => theme::FAINT,
        };
        let inside = rect.shrink2(vec2(8.0 * scale, 0.0));
        let mut written = inside;
        if status.changed {
            // A mark that does not move the name.
            written.max.x -= 10.0 * scale;
            let at = inside.right_center() - vec2(2.0 * scale, 0.0);
            ui.painter().circle_filled(at, 3.0 * scale, theme::ACCENT);
        }
        let font = theme::body(scale);
        draw_text(ui, written, Align2::CENTER_CENTER, 1, &text, font, colour);
        focus_ring(ui, &response, rect);
        Popup::menu(&response).show(|ui| self.preset_items(ui));
        response.on_hover_text(match (status.name.is_some(), status.changed) {
            (false, _) => "The rig comes from no preset. Click to save it, or to choose one.",
            (true, true) => "The preset that the rig came from; something was changed since.",
            (true, false) => "The preset that the rig came from.",
        });
    }

    fn preset_items(&mut self, ui: &mut Ui) {
        let status = &self.view.status.presets;
        let font = theme::small(self.scale);
        let text = |text: &str| RichText::new(text).font(font.clone());
        ui.set_min_width(150.0 * self.scale);
        let save = status.file.clone().filter(|_| status.changed);
        let button = egui::Button::new(text("Save"));
        if ui.add_enabled(save.is_some(), button).clicked()
            && let Some(file) = save
        {
            let save = PresetAction::Save(Save {
                slot: None,
                to: SaveTo::Over(file),
                with_files: false,
            });
            self.actions.push(Action::Preset(save));
        }
        if ui.button(text("Save as\u{2026}")).clicked() {
            let name = status.name.as_deref().unwrap_or_default();
            let form = Some(Form::save(None, name));
            self.to_presets = Some(ToPresets { form });
        }
        if ui.button(text("Browse presets\u{2026}")).clicked() {
            self.to_presets = Some(ToPresets { form: None });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::session::preset_path::PresetPath;
    use crate::session::presets::{PresetListing, SetlistEntry};
    use crate::session::rig::SetlistPlace;
    use crate::window::test_support::*;

    fn file() -> PresetPath {
        PresetPath::read("Live/Verse.gridleak").unwrap()
    }

    fn value(window: &Window) -> String {
        window.get_by_label("Preset").value().unwrap()
    }

    #[test]
    fn the_preset_is_named_with_its_place_and_whether_it_was_changed() {
        let mut window = window(view());
        assert_eq!(value(&window), "No preset");
        let status = &mut window.state_mut().view.status.presets;
        status.name = Some("Verse".into());
        window.run();
        assert_eq!(value(&window), "Verse");
        let setlist = PresetPath::read("Gig.gridleak-setlist").unwrap();
        let status = &mut window.state_mut().view.status.presets;
        status.changed = true;
        status.listing = Arc::new(PresetListing {
            setlists: vec![SetlistEntry {
                path: setlist.clone(),
                presets: vec![Some(file()), Some(file())],
                problem: None,
            }],
            ..PresetListing::default()
        });
        status.setlist = Some(SetlistPlace {
            setlist,
            at: Some(1),
        });
        window.run();
        assert_eq!(value(&window), "2/2 Verse, changed");
    }

    #[test]
    fn presets_are_stepped_through_and_saved_from_every_page() {
        let mut window = window(view());
        for (name, step) in [
            ("Previous Preset", Step::Previous),
            ("Next Preset", Step::Next),
        ] {
            window.get_by_label(name).click();
            let step = Action::Preset(PresetAction::Step(step));
            assert_eq!(done(&mut window), [step]);
        }
        let open = |window: &mut Window, item: &str| {
            window.get_by_label("Preset").click();
            window.run();
            window.get_by_label(item).click();
            done(window)
        };
        // There is nothing to save over.
        assert_eq!(open(&mut window, "Save"), []);
        window.key_press(Key::Escape);
        let status = &mut window.state_mut().view.status.presets;
        (status.name, status.file) = (Some("Verse".into()), Some(file()));
        status.changed = true;
        window.run();
        let save = PresetAction::Save(Save {
            slot: None,
            to: SaveTo::Over(file()),
            with_files: false,
        });
        assert_eq!(open(&mut window, "Save"), [Action::Preset(save)]);
        open(&mut window, "Browse presets\u{2026}");
        assert!(window.query_by_label("Presets").is_some());
        go_to(&mut window, "Rig");
        open(&mut window, "Save as\u{2026}");
        let field = window.get_by_label("Preset name");
        assert_eq!(field.value().as_deref(), Some("Verse"));
        assert!(field.is_focused());
    }
}
