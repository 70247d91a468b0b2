//! The line below everything: what playing costs, how late it is, what is missing.

use egui::{Align2, Rect, Ui};

use super::context::UiContext;
use super::plain_text::{LONGEST_MESSAGE, plain};
use super::theme;
use super::view::Action;
use super::widgets::button::{Button, Icon};
use super::widgets::text::label;
use super::words;

/// What playing costs, as it is written for a while: figures that change with every picture cannot be
/// read.
#[derive(Debug, Default)]
pub(super) struct ShownLoad {
    since: f64,
    percent: f32,
}

/// How long a figure stays, in seconds.
const READ_FOR: f64 = 0.5;

impl UiContext<'_> {
    /// The line below everything: cost, latency, version.
    pub(super) fn show_status(&mut self, ui: &mut Ui, rect: Rect, shown: &mut ShownLoad) {
        let (scale, view) = (self.scale, self.view);
        let font = theme::small(scale);
        let align = Align2::LEFT_CENTER;
        let (rest, right) = rect.split_left_right_at_x(rect.right() - 60.0 * scale);
        let mut rest = rest;
        if let Some(latency) = view.status.latency {
            let now = ui.input(|i| i.time);
            if now - shown.since >= READ_FOR || shown.percent == 0.0 {
                let percent = 100.0 * view.status.load.share;
                *shown = ShownLoad {
                    since: now,
                    percent,
                };
            }
            let (left, after) = rest.split_left_right_at_x(rest.left() + 68.0 * scale);
            let text = format!("CPU {:.1} %", shown.percent);
            let colour = if shown.percent < 80.0 {
                theme::FAINT
            } else {
                theme::ERROR
            };
            label(ui, left, align, 1, &text, font.clone(), colour).on_hover_text(
                "The share of the time of each block of sound that Gridleak needs to compute it.",
            );
            let (left, after) = after.split_left_right_at_x(after.left() + 90.0 * scale);
            self.show_overruns(ui, left);
            rest = after;
            let text = words::latency(latency);
            let (left, after) = match view.status.absent {
                Some(_) => rest.split_left_right_at_x(rest.left() + 172.0 * scale),
                None => (rest, rest),
            };
            rest = after;
            label(ui, left, align, 1, &text, font.clone(), theme::FAINT);
        } else {
            let (left, after) = rest.split_left_right_at_x(rest.left() + 68.0 * scale);
            rest = after;
            label(ui, left, align, 1, "Not active", font.clone(), theme::FAINT);
        }
        if let Some(absent) = &view.status.absent {
            let text = plain(absent, LONGEST_MESSAGE);
            label(ui, rest, align, 1, &text, font.clone(), theme::ERROR);
        }
        let version = env!("CARGO_PKG_VERSION");
        let align = Align2::RIGHT_CENTER;
        label(ui, right, align, 1, version, font, theme::FAINT);
    }

    /// How often the sound came too late; a click begins to count anew.
    fn show_overruns(&mut self, ui: &mut Ui, rect: Rect) {
        let overruns = self.view.status.load.overruns;
        let text = match overruns {
            0 => "No overruns".to_owned(),
            1 => "1 overrun".to_owned(),
            many => format!("{many} overruns"),
        };
        let font = theme::small(self.scale);
        if overruns == 0 {
            let align = Align2::LEFT_CENTER;
            label(ui, rect, align, 1, &text, font, theme::FAINT);
            return;
        }
        let rect = rect.with_max_x(rect.right() - 8.0 * self.scale);
        let button = Button::new("Reset overruns", Icon::Text(&text), font);
        let response = button.show(ui, rect);
        if response.clicked() {
            self.actions.push(Action::ForgetOverruns);
        }
        response.on_hover_text(
            "Blocks of sound that took longer to compute than they last, which can be heard as clicks. Larger blocks in the host, less oversampling or a smaller capture help. Click to reset the count.",
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::window::test_support::*;

    #[test]
    fn what_playing_costs_is_in_the_status_line() {
        let mut view = view();
        view.status.load = Load {
            share: 0.0317,
            overruns: 0,
        };
        let mut window = window(view);
        assert!(window.query_by_label("CPU 3.2 %").is_some());
        assert!(window.query_by_label("No overruns").is_some());
        window.state_mut().view.status.load.overruns = 3;
        window.run();
        window.get_by_label("Reset overruns").click();
        assert_eq!(done(&mut window), [Action::ForgetOverruns]);
        window.state_mut().view.status.latency = None;
        window.run();
        assert!(window.query_by_label("Not active").is_some());
        assert!(window.query_by_label_contains("CPU").is_none());
    }
}
