//! Colours, type and corners of the window, in one place.

use egui::{Color32, Context, CornerRadius, FontId, Stroke, TextStyle, Visuals};

use crate::session::rig::SlotColour;

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
/// A control that waits for a MIDI controller.
pub(super) const LEARNING: Color32 = Color32::from_rgb(0x6f, 0xc3, 0xff);
/// Text on [`ACCENT`], [`ERROR`], [`TEXT`], and the colours of slots.
pub(super) const ON_LIT: Color32 = Color32::from_rgb(0x16, 0x12, 0x0c);

/// What a slot is lit in.
pub(super) fn slot(colour: SlotColour) -> Color32 {
    match colour {
        SlotColour::None => ACCENT,
        SlotColour::Red => Color32::from_rgb(0xf2, 0x66, 0x5c),
        SlotColour::Orange => Color32::from_rgb(0xf5, 0x84, 0x2e),
        SlotColour::Yellow => Color32::from_rgb(0xf2, 0xd0, 0x4a),
        SlotColour::Green => Color32::from_rgb(0x7a, 0xcf, 0x62),
        SlotColour::Cyan => Color32::from_rgb(0x45, 0xcf, 0xc8),
        SlotColour::Blue => Color32::from_rgb(0x68, 0xa6, 0xf7),
        SlotColour::Purple => Color32::from_rgb(0xb0, 0x92, 0xf5),
        SlotColour::Pink => Color32::from_rgb(0xf2, 0x86, 0xbd),
    }
}

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

#[cfg(test)]
mod tests {
    use super::*;

    /// How light a colour is, 0 to 1, as the WCAG have it.
    fn luminance(colour: Color32) -> f32 {
        let linear = egui::Rgba::from(colour);
        0.2126 * linear.r() + 0.7152 * linear.g() + 0.0722 * linear.b()
    }

    fn contrast(a: Color32, b: Color32) -> f32 {
        let (a, b) = (luminance(a) + 0.05, luminance(b) + 0.05);
        a.max(b) / a.min(b)
    }

    #[test]
    fn what_is_written_on_a_slot_can_be_read_from_afar() {
        for colour in SlotColour::ALL {
            let lit = slot(colour);
            for dark in [ON_LIT, BACKGROUND, PANEL] {
                assert!(contrast(lit, dark) > 5.0, "{colour:?} on {dark:?}");
            }
        }
        assert!(contrast(TEXT, PANEL) > 7.0);
    }
}
