//! The line below everything: what playing costs, how late it is, what is missing.

use egui::{Align2, Rect, Ui};

use super::context::UiContext;
use super::layout::take_left;
use super::midi_learn::waiting;
use super::plain_text::{LONGEST_MESSAGE, plain};
use super::theme;
use super::view::Action;
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
    pub(super) fn show_status(&mut self, ui: &mut Ui, rect: Rect, shown: &mut ShownLoad) {
        let (scale, status) = (self.scale, &self.view.status);
        let align = Align2::LEFT_CENTER;
        let (mut rest, right) = rect.split_left_right_at_x(rect.right() - 60.0 * scale);
        let first = take_left(&mut rest, 68.0 * scale);
        if let Some(latency) = status.latency {
            let now = ui.input(|i| i.time);
            if now - shown.since >= READ_FOR || shown.percent == 0.0 {
                shown.since = now;
                shown.percent = 100.0 * status.load.share;
            }
            let text = format!("CPU {:.1} %", shown.percent);
            let colour = match shown.percent < 80.0 {
                true => theme::FAINT,
                false => theme::ERROR,
            };
            self.small(ui, first, align, &text, colour).on_hover_text(
                "The share of the time of each block of sound that Gridleak needs to compute it.",
            );
            self.show_overruns(ui, take_left(&mut rest, 90.0 * scale));
            let place = match (&status.absent, self.view.midi.waits) {
                (None, None) => rest,
                _ => take_left(&mut rest, 172.0 * scale),
            };
            self.small(ui, place, align, &words::latency(latency), theme::FAINT);
        } else {
            self.small(ui, first, align, "Not active", theme::FAINT);
        }
        if let Some(which) = self.view.midi.waits {
            self.small(ui, rest, align, &waiting(which), theme::LEARNING);
        } else if let Some(absent) = &status.absent {
            let text = plain(absent, LONGEST_MESSAGE);
            self.small(ui, rest, align, &text, theme::ERROR);
        }
        let version = env!("CARGO_PKG_VERSION");
        self.small(ui, right, Align2::RIGHT_CENTER, version, theme::FAINT);
    }

    /// How often the sound came too late; a click begins to count anew.
    fn show_overruns(&mut self, ui: &mut Ui, rect: Rect) {
        let text = match self.view.status.load.overruns {
            0 => {
                self.small(ui, rect, Align2::LEFT_CENTER, "No overruns", theme::FAINT);
                return;
            }
            1 => "1 overrun".to_owned(),
            many => format!("{many} overruns"),
        };
        let rect = rect.with_max_x(rect.right() - 8.0 * self.scale);
        let button = self.words("Reset overruns", &text);
        self.press(ui, rect, button, Action::ForgetOverruns).on_hover_text(
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
