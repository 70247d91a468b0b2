//! Where everything stands, from the size of the window alone.

use egui::emath::GuiRounding;
use egui::{Rect, Vec2, pos2, vec2};

/// Size of a new window, in points.
pub(crate) const DEFAULT_SIZE: Vec2 = vec2(900.0, 600.0);

/// The smallest size at which nothing has to be scrolled, in points.
pub(crate) const SMALLEST_SIZE: Vec2 = vec2(600.0, 440.0);

/// No window is opened larger than this, in points: an 8K screen.
pub(crate) const LARGEST_SIZE: Vec2 = vec2(7680.0, 4320.0);

/// Least and most height of the bar of slots, before scaling, and its part of what is left over.
const SLOTS: (f32, f32) = (64.0, 110.0);
const SLOTS_PART: f32 = 0.3;
/// Least height of a page, before scaling.
const LEAST_PAGE: f32 = 263.0;
/// Least and most height of the panel of the capture, before scaling.
const CAPTURE: (f32, f32) = (96.0, 150.0);

/// The places of all parts, relative to the corner of what is scrolled.
#[derive(Debug)]
pub(super) struct Layout {
    /// Size of text and controls; 1.0 at [`DEFAULT_SIZE`].
    pub(super) scale: f32,
    /// The window, or what is scrolled in it.
    pub(super) size: Vec2,
    pub(super) header: Rect,
    pub(super) slots: Rect,
    /// All between the slots and the message: what the tuner takes.
    pub(super) main: Rect,
    pub(super) input_meter: Rect,
    pub(super) output_meter: Rect,
    pub(super) input: Rect,
    pub(super) capture: Rect,
    pub(super) output: Rect,
    pub(super) pedal: Rect,
    /// What the tabs choose.
    pub(super) page: Rect,
    pub(super) message: Option<Rect>,
    pub(super) status: Rect,
}

/// The size of text and controls in a window of `size`.
pub(super) fn scale(size: Vec2) -> f32 {
    let fit = (size / DEFAULT_SIZE).min_elem();
    // In steps, for every size of type takes room in the font texture.
    ((fit * 20.0).floor() / 20.0).clamp(0.75, 4.0)
}

impl Layout {
    /// Width of a message, in points.
    pub(super) fn message_width(window: Vec2) -> f32 {
        let scale = scale(window);
        window.x.max(SMALLEST_SIZE.x) - 2.0 * margin(scale)
    }

    /// The places in a window of size `window`, with a message of the height `message`.
    pub(super) fn new(window: Vec2, message: Option<f32>) -> Self {
        let scale = scale(window);
        let margin = margin(scale);
        let gap = 8.0 * scale;
        let header_height = 26.0 * scale;
        let pedal_height = 34.0 * scale;
        let status_height = 15.0 * scale;
        let least_main = (CAPTURE.0 + LEAST_PAGE) * scale + pedal_height + 2.0 * gap;

        let around = 2.0 * margin + header_height + SLOTS.0 * scale + status_height + 3.0 * gap;
        let message_height = message.map_or(0.0, |height| height + gap);
        let least = around + message_height + least_main;
        // A message takes from what is left over first.
        let left_over = (window.y - least).max(0.0);
        let part = SLOTS_PART * (left_over + message_height);
        let slots_height = SLOTS.0 * scale + part.min(left_over);
        let slots_height = slots_height.min(SLOTS.1 * scale);
        let size = vec2(window.x.max(SMALLEST_SIZE.x), window.y.max(least));

        let inside = Rect::from_min_size(pos2(0.0, 0.0), size).shrink(margin);
        let (header, rest) = inside.split_top_bottom_at_y(inside.top() + header_height);
        let rest = rest.with_min_y(rest.top() + gap);
        let (slots, rest) = rest.split_top_bottom_at_y(rest.top() + slots_height);
        let (rest, status) = rest.split_top_bottom_at_y(inside.bottom() - status_height);
        let (rest, message) = match message {
            Some(height) => {
                let bottom = rest.bottom() - gap;
                let (rest, message) = rest.split_top_bottom_at_y(bottom - height);
                (rest, Some(message.with_max_y(bottom)))
            }
            None => (rest, None),
        };
        let main = Rect::from_min_max(rest.min + vec2(0.0, gap), rest.max - vec2(0.0, gap));

        let meter = 44.0 * scale;
        let (input_meter, rest) = main.split_left_right_at_x(main.left() + meter);
        let (middle, output_meter) = rest.split_left_right_at_x(main.right() - meter);
        let middle = middle.shrink2(vec2(1.5 * gap, 0.0));

        let fixed = pedal_height + 2.0 * gap;
        // What is left over goes to the page first of all.
        let capture =
            (0.27 * (middle.height() - fixed)).clamp(CAPTURE.0 * scale, CAPTURE.1 * scale);
        let (top, rest) = middle.split_top_bottom_at_y(middle.top() + capture);
        let rest = rest.with_min_y(rest.top() + gap);
        let (pedal, rest) = rest.split_top_bottom_at_y(rest.top() + pedal_height);
        let page = rest.with_min_y(rest.top() + gap);
        let knob = 88.0 * scale;
        let (input, rest) = top.split_left_right_at_x(top.left() + knob);
        let (capture, output) = rest.split_left_right_at_x(top.right() - knob);
        let capture = capture.shrink2(vec2(gap, 0.0));

        Self {
            scale,
            size: size.round_ui(),
            header: header.round_ui(),
            slots: slots.round_ui(),
            main: main.round_ui(),
            input_meter: input_meter.round_ui(),
            output_meter: output_meter.round_ui(),
            input: knob_place(input, scale).round_ui(),
            capture: capture.round_ui(),
            output: knob_place(output, scale).round_ui(),
            pedal: pedal.round_ui(),
            page: page.round_ui(),
            message: message.map(GuiRounding::round_ui),
            status: status.round_ui(),
        }
    }
}

/// Knobs do not grow without end.
fn knob_place(rect: Rect, scale: f32) -> Rect {
    let high = rect.height().min(112.0 * scale);
    Rect::from_center_size(rect.center(), vec2(rect.width(), high))
}

/// A row of `count` equal places, `gap` apart.
pub(super) fn columns(rect: Rect, count: usize, gap: f32) -> impl Iterator<Item = Rect> {
    let wide = (rect.width() - gap * (count - 1) as f32) / count as f32;
    (0..count).map(move |index| {
        let left = rect.left() + index as f32 * (wide + gap);
        Rect::from_x_y_ranges(left..=left + wide, rect.y_range()).round_ui()
    })
}

/// Takes the upper `height` of `rect` and leaves what is more than `gap` below.
pub(super) fn take_top(rect: &mut Rect, height: f32, gap: f32) -> Rect {
    let (top, rest) = rect.split_top_bottom_at_y(rect.top() + height);
    *rect = rest.with_min_y(rest.top() + gap);
    top
}

/// Takes the left `width` of `rect`.
pub(super) fn take_left(rect: &mut Rect, width: f32) -> Rect {
    let (left, rest) = rect.split_left_right_at_x(rect.left() + width);
    *rect = rest;
    left
}

/// Takes the lower `height` of `rect` and leaves what is more than `gap` above.
pub(super) fn take_bottom(rect: &mut Rect, height: f32, gap: f32) -> Rect {
    let (rest, bottom) = rect.split_top_bottom_at_y(rect.bottom() - height);
    *rect = rest.with_max_y(rest.bottom() - gap);
    bottom
}

fn margin(scale: f32) -> f32 {
    12.0 * scale
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(layout: &Layout) -> Vec<(&'static str, Rect)> {
        let mut parts = vec![
            ("header", layout.header),
            ("slots", layout.slots),
            ("input meter", layout.input_meter),
            ("output meter", layout.output_meter),
            ("capture", layout.capture),
            ("input", layout.input),
            ("pedal", layout.pedal),
            ("page", layout.page),
            ("output", layout.output),
            ("status", layout.status),
        ];
        parts.extend(layout.message.map(|rect| ("message", rect)));
        parts
    }

    #[test]
    fn nothing_overlaps_and_nothing_is_outside_at_any_size() {
        for width in (40..=2000).step_by(49) {
            for height in (40..=1400).step_by(43) {
                for message in [None, Some(30.0), Some(120.0)] {
                    let window = vec2(width as f32, height as f32);
                    let layout = Layout::new(window, message);
                    let whole = Rect::from_min_size(pos2(0.0, 0.0), layout.size);
                    assert!(layout.size.x >= window.x && layout.size.y >= window.y);
                    let parts = parts(&layout);
                    for (index, (name, rect)) in parts.iter().enumerate() {
                        assert!(rect.is_positive(), "{name} at {window}: {rect}");
                        assert!(whole.contains_rect(*rect), "{name} at {window}: {rect}");
                        for (other, against) in &parts[..index] {
                            let shared = rect.intersect(*against);
                            assert!(
                                !shared.is_positive(),
                                "{name} and {other} at {window}: {shared}"
                            );
                        }
                    }
                }
            }
        }
    }

    #[test]
    fn from_the_smallest_size_on_nothing_has_to_be_scrolled() {
        for size in [
            SMALLEST_SIZE,
            DEFAULT_SIZE,
            vec2(640.0, 1200.0),
            vec2(1600.0, 460.0),
            vec2(3840.0, 2000.0),
        ] {
            assert_eq!(Layout::new(size, None).size, size);
        }
    }
}
