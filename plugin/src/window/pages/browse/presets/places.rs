//! Where to look: all presets, favourites, banks, setlists.

use egui::accesskit::Role;
use egui::{
    Align2, Color32, EventFilter, Id, Popup, Rect, RichText, Sense, Stroke, Ui, UiBuilder,
    WidgetInfo, vec2,
};

use super::form::Form;
use super::memory::{Place, PresetsMemory};
use crate::session::preset_path::PresetPath;
use crate::session::presets::{PresetAction, PresetListing};
use crate::window::context::UiContext;
use crate::window::layout::take_bottom;
use crate::window::pages::browse::scroll::{name_active, steps};
use crate::window::pages::browse::tree::LINE;
use crate::window::plain_text::{LONGEST_NAME, plain};
use crate::window::theme;
use crate::window::view::Action;
use crate::window::widgets::text::{ROW, draw_text, focus_ring, panel};

/// All places, each with how much there is.
fn places(listing: &PresetListing) -> Vec<(Place, usize)> {
    let all = listing.presets.len();
    let favourites = listing.presets.iter().filter(|preset| preset.favourite);
    let mut places = vec![(Place::All, all), (Place::Favourites, favourites.count())];
    // They stand bank by bank.
    for preset in &listing.presets {
        let bank = preset.path.bank();
        match places.last_mut() {
            _ if bank.is_empty() => {}
            Some((Place::Bank(last), count)) if *last == bank => *count += 1,
            _ => places.push((Place::Bank(bank), 1)),
        }
    }
    let setlists = listing.setlists.iter();
    places.extend(setlists.map(|list| (Place::Setlist(list.path.clone()), list.presets.len())));
    places
}

fn place_id(row: usize) -> Id {
    Id::unique(("preset place", row))
}

impl PresetsMemory {
    pub(super) fn show_places(&mut self, ui: &mut Ui, rect: Rect, context: &mut UiContext<'_>) {
        let scale = context.scale;
        panel(ui, rect);
        let mut inside = rect.shrink(5.0 * scale);
        let button = take_bottom(&mut inside, ROW * scale, 5.0 * scale);
        let id = Id::unique("preset places");
        let response = ui.interact(inside, id, Sense::focusable_noninteractive());
        response.widget_info(|| WidgetInfo::labeled(Role::ListBox, true, "Places"));
        let all = places(&context.view.status.presets.listing);
        let selected = all.iter().position(|(place, _)| *place == self.place);
        if response.has_focus() {
            let arrows = EventFilter {
                vertical_arrows: true,
                ..EventFilter::default()
            };
            ui.memory_mut(|m| m.set_focus_lock_filter(id, arrows));
            let by = steps(ui, self.places.page, all.len());
            if by != 0 {
                let from = selected.unwrap_or(0) as isize;
                let last = all.len() as isize - 1;
                let to = from.saturating_add(by).clamp(0, last) as usize;
                self.place = all[to].0.clone();
                self.places.reveal = Some(to);
            }
        }
        let child = UiBuilder::new().max_rect(inside).accessibility_parent(id);
        let mut child = ui.new_child(child);
        let mut chosen = None;
        let form = &mut self.form;
        let show = |ui: &mut Ui, row: usize, rect: Rect| {
            let (place, count) = &all[row];
            let apart = matches!(place, Place::Setlist(_))
                && !matches!(all[row - 1].0, Place::Setlist(_))
                || matches!(place, Place::Bank(_)) && matches!(all[row - 1].0, Place::Favourites);
            if apart {
                let edge = Stroke::new(1.0, theme::OUTLINE);
                ui.painter().hline(rect.x_range(), rect.top(), edge);
            }
            let row = PlaceRow {
                place,
                count: *count,
                row,
                selected: selected == Some(row),
            };
            if row.show(ui, rect, context, form) {
                chosen = Some(place.clone());
            }
        };
        let line = LINE * scale;
        self.places
            .show(&mut child, "preset places", inside, line, all.len(), show);
        if let Some(row) = selected {
            name_active(ui, id, place_id(row));
        }
        if let Some(place) = chosen {
            self.place = place;
            response.request_focus();
            ui.ctx().request_repaint();
        }
        focus_ring(ui, &response, inside);
        let words = context.words("New setlist", "New setlist\u{2026}");
        let response = words.show(ui, button);
        if response.clicked() {
            self.form = Some(Form::setlist());
        }
        response.on_hover_text("An ordered list of presets, to step through with one button");
    }
}

/// A place in the list of them.
struct PlaceRow<'a> {
    place: &'a Place,
    count: usize,
    row: usize,
    selected: bool,
}

impl PlaceRow<'_> {
    fn name(&self) -> String {
        match self.place {
            Place::All => "All presets".into(),
            Place::Favourites => "Favourites".into(),
            Place::Bank(bank) => plain(bank, LONGEST_NAME),
            Place::Setlist(path) => plain(&path.name(), LONGEST_NAME),
        }
    }

    /// Shows it; says whether it was chosen.
    fn show(
        &self,
        ui: &mut Ui,
        rect: Rect,
        context: &mut UiContext<'_>,
        form: &mut Option<Form>,
    ) -> bool {
        let scale = context.scale;
        let id = place_id(self.row);
        let response = ui.interact(rect, id, Sense::CLICK);
        let setlist = match self.place {
            Place::Setlist(path) => Some(path),
            _ => None,
        };
        let playing = context.view.status.presets.setlist.as_ref();
        let plays = playing.is_some_and(|playing| Some(&playing.setlist) == setlist);
        let name = self.name();
        response.widget_info(|| {
            let called = match setlist {
                Some(_) => format!("Setlist {name}"),
                None => name.clone(),
            };
            let mut info = WidgetInfo::labeled(Role::ListBoxOption, true, called);
            info.current_text_value = plays.then(|| "played through".into());
            info
        });
        ui.ctx().accesskit_node_builder(id, |node| {
            node.set_selected(self.selected);
        });
        let row = rect.shrink2(vec2(0.0, 0.5 * scale));
        let fill = match (self.selected, response.hovered()) {
            (true, _) => theme::CHOSEN,
            (false, true) => theme::RAISED,
            (false, false) => Color32::TRANSPARENT,
        };
        ui.painter().rect_filled(row, theme::CORNER, fill);
        let inside = row.shrink2(vec2(6.0 * scale, 0.0));
        let font = theme::tiny(scale);
        let count = self.count.to_string();
        let align = Align2::RIGHT_CENTER;
        let (count, _) = draw_text(ui, inside, align, 1, &count, font, theme::FAINT);
        let mut text = inside.with_max_x(count.left() - 4.0 * scale);
        text.min.x += 12.0 * scale;
        if setlist.is_some() {
            let at = inside.left_center() + vec2(4.0, 0.0) * scale;
            let colour = if plays { theme::ACCENT } else { theme::FAINT };
            draw_list(ui, at, scale, colour);
        }
        let colour = match self.selected || plays {
            true => theme::ACCENT,
            false => theme::TEXT,
        };
        draw_text(
            ui,
            text,
            Align2::LEFT_CENTER,
            1,
            &name,
            theme::small(scale),
            colour,
        );
        if let Some(path) = setlist {
            setlist_menu(&response, context, path, plays, form);
            let listing = &context.view.status.presets.listing;
            let entry = listing.setlists.iter().find(|other| other.path == *path);
            if let Some(problem) = entry.and_then(|entry| entry.problem.as_ref()) {
                response.clone().on_hover_text(plain(problem, LONGEST_NAME));
            }
        }
        response.clicked()
    }
}

/// What else is done with a setlist.
fn setlist_menu(
    response: &egui::Response,
    context: &mut UiContext<'_>,
    path: &PresetPath,
    plays: bool,
    form: &mut Option<Form>,
) {
    let font = theme::small(context.scale);
    let text = |text: &str| RichText::new(text).font(font.clone());
    Popup::context_menu(response).show(|ui| {
        ui.set_min_width(150.0 * context.scale);
        let (name, choice) = match plays {
            true => ("Play through it no longer", None),
            false => ("Play through it", Some(path.clone())),
        };
        if ui.button(text(name)).clicked() {
            let choose = PresetAction::ChooseSetlist(choice);
            context.actions.push(Action::Preset(choose));
        }
        if ui.button(text("Rename\u{2026}")).clicked() {
            *form = Some(Form::rename(path.clone()));
        }
        if ui.button(text("Delete\u{2026}")).clicked() {
            *form = Some(Form::delete(path.clone()));
        }
    });
}

/// Lines below each other, for a list.
fn draw_list(ui: &Ui, at: egui::Pos2, scale: f32, colour: Color32) {
    for line in [-3.0, 0.0, 3.0] {
        let from = at + vec2(-3.5, line) * scale;
        let ends = [from, from + vec2(7.0, 0.0) * scale];
        ui.painter()
            .line_segment(ends, Stroke::new(1.2 * scale, colour));
    }
}
