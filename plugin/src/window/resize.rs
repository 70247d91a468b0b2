//! The size of the window: the corner that it is dragged by, and what is to be remembered of it.

use std::time::Duration;

use egui::{CursorIcon, Id, Rect, Sense, Stroke, Ui, Vec2, ViewportCommand, vec2};

use super::{layout, theme};

/// How long a window must have kept a new size for that to be remembered, in seconds: not while a hand
/// is at its corner.
const SETTLED: f64 = 0.5;

/// How long a new window must have kept its size before another one is somebody's wish, in seconds:
/// hosts try some while they open it.
const ARRIVED: f64 = 1.0;

/// What is known of the size of the window.
#[derive(Debug, Default)]
pub(super) struct WindowSize {
    /// In points, and since when it is so, in seconds of the window's clock.
    size: Option<(Vec2, f64)>,
    /// While a window that was just opened finds its size: since when it has the present one.
    arriving: Option<f64>,
    /// From the hand that drags the corner to the corner itself, in points.
    corner: Option<Vec2>,
}

impl WindowSize {
    /// Draws the corner that the window is resized by, where its frame is the host's and has none.
    pub(super) fn show_corner(&mut self, ui: &Ui) {
        let window = ui.ctx().content_rect();
        let corner = Rect::from_min_max(window.max - vec2(14.0, 14.0), window.max);
        let response = ui.interact(corner, Id::unique("corner"), Sense::DRAG);
        let response = response.on_hover_and_drag_cursor(CursorIcon::ResizeNwSe);
        let colour = if response.hovered() || response.dragged() {
            theme::TEXT
        } else {
            theme::FAINT
        };
        for far in [4.0, 8.0] {
            let ends = [vec2(3.0 + far, 3.0), vec2(3.0, 3.0 + far)];
            let ends = ends.map(|end| window.max - end);
            ui.painter().line_segment(ends, Stroke::new(1.0, colour));
        }
        // What a widget knows of the pointer is gone when the window under it changes.
        let at = ui.input(|i| i.pointer.latest_pos());
        if !response.dragged() {
            self.corner = None;
        } else if let Some(at) = at {
            let beside = *self.corner.get_or_insert(window.max - at);
            let size = at + beside - window.min;
            let size = size.clamp(layout::SMALLEST_SIZE, layout::LARGEST_SIZE);
            if size.round() != window.size().round() {
                let command = ViewportCommand::InnerSize(size.round());
                ui.ctx().send_viewport_cmd(command);
            }
        }
    }

    /// Watches the size; returns width and height to be remembered once somebody has changed them.
    pub(super) fn watch(&mut self, ui: &Ui) -> Option<[u32; 2]> {
        let size = ui.ctx().content_rect().size().round();
        let now = ui.input(|i| i.time);
        match self.size {
            // The first size is the host's or the one that is remembered.
            None => {
                self.size = Some((size, f64::INFINITY));
                self.arriving = Some(now);
            }
            Some((known, _))
                if known != size
                    && self.corner.is_none()
                    && self.arriving.is_some_and(|since| now - since < ARRIVED) =>
            {
                self.size = Some((size, f64::INFINITY));
                self.arriving = Some(now);
            }
            Some((known, _)) if known != size => {
                self.arriving = None;
                self.size = Some((size, now));
                let wait = Duration::from_secs_f64(SETTLED);
                ui.ctx().request_repaint_after(wait);
            }
            Some((_, since)) if now - since >= SETTLED => {
                self.size = Some((size, f64::INFINITY));
                return Some([size.x, size.y].map(|side| side as u32));
            }
            // Other pictures may have come between, and egui keeps one wish only.
            Some((_, since)) if since.is_finite() => {
                let rest = (since + SETTLED - now).max(0.0);
                ui.ctx()
                    .request_repaint_after(Duration::from_secs_f64(rest));
            }
            Some(_) => {}
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use egui::{Event, Modifiers, PointerButton, Pos2, pos2};
    use egui_kittest::Harness;

    use super::*;

    #[test]
    fn the_corner_asks_for_another_size() {
        let mut window = Harness::builder()
            .with_size(vec2(900.0, 600.0))
            .build_ui_state(
                |ui, size: &mut WindowSize| size.show_corner(ui),
                WindowSize::default(),
            );
        let at: Pos2 = pos2(896.0, 596.0);
        window.event(Event::PointerMoved(at));
        window.run();
        window.event(Event::PointerButton {
            pos: at,
            button: PointerButton::Primary,
            pressed: true,
            modifiers: Modifiers::NONE,
        });
        window.run();
        window.event(Event::PointerMoved(pos2(1000.0, 640.0)));
        window.step();
        let outputs = window.output().viewport_output.values();
        let commands: Vec<_> = outputs.flat_map(|output| output.commands.clone()).collect();
        let wanted = vec2(1004.0, 644.0);
        assert_eq!(commands, [ViewportCommand::InnerSize(wanted)]);
    }

    #[test]
    fn a_size_that_somebody_chose_is_remembered() {
        let size = |width| vec2(width, 600.0);
        let state = (WindowSize::default(), Vec::new());
        let mut window = Harness::builder()
            .with_size(size(900.0))
            .with_step_dt(0.1)
            .build_ui_state(
                |ui, (watched, remembered): &mut (WindowSize, Vec<[u32; 2]>)| {
                    remembered.extend(watched.watch(ui));
                },
                state,
            );
        // The host has not made up its mind.
        for width in [600.0, 900.0, 600.0, 900.0] {
            window.set_size(size(width));
            window.run_steps(8);
        }
        window.run_steps(12);
        assert!(window.state().1.is_empty(), "nobody chose that");
        for width in [910.0, 920.0, 1000.0] {
            window.set_size(size(width));
            window.run_steps(2);
        }
        assert!(window.state().1.is_empty(), "the hand is still there");
        window.run_steps(10);
        assert_eq!(window.state().1, [[1000, 600]]);
        window.set_size(size(1100.0));
        window.run_steps(12);
        assert_eq!(window.state().1[1], [1100, 600]);
    }
}
