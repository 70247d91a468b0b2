//! What can be read, and what holds it together.

use egui::accesskit::Role;
use egui::text::LayoutJob;
use egui::{
    Align, Align2, Color32, FontId, Rect, Response, Sense, Stroke, StrokeKind, Ui, WidgetInfo, vec2,
};

use crate::window::layout::take_top;
use crate::window::theme;

/// Height of the title of a section, and the space around what is in it.
pub(in crate::window) const TITLE: f32 = 26.0;
pub(in crate::window) const PADDING: f32 = 10.0;
/// Height of a row of buttons.
pub(in crate::window) const ROW: f32 = 24.0;

/// Shows where the keyboard is.
pub(in crate::window) fn focus_ring(ui: &Ui, response: &Response, rect: Rect) {
    if response.has_focus() {
        let stroke = Stroke::new(1.5, theme::TEXT);
        ui.painter()
            .rect_stroke(rect, theme::CORNER, stroke, StrokeKind::Inside);
    }
}

/// Draws text in `rect`, in at most `rows` lines; what does not fit ends in an ellipsis. Returns where
/// it is, and whether it does not fit.
pub(in crate::window) fn draw_text(
    ui: &Ui,
    rect: Rect,
    align: Align2,
    rows: usize,
    text: &str,
    font: FontId,
    colour: Color32,
) -> (Rect, bool) {
    let mut job = LayoutJob::simple(text.to_owned(), font, colour, rect.width());
    job.wrap.max_rows = rows;
    job.wrap.break_anywhere = rows == 1;
    job.halign = align.x();
    let galley = ui.painter().layout_job(job);
    let place = align.align_size_within_rect(galley.size(), rect);
    let elided = galley.elided;
    // A galley begins where its lines are aligned.
    let from = match align.x() {
        Align::Min => place.left_top(),
        Align::Center => place.center_top(),
        Align::Max => place.right_top(),
    };
    ui.painter().galley(from, galley, colour);
    (place, elided)
}

/// The same in the first of such sizes, with as many lines, that it fits in, or else in the last.
pub(in crate::window) fn draw_fitting(
    ui: &Ui,
    rect: Rect,
    align: Align2,
    sizes: &[(f32, usize)],
    text: &str,
    colour: Color32,
) {
    let longest = text
        .split_whitespace()
        .max_by_key(|word| word.chars().count());
    let fits = |&&(size, rows): &&(f32, usize)| {
        let font = FontId::proportional(size);
        let wide = |text: &str| {
            let galley = ui
                .painter()
                .layout_no_wrap(text.to_owned(), font.clone(), colour);
            galley.size().x
        };
        // No word is to be broken.
        let (all, word) = (wide(text), wide(longest.unwrap_or_default()));
        let rows = rows.min(text.split_whitespace().count());
        word <= rect.width() && all <= 0.85 * rows as f32 * rect.width() || all <= rect.width()
    };
    let fitting = sizes.iter().find(fits).or(sizes.last());
    if let Some(&(size, rows)) = fitting {
        draw_text(
            ui,
            rect,
            align,
            rows,
            text,
            FontId::proportional(size),
            colour,
        );
    }
}

/// Draws a short text in strong letters, which the font has none of; returns where it is.
pub(in crate::window) fn draw_strong(
    ui: &Ui,
    rect: Rect,
    align: Align2,
    text: &str,
    size: f32,
    colour: Color32,
) -> Rect {
    let font = FontId::proportional(size);
    let galley = ui.painter().layout_no_wrap(text.into(), font, colour);
    let place = align.align_size_within_rect(galley.size(), rect);
    for by in [0.0, 0.035, 0.07] {
        let at = place.min + vec2(by * size, 0.0);
        ui.painter().galley(at, galley.clone(), colour);
    }
    place.with_max_x(place.right() + 0.07 * size)
}

/// Text as something to read: it is in the tree of screen readers, and hovering shows all of it.
pub(in crate::window) fn label(
    ui: &mut Ui,
    rect: Rect,
    align: Align2,
    rows: usize,
    written: &str,
    font: FontId,
    colour: Color32,
) -> Response {
    let (place, elided) = draw_text(ui, rect, align, rows, written, font, colour);
    let id = ui.next_auto_id();
    ui.skip_ahead_auto_ids(1);
    let response = ui.interact(place, id, Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, written));
    if elided {
        response.on_hover_text(written)
    } else {
        response
    }
}

/// What holds other things.
pub(in crate::window) fn panel(ui: &Ui, rect: Rect) {
    let edge = Stroke::new(1.0, theme::OUTLINE);
    ui.painter().rect(
        rect,
        theme::PANEL_CORNER,
        theme::PANEL,
        edge,
        StrokeKind::Inside,
    );
}

/// A panel; returns the place of its title, and the place for what is in it.
pub(in crate::window) fn section(ui: &Ui, rect: Rect, scale: f32) -> (Rect, Rect) {
    panel(ui, rect);
    let mut inside = rect.shrink(PADDING * scale);
    inside.min.y = rect.top() + 4.0 * scale;
    let title = take_top(&mut inside, TITLE * scale, 4.0 * scale);
    (title, inside)
}

/// A panel with a title; returns the place for what is in it.
pub(in crate::window) fn titled(ui: &mut Ui, rect: Rect, scale: f32, title: &str) -> Rect {
    let (place, inside) = section(ui, rect, scale);
    let font = theme::body(scale);
    label(ui, place, Align2::LEFT_CENTER, 1, title, font, theme::TEXT);
    inside
}

/// Text that explains.
pub(in crate::window) fn note(ui: &mut Ui, rect: Rect, scale: f32, text: &str) {
    let rows = ((rect.height() / (15.0 * scale)) as usize).max(1);
    let font = theme::small(scale);
    label(ui, rect, Align2::LEFT_TOP, rows, text, font, theme::WEAK);
}
