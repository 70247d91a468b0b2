//! The knobs of captures that have some: four parameters for all captures, which carry the names and
//! values of the one that plays.

use std::sync::Arc;

use gridleak_core::{Control, Parameter};
use parking_lot::RwLock;

/// The knobs of the capture that plays, for the texts that hosts show. Hosts ask for those on any thread
/// of theirs, so nobody waits here: whoever comes while it is written gets the number alone.
#[derive(Default)]
pub(crate) struct CaptureKnobs(RwLock<Arc<[Control]>>);

impl CaptureKnobs {
    /// Names them as the capture that plays does; whether that is new. Not for the audio thread.
    pub(crate) fn name(&self, controls: &Arc<[Control]>) -> bool {
        let new = **self.0.read() != **controls;
        if new {
            *self.0.write() = controls.clone();
        }
        new
    }

    fn get(&self, index: usize) -> Option<Control> {
        self.0.try_read()?.get(index).cloned()
    }

    /// The text of the knob with this index, which is `row`, at a position from 0 to 1.
    pub(crate) fn text(&self, index: usize, row: &Parameter, position: f32) -> String {
        match self.get(index) {
            Some(control) => format!("{} {}", control.name, value(&control, position)),
            None => row.text(position),
        }
    }

    /// The position that such a text stands for.
    pub(crate) fn parse(&self, index: usize, row: &Parameter, text: &str) -> Option<f32> {
        match self.get(index) {
            Some(control) => {
                let text = text.trim();
                let number = text.strip_prefix(&control.name).unwrap_or(text);
                row.parse(number).map(|number| control.position(number))
            }
            None => row.parse(text),
        }
    }
}

/// What a knob at a position is set to, in the numbers of the capture: about a hundred steps of its range
/// are told apart.
pub(crate) fn value(control: &Control, position: f32) -> String {
    let value = control.value(f64::from(position));
    let [from, to] = control.range.map(f64::from);
    let decimals = 2.0 - ((to - from) / 2.0).log10().ceil();
    match decimals > 6.0 || from.abs().max(to.abs()) >= 1e7 {
        true => format!("{value:.2e}"),
        false => format!("{value:.*}", decimals.max(0.0) as usize),
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use gridleak_core::{Capture, ParameterId};
    use serde_json::{Value, json};

    /// The text of a capture that gives back the guitar, and adds a part of each of its knobs.
    pub(crate) fn with_knobs(controls: Value) -> String {
        let inputs = controls.as_array().map_or(0, Vec::len) + 1;
        let weights: Vec<f64> = (0..inputs).map(|input| 0.5f64.powi(input as i32)).collect();
        json!({"version": "0.5.4", "architecture": "Linear", "sample_rate": 48000,
               "config": {"receptive_field": 1, "bias": false, "in_channels": inputs},
               "weights": weights, "metadata": {"controls": controls, "loudness": -18.0}})
        .to_string()
    }

    /// Knobs of a capture.
    pub(crate) fn controls(controls: Value) -> Arc<[Control]> {
        let capture = Capture::from_bytes("knobs", with_knobs(controls).as_bytes()).unwrap();
        capture.controls().unwrap().clone()
    }

    #[test]
    fn texts_are_those_of_the_capture_and_are_read_back() {
        let knobs = CaptureKnobs::default();
        let row = ParameterId::Knob1.row();
        let shown = |index, position| knobs.text(index, row, position);
        let typed = |index, text: &str| knobs.parse(index, row, text);
        assert_eq!(shown(0, 0.5), "0.50");
        assert_eq!(typed(0, "0.3"), Some(0.3));
        let made = json!(["Gain 2", {"name": "Presence", "min": 0, "max": 10}]);
        knobs.name(&controls(made));
        assert_eq!(shown(0, 0.5), "Gain 2 0.50");
        assert_eq!(shown(1, 0.25), "Presence 2.5");
        assert_eq!(shown(2, 0.25), "0.25");
        for (knob, position) in [(0, 0.37), (1, 0.81), (2, 0.25)] {
            let text = shown(knob, position);
            let read = typed(knob, &text).unwrap();
            assert!((read - position).abs() < 1e-6, "{text}: {read}");
        }
        assert_eq!(typed(1, "7,5"), Some(0.75));
        assert_eq!(typed(1, "loud"), None);
        knobs.name(&Arc::default());
        assert_eq!(shown(0, 0.5), "0.50");
    }

    #[test]
    fn however_wide_a_range_is_its_values_are_short_and_told_apart() {
        for (from, to, middle) in [
            (0.0, 0.001, "0.00050"),
            (0.0, 0.2, "0.10"),
            (0.0, 1.0, "0.50"),
            (-1.0, 1.0, "0.00"),
            (0.0, 10.0, "5.0"),
            (20.0, 20_000.0, "10010"),
            (0.0, 1e-20, "5.00e-21"),
            (-3e38, 3e38, "0.00e0"),
            (0.0, 3e38, "1.50e38"),
        ] {
            let made = controls(json!([{"name": "x", "min": from, "max": to}]));
            let text = |position| value(&made[0], position);
            assert_eq!(text(0.5), middle);
            let texts = [text(0.0), text(0.4), text(0.6), text(1.0)];
            assert!(texts.windows(2).all(|pair| pair[0] != pair[1]), "{texts:?}");
            assert!(texts.iter().all(|text| text.len() < 10), "{texts:?}");
        }
    }

    #[test]
    fn a_text_waits_for_nobody() {
        let knobs = CaptureKnobs::default();
        let _written = knobs.0.write();
        assert_eq!(knobs.text(0, ParameterId::Knob1.row(), 0.5), "0.50");
    }
}
