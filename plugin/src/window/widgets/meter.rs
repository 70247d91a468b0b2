//! Level meters: how they move, and how they look.

use std::time::Duration;

use egui::accesskit::Role;
use egui::{Align2, Id, Rect, Sense, Ui, WidgetInfo, pos2};

use super::text::focus_ring;
use crate::session::status::PeakLevels;
use crate::window::theme;

/// The range that is drawn, in dBFS. Float samples may exceed 0 and still be whole, so it goes on.
const BOTTOM: f32 = -60.0;
const TOP: f32 = 6.0;

/// How fast a bar falls, in dB per second.
const RELEASE: f64 = 20.0;

/// How long the line of the last peak stays, in seconds.
const HOLD: f64 = 1.5;

/// Time between two pictures of a falling bar.
const FRAME: Duration = Duration::from_millis(16);

/// What a meter remembers of one channel. Levels in dBFS, times in seconds.
#[derive(Debug, Clone, Copy)]
struct Bar {
    level: f32,
    /// When `level` was true.
    at: f64,
    peak: f32,
    peaked: f64,
}

impl Default for Bar {
    fn default() -> Self {
        Self {
            level: f32::NEG_INFINITY,
            at: 0.0,
            peak: f32::NEG_INFINITY,
            peaked: 0.0,
        }
    }
}

impl Bar {
    /// Rises at once, falls slowly; the peak stays for a while and joins the bar.
    fn take(&mut self, level: f32, now: f64) {
        let fallen = RELEASE * (now - self.at).max(0.0);
        self.level = level.max(self.level - fallen as f32);
        self.at = now;
        if self.level >= self.peak {
            self.peak = self.level;
            self.peaked = now;
        } else if now - self.peaked >= HOLD {
            self.peak = self.level;
        }
    }

    /// When it will look different if nothing is heard, from now on. `None`: never.
    fn moves_in(&self, now: f64) -> Option<Duration> {
        if self.level > BOTTOM {
            Some(FRAME)
        } else if self.peak > BOTTOM {
            Some(Duration::from_secs_f64(
                (self.peaked + HOLD - now).clamp(0.0, HOLD),
            ))
        } else {
            None
        }
    }
}

/// What a meter remembers between two looks.
#[derive(Debug, Clone)]
pub(in crate::window) struct Meter {
    bars: [Bar; 2],
    /// Largest level since it was reset, in dBFS.
    largest: f32,
    /// Whether a sample reached 0 dBFS, or was no number, since it was reset.
    clipped: bool,
}

impl Default for Meter {
    fn default() -> Self {
        Self {
            bars: Default::default(),
            largest: f32::NEG_INFINITY,
            clipped: false,
        }
    }
}

impl Meter {
    /// Takes what was heard since the last look. `now`: seconds on any clock.
    fn take(&mut self, levels: &PeakLevels, now: f64) {
        for (bar, magnitude) in self.bars.iter_mut().zip([Some(levels.left), levels.right]) {
            // A channel that is not there stays empty.
            let magnitude = magnitude.unwrap_or(0.0).abs();
            let level = if magnitude.is_finite() {
                20.0 * magnitude.log10()
            } else {
                TOP
            };
            self.clipped |= magnitude >= 1.0 || magnitude.is_nan();
            self.largest = self.largest.max(level);
            bar.take(level, now);
        }
    }

    fn reset(&mut self) {
        self.largest = f32::NEG_INFINITY;
        self.clipped = false;
    }

    fn moves_in(&self, now: f64) -> Option<Duration> {
        self.bars.iter().filter_map(|bar| bar.moves_in(now)).min()
    }

    /// The bar that stands highest, in dBFS.
    fn level(&self) -> f32 {
        self.bars[0].level.max(self.bars[1].level)
    }
}

/// Draws a meter called `name`, with its scale at the `inner` side (-1.0: left, 1.0: right), and
/// asks to be drawn again only while something moves. A click on the number above it resets it.
pub(in crate::window) fn show(
    ui: &mut Ui,
    rect: Rect,
    scale: f32,
    name: &str,
    inner: f32,
    levels: &PeakLevels,
    meter: &mut Meter,
) {
    let now = ui.input(|i| i.time);
    meter.take(levels, now);
    if let Some(delay) = meter.moves_in(now) {
        ui.ctx().request_repaint_after(delay);
    }

    let line = 18.0 * scale;
    let gap = 4.0 * scale;
    let (number, bars) = rect.split_top_bottom_at_y(rect.top() + line);
    let bars = bars.with_min_y(bars.top() + gap);
    show_largest(ui, number, scale, name, meter);

    let response = ui.interact(bars, Id::unique(("level", name)), Sense::hover());
    let level = meter.level();
    response.widget_info(|| {
        let mut info = WidgetInfo::labeled(Role::Meter, true, format!("{name} level"));
        info.value = Some(f64::from(level.clamp(BOTTOM, TOP)));
        info.current_text_value = Some(decibels(level));
        info
    });
    ui.ctx().accesskit_node_builder(response.id, |node| {
        node.set_min_numeric_value(BOTTOM.into());
        node.set_max_numeric_value(TOP.into());
    });

    let wide = (bars.width() * 0.44).round();
    let (bar, labels) = if inner > 0.0 {
        bars.split_left_right_at_x(bars.left() + wide)
    } else {
        let (labels, bar) = bars.split_left_right_at_x(bars.right() - wide);
        (bar, labels)
    };
    let channels = if levels.right.is_some() { 2 } else { 1 };
    let between = (2.0 * scale).round();
    let width = (bar.width() - between * (channels - 1) as f32) / channels as f32;
    for (index, channel) in meter.bars[..channels].iter().enumerate() {
        let left = bar.left() + index as f32 * (width + between);
        let rect = Rect::from_x_y_ranges(left..=left + width, bar.y_range());
        draw_bar(ui, rect, scale, channel);
    }
    draw_scale(ui, labels, scale, inner);
}

/// The largest level so far, a button that forgets it. Red once the meter has clipped.
fn show_largest(ui: &mut Ui, rect: Rect, scale: f32, name: &str, meter: &mut Meter) {
    let id = Id::unique(("largest level", name));
    let response = ui.interact(rect, id, Sense::click());
    if response.clicked() {
        meter.reset();
    }
    let (largest, clipped) = (meter.largest, meter.clipped);
    response.widget_info(|| {
        let mut info = WidgetInfo::labeled(Role::Button, true, format!("{name} peak"));
        let clip = if clipped { ", clipped" } else { "" };
        info.current_text_value = Some(decibels(largest) + clip);
        info
    });
    let (fill, colour) = match (clipped, response.hovered()) {
        (true, _) => (theme::ERROR, theme::ON_LIT),
        (false, true) => (theme::HOVERED, theme::TEXT),
        (false, false) => (theme::RAISED, theme::WEAK),
    };
    ui.painter().rect_filled(rect, theme::CORNER, fill);
    ui.painter().text(
        rect.center(),
        Align2::CENTER_CENTER,
        number(largest),
        theme::small(scale),
        colour,
    );
    focus_ring(ui, &response, rect);
    let hint = if clipped {
        "The level reached 0 dBFS. Click to reset."
    } else {
        "Highest level. Click to reset."
    };
    response.on_hover_text(hint);
}

/// Where a level is drawn.
fn height(rect: Rect, level: f32) -> f32 {
    let part = (level.clamp(BOTTOM, TOP) - BOTTOM) / (TOP - BOTTOM);
    rect.bottom() - part * rect.height()
}

fn draw_bar(ui: &Ui, rect: Rect, scale: f32, bar: &Bar) {
    let painter = ui.painter();
    painter.rect_filled(rect, 1.0, theme::WELL);
    let full = height(rect, 0.0);
    let top = height(rect, bar.level);
    if bar.level > BOTTOM {
        let from = top.max(full);
        let lit = Rect::from_x_y_ranges(rect.x_range(), from..=rect.bottom());
        painter.rect_filled(lit, 1.0, theme::ACCENT);
    }
    if bar.level > 0.0 {
        let lit = Rect::from_x_y_ranges(rect.x_range(), top..=full);
        painter.rect_filled(lit, 1.0, theme::ERROR);
    }
    if bar.peak > BOTTOM {
        let colour = if bar.peak >= 0.0 {
            theme::ERROR
        } else {
            theme::TEXT
        };
        let y = height(rect, bar.peak);
        let thick = (1.5 * scale).max(1.0);
        let line = Rect::from_x_y_ranges(rect.x_range(), y..=(y + thick).min(rect.bottom()));
        painter.rect_filled(line, 0.0, colour);
    }
}

fn draw_scale(ui: &Ui, rect: Rect, scale: f32, inner: f32) {
    let font = theme::tiny(scale);
    let room = 1.3 * font.size;
    let per_decibel = rect.height() / (TOP - BOTTOM);
    let step = if 6.0 * per_decibel >= room { 6 } else { 12 };
    let tick = 4.0 * scale;
    let (from, align) = if inner > 0.0 {
        (rect.left() + 2.0 * scale, Align2::LEFT_CENTER)
    } else {
        (rect.right() - 2.0 * scale, Align2::RIGHT_CENTER)
    };
    for mark in (-48_i32..=0).step_by(step) {
        let y = height(rect, mark as f32);
        let colour = if mark == 0 { theme::WEAK } else { theme::FAINT };
        let to = from + inner * tick;
        ui.painter().hline(
            from.min(to)..=from.max(to),
            y,
            egui::Stroke::new(1.0, colour),
        );
        // Plain numbers: below full scale everybody knows the sign.
        let text = mark.unsigned_abs().to_string();
        let at = pos2(to + inner * 2.0 * scale, y);
        ui.painter().text(at, align, text, font.clone(), colour);
    }
}

/// A level for the narrow field above a meter.
fn number(level: f32) -> String {
    if level <= -99.95 {
        "-\u{221e}".into()
    } else {
        format!("{level:.1}")
    }
}

/// A level for people who hear the window instead of seeing it.
fn decibels(level: f32) -> String {
    if level <= BOTTOM {
        "silent".into()
    } else {
        format!("{level:.1} dB")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::window::test_support::*;

    fn mono(left: f32) -> PeakLevels {
        PeakLevels { left, right: None }
    }

    fn close(a: f32, b: f32) -> bool {
        (a - b).abs() < 1e-3
    }

    #[test]
    fn a_bar_rises_at_once_and_falls_at_its_rate() {
        let mut meter = Meter::default();
        meter.take(&mono(0.5), 10.0);
        assert!(close(meter.level(), -6.0206));
        meter.take(&mono(0.0), 10.5);
        assert!(close(meter.level(), -16.0206));
        // However often one looks.
        for n in 1..=100 {
            meter.take(&mono(0.0), 10.5 + 0.01 * f64::from(n));
        }
        assert!((meter.level() + 36.0206).abs() < 0.01);
        meter.take(&mono(0.1), 11.6);
        assert!(close(meter.level(), -20.0));
    }

    #[test]
    fn a_peak_stays_for_its_time_and_joins_the_bar() {
        let mut meter = Meter::default();
        meter.take(&mono(0.5), 10.0);
        meter.take(&mono(0.1), 11.49);
        assert!(close(meter.bars[0].peak, -6.0206));
        meter.take(&mono(0.1), 11.5);
        assert!(close(meter.bars[0].peak, -20.0));
        // From then on they fall together.
        meter.take(&mono(0.0), 11.75);
        assert!(close(meter.bars[0].peak, -25.0));
        // A higher one replaces it at once and begins its own time.
        meter.take(&mono(0.9), 12.0);
        meter.take(&mono(0.0), 13.4);
        assert!(close(meter.bars[0].peak, -0.9151));
    }

    #[test]
    fn clipping_is_remembered_until_it_is_reset() {
        let mut meter = Meter::default();
        meter.take(&mono(0.999_999), 1.0);
        assert!(!meter.clipped);
        meter.take(&mono(1.0), 2.0);
        meter.take(&mono(0.0), 60.0);
        assert!(meter.clipped);
        assert_eq!(meter.largest, 0.0);
        meter.reset();
        meter.take(&mono(0.1), 61.0);
        assert!(!meter.clipped);
        assert!(close(meter.largest, -20.0));
    }

    #[test]
    fn what_is_no_number_counts_as_clipping_and_leaves_the_meter_sane() {
        for bad in [f32::NAN, f32::INFINITY] {
            let mut meter = Meter::default();
            meter.take(&mono(bad), 1.0);
            assert!(meter.clipped);
            assert_eq!(meter.largest, TOP);
            meter.take(&mono(0.0), 10.0);
            assert!(meter.level() < BOTTOM);
        }
    }

    #[test]
    fn either_side_can_clip() {
        let mut meter = Meter::default();
        let levels = PeakLevels {
            left: 0.1,
            right: Some(2.0),
        };
        meter.take(&levels, 1.0);
        assert!(meter.clipped);
        assert!(close(meter.bars[0].level, -20.0));
        assert!(close(meter.bars[1].level, 6.0206));
    }

    #[test]
    fn it_moves_only_as_long_as_something_is_to_be_seen() {
        let mut meter = Meter::default();
        meter.take(&mono(0.0), 0.0);
        assert_eq!(meter.moves_in(0.0), None);
        meter.take(&mono(1.0), 100.0);
        assert_eq!(meter.moves_in(100.0), Some(FRAME));
        // A quiet sound has fallen before its peak has stayed its time.
        let mut meter = Meter::default();
        meter.take(&mono(0.003), 100.0);
        meter.take(&mono(0.0), 101.0);
        assert_eq!(meter.moves_in(101.0), Some(Duration::from_millis(500)));
        meter.take(&mono(0.0), 101.5);
        assert_eq!(meter.moves_in(101.5), None);
    }

    #[test]
    fn a_clock_that_goes_back_does_no_harm() {
        let mut meter = Meter::default();
        meter.take(&mono(1.0), 100.0);
        meter.take(&mono(0.0), 1.0);
        assert_eq!(meter.level(), 0.0);
        meter.take(&mono(0.0), 2.0);
        assert!(close(meter.level(), -20.0));
    }

    #[test]
    fn a_meter_remembers_clipping_until_it_is_clicked() {
        let mut window = window(view());
        window.state_mut().view.status.output = PeakLevels {
            left: 0.5,
            right: Some(1.5),
        };
        window.run();
        window.state_mut().view.status.output = PeakLevels::default();
        window.run_steps(40);
        let value = |window: &Window, label| window.get_by_label(label).value().unwrap();
        assert_eq!(value(&window, "Output peak"), "3.5 dB, clipped");
        assert_eq!(value(&window, "Input peak"), "silent");
        window.get_by_label("Output peak").click();
        assert_eq!(done(&mut window), []);
        assert_eq!(value(&window, "Output peak"), "silent");
    }
}
