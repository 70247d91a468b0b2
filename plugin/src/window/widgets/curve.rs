//! Curves: what the gate, the tone stack and the cabinet do to the sound.

use egui::accesskit::Role;
use egui::{Align2, Color32, Id, Pos2, Rect, Sense, Shape, Stroke, Ui, WidgetInfo, pos2, remap};

use gridleak_core::GateSettings;

use crate::session::curve::{HIGHEST, LOWEST};
use crate::window::theme;

/// The lowest level in dB that the gate's curve shows.
const QUIETEST: f32 = -110.0;

/// Points of a frequency in Hz in the place of a curve.
fn across(rect: Rect, frequency: f64) -> f32 {
    let part = (frequency / LOWEST).ln() / (HIGHEST / LOWEST).ln();
    rect.left() + part as f32 * rect.width()
}

/// The gate as it is set and as it works now, in dB.
#[derive(Debug, Clone, Copy)]
pub(in crate::window) struct Gate {
    pub(in crate::window) settings: GateSettings,
    pub(in crate::window) level: f32,
    pub(in crate::window) reduction: f32,
}

/// Draws the well of a curve.
fn well(ui: &Ui, rect: Rect) {
    ui.painter().rect_filled(rect, theme::CORNER, theme::WELL);
}

/// What comes out of the gate for what goes in, with a dot where the sound is now.
pub(in crate::window) fn show_gate(ui: &mut Ui, rect: Rect, scale: f32, gate: &Gate) {
    let response = ui.interact(rect, Id::unique("gate reduction"), Sense::hover());
    let reduction = match gate.reduction {
        _ if !gate.settings.on => "Off".to_owned(),
        db if db > -0.05 => "Open".to_owned(),
        db if db < -99.5 => "Closed".to_owned(),
        db => format!("{db:.1} dB"),
    };
    response.widget_info(|| {
        let mut info = WidgetInfo::labeled(Role::Meter, true, "Gate reduction");
        info.value = Some(f64::from(gate.reduction));
        info.current_text_value = Some(reduction.clone());
        info
    });
    well(ui, rect);
    let painter = ui.painter().with_clip_rect(rect);
    let inside = rect.shrink(4.0 * scale);
    let at = |level: f32, out: f32| {
        pos2(
            remap(level, QUIETEST..=0.0, inside.left()..=inside.right()),
            remap(out, QUIETEST..=0.0, inside.bottom()..=inside.top()),
        )
    };
    let grid = Stroke::new(1.0, theme::GRID);
    for level in [-90.0, -60.0, -30.0] {
        painter.vline(at(level, 0.0).x, rect.y_range(), grid);
        painter.hline(rect.x_range(), at(0.0, level).y, grid);
    }
    painter.line_segment(
        [at(QUIETEST, QUIETEST), at(0.0, 0.0)],
        Stroke::new(1.0, theme::OUTLINE),
    );
    let threshold = at(gate.settings.threshold_db, 0.0).x;
    painter.vline(
        threshold,
        rect.y_range(),
        Stroke::new(1.0, theme::ACCENT.gamma_multiply(0.4)),
    );
    let points = (0..=110).map(|n| {
        let level = QUIETEST + n as f32;
        let out = gate.settings.response_db(level.into()) as f32;
        at(level, out.max(QUIETEST - 40.0))
    });
    painter.add(Shape::line(
        points.collect(),
        Stroke::new(1.5 * scale, theme::ACCENT),
    ));
    if gate.settings.on && gate.level > QUIETEST {
        let level = gate.level.min(0.0);
        let out = (level + gate.reduction).max(QUIETEST);
        painter.circle_filled(at(level, out), 3.5 * scale, theme::TEXT);
    }
    painter.text(
        rect.right_bottom() - egui::vec2(6.0, 4.0) * scale,
        Align2::RIGHT_BOTTOM,
        &reduction,
        theme::small(scale),
        theme::WEAK,
    );
}

/// A place for responses over a logarithmic scale of frequencies.
pub(in crate::window) struct Responses {
    name: &'static str,
    /// The lowest and the highest level that is drawn, in dB.
    bottom: f32,
    top: f32,
}

pub(in crate::window) const TONE_CURVE: Responses = Responses {
    name: "Tone curve",
    bottom: -24.0,
    top: 24.0,
};
pub(in crate::window) const CAB_CURVE: Responses = Responses {
    name: "Cab curve",
    bottom: -36.0,
    top: 12.0,
};

impl Responses {
    /// Draws responses, each in dB and in a colour; the first of them is what one hears.
    pub(in crate::window) fn show(
        &self,
        ui: &mut Ui,
        rect: Rect,
        scale: f32,
        text: &str,
        lines: &[(&[f32], Color32)],
    ) {
        let Responses { name, bottom, top } = *self;
        let response = ui.interact(rect, Id::unique(("curve", name)), Sense::hover());
        response.widget_info(|| {
            let mut info = WidgetInfo::labeled(Role::Image, true, name);
            info.current_text_value = Some(text.to_owned());
            info
        });
        well(ui, rect);
        let painter = ui.painter().with_clip_rect(rect);
        let y = |db: f32| remap(db, bottom..=top, rect.bottom()..=rect.top());
        let grid = Stroke::new(1.0, theme::GRID);
        for frequency in [50.0, 100.0, 200.0, 500.0, 1e3, 2e3, 5e3, 10e3] {
            painter.vline(across(rect, frequency), rect.y_range(), grid);
        }
        painter.hline(rect.x_range(), y(0.0), Stroke::new(1.0, theme::OUTLINE));
        for (frequency, text) in [(100.0, "100"), (1e3, "1k"), (10e3, "10k")] {
            painter.text(
                pos2(across(rect, frequency) + 2.0, rect.bottom() - 1.0),
                Align2::LEFT_BOTTOM,
                text,
                theme::tiny(0.9 * scale),
                theme::FAINT,
            );
        }
        for (index, (response, colour)) in lines.iter().enumerate().rev() {
            let last = (response.len().max(2) - 1) as f32;
            let points: Vec<Pos2> = response
                .iter()
                .enumerate()
                .map(|(n, db)| {
                    // What is nowhere is below everything.
                    let db = if db.is_finite() { *db } else { 2.0 * bottom };
                    let x = rect.left() + n as f32 / last * rect.width();
                    pos2(x, y(db.clamp(2.0 * bottom, 2.0 * top)))
                })
                .collect();
            let wide = if index == 0 { 1.5 * scale } else { 1.0 };
            painter.add(Shape::line(points, Stroke::new(wide, *colour)));
        }
        if lines.is_empty() {
            painter.text(
                rect.center(),
                Align2::CENTER_CENTER,
                text,
                theme::small(scale),
                theme::FAINT,
            );
        }
    }
}
