//! The frequencies at which responses are known that are drawn as curves.

/// How many there are.
pub(crate) const CURVE_POINTS: usize = 96;
/// The lowest and the highest of them, in Hz.
pub(crate) const LOWEST: f64 = 20.0;
pub(crate) const HIGHEST: f64 = 20_000.0;

/// The frequency of a point of a curve, in Hz.
pub(crate) fn curve_frequency(point: usize) -> f64 {
    let part = point as f64 / (CURVE_POINTS - 1) as f64;
    LOWEST * (HIGHEST / LOWEST).powf(part)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frequencies_go_from_end_to_end() {
        assert_eq!(curve_frequency(0), 20.0);
        assert!((curve_frequency(CURVE_POINTS - 1) - 20_000.0).abs() < 1e-6);
    }
}
