//! The page with all there is to load, by folder and by search, heard as soon as it is reached.

mod memory;
pub(in crate::window) mod presets;
mod results;
mod scroll;
mod sources;
#[cfg(test)]
mod tests;
mod tree;

use egui::text::CCursorRange;
use egui::{
    Align2, EventFilter, Id, Key, Modifiers, Rect, RichText, Stroke, StrokeKind, TextEdit, Ui,
    Vec2, vec2,
};

use self::memory::Begin;
pub(in crate::window) use self::memory::BrowserMemory;
use crate::session::library::{Order, Scope};
use crate::session::part::PartKind;
use crate::window::context::UiContext;
use crate::window::layout::take_top;
use crate::window::theme;
use crate::window::view::Action;
use crate::window::widgets::button::{Button, Icon, Radio, radio};
use crate::window::widgets::text::ROW;

/// Longest text that is searched for, in characters.
const LONGEST_SEARCH: usize = 100;

/// What can be chosen for, with the names of the buttons; `None` for whole rigs.
const PARTS: [(Option<PartKind>, &str, &str); 5] = [
    (Some(PartKind::Capture), "Browse captures", "Capture"),
    (Some(PartKind::Pedal), "Browse pedals", "Pedal"),
    (Some(PartKind::Cab), "Browse cabinets", "Cabinet"),
    (
        Some(PartKind::SecondCab),
        "Browse second cabinets",
        "2nd cab",
    ),
    (None, "Browse presets", "Presets"),
];

const ORDERS: [(Order, &str, &str); 3] = [
    (Order::Folder, "Sort by folder", "Folder"),
    (Order::Name, "Sort by name", "Name"),
    (Order::Newest, "Sort by date", "Newest"),
];

pub(in crate::window) fn show(
    ui: &mut Ui,
    mut rect: Rect,
    context: &mut UiContext<'_>,
    memory: &mut BrowserMemory,
) {
    let scale = context.scale;
    context.actions.push(Action::Browse);
    memory.update(context.view);
    let top = take_top(&mut rect, ROW * scale, 8.0 * scale);
    memory.show_top(ui, top, context);
    let wide = (0.28 * rect.width()).clamp(170.0 * scale, 280.0 * scale);
    let (left, right) = rect.split_left_right_at_x(rect.left() + wide);
    if memory.shows_presets {
        let right = right.with_min_x(left.right() + 8.0 * scale);
        presets::show(ui, [left, right], context, &mut memory.presets);
        return;
    }
    memory.update(context.view);
    memory.show_sources(ui, left, context);
    memory.update(context.view);
    memory.show_list(ui, right.with_min_x(left.right() + 8.0 * scale), context);
}

impl BrowserMemory {
    fn show_top(&mut self, ui: &mut Ui, rect: Rect, context: &mut UiContext<'_>) {
        let scale = context.scale;
        let gap = 10.0 * scale;
        let (parts, rest) = rect.split_left_right_at_x(rect.left() + 318.0 * scale);
        let (field, orders) = rest.split_left_right_at_x(rest.right() - 162.0 * scale);
        let field = match self.shows_presets {
            true => field.union(orders).with_max_x(orders.right() + gap),
            false => field,
        };
        let now = (!self.shows_presets).then_some(self.part);
        let options = PARTS.map(|(part, name, text)| Radio {
            name,
            text,
            on: part == now,
            weak: false,
            hint: Some(match part {
                Some(_) => "What a click in the list is loaded as",
                None => "Whole rigs, and slots of them",
            }),
        });
        let (chosen, _) = radio(ui, parts, scale, "Browse for", &options);
        if let Some(index) = chosen {
            let part = PARTS[index].0;
            self.shows_presets = part.is_none();
            self.part = part.unwrap_or(self.part);
            self.selected = None;
            self.begin = Some(Begin::There);
            ui.ctx().request_repaint();
        }
        self.show_search(ui, field.shrink2(vec2(gap, 0.0)), context);
        if self.shows_presets {
            return;
        }
        let (idle, hint) = match (self.text.trim().is_empty(), self.scope()) {
            (false, _) => (true, "While you search, what fits best comes first"),
            (true, Scope::Recent) => (true, "What was loaded last comes first"),
            (true, _) => (false, "The order of the list"),
        };
        let options = ORDERS.map(|(order, name, text)| Radio {
            name,
            text,
            on: order == self.order,
            weak: idle,
            hint: Some(hint),
        });
        let (chosen, _) = radio(ui, orders, scale, "Sort by", &options);
        if let Some(index) = chosen {
            self.order = ORDERS[index].0;
            self.begin = Some(Begin::There);
            ui.ctx().request_repaint();
        }
    }

    /// What is searched for.
    fn searched(&self) -> &str {
        match self.shows_presets {
            true => &self.presets.text,
            false => &self.text,
        }
    }

    fn searched_mut(&mut self) -> &mut String {
        match self.shows_presets {
            true => &mut self.presets.text,
            false => &mut self.text,
        }
    }

    fn clear_search(&mut self) {
        match self.shows_presets {
            true => self.presets.text.clear(),
            false => self.set_text(String::new()),
        }
    }

    fn show_search(&mut self, ui: &mut Ui, rect: Rect, context: &mut UiContext<'_>) {
        let scale = context.scale;
        let id = Id::unique("search");
        let focused = ui.memory(|m| m.has_focus(id));
        if focused {
            let page = self.list.page.max(1) as isize;
            let none = Modifiers::NONE;
            let (by, enter, escape) = ui.input_mut(|i| {
                let mut presses = |key| i.count_and_consume_key(none, key) as isize;
                let by = presses(Key::ArrowDown) - presses(Key::ArrowUp)
                    + page * (presses(Key::PageDown) - presses(Key::PageUp));
                (by, presses(Key::Enter) > 0, presses(Key::Escape) > 0)
            });
            if self.shows_presets {
                self.presets.search_keys(by, enter, context);
            } else {
                self.walk(by, context);
                if enter {
                    self.open(self.row, context);
                }
            }
            if escape && self.searched().is_empty() {
                ui.memory_mut(|m| m.surrender_focus(id));
            } else if escape {
                self.clear_search();
            }
        }

        ui.painter().rect_filled(rect, theme::CORNER, theme::WELL);
        let edge = if focused {
            theme::ACCENT
        } else {
            theme::OUTLINE
        };
        let edge = Stroke::new(1.0, edge);
        ui.painter()
            .rect_stroke(rect, theme::CORNER, edge, StrokeKind::Inside);
        draw_lens(ui, rect.left_center() + vec2(13.0, 0.0) * scale, scale);
        let (text, clear) = rect.split_left_right_at_x(rect.right() - 24.0 * scale);
        let text = text.with_min_x(rect.left() + 24.0 * scale);
        let font = theme::body(scale);
        let hint = match self.shows_presets {
            true => "Search presets\u{2026}",
            false => "Search name, folder, gear\u{2026}",
        };
        let field = TextEdit::singleline(self.searched_mut())
            .id(id)
            .font(font.clone())
            .hint_text(RichText::new(hint).font(font.clone()))
            .char_limit(LONGEST_SEARCH)
            .margin(Vec2::ZERO)
            .frame(egui::Frame::NONE)
            .align(Align2::LEFT_CENTER)
            .desired_width(text.width())
            .event_filter(EventFilter {
                horizontal_arrows: true,
                vertical_arrows: true,
                escape: true,
                ..EventFilter::default()
            });
        let response = ui.place(text, field).accessible_name("Search");
        if response.changed() && !self.shows_presets {
            self.text_changed();
        }
        if !self.searched().is_empty() {
            let name = "Clear the search field";
            let button = Button::new(name, Icon::Cross, theme::small(scale)).flat();
            if button.show(ui, clear.shrink(3.0 * scale)).clicked() {
                self.clear_search();
                response.request_focus();
            }
        }
        if std::mem::take(&mut self.find) {
            response.request_focus();
            let mut state = TextEdit::load_state(ui.ctx(), id).unwrap_or_default();
            let all = CCursorRange::select_all_str(self.searched());
            state.cursor.set_char_range(Some(all));
            state.store(ui.ctx(), id);
            ui.ctx().request_repaint();
        }
        response.on_hover_ui(|ui| {
            let shortcut = egui::KeyboardShortcut::new(Modifiers::COMMAND, Key::F);
            let keys = ui.ctx().format_shortcut(&shortcut);
            ui.label(format!(
                "Parts of words in any order. The arrow keys play what is found. {keys} leads here."
            ));
        });
    }
}

fn draw_lens(ui: &Ui, at: egui::Pos2, scale: f32) {
    let stroke = Stroke::new(1.4 * scale, theme::FAINT);
    let middle = at - vec2(1.0, 1.0) * scale;
    ui.painter().circle_stroke(middle, 3.6 * scale, stroke);
    let handle = |far: f32| middle + vec2(far, far) * scale;
    ui.painter()
        .line_segment([handle(2.6), handle(6.0)], stroke);
}
