//! The sentences of the window that state a fact or give advice, each made of what it speaks of.
//!
//! No sentence stands in the window beside a state that it contradicts: it neither recommends what is
//! chosen already, nor what is not to be had, nor says of a mode that it works where it does not.

use std::ops::RangeInclusive;

use gridleak_core::{LevelSettings, Levels, OutputMode, ParameterId};

use super::view::View;
use crate::session::status::{CaptureStatus, Latency};

/// What the sentences depend on.
#[derive(Debug, Clone)]
pub(super) struct Facts<'a> {
    /// What is known of the capture that plays; `None` where none was loaded yet.
    pub(super) capture: Option<&'a CaptureStatus>,
    /// Chosen, though perhaps not to be had.
    pub(super) mode: OutputMode,
    pub(super) calibrated: bool,
    /// What is full scale in the interface, in dBu.
    pub(super) interface: f32,
    /// The knob, in dB.
    pub(super) input: f32,
    /// How far it turns, in dB.
    pub(super) input_ends: RangeInclusive<f32>,
}

impl<'a> Facts<'a> {
    pub(super) fn of(view: &'a View) -> Self {
        let settings = &view.controls.settings;
        Self {
            capture: view.status.capture.as_ref(),
            mode: settings.levels.mode,
            calibrated: settings.levels.calibrate_input,
            interface: settings.levels.interface_dbu,
            input: settings.input_db,
            input_ends: ParameterId::Input.row().range(),
        }
    }

    /// Why a mode is not to be had for what plays, whichever is chosen.
    pub(super) fn why_not(&self, mode: OutputMode) -> Option<&'static str> {
        let capture = self.capture?;
        capture.levels.why_not(mode)
    }

    /// How loud what plays comes out.
    pub(super) fn output_level(&self) -> String {
        let levels = self.capture.map(|capture| &capture.levels);
        if let Some(why) = levels.and_then(|levels| levels.why_raw(self.mode)) {
            return why;
        }
        let text = match self.mode {
            OutputMode::Raw => "As the capture plays.",
            OutputMode::Normalized => "All captures equally loud.",
            OutputMode::Calibrated => "As loud as the gear would come back through your interface.",
        };
        text.into()
    }

    /// Which of the modes that are not chosen are not to be had, told before one is chosen.
    pub(super) fn other_levels(&self) -> String {
        let modes = OutputMode::VALUES.iter().copied();
        let others = modes.filter(|mode| *mode != self.mode);
        let reasons: Vec<&str> = others.filter_map(|mode| self.why_not(mode)).collect();
        reasons.join(" ")
    }

    /// What the guitar plays into.
    fn driven(&self) -> &'static str {
        match self.capture {
            Some(capture) if capture.through_pedal => "pedal",
            _ => "capture",
        }
    }

    /// Whether Input makes it louder or softer.
    fn input_adds(&self) -> bool {
        self.input.abs() >= 0.05
    }

    /// What calibration of the input does, or why it does nothing.
    pub(super) fn input_calibration(&self) -> String {
        let driven = self.driven();
        let why = self.capture.and_then(|capture| {
            let what = format!("This {driven}");
            capture.driven.why_no_input_calibration(&what)
        });
        why.unwrap_or_else(|| {
            let as_hard = "as hard as your guitar would drive the gear";
            match (self.capture, self.calibrated) {
                (Some(_), true) if self.input_adds() => {
                    let by = self.input;
                    format!("The {driven} is driven {as_hard}, and {by:+.1} dB by Input.")
                }
                (Some(_), true) => format!("The {driven} is driven {as_hard}."),
                _ => format!("When on, the {driven} is driven {as_hard}."),
            }
        })
    }

    /// How hard to drive what the guitar plays into.
    pub(super) fn drive(&self) -> String {
        let Some(capture) = self.capture else {
            return String::new();
        };
        let driven = self.driven();
        let Levels {
            input_dbu: Some(dbu),
            ..
        } = capture.driven
        else {
            return format!(
                "This {driven} does not say how hard its gear was driven. Leave the gain of your interface where it does not clip, most of the way down, and set Input by ear: until it breaks up as the gear would."
            );
        };
        let own = self.interface;
        let made = format!("This {driven} was captured with {dbu:.1} dBu at full scale.");
        let down = "with the gain of the interface all the way down";
        let settings = LevelSettings {
            calibrate_input: true,
            interface_dbu: own,
            ..LevelSettings::default()
        };
        // As it is written; adding 0 makes -0 a 0.
        let needed = (10.0 * capture.driven.input_gain_db(&settings)).round() / 10.0 + 0.0;
        if self.calibrated {
            let turned = match needed {
                0.0 => "stays as it is".to_owned(),
                db if db < 0.0 => format!("is turned down by {:.1} dB", -db),
                db => format!("is turned up by {db:.1} dB"),
            };
            let by_hand = if self.input_adds() {
                format!(" Input adds {:+.1} dB to that.", self.input)
            } else {
                String::new()
            };
            return format!(
                "{made} Interface level is {own:.1} dBu, so what comes in {turned}: as hard as your guitar would drive the gear, {down}.{by_hand}"
            );
        }
        let alone = "Calibrate input on the Setup page does that by itself.";
        if !self.input_ends.contains(&(needed as f32)) {
            return format!(
                "{made} With an interface of {own:.1} dBu, that takes {needed:+.1} dB to be as hard as your guitar would drive the gear, more than Input can give. {alone}"
            );
        }
        if (f64::from(self.input) - needed).abs() < 0.05 {
            return format!(
                "{made} With an interface of {own:.1} dBu, Input is where it drives the {driven} as hard as your guitar would drive the gear, {down}."
            );
        }
        format!(
            "{made} With an interface of {own:.1} dBu, {down}, Input at {needed:+.1} dB drives it as hard as your guitar would drive the gear. {alone}"
        )
    }

    /// What there is to choose of the size of the capture.
    pub(super) fn size(&self) -> &'static str {
        match self.capture {
            None => "",
            Some(capture) if capture.slims => {
                "The size of this capture: smaller takes less of the processor."
            }
            Some(_) => "This capture has one size only.",
        }
    }
}

/// How late the sound comes out because of Gridleak.
pub(super) fn latency(latency: Latency) -> String {
    match latency {
        Latency { samples: 0, .. } => "No added latency".into(),
        Latency { samples, rate } => {
            let milliseconds = 1000.0 * samples as f32 / rate;
            format!("Latency {samples} samples ({milliseconds:.1} ms)")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use gridleak_core::{Loudness, LoudnessSource};

    /// All combinations of what sentences depend on.
    fn every(mut look: impl FnMut(&Facts<'_>)) {
        let switches = [false, true];
        let mut captures = vec![None];
        for number in 0..32 {
            let is = |bit: usize| number >> bit & 1 == 1;
            let levels = |input_dbu| Levels {
                loudness: is(0).then_some(Loudness {
                    db: -14.0,
                    source: LoudnessSource::Given,
                }),
                input_dbu,
                output_dbu: is(1).then_some(15.0),
            };
            let capture = |input_dbu| {
                Some(CaptureStatus {
                    levels: levels(input_dbu),
                    driven: levels(input_dbu),
                    through_pedal: is(3),
                    slims: is(4),
                    ..CaptureStatus::default()
                })
            };
            let known = if is(2) { &[12.0, 18.3, 60.0][..] } else { &[] };
            captures.push(capture(None));
            captures.extend(known.iter().map(|dbu| capture(Some(*dbu))));
        }
        for capture in &captures {
            for &mode in OutputMode::VALUES {
                for interface in [-60.0, 12.0, 18.3, 60.0] {
                    for input in [-20.0, -6.3, 0.0, 6.3, 20.0] {
                        for calibrated in switches {
                            look(&Facts {
                                capture: capture.as_ref(),
                                mode,
                                calibrated,
                                interface,
                                input,
                                input_ends: -20.0..=20.0,
                            });
                        }
                    }
                }
            }
        }
    }

    #[test]
    fn no_sentence_contradicts_what_it_stands_beside() {
        let mut looked = 0;
        every(|facts| {
            looked += 1;
            let levels = facts.capture.map(|capture| capture.levels);
            let chosen = facts.output_level();
            let others = facts.other_levels();
            let drive = facts.drive();
            let all = [
                chosen.clone(),
                others.clone(),
                drive.clone(),
                facts.input_calibration(),
                facts.size().to_owned(),
            ];
            let says = |words: &str| all.iter().any(|text| text.contains(words));
            let only_if = |words: &str, so: bool| {
                assert!(so || !says(words), "{words:?} in {all:#?} of {facts:#?}");
            };
            let loud = levels.is_some_and(|levels| levels.loudness.is_some());
            let known_out = levels.is_some_and(|levels| levels.output_dbu.is_some());
            let driven = facts.capture.and_then(|capture| capture.driven.input_dbu);
            let to_be_had = |mode| match mode {
                OutputMode::Raw => true,
                OutputMode::Normalized => levels.is_none() || loud,
                OutputMode::Calibrated => levels.is_none() || known_out,
            };
            let plays_as = |mode| facts.mode == mode && to_be_had(mode);

            // How loud it is: exactly one sentence, and the true one.
            only_if("As the capture plays", plays_as(OutputMode::Raw));
            only_if("equally loud", plays_as(OutputMode::Normalized));
            only_if("come back through", plays_as(OutputMode::Calibrated));
            only_if("plays raw", !to_be_had(facts.mode));
            only_if(
                "choose Normalized",
                facts.mode != OutputMode::Normalized && loud,
            );
            only_if("plays silence", levels.is_some() && !loud);
            only_if("output level in dBu", levels.is_some() && !known_out);
            assert!(!chosen.is_empty());
            assert!(!others.contains("plays raw"), "{others}");
            let told_twice = levels.and_then(|levels| levels.why_not(facts.mode));
            assert!(told_twice.is_none_or(|why| !others.contains(why)));

            // How hard it is driven.
            let pedal = facts.capture.is_some_and(|capture| capture.through_pedal);
            only_if("This pedal", pedal);
            only_if(
                "The pedal is driven",
                pedal && facts.calibrated && driven.is_some(),
            );
            only_if(
                "The capture is driven",
                !pedal && facts.calibrated && driven.is_some(),
            );
            only_if("When on", !facts.calibrated || facts.capture.is_none());
            only_if(
                "cannot be calibrated. Set",
                facts.capture.is_some() && driven.is_none(),
            );
            only_if("by ear", facts.capture.is_some() && driven.is_none());
            only_if("does that by itself", !facts.calibrated && driven.is_some());
            for turned in [
                "is turned up",
                "is turned down",
                "stays as it is",
                "Input adds",
            ] {
                only_if(turned, facts.calibrated && driven.is_some());
            }
            let needed = driven.map(|dbu| f64::from(facts.interface) - dbu);
            only_if("is turned up", needed.is_some_and(|needed| needed > 0.0));
            only_if("is turned down", needed.is_some_and(|needed| needed < 0.0));
            only_if(
                "more than Input can give",
                needed.is_some_and(|db| db.abs() > 20.0),
            );
            let set = needed.is_some_and(|db| (db - f64::from(facts.input)).abs() < 0.05);
            only_if("Input is where", set && !facts.calibrated);
            only_if(
                "Input at",
                !set && needed.is_some_and(|db| db.abs() <= 20.0),
            );
            // Where Input adds to it, that is told behind it, on either page.
            let calibrated = facts.calibrated && driven.is_some();
            let adds = facts.input != 0.0;
            let told = says("dB by Input") && says("Input adds");
            assert_eq!(told, calibrated && adds, "{all:#?} of {facts:#?}");
            for nothing in ["by 0.0 dB", "adds +0.0", "and +0.0", " -0.0"] {
                only_if(nothing, false);
            }

            // What else there is.
            let slims = facts.capture.is_some_and(|capture| capture.slims);
            only_if("one size only", facts.capture.is_some() && !slims);
            only_if("The size of this capture", slims);
        });
        assert_eq!(looked, (1 + 32 + 16 * 3) * 3 * 4 * 5 * 2);
    }

    #[test]
    fn latency_is_what_gridleak_adds() {
        let rate = 48_000.0;
        assert_eq!(latency(Latency { samples: 0, rate }), "No added latency");
        let text = latency(Latency { samples: 48, rate });
        assert_eq!(text, "Latency 48 samples (1.0 ms)");
    }
}
