//! What can be one of several: each choice with the ids and names of its options.

use super::plain_value::PlainValue;

/// An option of a choice: its id in saved rigs, which never changes, and what people read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ChoiceOption {
    /// What stands in a saved rig and on the command line.
    pub id: &'static str,
    /// What hosts and the window show.
    pub name: &'static str,
}

/// Defines an enum whose options are listed once.
macro_rules! choice {
    ($(#[$meta:meta])* pub enum $name:ident {
        $($(#[$doc:meta])* $option:ident: $id:literal, $text:literal;)+
    }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
        pub enum $name { $($(#[$doc])* $option),+ }

        impl $name {
            /// The options, in the order in which they are shown.
            pub const OPTIONS: &'static [ChoiceOption] =
                &[$(ChoiceOption { id: $id, name: $text }),+];
            /// What they stand for, in the same order.
            pub const VALUES: &'static [$name] = &[$($name::$option),+];
        }

        impl PlainValue for $name {
            fn to_plain(self) -> f32 {
                let at = Self::VALUES.iter().position(|&value| value == self);
                at.unwrap_or(0) as f32
            }

            fn from_plain(plain: f32) -> Self {
                let last = Self::VALUES.len() - 1;
                // NaN and what is negative become 0.
                Self::VALUES[(plain.round() as usize).min(last)]
            }
        }
    };
}

choice!(
    /// What of a stereo input is played.
    pub enum Source {
        /// Each side for itself.
        #[default]
        Stereo: "stereo", "Stereo";
        /// The left side, on both.
        Left: "left", "Left";
        /// The right side, on both.
        Right: "right", "Right";
        /// The mean of both sides, on both.
        Sum: "sum", "Sum";
    }
);

choice!(
    /// What decides how loud captures come out.
    pub enum OutputMode {
        /// As the net plays.
        Raw: "raw", "Raw";
        /// All equally loud: at [`crate::TARGET_LEVEL`].
        #[default]
        Normalized: "normalized", "Normalized";
        /// As loud as the gear itself would come back through the user's interface.
        Calibrated: "calibrated", "Calibrated";
    }
);

/// The slots, as people count them: [`crate::Settings::slot`].
pub(super) const SLOT_NUMBERS: &[ChoiceOption] = &[
    ChoiceOption {
        id: "1",
        name: "Slot 1",
    },
    ChoiceOption {
        id: "2",
        name: "Slot 2",
    },
    ChoiceOption {
        id: "3",
        name: "Slot 3",
    },
    ChoiceOption {
        id: "4",
        name: "Slot 4",
    },
    ChoiceOption {
        id: "5",
        name: "Slot 5",
    },
    ChoiceOption {
        id: "6",
        name: "Slot 6",
    },
    ChoiceOption {
        id: "7",
        name: "Slot 7",
    },
    ChoiceOption {
        id: "8",
        name: "Slot 8",
    },
];

/// Where the tone stack stands: [`crate::ToneSettings::before_amp`].
pub(super) const TONE_POSITIONS: &[ChoiceOption] = &[
    ChoiceOption {
        id: "after",
        name: "After Amp",
    },
    ChoiceOption {
        id: "before",
        name: "Before Amp",
    },
];

/// How loud a cabinet is: [`crate::CabSettings::normalized`].
pub(super) const CAB_LEVELS: &[ChoiceOption] = &[
    ChoiceOption {
        id: "file",
        name: "As Recorded",
    },
    ChoiceOption {
        id: "normalized",
        name: "Normalized",
    },
];

choice!(
    /// At how many times its rate a capture plays.
    pub enum Oversampling {
        /// At its own rate.
        #[default]
        Off: "1", "Off";
        /// At twice its rate.
        Two: "2", "2x";
        /// At four times its rate.
        Four: "4", "4x";
        /// At eight times its rate.
        Eight: "8", "8x";
    }
);

impl Oversampling {
    /// 1, 2, 4 or 8.
    pub fn factor(self) -> usize {
        1 << self as usize
    }
}

choice!(
    /// The same while the host renders.
    pub enum OfflineOversampling {
        /// As while it plays live.
        #[default]
        Same: "same", "As Live";
        /// At its own rate.
        Off: "1", "Off";
        /// At twice its rate.
        Two: "2", "2x";
        /// At four times its rate.
        Four: "4", "4x";
        /// At eight times its rate.
        Eight: "8", "8x";
    }
);

impl OfflineOversampling {
    /// What it comes to, where live it is `live`.
    pub fn resolve(self, live: Oversampling) -> Oversampling {
        match self {
            Self::Same => live,
            Self::Off => Oversampling::Off,
            Self::Two => Oversampling::Two,
            Self::Four => Oversampling::Four,
            Self::Eight => Oversampling::Eight,
        }
    }
}
