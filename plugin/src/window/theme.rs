//! Colours, type and corners of the window, in one place.

use egui::{Color32, Context, CornerRadius, FontId, Stroke, TextStyle, Visuals};

pub(crate) const BACKGROUND: Color32 = Color32::from_rgb(0x16, 0x17, 0x1a);
pub(super) const PANEL: Color32 = Color32::from_rgb(0x1e, 0x20, 0x24);
pub(super) const RAISED: Color32 = Color32::from_rgb(0x2a, 0x2d, 0x33);
pub(super) const HOVERED: Color32 = Color32::from_rgb(0x36, 0x3a, 0x42);
/// What lies deeper than the background: the empty part of meters, fields to type in.
pub(super) const WELL: Color32 = Color32::from_rgb(0x0e, 0x0f, 0x11);
pub(super) const OUTLINE: Color32 = Color32::from_rgb(0x34, 0x38, 0x3f);
pub(super) const TEXT: Color32 = Color32::from_rgb(0xe9, 0xe7, 0xe3);
pub(super) const WEAK: Color32 = Color32::from_rgb(0xa2, 0xa5, 0xab);
pub(super) const FAINT: Color32 = Color32::from_rgb(0x7c, 0x80, 0x87);
/// The glow of a valve.
pub(super) const ACCENT: Color32 = Color32::from_rgb(0xf0, 0x9a, 0x3e);
/// What is chosen of several: the glow from afar.
pub(super) const CHOSEN: Color32 = Color32::from_rgb(0x4a, 0x36, 0x22);
/// Lines in the wells of curves.
pub(super) const GRID: Color32 = Color32::from_rgb(0x22, 0x25, 0x29);
/// A note that is in tune.
pub(super) const IN_TUNE: Color32 = Color32::from_rgb(0x74, 0xd1, 0x86);
pub(super) const ERROR: Color32 = Color32::from_rgb(0xee, 0x5b, 0x4f);
/// Text on [`ACCENT`], [`ERROR`] and [`TEXT`].
pub(super) const ON_LIT: Color32 = Color32::from_rgb(0x16, 0x12, 0x0c);

/// Corners of everything that can be pressed.
pub(super) const CORNER: CornerRadius = CornerRadius::same(4);
/// Corners of what holds other things.
pub(super) const PANEL_CORNER: CornerRadius = CornerRadius::same(6);

/// Marks on meters.
pub(super) fn tiny(scale: f32) -> FontId {
    FontId::proportional((10.0 * scale).max(8.5))
}

/// What names a control, and what stands at the edge.
pub(super) fn small(scale: f32) -> FontId {
    FontId::proportional((11.5 * scale).max(9.5))
}

/// What is to be read or pressed.
pub(super) fn body(scale: f32) -> FontId {
    FontId::proportional((13.5 * scale).max(11.0))
}

/// Sets what egui draws by itself: fields, tooltips, scroll bars.
pub(super) fn install(ctx: &Context) {
    ctx.all_styles_mut(|style| {
        style.visuals = visuals();
        style.interaction.selectable_labels = false;
        style.spacing.tooltip_width = 260.0;
        for (name, font) in [
            (TextStyle::Small, small(1.0)),
            (TextStyle::Body, small(1.0)),
            (TextStyle::Button, body(1.0)),
        ] {
            style.text_styles.insert(name, font);
        }
    });
}

fn visuals() -> Visuals {
    let mut visuals = Visuals::dark();
    visuals.panel_fill = BACKGROUND;
    visuals.window_fill = RAISED;
    visuals.window_stroke = Stroke::new(1.0, OUTLINE);
    visuals.window_corner_radius = CORNER;
    visuals.menu_corner_radius = CORNER;
    visuals.extreme_bg_color = WELL;
    visuals.override_text_color = Some(TEXT);
    visuals.selection.bg_fill = ACCENT.gamma_multiply(0.45);
    visuals.selection.stroke = Stroke::new(1.0, TEXT);
    visuals.text_cursor.stroke = Stroke::new(1.5, ACCENT);
    let widgets = &mut visuals.widgets;
    for (look, fill) in [
        (&mut widgets.noninteractive, PANEL),
        (&mut widgets.inactive, RAISED),
        (&mut widgets.hovered, HOVERED),
        (&mut widgets.active, HOVERED),
        (&mut widgets.open, HOVERED),
    ] {
        look.bg_fill = fill;
        look.weak_bg_fill = fill;
        look.bg_stroke = Stroke::NONE;
        look.corner_radius = CORNER;
    }
    visuals
}
