//! The knobs of captures that have some, as parameters: four for all captures, which carry the names and
//! values of the one that plays.

use std::sync::Arc;

use gridleak_core::{Control, KnobPositions, MAX_CONTROLS};
use nice_plug::prelude::*;
use parking_lot::RwLock;

use crate::parameters::typed_number;

/// Where each stands, from 0 to 1. What a capture does not have is heard nowhere.
#[derive(Params)]
pub(crate) struct CaptureKnobs {
    #[id = "knob1"]
    first: FloatParam,
    #[id = "knob2"]
    second: FloatParam,
    #[id = "knob3"]
    third: FloatParam,
    #[id = "knob4"]
    fourth: FloatParam,
    names: Arc<Names>,
}

/// The knobs of the capture that plays, for the texts that hosts show. Hosts ask for those on any thread
/// of theirs, so nobody waits here: whoever comes while it is written gets the number alone.
#[derive(Default)]
struct Names(RwLock<Arc<[Control]>>);

impl Names {
    fn get(&self, index: usize) -> Option<Control> {
        self.0.try_read()?.get(index).cloned()
    }
}

impl CaptureKnobs {
    pub(crate) fn new() -> Self {
        let names = Arc::new(Names::default());
        let knob = |index: usize| {
            let name = format!("Capture Knob {}", index + 1);
            let range = FloatRange::Linear { min: 0.0, max: 1.0 };
            let (shown, typed) = (names.clone(), names.clone());
            FloatParam::new(name, 0.5, range)
                .with_value_to_string(Arc::new(move |position| match shown.get(index) {
                    Some(control) => format!("{} {}", control.name, value(&control, position)),
                    None => format!("{position:.2}"),
                }))
                .with_string_to_value(Arc::new(move |text| match typed.get(index) {
                    Some(control) => {
                        let text = text.trim();
                        let number = text.strip_prefix(&control.name).unwrap_or(text);
                        typed_number(number).map(|number| control.position(number))
                    }
                    None => typed_number(text),
                }))
        };
        Self {
            first: knob(0),
            second: knob(1),
            third: knob(2),
            fourth: knob(3),
            names,
        }
    }

    /// All of them, in their order.
    pub(crate) fn all(&self) -> [&FloatParam; MAX_CONTROLS] {
        [&self.first, &self.second, &self.third, &self.fourth]
    }

    /// Where they stand now, automation included.
    pub(crate) fn positions(&self) -> KnobPositions {
        self.all().map(|knob| knob.value())
    }

    /// Names them as the capture that plays does. Not for the audio thread.
    pub(crate) fn name(&self, controls: &Arc<[Control]>) {
        *self.names.0.write() = controls.clone();
    }
}

#[cfg(test)]
impl CaptureKnobs {
    /// Does what a host does when one is turned.
    pub(crate) fn turn(&self, index: usize, position: f32) {
        crate::parameters::set_like_a_host(self.all()[index], position);
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
    use gridleak_core::Capture;
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
        let knobs = CaptureKnobs::new();
        let [first, second, third, _] = knobs.all();
        let shown = |knob: &FloatParam, position| knob.normalized_value_to_string(position, true);
        assert_eq!(shown(first, 0.5), "0.50");
        assert_eq!(first.string_to_normalized_value("0.3"), Some(0.3));
        let made = json!(["Gain 2", {"name": "Presence", "min": 0, "max": 10}]);
        knobs.name(&controls(made));
        assert_eq!(shown(first, 0.5), "Gain 2 0.50");
        assert_eq!(shown(second, 0.25), "Presence 2.5");
        assert_eq!(shown(third, 0.25), "0.25");
        for (knob, position) in [(first, 0.37), (second, 0.81), (third, 0.25)] {
            let text = shown(knob, position);
            let read = knob.string_to_normalized_value(&text).unwrap();
            assert!((read - position).abs() < 1e-6, "{text}: {read}");
        }
        assert_eq!(second.string_to_normalized_value("7,5"), Some(0.75));
        assert_eq!(second.string_to_normalized_value("loud"), None);
        knobs.name(&Arc::default());
        assert_eq!(shown(first, 0.5), "0.50");
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
        let knobs = CaptureKnobs::new();
        let _written = knobs.names.0.write();
        assert_eq!(knobs.first.normalized_value_to_string(0.5, true), "0.50");
    }
}
