//! Levels: how hard a capture is driven and how loud it comes out.
//!
//! A capture may say which analog level its digital full scale stood for when it was made, before
//! the gear (`input_level_dbu`) and behind it (`output_level_dbu`). With the same figure for the
//! user's interface, the gear can be driven as hard as the real guitar would drive it. The laws are
//! the official plugin's.

use crate::capture::Capture;
use crate::loudness::Loudness;
use crate::measure::Measured;
use crate::rig::{LevelSettings, OutputMode};
use std::ops::RangeInclusive;

/// What a file may give in dBu, and what an interface can have. Beyond is no gear but damage.
const BELIEVED_DBU: RangeInclusive<f64> = -60.0..=60.0;

/// What is known of a capture's levels.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Levels {
    /// None for a capture that plays silence.
    pub loudness: Option<Loudness>,
    /// The analog level in dBu of digital full scale before the gear.
    pub input_dbu: Option<f64>,
    /// The same behind it.
    pub output_dbu: Option<f64>,
}

impl Levels {
    /// Those of a capture as the file gives them, without its loudness: what a pedal is asked for.
    pub fn given(capture: &Capture) -> Self {
        let believed = |dbu: Option<f64>| dbu.filter(|dbu| BELIEVED_DBU.contains(dbu));
        Levels {
            loudness: None,
            input_dbu: believed(capture.metadata().input_level_dbu),
            output_dbu: believed(capture.metadata().output_level_dbu),
        }
    }

    /// Those of a capture. Plays it to find out how loud it is, see [`Capture::measure`]; not for the
    /// audio thread.
    pub fn of(capture: &Capture) -> Self {
        Levels {
            loudness: capture.loudness(),
            ..Levels::given(capture)
        }
    }

    /// Those of a capture of which the loudness is known.
    pub fn measured(capture: &Capture, measured: &Measured) -> Self {
        Levels {
            loudness: measured.loudness,
            ..Levels::given(capture)
        }
    }

    /// What the input is turned up by, in dB.
    pub fn input_gain_db(&self, settings: &LevelSettings) -> f64 {
        match self.input_dbu {
            Some(dbu) if settings.calibrate_input => f64::from(settings.interface_dbu) - dbu,
            _ => 0.0,
        }
    }

    /// What the output is turned up by, in dB: 0 where the mode is not to be had.
    pub fn output_gain_db(&self, settings: &LevelSettings) -> f64 {
        match settings.mode {
            OutputMode::Raw => 0.0,
            OutputMode::Normalized => self.loudness.map_or(0.0, |loudness| loudness.gain_db()),
            OutputMode::Calibrated => self
                .output_dbu
                .map_or(0.0, |dbu| dbu - f64::from(settings.interface_dbu)),
        }
    }

    /// What lies between a pedal of these levels and an amp behind it, in dB: what the one puts out
    /// reaches the other as it would through a cable. 0 where one of them does not say.
    pub(crate) fn gain_to_db(&self, amp: &Levels) -> f64 {
        match (self.output_dbu, amp.input_dbu) {
            (Some(out), Some(into)) => out - into,
            _ => 0.0,
        }
    }

    /// Why an output mode is not to be had, in words, whichever is chosen; `None` if it is.
    pub fn why_not(&self, mode: OutputMode) -> Option<&'static str> {
        match mode {
            OutputMode::Normalized if self.loudness.is_none() => {
                Some("This capture plays silence, so it cannot be normalized.")
            }
            OutputMode::Calibrated if self.output_dbu.is_none() => Some(
                "This capture does not say its output level in dBu, so it cannot be calibrated.",
            ),
            _ => None,
        }
    }

    /// The same of the mode that is chosen, with what happens instead and what to do.
    pub fn why_raw(&self, chosen: OutputMode) -> Option<String> {
        let why = self.why_not(chosen)?;
        let levels = chosen != OutputMode::Normalized && self.loudness.is_some();
        let instead = if levels {
            "It plays raw; choose Normalized to level it."
        } else {
            "It plays raw."
        };
        Some(format!("{why} {instead}"))
    }

    /// Why the input cannot be calibrated, in words, be that switched on or off; `None` if it can.
    /// `what`: what these levels are of, as in "This capture".
    pub fn why_no_input_calibration(&self, what: &str) -> Option<String> {
        self.input_dbu.is_none().then(|| {
            format!(
                "{what} does not say its input level in dBu, so its input cannot be calibrated. Set Input by ear."
            )
        })
    }
}

/// Full scale of the instrument inputs of common interfaces in dBu, with their gain all the way
/// down, as their makers publish it.
pub const INTERFACES: &[(&str, f32)] = &[
    ("Focusrite Scarlett, 4th generation", 12.0),
    ("Focusrite Scarlett, 3rd generation", 12.5),
    ("Focusrite Scarlett, 2nd generation", 13.0),
    ("RME Babyface Pro", 13.0),
    ("SSL 2 and 2+", 15.0),
    ("Universal Audio Apollo", 12.2),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::loudness::LoudnessSource;

    const SETTINGS: LevelSettings = LevelSettings {
        mode: OutputMode::Calibrated,
        calibrate_input: true,
        interface_dbu: 12.5,
    };

    fn levels(metadata: &str) -> Levels {
        let text = format!(
            r#"{{"version":"0.5.4","architecture":"Linear","config":{{"receptive_field":1,"bias":false}},
                "weights":[1.0],"sample_rate":48000,"metadata":{metadata}}}"#
        );
        Levels::of(&Capture::from_bytes("test", text.as_bytes()).unwrap())
    }

    #[test]
    fn the_gains_are_the_official_plugins() {
        let known = levels(r#"{"loudness":-20.0,"input_level_dbu":18.3,"output_level_dbu":12.3}"#);
        assert!((known.input_gain_db(&SETTINGS) - (12.5 - 18.3)).abs() < 1e-9);
        assert!((known.output_gain_db(&SETTINGS) - (12.3 - 12.5)).abs() < 1e-9);
        let of = |mode| LevelSettings {
            mode,
            ..LevelSettings::default()
        };
        assert_eq!(known.output_gain_db(&of(OutputMode::Normalized)), 2.0);
        assert_eq!(known.output_gain_db(&of(OutputMode::Raw)), 0.0);
        assert_eq!(
            known.input_gain_db(&LevelSettings::default()),
            0.0,
            "off by default"
        );
        for mode in [
            OutputMode::Raw,
            OutputMode::Normalized,
            OutputMode::Calibrated,
        ] {
            assert_eq!(known.why_not(mode), None);
            assert_eq!(known.why_raw(mode), None);
        }
        assert_eq!(known.why_no_input_calibration("This capture"), None);
        let behind = levels(r#"{"input_level_dbu":10.0}"#);
        assert!((known.gain_to_db(&behind) - 2.3).abs() < 1e-9);
    }

    #[test]
    fn what_is_not_known_changes_nothing_and_is_told() {
        for metadata in [
            "null",
            r#"{"input_level_dbu":null,"output_level_dbu":"12"}"#,
            r#"{"input_level_dbu":1e30,"output_level_dbu":-61}"#,
        ] {
            let unknown = levels(metadata);
            assert_eq!(unknown.input_gain_db(&SETTINGS), 0.0);
            assert_eq!(unknown.output_gain_db(&SETTINGS), 0.0);
            assert_eq!(unknown.gain_to_db(&unknown), 0.0);
            assert!(
                unknown
                    .why_not(OutputMode::Calibrated)
                    .unwrap()
                    .contains("dBu")
            );
            let why = unknown.why_no_input_calibration("This pedal").unwrap();
            assert!(
                why.starts_with("This pedal") && why.contains("dBu"),
                "{why}"
            );
            let loudness = unknown.loudness.unwrap();
            assert_eq!(loudness.source, LoudnessSource::Measured);
            let normalized = LevelSettings::default();
            assert_eq!(unknown.output_gain_db(&normalized), loudness.gain_db());
            let why = unknown.why_raw(OutputMode::Calibrated).unwrap();
            assert!(why.ends_with("choose Normalized to level it."), "{why}");
        }
        // Where there is nothing to normalize, it is not recommended.
        let silent = Levels::default();
        for mode in [OutputMode::Normalized, OutputMode::Calibrated] {
            assert!(silent.why_raw(mode).unwrap().ends_with("It plays raw."));
        }
    }
}
