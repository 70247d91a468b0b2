//! What a setting is as a number.

/// What a setting is as a number.
pub(super) trait PlainValue {
    fn to_plain(self) -> f32;
    fn from_plain(plain: f32) -> Self;
}

impl PlainValue for f32 {
    fn to_plain(self) -> f32 {
        self
    }

    fn from_plain(plain: f32) -> Self {
        plain
    }
}

impl PlainValue for bool {
    fn to_plain(self) -> f32 {
        f32::from(self)
    }

    fn from_plain(plain: f32) -> Self {
        plain >= 0.5
    }
}

impl PlainValue for usize {
    fn to_plain(self) -> f32 {
        self as f32
    }

    /// NaN and what is negative become 0.
    fn from_plain(plain: f32) -> Self {
        plain.round() as usize
    }
}

/// Nothing to set.
impl PlainValue for () {
    fn to_plain(self) -> f32 {
        0.0
    }

    fn from_plain(_plain: f32) -> Self {}
}
