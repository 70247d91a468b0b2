//! Lists that are scrolled: only what is in sight is drawn.

use egui::style::ScrollStyle;
use egui::{Id, Key, Rect, ScrollArea, Ui, Vec2};

/// A list that is scrolled.
#[derive(Debug, Default)]
pub(super) struct Scroll {
    offset: f32,
    /// A row to be brought into view.
    pub(super) reveal: Option<usize>,
    /// Rows that were seen at once.
    pub(super) page: usize,
}

/// Rows to go down, or up, by the keys that were pressed.
pub(super) fn steps(ui: &Ui, page: usize, rows: usize) -> isize {
    let (page, rows) = (page.max(1) as isize, rows as isize);
    ui.input(|i| {
        let by = |key, step: isize| step * i.num_presses(key) as isize;
        by(Key::ArrowDown, 1)
            + by(Key::ArrowUp, -1)
            + by(Key::PageDown, page)
            + by(Key::PageUp, -page)
            + by(Key::End, rows)
            + by(Key::Home, -rows)
    })
}

/// Tells a screen reader which row of the list at `list` is meant, if it is in sight.
pub(super) fn name_active(ui: &Ui, list: Id, row: Id) {
    if ui.ctx().has_accesskit_node(row) {
        ui.ctx().accesskit_node_builder(list, |node| {
            node.set_active_descendant(row.accesskit_id());
        });
    }
}

impl Scroll {
    /// Shows those of `rows` rows that are in sight, each `line` high.
    pub(super) fn show(
        &mut self,
        ui: &mut Ui,
        name: &str,
        rect: Rect,
        line: f32,
        rows: usize,
        mut show: impl FnMut(&mut Ui, usize, Rect),
    ) {
        self.page = (rect.height() / line) as usize;
        let spacing = ui.spacing_mut();
        spacing.item_spacing = Vec2::ZERO;
        spacing.scroll = ScrollStyle {
            foreground_color: true,
            dormant_background_opacity: 0.0,
            active_background_opacity: 0.0,
            dormant_handle_opacity: 0.25,
            active_handle_opacity: 0.4,
            ..ScrollStyle::thin()
        };
        let mut area = ScrollArea::vertical().id_salt(name).auto_shrink(false);
        if let Some(row) = self.reveal.take() {
            let top = row as f32 * line;
            let offset = self.offset.min(top).max(top + line - rect.height());
            area = area.vertical_scroll_offset(offset.max(0.0));
        }
        let shown = area.show_rows(ui, line, rows, |ui, range| {
            let (place, sight) = (ui.max_rect(), ui.clip_rect());
            for (index, row) in range.enumerate() {
                let top = place.top() + index as f32 * line;
                let rect = Rect::from_x_y_ranges(place.x_range(), top..=top + line);
                if rect.intersect(sight).height() > 1.0 {
                    show(ui, row, rect);
                }
            }
        });
        self.offset = shown.state.clamped_offset().y;
    }
}
